/* members.c - what the members of a scenario may be, once read and resolved or made by a caller. */
#include "fleet/members.h"

#include "base/error.h"
#include "layout/question_members.h"
#include "run/members.h"
#include "run/risks.h"
#include "traincast_serving.h"
#include "workload/members.h"

#define MOST_DAY 4000000 /* of the calendar, either way: beyond the year 9999 */
#define MOST_RESERVE 0.95

static const tc_member delivery[] = {
    TC_INTEGER(tc_delivery, day, -MOST_DAY, MOST_DAY),
    TC_INTEGER(tc_delivery, devices, 0, TC_MOST_DEGREE),
    TC_STRUCT(tc_delivery, count, tc_spread_members),
    TC_INTEGER(tc_delivery, promised, -MOST_DAY, MOST_DAY),
    TC_SWITCH(tc_delivery, firm),
    TC_INTEGER(tc_delivery, line, 0, TC_SCENARIO_MOST_DELIVERIES),
};

static const tc_member line[] = {
    TC_TEXT(tc_delivery_line, date),
    TC_TEXT(tc_delivery_line, from),
    TC_TEXT(tc_delivery_line, until),
    TC_TEXT(tc_delivery_line, promised_date),
    TC_INTEGER(tc_delivery_line, every, -1, 1),
    TC_STRUCT(tc_delivery_line, each, tc_spread_members),
    TC_INTEGER(tc_delivery_line, devices, 0, TC_MOST_DEGREE),
    TC_INTEGER(tc_delivery_line, ordered, 0, TC_MOST_DEGREE),
    TC_INTEGER(tc_delivery_line, promised, -MOST_DAY, MOST_DAY),
    TC_SWITCH(tc_delivery_line, firm),
    TC_INTEGER(tc_delivery_line, first, 0, TC_SCENARIO_MOST_DELIVERIES),
    TC_INTEGER(tc_delivery_line, count, 0, TC_SCENARIO_MOST_DELIVERIES),
};

static tc_code check_line(const void *value, tc_error *error) {
    const tc_delivery_line *l = value;
    if (l->first + l->count <= TC_SCENARIO_MOST_DELIVERIES) return TC_OK;
    return tc_fail(error, TC_INVALID, "count", "%d deliveries from the %dth on; a pool has at most %d", l->count,
                   l->first, TC_SCENARIO_MOST_DELIVERIES);
}

static const tc_members delivery_members = TC_MEMBERS(tc_delivery, delivery, NULL, NULL),
                        line_members = TC_MEMBERS(tc_delivery_line, line, NULL, check_line);

static const tc_member pool[] = {
    TC_TEXT(tc_scenario_pool, name),
    TC_TEXT(tc_scenario_pool, accelerator),
    TC_TEXT(tc_scenario_pool, fabric),
    TC_TEXT(tc_scenario_pool, stack),
    TC_TEXT(tc_scenario_pool, region),
    TC_TEXT(tc_scenario_pool, supplier),
    TC_WORD(tc_scenario_pool, rented, 1, "ownership"),
    TC_FIGURE_OR_UNSET(tc_scenario_pool, price_usd),
    TC_FIGURE_OR_UNSET(tc_scenario_pool, rental_usd_per_h),
    TC_FIGURE_OR_UNSET(tc_scenario_pool, market_usd_per_h),
    TC_SWITCH(tc_scenario_pool, regional),
    TC_WORD(tc_scenario_pool, on_failure, TC_FAILURE_POLICIES - 1, "policy"),
    TC_FIGURE_OR_UNSET(tc_scenario_pool, repair_s),
    {TC_MEMBER_AT(tc_scenario_pool, mtbf_s), .kind = TC_MEMBER_FIGURE, .upper = __builtin_inf(), .unset = true},
    TC_TEXT(tc_scenario_pool, until_date),
    TC_INTEGER(tc_scenario_pool, until, -MOST_DAY, INT32_MAX),
    TC_SWITCH(tc_scenario_pool, new_platform),
    TC_SWITCH(tc_scenario_pool, controlled),
    TC_SWITCH(tc_scenario_pool, controlled_given),
    TC_INTEGER(tc_scenario_pool, lines, 0, TC_SCENARIO_MOST_DELIVERIES),
    TC_INTEGER(tc_scenario_pool, deliveries, 0, TC_SCENARIO_MOST_DELIVERIES),
    TC_ROW_ARRAY(tc_scenario_pool, line, lines, line_members),
    TC_ROW_ARRAY(tc_scenario_pool, delivery, deliveries, delivery_members),
    TC_STRUCT(tc_scenario_pool, cluster, tc_cluster_members),
    TC_ALL_STRUCTS(tc_scenario_pool, software, tc_stack_members),
    TC_STRUCT(tc_scenario_pool, economics, tc_economics_members),
    TC_STRUCT(tc_scenario_pool, risks, tc_risks_members),
    TC_FIGURE(tc_scenario_pool, bring_up_s),
    TC_STRUCT(tc_scenario_pool, bring_up, tc_spread_members),
};

/* Deliveries come in order, before the pool ends, and no pool outgrows what a forecast takes. */
static tc_code check_pool(const void *value, tc_error *error) {
    const tc_scenario_pool *p = value;
    int64_t devices = 0;
    if (p->until > MOST_DAY && p->until != INT32_MAX)
        return tc_fail(error, TC_INVALID, "until", "%d is no day; up to %d, or INT32_MAX", (int)p->until, MOST_DAY);
    for (int i = 0; i < p->deliveries; i++) {
        devices += p->delivery[i].devices;
        if (p->lines > 0 && p->delivery[i].line >= p->lines)
            return tc_fail(error, TC_INVALID, "delivery", "number %d is of line %d of %d; one of these", i + 1,
                           p->delivery[i].line, p->lines);
        if (p->delivery[i].day >= p->until || (i > 0 && p->delivery[i].day <= p->delivery[i - 1].day))
            return tc_fail(error, TC_INVALID, "delivery",
                           "number %d is not after the one before it and before the end; "
                           "in the order of their days",
                           i + 1);
    }
    if (devices <= TC_MOST_DEGREE) return TC_OK;
    return tc_fail(error, TC_INVALID, "delivery", "%lld devices in all; at most %d", (long long)devices,
                   TC_MOST_DEGREE);
}

static const tc_member profile[] = {
    TC_TEXT(tc_serving_profile, slug),
    TC_FIGURES(tc_serving_profile, hour),
    TC_FIGURE(tc_serving_profile, weekend),
};
static const tc_members profile_members = TC_MEMBERS(tc_serving_profile, profile, NULL, NULL);

static const tc_member served[] = {
    TC_FIGURE(tc_served, requests_per_s),
    TC_FIGURE(tc_served, output_tokens_per_s),
    TC_FIGURE(tc_served, prefill_tokens_per_s),
    TC_FIGURE(tc_served, decode_tokens_per_s),
    TC_FIGURE(tc_served, ttft_s),
    TC_FIGURE(tc_served, ttft_s_p95),
    TC_FIGURE(tc_served, tpot_s),
    TC_FIGURE(tc_served, tpot_s_p95),
    TC_FIGURE_IN(tc_served, prefill_share, 0, 1),
    TC_WORD_OR_UNSET(tc_served, weights, TC_WEIGHT_FORMAT_COUNT - 1, "format"),
    TC_INTEGER(tc_served, tp, 0, TC_MOST_DEGREE),
    TC_INTEGER(tc_served, pp, 0, TC_MOST_DEGREE),
    TC_INTEGER(tc_served, ep, 0, TC_MOST_DEGREE),
};
static const tc_members served_members = TC_MEMBERS(tc_served, served, NULL, NULL);

static const tc_member serving[] = {
    TC_TEXT(tc_scenario_serving, name),
    TC_TEXT(tc_scenario_serving, pool_name),
    TC_TEXT(tc_scenario_serving, profile_name),
    TC_TEXT(tc_scenario_serving, from_date),
    TC_TEXT(tc_scenario_serving, until_date),
    TC_TEXT(tc_scenario_serving, model_slug),
    TC_TEXT(tc_scenario_serving, engine_name),
    TC_WORD_OR_UNSET(tc_scenario_serving, weights, TC_WEIGHT_FORMAT_COUNT - 1, "format"),
    TC_WORD_OR_UNSET(tc_scenario_serving, kv, TC_DTYPES - 1, "format"),
    TC_FIGURE_OR_UNSET(tc_scenario_serving, ttft_s),
    TC_FIGURE_OR_UNSET(tc_scenario_serving, tpot_s),
    TC_INTEGER(tc_scenario_serving, draft_tokens, 0, 64),
    TC_FIGURE_OR_UNSET(tc_scenario_serving, accepted_tokens),
    TC_FIGURE_OR_UNSET(tc_scenario_serving, tokens_per_day),
    TC_FIGURE_OR_UNSET(tc_scenario_serving, requests_per_day),
    {TC_MEMBER_AT(tc_scenario_serving, in_share), .kind = TC_MEMBER_FIGURE, .upper = 1, .unset = true},
    TC_STRUCT(tc_scenario_serving, growth, tc_spread_members),
    TC_INTEGER(tc_scenario_serving, from, INT32_MIN, MOST_DAY),
    TC_INTEGER(tc_scenario_serving, until, -MOST_DAY, INT32_MAX),
    TC_SWITCH(tc_scenario_serving, night_training),
    TC_SWITCH(tc_scenario_serving, firm),
    TC_FIGURE_IN(tc_scenario_serving, met_probability, 0, 1),
    TC_STRUCT(tc_scenario_serving, profile, profile_members),
    TC_INTEGER(tc_scenario_serving, pool, 0, TC_SCENARIO_MOST_POOLS - 1),
    TC_INTEGER(tc_scenario_serving, devices_given, 0, TC_MOST_DEGREE),
    TC_FIGURE(tc_scenario_serving, monthly_users),
    TC_FIGURE(tc_scenario_serving, daily_share),
    TC_FIGURE(tc_scenario_serving, turns_per_day),
    TC_FIGURE(tc_scenario_serving, tokens_in),
    TC_FIGURE(tc_scenario_serving, cached_share),
    TC_FIGURE(tc_scenario_serving, tokens_out),
    TC_FIGURE_OR_UNSET(tc_scenario_serving, peak_factor),
    TC_FIGURE(tc_scenario_serving, prefill_tokens_per_s),
    TC_FIGURE(tc_scenario_serving, decode_tokens_per_s),
    TC_FIGURE_OR_UNSET(tc_scenario_serving, utilisation),
    TC_INTEGER(tc_scenario_serving, devices, 0, TC_MOST_DEGREE),
    TC_STRUCT(tc_scenario_serving, need, tc_spread_members),
    TC_STRUCT(tc_scenario_serving, served, served_members),
    TC_FIGURE_OR_UNSET(tc_scenario_serving, peak_requests_per_s),
    TC_FIGURE(tc_scenario_serving, peak_prefill_tokens_per_s),
    TC_FIGURE(tc_scenario_serving, peak_decode_tokens_per_s),
};

static const tc_member phase[] = {
    TC_TEXT(tc_scenario_phase, name),
    TC_INTEGER_OR_UNSET(tc_scenario_phase, seq, 1, TC_MOST_TOKENS),
    TC_INTEGER_OR_UNSET(tc_scenario_phase, frames, 1, TC_MOST_DEGREE),
    TC_INTEGER_OR_UNSET(tc_scenario_phase, height, 1, TC_MOST_DEGREE),
    TC_INTEGER_OR_UNSET(tc_scenario_phase, width, 1, TC_MOST_DEGREE),
    TC_INTEGER_OR_UNSET(tc_scenario_phase, global_batch, 1, TC_MOST_TOKENS),
    TC_FIGURE_OR_UNSET(tc_scenario_phase, tokens),
    TC_FIGURE_OR_UNSET(tc_scenario_phase, share),
};
static const tc_member rate[] = {
    TC_TEXT(tc_scenario_rate, accelerator),
    TC_STRUCT(tc_scenario_rate, tokens_per_s, tc_spread_members),
};

/* Nothing is trained at a rate of nothing, and what is cut at 0 is none. */
static tc_code check_rate(const void *value, tc_error *error) {
    const tc_scenario_rate *r = value;
    if (r->tokens_per_s.low > 0) return TC_OK;
    return tc_fail(error, TC_INVALID, "tokens_per_s", "%g is no rate; above 0", r->tokens_per_s.low);
}

static const tc_members phase_members = TC_MEMBERS(tc_scenario_phase, phase, NULL, NULL),
                        rate_members = TC_MEMBERS(tc_scenario_rate, rate, NULL, check_rate);

static const tc_member candidate[] = {
    TC_TEXT(tc_scenario_candidate, name),
    TC_TEXT(tc_scenario_candidate, model_slug),
    TC_TEXT(tc_scenario_candidate, unit),
    TC_INTEGER(tc_scenario_candidate, phases, 0, TC_SCENARIO_MOST_PHASES),
    TC_INTEGER(tc_scenario_candidate, rates, 0, TC_SCENARIO_MOST_RATES),
    TC_ROW_ARRAY(tc_scenario_candidate, phase, phases, phase_members),
    TC_ROW_ARRAY(tc_scenario_candidate, rate, rates, rate_members),
    TC_INTEGER_OR_UNSET(tc_scenario_candidate, seq, 1, TC_MOST_TOKENS),
    TC_INTEGER_OR_UNSET(tc_scenario_candidate, layers, 1, TC_MOST_DEGREE),
    TC_INTEGER_OR_UNSET(tc_scenario_candidate, frames, 1, TC_MOST_DEGREE),
    TC_INTEGER_OR_UNSET(tc_scenario_candidate, height, 1, TC_MOST_DEGREE),
    TC_INTEGER_OR_UNSET(tc_scenario_candidate, width, 1, TC_MOST_DEGREE),
    TC_SWITCH(tc_scenario_candidate, cached_latents),
    TC_SWITCH(tc_scenario_candidate, encoders_in_step),
    TC_INTEGER_OR_UNSET(tc_scenario_candidate, global_batch, 1, TC_MOST_TOKENS),
    TC_WORD(tc_scenario_candidate, dtype, TC_DTYPES - 1, "format"),
    TC_SWITCH(tc_scenario_candidate, dtype_default),
    TC_TEXT(tc_scenario_candidate, finetune_text),
    TC_STRUCT(tc_scenario_candidate, finetune, tc_finetune_members),
    TC_SWITCH(tc_scenario_candidate, frozen_base),
    TC_INTEGER(tc_scenario_candidate, document, 0, TC_MOST_TOKENS),
    TC_FIGURE_OR_UNSET(tc_scenario_candidate, tokens),
    TC_FIGURE_OR_UNSET(tc_scenario_candidate, tokens_per_parameter),
    TC_POINTER(tc_scenario_candidate, model),
    TC_TEXT(tc_scenario_candidate, rl_program),
    TC_TEXT(tc_scenario_candidate, rl_algorithm),
    TC_INTEGER_OR_UNSET(tc_scenario_candidate, rl_prompts, 0, TC_MOST_DEGREE),
    TC_INTEGER_OR_UNSET(tc_scenario_candidate, rl_responses, 0, TC_MOST_DEGREE),
    TC_FIGURE_OR_UNSET(tc_scenario_candidate, rl_tokens_in),
    TC_FIGURE_OR_UNSET(tc_scenario_candidate, rl_tokens_out),
    TC_FIGURE_OR_UNSET(tc_scenario_candidate, rl_most_tokens_out),
    TC_POINTER(tc_scenario_candidate, rl),
    TC_POINTER(tc_scenario_candidate, rl_engine),
    TC_FIGURE(tc_scenario_candidate, parameters),
    TC_FIGURE(tc_scenario_candidate, active_parameters),
};

static tc_code check_candidate(const void *value, tc_error *error) {
    const tc_scenario_candidate *c = value;
    if (!c->model && c->rates > 0) return TC_OK;
    if (!c->model) return tc_fail(error, TC_INVALID, "model", "none; one of the catalog or of your own, or rates");
    if (c->global_batch < 1) return tc_fail(error, TC_INVALID, "global_batch", "none; 1 or more sequences");
    return tc_members_check(&tc_model_members, c->model, "model", error);
}

static const tc_members pool_members = TC_MEMBERS(tc_scenario_pool, pool, NULL, check_pool),
                        serving_members = TC_MEMBERS(tc_scenario_serving, serving, NULL, NULL),
                        candidate_members = TC_MEMBERS(tc_scenario_candidate, candidate, NULL, check_candidate);

static const tc_member name[] = {
    TC_TEXT(tc_scenario_name, name),
    TC_INTEGER(tc_scenario_name, pool, 0, TC_SCENARIO_MOST_POOLS - 1),
};
static const tc_members name_members = TC_MEMBERS(tc_scenario_name, name, NULL, NULL);

static const tc_member actual[] = {
    TC_TEXT(tc_actual, date),
    TC_TEXT(tc_actual, pool_name),
    TC_TEXT(tc_actual, job_name),
    TC_INTEGER(tc_actual, day, -MOST_DAY, MOST_DAY),
    TC_INTEGER(tc_actual, pool, -1, TC_SCENARIO_MOST_POOLS - 1),
    TC_INTEGER(tc_actual, job, -1, TC_SCENARIO_MOST_JOBS - 1),
    TC_INTEGER_OR_UNSET(tc_actual, devices, 0, TC_MOST_DEGREE),
    TC_STRUCT(tc_actual, count, tc_spread_members),
    TC_INTEGER_OR_UNSET(tc_actual, usable, 0, TC_MOST_DEGREE),
    TC_FIGURE_OR_UNSET(tc_actual, tokens),
    TC_INTEGER_OR_UNSET(tc_actual, failures, 0, 1000000000),
};
static const tc_members actual_members = TC_MEMBERS(tc_actual, actual, NULL, NULL);

static const tc_member job[] = {
    TC_TEXT(tc_scenario_job, name),
    TC_TEXT(tc_scenario_job, after),
    TC_TEXT(tc_scenario_job, not_before_date),
    TC_TEXT(tc_scenario_job, deadline_date),
    TC_TEXT(tc_scenario_job, pool_name),
    TC_INTEGER(tc_scenario_job, priority, -1000000, 1000000),
    TC_INTEGER(tc_scenario_job, pool, -1, TC_SCENARIO_MOST_POOLS - 1),
    TC_INTEGER(tc_scenario_job, not_ons, 0, TC_SCENARIO_MOST_POOLS),
    TC_ROW_ARRAY(tc_scenario_job, not_on, not_ons, name_members),
    TC_INTEGER(tc_scenario_job, togethers, 0, TC_MAX_POOLS),
    TC_ROW_ARRAY(tc_scenario_job, together, togethers, name_members),
    TC_WORD(tc_scenario_job, mixed, TC_TOGETHER_NO, "form"),
    TC_INTEGER(tc_scenario_job, min_devices, 0, TC_MOST_DEGREE),
    TC_INTEGER(tc_scenario_job, max_devices, 0, TC_MOST_DEGREE),
    TC_SWITCH(tc_scenario_job, movable),
    TC_WORD(tc_scenario_job, choose, 1, "choice"),
    TC_INTEGER(tc_scenario_job, after_job, -1, TC_SCENARIO_MOST_JOBS - 1),
    TC_INTEGER(tc_scenario_job, not_before, INT32_MIN, MOST_DAY),
    TC_INTEGER(tc_scenario_job, deadline, -MOST_DAY, INT32_MAX),
    TC_INTEGER(tc_scenario_job, candidates, 0, TC_SCENARIO_MOST_CANDIDATES),
    TC_ROW_ARRAY(tc_scenario_job, candidate, candidates, candidate_members),
};

static tc_code check_job(const void *value, tc_error *error) {
    const tc_scenario_job *j = value;
    if (j->not_before < -MOST_DAY && j->not_before != INT32_MIN)
        return tc_fail(error, TC_INVALID, "not_before", "%d is no day; from %d, or INT32_MIN", (int)j->not_before,
                       -MOST_DAY);
    if (j->deadline > MOST_DAY && j->deadline != INT32_MAX)
        return tc_fail(error, TC_INVALID, "deadline", "%d is no day; up to %d, or INT32_MAX", (int)j->deadline,
                       MOST_DAY);
    return TC_OK;
}

static const tc_members job_members = TC_MEMBERS(tc_scenario_job, job, NULL, check_job);

static const tc_member price[] = {
    TC_TEXT(tc_rental_price, from_date),
    TC_INTEGER(tc_rental_price, from, -MOST_DAY, MOST_DAY),
    TC_FIGURE(tc_rental_price, usd_per_h),
};
static const tc_members price_members = TC_MEMBERS(tc_rental_price, price, NULL, NULL);

static const tc_member rental[] = {
    TC_TEXT(tc_scenario_rental, name),
    TC_TEXT(tc_scenario_rental, pool_name),
    TC_TEXT(tc_scenario_rental, from_date),
    TC_INTEGER(tc_scenario_rental, pool, 0, TC_SCENARIO_MOST_POOLS - 1),
    TC_INTEGER(tc_scenario_rental, devices, 1, TC_MOST_DEGREE),
    TC_INTEGER(tc_scenario_rental, from, INT32_MIN, MOST_DAY),
    TC_WORD(tc_scenario_rental, contract, TC_CONTRACT_INTERRUPTIBLE, "contract"),
    TC_FIGURE_OR_UNSET(tc_scenario_rental, usd_per_h),
    TC_FIGURE(tc_scenario_rental, minimum_s),
    TC_FIGURE_OR_UNSET(tc_scenario_rental, start_up_s),
    TC_FIGURE(tc_scenario_rental, interruptions),
    TC_FIGURE(tc_scenario_rental, back_s),
    TC_INTEGER(tc_scenario_rental, prices, 0, TC_SCENARIO_MOST_PRICES),
    TC_ROW_ARRAY(tc_scenario_rental, price, prices, price_members),
};
static const tc_members rental_members = TC_MEMBERS(tc_scenario_rental, rental, NULL, NULL);

static const tc_member link[] = {
    TC_TEXT(tc_scenario_link, from),
    TC_TEXT(tc_scenario_link, to),
    TC_INTEGER(tc_scenario_link, a, 0, TC_SCENARIO_MOST_POOLS - 1),
    TC_INTEGER(tc_scenario_link, b, 0, TC_SCENARIO_MOST_POOLS - 1),
    TC_FIGURE(tc_scenario_link, link.bytes_per_s),
    TC_FIGURE_OR_UNSET(tc_scenario_link, link.latency_s),
    TC_FIGURE(tc_scenario_link, link.distance_m),
    TC_FIGURE(tc_scenario_link, link.oversubscription),
    TC_FIGURE(tc_scenario_link, link.usd_per_byte),
    TC_FIGURE(tc_scenario_link, km),
    TC_FIGURE(tc_scenario_link, usd_per_gb),
};
static const tc_members link_members = TC_MEMBERS(tc_scenario_link, link, NULL, NULL);

static const tc_member currency[] = {
    TC_TEXT(tc_currency, code),
    TC_FIGURE(tc_currency, usd),
};
static const tc_members currency_members = TC_MEMBERS(tc_currency, currency, NULL, NULL);

static const tc_member scenario[] = {
    TC_TEXT(tc_scenario, slug),
    TC_TEXT(tc_scenario, name),
    TC_TEXT(tc_scenario, story),
    TC_TEXT(tc_scenario, start_date),
    TC_TEXT(tc_scenario, as_of_date),
    TC_TEXT(tc_scenario, horizon_date),
    TC_INTEGER(tc_scenario, start, -MOST_DAY, MOST_DAY),
    TC_INTEGER(tc_scenario, as_of, -MOST_DAY, MOST_DAY),
    TC_INTEGER(tc_scenario, horizon, -MOST_DAY, MOST_DAY),
    TC_SWITCH(tc_scenario, certain),
    TC_SWITCH(tc_scenario, reorder),
    TC_FIGURE(tc_scenario, bring_up_s),
    TC_STRUCT(tc_scenario, bring_up, tc_spread_members),
    TC_SWITCH(tc_scenario, bring_up_given),
    TC_STRUCT(tc_scenario, risks, tc_risks_members),
    TC_INTEGER(tc_scenario, rentals, 0, TC_SCENARIO_MOST_RENTALS),
    TC_ROW_ARRAY(tc_scenario, rental, rentals, rental_members),
    TC_INTEGER(tc_scenario, links, 0, TC_SCENARIO_MOST_LINKS),
    TC_ROW_ARRAY(tc_scenario, link, links, link_members),
    TC_TEXT(tc_scenario, tuning),
    TC_STRUCT(tc_scenario, mixing, tc_mixing_members),
    TC_INTEGER(tc_scenario, actuals, 0, TC_SCENARIO_MOST_ACTUALS),
    TC_FIGURE_IN(tc_scenario, ablation_share, 0, MOST_RESERVE),
    TC_FIGURE_IN(tc_scenario, evaluation_share, 0, MOST_RESERVE),
    TC_SWITCH(tc_scenario, any),
    TC_FIGURE_IN(tc_scenario, fit, 0, 0.999999),
    TC_FIGURE_IN(tc_scenario, batch_band, 0, 0.9),
    TC_FIGURE(tc_scenario, unique_tokens),
    TC_FIGURE(tc_scenario, served_tokens),
    TC_INTEGER(tc_scenario, pools, 0, TC_SCENARIO_MOST_POOLS),
    TC_INTEGER(tc_scenario, servings, 0, TC_SCENARIO_MOST_SERVINGS),
    TC_INTEGER(tc_scenario, jobs, 0, TC_SCENARIO_MOST_JOBS),
    TC_ROW_ARRAY(tc_scenario, pool, pools, pool_members),
    TC_ROW_ARRAY(tc_scenario, serving, servings, serving_members),
    TC_ROW_ARRAY(tc_scenario, job, jobs, job_members),
    TC_ROW_ARRAY(tc_scenario, actual, actuals, actual_members),
    TC_INTEGER(tc_scenario, currencies, 0, TC_SCENARIO_MOST_CURRENCIES),
    TC_ROW_ARRAY(tc_scenario, currency, currencies, currency_members),
    TC_TEXT(tc_scenario, converted),
    TC_INTEGER(tc_scenario, assumptions, 0, TC_MOST_DEGREE),
    TC_POINTER(tc_scenario, assumption),
    TC_POINTER(tc_scenario, arena),
};

/* Names point to what is there; a job comes after an earlier one. */
static tc_code check_scenario(const void *value, tc_error *error) {
    const tc_scenario *s = value;
    for (int i = 0; i < s->servings; i++)
        if (s->serving[i].pool >= s->pools)
            return tc_fail(error, TC_INVALID, "serving", "number %d is on pool %d of %d; one of these", i,
                           s->serving[i].pool, s->pools);
    for (int i = 0; i < s->jobs; i++) {
        const tc_scenario_job *j = &s->job[i];
        if (j->after_job >= i)
            return tc_fail(error, TC_INVALID, "job", "number %d comes after job %d; an earlier one, or -1", i,
                           j->after_job);
        bool there = j->pool < s->pools;
        for (int k = 0; k < j->not_ons; k++) there = there && j->not_on[k].pool < s->pools;
        for (int k = 0; k < j->togethers; k++) there = there && j->together[k].pool < s->pools;
        if (!there)
            return tc_fail(error, TC_INVALID, "job", "number %d names a pool beyond the %d; one of them", i, s->pools);
    }
    for (int i = 0; i < s->rentals; i++)
        if (s->rental[i].pool >= s->pools)
            return tc_fail(error, TC_INVALID, "rental", "number %d is of pool %d of %d; one of these", i,
                           s->rental[i].pool, s->pools);
    for (int i = 0; i < s->links; i++)
        if (s->link[i].a >= s->pools || s->link[i].b >= s->pools)
            return tc_fail(error, TC_INVALID, "link", "number %d joins a pool beyond the %d; two of them", i, s->pools);
    for (int i = 0; i < s->actuals; i++)
        if (s->actual[i].pool >= s->pools || s->actual[i].job >= s->jobs
            || (s->actual[i].pool < 0) == (s->actual[i].job < 0))
            return tc_fail(error, TC_INVALID, "actual", "number %d is neither of a pool nor of a job; of one", i);
    return TC_OK;
}

const tc_members tc_scenario_members = TC_MEMBERS(tc_scenario, scenario, "tc_scenario_load()", check_scenario);

static const tc_member plan_options[] = {
    TC_SIZE(tc_plan_options),
    TC_INTEGER(tc_plan_options, samples, 0, 1 << 20),
    TC_INTEGER(tc_plan_options, seed, -9e18, 9e18),
    TC_INTEGER(tc_plan_options, threads, 0, 4096),
    TC_INTEGER(tc_plan_options, days, 0, 1000),
    TC_POINTER(tc_plan_options, day),
    TC_FIGURE_IN(tc_plan_options, take, 0, 0.999),
    TC_SWITCH(tc_plan_options, value),
    TC_SWITCH(tc_plan_options, drivers),
    TC_INTEGER(tc_plan_options, best_days, 0, 100),
    TC_POINTER(tc_plan_options, best_day),
    TC_POINTER(tc_plan_options, catalog),
    TC_POINTER(tc_plan_options, tell),
    TC_POINTER(tc_plan_options, context),
    TC_SWITCH(tc_plan_options, take_by_median),
};

const tc_members tc_plan_options_members = TC_MEMBERS(tc_plan_options, plan_options, "tc_default_plan_options()", NULL);
