/* Operators on a device of round numbers, in seconds by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/formats.h"
#include "device/kernel.h"
#include "machine.h"
#include "near.h"
#include "workload/parts.h"

static tc_rates rates_of(const tc_accelerator *a, const tc_stack *stack, int dtype) {
    tc_rates rates;
    tc_error error;
    if (tc_rates_of(a, stack, dtype, &rates, &error)) fail_msg("%s: %s", error.place, error.text);
    return rates;
}

static tc_rates round_rates(void) {
    tc_accelerator a = round_accelerator();
    tc_stack stack = round_stack();
    return rates_of(&a, &stack, TC_BF16);
}

static double gemm(const tc_rates *r, double m, double n, double k) { return tc_gemm_seconds(r, false, 1, m, n, k, 0); }

/* Traffic costs nothing: what is left is compute. */
static tc_rates compute_rates(void) {
    tc_rates r = round_rates();
    r.memory = 1e300;
    return r;
}

/* ---- matrix products ------------------------------------------------------------------------ */

/* 100 tiles of 256 x 128 on 100 cores: one full wave at the full rate. */
static void a_full_wave(void **state) {
    (void)state;
    tc_rates r = compute_rates();
    assert_near(gemm(&r, 2560, 1280, 8192), 2.0 * 2560 * 1280 * 8192 / 100e12, 1e-15);
    assert_near(gemm(&r, 5120, 2560, 8192), 2.0 * 5120 * 2560 * 8192 / 100e12, 1e-15);
}

/* 101 tiles need a second wave; of the smaller tiles 128 x 64 fills its waves best: 404 tiles in 5 waves at 0.85. */
static void one_tile_too_many(void **state) {
    (void)state;
    tc_rates r = compute_rates();
    double work = 2.0 * 256 * 101 * 128 * 8192 / 100e12;
    assert_near(gemm(&r, 256 * 101, 128, 8192), work / (0.85 * 404 / 500), 1e-15);
}

/* A row more than a tile pads to the next: 2561 rows in 128 x 128 tiles are 210 tiles in 3 waves; 256 x 128 are 110 in 2. */
static void a_partial_tile_costs_a_whole_one(void **state) {
    (void)state;
    tc_rates r = compute_rates();
    double share[] = {1.0 * 2561 * 1280 / (2 * 100 * 256.0 * 128), 0.96 * 2561 * 1280 / (3 * 100 * 128.0 * 128),
                      0.85 * 2561 * 1280 / (5 * 100 * 128.0 * 64), 0.7 * 2561 * 1280 / (9 * 100 * 64.0 * 64)};
    double best = 0;
    for (int i = 0; i < 4; i++) best = share[i] > best ? share[i] : best;
    assert_near(gemm(&r, 2561, 1280, 8192), 2.0 * 2561 * 1280 * 8192 / (100e12 * best), 1e-12);
}

/* One row: 4096 x 6400 weights of 2 bytes have to come from memory. */
static void memory_bound(void **state) {
    (void)state;
    tc_rates r = round_rates();
    r.gemm16 = 1e300;
    double bytes = 2 * (4096.0 * 6400 + 4096 + 6400);
    assert_near(gemm(&r, 1, 6400, 4096), bytes / 1e12, 1e-15);
    /* traffic on top counts where memory is the bound */
    assert_near(tc_gemm_seconds(&r, false, 1, 1, 6400, 4096, 1e9), (bytes + 1e9) / 1e12, 1e-15);
}

/* A product that computes as long as it moves data takes the square root of two as long as either. */
static void at_the_ridge(void **state) {
    (void)state;
    tc_rates r = compute_rates();
    double compute = gemm(&r, 2560, 1280, 8192);
    r.memory = 2 * (2560.0 * 8192 + 8192.0 * 1280 + 2560.0 * 1280) / compute;
    assert_near(gemm(&r, 2560, 1280, 8192), sqrt(2) * compute, 1e-15);
}

/* At k = k_half half of the rate. */
static void short_inner_dimension(void **state) {
    (void)state;
    tc_rates r = compute_rates();
    double ideal = gemm(&r, 25600, 12800, 512);
    r.gemm_k_half = 512;
    assert_near(gemm(&r, 25600, 12800, 512), 2 * ideal, 1e-15);
}

/* Equal groups fill the cores together: 10 groups of 10 tiles are one wave. */
static void grouped(void **state) {
    (void)state;
    tc_rates r = compute_rates();
    assert_near(tc_gemm_seconds(&r, false, 10, 2560, 128, 8192, 0), 10 * 2.0 * 2560 * 128 * 8192 / 100e12, 1e-15);
}

/* Twice the rows never cost more than twice the time, and never less than once. */
static void subadditive(void **state) {
    (void)state;
    tc_rates r = round_rates();
    r.gemm_k_half = 100;
    for (double m = 1; m < 20000; m = ceil(m * 1.37))
        for (double n = 64; n < 20000; n = ceil(n * 1.91)) {
            double once = gemm(&r, m, n, 1024), twice = gemm(&r, 2 * m, n, 1024);
            assert_true(twice <= 2 * once * (1 + 1e-12));
            assert_true(twice >= once * (1 - 1e-12));
        }
}

/* ---- rates --------------------------------------------------------------------------------------- */

/* Far below the limit the clock stays; far above it, watts buy FLOPs; where both are equal, 2^(-1/8). */
static void power_limit(void **state) {
    (void)state;
    tc_accelerator a = round_accelerator();
    tc_stack stack = round_stack();
    a.params.gemm_energy_j = 1e-12;
    a.tdp_w = 10000;
    assert_near(rates_of(&a, &stack, TC_BF16).gemm16, 100e12, 1e6);
    a.tdp_w = 1;
    assert_near(rates_of(&a, &stack, TC_BF16).gemm16, 1e12, 1e6);
    a.tdp_w = 100;
    assert_near(rates_of(&a, &stack, TC_BF16).gemm16, 100e12 * pow(2, -0.125), 1e3);
    /* two devices share the package's watts */
    a.devices_per_package = 2;
    a.tdp_w = 200;
    assert_near(rates_of(&a, &stack, TC_BF16).gemm16, 100e12 * pow(2, -0.125), 1e3);
    /* a tenth of the watts: attention slows down with the clock, memory does not */
    a.tdp_w = 20;
    tc_rates slow = rates_of(&a, &stack, TC_BF16);
    assert_near(slow.attention / 100e12, slow.gemm16 / 100e12, 1e-12);
    assert_near(slow.memory, 1e12, 1);
}

static void formats(void **state) {
    (void)state;
    tc_accelerator a = round_accelerator();
    tc_stack stack = round_stack();
    tc_rates wide = rates_of(&a, &stack, TC_BF16), narrow = rates_of(&a, &stack, TC_FP8);
    assert_near(narrow.gemm_low, 200e12, 1);
    assert_near(narrow.gemm16, wide.gemm16, 1);
    assert_near(wide.quantise_bytes, 0, 0);
    assert_near(narrow.quantise_bytes, 4, 0); /* 2 read, two copies of 1 written */
    /* a pass before for a scale of the tensor; scales of rows apart for the transpose, in slower products; chains of eager operators */
    stack.params.rowwise_fraction = 0.9;
    stack.kernels.fp8_recipe = TC_FP8_TENSORWISE;
    assert_near(rates_of(&a, &stack, TC_FP8).quantise_bytes, 6, 0);
    stack.kernels.fp8_recipe = TC_FP8_ROWWISE;
    assert_near(rates_of(&a, &stack, TC_FP8).quantise_bytes, 10, 0);
    assert_near(rates_of(&a, &stack, TC_FP8).gemm_low, 180e12, 1);
    stack.kernels.eager_casts = true;
    assert_near(rates_of(&a, &stack, TC_FP8).quantise_bytes, 60, 0);
    assert_true(rates_of(&a, &stack, TC_FP8).casts_again); /* nothing is kept in the narrow format */
    stack = round_stack();
    stack.memory.low_precision_inputs = true;
    assert_false(rates_of(&a, &stack, TC_FP8).casts_again);
    /* a loop over experts issues each of their products, in 8 bit a cast too */
    assert_near(rates_of(&a, &stack, TC_FP8).expert_host_s, 0, 0);
    stack.kernels.issues_experts = true;
    assert_near(rates_of(&a, &stack, TC_BF16).expert_host_s, 5e-6, 1e-15);
    assert_near(rates_of(&a, &stack, TC_FP8).expert_host_s, 10e-6, 1e-15);
    /* a product that follows the format moves one byte an element in, and two out */
    narrow.gemm_low = 1e300;
    assert_near(tc_gemm_seconds(&narrow, true, 1, 1, 6400, 4096, 0), (4096.0 * 6400 + 4096 + 2 * 6400) / 1e12, 1e-15);
    /* fp32 runs on what there is: TF32, else the vector units */
    tc_rates r;
    tc_error error;
    assert_int_equal(tc_rates_of(&a, &stack, TC_FP32, &r, &error), TC_INVALID);
    assert_string_equal(error.place, "--dtype");
    a.vector_flops = 10e12;
    r = rates_of(&a, &stack, TC_FP32);
    assert_near(r.gemm16, 10e12, 1);
    assert_near(r.element_bytes, 4, 0);
    assert_int_equal(tc_rates_of(&a, &stack, TC_NVFP4, &r, &error), TC_INVALID);
    /* scales travel as they are kept: one byte for 32 elements, for 16 */
    a.matmul_flops[TC_NVFP4] = 400e12;
    assert_near(rates_of(&a, &stack, TC_MXFP8).quantise_bytes, 2 + 2 * (1 + 1.0 / 32), 1e-12);
    assert_near(rates_of(&a, &stack, TC_NVFP4).low_bytes, 0.5 + 1.0 / 16, 1e-12);
    assert_near(tc_format_bytes(TC_MXFP8), rates_of(&a, &stack, TC_MXFP8).low_bytes, 0);
}

/* The peak that counts where a device states none for a format; the same for the time and for its utilization. */
static void peaks(void **state) {
    (void)state;
    tc_accelerator a = {.matmul_flops = {[TC_FP16] = 16, [TC_FP8] = 8, [TC_INT8] = 88}, .vector_flops = 1};
    const double expected[TC_DTYPES] = {[TC_FP32] = 1, [TC_TF32] = 0,  [TC_BF16] = 16, [TC_FP16] = 16,
                                        [TC_FP8] = 8,  [TC_MXFP8] = 8, [TC_NVFP4] = 0, [TC_INT8] = 88};
    for (int i = 0; i < TC_DTYPES; i++) assert_near(tc_peak_flops(&a, i), expected[i], 0);
    a.matmul_flops[TC_TF32] = 4;
    assert_near(tc_peak_flops(&a, TC_FP32), 4, 0);
    assert_near(tc_peak_flops(&a, TC_TF32), 4, 0);
    a.matmul_flops[TC_MXFP8] = 9;
    assert_near(tc_peak_flops(&a, TC_MXFP8), 9, 0);
}

/* ---- operators ------------------------------------------------------------------------------------ */

static tc_seconds forward(const tc_rates *r, const tc_operator *op) {
    tc_seconds s = {0};
    tc_forward_seconds(r, op, &s);
    return s;
}

static tc_seconds backward(const tc_rates *r, const tc_operator *op, bool weights) {
    tc_seconds s = {0};
    tc_backward_seconds(r, op, weights, &s);
    return s;
}

/* 2^40 FLOPs at head dimension 128 and long rows: the full rate forward, 2.5 times the work backward. */
static void attention(void **state) {
    (void)state;
    tc_rates r = round_rates();
    double pairs = 1024.0 * 1024 * 1024;
    tc_operator op = {.kind = TC_OP_ATTENTION,
                      .tag = TC_TAG_ATTENTION,
                      .kernels = 1,
                      .attention = {.pairs = pairs, .keys = 8192, .tiles = 1e30, .head_dim = 128},
                      .flops = 4 * pairs * 128};
    assert_near(forward(&r, &op).attention, op.flops / 100e12, 1e-12);
    assert_near(backward(&r, &op, true).attention, 2.5 * op.flops / 100e12, 1e-12);
    /* half the head: 64 / (64 + 32) against 128 / (128 + 32) */
    op.attention.head_dim = 64;
    assert_near(forward(&r, &op).attention, op.flops / 2 / (100e12 * (64.0 / 96) / (128.0 / 160)), 1e-12);
    /* values of 64 are padded to the 128 of the queries: the FLOPs fall, the time does not */
    op.attention.head_dim = 128;
    op.flops *= 0.75;
    assert_near(forward(&r, &op).attention, 4 * pairs * 128 / 100e12, 1e-12);
    op.flops = 4 * pairs * 128;
    /* a row as long as seq_half: half the rate */
    op.attention.head_dim = 128;
    r.attention_seq_half = 8192;
    assert_near(forward(&r, &op).attention, 2 * op.flops / 100e12, 1e-12);
    r.attention_backward_seq_half = 8192.0 / 3;
    assert_near(backward(&r, &op, true).attention, 2.5 * op.flops / 75e12, 1e-12);
    /* with as many blocks as 1.5 a core: half of that again */
    r.cores = 100;
    op.attention.tiles = 150;
    assert_near(forward(&r, &op).attention, 4 * op.flops / 100e12, 1e-12);
    op.attention.tiles = 1e30;
    /* few FLOPs on many bytes: memory */
    op.bytes = 1e12;
    assert_near(forward(&r, &op).attention, 1, 1e-12);
}

/* A systolic array of 256 columns: 2880 fills 12 of 11.25 both ways; heads of 64 take the time of 128. */
static void systolic_arrays_are_filled(void **state) {
    (void)state;
    tc_rates r = compute_rates();
    double plain = gemm(&r, 2560, 2880, 2880);
    r.unit = 256;
    assert_near(gemm(&r, 2560, 2880, 2880), plain * 3072 / 2880 * 3072 / 2880, 1e-12);
    assert_near(gemm(&r, 2560, 2560, 5120), 2.0 * 2560 * 2560 * 5120 / 100e12, 1e-12);
    tc_operator op = {.kind = TC_OP_ATTENTION,
                      .tag = TC_TAG_ATTENTION,
                      .kernels = 1,
                      .attention = {.pairs = 1e9, .keys = 8192, .tiles = 1e30, .head_dim = 64}};
    double narrow = forward(&r, &op).attention;
    r.unit = 0;
    assert_near(narrow, 2 * forward(&r, &op).attention, 1e-12);
}

/* Attention of 8192 tokens in blocks of 2048: of 16 blocks the triangle cuts 4 and leaves 6 whole, a fourth more than half of the pairs. A window of 128
 * reaches the block before, too: 7 blocks. Without a mask, and with small blocks, nothing is computed for nothing. */
static void masks_skip_whole_blocks(void **state) {
    (void)state;
    tc_rates r = compute_rates();
    tc_attention_core core
        = {.heads = 1, .kv_heads = 1, .qk_dim = 128, .v_dim = 128, .queries = 8192, .keys = 8192, .causal = true};
    tc_shard shard = {.sequences = 1, .cp = 1};
    double window[] = {0, 128, 8192}, blocks[] = {10, 7, 10}, alone, whole;
    r.attention_seq_half = 0;
    for (int i = 0; i < 3; i++) {
        tc_operators ops = {.count = 0};
        core.window = window[i];
        tc_add_attention(&ops, &core, &shard);
        r.attention_block = 0;
        alone = forward(&r, &ops.op[0]).attention;
        r.attention_block = 2048;
        whole = forward(&r, &ops.op[0]).attention;
        assert_near(whole / alone, blocks[i] * 2048 * 2048 / ops.op[0].attention.pairs, 1e-9);
    }
    tc_operators ops = {.count = 0};
    core.causal = false;
    tc_add_attention(&ops, &core, &shard);
    whole = forward(&r, &ops.op[0]).attention;
    r.attention_block = 0;
    assert_near(whole, forward(&r, &ops.op[0]).attention, 0);
}

/* The time of the host's thread, and a kernel written for earlier devices, forward and backward apart. */
static void hosts_and_portable_kernels(void **state) {
    (void)state;
    tc_accelerator a = {.devices_per_package = 1, .memory_bytes_per_s = 1e12};
    a.matmul_flops[TC_BF16] = 100e12;
    a.params = (tc_device_params){.gemm_fraction = 1,
                                  .attention_fraction = 0.5,
                                  .attention_backward_fraction = 0.4,
                                  .attention_portable_fraction = 0.8,
                                  .attention_portable_backward_fraction = 0.5,
                                  .memory_fraction = 1,
                                  .host_time = 2};
    tc_stack stack
        = {.params = {.kernel_fraction = 1, .attention_relative = 1, .host_s_per_kernel = 1e-5, .moe_sync_s = 4e-3},
           .kernels = {.native_attention = true, .reads_counts = true}};
    tc_rates r;
    assert_int_equal(tc_rates_of(&a, &stack, TC_BF16, &r, NULL), TC_OK);
    assert_near(r.host_s, 2e-5, 1e-18);
    assert_near(r.moe_sync_s, 8e-3, 1e-15);
    assert_near(r.attention, 50e12, 1);
    assert_near(r.attention_backward, 40e12, 1);
    stack.kernels.native_attention = false;
    assert_int_equal(tc_rates_of(&a, &stack, TC_BF16, &r, NULL), TC_OK);
    assert_near(r.attention, 40e12, 1);
    assert_near(r.attention_backward, 20e12, 1);
}

/* Heads of 145: 290 bytes a row. Both products of plain attention run at the vector units' 10 TFLOP/s, forward and backward; those of 144 do not. */
static void rows_of_no_16_bytes(void **state) {
    (void)state;
    tc_rates r = compute_rates();
    r.vector = 10e12;
    double gemm_s[2];
    for (int odd = 0; odd < 2; odd++) {
        double d = odd ? 145 : 144;
        tc_attention_core core = {.heads = 10, .kv_heads = 10, .qk_dim = d, .v_dim = d, .queries = 2560, .keys = 2560};
        tc_shard shard = {.sequences = 1, .cp = 1, .plain_attention = true};
        tc_operators ops = {.count = 0};
        tc_add_attention(&ops, &core, &shard);
        assert_int_equal(ops.op[0].gemm.odd_rows, odd);
        gemm_s[odd] = forward(&r, &ops.op[0]).gemm;
        ops.op[0].gemm.odd_rows = false;
        double aligned = forward(&r, &ops.op[0]).gemm;
        assert_near(gemm_s[odd] - aligned, odd ? 2 * 10 * 2560.0 * 2560 * d * (1 / 10e12 - 1 / 100e12) : 0, 1e-12);
    }
}

static void elementwise(void **state) {
    (void)state;
    tc_rates r = round_rates();
    tc_operator op = {.kind = TC_OP_ELEMENTWISE, .tag = TC_TAG_NORM, .kernels = 1, .bytes = 1e9, .backward_bytes = 3e9};
    r.launch_s = 1e-6;
    r.host_s = 5e-6;
    assert_near(forward(&r, &op).memory, 1e-3, 1e-15);
    assert_near(forward(&r, &op).launch, 1e-6, 1e-18);
    assert_near(forward(&r, &op).host, 5e-6, 1e-18);
    assert_near(backward(&r, &op, true).memory, 3e-3, 1e-15);
    /* a stack that fuses half as much reads, writes and launches twice as much; the loss has its own figure */
    r.memory_passes = 2;
    assert_near(forward(&r, &op).memory, 2e-3, 1e-15);
    assert_near(forward(&r, &op).launch, 2e-6, 1e-18);
    op.tag = TC_TAG_LOSS;
    assert_near(forward(&r, &op).memory, 1e-3, 1e-15);
}

/* (m, n, k) has the input gradient (m, k, n) and the weight gradient (k, n, m); frozen weights have no second. */
static void gemm_backward(void **state) {
    (void)state;
    tc_rates r = round_rates();
    r.grad_bytes = 0;
    tc_operator op = {.kind = TC_OP_GEMM,
                      .tag = TC_TAG_MLP,
                      .kernels = 1,
                      .weights = 12800.0 * 5120,
                      .gemm = {.groups = 1, .m = 4096, .n = 12800, .k = 5120, .low_precision = true}};
    double input = gemm(&r, 4096, 5120, 12800), weight = gemm(&r, 5120, 12800, 4096);
    assert_near(backward(&r, &op, true).gemm, input + weight, 1e-12);
    assert_near(backward(&r, &op, false).gemm, input, 1e-12);
    /* the scores of attention have two gradients, frozen or not */
    op.weights = 0;
    assert_near(backward(&r, &op, false).gemm, input + weight, 1e-12);
}

/* What the gradient of few tokens costs is the traffic of the accumulation: 4 bytes read and written. */
static void gradient_accumulation(void **state) {
    (void)state;
    tc_rates r = round_rates();
    r.gemm_low = r.gemm16 = 1e300;
    tc_operator op = {.kind = TC_OP_GEMM,
                      .tag = TC_TAG_MLP,
                      .kernels = 1,
                      .weights = 4096.0 * 4096,
                      .gemm = {.groups = 1, .m = 1, .n = 4096, .k = 4096, .low_precision = true}};
    double input = gemm(&r, 1, 4096, 4096), weight = (2.0 * (4096.0 * 4096 + 2 * 4096) + 8.0 * 4096 * 4096) / 1e12;
    assert_near(backward(&r, &op, true).gemm, input + weight, 1e-12);
}

/* A card that runs above the clock of its datasheet computes faster by as much; its memory does not. */
static void a_clock_above_the_datasheet(void **state) {
    (void)state;
    tc_accelerator a = round_accelerator();
    tc_stack stack = round_stack();
    tc_rates at_stated = rates_of(&a, &stack, TC_BF16);
    a.clock_hz = 2e9;
    a.held_clock_hz = 2.5e9;
    tc_rates above = rates_of(&a, &stack, TC_BF16);
    assert_near(above.gemm16, 1.25 * at_stated.gemm16, 1);
    assert_near(above.attention, 1.25 * at_stated.attention, 1);
    assert_near(above.memory, at_stated.memory, 0);
    a.clock_hz = 0;
    assert_near(rates_of(&a, &stack, TC_BF16).gemm16, at_stated.gemm16, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_wave),
        cmocka_unit_test(one_tile_too_many),
        cmocka_unit_test(a_partial_tile_costs_a_whole_one),
        cmocka_unit_test(memory_bound),
        cmocka_unit_test(at_the_ridge),
        cmocka_unit_test(short_inner_dimension),
        cmocka_unit_test(grouped),
        cmocka_unit_test(subadditive),
        cmocka_unit_test(power_limit),
        cmocka_unit_test(formats),
        cmocka_unit_test(a_clock_above_the_datasheet),
        cmocka_unit_test(peaks),
        cmocka_unit_test(attention),
        cmocka_unit_test(systolic_arrays_are_filled),
        cmocka_unit_test(masks_skip_whole_blocks),
        cmocka_unit_test(hosts_and_portable_kernels),
        cmocka_unit_test(rows_of_no_16_bytes),
        cmocka_unit_test(elementwise),
        cmocka_unit_test(gemm_backward),
        cmocka_unit_test(gradient_accumulation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
