/* validate.c - `traincast validate`: the error of the forecast on published runs. */
#include <stdlib.h>

#include "base/error.h"
#include "base/file.h"
#include "cli/commands.h"
#include "report/against_report.h"
#include "report/histories_report.h"
#include "report/progress_report.h"
#include "report/residuals_report.h"
#include "report/runs_report.h"
#include "report/sweeps_report.h"
#include "report/validate_report.h"

static tc_code read_files(tc_context *context, tc_published *published) {
    for (int i = 0; i < context->options->positionals; i++) {
        tc_code code = tc_published_read_file(published, context->options->positional[i], context->error);
        if (code) return code;
    }
    return TC_OK;
}

/* The runs inside the program, data/runs. */
static tc_code read_embedded(tc_context *context, tc_published *published) {
    for (size_t i = 0; context->runs && i < context->runs->count; i++) {
        const tc_embedded_file *file = &context->runs->files[i];
        tc_code code = tc_published_read(published, file->path, context->runs->strings + file->offset, file->length,
                                         context->error);
        if (code) return code;
    }
    if (published->count == 0)
        return tc_fail(context->error, TC_INVALID, "validate",
                       "the program holds no published runs; give a file of them");
    return TC_OK;
}

static tc_code explain(tc_context *context, const tc_validation *validation) {
    tc_residuals residuals;
    tc_code code = tc_residuals_of(validation, &residuals, context->error);
    return code ? code : TC_REPORT(context, residuals, &residuals);
}

static tc_code report(tc_context *context, const tc_validation *validation, const tc_served_validation *served) {
    if (!context->target.format)
        return tc_printed(context, tc_report_validate_text(context->out, &context->style, context->target.data,
                                                           validation, served));
    tc_report_validate(&context->target, validation, served);
    return TC_OK;
}

static tc_code score_sweeps(tc_context *context, tc_published *published) {
    tc_sweeps sweeps;
    bool every_source = context->options->positionals > 0;
    tc_code code = tc_sweeps_score(context->catalog, published->runs, published->count, every_source, &published->arena,
                                   &sweeps, context->error);
    return code ? code : TC_REPORT(context, sweeps, &sweeps);
}

#define LARGEST_FILE ((size_t)64 << 20)

static tc_code read_predictions(tc_context *context, const char *path, tc_arena *arena, tc_predictions *out) {
    char *text = NULL;
    size_t length = 0;
    tc_code code = tc_file_read(path, LARGEST_FILE, &text, &length, context->error);
    if (!code) code = tc_predictions_read(path, text, length, arena, out, context->error);
    free(text);
    return code;
}

/* A file of one simulator, or a folder of them. */
static tc_code score_against(tc_context *context, tc_published *published) {
    const char *path = tc_given(context, TC_OPTION_AGAINST)->text, **paths = &path;
    int tools = 1;
    tc_arena *arena = &published->arena;
    tc_code code = TC_OK;
    if (tc_file_is_folder(path)) code = tc_file_list(path, ".jsonl", arena, &paths, &tools, context->error);
    if (!code && tools == 0)
        code = tc_fail(context->error, TC_INVALID, path, "no file of it ends in .jsonl; one a simulator is needed");
    if (code) return code;
    tc_predictions *predictions = tc_arena_alloc(arena, (size_t)tools * sizeof *predictions);
    if (!predictions) return tc_fail(context->error, TC_INTERNAL, "validate", "out of memory");
    for (int i = 0; i < tools && !code; i++) code = read_predictions(context, paths[i], arena, &predictions[i]);
    tc_validation validation;
    tc_against against;
    if (!code) code = tc_validate(context->catalog, published, &validation, context->error);
    if (!code) code = tc_against_score(&validation, predictions, tools, arena, &against, context->error);
    return code ? code : TC_REPORT(context, against, &against);
}

static tc_code score_runs(tc_context *context, tc_published *published) {
    tc_validation validation;
    tc_code code = tc_validate(context->catalog, published, &validation, context->error);
    if (code) return code;
    if (tc_given(context, TC_OPTION_EXPLAIN)->given) return explain(context, &validation);
    const tc_value *runs = tc_given(context, TC_OPTION_RUNS);
    if (runs->given && tc_given(context, TC_OPTION_MARKDOWN)->given)
        return tc_fail(context->error, TC_INVALID, "--runs", "is a table of text; leave --markdown out");
    if (runs->given && !context->target.format)
        return tc_printed(context, tc_report_runs_text(context->out, &context->style, &validation,
                                                       (tc_runs_order)runs->integer));
    tc_served_validation served;
    code = tc_served_validate(context->catalog, published->served, published->served_count, &published->arena, &served,
                              context->error);
    return code ? code : report(context, &validation, &served);
}

/* Whole runs of a file; published runs of the program say how such models are trained. */
static tc_code score_histories(tc_context *context) {
    const char *path = context->options->positional[0];
    if (context->options->positionals != 1)
        return tc_fail(context->error, TC_INVALID, "--histories", "needs one file of whole runs");
    tc_published published = {0};
    tc_history_list rows;
    tc_histories histories;
    char *text = NULL;
    size_t length = 0;
    tc_code code = tc_file_read(path, LARGEST_FILE, &text, &length, context->error);
    if (!code) code = read_embedded(context, &published);
    if (!code) code = tc_history_read(path, text, length, &published.arena, &rows, context->error);
    if (!code)
        code = tc_histories_score(context->catalog, &rows, published.runs, published.count, &published.arena,
                                  &histories, context->error);
    if (!code) code = TC_REPORT(context, histories, &histories);
    free(text);
    tc_published_free(&published);
    return code;
}

static tc_code score_progress(tc_context *context) {
    const char *path = context->options->positional[0];
    if (context->options->positionals != 1)
        return tc_fail(context->error, TC_INVALID, "--progress", "needs one file of dated progress");
    tc_progress progress;
    tc_arena arena = {0};
    char *text = NULL;
    size_t length = 0;
    tc_code code = tc_file_read(path, LARGEST_FILE, &text, &length, context->error);
    if (!code) code = tc_progress_score(context->catalog, path, text, length, &arena, &progress, context->error);
    if (!code) code = TC_REPORT(context, progress, &progress);
    free(text);
    tc_arena_free(&arena);
    return code;
}

tc_code tc_command_validate(tc_context *context) {
    context->style.markdown = tc_given(context, TC_OPTION_MARKDOWN)->given;
    if (tc_given(context, TC_OPTION_PROGRESS)->given) return score_progress(context);
    if (tc_given(context, TC_OPTION_HISTORIES)->given) return score_histories(context);
    tc_published published = {0};
    tc_code code
        = context->options->positionals > 0 ? read_files(context, &published) : read_embedded(context, &published);
    if (!code)
        code = tc_given(context, TC_OPTION_SWEEPS)->given    ? score_sweeps(context, &published)
               : tc_given(context, TC_OPTION_AGAINST)->given ? score_against(context, &published)
                                                             : score_runs(context, &published);
    tc_published_free(&published);
    return code;
}
