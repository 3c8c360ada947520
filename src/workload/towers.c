/* towers.c - vision and audio towers, projectors, text and image encoders, of the parts that blocks are made of.
 *
 * A vision transformer (Dosovitskiy et al. 2021) makes a token of a patch of p x p pixels by one matrix, passes it through
 * blocks without a causal mask, and hands n tokens on as n / merge: joined side by side (Qwen2-VL), shuffled (InternVL) or
 * averaged (Gemma 3). Images of a sample are sequences of their own: 4 n n h FLOPs a layer and image; where blocks have a
 * window of w tokens (Qwen2.5-VL), 4 n w h. What is given by its FLOPs, a convolutional encoder, runs as matrix products
 * at its own share of their rate, as implicit products over channels and taps do.
 * Ignored: resizing, the traffic of scattering outputs into the sequence, what a rank has more of images than the mean. */
#include "workload/towers.h"

#include <math.h>
#include <string.h>

#include "workload/parts.h"

/* The shape of a convolution as a matrix product: 512 channels, 3 x 3 taps. */
#define CONVOLUTION_CHANNELS 512.0
#define CONVOLUTION_TAPS 9.0

/* ---- what a sample gives it ---------------------------------------------------------------- */

tc_images tc_images_of(const tc_job *job) {
    const tc_model *m = &job->model;
    if (m->latents.stride > 0) return (tc_images){m->latents.frames, m->latents.width, m->latents.height};
    return (tc_images){job->images < 0 ? m->images : job->images,
                       job->image_width == TC_UNSET ? m->image_width : job->image_width,
                       job->image_height == TC_UNSET ? m->image_height : job->image_height};
}

static double at_least_one(double x) { return x < 1 ? 1 : x; }

/* Squares that an image is cut into, with a small copy of the whole beside several: of all grids of at most so many the one whose sides are nearest
 * to the image's, a larger one of the same sides where the image has half its pixels (InternVL, dynamic_preprocess). */
static double tiles_of(const tc_tower *t, const tc_images *images) {
    double aspect = (double)images->width / images->height, pixels = (double)images->width * images->height,
           square = (double)t->tile * t->tile, least = INFINITY;
    int best = 1;
    for (int n = 1; n <= t->max_tiles; n++)
        for (int across = 1; across <= n; across++) {
            if (n % across) continue;
            double off = fabs(aspect - (double)across / (n / across));
            if (off > least || (off == least && !(pixels > square * n / 2))) continue;
            least = off;
            best = n;
        }
    return best > 1 ? best + 1 : 1;
}

/* Patches along a side, in whole groups of `side` that become one output. */
static double patches(double pixels, double patch, double side) {
    return side * at_least_one(round(pixels / (patch * side)));
}

tc_tower_work tc_tower_work_of(const tc_model *model, const tc_images *images, int tower) {
    const tc_tower *t = &model->tower[tower];
    double given = t->tokens > 0 ? t->tokens : model->latents.text_tokens;
    tc_tower_work w = {.units = 1, .tokens = given, .outputs = given};
    if (t->after > 0) {
        w = tc_tower_work_of(model, images, t->after - 1);
        w.tokens = w.outputs;
    } else if (t->unit == TC_TOWER_PIXEL && model->latents.stride > 0) {
        w.units = (double)model->latents.frames * model->latents.height * model->latents.width;
    } else if (t->unit == TC_TOWER_PIXEL) {
        w.units = images->count * images->width * images->height;
    } else if (t->unit == TC_TOWER_IMAGE) {
        double side = floor(sqrt(t->merge)), tile = t->tile;
        w.units = images->count * (tile > 0 ? tiles_of(t, images) : 1);
        if (t->patch > 0)
            w.tokens = w.outputs = patches(tile > 0 ? tile : images->width, t->patch, side)
                                   * patches(tile > 0 ? tile : images->height, t->patch, side);
    }
    w.tokens += t->class_tokens;
    w.outputs /= t->merge;
    return w;
}

double tc_tower_sequence(const tc_model *model, const tc_images *images) {
    double sum = 0;
    for (int i = 0; i < model->towers; i++) {
        tc_tower_work w = tc_tower_work_of(model, images, i);
        if (model->tower[i].joins) sum += w.units * w.outputs;
    }
    return sum;
}

double tc_image_tokens(const tc_model *model, const tc_images *images) {
    tc_images one = {1, images->width, images->height}, none = {0, images->width, images->height};
    return tc_tower_sequence(model, &one) - tc_tower_sequence(model, &none);
}

bool tc_takes_images(const tc_model *model) {
    for (int i = 0; i < model->towers; i++)
        if (model->tower[i].after == 0 && model->tower[i].unit == TC_TOWER_IMAGE) return true;
    return false;
}

/* ---- who trains and holds it ------------------------------------------------------------------ */

bool tc_latents_cached(const tc_job *job, const tc_stack *stack) {
    if (job->model.latents.stride == 0) return false;
    return job->cached_latents == TC_UNSET ? stack->cached_latents : job->cached_latents == 1;
}

bool tc_tower_runs(const tc_job *job, const tc_stack *stack, int tower) {
    return job->model.tower[tower].state != TC_TOWER_CACHED && !tc_latents_cached(job, stack);
}

bool tc_tower_trained(const tc_tower *t, bool frozen_base) {
    return t->state == TC_TOWER_TRAINED || (t->state == TC_TOWER_AS_MODEL && !frozen_base);
}

bool tc_tower_backward(const tc_model *model, int tower, bool frozen_base) {
    for (; tower >= 0; tower = model->tower[tower].after - 1)
        if (tc_tower_trained(&model->tower[tower], frozen_base)) return true;
    return false;
}

double tc_tower_split(const tc_tower *t, const tc_stack *stack, int tp) {
    tc_degrees degrees = {tp, 1, tp, 1};
    if (tp == 1 || stack->kernels.replicated_towers) return 1;
    for (int i = 0; i < t->blocks; i++)
        if (tc_block_splits(&t->block[i], &degrees, NULL)) return 1;
    return t->blocks > 0 || t->projector.layers > 1 ? tp : 1;
}

tc_shard tc_tower_shard(const tc_shard *of_model, const tc_tower_work *work, double split, bool trained) {
    tc_shard s = *of_model;
    s.adapter_rank = s.base_bytes = 0; /* adapters and narrow weights are of the main stack */
    s.sequences *= work->units;
    s.seq = work->tokens;
    s.tp = split;
    s.cp = s.ep = s.etp = 1;
    s.sequence_parallel = s.dropout = s.attention_bias = s.gathered_inputs = false;
    s.document = s.capacity = s.imbalance = 0;
    s.frozen = !trained;
    return s;
}

/* ---- operators ------------------------------------------------------------------------------------ */

/* A tower as the parts of blocks see a model: its blocks, towers and texts, 11 KB of it, are not looked at, nor set. */
static void as_model(const tc_tower *t, tc_model *out) {
    memset(out, 0, offsetof(tc_model, block));
    out->latents = (tc_latents){.stride = 0};
    out->mtp_layers = out->projections = out->towers = 0;
    out->hidden = t->hidden;
    out->norm = t->norm;
    out->norm_weight = true;
    out->norm_bias = t->norm_bias;
    out->positions = t->positions;
    out->causal = t->causal;
}

static void add_norm(const tc_model *m, double elements, double width, tc_operators *out) {
    tc_add_norm(out, m, elements, 2)->replicated = (1 + m->norm_bias) * width;
}

/* A table of rows of width hidden, added to each token or looked up for it. */
static void add_table(const tc_tower *t, double elements, double rows, tc_operators *out) {
    if (rows > 0)
        tc_add_elementwise(out, TC_TAG_EMBEDDING, 4 * elements, 2 * elements, 0, 0)->replicated = rows * t->hidden;
}

/* Matrix by matrix, split along its outputs and its inputs in turn. */
static void add_projector(const tc_tower *t, const tc_model *m, const tc_shard *shard, double tokens,
                          tc_operators *out) {
    const tc_projector *p = &t->projector;
    double rows = tokens * p->copies;
    if (p->norm > 0) add_norm(m, rows * p->in, (double)p->norm * p->copies, out);
    for (int i = 0; i < p->layers; i++) {
        double k = i ? p->width : p->in, n = i == p->layers - 1 ? p->out : p->width;
        bool columns = i % 2 == 0 && i < p->layers - 1, lines = i % 2 == 1;
        if (i > 0)
            tc_add_elementwise(out, TC_TAG_ACTIVATION, 4 * rows * k, 6 * rows * k, shard->activation_bytes * rows * k,
                               TC_GROUP_MLP | TC_GROUP_ACTIVATION);
        tc_operator *op = tc_add_gemm(out, TC_TAG_MLP, columns || lines ? TC_SPLIT_TENSOR : TC_SPLIT_NONE, p->copies,
                                      tokens, n / (columns ? shard->tp : 1), k / (lines ? shard->tp : 1), TC_GROUP_MLP);
        if (p->bias) op->replicated = p->copies * n;
        if (!shard->frozen) op->saved_bytes = shard->input_bytes * rows * op->gemm.k;
        out->tp_collectives += lines;
    }
}

/* As a product of so many rows that its time is that of the FLOPs at their efficiency. */
static void add_convolutions(const tc_tower *t, double units, tc_operators *out) {
    double n = CONVOLUTION_CHANNELS, k = n * CONVOLUTION_TAPS, flops = units * t->flops;
    if (flops <= 0) return;
    tc_operator *op
        = tc_add_gemm(out, TC_TAG_CONVOLUTION, TC_SPLIT_NONE, 1, flops / (2 * n * k * t->efficiency), n, k, 0);
    op->flops = flops;
    op->weights = 0;
    op->gemm.low_precision = false;
}

static void emit_ends(const tc_tower *t, const tc_tower_work *w, const tc_shard *shard, tc_operators *out) {
    tc_model m;
    as_model(t, &m);
    double tokens = shard->sequences * shard->seq, elements = tokens * t->hidden;
    if (t->inputs > 0) {
        tc_operator *op = tc_add_gemm(out, TC_TAG_EMBEDDING, TC_SPLIT_NONE, 1, tokens, t->hidden, t->inputs, 0);
        op->gemm.low_precision = false;
        op->gemm.leaf = true;
        if (t->inputs_bias) op->replicated = t->hidden;
        if (!shard->frozen) op->saved_bytes = 2 * tokens * t->inputs;
    }
    add_table(t, elements, (double)t->vocab + t->learned_positions + t->class_tokens, out);
    for (int i = 0; i < t->norms; i++) add_norm(&m, elements, t->hidden, out);
    add_convolutions(t, shard->sequences, out);
    add_projector(t, &m, shard, shard->sequences * w->outputs, out);
    if (t->weights <= 0) return;
    tc_operator *op = tc_add_elementwise(out, TC_TAG_EMBEDDING, 0, 0, 0, 0);
    op->replicated = t->weights;
    op->kernels = 0;
}

void tc_tower_operators(const tc_model *model, int tower, int part, const tc_tower_work *work, const tc_shard *shard,
                        tc_operators *out) {
    const tc_tower *t = &model->tower[tower];
    memset(out, 0, offsetof(tc_operators, op));
    if (part < t->blocks) {
        tc_model m;
        as_model(t, &m);
        tc_block block = t->block[part];
        tc_shard grouped = *shard;
        double window = block.attention.window;
        if (window > 0 && window < shard->seq) { /* groups of so many tokens, as sequences */
            grouped.sequences *= shard->seq / window;
            grouped.seq = window;
        }
        block.attention.window = 0;
        tc_block_operators(&m, &block, &grouped, out);
    } else {
        emit_ends(t, work, shard, out);
        tc_widen(shard, out);
    }
    out->tp_bytes = 2 * shard->sequences * shard->seq * t->hidden;
    out->cp_bytes = out->cp_query_bytes = 0;
    if (shard->tp <= 1) out->tp_collectives = 0;
}

/* All that a rank holds of a tower that shares it with none. */
static const tc_shard whole = {.sequences = 1, .seq = 1, .tp = 1, .cp = 1, .ep = 1, .etp = 1, .input_bytes = 2};

double tc_tower_parameters(const tc_model *model, int tower) {
    const tc_tower *t = &model->tower[tower];
    const tc_tower_work one = {1, 1, 1};
    double sum = 0;
    for (int part = 0; part <= t->blocks; part++) {
        tc_operators ops;
        tc_tower_operators(model, tower, part, &one, &whole, &ops);
        for (int i = 0; i < ops.count; i++)
            sum += (part < t->blocks ? t->block[part].count : 1)
                   * (ops.op[i].weights + ops.op[i].biases + ops.op[i].replicated);
    }
    return sum;
}

double tc_tower_forward_flops(const tc_model *model, const tc_images *images, int tower) {
    const tc_tower *t = &model->tower[tower];
    tc_tower_work work = tc_tower_work_of(model, images, tower);
    tc_shard shard = tc_tower_shard(&whole, &work, 1, true);
    double sum = 0;
    for (int part = 0; part <= t->blocks; part++) {
        tc_operators ops;
        tc_tower_operators(model, tower, part, &work, &shard, &ops);
        for (int i = 0; i < ops.count; i++) sum += (part < t->blocks ? t->block[part].count : 1) * ops.op[i].flops;
    }
    return sum;
}
