/* batching.c - continuous batching in closed form: prefill and decode share a replica.
 *
 * With a mean of B requests that decode, a step takes d(B) and yields `accepted` tokens of each. Every request brings a prompt;
 * while it decodes its o tokens, as many others' prompts come as it has company, so that
 *   TPOT = d / accepted + company x W / o,    rate = B / (o TPOT),
 * W = what a prompt takes from those that decode: its own steps, or (chunked prefill; Agrawal et al. 2024, Sarathi-Serve, arXiv
 * 2403.02310) what its chunks add to steps that decode anyway. Its latency is W and, in chunks, the decode steps beneath it.
 * A request that arrives at random sees the mean company B (M/G/infinity; Wolff 1982, PASTA); in a closed loop of N requests
 * B (N - 1) / N. Prompts queue for the prefill (queue.h).
 * p95: TTFT from the tails of wait and prompt lengths; TPOT from the spread of the company (Poisson, or binomial in a closed loop),
 * averaged over a residence, and of the prompts met in it.
 * Ignored: evictions and recomputation where the cache is full (at most `most` requests run), order of requests by length. */
#include "serving/batching.h"

#include <math.h>

#include "serving/queue.h"

#define NORMAL_95 1.6448536269514722
/* The mean of a Poisson company over one residence of fixed length has 2/3 of its variance: correlation falls linearly. */
#define AVERAGED 0.816
#define ROUNDS 40

/* ---- steps -------------------------------------------------------------------------------------- */

/* With the host: in series, or behind the step before; kernels that no graph replays are issued one by one. */
static double with_host(const tc_service *s, double device_s, double kernels, double requests, bool replayed,
                        tc_serving_parts *parts) {
    const tc_engine *e = &s->question->engine;
    double host = e->params.host_step_s + e->params.host_request_s * requests,
           issue = replayed ? 0 : kernels * e->params.host_kernel_s;
    double run = device_s > issue ? device_s : issue;
    double total = e->overlapped ? (run > host ? run : host) : run + host;
    if (parts) parts->host += total - device_s;
    return total;
}

/* A step with so many that decode and so many tokens of a prompt; share: of the prompt's query-key pairs. */
static double step(const tc_service *s, double requests, double prompt, double share, tc_serving_parts *parts) {
    double pairs = s->uncached * (s->cached + s->uncached / 2);
    tc_load load = {.requests = requests,
                    .rows = 1 + s->question->draft_tokens,
                    .context = s->context,
                    .prompt = prompt,
                    .pairs = prompt > 0 ? pairs * share : 0,
                    .keys = s->cached + s->uncached,
                    .prompts = prompt > 0 ? share : 0};
    double kernels, device = tc_load_seconds(s->rank, &load, parts, &kernels);
    if (requests > 0 && s->drafts > 0) {
        device *= 1 + s->drafts;
        if (parts) {
            double *part[] = {&parts->weights, &parts->kv, &parts->compute, &parts->communication, &parts->launches};
            for (size_t i = 0; i < sizeof part / sizeof part[0]; i++) *part[i] *= 1 + s->drafts;
        }
    }
    const tc_engine *e = &s->question->engine;
    bool captured = e->graph_requests == 0 || requests <= e->graph_requests;
    return with_host(s, device, kernels, requests, prompt <= 0 && e->graphs && captured, parts);
}

double tc_decode_step(const tc_service *s, double requests, tc_serving_parts *parts) {
    return step(s, requests, 0, 0, parts);
}

double tc_step_seconds(const tc_service *s, double requests, double prompt, double share) {
    return step(s, requests, prompt, share, NULL);
}

double tc_prompt_seconds(const tc_service *s, double requests, tc_serving_parts *parts) {
    double most
        = s->chunk > 0 && s->chunk < s->question->engine.prompt_tokens ? s->chunk : s->question->engine.prompt_tokens;
    double tokens = requests * s->uncached, steps = ceil(tokens / most);
    double one = step(s, 0, tokens / steps, requests / steps, parts);
    if (parts) {
        double *part[]
            = {&parts->weights, &parts->kv, &parts->compute, &parts->communication, &parts->launches, &parts->host};
        for (size_t i = 0; i < sizeof part / sizeof part[0]; i++) *part[i] *= steps;
    }
    return steps * one;
}

/* ---- a prompt among those that decode --------------------------------------------------------------- */

typedef struct prompt {
    double work_s;    /* taken from those that decode */
    double latency_s; /* until its first token, where nobody waits */
    double held_s; /* of it, before it begins: for the step that runs, a look of the engine, other replicas' prompts */
    double service_s; /* of the prefill's time, where many wait: prompts share steps */
    double step_s;    /* with prompts */
} prompt;

/* How prompts are gathered before they begin, in decode steps. */
typedef struct gathering {
    double steps; /* whose prompts begin together */
    double wait;  /* of a prompt, in the mean */
    double
        ahead; /* steps that are launched already when the engine looks: of one that prepares a step while another runs */
} gathering;

/* Replicas that share experts step together: where the engine balances, the first prompt waits until each of them has one, at most
 * `balance_steps`. New requests go to the replica that has the fewest, so that g of them are enough. */
static double held_steps(const tc_service *s, double coming) {
    double group = s->rank->group, most = s->question->engine.balance_steps;
    if (group <= 1 || most <= 0 || coming <= 0) return 0;
    return fmin(most, (1 - 1 / group) / coming);
}

static double coming_of(const tc_service *s, double company) {
    return s->outputs > 0 ? company * s->accepted / s->outputs : 0;
}

double tc_held_steps(const tc_service *s, double requests) { return held_steps(s, coming_of(s, requests)); }

/* A prompt waits for the step that runs, half of one in the mean, or until the engine looks for new requests; those of the k that
 * come while the first is held wait half of that. */
static gathering gather(const tc_service *s, double coming) {
    double group = s->rank->group, steps = fmax(s->question->engine.poll_steps, 1), first = held_steps(s, coming),
           others = coming * group * first;
    double ahead = s->question->engine.ahead_steps;
    if (first <= 0) return (gathering){steps, steps / 2, ahead};
    return (gathering){fmax(steps, first), steps / 2 + first * (1 + others / 2) / (1 + others), ahead};
}

/* Replicas that share experts step together: a step with prompts of any of them is as long for all. Of g, each with prompts in a share
 * p of the steps, 1 - (1 - p)^g of the steps have some; relative to p. The work of experts is shared, whose prompts it is for. Where
 * requests wait, those of all replicas begin together. */
static double stall_of(const tc_service *s, double coming) {
    const tc_rank *r = s->rank;
    double p = fmin(coming, 1), steps = p > 1e-9 ? (1 - pow(1 - p, r->group)) / p : r->group;
    bool wait = s->question->phase == TC_PHASE_OFFLINE;
    return r->group > 1 && !wait ? 1 + (steps - 1) * (1 - r->expert_flops / r->token_flops) : 1;
}

/* In steps of their own: as many together as come while they are gathered, where many wait as many as a step takes. */
static prompt prompt_alone(const tc_service *s, double coming, double decode_s, const gathering *g) {
    double most = fmax(s->question->engine.prompt_tokens / s->uncached, 1), together = fmin(fmax(coming, 1), most);
    double stages = s->rank->stages,
           each = together > 1 ? tc_prompt_seconds(s, together, NULL) / together : s->prompt_s;
    double held_s = decode_s * g->wait, first_s = fmax(s->prompt_s, each * together) + decode_s * g->ahead + held_s;
    return (prompt){each / stages, first_s, held_s, s->shared_prompt_s / stages, each * together};
}

/* Prompts in chunks beside those that decode. */
static prompt prompt_in_chunks(const tc_service *s, double requests, double decode_s, double coming,
                               const gathering *g) {
    double running_s = requests > 1 ? decode_s : 0;
    double room = s->chunk - requests * (1 + s->question->draft_tokens);
    if (room < s->chunk / 8) room = s->chunk / 8;
    double steps = fmax(ceil(s->uncached / room), 1), most = steps > 1 ? 1 : room / s->uncached,
           together = fmin(fmax(coming, 1), most), share = 1 / steps, stages = s->rank->stages;
    double full = step(s, requests, s->uncached * most * share, most * share, NULL),
           own = together < most ? step(s, requests, s->uncached * together * share, together * share, NULL) : full;
    double added = fmax(own - decode_s, 0);
    double held_s = running_s * g->wait, first_s = steps * (added + decode_s) + running_s * g->ahead + held_s;
    return (prompt){steps * added / together / stages, first_s, held_s, steps * full / most / stages, own};
}

/* Who comes while a step with prompts runs waits for half of that, in the share of the time that these take. */
static void hold_longer(const tc_service *s, double company, double decode_s, prompt *p) {
    if (!(company > 0) || !(s->outputs > 0) || p->step_s <= decode_s) return;
    double tpot = decode_s / s->accepted + company * p->work_s / s->outputs;
    double beneath = s->chunk > 0 ? p->step_s / (p->step_s - decode_s) : 1;
    double share = fmin(company * p->work_s * beneath / (s->outputs * tpot), 1);
    double longer_s = share * (p->step_s - decode_s) / 2;
    p->held_s += longer_s;
    p->latency_s += longer_s;
    /* as many of the steps as take that share of the time: those that are launched already may be such */
    double of_steps = share * decode_s / (p->step_s - share * (p->step_s - decode_s));
    p->latency_s += s->question->engine.ahead_steps * of_steps * (p->step_s - decode_s);
}

/* `company` requests decode; each brings a prompt every `outputs` tokens. */
static prompt prompt_at(const tc_service *s, double company, double decode_s) {
    if (s->question->phase == TC_PHASE_DECODE) return (prompt){0};
    double coming = coming_of(s, company);
    gathering g = gather(s, coming);
    coming *= g.steps;
    if (s->prefills > 0) return (prompt){0, s->prompt_s, 0, s->shared_prompt_s / s->rank->stages, s->prompt_s};
    prompt p = s->chunk > 0 ? prompt_in_chunks(s, 1 + company, decode_s, coming, &g)
                            : prompt_alone(s, coming, company > 0 ? decode_s : 0, &g);
    p.work_s *= stall_of(s, coming);
    hold_longer(s, company, decode_s, &p);
    return p;
}

/* Time per token, prompts of the company included; *p: a prompt there. */
static double tpot_at(const tc_service *s, double company, double *decode_s, prompt *p) {
    *decode_s = tc_decode_step(s, 1 + company, NULL);
    *p = prompt_at(s, company, *decode_s);
    return *decode_s / s->accepted + (s->outputs > 0 ? company * p->work_s / s->outputs : 0);
}

/* The p95 over requests, where the company varies by `sd`. */
static double tpot_p95_at(const tc_service *s, double company, double sd, const prompt *p) {
    double met = company + NORMAL_95 * sqrt(company * (1 + s->input_scv));
    double decode = tc_decode_step(s, 1 + company + NORMAL_95 * AVERAGED * sd, NULL);
    return decode / s->accepted + (s->outputs > 0 ? met * p->work_s / s->outputs : 0);
}

/* ---- open ----------------------------------------------------------------------------------------------- */

/* What is held is held from nothing to twice the mean, whatever its length. */
#define HELD_95 1.9

static double ttft_p95(const tc_service *s, const prompt *p, double wait_s, double waits) {
    return tc_queue_p95(wait_s, waits, p->latency_s - p->held_s, s->input_scv) + HELD_95 * p->held_s + s->transfer_s;
}

/* Where prompts alone run, those that come during a step begin together: n prompts take a + b n, and as many come meanwhile as the
 * next step has. What that takes beyond a lone prompt: half of the step that runs (of any replica that shares experts), and the
 * others of its own. */
static double gathered_s(const tc_service *s, double rate) {
    double most = fmax(s->question->engine.prompt_tokens / s->uncached, 1), lone = s->prompt_s;
    double each = most > 1 ? fmax(s->shared_prompt_s * most - lone, 0) / (most - 1) : lone, first = lone - each;
    double together = rate * each < 1 ? rate * first / (1 - rate * each) : most;
    together = fmin(fmax(together, 1), most);
    double step_s = first + each * together, busy = fmin(rate * s->rank->group * step_s / together, 1);
    return busy * step_s / 2 + step_s - lone;
}

/* Waits for the prefill, where requests come at random. */
static void add_open_wait(const tc_service *s, const prompt *p, tc_state *out) {
    double servers = s->prefills > 0 ? s->prefills : s->replicas;
    double rho = out->rate * s->replicas / servers * p->service_s;
    if (rho >= 1) {
        out->wait_s = out->ttft_s = out->ttft_p95_s = HUGE_VAL;
        return;
    }
    out->wait_s = tc_queue_wait(servers, rho, p->service_s, s->arrival_scv, s->input_scv);
    bool alone = s->outputs <= 0 || s->prefills > 0;
    if (alone) out->wait_s += gathered_s(s, out->rate * s->replicas / servers);
    out->ttft_s = out->wait_s + p->latency_s + s->transfer_s;
    out->ttft_p95_s = ttft_p95(s, p, out->wait_s, tc_queue_waits(servers, rho));
}

tc_state tc_state_of_batch(const tc_service *s, double batch) {
    tc_state out = {.batch = batch};
    prompt p;
    out.tpot_s = tpot_at(s, batch, &out.step_s, &p);
    out.rate = s->outputs > 0 ? batch / (s->outputs * out.tpot_s) : batch / p.latency_s;
    out.prompt_work_s = p.work_s;
    out.tpot_p95_s = tpot_p95_at(s, batch, sqrt(batch), &p);
    out.busy = 1 - exp(-batch) * fmax(1 - out.rate * p.work_s, 0);
    add_open_wait(s, &p, &out);
    return out;
}

/* The root of an increasing function between low, where it is below 0, and high. */
typedef double increasing(const tc_service *s, double at, double wanted);

static double root_of(const tc_service *s, increasing *f, double wanted, double high) {
    double low = 0, f_low = -wanted, f_high = f(s, high, wanted);
    if (f_high <= 0) return high;
    for (int i = 0; i < ROUNDS && high - low > 1e-4 * high + 1e-9; i++) {
        double at = low + (high - low) * (f_low / (f_low - f_high));
        double inset = 0.02 * (high - low); /* an end that stays is moved too */
        if (at < low + inset) at = low + inset;
        if (at > high - inset) at = high - inset;
        double value = f(s, at, wanted);
        if (value <= 0)
            low = at, f_low = value, f_high /= 2;
        else
            high = at, f_high = value, f_low /= 2;
    }
    return (low + high) / 2;
}

static double rate_over(const tc_service *s, double batch, double wanted) {
    double decode_s;
    prompt p;
    double tpot = tpot_at(s, batch, &decode_s, &p);
    return (s->outputs > 0 ? batch / (s->outputs * tpot) : batch / p.latency_s) - wanted;
}

tc_state tc_state_of_rate(const tc_service *s, double rate) {
    double batch = root_of(s, rate_over, rate, s->most);
    tc_state out = tc_state_of_batch(s, batch);
    if (out.rate >= rate * 0.999) return out;
    out.ttft_s = out.ttft_p95_s = out.wait_s = HUGE_VAL; /* the queue grows without end */
    out.busy = 1;
    return out;
}

/* ---- closed ----------------------------------------------------------------------------------------------- */

/* A closed loop of so many requests, of which `batch` decode, in the means; *p: a prompt in it. */
static tc_state closed_at(const tc_service *s, double batch, double requests, double *decoding, prompt *at) {
    double company = batch * (requests > 1 ? (requests - 1) / requests : 0);
    tc_state out = {.batch = batch, .busy = 1};
    prompt p;
    out.tpot_s = tpot_at(s, company, &out.step_s, &p);
    *at = p;
    double ahead = fmax(p.latency_s - p.service_s, 0); /* beside others' prompts */
    double admission = s->question->phase == TC_PHASE_PREFILL ? 0 : s->question->engine.params.admission_s;
    double delay = s->outputs * out.tpot_s + s->transfer_s + ahead + admission;
    double customers = s->prefills > 0 ? requests * s->replicas / s->prefills : requests;
    double residence = tc_closed_residence(customers < 1 ? 1 : customers, p.service_s, delay);
    out.rate = requests / (residence + delay);
    *decoding = requests * s->outputs * out.tpot_s / (residence + delay);
    out.wait_s = fmax(residence - p.service_s, 0);
    out.ttft_s = residence + ahead + s->transfer_s;
    out.prompt_work_s = p.work_s;
    return out;
}

static void add_closed_p95(const tc_service *s, const prompt *p, double requests, tc_state *out) {
    double company = out->batch * (requests > 1 ? (requests - 1) / requests : 0);
    double idle = p->service_s / (out->wait_s + p->service_s);
    out->ttft_p95_s = ttft_p95(s, p, out->wait_s, 1 - idle);
    double free = out->batch < requests ? 1 - out->batch / requests : 0;
    out->tpot_p95_s = company > 0 ? tpot_p95_at(s, company, sqrt(company * free), p) : out->tpot_s;
}

static double decoding_over(const tc_service *s, double batch, double requests) {
    double decoding;
    prompt p;
    closed_at(s, batch, requests, &decoding, &p);
    return batch - decoding;
}

tc_state tc_state_of_concurrency(const tc_service *s, double requests) {
    double running = requests < s->most ? requests : s->most, decoding;
    double batch = s->outputs > 0 ? root_of(s, decoding_over, running, running) : 0;
    prompt p;
    tc_state out = closed_at(s, batch, running, &decoding, &p);
    add_closed_p95(s, &p, running, &out);
    if (requests > running && out.rate > 0) { /* the others wait for a place */
        double wait = (requests - running) / out.rate;
        out.wait_s += wait;
        out.ttft_s += wait;
        out.ttft_p95_s += wait;
    }
    return out;
}

/* ---- static -------------------------------------------------------------------------------------------------- */

tc_state tc_state_of_static(const tc_service *s, double requests) {
    tc_state out = {.batch = requests, .busy = 1};
    out.ttft_s = out.ttft_p95_s = tc_prompt_seconds(s, requests, NULL);
    out.step_s = tc_decode_step(s, requests, NULL);
    out.tpot_s = out.tpot_p95_s = out.step_s / s->accepted;
    out.rate = requests / (out.ttft_s + s->outputs * out.tpot_s);
    return out;
}

/* ---- objectives ------------------------------------------------------------------------------------------------ */

static bool within(const tc_state *state, double ttft_s, double tpot_s) {
    return state->ttft_p95_s <= ttft_s && (state->tpot_p95_s <= tpot_s);
}

/* Where prompts are held until all replicas that share experts have one, they wait the less the more come: the least batch within. */
static bool find_within(const tc_service *s, double ttft_s, double tpot_s, double *low, tc_state *best) {
    bool holds = s->rank->group > 1 && s->question->engine.balance_steps > 0;
    tc_state state = *best;
    for (double at = *low; holds && at < s->most && !within(&state, ttft_s, tpot_s);) {
        at = fmin(2 * at, s->most);
        state = tc_state_of_batch(s, at);
        if (!within(&state, ttft_s, tpot_s)) continue;
        *low = at;
        *best = state;
    }
    return within(best, ttft_s, tpot_s);
}

tc_state tc_state_of_objectives(const tc_service *s, double ttft_s, double tpot_s, bool *meets) {
    double low = fmin(1e-3, s->most), high = s->most;
    tc_state best = tc_state_of_batch(s, low), state = tc_state_of_batch(s, high);
    *meets = find_within(s, ttft_s, tpot_s, &low, &best);
    if (!*meets) return tc_state_of_concurrency(s, 1); /* what one request has, at once and again */
    if (within(&state, ttft_s, tpot_s)) return state;
    for (int i = 0; i < ROUNDS && high / low > 1.005; i++) {
        double at = high / low > 4 ? sqrt(low * high) : (low + high) / 2;
        state = tc_state_of_batch(s, at);
        if (within(&state, ttft_s, tpot_s))
            low = at, best = state;
        else
            high = at;
    }
    return best;
}
