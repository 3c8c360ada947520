/* run.c - `traincast run`: a step, then all of them with what fails, costs and burns. */
#include "cli/best.h"
#include "cli/commands.h"
#include "cli/pools.h"
#include "cli/request.h"
#include "report/run_report.h"

static tc_code forecast(const tc_question *question, tc_step *step, double *egress_usd, tc_error *error) {
    *egress_usd = 0;
    if (question->cluster.others == 0) return tc_forecast(question, step, error);
    tc_mixed mixed;
    tc_code code = tc_forecast_mixed(question, &mixed, error);
    if (code) return code;
    *step = mixed.step;
    *egress_usd = mixed.egress_usd;
    return TC_OK;
}

tc_code tc_command_run(tc_context *context) {
    tc_question question;
    tc_economics economics;
    tc_step step;
    tc_run_input input;
    tc_run run;
    double egress_usd;
    tc_code code = tc_request_question(context, &question);
    if (!code) code = tc_request_economics(context, &question, &economics);
    if (!code) code = forecast(&question, &step, &egress_usd, context->error);
    if (code) return code;
    input = tc_run_input_of(&question, &step);
    input.egress_usd = egress_usd;
    tc_request_run(context, &input);
    code = tc_request_risks(context, &input.risks);
    if (!code) code = tc_run_forecast(&input, &economics, &run, context->error);
    if (code) return code;
    if (context->target.format)
        tc_report_run(&context->target, &question, &input, &run);
    else
        tc_report_run_text(context->out, &context->style, &question, &input, &run);
    if (!context->target.format) tc_best_hint(context, &step);
    return TC_OK;
}
