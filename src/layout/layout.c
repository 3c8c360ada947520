/* layout.c - resolves a layout against the stack's defaults and checks what is legal.
 *
 * What is legal: legal.c. Layers that do not divide go to the middle stages, since the
 * first and the last also carry embedding and head, unless the layout says how many
 * layers these hold (Megatron-LM's --decoder-first- and -last-pipeline-num-layers) or lists all stages.
 */
#include "layout/layout.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/decimal.h"
#include "base/error.h"
#include "base/formats.h"
#include "base/vocabulary.h"
#include "layout/fields.h"
#include "layout/legal.h"
#include "layout/schedule.h"
#include "layout/supports.h"
#include "workload/finetune.h"
#include "workload/samples.h"
#include "workload/towers.h"

static char *append(char *to, const char *end, const char *text) {
    while (*text && to < end) *to++ = *text++;
    *to = '\0';
    return to;
}

/* snprintf() would take a fifth of a small forecast. */
static void assume(char (*assumed)[96], int *count, const char *before, const char *value, const char *after) {
    if (*count >= TC_ASSUMED_MAX) return;
    char *at = assumed[*count], *end = at + sizeof assumed[*count] - 1;
    append(append(append(at, end, before), end, value), end, after);
    ++*count;
}

static void assume_number(char (*assumed)[96], int *count, const char *before, long value, const char *after) {
    char text[24];
    snprintf(text, sizeof text, "%ld", value);
    assume(assumed, count, before, text, after);
}

static tc_code check_degrees(const tc_cluster *cluster, const tc_layout *l, tc_error *error) {
    const struct {
        const char *option;
        int value;
    } degrees[] = {{"--tp", l->tp}, {"--pp", l->pp}, {"--cp", l->cp}, {"--ep", l->ep}, {"--vpp", l->vpp}};
    for (size_t i = 0; i < sizeof degrees / sizeof degrees[0]; i++)
        if (degrees[i].value < 1)
            return tc_fail(error, TC_INVALID, degrees[i].option, "%d is no degree; give 1 or more", degrees[i].value);
    if (cluster->devices < 1)
        return tc_fail(error, TC_INVALID, "--devices", "%d devices; give 1 or more", cluster->devices);
    int64_t model_parallel = (int64_t)l->tp * l->pp;
    if (model_parallel <= INT_MAX) model_parallel *= l->cp;
    if (model_parallel > cluster->devices || cluster->devices % model_parallel)
        return tc_fail(error, TC_INVALID, "--devices", "%d is no multiple of tp x pp x cp = %lld; change one of them",
                       cluster->devices, (long long)model_parallel);
    return TC_OK;
}

static tc_code check_samples(const tc_job *job, const tc_placement *p, tc_error *error) {
    int mean = job->finetune.mean_tokens;
    if (mean <= p->seq) return TC_OK;
    return tc_fail(error, TC_INVALID, "--finetune",
                   "samples of %d tokens on average and of at most %d; give a longer --seq", mean, p->seq);
}

static tc_code check_model(const tc_model *model, const tc_placement *p, tc_error *error) {
    const tc_layout *l = &p->layout;
    if (p->layers < 1) return tc_fail(error, TC_INVALID, "--model", "the model has no layers");
    tc_code code = tc_legal_length(model, p->seq, error);
    if (!code) code = tc_legal_tensor_parallel(model, l->tp, error);
    if (!code) code = tc_legal_expert_parallel(model, l->ep, l->etp, error);
    if (!code) code = tc_legal_stages(p->layers, l->pp, l->vpp, error);
    return code ? code : tc_legal_context_parallel(p->seq, l->cp, error);
}

/* Stages and micro-batches that the schedule can arrange. */
static tc_code check_schedule(const tc_placement *p, bool frozen, tc_error *error) {
    const tc_layout *l = &p->layout;
    if (l->schedule == TC_SCHEDULE_CUSTOM) {
        if (!l->order) return tc_fail(error, TC_INVALID, "--schedule", "custom without an order; give a file");
        if (l->order->stages != l->pp)
            return tc_fail(error, TC_INVALID, "--pp", "%d, but the schedule's file has %d stages; give --pp %d", l->pp,
                           l->order->stages, l->order->stages);
        if (l->order->micro_batches != p->micro_batches)
            return tc_fail(error, TC_INVALID, "--global-batch",
                           "%lld micro-batches a rank, but the schedule's file has %d; give --global-batch %lld",
                           (long long)p->micro_batches, l->order->micro_batches,
                           (long long)l->order->micro_batches * l->dp * l->micro_batch);
        if (l->order->parts > tc_most_chunks(p->layers))
            return tc_fail(error, TC_INVALID, "--schedule", "%d parts for %d layers; choose at most one part a layer",
                           l->order->parts, p->layers);
        return TC_OK;
    }
    tc_code rounds = tc_schedule_flushes(&p->layout, p->micro_batches, error);
    if (rounds) return rounds;
    tc_schedule_ask ask = {l->pp, l->vpp, p->layers, p->micro_batches, frozen};
    tc_code code = tc_schedule_check(l->schedule, &ask, error);
    if (code) return code;
    if (p->micro_batches > 1000000000)
        return tc_fail(error, TC_INVALID, "--global-batch", "%lld micro-batches a rank; give at most 1000000000",
                       (long long)p->micro_batches);
    return TC_OK;
}

/* Groups of all-to-all divide the context-parallel ranks, and the heads. Where the stack's all-to-all does not, rings do. */
static tc_code check_context(const tc_model *model, const tc_layout *wanted, tc_layout *l, tc_error *error) {
    int n = l->cp_all_to_all;
    if (l->cp_kind == TC_CP_RING || l->cp == 1) return TC_OK;
    if (l->cp_kind == TC_CP_BOTH && (n <= 1 || n >= l->cp || l->cp % n))
        return tc_fail(error, TC_INVALID, "--cp-kind",
                       "both:%d does not divide %d context-parallel ranks into groups; give a divisor in between", n,
                       l->cp);
    tc_code code = tc_legal_head_exchange(model, l->tp, l->cp_kind == TC_CP_BOTH ? n : l->cp, error);
    if (code && wanted->cp_kind == TC_UNSET) {
        l->cp_kind = TC_CP_RING;
        return TC_OK;
    }
    return code;
}

/* The layers that the layout gives to stages. */
static tc_code check_stages(const tc_placement *p, tc_error *error) {
    const tc_layout *l = &p->layout;
    int chunks = tc_model_chunks(p);
    int64_t sum = 0;
    bool first = l->first_layers != TC_UNSET, last = l->last_layers != TC_UNSET;
    const char *option = first ? "--first-layers" : "--last-layers";
    if (l->stage_layers) {
        if (first || last)
            return tc_fail(error, TC_INVALID, "--stage-layers", "says what every stage holds; leave %s out", option);
        if (l->stage_count != chunks)
            return tc_fail(error, TC_INVALID, "--stage-layers",
                           "%d numbers for %d stages; give one for each, virtual stages included", l->stage_count,
                           chunks);
        for (int i = 0; i < chunks; i++) {
            if (l->stage_layers[i] < 0)
                return tc_fail(error, TC_INVALID, "--stage-layers", "%d layers; give 0 or more", l->stage_layers[i]);
            sum += l->stage_layers[i];
        }
        if (sum != p->layers)
            return tc_fail(error, TC_INVALID, "--stage-layers",
                           "%lld layers in all, but the model has %d; change the list", (long long)sum, p->layers);
        return TC_OK;
    }
    if (!first && !last) return TC_OK;
    if (chunks == 1) return tc_fail(error, TC_INVALID, option, "is for a pipeline; leave it out, or give --pp");
    int a = first ? l->first_layers : 0, b = last ? l->last_layers : 0, others = chunks - first - last;
    if (a < 0 || b < 0 || a > p->layers - b || (others == 0 && a + b != p->layers))
        return tc_fail(error, TC_INVALID, option,
                       "%d + %d of %d layers on the first and last stage leave %d for %d others; change one of them", a,
                       b, p->layers, p->layers - a - b, others);
    return TC_OK;
}

static tc_code resolve_experts(const tc_model *model, const tc_stack *stack, tc_layout *l, tc_error *error) {
    if (l->etp == TC_UNSET) {
        int64_t ranks = (int64_t)l->tp * l->cp * l->dp;
        bool split = l->ep <= 1 || (stack->expert_tensor_parallel && ranks % ((int64_t)l->ep * l->tp) == 0);
        l->etp = split ? l->tp : 1;
    }
    if (l->etp < 1) return tc_fail(error, TC_INVALID, "--etp", "%d is no degree; give 1 or more", l->etp);
    return tc_has_experts(model) ? tc_legal_expert_ranks(l, error) : TC_OK;
}

static tc_code resolve_batch(const tc_job *job, const tc_stack *stack, tc_placement *p, char (*assumed)[96], int *count,
                             tc_error *error) {
    tc_layout *l = &p->layout;
    if (l->micro_batch == TC_UNSET) {
        l->micro_batch = stack->defaults.micro_batch > 0 ? stack->defaults.micro_batch : 1;
        if (job->global_batch > 0 && job->global_batch < (int64_t)l->micro_batch * l->dp) l->micro_batch = 1;
        assume_number(assumed, count, "micro-batch ", l->micro_batch, " (stack default)");
    }
    if (l->micro_batch < 1)
        return tc_fail(error, TC_INVALID, "--micro-batch", "%d sequences; give 1 or more", l->micro_batch);
    p->global_batch = job->global_batch;
    if (p->global_batch == TC_UNSET) {
        p->global_batch = (int64_t)l->dp * l->micro_batch;
        assume_number(assumed, count, "global batch ", (long)p->global_batch, " sequences");
    }
    return tc_legal_batch(p->global_batch, l->dp, l->micro_batch, &p->micro_batches, error);
}

/* The stack's choice of a field, and the line that says so where it matters. */
static void take_default(const tc_stack *stack, tc_layout *l, tc_layout_id id, char (*assumed)[96], int *count) {
    const tc_layout_field *f = &tc_layout_fields[id];
    char value[TC_LAYOUT_VALUE];
    tc_layout_inherit(l, &stack->defaults, id);
    bool elsewhere = id == TC_LAYOUT_SHARDING && !tc_supports_sharding(&stack->supports, l->sharding, l->pp);
    if (elsewhere && tc_supports_sharding(&stack->supports, TC_SHARD_ZERO1, l->pp))
        l->sharding = TC_SHARD_ZERO1; /* what the stack has of it beside a pipeline */
    if (f->assumed && tc_layout_matters(l, id))
        assume(assumed, count, f->assumed, tc_layout_value(l, id, value, sizeof value), " (stack default)");
}

static void resolve_defaults(const tc_job *job, const tc_stack *stack, tc_placement *p, char (*assumed)[96],
                             int *count) {
    tc_layout *l = &p->layout;
    if (l->sequence_parallel == TC_UNSET && l->tp == 1) l->sequence_parallel = 0;
    for (int id = TC_LAYOUT_FIRST_CHOICE; id < TC_LAYOUT_FIELDS; id++)
        if (tc_layout_get(l, (tc_layout_id)id) == TC_UNSET) take_default(stack, l, (tc_layout_id)id, assumed, count);
    if (l->schedule == TC_UNSET) l->schedule = l->vpp > 1 ? TC_SCHEDULE_INTERLEAVED : TC_SCHEDULE_1F1B;
    p->attention = job->attention;
    if (p->attention == TC_UNSET) {
        p->attention = (int)stack->attention;
        assume(assumed, count, "", p->attention == TC_ATTENTION_FLASH ? "flash" : "plain",
               " attention (stack default)");
    }
    p->optimizer = job->optimizer == TC_UNSET ? (int)stack->optimizer : job->optimizer;
}

static void fill_shard(const tc_job *job, const tc_stack *stack, tc_placement *p) {
    const tc_model *model = &job->model;
    const tc_layout *l = &p->layout;
    const tc_finetune *f = &job->finetune;
    tc_preference_figures objective = tc_preference_of(f);
    bool pairs = f->preference != TC_PREFERENCE_TOKENS && stack->memory.pair_logits_bytes > 0;
    double low = tc_format_is_low(job->dtype) ? tc_format_bytes(job->dtype) : 2;
    p->shard
        = (tc_shard){.sequences = (double)l->micro_batch * objective.sequences,
                     .seq = tc_padded_tokens(f, (double)l->micro_batch * objective.sequences, p->seq),
                     .tp = l->tp,
                     .cp = l->cp,
                     .ep = l->ep,
                     .etp = l->etp,
                     .sequence_parallel = l->sequence_parallel && l->tp > 1,
                     .wide = tc_format_bytes(tc_format_wide(job->dtype)) == 4,
                     .plain_attention = p->attention == TC_ATTENTION_PLAIN,
                     .dropout
                     = stack->memory.dropout && p->attention == TC_ATTENTION_PLAIN && model->norm == TC_NORM_LAYER,
                     .input_bytes = stack->memory.low_precision_inputs ? low : 2,
                     .activation_bytes = stack->memory.low_precision_activations ? low : 2,
                     .logits_bytes = pairs ? stack->memory.pair_logits_bytes : stack->memory.logits_bytes,
                     .eager_scans = stack->kernels.eager_scans,
                     .unfused_softmax = !(stack->kernels.fused & TC_GROUP_ATTENTION),
                     .narrow_softmax = !model->causal && stack->memory.optimizer_bytes <= 4,
                     .unfused_activation
                     = !(l->graphs & TC_GRAPHS_ALL) && !(stack->kernels.fused & TC_GROUP_ACTIVATION),
                     .attention_bias = stack->memory.attention_bias && model->positions == TC_POSITIONS_NONE,
                     .weighted_inputs = stack->memory.weighted_inputs,
                     .frozen = job->frozen_base,
                     .adapter_rank = f->rank,
                     .adapter_targets = f->targets,
                     .adapter_dropout = f->dropout || stack->kernels.adapter_dropout,
                     .fused_adapters = stack->kernels.fused_adapters,
                     .cast_inputs = tc_has_wide_adapters(stack, job) && !stack->kernels.fused_adapters
                                    && tc_format_bytes(tc_format_wide(job->dtype)) < 4,
                     .base_bytes = f->base_bits / 8,
                     .chunked_loss = f->chunked_loss,
                     .no_head = !objective.head,
                     .gathered_logits = stack->memory.gathered_logits,
                     .loss_bytes = stack->kernels.loss_bytes,
                     .gathered_inputs = stack->memory.gathered_inputs,
                     .masked_head = stack->memory.masked_head && !model->causal,
                     .imbalance = job->balanced_routing || job->expert_capacity > 0 ? 0 : stack->params.moe_imbalance,
                     .document = job->document,
                     .capacity = job->expert_capacity,
                     .sequential_experts = stack->kernels.sequential_experts,
                     .expert_modules = stack->kernels.expert_modules,
                     .repeated_tokens = stack->kernels.repeated_tokens,
                     .stacked_experts = stack->kernels.stacked_experts,
                     .bias_chain = stack->kernels.issues_experts};
    double ranks = (double)l->dp * l->cp;
    p->shard_group = l->sharding == TC_SHARD_NONE ? 1 : l->sharding == TC_SHARD_HSDP && l->hsdp > 0 ? l->hsdp : ranks;
    if (p->shard_group > ranks) p->shard_group = ranks;
}

static void assume_padding(const tc_job *job, const tc_placement *p, char (*assumed)[96], int *count) {
    const tc_finetune *f = &job->finetune;
    if (f->mean_tokens <= 0 || *count >= TC_ASSUMED_MAX) return;
    snprintf(assumed[(*count)++], sizeof assumed[0], "samples padded to %.0f tokens, lengths spread by %s of the mean",
             p->shard.seq, tc_decimal_text(f->spread, 2).s);
}

/* The images of a sample: their tokens are part of its sequence. */
static tc_code resolve_images(const tc_question *q, tc_placement *p, char (*assumed)[96], int *count, tc_error *error) {
    const tc_job *job = &q->job;
    p->images = tc_images_of(job);
    if (job->model.latents.stride > 0 && job->model.towers > 0 && job->cached_latents == TC_UNSET) {
        if (q->stack.cached_latents)
            assume(assumed, count, "latents and embeddings of text were made before (stack default)", "", "");
        else
            assume(assumed, count, "encoders of pixels and text run in the step", "", "");
    }
    if (!tc_takes_images(&job->model)) {
        if (job->images == TC_UNSET || job->images == 0) return TC_OK;
        return tc_fail(error, TC_INVALID, "--images", "%s takes none; leave it out", job->model.slug);
    }
    double tokens = tc_tower_sequence(&job->model, &p->images), each = tc_image_tokens(&job->model, &p->images);
    int room = job->finetune.mean_tokens > 0 ? job->finetune.mean_tokens : p->seq;
    if (tokens > room)
        return tc_fail(error, TC_INVALID, "--images",
                       "%.3g of %.0f tokens each are more than the sequence of %d; give fewer, or a longer --seq",
                       p->images.count, each, room);
    if ((job->images == TC_UNSET || (job->image_width == TC_UNSET && p->images.count > 0)) && *count < TC_ASSUMED_MAX)
        snprintf(assumed[(*count)++], sizeof assumed[0],
                 "%.3g images of %.0f x %.0f a sample, %.0f tokens each (the model's)", p->images.count,
                 p->images.width, p->images.height, each);
    return TC_OK;
}

tc_code tc_layout_resolve(const tc_question *q, tc_placement *out, char (*assumed)[96], int *assumed_count,
                          tc_error *error) {
    const tc_job *job = &q->job;
    const tc_stack *stack = &q->stack;
    out->layout = q->layout;
    tc_layout *l = &out->layout;
    tc_code code = check_degrees(&q->cluster, l, error);
    if (code) return code;
    int left = q->cluster.devices / (l->tp * l->pp * l->cp);
    if (l->dp == TC_UNSET) l->dp = left;
    if (l->dp != left)
        return tc_fail(error, TC_INVALID, "--dp", "%d does not match devices / (tp x pp x cp) = %d; leave it out",
                       l->dp, left);
    out->seq = job->seq == TC_UNSET ? job->model.seq : job->seq;
    if (out->seq < 1) return tc_fail(error, TC_INVALID, "--seq", "%d tokens; give 1 or more", out->seq);
    if ((code = check_samples(job, out, error))) return code;
    out->layers = tc_layer_count(&job->model);
    if ((code = resolve_images(q, out, assumed, assumed_count, error))
        || (code = resolve_experts(&job->model, stack, l, error)) || (code = check_model(&job->model, out, error))
        || (code = resolve_batch(job, stack, out, assumed, assumed_count, error)))
        return code;
    resolve_defaults(job, stack, out, assumed, assumed_count);
    if ((code = tc_legal_shard_group(l, error)) || (code = tc_legal_recompute(l, out->layers, error))
        || (code = check_context(&job->model, &q->layout, l, error))
        || (code = check_schedule(out, job->frozen_base, error)) || (code = check_stages(out, error)))
        return code;
    fill_shard(job, stack, out);
    assume_padding(job, out, assumed, assumed_count);
    return TC_OK;
}

static tc_even_split split_evenly(int layers, int n) {
    int base = layers / n, extra = layers - base * n;
    return (tc_even_split){base, extra, (n - extra) / 2};
}

static int split_layers(const tc_even_split *s, int c) { return s->base + (c >= s->first && c < s->first + s->extra); }

static int split_start(const tc_even_split *s, int c) {
    int before = c - s->first < 0 ? 0 : c - s->first;
    return s->base * c + (before < s->extra ? before : s->extra);
}

/* A module of multi-token prediction has a layer and another head: it stands for two layers of the last chunk, as the
 * published layouts of DeepSeek-V3 have it. */
static int held_by_predictions(const tc_model *model) { return 2 * model->mtp_layers; }

bool tc_ends_of(const tc_model *model, int chunks, int embedding, int head, tc_ends *out) {
    head += held_by_predictions(model);
    int counted = tc_layer_count(model) + embedding + head;
    tc_even_split split = split_evenly(counted, chunks);
    out->first = split_layers(&split, 0) - embedding;
    out->last = split_layers(&split, chunks - 1) - head;
    out->even = counted % chunks == 0;
    return out->first >= 0 && out->last >= 0;
}

tc_chunking tc_chunking_of(const tc_model *model, const tc_placement *p) {
    const tc_layout *l = &p->layout;
    tc_chunking c = {.given = l->stage_layers, .chunks = tc_model_chunks(p), .layers = p->layers};
    if (c.given) return c;
    c.before = l->first_layers != TC_UNSET ? l->first_layers : -1;
    c.after = l->last_layers != TC_UNSET ? l->last_layers : -1;
    c.even = c.chunks - (c.before >= 0) - (c.after >= 0);
    int layers = c.layers - (c.before > 0 ? c.before : 0) - (c.after > 0 ? c.after : 0);
    if (c.even < 1) return c;
    c.held = c.chunks > 1 && c.after < 0 ? held_by_predictions(model) : 0;
    c.split = split_evenly(layers + c.held, c.even);
    c.filled = c.held > 0 && split_layers(&c.split, c.even - 1) < c.held;
    if (c.filled && c.even > 1) c.split = split_evenly(layers, c.even - 1);
    return c;
}

/* Layers [start, end) of a chunk. */
static void chunk_range(const tc_chunking *k, int c, int *start, int *end) {
    if (k->given) {
        *start = 0;
        for (int i = 0; i < c; i++) *start += k->given[i];
        *end = *start + k->given[c];
        return;
    }
    int before = k->before > 0 ? k->before : 0, after = k->after > 0 ? k->after : 0, last = k->even - 1;
    if (k->before >= 0 && c == 0) {
        *start = 0;
        *end = before;
        return;
    }
    if (k->after >= 0 && c == k->chunks - 1) {
        *start = k->layers - after;
        *end = k->layers;
        return;
    }
    c -= k->before >= 0;
    if (k->filled && c == last) {
        *start = *end = k->layers - after;
        return;
    }
    *start = before + split_start(&k->split, c);
    *end = *start + split_layers(&k->split, c) - (!k->filled && c == last ? k->held : 0);
}

int tc_stage_chunks(const tc_placement *p) {
    const tc_layout *l = &p->layout;
    if (l->schedule == TC_SCHEDULE_CUSTOM && l->order) return l->order->chunks;
    tc_schedule_facts facts = tc_schedule_facts_of(l->schedule);
    if (facts.both_ways || (l->pp == 1 && facts.chunks > 0)) return 1;
    return facts.chunks > l->vpp ? facts.chunks : l->vpp;
}

bool tc_waits_for_sends(const tc_placement *p) {
    return p->layout.vpp == 1 && tc_schedule_facts_of(p->layout.schedule).blocking;
}

int tc_model_chunks(const tc_placement *p) {
    const tc_layout *l = &p->layout;
    if (l->schedule == TC_SCHEDULE_CUSTOM && l->order) return l->order->parts;
    return l->pp * tc_stage_chunks(p);
}

int tc_chunk_of(const tc_placement *p, int stage, int i) {
    const tc_layout *l = &p->layout;
    if (l->schedule == TC_SCHEDULE_CUSTOM && l->order) return l->order->node[stage * l->order->chunks + i].part;
    bool back = i % 2 == 1 && l->pp > 1 && tc_schedule_facts_of(l->schedule).turned;
    return i * l->pp + (back ? l->pp - 1 - stage : stage);
}

/* Of the first `depth` layers of alternating runs from..to: those of each run, spread evenly. Each more layer is one of one run. */
static void spread(const tc_model *model, int from, int to, int depth, int sign, int counts[TC_MAX_BLOCKS]) {
    int layers = 0;
    for (int i = from; i < to; i++) layers += model->block[i].count;
    for (int i = from; i < to; i++) {
        int count = model->block[i].count, own = (int)((int64_t)depth * count / layers);
        counts[i] += sign * own;
        depth -= own;
        layers -= count;
    }
}

void tc_chunk_blocks(const tc_model *model, const tc_chunking *chunking, int chunk, int counts[TC_MAX_BLOCKS]) {
    int first = 0, start, end;
    chunk_range(chunking, chunk, &start, &end);
    for (int i = 0, next; i < model->blocks; i = next) {
        int last = first + model->block[i].count;
        counts[i] = 0;
        for (next = i + 1; model->block[i].alternates && next < model->blocks && model->block[next].alternates;
             next++) {
            counts[next] = 0;
            last += model->block[next].count;
        }
        int low = start > first ? start : first, high = end < last ? end : last;
        if (high > low && next == i + 1) {
            counts[i] = high - low;
        } else if (high > low) {
            spread(model, i, next, high - first, 1, counts);
            spread(model, i, next, low - first, -1, counts);
        }
        first = last;
    }
}

tc_stage_share tc_stage_share_of(const tc_model *model, const tc_placement *p, int stage) {
    const tc_chunking chunking = tc_chunking_of(model, p);
    int chunks = tc_stage_chunks(p), last = chunking.chunks - 1;
    tc_stage_share share;
    memset(&share, 0, sizeof share);
    for (int i = 0; i < chunks; i++) {
        int chunk = tc_chunk_of(p, stage, i), own[TC_MAX_BLOCKS];
        if (chunk < 0) continue;
        tc_chunk_blocks(model, &chunking, chunk, own);
        for (int b = 0; b < model->blocks; b++) share.blocks[b] += own[b];
        share.embedding = share.embedding || chunk == 0;
        share.head = share.head || chunk == last;
    }
    return share;
}

bool tc_holds_mirror(const tc_placement *p) {
    return p->layout.pp > 1 && tc_schedule_facts_of(p->layout.schedule).both_ways;
}

tc_group tc_tp_group(const tc_placement *p) { return (tc_group){p->layout.tp, 1}; }

static int all_to_all_ranks(const tc_layout *l) {
    return l->cp_kind == TC_CP_RING ? 1 : l->cp_kind == TC_CP_BOTH ? l->cp_all_to_all : l->cp;
}

/* As USP and Megatron-LM's a2a+p2p place them: all-to-all inside (Fang and Zhao 2024, arXiv 2405.07719). */
tc_group tc_cp_all_to_all_group(const tc_placement *p) {
    return (tc_group){all_to_all_ranks(&p->layout), p->layout.tp};
}

tc_group tc_cp_ring_group(const tc_placement *p) {
    int inside = all_to_all_ranks(&p->layout);
    return (tc_group){(double)p->layout.cp / inside, (double)p->layout.tp * inside};
}

tc_group tc_dp_group(const tc_placement *p) { return (tc_group){(double)p->layout.dp * p->layout.cp, p->layout.tp}; }
tc_group tc_ep_group(const tc_placement *p) { return (tc_group){p->layout.ep, p->layout.etp}; }

tc_group tc_expert_dp_group(const tc_placement *p) {
    const tc_layout *l = &p->layout;
    double stride = (double)l->ep * l->etp;
    return (tc_group){(double)l->tp * l->cp * l->dp / stride, stride};
}

tc_group tc_pp_group(const tc_placement *p) {
    const tc_layout *l = &p->layout;
    return (tc_group){l->pp, (double)l->tp * l->cp * l->dp};
}

double tc_micro_batches_in_flight(const tc_placement *p, int stage) {
    const tc_layout *l = &p->layout;
    if (l->schedule == TC_SCHEDULE_CUSTOM && l->order) return tc_order_in_flight(l->order, stage);
    return tc_schedule_in_flight(l->schedule, l->pp, l->vpp, p->micro_batches / tc_pipeline_rounds(p), stage);
}
