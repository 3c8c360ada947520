/* timeline.c - the discrete events of a pipeline, and a whole step around them.
 *
 * Slot:  begin = max(stage free, arrival), end = begin + seconds of the slot.
 * Send:  from max(end, link free) for send_s; a blocking stage is free only after it.
 * Long steps: fold.c.
 * Step: host; weights gathered; slots; gradients reduced while the last backward of the stage runs;
 * all stages meet for the norm of the gradients (but in ZB-H2); stragglers; the optimizer.
 * Links are shared: gradients and weights have those that other communication of their slots leaves free (costs.c).
 * Ignored: messages that cross between stages of several pipelines on one NIC, beyond the fabric's share.
 */
#include "step/timeline.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "step/terms.h"

/* ---- the events ----------------------------------------------------------------------------- */

/* A node for one kind of slot, as the inner loop needs it. */
typedef struct role {
    double seconds, paired;
    const double *wait; /* of each micro-batch: when what it waits for has arrived; NaN = not yet */
    double *give;       /* where its result arrives; NULL = nobody waits for it */
    double *link;       /* over which it is sent: free from; NULL = none */
    double send_s;
} role;

typedef struct events {
    const tc_order *order;
    role *role;          /* of each node and kind */
    double *free, *last; /* of each stage: may begin its next slot; end of its last one */
    int64_t *at;         /* of each stage: the next slot */
    tc_slot_time *times;
    int64_t sends;
} events;

/* The role of a slot; roles: those of its stage. */
static const role *role_of(const role *roles, const tc_slot *slot) {
    return &roles[slot->chunk * TC_SLOT_KINDS + slot->kind];
}

/* Makes known what a slot has produced at `end`. Returns when it has arrived. */
static double produce(events *e, const role *r, const tc_slot *slot, double end) {
    if (!r->give) return end;
    if (r->link) {
        double begin = end > *r->link ? end : *r->link;
        end = *r->link = begin + r->send_s;
        e->sends++;
    }
    return r->give[slot->micro_batch] = end;
}

/* A forward and a backward woven into each other: they begin when both can and end together. Returns the end, NaN: not yet. */
static double run_pair(events *e, const role *roles, int64_t at, double now) {
    const tc_slot *pair = &e->order->slot[at];
    const role *r[2] = {role_of(roles, &pair[0]), role_of(roles, &pair[1])};
    double first = r[0]->wait[pair[0].micro_batch], second = r[1]->wait[pair[1].micro_batch];
    if (!(first >= 0 && second >= 0)) return first + second;
    double begin = now > first ? now : first;
    if (second > begin) begin = second;
    double middle = begin + r[0]->paired, end = middle + r[1]->paired;
    double sent[2] = {produce(e, r[0], &pair[0], end), produce(e, r[1], &pair[1], end)};
    if (e->times) {
        e->times[at] = (tc_slot_time){begin, middle, sent[0]};
        e->times[at + 1] = (tc_slot_time){middle, end, sent[1]};
    }
    return end;
}

/* Runs the slots of a stage until one has to wait. Returns whether any ran. */
static bool run_stage(events *e, int stage) {
    const tc_order *o = e->order;
    const role *roles = &e->role[stage * o->chunks * TC_SLOT_KINDS];
    int64_t at = e->at[stage], last = o->first[stage + 1], began = at;
    double now = e->free[stage], end = e->last[stage];
    while (at < last) {
        const tc_slot *slot = &o->slot[at];
        if (slot->paired) {
            double paired = run_pair(e, roles, at, now);
            if (!(paired >= 0)) break;
            now = end = paired;
            at += 2;
            continue;
        }
        const role *r = role_of(roles, slot);
        double arrival = r->wait[slot->micro_batch];
        if (!(arrival >= 0)) break;
        double begin = now > arrival ? now : arrival;
        end = begin + r->seconds;
        double sent = produce(e, r, slot, end);
        if (e->times) e->times[at] = (tc_slot_time){begin, end, sent};
        now = o->blocking ? sent : end;
        at++;
    }
    e->at[stage] = at;
    e->last[stage] = end;
    e->free[stage] = now;
    return at > began;
}

static tc_code run_events(events *e, tc_error *error) {
    const tc_order *o = e->order;
    for (bool moved = true; moved;) {
        moved = false;
        for (int s = 0; s < o->stages; s++) moved = run_stage(e, s) || moved;
        for (int s = o->stages - 2; s >= 0; s--) moved = run_stage(e, s) || moved;
    }
    for (int s = 0; s < o->stages; s++)
        if (e->at[s] < o->first[s + 1])
            return tc_fail(error, TC_INVALID, "--schedule", "stage %d waits for ever; the order cannot run", s);
    return TC_OK;
}

static double send_of(const tc_timeline_input *in, int from, int to) {
    return in->sends ? in->sends[from < to ? from : to] : in->send_s;
}

/* The rows of a node in `arrival`: of the forwards of all nodes, then of their gradients. */
static void fill_roles(const tc_timeline_input *in, int node, double *const arrival[2], double *links,
                       role out[TC_SLOT_KINDS]) {
    const tc_order *o = in->order;
    const tc_schedule_node *n = &o->node[node], *next = n->next < 0 ? NULL : &o->node[n->next],
                           *previous = n->previous < 0 ? NULL : &o->node[n->previous];
    const tc_node_cost *c = &in->cost[node];
    size_t m = (size_t)o->micro_batches;
    double *forward = arrival[0] + (size_t)node * m, *gradient = arrival[1] + (size_t)node * m;
    double *back = previous ? arrival[1] + (size_t)n->previous * m : NULL;
    double *link[2] = {&links[2 * n->stage], &links[2 * n->stage + 1]}; /* towards higher stages, towards lower */
    double *down = next && next->stage != n->stage ? link[!n->down] : NULL;
    double *up = previous && previous->stage != n->stage ? link[previous->down] : NULL;
    double *to
        = next ? arrival[0] + (size_t)n->next * m : gradient; /* after the last chunk its own backward may begin */
    double send_down = next ? send_of(in, n->stage, next->stage) : 0,
           send_up = previous ? send_of(in, n->stage, previous->stage) : 0;
    out[TC_SLOT_FORWARD] = (role){c->forward, c->paired_forward, forward, to, down, send_down};
    out[TC_SLOT_BACKWARD] = (role){c->input + c->weight, c->paired_input + c->weight, gradient, back, up, send_up};
    out[TC_SLOT_INPUT] = (role){c->input + c->apart, c->paired_input + c->apart, gradient, back, up, send_up};
    out[TC_SLOT_WEIGHT] = (role){c->weight, c->weight, gradient, NULL, NULL, 0};
    if (!previous)
        for (size_t i = 0; i < m; i++) forward[i] = 0;
}

static void start_events(events *e, const tc_timeline_input *in, char *memory, size_t cells) {
    const tc_order *o = in->order;
    size_t nodes = (size_t)o->stages * (size_t)o->chunks, stages = (size_t)o->stages;
    double *arrival[2], *links;
    arrival[0] = (double *)(void *)memory;
    arrival[1] = arrival[0] + cells;
    e->free = arrival[1] + cells;
    e->last = e->free + stages;
    links = e->last + stages;
    e->at = (int64_t *)(void *)(links + 2 * stages);
    e->role = (role *)(void *)(e->at + stages);
    memset(memory, 0xff, 2 * cells * sizeof(double)); /* NaN */
    for (size_t s = 0; s < stages; s++) {
        e->free[s] = in->ready ? in->ready[s] : 0;
        e->last[s] = 0;
        links[2 * s] = links[2 * s + 1] = 0;
        e->at[s] = o->first[s];
    }
    for (size_t n = 0; n < nodes; n++) fill_roles(in, (int)n, arrival, links, &e->role[n * TC_SLOT_KINDS]);
}

tc_code tc_timeline_run(const tc_timeline_input *in, tc_slot_time *times, double *stage_end, int64_t *count,
                        tc_error *error) {
    const tc_order *o = in->order;
    size_t nodes = (size_t)o->stages * (size_t)o->chunks, cells = nodes * (size_t)o->micro_batches;
    char *memory = malloc(2 * cells * sizeof(double) + (size_t)o->stages * 5 * sizeof(double)
                          + nodes * TC_SLOT_KINDS * sizeof(role));
    if (!memory) return tc_fail(error, TC_INTERNAL, "memory", "none is left for a timeline");
    events e = {.order = o, .times = times};
    start_events(&e, in, memory, cells);
    tc_code code = run_events(&e, error);
    for (int s = 0; s < o->stages; s++) stage_end[s] = e.last[s];
    if (count) *count = o->first[o->stages] + e.sends;
    free(memory);
    return code;
}

/* ---- orders --------------------------------------------------------------------------------- */

static bool copy_order(const tc_order *from, tc_order *out) {
    size_t nodes = (size_t)from->stages * (size_t)from->chunks, stages = (size_t)from->stages + 1,
           slots = (size_t)from->first[from->stages];
    *out = *from;
    out->node = malloc(nodes * sizeof *out->node);
    out->first = malloc(stages * sizeof *out->first);
    out->slot = malloc(slots * sizeof *out->slot);
    if (!out->node || !out->first || !out->slot) {
        tc_order_free(out);
        return false;
    }
    memcpy(out->node, from->node, nodes * sizeof *out->node);
    memcpy(out->first, from->first, stages * sizeof *out->first);
    memcpy(out->slot, from->slot, slots * sizeof *out->slot);
    return true;
}

/* The order of a round, one round after the other. */
static bool repeat_order(tc_order *o, int64_t rounds) {
    size_t stages = (size_t)o->stages, slots = (size_t)o->first[stages];
    tc_slot *all = malloc(slots * (size_t)rounds * sizeof *all), *at = all;
    if (!all) return false;
    for (size_t s = 0; s < stages; s++)
        for (int64_t r = 0; r < rounds; r++)
            for (int64_t i = o->first[s]; i < o->first[s + 1]; i++) {
                *at = o->slot[i];
                at++->micro_batch += (int)r * o->micro_batches;
            }
    for (size_t s = 0; s <= stages; s++) o->first[s] *= rounds;
    free(o->slot);
    o->slot = all;
    o->micro_batches *= (int)rounds;
    return true;
}

tc_code tc_placement_order(const tc_placement *p, int64_t micro_batches, tc_order *out, tc_error *error) {
    const tc_layout *l = &p->layout;
    int64_t rounds = tc_pipeline_rounds(p);
    if (l->schedule != TC_SCHEDULE_CUSTOM) {
        tc_code code = tc_order_make(l->schedule, l->pp, l->vpp, micro_batches / rounds, out, error);
        if (code || rounds == 1 || repeat_order(out, rounds)) return code;
        tc_order_free(out);
        return tc_fail(error, TC_INTERNAL, "memory", "none is left for a schedule");
    }
    if (copy_order(l->order, out)) return TC_OK;
    return tc_fail(error, TC_INTERNAL, "memory", "none is left for a schedule");
}

static double max_of(double a, double b) { return a > b ? a : b; }

/* ---- one whole step ------------------------------------------------------------------------------ */

tc_node_cost tc_node_cost_of(const tc_costs *costs, int chunk, tc_pass *pass, double *offload_s) {
    tc_chunk_pass(costs, chunk, pass);
    tc_round each = {tc_parts_sum(&pass->forward), tc_parts_sum(&pass->backward)}, offload = {0, 0};
    if (tc_activations_on_host(&costs->p->layout)) {
        double bytes = tc_chunk_kept(&costs->q->job.model, costs->p, &costs->set, chunk).offloaded;
        offload = tc_offload_exposed(&costs->q->cluster, bytes, each);
    }
    if (pass->weight_s > each.backward) pass->weight_s = each.backward;
    tc_node_cost c = {.forward = each.forward + offload.forward,
                      .input = each.backward - pass->weight_s + offload.backward,
                      .weight = pass->weight_s,
                      .apart = pass->apart_s,
                      .occupied = {pass->forward_occupied, pass->backward_occupied}};
    double hidden = 1 - tc_pair_exposed(pass);
    c.paired_forward = c.forward - hidden * pass->forward.ep_comm;
    c.paired_input = c.input - hidden * pass->backward.ep_comm;
    if (c.paired_input < 0) c.paired_input = 0;
    *offload_s = offload.forward + offload.backward;
    return c;
}

static bool allocate(tc_step_times *t, int stages, int nodes) {
    size_t doubles = 2 * (size_t)stages;
    t->memory
        = calloc(1, doubles * sizeof(double) + (size_t)stages * sizeof *t->stage + (size_t)nodes * sizeof *t->cost);
    if (!t->memory) return false;
    t->stages = stages;
    t->nodes = nodes;
    t->ready = t->memory;
    t->stage_end = t->ready + stages;
    t->stage = (tc_stage_times *)(void *)(t->stage_end + stages);
    t->cost = (tc_node_cost *)(void *)(t->stage + stages);
    return true;
}

void tc_step_times_free(tc_step_times *t) {
    free(t->memory);
    *t = (tc_step_times){.stages = 0};
}

/* A chunk's cost; the next one is often made of the same pieces. */
typedef struct chunk_cost {
    int pieces[TC_MAX_BLOCKS + 2];
    tc_node_cost node;
    double busy_s, offload_s;
} chunk_cost;

static void cost_chunk(const tc_costs *costs, int chunk, bool first, chunk_cost *c) {
    int pieces[TC_MAX_BLOCKS + 2];
    size_t bytes = (size_t)(costs->q->job.model.blocks + 2) * sizeof *pieces;
    const tc_chunking chunking = tc_chunking_of(&costs->q->job.model, costs->p);
    tc_chunk_pieces(costs, &chunking, chunk, pieces);
    if (!first && memcmp(pieces, c->pieces, bytes) == 0) return;
    memcpy(c->pieces, pieces, bytes);
    tc_pass pass;
    c->node = tc_node_cost_of(costs, chunk, &pass, &c->offload_s);
    c->busy_s = tc_parts_busy(&pass.forward) + tc_parts_busy(&pass.backward);
}

/* The stages of a step: all of one pool, or each of its own. */
typedef struct stages_of {
    const tc_costs *one;
    const tc_joint *joint; /* NULL: one */
} stages_of;

static const tc_costs *costs_of(const stages_of *of, int stage) {
    return of->joint ? of->joint->stage[stage] : of->one;
}

static void cost_nodes(const stages_of *of, tc_step_times *t) {
    const tc_costs *costs = of->one, *before = NULL;
    int chunks = t->nodes / t->stages;
    bool mirror = tc_holds_mirror(costs->p);
    double m = (double)costs->p->micro_batches, share = mirror ? m / 2 : m, slowest = 0;
    chunk_cost cost;
    for (int s = 0; s < t->stages; s++) {
        double offload_sum = 0;
        costs = costs_of(of, s);
        for (int c = 0; c < chunks; c++) {
            int chunk = mirror && c == 1 ? t->stages - 1 - s : tc_chunk_of(costs->p, s, c);
            if (chunk < 0) continue;
            cost_chunk(costs, chunk, costs != before, &cost);
            before = costs;
            const tc_node_cost *n = &cost.node;
            t->cost[s * chunks + c] = *n;
            t->stage[s].busy_s += share * cost.busy_s;
            t->stage[s].work_s
                += share
                   * (mirror ? n->paired_forward + n->paired_input + n->weight : n->forward + n->input + n->weight);
            offload_sum += share * cost.offload_s;
        }
        if (t->stage[s].work_s > slowest) slowest = t->stage[s].work_s, t->transfer_s = t->offload_s = offload_sum;
    }
}

/* Weights before, gradients after the slots; of fully sharded weights and of gradients in shards a share in each. */
static void cost_data_parallel(const stages_of *of, tc_step_times *t) {
    double m = (double)of->one->p->micro_batches;
    int chunks = t->nodes / t->stages;
    for (int s = 0; s < t->stages; s++) {
        const tc_costs *costs = costs_of(of, s);
        double sends = costs->paths.pp_shared ? t->send_s : 0;
        tc_stage_times *stage = &t->stage[s];
        tc_node_cost *first = &t->cost[s * chunks];
        tc_stage_load load = tc_stage_load_of(costs, s);
        tc_data_parallel d = tc_data_parallel_of(costs, &load);
        tc_round free = {0, 0}; /* while the links are */
        for (const tc_node_cost *n = first; n < first + chunks; n++) {
            free.forward += n->forward - n->occupied.forward - sends;
            free.backward += n->input + n->weight - n->occupied.backward - sends;
        }
        free = (tc_round){max_of(free.forward, 0), max_of(free.backward, 0)};
        tc_exposed_traffic e = tc_traffic_exposed(&costs->q->stack, costs->p->layout.overlap, &d, free);
        first->forward += e.forward;
        first->input += e.each - e.forward;
        if (e.each > 0) first->paired_forward = first->forward, first->paired_input = first->input;
        stage->work_s += m * e.each;
        t->transfer_s += m * e.each;
        stage->gather_s = d.every_micro_batch ? 0 : d.gather;
        stage->gather_exposed = t->ready[s] = e.gather;
        stage->reduce_s = d.replica + (d.every_micro_batch || d.reduce_every_micro_batch ? 0 : d.reduce);
        stage->reduce_end = e.reduce + e.replica; /* after its slots */
        stage->optimizer_s = tc_optimizer_seconds(costs, &load) + tc_paging_seconds(costs, &load);
        t->optimizer_s = max_of(t->optimizer_s, stage->optimizer_s);
    }
}

static void assemble(const stages_of *of, tc_step_times *t) {
    double devices = of->joint ? of->joint->devices : of->one->q->cluster.devices;
    double start = t->host_s, most = 0, meet = 0, longest = 0, fill = 0, waits = 0;
    for (int s = 0; s < t->stages; s++) {
        tc_stage_times *stage = &t->stage[s];
        waits = max_of(waits, t->ready[s] - fill); /* for weights, beyond the stage's first micro-batch */
        fill += t->cost[s * (t->nodes / t->stages)].forward + (of->joint ? of->joint->sends[s] : t->send_s);
        stage->begin = start + t->ready[s] - stage->lead_s;
        stage->end = start + t->stage_end[s];
        stage->reduce_end += stage->end;
        stage->reduce_begin = stage->reduce_end - stage->reduce_s;
        most = max_of(most, stage->work_s);
        meet = max_of(meet, stage->reduce_end);
        longest = max_of(longest, t->stage_end[s]);
    }
    t->pipeline_s = longest - waits;
    double beyond = max_of(t->pipeline_s - most, 0);
    t->sends_s = t->sends_s < beyond ? t->sends_s : beyond;
    t->bubble_s = beyond - t->sends_s;
    t->sync_s = meet;
    for (int s = 0; s < (of->joint ? t->stages : 1); s++)
        t->straggler_s = max_of(t->straggler_s,
                                tc_late_seconds(costs_of(of, s)->q, costs_of(of, s)->p, devices, most - t->transfer_s));
    t->step_s = t->sync_s + t->straggler_s + t->optimizer_s;
}

/* Runs the slots, each stage by its own clock. Where stages do not meet, a stage is ahead of the next by a
 * forward and a send; the first receive is the first event of a clock. */
static tc_code run_slots(const stages_of *of, tc_step_times *t, tc_error *error) {
    const tc_costs *costs = of->one;
    int chunks = t->nodes / t->stages;
    bool apart = tc_schedule_facts_of(costs->p->layout.schedule).apart;
    double lead = 0;
    for (int s = 0; s < t->stages && apart; s++) {
        t->stage[s].lead_s = lead;
        t->ready[s] += lead;
        lead += t->cost[s * chunks].forward + (s > 0 ? t->send_s : 0);
    }
    tc_pipeline_input in = {.placement = costs->p,
                            .cost = t->cost,
                            .send_s = t->send_s,
                            .sends = of->joint ? of->joint->sends : NULL,
                            .ready = t->ready};
    tc_code code = tc_pipeline_run(&in, t->stage_end, error);
    for (int s = 0; s < t->stages; s++) t->stage_end[s] -= t->stage[s].lead_s;
    return code;
}

tc_code tc_pipeline_timeline(const tc_costs *costs, double *seconds, tc_error *error) {
    tc_step_times t = {.stages = 0};
    int stages = costs->p->layout.pp, chunks = tc_holds_mirror(costs->p) ? 2 : tc_stage_chunks(costs->p);
    if (!allocate(&t, stages, stages * chunks))
        return tc_fail(error, TC_INTERNAL, "memory", "none is left for a timeline");
    stages_of of = {.one = costs};
    t.send_s = tc_stage_send_seconds(costs);
    cost_nodes(&of, &t);
    tc_code code = run_slots(&of, &t, error);
    *seconds = 0;
    for (int s = 0; s < stages; s++) *seconds = max_of(*seconds, t.stage_end[s]);
    tc_step_times_free(&t);
    return code;
}

static tc_code times_of(const stages_of *of, tc_step_times *t, tc_error *error) {
    const tc_costs *costs = of->one;
    const tc_layout *l = &costs->p->layout;
    *t = (tc_step_times){.stages = 0};
    int chunks = tc_holds_mirror(costs->p) ? 2 : tc_stage_chunks(costs->p);
    if (!allocate(t, l->pp, l->pp * chunks))
        return tc_fail(error, TC_INTERNAL, "memory", "none is left for a timeline");
    t->host_s = tc_step_host_seconds(&costs->q->stack, costs->p);
    t->send_s = tc_stage_send_seconds(costs);
    t->sends_s = tc_pipeline_sends(costs);
    for (int s = 0; of->joint && s + 1 < l->pp; s++) {
        t->host_s = max_of(t->host_s, tc_step_host_seconds(&of->joint->stage[s + 1]->q->stack, costs->p));
        t->send_s = max_of(t->send_s, of->joint->sends[s]);
    }
    if (of->joint) t->sends_s = tc_waits_for_sends(costs->p) ? (double)costs->p->micro_batches * t->send_s : 0;
    cost_nodes(of, t);
    cost_data_parallel(of, t);
    tc_code code = run_slots(of, t, error);
    if (code) {
        tc_step_times_free(t);
        return code;
    }
    assemble(of, t);
    return TC_OK;
}

tc_code tc_step_times_of(const tc_costs *costs, tc_step_times *t, tc_error *error) {
    return times_of(&(stages_of){.one = costs}, t, error);
}

tc_code tc_step_times_joint(const tc_joint *joint, tc_step_times *t, tc_error *error) {
    return times_of(&(stages_of){.one = joint->stage[0], .joint = joint}, t, error);
}

/* ---- every slot ------------------------------------------------------------------------------------- */

void tc_step_slots_free(tc_step_slots *slots) {
    tc_order_free(&slots->order);
    free(slots->time);
    slots->time = NULL;
}

double tc_step_slots_count(const tc_costs *costs) {
    const tc_placement *p = costs->p;
    int chunks = tc_stage_chunks(p), kinds = tc_schedule_facts_of(p->layout.schedule).split ? 3 : 2;
    return (double)p->micro_batches * p->layout.pp * chunks * kinds;
}

static tc_code slots_of(const tc_costs *costs, const double *sends, const tc_step_times *t, tc_step_slots *out,
                        tc_error *error) {
    *out = (tc_step_slots){.time = NULL};
    if (tc_step_slots_count(costs) > TC_SLOTS_MAX)
        return tc_fail(error, TC_INVALID, "--global-batch",
                       "%.0f forwards and backwards in the pipeline, of which %d can be told one by one; give fewer "
                       "micro-batches: a smaller batch, a larger --micro-batch",
                       tc_step_slots_count(costs), TC_SLOTS_MAX);
    tc_code code = tc_placement_order(costs->p, costs->p->micro_batches, &out->order, error);
    if (code) return code;
    int64_t slots = out->order.first[out->order.stages];
    double *stage_end = malloc((size_t)t->stages * sizeof *stage_end);
    out->time = malloc((size_t)slots * sizeof *out->time);
    if (stage_end && out->time) {
        tc_timeline_input in
            = {.order = &out->order, .cost = t->cost, .send_s = t->send_s, .sends = sends, .ready = t->ready};
        code = tc_timeline_run(&in, out->time, stage_end, NULL, error);
        for (int s = 0; s < t->stages && !code; s++)
            for (int64_t i = out->order.first[s]; i < out->order.first[s + 1]; i++) {
                out->time[i].begin -= t->stage[s].lead_s;
                out->time[i].end -= t->stage[s].lead_s;
                out->time[i].sent -= t->stage[s].lead_s;
            }
    } else {
        code = tc_fail(error, TC_INTERNAL, "memory", "none is left for the slots of a timeline");
    }
    free(stage_end);
    if (code) tc_step_slots_free(out);
    return code;
}

tc_code tc_step_slots_of(const tc_costs *costs, const tc_step_times *t, tc_step_slots *out, tc_error *error) {
    return slots_of(costs, NULL, t, out, error);
}

tc_code tc_step_slots_joint(const tc_joint *joint, const tc_step_times *t, tc_step_slots *out, tc_error *error) {
    return slots_of(joint->stage[0], joint->sends, t, out, error);
}
