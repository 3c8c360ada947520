/* fit_solve.c - damped Gauss-Newton steps, halved until they improve; the folds of left-out groups.
 *
 * Nearly all of the time goes into slopes, a forecast each. Two things spare them and leave the minimum where it is: a row's
 * pattern (what it does not depend on has no slope), and keeping the slopes of a row as long as they foretell its residual;
 * those at the priors, where all folds begin, are taken once. The normal equations are those of the shifts that some row has; the others stay at their priors. */
#include "fit_solve.h"

#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 256 }; /* of a row */

/* Of a parameter in its link: for a slope; to see whether it matters. */
static const double bump = 0.02, far = 3;
/* Slopes that are kept may foretell a residual so much wrongly, of the noise, and may move it so much in all. */
static const double kept_missing = 0.02, kept_moving = 1;

/* The slopes of all rows, where they were taken. */
typedef struct slope_table {
    double *slope, *at, *residual; /* rows x parameters: slopes and the parameters' shifts; of a row, NAN: none yet */
} slope_table;

struct fit_pattern {
    int parameters;
    unsigned char *depends; /* rows x parameters */
    slope_table slopes;     /* at the priors */
};

/* The normal equations: those of the shifts that some row has. */
typedef struct equations {
    slope_table slopes;
    int *place, *column; /* of a shift, -1: no row has it; of an equation */
    int count;
} equations;

static double pseudo_huber(double z) { return 2 * (sqrt(1 + z * z) - 1); }

static double weight_of(const fit_fold *f, int row) {
    const fit_system *s = f->system;
    return f->left_out >= 0 && s->group(f, row) == f->left_out ? 0 : s->weight(f, row);
}

/* The columns of a parameter of a row; 0: it is not fitted, or nothing of the row depends on it. */
static int columns_of(const fit_fold *f, int row, int j, int columns[FIT_SHARED]) {
    const fit_pattern *pattern = f->system->pattern;
    if (pattern && !pattern->depends[(size_t)row * (size_t)pattern->parameters + (size_t)j]) return 0;
    return f->system->columns(f, row, j, columns);
}

static double shift_of(const double *x, const int *columns, int n) {
    double sum = 0;
    for (int k = 0; k < n; k++) sum += x[columns[k]];
    return sum;
}

/* ---- slopes --------------------------------------------------------------------------------- */

static slope_table make_slopes(const fit_system *s) {
    size_t rows = (size_t)s->count, cells = rows * (size_t)s->parameters + 1;
    slope_table t = {calloc(cells, sizeof(double)), calloc(cells, sizeof(double)), malloc((rows + 1) * sizeof(double))};
    if (!t.slope || !t.at || !t.residual) abort();
    for (size_t i = 0; i < rows; i++) t.residual[i] = NAN;
    return t;
}

static void copy_slopes(const fit_system *s, const slope_table *from, slope_table *to) {
    size_t rows = (size_t)s->count, cells = rows * (size_t)s->parameters;
    memcpy(to->slope, from->slope, cells * sizeof(double));
    memcpy(to->at, from->at, cells * sizeof(double));
    memcpy(to->residual, from->residual, rows * sizeof(double));
}

static void free_slopes(slope_table *t) {
    free(t->slope);
    free(t->at);
    free(t->residual);
}

/* Whether the slopes of a row foretell its residual r. */
static bool slopes_hold(const fit_fold *f, int row, double r, const slope_table *t) {
    const fit_system *s = f->system;
    if (isnan(t->residual[row]) || !s->keeps_slopes) return false;
    const double *slope = t->slope + (size_t)row * (size_t)s->parameters,
                 *at = t->at + (size_t)row * (size_t)s->parameters;
    double foretold = t->residual[row], moved = 0;
    for (int j = 0; j < s->parameters; j++) {
        if (slope[j] == 0) continue;
        int columns[FIT_SHARED], n = columns_of(f, row, j, columns);
        double part = slope[j] * (shift_of(f->x, columns, n) - at[j]);
        foretold += part;
        moved += fabs(part);
    }
    return fabs(foretold - r) < kept_missing * s->noise && moved < kept_moving * s->noise;
}

static void take_slopes(const fit_fold *f, int row, double r, slope_table *t) {
    const fit_system *s = f->system;
    double *slope = t->slope + (size_t)row * (size_t)s->parameters, *at = t->at + (size_t)row * (size_t)s->parameters;
    t->residual[row] = r;
    for (int j = 0; j < s->parameters; j++) {
        int columns[FIT_SHARED], n = columns_of(f, row, j, columns);
        slope[j] = n ? (s->residual(f, row, f->x, j, bump) - r) / bump : 0;
        at[j] = shift_of(f->x, columns, n);
        if (isnan(slope[j]) || fabs(slope[j]) < 1e-7) slope[j] = 0;
    }
}

/* ---- the pattern of a system -------------------------------------------------------------- */

static bool depends_on(const fit_fold *f, int row, int j, double r) {
    const double bumps[4] = {bump, -bump, far, -far};
    int columns[FIT_SHARED];
    for (int k = 0; k < 4 && f->system->columns(f, row, j, columns); k++)
        if (f->system->residual(f, row, f->x, j, bumps[k]) != r) return true;
    return false;
}

fit_pattern *fit_find_pattern(const fit_system *s) {
    size_t count = (size_t)s->count, parameters = (size_t)s->parameters;
    fit_pattern *pattern = malloc(sizeof *pattern);
    if (!pattern || !(pattern->depends = malloc(count * parameters + 1))) abort();
    pattern->parameters = s->parameters;
    memset(pattern->depends, 1, count * parameters);
    fit_fold fold = fit_begin(s, -1);
    for (int i = 0; i < s->count; i++) {
        if (!s->changes || s->changes(&fold, i) || weight_of(&fold, i) <= 0) continue;
        double r = s->residual(&fold, i, fold.x, -1, 0);
        for (int j = 0; j < s->parameters && !isnan(r); j++)
            pattern->depends[(size_t)i * parameters + (size_t)j] = depends_on(&fold, i, j, r);
    }
    pattern->slopes = make_slopes(s);
    fit_system patterned = *s;
    patterned.pattern = pattern;
    fold.system = &patterned;
    for (int i = 0; i < s->count; i++) {
        double r = weight_of(&fold, i) > 0 ? s->residual(&fold, i, fold.x, -1, 0) : NAN;
        if (!isnan(r)) take_slopes(&fold, i, r, &pattern->slopes);
    }
    fit_end(&fold);
    return pattern;
}

void fit_free_pattern(fit_pattern *pattern) {
    free(pattern->depends);
    free_slopes(&pattern->slopes);
    free(pattern);
}

/* ---- one fit ------------------------------------------------------------------------------- */

static double objective(const fit_fold *f, const double *x, double *residuals) {
    const fit_system *s = f->system;
    double sum = 0;
    for (int i = 0; i < s->count; i++) {
        double weight = weight_of(f, i);
        residuals[i] = NAN;
        if (weight <= 0) continue;
        double r = residuals[i] = s->residual(f, i, x, -1, 0);
        if (!isnan(r)) sum += weight * pseudo_huber(r / s->noise);
    }
    for (int j = 0; j < s->unknowns; j++) {
        double z = x[j] / s->sigma(s->problem, j);
        sum += z * z;
    }
    return sum;
}

/* The equations and derivatives of a row's residual, over the noise. */
static int spread_slopes(const fit_fold *f, int row, const equations *e, int *equation, double *slopes) {
    const fit_system *s = f->system;
    const double *slope = e->slopes.slope + (size_t)row * (size_t)s->parameters;
    int filled = 0;
    for (int j = 0; j < s->parameters; j++) {
        if (slope[j] == 0) continue;
        int columns[FIT_SHARED], n = columns_of(f, row, j, columns);
        if (filled + n > COLUMNS) abort();
        for (int c = 0; c < n; c++) {
            equation[filled] = e->place[columns[c]];
            slopes[filled++] = slope[j] / s->noise;
        }
    }
    return filled;
}

/* The normal equations (lower triangle by columns) and the gradient. */
static void accumulate(const fit_fold *f, equations *e, const double *residuals, double *normal, double *gradient) {
    const fit_system *s = f->system;
    size_t n = (size_t)e->count;
    memset(normal, 0, n * n * sizeof *normal);
    memset(gradient, 0, n * sizeof *gradient);
    for (int i = 0; i < s->count; i++) {
        double weight = weight_of(f, i), r = residuals[i], row[COLUMNS];
        if (weight <= 0 || isnan(r) || r == 0) continue;
        if (!slopes_hold(f, i, r, &e->slopes)) take_slopes(f, i, r, &e->slopes);
        int equation[COLUMNS], filled = spread_slopes(f, i, e, equation, row);
        double z = r / s->noise, w = weight / sqrt(1 + z * z);
        for (int a = 0; a < filled; a++) {
            gradient[equation[a]] += w * row[a] * z;
            for (int b = 0; b < filled; b++)
                if (equation[b] >= equation[a])
                    normal[(size_t)equation[a] * n + (size_t)equation[b]] += w * row[a] * row[b];
        }
    }
    for (size_t j = 0; j < n; j++) {
        double sigma = s->sigma(s->problem, e->column[j]);
        normal[j * n + j] += 1 / (sigma * sigma);
        gradient[j] += f->x[e->column[j]] / (sigma * sigma);
    }
}

static equations begin_equations(const fit_fold *f) {
    const fit_system *s = f->system;
    size_t n = (size_t)s->unknowns + 1;
    equations e = {make_slopes(s), calloc(n, sizeof(int)), malloc(n * sizeof(int)), 0};
    if (!e.place || !e.column) abort();
    if (s->pattern) copy_slopes(s, &s->pattern->slopes, &e.slopes);
    for (int i = 0; i < s->count; i++)
        for (int j = 0; j < s->parameters && weight_of(f, i) > 0; j++) {
            int columns[FIT_SHARED], k = columns_of(f, i, j, columns);
            while (k > 0) e.place[columns[--k]] = 1;
        }
    for (int c = 0; c < s->unknowns; c++) {
        if (e.place[c]) e.column[e.count] = c;
        e.place[c] = e.place[c] ? e.count++ : -1;
    }
    return e;
}

static void end_equations(equations *e) {
    free_slopes(&e->slopes);
    free(e->place);
    free(e->column);
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

/* A damped step, halved until it improves; returns the objective after it, `before` where none does. `step`: the gradient. */
static double descend(fit_fold *f, const equations *e, double *normal, double *step, double *trial, double *residuals,
                      double before, double *damping) {
    size_t n = (size_t)e->count;
    double after = before, scale = 1;
    for (size_t j = 0; j < n; j++) normal[j * n + j] *= 1 + *damping;
    if (LAPACKE_dposv(LAPACK_COL_MAJOR, 'L', e->count, 1, normal, e->count, step, e->count)) return before;
    memcpy(trial, f->x, (size_t)f->system->unknowns * sizeof *trial);
    for (int half = 0; half < 6; half++, scale /= 2) {
        for (size_t j = 0; j < n; j++) trial[e->column[j]] = f->x[e->column[j]] - scale * step[j];
        after = objective(f, trial, residuals);
        if (after < before) break;
    }
    if (!(after < before)) return before;
    memcpy(f->x, trial, (size_t)f->system->unknowns * sizeof *trial);
    if (scale == 1) *damping /= 3;
    return after;
}

void fit_minimise(fit_fold *f) {
    const fit_system *s = f->system;
    equations e = begin_equations(f);
    size_t n = (size_t)e.count;
    double *normal = malloc((n * n + 1) * sizeof *normal), *step = malloc((n + 1) * sizeof *step),
           *trial = malloc(((size_t)s->unknowns + 1) * sizeof *trial),
           *residuals = malloc(((size_t)s->count + 1) * sizeof *residuals);
    if (!normal || !step || !trial || !residuals) abort();
    double damping = 0.1;
    for (int iteration = 0; iteration < s->iterations; iteration++) {
        if (s->settle) s->settle(f, f->x);
        double before = objective(f, f->x, residuals);
        accumulate(f, &e, residuals, normal, step);
        double after = descend(f, &e, normal, step, trial, residuals, before, &damping);
        if (before - after < 1e-4 * before) break;
    }
    if (s->settle) s->settle(f, f->x);
    end_equations(&e);
    free(normal);
    free(step);
    free(trial);
    free(residuals);
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
    const fit_system *s = f->system;
    equations e = begin_equations(f);
    size_t n = (size_t)e.count, all = (size_t)s->unknowns;
    double *normal = malloc((n * n + 1) * sizeof *normal), *gradient = malloc((n + 1) * sizeof *gradient),
           *residuals = malloc(((size_t)s->count + 1) * sizeof *residuals),
           *covariance = calloc(all * all + 1, sizeof *covariance);
    if (!normal || !gradient || !residuals || !covariance) abort();
    objective(f, f->x, residuals);
    accumulate(f, &e, residuals, normal, gradient);
    if (LAPACKE_dpotrf(LAPACK_COL_MAJOR, 'L', e.count, normal, e.count)
        || LAPACKE_dpotri(LAPACK_COL_MAJOR, 'L', e.count, normal, e.count))
        abort();
    for (size_t c = 0; c < all; c++) {
        double sigma = s->sigma(s->problem, (int)c);
        if (e.place[c] < 0) covariance[c * all + c] = sigma * sigma;
    }
    for (size_t a = 0; a < n; a++)
        for (size_t b = a; b < n; b++) covariance[(size_t)e.column[a] * all + (size_t)e.column[b]] = normal[a * n + b];
    end_equations(&e);
    free(normal);
    free(gradient);
    free(residuals);
    return covariance;
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
