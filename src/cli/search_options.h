/* search_options.h - what the options say of a search, for the commands that search. */
#ifndef TC_CLI_SEARCH_OPTIONS_H
#define TC_CLI_SEARCH_OPTIONS_H

#include "cli/commands.h"

/* All but what the objectives cost and energy need. An option that the command does not take is not given. */
TC_NODISCARD tc_code tc_search_options_take(const tc_context *context, const tc_question *question,
                                            tc_search_input *out);

#endif
