/* reinforced.c - forecasts published steps of reinforcement learning.
 *
 * The row without `model.rl` is a training row: machine, stack, degrees. With it: prompts, lengths, placement and engine. A row
 * without lengths but with its phases in seconds is judged by how they add up: their sum on the same devices, else the longer side. What a
 * row leaves out: the program's engine, epochs of one, an update of all sequences, the longest split. */
#include "validate/reinforced.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "rl/program.h"
#include "traincast_rl.h"
#include "validate/inputs.h"

typedef struct room {
    tc_case c;
    tc_published_run plain;
    tc_rl_question q;
    tc_rl_answer a;
    tc_model critic, reward;
    char why[160];
} room;

static bool lack(room *r, const char *what) {
    snprintf(r->why, sizeof r->why, "%s", what);
    return false;
}

/* ---- what the row says -------------------------------------------------------------------------- */

static int algorithm_of(const char *word) {
    for (int i = 0; i < TC_RL_ALGORITHM_COUNT; i++)
        if (strncmp(word, tc_rl_algorithm_names[i], strlen(tc_rl_algorithm_names[i])) == 0) return i;
    return TC_UNSET;
}

static int placement_of(const tc_published_rl *rl) {
    const char *s = rl->schedule ? rl->schedule : "colocated";
    if (rl->off_policy_steps > 1) return TC_RL_ASYNC;
    if (strstr(s, "full") && strstr(s, "async")) return TC_RL_ASYNC;
    if (strstr(s, "disagg") || strstr(s, "off") || strstr(s, "async")) return TC_RL_ONE_STEP_OFF;
    return TC_RL_COLOCATED;
}

static bool take_lengths(room *r, const tc_published_run *run) {
    const tc_published_rl *rl = &run->model.rl;
    double response = rl->mean_response_len > 0 ? rl->mean_response_len : rl->response_len,
           total = rl->mean_total_len > 0 ? rl->mean_total_len : response + rl->mean_prompt_len;
    if (!(response > 0) && rl->mean_prompt_len > 0) response = total - rl->mean_prompt_len;
    if (!(response > 0)) return lack(r, "model.rl.mean_response_len: lengths are not stated");
    if (!(total > response)) return lack(r, "model.rl.mean_total_len: prompts are not stated");
    r->q.input_tokens = total - response;
    r->q.output_tokens = response;
    bool all_alike = rl->response_len > 0 && !(rl->max_total_len > 0) && !(rl->max_response_len > 0);
    r->q.most_output_tokens = rl->max_response_len > 0    ? rl->max_response_len
                              : rl->max_total_len > total ? rl->max_total_len - r->q.input_tokens
                                                          : TC_UNSET;
    if (all_alike) r->q.output_cv = 0;
    return true;
}

static bool take_batch(room *r, const tc_published_run *run) {
    const tc_published_rl *rl = &run->model.rl;
    int responses = rl->samples_per_prompt > 0 ? rl->samples_per_prompt : 1,
        samples = rl->samples > 0                                        ? rl->samples
                  : rl->prompts > 0                                      ? rl->prompts * responses
                  : run->global_batch > 0 && run->global_batch < 1000000 ? (int)run->global_batch
                                                                         : 0;
    if (samples < 1) return lack(r, "model.rl.prompts: sequences of a step are not stated");
    r->q.responses = responses;
    r->q.prompts = samples / responses > 0 ? samples / responses : 1;
    r->q.updates = rl->updates > 0                                    ? rl->updates
                   : rl->train_batch > 0 && rl->train_batch < samples ? samples / rl->train_batch
                                                                      : 1;
    r->q.epochs = rl->epochs > 0 ? rl->epochs : 1;
    return true;
}

static tc_code take_models(tc_catalog *catalog, room *r, const tc_published_run *run) {
    const tc_published_rl *rl = &run->model.rl;
    tc_error unknown; /* a judge that the catalog does not have is as large as the actor */
    if (rl->critic && tc_catalog_model(catalog, rl->critic, &r->critic, &unknown) == TC_OK) r->q.critic = &r->critic;
    if (rl->reward && tc_catalog_model(catalog, rl->reward, &r->reward, &unknown) == TC_OK) r->q.reward = &r->reward;
    return TC_OK;
}

/* The program's engine, in the row's month. */
static tc_code take_engine(tc_catalog *catalog, room *r, const tc_published_run *run, tc_error *error) {
    tc_serving_question *g = &r->q.generation;
    char engine[96];
    int month = run->date % 100;
    g->model = r->q.training.job.model;
    g->cluster = r->q.training.cluster;
    if (run->model.rl.engine_tp > 0) g->tp = run->model.rl.engine_tp;
    g->engine_assumed = strcmp(r->q.program.engine, "generic") == 0;
    snprintf(engine, sizeof engine, month > 0 ? "%s@%04d-%02d" : "%s", r->q.program.engine, run->date / 100, month);
    return tc_catalog_engine(catalog, engine, &g->cluster.accelerator, &g->engine, error);
}

/* ---- the forecast ------------------------------------------------------------------------------------ */

/* What an open degree of the row is: searched. */
static tc_code question_of(tc_catalog *catalog, room *r, const tc_published_run *run, tc_error *error) {
    const tc_published_rl *rl = &run->model.rl;
    r->q.training = tc_case_question(&r->c);
    tc_code code = tc_catalog_interval(catalog, &r->q.training.interval, error);
    if (code) return code;
    r->q.training.layout.dp = TC_UNSET;
    r->q.search_layout = (r->c.open & TC_CASE_OPEN_LAYOUT) != 0;
    r->q.algorithm = algorithm_of(rl->algorithm);
    r->q.placement = placement_of(rl);
    r->q.reference = rl->reference_model;
    if (rl->off_policy_steps > 1) r->q.ahead = rl->off_policy_steps;
    if (r->q.placement != TC_RL_COLOCATED && rl->gen_devices > 0 && rl->gen_devices < run->devices)
        r->q.generation_devices = rl->gen_devices;
    code = take_models(catalog, r, run);
    return code ? code : take_engine(catalog, r, run, error);
}

/* Of measured phases: their sum, or the longer side. */
static double added_up(const room *r, const tc_published_rl *rl) {
    if (placement_of(rl) == TC_RL_COLOCATED) return (rl->generation_s + rl->training_s) * (1 + r->q.program.overhead);
    double longer = fmax(rl->generation_s, rl->training_s);
    return placement_of(rl) == TC_RL_ASYNC ? longer * (1 + r->q.program.overhead) : longer + r->q.program.sync_s;
}

static double in_metric(const room *r, const tc_published_run *run) {
    const tc_rl_answer *a = &r->a;
    switch (run->metric) {
    case TC_METRIC_STEP_S: return a->step_s;
    case TC_METRIC_TOKENS_PER_S_PER_DEVICE: return a->tokens_per_step / a->step_s / run->devices;
    case TC_METRIC_SAMPLES_PER_S: return a->samples_per_s;
    default: return NAN;
    }
}

static void fill(const room *r, const tc_published_run *run, tc_reinforced *out) {
    double ratio;
    out->predicted = in_metric(r, run);
    if (isnan(out->predicted)) return;
    ratio = run->metric == TC_METRIC_STEP_S ? out->predicted / run->measured : run->measured / out->predicted;
    out->error_pct = 100 * (ratio - 1);
    out->step_s = r->a.step_s;
    out->step_s_p10 = r->a.step_s_p10;
    out->step_s_p90 = r->a.step_s_p90;
    double measured_s = r->a.step_s / ratio;
    if (r->a.step_s_p90 > r->a.step_s_p10)
        out->covered = measured_s >= r->a.step_s_p10 && measured_s <= r->a.step_s_p90;
}

/* OK, or why not in r->why. */
static tc_code forecast(tc_catalog *catalog, const tc_conventions *conventions, const tc_published_run *run, room *r,
                        tc_case_status *status, tc_error *error) {
    const tc_published_rl *rl = &run->model.rl;
    tc_error why;
    r->q = tc_default_rl_question();
    *status = TC_CASE_UNSUPPORTED;
    tc_code code = tc_rl_program_of(catalog, run->framework ? run->framework : "", &r->q.program, error);
    if (code) return code;
    if (algorithm_of(rl->algorithm) == TC_UNSET) {
        snprintf(r->why, sizeof r->why, "reinforcement learning by %.60s is not modelled yet", rl->algorithm);
        return TC_OK;
    }
    bool lengths = take_lengths(r, run) && take_batch(r, run);
    if (!lengths && rl->generation_s > 0 && rl->training_s > 0 && run->metric == TC_METRIC_STEP_S) {
        r->a.step_s = added_up(r, rl);
        r->why[0] = 0;
        *status = TC_CASE_OK;
        return TC_OK;
    }
    *status = TC_CASE_SKIPPED;
    if (!lengths) return TC_OK;
    r->plain = *run;
    r->plain.model.rl.algorithm = NULL;
    if (r->plain.global_batch < 1) r->plain.global_batch = (int64_t)r->q.prompts * r->q.responses / r->q.updates;
    if (r->plain.model.seq <= 0) r->plain.model.seq = (int)(r->q.input_tokens + r->q.output_tokens);
    if (r->plain.dp > 0) r->plain.dp = TC_UNSET; /* of the devices that train */
    code = tc_case_build(catalog, conventions, &r->plain, &r->c, error);
    if (code) return code;
    if (r->c.status) {
        *status = r->c.status;
        memcpy(r->why, r->c.reason, sizeof r->why);
        return TC_OK;
    }
    if ((code = question_of(catalog, r, run, error))) return code;
    code = tc_rl_forecast(&r->q, &r->a, &why);
    if (code == TC_INTERNAL) return tc_fail(error, code, why.place, "%s", why.text);
    *status = code ? TC_CASE_UNSUPPORTED : TC_CASE_OK;
    if (code) snprintf(r->why, sizeof r->why, "%.150s", why.text);
    return TC_OK;
}

static void keep_assumed(const room *r, tc_reinforced *out) {
    for (int i = 0; i < r->c.assumed_count; i++)
        snprintf(out->assumed[out->assumed_count++], sizeof out->assumed[0], "%s", r->c.assumed[i]);
    for (int i = 0; i < r->a.assumed_count; i++)
        snprintf(out->assumed[out->assumed_count++], sizeof out->assumed[0], "%s", r->a.assumed[i]);
}

tc_code tc_reinforced_predict(tc_catalog *catalog, const tc_conventions *conventions, const tc_published_run *run,
                              tc_reinforced *out, tc_error *error) {
    *out = (tc_reinforced){.predicted = NAN, .error_pct = NAN, .covered = -1};
    out->status = TC_CASE_SKIPPED;
    if (run->refused) return TC_OK;
    room *r = calloc(1, sizeof *r);
    if (!r) return tc_fail(error, TC_INTERNAL, "validate", "out of memory");
    tc_code code = forecast(catalog, conventions, run, r, &out->status, error);
    memcpy(out->reason, r->why, sizeof out->reason);
    keep_assumed(r, out);
    if (code == TC_OK && out->status == TC_CASE_OK) fill(r, run, out);
    free(r);
    return code;
}
