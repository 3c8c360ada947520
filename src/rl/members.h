/* members.h - the members of a question of reinforcement learning, for callers' structs. */
#ifndef TC_RL_MEMBERS_H
#define TC_RL_MEMBERS_H

#include "base/members.h"

extern const tc_members tc_rl_question_members;

#endif
