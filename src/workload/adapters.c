/* adapters.c - what fine-tuning adds to a block whose own weights are frozen: low-rank adapters, and the dequantisation of a narrow base.
 *
 * An adapter adds s B A x to a linear's output, A of (rank, k), B of (n, rank) (Hu et al. 2021, arXiv 2106.09685, section 4.1): two thin
 * products each way for the input, two for the gradients of A and B, and, as single kernels of PEFT (src/peft/tuners/lora/layer.py, forward), the
 * product with s and the sum with the base's output, dropout of x where there is some, and the sums of the gradients of x. What is kept:
 * x where its linear has an adapter, A x, and of each adapter with dropout a copy of x and its mask. A linear without one keeps no input, as
 * its weight has no gradient.
 *
 * Tensor parallelism splits an adapter as its linear: A of one split by columns and B of one split by rows are whole on every rank.
 * A base in 4 or 8 bit is made 16-bit anew for each product, forward, again in recompute, and backward (Dettmers et al. 2023, arXiv
 * 2305.14314, equation 5; bitsandbytes, MatMul4Bit): its traffic is once its narrow weights and once their copies, whatever the tokens.
 * Ignored: casts of adapters that are kept in fp32, the scale's own kernels where it is 1. */
#include "workload/parts.h"

/* Bytes of an element of the output, single kernels: s times it (read, write), the sum (two reads, a write); of its gradient: s times it. */
#define SCALE_AND_SUM 10
#define SCALE_BACKWARD 4
/* Of an element of the input: dropout reads it, writes its copy and a mask; backward the same; gradients of x are summed. */
#define DROPOUT 5
#define SUM_OF_GRADIENTS 6
/* In the products themselves: the output is read beside (addmm), the gradient of x added to. */
#define FUSED_SUM 2

typedef struct adapted {
    double linears, columns; /* that have an adapter, and their outputs */
} adapted;

static double bits_of(int set) { return (set & 1) + (set >> 1 & 1) + (set >> 2 & 1); }

/* Of the first product of an MLP: one adapter for each of the gate and the other projection, or for both at once. */
static adapted of_up(const tc_operator *op, int targets) {
    double n = op->gemm.n;
    if (op->gate <= 0) return targets & (TC_ADAPTED_UP | TC_ADAPTED_GATE_UP) ? (adapted){1, n} : (adapted){0, 0};
    if (targets & TC_ADAPTED_GATE_UP) return (adapted){1, n};
    double linears = (targets & TC_ADAPTED_GATE ? 1 : 0) + (targets & TC_ADAPTED_UP ? 1 : 0);
    return (adapted){linears, linears * n / 2};
}

/* Of the product that makes queries, keys and values. */
static adapted of_qkv(const tc_operator *op, const tc_attention *a, int targets) {
    int own = targets & (TC_ADAPTED_Q | TC_ADAPTED_K | TC_ADAPTED_V);
    if (targets & TC_ADAPTED_QKV) return (adapted){1, op->gemm.n};
    double heads = (a->gate ? 2.0 : 1.0) * a->heads, one = op->gemm.n / (heads + 2.0 * a->kv_heads),
           keys = bits_of(own >> 1);
    return (adapted){bits_of(own), one * ((own & TC_ADAPTED_Q ? heads : 0) + keys * a->kv_heads)};
}

/* Of the products that lead into a recurrence: each is one linear. */
static adapted of_recurrence(const tc_operator *op, int targets) {
    int wanted = TC_ADAPTED_QKV | TC_ADAPTED_Q | TC_ADAPTED_K | TC_ADAPTED_V;
    return targets & wanted ? (adapted){1, op->gemm.n} : (adapted){0, 0};
}

/* Of the products of cross attention: queries, then keys and values at once, which are a linear each (diffusers, Attention: to_q, to_k, to_v,
 * to_out.0 in attn1 and in attn2), and the output. */
static adapted of_cross(const tc_operator *op, int nth, int targets) {
    bool output = op->again & TC_GROUP_OUT_PROJECTION, queries = !output && nth == 0;
    int wanted = output ? TC_ADAPTED_O : TC_ADAPTED_QKV | (queries ? TC_ADAPTED_Q : 0);
    double n = op->gemm.n, keys = bits_of((targets & (TC_ADAPTED_K | TC_ADAPTED_V)) >> 1);
    if (targets & wanted) return (adapted){1, n};
    return output || queries ? (adapted){0, 0} : (adapted){keys, keys * n / 2};
}

/* Of latent attention's projections down and up, in the order in which they are emitted: queries first. */
static adapted of_latent(const tc_operator *op, const tc_latent *l, int nth, int targets) {
    bool queries = nth == 0 && (op->tag == TC_TAG_QKV || l->q_rank > 0);
    int wanted = TC_ADAPTED_QKV | (queries ? TC_ADAPTED_Q : TC_ADAPTED_K | TC_ADAPTED_V);
    return targets & wanted ? (adapted){1, op->gemm.n} : (adapted){0, 0};
}

static adapted adapted_of(const tc_block *block, const tc_operator *op, int nth, int targets) {
    switch (op->tag) {
    case TC_TAG_QKV:
    case TC_TAG_QKV_UP:
        if (block->mixer == TC_MIXER_LATENT) return of_latent(op, &block->latent, nth, targets);
        if (block->mixer != TC_MIXER_ATTENTION) return of_recurrence(op, targets);
        return of_qkv(op, &block->attention, targets);
    case TC_TAG_CROSS_PROJECTION: return of_cross(op, nth, targets);
    case TC_TAG_OUT_PROJECTION: return targets & TC_ADAPTED_O ? (adapted){1, op->gemm.n} : (adapted){0, 0};
    case TC_TAG_MLP:
    case TC_TAG_EXPERT:
    case TC_TAG_SHARED_EXPERT:
        if (op->again & TC_GROUP_MLP_UP) return of_up(op, targets);
        return targets & TC_ADAPTED_DOWN ? (adapted){1, op->gemm.n} : (adapted){0, 0};
    default: return (adapted){0, 0};
    }
}

/* Split by its inputs: the products that follow a split one. */
static bool by_rows(const tc_operator *op) {
    if (op->tag == TC_TAG_CROSS_PROJECTION) return op->again & TC_GROUP_OUT_PROJECTION;
    return op->tag == TC_TAG_OUT_PROJECTION
           || (op->tag != TC_TAG_QKV && op->tag != TC_TAG_QKV_UP && !(op->again & TC_GROUP_MLP_UP));
}

static void add_adapter(const tc_operator *base, const tc_shard *shard, adapted of, tc_operators *out) {
    double groups = base->gemm.groups, m = base->gemm.m, k = base->gemm.k, rank = shard->adapter_rank;
    double inputs = groups * m * k * of.linears, outputs = groups * m * of.columns, dropout = shard->adapter_dropout;
    tc_operator *op = tc_add_operator(out, TC_OP_ADAPTER, TC_TAG_ADAPTER, base->again, base->again);
    op->adapter.linears = of.linears;
    op->adapter.groups = groups;
    op->adapter.m = m;
    op->adapter.n = of.columns;
    op->adapter.k = k;
    op->adapter.rank = rank;
    double a = groups * of.linears * k * rank, b = groups * of.columns * rank;
    op->flops = 2 * m * (a + b);
    op->split = base->split;
    bool whole = base->split == TC_SPLIT_TENSOR;
    op->weights = whole ? (by_rows(base) ? a : b) : a + b;
    op->replicated = whole ? (by_rows(base) ? b : a) : 0;
    double each = of.linears * base->kernels; /* launched one by one */
    op->kernels = (2 + (shard->fused_adapters ? 0 : 2) + dropout) * each;
    op->adapter.backward_kernels = (4 + (shard->fused_adapters ? 0 : 2) + dropout) * each;
    op->bytes = (shard->fused_adapters ? FUSED_SUM : SCALE_AND_SUM) * outputs + dropout * DROPOUT * inputs;
    op->backward_bytes
        = (shard->fused_adapters ? FUSED_SUM * inputs : SCALE_BACKWARD * outputs + SUM_OF_GRADIENTS * inputs)
          + dropout * DROPOUT * inputs;
    /* adapters in fp32 cast the input each for itself, and autocast casts that back: a copy of 16 bit each, where one would do */
    double copies = shard->cast_inputs && !shard->adapter_dropout && of.linears > 1 ? of.linears - 1 : 0;
    op->saved_bytes = 2 * groups * m * (rank * of.linears + k * copies) + dropout * 3 * inputs;
}

/* What frozen linears without an adapter need not keep. `first`, `second`: whether the linears after the norms of the two halves of a block
 * have one. Of latent attention all is kept. */
static void settle_inputs(bool first, bool second, tc_operators *out) {
    bool mixed = false;
    for (int i = 0; i < out->count; i++) {
        tc_operator *op = &out->op[i];
        if (op->tag == TC_TAG_ATTENTION) mixed = true;
        if (op->tag == TC_TAG_NORM && op->output_bytes > 0 && !(mixed ? second : first)) {
            op->saved_bytes -= op->output_bytes;
            op->output_bytes = 0;
        }
        if (op->tag == TC_TAG_PERMUTE && !second && op->drops == TC_GROUP_MOE && i + 1 < out->count
            && out->op[i + 1].tag == TC_TAG_EXPERT)
            op->saved_bytes = 0; /* what the experts are handed */
    }
}

/* One for all linears of a block: they come one after the other anyway. */
static void add_dequantisation(const tc_shard *shard, double weights, double kernels, tc_operators *out) {
    double bytes = weights * (shard->base_bytes + 2);
    tc_operator *op = tc_add_elementwise(out, TC_TAG_DEQUANTISE, bytes, bytes, 0, 0);
    op->kernels = kernels;
}

static bool is_linear(const tc_operator *op) {
    return op->kind == TC_OP_GEMM && op->weights > 0 && op->tag != TC_TAG_ROUTER;
}

/* Projections that a product stands for, each with a kernel of its own where they are made 16-bit. */
static double projections(const tc_operator *op, const tc_block *block) {
    if (op->tag == TC_TAG_QKV && block->mixer == TC_MIXER_ATTENTION) return 3;
    if (op->tag == TC_TAG_CROSS_PROJECTION) return 1;
    return op->gate > 0 ? 2 : 1;
}

void tc_add_finetuning(const tc_block *block, const tc_shard *shard, tc_operators *out) {
    int linears = out->count, seen[TC_TAGS] = {0};
    bool first = false, second = false;
    double weights = 0, kernels = 0;
    if (shard->adapter_rank <= 0 && shard->base_bytes <= 0) return;
    for (int i = 0; i < linears; i++) {
        tc_operator *op = &out->op[i];
        if (!is_linear(op)) continue;
        adapted of = adapted_of(block, op, seen[op->tag]++, shard->adapter_targets);
        weights += op->weights;
        kernels += op->gemm.groups * projections(op, block);
        if (shard->adapter_rank <= 0 || of.linears <= 0) continue;
        bool mixer = op->tag == TC_TAG_QKV || op->tag == TC_TAG_QKV_UP, cross = op->tag == TC_TAG_CROSS_PROJECTION,
             down = !mixer && !cross && by_rows(op) && op->tag != TC_TAG_OUT_PROJECTION;
        first = first || mixer;
        second = second || (!mixer && !cross && !by_rows(op));
        if (down) op->saved_bytes += shard->input_bytes * op->gemm.groups * op->gemm.m * op->gemm.k;
        add_adapter(op, shard, of, out);
    }
    if (shard->adapter_rank > 0)
        settle_inputs(first || block->parallel_residual, second || block->parallel_residual, out);
    if (shard->base_bytes > 0) add_dequantisation(shard, weights, kernels, out);
}
