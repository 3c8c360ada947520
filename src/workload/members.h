/* members.h - the members of tc_model and tc_finetune, for callers' structs. */
#ifndef TC_WORKLOAD_MEMBERS_H
#define TC_WORKLOAD_MEMBERS_H

#include "base/members.h"

extern const tc_members tc_model_members, tc_finetune_members;

#endif
