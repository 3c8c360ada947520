/* test_two_plans.c - two plans on common numbers, and the parts of what changed between two scenarios. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fleet/compare_plans.h"
#include "scenario_text.h"

#define SAMPLES 256

/* What a scenario of these tests can differ in. */
typedef struct figures {
    const char *more, *later, *serving, *tokens, *risks, *actuals, *as_of, *horizon, *job, *second;
} figures;

static const figures usual = {.more = "",
                              .later = "2024-03-01",
                              .serving = "100",
                              .tokens = "6e9",
                              .risks = "0.5",
                              .actuals = "",
                              .as_of = "2024-01-08",
                              .horizon = "2026-01-01",
                              .job = "first",
                              .second = "second"};

static tc_scenario *scenario_of(const figures *f) {
    char text[4000];
    snprintf(text, sizeof text,
             "format: 1\nname: test\nslug: test\nstart: \"2024-01-01\"\nas_of: \"%s\"\nhorizon: \"%s\"\n"
             "risks: {on_time: %s}\n"
             "pools:\n  - name: a\n    accelerator: h20\n    region: us\n    ownership: owned\n    deliveries:\n"
             "      - {date: \"2023-12-01\", devices: 500}\n%s      - {date: \"%s\", devices: 1000}\n"
             "serving:\n  - {name: chat, pool: a, devices: %s}\n"
             "jobs:\n"
             "  - name: %s\n    deadline: \"2024-05-15\"\n    candidates:\n      - name: c\n        tokens: %s\n"
             "        rates:\n          - {accelerator: h20, tokens_per_s: 1}\n"
             "  - name: %s\n    after: %s\n    candidates:\n      - name: d\n        tokens: 1e9\n"
             "        rates:\n          - {accelerator: h20, tokens_per_s: 1}\n%s",
             f->as_of, f->horizon, f->risks, f->more, f->later, f->serving, f->job, f->tokens, f->second, f->job,
             f->actuals);
    return good_scenario(text);
}

static tc_plan_options options_of(void) {
    tc_plan_options options = tc_default_plan_options();
    options.samples = SAMPLES;
    options.drivers = false;
    return options;
}

static tc_plan plan_of(const tc_scenario *scenario) {
    tc_plan plan;
    tc_error error = {0};
    tc_plan_options options = options_of();
    if (tc_plan_make(scenario, NULL, &options, &plan, &error) != TC_OK) fail_msg("%s: %s", error.place, error.text);
    return plan;
}

/* ---- two plans -------------------------------------------------------------------------------------- */

static void compare(const figures *a, const figures *b, tc_arena *arena, tc_plan_difference *out) {
    tc_scenario *sa = scenario_of(a), *sb = scenario_of(b);
    tc_plan pa = plan_of(sa), pb = plan_of(sb);
    tc_error error;
    tc_job_answer *of_a = tc_job_answers_of(&pa, arena), *of_b = tc_job_answers_of(&pb, arena);
    assert_int_equal(tc_answers_compare(of_a, pa.jobs, of_b, pb.jobs, arena, out, &error), TC_OK);
    for (int k = 0; k < out->jobs; k++) { /* names end with their scenarios */
        tc_job_difference *d = &out->job[k];
        if (d->job) d->job = tc_arena_copy(arena, d->job, strlen(d->job));
        if (d->before) d->before = tc_arena_copy(arena, d->before, strlen(d->before));
    }
    tc_plan_free(&pa);
    tc_plan_free(&pb);
    tc_scenario_free(sa);
    tc_scenario_free(sb);
}

static void itself(void **state) {
    (void)state;
    tc_arena arena = {0};
    tc_plan_difference d;
    compare(&usual, &usual, &arena, &d);
    assert_int_equal(d.jobs, 2);
    for (int k = 0; k < d.jobs; k++) {
        assert_int_equal(d.job[k].presence, TC_IN_BOTH);
        assert_true(d.job[k].p10_days == 0 && d.job[k].p50_days == 0 && d.job[k].p90_days == 0);
        assert_true(d.job[k].shift_days == 0 && d.job[k].error_days == 0);
        assert_true(d.job[k].earlier == 0 && d.job[k].later == 0);
    }
    assert_true(d.job[0].probability == 0 && isnan(d.job[1].probability));
    tc_arena_free(&arena);
}

/* A delivery more is earlier, and the other way round later. */
static void one_delivery_more(void **state) {
    (void)state;
    tc_arena arena = {0};
    tc_plan_difference d, back;
    figures more = usual;
    more.more = "      - {date: \"2024-02-01\", devices: 400}\n";
    compare(&usual, &more, &arena, &d);
    compare(&more, &usual, &arena, &back);
    for (int k = 0; k < 2; k++) {
        assert_true(d.job[k].shift_days < -1 && d.job[k].p50_days < -1);
        assert_true(d.job[k].earlier > 0.9 && d.job[k].later <= 0.02 * k); /* the second meets other weeks */
        assert_true(d.job[k].error_days > 0 && d.job[k].error_days < -d.job[k].shift_days);
        assert_true(back.job[k].shift_days == -d.job[k].shift_days && back.job[k].later == d.job[k].earlier);
    }
    assert_true(d.job[0].probability > 0);
    tc_arena_free(&arena);
}

static void jobs_come_and_go(void **state) {
    (void)state;
    tc_arena arena = {0};
    tc_plan_difference d;
    figures other = usual, renamed = usual;
    renamed.job = "erst";
    compare(&usual, &renamed, &arena, &d);
    assert_int_equal(d.jobs, 2);
    assert_int_equal(d.job[0].presence, TC_RENAMED);
    assert_string_equal(d.job[0].job, "erst");
    assert_string_equal(d.job[0].before, "first");
    assert_int_equal(d.job[1].presence, TC_IN_BOTH);
    other.second = "third\n    candidates: [{name: new, tokens: 1e9, rates: [{accelerator: h20, tokens_per_s: 1}]}]"
                   "\n  - name: second";
    compare(&usual, &other, &arena, &d);
    assert_int_equal(d.jobs, 3);
    assert_string_equal(d.job[1].job, "third");
    assert_int_equal(d.job[1].presence, TC_ADDED);
    assert_true(isnan(d.job[1].p50_days));
    assert_int_equal(d.job[2].presence, TC_IN_BOTH);
    compare(&other, &usual, &arena, &d);
    assert_int_equal(d.jobs, 3);
    assert_int_equal(d.job[2].presence, TC_REMOVED);
    assert_string_equal(d.job[2].before, "third");
    assert_null(d.job[2].job);
    tc_arena_free(&arena);
}

/* ---- since ------------------------------------------------------------------------------------------ */

typedef struct parts {
    bool cause[TC_CAUSE_ALL + 1];
    int presence; /* of the first job */
} parts;

static void near(double a, double b) {
    if (!(fabs(a - b) < 1e-6) && !(isnan(a) && isnan(b))) fail_msg("%.12g is not %.12g", a, b);
}

/* What changed from a to b; the parts of every job add up to its whole shift. */
static parts since(const figures *a, const figures *b) {
    tc_scenario *before = scenario_of(a), *scenario = scenario_of(b);
    tc_plan now = plan_of(scenario);
    tc_plan_options options = options_of();
    tc_arena arena = {0};
    tc_since s;
    tc_error error = {0};
    parts out = {.presence = -1};
    if (tc_since_scenario(before, &now, NULL, &options, &arena, &s, &error) != TC_OK)
        fail_msg("%s: %s", error.place, error.text);
    assert_string_equal(s.of, "test");
    for (int k = 0; k < s.whole.jobs; k++) {
        const tc_job_difference *d = &s.whole.job[k];
        double p10 = 0, p50 = 0, p90 = 0, probability = 0;
        for (int i = 0; i < s.shifts; i++) {
            if (s.shift[i].job != k) continue;
            out.cause[s.shift[i].cause] = true;
            p10 += s.shift[i].p10_days;
            p50 += s.shift[i].p50_days;
            p90 += s.shift[i].p90_days;
            probability += s.shift[i].probability;
        }
        if (d->presence > TC_RENAMED) continue;
        near(p10, d->p10_days);
        near(p50, d->p50_days);
        near(p90, d->p90_days);
        if (!isnan(d->probability)) near(probability, d->probability);
    }
    out.presence = (int)s.whole.job[0].presence;
    tc_arena_free(&arena);
    tc_plan_free(&now);
    tc_scenario_free(before);
    tc_scenario_free(scenario);
    return out;
}

static void only(const figures *b, int cause) {
    parts p = since(&usual, b);
    for (int c = 0; c <= TC_CAUSE_ALL; c++)
        if (p.cause[c] != (c == cause)) fail_msg("cause %d where %d is meant", c, cause);
}

static void each_cause_alone(void **state) {
    (void)state;
    figures f = usual;
    only(&f, -1);
    f.later = "2024-04-01";
    only(&f, TC_CAUSE_DELIVERIES);
    f = usual;
    f.serving = "200";
    only(&f, TC_CAUSE_SERVING);
    f = usual;
    f.tokens = "5e9";
    only(&f, TC_CAUSE_JOBS);
    f = usual;
    f.risks = "0.9";
    only(&f, TC_CAUSE_RISKS);
    f = usual;
    f.actuals = "actuals:\n  - {date: \"2024-01-08\", pool: a, devices: 500, usable: 300}\n";
    only(&f, TC_CAUSE_SEEN);
    f = usual;
    f.actuals = "actuals:\n  - {date: \"2024-01-08\", job: first, tokens: 1e9}\n";
    only(&f, TC_CAUSE_PROGRESS);
    f = usual;
    f.as_of = "2024-01-29";
    only(&f, TC_CAUSE_AS_OF);
    f = usual;
    f.job = "erst";
    only(&f, -1);
    assert_int_equal(since(&usual, &f).presence, TC_RENAMED);
}

static void all_at_once(void **state) {
    (void)state;
    figures f = {.more = "      - {date: \"2024-02-01\", devices: 400}\n",
                 .later = "2024-03-21",
                 .serving = "150",
                 .tokens = "7e9",
                 .risks = "0.7",
                 .actuals = "actuals:\n  - {date: \"2024-01-15\", pool: a, devices: 500, usable: 450}\n"
                            "  - {date: \"2024-01-15\", job: erst, tokens: 4e8}\n",
                 .as_of = "2024-01-15",
                 .horizon = "2025-01-01",
                 .job = "erst",
                 .second = "zweit\n    candidates: [{name: new, tokens: 1e9, rates: [{accelerator: h20, tokens_per_s: "
                           "1}]}]\n  - name: second"};
    static const tc_cause moved[]
        = {TC_CAUSE_PROGRESS, TC_CAUSE_SEEN, TC_CAUSE_DELIVERIES, TC_CAUSE_SERVING, TC_CAUSE_JOBS, TC_CAUSE_RISKS};
    parts p = since(&usual, &f);
    for (size_t i = 0; i < sizeof moved / sizeof *moved; i++)
        if (!p.cause[moved[i]]) fail_msg("cause %d is missing", (int)moved[i]);
    assert_int_equal(p.presence, TC_RENAMED);
    since(&f, &usual); /* backwards: a job less, and rows of jobs that have other names */
}

/* An answer has dates alone: whole days, one part. */
static void since_an_answer(void **state) {
    (void)state;
    tc_scenario *scenario = scenario_of(&usual);
    tc_plan now = plan_of(scenario);
    tc_arena arena = {0};
    tc_error error;
    tc_since s;
    tc_job_answer *job = tc_job_answers_of(&now, &arena);
    double day = floor(job[0].dates.p50 / 86400) * 86400;
    tc_job_answer before[] = {{.name = "first", .candidate = "c", .dates = {day, day - 3 * 86400.0, INFINITY, NAN}},
                              {.name = "gone", .candidate = "x", .dates = {day, day, day, NAN}}};
    assert_int_equal(tc_since_answers(before, 2, &now, &arena, &s, &error), TC_OK);
    assert_int_equal(s.whole.jobs, 3);
    assert_int_equal(s.whole.job[1].presence, TC_ADDED);
    assert_int_equal(s.whole.job[2].presence, TC_REMOVED);
    assert_int_equal(s.shifts, 1);
    assert_int_equal(s.shift[0].cause, TC_CAUSE_ALL);
    near(s.shift[0].p50_days, 3);
    assert_true(isnan(s.whole.job[0].p90_days)); /* it was never done with 90 % */
    tc_arena_free(&arena);
    tc_plan_free(&now);
    tc_scenario_free(scenario);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(itself),           cmocka_unit_test(one_delivery_more), cmocka_unit_test(jobs_come_and_go),
        cmocka_unit_test(each_cause_alone), cmocka_unit_test(all_at_once),       cmocka_unit_test(since_an_answer),
    };
    return cmocka_run_group_tests(tests, open_catalog, close_catalog);
}
