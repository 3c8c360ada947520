/* fit_solve.c - damped Gauss-Newton steps, halved until they improve. */
#include "fit_solve.h"

#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 256 }; /* of a row */

static double pseudo_huber(double z) { return 2 * (sqrt(1 + z * z) - 1); }

static double objective(const fit_system *s, const double *x) {
    double sum = 0;
    for (int i = 0; i < s->rows; i++) {
        double weight = s->weight(s->context, i);
        if (weight <= 0) continue;
        double r = s->residual(s->context, i, x, -1, 0);
        if (!isnan(r)) sum += weight * pseudo_huber(r / s->noise);
    }
    for (int j = 0; j < s->unknowns; j++) {
        double z = x[j] / s->sigma(s->context, j);
        sum += z * z;
    }
    return sum;
}

/* The columns and derivatives of a row's residual, over the noise. */
static int slopes_of(const fit_system *s, int row, const double *x, double r, int *columns, double *slopes) {
    const double bump = 0.02;
    int filled = 0;
    for (int j = 0; j < s->parameters; j++) {
        int mine[FIT_SHARED], k = s->columns(s->context, row, j, mine);
        if (k == 0) continue;
        double slope = (s->residual(s->context, row, x, j, bump) - r) / bump;
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
static void accumulate(const fit_system *s, const double *x, double *normal, double *gradient) {
    size_t n = (size_t)s->unknowns;
    memset(normal, 0, n * n * sizeof *normal);
    memset(gradient, 0, n * sizeof *gradient);
    for (int i = 0; i < s->rows; i++) {
        double weight = s->weight(s->context, i);
        if (weight <= 0) continue;
        double r = s->residual(s->context, i, x, -1, 0), row[COLUMNS];
        if (isnan(r) || r == 0) continue;
        int columns[COLUMNS], filled = slopes_of(s, i, x, r, columns, row);
        double z = r / s->noise, w = weight / sqrt(1 + z * z);
        for (int a = 0; a < filled; a++) {
            gradient[columns[a]] += w * row[a] * z;
            for (int b = 0; b < filled; b++)
                if (columns[b] >= columns[a])
                    normal[(size_t)columns[a] * n + (size_t)columns[b]] += w * row[a] * row[b];
        }
    }
    for (size_t j = 0; j < n; j++) {
        double sigma = s->sigma(s->context, (int)j);
        normal[j * n + j] += 1 / (sigma * sigma);
        gradient[j] += x[j] / (sigma * sigma);
    }
}

void fit_minimise(const fit_system *s, double *x) {
    size_t n = (size_t)s->unknowns;
    double *normal = malloc(n * n * sizeof *normal), *step = malloc(n * sizeof *step),
           *trial = malloc(n * sizeof *trial);
    if (!normal || !step || !trial) abort();
    double damping = 0.1;
    for (int iteration = 0; iteration < s->iterations; iteration++) {
        if (s->settle) s->settle(s->context, x);
        double before = objective(s, x), after = before, scale = 1;
        accumulate(s, x, normal, step);
        for (size_t j = 0; j < n; j++) normal[j * n + j] *= 1 + damping;
        if (LAPACKE_dposv(LAPACK_ROW_MAJOR, 'U', s->unknowns, 1, normal, s->unknowns, step, 1)) break;
        for (int half = 0; half < 6; half++, scale /= 2) {
            for (size_t j = 0; j < n; j++) trial[j] = x[j] - scale * step[j];
            after = objective(s, trial);
            if (after < before) break;
        }
        if (!(after < before)) break;
        memcpy(x, trial, n * sizeof *x);
        if (scale == 1) damping /= 3;
        if (before - after < 1e-4 * before) break;
    }
    if (s->settle) s->settle(s->context, x);
    free(normal);
    free(step);
    free(trial);
}

double *fit_covariance(const fit_system *s, const double *x) {
    size_t n = (size_t)s->unknowns;
    double *normal = malloc(n * n * sizeof *normal), *gradient = malloc(n * sizeof *gradient);
    if (!normal || !gradient) abort();
    accumulate(s, x, normal, gradient);
    if (LAPACKE_dpotrf(LAPACK_ROW_MAJOR, 'U', s->unknowns, normal, s->unknowns)
        || LAPACKE_dpotri(LAPACK_ROW_MAJOR, 'U', s->unknowns, normal, s->unknowns))
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
