/* gates.h - what the end of a job waited for in one future. */
#ifndef TC_FLEET_GATES_H
#define TC_FLEET_GATES_H

#include "fleet/course.h"

/* fortune: [tasks]; legs: of all tasks, in order of time. share is 0. */
tc_gate tc_gate_of(const tc_tasks *tasks, const tc_future *future, const tc_fortune *fortune, const tc_leg *leg,
                   int legs, int task);

#endif
