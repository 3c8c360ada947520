/* rl.c - `traincast rl`: options to a question of reinforcement learning. No arithmetic: what is not given stays unset. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/units.h"
#include "base/vocabulary.h"
#include "cli/commands.h"
#include "cli/lengths.h"
#include "cli/request.h"
#include "report/rl_report.h"
#include "traincast_rl.h"

/* Everything of a question, and the models that it points to. */
typedef struct room {
    tc_rl_question question;
    tc_rl_answer answer;
    tc_model critic, reward;
    tc_economics economics;
} room;

/* "1060..4k": the mean, and the limit. */
static tc_code take_responses(tc_context *context, tc_rl_question *q) {
    const tc_value *value = tc_given(context, TC_OPTION_RESPONSE_TOKENS);
    if (!value->given) return TC_OK;
    char mean[32];
    const char *dots = strstr(value->text, "..");
    snprintf(mean, sizeof mean, "%.*s", dots ? (int)(dots - value->text) : 31, value->text);
    int64_t tokens;
    tc_code code = tc_parse_integer(mean, 1, 100000000, &tokens, "--output-tokens", context->error);
    if (code) return code;
    q->output_tokens = (double)tokens;
    if (!dots) return TC_OK;
    code = tc_parse_integer(dots + 2, 1, 100000000, &tokens, "--output-tokens", context->error);
    q->most_output_tokens = (double)tokens;
    return code;
}

static tc_code take_lengths(tc_context *context, tc_rl_question *q) {
    const tc_value *input = tc_given(context, TC_OPTION_INPUT_TOKENS), *cv = tc_given(context, TC_OPTION_RESPONSE_CV),
                   *reference = tc_given(context, TC_OPTION_REFERENCE),
                   *rate = tc_given(context, TC_OPTION_GENERATION_RATE);
    double scv;
    tc_code code = TC_OK;
    if (input->given)
        code = tc_lengths_read(input->text, "\"input_length\":", "--input-tokens", &q->input_tokens, &scv,
                               context->error);
    if (cv->given) q->output_cv = cv->real;
    if (reference->given) q->reference = reference->integer == 0; /* the first word is on */
    if (rate->given) q->generation_tokens_per_s = rate->real;
    tc_take_integer(context, TC_OPTION_PROMPTS, &q->prompts);
    tc_take_integer(context, TC_OPTION_RESPONSES, &q->responses);
    tc_take_integer(context, TC_OPTION_UPDATES, &q->updates);
    tc_take_integer(context, TC_OPTION_EPOCHS, &q->epochs);
    tc_take_integer(context, TC_OPTION_AHEAD, &q->ahead);
    return code ? code : take_responses(context, q);
}

/* The engine, and its accelerator where that is another. */
static tc_code take_generation(tc_context *context, tc_rl_question *q) {
    tc_serving_question *g = &q->generation;
    const tc_value *other = tc_given(context, TC_OPTION_GENERATION_ACCELERATOR),
                   *engine = tc_given(context, TC_OPTION_ENGINE);
    g->model = q->training.job.model;
    g->cluster = q->training.cluster;
    tc_code code = TC_OK;
    if (other->given) {
        tc_accelerator *chip = &g->cluster.accelerator;
        code = tc_catalog_accelerator(context->catalog, other->text, chip, context->error);
        if (!code && !chip->fabric[0])
            return tc_fail(context->error, TC_INVALID, "--generation-accelerator", "%s has no fabric of its own",
                           chip->slug);
        if (!code) code = tc_catalog_fabric(context->catalog, chip->fabric, &g->cluster.fabric, context->error);
        q->other_devices = true;
    }
    if (code) return code;
    tc_take_integer(context, TC_OPTION_GENERATION_DEVICES, &q->generation_devices);
    tc_take_integer(context, TC_OPTION_GENERATION_TP, &g->tp);
    tc_take_choice(context, TC_OPTION_KV_DTYPE, &g->kv);
    const char *slug = engine->given ? engine->text : q->program.engine;
    g->engine_assumed = !engine->given && strcmp(slug, "generic") == 0;
    return tc_catalog_engine(context->catalog, slug, &g->cluster.accelerator, &g->engine, context->error);
}

/* The program's stack where none is named. */
static tc_code take_program(tc_context *context, tc_rl_question *q) {
    const tc_value *program = tc_given(context, TC_OPTION_PROGRAM);
    tc_code code
        = tc_rl_program_load(context->catalog, program->given ? program->text : "generic", &q->program, context->error);
    if (code || !program->given || tc_given(context, TC_OPTION_STACK)->given) return code;
    q->training.stack_assumed = false;
    return tc_catalog_stack(context->catalog, q->program.stack, &q->training.stack, context->error);
}

/* Whether any degree of the training's layout is given. */
static bool gives_layout(const tc_context *context) {
    static const tc_layout_id degrees[] = {TC_LAYOUT_TP, TC_LAYOUT_PP, TC_LAYOUT_CP, TC_LAYOUT_EP, TC_LAYOUT_DP};
    for (size_t i = 0; i < sizeof degrees / sizeof degrees[0]; i++)
        if (tc_given(context, tc_request_field(degrees[i]))->given) return true;
    return context->answered;
}

static tc_code take_judges(tc_context *context, room *r) {
    const tc_value *critic = tc_given(context, TC_OPTION_CRITIC), *reward = tc_given(context, TC_OPTION_REWARD_MODEL);
    tc_code code = TC_OK;
    if (critic->given) code = tc_request_model(context, critic->text, &r->critic);
    if (!code && reward->given) code = tc_request_model(context, reward->text, &r->reward);
    if (critic->given) r->question.critic = &r->critic;
    if (reward->given) r->question.reward = &r->reward;
    return code;
}

static tc_code take_economics(tc_context *context, room *r) {
    tc_rl_question *q = &r->question;
    tc_code code = tc_request_economics(context, &q->training, &r->economics);
    tc_take_real(context, TC_OPTION_PUE, &r->economics.pue);
    tc_take_real(context, TC_OPTION_ELECTRICITY, &r->economics.usd_per_kwh);
    tc_take_real(context, TC_OPTION_PRICE, &q->price_usd);
    tc_take_real(context, TC_OPTION_RENTAL, &q->rental_usd_per_h);
    q->economics = &r->economics;
    return code;
}

static tc_code take_question(tc_context *context, room *r) {
    tc_rl_question *q = &r->question;
    *q = tc_default_rl_question();
    tc_take_choice(context, TC_OPTION_RL_ALGORITHM, &q->algorithm);
    tc_take_choice(context, TC_OPTION_PLACEMENT, &q->placement);
    tc_code code = tc_request_job(context, &q->training);
    if (!code) code = tc_request_devices(context, tc_given(context, TC_OPTION_ACCELERATOR)->text, &q->training);
    if (!code) code = take_program(context, q);
    if (!code) code = take_lengths(context, q);
    if (!code) code = take_generation(context, q);
    if (!code) code = take_judges(context, r);
    if (!code) code = take_economics(context, r);
    q->search_layout = !gives_layout(context);
    return code;
}

tc_code tc_command_rl(tc_context *context) {
    room *r = calloc(1, sizeof *r);
    if (!r) return tc_fail(context->error, TC_INTERNAL, "rl", "out of memory");
    tc_code code = take_question(context, r);
    if (!code) code = tc_rl_forecast(&r->question, &r->answer, context->error);
    if (!code) code = TC_REPORT(context, rl, &r->question, &r->answer);
    free(r);
    return code;
}
