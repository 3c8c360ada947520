/* test_run.c - Young and Daly against published and hand-computed values, the time split against
 * an independent sum, Llama 3's 54 days, money and energy by hand, and properties. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "near.h"
#include "run/economics.h"
#include "run/goodput.h"

static tc_economics read_region(const char *region) {
    tc_arena arena = {0};
    tc_document document;
    tc_error error = {0};
    tc_economics economics = {0};
    tc_code code = tc_document_read(TC_SOURCE_DIR "/data/economics.yaml", &arena, &document, &error);
    if (code == TC_OK) code = tc_economics_read(&document, region, "", &economics, &error);
    if (code != TC_OK) print_error("%s: %s\n", error.place, error.text);
    assert_int_equal(code, TC_OK);
    tc_arena_free(&arena);
    return economics;
}

/* Round figures, so that results can be worked out on paper. */
static tc_economics round_economics(void) {
    return (tc_economics){.size = sizeof(tc_economics),
                          .region = "paper",
                          .mtbf_s = 1e7,
                          .restart_s = 600,
                          .storage_bytes_per_s = 1e9,
                          .weight_bytes = 2,
                          .server_price = 1.5,
                          .network_share = 0.25,
                          .amortisation_s = 1e8,
                          .server_power = 2,
                          .power_utilisation = 0.5,
                          .pue = 1.2,
                          .usd_per_kwh = 0.1,
                          .kg_co2_per_kwh = 0.5};
}

static tc_run_input round_input(void) {
    tc_run_input in = tc_default_run_input();
    in.step.step_s = 10;
    in.step.tokens_per_step = 4e6;
    in.cluster.devices = 1000;
    memcpy(in.cluster.accelerator.slug, "chip", 5);
    in.cluster.accelerator.devices_per_package = 1;
    in.cluster.accelerator.tdp_w = 500;
    in.cluster.accelerator.price_usd = 20000;
    in.cluster.accelerator.rental_usd_per_h = 2;
    in.tokens = 1e12;
    in.parameters = 1e9;
    in.optimizer_bytes = 12;
    return in;
}

/* What is not trained is not written: a checkpoint of LoRA has nothing of its base. */
static void checkpoints_of_a_frozen_base(void **state) {
    (void)state;
    tc_question q = tc_default_question();
    tc_economics economics = round_economics();
    tc_run_input of_round = round_input();
    tc_run run;
    tc_error error;
    q.cluster = of_round.cluster;
    q.job.model.hidden = 1024;
    q.job.model.vocab = 32768;
    q.job.model.blocks = 1;
    q.job.model.block[0] = tc_default_block();
    q.job.model.block[0].attention = (tc_attention){.heads = 16, .kv_heads = 16, .head_dim = 64};
    q.job.model.block[0].dense.ffn = 4096;
    tc_run_input in = tc_run_input_of(&q, &of_round.step);
    in.tokens = 1e12;
    assert_true(in.parameters > 1024 * 32768);
    assert_int_equal(tc_run_forecast(&in, &economics, &run, &error), TC_OK);
    assert_near(run.checkpoint_bytes, 14 * in.parameters, 1);
    q.job.frozen_base = true;
    in = tc_run_input_of(&q, &of_round.step);
    in.tokens = 1e12;
    assert_int_equal(tc_run_forecast(&in, &economics, &run, &error), TC_OK);
    assert_near(run.checkpoint_bytes, 0, 0);
    assert_near(run.checkpoint_s, 0, 0);
    assert_near(run.checkpoint_share, 0, 0);
    assert_near(run.interval_steps, 1, 0); /* nothing is lost by the next one */
    in.checkpoint_s = 5;
    assert_int_equal(tc_run_forecast(&in, &economics, &run, &error), TC_OK);
    assert_near(run.checkpoint_s, 5, 0);
}

static void young_and_daly_by_hand(void **state) {
    (void)state;
    assert_near(tc_interval_young(50, 10000), 1000, 1e-9);
    /* d/2M = 0.0025, its root 0.05: 1000 x (1 + 0.05/3 + 0.0025/9) - 50 */
    assert_near(tc_interval_daly(50, 10000), 966.944444, 1e-5);
    assert_near(tc_interval_daly(30000, 10000), 10000, 0); /* d >= 2M: M */
    assert_near(tc_interval_daly(0, 10000), 0, 0);
}

static void daly_as_published(void **state) {
    (void)state;
    /* Daly 2006, captions of figures 3 to 5: d = 5 min, M = 24 h, 6 h, 15 min */
    assert_near(tc_interval_daly(5, 24 * 60), 117, 0.5);
    assert_near(tc_interval_daly(5, 6 * 60), 57, 0.5);
    assert_near(tc_interval_daly(5, 15), 9.1, 0.05);
}

static void goodput_by_hand(void **state) {
    (void)state;
    /* M = 10000, d = 50, R = 600, steps of 10 s: 97 steps are the best whole number, and then
     * W/t = 10000 e^0.06 (e^0.102 - 1) / 970 = 1.17550..., worked out independently */
    tc_goodput g = tc_goodput_of(10, 10000, 50, 600, TC_UNSET);
    assert_near(g.interval_steps, 97, 0);
    assert_near(g.fraction, 0.8507003758, 1e-9);
    assert_near(g.checkpoint_share, 0.0438505348, 1e-9);
    assert_near(g.restart_share, 0.0582354664, 1e-9);
    assert_near(g.lost_share, 0.0472136229, 1e-9);
    assert_near(g.failures_per_useful_s, 1.1070461e-4, 1e-10);
}

/* By hand: waiting is a longer restart; of 8 replicas each is whole with e^(-3600 / 80000), and comes back with a second restart. */
static void what_a_failure_does(void **state) {
    (void)state;
    const tc_failure_policy spare = {.on_failure = TC_FAILURE_SPARE, .repair_s = 3600, .replicas = 8},
                            wait = {.on_failure = TC_FAILURE_WAIT, .repair_s = 3600, .replicas = 8},
                            shrink = {.on_failure = TC_FAILURE_SHRINK, .repair_s = 3600, .replicas = 8},
                            alone = {.on_failure = TC_FAILURE_SHRINK, .repair_s = 3600, .replicas = 1};
    tc_goodput g = tc_goodput_of(10, 10000, 50, 600, TC_UNSET), longer = tc_goodput_of(10, 10000, 50, 4200, TC_UNSET);
    assert_near(tc_goodput_with(&spare, 10, 10000, 50, 600, TC_UNSET).fraction, g.fraction, 0);
    assert_near(tc_goodput_with(&wait, 10, 10000, 50, 600, TC_UNSET).fraction, longer.fraction, 0);
    assert_near(tc_goodput_with(&alone, 10, 10000, 50, 600, TC_UNSET).fraction, longer.fraction, 0);
    tc_goodput s = tc_goodput_with(&shrink, 10, 10000, 50, 600, TC_UNSET);
    double wall = (1 / 0.8507003758 + 600 * 1.1070461e-4) * exp(0.045);
    assert_near(1 / s.fraction, wall, 1e-8);
    assert_near(s.fraction + s.checkpoint_share + s.lost_share + s.restart_share, 1, 1e-12);
    assert_true(longer.fraction < s.fraction && s.fraction < g.fraction);
    assert_near(tc_goodput_with(&shrink, 10, INFINITY, 50, 600, TC_UNSET).fraction, 1, 0);
}

static void the_interval_is_the_best_whole_number(void **state) {
    (void)state;
    const double mtbf[] = {50, 700, 9000, 1e5, 3e6}, checkpoint[] = {0, 0.5, 20, 400, 3000};
    for (size_t i = 0; i < 5; i++)
        for (size_t j = 0; j < 5; j++) {
            tc_goodput best = tc_goodput_of(7, mtbf[i], checkpoint[j], 60, TC_UNSET);
            for (int k = 1; k < 2000; k++) {
                tc_goodput other = tc_goodput_of(7, mtbf[i], checkpoint[j], 60, 7.0 * k);
                assert_true(best.fraction >= other.fraction);
            }
            double sum = best.fraction + best.checkpoint_share + best.lost_share + best.restart_share;
            assert_near(sum, best.fraction > 0 ? 1 : 0, 1e-9);
        }
}

static void more_reliable_is_never_slower(void **state) {
    (void)state;
    double last = 0;
    for (double mtbf = 100; mtbf < 1e7; mtbf *= 1.07) {
        double fraction = tc_goodput_of(13, mtbf, 37, 600, TC_UNSET).fraction;
        assert_true(fraction >= last);
        last = fraction;
    }
    assert_near(tc_goodput_of(13, INFINITY, 37, 600, TC_UNSET).fraction, 1, 0);
    assert_near(tc_goodput_of(13, INFINITY, 37, 600, 37 * 13).fraction, 13. / 14, 1e-12); /* checkpoints anyway */
}

static void llama3_as_published(void **state) {
    (void)state;
    /* The Llama 3 Herd of Models, 3.3.4: 54 days on 16,384 H100, 419 unexpected interruptions, more than
     * 90 % effective training time. 405B on 15.6 T tokens; a step of 16 M tokens at 400 TFLOP/s per GPU. */
    tc_economics us = read_region(NULL);
    tc_run_input in = tc_default_run_input();
    in.cluster.devices = 16384;
    in.cluster.accelerator.devices_per_package = 1;
    in.cluster.accelerator.tdp_w = 700;
    in.parameters = 405.85e9;
    in.step.tokens_per_step = 16 * 1024 * 1024;
    in.step.step_s = 6 * 405.85e9 * in.step.tokens_per_step / (400e12 * 16384);
    in.tokens = 54 * 86400 * 0.910 / in.step.step_s * in.step.tokens_per_step; /* 54 days of wall-clock time */
    tc_run run;
    tc_error error = {0};
    assert_int_equal(tc_run_forecast(&in, &us, &run, &error), TC_OK);
    assert_near(run.wall_s / 86400, 54, 0.3);
    assert_true(run.goodput > 0.90 && run.goodput < 0.97);
    assert_near(run.job_mtbf_s, 11135, 1);
    /* the published 419 include those during restarts, which are not counted here */
    assert_true(run.failures > 0.9 * 419 && run.failures < 419);
    assert_near(run.device_hours / 1e6, 54 * 24 * 16384e-6, 0.2);
    assert_near(run.checkpoint_bytes, 14 * 405.85e9, 1);
    assert_near(run.power_w / 1e6, 16384 * 700 * 1.82 * 0.76 * 1.25 / 1e6, 1e-6);
}

static void money_and_energy_by_hand(void **state) {
    (void)state;
    tc_economics paper = round_economics();
    tc_run_input in = round_input();
    tc_run run;
    tc_error error = {0};
    assert_int_equal(tc_run_forecast(&in, &paper, &run, &error), TC_OK);
    assert_near(run.steps, 250000, 0);
    assert_near(run.ideal_s, 2.5e6, 0);
    assert_near(run.job_mtbf_s, 1e4, 1e-9);
    assert_near(run.checkpoint_s, 14e9 / 1e12, 1e-12);
    assert_near(run.wall_s, run.ideal_s / run.goodput, 1e-6);
    assert_near(run.power_w, 1000 * 500 * 2 * 0.5 * 1.2, 1e-6); /* 600 kW */
    assert_near(run.mwh, 0.6 * run.wall_s / 3600, 1e-6);
    assert_near(run.tonnes_co2, run.mwh / 2, 1e-9);
    assert_near(run.capital_usd, 1000 * 20000 * 1.5 / 0.75 * run.wall_s / 1e8, 1e-3);
    assert_near(run.energy_usd, run.mwh * 100, 1e-6);
    assert_near(run.owned_usd, run.capital_usd + run.energy_usd, 1e-6);
    assert_near(run.rented_usd, 2 * run.device_hours, 1e-6);
    assert_near(run.rented_usd_per_million_tokens, run.rented_usd / 1e6, 1e-9);
}

static void the_step_s_interval_is_the_run_s(void **state) {
    (void)state;
    tc_economics paper = round_economics();
    tc_run_input in = round_input(), slow;
    tc_run run, other;
    tc_error error = {0};
    assert_int_equal(tc_run_forecast(&in, &paper, &run, &error), TC_OK);
    assert_true(isnan(run.p10.wall_s) && isnan(run.p90.rented_usd)); /* the step has none */
    in.step.step_s_p10 = 8;
    in.step.step_s_p90 = 13;
    assert_int_equal(tc_run_forecast(&in, &paper, &run, &error), TC_OK);
    slow = in;
    slow.step.step_s = 13;
    assert_int_equal(tc_run_forecast(&slow, &paper, &other, &error), TC_OK);
    assert_near(run.p90.wall_s, other.wall_s, 0);
    assert_near(run.p90.owned_usd, other.owned_usd, 0);
    assert_near(run.p90.rented_usd, other.rented_usd, 0);
    assert_near(run.p90.mwh, other.mwh, 0);
    assert_near(run.p90.tonnes_co2, other.tonnes_co2, 0);
    assert_true(run.p10.wall_s > 250000 * 8 && run.p10.wall_s < run.wall_s && run.wall_s < run.p90.wall_s);
    in.step.step_s_p90 = 1e9; /* fails before its first step ends: so slow it never does */
    assert_int_equal(tc_run_forecast(&in, &paper, &run, &error), TC_OK);
    assert_true(isnan(run.p90.wall_s) && run.p10.wall_s > 0);
}

static void bloom_as_published(void **state) {
    (void)state;
    /* Luccioni et al. 2022 (arXiv 2211.02001): 1,082,990 hours of A100 at their 400 W are 433,196 kWh, at
     * 57 g CO2/kWh 24.69 t; servers and cooling apart. */
    tc_economics paper = round_economics();
    tc_run_input in = round_input();
    in.cluster.devices = 384;
    in.cluster.accelerator.tdp_w = 400;
    in.mtbf_s = INFINITY;
    in.server_power = in.power_utilisation = in.pue = 1;
    in.kg_co2_per_kwh = 0.057;
    in.tokens = 366e9;
    in.step.tokens_per_step = 366e9;
    in.step.step_s = 1082990. / 384 * 3600;
    tc_run run;
    tc_error error = {0};
    assert_int_equal(tc_run_forecast(&in, &paper, &run, &error), TC_OK);
    assert_near(run.goodput, 1, 0);
    assert_near(run.failures, 0, 0);
    assert_near(run.mwh, 433.196, 1e-6);
    assert_near(run.tonnes_co2, 24.69, 0.005);
}

static void packages_of_two_devices(void **state) {
    (void)state;
    tc_economics paper = round_economics();
    tc_run_input in = round_input();
    in.cluster.accelerator.devices_per_package = 2;
    tc_run run;
    tc_error error = {0};
    assert_int_equal(tc_run_forecast(&in, &paper, &run, &error), TC_OK);
    assert_int_equal(run.packages, 500);
    assert_near(run.job_mtbf_s, 2e4, 1e-9);
    assert_near(run.power_w, 500 * 500 * 2 * 0.5 * 1.2, 1e-6);
    assert_near(run.rented_usd, run.device_hours, 1e-6); /* 2 USD per package and hour */
}

static bool assumes(const tc_run *run, const char *text) {
    for (int i = 0; i < run->assumed_count; i++)
        if (strstr(run->assumed[i], text)) return true;
    return false;
}

static void what_is_not_given_is_told(void **state) {
    (void)state;
    tc_economics paper = round_economics();
    tc_run_input in = round_input();
    tc_run run;
    tc_error error = {0};
    assert_int_equal(tc_run_forecast(&in, &paper, &run, &error), TC_OK);
    assert_true(assumes(&run, "MTBF of a package of chip 2,778 h (default)"));
    assert_true(assumes(&run, "PUE 1.2 (region paper)"));
    in.mtbf_s = 1e7;
    in.pue = 1.2;
    in.cluster.accelerator.price_usd = 0;
    in.cluster.accelerator.tdp_w = 0;
    assert_int_equal(tc_run_forecast(&in, &paper, &run, &error), TC_OK);
    assert_false(assumes(&run, "MTBF"));
    assert_true(isnan(run.owned_usd) && isnan(run.mwh) && !isnan(run.rented_usd));
    assert_true(assumes(&run, "no cost of owning"));
    assert_true(assumes(&run, "no TDP"));
    in.rented_only = true; /* then what owning would cost is no question */
    in.one_of_many = true; /* and what is the same for all names none */
    in.mtbf_s = TC_UNSET;
    assert_int_equal(tc_run_forecast(&in, &paper, &run, &error), TC_OK);
    assert_false(assumes(&run, "no cost of owning"));
    assert_true(assumes(&run, "MTBF of a package 2,778 h (default)"));
}

static void bad_input_is_refused(void **state) {
    (void)state;
    tc_economics paper = round_economics();
    tc_run run;
    tc_error error = {0};
    tc_run_input in = round_input();
    in.tokens = 0;
    assert_int_equal(tc_run_forecast(&in, &paper, &run, &error), TC_INVALID);
    assert_string_equal(error.place, "--tokens");
    in = round_input();
    in.tokens = NAN;
    assert_int_equal(tc_run_forecast(&in, &paper, &run, &error), TC_INVALID);
    in = round_input();
    in.step.step_s = INFINITY;
    assert_int_equal(tc_run_forecast(&in, &paper, &run, &error), TC_INVALID);
    in = round_input();
    in.cluster.devices = 0;
    assert_int_equal(tc_run_forecast(&in, &paper, &run, &error), TC_INVALID);
    in = round_input();
    in.parameters = TC_UNSET;
    assert_int_equal(tc_run_forecast(&in, &paper, &run, &error), TC_INVALID);
    in = round_input();
    in.mtbf_s = 3600; /* a failure every 3.6 s, 600 s to restart */
    assert_int_equal(tc_run_forecast(&in, &paper, &run, &error), TC_INVALID);
    assert_non_null(strstr(error.text, "never ends"));
}

static void regions(void **state) {
    (void)state;
    tc_economics china = read_region("china"), us = read_region("us");
    assert_string_equal(china.region, "china");
    assert_near(china.kg_co2_per_kwh, 0.5366, 1e-12);
    assert_near(us.usd_per_kwh, 0.0806, 1e-12);
    assert_near(us.mtbf_s, 54. * 86400 * 16384 / 419, 1000);
    tc_arena arena = {0};
    tc_document document;
    tc_error error = {0};
    assert_int_equal(tc_document_read(TC_SOURCE_DIR "/data/economics.yaml", &arena, &document, &error), TC_OK);
    tc_economics none;
    assert_int_equal(tc_economics_read(&document, "atlantis", "", &none, &error), TC_NOT_FOUND);
    assert_non_null(strstr(error.text, "one of us, china"));
    tc_arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(checkpoints_of_a_frozen_base),
                                       cmocka_unit_test(young_and_daly_by_hand),
                                       cmocka_unit_test(daly_as_published),
                                       cmocka_unit_test(goodput_by_hand),
                                       cmocka_unit_test(what_a_failure_does),
                                       cmocka_unit_test(the_interval_is_the_best_whole_number),
                                       cmocka_unit_test(more_reliable_is_never_slower),
                                       cmocka_unit_test(llama3_as_published),
                                       cmocka_unit_test(money_and_energy_by_hand),
                                       cmocka_unit_test(the_step_s_interval_is_the_run_s),
                                       cmocka_unit_test(packages_of_two_devices),
                                       cmocka_unit_test(bloom_as_published),
                                       cmocka_unit_test(what_is_not_given_is_told),
                                       cmocka_unit_test(bad_input_is_refused),
                                       cmocka_unit_test(regions)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
