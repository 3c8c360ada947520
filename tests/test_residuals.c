/* test_residuals.c - regressions by hand; errors that go with a part or with a missing field are found there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "near.h"
#include "validate/regression.h"
#include "validate/residuals.h"

/* x = 1, 2, 3; y = 2, 4, 6.6: b = sum xy / (sum xx + ridge). */
static void by_hand(void **state) {
    (void)state;
    tc_regression_row rows[3] = {{.x = {1}, .y = 2, .weight = 1, .cluster = 0},
                                 {.x = {2}, .y = 4, .weight = 1, .cluster = 1},
                                 {.x = {3}, .y = 6.6, .weight = 1, .cluster = 2}};
    tc_regression fit;
    assert_true(tc_regress(rows, 3, 1, (double[]){0}, &fit));
    double b = 29.8 / 14, r[3] = {2 - b, 4 - 2 * b, 6.6 - 3 * b};
    assert_near(fit.value[0], b, 1e-12);
    double scores = r[0] * r[0] + 4 * r[1] * r[1] + 9 * r[2] * r[2];
    assert_near(fit.deviation[0], sqrt(1.5 * scores) / 14, 1e-12);
    assert_near(fit.explained, 1 - (r[0] * r[0] + r[1] * r[1] + r[2] * r[2]) / (4 + 16 + 6.6 * 6.6), 1e-12);
    assert_true(tc_regress(rows, 3, 1, (double[]){14}, &fit));
    assert_near(fit.value[0], b / 2, 1e-12);
    /* rows of one source, which err together: their scores add up before they are squared */
    rows[1].cluster = 0;
    rows[2].cluster = 1;
    assert_true(tc_regress(rows, 3, 1, (double[]){0}, &fit));
    double first = r[0] + 2 * r[1], second = 3 * r[2];
    assert_near(fit.deviation[0], sqrt(2 * (first * first + second * second)) / 14, 1e-12);
}

static void two_regressors(void **state) {
    (void)state;
    tc_regression_row rows[4];
    for (int i = 0; i < 4; i++)
        rows[i] = (tc_regression_row){.x = {i, i * i}, .y = 3 * i - 0.5 * i * i, .weight = 1 + i, .cluster = i};
    tc_regression fit;
    assert_true(tc_regress(rows, 4, 2, (double[]){0, 0}, &fit));
    assert_near(fit.value[0], 3, 1e-9);
    assert_near(fit.value[1], -0.5, 1e-9);
    assert_near(fit.explained, 1, 1e-12);
    rows[0] = rows[1] = rows[2] = rows[3]; /* one point for two coefficients */
    assert_false(tc_regress(rows, 4, 2, (double[]){0, 0}, &fit));
}

enum { RUNS = 40 };

/* Runs whose tensor-parallel communication takes 1.5 times what was forecast, and that err by a tenth more, in turn too fast and
 * too slow, where their vocabulary is assumed. */
static tc_validation made_up(void) {
    static tc_scored_run runs[RUNS];
    static tc_published_run published[RUNS];
    static char assumed[2][96];
    static const char *const sources[] = {"a", "b", "c", "d"};
    snprintf(assumed[0], 96, "vocabulary 32000 (family's)");
    snprintf(assumed[1], 96, "vpp 2 (fastest that fits)");
    for (int i = 0; i < RUNS; i++) {
        double share = i % 8 / 10.0, ratio = 1 + 0.5 * share;
        bool open = i % 5 == 0;
        if (open) ratio *= i % 10 ? 1.1 : 1 / 1.1;
        published[i] = (tc_published_run){.source_family = sources[i % 4]};
        runs[i] = (tc_scored_run){.run = &published[i],
                                  .forecast = true,
                                  .counts = true,
                                  .error_pct = 100 * (1 / ratio - 1),
                                  .assumed = assumed,
                                  .assumed_count = open ? 2 : 0};
        runs[i].part_share[TC_PART_tp_comm] = share;
        runs[i].part_share[TC_PART_gemm] = 1 - share;
    }
    return (tc_validation){.runs = runs, .count = RUNS, .n = RUNS};
}

static void finds_them(void **state) {
    (void)state;
    tc_validation v = made_up();
    tc_residuals r;
    tc_error error;
    assert_int_equal(tc_residuals_of(&v, &r, &error), TC_OK);
    assert_int_equal(r.n, RUNS);
    assert_int_equal(r.sources, 4);
    assert_string_equal(r.part[0].part, "tp_comm");
    assert_near(r.part[0].slower_pct, 50, 12);
    assert_true(r.part[0].slower_error_pct > 0 && r.part[0].slower_error_pct < 10);
    assert_near(r.part[0].share_pct, 35, 1e-9);
    assert_true(r.explained_pct > 80);
    assert_int_equal(r.missing, 2); /* vpp is not pp */
    for (int i = 0; i < 2; i++) {
        assert_int_equal(r.field[i].runs, RUNS / 5);
        assert_true(strcmp(r.field[i].field, "model.vocab") == 0 || strcmp(r.field[i].field, "vpp") == 0);
    }
}

static void needs_runs(void **state) {
    (void)state;
    tc_validation v = made_up();
    tc_residuals r;
    tc_error error;
    v.count = v.n = 2;
    assert_int_equal(tc_residuals_of(&v, &r, &error), TC_INVALID);
    assert_string_equal(error.place, "--explain");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(by_hand), cmocka_unit_test(two_regressors),
                                       cmocka_unit_test(finds_them), cmocka_unit_test(needs_runs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
