/* test_outlook.c - the calendar under uncertainty against closed forms, and what must always hold of it.
 *
 * Jobs have given rates (tokens a second of a device), so that every date can be worked out by hand. */
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/calendar.h"
#include "base/distributions.h"
#include "fleet/future.h"
#include "near.h"
#include "scenario_text.h"

/* Nothing is uncertain but what a test says; nothing fails. */
#define CALM                                                                                                           \
    "format: 1\nname: test\nstart: \"2024-01-01\"\n"                                                                   \
    "risks:\n  on_time: 1\n  pace: 1\n  pace_shape: 1e9\n  lot: 1\n  stops_per_year: 0\n"                              \
    "  stops_per_year_controlled: 0\n  shocks_per_year: 0\n  bad: 0\n  spares: 0\n  operations: 1\n"                   \
    "  weekly_noise: 0\n  disruptions_every: \"1e12 s\"\n  disruption: \"0 s\"\n  rollbacks_every: \"1e12 s\"\n"       \
    "  rollback: \"0 s\"\n  rework_chance: 0\n  failures_shape: 1e9\n  early_failures: 1\n"
#define POOL                                                                                                           \
    "pools:\n  - name: a\n    accelerator: h20\n    region: us\n    ownership: owned\n    mtbf: \"1e12 s\"\n    "      \
    "deliveries:\n"
/* 1,000 devices need `days` days */
#define JOB                                                                                                            \
    "jobs:\n  - name: j\n    candidates:\n      - name: c\n        tokens: %.17g\n        rates:\n          - "        \
    "{accelerator: h20, tokens_per_s: %s}\n"
#define TOKENS(days) ((days)*86400. * 1000)

static tc_plan plan_of(const tc_scenario *scenario, int samples, int threads) {
    tc_plan plan;
    tc_error error = {0};
    tc_plan_options options = tc_default_plan_options();
    options.samples = samples;
    options.threads = threads;
    if (tc_plan_make(scenario, NULL, &options, &plan, &error) != TC_OK) fail_msg("%s: %s", error.place, error.text);
    return plan;
}

static double days(double seconds) { return seconds / 86400; }

/* Within so many standard errors that the outlook itself gives. */
static void near_error(double value, double expected, double error) {
    if (fabs(value - expected) > 4 * error + 0.02) fail_msg("%g is not %g (standard error %g)", value, expected, error);
}

static void check_quantiles(const char *text, double p10, double p50, double p90) {
    tc_scenario *s = good_scenario(text);
    tc_plan plan = plan_of(s, 8192, 0);
    const tc_outlook_job *o = &plan.outlook->job[0];
    near_error(days(o->finish_s.p10), p10, days(o->finish_error_s.p10));
    near_error(days(o->finish_s.p50), p50, days(o->finish_error_s.p50));
    near_error(days(o->finish_s.p90), p90, days(o->finish_error_s.p90));
    tc_plan_free(&plan);
    tc_scenario_free(s);
}

/* A delivery on day 5, log-normal bring-up of median 30 d and sd 0.9, 100 d of work. */
static void one_delivery(void **state) {
    (void)state;
    char text[4000], spread[128];
    double sd = 0.9 * TC_NORMAL_P90;
    snprintf(spread, sizeof spread, "  bring_up: {low: \"%.12g d\", mid: \"30 d\", high: \"%.12g d\"}\n", 30 * exp(-sd),
             30 * exp(sd));
    snprintf(text, sizeof text, CALM "%s" POOL "      - {date: \"2024-01-06\", devices: 1000}\n" JOB, spread,
             TOKENS(100), "1");
    check_quantiles(text, 114.467, 135.000, 200.068);
}

/* 100 d whose rate has a log-normal error of sd 0.1. */
static void step_error(void **state) {
    (void)state;
    char text[4000], rate[128];
    double sd = 0.1 * TC_NORMAL_P90;
    snprintf(rate, sizeof rate, "{low: %.12g, mid: 1, high: %.12g}", exp(-sd), exp(sd));
    snprintf(text, sizeof text, CALM "  bring_up: \"0 d\"\n" POOL "      - {date: \"2023-12-01\", devices: 1000}\n" JOB,
             TOKENS(100), rate);
    check_quantiles(text, 87.9717, 100, 113.6729);
}

/* A stop ends what is to come: of twelve monthly lots those before it arrive. */
static void stops_by_regulation(void **state) {
    (void)state;
    char text[4000];
    snprintf(text, sizeof text,
             CALM "  bring_up: \"0 d\"\n" POOL
                  "      - {every: month, from: \"2024-01-31\", until: \"2024-12-31\", devices: 100}\n" JOB,
             TOKENS(1), "1");
    tc_scenario *s = good_scenario(text);
    s->pool[0].risks.stops_per_year = 0.7;
    s->pool[0].risks.reopens = 0;
    s->pool[0].risks.pace_shape = INFINITY; /* every lot is as large as planned */
    tc_arena arena = {0};
    tc_fleet *fleet = tc_fleet_new(s, &arena);
    tc_future *future = tc_futures_new(fleet, &arena);
    enum { N = 20000 };
    int all = 0, none = 0;
    double sum = 0;
    for (uint32_t i = 0; i < N; i++) {
        tc_fate fate = {.sample = i};
        for (int d = 0; d < TC_DRIVERS; d++) fate.seed[d] = 99;
        tc_futures_draw(fleet, &fate, future);
        int lots = future[0].levels > 0 ? future[0].level[future[0].levels - 1].usable / 100 : 0;
        sum += lots;
        all += lots == 12;
        none += lots == 0;
    }
    /* the lots come at the ends of months, in years */
    static const int day[] = {30, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};
    double expected = 0;
    for (int i = 0; i < 12; i++) expected += exp(-0.7 * day[i] / 365.25);
    assert_true(fabs(sum / N - expected) < 0.1);
    assert_true(fabs((double)all / N - exp(-0.7 * 365 / 365.25)) < 0.014);
    assert_true(fabs((double)none / N - (1 - exp(-0.7 * 30 / 365.25))) < 0.008);
    tc_arena_free(&arena);
    tc_scenario_free(s);
}

/* The pace after 30,000 of 58,333 in seven months, by lots of 2,000 (gamma-Poisson: mean 0.5447, sd 0.125), and where what has come is known as a
 * spread: its median is that of the posterior at the spread's median, its own spread adds. */
static void pace_is_learnt(void **state) {
    (void)state;
    static const char *const seen[] = {"30000", "{low: 20000, mid: 30000, high: 40000}"};
    double p10[2], p50[2], p90[2];
    for (int k = 0; k < 2; k++) {
        char text[4000];
        snprintf(text, sizeof text,
                 CALM "as_of: \"2024-07-31\"\n" POOL "      - {every: month, from: \"2024-01-31\", until: "
                      "\"2024-12-31\", devices: 8333, ordered: 100000}\n" JOB
                      "actuals: [{date: \"2024-07-31\", pool: a, devices: %s}]\n",
                 TOKENS(1), "1", seen[k]);
        tc_scenario *s = good_scenario(text);
        s->pool[0].risks.pace = 0.7;
        s->pool[0].risks.pace_shape = 4;
        s->pool[0].risks.lot = 2000;
        tc_plan plan = plan_of(s, 64, 0);
        p10[k] = plan.pool[0].pace.p10;
        p50[k] = plan.pool[0].pace.p50;
        p90[k] = plan.pool[0].pace.p90;
        tc_plan_free(&plan);
        tc_scenario_free(s);
    }
    double shape = 4 + 15,
           rate = 4 / 0.7 + 8333 * 212 / (365.25 / 12) / 2000; /* planned since a month before the first */
    for (int i = 0; i < 3; i++) {
        static const double p[] = {0.1, 0.5, 0.9};
        double got = i == 0 ? p10[0] : i == 1 ? p50[0] : p90[0];
        assert_near(got, tc_gamma_at(p[i], shape, 1 / rate), 0.012);
    }
    assert_near(p50[1], p50[0], 0.02);
    assert_true(p10[1] < p10[0] - 0.03 && p90[1] > p90[0] + 0.03);
}

/* Deliveries at a pace p of n a day, r tokens a day of each device: W tokens are done after sqrt(2 W / (r n p)) days. */
static void a_steady_stream(void **state) {
    (void)state;
    char text[4000], rate[32];
    const double tokens = 1.8e13, each = 986, shape = 4;
    snprintf(rate, sizeof rate, "%.17g", 1.5e7 / 86400);
    snprintf(text, sizeof text,
             CALM
             "  bring_up: \"0 d\"\n" POOL
             "      - {every: week, from: \"2024-01-05\", until: \"2025-01-05\", devices: 986, ordered: 200000}\n" JOB,
             tokens, rate);
    tc_scenario *s = good_scenario(text);
    s->pool[0].risks.pace_shape = shape;
    tc_plan plan = plan_of(s, 4096, 0);
    const tc_outlook_job *o = &plan.outlook->job[0];
    const double got[] = {o->finish_s.p10, o->finish_s.p50, o->finish_s.p90}, chance[] = {0.9, 0.5, 0.1};
    for (int i = 0; i < 3; i++) { /* what comes in a week counts at its fifth day, half a day after its middle */
        double expected = 0.5 + sqrt(2 * tokens / (1.5e7 * each / 7 * tc_gamma_at(chance[i], shape, 1 / shape)));
        assert_true(fabs(days(got[i]) / expected - 1) < 0.01);
    }
    tc_plan_free(&plan);
    tc_scenario_free(s);
}

/* Of the 41,665 devices that are planned in five months more, after 30,000 of 58,333 in seven: by lots of 2,000 the tenth, the median and the
 * ninetieth of a hundred are 6, 11 and 17. */
static void what_is_still_to_come(void **state) {
    (void)state;
    char text[4000];
    snprintf(text, sizeof text,
             CALM
             "  bring_up: \"0 d\"\nas_of: \"2024-07-31\"\n" POOL
             "      - {every: month, from: \"2024-01-31\", until: \"2024-12-31\", devices: 8333, ordered: 100000}\n" JOB
             "actuals: [{date: \"2024-07-31\", pool: a, devices: 30000}]\n",
             TOKENS(1), "1");
    tc_scenario *s = good_scenario(text);
    s->pool[0].risks.pace = 0.7;
    s->pool[0].risks.pace_shape = 4;
    s->pool[0].risks.lot = 2000;
    tc_plan plan = plan_of(s, 4096, 0);
    const tc_outlook_month *year = NULL;
    for (int m = 0; m < plan.outlook->months; m++)
        if (plan.outlook->month[m].day == tc_day_from_date(2025, 1, 1)) year = &plan.outlook->month[m];
    assert_non_null(year);
    assert_int_equal(year->p10, 30000 + 6 * 2000);
    assert_int_equal(year->p50, 30000 + 11 * 2000);
    assert_int_equal(year->p90, 30000 + 17 * 2000);
    tc_plan_free(&plan);
    tc_scenario_free(s);
}

/* How likely 21 lots more come by the end of the year, after so many devices in seven months. */
static double at_least_21_lots(int devices) {
    char text[4000];
    snprintf(text, sizeof text,
             CALM "  bring_up: \"0 d\"\nas_of: \"2024-07-31\"\n" POOL
                  "      - {every: month, from: \"2024-01-31\", until: \"2024-12-31\", devices: 8333, ordered: "
                  "1000000}\n" JOB "actuals: [{date: \"2024-07-31\", pool: a, devices: %d}]\n",
             TOKENS(1), "1", devices);
    tc_scenario *s = good_scenario(text);
    s->pool[0].risks.pace = 0.7;
    s->pool[0].risks.pace_shape = 4;
    s->pool[0].risks.lot = 2000;
    tc_arena arena = {0};
    tc_fleet *fleet = tc_fleet_new(s, &arena);
    tc_future *future = tc_futures_new(fleet, &arena);
    enum { N = 64 };
    int enough = 0;
    for (uint32_t i = 0; i < N; i++) {
        tc_fate fate = {.sample = i};
        for (int d = 0; d < TC_DRIVERS; d++) fate.seed[d] = (uint64_t)devices + 1;
        tc_futures_draw(fleet, &fate, future);
        int came = 0;
        for (int l = 0; l < future->levels && days(future->level[l].from_s) <= 366; l++) came = future->level[l].usable;
        enough += came - devices >= 21 * 2000;
    }
    tc_arena_free(&arena);
    tc_scenario_free(s);
    return (double)enough / N;
}

/* The law of total probability: the mean over what may have come by July of how likely 21 lots come after it is how likely they are
 * before anything has come. */
static void updates_are_right_on_average(void **state) {
    (void)state;
    enum { N = 400 };
    double planned = 8333 * 212 / (365.25 / 12) / 2000, sum = 0;
    for (uint32_t i = 0; i < N; i++) {
        double pace = tc_gamma_at((i + 0.5) / N, 4, 0.7 / 4);
        sum += at_least_21_lots(2000 * (int)tc_poisson_at(tc_uniform(7, 11, i, 0), pace * planned));
    }
    assert_true(fabs(sum / N - 0.208643) < 0.03);
}

/* Two a 90 days of LogN(2 d, 1.0) each: 6.59 days are lost on average, none with exp(-2). */
static void disruptions_of_a_run(void **state) {
    (void)state;
    char text[4000];
    snprintf(text, sizeof text, CALM "  bring_up: \"0 d\"\n" POOL "      - {date: \"2024-01-01\", devices: 1000}\n" JOB,
             TOKENS(90), "1");
    tc_scenario *s = good_scenario(text);
    s->risks.disruptions_every_s = 45 * 86400;
    s->risks.disruption_s = (tc_spread){2 * 86400 * exp(-TC_NORMAL_P90), 2 * 86400, 2 * 86400 * exp(TC_NORMAL_P90)};
    tc_plan plan = plan_of(s, 8192, 0);
    double lost = 0;
    int none = 0;
    for (int i = 0; i < plan.samples; i++) {
        double took = days(plan.outlook->job[0].sampled[i]);
        assert_true(took > 90 - 1e-3);
        none += took < 90 + 1e-3;
        lost += (took - 90) / plan.samples;
    }
    assert_true(fabs(lost - 6.5949) < 0.35); /* four standard errors */
    assert_true(fabs((double)none / plan.samples - 0.135335) < 0.015);
    tc_plan_free(&plan);
    tc_scenario_free(s);
}

/* 278 nodes serve as DeepSeek's do over a day: 226.75 on average, 1,230 node-hours are free, less an hour of the most a day. */
static void a_night_of_serving(void **state) {
    (void)state;
    char text[4000];
    snprintf(text, sizeof text,
             CALM "  bring_up: \"0 d\"\n" POOL "      - {date: \"2024-01-01\", devices: 278}\n" JOB
                  "serving:\n  - {name: chat, pool: a, devices: 278, profile: deepseek-day, night_training: true}\n",
             TOKENS(1), "1");
    tc_scenario *s = good_scenario(text);
    double serves = 0, most = 0;
    for (int h = 0; h < 24; h++) {
        serves += 278 * s->serving[0].profile.hour[h] / 24;
        most = fmax(most, 278 * (1 - s->serving[0].profile.hour[h]));
    }
    assert_true(fabs(serves - 226.75) < 0.05);
    assert_true(fabs(24 * (278 - serves) - 1230) < 1);
    tc_plan plan = plan_of(s, 64, 0);
    int free_all_day = (int)(278 - serves - most / 24);
    assert_int_equal(plan.run[0].phase[0].available, free_all_day);
    assert_true(fabs(days(plan.run[0].finish_s) * free_all_day / 1000 - 1) < 1e-3);
    tc_plan_free(&plan);
    tc_scenario_free(s);
}

/* What comes to a pool of many deliveries counts day by day, and all of it comes. */
static void many_deliveries_count_by_day(void **state) {
    (void)state;
    enum { DELIVERIES = 250 };
    char *text = malloc(DELIVERIES * 64 + 4000), *at = text;
    assert_non_null(text);
    at += sprintf(at, CALM "  slip: {low: 0.2, mid: 0.5, high: 1.2}\n" POOL);
    for (int i = 0; i < DELIVERIES; i++) {
        char day[TC_DATE_SIZE];
        tc_date_format(tc_day_from_date(2024, 1, 2) + 2 * i, day);
        at += sprintf(at, "      - {date: \"%s\", devices: 7, firm: false}\n", day);
    }
    sprintf(at, JOB, TOKENS(100), "1");
    tc_scenario *s = good_scenario(text);
    s->pool[0].risks.on_time = 0.25;
    s->pool[0].risks.bad = (tc_spread){0.01, 0.2, 0.5};
    tc_arena arena = {0};
    tc_fleet *fleet = tc_fleet_new(s, &arena);
    tc_future *future = tc_futures_new(fleet, &arena);
    for (uint32_t sample = 0; sample < 50; sample++) {
        tc_futures_draw(fleet, &(tc_fate){.sample = sample}, future);
        assert_true(future->levels > 100);
        for (int i = 0; i < future->levels; i++) {
            double from = days(future->level[i].from_s);
            assert_true(from == floor(from));
            assert_true(i == 0 || from > days(future->level[i - 1].from_s));
        }
        assert_int_equal(future->level[future->levels - 1].usable, 7 * DELIVERIES);
    }
    tc_arena_free(&arena);
    tc_scenario_free(s);
    free(text);
}

static double share_of_gate(const tc_outlook_job *o, tc_gate_kind kind, int line) {
    double share = 0;
    for (int i = 0; i < o->gates; i++)
        if (o->gate[i].kind == kind && o->gate[i].line == line) share += o->gate[i].share;
    return share;
}

/* A job needs two deliveries, planned 10 d apart and each late by LogNormal(ln 30 d, 0.9): how often is the first the last to come? The job after
 * it waits for its end alone. */
static void the_last_to_come_gates(void **state) {
    (void)state;
    char text[4000];
    snprintf(text, sizeof text,
             CALM
             "  bring_up: \"0 d\"\n" POOL
             "      - {date: \"2024-01-06\", devices: 1000}\n      - {date: \"2024-01-16\", devices: 1000}\n" JOB
             "    min_devices: 2000\n"
             "  - name: k\n    after: j\n    candidates:\n      - {name: d, tokens: 1e9, rates: [{accelerator: h20, "
             "tokens_per_s: 1}]}\n",
             TOKENS(20), "1");
    tc_scenario *s = good_scenario(text);
    double sd = 0.9 * TC_NORMAL_P90;
    s->pool[0].risks.on_time = 0;
    s->pool[0].risks.slip = s->pool[0].risks.partial = (tc_spread){0, 0, 0};
    s->pool[0].risks.slip_of_lot_s = (tc_spread){30 * 86400 * exp(-sd), 30 * 86400, 30 * 86400 * exp(sd)};
    tc_plan plan = plan_of(s, 8192, 0);
    enum { N = 400 };
    double expected = 0;
    for (int i = 0; i < N; i++)
        for (int k = 0; k < N; k++)
            expected += 30 * exp(0.9 * tc_normal_at((i + 0.5) / N)) > 10 + 30 * exp(0.9 * tc_normal_at((k + 0.5) / N));
    expected /= N * N;
    const tc_outlook_job *o = plan.outlook->job;
    assert_near(share_of_gate(&o[0], TC_GATE_DELIVERY, 0), expected, 0.015);
    assert_near(share_of_gate(&o[0], TC_GATE_DELIVERY, 1), 1 - expected, 0.015);
    assert_near(share_of_gate(&o[1], TC_GATE_JOB, -1), 1, 1e-9);
    assert_int_equal(o[1].gate[0].job, 0);
    tc_plan_free(&plan);
    tc_scenario_free(s);
}

/* Two drivers alone, and a horizon that few calendars beat: what their shares leave is theirs together. */
static void the_two_that_interact_are_named(void **state) {
    (void)state;
    char text[4000], rate[128];
    double sd = 0.467 * TC_NORMAL_P90, lot = 2.1 * TC_NORMAL_P90;
    snprintf(rate, sizeof rate, "{low: %.12g, mid: 1, high: %.12g}", exp(-sd), exp(sd));
    snprintf(text, sizeof text,
             CALM "  bring_up: \"0 d\"\nhorizon: \"2024-05-16\"\n" POOL
                  "      - {date: \"2024-01-06\", devices: 1000}\n" JOB,
             TOKENS(100), rate);
    tc_scenario *s = good_scenario(text);
    s->pool[0].risks.on_time = 0;
    s->pool[0].risks.slip = s->pool[0].risks.partial = (tc_spread){0, 0, 0};
    s->pool[0].risks.slip_of_lot_s = (tc_spread){30 * 86400 * exp(-lot), 30 * 86400, 30 * 86400 * exp(lot)};
    tc_plan plan = plan_of(s, 8192, 0);
    const tc_outlook_job *o = &plan.outlook->job[0];
    assert_true(o->interactions > 0.2);
    assert_true(o->pairs > 0);
    for (int i = 0; i < o->pairs; i++) {
        bool both = o->pair[i].a + o->pair[i].b == TC_DRIVER_DELIVERIES + TC_DRIVER_STEP
                    && (o->pair[i].a == TC_DRIVER_STEP || o->pair[i].b == TC_DRIVER_STEP);
        assert_near(o->pair[i].share, both ? o->interactions : 0, 0.1);
    }
    tc_plan_free(&plan);
    tc_scenario_free(s);
}

/* 1,000 devices need 100 d, and it shall be done in 80: 250 more from the first day, (100 - 31) / (80 - 31) x 1,000 - 1,000 from the second month on; paid
 * until the end. */
static void renting_has_its_price(void **state) {
    (void)state;
    char text[4000];
    snprintf(text, sizeof text,
             CALM "  bring_up: \"0 d\"\n" POOL
                  "      - {date: \"2023-12-01\", devices: 1000}\n    rental: 2 USD/h\n" JOB
                  "    deadline: \"2024-03-20\"\n",
             TOKENS(100), "1");
    tc_scenario *s = good_scenario(text);
    tc_plan plan;
    tc_error error;
    tc_plan_options options = tc_default_plan_options();
    options.samples = 64;
    options.take = 0.9;
    assert_int_equal(tc_plan_make(s, NULL, &options, &plan, &error), TC_OK);
    static const double devices[] = {250, 1000 * 69. / 49 - 1000}, until[] = {80, 49};
    int rents = 0;
    for (int i = 0; i < plan.levers; i++) {
        const tc_lever *l = &plan.lever[i];
        if (l->kind != TC_LEVER_RENT) continue;
        if (rents < 2) {
            assert_near(l->amount / devices[rents], 1, 0.02);
            assert_near(l->cost_usd / (l->amount * 2 * 24 * until[rents]), 1, 0.01);
        } else {
            assert_true(isnan(l->amount)); /* the third month is too late */
        }
        rents++;
    }
    assert_int_equal(rents, 3);
    tc_plan_free(&plan);
    tc_scenario_free(s);
}

/* Two sources of spread that add: the shares are those of their variances. */
static void shares_of_variance(void **state) {
    (void)state;
    char text[4000], rate[128], spread[128];
    double sd = 0.1 * TC_NORMAL_P90, wide = 0.6 * TC_NORMAL_P90;
    snprintf(rate, sizeof rate, "{low: %.12g, mid: 1, high: %.12g}", exp(-sd), exp(sd));
    snprintf(spread, sizeof spread, "  bring_up: {low: \"%.12g d\", mid: \"30 d\", high: \"%.12g d\"}\n",
             30 * exp(-wide), 30 * exp(wide));
    snprintf(text, sizeof text, CALM "%s" POOL "      - {date: \"2024-01-01\", devices: 1000}\n" JOB, spread,
             TOKENS(100), rate);
    tc_scenario *s = good_scenario(text);
    tc_plan plan = plan_of(s, 8192, 0);
    const tc_outlook_job *o = &plan.outlook->job[0];
    double first = 900 * exp(0.36) * (exp(0.36) - 1), second = 10000 * exp(0.01) * (exp(0.01) - 1);
    assert_true(fabs(o->share[TC_DRIVER_BRING_UP] - first / (first + second)) < 0.03);
    assert_true(fabs(o->share[TC_DRIVER_STEP] - second / (first + second)) < 0.03);
    assert_true(fabs(o->interactions) < 0.03);
    assert_near(o->share[TC_DRIVER_SERVING], 0, 0); /* what is not drawn drives nothing */
    assert_near(o->share[TC_DRIVER_DELIVERIES], 0, 0);
    tc_plan_free(&plan);
    tc_scenario_free(s);
}

/* 8,192 devices, then 1,024 more on day 60. */
static void one_more_delivery(void **state) {
    (void)state;
    static const double expected[] = {146.4844, 136.8750};
    for (int more = 0; more < 2; more++) {
        char text[4000];
        snprintf(text, sizeof text,
                 CALM "  bring_up: \"0 d\"\n" POOL "      - {date: \"2023-12-01\", devices: 8192}\n%s" JOB,
                 more ? "      - {date: \"2024-03-01\", devices: 1024}\n" : "", 1.8e13, "173.61111111111111");
        tc_scenario *s = good_scenario(text);
        tc_plan plan = plan_of(s, 64, 1);
        assert_true(fabs(days(plan.outlook->job[0].finish_s.p50) - expected[more]) < 0.01);
        tc_plan_free(&plan);
        tc_scenario_free(s);
    }
}

static const char two_jobs[]
    = "format: 1\nname: test\nstart: \"2024-01-01\"\n%s"
      "pools:\n"
      "  - {name: %s, accelerator: h20, region: china, ownership: owned, deliveries: [{date: \"2024-01-31\", devices: "
      "4096}, {every: month, from: \"2024-03-31\", until: \"2024-09-30\", devices: 512}%s]}\n"
      "  - {name: %s, accelerator: h100-sxm, region: us, ownership: rented, deliveries: [{date: \"2023-12-01\", "
      "devices: 1024}]}\n"
      "jobs:\n"
      "  - {name: first, candidates: [{name: c, tokens: 8e12, rates: [{accelerator: h20, tokens_per_s: {low: 300, mid: "
      "400, high: 500}}, {accelerator: h100-sxm, tokens_per_s: {low: 600, mid: 800, high: 1000}}]}]}\n"
      "  - {name: second, deadline: \"2024-09-30\", candidates: [{name: d, tokens: 4e12, rates: [{accelerator: h20, "
      "tokens_per_s: {low: 300, mid: 400, high: 500}}, {accelerator: h100-sxm, tokens_per_s: {low: 600, mid: 800, "
      "high: 1000}}]}]}\n";

static tc_scenario *two_jobs_with(const char *top, const char *more) {
    char text[4000];
    snprintf(text, sizeof text, two_jobs, top, "h20", more, "cloud");
    return good_scenario(text);
}

/* 1,000 devices come on the first of a month, are brought up in 10 d and train for 12; then half of them serve, and the others are idle. */
static void months_add_up(void **state) {
    (void)state;
    char text[4000];
    snprintf(text, sizeof text,
             CALM
             "reserves: {bring_up: {low: \"10 d\", mid: \"10 d\", high: \"10 d\"}, ablations: 0, evaluation: 0}\n" POOL
             "      - {date: \"2024-01-01\", devices: 1000}\n"
             "serving: [{name: s, pool: a, devices: 500, from: \"2024-01-23\"}]\n" JOB,
             TOKENS(12), "1");
    for (int certain = 0; certain < 2; certain++) {
        tc_scenario *s = good_scenario(text);
        s->certain = certain;
        s->pool[0].price_usd = 10000;
        s->pool[0].economics.usd_per_kwh = 0.1;
        s->pool[0].cluster.accelerator.devices_per_package = 1;
        tc_plan plan = plan_of(s, 64, certain ? 1 : 3);
        static const double expected[TC_USES]
            = {12 * 24000., 9 * 12000., 0, 9 * 12000., 10 * 24000.}; /* training, serving, reserve, idle, out */
        const tc_plan_month *m = plan.month;
        double hours = 0;
        assert_int_equal(plan.months, 1);
        for (int use = 0; use < TC_USES; use++) {
            assert_near(m->device_hours[use], expected[use], 100); /* checkpoints take five minutes */
            hours += m->device_hours[use];
        }
        assert_near(hours, 31 * 24000., 1);
        const tc_economics *e = &s->pool[0].economics;
        double kw = s->pool[0].cluster.accelerator.tdp_w / 1000 * e->server_power * e->pue,
               capital = 10000 * e->server_price / (1 - e->network_share) / (e->amortisation_s / 3600),
               idle = kw * e->power_idle, work = kw * e->power_utilisation;
        assert_near(m->energy_mwh[TC_USE_TRAINING], m->device_hours[TC_USE_TRAINING] * work / 1000, 1e-3);
        assert_near(m->energy_mwh[TC_USE_OUT], expected[TC_USE_OUT] * idle / 1000, 1e-3);
        assert_near(m->cost_usd[TC_USE_TRAINING], m->device_hours[TC_USE_TRAINING] * (capital + 0.1 * work), 1);
        assert_near(m->cost_usd[TC_USE_IDLE], m->device_hours[TC_USE_IDLE] * (capital + 0.1 * idle), 1);
        tc_plan_free(&plan);
        tc_scenario_free(s);
    }
}

/* What the hours of the day leave of a service is idle, month by month; of a forecast rate the devices are drawn. */
static void services_by_the_hour(void **state) {
    (void)state;
    char text[4000];
    snprintf(text, sizeof text,
             CALM
             "reserves: {bring_up: {low: \"0 d\", mid: \"0 d\", high: \"0 d\"}, ablations: 0, evaluation: 0}\n" POOL
             "      - {date: \"2024-01-01\", devices: 1000}\n"
             "serving: [{name: s, pool: a, devices: 1000, profile: azure-code, until: \"2024-01-31\"}]\n" JOB,
             TOKENS(12), "1");
    tc_scenario *s = good_scenario(text);
    const tc_serving_profile *p = &s->serving[0].profile;
    double mean = 0;
    for (int h = 0; h < 24; h++) mean += p->hour[h] / 24 * (5 + 2 * p->weekend) / 7;
    tc_plan plan = plan_of(s, 64, 1);
    assert_near(plan.month->device_hours[TC_USE_SERVING], 1000 * mean * 30 * 24, 2 * 30 * 24);
    assert_near(plan.month->device_hours[TC_USE_IDLE], 1000 * (1 - mean) * 30 * 24, 2 * 30 * 24);
    tc_plan_free(&plan);
    tc_scenario_free(s);

    snprintf(text, sizeof text,
             CALM
             "reserves: {bring_up: {low: \"0 d\", mid: \"0 d\", high: \"0 d\"}, ablations: 0, evaluation: 0}\n" POOL
             "      - {date: \"2024-01-01\", devices: 1000}\n"
             "serving: [{name: s, pool: a, model: llama-3.1-8b, demand: {requests_per_day: 86.4e6, tokens_in: 1000, "
             "tokens_out: 250, cached_share: 0, peak_factor: 1}}]\n" JOB,
             TOKENS(12), "1");
    s = good_scenario(text);
    tc_arena arena = {0};
    tc_fleet *fleet = tc_fleet_new(s, &arena);
    tc_future *future = tc_futures_new(fleet, &arena);
    assert_true(tc_fleet_draws(fleet, TC_DRIVER_SERVING));
    enum { DRAWS = 2000 };
    int above = 0, beyond = 0;
    for (uint32_t i = 0; i < DRAWS; i++) {
        tc_futures_draw(fleet, &(tc_fate){.sample = i}, future);
        above += future->level[0].serving > s->serving[0].devices;
        beyond += future->level[0].serving > ceil(s->serving[0].devices * s->serving[0].need.high);
    }
    assert_true(abs(above - DRAWS / 2) < 100); /* four standard errors */
    assert_true(abs(beyond - DRAWS / 10) < 60);
    tc_arena_free(&arena);
    tc_scenario_free(s);
}

static void assert_same_outlook(const tc_plan *a, const tc_plan *b) {
    for (int j = 0; j < a->jobs; j++) {
        assert_memory_equal(a->outlook->job[j].finish, b->outlook->job[j].finish,
                            (size_t)a->outlook->samples * sizeof(double));
        assert_memory_equal(a->outlook->job[j].share, b->outlook->job[j].share, sizeof a->outlook->job[j].share);
    }
    assert_int_equal(a->months, b->months);
    assert_memory_equal(a->month, b->month, (size_t)(a->months * a->scenario->pools) * sizeof *a->month);
}

static void same_for_any_threads(void **state) {
    (void)state;
    tc_scenario *s = two_jobs_with("", "");
    tc_plan one = plan_of(s, 512, 1);
    for (int threads = 2; threads <= 4; threads++) {
        tc_plan other = plan_of(s, 512, threads);
        assert_same_outlook(&one, &other);
        tc_plan_free(&other);
    }
    tc_plan_free(&one);
    tc_scenario_free(s);
}

/* Without spreads the sampled calendar is the certain one, to the second. */
static void no_spread_no_difference(void **state) {
    (void)state;
    tc_scenario *certain = two_jobs_with("certain: true\n", ""), *drawn = two_jobs_with("", "");
    drawn->risks = tc_risks_none();
    for (int p = 0; p < drawn->pools; p++) {
        drawn->pool[p].risks = tc_risks_none();
        drawn->pool[p].bring_up
            = (tc_spread){drawn->pool[p].bring_up_s, drawn->pool[p].bring_up_s, drawn->pool[p].bring_up_s};
    }
    for (int j = 0; j < drawn->jobs; j++)
        for (int r = 0; r < 2; r++) {
            tc_spread *rate = &drawn->job[j].candidate[0].rate[r].tokens_per_s;
            rate->low = rate->high = rate->mid;
        }
    tc_plan a = plan_of(certain, 0, 1), b = plan_of(drawn, 64, 1);
    assert_null(a.outlook);
    for (int j = 0; j < a.jobs; j++) {
        assert_true(fabs(a.run[j].finish_s - b.outlook->job[j].finish_s.p50) < 1);
        assert_true(fabs(a.run[j].finish_s - b.outlook->job[j].finish_s.p10) < 1);
        assert_true(fabs(a.run[j].finish_s - b.run[j].finish_s) < 1);
    }
    tc_plan_free(&a);
    tc_plan_free(&b);
    tc_scenario_free(certain);
    tc_scenario_free(drawn);
}

/* The order of the pools in the file changes no number. */
static void order_of_pools(void **state) {
    (void)state;
    tc_scenario *a = two_jobs_with("", ""), *b = two_jobs_with("", "");
    tc_scenario_pool swap = b->pool[0];
    b->pool[0] = b->pool[1];
    b->pool[1] = swap;
    tc_plan x = plan_of(a, 256, 1), y = plan_of(b, 256, 1);
    for (int j = 0; j < x.jobs; j++)
        assert_memory_equal(x.outlook->job[j].finish, y.outlook->job[j].finish, 256 * sizeof(double));
    tc_plan_free(&x);
    tc_plan_free(&y);
    tc_scenario_free(a);
    tc_scenario_free(b);
}

/* One delivery more: no future of a job that stays on its one pool ends later. */
static void a_delivery_more_is_never_later(void **state) {
    (void)state;
    for (int seed = 0; seed < 4; seed++) {
        tc_scenario *a = two_jobs_with("", ""), *b = two_jobs_with("", ", {date: \"2024-11-15\", devices: 2048}");
        a->jobs = b->jobs = 1;
        a->job[0].pool = b->job[0].pool = 0;
        tc_plan_options options = tc_default_plan_options();
        tc_plan x, y;
        tc_error error;
        options.samples = 512;
        options.seed = seed;
        options.drivers = false;
        assert_int_equal(tc_plan_make(a, NULL, &options, &x, &error), TC_OK);
        assert_int_equal(tc_plan_make(b, NULL, &options, &y, &error), TC_OK);
        for (int i = 0; i < 512; i++) assert_true(y.outlook->job[0].finish[i] <= x.outlook->job[0].finish[i] + 60);
        tc_plan_free(&x);
        tc_plan_free(&y);
        tc_scenario_free(a);
        tc_scenario_free(b);
    }
}

static void probabilities_are_in_order(void **state) {
    (void)state;
    tc_scenario *s = two_jobs_with("", "");
    tc_plan plan = plan_of(s, 1024, 0);
    for (int j = 0; j < plan.jobs; j++) {
        const tc_outlook_job *o = &plan.outlook->job[j];
        double before = 0;
        assert_true(o->finish_s.p10 <= o->finish_s.p50 && o->finish_s.p50 <= o->finish_s.p90);
        for (int day = 0; day < 1500; day++) {
            double now = tc_plan_done_by(&plan, j, s->start + day);
            assert_true(now >= before && now <= 1);
            before = now;
        }
        assert_true(before <= 1 - o->never + 1e-12);
        for (int d = 0; d < TC_DRIVERS; d++) assert_true(o->share[d] >= 0 && o->share[d] < 1.1);
    }
    double deadline = tc_plan_done_by(&plan, 1, s->job[1].deadline);
    assert_true(fabs(plan.outlook->job[1].by_deadline - deadline) < 1e-12);
    tc_plan_free(&plan);
    tc_scenario_free(s);
}

/* Ten weeks at 80 % of the ideal pace: the rest goes on so, and is less uncertain than the whole was. */
static void progress_is_learnt(void **state) {
    (void)state;
    char text[8000];
    size_t used = (size_t)snprintf(text, sizeof text,
                                   "format: 1\nname: test\nstart: \"2024-01-01\"\nas_of: \"2024-03-11\"\n" POOL
                                   "      - {date: \"2023-06-01\", devices: 1000}\n" JOB
                                   "actuals:\n  - {date: \"2024-01-01\", pool: a, devices: 1000}\n",
                                   TOKENS(200), "{low: 0.8, mid: 1, high: 1.25}");
    char *pool = strstr(text, "  - name: a\n");
    assert_non_null(pool);
    for (int week = 1; week <= 10; week++) {
        static const char *const monday[]
            = {"01-08", "01-15", "01-22", "01-29", "02-05", "02-12", "02-19", "02-26", "03-04", "03-11"};
        used += (size_t)snprintf(text + used, sizeof text - used, "  - {date: \"2024-%s\", job: j, tokens: %.0f}\n",
                                 monday[week - 1], 0.8 * TOKENS(7. * week) * 0.95);
    }
    tc_scenario *s = good_scenario(text);
    tc_plan plan = plan_of(s, 2048, 0);
    const tc_outlook_job *o = &plan.outlook->job[0];
    double left = 200 / 0.76 - 70, as_of = 70, p50 = days(o->finish_s.p50) - as_of,
           width = days(o->finish_s.p90 - o->finish_s.p10);
    assert_true(fabs(p50 / left - 1) < 0.10); /* 0.95: spares stand by */
    assert_true(width < 0.6 * left);
    assert_near(days(o->start_s.p50), 0, 1e-9);
    tc_plan_free(&plan);
    s->actuals = 0; /* nothing is known: from today on, the whole of it */
    plan = plan_of(s, 2048, 0);
    double unseen = days(plan.outlook->job[0].finish_s.p90 - plan.outlook->job[0].finish_s.p10);
    assert_true(unseen > width);
    assert_true(days(plan.outlook->job[0].finish_s.p50) > as_of + 200);
    tc_plan_free(&plan);
    tc_scenario_free(s);
}

/* What a standard error says is what other seeds give. */
static void standard_errors_are_true(void **state) {
    (void)state;
    tc_scenario *s = two_jobs_with("", "");
    double sum = 0, squares = 0, stated = 0;
    enum { SEEDS = 24 };
    for (int seed = 1; seed <= SEEDS; seed++) {
        tc_plan_options options = tc_default_plan_options();
        tc_plan plan;
        tc_error error;
        options.samples = 1024;
        options.seed = seed;
        options.drivers = false;
        assert_int_equal(tc_plan_make(s, NULL, &options, &plan, &error), TC_OK);
        double p90 = days(plan.outlook->job[0].finish_s.p90);
        sum += p90;
        squares += p90 * p90;
        stated += days(plan.outlook->job[0].finish_error_s.p90) / SEEDS;
        tc_plan_free(&plan);
    }
    double sd = sqrt(fmax(squares / SEEDS - sum / SEEDS * sum / SEEDS, 0) * SEEDS / (SEEDS - 1));
    assert_true(sd < 2 * stated && stated < 3 * sd);
    tc_scenario_free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_delivery),
        cmocka_unit_test(step_error),
        cmocka_unit_test(stops_by_regulation),
        cmocka_unit_test(pace_is_learnt),
        cmocka_unit_test(a_steady_stream),
        cmocka_unit_test(what_is_still_to_come),
        cmocka_unit_test(updates_are_right_on_average),
        cmocka_unit_test(disruptions_of_a_run),
        cmocka_unit_test(a_night_of_serving),
        cmocka_unit_test(many_deliveries_count_by_day),
        cmocka_unit_test(the_last_to_come_gates),
        cmocka_unit_test(the_two_that_interact_are_named),
        cmocka_unit_test(renting_has_its_price),
        cmocka_unit_test(shares_of_variance),
        cmocka_unit_test(one_more_delivery),
        cmocka_unit_test(months_add_up),
        cmocka_unit_test(services_by_the_hour),
        cmocka_unit_test(same_for_any_threads),
        cmocka_unit_test(no_spread_no_difference),
        cmocka_unit_test(order_of_pools),
        cmocka_unit_test(a_delivery_more_is_never_later),
        cmocka_unit_test(probabilities_are_in_order),
        cmocka_unit_test(progress_is_learnt),
        cmocka_unit_test(standard_errors_are_true),
    };
    return cmocka_run_group_tests(tests, open_catalog, close_catalog);
}
