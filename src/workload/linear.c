/* linear.c - linear attention with a fixed decay of each head: lightning attention (Qin et al. 2024, arXiv 2401.04658; MiniMax 2025, arXiv 2501.08313).
 *
 * Within blocks of C tokens attention without a softmax (4 C d a token and head, half of it under the mask), between them a state of d x d (4 d^2).
 * Queries, keys and values pass an activation; outputs a norm over all heads and a gate. Tensor parallelism splits heads.
 * Ignored: what the kernel computes of the masked half. */
#include "workload/parts.h"

static const tc_member members[] = {
    TC_INTEGER_NEEDED(tc_linear, heads, TC_MOST_DEGREE),
    TC_INTEGER_NEEDED(tc_linear, head_dim, TC_MOST_DEGREE),
    TC_INTEGER_NEEDED(tc_linear, chunk, TC_MOST_TOKENS),
    TC_SWITCH(tc_linear, gate),
};
const tc_members tc_linear_members = TC_MEMBERS(tc_linear, members, NULL, NULL);

static void emit(const tc_part_input *in, tc_operators *out) {
    const tc_linear *a = &in->block->linear;
    const tc_shard *shard = in->shard;
    double tokens = in->tokens, h = in->model->hidden, heads = a->heads / shard->tp, d = a->head_dim, width = heads * d;
    double columns = (a->gate ? 4 : 3) * width;
    tc_add_gemm(out, TC_TAG_QKV, TC_SPLIT_TENSOR, 1, tokens, columns, h, TC_GROUP_QKV);
    tc_add_elementwise(out, TC_TAG_ACTIVATION, 4 * tokens * 3 * width, 6 * tokens * 3 * width, 2 * tokens * 3 * width,
                       TC_GROUP_ACTIVATION);
    double work = tokens * heads * (2 * a->chunk * d + 4 * d * d);
    tc_operator *op
        = tc_add_scan(out, 4 * tokens * heads * d * d, work, 4 * tokens * width, tokens / a->chunk * width * d);
    op->saved_bytes = 2 * tokens * 3 * width;
    op->scan.eager_kernels
        = 12 * shard->seq / shard->cp / a->chunk + 10; /* a loop over chunks (Transformers, MiniMax) */
    op->scan.eager_bytes = 32 * tokens * (width + heads * a->chunk);
    tc_add_gated_norm(in, width, out);
    out->op[out->count - 1].biases = width;
    tc_add_out_projection(in, width, out);
    out->cp_query_bytes += 2 * tokens * 4 * width;
    out->cp_bytes += 4 * shard->sequences * width * d;
}

static tc_code splits(const tc_block *block, const tc_degrees *degrees, tc_error *error) {
    return tc_heads_split(block->linear.heads, degrees, error);
}

const tc_part tc_linear_part = {emit, splits, 0};
