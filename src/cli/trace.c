/* trace.c - `traincast trace`: the timeline of a step as a trace file, or as a picture. */
#include <errno.h>
#include <string.h>

#ifdef TC_HAVE_ZLIB
#include <zlib.h>
#endif

#include "base/error.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/pools.h"
#include "cli/request.h"
#include "report/step_report.h"
#include "report/trace.h"

static bool write_stream(void *context, const char *bytes, size_t length) {
    return fwrite(bytes, 1, length, context) == length;
}

#ifdef TC_HAVE_ZLIB
static bool write_gzip(void *context, const char *bytes, size_t length) {
    return gzwrite(context, bytes, (unsigned)length) == (int)length;
}
#endif

static tc_code cannot_write(tc_context *context, const char *path, int reason) {
    return tc_fail(context->error, reason == ENOENT || reason == EISDIR || reason == EACCES ? TC_INVALID : TC_INTERNAL,
                   path, "cannot be written: %s; a file in an existing folder is needed",
                   strerror(reason ? reason : EIO));
}

typedef bool write_function(const tc_trace_input *input, tc_sink sink, int64_t *spans);

static bool write_trace(const tc_trace_input *input, tc_sink sink, int64_t *spans) {
    *spans = tc_report_trace(input, sink);
    return *spans >= 0;
}

static bool write_svg(const tc_trace_input *input, tc_sink sink, int64_t *spans) {
    (void)spans;
    return tc_report_timeline_svg(input, sink);
}

static tc_code write_compressed(tc_context *context, const char *path, const tc_trace_input *input,
                                write_function *write, int64_t *spans) {
#ifdef TC_HAVE_ZLIB
    gzFile file = gzopen(path, "wb1");
    if (!file) return cannot_write(context, path, errno);
    bool written = write(input, (tc_sink){write_gzip, file}, spans);
    if (gzclose(file) == Z_OK && written) return TC_OK;
    return cannot_write(context, path, errno);
#else
    (void)input, (void)write, (void)spans;
    return tc_fail(context->error, TC_INVALID, path,
                   "this program was built without zlib; give a name that ends in .json");
#endif
}

static tc_code write_file(tc_context *context, const char *path, const tc_trace_input *input, write_function *write,
                          int64_t *spans) {
    if (strcmp(path, "-") == 0)
        return write(input, (tc_sink){write_stream, context->out}, spans)
                   ? TC_OK
                   : tc_fail(context->error, TC_INTERNAL, "memory", "none is left");
    if (tc_ends_with(path, ".gz")) return write_compressed(context, path, input, write, spans);
    FILE *file = fopen(path, "wb");
    if (!file) return cannot_write(context, path, errno);
    errno = 0;
    bool written = write(input, (tc_sink){write_stream, file}, spans);
    int reason = errno;
    if (fclose(file) == 0 && written) return TC_OK;
    return cannot_write(context, path, reason ? reason : errno);
}

static void report(tc_context *context, const tc_step *step, const char *output, const char *svg, int64_t spans) {
    if (context->target.format) {
        tc_writer writer = tc_write_begin(&context->target, "trace/1", NULL);
        tc_write_assumed(&writer, step);
        tc_write_number(&writer, "step_s", step->step_s);
        tc_write_fits(&writer, step->fits_probability, step->fits);
        tc_write_string(&writer, "output", output);
        tc_write_string(&writer, "svg", svg);
        tc_write_integer(&writer, "spans", spans);
        tc_write_layout(&writer, "layout", &step->layout);
        tc_write_end(&writer);
        return;
    }
    if (output) fprintf(context->out, "%s: %lld spans\n", output, (long long)spans);
    if (svg) fprintf(context->out, "%s: picture of the pipeline\n", svg);
}

static tc_code write_all(tc_context *context, const tc_trace_input *input) {
    const char *output = tc_given(context, TC_OPTION_OUTPUT)->text, *svg = tc_given(context, TC_OPTION_SVG)->text;
    int64_t spans = 0;
    tc_code code = output ? tc_trace_check(input->step, context->error) : TC_OK;
    if (!code && output) code = write_file(context, output, input, write_trace, &spans);
    if (!code && svg) code = write_file(context, svg, input, write_svg, &spans);
    bool to_standard_output = (output && strcmp(output, "-") == 0) || (svg && strcmp(svg, "-") == 0);
    if (!code && !to_standard_output) report(context, input->step, output, svg, spans);
    return code;
}

static tc_code trace_step(tc_context *context, const tc_opened *opened) {
    tc_step step = {.step_s = 0};
    tc_step_times times;
    tc_step_slots slots;
    tc_code code = tc_step_timed(&opened->costs, &step, &times, context->error);
    if (code) return code;
    tc_close(opened, &step);
    code = tc_step_slots_of(&opened->costs, &times, &slots, context->error);
    if (!code) {
        tc_trace_input input = {&opened->costs, &step, &times, &slots, tc_catalog_hash(context->catalog)};
        code = write_all(context, &input);
        tc_step_slots_free(&slots);
    }
    tc_step_times_free(&times);
    return code;
}

static tc_code check_outputs(tc_context *context) {
    const char *output = tc_given(context, TC_OPTION_OUTPUT)->text, *svg = tc_given(context, TC_OPTION_SVG)->text;
    if (!output && !svg)
        return tc_fail(context->error, TC_INVALID, "--output", "is needed, or --svg; for example --output step.json");
    if (output && svg && strcmp(output, "-") == 0 && strcmp(svg, "-") == 0)
        return tc_fail(context->error, TC_INVALID, "--svg", "- is already the trace's; give a file");
    return TC_OK;
}

tc_code tc_command_trace(tc_context *context) {
    tc_question question;
    tc_opened opened;
    tc_code code = check_outputs(context);
    if (!code) code = tc_request_question(context, &question);
    if (!code) code = tc_open(&question, &opened, context->error);
    return code ? code : trace_step(context, &opened);
}
