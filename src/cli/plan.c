/* plan.c - `traincast plan`: which pool does what, when. */
#include <stdio.h>
#include <string.h>

#include "base/calendar.h"
#include "base/clock.h"
#include "base/error.h"
#include "cli/commands.h"
#include "cli/plan_files.h"
#include "report/plan_report.h"

static tc_code report(tc_context *context, const tc_plan *plan) {
    context->infeasible = !plan->feasible || !plan->served;
    if (context->target.format)
        tc_report_plan(&context->target, plan);
    else if (!tc_plan_files_are_output(context) && !tc_report_plan_text(context->out, &context->style, plan))
        return tc_fail(context->error, TC_INTERNAL, "plan", "out of memory");
    return tc_plan_files_write(context, plan);
}

/* ---- how far it is --------------------------------------------------------------------------- */

#define PATIENCE_S 1  /* that nobody needs a line for */
#define REFRESH_S 0.2 /* between two lines */

typedef struct watcher {
    const tc_context *context;
    double start, shown; /* 0: no line yet */
} watcher;

static bool tell(void *of, int done, int all) {
    watcher *w = of;
    double now = tc_now_s(), seconds = now - w->start;
    if (done > 0 && seconds > PATIENCE_S && now - w->shown > REFRESH_S) {
        long tenths = (long)(10 * done / seconds + 0.5), left = (long)(seconds / done * (all - done) + 0.5);
        fprintf(w->context->watched,
                "\r\033[K%d of %d candidates on pools, %ld.%ld a second, %ld s left; ^C: with these", done, all,
                tenths / 10, tenths % 10, left);
        fflush(w->context->watched);
        w->shown = now;
    }
    return !w->context->interrupted();
}

#define MOST_DAYS 100

/* "2025-03-31,2025-06-30" */
static tc_code read_days(const tc_context *context, tc_option_id option, int32_t day[MOST_DAYS], int *days) {
    const tc_value *by = tc_given(context, option);
    *days = 0;
    for (const char *at = by->given ? by->text : ""; *at;) {
        size_t length = strcspn(at, ",");
        char one[TC_DATE_SIZE + 1];
        snprintf(one, sizeof one, "%.*s", (int)(length < sizeof one ? length : sizeof one - 1), at);
        if (*days == MOST_DAYS || !tc_date_parse(one, &day[*days]))
            return tc_fail(context->error, TC_INVALID, option == TC_OPTION_BY ? "--by" : "--best-by",
                           "'%s' is no day of the calendar; write one such as 2025-03-31, at most %d of "
                           "them separated by commas",
                           one, MOST_DAYS);
        ++*days;
        at += length + (at[length] == ',');
    }
    return TC_OK;
}

static tc_code make(tc_context *context, const tc_scenario *scenario, const tc_interval_model *interval,
                    tc_plan *plan) {
    watcher w = {.context = context, .start = tc_now_s()};
    tc_plan_options options = tc_default_plan_options();
    int32_t day[MOST_DAYS], best_day[MOST_DAYS];
    tc_code code = read_days(context, TC_OPTION_BY, day, &options.days);
    if (!code) code = read_days(context, TC_OPTION_BEST_BY, best_day, &options.best_days);
    if (code) return code;
    options.day = day;
    options.best_day = best_day;
    options.catalog = context->catalog;
    if (tc_given(context, TC_OPTION_SAMPLES)->given)
        options.samples = (int)tc_given(context, TC_OPTION_SAMPLES)->integer;
    if (tc_given(context, TC_OPTION_SEED)->given) options.seed = tc_given(context, TC_OPTION_SEED)->integer;
    if (tc_given(context, TC_OPTION_TAKE)->given) options.take = tc_given(context, TC_OPTION_TAKE)->real;
    options.value = tc_given(context, TC_OPTION_VALUE)->given;
    options.threads = (int)tc_given(context, TC_OPTION_THREADS)->integer;
    if (context->watched) {
        options.tell = tell;
        options.context = &w;
    }
    code = tc_plan_make(scenario, interval, &options, plan, context->error);
    if (w.shown > 0) fputs("\r\033[K", context->watched);
    return code;
}

tc_code tc_command_plan(tc_context *context) {
    tc_scenario *scenario = NULL;
    tc_plan plan;
    const tc_scenario_changes changes = {.set = context->options->set,
                                         .sets = context->options->sets,
                                         .actual = tc_given(context, TC_OPTION_ACTUAL)->text,
                                         .certain = tc_given(context, TC_OPTION_CERTAIN)->given};
    tc_code code = tc_plan_files_check(context);
    if (!code)
        code = tc_scenario_load_changed(context->catalog, context->options->positional[0], &changes, &scenario,
                                        context->error);
    if (code) return code;
    if (tc_given(context, TC_OPTION_ANY)->given) scenario->any = true;
    if (tc_given(context, TC_OPTION_FIT)->given) scenario->fit = tc_given(context, TC_OPTION_FIT)->real;
    const tc_interval_model *interval;
    code = tc_catalog_interval(context->catalog, &interval, context->error);
    if (!code) code = make(context, scenario, interval, &plan);
    if (!code) {
        code = report(context, &plan);
        tc_plan_free(&plan);
    }
    tc_scenario_free(scenario);
    return code;
}
