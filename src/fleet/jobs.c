/* jobs.c - checks a scenario's jobs: what they wait for, where they may train, and what each candidate is made of. */
#include <string.h>

#include "fleet/reading.h"

static tc_code fail_key(const tc_reading *r, const tc_node *at, const char *key, const char *text) {
    const tc_node *node = tc_node_get(at, key);
    return tc_document_fail(r->document, node ? node : at, node ? NULL : key, r->error, "%s", text);
}

static tc_code find_pool(const tc_reading *r, const tc_node *at, const char *name, int *pool) {
    *pool = tc_reading_pool(r->scenario, name);
    if (*pool >= 0) return TC_OK;
    return tc_document_fail(r->document, at, NULL, r->error, "'%s' is none of the pools; write the name of one", name);
}

/* The pools that it may train on. */
static tc_code check_places(const tc_reading *r, const tc_node *node, tc_scenario_job *job) {
    tc_code code = TC_OK;
    const tc_node *names = tc_node_get(node, "not_on");
    if (job->pool_name[0]) code = find_pool(r, tc_node_get(node, "pool"), job->pool_name, &job->pool);
    for (int i = 0; i < job->not_ons && code == TC_OK; i++) {
        const tc_node *at = tc_reading_element(node, "not_on", i);
        code = find_pool(r, at, job->not_on[i].name, &job->not_on[i].pool);
        if (code == TC_OK && job->not_on[i].pool == job->pool)
            code = tc_document_fail(r->document, at, NULL, r->error,
                                    "'%s' is the pool that the job must train on; leave one of the two out",
                                    job->pool_name);
    }
    if (code == TC_OK && names && job->not_ons >= r->scenario->pools) {
        bool left = false;
        for (int p = 0; p < r->scenario->pools; p++) {
            bool out = false;
            for (int i = 0; i < job->not_ons; i++) out = out || job->not_on[i].pool == p;
            left = left || !out;
        }
        if (!left) code = tc_document_fail(r->document, names, NULL, r->error, "leaves the job no pool; name fewer");
    }
    if (code == TC_OK && job->max_devices > 0 && job->min_devices > job->max_devices)
        code = tc_document_fail(r->document, tc_node_get(node, "min_devices"), NULL, r->error,
                                "%d is more than max_devices, %d; write at most that", job->min_devices,
                                job->max_devices);
    return code;
}

static bool are_joined(const tc_scenario *s, int a, int b) {
    for (int i = 0; i < s->links; i++)
        if ((s->link[i].a == a && s->link[i].b == b) || (s->link[i].a == b && s->link[i].b == a)) return true;
    return false;
}

/* The pools that it may use at once: each may train it, and any two are joined. */
static tc_code check_together(const tc_reading *r, const tc_node *node, tc_scenario_job *job) {
    const tc_node *mixed = tc_node_get(node, "mixed");
    if (mixed && job->togethers == 0)
        return tc_document_fail(r->document, mixed, NULL, r->error,
                                "needs the pools that the job may use at once; write 'pools: [a, b]'");
    for (int i = 0; i < job->togethers; i++) {
        const tc_node *at = tc_reading_element(node, "pools", i);
        tc_code code = find_pool(r, at, job->together[i].name, &job->together[i].pool);
        if (code) return code;
        int own = job->together[i].pool;
        bool out = job->pool >= 0 && job->pool != own;
        for (int k = 0; k < job->not_ons; k++) out = out || job->not_on[k].pool == own;
        if (out)
            return tc_document_fail(r->document, at, NULL, r->error, "the job must not train on '%s'; leave it out",
                                    job->together[i].name);
        for (int k = 0; k < i; k++) {
            if (job->together[k].pool == own)
                return tc_document_fail(r->document, at, NULL, r->error, "'%s' stands here twice; write it once",
                                        job->together[i].name);
            if (job->mixed != TC_TOGETHER_NO && !are_joined(r->scenario, job->together[k].pool, own))
                return tc_document_fail(r->document, at, NULL, r->error,
                                        "nothing joins '%s' and '%s'; add 'links: [{from: %s, to: %s, bandwidth: \"400 "
                                        "Gb/s\"}]'",
                                        job->together[k].name, job->together[i].name, job->together[k].name,
                                        job->together[i].name);
        }
    }
    return TC_OK;
}

tc_code tc_reading_check_link(const tc_reading *r, const tc_node *node, tc_scenario_link *link) {
    tc_code code = find_pool(r, tc_node_get(node, "from"), link->from, &link->a);
    if (code == TC_OK) code = find_pool(r, tc_node_get(node, "to"), link->to, &link->b);
    if (code == TC_OK && link->a == link->b)
        return fail_key(r, node, "to", "is the pool that the link begins at; write another");
    link->link.distance_m = link->km * 1e3;
    link->link.usd_per_byte = link->usd_per_gb / 1e9;
    return code;
}

/* Each part has its tokens or a share; all together they are no more and no less than the candidate's, where it has any. */
static tc_code check_phases(const tc_reading *r, const tc_node *node, tc_scenario_candidate *candidate) {
    double tokens = 0, share = 0;
    int shares = 0;
    const tc_node *at = tc_reading_element(node, "phases", 0);
    for (int i = 0; i < candidate->phases; i++, at = at->next) {
        const tc_scenario_phase *phase = &candidate->phase[i];
        if ((phase->tokens > 0) == (phase->share > 0))
            return tc_document_fail(r->document, at, NULL, r->error, "has %s; write either 'tokens' or 'share'",
                                    phase->tokens > 0 ? "both" : "neither");
        tokens += phase->tokens > 0 ? phase->tokens : 0;
        share += phase->share > 0 ? phase->share : 0;
        shares += phase->share > 0;
    }
    const tc_node *phases = tc_node_get(node, "phases");
    bool whole = candidate->tokens > 0 || candidate->tokens_per_parameter > 0;
    if (candidate->phases == 0) return TC_OK;
    if (shares > 0 && shares < candidate->phases)
        return fail_key(r, node, "phases", "have shares and tokens; write one of the two for all");
    if (shares > 0 && !whole)
        return fail_key(r, node, "tokens", "is missing, of which the phases are shares; write 'tokens: 8e12'");
    if (shares > 0 && !(share > 0.999 && share < 1.001))
        return tc_document_fail(r->document, phases, NULL, r->error, "have shares of %g in all; write shares of 1",
                                share);
    if (shares == 0 && candidate->tokens > 0
        && !(tokens > 0.99 * candidate->tokens && tokens < 1.01 * candidate->tokens))
        return tc_document_fail(r->document, phases, NULL, r->error,
                                "have %g tokens in all, the candidate %g; write the same", tokens, candidate->tokens);
    if (shares == 0 && candidate->tokens_per_parameter > 0)
        return fail_key(r, node, "phases",
                        "have tokens beside 'tokens_per_parameter'; write shares, or leave that out");
    if (!whole) candidate->tokens = tokens;
    return TC_OK;
}

/* Work whose step is not forecast: rates in the place of a model. */
static tc_code check_rates(const tc_reading *r, const tc_node *node, const tc_scenario_candidate *candidate) {
    static const char *const of_models[] = {"seq",          "layers", "frames",
                                            "height",       "width",  "cached_latents",
                                            "global_batch", "dtype",  "tokens_per_parameter",
                                            "phases"};
    for (size_t i = 0; i < sizeof of_models / sizeof *of_models; i++)
        if (tc_node_get(node, of_models[i]))
            return fail_key(r, node, of_models[i], "needs a 'model'; a candidate with 'rates' has tokens alone");
    const tc_node *at = tc_reading_element(node, "rates", 0);
    for (int i = 0; i < candidate->rates; i++, at = at->next)
        for (int k = 0; k < i; k++)
            if (strcmp(candidate->rate[k].accelerator, candidate->rate[i].accelerator) == 0)
                return tc_document_fail(r->document, tc_node_get(at, "accelerator"), NULL, r->error,
                                        "'%s' has an earlier rate too; give each its own",
                                        candidate->rate[i].accelerator);
    return TC_OK;
}

/* Pixels stand in the place of tokens. */
static tc_code check_sample(const tc_reading *r, const tc_node *node) {
    static const char *const sides[] = {"frames", "height", "width"};
    for (size_t i = 0; i < sizeof sides / sizeof *sides; i++)
        if (tc_node_get(node, sides[i]) && tc_node_get(node, "seq"))
            return fail_key(r, node, "seq", "stands beside pixels, from which it follows; leave it out");
    return TC_OK;
}

static tc_code check_candidate(const tc_reading *r, const tc_node *node, tc_scenario_candidate *candidate) {
    bool rates = candidate->rates > 0;
    if (!candidate->model_slug[0] == !rates)
        return tc_document_fail(r->document, node, rates ? NULL : "model", r->error,
                                rates ? "has a model and rates; write one of the two"
                                      : "is missing; write 'model: SLUG', or 'rates' of accelerators");
    if (!rates && candidate->global_batch == TC_UNSET)
        return fail_key(r, node, "global_batch", "is missing; write 'global_batch: 1024', in sequences");
    tc_code pixels = check_sample(r, node);
    for (const tc_node *at = tc_reading_element(node, "phases", 0); at && !pixels; at = at->next)
        pixels = check_sample(r, at);
    if (pixels) return pixels;
    if (!rates && candidate->unit[0]) return fail_key(r, node, "unit", "needs 'rates'; a model trains on tokens");
    if (!candidate->unit[0]) memcpy(candidate->unit, "tokens", sizeof "tokens");
    tc_code code = rates ? check_rates(r, node, candidate) : check_phases(r, node, candidate);
    if (code == TC_OK && (candidate->tokens > 0) == (candidate->tokens_per_parameter > 0))
        code = tc_document_fail(r->document, node, NULL, r->error,
                                "has %s; write either 'tokens' or 'tokens_per_parameter'",
                                candidate->tokens > 0 ? "both" : "neither");
    return code;
}

tc_code tc_reading_check_job(const tc_reading *r, const tc_node *node, int index) {
    tc_scenario_job *job = &r->scenario->job[index];
    if (tc_reading_job(r->scenario, job->name) < index)
        return tc_document_fail(r->document, tc_node_get(node, "name"), NULL, r->error,
                                "'%s' is the name of an earlier job too; give each job its own", job->name);
    if (job->after[0]) job->after_job = tc_reading_job(r->scenario, job->after);
    if (job->after_job >= index) job->after_job = -1;
    if (job->after[0] && job->after_job < 0)
        return tc_document_fail(r->document, tc_node_get(node, "after"), NULL, r->error,
                                "'%s' is no job above this one; write the name of an earlier job", job->after);
    tc_code code = tc_reading_day(r, node, "not_before", job->not_before_date, &job->not_before);
    if (code == TC_OK) code = tc_reading_day(r, node, "deadline", job->deadline_date, &job->deadline);
    if (code == TC_OK) code = check_places(r, node, job);
    if (code == TC_OK) code = check_together(r, node, job);
    const tc_node *at = tc_reading_element(node, "candidates", 0);
    for (int i = 0; i < job->candidates && code == TC_OK; i++, at = at->next) {
        code = check_candidate(r, at, &job->candidate[i]);
        for (int k = 0; k < i && code == TC_OK; k++)
            if (strcmp(job->candidate[k].name, job->candidate[i].name) == 0)
                code = tc_document_fail(r->document, tc_node_get(at, "name"), NULL, r->error,
                                        "'%s' is the name of an earlier candidate too; give each its own",
                                        job->candidate[i].name);
    }
    return code;
}
