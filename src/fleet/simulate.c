/* simulate.c - one candidate on one pool over the calendar.
 *
 * The supply of a pool is a staircase: each delivery counts once its bring-up is over, serving keeps its
 * devices first, and of the rest a share is for ablations and evaluation. On each step of the
 * staircase the best layout for the devices that are there is chosen (choose_layout.c); the run goes over
 * to it if it gives more useful tokens per second than the layout it has, which costs one restart.
 * Tokens add up at that rate until all are trained:
 *
 *     finish = the t with  sum over phases of rate x time = tokens
 *
 * The ends of the 80 % interval: the same with all steps as fast, or as slow, as that end of theirs; goodput is worked out anew.
 *
 * Ignored: training on several pools at once, devices that break for good (spares are assumed), and a
 * learning-rate or batch schedule. */
#include "fleet/simulate.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "layout/fields.h"
#include "base/calendar.h"
#include "base/decimal.h"
#include "base/error.h"
#include "forecast/interval.h"

#define SECONDS_PER_DAY 86400.0
#define LONGEST (100 * 365.25 * SECONDS_PER_DAY)

/* ---- choices ------------------------------------------------------------------------- */

static double checkpoint_bytes(const tc_prospect *p) {
    return p->candidate->parameters * (p->pool->economics.weight_bytes + p->pool->software.memory.optimizer_bytes);
}

static double package_mtbf(const tc_scenario_pool *pool) {
    if (pool->mtbf_s > 0) return pool->mtbf_s;
    return pool->cluster.accelerator.mtbf_s > 0 ? pool->cluster.accelerator.mtbf_s : pool->economics.mtbf_s;
}

static tc_search_cache *new_cache(const tc_supply *supply) {
    int most = supply->most;
    for (int i = 0; i < supply->steps; i++) most = supply->step[i].devices > most ? supply->step[i].devices : most;
    return tc_search_cache_new(most);
}

bool tc_prospect_init(tc_prospect *p, const tc_scenario *scenario, const tc_interval_model *interval,
                      const tc_scenario_candidate *candidate, int pool, const tc_supply *supply, tc_arena *arena) {
    *p = (tc_prospect){.scenario = scenario,
                       .candidate = candidate,
                       .pool = &scenario->pool[pool],
                       .supply = supply,
                       .share = scenario->certain ? 1 : tc_operations_usual(&scenario->risks),
                       .question = tc_default_question()};
    p->question.cluster = p->pool->cluster;
    p->question.stack = p->pool->software;
    p->question.interval = interval;
    if (candidate->model) p->question.job.model = *candidate->model;
    p->question.job.seq = candidate->seq;
    p->question.job.global_batch = candidate->global_batch;
    p->question.job.dtype = candidate->dtype;
    p->choice = tc_arena_alloc(arena, (size_t)(supply->steps + 1) * sizeof *p->choice);
    p->cache = new_cache(supply);
    return p->choice && p->cache;
}

bool tc_prospect_search(tc_prospect *p, tc_arena *arena) {
    p->thorough = true;
    tc_search_cache_free(p->cache);
    p->cache = new_cache(p->supply);
    p->usual = p->choice;
    p->choice = tc_arena_alloc(arena, (size_t)(p->supply->steps + 1) * sizeof *p->choice);
    return p->choice && p->cache;
}

static tc_chooser chooser_of(const tc_prospect *p, const tc_question *question) {
    return (tc_chooser){.question = question,
                        .any = p->scenario->any,
                        .fit = p->scenario->fit,
                        .cache = p->cache,
                        .thorough = p->thorough,
                        .usual_only = p->usual_only,
                        .batch_band = p->scenario->batch_band,
                        .package_mtbf_s = package_mtbf(p->pool),
                        .restart_s = p->pool->economics.restart_s,
                        .checkpoint_bytes = checkpoint_bytes(p),
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

static tc_code choose(tc_prospect *p, int devices, const tc_choice *before, tc_choice *out, tc_error *error) {
    tc_question question = p->question;
    question.cluster.devices = devices;
    tc_chooser in = chooser_of(p, &question);
    if (!p->candidate->model) {
        choose_rate(p, &in, devices, out);
        return TC_OK;
    }
    tc_code code = tc_choose_layout(&in, before, out, error);
    p->evaluated += out->evaluated;
    return code;
}

/* The choice on a step of the supply, its interval with it. */
static tc_code choice_at(tc_prospect *p, int step, tc_arena *arena, const tc_choice **out, tc_error *error) {
    *out = p->choice[step];
    if (*out) return TC_OK;
    int devices = p->supply->step[step].devices;
    if (p->max_devices > 0 && devices > p->max_devices) devices = p->max_devices;
    tc_choice *choice = tc_arena_alloc(arena, sizeof *choice);
    if (!choice) return tc_fail(error, TC_INTERNAL, "plan", "out of memory");
    const tc_choice *usual = p->usual ? p->usual[step] : NULL;
    if (devices < p->min_devices) {
        snprintf(choice->why, sizeof choice->why, "the job needs %d devices", p->min_devices);
        *out = p->choice[step] = choice;
        return TC_OK;
    }
    tc_code code = choose(p, devices, usual && usual->found ? usual : p->before, choice, error);
    if (code) return code;
    if (choice->found) p->before = choice;
    *out = p->choice[step] = choice;
    if (choice->found && p->candidate->model) tc_interval_apply(&p->question, &choice->step);
    return TC_OK;
}

tc_code tc_prospect_choose(tc_prospect *p, int devices, tc_arena *arena, tc_choice *out, tc_error *error) {
    for (int i = 0; i < p->supply->steps; i++)
        if (p->supply->step[i].devices == devices) {
            const tc_choice *choice;
            tc_code code = choice_at(p, i, arena, &choice, error);
            if (code == TC_OK) *out = *choice;
            return code;
        }
    tc_code code = choose(p, devices, p->before, out, error);
    if (!code && out->found && p->candidate->model) tc_interval_apply(&p->question, &out->step);
    return code;
}

/* The choice as it goes with steps at an end of their interval. */
static tc_choice at_quantile(const tc_prospect *p, const tc_choice *choice, tc_quantile quantile) {
    tc_choice out = *choice;
    if (quantile == TC_P50 || !choice->found) return out;
    tc_chooser in = chooser_of(p, &p->question);
    out.step.step_s = quantile == TC_P10 ? choice->step.step_s_p10 : choice->step.step_s_p90;
    tc_judge(&in, &out);
    return out;
}

/* With how many devices there would be a layout: a power of two times those there are. */
static tc_code enough_devices(tc_prospect *p, int devices, int *out, tc_error *error) {
    *out = devices < p->min_devices ? p->min_devices : 0;
    if (*out) return TC_OK;
    if (!p->candidate->model) return TC_OK;
    for (int64_t n = devices > 0 ? 2 * (int64_t)devices : 1; n <= 131072; n *= 2) {
        tc_choice choice;
        tc_code code = choose(p, (int)n, NULL, &choice, error);
        if (code || choice.found) {
            *out = choice.devices;
            return code;
        }
        if (choice.least_bytes > 0 && n > 1024) return TC_OK; /* memory, not number, is what lacks */
    }
    return TC_OK;
}

/* ---- phases ---------------------------------------------------------------------------- */

static int32_t day_of(const tc_scenario *s, double seconds) {
    return s->start + (int32_t)floor(seconds / SECONDS_PER_DAY);
}

typedef struct progress {
    tc_plan_phase *phase;
    int phases, room;
    double left; /* tokens */
} progress;

/* Room for one phase more. */
static bool make_room(progress *now) {
    if (now->phases < now->room) return true;
    int room = now->room ? 2 * now->room : 4;
    tc_plan_phase *phase = realloc(now->phase, (size_t)room * sizeof *phase);
    if (!phase) return false;
    now->phase = phase;
    now->room = room;
    return true;
}

/* Whether a run goes over to a choice: it has to, or is done sooner, the restart counted. */
static bool goes_over(const progress *now, const tc_prospect *p, const tc_choice *choice, int available) {
    const tc_plan_phase *phase = &now->phase[now->phases - 1];
    if (!choice->found) return false;
    if (choice->devices == phase->devices && tc_layout_equal(&phase->step.layout, &choice->step.layout)) return false;
    if (available < phase->devices) return true;
    return now->left / (choice->tokens_per_s * p->share) + p->pool->economics.restart_s
           < now->left / phase->tokens_per_s;
}

/* Trains with the choice, or the layout at hand, from t to end. Returns the time of the last token, or end. There is room for a phase. */
static double train(progress *now, const tc_prospect *p, const tc_choice *choice, double t, double end, int available) {
    bool running = now->phases > 0;
    if (!running || goes_over(now, p, choice, available)) {
        if (running) now->phase[now->phases - 1].to_s = t;
        tc_plan_phase *phase = &now->phase[now->phases++];
        *phase = (tc_plan_phase){.from_s = t,
                                 .devices = choice->devices,
                                 .step = choice->step,
                                 .tokens_per_s = choice->tokens_per_s * p->share,
                                 .goodput = choice->goodput * p->share,
                                 .pool = (int)(p->pool - p->scenario->pool)};
        if (running) t += p->pool->economics.restart_s;
    }
    tc_plan_phase *phase = &now->phase[now->phases - 1];
    phase->available = available;
    if (t >= end) return end;
    double tokens = (end - t) * phase->tokens_per_s;
    if (tokens >= now->left) {
        end = t + now->left / phase->tokens_per_s;
        tokens = now->left;
    }
    phase->tokens += tokens;
    now->left = tokens < now->left ? now->left - tokens : 0;
    phase->to_s = end;
    return end;
}

tc_code tc_phase_run(const tc_prospect *p, const tc_plan_phase *phase, tc_run *out, tc_error *error) {
    tc_run_input in = tc_default_run_input();
    in.step = phase->step;
    in.cluster = p->pool->cluster;
    in.cluster.devices = phase->devices;
    in.tokens = phase->tokens;
    in.parameters = p->candidate->parameters;
    if (!p->candidate->model) in.checkpoint_bytes = 0; /* whose size nobody knows */
    in.optimizer_bytes = p->pool->software.memory.optimizer_bytes;
    in.price_usd = p->pool->price_usd;
    in.rental_usd_per_h = p->pool->rental_usd_per_h;
    in.mtbf_s = p->pool->mtbf_s;
    in.rented_only = p->pool->rented;
    in.owned_only = !p->pool->rented;
    return tc_run_forecast(&in, &p->pool->economics, out, error);
}

/* Their share of a last, partial step is left out. */
void tc_run_add_up(tc_plan_run *out, int pools, const tc_prospect *prospects) {
    double useful = 0;
    for (int i = 0; i < out->phases; i++) {
        tc_plan_phase *phase = &out->phase[i];
        const tc_prospect *p = &prospects[pools > 1 ? phase->pool : 0];
        tc_run run;
        phase->from = day_of(p->scenario, phase->from_s);
        phase->to = day_of(p->scenario, phase->to_s);
        out->device_hours += phase->devices * (phase->to_s - phase->from_s) / 3600;
        useful += phase->tokens / phase->step.tokens_per_step * phase->step.step_s;
        if (!(phase->tokens > 0) || tc_phase_run(p, phase, &run, NULL) != TC_OK) continue;
        double share = phase->tokens / (run.steps * phase->step.tokens_per_step);
        out->cost_usd += share * (p->pool->rented ? run.rented_usd : run.owned_usd);
        out->energy_mwh += share * run.mwh;
        out->tonnes_co2 += share * run.tonnes_co2;
        out->failures += share * run.failures;
    }
    if (out->phases > 0) out->goodput = useful / (out->finish_s - out->phase[0].from_s);
}

static tc_code refuse(tc_plan_run *out, tc_prospect *p, const tc_choice *last, int devices, double left,
                      tc_error *error) {
    if (left < p->candidate->tokens) {
        tc_decimal percent = tc_decimal_text(100 * left / p->candidate->tokens, 0);
        char until[TC_DATE_SIZE];
        if (p->pool->until == INT32_MAX) {
            snprintf(out->why, sizeof out->why, "would take more than 100 years");
        } else {
            tc_date_format(p->pool->until, until);
            snprintf(out->why, sizeof out->why, "the pool ends on %s, when %s %% of the tokens are left", until,
                     percent.s);
        }
        return TC_OK;
    }
    if (!last) {
        snprintf(out->why, sizeof out->why, "no devices are left for training");
        return enough_devices(p, 0, &out->enough_devices, error);
    }
    snprintf(out->why, sizeof out->why, "%s", last->why);
    return enough_devices(p, devices, &out->enough_devices, error);
}

/* Walks up the supply from earliest_s. *finish: the time of the last token, or -1; *last and *most are the
 * choice and the devices that were looked at last. */
static tc_code walk(tc_prospect *p, tc_quantile quantile, double earliest_s, tc_arena *arena, progress *now,
                    const tc_choice **last, int *most, double *finish, tc_error *error) {
    *finish = -1;
    const tc_supply *supply = p->supply;
    for (int i = 0; i < supply->steps; i++) {
        double from = supply->step[i].from_s > earliest_s ? supply->step[i].from_s : earliest_s;
        double end = i + 1 < supply->steps ? supply->step[i + 1].from_s : from + LONGEST;
        if (end > supply->until_s) end = supply->until_s;
        if (from >= end) continue;
        *most = supply->step[i].devices;
        if (*most < 1) continue; /* what is served takes all */
        tc_code code = choice_at(p, i, arena, last, error);
        if (code) return code;
        if (!(*last)->found && now->phases == 0) continue;
        if (!make_room(now)) return tc_fail(error, TC_INTERNAL, "plan", "out of memory");
        tc_choice choice = at_quantile(p, *last, quantile);
        double reached = train(now, p, &choice, from, end, *most);
        if (now->left > 0) continue;
        *finish = reached;
        return TC_OK;
    }
    return TC_OK;
}

tc_code tc_simulate(tc_prospect *p, tc_quantile quantile, double earliest_s, tc_arena *arena, tc_plan_run *out,
                    tc_error *error) {
    progress now = {.left = p->candidate->tokens};
    const tc_choice *last = NULL;
    int most = 0;
    double finish;
    tc_code code = walk(p, quantile, earliest_s, arena, &now, &last, &most, &finish, error);
    out->evaluated = (int)(p->evaluated < INT_MAX ? p->evaluated : INT_MAX);
    out->feasible = !code && finish >= 0;
    if (!code && !out->feasible && quantile == TC_P50) code = refuse(out, p, last, most, now.left, error);
    if (out->feasible) {
        out->phases = now.phases;
        out->phase = tc_arena_alloc(arena, (size_t)now.phases * sizeof *out->phase);
        if (!out->phase) code = tc_fail(error, TC_INTERNAL, "plan", "out of memory");
    }
    if (!code && out->feasible) {
        memcpy(out->phase, now.phase, (size_t)now.phases * sizeof *out->phase);
        out->start_s = now.phase[0].from_s;
        out->finish_s = finish;
        out->start = day_of(p->scenario, out->start_s);
        out->finish = day_of(p->scenario, out->finish_s);
        tc_run_add_up(out, 1, p);
    }
    free(now.phase);
    return code;
}
