/* parts.c - what the parts of a block are built of.
 *
 * Elementwise traffic counts each tensor once per fused kernel: a norm reads the
 * residual stream and writes its output, an activation reads and writes its
 * operands, and so on; a stack that fuses less multiplies it (memory_passes).
 * What is kept follows Korthikanti et al. 2022 (arXiv 2205.05198), section 4, term by term. */
#include "workload/parts.h"

#include <string.h>

tc_operator *tc_add_operator(tc_operators *out, tc_op_kind kind, tc_op_tag tag, int again, int drops) {
    tc_operator *op = &out->op[out->count++];
    memset(op, 0, sizeof *op);
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
