/* plan.c - `traincast plan`: which pool does what, when. */
#include "base/error.h"
#include "cli/commands.h"
#include "report/plan_report.h"

static tc_code report(tc_context *context, const tc_plan *plan) {
    context->infeasible = !plan->feasible;
    if (context->target.format)
        tc_report_plan(&context->target, plan);
    else if (!tc_report_plan_text(context->out, &context->style, plan))
        return tc_fail(context->error, TC_INTERNAL, "plan", "out of memory");
    return TC_OK;
}

tc_code tc_command_plan(tc_context *context) {
    tc_scenario *scenario = NULL;
    tc_plan plan;
    tc_code code = tc_scenario_load(context->catalog, context->options->positional[0], &scenario, context->error);
    if (code) return code;
    if (tc_given(context, TC_OPTION_ANY)->given) scenario->any = true;
    if (tc_given(context, TC_OPTION_FIT)->given) scenario->fit = tc_given(context, TC_OPTION_FIT)->real;
    const tc_interval_model *interval;
    code = tc_catalog_interval(context->catalog, &interval, context->error);
    if (!code) code = tc_plan_make(scenario, interval, &plan, context->error);
    if (!code) {
        code = report(context, &plan);
        tc_plan_free(&plan);
    }
    tc_scenario_free(scenario);
    return code;
}
