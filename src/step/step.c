/* step.c - the step: the costs of a micro-batch put together by a schedule.
 *
 *   step = pipeline (micro-batches x slowest stage, bubble, sends) + exposed gradient and parameter
 *        communication + optimizer + stragglers + host.
 * The pipeline's time: closed_form.c for GPipe, 1F1B and interleaving, else the timeline.
 */
#include "step/step.h"

#include <math.h>
#include <string.h>

#include "base/formats.h"
#include "step/towers.h"
#include "workload/finetune.h"

static double bubble_of(const tc_pipeline *line, double seconds) {
    double work = (double)line->costs->p->micro_batches * line->slowest_s, sends = tc_pipeline_sends(line->costs);
    double beyond = seconds - work - sends;
    return beyond > 0 ? beyond : 0;
}

bool tc_bubble_has_form(const tc_layout *l, const tc_pipeline *line) {
    return l->schedule < TC_SCHEDULE_CUSTOM && line->form_s[l->schedule] >= 0;
}

TC_APART static double bubble_of_timeline(const tc_layout *l, const tc_pipeline *line) {
    tc_placement placement = *line->costs->p;
    placement.layout = *l;
    tc_costs costs = *line->costs;
    costs.p = &placement;
    double seconds;
    return tc_pipeline_timeline(&costs, &seconds, NULL) == TC_OK ? bubble_of(line, seconds) : HUGE_VAL;
}

double tc_bubble_estimate(const tc_layout *l, const tc_pipeline *line) {
    if (tc_bubble_has_form(l, line)) return bubble_of(line, line->form_s[l->schedule]);
    return bubble_of_timeline(l, line);
}

static void find_traffic(const tc_costs *costs, tc_step_traffic *out) {
    tc_stage_load heavy[TC_TRAFFIC_STAGES];
    out->count = tc_traffic_stages(costs, heavy);
    for (int i = 0; i < out->count; i++) out->stage[i] = tc_data_parallel_of(costs, &heavy[i]);
    out->optimizer_s = tc_optimizer_seconds(costs, &heavy[out->count - 1]) + tc_most_paging_seconds(costs);
}

/* By the closed form. */
static tc_step_terms terms_of_form(const tc_costs *costs, const tc_pipeline *line, const tc_step_traffic *traffic,
                                   double bubble_s, bool offloads) {
    const tc_stack *stack = &costs->q->stack;
    double m = (double)costs->p->micro_batches;
    tc_step_terms t = {.work = m * line->slowest_s,
                       .host = tc_step_host_seconds(stack, costs->p),
                       .bubble = bubble_s,
                       .pp_comm = tc_pipeline_sends(costs)};
    t.straggler = tc_late_seconds(costs->q, costs->p, costs->q->cluster.devices, t.work);
    if (offloads) {
        double bytes = tc_stage_kept(&costs->q->job.model, costs->p, &costs->set, line->slowest).offloaded;
        tc_round out = tc_offload_exposed(&costs->q->cluster, bytes, (tc_round){line->forward_s, line->backward_s});
        t.on_host = m * (out.forward + out.backward);
        t.host += t.on_host;
    }
    t.dp_comm = tc_data_parallel_exposed(stack, costs->p->layout.overlap, traffic->stage, traffic->count, m, line);
    t.optimizer = traffic->optimizer_s;
    return t;
}

/* By the timeline: what is left of its step is gradients and weights. */
static tc_step_terms terms_of_times(const tc_costs *costs, const tc_pipeline *line, const tc_step_times *times) {
    tc_step_terms t = {.work = (double)costs->p->micro_batches * line->slowest_s,
                       .on_host = times->offload_s,
                       .host = times->host_s + times->offload_s,
                       .bubble = times->bubble_s,
                       .pp_comm = times->sends_s,
                       .optimizer = times->optimizer_s,
                       .straggler = times->straggler_s};
    t.dp_comm = times->step_s - tc_step_terms_sum(&t);
    if (t.dp_comm >= 0) return t;
    /* waits for the host link of another stage than the one whose work is shown */
    double elsewhere = fmin(-t.dp_comm, times->offload_s);
    t.host -= elsewhere;
    t.on_host -= elsewhere;
    t.bubble += t.dp_comm + elsewhere;
    t.dp_comm = 0;
    return t;
}

static void fill_rates(const tc_costs *costs, tc_step *out) {
    const tc_job *job = &costs->q->job;
    const tc_placement *p = costs->p;
    tc_preference_figures objective = tc_preference_of(&job->finetune);
    double devices = costs->q->cluster.devices, sequences = (double)p->global_batch * objective.sequences;
    double tokens = sequences * p->shard.seq; /* those computed, padding included */
    tc_training training = {.frozen = job->frozen_base,
                            .embeddings = job->finetune.embeddings,
                            .no_head = !objective.head,
                            .forwards = objective.reference + objective.forwards};
    out->tokens_per_step = job->finetune.mean_tokens > 0 ? sequences * job->finetune.mean_tokens : tokens;
    out->tokens_per_s_per_device = out->tokens_per_step / out->step_s / devices;
    for (int c = TC_FLOPS_6ND; c <= TC_FLOPS_HARDWARE; c++)
        out->model_flops[c] = tokens
                              * tc_flops_by((tc_flops_convention)c, &job->model, &costs->set.counts,
                                            p->layout.recompute, p->layout.recompute_layers, &training);
    for (int c = TC_FLOPS_6ND; c <= TC_FLOPS_HARDWARE && job->model.towers > 0; c++)
        out->model_flops[c] += (double)p->global_batch * tc_tower_flops(costs, (tc_flops_convention)c);
    double peak = tc_peak_flops(&costs->q->cluster.accelerator, job->dtype);
    out->tflops_per_device = out->model_flops[TC_FLOPS_FULL] / out->step_s / devices / 1e12;
    out->mfu_pct = peak > 0 ? 100e12 * out->tflops_per_device / peak : 0;
    out->hfu_pct
        = out->mfu_pct
          * (out->model_flops[TC_FLOPS_HARDWARE] / out->model_flops[TC_FLOPS_FULL]); /* never below it by rounding */
}

/* Of the optimizer's step, what states on the host add. */
TC_APART static double states_share(const tc_costs *costs) {
    tc_stage_load heavy[TC_TRAFFIC_STAGES];
    const tc_stage_load *last = &heavy[tc_traffic_stages(costs, heavy) - 1];
    tc_placement placement = *costs->p;
    tc_costs device = *costs;
    placement.layout.offload = TC_OFFLOAD_NONE;
    device.p = &placement;
    double all = tc_optimizer_seconds(costs, last);
    return all > 0 ? 1 - tc_optimizer_seconds(&device, last) / all : 0;
}

/* What waits for the host: its link, its memory, the optimizer's step there. Sums of a step have it in host and optimizer. */
static void move_offload(const tc_costs *costs, const tc_step_terms *t, tc_breakdown *b) {
    const tc_layout *l = &costs->p->layout;
    double states = 0;
    if (tc_step_on_host(l))
        states = t->optimizer;
    else if (tc_states_on_host(l))
        states = t->optimizer * states_share(costs);
    else if (costs->q->job.finetune.paged)
        states = fmin(tc_most_paging_seconds(costs), t->optimizer);
    b->host -= t->on_host;
    b->optimizer -= states;
    b->offload = t->on_host + states;
}

/* added: seconds that sends add to the slots. */
static void fill_breakdown(const tc_costs *costs, const tc_pipeline *line, const tc_step_terms *t, double added,
                           tc_breakdown *b) {
    double m = (double)costs->p->micro_batches, waits = t->bubble + t->pp_comm;
#define OF_SLOTS(member, label, loss, bound, feature) b->member = m * (line->forward.member + line->backward.member);
#define OF_STEP(member, label, loss, bound, feature) b->member = t->member;
    TC_SLOT_PARTS(OF_SLOTS)
    TC_STEP_PARTS(OF_STEP)
    b->host += t->host;
    b->pp_comm = fmin(added, waits);
    b->bubble = waits - b->pp_comm;
    move_offload(costs, t, b);
}

static void fill_step(const tc_costs *costs, double step_s, tc_step *out) {
    const tc_placement *p = costs->p;
    out->step_s = step_s;
    fill_rates(costs, out);
    out->layout = p->layout;
    out->global_batch = p->global_batch;
    out->micro_batches = p->micro_batches;
}

static void fill_memory(const tc_costs *costs, tc_step *out) {
    out->memory = tc_memory_peak(costs->q, costs->p, &costs->set);
    out->fits = out->memory.reserved <= out->memory.usable; /* until the forecast knows how likely: forecast/fits.c */
}

static void fill_timed(const tc_costs *costs, const tc_pipeline *line, const tc_step_times *times, tc_step *out) {
    double added
        = line->closed_s >= 0 ? line->closed_s - line->compute_s : 2 * (costs->p->layout.pp - 1) * line->send_s;
    tc_step_terms t = terms_of_times(costs, line, times);
    fill_breakdown(costs, line, &t, added, &out->breakdown);
    fill_step(costs, times->step_s, out);
}

tc_code tc_step_timed(const tc_costs *costs, tc_step *out, tc_step_times *times, tc_error *error) {
    tc_code code = tc_step_times_of(costs, times, error);
    if (code) return code;
    tc_pipeline line = tc_pipeline_of(costs);
    fill_timed(costs, &line, times, out);
    fill_memory(costs, out);
    return TC_OK;
}

/* The parts are those of the stage with the most work; rates are of its pool and the caller's to put right; memory is left out. */
tc_code tc_step_joint(const tc_joint *joint, tc_step *out, tc_step_times *times, tc_error *error) {
    tc_code code = tc_step_times_joint(joint, times, error);
    if (code) return code;
    int slowest = 0;
    for (int s = 1; s < times->stages; s++)
        if (times->stage[s].work_s > times->stage[slowest].work_s) slowest = s;
    const tc_costs *costs = joint->stage[slowest];
    tc_pass pass;
    tc_stage_pass(costs, slowest, &pass);
    tc_pipeline line = {.forward = pass.forward,
                        .backward = pass.backward,
                        .forward_s = tc_parts_sum(&pass.forward),
                        .backward_s = tc_parts_sum(&pass.backward),
                        .slowest = slowest,
                        .send_s = times->send_s,
                        .closed_s = -1,
                        .costs = costs};
    line.slowest_s = line.forward_s + line.backward_s;
    fill_timed(costs, &line, times, out);
    return TC_OK;
}

/* The ends of a step are exact where all wait for stage 0, which begins first and ends last: for its weights and for its
 * gradients. The others begin at least `fill` later and end at least `drain` earlier; one that holds as much as the one
 * before it waits less. */
static bool first_stage_leads(const tc_costs *costs, const tc_pipeline *line, double optimizer_s) {
    tc_stage_load before = {.stage = -1};
    tc_exposed_traffic first = {.gather = 0};
    for (int s = 0; s < costs->p->layout.pp; s++) {
        tc_stage_load load = tc_stage_load_of(costs, s);
        if (s > 0 && load.weights.dense == before.weights.dense && load.weights.expert == before.weights.expert)
            continue;
        before = load;
        if (tc_optimizer_seconds(costs, &load) + tc_paging_seconds(costs, &load) > optimizer_s) return false;
        tc_data_parallel d = tc_data_parallel_of(costs, &load);
        int at = s < TC_FILL_STAGES ? s : TC_FILL_STAGES - 1;
        tc_exposed_traffic e = tc_traffic_exposed(&costs->q->stack, costs->p->layout.overlap, &d,
                                                  at == s ? line->free[at] : (tc_round){0, 0});
        if (s == 0) first = e;
        if (e.gather > first.gather + line->fill_s[at]
            || e.reduce + e.replica > first.reduce + first.replica + line->drain_s[at])
            return false;
    }
    return true;
}

void tc_step_form_of(const tc_costs *costs, tc_step_form *out) {
    tc_staged_pipeline_of(costs, &out->pipeline);
    const tc_pipeline *line = &out->pipeline.line;
    out->exact = line->exact;
    if (!out->exact) return;
    find_traffic(costs, &out->traffic);
    out->exact = first_stage_leads(costs, line, out->traffic.optimizer_s);
}

void tc_step_form_again(const tc_costs *costs, tc_step_form *of) {
    tc_staged_pipeline_again(costs, &of->pipeline);
    if (!of->exact || !tc_step_on_host(&costs->p->layout)) return;
    /* gradients go to the host with each micro-batch */
    find_traffic(costs, &of->traffic);
    of->exact = first_stage_leads(costs, &of->pipeline.line, of->traffic.optimizer_s);
}

static tc_step_terms terms_of(const tc_costs *costs, const tc_step_form *form) {
    const tc_pipeline *line = &form->pipeline.line;
    return terms_of_form(costs, line, &form->traffic, bubble_of(line, line->closed_s), false);
}

tc_code tc_seconds_of_form(const tc_costs *costs, const tc_step_form *form, double *seconds, tc_error *error) {
    if (form->exact) {
        tc_step_terms t = terms_of(costs, form);
        *seconds = tc_step_terms_sum(&t);
        return TC_OK;
    }
    tc_step_times times;
    tc_code code = tc_step_times_of(costs, &times, error);
    if (code) return code;
    *seconds = times.step_s;
    tc_step_times_free(&times);
    return TC_OK;
}

tc_code tc_step_of_form(const tc_costs *costs, const tc_step_form *form, tc_step *out, tc_error *error) {
    const tc_pipeline *line = &form->pipeline.line;
    if (form->exact) {
        tc_step_terms t = terms_of(costs, form);
        fill_breakdown(costs, line, &t, line->closed_s - line->compute_s, &out->breakdown);
        fill_step(costs, tc_step_terms_sum(&t), out);
    } else {
        tc_step_times times;
        tc_code code = tc_step_times_of(costs, &times, error);
        if (code) return code;
        fill_timed(costs, line, &times, out);
        tc_step_times_free(&times);
    }
    fill_memory(costs, out);
    return TC_OK;
}

tc_code tc_step_of(const tc_costs *costs, tc_step *out, tc_error *error) {
    tc_step_form form;
    tc_step_form_of(costs, &form);
    return tc_step_of_form(costs, &form, out, error);
}

void tc_step_estimate(const tc_costs *costs, tc_step *out) {
    tc_chunk_kinds kinds;
    tc_chunk_kinds_of(costs, &kinds);
    tc_pipeline line = tc_pipeline_sketch(costs, &kinds);
    const tc_layout *layout = &costs->p->layout;
    /* the timeline puts the offload of activations into the slots, so that it is in the bubble */
    bool offloads = tc_activations_on_host(layout) && tc_bubble_has_form(layout, &line);
    tc_step_traffic traffic;
    find_traffic(costs, &traffic);
    tc_step_terms t = terms_of_form(costs, &line, &traffic, tc_bubble_estimate(layout, &line), offloads);
    memset(out, 0, sizeof *out);
    fill_step(costs, tc_step_terms_sum(&t), out);
    fill_memory(costs, out);
}
