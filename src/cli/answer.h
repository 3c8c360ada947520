/* answer.h - --layout FILE: an answer of this program as options. */
#ifndef TC_CLI_ANSWER_H
#define TC_CLI_ANSWER_H

#include "cli/commands.h"

/* A file, or standard input where the path is "-", into memory that the caller frees; how errors name it. */
TC_NODISCARD tc_code tc_read_stream(const char *path, char **text, size_t *length, tc_error *error);
const char *tc_stream_name(const char *path);

/* Is --layout the word best, which is no file? One of that name is ./best. */
bool tc_answer_is_best(const tc_context *context);

/* Reads --layout, if it is given: options that are not given take what the answer says, and context->answer its layout. */
TC_NODISCARD tc_code tc_answer_read(tc_context *context);

#endif
