/* step.c - the step: the costs of a micro-batch put together by a schedule.
 *
 *   step = pipeline (micro-batches x slowest stage, bubble, sends) + exposed gradient and parameter
 *        communication + optimizer + stragglers + host.
 * The pipeline's time: closed_form.c for GPipe, 1F1B and interleaving, else the timeline.
 * Stragglers: the largest of n normal ranks is sqrt(2 ln n) deviations late.
 */
#include "step/step.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "step/closed_form.h"
#include "step/timeline.h"

/* Seconds of a stage, whole and by first and last chunk; the pass is that of the whole stage. */
static tc_stage_seconds stage_seconds(const tc_costs *costs, int stage, int chunks, tc_pass *pass) {
    tc_stage_pass(costs, stage, pass);
    tc_stage_seconds t = {.forward = tc_parts_sum(&pass->forward), .backward = tc_parts_sum(&pass->backward)};
    t.first_forward = t.last_forward = t.forward;
    t.first_backward = t.last_backward = t.backward;
    if (chunks == 1) return t;
    tc_pass chunk;
    tc_chunk_pass(costs, tc_chunk_of(costs->p, stage, 0), &chunk);
    t.first_forward = tc_parts_sum(&chunk.forward);
    t.first_backward = tc_parts_sum(&chunk.backward);
    tc_chunk_pass(costs, tc_chunk_of(costs->p, stage, chunks - 1), &chunk);
    t.last_forward = tc_parts_sum(&chunk.forward);
    t.last_backward = tc_parts_sum(&chunk.backward);
    return t;
}

/* No chunk of another stage is slower than any of the slowest stage, but for a small difference such as an embedding:
 * the closed form of interleaving then holds, since one stage sets the rhythm in every phase. */
static bool one_stage_leads(const tc_costs *costs, int stages, int chunks, int slowest) {
    const double slack = 1.01;
    double forward[2] = {HUGE_VAL, 0}, backward[2] = {HUGE_VAL, 0}; /* least of the slowest stage, most of the others */
    for (int s = 0; s < stages; s++)
        for (int c = 0; c < chunks; c++) {
            tc_pass pass;
            tc_chunk_pass(costs, tc_chunk_of(costs->p, s, c), &pass);
            double f = tc_parts_sum(&pass.forward), b = tc_parts_sum(&pass.backward);
            if (s == slowest) {
                forward[0] = f < forward[0] ? f : forward[0];
                backward[0] = b < backward[0] ? b : backward[0];
            } else {
                forward[1] = f > forward[1] ? f : forward[1];
                backward[1] = b > backward[1] ? b : backward[1];
            }
        }
    return forward[1] <= slack * forward[0] && backward[1] <= slack * backward[0];
}

/* The closed form that goes with the chunks: is there one for schedule i? */
static bool has_form(const tc_costs *costs, int i, int chunks) {
    int stages = costs->p->layout.pp;
    if (stages > TC_CLOSED_STAGES || costs->p->layout.schedule == TC_SCHEDULE_CUSTOM) return false;
    return stages == 1 || (i == TC_SCHEDULE_INTERLEAVED ? chunks > 1 : chunks == 1);
}

static void find_forms(const tc_costs *costs, const tc_stage_seconds *stage, int chunks, tc_pipeline *line) {
    for (int i = 0; i <= TC_SCHEDULE_INTERLEAVED; i++)
        if (has_form(costs, i, chunks)) line->form_s[i] = tc_closed_form(i, stage, costs->p->layout.pp, chunks, costs->p->micro_batches, line->send_s);
}

/* Where the forms are exact. */
static void close_forms(const tc_costs *costs, const tc_stage_seconds *stage, int chunks, tc_pipeline *line) {
    int stages = costs->p->layout.pp;
    int64_t m = costs->p->micro_batches;
    bool interleaved = chunks > 1 && m >= 2 * (int64_t)stages && m % stages == 0 && costs->p->layers % (stages * chunks) == 0
                       && one_stage_leads(costs, stages, chunks, line->slowest);
    for (int i = 0; i <= TC_SCHEDULE_INTERLEAVED; i++) {
        bool holds = i != TC_SCHEDULE_INTERLEAVED || interleaved || stages == 1;
        if (!holds || line->form_s[i] < 0) continue;
        line->closed_s[i] = line->form_s[i];
        line->compute_s[i] = tc_closed_form(i, stage, stages, chunks, m, 0);
    }
}

static tc_pipeline find_pipeline(const tc_costs *costs, bool exact) {
    tc_pipeline line;
    memset(&line, 0, sizeof line);
    line.costs = costs;
    line.send_s = tc_stage_send_seconds(costs);
    for (int i = 0; i <= TC_SCHEDULE_INTERLEAVED; i++) line.closed_s[i] = line.compute_s[i] = line.form_s[i] = -1;
    tc_stage_seconds stage[TC_CLOSED_STAGES];
    int chunks = tc_stage_chunks(costs->p), last = costs->p->layout.pp - 1;
    double most = -1;
    for (int s = 0; s <= last; s++) {
        tc_pass pass;
        tc_stage_seconds t = stage_seconds(costs, s, chunks, &pass);
        if (s < TC_CLOSED_STAGES) stage[s] = t;
        line.all_stages_s += t.forward + t.backward;
        if (s < last && s < TC_FILL_STAGES) {
            line.fill_s[s + 1] = line.fill_s[s] + t.first_forward + line.send_s;
            line.drain_s[s + 1] = line.drain_s[s] + t.first_backward + line.send_s;
        }
        if (t.forward + t.backward > most) {
            most = t.forward + t.backward;
            line.forward = pass.forward;
            line.backward = pass.backward;
            line.forward_s = t.forward;
            line.backward_s = t.backward;
            line.slowest = s;
        }
    }
    tc_parts all = line.forward;
    tc_parts_add(&all, &line.backward, 1);
    line.slowest_s = tc_parts_sum(&all);
    find_forms(costs, stage, chunks, &line);
    if (exact) close_forms(costs, stage, chunks, &line);
    return line;
}

tc_pipeline tc_pipeline_of(const tc_costs *costs) { return find_pipeline(costs, true); }

tc_pipeline tc_pipeline_sketch(const tc_costs *costs) { return find_pipeline(costs, false); }

static bool is_closed(const tc_layout *l, const tc_pipeline *line) {
    return l->schedule <= TC_SCHEDULE_INTERLEAVED && line->closed_s[l->schedule] >= 0;
}

double tc_pipeline_seconds(const tc_layout *l, const tc_pipeline *line) {
    if (is_closed(l, line)) return line->closed_s[l->schedule];
    tc_placement placement = *line->costs->p;
    placement.layout = *l;
    tc_costs costs = *line->costs;
    costs.p = &placement;
    double seconds;
    return tc_pipeline_timeline(&costs, &seconds, NULL) == TC_OK ? seconds : HUGE_VAL;
}

static double bubble_of(const tc_pipeline *line, double seconds) {
    double work = (double)line->costs->p->micro_batches * line->slowest_s, sends = tc_pipeline_sends(line->costs);
    double beyond = seconds - work - sends;
    return beyond > 0 ? beyond : 0;
}

double tc_bubble_seconds(const tc_layout *l, const tc_pipeline *line) { return bubble_of(line, tc_pipeline_seconds(l, line)); }

double tc_bubble_estimate(const tc_layout *l, const tc_pipeline *line) {
    bool form = l->schedule <= TC_SCHEDULE_INTERLEAVED && line->form_s[l->schedule] >= 0;
    return bubble_of(line, form ? line->form_s[l->schedule] : tc_pipeline_seconds(l, line));
}

double tc_pipeline_sends(const tc_costs *costs) {
    const tc_layout *l = &costs->p->layout;
    bool waits = l->schedule == TC_SCHEDULE_1F1B || l->schedule == TC_SCHEDULE_GPIPE;
    return waits && l->vpp == 1 ? (double)costs->p->micro_batches * tc_stage_send_seconds(costs) : 0;
}

static double exposed_of(double seconds, double share, double window) {
    double hidden = share * seconds;
    return seconds - (hidden < window ? hidden : window);
}

double tc_data_parallel_exposed(const tc_stack *stack, const tc_data_parallel *stage, int stages, double micro_batches, const tc_pipeline *line) {
    double overlap = stack->params.dp_overlap, begin = 0, end = 0;
    for (int i = 0; i < stages; i++) {
        const tc_data_parallel *d = &stage[i];
        if (d->every_micro_batch)
            return micro_batches * exposed_of(2 * d->gather + d->reduce, overlap, line->forward_s + line->backward_s)
                   + exposed_of(d->replica, stack->overlap_grad_reduce ? overlap : 0, line->backward_s);
        /* a later stage waits for its first micro-batch, and for the earlier stages after its last */
        int at = d->stage < TC_FILL_STAGES ? d->stage : TC_FILL_STAGES;
        double times = at > 0 ? (double)d->stage / at : 0;
        double gather = exposed_of(d->gather, stack->overlap_param_gather ? overlap : 0, line->forward_s) - times * line->fill_s[at];
        double reductions = d->reduce_every_micro_batch ? micro_batches : 1;
        double behind = stack->overlap_grad_reduce ? overlap : 0;
        double reduce = reductions * exposed_of(d->reduce, behind, line->backward_s) + exposed_of(d->replica, behind, line->backward_s)
                        - times * line->drain_s[at];
        if (gather > begin) begin = gather;
        if (reduce > end) end = reduce;
    }
    return begin + end;
}

static double data_parallel(const tc_costs *costs, const tc_pipeline *line) {
    int stages[TC_TRAFFIC_STAGES], count = tc_traffic_stages(costs, stages);
    tc_data_parallel traffic[TC_TRAFFIC_STAGES];
    for (int i = 0; i < count; i++) traffic[i] = tc_data_parallel_of(costs, stages[i]);
    return tc_data_parallel_exposed(costs->stack, traffic, count, (double)costs->p->micro_batches, line);
}

double tc_step_host_seconds(const tc_stack *stack, const tc_placement *placement) {
    return placement->optimizer == TC_OPTIMIZER_NONE ? 0 : stack->params.host_s_per_step;
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

/* What sends add to the slots: the pipeline with them, and without. */
static double sends_of(const tc_layout *l, const tc_pipeline *line, double beyond) {
    double added = is_closed(l, line) ? line->closed_s[l->schedule] - line->compute_s[l->schedule] : 2 * (l->pp - 1) * line->send_s;
    return added < beyond ? added : beyond;
}

static tc_step_terms step_terms(const tc_costs *f, const tc_pipeline *line, bool estimate) {
    tc_step_terms t;
    double m = (double)f->p->micro_batches;
    tc_kept kept = tc_stage_kept(&f->job->model, f->p, &f->set, line->slowest);
    t.work = m * line->slowest_s;
    t.host = tc_step_host_seconds(f->stack, f->p) + tc_offload_exposed(f->cluster, kept.offloaded, m, line);
    t.bubble = estimate ? tc_bubble_estimate(&f->p->layout, line) : tc_bubble_seconds(&f->p->layout, line);
    t.sends = tc_pipeline_sends(f);
    t.data_parallel = data_parallel(f, line);
    t.optimizer = tc_optimizer_longest(f);
    t.straggler = tc_straggler_seconds(f->stack, f->cluster->devices, t.work, t.bubble);
    return t;
}

static void fill_breakdown(const tc_costs *f, const tc_pipeline *line, tc_step *out) {
    tc_breakdown *b = &out->breakdown;
    double m = (double)f->p->micro_batches;
    tc_parts all = line->forward;
    tc_parts_add(&all, &line->backward, 1);
    tc_step_terms t = step_terms(f, line, false);
    b->gemm = m * all.gemm;
    b->attention = m * all.attention;
    b->memory_bound = m * all.memory;
    b->launch = m * all.launch;
    b->host = m * all.host + t.host;
    b->recompute = m * all.recompute;
    b->tp_comm = m * all.tp;
    b->cp_comm = m * all.cp;
    b->ep_comm = m * all.ep;
    b->pp_comm = sends_of(&f->p->layout, line, t.bubble + t.sends);
    b->bubble = t.bubble + t.sends - b->pp_comm;
    b->dp_comm = t.data_parallel;
    b->optimizer = t.optimizer;
    b->straggler = t.straggler;
    out->step_s = tc_step_terms_sum(&t);
}

static void fill_memory(const tc_costs *f, tc_step *out) {
    out->memory = tc_memory_peak(f->job, f->cluster, f->p, f->stack, &f->set);
    out->fits = out->memory.reserved <= out->memory.capacity;
    out->layout = f->p->layout;
    out->global_batch = f->p->global_batch;
    out->micro_batches = f->p->micro_batches;
}

tc_code tc_step_evaluate(const tc_job *job, const tc_cluster *cluster, const tc_placement *placement, const tc_stack *stack,
                         tc_step *out, tc_error *error) {
    tc_costs costs;
    tc_code code = tc_costs_compute(job, cluster, placement, stack, &costs, error);
    if (code) return code;
    tc_pipeline line = tc_pipeline_of(&costs);
    fill_breakdown(&costs, &line, out);
    if (!isfinite(out->step_s)) return tc_fail(error, TC_INTERNAL, "memory", "none is left for a timeline");
    fill_rates(&costs, out);
    fill_memory(&costs, out);
    return TC_OK;
}

tc_code tc_step_estimate(const tc_job *job, const tc_cluster *cluster, const tc_placement *placement, const tc_stack *stack,
                         tc_step *out, tc_error *error) {
    tc_costs costs;
    tc_code code = tc_costs_compute(job, cluster, placement, stack, &costs, error);
    if (code) return code;
    tc_pipeline line = tc_pipeline_sketch(&costs);
    tc_step_terms t = step_terms(&costs, &line, true);
    memset(out, 0, sizeof *out);
    out->step_s = tc_step_terms_sum(&t);
    fill_rates(&costs, out);
    fill_memory(&costs, out);
    return TC_OK;
}

/* The closed form's terms, those of the pipeline and of data parallelism as the timeline has them. */
static void take_times(const tc_layout *l, const tc_pipeline *line, const tc_step_times *t, tc_step *out) {
    tc_breakdown *b = &out->breakdown;
    b->pp_comm = sends_of(l, line, t->bubble_s + t->sends_s);
    b->bubble = t->bubble_s + t->sends_s - b->pp_comm;
    b->optimizer = t->optimizer_s;
    b->straggler = t->straggler_s;
    b->dp_comm = 0;
    out->step_s = t->step_s;
    double rest = b->gemm + b->attention + b->memory_bound + b->launch + b->recompute + b->tp_comm + b->cp_comm + b->ep_comm + b->pp_comm
                  + b->bubble + b->optimizer + b->straggler + b->host;
    b->dp_comm = t->step_s - rest;
    if (b->dp_comm < 0) b->bubble += b->dp_comm, b->dp_comm = 0;
}

tc_code tc_step_from_costs(const tc_costs *costs, tc_step *out, tc_step_times *times, tc_error *error) {
    tc_code code = tc_step_times_of(costs, times, error);
    if (code) return code;
    tc_pipeline line = tc_pipeline_of(costs);
    fill_breakdown(costs, &line, out);
    take_times(&costs->p->layout, &line, times, out);
    fill_rates(costs, out);
    fill_memory(costs, out);
    return TC_OK;
}

tc_code tc_step_predict(const tc_job *job, const tc_cluster *cluster, const tc_layout *layout, const tc_stack *stack,
                        tc_step *out, tc_error *error) {
    memset(out, 0, sizeof *out);
    tc_placement placement;
    tc_code code = tc_layout_resolve(job, cluster, layout, stack, &placement, out->assumed, &out->assumed_count, error);
    if (code) return code;
    tc_costs costs;
    code = tc_costs_compute(job, cluster, &placement, stack, &costs, error);
    if (code) return code;
    tc_step_times times;
    code = tc_step_from_costs(&costs, out, &times, error);
    if (!code) tc_step_times_free(&times);
    return code;
}
