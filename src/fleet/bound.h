/* bound.h - a moment before which no plan could have a job done on the supply that is expected. */
#ifndef TC_FLEET_BOUND_H
#define TC_FLEET_BOUND_H

#include "fleet/course.h"

/* Alone on all the pools that it may use, all that is to come known, moved from pool to pool at any time for nothing; from `from_s` on.
 * INFINITY: not before the horizon. cursor: room of [pools]. */
double tc_bound_of(const tc_tasks *tasks, const tc_task *task, double from_s, int *cursor);

#endif
