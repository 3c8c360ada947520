/* calibrate.c - `traincast calibrate`: own measurements into a catalog folder. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "calibrate/contribute.h"
#include "calibrate/logs.h"
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/request.h"
#include "interop/import.h"
#include "report/calibrate_report.h"
#include "validate/inputs.h"
#include "validate/lines.h"

enum { MOST_FILES = 64, MOST_NOTES = 64 };

/* A file of rows or a log, as it was read. */
typedef struct source {
    const char *path;
    char *text;
    size_t length;
    tc_published published; /* of rows of steps */
    tc_context job;         /* of a log: the options of its own */
    tc_options *options;    /* NULL: no log */
    tc_case *step;          /* of a log */
} source;

typedef struct reader {
    tc_context *context;
    tc_conventions conventions;
    tc_calibration calibration;
    source sources[MOST_FILES];
    int count;
    const char *notes[MOST_NOTES];
    int note_count;
} reader;

static tc_code note(reader *r, const char *text) {
    const char *kept = tc_arena_copy(&r->calibration.arena, text, strlen(text));
    if (!kept) return tc_fail(r->context->error, TC_INTERNAL, "calibrate", "out of memory");
    if (r->note_count < MOST_NOTES) r->notes[r->note_count++] = kept;
    return TC_OK;
}

/* ---- JSON Lines ----------------------------------------------------------------------------------- */

/* Do the rows name kinds of kernels? By the first of them. */
static tc_code is_of_kernels(reader *r, const source *s, bool *kernels) {
    tc_lines lines = tc_lines_of(s->text, s->length);
    const char *at;
    size_t length;
    *kernels = false;
    if (!tc_lines_next(&lines, &at, &length)) return TC_OK;
    tc_json_document document;
    tc_code code = tc_json_open(&document, s->path, lines.line, at, length, r->context->error);
    if (code) return code;
    tc_json json = tc_json_root(&document);
    *kernels = tc_measurement_is(&json);
    tc_json_close(&document);
    return TC_OK;
}

static tc_code read_kernels(reader *r, const source *s) {
    tc_lines lines = tc_lines_of(s->text, s->length);
    size_t length;
    tc_code code = TC_OK;
    for (const char *at; !code && tc_lines_next(&lines, &at, &length);) {
        tc_json_document document;
        tc_measurement kernel;
        char place[512];
        snprintf(place, sizeof place, "%.400s:%d", s->path, lines.line);
        code = tc_json_open(&document, s->path, lines.line, at, length, r->context->error);
        if (code) return code;
        tc_json json = tc_json_root(&document);
        if (tc_measurement_is(&json))
            tc_measurement_read(&json, r->context->catalog, &kernel);
        else
            tc_json_fail(&json, "kind", "is missing; the file's first row is a kernel's, so all are");
        code = document.code;
        if (!code && !kernel.excluded)
            code = tc_calibration_add_kernel(&r->calibration, place, &kernel, r->context->error);
        tc_json_close(&document);
    }
    return code;
}

static tc_code read_steps(reader *r, source *s) {
    tc_code code = tc_published_read(&s->published, s->path, s->text, s->length, r->context->error);
    if (!code && s->published.served_count > 0)
        return tc_fail(r->context->error, TC_INVALID, s->path, "has rows of serving; give steps of training");
    for (int i = 0; i < s->published.count && !code; i++) {
        const tc_published_run *run = &s->published.runs[i];
        if (!run->counts && !run->refused) continue; /* its owner says so */
        code = tc_calibration_add_run(&r->calibration, r->context->catalog, &r->conventions, s->path, run,
                                      r->context->error);
    }
    return code;
}

/* ---- logs ------------------------------------------------------------------------------------------ */

/* The job of a log: the options, or a launch script of its own. */
static tc_code take_job(reader *r, source *s, const char *layout, tc_question *q) {
    static const tc_option_id needed[] = {TC_OPTION_MODEL, TC_OPTION_ACCELERATOR, TC_OPTION_DEVICES};
    tc_context *context = &s->job;
    s->options = malloc(sizeof *s->options);
    if (!s->options) return tc_fail(r->context->error, TC_INTERNAL, s->path, "out of memory");
    *s->options = *r->context->options;
    *context = *r->context;
    context->options = s->options;
    if (layout) s->options->value[TC_OPTION_LAYOUT] = (tc_value){.given = true, .text = layout};
    tc_code code = tc_answer_read(context);
    for (size_t i = 0; i < sizeof needed / sizeof *needed && !code; i++)
        if (!tc_given(context, needed[i])->given)
            code = tc_fail(context->error, TC_INVALID, tc_option_table[needed[i]].name,
                           "is needed: %.200s is a log, which does not say it; give it, or a launch script, --layout "
                           "FILE",
                           s->path);
    if (!code) code = tc_request_job(context, q);
    return code ? code : tc_request_devices(context, tc_given(context, TC_OPTION_ACCELERATOR)->text, q);
}

static tc_code make_step(reader *r, source *s, const tc_question *q, const tc_log_step *log) {
    tc_arena *arena = &r->calibration.arena;
    tc_published_run *run = tc_arena_alloc(arena, sizeof *run);
    s->step = tc_arena_alloc(arena, sizeof *s->step);
    if (!run || !s->step) return tc_fail(r->context->error, TC_INTERNAL, s->path, "out of memory");
    const char *slash = strrchr(s->path, '/'), *name = slash ? slash + 1 : s->path;
    *run = (tc_published_run){.id = name,
                              .group = "",
                              .source_family = "",
                              .model = {.name = q->job.model.slug, .family = ""},
                              .devices = q->cluster.devices,
                              .metric = log->metric,
                              .measured = log->measured,
                              .counts = true};
    s->step->run = run;
    s->step->conventions = &r->conventions;
    s->step->family = tc_conventions_family(&r->conventions, "");
    s->step->job = q->job;
    s->step->cluster = q->cluster;
    s->step->layout = q->layout;
    s->step->stack = q->stack;
    return tc_calibration_add_step(&r->calibration, s->path, name, s->step, r->context->error);
}

static tc_code read_log(reader *r, source *s, const char *layout) {
    tc_log_step log;
    char text[300];
    tc_question *q = tc_arena_alloc(&r->calibration.arena, sizeof *q);
    if (!q) return tc_fail(r->context->error, TC_INTERNAL, s->path, "out of memory");
    tc_code code = tc_log_read(s->path, s->text, s->length, &r->calibration.arena, &log, r->context->error);
    if (!code) code = take_job(r, s, layout, q);
    if (!code) code = make_step(r, s, q, &log);
    if (code) return code;
    snprintf(text, sizeof text, "%.150s: a log of %.60s, median of %d steps after %d of warm-up", s->path, log.program,
             log.steps, log.warm_up);
    return note(r, text);
}

/* ---- files ------------------------------------------------------------------------------------------ */

static bool is_file(const char *path) {
    struct stat status;
    return strcmp(path, "-") == 0 || stat(path, &status) == 0;
}

/* "LOG=SCRIPT" in two, where it is no file's name; the script, or NULL. */
static tc_code split_pair(reader *r, const char *word, const char **path, const char **layout) {
    const char *equals = strchr(word, '=');
    *path = word;
    *layout = NULL;
    if (!equals || is_file(word)) return TC_OK;
    *layout = equals + 1;
    *path = tc_arena_copy(&r->calibration.arena, word, (size_t)(equals - word));
    return *path ? TC_OK : tc_fail(r->context->error, TC_INTERNAL, word, "out of memory");
}

static tc_code read_source(reader *r, const char *word) {
    const char *path, *layout;
    bool kernels = false;
    if (r->count == MOST_FILES)
        return tc_fail(r->context->error, TC_INVALID, word, "is one file too many; give at most %d", MOST_FILES);
    tc_code code = split_pair(r, word, &path, &layout);
    if (code) return code;
    source *s = &r->sources[r->count++];
    s->path = tc_stream_name(path);
    code = tc_read_stream(path, &s->text, &s->length, r->context->error);
    if (code) {
        s->text = NULL;
        return code;
    }
    bool rows = s->text[strspn(s->text, " \t\r\n")] == '{';
    if (!rows) return read_log(r, s, layout);
    if (layout)
        return tc_fail(r->context->error, TC_INVALID, s->path,
                       "has rows, which say their own layout; leave '=%.100s' out", layout);
    code = is_of_kernels(r, s, &kernels);
    if (code) return code;
    return kernels ? read_kernels(r, s) : read_steps(r, s);
}

static void free_sources(reader *r) {
    for (int i = 0; i < r->count; i++) {
        source *s = &r->sources[i];
        if (s->options) tc_context_free(&s->job);
        free(s->options);
        free(s->text);
        tc_published_free(&s->published);
    }
}

/* ---- what is written ---------------------------------------------------------------------------------- */

static tc_code make_folder(const char *path, tc_error *error) {
    struct stat status;
    if (mkdir(path, 0777) == 0 || (stat(path, &status) == 0 && S_ISDIR(status.st_mode))) return TC_OK;
    return tc_fail(error, TC_INVALID, "--output", "%.300s cannot be made: %s", path, strerror(errno));
}

static tc_code write_folder(reader *r, const char *folder) {
    char path[1024];
    tc_error *error = r->context->error;
    if (!folder) return TC_OK;
    if (snprintf(path, sizeof path, "%s/fitted", folder) >= (int)sizeof path)
        return tc_fail(error, TC_INVALID, "--output", "is too long a path; give a shorter one");
    tc_code code = make_folder(folder, error);
    if (!code) code = make_folder(path, error);
    return code ? code : tc_calibration_write(&r->calibration, folder, error);
}

/* The rows of a source, as they stand in it. */
static tc_code contribute_source(const source *s, FILE *file, tc_calibration_page *page, tc_error *error) {
    tc_code code = TC_OK;
    bool written;
    if (s->step) {
        const tc_imported *in = s->job.imported;
        const char *model = in && in->like ? in->like : s->step->job.model.slug;
        code = tc_contribute_step(file, s->step, model, page->contributions + 1, &written, error);
        if (!code) *(written ? &page->contributions : &page->not_contributed) += 1;
        return code;
    }
    tc_lines lines = tc_lines_of(s->text, s->length);
    size_t length;
    const char *at;
    for (int i = 0; i < s->published.count && !code && tc_lines_next(&lines, &at, &length); i++) {
        if (!s->published.runs[i].counts) continue;
        code = tc_contribute_run(file, &s->published.runs[i], at, length, page->contributions + 1, &written, error);
        if (!code) *(written ? &page->contributions : &page->not_contributed) += 1;
    }
    return code;
}

static tc_code contribute(reader *r, tc_calibration_page *page) {
    const tc_value *to = tc_given(r->context, TC_OPTION_CONTRIBUTE);
    if (!to->given) return TC_OK;
    FILE *file = fopen(to->text, "w");
    if (!file)
        return tc_fail(r->context->error, TC_INVALID, "--contribute", "%.300s cannot be written: %s", to->text,
                       strerror(errno));
    tc_code code = TC_OK;
    for (int i = 0; i < r->count && !code; i++) code = contribute_source(&r->sources[i], file, page, r->context->error);
    bool failed = ferror(file) != 0;
    if (fclose(file) != 0 || failed)
        code = tc_fail(r->context->error, TC_INVALID, "--contribute", "%.300s cannot be written; is the disk full?",
                       to->text);
    page->contributed = to->text;
    return code;
}

static tc_code report(reader *r) {
    tc_context *context = r->context;
    const tc_value *output = tc_given(context, TC_OPTION_CALIBRATE_OUTPUT);
    tc_calibration_page page = {.calibration = &r->calibration,
                                .output = output->given ? output->text : NULL,
                                .notes = r->notes,
                                .note_count = r->note_count};
    tc_code code = write_folder(r, page.output);
    if (!code) code = contribute(r, &page);
    if (code) return code;
    return TC_REPORT(context, calibration, &page);
}

tc_code tc_command_calibrate(tc_context *context) {
    reader *r = calloc(1, sizeof *r);
    if (!r) return tc_fail(context->error, TC_INTERNAL, "calibrate", "out of memory");
    r->context = context;
    r->calibration.set = tc_calibration_defaults();
    tc_code code = tc_conventions_read(context->catalog, &r->conventions, context->error);
    for (int i = 0; i < context->options->positionals && !code; i++)
        code = read_source(r, context->options->positional[i]);
    if (!code) code = tc_calibrate(&r->calibration, context->catalog, context->error);
    if (!code) code = report(r);
    tc_calibration_free(&r->calibration);
    free_sources(r);
    free(r);
    return code;
}
