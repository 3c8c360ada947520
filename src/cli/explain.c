/* explain.c - `traincast explain`: why a step takes as long as it does. */
#include <stdlib.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/pools.h"
#include "cli/request.h"
#include "report/explain_report.h"
#include "report/mixed_report.h"

/* The figures with the layout searched again, of the batch that is explained. */
static tc_code find_worths(tc_context *context, const tc_question *question, const tc_step *step, tc_worths *out) {
    tc_search_input in = tc_default_search_input();
    in.question = *question;
    in.question.layout = tc_default_layout();
    in.question.job.global_batch = (int)step->global_batch;
    return tc_require_worth(&in, out, context->error);
}

static tc_code explain(tc_context *context, const tc_question *question, tc_opened *opened, tc_explanation *e) {
    tc_worths worths;
    const tc_worths *told = tc_given(context, TC_OPTION_SEARCHED)->given ? &worths : NULL;
    tc_code code = tc_open(question, opened, context->error);
    if (!code) code = tc_explain(opened, e, context->error);
    if (!code && told) code = find_worths(context, question, &e->step, &worths);
    if (code) return code;
    if (context->target.format)
        tc_report_explain(&context->target, &opened->costs, e, told);
    else if (!tc_report_explain_text(context->out, &context->style, &opened->costs, e, told))
        return tc_fail(context->error, TC_INTERNAL, "memory", "none is left; the output is incomplete");
    return TC_OK;
}

static tc_code explain_pools(tc_context *context, const tc_question *question) {
    tc_mixed_change change[TC_MIXED_CHANGES];
    tc_mixed *mixed = malloc(sizeof *mixed);
    tc_code code = mixed ? tc_forecast_mixed(question, mixed, context->error)
                         : tc_fail(context->error, TC_INTERNAL, "memory", "none is left for the pools");
    int count = code ? 0 : tc_mixed_changes(question, mixed, change);
    if (!code && context->target.format)
        tc_report_mixed_explain(&context->target, question, mixed, change, count);
    else if (!code && !tc_report_mixed_explain_text(context->out, &context->style, question, mixed, change, count))
        code = tc_fail(context->error, TC_INTERNAL, "memory", "none is left; the output is incomplete");
    free(mixed);
    return code;
}

tc_code tc_command_explain(tc_context *context) {
    tc_question question;
    tc_code code = tc_request_question(context, &question);
    if (code) return code;
    if (question.cluster.others > 0) return explain_pools(context, &question);
    tc_opened *opened = malloc(sizeof *opened);
    tc_explanation *e = malloc(sizeof *e);
    code = opened && e ? explain(context, &question, opened, e)
                       : tc_fail(context->error, TC_INTERNAL, "memory", "none is left");
    free(opened);
    free(e);
    return code;
}
