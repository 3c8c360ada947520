/* test_diffusion.c - diffusion transformers: totals of public checkpoints, FLOPs of a sample, blocks by hand, pixels to tokens,
 * and what a config.json of diffusers may not say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "forecast/buckets.h"
#include "interop/hf.h"
#include "near.h"
#include "workload/operators.h"

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

static tc_model load(const char *slug) {
    tc_model model;
    tc_error error = {0};
    if (tc_catalog_model(catalog, slug, &model, &error)) fail_msg("%s: %s", error.place, error.text);
    return model;
}

static tc_code read_text(const char *text, tc_model *model, tc_error *error) {
    return tc_hf_model_from_text(text, strlen(text), "config.json", model, error);
}

static void set_sample(tc_model *model, int frames, int height, int width) {
    tc_error error = {0};
    if (tc_model_set_sample(model, frames, height, width, &error)) fail_msg("%s: %s", error.place, error.text);
}

/* ---- parameters ------------------------------------------------------------------------- */

static void totals_of_checkpoints(void **state) {
    (void)state;
    static char line[4096];
    int n = 0;
    FILE *list = fopen(TC_SOURCE_DIR "/tests/hf/diffusers.tsv", "r");
    assert_non_null(list);
    while (fgets(line, sizeof line, list)) {
        char *total = strchr(line, '\t'), *text = total ? strchr(total + 1, '\t') : NULL;
        if (line[0] == '#' || !text) continue;
        tc_model model;
        tc_error error = {0};
        if (read_text(text + 1, &model, &error)) fail_msg("%.*s: %s", (int)(total - line), line, error.text);
        double counted = tc_model_count(&model).parameters;
        if (counted != strtod(total + 1, NULL)) fail_msg("%.*s: %.0f", (int)(total - line), line, counted);
        n++;
    }
    fclose(list);
    assert_true(n >= 17);
}

/* The catalog's, by formulas of papers and repositories. */
static void totals_of_the_catalog(void **state) {
    (void)state;
    static const struct {
        const char *slug;
        double parameters;
    } all[] = {{"wan2.1-t2v-14b", 14288491584},  {"wan2.1-t2v-1.3b", 1418996800}, {"wan2.1-i2v-14b", 16394878784},
               {"wan2.2-t2v-a14b", 14288491584}, {"wan2.2-ti2v-5b", 4999787712},  {"hunyuanvideo", 12821012544},
               {"cogvideox-5b", 5570283072},     {"cogvideox-2b", 1693783872},    {"flux.1-dev", 11901408320},
               {"flux.1-schnell", 11891178560},  {"flux.2-klein-4b", 3875544576}, {"sd3.5-large", 8056627520},
               {"sd3-medium", 2028328000},       {"sd3.5-medium", 2243171520},    {"qwen-image-20b", 20430401088},
               {"dit-xl-2", 674834720}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        tc_model model = load(all[i].slug);
        double counted = tc_model_count(&model).parameters;
        if (counted != all[i].parameters) fail_msg("%s: %.0f", all[i].slug, counted);
    }
}

/* ---- FLOPs ------------------------------------------------------------------------------ */

static double sample_flops(const tc_model *model) {
    return tc_model_flops_per_token(model, model->seq, TC_FLOPS_FULL, TC_RECOMPUTE_NONE, 0) / 3 * model->seq;
}

/* A block of Wan: 8 h^2 + 4 h f a token, 4 S h of scores, cross attention of 4 h^2, 4 T h^2 and 4 S T h. */
static void wan_by_hand(void **state) {
    (void)state;
    tc_model m = load("wan2.1-t2v-14b");
    double S = 32760, T = 512, h = 5120, f = 13824;
    double block = S * (8 * h * h + 4 * h * f) + 4 * S * S * h + S * 4 * h * h + T * 4 * h * h + 4 * S * T * h;
    double vectors = 6 * h * h * 2 + 2 * (256 * h + h * h);
    double ends = S * 2 * 64 * h * 2 + T * 2 * (4096 * h + h * h) + vectors;
    assert_int_equal(m.seq, 32760);
    assert_near(sample_flops(&m), 40 * block + ends, 1e-9 * 40 * block);
    /* as published sums have it: attention is half at 480p and three quarters at 720p */
    assert_near(sample_flops(&m), 1678e12, 1e12);
    set_sample(&m, 81, 720, 1280);
    assert_near(sample_flops(&m), 6523e12, 2e12);
}

/* A double block takes 24 h^2 a token of either stream; a single one 24 h^2 of both; scores are of all tokens. */
static void flux_by_hand(void **state) {
    (void)state;
    tc_model m = load("flux.1-dev");
    double S = 4096, T = 512, h = 3072, all = S + T;
    double vectors = 2 * h * h * (19 * 12 + 38 * 3 + 2 + 3) + 2 * h * (256 * 2 + 768); /* of the sample */
    double ends = 2 * S * 64 * h * 2 + 2 * T * 4096 * h;
    assert_near(sample_flops(&m), 57 * (24 * h * h * all + 4 * all * all * h) + vectors + ends, 1e8);
    assert_near(sample_flops(&m), 74.4e12, 0.05e12);
}

/* Attention of Open-Sora is within a latent frame, then across frames. */
static void space_and_time(void **state) {
    (void)state;
    tc_model m = load("open-sora-1.2");
    double frames = 13, pixels = 30 * 53, S = frames * pixels, h = 1152;
    tc_counts counts;
    assert_near(m.seq, S, 0);
    tc_count(&m, NULL, m.seq, &counts);
    double cross = 28 * 2 * 4 * 300 * h;
    assert_near(counts.flops.attention, 28 * 4 * h * (pixels + frames) + cross, 1);
}

/* Skiparse of k: of S keys a query sees S / k; the first and last two blocks all. */
static void sparse_by_skipping(void **state) {
    (void)state;
    tc_model m = load("open-sora-plan-1.3");
    tc_counts counts;
    tc_count(&m, NULL, m.seq, &counts);
    double h = 2304, S = m.seq;
    assert_near(counts.flops.attention, 4 * h * S * (4 + 28 / 4.0) + 32 * 4 * 512 * h, 1);
}

/* ---- operators --------------------------------------------------------------------------- */

static double flops_of(const tc_operators *ops) {
    double sum = 0;
    for (int i = 0; i < ops->count; i++) sum += ops->op[i].flops;
    return sum;
}

static const tc_shard whole
    = {.sequences = 1, .tp = 1, .cp = 1, .ep = 1, .etp = 1, .input_bytes = 2, .activation_bytes = 2};

/* Fused kernels and plain ones do the same work; heads and widths are shared by tensor parallelism, but what makes the
 * modulation. No block has more operators than there is room for. */
static void ranks_share_streams(void **state) {
    (void)state;
    static const char *const slugs[]
        = {"flux.1-dev", "sd3.5-medium", "wan2.1-i2v-14b", "hunyuanvideo", "open-sora-1.2"};
    for (size_t k = 0; k < sizeof slugs / sizeof slugs[0]; k++) {
        tc_model m = load(slugs[k]);
        for (int b = 0; b < m.blocks; b++) {
            tc_shard shard = whole;
            tc_operators a, plain, half;
            shard.seq = m.seq;
            tc_block_operators(&m, &m.block[b], &shard, &a);
            shard.plain_attention = true;
            tc_block_operators(&m, &m.block[b], &shard, &plain);
            shard.plain_attention = false;
            shard.tp = 2;
            tc_block_operators(&m, &m.block[b], &shard, &half);
            assert_true(plain.count <= TC_MAX_OPERATORS);
            double copied = 0;
            for (int i = 0; i < a.count; i++)
                if (a.op[i].tag == TC_TAG_MODULATION) copied += a.op[i].flops;
            assert_near(flops_of(&plain), flops_of(&a), 1e-9 * flops_of(&a));
            assert_near(2 * flops_of(&half), flops_of(&a) + copied, 1e-9 * flops_of(&a));
        }
    }
}

/* Context-parallel ranks have all text of a cross attention, so that it sends nothing. */
static void text_is_copied(void **state) {
    (void)state;
    tc_model m = load("wan2.1-t2v-14b");
    tc_shard shard = whole;
    tc_operators a, b;
    shard.seq = m.seq;
    tc_block_operators(&m, &m.block[0], &shard, &a);
    shard.cp = 8;
    tc_block_operators(&m, &m.block[0], &shard, &b);
    assert_near(8 * b.cp_bytes, a.cp_bytes, 1);
    assert_near(a.cp_bytes, 2.0 * m.seq * 2 * 5120, 1); /* keys and values of latents alone */
    for (int i = 0; i < a.count; i++)
        if (a.op[i].tag == TC_TAG_CROSS_PROJECTION && a.op[i].gemm.m == 512)
            assert_near(b.op[i].flops, a.op[i].flops, 0);
}

/* Matrix units take 16 rows: 13 queries of a sequence in time leave three empty. */
static void short_sequences_cost_more(void **state) {
    (void)state;
    tc_model m = load("open-sora-1.2");
    tc_shard shard = whole;
    tc_operators time;
    shard.seq = m.seq;
    tc_block_operators(&m, &m.block[1], &shard, &time);
    for (int i = 0; i < time.count; i++)
        if (time.op[i].tag == TC_TAG_ATTENTION) {
            double true_pairs = 16.0 * m.seq * 13;
            assert_near(time.op[i].attention.pairs, true_pairs * 16 / 13, 1);
            assert_near(time.op[i].flops, 4 * 72 * true_pairs, 1);
        }
}

/* ---- encoders in the step ----------------------------------------------------------------- */

static tc_step forecast(const char *slug, int cached, int ema, int frames) {
    tc_question q = tc_default_question();
    tc_step step;
    tc_error error = {0};
    q.job.model = load(slug);
    set_sample(&q.job.model, frames, TC_UNSET, TC_UNSET);
    q.job.cached_latents = cached;
    q.job.ema = ema;
    q.cluster.devices = 8;
    assert_int_equal(tc_catalog_accelerator(catalog, "h100-sxm", &q.cluster.accelerator, &error), TC_OK);
    assert_int_equal(tc_catalog_fabric(catalog, q.cluster.accelerator.fabric, &q.cluster.fabric, &error), TC_OK);
    assert_int_equal(tc_catalog_stack(catalog, "fsdp", &q.stack, &error), TC_OK);
    if (tc_forecast(&q, &step, &error)) fail_msg("%s: %s", error.place, error.text);
    return step;
}

/* While it loads, a program that runs the encoders once for all samples holds them beside the weights: CogVideoX-2B by LoRA takes 12.945 GiB
 * before its first step (finetrainers), T5-XXL 4.76 B, the autoencoder and 1.69 B weights in 16 bit. */
static void load_peak(void **state) {
    (void)state;
    tc_question q = tc_default_question();
    tc_step step;
    tc_error error = {0};
    q.job.model = load("cogvideox-2b");
    q.job.frozen_base = true;
    q.job.finetune.rank = 16;
    q.job.finetune.targets = TC_ADAPTED_ALL;
    q.job.cached_latents = 1;
    q.layout.recompute = TC_RECOMPUTE_FULL;
    q.cluster.devices = 1;
    assert_int_equal(tc_catalog_accelerator(catalog, "a100-sxm-80g", &q.cluster.accelerator, &error), TC_OK);
    assert_int_equal(tc_catalog_fabric(catalog, q.cluster.accelerator.fabric, &q.cluster.fabric, &error), TC_OK);
    assert_int_equal(tc_catalog_stack(catalog, "diffusers", &q.stack, &error), TC_OK);
    if (tc_forecast(&q, &step, &error)) fail_msg("%s: %s", error.place, error.text);
    assert_near(step.memory.allocated / (1 << 30), 12.945, 0.7);
    tc_question sharded = q; /* the encoders beside an eighth of the weights */
    sharded.cluster.devices = 8;
    sharded.layout.sharding = TC_SHARD_ZERO3;
    if (tc_forecast(&sharded, &step, &error)) fail_msg("%s: %s", error.place, error.text);
    assert_near(step.memory.allocated / (1 << 30), 12.945 - 7.0 / 8 * 3.15, 0.7);
    q.stack.memory.loads_encoders = false;
    if (tc_forecast(&q, &step, &error)) fail_msg("%s: %s", error.place, error.text);
    assert_true(step.memory.allocated / (1 << 30) < 9);
}

/* Seconds of a step of CogVideoX-5B on 8 devices in groups of `tp`, on MindSpeed-MM. */
static double step_of_group(int tp, int cached, bool shared) {
    tc_question q = tc_default_question();
    tc_step step;
    tc_error error = {0};
    q.job.model = load("cogvideox-5b");
    q.job.cached_latents = cached;
    q.job.global_batch = 8 / tp;
    q.layout.tp = tp;
    q.layout.recompute = TC_RECOMPUTE_FULL;
    q.cluster.devices = 8;
    assert_int_equal(tc_catalog_accelerator(catalog, "ascend-910b", &q.cluster.accelerator, &error), TC_OK);
    assert_int_equal(tc_catalog_fabric(catalog, q.cluster.accelerator.fabric, &q.cluster.fabric, &error), TC_OK);
    assert_int_equal(tc_catalog_stack(catalog, "mindspeed-mm", &q.stack, &error), TC_OK);
    q.stack.kernels.shared_towers = shared;
    if (tc_forecast(&q, &step, &error)) fail_msg("%s: %s", error.place, error.text);
    return step.step_s;
}

/* Four ranks of tensor parallelism that each encode another sample have a quarter of the autoencoder's work each; its text encoder is split
 * over them in any case. */
static void shared_encoders(void **state) {
    (void)state;
    double before = step_of_group(4, 1, true), alone = step_of_group(4, 0, false) - before;
    double shared = step_of_group(4, 0, true) - before;
    assert_true(shared > 0 && alone / shared > 3.5 && alone / shared < 4.1);
    assert_near(step_of_group(1, 0, true), step_of_group(1, 0, false), 1e-12);
}

/* umT5-XXL 2 N T FLOP and 11.4 GB of weights over 8 devices, an autoencoder of 5.1 MFLOP a pixel at a quarter of the rate: more time and
 * memory, and twice the pixels take about twice as long; nothing is assumed of what is said. */
static void encoders_take_time_and_memory(void **state) {
    (void)state;
    tc_step live = forecast("wan2.1-t2v-1.3b", 0, 0, 81), cached = forecast("wan2.1-t2v-1.3b", 1, 0, 81),
            unsaid = forecast("wan2.1-t2v-1.3b", TC_UNSET, 0, 81);
    double seconds = live.step_s - cached.step_s, pixels = 81.0 * 480 * 832, encoder = 8 * 5.1e6 * pixels;
    double at_peak = encoder / 8 / (0.25 * 989e12); /* large products reach 0.6 to 0.8 of it */
    assert_true(seconds > at_peak && seconds < 2 * at_peak);
    assert_true(live.memory.reserved > cached.memory.reserved);
    assert_true(live.step_s == unsaid.step_s);
    assert_int_equal(unsaid.assumed_count, live.assumed_count + 1);
    assert_int_equal(cached.assumed_count, live.assumed_count);
    double shorter = forecast("wan2.1-t2v-1.3b", 0, 0, 41).step_s - forecast("wan2.1-t2v-1.3b", 1, 0, 41).step_s;
    assert_true(seconds / shorter > 1.8 && seconds / shorter < 2.05);
    double work = live.model_flops[TC_FLOPS_FULL] - cached.model_flops[TC_FLOPS_FULL];
    assert_near(work / encoder, 1 + 4.845e12 / (5.1e6 * pixels), 0.01);
}

/* A mean of the weights: 4 bytes a parameter over the 8 ranks that share the optimizer's states. */
static void means_of_weights(void **state) {
    (void)state;
    tc_step none = forecast("wan2.1-t2v-1.3b", 1, 0, 81), two = forecast("wan2.1-t2v-1.3b", 1, 2, 81);
    assert_near(two.memory.optimizer - none.memory.optimizer, 2 * 4 * 1418996800.0 / 8, 1);
    assert_true(two.breakdown.optimizer > none.breakdown.optimizer);
}

/* ---- samples of several sizes --------------------------------------------------------------- */

/* Two sizes with equal shares over 8 ranks: the larger one comes to some rank in all but 2^-8 of the steps. */
static void ranks_wait_for_the_largest(void **state) {
    (void)state;
    static tc_buckets b;
    tc_question q = tc_default_question();
    tc_error error = {0};
    q.job.model = load("flux.1-dev");
    q.job.cached_latents = 1;
    q.cluster.devices = 8;
    assert_int_equal(tc_catalog_accelerator(catalog, "h100-sxm", &q.cluster.accelerator, &error), TC_OK);
    assert_int_equal(tc_catalog_fabric(catalog, q.cluster.accelerator.fabric, &q.cluster.fabric, &error), TC_OK);
    assert_int_equal(tc_catalog_stack(catalog, "fsdp", &q.stack, &error), TC_OK);
    b = (tc_buckets){.count = 2, .bucket = {{1, 1024, 1024, 3, 0, {0}}, {1, 512, 512, 3, 0, {0}}}};
    if (tc_forecast_buckets(&q, &b, &error)) fail_msg("%s: %s", error.place, error.text);
    double large = b.bucket[0].step.step_s, small = b.bucket[1].step.step_s, none = pow(0.5, 8);
    assert_int_equal(b.bucket[1].seq, 1024);
    assert_near(b.mean_s, (large + small) / 2, 1e-9 * large);
    assert_near(b.worst_s, large, 0);
    assert_near(b.slowest_s, large * (1 - none) + small * none, 1e-9 * large);
    /* many micro-batches are nearly alike */
    q.job.global_batch = 8 * 64;
    if (tc_forecast_buckets(&q, &b, &error)) fail_msg("%s: %s", error.place, error.text);
    assert_true(b.slowest_s > b.mean_s && b.slowest_s < 1.2 * b.mean_s);
    /* a rank alone waits for none */
    q.cluster.devices = 1;
    q.job.global_batch = 1;
    if (tc_forecast_buckets(&q, &b, &error)) fail_msg("%s: %s", error.place, error.text);
    assert_near(b.slowest_s, b.mean_s, 0);
    b.bucket[0].share = b.bucket[1].share = 0;
    assert_int_equal(tc_forecast_buckets(&q, &b, &error), TC_INVALID);
}

/* ---- tokens ------------------------------------------------------------------------------ */

static void pixels_to_tokens(void **state) {
    (void)state;
    static const struct {
        const char *slug;
        int frames, height, width, tokens;
    } all[] = {{"wan2.1-t2v-14b", 81, 720, 1280, 75600}, {"wan2.2-ti2v-5b", 121, 704, 1280, 27280},
               {"hunyuanvideo", 129, 544, 960, 67320},   {"cogvideox-5b", 49, 480, 720, 17550},
               {"cogvideox1.5-5b", 37, 480, 720, 6750},  {"cogvideox1.5-5b", 81, 768, 1360, 44880},
               {"flux.1-dev", 1, 256, 256, 256},         {"ltx-video-2b", 49, 512, 768, 2688},
               {"movie-gen-30b", 256, 768, 768, 73728},  {"qwen-image-20b", 1, 1328, 1328, 6889}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        tc_model m = load(all[i].slug);
        set_sample(&m, all[i].frames, all[i].height, all[i].width);
        if (m.seq != all[i].tokens) fail_msg("%s: %d tokens, not %d", all[i].slug, m.seq, all[i].tokens);
    }
}

static void samples_that_cannot_be(void **state) {
    (void)state;
    tc_model wan = load("wan2.1-t2v-14b"), llama = load("llama-3-8b");
    tc_error error = {0};
    assert_int_equal(tc_model_set_sample(&llama, 81, TC_UNSET, TC_UNSET, &error), TC_INVALID);
    assert_string_equal(error.place, "--frames");
    assert_int_equal(tc_model_set_sample(&llama, TC_UNSET, TC_UNSET, TC_UNSET, &error), TC_OK);
    assert_int_equal(tc_model_set_sample(&wan, TC_UNSET, 8, TC_UNSET, &error), TC_INVALID);
    assert_string_equal(error.place, "--height");
    assert_int_equal(tc_model_set_sample(&wan, 100000, 100000, 100000, &error), TC_INVALID);
    wan.latents.time_stride = 0;
    assert_int_equal(tc_model_set_sample(&wan, 81, 480, 832, &error), TC_INVALID);
    assert_non_null(strstr(error.place, "time_stride"));
}

/* ---- what is not read ---------------------------------------------------------------------- */

static void refused(const char *text, const char *place, const char *because) {
    tc_model model;
    tc_error error = {0};
    assert_int_equal(read_text(text, &model, &error), TC_INVALID);
    if (!strstr(error.place, place) || !strstr(error.text, because)) fail_msg("%s: %s", error.place, error.text);
}

static void classes_that_are_refused(void **state) {
    (void)state;
    refused("{\"_class_name\":\"UNet2DConditionModel\"}", "_class_name", "U-Net");
    refused("{\"_class_name\":\"AutoencoderKLWan\"}", "_class_name", "autoencoder");
    refused("{\"_class_name\":\"SanaTransformer2DModel\"}", "_class_name", "linear attention");
    refused("{\"_class_name\":\"Whatever\"}", "_class_name", "FluxTransformer2DModel");
    refused("{\"_class_name\":\"SD3Transformer2DModel\",\"dual_attention_layers\":[1]}", "dual_attention_layers",
            "first");
    refused("{\"_class_name\":\"SD3Transformer2DModel\",\"num_layers\":0}", "num_layers", "1 or more");
    refused("{\"_class_name\":\"FluxTransformer2DModel\",\"num_layers\":0,\"num_single_layers\":0}", "num_layers",
            "1 or");
    refused("{\"_class_name\":\"WanTransformer3DModel\",\"patch_size\":[0,2,2]}", "patch_size", "three");
    refused("{\"_class_name\":\"WanModel\",\"dim\":5120,\"num_heads\":7}", "num_heads", "divisor");
    refused("{\"_class_name\":\"FluxTransformer2DModel\",\"num_attention_heads\":100000,\"attention_head_dim\":99}",
            "attention_head_dim", "width");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(totals_of_checkpoints),
        cmocka_unit_test(totals_of_the_catalog),
        cmocka_unit_test(wan_by_hand),
        cmocka_unit_test(flux_by_hand),
        cmocka_unit_test(space_and_time),
        cmocka_unit_test(sparse_by_skipping),
        cmocka_unit_test(ranks_share_streams),
        cmocka_unit_test(text_is_copied),
        cmocka_unit_test(short_sequences_cost_more),
        cmocka_unit_test(encoders_take_time_and_memory),
        cmocka_unit_test(means_of_weights),
        cmocka_unit_test(ranks_wait_for_the_largest),
        cmocka_unit_test(pixels_to_tokens),
        cmocka_unit_test(load_peak),
        cmocka_unit_test(shared_encoders),
        cmocka_unit_test(samples_that_cannot_be),
        cmocka_unit_test(classes_that_are_refused),
    };
    return cmocka_run_group_tests(tests, open_catalog, close_catalog);
}
