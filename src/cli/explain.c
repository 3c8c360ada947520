/* explain.c - `traincast explain`. */
#include "base/error.h"
#include "cli/commands.h"

tc_code tc_command_explain(tc_context *context) { return tc_fail(context->error, TC_INTERNAL, "explain", "not there yet"); }
