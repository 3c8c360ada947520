/* Parameters and FLOPs: exact counts of well-known models, the published totals of all, conventions by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fixture.h"
#include "catalog/catalog.h"
#include "layout/layout.h"
#include "machine.h"
#include "near.h"
#include "workload/operators.h"

static tc_model load(const char *slug) {
    tc_model model;
    tc_error error;
    if (tc_catalog_model(catalog, slug, &model, &error)) fail_msg("%s: %s", error.place, error.text);
    return model;
}

/* ---- parameters ------------------------------------------------------------------------ */

/* Totals of the checkpoints themselves, to the last weight. */
static void exact_counts(void **state) {
    (void)state;
    static const struct {
        const char *slug;
        double parameters;
    } known[] = {
        {"gpt2-124m", 124439808},      {"gpt2-1.5b", 1557611200},    {"llama-2-7b", 6738415616},
        {"llama-2-70b", 68976648192},  {"llama-3.1-8b", 8030261248}, {"llama-3.1-405b", 405853388800},
        {"mixtral-8x7b", 46702792704}, {"qwen2.5-32b", 32763876352}, {"qwen3-30b-a3b", 30532122624},
        {"deepseek-v3", 671026419200}, {"gemma-2-9b", 9241705984},   {"bloom-176b", 176247271424},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        tc_model model = load(known[i].slug);
        double counted = tc_model_count(&model).parameters;
        if (counted != known[i].parameters)
            fail_msg("%s: %.0f counted, %.0f in the checkpoint", known[i].slug, counted, known[i].parameters);
    }
}

/* Every model of the catalog that has a published total. */
static void published_counts(void **state) {
    (void)state;
    const tc_catalog_item *items;
    int count, compared = 0, off = 0;
    tc_error error;
    assert_int_equal(tc_catalog_list(catalog, TC_KIND_MODEL, &items, &count, &error), TC_OK);
    for (int i = 0; i < count; i++) {
        tc_model model = load(items[i].slug);
        if (model.parameters_published <= 0) continue;
        tc_model_size size = tc_model_count(&model);
        bool encoders = model.latents.stride > 0; /* published apart */
        double counted = size.parameters + (encoders ? 0 : size.tower_parameters);
        compared++;
        if (fabs(counted / model.parameters_published - 1) > 0.001) {
            print_error("%s: %.0f counted, %.0f published\n", items[i].slug, counted, model.parameters_published);
            off++;
        }
    }
    assert_true(compared >= 50);
    assert_int_equal(off, 0);
}

/* DeepSeek-V3's report: 671 B, 37 B active; its prediction module is apart. */
static void active_and_mtp(void **state) {
    (void)state;
    tc_model model = load("deepseek-v3");
    tc_model_size size = tc_model_count(&model);
    assert_near(size.active_parameters, 37.5e9, 0.2e9);
    assert_true(size.mtp_parameters > 11e9 && size.mtp_parameters < 12e9);
    model = load("mixtral-8x7b");
    assert_near(tc_model_count(&model).active_parameters, 12.9e9, 0.05e9);
}

/* What the ranks hold adds up to the model. */
static void shares_add_up(void **state) {
    (void)state;
    const tc_catalog_item *items;
    int count;
    tc_error error;
    assert_int_equal(tc_catalog_list(catalog, TC_KIND_MODEL, &items, &count, &error), TC_OK);
    for (int i = 0; i < count; i++) {
        tc_model model = load(items[i].slug);
        tc_counts counts;
        tc_count(&model, NULL, model.seq, &counts);
        tc_model_size size = counts.size;
        double norm = (model.norm_weight ? 1 : 0) + (model.norm_bias ? 1 : 0);
        double sum = size.embedding_parameters + size.head_parameters + (model.final_norm ? norm * model.hidden : 0);
        for (int b = 0; b < model.blocks; b++) {
            tc_block_weights w = counts.weights[b];
            sum += model.block[b].count * (w.tensor_parallel + w.expert + w.replicated);
            assert_true(w.expert_active <= w.expert);
        }
        assert_near(sum, size.parameters, 1);
        assert_true(size.active_parameters <= size.parameters);
        assert_true(size.active_parameters > 0);
    }
}

/* Leading dense layers stay, patterns keep their shares. */
static void cut_models(void **state) {
    (void)state;
    tc_error error;
    tc_model model = load("deepseek-v3");
    assert_int_equal(tc_model_cut(&model, 4, &error), TC_OK);
    assert_int_equal(model.blocks, 2);
    assert_true(model.block[0].count == 3 && model.block[1].count == 1 && model.block[1].ffn & TC_FFN_EXPERTS);
    assert_int_equal(model.layers_cut, 61);
    assert_string_equal(model.name, "DeepSeek-V3 671B, 4 of 61 layers");
    model = load("deepseek-v3");
    assert_int_equal(tc_model_cut(&model, 2, &error), TC_OK);
    assert_true(model.block[0].count == 1 && model.block[1].count == 1);
    model = load("gemma-3-27b"); /* 52 of 62 with a window */
    assert_int_equal(tc_model_cut(&model, 12, &error), TC_OK);
    assert_true(model.block[0].count == 10 && model.block[1].count == 2);
    model = load("llama-2-7b");
    assert_int_equal(tc_model_cut(&model, 32, &error), TC_OK);
    assert_int_equal(model.layers_cut, 0);
    assert_int_equal(tc_model_cut(&model, 33, &error), TC_INVALID);
    assert_string_equal(error.place, "--layers");
    assert_int_equal(tc_model_cut(&model, 0, &error), TC_INVALID);
}

/* ---- FLOPs ------------------------------------------------------------------------------- */

static double flops(const tc_model *model, int seq, tc_flops_convention convention, int recompute, double layers) {
    return tc_model_flops_per_token(model, seq, convention, recompute, layers);
}

/* Narayanan et al. 2021: a GPT layer is 72 h^2 and 12 s h a token, the head 6 V h. */
static void gpt_by_hand(void **state) {
    (void)state;
    tc_model gpt = load("gpt2-124m");
    double h = 768, layers = 12, seq = 1024, vocab = 50257;
    double gemm = layers * 72 * h * h + 6 * vocab * h, attention = layers * 12 * seq * h;
    double forward = layers * (24 * h * h + 4 * seq * h);
    assert_near(flops(&gpt, 1024, TC_FLOPS_6ND, TC_RECOMPUTE_NONE, 0), 6 * 124439808.0, 0.5);
    assert_near(flops(&gpt, 1024, TC_FLOPS_FULL, TC_RECOMPUTE_NONE, 0), gemm + attention, 0.5);
    assert_near(flops(&gpt, 1024, TC_FLOPS_CAUSAL, TC_RECOMPUTE_NONE, 0), gemm + attention / 2, 0.5);
    assert_near(flops(&gpt, 1024, TC_FLOPS_HARDWARE, TC_RECOMPUTE_NONE, 0), gemm + attention, 0.5);
    assert_near(flops(&gpt, 1024, TC_FLOPS_HARDWARE, TC_RECOMPUTE_FULL, 0), gemm + attention + forward, 0.5);
    assert_near(flops(&gpt, 1024, TC_FLOPS_HARDWARE, TC_RECOMPUTE_SELECTIVE, 0),
                gemm + attention + layers * 4 * seq * h, 0.5);
    assert_near(flops(&gpt, 1024, TC_FLOPS_HARDWARE, TC_RECOMPUTE_LAYERS, 3), gemm + attention + forward / 4, 0.5);
    /* twice the context: the matrix products stay, attention doubles */
    assert_near(flops(&gpt, 2048, TC_FLOPS_FULL, TC_RECOMPUTE_NONE, 0), gemm + 2 * attention, 0.5);
}

static void llama_by_hand(void **state) {
    (void)state;
    tc_model llama = load("llama-3.1-8b");
    double h = 4096, kv = 1024, ffn = 14336, layers = 32, seq = 8192, vocab = 128256;
    double gemm = 6 * layers * (2 * h * h + 2 * h * kv + 3 * h * ffn) + 6 * vocab * h,
           attention = 12 * layers * seq * h;
    assert_near(flops(&llama, 8192, TC_FLOPS_FULL, TC_RECOMPUTE_NONE, 0), gemm + attention, 1);
    assert_near(flops(&llama, 8192, TC_FLOPS_CAUSAL, TC_RECOMPUTE_NONE, 0), gemm + attention / 2, 1);
}

/* Routed experts count by top_k; a router is a matrix product. */
static void mixtral_by_hand(void **state) {
    (void)state;
    tc_model mixtral = load("mixtral-8x7b");
    double h = 4096, kv = 1024, ffn = 14336, layers = 32, seq = 4096, vocab = 32000;
    double gemm = 6 * layers * (2 * h * h + 2 * h * kv + 2 * 3 * h * ffn + 8 * h) + 6 * vocab * h;
    assert_near(flops(&mixtral, 4096, TC_FLOPS_FULL, TC_RECOMPUTE_NONE, 0), gemm + 12 * layers * seq * h, 1);
}

/* Latent attention: 576 + 1536 down, queries of 192, values of 128 (DeepSeek-V3's config.json). */
static void mla_by_hand(void **state) {
    (void)state;
    tc_model model = load("deepseek-v3");
    model.mtp_layers = 0;
    double h = 7168, heads = 128, seq = 4096, layers = 61;
    double attention_gemm = h * 1536 + 1536 * heads * 192 + h * 576 + 512 * heads * 256 + heads * 128 * h;
    double dense = 3 * h * 18432, moe = h * 256 + 9 * 3 * h * 2048;
    double gemm = 6 * (layers * attention_gemm + 3 * dense + 58 * moe) + 6 * 129280 * h;
    double attention = 3 * layers * 2 * seq * heads * (192 + 128);
    assert_near(flops(&model, 4096, TC_FLOPS_FULL, TC_RECOMPUTE_NONE, 0), gemm + attention, 1e3);
    assert_near(flops(&model, 4096, TC_FLOPS_CAUSAL, TC_RECOMPUTE_NONE, 0), gemm + attention / 2, 1e3);
}

/* For every model: 6ND of a dense one is about its matrix products; conventions are ordered. */
static void conventions_are_ordered(void **state) {
    (void)state;
    const tc_catalog_item *items;
    int count;
    tc_error error;
    assert_int_equal(tc_catalog_list(catalog, TC_KIND_MODEL, &items, &count, &error), TC_OK);
    for (int i = 0; i < count; i++) {
        tc_model m = load(items[i].slug);
        double causal = flops(&m, m.seq, TC_FLOPS_CAUSAL, TC_RECOMPUTE_NONE, 0),
               full = flops(&m, m.seq, TC_FLOPS_FULL, TC_RECOMPUTE_NONE, 0);
        double selective = flops(&m, m.seq, TC_FLOPS_HARDWARE, TC_RECOMPUTE_SELECTIVE, 0);
        double recomputed = flops(&m, m.seq, TC_FLOPS_HARDWARE, TC_RECOMPUTE_FULL, 0);
        if (!(0 < causal && causal <= full && full <= selective && selective <= recomputed
              && recomputed <= 4.0 / 3 * full * 1.0001))
            fail_msg("%s: %g %g %g %g", items[i].slug, causal, full, selective, recomputed);
    }
}

/* ---- operators --------------------------------------------------------------------------- */

static double sum_flops(const tc_operators *ops) {
    double sum = 0;
    for (int i = 0; i < ops->count; i++) sum += ops->op[i].flops;
    return sum;
}

/* The ranks of a tensor-parallel group share the block's work, those of a context-parallel group its tokens. */
static void ranks_share_the_work(void **state) {
    (void)state;
    tc_model model = round_gpt(1);
    for (int plain = 0; plain < 2; plain++) {
        tc_shard whole = {.sequences = 2,
                          .seq = 1024,
                          .tp = 1,
                          .cp = 1,
                          .ep = 1,
                          .etp = 1,
                          .input_bytes = 2,
                          .activation_bytes = 2,
                          .plain_attention = plain},
                 part = whole;
        tc_operators a, b;
        tc_block_operators(&model, &model.block[0], &whole, &a);
        part.tp = 4;
        tc_block_operators(&model, &model.block[0], &part, &b);
        assert_near(4 * sum_flops(&b), sum_flops(&a), 1);
        part.tp = 1;
        part.cp = 4;
        tc_block_operators(&model, &model.block[0], &part, &b);
        assert_near(4 * sum_flops(&b), sum_flops(&a), 1);
        assert_near(4 * b.tp_bytes, a.tp_bytes, 0.1);
    }
}

/* Balanced tokens: expert parallelism moves the work, it makes none. */
static void experts_share_the_work(void **state) {
    (void)state;
    tc_model model = round_moe(1);
    tc_shard whole
        = {.sequences = 1, .seq = 1024, .tp = 1, .cp = 1, .ep = 1, .etp = 1, .input_bytes = 2, .activation_bytes = 2},
        part = whole;
    part.ep = 8;
    tc_operators a, b;
    tc_block_operators(&model, &model.block[0], &whole, &a);
    tc_block_operators(&model, &model.block[0], &part, &b);
    assert_near(sum_flops(&b), sum_flops(&a), 1);
    /* every token goes to two experts: 2 bytes x 1024 tokens x 2 x 1024 wide */
    assert_near(b.ep_bytes, 2.0 * 1024 * 2 * 1024, 0.1);
}

/* 2 x 1024 copies of tokens, 1024 wide: 28 bytes an element forward and 36 back for biases that a chain of operators adds, and no FLOPs. Only
 * where experts have biases. */
static void biases_of_experts(void **state) {
    (void)state;
    tc_model model = round_moe(1);
    tc_shard shard
        = {.sequences = 1, .seq = 1024, .tp = 1, .cp = 1, .ep = 1, .etp = 1, .input_bytes = 2, .activation_bytes = 2};
    for (int biased = 0; biased < 2; biased++) {
        tc_operators fused, chain;
        model.block[0].experts.bias = biased;
        shard.bias_chain = false;
        tc_block_operators(&model, &model.block[0], &shard, &fused);
        shard.bias_chain = true;
        tc_block_operators(&model, &model.block[0], &shard, &chain);
        double forward = 0, backward = 0;
        for (int i = 0; i < chain.count; i++) forward += chain.op[i].bytes, backward += chain.op[i].backward_bytes;
        for (int i = 0; i < fused.count; i++) forward -= fused.op[i].bytes, backward -= fused.op[i].backward_bytes;
        assert_near(forward, biased * 28.0 * 2048 * 1024, 0.1);
        assert_near(backward, biased * 36.0 * 2048 * 1024, 0.1);
        assert_near(sum_flops(&chain), sum_flops(&fused), 0);
    }
}

/* A window of w keys: w tokens a query, but for the first ones that see fewer. */
static void windowed_attention(void **state) {
    (void)state;
    tc_model model = round_gpt(1);
    model.block[0].attention.window = 256;
    tc_shard shard
        = {.sequences = 1, .seq = 1024, .tp = 1, .cp = 1, .ep = 1, .etp = 1, .input_bytes = 2, .activation_bytes = 2};
    tc_operators ops;
    tc_block_operators(&model, &model.block[0], &shard, &ops);
    for (int i = 0; i < ops.count; i++)
        if (ops.op[i].kind == TC_OP_ATTENTION)
            assert_near(ops.op[i].attention.pairs, 16 * (256.0 * 256 / 2 + 768.0 * 256), 1);
}

/* Documents of 128 tokens: half of 128 keys a query, whatever the sequence. */
static void packed_documents(void **state) {
    (void)state;
    tc_model model = round_gpt(1);
    tc_shard shard = {.sequences = 1,
                      .seq = 1024,
                      .tp = 1,
                      .cp = 1,
                      .ep = 1,
                      .etp = 1,
                      .input_bytes = 2,
                      .activation_bytes = 2,
                      .document = 128};
    tc_operators ops;
    tc_block_operators(&model, &model.block[0], &shard, &ops);
    for (int i = 0; i < ops.count; i++)
        if (ops.op[i].kind == TC_OP_ATTENTION) assert_near(ops.op[i].attention.pairs, 16 * 1024.0 * 128 / 2, 1);
}

/* Half of the tokens kept: half of the experts' work and exchange; in sequence: a kernel an expert, the same work. */
static void capacity_and_sequence(void **state) {
    (void)state;
    tc_model model = round_moe(1);
    tc_shard all
        = {.sequences = 1, .seq = 1024, .tp = 1, .cp = 1, .ep = 2, .etp = 1, .input_bytes = 2, .activation_bytes = 2},
        half = all;
    half.capacity = 0.5;
    half.sequential_experts = true;
    tc_operators a, b;
    tc_block_operators(&model, &model.block[0], &all, &a);
    tc_block_operators(&model, &model.block[0], &half, &b);
    assert_near(2 * b.ep_bytes, a.ep_bytes, 0.1);
    for (int i = 0; i < a.count; i++) {
        if (a.op[i].tag != TC_TAG_EXPERT) continue;
        assert_near(2 * b.op[i].flops, a.op[i].flops, 1);
        assert_near(b.op[i].kernels, model.block[0].experts.experts / 2.0, 0);
        assert_near(a.op[i].kernels, 1, 0);
    }
}

/* Every layer is in one chunk; a module of multi-token prediction takes the place of two layers in the last one. */
static void layers_of_chunks(void **state) {
    (void)state;
    tc_model model = round_gpt(1);
    for (int layers = 4; layers <= 61; layers++)
        for (int chunks = 1; chunks <= 16 && chunks <= layers; chunks++)
            for (model.mtp_layers = 0; model.mtp_layers < 3; model.mtp_layers++) {
                model.block[0].count = layers;
                tc_placement p = {.layers = layers};
                p.layout = tc_default_layout();
                p.layout.pp = chunks;
                p.layout.vpp = 1;
                int sum = 0, counts[TC_MAX_BLOCKS];
                for (int c = 0; c < chunks; c++) {
                    const tc_chunking chunking = tc_chunking_of(&model, &p);
                    tc_chunk_blocks(&model, &chunking, c, counts);
                    assert_true(counts[0] >= 0);
                    sum += counts[0];
                }
                assert_int_equal(sum, layers);
                if (layers == 61 && chunks == 16 && model.mtp_layers == 1) assert_int_equal(counts[0], 1);
            }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_counts),          cmocka_unit_test(published_counts),
        cmocka_unit_test(active_and_mtp),        cmocka_unit_test(cut_models),
        cmocka_unit_test(shares_add_up),         cmocka_unit_test(gpt_by_hand),
        cmocka_unit_test(llama_by_hand),         cmocka_unit_test(mixtral_by_hand),
        cmocka_unit_test(mla_by_hand),           cmocka_unit_test(conventions_are_ordered),
        cmocka_unit_test(ranks_share_the_work),  cmocka_unit_test(experts_share_the_work),
        cmocka_unit_test(biases_of_experts),     cmocka_unit_test(windowed_attention),
        cmocka_unit_test(packed_documents),      cmocka_unit_test(layers_of_chunks),
        cmocka_unit_test(capacity_and_sequence),
    };
    return cmocka_run_group_tests(tests, open_catalog, close_catalog);
}
