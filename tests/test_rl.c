/* test_rl.c - lengths by hand, phases that add up, properties of a step of reinforcement learning, refusals with their place. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "near.h"
#include "rl/lengths.h"
#include "rl/program.h"
#include "traincast_rl.h"

static tc_catalog *catalog;

static int open_catalog(void **state) {
    (void)state;
    tc_error error;
    return tc_catalog_open(NULL, 0, &catalog, &error) != TC_OK;
}

static int close_catalog(void **state) {
    (void)state;
    tc_catalog_close(catalog);
    return 0;
}

/* GRPO of Llama 3.1 8B on 16 H100, as NeMo RL publishes it. */
static void question_of(tc_rl_question *q) {
    tc_error error = {0};
    *q = tc_default_rl_question();
    assert_int_equal(tc_rl_program_load(catalog, "nemo-rl", &q->program, &error), TC_OK);
    assert_int_equal(tc_catalog_model(catalog, "llama-3.1-8b", &q->training.job.model, &error), TC_OK);
    tc_cluster *c = &q->training.cluster;
    assert_int_equal(tc_catalog_accelerator(catalog, "h100-sxm", &c->accelerator, &error), TC_OK);
    assert_int_equal(tc_catalog_fabric(catalog, c->accelerator.fabric, &c->fabric, &error), TC_OK);
    assert_int_equal(tc_catalog_stack(catalog, q->program.stack, &q->training.stack, &error), TC_OK);
    c->devices = 16;
    q->training.layout.tp = 1;
    q->generation.model = q->training.job.model;
    q->generation.cluster = *c;
    assert_int_equal(tc_catalog_engine(catalog, q->program.engine, &c->accelerator, &q->generation.engine, &error),
                     TC_OK);
    q->prompts = 64;
    q->responses = 32;
    q->input_tokens = 132;
    q->output_tokens = 1060;
    q->most_output_tokens = 3964;
    q->updates = 4;
}

static tc_rl_answer answer_of(const tc_rl_question *q) {
    tc_rl_answer a;
    tc_error error = {0};
    if (tc_rl_forecast(q, &a, &error) != TC_OK) fail_msg("%s: %s", error.place, error.text);
    return a;
}

static double sum_of(const tc_rl_answer *a) {
    double sum = 0;
    for (int i = 0; i < TC_RL_PHASES; i++) sum += a->phase_s[i];
    return sum;
}

/* ---- lengths ----------------------------------------------------------------------------------- */

static double mean_above(const tc_lengths *l, double end) {
    double sum = 0;
    for (int i = 0; i < 200000; i++) sum += tc_lengths_above(l, (i + 0.5) * end / 200000);
    return sum * end / 200000;
}

static void lengths_have_their_mean(void **state) {
    (void)state;
    tc_lengths free = tc_lengths_of(1000, 0, 0.7), cut = tc_lengths_of(3200, 4000, 0.7),
               alike = tc_lengths_of(256, 256, 0.7);
    assert_near(free.median, 1000 / sqrt(1 + 0.7 * 0.7), 1e-6); /* log-normal: mean over the root of 1 + cv^2 */
    assert_near(mean_above(&free, 40000), 1000, 1);
    assert_near(mean_above(&cut, 4000), 3200, 1);
    assert_true(cut.median > 3200); /* what the cut takes is added before */
    assert_near(tc_lengths_above(&cut, 4000), 0, 0);
    assert_near(tc_lengths_longest(&alike, 4096, 0), 256, 1e-9);
    /* the largest of two exponentials-like draws is more than the mean, of many at most the limit */
    assert_near(tc_lengths_longest(&free, 1, 0), 1000, 5);
    assert_true(tc_lengths_longest(&free, 2, 0) > 1300 && tc_lengths_longest(&free, 2, 0) < 1450);
    assert_near(tc_lengths_longest(&cut, 2048, 0), 4000, 1e-6);
    /* what is left of one of equal lengths is anything up to it */
    assert_near(tc_lengths_left_above(&alike, 64), 0.75, 1e-12);
    assert_near(tc_lengths_longest(&alike, 1, 1), 128, 0.5);
}

/* ---- a step ------------------------------------------------------------------------------------ */

static void colocated_phases_add_up(void **state) {
    (void)state;
    static tc_rl_question q;
    question_of(&q);
    tc_rl_answer a = answer_of(&q);
    double sum = sum_of(&a);
    assert_near(a.generation_s + a.training_s, sum, 1e-9 * sum);
    assert_near(a.step_s, sum * (1 + q.program.overhead), 1e-9 * sum);
    assert_near(a.tokens_per_step, 2048 * 1192, 1e-6);
    assert_near(a.tokens_per_s_per_device, a.tokens_per_step / a.step_s / 16, 1e-9);
    assert_near(a.phase_s[TC_RL_PHASE_reference], a.phase_s[TC_RL_PHASE_old_log_probs], 0);
    assert_near(a.phase_s[TC_RL_PHASE_update], 4 * a.training.step_s / q.program.training_fraction, 1e-9);
    /* a pass forward is a third of an update without recompute, give or take head and launches */
    double ratio = a.phase_s[TC_RL_PHASE_update] / a.phase_s[TC_RL_PHASE_old_log_probs];
    assert_true(ratio > 2.7 && ratio < 4.2);
    assert_true(a.step_s_p10 < a.step_s && a.step_s < a.step_s_p90);
    assert_near(a.phase_s[TC_RL_PHASE_values] + a.phase_s[TC_RL_PHASE_reward], 0, 0);

    q.algorithm = TC_RL_DAPO;
    assert_near(answer_of(&q).phase_s[TC_RL_PHASE_reference], 0, 0);
    q.algorithm = TC_RL_PPO;
    tc_rl_answer ppo = answer_of(&q);
    assert_true(ppo.phase_s[TC_RL_PHASE_values] > 0 && ppo.phase_s[TC_RL_PHASE_critic_update] > 0);
    assert_true(ppo.phase_s[TC_RL_PHASE_critic_update] < ppo.phase_s[TC_RL_PHASE_update]); /* no vocabulary */
    q.generation_tokens_per_s = 2048 * 1060 / 16.0 / 30;
    assert_near(answer_of(&q).phase_s[TC_RL_PHASE_decode], 30, 1e-9);
}

/* Half of the responses being as long as the limit, a step waits for it; equal ones take no longer than their length. */
static void the_longest_decides(void **state) {
    (void)state;
    static tc_rl_question q;
    question_of(&q);
    tc_rl_answer spread = answer_of(&q);
    q.output_cv = 0;
    tc_rl_answer alike = answer_of(&q);
    assert_near(alike.longest_tokens, 1060, 1e-6);
    assert_true(spread.longest_tokens > 3500);
    assert_true(spread.phase_s[TC_RL_PHASE_decode] > 1.3 * alike.phase_s[TC_RL_PHASE_decode]);
    q.output_tokens = 2120;
    assert_true(answer_of(&q).phase_s[TC_RL_PHASE_decode] > 1.9 * alike.phase_s[TC_RL_PHASE_decode]);
}

static void sides_run_beside_each_other(void **state) {
    (void)state;
    static tc_rl_question q;
    question_of(&q);
    q.placement = TC_RL_ONE_STEP_OFF;
    tc_rl_answer best = answer_of(&q);
    assert_int_equal(best.generation_devices + best.training_devices, 16);
    assert_int_equal(best.splits, 15);
    assert_near(best.step_s, fmax(best.generation_s, best.training_s) + q.program.sync_s, 1e-9);
    for (int n = 1; n < 16; n++) { /* no other split is shorter */
        q.generation_devices = n;
        tc_rl_answer a = answer_of(&q);
        assert_true(!a.fits || a.step_s >= best.step_s - 1e-9);
    }
    q.generation_devices = best.generation_devices;
    q.placement = TC_RL_ASYNC;
    q.ahead = 4;
    assert_true(answer_of(&q).generation_s < best.generation_s); /* no tail */
    /* twice the devices that generate beside those that train: training as before */
    q.placement = TC_RL_ONE_STEP_OFF;
    q.other_devices = true;
    q.generation_devices = 32;
    tc_rl_answer apart = answer_of(&q);
    assert_int_equal(apart.devices, 48);
    assert_int_equal(apart.training_devices, 16);
}

static void a_layout_is_searched(void **state) {
    (void)state;
    static tc_rl_question q;
    question_of(&q);
    q.search_layout = true;
    q.training.layout.tp = TC_UNSET;
    tc_error error = {0};
    assert_int_equal(tc_catalog_model(catalog, "qwen3-32b", &q.training.job.model, &error), TC_OK);
    q.generation.model = q.training.job.model;
    q.training.cluster.devices = 32;
    tc_rl_answer a = answer_of(&q);
    assert_true(a.fits && a.training.fits);
    assert_int_equal(a.replicas * a.tp * a.pp, 32);
}

static void programs_are_data(void **state) {
    (void)state;
    tc_rl_program p;
    tc_error error = {0};
    assert_int_equal(tc_rl_program_of(catalog, "NeMo-RL v0.4 (Megatron Core)", &p, &error), TC_OK);
    assert_string_equal(p.slug, "nemo-rl");
    assert_int_equal(tc_rl_program_of(catalog, "overlapped", &p, &error), TC_OK);
    assert_string_equal(p.slug, "generic");
    assert_int_equal(tc_rl_program_load(catalog, "verll", &p, &error), TC_INVALID);
    assert_non_null(strstr(error.text, "did you mean 'verl'"));
}

static void refusals_have_a_place(void **state) {
    (void)state;
    static tc_rl_question q;
    static const struct {
        int which;
        const char *place, *says;
    } cases[] = {{0, "--output-tokens", "at most 100"},    {1, "--generation-devices", "leave none to train"},
                 {2, "--placement", "one-step-off"},       {3, "--prompts", "sequences"},
                 {4, "--devices", "no multiple of"},       {5, "--model", "generates no tokens"},
                 {6, "question.prompts", "out of bounds"}, {7, "--generation-devices", "give a number"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tc_rl_answer a;
        tc_error error = {0};
        question_of(&q);
        switch (cases[i].which) {
        case 0: q.most_output_tokens = 100; break;
        case 1: q.placement = TC_RL_ASYNC, q.generation_devices = 16; break;
        case 2: q.generation_devices = 4; break;
        case 3: q.prompts = 1, q.responses = 1, q.updates = 2; break;
        case 4: q.training.layout.tp = 3; break;
        case 5:
            assert_int_equal(tc_catalog_model(catalog, "open-sora-plan-1.5", &q.training.job.model, &error), TC_OK);
            break;
        case 6: q.prompts = 0; break;
        default: q.placement = TC_RL_ASYNC, q.other_devices = true;
        }
        assert_int_equal(tc_rl_forecast(&q, &a, &error), TC_INVALID);
        if (strcmp(error.place, cases[i].place) != 0 || !strstr(error.text, cases[i].says))
            fail_msg("case %d: %s: %s", cases[i].which, error.place, error.text);
    }
}

/* What generates has the trainer's weights, whatever format the checkpoint of the base model has. */
static void weights_come_from_the_trainer(void **state) {
    (void)state;
    static tc_rl_question q;
    question_of(&q);
    q.generation.weights = TC_WEIGHTS_BF16;
    double as_trained = answer_of(&q).step_s;
    q.generation.weights = TC_UNSET;
    snprintf(q.generation.model.stored, sizeof q.generation.model.stored, "fp8");
    assert_true(fabs(answer_of(&q).step_s - as_trained) <= 0);
    q.generation.weights = TC_WEIGHTS_FP8;
    assert_true(fabs(answer_of(&q).step_s - as_trained) > 0);
}

/* Devices draw between their idle and their rated power, whatever they wait for; rent is of all of them for the whole step. */
static void a_step_costs_energy_and_money(void **state) {
    (void)state;
    static tc_rl_question q;
    static tc_economics e;
    tc_error error = {0};
    question_of(&q);
    tc_rl_answer a = answer_of(&q);
    double rated_j = 16 * q.training.cluster.accelerator.tdp_w * a.step_s;
    assert_true(isnan(a.energy_j) && isnan(a.owned_usd)); /* no economics */
    assert_int_equal(tc_economics_load(catalog, NULL, NULL, "", &e, &error), TC_OK);
    q.economics = &e;
    q.price_usd = 25000;
    q.rental_usd_per_h = 2;
    a = answer_of(&q);
    assert_near(a.rented_usd, 16 * 2 * a.step_s / 3600, 1e-9);
    assert_true(a.energy_j < rated_j && a.energy_j > e.power_idle * rated_j);
    double capital = 16 * 25000 * e.server_price / (1 - e.network_share) / e.amortisation_s * a.step_s,
           energy = a.energy_j / 3.6e6 * e.server_power * e.pue * e.usd_per_kwh;
    assert_near(a.owned_usd, capital + energy, 1e-9);
    /* devices of another kind beside them: who waits for the others draws less, and each kind has its own price */
    q.placement = TC_RL_ONE_STEP_OFF;
    q.other_devices = true;
    q.generation_devices = 8;
    q.generation.price_usd = 10000;
    q.generation.rental_usd_per_h = 1;
    a = answer_of(&q);
    assert_near(a.rented_usd, (16 * 2 + 8 * 1) * a.step_s / 3600, 1e-9);
    rated_j = 24 * q.training.cluster.accelerator.tdp_w * a.step_s;
    assert_true(a.energy_j < rated_j && a.energy_j > e.power_idle * rated_j);
    q.generation_devices = 64; /* they wait for the training */
    tc_rl_answer more = answer_of(&q);
    assert_true(more.energy_j / more.step_s > a.energy_j / a.step_s);
    assert_true(more.energy_j / more.step_s / 80 < a.energy_j / a.step_s / 24);
    q.training.cluster.accelerator.tdp_w = 0;
    assert_true(isnan(answer_of(&q).energy_j));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_costs_energy_and_money), cmocka_unit_test(weights_come_from_the_trainer),
        cmocka_unit_test(lengths_have_their_mean),       cmocka_unit_test(colocated_phases_add_up),
        cmocka_unit_test(the_longest_decides),           cmocka_unit_test(sides_run_beside_each_other),
        cmocka_unit_test(a_layout_is_searched),          cmocka_unit_test(programs_are_data),
        cmocka_unit_test(refusals_have_a_place),
    };
    return cmocka_run_group_tests(tests, open_catalog, close_catalog);
}
