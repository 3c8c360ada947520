/* plan_parts.h - a scenario and its plan as the options of `plan` and `report` ask for them. */
#ifndef TC_CLI_PLAN_PARTS_H
#define TC_CLI_PLAN_PARTS_H

#include "cli/commands.h"

#define TC_PLAN_MOST_DAYS 100

/* changed: with --set and --actual. */
TC_NODISCARD tc_code tc_plan_load(tc_context *context, const char *slug_or_path, bool changed, tc_scenario **out);
/* day, best_day: room for those of --by and --best-by. */
TC_NODISCARD tc_code tc_plan_take_options(const tc_context *context, int32_t day[TC_PLAN_MOST_DAYS],
                                          int32_t best_day[TC_PLAN_MOST_DAYS], tc_plan_options *out);
/* Plans, and says what the rules of the catalog say of the pools. */
TC_NODISCARD tc_code tc_plan_with_rules(tc_context *context, const tc_scenario *scenario,
                                        const tc_interval_model *interval, const tc_plan_options *options,
                                        tc_plan *plan);

#endif
