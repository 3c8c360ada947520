/* compare_plans.h - two plans on common random numbers, and what between last week and this one moved each date.
 *
 * Variables have names, so that sample k of two plans of one seed is the same fate: what the plans do not share, and nothing else,
 * makes their difference.
 *
 * What changed is attributed by switching the new figures on, one group after another, and planning each time: a part is the shift
 * that its group brings beside those before it, and the parts add up to the whole. Their order is that of tc_cause: what two groups do
 * only together counts for the later one. A date beyond the horizon counts as the horizon. */
#ifndef TC_FLEET_COMPARE_PLANS_H
#define TC_FLEET_COMPARE_PLANS_H

#include "base/arena.h"
#include "traincast_plan.h"

/* Moments in seconds since the calendar's day 0. INFINITY: never; NaN: not known. */
typedef struct tc_job_dates {
    double p10, p50, p90;
    double by_deadline; /* probability; NaN: it has none */
} tc_job_dates;

/* A job in an answer. */
typedef struct tc_job_answer {
    const char *name, *candidate; /* candidate: by which a renamed job is known again */
    int32_t deadline;             /* INT32_MAX: none */
    tc_job_dates dates;
    double start_s;        /* what the samples count from */
    const double *sampled; /* NULL: nothing was drawn, or not kept */
    int samples;
} tc_job_answer;

typedef enum tc_presence { TC_IN_BOTH, TC_RENAMED, TC_ADDED, TC_REMOVED } tc_presence;

/* A job in A and in B; positive: later, or more probable, in B. NaN: there is no such figure. */
typedef struct tc_job_difference {
    const char *job, *before; /* its name in B, and in A; NULL: it is not there */
    int a, b;                 /* places in the answers, -1: none */
    tc_presence presence;
    tc_job_dates dates_a, dates_b;
    double p10_days, p50_days, p90_days, probability;
    double shift_days, error_days; /* median over the samples of B's day less A's, and its standard error */
    double earlier, later;         /* probability that B is earlier, later than A */
} tc_job_difference;

typedef struct tc_plan_difference {
    int jobs;
    tc_job_difference *job; /* those of B in its order, then those of A alone */
} tc_plan_difference;

/* NULL: out of memory. [plan->jobs] */
tc_job_answer *tc_job_answers_of(const tc_plan *plan, tc_arena *arena);

TC_NODISCARD tc_code tc_answers_compare(const tc_job_answer *a, int in_a, const tc_job_answer *b, int in_b,
                                        tc_arena *arena, tc_plan_difference *out, tc_error *error);

typedef enum tc_cause {
    TC_CAUSE_AS_OF,      /* the day up to which things are known, where no job was reported */
    TC_CAUSE_PROGRESS,   /* what jobs have done, by the day up to which things are known */
    TC_CAUSE_SEEN,       /* what was seen of pools */
    TC_CAUSE_DELIVERIES, /* pools and what comes, otherwise */
    TC_CAUSE_SERVING,
    TC_CAUSE_JOBS,
    TC_CAUSE_RISKS, /* and the bring-up */
    TC_CAUSE_OTHER, /* start, horizon, reserves, fit, batch_band, certain, any */
    TC_CAUSE_ALL    /* not attributed: of the earlier plan only the dates are known */
} tc_cause;

/* Part of the shift of a job's dates. */
typedef struct tc_shift {
    int job; /* in the difference */
    tc_cause cause;
    double p10_days, p50_days, p90_days, probability;
} tc_shift;

typedef struct tc_since {
    const char *of; /* the earlier scenario's slug */
    bool dated;
    int32_t as_of;            /* of the earlier scenario, where it is known */
    tc_plan_difference whole; /* A: the earlier plan */
    int shifts;
    tc_shift *shift; /* those that move a date or a probability, by job and cause */
} tc_since;

/* now: a plan with `options`; the earlier scenario is planned with as many samples of the same seed. */
TC_NODISCARD tc_code tc_since_scenario(const tc_scenario *before, const tc_plan *now, const tc_interval_model *interval,
                                       const tc_plan_options *options, tc_arena *arena, tc_since *out, tc_error *error);

/* The same where of the earlier plan only an answer is there: whole days, and nothing is attributed. */
TC_NODISCARD tc_code tc_since_answers(const tc_job_answer *before, int jobs, const tc_plan *now, tc_arena *arena,
                                      tc_since *out, tc_error *error);

#endif
