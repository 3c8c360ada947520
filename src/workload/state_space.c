/* state_space.c - selective state spaces: Mamba-1 (Gu and Dao 2023, arXiv 2312.00752) and Mamba-2 (Dao and Gu 2024, arXiv 2405.21060).
 *
 * One projection in, a causal convolution of x, B and C, the recurrence h = exp(dt A) h + dt B x, y = C h + D x, a gated norm and one projection out. With
 * d inner channels, G groups of a state of N and chunks of Q tokens, Mamba-2 computes a token's part of C B^T (2 Q G N), of its product with x under the mask
 * (half of 2 Q d), of a chunk's state (2 N d) and of the outputs from the state before it (2 N d). Mamba-1 has a decay for each channel and element of the
 * state, which no matrix product computes: 9 d N.
 * Kept: what the convolution reads, what the scan reads, the gate and the norm's input; states are computed again (mamba_split_conv1d_scan_combined).
 * Tensor parallelism splits heads and groups; the parameters of a head go with it.
 * Ignored: convolutions across the ends of context-parallel ranks, packed sequences. */
#include "base/error.h"
#include "workload/parts.h"

static const tc_member members[] = {
    TC_INTEGER_NEEDED(tc_state_space, heads, TC_MOST_DEGREE),
    TC_INTEGER_NEEDED(tc_state_space, head_dim, TC_MOST_DEGREE),
    TC_INTEGER_NEEDED(tc_state_space, groups, TC_MOST_DEGREE),
    TC_INTEGER_NEEDED(tc_state_space, state, TC_MOST_DEGREE),
    TC_INTEGER_NEEDED(tc_state_space, conv, TC_MOST_DEGREE),
    TC_INTEGER_NEEDED(tc_state_space, chunk, TC_MOST_TOKENS),
    TC_INTEGER(tc_state_space, dt_rank, 0, TC_MOST_DEGREE),
    TC_SWITCH(tc_state_space, norm),
    TC_SWITCH(tc_state_space, conv_bias),
    TC_SWITCH(tc_state_space, bias),
};
const tc_members tc_state_space_members = TC_MEMBERS(tc_state_space, members, NULL, NULL);

/* Projections of Mamba-1: x to the time step, B and C; the step's rank to the channels. */
static void emit_selection(const tc_part_input *in, double d, tc_operators *out) {
    const tc_state_space *s = &in->block->state_space;
    double narrow = s->dt_rank + 2.0 * s->state;
    tc_add_gemm(out, TC_TAG_QKV, TC_SPLIT_TENSOR, 1, in->tokens, narrow, d, TC_GROUP_QKV)->saved_bytes
        = in->shard->input_bytes * in->tokens * d;
    if (s->norm) tc_add_norm(out, in->model, in->tokens * narrow, 0)->replicated = narrow;
    tc_operator *op = tc_add_gemm(out, TC_TAG_QKV, TC_SPLIT_TENSOR, 1, in->tokens, d, s->dt_rank, TC_GROUP_QKV);
    op->biases = d;
}

/* What ssd_minimal_discrete keeps of a chunk, in fp32: of each pair of tokens the exponential of the sums, their two masks, C B^T and their
 * product; of each element of B and C, expanded from groups to heads in 16 bit, also B times its decay. */
#define EAGER_PAIR_BYTES 14
#define EAGER_STATE_BYTES 8

static void emit(const tc_part_input *in, tc_operators *out) {
    const tc_state_space *s = &in->block->state_space;
    const tc_shard *shard = in->shard;
    bool first = s->dt_rank > 0;
    double tokens = in->tokens, h = in->model->hidden, heads = s->heads / shard->tp, d = heads * s->head_dim;
    double groups = s->groups / shard->tp, shared = (groups < 1 ? 1 : groups) * s->state, n = s->state, q = s->chunk;
    double columns = first ? 2 * d : 2 * d + 2 * shared + heads, mixed = first ? d : d + 2 * shared;
    tc_operator *op = tc_add_gemm(out, TC_TAG_QKV, TC_SPLIT_TENSOR, 1, tokens, columns, h, TC_GROUP_QKV);
    if (s->bias) op->biases = columns;
    tc_add_convolution(out, tokens, mixed, s->conv, s->conv_bias);
    if (first) emit_selection(in, d, out);
    double work = first ? 9 * d * n : 2 * q * shared + q * d + 4 * n * d;
    double inputs = first ? 3 * d + 2 * n : d + 2 * shared + heads; /* x, B, C, time steps */
    op = tc_add_scan(out, tokens * (first ? work : work - q * d / 2), tokens * work, tokens * (inputs + d),
                     tokens / q * d * n);
    op->saved_bytes = 2 * tokens * inputs;
    if (shard->eager_scans && !first)
        op->saved_bytes += tokens * heads * (EAGER_PAIR_BYTES * q + EAGER_STATE_BYTES * n);
    op->scan.eager_kernels
        = 40; /* of ssd_minimal_discrete in mamba_ssm: products, cumulative sums and masks of (heads, chunk, chunk) */
    op->scan.eager_bytes = first ? 24 * tokens * d * n : 32 * tokens * heads * q + 32 * tokens * inputs;
    op->biases = first ? d * n + d : 3 * heads; /* A, D; of Mamba-2 the step's bias */
    if (first) {
        tc_add_elementwise(out, TC_TAG_ACTIVATION, 6 * tokens * d, 10 * tokens * d, 4 * tokens * d, 0);
    } else {
        tc_add_gated_norm(in, d, out);
        if (s->norm) out->op[out->count - 1].biases = d;
    }
    tc_add_out_projection(in, d, out);
    if (s->bias) out->op[out->count - 1].replicated = h;
    out->cp_query_bytes += 2 * tokens * (columns + d);
    out->cp_bytes += 4 * shard->sequences * d * n; /* the state at the end of a rank's tokens */
}

static tc_code splits(const tc_block *block, const tc_degrees *degrees, tc_error *error) {
    const tc_state_space *s = &block->state_space;
    tc_code code = tc_heads_split(s->heads, degrees, error);
    if (code == TC_OK && s->dt_rank == 0 && s->groups % degrees->tp && degrees->tp % s->groups)
        return tc_fail(error, TC_INVALID, "--tp",
                       "%d and %d groups of a state-space layer do not divide; choose a divisor or a multiple",
                       degrees->tp, s->groups);
    return code;
}

const tc_part tc_state_space_part = {emit, splits, 0};
