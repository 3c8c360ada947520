/* mixed_data.c - data parallel over pools: each has a copy of the model and of the batch what it can do in the same time.
 *
 *   step = max over pools of (share of i) + x + slowest rank of all + optimizer
 * The share of a pool is a forecast of its own; fixed and each seconds come from two of them, the batch from split.c.
 * x: gradients over the link, x_full = 2 (P - 1) / P G / B + 2 (P - 1) latency (P pools, G bytes of all trained parameters
 * once, B of the link), of which the last backward pass of the slowest pool hides what it can:
 *   x = max(0, x_full - last backward)     where the stack overlaps the reduction of gradients
 *   x = x_full / H                         with H local steps between two exchanges of weights (DiLoCo, arXiv 2311.08105)
 * A gradient counts by its pool's sequences. Ignored: that a reduction inside a pool and the link share its network cards. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "forecast/fits.h"
#include "forecast/mixed.h"
#include "forecast/split.h"
#include "layout/schedule.h"
#include "workload/finetune.h"

/* A pool's question, opened; it points into itself. */
typedef struct pool_work {
    tc_question q;
    tc_opened opened;
    tc_step_form form;
    double backward_s; /* of a micro-batch through all stages */
} pool_work;

/* Micro-batches come in multiples of so many. */
static int64_t quantum_of(const tc_layout *l) {
    if (l->pp > 1 && l->flush > 0) return l->flush;
    if (l->pp > 1 && l->schedule == TC_SCHEDULE_INTERLEAVED) return l->pp;
    return l->pp > 1 && tc_schedule_facts_of(l->schedule).both_ways ? 2 : 1;
}

/* Sequences of a micro-batch on every rank, before the layout is resolved; 0: impossible. */
static int64_t row_of(const tc_question *q) {
    const tc_layout *l = &q->layout;
    int64_t model = (int64_t)l->tp * l->pp * l->cp, size = l->micro_batch;
    if (size == TC_UNSET) size = q->stack.defaults.micro_batch > 0 ? q->stack.defaults.micro_batch : 1;
    return model > 0 && size > 0 ? q->cluster.devices / model * size : 0;
}

static void place(pool_work *w, int64_t micro_batches) {
    tc_placement *p = &w->opened.placement;
    p->micro_batches = micro_batches;
    p->global_batch = micro_batches * p->layout.dp * p->layout.micro_batch;
    tc_step_form_again(&w->opened.costs, &w->form);
}

/* Opens it with a share of about its part of the devices, and finds what a micro-batch more takes. */
static tc_code probe(pool_work *w, int64_t rows, tc_split *out, tc_error *error) {
    int64_t row = row_of(&w->q),
            unit = w->q.layout.pp > 0 ? 2 * (int64_t)w->q.layout.pp : 2; /* legal in any schedule */
    if (w->q.layout.flush > 0) unit *= w->q.layout.flush;
    int64_t first = rows > unit ? rows / unit * unit : unit;
    w->q.job.global_batch = row > 0 ? row * first : TC_UNSET;
    tc_code code = tc_open_checked(&w->q, &w->opened, error);
    double one, two;
    if (code) return code;
    tc_step_form_of(&w->opened.costs, &w->form);
    code = tc_seconds_of_form(&w->opened.costs, &w->form, &one, error);
    if (code) return code;
    place(w, 2 * first);
    code = tc_seconds_of_form(&w->opened.costs, &w->form, &two, error);
    if (code) return code;
    const tc_layout *l = &w->opened.placement.layout;
    *out = (tc_split){.each_s = (two - one) / (double)first,
                      .ranks = l->dp,
                      .size = l->micro_batch,
                      .quantum = quantum_of(l)};
    out->fixed_s = fmax(0, one - out->each_s * (double)first);
    w->backward_s = w->form.pipeline.line.backward_s * l->pp;
    if (out->each_s > 0) return TC_OK;
    return tc_fail(error, TC_INVALID, "question",
                   "its figures give no finite step; figures of real devices and models");
}

/* The forecast of a pool's share, whose legality is checked anew. */
static tc_code forecast_share(pool_work *w, const tc_split *split, int64_t batch, tc_pool_share *out, tc_error *error) {
    out->devices = w->q.cluster.devices;
    out->fixed_s = split->fixed_s;
    out->each_s = split->each_s;
    out->sequences = split->sequences;
    out->micro_batches = split->micro_batches;
    out->weight = (double)split->sequences / (double)batch;
    out->alone_s = split->fixed_s + split->each_s * (double)batch / (double)(split->ranks * split->size);
    out->step.layout = w->opened.placement.layout;
    if (split->micro_batches == 0) return TC_OK;
    w->q.job.global_batch = split->micro_batches * split->ranks * split->size;
    tc_placement placement;
    int ignored = TC_ASSUMED_MAX; /* as before */
    tc_code code = tc_layout_resolve(&w->q, &placement, w->opened.assumed, &ignored, error);
    if (code) return code;
    place(w, split->micro_batches);
    code = tc_step_of_form(&w->opened.costs, &w->form, &out->step, error);
    if (code) return code;
    tc_close(&w->opened, &out->step);
    /* ranks of a row that is not full have one micro-batch less */
    double all = (double)(split->micro_batches * split->ranks * split->size), own = (double)split->sequences / all;
    out->step.tokens_per_step *= own;
    for (int c = TC_FLOPS_6ND; c <= TC_FLOPS_HARDWARE; c++) out->step.model_flops[c] *= own;
    out->step.tokens_per_s_per_device *= own;
    out->step.tflops_per_device *= own;
    out->step.mfu_pct *= own;
    out->step.hfu_pct *= own;
    out->step.global_batch = split->sequences;
    return TC_OK;
}

/* The slowest of all ranks, in place of the slowest of the pool. */
static double straggler_of_all(const tc_question *q, const pool_work *w, double own) {
    const tc_stack *stack = &w->q.stack;
    double here = tc_straggler_seconds(stack, w->q.cluster.devices, 1);
    return here > 0 ? own * tc_straggler_seconds(stack, tc_cluster_devices(&q->cluster), 1) / here : own;
}

static void exchange(const tc_question *q, const pool_work *work, int used, tc_mixed *m) {
    const tc_mixing *mixing = &q->cluster.mixing;
    if (used < 2) return;
    const tc_stack *stack = &work[m->last].q.stack;
    double bytes = stack->memory.grad_bytes * tc_trained_parameters(&q->job);
    m->link_s = tc_link_reduce_seconds(&mixing->link, used, bytes);
    m->link_bytes = 2.0 * (used - 1) / used * bytes;
    if (mixing->local_steps > 1) {
        m->exposed_s = m->link_s / mixing->local_steps;
        m->link_bytes /= mixing->local_steps;
        m->link_s /= mixing->local_steps;
        return;
    }
    bool hides = work[m->last].opened.placement.layout.overlap & TC_OVERLAP_GRAD_REDUCE;
    m->exposed_s = tc_exposed(m->link_s, hides ? stack->params.dp_overlap : 0, work[m->last].backward_s);
}

/* The shares together: the longest, the link, the slowest rank, the longest optimizer. */
static void join(const tc_question *q, const pool_work *work, tc_mixed *m) {
    double most = -1, straggler = 0, optimizer = 0;
    int used = 0;
    for (int i = 0; i < m->pools; i++) {
        const tc_step *s = &m->share[i].step;
        if (m->share[i].micro_batches == 0) continue;
        used++;
        double ends = s->step_s - s->breakdown.straggler - s->breakdown.optimizer;
        if (ends > most) most = ends, m->last = i;
        straggler = fmax(straggler, straggler_of_all(q, &work[i], s->breakdown.straggler));
        optimizer = fmax(optimizer, s->breakdown.optimizer);
    }
    exchange(q, work, used, m);
    tc_breakdown *b = &m->step.breakdown;
    *b = m->share[m->last].step.breakdown;
    b->dp_comm += m->exposed_s;
    b->straggler = straggler;
    b->optimizer = optimizer;
    m->step.step_s = tc_breakdown_sum(b);
}

static tc_code forecast_pools(const tc_question *q, pool_work *work, tc_mixed *m, tc_error *error) {
    tc_split split[TC_MAX_POOLS];
    int64_t row = 0, batch = q->job.global_batch;
    tc_code code = TC_OK;
    for (int i = 0; i < m->pools; i++) {
        tc_take_pool(q, i, &work[i].q);
        row += row_of(&work[i].q);
    }
    if (batch == TC_UNSET) batch = row;
    for (int i = 0; i < m->pools && !code; i++)
        code = tc_mixed_fail(&work[i].q, probe(&work[i], row > 0 ? batch / row : 1, &split[i], error), error);
    double seconds;
    if (!code) code = tc_split_batch(split, m->pools, batch, &seconds, error);
    for (int i = 0; i < m->pools && !code; i++)
        code = tc_mixed_fail(&work[i].q, forecast_share(&work[i], &split[i], batch, &m->share[i], error), error);
    if (code) return code;
    m->step.global_batch = batch;
    join(q, work, m);
    return TC_OK;
}

static tc_code show(const tc_question *q, const pool_work *work, const tc_mixed_look *look, const tc_mixed *m,
                    tc_error *error) {
    tc_mixed_view view = {.question = q, .mixed = m};
    for (int i = 0; i < m->pools; i++) view.costs[i] = m->share[i].micro_batches > 0 ? &work[i].opened.costs : NULL;
    return look->see(look->context, &view, error);
}

tc_code tc_mixed_data(const tc_question *q, const tc_mixed_look *look, tc_mixed *m, tc_error *error) {
    pool_work *work = malloc((size_t)m->pools * sizeof *work); /* large, and all of it is filled */
    if (!work) return tc_fail(error, TC_INTERNAL, "memory", "none is left for the pools");
    tc_code code = forecast_pools(q, work, m, error);
    if (!code) tc_mixed_close(q, m);
    if (!code && look->see) code = show(q, work, look, m, error);
    free(work);
    return code;
}
