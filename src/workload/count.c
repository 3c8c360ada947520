/* count.c - parameters and FLOPs of a model, exact.
 *
 * Both from the operators of a rank that holds all. An adapter of a linear of k inputs and n outputs has r (k + n) parameters (Hu et al. 2021,
 * arXiv 2106.09685, section 4.1), and 2 FLOPs for each forward, 4 backward; routed experts have top_k of them at work.
 * Parameters: every weight once, biases and norms included. FLOPs: 2 per
 * multiply-add of every GEMM, times 3 for forward and backward; the
 * conventions in use differ in attention and recompute (traincast.h).
 */
#include "base/error.h"
#include "base/latents.h"
#include "workload/members.h"
#include "workload/operators.h"
#include "workload/towers.h"

/* The operators of a block on a rank that holds all of it, for one sequence. */
static void whole_block(const tc_model *model, const tc_block *block, const tc_finetune *finetune, double seq,
                        tc_operators *out) {
    tc_shard shard = {.sequences = 1,
                      .adapter_rank = finetune ? finetune->rank : 0,
                      .adapter_targets = finetune ? finetune->targets : 0,
                      .seq = seq,
                      .tp = 1,
                      .cp = 1,
                      .ep = 1,
                      .etp = 1,
                      .input_bytes = 2,
                      .activation_bytes = 2,
                      .plain_attention = true};
    tc_block_operators(model, block, &shard, out);
}

/* Of the adapters, or of all else. */
static tc_block_weights weights_of(const tc_operators *whole, const tc_block *block, bool adapters) {
    double sum[] = {[TC_SPLIT_TENSOR] = 0, [TC_SPLIT_EXPERT] = 0, [TC_SPLIT_NONE] = 0};
    for (int i = 0; i < whole->count; i++) {
        const tc_operator *op = &whole->op[i];
        if ((op->kind == TC_OP_ADAPTER) != adapters) continue;
        sum[op->split] += op->weights + op->biases;
        sum[TC_SPLIT_NONE] += op->replicated;
    }
    tc_block_weights w = {sum[TC_SPLIT_TENSOR], sum[TC_SPLIT_EXPERT], sum[TC_SPLIT_NONE], 0};
    if (w.expert > 0) w.expert_active = w.expert / block->experts.experts * block->experts.top_k;
    return w;
}

/* Forward FLOPs of one block per token: GEMMs apart from attention's scores. */
static void add_flops(const tc_operators *whole, double seq, double count, tc_forward_flops *f) {
    double gemm = 0, attention = 0, causal = 0.5, forward_only = 0;
    for (int i = 0; i < whole->count; i++) {
        const tc_operator *op = &whole->op[i];
        if (op->forward_only)
            forward_only += op->flops;
        else if (tc_is_core(op))
            attention += op->flops;
        else if (op->kind != TC_OP_ADAPTER)
            gemm += op->flops;
    }
    if (whole->window > 0 && whole->window < seq) {
        attention *= whole->window / seq;
        /* all but the first tokens of a sequence see a whole window */
        if (!whole->chunked) causal = 1 - whole->window / (2 * seq);
    }
    f->extra_gemm = gemm / seq; /* of the last one */
    f->extra_attention = attention / seq;
    f->extra_causal_attention = causal * f->extra_attention;
    f->gemm += count * f->extra_gemm;
    f->attention += count * f->extra_attention;
    f->causal_attention += count * f->extra_causal_attention;
    f->forward_only += count * forward_only / seq;
    f->layers += count;
}

static double projection_weights(const tc_projection *p) {
    double input = p->input, middle = p->middle, output = p->output;
    if (p->input == 0) return output;
    if (p->middle == 0) return input * output + (p->bias ? output : 0);
    return input * middle + middle * output + (p->bias ? middle + output : 0);
}

/* Forward FLOPs per token of the projections. */
static double projection_flops(const tc_model *model, double seq) {
    double sum = 0;
    for (int i = 0; i < model->projections; i++) {
        const tc_projection *p = &model->projection[i];
        double of = p->of == TC_PROJECTED_LATENTS ? seq : p->of == TC_PROJECTED_TEXT ? model->latents.text_tokens : 1;
        double input = p->input, middle = p->middle, output = p->output;
        if (p->input > 0) sum += 2 * of * (p->middle == 0 ? input * output : (input + output) * middle);
    }
    return sum / seq;
}

/* Embedding, head and final norm; the blocks are added. */
static tc_model_size size_of_ends(const tc_model *model) {
    tc_model_size size = {0, 0, 0, 0, 0, 0};
    double h = model->hidden, norm_width = (model->norm_weight ? 1 : 0) + (model->norm_bias ? 1 : 0);
    size.embedding_parameters = h * ((double)model->vocab + model->learned_positions + model->token_types);
    if (model->embedding_norm) size.embedding_parameters += norm_width * h;
    if (model->lm_head) {
        /* its matrix has a bias where norms have one: BERT's has, ModernBERT's has not */
        if (model->head_transform) size.head_parameters += h * h + (model->norm_bias ? h : 0) + norm_width * h;
        if (model->lm_head_bias) size.head_parameters += model->vocab;
        if (!model->tied_embeddings) size.head_parameters += h * model->vocab;
    }
    for (int i = 0; i < model->projections; i++) {
        const tc_projection *p = &model->projection[i];
        *(p->last ? &size.head_parameters : &size.embedding_parameters) += projection_weights(p);
    }
    size.parameters = size.active_parameters
        = size.embedding_parameters + size.head_parameters + (model->final_norm ? norm_width * h : 0);
    return size;
}

static void count_adapters(const tc_operators *whole, const tc_block *block, int i, tc_adapter_counts *out) {
    tc_block_weights w = out->weights[i] = weights_of(whole, block, true);
    double dense = w.tensor_parallel + w.replicated;
    out->parameters += block->count * (dense + w.expert);
    out->active_parameters += block->count * (dense + w.expert_active);
}

void tc_count(const tc_model *model, const tc_finetune *finetune, int seq, tc_counts *out) {
    double h = model->hidden, norm_width = (model->norm_weight ? 1 : 0) + (model->norm_bias ? 1 : 0);
    out->size = size_of_ends(model);
    out->flops = (tc_forward_flops){.ends = projection_flops(model, seq)};
    out->adapters.parameters = out->adapters.active_parameters = 0;
    for (int i = 0; i < model->blocks; i++) {
        double count = model->block[i].count;
        tc_operators whole;
        whole_block(model, &model->block[i], finetune, seq, &whole);
        add_flops(&whole, seq, count, &out->flops);
        tc_block_weights w = out->weights[i] = weights_of(&whole, &model->block[i], false);
        count_adapters(&whole, &model->block[i], i, &out->adapters);
        double dense = w.tensor_parallel + w.replicated;
        out->size.parameters += count * (dense + w.expert);
        out->size.active_parameters += count * (dense + w.expert_active);
        /* a block, the projection of (hidden, embedding) to hidden and its two norms */
        if (i == model->blocks - 1)
            out->size.mtp_parameters = model->mtp_layers * (dense + w.expert + 2 * h * h + 2 * norm_width * h);
    }
    for (int i = 0; i < model->towers; i++) out->size.tower_parameters += tc_tower_parameters(model, i);
}

tc_model_size tc_model_count(const tc_model *model) {
    tc_counts counts;
    if (tc_members_check(&tc_model_members, model, "model", NULL)) return (tc_model_size){0};
    tc_count(model, NULL, 1, &counts);
    return counts.size;
}

double tc_flops_by(tc_flops_convention convention, const tc_model *model, const tc_counts *counts, int recompute,
                   double recompute_layers, const tc_training *training) {
    const tc_forward_flops *f = &counts->flops;
    const tc_model_size *size = &counts->size;
    double adapters = 2 * counts->adapters.active_parameters, further = training->forwards; /* forward */
    double ends = training->embeddings ? size->embedding_parameters + size->head_parameters : 0;
    if (convention == TC_FLOPS_6ND)
        return ((training->frozen ? 4 : 6) + 2 * further) * size->active_parameters + 2 * ends + 3 * adapters;
    bool masked = convention == TC_FLOPS_CAUSAL && model->causal;
    double core = masked ? f->causal_attention : f->attention, blocks = f->gemm + core, mtp = 0, mtp_core = 0;
    if (model->mtp_layers > 0 && model->blocks > 0) {
        double extra = convention == TC_FLOPS_CAUSAL ? f->extra_causal_attention : f->extra_attention;
        mtp_core = model->mtp_layers * extra;
        mtp = model->mtp_layers
              * (f->extra_gemm + extra + 4.0 * model->hidden * model->hidden + 2.0 * model->hidden * model->vocab);
    }
    double head = f->ends + (model->lm_head && !training->no_head ? 2.0 * model->hidden * model->vocab : 0);
    if (model->head_transform) head += 2.0 * model->hidden * model->hidden;
    double flops = (3 + further) * (blocks + head + mtp) + (1 + further) * f->forward_only;
    /* the products that weight gradients are */
    if (training->frozen) flops -= f->gemm + (training->embeddings ? 0 : head) + mtp - mtp_core;
    flops += 3 * adapters;
    if (convention == TC_FLOPS_HARDWARE) {
        tc_again again = tc_again_of(recompute, recompute_layers, 0, f->layers);
        flops += again.blocks * (blocks + adapters) + (again.core ? core : 0);
    }
    return flops;
}

tc_code tc_model_set_sample(tc_model *model, int frames, int height, int width, tc_error *error) {
    tc_code code = tc_members_check(&tc_model_members, model, "model", error);
    if (code) return code;
    tc_latents *l = &model->latents;
    const struct {
        const char *option;
        int *member, value, step;
    } sides[] = {{"--frames", &l->frames, frames, 1},
                 {"--height", &l->height, height, l->stride * l->patch},
                 {"--width", &l->width, width, l->stride * l->patch}};
    for (int i = 0; i < 3; i++) {
        if (sides[i].value == TC_UNSET) continue;
        if (l->stride == 0)
            return tc_fail(error, TC_INVALID, sides[i].option, "is for a model of images or video; leave it out");
        if (sides[i].value < sides[i].step || sides[i].value > TC_MOST_DEGREE)
            return tc_fail(error, TC_INVALID, sides[i].option, "%d; give %d to %d", sides[i].value, sides[i].step,
                           TC_MOST_DEGREE);
        *sides[i].member = sides[i].value;
    }
    if (l->stride == 0) return TC_OK;
    int64_t tokens = tc_latent_tokens(l);
    if (tokens > TC_MOST_TOKENS)
        return tc_fail(error, TC_INVALID, "--frames", "%lld latent tokens; give at most %d", (long long)tokens,
                       TC_MOST_TOKENS);
    model->seq = (int)tokens;
    return TC_OK;
}

int tc_layer_count(const tc_model *model) {
    int layers = 0;
    for (int i = 0; i < model->blocks; i++) layers += model->block[i].count;
    return layers;
}

tc_model_kind tc_kind_of(const tc_model *model) {
    if (model->latents.stride > 0) return TC_MODEL_OF_LATENTS;
    for (int i = 0; i < model->towers; i++)
        if (model->tower[i].unit == TC_TOWER_IMAGE) return TC_MODEL_OF_IMAGES;
    return TC_MODEL_OF_TEXT;
}

bool tc_model_generates(const tc_model *model) {
    for (int i = 0; i < model->blocks; i++)
        if (model->block[i].cross.heads > 0) return false;
    return model->causal && model->lm_head && model->latents.stride == 0;
}

bool tc_has_experts(const tc_model *model) {
    for (int i = 0; i < model->blocks; i++)
        if (model->block[i].ffn & TC_FFN_EXPERTS) return true;
    return false;
}

double tc_model_flops_per_token(const tc_model *model, int seq, tc_flops_convention convention, int recompute,
                                double recompute_layers) {
    tc_counts counts;
    if (tc_members_check(&tc_model_members, model, "model", NULL) || seq < 1 || convention > TC_FLOPS_HARDWARE
        || recompute < 0 || recompute > TC_RECOMPUTE_OPERATORS || !(recompute_layers >= 0))
        return 0;
    tc_count(model, NULL, seq, &counts);
    return tc_flops_by(convention, model, &counts, recompute, recompute_layers, &(tc_training){0});
}
