/* observe.c - rows into observations: which chip and stack each speaks of. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "calibrate/calibrate.h"
#include "validate/inputs.h"

tc_calibration_settings tc_calibration_defaults(void) {
    /* how they were chosen: docs/calibrating.md */
    return (tc_calibration_settings){.noise = 0.05,
                                     .kernel_noise = 0.1,
                                     .difficulty = 0.5,
                                     .site = 0.15,
                                     .new_chip = 0.15,
                                     .new_stack = 0.6,
                                     .power = 0.3,
                                     .kept_width = 0.45,
                                     .certainty = 4};
}

/* The index of a subject, which is added; -1: there are too many. */
static int find_subject(tc_calibration *c, bool device, const char *slug, const char *architecture) {
    int length = (int)strcspn(slug, "@"); /* a stack at a date is the stack: its parameters are */
    for (int i = 0; i < c->subjects; i++)
        if (c->subject[i].device == device && (int)strlen(c->subject[i].slug) == length
            && strncmp(c->subject[i].slug, slug, (size_t)length) == 0)
            return i;
    if (c->subjects == TC_CALIBRATION_SUBJECTS) return -1;
    tc_subject *s = &c->subject[c->subjects];
    *s = (tc_subject){.device = device};
    snprintf(s->slug, sizeof s->slug, "%.*s", length, slug);
    snprintf(s->architecture, sizeof s->architecture, "%s", architecture);
    return c->subjects++;
}

static tc_code add(tc_calibration *c, const char *place, const char *name, tc_observation **out, tc_error *error) {
    if (!c->rows) c->rows = tc_arena_alloc(&c->arena, TC_CALIBRATION_ROWS * sizeof *c->rows);
    const char *kept = tc_arena_copy(&c->arena, place, strlen(place)),
               *called = tc_arena_copy(&c->arena, name, strlen(name));
    if (!c->rows || !kept || !called) return tc_fail(error, TC_INTERNAL, place, "out of memory");
    if (c->count == TC_CALIBRATION_ROWS)
        return tc_fail(error, TC_INVALID, place, "is one row too many; give at most %d", TC_CALIBRATION_ROWS);
    *out = &c->rows[c->count];
    **out = (tc_observation){.place = kept, .name = called, .stack = -1, .weight = 1};
    return TC_OK;
}

static tc_code take_subject(tc_calibration *c, const char *place, int subject, bool kernel, int *out, tc_error *error) {
    if (subject < 0)
        return tc_fail(error, TC_INVALID, place, "is of one chip or stack too many; calibrate at most %d together",
                       TC_CALIBRATION_SUBJECTS);
    *out = subject;
    if (kernel)
        c->subject[subject].kernels++;
    else
        c->subject[subject].steps++;
    return TC_OK;
}

tc_code tc_calibration_add_step(tc_calibration *c, const char *place, const char *name, tc_case *step,
                                tc_error *error) {
    tc_observation *o;
    tc_case_result result;
    tc_error why;
    if (c->steps == TC_CALIBRATION_STEPS)
        return tc_fail(error, TC_INVALID, place, "is one step too many; give at most %d", TC_CALIBRATION_STEPS);
    tc_code code = tc_case_predict(step, &result, &why);
    if (code == TC_INTERNAL) return tc_fail(error, code, why.place, "%s", why.text);
    if (code) return tc_fail(error, TC_INVALID, place, "cannot be forecast: %s: %s", why.place, why.text);
    code = add(c, place, name, &o, error);
    if (code) return code;
    o->step = step;
    o->measured_s = result.step.step_s / (1 + result.error_pct / 100);
    if (!(o->measured_s > 0) || !isfinite(o->measured_s))
        return tc_fail(error, TC_INVALID, place, "states a step of no time; give one that was measured");
    const tc_accelerator *a = &step->cluster.accelerator;
    code = take_subject(c, place, find_subject(c, true, a->slug, a->architecture), false, &o->chip, error);
    if (!code) code = take_subject(c, place, find_subject(c, false, step->stack.slug, ""), false, &o->stack, error);
    if (code) return code;
    c->count++;
    c->steps++;
    return TC_OK;
}

tc_code tc_calibration_add_kernel(tc_calibration *c, const char *place, const tc_measurement *kernel, tc_error *error) {
    tc_observation *o;
    tc_code code = add(c, place, tc_measurement_names[kernel->kind], &o, error);
    if (code) return code;
    o->kernel = tc_arena_alloc(&c->arena, sizeof *o->kernel);
    if (!o->kernel) return tc_fail(error, TC_INTERNAL, place, "out of memory");
    *o->kernel = *kernel;
    o->measured_s = kernel->seconds;
    double forecast = tc_measurement_seconds(kernel);
    if (!(forecast > 0) || !isfinite(forecast))
        return tc_fail(error, TC_INVALID, place, "cannot be forecast: %s has no figure for it; leave the row out",
                       kernel->accelerator.slug);
    const tc_accelerator *a = &kernel->accelerator;
    code = take_subject(c, place, find_subject(c, true, a->slug, a->architecture), true, &o->chip, error);
    if (!code) c->count++;
    return code;
}

tc_code tc_calibration_add_run(tc_calibration *c, tc_catalog *catalog, const tc_conventions *conventions,
                               const char *file, const tc_published_run *run, tc_error *error) {
    char place[512];
    tc_case *step = tc_arena_alloc(&c->arena, sizeof *step);
    if (!step) return tc_fail(error, TC_INTERNAL, file, "out of memory");
    snprintf(place, sizeof place, "%.400s:%d", file, run->line);
    if (run->refused) { /* "FILE:LINE: field: why" */
        const char *colon = strstr(run->refused, ": ");
        return tc_fail(error, TC_INVALID, place, "%.300s", colon ? colon + 2 : run->refused);
    }
    tc_code code = tc_case_build(catalog, conventions, run, step, error);
    if (code) return code;
    if (step->status) return tc_fail(error, TC_INVALID, place, "cannot be forecast: %s", step->reason);
    tc_case_settle(step);
    return tc_calibration_add_step(c, place, run->id, step, error);
}

void tc_calibration_free(tc_calibration *c) {
    tc_arena_free(&c->arena);
    *c = (tc_calibration){.rows = NULL};
}

/* ---- what came out ------------------------------------------------------------------------------- */

static void take_values(const tc_calibration *c, bool device, const char *slug, double *params) {
    size_t length = strcspn(slug, "@");
    for (int k = 0; k < c->unknowns; k++) {
        const tc_unknown *u = &c->unknown[k];
        const tc_subject *s = &c->subject[u->subject];
        if (s->device != device || strlen(s->slug) != length || strncmp(s->slug, slug, length) != 0) continue;
        if (u->value == u->prior) continue; /* bit for bit what the catalog says */
        params[u->parameter - (device ? 0 : TC_DEVICE_PARAMETERS)]
            = tc_from_link(tc_linked_parameters[u->parameter].link, u->value);
    }
}

void tc_calibration_apply_device(const tc_calibration *c, tc_accelerator *a) {
    take_values(c, true, a->slug, (double *)&a->params);
}

void tc_calibration_apply_stack(const tc_calibration *c, tc_stack *stack) {
    take_values(c, false, stack->slug, (double *)&stack->params);
}

double tc_calibration_error(const tc_calibration *c, size_t member) {
    double sum = 0;
    int n = 0;
    for (int i = 0; i < c->count; i++) {
        if (c->steps > 0 && !c->rows[i].step) continue;
        double residual;
        memcpy(&residual, (const char *)&c->rows[i] + member, sizeof residual);
        if (isnan(residual)) continue;
        sum += fabs(100 * (exp(residual) - 1));
        n++;
    }
    return n ? sum / n : NAN;
}
