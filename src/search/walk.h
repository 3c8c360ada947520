/* walk.h - evaluates all configurations of one shape.
 *
 * What several configurations share is computed once, by the functions that tc_step_estimate (the closed
 * form) calls too, in the same order, so that both give the same bits: operators and collectives for the shape;
 * weights, data-parallel traffic and optimizer for its stages; the pipeline for a recompute; the bubble
 * for a schedule. A single configuration is then a few sums. */
#ifndef TC_SEARCH_WALK_H
#define TC_SEARCH_WALK_H

#include "search/best.h"
#include "search/space.h"

/* A sharding under given stages. */
typedef struct tc_sharding_costs {
    tc_placement placement;
    tc_states states[2][TC_PEAK_STAGES]; /* [optimizer states offloaded?][stage] */
    int traffics;
    tc_data_parallel traffic[TC_TRAFFIC_STAGES];
    double optimizer[3]; /* by what is on the host: nothing, states, states and step */
    double exposed[4];   /* by overlap bits, for the recompute at hand */
} tc_sharding_costs;

typedef struct tc_walk_counts {
    int64_t evaluated, pruned, too_large, host_too_small, refused;
} tc_walk_counts;

/* The bound of shapes that are placed alike on fewer devices, over the seconds of a micro-batch on all stages. */
typedef struct tc_fewer_bound {
    int variant, tp, cp, ep, etp, micro_batch; /* tp 0: nothing yet */
    double per_second;
} tc_fewer_bound;

#define TC_FEWER_BOUNDS 1024

/* One thread's room; nothing is allocated while walking. */
typedef struct tc_walker {
    const tc_space *space;
    double capacity, host_share; /* bytes of the device and, for what is offloaded, of its server; HUGE_VAL: any */
    tc_question q;               /* with the variant's batch, format and devices, and the layout that is resolved */
    tc_costs costs;
    tc_placement placement; /* the shape with recompute and schedule, no sharding */
    tc_choices choices;
    tc_chunk_kinds kinds; /* of the stages at hand */
    tc_sharding_costs sharding[TC_SHARDINGS_MAX];
    int peaks, peak[TC_PEAK_STAGES];
    tc_states lean[TC_PEAK_STAGES];        /* of each of them the least that any sharding and offload keeps */
    bool fitted;                           /* something may fit on the stages at hand */
    tc_stage_share share[TC_PEAK_STAGES];  /* of the peaks */
    tc_fewer_bound fewer[TC_FEWER_BOUNDS]; /* by a mix of their degrees */
    tc_walk_counts counts;
    tc_error error;
} tc_walker;

/* The walker is left ready for any shape of the space. */
void tc_walker_start(tc_walker *walker, const tc_space *space);

/* Of a space of fewer devices: the least seconds of a sequence in a group of shapes. */
void tc_walk_seconds(tc_walker *walker, int64_t group);

/* A bound below the objective of all configurations of the shape; HUGE_VAL if no layout can be resolved. */
double tc_walk_bound(tc_walker *walker, int64_t index);

/* Offers every configuration of shape number `index` to the list; prunes those that are proven worse than what
 * a full list would take, unless the search is exhaustive. */
void tc_walk_shape(tc_walker *walker, int64_t index, tc_best_list *list);

#endif
