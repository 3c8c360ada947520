/* best_by.h - the most capable model by a day, were it all that the fleet trained.
 *
 * Shapes are stood for by public models (data/scaling.yaml). In every future each of them trains from the day as of which is planned
 * until the end of the day, on one pool at a time, with moves as course.h has them; capability.h says how good that makes it,
 * under laws that are drawn too. Who is compared: the best public model of the day as of which is planned. */
#ifndef TC_FLEET_BEST_BY_H
#define TC_FLEET_BEST_BY_H

#include "fleet/planner.h"

/* Fills plan->best for the days of the options. The agenda must be made. */
TC_NODISCARD tc_code tc_best_by_find(tc_planner *planner);

#endif
