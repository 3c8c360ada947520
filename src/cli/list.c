/* list.c - `traincast list`: what the catalog holds of one kind. */
#include "base/error.h"
#include "cli/commands.h"
#include "report/catalog_report.h"

tc_code tc_command_list(tc_context *context) {
    const char *word = context->options->positional[0];
    int kind = tc_kind_find(word);
    if (kind < 0 || tc_choice_find(tc_command_table[TC_COMMAND_LIST].arguments, tc_kind_folder((tc_kind)kind)) < 0)
        return tc_fail(context->error, TC_INVALID, "list",
                       "there are no '%.60s'; give accelerators, fabrics, models, stacks, engines or scenarios", word);
    if (context->target.format)
        return tc_report_list(&context->target, context->catalog, (tc_kind)kind, context->error);
    return tc_report_list_text(context->out, &context->style, context->catalog, (tc_kind)kind, context->error);
}
