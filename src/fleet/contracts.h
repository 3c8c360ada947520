/* contracts.h - own, rent or wait. */
#ifndef TC_FLEET_CONTRACTS_H
#define TC_FLEET_CONTRACTS_H

#include "fleet/planner.h"

/* Fills plan->rental: every contract of the scenario for every planned job, from its first day and from the next three months on. */
TC_NODISCARD tc_code tc_contracts_try(tc_planner *planner, const tc_outlook_input *input);

#endif
