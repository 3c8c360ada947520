/* test_chosen.c - what is expected of a chosen layout: by hand, bounded, in the order of the forecasts, without jumps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>

#include "catalog/catalog.h"
#include "forecast/chosen.h"
#include "near.h"
#include "validate/selection.h"
#include "validate/sweeps.h"

static const tc_interval_model half = {.shrinkage = 0.5, .field = 1.2};

static void by_hand(void **state) {
    (void)state;
    assert_near(tc_chosen_factor(NULL, (double[]){1, 1.1}, 2, 1), 1, 0);
    assert_near(tc_chosen_factor(&half, (double[]){7}, 1, 7), 1, 1e-15);
    assert_near(tc_chosen_factor(&half, (double[]){7, 7, 7}, 3, 7), 1, 1e-15);
    assert_near(tc_chosen_factor(&half, (double[]){7, 14}, 2, 7), 1, 1e-15); /* the other is not near */
    /* 10 % behind in logs of 1.2: weights 1 and 1 - 1/2; the mean is a third of the way */
    double behind = log(1.2) / 2, other = exp(behind);
    assert_near(tc_chosen_factor(&half, (double[]){1, other}, 2, 1), exp(0.5 * behind * 0.5 / 1.5), 1e-12);
    assert_near(tc_chosen_factor(&half, (double[]){1, other}, 2, other), 1, 1e-15); /* it was not chosen for a lead */
}

static void ordered_bounded_and_smooth(void **state) {
    (void)state;
    double values[9], before = 0, last = 0;
    for (int i = 0; i < 9; i++) values[i] = 1 + 0.03 * i;
    for (double v = 1; v < 1.4; v += 0.001) {
        double factor = tc_chosen_factor(&half, values, 9, v);
        assert_true(factor >= 1 && factor <= pow(1.2, 0.5));
        assert_true(factor * v > before);
        before = factor * v;
    }
    for (double v = 1; v < 1.4; v += 0.0005) { /* another that goes by: no jump where it leaves the field */
        values[8] = v;
        double factor = tc_chosen_factor(&half, values, 9, 1);
        if (v > 1) assert_near(factor, last, 2e-4);
        last = factor;
    }
}

/* Two layouts of each sweep; measured follows forecast with a slope. */
static tc_selection selection_of(double slope, double noise) {
    enum { SWEEPS = 6 };
    static tc_published_run run;
    static tc_scored_run scored;
    static tc_sweep_row row[SWEEPS][3];
    tc_sweep sweep[SWEEPS];
    run = (tc_published_run){.group = "one"};
    scored = (tc_scored_run){.run = &run};
    for (int i = 0; i < SWEEPS; i++) {
        for (int k = 0; k < 3; k++) {
            double f = 0.05 * k, off = noise * ((i + k) % 2 ? 1 : -1);
            row[i][k] = (tc_sweep_row){&scored, exp(slope * f + off), exp(f), true};
        }
        sweep[i] = (tc_sweep){.rows = 3, .row = row[i]};
    }
    return tc_selection_of(sweep, SWEEPS, 1.2);
}

static void shrinkage_is_what_the_slope_lacks(void **state) {
    (void)state;
    tc_selection s = selection_of(0.6, 0.001);
    assert_int_equal(s.sources, 1);
    assert_near(s.slope, 0.6, 0.02);
    assert_near(s.shrinkage, 0.4, 0.02);
    assert_near(selection_of(1.5, 0.001).shrinkage, 0, 1e-6); /* a lead is more than true */
    assert_near(selection_of(1, 0.001).slope, 1, 0.02);
    assert_true(selection_of(1, 0.02).shrinkage > selection_of(1, 0.001).shrinkage); /* less is known */
    assert_int_equal(tc_selection_of(NULL, 0, 1.2).sources, 0);
}

/* The shipped figures are near what the shipped parameters show, which have seen the runs. */
static void shipped(void **state) {
    (void)state;
    tc_catalog *catalog;
    const tc_interval_model *model;
    assert_int_equal(tc_catalog_open(NULL, 0, &catalog, NULL), TC_OK);
    assert_int_equal(tc_catalog_interval(catalog, &model, NULL), TC_OK);
    tc_published p = {0};
    tc_sweeps sweeps;
    static const char *const files[] = {"hagemann23", "bigscience", "moe-folding", "sail"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[256];
        snprintf(path, sizeof path, "%s/data/runs/%s.jsonl", TC_SOURCE_DIR, files[i]);
        assert_int_equal(tc_published_read_file(&p, path, NULL), TC_OK);
    }
    assert_int_equal(tc_sweeps_score(catalog, p.runs, p.count, false, &p.arena, &sweeps, NULL), TC_OK);
    assert_int_equal(sweeps.count, 37);
    assert_near(sweeps.shrinkage, model->shrinkage, 0.1);
    assert_near(sweeps.expected_bias_pct, 0,
                5); /* the level of these sources, which the fit weighs against all others */
    assert_true(sweeps.expected_bias_pct <= sweeps.winner_bias_pct);
    tc_published_free(&p);
    tc_catalog_close(catalog);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_hand),
        cmocka_unit_test(ordered_bounded_and_smooth),
        cmocka_unit_test(shrinkage_is_what_the_slope_lacks),
        cmocka_unit_test(shipped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
