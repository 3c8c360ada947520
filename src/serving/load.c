/* load.c - the seconds of one step on a rank: decoding requests, prompts, or both.
 *
 * Every layer: its products, decode attention (keys and values over the bandwidth against the FLOPs of all query heads), prefill
 * attention at the device's own rate, small kernels, all-reduces, and of experts the exchange of tokens both ways.
 * Of E experts, k for a token, T tokens touch E (1 - (1 - k/E)^T) where routing is even; a rank has its share of them.
 * With a pipeline a step passes all stages; each replica has as many micro-batches in flight as stages, a share of the requests each. */
#include <math.h>

#include "serving/rank.h"

/* Rows of a tile that experts fill in vain, in the mean. */
#define HALF_TILE 8.0
#define TILE_ROWS 16.0

/* Adds a product of so many rows, whose FLOPs take compute; read: share of the weights that is read. */
static double product_seconds(const tc_product *p, double rows, double compute, double read, tc_serving_parts *parts) {
    double memory = p->weights_s * read + rows * p->move_s;
    double busy = sqrt(memory * memory + compute * compute);
    if (parts) {
        *(memory >= compute ? &parts->weights : &parts->compute) += busy;
        parts->launches += p->floor_s;
    }
    return busy + p->floor_s;
}

/* Reading against computing, the slower of which counts. */
static double attention_call(const tc_rank *r, double read_s, double compute_s, tc_serving_parts *parts) {
    double busy = read_s > compute_s ? read_s : compute_s;
    if (parts) {
        *(read_s >= compute_s ? &parts->kv : &parts->compute) += busy;
        parts->launches += r->attention_floor_s;
    }
    return busy + r->attention_floor_s;
}

/* Keys of a window, or those that an indexer chooses. */
static double keys_seen(const tc_layers *l, double context) {
    double seen = l->window > 0 && l->window < context ? l->window : context;
    return l->selected > 0 && l->selected < seen ? l->selected : seen;
}

static double decode_mixer(const tc_rank *r, const tc_layers *l, const tc_load *load, double share,
                           tc_serving_parts *parts) {
    double requests = load->requests * share, sum = 0;
    if (requests <= 0) return 0;
    if (l->attends) {
        double keys = requests * keys_seen(l, load->context);
        sum += attention_call(r, keys * l->kv_bytes * r->kv_s_per_byte,
                              keys * load->rows * l->row_pair_flops * l->heads_padding * r->decode_pair_s, parts);
    }
    if (l->index_bytes > 0) {
        double keys = requests * load->context;
        sum += attention_call(r, keys * l->index_bytes * r->kv_s_per_byte,
                              keys * load->rows * l->index_pair_flops * r->decode_pair_s, parts);
    }
    if (l->state_bytes > 0)
        sum += attention_call(r, requests * 2 * l->state_bytes * r->kv_s_per_byte,
                              requests * load->rows * l->state_flops * r->decode_pair_s, parts);
    return sum;
}

static double prefill_mixer(const tc_rank *r, const tc_layers *l, const tc_load *load, tc_serving_parts *parts) {
    double sum = 0;
    if (load->pairs <= 0) return 0;
    if (l->attends) {
        double mean = load->pairs / load->prompt, seen = keys_seen(l, mean), keys = load->keys * seen / mean;
        sum += attention_call(r, 0,
                              load->prompt * seen * l->pair_flops * r->prefill_pair_s * (keys + r->prefill_seq_half)
                                  / keys,
                              parts);
    }
    if (l->index_bytes > 0) sum += attention_call(r, 0, load->pairs * l->index_pair_flops * r->prefill_pair_s, parts);
    if (l->state_bytes > 0) sum += attention_call(r, 0, load->prompt * l->state_flops * r->prefill_pair_s, parts);
    return sum;
}

/* FLOPs of rows that came to the rank's experts and of those that their tiles are filled with: half a tile of those that rows came to,
 * or whole tiles of all (grouped products of DeepGEMM over rows in one piece). */
static double expert_seconds(const tc_product *p, const tc_layers *l, double routed, double touched) {
    double filled = p->fill > 0 ? p->fill * l->local * p->fill_s : HALF_TILE * touched * l->local * p->row_s;
    return routed * p->row_s + filled;
}

/* Products of a layer with so many rows. */
static double products_seconds(const tc_rank *r, const tc_layers *l, double rows, tc_serving_parts *parts) {
    double sum = 0, routed = 0, touched = 1;
    if (l->has_experts) {
        double tokens = rows * r->group;
        touched = l->miss_log > -HUGE_VAL ? 1 - exp(tokens * l->miss_log) : 1;
        routed = tokens * l->top_k * l->local / l->experts * (1 + (l->local < l->experts ? r->imbalance : 0));
    }
    double tile = rows > TILE_ROWS ? rows : TILE_ROWS;
    for (int i = 0; i < l->products; i++) {
        const tc_product *p = &l->product[i];
        sum += p->experts ? product_seconds(p, routed, expert_seconds(p, l, routed, touched), touched, parts)
                          : product_seconds(p, rows, tile * p->row_s, 1, parts);
    }
    return sum;
}

static double communication_seconds(const tc_rank *r, const tc_layers *l, double rows) {
    double bytes = rows * r->hidden * 2, seconds = 0;
    bool exchanges = l->has_experts && r->group > 1;
    double reductions = exchanges ? l->reductions_shared : l->reductions;
    if (reductions > 0) seconds += reductions * (r->reduce.start_s + bytes * r->reduce.byte_s);
    if (exchanges) {
        double sent = rows / r->tp * l->top_k * r->hidden * r->exchange_bytes * (1 + r->imbalance);
        seconds += 2 * (r->exchange.start_s + sent * r->exchange.byte_s);
    }
    return seconds;
}

double tc_load_seconds(const tc_rank *r, const tc_load *load, tc_serving_parts *parts, double *kernels) {
    double share = 1 / r->stages, rows = load->requests * load->rows * share + load->prompt, total = 0, count = 0;
    if (load->requests > 0 && rows < load->rows) rows = load->rows; /* at least one request a micro-batch */
    double attention_share = load->requests > 0 && load->requests * share < 1 ? 1 / load->requests : share;
    tc_serving_parts sum = {0};
    for (int i = 0; i < r->runs; i++) {
        const tc_layers *l = &r->run[i];
        tc_serving_parts one = {0}, *to = parts ? &one : NULL;
        double layer = products_seconds(r, l, rows, to);
        layer += decode_mixer(r, l, load, attention_share, to) + prefill_mixer(r, l, load, to);
        double communication = communication_seconds(r, l, rows), moved = rows * l->row_s,
               issued = l->kernels + (load->prompt > 0 ? l->state_kernels : 0), small = issued * r->kernel_s;
        layer += communication + small + moved;
        double times = l->count * r->stages;
        total += times * layer;
        count += times
                 * (l->product_kernels + l->attends + (l->index_bytes > 0) + (l->state_bytes > 0) + issued
                    + l->reductions);
        if (!parts) continue;
        sum.weights += times * one.weights;
        sum.compute += times * moved;
        sum.kv += times * one.kv;
        sum.compute += times * one.compute;
        sum.communication += times * communication;
        sum.launches += times * (one.launches + small);
    }
    double head_rows = load->requests * load->rows * share + load->prompts;
    total += product_seconds(&r->head, head_rows, (head_rows > TILE_ROWS ? head_rows : TILE_ROWS) * r->head.row_s, 1,
                             parts ? &sum : NULL);
    if (r->stages > 1) {
        double hops = r->stages * (r->hop.start_s + rows * r->hidden * 2 / r->tp * r->hop.byte_s);
        total += hops;
        sum.communication += hops;
    }
    if (parts) *parts = sum;
    if (kernels) *kernels = count + 4;
    return total;
}
