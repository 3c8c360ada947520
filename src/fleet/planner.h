/* planner.h - what the files that make a plan share: plan.c (the table, what is told) and agenda.c (which job goes where). */
#ifndef TC_FLEET_PLANNER_H
#define TC_FLEET_PLANNER_H

#include "fleet/offers.h"
#include "fleet/outlook.h"

typedef struct tc_planner {
    const tc_scenario *scenario;
    const tc_plan_options *options;
    const tc_interval_model *interval;
    tc_plan *plan;
    tc_risks risks; /* of runs */
    tc_fleet *fleet;
    tc_future *middle; /* [pools]: every variable at its median */
    int *least, *most; /* [pools]: devices for training that futures have, where they have any */
    int *room;         /* [pools]: devices that layouts may be asked for */
    tc_prospects prospects;
    tc_offer **offer; /* beside plan->candidate: [stages of the candidate]; NULL where it was not looked at */
    double *loss;     /* of candidates, all jobs' one after another, where a job chooses by it; NULL: none does */
    int *first;       /* of a job's candidates in plan->candidate: [candidate][pool] */
    tc_tasks tasks;
    tc_task *task; /* [jobs] */
    tc_course *course;
    tc_fortune *fortune; /* [jobs] */
    tc_leg *leg;
    bool reordered;               /* jobs of one priority do not choose in the scenario's order */
    double sooner_s, less_late_s; /* by that, a job on average */
    double step_z;                /* of the middle future that was followed last */
    int legs, leg_room;
    int room_assumed, room_advice; /* in the plan's lines */
    int looked_at;                 /* candidates on pools, before it was stopped */
    tc_error *error;
} tc_planner;

/* Which candidate every job trains, where and when in the middle future; plan->run and plan->job. */
TC_NODISCARD tc_code tc_agenda_make(tc_planner *planner);

/* Follows the middle future with what is usual. */
TC_NODISCARD tc_code tc_agenda_try(tc_planner *planner);

/* Orders the tasks of one priority (order.c). */
TC_NODISCARD tc_code tc_agenda_order(tc_planner *planner);

/* Jobs on several pools at once, beside the calendar (at_once.c). */
TC_NODISCARD tc_code tc_at_once_find(tc_planner *planner);

/* What a device of a pool costs and draws (plan.c). */
tc_upkeep tc_pool_upkeep(const tc_scenario_pool *pool);

/* The first moment at which a job may run. */
double tc_earliest_of(const tc_scenario *scenario, const tc_scenario_job *job);

/* Whether the pool is the one that the job names, or one that it does not exclude. */
bool tc_job_may_train_on(const tc_scenario_job *job, int pool);

/* The loss of a job's candidate; where p->loss is there. */
double tc_planner_loss(const tc_planner *p, int job, int candidate);

TC_NODISCARD tc_code tc_planner_no_memory(const tc_planner *planner);

#endif
