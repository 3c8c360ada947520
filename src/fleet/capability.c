/* capability.c - the arithmetic of capability.h.
 *
 * A law is kept as its curve of the best dense sizes, through the largest compute C of its fit: there the size n, the tokens d
 * and the reducible loss r are known best, and the errors of A, B, alpha and beta, which go together, become errors of three
 * figures that a reader can judge: exponent g = alpha beta / (alpha + beta) of r in compute, split s = beta / (alpha + beta)
 * of n in compute, and d / n. At the optimum s of r comes from the size, the rest from the tokens, so that
 *     loss - floor = r (s (N / n)^(-g / s) + (1 - s) (D / d)^(-g / (1 - s))). */
#include "fleet/capability.h"

#include <math.h>
#include <stdlib.h>

#include "base/distributions.h"
#include "base/error.h"
#include "base/random.h"
#include "run/spread.h"

typedef struct curve {
    double flops, reducible, parameters, tokens;
    double exponent, split;
    double kept; /* power of the leverage of experts */
} curve;

enum { UNKNOWNS = 4 }; /* exponent, split, ratio, leverage */

static const tc_scaling_law *law_of(const tc_capability_setting *s) { return &s->scaling->law[s->law]; }

static curve central(const tc_capability_setting *setting) {
    const tc_scaling_law *law = law_of(setting);
    double a = law->parameters_exponent, b = law->tokens_exponent;
    double ratio = pow(a * law->parameters_factor / (b * law->tokens_factor), 1 / (a + b));
    curve c = {.flops = law->fitted_flops, .exponent = a * b / (a + b), .split = b / (a + b)};
    c.parameters = ratio * pow(c.flops / 6, c.split);
    c.tokens = c.flops / (6 * c.parameters);
    c.reducible = law->parameters_factor * pow(c.parameters, -a) + law->tokens_factor * pow(c.tokens, -b);
    c.kept = setting->scaling->leverage.kept.mid;
    return c;
}

/* The curve where each unknown lies so many standard deviations off. */
static curve varied(const tc_capability_setting *setting, const curve *from, const double z[UNKNOWNS]) {
    const tc_scaling_law *law = law_of(setting);
    curve c = *from;
    c.exponent = fmax(c.exponent + law->exponent_error * z[0], 0.25 * c.exponent);
    c.split = fmin(fmax(c.split + law->split_error * z[1], 0.1), 0.9);
    double wider = exp(0.5 * law->ratio_error * z[2]); /* tokens times this, parameters over it: the same compute */
    c.parameters /= wider;
    c.tokens *= wider;
    c.kept = tc_spread_at(tc_normal_cdf(z[3]), &setting->scaling->leverage.kept);
    return c;
}

static double reducible_of(const curve *c, double parameters, double tokens) {
    if (!(tokens > 0)) return INFINITY;
    return c->reducible
           * (c->split * pow(parameters / c->parameters, -c->exponent / c->split)
              + (1 - c->split) * pow(tokens / c->tokens, -c->exponent / (1 - c->split)));
}

/* Compute of the best dense size with this reducible loss. */
static double effective_flops(const curve *c, double reducible) {
    return c->flops * pow(reducible / c->reducible, -1 / c->exponent);
}

/* Tokens that the compute leaves for training: 6 N a token of training, 2 N one that is served. */
static double trained(const tc_capability_setting *setting, double tokens) {
    return fmax(tokens - setting->served_tokens / 3, 0);
}

/* As tokens seen once by so many (dense) parameters. */
static double worth(const tc_capability_setting *setting, double parameters, double tokens) {
    const tc_scaling *s = setting->scaling;
    double unique = setting->unique_tokens;
    if (unique > 0 && tokens > unique)
        tokens = unique - unique * s->repetition * expm1((1 - tokens / unique) / s->repetition);
    return fmin(tokens, s->most_tokens_per_parameter * parameters);
}

/* Of the paper, at this compute. */
static double leverage_of(const tc_scaling *scaling, const tc_capability_shape *shape, double flops) {
    const tc_leverage_law *l = &scaling->leverage;
    if (!(shape->activation < 1)) return 1;
    double above_least = 1 / (1 / l->least - 1 / l->most);
    double activation = 1 / (1 / (shape->activation + above_least) + 1 / l->most), g = log(shape->granularity);
    double power = l->exponent + l->compute * log10(fmin(flops, l->fitted_flops)) + l->granularity_squared * g * g
                   + l->granularity * g;
    return fmax(pow(activation, power), 1);
}

/* Parameters of the dense model that a shape amounts to. */
static double dense_parameters(const tc_capability_setting *setting, const tc_capability_shape *shape, double tokens,
                               double kept) {
    double leverage = leverage_of(setting->scaling, shape, 6 * shape->active * tokens);
    return shape->active * pow(leverage, kept);
}

static double reducible_at(const tc_capability_setting *setting, const curve *c, const tc_capability_shape *shape,
                           double tokens) {
    if (!(tokens > 0)) return INFINITY;
    double parameters = dense_parameters(setting, shape, tokens, c->kept);
    return reducible_of(c, parameters, worth(setting, parameters, tokens));
}

tc_capability tc_capability_of(const tc_capability_setting *setting, const tc_capability_shape *shape, double tokens) {
    const curve c = central(setting);
    double floor = law_of(setting)->floor, parameters;
    tc_capability out = {.tokens = trained(setting, tokens), .leverage = 1};
    double reducible = reducible_at(setting, &c, shape, out.tokens);
    out.loss = floor + reducible;
    if (!(out.tokens > 0)) return out;
    parameters = dense_parameters(setting, shape, out.tokens, c.kept);
    out.leverage = parameters / shape->active;
    out.flops = 6 * shape->active * out.tokens;
    out.effective_flops = effective_flops(&c, reducible);
    out.decades = fmax(log10(out.leverage * out.flops / c.flops), 0);
    out.epochs = setting->unique_tokens > 0 ? out.tokens / setting->unique_tokens : 0;
    out.tokens_worth = worth(setting, parameters, out.tokens);
    double of_loss = 0, of_log = 0; /* variances: each unknown one standard deviation up and down */
    for (int i = 0; i < UNKNOWNS; i++) {
        double z[UNKNOWNS] = {0}, at[2];
        for (int k = 0; k < 2; k++) {
            z[i] = k ? 1 : -1;
            curve off = varied(setting, &c, z);
            at[k] = reducible_at(setting, &off, shape, out.tokens);
        }
        double loss = 0.5 * (at[1] - at[0]), log_flops = 0.5 * log(at[1] / at[0]) / c.exponent;
        of_loss += loss * loss;
        of_log += log_flops * log_flops;
    }
    out.loss_sd = sqrt(of_loss);
    out.effective_sd = sqrt(of_log);
    return out;
}

/* By the golden section over the log of the size: the loss has one minimum. */
tc_capability_optimum tc_capability_optimum_of(const tc_capability_setting *setting, double flops) {
    const curve c = central(setting);
    const double section = 0.61803398874989484820;
    double low = log(1e3), high = log(flops / 6); /* one token */
    tc_capability_optimum out = {0};
    if (setting->served_tokens > 0) high = fmin(high, log(flops / (2 * setting->served_tokens)));
    for (int i = 0; i < 120 && high > low; i++) {
        double at[2] = {high - section * (high - low), low + section * (high - low)}, loss[2];
        for (int k = 0; k < 2; k++) {
            double n = exp(at[k]), d = trained(setting, flops / (6 * n));
            loss[k] = reducible_of(&c, n, worth(setting, n, d));
        }
        if (loss[0] <= loss[1])
            high = at[1];
        else
            low = at[0];
    }
    out.parameters = exp(0.5 * (low + high));
    out.tokens = trained(setting, flops / (6 * out.parameters));
    out.loss = law_of(setting)->floor + reducible_of(&c, out.parameters, worth(setting, out.parameters, out.tokens));
    return out;
}

/* ---- the choice of a shape --------------------------------------------------------------------- */

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Of sorted values: the least that a part p of them does not exceed. */
static double quantile(const double *value, int n, double p) {
    int i = (int)ceil(p * n) - 1;
    return value[i < 0 ? 0 : i >= n ? n - 1 : i];
}

/* The laws of the samples, and that of the reference's loss under each. */
static void draw(const tc_capability_question *q, curve *law, double *reference) {
    static const char *const name[UNKNOWNS] = {"exponent", "split", "ratio", "leverage"};
    const curve c = central(&q->setting);
    const tc_capability_setting seen_once = {.scaling = q->setting.scaling, .law = q->setting.law};
    uint64_t stream[UNKNOWNS];
    for (int i = 0; i < UNKNOWNS; i++) stream[i] = tc_stream("scaling/%s", name[i]);
    for (int s = 0; s < q->samples; s++) {
        double z[UNKNOWNS];
        for (int i = 0; i < UNKNOWNS; i++) z[i] = tc_normal_at(tc_uniform(q->seed, stream[i], (uint64_t)s, 0));
        law[s] = varied(&q->setting, &c, z);
        reference[s] = q->reference.active > 0 ? reducible_at(&seen_once, &law[s], &q->reference, q->reference_tokens)
                                               : INFINITY;
    }
}

/* room: of three doubles a sample. */
static void judge(const tc_capability_question *q, int shape, const curve *law, const double *reference, double *room,
                  tc_capability_result *out) {
    const tc_capability_setting *setting = &q->setting;
    const tc_capability_shape *of = &q->shape[shape];
    double floor = law_of(setting)->floor, exponent = central(setting).exponent;
    double *loss = room, *gain = room + q->samples,
           *tokens = gain + q->samples; /* gain: log of effective compute's ratio */
    bool compared = q->reference.active > 0;
    int n = q->samples, met = 0;
    for (int s = 0; s < n; s++) {
        tokens[s] = trained(setting, q->tokens[(size_t)shape * (size_t)n + (size_t)s]);
        double reducible = reducible_at(setting, &law[s], of, tokens[s]);
        loss[s] = floor + reducible;
        gain[s] = log(reference[s] / reducible) / exponent;
        met += q->target_loss > 0 ? loss[s] <= q->target_loss : reducible <= reference[s];
    }
    *out = (tc_capability_result){.probability = q->target_loss > 0 || compared ? (double)met / n : -1};
    qsort(loss, (size_t)n, sizeof *loss, by_value);
    qsort(tokens, (size_t)n, sizeof *tokens, by_value);
    out->loss_at_confidence = quantile(loss, n, q->confidence);
    out->loss_p10 = quantile(loss, n, 0.1);
    out->loss_p50 = quantile(loss, n, 0.5);
    out->loss_p90 = quantile(loss, n, 0.9);
    out->tokens_p50 = quantile(tokens, n, 0.5);
    const tc_capability middle = tc_capability_of(setting, of, out->tokens_p50 + setting->served_tokens / 3);
    out->epochs_p50 = middle.epochs;
    out->decades = middle.decades;
    out->gain_p50 = out->ratio_p10 = out->ratio_p50 = out->ratio_p90 = NAN;
    if (!compared) return;
    qsort(gain, (size_t)n, sizeof *gain, by_value);
    out->ratio_p10 = exp(quantile(gain, n, 0.1));
    out->ratio_p50 = exp(quantile(gain, n, 0.5));
    out->ratio_p90 = exp(quantile(gain, n, 0.9));
    const tc_capability_setting seen_once = {.scaling = setting->scaling, .law = setting->law};
    out->gain_p50 = tc_capability_of(&seen_once, &q->reference, q->reference_tokens).loss - out->loss_p50;
}

/* Two standard errors of the difference, as if the two had no draws in common; without a target all are. */
static bool as_likely(const tc_capability_question *q, double most, double p) {
    return most < 0 || most - p <= 2 * sqrt((most * (1 - most) + p * (1 - p)) / q->samples);
}

/* Of those that meet the target as likely as any. */
static int best_of(const tc_capability_question *q, const tc_capability_result *result) {
    double most = -1;
    int best = -1;
    for (int i = 0; i < q->shapes; i++) most = fmax(most, result[i].probability);
    for (int i = 0; i < q->shapes; i++) {
        const tc_capability_result *r = &result[i], *b = &result[best < 0 ? 0 : best];
        if (r->loss_p10 == INFINITY || !as_likely(q, most, r->probability)) continue;
        bool less = r->loss_at_confidence < b->loss_at_confidence
                    || (r->loss_at_confidence == b->loss_at_confidence && r->loss_p50 < b->loss_p50);
        if (best < 0 || less) best = i;
    }
    return best;
}

static bool within(const tc_capability_question *q, const tc_capability_result *best, const tc_capability_result *r) {
    double floor = law_of(&q->setting)->floor, flat = q->setting.scaling->flat;
    return as_likely(q, best->probability, r->probability)
           && r->loss_at_confidence - floor <= (1 + flat) * (best->loss_at_confidence - floor);
}

tc_code tc_capability_best(const tc_capability_question *q, tc_capability_result *result, int *best, tc_error *error) {
    size_t n = (size_t)q->samples;
    curve *law = malloc(n * sizeof *law);
    double *room = malloc(4 * n * sizeof *room);
    *best = -1;
    if (law && room) {
        draw(q, law, room + 3 * n);
        for (int i = 0; i < q->shapes; i++) judge(q, i, law, room + 3 * n, room, &result[i]);
        *best = best_of(q, result);
        for (int i = 0; i < q->shapes && *best >= 0; i++) result[i].within = within(q, &result[*best], &result[i]);
    }
    tc_code code = law && room ? TC_OK : tc_fail(error, TC_INTERNAL, "capability", "out of memory");
    free(law);
    free(room);
    return code;
}
