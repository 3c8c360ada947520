/* served_predict.c - the forecast of a serving row in the row's terms, with what its test adds to the steady state. */
#include <math.h>
#include <string.h>

#include "validate/served_case.h"

/* ---- the answer ------------------------------------------------------------------------------------ */

/* Of what the devices serve at most: a source that reports a rate had latencies, so that its requests did not pile up. */
#define LOAD_SHARE 0.95

/* A rate that is forecast to be beyond what the devices serve is answered for what they just do. */
static tc_code infer(const tc_serving_question *question, tc_serving_answer *out, tc_error *error) {
    tc_code code = tc_infer(question, out, error);
    if (code || question->rate < 0 || out->ttft_s > 0) return code;
    tc_serving_question q = *question;
    q.rate = TC_UNSET;
    code = tc_infer(&q, out, error);
    if (code || !(out->requests_per_s > 0)) return code;
    q.rate = LOAD_SHARE * out->requests_per_s;
    return tc_infer(&q, out, error);
}

#define ROUNDS 8

/* Workers that prefill and workers that decode, each at the rate of a closed loop of so many requests. */
static tc_code infer_split(const tc_served_case *c, tc_serving_answer *out, tc_error *error) {
    tc_serving_question decode = c->question, prefill = c->prefill;
    tc_serving_answer prompts;
    double clients = c->row->concurrency, ttft = 0, decoding = clients;
    tc_code code = TC_OK;
    for (int i = 0; i < ROUNDS && !code; i++) {
        decode.concurrency = fmax(decoding, 1e-3);
        code = tc_infer(&decode, out, error);
        if (code) return code;
        double output = fmax(decode.output_tokens - 1, 1) * out->tpot_s, limit = out->most_requests;
        double residence = output + ttft, rate = fmin(clients, limit > 0 ? limit : clients) / residence;
        prefill.rate = rate;
        code = infer(&prefill, &prompts, error);
        if (code) return code;
        if (prompts.requests_per_s < 0.999 * rate) rate = prompts.requests_per_s; /* prompts hold the others up */
        double wanted = fmax(clients / rate - output, prompts.ttft_s);
        ttft = i ? (ttft + wanted) / 2 : wanted;
        decoding = fmin(clients, rate * output);
    }
    out->ttft_s = ttft;
    out->e2e_s = ttft + fmax(decode.output_tokens - 1, 1) * out->tpot_s;
    out->requests_per_s = clients / out->e2e_s;
    out->output_tokens_per_s = out->requests_per_s * decode.output_tokens;
    out->prefill_s = prompts.prefill_s;
    out->prefill_tokens_per_s_per_device = prompts.prefill_tokens_per_s_per_device;
    out->prefill_devices = prompts.devices;
    const tc_serving_params *p = &decode.engine.params;
    double more = decode.engine_assumed ? p->unstated_spread : 1;
    out->p10.output_tokens_per_s = out->output_tokens_per_s / (p->rate_spread * more);
    out->p90.output_tokens_per_s = out->output_tokens_per_s * p->rate_spread * more;
    out->p10.ttft_s = ttft / (p->ttft_spread * more);
    out->p90.ttft_s = ttft * p->ttft_spread * more;
    return code;
}

/* The latencies at the rate that was measured, and no longer than the limits; the rate that the limits allow. */
static tc_code infer_limited(const tc_served_case *c, tc_serving_answer *out, tc_error *error) {
    tc_serving_question most = c->question;
    tc_serving_answer limited;
    most.rate = TC_UNSET;
    most.ttft_s = c->ttft_limit_s;
    most.tpot_s = c->tpot_limit_s;
    tc_code code = infer(&c->question, out, error);
    if (!code) code = tc_infer(&most, &limited, error);
    if (code) return code;
    double tpot = out->tpot_s > limited.tpot_s ? limited.tpot_s / out->tpot_s : 1,
           ttft = out->ttft_s > limited.ttft_s ? limited.ttft_s / out->ttft_s : 1;
    out->requests_per_s = limited.requests_per_s;
    out->output_tokens_per_s = limited.output_tokens_per_s;
    out->tpot_s *= tpot;
    out->ttft_s *= ttft;
    out->p10 = (tc_serving_ends){limited.p10.output_tokens_per_s, out->p10.ttft_s * ttft, out->p10.tpot_s * tpot,
                                 out->p10.e2e_s};
    out->p90 = (tc_serving_ends){limited.p90.output_tokens_per_s, out->p90.ttft_s * ttft, out->p90.tpot_s * tpot,
                                 out->p90.e2e_s};
    return code;
}

tc_code tc_served_predict(const tc_served_case *c, tc_serving_answer *out, tc_error *error) {
    return c->split     ? infer_split(c, out, error)
           : c->limited ? infer_limited(c, out, error)
                        : infer(&c->question, out, error);
}

/* ---- in the row's terms ---------------------------------------------------------------------------- */

int tc_served_scored(const tc_served_row *row, tc_served_metric out[TC_SERVED_METRICS]) {
    static const tc_served_metric rates[] = {TC_SERVED_OUTPUT_TOKENS_PER_S, TC_SERVED_TOTAL_TOKENS_PER_S,
                                             TC_SERVED_REQUESTS_PER_S, TC_SERVED_INPUT_TOKENS_PER_S, TC_SERVED_E2E_MS};
    int n = 0;
    if (row->measured[TC_SERVED_TPOT_MS] > 0 && row->tpot_statistic != TC_STATISTIC_P99) out[n++] = TC_SERVED_TPOT_MS;
    if (row->measured[TC_SERVED_TTFT_MS] > 0 && row->ttft_statistic != TC_STATISTIC_P99) out[n++] = TC_SERVED_TTFT_MS;
    bool prompts = row->phase == TC_SERVED_PREFILL;
    if (prompts && row->measured[TC_SERVED_INPUT_TOKENS_PER_S] > 0) {
        out[n++] = TC_SERVED_INPUT_TOKENS_PER_S;
        return n;
    }
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++)
        if (row->measured[rates[i]] > 0 && !(rates[i] == TC_SERVED_E2E_MS && n > 0)) {
            out[n++] = rates[i];
            break;
        }
    return n;
}

bool tc_served_is_given(const tc_served_case *c, tc_served_metric metric) {
    bool rate = metric == TC_SERVED_OUTPUT_TOKENS_PER_S || metric == TC_SERVED_TOTAL_TOKENS_PER_S
                || metric == TC_SERVED_REQUESTS_PER_S || metric == TC_SERVED_INPUT_TOKENS_PER_S;
    return rate && c->question.rate >= 0 && !c->limited;
}

/* Of the work of all prompts of a burst, what their mean request waits: 0.57 (32 prompts) to 0.71 (8) where chunks batch several
 * (a burst of 8 to 32 prompts on 8 H20, SGLang 2025). */
#define BURST_SHARE 0.57
#define USUAL_WAVES 10 /* requests of a client in a test that does not say */

/* What the mean request of a test waits for others' prompts because all clients start together. Only the first wave does: who prefills
 * first ends first, so that the next prompts come as far apart as the first ones were served. */
static double waits_together(const tc_served_case *c, const tc_serving_answer *a) {
    const tc_serving_question *q = &c->question;
    const tc_served_row *row = c->row;
    double rate = a->prefill_tokens_per_s_per_device * (a->prefill_devices > 0 ? a->prefill_devices : a->devices),
           clients = fmin(row->concurrency, a->most_requests > 0 ? a->most_requests : row->concurrency);
    if (!(rate > 0) || clients <= 1 || (row->load != TC_LOAD_BURST && row->load != TC_LOAD_CLOSED)) return 0;
    double waves = row->load == TC_LOAD_BURST ? 1 : row->requests > 0 ? row->requests / row->concurrency : USUAL_WAVES;
    if (waves > 2 && row->ttft_statistic == TC_STATISTIC_MEDIAN) return 0;
    return BURST_SHARE * (clients - 1) * q->input_tokens * (1 - q->cached_share) / rate / fmax(waves, 1);
}

/* The means of a test from those of the steady state. */
static double in_test(const tc_served_case *c, const tc_serving_answer *a, tc_served_metric metric, double steady) {
    double wait = waits_together(c, a), residence = a->e2e_s;
    if (wait <= 0 || metric == TC_SERVED_TPOT_MS) return steady;
    if (metric == TC_SERVED_TTFT_MS || metric == TC_SERVED_E2E_MS) return steady + 1e3 * wait;
    return residence > 0 ? steady * residence / (residence + wait) : steady;
}

static double value_of(const tc_served_case *c, const tc_serving_answer *a, const tc_serving_ends *ends,
                       tc_served_metric metric) {
    const tc_serving_question *q = &c->question;
    double input = q->input_tokens, output = q->output_tokens, rate = ends->output_tokens_per_s;
    bool prompts = q->phase == TC_PHASE_PREFILL;
    double prefill = a->prefill_tokens_per_s_per_device * (a->prefill_devices > 0 ? a->prefill_devices : a->devices);
    switch (metric) {
    case TC_SERVED_TPOT_MS: return 1e3 * ends->tpot_s;
    case TC_SERVED_TTFT_MS: return 1e3 * ends->ttft_s;
    case TC_SERVED_E2E_MS: return 1e3 * ends->e2e_s;
    case TC_SERVED_OUTPUT_TOKENS_PER_S: return rate;
    case TC_SERVED_REQUESTS_PER_S: return rate / output;
    case TC_SERVED_TOTAL_TOKENS_PER_S: return prompts ? prefill : rate * (input + output) / output;
    case TC_SERVED_INPUT_TOKENS_PER_S: return prompts ? prefill : rate * input / output;
    default: return NAN;
    }
}

tc_served_forecast tc_served_in_metric(const tc_served_case *c, const tc_serving_answer *a, tc_served_metric metric) {
    tc_serving_ends mid = {a->output_tokens_per_s, a->ttft_s, a->tpot_s, a->e2e_s};
    double value = value_of(c, a, &mid, metric), low = value_of(c, a, &a->p10, metric),
           high = value_of(c, a, &a->p90, metric), tested = in_test(c, a, metric, value), moved = tested / value;
    return (tc_served_forecast){tested, fmin(low, high) * moved, fmax(low, high) * moved};
}
