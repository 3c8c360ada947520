/* Blocks by their parts: layers without attention or without a feed-forward part, models without a vocabulary, queries
 * and keys of different number, and what degrees a part allows; by sums on the round machine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/kernel.h"
#include "machine.h"
#include "near.h"
#include "workload/parts.h"

#define H 1024.0
#define FFN 4096.0
#define TOKENS 1024.0

/* So many layers of an MLP and a norm, between no embedding and no head. */
static tc_model trunk(int layers) {
    tc_model m = round_gpt(layers);
    m.vocab = m.learned_positions = 0;
    m.positions = TC_POSITIONS_NONE;
    m.tied_embeddings = m.lm_head = false;
    m.block[0].mixer = TC_MIXER_NONE;
    m.block[0].norms = 1;
    return m;
}

static tc_question one_device(tc_model model) {
    tc_question q = round_machine(1);
    q.job.model = model;
    q.job.global_batch = 1;
    return q;
}

static double gemm(const tc_question *q, double m, double n, double k, double extra_bytes) {
    tc_rates rates;
    assert_int_equal(tc_rates_of(&q->cluster.accelerator, &q->stack, q->job.dtype, &rates, NULL), TC_OK);
    return tc_gemm_seconds(&rates, true, 1, m, n, k, extra_bytes);
}

/* Forward, gradient of the input, gradient of the weights that reads and writes 4 bytes of each. */
static double gemms(const tc_question *q, double n, double k) {
    return gemm(q, TOKENS, n, k, 0) + gemm(q, TOKENS, k, n, 0) + gemm(q, k, n, TOKENS, 8 * n * k);
}

/* What a trunk's step is: matrix products of its MLPs, traffic of norms and activations, the optimizer; nothing else. */
static void a_trunk_by_hand(void **state) {
    (void)state;
    tc_question q = one_device(trunk(3));
    tc_step step;
    assert_int_equal(tc_forecast(&q, &step, NULL), TC_OK);
    const tc_breakdown *b = &step.breakdown;
    assert_near(b->gemm, 3 * (gemms(&q, FFN, H) + gemms(&q, H, FFN)), 1e-12);
    /* a norm, the final one too: 8 bytes an element and 10, as single kernels 1.25 times; an activation without gate: 4 and
     * 6, 1.67 times */
    assert_near(b->memory_bound, (1.25 * 4 * 18 * TOKENS * H + 1.67 * 3 * 10 * TOKENS * FFN) / 1e12, 1e-12);
    double weights = 3 * (2 * H * FFN + FFN + H + 2 * H) + 2 * H;
    assert_near(tc_model_count(&q.job.model).parameters, weights, 0);
    /* the final norm's few weights are left out of memory and optimizer */
    assert_near(b->optimizer, (weights - 2 * H) * (2 * 12 + 2 * 4 + 2) / 1e12, 1e-12);
    assert_near(step.step_s, b->gemm + b->memory_bound + b->optimizer, 1e-12);
    assert_near(step.model_flops[TC_FLOPS_FULL], TOKENS * 6 * 3 * 2 * H * FFN, 1);
    /* kept: a norm's input and output, the activation's input and output; of the final norm its input and output */
    assert_near(step.memory.activations + step.memory.logits, TOKENS * (4 * 4 * H + 3 * 4 * FFN), 1);
}

/* Attention alone has no traffic of an MLP, and one collective of tensor parallelism where a layer of both has two. */
static void one_part_alone(void **state) {
    (void)state;
    tc_model both = round_gpt(1), alone = both, mlp = trunk(1);
    alone.block[0].ffn = TC_FFN_NONE;
    alone.block[0].norms = 1;
    tc_shard shard
        = {.sequences = 1, .seq = 1024, .tp = 2, .cp = 1, .ep = 1, .etp = 1, .input_bytes = 2, .activation_bytes = 2};
    tc_operators ops, first, second;
    tc_block_operators(&both, &both.block[0], &shard, &ops);
    tc_block_operators(&alone, &alone.block[0], &shard, &first);
    tc_block_operators(&mlp, &mlp.block[0], &shard, &second);
    assert_int_equal(ops.tp_collectives, 2);
    assert_int_equal(first.tp_collectives, 1);
    assert_int_equal(second.tp_collectives, 1);
    assert_int_equal(first.count + second.count, ops.count);
    tc_counts of_both, of_first, of_second;
    tc_count(&both, NULL, 1024, &of_both);
    tc_count(&alone, NULL, 1024, &of_first);
    tc_count(&mlp, NULL, 1024, &of_second);
    assert_near(of_first.weights[0].tensor_parallel, 4 * H * H + 3 * H, 0);
    assert_near(of_first.weights[0].replicated, H + 2 * H, 0);
    assert_near(of_first.weights[0].tensor_parallel + of_second.weights[0].tensor_parallel,
                of_both.weights[0].tensor_parallel, 0);
    assert_near(of_second.flops.attention, 0, 0);
    assert_near(of_first.flops.attention, of_both.flops.attention, 0);
    alone.block[0].mixer = TC_MIXER_NONE; /* nothing is left of it but its norm */
    tc_block_operators(&alone, &alone.block[0], &shard, &first);
    assert_int_equal(first.count, 1);
    assert_int_equal(first.tp_collectives, 0);
}

/* A dense MLP beside experts, each of its own kind: the weights of both, one tensor-parallel sum. */
static void both_feed_forward_parts(void **state) {
    (void)state;
    tc_model m = round_moe(1), dense = m, experts = m;
    m.block[0].ffn = TC_FFN_DENSE | TC_FFN_EXPERTS;
    m.block[0].dense = dense.block[0].dense = (tc_dense){.kind = TC_MLP_PLAIN, .ffn = 4096};
    dense.block[0].ffn = TC_FFN_DENSE;
    double of_both = tc_model_count(&m).parameters, of_dense = tc_model_count(&dense).parameters;
    assert_near(of_both - tc_model_count(&experts).parameters, 2 * H * FFN, 0);
    assert_near(of_both - of_dense, 8 * 3 * H * 2048 + 8 * H, 0);
    tc_shard shard
        = {.sequences = 1, .seq = 1024, .tp = 2, .cp = 1, .ep = 1, .etp = 2, .input_bytes = 2, .activation_bytes = 2};
    tc_operators ops;
    tc_block_operators(&m, &m.block[0], &shard, &ops);
    assert_int_equal(ops.tp_collectives, 2);
}

/* The most that a block can hold: latent attention written to memory, experts, shared ones and an MLP, and every norm. */
static void the_fullest_block(void **state) {
    (void)state;
    tc_model m = round_moe(1);
    tc_block *b = &m.block[0];
    b->mixer = TC_MIXER_LATENT;
    b->latent = (tc_latent){.heads = 16, .q_rank = 512, .kv_rank = 128, .nope_dim = 64, .rope_dim = 32, .v_dim = 64};
    b->ffn = TC_FFN_DENSE | TC_FFN_EXPERTS;
    b->dense.ffn = b->experts.shared_ffn = 2048;
    tc_shard shard = {.sequences = 1, .seq = 1024, .tp = 1, .cp = 1, .ep = 1, .etp = 1, .plain_attention = true};
    tc_operators ops;
    for (b->norms = 0; b->norms <= 1000000; b->norms = b->norms < 10 ? b->norms + 1 : 1000 * b->norms) {
        tc_block_operators(&m, b, &shard, &ops);
        assert_int_equal(ops.count, 24 + (b->norms < TC_MAX_NORMS ? b->norms : TC_MAX_NORMS));
        assert_true(ops.count <= TC_MAX_OPERATORS);
    }
}

static tc_operator core_of(const tc_attention_core *core, double cp, tc_operators *ops) {
    tc_shard shard = {.sequences = 2, .seq = core->queries, .tp = 1, .cp = cp};
    *ops = (tc_operators){.count = 0};
    tc_add_attention(ops, core, &shard);
    assert_int_equal(ops->count, 1);
    return ops->op[0];
}

/* Image tokens that look at a text of 128: 8 heads of 64, 2 of keys and values, in 2 sequences. */
static void queries_to_other_keys(void **state) {
    (void)state;
    tc_attention_core core = {.heads = 8, .kv_heads = 2, .qk_dim = 64, .v_dim = 64, .queries = 1024, .keys = 128};
    tc_operators ops;
    tc_operator op = core_of(&core, 1, &ops);
    double q = 2 * 2 * 1024 * 8 * 64.0, kv = 2 * 2 * 128 * 2 * 2 * 64.0;
    assert_near(op.attention.pairs, 2 * 8 * 1024 * 128.0, 0);
    assert_near(op.attention.keys, 128, 0);
    assert_near(op.flops, 4 * 64 * op.attention.pairs, 0);
    assert_near(op.bytes, 2 * q + kv, 0);
    assert_near(op.saved_bytes, q + kv + 4 * 2 * 1024 * 8, 0);
    assert_near(ops.cp_bytes, kv, 0);
    /* four ranks of a ring: a quarter of the queries each, of all keys, of which it holds a quarter */
    op = core_of(&core, 4, &ops);
    assert_near(op.attention.pairs, 2 * 8 * 256 * 128.0, 0);
    assert_near(op.bytes, 2 * q / 4 + kv, 0);
    assert_near(ops.cp_bytes, kv / 4, 0);
    /* with scores in memory: 2 x 8 x 1024 x 128 of them */
    tc_shard plain = {.sequences = 2, .seq = 1024, .tp = 1, .cp = 1, .plain_attention = true};
    ops = (tc_operators){.count = 0};
    tc_add_attention(&ops, &core, &plain);
    assert_near(ops.op[0].flops + ops.op[2].flops, 4 * 64 * 2 * 8 * 1024 * 128.0, 0);
    assert_near(ops.op[1].bytes, 4 * 2 * 8 * 1024 * 128.0, 0);
}

/* The last queries of a longer past, under a causal mask: each sees all before it. */
static void queries_to_a_cache(void **state) {
    (void)state;
    tc_attention_core core
        = {.heads = 8, .kv_heads = 8, .qk_dim = 64, .v_dim = 64, .queries = 16, .keys = 4096, .causal = true};
    tc_operators ops;
    /* 4080 of the cache, and half of the 16 */
    assert_near(core_of(&core, 1, &ops).attention.pairs, 2 * 8 * 16 * (4080 + 8.0), 0);
    core.keys = 16;
    assert_near(core_of(&core, 1, &ops).attention.pairs, 2 * 8 * 16 * 8.0, 0);
    core.keys = 4096;
    core.window = 1024; /* all of them see a full window */
    assert_near(core_of(&core, 1, &ops).attention.pairs, 2 * 8 * 16 * 1024.0, 0);
    core.queries = 3584; /* the first of them see 512 keys: 512 are short of it, by half of that on average */
    assert_near(core_of(&core, 1, &ops).attention.pairs, 2 * 8 * (3584 * 1024 - 512 * 256.0), 1e-3);
}

static tc_code splits(const tc_block *block, int tp, int ep, int etp, int exchange, tc_error *error) {
    return tc_block_splits(block, &(tc_degrees){tp, ep, etp, exchange}, error);
}

/* Heads, key-value heads, experts and their width bound the degrees; a block without attention takes any. */
static void what_parts_allow(void **state) {
    (void)state;
    tc_block b = round_moe(1).block[0]; /* 16 heads, 8 of keys and values; 8 experts of 2048 */
    tc_error error;
    assert_int_equal(splits(&b, 16, 8, 1, 1, &error), TC_OK);
    assert_int_equal(splits(&b, 3, 1, 1, 1, &error), TC_INVALID);
    assert_string_equal(error.place, "--tp");
    b.attention.kv_heads = 6;
    assert_int_equal(splits(&b, 4, 1, 1, 1, &error), TC_INVALID);
    assert_string_equal(error.text, "4 and 6 key-value heads do not divide; choose a divisor or a multiple");
    assert_int_equal(splits(&b, 2, 1, 1, 16, &error), TC_INVALID);
    assert_string_equal(error.place, "--cp-kind");
    assert_int_equal(splits(&b, 1, 3, 1, 1, &error), TC_INVALID);
    assert_string_equal(error.place, "--ep");
    assert_int_equal(splits(&b, 1, 1, 3, 1, &error), TC_INVALID);
    assert_string_equal(error.place, "--etp");
    b.mixer = TC_MIXER_LATENT;
    b.latent.heads = 12;
    assert_int_equal(splits(&b, 8, 1, 1, 1, NULL), TC_INVALID);
    assert_int_equal(splits(&b, 4, 1, 1, 3, &error), TC_OK);
    b.mixer = TC_MIXER_NONE;
    b.ffn = TC_FFN_DENSE;
    assert_int_equal(splits(&b, 7, 7, 7, 7, &error), TC_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trunk_by_hand),         cmocka_unit_test(one_part_alone),
        cmocka_unit_test(both_feed_forward_parts), cmocka_unit_test(the_fullest_block),
        cmocka_unit_test(queries_to_other_keys),   cmocka_unit_test(queries_to_a_cache),
        cmocka_unit_test(what_parts_allow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
