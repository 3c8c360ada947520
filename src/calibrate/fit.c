/* fit.c - the estimate: damped Gauss-Newton steps within bounds, slopes by differences, a row's error without itself.
 *
 * A parameter at its bound whose gradient points outwards is held there. Slopes are taken anew as long as they do not foretell the
 * residuals. Errors without a row take the residuals as linear around the estimate, where they hardly bend, and then forecast that
 * row itself: a handful of solutions in place of a fit each. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/dense.h"
#include "base/error.h"
#include "calibrate/calibrate.h"
#include "forecast/interval.h"

#define DEVIATIONS_80 2.563103 /* standard deviations from p10 to p90 */

enum { ITERATIONS = 12, LINEAR_ITERATIONS = 8, HALVINGS = 6 };
static const double bump = 0.02, far = 1; /* of a parameter in its link: for a slope; to see whether it matters */
static const double kept_missing
    = 0.02; /* slopes that are kept may foretell a residual so much wrongly, of the noise */

static double pseudo_huber(double z) { return 2 * (sqrt(1 + z * z) - 1); }

/* ---- residuals and slopes ------------------------------------------------------------------------- */

static double natural_of(const tc_unknown *u, double x) {
    return x == u->prior ? u->natural : tc_from_link(tc_linked_parameters[u->parameter].link, x);
}

static void set_parameters(const tc_calibration *c, const tc_observation *o, const double *x) {
    double *device = (double *)(o->step ? &o->step->cluster.accelerator.params : &o->kernel->accelerator.params),
           *stack = o->step ? (double *)&o->step->stack.params : NULL;
    for (int k = 0; k < c->unknowns; k++) {
        const tc_unknown *u = &c->unknown[k];
        if (u->subject == o->chip) device[u->parameter] = natural_of(u, x[k]);
        if (u->subject == o->stack) stack[u->parameter - TC_DEVICE_PARAMETERS] = natural_of(u, x[k]);
    }
}

double tc_calibration_residual(const tc_calibration *c, int row, const double *x) {
    const tc_observation *o = &c->rows[row];
    tc_case_result result;
    tc_error ignored;
    set_parameters(c, o, x);
    if (o->kernel) return log(tc_measurement_seconds(o->kernel) / o->measured_s);
    return tc_case_predict(o->step, &result, &ignored) ? NAN : log(1 + result.error_pct / 100);
}

static bool concerns(const tc_observation *o, const tc_unknown *u) {
    return u->subject == o->chip || u->subject == o->stack;
}

void tc_calibration_slopes(const tc_calibration *c, int row, double r, double *x, double *slopes) {
    for (int k = 0; k < c->unknowns; k++) {
        const tc_unknown *u = &c->unknown[k];
        slopes[k] = 0;
        if (!concerns(&c->rows[row], u)) continue;
        double at = x[k], step = at + bump <= u->high ? bump : -bump;
        x[k] = at + step;
        slopes[k] = (tc_calibration_residual(c, row, x) - r) / step;
        x[k] = at;
        if (isnan(slopes[k]) || fabs(slopes[k]) < 1e-7) slopes[k] = 0;
    }
}

/* Does a step of the row's length anywhere near depend on the parameter? */
static bool depends(const tc_calibration *c, int row, int k, double *x, double r) {
    const tc_unknown *u = &c->unknown[k];
    const double bumps[] = {bump, -bump, far, -far};
    double at = x[k];
    bool moved = false;
    for (size_t b = 0; b < sizeof bumps / sizeof *bumps && !moved; b++) {
        x[k] = fmax(u->low, fmin(u->high, at + bumps[b]));
        moved = tc_calibration_residual(c, row, x) != r;
    }
    x[k] = at;
    return moved;
}

/* Drops the unknowns that no row depends on. */
static void prune(tc_calibration *c, double *x) {
    int kept = 0;
    for (int k = 0; k < c->unknowns; k++) x[k] = c->unknown[k].prior;
    bool *used = tc_arena_alloc(&c->arena, ((size_t)c->unknowns + 1) * sizeof *used);
    for (int i = 0; i < c->count && used; i++) {
        double r = tc_calibration_residual(c, i, x);
        for (int k = 0; k < c->unknowns; k++)
            if (!used[k] && concerns(&c->rows[i], &c->unknown[k])) used[k] = depends(c, i, k, x, r);
    }
    for (int k = 0; k < c->unknowns; k++)
        if (!used || used[k]) c->unknown[kept++] = c->unknown[k];
    /* the rows' own structs hold the priors again */
    for (int i = 0; i < c->count; i++) set_parameters(c, &c->rows[i], x);
    c->unknowns = kept;
}

/* ---- the normal equations --------------------------------------------------------------------------- */

/* What a solution works with; `left_out`: a row, -1: none. */
typedef struct work {
    tc_calibration *c;
    int left_out;
    double *x, *trial, *residual, *normal, *gradient;
    double *taken_at, *taken; /* per row: the unknowns and the residual where its slopes were taken; NaN: never */
} work;

static double objective_of(const work *w, const double *x, const double *residual) {
    const tc_calibration *c = w->c;
    double sum = 0;
    for (int i = 0; i < c->count; i++) {
        const tc_observation *o = &c->rows[i];
        if (i == w->left_out) continue;
        if (isnan(residual[i])) return INFINITY;
        sum += o->weight * pseudo_huber(residual[i] / o->noise);
    }
    for (int k = 0; k < c->unknowns; k++) {
        double z = (x[k] - c->unknown[k].prior) / c->unknown[k].sigma;
        sum += z * z;
    }
    return sum;
}

static void accumulate(work *w) {
    const tc_calibration *c = w->c;
    size_t n = (size_t)c->unknowns;
    memset(w->normal, 0, n * n * sizeof *w->normal);
    memset(w->gradient, 0, n * sizeof *w->gradient);
    for (int i = 0; i < c->count; i++) {
        const tc_observation *o = &c->rows[i];
        const double *slope = c->slopes + (size_t)i * n;
        if (i == w->left_out || isnan(w->residual[i])) continue;
        double s = o->noise, z = w->residual[i] / s, weight = o->weight / (s * sqrt(1 + z * z));
        for (size_t a = 0; a < n; a++) {
            if (slope[a] == 0) continue;
            w->gradient[a] += weight * slope[a] * z;
            for (size_t b = 0; b <= a; b++) w->normal[a * n + b] += weight / s * slope[a] * slope[b];
        }
    }
    for (size_t k = 0; k < n; k++) {
        const tc_unknown *u = &c->unknown[k];
        w->normal[k * n + k] += 1 / (u->sigma * u->sigma);
        w->gradient[k] += (w->x[k] - u->prior) / (u->sigma * u->sigma);
    }
}

/* Holds what stands at its bound and is pushed outwards. */
static void hold_bounds(work *w) {
    const tc_calibration *c = w->c;
    size_t n = (size_t)c->unknowns;
    for (size_t k = 0; k < n; k++) {
        const tc_unknown *u = &c->unknown[k];
        bool held = (w->x[k] <= u->low && w->gradient[k] > 0) || (w->x[k] >= u->high && w->gradient[k] < 0);
        if (!held) continue;
        for (size_t b = 0; b < n; b++) w->normal[k * n + b] = w->normal[b * n + k] = 0;
        w->normal[k * n + k] = 1;
        w->gradient[k] = 0;
    }
}

/* The step into w->gradient; false where there is none. */
static bool solve_step(work *w, double damping) {
    size_t n = (size_t)w->c->unknowns;
    hold_bounds(w);
    for (size_t k = 0; k < n; k++) w->normal[k * n + k] *= 1 + damping;
    if (!tc_dense_factor(w->normal, (int)n)) return false;
    tc_dense_solve(w->normal, (int)n, w->gradient);
    return true;
}

static void move(const work *w, double scale, double *to) {
    for (int k = 0; k < w->c->unknowns; k++) {
        const tc_unknown *u = &w->c->unknown[k];
        to[k] = fmax(u->low, fmin(u->high, w->x[k] - scale * w->gradient[k]));
    }
}

/* ---- the estimate ------------------------------------------------------------------------------------- */

static void take_residuals(work *w, const double *x) {
    for (int i = 0; i < w->c->count; i++) w->residual[i] = tc_calibration_residual(w->c, i, x);
}

/* Slopes where those that are there do not foretell the residual. */
static void take_slopes(work *w) {
    tc_calibration *c = w->c;
    size_t n = (size_t)c->unknowns;
    for (int i = 0; i < c->count; i++) {
        double *at = w->taken_at + (size_t)i * n, *slope = c->slopes + (size_t)i * n, foretold = w->taken[i];
        for (size_t k = 0; k < n && !isnan(foretold); k++) foretold += slope[k] * (w->x[k] - at[k]);
        if (fabs(foretold - w->residual[i]) < kept_missing * c->rows[i].noise) continue;
        tc_calibration_slopes(c, i, w->residual[i], w->x, slope);
        memcpy(at, w->x, n * sizeof *at);
        w->taken[i] = w->residual[i];
    }
}

static void minimise(work *w) {
    size_t bytes = (size_t)w->c->unknowns * sizeof *w->x;
    double damping = 0.1;
    take_residuals(w, w->x);
    double before = objective_of(w, w->x, w->residual);
    for (int iteration = 0; iteration < ITERATIONS; iteration++) {
        take_slopes(w);
        accumulate(w);
        if (!solve_step(w, damping)) return;
        double after = before, scale = 1;
        for (int half = 0; half < HALVINGS; half++, scale /= 2) {
            move(w, scale, w->trial);
            take_residuals(w, w->trial);
            after = objective_of(w, w->trial, w->residual);
            if (after < before) break;
        }
        if (!(after < before)) break;
        memcpy(w->x, w->trial, bytes);
        if (scale == 1) damping /= 3;
        bool done = before - after < 1e-4 * before;
        before = after;
        if (done) break;
    }
    take_residuals(w, w->x);
    take_slopes(w);
}

/* ---- without a row -------------------------------------------------------------------------------------- */

/* Residuals as linear around the estimate. */
static void linear_residuals(work *w, const double *x, const double *estimate, const double *at_estimate) {
    const tc_calibration *c = w->c;
    size_t n = (size_t)c->unknowns;
    for (int i = 0; i < c->count; i++) {
        w->residual[i] = at_estimate[i];
        for (size_t k = 0; k < n; k++) w->residual[i] += c->slopes[(size_t)i * n + k] * (x[k] - estimate[k]);
    }
}

static void leave_out(work *w, int row, const double *estimate, const double *at_estimate) {
    tc_calibration *c = w->c;
    size_t bytes = (size_t)c->unknowns * sizeof *w->x;
    w->left_out = row;
    memcpy(w->x, estimate, bytes);
    for (int iteration = 0; iteration < LINEAR_ITERATIONS; iteration++) {
        linear_residuals(w, w->x, estimate, at_estimate);
        double before = objective_of(w, w->x, w->residual);
        accumulate(w);
        if (!solve_step(w, 0)) break;
        move(w, 1, w->trial);
        linear_residuals(w, w->trial, estimate, at_estimate);
        if (!(objective_of(w, w->trial, w->residual) < before)) break;
        memcpy(w->x, w->trial, bytes);
    }
    c->rows[row].left_out = tc_calibration_residual(c, row, w->x);
    w->left_out = -1;
}

/* ---- the covariance ------------------------------------------------------------------------------------- */

static void find_covariance(work *w) {
    tc_calibration *c = w->c;
    size_t n = (size_t)c->unknowns;
    accumulate(w);
    memcpy(c->covariance, w->normal, n * n * sizeof *w->normal);
    if (!tc_dense_factor(c->covariance, (int)n)) return;
    memcpy(w->normal, c->covariance, n * n * sizeof *w->normal);
    for (size_t k = 0; k < n; k++) {
        memset(w->gradient, 0, n * sizeof *w->gradient);
        w->gradient[k] = 1;
        tc_dense_solve(w->normal, (int)n, w->gradient);
        memcpy(c->covariance + k * n, w->gradient, n * sizeof *w->gradient);
        c->unknown[k].sigma_after = sqrt(w->gradient[k]);
    }
}

double tc_calibration_covariance(const tc_calibration *c, const double *g, const double *h) {
    size_t n = (size_t)c->unknowns;
    double sum = 0;
    for (size_t a = 0; a < n; a++)
        for (size_t b = 0; b < n && g[a] != 0; b++) sum += g[a] * c->covariance[a * n + b] * h[b];
    return sum;
}

double tc_calibration_variance(const tc_calibration *c, const double *g) { return tc_calibration_covariance(c, g, g); }

/* ---- all of it ------------------------------------------------------------------------------------------ */

/* n rows of a source are not n times as much evidence: n^-power each, of steps, and of kernels of a kind and chip. */
static void weigh(tc_calibration *c) {
    for (int i = 0; i < c->count; i++) {
        const tc_observation *o = &c->rows[i];
        int alike = 0;
        for (int k = 0; k < c->count; k++) {
            const tc_observation *other = &c->rows[k];
            alike += o->step ? other->step != NULL
                             : other->kernel && other->kernel->kind == o->kernel->kind && other->chip == o->chip;
        }
        c->rows[i].weight = pow(alike, -c->set.power);
    }
}

static bool make_room(tc_calibration *c, work *w) {
    size_t n = (size_t)c->unknowns + 1, rows = (size_t)c->count + 1;
    c->slopes = tc_arena_alloc(&c->arena, rows * n * sizeof(double));
    c->covariance = tc_arena_alloc(&c->arena, n * n * sizeof(double));
    *w = (work){.c = c,
                .left_out = -1,
                .x = tc_arena_alloc(&c->arena, n * sizeof(double)),
                .trial = tc_arena_alloc(&c->arena, n * sizeof(double)),
                .residual = tc_arena_alloc(&c->arena, rows * sizeof(double)),
                .normal = tc_arena_alloc(&c->arena, n * n * sizeof(double)),
                .gradient = tc_arena_alloc(&c->arena, n * sizeof(double)),
                .taken_at = tc_arena_alloc(&c->arena, rows * n * sizeof(double)),
                .taken = tc_arena_alloc(&c->arena, rows * sizeof(double))};
    return c->slopes && c->covariance && w->x && w->trial && w->residual && w->normal && w->gradient && w->taken_at
           && w->taken;
}

tc_code tc_calibration_fit(tc_calibration *c, tc_error *error) {
    work w;
    double *start = tc_arena_alloc(&c->arena, ((size_t)c->unknowns + 1) * sizeof *start);
    if (!start) return tc_fail(error, TC_INTERNAL, "calibrate", "out of memory");
    weigh(c);
    prune(c, start);
    double *estimate = tc_arena_alloc(&c->arena, ((size_t)c->unknowns + 1) * sizeof *estimate),
           *at_estimate = tc_arena_alloc(&c->arena, ((size_t)c->count + 1) * sizeof *at_estimate);
    if (!make_room(c, &w) || !estimate || !at_estimate)
        return tc_fail(error, TC_INTERNAL, "calibrate", "out of memory");
    for (int k = 0; k < c->unknowns; k++) w.x[k] = c->unknown[k].prior;
    for (int i = 0; i < c->count; i++) {
        w.taken[i] = NAN;
        c->rows[i].before = tc_calibration_residual(c, i, w.x);
    }
    minimise(&w);
    find_covariance(&w);
    for (int i = 0; i < c->count; i++) c->rows[i].after = at_estimate[i] = w.residual[i];
    for (int k = 0; k < c->unknowns; k++) c->unknown[k].value = estimate[k] = w.x[k];
    for (int i = 0; i < c->count; i++)
        if (c->rows[i].step || c->steps == 0) leave_out(&w, i, estimate, at_estimate);
    for (int i = 0; i < c->count; i++) set_parameters(c, &c->rows[i], estimate);
    return TC_OK;
}

/* What is hard to forecast says less of other steps: its noise has a share of the interval that it had. */
static void take_noise(tc_calibration *c, const tc_interval_model *model) {
    for (int i = 0; i < c->count; i++) {
        tc_observation *o = &c->rows[i];
        tc_case_result result;
        tc_error ignored;
        o->noise = o->kernel ? c->set.kernel_noise : c->set.noise;
        if (!o->step || tc_case_predict(o->step, &result, &ignored)) continue;
        tc_question q = tc_case_question(o->step);
        tc_interval interval = tc_interval_of(model, &q, &result.step, tc_case_guesses(o->step));
        if (!(interval.p90 > interval.p10) || !(interval.p10 > 0)) continue;
        double own = c->set.difficulty * log(interval.p90 / interval.p10) / DEVIATIONS_80;
        o->noise = sqrt(o->noise * o->noise + own * own);
    }
}

tc_code tc_calibrate(tc_calibration *c, tc_catalog *catalog, tc_error *error) {
    const tc_interval_model *model;
    if (c->count == 0) return tc_fail(error, TC_INVALID, "calibrate", "has no row; give measured steps or kernels");
    tc_code code = tc_calibration_priors(c, catalog, error);
    if (!code) code = tc_catalog_interval(catalog, &model, error);
    if (!code) take_noise(c, model);
    if (!code) code = tc_calibration_fit(c, error);
    if (!code) code = tc_calibration_judge(c, model, error);
    return code ? code : tc_calibration_propose(c, error);
}
