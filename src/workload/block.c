/* block.c - a block of its parts, with norms and residual additions; the embedding and the head at the model's ends.
 *
 * Notation: T tokens per rank in a micro-batch, h hidden width, 2 bytes an element.
 * Ignored: dropout without masks, biases' traffic, padding of the vocabulary. */
#include <string.h>

#include "base/error.h"
#include "workload/parts.h"

/* Masked positions of BERT: 20 of 128, 80 of 512 (Devlin et al. 2018, max_predictions_per_seq of the reference code). */
#define MASKED_SHARE 0.15625
/* Of a layer norm, one kernel with its own casts: only the residual addition beside it keeps more. */
#define LAYER_NORM_CHAINED 0.4

#define MIXER_ROW(id, member, word) [TC_MIXER_##id] = &tc_##member##_part,
static const tc_part *const mixers[TC_MIXERS] = {TC_MIXER_KINDS(MIXER_ROW)};

#define FFN_ROW(id, member, bit) {bit, &tc_##member##_part},
static const struct ffn {
    int bit;
    const tc_part *part;
} ffns[] = {TC_FFN_KINDS(FFN_ROW)};
#define FFNS ((int)(sizeof ffns / sizeof ffns[0]))

tc_code tc_block_splits(const tc_block *block, const tc_degrees *degrees, tc_error *error) {
    const tc_part *mixer = mixers[block->mixer];
    tc_code code = mixer && mixer->splits ? mixer->splits(block, degrees, error) : TC_OK;
    for (int i = 0; i < FFNS && code == TC_OK; i++)
        if (block->ffn & ffns[i].bit && ffns[i].part->splits) code = ffns[i].part->splits(block, degrees, error);
    return code;
}

int tc_cheap_groups(const tc_block *block) {
    int groups = TC_GROUP_NORM | (mixers[block->mixer] ? mixers[block->mixer]->cheap_groups : 0);
    for (int i = 0; i < FFNS; i++)
        if (block->ffn & ffns[i].bit) groups |= ffns[i].part->cheap_groups;
    return groups;
}

/* Norm with the residual addition fused in: forward reads the branch and the residual, writes both. */
static void add_residual_norm(tc_operators *out, const tc_model *model, double elements, bool dropout,
                              double output_bytes, double gathered) {
    double mask = dropout ? elements : 0;
    tc_operator *op = tc_add_norm(out, model, elements, output_bytes);
    op->bytes = 8 * elements + mask;
    op->backward_bytes = 10 * elements + mask;
    op->saved_bytes += mask;
    op->saved_bytes += gathered;
    op->output_bytes += gathered;
    op->chained_bytes = (model->norm == TC_NORM_RMS ? 1 : LAYER_NORM_CHAINED) * (4 * elements + mask);
    op->replicated = (model->norm_weight + model->norm_bias) * (double)model->hidden;
}

void tc_block_operators(const tc_model *model, const tc_block *block, const tc_shard *shard, tc_operators *out) {
    memset(out, 0, offsetof(tc_operators, op));
    const tc_part *mixer = mixers[block->mixer];
    double tokens = shard->sequences * shard->seq / shard->cp, h = model->hidden;
    double residual = tokens * h / (shard->sequence_parallel ? shard->tp : 1);
    double gathered = shard->gathered_inputs ? shard->input_bytes * (tokens * h - residual) : 0;
    double ffn_input = block->ffn & TC_FFN_EXPERTS ? 2 : shard->input_bytes; /* the router's matmul is in 16 bit */
    tc_part_input in = {model, block, shard, tokens};
    int norms = 0;
    if (mixer) {
        if (block->norms > 0)
            add_residual_norm(out, model, residual, shard->dropout, shard->input_bytes, gathered), norms++;
        mixer->emit(&in, out);
    }
    int mixed = out->tp_collectives, first = norms;
    for (; norms < block->norms && norms < TC_MAX_NORMS; norms++) {
        bool before = norms == first; /* others follow the parts */
        add_residual_norm(out, model, residual, shard->dropout && before, ffn_input, before ? gathered : 0);
    }
    for (int i = 0; i < FFNS; i++)
        if (block->ffn & ffns[i].bit) ffns[i].part->emit(&in, out);
    out->block_input_bytes = 2 * residual;
    out->tp_bytes = 2 * tokens * h;
    if (out->tp_collectives > mixed + 1) out->tp_collectives = mixed + 1; /* what stands side by side is summed first */
    if (block->parallel_residual && !(block->ffn & TC_FFN_EXPERTS) && mixed > 0) out->tp_collectives = mixed;
}

void tc_embedding_operators(const tc_model *model, const tc_shard *shard, tc_operators *out) {
    memset(out, 0, offsetof(tc_operators, op));
    if (model->vocab == 0) return;
    double elements = shard->sequences * shard->seq / shard->cp * model->hidden;
    tc_add_elementwise(out, TC_TAG_EMBEDDING, 4 * elements, 8 * elements, 0, 0);
    out->tp_bytes = 2 * elements;
    out->tp_collectives = 1;
}

void tc_head_operators(const tc_model *model, const tc_shard *shard, double logits_bytes, tc_operators *out) {
    memset(out, 0, offsetof(tc_operators, op));
    double tokens = shard->sequences * shard->seq / shard->cp, h = model->hidden;
    if (model->final_norm || model->vocab > 0)
        add_residual_norm(out, model, tokens * h / (shard->sequence_parallel ? shard->tp : 1), false, 2, 0);
    if (!model->lm_head || model->vocab == 0) return;
    if (shard->masked_head) tokens *= MASKED_SHARE;
    if (model->head_transform) tc_add_gemm(out, TC_TAG_HEAD, TC_SPLIT_TENSOR, 1, tokens, h, h, 0);
    double logits = tokens * model->vocab / shard->tp;
    tc_operator *op = tc_add_gemm(out, TC_TAG_HEAD, TC_SPLIT_TENSOR, 1, tokens, model->vocab / shard->tp, h, 0);
    op->gemm.low_precision = false;
    double held = logits * (shard->gathered_logits ? shard->tp : 1);
    op->saved_bytes = 2 * held;
    double loss_bytes = logits_bytes > 0 ? 4 : 2; /* fp32, or in place in 16 bit */
    tc_add_elementwise(out, TC_TAG_LOSS, (2 + 2 * loss_bytes) * logits, (2 + 2 * loss_bytes) * logits,
                       logits_bytes * held, 0);
    out->tp_bytes = 2 * tokens * h;
    out->tp_collectives = 1;
}
