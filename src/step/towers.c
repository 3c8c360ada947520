/* towers.c - the towers of a model beside its embedding: seconds, bytes and FLOPs of a micro-batch.
 *
 * Each operator runs as those of the main stack do. Trained towers have a forward and a whole backward; frozen ones a
 * forward, and the gradients of their inputs where a trained part stands behind them; cached ones nothing.
 * They run once a micro-batch on the pipeline's first stage, before its blocks; ranks of tensor and context parallelism run the same, or share
 * out frozen ones where a stack has each encode other samples (`shared_towers`). */
#include "step/towers.h"

#include <string.h>

void tc_tower_part_of(const tc_costs *costs, int tower, int part, tc_tower_part *out) {
    const tc_job *job = &costs->q->job;
    const tc_model *model = &job->model;
    const tc_tower *t = &model->tower[tower];
    bool trained = tc_tower_trained(t, job->frozen_base);
    tc_tower_work work = tc_tower_work_of(model, &costs->p->images, tower);
    out->split = tc_tower_split(t, &costs->q->stack, costs->p->layout.tp);
    tc_shard shard = tc_tower_shard(&costs->p->shard, &work, out->split, trained);
    bool backward = tc_tower_backward(model, tower, job->frozen_base);
    out->shared = 1;
    if (costs->q->stack.kernels.shared_towers && !backward)
        out->shared = costs->p->shard.cp * (out->split > 1 ? 1 : costs->p->layout.tp);
    shard.sequences /= out->shared;
    tc_tower_operators(model, tower, part, &work, &shard, &out->ops);
    out->times = part < t->blocks ? t->block[part].count : 1;
    out->gradients = trained ? TC_GRADIENTS_OF_ALL : backward ? TC_GRADIENTS_OF_INPUTS : TC_GRADIENTS_NONE;
    bool first = part == t->blocks && t->blocks == 0 && t->after > 0
                 && !tc_tower_backward(model, t->after - 1, job->frozen_base);
    for (int i = 0; first && i < out->ops.count; i++)
        if (out->ops.op[i].kind == TC_OP_GEMM) out->ops.op[i].gemm.leaf = true, first = false;
    if (work.units > 0 && (work.tokens > 0 || t->flops > 0))
        tc_operators_pass(costs, &out->ops, out->gradients, &out->pass);
    else
        memset(&out->pass, 0, sizeof out->pass);
}

void tc_add_towers(tc_costs *costs) {
    const tc_model *model = &costs->q->job.model;
    const tc_again core = {.core = true};
    memset(&costs->set.towers, 0, sizeof costs->set.towers);
    costs->towers_again[0] = costs->towers_again[1] = 0;
    for (int i = 0; i < model->towers; i++)
        for (int part = 0; part <= model->tower[i].blocks && tc_tower_runs(&costs->q->job, &costs->q->stack, i);
             part++) {
            tc_tower_part p;
            tc_tower_part_of(costs, i, part, &p);
            tc_pass_add(&costs->embedding, &p.pass, p.times);
            tc_tower_sums_add(&costs->set, &costs->q->stack, &p.ops, p.times, p.split,
                              costs->p->shard.sequences / p.shared, (int)p.gradients);
            if (p.gradients == TC_GRADIENTS_NONE) continue;
            costs->towers_again[0] += p.times * p.pass.again_s;
            costs->towers_again[1] += p.times * tc_operators_again(costs, &p.ops, &core);
        }
}

double tc_tower_flops(const tc_costs *costs, tc_flops_convention convention) {
    const tc_tower_sums *t = &costs->set.towers;
    int recompute = costs->p->layout.recompute;
    double sum = 0;
    for (int gradients = 0; gradients < 3; gradients++) {
        double without = convention == TC_FLOPS_6ND ? t->core_flops[gradients] : 0, core = t->core_flops[gradients];
        /* the scores have two products in the backward pass, of which none is a weight's */
        double times = gradients == 0 ? 1 : gradients == 1 ? 2 : 3;
        sum += times * (t->flops[gradients] - without) + (gradients == 1 ? core - without : 0);
        if (convention != TC_FLOPS_HARDWARE || gradients == 0) continue;
        if (recompute == TC_RECOMPUTE_FULL) sum += t->flops[gradients];
        if (recompute == TC_RECOMPUTE_SELECTIVE) sum += core;
    }
    return sum;
}
