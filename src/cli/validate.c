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
    if (code) return code;
    if (context->target.format)
        tc_report_residuals(&context->target, &residuals);
    else if (!tc_report_residuals_text(context->out, &context->style, &residuals))
        return tc_fail(context->error, TC_INTERNAL, "validate", "out of memory");
    return TC_OK;
}

static tc_code report(tc_context *context, const tc_validation *validation, const tc_served_validation *served) {
    if (context->target.format)
        tc_report_validate(&context->target, validation, served);
    else if (tc_given(context, TC_OPTION_MARKDOWN)->given)
        tc_report_validate_markdown(context->out, context->target.data, validation, served);
    else if (!tc_report_validate_text(context->out, &context->style, validation, served))
        return tc_fail(context->error, TC_INTERNAL, "validate", "out of memory");
    return TC_OK;
}

static tc_code report_sweeps(tc_context *context, const tc_sweeps *sweeps) {
    if (context->target.format)
        tc_report_sweeps(&context->target, sweeps);
    else if (tc_given(context, TC_OPTION_MARKDOWN)->given)
        tc_report_sweeps_markdown(context->out, sweeps);
    else if (!tc_report_sweeps_text(context->out, &context->style, sweeps))
        return tc_fail(context->error, TC_INTERNAL, "validate", "out of memory");
    return TC_OK;
}

static tc_code score_sweeps(tc_context *context, tc_published *published) {
    tc_sweeps sweeps;
    bool every_source = context->options->positionals > 0;
    tc_code code = tc_sweeps_score(context->catalog, published->runs, published->count, every_source, &published->arena,
                                   &sweeps, context->error);
    return code ? code : report_sweeps(context, &sweeps);
}

#define LARGEST_FILE ((size_t)64 << 20)

static tc_code report_against(tc_context *context, const tc_against *against) {
    if (context->target.format)
        tc_report_against(&context->target, against);
    else if (tc_given(context, TC_OPTION_MARKDOWN)->given)
        tc_report_against_markdown(context->out, against);
    else if (!tc_report_against_text(context->out, &context->style, against))
        return tc_fail(context->error, TC_INTERNAL, "validate", "out of memory");
    return TC_OK;
}

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
    if (!code)
        code = tc_validate(context->catalog, published->runs, published->count, arena, &validation, context->error);
    if (!code) code = tc_against_score(&validation, predictions, tools, arena, &against, context->error);
    return code ? code : report_against(context, &against);
}

static tc_code score_runs(tc_context *context, tc_published *published) {
    tc_validation validation;
    tc_code code = tc_validate(context->catalog, published->runs, published->count, &published->arena, &validation,
                               context->error);
    if (code) return code;
    if (tc_given(context, TC_OPTION_EXPLAIN)->given) return explain(context, &validation);
    const tc_value *runs = tc_given(context, TC_OPTION_RUNS);
    if (runs->given && tc_given(context, TC_OPTION_MARKDOWN)->given)
        return tc_fail(context->error, TC_INVALID, "--runs", "is a table of text; leave --markdown out");
    if (runs->given && !context->target.format) {
        if (!tc_report_runs_text(context->out, &context->style, &validation, (tc_runs_order)runs->integer))
            code = tc_fail(context->error, TC_INTERNAL, "validate", "out of memory");
        return code;
    }
    tc_served_validation served;
    code = tc_served_validate(context->catalog, published->served, published->served_count, &published->arena, &served,
                              context->error);
    return code ? code : report(context, &validation, &served);
}

static tc_code report_histories(tc_context *context, const tc_histories *histories) {
    if (context->target.format)
        tc_report_histories(&context->target, histories);
    else if (tc_given(context, TC_OPTION_MARKDOWN)->given)
        tc_report_histories_markdown(context->out, histories);
    else if (!tc_report_histories_text(context->out, &context->style, histories))
        return tc_fail(context->error, TC_INTERNAL, "validate", "out of memory");
    return TC_OK;
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
    if (!code) code = report_histories(context, &histories);
    free(text);
    tc_published_free(&published);
    return code;
}

static tc_code report_progress(tc_context *context, const tc_progress *progress) {
    if (context->target.format)
        tc_report_progress(&context->target, progress);
    else if (tc_given(context, TC_OPTION_MARKDOWN)->given)
        tc_report_progress_markdown(context->out, progress);
    else if (!tc_report_progress_text(context->out, &context->style, progress))
        return tc_fail(context->error, TC_INTERNAL, "validate", "out of memory");
    return TC_OK;
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
    if (!code) code = report_progress(context, &progress);
    free(text);
    tc_arena_free(&arena);
    return code;
}

tc_code tc_command_validate(tc_context *context) {
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
