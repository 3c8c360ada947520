/* measurement.c - a measured kernel or collective, read and forecast with the functions that forecast it within a step.
 *
 * Kernels are those of the vendor's own libraries, one fused kernel an operator; the fit (tools/fit_kernels.c) and calibrations go by
 * log(forecast / measured). */
#include "validate/measurement.h"

#include <math.h>

#include "base/formats.h"
#include "base/vocabulary.h"
#include "device/kernel.h"
#include "network/collective.h"
#include "workload/parts.h"

const char *const tc_measurement_names[TC_MEASURED_KINDS]
    = {"gemm",       "grouped-gemm",   "attention",  "memory", "all-reduce",
       "all-gather", "reduce-scatter", "all-to-all", "send"};
static const char *const pass_names[TC_PASSES] = {"product", "forward", "backward", "both"};

/* ---- a measurement -------------------------------------------------------------------- */

/* Kernels of the vendor's own libraries, one fused kernel an operator. */
static tc_stack library_kernels(double accumulate) {
    tc_stack stack = tc_default_stack();
    stack.kernels.native_attention = true;
    stack.memory.main_grad_bytes = (int)accumulate;
    stack.params.kernel_fraction = stack.params.attention_relative = stack.params.memory_passes
        = stack.params.loss_passes = 1;
    return stack;
}

static double operator_seconds(const tc_measurement *row, const tc_rates *rates) {
    const tc_operator *op = &row->op;
    tc_seconds sum = {0};
    if (row->pass == TC_PASS_PRODUCT) {
        double m = op->gemm.m, n = op->gemm.n, k = op->gemm.k;
        double groups = op->gemm.groups / op->kernels, accumulate = 2 * row->accumulate * groups * m * n;
        return op->kernels
               * (tc_gemm_seconds(rates, op->gemm.low_precision, groups, m, n, k, accumulate) + rates->launch_s);
    }
    if (row->pass != TC_PASS_BACKWARD) tc_forward_seconds(rates, op, &sum);
    if (row->pass != TC_PASS_FORWARD) tc_backward_seconds(rates, op, true, &sum);
    return tc_seconds_device(&sum);
}

static double collective_seconds(const tc_measurement *row) {
    tc_group_path path = tc_path_of(&row->fabric, &row->accelerator.params, (tc_group){row->ranks, 1});
    switch (row->kind) {
    case TC_MEASURED_ALL_REDUCE: return tc_all_reduce_seconds(&path, row->bytes);
    case TC_MEASURED_ALL_TO_ALL: return tc_all_to_all_seconds(&path, row->bytes);
    case TC_MEASURED_SEND: return row->bytes / path.rate[row->level];
    default: return tc_all_gather_seconds(&path, row->bytes);
    }
}

/* NaN where the device has no such format. */
double tc_measurement_seconds(const tc_measurement *row) {
    const tc_accelerator *a = &row->accelerator;
    if (row->kind == TC_MEASURED_MEMORY) return row->bytes / (a->memory_bytes_per_s * a->params.memory_fraction);
    if (row->kind > TC_MEASURED_MEMORY) return collective_seconds(row) + row->host_s;
    tc_stack stack = library_kernels(row->accumulate);
    tc_rates rates;
    tc_error ignored;
    if (tc_rates_of(a, &stack, row->dtype, &rates, &ignored)) return NAN;
    rates.host_s = rates.moe_sync_s = 0;
    return operator_seconds(row, &rates);
}

/* What a rate in GB/s of the row refers to, bytes: the bus bandwidth of nccl-tests for collectives. */
static double bus_bytes(const tc_measurement *row) {
    double share = row->ranks > 0 ? 1 - 1.0 / row->ranks : 1;
    return row->kind == TC_MEASURED_MEMORY || row->kind == TC_MEASURED_SEND
               ? row->bytes
               : row->bytes * share * (row->kind == TC_MEASURED_ALL_REDUCE ? 2 : 1);
}

static double flops(const tc_measurement *row) {
    double backward = row->kind == TC_MEASURED_ATTENTION ? 2.5 : 2;
    return row->op.flops * ((row->pass != TC_PASS_BACKWARD) + (row->pass >= TC_PASS_BACKWARD ? backward : 0));
}

/* ---- reading -------------------------------------------------------------------------- */

static void read_gemm(const tc_json *json, tc_measurement *row) {
    tc_operator *op = &row->op;
    op->kind = TC_OP_GEMM;
    op->gemm.groups = tc_json_number(json, "groups", 1, 1e6, 1);
    op->gemm.m = tc_json_number(json, "m", 1, 1e9, 0);
    op->gemm.n = tc_json_number(json, "n", 1, 1e9, 0);
    op->gemm.k = tc_json_number(json, "k", 1, 1e9, 0);
    op->kernels = tc_json_bool(json, "sequential", false) ? op->gemm.groups : 1;
    op->gemm.low_precision = tc_format_is_low(row->dtype);
    op->weights = op->gemm.groups * op->gemm.n * op->gemm.k;
    op->flops = 2 * op->gemm.groups * op->gemm.m * op->gemm.n * op->gemm.k;
    row->accumulate = tc_json_number(json, "accumulate", 0, 4, 0);
    if (op->gemm.groups > 1) row->kind = TC_MEASURED_GROUPED_GEMM;
    if (op->flops <= 0) tc_json_fail(json, "m", "a GEMM needs m, n and k");
}

static void read_attention(const tc_json *json, tc_measurement *row) {
    double heads = tc_json_number(json, "heads", 1, 1e6, 1), width = tc_json_number(json, "head_dim", 1, 1e6, 1);
    double seq = tc_json_number(json, "seq", 1, 1e9, 1);
    tc_attention_core core = {.heads = heads,
                              .kv_heads = tc_json_number(json, "kv_heads", 1, 1e6, heads),
                              .qk_dim = width,
                              .v_dim = tc_json_number(json, "value_dim", 1, 1e6, width),
                              .queries = seq,
                              .keys = seq,
                              .causal = tc_json_bool(json, "causal", true)};
    tc_shard shard = {.sequences = tc_json_number(json, "sequences", 1, 1e6, 1), .cp = 1};
    tc_operators ops = {.count = 0};
    tc_add_attention(&ops, &core, &shard);
    row->op = ops.op[0];
}

static void read_collective(const tc_json *json, tc_catalog *catalog, tc_measurement *row) {
    tc_error *error = json->document->error;
    const char *fabric = tc_json_string(json, "fabric", "");
    if (tc_catalog_fabric(catalog, fabric, &row->fabric, error))
        tc_json_fail(json, "fabric", "%s is not in the catalog", fabric);
    row->ranks = (int)tc_json_integer(json, "ranks", 2, 1000000, 2);
    row->level = (int)tc_json_integer(json, "level", 0, TC_MAX_LEVELS - 1, 0);
    row->host_s = 1e-6 * tc_json_number(json, "host_us", 0, 1e6, 0);
    if (!tc_json_bool(json, "in_network", true))
        for (int l = 0; l < row->fabric.levels; l++) row->fabric.level[l].in_network_reduction = false;
}

bool tc_measurement_is(const tc_json *json) { return tc_json_value(json, "kind") != NULL; }

void tc_measurement_read(const tc_json *json, tc_catalog *catalog, tc_measurement *row) {
    *row = (tc_measurement){.excluded = tc_json_value(json, "excluded") != NULL};
    if (row->excluded) return;
    row->kind
        = (tc_measurement_kind)tc_json_choice(json, "kind", tc_measurement_names, TC_MEASURED_KINDS, TC_MEASURED_GEMM);
    row->pass
        = (tc_measured_pass)tc_json_choice(json, "pass", pass_names, TC_PASSES,
                                           row->kind == TC_MEASURED_ATTENTION ? TC_PASS_FORWARD : TC_PASS_PRODUCT);
    row->dtype = tc_json_choice(json, "dtype", tc_dtype_names, TC_DTYPES, TC_BF16);
    const char *accelerator = tc_json_string(json, "accelerator", "");
    if (tc_catalog_accelerator_known(catalog, accelerator, &row->accelerator, json->document->error))
        tc_json_fail(json, "accelerator", "%s is not in the catalog", accelerator);
    row->bytes = tc_json_number(json, "bytes", 1, 1e15, 1e9);
    if (row->kind == TC_MEASURED_GEMM) read_gemm(json, row);
    if (row->kind == TC_MEASURED_ATTENTION) read_attention(json, row);
    if (row->kind > TC_MEASURED_MEMORY) read_collective(json, catalog, row);
    double us = tc_json_number(json, "us", 1e-3, 1e12, 0), tflops = tc_json_number(json, "tflops", 1e-3, 1e6, 0);
    double gb_per_s
        = tc_json_number(json,
                         row->kind == TC_MEASURED_MEMORY || row->kind == TC_MEASURED_SEND ? "gb_per_s" : "bus_gb_per_s",
                         1e-3, 1e6, 0);
    row->seconds = us > 0         ? 1e-6 * us
                   : tflops > 0   ? flops(row) / (1e12 * tflops)
                   : gb_per_s > 0 ? bus_bytes(row) / (1e9 * gb_per_s)
                                  : 0;
    if (row->seconds <= 0) tc_json_fail(json, NULL, "states no time and no rate");
}
