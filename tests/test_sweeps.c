/* test_sweeps.c - published sweeps: which rows are one, which layout is chosen, what that costs; ranks by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "near.h"
#include "validate/sweeps.h"

static void ranks(void **state) {
    (void)state;
    double room[10];
    assert_near(tc_rank_correlation((double[]){1, 2, 3, 4}, (double[]){10, 20, 40, 80}, 4, room), 1, 1e-12);
    assert_near(tc_rank_correlation((double[]){1, 2, 3, 4}, (double[]){4, 3, 2, 1}, 4, room), -1, 1e-12);
    /* ranks 1 2 3 4 5 and 2 1 4 3 5: 1 - 6 (1 + 1 + 1 + 1 + 0) / (5 x 24) */
    assert_near(tc_rank_correlation((double[]){1, 2, 3, 4, 5}, (double[]){2, 1, 4, 3, 9}, 5, room), 0.8, 1e-12);
    /* two share a place: ranks 1 2 3 4 and 1.5 1.5 3 4: 4.5 / sqrt(5 x 4.5) */
    assert_near(tc_rank_correlation((double[]){1, 2, 3, 4}, (double[]){7, 7, 8, 9}, 4, room), sqrt(0.9), 1e-12);
    assert_true(isnan(tc_rank_correlation((double[]){1, 2}, (double[]){3, 3}, 2, room)));
}

/* A row of a job of 8 devices; step_s 0: it ran out of memory. */
static void add(char *text, size_t size, const char *id, int tp, int micro_batch, double step_s) {
    size_t used = strlen(text);
    char measured[64] = "\"measured\":{},\"quality\":\"oom\"";
    if (step_s > 0) snprintf(measured, sizeof measured, "\"measured\":{\"step_s\":%.3f}", step_s);
    snprintf(text + used, size - used,
             "{\"id\":\"%s\",\"group\":\"mine\",\"accelerator\":\"a100-sxm-80g\",\"devices\":8,\"devices_per_node\":8,"
             "\"model\":{\"name\":\"llama-2-7b\",\"family\":\"llama\",\"seq\":4096},\"global_batch\":64,"
             "\"micro_batch\":%d,\"tp\":%d,\"pp\":1,\"cp\":1,\"dp\":%d,\"sharding\":\"zero1\",\"recompute\":\"none\",%"
             "s,"
             "\"norm\":{\"stack\":\"megatron-lm\",\"source_family\":\"mine\",\"dtype\":\"bf16\",\"recompute\":\"none\","
             "\"sharding\":\"zero1\",\"counts\":true}}\n",
             id, micro_batch, tp, 8 / tp, measured);
}

static tc_sweeps score(tc_catalog *catalog, tc_published *p, const char *text) {
    tc_sweeps sweeps;
    tc_error error = {0};
    assert_int_equal(tc_published_read(p, "r.jsonl", text, strlen(text), &error), TC_OK);
    tc_code code = tc_sweeps_score(catalog, p->runs, p->count, true, &p->arena, &sweeps, &error);
    if (code) print_error("%s: %s\n", error.place, error.text);
    assert_int_equal(code, TC_OK);
    return sweeps;
}

static void chooses_the_first_that_fits(void **state) {
    (void)state;
    tc_catalog *catalog;
    assert_int_equal(tc_catalog_open(NULL, 0, &catalog, NULL), TC_OK);
    tc_published p = {0};
    char text[8192] = "";
    add(text, sizeof text, "tp2", 2, 1, 12); /* as forecast the first of those that fit */
    add(text, sizeof text, "tp4", 4, 1, 10);
    add(text, sizeof text, "tp8", 8, 1, 15);
    add(text, sizeof text, "tp8b4", 8, 4, 14);
    add(text, sizeof text, "big", 2, 16, 9); /* it ran, but is forecast not to fit */
    add(text, sizeof text, "tp1", 1, 1, 0);
    tc_sweeps s = score(catalog, &p, text);
    assert_int_equal(s.count, 1);
    const tc_sweep *w = s.sweep;
    assert_int_equal(w->rows, 5);
    assert_string_equal(w->best->run->run->id, "big");
    assert_false(w->best->fits);
    assert_string_equal(w->chosen->run->run->id, "tp2");
    assert_near(w->regret_pct, 100 * (12.0 / 9 - 1), 1e-9);
    assert_false(w->first);
    assert_int_equal(w->lost_rows, 1);
    assert_string_equal(w->lost->run->run->id, "tp1");
    for (int i = 0; i < w->rows; i++)
        if (w->row[i].fits) assert_true(w->row[i].forecast_s >= w->chosen->forecast_s);
    assert_near(w->winner, log(12 / w->chosen->forecast_s), 1e-9);
    tc_published_free(&p);
    tc_catalog_close(catalog);
}

static void three_are_no_sweep(void **state) {
    (void)state;
    tc_catalog *catalog;
    assert_int_equal(tc_catalog_open(NULL, 0, &catalog, NULL), TC_OK);
    tc_published p = {0};
    char text[8192] = "";
    add(text, sizeof text, "a", 2, 1, 12);
    add(text, sizeof text, "b", 4, 1, 10);
    add(text, sizeof text, "c", 8, 1, 15);
    tc_sweeps s = score(catalog, &p, text);
    assert_int_equal(s.count, 0);
    assert_true(isnan(s.mean_regret_pct));
    /* nor is a source that the conventions do not name, where no file was named */
    add(text, sizeof text, "d", 8, 4, 15);
    p.count = 0;
    assert_int_equal(score(catalog, &p, text).count, 1);
    assert_int_equal(tc_sweeps_score(catalog, p.runs, p.count, false, &p.arena, &s, NULL), TC_OK);
    assert_int_equal(s.count, 0);
    tc_published_free(&p);
    tc_catalog_close(catalog);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranks),
        cmocka_unit_test(chooses_the_first_that_fits),
        cmocka_unit_test(three_are_no_sweep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
