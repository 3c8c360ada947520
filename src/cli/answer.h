/* answer.h - --layout FILE: an answer of this program as options. */
#ifndef TC_CLI_ANSWER_H
#define TC_CLI_ANSWER_H

#include "cli/commands.h"

/* Reads --layout, if it is given: options that are not given take what the answer says, and context->answer its layout. */
TC_NODISCARD tc_code tc_answer_read(tc_context *context);

#endif
