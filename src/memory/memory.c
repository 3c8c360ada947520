/* memory.c - parameters, gradients, optimizer states, activations, logits, buffers.
 *
 * Mixed-precision Adam keeps 2 bytes a parameter, a gradient of 2 or 4, and a
 * master copy with two moments (12 bytes), each split over the data-parallel
 * group by the ZeRO stage (Rajbhandari et al. 2020). Activations are the sum of
 * what every operator keeps for its backward, times the micro-batches in flight
 * on the stage (Narayanan et al. 2021); full recompute keeps the block's input
 * and, once, the block in work.
 */
#include "memory/memory.h"

tc_stage_weights tc_stage_weight_count(const tc_model *model, const tc_placement *p, const tc_block_set *set, int stage) {
    const tc_layout *l = &p->layout;
    int counts[TC_MAX_BLOCKS];
    tc_stage_weights w = {0, 0};
    tc_stage_blocks(model, p, stage, counts);
    for (int i = 0; i < model->blocks; i++) {
        const tc_block_weights *b = &set->weights[i];
        w.dense += counts[i] * (b->tensor_parallel / l->tp + b->replicated);
        w.expert += counts[i] * b->expert / ((double)l->ep * l->etp);
    }
    tc_model_size size = tc_model_count(model);
    bool first = stage == 0, last = stage == l->pp - 1;
    if (first) w.dense += size.embedding_parameters / l->tp;
    if (last) {
        w.dense += size.head_parameters / l->tp;
        if (model->tied_embeddings && !first) w.dense += (double)model->vocab * model->hidden / l->tp;
        if (model->mtp_layers > 0 && model->blocks > 0) {
            const tc_block_weights *b = &set->weights[model->blocks - 1];
            w.dense += model->mtp_layers * (b->tensor_parallel / l->tp + b->replicated);
            w.expert += model->mtp_layers * b->expert / ((double)l->ep * l->etp);
        }
    }
    return w;
}

/* Bytes that one block keeps per micro-batch. */
static double block_saved(const tc_operators *ops, int recompute) {
    if (recompute == TC_RECOMPUTE_FULL) return ops->block_input_bytes;
    double sum = 0;
    for (int i = 0; i < ops->count; i++) {
        const tc_operator *op = &ops->op[i];
        bool dropped = recompute == TC_RECOMPUTE_SELECTIVE && op->tag == TC_TAG_ATTENTION && op->kind != TC_OP_GEMM
                       && op->kind != TC_OP_ATTENTION;
        if (!dropped) sum += op->saved_bytes;
    }
    return sum;
}

static void stage_activations(const tc_model *model, const tc_placement *p, const tc_block_set *set, int stage, tc_memory *m) {
    const tc_layout *l = &p->layout;
    int counts[TC_MAX_BLOCKS];
    tc_stage_blocks(model, p, stage, counts);
    double per_micro_batch = 0, working = 0, share = 0;
    if (l->recompute == TC_RECOMPUTE_LAYERS && p->layers > 0) share = l->recompute_layers / p->layers;
    for (int i = 0; i < model->blocks; i++) {
        const tc_operators *ops = &set->block[i];
        double all = block_saved(ops, TC_RECOMPUTE_NONE), saved = block_saved(ops, l->recompute);
        if (l->recompute == TC_RECOMPUTE_LAYERS) saved = share * ops->block_input_bytes + (1 - share) * all;
        per_micro_batch += counts[i] * saved;
        bool recomputes = l->recompute == TC_RECOMPUTE_FULL || share > 0;
        if (recomputes && counts[i] > 0 && all > working) working = all;
    }
    m->activations = per_micro_batch * tc_micro_batches_in_flight(p, stage) + working;
    if (stage == l->pp - 1)
        for (int i = 0; i < set->head.count; i++) m->logits += set->head.op[i].saved_bytes;
}

static tc_memory stage_memory(const tc_job *job, const tc_placement *p, const tc_stack *stack, const tc_block_set *set, int stage) {
    const tc_layout *l = &p->layout;
    tc_memory m = {.stage = stage};
    tc_stage_weights w = tc_stage_weight_count(&job->model, p, set, stage);
    double param_bytes = job->dtype == TC_FP32 ? 4 : 2;
    double expert_group = tc_expert_dp_group(p).ranks;
    double dense_group = p->shard_group, split_expert = p->shard_group < expert_group ? p->shard_group : expert_group;
    bool zero3 = l->sharding == TC_SHARD_ZERO3 || l->sharding == TC_SHARD_HSDP, zero2 = zero3 || l->sharding == TC_SHARD_ZERO2;
    bool zero1 = zero2 || l->sharding == TC_SHARD_ZERO1;
    double sharded = w.dense / dense_group + w.expert / split_expert, whole = w.dense + w.expert;
    m.parameters = param_bytes * (zero3 ? sharded : whole);
    if (!job->frozen_base) {
        m.gradients = stack->main_grad_bytes * (zero2 ? sharded : whole);
        m.optimizer = l->offload != TC_OFFLOAD_NONE ? 0 : stack->optimizer_bytes * (zero1 ? sharded : whole);
    }
    if (zero3 && p->layers > 0) {
        double layers = (double)p->layers / l->pp;
        m.buffers += 2 * param_bytes * whole / (layers > 1 ? layers : 1); /* the block in work and the one prefetched */
    }
    stage_activations(&job->model, p, set, stage, &m);
    if (l->offload_activations) m.activations = 0;
    m.allocated = m.parameters + m.gradients + m.optimizer + m.activations + m.logits + m.buffers;
    m.fragmentation = stack->params.fragmentation * (m.activations + m.logits + m.buffers);
    m.framework = stack->params.framework_bytes;
    m.reserved = m.allocated + m.fragmentation;
    m.device = m.reserved + m.framework;
    return m;
}

tc_memory tc_memory_peak(const tc_job *job, const tc_cluster *cluster, const tc_placement *p, const tc_stack *stack,
                         const tc_block_set *set) {
    tc_memory peak = stage_memory(job, p, stack, set, 0);
    int last = p->layout.pp - 1;
    /* activations fall with the stage, embedding and head sit at the ends: the peak is at one of these */
    const int candidates[] = {1, last / 2, last - 1, last};
    for (size_t i = 0; i < sizeof candidates / sizeof candidates[0]; i++) {
        if (candidates[i] <= 0 || candidates[i] > last) continue;
        tc_memory m = stage_memory(job, p, stack, set, candidates[i]);
        if (m.device > peak.device) peak = m;
    }
    peak.capacity = cluster->accelerator.memory_bytes;
    return peak;
}
