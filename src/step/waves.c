/* waves.c - GPipe, 1F1B and interleaved pipelines, without an order in memory.
 *
 * GPipe is a flow shop, there and back: with t a stage's seconds and its send, the m-th forward of stage s is done at
 *   max over q <= s of (ready of q + sum over q..s of t + (m - 1) max over q..s of t); the backwards alike, from the last stage.
 * A pass is one chunk's forward, or backward, of one micro-batch. Stage s does ahead(s) forward passes, then one forward and
 * one backward in turn (layout/schedule.c). With d = p - 1 - s and half steps t, forward pass k of stage s comes at
 *   t = 2 (k - ahead(s)) + w d, backward pass k at t = 2 k + 1 + w d,   w = 1 (1F1B) or 2 (interleaved),
 * which are
 *   1F1B         forward k = (t + d) / 2, backward k = (t - 1 - d) / 2
 *   interleaved  forward k = t / 2 + d + (v - 1) g, backward k = (t - 1) / 2 - d,   g: micro-batches of the last group.
 * All that a pass waits for has come before: from a neighbour w half steps ago, so that what arrives is what was sent last.
 * The events are then those of timeline.c and need no search:
 *   begin = max(stage free, arrival), end = begin + seconds, sent = max(end, link free) + send.
 * Steady state: after a period of passes (one, or the p v of a group) the stages do the same again. What is yet to come
 * depends on when stages and links are free; where all of them are later by the same L than q periods before, the next q
 * periods take L again, and so do all until the last group: the events are max-plus linear (Baccelli et al. 1992, chapter 3).
 * Any q is found (Brent 1980).
 * Ignored: pipelines that have not settled after 1,024 p micro-batches go on at their last pace.
 */
#include "step/waves.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

typedef struct waves {
    const tc_pipeline_input *in;
    int stages, chunks, ring;     /* ring: a power of two */
    int64_t micro_batches, group; /* group: of the last one, which is larger */
    int64_t passes;               /* of a stage, forward */
    double send_s;
    size_t state, all;                /* of `times`: what decides what is to come; all of them */
    double *times;                    /* these six: */
    double *free, *down, *up;         /* of each stage: it; its links to the next and to the previous one */
    double *end;                      /* of each stage: of its last slot */
    double *first_again, *last_again; /* by pass: from the last stage to the first for its next chunk, and back */
    double *forward_s, *backward_s;   /* of chunk and stage */
    uint16_t *chunk;                  /* of the passes of two groups, then of the last one */
} waves;

static double later(double a, double b) { return a > b ? a : b; }

/* ---- GPipe: sends block ------------------------------------------------------------------------------ */

/* free: of each stage before its first pass, and after its last. */
static void run_flow_shop(double *free, const double *seconds, int stages, int step, double passes, double send_s) {
    for (int s = stages - 1; s >= 0; s--) { /* those before s are still to come */
        double sum = 0, most = 0, done = 0;
        for (int q = s; q >= 0; q--) {
            double t = seconds[q * step] + (q < stages - 1 ? send_s : 0);
            sum += t;
            most = later(most, t);
            done = later(done, free[q * step] + sum + (passes - 1) * most);
        }
        free[s * step] = done;
    }
}

static void run_gpipe(waves *w) {
    int p = w->stages, last = p - 1;
    run_flow_shop(w->free, w->forward_s, p, 1, (double)w->passes, w->send_s);
    run_flow_shop(w->free + last, w->backward_s + last, p, -1, (double)w->passes, w->send_s);
    for (int s = 0; s < p; s++) w->end[s] = w->free[s] - (s > 0 ? w->send_s : 0);
}

/* ---- 1F1B: sends block ------------------------------------------------------------------------------ */

static void run_1f1b_forward(waves *w, int s) {
    double begin = s > 0 ? later(w->free[s], w->down[s - 1]) : w->free[s], end = begin + w->forward_s[s];
    if (s < w->stages - 1) end = w->down[s] = end + w->send_s;
    w->free[s] = end;
}

static void run_1f1b_backward(waves *w, int s) {
    double begin = s < w->stages - 1 ? later(w->free[s], w->up[s + 1]) : w->free[s], end = begin + w->backward_s[s];
    w->end[s] = end;
    if (s > 0) end = w->up[s] = end + w->send_s;
    w->free[s] = end;
}

/* Every second stage goes forward, the others back. */
static void run_1f1b(waves *w, int64_t t) {
    int last = w->stages - 1;
    int64_t from = t < 0 ? -t : t & 1, to = 2 * w->passes - 1 - t;
    for (int64_t d = from; d <= last && d <= to; d += 2) run_1f1b_forward(w, last - (int)d);
    from = (t - 1) & 1;
    if (from < t - 2 * w->passes + 1) from = t - 2 * w->passes + 1;
    for (int64_t d = from; d <= last && d < t; d += 2) run_1f1b_backward(w, last - (int)d);
}

/* ---- interleaved ------------------------------------------------------------------------------------- */

/* Passes before the last group. */
static int64_t regular_passes(const waves *w) {
    return w->chunks > 1 ? (w->micro_batches - w->group) * w->chunks : w->micro_batches;
}

/* The chunks of pass k, which may be beyond the last one, and of those before it. */
static const uint16_t *chunks_at(const waves *w, int64_t k) {
    int64_t period = (int64_t)w->stages * w->chunks, beyond = k - regular_passes(w);
    return w->chunk + (beyond < 0 ? period + k % period : 2 * period + beyond);
}

/* The pass of the chunk before, of the same micro-batch. */
static int64_t pass_before(const waves *w, int64_t k) { return k - (k < regular_passes(w) ? w->stages : w->group); }

/* A pass of the first or of the last stage. */
static void run_end_forward(waves *w, int s, int64_t k, int chunk) {
    double begin = w->free[s];
    if (s > 0)
        begin = later(begin, w->down[s - 1]);
    else if (chunk > 0)
        begin = later(begin, w->first_again[pass_before(w, k) & (w->ring - 1)]);
    w->free[s] = begin + w->forward_s[chunk * w->stages + s];
    if (s == w->stages - 1 && chunk == w->chunks - 1) return;
    w->down[s] = later(w->free[s], w->down[s]) + w->send_s;
    if (s == w->stages - 1) w->first_again[k & (w->ring - 1)] = w->down[s];
}

static void run_end_backward(waves *w, int s, int64_t k, int chunk) {
    double begin = w->free[s];
    if (s < w->stages - 1)
        begin = later(begin, w->up[s + 1]);
    else if (chunk < w->chunks - 1)
        begin = later(begin, w->last_again[pass_before(w, k) & (w->ring - 1)]);
    w->end[s] = w->free[s] = begin + w->backward_s[chunk * w->stages + s];
    if (s == 0 && chunk == 0) return;
    w->up[s] = later(w->free[s], w->up[s]) + w->send_s;
    if (s == 0) w->last_again[k & (w->ring - 1)] = w->up[s];
}

/* Stage s does pass k - s; from the last stage to the first, each sees what its neighbour sent before. */
static void run_forwards(waves *w, int64_t k) {
    int last = w->stages - 1, from = k < last ? (int)k : last;
    int64_t to = k - w->passes + 1;
    const uint16_t *chunk = chunks_at(w, k);
    int s = from;
    if (s == last && s >= to) run_end_forward(w, s, k - s, chunk[-s]), s--;
    for (; s > 0 && s >= to; s--) {
        double begin = later(w->free[s], w->down[s - 1]), end = begin + w->forward_s[chunk[-s] * w->stages + s];
        w->free[s] = end;
        w->down[s] = later(end, w->down[s]) + w->send_s;
    }
    if (s == 0 && s >= to) run_end_forward(w, 0, k, chunk[0]);
}

/* Stage s does pass k - d. */
static void run_backwards(waves *w, int64_t k) {
    int last = w->stages - 1, most = w->chunks - 1;
    int64_t from = last - k, to = last - (k - w->passes + 1);
    const uint16_t *chunk = chunks_at(w, k) - last;
    int s = from > 0 ? (int)from : 0;
    if (s == 0 && s <= to && last > 0) run_end_backward(w, 0, k - last, most - chunk[0]), s++;
    for (; s < last && s <= to; s++) {
        double begin = later(w->free[s], w->up[s + 1]), end = begin + w->backward_s[(most - chunk[s]) * w->stages + s];
        w->end[s] = w->free[s] = end;
        w->up[s] = later(end, w->up[s]) + w->send_s;
    }
    if (s == last && s <= to) run_end_backward(w, s, k, most - chunk[s]);
}

static void run_interleaved(waves *w, int64_t t) {
    if (t % 2 == 0)
        run_forwards(w, t / 2 + w->stages - 1 + (w->chunks - 1) * w->group);
    else if (t > 0)
        run_backwards(w, (t - 1) / 2);
}

/* ---- what repeats ------------------------------------------------------------------------------- */

/* Times as they were some periods ago. */
typedef struct earlier {
    double *times;
    int64_t periods, keeps; /* since then; kept for so many */
} earlier;

#define UNSETTLED 1024 /* micro-batches, in units of the stages */
#define SAME 1e-13     /* relative: what sums of so many times lose by rounding */

/* Are all times later by the same than they were? */
static bool has_shifted(const waves *w, const earlier *then, double by) {
    double most = SAME * fabs(w->times[0]);
    for (size_t i = 1; i < w->state; i++)
        if (fabs(w->times[i] - then->times[i] - by) > most) return false;
    return true;
}

static void remember(const waves *w, earlier *now) {
    memcpy(now->times, w->times, w->state * sizeof *now->times);
    now->keeps = now->keeps ? 2 * now->keeps : 1;
    now->periods = 0;
}

/* Leaves out as many times `micro_batches`, which take `shift`, as there are before the last group; next: the first forward
 * pass that has not begun anywhere. */
static void fold(waves *w, int64_t next, int64_t micro_batches, double shift) {
    int64_t times = (regular_passes(w) - next) / (micro_batches * w->chunks);
    if (times < 1) return;
    for (size_t i = 0; i < w->all; i++) w->times[i] += (double)times * shift;
    w->micro_batches -= times * micro_batches;
    w->passes -= times * micro_batches * w->chunks;
}

/* Looks once a period whether times repeat. Returns whether to look further. */
static bool look(waves *w, earlier *then, int64_t next, int64_t period) {
    bool long_enough = next > (int64_t)UNSETTLED * w->stages * w->chunks;
    double shift = w->times[0] - then->times[0];
    then->periods++;
    if (then->keeps > 0 && (has_shifted(w, then, shift) || long_enough)) {
        fold(w, next, then->periods * period, shift);
        return false;
    }
    if (then->periods > then->keeps) remember(w, then);
    return next + period * w->chunks <= regular_passes(w);
}

static void run_all(waves *w, double *then_times) {
    bool interleaved = w->chunks > 1;
    int64_t below = w->stages - 1, first = interleaved ? 2 * below : below, period = interleaved ? w->stages : 1;
    int64_t ahead = interleaved ? 2 * below + (w->chunks - 1) * w->group : below;
    earlier then = {.times = then_times};
    bool looks = true;
    for (int64_t t = first - 2 * ahead, next = first; t < first + 2 * w->passes; t++) {
        if (looks && t == next) {
            looks = look(w, &then, ahead + (t - first) / 2, period);
            next += 2 * period * w->chunks;
        }
        if (interleaved)
            run_interleaved(w, t);
        else
            run_1f1b(w, t);
    }
}

/* ---- memory ---------------------------------------------------------------------------------------- */

static void list_chunks(waves *w) {
    size_t p = (size_t)w->stages, v = (size_t)w->chunks, group = (size_t)w->group;
    for (size_t k = 0; k < 2 * p * v; k++) w->chunk[k] = (uint16_t)(k / p % v);
    for (size_t k = 0; k < group * v + p; k++) w->chunk[2 * p * v + k] = (uint16_t)(k / group % v);
}

static void start(waves *w, double *memory) {
    size_t p = (size_t)w->stages, nodes = p * (size_t)w->chunks, ring = (size_t)w->ring;
    memset(memory, 0, w->all * sizeof *memory);
    w->times = w->free = memory;
    w->down = w->free + p;
    w->up = w->down + p;
    w->end = w->up + p;
    w->first_again = w->end + p;
    w->last_again = w->first_again + ring;
    w->forward_s = w->times + w->all + w->state;
    w->backward_s = w->forward_s + nodes;
    w->chunk = (uint16_t *)(void *)(w->backward_s + nodes);
    for (size_t s = 0; s < p; s++) {
        w->free[s] = w->in->ready ? w->in->ready[s] : 0;
        for (size_t c = 0; c < (size_t)w->chunks; c++) {
            const tc_node_cost *cost = &w->in->cost[s * (size_t)w->chunks + c];
            w->forward_s[c * p + s] = cost->forward;
            w->backward_s[c * p + s] = cost->input + cost->weight;
        }
    }
    if (w->chunks > 1) list_chunks(w);
}

bool tc_runs_in_waves(const tc_placement *p) {
    const tc_layout *l = &p->layout;
    if (l->schedule == TC_SCHEDULE_GPIPE || l->schedule == TC_SCHEDULE_1F1B) return l->vpp == 1;
    return l->schedule == TC_SCHEDULE_INTERLEAVED && l->vpp > 1 && p->micro_batches >= l->pp;
}

tc_code tc_waves_run(const tc_pipeline_input *in, double *stage_end, tc_error *error) {
    const tc_layout *l = &in->placement->layout;
    int64_t m = in->placement->micro_batches;
    waves w = {.in = in,
               .stages = l->pp,
               .chunks = l->vpp,
               .ring = 8,
               .micro_batches = m,
               .group = m < 2 * l->pp ? m : l->pp + m % l->pp,
               .passes = m * l->vpp,
               .send_s = in->send_s,
               .state = 3 * (size_t)l->pp};
    while (w.ring < l->pp + 4) w.ring *= 2;
    w.all = w.state + (size_t)l->pp + 2 * (size_t)w.ring;
    size_t nodes = (size_t)l->pp * (size_t)l->vpp, listed = 2 * nodes + (size_t)(w.group * l->vpp + l->pp);
    double *memory
        = malloc((w.all + w.state + 2 * nodes) * sizeof *memory + (l->vpp > 1 ? listed * sizeof *w.chunk : 0));
    if (!memory) return tc_fail(error, TC_INTERNAL, "memory", "none is left for a timeline");
    start(&w, memory);
    if (l->schedule == TC_SCHEDULE_GPIPE)
        run_gpipe(&w);
    else
        run_all(&w, w.times + w.all);
    memcpy(stage_end, w.end, (size_t)l->pp * sizeof *stage_end);
    free(memory);
    return TC_OK;
}
