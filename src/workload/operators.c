/* operators.c - a transformer block as operators with per-rank shapes.
 *
 * Notation: T tokens per rank in a micro-batch, h hidden width, 2 bytes an element.
 * Elementwise traffic counts each tensor once per fused kernel: a norm reads the
 * residual stream and writes its output, an activation reads and writes its
 * operands, and so on; a stack that fuses less multiplies it (memory_passes).
 * Saved activations follow Korthikanti et al. 2022 (arXiv 2205.05198), section 4,
 * term by term; with flash attention the scores are not kept (Dao et al. 2022).
 * Ignored: dropout without masks, biases' traffic, padding of the vocabulary.
 */
#include "workload/operators.h"

#include <string.h>

/* Kernels of a fused router and of a token permutation (Megatron-Core with fused permutation: sort, index, gather). */
#define ROUTER_KERNELS 12
#define PERMUTE_KERNELS 3
/* Masked positions of BERT: 20 of 128, 80 of 512 (Devlin et al. 2018, max_predictions_per_seq of the reference code). */
#define MASKED_SHARE 0.15625

static tc_operator *add(tc_operators *out, tc_op_kind kind, tc_op_tag tag) {
    tc_operator *op = &out->op[out->count++];
    memset(op, 0, sizeof *op);
    op->kind = kind;
    op->tag = tag;
    op->groups = 1;
    op->kernels = 1;
    return op;
}

static tc_operator *add_gemm(tc_operators *out, tc_op_tag tag, double groups, double m, double n, double k) {
    tc_operator *op = add(out, TC_OP_GEMM, tag);
    op->groups = groups;
    op->m = m;
    op->n = n;
    op->k = k;
    op->flops = 2 * groups * m * n * k;
    op->weights = groups * n * k;
    op->low_precision = true;
    return op;
}

static tc_operator *add_elementwise(tc_operators *out, tc_op_tag tag, double bytes, double backward_bytes,
                                    double saved) {
    tc_operator *op = add(out, TC_OP_ELEMENTWISE, tag);
    op->bytes = bytes;
    op->backward_bytes = backward_bytes;
    op->saved_bytes = saved;
    return op;
}

/* Traffic of chains of single kernels in eager PyTorch, in passes of the fused one: RMS norm (cast to fp32, square, mean,
 * scale, cast back, weight) and rotation (in fp32) about 40 bytes an element for 8; gated activation 10 for 6; scale, mask,
 * cast, softmax, cast of scores 24 for 4. A layer norm is one kernel everywhere, its residual addition another. */
#define CHAIN_RMS_NORM 5
#define CHAIN_LAYER_NORM 1.25
#define LAYER_NORM_CHAINED 0.4
#define CHAIN_POSITION 5
#define CHAIN_ACTIVATION 1.67

static double norm_chain(const tc_model *model) {
    return model->norm == TC_NORM_RMS ? CHAIN_RMS_NORM : CHAIN_LAYER_NORM;
}

/* Norm with the residual addition fused in: forward reads the branch and the residual, writes both. Kept are its input and, as the
 * input of the next matmul, its output. */
static tc_operator *add_norm(tc_operators *out, const tc_model *model, double elements, bool dropout,
                             double output_bytes) {
    double mask = dropout ? elements : 0;
    tc_operator *op = add_elementwise(out, TC_TAG_NORM, 8 * elements + mask, 10 * elements + mask,
                                      (2 + output_bytes) * elements + mask);
    op->output_bytes = output_bytes * elements;
    op->unfused = norm_chain(model);
    /* a layer norm is one kernel with its own casts: only the residual addition beside it is not */
    op->chained_bytes = (model->norm == TC_NORM_RMS ? 1 : LAYER_NORM_CHAINED) * (4 * elements + mask);
    return op;
}

/* Query-key pairs per head and sequence that a causal or windowed kernel computes. */
static double attention_pairs(const tc_model *model, const tc_block *block, const tc_shard *shard, double queries,
                              double keys) {
    if (shard->document > 0 && shard->document < keys) keys = shard->document;
    if (!model->causal) return queries * keys;
    double pairs = queries * keys / 2;
    double window = block->window;
    if (window > 0 && window < keys) pairs = queries * (window - window * window / (2 * keys));
    return pairs;
}

static void add_plain_attention(tc_operators *out, const tc_shard *shard, double heads, double queries, double keys,
                                double qk_dim, double v_dim, double qkv_bytes) {
    /* two batched GEMMs around scale, mask, softmax and dropout on (heads, queries, keys) */
    double batch = shard->sequences * heads, scores = batch * queries * keys;
    tc_operator *op = add_gemm(out, TC_TAG_ATTENTION, batch, queries, keys, qk_dim);
    op->weights = 0;
    op->low_precision = false;
    op->saved_bytes = qkv_bytes;
    double mask = shard->dropout ? 5 : 0;
    add_elementwise(out, TC_TAG_ATTENTION, (4 + (shard->dropout ? 5 : 0)) * scores,
                    (6 + (shard->dropout ? 5 : 0)) * scores, (2 + (shard->dropout ? 3 : 0)) * scores)
        ->unfused
        = (24 + mask) / (4 + mask);
    op = add_gemm(out, TC_TAG_ATTENTION, batch, queries, v_dim, keys);
    op->weights = 0;
    op->low_precision = false;
}

void tc_attention_operators(const tc_model *model, const tc_block *block, const tc_shard *shard, double heads,
                            double kv_heads, double qk_dim, double v_dim, tc_operators *out) {
    double queries = shard->seq / shard->cp, keys = shard->seq;
    double tokens = shard->sequences * queries;
    double q_bytes = 2 * tokens * heads * qk_dim, o_bytes = 2 * tokens * heads * v_dim;
    double kv_bytes = 2 * tokens * kv_heads * (qk_dim + v_dim);
    out->cp_bytes = kv_bytes;
    out->cp_query_bytes = q_bytes + o_bytes;
    if (shard->plain_attention) {
        add_plain_attention(out, shard, heads, queries, keys, qk_dim, v_dim, q_bytes + kv_bytes);
        return;
    }
    tc_operator *op = add(out, TC_OP_ATTENTION, TC_TAG_ATTENTION);
    op->pairs = shard->sequences * heads * attention_pairs(model, block, shard, queries, keys);
    op->keys = attention_pairs(model, block, shard, queries, keys) / queries * (model->causal ? 2 : 1);
    op->head_dim = qk_dim > v_dim ? qk_dim : v_dim;
    op->tiles = shard->sequences * heads * queries / 128;
    op->flops = 2 * op->pairs * (qk_dim + v_dim);
    op->bytes = q_bytes + o_bytes + kv_bytes * shard->cp;
    op->backward_bytes = 2 * op->bytes + o_bytes;
    op->saved_bytes = q_bytes + kv_bytes + 4 * tokens * heads; /* and the log-sum-exp; o is the next GEMM's input */
    if (shard->attention_bias) op->saved_bytes += 2 * shard->sequences * heads * queries * keys;
}

/* Norm of a latent vector between its two projections (MLA). */
static void add_latent_norm(tc_operators *out, const tc_model *model, double elements, double output_bytes) {
    tc_operator *op = add_elementwise(out, TC_TAG_NORM, 4 * elements, 6 * elements, (2 + output_bytes) * elements);
    op->output_bytes = output_bytes * elements;
    op->unfused = norm_chain(model);
}

static void add_attention_block(tc_operators *out, const tc_model *model, const tc_block *block,
                                const tc_shard *shard) {
    double tokens = shard->sequences * shard->seq / shard->cp, h = model->hidden, tp = shard->tp;
    double heads = block->heads / tp;
    if (heads < 1) heads = 1;
    if (block->attention == TC_ATTENTION_MLA) {
        double qk = block->nope_dim + block->rope_dim;
        if (block->q_rank > 0) {
            add_gemm(out, TC_TAG_QKV, 1, tokens, block->q_rank, h);
            add_latent_norm(out, model, tokens * block->q_rank, shard->input_bytes);
            add_gemm(out, TC_TAG_QKV_UP, 1, tokens, heads * qk, block->q_rank);
        } else {
            add_gemm(out, TC_TAG_QKV, 1, tokens, heads * qk, h);
        }
        add_gemm(out, TC_TAG_QKV, 1, tokens, block->kv_rank + block->rope_dim, h);
        add_latent_norm(out, model, tokens * block->kv_rank, shard->input_bytes);
        add_gemm(out, TC_TAG_QKV_UP, 1, tokens, heads * (block->nope_dim + block->v_dim), block->kv_rank);
        tc_operator *split
            = add_elementwise(out, TC_TAG_POSITION, 4 * tokens * heads * (2 * qk), 4 * tokens * heads * (2 * qk), 0);
        split->kernels = 4; /* split, rotate and join of queries and keys */
        tc_attention_operators(model, block, shard, heads, heads, qk, block->v_dim, out);
        tc_operator *op = add_gemm(out, TC_TAG_OUT_PROJECTION, 1, tokens, h, heads * block->v_dim);
        op->saved_bytes = shard->input_bytes * tokens * heads * block->v_dim;
        return;
    }
    double d = block->head_dim, kv_heads = block->kv_heads / tp;
    if (kv_heads < 1) kv_heads = 1;
    add_gemm(out, TC_TAG_QKV, 1, tokens, (heads + 2 * kv_heads) * d, h);
    double qk_elements = tokens * (heads + kv_heads) * d;
    if (block->qk_norm)
        add_elementwise(out, TC_TAG_NORM, 4 * qk_elements, 6 * qk_elements, 2 * qk_elements)->unfused
            = norm_chain(model);
    if (model->positions == TC_POSITIONS_ROTARY)
        add_elementwise(out, TC_TAG_POSITION, 4 * qk_elements, 4 * qk_elements, 0)->unfused = CHAIN_POSITION;
    tc_attention_operators(model, block, shard, heads, kv_heads, d, d, out);
    tc_operator *op = add_gemm(out, TC_TAG_OUT_PROJECTION, 1, tokens, h, heads * d);
    op->saved_bytes = shard->input_bytes * tokens * heads * d;
}

static void add_mlp(tc_operators *out, const tc_shard *shard, tc_op_tag tag, tc_mlp_kind kind, double groups,
                    double tokens, double h, double ffn) {
    double up = kind == TC_MLP_GATED ? 2 : 1, elements = groups * tokens * ffn;
    tc_operator *op = add_gemm(out, tag, groups, tokens, up * ffn, h);
    op->gate = kind == TC_MLP_GATED ? 0.5 : 0;
    op->up = true;
    op = add_elementwise(out, TC_TAG_ACTIVATION, 2 * (up + 1) * elements, 2 * (2 * up + 1) * elements,
                         shard->activation_bytes * up * elements);
    op->gate = kind == TC_MLP_GATED ? 0.5 : 0;
    op->mlp = tag;
    op->unfused = CHAIN_ACTIVATION;
    op = add_gemm(out, tag, groups, tokens, h, ffn);
    op->saved_bytes = shard->frozen ? 0 : shard->input_bytes * elements;
    /* as two kernels the gated activation also keeps the activated gate, a factor of the product */
    if (kind == TC_MLP_GATED && shard->unfused_activation) op->saved_bytes += 2 * elements;
}

/* Router, dispatch, grouped experts, combine, shared experts. Tokens are balanced but for `imbalance`. */
static void add_moe(tc_operators *out, const tc_model *model, const tc_block *block, const tc_shard *shard) {
    double tokens = shard->sequences * shard->seq / shard->cp, h = model->hidden;
    double local = tokens / shard->tp; /* a rank routes its sequence shard */
    double kept
        = shard->capacity > 0 ? shard->capacity : 1; /* of the token copies: the rest is dropped, or padding added */
    double routed = local * block->top_k * kept * shard->etp; /* token copies that this rank's experts see */
    double experts = block->experts / shard->ep;
    if (experts < 1) experts = 1;
    tc_operator *op = add_gemm(out, TC_TAG_ROUTER, 1, local, block->experts, h);
    op->low_precision = false;
    /* scores, top-k, balance loss, counts per expert and their exchange: many small kernels */
    op = add_elementwise(out, TC_TAG_ROUTER, 8 * local * block->experts, 8 * local * block->experts,
                         4 * local * block->experts);
    op->kernels = ROUTER_KERNELS;
    op = add_elementwise(out, TC_TAG_PERMUTE, 4 * routed * h, 4 * routed * h, shard->input_bytes * routed * h);
    op->kernels = PERMUTE_KERNELS;
    double busiest = routed * (1 + shard->imbalance);
    int first = out->count;
    add_mlp(out, shard, TC_TAG_EXPERT, block->mlp, experts, busiest / experts, h, block->expert_ffn / shard->etp);
    for (int i = first; shard->sequential_experts && i < out->count; i++) out->op[i].kernels = experts;
    op = add_elementwise(out, TC_TAG_PERMUTE, 4 * routed * h + 2 * local * h, 4 * routed * h + 2 * local * h,
                         shard->weighted_inputs ? 0 : 2 * routed * h);
    op->kernels = PERMUTE_KERNELS;
    out->ep_bytes = 2 * local * block->top_k * kept * h;
    out->ep_copies = block->top_k;
    if (block->shared_ffn > 0)
        add_mlp(out, shard, TC_TAG_SHARED_EXPERT, block->mlp, 1, tokens, h, block->shared_ffn / shard->tp);
}

static void add_gathered(tc_operator *norm, double bytes) {
    norm->output_bytes += bytes;
    norm->saved_bytes += bytes;
}

void tc_block_operators(const tc_model *model, const tc_block *block, const tc_shard *shard, tc_operators *out) {
    out->count = 0;
    out->ep_bytes = out->ep_copies = out->cp_bytes = out->cp_query_bytes = 0;
    double tokens = shard->sequences * shard->seq / shard->cp, h = model->hidden;
    double residual = tokens * h / (shard->sequence_parallel ? shard->tp : 1);
    double gathered = shard->gathered_inputs ? shard->input_bytes * (tokens * h - residual) : 0;
    double mlp_input = block->experts > 0 ? 2 : shard->input_bytes; /* the router's matmul is in 16 bit */
    add_gathered(add_norm(out, model, residual, shard->dropout, shard->input_bytes), gathered);
    add_attention_block(out, model, block, shard);
    for (int i = 1; i < block->norms; i++)
        add_gathered(add_norm(out, model, residual, shard->dropout && i == 1, mlp_input), i == 1 ? gathered : 0);
    if (block->experts > 0) add_moe(out, model, block, shard);
    if (block->ffn > 0) add_mlp(out, shard, TC_TAG_MLP, block->mlp, 1, tokens, h, block->ffn / shard->tp);
    out->block_input_bytes = 2 * residual;
    out->tp_bytes = 2 * tokens * h;
    bool tensor_parallel_mlp = block->ffn > 0 || block->shared_ffn > 0 || shard->etp > 1;
    out->tp_collectives = tensor_parallel_mlp ? 2 : 1;
    if (block->parallel_residual && block->experts == 0) out->tp_collectives = 1;
}

void tc_embedding_operators(const tc_model *model, const tc_shard *shard, tc_operators *out) {
    memset(out, 0, offsetof(tc_operators, op));
    double elements = shard->sequences * shard->seq / shard->cp * model->hidden;
    out->ep_bytes = out->cp_bytes = out->cp_query_bytes = out->block_input_bytes = 0;
    add_elementwise(out, TC_TAG_EMBEDDING, 4 * elements, 8 * elements, 0);
    out->tp_bytes = 2 * elements;
    out->tp_collectives = 1;
}

void tc_head_operators(const tc_model *model, const tc_shard *shard, double logits_bytes, tc_operators *out) {
    memset(out, 0, offsetof(tc_operators, op));
    out->ep_bytes = out->cp_bytes = out->cp_query_bytes = out->block_input_bytes = 0;
    double tokens = shard->sequences * shard->seq / shard->cp, h = model->hidden;
    add_norm(out, model, tokens * h / (shard->sequence_parallel ? shard->tp : 1), false, 2);
    if (!model->lm_head) return;
    if (shard->masked_head) tokens *= MASKED_SHARE;
    if (model->head_transform) add_gemm(out, TC_TAG_HEAD, 1, tokens, h, h);
    double logits = tokens * model->vocab / shard->tp;
    tc_operator *op = add_gemm(out, TC_TAG_HEAD, 1, tokens, model->vocab / shard->tp, h);
    op->low_precision = false;
    double held = logits * (shard->gathered_logits ? shard->tp : 1);
    op->saved_bytes = 2 * held;
    double loss_bytes = logits_bytes > 0 ? 4 : 2; /* fp32, or in place in 16 bit */
    add_elementwise(out, TC_TAG_LOSS, (2 + 2 * loss_bytes) * logits, (2 + 2 * loss_bytes) * logits,
                    logits_bytes * held);
    out->tp_bytes = 2 * tokens * h;
    out->tp_collectives = 1;
}

/* ---- recompute by operator ------------------------------------------------------ */

static int group_of_mlp(tc_op_tag mlp) {
    return mlp == TC_TAG_EXPERT          ? TC_GROUP_MOE
           : mlp == TC_TAG_SHARED_EXPERT ? TC_GROUP_SHARED_EXPERT | TC_GROUP_MOE
                                         : TC_GROUP_MLP;
}

double tc_group_share(const tc_operator *op, int groups) {
    switch (op->tag) {
    case TC_TAG_NORM: return groups & TC_GROUP_NORM ? 1 : 0;
    case TC_TAG_QKV: return groups & TC_GROUP_QKV ? 1 : 0;
    case TC_TAG_QKV_UP: return groups & (TC_GROUP_QKV | TC_GROUP_QKV_UP) ? 1 : 0;
    case TC_TAG_POSITION: return groups & (TC_GROUP_POSITION | TC_GROUP_QKV_UP) ? 1 : 0;
    case TC_TAG_ATTENTION: return groups & TC_GROUP_ATTENTION ? 1 : 0;
    case TC_TAG_OUT_PROJECTION: return groups & TC_GROUP_OUT_PROJECTION ? 1 : 0;
    case TC_TAG_ROUTER: return groups & (TC_GROUP_MOE | TC_GROUP_ROUTER) ? 1 : 0;
    case TC_TAG_PERMUTE: return groups & TC_GROUP_MOE ? 1 : 0;
    case TC_TAG_ACTIVATION: return groups & (TC_GROUP_ACTIVATION | group_of_mlp(op->mlp)) ? 1 : 0;
    case TC_TAG_MLP:
    case TC_TAG_EXPERT:
    case TC_TAG_SHARED_EXPERT:
        if (groups & group_of_mlp(op->tag) || (op->up && groups & TC_GROUP_MLP_UP)) return 1;
        return groups & TC_GROUP_GATE ? op->gate : 0;
    default: return 0;
    }
}

/* An operator keeps its inputs: what is dropped is the output of one that runs again. */
double tc_recomputed_bytes(const tc_operators *ops, int groups, double norm_extra) {
    double sum = 0;
    for (int i = 0; i < ops->count; i++) {
        const tc_operator *op = &ops->op[i];
        double share = 0;
        switch (op->tag) {
        case TC_TAG_NORM: /* its output; its input too, if the residual stream follows from what runs again */
            if (!(groups & TC_GROUP_NORM)) break;
            sum += (i > 0 && groups & TC_GROUP_OUT_PROJECTION ? op->saved_bytes : op->output_bytes)
                   + norm_extra * op->chained_bytes;
            break;
        case TC_TAG_ATTENTION:
            if (groups & TC_GROUP_QKV || (groups & TC_GROUP_QKV_UP && i > 1 && ops->op[i - 2].tag == TC_TAG_QKV_UP))
                share = 1;
            else if (op->kind == TC_OP_ELEMENTWISE)
                share = groups & TC_GROUP_ATTENTION ? 1 : 0;
            break;
        case TC_TAG_OUT_PROJECTION: share = groups & TC_GROUP_ATTENTION ? 1 : 0; break;
        case TC_TAG_ROUTER: share = groups & (TC_GROUP_MOE | TC_GROUP_ROUTER) ? 1 : 0; break;
        case TC_TAG_PERMUTE: share = groups & TC_GROUP_MOE ? 1 : 0; break;
        case TC_TAG_ACTIVATION:
            share = groups & (TC_GROUP_MLP_UP | group_of_mlp(op->mlp)) ? 1 : groups & TC_GROUP_GATE ? op->gate : 0;
            break;
        case TC_TAG_MLP:
        case TC_TAG_EXPERT:
        case TC_TAG_SHARED_EXPERT: share = groups & (TC_GROUP_ACTIVATION | group_of_mlp(op->tag)) ? 1 : 0; break;
        default: break;
        }
        sum += share * op->saved_bytes;
    }
    return sum;
}
