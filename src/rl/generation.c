/* generation.c - responses by the decode model of src/serving.
 *
 * Each replica gets an equal part of the prompts x responses requests, all at once. Where its cache holds them all, they begin together and
 * end one by one: the time is the integral over the length l of a decode step with the requests that are longer than l, at a context of
 * prompt + l, up to the expected longest of all replicas' responses. Where it holds fewer, the others follow as places come free: at a full
 * batch until all have begun, then the same with what is left of those that run. Prompts of one group are computed once where the engine
 * has a prefix cache. Ignored: preemption, groups that a router splits. */
#include "rl/phases.h"

#include <math.h>

#include "base/error.h"
#include "workload/operators.h"

#define POINTS 24 /* of the integral over lengths */
#define MOST_RANKS 64

typedef struct engine {
    tc_serving_question q;
    double prompt;
    int replicas;
    double pace;     /* of the serving engine's, that it reaches here */
    double energy_j; /* of the devices, of what was looked at so far; NaN: not known */
} engine;

/* A decode step of a replica with so many requests at a context. */
static tc_code decode_step(engine *e, double requests, double context, tc_serving_answer *out, tc_error *error) {
    e->q.phase = TC_PHASE_DECODE;
    e->q.input_tokens = fmax(context, 1);
    e->q.output_tokens = 2;
    e->q.concurrency = fmax(requests, 1) * e->replicas;
    return tc_infer(&e->q, out, error);
}

/* From the first to the last of `requests` that begin together; left: that are on their way. */
static tc_code drain(engine *e, const tc_lengths *l, double requests, double longest, int left, double *seconds,
                     tc_error *error) {
    tc_serving_answer a;
    *seconds = 0;
    for (int i = 0; i < POINTS; i++) {
        double at = (i + 0.5) * longest / POINTS,
               running = requests * (left ? tc_lengths_left_above(l, at) : tc_lengths_above(l, at));
        tc_code code = decode_step(e, running, e->prompt + (left ? l->mean / 2 + at / 2 : at), &a, error);
        if (code) return code;
        double part = a.decode_step_s / a.accepted_tokens / e->pace * longest / POINTS;
        *seconds += part;
        e->energy_j += part * a.power_w;
    }
    return TC_OK;
}

/* Room for requests of the mean length, and what prompts take. */
static tc_code measure(engine *e, const tc_rl_question *q, const tc_lengths *l, tc_generated *out, tc_error *error) {
    tc_serving_answer a;
    tc_code code = decode_step(e, 1, e->prompt, &a, error);
    if (code) return code;
    e->q.input_tokens = e->prompt;
    e->q.output_tokens = fmax(l->mean, 2);
    if ((code = tc_infer(&e->q, &a, error))) return code;
    double sequences = (double)q->prompts * q->responses, prompts = e->q.engine.prefix_cache ? q->prompts : sequences;
    out->fits = a.fits;
    out->tp = a.tp, out->pp = a.pp, out->ep = a.ep;
    out->slots = fmax(floor(a.most_requests / e->replicas), 1);
    out->requests = sequences / e->replicas;
    out->spread = fmax(a.p90.tpot_s / a.tpot_s, 1);
    e->q.phase = TC_PHASE_PREFILL;
    if ((code = tc_infer(&e->q, &a, error))) return code;
    out->prefill_s = prompts * e->prompt / (a.prefill_tokens_per_s_per_device * e->q.cluster.devices * e->pace);
    e->energy_j += out->prefill_s * a.power_w;
    return TC_OK;
}

/* One layout of the engine. */
static tc_code with_degrees(const tc_rl_question *q, const tc_lengths *l, engine *e, int tp, int pp, int ep,
                            tc_generated *out, tc_error *error) {
    e->replicas = e->q.cluster.devices / (tp * pp);
    e->q.tp = tp, e->q.pp = pp, e->q.ep = ep;
    e->q.dp = e->replicas;
    e->q.cluster.devices = e->replicas * tp * pp;
    out->devices = e->q.cluster.devices;
    out->replicas = e->replicas;
    tc_serving_answer a;
    tc_code code = measure(e, q, l, out, error);
    if (code) return code;
    double sequences = (double)q->prompts * q->responses, full = fmin(out->slots, out->requests);
    if (out->requests <= out->slots) {
        code = drain(e, l, out->requests, tc_lengths_longest(l, sequences, 0), 0, &out->decode_s, error);
        if (code) return code;
    }
    /* where generation goes on, those of the steps that it is ahead run too */
    double running = q->placement == TC_RL_ASYNC ? fmin(out->slots, out->requests * (1 + q->ahead)) : full;
    if ((code = decode_step(e, running, e->prompt + l->mean / 2, &a, error))) return code;
    double rate = running * a.accepted_tokens / a.decode_step_s * e->pace; /* tokens/s of a replica that is full */
    out->steady_s = out->requests * l->mean / rate + out->prefill_s;
    if (out->requests > out->slots) {
        double longest = tc_lengths_longest(l, full * e->replicas, 1), others = (out->requests - full) * l->mean / rate;
        code = drain(e, l, full, longest, 1, &out->decode_s, error);
        out->decode_s += others;
        e->energy_j += others * a.power_w;
    }
    out->power_w = e->energy_j / (out->prefill_s + out->decode_s);
    return code;
}

static bool sooner(const tc_generated *a, const tc_generated *b) {
    if (a->fits != b->fits) return a->fits;
    return a->prefill_s + a->decode_s < 0.999 * (b->prefill_s + b->decode_s);
}

tc_code tc_rl_generate(const tc_rl_question *q, const tc_lengths *lengths, int devices, double share, tc_generated *out,
                       tc_error *error) {
    engine base = {.q = q->generation, .prompt = fmax(q->input_tokens, 1), .pace = q->program.generation_fraction};
    if (base.q.weights == TC_UNSET) /* they come from the trainer, whatever the checkpoint of the base model has */
        base.q.weights = q->training.job.dtype == TC_FP8 ? TC_WEIGHTS_FP8 : TC_WEIGHTS_BF16;
    bool experts = tc_has_experts(&q->generation.model), found = false;
    int pp = base.q.pp > 0 ? base.q.pp : 1;
    base.q.engine.params.memory_utilisation = fmin(base.q.engine.params.memory_utilisation, share);
    base.q.rate = base.q.ttft_s = base.q.tpot_s = TC_UNSET;
    tc_error first = {.code = TC_OK};
    for (int tp = base.q.tp > 0 ? base.q.tp : 1; tp * pp <= devices && tp <= MOST_RANKS; tp *= 2) {
        for (int shared = 0; shared <= (experts && tp > 1 && base.q.ep < 1 ? 1 : 0); shared++) {
            engine e = base;
            tc_generated g = {0};
            tc_error cause = {0};
            e.q.cluster.devices = devices;
            int ep = base.q.ep > 0 ? base.q.ep : shared ? tp : 1;
            tc_code code = with_degrees(q, lengths, &e, tp, pp, ep, &g, &cause);
            if (code && !first.code) first = cause;
            if (code || (found && !sooner(&g, out))) continue;
            *out = g;
            found = true;
        }
        if (base.q.tp > 0) break;
    }
    if (found) return TC_OK;
    if (!first.code)
        return tc_fail(error, TC_INVALID, "--generation-devices", "%d are fewer than the engine's ranks, %d; give more",
                       devices, (base.q.tp > 0 ? base.q.tp : 1) * pp);
    if (error) *error = first;
    return first.code;
}
