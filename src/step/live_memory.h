/* live_memory.h - the bytes of a stage along its slots: what is live when, and the peak's parts. */
#ifndef TC_STEP_LIVE_MEMORY_H
#define TC_STEP_LIVE_MEMORY_H

#include "step/timeline.h"

/* What never changes during a step. */
typedef struct tc_live_fixed {
    tc_states states;
} tc_live_fixed;

/* What lives from one change to the next. */
typedef struct tc_live_point {
    double at_s;
    double activations; /* of the micro-batches in flight */
    double working;     /* the block that is recomputed, or on its way to the host */
    double logits;
    double host;   /* activations on the host */
    int in_flight; /* chunks' micro-batches */
} tc_live_point;

typedef struct tc_live_peak {
    int stage;
    double bytes; /* fixed and live, fragmentation left out */
    tc_live_fixed fixed;
    tc_live_point point;
    int64_t slot; /* of the order: what runs at the peak */
} tc_live_peak;

typedef void tc_live_visit(void *context, const tc_live_point *point, int64_t slot);

/* Walks a stage's slots and calls visit at every change. times: of all slots; start_s is added to them. */
TC_NODISCARD tc_code tc_live_walk(const tc_costs *costs, const tc_order *order, const tc_slot_time *times,
                                  double start_s, int stage, tc_live_visit *visit, void *context, tc_error *error);

tc_live_fixed tc_live_fixed_of(const tc_costs *costs, int stage);
double tc_live_bytes(const tc_live_fixed *fixed, const tc_live_point *point);

/* The highest point of a stage. */
TC_NODISCARD tc_code tc_live_peak_of(const tc_costs *costs, const tc_order *order, const tc_slot_time *times,
                                     double start_s, int stage, tc_live_peak *out, tc_error *error);

#endif
