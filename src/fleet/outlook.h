/* outlook.h - thousands of futures, and what they have in common. */
#ifndef TC_FLEET_OUTLOOK_H
#define TC_FLEET_OUTLOOK_H

#include "fleet/course.h"
#include "fleet/ledger.h"

/* What could be otherwise. Nothing: all zero. */
typedef struct tc_change {
    int job;             /* whose tokens these are */
    double fewer_tokens; /* share of what is left of its tokens that is not trained */
    int pool;
    int devices; /* that the pool has more for training, from a moment on */
    double from_s;
    double paid_from_s; /* when they are paid for */
    double earlier_s;   /* all that is still to come on any pool comes so much earlier, but not before as_of */
} tc_change;

typedef struct tc_outlook_input {
    const tc_scenario *scenario;
    const tc_fleet *fleet;
    const tc_tasks *tasks;
    int samples; /* 0: TC_OUTLOOK_SAMPLES, and four times as many where a date's standard error asks for it */
    int64_t seed;
    int threads; /* 0: all */
    bool drivers;
    const tc_change *change; /* NULL: none */
    tc_ledger *ledger;       /* gets what devices are used for, of tc_outlook_make alone; NULL: not wanted */
} tc_outlook_input;

enum { TC_OUTLOOK_SAMPLES = 1024, TC_OUTLOOK_BATCHES = 16, TC_OUTLOOK_MONTHS = 61 };

/* The first days of the months from the scenario's start on; returns their number. */
int tc_outlook_months(const tc_scenario *scenario, int32_t month[TC_OUTLOOK_MONTHS]);

/* The same bytes for any number of threads. */
TC_NODISCARD tc_code tc_outlook_make(const tc_outlook_input *input, tc_arena *arena, tc_outlook *out, tc_error *error);

typedef struct tc_trial {
    double done_by, p50_s, mean_usd; /* of the job; the rest of the answer is not worked out */
    double paid_s;                   /* mean time from the change's paid_from_s until the job is done, or the horizon */
} tc_trial;

/* The same futures with a change: how likely is a job done by a moment. input->samples must be given. */
TC_NODISCARD tc_code tc_outlook_try(const tc_outlook_input *input, int job, double by_s, tc_trial *out,
                                    tc_error *error);

/* Tokens of the only task's that are trained by the horizon of the tasks, in each sample: [samples]. */
TC_NODISCARD tc_code tc_outlook_tokens(const tc_outlook_input *input, double *tokens, tc_error *error);

/* Between the two samples beside it; INFINITY where one of them is. */
double tc_sample_quantile(const double *sorted, int n, double probability);
/* Sorts them. */
tc_percentiles tc_sample_percentiles(double *values, int n);
/* Standard error of a quantile by its spread over the batches, of samples in the order in which they were drawn; INFINITY where a batch
 * has none. room: [n]. */
double tc_sample_error(const double *values, int n, double probability, double *room);

#endif
