/* members.h - the members of a scenario that is to be planned, for callers' structs. */
#ifndef TC_FLEET_MEMBERS_H
#define TC_FLEET_MEMBERS_H

#include "base/members.h"

extern const tc_members tc_plan_options_members, tc_scenario_members;

#endif
