/* explain.c - `traincast explain`: why a step takes as long as it does. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/request.h"
#include "report/explain_report.h"
#include "step/interval.h"

static tc_code explain(tc_context *context, const tc_request *request, tc_costs *costs, tc_explanation *e) {
    tc_step assumed = {.step_s = 0};
    tc_placement placement;
    tc_code code = tc_layout_resolve(&request->job, &request->cluster, &request->layout, &request->stack, &placement,
                                     assumed.assumed, &assumed.assumed_count, context->error);
    if (!code)
        code = tc_costs_compute(&request->job, &request->cluster, &placement, &request->stack, costs, context->error);
    if (!code) code = tc_explain(costs, e, context->error);
    if (!code)
        code = tc_interval_apply(context->catalog, &request->job, &request->cluster.accelerator, &request->stack,
                                 &e->step, context->error);
    if (code) return code;
    tc_request_assumed(context, request, &assumed);
    memcpy(e->step.assumed, assumed.assumed, sizeof assumed.assumed);
    e->step.assumed_count = assumed.assumed_count;
    if (tc_given(context, TC_OPTION_JSON)->given)
        tc_report_explain_json(context->out, tc_catalog_hash(context->catalog), costs, e);
    else if (!tc_report_explain_text(context->out, &context->style, costs, e))
        return tc_fail(context->error, TC_INTERNAL, "memory", "none is left; the output is incomplete");
    return TC_OK;
}

tc_code tc_command_explain(tc_context *context) {
    tc_request request;
    tc_code code = tc_request_job(context, &request);
    if (!code) code = tc_request_devices(context, tc_given(context, TC_OPTION_ACCELERATOR)->text, &request);
    if (code) return code;
    tc_costs *costs = malloc(sizeof *costs);
    tc_explanation *e = malloc(sizeof *e);
    code = costs && e ? explain(context, &request, costs, e)
                      : tc_fail(context->error, TC_INTERNAL, "memory", "none is left");
    free(costs);
    free(e);
    return code;
}
