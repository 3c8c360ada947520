/* Layers that are not plain attention: parameters of public checkpoints, FLOPs by hand, how they split and where they stand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fixture.h"
#include "device/kernel.h"
#include "layout/layout.h"
#include "machine.h"
#include "near.h"
#include "workload/finetune.h"
#include "workload/operators.h"

/* Totals of the checkpoints, or of the layers' formulas where only a rounded size is published. */
static const struct {
    const char *slug;
    double parameters;
} totals[] = {{"nemotron-h-4b", 4489223040},
              {"nemotron-h-8b", 8100852736},
              {"nemotron-h-47b", 46791554816},
              {"nemotron-h-56b", 56324350464},
              {"nemotron-nano-9b-v2", 8888227328},
              {"nemotron-3-nano-4b", 3973556832},
              {"nemotron-3-nano-30b-a3b", 31577937344},
              {"nemotron-3-super-120b-a12b", 120668687360},
              {"qwen3-next-80b-a3b", 79674391296},
              {"deepseek-v3.2", 671877944064},
              {"glm-5", 743911218432},
              {"minimax-text-01", 456089655296},
              {"kimi-linear-48b-a3b", 49122681728},
              {"granite-4.0-h-small", 32207337984},
              {"jamba-v0.1", 51570323328},
              {"jamba-1.5-large", 398555145696},
              {"falcon-h1-7b", 7585513568},
              {"falcon-h1-34b", 33642221312},
              {"mamba2-2.7b", 2702599680},
              {"mamba2-8b", 8236999680}};

static tc_model known(const char *slug) {
    tc_model model = tc_default_model();
    tc_error error;
    if (tc_catalog_model(catalog, slug, &model, &error)) fail_msg("%s: %s", error.place, error.text);
    return model;
}

static void parameters_are_exact(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof totals / sizeof totals[0]; i++) {
        tc_model model = known(totals[i].slug);
        double n = tc_model_count(&model).parameters;
        if (n != totals[i].parameters)
            fail_msg("%s has %.0f parameters, not %.0f", totals[i].slug, n, totals[i].parameters);
    }
}

/* Forward and backward of Nemotron 3 Nano is 20.8 GFLOP a token at 8192, of GLM-5 without a shared indexer 304 at 4096 and 313.5 at 8192. */
static void flops_per_token(void **state) {
    (void)state;
    const struct {
        const char *slug;
        int seq;
        double gflop, within;
    } said[] = {{"nemotron-3-nano-30b-a3b", 8192, 20.8, 0.01},
                {"nemotron-3-nano-4b", 4096, 22.4, 0.015},
                {"glm-5", 4096, 304, 0.01},
                {"glm-5", 8192, 313.5, 0.01},
                {"gpt-oss-120b", 4096, 32.632, 0.003}};
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        tc_model model = known(said[i].slug);
        double flops = tc_model_flops_per_token(&model, said[i].seq, TC_FLOPS_CAUSAL, TC_RECOMPUTE_NONE, 0) / 1e9;
        assert_near(flops, said[i].gflop, said[i].within * said[i].gflop);
    }
}

static tc_operators whole(const tc_model *model, const tc_block *block, double tp) {
    tc_shard shard
        = {.sequences = 2, .seq = 4096, .tp = tp, .cp = 1, .ep = 1, .etp = 1, .input_bytes = 2, .activation_bytes = 2};
    tc_operators ops;
    tc_block_operators(model, block, &shard, &ops);
    return ops;
}

static const tc_operator *tagged(const tc_operators *ops, tc_op_tag tag) {
    for (int i = 0; i < ops->count; i++)
        if (ops->op[i].tag == tag) return &ops->op[i];
    fail_msg("no operator %s", tc_op_tag_names[tag]);
    return NULL;
}

/* 8192 tokens of 64 heads of 64, 8 groups, a state of 128 in chunks of 128. */
static void a_scan_by_hand(void **state) {
    (void)state;
    tc_model model = known("nemotron-3-nano-30b-a3b");
    tc_operators ops = whole(&model, &model.block[0], 1);
    double t = 8192, d = 4096, shared = 8 * 128;
    const tc_operator *scan = tagged(&ops, TC_TAG_SCAN);
    assert_near(scan->scan.flops, t * (2 * 128 * shared + 128 * d + 4 * 128 * d), 1);
    assert_near(tagged(&ops, TC_TAG_CONVOLUTION)->flops, 2 * 4 * t * (d + 2 * shared), 1);
    tc_accelerator device = round_accelerator();
    tc_stack stack = round_stack();
    device.vector_flops = 1e12;
    tc_rates rates;
    tc_error error;
    assert_int_equal(tc_rates_of(&device, &stack, TC_BF16, &rates, &error), TC_OK);
    tc_seconds forward = {0}, backward = {0};
    tc_forward_seconds(&rates, scan, &forward);
    tc_backward_seconds(&rates, scan, true, &backward);
    assert_near(forward.attention, scan->scan.flops / 1e12, 1e-9);
    assert_near(backward.attention, 2.5 * scan->scan.flops / 1e12, 1e-9);
    /* the delta rule: Qwen3-Next computes 180 k FLOPs a token and head for 98 k */
    model = known("qwen3-next-80b-a3b");
    ops = whole(&model, &model.block[0], 1);
    scan = tagged(&ops, TC_TAG_SCAN);
    assert_near(scan->scan.flops / t / 32, 64 * 10 * 128 + 6 * 128 * 128, 1e-6);
    assert_near(scan->flops / t / 32, 6 * 128 * 128, 1e-6);
    /* as PyTorch operators, 64 chunks of 64 rows: gradients of slices are of whole size */
    rates.eager_scans = true;
    rates.launch_s = 0;
    rates.host_s = 1;
    tc_seconds there = {0}, back = {0};
    tc_forward_seconds(&rates, scan, &there);
    tc_backward_seconds(&rates, scan, true, &back);
    assert_near(there.host, 6 * 64 + 18 * 64 + 30, 1e-9);
    assert_near(back.host, 17 * 64 + 60 * 64 + 60, 1e-9);
    double slices = t * 32 * 64 * (16 * 4 * 128 + 8 * 128 + 16 * 64), matrix = t * 32 * 56 * 64 * 64;
    assert_true(back.attention > (slices + matrix) / 1e12 && back.attention < 1.05 * (slices + matrix) / 1e12);
}

/* Two ranks of tensor parallelism hold half of the matrices and of the heads' parameters each, and half of what is kept. */
static void ranks_share_a_layer(void **state) {
    (void)state;
    static const char *const slugs[]
        = {"nemotron-h-8b", "qwen3-next-80b-a3b", "minimax-text-01", "kimi-linear-48b-a3b", "falcon-h1-34b"};
    for (size_t i = 0; i < sizeof slugs / sizeof slugs[0]; i++) {
        tc_model model = known(slugs[i]);
        tc_operators one = whole(&model, &model.block[0], 1), two = whole(&model, &model.block[0], 2);
        double scan = tagged(&one, TC_TAG_SCAN)->scan.flops;
        assert_near(tagged(&two, TC_TAG_SCAN)->scan.flops, scan / 2, 1e-6 * scan);
        assert_near(tagged(&two, TC_TAG_SCAN)->biases, tagged(&one, TC_TAG_SCAN)->biases / 2, 1e-9);
        assert_near(tagged(&two, TC_TAG_SCAN)->saved_bytes, tagged(&one, TC_TAG_SCAN)->saved_bytes / 2, 1);
        assert_near(tagged(&two, TC_TAG_OUT_PROJECTION)->weights, tagged(&one, TC_TAG_OUT_PROJECTION)->weights / 2,
                    1e-9);
    }
    tc_model model = known("qwen3-next-80b-a3b"); /* 16 key heads */
    tc_error error;
    tc_degrees degrees = {.tp = 32, .ep = 1, .etp = 1, .exchange = 1};
    assert_int_equal(tc_block_splits(&model.block[0], &degrees, &error), TC_INVALID);
    assert_string_equal(error.place, "--tp");
}

/* Beyond the keys that an indexer chooses, attention grows no more; without them it is that of all keys. */
static void chosen_keys_bound_attention(void **state) {
    (void)state;
    tc_model model = known("deepseek-v3.2");
    const tc_block *block = &model.block[1];
    tc_shard shard
        = {.sequences = 1, .seq = 32768, .tp = 1, .cp = 1, .ep = 1, .etp = 1, .input_bytes = 2, .activation_bytes = 2};
    tc_operators ops;
    tc_block_operators(&model, block, &shard, &ops);
    const tc_operator *attention = tagged(&ops, TC_TAG_ATTENTION);
    assert_near(attention->attention.pairs, 128.0 * (2048.0 * 32768 - 2048.0 * 2048 / 2), 1);
    assert_near(attention->flops, 2 * attention->attention.pairs * (512 + 64 + 512), 1);
    shard.seq = 2048;
    tc_block_operators(&model, block, &shard, &ops);
    attention = tagged(&ops, TC_TAG_ATTENTION);
    assert_near(attention->flops, 2 * 128.0 * 2048 * 1024 * (192 + 128), 1);
}

/* Runs that alternate are spread over the stages: each stage has as many of a kind as its share of the depth, to within one and a half. */
static void alternating_runs_are_spread(void **state) {
    (void)state;
    tc_model model = known("nemotron-3-nano-30b-a3b"); /* 23 + 6 + 23 of 52 */
    tc_placement p = {.layout = tc_default_layout(), .layers = 52};
    p.layout.pp = 4, p.layout.vpp = 1, p.layout.schedule = TC_SCHEDULE_1F1B;
    p.layout.first_layers = p.layout.last_layers = TC_UNSET;
    int sum[TC_MAX_BLOCKS] = {0};
    for (int stage = 0; stage < 4; stage++) {
        int counts[TC_MAX_BLOCKS], layers = 0;
        const tc_chunking chunking = tc_chunking_of(&model, &p);
        tc_chunk_blocks(&model, &chunking, stage, counts);
        for (int i = 0; i < model.blocks; i++) {
            if (fabs(counts[i] - model.block[i].count / 4.0) > 1.5)
                fail_msg("stage %d has %d of run %d", stage, counts[i], i);
            layers += counts[i];
            sum[i] += counts[i];
        }
        assert_int_equal(layers, 13);
    }
    for (int i = 0; i < model.blocks; i++) assert_int_equal(sum[i], model.block[i].count);
}

/* Adapters on layers without attention. */
static void adapters_on_recurrences(void **state) {
    (void)state;
    tc_question q = tc_default_question();
    tc_step step;
    tc_error error;
    q.job.model = known("nemotron-h-8b");
    q.job.global_batch = 64;
    q.cluster.accelerator = round_accelerator();
    q.cluster.fabric = round_fabric();
    q.cluster.devices = 8;
    q.stack = round_stack();
    assert_int_equal(tc_finetune_parse("lora:r=16,targets=all", "--finetune", &q.job, &error), TC_OK);
    if (tc_forecast(&q, &step, &error)) fail_msg("%s: %s", error.place, error.text);
    assert_true(step.step_s > 0 && step.mfu_pct <= 100);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_are_exact),
        cmocka_unit_test(flops_per_token),
        cmocka_unit_test(a_scan_by_hand),
        cmocka_unit_test(ranks_share_a_layer),
        cmocka_unit_test(chosen_keys_bound_attention),
        cmocka_unit_test(alternating_runs_are_spread),
        cmocka_unit_test(adapters_on_recurrences),
    };
    return cmocka_run_group_tests(tests, open_catalog, close_catalog);
}
