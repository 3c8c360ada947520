/* plan.c - `traincast plan`: which pool does what, when. */
#include <stdio.h>
#include <string.h>

#include "base/calendar.h"
#include "base/error.h"
#include "cli/commands.h"
#include "cli/plan_files.h"
#include "cli/plan_parts.h"
#include "cli/plan_since.h"
#include "cli/watch.h"
#include "report/plan_difference.h"
#include "report/plan_report.h"

static bool tell(void *watch, int done, int all) { return tc_watch_tell(watch, done, all); }

#define MOST_RULES 64 /* of a scenario that are told */

/* "2025-03-31,2025-06-30" */
static tc_code read_days(const tc_context *context, tc_option_id option, int32_t day[TC_PLAN_MOST_DAYS], int *days) {
    const tc_value *by = tc_given(context, option);
    *days = 0;
    for (const char *at = by->given ? by->text : ""; *at;) {
        size_t length = strcspn(at, ",");
        char one[TC_DATE_SIZE + 1];
        snprintf(one, sizeof one, "%.*s", (int)(length < sizeof one ? length : sizeof one - 1), at);
        if (*days == TC_PLAN_MOST_DAYS || !tc_date_parse(one, &day[*days]))
            return tc_fail(context->error, TC_INVALID, option == TC_OPTION_BY ? "--by" : "--best-by",
                           "'%s' is no day of the calendar; write one such as 2025-03-31, at most %d of "
                           "them separated by commas",
                           one, TC_PLAN_MOST_DAYS);
        ++*days;
        at += length + (at[length] == ',');
    }
    return TC_OK;
}

tc_code tc_plan_take_options(const tc_context *context, int32_t day[TC_PLAN_MOST_DAYS],
                             int32_t best_day[TC_PLAN_MOST_DAYS], tc_plan_options *out) {
    *out = tc_default_plan_options();
    out->day = day;
    out->best_day = best_day;
    out->catalog = context->catalog;
    if (tc_given(context, TC_OPTION_SAMPLES)->given) out->samples = (int)tc_given(context, TC_OPTION_SAMPLES)->integer;
    if (tc_given(context, TC_OPTION_SEED)->given) out->seed = tc_given(context, TC_OPTION_SEED)->integer;
    if (tc_given(context, TC_OPTION_TAKE)->given) out->take = tc_given(context, TC_OPTION_TAKE)->real;
    out->value = tc_given(context, TC_OPTION_VALUE)->given;
    out->threads = (int)tc_given(context, TC_OPTION_THREADS)->integer;
    tc_code code = read_days(context, TC_OPTION_BY, day, &out->days);
    return code ? code : read_days(context, TC_OPTION_BEST_BY, best_day, &out->best_days);
}

static tc_code make(tc_context *context, const tc_scenario *scenario, const tc_interval_model *interval,
                    const tc_plan_options *asked, tc_plan *plan) {
    tc_watch watch = tc_watch_start(context, "candidates on pools");
    tc_plan_options options = *asked;
    if (tc_is_watched(context)) {
        options.tell = tell;
        options.context = &watch;
    }
    tc_code code = tc_plan_make(scenario, interval, &options, plan, context->error);
    tc_watch_end(&watch);
    if (code == TC_OK) context->infeasible = context->infeasible || !plan->feasible || !plan->served;
    return code;
}

tc_code tc_plan_load(tc_context *context, const char *slug_or_path, bool changed, tc_scenario **out) {
    tc_scenario_changes changes = {.certain = tc_given(context, TC_OPTION_CERTAIN)->given};
    if (changed) {
        changes.set = context->options->set;
        changes.sets = context->options->sets;
        changes.actual = tc_given(context, TC_OPTION_ACTUAL)->text;
    }
    tc_code code = tc_scenario_load_changed(context->catalog, slug_or_path, &changes, out, context->error);
    if (code) return code;
    if (tc_given(context, TC_OPTION_ANY)->given) (*out)->any = true;
    if (tc_given(context, TC_OPTION_FIT)->given) (*out)->fit = tc_given(context, TC_OPTION_FIT)->real;
    return TC_OK;
}

/* ---- one plan ---------------------------------------------------------------------------------- */

static tc_code report(tc_context *context, const tc_plan *plan, const tc_since *since) {
    bool fine = true;
    if (context->target.format)
        tc_report_plan_since(&context->target, plan, since, tc_given(context, TC_OPTION_DATES)->given);
    else if (!tc_plan_files_are_output(context))
        fine = (!since || tc_report_since_text(context->out, &context->style, since))
               && tc_report_plan_text(context->out, &context->style, plan);
    return fine ? tc_plan_files_write(context, plan) : tc_fail(context->error, TC_INTERNAL, "plan", "out of memory");
}

tc_code tc_plan_with_rules(tc_context *context, const tc_scenario *scenario, const tc_interval_model *interval,
                           const tc_plan_options *options, tc_plan *plan) {
    tc_controls *controls = malloc(sizeof *controls);
    tc_code code = controls ? TC_OK : tc_fail(context->error, TC_INTERNAL, "plan", "out of memory");
    if (code == TC_OK) code = tc_controls_load(context->catalog, controls, context->error);
    if (code == TC_OK) code = make(context, scenario, interval, options, plan);
    if (code == TC_OK) {
        tc_pool_rule *rule = tc_arena_alloc(&plan->arena, MOST_RULES * sizeof *rule);
        int rules = rule ? tc_pool_rules(scenario, controls, rule, MOST_RULES) : 0;
        plan->rules = rules < MOST_RULES ? rules : MOST_RULES;
        plan->rule = rule;
        if (!rule) {
            tc_plan_free(plan);
            code = tc_fail(context->error, TC_INTERNAL, "plan", "out of memory");
        }
    }
    free(controls);
    return code;
}

static tc_code plan_one(tc_context *context, const tc_scenario *scenario, const tc_interval_model *interval,
                        const tc_plan_options *options) {
    tc_plan plan;
    tc_earlier earlier = {.given = false};
    tc_code code = tc_earlier_read(context, &earlier);
    if (code == TC_OK) code = tc_plan_with_rules(context, scenario, interval, options, &plan);
    if (code == TC_OK) {
        tc_since since;
        if (earlier.given) code = tc_earlier_compare(&earlier, &plan, interval, options, &since, context->error);
        if (code == TC_OK) code = report(context, &plan, earlier.given ? &since : NULL);
        tc_plan_free(&plan);
    }
    tc_earlier_free(&earlier);
    return code;
}

/* ---- two plans --------------------------------------------------------------------------------- */

static tc_code report_two(tc_context *context, const tc_plan *a, const tc_plan *b) {
    tc_arena arena = {0};
    tc_plan_difference difference;
    tc_job_answer *of_a = tc_job_answers_of(a, &arena), *of_b = tc_job_answers_of(b, &arena);
    tc_code code = of_a && of_b ? tc_answers_compare(of_a, a->jobs, of_b, b->jobs, &arena, &difference, context->error)
                                : tc_fail(context->error, TC_INTERNAL, "plan", "out of memory");
    if (!code) code = TC_REPORT(context, plans, a, b, &difference);
    tc_arena_free(&arena);
    return code;
}

/* The one with fewer samples again, with as many as the other: sample by sample they are compared. */
static tc_code even_out(tc_context *context, const tc_interval_model *interval, const tc_plan_options *asked,
                        tc_plan *a, tc_plan *b) {
    if (!a->outlook || !b->outlook || a->samples == b->samples) return TC_OK;
    tc_plan *fewer = a->samples < b->samples ? a : b;
    const tc_scenario *scenario = fewer->scenario;
    tc_plan_options options = *asked;
    options.samples = a->samples > b->samples ? a->samples : b->samples;
    tc_plan_free(fewer);
    return make(context, scenario, interval, &options, fewer);
}

static tc_code plan_two(tc_context *context, const tc_scenario *first, const tc_scenario *second,
                        const tc_interval_model *interval, const tc_plan_options *asked) {
    tc_plan a = {.scenario = NULL}, b = {.scenario = NULL};
    tc_plan_options options = *asked;
    options.drivers = context->target.format != NULL; /* the page has none */
    tc_code code = make(context, first, interval, &options, &a);
    if (code == TC_OK) code = make(context, second, interval, &options, &b);
    if (code == TC_OK) code = even_out(context, interval, &options, &a, &b);
    if (code == TC_OK) code = report_two(context, &a, &b);
    tc_plan_free(&a);
    tc_plan_free(&b);
    return code;
}

/* What is of one scenario alone, beside two. */
static tc_code check_words(const tc_context *context, bool two) {
    static const tc_option_id of_one[]
        = {TC_OPTION_SINCE, TC_OPTION_SVG, TC_OPTION_ICS, TC_OPTION_DATES_CSV, TC_OPTION_MONTHS_CSV};
    for (size_t i = 0; two && i < sizeof of_one / sizeof *of_one; i++)
        if (tc_given(context, of_one[i])->given)
            return tc_fail(context->error, TC_INVALID, tc_option_table[of_one[i]].name,
                           "is of one scenario; leave it or one of the two out");
    return tc_plan_files_check(context);
}

tc_code tc_command_plan(tc_context *context) {
    const char *const *words = context->options->positional;
    bool two = context->options->positionals > 1;
    tc_scenario *first = NULL, *last = NULL;
    tc_plan_options options;
    const tc_interval_model *interval;
    int32_t day[TC_PLAN_MOST_DAYS], best_day[TC_PLAN_MOST_DAYS];
    tc_code code = check_words(context, two);
    if (code == TC_OK && two) code = tc_plan_load(context, words[0], false, &first);
    if (code == TC_OK) code = tc_plan_load(context, words[two], true, &last);
    if (code == TC_OK) code = tc_catalog_interval(context->catalog, &interval, context->error);
    if (code == TC_OK) code = tc_plan_take_options(context, day, best_day, &options);
    if (code == TC_OK)
        code = two ? plan_two(context, first, last, interval, &options) : plan_one(context, last, interval, &options);
    tc_scenario_free(first);
    tc_scenario_free(last);
    return code;
}
