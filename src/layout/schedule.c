/* schedule.c - the order of forwards and backwards on every stage, by rule or from a file.
 *
 * GPipe: all forwards, then all backwards (Huang et al. 2019).
 * 1F1B: p - s forwards, then one backward and one forward in turn (Narayanan et al. 2019).
 * Interleaved: v chunks a stage, groups of p micro-batches pass chunk after chunk, the last one larger
 *   (Narayanan et al. 2021, section 2.2.2, and Megatron-Core's schedule table).
 * ZB-H1: 1F1B with each weight gradient s micro-batches later (Qi et al. 2023, section 3.1).
 * ZB-H2: 2 (p - s) - 1 forwards first, each weight gradient 2 s micro-batches later (section 3.2).
 * ZB-V: two chunks in a V, the handcrafted schedule for equal F, B, W (Qi et al. 2024,
 *   "Pipeline Parallelism with Controllable Memory", arXiv 2405.15362).
 * V-half, V-min: the same paper's building blocks: a micro-batch takes four passes over the
 *   stages at fixed offsets from stage to stage, repeated every six units; weight gradients fill
 *   what is left.
 * DualPipe: micro-batches enter at both ends (DeepSeek-AI 2024, arXiv 2412.19437, section 3.2.1;
 *   the eight phases of its published implementation).
 */
#include "layout/schedule.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "layout/legal.h"
#include "base/vocabulary.h"

/* ---- writing an order -------------------------------------------------------------- */

/* One stage in the making. */
typedef struct pen {
    tc_slot *at;
    int stages, chunks, stage, micro_batches;
    int limit[2];         /* DualPipe: micro-batches of each direction */
    const tc_slot *owing; /* DualPipe: no input gradient before it waits for its weight gradient */
} pen;

static void put(pen *w, tc_slot_kind kind, int chunk, int micro_batch) {
    *w->at++ = (tc_slot){.micro_batch = micro_batch, .chunk = (uint16_t)chunk, .kind = (uint8_t)kind};
}

static int least(int a, int b) { return a < b ? a : b; }

/* ---- the rules ----------------------------------------------------------------------- */

static void write_gpipe(pen *w) {
    for (int c = 0; c < w->chunks; c++)
        for (int i = 0; i < w->micro_batches; i++) put(w, TC_SLOT_FORWARD, c, i);
    for (int c = w->chunks - 1; c >= 0; c--)
        for (int i = 0; i < w->micro_batches; i++) put(w, TC_SLOT_BACKWARD, c, i);
}

static void write_1f1b(pen *w) {
    int m = w->micro_batches, ahead = least(w->stages - w->stage - 1, m);
    for (int i = 0; i < ahead; i++) put(w, TC_SLOT_FORWARD, 0, i);
    for (int i = 0; i < m; i++) {
        if (ahead + i < m) put(w, TC_SLOT_FORWARD, 0, ahead + i);
        put(w, TC_SLOT_BACKWARD, 0, i);
    }
}

/* Micro-batches that pass chunk after chunk together: p of them, in the last group also what is left over.
 * A smaller group would starve the pipeline: Megatron-Core refuses it. */
static int largest_group(int stages, int micro_batches) {
    return micro_batches < stages ? micro_batches : stages + micro_batches % stages;
}

/* The chunk passes of an interleaved stage, one after the other. */
typedef struct chunk_pass {
    int chunk, i;    /* the i-th micro-batch of its group */
    int group, size; /* the group's first micro-batch, and how many it has */
} chunk_pass;

static int group_size(const pen *w, int first) {
    int left = w->micro_batches - first;
    return left < 2 * w->stages ? left : w->stages;
}

static chunk_pass first_pass(const pen *w) { return (chunk_pass){.size = group_size(w, 0)}; }

static void next_pass(const pen *w, chunk_pass *pass) {
    if (++pass->i < pass->size) return;
    pass->i = 0;
    if (++pass->chunk < w->chunks) return;
    pass->chunk = 0;
    pass->group += pass->size;
    pass->size = group_size(w, pass->group);
}

static void put_forward(pen *w, chunk_pass *pass) {
    put(w, TC_SLOT_FORWARD, pass->chunk, pass->group + pass->i);
    next_pass(w, pass);
}

static void put_backward(pen *w, chunk_pass *pass) {
    put(w, TC_SLOT_BACKWARD, w->chunks - 1 - pass->chunk, pass->group + pass->i);
    next_pass(w, pass);
}

static int interleaved_ahead(int stages, int chunks, int micro_batches, int stage) {
    return least(2 * (stages - stage - 1) + (chunks - 1) * largest_group(stages, micro_batches),
                 micro_batches * chunks);
}

static void write_interleaved(pen *w) {
    int total = w->micro_batches * w->chunks,
        ahead = interleaved_ahead(w->stages, w->chunks, w->micro_batches, w->stage);
    chunk_pass forward = first_pass(w), backward = forward;
    for (int k = 0; k < ahead; k++) put_forward(w, &forward);
    for (int k = 0; k < total; k++) {
        if (ahead + k < total) put_forward(w, &forward);
        put_backward(w, &backward);
    }
}

/* `ahead` forwards first, weight gradients `later` micro-batches after their input gradients. */
static void write_zero_bubble(pen *w, int ahead, int later) {
    int m = w->micro_batches, f = 0, done = 0;
    while (f < least(ahead, m)) put(w, TC_SLOT_FORWARD, 0, f++);
    for (int b = 0; b < m; b++) {
        put(w, TC_SLOT_INPUT, 0, b);
        if (b + 1 - done > later) put(w, TC_SLOT_WEIGHT, 0, done++);
        if (f < m) put(w, TC_SLOT_FORWARD, 0, f++);
    }
    while (done < m) put(w, TC_SLOT_WEIGHT, 0, done++);
}

static void write_zb_h1(pen *w) { write_zero_bubble(w, w->stages - w->stage, w->stage); }

static void write_zb_h2(pen *w) { write_zero_bubble(w, 2 * (w->stages - w->stage) - 1, 2 * w->stage); }

/* Slots beyond the last micro-batch of their direction are left out: short batches need no rule of their own. */
static void put_within(pen *w, tc_slot_kind kind, int chunk, int micro_batch, bool paired) {
    if (micro_batch >= w->limit[chunk]) return;
    put(w, kind, chunk, micro_batch);
    w->at[-1].paired = paired;
}

static void write_zb_v(pen *w) {
    int p = w->stages, s = w->stage, n = w->micro_batches > 2 * p - 1 ? w->micro_batches : 2 * p - 1;
    int f[2] = {0, 0}, b[2] = {0, 0}, g[2];
    for (int i = 0; i < 2 * (p - s) - 1; i++) put_within(w, TC_SLOT_FORWARD, 0, f[0]++, false);
    for (int i = 0; i < s; i++) {
        put_within(w, TC_SLOT_FORWARD, 1, f[1]++, false);
        put_within(w, TC_SLOT_FORWARD, 0, f[0]++, false);
    }
    for (int i = 0; i < p - s; i++) {
        put_within(w, TC_SLOT_FORWARD, 1, f[1]++, false);
        put_within(w, TC_SLOT_INPUT, 1, b[1], false);
        put_within(w, TC_SLOT_WEIGHT, 1, b[1]++, false);
    }
    while (f[1] < f[0] || f[0] < n) {
        if (f[0] < n) put_within(w, TC_SLOT_FORWARD, 0, f[0]++, false);
        put_within(w, TC_SLOT_INPUT, 0, b[0], false);
        put_within(w, TC_SLOT_WEIGHT, 0, b[0]++, false);
        put_within(w, TC_SLOT_FORWARD, 1, f[1]++, false);
        put_within(w, TC_SLOT_INPUT, 1, b[1], false);
        put_within(w, TC_SLOT_WEIGHT, 1, b[1]++, false);
    }
    g[0] = b[0], g[1] = b[1];
    for (int i = 0; i < s; i++) {
        put_within(w, TC_SLOT_INPUT, 0, b[0]++, false);
        put_within(w, TC_SLOT_INPUT, 1, b[1]++, false);
    }
    for (int i = 0; i < p - s; i++) {
        put_within(w, TC_SLOT_INPUT, 0, b[0]++, false);
        put_within(w, TC_SLOT_WEIGHT, 0, g[0]++, false);
    }
    while (g[1] < b[1]) put_within(w, TC_SLOT_WEIGHT, 1, g[1]++, false);
    while (g[0] < b[0]) put_within(w, TC_SLOT_WEIGHT, 0, g[0]++, false);
}

/* What a DualPipe stage has done so far. */
typedef struct dual {
    pen *w;
    int near; /* the chunk whose micro-batches enter nearer to this stage */
    int f[2], b[2];
} dual;

static void dual_forward(dual *d, int direction, bool paired) {
    int chunk = direction ^ d->near;
    put_within(d->w, TC_SLOT_FORWARD, chunk, d->f[chunk]++, paired);
}

static void dual_backward(dual *d, int direction, bool split, bool paired) {
    int chunk = direction ^ d->near;
    put_within(d->w, split ? TC_SLOT_INPUT : TC_SLOT_BACKWARD, chunk, d->b[chunk]++, paired);
}

/* The weight gradient of the oldest input gradient without one; false: there is none. */
static bool dual_weight(dual *d) {
    pen *w = d->w;
    while (w->owing < w->at && w->owing->kind != TC_SLOT_INPUT) w->owing++;
    if (w->owing == w->at) return false;
    put(w, TC_SLOT_WEIGHT, w->owing->chunk, w->owing->micro_batch);
    w->owing++;
    return true;
}

static void dual_both(dual *d, int forward) {
    int f = forward ^ d->near, b = 1 - f;
    bool both = d->f[f] < d->w->limit[f] && d->b[b] < d->w->limit[b];
    dual_forward(d, forward, both);
    dual_backward(d, 1 - forward, false, both);
}

static void write_dualpipe(pen *w) {
    int p = w->stages, half = p / 2, second = w->stage >= half, s = second ? p - 1 - w->stage : w->stage;
    int each = w->limit[0] > p ? w->limit[0] : p; /* of a direction; at least p fill the pipeline */
    dual d = {.w = w, .near = second};
    for (int i = 0; i < 2 * (half - s - 1); i++) dual_forward(&d, 0, false);
    for (int i = 0; i < s + 1; i++) dual_forward(&d, 0, false), dual_forward(&d, 1, false);
    for (int i = 0; i < half - s - 1; i++)
        dual_backward(&d, 1, true, false), dual_weight(&d), dual_forward(&d, 1, false);
    for (int i = 0; i < each - p + s + 1; i++) {
        if (i == 0 && s == half - 1)
            dual_forward(&d, 0, false), dual_backward(&d, 1, false, false); /* the middle cannot pair its first */
        else
            dual_both(&d, 0);
        dual_both(&d, 1);
    }
    for (int i = 0; i < half - s - 1; i++) dual_backward(&d, 1, false, false), dual_both(&d, 1);
    bool split = false;
    for (int i = 0; i < s + 1; i++) {
        if (i == (s + 1) / 2 && s % 2 == 1) split = true;
        dual_backward(&d, 1, split, false);
        if (i == (s + 1) / 2 && s % 2 == 0) split = true;
        dual_backward(&d, 0, split, false);
    }
    for (int i = 0; i < half - s - 1; i++) dual_weight(&d), dual_backward(&d, 0, true, false);
    while (dual_weight(&d)) continue;
}

/* ---- building blocks: V-half and V-min ------------------------------------------------- */

#define BLOCK_UNITS 6 /* two chunks of F, B and W */

/* Units from a stage to the next one in each of the four passes: F0 down, F1 up, B1 down, B0 up. */
typedef struct block_offsets {
    int pass[4];
} block_offsets;

static const tc_slot_kind pass_kind[4] = {TC_SLOT_FORWARD, TC_SLOT_FORWARD, TC_SLOT_INPUT, TC_SLOT_INPUT};
static const int pass_chunk[4] = {0, 1, 1, 0};

static int pass_time(const block_offsets *offsets, const int start[4], int pass, int stages, int stage) {
    return start[pass] + offsets->pass[pass] * (pass % 2 == 0 ? stage : stages - 1 - stage);
}

/* No two passes of a stage meet in one unit of the repeated block. */
static bool block_is_free(const block_offsets *offsets, const int start[4], int passes, int stages) {
    for (int s = 0; s < stages; s++) {
        int used = 0;
        for (int i = 0; i < passes; i++) {
            int bit = 1 << pass_time(offsets, start, i, stages, s) % BLOCK_UNITS;
            if (used & bit) return false;
            used |= bit;
        }
    }
    return true;
}

/* The earliest start of each pass after the one before, without a clash. */
static bool place_passes(const block_offsets *offsets, int stages, int pass, int start[4]) {
    if (pass == 4) return true;
    int begin = pass == 0 ? 0 : start[pass - 1] + offsets->pass[pass - 1] * (stages - 1) + 1;
    for (int delay = 0; delay < BLOCK_UNITS; delay++) {
        start[pass] = begin + delay;
        if (block_is_free(offsets, start, pass + 1, stages) && place_passes(offsets, stages, pass + 1, start))
            return true;
    }
    return false;
}

/* Half-stages that a stage holds while the block repeats: the life of both chunks, weight gradients included. */
static int block_in_flight(const block_offsets *offsets, int stages) {
    int start[4], most = 2;
    if (!place_passes(offsets, stages, 0, start)) return 2 * stages;
    for (int s = 0; s < stages; s++) {
        int life = 0;
        for (int i = 0; i < 4; i++) life += (i < 2 ? -1 : 1) * pass_time(offsets, start, i, stages, s);
        int held = (life + BLOCK_UNITS - 1) / BLOCK_UNITS + 2;
        if (held > most) most = held;
    }
    return most;
}

/* Stages run unit by unit; a stage whose next pass is not ready, or that holds its fill, does a weight gradient. */
typedef struct unit_run {
    int stages, micro_batches, cap;
    int *done[2];     /* forward, input gradient: unit after which (stage, chunk, micro-batch) is done; 0 = not yet */
    int (*next)[4];   /* of each stage: next micro-batch of each pass */
    int (*weight)[2]; /* weight gradients done, by chunk */
    tc_slot **at;
} unit_run;

static size_t unit_index(const unit_run *r, int stage, int chunk, int i) {
    return ((size_t)stage * 2 + (size_t)chunk) * (size_t)r->micro_batches + (size_t)i;
}

static bool unit_ready(const unit_run *r, int stage, int pass, int i, int now) {
    int p = r->stages, from = 0;
    switch (pass) {
    case 0: from = stage == 0 ? 1 : r->done[0][unit_index(r, stage - 1, 0, i)]; break;
    case 1: from = r->done[0][stage == p - 1 ? unit_index(r, stage, 0, i) : unit_index(r, stage + 1, 1, i)]; break;
    case 2: from = stage == 0 ? r->done[0][unit_index(r, 0, 1, i)] : r->done[1][unit_index(r, stage - 1, 1, i)]; break;
    default: from = r->done[1][stage == p - 1 ? unit_index(r, stage, 1, i) : unit_index(r, stage + 1, 0, i)]; break;
    }
    return from > 0 && from <= now;
}

static int unit_next_pass(const unit_run *r, const block_offsets *offsets, const int start[4], int stage) {
    int best = -1, best_time = 0;
    for (int i = 0; i < 4; i++) {
        if (r->next[stage][i] >= r->micro_batches) continue;
        int time = pass_time(offsets, start, i, r->stages, stage) + BLOCK_UNITS * r->next[stage][i];
        if (best < 0 || time < best_time) best = i, best_time = time;
    }
    return best;
}

static void unit_put(unit_run *r, int stage, tc_slot_kind kind, int chunk, int i) {
    *r->at[stage]++ = (tc_slot){.micro_batch = i, .chunk = (uint16_t)chunk, .kind = (uint8_t)kind};
}

/* One unit of one stage. Returns false when the stage has nothing left. */
static bool unit_step(unit_run *r, const block_offsets *offsets, const int start[4], int stage, int now) {
    const int *next = r->next[stage];
    int *weight = r->weight[stage], pass = unit_next_pass(r, offsets, start, stage);
    int pending[2] = {next[3] - weight[0], next[2] - weight[1]};
    int held = next[0] + next[1] - weight[0] - weight[1];
    bool full = pass >= 0 && pass < 2 && held >= r->cap && pending[0] + pending[1] > 0;
    if (pass >= 0 && !full && unit_ready(r, stage, pass, next[pass], now)) {
        int i = r->next[stage][pass]++;
        unit_put(r, stage, pass_kind[pass], pass_chunk[pass], i);
        r->done[pass >= 2][unit_index(r, stage, pass_chunk[pass], i)] = now + 1;
    } else if (pending[0] + pending[1] > 0) {
        int chunk = pending[1] >= pending[0] ? 1 : 0;
        unit_put(r, stage, TC_SLOT_WEIGHT, chunk, weight[chunk]++);
    } else if (pass < 0) {
        return false;
    }
    return true;
}

static bool write_blocks(const block_offsets *offsets, tc_order *order) {
    int p = order->stages, m = order->micro_batches, start[4];
    if (!place_passes(offsets, p, 0, start)) return false;
    size_t cells = (size_t)p * 2 * (size_t)m;
    unit_run r = {.stages = p, .micro_batches = m, .cap = block_in_flight(offsets, p)};
    r.done[0] = calloc(2 * cells, sizeof(int));
    r.next = calloc((size_t)p, sizeof *r.next);
    r.weight = calloc((size_t)p, sizeof *r.weight);
    r.at = calloc((size_t)p, sizeof *r.at);
    bool ok = r.done[0] && r.next && r.weight && r.at;
    if (ok) {
        r.done[1] = r.done[0] + cells;
        for (int s = 0; s < p; s++) r.at[s] = order->slot + order->first[s];
        bool busy = true;
        for (int now = 1; busy; now++) {
            busy = false;
            for (int s = 0; s < p; s++) busy = unit_step(&r, offsets, start, s, now) || busy;
        }
    }
    free(r.done[0]);
    free(r.next);
    free(r.weight);
    free(r.at);
    return ok;
}

/* ---- the table ----------------------------------------------------------------------------- */

/* Micro-batches in flight on a stage, in units of all its chunks. */
typedef struct pipe {
    double stages, chunks, stage, micro_batches;
    const block_offsets *offsets;
} pipe;

static double holds_all(const pipe *p) { return p->micro_batches; }
static double holds_rest(const pipe *p) { return p->stages - p->stage; }
static double holds_stages(const pipe *p) { return p->stages; }
static double holds_twice(const pipe *p) { return 2 * p->stages - 1; }
static double holds_one_more(const pipe *p) { return p->stages + 1; }
static double holds_block(const pipe *p) { return block_in_flight(p->offsets, (int)p->stages) / 2.0; }

/* The chunk passes ahead, and the one in work. */
static double holds_ahead(const pipe *p) {
    int stages = (int)p->stages, m = p->micro_batches < 1e6 ? (int)p->micro_batches : 1000000 / stages * stages;
    return (interleaved_ahead(stages, (int)p->chunks, m, (int)p->stage) + 1) / p->chunks;
}

typedef struct rule {
    tc_schedule_facts facts;
    int period;            /* micro-batches after which the order repeats; 0: as many as stages */
    void (*write)(pen *w); /* NULL: by building blocks */
    double (*holds)(const pipe *p);
    block_offsets offsets;
} rule;

/* blocking: frameworks send between the passes of GPipe and 1F1B and wait; where several chunks are
 * in flight they overlap (Megatron-LM, --no-overlap-p2p-communication).
 * apart: norm and overflow are checked after the step (Qi et al. 2023, section 4), without which ZB-H2 would have bubbles.
 * fill: both directions of DualPipe fill before its main phase, and uneven stages settle slowly; ZB-H2 holds twice what 1F1B does. */
static const rule rules[] = {
    [TC_SCHEDULE_GPIPE]
    = {{.chunks = 0, .fill = 2, .closed_form = true, .blocking = true}, 1, write_gpipe, holds_all, {{0}}},
    [TC_SCHEDULE_1F1B]
    = {{.chunks = 1, .fill = 2, .closed_form = true, .blocking = true}, 1, write_1f1b, holds_rest, {{0}}},
    [TC_SCHEDULE_INTERLEAVED]
    = {{.chunks = 0, .fill = 2, .closed_form = true}, 0, write_interleaved, holds_ahead, {{0}}},
    [TC_SCHEDULE_ZB_H1] = {{.chunks = 1, .fill = 2, .split = true}, 1, write_zb_h1, holds_stages, {{0}}},
    [TC_SCHEDULE_ZB_H2] = {{.chunks = 1, .fill = 4, .split = true, .apart = true}, 1, write_zb_h2, holds_twice, {{0}}},
    [TC_SCHEDULE_ZB_V] = {{.chunks = 2, .fill = 2, .turned = true, .split = true}, 1, write_zb_v, holds_stages, {{0}}},
    [TC_SCHEDULE_V_HALF]
    = {{.chunks = 2, .fill = 2, .turned = true, .split = true}, 1, NULL, holds_block, {{2, 1, 2, 1}}},
    [TC_SCHEDULE_V_MIN]
    = {{.chunks = 2, .fill = 2, .turned = true, .split = true}, 1, NULL, holds_block, {{1, 1, 1, 1}}},
    [TC_SCHEDULE_DUALPIPE] = {{.chunks = 2, .fill = 12, .turned = true, .both_ways = true, .split = true},
                              2,
                              write_dualpipe,
                              holds_one_more,
                              {{0}}},
};
_Static_assert(sizeof rules / sizeof rules[0] == TC_SCHEDULE_CUSTOM, "a rule for each schedule");

tc_schedule_facts tc_schedule_facts_of(int schedule) {
    static const tc_schedule_facts none = {.chunks = 0};
    return schedule < 0 || schedule >= TC_SCHEDULE_CUSTOM ? none : rules[schedule].facts;
}

tc_code tc_schedule_flushes(const tc_layout *l, int64_t micro_batches, tc_error *error) {
    if (l->flush == TC_UNSET || l->pp == 1) return TC_OK;
    if (!tc_schedule_facts_of(l->schedule).closed_form)
        return tc_fail(error, TC_INVALID, "--flush", "with %s; choose gpipe, 1f1b or interleaved",
                       tc_schedule_names[l->schedule]);
    if (l->flush > 0 && micro_batches % l->flush == 0) return TC_OK;
    return tc_fail(error, TC_INVALID, "--flush", "%d does not divide %lld micro-batches; choose a divisor", l->flush,
                   (long long)micro_batches);
}

static tc_code check_even(int schedule, int stages, tc_error *error) {
    if (rules[schedule].facts.both_ways && stages > 1 && stages % 2)
        return tc_fail(error, TC_INVALID, "--pp", "%d stages for %s; give an even number", stages,
                       tc_schedule_names[schedule]);
    return TC_OK;
}

/* Both directions fill at once: as the published implementation of DualPipe asks. */
static tc_code check_directions(int schedule, const tc_schedule_ask *ask, tc_error *error) {
    int64_t least = 2 * (int64_t)ask->stages;
    if (rules[schedule].facts.both_ways && (ask->micro_batches % 2 || ask->micro_batches < least))
        return tc_fail(error, TC_INVALID, "--global-batch",
                       "%lld micro-batches a rank for %s on %d stages; give an even number of at least %lld",
                       (long long)ask->micro_batches, tc_schedule_names[schedule], ask->stages, (long long)least);
    return TC_OK;
}

tc_code tc_schedule_check(int schedule, const tc_schedule_ask *ask, tc_error *error) {
    const char *name = tc_schedule_names[schedule];
    tc_schedule_facts facts = rules[schedule].facts;
    if (facts.chunks > 0 && ask->vpp > facts.chunks)
        return tc_fail(error, TC_INVALID, "--vpp",
                       "%d for %s, whose stages have %d chunk%s; leave it out, or give "
                       "--schedule interleaved",
                       ask->vpp, name, facts.chunks, facts.chunks > 1 ? "s" : "");
    if (schedule == TC_SCHEDULE_INTERLEAVED && ask->vpp == 1)
        return tc_fail(error, TC_INVALID, "--schedule", "%s with 1 chunk a stage; give --vpp 2 or more, or 1f1b", name);
    if (ask->stages == 1) return TC_OK; /* nothing to arrange */
    int chunks = facts.both_ways ? 1 : facts.chunks > ask->vpp ? facts.chunks : ask->vpp;
    if ((int64_t)ask->stages * chunks > tc_most_chunks(ask->layers))
        return tc_fail(error, TC_INVALID, "--pp",
                       "%d stages of %d chunks for %d layers; choose at most one chunk a layer", ask->stages, chunks,
                       ask->layers);
    if (facts.split && ask->frozen)
        return tc_fail(error, TC_INVALID, "--schedule",
                       "%s moves weight gradients, and frozen weights have none; choose gpipe, 1f1b or interleaved",
                       name);
    tc_code code = check_even(schedule, ask->stages, error);
    return code ? code : check_directions(schedule, ask, error);
}

/* ---- nodes ----------------------------------------------------------------------------------- */

static void place_nodes(tc_schedule_facts facts, tc_order *order) {
    int p = order->stages, v = order->chunks;
    order->parts = facts.both_ways ? p : p * v;
    for (int s = 0; s < p; s++)
        for (int c = 0; c < v; c++) {
            tc_schedule_node *n = &order->node[s * v + c];
            bool down = !facts.turned || c % 2 == 0;
            int along = down ? s : p - 1 - s; /* steps since the chunk's first stage */
            *n = (tc_schedule_node){.stage = s,
                                    .part = facts.both_ways ? along : c * p + along,
                                    .next = -1,
                                    .previous = -1,
                                    .down = down};
            int step = down ? v : -v, first = facts.turned ? s : 0, here = s * v + c;
            if (along < p - 1)
                n->next = here + step;
            else if (!facts.both_ways && c < v - 1)
                n->next = first * v + c + 1;
            if (along > 0)
                n->previous = here - step;
            else if (!facts.both_ways && c > 0)
                n->previous = (facts.turned ? s : p - 1) * v + c - 1;
        }
}

static bool allocate(tc_order *order, int64_t slots) {
    order->node = calloc((size_t)order->stages * (size_t)order->chunks, sizeof *order->node);
    order->first = calloc((size_t)order->stages + 1, sizeof *order->first);
    order->slot = malloc((size_t)slots * sizeof *order->slot);
    return order->node && order->first && order->slot;
}

void tc_order_free(tc_order *order) {
    free(order->node);
    free(order->first);
    free(order->slot);
    *order = (tc_order){.stages = 0};
}

void tc_schedule_free(tc_order *order) {
    if (!order) return;
    tc_order_free(order);
    free(order);
}

static tc_code check_make(int schedule, int stages, int chunks, int64_t m, tc_error *error) {
    if (schedule < 0 || schedule >= TC_SCHEDULE_CUSTOM)
        return tc_fail(error, TC_INVALID, "--schedule", "%d is no built-in schedule", schedule);
    if (stages < 1 || chunks < 1 || m < 1 || m > INT32_MAX / (6 * (int64_t)chunks))
        return tc_fail(error, TC_INVALID, "--schedule",
                       "%d stages of %d chunks and %lld micro-batches; give 1 or more of each", stages, chunks,
                       (long long)m);
    return check_even(schedule, stages, error);
}

static void write_stages(const rule *r, tc_order *order) {
    for (int s = 0; s < order->stages; s++) {
        int m = order->micro_batches;
        pen w = {.at = order->slot + order->first[s],
                 .stages = order->stages,
                 .chunks = order->chunks,
                 .stage = s,
                 .micro_batches = m,
                 .limit = {m, m},
                 .owing = order->slot + order->first[s]};
        if (r->facts.both_ways) w.limit[0] = m - m / 2, w.limit[1] = m / 2;
        r->write(&w);
        order->first[s + 1] = w.at - order->slot;
    }
}

tc_code tc_order_make(int schedule, int stages, int chunks, int64_t micro_batches, tc_order *out, tc_error *error) {
    *out = (tc_order){.stages = 0};
    tc_code code = check_make(schedule, stages, chunks, micro_batches, error);
    if (code) return code;
    if (stages == 1)
        schedule = rules[schedule].facts.chunks || chunks == 1 ? TC_SCHEDULE_1F1B
                                                               : TC_SCHEDULE_INTERLEAVED; /* nothing to arrange */
    const rule *r = &rules[schedule];
    *out = (tc_order){.stages = stages,
                      .chunks = r->facts.chunks ? r->facts.chunks : chunks,
                      .micro_batches = (int)micro_batches,
                      .blocking = r->facts.blocking && chunks == 1};
    out->period = r->period > 0 ? r->period : stages;
    int64_t passes = r->facts.both_ways ? 1 : out->chunks, each = (r->facts.split ? 3 : 2) * passes * micro_batches;
    if (!allocate(out, each * stages)) {
        tc_order_free(out);
        return tc_fail(error, TC_INTERNAL, "memory", "none is left for a schedule");
    }
    place_nodes(r->facts, out);
    if (r->write) {
        write_stages(r, out);
        return TC_OK;
    }
    for (int s = 0; s <= stages; s++) out->first[s] = each * s;
    if (write_blocks(&r->offsets, out)) return TC_OK;
    tc_order_free(out);
    return tc_fail(error, TC_INTERNAL, "memory", "none is left for a schedule");
}

/* ---- what is in flight --------------------------------------------------------------------- */

double tc_order_in_flight(const tc_order *order, int stage) {
    int held = 0, most = 0;
    for (int64_t i = order->first[stage]; i < order->first[stage + 1]; i++) {
        const tc_slot *slot = &order->slot[i];
        held += slot->kind == TC_SLOT_FORWARD;
        if (held > most) most = held;
        held -= slot->kind == TC_SLOT_BACKWARD || slot->kind == TC_SLOT_WEIGHT;
    }
    int own = 0;
    for (int c = 0; c < order->chunks; c++) own += order->node[stage * order->chunks + c].part >= 0;
    bool both_ways = order->parts < order->stages * order->chunks && own > 1;
    return (double)most / (both_ways || own < 1 ? 1 : own);
}

double tc_schedule_in_flight(int schedule, int stages, int chunks, int64_t micro_batches, int stage) {
    const rule *r = &rules[stages == 1 ? TC_SCHEDULE_1F1B : schedule];
    pipe p = {stages, chunks, stage, (double)micro_batches, &r->offsets};
    double held = r->holds(&p);
    return held < p.micro_batches ? held : p.micro_batches;
}
