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

tc_pipeline tc_pipeline_of(const tc_costs *costs) {
    tc_pipeline line;
    memset(&line, 0, sizeof line);
    double most = -1;
    for (int s = 0; s < costs->p->layout.pp; s++) {
        tc_pass pass;
        tc_stage_pass(costs, s, &pass);
        double forward = tc_parts_sum(&pass.forward), backward = tc_parts_sum(&pass.backward), seconds = forward + backward;
        line.all_stages_s += seconds;
        if (seconds > most) {
            most = seconds;
            line.forward = pass.forward;
            line.backward = pass.backward;
            line.forward_s = forward;
            line.backward_s = backward;
            line.slowest = s;
        }
    }
    tc_parts all = line.forward;
    tc_parts_add(&all, &line.backward, 1);
    line.slowest_s = tc_parts_sum(&all);
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

double tc_bubble_seconds(const tc_layout *l, const tc_pipeline *line) {
    return bubble_share(l) * (line->all_stages_s - line->slowest_s);
}

/* Interleaved schedules overlap all sends but those of fill and drain. */
double tc_pipeline_sends(const tc_costs *costs) {
    const tc_layout *l = &costs->p->layout;
    double micro_batches = (double)costs->p->micro_batches;
    double exposed = l->vpp > 1 ? 2.0 * (l->pp - 1) : 2 * (micro_batches + l->pp - 1);
    return exposed * tc_stage_send_seconds(costs);
}

static double exposed_of(double seconds, double share, double window) {
    double hidden = share * seconds;
    return seconds - (hidden < window ? hidden : window);
}

double tc_data_parallel_exposed(const tc_stack *stack, const tc_data_parallel *d, double micro_batches, const tc_pipeline *line) {
    double overlap = stack->params.dp_overlap;
    if (d->every_micro_batch)
        return micro_batches * exposed_of(2 * d->gather + d->reduce, overlap, line->forward_s + line->backward_s) + d->replica;
    return exposed_of(d->reduce, stack->overlap_grad_reduce ? overlap : 0, line->backward_s)
           + exposed_of(d->gather, stack->overlap_param_gather ? overlap : 0, line->forward_s) + d->replica;
}

static double data_parallel(const tc_costs *costs, const tc_pipeline *line) {
    double micro_batches = (double)costs->p->micro_batches;
    int last = costs->p->layout.pp - 1;
    tc_data_parallel d = tc_data_parallel_of(costs, 0);
    double first_stage = tc_data_parallel_exposed(costs->stack, &d, micro_batches, line);
    if (last == 0) return first_stage;
    d = tc_data_parallel_of(costs, last);
    double last_stage = tc_data_parallel_exposed(costs->stack, &d, micro_batches, line);
    return first_stage > last_stage ? first_stage : last_stage;
}

double tc_straggler_seconds(const tc_stack *stack, double devices, double work_s, double bubble_s) {
    return devices > 1 ? stack->params.straggler_spread * sqrt(2 * log(devices)) * (work_s + bubble_s) : 0;
}

double tc_offload_exposed(const tc_cluster *cluster, double offloaded, double micro_batches, const tc_pipeline *line) {
    double link = cluster->accelerator.host_bytes_per_s;
    if (offloaded <= 0 || link <= 0) return 0;
    return micro_batches * (exposed_of(offloaded / link, 1, line->forward_s) + exposed_of(offloaded / link, 1, line->backward_s));
}

double tc_step_terms_sum(const tc_step_terms *t) {
    return t->work + t->host + t->bubble + t->sends + t->data_parallel + t->optimizer + t->straggler;
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

static tc_step_terms step_terms(const tc_costs *f, const tc_pipeline *line) {
    tc_step_terms t;
    double m = (double)f->p->micro_batches;
    tc_kept kept = tc_stage_kept(&f->job->model, f->p, &f->set, line->slowest);
    t.work = m * line->slowest_s;
    t.host = f->stack->params.host_s_per_step + tc_offload_exposed(f->cluster, kept.offloaded, m, line);
    t.bubble = tc_bubble_seconds(&f->p->layout, line);
    t.sends = tc_pipeline_sends(f);
    t.data_parallel = data_parallel(f, line);
    t.optimizer = tc_optimizer_seconds(f, 0);
    t.straggler = tc_straggler_seconds(f->stack, f->cluster->devices, t.work, t.bubble);
    return t;
}

static void fill_breakdown(const tc_costs *f, const tc_pipeline *line, tc_step *out) {
    tc_breakdown *b = &out->breakdown;
    double m = (double)f->p->micro_batches;
    tc_parts all = line->forward;
    tc_parts_add(&all, &line->backward, 1);
    tc_step_terms t = step_terms(f, line);
    b->gemm = m * all.gemm;
    b->attention = m * all.attention;
    b->memory_bound = m * all.memory;
    b->launch = m * all.launch;
    b->host = m * all.host + t.host;
    b->recompute = m * all.recompute;
    b->tp_comm = m * all.tp;
    b->cp_comm = m * all.cp;
    b->ep_comm = m * all.ep;
    b->bubble = t.bubble;
    b->pp_comm = t.sends;
    b->dp_comm = t.data_parallel;
    b->optimizer = t.optimizer;
    b->straggler = t.straggler;
    out->step_s = tc_step_terms_sum(&t);
}

tc_code tc_step_evaluate(const tc_job *job, const tc_cluster *cluster, const tc_placement *placement, const tc_stack *stack,
                         tc_step *out, tc_error *error) {
    tc_costs costs;
    tc_code code = tc_costs_compute(job, cluster, placement, stack, &costs, error);
    if (code) return code;
    tc_pipeline line = tc_pipeline_of(&costs);
    fill_breakdown(&costs, &line, out);
    fill_rates(&costs, out);
    out->memory = tc_memory_peak(job, cluster, placement, stack, &costs.set);
    out->fits = out->memory.reserved <= out->memory.capacity;
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
