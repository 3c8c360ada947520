/* course.h - the course that jobs take through one future of the fleet.
 *
 * List scheduling, without foresight: at events (devices come or go, a job can start or is done, and once a week where there is a
 * choice) every job, by priority and then in the order of their rank, goes to the pool where it is expected to be done first, from what is there now,
 * what is expected to come (the middle future's growth at the pace that has been seen) and what the jobs before it hold;
 * never from what this future will bring. A job that runs elsewhere moves if that is expected to end its training clearly sooner. What
 * a job leaves idle goes to the next. */
#ifndef TC_FLEET_COURSE_H
#define TC_FLEET_COURSE_H

#include "fleet/future.h"
#include "fleet/rates.h"
#include "run/pace.h"

/* A part of a job with a workload of its own. The next begins when it is done, on the same devices or others, and costs a restart. */
typedef struct tc_stage {
    double tokens;          /* that are left to train */
    const tc_rates **rates; /* [pools]; NULL: not there. A pool trains all stages or none */
} tc_stage;

/* A job as the course sees it. */
typedef struct tc_task {
    const tc_scenario_job *job;
    int index;             /* in the scenario */
    int candidate;         /* of the job */
    int stages;            /* that are left, at least one */
    const tc_stage *stage; /* in their order */
    int first_stage;       /* of the candidate: what is before it is done */
    int rank;              /* among those of its priority: the lowest chooses first */
    double earliest_s;
    bool anyhow;         /* it begins even where it is not expected to be done */
    double by_s;         /* it shall train as much as it can by then, rather than be done soon; 0: be done soon */
    int after;           /* a task, -1: none */
    uint64_t operations; /* stream */
    uint64_t *step;      /* [pools]: streams of the step error, one for each kind of accelerator */
    double usual;        /* share of the time that steps are expected to have, failures and checkpoints apart */
    double started_s;    /* INFINITY: it has not begun */
    const tc_pace *seen; /* its progress so far: from it the share of the time that all losses leave; NULL: none */
    double seen_left_s;  /* seconds of steps that are left, about */
    int step_pool;       /* whose kind has a dimension of its own: 0; -1: none */
} tc_task;

typedef struct tc_tasks {
    int pools, tasks;
    tc_task *task;        /* in the order in which they choose */
    const double *move_s; /* [pools]: to go on there, from a pool of another accelerator */
    const int *kind;      /* [pools]: the same for one accelerator */
    const tc_future *expected;
    tc_risks risks;
    double from_s; /* until then all is known */
    double horizon_s;
} tc_tasks;

/* A time in which a job runs on one number of devices of one pool; of no length, with knot -1: it would, had the table a layout. */
typedef struct tc_leg {
    int task, stage, pool, knot, devices, available;
    double from_s, to_s, tokens;
    tc_rate pace;
} tc_leg;

typedef struct tc_fortune {
    double start_s, finish_s; /* INFINITY: not before the horizon */
    int pool;                 /* the last it ran on; -1: none */
    int moves;
    double *device_s; /* [pools] */
    double left;      /* tokens, of all stages */
} tc_fortune;

/* Tokens a second as long as nothing of a fate is known. What has been seen of a run holds all its losses. */
static inline double tc_expected_tokens_per_s(const tc_task *task, const tc_rate *rate) {
    return (task->seen ? rate->tokens_per_s : tc_useful(rate->tokens_per_s, &rate->overhead)) * task->usual;
}

typedef struct tc_course tc_course;

/* Room for one course at a time. NULL: out of memory. */
tc_course *tc_course_new(const tc_tasks *tasks, tc_arena *arena);

/* From now on a share of a job's tokens is not trained. */
void tc_course_fewer(tc_course *course, int job, double share);

/* Follows the tasks; out: [tasks]. legs: what runs when, in order of time, at most `most` of them; NULL: not wanted. Returns the number of
 * legs, which may be more than fit. */
int tc_course_follow(tc_course *course, const tc_fate *fate, const tc_future *future, tc_fortune *out, tc_leg *legs,
                     int most);

#endif
