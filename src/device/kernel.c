/* kernel.c - roofline with shape: compute by tiles and waves against memory, plus launch.
 *
 * GEMM: the output is cut into tiles; a kernel of the best size in the menu runs
 * ceil(tiles / cores) waves, each tile padded to its full size, with a ramp
 * k / (k + k_half) for prologue and epilogue. Attention: fused kernels at a rate
 * that grows with the head dimension, since the softmax work per pair does not
 * depend on it, and with the length of a row. Elementwise: bytes over achievable bandwidth.
 * Batched products whose rows are no multiple of 16 bytes run on the vector units, as matrix units load 16 bytes at a
 * time (NVIDIA, Matrix Multiplication Background, section 2.2; cuBLAS has no batched kernel between the two).
 * Of compute and memory the slower counts, in a GEMM the root of their squares: near the ridge neither hides all of
 * the other. Then the gap to the next kernel.
 * Rates are bounded by power: watts over the energy of a FLOP.
 * Ignored: caches across kernels.
 */
#include "device/kernel.h"

#include <math.h>

#include "base/error.h"
#include "base/formats.h"
#include "base/vocabulary.h"

/* Output tiles of matmul libraries and their rate relative to the largest one:
 * the operand traffic per FLOP of a (tm, tn) tile grows as 1/tm + 1/tn. */
static const struct tile {
    double m, n, rate;
    double per_m, per_n; /* 1 / m, 1 / n: exact, as these are powers of two */
} tiles[] = {{256, 128, 1.0, 1.0 / 256, 1.0 / 128},
             {128, 128, 0.96, 1.0 / 128, 1.0 / 128},
             {128, 64, 0.85, 1.0 / 128, 1.0 / 64},
             {64, 64, 0.7, 1.0 / 64, 1.0 / 64}};

/* Softmax work of a pair, in units of head-dimension elements (FlashAttention-2,
 * Dao 2023, figures 4-6: head dimension 64 runs at about 0.83 of 128). */
#define SOFTMAX_WIDTH 32.0

/* Blocks of 128 rows a core at which fused attention reaches half its rate: the last blocks of a causal mask are the longest,
 * and with few heads there is less than a wave of them. Least squares over SimuMax's measurements at sequence 4096 with 4 to
 * 128 heads (github.com/MooreThreads/SimuMax, A100 and B200): forward 1.2 and 2.4, backward 0.65 and 0.7. */
#define FORWARD_TILES_HALF 1.5
#define BACKWARD_TILES_HALF 0.65

/* Elements of a vector register beside systolic units: heads are padded to them (TPU; JAX, Pallas documentation, TPU: the
 * last dimension of a block is a multiple of 128). */
#define LANES 128.0

/* The clock falls until the power limit holds: the rate is the lesser of what the units do at full clock
 * and what the power pays for, blended over a narrow band (p-norm) as operators differ in power. */
static double power_limited(const tc_accelerator *a, double rate, double energy_j) {
    double watts = a->tdp_w / (a->devices_per_package > 0 ? a->devices_per_package : 1);
    if (watts <= 0 || energy_j <= 0) return rate;
    double ratio = rate * energy_j / watts, r2 = ratio * ratio, r8 = r2 * r2 * r2 * r2;
    return rate / sqrt(sqrt(sqrt(1 + r8)));
}

/* Host time of one call in a loop of C++, without Python: some 5 us to launch (Transformer Engine's GroupedLinear: a product and, in 8 bit, a cast for
 * each expert). */
#define EXPERT_ISSUE_S 5e-6

/* Traffic to quantise an element of a product's input, by what its scale needs. Each recipe writes the narrow copy and its transpose, for the
 * weight gradient. With delayed scaling, or a scale for a block that one thread block holds, the input is read once; a scale of the whole tensor needs a
 * pass before (torchao, float8/README.md); scales of rows, which the product sums over, are others for the transpose: a pass and a cast each.
 * A chain of eager operators moves EAGER_CASTS times as much as the kernels with a scale of the tensor: 6 bytes for absolute value and maximum, 27 for scaling
 * and clamping in fp32 and the cast, 2 for the transpose. */
#define EAGER_CASTS 6

static void set_quantise(const tc_stack *stack, int dtype, tc_rates *r) {
    int recipe = dtype == TC_FP8 ? (int)stack->kernels.fp8_recipe : TC_FP8_MX;
    double low = r->low_bytes;
    r->quantise_bytes = r->quantise_kernels = 0;
    r->casts_again = !stack->memory.low_precision_inputs;
    if (!tc_format_is_low(dtype)) return;
    r->quantise_bytes = 2 + 2 * low;
    r->quantise_kernels = 1;
    if (recipe == TC_FP8_TENSORWISE) r->quantise_bytes = 4 + 2 * low, r->quantise_kernels = 2;
    if (recipe == TC_FP8_ROWWISE) r->quantise_bytes = 8 + 2 * low, r->quantise_kernels = 4;
    if (!stack->kernels.eager_casts) return;
    r->quantise_bytes *= EAGER_CASTS;
    r->quantise_kernels *= EAGER_CASTS;
}

/* What the datasheet's peaks are to be multiplied with: consumer cards run above the boost clock that they are sold with. */
static double above_datasheet(const tc_accelerator *a) {
    return a->held_clock_hz > 0 && a->clock_hz > 0 ? a->held_clock_hz / a->clock_hz : 1;
}

tc_code tc_rates_of(const tc_accelerator *a, const tc_stack *stack, int dtype, tc_rates *r, tc_error *error) {
    const tc_device_params *p = &a->params;
    const tc_stack_params *q = &stack->params;
    int wide = tc_format_wide(dtype), bits = tc_format_bits(dtype);
    double clock = above_datasheet(a), host = p->host_time;
    double peak16 = clock * tc_peak_flops(a, wide), peak_low = clock * tc_peak_flops(a, dtype);
    if (peak16 <= 0 || peak_low <= 0)
        return tc_fail(error, TC_INVALID, "--dtype", "%s has no %s matmul rate; choose a format that it lists", a->slug,
                       tc_dtype_names[dtype]);
    double fraction = bits == 4 ? p->gemm4_fraction : bits == 8 ? p->gemm8_fraction : p->gemm_fraction;
    double energy = p->gemm_energy_j * (bits == 4 ? p->gemm4_energy_ratio : bits == 8 ? p->gemm8_energy_ratio : 1);
    double sustained = power_limited(a, peak16 * p->gemm_fraction, p->gemm_energy_j);
    double throttle = sustained / (peak16 * p->gemm_fraction);
    r->gemm16 = sustained * q->kernel_fraction;
    r->gemm_low = power_limited(a, peak_low * fraction, energy) * q->kernel_fraction;
    double vector = clock * a->matmul_flops[TC_FP32] * p->gemm_fraction * q->kernel_fraction;
    r->vector = wide != TC_FP32 && vector > 0 && vector < r->gemm16 ? vector : r->gemm16;
    /* where no vector peak is known, that of H100 relative to its matrix units */
    r->scan = (a->vector_flops > 0 ? clock * a->vector_flops : peak16 / 15) * p->scan_fraction * q->kernel_fraction;
    r->eager_scans = stack->kernels.eager_scans;
    double forward = p->attention_portable_fraction, backward = p->attention_portable_backward_fraction;
    if (stack->kernels.native_attention) forward = backward = 1;
    if (!(backward > 0)) backward = forward;
    double attention = peak16 * throttle * q->attention_relative;
    r->attention = attention * p->attention_fraction * forward;
    r->attention_backward = attention * p->attention_backward_fraction * backward;
    r->attention_seq_half = p->attention_seq_half;
    r->attention_backward_seq_half = p->attention_backward_seq_half;
    r->memory = a->memory_bytes_per_s * p->memory_fraction;
    r->gemm_k_half = p->gemm_k_half;
    r->attention_block = p->attention_block;
    r->launch_s = p->launch_s;
    r->unit = p->matrix_unit;
    r->host_s = q->host_s_per_kernel * host;
    r->moe_sync_s = stack->kernels.reads_counts ? q->moe_sync_s * host : 0;
    r->memory_passes = q->memory_passes;
    r->loss_passes = q->loss_passes;
    /* an exchange of rows is sorted by rank before and by expert behind, and back; what knows of experts sorts once each way */
    r->permute_passes = q->permute_passes * (stack->kernels.dispatcher >= TC_DISPATCHER_DEEPEP ? 0.5 : 1);
    r->dequantise_passes = q->dequantise_passes;
    r->grouped = q->grouped_fraction;
    r->expert_s = q->expert_s;
    r->expert_host_s = stack->kernels.issues_experts ? EXPERT_ISSUE_S * (tc_format_is_low(dtype) ? 2 : 1) * host : 0;
    r->fused = stack->kernels.fused;
    r->cores = a->cores > 0 ? a->cores : 1;
    if (stack->kernels.communication_cores > 0 && stack->kernels.communication_cores < r->cores) {
        double left = 1 - stack->kernels.communication_cores / r->cores;
        r->gemm16 *= left;
        r->gemm_low *= left;
        r->vector *= left;
        r->attention *= left;
        r->attention_backward *= left;
        r->cores -= stack->kernels.communication_cores;
    }
    r->grad_bytes = 2.0 * stack->memory.main_grad_bytes;
    r->element_bytes = tc_format_bytes(wide);
    r->add_bytes = 0;
    if (stack->memory.temporary_gradients == TC_GRADIENTS_OF_A_WEIGHT)
        r->add_bytes = r->grad_bytes + r->element_bytes, r->grad_bytes = 0;
    r->low_bytes = tc_format_bytes(dtype);
    if (dtype == TC_FP8 && stack->kernels.fp8_recipe == TC_FP8_ROWWISE) r->gemm_low *= q->rowwise_fraction;
    set_quantise(stack, dtype, r);
    return TC_OK;
}

/* ceil() of what is not negative, without a call. */
static double round_up(double x) {
    if (!(x < 0x1p52)) return x;
    double whole = (double)(int64_t)x;
    return whole < x ? whole + 1 : whole;
}

/* A width filled up to whole units, relative to it. */
static double padded(double width, double unit) { return round_up(width / unit) * unit / width; }

/* Share of the sustained rate that a tile size reaches on (m, n). */
static double tile_efficiency(const struct tile *tile, double cores, double groups, double m, double n) {
    double rows = round_up(m * tile->per_m), columns = round_up(n * tile->per_n);
    double count = groups * rows * columns;
    double waves = round_up(count / cores);
    return tile->rate * (groups * m * n) / (waves * cores * tile->m * tile->n);
}

double tc_gemm_seconds(const tc_rates *r, bool low_precision, double groups, double m, double n, double k,
                       double extra_bytes) {
    double best = 0;
    /* none reaches more than its own rate, and the rates fall: what rounding may add is far below the margin */
    for (size_t i = 0; i < sizeof tiles / sizeof tiles[0] && best < tiles[i].rate * (1 + 1e-9); i++) {
        double efficiency = tile_efficiency(&tiles[i], r->cores, groups, m, n);
        if (efficiency > best) best = efficiency;
    }
    double rate = low_precision ? r->gemm_low : r->gemm16;
    double compute = 2 * groups * m * n * (k + r->gemm_k_half) / (rate * best);
    if (r->unit > 0) compute *= padded(n, r->unit) * padded(k, r->unit);
    double bytes
        = groups * ((m * k + k * n) * (low_precision ? r->low_bytes : r->element_bytes) + r->element_bytes * m * n)
          + extra_bytes;
    double memory = bytes / r->memory;
    return sqrt(compute * compute + memory * memory);
}

static void add_kernels(const tc_rates *r, double count, tc_seconds *sum) {
    sum->launch += count * r->launch_s;
    sum->host += count * r->host_s;
}

/* ---- matrix products ---------------------------------------------------------------- */

/* The kernels of an operator, each on its share of the groups. */
static double gemms_seconds(const tc_rates *r, const tc_operator *op, double m, double n, double k,
                            double extra_bytes) {
    double groups = op->gemm.groups;
    double seconds
        = op->kernels
          * tc_gemm_seconds(r, op->gemm.low_precision, groups / op->kernels, m, n, k, extra_bytes / op->kernels);
    if (op->gemm.odd_rows) seconds += 2 * groups * m * n * k * (1 / r->vector - 1 / r->gemm16);
    return op->tag == TC_TAG_EXPERT && groups > op->kernels ? seconds / r->grouped + groups * r->expert_s : seconds;
}

/* The kernels of an operator; of a grouped one, what the host issues for each expert. */
static void add_products(const tc_rates *r, const tc_operator *op, tc_seconds *sum) {
    add_kernels(r, op->kernels, sum);
    if (op->tag == TC_TAG_EXPERT && op->gemm.groups > op->kernels) sum->host += op->gemm.groups * r->expert_host_s;
}

static void add_quantise(const tc_rates *r, const tc_operator *op, double elements, tc_seconds *sum) {
    if (!op->gemm.low_precision || r->quantise_bytes <= 0) return;
    sum->memory += elements * r->quantise_bytes * r->memory_passes / r->memory;
    add_kernels(r, r->quantise_kernels * r->memory_passes, sum);
}

static void gemm_forward(const tc_rates *r, const tc_operator *op, tc_seconds *sum) {
    sum->gemm += gemms_seconds(r, op, op->gemm.m, op->gemm.n, op->gemm.k, 0);
    add_products(r, op, sum);
    add_quantise(r, op, op->gemm.groups * op->gemm.m * op->gemm.k + (r->casts_again ? op->weights : 0), sum);
}

static double gemm_backward(const tc_rates *r, const tc_operator *op, bool weight_gradient, tc_seconds *sum) {
    double m = op->gemm.m, n = op->gemm.n, k = op->gemm.k;
    if (!op->gemm.leaf) {
        sum->gemm += gemms_seconds(r, op, m, k, n, 0);
        add_products(r, op, sum);
    }
    add_quantise(r, op, op->gemm.groups * m * n + (r->casts_again ? op->weights + op->gemm.groups * m * k : 0), sum);
    if (op->weights > 0 && !weight_gradient) return 0;
    double accumulate = op->weights > 0 ? r->grad_bytes * op->weights : 0;
    double seconds = gemms_seconds(r, op, k, n, m, accumulate);
    sum->gemm += seconds;
    add_products(r, op, sum);
    if (op->weights > 0 && r->add_bytes > 0) {
        double added = r->add_bytes * op->weights / r->memory;
        sum->memory += added;
        seconds += added + r->launch_s;
        add_kernels(r, 1, sum);
    }
    return op->weights > 0 ? seconds + op->kernels * r->launch_s : 0;
}

/* ---- fused attention ---------------------------------------------------------------- */

/* Pairs that are computed for one that counts: blocks that a mask cuts through are computed whole. A block of queries reaches all blocks up to its own, or
 * those that a window of keys touches; the first ones have fewer before them. */
static double whole_blocks(double block, const tc_operator *op) {
    double length = op->attention.length, seen = op->attention.seen, window = op->attention.window;
    if (!(block > 0) || seen >= length) return 1;
    double count = length > block ? length / block : 1, reach = window > 0 ? 1 + round_up((window - 1) / block) : count;
    if (reach > count) reach = count;
    double keys = block * (reach - reach * (reach - 1) / (2 * count));
    if (keys > length) keys = length;
    return keys > seen ? keys / seen : 1;
}

/* Seconds of the forward's two products, the narrower padded to the wider. On A100 and B200 heads of 192 and 128 (MLA) take 1.2 to 1.35
 * times as long as their FLOPs at the rate of 128 (SimuMax). */
static double attention_seconds(const tc_rates *r, double rate, double tiles_half, double seq_half,
                                const tc_operator *op) {
    double d = op->attention.head_dim, keys = op->attention.keys, blocks = op->attention.tiles;
    rate *= d / (d + SOFTMAX_WIDTH) * (128 + SOFTMAX_WIDTH) / 128 * keys / (keys + seq_half) * blocks
            / (blocks + tiles_half * r->cores);
    if (r->unit > 0) rate /= padded(d, LANES);
    return 4 * op->attention.pairs * whole_blocks(r->attention_block, op) * d / rate;
}

static void attention_forward(const tc_rates *r, const tc_operator *op, tc_seconds *sum) {
    double compute = attention_seconds(r, r->attention, FORWARD_TILES_HALF, r->attention_seq_half, op),
           memory = op->bytes / r->memory;
    sum->attention += compute > memory ? compute : memory;
    add_kernels(r, 1, sum);
}

static double attention_backward(const tc_rates *r, const tc_operator *op, bool weight_gradient, tc_seconds *sum) {
    (void)weight_gradient;
    /* dV, dP, dQ, dK and the recomputed scores: five GEMMs for the forward's two */
    double compute
        = 2.5 * attention_seconds(r, r->attention_backward, BACKWARD_TILES_HALF, r->attention_backward_seq_half, op);
    double memory = op->backward_bytes / r->memory;
    sum->attention += compute > memory ? compute : memory;
    add_kernels(r, 2, sum);
    return 0;
}

/* ---- scans -------------------------------------------------------------------------- */

/* Small products within chunks, a triangular solve or decays on the vector units, and states passed on: bound by the
 * instructions of a core, not by its matrix units (data/architectures/generic.yaml, scan_fraction). */
static void add_scan(const tc_rates *r, double flops, double bytes, double kernels, tc_seconds *sum) {
    double compute = flops / r->scan, memory = bytes / r->memory;
    sum->attention += compute > memory ? compute : memory;
    add_kernels(r, kernels, sum);
}

static void scan_forward(const tc_rates *r, const tc_operator *op, tc_seconds *sum) {
    bool eager = r->eager_scans;
    add_scan(r, op->scan.flops, eager ? op->scan.eager_bytes : op->bytes, eager ? op->scan.eager_kernels : op->kernels,
             sum);
}

/* What a chunk computes is computed again, and each of its products has two gradients. */
#define SCAN_BACKWARD 2.5

static double scan_backward(const tc_rates *r, const tc_operator *op, bool weight_gradient, tc_seconds *sum) {
    (void)weight_gradient;
    double kernels = 2 * op->kernels, bytes = op->backward_bytes;
    if (r->eager_scans) {
        bool known = op->scan.eager_backward_kernels > 0;
        kernels = known ? op->scan.eager_backward_kernels : SCAN_BACKWARD * op->scan.eager_kernels;
        bytes = known ? op->scan.eager_backward_bytes : SCAN_BACKWARD * op->scan.eager_bytes;
    }
    add_scan(r, SCAN_BACKWARD * op->scan.flops, bytes, kernels, sum);
    return 0;
}

/* ---- elementwise -------------------------------------------------------------------- */

static void add_elementwise(const tc_rates *r, const tc_operator *op, double bytes, tc_seconds *sum) {
    double unfused = op->elementwise.unfused;
    bool fused = unfused <= 1 || tc_group_share(op, r->fused) >= 1;
    double chain = fused ? 1 : unfused; /* passes of one kernel after the other */
    double passes = op->elementwise.exact          ? 1
                    : op->tag == TC_TAG_LOSS       ? r->loss_passes
                    : op->tag == TC_TAG_PERMUTE    ? r->permute_passes
                    : op->tag == TC_TAG_DEQUANTISE ? r->dequantise_passes
                    : tc_is_core(op) && fused      ? 1
                                                   : chain * r->memory_passes;
    sum->memory += bytes * passes * r->element_bytes / 2 / r->memory;
    /* what unpacks weights are a few calls of the library without modules around them: the host issues them as one */
    add_kernels(r, (op->tag == TC_TAG_DEQUANTISE ? 1 : passes) * op->kernels, sum);
}

static void elementwise_forward(const tc_rates *r, const tc_operator *op, tc_seconds *sum) {
    add_elementwise(r, op, op->bytes, sum);
    if (op->tag == TC_TAG_PERMUTE && !op->elementwise.exact)
        sum->wait += r->moe_sync_s / 2; /* two a layer: there and back */
}

static double elementwise_backward(const tc_rates *r, const tc_operator *op, bool weight_gradient, tc_seconds *sum) {
    (void)weight_gradient;
    add_elementwise(r, op, op->backward_bytes, sum);
    return 0;
}

/* ---- low-rank adapters --------------------------------------------------------------- */

static void adapter_forward(const tc_rates *r, const tc_operator *op, tc_seconds *sum) {
    double linears = op->adapter.linears, g = op->adapter.groups, m = op->adapter.m, n = op->adapter.n / linears,
           rank = op->adapter.rank;
    sum->gemm
        += linears
           * (tc_gemm_seconds(r, false, g, m, rank, op->adapter.k, 0) + tc_gemm_seconds(r, false, g, m, n, rank, 0));
    sum->memory += op->bytes * r->element_bytes / 2 / r->memory;
    add_kernels(r, op->kernels, sum);
}

/* Gradients of A x and of x, of B and of A. */
static double adapter_backward(const tc_rates *r, const tc_operator *op, bool weight_gradient, tc_seconds *sum) {
    (void)weight_gradient;
    double linears = op->adapter.linears, g = op->adapter.groups, m = op->adapter.m, n = op->adapter.n / linears,
           k = op->adapter.k, rank = op->adapter.rank;
    sum->gemm += linears
                 * (tc_gemm_seconds(r, false, g, m, rank, n, 0) + tc_gemm_seconds(r, false, g, m, k, rank, 0)
                    + tc_gemm_seconds(r, false, g, rank, n, m, 0) + tc_gemm_seconds(r, false, g, k, rank, m, 0));
    sum->memory += op->backward_bytes * r->element_bytes / 2 / r->memory;
    add_kernels(r, op->adapter.backward_kernels, sum);
    return 0;
}

/* ---- every kind --------------------------------------------------------------------- */

static const struct {
    void (*forward)(const tc_rates *, const tc_operator *, tc_seconds *);
    double (*backward)(const tc_rates *, const tc_operator *, bool, tc_seconds *);
} kinds[TC_OP_KINDS] = {[TC_OP_GEMM] = {gemm_forward, gemm_backward},
                        [TC_OP_ATTENTION] = {attention_forward, attention_backward},
                        [TC_OP_SCAN] = {scan_forward, scan_backward},
                        [TC_OP_ELEMENTWISE] = {elementwise_forward, elementwise_backward},
                        [TC_OP_ADAPTER] = {adapter_forward, adapter_backward}};

void tc_forward_seconds(const tc_rates *r, const tc_operator *op, tc_seconds *sum) {
    kinds[op->kind].forward(r, op, sum);
}

double tc_backward_seconds(const tc_rates *r, const tc_operator *op, bool weight_gradient, tc_seconds *sum) {
    if (op->forward_only) return 0;
    return kinds[op->kind].backward(r, op, weight_gradient, sum);
}

double tc_seconds_device(const tc_seconds *s) { return s->gemm + s->attention + s->memory + s->launch; }
