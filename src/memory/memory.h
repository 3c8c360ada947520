/* memory.h - what the fullest device holds, to the byte. No time here. */
#ifndef TC_MEMORY_MEMORY_H
#define TC_MEMORY_MEMORY_H

#include "layout/layout.h"

/* The operators of each run of blocks, computed once per forecast. */
typedef struct tc_block_set {
    tc_operators block[TC_MAX_BLOCKS];
    tc_block_weights weights[TC_MAX_BLOCKS];
    tc_operators embedding, head;
} tc_block_set;

/* Weight elements on one rank of a stage: dense (split by tp, replicated) and expert. */
typedef struct tc_stage_weights {
    double dense, expert;
} tc_stage_weights;

tc_stage_weights tc_stage_weight_count(const tc_model *model, const tc_placement *placement, const tc_block_set *set, int stage);

/* The fullest stage and what it holds. */
tc_memory tc_memory_peak(const tc_job *job, const tc_cluster *cluster, const tc_placement *placement, const tc_stack *stack,
                         const tc_block_set *set);

#endif
