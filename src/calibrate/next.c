/* next.c - which measurement would tell most: of the rows' neighbours the one that cuts most of the variance of the forecasts of all.
 *
 * A step c whose logarithm has the slopes g_c would cut the variance of the forecast t by (g_t' C g_c)^2 / (g_c' C g_c + s^2), C the
 * covariance of the parameters: the choice of experiments of least mean variance (K. Chaloner, I. Verdinelli, Bayesian experimental
 * design: a review, Statistical Science 10, 1995, criterion A). What varies: devices, degrees, micro-batch, recompute. Forecasts count at
 * up to eight times the devices, where a small measurement is meant to reach; proposed is what as many devices as were measured run. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/members.h"
#include "calibrate/calibrate.h"
#include "layout/fields.h"

enum { BASES = 4, VARIANTS = 10, CANDIDATES = BASES * VARIANTS };

typedef struct candidate {
    int devices;
    int64_t global_batch;
    tc_layout layout;
    double *slopes;
    bool possible; /* on as many devices as were measured */
} candidate;

/* A neighbour of a layout; false: it is none. */
static bool vary(int variant, tc_question *q) {
    tc_layout *l = &q->layout;
    static const int devices[] = {2, 4, 8};
    l->dp = TC_UNSET;
    switch (variant) {
    case 0:
    case 1:
    case 2: /* more data parallelism, each device as busy as before */
        q->cluster.devices *= devices[variant];
        if (q->job.global_batch > 0) q->job.global_batch *= devices[variant];
        return q->cluster.devices <= TC_MOST_DEGREE / 8;
    case 3: /* half of them */
        if (q->cluster.devices % 2 || q->job.global_batch % 2) return false;
        q->cluster.devices /= 2;
        if (q->job.global_batch > 0) q->job.global_batch /= 2;
        return true;
    case 4: l->tp *= 2; return l->tp <= q->cluster.devices;
    case 5: l->tp /= 2; return l->tp > 0;
    case 6: l->pp *= 2; return l->vpp <= 1 && l->pp <= q->cluster.devices;
    case 7: l->micro_batch *= 2; return l->micro_batch > 0;
    case 8: l->micro_batch /= 2; return l->micro_batch > 0;
    default:
        if (l->recompute != TC_RECOMPUTE_NONE && l->recompute != TC_RECOMPUTE_FULL) return false;
        l->recompute = l->recompute == TC_RECOMPUTE_NONE ? TC_RECOMPUTE_FULL : TC_RECOMPUTE_NONE;
        return true;
    }
}

/* The slopes of a step that nobody has measured: as a row behind the last. False: it cannot run. */
static bool take_slopes(tc_calibration *c, const tc_observation *base, const tc_question *q, tc_case *probe, double *x,
                        double *slopes) {
    static const tc_published_run a_second = {.metric = TC_METRIC_STEP_S, .measured = 1, .step_s = 1};
    tc_published_run run = a_second;
    tc_case_result result;
    tc_error ignored;
    run.devices = q->cluster.devices;
    *probe = *base->step;
    probe->run = &run;
    probe->job = q->job;
    probe->cluster = q->cluster;
    probe->layout = q->layout;
    if (tc_case_predict(probe, &result, &ignored) || !result.step.fits) return false;
    tc_observation *row = &c->rows[c->count];
    *row = (tc_observation){.step = probe, .chip = base->chip, .stack = base->stack, .measured_s = 1};
    tc_calibration_slopes(c, c->count, log(result.step.step_s), x, slopes);
    return true;
}

/* Is a layout among the rows or the candidates so far? */
static bool is_known(const tc_calibration *c, const candidate *candidates, int n, const tc_question *q) {
    char text[400], other[400];
    tc_layout_text(&q->layout, text, sizeof text);
    for (int i = 0; i < n; i++)
        if (candidates[i].devices == q->cluster.devices && candidates[i].global_batch == q->job.global_batch
            && strcmp(text, tc_layout_text(&candidates[i].layout, other, sizeof other)) == 0)
            return true;
    for (int i = 0; i < c->count; i++) {
        const tc_case *step = c->rows[i].step;
        if (!step || step->cluster.devices != q->cluster.devices || step->job.global_batch != q->job.global_batch)
            continue;
        tc_layout layout = step->layout;
        layout.dp = TC_UNSET;
        if (strcmp(text, tc_layout_text(&layout, other, sizeof other)) == 0) return true;
    }
    return false;
}

/* The variance of all forecasts that a candidate would cut, of what there is. */
static double reduction_of(const tc_calibration *c, const candidate *candidates, int n, const double *slopes) {
    double s = c->set.noise, own = tc_calibration_variance(c, slopes) + s * s, cut = 0, all = 0;
    for (int t = 0; t < n + c->count; t++) {
        const double *g = t < n ? candidates[t].slopes : c->slopes + (size_t)(t - n) * (size_t)c->unknowns;
        if (t >= n && !c->rows[t - n].step) continue;
        double shared = tc_calibration_covariance(c, slopes, g);
        all += tc_calibration_variance(c, g);
        cut += shared * shared / own;
    }
    return all > 0 ? cut / all : 0;
}

static void keep(tc_calibration *c, const candidate *new, double reduction) {
    int at = c->proposals;
    while (at > 0 && c->next[at - 1].reduction < reduction) at--;
    if (at == TC_CALIBRATION_NEXT) return;
    if (c->proposals < TC_CALIBRATION_NEXT) c->proposals++;
    for (int k = c->proposals - 1; k > at; k--) c->next[k] = c->next[k - 1];
    tc_proposal *p = &c->next[at];
    *p = (tc_proposal){.layout = new->layout,
                       .devices = new->devices,
                       .global_batch = new->global_batch,
                       .reduction = reduction};
    char text[400];
    snprintf(p->what, sizeof p->what, "%.150s", tc_layout_text(&new->layout, text, sizeof text));
}

tc_code tc_calibration_propose(tc_calibration *c, tc_error *error) {
    size_t width = ((size_t)c->unknowns + 1) * sizeof(double);
    double *x = tc_arena_alloc(&c->arena, width);
    candidate *candidates = tc_arena_alloc(&c->arena, CANDIDATES * sizeof *candidates);
    tc_case *probe = tc_arena_alloc(&c->arena, sizeof *probe);
    if (!x || !candidates || !probe) return tc_fail(error, TC_INTERNAL, "calibrate", "out of memory");
    if (c->count == TC_CALIBRATION_ROWS) return TC_OK; /* no room for one to try */
    for (int k = 0; k < c->unknowns; k++) x[k] = c->unknown[k].value;
    int bases = 0, n = 0, most = 0;
    for (int i = 0; i < c->count; i++)
        if (c->rows[i].step && c->rows[i].step->cluster.devices > most) most = c->rows[i].step->cluster.devices;
    for (int i = 0; i < c->count && bases < BASES; i++) {
        if (!c->rows[i].step) continue;
        bases++;
        for (int v = 0; v < VARIANTS; v++) {
            tc_question q = tc_case_question(c->rows[i].step);
            if (!vary(v, &q) || is_known(c, candidates, n, &q)) continue;
            double *slopes = tc_arena_alloc(&c->arena, width);
            if (!slopes) return tc_fail(error, TC_INTERNAL, "calibrate", "out of memory");
            if (!take_slopes(c, &c->rows[i], &q, probe, x, slopes)) continue;
            candidates[n++]
                = (candidate){q.cluster.devices, q.job.global_batch, q.layout, slopes, q.cluster.devices <= most};
        }
    }
    for (int i = 0; i < n; i++)
        if (candidates[i].possible) keep(c, &candidates[i], reduction_of(c, candidates, n, candidates[i].slopes));
    return TC_OK;
}
