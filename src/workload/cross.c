/* cross.c - what diffusion transformers have beside attention and MLP: an attention from latent to text tokens, and the
 * products that make a block's scales, shifts and gates.
 *
 * Cross attention (Chen et al. 2023, PixArt-alpha, arXiv 2310.00426): queries and outputs of S latent tokens, 4 S h^2 FLOPs,
 * keys and values of T text tokens, 4 T h^2, scores 4 S T h. Context-parallel ranks have all keys. adaLN (Peebles & Xie 2023,
 * arXiv 2212.09748, section 3.2): [B, h] x [h, 6 h] a block and sample, a third of the weights and next to no FLOPs;
 * adaLN-single has one such product for all blocks (a projection of the model) and a table a block; adaLN-LoRA (Cosmos, arXiv
 * 2501.03575) goes through a rank. Tensor parallelism splits none of these. */
#include "workload/parts.h"

int tc_modulation_vectors(const tc_block *block, bool text) {
    const tc_modulation *m = &block->modulation;
    return text && m->text_vectors > 0 ? m->text_vectors : m->vectors;
}

static void add_vectors(const tc_part_input *in, double vectors, tc_operators *out) {
    const tc_modulation *m = &in->block->modulation;
    double h = in->model->hidden, width = m->width > 0 ? m->width : h, samples = in->shard->sequences;
    if (vectors <= 0 || m->kind == TC_MODULATION_SHARED) return;
    if (m->kind == TC_MODULATION_TABLE) {
        tc_add_elementwise(out, TC_TAG_MODULATION, 6 * samples * vectors * h, 6 * samples * vectors * h, 0, 0)
            ->replicated
            = vectors * h;
        return;
    }
    double from = m->rank > 0 ? m->rank : width;
    if (m->rank > 0)
        tc_add_gemm(out, TC_TAG_MODULATION, TC_SPLIT_NONE, 1, samples, vectors / 3 * m->rank, width, 0)
            ->gemm.low_precision
            = false;
    tc_operator *op = tc_add_gemm(out, TC_TAG_MODULATION, TC_SPLIT_NONE, 1, samples, vectors * h, from, 0);
    op->gemm.low_precision = false;
    if (m->rank == 0) op->biases = vectors * h;
}

void tc_add_modulation(const tc_part_input *in, tc_operators *out) {
    add_vectors(in, tc_modulation_vectors(in->block, false), out);
    if (in->block->stream == TC_STREAM_DOUBLE) add_vectors(in, tc_modulation_vectors(in->block, true), out);
}

/* One product of the cross attention. */
static tc_operator *add_projection(const tc_part_input *in, double tokens, double columns, double from, int again,
                                   tc_operators *out) {
    tc_operator *op = tc_add_gemm(out, TC_TAG_CROSS_PROJECTION, TC_SPLIT_TENSOR, 1, tokens, columns, from, again);
    if (in->block->cross.bias) op->biases = columns;
    return op;
}

/* Norm of `vectors` of queries or keys. */
static void add_head_norm(const tc_part_input *in, double elements, double heads, tc_operators *out) {
    const tc_cross *c = &in->block->cross;
    if (!c->qk_norm) return;
    tc_add_norm(out, in->model, elements, 0)->replicated = c->qk_norm_full ? heads * c->head_dim : c->head_dim;
}

static void add_keys(const tc_part_input *in, double tokens, double width, tc_operators *out) {
    const tc_cross *c = &in->block->cross;
    double heads = c->heads / in->shard->tp, inner = (heads < 1 ? 1 : heads) * c->head_dim;
    add_projection(in, tokens, 2 * inner, width, TC_GROUP_QKV, out);
    add_head_norm(in, tokens * inner, c->heads, out);
}

static void add_core(const tc_part_input *in, double keys, tc_operators *out) {
    const tc_cross *c = &in->block->cross;
    double heads = c->heads / in->shard->tp;
    tc_attention_core core = {.heads = heads < 1 ? 1 : heads,
                              .kv_heads = heads < 1 ? 1 : heads,
                              .qk_dim = c->head_dim,
                              .v_dim = c->head_dim,
                              .queries = in->shard->seq,
                              .keys = keys,
                              .own_keys = !c->itself,
                              .inputs = TC_GROUP_QKV,
                              .tag = TC_TAG_CROSS};
    tc_add_attention(out, &core, in->shard);
}

void tc_add_cross(const tc_part_input *in, tc_operators *out) {
    const tc_cross *c = &in->block->cross;
    const tc_shard *shard = in->shard;
    double h = in->model->hidden, heads = c->heads / shard->tp, inner = (heads < 1 ? 1 : heads) * c->head_dim;
    double width = c->width > 0 ? c->width : h, text = c->itself ? shard->seq : in->model->latents.text_tokens;
    double keys = c->itself ? in->tokens : shard->sequences * text;
    add_projection(in, in->tokens, inner, h, TC_GROUP_QKV, out);
    add_head_norm(in, in->tokens * inner, c->heads, out);
    add_keys(in, keys, width, out);
    add_core(in, text, out);
    if (c->image_tokens > 0 && !c->itself) {
        add_keys(in, shard->sequences * c->image_tokens, width, out);
        add_core(in, c->image_tokens, out);
    }
    tc_operator *op = add_projection(in, in->tokens, h, inner, TC_GROUP_OUT_PROJECTION, out);
    op->biases = 0;
    if (c->bias) op->replicated = h;
    op->saved_bytes = shard->input_bytes * in->tokens * inner;
    op->drops = TC_GROUP_ATTENTION;
    out->tp_collectives++;
}
