/* lengths.c - the law of the responses' lengths. */
#include "rl/lengths.h"

#include <math.h>

#include "base/distributions.h"

#define HALVINGS 60
#define POINTS 256
#define FARTHEST 6 /* standard deviations of the logarithm, of responses without a limit */

/* Mean of min(X, most) of a log-normal X. */
static double cut_mean(double median, double sd, double most) {
    double mu = log(median);
    if (isinf(most)) return exp(mu + sd * sd / 2);
    double z = (log(most) - mu) / sd;
    return exp(mu + sd * sd / 2) * tc_normal_cdf(z - sd) + most * (1 - tc_normal_cdf(z));
}

tc_lengths tc_lengths_of(double mean, double most, double cv) {
    tc_lengths l = {.mean = mean, .most = most > 0 ? most : INFINITY, .median = mean, .sd = sqrt(log1p(cv * cv))};
    if (!(cv > 0) || mean >= 0.995 * l.most) {
        l.sd = 0;
        return l;
    }
    double low = mean * exp(-l.sd * l.sd / 2), high = low; /* without a cut; then as far above as the cut takes */
    while (cut_mean(high, l.sd, l.most) < mean && high < 1e12) high *= 2;
    for (int i = 0; i < HALVINGS; i++) {
        double middle = (low + high) / 2;
        *(cut_mean(middle, l.sd, l.most) < mean ? &low : &high) = middle;
    }
    l.median = high;
    return l;
}

double tc_lengths_above(const tc_lengths *l, double tokens) {
    if (tokens >= l->most) return 0;
    if (!(l->sd > 0)) return tokens < l->mean ? 1 : 0;
    return tokens <= 0 ? 1 : 1 - tc_normal_cdf(log(tokens / l->median) / l->sd);
}

/* Beyond which nothing is, but for chance. */
static double end_of(const tc_lengths *l) {
    if (!(l->sd > 0)) return l->mean;
    return fmin(l->most, l->median * exp(FARTHEST * l->sd));
}

double tc_lengths_left_above(const tc_lengths *l, double tokens) {
    if (!(l->sd > 0)) return tokens >= l->mean ? 0 : 1 - fmax(tokens, 0) / l->mean;
    if (tokens <= 0) return 1;
    return tokens >= l->most ? 0 : fmax(1 - cut_mean(l->median, l->sd, tokens) / l->mean, 0);
}

double tc_lengths_longest(const tc_lengths *l, double n, int left) {
    double end = end_of(l), sum = 0;
    if (!(l->sd > 0) && !left) return l->mean;
    for (int i = 0; i < POINTS; i++) {
        double at = (i + 0.5) * end / POINTS, above = left ? tc_lengths_left_above(l, at) : tc_lengths_above(l, at);
        sum += above >= 1 ? 1 : -expm1(n * log1p(-above));
    }
    return sum * end / POINTS;
}
