/* infer.c - a question of serving to its answer: what came in is checked, degrees that were not given are chosen, what was assumed is said.
 *
 * Chosen is what serves most: tensor parallelism in powers of two, a pipeline only where nothing fits without, experts on the
 * ranks of a replica or on all. Of several that serve as much the first wins: fewer ranks a replica. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/formats.h"
#include "serving/answer.h"
#include "serving/members.h"
#include "run/members.h"
#include "workload/operators.h"

/* Means of a chat service (Azure LLM inference trace 2023, conversation). */
#define USUAL_INPUT 1155
#define USUAL_OUTPUT 211

#define MOST_RANKS 64 /* of tensor parallelism that is tried */

static void assume(tc_serving_answer *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void assume(tc_serving_answer *out, const char *format, ...) {
    if (out->assumed_count == TC_SERVING_ASSUMED_MAX) return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(out->assumed[out->assumed_count++], sizeof out->assumed[0], format, arguments);
    va_end(arguments);
}

/* ---- degrees --------------------------------------------------------------------------------------- */

/* The worst of its times, relative to the objective that it has. */
static double relative_to_objectives(const tc_serving_question *q, const tc_serving_answer *a) {
    double ttft = q->ttft_s > 0 ? a->ttft_s_p95 / q->ttft_s : 0, tpot = q->tpot_s > 0 ? a->tpot_s_p95 / q->tpot_s : 0;
    return fmax(ttft, tpot);
}

/* Is a better than b? What fits and meets the objectives first, then what comes nearest to them, then the rate; at a given rate the
 * time of a request. */
static bool better(const tc_serving_question *q, const tc_serving_answer *a, const tc_serving_answer *b) {
    if (a->fits != b->fits) return a->fits;
    if (a->meets != b->meets) return a->meets;
    double nearer = a->meets ? 1 : relative_to_objectives(q, a) / relative_to_objectives(q, b);
    if (fabs(nearer - 1) > 1e-3) return nearer < 1;
    if (q->rate >= 0 && q->phase != TC_PHASE_OFFLINE) return a->e2e_s < b->e2e_s * 0.999;
    double rate = q->phase == TC_PHASE_PREFILL ? a->requests_per_s / b->requests_per_s
                                               : a->output_tokens_per_s / b->output_tokens_per_s;
    return rate > 1.001;
}

typedef struct choice {
    const tc_serving_question *q;
    tc_serving_answer *best;
    bool found;
    tc_error *error;
} choice;

static void try_degrees(choice *c, int tp, int pp, int ep, int dp) {
    tc_serving_answer answer;
    tc_serving_degrees d = {tp, pp, ep, dp};
    tc_error ignored, *error = c->found ? &ignored : c->error;
    if (c->q->prefill_devices > 0 && (c->q->prefill_devices % (tp * pp) || c->q->prefill_devices >= tp * pp * dp))
        return;
    if (tc_serving_answer_of(c->q, &d, &answer, error)) return;
    if (!c->found || better(c->q, &answer, c->best)) *c->best = answer;
    c->found = true;
}

/* Every dp that the devices leave: one. ep: those of a replica's ranks, of all, or none. */
static void try_pipeline(choice *c, int pp, bool experts) {
    const tc_serving_question *q = c->q;
    int devices = q->cluster.devices, first = q->tp == TC_UNSET ? 1 : q->tp,
        last = q->tp == TC_UNSET ? MOST_RANKS : q->tp;
    for (int tp = first; tp <= last && tp <= devices; tp *= 2) {
        if (devices % tp || devices / tp % pp) continue;
        int dp = devices / tp / pp;
        if (q->dp != TC_UNSET && dp != q->dp) continue;
        if (q->ep != TC_UNSET) {
            try_degrees(c, tp, pp, q->ep, dp);
            continue;
        }
        try_degrees(c, tp, pp, 1, dp);
        if (experts && tp > 1) try_degrees(c, tp, pp, tp, dp);
        if (experts && dp > 1 && q->prefill_devices == 0) try_degrees(c, tp, pp, tp * dp, dp);
    }
}

static tc_code choose(const tc_serving_question *q, tc_serving_answer *out, tc_error *error) {
    choice c = {.q = q, .best = out, .error = error};
    bool experts = tc_has_experts(&q->model);
    tc_error none = {.code = TC_OK};
    if (error) *error = none;
    if (q->pp != TC_UNSET) {
        try_pipeline(&c, q->pp, experts);
    } else {
        try_pipeline(&c, 1, experts);
        for (int pp = 2; pp <= 16 && !(c.found && out->fits); pp *= 2) try_pipeline(&c, pp, experts);
    }
    if (c.found) return TC_OK;
    if (error && error->code) return error->code;
    return tc_fail(error, TC_INVALID, "--devices", "%d are no layout of these degrees; devices are tp x pp x dp",
                   q->cluster.devices);
}

/* All degrees are given, but for those that follow. */
static bool stands(const tc_serving_question *q) {
    return q->tp != TC_UNSET && q->pp != TC_UNSET && (q->ep != TC_UNSET || !tc_has_experts(&q->model));
}

static tc_code answer_given(const tc_serving_question *q, tc_serving_answer *out, tc_error *error) {
    int64_t replica = (int64_t)q->tp * q->pp;
    int devices = q->cluster.devices;
    if (devices % replica)
        return tc_fail(error, TC_INVALID, "--devices", "%d are no multiple of tp x pp = %lld; give one that is",
                       devices, (long long)replica);
    tc_serving_degrees d = {q->tp, q->pp, q->ep == TC_UNSET ? 1 : q->ep, (int)(devices / replica)};
    if (q->dp != TC_UNSET && q->dp != d.dp)
        return tc_fail(error, TC_INVALID, "--dp", "%d x tp %d x pp %d is not %d devices; leave one of them out", q->dp,
                       q->tp, q->pp, devices);
    if (q->prefill_devices > 0 && (q->prefill_devices % replica || q->prefill_devices >= devices))
        return tc_fail(error, TC_INVALID, "--disaggregated",
                       "%d devices that prefill are no whole replicas of tp x pp = %lld, or leave none to decode; give "
                       "a multiple",
                       q->prefill_devices, (long long)replica);
    return tc_serving_answer_of(q, &d, out, error);
}

/* ---- weights as they are stored ----------------------------------------------------------------------- */

/* The format of a checkpoint, by its word or by the bits of a method that quantizes weights alone; TC_UNSET: none that is known. */
static int stored_format(const tc_model *model) {
    const char *stored = model->stored, *bits = strstr(stored, ", ");
    for (int i = 0; i < TC_WEIGHT_FORMAT_COUNT; i++)
        if (strcmp(stored, tc_weight_format_names[i]) == 0) return i;
    if (bits && strcmp(bits, ", 4 bit") == 0) return TC_WEIGHTS_INT4;
    return bits && strcmp(bits, ", 8 bit") == 0 ? TC_WEIGHTS_INT8 : TC_UNSET;
}

static bool runs(const tc_serving_question *q, int format) {
    static const int products[TC_WEIGHT_FORMAT_COUNT] = {
#define PRODUCTS(id, word, bits, experts, products) products,
        TC_WEIGHT_FORMATS(PRODUCTS)};
    return !tc_format_is_low(products[format]) || q->cluster.accelerator.matmul_flops[products[format]] > 0
           || q->engine.unpacks;
}

int tc_serving_weights(const tc_serving_question *q) {
    if (q->weights != TC_UNSET) return q->weights;
    int stored = q->model.stored[0] ? stored_format(&q->model) : TC_UNSET;
    return stored != TC_UNSET && runs(q, stored) ? stored : TC_WEIGHTS_BF16;
}

static void say_weights(const tc_serving_question *q, tc_serving_answer *out) {
    if (q->weights != TC_UNSET || !q->model.stored[0]) return;
    int format = tc_serving_weights(q), stored = stored_format(&q->model);
    if (format == stored)
        assume(out, "weights in %s, as the model's checkpoint has them", tc_weight_format_names[format]);
    else if (stored != TC_UNSET)
        assume(out, "weights in 16 bit: the checkpoint's %s runs on no %.24s: --dtype", tc_weight_format_names[stored],
               q->cluster.accelerator.slug);
    else
        assume(out, "weights in 16 bit, though the model's file has them as %s: --dtype", q->model.stored);
}

/* ---- what was assumed ---------------------------------------------------------------------------------- */

void tc_serving_say_assumed(const tc_serving_question *question, const tc_serving_question *q, tc_serving_answer *out) {
    if (question->input_tokens < 0) assume(out, "prompts of %d tokens (a chat service's mean)", USUAL_INPUT);
    if (question->output_tokens < 0) assume(out, "outputs of %d tokens (a chat service's mean)", USUAL_OUTPUT);
    if (q->model.towers > 0) assume(out, "text alone: images and sound are no part of the prompts");
    if (q->engine_assumed)
        assume(out, "--engine: none was named, so %.60s, and a wider interval", "the usual settings of those in use");
    if (q->tp == TC_UNSET) assume(out, "tp %d (serves most)", out->tp);
    if (q->pp == TC_UNSET) assume(out, "pp %d", out->pp);
    if (q->ep == TC_UNSET && tc_has_experts(&q->model)) assume(out, "ep %d (serves most)", out->ep);
    say_weights(q, out);
    if (q->kv == TC_UNSET) assume(out, "keys and values in 16 bit");
    if (q->input_scv < 0) assume(out, "lengths of prompts spread as exponentials do");
    if (q->arrival_scv < 0 && q->concurrency < 0) assume(out, "requests arrive at random (Poisson)");
    if (q->chunk_tokens == TC_UNSET && q->engine.chunk_tokens > 0 && q->prefill_devices == 0)
        assume(out, "prompts in chunks of %d tokens (engine's default)", q->engine.chunk_tokens);
    if (q->draft_tokens > 0 && q->accepted_tokens < 0) assume(out, "%.3g tokens accepted a step", out->accepted_tokens);
    if (q->draft_tokens > 0 && q->draft_share < 0) assume(out, "a draft takes a layer and the head");
    if (q->concurrency < 0 && q->rate < 0 && q->ttft_s < 0 && q->tpot_s < 0)
        assume(out, "no load and no objective: as many requests as fit");
}

tc_code tc_serving_check(const tc_serving_question *q, tc_error *error) {
    tc_code code = tc_members_check(&tc_serving_question_members, q, "question", error);
    if (!code && q->economics)
        code = tc_members_check(&tc_economics_members, q->economics, "question.economics", error);
    if (code) return code;
    const tc_serving_params *p = &q->engine.params;
    if (q->cluster.devices < 1) return tc_fail(error, TC_INVALID, "--devices", "is below 1; give a device or more");
    const struct {
        const char *option;
        int degree;
    } degrees[] = {{"--tp", q->tp}, {"--pp", q->pp}, {"--ep", q->ep}, {"--dp", q->dp}};
    for (size_t i = 0; i < sizeof degrees / sizeof degrees[0]; i++)
        if (degrees[i].degree == 0) return tc_fail(error, TC_INVALID, degrees[i].option, "is 0; give 1 or more");
    const double divisors[] = {p->stream_fraction,
                               p->expert_stream_fraction,
                               p->narrow_stream_fraction,
                               p->expert_unpack_fraction,
                               p->attention_stream_fraction,
                               p->attention_compute_fraction,
                               p->prefill_fraction,
                               p->expert_prefill_fraction,
                               p->attention_prefill_fraction,
                               p->unpack_fraction,
                               p->memory_utilisation,
                               q->cluster.accelerator.memory_bytes_per_s,
                               q->cluster.accelerator.memory_bytes};
    for (size_t i = 0; i < sizeof divisors / sizeof divisors[0]; i++)
        if (divisors[i] <= 0)
            return tc_fail(error, TC_INVALID, "question",
                           "has a parameter of the engine, or the memory of the accelerator, that is 0; take both from "
                           "the catalog");
    if (!tc_model_generates(&q->model))
        return tc_fail(error, TC_INVALID, "--model",
                       "%.80s generates no tokens one after another; give a language model", q->model.name);
    if (tc_layer_count(&q->model) < 1) return tc_fail(error, TC_INVALID, "--model", "has no layers; give one that has");
    return TC_OK;
}

void tc_serving_fill_lengths(tc_serving_question *q) {
    if (q->input_tokens < 0) q->input_tokens = USUAL_INPUT;
    if (q->output_tokens < 0) q->output_tokens = USUAL_OUTPUT;
}

tc_code tc_infer(const tc_serving_question *question, tc_serving_answer *out, tc_error *error) {
    tc_code code = tc_serving_check(question, error);
    if (code) return code;
    tc_serving_question filled;
    const tc_serving_question *q = question;
    if (q->input_tokens < 0 || q->output_tokens < 0) {
        filled = *question;
        tc_serving_fill_lengths(&filled);
        q = &filled;
    }
    code = stands(q) ? answer_given(q, out, error) : choose(q, out, error);
    if (code) return code;
    tc_serving_say_assumed(question, q, out);
    return TC_OK;
}
