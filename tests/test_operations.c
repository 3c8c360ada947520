/* test_operations.c - a run as it really goes: its laws by closed forms, that parts add up, that the draws are the sample's own. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "base/random.h"
#include "near.h"
#include "run/operations.h"
#include "run/spread.h"

#define DAY 86400.0
#define SAMPLES 4096

static const tc_overhead nothing = {0, 0};

static tc_risks defaults(void) {
    tc_catalog *catalog;
    tc_risks risks;
    assert_int_equal(tc_catalog_open(NULL, 0, &catalog, NULL), TC_OK);
    assert_int_equal(tc_risks_load(catalog, &risks, NULL), TC_OK);
    tc_catalog_close(catalog);
    return risks;
}

static double elapsed(const tc_risks *risks, uint32_t sample, const tc_overhead *overhead, double useful_s) {
    tc_operations run = tc_operations_draw(risks, 1, tc_stream("job/test"), sample);
    return tc_operations_elapsed(&run, overhead, useful_s);
}

/* Low, mid and high are the p10, p50 and p90; beyond them as the half law goes on. */
static void quantiles_of_a_spread(void **state) {
    (void)state;
    const tc_spread years = {1, 2, 8}, error = {-0.1, 0.1, 0.2}, share = {0, 0.1, 0.2}, known = {3, 3, 3};
    assert_near(tc_spread_at(0.1, &years), 1, 1e-12);
    assert_near(tc_spread_at(0.5, &years), 2, 1e-12);
    assert_near(tc_spread_at(0.9, &years), 8, 1e-12);
    assert_near(tc_spread_at(0.99, &years), 2 * pow(4, 2.3263478740408408 / 1.2815515655446004), 1e-9);
    assert_near(tc_spread_at(0.1, &error), -0.1, 1e-12);
    assert_near(tc_spread_at(0.9, &error), 0.2, 1e-12);
    assert_near(tc_spread_at(0.01, &share), 0, 0);
    assert_near(tc_spread_at(0.3, &known), 3, 0);
}

/* Without risks a run is its useful time and what checkpoints and failures take of it: that is the goodput. */
static void certain(void **state) {
    (void)state;
    tc_risks none = tc_risks_none();
    tc_goodput g = tc_goodput_of(10, 40000, 60, 600, TC_UNSET);
    tc_overhead overhead = tc_overhead_of(&g);
    assert_near(elapsed(&none, 0, &nothing, 100 * DAY) / DAY, 100, 1e-9);
    assert_near(elapsed(&none, 7, &overhead, 100 * DAY) * g.fraction / DAY, 100, 1e-9);
    none.early_failures = 3;
    none.early_failures_for_s = 10 * DAY; /* ten days at three times the failures, the rest as usual */
    double slow = 1 + overhead.checkpoint + 3 * overhead.failure, usual = 1 + overhead.checkpoint + overhead.failure;
    assert_near(elapsed(&none, 0, &overhead, 100 * DAY) / DAY, 10 + (100 - 10 / slow) * usual, 1e-9);
}

/* Disruptions alone: with one every 45 days of 2 days each, 90 days lose 4 in the mean, and nothing with probability exp(-2). */
static void disruptions(void **state) {
    (void)state;
    tc_risks risks = tc_risks_none();
    risks.disruptions_every_s = 45 * DAY;
    risks.disruption_s = (tc_spread){2 * DAY, 2 * DAY, 2 * DAY};
    double sum = 0, free = 0;
    for (uint32_t i = 0; i < SAMPLES; i++) {
        double lost = elapsed(&risks, i, &nothing, 90 * DAY) / DAY - 90;
        assert_near(lost / 2, round(lost / 2), 1e-9);
        sum += lost;
        free += lost < 1;
    }
    assert_near(sum / SAMPLES, 4, 4 * sqrt(8. / SAMPLES));
    assert_near(free / SAMPLES, exp(-2), 4 * sqrt(0.117 / SAMPLES));
    risks.disruption_s = (tc_spread){2 * DAY * exp(-1.2815515655446004), 2 * DAY, 2 * DAY * exp(1.2815515655446004)};
    sum = 0; /* LogN(2 d, 1): 6.5949 days in the mean */
    for (uint32_t i = 0; i < SAMPLES; i++) sum += elapsed(&risks, i, &nothing, 90 * DAY) / DAY - 90;
    assert_near(sum / SAMPLES, 6.5949, 0.45);
}

/* Noise from week to week averages out, as the root of the weeks; a team's useful share does not. */
static void weeks(void **state) {
    (void)state;
    tc_risks risks = tc_risks_none();
    risks.weekly_noise = 0.2;
    for (int n = 4; n <= 64; n *= 4) {
        double sum = 0, square = 0;
        for (uint32_t i = 0; i < SAMPLES; i++) {
            double x = log(elapsed(&risks, i, &nothing, n * 7 * DAY) / (n * 7 * DAY));
            sum += x;
            square += x * x;
        }
        double mean = sum / SAMPLES, sd = sqrt(square / SAMPLES - mean * mean);
        assert_near(mean, 0, 0.02);
        assert_near(sd * sqrt(n) / 0.2, 1, 0.1);
    }
}

/* In parts or at once; and the work of a time is what takes that time. */
static void parts(void **state) {
    (void)state;
    tc_risks risks = defaults();
    const tc_overhead overhead = {0.01, 0.05};
    for (uint32_t i = 0; i < 200; i++) {
        double whole = elapsed(&risks, i, &overhead, 100 * DAY), sum = 0;
        tc_operations run = tc_operations_draw(&risks, 1, tc_stream("job/test"), i), by_time = run;
        for (int k = 0; k < 50; k++) sum += tc_operations_elapsed(&run, &overhead, 2 * DAY);
        assert_near(sum / whole, 1, 1e-9);
        double useful = 0;
        for (int k = 0; k < 8; k++) useful += tc_operations_useful(&by_time, &overhead, whole / 8);
        assert_near(useful / (100 * DAY), 1, 1e-9);
        assert_near(by_time.elapsed_s / whole, 1, 1e-9);
        /* more work takes longer */
        assert_true(elapsed(&risks, i, &overhead, 101 * DAY) > whole);
    }
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The defaults, on 100 days of steps: public runs took 1.03 to 1.33 times their ideal days, 1.09 in the middle (n = 10). */
static void usual(void **state) {
    (void)state;
    tc_risks risks = defaults();
    static double days[SAMPLES];
    for (uint32_t i = 0; i < SAMPLES; i++) days[i] = elapsed(&risks, i, &nothing, 100 * DAY) / DAY;
    qsort(days, SAMPLES, sizeof *days, by_value);
    assert_near(days[SAMPLES / 10], 103, 4);
    assert_near(days[SAMPLES / 2], 113, 7);
    assert_near(days[SAMPLES * 9 / 10], 133, 7);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantiles_of_a_spread),
        cmocka_unit_test(certain),
        cmocka_unit_test(disruptions),
        cmocka_unit_test(weeks),
        cmocka_unit_test(parts),
        cmocka_unit_test(usual),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
