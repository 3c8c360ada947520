/* mixed.c - which pools a job should use, in which form, with which layouts.
 *
 * 1. Each pool alone: a search of its own. 2. Data parallel: each pool is searched again with the share of the batch that its
 * speed alone would give it; every combination of the best few of both searches is forecast. 3. Pipeline: for each pool, tensor
 * degree, recompute and micro-batch the seconds of a layer; combinations of degrees with equal replicas are ordered by what the
 * stages would take if layers could be cut,
 *   (m + p - 1) L / sum over pools of (stages / seconds of a layer),
 * and the best few of them are forecast in full.
 * A pool that only makes others slower is left out, since each alone is among what is compared.
 * Ignored: context, expert and virtual parallelism across a pipeline; sets of pools beyond pairs and all, where there are more
 * than four. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "forecast/mixed.h"
#include "traincast.h"

#define KEPT 5         /* layouts of a pool from each search */
#define LINES 48       /* pipelines that are forecast */
#define CANDIDATES 64  /* of a pool in a pipeline */
#define MOST_TENSOR 16 /* degree, and within the innermost level of the fabric */
#define MOST_COMBINED 20000

typedef struct candidates {
    int count;
    tc_layout layout[2 * KEPT];
    double alone_s; /* the best alone; 0: nothing fits */
} candidates;

typedef struct mixed_walk {
    const tc_search_input *in;
    int pools;
    double fit;
    candidates pool[TC_MAX_POOLS];
    tc_pool others[TC_MAX_POOLS];
    tc_mixed trial;
    tc_mixed_search *out;
} mixed_walk;

/* The places of the bits. */
static int pools_of(unsigned used, int *pool) {
    int count = 0;
    for (int i = 0; i < TC_MAX_POOLS; i++)
        if (used >> i & 1u) pool[count++] = i;
    return count;
}

/* ---- what was found ------------------------------------------------------------------------ */

/* Keeps the fastest of each set and way. */
static void keep(mixed_walk *w, unsigned used, int across, bool reversed, const tc_mixed *mixed) {
    tc_mixed_search *out = w->out;
    int i = 0;
    while (i < out->count && (out->best[i].used != used || out->best[i].across != across)) i++;
    if (i < out->count && out->best[i].mixed.step.step_s <= mixed->step.step_s) return;
    if (i == TC_MIXED_FOUND) {
        if (out->best[i - 1].mixed.step.step_s <= mixed->step.step_s) return;
        i--;
    }
    if (i == out->count) out->count++;
    tc_mixed_found found = {.used = used, .across = across, .reversed = reversed, .mixed = *mixed};
    for (; i > 0 && out->best[i - 1].mixed.step.step_s > mixed->step.step_s; i--) out->best[i] = out->best[i - 1];
    out->best[i] = found;
}

/* The question of some pools, of which the first is its own; or, reversed, the last. */
static tc_question question_of(const tc_question *q, unsigned used, bool reversed, tc_pool *pools) {
    int pool[TC_MAX_POOLS], count = pools_of(used, pool);
    tc_question out = tc_question_of_pool(q, pool[reversed ? count - 1 : 0]);
    out.cluster.mixing = q->cluster.mixing;
    for (int i = 1; i < count; i++)
        pools[out.cluster.others++] = tc_pool_of_question(q, pool[reversed ? count - 1 - i : i]);
    out.cluster.other = out.cluster.others > 0 ? pools : NULL;
    return out;
}

tc_question tc_mixed_question(const tc_question *q, const tc_mixed_found *found, tc_pool *pools) {
    tc_question out = question_of(q, found->used, found->reversed, pools);
    out.cluster.mixing.across = found->across;
    out.layout = found->mixed.share[0].step.layout;
    for (int i = 0; i < out.cluster.others; i++) pools[i].layout = found->mixed.share[i + 1].step.layout;
    if (out.cluster.others == 0) out.cluster.devices = found->mixed.share[0].devices;
    return out;
}

static bool fits(const mixed_walk *w, const tc_mixed *m) { return m->step.fits_probability >= w->fit; }

/* Forecasts the question with a layout for each of its pools; what is illegal is passed over. */
static tc_code try_mixed(mixed_walk *w, tc_question *q, unsigned used, bool reversed, const tc_layout *const *layout) {
    tc_error why;
    q->layout = *layout[0];
    for (int i = 0; i < q->cluster.others; i++) w->others[i].layout = *layout[i + 1];
    tc_code code = tc_mixed_step(q, &w->trial, &why);
    if (code) return code == TC_INTERNAL ? code : TC_OK;
    w->out->evaluated++;
    if (fits(w, &w->trial)) keep(w, used, q->cluster.mixing.across, reversed, &w->trial);
    return TC_OK;
}

/* ---- each alone ------------------------------------------------------------------------------ */

/* A search on a pool alone. */
static tc_search_input input_of(const mixed_walk *w, int i, int64_t batch) {
    tc_search_input in = *w->in;
    tc_question q = tc_question_of_pool(&w->in->question, i);
    q.layout = tc_default_layout();
    q.job.global_batch = batch;
    in.question = q;
    in.uncounted = true;
    in.top = KEPT;
    return in;
}

static void add_candidates(candidates *c, const tc_search *found) {
    for (int i = 0; i < found->best_count && i < KEPT; i++) {
        tc_layout layout = found->best[i].step.layout;
        layout.dp = TC_UNSET;
        c->layout[c->count++] = layout;
    }
}

static tc_code search_alone(mixed_walk *w, int i, tc_error *error) {
    tc_search_input in = input_of(w, i, w->in->question.job.global_batch);
    tc_search found;
    tc_code code = tc_search_run(&in, &found, error);
    if (code) return code;
    if (found.best_count > 0) {
        const tc_found *best = &found.best[0];
        tc_mixed *m = &w->trial;
        memset(m, 0, sizeof *m);
        m->pools = 1;
        m->step = best->step;
        m->share[0] = (tc_pool_share){.step = best->step,
                                      .devices = best->devices,
                                      .sequences = best->step.global_batch,
                                      .micro_batches = best->step.micro_batches,
                                      .weight = 1,
                                      .alone_s = best->step.step_s};
        m->ideal_s = best->step.step_s;
        m->efficiency = m->of_parts = 1;
        w->pool[i].alone_s = best->step.step_s;
        keep(w, 1u << i, TC_ACROSS_DATA, false, m);
        if (best->devices == in.question.cluster.devices) add_candidates(&w->pool[i], &found);
    }
    tc_search_free(&found);
    return TC_OK;
}

/* ---- data parallel ----------------------------------------------------------------------------- */

/* About the share of a pool by its speed alone, a number that degrees can divide. */
static int64_t share_of(const mixed_walk *w, int i) {
    double rate = 0;
    for (int k = 0; k < w->pools; k++)
        if (w->pool[k].alone_s > 0) rate += 1 / w->pool[k].alone_s;
    double share = (double)w->in->question.job.global_batch / w->pool[i].alone_s / rate;
    double unit = exp2(floor(log2(fmax(share, 1) / 4)));
    return (int64_t)(fmax(1, unit) * fmax(1, floor(share / fmax(1, unit) + 0.5)));
}

static tc_code search_share(mixed_walk *w, int i, tc_error *error) {
    if (!(w->pool[i].alone_s > 0)) return TC_OK;
    tc_search_input in = input_of(w, i, share_of(w, i));
    in.all_devices = true;
    tc_search found;
    tc_code code = tc_search_run(&in, &found, error);
    if (code) return code;
    add_candidates(&w->pool[i], &found);
    tc_search_free(&found);
    return TC_OK;
}

/* Every combination of the candidates. */
static tc_code combine_data(mixed_walk *w, unsigned used, tc_error *error) {
    int pool[TC_MAX_POOLS], at[TC_MAX_POOLS] = {0}, count = pools_of(used, pool);
    int64_t combined = 0;
    tc_question q = question_of(&w->in->question, used, false, w->others);
    q.cluster.mixing.across = TC_ACROSS_DATA;
    for (int k = 0; k < count; k++)
        if (w->pool[pool[k]].count == 0) return TC_OK;
    for (int k = 0; k < count && combined++ < MOST_COMBINED;) {
        const tc_layout *layout[TC_MAX_POOLS];
        for (int i = 0; i < count; i++) layout[i] = &w->pool[pool[i]].layout[at[i]];
        if (try_mixed(w, &q, used, false, layout)) return tc_fail(error, TC_INTERNAL, "search", "out of memory");
        for (k = 0; k < count && ++at[k] == w->pool[pool[k]].count; k++) at[k] = 0;
    }
    return TC_OK;
}

/* ---- pipeline ------------------------------------------------------------------------------------ */

/* A way to hold stages on a pool. */
typedef struct stage_kind {
    tc_layout layout; /* tp, micro-batch, recompute */
    double layer_s;
} stage_kind;

typedef struct line {
    double seconds;
    tc_layout layout[2];
} line;

typedef struct line_walk {
    int kinds[2];
    stage_kind kind[2][CANDIDATES];
    int lines; /* the best, the fastest first */
    line line[LINES];
} line_walk;

/* Seconds of a layer on a pool, forward and backward, from a forecast of its costs. */
static double layer_seconds(const tc_question *q, tc_opened *opened) {
    tc_error why;
    if (tc_open(q, opened, &why)) return 0;
    return tc_mean_stage_seconds(&opened->costs, false) / tc_layer_count(&q->job.model);
}

static void find_kinds(const mixed_walk *w, int pool, tc_opened *opened, int *kinds, stage_kind *kind) {
    static const int recompute[] = {TC_RECOMPUTE_NONE, TC_RECOMPUTE_SELECTIVE, TC_RECOMPUTE_FULL};
    tc_question q = tc_question_of_pool(&w->in->question, pool);
    const tc_layout *fixed = &w->in->fixed;
    int devices = q.cluster.devices, domain = q.cluster.fabric.level[0].size;
    for (int tp = 1; tp <= (domain > 0 && domain < MOST_TENSOR ? domain : MOST_TENSOR) && tp <= devices; tp *= 2)
        for (int size = 1; size <= 2; size++)
            for (size_t r = 0; r < sizeof recompute / sizeof *recompute && *kinds < CANDIDATES; r++) {
                if ((fixed->tp != TC_UNSET && fixed->tp != tp) || devices % tp
                    || (fixed->micro_batch != TC_UNSET && fixed->micro_batch != size)
                    || (fixed->recompute != TC_UNSET && fixed->recompute != recompute[r]))
                    continue;
                stage_kind *k = &kind[*kinds];
                q.layout = tc_default_layout();
                q.layout.tp = tp;
                q.layout.micro_batch = size;
                q.layout.recompute = recompute[r];
                q.job.global_batch = (int64_t)devices / tp * size;
                tc_beyond beyond[TC_LACKS];
                k->layer_s = layer_seconds(&q, opened);
                if (!(k->layer_s > 0)) continue;
                if (!w->in->any && tc_beyond_stack(&q, &opened->placement.layout, beyond, TC_LACKS) > 0) continue;
                k->layout = q.layout;
                ++*kinds;
            }
}

static void add_line(line_walk *l, const line *one) {
    if (l->lines == LINES && l->line[LINES - 1].seconds <= one->seconds) return;
    int i = l->lines < LINES ? l->lines++ : LINES - 1;
    for (; i > 0 && l->line[i - 1].seconds > one->seconds; i--) l->line[i] = l->line[i - 1];
    l->line[i] = *one;
}

/* All pipelines of two kinds of stages that have as many replicas. */
static void pair_kinds(const mixed_walk *w, line_walk *l, const int *devices, const stage_kind *a,
                       const stage_kind *b) {
    double layers = tc_layer_count(&w->in->question.job.model);
    int64_t batch = w->in->question.job.global_batch;
    if (a->layout.micro_batch != b->layout.micro_batch) return;
    int groups[2] = {devices[0] / a->layout.tp, devices[1] / b->layout.tp};
    for (int dp = 1; dp <= groups[0] && dp <= groups[1]; dp++) {
        int64_t row = (int64_t)dp * a->layout.micro_batch;
        if (groups[0] % dp || groups[1] % dp || batch % row) continue;
        int pp[2] = {groups[0] / dp, groups[1] / dp};
        if (pp[0] + pp[1] > layers || pp[0] + pp[1] > 64) continue;
        double m = (double)(batch / row), stage = layers / (pp[0] / a->layer_s + pp[1] / b->layer_s);
        line one = {.seconds = (m + pp[0] + pp[1] - 1) * stage, .layout = {a->layout, b->layout}};
        one.layout[0].pp = pp[0];
        one.layout[1].pp = pp[1];
        one.layout[0].schedule = one.layout[1].schedule = TC_SCHEDULE_1F1B;
        add_line(l, &one);
    }
}

/* The first pool has the first stages, which hold the most micro-batches. */
static tc_code combine_line(mixed_walk *w, int first, int second, line_walk *l, tc_opened *opened, tc_error *error) {
    unsigned used = 1u << first | 1u << second;
    bool reversed = first > second;
    memset(l, 0, sizeof *l);
    find_kinds(w, first, opened, &l->kinds[0], l->kind[0]);
    find_kinds(w, second, opened, &l->kinds[1], l->kind[1]);
    tc_question q = question_of(&w->in->question, used, reversed, w->others);
    q.cluster.mixing.across = TC_ACROSS_PIPELINE;
    const int devices[2] = {q.cluster.devices, w->others[0].devices};
    for (int a = 0; a < l->kinds[0]; a++)
        for (int b = 0; b < l->kinds[1]; b++) pair_kinds(w, l, devices, &l->kind[0][a], &l->kind[1][b]);
    for (int i = 0; i < l->lines; i++) {
        const tc_layout *layout[2] = {&l->line[i].layout[0], &l->line[i].layout[1]};
        if (try_mixed(w, &q, used, reversed, layout)) return tc_fail(error, TC_INTERNAL, "search", "out of memory");
    }
    return TC_OK;
}

static tc_code combine_lines(mixed_walk *w, tc_error *error) {
    line_walk *l = malloc(sizeof *l);
    tc_opened *opened = malloc(sizeof *opened);
    tc_code code = l && opened ? TC_OK : tc_fail(error, TC_INTERNAL, "search", "out of memory");
    for (int i = 0; i < w->pools && !code; i++)
        for (int k = 0; k < w->pools && !code; k++)
            if (k != i) code = combine_line(w, i, k, l, opened, error);
    free(l);
    free(opened);
    return code;
}

/* What of the link is exposed in the pipelines that were found: a timeline more, which those that were compared do without. */
static tc_code complete(mixed_walk *w, tc_error *error) {
    tc_code code = TC_OK;
    for (int i = 0; i < w->out->count && !code; i++) {
        tc_mixed_found *found = &w->out->best[i];
        if (found->mixed.pools < 2 || found->across != TC_ACROSS_PIPELINE) continue;
        tc_question q = tc_mixed_question(&w->in->question, found, w->others);
        code = tc_forecast_mixed(&q, &w->trial, error);
        found->mixed.exposed_s = w->trial.exposed_s;
    }
    return code;
}

/* ---- all ------------------------------------------------------------------------------------------ */

static tc_code walk(mixed_walk *w, unsigned across, tc_error *error) {
    tc_code code = TC_OK;
    for (int i = 0; i < w->pools && !code; i++) code = search_alone(w, i, error);
    if (across >> TC_ACROSS_DATA & 1u) {
        for (int i = 0; i < w->pools && !code; i++) code = search_share(w, i, error);
        unsigned all = (1u << w->pools) - 1;
        for (unsigned used = 1; used <= all && !code; used++) {
            int pool[TC_MAX_POOLS], count = pools_of(used, pool);
            if (count > 1 && (w->pools <= 4 || count == 2 || used == all)) code = combine_data(w, used, error);
        }
    }
    if (!code && across >> TC_ACROSS_PIPELINE & 1u && w->in->question.cluster.mixing.local_steps <= 1)
        code = combine_lines(w, error);
    return code ? code : complete(w, error);
}

tc_code tc_search_mixed(const tc_search_input *in, unsigned across, tc_mixed_search *out, tc_error *error) {
    double start = tc_now_s();
    memset(out, 0, sizeof *out);
    if (in->objective != TC_OBJECTIVE_TIME || in->pareto)
        return tc_fail(error, TC_INVALID, "--objective", "of several pools is time; leave it out");
    mixed_walk *w = calloc(1, sizeof *w);
    out->best = calloc(TC_MIXED_FOUND, sizeof *out->best);
    tc_code code = w && out->best ? TC_OK : tc_fail(error, TC_INTERNAL, "search", "out of memory");
    if (!code) {
        w->in = in;
        w->out = out;
        w->pools = 1 + in->question.cluster.others;
        w->fit = in->fit > 0 ? in->fit : 0.5;
        code = walk(w, across ? across : ~0u, error);
    }
    free(w);
    out->seconds = tc_now_s() - start;
    if (code) tc_mixed_search_free(out);
    return code;
}

void tc_mixed_search_free(tc_mixed_search *search) {
    free(search->best);
    search->best = NULL;
    search->count = 0;
}
