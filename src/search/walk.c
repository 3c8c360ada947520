/* walk.c - the loops of the search, from what is dear and shared to what is cheap.
 *
 *   shape            operators, block times, collectives inside a block
 *     stages         (pp, vpp, split, where a schedule puts its chunks): weights, sends; per sharding: states, traffic, optimizer
 *       recompute    the pipeline's slowest stage; what stays exposed of the traffic; bytes kept
 *         schedule   bubble, stragglers, micro-batches in flight
 *           sharding x offload: memory; x overlap: the step
 *
 * Bounds: a step is at least its micro-batches on the slowest stage, the host and the stragglers of that, and where the schedule
 * has a closed form what fills and drains the pipeline; every other term is at least zero (but for rounding, hence SLACK).
 */
#include "search/walk.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#include "forecast/fits.h"
#include "forecast/forecast.h"
#include "layout/legal.h"
#include "layout/schedule.h"
#include "search/walk_keys.h"

#define SLACK 1e-9

/* The kind of a layout: what it asks of the fabric (tensor, pipeline and expert parallelism) and of the host. The
 * best of a kind stands for its micro-batches, context degrees, shardings and so on. */
static uint64_t kind_of(const tc_shape *s, int pp) {
    uint64_t kind = (uint64_t)s->variant;
    kind = kind << 14 | (uint64_t)(s->tp & 16383);
    kind = kind << 14 | (uint64_t)(pp & 16383);
    kind = kind << 14 | (uint64_t)(s->ep & 16383);
    return kind << 14 | (uint64_t)(s->etp & 16383);
}

/* ---- setting up --------------------------------------------------------------------------- */

void tc_walker_start(tc_walker *w, const tc_space *space) {
    const tc_search_input *in = space->in;
    w->space = space;
    w->q = in->question;
    w->q.interval = NULL;
    double capacity = tc_fitting_bytes(&in->question, in->fit > 0 ? in->fit : 0.5);
    if (in->max_memory_bytes > 0 && in->max_memory_bytes < capacity) capacity = in->max_memory_bytes;
    w->capacity = capacity;
    memset(w->fewer, 0, sizeof w->fewer);
    w->counts = (tc_walk_counts){.evaluated = 0};
    w->error = (tc_error){.code = TC_OK};
}

static const tc_variant *take_variant(tc_walker *w, const tc_shape *shape) {
    const tc_variant *v = &w->space->variant[shape->variant];
    w->q.job.dtype = v->dtype;
    return v;
}

static void take_stages(tc_walker *w, const tc_stages *stages) {
    w->q.job.global_batch = (int)stages->global_batch;
    w->q.cluster.devices = stages->devices;
    double share = tc_host_share(&w->q.cluster);
    w->host_share = share > 0 ? share : HUGE_VAL;
}

static bool resolve(tc_walker *w, const tc_layout *layout, tc_placement *out) {
    char assumed[TC_ASSUMED_MAX][96];
    int count = 0;
    w->q.layout = *layout;
    return tc_layout_resolve(&w->q, out, assumed, &count, &w->error) == TC_OK;
}

/* Operators and blocks, on the shape's first stages. */
static bool start_shape(tc_walker *w, const tc_shape *shape, const tc_stages *stages) {
    tc_layout layout = tc_space_layout(w->space, shape, stages, TC_UNSET);
    take_stages(w, stages);
    return resolve(w, &layout, &w->placement) && tc_costs_compute(&w->q, &w->placement, &w->costs, &w->error) == TC_OK;
}

/* Do both schedules put the same chunks of the model on the same stages, and let as much of their traffic hide? */
static bool same_arrangement(int a, int b) {
    tc_schedule_facts x = tc_schedule_facts_of(a), y = tc_schedule_facts_of(b);
    return x.chunks == y.chunks && x.both_ways == y.both_ways && x.turned == y.turned && x.apart == y.apart;
}

/* The end of the run of schedules that are arranged as the one at `from`. */
static int arranged_alike(const tc_choices *c, int from) {
    int to = from + 1;
    while (to < c->schedules && same_arrangement(c->schedule[from], c->schedule[to])) to++;
    return to;
}

/* A step of so much work for all micro-batches on the slowest stage, in a pipeline of so many seconds, is at least: sends
 * only add to it. */
static double least_seconds(const tc_walker *w, double work, double pipeline) {
    const tc_stack *stack = &w->q.stack;
    return (pipeline + tc_step_host_seconds(stack, &w->placement)
            + tc_straggler_seconds(stack, w->q.cluster.devices, work))
           * (1 - SLACK);
}

/* Schedules from..to-1 of the choices, all arranged alike. */
typedef struct schedule_run {
    int from, to;
} schedule_run;

static bool all_have_forms(const tc_choices *c, schedule_run run) {
    for (int i = run.from; i < run.to; i++)
        if (!tc_schedule_facts_of(c->schedule[i]).closed_form) return false;
    return true;
}

/* Stages as they are split, without recompute. */
static double bound_of(tc_walker *w, const tc_shape *shape, const tc_stages *stages, schedule_run run) {
    tc_layout layout = tc_space_layout(w->space, shape, stages, w->choices.schedule[run.from]);
    if (!resolve(w, &layout, &w->placement)) return HUGE_VAL;
    w->costs.p = &w->placement;
    tc_costs_recompute(&w->costs);
    tc_chunk_kinds_of(&w->costs, &w->kinds);
    tc_least_seconds least = tc_pipeline_least(&w->costs, &w->kinds);
    return least_seconds(w, least.work, all_have_forms(&w->choices, run) ? least.filled : least.work);
}

/* Seconds of one micro-batch on all stages of the shape. */
static double shape_seconds(const tc_walker *w, const tc_stages *stages) {
    return stages->pp * tc_mean_stage_seconds(&w->costs, w->space->pairs) * (1 - SLACK);
}

static int most_virtual(const tc_walker *w, const tc_stages *stages) {
    return stages->pp == 1 ? 1 : tc_most_chunks(w->space->layers) / stages->pp;
}

/* A bound below the step on so many stages of vpp chunks: all micro-batches on the mean stage, and where no schedule
 * fills the bubble the others' share of one micro-batch, of which virtual stages wait for one chunk only. */
static double stages_bound(const tc_walker *w, const tc_stages *stages, int vpp, double all_stages) {
    double waits = w->space->fills_bubble ? 0 : (double)(stages->pp - 1) / vpp;
    return ((double)stages->micro_batches + waits) * all_stages / stages->pp;
}

/* In a micro-batch so large that what comes once in it, and what tiles and waves leave over, is nothing: no other does a
 * sequence in less. */
#define LARGE_MICRO_BATCH 1048576.0

void tc_walk_seconds(tc_walker *w, int64_t group) {
    double *seconds = &w->space->seconds[group];
    const tc_shape *shape = &w->space->shape[w->space->first[group]];
    tc_stages_cursor cursor = {.pp_index = 0};
    tc_stages stages;
    take_variant(w, shape);
    if (*seconds > 0 || !tc_space_next(w->space, shape, &cursor, &stages)) return;
    tc_layout layout = tc_space_layout(w->space, shape, &stages, TC_UNSET);
    take_stages(w, &stages);
    if (!resolve(w, &layout, &w->placement)) return;
    w->placement.shard.sequences = LARGE_MICRO_BATCH;
    if (tc_costs_compute(&w->q, &w->placement, &w->costs, &w->error) == TC_OK)
        *seconds = shape_seconds(w, &stages) / LARGE_MICRO_BATCH;
}

/* Of the shape on at most all devices, by the seconds of a micro-batch on all stages: fewer ranks take longer, so that each
 * number of stages has its most. */
static double fewer_per_second(const tc_walker *w, const tc_shape *shape) {
    const tc_variant *v = &w->space->variant[shape->variant];
    double least = HUGE_VAL;
    tc_stages_cursor cursor = {.pp_index = 0};
    tc_stages stages;
    while (tc_space_next(w->space, shape, &cursor, &stages)) {
        double bound = stages_bound(w, &stages, most_virtual(w, &stages), 1)
                       * tc_space_least_scale(w->space, v, stages.devices, stages.global_batch);
        if (bound < least) least = bound;
        tc_space_skip(&cursor);
    }
    return least;
}

/* Kinds of context parallelism and sequence parallelism are placed alike; without experts also tensor and context
 * parallelism. */
static double fewer_bound(tc_walker *w, const tc_shape *s) {
    bool alike = !w->space->experts;
    tc_fewer_bound key = {.variant = s->variant,
                          .tp = alike ? s->tp * s->cp : s->tp,
                          .cp = alike ? 1 : s->cp,
                          .ep = s->ep,
                          .etp = alike ? 1 : s->etp,
                          .micro_batch = s->micro_batch};
    unsigned mixed = ((unsigned)key.micro_batch * 31 + (unsigned)key.tp) * 31 + (unsigned)key.cp;
    tc_fewer_bound *known = &w->fewer[mixed * 2654435761u / (UINT_MAX / TC_FEWER_BOUNDS + 1)];
    if (known->tp != key.tp || known->cp != key.cp || known->ep != key.ep || known->etp != key.etp
        || known->micro_batch != key.micro_batch || known->variant != key.variant) {
        key.per_second = fewer_per_second(w, s);
        *known = key;
    }
    return known->per_second * (w->space->seconds[s->group] * s->micro_batch);
}

/* The work of a rank, micro-batches over stages, is the same for any number of stages. */
double tc_walk_bound(tc_walker *w, int64_t index) {
    const tc_shape *shape = &w->space->shape[index];
    const tc_variant *v = take_variant(w, shape);
    tc_stages_cursor cursor = {.pp_index = 0};
    tc_stages stages;
    if (w->space->in->objective == TC_OBJECTIVE_MEMORY) return 0;
    if (w->space->fewer) return fewer_bound(w, shape);
    if (!tc_space_next(w->space, shape, &cursor, &stages) || !start_shape(w, shape, &stages)) return HUGE_VAL;
    double work = (double)w->placement.micro_batches * tc_mean_stage_seconds(&w->costs, w->space->pairs);
    return least_seconds(w, work, work) * tc_space_scale(w->space, v, stages.devices, stages.global_batch);
}

/* ---- one pipeline --------------------------------------------------------------------------- */

/* What each sharding keeps under the stages at hand, whatever the recompute. */
static bool place_shardings(tc_walker *w, const tc_shape *shape, const tc_stages *stages, int schedule) {
    w->peaks = tc_peak_stages(stages->pp, w->peak);
    tc_layout layout = tc_space_layout(w->space, shape, stages, schedule);
    tc_stage_weights weights[TC_PEAK_STAGES]; /* the same whatever the sharding */
    for (int i = 0; i < w->choices.shardings; i++) {
        tc_sharding_costs *s = &w->sharding[i];
        layout.sharding = w->choices.sharding[i].sharding;
        layout.hsdp = w->choices.sharding[i].hsdp;
        if (!resolve(w, &layout, &s->placement)) return false;
        s->placement.layout.offload = TC_OFFLOAD_NONE;
        for (int k = 0; k < w->peaks; k++) {
            if (i == 0) {
                w->share[k] = tc_stage_share_of(&w->q.job.model, &s->placement, w->peak[k]);
                weights[k]
                    = tc_share_weight_count(&w->q.job.model, &s->placement, &w->costs.set, w->peak[k], w->share[k]);
            }
            s->states[0][k] = tc_stage_states(&w->q, &s->placement, weights[k]);
            s->states[1][k] = tc_states_offloaded(s->states[0][k]);
        }
    }
    return true;
}

/* And what it costs. */
static void cost_shardings(tc_walker *w) {
    tc_stage_load heavy[TC_TRAFFIC_STAGES]; /* the same whatever the sharding */
    int traffics = 0;
    for (int i = 0; i < w->choices.shardings; i++) {
        tc_sharding_costs *s = &w->sharding[i];
        tc_costs_place(&w->costs, &s->placement);
        if (i == 0) traffics = tc_traffic_stages(&w->costs, heavy);
        for (int off = TC_OFFLOAD_NONE; off <= TC_OFFLOAD_OPTIMIZER; off++) {
            s->placement.layout.offload = off;
            s->optimizer[off] = tc_optimizer_seconds(&w->costs, &heavy[traffics - 1]);
        }
        s->placement.layout.offload = TC_OFFLOAD_NONE;
        s->traffics = traffics;
        for (int k = 0; k < s->traffics; k++) s->traffic[k] = tc_data_parallel_of(&w->costs, &heavy[k]);
    }
}

static double smaller(double a, double b) { return a < b ? a : b; }

static void note_lean(tc_walker *w) {
    for (int k = 0; k < w->peaks; k++) {
        tc_states *least = &w->lean[k];
        *least = w->sharding[0].states[0][k];
        for (int i = 0; i < w->choices.shardings; i++)
            for (int off = 0; off < 2; off++) {
                const tc_states *s = &w->sharding[i].states[off][k];
                least->parameters = smaller(least->parameters, s->parameters);
                least->gradients = smaller(least->gradients, s->gradients);
                least->optimizer = smaller(least->optimizer, s->optimizer);
                least->buffers = smaller(least->buffers, s->buffers);
                least->unreduced = smaller(least->unreduced, s->unreduced);
                least->transient = least->transient || s->transient;
            }
    }
}

/* A recompute: the pipeline, the bytes kept, and what the traffic of each sharding leaves exposed. */
typedef struct stage_pass {
    tc_pipeline line;
    tc_kept kept[2][TC_PEAK_STAGES]; /* [activations offloaded?][stage] */
    double offloaded;                /* bytes of a micro-batch on the slowest stage */
    double work, host[2];            /* [activations offloaded?] */
    bool exposed;                    /* is what the traffic leaves known? */
} stage_pass;

static bool offers_activations(const tc_choices *c) {
    for (int k = 0; k < c->offloads; k++)
        if (tc_activations_on_host(&(tc_layout){.offload = c->offload[k]})) return true;
    return false;
}

/* The recompute has been chosen. */
static void keep_stages(tc_walker *w, stage_pass *out) {
    for (int off = 0; off < (offers_activations(&w->choices) ? 2 : 1); off++) {
        w->placement.layout.offload = off ? TC_OFFLOAD_ACTIVATIONS : TC_OFFLOAD_NONE;
        for (int k = 0; k < w->peaks; k++)
            out->kept[off][k] = tc_share_kept(&w->q.job.model, &w->placement, &w->costs.set, w->share[k]);
    }
    w->placement.layout.offload = TC_OFFLOAD_NONE;
}

static void offload_stages(tc_walker *w, stage_pass *out) {
    for (int off = 0; off < (offers_activations(&w->choices) ? 2 : 1); off++) {
        w->placement.layout.offload = off ? TC_OFFLOAD_ACTIVATIONS : TC_OFFLOAD_NONE;
        out->host[off] = tc_step_host_seconds(&w->q.stack, &w->placement);
        if (!off) continue;
        tc_kept slowest = tc_stage_kept(&w->q.job.model, &w->placement, &w->costs.set, out->line.slowest);
        tc_round offload = tc_offload_exposed(&w->q.cluster, slowest.offloaded,
                                              (tc_round){out->line.forward_s, out->line.backward_s});
        out->host[off] += (double)w->placement.micro_batches * (offload.forward + offload.backward);
    }
    w->placement.layout.offload = TC_OFFLOAD_NONE;
}

static void expose_traffic(tc_walker *w, stage_pass *pass) {
    pass->exposed = true;
    double micro_batches = (double)w->placement.micro_batches;
    for (int i = 0; i < w->choices.shardings; i++) {
        tc_sharding_costs *s = &w->sharding[i];
        const tc_sharding_choice *choice = &w->choices.sharding[i];
        for (int o = 0; o < choice->overlaps; o++) {
            s->exposed[choice->overlap[o]] = tc_data_parallel_exposed(&w->q.stack, choice->overlap[o], s->traffic,
                                                                      s->traffics, micro_batches, &pass->line);
        }
    }
}

static void start_pass(tc_walker *w, int recompute, stage_pass *out) {
    tc_choose_recompute(&w->placement.layout, recompute);
    w->costs.p = &w->placement;
    tc_costs_recompute(&w->costs);
    out->line = tc_pipeline_sketch(&w->costs, &w->kinds);
    out->work = (double)w->placement.micro_batches * out->line.slowest_s;
    out->exposed = false;
}

/* ---- single configurations ------------------------------------------------------------------- */

typedef struct offer {
    double scale; /* objective = scale x step time */
    tc_best_list *list;
    uint64_t kind;
    tc_position at;
    bool offloads, memory_first, exhaustive;
    bool front; /* of time and memory: what is as lean and faster decides, and no threshold */
} offer;

static uint64_t offered_kind(const offer *to) { return to->kind << 1 | to->offloads; }

/* What is in flight on the peaks. */
typedef struct live_stages {
    tc_live of[2][TC_PEAK_STAGES]; /* [activations offloaded?][stage] */
} live_stages;

static live_stages live_on(const tc_walker *w, const stage_pass *pass, const double in_flight[TC_PEAK_STAGES]) {
    live_stages live;
    for (int off = 0; off < (offers_activations(&w->choices) ? 2 : 1); off++)
        for (int k = 0; k < w->peaks; k++) live.of[off][k] = tc_live_of(&w->q.stack, &pass->kept[off][k], in_flight[k]);
    return live;
}

static double peak_bytes(const tc_walker *w, const tc_sharding_costs *s, const live_stages *live, int states,
                         int activations) {
    double bytes;
    tc_fullest_stage(&w->q.stack, w->peaks, s->states[states], live->of[activations], &bytes);
    return bytes;
}

/* The most that a peak waits for states that had no room. */
static double paging_seconds(const tc_walker *w, const tc_sharding_costs *s, const live_stages *live, int states,
                             int activations) {
    double most = 0, link = tc_host_rate(&w->q.cluster);
    for (int k = 0; k < w->peaks && w->q.job.finetune.paged && link > 0; k++)
        most = fmax(most, tc_paged_bytes(&w->q.stack, &s->states[states][k], &live->of[activations][k]));
    return most > 0 ? 2 * most / link : 0;
}

static double most_on_host(const tc_walker *w, const tc_sharding_costs *s, const stage_pass *pass,
                           const double in_flight[TC_PEAK_STAGES], const tc_layout *off) {
    double most = 0;
    const tc_kept *kept = pass->kept[tc_activations_on_host(off)];
    for (int k = 0; k < w->peaks; k++) {
        double bytes = tc_host_bytes(off, &s->states[0][k], &kept[k], in_flight[k]);
        if (bytes > most) most = bytes;
    }
    return most;
}

static void offer_least(offer *to, double bytes, const tc_sharding_choice *choice) {
    if (bytes > to->list->least.value) return;
    tc_position at = to->at;
    at.overlap = choice->overlap[0];
    const tc_candidate c = {bytes, 0, offered_kind(to), tc_key_of(&at)};
    if (tc_candidate_before(&c, &to->list->least)) to->list->least = c;
}

static void offer_step(offer *to, double step_s, double bytes, double *threshold) {
    double value = to->memory_first ? bytes : step_s * to->scale;
    if (value > *threshold) return;
    tc_candidate c = {value, to->memory_first ? step_s : bytes, offered_kind(to), tc_key_of(&to->at)};
    tc_best_offer(to->list, &c);
    if (to->list->front)
        tc_best_offer_bin(to->list, &c);
    else
        *threshold = tc_best_threshold(to->list);
}

/* Is there anything yet that a bound could be above? */
static bool may_prune(const offer *to, double threshold) {
    return !to->exhaustive && !to->memory_first && (to->front || threshold < HUGE_VAL);
}

static bool prunes(const offer *to, double least_s, double threshold) {
    return !to->exhaustive && !to->memory_first && least_s * (1 - SLACK) * to->scale > threshold;
}

/* The same for what takes at least so long and at least so many bytes. */
static bool is_worse(const offer *to, double least_s, double bytes, double threshold) {
    if (to->memory_first) return !to->exhaustive && bytes > threshold;
    return prunes(to, least_s, to->front ? tc_best_front_threshold(to->list, bytes) : threshold);
}

/* The pipeline's time under the schedule: dear where it has no closed form, so asked for when something fits.
 * The timeline puts the offload of activations into the slots, so that it is in the bubble. */
static void time_pipeline(tc_walker *w, const stage_pass *pass, bool offload_activations, tc_step_terms *terms) {
    w->placement.layout.offload = offload_activations ? TC_OFFLOAD_ACTIVATIONS : TC_OFFLOAD_NONE;
    terms->host = pass->host[offload_activations && tc_bubble_has_form(&w->placement.layout, &pass->line)];
    terms->bubble = tc_bubble_estimate(&w->placement.layout, &pass->line);
    terms->straggler = tc_late_seconds(&w->q, &w->placement, w->q.cluster.devices, terms->work);
    w->placement.layout.offload = TC_OFFLOAD_NONE;
}

/* Without optimizer and traffic, which are at least zero. */
static double terms_least(const tc_step_terms *t) { return t->work + t->host + t->bubble + t->pp_comm + t->straggler; }

static void walk_overlaps(tc_walker *w, const tc_sharding_choice *choice, const tc_sharding_costs *s,
                          tc_step_terms terms, double bytes, offer *to, double *threshold) {
    for (int o = 0; o < choice->overlaps; o++) {
        terms.dp_comm = s->exposed[choice->overlap[o]];
        to->at.overlap = choice->overlap[o];
        offer_step(to, tc_step_terms_sum(&terms), bytes, threshold);
    }
    w->counts.evaluated += choice->overlaps;
}

/* All shardings, offloads and overlaps under one schedule. */
static void walk_choices(tc_walker *w, const stage_pass *pass, tc_step_terms untimed,
                         const double in_flight[TC_PEAK_STAGES], offer *to, double *threshold) {
    tc_step_terms terms[2] = {untimed, untimed}; /* [activations offloaded?] */
    bool timed[2] = {false, false}, worse[2] = {false, false};
    const live_stages live = live_on(w, pass, in_flight);
    for (int i = 0; i < w->choices.shardings; i++) {
        const tc_sharding_choice *choice = &w->choices.sharding[i];
        const tc_sharding_costs *s = &w->sharding[i];
        to->at.sharding = i;
        for (int k = 0; k < w->choices.offloads; k++) {
            const tc_layout off = {.offload = w->choices.offload[k]};
            bool states = tc_states_on_host(&off), activations = tc_activations_on_host(&off);
            to->at.offload = k;
            to->offloads = off.offload != TC_OFFLOAD_NONE;
            double bytes = peak_bytes(w, s, &live, states, activations);
            if (to->offloads && most_on_host(w, s, pass, in_flight, &off) > w->host_share) {
                w->counts.host_too_small += choice->overlaps;
                continue;
            }
            offer_least(to, bytes, choice);
            if (bytes > w->capacity) {
                w->counts.too_large += choice->overlaps;
                continue;
            }
            if (to->memory_first && !to->exhaustive && bytes > *threshold) {
                w->counts.pruned += choice->overlaps;
                continue;
            }
            if (!timed[activations]) {
                time_pipeline(w, pass, activations, &terms[activations]);
                timed[activations] = true;
                worse[activations] = prunes(to, terms_least(&terms[activations]), *threshold);
            }
            if (to->front)
                worse[activations]
                    = prunes(to, terms_least(&terms[activations]), tc_best_front_threshold(to->list, bytes));
            if (worse[activations]) {
                w->counts.pruned += choice->overlaps;
                continue;
            }
            terms[activations].optimizer
                = s->optimizer[states + tc_step_on_host(&off)] + paging_seconds(w, s, &live, states, activations);
            walk_overlaps(w, choice, s, terms[activations], bytes, to, threshold);
        }
    }
}

/* Below the bytes of every sharding and offload. */
static double lean_bytes(const tc_walker *w, const stage_pass *pass, const double in_flight[TC_PEAK_STAGES]) {
    double least = HUGE_VAL, bytes;
    const live_stages live = live_on(w, pass, in_flight);
    for (int off = 0; off < (offers_activations(&w->choices) ? 2 : 1); off++) {
        tc_fullest_stage(&w->q.stack, w->peaks, w->lean, live.of[off], &bytes);
        least = smaller(least, bytes);
    }
    return least;
}

/* Below the bytes of every recompute too: nothing kept. */
static double empty_bytes(const tc_walker *w) {
    static const tc_live nothing[TC_PEAK_STAGES];
    double bytes;
    tc_fullest_stage(&w->q.stack, w->peaks, w->lean, nothing, &bytes);
    return bytes;
}

/* The bubble where it has a form; where only the timeline knows it, that is asked for when something fits. */
static double least_bubble(const tc_layout *l, const stage_pass *pass) {
    return tc_bubble_has_form(l, &pass->line) ? tc_bubble_estimate(l, &pass->line) : 0;
}

static void walk_schedules(tc_walker *w, stage_pass *pass, schedule_run run, offer *to, double *threshold) {
    double in_flight[TC_PEAK_STAGES];
    for (int i = run.from; i < run.to; i++) {
        w->placement.layout.schedule = w->choices.schedule[i];
        for (int k = 0; k < w->peaks; k++) in_flight[k] = tc_micro_batches_in_flight(&w->placement, w->peak[k]);
        double bytes = to->exhaustive ? 0 : lean_bytes(w, pass, in_flight);
        tc_step_terms terms = {.work = pass->work, .host = pass->host[0], .pp_comm = tc_pipeline_sends(&w->costs)};
        terms.bubble = to->exhaustive ? 0 : least_bubble(&w->placement.layout, pass);
        terms.straggler = tc_late_seconds(&w->q, &w->placement, w->q.cluster.devices, terms.work);
        to->at.schedule = i;
        if (bytes > w->capacity || is_worse(to, terms_least(&terms), bytes, *threshold)) {
            w->counts.pruned += w->choices.per_schedule;
            continue;
        }
        if (!pass->exposed) expose_traffic(w, pass);
        walk_choices(w, pass, terms, in_flight, to, threshold);
    }
}

/* Does anything fit under the recompute at hand? What needs the least is offered. */
static bool pass_fits(tc_walker *w, const stage_pass *pass, schedule_run run, offer *to) {
    double in_flight[TC_PEAK_STAGES];
    bool fits = false;
    for (int r = run.from; r < run.to && !fits; r++) {
        w->placement.layout.schedule = w->choices.schedule[r];
        for (int k = 0; k < w->peaks; k++) in_flight[k] = tc_micro_batches_in_flight(&w->placement, w->peak[k]);
        const live_stages live = live_on(w, pass, in_flight);
        to->at.schedule = r;
        for (int i = 0; i < w->choices.shardings && !fits; i++)
            for (int k = 0; k < w->choices.offloads && !fits; k++) {
                const tc_layout off = {.offload = w->choices.offload[k]};
                to->at.sharding = i;
                to->at.offload = k;
                to->offloads = off.offload != TC_OFFLOAD_NONE;
                double bytes
                    = peak_bytes(w, &w->sharding[i], &live, tc_states_on_host(&off), tc_activations_on_host(&off));
                offer_least(to, bytes, &w->choices.sharding[i]);
                fits = bytes <= w->capacity;
            }
    }
    return fits;
}

/* Between running nothing again and everything lies what any other recompute keeps: where both are too large, all are. */
static bool arrangement_fits(tc_walker *w, schedule_run run, offer *to) {
    static const int ends[] = {TC_RECOMPUTE_FULL, TC_RECOMPUTE_NONE};
    bool asked = false;
    for (int e = 0; e < 2; e++)
        for (int r = 0; r < w->choices.recomputes; r++) {
            if (w->choices.recompute[r] != ends[e]) continue;
            stage_pass pass;
            tc_choose_recompute(&w->placement.layout, ends[e]);
            keep_stages(w, &pass);
            to->at.recompute = r;
            if (pass_fits(w, &pass, run, to)) return true;
            asked = true;
        }
    return !asked || w->choices.recomputes == 1;
}

/* Is there a schedule under which the leanest sharding and offload fits? */
static bool recompute_fits(tc_walker *w, int recompute, schedule_run run) {
    double in_flight[TC_PEAK_STAGES];
    stage_pass pass;
    tc_choose_recompute(&w->placement.layout, recompute);
    keep_stages(w, &pass);
    for (int i = run.from; i < run.to; i++) {
        w->placement.layout.schedule = w->choices.schedule[i];
        for (int k = 0; k < w->peaks; k++) in_flight[k] = tc_micro_batches_in_flight(&w->placement, w->peak[k]);
        if (lean_bytes(w, &pass, in_flight) <= w->capacity) return true;
    }
    return false;
}

/* Of the recomputes from number `from` on, each of more layers than the one before and so leaner, the first that fits. */
static int first_that_fits(tc_walker *w, int from, schedule_run run) {
    int low = from, high = w->choices.recomputes;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (recompute_fits(w, w->choices.recompute[middle], run))
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* What a step of the recompute at hand takes at least, under any of the schedules. */
static double pass_least(tc_walker *w, const stage_pass *pass, schedule_run run) {
    const tc_stack *stack = &w->q.stack;
    double bubble = HUGE_VAL;
    for (int i = run.from; i < run.to; i++) {
        w->placement.layout.schedule = w->choices.schedule[i];
        bubble = smaller(bubble, least_bubble(&w->placement.layout, pass));
    }
    w->placement.layout.schedule = w->choices.schedule[run.from];
    return pass->work + bubble + tc_pipeline_sends(&w->costs) + tc_step_host_seconds(stack, &w->placement)
           + tc_straggler_seconds(stack, w->q.cluster.devices, pass->work);
}

/* What the shardings cost is dear: asked for when some recompute is not too slow. */
static void cost_once(tc_walker *w, bool *costed) {
    if (*costed) return;
    *costed = true;
    cost_shardings(w);
    w->costs.p = &w->placement;
    tc_costs_recompute(&w->costs);
}

/* Each of `count` configurations. Those of n layers come last, by n: more of them keep less and take longer. */
static void walk_recomputes(tc_walker *w, schedule_run run, offer *to, int64_t count, double *threshold) {
    bool costed = false, layers = false;
    tc_costs_place(&w->costs, &w->sharding[w->choices.shardings - 1].placement);
    for (int r = 0; r < w->choices.recomputes; r++) {
        if (!layers && w->choices.recompute[r] >= TC_RECOMPUTE_LAYERS && !to->exhaustive) {
            int fits = first_that_fits(w, r, run);
            w->counts.pruned += count * (fits - r);
            layers = true;
            r = fits;
            if (r == w->choices.recomputes) break;
        }
        stage_pass pass;
        w->placement.layout.schedule = w->choices.schedule[run.from];
        start_pass(w, w->choices.recompute[r], &pass);
        if (!to->exhaustive && prunes(to, pass_least(w, &pass, run), *threshold)) {
            int last = layers ? w->choices.recomputes - 1 : r;
            w->counts.pruned += count * (last - r + 1);
            r = last;
            continue;
        }
        cost_once(w, &costed);
        keep_stages(w, &pass);
        offload_stages(w, &pass);
        to->at.recompute = r;
        walk_schedules(w, &pass, run, to, threshold);
    }
}

static void walk_arrangement(tc_walker *w, const tc_shape *shape, const tc_stages *stages, schedule_run run, offer *to,
                             double *threshold) {
    int64_t count = w->choices.per_schedule * (run.to - run.from);
    int schedule = w->choices.schedule[run.from];
    if (count == 0) return; /* the stack lacks what is fixed for these stages */
    bool bounded = may_prune(to, *threshold);
    double least_s = bounded ? bound_of(w, shape, stages, run) : 0;
    if (prunes(to, least_s, *threshold)) {
        w->counts.pruned += count * w->choices.recomputes;
        w->fitted = true; /* for all that is known */
        return;
    }
    if (!place_shardings(w, shape, stages, schedule)) {
        w->counts.refused += count * w->choices.recomputes;
        return;
    }
    if (!to->exhaustive) note_lean(w);
    w->placement = w->sharding[0].placement;
    w->costs.p = &w->placement;
    if (!bounded) tc_chunk_kinds_of(&w->costs, &w->kinds);
    if (is_worse(to, least_s, to->exhaustive ? 0 : empty_bytes(w), *threshold)) {
        w->counts.pruned += count * w->choices.recomputes;
        return;
    }
    if (!to->exhaustive && !arrangement_fits(w, run, to)) {
        w->counts.pruned += count * w->choices.recomputes;
        return;
    }
    w->fitted = true;
    walk_recomputes(w, run, to, count, threshold);
}

static void walk_stages(tc_walker *w, const tc_shape *shape, const tc_stages *stages, offer *to, double *threshold) {
    for (schedule_run run = {0, 0}; run.from < w->choices.schedules; run.from = run.to) {
        run.to = arranged_alike(&w->choices, run.from);
        walk_arrangement(w, shape, stages, run, to, threshold);
    }
}

void tc_walk_shape(tc_walker *w, int64_t index, tc_best_list *list) {
    const tc_shape *shape = &w->space->shape[index];
    const tc_search_input *in = w->space->in;
    const tc_variant *v = take_variant(w, shape);
    offer to = {.list = list,
                .memory_first = in->objective == TC_OBJECTIVE_MEMORY,
                .exhaustive = in->exhaustive,
                .front = in->pareto};
    to.at.fewer = w->space->fewer;
    to.at.shape = index;
    double threshold = in->pareto ? HUGE_VAL : tc_best_threshold(list), all_stages = 0;
    bool anything = false; /* may fit */
    if (w->space->fewer && shape->micro_batch >= tc_space_too_large(w->space, shape)) return;
    tc_stages_cursor cursor = {.pp_index = 0};
    tc_stages stages, last = {.pp = 0}, choices_of = last;
    w->fitted = false;
    while (tc_space_next(w->space, shape, &cursor, &stages)) {
        if (last.pp == 0 && !start_shape(w, shape, &stages)) {
            w->counts.refused += shape->configurations;
            return;
        }
        if (last.pp == 0) all_stages = shape_seconds(w, &stages);
        bool again = stages.pp == last.pp && stages.dp == last.dp;
        anything = anything || w->fitted;
        if (!again && stages.pp == last.pp && !w->fitted) {
            tc_space_skip(&cursor); /* fewer ranks hold more each */
            continue;
        }
        if (!again) w->fitted = false;
        take_stages(w, &stages);
        last = stages;
        to.scale = tc_space_least_scale(w->space, v, stages.devices, stages.global_batch);
        if (w->space->fewer && prunes(&to, stages_bound(w, &stages, most_virtual(w, &stages), all_stages), threshold)) {
            w->fitted = true;
            tc_space_skip(&cursor); /* with fewer ranks it takes longer */
            continue;
        }
        to.scale = tc_space_scale(w->space, v, stages.devices, stages.global_batch);
        bool worse = prunes(&to, stages_bound(w, &stages, stages.vpp, all_stages), threshold);
        if (worse) w->fitted = true;
        if (worse && w->space->fewer) continue;
        if (choices_of.pp == stages.pp && choices_of.dp == stages.dp)
            tc_space_schedules(w->space, &stages, &w->choices);
        else
            tc_space_choices(w->space, shape, &stages, &w->choices);
        choices_of = stages;
        if (worse) {
            w->counts.pruned += w->choices.count;
            continue;
        }
        to.at.pp_index = cursor.pp_index;
        to.at.dp = stages.dp;
        to.at.vpp = stages.vpp;
        to.at.split = stages.split;
        to.kind = kind_of(shape, stages.pp);
        walk_stages(w, shape, &stages, &to, &threshold);
    }
    if (w->space->fewer && !anything && !w->fitted) tc_space_set_too_large(w->space, shape);
}
