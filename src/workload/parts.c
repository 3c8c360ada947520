/* parts.c - what the parts of a block are built of.
 *
 * Elementwise traffic counts each tensor once per fused kernel: a norm reads the
 * residual stream and writes its output, an activation reads and writes its
 * operands, and so on; a stack that fuses less multiplies it (memory_passes).
 * What is kept follows Korthikanti et al. 2022 (arXiv 2205.05198), section 4, term by term. */
#include "workload/parts.h"

tc_operator *tc_add_operator(tc_operators *out, tc_op_kind kind, tc_op_tag tag, int again, int drops) {
    static const tc_operator nothing;
    tc_operator *op = &out->op[out->count++];
    *op = nothing;
    op->kind = kind;
    op->tag = tag;
    op->kernels = 1;
    op->again = again;
    op->drops = drops;
    return op;
}

tc_operator *tc_add_gemm(tc_operators *out, tc_op_tag tag, tc_split_kind split, double groups, double m, double n,
                         double k, int again) {
    tc_operator *op = tc_add_operator(out, TC_OP_GEMM, tag, again, 0);
    op->split = split;
    op->flops = 2 * groups * m * n * k;
    op->weights = groups * n * k;
    op->gemm.groups = groups;
    op->gemm.m = m;
    op->gemm.n = n;
    op->gemm.k = k;
    op->gemm.low_precision = true;
    return op;
}

tc_operator *tc_add_elementwise(tc_operators *out, tc_op_tag tag, double bytes, double backward_bytes, double saved,
                                int again) {
    tc_operator *op = tc_add_operator(out, TC_OP_ELEMENTWISE, tag, again, 0);
    op->bytes = bytes;
    op->backward_bytes = backward_bytes;
    op->saved_bytes = saved;
    return op;
}

/* RMS norm as single kernels of eager PyTorch (cast to fp32, square, mean, scale, cast back, weight): about 40 bytes an
 * element for 8. A layer norm is one kernel everywhere, its residual addition another. */
#define CHAIN_RMS_NORM 5
#define CHAIN_LAYER_NORM 1.25

tc_operator *tc_add_norm(tc_operators *out, const tc_model *model, double elements, double output_bytes) {
    tc_operator *op = tc_add_elementwise(out, TC_TAG_NORM, 4 * elements, 6 * elements, (2 + output_bytes) * elements,
                                         TC_GROUP_NORM);
    op->output_bytes = output_bytes * elements;
    op->elementwise.unfused = model->norm == TC_NORM_RMS ? CHAIN_RMS_NORM : CHAIN_LAYER_NORM;
    return op;
}

void tc_widen(const tc_shard *shard, tc_operators *out) {
    if (!shard->wide) return;
    for (int i = 0; i < out->count; i++) {
        out->op[i].saved_bytes *= 2;
        out->op[i].output_bytes *= 2;
        out->op[i].chained_bytes = 0;
    }
    out->block_input_bytes *= 2;
}

void tc_add_convolution(tc_operators *out, double tokens, double channels, double taps, bool bias) {
    double elements = tokens * channels;
    tc_operator *op = tc_add_elementwise(out, TC_TAG_CONVOLUTION, 4 * elements, 8 * elements, 2 * elements, 0);
    op->flops = 2 * taps * elements;
    op->biases = (taps + bias) * channels;
}

/* Inputs and outputs once, states written by one kernel and read by the next; backward reads all of it and writes gradients. */
tc_operator *tc_add_scan(tc_operators *out, double flops, double chunked_flops, double elements, double states) {
    tc_operator *op = tc_add_operator(out, TC_OP_SCAN, TC_TAG_SCAN, 0, 0);
    op->flops = flops;
    op->scan.flops = chunked_flops;
    op->bytes = 2 * elements + 8 * states;
    op->backward_bytes = 4 * elements + 16 * states;
    op->kernels = 5; /* decays, products within chunks, states, outputs (flash-linear-attention, mamba_ssm) */
    return op;
}

void tc_add_gated_norm(const tc_part_input *in, double width, tc_operators *out) {
    double elements = in->tokens * width;
    tc_operator *op = tc_add_elementwise(out, TC_TAG_NORM, 6 * elements, 10 * elements, 4 * elements, TC_GROUP_NORM);
    op->elementwise.unfused = CHAIN_RMS_NORM;
}

void tc_add_out_projection(const tc_part_input *in, double width, tc_operators *out) {
    tc_operator *op = tc_add_gemm(out, TC_TAG_OUT_PROJECTION, TC_SPLIT_TENSOR, 1, in->tokens, in->model->hidden, width,
                                  TC_GROUP_OUT_PROJECTION);
    op->saved_bytes = in->shard->input_bytes * in->tokens * width;
    out->tp_collectives++;
}
