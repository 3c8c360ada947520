/* latent.c - multi-head latent attention (DeepSeek-AI 2024, arXiv 2405.04434, section 2.1): queries, keys and values
 * are projected up from latent vectors that every tensor-parallel rank computes. Positions go to a part of a head. */
#include "base/error.h"
#include "workload/parts.h"

static const tc_member members[] = {
    TC_INTEGER_NEEDED(tc_latent, heads, TC_MOST_DEGREE),    TC_INTEGER(tc_latent, window, 0, TC_MOST_TOKENS),
    TC_INTEGER(tc_latent, q_rank, 0, TC_MOST_DEGREE),       TC_INTEGER_NEEDED(tc_latent, kv_rank, TC_MOST_DEGREE),
    TC_INTEGER_NEEDED(tc_latent, nope_dim, TC_MOST_DEGREE), TC_INTEGER(tc_latent, rope_dim, 0, TC_MOST_DEGREE),
    TC_INTEGER_NEEDED(tc_latent, v_dim, TC_MOST_DEGREE),    TC_SWITCH(tc_latent, out_bias),
    TC_INTEGER(tc_latent, index_heads, 0, TC_MOST_DEGREE),  TC_INTEGER(tc_latent, index_dim, 0, TC_MOST_DEGREE),
    TC_INTEGER(tc_latent, index_top_k, 0, TC_MOST_TOKENS),
};

static tc_code check_index(const void *value, tc_error *error) {
    const tc_latent *l = value;
    if (l->index_heads < 1 || (l->index_dim > 0 && l->index_top_k > 0)) return TC_OK;
    return tc_fail(error, TC_INVALID, l->index_dim < 1 ? "index_dim" : "index_top_k",
                   "%d in a block that has an indexer; 1 or more", l->index_dim < 1 ? l->index_dim : l->index_top_k);
}
const tc_members tc_latent_members = TC_MEMBERS(tc_latent, members, NULL, check_index);

/* Down to `rank` elements, kept with `beside` more, and their norm, which has no shift. */
static void add_down(const tc_part_input *in, double rank, double beside, tc_operators *out) {
    tc_add_gemm(out, TC_TAG_QKV, TC_SPLIT_NONE, 1, in->tokens, rank + beside, in->model->hidden, TC_GROUP_QKV);
    tc_add_norm(out, in->model, in->tokens * rank, in->shard->input_bytes)->replicated = rank;
}

static void add_up(const tc_part_input *in, double columns, double rank, tc_operators *out) {
    tc_add_gemm(out, TC_TAG_QKV_UP, TC_SPLIT_TENSOR, 1, in->tokens, columns, rank, TC_GROUP_QKV | TC_GROUP_QKV_UP);
}

/* The indexer (DeepSeek-AI 2025, DeepSeek-V3.2): narrow heads score every key before a query in 8 bit, and the best are chosen. Its projections and scores are
 * computed on every tensor-parallel rank. One product stands for the heads' scores, which are summed before they are written; a selection reads them twice. */
static void emit_indexer(const tc_part_input *in, tc_operators *out) {
    const tc_latent *l = &in->block->latent;
    double tokens = in->tokens, h = in->model->hidden, width = (double)l->index_heads * l->index_dim;
    double keys = in->shard->seq * (in->model->causal ? 0.5 : 1);
    tc_add_gemm(out, TC_TAG_INDEXER, TC_SPLIT_NONE, 1, tokens, width, l->q_rank > 0 ? l->q_rank : h, TC_GROUP_QKV);
    tc_operator *op
        = tc_add_gemm(out, TC_TAG_INDEXER, TC_SPLIT_NONE, 1, tokens, l->index_dim + l->index_heads, h, TC_GROUP_QKV);
    op->replicated = 2 * l->index_dim;
    op = tc_add_gemm(out, TC_TAG_INDEXER, TC_SPLIT_NONE, 1, tokens, keys, width, 0);
    op->weights = 0;
    op->forward_only = true; /* the indexer learns from the keys that were chosen */
    tc_add_elementwise(out, TC_TAG_INDEXER, 8 * tokens * keys, 0, 4 * tokens * l->index_top_k, 0)->forward_only = true;
}

static void emit(const tc_part_input *in, tc_operators *out) {
    const tc_latent *l = &in->block->latent;
    const tc_shard *shard = in->shard;
    double tokens = in->tokens, h = in->model->hidden, heads = l->heads / shard->tp, qk = l->nope_dim + l->rope_dim;
    if (heads < 1) heads = 1;
    if (l->q_rank > 0) {
        add_down(in, l->q_rank, 0, out);
        add_up(in, heads * qk, l->q_rank, out);
    } else {
        tc_add_gemm(out, TC_TAG_QKV, TC_SPLIT_TENSOR, 1, tokens, heads * qk, h, TC_GROUP_QKV);
    }
    add_down(in, l->kv_rank, l->rope_dim, out);
    add_up(in, heads * (l->nope_dim + l->v_dim), l->kv_rank, out);
    tc_operator *op = tc_add_elementwise(out, TC_TAG_POSITION, 4 * tokens * heads * (2 * qk),
                                         4 * tokens * heads * (2 * qk), 0, TC_GROUP_POSITION | TC_GROUP_QKV_UP);
    op->kernels = 4; /* split, rotate and join of queries and keys */
    bool chosen = l->index_heads > 0;
    if (chosen) emit_indexer(in, out);
    tc_attention_core core = {.heads = heads,
                              .kv_heads = heads,
                              .qk_dim = qk,
                              .v_dim = l->v_dim,
                              .queries = in->seq,
                              .keys = in->seq,
                              .window = l->window,
                              .causal = in->model->causal,
                              .inputs = TC_GROUP_QKV | TC_GROUP_QKV_UP};
    if (chosen && shard->seq > l->index_top_k) {
        /* the chosen keys are read as latent vectors that all heads share; the products up move to queries and outputs */
        core.kv_heads = 1;
        core.qk_dim = l->kv_rank + l->rope_dim;
        core.v_dim = l->kv_rank;
        core.window = l->index_top_k;
    }
    tc_add_attention(out, &core, shard);
    op = tc_add_gemm(out, TC_TAG_OUT_PROJECTION, TC_SPLIT_TENSOR, 1, tokens, h, heads * l->v_dim,
                     TC_GROUP_OUT_PROJECTION);
    op->saved_bytes = shard->input_bytes * tokens * heads * l->v_dim;
    op->drops = TC_GROUP_ATTENTION;
    if (l->out_bias) op->replicated = h;
    out->tp_collectives++;
}

static tc_code splits(const tc_block *block, const tc_degrees *degrees, tc_error *error) {
    return tc_heads_split(block->latent.heads, degrees, error);
}

const tc_part tc_latent_part = {emit, splits, TC_GROUP_QKV_UP};
