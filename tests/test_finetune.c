/* test_finetune.c - fine-tuning: words there and back, adapters' parameters, FLOPs and kernels, narrow bases, preferences, memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
/* after the standard headers */
#include <cmocka.h>

#include "device/kernel.h"
#include "machine.h"
#include "near.h"
#include "workload/finetune.h"

static tc_step step_of(const tc_question *q) {
    tc_step step;
    tc_error error = {0};
    if (tc_forecast(q, &step, &error)) fail_msg("%s: %s", error.place, error.text);
    return step;
}

static tc_question tuned(tc_model model, const char *finetune, int devices) {
    tc_question q = round_machine(devices);
    tc_error error = {0};
    q.job.model = model;
    if (tc_finetune_parse(finetune, "finetune", &q.job, &error)) fail_msg("%s", error.text);
    return q;
}

/* ---- words -------------------------------------------------------------------------- */

static void words_there_and_back(void **state) {
    (void)state;
    static const char *const same[] = {"full",
                                       "lora:r=8,targets=q+v",
                                       "lora:r=64,targets=all,dropout,embeddings",
                                       "qlora:r=16,targets=attention",
                                       "qlora:r=16,targets=mlp,bits=4-double",
                                       "qlora:r=16,targets=qkv+gate_up,bits=8",
                                       "dpo",
                                       "dpo-lora:r=16,targets=all,cached-reference",
                                       "orpo-qlora:r=4,targets=o+down",
                                       "kto",
                                       "reward",
                                       "full:chunked-loss,step-in-backward,states=8",
                                       "full:states=16,documents=512",
                                       "full:paged,states=8",
                                       "lora:r=16,targets=all,mean-tokens=300",
                                       "dpo:mean-tokens=300,spread=0.2"};
    char text[TC_FINETUNE_TEXT];
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        tc_job job = tc_default_job();
        assert_int_equal(tc_finetune_parse(same[i], "finetune", &job, NULL), TC_OK);
        assert_string_equal(tc_finetune_text(&job, text, sizeof text), same[i]);
    }
    tc_job job = tc_default_job();
    assert_int_equal(tc_finetune_parse("lora:targets=q_proj+v_proj", "finetune", &job, NULL), TC_OK);
    assert_string_equal(tc_finetune_text(&job, text, sizeof text), "lora:r=16,targets=q+v");
    assert_int_equal(tc_finetune_parse("lora:targets=c_attn+c_proj+w1+w2", "finetune", &job, NULL), TC_OK);
    assert_int_equal(job.finetune.targets,
                     TC_ADAPTED_QKV | TC_ADAPTED_O | TC_ADAPTED_GATE | TC_ADAPTED_UP | TC_ADAPTED_DOWN);
}

static void wrong_words_are_named(void **state) {
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {{"lorax", "'lorax' is unknown; give full"},
                 {"", "'' is unknown; give full"},
                 {"full:r=8", "'r' is of adapters; give lora or qlora"},
                 {"dpo:dropout", "'dropout' is of adapters; give lora or qlora"},
                 {"lora:r=0", "r '0'; a whole number from 1"},
                 {"lora:r=8x", "r '8x'; a whole number from 1"},
                 {"lora:targets=head", "'head' is unknown; give targets="},
                 {"qlora:bits=3", "'3' is unknown; give bits=4"},
                 {"full:states=12", "'12' is unknown; give states=16"},
                 {"full:states=4", "'4' is unknown; give states=16"},
                 {"full:spread=0.2", "give mean-tokens=N"},
                 {"full:mean-tokens=9,spread=11", "spread '11'; a number from 0 to 10"},
                 {"full:mean-tokens=9,spread=", "spread ''; a number from 0 to 10"},
                 {"full:mean-tokens=0", "mean-tokens '0'; a whole number from 1"},
                 {"full:mean-tokens=9,documents=9", "give one of them"},
                 {"lora:colour=red", "'colour' is unknown; give r=N"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tc_job job = tc_default_job();
        tc_error error = {0};
        assert_int_equal(tc_finetune_parse(cases[i].text, "--finetune", &job, &error), TC_INVALID);
        assert_string_equal(error.place, "--finetune");
        if (!strstr(error.text, cases[i].says)) fail_msg("%s", error.text);
    }
}

/* ---- adapters ------------------------------------------------------------------------ */

static tc_model catalog_model(const char *slug) {
    tc_catalog *catalog;
    tc_model model;
    assert_int_equal(tc_catalog_open(NULL, 0, &catalog, NULL), TC_OK);
    assert_int_equal(tc_catalog_model(catalog, slug, &model, NULL), TC_OK);
    tc_catalog_close(catalog);
    return model;
}

/* r (in + out) of each linear: totals that PEFT prints for the checkpoints. */
static void parameters_of_adapters(void **state) {
    (void)state;
    static const struct {
        const char *model, *finetune;
        double parameters;
    } cases[] = {
        {"llama-3-8b", "lora:r=16,targets=all", 41943040}, /* "trainable params: 41,943,040" */
        {"llama-3-8b", "lora:r=8,targets=q+v", 3407872},   /* 32 x 8 x (8192 + 5120) */
        {"llama-2-7b", "lora:r=8,targets=q+v", 4194304},   /* PEFT's example of 7 B */
        {"llama-2-7b", "lora:r=64,targets=all", 159907840},
        {"llama-2-70b", "lora:r=16,targets=qkv+o", 44564480}, /* MLPerf's: 80 x 16 x (8192 + 10240 + 16384) */
        /* top 8 of 128 are at work, all are there: 48 x (8 x (4096 + 2048 + ...)) by hand */
        {"qwen3-30b-a3b", "lora:r=8,targets=gate+up+down", 48.0 * 128 * 3 * 8 * (2048 + 768)},
        /* finetrainers prints so many: attention to latents and to text, 28 x 8 x 128 x (2048 + 2048) */
        {"ltx-video-2b", "lora:r=128,targets=to_q+to_k+to_v+to_out.0", 117440512},
        {"ltx-video-2b", "lora:r=8,targets=k+v", 28.0 * 4 * 8 * (2048 + 2048)},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tc_question q = tuned(catalog_model(cases[i].model), cases[i].finetune, 1);
        assert_near(tc_trained_parameters(&q.job), cases[i].parameters, 0);
    }
    /* latent attention, all of its projections: queries and keys down and up, the output */
    tc_model m = catalog_model("deepseek-v3");
    tc_question q = tuned(m, "lora:r=8,targets=attention", 1);
    double one
        = 8 * ((7168 + 1536) + (1536 + 128.0 * 192) + (7168 + 512 + 64) + (512 + 128.0 * 256) + (128.0 * 128 + 7168));
    assert_near(tc_trained_parameters(&q.job), 61 * one, 0);
    tc_counts counts;
    tc_question experts = tuned(catalog_model("qwen3-30b-a3b"), "lora:r=8,targets=gate+up+down", 1);
    tc_count(&experts.job.model, &experts.job.finetune, 1, &counts);
    assert_near(counts.adapters.active_parameters, counts.adapters.parameters * 8 / 128, 0);
}

/* A plain MLP of h to 4 h and back, attention of h: 4 h h + 8 h h weights a layer. Adapters add 6 r (in + out) FLOPs a token to 4 of each weight. */
static void flops_of_adapters(void **state) {
    (void)state;
    double h = 1024, rank = 16, sum = 3 * (h + h) + (h + h) + 2 * (h + 4 * h), tokens = 1024;
    tc_question q = tuned(round_gpt(8), "lora:r=16", 1), none = q;
    none.job.finetune = (tc_finetune){0};
    tc_step with = step_of(&q), without = step_of(&none);
    for (int c = TC_FLOPS_6ND; c <= TC_FLOPS_HARDWARE; c++)
        assert_near(with.model_flops[c] - without.model_flops[c], 8 * 6 * rank * sum * tokens,
                    1e-9 * with.model_flops[c]);
    q.layout.recompute = none.layout.recompute = TC_RECOMPUTE_FULL;
    assert_near(step_of(&q).model_flops[TC_FLOPS_HARDWARE] - step_of(&none).model_flops[TC_FLOPS_HARDWARE],
                8 * 8 * rank * sum * tokens, 1e-9 * with.model_flops[0]);
    assert_true(with.mfu_pct <= 100 && with.hfu_pct <= 100 && with.step_s > without.step_s);
}

static tc_shard one_rank(const char *finetune, tc_job *job) {
    assert_int_equal(tc_finetune_parse(finetune, "finetune", job, NULL), TC_OK);
    return (tc_shard){.sequences = 1,
                      .seq = 1024,
                      .tp = 1,
                      .cp = 1,
                      .ep = 1,
                      .etp = 1,
                      .input_bytes = 2,
                      .activation_bytes = 2,
                      .frozen = true,
                      .adapter_rank = job->finetune.rank,
                      .adapter_targets = job->finetune.targets,
                      .adapter_dropout = job->finetune.dropout,
                      .base_bytes = job->finetune.base_bits / 8};
}

static const tc_operator *adapter_at(const tc_operators *ops, int nth) {
    for (int i = 0; i < ops->count; i++)
        if (ops->op[i].kind == TC_OP_ADAPTER && nth-- == 0) return &ops->op[i];
    return NULL;
}

static double saved(const tc_operators *ops) {
    double sum = 0;
    for (int i = 0; i < ops->count; i++) sum += ops->op[i].saved_bytes;
    return sum;
}

/* Two thin products, a product with the scale and a sum, dropout: five kernels each way of a linear; backward four products. */
static void kernels_and_bytes_of_an_adapter(void **state) {
    (void)state;
    tc_model m = round_gpt(1);
    tc_job job = tc_default_job();
    tc_operators ops;
    double t = 1024, h = 1024, rank = 8;
    tc_shard shard = one_rank("lora:r=8,targets=q+v,dropout", &job);
    tc_block_operators(&m, &m.block[0], &shard, &ops);
    const tc_operator *a = adapter_at(&ops, 0);
    assert_non_null(a);
    assert_null(adapter_at(&ops, 1));
    assert_near(a->kernels, 2 * 5, 0);
    assert_near(a->adapter.backward_kernels, 2 * 7, 0);
    assert_near(a->flops, 2 * t * rank * (2 * h + 2 * h), 0);
    assert_near(a->bytes, 2 * t * h * (10 + 5), 0);
    assert_near(a->backward_bytes, 2 * t * h * (4 + 6 + 5), 0);
    assert_near(a->saved_bytes, 2 * (2 * t * rank + 3 * t * h), 0);
    /* a stack that has dropout unasked; without it, cast for each adapter: a copy more of the two */
    tc_question q = tuned(m, "lora:r=8,targets=q+v", 1);
    double with = step_of(&q).memory.activations;
    q.stack.kernels.adapter_dropout = true;
    assert_near(step_of(&q).memory.activations - with, 2 * 3 * t * h, 0);
    shard = one_rank("lora:r=8,targets=q+v", &job);
    shard.cast_inputs = true;
    tc_block_operators(&m, &m.block[0], &shard, &ops);
    assert_near(adapter_at(&ops, 0)->saved_bytes, 2 * 2 * t * rank + 2 * t * h, 0);
    /* one for queries, keys and values at once has the input once */
    shard = one_rank("lora:r=8,targets=qkv", &job);
    shard.fused_adapters = true;
    tc_block_operators(&m, &m.block[0], &shard, &ops);
    a = adapter_at(&ops, 0);
    assert_near(a->weights + a->replicated, rank * (h + 3 * h), 0);
    assert_near(a->kernels, 2, 0);
    assert_near(a->bytes, 2 * t * 3 * h, 0);
}

/* The inputs of linears with an adapter are kept, those of the others are not; an MLP's second matrix has its own. */
static void inputs_that_adapters_need(void **state) {
    (void)state;
    tc_model m = round_gpt(1);
    tc_job job = tc_default_job();
    tc_operators none, first, all, trained;
    tc_shard shard = one_rank("lora:r=8,targets=all", &job);
    double t = 1024, h = 1024, thin = 2 * t * 8;
    tc_block_operators(&m, &m.block[0], &shard, &all);
    shard.adapter_targets = TC_ADAPTED_Q;
    tc_block_operators(&m, &m.block[0], &shard, &first);
    shard.adapter_rank = 0;
    tc_block_operators(&m, &m.block[0], &shard, &none);
    shard.frozen = false;
    tc_block_operators(&m, &m.block[0], &shard, &trained);
    /* q, k, v, out, up, down: A x of each; the rest is what training of all keeps */
    assert_near(saved(&all), saved(&trained) + 6 * thin, 0);
    /* of the MLP neither its input nor that of its second matrix */
    assert_near(saved(&first), saved(&all) - 5 * thin - 2 * t * h - 2 * t * 4 * h, 0);
    assert_near(saved(&none), saved(&trained) - 2 * t * 4 * h, 0);
}

/* Gradients of the base do not go: communication of adapters alone, whatever their base's size. */
static void gradients_of_adapters_alone(void **state) {
    (void)state;
    tc_question q = tuned(round_gpt(8), "lora:r=8", 16);
    q.job.global_batch = 16;
    double n = tc_trained_parameters(&q.job), ranks = 16;
    tc_step step = step_of(&q);
    assert_in_range(n, 1, 2000000);
    /* at most an all-reduce of them in fp32 over the network */
    assert_true(step.breakdown.dp_comm > 0 && step.breakdown.dp_comm < 2 * 2 * 4 * n / 25e9 * (ranks - 1) / ranks);
    assert_near(step.memory.gradients, 4 * n, 1e-6 * n);
    assert_near(step.memory.optimizer, 12 * n, 1e-6 * n);
    double base = tc_model_count(&q.job.model).parameters;
    assert_near(step.memory.parameters, 2 * (base + n), 1e-3 * base);
    /* ZeRO-3 still gathers the base, forward and backward */
    q = tuned(round_gpt(8), "lora:r=8", 8);
    q.layout.sharding = TC_SHARD_ZERO3;
    tc_step sharded = step_of(&q);
    assert_near(sharded.breakdown.dp_comm, 2 * 2 * base * 7 / 8 / 200e9, 0.05 * base / 200e9);
    assert_near(sharded.memory.parameters, 2 * (base + n) / 8, 1e-3 * base);
}

/* ---- a narrow base -------------------------------------------------------------------- */

/* (b / 8 + 2) bytes a weight of the layers for each pass, whatever the tokens; three passes with recompute. */
static void dequantisation_by_hand(void **state) {
    (void)state;
    double layers = 8 * 12.0 * 1024 * 1024;
    for (int seq = 256; seq <= 1024; seq *= 2) {
        tc_question narrow = tuned(round_gpt(8), "qlora:r=8", 1), wide = tuned(round_gpt(8), "lora:r=8", 1);
        narrow.job.seq = wide.job.seq = seq;
        double pass = layers * (4.5 / 8 + 2) / 1e12;
        assert_near(step_of(&narrow).step_s - step_of(&wide).step_s, 2 * pass, 1e-9);
        narrow.layout.recompute = wide.layout.recompute = TC_RECOMPUTE_FULL;
        assert_near(step_of(&narrow).step_s - step_of(&wide).step_s, 3 * pass, 1e-9);
        narrow.stack.params.dequantise_passes = 8;
        assert_near(step_of(&narrow).step_s - step_of(&wide).step_s, 24 * pass, 1e-9);
    }
}

static void memory_of_a_narrow_base(void **state) {
    (void)state;
    tc_question wide = tuned(round_gpt(8), "lora:r=8", 1);
    double at16 = step_of(&wide).memory.parameters, h = 1024, layers = 8 * (12 * h * h + 13 * h);
    static const struct {
        const char *finetune;
        double bits;
    } cases[] = {{"qlora:r=8", 4.5}, {"qlora:r=8,bits=4-double", 4.127}, {"qlora:r=8,bits=8", 8.004}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tc_question q = tuned(round_gpt(8), cases[i].finetune, 1);
        tc_step step = step_of(&q);
        /* embedding, head and last norm stay in 16 bit */
        assert_near(step.memory.parameters, at16 - (16 - cases[i].bits) / 8 * layers, 1e-3 * layers);
        assert_near(step.memory.buffers, 2 * 4 * h * h, 0); /* the largest matrix, made 16-bit */
    }
}

/* ---- preferences ----------------------------------------------------------------------- */

/* DPO: a chosen and a rejected sequence, forward and backward, and the reference's forward: 16 N a token of the pair, 12 N with adapters. */
static void flops_of_preferences(void **state) {
    (void)state;
    static const struct {
        const char *finetune;
        double sequences, per_parameter;
    } cases[] = {{"full", 1, 6},
                 {"dpo", 2, 8},
                 {"dpo:cached-reference", 2, 6},
                 {"dpo-lora:r=1,targets=q", 2, 6},
                 {"orpo", 2, 6},
                 {"kto", 1, 12},
                 {"reward", 2, 6}};
    tc_model_size size;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tc_question q = tuned(round_gpt(8), cases[i].finetune, 1);
        size = tc_model_count(&q.job.model);
        tc_step step = step_of(&q);
        assert_near(step.tokens_per_step, cases[i].sequences * 1024, 0);
        double adapters = q.job.frozen_base ? 6 * tc_trained_parameters(&q.job) : 0;
        assert_near(step.model_flops[TC_FLOPS_6ND],
                    step.tokens_per_step * (cases[i].per_parameter * size.active_parameters + adapters),
                    1e-9 * step.model_flops[TC_FLOPS_6ND]);
        assert_true(step.mfu_pct <= 100);
    }
}

static void time_and_memory_of_preferences(void **state) {
    (void)state;
    tc_question q = tuned(round_gpt(8), "orpo", 1);
    tc_step orpo = step_of(&q);
    double n = tc_model_count(&q.job.model).parameters;
    q.job.finetune.preference = TC_PREFERENCE_DPO;
    tc_step dpo = step_of(&q);
    /* a further forward: between a quarter and two fifths of a forward and a backward */
    double work = orpo.step_s - orpo.breakdown.optimizer;
    assert_true(dpo.step_s - orpo.step_s > 0.25 * work && dpo.step_s - orpo.step_s < 0.4 * work);
    assert_near(dpo.memory.parameters - orpo.memory.parameters, 2 * n, 1e-3 * n);
    /* the reference has no backward pass: its logits are gone before the model's take most */
    assert_near(dpo.memory.logits, orpo.memory.logits, 0);
    /* the base without its adapters is the reference of a model with some */
    q = tuned(round_gpt(8), "dpo-lora:r=8", 1);
    assert_near(step_of(&q).memory.parameters, 2 * (n + tc_trained_parameters(&q.job)), 1e-3 * n);
    /* a reward is one number: no logits but for the last norm, no products with the vocabulary */
    q = tuned(round_gpt(8), "reward", 1);
    tc_step reward = step_of(&q);
    assert_near(reward.memory.logits, 2 * 1024 * 4 * 1024.0, 0);
    assert_near(orpo.model_flops[TC_FLOPS_FULL] - reward.model_flops[TC_FLOPS_FULL], 6 * 2 * 1024 * 1024.0 * 32768,
                1e3);
}

/* ---- memory of recipes ------------------------------------------------------------------ */

static void memory_tricks(void **state) {
    (void)state;
    tc_question q = tuned(round_gpt(8), "full", 1);
    double n = tc_model_count(&q.job.model).parameters;
    tc_step plain = step_of(&q);
    assert_near(plain.memory.optimizer, 12 * n, 1e-3 * n);
    tc_question sixteen = tuned(round_gpt(8), "full:states=16", 1);
    assert_near(step_of(&sixteen).memory.optimizer, 4 * n, 1e-3 * n);
    assert_near(step_of(&sixteen).memory.gradients, 2 * n, 1e-3 * n);
    tc_question eight = tuned(round_gpt(8), "full:states=8", 1); /* two bytes, and two scales in fp32 for 256 weights */
    assert_near(step_of(&eight).memory.optimizer, (2 + 8.0 / 256) * n, 1e-3 * n);
    tc_question chunked = tuned(round_gpt(8), "full:chunked-loss", 1);
    assert_near(step_of(&chunked).memory.logits, 0, 0);
    tc_question stepped = tuned(round_gpt(8), "full:step-in-backward", 1); /* the largest matrix: the embedding */
    assert_near(step_of(&stepped).memory.gradients, 4 * 32768 * 1024.0, 0);
    stepped.job.global_batch = 2; /* two micro-batches are accumulated */
    assert_near(step_of(&stepped).memory.gradients, 4 * n, 1e-3 * n);
}

/* The longest of four of a normal law lies 1.0045 deviations above the mean (0.565 x 2^0.83): of 400 tokens spread by a half, 600.9. */
static void padded_samples(void **state) {
    (void)state;
    tc_question q = tuned(round_gpt(8), "full:mean-tokens=400,spread=0.5", 1), alike = tuned(round_gpt(8), "full", 1);
    q.layout.micro_batch = alike.layout.micro_batch = 4;
    tc_step step = step_of(&q), whole = step_of(&alike);
    alike.job.seq = 601;
    tc_step padded = step_of(&alike);
    assert_near(step.step_s, padded.step_s, 1e-9 * step.step_s);
    assert_near(step.tokens_per_step, 4 * 400, 0);
    assert_near(step.model_flops[TC_FLOPS_FULL], padded.model_flops[TC_FLOPS_FULL], 1);
    assert_near(step.memory.reserved, whole.memory.reserved, 1); /* of the longest sample */
    /* with recompute of operators as well */
    q.layout.recompute = alike.layout.recompute = TC_RECOMPUTE_SELECTIVE;
    q.job.attention = alike.job.attention = TC_ATTENTION_PLAIN;
    alike.job.seq = 1024;
    assert_near(step_of(&q).memory.reserved, step_of(&alike).memory.reserved, 1);
    /* none is longer than the longest, all alike are not padded */
    q = tuned(round_gpt(8), "full:mean-tokens=1000,spread=2", 1);
    q.layout.micro_batch = 4;
    assert_near(step_of(&q).step_s, whole.step_s, 1e-9 * whole.step_s);
    q = tuned(round_gpt(8), "full:mean-tokens=601,spread=0", 1);
    q.layout.micro_batch = 4;
    assert_near(step_of(&q).step_s, padded.step_s, 1e-9 * padded.step_s);
    /* ranks wait for the one whose samples are the longest, longer where a step is of few; stages for the longest of all of them */
    q = tuned(round_gpt(8), "full:mean-tokens=300,spread=0.2", 8);
    q.job.global_batch = 8;
    double few = step_of(&q).breakdown.straggler;
    q.job.global_batch = 8 * 64; /* 64 times the work, an eighth of the deviation of its mean */
    double many = step_of(&q).breakdown.straggler;
    assert_true(few > 0);
    assert_near(many, 8 * few, 1e-6 * many);
    tc_error error = {0};
    q.job.seq = 299;
    assert_int_equal(tc_forecast(&q, &step, &error), TC_INVALID);
    assert_string_equal(error.place, "--finetune");
}

/* 12 bytes of state a weight: what has no room goes out and comes back once a step. */
static void paged_states(void **state) {
    (void)state;
    tc_question q = tuned(round_gpt(8), "full:paged", 1), plain = tuned(round_gpt(8), "full", 1);
    q.cluster.accelerator.host_bytes_per_s = plain.cluster.accelerator.host_bytes_per_s = 10e9;
    tc_step room = step_of(&q), without = step_of(&plain);
    assert_near(room.step_s, without.step_s, 0);
    assert_near(room.memory.paged, 0, 0);
    double states = without.memory.optimizer, rest = without.memory.reserved - states;
    q.cluster.accelerator.memory_bytes = rest + states / 4;
    tc_step tight = step_of(&q);
    assert_near(tight.memory.paged, 0.75 * states, 1);
    assert_near(tight.memory.host, 0.75 * states, 1);
    assert_near(tight.memory.reserved, rest + states / 4, 1);
    assert_near(tight.step_s - without.step_s, 2 * 0.75 * states / 10e9, 1e-9);
    assert_near(tight.breakdown.offload, 2 * 0.75 * states / 10e9, 1e-9);
    assert_true(tight.fits);
    q.cluster.accelerator.host_bytes_per_s = q.cluster.accelerator.params.host_memory_bytes_per_s = 0;
    tight = step_of(&q); /* a link that is not known is the usual one, and the step says so */
    assert_near(tight.breakdown.offload, 2 * 0.75 * states / 32e9, 1e-9);
    bool said = false;
    for (int i = 0; i < tight.assumed_count; i++) said = said || strstr(tight.assumed[i], "32 GB/s to the host");
    assert_true(said);
    q.cluster.accelerator.memory_bytes = 0.9 * rest; /* what cannot leave has none */
    assert_false(step_of(&q).fits);
}

/* PEFT's adapters are in fp32: 4 bytes each of weight, gradient and two moments, and copies of embedding and head are trained beside the frozen
 * ones; FSDP 1 has room for gradients of frozen weights; DeepSpeed splits a master copy and fp32 moments where one device keeps 16-bit ones. */
static void memory_of_software(void **state) {
    (void)state;
    tc_question q = tuned(round_gpt(8), "lora:r=8", 1);
    double base = tc_model_count(&q.job.model).parameters, n = tc_trained_parameters(&q.job);
    q.stack.memory.fp32_adapters = true;
    tc_memory m = step_of(&q).memory;
    assert_near(m.parameters, 2 * base + 4 * n, 1e-4 * base);
    assert_near(m.gradients, 4 * n, 1);
    q.stack.optimizers[TC_OPTIMIZER_ADAMW].state_bytes = 8;
    assert_near(step_of(&q).memory.optimizer, 8 * n, 1);
    q = tuned(round_gpt(8), "lora:r=8", 8);
    q.layout.sharding = TC_SHARD_ZERO3;
    double without = step_of(&q).memory.buffers;
    q.stack.memory.frozen_gradients = true;
    assert_near(step_of(&q).memory.buffers - without, 4 * base / 8, 1e-3 * base);
    /* without synchronisation until the last micro-batch they are whole */
    q.stack.memory.whole_accumulation = true;
    assert_near(step_of(&q).memory.buffers - without, 4 * base / 8, 1e-3 * base);
    q.job.global_batch = 16;
    assert_near(step_of(&q).memory.buffers - without, 4 * base, 1e-3 * base);
    assert_near(step_of(&q).memory.gradients, 4 * n, 1);
    q = tuned(round_gpt(8), "lora:r=8,embeddings", 1);
    tc_model_size size = tc_model_count(&q.job.model);
    without = step_of(&q).memory.parameters;
    q.stack.memory.kept_originals = true;
    assert_near(step_of(&q).memory.parameters - without, 2 * (size.embedding_parameters + size.head_parameters), 1);
    q = tuned(round_gpt(8), "full", 8);
    q.stack.memory.optimizer_bytes = 4;
    q.stack.memory.sharded_optimizer_bytes = 12;
    q.layout.sharding = TC_SHARD_NONE;
    assert_near(step_of(&q).memory.optimizer, 4 * base, 1e-3 * base);
    q.layout.sharding = TC_SHARD_ZERO1;
    assert_near(step_of(&q).memory.optimizer, 12 * base / 8, 1e-3 * base);
}

/* A loop over experts that are modules: a kernel for each in products and activation, four to gather and to add back, and with ZeRO-3 tensor by tensor a
 * collective and the host's time for each. */
static void experts_in_a_loop(void **state) {
    (void)state;
    tc_model m = round_moe(1);
    tc_job job = tc_default_job();
    tc_operators loop, grouped;
    tc_shard shard = one_rank("full", &job);
    shard.frozen = false;
    tc_block_operators(&m, &m.block[0], &shard, &grouped);
    shard.sequential_experts = shard.expert_modules = true;
    tc_block_operators(&m, &m.block[0], &shard, &loop);
    double in_loop = 0, in_one = 0, back_loop = 0, back_one = 0;
    for (int i = 0; i < loop.count; i++) in_loop += loop.op[i].kernels, back_loop += loop.op[i].backward_bytes;
    for (int i = 0; i < grouped.count; i++) in_one += grouped.op[i].kernels, back_one += grouped.op[i].backward_bytes;
    assert_near(in_loop - in_one, 2 * (8 * 4 - 3) + 3 * (8 - 1), 0);
    /* the gradient of each gather is as large as what it gathers from: written, and read, read and written when it is added */
    assert_near(back_loop - back_one, 8 * (4 * 2) * 1024.0 * 1024, 1);
    /* two copies of a token, and what comes back copied for each expert; the gradients of three matrices of 1024 x 2048 for each of 4 */
    shard.repeated_tokens = true;
    shard.stacked_experts = 4;
    tc_block_operators(&m, &m.block[0], &shard, &loop);
    back_loop = 0;
    for (int i = 0; i < loop.count; i++) back_loop += loop.op[i].backward_bytes;
    assert_near(back_loop - back_one, 8 * ((8 + 4) * 2 * 1024.0 * 1024 + 8 * 4 * 3 * 1024.0 * 2048), 1);
    tc_question q = round_machine(8);
    q.job.model = m;
    q.layout.sharding = TC_SHARD_ZERO3;
    q.stack.kernels.tensor_collectives = 1 << TC_SHARD_ZERO3;
    q.stack.params.shard_host_s = 1e-3;
    tc_step as_one = step_of(&q);
    q.stack.kernels.expert_modules = true;
    tc_step apart = step_of(&q);
    /* gate, up and down of 8 experts for two matrices: 22 tensors more a pass, two passes */
    assert_near(apart.breakdown.host - as_one.breakdown.host, 2 * 22e-3, 3e-3);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(words_there_and_back),
                                       cmocka_unit_test(wrong_words_are_named),
                                       cmocka_unit_test(parameters_of_adapters),
                                       cmocka_unit_test(flops_of_adapters),
                                       cmocka_unit_test(kernels_and_bytes_of_an_adapter),
                                       cmocka_unit_test(inputs_that_adapters_need),
                                       cmocka_unit_test(gradients_of_adapters_alone),
                                       cmocka_unit_test(dequantisation_by_hand),
                                       cmocka_unit_test(memory_of_a_narrow_base),
                                       cmocka_unit_test(flops_of_preferences),
                                       cmocka_unit_test(time_and_memory_of_preferences),
                                       cmocka_unit_test(memory_tricks),
                                       cmocka_unit_test(padded_samples),
                                       cmocka_unit_test(paged_states),
                                       cmocka_unit_test(memory_of_software),
                                       cmocka_unit_test(experts_in_a_loop)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
