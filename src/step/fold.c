/* fold.c - a step of any number of micro-batches in the time of a short one.
 *
 * What is yet to come after an instant depends on the order of the slots from there on, and on when the slots and sends that
 * are under way then will end. Where all of these are later by the same L than q periods before, the next q periods take L
 * again, and so do all until the last forwards: the events are max-plus linear (Baccelli et al. 1992, chapter 3), so that a long
 * step is a short one and a multiple of L. The short one is run once and looked at while the first stage does its last forwards.
 * Ignored: pipelines that have not settled within 256 p micro-batches go on at their last pace.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "step/timeline.h"
#include "step/waves.h"

#define UNSETTLED 256 /* micro-batches, in units of the stages */
#define SAME 1e-12    /* relative: what is at the same instant but for rounding */

/* A short step. */
typedef struct sample {
    tc_order order;
    tc_slot_time *time;
    int64_t *under_way; /* of each stage: its first slot that is sent after the instant */
    int64_t *to_come;   /* of each stage: its first slot that begins then */
    double at;          /* the instant */
    int shift;          /* micro-batches of a chunk in a period */
} sample;

static void free_sample(sample *s) {
    tc_order_free(&s->order);
    free(s->time);
    free(s->under_way);
}

static tc_code run_sample(const tc_pipeline_input *in, int64_t m, double *stage_end, sample *out, tc_error *error) {
    *out = (sample){.at = 0};
    tc_code code = tc_placement_order(in->placement, m, &out->order, error);
    if (code) return code;
    size_t slots = (size_t)out->order.first[out->order.stages], stages = (size_t)out->order.stages;
    out->time = malloc(slots * sizeof *out->time);
    out->under_way = malloc(2 * stages * sizeof *out->under_way);
    out->to_come = out->under_way + stages;
    out->shift = tc_holds_mirror(in->placement) ? out->order.period / 2 : out->order.period;
    tc_timeline_input input
        = {.order = &out->order, .cost = in->cost, .send_s = in->send_s, .sends = in->sends, .ready = in->ready};
    code = out->time && out->under_way ? tc_timeline_run(&input, out->time, stage_end, NULL, error)
                                       : tc_fail(error, TC_INTERNAL, "memory", "none is left for a timeline");
    if (code) free_sample(out);
    return code;
}

/* The first stage's forward of its first chunk for a micro-batch; -1: there is none. */
static int64_t find_forward(const tc_order *o, int64_t micro_batch) {
    for (int64_t i = o->first[1] - 1; i >= 0; i--)
        if (o->slot[i].kind == TC_SLOT_FORWARD && o->slot[i].chunk == 0 && o->slot[i].micro_batch == micro_batch)
            return i;
    return -1;
}

/* What is under way at the instant. */
static void cut(sample *s, double at) {
    const tc_order *o = &s->order;
    double before = at * (1 - SAME);
    s->at = at;
    for (int stage = 0; stage < o->stages; stage++) {
        int64_t i = o->first[stage + 1];
        while (i > o->first[stage] && s->time[i - 1].begin >= before) i--;
        s->under_way[stage] = s->to_come[stage] = i;
        for (; i > o->first[stage]; i--)
            if (s->time[i - 1].sent > before || s->time[i - 1].end > before) s->under_way[stage] = i - 1;
    }
}

static bool same_slot(const tc_slot *a, const tc_slot *b, int shift) {
    return a->chunk == b->chunk && a->kind == b->kind && a->paired == b->paired
           && a->micro_batch == b->micro_batch + shift;
}

/* Was the stage `by` seconds before, some periods, as it is at the instant; and does it go on alike for one period? */
static bool stage_repeats(const sample *s, int stage, double by, int periods) {
    const tc_order *o = &s->order;
    int64_t first = o->first[stage], last = o->first[stage + 1], now = s->to_come[stage], then = now;
    double tolerance = SAME * s->at, before = (s->at - by) * (1 - SAME);
    while (then > first && s->time[then - 1].begin >= before) then--;
    int64_t slots = now - then, until = now + slots / periods;
    if (slots < periods || until > last || s->under_way[stage] - slots < first || now + 2 > last) return false;
    for (int64_t i = s->under_way[stage]; i < now + 2; i++)
        if (fabs(s->time[i].end - s->time[i - slots].end - by) > tolerance
            || fabs(s->time[i].sent - s->time[i - slots].sent - by) > tolerance)
            return false;
    int forwards = 0; /* GPipe has the others elsewhere, where they would have to be left out as well */
    for (int64_t i = then; i < now; i++) forwards += o->slot[i].kind == TC_SLOT_FORWARD;
    if (forwards != periods * s->shift * o->chunks) return false;
    for (int64_t i = s->under_way[stage]; i < until; i++)
        if (!same_slot(&o->slot[i], &o->slot[i - slots], periods * s->shift)) return false;
    return true;
}

/* Finds the least number of periods after which all stages repeat, and its seconds; 0: none. */
static int find_cycle(sample *s, double *seconds) {
    const tc_order *o = &s->order;
    int forwards = s->shift < o->period ? o->micro_batches - o->micro_batches / 2 : o->micro_batches;
    int64_t here = forwards - 1 - s->shift, at = find_forward(o, here);
    if (at < 0) return 0;
    cut(s, s->time[at].begin);
    for (int periods = 1; here - (int64_t)periods * s->shift >= 0 && periods <= 2 * o->stages; periods++) {
        int64_t then = find_forward(o, here - (int64_t)periods * s->shift);
        if (then < 0) return 0;
        *seconds = s->at - s->time[then].begin;
        int stage = 0;
        while (stage < o->stages && stage_repeats(s, stage, *seconds, periods)) stage++;
        if (stage == o->stages) return periods;
    }
    return 0;
}

static tc_code run_whole(const tc_pipeline_input *in, int64_t m, double *stage_end, tc_error *error) {
    tc_order order;
    tc_code code = tc_placement_order(in->placement, m, &order, error);
    if (code) return code;
    tc_timeline_input input
        = {.order = &order, .cost = in->cost, .send_s = in->send_s, .sends = in->sends, .ready = in->ready};
    code = tc_timeline_run(&input, NULL, stage_end, NULL, error);
    tc_order_free(&order);
    return code;
}

/* A pipeline that has not settled, at its last pace. */
static tc_code go_on(const tc_pipeline_input *in, int64_t base, double *stage_end, tc_error *error) {
    int stages = in->placement->layout.pp;
    int64_t more = 4 * stages, left = in->placement->micro_batches - base - more;
    double before = stage_end[0];
    tc_code code = run_whole(in, base + more, stage_end, error);
    double pace = (stage_end[0] - before) / (double)more;
    for (int s = 0; s < stages && !code; s++) stage_end[s] += pace * (double)left;
    return code;
}

static tc_code run_once(const tc_pipeline_input *in, double *stage_end, tc_error *error) {
    const tc_layout *l = &in->placement->layout;
    if (!in->sends && tc_runs_in_waves(in->placement)) return tc_waves_run(in, stage_end, error);
    int64_t m = in->placement->micro_batches, stages = l->pp, fill = tc_schedule_facts_of(l->schedule).fill;
    if (l->schedule == TC_SCHEDULE_CUSTOM) return run_whole(in, m, stage_end, error);
    for (int64_t base = fill * stages + 4;; base *= 2) {
        base += (m - base) % 2; /* as DualPipe asks, whose period is two */
        if (base + base / 4 >= m) return run_whole(in, m, stage_end, error);
        sample s;
        tc_code code = run_sample(in, base, stage_end, &s, error);
        if (code) return code;
        double seconds;
        int periods = find_cycle(&s, &seconds);
        int64_t each = (int64_t)periods * s.order.period, times = periods ? (m - base) / each : 0;
        free_sample(&s);
        if (periods == 0 && base > UNSETTLED * stages) return go_on(in, base, stage_end, error);
        if (periods == 0) continue;
        if ((m - base) % each) code = run_whole(in, base + (m - base) % each, stage_end, error);
        for (int i = 0; i < stages && !code; i++) stage_end[i] += (double)times * seconds;
        return code;
    }
}

/* A pipeline that is emptied begins again where stage 0, which began it, ends: the last of all. */
tc_code tc_pipeline_run(const tc_pipeline_input *in, double *stage_end, tc_error *error) {
    int64_t rounds = tc_pipeline_rounds(in->placement);
    if (rounds <= 1) return run_once(in, stage_end, error);
    tc_placement placement = *in->placement;
    placement.micro_batches /= rounds;
    placement.layout.flush = TC_UNSET;
    tc_pipeline_input one = *in;
    one.placement = &placement;
    one.ready = NULL;
    tc_code code = run_once(&one, stage_end, error);
    if (code) return code;
    double round = stage_end[0];
    one.ready = in->ready; /* the first waits for weights */
    code = run_once(&one, stage_end, error);
    for (int s = 0; s < placement.layout.pp && !code; s++) stage_end[s] += (double)(rounds - 1) * round;
    return code;
}
