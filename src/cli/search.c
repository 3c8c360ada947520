/* search.c - `traincast search`: options in, the best layouts out. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/goal.h"
#include "cli/request.h"
#include "cli/search_options.h"
#include "report/search_report.h"
#include "traincast.h"

/* Dollars and watts of a device, from a run of one second. */
static tc_code take_economics(tc_context *context, const tc_question *question, tc_search_input *in) {
    if (in->objective != TC_OBJECTIVE_COST && in->objective != TC_OBJECTIVE_ENERGY) return TC_OK;
    tc_economics economics;
    tc_code code = tc_request_economics(context, question, &economics);
    if (code) return code;
    tc_run_input input = tc_default_run_input();
    tc_run run;
    tc_request_run(context, &input);
    input.step.step_s = 1;
    input.step.tokens_per_step = input.tokens = 1;
    input.checkpoint_bytes = input.checkpoint_s = 0;
    input.cluster = question->cluster;
    code = tc_run_forecast(&input, &economics, &run, context->error);
    if (code) return code;
    double device_s = run.device_hours * 3600;
    in->usd_per_device_s = (run.rented_usd > 0 ? run.rented_usd : run.owned_usd) / device_s;
    in->watts_per_device = run.power_w / question->cluster.devices;
    if (in->objective == TC_OBJECTIVE_COST && !(in->usd_per_device_s > 0))
        return tc_fail(context->error, TC_INVALID, "--objective", "%s has no price; give --rental or --price",
                       question->cluster.accelerator.slug);
    if (in->objective == TC_OBJECTIVE_ENERGY && !(in->watts_per_device > 0))
        return tc_fail(context->error, TC_INVALID, "--objective", "%s has no power; choose time, memory or cost",
                       question->cluster.accelerator.slug);
    return TC_OK;
}

static tc_code print_space(tc_context *context, const tc_search_input *in) {
    tc_search *space = malloc(sizeof *space);
    if (!space) return tc_fail(context->error, TC_INTERNAL, "search", "out of memory");
    tc_code code = tc_search_space(in, space, context->error);
    if (!code && context->target.format)
        tc_report_space(&context->target, in, space);
    else if (!code)
        tc_report_space_text(context->out, &context->style, in, space);
    free(space);
    return code;
}

/* On a terminal the space is shown before it is walked. */
static tc_code announce(tc_context *context, const tc_search_input *in) {
    if (!context->watched || context->target.format) return TC_OK;
    tc_search *space = malloc(sizeof *space);
    if (!space) return tc_fail(context->error, TC_INTERNAL, "search", "out of memory");
    tc_code code = tc_search_space(in, space, context->error);
    if (!code) {
        tc_report_space_text(context->watched, &context->style, in, space);
        fputc('\n', context->watched);
    }
    free(space);
    return code;
}

static tc_code print_search(tc_context *context, const tc_search_input *in, const tc_step *given,
                            const tc_search_answer *answer, tc_search *search) {
    bool missed = (answer->wall_s > 0 || answer->tokens_per_s > 0) && !answer->reached;
    context->infeasible = search->best_count == 0 || missed;
    tc_step assumed;
    memset(&assumed, 0, sizeof assumed);
    if (search->best_count > 0)
        assumed = search->best[0].step;
    else
        tc_assume_stack(&in->question, &assumed);
    const tc_step *to_beat = context->answered ? given : NULL;
    if (context->target.format)
        tc_report_search(&context->target, in, &assumed, to_beat, answer, search);
    else if (!tc_report_search_text(context->out, &context->style, in, &assumed, to_beat, answer, search))
        return tc_fail(context->error, TC_INTERNAL, "search", "out of memory");
    return TC_OK;
}

static tc_code print_runs(tc_context *context, const tc_goal *goal, const tc_search_input *in, const tc_step *given,
                          tc_search_answer *answer, tc_search *search) {
    tc_run *runs;
    tc_code code = tc_goal_runs(goal, search, &runs);
    answer->run = runs;
    if (!code) code = print_search(context, in, given, answer, search);
    free(runs);
    return code;
}

static tc_code search_and_print(tc_context *context, const tc_goal *goal, const tc_search_input *in,
                                tc_search_answer *answer) {
    tc_step given;
    tc_code code = announce(context, in);
    if (!code && context->answered) code = tc_forecast(&in->question, &given, context->error);
    tc_search *search = code ? NULL : malloc(sizeof *search);
    if (code) return code;
    if (!search) return tc_fail(context->error, TC_INTERNAL, "search", "out of memory");
    code = tc_search_run(in, search, context->error);
    if (!code) {
        if (search->best_count == 0 && !*answer->advice.text) code = tc_search_advise(in, search, context->error);
        if (!code) code = print_runs(context, goal, in, &given, answer, search);
        tc_search_free(search);
    }
    free(search);
    return code;
}

tc_code tc_command_search(tc_context *context) {
    tc_question question;
    tc_search_input in;
    tc_goal goal;
    tc_search_answer answer = {.run = NULL};
    tc_code code = tc_request_question(context, &question);
    if (!code) code = tc_search_options_take(context, &question, &in);
    if (!code) code = take_economics(context, &question, &in);
    if (!code) code = tc_goal_take(context, &question, &goal);
    if (code) return code;
    if (tc_given(context, TC_OPTION_SPACE)->given) return print_space(context, &in);
    code = tc_goal_devices(&goal, &in, &answer);
    return code ? code : search_and_print(context, &goal, &in, &answer);
}
