/* explain.c - the losses between peak and achieved MFU, the cost of each operator, and what changes would give.
 *
 * The step's seconds are the sum of its breakdown; the seconds that the model FLOPs would take at the peak are
 * the ideal. Each term's seconds beyond its ideal, over the step, are its loss in points of MFU: the losses and
 * the achieved MFU add up to 100. Compute terms are means over the stages, what the slowest stage has more is
 * a loss of its own. Model FLOPs count attention in full; what causal kernels skip of it is a gain.
 * Changes are forecast again, one at a time, all else equal.
 */
#include "base/error.h"
#include "forecast/explain.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/vocabulary.h"
#include "layout/fields.h"
#include "layout/schedule.h"
#include "step/timeline.h"
#include "step/towers.h"

/* ---- the waterfall ----------------------------------------------------------------------------- */

static void add_loss(tc_explanation *e, const char *key, const char *text, double seconds) {
    if (fabs(seconds) < 1e-12 * e->step.step_s || e->losses == TC_LOSSES) return;
    e->loss[e->losses++] = (tc_loss){key, text, seconds, 100 * seconds / e->step.step_s};
}

/* Parts of a micro-batch, the mean over the stages. */
static tc_parts mean_parts(const tc_costs *costs) {
    tc_parts mean = {.gemm = 0};
    int stages = costs->p->layout.pp;
    for (int s = 0; s < stages; s++) {
        tc_pass pass;
        tc_stage_pass(costs, s, &pass);
        tc_parts_add(&mean, &pass.forward, 1.0 / stages);
        tc_parts_add(&mean, &pass.backward, 1.0 / stages);
    }
    return mean;
}

/* Forward FLOPs of attention of all layers on one rank, one micro-batch, as the kernel runs it. */
static double attention_flops(const tc_costs *costs) {
    const tc_model *model = &costs->q->job.model;
    double sum = 0;
    for (int i = 0; i < model->blocks; i++)
        for (int k = 0; k < costs->set.block[i].count; k++) {
            const tc_operator *op = &costs->set.block[i].op[k];
            if (op->kind == TC_OP_ATTENTION || (tc_is_core(op) && op->kind == TC_OP_GEMM))
                sum += model->block[i].count * op->flops;
        }
    for (int gradients = 0; gradients < 3; gradients++) {
        const double passes[] = {1, 3, 3};
        sum += costs->p->shard.sequences * costs->set.towers.core_flops[gradients] * passes[gradients] / 3
               / (costs->p->layout.tp * costs->p->layout.cp);
    }
    return sum;
}

static void fill_losses(const tc_costs *costs, const tc_pipeline *line, tc_explanation *e) {
    const tc_step *step = &e->step;
    double m = (double)step->micro_batches, devices = costs->q->cluster.devices;
    double peak = step->mfu_pct / 100 * step->step_s,
           per_flop = step->model_flops[TC_FLOPS_FULL] > 0 ? peak / step->model_flops[TC_FLOPS_FULL] : 0;
    tc_parts mean = mean_parts(costs), slowest = line->forward;
    tc_parts_add(&slowest, &line->backward, 1);
    double skipped = (step->model_flops[TC_FLOPS_FULL] - step->model_flops[TC_FLOPS_CAUSAL]) * per_flop;
    double ideal[TC_PARTS_ALL] = {0};
    ideal[TC_PART_attention] = 3 * m * attention_flops(costs) / costs->p->layout.pp * devices * per_flop;
    ideal[TC_PART_gemm] = peak - ideal[TC_PART_attention] - skipped;
    for (int i = 0; i < TC_PARTS_ALL; i++) {
        double seconds = tc_breakdown_seconds(&step->breakdown, i);
        if (i < TC_PARTS_OF_A_SLOT)
            seconds = seconds - m * tc_parts_seconds(&slowest, i) + m * tc_parts_seconds(&mean, i);
        if (i == TC_PART_bubble)
            add_loss(e, "uneven_stages", "uneven stages", m * (line->slowest_s - tc_parts_sum(&mean)));
        add_loss(e, tc_part_of[i].key, tc_part_of[i].loss, seconds - ideal[i]);
        if (i == TC_PART_attention) add_loss(e, "attention_skipped", "attention that causal kernels skip", -skipped);
    }
}

/* Parts of one bound add up. */
static void find_bound(tc_explanation *e) {
    double most = -1;
    for (int i = 0; i < TC_PARTS_ALL; i++) {
        double sum = 0;
        for (int k = 0; k < TC_PARTS_ALL; k++)
            if (strcmp(tc_part_of[k].bound, tc_part_of[i].bound) == 0)
                sum += tc_breakdown_seconds(&e->step.breakdown, k);
        if (sum > most) most = sum, e->bound = tc_part_of[i].bound;
    }
    e->bound_share = most / e->step.step_s;
}

/* ---- operators ------------------------------------------------------------------------------------ */

static const char *bound_of(const tc_rates *r, const tc_operator *op, double bytes, const tc_seconds *s) {
    double work = s->gemm + s->attention + s->memory;
    if (s->launch > work) return "launch";
    if (op->kind == TC_OP_ELEMENTWISE) return "memory";
    return bytes / r->memory >= 0.999 * (s->gemm + s->attention) ? "memory" : "compute";
}

typedef struct walk {
    const tc_costs *costs;
    double total; /* seconds of a micro-batch over the whole model */
    tc_gradients gradients;
    tc_operator_visit *visit;
    void *context;
} walk;

static void visit_operator(const walk *w, int block, int count, const tc_operator *op) {
    tc_seconds forward = {0}, backward = {0};
    tc_forward_seconds(&w->costs->rates, op, &forward);
    if (w->gradients) tc_backward_seconds(&w->costs->rates, op, w->gradients == TC_GRADIENTS_OF_ALL, &backward);
    tc_operator_cost c = {.block = block,
                          .count = count,
                          .tag = tc_op_tag_names[op->tag],
                          .kind = tc_op_kind_names[op->kind],
                          .op = op,
                          .flops = op->flops};
    const tc_rates *r = &w->costs->rates;
    bool low = op->kind == TC_OP_GEMM && op->gemm.low_precision;
    c.bytes = tc_operator_bytes(op, low ? r->low_bytes : r->element_bytes, r->element_bytes);
    c.forward_s = tc_seconds_device(&forward);
    c.backward_s = tc_seconds_device(&backward);
    c.bound = bound_of(&w->costs->rates, op, c.bytes, &forward);
    c.share = w->total > 0 ? count * (c.forward_s + c.backward_s) / w->total : 0;
    w->visit(w->context, &c);
}

static void visit_extra(const walk *w, int block, int count, const char *tag, const char *kind, const char *bound,
                        double forward, double backward) {
    if (forward + backward <= 0) return;
    tc_operator_cost c = {.block = block,
                          .count = count,
                          .tag = tag,
                          .kind = kind,
                          .forward_s = forward,
                          .backward_s = backward,
                          .bound = bound};
    c.share = w->total > 0 ? count * (forward + backward) / w->total : 0;
    w->visit(w->context, &c);
}

static void visit_block(const walk *w, int block, int count, const tc_operators *ops, const tc_pass *pass) {
    if (count < 1) return;
    for (int i = 0; i < ops->count; i++) visit_operator(w, block, count, &ops->op[i]);
    visit_extra(w, block, count, "tensor parallel", "communication", "network", pass->forward.tp_comm,
                pass->backward.tp_comm);
    visit_extra(w, block, count, "context parallel", "communication", "network", pass->forward.cp_comm,
                pass->backward.cp_comm);
    visit_extra(w, block, count, "expert parallel", "communication", "network", pass->forward.ep_comm,
                pass->backward.ep_comm);
    visit_extra(w, block, count, "recompute", "forward again", "recompute", 0, pass->backward.recompute);
    visit_extra(w, block, count, "host", "issue of kernels", "host", pass->forward.host, pass->backward.host);
}

static void visit_tower(walk *w, int tower) {
    const tc_tower *t = &w->costs->q->job.model.tower[tower];
    int recompute = w->costs->p->layout.recompute;
    const tc_again core = {.core = true};
    const tc_question *q = w->costs->q;
    for (int part = 0; part <= t->blocks && tc_tower_runs(&q->job, &q->stack, tower); part++) {
        tc_tower_part p;
        tc_tower_part_of(w->costs, tower, part, &p);
        w->gradients = p.gradients;
        if (p.gradients && recompute == TC_RECOMPUTE_FULL)
            p.pass.backward.recompute = p.pass.again_s;
        else if (p.gradients && recompute == TC_RECOMPUTE_SELECTIVE)
            p.pass.backward.recompute = tc_operators_again(w->costs, &p.ops, &core);
        visit_block(w, TC_TOWER - tower, (int)p.times, &p.ops, &p.pass);
    }
}

void tc_explain_operators(const tc_costs *costs, tc_operator_visit *visit, void *context) {
    const tc_model *model = &costs->q->job.model;
    tc_gradients gradients = costs->q->job.frozen_base ? TC_GRADIENTS_OF_INPUTS : TC_GRADIENTS_OF_ALL;
    walk w = {costs, 0, gradients, visit, context};
    for (int c = 0, chunks = tc_model_chunks(costs->p); c < chunks; c++) {
        tc_pass pass;
        tc_chunk_pass(costs, c, &pass);
        w.total += tc_parts_sum(&pass.forward) + tc_parts_sum(&pass.backward);
    }
    for (int i = 0; i < model->towers; i++) visit_tower(&w, i);
    w.gradients = gradients;
    tc_pass embedding;
    tc_operators_pass(costs, &costs->set.embedding, gradients, &embedding);
    visit_block(&w, TC_EMBEDDING, 1, &costs->set.embedding, &embedding);
    for (int i = 0; i < model->blocks; i++)
        visit_block(&w, i, model->block[i].count + (i == model->blocks - 1 ? model->mtp_layers : 0),
                    &costs->set.block[i], &costs->block[i]);
    visit_block(&w, TC_HEAD, 1 + model->mtp_layers, &costs->set.head, &costs->head);
}

/* ---- what a change would give ------------------------------------------------------------------------ */

/* The list in the making. A change that is illegal is none; one that memory ran out for ends all. */
typedef struct trials {
    tc_explanation *e;
    tc_code code;
    tc_error *error;
} trials;

static void try_change(trials *of, const tc_question *t, bool layout, const char *what) {
    tc_explanation *e = of->e;
    tc_step step;
    tc_error error;
    if (e->changes == TC_CHANGES || of->code) return;
    tc_code code = tc_forecast(t, &step, &error);
    if (code == TC_INTERNAL) of->code = tc_fail(of->error, code, error.place, "%s", error.text);
    if (code) return;
    tc_change *c = &e->change[e->changes++];
    snprintf(c->what, sizeof c->what, "%s", what);
    c->layout = layout;
    c->step_s = step.step_s;
    c->gain_pct = 100 * (e->step.step_s / step.step_s - 1);
    c->reserved = step.memory.reserved;
    c->fits = step.fits;
    c->fits_probability = step.fits_probability;
    c->in_stack = tc_beyond_stack(t, &step.layout, NULL, 0) == 0;
}

enum hardware { MATMUL, POWER, HBM, LINKS, NETWORK, LATENCY, LAUNCH, HOST, HARDWARE };

static const char *const hardware_names[HARDWARE]
    = {[MATMUL] = "matmul peak +10 %",       [POWER] = "power +10 %",     [HBM] = "memory bandwidth +10 %",
       [LINKS] = "scale-up links +10 %",     [NETWORK] = "network +10 %", [LATENCY] = "link latency -10 %",
       [LAUNCH] = "kernel launch gap -10 %", [HOST] = "host time -10 %"};

static void change_hardware(tc_question *t, enum hardware what) {
    const double more = 1.1, less = 0.9;
    tc_accelerator *a = &t->cluster.accelerator;
    tc_fabric *fabric = &t->cluster.fabric;
    switch (what) {
    case MATMUL:
        for (int i = 0; i < TC_DTYPES; i++) a->matmul_flops[i] *= more;
        break;
    case POWER: a->tdp_w *= more; break;
    case HBM: a->memory_bytes_per_s *= more; break;
    case LINKS: fabric->level[0].bytes_per_s *= more; break;
    case NETWORK:
        for (int i = 1; i < fabric->levels; i++) fabric->level[i].bytes_per_s *= more;
        break;
    case LATENCY:
        for (int i = 0; i < fabric->levels; i++) fabric->level[i].latency_s *= less;
        break;
    case LAUNCH: a->params.launch_s *= less; break;
    case HOST:
        t->stack.params.host_s_per_kernel *= less;
        t->stack.params.host_s_per_step *= less;
        break;
    case HARDWARE: break;
    }
}

static void try_hardware(trials *of, const tc_question *base) {
    for (int i = 0; i < HARDWARE; i++) {
        tc_question t = *base;
        if (i == NETWORK && t.cluster.fabric.levels < 2) continue;
        if (i == POWER && t.cluster.accelerator.tdp_w <= 0) continue;
        change_hardware(&t, (enum hardware)i);
        try_change(of, &t, false, hardware_names[i]);
    }
}

static const tc_layout_id degrees[]
    = {TC_LAYOUT_TP, TC_LAYOUT_PP, TC_LAYOUT_CP, TC_LAYOUT_EP, TC_LAYOUT_VPP, TC_LAYOUT_MICRO_BATCH};

static void try_degrees(trials *of, const tc_question *base) {
    for (size_t i = 0; i < sizeof degrees / sizeof degrees[0]; i++)
        for (int twice = 0; twice < 2; twice++) {
            tc_question t = *base;
            int value = tc_layout_get(&t.layout, degrees[i]);
            if ((!twice && value % 2) || value > 1000000) continue;
            value = twice ? 2 * value : value / 2;
            *tc_layout_member(&t.layout, degrees[i]) = value;
            tc_layout_release(&t.layout, degrees[i]);
            if (t.layout.pp == 1 && t.layout.vpp > 1) continue;
            char what[64];
            snprintf(what, sizeof what, "%s %d", tc_layout_fields[degrees[i]].option + 2, value);
            try_change(of, &t, true, what);
        }
}

static const char *const recompute_names[] = {"recompute none", "recompute selective", "recompute full"};
static const char *const sharding_names[] = {"sharding none", "sharding zero1", "sharding zero2", "sharding zero3"};

static void try_choices(trials *of, const tc_question *base) {
    for (int i = TC_RECOMPUTE_NONE; i <= TC_RECOMPUTE_FULL; i++) {
        tc_question t = *base;
        if (i == t.layout.recompute) continue;
        t.layout.recompute = i;
        try_change(of, &t, true, recompute_names[i]);
    }
    for (int i = TC_SHARD_NONE; i <= TC_SHARD_ZERO3 && of->e->step.layout.dp * of->e->step.layout.cp > 1; i++) {
        tc_question t = *base;
        if (i == t.layout.sharding) continue;
        t.layout.sharding = i;
        try_change(of, &t, true, sharding_names[i]);
    }
    for (int i = 0; i < TC_SCHEDULE_CUSTOM && base->layout.pp > 1; i++) {
        tc_question t = *base;
        if (i == t.layout.schedule || t.layout.vpp > 1) continue;
        t.layout.schedule = i;
        if (tc_schedule_facts_of(i).chunks != tc_schedule_facts_of(base->layout.schedule).chunks)
            tc_layout_spread(&t.layout);
        char what[64];
        snprintf(what, sizeof what, "schedule %s", tc_schedule_names[i]);
        try_change(of, &t, true, what);
    }
    if (base->layout.tp > 1) {
        tc_question t = *base;
        t.layout.sequence_parallel = !t.layout.sequence_parallel;
        try_change(of, &t, true, t.layout.sequence_parallel ? "sequence parallelism on" : "sequence parallelism off");
    }
}

static bool comes_before(const tc_change *a, const tc_change *b) {
    if (a->layout != b->layout) return !a->layout;
    return a->gain_pct > b->gain_pct;
}

/* Insertion keeps ties in the order of trial. */
static void sort_changes(tc_explanation *e) {
    for (int i = 1; i < e->changes; i++) {
        tc_change c = e->change[i];
        int k = i;
        for (; k > 0 && comes_before(&c, &e->change[k - 1]); k--) e->change[k] = e->change[k - 1];
        e->change[k] = c;
    }
}

static tc_code fill_changes(const tc_question *question, tc_explanation *e, tc_error *error) {
    trials of = {e, TC_OK, error};
    tc_question base = *question;
    base.layout = e->step.layout;
    base.job.global_batch = e->step.global_batch;
    base.layout.dp = TC_UNSET;
    try_hardware(&of, &base);
    try_degrees(&of, &base);
    try_choices(&of, &base);
    sort_changes(e);
    return of.code;
}

/* ---- all of it ------------------------------------------------------------------------------------------ */

/* A long step repeats: its peaks are those of a short one. Where all micro-batches are in flight at once (GPipe), the peak
 * grows in proportion, and so does the time until it. */
static tc_code fill_peaks(const tc_costs *costs, const tc_step_times *times, tc_explanation *e, tc_error *error) {
    tc_placement shorter = *costs->p;
    tc_costs some = *costs;
    tc_step_slots slots;
    int64_t stages = times->stages, fill = tc_schedule_facts_of(shorter.layout.schedule).fill;
    if (tc_step_slots_count(costs) > TC_EXPLAINED_SLOTS && shorter.layout.schedule != TC_SCHEDULE_CUSTOM)
        shorter.micro_batches = 16 * fill * stages + shorter.micro_batches % (4 * stages);
    some.p = &shorter;
    tc_code code = tc_step_slots_of(&some, times, &slots, error);
    if (code) return code;
    e->peaks = times->stages < TC_PEAKS ? times->stages : TC_PEAKS;
    for (int s = 0; s < e->peaks && !code; s++) {
        tc_live_peak *peak = &e->peak[s];
        code = tc_live_peak_of(&some, &slots.order, slots.time, times->host_s, s, peak, error);
        double more = tc_micro_batches_in_flight(costs->p, s) / tc_micro_batches_in_flight(&shorter, s);
        peak->point.in_flight = (int)fmin(more * peak->point.in_flight, INT_MAX);
        peak->point.activations *= more;
        peak->point.logits *= more;
        peak->point.host *= more;
        if (more != 1) peak->bytes = tc_live_bytes(&peak->fixed, &peak->point);
        e->peak_at_s[s] = peak->point.at_s *= more;
    }
    tc_step_slots_free(&slots);
    return code;
}

tc_code tc_explain(const tc_opened *opened, tc_explanation *e, tc_error *error) {
    const tc_costs *costs = &opened->costs;
    memset(e, 0, sizeof *e);
    tc_step_times times;
    tc_code code = tc_step_of(costs, &e->step, error);
    if (!code) code = tc_step_times_of(costs, &times, error);
    if (code) return code;
    tc_pipeline line = tc_pipeline_of(costs);
    fill_losses(costs, &line, e);
    find_bound(e);
    code = fill_peaks(costs, &times, e, error);
    tc_step_times_free(&times);
    if (code) return code;
    code = fill_changes(costs->q, e, error);
    tc_close(opened, &e->step);
    return code;
}
