/* run.c - `traincast run`: a step, then all of them with what fails, costs and burns. */
#include "cli/commands.h"
#include "cli/request.h"
#include "report/run_report.h"

tc_code tc_command_run(tc_context *context) {
    tc_question question;
    tc_economics economics;
    tc_step step;
    tc_run_input input;
    tc_run run;
    tc_code code = tc_request_question(context, &question);
    if (!code) code = tc_request_economics(context, &question, &economics);
    if (!code) code = tc_forecast(&question, &step, context->error);
    if (code) return code;
    input = tc_run_input_of(&question, &step);
    tc_request_run(context, &input);
    code = tc_request_risks(context, &input.risks);
    if (!code) code = tc_run_forecast(&input, &economics, &run, context->error);
    if (code) return code;
    if (context->target.format)
        tc_report_run(&context->target, &question, &input, &run);
    else
        tc_report_run_text(context->out, &context->style, &question, &input, &run);
    return TC_OK;
}
