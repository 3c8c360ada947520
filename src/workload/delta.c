/* delta.c - the gated delta rule: a decay for each head (Gated DeltaNet, Yang et al. 2024, arXiv 2412.06464) or each channel (Kimi Delta Attention, Kimi Team 2025,
 * arXiv 2510.26692).
 *
 * Projections to queries, keys, values and gates, short convolutions, S = S (decay - beta k k^T) + beta v k^T, o = S q, a gated norm of each head and the
 * projection out. The recurrence is 6 dk dv FLOPs a token and value head; in chunks of C tokens (flash-linear-attention) C (6 dk + 4 dv) more: the products of
 * keys with keys and queries, the triangular solve and what it multiplies.
 * Kept: what the convolutions read, queries, keys and values, the decays, the chunk's triangular matrix, the gate; states are computed again.
 * Tensor parallelism splits heads: at most as many ranks as key heads.
 * Ignored: sequence packing, chunks of other sizes on other chips. */
#include "workload/parts.h"

static const tc_member members[] = {
    TC_INTEGER_NEEDED(tc_delta, key_heads, TC_MOST_DEGREE), TC_INTEGER_NEEDED(tc_delta, value_heads, TC_MOST_DEGREE),
    TC_INTEGER_NEEDED(tc_delta, key_dim, TC_MOST_DEGREE),   TC_INTEGER_NEEDED(tc_delta, value_dim, TC_MOST_DEGREE),
    TC_INTEGER_NEEDED(tc_delta, conv, TC_MOST_DEGREE),      TC_INTEGER_NEEDED(tc_delta, chunk, TC_MOST_TOKENS),
    TC_INTEGER(tc_delta, gate_rank, 0, TC_MOST_DEGREE),
};
const tc_members tc_delta_members = TC_MEMBERS(tc_delta, members, NULL, NULL);

/* Low-rank projections: down for decays and output gates at once, which every rank computes, and up to every channel. */
static void emit_gates(const tc_part_input *in, double keys, double values, tc_operators *out) {
    double rank = in->block->delta.gate_rank, tokens = in->tokens;
    tc_add_gemm(out, TC_TAG_QKV, TC_SPLIT_NONE, 1, tokens, 2 * rank, in->model->hidden, TC_GROUP_QKV);
    for (int i = 0; i < 2; i++)
        tc_add_gemm(out, TC_TAG_QKV_UP, TC_SPLIT_TENSOR, 1, tokens, i ? values : keys, rank, TC_GROUP_QKV_UP)
            ->saved_bytes
            = 2 * tokens * rank;
}

/* Of Transformers' torch_chunk_gated_delta_rule (modeling_qwen3_next.py), operator by operator: a loop over the rows of the triangular matrix,
 * each with all rows before it (two copies, product, sum, addition, assignment), and one over chunks (five products, 13 others). Autograd gives every
 * slice that a loop reads a gradient as large as what it is a slice of, zeros that are written and added up (16 bytes an element), and an
 * assignment to a slice one copy of what comes back: of four tensors of keys' and values' width, the decays and the output for each chunk, of the
 * matrix 14 passes for each row. rows: tokens x heads. */
static void add_eager(tc_operator *op, double rows, double chunks, const tc_delta *a, double inputs) {
    double c = a->chunk, dk = a->key_dim, dv = a->value_dim;
    op->scan.eager_kernels = 6 * c + 18 * chunks + 30;
    op->scan.eager_bytes = rows * (20 * c * c / 3 + 32 * c + 32 * inputs);
    op->scan.eager_backward_kernels = 17 * c + 60 * chunks + 60;
    op->scan.eager_backward_bytes
        = rows * (56 * c * c + chunks * (16 * (3 * dk + dv) + 8 * dv + 16 * c) + 80 * c + 80 * inputs);
}

static void emit(const tc_part_input *in, tc_operators *out) {
    const tc_delta *a = &in->block->delta;
    const tc_shard *shard = in->shard;
    bool channels = a->gate_rank > 0;
    double tokens = in->tokens, h = in->model->hidden, heads = a->value_heads / shard->tp, c = a->chunk;
    double dk = a->key_dim, dv = a->value_dim, qk = a->key_heads / shard->tp * dk, v = heads * dv;
    double columns = 2 * qk + v + (channels ? heads : v + 2 * heads), mixed = 2 * qk + v;
    tc_add_gemm(out, TC_TAG_QKV, TC_SPLIT_TENSOR, 1, tokens, columns, h, TC_GROUP_QKV);
    if (channels) emit_gates(in, qk, v, out);
    tc_add_convolution(out, tokens, mixed, a->conv, false);
    double decays = channels ? qk : heads, inputs = mixed + decays + heads;
    tc_operator *op
        = tc_add_scan(out, 6 * tokens * heads * dk * dv, tokens * heads * (6 * dk * dv + c * (6 * dk + 4 * dv)),
                      tokens * (inputs + v), tokens / c * heads * dk * dv);
    op->saved_bytes = 2 * tokens * (inputs + heads * c);
    op->biases = channels ? heads + qk : 2 * heads;
    add_eager(op, tokens * heads, shard->seq / shard->cp / c, a, inputs / heads);
    tc_add_gated_norm(in, v, out);
    out->op[out->count - 1].replicated = dv;
    tc_add_out_projection(in, v, out);
    out->cp_query_bytes += 2 * tokens * (columns + v);
    out->cp_bytes += 4 * shard->sequences * heads * dk * dv; /* the state at the end of a rank's tokens */
}

static tc_code splits(const tc_block *block, const tc_degrees *degrees, tc_error *error) {
    tc_code code = tc_heads_split(block->delta.key_heads, degrees, error);
    return code ? code : tc_heads_split(block->delta.value_heads, degrees, error);
}

const tc_part tc_delta_part = {emit, splits, TC_GROUP_QKV_UP};
