/* collective_members.h - what the members of a question of a collective may be. */
#ifndef TC_FORECAST_COLLECTIVE_MEMBERS_H
#define TC_FORECAST_COLLECTIVE_MEMBERS_H

#include "base/members.h"
#include "traincast_collective.h"

extern const tc_members tc_collective_question_members;

#endif
