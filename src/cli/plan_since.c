/* plan_since.c - reads what --since names. A file that begins with a brace is an answer, any other a scenario. */
#include "cli/plan_since.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/calendar.h"
#include "base/error.h"
#include "base/file.h"
#include "catalog/kinds.h"
#include "cli/plan_parts.h"

#define FILE_LIMIT ((size_t)64 << 20)
#define DAY 86400.0
#define MOST_JOBS TC_SCENARIO_MOST_JOBS

static double date_of(const tc_json *job, const char *key) {
    const char *text = tc_json_string(job, key, NULL);
    int32_t day = 0;
    if (!text) return INFINITY;
    if (!tc_date_parse(text, &day)) tc_json_fail(job, key, "'%.20s' is no day of the calendar", text);
    return day * DAY;
}

static void read_job(const tc_json *job, tc_job_answer *out) {
    *out = (tc_job_answer){.name = tc_json_string(job, "name", NULL),
                           .candidate = tc_json_string(job, "candidate", ""),
                           .deadline = INT32_MAX,
                           .dates = {.p10 = date_of(job, "finish_p10"),
                                     .p50 = date_of(job, "finish_p50"),
                                     .p90 = date_of(job, "finish_p90"),
                                     .by_deadline = tc_json_number(job, "probability_by_deadline", 0, 1, NAN)}};
    if (!out->name) tc_json_fail(job, "name", "is missing; give an answer of plan");
}

static tc_code read_answer(tc_earlier *out, tc_error *error) {
    tc_json root = tc_json_root(&out->answer);
    const char *schema = tc_json_string(&root, "schema", "");
    const json_t *jobs = tc_json_value(&root, "jobs");
    size_t n = json_array_size(jobs);
    if (strcmp(schema, "traincast.plan/1") != 0)
        tc_json_fail(&root, "schema", "is not traincast.plan/1; give a scenario, or an answer of plan for one");
    else if (!json_is_array(jobs) || n > MOST_JOBS)
        tc_json_fail(&root, "jobs", "is no list of jobs; give an answer of plan");
    if (out->answer.code) return out->answer.code;
    out->job = tc_arena_alloc(&out->arena, (n + 1) * sizeof *out->job);
    if (!out->job) return tc_fail(error, TC_INTERNAL, out->path, "out of memory");
    for (size_t i = 0; i < n && !out->answer.code; i++) {
        tc_json job = {.document = &out->answer, .object = json_array_get(jobs, i)};
        snprintf(job.path, sizeof job.path, "$.jobs[%zu]", i);
        if (!json_is_object(job.object))
            tc_json_fail(&job, NULL, "is no job; give an answer of plan");
        else
            read_job(&job, &out->job[out->jobs++]);
    }
    return out->answer.code;
}

tc_code tc_earlier_read(tc_context *context, tc_earlier *out) {
    const tc_value *value = tc_given(context, TC_OPTION_SINCE);
    char *text = NULL;
    size_t length = 0;
    if (!value->given) return TC_OK;
    out->given = true;
    out->path = value->text;
    if (tc_is_path(value->text)) {
        tc_code code = tc_file_read(value->text, FILE_LIMIT, &text, &length, context->error);
        if (code) return code;
    }
    bool answers = text && text[strspn(text, " \t\r\n")] == '{';
    tc_code code = answers ? tc_json_open(&out->answer, value->text, 0, text, length, context->error)
                           : tc_plan_load(context, value->text, false, &out->scenario);
    free(text);
    return code == TC_OK && answers ? read_answer(out, context->error) : code;
}

tc_code tc_earlier_compare(tc_earlier *earlier, const tc_plan *now, const tc_interval_model *interval,
                           const tc_plan_options *options, tc_since *since, tc_error *error) {
    if (earlier->scenario)
        return tc_since_scenario(earlier->scenario, now, interval, options, &earlier->arena, since, error);
    return tc_since_answers(earlier->job, earlier->jobs, now, &earlier->arena, since, error);
}

void tc_earlier_free(tc_earlier *earlier) {
    tc_scenario_free(earlier->scenario);
    tc_json_close(&earlier->answer);
    tc_arena_free(&earlier->arena);
}
