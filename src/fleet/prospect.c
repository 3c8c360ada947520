/* prospect.c - asks the search for layouts, each question once. */
#include "fleet/prospect.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "forecast/interval.h"
#include "workload/finetune.h"
#include "workload/members.h"

enum { USUAL, WHOLE };

/* Of a prospect, what is usual; of all together in the whole space, and of each where those are used up. A plan of a few pools asks for
 * fewer; one of many deliveries would ask for thousands, of which one is like the next. */
enum { MOST_USUAL = 64, MOST_WHOLE = 24, LEAST_WHOLE = 1 };

double tc_prospect_checkpoint_bytes(const tc_prospect *p) {
    double parameters = p->candidate->frozen_base ? tc_trained_parameters(&p->question.job) : p->candidate->parameters;
    return parameters * (p->pool->economics.weight_bytes + p->question.stack.memory.optimizer_bytes);
}

const tc_stack *tc_pool_software(const tc_scenario_pool *pool, const tc_scenario_candidate *candidate) {
    return &pool->software[candidate->model ? tc_kind_of(candidate->model) : TC_MODEL_OF_TEXT];
}

double tc_package_mtbf(const tc_scenario_pool *pool) {
    if (pool->mtbf_s > 0) return pool->mtbf_s;
    return pool->cluster.accelerator.mtbf_s > 0 ? pool->cluster.accelerator.mtbf_s : pool->economics.mtbf_s;
}

static double repair_of(const tc_scenario_pool *pool) {
    return pool->repair_s >= 0 ? pool->repair_s : pool->economics.repair_s;
}

/* The phase's own sample, of a model that has any: the scenario has checked it. */
static void take_sample(const tc_scenario_phase *phase, tc_model *model) {
    tc_latents *l = &model->latents;
    if (l->stride == 0) return;
    if (phase->frames > 0) l->frames = phase->frames;
    if (phase->height > 0) l->height = phase->height;
    if (phase->width > 0) l->width = phase->width;
}

bool tc_prospect_init(tc_prospect *p, const tc_scenario *scenario, const tc_interval_model *interval,
                      const tc_scenario_candidate *candidate, int stage, int pool, int most) {
    const tc_scenario_phase *phase = candidate->phases > 0 ? &candidate->phase[stage] : NULL;
    *p = (tc_prospect){.scenario = scenario,
                       .candidate = candidate,
                       .pool = &scenario->pool[pool],
                       .most = most,
                       .question = tc_default_question()};
    p->question.cluster = p->pool->cluster;
    p->question.stack = *tc_pool_software(p->pool, candidate);
    p->question.interval = interval;
    if (candidate->model) p->question.job.model = *candidate->model;
    if (candidate->cached_latents || candidate->encoders_in_step)
        p->question.job.cached_latents = candidate->cached_latents;
    if (phase && candidate->model) take_sample(phase, &p->question.job.model);
    p->question.job.seq = phase ? phase->seq : candidate->seq;
    p->question.job.global_batch = phase ? phase->global_batch : candidate->global_batch;
    p->question.job.dtype = candidate->dtype;
    p->question.job.finetune = candidate->finetune;
    p->question.job.frozen_base = candidate->frozen_base;
    p->question.job.document = candidate->document;
    for (int i = USUAL; i <= WHOLE; i++)
        if (!(p->list[i].cache = tc_search_cache_new(most))) return false;
    return true;
}

void tc_prospect_close(tc_prospect *p) {
    for (int i = USUAL; i <= WHOLE; i++) tc_search_cache_free(p->list[i].cache);
}

/* ---- choices ------------------------------------------------------------------------- */

static tc_chooser chooser_of(const tc_prospect *p, const tc_question *question, bool whole) {
    return (tc_chooser){.question = question,
                        .any = p->scenario->any,
                        .fit = p->scenario->fit,
                        .cache = question->cluster.devices > p->most ? NULL : p->list[whole].cache,
                        .thorough = whole,
                        .usual_only = p->usual_only,
                        .batch_band = p->scenario->batch_band,
                        .package_mtbf_s = tc_package_mtbf(p->pool),
                        .restart_s = p->pool->economics.restart_s,
                        .on_failure = p->pool->on_failure,
                        .repair_s = repair_of(p->pool),
                        .checkpoint_bytes = tc_prospect_checkpoint_bytes(p),
                        .economics = &p->pool->economics};
}

/* Work whose step is not forecast: so many a second on each device, in steps of a second. */
static void choose_rate(const tc_prospect *p, const tc_chooser *in, int devices, tc_choice *out) {
    const tc_scenario_candidate *candidate = p->candidate;
    *out = (tc_choice){.found = false};
    for (int i = 0; i < candidate->rates && !out->found; i++) {
        const tc_spread *rate = &candidate->rate[i].tokens_per_s;
        if (strcmp(candidate->rate[i].accelerator, p->pool->cluster.accelerator.slug) != 0) continue;
        bool certain = rate->low == rate->high;
        out->step = (tc_step){.step_s = 1,
                              .step_s_p10 = certain ? 0 : rate->mid / rate->high,
                              .step_s_p90 = certain ? 0 : rate->mid / rate->low,
                              .tokens_per_step = rate->mid * devices,
                              .fits = true,
                              .fits_probability = 1};
        out->devices = devices;
        tc_judge(in, out);
        out->found = out->tokens_per_s > 0;
        if (!out->found) snprintf(out->why, sizeof out->why, "fails more often than it restarts");
    }
    if (!out->found && !out->why[0])
        snprintf(out->why, sizeof out->why, "no rate is given for %s", p->pool->cluster.accelerator.slug);
}

static tc_code choose(tc_prospect *p, int devices, bool whole, const tc_choice *before, tc_choice *out,
                      tc_error *error) {
    tc_question question = p->question;
    question.cluster.devices = devices;
    tc_chooser in = chooser_of(p, &question, whole);
    if (!p->candidate->model) {
        choose_rate(p, &in, devices, out);
        return TC_OK;
    }
    tc_code code = tc_choose_layout(&in, before, out, error);
    p->evaluated += out->evaluated;
    if (code || !out->found || !p->candidate->rl) return code;
    code = tc_prospect_reinforce(p, out, error);
    if (!code && out->found) tc_judge(&in, out);
    return code;
}

/* Where a number of devices is in a list, or would be. */
static int place_of(const struct tc_chosen_list *list, int devices) {
    int low = 0, high = list->count;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (list->chosen[middle].devices < devices)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const tc_choice *known(const struct tc_chosen_list *list, int devices) {
    int at = place_of(list, devices);
    return at < list->count && list->chosen[at].devices == devices ? list->chosen[at].choice : NULL;
}

static bool keep(struct tc_chosen_list *list, int devices, tc_choice *choice, tc_arena *arena) {
    int at = place_of(list, devices);
    tc_chosen *more = tc_arena_grow(arena, list->chosen, list->count, &list->room, sizeof *more);
    if (!more) return false;
    list->chosen = more;
    memmove(more + at + 1, more + at, (size_t)(list->count++ - at) * sizeof *more);
    more[at] = (tc_chosen){devices, choice};
    return true;
}

tc_code tc_prospect_choose(tc_prospect *p, int devices, bool whole, tc_arena *arena, const tc_choice **out,
                           tc_error *error) {
    *out = known(&p->list[whole], devices);
    if (*out) return TC_OK;
    tc_choice *choice = tc_arena_alloc(arena, sizeof *choice);
    if (!choice) return tc_fail(error, TC_INTERNAL, "plan", "out of memory");
    const tc_choice *usual = whole ? known(&p->list[USUAL], devices) : NULL;
    tc_code code = choose(p, devices, whole, usual && usual->found ? usual : p->before, choice, error);
    if (code) return code;
    if (choice->found) p->before = choice;
    if (choice->found && p->candidate->model && !p->candidate->rl) tc_interval_apply(&p->question, &choice->step);
    *out = choice;
    return keep(&p->list[whole], devices, choice, arena) ? TC_OK : tc_fail(error, TC_INTERNAL, "plan", "out of memory");
}

tc_code tc_prospect_expect(tc_prospect *p, const tc_choice *choice, tc_error *error) {
    if (!p->candidate->model || p->candidate->rl) return TC_OK;
    for (int i = 0; i < p->list[WHOLE].count; i++) {
        tc_choice *own = p->list[WHOLE].chosen[i].choice;
        if (own != choice) continue;
        tc_question question = p->question;
        question.cluster.devices = own->there;
        tc_chooser in = chooser_of(p, &question, true);
        return tc_expect_layout(&in, own, error);
    }
    return TC_OK;
}

bool tc_prospect_may_choose(const tc_prospect *p, int devices, bool whole) {
    const tc_prospects *all = p->all;
    int asked = 0;
    if (!all || !p->candidate->model || known(&p->list[whole], devices)) return true;
    if (!whole) return p->list[USUAL].count < MOST_USUAL;
    for (int i = 0; i < all->count; i++) asked += all->prospect[i]->list[WHOLE].count;
    return asked < MOST_WHOLE || p->list[WHOLE].count < LEAST_WHOLE;
}

tc_code tc_prospect_enough(tc_prospect *p, int devices, int *out, tc_error *error) {
    *out = 0;
    if (!p->candidate->model) return TC_OK;
    for (int64_t n = devices > 0 ? 2 * (int64_t)devices : 1; n <= 131072; n *= 2) {
        tc_choice choice;
        tc_code code = choose(p, (int)n, false, NULL, &choice, error);
        if (code || choice.found) {
            *out = choice.devices;
            return code;
        }
        if (choice.least_bytes > 0 && n > 1024) return TC_OK; /* memory, not number, is what lacks */
    }
    return TC_OK;
}

/* ---- the prospects of a scenario ------------------------------------------------------- */

bool tc_pools_alike(const tc_scenario_pool *a, const tc_scenario_pool *b) {
    return strcmp(a->accelerator, b->accelerator) == 0 && strcmp(a->fabric, b->fabric) == 0
           && strcmp(a->stack, b->stack) == 0 && strcmp(a->economics.region, b->economics.region) == 0
           && strcmp(a->cluster.accelerator.slug, b->cluster.accelerator.slug) == 0
           && strcmp(a->cluster.fabric.slug, b->cluster.fabric.slug) == 0
           && strcmp(a->software[0].slug, b->software[0].slug) == 0 && tc_package_mtbf(a) == tc_package_mtbf(b)
           && a->on_failure == b->on_failure && repair_of(a) == repair_of(b);
}

/* Are a model's layers, and samples of one of images or video, the same to the forecast? */
static bool same_sample(const tc_scenario_candidate *a, const tc_scenario_candidate *b) {
    return a->layers == b->layers && a->cached_latents == b->cached_latents
           && a->encoders_in_step == b->encoders_in_step && a->frames == b->frames && a->height == b->height
           && a->width == b->width;
}

static bool is_same(const tc_prospect *p, const tc_scenario_candidate *candidate, const tc_job *job, int pool) {
    const tc_scenario_candidate *other = p->candidate;
    if (other != candidate
        && (!candidate->model || !other->model || candidate->rl || other->rl
            || strcmp(candidate->model_slug, other->model_slug) != 0 || !same_sample(candidate, other)))
        return false;
    return p->question.job.seq == job->seq && p->question.job.global_batch == job->global_batch
           && p->question.job.dtype == job->dtype && p->question.job.document == job->document
           && p->question.job.frozen_base == job->frozen_base
           && tc_members_alike(&tc_finetune_members, &p->question.job.finetune, &job->finetune)
           && tc_pools_alike(p->pool, &p->scenario->pool[pool]);
}

tc_prospect *tc_prospects_find(tc_prospects *all, const tc_scenario *scenario, const tc_interval_model *interval,
                               const tc_scenario_candidate *candidate, int stage, int pool, int most, tc_arena *arena) {
    const tc_scenario_phase *phase = candidate->phases > 0 ? &candidate->phase[stage] : NULL;
    tc_job job = {.seq = phase ? phase->seq : candidate->seq,
                  .global_batch = phase ? phase->global_batch : candidate->global_batch,
                  .dtype = candidate->dtype,
                  .finetune = candidate->finetune,
                  .frozen_base = candidate->frozen_base,
                  .document = candidate->document};
    for (int i = 0; i < all->count; i++)
        if (all->prospect[i]->most == most && is_same(all->prospect[i], candidate, &job, pool)) return all->prospect[i];
    tc_prospect **list = tc_arena_grow(arena, all->prospect, all->count, &all->room, sizeof *list);
    tc_prospect *prospect = tc_arena_alloc(arena, sizeof *prospect);
    if (!list || !prospect) return NULL;
    all->prospect = list;
    list[all->count++] = prospect;
    bool fine = tc_prospect_init(prospect, scenario, interval, candidate, stage, pool, most);
    prospect->all = all;
    return fine ? prospect : NULL;
}

void tc_prospects_close(tc_prospects *all) {
    for (int i = 0; i < all->count; i++) tc_prospect_close(all->prospect[i]);
}
