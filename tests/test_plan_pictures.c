/* test_plan_pictures.c - pictures, text, iCalendar and CSV of a plan made by hand: well formed, with its numbers, the same bytes. */
#define _XOPEN_SOURCE 700
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/calendar.h"
#include "report/chart.h"
#include "report/plan_ics.h"
#include "report/plan_outlook_text.h"
#include "report/plan_svg.h"
#include "report/plan_words.h"

#define DAY 86400.0
#define SAMPLES 1000

/* ---- a plan: two jobs that are planned and one that is not, on two pools --------------------------- */

typedef struct fixture {
    tc_scenario scenario;
    tc_scenario_pool pool[2];
    tc_delivery delivery[2][3];
    tc_scenario_job job[3];
    tc_scenario_candidate candidate[3];
    tc_actual actual[2];
    tc_plan_month used[6];
    tc_plan plan;
    tc_plan_run run[3];
    tc_plan_job sum[3];
    tc_plan_pool pool_sum[2];
    tc_plan_phase phase[3];
    tc_outlook outlook;
    tc_outlook_job drawn[3];
    tc_outlook_month month[2 * 12];
    double finish[3][SAMPLES], on_pool[3][2], met[2];
} fixture;

static void set_name(char *to, size_t size, const char *name) { snprintf(to, size, "%s", name); }

static void set_scenario(fixture *f) {
    tc_scenario *s = &f->scenario;
    set_name(s->slug, sizeof s->slug, "hand");
    set_name(s->name, sizeof s->name, "By hand <&> \"quoted\"");
    s->start = s->as_of = tc_day_from_date(2025, 1, 1);
    s->horizon = tc_day_from_date(2030, 1, 1);
    s->pools = 2, s->jobs = 3;
    s->pool = f->pool, s->job = f->job;
    const char *pools[] = {"north", "south"},
               *jobs[] = {"base", "next; the \xc3\xa9tude, with a name of some length", "lost"};
    for (int p = 0; p < 2; p++) {
        set_name(f->pool[p].name, sizeof f->pool[p].name, pools[p]);
        set_name(f->pool[p].cluster.accelerator.slug, sizeof f->pool[p].cluster.accelerator.slug, "chip");
        f->pool[p].until = INT32_MAX;
        f->pool[p].deliveries = 3 - p;
        f->pool[p].delivery = f->delivery[p];
        for (int i = 0; i < 3; i++)
            f->delivery[p][i] = (tc_delivery){.day = s->start + 31 * i, .devices = 1000 * (p + 1)};
    }
    for (int j = 0; j < 3; j++) {
        set_name(f->job[j].name, sizeof f->job[j].name, jobs[j]);
        set_name(f->candidate[j].name, sizeof f->candidate[j].name, "dense-7b");
        f->candidate[j].tokens = 2e12;
        f->job[j].candidate = &f->candidate[j];
        f->job[j].candidates = 1;
        f->job[j].deadline = j == 0 ? tc_day_from_date(2025, 3, 31) : INT32_MAX;
    }
    f->actual[0] = (tc_actual){.day = s->start + 10,
                               .pool = -1,
                               .job = 0,
                               .tokens = 3e11,
                               .devices = TC_UNSET,
                               .usable = TC_UNSET};
    f->actual[1]
        = (tc_actual){.day = s->start + 10, .pool = 0, .job = -1, .devices = 1000, .usable = 900, .tokens = TC_UNSET};
    s->actual = f->actual, s->actuals = 2;
}

static void set_calendar(fixture *f) {
    tc_plan *plan = &f->plan;
    int32_t start = f->scenario.start;
    *plan = (tc_plan){.scenario = &f->scenario,
                      .feasible = true,
                      .pool = f->pool_sum,
                      .jobs = 3,
                      .job = f->sum,
                      .run = f->run};
    plan->months = 3;
    plan->month = f->used;
    for (int m = 0; m < 6; m++)
        f->used[m] = (tc_plan_month){.day = tc_day_from_date(2025, 1 + m % 3, 1),
                                     .device_hours = {1e5, 2e5, 3e4, 4e4 * m, 5e4},
                                     .cost_usd = {1e5, 2e5, 3e4, 4e4 * m, 5e4},
                                     .energy_mwh = {100, 200, 30, 4 * m, 5}};
    f->phase[0] = (tc_plan_phase){.from_s = 0, .to_s = 30 * DAY, .pool = 0, .devices = 800, .tokens = 1e12};
    f->phase[1] = (tc_plan_phase){.from_s = 30 * DAY, .to_s = 60 * DAY, .pool = 1, .devices = 1600, .tokens = 1e12};
    f->phase[2] = (tc_plan_phase){.from_s = 60 * DAY, .to_s = 150 * DAY, .pool = 1, .devices = 1600, .tokens = 2e12};
    f->run[0] = (tc_plan_run){.feasible = true,
                              .job = 0,
                              .start = start,
                              .finish = start + 60,
                              .finish_s = 60 * DAY,
                              .phases = 2,
                              .phase = f->phase,
                              .cost_usd = 3e6};
    f->run[1] = (tc_plan_run){.feasible = true,
                              .job = 1,
                              .pool = 1,
                              .start = start + 60,
                              .start_s = 60 * DAY,
                              .finish = start + 150,
                              .finish_s = 150 * DAY,
                              .phases = 1,
                              .phase = &f->phase[2],
                              .cost_usd = 6e6};
    f->run[2] = (tc_plan_run){.why = "too few devices", .job = 2};
    f->pool_sum[0].serving = 100;
    for (int j = 0; j < 2; j++)
        f->run[j].p10 = f->run[j].p90
            = (tc_plan_end){.known = true, .finish = f->run[j].finish, .finish_s = f->run[j].finish_s};
}

/* Job 0 is done on day 50 + 0.04 i of sample i; job 1 is not in every fifth calendar; job 2 never. */
static void set_outlook(fixture *f) {
    tc_outlook *o = &f->outlook;
    *o = (tc_outlook){.samples = SAMPLES,
                      .seed = 7,
                      .jobs = 3,
                      .pools = 2,
                      .months = 12,
                      .job = f->drawn,
                      .month = f->month,
                      .met = f->met,
                      .drivers = true};
    f->plan.outlook = o;
    f->plan.samples = SAMPLES, f->plan.seed = 7;
    for (int j = 0; j < 3; j++) {
        tc_outlook_job *d = &f->drawn[j];
        for (int i = 0; i < SAMPLES; i++)
            f->finish[j][i] = j == 0                          ? (50 + 0.04 * i) * DAY
                              : j == 1 && i < SAMPLES * 4 / 5 ? (100 + 0.2 * i) * DAY
                                                              : INFINITY;
        d->finish = f->finish[j];
        d->on_pool = f->on_pool[j];
        d->never = j == 0 ? 0 : j == 1 ? 0.2 : 1;
        d->by_deadline = j == 0 ? tc_outlook_done_by(o, 0, 90 * DAY) : NAN;
        d->finish_s = (tc_percentiles){tc_outlook_quantile(o, j, 0.1), tc_outlook_quantile(o, j, 0.5),
                                       tc_outlook_quantile(o, j, 0.9)};
        d->finish_error_s = (tc_percentiles){0.3 * DAY, 20 * DAY, j ? INFINITY : 0.5 * DAY};
    }
    f->drawn[0].share[TC_DRIVER_PACE] = 0.62, f->drawn[0].swing_s[TC_DRIVER_PACE] = 21 * DAY;
    f->drawn[0].share[TC_DRIVER_STEP] = 0.25, f->drawn[0].swing_s[TC_DRIVER_STEP] = 9.5 * DAY;
    f->drawn[0].interactions = 0.13;
    for (int p = 0; p < 2; p++)
        for (int m = 0; m < 12; m++)
            f->month[p * 12 + m]
                = (tc_outlook_month){tc_day_from_date(2025, m + 1, 1), 500 + 100 * m, 600 + 150 * m, 700 + 180 * m};
}

static fixture *made(void) {
    fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    set_scenario(f);
    set_calendar(f);
    set_outlook(f);
    return f;
}

/* What a function writes; free it. */
static char *picture_text(const fixture *f, int picture) {
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    assert_non_null(file);
    tc_draw_plan_picture(file, &f->plan, (tc_plan_picture)picture);
    assert_int_equal(fclose(file), 0);
    return text;
}

/* ---- a small parser of XML: tags that close in order, attributes in quotes that stand once, entities ---- */

static const char *name_end(const char *p) {
    while (isalnum((unsigned char)*p) || *p == '-' || *p == ':') p++;
    return p;
}

static const char *check_entity(const char *p) {
    static const char *const known[] = {"&lt;", "&gt;", "&amp;", "&quot;", "&#39;"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strncmp(p, known[i], strlen(known[i])) == 0) return p + strlen(known[i]);
    fail_msg("no entity: %.20s", p);
    return p;
}

static const char *check_attributes(const char *p) {
    char seen[400] = " ";
    while (*p == ' ') {
        const char *name = ++p;
        p = name_end(p);
        char word[64];
        snprintf(word, sizeof word, " %.*s ", (int)(p - name), name);
        if (p == name || strstr(seen, word)) fail_msg("attribute twice or without a name: %.40s", name);
        strncat(seen, word + 1, sizeof seen - strlen(seen) - 1);
        if (strncmp(p, "=\"", 2) != 0) fail_msg("attribute without a value: %.40s", name);
        for (p += 2; *p && *p != '"';) {
            if (*p == '<') fail_msg("< in a value: %.40s", name);
            if (*p == '&')
                p = check_entity(p);
            else
                p++;
        }
        if (*p++ != '"') fail_msg("value without an end: %.40s", name);
    }
    return p;
}

static void check_xml(const char *text) {
    char open[32][32];
    int depth = 0, roots = 0;
    for (const char *p = text; *p;) {
        if (*p == '&') {
            p = check_entity(p);
        } else if (*p != '<') {
            if (depth == 0 && !isspace((unsigned char)*p)) fail_msg("text outside: %.20s", p);
            if ((unsigned char)*p < ' ' && *p != '\n') fail_msg("control character");
            p++;
        } else if (p[1] == '/') {
            const char *end = name_end(p + 2);
            if (depth == 0 || strncmp(open[depth - 1], p + 2, strlen(open[depth - 1])) != 0 || *end != '>')
                fail_msg("closes what is not open: %.30s", p);
            depth--;
            p = end + 1;
        } else {
            const char *end = name_end(p + 1);
            assert_true(end > p + 1 && depth < 31);
            snprintf(open[depth], sizeof open[depth], "%.*s", (int)(end - p - 1), p + 1);
            roots += depth == 0;
            p = check_attributes(end);
            if (strncmp(p, "/>", 2) == 0)
                p += 2;
            else if (*p == '>')
                p++, depth++;
            else
                fail_msg("tag without an end: %.30s", p);
        }
    }
    assert_int_equal(depth, 0);
    assert_int_equal(roots, 1);
}

static int count(const char *text, const char *what) {
    int n = 0;
    for (; (text = strstr(text, what)); text++) n++;
    return n;
}

static void assert_has(const char *text, const char *what) {
    if (!strstr(text, what)) fail_msg("'%s' is not in:\n%.3000s", what, text);
}

static void assert_has_not(const char *text, const char *what) {
    if (strstr(text, what)) fail_msg("'%s' is in:\n%.3000s", what, text);
}

/* ---- pictures ------------------------------------------------------------------------------------------ */

static void pictures_are_well_formed_and_the_same(void **state) {
    (void)state;
    fixture *f = made(), *g = made();
    for (int i = 0; i < TC_PICTURES; i++) {
        assert_null(tc_plan_picture_missing(&f->plan, (tc_plan_picture)i));
        char *text = picture_text(f, i), *again = picture_text(g, i);
        check_xml(text);
        assert_has(text, "By hand &lt;&amp;&gt; &quot;quoted&quot;");
        assert_has_not(text, "nan");
        assert_has_not(text, "inf");
        assert_has_not(text, "<script");
        assert_string_equal(text, again);
        free(text);
        free(again);
    }
    free(f);
    free(g);
}

static void pictures_have_the_numbers(void **state) {
    (void)state;
    fixture *f = made();
    char *text = picture_text(f, TC_PICTURE_CALENDAR);
    assert_has(text, ">50 % 2025-03-11<"); /* day 69.98 of the year's first */
    assert_has(text, ">10 % 2025-02-23, 90 % 2025-03-27<");
    assert_has(text, ">by 2025-03-31: &gt; 99.7 %<");
    assert_has(text, ">800<");
    assert_has(text, "south: 1,600 devices, 1.00 T tokens, 2025-01-31 to 2025-03-02");
    assert_has(text, ">too few devices<");
    assert_has(text, ">never<");
    assert_has(text, "90 % never");
    free(text);
    text = picture_text(f, TC_PICTURE_S_CURVE);
    assert_has(text, "90 % never, never 20 %<");
    assert_has(text, "deadline 2025-03-31");
    assert_has(text, "1,000 calendars, seed 7");
    free(text);
    text = picture_text(f, TC_PICTURE_DRIVERS);
    assert_has(text, ">62 %, 21 days<");
    assert_has(text, ">25 %, 9.5 days<");
    assert_has(text, ">13 %<");
    assert_has(text, ">&lt; 6 %<");                               /* 2 / sqrt(1,000) */
    assert_int_equal(count(text, "calendars without an end"), 1); /* next's */
    free(text);
    f->drawn[0].swing_s[TC_DRIVER_PACE] = 900 * DAY; /* of the horizon: no days of the end */
    text = picture_text(f, TC_PICTURE_DRIVERS);
    assert_has(text, ">62 %<");
    assert_int_equal(count(text, "calendars without an end"), 2);
    free(text);
    text = picture_text(f, TC_PICTURE_MONEY);
    assert_has(text, "$9.00 M in all");
    /* the second run: 31 of its 90 days in March lie after 2 March 00:00: 30 / 90 of 6 M; the first: 1 day of 1,600 devices */
    assert_has(text, "$2.00 M");
    assert_has(text, "USD a month");
    free(text);
    text = picture_text(f, TC_PICTURE_FLEET);
    assert_has(text, "$2.88 M in all");
    assert_has(text, "idle: $600 k");
    assert_has(text, "USD a month");
    free(text);
    text = picture_text(f, TC_PICTURE_TOKENS);
    assert_has(text, "base (dense-7b): 2.00 T tokens");
    assert_has(text, ">seen<");
    free(text);
    text = picture_text(f, TC_PICTURE_DEVICES);
    assert_has(text, "north (chip)");
    assert_has(text, ">seen: working<");
    assert_has(text, ">kept for serving<");
    free(text);
    free(f);
}

/* The ordinates of a curve fall to the right on a page whose y grows downwards: the share that is done never falls. */
static void the_curve_never_falls(void **state) {
    (void)state;
    fixture *f = made();
    char *text = picture_text(f, TC_PICTURE_S_CURVE);
    int curves = 0;
    for (char *p = text; (p = strstr(p, "<path d=\"M")); p++) {
        double x, y, before = INFINITY, across = -INFINITY;
        char *at = p + strlen("<path d=\"M"), *end = strstr(at, "\" fill=\"none\"");
        if (!end || strchr(at, '>') < end) continue;
        for (int used; sscanf(at, "%lf %lf%n", &x, &y, &used) == 2; at += used + (at[used] == 'L')) {
            assert_true(y <= before && x >= across);
            before = y, across = x;
        }
        assert_ptr_equal(at, end);
        curves++;
    }
    assert_int_equal(curves, 2);
    free(text);
    free(f);
}

static void what_is_absent_is_left_out(void **state) {
    (void)state;
    fixture *f = made();
    f->plan.outlook = NULL;
    assert_null(tc_plan_picture_missing(&f->plan, TC_PICTURE_CALENDAR));
    assert_null(tc_plan_picture_missing(&f->plan, TC_PICTURE_TOKENS));
    assert_non_null(tc_plan_picture_missing(&f->plan, TC_PICTURE_S_CURVE));
    assert_non_null(tc_plan_picture_missing(&f->plan, TC_PICTURE_DEVICES));
    assert_non_null(tc_plan_picture_missing(&f->plan, TC_PICTURE_DRIVERS));
    char *text = picture_text(f, TC_PICTURE_CALENDAR);
    check_xml(text);
    assert_has(text, "10 % 2025-03-02, 90 % 2025-03-02");
    free(text);
    f->run[0].cost_usd = f->run[1].cost_usd = NAN;
    assert_non_null(tc_plan_picture_missing(&f->plan, TC_PICTURE_MONEY));
    f->plan.feasible = false;
    assert_non_null(tc_plan_picture_missing(&f->plan, TC_PICTURE_CALENDAR));
    set_outlook(f);
    f->outlook.drivers = false;
    f->plan.feasible = true;
    assert_non_null(tc_plan_picture_missing(&f->plan, TC_PICTURE_DRIVERS));
    free(f);
}

static void many_jobs_are_cut_and_said(void **state) {
    (void)state;
    enum { MANY = 200 };
    fixture *f = made();
    f->plan.jobs = f->outlook.jobs = f->scenario.jobs = MANY;
    f->plan.run = calloc(MANY, sizeof *f->plan.run);
    f->plan.job = calloc(MANY, sizeof *f->plan.job);
    f->scenario.job = calloc(MANY, sizeof *f->scenario.job);
    f->outlook.job = calloc(MANY, sizeof *f->outlook.job);
    assert_true(f->plan.run && f->plan.job && f->scenario.job && f->outlook.job);
    for (int j = 0; j < MANY; j++)
        f->plan.run[j] = f->run[j % 2], f->scenario.job[j] = f->job[j % 2], f->outlook.job[j] = f->drawn[j % 2];
    static const char *const said[TC_PICTURES] = {[TC_PICTURE_CALENDAR] = "160 more",
                                                  [TC_PICTURE_S_CURVE] = "194 more",
                                                  [TC_PICTURE_DRIVERS] = "188 more",
                                                  [TC_PICTURE_TOKENS] = "188 more",
                                                  [TC_PICTURE_MONEY] = "other jobs: $873 M"};
    for (int i = 0; i < TC_PICTURES; i++) {
        char *text = picture_text(f, i);
        check_xml(text);
        if (said[i]) assert_has(text, said[i]);
        free(text);
    }
    free(f->plan.run);
    free(f->plan.job);
    free(f->scenario.job);
    free(f->outlook.job);
    free(f);
}

static void a_folder_that_cannot_be_written_is_one_line(void **state) {
    (void)state;
    fixture *f = made();
    tc_error error = {0};
    char folder[] = "/tmp/traincast-pictures-XXXXXX", path[100];
    assert_int_equal(tc_report_plan_svg(&f->plan, "/nonexistent/pictures", &error), TC_INVALID);
    assert_string_equal(error.place, "/nonexistent/pictures/calendar.svg");
    assert_null(strchr(error.text, '\n'));
    assert_non_null(mkdtemp(folder));
    assert_int_equal(tc_report_plan_svg(&f->plan, folder, &error), TC_OK);
    for (int i = 0; i < TC_PICTURES; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, tc_plan_picture_file((tc_plan_picture)i));
        assert_int_equal(unlink(path), 0);
    }
    snprintf(path, sizeof path, "%s/s-curve.svg", folder); /* a disk that is full */
    if (access("/dev/full", W_OK) == 0 && symlink("/dev/full", path) == 0) {
        assert_int_equal(tc_report_plan_svg(&f->plan, folder, &error), TC_INTERNAL);
        assert_string_equal(error.place, path);
        assert_has(error.text, "cannot be written");
        assert_int_equal(unlink(path), 0);
        snprintf(path, sizeof path, "%s/calendar.svg", folder);
        assert_int_equal(unlink(path), 0);
    }
    assert_int_equal(rmdir(folder), 0);
    free(f);
}

/* ---- axes ------------------------------------------------------------------------------------------------ */

static void axes_are_round(void **state) {
    (void)state;
    tc_axis a = tc_axis_upto(TC_AXIS_NUMBER, 0, 97123, "devices");
    assert_true(a.low == 0 && a.high == 100000);
    a = tc_axis_upto(TC_AXIS_NUMBER, 0, 1.84e13, "tokens");
    assert_true(a.high == 2e13);
    a = tc_axis_upto(TC_AXIS_NUMBER, 0, 0, NULL);
    assert_true(a.high == 1);
    a = tc_axis_upto(TC_AXIS_NUMBER, 0, INFINITY, NULL);
    assert_true(a.high == 1);
}

/* Labels of an axis of dates from a day, so long, do not touch: two of them never stand closer than they are wide. */
static void labels_of_dates_do_not_touch(void **state) {
    (void)state;
    for (double days = 3; days < 40000; days *= 1.37) {
        char *text = NULL;
        size_t size;
        FILE *file = open_memstream(&text, &size);
        assert_non_null(file);
        tc_chart chart = {file, 960, 400};
        tc_plot plot = {&chart,
                        78,
                        60,
                        862,
                        200,
                        {.kind = TC_AXIS_DATE, .low = 20089.3, .high = 20089.3 + days},
                        {.kind = TC_AXIS_ROWS, .high = 1}};
        tc_plot_axes(&plot);
        assert_int_equal(fclose(file), 0);
        double free_from[2] = {0, 0};
        int labels = 0;
        for (char *p = text; (p = strstr(p, "<text ")); p++) {
            double x, y;
            char word[64];
            assert_int_equal(sscanf(p, "<text x=\"%lf\" y=\"%lf\"", &x, &y), 2);
            assert_int_equal(sscanf(strchr(p, '>'), ">%63[^<]", word), 1);
            double half = tc_chart_text_width(word, 11) / 2;
            int line = y > 280;
            if (x - half < free_from[line]) fail_msg("%g days: '%s' touches the one before", days, word);
            if (x + half > 960) fail_msg("%g days: '%s' is cut", days, word);
            free_from[line] = x + half;
            labels += line == 0;
        }
        assert_true(labels >= 2 && labels <= 36);
        free(text);
    }
}

static void texts_are_cut_between_characters(void **state) {
    (void)state;
    char out[64];
    assert_string_equal(tc_chart_cut(out, sizeof out, "short", 200, 11), "short");
    tc_chart_cut(out, sizeof out, "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9",
                 40, 11);
    assert_string_equal(out, "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9..");
}

/* ---- words ------------------------------------------------------------------------------------------------- */

static void digits_are_those_that_samples_support(void **state) {
    (void)state;
    fixture *f = made();
    assert_string_equal(tc_format_probability(0.5, 1024).s, "50 %");
    assert_string_equal(tc_format_probability(0.0078125, 1024).s, "0.8 %");
    assert_string_equal(tc_format_probability(0, 1024).s, "< 0.3 %");
    assert_string_equal(tc_format_probability(1, 1024).s, "> 99.7 %");
    assert_string_equal(tc_format_probability(1, 3).s, "100 %");
    assert_string_equal(tc_format_probability(NAN, 1024).s, "-");
    assert_string_equal(tc_format_share(0.623, 1024).s, "62 %");
    assert_string_equal(tc_format_share(-0.1, 1024).s, "< 6 %");
    assert_string_equal(tc_format_moment(&f->scenario, 60.5 * DAY, 2 * DAY).s, "2025-03-02");
    assert_string_equal(tc_format_moment(&f->scenario, 60.5 * DAY, 15 * DAY).s, "2025-03");
    assert_string_equal(tc_format_moment(&f->scenario, 60.5 * DAY, 200 * DAY).s, "2025");
    assert_string_equal(tc_format_moment(&f->scenario, INFINITY, 0).s, "never");
    free(f);
}

/* ---- text ---------------------------------------------------------------------------------------------------- */

static char *outlook_text(const fixture *f, int width, bool utf8) {
    char *text = NULL;
    size_t size;
    tc_style style = {.width = width, .utf8 = utf8};
    FILE *file = open_memstream(&text, &size);
    assert_non_null(file);
    assert_true(tc_print_outlook(file, &style, &f->plan));
    assert_int_equal(fclose(file), 0);
    return text;
}

static void text_keeps_its_width(void **state) {
    (void)state;
    fixture *f = made();
    static const int widths[] = {60, 80, 120};
    for (int i = 0; i < 6; i++) {
        char *text = outlook_text(f, widths[i / 2], i % 2), *rest = text;
        for (char *line; (line = strtok_r(rest, "\n", &rest));)
            if (tc_text_width(line) > widths[i / 2]) fail_msg("wider than %d: %s", widths[i / 2], line);
        free(text);
    }
    f->job[1].name[0] = 'n';
    char *text = outlook_text(f, 80, false);
    assert_has(text, "\nbase                2025-02-23  2025-03  2025-03  2025-03-27   < 0.3 %  > 99.7 %\n");
    assert_has(text, "  never    never           20 %");
    assert_has(text, "pace of deliveries                 62 %    21 days  ###############\n");
    assert_has(text, "interactions                       13 %             ###\n");
    assert_has(text, "0-9: how likely, in tenths");
    assert_has(text, "south              2025-01-01    500    600    700\n");
    free(text);
    text = outlook_text(f, 0, true);
    assert_has(text, "\xe2\x96\x88");
    assert_has(text, "0.3, 20, 0.5");
    free(text);
    f->plan.outlook = NULL;
    text = outlook_text(f, 80, false);
    assert_string_equal(text, "");
    free(text);
    free(f);
}

static void plain_text_is_ascii(void **state) {
    (void)state;
    fixture *f = made();
    set_name(f->job[1].name, sizeof f->job[1].name, "next");
    char *text = outlook_text(f, 80, false);
    for (const char *p = text; *p; p++) assert_true((unsigned char)*p < 127);
    free(text);
    free(f);
}

/* ---- iCalendar and CSV ------------------------------------------------------------------------------------------ */

static char *ics_text(const fixture *f) {
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    assert_non_null(file);
    tc_report_plan_ics(file, &f->plan);
    assert_int_equal(fclose(file), 0);
    return text;
}

/* The UIDs in order; free it. */
static char *uids_of(const char *text) {
    char *out = calloc(1, strlen(text) + 1);
    assert_non_null(out);
    for (const char *p = text; (p = strstr(p, "UID:")); p++) strncat(out, p, strcspn(p, "\r"));
    return out;
}

static void icalendar_is_as_the_rfc_has_it(void **state) {
    (void)state;
    fixture *f = made();
    char *text = ics_text(f), *again = ics_text(f);
    assert_string_equal(text, again);
    free(again);
    for (const char *p = text; *p;) {
        size_t length = strcspn(p, "\n");
        assert_true(length >= 2 && p[length] == '\n' && p[length - 1] == '\r');
        if (length - 1 > 75) fail_msg("more than 75 octets: %.80s", p);
        p += length + 1;
    }
    assert_int_equal(strncmp(text, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:", 37), 0);
    assert_has(text, "DTSTAMP:20250101T000000Z\r\n");
    assert_has(text, "DTSTART;VALUE=DATE:20250311\r\nDTEND;VALUE=DATE:20250312\r\n"); /* half of base's calendars */
    assert_has(text, "SUMMARY:next\\; the \xc3\xa9tude\\, with a name of some length starts\r\n");
    assert_has(text, "SUMMARY:north: 1\\,000 devices are promised\r\n");
    assert_has(text, "DESCRIPTION:done by then: > 99.7 %\r\n");
    /* base: start, 50 %, 90 %, deadline; next: start, 50 %, never 90 %; three and two deliveries */
    assert_int_equal(count(text, "BEGIN:VEVENT\r\n"), 4 + 2 + 5);
    assert_int_equal(count(text, "END:VEVENT\r\n"), 4 + 2 + 5);
    char *uids = uids_of(text), *moved_uids;
    for (const char *p = uids; (p = strstr(p, "UID:")); p++) {
        char one[64];
        snprintf(one, sizeof one, "%.20s", p);
        assert_int_equal(count(uids, one), 1);
    }
    free(text);
    for (int i = 0; i < SAMPLES; i++) f->finish[0][i] += 7 * DAY; /* next week: the same events on other days */
    f->drawn[0].finish_s.p50 += 7 * DAY;
    text = ics_text(f);
    moved_uids = uids_of(text);
    assert_has(text, "DTSTART;VALUE=DATE:20250318\r\n");
    assert_string_equal(uids, moved_uids);
    free(uids);
    free(moved_uids);
    free(text);
    free(f);
}

static char *csv_text(const fixture *f, void (*report)(tc_target *, const tc_plan *)) {
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    assert_non_null(file);
    tc_target target = {.file = file};
    report(&target, &f->plan);
    assert_false(target.out_of_memory);
    assert_int_equal(fclose(file), 0);
    return text;
}

static void csv_has_every_per_cent_and_month(void **state) {
    (void)state;
    fixture *f = made();
    char *text = csv_text(f, tc_report_plan_dates_csv);
    assert_int_equal(count(text, "\n"), 1 + 3 * 99);
    assert_int_equal(strncmp(text, "job,probability_pct,date\nbase,1,2025-02-20\n", 43), 0);
    assert_has(text, "\nbase,50,2025-03-11\n");
    assert_has(text, ",99,\nlost,1,\n");
    free(text);
    text = csv_text(f, tc_report_plan_months_csv);
    assert_int_equal(count(text, "\n"), 1 + 2 * 12);
    assert_int_equal(strncmp(text, "pool,date,p10,p50,p90,training_device_hours,", 44), 0);
    assert_has(text, "\nnorth,2025-01-01,500,600,700,100000,200000,30000,0,50000,380000,50000,335,0\n");
    assert_has(text, "\nsouth,2025-12-01,1600,2250,2680,,,,,,,,,\n");
    free(text);
    free(f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pictures_are_well_formed_and_the_same),
        cmocka_unit_test(pictures_have_the_numbers),
        cmocka_unit_test(the_curve_never_falls),
        cmocka_unit_test(what_is_absent_is_left_out),
        cmocka_unit_test(many_jobs_are_cut_and_said),
        cmocka_unit_test(a_folder_that_cannot_be_written_is_one_line),
        cmocka_unit_test(axes_are_round),
        cmocka_unit_test(labels_of_dates_do_not_touch),
        cmocka_unit_test(texts_are_cut_between_characters),
        cmocka_unit_test(digits_are_those_that_samples_support),
        cmocka_unit_test(text_keeps_its_width),
        cmocka_unit_test(plain_text_is_ascii),
        cmocka_unit_test(icalendar_is_as_the_rfc_has_it),
        cmocka_unit_test(csv_has_every_per_cent_and_month),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
