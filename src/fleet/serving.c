/* serving.c - what a scenario serves: a demand to tokens and requests a second at the peak, and these to devices.
 *
 * Of a served model the rate of a device is forecast (serving/search.c): the layout of up to UNIT devices of the pool's chip that serves
 * most within the objectives, of requests of the demand's lengths. Larger pools hold more such replicas, so that devices are requests a second
 * at the peak / those of a device; the 80 % interval of the rate becomes that of the devices (`need`). Services that ask the same
 * have one forecast. Else the rates of a device are given: prompts and outputs at one each, added up.
 *
 * The demand is a mean day's; its peak is the peak hour of the profile, a week's weekends with it, or `peak_factor` times the mean. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/vocabulary.h"
#include "fleet/profiles.h"
#include "fleet/reading.h"
#include "traincast_serving.h"

#define UNIT 512 /* devices of which the best layout is sought */
#define MOST_DEVICES 1e7
#define GENERIC "generic" /* the engine where none is named */

/* ---- the file --------------------------------------------------------------------------------- */

static tc_code need(const tc_reading *r, const tc_node *demand, const char *key, const char *how) {
    if (tc_node_get(demand, key)) return TC_OK;
    return tc_document_fail(r->document, demand, key, r->error, "is missing; write '%s: %s'", key, how);
}

/* Users and their turns, the requests or the tokens of a day: one of them, whole. */
static tc_code check_load(const tc_reading *r, const tc_node *demand, tc_scenario_serving *s) {
    static const char *const of_users[] = {"monthly_users", "daily_share", "turns_per_day"}, *const of_turns[]
                                                                                             = {"tokens_in",
                                                                                                "tokens_out"};
    bool by_day = tc_node_get(demand, "tokens_per_day") != NULL, split = tc_node_get(demand, "in_share") != NULL,
         requests = tc_node_get(demand, "requests_per_day") != NULL;
    if (by_day && requests)
        return tc_document_fail(r->document, tc_node_get(demand, "requests_per_day"), NULL, r->error,
                                "stands beside 'tokens_per_day'; write the one or the other");
    for (size_t i = 0; i < 3; i++) {
        const tc_node *node = tc_node_get(demand, of_users[i]);
        if ((by_day || requests) && node)
            return tc_document_fail(r->document, node, NULL, r->error, "stands beside '%s'; write the one or the other",
                                    by_day ? "tokens_per_day" : "requests_per_day");
        if (!by_day && !requests && !node)
            return tc_document_fail(r->document, demand, of_users[i], r->error,
                                    "is missing; write '%s: 8', or 'tokens_per_day' in the place of users and turns",
                                    of_users[i]);
    }
    if (split && !by_day)
        return tc_document_fail(r->document, tc_node_get(demand, "in_share"), NULL, r->error,
                                "needs 'tokens_per_day'; users have 'tokens_in' and 'tokens_out'");
    if (split && s->model_slug[0])
        return tc_document_fail(r->document, tc_node_get(demand, "in_share"), NULL, r->error,
                                "says nothing of a request's length, which a served model needs; write 'tokens_in' and "
                                "'tokens_out' in its place");
    for (size_t i = 0; i < 2 && !split; i++)
        if (!tc_node_get(demand, of_turns[i]))
            return tc_document_fail(r->document, demand, of_turns[i], r->error, "is missing; write '%s: 500'%s",
                                    of_turns[i],
                                    by_day && !s->model_slug[0] ? ", or 'in_share' in the place of both" : "");
    double turn = s->tokens_in + s->tokens_out;
    if (by_day && !split) s->in_share = turn > 0 ? s->tokens_in / turn : 0;
    return TC_OK;
}

/* A served model is forecast; else the rates of a device are needed. */
static tc_code check_rates(const tc_reading *r, const tc_node *node, const tc_node *demand,
                           const tc_scenario_serving *s) {
    static const char *const of_model[]
        = {"engine", "dtype", "kv_dtype", "ttft", "tpot", "draft_tokens", "accepted_tokens"},
        *const typed[] = {"prefill_tokens_per_s", "decode_tokens_per_s"};
    for (size_t i = 0; i < sizeof of_model / sizeof of_model[0]; i++)
        if (!s->model_slug[0] && tc_node_get(node, of_model[i]))
            return tc_document_fail(r->document, tc_node_get(node, of_model[i]), NULL, r->error,
                                    "is of a served model; add 'model: SLUG'");
    for (size_t i = 0; i < 2; i++) {
        const tc_node *rate = tc_node_get(demand, typed[i]);
        if (s->model_slug[0] && rate)
            return tc_document_fail(r->document, rate, NULL, r->error,
                                    "stands beside 'model', whose rates are forecast; leave out the one or the other");
        if (!s->model_slug[0] && !rate)
            return tc_document_fail(r->document, demand, typed[i], r->error,
                                    "is missing; write '%s: 1000', of a device, or name the served 'model'", typed[i]);
    }
    if (s->model_slug[0] && !(s->tokens_out >= 1 && s->tokens_in >= 1))
        return tc_document_fail(r->document, tc_node_get(demand, s->tokens_in >= 1 ? "tokens_out" : "tokens_in"), NULL,
                                r->error, "is no request to a model; write 1 or more tokens");
    if (s->draft_tokens + 1 < s->accepted_tokens)
        return tc_document_fail(r->document, tc_node_get(node, "accepted_tokens"), NULL, r->error,
                                "is more than %d drafts yield; write 1 to %d", s->draft_tokens, s->draft_tokens + 1);
    return s->model_slug[0] ? TC_OK : need(r, demand, "utilisation", "0.9");
}

static tc_code check_demand(const tc_reading *r, const tc_node *node, const tc_node *demand, tc_scenario_serving *s) {
    tc_code code = check_load(r, demand, s);
    if (code == TC_OK) code = need(r, demand, "cached_share", "0");
    if (code == TC_OK && !s->profile_name[0]) code = need(r, demand, "peak_factor", "1.5");
    return code == TC_OK ? check_rates(r, node, demand, s) : code;
}

tc_code tc_reading_check_serving(const tc_reading *r, const tc_node *node, tc_scenario_serving *serving) {
    const tc_node *demand = tc_node_get(node, "demand");
    serving->pool = tc_reading_pool(r->scenario, serving->pool_name);
    if (serving->pool < 0)
        return tc_document_fail(r->document, tc_node_get(node, "pool"), NULL, r->error,
                                "'%s' is none of the pools; write the name of one", serving->pool_name);
    if (!demand == !serving->devices_given)
        return tc_document_fail(r->document, node, NULL, r->error, "has %s; write either 'devices' or 'demand'",
                                demand ? "both devices and demand" : "neither devices nor demand");
    if (!demand && serving->model_slug[0])
        return tc_document_fail(r->document, tc_node_get(node, "model"), NULL, r->error,
                                "is forecast for a demand; write 'demand' in the place of 'devices'");
    tc_code code = demand ? check_demand(r, node, demand, serving) : TC_OK;
    if (code == TC_OK) code = tc_reading_day(r, node, "from", serving->from_date, &serving->from);
    if (code == TC_OK) code = tc_reading_day(r, node, "until", serving->until_date, &serving->until);
    if (code != TC_OK) return code;
    if (serving->until <= serving->from)
        return tc_document_fail(r->document, tc_node_get(node, "until"), NULL, r->error,
                                "'%s' is not after %s, its first day; write a later one", serving->until_date,
                                serving->from_date);
    if (r->scenario->certain) serving->growth.low = serving->growth.high = serving->growth.mid;
    return TC_OK;
}

/* ---- the demand at its peak ---------------------------------------------------------------------- */

/* Mean load of a week over that of the peak hour. */
static double mean_of(const tc_serving_profile *p) {
    double day = 0;
    for (int h = 0; h < 24; h++) day += p->hour[h] / 24;
    return day * (5 + 2 * p->weekend) / 7;
}

static void find_peak(tc_scenario_serving *s) {
    double mean = mean_of(&s->profile), peak = s->peak_factor >= 1 ? s->peak_factor : mean > 0 ? 1 / mean : 1;
    double turn = s->tokens_in + s->tokens_out;
    s->peak_requests_per_s = TC_UNSET;
    if (s->tokens_per_day >= 0) {
        double tokens_per_s = s->tokens_per_day / 86400 * peak;
        s->peak_prefill_tokens_per_s = tokens_per_s * s->in_share * (1 - s->cached_share);
        s->peak_decode_tokens_per_s = tokens_per_s * (1 - s->in_share);
        if (turn > 0) s->peak_requests_per_s = tokens_per_s / turn;
        return;
    }
    double a_day
        = s->requests_per_day >= 0 ? s->requests_per_day : s->monthly_users * s->daily_share * s->turns_per_day;
    s->peak_requests_per_s = a_day / 86400 * peak;
    s->peak_prefill_tokens_per_s = s->peak_requests_per_s * s->tokens_in * (1 - s->cached_share);
    s->peak_decode_tokens_per_s = s->peak_requests_per_s * s->tokens_out;
}

/* ---- a served model ------------------------------------------------------------------------------ */

static tc_code question_of(const tc_reading *r, tc_catalog *catalog, const tc_node *node, const tc_scenario_serving *s,
                           tc_serving_question *q) {
    const tc_scenario_pool *pool = &r->scenario->pool[s->pool];
    tc_error cause = {0};
    char path[1024];
    *q = tc_default_serving_question();
    q->cluster = pool->cluster;
    int64_t devices = 0;
    for (int i = 0; i < pool->deliveries; i++) devices += pool->delivery[i].devices;
    q->cluster.devices = devices < 1 ? 1 : devices < UNIT ? (int)devices : UNIT;
    const char *model = tc_reading_placed(r, s->model_slug, path, sizeof path);
    tc_code code = tc_reading_pass_on(r, node, "model", tc_catalog_model(catalog, model, &q->model, &cause), &cause);
    if (code) return code;
    const char *engine = s->engine_name[0] ? tc_reading_placed(r, s->engine_name, path, sizeof path) : GENERIC;
    code = tc_catalog_engine(catalog, engine, &pool->cluster.accelerator, &q->engine, &cause);
    q->engine_assumed = !s->engine_name[0];
    q->weights = s->weights;
    q->kv = s->kv;
    q->input_tokens = s->tokens_in;
    q->output_tokens = s->tokens_out;
    q->cached_share = s->cached_share;
    q->ttft_s = s->ttft_s;
    q->tpot_s = s->tpot_s;
    q->draft_tokens = s->draft_tokens;
    q->accepted_tokens = s->accepted_tokens;
    return tc_reading_pass_on(r, node, "engine", code, &cause);
}

static void take_answer(const tc_serving_answer *a, int weights, bool certain, tc_scenario_serving *s) {
    double devices = a->devices;
    s->served = (tc_served){.requests_per_s = a->requests_per_s / devices,
                            .output_tokens_per_s = a->output_tokens_per_s / devices,
                            .prefill_tokens_per_s = a->prefill_tokens_per_s_per_device,
                            .decode_tokens_per_s
                            = isnan(a->decode_tokens_per_s_per_device) ? 0 : a->decode_tokens_per_s_per_device,
                            .ttft_s = a->ttft_s,
                            .ttft_s_p95 = a->ttft_s_p95,
                            .tpot_s = isnan(a->tpot_s) ? 0 : a->tpot_s,
                            .tpot_s_p95 = isnan(a->tpot_s_p95) ? 0 : a->tpot_s_p95,
                            .prefill_share = a->prefill_devices / devices,
                            .weights = weights,
                            .tp = a->tp,
                            .pp = a->pp,
                            .ep = a->ep};
    if (!certain)
        s->need = (tc_spread){a->output_tokens_per_s / a->p90.output_tokens_per_s, 1,
                              a->output_tokens_per_s / a->p10.output_tokens_per_s};
}

/* The forecast of a service before it that asks the same: chip, fabric, model, engine, formats, lengths and objectives. */
static const tc_scenario_serving *asked_before(const tc_scenario *scenario, int index) {
    const tc_scenario_serving *s = &scenario->serving[index];
    const tc_cluster *c = &scenario->pool[s->pool].cluster;
    for (int i = 0; i < index; i++) {
        const tc_scenario_serving *o = &scenario->serving[i];
        const tc_cluster *d = &scenario->pool[o->pool].cluster;
        bool chips = o->pool == s->pool
                     || (strcmp(c->accelerator.slug, d->accelerator.slug) == 0
                         && strcmp(scenario->pool[s->pool].accelerator, scenario->pool[o->pool].accelerator) == 0
                         && strcmp(c->fabric.slug, d->fabric.slug) == 0
                         && strcmp(scenario->pool[s->pool].fabric, scenario->pool[o->pool].fabric) == 0);
        if (chips && strcmp(s->model_slug, o->model_slug) == 0 && strcmp(s->engine_name, o->engine_name) == 0
            && s->weights == o->weights && s->kv == o->kv && s->draft_tokens == o->draft_tokens
            && s->accepted_tokens == o->accepted_tokens && s->ttft_s == o->ttft_s && s->tpot_s == o->tpot_s
            && s->tokens_in == o->tokens_in && s->tokens_out == o->tokens_out && s->cached_share == o->cached_share)
            return o;
    }
    return NULL;
}

static tc_code forecast(const tc_reading *r, tc_catalog *catalog, const tc_node *node, int index) {
    tc_scenario_serving *s = &r->scenario->serving[index];
    const tc_scenario_serving *before = asked_before(r->scenario, index);
    if (before) {
        s->served = before->served;
        s->need = before->need;
        return TC_OK;
    }
    struct {
        tc_serving_question question;
        tc_serving_search search;
    } *room = malloc(sizeof *room);
    if (!room) return tc_reading_no_memory(r);
    tc_error cause = {0};
    tc_code code = question_of(r, catalog, node, s, &room->question);
    if (code == TC_OK && tc_infer_search(&room->question, TC_GOAL_RATE, &room->search, &cause) != TC_OK)
        code = tc_document_fail(r->document, tc_node_get(node, "model"), NULL, r->error, "%s", cause.text);
    const tc_serving_answer *best = &room->search.best[0];
    if (code == TC_OK && (room->search.count == 0 || !(best->requests_per_s > 0)))
        code = tc_document_fail(r->document, tc_node_get(node, "model"), NULL, r->error,
                                "no layout on up to %d %s serves it%s; give longer 'ttft' and 'tpot', a smaller "
                                "'dtype', or another pool",
                                room->question.cluster.devices, room->question.cluster.accelerator.slug,
                                s->ttft_s >= 0 || s->tpot_s >= 0 ? " within the objectives" : "");
    if (code == TC_OK) take_answer(best, tc_serving_weights(&room->question), r->scenario->certain, s);
    free(room);
    return code;
}

/* ---- devices ---------------------------------------------------------------------------------------- */

/* Whole replicas: the ranks of a stage that share experts, times the stages. */
static double whole_replicas(const tc_served *served, double devices) {
    int ranks = served->ep > served->tp ? served->ep : served->tp;
    double replica = ranks > 0 ? (double)ranks * served->pp : 1;
    return ceil(ceil(devices - 1e-9) / replica) * replica;
}

static void size_service(tc_scenario_serving *s) {
    const tc_served *served = &s->served;
    double devices = served->requests_per_s > 0 ? s->peak_requests_per_s / served->requests_per_s
                                                : s->peak_prefill_tokens_per_s / s->prefill_tokens_per_s
                                                      + s->peak_decode_tokens_per_s / s->decode_tokens_per_s;
    if (s->utilisation > 0) devices /= s->utilisation;
    devices = whole_replicas(served, devices);
    s->devices = devices < MOST_DEVICES ? (int)devices : (int)MOST_DEVICES;
}

/* What nobody gave of a served model. */
static tc_code note_served(tc_reading *r, const tc_scenario_serving *s) {
    char text[320];
    const char *from = s->served.weights == TC_WEIGHTS_BF16 ? " (default)" : " (as the model's checkpoint has them)";
    tc_code code = TC_OK;
    if (!s->engine_name[0]) {
        snprintf(text, sizeof text, "%s: engine %s (none named), so that the interval is wide", s->name, GENERIC);
        code = tc_reading_assume(r, text);
    }
    snprintf(text, sizeof text,
             "%s: weights in %s%s, keys and values in %s%s; requests arrive at random, their lengths spread as "
             "exponentials do",
             s->name, tc_weight_format_names[s->served.weights], s->weights == TC_UNSET ? from : "",
             tc_dtype_names[s->kv == TC_UNSET ? TC_BF16 : s->kv], s->kv == TC_UNSET ? " (default)" : "");
    if (code == TC_OK) code = tc_reading_assume(r, text);
    snprintf(text, sizeof text, "%s: used up to all that the objectives allow", s->name);
    return code == TC_OK && !(s->utilisation > 0) ? tc_reading_assume(r, text) : code;
}

tc_code tc_reading_resolve_serving(tc_reading *r, tc_catalog *catalog, const tc_node *node, int index) {
    tc_scenario_serving *s = &r->scenario->serving[index];
    tc_error cause = {0};
    const char *word = s->profile_name[0] ? s->profile_name : "flat";
    tc_code code
        = tc_reading_pass_on(r, node, "profile", tc_serving_profile_load(catalog, word, &s->profile, &cause), &cause);
    s->need = (tc_spread){1, 1, 1};
    s->peak_requests_per_s = TC_UNSET;
    s->devices = s->devices_given;
    if (code || s->devices_given) return code;
    find_peak(s);
    if (s->model_slug[0]) code = forecast(r, catalog, node, index);
    if (code != TC_OK) return code;
    size_service(s);
    return s->model_slug[0] ? note_served(r, s) : TC_OK;
}

int tc_serving_devices_at(const tc_scenario_serving *s, int hour, bool weekend) {
    if (hour < 0 || hour > 23) return 0;
    double load = s->profile.hour[hour] * (weekend ? s->profile.weekend : 1), devices = s->devices * load;
    return (int)fmin(whole_replicas(&s->served, devices), s->devices);
}
