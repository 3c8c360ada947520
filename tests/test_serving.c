/* test_serving.c - a served model: sums by hand, physical limits over random questions, published sizes of caches. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "near.h"
#include "machine.h"
#include "serving/batching.h"
#include "serving/queue.h"

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

static uint64_t seed = 88172645463325252u;

static unsigned draw(unsigned below) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned)(seed >> 33) % below;
}

/* A question of the catalog, one request in a replica of all devices. */
static tc_serving_question ask(const char *model, const char *accelerator, int devices, const char *engine) {
    tc_serving_question q = tc_default_serving_question();
    tc_error e;
    assert_int_equal(tc_catalog_model(catalog, model, &q.model, &e), TC_OK);
    assert_int_equal(tc_catalog_accelerator(catalog, accelerator, &q.cluster.accelerator, &e), TC_OK);
    assert_int_equal(tc_catalog_fabric(catalog, q.cluster.accelerator.fabric, &q.cluster.fabric, &e), TC_OK);
    if (tc_catalog_engine(catalog, engine, &q.cluster.accelerator, &q.engine, &e)) fail_msg("%s: %s", e.place, e.text);
    q.cluster.devices = devices;
    q.tp = devices;
    q.pp = q.ep = 1;
    q.input_tokens = 1024;
    q.output_tokens = 256;
    q.concurrency = 1;
    return q;
}

static tc_serving_answer answer(const tc_serving_question *q) {
    tc_serving_answer a;
    tc_error e;
    if (tc_infer(q, &a, &e)) fail_msg("%s: %s", e.place, e.text);
    return a;
}

/* ---- sums by hand -------------------------------------------------------------------------------- */

/* An engine that loses nothing, on the round machine. */
static tc_serving_question round_question(void) {
    tc_serving_question q = tc_default_serving_question();
    tc_question machine = round_machine(1);
    q.cluster = machine.cluster;
    q.model = round_gpt(8);
    q.engine.params = (tc_serving_params){.stream_fraction = 1,
                                          .expert_stream_fraction = 1,
                                          .narrow_stream_fraction = 1,
                                          .expert_unpack_fraction = 1,
                                          .unpack_fraction = 1,
                                          .attention_stream_fraction = 1,
                                          .attention_compute_fraction = 1,
                                          .prefill_fraction = 1,
                                          .expert_prefill_fraction = 1,
                                          .attention_prefill_fraction = 1,
                                          .memory_utilisation = 1,
                                          .tpot_spread = 1.5,
                                          .ttft_spread = 1.5,
                                          .rate_spread = 1.5,
                                          .unstated_spread = 2};
    q.tp = q.pp = q.ep = 1;
    q.input_tokens = 100;
    q.output_tokens = 101;
    q.concurrency = 1;
    return q;
}

static void a_step_reads_weights_and_cache(void **state) {
    (void)state;
    tc_serving_question q = round_question();
    tc_serving_answer a = answer(&q);
    tc_model_size size = tc_model_count(&q.model);
    /* without the embedding, of which a step reads a row; norms and biases are small kernels' */
    double weights = 2 * (size.parameters - size.embedding_parameters - (q.model.tied_embeddings ? 0 : 0)) / 1e12;
    const tc_attention *at = &q.model.block[0].attention;
    double kv = 2.0 * 2 * at->kv_heads * at->head_dim * 8 * (100 + 50.5) / 1e12;
    if (q.model.tied_embeddings) weights += 2.0 * q.model.vocab * q.model.hidden / 1e12;
    assert_true(fabs(a.tpot_s / (weights + kv) - 1) < 0.02);
    assert_true(a.bound == TC_SERVING_WEIGHTS);
    assert_true(fabs(a.kv_bytes_per_token - 2.0 * 2 * at->kv_heads * at->head_dim * 8) < 1e-6);
    assert_true(fabs(a.output_tokens_per_s - 101 / a.e2e_s) < 1e-6 * a.output_tokens_per_s);
}

static void waits_are_those_of_textbooks(void **state) {
    (void)state;
    /* M/M/1 at 0.8: four services; M/D/1: half */
    assert_true(fabs(tc_queue_wait(1, 0.8, 1, 1, 1) - 4) < 1e-9);
    assert_true(fabs(tc_queue_wait(1, 0.8, 1, 1, 0) - 2) < 1e-9);
    /* M/M/4 at 0.8: 0.746 services (Erlang C 0.596) */
    assert_true(fabs(tc_queue_wait(4, 0.8, 1, 1, 1) / 0.746 - 1) < 0.05);
    /* one customer never waits; many keep the server busy */
    assert_true(fabs(tc_closed_residence(1, 2, 7) - 2) < 1e-12);
    assert_true(fabs((7 + tc_closed_residence(1000, 2, 7)) / 1000 - 2) < 0.01);
}

/* Closed and open meet: with many requests in a loop that the server bears easily, neither waits. */
static void a_loop_and_arrivals_agree(void **state) {
    (void)state;
    tc_serving_question q = ask("llama-3.1-8b", "h100-sxm", 1, "vllm");
    q.input_tokens = 128;
    q.output_tokens = 1024;
    q.concurrency = 32;
    tc_serving_answer loop = answer(&q);
    q.rate = loop.requests_per_s;
    q.concurrency = TC_UNSET;
    tc_serving_answer arrivals = answer(&q);
    assert_true(fabs(arrivals.tpot_s / loop.tpot_s - 1) < 0.05);
    assert_true(fabs(arrivals.concurrency / 32 - 1) < 0.05);
}

/* ---- physical limits -------------------------------------------------------------------------------- */

static const char *const models[]
    = {"llama-3.1-8b", "qwen3-32b", "llama-3.1-70b", "mixtral-8x7b", "deepseek-v3", "qwen3-30b-a3b", "gemma-2-27b"};
static const char *const chips[] = {"h100-sxm", "h20", "a100-sxm-80g", "ascend-910b2", "mi300x", "b200-sxm"};
static const char *const engines[] = {"vllm", "sglang", "tensorrt-llm", "mindie", "transformers", "vllm-ascend"};
#define PICK(list) list[draw(sizeof(list) / sizeof(list)[0])]

static tc_serving_question random_question(void) {
    tc_serving_question q = ask(PICK(models), PICK(chips), 1 << draw(4), PICK(engines));
    q.weights = draw(2) ? TC_WEIGHTS_BF16 : TC_WEIGHTS_FP8;
    q.input_tokens = 16 << draw(8);
    q.output_tokens = 16 << draw(7);
    q.concurrency = 1 << draw(8);
    return q;
}

/* Bytes of weights that a step of so many requests must read on a rank, embedding left out, at least. */
static double least_bytes(const tc_serving_question *q, double batch) {
    tc_rank rank;
    tc_error e;
    tc_serving_degrees d = {q->tp, q->pp, q->ep, 1};
    assert_int_equal(tc_rank_of(q, &d, &rank, &e), TC_OK);
    double bytes = rank.head.bytes + batch * tc_kv_bytes_of_rank(&rank, q->input_tokens);
    for (int i = 0; i < rank.runs; i++)
        for (int k = 0; k < rank.run[i].products; k++) {
            const tc_layers *l = &rank.run[i];
            double touched = l->product[k].experts ? l->top_k / l->experts : 1; /* those of one token */
            bytes += l->count * l->product[k].bytes * touched;
        }
    return bytes;
}

static void decode_is_never_faster_than_its_bytes(void **state) {
    (void)state;
    for (int i = 0; i < 300; i++) {
        tc_serving_question q = random_question();
        tc_serving_answer a = answer(&q);
        double least = least_bytes(&q, a.batch) / q.cluster.accelerator.memory_bytes_per_s;
        if (a.decode_step_s < least)
            fail_msg("%s on %s: a step of %g s reads %g s", q.model.slug, q.cluster.accelerator.slug, a.decode_step_s,
                     least);
        assert_true(a.tpot_s >= a.decode_step_s * 0.5 && a.bandwidth_share <= 1);
    }
}

static void prefill_is_never_above_the_peak(void **state) {
    (void)state;
    for (int i = 0; i < 300; i++) {
        tc_serving_question q = random_question();
        tc_serving_answer a = answer(&q);
        tc_model_size size = tc_model_count(&q.model);
        double peak = q.cluster.accelerator.matmul_flops[q.weights == TC_WEIGHTS_FP8 ? TC_FP8 : TC_BF16];
        if (peak <= 0) peak = q.cluster.accelerator.matmul_flops[TC_BF16];
        double active = size.active_parameters - size.embedding_parameters - size.head_parameters;
        if (q.model.tied_embeddings) active = size.active_parameters - size.embedding_parameters;
        double flops = 2 * active * a.prefill_tokens_per_s_per_device;
        if (flops > peak) fail_msg("%s on %s: %g of %g FLOP/s", q.model.slug, q.cluster.accelerator.slug, flops, peak);
    }
}

static void better_hardware_is_never_slower(void **state) {
    (void)state;
    for (int i = 0; i < 300; i++) {
        tc_serving_question q = random_question(), better = q;
        tc_accelerator *a = &better.cluster.accelerator;
        unsigned which = draw(3);
        if (which == 0) a->memory_bytes_per_s *= 1.5;
        for (int k = 0; which == 1 && k < TC_DTYPES; k++) a->matmul_flops[k] *= 1.5;
        for (int k = 0; which == 2 && k < better.cluster.fabric.levels; k++)
            better.cluster.fabric.level[k].bytes_per_s *= 1.5;
        tc_serving_answer before = answer(&q), after = answer(&better);
        /* Prompts that are done sooner let a few more of a number of requests decode at a time. */
        assert_true(after.tpot_s <= before.tpot_s * 1.005);
        assert_true(after.prefill_s <= before.prefill_s * 1.0001);
        assert_true(after.output_tokens_per_s >= before.output_tokens_per_s * 0.9999);
    }
}

static void more_load_takes_longer(void **state) {
    (void)state;
    for (int i = 0; i < 200; i++) {
        tc_serving_question q = random_question();
        tc_serving_answer alone, few, many, longer;
        few = answer(&q);
        q.concurrency *= 2;
        many = answer(&q);
        q.concurrency = 1;
        alone = answer(&q);
        if (many.tpot_s < few.tpot_s * 0.999)
            fail_msg("%s on %s, %s: TPOT %g of %g requests, %g of half", q.model.slug, q.cluster.accelerator.slug,
                     q.engine.slug, many.tpot_s, few.concurrency * 2, few.tpot_s);
        assert_true(alone.ttft_s <= few.ttft_s * 1.0001 && few.ttft_s <= many.ttft_s * 1.0001);
        assert_true(few.ttft_s_p95 >= few.ttft_s * 0.9999 && few.tpot_s_p95 >= few.tpot_s * 0.9999);
        q.input_tokens *= 2;
        longer = answer(&q);
        if (longer.tpot_s < alone.tpot_s * 0.9999 || longer.ttft_s < alone.ttft_s * 0.9999)
            fail_msg("%s on %s, %s: of prompts twice as long TTFT %g, TPOT %g, against %g, %g", q.model.slug,
                     q.cluster.accelerator.slug, q.engine.slug, longer.ttft_s, longer.tpot_s, alone.ttft_s,
                     alone.tpot_s);
    }
}

/* Where an indexer chooses keys, prefill attends to latent vectors, and kernels compute as many heads as fill their tile. */
static void chosen_keys_fill_a_tile_of_heads(void **state) {
    (void)state;
    tc_serving_question q = ask("deepseek-v3.2", "h100-sxm", 16, "vllm");
    q.weights = TC_WEIGHTS_FP8;
    q.phase = TC_PHASE_PREFILL;
    q.input_tokens = 16384;
    assert_int_equal(q.engine.sparse_heads, 64);
    double filled = answer(&q).prefill_s; /* of 8 heads */
    q.engine.sparse_heads = 8;
    double there = answer(&q).prefill_s;
    assert_true(filled > 1.3 * there);
    q.engine.sparse_heads = 0;
    assert_near(answer(&q).prefill_s, there, 1e-12);
    q.engine.sparse_heads = 64; /* 128 heads fill two tiles */
    q.tp = 1;
    q.ep = 16;
    double whole = answer(&q).prefill_s;
    q.engine.sparse_heads = 0;
    assert_near(answer(&q).prefill_s, whole, 1e-12);
    q = ask("deepseek-v3", "h100-sxm", 16, "vllm"); /* no indexer: as before */
    q.phase = TC_PHASE_PREFILL;
    double dense = answer(&q).prefill_s;
    q.engine.sparse_heads = 0;
    assert_near(answer(&q).prefill_s, dense, 1e-12);
}

/* Grouped products over rows in one piece compute a tile for each expert: a step of few requests costs what one of many does. */
static void experts_fill_tiles_without_tokens(void **state) {
    (void)state;
    tc_serving_question q = ask("qwen3-235b-a22b", "h200-sxm", 2, "vllm@2025-12");
    q.weights = TC_WEIGHTS_FP8;
    q.phase = TC_PHASE_DECODE;
    q.tp = 2;
    q.concurrency = 4;
    assert_int_equal(q.engine.expert_rows, 128);
    double filled = answer(&q).tpot_s;
    q.engine.expert_rows = 0;
    double few = answer(&q).tpot_s;
    assert_true(filled > 1.5 * few);
    q.concurrency = 16;
    double many = answer(&q).tpot_s;
    q.engine.expert_rows = 128;
    assert_true(many > 1.3 * few && answer(&q).tpot_s < 1.3 * filled);
    q.engine.expert_rows_tp = 2; /* not on so many ranks */
    assert_near(answer(&q).tpot_s, many, 1e-12);
    q.engine.expert_rows_tp = 8;
    q.weights = TC_WEIGHTS_INT8; /* products in 16 bit */
    double wide = answer(&q).tpot_s;
    q.engine.expert_rows = 0;
    assert_near(answer(&q).tpot_s, wide, 1e-12);
    assert_int_equal(ask("qwen3-235b-a22b", "h200-sxm", 2, "vllm@2025-10").engine.expert_rows, 0);
    assert_int_equal(ask("qwen3-235b-a22b", "h200-sxm", 2, "vllm").engine.expert_rows, 0);
    assert_int_equal(ask("qwen3-235b-a22b", "b200-sxm", 2, "vllm@2025-12").engine.expert_rows, 0);
}

/* A kernel for each expert takes its time whether tokens came to it or not. */
static void experts_are_launched_one_by_one(void **state) {
    (void)state;
    tc_serving_question q = ask("qwen3-30b-a3b", "h20", 1, "sglang@2025-05");
    q.phase = TC_PHASE_DECODE;
    q.weights = TC_WEIGHTS_INT4;
    assert_true(q.engine.expert_by_expert);
    double each = answer(&q).tpot_s;
    q.engine.expert_by_expert = false;
    double all = answer(&q).tpot_s, kernels = 48 * (128 - 1) * 2; /* in and out of the experts */
    assert_true(each - all > 0.95 * kernels * q.engine.params.kernel_s
                && each - all < 1.05 * kernels * q.engine.params.kernel_s);
    q.weights = TC_WEIGHTS_FP8; /* has kernels of its own */
    double narrow = answer(&q).tpot_s;
    q.engine.expert_by_expert = true;
    assert_near(answer(&q).tpot_s, narrow, 1e-12);
    assert_false(ask("qwen3-30b-a3b", "h20", 1, "sglang").engine.expert_by_expert);
}

/* Prompts are issued kernel by kernel: inputs that are quantised take one more, and so do the parts of a recurrence. */
static void prompts_issue_every_kernel(void **state) {
    (void)state;
    tc_serving_question q = ask("qwen3-next-80b-a3b", "h100-sxm", 4, "sglang");
    q.phase = TC_PHASE_PREFILL;
    q.input_tokens = 64;
    q.weights = TC_WEIGHTS_BF16;
    q.engine.params.host_kernel_s = 1e-3; /* the host is what is waited for */
    double plain = answer(&q).prefill_s;
    q.engine.params.state_kernels += 10;
    double layers = 36; /* of 48 that have a recurrence */
    assert_near(answer(&q).prefill_s - plain, 10 * layers * 1e-3, 1e-9);
    q.weights = TC_WEIGHTS_FP8;
    assert_true(answer(&q).prefill_s - plain > (10 * layers + 2 * 48) * 1e-3);
    q.phase = TC_PHASE_DECODE; /* replayed as graphs, without them */
    double decode = answer(&q).decode_step_s;
    q.engine.params.state_kernels = 1;
    assert_near(answer(&q).decode_step_s, decode, 1e-12);
}

/* ---- objectives ---------------------------------------------------------------------------------------- */

static void objectives_bound_the_load(void **state) {
    (void)state;
    double before = 0;
    tc_serving_question q = ask("qwen3-32b", "h20", 8, "vllm");
    q.tp = 2;
    q.concurrency = TC_UNSET;
    for (double tpot = 0.02; tpot < 0.2; tpot *= 1.5) {
        q.tpot_s = tpot;
        q.ttft_s = 2;
        tc_serving_answer a = answer(&q);
        if (!a.meets) continue;
        assert_true(a.tpot_s_p95 <= tpot && a.ttft_s_p95 <= 2);
        assert_true(a.output_tokens_per_s >= before);
        before = a.output_tokens_per_s;
    }
    assert_true(before > 0);
    q.tpot_s = 1e-3;
    tc_serving_answer lone = answer(&q);
    assert_false(lone.meets); /* what a lone request of each replica has */
    assert_near(lone.requests_per_s * lone.e2e_s, 4, 0.1);
    /* of layouts that do not meet them, the one that comes nearest */
    q.tp = TC_UNSET;
    double least = INFINITY, nearest = answer(&q).tpot_s_p95;
    for (q.tp = 1; q.tp <= 8; q.tp *= 2) least = fmin(least, answer(&q).tpot_s_p95);
    assert_near(nearest, least, 2e-3 * least);
    q.tp = 2;
    /* more than is served: no time to the first token */
    q.tpot_s = q.ttft_s = TC_UNSET;
    q.rate = 1e6;
    tc_serving_answer a = answer(&q);
    assert_true(isnan(a.ttft_s) && a.bound == TC_SERVING_QUEUE);
}

static void speculation_and_formats(void **state) {
    (void)state;
    tc_serving_question q = ask("deepseek-v3", "h200-sxm", 8, "sglang");
    q.weights = TC_WEIGHTS_FP8;
    tc_serving_answer plain = answer(&q);
    q.draft_tokens = 1;
    tc_serving_answer drafted = answer(&q);
    assert_true(drafted.tpot_s < plain.tpot_s && drafted.tpot_s > plain.tpot_s / 2);
    q = ask("llama-3.1-70b", "a100-sxm-80g", 4, "vllm");
    double bf16 = answer(&q).tpot_s;
    q.weights = TC_WEIGHTS_INT4;
    double int4 = answer(&q).tpot_s;
    assert_true(int4 < bf16 * 0.6 && int4 > bf16 / 4);
    q.kv = TC_FP8;
    assert_true(answer(&q).kv_bytes_per_token == 327680 / 2);
}

static void devices_that_prefill_alone(void **state) {
    (void)state;
    tc_serving_question q = ask("qwen3-32b", "h100-sxm", 8, "vllm");
    q.tp = 2;
    q.input_tokens = 8192;
    q.concurrency = 32;
    double joint = answer(&q).tpot_s;
    q.prefill_devices = 4;
    tc_serving_answer apart = answer(&q);
    assert_true(apart.tpot_s < joint && apart.kv_transfer_s > 0 && apart.kv_transfer_s < 0.1 * apart.ttft_s);
    q.prefill_devices = 3;
    tc_error e;
    assert_int_equal(tc_infer(&q, &apart, &e), TC_INVALID);
    assert_string_equal(e.place, "--disaggregated");
}

static void what_generates_no_tokens_is_refused(void **state) {
    (void)state;
    tc_serving_question q = ask("llama-3.1-8b", "h100-sxm", 1, "vllm");
    tc_serving_answer a;
    tc_error e;
    static const char *const others[] = {"bert-base", "wan2.1-t2v-14b"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_int_equal(tc_catalog_model(catalog, others[i], &q.model, &e), TC_OK);
        assert_int_equal(tc_infer(&q, &a, &e), TC_INVALID);
        assert_string_equal(e.place, "--model");
    }
}

/* ---- caches ------------------------------------------------------------------------------------------------ */

/* Bytes of a token in 16 bit, from the models' configurations. */
static void caches_are_exact(void **state) {
    (void)state;
    static const struct {
        const char *model;
        double bytes;
    } known[] = {{"llama-3.1-8b", 131072}, {"llama-3.1-70b", 327680}, {"qwen3-235b-a22b", 192512},
                 {"deepseek-v3", 70272},   {"qwen3-32b", 262144},     {"llama-2-7b", 524288}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        tc_serving_question q = ask(known[i].model, "b200-sxm", 8, "vllm");
        assert_true(answer(&q).kv_bytes_per_token == known[i].bytes);
        q.kv = TC_FP8;
        assert_true(answer(&q).kv_bytes_per_token == known[i].bytes / 2);
    }
}

/* States of recurrences do not grow; of keys that an indexer chooses, attention reads no more for longer contexts. */
static void layers_that_are_no_plain_attention(void **state) {
    (void)state;
    tc_serving_question q = ask("qwen3-next-80b-a3b", "h200-sxm", 4, "vllm");
    q.input_tokens = 1000;
    tc_serving_answer near = answer(&q);
    /* 12 of 48 layers attend, with 2 key-value heads of 256 */
    assert_true(near.kv_bytes_per_token == 12 * 2 * 2 * 256 * 2.0);
    q.input_tokens = 100000;
    tc_serving_answer far = answer(&q);
    tc_serving_question plain = ask("qwen3-30b-a3b", "h200-sxm", 4, "vllm");
    plain.input_tokens = 1000;
    double plain_near = answer(&plain).tpot_s;
    plain.input_tokens = 100000;
    assert_true(far.tpot_s / near.tpot_s < answer(&plain).tpot_s / plain_near);
    q = ask("deepseek-v3.2", "h200-sxm", 8, "sglang");
    plain = ask("deepseek-v3", "h200-sxm", 8, "sglang");
    q.weights = plain.weights = TC_WEIGHTS_FP8;
    q.input_tokens = plain.input_tokens = 131072;
    assert_true(answer(&q).decode.kv + answer(&q).decode.compute
                < answer(&plain).decode.kv + answer(&plain).decode.compute);
    assert_true(answer(&q).kv_bytes_per_token == 61 * (576 * 2.0 + 132)); /* the indexer: 128 in fp8 and a scale */
}

/* Room for keys and values that engines logged, within a tenth of the device: what else is on it is known to no more. */
static void rooms_are_as_measured(void **state) {
    (void)state;
    static const struct {
        const char *model, *accelerator, *engine;
        int devices, weights;
        double utilisation, tokens;
    } logged[] = {{"qwen3-235b-a22b", "h100-sxm", "vllm", 4, TC_WEIGHTS_FP8, 0.90, 178880},
                  {"llama-3.1-8b", "rtx4090", "vllm", 1, TC_WEIGHTS_BF16, 0.90, 41408},
                  {"qwen2.5-14b", "rtx4090", "vllm", 2, TC_WEIGHTS_BF16, 0.90, 81536},
                  {"kimi-k2-1t", "h200-sxm", "vllm", 8, TC_WEIGHTS_INT4, 0.90, 715072}};
    for (size_t i = 0; i < sizeof logged / sizeof logged[0]; i++) {
        tc_serving_question q = ask(logged[i].model, logged[i].accelerator, logged[i].devices, logged[i].engine);
        q.weights = logged[i].weights;
        q.engine.params.memory_utilisation = logged[i].utilisation;
        tc_serving_answer a = answer(&q);
        double tokens = a.kv_tokens, of_device = q.cluster.accelerator.memory_bytes
                                                 * (strcmp(logged[i].model, "kimi-k2-1t") ? logged[i].devices : 1);
        print_message("%s on %s: %.0f tokens of %.0f\n", logged[i].model, logged[i].accelerator, tokens,
                      logged[i].tokens);
        double off = (tokens - logged[i].tokens) * a.kv_bytes_per_token / of_device;
        if (fabs(off) > 0.1) fail_msg("%s: room for %g tokens, %g of the device off", logged[i].model, tokens, off);
    }
}

/* ---- the best of many --------------------------------------------------------------------------------------- */

static void the_best_bears_the_load(void **state) {
    (void)state;
    static tc_serving_search found, more;
    tc_error e;
    tc_serving_question q = ask("qwen3-32b", "ascend-910b2", 8, "vllm-ascend");
    q.tp = q.pp = q.ep = TC_UNSET;
    q.cluster.devices = 512;
    q.concurrency = TC_UNSET;
    q.rate = 20;
    q.ttft_s = 2;
    q.tpot_s = 0.1;
    assert_int_equal(tc_infer_search(&q, TC_GOAL_DEVICES, &found, &e), TC_OK);
    assert_true(found.count > 2 && found.points > 2);
    for (int i = 0; i < found.count; i++) {
        assert_true(found.best[i].fits && found.best[i].meets);
        assert_true(fabs(found.best[i].requests_per_s / 20 - 1) < 0.01);
        assert_true(i == 0 || found.best[i].devices >= found.best[i - 1].devices);
    }
    /* a replica less does not bear it */
    const tc_serving_answer *best = &found.best[0];
    tc_serving_question fewer = q;
    fewer.tp = best->tp, fewer.pp = best->pp, fewer.ep = best->ep;
    fewer.prefill_devices = best->prefill_devices;
    fewer.cluster.devices = best->devices - best->tp * best->pp;
    assert_false(answer(&fewer).meets);
    for (int i = 1; i < found.points; i++) {
        assert_true(found.front[i].user_tokens_per_s <= found.front[i - 1].user_tokens_per_s);
        assert_true(found.front[i].device_tokens_per_s >= found.front[i - 1].device_tokens_per_s);
    }
    q.rate = 40;
    assert_int_equal(tc_infer_search(&q, TC_GOAL_DEVICES, &more, &e), TC_OK);
    assert_true(more.best[0].devices > best->devices && more.best[0].devices <= 2 * best->devices + 8);
    q.tpot_s = 1e-4;
    assert_int_equal(tc_infer_search(&q, TC_GOAL_DEVICES, &more, &e), TC_OK);
    assert_int_equal(more.count, 0);
}

/* ---- engines ------------------------------------------------------------------------------------------------- */

static void every_engine_is_read(void **state) {
    (void)state;
    static const char *const slugs[]
        = {"generic", "vllm",         "vllm-ascend", "sglang",        "tensorrt-llm", "lmdeploy",
           "mindie",  "xllm",         "tgi",         "deepspeed-mii", "jetstream",    "neuron",
           "gaudi",   "transformers", "chitu",       "rtp-llm",       "atom",         "deepseek"};
    int count;
    const tc_serving_parameter *table = tc_serving_parameters(&count);
    for (size_t i = 0; i < sizeof slugs / sizeof slugs[0]; i++)
        for (size_t k = 0; k < sizeof chips / sizeof chips[0]; k++) {
            tc_serving_question q = ask("llama-3.1-8b", chips[k], 1, slugs[i]);
            assert_true(q.engine.generation[0] || strcmp(slugs[i], "generic") == 0);
            for (int p = 0; p < count; p++) {
                double value;
                memcpy(&value, (char *)&q.engine.params + table[p].offset, sizeof value);
                if (value < table[p].low || value > table[p].high)
                    fail_msg("%s on %s: %s is %g, beyond %g to %g", slugs[i], chips[k], table[p].name, value,
                             table[p].low, table[p].high);
            }
        }
}

static void engines_have_ages(void **state) {
    (void)state;
    assert_string_equal(ask("llama-3.1-8b", "h100-sxm", 1, "vllm").engine.generation, "vllm-async");
    assert_string_equal(ask("llama-3.1-8b", "h100-sxm", 1, "vllm@2025-06").engine.generation, "vllm-v1");
    assert_string_equal(ask("llama-3.1-8b", "h100-sxm", 1, "vllm@2024-12").engine.generation, "vllm-v0");
    tc_engine old = ask("llama-3.1-8b", "h100-sxm", 1, "vllm@2024-03").engine;
    assert_string_equal(old.generation, "vllm-2024");
    assert_string_equal(old.slug, "vllm@2024-03");
    assert_int_equal(old.chunk_tokens, 0);
    /* what an engine does, too, may be otherwise on an architecture, and in an age */
    assert_int_equal(ask("llama-3.1-8b", "a100-sxm-80g", 1, "vllm").engine.chunk_tokens, 2048);
    assert_int_equal(ask("llama-3.1-8b", "a100-sxm-80g", 1, "vllm@2024-12").engine.chunk_tokens, 0);
    tc_serving_params untuned = ask("qwen3-8b", "h20", 1, "sglang@2025-03").engine.params;
    assert_true(untuned.quantise_s > 2 * ask("qwen3-8b", "h20", 1, "sglang").engine.params.quantise_s);
}

/* Replicas whose attention stands alone step together: prompts of one keep all, until the engine gathers them; tokens go once to a node. */
static void replicas_that_share_experts_wait_for_each_other(void **state) {
    (void)state;
    tc_serving_question q = ask("deepseek-v3", "b200-sxm", 8, "tensorrt-llm");
    q.weights = TC_WEIGHTS_FP8;
    q.tp = 1;
    q.ep = 8;
    q.concurrency = 64;
    q.output_tokens = 2048;
    tc_serving_answer alone = answer(&q);
    q.engine.balance_steps = 60;
    tc_serving_answer balanced = answer(&q);
    assert_true(balanced.tpot_s < alone.tpot_s);
    assert_true(balanced.ttft_s > alone.ttft_s + 20 * alone.decode_step_s);
    assert_true(balanced.ttft_s < alone.ttft_s + 70 * alone.decode_step_s);
    /* a lone request waits as long as the engine holds it, one of many until the other seven have one too */
    q.engine.balance_steps = 500;
    q.concurrency = TC_UNSET;
    q.rate = 0.01;
    tc_serving_answer lone = answer(&q);
    assert_true(lone.ttft_s > 400 * lone.decode_step_s);
    q.rate = TC_UNSET;
    q.ttft_s = 2;
    q.tpot_s = 0.08;
    tc_serving_answer many = answer(&q);
    assert_true(lone.ttft_s > q.ttft_s && many.meets && many.ttft_s_p95 <= q.ttft_s && many.tpot_s_p95 <= q.tpot_s);
    q.ttft_s = 0.05;
    assert_false(answer(&q).meets);
    tc_serving_question wide = ask("deepseek-v3", "h800-sxm", 32, "generic");
    wide.weights = TC_WEIGHTS_FP8;
    wide.tp = 1;
    wide.ep = 32;
    wide.phase = TC_PHASE_PREFILL;
    wide.input_tokens = 4096;
    tc_serving_answer once = answer(&wide);
    wide.model.block[wide.model.blocks - 1].experts.top_k = 1; /* an eighth of the copies, 0.28 of the nodes' */
    tc_serving_answer one = answer(&wide);
    assert_true(one.prefill.communication > 0.2 * once.prefill.communication);
}

/* Among cards on PCIe a rank reads from all others one after the other, over NVLink from all at once. */
static double reduction(const char *chip, int tp) {
    tc_serving_question q = ask("llama-3.1-8b", chip, tp, "vllm");
    q.tp = tp;
    q.concurrency = 1;
    return answer(&q).decode.communication / 64; /* two a layer */
}

static void all_reduces_by_ranks(void **state) {
    (void)state;
    double two = reduction("rtxpro6000", 2), four = reduction("rtxpro6000", 4), eight = reduction("rtxpro6000", 8);
    assert_near(two, 4.5e-6, 2e-6); /* AIConfigurator's tables: 4.5, 13 and 26 us */
    assert_near(four, 13e-6, 3e-6);
    assert_near(eight, 26e-6, 4e-6);
    assert_near(reduction("h100-sxm", 2) / reduction("h100-sxm", 8), 1, 0.2);
}

/* Seconds of a decode step that are kernels' own. */
static double launches(const char *model, const char *chip, const char *engine, int weights) {
    tc_serving_question q = ask(model, chip, 4, engine);
    q.weights = weights;
    return answer(&q).decode.launches;
}

/* Norms and activations that write fp8 with the scale of a tensor take no kernel more; blocks of fp8 do, and engines without them. */
static void inputs_are_quantised_by_the_kernels_before(void **state) {
    (void)state;
    double wide = launches("llama-3.3-70b", "h100-sxm", "tensorrt-llm", TC_WEIGHTS_BF16);
    assert_near(launches("llama-3.3-70b", "h100-sxm", "tensorrt-llm", TC_WEIGHTS_FP8), wide, 1e-9);
    assert_true(launches("qwen3-235b-a22b", "h100-sxm", "tensorrt-llm", TC_WEIGHTS_FP8)
                > 1.05 * launches("qwen3-235b-a22b", "h100-sxm", "tensorrt-llm", TC_WEIGHTS_BF16));
    assert_true(launches("llama-3.3-70b", "h100-sxm", "sglang", TC_WEIGHTS_FP8)
                > 1.05 * launches("llama-3.3-70b", "h100-sxm", "sglang", TC_WEIGHTS_BF16));
    /* one kernel routes 4-bit experts on Blackwell; norms go with all-reduces */
    assert_true(launches("qwen3-235b-a22b", "b200-sxm", "tensorrt-llm", TC_WEIGHTS_NVFP4)
                < 0.9 * launches("qwen3-235b-a22b", "b200-sxm", "tensorrt-llm", TC_WEIGHTS_BF16));
    tc_serving_question q = ask("llama-3.3-70b", "h100-sxm", 4, "tensorrt-llm");
    double fused = answer(&q).decode.launches;
    assert_true(q.engine.fuses_reductions);
    q.engine.fuses_reductions = false;
    assert_near(answer(&q).decode.launches - fused, 160 * q.engine.params.kernel_s, 1e-6);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inputs_are_quantised_by_the_kernels_before),
        cmocka_unit_test(all_reduces_by_ranks),
        cmocka_unit_test(a_step_reads_weights_and_cache),
        cmocka_unit_test(waits_are_those_of_textbooks),
        cmocka_unit_test(a_loop_and_arrivals_agree),
        cmocka_unit_test(decode_is_never_faster_than_its_bytes),
        cmocka_unit_test(prefill_is_never_above_the_peak),
        cmocka_unit_test(better_hardware_is_never_slower),
        cmocka_unit_test(more_load_takes_longer),
        cmocka_unit_test(chosen_keys_fill_a_tile_of_heads),
        cmocka_unit_test(experts_fill_tiles_without_tokens),
        cmocka_unit_test(experts_are_launched_one_by_one),
        cmocka_unit_test(prompts_issue_every_kernel),
        cmocka_unit_test(objectives_bound_the_load),
        cmocka_unit_test(speculation_and_formats),
        cmocka_unit_test(devices_that_prefill_alone),
        cmocka_unit_test(what_generates_no_tokens_is_refused),
        cmocka_unit_test(caches_are_exact),
        cmocka_unit_test(layers_that_are_no_plain_attention),
        cmocka_unit_test(rooms_are_as_measured),
        cmocka_unit_test(the_best_bears_the_load),
        cmocka_unit_test(replicas_that_share_experts_wait_for_each_other),
        cmocka_unit_test(every_engine_is_read),
        cmocka_unit_test(engines_have_ages),
    };
    return cmocka_run_group_tests(tests, open_catalog, close_catalog);
}
