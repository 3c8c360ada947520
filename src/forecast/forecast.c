/* forecast.c - resolve, cost, time, measure memory, give the interval, say what was assumed. */
#include "forecast/forecast.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "forecast/fits.h"
#include "layout/question_members.h"

tc_code tc_question_check(const tc_question *q, tc_error *error) {
    return tc_members_check(&tc_question_members, q, "question", error);
}

tc_code tc_open_checked(const tc_question *q, tc_opened *out, tc_error *error) {
    out->assumed_count = 0;
    tc_code code = tc_layout_resolve(q, &out->placement, out->assumed, &out->assumed_count, error);
    return code ? code : tc_costs_compute(q, &out->placement, &out->costs, error);
}

tc_code tc_open(const tc_question *q, tc_opened *out, tc_error *error) {
    tc_code code = tc_question_check(q, error);
    if (!code && q->cluster.others > 0)
        return tc_fail(error, TC_INVALID, "--accelerator", "several pools, but one is looked into here; give one");
    return code ? code : tc_open_checked(q, out, error);
}

/* A line of `assumed`, as long as there is room for one. */
__attribute__((format(printf, 2, 3))) static void assume(tc_step *step, const char *format, ...) {
    va_list values;
    if (step->assumed_count == TC_ASSUMED_MAX) return;
    va_start(values, format);
    vsnprintf(step->assumed[step->assumed_count++], sizeof step->assumed[0], format, values);
    va_end(values);
}

void tc_assume_stack(const tc_question *q, tc_step *step) {
    const tc_stack_history *h = &q->stack.history;
    char asked[16];
    snprintf(asked, sizeof asked, "%04d-%02d", h->asked / 100 % 10000, h->asked % 100);
    if (h->asked && h->since[0] && strcmp(asked, h->since) < 0)
        assume(step, "%.40s as of %.7s (its earliest age)", q->stack.name, h->since);
    if (q->stack_assumed) assume(step, "stack %.40s (usual on this accelerator)", q->stack.slug);
}

/* Figures of the accelerator without which it is forecast as if something were no matter. */
static void assume_figures(const tc_question *q, tc_step *step) {
    const tc_accelerator *a = &q->cluster.accelerator;
    if (a->cores < 1) assume(step, "cores of %.30s: not known, matrix products run as if on one", a->slug);
    if (!(a->tdp_w > 0)) assume(step, "power of %.30s: not known, clocks are not limited by it", a->slug);
    if (!a->architecture[0]) assume(step, "architecture of %.30s: not known, parameters of any", a->slug);
}

/* What a file of a model has that the model has not, or says twice. */
static void assume_left_out(const tc_question *q, tc_step *step) {
    if (q->job.model.contradiction[0]) assume(step, "the model of %.80s", q->job.model.contradiction);
    if (q->job.model.left_out[0]) assume(step, "the language model alone, without its %.48s", q->job.model.left_out);
}

/* Where something is offloaded, it rests on how much the server has. */
static void assume_host_memory(const tc_question *q, tc_step *step) {
    const tc_memory *m = &step->memory;
    if (m->host > 0 && m->host_share > 0 && q->cluster.host_memory_bytes <= 0)
        assume(step, "%.0f GB of host memory for %d devices (usual with this accelerator)",
               m->host_share * m->host_devices / 1e9, m->host_devices);
    if (m->host > 0 && !(q->cluster.accelerator.host_bytes_per_s > 0))
        assume(step, "%.0f GB/s to the host (that of %.30s is not known)", tc_host_rate(&q->cluster) / 1e9,
               q->cluster.accelerator.slug);
}

void tc_close(const tc_opened *opened, tc_step *step) {
    tc_interval_apply(opened->costs.q, step);
    tc_fits_apply(opened->costs.q, step);
    step->assumed_count = opened->assumed_count;
    memcpy(step->assumed, opened->assumed, sizeof step->assumed);
    tc_assume_stack(opened->costs.q, step);
    assume_figures(opened->costs.q, step);
    assume_host_memory(opened->costs.q, step);
    assume_left_out(opened->costs.q, step);
}

/* Members within their bounds may still be too far apart from each other. */
static tc_code check_answer(const tc_question *q, const tc_step *step, tc_error *error) {
#define PLUS(member, label, loss, bound, feature) +step->breakdown.member
    double parts = 0 TC_PARTS(PLUS);
    if (step->step_s > 0 && isfinite(parts + step->step_s + step->memory.reserved + step->memory.capacity)
        && isfinite(step->mfu_pct + step->hfu_pct + step->tokens_per_s_per_device))
        return TC_OK;
    tc_code code = tc_question_divisors(q, error);
    if (code) return code;
    return tc_fail(error, TC_INVALID, "question",
                   "its figures give no finite step; figures of real devices and models");
}

static tc_code forecast_all(const tc_question *q, tc_step *out, tc_error *error) {
    tc_mixed mixed;
    tc_code code = tc_mixed_step(q, &mixed, error);
    if (!code) *out = mixed.step;
    return code;
}

TC_APART static tc_code forecast_one(const tc_question *q, tc_step *out, tc_error *error) {
    tc_opened opened;
    tc_code code = tc_open(q, &opened, error);
    if (!code) code = tc_step_of(&opened.costs, out, error);
    if (!code) code = check_answer(q, out, error);
    if (!code) tc_close(&opened, out);
    return code;
}

tc_code tc_forecast(const tc_question *q, tc_step *out, tc_error *error) {
    memset(out, 0, sizeof *out);
    return q->cluster.others > 0 ? forecast_all(q, out, error) : forecast_one(q, out, error);
}
