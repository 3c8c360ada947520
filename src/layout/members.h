/* members.h - the members of tc_layout, for callers' structs. */
#ifndef TC_LAYOUT_MEMBERS_H
#define TC_LAYOUT_MEMBERS_H

#include "base/members.h"

extern const tc_members tc_layout_members;

/* The first choice, but the schedule, that a stack's defaults leave open; NULL: they answer every one. */
const char *tc_layout_open_choice(const tc_layout *defaults);

#endif
