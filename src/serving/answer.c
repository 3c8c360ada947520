/* answer.c - one layout under a load: room for keys and values, the load's state, rates and times of all devices, intervals. */
#include "serving/answer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "serving/batching.h"
#include "workload/operators.h"

/* Traffic of chats: lengths spread about as exponentials (Azure conversation 0.9 and 0.6, Mooncake 1.7 and 0.5), arrivals Poisson. */
#define USUAL_SCV 1.0

static double given(double value, double usual) { return value >= 0 ? value : usual; }

/* ---- what a request is -------------------------------------------------------------------------------- */

static tc_service service_of(const tc_serving_question *q, const tc_rank *rank, const tc_serving_degrees *d) {
    const tc_engine *e = &q->engine;
    double layers = tc_layer_count(&q->model), drafts = q->draft_tokens, accept = e->params.draft_acceptance;
    double chunk = q->chunk_tokens != TC_UNSET ? q->chunk_tokens : e->chunk_tokens;
    tc_service s = {.question = q,
                    .rank = rank,
                    .uncached = fmax(q->input_tokens * (1 - q->cached_share), 1),
                    .outputs = q->phase == TC_PHASE_PREFILL ? 0 : fmax(q->output_tokens - 1, 0),
                    .accepted = 1,
                    .chunk = q->prefill_devices > 0 ? 0 : chunk,
                    .input_scv = given(q->input_scv, USUAL_SCV),
                    .output_scv = given(q->output_scv, USUAL_SCV),
                    .arrival_scv = given(q->arrival_scv, USUAL_SCV),
                    .replicas = d->dp};
    s.cached = q->input_tokens - s.uncached;
    if (s.cached < 0) s.cached = 0;
    s.context = q->input_tokens + q->output_tokens / 2;
    if (drafts > 0) {
        double usual = accept < 1 ? (1 - pow(accept, drafts + 1)) / (1 - accept) : 1 + drafts;
        s.accepted = given(q->accepted_tokens, usual);
        s.drafts
            = drafts * given(q->draft_share, 2 / (layers + 1)); /* a layer and the head, of all layers and the head */
    }
    return s;
}

/* ---- memory ----------------------------------------------------------------------------------------------- */

/* What a request holds at most in the mean: with pages as long as it is by then, else as long as it becomes. */
static double held_tokens(const tc_serving_question *q) {
    const tc_engine *e = &q->engine;
    bool whole = !e->paged || !e->continuous || e->reserves_output || q->phase == TC_PHASE_STATIC;
    if (whole) return q->input_tokens + q->output_tokens;
    return q->input_tokens + q->output_tokens / 2 + e->page_tokens / 2.0;
}

/* Room for requests in a replica; none where weights leave none. */
static void find_room(const tc_serving_question *q, const tc_rank *r, const tc_serving_degrees *d, tc_service *s,
                      tc_serving_answer *out) {
    const tc_accelerator *a = &q->cluster.accelerator;
    const tc_serving_params *p = &q->engine.params;
    double usable = a->params.usable_memory > 0 ? a->params.usable_memory : 1;
    out->memory_limit_bytes = a->memory_bytes * usable * p->memory_utilisation;
    out->weight_bytes = r->weight_bytes;
    double tokens_of_a_step = s->chunk > 0 ? s->chunk : q->engine.prompt_tokens;
    out->other_bytes = p->other_bytes + tokens_of_a_step * r->activation_bytes;
    double room = (out->memory_limit_bytes - r->weight_bytes - out->other_bytes) * (1 - p->page_waste);
    double tokens = held_tokens(q), each = tc_kv_bytes_of_rank(r, tokens);
    double decoding = d->dp - (q->prefill_devices > 0 ? q->prefill_devices / (d->tp * d->pp) : 0);
    out->kv_bytes_per_token = tc_kv_bytes_of_model(r, tokens) / tokens;
    s->most = each > 0 ? room / each : HUGE_VAL;
    out->fits = room > 0 && s->most >= 1;
    out->kv_tokens = room > 0 && each > 0 ? room / each * tokens * decoding : 0;
    if (q->engine.most_requests > 0 && s->most > q->engine.most_requests) s->most = q->engine.most_requests;
    s->room_tokens = room > 0 && each > 0 ? room / each * tokens : HUGE_VAL;
    if (s->most > 1e9) s->most = 1e9;
    if (s->most < 1) s->most = 1;
    out->most_requests = out->fits ? s->most * decoding : 0;
}

/* ---- the load ----------------------------------------------------------------------------------------------- */

static void split_devices(const tc_serving_question *q, const tc_serving_degrees *d, tc_service *s) {
    double size = (double)d->tp * d->pp;
    if (q->prefill_devices <= 0) return;
    s->prefills = floor(q->prefill_devices / size);
    s->replicas = d->dp - s->prefills;
    /* each tensor-parallel rank sends its share over its own link */
    const tc_fabric *f = &q->cluster.fabric;
    double rate
        = f->levels > 0 ? f->level[f->levels - 1].bytes_per_s * q->cluster.accelerator.params.network_fraction : 0;
    if (rate > 0) s->transfer_s = tc_kv_bytes_of_rank(s->rank, q->input_tokens) / rate;
}

/* What is no wait and no step before the first token; static batches and prompts alone are not asked for over a network. */
static double before_first(const tc_serving_question *q) {
    const tc_serving_params *p = &q->engine.params;
    bool served = q->engine.continuous && q->phase != TC_PHASE_STATIC && q->phase != TC_PHASE_PREFILL;
    return (served ? p->admission_s : 0) + (q->prefill_devices > 0 ? p->handover_s : 0);
}

static tc_state state_of(const tc_serving_question *q, const tc_service *s, tc_serving_answer *out) {
    double replicas = s->replicas;
    bool joint = !q->engine.continuous || q->phase == TC_PHASE_STATIC;
    out->meets = true;
    if (joint) return tc_state_of_static(s, q->concurrency > 0 ? fmin(q->concurrency / replicas, s->most) : s->most);
    if (q->phase == TC_PHASE_PREFILL) {
        double requests = q->concurrency > 0 ? q->concurrency / replicas : 1;
        return tc_state_of_concurrency(s, requests);
    }
    if (q->rate >= 0) return tc_state_of_rate(s, q->rate / replicas);
    if (q->concurrency >= 0) return tc_state_of_concurrency(s, fmax(q->concurrency / replicas, 1e-9));
    if (q->phase == TC_PHASE_OFFLINE || (q->ttft_s < 0 && q->tpot_s < 0)) return tc_state_of_concurrency(s, s->most);
    return tc_state_of_objectives(s, q->ttft_s >= 0 ? q->ttft_s - before_first(q) : HUGE_VAL,
                                  q->tpot_s >= 0 ? q->tpot_s : HUGE_VAL, &out->meets);
}

/* What takes most of a decode step, or keeps requests waiting. */
static tc_serving_bound bound_of(const tc_service *s, const tc_state *state, const tc_serving_answer *out) {
    const tc_serving_parts *p = &out->decode;
    double of[] = {p->weights, p->kv, p->compute, p->communication, p->launches + p->host};
    int most = 0;
    if (isinf(state->ttft_s)) return TC_SERVING_QUEUE;
    if (s->outputs <= 0 || state->rate * state->prompt_work_s > 0.5) return TC_SERVING_COMPUTE;
    if (state->wait_s > s->prompt_s + s->outputs * state->tpot_s)
        return state->batch >= 0.9 * s->most ? TC_SERVING_KV : TC_SERVING_QUEUE;
    for (int i = 1; i < (int)(sizeof of / sizeof of[0]); i++)
        if (of[i] > of[most]) most = i;
    return (tc_serving_bound)most;
}

/* ---- the answer ------------------------------------------------------------------------------------------------ */

static double known(double value) { return isinf(value) ? NAN : value; }

static void fill_times(const tc_serving_question *q, const tc_service *s, const tc_state *state,
                       tc_serving_answer *out) {
    double admission = before_first(q);
    bool prompts = q->phase != TC_PHASE_DECODE, outputs = s->outputs > 0;
    out->ttft_s = prompts ? known(state->ttft_s) + admission : NAN;
    out->ttft_s_p95 = prompts ? known(state->ttft_p95_s) + admission : NAN;
    out->tpot_s = outputs ? state->tpot_s : NAN;
    out->tpot_s_p95 = outputs ? state->tpot_p95_s : NAN;
    out->e2e_s = (prompts ? out->ttft_s : 0) + (outputs ? s->outputs * state->tpot_s : 0);
}

static void fill_rates(const tc_serving_question *q, const tc_rank *r, const tc_service *s, const tc_state *state,
                       tc_serving_answer *out) {
    double size = r->tp * r->stages, seen = state->batch > 1 ? state->batch : 1;
    double outputs = q->phase == TC_PHASE_PREFILL ? 0 : q->output_tokens;
    if (q->phase == TC_PHASE_DECODE) outputs = s->outputs;
    out->input_tokens = q->input_tokens;
    out->output_tokens = q->output_tokens;
    out->requests_per_s = state->rate * s->replicas;
    out->output_tokens_per_s = out->requests_per_s * outputs;
    out->total_tokens_per_s
        = out->output_tokens_per_s + (q->phase == TC_PHASE_DECODE ? 0 : out->requests_per_s * q->input_tokens);
    out->running = state->batch * s->replicas;
    out->batch = state->batch;
    out->concurrency
        = q->concurrency >= 0 ? q->concurrency : out->requests_per_s * (isnan(out->e2e_s) ? NAN : out->e2e_s);
    out->decode_step_s = s->outputs > 0 ? tc_decode_step(s, seen, &out->decode) : NAN;
    out->decode_tokens_per_s_per_device = s->outputs > 0 ? seen * s->accepted / out->decode_step_s / size : NAN;
    out->utilisation = fmin(state->busy, 1);
    out->accepted_tokens = s->accepted;
    out->kv_transfer_s = s->transfer_s;
}

/* FLOPs of the whole against the 16-bit peak; bytes of a decode step against the datasheet's bandwidth. */
static void fill_shares(const tc_serving_question *q, const tc_rank *r, const tc_service *s, const tc_state *state,
                        tc_serving_answer *out) {
    double tokens = out->requests_per_s * (s->uncached + s->outputs);
    out->mfu = r->peak16 > 0 ? tokens * r->token_flops / (r->peak16 * out->devices) : NAN;
    double batch = state->batch > 1 ? state->batch : 1;
    double kv = batch * tc_kv_bytes_of_rank(r, s->context);
    out->bandwidth_share = s->outputs > 0
                               ? (out->decode.weights * q->engine.params.stream_fraction + kv / r->memory_bytes_per_s)
                                     / out->decode_step_s
                               : NAN;
    if (out->bandwidth_share > 1) out->bandwidth_share = 1;
    out->kv_bytes = fmin(batch, s->most) * tc_kv_bytes_of_rank(r, s->context);
    out->kv_share = out->most_requests > 0 ? fmin(out->running / out->most_requests, 1) : 1;
    out->memory_bytes = out->weight_bytes + out->other_bytes + out->kv_bytes;
}

static void fill_ends(const tc_serving_question *q, tc_serving_answer *out) {
    const tc_serving_params *p = &q->engine.params;
    double more = q->engine_assumed ? p->unstated_spread : 1;
    double rate = p->rate_spread * more, ttft = p->ttft_spread * more, tpot = p->tpot_spread * more;
    double decoding = isnan(out->tpot_s) ? 0 : out->e2e_s - (isnan(out->ttft_s) ? 0 : out->ttft_s);
    double first = isnan(out->ttft_s) ? 0 : out->ttft_s;
    out->p10 = (tc_serving_ends){out->output_tokens_per_s / rate, out->ttft_s / ttft, out->tpot_s / tpot,
                                 first / ttft + decoding / tpot};
    out->p90 = (tc_serving_ends){out->output_tokens_per_s * rate, out->ttft_s * ttft, out->tpot_s * tpot,
                                 first * ttft + decoding * tpot};
}

/* A prompt alone, and as many together as a step takes. */
static void fill_prompts(const tc_serving_question *q, tc_service *s, const tc_rank *r, tc_serving_answer *out) {
    out->prefill_s = s->prompt_s = s->shared_prompt_s = tc_prompt_seconds(s, 1, &out->prefill);
    double most = fmax(q->engine.prompt_tokens / s->uncached, 1), together = floor(most);
    if (most > 1) s->shared_prompt_s = tc_prompt_seconds(s, most, NULL) / most;
    double each = together > 1 ? tc_prompt_seconds(s, together, NULL) / together : s->prompt_s;
    out->prefill_tokens_per_s_per_device = s->uncached / each / (r->tp * r->stages);
    if (q->phase == TC_PHASE_DECODE) s->prompt_s = s->shared_prompt_s = 0;
}

tc_code tc_serving_prepare(const tc_serving_question *q, const tc_serving_degrees *d, tc_rank *rank,
                           tc_service *service, tc_serving_answer *out, tc_error *error) {
    memset(out, 0, offsetof(tc_serving_answer, assumed));
    tc_code code = tc_rank_of(q, d, rank, error);
    if (code) return code;
    out->devices = d->tp * d->pp * d->dp;
    out->tp = d->tp;
    out->pp = d->pp;
    out->ep = d->ep;
    out->dp = d->dp;
    out->prefill_devices = q->prefill_devices;
    *service = service_of(q, rank, d);
    split_devices(q, d, service);
    find_room(q, rank, d, service, out);
    fill_prompts(q, service, rank, out);
    return TC_OK;
}

tc_code tc_serving_answer_of(const tc_serving_question *q, const tc_serving_degrees *d, tc_serving_answer *out,
                             tc_error *error) {
    tc_rank rank;
    tc_service service;
    tc_code code = tc_serving_prepare(q, d, &rank, &service, out, error);
    if (code) return code;
    tc_state state = state_of(q, &service, out);
    fill_times(q, &service, &state, out);
    fill_rates(q, &rank, &service, &state, out);
    fill_shares(q, &rank, &service, &state, out);
    if (isnan(out->ttft_s) && q->phase != TC_PHASE_DECODE) out->meets = false;
    if (q->ttft_s >= 0 && !(out->ttft_s_p95 <= q->ttft_s)) out->meets = false;
    if (q->tpot_s >= 0 && out->tpot_s_p95 > q->tpot_s) out->meets = false;
    out->bound = bound_of(&service, &state, out);
    tc_serving_money(q, out);
    fill_ends(q, out);
    return TC_OK;
}
