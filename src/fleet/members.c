/* members.c - what the members of a scenario may be, once read and resolved or made by a caller. */
#include "fleet/members.h"

#include "base/error.h"
#include "layout/question_members.h"
#include "run/members.h"
#include "workload/members.h"

#define MOST_DAY 4000000 /* of the calendar, either way: beyond the year 9999 */
#define MOST_RESERVE 0.95

static const tc_member delivery[] = {
    TC_INTEGER(tc_delivery, day, -MOST_DAY, MOST_DAY),
    TC_INTEGER(tc_delivery, devices, 0, TC_MOST_DEGREE),
};

static const tc_member line[] = {
    TC_TEXT(tc_delivery_line, date),
    TC_TEXT(tc_delivery_line, from),
    TC_TEXT(tc_delivery_line, until),
    TC_INTEGER(tc_delivery_line, every, -1, 0),
    TC_INTEGER(tc_delivery_line, devices, 0, TC_MOST_DEGREE),
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
    TC_WORD(tc_scenario_pool, rented, 1, "ownership"),
    TC_FIGURE_OR_UNSET(tc_scenario_pool, price_usd),
    TC_FIGURE_OR_UNSET(tc_scenario_pool, rental_usd_per_h),
    {TC_MEMBER_AT(tc_scenario_pool, mtbf_s), .kind = TC_MEMBER_FIGURE, .upper = __builtin_inf(), .unset = true},
    TC_TEXT(tc_scenario_pool, until_date),
    TC_INTEGER(tc_scenario_pool, until, -MOST_DAY, INT32_MAX),
    TC_INTEGER(tc_scenario_pool, lines, 0, TC_SCENARIO_MOST_DELIVERIES),
    TC_INTEGER(tc_scenario_pool, deliveries, 0, TC_SCENARIO_MOST_DELIVERIES),
    TC_ROW_ARRAY(tc_scenario_pool, line, lines, line_members),
    TC_ROW_ARRAY(tc_scenario_pool, delivery, deliveries, delivery_members),
    TC_STRUCT(tc_scenario_pool, cluster, tc_cluster_members),
    TC_STRUCT(tc_scenario_pool, software, tc_stack_members),
    TC_STRUCT(tc_scenario_pool, economics, tc_economics_members),
};

/* Deliveries come in order, before the pool ends, and no pool outgrows what a forecast takes. */
static tc_code check_pool(const void *value, tc_error *error) {
    const tc_scenario_pool *p = value;
    int64_t devices = 0;
    if (p->until > MOST_DAY && p->until != INT32_MAX)
        return tc_fail(error, TC_INVALID, "until", "%d is no day; up to %d, or INT32_MAX", (int)p->until, MOST_DAY);
    for (int i = 0; i < p->deliveries; i++) {
        devices += p->delivery[i].devices;
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

static const tc_member serving[] = {
    TC_TEXT(tc_scenario_serving, name),
    TC_TEXT(tc_scenario_serving, pool_name),
    TC_INTEGER(tc_scenario_serving, pool, 0, TC_SCENARIO_MOST_POOLS - 1),
    TC_INTEGER(tc_scenario_serving, devices_given, 0, TC_MOST_DEGREE),
    TC_FIGURE(tc_scenario_serving, monthly_users),
    TC_FIGURE(tc_scenario_serving, daily_share),
    TC_FIGURE(tc_scenario_serving, turns_per_day),
    TC_FIGURE(tc_scenario_serving, tokens_in),
    TC_FIGURE(tc_scenario_serving, cached_share),
    TC_FIGURE(tc_scenario_serving, tokens_out),
    TC_FIGURE(tc_scenario_serving, peak_factor),
    TC_FIGURE(tc_scenario_serving, prefill_tokens_per_s),
    TC_FIGURE(tc_scenario_serving, decode_tokens_per_s),
    TC_FIGURE(tc_scenario_serving, utilisation),
    TC_INTEGER(tc_scenario_serving, devices, 0, TC_MOST_DEGREE),
    TC_FIGURE(tc_scenario_serving, peak_prefill_tokens_per_s),
    TC_FIGURE(tc_scenario_serving, peak_decode_tokens_per_s),
};

static const tc_member candidate[] = {
    TC_TEXT(tc_scenario_candidate, name),
    TC_TEXT(tc_scenario_candidate, model_slug),
    TC_INTEGER_OR_UNSET(tc_scenario_candidate, seq, 1, TC_MOST_TOKENS),
    TC_INTEGER(tc_scenario_candidate, global_batch, 1, TC_MOST_TOKENS),
    TC_WORD(tc_scenario_candidate, dtype, TC_DTYPES - 1, "format"),
    TC_SWITCH(tc_scenario_candidate, dtype_default),
    TC_FIGURE_OR_UNSET(tc_scenario_candidate, tokens),
    TC_FIGURE_OR_UNSET(tc_scenario_candidate, tokens_per_parameter),
    TC_POINTER(tc_scenario_candidate, model),
    TC_FIGURE(tc_scenario_candidate, parameters),
    TC_FIGURE(tc_scenario_candidate, active_parameters),
};

static tc_code check_candidate(const void *value, tc_error *error) {
    const tc_scenario_candidate *c = value;
    if (!c->model) return tc_fail(error, TC_INVALID, "model", "none; one of the catalog or of your own");
    return tc_members_check(&tc_model_members, c->model, "model", error);
}

static const tc_members pool_members = TC_MEMBERS(tc_scenario_pool, pool, NULL, check_pool),
                        serving_members = TC_MEMBERS(tc_scenario_serving, serving, NULL, NULL),
                        candidate_members = TC_MEMBERS(tc_scenario_candidate, candidate, NULL, check_candidate);

static const tc_member job[] = {
    TC_TEXT(tc_scenario_job, name),
    TC_TEXT(tc_scenario_job, after),
    TC_TEXT(tc_scenario_job, not_before_date),
    TC_TEXT(tc_scenario_job, deadline_date),
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

static const tc_member scenario[] = {
    TC_TEXT(tc_scenario, slug),
    TC_TEXT(tc_scenario, name),
    TC_TEXT(tc_scenario, story),
    TC_TEXT(tc_scenario, start_date),
    TC_INTEGER(tc_scenario, start, -MOST_DAY, MOST_DAY),
    TC_FIGURE(tc_scenario, bring_up_s),
    TC_FIGURE_IN(tc_scenario, ablation_share, 0, MOST_RESERVE),
    TC_FIGURE_IN(tc_scenario, evaluation_share, 0, MOST_RESERVE),
    TC_SWITCH(tc_scenario, any),
    TC_FIGURE_IN(tc_scenario, fit, 0, 0.999999),
    TC_FIGURE_IN(tc_scenario, batch_band, 0, 0.9),
    TC_INTEGER(tc_scenario, pools, 0, TC_SCENARIO_MOST_POOLS),
    TC_INTEGER(tc_scenario, servings, 0, TC_SCENARIO_MOST_SERVINGS),
    TC_INTEGER(tc_scenario, jobs, 0, TC_SCENARIO_MOST_JOBS),
    TC_ROW_ARRAY(tc_scenario, pool, pools, pool_members),
    TC_ROW_ARRAY(tc_scenario, serving, servings, serving_members),
    TC_ROW_ARRAY(tc_scenario, job, jobs, job_members),
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
    for (int i = 0; i < s->jobs; i++)
        if (s->job[i].after_job >= i)
            return tc_fail(error, TC_INVALID, "job", "number %d comes after job %d; an earlier one, or -1", i,
                           s->job[i].after_job);
    return TC_OK;
}

const tc_members tc_scenario_members = TC_MEMBERS(tc_scenario, scenario, "tc_scenario_load()", check_scenario);
