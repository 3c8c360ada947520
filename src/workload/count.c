/* count.c - parameters and FLOPs of a model, exact.
 *
 * Parameters: every weight once, biases and norms included. FLOPs: 2 per
 * multiply-add of every GEMM, times 3 for forward and backward; the
 * conventions in use differ in attention and recompute (traincast.h).
 */
#include "workload/operators.h"

tc_block_weights tc_block_weight_count(const tc_model *model, const tc_block *block) {
    tc_block_weights w = {0, 0, 0, 0};
    double h = model->hidden, heads = block->heads;
    double norm_width = (model->norm_weight ? 1 : 0) + (model->norm_bias ? 1 : 0);
    w.replicated += block->norms * norm_width * h;
    if (block->attention == TC_ATTENTION_MLA) {
        double qk = block->nope_dim + block->rope_dim;
        if (block->q_rank > 0) {
            w.replicated += h * block->q_rank + block->q_rank;
            w.tensor_parallel += block->q_rank * heads * qk;
        } else {
            w.tensor_parallel += h * heads * qk;
        }
        w.replicated += h * (block->kv_rank + block->rope_dim) + block->kv_rank;
        w.tensor_parallel += block->kv_rank * heads * (block->nope_dim + block->v_dim);
        w.tensor_parallel += heads * block->v_dim * h;
    } else {
        double q = heads * block->head_dim, kv = (double)block->kv_heads * block->head_dim;
        w.tensor_parallel += h * (q + 2 * kv) + q * h;
        if (block->qkv_bias) w.tensor_parallel += q + 2 * kv;
        if (block->qk_norm) w.replicated += block->qk_norm_full ? q + kv : 2.0 * block->head_dim;
        if (block->sinks) w.replicated += heads;
    }
    if (block->out_bias) w.replicated += h;
    double matrices = block->mlp == TC_MLP_GATED ? 3 : 2;
    if (block->ffn > 0) {
        w.tensor_parallel += matrices * h * block->ffn;
        if (block->mlp_bias) w.tensor_parallel += (matrices - 1) * block->ffn + h;
    }
    if (block->experts > 0) {
        double expert = matrices * h * block->expert_ffn;
        if (block->expert_bias) expert += (matrices - 1) * block->expert_ffn + h;
        w.expert += block->experts * expert;
        w.expert_active += block->top_k * expert;
        w.replicated += h * block->experts + (block->router_bias ? block->experts : 0);
        w.tensor_parallel += matrices * h * block->shared_ffn;
        if (block->shared_gate) w.replicated += h;
    }
    return w;
}

tc_model_size tc_model_count(const tc_model *model) {
    tc_model_size size = {0, 0, 0, 0, 0};
    double h = model->hidden, norm_width = (model->norm_weight ? 1 : 0) + (model->norm_bias ? 1 : 0);
    size.embedding_parameters = h * ((double)model->vocab + model->learned_positions + model->token_types);
    if (model->embedding_norm) size.embedding_parameters += norm_width * h;
    if (model->lm_head) {
        if (model->head_transform) size.head_parameters += h * h + h + norm_width * h;
        if (model->lm_head_bias) size.head_parameters += model->vocab;
        if (!model->tied_embeddings) size.head_parameters += h * model->vocab;
    }
    double shared = size.embedding_parameters + size.head_parameters + (model->final_norm ? norm_width * h : 0);
    size.parameters = size.active_parameters = shared;
    for (int i = 0; i < model->blocks; i++) {
        tc_block_weights w = tc_block_weight_count(model, &model->block[i]);
        double dense = w.tensor_parallel + w.replicated;
        size.parameters += model->block[i].count * (dense + w.expert);
        size.active_parameters += model->block[i].count * (dense + w.expert_active);
    }
    if (model->mtp_layers > 0 && model->blocks > 0) {
        tc_block_weights w = tc_block_weight_count(model, &model->block[model->blocks - 1]);
        /* a block, the projection of (hidden, embedding) to hidden and its two norms */
        size.mtp_parameters
            = model->mtp_layers * (w.tensor_parallel + w.replicated + w.expert + 2 * h * h + 2 * norm_width * h);
    }
    return size;
}

/* Forward FLOPs of one block per token: GEMMs apart from attention's scores. */
static void block_flops(const tc_model *model, const tc_block *block, double seq, double *gemm, double *attention) {
    tc_shard shard = {.sequences = 1,
                      .seq = seq,
                      .tp = 1,
                      .cp = 1,
                      .ep = 1,
                      .etp = 1,
                      .input_bytes = 2,
                      .activation_bytes = 2,
                      .plain_attention = true};
    tc_operators operators;
    tc_block_operators(model, block, &shard, &operators);
    *gemm = *attention = 0;
    for (int i = 0; i < operators.count; i++) {
        const tc_operator *op = &operators.op[i];
        if (op->tag == TC_TAG_ATTENTION)
            *attention += op->flops;
        else
            *gemm += op->flops;
    }
    if (block->window > 0 && block->window < seq) *attention *= block->window / seq;
    *gemm /= seq;
    *attention /= seq;
}

tc_forward_flops tc_forward_flops_of(const tc_model *model, int seq) {
    tc_forward_flops f = {0, 0, 0, 0, 0};
    for (int i = 0; i < model->blocks; i++) {
        double gemm, attention, count = model->block[i].count;
        block_flops(model, &model->block[i], seq, &gemm, &attention);
        f.gemm += count * gemm;
        f.attention += count * attention;
        f.layers += count;
        f.extra_gemm = gemm; /* of the last one */
        f.extra_attention = attention;
    }
    return f;
}

double tc_flops_by(tc_flops_convention convention, const tc_model *model, const tc_forward_flops *f, int recompute,
                   double recompute_layers) {
    if (convention == TC_FLOPS_6ND) return 6 * tc_model_count(model).active_parameters;
    double halved = convention == TC_FLOPS_CAUSAL ? 0.5 : 1, core = f->attention * (model->causal ? halved : 1),
           blocks = f->gemm + core, mtp = 0;
    if (model->mtp_layers > 0 && model->blocks > 0)
        mtp = model->mtp_layers
              * (f->extra_gemm + halved * f->extra_attention + 4.0 * model->hidden * model->hidden
                 + 2.0 * model->hidden * model->vocab);
    double head = model->lm_head ? 2.0 * model->hidden * model->vocab : 0;
    if (model->head_transform) head += 2.0 * model->hidden * model->hidden;
    double flops = 3 * (blocks + head + mtp);
    if (convention == TC_FLOPS_HARDWARE) {
        if (recompute == TC_RECOMPUTE_FULL) flops += blocks;
        if (recompute == TC_RECOMPUTE_SELECTIVE) flops += core;
        if (recompute == TC_RECOMPUTE_LAYERS && f->layers > 0) flops += blocks * recompute_layers / f->layers;
    }
    return flops;
}

int tc_layer_count(const tc_model *model) {
    int layers = 0;
    for (int i = 0; i < model->blocks; i++) layers += model->block[i].count;
    return layers;
}

bool tc_has_experts(const tc_model *model) {
    for (int i = 0; i < model->blocks; i++)
        if (model->block[i].experts > 0) return true;
    return false;
}

double tc_model_flops_per_token(const tc_model *model, int seq, tc_flops_convention convention, int recompute,
                                double recompute_layers) {
    tc_forward_flops forward = tc_forward_flops_of(model, seq);
    return tc_flops_by(convention, model, &forward, recompute, recompute_layers);
}
