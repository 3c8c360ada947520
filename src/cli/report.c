/* report.c - `traincast report`: a plan as a document of four printed pages. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/plan_parts.h"
#include "report/plan_page.h"

#define SURE 0.8 /* what it would take to be done so surely */

/* In an answer for programs: the text itself. */
static tc_code put_json(tc_context *context, const tc_plan *plan, const char *path) {
    tc_output *text = malloc(sizeof *text);
    FILE *file = text ? tc_output_open(text) : NULL;
    if (file) tc_report_plan_page(file, plan, context->catalog);
    bool complete = file && fputc('\0', file) != EOF && !ferror(file);
    if (file && fclose(file) != 0) complete = false;
    complete = complete && !text->failed;
    if (complete) {
        tc_writer writer = tc_write_begin(&context->target, "report/1", NULL);
        tc_write_lines(&writer, "assumed", plan->assumed, plan->assumed_count);
        tc_write_string(&writer, "scenario", plan->scenario->slug);
        tc_write_bool(&writer, "feasible", plan->complete);
        tc_write_string(&writer, "output", path);
        tc_write_string(&writer, "html", path ? NULL : text->text);
        tc_write_end(&writer);
    }
    if (file) free(text->text);
    free(text);
    return complete ? TC_OK : tc_fail(context->error, TC_INTERNAL, "report", "out of memory");
}

static tc_code put_file(tc_context *context, const tc_plan *plan, const char *path) {
    errno = 0;
    FILE *file = fopen(path, "wb");
    if (file) tc_report_plan_page(file, plan, context->catalog);
    bool failed = !file || ferror(file);
    int reason = errno;
    if (file && fclose(file) != 0 && !failed) failed = true, reason = errno;
    if (failed)
        return tc_fail(context->error, file ? TC_INTERNAL : TC_INVALID, path,
                       "cannot be written: %s; a file in an existing folder is needed",
                       strerror(reason ? reason : EIO));
    if (!context->target.format)
        fprintf(context->out, "%s: the plan in four pages, for a browser or a printer\n", path);
    return TC_OK;
}

static tc_code put(tc_context *context, const tc_plan *plan) {
    const char *path = tc_given(context, TC_OPTION_REPORT_OUTPUT)->text;
    if (path && strcmp(path, "-") == 0) {
        tc_report_plan_page(context->out, plan, context->catalog);
        return TC_OK;
    }
    tc_code code = path ? put_file(context, plan, path) : TC_OK;
    return code == TC_OK && context->target.format ? put_json(context, plan, path) : code;
}

static tc_code check_output(const tc_context *context) {
    const tc_value *output = tc_given(context, TC_OPTION_REPORT_OUTPUT);
    if (!output->given && !context->target.format)
        return tc_fail(context->error, TC_INVALID, "--output", "is needed; for example --output plan.html");
    if (output->given && context->target.format && strcmp(output->text, "-") == 0)
        return tc_fail(context->error, TC_INVALID, "--output", "- is already the answer's; give a file");
    return TC_OK;
}

tc_code tc_command_report(tc_context *context) {
    tc_scenario *scenario = NULL;
    const tc_interval_model *interval;
    int32_t day[TC_PLAN_MOST_DAYS], best_day[TC_PLAN_MOST_DAYS];
    tc_plan_options options;
    tc_plan plan;
    tc_code code = check_output(context);
    if (code == TC_OK) code = tc_plan_load(context, context->options->positional[0], true, &scenario);
    if (code == TC_OK) code = tc_catalog_interval(context->catalog, &interval, context->error);
    if (code == TC_OK) code = tc_plan_take_options(context, day, best_day, &options);
    if (code == TC_OK) {
        if (!(options.take > 0)) options.take = SURE;
        options.take_by_median = true;
        code = tc_plan_with_rules(context, scenario, interval, &options, &plan);
    }
    if (code == TC_OK) {
        code = put(context, &plan);
        tc_plan_free(&plan);
    }
    tc_scenario_free(scenario);
    return code;
}
