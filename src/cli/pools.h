/* pools.h - several pools in one job: --accelerator A:N,B:M --link, or --cluster FILE. */
#ifndef TC_CLI_POOLS_H
#define TC_CLI_POOLS_H

#include "cli/commands.h"

/* All that the options say of a question: its job, devices, fabric and stack; of several pools those of each, what joins them
 * and what mixing loses. The pools belong to the context. */
TC_NODISCARD tc_code tc_request_question(tc_context *context, tc_question *out);

#endif
