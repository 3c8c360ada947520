/* step.c - the closed-form step: operators, collectives and memory put together.
 *
 * Each block's forward, recompute and backward are summed over its operators on
 * the device, held against the time the host needs to issue them, and given the
 * communication that stays exposed. The slowest pipeline stage sets the rhythm:
 *   step = micro-batches x slowest stage + bubble + pipeline sends
 *        + exposed gradient and parameter communication + optimizer + stragglers + host.
 * Bubble: GPipe and 1F1B wait for one pass of the other stages, interleaving
 * divides it by the virtual stages (Narayanan et al. 2021); the zero-bubble
 * schedules fill it with weight gradients (Qi et al. 2023; DeepSeek-AI 2024).
 * Stragglers: the largest of n normal ranks is sqrt(2 ln n) deviations late.
 */
#include "step/step.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "device/kernel.h"
#include "memory/memory.h"

/* Seconds of one micro-batch, by cause; they add up. */
typedef struct parts {
    double gemm, attention, memory, launch, host, recompute, tp, cp, ep;
} parts;

static double parts_sum(const parts *p) {
    return p->gemm + p->attention + p->memory + p->launch + p->host + p->recompute + p->tp + p->cp + p->ep;
}

static void parts_add(parts *sum, const parts *p, double times) {
    sum->gemm += times * p->gemm;
    sum->attention += times * p->attention;
    sum->memory += times * p->memory;
    sum->launch += times * p->launch;
    sum->host += times * p->host;
    sum->recompute += times * p->recompute;
    sum->tp += times * p->tp;
    sum->cp += times * p->cp;
    sum->ep += times * p->ep;
}

/* Device seconds and what the host needs beyond them. */
static void parts_from_seconds(const tc_seconds *s, parts *p) {
    double device = tc_seconds_device(s);
    p->gemm += s->gemm;
    p->attention += s->attention;
    p->memory += s->memory;
    p->launch += s->launch;
    if (s->host > device) p->host += s->host - device;
}

/* A block, the embedding or the head: one micro-batch forward and backward. */
typedef struct pass {
    parts forward, backward;
} pass;

typedef struct step_paths {
    tc_group_path tp, cp, dp, ep, expert_dp, pp, replica;
} step_paths;

typedef struct forecast {
    const tc_job *job;
    const tc_cluster *cluster;
    const tc_placement *p;
    const tc_stack *stack;
    tc_rates rates;
    step_paths paths;
    tc_block_set set;
    pass block[TC_MAX_BLOCKS], embedding, head;
    parts forward, backward; /* slowest stage, one micro-batch */
    double all_stages;       /* sum over the stages of one micro-batch */
} forecast;

static double group_stride_bound(double ranks) { return ranks < 1 ? 1 : ranks; }

static void find_paths(forecast *f) {
    const tc_fabric *fabric = &f->cluster->fabric;
    const tc_device_params *device = &f->cluster->accelerator.params;
    const tc_placement *p = f->p;
    f->paths.tp = tc_path_of(fabric, device, tc_tp_group(p));
    f->paths.cp = tc_path_of(fabric, device, tc_cp_group(p));
    f->paths.ep = tc_path_of(fabric, device, tc_ep_group(p));
    f->paths.pp = tc_path_of(fabric, device, tc_pp_group(p));
    tc_group dp = tc_dp_group(p), expert = tc_expert_dp_group(p);
    tc_group replica = {1, 1};
    if (p->layout.sharding == TC_SHARD_HSDP) {
        replica = (tc_group){group_stride_bound(dp.ranks / p->shard_group), dp.stride * p->shard_group};
        dp.ranks = p->shard_group;
    }
    f->paths.dp = tc_path_of(fabric, device, dp);
    f->paths.expert_dp = tc_path_of(fabric, device, expert);
    f->paths.replica = tc_path_of(fabric, device, replica);
}

/* Exposed communication of one forward (or backward) of a block. */
static void add_block_comm(const forecast *f, const tc_operators *ops, double attention_s, double rounds, parts *out) {
    const tc_placement *p = f->p;
    const tc_layout *l = &p->layout;
    const tc_stack_params *q = &f->stack->params;
    if (l->tp > 1) {
        double one = p->shard.sequence_parallel ? 2 * tc_all_gather_seconds(&f->paths.tp, ops->tp_bytes)
                                                : tc_all_reduce_seconds(&f->paths.tp, ops->tp_bytes);
        out->tp += ops->tp_collectives * one * (1 - q->tp_overlap);
    }
    if (l->cp > 1 && ops->cp_bytes > 0) {
        if (l->cp_kind == TC_CP_RING) {
            double comm = rounds * (l->cp - 1) * tc_send_seconds(&f->paths.cp, ops->cp_bytes);
            out->cp += comm > attention_s ? comm - attention_s : 0;
        } else {
            out->cp += tc_all_to_all_seconds(&f->paths.cp, ops->cp_query_bytes + ops->cp_bytes);
        }
    }
    if (l->ep > 1 && ops->ep_bytes > 0)
        out->ep += 2 * tc_all_to_all_seconds(&f->paths.ep, ops->ep_bytes) * (1 - q->ep_overlap);
}

/* Forward, recompute and backward of one block. */
static void block_pass(const forecast *f, const tc_operators *ops, pass *out) {
    const tc_layout *l = &f->p->layout;
    tc_seconds forward = {0}, backward = {0}, core = {0};
    for (int i = 0; i < ops->count; i++) {
        tc_forward_seconds(&f->rates, &ops->op[i], &forward);
        tc_backward_seconds(&f->rates, &ops->op[i], !f->job->frozen_base, &backward);
        if (ops->op[i].tag == TC_TAG_ATTENTION) tc_forward_seconds(&f->rates, &ops->op[i], &core);
    }
    memset(out, 0, sizeof *out);
    parts_from_seconds(&forward, &out->forward);
    add_block_comm(f, ops, forward.attention, 1, &out->forward);
    parts_from_seconds(&backward, &out->backward);
    add_block_comm(f, ops, backward.attention, 2, &out->backward);
    double again = 0;
    if (l->recompute == TC_RECOMPUTE_FULL) again = 1;
    if (l->recompute == TC_RECOMPUTE_LAYERS && f->p->layers > 0) again = l->recompute_layers / f->p->layers;
    out->backward.recompute = again * parts_sum(&out->forward);
    if (l->recompute == TC_RECOMPUTE_SELECTIVE) out->backward.recompute = tc_seconds_device(&core);
}

static void compute_passes(forecast *f) {
    const tc_model *model = &f->job->model;
    for (int i = 0; i < model->blocks; i++) {
        tc_block_operators(model, &model->block[i], &f->p->shard, &f->set.block[i]);
        f->set.weights[i] = tc_block_weight_count(model, &model->block[i]);
        block_pass(f, &f->set.block[i], &f->block[i]);
    }
    tc_embedding_operators(model, &f->p->shard, &f->set.embedding);
    tc_head_operators(model, &f->p->shard, f->stack->logits_bytes, &f->set.head);
    block_pass(f, &f->set.embedding, &f->embedding);
    block_pass(f, &f->set.head, &f->head);
    f->embedding.backward.recompute = f->head.backward.recompute = 0;
}

/* One micro-batch on a stage. */
static void stage_parts(const forecast *f, int stage, parts *forward, parts *backward) {
    const tc_model *model = &f->job->model;
    int counts[TC_MAX_BLOCKS], last = f->p->layout.pp - 1;
    tc_stage_blocks(model, f->p, stage, counts);
    memset(forward, 0, sizeof *forward);
    memset(backward, 0, sizeof *backward);
    for (int i = 0; i < model->blocks; i++) {
        if (!counts[i]) continue;
        parts_add(forward, &f->block[i].forward, counts[i]);
        parts_add(backward, &f->block[i].backward, counts[i]);
    }
    if (stage == 0) {
        parts_add(forward, &f->embedding.forward, 1);
        parts_add(backward, &f->embedding.backward, 1);
    }
    if (stage == last) {
        double heads = 1 + model->mtp_layers;
        parts_add(forward, &f->head.forward, heads);
        parts_add(backward, &f->head.backward, heads);
        if (model->mtp_layers > 0 && model->blocks > 0) {
            parts_add(forward, &f->block[model->blocks - 1].forward, model->mtp_layers);
            parts_add(backward, &f->block[model->blocks - 1].backward, model->mtp_layers);
        }
    }
}

static void find_slowest_stage(forecast *f) {
    double slowest = -1;
    f->all_stages = 0;
    for (int s = 0; s < f->p->layout.pp; s++) {
        parts forward, backward;
        stage_parts(f, s, &forward, &backward);
        double seconds = parts_sum(&forward) + parts_sum(&backward);
        f->all_stages += seconds;
        if (seconds > slowest) {
            slowest = seconds;
            f->forward = forward;
            f->backward = backward;
        }
    }
}

/* Share of the 1F1B bubble that a schedule leaves; forward : input : weight gradient = 1 : 1 : 1. */
static double bubble_share(const tc_layout *l) {
    switch (l->schedule) {
    case TC_SCHEDULE_INTERLEAVED: return 1.0 / l->vpp;
    case TC_SCHEDULE_ZB_H1: return 1.0 / 3;
    case TC_SCHEDULE_ZB_V: return 0;
    case TC_SCHEDULE_V_HALF: return 1.0 / 2;
    case TC_SCHEDULE_V_MIN: return 2.0 / 3;
    case TC_SCHEDULE_DUALPIPE: return 1.0 / 3;
    default: return 1;
    }
}

/* Sends between stages that compute does not hide. Interleaved schedules overlap all but fill and drain. */
static double pipeline_sends(const forecast *f) {
    const tc_layout *l = &f->p->layout;
    if (l->pp <= 1) return 0;
    double bytes = f->p->shard.sequences * f->p->shard.seq / l->cp * f->job->model.hidden * 2;
    if (f->p->shard.sequence_parallel) bytes /= l->tp;
    double send = tc_send_seconds(&f->paths.pp, bytes);
    double micro_batches = (double)f->p->micro_batches;
    double exposed = l->vpp > 1 ? 2.0 * (l->pp - 1) : 2 * (micro_batches + l->pp - 1);
    return exposed * send;
}

/* Gradient and parameter communication of one stage that stays exposed in a step. */
static double data_parallel_stage(const forecast *f, int stage, double forward_s, double backward_s) {
    const tc_layout *l = &f->p->layout;
    const tc_stack *stack = f->stack;
    tc_stage_weights w = tc_stage_weight_count(&f->job->model, f->p, &f->set, stage);
    double param = f->job->dtype == TC_FP32 ? 4 : 2, grad = f->job->dtype == TC_FP32 ? 4 : stack->grad_bytes;
    double gather = tc_all_gather_seconds(&f->paths.dp, param * w.dense) + tc_all_gather_seconds(&f->paths.expert_dp, param * w.expert);
    double scatter = tc_all_gather_seconds(&f->paths.dp, grad * w.dense) + tc_all_gather_seconds(&f->paths.expert_dp, grad * w.expert);
    double replica = tc_all_reduce_seconds(&f->paths.replica, grad * (w.dense + w.expert) / f->p->shard_group);
    double overlap = stack->params.dp_overlap, micro_batches = (double)f->p->micro_batches;
    if (f->job->frozen_base) scatter = replica = 0;
    /* with a pipeline the weights stay gathered for the step (Llama Team 2024, section 3.3.2) */
    if ((l->sharding == TC_SHARD_ZERO3 || l->sharding == TC_SHARD_HSDP) && l->pp == 1) {
        double per_micro_batch = 2 * gather + scatter, compute = forward_s + backward_s;
        double hidden = overlap * per_micro_batch;
        if (hidden > compute) hidden = compute;
        return micro_batches * (per_micro_batch - hidden) + replica;
    }
    if (f->job->frozen_base) return 0;
    double reduce = scatter;
    if (l->sharding == TC_SHARD_NONE)
        reduce = tc_all_reduce_seconds(&f->paths.dp, grad * w.dense) + tc_all_reduce_seconds(&f->paths.expert_dp, grad * w.expert);
    double hidden_reduce = stack->overlap_grad_reduce ? overlap * reduce : 0;
    if (hidden_reduce > backward_s) hidden_reduce = backward_s;
    double exposed = reduce - hidden_reduce;
    if (l->sharding != TC_SHARD_NONE) {
        double hidden_gather = stack->overlap_param_gather ? overlap * gather : 0;
        if (hidden_gather > forward_s) hidden_gather = forward_s;
        exposed += gather - hidden_gather;
    }
    return exposed;
}

static double data_parallel(const forecast *f) {
    double forward_s = parts_sum(&f->forward), backward_s = parts_sum(&f->backward);
    int last = f->p->layout.pp - 1;
    double first_stage = data_parallel_stage(f, 0, forward_s, backward_s);
    if (last == 0) return first_stage;
    double last_stage = data_parallel_stage(f, last, forward_s, backward_s);
    return first_stage > last_stage ? first_stage : last_stage;
}

/* AdamW reads gradient, master weight and two moments, writes three and the 16-bit copy;
 * clipping reads the gradient once more. Offloaded states cross the host link both ways. */
static double optimizer_seconds(const forecast *f) {
    if (f->job->frozen_base) return 0;
    const tc_layout *l = &f->p->layout;
    tc_stage_weights w = tc_stage_weight_count(&f->job->model, f->p, &f->set, 0);
    double expert_ranks = tc_expert_dp_group(f->p).ranks;
    double expert_group = f->p->shard_group < expert_ranks ? f->p->shard_group : expert_ranks;
    double elements = w.dense / f->p->shard_group + w.expert / expert_group;
    double state = f->stack->optimizer_bytes, grad = f->stack->main_grad_bytes;
    double seconds = elements * (2 * state + 2 * grad + 2) / f->rates.memory;
    double link = f->cluster->accelerator.host_bytes_per_s;
    if (l->offload == TC_OFFLOAD_STATES && link > 0) seconds += elements * 2 * state / link;
    if (l->offload == TC_OFFLOAD_OPTIMIZER) {
        /* the step runs on the host: gradients out, states through the host's memory, weights back */
        seconds = elements * (2 * state + grad + 2) / f->cluster->accelerator.params.host_memory_bytes_per_s;
        if (link > 0) seconds += elements * (grad + 2) / link;
    }
    return seconds;
}

static void fill_rates(const forecast *f, tc_step *out) {
    const tc_job *job = f->job;
    const tc_placement *p = f->p;
    double devices = f->cluster->devices, tokens = (double)p->global_batch * p->seq;
    out->tokens_per_step = tokens;
    out->tokens_per_s_per_device = tokens / out->step_s / devices;
    for (int c = TC_FLOPS_6ND; c <= TC_FLOPS_HARDWARE; c++)
        out->model_flops[c] = tokens * tc_model_flops_per_token(&job->model, p->seq, (tc_flops_convention)c, p->layout.recompute,
                                                                p->layout.recompute_layers);
    double peak = f->cluster->accelerator.matmul_flops[job->dtype];
    if (peak <= 0) peak = f->cluster->accelerator.matmul_flops[job->dtype == TC_BF16 ? TC_FP16 : TC_BF16];
    out->tflops_per_device = out->model_flops[TC_FLOPS_FULL] / out->step_s / devices / 1e12;
    out->mfu_pct = peak > 0 ? 100e12 * out->tflops_per_device / peak : 0;
    out->hfu_pct = out->mfu_pct * out->model_flops[TC_FLOPS_HARDWARE] / out->model_flops[TC_FLOPS_FULL];
}

static void fill_breakdown(const forecast *f, tc_step *out) {
    tc_breakdown *b = &out->breakdown;
    double m = (double)f->p->micro_batches;
    parts all = f->forward;
    parts_add(&all, &f->backward, 1);
    b->gemm = m * all.gemm;
    b->attention = m * all.attention;
    b->memory_bound = m * all.memory;
    b->launch = m * all.launch;
    b->host = m * all.host + f->stack->params.host_s_per_step;
    b->recompute = m * all.recompute;
    b->tp_comm = m * all.tp;
    b->cp_comm = m * all.cp;
    b->ep_comm = m * all.ep;
    double slowest = parts_sum(&all);
    b->bubble = bubble_share(&f->p->layout) * (f->all_stages - slowest);
    b->pp_comm = pipeline_sends(f);
    b->dp_comm = data_parallel(f);
    b->optimizer = optimizer_seconds(f);
    double ranks = f->cluster->devices;
    b->straggler = ranks > 1 ? f->stack->params.straggler_spread * sqrt(2 * log(ranks)) * (m * slowest + b->bubble) : 0;
    out->step_s = m * slowest + f->stack->params.host_s_per_step + b->bubble + b->pp_comm + b->dp_comm + b->optimizer + b->straggler;
}

tc_code tc_step_evaluate(const tc_job *job, const tc_cluster *cluster, const tc_placement *placement, const tc_stack *stack,
                         tc_step *out, tc_error *error) {
    forecast f;
    f.job = job;
    f.cluster = cluster;
    f.p = placement;
    f.stack = stack;
    tc_code code = tc_rates_of(&cluster->accelerator, stack, job->dtype, &f.rates, error);
    if (code) return code;
    find_paths(&f);
    compute_passes(&f);
    find_slowest_stage(&f);
    fill_breakdown(&f, out);
    fill_rates(&f, out);
    out->memory = tc_memory_peak(job, cluster, placement, stack, &f.set);
    out->fits = out->memory.device <= out->memory.capacity;
    out->layout = placement->layout;
    out->global_batch = placement->global_batch;
    out->micro_batches = placement->micro_batches;
    return TC_OK;
}

tc_code tc_step_predict(const tc_job *job, const tc_cluster *cluster, const tc_layout *layout, const tc_stack *stack,
                        tc_step *out, tc_error *error) {
    memset(out, 0, sizeof *out);
    tc_placement placement;
    tc_code code = tc_layout_resolve(job, cluster, layout, stack, &placement, out->assumed, &out->assumed_count, error);
    if (code) return code;
    return tc_step_evaluate(job, cluster, &placement, stack, out, error);
}
