/* selection.c - the slope of measured on forecast within sweeps, near the fastest forecast.
 *
 * A slope of 1 or more: a lead of the forecast is not error, and nothing is lost by choosing the best of many. Below 1, 1 -
 * slope of a lead is error. A slope for each source, by least squares about the means of its sweeps; over sources the
 * random-effects model of DerSimonian and Laird (Controlled Clinical Trials 7, 1986); a source that was not seen then has a
 * slope of normal(mean, deviation), and E max(0, X) = m Phi(m / d) + d phi(m / d) for X of normal(m, d). */
#include "validate/selection.h"

#include <math.h>
#include <string.h>

#define SOURCES 64
#define FEWEST_FREE 3 /* degrees of freedom of a source's slope */

typedef struct sums {
    double xx, xy, yy;
    int free;
} sums;

static void add_sweep(sums *s, const tc_sweep *sweep, double field) {
    double least = HUGE_VAL, x = 0, y = 0, xx = 0, xy = 0, yy = 0;
    int n = 0;
    for (int i = 0; i < sweep->rows; i++) least = fmin(least, sweep->row[i].forecast_s);
    for (int i = 0; i < sweep->rows; i++) {
        const tc_sweep_row *r = &sweep->row[i];
        if (r->forecast_s > field * least) continue;
        double f = log(r->forecast_s / least), m = log(r->measured_s / least);
        n++;
        x += f, y += m;
        xx += f * f, xy += f * m, yy += m * m;
    }
    if (n < 2) return;
    s->xx += xx - x * x / n;
    s->xy += xy - x * y / n;
    s->yy += yy - y * y / n;
    s->free += n - 1;
}

/* Slopes of sources and their variances; sweeps of a source follow each other. Returns how many. */
static int slopes_of(const tc_sweep *sweeps, int count, double field, double *slope, double *variance) {
    int n = 0;
    for (int from = 0, to; from < count && n < SOURCES; from = to) {
        const char *group = sweeps[from].row->run->run->group;
        sums s = {0, 0, 0, 0};
        for (to = from; to < count && strcmp(sweeps[to].row->run->run->group, group) == 0; to++)
            add_sweep(&s, &sweeps[to], field);
        if (s.free < FEWEST_FREE || !(s.xx > 0)) continue;
        slope[n] = s.xy / s.xx;
        variance[n] = (s.yy - slope[n] * s.xy) / (s.free - 1) / s.xx;
        if (variance[n] > 0) n++;
    }
    return n;
}

/* The mean with weights 1 / (variance + between), and the sum of the weights. */
static double mean_of(const double *slope, const double *variance, int n, double between, double *weights) {
    double sum = 0;
    *weights = 0;
    for (int i = 0; i < n; i++) {
        double w = 1 / (variance[i] + between);
        *weights += w;
        sum += w * slope[i];
    }
    return sum / *weights;
}

tc_selection tc_selection_of(const tc_sweep *sweeps, int count, double field) {
    double slope[SOURCES], variance[SOURCES], weights, scatter = 0, squares = 0;
    int n = slopes_of(sweeps, count, field, slope, variance);
    if (n == 0) return (tc_selection){0, NAN, NAN, NAN};
    double fixed = mean_of(slope, variance, n, 0, &weights);
    for (int i = 0; i < n; i++) {
        scatter += (slope[i] - fixed) * (slope[i] - fixed) / variance[i];
        squares += 1 / (variance[i] * variance[i]);
    }
    double between = n > 1 ? fmax(0, (scatter - (n - 1)) / (weights - squares / weights)) : 0;
    tc_selection out = {.sources = n, .slope = mean_of(slope, variance, n, between, &weights)};
    out.deviation = sqrt(between + 1 / weights);
    double m = 1 - out.slope, z = m / out.deviation;
    out.shrinkage = m * erfc(-z / sqrt(2)) / 2 + out.deviation * exp(-z * z / 2) / sqrt(8 * atan(1));
    out.shrinkage = fmin(1, fmax(0, out.shrinkage));
    return out;
}
