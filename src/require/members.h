/* members.h - what the input of a requirement may be. */
#ifndef TC_REQUIRE_MEMBERS_H
#define TC_REQUIRE_MEMBERS_H

#include "base/members.h"

extern const tc_members tc_require_input_members;

#endif
