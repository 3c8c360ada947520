/* fit_solve.c - damped Gauss-Newton steps, halved until they improve; the folds of left-out groups. */
#include "fit_solve.h"

#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 256 }; /* of a row */

static double pseudo_huber(double z) { return 2 * (sqrt(1 + z * z) - 1); }

static double weight_of(const fit_fold *f, int row) {
    const fit_system *s = f->system;
    return f->left_out >= 0 && s->group(f, row) == f->left_out ? 0 : s->weight(f, row);
}

static double objective(const fit_fold *f, const double *x) {
    const fit_system *s = f->system;
    double sum = 0;
    for (int i = 0; i < s->count; i++) {
        double weight = weight_of(f, i);
        if (weight <= 0) continue;
        double r = s->residual(f, i, x, -1, 0);
        if (!isnan(r)) sum += weight * pseudo_huber(r / s->noise);
    }
    for (int j = 0; j < s->unknowns; j++) {
        double z = x[j] / s->sigma(s->problem, j);
        sum += z * z;
    }
    return sum;
}

/* The columns and derivatives of a row's residual, over the noise. */
static int slopes_of(const fit_fold *f, int row, double r, int *columns, double *slopes) {
    const double bump = 0.02;
    const fit_system *s = f->system;
    int filled = 0;
    for (int j = 0; j < s->parameters; j++) {
        int mine[FIT_SHARED], k = s->columns(f, row, j, mine);
        if (k == 0) continue;
        double slope = (s->residual(f, row, f->x, j, bump) - r) / bump;
        if (isnan(slope) || fabs(slope) < 1e-7) continue;
        if (filled + k > COLUMNS) abort();
        for (int c = 0; c < k; c++) {
            columns[filled] = mine[c];
            slopes[filled++] = slope / s->noise;
        }
    }
    return filled;
}

/* The normal equations (upper triangle) and the gradient. */
static void accumulate(const fit_fold *f, double *normal, double *gradient) {
    const fit_system *s = f->system;
    size_t n = (size_t)s->unknowns;
    memset(normal, 0, n * n * sizeof *normal);
    memset(gradient, 0, n * sizeof *gradient);
    for (int i = 0; i < s->count; i++) {
        double weight = weight_of(f, i);
        if (weight <= 0) continue;
        double r = s->residual(f, i, f->x, -1, 0), row[COLUMNS];
        if (isnan(r) || r == 0) continue;
        int columns[COLUMNS], filled = slopes_of(f, i, r, columns, row);
        double z = r / s->noise, w = weight / sqrt(1 + z * z);
        for (int a = 0; a < filled; a++) {
            gradient[columns[a]] += w * row[a] * z;
            for (int b = 0; b < filled; b++)
                if (columns[b] >= columns[a])
                    normal[(size_t)columns[a] * n + (size_t)columns[b]] += w * row[a] * row[b];
        }
    }
    for (size_t j = 0; j < n; j++) {
        double sigma = s->sigma(s->problem, (int)j);
        normal[j * n + j] += 1 / (sigma * sigma);
        gradient[j] += f->x[j] / (sigma * sigma);
    }
}

fit_fold fit_begin(const fit_system *s, int left_out) {
    size_t bytes = (size_t)s->count * s->row_size;
    fit_fold fold = {s, left_out, malloc(bytes + 1), calloc((size_t)s->unknowns + 1, sizeof(double))};
    if (!fold.rows || !fold.x) abort();
    if (bytes) memcpy(fold.rows, s->rows, bytes);
    return fold;
}

void fit_end(fit_fold *fold) {
    free(fold->rows);
    free(fold->x);
}

void fit_minimise(fit_fold *f) {
    const fit_system *s = f->system;
    size_t n = (size_t)s->unknowns;
    double *normal = malloc(n * n * sizeof *normal), *step = malloc(n * sizeof *step),
           *trial = malloc(n * sizeof *trial);
    if (!normal || !step || !trial) abort();
    double damping = 0.1;
    for (int iteration = 0; iteration < s->iterations; iteration++) {
        if (s->settle) s->settle(f, f->x);
        double before = objective(f, f->x), after = before, scale = 1;
        accumulate(f, normal, step);
        for (size_t j = 0; j < n; j++) normal[j * n + j] *= 1 + damping;
        if (LAPACKE_dposv(LAPACK_ROW_MAJOR, 'U', s->unknowns, 1, normal, s->unknowns, step, 1)) break;
        for (int half = 0; half < 6; half++, scale /= 2) {
            for (size_t j = 0; j < n; j++) trial[j] = f->x[j] - scale * step[j];
            after = objective(f, trial);
            if (after < before) break;
        }
        if (!(after < before)) break;
        memcpy(f->x, trial, n * sizeof *trial);
        if (scale == 1) damping /= 3;
        if (before - after < 1e-4 * before) break;
    }
    if (s->settle) s->settle(f, f->x);
    free(normal);
    free(step);
    free(trial);
}

void fit_residuals(const fit_fold *f, double *residuals) {
    for (int i = 0; i < f->system->count; i++)
        if (f->left_out < 0 || f->system->group(f, i) == f->left_out)
            residuals[i] = f->system->residual(f, i, f->x, -1, 0);
}

void fit_leave_out(const fit_system *s, double *x, double *residuals) {
    size_t n = (size_t)s->unknowns;
#pragma omp parallel for schedule(dynamic, 1)
    for (int group = 0; group < s->groups; group++) {
        fit_fold fold = fit_begin(s, group);
        if (s->begin) s->begin(&fold);
        fit_minimise(&fold);
        fit_residuals(&fold, residuals);
        if (x) memcpy(x + n * (size_t)group, fold.x, n * sizeof *x);
        fit_end(&fold);
    }
}

double *fit_covariance(const fit_fold *f) {
    int unknowns = f->system->unknowns;
    size_t n = (size_t)unknowns;
    double *normal = malloc(n * n * sizeof *normal), *gradient = malloc(n * sizeof *gradient);
    if (!normal || !gradient) abort();
    accumulate(f, normal, gradient);
    if (LAPACKE_dpotrf(LAPACK_ROW_MAJOR, 'U', unknowns, normal, unknowns)
        || LAPACKE_dpotri(LAPACK_ROW_MAJOR, 'U', unknowns, normal, unknowns))
        abort();
    free(gradient);
    return normal;
}

double fit_variance(const double *covariance, int unknowns, const int *columns, int n) {
    double variance = 0;
    for (int a = 0; a < n; a++)
        for (int b = 0; b < n; b++) {
            int low = columns[a] < columns[b] ? columns[a] : columns[b], high = columns[a] + columns[b] - low;
            variance += covariance[(size_t)low * (size_t)unknowns + (size_t)high];
        }
    return variance;
}
