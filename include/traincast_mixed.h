/* traincast_mixed.h - chapter of traincast.h: one job on several pools (tc_cluster with others).
 *
 * tc_forecast() answers such a question with the step of all; here is what each pool has of it.
 * Example: docs/examples/c/mixed.c. */
#ifndef TRAINCAST_MIXED_H
#define TRAINCAST_MIXED_H

#include "traincast.h"

/* What a pool does in a step. */
typedef struct tc_pool_share {
    tc_step step;          /* its layout, its memory, and how long it works on its share, alone */
    int devices;           /* that it uses */
    int64_t sequences;     /* of the global batch; across a pipeline all of them */
    int64_t micro_batches; /* of a rank, the most */
    double weight;         /* of its gradient in the sum: by its sequences, else the loss is biased */
    double fixed_s;        /* of a step, whatever its share is; data parallel */
    double each_s;         /* more for one more micro-batch on each rank; across a pipeline, of its slowest stage */
    double waits_s;        /* of the step: for the others, for the link, for what mixing costs */
    double alone_s;        /* all of the batch on this pool alone; 0: not known (across a pipeline) */
    int first_stage, stages, layers; /* across a pipeline */
    int stage_layers[64];            /* of each of its first stages */
} tc_pool_share;

typedef struct tc_mixed {
    tc_step step; /* of all: memory is that of the pool that is least likely to hold its share */
    int pools;    /* the question's own first */
    tc_pool_share share[TC_MAX_POOLS];
    int last;          /* the pool that the others wait for */
    double link_bytes; /* over the link in a step, one direction */
    double link_s;     /* that they take */
    double exposed_s;  /* of this, what no pool computes meanwhile */
    double ideal_s;    /* the step, if software lost nothing by mixing kinds */
    double efficiency; /* of the software: ideal_s / step_s */
    double of_parts;   /* throughput over the sum of what the pools have alone, each with its share; 0: not known */
    double egress_usd; /* of a step */
} tc_mixed;

/* Forecasts one step of a question with several pools. TC_INVALID as tc_forecast; its places are "--accelerator NAME: ..." where
 * a pool's own layout is impossible. A pool that could do not even one micro-batch in the time of the others has none. */
TC_API TC_NODISCARD tc_code tc_forecast_mixed(const tc_question *question, tc_mixed *out, tc_error *error);

/* What one change of a mixed job would give. */
typedef struct tc_mixed_change {
    char what[128];          /* "twice the link", "without h20", "h20 10 % faster" */
    double step_s, gain_pct; /* of throughput; of a step of the same batch */
} tc_mixed_change;

#define TC_MIXED_CHANGES (3 + 2 * TC_MAX_POOLS)

/* Forecasts again with each: twice the link, software that loses nothing, each pool faster or left out; what is impossible is
 * not told. The largest gain first. Returns how many. */
TC_API int tc_mixed_changes(const tc_question *question, const tc_mixed *mixed, tc_mixed_change out[TC_MIXED_CHANGES]);

/* Pool i of the question as a cluster of its own: 0 is the first. */
TC_API tc_question tc_question_of_pool(const tc_question *question, int i);
/* The same as a pool beside others. */
TC_API tc_pool tc_pool_of_question(const tc_question *question, int i);
/* Devices of all pools. */
TC_API int tc_cluster_devices(const tc_cluster *cluster);

#endif
