/* best.h - --layout best: the layout that `search` puts first, in a command that forecasts one. */
#ifndef TC_CLI_BEST_H
#define TC_CLI_BEST_H

#include "cli/commands.h"

/* Searches where it is asked for: the layout's options are what the search may not change. All devices are used, and the layout fits as
 * likely as `search` wants; TC_INVALID where there is none, which says what would do. */
TC_NODISCARD tc_code tc_best_take(tc_context *context, tc_question *question);

/* What to try, below a forecast for people that does not fit by a layout of which nothing was asked. */
void tc_best_hint(const tc_context *context, const tc_step *step);

#endif
