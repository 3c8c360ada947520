/* search.c - `traincast search`: options in, the best layouts out. */
#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "base/error.h"
#include "layout/fields.h"
#include "cli/commands.h"
#include "cli/goal.h"
#include "cli/request.h"
#include "report/names.h"
#include "report/search_report.h"
#include "traincast.h"

/* "1f1b,zb-h1" as bits. */
static tc_code take_list(const tc_context *context, tc_option_id id, tc_vocabulary vocabulary, unsigned *bits) {
    const char *text = tc_given(context, id)->text, *name = tc_option_table[id].name;
    if (!text) return TC_OK;
    if (strcmp(text, "all") == 0) {
        for (int i = 0; tc_name(vocabulary, i); i++) *bits |= 1u << i;
        return TC_OK;
    }
    while (*text) {
        char word[32];
        size_t length = strcspn(text, ",");
        snprintf(word, sizeof word, "%.*s", length < sizeof word ? (int)length : (int)sizeof word - 1, text);
        int value = tc_value_of(vocabulary, word);
        bool file = vocabulary == TC_VOCABULARY_SCHEDULE && value == TC_SCHEDULE_CUSTOM;
        if (value == TC_UNSET || file)
            return tc_fail(context->error, TC_INVALID, name, "'%s' is %s; see traincast help search", word,
                           file ? "a file of one layout" : "unknown");
        *bits |= 1u << value;
        text += length + (text[length] == ',');
    }
    return TC_OK;
}

/* Dollars and watts of a device, from a run of one second. */
static tc_code take_economics(tc_context *context, const tc_question *question, tc_search_input *in) {
    if (in->objective != TC_OBJECTIVE_COST && in->objective != TC_OBJECTIVE_ENERGY) return TC_OK;
    tc_economics economics;
    tc_code code = tc_economics_load(context->catalog, tc_given(context, TC_OPTION_ECONOMICS)->text,
                                     tc_given(context, TC_OPTION_REGION)->text, question->cluster.accelerator.region,
                                     &economics, context->error);
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

static void take_objective(const tc_context *context, tc_search_input *in) {
    const tc_value *value = tc_given(context, TC_OPTION_OBJECTIVE);
    if (value->given)
        in->objective = (tc_objective)tc_choice_find(tc_option_table[TC_OPTION_OBJECTIVE].argument, value->text);
}

/* How far the global batch may move. */
static void take_batch(const tc_context *context, tc_search_input *in) {
    const tc_value *range = tc_given(context, TC_OPTION_GLOBAL_BATCH);
    if (range->low < range->high) in->least_batch = (int)range->low, in->most_batch = (int)range->high;
    tc_search_move_batch(in, tc_given(context, TC_OPTION_BATCH_BAND)->real / 100);
}

/* --fix, and the layout's own options. */
static tc_code take_fixed(const tc_context *context, tc_search_input *in) {
    const char *fix = tc_given(context, TC_OPTION_FIX)->text;
    tc_code code = fix ? tc_search_fix(&in->fixed, fix, tc_option_table[TC_OPTION_FIX].name, context->error) : TC_OK;
    for (int i = 0; i < TC_LAYOUT_FIELDS && !code; i++) {
        tc_layout_id id = (tc_layout_id)i;
        const tc_value *value = tc_given(context, tc_request_field(id));
        const char *name = tc_layout_fields[i].option;
        char text[256], other[TC_LAYOUT_VALUE];
        if (!value->given) continue;
        if (tc_layout_is_set(&in->fixed, id))
            return tc_fail(context->error, TC_INVALID, name, "is given twice, here and as %s=%s of --fix; give it once",
                           name + 2, tc_layout_value(&in->fixed, id, other, sizeof other));
        if (strchr(value->text, ','))
            return tc_fail(context->error, TC_INVALID, name, "'%.60s' is no value; see traincast help search",
                           value->text);
        snprintf(text, sizeof text, "%s=%.200s", name + 2, value->text);
        code = tc_search_fix(&in->fixed, text, name, context->error);
        in->own_option |= 1u << i;
    }
    return code;
}

static tc_code take_input(tc_context *context, const tc_question *question, tc_search_input *in) {
    *in = tc_default_search_input();
    in->question = *question;
    in->pareto = tc_given(context, TC_OPTION_PARETO)->given;
    in->any = tc_given(context, TC_OPTION_ANY)->given;
    in->exhaustive = tc_given(context, TC_OPTION_EXHAUSTIVE)->given;
    in->top = tc_given(context, TC_OPTION_TOP)->given ? (int)tc_given(context, TC_OPTION_TOP)->integer : 5;
    in->threads = (int)tc_given(context, TC_OPTION_THREADS)->integer;
    in->max_memory_bytes = tc_given(context, TC_OPTION_MAX_MEMORY)->real * TC_GIB;
    if (tc_given(context, TC_OPTION_FIT)->given) in->fit = tc_given(context, TC_OPTION_FIT)->real;
    in->most_global_batch = (int)tc_given(context, TC_OPTION_MOST_GLOBAL_BATCH)->integer;
    in->fewest_devices = (int)tc_given(context, TC_OPTION_FEWEST_DEVICES)->integer;
    in->all_devices = tc_given(context, TC_OPTION_ALL_DEVICES)->given;
    take_batch(context, in);
    take_objective(context, in);
    tc_code code = take_list(context, TC_OPTION_ALLOW_SCHEDULES, TC_VOCABULARY_SCHEDULE, &in->schedules);
    if (!code) code = take_list(context, TC_OPTION_DTYPES, TC_VOCABULARY_DTYPE, &in->dtypes);
    if (!code) code = take_fixed(context, in);
    return code ? code : take_economics(context, question, in);
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
    if (!code) code = take_input(context, &question, &in);
    if (!code) code = tc_goal_take(context, &question, &goal);
    if (code) return code;
    if (tc_given(context, TC_OPTION_SPACE)->given) return print_space(context, &in);
    code = tc_goal_devices(&goal, &in, &answer);
    return code ? code : search_and_print(context, &goal, &in, &answer);
}
