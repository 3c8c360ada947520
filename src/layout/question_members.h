/* question_members.h - the members of a question and of what it is made of, for callers' structs. */
#ifndef TC_LAYOUT_QUESTION_MEMBERS_H
#define TC_LAYOUT_QUESTION_MEMBERS_H

#include "base/members.h"

extern const tc_members tc_accelerator_members, tc_fabric_members, tc_cluster_members, tc_stack_members, tc_job_members,
    tc_question_members, tc_step_members;

#endif
