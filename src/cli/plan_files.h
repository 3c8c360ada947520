/* plan_files.h - what `plan` writes beside its answer, or in its place: pictures, iCalendar, CSV. */
#ifndef TC_CLI_PLAN_FILES_H
#define TC_CLI_PLAN_FILES_H

#include "cli/commands.h"

/* Before the work: does no more than one of them want standard output, and the answer not? */
TC_NODISCARD tc_code tc_plan_files_check(const tc_context *context);

/* One of them is standard output, and the answer is not printed. */
bool tc_plan_files_are_output(const tc_context *context);

/* Writes what was asked for; says where, below an answer for people. */
TC_NODISCARD tc_code tc_plan_files_write(tc_context *context, const tc_plan *plan);

#endif
