/* fit_interval.c - the 80 % intervals from the errors on sources that the fit had not seen.
 *
 * log(measured / forecast) = s z, s = exp(c0 + sum c_j f_j) after the features of forecast/interval.h. The coefficients
 * minimise sum_i w_i (log s_i + |r_i| / s_i) + ridge sum_j c_j^2, a convex function, by Newton's method; what was not seen, or is
 * a guess, may not narrow it. The interval takes the weighted quantiles of r / s at 10 and 90 %. A run weighs n^-1/2 of the n of
 * its family, whose errors are alike. */
#include "fit_interval.h"

#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "validate/score.h"

#define RIDGE 2
#define NEWTON_STEPS 30
enum { NEVER_NARROW = 5 }; /* features, the first ones: unseen stack, chip, architecture; open layout; guesses */
enum { TERMS = 1 + TC_INTERVAL_FEATURES };

static double scale_of(const interval_fit *fit, const interval_run *run) {
    double sum = fit->coefficient[0];
    for (int j = 0; j < TC_INTERVAL_FEATURES; j++) sum += fit->coefficient[1 + j] * run->feature[j];
    double s = exp(sum);
    return run->chip_seen || s > fit->typical ? s : fit->typical;
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
    for (int j = 0; j < TERMS; j++) {
        fit->coefficient[j] -= fmax(-0.5, fmin(0.5, gradient[j]));
        if (j >= 1 && j <= NEVER_NARROW && fit->coefficient[j] < 0) fit->coefficient[j] = 0;
    }
}

typedef struct weighted {
    double value, weight;
} weighted;

static int by_weighted_value(const void *a, const void *b) {
    double x = ((const weighted *)a)->value, y = ((const weighted *)b)->value;
    return (x > y) - (x < y);
}

/* The value below which that share of the weight lies, half of its own included; linear between. Sorts the rows. */
static double weighted_quantile(weighted *rows, int n, double share) {
    double all = 0, below = 0, last = 0;
    qsort(rows, (size_t)n, sizeof *rows, by_weighted_value);
    for (int i = 0; i < n; i++) all += rows[i].weight;
    for (int i = 0; i < n; i++) {
        double middle = (below + rows[i].weight / 2) / all;
        if (middle >= share) {
            double part = i ? (share - last) / (middle - last) : 1;
            return i ? rows[i - 1].value + part * (rows[i].value - rows[i - 1].value) : rows[0].value;
        }
        below += rows[i].weight;
        last = middle;
    }
    return n ? rows[n - 1].value : 0;
}

/* By the runs that count; typical first, as the scales depend on it. */
static void find_quantiles(const interval_run *runs, int count, int left_out, interval_fit *fit) {
    weighted *rows = malloc(((size_t)count + 1) * sizeof *rows);
    if (!rows) abort();
    int n = 0;
    for (int i = 0; i < count; i++)
        if (runs[i].family != left_out && runs[i].chip_seen)
            rows[n++] = (weighted){scale_of(fit, &runs[i]), runs[i].weight};
    fit->typical = weighted_quantile(rows, n, 0.5);
    n = 0;
    for (int i = 0; i < count; i++)
        if (runs[i].family != left_out) rows[n++] = (weighted){runs[i].ratio / scale_of(fit, &runs[i]), runs[i].weight};
    fit->p10 = weighted_quantile(rows, n, 0.1);
    fit->p90 = weighted_quantile(rows, n, 0.9);
    free(rows);
}

void interval_weigh(interval_run *runs, int count) {
    for (int i = 0; i < count; i++) {
        int n = 0;
        for (int k = 0; k < count; k++) n += runs[k].family == runs[i].family;
        runs[i].weight = pow(n, -0.5);
    }
}

interval_fit interval_fit_runs(const interval_run *runs, int count, int left_out) {
    interval_fit fit = {.typical = 0};
    fit.coefficient[0] = log(0.1);
    for (int step = 0; step < NEWTON_STEPS; step++) newton_step(runs, count, left_out, &fit);
    find_quantiles(runs, count, left_out, &fit);
    return fit;
}

void interval_write(const interval_fit *fit, FILE *out) {
    fprintf(out, "scale:\n  intercept: %.4f\n", fit->coefficient[0]);
    for (int j = 0; j < TC_INTERVAL_FEATURES; j++)
        fprintf(out, "  %s: %.4f\n", tc_interval_feature_names[j], fit->coefficient[1 + j]);
    fprintf(out, "# the least of a chip without runs: the median of the others\ntypical_scale: %.4f\n", fit->typical);
    fprintf(out, "quantiles: {p10: %.4f, p90: %.4f}\n", fit->p10, fit->p90);
}

/* ---- how good they are ---------------------------------------------------------------------- */

/* A run by the intervals that had not seen its family. */
typedef struct judged {
    bool covered;
    double width, score, constant_score; /* width: p90 over p10; scores: of log ratios */
} judged;

/* Width, and for a miss 2 / alpha times its distance; alpha = 0.2. */
static double interval_score(double low, double high, double value) {
    double miss = value < low ? low - value : value > high ? value - high : 0;
    return high - low + 2 / 0.2 * miss;
}

static void judge_family(const interval_run *runs, int count, int family, weighted *room, judged *out) {
    int n = 0;
    for (int i = 0; i < count; i++)
        if (runs[i].family != family) room[n++] = (weighted){runs[i].ratio, runs[i].weight};
    double constant[2] = {weighted_quantile(room, n, 0.1), weighted_quantile(room, n, 0.9)};
    interval_fit fit = interval_fit_runs(runs, count, family);
    for (int i = 0; i < count; i++) {
        if (runs[i].family != family) continue;
        double s = scale_of(&fit, &runs[i]), low = fit.p10 * s, high = fit.p90 * s, r = runs[i].ratio;
        out[i] = (judged){r >= low && r <= high, exp(high - low), interval_score(low, high, r),
                          interval_score(constant[0], constant[1], r)};
    }
}

/* The share covered of a group; NULL: of all; *n: its runs. */
static double covered_share(const interval_run *runs, const judged *by, int count, int grouping, const char *name,
                            int *n) {
    int covered = 0;
    *n = 0;
    for (int i = 0; i < count; i++) {
        if (name && strcmp(runs[i].group[grouping], name) != 0) continue;
        ++*n;
        covered += by[i].covered;
    }
    return *n ? 100.0 * covered / *n : NAN;
}

static double mean_over_families(const interval_run *runs, const judged *by, int count, int families) {
    double sum = 0;
    int counted = 0;
    for (int family = 0; family < families; family++) {
        int n = 0, covered = 0;
        for (int i = 0; i < count; i++) {
            n += runs[i].family == family;
            covered += runs[i].family == family && by[i].covered;
        }
        if (!n) continue;
        sum += 100.0 * covered / n;
        counted++;
    }
    return sum / counted;
}

enum { GROUP_LEAST = 20, GROUP_LARGE = 50, WITHIN_LOW = 65, WITHIN_HIGH = 93 };

/* The groups of a grouping; counts the large ones and those whose coverage is within the bounds. */
static void report_grouping(const interval_run *runs, const judged *by, int count, int grouping, int large[2],
                            FILE *out) {
    static const char *const titles[INTERVAL_GROUPINGS] = {"accelerator", "software", "kind of model", "guesses"};
    fprintf(out, "\n| %s | runs | inside their interval |\n|---|---|---|\n", titles[grouping]);
    for (int i = 0; i < count; i++) {
        const char *name = runs[i].group[grouping];
        int n, k = 0;
        while (strcmp(runs[k].group[grouping], name) != 0) k++;
        double share = covered_share(runs, by, count, grouping, name, &n);
        if (k < i || n < GROUP_LEAST) continue;
        fprintf(out, "| %s | %d | %.0f %% |\n", name, n, share);
        large[0] += n >= GROUP_LARGE;
        large[1] += n >= GROUP_LARGE && share >= WITHIN_LOW && share <= WITHIN_HIGH;
    }
}

void interval_report(const interval_run *runs, int count, int families, FILE *out) {
    size_t room = (size_t)count + 1;
    weighted *rows = malloc(room * sizeof *rows);
    judged *by = calloc(room, sizeof *by);
    if (!rows || !by) abort();
    double score = 0, constant = 0;
    int n, large[2] = {0, 0};
    for (int family = 0; family < families; family++) judge_family(runs, count, family, rows, by);
    for (int i = 0; i < count; i++) {
        rows[i] = (weighted){by[i].width, 1};
        score += by[i].score / count;
        constant += by[i].constant_score / count;
    }
    double share = covered_share(runs, by, count, 0, NULL, &n);
    fprintf(out,
            "\n## The 80 %% intervals\n\nOn runs of a source that neither the fit of the parameters nor that of the "
            "intervals had seen: %.1f %% of the runs lie inside, %.1f %% as the mean over source families. Median "
            "width "
            "(p90 over p10): %.2f. Interval score of log ratios: %.3f; one constant width: %.3f (%.0f %% more).\n",
            share, mean_over_families(runs, by, count, families), weighted_quantile(rows, count, 0.5), score, constant,
            100 * (constant / score - 1));
    for (int g = 0; g < INTERVAL_GROUPINGS; g++) report_grouping(runs, by, count, g, large, out);
    fprintf(out, "\nOf the %d groups of %d runs and more, %d have %d to %d %% inside. No width is set for a group.\n",
            large[0], GROUP_LARGE, large[1], WITHIN_LOW, WITHIN_HIGH);
    free(rows);
    free(by);
}
