/* infer.h - what the options say of a served model's load, for the commands that take it. */
#ifndef TC_CLI_INFER_H
#define TC_CLI_INFER_H

#include "cli/commands.h"

/* Lengths, cached share, a rate or a concurrency, objectives, phase. */
TC_NODISCARD tc_code tc_infer_take_load(tc_context *context, tc_serving_question *question);

#endif
