/* step.c - the closed-form step: the costs of a micro-batch put together by a schedule.
 *
 * The slowest pipeline stage sets the rhythm:
 *   step = micro-batches x slowest stage + bubble + pipeline sends
 *        + exposed gradient and parameter communication + optimizer + stragglers + host.
 * Bubble: GPipe and 1F1B wait for one pass of the other stages, interleaving
 * divides it by the virtual stages (Narayanan et al. 2021); the zero-bubble
 * schedules fill it with weight gradients (Qi et al. 2023; DeepSeek-AI 2024).
 * Stragglers: the largest of n normal ranks is sqrt(2 ln n) deviations late.
 */
#include "step/step.h"

#include <math.h>
#include <string.h>

#include "step/costs.h"

/* The pipeline as the closed form sees it. */
typedef struct pipeline {
    tc_parts forward, backward; /* slowest stage, one micro-batch */
    double all_stages;          /* sum over the stages of one micro-batch, s */
} pipeline;

static pipeline find_slowest_stage(const tc_costs *costs) {
    pipeline line;
    memset(&line, 0, sizeof line);
    double slowest = -1;
    for (int s = 0; s < costs->p->layout.pp; s++) {
        tc_pass pass;
        tc_stage_pass(costs, s, &pass);
        double seconds = tc_parts_sum(&pass.forward) + tc_parts_sum(&pass.backward);
        line.all_stages += seconds;
        if (seconds > slowest) {
            slowest = seconds;
            line.forward = pass.forward;
            line.backward = pass.backward;
        }
    }
    return line;
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
static double pipeline_sends(const tc_costs *costs) {
    const tc_layout *l = &costs->p->layout;
    double micro_batches = (double)costs->p->micro_batches;
    double exposed = l->vpp > 1 ? 2.0 * (l->pp - 1) : 2 * (micro_batches + l->pp - 1);
    return exposed * tc_stage_send_seconds(costs);
}

static double exposed_of(double seconds, double share, double window) {
    double hidden = share * seconds;
    return seconds - (hidden < window ? hidden : window);
}

/* Gradient and parameter communication of one stage that stays exposed in a step. */
static double data_parallel_stage(const tc_costs *costs, const pipeline *line, int stage) {
    const tc_stack *stack = costs->stack;
    double forward_s = tc_parts_sum(&line->forward), backward_s = tc_parts_sum(&line->backward);
    double overlap = stack->params.dp_overlap, micro_batches = (double)costs->p->micro_batches;
    tc_data_parallel d = tc_data_parallel_of(costs, stage);
    if (d.every_micro_batch)
        return micro_batches * exposed_of(2 * d.gather + d.reduce, overlap, forward_s + backward_s) + d.replica;
    return exposed_of(d.reduce, stack->overlap_grad_reduce ? overlap : 0, backward_s)
           + exposed_of(d.gather, stack->overlap_param_gather ? overlap : 0, forward_s) + d.replica;
}

static double data_parallel(const tc_costs *costs, const pipeline *line) {
    int last = costs->p->layout.pp - 1;
    double first_stage = data_parallel_stage(costs, line, 0);
    if (last == 0) return first_stage;
    double last_stage = data_parallel_stage(costs, line, last);
    return first_stage > last_stage ? first_stage : last_stage;
}

static void fill_rates(const tc_costs *f, tc_step *out) {
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

static void fill_breakdown(const tc_costs *f, const pipeline *line, tc_step *out) {
    tc_breakdown *b = &out->breakdown;
    double m = (double)f->p->micro_batches;
    tc_parts all = line->forward;
    tc_parts_add(&all, &line->backward, 1);
    b->gemm = m * all.gemm;
    b->attention = m * all.attention;
    b->memory_bound = m * all.memory;
    b->launch = m * all.launch;
    b->host = m * all.host + f->stack->params.host_s_per_step;
    b->recompute = m * all.recompute;
    b->tp_comm = m * all.tp;
    b->cp_comm = m * all.cp;
    b->ep_comm = m * all.ep;
    double slowest = tc_parts_sum(&all);
    b->bubble = bubble_share(&f->p->layout) * (line->all_stages - slowest);
    b->pp_comm = pipeline_sends(f);
    b->dp_comm = data_parallel(f, line);
    b->optimizer = tc_optimizer_seconds(f, 0);
    double ranks = f->cluster->devices;
    b->straggler = ranks > 1 ? f->stack->params.straggler_spread * sqrt(2 * log(ranks)) * (m * slowest + b->bubble) : 0;
    out->step_s = m * slowest + f->stack->params.host_s_per_step + b->bubble + b->pp_comm + b->dp_comm + b->optimizer + b->straggler;
}

tc_code tc_step_evaluate(const tc_job *job, const tc_cluster *cluster, const tc_placement *placement, const tc_stack *stack,
                         tc_step *out, tc_error *error) {
    tc_costs costs;
    tc_code code = tc_costs_compute(job, cluster, placement, stack, &costs, error);
    if (code) return code;
    pipeline line = find_slowest_stage(&costs);
    fill_breakdown(&costs, &line, out);
    fill_rates(&costs, out);
    out->memory = tc_memory_peak(job, cluster, placement, stack, &costs.set);
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
