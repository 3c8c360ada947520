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
    const tc_part *beside = mixers[block->beside];
    tc_code code = mixer && mixer->splits ? mixer->splits(block, degrees, error) : TC_OK;
    if (code == TC_OK && beside && beside->splits) code = beside->splits(block, degrees, error);
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

/* A block's stream of tokens on this rank. */
typedef struct stream {
    double tokens;
    double residual; /* elements of the residual stream */
    double gathered; /* bytes that tensor-parallel ranks gather of a matmul's input */
    bool modulated;  /* norms are followed by a scale and shift of the sample, branches by a gate */
    bool ends;       /* with the mixer */
} stream;

/* In eager PyTorch a gate, a scale and a shift are kernels of their own: 12 bytes an element beside the 8 of a fused norm. */
#define CHAIN_MODULATION 1.5

/* Norm with the residual addition fused in: forward reads the branch and the residual, writes both. Where it is modulated,
 * backward needs the norm's own output for the scale's gradient, and the branch for the gate's. */
static tc_operator *add_residual_norm(tc_operators *out, const tc_model *model, const stream *s, bool dropout,
                                      double output_bytes) {
    double elements = s->residual, mask = dropout ? elements : 0, modulated = s->modulated ? 4 * elements : 0;
    tc_operator *op = tc_add_norm(out, model, elements, output_bytes);
    op->bytes = 8 * elements + mask;
    op->backward_bytes = 10 * elements + mask;
    op->saved_bytes += mask;
    op->saved_bytes += s->gathered;
    op->output_bytes += s->gathered;
    op->chained_bytes = (model->norm == TC_NORM_RMS ? 1 : LAYER_NORM_CHAINED) * (4 * elements + mask) + modulated;
    op->replicated = (model->norm_weight + model->norm_bias) * (double)model->hidden;
    if (s->modulated) op->elementwise.unfused += CHAIN_MODULATION;
    return op;
}

static stream stream_of(const tc_block *block, const tc_model *model, const tc_shard *shard, double seq) {
    double tokens = shard->sequences * seq / shard->cp, elements = tokens * model->hidden;
    double residual = elements / (shard->sequence_parallel ? shard->tp : 1);
    return (stream){.tokens = tokens,
                    .residual = residual,
                    .gathered = shard->gathered_inputs ? shard->input_bytes * (elements - residual) : 0,
                    .modulated = block->modulation.vectors > 0};
}

/* The streams of a block, one or two, and the tokens that are mixed. */
static int find_streams(const tc_model *model, const tc_block *block, const tc_shard *shard, stream out[2],
                        double *seq) {
    double text = model->latents.text_tokens;
    *seq = shard->seq;
    if (block->stream == TC_STREAM_TEXT) *seq = text;
    if (block->stream == TC_STREAM_JOINT) *seq += text;
    out[0] = stream_of(block, model, shard, *seq);
    if (block->stream != TC_STREAM_DOUBLE) return 1;
    *seq += text;
    out[1] = stream_of(block, model, shard, text);
    out[1].ends = block->text_ends;
    return 2;
}

static void add_mixer(const tc_part_input *in, const stream *s, int streams, tc_operators *out) {
    const tc_part *mixer = mixers[in->block->mixer];
    for (int i = 0; i < streams && in->block->norms > 0; i++)
        add_residual_norm(out, in->model, &s[i], in->shard->dropout, in->shard->input_bytes);
    mixer->emit(in, out);
    if (mixers[in->block->beside]) {
        int alone = out->tp_collectives;
        mixers[in->block->beside]->emit(in, out);
        out->tp_collectives = alone; /* what stands side by side is summed first */
    }
    if (in->block->cross.heads == 0) return;
    if (in->block->cross.norm)
        add_residual_norm(out, in->model, s, in->shard->dropout, in->shard->input_bytes)->replicated
            = 2.0 * in->model->hidden;
    tc_add_cross(in, out);
}

/* Norms of a stream that the mixer has not had, and its feed-forward parts. */
static void add_ffn(const tc_part_input *in, const stream *s, bool mixed, tc_operators *out) {
    const tc_block *block = in->block;
    double input = block->ffn & TC_FFN_EXPERTS ? 2 : in->shard->input_bytes; /* the router's matmul is in 16 bit */
    tc_part_input own = *in;
    own.tokens = s->tokens;
    for (int first = mixed && block->norms > 0, norms = first; norms < block->norms && norms < TC_MAX_NORMS; norms++) {
        bool before = norms == first; /* others follow the parts */
        stream here = *s;
        if (!before) here.gathered = 0;
        add_residual_norm(out, in->model, &here, in->shard->dropout && before, input);
    }
    for (int i = 0; i < FFNS; i++)
        if (block->ffn & ffns[i].bit) ffns[i].part->emit(&own, out);
}

void tc_block_operators(const tc_model *model, const tc_block *block, const tc_shard *shard, tc_operators *out) {
    memset(out, 0, offsetof(tc_operators, op));
    stream s[2] = {{0}};
    tc_part_input in = {.model = model, .block = block, .shard = shard};
    int streams = find_streams(model, block, shard, s, &in.seq);
    in.tokens = s[0].tokens;
    in.text_tokens = s[1].tokens;
    if (block->modulation.vectors > 0) tc_add_modulation(&in, out);
    out->mixes = block->mixer != TC_MIXER_NONE;
    if (out->mixes) add_mixer(&in, s, streams, out);
    int mixed = out->tp_collectives;
    for (int i = 0; i < streams; i++)
        if (!s[i].ends) add_ffn(&in, &s[i], block->mixer, out);
    out->reads_output = block->modulation.vectors > 0 || block->norms > 2 || shard->dropout;
    out->block_input_bytes = 2 * (s[0].residual + s[1].residual);
    out->tp_bytes = 2 * (s[0].tokens + s[1].tokens) * model->hidden;
    if (out->tp_collectives > mixed + 1) out->tp_collectives = mixed + 1; /* what stands side by side is summed first */
    if (block->parallel_residual && !(block->ffn & TC_FFN_EXPERTS) && mixed > 0) out->tp_collectives = mixed;
    tc_add_finetuning(block, shard, out);
    tc_widen(shard, out);
}

/* Products at an end of the model. */
static void add_projections(tc_operators *out, const tc_model *model, const tc_shard *shard, bool last) {
    for (int i = 0; i < model->projections; i++) {
        const tc_projection *p = &model->projection[i];
        double of[] = {[TC_PROJECTED_LATENTS] = shard->seq / shard->cp,
                       [TC_PROJECTED_TEXT] = model->latents.text_tokens,
                       [TC_PROJECTED_SAMPLE] = 1};
        double tokens = shard->sequences * of[p->of];
        if (p->last != last || p->input == 0) continue;
        tc_op_tag tag = last ? TC_TAG_HEAD : TC_TAG_EMBEDDING;
        tc_operator *op
            = tc_add_gemm(out, tag, TC_SPLIT_NONE, 1, tokens, p->middle > 0 ? p->middle : p->output, p->input, 0);
        op->gemm.low_precision = false;
        if (p->middle > 0)
            tc_add_gemm(out, tag, TC_SPLIT_NONE, 1, tokens, p->output, p->middle, 0)->gemm.low_precision = false;
        if (last && p->of == TC_PROJECTED_LATENTS) { /* squared error in fp32, of a token's latents */
            double values = tokens * p->output;
            tc_add_elementwise(out, TC_TAG_LOSS, 8 * values, 8 * values, 4 * values, 0);
        }
    }
}

void tc_embedding_operators(const tc_model *model, const tc_shard *shard, tc_operators *out) {
    memset(out, 0, offsetof(tc_operators, op));
    add_projections(out, model, shard, false);
    if (model->vocab == 0) return;
    double elements = shard->sequences * shard->seq / shard->cp * model->hidden;
    tc_add_elementwise(out, TC_TAG_EMBEDDING, 4 * elements, 8 * elements, 0, 0);
    out->tp_bytes = 2 * elements;
    out->tp_collectives = 1;
}

void tc_head_operators(const tc_model *model, const tc_shard *shard, double logits_bytes, tc_operators *out) {
    memset(out, 0, offsetof(tc_operators, op));
    double tokens = shard->sequences * shard->seq / shard->cp, h = model->hidden;
    stream s = {.residual = tokens * h / (shard->sequence_parallel ? shard->tp : 1)};
    if (model->final_norm || model->vocab > 0) add_residual_norm(out, model, &s, false, 2);
    add_projections(out, model, shard, true);
    if (!model->lm_head || model->vocab == 0 || shard->no_head) return;
    if (shard->masked_head) tokens *= MASKED_SHARE;
    if (model->head_transform) tc_add_gemm(out, TC_TAG_HEAD, TC_SPLIT_TENSOR, 1, tokens, h, h, 0);
    double logits = tokens * model->vocab / shard->tp;
    tc_operator *op = tc_add_gemm(out, TC_TAG_HEAD, TC_SPLIT_TENSOR, 1, tokens, model->vocab / shard->tp, h, 0);
    op->gemm.low_precision = false;
    double held = logits * (shard->gathered_logits ? shard->tp : 1);
    op->saved_bytes = 2 * held;
    tc_widen(shard, out);
    double kept
        = shard->wide && logits_bytes >= 4 ? logits_bytes - 4 : logits_bytes; /* fp32 logits are their own copy */
    double width = logits_bytes > 2 ? 4 : 2; /* fp32, or in 16 bit: in place, or with a gradient beside */
    double traffic = (shard->loss_bytes > 0 ? shard->loss_bytes / 2 : 2 + 2 * width) * logits; /* each way */
    op = tc_add_elementwise(out, TC_TAG_LOSS, traffic, traffic, kept * held, 0);
    op->elementwise.exact = shard->loss_bytes > 0;
    out->tp_bytes = 2 * tokens * h;
    out->tp_collectives = 1;
}
