/* simulate.h - one candidate on one pool over the calendar: phases, finish, cost. */
#ifndef TC_FLEET_SIMULATE_H
#define TC_FLEET_SIMULATE_H

#include "fleet/choose_layout.h"
#include "base/arena.h"
#include "traincast.h"

/* Devices that a pool has for training from a moment on, until the next step. */
typedef struct tc_supply_step {
    double from_s; /* since the scenario's start */
    int devices;
} tc_supply_step;

typedef struct tc_supply {
    int steps;
    int most; /* devices that may be asked for */
    tc_supply_step *step;
    double until_s; /* INFINITY: stays */
} tc_supply;

/* Which step times a simulation takes: the forecast's, or an end of their 80 % interval. */
typedef enum tc_quantile { TC_P50, TC_P10, TC_P90, TC_QUANTILES } tc_quantile;

/* What is known of a candidate on a pool: the choice at each step of the supply, made when first needed. */
typedef struct tc_prospect {
    const tc_scenario *scenario;
    const tc_scenario_candidate *candidate;
    const tc_scenario_pool *pool;
    const tc_supply *supply;
    tc_question question;         /* the candidate on the pool */
    tc_choice **choice;           /* [supply->steps], NULL: not yet */
    tc_choice **usual;            /* where choices are thorough: those that were not */
    tc_search_cache *cache;       /* freed by the caller */
    int min_devices, max_devices; /* of the job; 0: any */
    double share;                 /* of the time that operations leave to a run */
    bool thorough;                /* choices are those of the whole space */
    bool usual_only;              /* where nothing usual fits, nothing does */
    const tc_choice *before;      /* the last one that found a layout */
    int64_t evaluated;
} tc_prospect;

/* Choices are made again, out of the whole space. */
TC_NODISCARD bool tc_prospect_search(tc_prospect *prospect, tc_arena *arena);

TC_NODISCARD bool tc_prospect_init(tc_prospect *prospect, const tc_scenario *scenario,
                                   const tc_interval_model *interval, const tc_scenario_candidate *candidate, int pool,
                                   const tc_supply *supply, tc_arena *arena);

/* The layout of so many devices, its interval with it. That nothing is found is no error. */
TC_NODISCARD tc_code tc_prospect_choose(tc_prospect *prospect, int devices, tc_arena *arena, tc_choice *out,
                                        tc_error *error);

/* Trains the candidate from earliest_s on; infinite: never. out->job, candidate, pool, p10 and p90 are left to the caller. At p10 and
 * p90 the layouts are chosen by the forecast's times all the same, and the phases' steps have the time of the quantile. */
TC_NODISCARD tc_code tc_simulate(tc_prospect *prospect, tc_quantile quantile, double earliest_s, tc_arena *arena,
                                 tc_plan_run *out, tc_error *error);

/* The sums of a run's phases; prospects: of its candidate on every pool. */
void tc_run_add_up(tc_plan_run *run, int pools, const tc_prospect *prospects);

/* The run of a phase alone: its assumptions, cost and energy. */
TC_NODISCARD tc_code tc_phase_run(const tc_prospect *prospect, const tc_plan_phase *phase, tc_run *out,
                                  tc_error *error);

#endif
