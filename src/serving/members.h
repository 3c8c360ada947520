/* members.h - the members of a question of serving and of its engine, for callers' structs. */
#ifndef TC_SERVING_MEMBERS_H
#define TC_SERVING_MEMBERS_H

#include "base/members.h"

extern const tc_members tc_engine_members, tc_serving_question_members, tc_traffic_members;

#endif
