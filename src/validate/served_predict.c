/* served_predict.c - the forecast of a serving row in the row's terms, with what its test adds to the steady state. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "validate/served_case.h"
#include "workload/operators.h"

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

#define USUAL_WAVES 10 /* requests of a client in a test that does not say */

#define NO_START 1e6 /* waves of a test that was measured once all was under way */

/* Requests of a client in the mean. */
static double requests_each(const tc_served_row *row) {
    if (row->load == TC_LOAD_BURST) return 1;
    if (row->requests > 0 && row->concurrency > 0) return fmax(row->requests / row->concurrency, 1);
    return strstr(row->notes, "steady") ? NO_START : USUAL_WAVES;
}

/* Waves of requests that a test has: the first begins together. */
static double waves_of(const tc_served_case *c) {
    return c->seen > 0 && c->seen >= c->row->concurrency ? NO_START : requests_each(c->row);
}

/* ---- tests that end -------------------------------------------------------------------------------- */

/* The same layout with so many requests at any time. */
static tc_serving_question with_clients(const tc_serving_question *question, const tc_serving_answer *a,
                                        double clients) {
    tc_serving_question q = *question;
    q.tp = a->tp;
    q.pp = a->pp;
    if (tc_has_experts(&q.model)) q.ep = a->ep;
    q.rate = TC_UNSET;
    q.concurrency = fmax(clients, 1e-3);
    return q;
}

static void set_rate(tc_serving_answer *a, double requests_per_s) {
    double moved = requests_per_s / a->requests_per_s;
    a->requests_per_s = requests_per_s;
    a->output_tokens_per_s *= moved;
    a->total_tokens_per_s *= moved;
    a->p10.output_tokens_per_s *= moved;
    a->p90.output_tokens_per_s *= moved;
}

static void delay_first(tc_serving_answer *a, double wait_s) {
    double moved = (a->ttft_s + wait_s) / a->ttft_s;
    a->ttft_s += wait_s;
    a->e2e_s += wait_s;
    a->p10.ttft_s *= moved;
    a->p90.ttft_s *= moved;
}

/* So many requests are there from the start: they pass in waves of as many as fit, the last of which is not full. */
static tc_code infer_queued(const tc_served_case *c, double requests, tc_serving_answer *out, tc_error *error) {
    tc_serving_answer part;
    tc_code code = tc_infer(&c->question, out, error);
    double places = code ? 0 : out->most_requests;
    if (code || requests <= 0 || places < 1 || !(out->requests_per_s > 0)) return code;
    double waves = floor(requests / places), rest = requests - waves * places, seconds = 0;
    if (waves > 0) {
        tc_serving_question full = with_clients(&c->question, out, places);
        code = tc_infer(&full, out, error);
        seconds = code ? 0 : waves * places / out->requests_per_s;
    }
    if (!code && rest > 0) {
        tc_serving_question last = with_clients(&c->question, out, rest);
        code = tc_infer(&last, &part, error);
        if (!code) seconds += rest / part.requests_per_s;
        if (!code && waves == 0) *out = part;
    }
    if (!code) set_rate(out, requests / seconds);
    if (!code && waves > 0)
        delay_first(out, (requests - places) * (requests - places) / (2 * requests) * seconds / requests);
    return code;
}

#define MOST_SIMULATED 6000 /* requests: longer tests are alike */

/* So many requests at a rate beyond what is served: they pile up while they come, and the last ones end alone. Request by request. */
static tc_code infer_pile(const tc_served_case *c, tc_serving_answer *out, tc_error *error) {
    tc_serving_question most = c->question, q = c->question;
    most.rate = TC_UNSET;
    most.phase = TC_PHASE_OFFLINE;
    tc_code code = tc_infer(&most, out, error);
    if (code || !(out->requests_per_s > 0)) return code;
    q.tp = out->tp;
    q.pp = out->pp;
    if (tc_has_experts(&q.model)) q.ep = out->ep;
    tc_traffic traffic = tc_default_traffic();
    traffic.whole = traffic.uniform = true;
    traffic.requests = (int64_t)fmin(c->requests, MOST_SIMULATED);
    tc_simulated test;
    code = tc_simulate_requests(&q, &traffic, &test, error);
    if (code) return code;
    double moved = test.tpot.mean / out->tpot_s;
    if (moved > 0) {
        out->tpot_s = test.tpot.mean;
        out->p10.tpot_s *= moved;
        out->p90.tpot_s *= moved;
    }
    delay_first(out, test.ttft.mean - out->ttft_s);
    set_rate(out, test.requests_per_s);
    return TC_OK;
}

static tc_code infer_open(const tc_served_case *c, tc_serving_answer *out, tc_error *error) {
    tc_code code = tc_infer(&c->question, out, error);
    if (code || (out->ttft_s > 0 && !c->overloaded)) return code;
    return c->requests > 0 ? infer_pile(c, out, error) : infer(&c->question, out, error);
}

/* ---- clients that start together ------------------------------------------------------------------------ */

/* A wave of prompts that come together, in one replica. */
typedef struct wave {
    double prompts_s; /* all of them */
    double first_s;   /* until the first token, in the mean */
    double token_s;   /* a token after it: decode of all, and what the others' prompts keep it from at first */
    double decode_s;  /* of it, of decode */
    bool parts;       /* in chunks beside those that decode: who begins first ends first, and the next wave is none */
} wave;

/* Prompts share steps of as many tokens as the engine takes: with k such steps their mean first token comes after (1 + 1/k) / 2 of all
 * (0.56 of 32 prompts of 2K tokens in steps of 8K, 0.75 of 8; SGLang on 8 H20, 2025: 0.57 and 0.71). In chunks, those that have
 * their first token decode beside the others' prompts. */
static tc_code wave_of(const tc_served_case *c, const tc_serving_answer *a, double clients, wave *out,
                       tc_error *error) {
    const tc_serving_question *q = &c->question;
    double size = a->tp * a->pp, replicas = a->devices / size, each = fmax(clients / replicas, 1);
    double prompt = fmax(q->input_tokens * (1 - q->cached_share), 1), outputs = fmax(q->output_tokens - 1, 1);
    double chunk = q->chunk_tokens != TC_UNSET ? q->chunk_tokens : q->engine.chunk_tokens;
    double most = chunk > 0 ? fmin(chunk, q->engine.prompt_tokens) : q->engine.prompt_tokens;
    double steps = fmax(ceil(each * prompt / fmax(most, prompt)), 1);
    tc_serving_question decode = with_clients(q, a, each * replicas);
    tc_serving_answer steady;
    decode.phase = TC_PHASE_DECODE;
    tc_code code = tc_infer(&decode, &steady, error);
    if (code) return code;
    double fresh = c->seen > 0 ? 1 - fmin(c->seen / clients, 1) : 1; /* of the wave: not in the cache */
    double all = fresh * each * prompt / (a->prefill_tokens_per_s_per_device * size);
    if (chunk > 0 && steps > 1) all += (steps - 1) * steady.decode_step_s / 2;
    /* the first to come begins alone, the others behind it */
    double lone = (a->prefill_s + q->engine.ahead_steps * steady.decode_step_s) * fresh * (1 - 1 / each);
    *out = (wave){.prompts_s = all,
                  .first_s = all * (1 + 1 / steps) / 2 + lone,
                  .token_s = steady.tpot_s + all * (1 - 1 / steps) / 2 / outputs,
                  .decode_s = steady.tpot_s,
                  .parts = chunk > 0 && steps > 1};
    return code;
}

#define JITTER 0.03 /* of requests' durations at equal lengths: clients, schedulers */
/* At equal lengths and with prompts first, being together and being apart both last: of published tests about half are either
 * (SGLang 0.5.1 and 0.5.6 on Hopper), which rows do not tell. */
#define EITHER 0.5

static double share_together(const tc_served_case *c, const wave *w, double outputs) {
    const tc_served_row *row = c->row;
    if (row->load == TC_LOAD_BURST) return 1;
    double waves = waves_of(c);
    /* those that end together begin together: a wave spreads by its lengths, from wave to wave the more */
    double cv = fmax(row->length_cv, JITTER), spread = sqrt(12) * cv * outputs * w->decode_s * sqrt(fmax(waves / 2, 1));
    double later = w->parts ? 0 : EITHER * w->prompts_s / (w->prompts_s + spread);
    bool median = waves > 2 && row->ttft_statistic == TC_STATISTIC_MEDIAN;
    return median ? later : 1 / waves + (1 - 1 / waves) * later;
}

/* ---- the end of a test ------------------------------------------------------------------------------------- */

#define UNIFORM_CV 0.57735 /* of lengths from nothing to twice the mean */
#define EULER 0.57722

/* The longest of n lengths, or of what is left of them at any time, relative to the mean length: uniform lengths, from their
 * spread on ever more as exponentials are. */
typedef struct longest {
    double mean, most;
} longest;

static longest longest_of(double n, double cv, bool left) {
    double wide = fmin(cv / UNIFORM_CV, 1), more = cv > UNIFORM_CV ? fmin((cv - UNIFORM_CV) / (1 - UNIFORM_CV), 1) : 0;
    double harmonic = log(n) + EULER + 0.5 / n;
    /* what is left of uniform lengths from 0 to 2 falls as (1 - x/2)^2: the most of n is 2 (1 - sqrt(pi / 4 n)) */
    double mean = left ? 2.0 / 3 : 1, uniform = left ? fmax(2 - 1.772 / sqrt(n), mean) : 2 * n / (n + 1);
    longest out = {mean + more * (1 - mean), mean + wide * (uniform - mean)};
    out.most += more * (harmonic - out.most);
    return out;
}

/* When no request is left to begin, those that run end one after the other, and the last steps have few. */
typedef struct test_end {
    double lost;   /* time beyond the steady state's, relative to the whole test */
    double faster; /* that a token takes less in the mean of the test */
} test_end;

static tc_code end_of_test(const tc_served_case *c, const tc_serving_answer *a, double running, test_end *out,
                           tc_error *error) {
    const tc_served_row *row = c->row;
    *out = (test_end){0, 0};
    if (row->length_cv <= 0 || running < 2) return TC_OK;
    longest l = longest_of(running, row->length_cv, row->load != TC_LOAD_BURST);
    tc_serving_question few = with_clients(&c->question, a, running * l.mean / l.most);
    tc_serving_answer end;
    few.phase = TC_PHASE_DECODE;
    tc_code code = tc_infer(&few, &end, error);
    if (code) return code;
    double relative = fmin(end.tpot_s / a->tpot_s, 1), each = requests_each(row);
    out->lost = fmax(l.most * relative - l.mean, 0) / each;
    out->faster = fmin(l.mean / each, 1) * (1 - relative) / 2; /* most tokens come while most requests are there */
    return code;
}

static void set_token(tc_serving_answer *a, double token_s) {
    double moved = token_s / a->tpot_s;
    a->tpot_s = token_s;
    a->p10.tpot_s *= moved;
    a->p90.tpot_s *= moved;
}

/* A fixed number of clients all start at once. Where lengths are equal they stay together: their prompts wait for each other and
 * not for those that decode, so that what a steady state has in the time of a token is in that of the first one. */
static tc_code add_waves(const tc_served_case *c, tc_serving_answer *a, tc_error *error) {
    const tc_served_row *row = c->row;
    double outputs = fmax(c->question.output_tokens - 1, 1), places = a->most_requests;
    double clients = row->concurrency, running = places > 0 ? fmin(clients, places) : clients;
    double replicas = (double)a->devices / (a->tp * a->pp), rate = a->requests_per_s;
    if (!(a->ttft_s > 0) || !(a->tpot_s > 0) || !(a->prefill_tokens_per_s_per_device > 0)) return TC_OK;
    test_end end;
    tc_code code = end_of_test(c, a, running, &end, error);
    if (!code && running > replicas) {
        wave w;
        code = wave_of(c, a, running, &w, error);
        if (code) return code;
        double share = share_together(c, &w, outputs);
        double admission = c->question.engine.params.admission_s;
        double places_wait = clients > running ? fmax(a->ttft_s - (clients - running) / rate, 0) : a->ttft_s;
        double together = w.first_s + admission + a->ttft_s - places_wait;
        delay_first(a, share * (together - a->ttft_s));
        set_token(a, share * w.token_s + (1 - share) * a->tpot_s);
        a->e2e_s = a->ttft_s + outputs * a->tpot_s;
        if (row->load != TC_LOAD_BURST || clients <= running) rate = clients / a->e2e_s;
    }
    if (code) return code;
    set_rate(a, rate / (1 + end.lost));
    set_token(a, a->tpot_s * (1 - end.faster));
    return TC_OK;
}

static tc_code infer_clients(const tc_served_case *c, tc_serving_answer *out, tc_error *error) {
    const tc_served_row *row = c->row;
    tc_code code = row->load == TC_LOAD_BURST ? infer_queued(c, row->concurrency, out, error)
                                              : tc_infer(&c->question, out, error);
    return code ? code : add_waves(c, out, error);
}

/* ---- workers apart ----------------------------------------------------------------------------------- */

#define ROUNDS 8

#define WAVES_ASKED 3 /* of all waves but the first */
#define MOST_BUSY 0.9 /* of what the prefill does, that a wave which passes asks of it at most */

/* All clients start together, so that half of all prompts are before the mean one of the first wave. They leave the prefill one
 * after the other and come back as they left it, spread by the lengths of their outputs, from wave to wave the more: until they
 * are spread over a whole round, prompts come faster than in the mean while a wave passes. */
static tc_code add_split_waves(const tc_served_case *c, const tc_serving_question *prefill,
                               const tc_serving_answer *prompts, double output_s, double *ttft_s, tc_error *error) {
    double waves = waves_of(c), clients = c->row->concurrency, steady = *ttft_s, sum = 0;
    double tokens_per_s = prompts->prefill_tokens_per_s_per_device * prompts->devices;
    double pass = clients * prefill->input_tokens * (1 - prefill->cached_share) / tokens_per_s;
    double spread = fmax(c->row->length_cv, JITTER) * output_s;
    for (int i = 0; i < WAVES_ASKED && waves < NO_START; i++) {
        double k = (i + 0.5) / WAVES_ASKED * (waves - 1), width = sqrt(pass * pass + 12 * spread * spread * k);
        tc_serving_question q = *prefill;
        tc_serving_answer at;
        q.rate = fmin(clients / width, MOST_BUSY * clients / pass);
        if (width >= output_s + steady || q.rate <= prefill->rate) {
            sum += steady;
            continue;
        }
        tc_code code = infer(&q, &at, error);
        if (code) return code;
        sum += fmax(at.ttft_s, steady);
    }
    double later = waves < NO_START ? sum / WAVES_ASKED : steady, first = fmax(pass / 2, later);
    bool median = waves > 2 && c->row->ttft_statistic == TC_STATISTIC_MEDIAN;
    *ttft_s
        = fmin(median ? later : later + (first - later) / waves, fmax(pass, prompts->prefill_s)); /* of all, no more */
    return TC_OK;
}

/* Steps of a worker that decodes until a request that came has its first token: it looks for new ones every `poll_steps`, half of
 * that in the mean, and a request whose keys and values are there joins behind the step that runs and those launched already. */
static double taken_up_steps(const tc_engine *e) { return fmax(e->poll_steps, 1) / 2.0 + 0.5 + e->ahead_steps; }

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
    double output = fmax(decode.output_tokens - 1, 1) * out->tpot_s;
    if (!code) code = add_split_waves(c, &prefill, &prompts, output, &ttft, error);
    if (code) return code;
    ttft += taken_up_steps(&decode.engine) * out->decode_step_s;
    ttft += decode.engine.params.handover_s;
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

/* The rate that the limits allow. Who reports such a rate went up to where a limit was met, and is known by the rate and by the
 * limits: latencies between those at the rate that was measured and those that the limits allow. */
static tc_code infer_limited(const tc_served_case *c, tc_serving_answer *out, tc_error *error) {
    tc_serving_question most = c->question;
    tc_serving_answer limited;
    most.rate = TC_UNSET;
    most.ttft_s = c->ttft_limit_s;
    most.tpot_s = c->tpot_limit_s;
    tc_code code = infer(&c->question, out, error);
    if (!code) code = tc_infer(&most, &limited, error);
    if (!code && !limited.meets)
        code = tc_fail(error, TC_INVALID, "limits",
                       "a lone request is forecast to miss them: drafts may be used, which the row does not say");
    if (code) return code;
    double tpot = sqrt(limited.tpot_s / out->tpot_s), ttft = sqrt(limited.ttft_s / out->ttft_s);
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
    const tc_served_row *row = c->row;
    if (c->split) return infer_split(c, out, error);
    if (c->limited) return infer_limited(c, out, error);
    if (row->load == TC_LOAD_OPEN) return infer_open(c, out, error);
    if (c->question.phase == TC_PHASE_OFFLINE) return infer_queued(c, c->requests, out, error);
    bool clients = row->concurrency > 0 && (row->load == TC_LOAD_BURST || row->load == TC_LOAD_CLOSED);
    if (c->question.phase == TC_PHASE_MIXED && clients) return infer_clients(c, out, error);
    return tc_infer(&c->question, out, error);
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

static bool is_rate(tc_served_metric metric) {
    return metric == TC_SERVED_OUTPUT_TOKENS_PER_S || metric == TC_SERVED_TOTAL_TOKENS_PER_S
           || metric == TC_SERVED_REQUESTS_PER_S || metric == TC_SERVED_INPUT_TOKENS_PER_S;
}

/* Of a lone request, tokens of its prompt over its time to the first token. */
static bool is_prompts_rate(const tc_served_row *row, tc_served_metric metric) {
    double ttft_s = row->measured[TC_SERVED_TTFT_MS] / 1e3;
    return metric == TC_SERVED_INPUT_TOKENS_PER_S && row->phase == TC_SERVED_MIXED && ttft_s > 0
           && fabs(row->measured[metric] * ttft_s / row->input_len - 1) < 0.05;
}

const char *tc_served_uncounted(const tc_served_case *c, tc_served_metric metric) {
    bool beyond = c->overloaded && c->requests > 0;
    if (is_rate(metric) && c->question.rate >= 0 && !c->limited && !beyond) return "the rate is given with the load";
    if (is_prompts_rate(c->row, metric)) return "the prompt over the time to the first token, which counts";
    if (metric == TC_SERVED_TTFT_MS && c->own_places)
        return "waits for places of workers that decode, which are not stated";
    return NULL;
}

/* The median gap between tokens is a step without prompts as long as most steps are, and yields all that a step accepts. */
static double median_gap(const tc_served_case *c, const tc_serving_answer *a, double tpot_s) {
    const tc_serving_question *q = &c->question;
    double prompt = q->input_tokens * (1 - q->cached_share), chunk = q->engine.chunk_tokens;
    double each = a->batch * a->accepted_tokens / fmax(q->output_tokens - 1, 1); /* prompts that come in a step */
    double with_prompts = each * (chunk > 0 ? fmax(prompt / chunk, 1) : 1);
    return with_prompts < 0.5 && a->decode_step_s < tpot_s * a->accepted_tokens ? a->decode_step_s
                                                                                : tpot_s * a->accepted_tokens;
}

static double value_of(const tc_served_case *c, const tc_serving_answer *a, const tc_serving_ends *ends,
                       tc_served_metric metric) {
    const tc_serving_question *q = &c->question;
    double input = q->input_tokens, output = q->output_tokens, rate = ends->output_tokens_per_s;
    bool prompts = q->phase == TC_PHASE_PREFILL;
    double prefill = a->prefill_tokens_per_s_per_device * (a->prefill_devices > 0 ? a->prefill_devices : a->devices);
    switch (metric) {
    case TC_SERVED_TPOT_MS:
        if (c->row->tpot_statistic == TC_STATISTIC_MEDIAN_GAP)
            return 1e3 * median_gap(c, a, a->tpot_s) * ends->tpot_s / a->tpot_s;
        return 1e3 * ends->tpot_s;
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
           high = value_of(c, a, &a->p90, metric);
    return (tc_served_forecast){value, fmin(low, high), fmax(low, high)};
}
