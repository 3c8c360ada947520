/* plan.h - the calendar: which pool trains what, from when, until when.
 *
 * Deterministic: deliveries come on their dates. The p10 and p90 of a finish are those of the same calendar with all steps at
 * an end of their 80 % interval: nothing is drawn. */
#ifndef TC_FLEET_PLAN_H
#define TC_FLEET_PLAN_H

#include "fleet/scenario.h"

/* A time in which a run has one layout. */
typedef struct tc_plan_phase {
    int32_t from, to;    /* days; to is the day on which the next phase begins or the run ends */
    double from_s, to_s; /* since the scenario's start */
    int devices;         /* that the layout uses */
    int available;       /* that the pool has for training */
    tc_step step;
    double tokens, tokens_per_s, goodput;
} tc_plan_phase;

/* The same run with all steps at an end of their 80 % interval. */
typedef struct tc_plan_end {
    bool known; /* false: the steps have no interval, or it is not done before its pool ends */
    int32_t start, finish;
    double start_s, finish_s;
    double cost_usd, energy_mwh, tonnes_co2; /* NaN: not known */
} tc_plan_end;

/* A candidate of a job on a pool, alone or at its place in the calendar. */
typedef struct tc_plan_run {
    bool feasible;
    char why[200]; /* where it is not feasible */
    int job, candidate, pool;
    int32_t start, finish; /* the day of the first step and that of the last */
    double start_s, finish_s;
    int phases;
    tc_plan_phase *phase;                                            /* in the plan's arena */
    double device_hours, cost_usd, energy_mwh, tonnes_co2, failures; /* NaN: not known */
    double goodput;                                                  /* of the whole */
    tc_plan_end p10, p90;
    int evaluated;
    int enough_devices; /* where there are too few: with so many there is a layout; 0 = with none */
} tc_plan_run;

typedef struct tc_plan_job {
    int chosen; /* index in runs, or -1 */
    bool late;  /* no candidate meets the deadline: the earliest is planned */
} tc_plan_job;

typedef struct tc_plan_pool {
    int total, serving, training;    /* devices after the last delivery */
    int delivered_now, training_now; /* on the scenario's first day */
    int serving_missing;             /* devices that serving wants and the pool never has */
} tc_plan_pool;

typedef struct tc_plan {
    const tc_scenario *scenario;
    bool feasible; /* a job at least is planned */
    bool complete; /* every job is */
    tc_plan_pool pool[TC_SCENARIO_POOLS];
    int candidates; /* every candidate on every pool, alone from the start */
    tc_plan_run *candidate;
    int jobs;
    tc_plan_job job[TC_SCENARIO_JOBS];
    tc_plan_run *run; /* [jobs]: the calendar */
    int assumed_count, advice_count;
    const char **assumed, **advice;
    int64_t seed;
    int samples; /* calendars: at the steps' p50, p10 and p90 */
    tc_arena arena;
} tc_plan;

/* interval: of the catalog (tc_catalog_interval); NULL: none. The scenario must be resolved and outlive the plan. A plan in which nothing is feasible is no error. */
TC_API TC_NODISCARD tc_code tc_plan_make(const tc_scenario *scenario, const tc_interval_model *interval, tc_plan *out,
                                         tc_error *error);
TC_API void tc_plan_free(tc_plan *plan);

#endif
