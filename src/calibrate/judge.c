/* judge.c - whether the rows contradict each other, and how narrow the interval of jobs like them may be.
 *
 * Two rows contradict each other where the ratio of their times is further from the forecast's than the priors of all parameters and the
 * difference between equal runs allow: more than three standard deviations. A row is an outlier where the others foretell it so badly.
 * The interval's width after n steps, relative to before: r^2 = (certainty e(n)^2 + sum z_i^2) / (certainty + n), z_i the error of a
 * step forecast without itself over the interval's half width in standard deviations, e(n) what the published sources gave
 * (docs/calibrating.md). Steps that are forecast badly widen it. */
#include <math.h>

#include "base/error.h"
#include "calibrate/calibrate.h"
#include "forecast/interval.h"

#define DEVIATIONS 3.0       /* of a contradiction */
#define NORMAL_P90 1.2815516 /* standard deviations */
#define NARROWEST 0.15
#define WIDEST 2.0

/* The variance by the priors alone. */
static double prior_variance(const tc_calibration *c, const double *g) {
    double sum = 0;
    for (int k = 0; k < c->unknowns; k++) sum += g[k] * g[k] * c->unknown[k].sigma * c->unknown[k].sigma;
    return sum;
}

/* How many standard deviations the ratio of two steps is from the forecast's. */
static double disagreement(const tc_calibration *c, int a, int b, double *g) {
    size_t n = (size_t)c->unknowns;
    for (size_t k = 0; k < n; k++) g[k] = c->slopes[(size_t)a * n + k] - c->slopes[(size_t)b * n + k];
    double s = c->rows[a].noise, t = c->rows[b].noise;
    return fabs(c->rows[a].before - c->rows[b].before) / sqrt(prior_variance(c, g) + s * s + t * t);
}

/* Keeps the worst pairs, the worst first. */
static void keep_pair(tc_calibration *c, double *worst, int a, int b, double size) {
    int at = c->pairs;
    while (at > 0 && worst[at - 1] < size) at--;
    if (at == TC_CALIBRATION_PAIRS) return;
    if (c->pairs < TC_CALIBRATION_PAIRS) c->pairs++;
    for (int k = c->pairs - 1; k > at; k--) {
        c->pair[k] = c->pair[k - 1];
        worst[k] = worst[k - 1];
    }
    double measured = c->rows[b].measured_s / c->rows[a].measured_s;
    worst[at] = size;
    c->pair[at] = (tc_contradiction){a, b, measured, measured * exp(c->rows[b].before - c->rows[a].before)};
}

static void find_contradictions(tc_calibration *c, double *g) {
    double worst[TC_CALIBRATION_PAIRS];
    for (int a = 0; a < c->count; a++)
        for (int b = a + 1; b < c->count; b++) {
            if (!c->rows[a].step || !c->rows[b].step) continue;
            double size = disagreement(c, a, b, g);
            if (size > DEVIATIONS) keep_pair(c, worst, a, b, size);
        }
}

static void find_outliers(tc_calibration *c) {
    for (int i = 0; i < c->count && c->steps >= 3; i++) {
        tc_observation *o = &c->rows[i];
        if (!o->step || isnan(o->left_out)) continue;
        double s = o->noise, variance = tc_calibration_variance(c, c->slopes + (size_t)i * (size_t)c->unknowns);
        o->outlier = fabs(o->left_out) > DEVIATIONS * sqrt(variance + s * s);
    }
}

/* The squared error of a step without itself, in standard deviations of the interval that it had before; NaN: it had none. */
static double squared_error(const tc_interval_model *model, const tc_observation *o) {
    tc_case_result result;
    tc_error ignored;
    if (tc_case_predict(o->step, &result, &ignored)) return NAN;
    tc_question q = tc_case_question(o->step);
    tc_interval interval = tc_interval_of(model, &q, &result.step, tc_case_guesses(o->step));
    if (!(interval.p90 > 1) || !(interval.p10 < 1)) return NAN;
    double error = -o->left_out, half = error > 0 ? log(interval.p90) : -log(interval.p10);
    return error * error / (half * half) * NORMAL_P90 * NORMAL_P90;
}

tc_code tc_calibration_judge(tc_calibration *c, const tc_interval_model *model, tc_error *error) {
    double *g = tc_arena_alloc(&c->arena, ((size_t)c->unknowns + 1) * sizeof *g);
    if (!g) return tc_fail(error, TC_INTERNAL, "calibrate", "out of memory");
    find_contradictions(c, g);
    find_outliers(c);
    c->scale = 1;
    if (!model || !model->scaled || c->steps == 0) return TC_OK;
    tc_interval_model before = *model;
    before.calibrations = 0; /* of an earlier calibration */
    double sum = 0, n = 0;
    for (int i = 0; i < c->count; i++) {
        double z2 = c->rows[i].step ? squared_error(&before, &c->rows[i]) : NAN;
        if (isnan(z2)) continue;
        sum += z2;
        n++;
    }
    double expected = c->set.kept_width + (1 - c->set.kept_width) / (1 + n);
    double ratio = sqrt((c->set.certainty * expected * expected + sum) / (c->set.certainty + n));
    c->scale = fmin(WIDEST, fmax(NARROWEST, ratio));
    return TC_OK;
}
