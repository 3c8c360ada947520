/* schedule_check.c - can the slots of a schedule run, and is each there once?
 *
 * Every stage works through its slots; one that waits for another stage is looked at again when that has provided for it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "layout/schedule.h"

enum { DONE_FORWARD = 1, DONE_INPUT = 2, DONE_WEIGHT = 4 };

static tc_code fail_slot(const tc_order *order, int64_t at, int stage, const char *path, const int *line,
                         const char *what, tc_error *error) {
    const tc_slot *slot = &order->slot[at];
    char place[340];
    snprintf(place, sizeof place, "%.300s:%d", path ? path : "schedule", line ? line[stage] : stage + 1);
    return tc_fail(error, TC_INVALID, place, "%d%c%d %s", order->node[stage * order->chunks + slot->chunk].part,
                   "FBIW"[slot->kind], slot -> micro_batch, what);
}

/* What a slot lacks; NULL = it can run. *wait: another stage may yet provide it. */
static const char *slot_lacks(const tc_order *order, const unsigned char *done, int node, const tc_slot *slot,
                              bool *wait) {
    size_t m = (size_t)order->micro_batches, i = (size_t)slot->micro_batch;
    unsigned own = done[(size_t)node * m + i];
    int next = order->node[node].next, previous = order->node[node].previous;
    *wait = false;
    if (slot->kind == TC_SLOT_FORWARD) {
        if (own & DONE_FORWARD) return "comes twice; give each slot once";
        *wait = previous >= 0 && !(done[(size_t)previous * m + i] & DONE_FORWARD);
        return *wait ? "waits for ever for the forward before it; change the order" : NULL;
    }
    if (slot->kind == TC_SLOT_WEIGHT) {
        if (own & DONE_WEIGHT) return "comes twice; give each weight gradient once, by W or B";
        return own & DONE_INPUT ? NULL : "comes before its input gradient; give I first";
    }
    if (own & DONE_INPUT) return "comes twice; give each input gradient once, by I or B";
    if (!(own & DONE_FORWARD)) return "comes before its forward; give F first";
    *wait = next >= 0 && !(done[(size_t)next * m + i] & DONE_INPUT);
    return *wait ? "waits for ever for the gradient of the part after it; change the order" : NULL;
}

static const unsigned char slot_does[TC_SLOT_KINDS] = {[TC_SLOT_FORWARD] = DONE_FORWARD,
                                                       [TC_SLOT_BACKWARD] = DONE_INPUT | DONE_WEIGHT,
                                                       [TC_SLOT_INPUT] = DONE_INPUT,
                                                       [TC_SLOT_WEIGHT] = DONE_WEIGHT};

/* The check at work. */
typedef struct runner {
    const tc_order *order;
    const char *path;
    const int *line;
    unsigned char *done; /* of each node and micro-batch */
    int64_t *at;         /* of each stage: the slot that comes next */
    int *woken;          /* stages that may go on: a stack, each at most once */
    bool *wakes;         /* of each stage: it is there */
    int count;
    int64_t *looks;
} runner;

static void wake(runner *r, int stage) {
    if (r->wakes[stage]) return;
    r->wakes[stage] = true;
    r->woken[r->count++] = stage;
}

/* Wakes the stage of `node` where its next slot is this one. */
static void wake_for(runner *r, int node, bool forward, int micro_batch) {
    if (node < 0) return;
    int stage = r->order->node[node].stage;
    if (r->at[stage] == r->order->first[stage + 1]) return;
    const tc_slot *next = &r->order->slot[r->at[stage]];
    if (stage * r->order->chunks + next->chunk == node && next->micro_batch == micro_batch
        && (next->kind == TC_SLOT_FORWARD) == forward && next->kind != TC_SLOT_WEIGHT)
        wake(r, stage);
}

/* Runs a stage up to a slot that another stage has to provide for. */
static tc_code run_stage(runner *r, int s, tc_error *error) {
    const tc_order *order = r->order;
    for (; r->at[s] < order->first[s + 1]; r->at[s]++) {
        const tc_slot *slot = &order->slot[r->at[s]];
        int node = s * order->chunks + slot->chunk;
        bool wait;
        ++*r->looks;
        const char *lacks = slot_lacks(order, r->done, node, slot, &wait);
        if (wait) break;
        if (lacks) return fail_slot(order, r->at[s], s, r->path, r->line, lacks, error);
        r->done[(size_t)node * (size_t)order->micro_batches + (size_t)slot->micro_batch] |= slot_does[slot->kind];
        if (slot->kind == TC_SLOT_FORWARD) wake_for(r, order->node[node].next, true, slot->micro_batch);
        if (slot->kind == TC_SLOT_BACKWARD || slot->kind == TC_SLOT_INPUT)
            wake_for(r, order->node[node].previous, false, slot->micro_batch);
    }
    return TC_OK;
}

/* A stage is looked at again only when what it waits for is there, so that the work grows with the slots, in whatever order
 * they come. */
static tc_code run_slots(runner *r, tc_error *error) {
    const tc_order *order = r->order;
    for (int s = order->stages - 1; s >= 0; s--) wake(r, s);
    while (r->count > 0) {
        int stage = r->woken[--r->count];
        r->wakes[stage] = false;
        tc_code code = run_stage(r, stage, error);
        if (code) return code;
    }
    for (int s = 0; s < order->stages; s++) {
        if (r->at[s] == order->first[s + 1]) continue;
        const tc_slot *slot = &order->slot[r->at[s]];
        bool wait;
        return fail_slot(order, r->at[s], s, r->path, r->line,
                         slot_lacks(order, r->done, s * order->chunks + slot->chunk, slot, &wait), error);
    }
    return TC_OK;
}

/* Every part does everything for every micro-batch, or (DualPipe) nothing for those of the other direction. */
static tc_code check_complete(const tc_order *order, const unsigned char *done, const char *path, const int *line,
                              tc_error *error) {
    for (int n = 0; n < order->stages * order->chunks; n++)
        for (int i = 0; i < order->micro_batches; i++) {
            const tc_schedule_node *node = &order->node[n];
            unsigned is = done[(size_t)n * (size_t)order->micro_batches + (size_t)i];
            if (node->part < 0 || is == (DONE_FORWARD | DONE_INPUT | DONE_WEIGHT)) continue;
            if (is == 0 && order->parts < order->stages * order->chunks && !line) continue;
            char place[340];
            snprintf(place, sizeof place, "%.300s:%d", path ? path : "schedule",
                     line ? line[node->stage] : node->stage + 1);
            return tc_fail(error, TC_INVALID, place,
                           "part %d lacks the %s of micro-batch %d; give every micro-batch F and B (or I and W)",
                           node->part,
                           !(is & DONE_FORWARD) ? "forward"
                           : !(is & DONE_INPUT) ? "input gradient"
                                                : "weight gradient",
                           i);
        }
    return TC_OK;
}

tc_code tc_order_check(const tc_order *order, const char *path, const int *line, int64_t *looks, tc_error *error) {
    size_t nodes = (size_t)order->stages * (size_t)order->chunks, stages = (size_t)order->stages;
    if ((double)nodes * order->micro_batches > 1e9)
        return tc_fail(error, TC_INVALID, path ? path : "schedule", "more than 1e9 slots; give fewer micro-batches");
    int64_t count = 0;
    runner r = {.order = order, .path = path, .line = line, .looks = &count};
    r.done = calloc(nodes * (size_t)order->micro_batches, 1);
    r.at = malloc(stages * sizeof *r.at);
    r.woken = malloc(stages * sizeof *r.woken);
    r.wakes = calloc(stages, sizeof *r.wakes);
    tc_code code = TC_OK;
    if (!r.done || !r.at || !r.woken || !r.wakes)
        code = tc_fail(error, TC_INTERNAL, "memory", "none is left for a schedule");
    if (!code) {
        memcpy(r.at, order->first, stages * sizeof *r.at);
        code = run_slots(&r, error);
    }
    if (!code) code = check_complete(order, r.done, path, line, error);
    if (looks) *looks = count;
    free(r.done);
    free(r.at);
    free(r.woken);
    free(r.wakes);
    return code;
}
