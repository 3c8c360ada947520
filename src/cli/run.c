/* run.c - `traincast run`: a step, then all of them with what fails, costs and burns. */
#include "cli/commands.h"
#include "cli/request.h"
#include "report/run_report.h"

static void take(const tc_context *context, tc_option_id id, double *out) {
    const tc_value *value = tc_given(context, id);
    if (value->given) *out = value->real;
}

static void take_options(const tc_context *context, tc_run_input *input) {
    take(context, TC_OPTION_TOKENS, &input->tokens);
    take(context, TC_OPTION_MTBF, &input->mtbf_s);
    take(context, TC_OPTION_RESTART, &input->restart_s);
    take(context, TC_OPTION_CHECKPOINT_EVERY, &input->interval_s);
    take(context, TC_OPTION_CHECKPOINT_TIME, &input->checkpoint_s);
    take(context, TC_OPTION_STORAGE, &input->storage_bytes_per_s);
    take(context, TC_OPTION_PRICE, &input->price_usd);
    take(context, TC_OPTION_RENTAL, &input->rental_usd_per_h);
    take(context, TC_OPTION_PUE, &input->pue);
    take(context, TC_OPTION_ELECTRICITY, &input->usd_per_kwh);
    take(context, TC_OPTION_CARBON, &input->kg_co2_per_kwh);
}

tc_code tc_command_run(tc_context *context) {
    tc_question question;
    tc_economics economics;
    tc_step step;
    tc_run_input input;
    tc_run run;
    tc_code code = tc_request_question(context, &question);
    if (!code)
        code = tc_economics_load(context->catalog, tc_given(context, TC_OPTION_ECONOMICS)->text,
                                 tc_given(context, TC_OPTION_REGION)->text, question.cluster.accelerator.region,
                                 &economics, context->error);
    if (!code) code = tc_forecast(&question, &step, context->error);
    if (code) return code;
    input = tc_run_input_of(&question, &step);
    take_options(context, &input);
    code = tc_run_forecast(&input, &economics, &run, context->error);
    if (code) return code;
    if (context->target.format)
        tc_report_run(&context->target, &question, &input, &run);
    else
        tc_report_run_text(context->out, &context->style, &question, &input, &run);
    return TC_OK;
}
