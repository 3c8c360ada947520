/* towers.h - what the towers of a model cost a micro-batch, where its embedding is. */
#ifndef TC_STEP_TOWERS_H
#define TC_STEP_TOWERS_H

#include "step/costs.h"

/* One part of a tower on a rank (workload/towers.h): its operators and their pass, and how many of them there are. */
typedef struct tc_tower_part {
    tc_operators ops;
    tc_pass pass;
    tc_gradients gradients;
    double times, split; /* of its matrices */
    double shared;       /* context-parallel ranks that share out its work */
} tc_tower_part;

void tc_tower_part_of(const tc_costs *costs, int tower, int part, tc_tower_part *out);

/* FLOPs of all towers, a sample, forward and backward: by a convention. */
double tc_tower_flops(const tc_costs *costs, tc_flops_convention convention);

#endif
