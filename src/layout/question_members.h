/* question_members.h - the members of a question and of what it is made of, for callers' structs. */
#ifndef TC_LAYOUT_QUESTION_MEMBERS_H
#define TC_LAYOUT_QUESTION_MEMBERS_H

#include "base/members.h"

extern const tc_members tc_accelerator_members, tc_fabric_members, tc_cluster_members, tc_mixing_members,
    tc_stack_members, tc_job_members, tc_question_members, tc_step_members;

/* Names the first parameter that something is divided by and that is none: why a question has no finite answer. */
TC_NODISCARD tc_code tc_question_divisors(const tc_question *question, tc_error *error);

#endif
