/* step.c - `traincast step`: options in, one forecast out. */
#include "cli/commands.h"
#include "cli/request.h"
#include "report/step_report.h"

tc_code tc_command_step(tc_context *context) {
    tc_question question;
    tc_step step;
    tc_code code = tc_request_question(context, &question);
    if (!code) code = tc_forecast(&question, &step, context->error);
    if (code) return code;
    if (context->target.format)
        tc_report_step(&context->target, &question, &step);
    else
        tc_report_step_text(context->out, &context->style, &question, &step);
    return TC_OK;
}
