/* alone.h - a candidate alone on a pool: when it would be done, and why it is not. */
#ifndef TC_FLEET_ALONE_H
#define TC_FLEET_ALONE_H

#include "fleet/planner.h"

/* Opens what a pool offers to the stages of a candidate, a row of the plan's table; writes its run as if nothing else trained, with its
 * ends where steps have an interval. What is usual may be too slow for a pool that ends: then the whole space is searched. */
TC_NODISCARD tc_code tc_alone_make(tc_planner *planner, int row);

/* Writes the run again, of the whole space, where the plan has searched that. */
TC_NODISCARD tc_code tc_alone_again(tc_planner *planner, int row);

#endif
