/* validate.c - `traincast validate`: the error of the forecast on published runs. */
#include "base/error.h"
#include "catalog/embedded.h"
#include "cli/commands.h"
#include "report/validate_report.h"

#include <stdlib.h>
#include <string.h>

typedef struct run_list {
    tc_published_run *runs;
    int count;
} run_list;

static tc_code append(tc_context *context, run_list *list, const tc_published_run *runs, int count) {
    if (count == 0) return TC_OK;
    tc_published_run *more = realloc(list->runs, ((size_t)list->count + (size_t)count) * sizeof *more);
    if (!more) return tc_fail(context->error, TC_INTERNAL, "validate", "out of memory");
    memcpy(more + list->count, runs, (size_t)count * sizeof *more);
    list->runs = more;
    list->count += count;
    return TC_OK;
}

static tc_code read_files(tc_context *context, tc_arena *arena, run_list *list) {
    for (int i = 0; i < context->options->positionals; i++) {
        tc_published_run *runs;
        int count;
        tc_code code = tc_published_read_file(context->options->positional[i], arena, &runs, &count, context->error);
        if (!code) code = append(context, list, runs, count);
        if (code) return code;
    }
    return TC_OK;
}

/* The runs inside the program, data/runs. */
static tc_code read_embedded(tc_context *context, tc_arena *arena, run_list *list) {
    for (size_t i = 0; i < tc_embedded_runs.count; i++) {
        const tc_embedded_file *file = &tc_embedded_runs.files[i];
        tc_published_run *runs;
        int count;
        tc_code code = tc_published_read(file->path, tc_embedded_runs.blob + file->offset, file->length, arena, &runs,
                                         &count, context->error);
        if (!code) code = append(context, list, runs, count);
        if (code) return code;
    }
    if (list->count == 0)
        return tc_fail(context->error, TC_INVALID, "validate",
                       "the program holds no published runs; give a file of them");
    return TC_OK;
}

static tc_code report(tc_context *context, const tc_validation *validation) {
    const char *hash = tc_catalog_hash(context->catalog);
    if (tc_given(context, TC_OPTION_JSON)->given)
        tc_report_validate_json(context->out, hash, validation);
    else if (tc_given(context, TC_OPTION_MARKDOWN)->given)
        tc_report_validate_markdown(context->out, hash, validation);
    else if (!tc_report_validate_text(context->out, &context->style, validation))
        return tc_fail(context->error, TC_INTERNAL, "validate", "out of memory");
    return TC_OK;
}

tc_code tc_command_validate(tc_context *context) {
    tc_arena arena = {NULL};
    run_list list = {NULL, 0};
    tc_validation validation;
    tc_code code = context->options->positionals > 0 ? read_files(context, &arena, &list)
                                                     : read_embedded(context, &arena, &list);
    if (!code) code = tc_validate(context->catalog, list.runs, list.count, &arena, &validation, context->error);
    if (!code) code = report(context, &validation);
    free(list.runs);
    tc_arena_free(&arena);
    return code;
}
