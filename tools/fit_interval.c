/* fit_interval.c - the 80 % intervals from the errors on sources that the fit had not seen.
 *
 * log(measured / forecast) = s z, s = exp(c0 + sum c_j f_j) after the features of forecast/interval.h. The coefficients
 * minimise sum_i w_i (log s_i + |r_i| / s_i) + ridge sum_j c_j^2, a convex function, by Newton's method; the interval
 * takes the quantiles of r / s at 10 and 90 %. */
#include "fit_interval.h"

#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "validate/score.h"

#define RIDGE 1.0
#define NEWTON_STEPS 30
enum { COLUMNS = TC_INTERVAL_FEATURES + TC_INTERVAL_FAMILIES, TERMS = 1 + COLUMNS };

static double scale_of(const interval_fit *fit, const interval_run *run) {
    double sum = fit->coefficient[0];
    for (int j = 0; j < COLUMNS; j++) sum += fit->coefficient[1 + j] * run->feature[j];
    return exp(sum);
}

static void newton_step(const interval_run *runs, int count, int left_out, interval_fit *fit) {
    double normal[TERMS * TERMS] = {0}, gradient[TERMS] = {0};
    for (int i = 0; i < count; i++) {
        if (runs[i].family == left_out) continue;
        double f[TERMS] = {1}, relative = fabs(runs[i].ratio) / scale_of(fit, &runs[i]);
        memcpy(f + 1, runs[i].feature, sizeof runs[i].feature);
        for (int a = 0; a < TERMS; a++) {
            gradient[a] += runs[i].weight * f[a] * (1 - relative);
            for (int b = a; b < TERMS; b++)
                normal[a * TERMS + b] += runs[i].weight * f[a] * f[b] * (relative < 0.3 ? 0.3 : relative);
        }
    }
    for (int j = 0; j < TERMS; j++) {
        normal[j * TERMS + j] += j ? 2 * RIDGE : 1e-9;
        if (j) gradient[j] += 2 * RIDGE * fit->coefficient[j];
    }
    if (LAPACKE_dposv(LAPACK_ROW_MAJOR, 'U', TERMS, 1, normal, TERMS, gradient, 1)) return;
    for (int j = 0; j < TERMS; j++) fit->coefficient[j] -= fmax(-0.5, fmin(0.5, gradient[j]));
}

static void find_quantiles(const interval_run *runs, int count, int left_out, interval_fit *fit) {
    double *z = malloc(((size_t)count + 1) * sizeof *z);
    if (!z) abort();
    int n = 0;
    for (int i = 0; i < count; i++)
        if (runs[i].family != left_out) z[n++] = runs[i].ratio / scale_of(fit, &runs[i]);
    qsort(z, (size_t)n, sizeof *z, tc_by_value);
    fit->p10 = n ? tc_quantile(z, n, 0.1) : 0;
    fit->p90 = n ? tc_quantile(z, n, 0.9) : 0;
    free(z);
}

interval_fit interval_fit_runs(const interval_run *runs, int count, int left_out) {
    interval_fit fit = {{0}, 0, 0};
    fit.coefficient[0] = log(0.1);
    for (int step = 0; step < NEWTON_STEPS; step++) newton_step(runs, count, left_out, &fit);
    find_quantiles(runs, count, left_out, &fit);
    return fit;
}

/* The families in the order of their names; returns how many. */
static int list_families(const interval_run *runs, int count, const char *names[TC_INTERVAL_FAMILIES]) {
    int n = 0;
    for (int i = 0; i < count; i++) {
        int at = 0;
        while (at < n && strcmp(names[at], runs[i].chip_family) < 0) at++;
        if (!runs[i].chip_family[0] || (at < n && strcmp(names[at], runs[i].chip_family) == 0)) continue;
        if (n == TC_INTERVAL_FAMILIES) abort();
        memmove(names + at + 1, names + at, (size_t)(n++ - at) * sizeof *names);
        names[at] = runs[i].chip_family;
    }
    return n;
}

void interval_find_families(interval_run *runs, int count) {
    const char *names[TC_INTERVAL_FAMILIES];
    int n = list_families(runs, count, names);
    for (int i = 0; i < count; i++)
        for (int k = 0; k < n; k++)
            runs[i].feature[TC_INTERVAL_FEATURES + k] = strcmp(names[k], runs[i].chip_family) == 0;
}

void interval_write(const interval_fit *fit, const interval_run *runs, int count, FILE *out) {
    const char *families[TC_INTERVAL_FAMILIES];
    int n = list_families(runs, count, families);
    fprintf(out, "scale:\n  intercept: %.4f\n", fit->coefficient[0]);
    for (int j = 0; j < TC_INTERVAL_FEATURES; j++)
        fprintf(out, "  %s: %.4f\n", tc_interval_feature_names[j], fit->coefficient[1 + j]);
    for (int k = 0; k < n; k++)
        fprintf(out, "  %s: %.4f\n", families[k], fit->coefficient[1 + TC_INTERVAL_FEATURES + k]);
    fprintf(out, "quantiles: {p10: %.4f, p90: %.4f}\n", fit->p10, fit->p90);
}

/* ---- how good they are ---------------------------------------------------------------------- */

typedef struct tally {
    int runs, covered;
} tally;

/* Width, and for a miss 2 / alpha times its distance; alpha = 0.2. */
static double interval_score(double low, double high, double value) {
    double miss = value < low ? low - value : value > high ? value - high : 0;
    return high - low + 2 / 0.2 * miss;
}

static void print_tally(FILE *out, const char *name, const tally *t) {
    if (t->runs) fprintf(out, "| %s | %d | %.0f %% |\n", name, t->runs, 100.0 * t->covered / t->runs);
}

void interval_report(const interval_run *runs, int count, int families, FILE *out) {
    static const char *const chips[] = {"A100", "H100", "Ascend 910B", "TPU", "others"};
    enum { CHIPS = sizeof chips / sizeof chips[0] };
    tally all = {0, 0}, group[CHIPS] = {{0, 0}};
    double *width = malloc(((size_t)count + 1) * sizeof *width), *plain = malloc(((size_t)count + 1) * sizeof *plain);
    if (!width || !plain) abort();
    double score = 0, constant_score = 0;
    for (int family = 0; family < families; family++) {
        int n = 0;
        for (int i = 0; i < count; i++)
            if (runs[i].family != family) plain[n++] = runs[i].ratio;
        if (n == count || n == 0) continue;
        qsort(plain, (size_t)n, sizeof *plain, tc_by_value);
        double constant[2] = {tc_quantile(plain, n, 0.1), tc_quantile(plain, n, 0.9)};
        interval_fit fit = interval_fit_runs(runs, count, family);
        for (int i = 0; i < count; i++) {
            if (runs[i].family != family) continue;
            double s = scale_of(&fit, &runs[i]), low = fit.p10 * s, high = fit.p90 * s, r = runs[i].ratio;
            bool covered = r >= low && r <= high;
            width[all.runs++] = exp(high - low);
            all.covered += covered;
            for (int g = 0; g < CHIPS; g++)
                if (strcmp(chips[g], runs[i].chips) == 0) group[g].runs++, group[g].covered += covered;
            score += interval_score(low, high, r);
            constant_score += interval_score(constant[0], constant[1], r);
        }
    }
    qsort(width, (size_t)all.runs, sizeof *width, tc_by_value);
    fprintf(out,
            "\n## The 80 %% intervals\n\nOn runs of a source that neither the fit of the parameters nor that of the "
            "intervals had seen. Median width "
            "(p90 over p10): %.2f. Interval score of log ratios: %.3f; one constant width: %.3f.\n\n"
            "| accelerators | runs | inside their interval |\n|---|---|---|\n",
            tc_quantile(width, all.runs, 0.5), score / all.runs, constant_score / all.runs);
    print_tally(out, "all", &all);
    for (int g = 0; g < CHIPS; g++) print_tally(out, chips[g], &group[g]);
    free(width);
    free(plain);
}
