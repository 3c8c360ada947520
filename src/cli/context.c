/* context.c - runs a command, and frees what its options brought. */
#include <stdlib.h>

#include "catalog/lookup.h"
#include "cli/commands.h"
#include "interop/import.h"

#include "base/error.h"

/* The command, with the files of the catalog changed as --set says; a plan's is of its scenario, a sweep's are axes. */
static tc_code run_with_sets(tc_context *context, tc_code (*command)(tc_context *context)) {
    const tc_options *options = context->options;
    bool of_files = tc_given(context, TC_OPTION_CHANGE)->given && options->command != TC_COMMAND_SWEEP;
    if (!of_files) return command(context);
    tc_code code = tc_catalog_set(context->catalog, options->set, options->sets, context->error);
    context->target.set = options->set;
    context->target.sets = options->sets;
    if (!code) code = command(context);
    if (!code) code = tc_catalog_sets_used(context->catalog, context->error);
    tc_catalog_unset(context->catalog);
    return code;
}

void tc_context_free(tc_context *context) {
    tc_schedule_free(context->order);
    free(context->pools);
    free(context->stage_layers);
    free(context->answer_layers);
    tc_schedule_free(context->answer_order);
    if (context->imported) tc_import_free(context->imported);
    free(context->imported);
    if (context->answered && !context->imported) tc_json_close(&context->answer_document);
}

tc_code tc_context_run(tc_context *context, tc_code (*command)(tc_context *context)) {
    if (context->catalog) context->target.data = tc_catalog_hash(context->catalog);
    tc_code code = run_with_sets(context, command);
    if (!code && context->target.no_such_table)
        code = tc_fail(context->error, TC_INVALID, "--table",
                       "'%.60s' is no list of this answer; --json shows what there is", context->target.table);
    char missing[80];
    if (!code && tc_fields_missing(&context->target.fields, missing, sizeof missing))
        code = tc_fail(context->error, TC_INVALID, "--fields",
                       "'%s' is no field of this answer; docs/json.md says what there is", missing);
    tc_context_free(context);
    return code;
}

tc_code tc_printed(tc_context *context, bool complete) {
    const char *command = tc_command_table[context->options->command].name;
    return complete ? TC_OK : tc_fail(context->error, TC_INTERNAL, command, "out of memory");
}
