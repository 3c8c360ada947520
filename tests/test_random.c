/* test_random.c - random numbers by name, and the laws of probability: known answers, uniformity, independence, moments; laws
 * that calendars rest on, in closed form and by simulation with the streams (within 4 standard errors). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>

#include "base/distributions.h"
#include "base/random.h"
#include "run/spread.h"

static void near(double actual, double expected, double tolerance) {
    if (fabs(actual - expected) <= tolerance) return;
    print_error("%.17g, not %.17g within %g\n", actual, expected, tolerance);
    fail();
}

static void near_part(double actual, double expected, double part) { near(actual, expected, part * fabs(expected)); }

/* ---- the generators ---------------------------------------------------------------------------- */

/* kat_vectors of Random123, the distribution of Salmon et al. */
static void philox_has_its_known_answers(void **state) {
    (void)state;
    static const struct {
        uint32_t counter[4], key[2], block[4];
    } known[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (int i = 0; i < 3; i++) {
        uint32_t block[4];
        tc_philox(known[i].counter, known[i].key, block);
        for (int k = 0; k < 4; k++) assert_int_equal(block[k], known[i].block[k]);
    }
}

static void a_stream_is_the_hash_of_its_name(void **state) {
    (void)state;
    assert_true(tc_stream("a") == UINT64_C(0xaf63dc4c8601ec8c)); /* FNV-1a's published vectors */
    assert_true(tc_stream("foobar") == UINT64_C(0x85944171f73967e8));
    assert_true(tc_stream("pool/%s/lot/%d", "ascend-910b", 3) == tc_stream("pool/ascend-910b/lot/3"));
}

/* Chi-square of counts about a common mean, in standard deviations from what is expected of it. */
static double chi_square_off(const int *count, int cells, double draws) {
    double sum = 0, mean = draws / cells;
    for (int i = 0; i < cells; i++) sum += (count[i] - mean) * (count[i] - mean) / mean;
    return (sum - (cells - 1)) / sqrt(2.0 * (cells - 1));
}

enum { DRAWS = 65536 };

static void draws_are_uniform(void **state) {
    (void)state;
    int high[256] = {0}, low[256] = {0};
    double sum = 0;
    for (uint64_t i = 0; i < DRAWS; i++) {
        double u = tc_uniform(1, tc_stream("test"), i, 0);
        assert_true(u > 0 && u < 1);
        high[(int)(256 * u)]++;
        low[(uint64_t)ldexp(u, 52) & 255]++;
        sum += u;
    }
    near(chi_square_off(high, 256, DRAWS), 0, 4);
    near(chi_square_off(low, 256, DRAWS), 0, 4);
    near(sum / DRAWS, 0.5, 4 * sqrt(1.0 / 12 / DRAWS));
}

/* Neighbours in every argument: 16 x 16 cells. */
static void neighbours_are_independent(void **state) {
    (void)state;
    uint64_t a = tc_stream("lot/1"), b = tc_stream("lot/2");
    for (int kind = 0; kind < 5; kind++) {
        int count[256] = {0};
        for (uint64_t i = 0; i < DRAWS; i++) {
            double u = tc_uniform(7, a, i, 0), v = 0;
            if (kind == 0) v = tc_uniform(7, b, i, 0);
            if (kind == 1) v = tc_uniform(8, a, i, 0);
            if (kind == 2) v = tc_uniform(7, a, i + 1, 0);
            if (kind == 3) v = tc_uniform(7, a, i, 1);
            if (kind == 4) v = tc_uniform(7, a, i | UINT64_C(1) << 32, 0);
            count[16 * (int)(16 * u) + (int)(16 * v)]++;
        }
        near(chi_square_off(count, 256, DRAWS), 0, 4);
    }
}

/* A dimension: one of 256 samples in each of 256 intervals; two: the first pair is a (0, m, 2)-net, and of the others 4,096
 * samples fill 8 x 8 squares evenly. */
static void sobol_fills_evenly(void **state) {
    (void)state;
    for (uint32_t d = 0; d < TC_SOBOL_DIMENSIONS; d++) {
        int count[256] = {0};
        for (uint32_t i = 0; i < 256; i++) count[(int)(256 * tc_sobol(3, tc_stream("v/%u", d), d, i))]++;
        for (int k = 0; k < 256; k++) assert_int_equal(count[k], 1);
    }
    for (int bits = 0; bits <= 8; bits++) {
        int count[256] = {0};
        for (uint32_t i = 0; i < 256; i++) {
            int x = (int)ldexp(tc_sobol(3, 11, 0, i), bits), y = (int)ldexp(tc_sobol(3, 12, 1, i), 8 - bits);
            count[(x << (8 - bits)) + y]++;
        }
        for (int k = 0; k < 256; k++) assert_int_equal(count[k], 1);
    }
    for (uint32_t d = 0; d < TC_SOBOL_DIMENSIONS; d++)
        for (uint32_t e = 0; e < d; e++) {
            int count[64] = {0};
            for (uint32_t i = 0; i < 4096; i++)
                count[8 * (int)(8 * tc_sobol(3, tc_stream("v/%u", d), d, i))
                      + (int)(8 * tc_sobol(3, tc_stream("v/%u", e), e, i))]++;
            for (int k = 0; k < 64; k++) assert_int_equal(count[k], 64);
        }
}

/* Over scrambles each sample is uniform, and what two samples' places below their common bits are says nothing of each other. */
static void scrambles_are_uniform(void **state) {
    (void)state;
    int count[256] = {0}, pair[256] = {0};
    for (int s = 0; s < DRAWS; s++) {
        uint64_t stream = tc_stream("scramble/%d", s);
        double u = tc_sobol(5, stream, 4, 37), v = tc_sobol(5, stream, 4, 38);
        count[(int)(256 * u)]++;
        pair[16 * ((int)(512 * u) & 15) + ((int)(512 * v) & 15)]++;
    }
    near(chi_square_off(count, 256, DRAWS), 0, 4);
    near(chi_square_off(pair, 256, DRAWS), 0, 4);
    assert_true(tc_sobol(5, 1, TC_SOBOL_DIMENSIONS, 9) == tc_uniform(5, 1, 9, 0));
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Of n values, which it sorts: linear between the order statistics. */
static double quantile(double *value, int n, double p) {
    qsort(value, (size_t)n, sizeof *value, by_value);
    double at = p * n - 0.5;
    int i = (int)at;
    return value[i] + (at - i) * (value[i + 1] - value[i]);
}

/* A calendar of eight parts: the root mean square error of its p90 with 512 samples, over 64 seeds. */
static double error_of_p90(bool sobol) {
    double sum = 0;
    double exact = 50 + 10 * sqrt(8) * TC_NORMAL_P90;
    for (uint64_t seed = 0; seed < 64; seed++) {
        double day[512];
        for (uint32_t i = 0; i < 512; i++) {
            day[i] = 50;
            for (uint32_t d = 0; d < 8; d++) {
                uint64_t stream = tc_stream("part/%u", d);
                day[i] += 10 * tc_normal_at(sobol ? tc_sobol(seed, stream, d, i) : tc_uniform(seed, stream, i, 0));
            }
        }
        double off = quantile(day, 512, 0.9) - exact;
        sum += off * off;
    }
    return sqrt(sum / 64);
}

static void sobol_needs_fewer_samples(void **state) {
    (void)state;
    double plain = error_of_p90(false), even = error_of_p90(true);
    near_part(plain, 10 * sqrt(8) * sqrt(0.09 / 512) / 0.17549833, 0.3); /* sd sqrt(p (1 - p) / n) / density */
    assert_true(even < 0.6 * plain);
}

/* ---- the laws ---------------------------------------------------------------------------------- */

static const double us[] = {1e-9, 1e-6, 1e-3, 0.1, 0.3, 0.5, 0.7, 0.9, 0.999, 1 - 1e-6, 1 - 1e-9};
enum { US = sizeof us / sizeof us[0] };

static void normal_law(void **state) {
    (void)state;
    near(tc_normal_at(0.9), TC_NORMAL_P90, 1e-15);
    near(tc_normal_at(0.5), 0, 0);
    near(tc_normal_at(0.975), 1.959963984540054, 1e-14);
    near(tc_normal_at(1e-20), -9.262340089798408, 1e-13);
    near(tc_normal_at(ldexp(1, -53)), -8.2095361516013868, 1e-13);
    for (int i = 0; i < US; i++) {
        near_part(tc_normal_cdf(tc_normal_at(us[i])), us[i], 1e-13);
        near_part(tc_lognormal_at(us[i], 30, 0.7), 30 * exp(0.7 * tc_normal_at(us[i])), 1e-15);
        near_part(1 - exp(-tc_exponential_at(us[i], 20) / 20), us[i], 1e-7);
    }
    near_part(tc_exponential_at(1e-9, 20), 20e-9, 1e-8);
    assert_true(tc_bernoulli_at(0.76, 0.25) && !tc_bernoulli_at(0.74, 0.25));
}

/* A figure by its p10, p50 and p90, each side of the median its own law. */
static void spread_law(void **state) {
    (void)state;
    const tc_spread spreads[] = {{10, 20, 80}, {0, 3, 4}, {-0.1, 0, 0.3}, {5, 5, 5}};
    for (int i = 0; i < 4; i++) {
        const tc_spread *s = &spreads[i];
        near(tc_spread_at(0.1, s), s->low, 1e-12);
        near(tc_spread_at(0.5, s), s->mid, 1e-12);
        near(tc_spread_at(0.9, s), s->high, 1e-12);
        for (int k = 1; k < 1000; k++)
            assert_true(tc_spread_at(k / 1000.0, s) >= tc_spread_at((k - 1 + 1e-9) / 1000.0, s));
    }
    near_part(tc_spread_at(0.01, &spreads[0]), 20 * exp(log(2) * tc_normal_at(0.01) / TC_NORMAL_P90), 1e-12);
    near_part(tc_spread_at(0.99, &spreads[0]), 20 * exp(log(4) * tc_normal_at(0.99) / TC_NORMAL_P90), 1e-12);
    near(tc_spread_at(0.01, &spreads[1]), 0, 0); /* cut at 0 */
    assert_true(tc_spread_at(0.01, &spreads[2]) < -0.15);
}

/* Special cases that have closed forms, and values by series of 25 digits. */
static void gamma_and_beta_in_closed_form(void **state) {
    (void)state;
    near(tc_log_gamma(0.5), 0.57236494292470009, 1e-15);
    near(tc_log_gamma(5), log(24), 1e-14);
    near_part(tc_log_gamma(1e6), 12815504.569147612, 1e-15);
    for (int i = 0; i < US; i++) {
        double u = us[i], z = tc_normal_at(0.5 + 0.5 * u);
        near_part(tc_gamma_at(u, 1, 3), tc_exponential_at(u, 3), 1e-12);
        if (u < 0.9999) near_part(tc_gamma_at(u, 0.5, 2), z * z, u > 1e-4 ? 1e-11 : 1e-6);
        near_part(tc_beta_at(u, 1, 31), -expm1(log1p(-u) / 31), 1e-12);
        near_part(tc_beta_at(u, 0.25, 1), pow(u, 4), 1e-12);
        near_part(tc_beta_at(u, 0.5, 0.5), pow(sin(0.5 * 3.14159265358979324 * u), 2), 1e-11);
    }
    for (double x = 0.25; x < 60;
         x *= 1.3) { /* whole shapes are Poisson's sums, below and above the change of method */
        double term = exp(-x), sum = term;
        for (int k = 1; k < 25; k++) {
            near(tc_gamma_cdf(x, k, 1), 1 - sum, 1e-14);
            sum += term *= x / k;
        }
    }
    near_part(tc_beta_cdf(0.25, 4, 7), 0.2241249084472656, 1e-14); /* P(at least 4 of 10) at 0.25 */
    near(tc_beta_cdf(0.3, 19, 20) + tc_beta_cdf(0.7, 20, 19), 1, 1e-15);
}

static void quantiles_meet_their_distribution(void **state) {
    (void)state;
    static const double shape[] = {0.1, 0.3, 1, 1.5, 4, 11.9, 12, 100, 3000, 1e5, 1e6};
    static const double ab[][2] = {{0.2, 0.3}, {0.5, 40}, {1, 1}, {2, 31}, {6, 2}, {42, 3.6}, {300, 2}, {1000, 3000}};
    for (int i = 0; i < US; i++) {
        double tail = fmin(us[i], 1 - us[i]);
        for (int k = 0; k < 11; k++)
            near(tc_gamma_cdf(tc_gamma_at(us[i], shape[k], 7), shape[k], 7), us[i], 1e-9 * tail + 1e-15);
        for (int k = 0; k < 8; k++) {
            double x = tc_beta_at(us[i], ab[k][0], ab[k][1]);
            if (x < 0.999999) near(tc_beta_cdf(x, ab[k][0], ab[k][1]), us[i], 1e-9 * tail + 1e-15);
        }
    }
}

typedef struct law {
    int kind; /* 0 gamma, 1 beta, 2 Poisson, 3 negative binomial, 4 log-normal, 5 exponential */
    double a, b;
} law;

static double at(const law *l, double u) {
    switch (l->kind) {
    case 0: return tc_gamma_at(u, l->a, l->b);
    case 1: return tc_beta_at(u, l->a, l->b);
    case 2: return (double)tc_poisson_at(u, l->a);
    case 3: return (double)tc_negative_binomial_at(u, l->a, l->b);
    case 4: return tc_lognormal_at(u, l->a, l->b);
    default: return tc_exponential_at(u, l->a);
    }
}

static void moments_of(const law *l, double *mean, double *sd) {
    double a = l->a, b = l->b;
    switch (l->kind) {
    case 0: *mean = a * b, *sd = sqrt(a) * b; break;
    case 1: *mean = a / (a + b), *sd = sqrt(a * b / (a + b + 1)) / (a + b); break;
    case 2: *mean = a, *sd = sqrt(a); break;
    case 3: *mean = b, *sd = sqrt(b + b * b / a); break;
    case 4: *mean = a * exp(b * b / 2), *sd = *mean * sqrt(expm1(b * b)); break;
    default: *mean = a, *sd = a;
    }
}

/* Mean and sd over evenly spread u, and no step back. */
static void moments_and_order(void **state) {
    (void)state;
    static const law laws[] = {{0, 0.1, 2},  {0, 4, 0.7},   {0, 11.9, 1}, {0, 12.1, 1}, {0, 1e6, 1}, {1, 0.5, 0.5},
                               {1, 2, 31},   {1, 42, 3.6},  {2, 0.3, 0},  {2, 15, 0},   {2, 17, 0},  {2, 1e6, 0},
                               {3, 4, 14.6}, {3, 19, 11.3}, {3, 0.5, 80}, {4, 30, 0.7}, {5, 20, 0}};
    enum { POINTS = 40000 };
    for (size_t i = 0; i < sizeof laws / sizeof laws[0]; i++) {
        double sum = 0, squares = 0, last = -1, mean, sd;
        moments_of(&laws[i], &mean, &sd);
        for (int k = 0; k < POINTS; k++) {
            double x = at(&laws[i], (k + 0.5) / POINTS);
            assert_true(x >= last);
            last = x;
            sum += x - mean;
            squares += (x - mean) * (x - mean);
        }
        near(sum / POINTS, 0, 2e-3 * sd);
        near_part(sqrt(squares / POINTS), sd, 0.01); /* the last point of a long tail */
    }
}

/* Counts against their sums: the quantile is the least count whose probability reaches u. */
static void counts_against_their_sums(void **state) {
    (void)state;
    static const double means[] = {0.2, 5, 15.9, 16.1, 40, 200};
    for (int m = 0; m < 6; m++)
        for (int kind = 0; kind < 2; kind++) {
            double mean = means[m], shape = 3.5, p = shape / (shape + mean);
            double term = kind ? pow(p, shape) : exp(-mean), sum = term;
            for (int k = 0; sum < 1 - 1e-9; k++) {
                near(kind ? tc_negative_binomial_cdf(k, shape, mean) : tc_poisson_cdf(k, mean), sum, 1e-12);
                double u = sum - 0.5 * term;
                if (u > 1e-16) /* what a draw can be */
                    assert_int_equal(kind ? tc_negative_binomial_at(u, shape, mean) : tc_poisson_at(u, mean), k);
                sum += term *= kind ? (1 - p) * (shape + k) / (k + 1) : mean / (k + 1);
            }
        }
    assert_int_equal(tc_poisson_at(0.3, 0), 0);
    assert_int_equal(tc_poisson_at(0.5, 1e6), 1000000);
    /* It ends in the farthest tails too, where a count's probability is lost in the sum's rounding. */
    assert_true(tc_poisson_at(1 - ldexp(1, -53), 1e8) > 100060000);
    assert_true(tc_negative_binomial_at(1 - 1e-14, 0.1, 1e8) > 20000000000);
    assert_true(tc_poisson_at(1 - ldexp(1, -53), 3) < 60
                && tc_negative_binomial_at(1 - ldexp(1, -53), 0.5, 80) < 10000);
}

/* ---- what calendars are made of, in closed form and by simulation ------------------------------ */

enum { BATCHES = 64, BATCH = DRAWS / BATCHES };
static double sample[DRAWS];

static double u_of(const char *name, int i) { return tc_uniform(2024, tc_stream("%s", name), (uint64_t)i, 0); }

/* The statistic of each batch of samples (a quantile; with p < 0 the mean) against its exact value, by their own scatter. */
static void simulated(double p, double exact) {
    double sum = 0, squares = 0;
    for (int b = 0; b < BATCHES; b++) {
        double value = 0;
        if (p < 0)
            for (int i = 0; i < BATCH; i++) value += sample[b * BATCH + i] / BATCH;
        else
            value = quantile(sample + (ptrdiff_t)b * BATCH, BATCH, p);
        sum += value - exact;
        squares += (value - exact) * (value - exact);
    }
    double bias = sum / BATCHES, error = sqrt((squares / BATCHES - bias * bias) / (BATCHES - 1));
    assert_true(error < 0.05 * fabs(exact) + 0.01);
    near(bias, 0, 4 * error);
}

static void simulated_p10_p50_p90(double p10, double p50, double p90) {
    simulated(0.1, p10);
    simulated(0.5, p50);
    simulated(0.9, p90);
}

static void one_late_delivery(void **state) {
    (void)state;
    near(105 + tc_lognormal_at(0.1, 30, 0.9), 114.467, 5e-4);
    near(105 + tc_lognormal_at(0.5, 30, 0.9), 135.000, 5e-4);
    near(105 + tc_lognormal_at(0.9, 30, 0.9), 200.068, 5e-4);
    for (int i = 0; i < DRAWS; i++) sample[i] = 105 + tc_lognormal_at(u_of("slip", i), 30, 0.9);
    simulated_p10_p50_p90(114.467, 135.000, 200.068);
}

static void a_stop_of_all_deliveries(void **state) {
    (void)state;
    double lots = 0;
    for (int month = 1; month <= 12; month++) lots += exp(-0.7 * month / 12);
    near(lots, 8.380706, 5e-7);
    static const double years[] = {0.5, 1, 2}, come[] = {0.704688, 0.496585, 0.246597};
    for (int k = 0; k < 3; k++) {
        near(exp(-0.7 * years[k]), come[k], 5e-7);
        for (int i = 0; i < DRAWS; i++) sample[i] = tc_exponential_at(u_of("stop", i), 1 / 0.7) > years[k];
        simulated(-1, come[k]);
    }
    for (int i = 0; i < DRAWS; i++) sample[i] = fmin(floor(12 * tc_exponential_at(u_of("stop", i), 1 / 0.7)), 12);
    simulated(-1, lots);
    for (int i = 0; i < DRAWS; i++) sample[i] = tc_exponential_at(u_of("stop", i), 1 / 0.7) < 1.0 / 12;
    simulated(-1, 0.056665);
}

/* Devices that come at a pace: half the square of the time is what they have done. */
static void deliveries_at_a_pace(void **state) {
    (void)state;
    for (int i = 0; i < DRAWS; i++)
        sample[i] = sqrt(2 * 1.8e13 / (1.5e7 * tc_lognormal_at(u_of("pace", i), 4288 / 30.4375, 0.5)));
    static const double p[] = {0.1, 0.5, 0.9}, days[] = {94.7415, 130.5217, 179.8148};
    for (int k = 0; k < 3; k++) {
        near(sqrt(2 * 1.8e13 / (1.5e7 * tc_lognormal_at(1 - p[k], 4288 / 30.4375, 0.5))), days[k], 5e-5);
        simulated(p[k], days[k]);
    }
}

/* 30,000 of 58,333 devices came, in lots of 2,000; prior Gamma(4, 4 / 0.7); 41,667 more are ordered. */
static void the_pace_after_what_came(void **state) {
    (void)state;
    double seen = 30000 / 2000.0, planned = 58333.0 / 2000, left = 41667.0 / 2000, prior = 4 / 0.7;
    double shape = 4 + seen, rate = prior + planned;
    near(shape / rate, 0.544713, 5e-7);
    near(sqrt(shape) / rate, 0.124966, 5e-7);
    near(tc_gamma_at(0.1, shape, 1 / rate), 0.391949, 5e-7);
    near(tc_gamma_at(0.9, shape, 1 / rate), 0.709740, 5e-7);
    double mean = shape / rate * left;
    near(mean, 11.348, 5e-4);
    near(sqrt(mean + mean * mean / shape), 4.258, 5e-4);
    near(1 - tc_negative_binomial_cdf(20, shape, mean), 0.02669, 5e-6);
    assert_int_equal(tc_negative_binomial_at(0.1, shape, mean), 6);
    assert_int_equal(tc_negative_binomial_at(0.5, shape, mean), 11);
    assert_int_equal(tc_negative_binomial_at(0.9, shape, mean), 17);
    /* Two uniforms, gamma and Poisson, have the law of the one. */
    for (int i = 0; i < DRAWS; i++)
        sample[i] = tc_poisson_at(u_of("lots", i), left * tc_gamma_at(u_of("pace", i), shape, 1 / rate)) >= 21;
    simulated(-1, 0.02669);
    for (int i = 0; i < DRAWS; i++) sample[i] = (double)tc_negative_binomial_at(u_of("lots", i), shape, mean);
    simulated(-1, mean);
    /* The mean of what is said after the data is what was said before them. */
    double before = 1 - tc_negative_binomial_cdf(20, 4, 0.7 * left);
    near(before, 0.208643, 5e-7);
    for (int i = 0; i < DRAWS; i++) {
        double pace = tc_gamma_at(u_of("pace", i), 4, 1 / prior);
        double after = 4 + (double)tc_poisson_at(u_of("seen", i), pace * planned);
        sample[i] = 1 - tc_negative_binomial_cdf(20, after, after / rate * left);
    }
    simulated(-1, before);
}

static void an_error_of_the_step(void **state) {
    (void)state;
    near(tc_lognormal_at(0.1, 100, 0.1), 87.9717, 5e-5);
    near(tc_lognormal_at(0.9, 100, 0.1), 113.6729, 5e-5);
    for (int i = 0; i < DRAWS; i++) sample[i] = tc_lognormal_at(u_of("step", i), 100, 0.1);
    simulated_p10_p50_p90(87.9717, 100, 113.6729);
}

static void the_later_of_two(void **state) {
    (void)state;
    near((1 - exp(-75.99685 / 20)) * (1 - exp(-75.99685 / 30)), 0.9, 1e-7);
    for (int i = 0; i < DRAWS; i++)
        sample[i] = tc_exponential_at(u_of("a", i), 20) > tc_exponential_at(u_of("b", i), 30);
    simulated(-1, 0.4);
    for (int i = 0; i < DRAWS; i++)
        sample[i] = fmax(tc_exponential_at(u_of("a", i), 20), tc_exponential_at(u_of("b", i), 30));
    simulated(-1, 20 + 30 - 1 / (1.0 / 20 + 1.0 / 30));
    simulated(0.9, 75.99685);
}

/* The share of a variable: how two samples go together that have it in common and nothing else. */
static void shares_of_the_variance(void **state) {
    (void)state;
    double wait = 2 * 20 * 20, step = 1e4 * exp(0.01) * expm1(0.01), mean = 40 + 100 * exp(0.005);
    near(wait / (wait + step), 0.887398, 5e-7);
    for (int variable = 0; variable < 2; variable++) {
        for (int i = 0; i < DRAWS; i++) {
            double u = u_of("wait", i), v = u_of("step", i), u2 = u_of("wait/2", i), v2 = u_of("step/2", i);
            double one = tc_gamma_at(u, 2, 20) + tc_lognormal_at(v, 100, 0.1);
            double two = variable ? tc_gamma_at(u2, 2, 20) + tc_lognormal_at(v, 100, 0.1)
                                  : tc_gamma_at(u, 2, 20) + tc_lognormal_at(v2, 100, 0.1);
            sample[i] = (one - mean) * (two - mean) / (wait + step);
        }
        simulated(-1, variable ? 0.112602 : 0.887398);
    }
}

/* Poisson of mean 2 in 90 days, two days each in the median, log-normal with sd 1. */
static void disruptions_of_a_run(void **state) {
    (void)state;
    near(2 * 2 * exp(0.5), 6.5949, 5e-5);
    near(tc_poisson_cdf(0, 2), 0.135335, 5e-7);
    for (int i = 0; i < DRAWS; i++) {
        int64_t n = tc_poisson_at(u_of("disruptions", i), 2);
        sample[i] = 0;
        for (int64_t k = 0; k < n; k++)
            sample[i] += tc_lognormal_at(tc_uniform(2024, tc_stream("disruption"), (uint64_t)i, (uint32_t)k), 2, 1);
    }
    simulated(-1, 6.594885);
    for (int i = 0; i < DRAWS; i++) sample[i] = sample[i] == 0;
    simulated(-1, 0.135335);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(philox_has_its_known_answers),
        cmocka_unit_test(a_stream_is_the_hash_of_its_name),
        cmocka_unit_test(draws_are_uniform),
        cmocka_unit_test(neighbours_are_independent),
        cmocka_unit_test(sobol_fills_evenly),
        cmocka_unit_test(scrambles_are_uniform),
        cmocka_unit_test(sobol_needs_fewer_samples),
        cmocka_unit_test(normal_law),
        cmocka_unit_test(spread_law),
        cmocka_unit_test(gamma_and_beta_in_closed_form),
        cmocka_unit_test(quantiles_meet_their_distribution),
        cmocka_unit_test(moments_and_order),
        cmocka_unit_test(counts_against_their_sums),
        cmocka_unit_test(one_late_delivery),
        cmocka_unit_test(a_stop_of_all_deliveries),
        cmocka_unit_test(deliveries_at_a_pace),
        cmocka_unit_test(the_pace_after_what_came),
        cmocka_unit_test(an_error_of_the_step),
        cmocka_unit_test(the_later_of_two),
        cmocka_unit_test(shares_of_the_variance),
        cmocka_unit_test(disruptions_of_a_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
