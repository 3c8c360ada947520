/* require.c - `traincast require`: options in, what a chip must be. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/units.h"
#include "catalog/lookup.h"
#include "cli/commands.h"
#include "cli/request.h"
#include "cli/search_options.h"
#include "report/require_report.h"
#include "require/seeker.h"

/* The options' devices in place of what they say of fabric and stack: the chip's that is compared with are its own. */
static tc_code take_like(tc_context *context, const char *name, tc_question *out) {
    static const tc_option_id own[] = {TC_OPTION_FABRIC, TC_OPTION_STACK};
    enum { OWN = sizeof own / sizeof *own };
    tc_value kept[OWN];
    for (int i = 0; i < OWN; i++) {
        kept[i] = context->options->value[own[i]];
        context->options->value[own[i]] = (tc_value){.given = false};
    }
    tc_code code = tc_request_devices(context, name, out);
    for (int i = 0; i < OWN; i++) context->options->value[own[i]] = kept[i];
    return code;
}

/* The best step of a question, as the search of `in` finds it. */
static tc_code best_step(const tc_search_input *in, const tc_question *question, double *seconds, tc_error *error) {
    tc_search_input best = *in;
    tc_search found;
    best.question = *question;
    best.uncounted = true;
    tc_code code = tc_search_run(&best, &found, error);
    if (code) return code;
    if (found.best_count > 0)
        *seconds = found.best[0].step.step_s;
    else
        code = tc_fail(error, TC_INVALID, "--like", "nothing fits on %d x %.60s; give more --devices, or a --target",
                       question->cluster.devices, question->cluster.accelerator.slug);
    tc_search_free(&found);
    return code;
}

/* The seconds of one of --target, --target-tokens-per-s and --like. */
static tc_code take_target(tc_context *context, const tc_search_input *in, const tc_question *like, double *seconds) {
    const tc_value *time = tc_given(context, TC_OPTION_TARGET), *rate = tc_given(context, TC_OPTION_TARGET_TOKENS);
    if (time->given + rate->given + tc_given(context, TC_OPTION_LIKE)->given != 1)
        return tc_fail(context->error, TC_INVALID, "--target",
                       "is needed once: --like CHIP, --target TIME or --target-tokens-per-s N");
    if (time->given) *seconds = time->real;
    if (rate->given) {
        const tc_job *job = &in->question.job;
        double seq = job->seq > 0 ? job->seq : job->model.seq;
        *seconds = (double)job->global_batch * seq / rate->real;
    }
    return like ? best_step(in, like, seconds, context->error) : TC_OK;
}

/* "tpp=4800,pd=1.6,power=500,area=800" */
static tc_code take_limits(tc_context *context, tc_require_input *in) {
    static const char *const keys[] = {"tpp", "pd", "power", "area"};
    static const tc_dimension dimensions[]
        = {TC_DIMENSION_NONE, TC_DIMENSION_NONE, TC_DIMENSION_WATTS, TC_DIMENSION_MM2};
    double *const member[] = {&in->most_tpp, &in->most_pd, &in->most_power_w, &in->most_area_mm2};
    const char *text = tc_given(context, TC_OPTION_LIMIT)->text;
    while (text && *text) {
        char word[48], *value;
        size_t length = strcspn(text, ","), k = 0;
        snprintf(word, sizeof word, "%.*s", length < sizeof word ? (int)length : (int)sizeof word - 1, text);
        text += length + (text[length] == ',');
        value = strchr(word, '=');
        if (value) *value++ = '\0';
        while (k < 4 && strcmp(word, keys[k]) != 0) k++;
        if (!value || k == 4)
            return tc_fail(context->error, TC_INVALID, "--limit", "'%.40s' is no limit; give tpp, pd, power or area",
                           word);
        tc_error cause;
        tc_code code = tc_parse_number(value, member[k], "--limit", &cause);
        if (code && dimensions[k] != TC_DIMENSION_NONE)
            code = tc_parse_quantity(value, dimensions[k], member[k], "--limit", &cause);
        if (code || !(*member[k] > 0) || *member[k] > 1e12)
            return tc_fail(context->error, TC_INVALID, "--limit", "%s=%.40s is no amount above 0; for example %s", word,
                           value, "tpp=4800,pd=1.6,power=500,area=800");
    }
    return TC_OK;
}

static tc_code take_price(tc_context *context, tc_required_answer *a) {
    tc_economics own, other;
    const tc_value *price = tc_given(context, TC_OPTION_PRICE);
    a->price_usd = a->price_at_target_usd = NAN;
    a->prices = a->like != NULL;
    if (!a->like) return TC_OK;
    tc_code code = tc_request_economics(context, &a->question, &own);
    if (!code) code = tc_request_economics(context, a->like, &other);
    if (code) return code;
    double usd = price->given ? price->real : 0;
    a->price_usd = tc_require_price(&a->question, a->require.today_s, &own, a->like, a->require.target_s, &other, usd);
    a->price_at_target_usd
        = tc_require_price(&a->question, a->require.target_s, &own, a->like, a->require.target_s, &other, usd);
    return TC_OK;
}

static tc_code take_chip(tc_context *context, const char **out) {
    const tc_value *given = tc_given(context, TC_OPTION_ACCELERATOR);
    bool word = context->options->positionals > 0;
    if (given->given == word)
        return tc_fail(context->error, TC_INVALID, "--accelerator", "%s; give the chip's file or slug once",
                       word ? "is given beside the chip" : "is needed");
    *out = word ? context->options->positional[0] : given->text;
    return TC_OK;
}

/* --set is of the chip: the one that it is compared with is read without. */
static tc_code take_questions(tc_context *context, const char *chip, tc_required_answer *a, tc_question *like) {
    const tc_options *o = context->options;
    const char *name = tc_given(context, TC_OPTION_LIKE)->text;
    bool sets = tc_given(context, TC_OPTION_CHANGE)->given;
    tc_code code = TC_OK;
    *like = tc_default_question();
    if (name && sets) tc_catalog_unset(context->catalog);
    if (name) code = take_like(context, name, like);
    if (name && sets && !code) code = tc_catalog_set(context->catalog, o->set, o->sets, context->error);
    if (!code) code = tc_request_job(context, &a->question);
    if (!code) code = tc_request_devices(context, chip, &a->question);
    if (code || !name) return code;
    tc_question own = a->question;
    own.cluster = like->cluster;
    own.cluster.devices = a->question.cluster.devices;
    own.cluster.host_memory_bytes = a->question.cluster.host_memory_bytes;
    own.stack = like->stack;
    own.stack_assumed = like->stack_assumed;
    *like = own;
    a->like = like;
    return TC_OK;
}

static bool nothing_meets(const tc_require_input *in, const tc_require *r) {
    bool any = r->together_reached;
    for (int i = 0; i < r->alone_count; i++) any = any || r->alone[i].reached;
    return tc_require_is_limited(in) ? !r->limits_reached : !any;
}

static tc_code require(tc_context *context, tc_required_answer *a, tc_question *like, tc_controls *controls) {
    tc_require_input in = tc_default_require_input();
    const char *chip = NULL;
    tc_code code = take_chip(context, &chip);
    if (!code) code = take_limits(context, &in);
    if (!code) code = take_questions(context, chip, a, like);
    if (!code) code = tc_search_options_take(context, &a->question, &in.search);
    if (!code) code = take_target(context, &in.search, a->like, &in.target_s);
    if (!code && (in.most_tpp > 0 || in.most_pd > 0))
        code = tc_controls_load(context->catalog, controls, context->error);
    in.controls = controls;
    if (!code) code = tc_require_find(&in, &a->require, context->error);
    if (!code) code = take_price(context, a);
    if (code) return code;
    context->infeasible = nothing_meets(&in, &a->require);
    return TC_REPORT(context, require, a);
}

tc_code tc_command_require(tc_context *context) {
    tc_required_answer *answer = calloc(1, sizeof *answer);
    tc_question *like = calloc(1, sizeof *like);
    tc_controls *controls = calloc(1, sizeof *controls);
    tc_code code = answer && like && controls ? require(context, answer, like, controls)
                                              : tc_fail(context->error, TC_INTERNAL, "require", "out of memory");
    free(answer);
    free(like);
    free(controls);
    return code;
}
