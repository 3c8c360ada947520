/* mixed_changes.c - what one change of a job on several pools would give, each by a forecast of its own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "forecast/mixed.h"

#define FASTER 1.1

typedef struct trial {
    const tc_question *q;
    tc_pool pool[TC_MAX_POOLS];
    tc_question changed;
    tc_mixed mixed;
    double before_s;
    int count;
    tc_mixed_change *out;
} trial;

static void start(trial *t) {
    t->changed = *t->q;
    for (int i = 0; i < t->q->cluster.others; i++) t->pool[i] = t->q->cluster.other[i];
    t->changed.cluster.other = t->pool;
}

/* Forecasts what was changed and puts it in its place, "BEFORE NAME AFTER"; impossible ones are no advice. */
static void finish(trial *t, const char *before, const char *of, const char *after) {
    tc_error ignored;
    tc_step step;
    if (tc_forecast(&t->changed, &step, &ignored)) return;
    tc_mixed_change one = {.step_s = step.step_s, .gain_pct = 100 * (t->before_s / step.step_s - 1)};
    snprintf(one.what, sizeof one.what, "%s%.64s%s", before, of, after);
    int i = t->count++;
    for (; i > 0 && t->out[i - 1].gain_pct < one.gain_pct; i--) t->out[i] = t->out[i - 1];
    t->out[i] = one;
}

static tc_accelerator *accelerator_of(trial *t, int i) {
    return i > 0 ? &t->pool[i - 1].accelerator : &t->changed.cluster.accelerator;
}

static void faster(tc_accelerator *a) {
    for (int i = 0; i < TC_DTYPES; i++) a->matmul_flops[i] *= FASTER;
    a->vector_flops *= FASTER;
    a->memory_bytes_per_s *= FASTER;
    a->clock_hz *= FASTER;
    a->held_clock_hz *= FASTER;
}

/* The question without pool i. */
static void leave_out(trial *t, int i) {
    if (i == 0) {
        tc_question first = tc_question_of_pool(t->q, 1);
        first.cluster.mixing = t->q->cluster.mixing;
        first.cluster.others = t->q->cluster.others - 1;
        for (int k = 0; k < first.cluster.others; k++) t->pool[k] = t->q->cluster.other[k + 1];
        t->changed = first;
    } else {
        for (int k = i - 1; k + 1 < t->q->cluster.others; k++) t->pool[k] = t->q->cluster.other[k + 1];
        t->changed.cluster.others--;
    }
    t->changed.cluster.other = t->changed.cluster.others > 0 ? t->pool : NULL;
}

int tc_mixed_changes(const tc_question *q, const tc_mixed *mixed, tc_mixed_change out[TC_MIXED_CHANGES]) {
    trial *t = malloc(sizeof *t);
    if (!t || q->cluster.others < 1 || q->cluster.others >= TC_MAX_POOLS) {
        free(t);
        return 0;
    }
    *t = (trial){.q = q, .before_s = mixed->step.step_s, .out = out};
    start(t);
    t->changed.cluster.mixing.link.bytes_per_s *= 2;
    finish(t, "twice the bandwidth of the link", "", "");
    start(t);
    t->changed.cluster.mixing.efficiency = 0;
    finish(t, "software that loses nothing by mixing", "", "");
    for (int i = 0; i <= q->cluster.others; i++) {
        start(t);
        faster(accelerator_of(t, i));
        finish(t, "", accelerator_of(t, i)->slug, " 10 % faster");
        if (q->cluster.mixing.across == TC_ACROSS_PIPELINE) continue;
        char slug[64];
        snprintf(slug, sizeof slug, "%s", accelerator_of(t, i)->slug);
        start(t);
        leave_out(t, i);
        finish(t, "without ", slug, "");
    }
    int count = t->count;
    free(t);
    return count;
}
