/* One job on several pools: the split of a batch against numbers by hand and all other splits, two equal pools against one, a
 * pool that is too slow, the link between them, a pipeline over both, and what a search makes of it. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "catalog/pools.h"
#include "forecast/mixed.h"
#include "forecast/split.h"
#include "machine.h"
#include "near.h"

/* ---- the split -------------------------------------------------------------------------------- */

static void split_by_hand(void **state) {
    (void)state;
    tc_split pool[2] = {{.fixed_s = 1, .each_s = 0.5, .ranks = 64, .size = 1, .quantum = 1},
                        {.fixed_s = 1, .each_s = 1.25, .ranks = 32, .size = 1, .quantum = 1}};
    double seconds;
    assert_near(tc_split_seconds(pool, 2, 1920), 13.5, 1e-12);
    assert_int_equal(tc_split_batch(pool, 2, 1920, &seconds, NULL), TC_OK);
    assert_int_equal(pool[0].micro_batches, 25);
    assert_int_equal(pool[1].micro_batches, 10);
    assert_near(seconds, 13.5, 1e-12);
    assert_near(tc_split_seconds(pool, 2, 2048), 43.0 / 3, 1e-12);
    assert_int_equal(tc_split_batch(pool, 2, 2048, &seconds, NULL), TC_OK);
    assert_int_equal(pool[0].micro_batches, 27);
    assert_int_equal(pool[1].micro_batches, 10);
    assert_int_equal(pool[0].sequences + pool[1].sequences, 2048);
    assert_near(seconds, 14.5, 1e-12);
    assert_int_equal(tc_split_batch(pool, 1, 2048, &seconds, NULL), TC_OK); /* the fast one alone */
    assert_near(seconds, 17, 1e-12);
}

static uint64_t seed = 7;

static int draw(int below) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (int)((seed >> 33) % (uint64_t)below);
}

/* The best of all splits in whole or partly filled rows. */
static double best_split(const tc_split *pool, int64_t batch) {
    double best = INFINITY;
    for (int64_t own = 0; own <= batch; own++) {
        const int64_t sequences[2] = {own, batch - own};
        double most = 0;
        for (int i = 0; i < 2; i++) {
            int64_t row = pool[i].ranks;
            if (sequences[i] > 0)
                most = fmax(most, pool[i].fixed_s + pool[i].each_s * (double)((sequences[i] + row - 1) / row));
        }
        best = fmin(best, most);
    }
    return best;
}

static void split_against_all_others(void **state) {
    (void)state;
    for (int i = 0; i < 2000; i++) {
        tc_split pool[2];
        for (int k = 0; k < 2; k++)
            pool[k] = (tc_split){.fixed_s = draw(30) / 10.0,
                                 .each_s = 0.1 + draw(40) / 10.0,
                                 .ranks = 1 + draw(8),
                                 .size = 1,
                                 .quantum = 1};
        int64_t batch = 1 + draw(200);
        double seconds, best = best_split(pool, batch);
        assert_int_equal(tc_split_batch(pool, 2, batch, &seconds, NULL), TC_OK);
        assert_int_equal(pool[0].sequences + pool[1].sequences, batch);
        /* within a row of the slower pool, and never before the time at which all end together */
        assert_true(seconds >= best - 1e-9);
        assert_true(seconds <= best + fmax(pool[0].each_s, pool[1].each_s) + 1e-9);
    }
}

static void split_that_does_not_go(void **state) {
    (void)state;
    tc_split pool[2] = {{.fixed_s = 0, .each_s = 1, .ranks = 4, .size = 2, .quantum = 1},
                        {.fixed_s = 0, .each_s = 1, .ranks = 4, .size = 2, .quantum = 1}};
    double seconds;
    tc_error error;
    assert_int_equal(tc_split_batch(pool, 2, 33, &seconds, &error), TC_INVALID);
    assert_string_equal(error.place, "--global-batch");
}

/* ---- pools -------------------------------------------------------------------------------------- */

static tc_pool pool_like(const tc_question *q, int devices) {
    tc_pool pool = tc_default_pool();
    pool.accelerator = q->cluster.accelerator;
    pool.fabric = q->cluster.fabric;
    pool.devices = devices;
    pool.stack = q->stack;
    pool.layout = q->layout;
    return pool;
}

static double sum_of(const tc_step *step) { return tc_breakdown_sum(&step->breakdown); }

static void two_equal_pools_are_one(void **state) {
    (void)state;
    tc_question one = round_machine(64);
    one.job.global_batch = 512;
    one.layout.tp = 2;
    tc_step step;
    assert_int_equal(tc_forecast(&one, &step, NULL), TC_OK);
    tc_question two = one;
    two.cluster.devices = 32;
    tc_pool other = pool_like(&two, 32);
    two.cluster.others = 1;
    two.cluster.other = &other;
    two.cluster.mixing.link.bytes_per_s = 32 * 25e9;
    two.cluster.mixing.efficiency = 0.9; /* of kinds: these are one */
    tc_mixed mixed;
    assert_int_equal(tc_forecast_mixed(&two, &mixed, NULL), TC_OK);
    assert_near(mixed.step.step_s / step.step_s, 1, 1e-3);
    assert_near(sum_of(&mixed.step) / mixed.step.step_s, 1, 1e-12);
    assert_near(mixed.step.tokens_per_step, step.tokens_per_step, 0.5);
    assert_near(mixed.step.mfu_pct / step.mfu_pct, 1, 1e-3);
    assert_near(mixed.share[0].weight, 0.5, 1e-12);
    assert_true(mixed.efficiency == 1);
    tc_step plain; /* the usual entry says the same */
    assert_int_equal(tc_forecast(&two, &plain, NULL), TC_OK);
    assert_true(plain.step_s == mixed.step.step_s);
}

static void halves_of_a_pipeline_are_one(void **state) {
    (void)state;
    int all[] = {1, 3, 2, 2};
    tc_question one = round_machine(32);
    one.job.global_batch = 128;
    one.layout.pp = 4;
    one.layout.stage_layers = all;
    one.layout.stage_count = 4;
    tc_step step;
    assert_int_equal(tc_forecast(&one, &step, NULL), TC_OK);
    tc_question two = one;
    two.cluster.devices = 16;
    two.layout.pp = two.layout.stage_count = 2;
    tc_pool other = pool_like(&two, 16);
    other.layout.stage_layers = all + 2;
    two.cluster.others = 1;
    two.cluster.other = &other;
    two.cluster.mixing.across = TC_ACROSS_PIPELINE;
    two.cluster.mixing.link.bytes_per_s = 1e18;
    tc_mixed mixed;
    assert_int_equal(tc_forecast_mixed(&two, &mixed, NULL), TC_OK);
    assert_near(mixed.step.step_s / step.step_s, 1, 1e-3);
    assert_near(sum_of(&mixed.step) / mixed.step.step_s, 1, 1e-12);
    assert_near(mixed.step.memory.reserved, step.memory.reserved, 1);
    assert_int_equal(mixed.share[0].layers + mixed.share[1].layers, 8);
    two.layout.stage_layers = NULL; /* by speed: no worse */
    two.layout.stage_count = other.layout.stage_count = 0;
    other.layout.stage_layers = NULL;
    assert_int_equal(tc_forecast_mixed(&two, &mixed, NULL), TC_OK);
    assert_true(mixed.step.step_s <= step.step_s * 1.001);
}

/* A pool of half the speed gets about half of the layers. */
static void layers_by_speed(void **state) {
    (void)state;
    tc_question two = round_machine(16);
    two.job.model = round_gpt(24);
    two.job.global_batch = 128;
    two.layout.pp = 2;
    tc_pool other = pool_like(&two, 16);
    other.accelerator.matmul_flops[TC_BF16] /= 2;
    other.accelerator.memory_bytes_per_s /= 2;
    two.cluster.others = 1;
    two.cluster.other = &other;
    two.cluster.mixing.across = TC_ACROSS_PIPELINE;
    two.cluster.mixing.link.bytes_per_s = 400e9;
    tc_mixed mixed;
    assert_int_equal(tc_forecast_mixed(&two, &mixed, NULL), TC_OK);
    assert_true(mixed.share[0].layers >= 15 && mixed.share[0].layers <= 18);
    assert_int_equal(mixed.share[0].layers + mixed.share[1].layers, 24);
}

static void slow_pool_is_left_out(void **state) {
    (void)state;
    tc_question two = round_machine(32);
    two.job.global_batch = 64;
    tc_step alone;
    assert_int_equal(tc_forecast(&two, &alone, NULL), TC_OK);
    tc_pool other = pool_like(&two, 32);
    other.accelerator.matmul_flops[TC_BF16] /= 1000;
    two.cluster.others = 1;
    two.cluster.other = &other;
    two.cluster.mixing.link.bytes_per_s = 50e9;
    tc_mixed mixed;
    assert_int_equal(tc_forecast_mixed(&two, &mixed, NULL), TC_OK);
    assert_int_equal(mixed.share[1].sequences, 0);
    assert_near(mixed.step.step_s / alone.step_s, 1, 0.01); /* the slowest of all ranks is counted among more */
    assert_true(mixed.exposed_s == 0);
}

/* ---- the link -------------------------------------------------------------------------------------- */

static void link_by_hand(void **state) {
    (void)state;
    tc_link link = {.bytes_per_s = 12.5e9};
    assert_near(tc_link_reduce_seconds(&link, 2, 2 * 32.76e9), 5.2416, 1e-4);
    link.oversubscription = 4;
    assert_near(tc_link_reduce_seconds(&link, 2, 2 * 32.76e9), 4 * 5.2416, 1e-3);
    link = (tc_link){.bytes_per_s = 1e9, .distance_m = 1e6}; /* 1,000 km: 4.9 ms one way */
    assert_near(tc_link_latency(&link), 4.897e-3, 1e-5);
    assert_near(tc_link_reduce_seconds(&link, 2, 0), 2 * 4.897e-3, 2e-5);
    assert_near(tc_link_reduce_seconds(&(tc_link){.bytes_per_s = 1e9}, 4, 1e9), 1.5, 1e-12);
}

/* A thinner link is never faster; weights that are exchanged every H steps take 1 / H of the link's time. */
static void thin_links(void **state) {
    (void)state;
    tc_question two = round_machine(32);
    two.job.global_batch = 256;
    tc_pool other = pool_like(&two, 32);
    two.cluster.others = 1;
    two.cluster.other = &other;
    double before = 0;
    for (double rate = 1e12; rate >= 1e8; rate /= 10) {
        two.cluster.mixing.link.bytes_per_s = rate;
        for (int across = 0; across < 2; across++) {
            two.cluster.mixing.across = across;
            two.layout.pp = other.layout.pp = across == TC_ACROSS_PIPELINE ? 2 : 1;
            tc_mixed mixed;
            assert_int_equal(tc_forecast_mixed(&two, &mixed, NULL), TC_OK);
            assert_true(mixed.exposed_s >= 0 && mixed.exposed_s <= 2.01 * mixed.link_s + 1e-9);
            if (across == TC_ACROSS_DATA) assert_true(mixed.step.step_s >= before);
            if (across == TC_ACROSS_DATA) before = mixed.step.step_s;
        }
    }
    two.cluster.mixing.across = TC_ACROSS_DATA;
    two.layout.pp = other.layout.pp = 1;
    tc_mixed every, some;
    assert_int_equal(tc_forecast_mixed(&two, &every, NULL), TC_OK);
    two.cluster.mixing.local_steps = 100;
    assert_int_equal(tc_forecast_mixed(&two, &some, NULL), TC_OK);
    assert_near(some.exposed_s, every.link_s / 100, 1e-9);
    assert_true(some.step.step_s < every.step.step_s);
}

/* ---- what software loses, failures ----------------------------------------------------------------- */

static void mixing_kinds_loses(void **state) {
    (void)state;
    tc_question two = round_machine(32);
    two.job.global_batch = 256;
    tc_pool other = pool_like(&two, 32);
    memcpy(other.accelerator.slug, "another", 8);
    two.cluster.others = 1;
    two.cluster.other = &other;
    two.cluster.mixing
        = (tc_mixing){.efficiency_p10 = 0.85, .efficiency = 0.875, .efficiency_p90 = 0.9, .link.bytes_per_s = 800e9};
    tc_mixed mixed;
    assert_int_equal(tc_forecast_mixed(&two, &mixed, NULL), TC_OK);
    assert_near(mixed.ideal_s / mixed.step.step_s, 0.875, 1e-12);
    assert_near(sum_of(&mixed.step) / mixed.step.step_s, 1, 1e-12);
}

static void failures_add_up(void **state) {
    (void)state;
    tc_question two = round_machine(32);
    two.job.global_batch = 256;
    tc_pool other = pool_like(&two, 64);
    two.cluster.accelerator.mtbf_s = 1e8;
    other.accelerator.mtbf_s = 2e8;
    two.cluster.others = 1;
    two.cluster.other = &other;
    two.cluster.mixing.link.bytes_per_s = 800e9;
    tc_step step;
    assert_int_equal(tc_forecast(&two, &step, NULL), TC_OK);
    tc_run_input in = tc_run_input_of(&two, &step);
    in.tokens = 1e12;
    in.checkpoint_s = 10;
    in.restart_s = 600;
    tc_economics economics;
    memset(&economics, 0, sizeof economics);
    economics.size = sizeof economics;
    economics.amortisation_s = 1e8;
    tc_run run;
    tc_error error;
    if (tc_run_forecast(&in, &economics, &run, &error)) fail_msg("%s: %s", error.place, error.text);
    assert_near(run.job_mtbf_s, 1 / (32 / 1e8 + 64 / 2e8), 1e-3);
    assert_int_equal(run.devices, 96);
    assert_int_equal(run.packages, 96);
}

/* ---- the search ---------------------------------------------------------------------------------- */

/* Whatever the second pool is, the best is no slower than the first alone. */
static void search_leaves_out_what_slows(void **state) {
    (void)state;
    const double speed[] = {2, 1, 0.3, 0.01};
    for (size_t i = 0; i < sizeof speed / sizeof *speed; i++)
        for (double rate = 1e12; rate > 1e7; rate /= 1e3) {
            tc_search_input in = tc_default_search_input();
            in.question = round_machine(16);
            in.question.job.global_batch = 64;
            tc_pool other = pool_like(&in.question, 16);
            other.accelerator.matmul_flops[TC_BF16] *= speed[i];
            tc_search alone;
            in.uncounted = true;
            assert_int_equal(tc_search_run(&in, &alone, NULL), TC_OK);
            in.question.cluster.others = 1;
            in.question.cluster.other = &other;
            in.question.cluster.mixing.link.bytes_per_s = rate;
            tc_mixed_search found;
            assert_int_equal(tc_search_mixed(&in, 0, &found, NULL), TC_OK);
            assert_true(found.count >= 2);
            assert_true(found.best[0].mixed.step.step_s <= alone.best[0].step.step_s * (1 + 1e-9));
            for (int k = 0; k < found.count; k++) { /* what was found is what step answers */
                tc_pool pools[TC_MAX_POOLS];
                tc_question q = tc_mixed_question(&in.question, &found.best[k], pools);
                tc_step step;
                if (q.cluster.others == 0) continue;
                assert_int_equal(tc_forecast(&q, &step, NULL), TC_OK);
                assert_near(step.step_s / found.best[k].mixed.step.step_s, 1, 1e-9);
            }
            if (speed[i] >= 1 && rate > 1e11) assert_true(found.best[0].mixed.pools == 2);
            tc_mixed_search_free(&found);
            tc_search_free(&alone);
        }
}

/* ---- refusals -------------------------------------------------------------------------------------- */

static void refusals(void **state) {
    (void)state;
    tc_question two = round_machine(32);
    two.job.global_batch = 256;
    tc_pool other = pool_like(&two, 32);
    two.cluster.others = 1;
    two.cluster.other = &other;
    tc_mixed mixed;
    tc_error error;
    assert_int_equal(tc_forecast_mixed(&two, &mixed, &error), TC_INVALID);
    assert_string_equal(error.place, "--link");
    two.cluster.mixing.link.bytes_per_s = 1e9;
    other.layout.tp = 5;
    memcpy(other.accelerator.slug, "chip", 5);
    assert_int_equal(tc_forecast_mixed(&two, &mixed, &error), TC_INVALID);
    assert_non_null(strstr(error.place, "--accelerator chip"));
    two.cluster.mixing.across = TC_ACROSS_PIPELINE;
    other.layout.tp = 2;
    assert_int_equal(tc_forecast_mixed(&two, &mixed, &error), TC_INVALID);
    assert_non_null(strstr(error.place, "--dp"));
    two.cluster.other = NULL;
    assert_int_equal(tc_forecast_mixed(&two, &mixed, &error), TC_INVALID);
    two.cluster.other = &other;
    two.cluster.others = 99;
    assert_int_equal(tc_forecast_mixed(&two, &mixed, &error), TC_INVALID);
}

/* ---- published rows ------------------------------------------------------------------------------ */

/* Throughput over that of the parts as the arithmetic has it: software that joins kinds, an exchange between local steps; a link
 * between sites of one kind hides behind the backward pass. */
static double forecast_of(tc_catalog *catalog, const tc_json *row) {
    const char *kind = tc_json_string(row, "kind", "");
    if (strcmp(kind, "local") == 0) {
        double between = tc_json_number(row, "between_s", 0, 1e9, 0),
               link = tc_json_number(row, "exchange_s", 0, 1e9, 0);
        return between / (between + link);
    }
    if (strcmp(kind, "sites") == 0 && !tc_json_value(row, "mixes")) return 1;
    tc_mixing mixing = {.across = 0};
    tc_error error;
    if (tc_mixing_load(catalog, tc_json_string(row, "tuning", ""), "tuning", &mixing, &error))
        fail_msg("%s: %s", error.place, error.text);
    return mixing.efficiency;
}

static void published_rows(void **state) {
    (void)state;
    FILE *file = fopen(TC_SOURCE_DIR "/data/mixed.jsonl", "r");
    tc_catalog *catalog;
    tc_error error;
    char line[1024];
    int scored = 0, skipped = 0, number = 0;
    assert_non_null(file);
    assert_int_equal(tc_catalog_open(NULL, 0, &catalog, &error), TC_OK);
    while (fgets(line, sizeof line, file)) {
        tc_json_document document;
        if (tc_json_open(&document, "mixed.jsonl", ++number, line, strlen(line), &error))
            fail_msg("%s: %s", error.place, error.text);
        tc_json row = tc_json_root(&document);
        double measured = tc_json_number(&row, "efficiency", 0, 2, 0);
        assert_true(tc_json_value(&row, "url") && tc_json_value(&row, "claim") && tc_json_value(&row, "evidence"));
        if (tc_json_value(&row, "skipped")) {
            skipped++;
        } else {
            double forecast = forecast_of(catalog, &row);
            if (fabs(forecast - measured) > 0.06)
                fail_msg("%s: %g, published %g", tc_json_string(&row, "id", ""), forecast, measured);
            scored++;
        }
        tc_json_close(&document);
    }
    fclose(file);
    tc_catalog_close(catalog);
    assert_int_equal(scored, 11);
    assert_int_equal(skipped, 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(split_by_hand),
        cmocka_unit_test(split_against_all_others),
        cmocka_unit_test(split_that_does_not_go),
        cmocka_unit_test(two_equal_pools_are_one),
        cmocka_unit_test(halves_of_a_pipeline_are_one),
        cmocka_unit_test(layers_by_speed),
        cmocka_unit_test(slow_pool_is_left_out),
        cmocka_unit_test(link_by_hand),
        cmocka_unit_test(thin_links),
        cmocka_unit_test(mixing_kinds_loses),
        cmocka_unit_test(failures_add_up),
        cmocka_unit_test(search_leaves_out_what_slows),
        cmocka_unit_test(refusals),
        cmocka_unit_test(published_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
