/* members.h - the members of what a run and a classification start from, for callers' structs. */
#ifndef TC_RUN_MEMBERS_H
#define TC_RUN_MEMBERS_H

#include "base/members.h"

extern const tc_members tc_run_input_members, tc_economics_members, tc_risks_members, tc_spread_members,
    tc_controls_members, tc_control_options_members;

#endif
