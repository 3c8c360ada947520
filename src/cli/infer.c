/* infer.c - `traincast infer`: options to a question of serving. No arithmetic: what is not given stays unset. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/units.h"
#include "base/vocabulary.h"
#include "cli/infer.h"
#include "cli/lengths.h"
#include "cli/picture.h"
#include "cli/request.h"
#include "cli/simulate.h"
#include "report/clip_report.h"
#include "report/infer_report.h"

#define GENERIC_ENGINE "generic" /* every catalog has it: the other engines fall back on it */

/* "3" or "3:2.4": tokens that are drafted, and what a step yields; none. */
static tc_code take_speculation(tc_context *context, tc_serving_question *q) {
    const tc_value *value = tc_given(context, TC_OPTION_SPECULATIVE);
    if (!value->given || strcmp(value->text, "none") == 0) return TC_OK;
    char drafts[24];
    int64_t count;
    size_t length = strcspn(value->text, ":");
    snprintf(drafts, sizeof drafts, "%.*s", (int)(length < 20 ? length : 20), value->text);
    tc_code code = tc_parse_integer(drafts, 0, 64, &count, "--speculative", context->error);
    if (code) return code;
    q->draft_tokens = (int)count;
    if (!value->text[length]) return TC_OK;
    code = tc_parse_number(value->text + length + 1, &q->accepted_tokens, "--speculative", context->error);
    if (code || (q->accepted_tokens >= 1 && q->accepted_tokens <= 1 + (double)count)) return code;
    return tc_fail(context->error, TC_INVALID, "--speculative",
                   "%d drafts yield 1 to %d tokens a step; for example %d:%.3g", (int)count, 1 + (int)count, (int)count,
                   1 + 0.6 * (double)count);
}

/* "1:3": shares of the devices that prefill and that decode. */
static tc_code take_split(tc_context *context, tc_serving_question *q) {
    const tc_value *value = tc_given(context, TC_OPTION_DISAGGREGATED);
    if (!value->given || strcmp(value->text, "none") == 0) return TC_OK;
    char part[24];
    int64_t prefill, decode;
    size_t length = strcspn(value->text, ":");
    if (!value->text[length])
        return tc_fail(context->error, TC_INVALID, "--disaggregated",
                       "'%.40s' is no ratio; give prefill and decode, as in 1:3", value->text);
    snprintf(part, sizeof part, "%.*s", (int)(length < 20 ? length : 20), value->text);
    tc_code code = tc_parse_integer(part, 1, 10000000, &prefill, "--disaggregated", context->error);
    if (!code)
        code = tc_parse_integer(value->text + length + 1, 1, 10000000, &decode, "--disaggregated", context->error);
    if (code) return code;
    int64_t devices = q->cluster.devices;
    if (devices * prefill % (prefill + decode))
        return tc_fail(context->error, TC_INVALID, "--disaggregated",
                       "%lld devices do not divide as %lld:%lld; choose another ratio", (long long)devices,
                       (long long)prefill, (long long)decode);
    q->prefill_devices = (int)(devices * prefill / (prefill + decode));
    return TC_OK;
}

tc_code tc_infer_take_load(tc_context *context, tc_serving_question *q) {
    const tc_value *input = tc_given(context, TC_OPTION_INPUT_TOKENS),
                   *output = tc_given(context, TC_OPTION_OUTPUT_TOKENS);
    tc_code code = TC_OK;
    if (input->given)
        code = tc_lengths_read(input->text, "\"input_length\":", "--input-tokens", &q->input_tokens, &q->input_scv,
                               context->error);
    if (!code && output->given)
        code = tc_lengths_read(output->text, "\"output_length\":", "--output-tokens", &q->output_tokens, &q->output_scv,
                               context->error);
    tc_take_real(context, TC_OPTION_CACHED, &q->cached_share);
    tc_take_real(context, TC_OPTION_CONCURRENCY, &q->concurrency);
    tc_take_real(context, TC_OPTION_RATE, &q->rate);
    tc_take_real(context, TC_OPTION_TTFT, &q->ttft_s);
    tc_take_real(context, TC_OPTION_TPOT, &q->tpot_s);
    tc_take_choice(context, TC_OPTION_PHASE, &q->phase);
    if (!code && tc_given(context, TC_OPTION_CONCURRENCY)->given && tc_given(context, TC_OPTION_RATE)->given)
        return tc_fail(context->error, TC_INVALID, "--rate", "and --concurrency are two loads; give one of them");
    return code;
}

static tc_code take_cluster(tc_context *context, tc_serving_question *q) {
    tc_accelerator *accelerator = &q->cluster.accelerator;
    const tc_value *devices = tc_given(context, TC_OPTION_DEVICES);
    if (strchr(devices->text, ','))
        return tc_fail(context->error, TC_INVALID, "--devices", "several are for search; give one number");
    q->cluster.devices = (int)devices->integer;
    tc_code code
        = tc_request_machine(context, tc_given(context, TC_OPTION_ACCELERATOR)->text, accelerator, &q->cluster.fabric);
    const tc_value *engine = tc_given(context, TC_OPTION_ENGINE);
    q->engine_assumed = !engine->given;
    if (code) return code;
    return tc_catalog_engine(context->catalog, engine->given ? engine->text : GENERIC_ENGINE, accelerator, &q->engine,
                             context->error);
}

static tc_code take_question(tc_context *context, tc_serving_question *q) {
    *q = tc_default_serving_question();
    tc_code code = tc_request_model(context, tc_given(context, TC_OPTION_MODEL)->text, &q->model);
    if (!code) code = take_cluster(context, q);
    if (!code) code = tc_infer_take_load(context, q);
    if (code) return code;
    tc_take_integer(context, TC_OPTION_TP, &q->tp);
    tc_take_integer(context, TC_OPTION_PP, &q->pp);
    tc_take_integer(context, TC_OPTION_EP, &q->ep);
    tc_take_integer(context, TC_OPTION_DP, &q->dp);
    tc_take_integer(context, TC_OPTION_CHUNKED_PREFILL, &q->chunk_tokens);
    tc_take_choice(context, TC_OPTION_WEIGHTS, &q->weights);
    tc_take_choice(context, TC_OPTION_KV_DTYPE, &q->kv);
    tc_take_real(context, TC_OPTION_PRICE, &q->price_usd);
    tc_take_real(context, TC_OPTION_RENTAL, &q->rental_usd_per_h);
    code = take_speculation(context, q);
    return code ? code : take_split(context, q);
}

static tc_code take_economics(tc_context *context, const tc_serving_question *q, tc_economics *out) {
    tc_code code = tc_economics_load(context->catalog, tc_given(context, TC_OPTION_ECONOMICS)->text,
                                     tc_given(context, TC_OPTION_REGION)->text, q->cluster.accelerator.region, out,
                                     context->error);
    tc_take_real(context, TC_OPTION_PUE, &out->pue);
    tc_take_real(context, TC_OPTION_ELECTRICITY, &out->usd_per_kwh);
    return code;
}

typedef struct front {
    const tc_serving_question *question;
    const tc_serving_search *search;
} front;

static void draw_front(FILE *file, const void *drawn) {
    const front *f = drawn;
    tc_report_infer_front(file, f->question, f->search);
}

static tc_code search_layouts(tc_context *context, const tc_serving_question *q) {
    tc_serving_search *search = calloc(1, sizeof *search);
    if (!search) return tc_fail(context->error, TC_INTERNAL, "infer", "out of memory");
    int goal = TC_GOAL_RATE;
    bool instead;
    tc_take_choice(context, TC_OPTION_SERVING_SEARCH, &goal);
    tc_code code = tc_infer_search(q, (tc_serving_goal)goal, search, context->error);
    if (!code) code = tc_picture_write(context, TC_OPTION_SERVING_FRONT, draw_front, &(front){q, search}, &instead);
    if (!code && !instead) { code = TC_REPORT(context, infer_search, q, (tc_serving_goal)goal, search); }
    context->infeasible = !code && search->count == 0;
    free(search);
    return code;
}

/* Options of the simulation where none is asked for. */
static tc_code refuse_traffic(tc_context *context) {
    static const tc_option_id options[] = {TC_OPTION_ARRIVALS, TC_OPTION_REQUESTS, TC_OPTION_ROUTER};
    static const char *const names[] = {"--arrivals", "--requests", "--router"};
    for (int i = 0; i < 3; i++)
        if (tc_given(context, options[i])->given)
            return tc_fail(context->error, TC_INVALID, names[i], "is of simulated requests; add --simulate");
    return TC_OK;
}

/* The closed form, and what --simulate finds beside it. */
static tc_code answer_question(tc_context *context, tc_serving_question *question) {
    tc_serving_answer answer;
    tc_simulated simulated;
    tc_traffic traffic;
    tc_request *trace = NULL;
    bool simulates = tc_given(context, TC_OPTION_SIMULATE)->given;
    tc_code code = simulates ? tc_take_traffic(context, question, &traffic, &trace) : refuse_traffic(context);
    if (!code) code = tc_infer(question, &answer, context->error);
    simulates = simulates && !code && answer.fits;
    if (simulates) code = tc_simulate(context, question, &answer, &traffic, &simulated);
    free(trace);
    if (code) return code;
    context->infeasible = !answer.fits || !answer.meets;
    const tc_simulated *beside = simulates ? &simulated : NULL;
    if (context->target.format)
        tc_report_infer(&context->target, question, &answer, beside);
    else
        tc_report_infer_text(context->out, &context->style, question, &answer, beside);
    return TC_OK;
}

/* A model of images or video: denoising in the place of tokens. */
static tc_code answer_clip(tc_context *context, const tc_model *model) {
    static const tc_option_id of_tokens[] = {TC_OPTION_INPUT_TOKENS, TC_OPTION_OUTPUT_TOKENS,  TC_OPTION_RATE,
                                             TC_OPTION_CONCURRENCY,  TC_OPTION_TTFT,           TC_OPTION_TPOT,
                                             TC_OPTION_ENGINE,       TC_OPTION_SERVING_SEARCH, TC_OPTION_SIMULATE};
    tc_clip_question q = {.model = tc_default_question(), .steps = 50, .guidance = true};
    tc_clip_answer answer;
    tc_economics economics;
    const tc_value *guidance = tc_given(context, TC_OPTION_GUIDANCE);
    for (size_t i = 0; i < sizeof of_tokens / sizeof of_tokens[0]; i++)
        if (tc_given(context, of_tokens[i])->given)
            return tc_fail(context->error, TC_INVALID, tc_option_table[of_tokens[i]].name,
                           "is of a language model; %s makes images or video", model->slug);
    q.model.job.model = *model;
    q.model.cluster.devices = (int)tc_given(context, TC_OPTION_DEVICES)->integer;
    q.price_usd = q.rental_usd_per_h = TC_UNSET;
    tc_take_real(context, TC_OPTION_PRICE, &q.price_usd);
    tc_take_real(context, TC_OPTION_RENTAL, &q.rental_usd_per_h);
    tc_take_integer(context, TC_OPTION_DENOISING_STEPS, &q.steps);
    if (guidance->given) q.guidance = guidance->integer == 0; /* the first word is on */
    tc_code code = tc_request_sample(context, &q.model.job.model);
    if (!code) code = tc_catalog_interval(context->catalog, &q.model.interval, context->error);
    if (!code) code = tc_request_devices(context, tc_given(context, TC_OPTION_ACCELERATOR)->text, &q.model);
    if (!code)
        code = tc_economics_load(context->catalog, tc_given(context, TC_OPTION_ECONOMICS)->text,
                                 tc_given(context, TC_OPTION_REGION)->text, q.model.cluster.accelerator.region,
                                 &economics, context->error);
    q.economics = &economics;
    if (!code) code = tc_forecast_clip(&q, &answer, context->error);
    if (code) return code;
    context->infeasible = !answer.fits;
    if (context->target.format)
        tc_report_clip(&context->target, &q, &answer);
    else
        tc_report_clip_text(context->out, &context->style, &q, &answer);
    return TC_OK;
}

tc_code tc_command_infer(tc_context *context) {
    tc_model model;
    tc_code loaded = tc_request_model(context, tc_given(context, TC_OPTION_MODEL)->text, &model);
    if (loaded) return loaded;
    if (model.latents.stride > 0) return answer_clip(context, &model);
    static const tc_option_id of_clips[]
        = {TC_OPTION_FRAMES, TC_OPTION_HEIGHT, TC_OPTION_WIDTH, TC_OPTION_DENOISING_STEPS, TC_OPTION_GUIDANCE};
    for (size_t i = 0; i < sizeof of_clips / sizeof of_clips[0]; i++)
        if (tc_given(context, of_clips[i])->given)
            return tc_fail(context->error, TC_INVALID, tc_option_table[of_clips[i]].name,
                           "is of a model of images or video; %s writes tokens", model.slug);
    tc_serving_question question;
    tc_economics economics;
    tc_code code = take_question(context, &question);
    if (!code) code = take_economics(context, &question, &economics);
    if (code) return code;
    question.economics = &economics;
    if (tc_given(context, TC_OPTION_SERVING_SEARCH)->given || tc_given(context, TC_OPTION_SERVING_FRONT)->given)
        return search_layouts(context, &question);
    return answer_question(context, &question);
}
