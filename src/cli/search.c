/* search.c - `traincast search`: options in, the best layouts out. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/goal.h"
#include "cli/pools.h"
#include "cli/request.h"
#include "cli/search.h"
#include "cli/search_options.h"
#include "cli/watch.h"
#include "report/mixed_report.h"
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

tc_code tc_asked_take(tc_context *context, tc_asked *out) {
    memset(out, 0, sizeof *out);
    tc_code code = tc_request_question(context, &out->question);
    if (!code) code = tc_search_options_take(context, &out->question, &out->in);
    if (!code) code = take_economics(context, &out->question, &out->in);
    return code ? code : tc_goal_take(context, &out->question, &out->goal);
}

static bool tell(void *watch, int64_t done, int64_t all) { return tc_watch_tell(watch, done, all); }

tc_code tc_asked_find(tc_context *context, tc_asked *out) {
    tc_code code = tc_goal_devices(&out->goal, &out->in, &out->answer);
    if (!code) code = announce(context, &out->in);
    tc_watch watch = tc_watch_start(context, "families of layouts");
    if (tc_is_watched(context)) {
        out->in.tell = tell;
        out->in.context = &watch;
    }
    if (!code) code = tc_search_run(&out->in, &out->search, context->error);
    tc_watch_end(&watch);
    out->in.tell = NULL;
    if (code) return code;
    code = tc_goal_runs(&out->goal, out->search.best, out->search.best_count, &out->run);
    if (!code) code = tc_goal_runs(&out->goal, out->search.cluster, out->search.cluster_count, &out->cluster_run);
    out->answer.run = out->run;
    out->answer.cluster_run = out->cluster_run;
    out->answer.plain = tc_given(context, TC_OPTION_ALL)->given || out->in.pareto;
    return code;
}

void tc_asked_free(tc_asked *asked) {
    tc_search_free(&asked->search);
    free(asked->run);
    free(asked->cluster_run);
}

bool tc_asked_missed(const tc_search_answer *answer) {
    return (answer->wall_s > 0 || answer->tokens_per_s > 0) && !answer->reached;
}

static tc_code print_search(tc_context *context, tc_asked *asked) {
    const tc_search *search = &asked->search;
    tc_step assumed, given;
    tc_code code = context->answered ? tc_forecast(&asked->in.question, &given, context->error) : TC_OK;
    if (code) return code;
    context->infeasible = search->best_count == 0 || tc_asked_missed(&asked->answer);
    memset(&assumed, 0, sizeof assumed);
    if (search->best_count > 0)
        assumed = search->best[0].step;
    else
        tc_assume_stack(&asked->in.question, &assumed);
    const tc_step *to_beat = context->answered ? &given : NULL;
    return TC_REPORT(context, search, &asked->in, &assumed, to_beat, &asked->answer, search);
}

static tc_code search_one(tc_context *context) {
    tc_asked *asked = malloc(sizeof *asked);
    if (!asked) return tc_fail(context->error, TC_INTERNAL, "search", "out of memory");
    tc_code code = tc_asked_take(context, asked);
    bool space = !code && tc_given(context, TC_OPTION_SPACE)->given;
    if (space) code = print_space(context, &asked->in);
    if (!code && !space) code = tc_asked_find(context, asked);
    if (!code && !space && asked->search.best_count == 0 && !asked->search.stopped && !*asked->answer.advice.text)
        code = tc_search_advise(&asked->in, &asked->search, context->error);
    if (!code && !space) code = print_search(context, asked);
    tc_asked_free(asked);
    free(asked);
    return code;
}

/* Several pools for one job: which of them, and how. */
static tc_code search_pools(tc_context *context) {
    tc_question question;
    tc_search_input in;
    tc_mixed_search found = {.count = 0};
    const tc_value *across = tc_given(context, TC_OPTION_ACROSS);
    tc_code code = tc_request_question(context, &question);
    if (!code) code = tc_search_options_take(context, &question, &in);
    if (!code) code = tc_search_mixed(&in, across->given ? 1u << across->integer : 0, &found, context->error);
    if (code) return code;
    context->infeasible = found.count == 0;
    code = TC_REPORT(context, mixed_search, &question, &found);
    tc_mixed_search_free(&found);
    return code;
}

tc_code tc_command_search(tc_context *context) {
    if (tc_pools_asked(context->options)) return search_pools(context);
    return tc_several_asked(context) ? tc_search_several(context) : search_one(context);
}
