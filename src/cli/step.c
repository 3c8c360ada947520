/* step.c - `traincast step`: options in, one forecast out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/units.h"
#include "cli/best.h"
#include "cli/commands.h"
#include "cli/pools.h"
#include "cli/request.h"
#include "report/buckets_report.h"
#include "report/mixed_report.h"
#include "report/step_report.h"

/* "81x480x832=0.7,1x1024x1024=0.3" */
static tc_code read_buckets(const char *text, tc_buckets *out, tc_error *error) {
    for (out->count = 0; *text; text += strcspn(text, ","), text += *text == ',') {
        tc_bucket *b = &out->bucket[out->count];
        int used = 0;
        if (out->count == TC_MAX_BUCKETS)
            return tc_fail(error, TC_INVALID, "--buckets", "more than %d; give fewer", TC_MAX_BUCKETS);
        if (sscanf(text, "%9dx%9dx%9d=%n", &b->frames, &b->height, &b->width, &used) != 3 || used == 0)
            return tc_fail(error, TC_INVALID, "--buckets", "'%.40s' is no bucket; give 81x480x832=0.7", text);
        char number[32];
        snprintf(number, sizeof number, "%.*s", (int)strcspn(text + used, ","), text + used);
        if (tc_parse_number(number, &b->share, "--buckets", error)) return error->code;
        if (!(b->share >= 0) || b->share > 1e6)
            return tc_fail(error, TC_INVALID, "--buckets", "a share of %g; give 0 to 1", b->share);
        out->count++;
    }
    return TC_OK;
}

static tc_code answer_buckets(tc_context *context, const tc_question *question) {
    tc_buckets *b = malloc(sizeof *b);
    if (!b) return tc_fail(context->error, TC_INTERNAL, "--buckets", "out of memory");
    tc_code code = read_buckets(tc_given(context, TC_OPTION_BUCKETS)->text, b, context->error);
    if (!code) code = tc_forecast_buckets(question, b, context->error);
    if (!code && context->target.format) tc_report_buckets(&context->target, question, b);
    if (!code && !context->target.format) tc_report_buckets_text(context->out, &context->style, question, b);
    free(b);
    return code;
}

static tc_code answer_pools(tc_context *context, const tc_question *question) {
    tc_mixed *mixed = malloc(sizeof *mixed);
    if (!mixed) return tc_fail(context->error, TC_INTERNAL, "memory", "none is left for the pools");
    tc_code code = tc_forecast_mixed(question, mixed, context->error);
    if (!code && context->target.format)
        tc_report_mixed_step(&context->target, question, mixed);
    else if (!code && !tc_report_mixed_step_text(context->out, &context->style, question, mixed))
        code = tc_fail(context->error, TC_INTERNAL, "memory", "none is left; the output is incomplete");
    free(mixed);
    return code;
}

tc_code tc_command_step(tc_context *context) {
    tc_question question;
    tc_step step;
    tc_code code = tc_request_question(context, &question);
    if (!code && tc_given(context, TC_OPTION_BUCKETS)->given) return answer_buckets(context, &question);
    if (!code && question.cluster.others > 0) return answer_pools(context, &question);
    if (!code) code = tc_forecast(&question, &step, context->error);
    if (code) return code;
    if (context->target.format)
        tc_report_step(&context->target, &question, &step);
    else
        tc_report_step_text(context->out, &context->style, &question, &step);
    if (!context->target.format) tc_best_hint(context, &step);
    return TC_OK;
}
