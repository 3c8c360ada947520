/* distributions.c - the laws of distributions.h.
 *
 * Normal: Wichura, algorithm AS 241, Applied Statistics 37 (1988), relative error 1e-16.
 * Incomplete gamma: Temme's uniform expansion for shapes of 12 and more near the mean (SIAM J. Math. Anal. 10, 1979; summed as in
 * Gil, Segura and Temme, SIAM J. Sci. Comput. 34, 2012), else the power series below the mean and Legendre's continued fraction
 * above it. Incomplete beta: the continued fraction of Didonato and Morris (ACM TOMS 18, 1992).
 * Densities are written about the mode (Loader, "Fast and Accurate Computation of Binomial Probabilities", 2000), so that large
 * shapes lose nothing. Quantiles: Halley's steps in log x (logit x) within a bracket.
 * The tail on the side of x is computed itself, never as one less the other. */
#include "base/distributions.h"

#include <math.h>

#define LOG_SQRT_2PI 0.91893853320467274178
#define SQRT_2PI 2.5066282746310005024

enum { TERMS_MAX = 100000, STEPS_MAX = 80 };

/* ---- normal and what is made of it ------------------------------------------------------------- */

double tc_normal_cdf(double x) { return 0.5 * erfc(-x * 0.70710678118654752440); }

/* The ratio of two polynomials of degree 7, highest coefficients first. */
static double ratio(const double top[8], const double bottom[8], double x) {
    double a = top[0], b = bottom[0];
    for (int i = 1; i < 8; i++) {
        a = a * x + top[i];
        b = b * x + bottom[i];
    }
    return a / b;
}

double tc_normal_at(double u) {
    static const double centre[2][8]
        = {{2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457,
            13731.693765509461125, 1971.5909503065514427, 133.14166789178437745, 3.387132872796366608},
           {5226.495278852854561, 28729.085735721942674, 39307.89580009271061, 21213.794301586595867,
            5394.1960214247511077, 687.1870074920579083, 42.313330701600911252, 1.0}};
    static const double near[2][8]
        = {{7.7454501427834140764e-4, 0.0227238449892691845833, 0.24178072517745061177, 1.27045825245236838258,
            3.64784832476320460504, 5.7694972214606914055, 4.6303378461565452959, 1.42343711074968357734},
           {1.05075007164441684324e-9, 5.475938084995344946e-4, 0.0151986665636164571966, 0.14810397642748007459,
            0.68976733498510000455, 1.6763848301838038494, 2.05319162663775882187, 1.0}};
    static const double far[2][8]
        = {{2.01033439929228813265e-7, 2.71155556874348757815e-5, 0.0012426609473880784386, 0.026532189526576123093,
            0.29656057182850489123, 1.7848265399172913358, 5.4637849111641143699, 6.6579046435011037772},
           {2.04426310338993978564e-15, 1.4215117583164458887e-7, 1.8463183175100546818e-5, 7.868691311456132591e-4,
            0.0148753612908506148525, 0.13692988092273580531, 0.59983220655588793769, 1.0}};
    double q = u - 0.5;
    if (fabs(q) <= 0.425) return q * ratio(centre[0], centre[1], 0.180625 - q * q);
    double r = sqrt(-log(q < 0 ? u : 1 - u));
    double x = r <= 5 ? ratio(near[0], near[1], r - 1.6) : ratio(far[0], far[1], r - 5);
    return q < 0 ? -x : x;
}

double tc_lognormal_at(double u, double median, double sd) { return median * exp(sd * tc_normal_at(u)); }

double tc_exponential_at(double u, double mean) { return -mean * log1p(-u); }

bool tc_bernoulli_at(double u, double probability) { return u > 1 - probability; }

/* ---- Stirling's rest, and how far a ratio is from one ------------------------------------------ */

/* Of Stirling's formula: log Gamma(a) = (a - 1/2) log a - a + log sqrt(2 pi) + this. */
static double stirling_rest(double a) {
    double product = 1, x = a;
    for (; x < 10; x++) product *= x;
    double z = 1 / (x * x);
    double rest
        = (1.0 / 12 + z * (-1.0 / 360 + z * (1.0 / 1260 + z * (-1.0 / 1680 + z * (1.0 / 1188 - z * 691 / 360360)))))
          / x;
    if (x == a) return rest;
    return rest + (x - 0.5) * log(x) - x - (a - 0.5) * log(a) + a - log(product);
}

double tc_log_gamma(double x) { return (x - 0.5) * log(x) - x + LOG_SQRT_2PI + stirling_rest(x); }

/* m - log(1 + m), for m = x / a - 1; near m = 0 by log(1 + m) = 2 artanh(m / (2 + m)). */
static double excess(double m, double x_by_a) {
    if (fabs(m) > 0.2) return m - log(x_by_a);
    double s = m / (2 + m), t = s * s;
    double sum
        = 1.0 / 3
          + t * (1.0 / 5 + t * (1.0 / 7 + t * (1.0 / 9 + t * (1.0 / 11 + t * (1.0 / 13 + t * (1.0 / 15 + t / 17))))));
    return m * s - 2 * s * t * sum;
}

typedef struct tails {
    double below, above;
} tails;

/* ---- gamma, of scale 1 ------------------------------------------------------------------------- */

typedef struct gamma_law {
    double a, rest; /* rest: stirling_rest(a) */
} gamma_law;

/* x times the density: x^a e^-x / Gamma(a). */
static double gamma_kernel(const gamma_law *g, double x) {
    return sqrt(g->a) / SQRT_2PI * exp(-g->a * excess((x - g->a) / g->a, x / g->a) - g->rest);
}

/* Temme's expansion: each tail is that of a normal law at eta sqrt(a), and a correction in powers of eta and 1 / a. */
static tails temme(const gamma_law *g, double x) {
    static const double d[27] = {1.0,
                                 -3.3333333333333333e-01,
                                 8.3333333333333333e-02,
                                 -1.4814814814814815e-02,
                                 1.1574074074074074e-03,
                                 3.5273368606701942e-04,
                                 -1.7875514403292180e-04,
                                 3.9192631785224377e-05,
                                 -2.1854485106799922e-06,
                                 -1.8540622107151600e-06,
                                 8.2967113409530860e-07,
                                 -1.7665952736826079e-07,
                                 6.7078535434014985e-09,
                                 1.0261809784240308e-08,
                                 -4.3820360184533532e-09,
                                 9.1476995822367902e-10,
                                 -2.5514193994946250e-11,
                                 -5.8307721325504251e-11,
                                 2.4361948020667416e-11,
                                 -5.0276692801141756e-12,
                                 1.1004392031956135e-13,
                                 3.3717632624009854e-13,
                                 -1.3923887224181621e-13,
                                 2.8534893807047443e-14,
                                 -5.1391118342425726e-16,
                                 -1.9752288294349443e-15,
                                 8.0995211567045613e-16};
    double a = g->a, by_a = 1 / a, half_square = excess((x - a) / a, x / a),
           eta = x < a ? -sqrt(2 * half_square) : sqrt(2 * half_square);
    double above = d[26], here = d[25],
           sum = here; /* b(m + 1), b(m) = d(m + 1) + (m + 2) b(m + 2) / a, sum of b(m) eta^m */
    for (int m = 24; m >= 1; m--) {
        double below = d[m] + (m + 1) * above * by_a;
        above = here;
        here = below;
        sum = sum * eta + here;
    }
    double rest = sum / (1 + above * by_a) * exp(-a * half_square) / (SQRT_2PI * sqrt(a));
    double normal = eta * sqrt(a) * 0.70710678118654752440;
    if (x < a) {
        double p = 0.5 * erfc(-normal) - rest;
        return (tails){p, 1 - p};
    }
    double q = 0.5 * erfc(normal) + rest;
    return (tails){1 - q, q};
}

static tails gamma_tails(const gamma_law *g, double x, double kernel) {
    double a = g->a;
    if (x <= 0) return (tails){0, 1};
    if (a >= 12 && x > 0.3 * a && x < 2.35 * a) return temme(g, x);
    if (x < a + 1) { /* P = kernel (1 / a + x / a (a + 1) + ...) */
        double term = 1 / a, sum = term;
        for (int n = 1; n < TERMS_MAX && term > 1e-16 * sum; n++) sum += term *= x / (a + n);
        double p = fmin(kernel * sum, 1);
        return (tails){p, 1 - p};
    }
    double b = x + 1 - a, c = 1e300, d = 1 / b,
           h = d; /* Q = kernel / (x + 1 - a - 1 (1 - a) / (x + 3 - a - ...)), after Lentz */
    for (int n = 1; n < TERMS_MAX; n++) {
        double numerator = n * (a - n);
        b += 2;
        d = 1 / (b + numerator * d);
        c = b + numerator / c;
        h *= c * d;
        if (fabs(c * d - 1) < 1e-15) break;
    }
    double q = fmin(kernel * h, 1);
    return (tails){1 - q, q};
}

double tc_gamma_cdf(double x, double shape, double scale) {
    gamma_law g = {shape, stirling_rest(shape)};
    x /= scale;
    return x > 0 ? gamma_tails(&g, x, gamma_kernel(&g, x)).below : 0;
}

/* One of Halley's steps from y, of a function whose tails are given, its slope and the slope of that one's logarithm; kept
 * within what is known of the root. */
typedef struct search {
    double y, low, high, step;
} search;

static void halley(search *s, double u, tails tail, double slope, double bend) {
    double off = u <= 0.5 ? tail.below - u : 1 - u - tail.above; /* above the root: positive */
    if (off > 0)
        s->high = s->y;
    else
        s->low = s->y;
    double newton = off / slope, from = s->y;
    double next = from - newton / fmax(1 - 0.5 * newton * bend, 0.5);
    if (!(next >= s->low && next <= s->high)) next = 0.5 * (s->low + s->high);
    s->y = next;
    s->step = fabs(next - from);
}

/* log x, after Wilson and Hilferty (1931) or, in the lower tail of small shapes, by the first terms of the power series; the
 * upper tail of shapes below 1 is nearly exponential. */
static double gamma_start(const gamma_law *g, double u) {
    double a = g->a;
    if (a >= 1) {
        double root = 1 - 1 / (9 * a) + tc_normal_at(u) / (3 * sqrt(a));
        if (root > 0.5) return log(a) + 3 * log(root);
    } else {
        double split = 1 - a * (0.253 + 0.12 * a);
        if (u > split) return log(1 - log((1 - u) / (1 - split)));
    }
    double y = (log(u) + log(a) + tc_log_gamma(a)) / a, x = exp(y);
    return y + x / (a + 1);
}

double tc_gamma_at(double u, double shape, double scale) {
    gamma_law g = {shape, stirling_rest(shape)};
    search s = {.low = -745, .high = 30 + log(shape + 1)};
    s.y = fmin(fmax(gamma_start(&g, u), s.low), s.high);
    double root = sqrt(shape), x = exp(s.y);
    for (int i = 0; i < STEPS_MAX; i++) {
        double kernel = gamma_kernel(&g, x), off = shape - x;
        halley(&s, u, gamma_tails(&g, x, kernel), kernel, off);
        x = exp(s.y);
        if (s.step * (root + fabs(off)) < 3e-5 || s.step < 1e-14) break; /* the next would be its cube */
    }
    return x * scale;
}

/* ---- beta -------------------------------------------------------------------------------------- */

typedef struct beta_law {
    double a, b, rest; /* rest: of Stirling's formula, of B(a, b) */
} beta_law;

static beta_law beta_law_of(double a, double b) {
    return (beta_law){a, b, stirling_rest(a) + stirling_rest(b) - stirling_rest(a + b)};
}

/* x^a y^b / B(a, b), y = 1 - x: x y times the density. */
static double beta_kernel(const beta_law *l, double x, double y) {
    double a = l->a, b = l->b, n = a + b, away = x * b - y * a; /* = (x - a / n) n */
    double far = a * excess(away / a, x * n / a) + b * excess(-away / b, y * n / b);
    return sqrt(a * b / n) / SQRT_2PI * exp(-far - l->rest);
}

/* I_x(a, b) / kernel for x below the mean, Lentz's way. */
static double beta_fraction(double a, double b, double x, double y) {
    double f = a * (a * y - b * x + 1) / (a + 1), c = f, d = 0;
    for (int m = 1; m < TERMS_MAX; m++) {
        double e = a + 2 * m - 1;
        double numerator = (a + m - 1) * (a + b + m - 1) * m * (b - m) * x * x / (e * e);
        double term = m + m * (b - m) * x / e + (a + m) * (a * y - b * x + 1 + m * (1 + y)) / (e + 2);
        d = 1 / (term + numerator * d);
        c = term + numerator / c;
        f *= c * d;
        if (fabs(c * d - 1) < 1e-15) break;
    }
    return 1 / f;
}

static tails beta_tails(const beta_law *l, double x, double y, double kernel) {
    if (x * l->b < y * l->a) {
        double p = fmin(kernel * beta_fraction(l->a, l->b, x, y), 1);
        return (tails){p, 1 - p};
    }
    double q = fmin(kernel * beta_fraction(l->b, l->a, y, x), 1);
    return (tails){1 - q, q};
}

double tc_beta_cdf(double x, double a, double b) {
    if (!(x > 0)) return 0;
    if (!(x < 1)) return 1;
    beta_law l = beta_law_of(a, b);
    return beta_tails(&l, x, 1 - x, beta_kernel(&l, x, 1 - x)).below;
}

/* logit x: by 26.5.22 of Abramowitz and Stegun, or as if the law were a power of x up to a split and of 1 - x above it. */
static double beta_start(double a, double b, double u) {
    if (a >= 1 && b >= 1) {
        double z = -tc_normal_at(u), p = 1 / (2 * a - 1), q = 1 / (2 * b - 1), l = (z * z - 3) / 6, h = 2 / (p + q);
        double w = z * sqrt(l + h) / h - (q - p) * (l + 5.0 / 6 - 2 / (3 * h));
        if (w == w) return log(a / b) - 2 * w;
    }
    double below = exp(a * log(a / (a + b))) / a, above = exp(b * log(b / (a + b))) / b, all = below + above;
    bool lower = u < below / all;
    double y = lower ? log(a * all * u) / a : log(b * all * (1 - u)) / b;
    y -= log1p(-fmin(exp(y), 0.9));
    return lower ? y : -y;
}

double tc_beta_at(double u, double a, double b) {
    beta_law l = beta_law_of(a, b);
    search s = {.low = -745, .high = 745};
    s.y = fmin(fmax(beta_start(a, b, u), -740), 740);
    double root = sqrt(a * b / (a + b)), x = 0.5, y = 0.5;
    for (int i = 0; i < STEPS_MAX; i++) {
        double t = exp(-fabs(s.y));
        double near = 1 / (1 + t);
        x = s.y > 0 ? near : t * near;
        y = s.y > 0 ? t * near : near;
        if (i && (s.step * (root + fabs(a * y - b * x)) < 3e-5 || s.step < 1e-14)) break;
        double kernel = beta_kernel(&l, x, y);
        halley(&s, u, beta_tails(&l, x, y, kernel), kernel, a * y - b * x);
    }
    return x;
}

/* ---- counts ------------------------------------------------------------------------------------ */

/* Poisson where shape is 0, else negative binomial. */
typedef struct count_law {
    double shape, mean;
} count_law;

static double count_cdf(const count_law *l, double k) {
    if (l->shape > 0) {
        double n = l->shape + l->mean, x = l->shape / n, y = l->mean / n;
        beta_law b = beta_law_of(l->shape, k + 1);
        return beta_tails(&b, x, y, beta_kernel(&b, x, y)).below;
    }
    gamma_law g = {k + 1, stirling_rest(k + 1)};
    return gamma_tails(&g, l->mean, gamma_kernel(&g, l->mean)).above;
}

static double count_probability(const count_law *l, double k) {
    if (l->shape > 0) {
        double n = l->shape + l->mean, y = l->mean / n;
        beta_law b = beta_law_of(l->shape, k + 1);
        return beta_kernel(&b, l->shape / n, y) / (y * (l->shape + k));
    }
    gamma_law g = {k + 1, stirling_rest(k + 1)};
    return gamma_kernel(&g, l->mean) / l->mean;
}

/* P(k + 1) / P(k). */
static double count_ratio(const count_law *l, double k) {
    if (l->shape > 0) return l->mean / (l->shape + l->mean) * (l->shape + k) / (k + 1);
    return l->mean / (k + 1);
}

static double count_sd(const count_law *l) { return sqrt(l->mean + (l->shape > 0 ? l->mean * l->mean / l->shape : 0)); }

/* A count, its probability, and that of it and all below. */
typedef struct count {
    double k, probability, sum;
} count;

/* Near the quantile: that of the gamma law of the same mean and variance, Newton's steps from there; small means: 0. */
static count count_start(const count_law *l, double u) {
    if (l->mean < 16) {
        double none = count_probability(l, 0);
        return (count){0, none, none};
    }
    double sd = count_sd(l), scale = sd * sd / l->mean;
    count c = {.k = fmax(floor(tc_gamma_at(u, l->mean / scale, scale) - 0.5), 0)};
    for (int i = 0; i < 8; i++) {
        c.probability = count_probability(l, c.k);
        c.sum = count_cdf(l, c.k);
        double step = floor((u - c.sum) / c.probability);
        if (!(fabs(step) > 16) || i == 7) break;
        c.k = floor(fmax(c.k + fmin(fmax(step, -sd), sd), 0));
    }
    return c;
}

static int64_t count_at(const count_law *l, double u) {
    if (!(l->mean > 0)) return 0;
    count c = count_start(l, u);
    while (c.sum < u) { /* until a count's probability is lost in the sum's rounding */
        double next = c.probability * count_ratio(l, c.k);
        if (!(c.sum + next > c.sum) && c.k > l->mean) break;
        c = (count){c.k + 1, next, c.sum + next};
    }
    while (c.k > 0 && c.sum - c.probability >= u && c.sum - c.probability < c.sum) {
        c.sum -= c.probability;
        c.k--;
        c.probability /= count_ratio(l, c.k);
    }
    return (int64_t)c.k;
}

double tc_poisson_cdf(int64_t k, double mean) {
    count_law l = {0, mean};
    return k < 0 ? 0 : mean > 0 ? count_cdf(&l, (double)k) : 1;
}

int64_t tc_poisson_at(double u, double mean) {
    count_law l = {0, mean};
    return count_at(&l, u);
}

double tc_negative_binomial_cdf(int64_t k, double shape, double mean) {
    count_law l = {shape, mean};
    return k < 0 ? 0 : mean > 0 ? count_cdf(&l, (double)k) : 1;
}

int64_t tc_negative_binomial_at(double u, double shape, double mean) {
    count_law l = {shape, mean};
    return count_at(&l, u);
}
