/* live_memory.c - live bytes along the timeline.
 *
 * A forward brings what its chunk keeps of the micro-batch, and the head its logits; the backward (where
 * weight gradients run apart: the weight gradient) lets them go. While a backward runs, the block that is
 * recomputed lives once more in full. Weights, gradients and optimizer states are there throughout.
 * Ignored: buffers inside a single operator.
 */
#include "step/live_memory.h"

#include <stdlib.h>

#include "base/error.h"

tc_live_fixed tc_live_fixed_of(const tc_costs *costs, int stage) {
    tc_stage_weights weights = tc_stage_weight_count(&costs->q->job.model, costs->p, &costs->set, stage);
    return (tc_live_fixed){tc_stage_states(costs->q, costs->p, weights)};
}

double tc_live_bytes(const tc_live_fixed *fixed, const tc_live_point *p) {
    const tc_states *s = &fixed->states;
    return s->parameters + s->optimizer + s->buffers + s->framework
           + tc_backward_bytes(s, p->activations + p->working + p->logits);
}

/* What each chunk of a stage keeps of a micro-batch. NULL: no memory is left. */
static tc_kept *kept_by_chunk(const tc_costs *costs, const tc_order *order, int stage) {
    tc_kept *kept = calloc((size_t)order->chunks, sizeof *kept);
    for (int c = 0; kept && c < order->chunks; c++) {
        int part = order->node[stage * order->chunks + c].part; /* of the model */
        if (part >= 0) kept[c] = tc_chunk_kept(&costs->q->job.model, costs->p, &costs->set, part);
        if (costs->q->stack.memory.chunked_loss) kept[c].logits = 0;
    }
    return kept;
}

tc_code tc_live_walk(const tc_costs *costs, const tc_order *order, const tc_slot_time *times, double start_s, int stage,
                     tc_live_visit *visit, void *context, tc_error *error) {
    tc_live_point now = {.at_s = start_s};
    tc_kept *kept = kept_by_chunk(costs, order, stage);
    if (!kept) return tc_fail(error, TC_INTERNAL, "memory", "none is left for the live bytes of a stage");
    visit(context, &now, -1);
    for (int64_t i = order->first[stage]; i < order->first[stage + 1]; i++) {
        const tc_slot *slot = &order->slot[i];
        const tc_kept *k = &kept[slot->chunk];
        bool forward = slot->kind == TC_SLOT_FORWARD,
             frees = slot->kind == TC_SLOT_BACKWARD || slot->kind == TC_SLOT_WEIGHT;
        now.at_s = start_s + times[i].begin;
        if (forward) {
            now.activations += k->per_micro_batch;
            now.logits += k->logits;
            now.in_flight++;
        }
        now.working = slot->kind == TC_SLOT_WEIGHT ? 0 : tc_kept_for_now(k, now.in_flight);
        visit(context, &now, i);
        if (forward && k->offloaded <= 0 && k->working <= 0) continue;
        now.at_s = start_s + times[i].end;
        now.working = 0;
        if (forward) now.host += k->offloaded;
        if (slot->kind == TC_SLOT_BACKWARD || slot->kind == TC_SLOT_INPUT) now.logits -= k->logits;
        if (frees) {
            now.activations -= k->per_micro_batch;
            now.host -= k->offloaded;
            now.in_flight--;
        }
        visit(context, &now, i);
    }
    free(kept);
    return TC_OK;
}

static void keep_peak(void *context, const tc_live_point *point, int64_t slot) {
    tc_live_peak *peak = context;
    double bytes = tc_live_bytes(&peak->fixed, point);
    if (bytes <= peak->bytes) return;
    peak->bytes = bytes;
    peak->point = *point;
    peak->slot = slot;
}

tc_code tc_live_peak_of(const tc_costs *costs, const tc_order *order, const tc_slot_time *times, double start_s,
                        int stage, tc_live_peak *out, tc_error *error) {
    *out = (tc_live_peak){.stage = stage, .bytes = -1, .fixed = tc_live_fixed_of(costs, stage), .slot = -1};
    return tc_live_walk(costs, order, times, start_s, stage, keep_peak, out, error);
}
