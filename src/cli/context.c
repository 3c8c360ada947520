/* context.c - runs a command, and frees what its options brought. */
#include <stdlib.h>

#include "cli/commands.h"
#include "interop/import.h"

#include "base/error.h"

tc_code tc_context_run(tc_context *context, tc_code (*command)(tc_context *context)) {
    if (context->catalog) context->target.data = tc_catalog_hash(context->catalog);
    tc_code code = command(context);
    if (!code && context->target.no_such_table)
        code = tc_fail(context->error, TC_INVALID, "--table",
                       "'%.60s' is no list of this answer; --json shows what there is", context->target.table);
    tc_schedule_free(context->order);
    free(context->pools);
    free(context->stage_layers);
    free(context->answer_layers);
    tc_schedule_free(context->answer_order);
    if (context->imported) tc_import_free(context->imported);
    free(context->imported);
    if (context->answered && !context->imported) tc_json_close(&context->answer_document);
    return code;
}
