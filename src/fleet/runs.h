/* runs.h - legs of a course told as a run: its phases, their sums, cost and energy. */
#ifndef TC_FLEET_RUNS_H
#define TC_FLEET_RUNS_H

#include "fleet/course.h"
#include "fleet/offers.h"

/* What a run is written from. */
typedef struct tc_run_source {
    const tc_scenario *scenario;
    const tc_task *task;
    int index; /* of the task, in its legs */
    const tc_leg *leg;
    int legs;
    const tc_fortune *fortune;
    double step_z;          /* of the fate that was followed */
    int first_pool;         /* of the scenario: the course's first */
    tc_offer *const *offer; /* [pools of the course]: of the first stage */
} tc_run_source;

/* The day in which so many seconds from the scenario's start fall; of what never comes (infinite) day 0. */
int32_t tc_run_day(const tc_scenario *scenario, double seconds);

/* Fills times, phases and sums; job and candidate are the caller's. */
TC_NODISCARD bool tc_run_write(const tc_run_source *source, tc_arena *arena, tc_plan_run *run);

#endif
