/* dense.c - the MLP that every token passes: two matrices around an activation, three where it is gated.
 *
 * Tensor parallelism splits its width, without a remainder that counts. */
#include "workload/parts.h"

static const tc_member members[] = {
    TC_WORD(tc_dense, kind, TC_MLP_GATED, "kind of MLP"),
    TC_INTEGER_NEEDED(tc_dense, ffn, TC_MOST_DEGREE),
    TC_SWITCH(tc_dense, bias),
};
const tc_members tc_dense_members = TC_MEMBERS(tc_dense, members, NULL, NULL);

/* Gated activation as single kernels of eager PyTorch: 10 bytes an element for 6. */
#define CHAIN_ACTIVATION 1.67

static int group_of(tc_op_tag tag) {
    return tag == TC_TAG_EXPERT          ? TC_GROUP_MOE
           : tag == TC_TAG_SHARED_EXPERT ? TC_GROUP_SHARED_EXPERT | TC_GROUP_MOE
                                         : TC_GROUP_MLP;
}

void tc_add_mlp(tc_operators *out, const tc_shard *shard, tc_op_tag tag, tc_split_kind split, tc_mlp_kind kind,
                double groups, double tokens, double hidden, double ffn, bool bias) {
    bool gated = kind == TC_MLP_GATED;
    double up = gated ? 2 : 1, gate = gated ? 0.5 : 0, elements = groups * tokens * ffn;
    int group = group_of(tag);
    tc_operator *op = tc_add_gemm(out, tag, split, groups, tokens, up * ffn, hidden, group | TC_GROUP_MLP_UP);
    op->gate = gate;
    if (bias) op->biases = groups * up * ffn;
    op = tc_add_elementwise(out, TC_TAG_ACTIVATION, 2 * (up + 1) * elements, 2 * (2 * up + 1) * elements,
                            shard->activation_bytes * up * elements, group | TC_GROUP_ACTIVATION);
    op->drops = group | TC_GROUP_MLP_UP;
    op->gate = gate;
    op->elementwise.unfused = CHAIN_ACTIVATION;
    op = tc_add_gemm(out, tag, split, groups, tokens, hidden, ffn, group);
    op->saved_bytes = shard->frozen ? 0 : shard->input_bytes * elements;
    op->drops = group | TC_GROUP_ACTIVATION;
    if (bias) op->biases = groups * hidden;
    /* as two kernels the gated activation also keeps the activated gate, a factor of the product */
    if (gated && shard->unfused_activation) op->saved_bytes += 2 * elements;
}

static void emit(const tc_part_input *in, tc_operators *out) {
    const tc_dense *d = &in->block->dense;
    tc_add_mlp(out, in->shard, TC_TAG_MLP, TC_SPLIT_TENSOR, d->kind, 1, in->tokens, in->model->hidden,
               d->ffn / in->shard->tp, d->bias);
    out->tp_collectives++;
}

const tc_part tc_dense_part = {emit, NULL, TC_GROUP_ACTIVATION};
