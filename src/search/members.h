/* members.h - the members of tc_search_input, for callers' structs. */
#ifndef TC_SEARCH_MEMBERS_H
#define TC_SEARCH_MEMBERS_H

#include "base/members.h"

extern const tc_members tc_search_input_members;

#endif
