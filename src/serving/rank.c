/* rank.c - a served model on one rank: its operators (workload/operators.h) as products of few rows, keys and values.
 *
 * A product of m rows takes floor + sqrt(read^2 + compute^2): read = weights / (bandwidth x stream_fraction) + rows moved,
 * compute = FLOPs of m rows, at least a tile of 16, at the device's sustained rate (device/kernel.h) times the engine's share.
 * floor is what kernels of few rows take beyond: least squares of AIConfigurator's tables give t0 + bytes / (e x bandwidth),
 * so that small matrices, as tensor parallelism makes them, reach half of the bandwidth or less.
 * Keys and values of a token: 2 x kv_heads x head_dim (GQA; heads are copied where there are more ranks), kv_rank + rope (MLA,
 * on every tensor-parallel rank; DeepSeek-AI 2024, arXiv 2405.04434, section 2.1). In decode the up-projections of MLA are
 * absorbed: their FLOPs and bytes are those of one more token, attention runs over the latent vector. An indexer (DeepSeek-V3.2)
 * reads its keys of every token and attention those that it chooses. Recurrences (state spaces, delta rule, linear attention) read
 * and write their states, which do not grow.
 * Ignored: biases, the traffic of norms (they are small kernels), weights that the last-level cache holds. */
#include "serving/rank.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/formats.h"
#include "device/kernel.h"
#include "network/collective.h"
#include "workload/operators.h"

#define TILE_ROWS 16.0
#define LARGE_BYTES 1e9

static const struct weights {
    double bits;
    bool experts;
    int products;
} formats[TC_WEIGHT_FORMAT_COUNT] = {
#define WEIGHT_ROW(id, word, bits, experts, products) {bits, experts, products},
    TC_WEIGHT_FORMATS(WEIGHT_ROW)};

/* Rates of products, by what their weights are in. */
typedef struct products {
    double bits;            /* of a weight that follows the format */
    double rate, rate_wide; /* FLOP/s of long rows */
    double quantise_s;      /* of the inputs of a product in a narrow format */
    double stream, expert_stream,
        narrow_stream; /* narrow_stream: relative to stream; experts' are read as fast in any format */
    bool experts_alone;
    bool own_format; /* the device has products in 4 bit, and weights are */
    bool by_one;     /* a kernel for each expert (engine's expert_by_expert) */
    bool fills;      /* kernels of experts compute whole tiles for each (engine's expert_rows) */
} products;

/* ---- products ---------------------------------------------------------------------------------- */

/* local: experts of the rank. */
static tc_product product_of(const tc_serving_question *q, const products *p, double local, const tc_operator *op) {
    const tc_serving_params *s = &q->engine.params;
    bool expert = op->tag == TC_TAG_EXPERT;
    bool narrow = op->gemm.low_precision && (expert || !p->experts_alone);
    double share = expert ? s->expert_prefill_fraction : s->prefill_fraction;
    double n = op->gemm.n, k = op->gemm.k, bytes = op->weights * (narrow ? p->bits : 16) / 8;
    double stream = expert ? p->expert_stream : p->stream;
    double more = expert && narrow && p->by_one && local > 1 ? local - 1 : 0; /* kernels */
    double fill = expert && p->fills ? fmax(q->engine.expert_rows - 1, 0) : 0;
    return (tc_product){.weights_s = bytes / (narrow && !expert ? stream * p->narrow_stream : stream),
                        .row_s = 2 * n * k / ((narrow ? p->rate : p->rate_wide) * share),
                        .move_s = 2 * (n + k) / p->stream,
                        .floor_s = s->gemm_floor_s + (narrow ? p->quantise_s : 0) + more * s->kernel_s,
                        .fill = fill,
                        .fill_s = 2 * n * k / ((narrow ? p->rate : p->rate_wide) * s->prefill_fraction),
                        .kernels = (narrow && p->quantise_s > 0 ? 2 : 1) + more,
                        .bytes = bytes,
                        .experts = expert};
}

/* fp8 whose inputs have a scale for 128 of a row: checkpoints of mixtures (DeepSeek, Qwen, MiniMax), where others have one for a tensor or a
 * channel. Who quantises them sees a whole row of the block: a kernel of its own. */
static bool in_blocks(const tc_serving_question *q, int format) {
    return format == TC_INT8 || (format == TC_FP8 && tc_has_experts(&q->model));
}

/* The products of a format on the device: in it, or in 16 bit from unpacked weights. */
static tc_code find_products(const tc_serving_question *q, int tp, tc_rank *r, tc_rates *wide, products *p,
                             tc_error *error) {
    const tc_accelerator *a = &q->cluster.accelerator;
    const tc_serving_params *s = &q->engine.params;
    const struct weights *w = &formats[tc_serving_weights(q)];
    tc_stack stack = tc_default_stack();
    stack.params.kernel_fraction = stack.params.attention_relative = 1;
    stack.kernels.native_attention = true;
    int wide_format = w->products == TC_TF32 ? TC_TF32 : TC_BF16, format = w->products;
    tc_code code = tc_rates_of(a, &stack, wide_format, wide, error);
    if (code) return code;
    *p = (products){.bits = w->bits,
                    .rate = wide->gemm16,
                    .rate_wide = wide->gemm16,
                    .stream = a->memory_bytes_per_s * s->stream_fraction,
                    .expert_stream = a->memory_bytes_per_s * s->expert_stream_fraction,
                    .experts_alone = w->experts};
    if (tc_format_is_low(format) && a->matmul_flops[format] <= 0 && format == TC_NVFP4 && a->matmul_flops[TC_FP8] > 0)
        format = TC_FP8; /* unpacked to the next wider one */
    r->products_fall_back = tc_format_is_low(w->products) && (format != w->products || a->matmul_flops[format] <= 0);
    if (tc_format_is_low(format) && a->matmul_flops[format] > 0) {
        tc_rates low;
        code = tc_rates_of(a, &stack, format, &low, error);
        if (code) return code;
        p->rate = low.gemm_low;
        p->fills = format == TC_FP8 && w->bits == 8 && (q->engine.expert_rows_tp <= 0 || tp < q->engine.expert_rows_tp);
        p->quantise_s = q->engine.fuses_quantisation && !in_blocks(q, format) ? 0 : s->quantise_s;
        p->own_format = format == TC_NVFP4;
    }
    bool unpacked = w->bits < 16 && !(tc_format_is_low(format) && a->matmul_flops[format] > 0);
    p->narrow_stream = w->bits < 16 ? s->narrow_stream_fraction : 1;
    if (unpacked) p->expert_stream *= s->expert_unpack_fraction;
    p->by_one = unpacked && q->engine.expert_by_expert;
    if (r->products_fall_back || (w->bits < 16 && !tc_format_is_low(w->products))) p->rate *= s->unpack_fraction;
    return TC_OK;
}

/* ---- a layer ----------------------------------------------------------------------------------- */

static double fill_tile(double rows) { return TILE_ROWS * ceil(rows / TILE_ROWS); }

static double kv_element_bytes(const tc_serving_question *q) { return q->kv == TC_UNSET ? 2 : tc_format_bytes(q->kv); }

static void fill_heads(const tc_serving_question *q, const tc_attention *a, double tp, tc_layers *l) {
    double bytes = kv_element_bytes(q), rows = 1 + q->draft_tokens;
    double heads = fmax(a->heads / tp, 1), kv_heads = fmax(a->kv_heads / tp, 1), d = a->head_dim;
    l->attends = true;
    l->kv_bytes = 2 * kv_heads * d * bytes;
    l->kv_bytes_model = 2.0 * a->kv_heads * d * bytes;
    l->window = a->window > 0 ? a->window : a->chunk;
    l->row_pair_flops = l->pair_flops = 4 * heads * d;
    l->heads_padding = fill_tile(rows * heads / kv_heads) / (rows * heads / kv_heads);
    l->head_dim = d;
}

/* Heads that a kernel computes for those there are: each query has keys of its own where an indexer chooses them, so that heads alone fill
 * a tile. */
static double filled_heads(const tc_serving_question *q, double heads) {
    double tile = q->engine.sparse_heads;
    return tile > 0 ? tile * ceil(heads / tile) : heads;
}

/* With an indexer, its keys of one head are beside the latent vectors, and attention sees those that it chooses: over the latent vectors in
 * prefill too (DeepSeek-V3.2, section 2.1: in the MQA mode of MLA). */
static void fill_latent(const tc_serving_question *q, const tc_latent *a, double tp, tc_layers *l) {
    double bytes = kv_element_bytes(q), rows = 1 + q->draft_tokens, heads = fmax(a->heads / tp, 1);
    l->attends = true;
    l->index_bytes
        = a->index_top_k > 0 ? a->index_dim + 4 : 0; /* fp8 with a scale, whatever the latent vectors are in */
    l->kernels += a->index_top_k > 0 ? q->engine.params.index_kernels : 0;
    l->index_pair_flops = a->index_top_k > 0 ? 2.0 * a->index_heads * a->index_dim : 0;
    l->selected = a->index_top_k;
    l->kv_bytes = l->kv_bytes_model = (a->kv_rank + a->rope_dim) * bytes;
    l->window = a->window;
    l->row_pair_flops = 2 * heads * (2.0 * a->kv_rank + a->rope_dim);
    l->pair_flops = 2 * heads * (a->nope_dim + a->rope_dim + (double)a->v_dim);
    l->heads_padding = fill_tile(rows * heads) / (rows * heads);
    l->head_dim = a->nope_dim + a->rope_dim;
    if (a->index_top_k <= 0) return;
    l->heads_padding = fmax(filled_heads(q, heads) / heads, l->heads_padding);
    l->pair_flops = l->row_pair_flops * filled_heads(q, heads) / heads;
}

/* A recurrence: its states in fp32, and the inputs that its convolution sees. A token updates every element and reads it. */
static void fill_states(double elements, double conv, double tp, tc_layers *l) {
    l->state_bytes += (4 * elements + 2 * conv) / tp;
    l->state_flops += 6 * elements / tp;
}

static void fill_mixer(const tc_serving_question *q, const tc_block *b, tc_mixer_kind mixer, double tp, tc_layers *l) {
    const tc_state_space *s = &b->state_space;
    const tc_delta *d = &b->delta;
    double width;
    switch (mixer) {
    case TC_MIXER_ATTENTION: fill_heads(q, &b->attention, tp, l); break;
    case TC_MIXER_LATENT: fill_latent(q, &b->latent, tp, l); break;
    case TC_MIXER_STATE_SPACE:
        width = (double)s->heads * s->head_dim;
        fill_states(width * s->state, s->conv * (width + 2.0 * s->groups * s->state), tp, l);
        break;
    case TC_MIXER_DELTA:
        width = 2.0 * d->key_heads * d->key_dim + (double)d->value_heads * d->value_dim;
        fill_states((double)d->value_heads * d->key_dim * d->value_dim, d->conv * width, tp, l);
        break;
    case TC_MIXER_LINEAR:
        fill_states((double)b->linear.heads * b->linear.head_dim * b->linear.head_dim, 0, tp, l);
        break;
    default: break;
    }
}

static void fill_layers(const tc_serving_question *q, const tc_block *block, const tc_serving_degrees *d,
                        const products *p, tc_layers *l, tc_rank *r) {
    const tc_serving_params *s = &q->engine.params;
    double tp = d->tp, etp = d->ep >= d->tp ? 1 : tp / d->ep;
    tc_operators ops;
    tc_shard shard = {.sequences = 1, .seq = 1, .tp = tp, .cp = 1, .ep = d->ep, .etp = etp, .input_bytes = 2};
    tc_block_operators(&q->model, block, &shard, &ops);
    *l = (tc_layers){.count = (double)block->count / d->pp, .kernels = s->layer_kernels};
    double plain_bytes = 0, held = 0;
    for (int i = 0; i < ops.count; i++) {
        const tc_operator *op = &ops.op[i];
        plain_bytes += 2 * (op->replicated + op->biases);
        if (op->kind == TC_OP_ELEMENTWISE) l->row_s += op->bytes * s->small_traffic / p->stream;
        if (op->kind != TC_OP_GEMM || op->weights <= 0 || l->products == TC_SERVING_PRODUCTS) continue;
        double alike = op->tag == TC_TAG_EXPERT ? block->experts.top_k * etp : op->split == TC_SPLIT_NONE ? 1 : tp;
        double flops = l->count * d->pp * 2 * op->gemm.n * op->gemm.k * alike;
        r->token_flops += flops;
        if (op->tag == TC_TAG_EXPERT) r->expert_flops += flops;
        l->product[l->products] = product_of(q, p, (double)block->experts.experts / d->ep, op);
        l->product_kernels += l->product[l->products].kernels;
        held += l->product[l->products++].bytes;
    }
    fill_mixer(q, block, block->mixer, tp, l);
    fill_mixer(q, block, block->beside, tp, l);
    if (l->state_bytes > 0) l->state_kernels = s->state_kernels;
    if (block->ffn & TC_FFN_EXPERTS) {
        const tc_experts *e = &block->experts;
        l->has_experts = true;
        l->experts = e->experts;
        l->top_k = e->top_k;
        l->local = (double)e->experts / d->ep;
        l->miss_log = e->top_k < e->experts ? log1p(-(double)e->top_k / e->experts) : -HUGE_VAL;
        l->kernels += p->own_format ? s->narrow_expert_kernels : s->expert_kernels;
    }
    double wide = block->ffn & TC_FFN_DENSE ? 3.0 * block->dense.ffn / tp : 0;
    if (l->has_experts) {
        double copies = l->top_k * r->group * l->local / l->experts;
        wide = fmax(wide, copies * (2.0 * q->model.hidden + 3.0 * block->experts.ffn / etp));
    }
    r->activation_bytes = fmax(r->activation_bytes, 2 * (2.0 * q->model.hidden + wide));
    double mixer = block->mixer != TC_MIXER_NONE;
    l->reductions = tp > 1 ? mixer + (block->ffn != 0) : 0;
    if (block->parallel_residual && !l->has_experts && tp > 1) l->reductions = 1;
    l->reductions_shared
        = tp > 1 ? mixer + (l->has_experts && (block->experts.shared_ffn > 0 || block->ffn & TC_FFN_DENSE)) : 0;
    if (q->engine.fuses_reductions)
        l->kernels = fmax(l->kernels - (r->group > 1 ? l->reductions_shared : l->reductions), 0);
    r->weight_bytes += l->count * (held + plain_bytes);
    r->layers += l->count;
}

/* ---- collectives ---------------------------------------------------------------------------------- */

/* floor_s: within the scale-up domain; beyond it the fabric's latencies come on top. */
static tc_line line_of(double floor_s, double latency_s, double large_s) {
    return (tc_line){floor_s + latency_s, large_s / LARGE_BYTES};
}

/* Between nodes a token goes once to each that has one of its experts, and on within the node (DeepEP): of n nodes, k copies reach
 * n (1 - (1 - 1/n)^k). */
static double nodes_of_copies(const tc_serving_question *q, double nodes) {
    double copies = 1;
    for (int i = 0; i < q->model.blocks; i++)
        if (q->model.block[i].ffn & TC_FFN_EXPERTS) copies = q->model.block[i].experts.top_k;
    return nodes > 1 ? nodes * (1 - pow(1 - 1 / nodes, copies)) / copies : 1;
}

/* Of an all-reduce of few bytes among so many ranks. Over PCIe each rank reads from all others one after the other: AIConfigurator's
 * tables have 5, 13 and 25 us among 2, 4 and 8 cards, where NVLink has 4.3 to 5. all_reduce_floor is that of eight. */
static double reduce_floor(const tc_serving_question *q, int ranks) {
    const tc_fabric *fabric = &q->cluster.fabric;
    bool one_by_one = fabric->levels > 0 && fabric->level[0].topology == TC_TOPOLOGY_PCIE;
    double share = one_by_one && ranks < 8 ? (ranks - 1) / 7.0 : 1;
    return share * q->engine.params.all_reduce_floor_s;
}

static void fill_collectives(const tc_serving_question *q, const tc_serving_degrees *d, tc_rank *r) {
    const tc_serving_params *s = &q->engine.params;
    const tc_fabric *fabric = &q->cluster.fabric;
    const tc_device_params *device = &q->cluster.accelerator.params;
    tc_group_path tp = tc_path_of(fabric, device, (tc_group){d->tp, 1});
    tc_group_path ep = tc_path_of(fabric, device, (tc_group){d->ep, 1});
    tc_group_path pp = tc_path_of(fabric, device, (tc_group){d->pp, d->tp});
    bool tp_inside = tp.levels == 0 || tp.inside[0] >= d->tp, ep_inside = ep.levels == 0 || ep.inside[0] >= d->ep;
    r->reduce = line_of(reduce_floor(q, d->tp), tp_inside ? 0 : tp.reduce_latency + tp.reduce_steps,
                        tc_all_reduce_seconds(&tp, LARGE_BYTES));
    r->exchange = line_of(s->exchange_floor_s, ep_inside ? 0 : tc_all_to_all_seconds(&ep, 1),
                          tc_all_to_all_seconds(&ep, LARGE_BYTES));
    if (!ep_inside)
        r->exchange.byte_s *= nodes_of_copies(q, fabric->levels > 0 ? d->ep / fmax(fabric->level[0].size, 1) : 1);
    r->hop = line_of(s->all_reduce_floor_s, tc_send_seconds(&pp, 1), tc_send_seconds(&pp, LARGE_BYTES));
    r->exchange_bytes
        = tc_format_is_low(formats[tc_serving_weights(q)].products) ? 1.5 : 2; /* 8 bit there, 16 bit back */
}

/* ---- the rank -------------------------------------------------------------------------------------- */

static tc_code check_degrees(const tc_serving_question *q, const tc_serving_degrees *d, tc_error *error) {
    const tc_model *m = &q->model;
    int layers = tc_layer_count(m);
    if (d->pp > layers)
        return tc_fail(error, TC_INVALID, "--pp", "%d stages for %d layers; give at most one a layer", d->pp, layers);
    if (d->ep > 1 && !tc_has_experts(m))
        return tc_fail(error, TC_INVALID, "--ep", "%s has no experts; leave it out", m->name);
    if (d->ep > d->tp ? d->ep % d->tp : d->tp % d->ep)
        return tc_fail(error, TC_INVALID, "--ep",
                       "%d and %d tensor-parallel ranks do not divide; choose a divisor or a multiple", d->ep, d->tp);
    if (d->ep > d->tp * d->dp || (d->tp * d->dp) % d->ep)
        return tc_fail(error, TC_INVALID, "--ep", "%d does not divide the %d ranks of tp x dp; choose a divisor", d->ep,
                       d->tp * d->dp);
    int etp = d->ep >= d->tp ? 1 : d->tp / d->ep;
    tc_degrees degrees = {.tp = d->tp, .ep = d->ep, .etp = etp, .exchange = 1};
    for (int i = 0; i < m->blocks; i++) {
        tc_code code = tc_block_splits(&m->block[i], &degrees, error);
        if (code) return code;
    }
    return TC_OK;
}

tc_code tc_rank_of(const tc_serving_question *q, const tc_serving_degrees *d, tc_rank *r, tc_error *error) {
    const tc_serving_params *s = &q->engine.params;
    const tc_accelerator *a = &q->cluster.accelerator;
    tc_rates wide;
    products p;
    memset(r, 0, offsetof(tc_rank, run));
    r->runs = q->model.blocks;
    r->stages = d->pp;
    r->tp = d->tp;
    r->group = d->ep > d->tp ? d->ep / d->tp : 1;
    r->hidden = q->model.hidden;
    r->kernel_s = s->kernel_s;
    r->imbalance = s->expert_imbalance;
    r->attention_floor_s = s->attention_floor_s;
    r->memory_bytes_per_s = a->memory_bytes_per_s;
    tc_code code = check_degrees(q, d, error);
    if (!code) code = find_products(q, d->tp, r, &wide, &p, error);
    if (code) return code;
    r->peak16 = tc_peak_flops(a, TC_BF16);
    r->kv_s_per_byte = 1 / (a->memory_bytes_per_s * s->attention_stream_fraction);
    r->decode_pair_s = 1 / (r->peak16 * s->attention_compute_fraction);
    r->prefill_pair_s = 1 / (wide.attention * s->attention_prefill_fraction);
    r->prefill_seq_half = wide.attention_seq_half;
    for (int i = 0; i < r->runs; i++) fill_layers(q, &q->model.block[i], d, &p, &r->run[i], r);
    double table = (double)q->model.vocab * q->model.hidden / d->tp;
    tc_operator head = {.tag = TC_TAG_HEAD,
                        .weights = q->model.lm_head ? table : 0,
                        .gemm = {.groups = 1, .n = (double)q->model.vocab / d->tp, .k = q->model.hidden}};
    r->head = product_of(q, &p, 0, &head);
    r->token_flops += q->model.lm_head ? 2 * table * d->tp : 0;
    /* the fullest stage: with a pipeline the head alone */
    r->weight_bytes += d->pp > 1 || q->model.tied_embeddings ? 2 * table : 4 * table;
    fill_collectives(q, d, r);
    return TC_OK;
}

/* ---- keys and values --------------------------------------------------------------------------------- */

static double seen(const tc_layers *l, double tokens) {
    return l->window > 0 && l->window < tokens ? l->window : tokens;
}

double tc_kv_bytes_of_rank(const tc_rank *r, double tokens) {
    double sum = 0;
    for (int i = 0; i < r->runs; i++) {
        const tc_layers *l = &r->run[i];
        sum += l->count * ((l->kv_bytes + l->index_bytes) * seen(l, tokens) + l->state_bytes);
    }
    return sum;
}

double tc_kv_bytes_of_model(const tc_rank *r, double tokens) {
    double sum = 0;
    for (int i = 0; i < r->runs; i++) {
        const tc_layers *l = &r->run[i];
        sum += r->stages * l->count * (l->kv_bytes_model + l->index_bytes) * seen(l, tokens);
    }
    return sum;
}
