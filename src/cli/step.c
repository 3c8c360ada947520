/* step.c - `traincast step`: options in, one forecast out. */
#include "cli/commands.h"
#include "cli/request.h"
#include "report/step_report.h"
#include "step/interval.h"

tc_code tc_command_step(tc_context *context) {
    tc_request request;
    tc_code code = tc_request_job(context, &request);
    if (!code) code = tc_request_devices(context, tc_given(context, TC_OPTION_ACCELERATOR)->text, &request);
    if (code) return code;
    tc_step step;
    code = tc_step_predict(&request.job, &request.cluster, &request.layout, &request.stack, &step, context->error);
    if (code) return code;
    code = tc_interval_apply(context->catalog, &request.job, &request.cluster.accelerator, &request.stack, &step,
                             context->error);
    if (code) return code;
    tc_request_assumed(context, &request, &step);
    if (tc_given(context, TC_OPTION_JSON)->given)
        tc_report_step_json(context->out, tc_catalog_hash(context->catalog), &request.job, &request.cluster,
                            &request.stack, &step);
    else
        tc_report_step_text(context->out, &context->style, &request.job, &request.cluster, &request.stack, &step);
    return TC_OK;
}
