/* mixed.c - one job on several pools: a composition of forecasts of one pool each.
 *
 * Both forms give a step in which nothing is lost by mixing; software that joins kinds of accelerators loses some (its
 * efficiency, data/mixing.yaml), which is shown as waiting. The interval is that of the pool that is waited for and that of
 * the efficiency, as independent errors.
 * Ignored: that pools of one kind at two sites also need software that knows both. */
#include "forecast/mixed.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/formats.h"
#include "forecast/fits.h"

int tc_cluster_devices(const tc_cluster *cluster) {
    int devices = cluster->devices;
    for (int i = 0; i < cluster->others; i++) devices += cluster->other[i].devices;
    return devices;
}

void tc_take_pool(const tc_question *q, int i, tc_question *out) {
    memcpy(out, q, sizeof *out);
    out->cluster.others = 0;
    out->cluster.other = NULL;
    if (i == 0) return;
    const tc_pool *pool = &q->cluster.other[i - 1];
    out->cluster.accelerator = pool->accelerator;
    out->cluster.fabric = pool->fabric;
    out->cluster.devices = pool->devices;
    out->cluster.host_memory_bytes = pool->host_memory_bytes;
    out->stack = pool->stack;
    out->stack_assumed = pool->stack_assumed;
    out->layout = pool->layout;
}

tc_question tc_question_of_pool(const tc_question *q, int i) {
    tc_question out;
    tc_take_pool(q, i, &out);
    return out;
}

tc_pool tc_pool_of_question(const tc_question *q, int i) {
    if (i > 0) return q->cluster.other[i - 1];
    return (tc_pool){.size = sizeof(tc_pool),
                     .accelerator = q->cluster.accelerator,
                     .fabric = q->cluster.fabric,
                     .devices = q->cluster.devices,
                     .host_memory_bytes = q->cluster.host_memory_bytes,
                     .stack = q->stack,
                     .stack_assumed = q->stack_assumed,
                     .layout = q->layout};
}

double tc_link_latency(const tc_link *link) { return link->latency_s + link->distance_m / TC_FIBRE_M_PER_S; }

double tc_link_rate(const tc_link *link) {
    return link->bytes_per_s / (link->oversubscription > 1 ? link->oversubscription : 1);
}

double tc_link_reduce_seconds(const tc_link *link, int pools, double bytes) {
    double others = pools - 1;
    return 2 * others / pools * bytes / tc_link_rate(link) + 2 * others * tc_link_latency(link);
}

tc_code tc_mixed_fail(const tc_question *pool, tc_code code, tc_error *error) {
    if (!code || !error) return code;
    char place[sizeof error->place];
    snprintf(place, sizeof place, "--accelerator %.60s: %.200s", pool->cluster.accelerator.slug, error->place);
    memcpy(error->place, place, sizeof error->place);
    return code;
}

/* Software loses nothing where all pools are of one kind. */
static bool mixes_kinds(const tc_question *q, const tc_mixed *m) {
    const char *first = NULL;
    for (int i = 0; i < m->pools; i++) {
        const char *slug = i == 0 ? q->cluster.accelerator.slug : q->cluster.other[i - 1].accelerator.slug;
        if (m->share[i].sequences == 0) continue;
        if (first && strcmp(first, slug) != 0) return true;
        first = slug;
    }
    return false;
}

/* What software loses, and the interval. */
static void apply_efficiency(const tc_question *q, tc_mixed *m) {
    const tc_mixing *mixing = &q->cluster.mixing;
    tc_step *step = &m->step;
    const tc_step *last = &m->share[m->last].step;
    bool mixes = mixing->efficiency > 0 && mixes_kinds(q, m);
    m->efficiency = mixes ? mixing->efficiency : 1;
    m->ideal_s = step->step_s;
    step->step_s = m->ideal_s / m->efficiency;
    step->breakdown.straggler += step->step_s - m->ideal_s;
    step->step_s_p10 = step->step_s_p90 = 0;
    if (!(last->step_s_p10 > 0)) return;
    double faster = log(last->step_s / last->step_s_p10), slower = log(last->step_s_p90 / last->step_s);
    double better = mixes && mixing->efficiency_p90 > 0 ? log(mixing->efficiency_p90 / m->efficiency) : 0,
           worse = mixes && mixing->efficiency_p10 > 0 ? log(m->efficiency / mixing->efficiency_p10) : 0;
    step->step_s_p10 = step->step_s * exp(-hypot(faster, better));
    step->step_s_p90 = step->step_s * exp(hypot(slower, worse));
}

/* Per device of all pools; model FLOPs and tokens are those of the whole batch. */
static void apply_rates(const tc_question *q, const tc_step *of, double share, tc_step *step) {
    double devices = tc_cluster_devices(&q->cluster), peak = 0;
    peak += q->cluster.devices * tc_peak_flops(&q->cluster.accelerator, q->job.dtype);
    for (int i = 0; i < q->cluster.others; i++)
        peak += q->cluster.other[i].devices * tc_peak_flops(&q->cluster.other[i].accelerator, q->job.dtype);
    step->tokens_per_step = of->tokens_per_step / share;
    for (int c = TC_FLOPS_6ND; c <= TC_FLOPS_HARDWARE; c++) step->model_flops[c] = of->model_flops[c] / share;
    step->tokens_per_s_per_device = step->tokens_per_step / step->step_s / devices;
    step->tflops_per_device = step->model_flops[TC_FLOPS_FULL] / step->step_s / devices / 1e12;
    step->mfu_pct = peak > 0 ? 100 * step->model_flops[TC_FLOPS_FULL] / step->step_s / peak : 0;
    step->hfu_pct = step->mfu_pct * (step->model_flops[TC_FLOPS_HARDWARE] / step->model_flops[TC_FLOPS_FULL]);
}

static bool tighter(const tc_step *a, const tc_step *b) {
    if (a->fits_probability != b->fits_probability) return a->fits_probability < b->fits_probability;
    return a->memory.reserved / a->memory.usable > b->memory.reserved / b->memory.usable;
}

/* Of the pool that is least likely to hold its share. */
static void apply_memory(tc_mixed *m) {
    const tc_step *tightest = NULL;
    for (int i = 0; i < m->pools; i++) {
        const tc_step *s = &m->share[i].step;
        if (m->share[i].sequences > 0 && (!tightest || tighter(s, tightest))) tightest = s;
    }
    m->step.memory = tightest->memory;
    m->step.memory_p10 = tightest->memory_p10;
    m->step.memory_p90 = tightest->memory_p90;
    m->step.fits_probability = tightest->fits_probability;
    m->step.fits = tightest->fits;
}

/* Each line of a pool's once; those of a pool alone with its name, the rest as they are. */
static void apply_assumed(const tc_question *q, tc_mixed *m) {
    tc_step *step = &m->step;
    step->assumed_count = 0;
    if (m->efficiency < 1)
        snprintf(step->assumed[step->assumed_count++], sizeof step->assumed[0],
                 "%.3g of the ideal step where kinds of accelerators are mixed (%.20s)", m->efficiency,
                 q->cluster.mixing.tuning[0] ? q->cluster.mixing.tuning : "given");
    for (int i = 0; i < m->pools; i++)
        for (int k = 0; k < m->share[i].step.assumed_count && step->assumed_count < TC_ASSUMED_MAX; k++) {
            int at = 0;
            while (at < step->assumed_count && strcmp(step->assumed[at], m->share[i].step.assumed[k]) != 0) at++;
            if (at == step->assumed_count)
                memcpy(step->assumed[step->assumed_count++], m->share[i].step.assumed[k], sizeof step->assumed[0]);
        }
}

void tc_mixed_close(const tc_question *q, tc_mixed *m) {
    const tc_pool_share *last = &m->share[m->last];
    tc_step *step = &m->step;
    apply_efficiency(q, m);
    apply_rates(q, &last->step, last->weight, step);
    apply_memory(m);
    apply_assumed(q, m);
    step->evidence = last->step.evidence;
    step->distance = last->step.distance;
    step->distance_count = last->step.distance_count;
    memcpy(step->distance_reason, last->step.distance_reason, sizeof step->distance_reason);
    step->layout = m->share[0].step.layout;
    step->micro_batches = last->micro_batches;
    double alone = 0;
    for (int i = 0; i < m->pools; i++) {
        tc_pool_share *s = &m->share[i];
        s->waits_s = s->sequences > 0 ? step->step_s - s->step.step_s : 0;
        if (s->alone_s > 0 && s->sequences > 0) alone += s->weight / s->step.step_s;
    }
    m->of_parts = alone > 0 ? 1 / step->step_s / alone : 0;
    m->egress_usd = m->link_bytes * q->cluster.mixing.link.usd_per_byte;
}

static tc_code forecast(const tc_question *q, const tc_mixed_look *look, tc_mixed *out, tc_error *error) {
    memset(out, 0, offsetof(tc_mixed, share));
    tc_code code = tc_question_check(q, error);
    if (code) return code;
    const tc_mixing *mixing = &q->cluster.mixing;
    out->pools = 1 + q->cluster.others;
    memset(out->share, 0, (size_t)out->pools * sizeof out->share[0]);
    memset(&out->last, 0, sizeof *out - offsetof(tc_mixed, last));
    if (out->pools > 1 && !(tc_link_rate(&mixing->link) > 0))
        return tc_fail(error, TC_INVALID, "--link", "nothing joins the pools; give a bandwidth, 400Gb/s");
    if (mixing->across == TC_ACROSS_PIPELINE && mixing->local_steps > 1)
        return tc_fail(error, TC_INVALID, "--local-steps",
                       "are for copies of the model; leave it out, or give --across data");
    return mixing->across == TC_ACROSS_PIPELINE ? tc_mixed_pipeline(q, look, out, error)
                                                : tc_mixed_data(q, look, out, error);
}

tc_code tc_forecast_mixed(const tc_question *q, tc_mixed *out, tc_error *error) {
    return forecast(q, &(tc_mixed_look){.exposed = true}, out, error);
}

tc_code tc_mixed_step(const tc_question *q, tc_mixed *out, tc_error *error) {
    return forecast(q, &(tc_mixed_look){.exposed = false}, out, error);
}

tc_code tc_mixed_open(const tc_question *q, tc_mixed_see *see, void *context, tc_error *error) {
    tc_mixed mixed;
    return forecast(q, &(tc_mixed_look){.exposed = true, .see = see, .context = context}, &mixed, error);
}
