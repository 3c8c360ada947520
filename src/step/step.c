/* step.c - the step: the costs of a micro-batch put together by a schedule.
 *
 *   step = pipeline (micro-batches x slowest stage, bubble, sends) + exposed gradient and parameter
 *        communication + optimizer + stragglers + host.
 * The pipeline's time: closed_form.c for GPipe, 1F1B and interleaving, else the timeline.
 * Stragglers: of n ranks with exponentially distributed delays the slowest is H_n - 1 mean delays later than the average.
 */
#include "step/step.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/formats.h"
#include "step/closed_form.h"
#include "step/timeline.h"

/* Seconds of what chunks are made of: the blocks, then embedding and head with their extra predictions. */
typedef struct pieces {
    double forward[TC_MAX_BLOCKS + 2], backward[TC_MAX_BLOCKS + 2];
    double forward_occupied[TC_MAX_BLOCKS + 2],
        backward_occupied[TC_MAX_BLOCKS + 2]; /* of these, the links of data parallelism */
    bool occupied;                            /* at all */
} pieces;

typedef struct chunk_seconds {
    double forward, backward;
} chunk_seconds;

static void add_piece(const tc_pass *pass, double times, int at, pieces *out) {
    out->forward[at] += times * tc_parts_sum(&pass->forward);
    out->backward[at] += times * tc_parts_sum(&pass->backward);
    out->forward_occupied[at] += times * pass->forward_occupied;
    out->backward_occupied[at] += times * pass->backward_occupied;
    out->occupied = out->occupied || pass->backward_occupied > 0;
}

static pieces pieces_of(const tc_costs *f) {
    const tc_model *model = &f->q->job.model;
    int embedding = model->blocks, head = embedding + 1;
    pieces p;
    memset(&p, 0, sizeof p);
    for (int i = 0; i < model->blocks; i++) add_piece(&f->block[i], 1, i, &p);
    add_piece(&f->embedding, 1, embedding, &p);
    add_piece(&f->head, 1 + model->mtp_layers, head, &p);
    if (model->mtp_layers > 0 && model->blocks > 0)
        add_piece(&f->block[model->blocks - 1], model->mtp_layers, head, &p);
    return p;
}

/* The sums of tc_chunk_pass; occupied, if not NULL, grows by the chunk's. */
static chunk_seconds seconds_of(const tc_costs *f, const pieces *p, int chunk, chunk_seconds *occupied) {
    int blocks = f->q->job.model.blocks, counts[TC_MAX_BLOCKS + 2];
    tc_chunk_blocks(&f->q->job.model, f->p, chunk, counts);
    counts[blocks] = chunk == 0;
    counts[blocks + 1] = chunk == tc_model_chunks(f->p) - 1;
    chunk_seconds t = {0, 0};
    for (int i = 0; i < blocks + 2; i++) {
        t.forward += counts[i] * p->forward[i];
        t.backward += counts[i] * p->backward[i];
    }
    for (int i = 0; i < blocks + 2 && occupied && p->occupied; i++) {
        occupied->forward += counts[i] * p->forward_occupied[i];
        occupied->backward += counts[i] * p->backward_occupied[i];
    }
    return t;
}

/* occupied, if not NULL, grows by what the stage's own collectives take of the links of data parallelism. */
static tc_stage_seconds stage_seconds(const tc_costs *costs, const pieces *p, int stage, int chunks,
                                      chunk_seconds *occupied) {
    tc_stage_seconds t = {.forward = 0};
    if (tc_holds_mirror(costs->p)) {
        tc_pass pass;
        tc_stage_pass(costs, stage, &pass);
        if (occupied)
            *occupied = (chunk_seconds){occupied->forward + pass.forward_occupied,
                                        occupied->backward + pass.backward_occupied};
        t.first_forward = t.last_forward = t.forward = tc_parts_sum(&pass.forward);
        t.first_backward = t.last_backward = t.backward = tc_parts_sum(&pass.backward);
        return t;
    }
    for (int c = 0; c < chunks; c++) {
        int chunk = tc_chunk_of(costs->p, stage, c);
        if (chunk < 0) continue;
        chunk_seconds own = seconds_of(costs, p, chunk, occupied);
        if (c == 0) t.first_forward = own.forward, t.first_backward = own.backward;
        t.last_forward = own.forward;
        t.last_backward = own.backward;
        t.forward += own.forward;
        t.backward += own.backward;
    }
    return t;
}

/* Stages pass through their chunks in phases, and in each the slowest chunk sets the rhythm. Where these take no longer
 * than the slowest stage, but for a small difference such as an embedding, the closed form of interleaving holds. */
static bool one_stage_leads(const tc_costs *costs, const pieces *p, int stages, int chunks, double slowest_s) {
    const double slack = 1.01;
    double phases = 0;
    for (int c = 0; c < chunks; c++) {
        double forward = 0, backward = 0;
        for (int s = 0; s < stages; s++) {
            chunk_seconds t = seconds_of(costs, p, tc_chunk_of(costs->p, s, c), NULL);
            forward = t.forward > forward ? t.forward : forward;
            backward = t.backward > backward ? t.backward : backward;
        }
        phases += forward + backward;
    }
    return phases <= slack * slowest_s;
}

/* The closed form that goes with the chunks: is there one for schedule i? */
static bool has_form(const tc_costs *costs, int i, int chunks) {
    int stages = costs->p->layout.pp;
    if (!tc_schedule_facts_of(i).closed_form || stages > TC_CLOSED_STAGES
        || costs->p->layout.schedule == TC_SCHEDULE_CUSTOM)
        return false;
    return stages == 1 || (i == TC_SCHEDULE_INTERLEAVED ? chunks > 1 : chunks == 1);
}

static double rest_of(double seconds, double taken) { return seconds > taken ? seconds - taken : 0; }

/* The pipeline without its forms. */
static tc_pipeline find_pipeline(const tc_costs *costs, const pieces *p, int chunks,
                                 tc_stage_seconds stage[TC_CLOSED_STAGES]) {
    tc_pipeline line;
    memset(&line, 0, sizeof line);
    line.costs = costs;
    line.send_s = tc_stage_send_seconds(costs);
    line.closed_s = line.compute_s = -1;
    for (int i = 0; i < TC_SCHEDULE_CUSTOM; i++) line.form_s[i] = -1;
    int last = costs->p->layout.pp - 1;
    bool apart = tc_schedule_facts_of(costs->p->layout.schedule).apart;
    double most = -1, sends = costs->paths.pp_shared ? chunks * line.send_s : 0;
    for (int s = 0; s <= last; s++) {
        chunk_seconds occupied = {sends, sends};
        tc_stage_seconds t = stage_seconds(costs, p, s, chunks, &occupied);
        chunk_seconds free = {rest_of(t.forward, occupied.forward), rest_of(t.backward, occupied.backward)};
        if (s < TC_CLOSED_STAGES) stage[s] = t;
        if (s < TC_FILL_STAGES) line.free_forward_s[s] = free.forward, line.free_backward_s[s] = free.backward;
        if (s < last && s < TC_FILL_STAGES && !apart) {
            line.fill_s[s + 1] = line.fill_s[s] + t.first_forward + line.send_s;
            line.drain_s[s + 1] = line.drain_s[s] + t.first_backward + line.send_s;
        }
        if (t.forward + t.backward > most) {
            most = t.forward + t.backward;
            line.forward_s = t.forward;
            line.backward_s = t.backward;
            line.slowest = s;
            line.free_forward_s[TC_FILL_STAGES] = free.forward;
            line.free_backward_s[TC_FILL_STAGES] = free.backward;
        }
    }
    tc_pass slowest;
    tc_stage_pass(costs, line.slowest, &slowest);
    line.forward = slowest.forward;
    line.backward = slowest.backward;
    line.slowest_s = line.forward_s + line.backward_s;
    return line;
}

/* Few stages, apart from each other, set the rhythm among much faster ones: what one waits for the other hides, which the
 * longest path through a single stage does not see. */
static bool few_stages_lead(const tc_stage_seconds *stage, int stages, int slowest) {
    double first = stage[slowest].forward + stage[slowest].backward, second = 0, least = first;
    int leading = 0;
    for (int s = 0; s < stages; s++) {
        double seconds = stage[s].forward + stage[s].backward;
        if (seconds < least) least = seconds;
        if (abs(s - slowest) > 1 && seconds > second) second = seconds;
        leading += seconds > 0.9 * first;
    }
    return second > 0.9 * first && least < 0.8 * first && 3 * leading <= stages;
}

/* Is the closed form of the layout's schedule the timeline's? */
static bool holds(const tc_costs *costs, const pieces *p, int chunks, const tc_pipeline *line) {
    int stages = costs->p->layout.pp, schedule = costs->p->layout.schedule;
    int64_t m = costs->p->micro_batches;
    if (tc_stages_given(&costs->p->layout))
        return false; /* stages that lead may stand anywhere, and wait for each other */
    /* slots that wait for the host link are not in it */
    if (!has_form(costs, schedule, chunks) || costs->p->layout.offload_activations) return false;
    if (schedule != TC_SCHEDULE_INTERLEAVED || stages == 1) return true;
    if (costs->q->job.model.mtp_layers > 0) return false; /* its last chunk is unlike the others */
    /* all groups of micro-batches alike, and all chunks but those at the ends of the model, whose embedding and head count as layers */
    int beyond = costs->p->layers % (stages * chunks), missing = beyond > 0 ? stages * chunks - beyond : 0;
    return m % stages == 0 && missing <= 3 && m >= (missing > 0 ? 2 : 1) * (int64_t)stages
           && one_stage_leads(costs, p, stages, chunks, line->slowest_s);
}

tc_pipeline tc_pipeline_of(const tc_costs *costs) {
    const tc_layout *l = &costs->p->layout;
    int chunks = tc_stage_chunks(costs->p);
    pieces p = pieces_of(costs);
    tc_stage_seconds stage[TC_CLOSED_STAGES];
    tc_pipeline line = find_pipeline(costs, &p, chunks, stage);
    if (!holds(costs, &p, chunks, &line)
        || (l->schedule == TC_SCHEDULE_1F1B && few_stages_lead(stage, l->pp, line.slowest)))
        return line;
    line.closed_s = tc_closed_form(l->schedule, stage, l->pp, chunks, costs->p->micro_batches, line.send_s);
    line.compute_s = line.send_s > 0 ? tc_closed_form(l->schedule, stage, l->pp, chunks, costs->p->micro_batches, 0)
                                     : line.closed_s;
    return line;
}

tc_pipeline tc_pipeline_sketch(const tc_costs *costs) {
    int chunks = tc_stage_chunks(costs->p);
    pieces p = pieces_of(costs);
    tc_stage_seconds stage[TC_CLOSED_STAGES];
    tc_pipeline line = find_pipeline(costs, &p, chunks, stage);
    for (int i = 0; i < TC_SCHEDULE_CUSTOM; i++)
        if (has_form(costs, i, chunks))
            line.form_s[i]
                = tc_closed_form(i, stage, costs->p->layout.pp, chunks, costs->p->micro_batches, line.send_s);
    return line;
}

double tc_slowest_stage_seconds(const tc_costs *costs) {
    int chunks = tc_stage_chunks(costs->p);
    pieces p = pieces_of(costs);
    double most = 0;
    for (int s = 0; s < costs->p->layout.pp; s++) {
        tc_stage_seconds t = stage_seconds(costs, &p, s, chunks, NULL);
        if (t.forward + t.backward > most) most = t.forward + t.backward;
    }
    return most;
}

double tc_mean_stage_seconds(const tc_costs *costs, bool paired) {
    const tc_model *model = &costs->q->job.model;
    pieces p = pieces_of(costs);
    double sum = 0, comm = 0;
    for (int i = 0; i < model->blocks + 2; i++)
        sum += (i < model->blocks ? model->block[i].count : 1) * (p.forward[i] + p.backward[i]);
    for (int i = 0; paired && i < model->blocks; i++)
        comm += (model->block[i].count + (i == model->blocks - 1 ? model->mtp_layers : 0))
                * (costs->block[i].forward.ep + costs->block[i].backward.ep);
    return fmax(sum - comm, comm) / costs->p->layout.pp;
}

static double bubble_of(const tc_pipeline *line, double seconds) {
    double work = (double)line->costs->p->micro_batches * line->slowest_s, sends = tc_pipeline_sends(line->costs);
    double beyond = seconds - work - sends;
    return beyond > 0 ? beyond : 0;
}

/* First slot to last by the timeline. */
static double timed_seconds(const tc_layout *l, const tc_pipeline *line) {
    tc_placement placement = *line->costs->p;
    placement.layout = *l;
    tc_costs costs = *line->costs;
    costs.p = &placement;
    double seconds;
    return tc_pipeline_timeline(&costs, &seconds, NULL) == TC_OK ? seconds : HUGE_VAL;
}

bool tc_bubble_has_form(const tc_layout *l, const tc_pipeline *line) {
    return l->schedule < TC_SCHEDULE_CUSTOM && line->form_s[l->schedule] >= 0;
}

double tc_bubble_estimate(const tc_layout *l, const tc_pipeline *line) {
    return bubble_of(line, tc_bubble_has_form(l, line) ? line->form_s[l->schedule] : timed_seconds(l, line));
}

double tc_pipeline_sends(const tc_costs *costs) {
    return tc_waits_for_sends(costs->p) ? (double)costs->p->micro_batches * tc_stage_send_seconds(costs) : 0;
}

double tc_data_parallel_exposed(const tc_stack *stack, const tc_data_parallel *stage, int stages, double micro_batches,
                                const tc_pipeline *line) {
    double overlap = stack->params.dp_overlap, begin = 0, end = 0;
    for (int i = 0; i < stages; i++) {
        const tc_data_parallel *d = &stage[i];
        if (d->every_micro_batch)
            return micro_batches
                       * tc_exposed(2 * d->gather + d->reduce, overlap,
                                    line->free_forward_s[TC_FILL_STAGES] + line->free_backward_s[TC_FILL_STAGES])
                   + tc_exposed(d->replica, stack->overlap_grad_reduce ? overlap : 0,
                                line->free_backward_s[TC_FILL_STAGES]);
        /* a later stage waits for its first micro-batch, and for the earlier stages after its last */
        int at = d->stage < TC_FILL_STAGES ? d->stage : TC_FILL_STAGES;
        double times = at > 0 ? (double)d->stage / at : 0;
        double gather = tc_exposed(d->gather, stack->overlap_param_gather ? overlap : 0, line->free_forward_s[at])
                        - times * line->fill_s[at];
        double reductions = d->reduce_every_micro_batch ? micro_batches : 1;
        double behind = stack->overlap_grad_reduce ? overlap : 0;
        double reduce = reductions * tc_exposed(d->reduce, behind, line->free_backward_s[at])
                        + tc_exposed(d->replica, behind, line->free_backward_s[at]) - times * line->drain_s[at];
        if (gather > begin) begin = gather;
        if (reduce > end) end = reduce;
    }
    return begin + end;
}

double tc_step_host_seconds(const tc_stack *stack, const tc_placement *placement) {
    return placement->optimizer == TC_OPTIMIZER_NONE ? 0 : stack->params.host_s_per_step;
}

double tc_straggler_seconds(const tc_stack *stack, double devices, double work_s) {
    const double euler = 0.5772156649; /* H_n - 1 = ln n + euler + 1 / 2n - 1, which is 0.077 for one */
    return devices > 1 ? stack->params.straggler_spread * (log(devices) + euler - 1 + 0.5 / devices) * work_s : 0;
}

double tc_offload_exposed(const tc_accelerator *accelerator, double offloaded, double micro_batches,
                          const tc_pipeline *line) {
    double link = accelerator->host_bytes_per_s;
    if (offloaded <= 0 || link <= 0) return 0;
    return micro_batches
           * (tc_exposed(offloaded / link, 1, line->forward_s) + tc_exposed(offloaded / link, 1, line->backward_s));
}

static double offload_exposed(const tc_costs *f, const tc_pipeline *line) {
    if (!f->p->layout.offload_activations) return 0;
    double bytes = tc_stage_kept(&f->q->job.model, f->p, &f->set, line->slowest).offloaded;
    return tc_offload_exposed(&f->q->cluster.accelerator, bytes, (double)f->p->micro_batches, line);
}

double tc_step_terms_sum(const tc_step_terms *t) {
    return t->work + t->host + t->bubble + t->sends + t->data_parallel + t->optimizer + t->straggler;
}

static void fill_rates(const tc_costs *f, tc_step *out) {
    const tc_job *job = &f->q->job;
    const tc_placement *p = f->p;
    double devices = f->q->cluster.devices, tokens = (double)p->global_batch * p->seq;
    out->tokens_per_step = tokens;
    out->tokens_per_s_per_device = tokens / out->step_s / devices;
    tc_forward_flops forward = tc_forward_flops_of(&job->model, p->seq);
    for (int c = TC_FLOPS_6ND; c <= TC_FLOPS_HARDWARE; c++)
        out->model_flops[c] = tokens
                              * tc_flops_by((tc_flops_convention)c, &job->model, &forward, p->layout.recompute,
                                            p->layout.recompute_layers);
    double peak = tc_peak_flops(&f->q->cluster.accelerator, job->dtype);
    out->tflops_per_device = out->model_flops[TC_FLOPS_FULL] / out->step_s / devices / 1e12;
    out->mfu_pct = peak > 0 ? 100e12 * out->tflops_per_device / peak : 0;
    out->hfu_pct
        = out->mfu_pct
          * (out->model_flops[TC_FLOPS_HARDWARE] / out->model_flops[TC_FLOPS_FULL]); /* never below it by rounding */
}

static tc_step_terms step_terms(const tc_costs *f, const tc_pipeline *line, double bubble_s, double offload_s) {
    tc_step_terms t;
    double m = (double)f->p->micro_batches;
    t.work = m * line->slowest_s;
    t.host = tc_step_host_seconds(&f->q->stack, f->p) + offload_s;
    t.bubble = bubble_s;
    t.sends = tc_pipeline_sends(f);
    tc_stage_load heavy[TC_TRAFFIC_STAGES];
    int count = tc_traffic_stages(f, heavy);
    tc_data_parallel traffic[TC_TRAFFIC_STAGES];
    for (int i = 0; i < count; i++) traffic[i] = tc_data_parallel_of(f, &heavy[i]);
    t.data_parallel = tc_data_parallel_exposed(&f->q->stack, traffic, count, m, line);
    t.optimizer = tc_optimizer_seconds(f, &heavy[count - 1]);
    t.straggler = tc_straggler_seconds(&f->q->stack, f->q->cluster.devices, t.work);
    return t;
}

/* The slots of the slowest stage. */
static void fill_work(const tc_costs *f, const tc_pipeline *line, double offload_s, tc_breakdown *b) {
    double m = (double)f->p->micro_batches;
    tc_parts all = line->forward;
    tc_parts_add(&all, &line->backward, 1);
    b->gemm = m * all.gemm;
    b->attention = m * all.attention;
    b->memory_bound = m * all.memory;
    b->launch = m * all.launch;
    b->host = m * all.host + f->q->stack.params.host_s_per_step + offload_s;
    b->recompute = m * all.recompute;
    b->tp_comm = m * all.tp;
    b->cp_comm = m * all.cp;
    b->ep_comm = m * all.ep;
}

/* Divides what is beyond the work: sends add `added` to the slots. */
static void fill_waits(double bubble_and_sends, double added, tc_breakdown *b) {
    b->pp_comm = added < bubble_and_sends ? added : bubble_and_sends;
    b->bubble = bubble_and_sends - b->pp_comm;
}

static void take_terms(const tc_costs *f, const tc_pipeline *line, tc_step *out) {
    tc_step_terms t = step_terms(f, line, bubble_of(line, line->closed_s), offload_exposed(f, line));
    fill_waits(t.bubble + t.sends, line->closed_s - line->compute_s, &out->breakdown);
    out->breakdown.dp_comm = t.data_parallel;
    out->breakdown.optimizer = t.optimizer;
    out->breakdown.straggler = t.straggler;
    out->step_s = tc_step_terms_sum(&t);
}

static void take_times(const tc_costs *f, const tc_pipeline *line, const tc_step_times *t, tc_step *out) {
    tc_breakdown *b = &out->breakdown;
    double added = line->closed_s >= 0 ? line->closed_s - line->compute_s : 2 * (f->p->layout.pp - 1) * line->send_s;
    fill_waits(t->bubble_s + t->sends_s, added, b);
    b->optimizer = t->optimizer_s;
    b->straggler = t->straggler_s;
    out->step_s = t->step_s;
    double rest = b->gemm + b->attention + b->memory_bound + b->launch + b->recompute + b->tp_comm + b->cp_comm
                  + b->ep_comm + b->pp_comm + b->bubble + b->optimizer + b->straggler + b->host;
    b->dp_comm = t->step_s - rest;
    if (b->dp_comm >= 0) return;
    double elsewhere
        = fmin(-b->dp_comm,
               t->offload_s); /* waits for the host link of another stage than the one whose work is shown */
    b->host -= elsewhere;
    b->bubble += b->dp_comm + elsewhere;
    b->dp_comm = 0;
}

static void fill_memory(const tc_costs *f, tc_step *out) {
    out->memory = tc_memory_peak(f->q, f->p, &f->set);
    out->fits = out->memory.reserved <= out->memory.capacity;
    out->layout = f->p->layout;
    out->global_batch = f->p->global_batch;
    out->micro_batches = f->p->micro_batches;
}

/* By the timeline, if there is one, else in closed form. */
static void fill_step(const tc_costs *costs, const tc_pipeline *line, const tc_step_times *times, tc_step *out) {
    fill_work(costs, line, times ? times->offload_s : offload_exposed(costs, line), &out->breakdown);
    if (times)
        take_times(costs, line, times, out);
    else
        take_terms(costs, line, out);
    fill_rates(costs, out);
    fill_memory(costs, out);
}

tc_code tc_step_timed(const tc_costs *costs, tc_step *out, tc_step_times *times, tc_error *error) {
    tc_code code = tc_step_times_of(costs, times, error);
    if (code) return code;
    tc_pipeline line = tc_pipeline_of(costs);
    fill_step(costs, &line, times, out);
    return TC_OK;
}

tc_code tc_step_of(const tc_costs *costs, tc_step *out, tc_error *error) {
    tc_pipeline line = tc_pipeline_of(costs);
    if (line.closed_s >= 0) {
        fill_step(costs, &line, NULL, out);
        return TC_OK;
    }
    tc_step_times times;
    tc_code code = tc_step_times_of(costs, &times, error);
    if (code) return code;
    fill_step(costs, &line, &times, out);
    tc_step_times_free(&times);
    return TC_OK;
}

void tc_step_estimate(const tc_costs *costs, tc_step *out) {
    tc_pipeline line = tc_pipeline_sketch(costs);
    const tc_layout *layout = &costs->p->layout;
    double offload_s = tc_bubble_has_form(layout, &line) ? offload_exposed(costs, &line) : 0; /* else in the bubble */
    tc_step_terms t = step_terms(costs, &line, tc_bubble_estimate(layout, &line), offload_s);
    memset(out, 0, sizeof *out);
    out->step_s = tc_step_terms_sum(&t);
    fill_rates(costs, out);
    fill_memory(costs, out);
}
