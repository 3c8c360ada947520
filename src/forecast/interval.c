/* interval.c - the interval of a forecast by what makes it difficult, and by how far its layout is from published ones.
 *
 * For memory the stack alone counts: whether runs of it stated their memory.
 */
#include "forecast/interval.h"

#include <math.h>
#include <string.h>

#include "base/formats.h"
#include "forecast/distance.h"
#include "workload/operators.h"

/* Of the chip, then of the layout. */
#define WITH(text)                                                                                                     \
    { text, text "; far from their layouts" }
#define OTHER_SHARES 0.5 /* of the step's time goes to other parts than in any measured one */
enum { FAR = 1 };        /* as where no source has published what the layout does, or one has half of it */

static const char *evidence_text(tc_evidence seen, double distance) {
    static const char *const texts[4][2]
        = {WITH("measured runs of this chip and of this stack"), WITH("measured runs of this chip, not of this stack"),
           WITH("measured runs of other chips of this architecture"), WITH("no measured runs of this architecture")};
    return texts[seen.chip > 0 ? seen.stack <= 0 : seen.architecture > 0 ? 2 : 3][distance >= FAR];
}

/* 0 from three billion active parameters, 1 of 30 million and fewer: launches, host and small products weigh more than models say. */
static double smallness(const tc_model *model) {
    double parameters = tc_model_count(model).active_parameters, doublings = log2(3e9 / parameters);
    return parameters > 0 ? fmin(1, fmax(0, doublings / log2(100))) : 0;
}

void tc_interval_features(const tc_question *q, const tc_step *step, tc_evidence seen,
                          double out[TC_INTERVAL_FEATURES]) {
    const double of_question[] = {1 / (1 + seen.stack),
                                  1 / (1 + seen.chip),
                                  seen.architecture <= 0,
                                  log1p(seen.guesses.layout),
                                  log1p(seen.guesses.others),
                                  smallness(&q->job.model),
                                  tc_has_experts(&q->job.model),
                                  tc_format_is_low(q->job.dtype),
                                  fmin(2, fmax(-2, log10(step->step_s)))};
    enum { OF_QUESTION = sizeof of_question / sizeof *of_question };
    _Static_assert(OF_QUESTION + TC_PART_FEATURES == TC_INTERVAL_FEATURES, "a coefficient for each");
    memcpy(out, of_question, sizeof of_question);
    double *share = out + OF_QUESTION;
    for (int i = 0; i < TC_PART_FEATURES; i++) share[i] = 0;
    for (int i = 0; i < TC_PARTS_ALL; i++)
        if (tc_part_of[i].feature != TC_FEATURE_NONE)
            share[tc_part_of[i].feature] += tc_breakdown_seconds(&step->breakdown, i);
    for (int i = 0; i < TC_PART_FEATURES; i++) share[i] /= step->step_s;
}

/* A stack at a date, megatron-core@2025-09, is the stack: its parameters are. */
static double times_seen(const tc_seen *seen, const char *slug) {
    size_t length = strcspn(slug, "@");
    for (int i = 0; i < seen->count; i++)
        if (strncmp(seen->slug[i], slug, length) == 0 && !seen->slug[i][length]) return seen->many[i];
    return 0;
}

/* Own steps of this chip with this stack narrow the interval by `scale` where the step's time goes where theirs went, and not at all
 * where half of it goes elsewhere: what they said of compute says little of a step that communicates. Returns whether they speak of
 * it. */
static bool narrow(const tc_interval_model *model, const tc_question *q, const double *features, double *width) {
    const double *share = features + TC_INTERVAL_FEATURES - TC_INTERVAL_SHARES;
    const char *stack = q->stack.slug;
    size_t length = strcspn(stack, "@");
    for (int i = 0; i < model->calibrations; i++) {
        const tc_calibrated *c = &model->calibrated[i];
        if (strcmp(c->accelerator, q->cluster.accelerator.slug) != 0) continue;
        if (strncmp(c->stack, stack, length) != 0 || c->stack[length]) continue;
        double nearest = OTHER_SHARES;
        for (int k = 0; k < c->steps; k++) {
            double moved = 0;
            for (int j = 0; j < TC_INTERVAL_SHARES; j++) moved += fabs(share[j] - c->share[k][j]);
            nearest = fmin(nearest, moved);
        }
        double alike = 1 - nearest / OTHER_SHARES;
        *width *= 1 + alike * (c->scale - 1);
        return alike > 0;
    }
    return false;
}

tc_interval tc_memory_interval_of(const tc_interval_model *model, const tc_question *q) {
    tc_interval out = {.evidence = NULL};
    if (!model) return out;
    int known = times_seen(&model->memory_stacks, q->stack.slug) > 0;
    out.memory_p10 = model->memory_p10[known];
    out.memory_p50 = model->memory_p50[known];
    out.memory_p90 = model->memory_p90[known];
    return out;
}

tc_interval tc_interval_of(const tc_interval_model *model, const tc_question *q, const tc_step *step,
                           tc_guesses guesses) {
    tc_interval out = tc_memory_interval_of(model, q);
    if (!model) return out;
    const tc_accelerator *a = &q->cluster.accelerator;
    tc_evidence seen = {.stack = times_seen(&model->stacks, q->stack.slug),
                        .chip = times_seen(&model->accelerators, a->slug),
                        .guesses = guesses};
    seen.architecture = fmax(seen.chip, times_seen(&model->architectures, a->architecture));
    if (!model->scaled) return out;
    double features[TC_INTERVAL_FEATURES], scale = model->intercept;
    tc_interval_features(q, step, seen, features);
    for (int i = 0; i < TC_INTERVAL_FEATURES; i++) scale += model->coefficient[i] * features[i];
    tc_layout_traits traits = tc_layout_traits_of(q, &step->layout, step->micro_batches);
    double distance = tc_layout_distance(&model->layouts, &traits, NULL, 0, NULL);
    if (seen.chip <= 0 && model->typical_scale > 0) scale = fmax(scale, log(model->typical_scale));
    double width = exp(scale) * tc_distance_widens(&model->layouts, distance);
    bool calibrated = narrow(model, q, features, &width);
    out.p10 = exp(model->p10 * width);
    out.p90 = exp(model->p90 * width);
    out.evidence = calibrated ? "own steps measured on this chip with this stack" : evidence_text(seen, distance);
    return out;
}

void tc_interval_apply(const tc_question *q, tc_step *step) {
    tc_distance_apply(q, step);
    tc_interval interval = tc_interval_of(q->interval, q, step, (tc_guesses){0, 0});
    step->step_s_p10 = step->step_s * interval.p10;
    step->step_s_p90 = step->step_s * interval.p90;
    step->memory_p10 = step->memory.reserved * interval.memory_p10;
    step->memory_p90 = step->memory.reserved * interval.memory_p90;
    step->evidence = interval.evidence;
}
