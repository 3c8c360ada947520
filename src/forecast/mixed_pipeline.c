/* mixed_pipeline.c - a pipeline over pools: each has some of the stages, with tensor parallelism and recompute of its own, and
 * of the layers what it can do in the same time (H2, arXiv 2505.17548; HETHUB, arXiv 2405.16256).
 *
 * For each pool the whole pipeline is costed as if all of it were on that pool's devices; each stage then takes its costs from
 * its own pool, and one timeline runs them all. A send from pool to pool goes over the link, which all pipelines share:
 *   send = latency + d s h b / B       (d pipelines, s x h activations of b bytes, B of the link)
 * Layers go one by one to the stage that would then be the least loaded, which equalises stages in whole layers; what does
 * not fit a stage's devices goes to the others.
 * Gradients are reduced within a pool. Ignored: tied embeddings at both ends, whose gradients would cross the link once a
 * step; the cutting anew of activations between different tensor-parallel degrees beyond the gather that a send has. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "forecast/fits.h"
#include "forecast/mixed.h"
#include "workload/operators.h"

#define MOST_STAGES 64

typedef struct pool_work {
    tc_question q; /* of the whole pipeline on this pool's devices */
    tc_opened opened;
    int first, stages; /* of the pipeline */
    double layer_s;    /* forward and backward of a layer, in the mean */
    double ends_s[2];  /* embedding with towers; head */
} pool_work;

typedef struct line_work {
    int pools, stages, layers;
    int stage_layers[MOST_STAGES];
    int most[MOST_STAGES];       /* layers that fit */
    bool open[MOST_STAGES];      /* not given */
    double layer_s[MOST_STAGES]; /* of a layer, on the stage's pool */
    double sends[MOST_STAGES], sends_inside[MOST_STAGES];
    const tc_costs *costs[MOST_STAGES];
    pool_work pool[];
} line_work;

/* Ranks that are data parallel: the same on all pools. */
static tc_code find_replicas(const tc_question *q, int *dp, tc_error *error) {
    const tc_layout *l = &q->layout;
    int64_t model = (int64_t)l->tp * l->pp * l->cp;
    if (l->tp < 1 || l->pp < 1 || l->cp < 1 || model > q->cluster.devices || q->cluster.devices % model)
        return tc_fail(error, TC_INVALID, "--devices", "%d is no multiple of tp x pp x cp = %lld; change one of them",
                       q->cluster.devices, (long long)model);
    int own = (int)(q->cluster.devices / model);
    if (*dp > 0 && own != *dp)
        return tc_fail(error, TC_INVALID, "--dp",
                       "%d replicas here and %d on the pools before; change tp, pp or the devices so that they are "
                       "alike",
                       own, *dp);
    *dp = own;
    return TC_OK;
}

/* The stages of each pool, the layers where they are given, and what all pools must have in common. */
static tc_code lay_out(const tc_question *q, line_work *w, tc_error *error) {
    int dp = 0;
    for (int i = 0; i < w->pools; i++) {
        pool_work *p = &w->pool[i];
        tc_take_pool(q, i, &p->q);
        const tc_layout *l = &p->q.layout, *first = &w->pool[0].q.layout;
        tc_code code = find_replicas(&p->q, &dp, error);
        if (code) return tc_mixed_fail(&p->q, code, error);
        if (l->cp != first->cp || l->micro_batch != first->micro_batch || l->vpp != 1)
            return tc_mixed_fail(&p->q,
                                 tc_fail(error, TC_INVALID, l->vpp != 1 ? "--vpp" : "--micro-batch",
                                         "pools of one pipeline have one --cp and --micro-batch, and no virtual "
                                         "stages"),
                                 error);
        if (l->pp > MOST_STAGES - w->stages)
            return tc_fail(error, TC_INVALID, "--pp", "more than %d stages on all pools; give fewer", MOST_STAGES);
        p->first = w->stages;
        p->stages = l->pp;
        for (int s = 0; s < l->pp; s++)
            w->stage_layers[w->stages + s] = l->stage_layers && l->stage_count == l->pp ? l->stage_layers[s] : -1;
        w->stages += l->pp;
    }
    return TC_OK;
}

/* Any list of the right sum: costs do not depend on it. */
static void fill_evenly(int *layers, int stages, int count) {
    for (int s = 0; s < stages; s++) layers[s] = count / stages + (s < count % stages);
}

static tc_code open_pool(line_work *w, int i, int *even, int schedule, tc_error *error) {
    pool_work *p = &w->pool[i];
    tc_layout *l = &p->q.layout;
    p->q.cluster.devices = p->q.cluster.devices / l->pp * w->stages;
    l->pp = w->stages;
    l->dp = TC_UNSET;
    l->first_layers = l->last_layers = TC_UNSET;
    l->stage_layers = even;
    l->stage_count = w->stages;
    if (schedule != TC_UNSET) l->schedule = schedule;
    tc_code code = tc_open_checked(&p->q, &p->opened, error);
    if (code) return tc_mixed_fail(&p->q, code, error);
    const tc_costs *costs = &p->opened.costs;
    double sum = 0;
    int blocks = p->q.job.model.blocks;
    for (int b = 0; b < blocks + 2; b++) {
        const tc_pass *pass = tc_piece(costs, b);
        double seconds = tc_parts_sum(&pass->forward) + tc_parts_sum(&pass->backward);
        if (b < blocks)
            sum += tc_model_pieces(&p->q.job.model, b) * seconds;
        else
            p->ends_s[b - blocks] = seconds;
    }
    p->layer_s = sum / w->layers;
    return TC_OK;
}

static const pool_work *pool_of(const line_work *w, int stage) {
    int i = 0;
    while (stage >= w->pool[i].first + w->pool[i].stages) i++;
    return &w->pool[i];
}

/* The open stage that is least loaded with a layer more; without any that has room, among all. -1: none is open. */
static int least_loaded(const line_work *w, const double *load) {
    int best = -1;
    bool room = false;
    for (int s = 0; s < w->stages; s++) room = room || (w->open[s] && w->stage_layers[s] < w->most[s]);
    for (int s = 0; s < w->stages; s++) {
        if (!w->open[s] || (room && w->stage_layers[s] >= w->most[s])) continue;
        if (best < 0 || load[s] + w->layer_s[s] < load[best] + w->layer_s[best]) best = s;
    }
    return best;
}

/* Layers that were not given go, one by one, to the stage that is least loaded with one more. */
static tc_code balance(line_work *w, tc_error *error) {
    double load[MOST_STAGES];
    int left = w->layers;
    for (int s = 0; s < w->stages; s++) {
        const pool_work *p = pool_of(w, s);
        if (w->open[s]) w->stage_layers[s] = 0;
        left -= w->stage_layers[s];
        load[s] = (s == 0 ? p->ends_s[0] : 0) + (s == w->stages - 1 ? p->ends_s[1] : 0);
    }
    for (; left > 0; left--) {
        int best = least_loaded(w, load);
        if (best < 0) break;
        w->stage_layers[best]++;
        load[best] += w->layer_s[best];
    }
    if (left == 0) return TC_OK;
    return tc_fail(error, TC_INVALID, "--stage-layers", "%d layers in all, but the model has %d; change the lists",
                   w->layers - left, w->layers);
}

/* Lowers what a stage may hold to what its devices can. Returns whether any held more. */
static bool lower_to_memory(line_work *w) {
    bool lowered = false;
    for (int s = 0; s < w->stages; s++) {
        const pool_work *p = pool_of(w, s);
        tc_memory m = tc_memory_peak_of_stages(&p->q, &p->opened.placement, &p->opened.costs.set, s, s + 1);
        double room = tc_fitting_bytes(&p->q, TC_FIT);
        if (!w->open[s] || m.reserved <= room || w->stage_layers[s] <= 1) continue;
        int fewer = (int)(w->stage_layers[s] * room / m.reserved);
        w->most[s] = fewer > 1 ? fewer : 1;
        lowered = true;
    }
    return lowered;
}

/* Layers by speed, as far as the memory of every stage goes. */
static tc_code place_layers(line_work *w, tc_error *error) {
    for (int s = 0; s < w->stages; s++) {
        w->open[s] = w->stage_layers[s] < 0;
        w->layer_s[s] = pool_of(w, s)->layer_s;
        w->most[s] = w->layers;
    }
    for (int i = 0; i < w->pools; i++) w->pool[i].opened.placement.layout.stage_layers = w->stage_layers;
    tc_code code = balance(w, error);
    for (int tries = 0; tries < 4 && !code && lower_to_memory(w); tries++) code = balance(w, error);
    return code;
}

/* All that crosses from pool to pool in one direction for one micro-batch of every pipeline. */
static double boundary_bytes(const tc_costs *costs) {
    const tc_shard *s = &costs->p->shard;
    return s->sequences * s->seq * costs->q->job.model.hidden * costs->rates.element_bytes * costs->p->layout.dp;
}

static void fill_sends(const tc_question *q, line_work *w) {
    const tc_link *link = &q->cluster.mixing.link;
    for (int s = 0; s < w->stages; s++) {
        const pool_work *here = pool_of(w, s), *next = s + 1 < w->stages ? pool_of(w, s + 1) : here;
        double own = tc_stage_send_seconds(&here->opened.costs);
        w->costs[s] = &here->opened.costs;
        w->sends_inside[s] = s + 1 < w->stages ? fmax(own, tc_stage_send_seconds(&next->opened.costs)) : 0;
        w->sends[s] = w->sends_inside[s];
        if (here != next)
            w->sends[s] = fmax(own, boundary_bytes(&here->opened.costs) / tc_link_rate(link)) + tc_link_latency(link);
    }
}

static void fill_share(const line_work *w, const pool_work *p, const tc_step *step, const tc_step_times *times,
                       int devices, tc_pool_share *out) {
    double busy = 0;
    out->step = *step;
    out->devices = devices;
    out->first_stage = p->first;
    out->stages = p->stages;
    out->micro_batches = step->micro_batches;
    out->sequences = step->global_batch;
    out->weight = 1;
    for (int s = p->first; s < p->first + p->stages; s++) {
        out->layers += w->stage_layers[s];
        out->stage_layers[s - p->first] = w->stage_layers[s];
        busy = fmax(busy, times->stage[s].work_s);
    }
    out->each_s = busy / (double)step->micro_batches;
    out->step.memory
        = tc_memory_peak_of_stages(&p->q, &p->opened.placement, &p->opened.costs.set, p->first, p->first + p->stages);
    out->step.memory.stage -= p->first;
    tc_close(&p->opened, &out->step);
    out->step.step_s_p10 *= busy / step->step_s;
    out->step.step_s_p90 *= busy / step->step_s;
    out->step.step_s = busy;
    out->step.layout = p->opened.placement.layout;
    out->step.layout.pp = p->stages;
    out->step.layout.stage_layers = NULL;
    out->step.layout.stage_count = 0;
    out->step.tokens_per_s_per_device = step->tokens_per_step / busy / devices;
}

/* What sends over the link add to the step: a timeline without them. */
static tc_code find_exposed(const line_work *w, tc_joint joint, double step_s, tc_mixed *m, tc_error *error) {
    tc_step_times inside;
    joint.sends = w->sends_inside;
    tc_code code = tc_step_times_joint(&joint, &inside, error);
    if (code) return code;
    m->exposed_s = fmax(0, step_s - inside.step_s);
    tc_step_times_free(&inside);
    return TC_OK;
}

static tc_code run_line(const tc_question *q, line_work *w, const tc_mixed_look *look, tc_mixed *m, tc_error *error) {
    double devices = tc_cluster_devices(&q->cluster);
    tc_joint joint = {.stage = w->costs, .sends = w->sends, .devices = devices};
    tc_step_times times;
    tc_code code = tc_step_joint(&joint, &m->step, &times, error);
    if (code) return code;
    if (look->exposed) code = find_exposed(w, joint, times.step_s, m, error);
    double most = -1;
    for (int i = 0; i < w->pools && !code; i++) {
        int own = i > 0 ? q->cluster.other[i - 1].devices : q->cluster.devices;
        fill_share(w, &w->pool[i], &m->step, &times, own, &m->share[i]);
        if (m->share[i].step.step_s > most) most = m->share[i].step.step_s, m->last = i;
        double bytes = i > 0 ? (double)m->step.micro_batches * boundary_bytes(&w->pool[i].opened.costs) : 0;
        m->link_bytes += bytes;
        m->link_s += bytes / tc_link_rate(&q->cluster.mixing.link);
    }
    tc_step_times_free(&times);
    if (!code) tc_mixed_close(q, m);
    if (code || !look->see) return code;
    return look->see(look->context, &(tc_mixed_view){.question = q, .mixed = m, .joint = &joint}, error);
}

static tc_code forecast_line(const tc_question *q, line_work *w, const tc_mixed_look *look, tc_mixed *m,
                             tc_error *error) {
    int even[MOST_STAGES], schedule = q->layout.schedule;
    tc_code code = lay_out(q, w, error);
    fill_evenly(even, w->stages, w->layers);
    for (int i = 0; i < w->pools && !code; i++) {
        code = open_pool(w, i, even, schedule, error);
        schedule = w->pool[0].opened.placement.layout.schedule;
        if (!code
            && (tc_holds_mirror(&w->pool[i].opened.placement) || tc_stage_chunks(&w->pool[i].opened.placement) != 1))
            code = tc_fail(error, TC_INVALID, "--schedule",
                           "stages hold several parts of the model; give gpipe, 1f1b or zb-h1 across pools");
    }
    if (!code) code = place_layers(w, error);
    if (code) return code;
    fill_sends(q, w);
    return run_line(q, w, look, m, error);
}

tc_code tc_mixed_pipeline(const tc_question *q, const tc_mixed_look *look, tc_mixed *m, tc_error *error) {
    line_work *work = malloc(sizeof *work + (size_t)m->pools * sizeof work->pool[0]);
    if (!work) return tc_fail(error, TC_INTERNAL, "memory", "none is left for the pools");
    *work = (line_work){.pools = m->pools, .layers = tc_layer_count(&q->job.model)};
    tc_code code = forecast_line(q, work, look, m, error);
    free(work);
    return code;
}
