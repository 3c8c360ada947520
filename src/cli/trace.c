/* trace.c - `traincast trace`: the timeline of a step as a trace file, or as a picture. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef TC_HAVE_ZLIB
#include <zlib.h>
#endif

#include "base/error.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/pools.h"
#include "cli/request.h"
#include "forecast/mixed.h"
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
    const tc_question *q = opened->costs.q;
    char title[256];
    tc_step step = {.step_s = 0};
    tc_step_times times;
    tc_step_slots slots;
    tc_code code = tc_step_timed(&opened->costs, &step, &times, context->error);
    if (code) return code;
    tc_close(opened, &step);
    code = tc_step_slots_of(&opened->costs, &times, &slots, context->error);
    if (!code) {
        snprintf(title, sizeof title, "%.100s on %d x %.90s", q->job.model.name, q->cluster.devices,
                 q->cluster.accelerator.name);
        tc_trace_input input = {.parts = 1,
                                .part = {{.costs = &opened->costs, .times = &times, .slots = &slots}},
                                .step = &step,
                                .data = tc_catalog_hash(context->catalog),
                                .title = title};
        code = write_all(context, &input);
        tc_step_slots_free(&slots);
    }
    tc_step_times_free(&times);
    return code;
}

/* ---- several pools ------------------------------------------------------------------------ */

/* The timelines of all pools, to be put away together. */
typedef struct pool_traces {
    tc_context *context;
    const tc_mixed_view *view;
    int timed, slotted; /* of the parts, those with times and with slots */
    tc_step_times times[TC_MAX_POOLS];
    tc_step_slots slots[TC_MAX_POOLS];
    char title[512], name[TC_MAX_POOLS][80];
    const char *pool_of_stage[TC_MAX_POOLS][TC_CLOSED_STAGES]; /* of each part */
    tc_trace_input input;
} pool_traces;

static void name_pools(pool_traces *p) {
    const tc_question *q = p->view->question;
    for (int i = 0; i < p->view->mixed->pools; i++) {
        const tc_accelerator *a = i > 0 ? &q->cluster.other[i - 1].accelerator : &q->cluster.accelerator;
        snprintf(p->name[i], sizeof p->name[i], "%.60s:%d", a->slug, p->view->mixed->share[i].devices);
    }
}

/* Adds a part of stages that run one order. costs: of a pool, or NULL: the joint ones. */
static tc_code add_part(pool_traces *p, const tc_costs *costs, tc_error *error) {
    int i = p->input.parts;
    const tc_joint *joint = costs ? NULL : p->view->joint;
    tc_trace_part *part = &p->input.part[i];
    *part = (tc_trace_part){.costs = costs ? costs : joint->stage[0],
                            .joint = joint,
                            .times = &p->times[i],
                            .slots = &p->slots[i],
                            .pool = p->pool_of_stage[i]};
    part->first = i > 0 ? p->input.part[i - 1].first + p->times[i - 1].stages : 0;
    tc_code code
        = costs ? tc_step_times_of(costs, &p->times[i], error) : tc_step_times_joint(joint, &p->times[i], error);
    if (code) return code;
    p->timed = ++p->input.parts;
    if (p->times[i].stages > TC_CLOSED_STAGES)
        return tc_fail(error, TC_INVALID, "--pp", "more than %d stages of a pool; give fewer", TC_CLOSED_STAGES);
    code = costs ? tc_step_slots_of(costs, &p->times[i], &p->slots[i], error)
                 : tc_step_slots_joint(joint, &p->times[i], &p->slots[i], error);
    if (!code) p->slotted = p->input.parts;
    return code;
}

/* All pools end their step together: with the last one, the link, the slowest rank of all and what software loses. */
static void meet(pool_traces *p) {
    const tc_mixed *m = p->view->mixed;
    double last = 0, optimizer = 0, lost = m->step.step_s - m->ideal_s;
    for (int i = 0; i < p->input.parts; i++) {
        last = fmax(last, p->times[i].sync_s);
        optimizer = fmax(optimizer, p->times[i].optimizer_s);
    }
    for (int i = 0; i < p->input.parts; i++) {
        tc_step_times *t = &p->times[i];
        tc_trace_part *part = &p->input.part[i];
        part->lost_s = lost;
        if (!p->view->joint) {
            part->meet_s = last;
            part->link_s = m->link_s;
            t->sync_s = last + m->exposed_s;
            t->straggler_s = m->step.breakdown.straggler - lost;
            t->optimizer_s = optimizer;
        }
        t->step_s = m->step.step_s;
    }
}

static tc_code add_parts(pool_traces *p, tc_error *error) {
    const tc_mixed *m = p->view->mixed;
    tc_code code = TC_OK;
    if (p->view->joint) {
        for (int i = 0; i < m->pools; i++)
            for (int s = 0; s < m->share[i].stages; s++) p->pool_of_stage[0][m->share[i].first_stage + s] = p->name[i];
        return add_part(p, NULL, error);
    }
    for (int i = 0; i < m->pools && !code; i++) {
        if (!p->view->costs[i]) continue;
        for (int s = 0; s < TC_CLOSED_STAGES; s++) p->pool_of_stage[p->input.parts][s] = p->name[i];
        code = add_part(p, p->view->costs[i], error);
    }
    return code;
}

static tc_code trace_pools(void *context, const tc_mixed_view *view, tc_error *error) {
    pool_traces *p = context;
    p->view = view;
    name_pools(p);
    int used = snprintf(p->title, sizeof p->title, "%.100s on", view->question->job.model.name);
    for (int i = 0; i < view->mixed->pools && used < (int)sizeof p->title; i++)
        used += snprintf(p->title + used, sizeof p->title - (size_t)used, "%s%s", i ? ", " : " ", p->name[i]);
    p->input.step = &view->mixed->step;
    p->input.data = tc_catalog_hash(p->context->catalog);
    p->input.title = p->title;
    tc_code code = add_parts(p, error);
    if (!code) {
        meet(p);
        code = write_all(p->context, &p->input);
    }
    for (int i = 0; i < p->timed; i++) tc_step_times_free(&p->times[i]);
    for (int i = 0; i < p->slotted; i++) tc_step_slots_free(&p->slots[i]);
    return code;
}

static tc_code trace_question(tc_context *context, const tc_question *question) {
    pool_traces *p = calloc(1, sizeof *p);
    if (!p) return tc_fail(context->error, TC_INTERNAL, "memory", "none is left for a timeline");
    p->context = context;
    tc_code code = tc_mixed_open(question, trace_pools, p, context->error);
    free(p);
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
    if (!code && question.cluster.others > 0) return trace_question(context, &question);
    if (!code) code = tc_open(&question, &opened, context->error);
    return code ? code : trace_step(context, &opened);
}
