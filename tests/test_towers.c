/* Towers: tokens of images, weights, FLOPs, seconds and bytes of what stands beside the main stack, by sums on the round
 * machine; what frozen and cached parts do not cost; vision models of the catalog to the last parameter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "device/kernel.h"
#include "machine.h"
#include "near.h"
#include "workload/towers.h"

#define WIDTH 512.0
#define PATCHES 256.0 /* of an image of 224 x 224 in squares of 14 */
#define INPUTS 588.0
#define OUT 1024.0

/* A vision transformer of so many layers of width 512, every four of its tokens joined, and a matrix to the model's width. */
static tc_model with_towers(int layers) {
    tc_model m = round_gpt(2);
    m.images = 1;
    m.image_width = m.image_height = 224;
    m.towers = 2;
    tc_tower *vision = &m.tower[0], *projector = &m.tower[1];
    *vision = *projector = tc_default_tower();
    strcpy(vision->name, "vision");
    strcpy(projector->name, "projector");
    vision->hidden = (int)WIDTH;
    vision->inputs = (int)INPUTS;
    vision->patch = 14;
    vision->merge = 4;
    vision->blocks = 1;
    vision->block[0] = tc_default_block();
    vision->block[0].count = layers;
    vision->block[0].attention = (tc_attention){.heads = 8, .kv_heads = 8, .head_dim = 64};
    vision->block[0].dense = (tc_dense){.kind = TC_MLP_PLAIN, .ffn = 2048};
    projector->after = 1;
    projector->joins = true;
    projector->projector = (tc_projector){.layers = 1, .in = 2048, .out = 1024, .copies = 1};
    return m;
}

static tc_question question(tc_model model) {
    tc_question q = round_machine(1);
    q.job.model = model;
    q.job.global_batch = 1;
    return q;
}

static tc_step step_of(const tc_question *q) {
    tc_step step;
    tc_error error;
    if (tc_forecast(q, &step, &error)) fail_msg("%s: %s", error.place, error.text);
    return step;
}

/* ---- tokens -------------------------------------------------------------------------------- */

static void tokens_of_images(void **state) {
    (void)state;
    tc_model m = with_towers(1);
    tc_images images = {2, 448, 336};
    tc_tower_work work = tc_tower_work_of(&m, &images, 0);
    assert_near(work.units, 2, 0);
    assert_near(work.tokens, 32 * 24, 0);
    assert_near(work.outputs, 32 * 24 / 4, 0);
    assert_near(tc_image_tokens(&m, &images), 192, 0);
    assert_near(tc_tower_sequence(&m, &images), 384, 0);
    /* a side that is no multiple of two patches is resized to one */
    images = (tc_images){1, 1280, 720};
    assert_near(tc_tower_work_of(&m, &images, 0).tokens, 92 * 52, 0);
    /* squares of 448, and a small copy of the whole */
    m.tower[0].tile = 448;
    m.tower[0].max_tiles = 12;
    assert_near(tc_image_tokens(&m, &images), (4 * 2 + 1) * 256,
                0); /* 2:1, twice as many as it has half the pixels of 4 x 2 */
    static const struct {
        int width, height, most, squares;
    } cut[] = {{640, 480, 12, 13}, {480, 640, 12, 13}, {640, 480, 6, 7}, {640, 427, 12, 7},
               {640, 640, 12, 5},  {600, 600, 12, 1},  {896, 448, 12, 3}};
    for (size_t i = 0; i < sizeof cut / sizeof cut[0]; i++) {
        tc_images one = {1, cut[i].width, cut[i].height};
        m.tower[0].max_tiles = cut[i].most;
        assert_near(tc_image_tokens(&m, &one), 256 * cut[i].squares, 0);
    }
    m.tower[0].max_tiles = 1;
    assert_near(tc_image_tokens(&m, &images), 256, 0);
    /* a class token is seen by the blocks and not handed on */
    m.tower[0].class_tokens = 1;
    assert_near(tc_tower_work_of(&m, &images, 0).tokens, 1025, 0);
    assert_near(tc_image_tokens(&m, &images), 256, 0);
    /* what is for a sample, and for its pixels */
    m.tower[0].unit = TC_TOWER_PIXEL;
    assert_near(tc_tower_work_of(&m, &images, 0).units, 1280 * 720, 0);
    m.tower[0].unit = TC_TOWER_SAMPLE;
    m.tower[0].tokens = 512;
    m.tower[0].merge = 1;
    assert_near(tc_tower_work_of(&m, &images, 0).outputs, 512, 0);
}

/* Images fill the sequence that they are part of, and no more. */
static void images_are_part_of_the_sequence(void **state) {
    (void)state;
    tc_question q = question(with_towers(1));
    tc_step step;
    tc_error error;
    q.job.images = 16; /* of 64 tokens */
    assert_int_equal(tc_forecast(&q, &step, &error), TC_OK);
    q.job.images = 17;
    assert_int_equal(tc_forecast(&q, &step, &error), TC_INVALID);
    assert_string_equal(error.place, "--images");
    q.job.model.towers = 0;
    assert_int_equal(tc_forecast(&q, &step, &error), TC_INVALID);
    assert_string_equal(error.place, "--images");
}

/* ---- weights and FLOPs -------------------------------------------------------------------------- */

static void weights_of_towers(void **state) {
    (void)state;
    tc_model m = with_towers(3), alone = m;
    alone.towers = 0;
    double layer = 4 * WIDTH * WIDTH + 2 * WIDTH * 2048 + 4 * WIDTH, vision = INPUTS * WIDTH + 3 * layer,
           projector = 2048 * OUT;
    assert_near(tc_tower_parameters(&m, 0), vision, 0);
    assert_near(tc_tower_parameters(&m, 1), projector, 0);
    tc_model_size size = tc_model_count(&m), main = tc_model_count(&alone);
    assert_near(size.parameters, main.parameters, 0);
    assert_near(size.active_parameters, main.active_parameters, 0);
    assert_near(size.tower_parameters, vision + projector, 0);
    m.tower[1].projector
        = (tc_projector){.layers = 3, .in = 2048, .width = 4096, .out = 1024, .norm = 512, .copies = 2, .bias = true};
    double mlp = 2048.0 * 4096 + 4096 + 4096.0 * 4096 + 4096 + 4096.0 * 1024 + 1024 + 2 * 512;
    assert_near(tc_tower_parameters(&m, 1), 2 * mlp, 0);
}

/* Forward 2 n (p + L (4 h h + 2 h f)) + 4 n n h L; in windows of w tokens 4 n w h L. */
static void flops_of_towers(void **state) {
    (void)state;
    tc_model m = with_towers(3);
    const tc_images one = {1, 224, 224};
    double products = 2 * PATCHES * (INPUTS * WIDTH + 3 * (4 * WIDTH * WIDTH + 2 * WIDTH * 2048)),
           scores = 3 * 4 * PATCHES * PATCHES * WIDTH, projector = 2 * 64 * 2048 * OUT;
    assert_near(tc_tower_forward_flops(&m, &one, 0), products + scores, 0);
    tc_question q = question(m), text = q;
    text.job.model.towers = 0;
    q.job.global_batch = 8;
    text.job.global_batch = 8;
    tc_step with = step_of(&q), without = step_of(&text);
    assert_near(with.model_flops[TC_FLOPS_FULL] - without.model_flops[TC_FLOPS_FULL],
                8 * 3 * (products + scores + projector), 1);
    assert_near(with.model_flops[TC_FLOPS_6ND] - without.model_flops[TC_FLOPS_6ND], 8 * 3 * (products + projector), 1);
    assert_near(with.model_flops[TC_FLOPS_HARDWARE] / with.model_flops[TC_FLOPS_FULL], 1, 1e-12);
    /* frozen: forward alone */
    q.job.model.tower[0].state = TC_TOWER_FROZEN;
    with = step_of(&q);
    assert_near(with.model_flops[TC_FLOPS_FULL] - without.model_flops[TC_FLOPS_FULL],
                8 * (products + scores + 3 * projector), 1);
    /* behind a trained part: the gradients of its inputs too */
    q.job.model.tower[0].state = TC_TOWER_TRAINED;
    q.job.model.tower[1].state = TC_TOWER_FROZEN;
    with = step_of(&q);
    assert_near(with.model_flops[TC_FLOPS_FULL] - without.model_flops[TC_FLOPS_FULL],
                8 * (3 * (products + scores) + 2 * projector), 1);
    m.tower[0].block[0].attention.window = 64;
    assert_near(tc_tower_forward_flops(&m, &one, 0), products + scores / 4, 0);
}

/* ---- seconds -------------------------------------------------------------------------------------- */

static double gemm(const tc_question *q, double m, double n, double k, double extra_bytes, bool low) {
    tc_rates rates;
    assert_int_equal(tc_rates_of(&q->cluster.accelerator, &q->stack, q->job.dtype, &rates, NULL), TC_OK);
    return tc_gemm_seconds(&rates, low, 1, m, n, k, extra_bytes);
}

/* A projector on a tower of no blocks: forward and the gradient of its weights; that of its input goes nowhere. */
static void a_projector_by_hand(void **state) {
    (void)state;
    tc_question q = question(with_towers(1)), without = q;
    q.job.model.tower[0].blocks = 0;
    q.job.model.tower[0].state = TC_TOWER_FROZEN;
    without.job.model.towers = 0;
    double embedding = gemm(&q, PATCHES, WIDTH, INPUTS, 0, false), forward = gemm(&q, 64, OUT, 2048, 0, true),
           weights = gemm(&q, 2048, OUT, 64, 8 * 2048 * OUT, true), inputs = gemm(&q, 64, 2048, OUT, 0, true);
    tc_step with = step_of(&q), text = step_of(&without);
    assert_near(with.breakdown.gemm - text.breakdown.gemm, embedding + forward + weights, 1e-12);
    q.job.model.tower[0].state = TC_TOWER_TRAINED;
    with = step_of(&q);
    double patches = gemm(&q, INPUTS, WIDTH, PATCHES, 8 * INPUTS * WIDTH, false);
    assert_near(with.breakdown.gemm - text.breakdown.gemm, embedding + patches + forward + weights + inputs, 1e-12);
    q.job.model.tower[0].state = q.job.model.tower[1].state = TC_TOWER_FROZEN;
    with = step_of(&q);
    assert_near(with.breakdown.gemm - text.breakdown.gemm, embedding + forward, 1e-12);
    /* no image, nothing to do */
    q.job.images = 0;
    assert_near(step_of(&q).breakdown.gemm, text.breakdown.gemm, 0);
}

/* The model's weights may be frozen and its projector trained: the optimizer steps for that alone. */
static void a_trained_projector_before_a_frozen_model(void **state) {
    (void)state;
    tc_question q = question(with_towers(2)), frozen = q;
    frozen.job.frozen_base = q.job.frozen_base = true;
    q.job.model.tower[1].state = TC_TOWER_TRAINED;
    tc_step some = step_of(&q), none = step_of(&frozen);
    double projector = 2048 * OUT;
    assert_near(none.breakdown.optimizer, 0, 0);
    assert_true(some.breakdown.optimizer > 0);
    assert_near(some.memory.parameters, none.memory.parameters, 0);
    assert_near(some.memory.gradients - none.memory.gradients, 4 * projector, 0);
    assert_near(some.memory.optimizer - none.memory.optimizer, 12 * projector, 0);
}

/* A convolutional encoder: so many FLOPs of a pixel, at a share of the rate of matrix products. */
static void convolutions(void **state) {
    (void)state;
    tc_model m = round_gpt(2);
    m.images = 1;
    m.image_width = m.image_height = 512;
    m.towers = 1;
    tc_tower *vae = &m.tower[0];
    *vae = tc_default_tower();
    strcpy(vae->name, "vae");
    vae->unit = TC_TOWER_PIXEL;
    vae->state = TC_TOWER_FROZEN;
    vae->flops = 1e6;
    vae->weights = 8e7;
    vae->efficiency = 0.5;
    tc_question q = question(m), without = q;
    without.job.model.towers = 0;
    tc_step with = step_of(&q), text = step_of(&without);
    double flops = 1e6 * 512 * 512;
    assert_near(with.model_flops[TC_FLOPS_FULL] - text.model_flops[TC_FLOPS_FULL], flops, 1);
    /* as products of 512 channels and 9 taps, of twice the rows */
    assert_near(with.step_s - text.step_s, gemm(&q, 2 * flops / (2 * 512 * 4608), 512, 4608, 0, false), 1e-12);
    assert_near(with.memory.parameters - text.memory.parameters, 2 * 8e7, 0);
    vae->state = TC_TOWER_CACHED;
    q.job.model = m;
    with = step_of(&q);
    assert_near(with.step_s, text.step_s, 0);
    assert_near(with.memory.reserved, text.memory.reserved, 0);
}

/* ---- bytes ----------------------------------------------------------------------------------------- */

static void memory_of_towers(void **state) {
    (void)state;
    tc_question q = question(with_towers(4)), without = q;
    without.job.model.towers = 0;
    double vision = tc_tower_parameters(&q.job.model, 0), all = vision + tc_tower_parameters(&q.job.model, 1);
    tc_step trained = step_of(&q), text = step_of(&without);
    assert_near(trained.memory.parameters - text.memory.parameters, 2 * all, 0);
    assert_near(trained.memory.gradients - text.memory.gradients, 4 * all, 0);
    assert_near(trained.memory.optimizer - text.memory.optimizer, 12 * all, 0);
    q.job.model.tower[0].state = TC_TOWER_FROZEN;
    tc_step frozen = step_of(&q);
    assert_near(frozen.memory.parameters, trained.memory.parameters, 0);
    assert_near(frozen.memory.gradients - text.memory.gradients, 4 * (all - vision), 0);
    /* of a frozen tower nothing is kept for a backward pass; of the projector its input */
    assert_near(frozen.memory.activations - text.memory.activations, 2 * 64 * 2048, 0);
    assert_true(trained.memory.activations > frozen.memory.activations);
    /* full recompute keeps the inputs of blocks */
    q.job.model.tower[0].state = TC_TOWER_TRAINED;
    q.layout.recompute = without.layout.recompute = TC_RECOMPUTE_FULL;
    tc_step again = step_of(&q);
    assert_true(again.memory.activations < trained.memory.activations);
    assert_true(again.breakdown.recompute > step_of(&without).breakdown.recompute);
    /* weights in shards: a frozen tower is one more to gather, in each rank's share */
    q = question(with_towers(4));
    q.cluster.devices = without.cluster.devices = 8;
    q.job.global_batch = without.job.global_batch = 8;
    q.layout.sharding = without.layout.sharding = TC_SHARD_ZERO3;
    without.layout.recompute = TC_UNSET;
    q.job.model.tower[0].state = q.job.model.tower[1].state = TC_TOWER_FROZEN;
    tc_step shards = step_of(&q), text_shards = step_of(&without);
    assert_near(shards.memory.parameters - text_shards.memory.parameters, 2 * all / 8, 1e-6);
    assert_true(shards.breakdown.dp_comm > text_shards.breakdown.dp_comm);
}

/* On the first stage alone, where tensor parallelism shares it, or each rank has it whole. */
static void towers_and_degrees(void **state) {
    (void)state;
    tc_question q = question(with_towers(4));
    q.cluster.devices = 4;
    q.layout.tp = 4;
    tc_step split = step_of(&q);
    q.stack.kernels.replicated_towers = true;
    tc_step whole = step_of(&q);
    assert_true(split.breakdown.gemm < whole.breakdown.gemm && split.breakdown.tp_comm > whole.breakdown.tp_comm);
    double matrices = 4 * (4 * WIDTH * WIDTH + 2 * WIDTH * 2048);
    assert_near(whole.memory.parameters - split.memory.parameters, 2 * matrices * 3 / 4, 0);
    q.layout.tp = 1;
    q.layout.pp = 2;
    q.cluster.devices = 2;
    tc_step staged = step_of(&q);
    q.job.model.towers = 0;
    assert_true(staged.step_s > step_of(&q).step_s);
}

/* ---- the catalog ------------------------------------------------------------------------------------- */

static void models_of_the_catalog(void **state) {
    (void)state;
    static const struct {
        const char *slug;
        double tower, all;
    } models[] = {{"qwen2.5-vl-3b", 668684288, 3754622976},     {"qwen2.5-vl-7b", 676550144, 8292166656},
                  {"qwen2.5-vl-32b", 688841984, 33452718336},   {"qwen2.5-vl-72b", 704573696, 73410777344},
                  {"qwen2-vl-7b", 675759104, 8291375616},       {"qwen3-vl-8b", 576388336, 8767123696},
                  {"qwen3-vl-30b-a3b", 538631408, 31070754032}, {"internvl2.5-8b", 337583104, 8075365376},
                  {"internvl2.5-26b", 5652925824, 25514186112}, {"internvl3-8b", 331552768, 7944373760},
                  {"llava-1.5-7b", 324487168, 7063427072},      {"gemma-3-4b-vl", 419816304, 4300079472},
                  {"gemma-3-12b-vl", 421290864, 12187325040},   {"gemma-3-27b-vl", 423060336, 27432406640}};
    tc_catalog *catalog;
    assert_int_equal(tc_catalog_open(NULL, 0, &catalog, NULL), TC_OK);
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++) {
        tc_model m;
        assert_int_equal(tc_catalog_model(catalog, models[i].slug, &m, NULL), TC_OK);
        tc_model_size size = tc_model_count(&m);
        assert_near(size.tower_parameters, models[i].tower, 0);
        assert_near(size.parameters + size.tower_parameters, models[i].all, 0);
    }
    tc_catalog_close(catalog);
}

int main(void) {
    const struct CMUnitTest tests[]
        = {cmocka_unit_test(tokens_of_images),    cmocka_unit_test(images_are_part_of_the_sequence),
           cmocka_unit_test(weights_of_towers),   cmocka_unit_test(flops_of_towers),
           cmocka_unit_test(a_projector_by_hand), cmocka_unit_test(a_trained_projector_before_a_frozen_model),
           cmocka_unit_test(convolutions),        cmocka_unit_test(memory_of_towers),
           cmocka_unit_test(towers_and_degrees),  cmocka_unit_test(models_of_the_catalog)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
