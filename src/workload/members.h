/* members.h - the members of tc_model, for callers' structs. */
#ifndef TC_WORKLOAD_MEMBERS_H
#define TC_WORKLOAD_MEMBERS_H

#include "base/members.h"

extern const tc_members tc_model_members;

#endif
