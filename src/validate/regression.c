/* regression.c - the normal equations by Cholesky; the sandwich of the clusters. */
#include "validate/regression.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef double square[TC_REGRESSORS][TC_REGRESSORS];

/* a = l l', in the lower triangle of a. False: it is not positive. */
static bool decompose(square a, int n) {
    for (int j = 0; j < n; j++) {
        for (int k = 0; k < j; k++) a[j][j] -= a[j][k] * a[j][k];
        if (!(a[j][j] > 0)) return false;
        a[j][j] = sqrt(a[j][j]);
        for (int i = j + 1; i < n; i++) {
            for (int k = 0; k < j; k++) a[i][j] -= a[i][k] * a[j][k];
            a[i][j] /= a[j][j];
        }
    }
    return true;
}

/* Solves l l' x = b in place. */
static void solve(square l, int n, double *b) {
    for (int i = 0; i < n; i++) {
        for (int k = 0; k < i; k++) b[i] -= l[i][k] * b[k];
        b[i] /= l[i][i];
    }
    for (int i = n - 1; i >= 0; i--) {
        for (int k = i + 1; k < n; k++) b[i] -= l[k][i] * b[k];
        b[i] /= l[i][i];
    }
}

static double residual(const tc_regression_row *row, int n, const double *b) {
    double r = row->y;
    for (int j = 0; j < n; j++) r -= row->x[j] * b[j];
    return r;
}

/* The variances: a^-1 (sum over clusters of u u') a^-1, u the sum of the weighted scores of a cluster. */
static bool find_deviations(const tc_regression_row *rows, int count, int n, square l, tc_regression *out) {
    int clusters = 0;
    for (int i = 0; i < count; i++)
        if (rows[i].cluster >= clusters) clusters = rows[i].cluster + 1;
    double(*score)[TC_REGRESSORS] = calloc((size_t)clusters + 1, sizeof *score);
    if (!score) return false;
    for (int i = 0; i < count; i++) {
        double r = rows[i].weight * residual(&rows[i], n, out->value);
        for (int j = 0; j < n; j++) score[rows[i].cluster][j] += r * rows[i].x[j];
    }
    double correction = clusters > 1 ? (double)clusters / (clusters - 1) : 1;
    memset(out->deviation, 0, sizeof out->deviation);
    for (int g = 0; g < clusters; g++) {
        solve(l, n, score[g]);
        for (int j = 0; j < n; j++) out->deviation[j] += correction * score[g][j] * score[g][j];
    }
    for (int j = 0; j < n; j++) out->deviation[j] = sqrt(out->deviation[j]);
    free(score);
    return true;
}

bool tc_regress(const tc_regression_row *rows, int count, int n, const double *ridge, tc_regression *out) {
    square *a = calloc(1, sizeof *a);
    double all = 0, left = 0;
    memset(out, 0, sizeof *out);
    if (!a) return false;
    for (int j = 0; j < n; j++) (*a)[j][j] = ridge[j];
    for (int i = 0; i < count; i++) {
        const tc_regression_row *row = &rows[i];
        for (int j = 0; j < n; j++) {
            out->value[j] += row->weight * row->x[j] * row->y;
            for (int k = 0; k <= j; k++) (*a)[j][k] += row->weight * row->x[j] * row->x[k];
        }
        all += row->weight * row->y * row->y;
    }
    bool good = decompose(*a, n);
    if (good) solve(*a, n, out->value);
    for (int i = 0; i < count && good; i++) {
        double r = residual(&rows[i], n, out->value);
        left += rows[i].weight * r * r;
    }
    out->explained = all > 0 ? 1 - left / all : NAN;
    good = good && find_deviations(rows, count, n, *a, out);
    free(a);
    return good;
}
