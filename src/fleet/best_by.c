/* best_by.c - which shape of model gets furthest by a day: rates of every shape on every pool, tokens of every future, the choice.
 *
 * Rates come from few numbers of devices and the usual layouts: shapes differ by far more than a search of the whole space gains.
 * All shapes have the same fates, step errors too, so that they are compared on common futures. */
#include "fleet/best_by.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/calendar.h"
#include "base/decimal.h"
#include "base/error.h"
#include "fleet/capability.h"

#define DAY 86400.0
#define SAMPLES 512
#define ENDLESS 1e18 /* tokens that nobody trains; a double counts them to 128 */
#define BATCH 1024   /* sequences, where no candidate has a batch: 4 Mi tokens */
#define SEQ 4096
#define CONFIDENCE 0.8

/* A shape and what the pools offer it. */
typedef struct shape {
    const char *model, *why; /* why: it is left out */
    tc_capability_shape size;
    tc_offer *offer; /* [pools] */
    const tc_rates **rates;
} shape;

typedef struct finder {
    tc_planner *p;
    tc_arena *arena;
    tc_scaling *scaling;
    int shapes;
    shape *shape;
    tc_model *model; /* the one at hand */
    tc_scenario_candidate candidate;
    tc_scenario_job job; /* of no rules but where the first one may train */
    bool given;          /* the candidate's workload is the scenario's */
    uint64_t *step;      /* [pools]: streams */
    int public;
    tc_capability_shape reference;
} finder;

static tc_code copy(const finder *f, const char *text, const char **out) {
    *out = tc_arena_copy(f->arena, text, strlen(text));
    return *out ? TC_OK : tc_planner_no_memory(f->p);
}

/* ---- what each shape can do ------------------------------------------------------------------------- */

/* Sequences and batch of the first candidate that is a model. */
static void take_workload(finder *f) {
    const tc_scenario *s = f->p->scenario;
    const tc_scenario_candidate *first = s->jobs > 0 && s->job[0].candidates > 0 ? &s->job[0].candidate[0] : NULL;
    f->given = first && first->model && first->global_batch > 0;
    f->candidate = (tc_scenario_candidate){.unit = "tokens",
                                           .seq = SEQ,
                                           .global_batch = BATCH,
                                           .dtype = tc_default_question().job.dtype,
                                           .tokens = ENDLESS,
                                           .tokens_per_parameter = TC_UNSET,
                                           .model = f->model};
    if (!f->given) return;
    f->candidate.seq = first->seq > 0 ? first->seq : first->model->seq > 0 ? first->model->seq : SEQ;
    f->candidate.global_batch = first->global_batch;
    f->candidate.dtype = first->dtype;
}

/* A quarter of the fewest devices that the pool has for training in the middle future. */
static int fewest(const tc_future *f) {
    int least = 0;
    for (int i = 0; i < f->levels; i++)
        if (f->level[i].training > 0 && (least == 0 || f->level[i].training < least)) least = f->level[i].training;
    return least / 4;
}

static tc_code offer_pool(finder *f, shape *of, int pool) {
    tc_planner *p = f->p;
    tc_offer *offer = &of->offer[pool];
    tc_prospect prospect;
    if (!tc_job_may_train_on(&f->job, pool)) {
        snprintf(offer->why, sizeof offer->why, "the first job must not train there");
        return TC_OK;
    }
    if (!tc_prospect_init(&prospect, p->scenario, p->interval, &f->candidate, 0, pool, p->room[pool]))
        return tc_planner_no_memory(p);
    prospect.usual_only = true;
    *offer = (tc_offer){.prospect = &prospect, .candidate = &f->candidate, .pool = &p->scenario->pool[pool]};
    tc_code code
        = tc_offer_open_coarse(offer, tc_fleet_most(p->fleet, pool), fewest(&p->middle[pool]), f->arena, p->error);
    tc_prospect_close(&prospect);
    offer->prospect = NULL;
    if (code || offer->rates.knots == 0) return code;
    int needed = offer->rates.knot[0].devices;
    if (needed <= tc_fleet_most(p->fleet, pool))
        of->rates[pool] = &offer->rates;
    else
        snprintf(offer->why, sizeof offer->why, "needs some %s devices", tc_decimal_text(needed, 0).s);
    return TC_OK;
}

/* Whether to look at a shape on a pool: false once it was stopped. */
static bool go_on(const finder *f, int at) {
    const tc_plan_options *o = f->p->options;
    int before = f->p->plan->candidates, all = before + f->shapes * f->p->scenario->pools;
    if (f->p->looked_at < before) return false;
    return !o->tell || o->tell(o->context, before + at, all);
}

/* The reason of the pool with the most devices. */
static tc_code leave_out(const finder *f, shape *of) {
    int most = 0;
    for (int k = 1; k < f->p->scenario->pools; k++)
        if (tc_fleet_most(f->p->fleet, k) > tc_fleet_most(f->p->fleet, most)) most = k;
    const char *why = of->offer[most].why[0] ? of->offer[most].why : "no devices are left for training";
    char text[256];
    snprintf(text, sizeof text, "%s: %s", f->p->scenario->pool[most].name, why);
    return copy(f, text, &of->why);
}

static tc_code look_at(finder *f, int index, bool *stopped) {
    tc_planner *p = f->p;
    int pools = p->scenario->pools;
    shape *of = &f->shape[index];
    tc_code code = copy(f, f->scaling->shape[index].model, &of->model);
    if (code == TC_OK) code = tc_catalog_model(p->options->catalog, of->model, f->model, p->error);
    if (code) return code;
    if (f->model->learned_positions > 0 && f->model->learned_positions < f->candidate.seq)
        f->model->learned_positions
            = f->candidate.seq; /* a shape of that size, trained on the first candidate's length */
    of->size = tc_capability_shape_of(f->model);
    of->offer = tc_arena_alloc(f->arena, (size_t)pools * sizeof *of->offer);
    of->rates = tc_arena_alloc(f->arena, (size_t)pools * sizeof *of->rates);
    if (!of->offer || !of->rates) return tc_planner_no_memory(p);
    snprintf(f->candidate.name, sizeof f->candidate.name, "%s", of->model);
    f->candidate.parameters = of->size.total;
    f->candidate.active_parameters = of->size.active;
    bool any = false;
    for (int k = 0; k < pools && code == TC_OK; k++) {
        *stopped = *stopped || !go_on(f, index * pools + k);
        if (*stopped) break;
        code = offer_pool(f, of, k);
        any = any || of->rates[k];
    }
    if (*stopped && !any) of->why = "was not looked at";
    if (code || any || *stopped) return code;
    return leave_out(f, of);
}

static tc_code open_shapes(finder *f) {
    tc_planner *p = f->p;
    const tc_scenario *s = p->scenario;
    f->scaling = tc_arena_alloc(f->arena, sizeof *f->scaling);
    f->model = tc_arena_alloc(f->arena, sizeof *f->model);
    f->step = tc_arena_alloc(f->arena, (size_t)(s->pools + 1) * sizeof *f->step);
    if (!f->scaling || !f->model || !f->step) return tc_planner_no_memory(p);
    tc_code code = tc_scaling_load(p->options->catalog, f->scaling, p->error);
    if (code == TC_OK)
        code = tc_capability_best_public(p->options->catalog, f->scaling, 0, s->as_of, &f->public, &f->reference,
                                         p->error);
    if (code) return code;
    f->shapes = f->scaling->shapes;
    f->shape = tc_arena_alloc(f->arena, (size_t)f->shapes * sizeof *f->shape);
    if (!f->shape) return tc_planner_no_memory(p);
    for (int k = 0; k < s->pools; k++) f->step[k] = tc_stream("best-by/step/%s", s->pool[k].cluster.accelerator.slug);
    f->job = (tc_scenario_job){.after_job = -1,
                               .not_before = INT32_MIN,
                               .deadline = INT32_MAX,
                               .pool = s->jobs > 0 ? s->job[0].pool : -1,
                               .not_ons = s->jobs > 0 ? s->job[0].not_ons : 0,
                               .not_on = s->jobs > 0 ? s->job[0].not_on : NULL,
                               .movable = true};
    take_workload(f);
    bool stopped = false;
    for (int i = 0; i < f->shapes && code == TC_OK; i++) code = look_at(f, i, &stopped);
    return code;
}

/* ---- tokens ----------------------------------------------------------------------------------------------- */

/* Trained by the end of a day, in each sample; where nothing is uncertain one future stands for all. */
static tc_code count_tokens(finder *f, const shape *of, int32_t day, double *tokens) {
    tc_planner *p = f->p;
    const tc_scenario *s = p->scenario;
    double by_s = (double)((int64_t)day + 1 - s->start) * DAY, as_of_s = (double)((int64_t)s->as_of - s->start) * DAY;
    const tc_stage stage = {.tokens = ENDLESS, .rates = of->rates};
    tc_task task = {.job = &f->job,
                    .stages = 1,
                    .stage = &stage,
                    .earliest_s = as_of_s > 0 ? as_of_s : 0,
                    .by_s = by_s,
                    .after = -1,
                    .operations = tc_stream("best-by/operations"),
                    .step = f->step,
                    .usual = tc_operations_usual(&p->risks),
                    .started_s = INFINITY,
                    .step_pool = -1};
    for (int k = 0; k < s->pools; k++)
        if (of->rates[k]
            && (task.step_pool < 0 || tc_fleet_most(p->fleet, k) > tc_fleet_most(p->fleet, task.step_pool)))
            task.step_pool = k;
    tc_tasks tasks = p->tasks;
    tasks.tasks = 1;
    tasks.task = &task;
    tasks.horizon_s = by_s;
    for (int i = 0; i < SAMPLES; i++) tokens[i] = 0;
    if (by_s <= task.earliest_s) return TC_OK;
    if (!s->certain) {
        const tc_outlook_input in = {.scenario = s,
                                     .fleet = p->fleet,
                                     .tasks = &tasks,
                                     .samples = SAMPLES,
                                     .seed = p->options->seed,
                                     .threads = p->options->threads};
        return tc_outlook_tokens(&in, tokens, p->error);
    }
    const tc_fate middle = {.middle = true};
    tc_fortune fortune;
    tc_course *course = tc_course_new(&tasks, f->arena);
    if (!course) return tc_planner_no_memory(p);
    tc_course_follow(course, &middle, p->middle, &fortune, NULL, 0);
    for (int i = 0; i < SAMPLES; i++) tokens[i] = ENDLESS - fortune.left;
    return TC_OK;
}

/* ---- the choice ------------------------------------------------------------------------------------------- */

static tc_best_shape told(const shape *of, const tc_capability_result *r) {
    return (tc_best_shape){.model = of->model,
                           .parameters = of->size.total,
                           .active_parameters = of->size.active,
                           .tokens_p50 = r->tokens_p50,
                           .loss_p10 = r->loss_p10,
                           .loss_p50 = r->loss_p50,
                           .loss_p90 = r->loss_p90,
                           .probability = r->probability,
                           .ratio_p10 = r->ratio_p10,
                           .ratio_p50 = r->ratio_p50,
                           .ratio_p90 = r->ratio_p90,
                           .decades = r->decades,
                           .epochs = r->epochs_p50,
                           .tokens_per_parameter = r->tokens_p50 / of->size.active,
                           .within = r->within};
}

/* Whether a comes before b in the list: those within the noise first, then by the loss that is met with confidence. */
static bool is_better(const tc_capability_result *a, const tc_capability_result *b) {
    if (a->within != b->within) return a->within;
    return a->loss_at_confidence < b->loss_at_confidence;
}

/* The shapes of a day in their order. */
static void write_shapes(const finder *f, const tc_capability_result *result, const int *which, int judged, int best,
                         tc_best_by *out) {
    int order[TC_SCALING_SHAPES];
    for (int i = 0; i < judged; i++) {
        int at = i;
        for (; at > 0 && (i == best || (order[at - 1] != best && is_better(&result[i], &result[order[at - 1]]))); at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
    out->judged = judged;
    out->any = best >= 0;
    for (int i = 0; i < judged; i++) out->shape[out->shapes++] = told(&f->shape[which[order[i]]], &result[order[i]]);
    for (int i = 0; i < f->shapes; i++)
        if (f->shape[i].why)
            out->shape[out->shapes++] = (tc_best_shape){.model = f->shape[i].model,
                                                        .why = f->shape[i].why,
                                                        .parameters = f->shape[i].size.total,
                                                        .active_parameters = f->shape[i].size.active};
}

/* tokens: room of [shapes][samples]. */
static tc_code judge(finder *f, double *tokens, tc_best_by *out) {
    tc_capability_shape shapes[TC_SCALING_SHAPES];
    tc_capability_result result[TC_SCALING_SHAPES];
    int which[TC_SCALING_SHAPES], judged = 0, best = -1;
    tc_code code = TC_OK;
    for (int i = 0; i < f->shapes && code == TC_OK; i++) {
        if (f->shape[i].why) continue;
        which[judged] = i;
        shapes[judged] = f->shape[i].size;
        code = count_tokens(f, &f->shape[i], out->day, tokens + (size_t)judged++ * SAMPLES);
    }
    const tc_capability_question question
        = {.setting = {.scaling = f->scaling,
                       .unique_tokens = f->p->scenario->unique_tokens,
                       .served_tokens = f->p->scenario->served_tokens},
           .shapes = judged,
           .samples = SAMPLES,
           .shape = shapes,
           .tokens = tokens,
           .seed = (uint64_t)f->p->options->seed,
           .confidence = CONFIDENCE,
           .reference = f->reference,
           .reference_tokens = f->public < 0 ? 0 : f->scaling->public[f->public].tokens};
    if (code == TC_OK && judged > 0) code = tc_capability_best(&question, result, &best, f->p->error);
    if (code == TC_OK) write_shapes(f, result, which, judged, best, out);
    return code;
}

static tc_code tell_reference(const finder *f, tc_best_by *out) {
    if (f->public < 0) return TC_OK;
    const tc_scaling_public *reference = &f->scaling->public[f->public];
    out->reference_tokens = reference->tokens;
    out->reference_parameters = f->reference.total;
    out->reference_active = f->reference.active;
    return copy(f, reference->model, &out->reference);
}

static tc_code tell_assumed(const finder *f) {
    const tc_scenario *s = f->p->scenario;
    char text[400], day[TC_DATE_SIZE];
    tc_date_format(s->as_of, day);
    snprintf(text, sizeof text,
             "the most capable model: nothing else trains from %s on; usual layouts at few numbers of devices, rates "
             "between them interpolated; %d calendars",
             day, s->certain ? 1 : SAMPLES);
    tc_code code = copy(f, text, &f->p->plan->best_assumed[0]);
    snprintf(text, sizeof text, "the most capable model: batches of %s sequences of %s tokens (%s)",
             tc_decimal_text(f->candidate.global_batch, 0).s, tc_decimal_text(f->candidate.seq, 0).s,
             f->given ? "those of the first job's first candidate" : "none given");
    if (code == TC_OK) code = copy(f, text, &f->p->plan->best_assumed[1]);
    char data[120] = "every token is seen once", served[120] = "none is served";
    if (s->unique_tokens > 0)
        snprintf(data, sizeof data, "there are %.4g T tokens of data, which are then seen again and count less",
                 s->unique_tokens / 1e12);
    if (s->served_tokens > 0)
        snprintf(served, sizeof served, "%.4g T tokens are served by it from the same compute",
                 s->served_tokens / 1e12);
    snprintf(text, sizeof text,
             "the most capable model: scaling law %s, which knows no quality of data, no recipe and nothing after "
             "pre-training; %s, %s",
             f->scaling->law[0].slug, data, served);
    return code ? code : copy(f, text, &f->p->plan->best_assumed[2]);
}

static tc_code check_days(const tc_planner *p) {
    if (!p->options->catalog)
        return tc_fail(p->error, TC_INVALID, "options.catalog", "is missing, which best_day needs; give the catalog");
    for (int i = 0; i < p->options->best_days; i++) {
        char day[TC_DATE_SIZE], from[TC_DATE_SIZE], until[TC_DATE_SIZE];
        if (p->options->best_day[i] >= p->scenario->as_of && p->options->best_day[i] <= p->scenario->horizon) continue;
        tc_date_format(p->options->best_day[i], day);
        tc_date_format(p->scenario->as_of, from);
        tc_date_format(p->scenario->horizon, until);
        return tc_fail(p->error, TC_INVALID, "--best-by", "%s is no day of the plan; write one from %s to %s", day,
                       from, until);
    }
    return TC_OK;
}

tc_code tc_best_by_find(tc_planner *p) {
    finder f = {.p = p, .arena = &p->plan->arena};
    int days = p->options->best_days;
    tc_code code = check_days(p);
    if (code == TC_OK) code = open_shapes(&f);
    if (code) return code;
    p->plan->best = tc_arena_alloc(f.arena, (size_t)days * sizeof *p->plan->best);
    double *tokens = malloc((size_t)f.shapes * SAMPLES * sizeof *tokens);
    if (!p->plan->best || !tokens) code = tc_planner_no_memory(p);
    for (int i = 0; i < days && code == TC_OK; i++) {
        tc_best_by *out = &p->plan->best[i];
        out->day = p->options->best_day[i];
        out->shape = tc_arena_alloc(f.arena, (size_t)f.shapes * sizeof *out->shape);
        code = out->shape ? judge(&f, tokens, out) : tc_planner_no_memory(p);
        if (code == TC_OK) code = tell_reference(&f, out);
        p->plan->bests = i + 1;
    }
    free(tokens);
    return code ? code : tell_assumed(&f);
}
