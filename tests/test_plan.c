/* test_plan.c - supply and serving by hand, the calendar's sums, properties, and errors with their place. */
#define _XOPEN_SOURCE 700
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/calendar.h"
#include "layout/fields.h"
#include "fleet/future.h"
#include "near.h"
#include "report/plan_report.h"
#include "scenario_text.h"
#include "traincast_rl.h"

static tc_scenario *good(const char *text) {
    tc_scenario *scenario = good_scenario(text);
    scenario->certain = true; /* what is drawn: test_outlook.c */
    return scenario;
}

/* intervals: NULL, or the catalog that they come from. */
static tc_plan plan_with(const tc_scenario *scenario, tc_catalog *intervals) {
    const tc_interval_model *model = NULL;
    tc_plan plan;
    tc_error error = {0};
    if (intervals) assert_int_equal(tc_catalog_interval(intervals, &model, &error), TC_OK);
    if (tc_plan_make(scenario, model, NULL, &plan, &error) != TC_OK) fail_msg("%s: %s", error.place, error.text);
    return plan;
}

static tc_plan plan_of(const tc_scenario *scenario) { return plan_with(scenario, catalog); }

#define HEAD                                                                                                           \
    "format: 1\nname: test\nsources: {assumed: here, paper: \"a paper\"}\nstart: \"2024-01-01\"\n"                     \
    "reserves:\n  bring_up: {value: \"10 d\", source: assumed}\n  ablations: {value: 0.1, source: assumed}\n"          \
    "  evaluation: {value: 0.1, source: assumed}\n"
#define POOL                                                                                                           \
    "pools:\n  - name: a\n    accelerator: a100-sxm-80g\n    stack: megatron-core\n    region: us\n    ownership: "    \
    "owned\n"                                                                                                          \
    "    price: {value: \"15000 USD\", source: paper}\n    deliveries:\n"                                              \
    "      - {date: \"2023-12-01\", devices: {value: 100, source: assumed}}\n"                                         \
    "      - {date: \"2024-02-01\", devices: {value: 50, source: assumed}}\n"
#define SERVING "serving:\n  - {name: chat, pool: a, devices: {value: 20, source: assumed}}\n"
#define JOB                                                                                                            \
    "jobs:\n  - name: j\n    candidates:\n      - name: c\n        model: gpt2-1.5b\n"                                 \
    "        global_batch: {value: 480, source: paper}\n        tokens: {value: 6e12, source: paper}\n"

/* ---- by hand -------------------------------------------------------------------------- */

static void supply_by_hand(void **state) {
    (void)state;
    tc_scenario *s = good(HEAD POOL SERVING JOB);
    tc_arena arena = {0};
    tc_fleet *fleet = tc_fleet_new(s, &arena);
    tc_future *future = tc_futures_new(fleet, &arena);
    tc_futures_draw(fleet, &(tc_fate){.middle = true}, future);
    assert_int_equal(future->levels, 2);
    assert_near(future->level[0].from_s, 0, 0);                 /* brought up before the start */
    assert_int_equal(future->level[0].training, 64);            /* (100 - 20) x 0.8 */
    assert_near(future->level[1].from_s, (31 + 10) * 86400, 0); /* 1 February and ten days */
    assert_int_equal(future->level[1].training, 104);           /* (150 - 20) x 0.8 */
    assert_true(isinf(future->until_s));
    tc_arena_free(&arena);
    tc_scenario_free(s);
}

static void serving_by_hand(void **state) {
    (void)state;
    tc_scenario *s = good(
        HEAD POOL
        "serving:\n  - name: chat\n    pool: a\n    demand:\n"
        "      monthly_users: {value: 1e7, source: paper}\n      daily_share: {value: 0.25, source: assumed}\n"
        "      turns_per_day: {value: 10, source: assumed}\n      tokens_in: {value: 1500, source: assumed}\n"
        "      cached_share: {value: 0.5, source: assumed}\n      tokens_out: {value: 500, source: assumed}\n"
        "      peak_factor: {value: 2.5, source: assumed}\n      prefill_tokens_per_s: {value: 2200, source: assumed}\n"
        "      decode_tokens_per_s: {value: 760, source: assumed}\n      utilisation: {value: 0.7, source: "
        "assumed}\n" JOB);
    /* 1e7 x 0.25 x 10 / 86400 x 2.5 = 723.38 turns/s; 750 and 500 tokens; (246.6 + 475.9) / 0.7 = 1032.2 */
    assert_near(s->serving[0].peak_prefill_tokens_per_s, 542534.7, 0.1);
    assert_near(s->serving[0].peak_decode_tokens_per_s, 361689.8, 0.1);
    assert_int_equal(s->serving[0].devices, 1033);
    tc_plan plan = plan_of(s);
    assert_int_equal(plan.pool[0].serving, 150); /* all there are */
    assert_int_equal(plan.pool[0].serving_missing, 883);
    assert_false(plan.feasible);
    assert_true(plan.advice_count >= 2);
    assert_non_null(strstr(plan.advice[0], "serving wants 883 devices more"));
    tc_plan_free(&plan);
    tc_scenario_free(s);
}

static void check_sums(const tc_plan *plan, const tc_plan_run *run) {
    const tc_scenario_candidate *candidate = &plan->scenario->job[run->job].candidate[run->candidate];
    double tokens = 0, hours = 0;
    for (int i = 0; i < run->phases; i++) {
        const tc_plan_phase *phase = &run->phase[i];
        const tc_layout *l = &phase->step.layout;
        assert_true(phase->devices <= phase->available);
        assert_int_equal(phase->devices, l->tp * l->pp * l->cp * l->dp); /* whole replicas */
        assert_true(phase->step.fits);
        assert_true(phase->step.fits_probability >= plan->scenario->fit - 1e-9);
        assert_int_equal(phase->step.global_batch % (l->dp * l->micro_batch), 0);
        double batch = (double)candidate->global_batch, band = plan->scenario->batch_band * batch;
        assert_true(fabs((double)phase->step.global_batch - batch) <= band);
        if (i > 0) assert_near(phase->from_s, run->phase[i - 1].to_s, 0);
        if (i > 0)
            assert_true(phase->tokens_per_s > run->phase[i - 1].tokens_per_s
                        || phase->available < run->phase[i - 1].devices /* what is served has grown */);
        double restart = i > 0 ? plan->scenario->pool[run->pool].economics.restart_s : 0;
        assert_near(phase->tokens / phase->tokens_per_s, phase->to_s - phase->from_s - restart, 1e-3);
        tokens += phase->tokens;
        hours += phase->devices * (phase->to_s - phase->from_s) / 3600;
    }
    assert_near(tokens / candidate->tokens, 1, 1e-12);
    assert_near(hours / run->device_hours, 1, 1e-12);
    assert_near(run->phase[0].from_s, run->start_s, 0);
    assert_near(run->phase[run->phases - 1].to_s, run->finish_s, 0);
    assert_int_equal(run->finish, plan->scenario->start + (int32_t)floor(run->finish_s / 86400));
}

static void phases_add_up(void **state) {
    (void)state;
    tc_scenario *s = good(HEAD POOL SERVING JOB);
    tc_plan plan = plan_of(s);
    assert_true(plan.feasible && plan.complete);
    assert_int_equal(plan.run[0].phases, 2); /* the delivery of February brings more ranks */
    assert_near(plan.run[0].phase[1].from_s, 41 * 86400, 0);
    check_sums(&plan, &plan.run[0]);
    assert_true(plan.run[0].cost_usd > 0 && plan.run[0].energy_mwh > 0);
    assert_int_equal(plan.seed, 0);
    assert_int_equal(plan.samples, 3);
    tc_plan_free(&plan);
    tc_scenario_free(s);
}

/* ---- properties --------------------------------------------------------------------------- */

static double finish_with(int devices, const char *date, int more, double tokens, const char *mtbf) {
    char text[4096];
    snprintf(text, sizeof text,
             HEAD "pools:\n  - name: a\n    accelerator: a100-sxm-80g\n    stack: megatron-core\n    region: us\n    "
                  "ownership: owned\n"
                  "    mtbf: {value: \"%s\", source: assumed}\n    deliveries:\n"
                  "      - {date: \"2023-12-01\", devices: {value: %d, source: assumed}}\n"
                  "      - {date: \"%s\", devices: {value: %d, source: assumed}}\n"
                  "jobs:\n  - name: j\n    candidates:\n      - name: c\n        model: llama-2-7b\n"
                  "        global_batch: {value: 960, source: paper}\n        tokens: {value: %.0f, source: paper}\n",
             mtbf, devices, date, more, tokens);
    tc_scenario *s = good(text);
    tc_plan plan = plan_of(s);
    assert_true(plan.feasible);
    check_sums(&plan, &plan.run[0]);
    double finish = plan.run[0].finish_s;
    tc_plan_free(&plan);
    tc_scenario_free(s);
    return finish;
}

/* Pools that differ in nothing but what a failure does do not share what is chosen for one of them. */
static void failures_are_of_the_pool(void **state) {
    (void)state;
#define FAILING(name, on_failure)                                                                                      \
    "  - name: " name                                                                                                  \
    "\n    accelerator: a100-sxm-80g\n    stack: megatron-core\n    region: us\n    ownership: owned\n"                \
    "    on_failure: " on_failure "\n    repair: {value: \"20 d\", source: assumed}\n"                                 \
    "    mtbf: {value: \"2000 h\", source: assumed}\n    deliveries:\n"                                                \
    "      - {date: \"2023-12-01\", devices: {value: 64, source: assumed}}\n"
    tc_scenario *s = good(
        HEAD "pools:\n" FAILING("spares", "spare")
            FAILING("waits", "wait") "jobs:\n  - name: j\n    candidates:\n      - name: c\n        model: llama-2-7b\n"
                                     "        global_batch: {value: 960, source: paper}\n"
                                     "        tokens: {value: 100e9, source: paper}\n");
    tc_plan plan = plan_of(s);
    assert_int_equal(plan.candidates, 2);
    const tc_plan_run *spares = &plan.candidate[0], *waits = &plan.candidate[1];
    assert_true(spares->feasible && (!waits->feasible || waits->finish_s > 2 * spares->finish_s));
    tc_plan_free(&plan);
    tc_scenario_free(s);
#undef FAILING
}

typedef struct watched {
    int calls, all, stop_at;
} watched;

static bool watch(void *context, int done, int all) {
    watched *w = context;
    assert_int_equal(done, w->calls++);
    w->all = all;
    return done != w->stop_at;
}

/* A plan says how far it is, and stops when it is told to, with what was found. */
static void plans_are_watched(void **state) {
    (void)state;
    tc_scenario *scenario;
    tc_plan plan;
    tc_error error = {0};
    assert_int_equal(tc_scenario_load(catalog, "startup-rented", &scenario, &error), TC_OK);
    watched w = {.stop_at = -1};
    tc_plan_options by = tc_default_plan_options();
    by.tell = watch;
    by.context = &w;
    scenario->certain = true;
    assert_int_equal(tc_plan_make(scenario, NULL, &by, &plan, &error), TC_OK);
    assert_true(plan.complete && w.calls == plan.candidates && w.all == plan.candidates && w.calls > 2);
    int looked_at = plan.candidates;
    tc_plan_free(&plan);
    for (int stop_at = 0; stop_at < looked_at; stop_at++) {
        w = (watched){.stop_at = stop_at};
        assert_int_equal(tc_plan_make(scenario, NULL, &by, &plan, &error), TC_OK);
        assert_int_equal(w.calls, stop_at + 1);
        assert_non_null(strstr(plan.assumed[0], "stopped after"));
        for (int i = stop_at; i < looked_at; i++) assert_false(plan.candidate[i].feasible);
        tc_plan_free(&plan);
    }
    tc_scenario_free(scenario);
}

static void more_devices_are_never_later(void **state) {
    (void)state;
    double last = INFINITY;
    for (int devices = 40; devices < 3000; devices += devices / 7) {
        double finish = finish_with(devices, "2024-03-01", 64, 5e11, "50000 h");
        assert_true(finish <= last);
        last = finish;
    }
    last = INFINITY;
    for (int more = 8; more < 4000; more += more / 2) {
        double finish = finish_with(128, "2024-03-01", more, 2e12, "50000 h");
        assert_true(finish <= last);
        last = finish;
    }
}

/* The plan's layout is the search's, on the same devices and batch. */
static void plans_and_searches_agree(void **state) {
    (void)state;
    tc_scenario *s = good(HEAD POOL JOB);
    tc_plan plan = plan_of(s);
    tc_error error;
    assert_true(plan.feasible);
    int expected = 0;
    for (int i = 0; i < plan.run[0].phases; i++) {
        const tc_plan_phase *phase = &plan.run[0].phase[i];
        tc_search_input in = tc_default_search_input();
        in.question.job.model = *s->job[0].candidate[0].model;
        in.question.job.global_batch = s->job[0].candidate[0].global_batch;
        in.question.job.dtype = s->job[0].candidate[0].dtype;
        in.question.cluster = s->pool[0].cluster;
        in.question.cluster.devices = phase->available;
        in.question.stack = s->pool[0].software[TC_MODEL_OF_TEXT];
        assert_int_equal(tc_catalog_interval(catalog, &in.question.interval, &error), TC_OK);
        in.fit = s->fit;
        tc_search_move_batch(&in, s->batch_band);
        tc_search *found = malloc(sizeof *found);
        assert_non_null(found);
        assert_int_equal(tc_search_run(&in, found, &error), TC_OK);
        assert_true(found->best_count > 0);
        assert_int_equal(found->best[0].devices, phase->devices);
        assert_true(tc_layout_equal(&found->best[0].step.layout, &phase->step.layout));
        assert_true(found->best[0].step.step_s == phase->step.step_s);
        if (phase->expected_step_s > 0) {
            expected++;
            assert_true(phase->expected_step_s >= phase->step.step_s);
            assert_true(phase->expected_step_s_p90 > phase->step.step_s_p90 * (1 - 1e-12));
            assert_true(fabs(phase->expected_step_s / found->best[0].expected_step_s - 1) < 1e-3);
        }
        tc_search_free(found);
        free(found);
    }
    assert_true(expected > 0);
    tc_plan_free(&plan);
    tc_scenario_free(s);
}

static void later_deliveries_are_never_earlier(void **state) {
    (void)state;
    static const char *const dates[]
        = {"2023-12-15", "2024-01-01", "2024-01-09", "2024-02-20", "2024-05-01", "2025-01-01"};
    double last = 0;
    for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
        double finish = finish_with(256, dates[i], 768, 2e12, "50000 h");
        assert_true(finish >= last);
        last = finish;
    }
}

static void more_reliable_or_less_work_is_never_later(void **state) {
    (void)state;
    static const char *const mtbf[] = {"500 h", "2000 h", "10000 h", "50000 h", "1000000 h"};
    double last = INFINITY;
    for (size_t i = 0; i < sizeof mtbf / sizeof *mtbf; i++) {
        double finish = finish_with(1024, "2024-03-01", 512, 2e12, mtbf[i]);
        assert_true(finish <= last);
        last = finish;
    }
    last = 0;
    for (double tokens = 1e9; tokens < 1e13; tokens *= 3) {
        double finish = finish_with(512, "2024-03-01", 512, tokens, "50000 h");
        assert_true(finish >= last);
        last = finish;
    }
}

static void same_input_same_plan(void **state) {
    (void)state;
    char *page[2];
    size_t size[2];
    for (int i = 0; i < 2; i++) {
        tc_scenario *s;
        tc_error error;
        assert_int_equal(tc_scenario_load(catalog, "week-ten", &s, &error), TC_OK);
        tc_plan plan = plan_of(s);
        FILE *file = open_memstream(&page[i], &size[i]);
        tc_report_plan(&(tc_target){.file = file, .data = "hash", .format = &tc_json_format}, &plan);
        fclose(file);
        tc_plan_free(&plan);
        tc_scenario_free(s);
    }
    assert_int_equal(size[0], size[1]);
    assert_memory_equal(page[0], page[1], size[0]);
    free(page[0]);
    free(page[1]);
}

/* An interleaved pipeline takes its micro-batches pp at a time: training software refuses others. */
static void interleaved_pipelines_come_out(void **state) {
    (void)state;
    tc_scenario *s;
    tc_error error;
    assert_int_equal(tc_scenario_load(catalog, "ascend-2024", &s, &error), TC_OK);
    tc_plan plan = plan_of(s);
    int interleaved = 0;
    for (int i = 0; i < plan.candidates; i++)
        for (int k = 0; k < plan.candidate[i].phases; k++) {
            const tc_step *step = &plan.candidate[i].phase[k].step;
            if (step->layout.vpp <= 1) continue; /* 0: its step is not forecast */
            interleaved++;
            assert_int_equal(step->micro_batches % step->layout.pp, 0);
        }
    assert_true(interleaved > 0);
    tc_plan_free(&plan);
    tc_scenario_free(s);
}

/* ---- several jobs, deadlines, ends ----------------------------------------------------------- */

static void jobs_wait_for_each_other(void **state) {
    (void)state;
    tc_scenario *s
        = good(HEAD POOL JOB
               "  - name: k\n    after: j\n    candidates:\n      - {name: c, model: gpt2-774m, global_batch: {value: "
               "512, source: paper}, "
               "tokens: {value: 1e11, source: paper}}\n"
               "  - name: l\n    not_before: \"2024-01-05\"\n    candidates:\n      - {name: c, model: gpt2-355m, "
               "global_batch: {value: 512, source: paper}, tokens: {value: 1e11, source: paper}}\n");
    tc_plan plan = plan_of(s);
    assert_true(plan.complete);
    assert_true(plan.run[1].start_s >= plan.run[0].finish_s);
    /* one pool, in their order: the third has what the first leaves idle, and is the last to be done */
    assert_true(plan.run[2].finish_s >= plan.run[1].finish_s);
    assert_true(plan.run[2].phase[0].devices <= 104 - plan.run[0].phase[0].devices
                || plan.run[2].start_s >= plan.run[1].finish_s);
    for (int i = 0; i < 3; i++) check_sums(&plan, &plan.run[i]);
    assert_near(plan.candidate[2].start_s, 4 * 86400, 0); /* alone, from its own day on */
    tc_plan_free(&plan);
    tc_scenario_free(s);
}

/* ---- phases of a candidate: stages --------------------------------------------------------- */

#define CONSTANT                                                                                                       \
    "pools:\n  - name: a\n    accelerator: a100-sxm-80g\n    stack: megatron-core\n    region: us\n    ownership: "    \
    "owned\n    deliveries: [{date: \"2023-12-01\", devices: {value: 80, source: assumed}}]\n"

static tc_plan_run run_with(const char *head, const char *tail) {
    char text[4096];
    snprintf(text, sizeof text, "%s" CONSTANT JOB "%s", head, tail);
    tc_scenario *s = good(text);
    tc_plan plan = plan_of(s);
    assert_true(plan.feasible && plan.run[0].phases < 4);
    static tc_plan_phase phase[4]; /* of the run that was asked for last */
    tc_plan_run run = plan.run[0];
    memcpy(phase, run.phase, (size_t)run.phases * sizeof *phase);
    run.phase = phase;
    tc_plan_free(&plan);
    tc_scenario_free(s);
    return run;
}

/* Parts like the whole cost a restart each; parts of their own have their own steps. */
static void stages_follow_each_other(void **state) {
    (void)state;
    tc_plan_run whole = run_with(HEAD, "");
    assert_int_equal(whole.phases, 1);
    double rate = whole.phase[0].tokens_per_s, restart = 0;
    tc_plan_run same = run_with(HEAD, "        phases:\n          - {name: one, share: {value: 0.6, source: assumed}}\n"
                                      "          - {name: two, share: {value: 0.4, source: assumed}}\n");
    assert_int_equal(same.phases, 2);
    assert_int_equal(same.phase[0].stage, 0);
    assert_int_equal(same.phase[1].stage, 1);
    restart = same.finish_s - whole.finish_s;
    assert_true(restart > 60 && restart < 3600);
    assert_near(same.phase[0].to_s, whole.start_s + 3.6e12 / rate, 1e-3);
    assert_near(same.phase[1].from_s, same.phase[0].to_s, 0);
    assert_near(same.phase[1].tokens, 2.4e12, 1);
    tc_plan_run other
        = run_with(HEAD, "        phases:\n          - {name: one, share: {value: 0.6, source: assumed}}\n"
                         "          - {name: two, seq: 512, global_batch: {value: 64, source: assumed}, share: {value: "
                         "0.4, source: assumed}}\n");
    assert_int_equal(other.phases, 2);
    assert_near(other.phase[1].step.tokens_per_step / (double)other.phase[1].step.global_batch, 512, 0);
    assert_true(fabs((double)other.phase[1].step.global_batch - 64) <= 4);
    assert_near(other.finish_s - other.start_s,
                3.6e12 / other.phase[0].tokens_per_s + restart + 2.4e12 / other.phase[1].tokens_per_s, 1e-3);
}

/* What was trained so far was trained in the order of the phases. */
static void stages_that_are_over(void **state) {
    (void)state;
    static const char *const phases
        = "        phases:\n          - {name: one, share: {value: 0.6, source: assumed}}\n"
          "          - {name: two, seq: 512, global_batch: {value: 64, source: assumed}, share: {value: 0.4, source: "
          "assumed}}\n";
    static const struct {
        double tokens;
        int stages;
        double left; /* of the first that is */
    } cases[] = {{1.6e12, 2, 2e12}, {3.6e12, 1, 2.4e12}, {4.6e12, 1, 1.4e12}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char tail[1024];
        snprintf(tail, sizeof tail, "%sactuals: [{date: \"2024-02-01\", job: j, tokens: %.0f}]\n", phases,
                 cases[i].tokens);
        tc_plan_run run = run_with(HEAD "as_of: \"2024-02-02\"\n", tail);
        assert_int_equal(run.phases, cases[i].stages);
        assert_int_equal(run.phase[0].stage, 2 - cases[i].stages);
        assert_near(run.phase[0].tokens, cases[i].left, 1);
    }
}

/* Beyond some numbers of devices rates are those between others: tokens still add up, and little is lost against the bound. */
static void many_numbers_of_devices(void **state) {
    (void)state;
    enum { DAYS = 100 };
    char *text = malloc(DAYS * 96 + 4000), *at = text;
    assert_non_null(text);
    at += sprintf(at,
                  HEAD "pools:\n  - name: a\n    accelerator: a100-sxm-80g\n    stack: megatron-core\n    region: us\n"
                       "    ownership: owned\n    deliveries:\n");
    for (int i = 0; i < DAYS; i++) {
        char day[TC_DATE_SIZE];
        tc_date_format(tc_day_from_date(2024, 1, 1) + i, day);
        at += sprintf(at, "      - {date: \"%s\", devices: {value: %d, source: assumed}}\n", day, 3 + i % 5);
    }
    sprintf(at, "jobs:\n  - name: j\n    candidates:\n      - {name: c, model: gpt2-355m, global_batch: {value: 480, "
                "source: "
                "paper}, tokens: {value: 2.5e13, source: paper}}\n");
    tc_scenario *s = good(text);
    tc_plan plan = plan_of(s);
    const tc_plan_run *run = &plan.run[0];
    double tokens = 0;
    assert_true(plan.feasible && run->phases > 24);
    for (int i = 0; i < run->phases; i++) {
        const tc_plan_phase *phase = &run->phase[i];
        assert_true(phase->devices <= phase->available);
        tokens += phase->tokens;
    }
    assert_near(tokens / 2.5e13, 1, 1e-12);
    assert_true(plan.job[0].bound_s <= run->finish_s && run->finish_s < 1.02 * plan.job[0].bound_s);
    tc_plan_free(&plan);
    tc_scenario_free(s);
    free(text);
}

/* Where a later phase fits on no device the candidate is not begun; the reason names it. */
static void a_stage_that_does_not_fit(void **state) {
    (void)state;
    tc_scenario *s
        = good(HEAD CONSTANT "jobs:\n  - name: j\n    candidates:\n      - name: c\n        model: llama-2-7b\n"
                             "        global_batch: {value: 512, source: paper}\n        tokens: {value: 1e11, source: "
                             "paper}\n        phases:\n          - {name: short, share: {value: 0.9, source: paper}}\n"
                             "          - {name: vast, seq: 60000000, global_batch: {value: 1, source: paper}, share: "
                             "{value: 0.1, source: paper}}\n");
    tc_plan plan = plan_of(s);
    assert_false(plan.feasible);
    assert_non_null(strstr(plan.candidate[0].why, "vast: "));
    tc_plan_free(&plan);
    tc_scenario_free(s);
}

/* ---- the 80 % interval: figures of a test's own, whatever was fitted ---------------------------- */

static tc_catalog *open_intervals(void) {
    const char *const directory = TC_SOURCE_DIR "/tests/intervals";
    tc_catalog *intervals;
    tc_error error;
    assert_int_equal(tc_catalog_open(&directory, 1, &intervals, &error), TC_OK);
    return intervals;
}

static void dates_have_the_interval_of_their_steps(void **state) {
    (void)state;
    tc_catalog *intervals = open_intervals();
    tc_scenario *s = good(HEAD POOL JOB "  - name: k\n    after: j\n    candidates:\n      - {name: c, model: "
                                        "gpt2-774m, global_batch: {value: 512, source: paper}, "
                                        "tokens: {value: 1e11, source: paper}}\n");
    tc_plan none = plan_with(s, NULL), plan = plan_with(s, intervals);
    const tc_plan_run *first = &plan.run[0], *second = &plan.run[1];
    assert_false(none.run[0].p10.known || none.run[0].p90.known);
    for (int i = 0; i < 2; i++) {
        const tc_plan_run *run = &plan.run[i];
        assert_near(run->finish_s, none.run[i].finish_s, 0); /* the middle is the forecast */
        assert_true(run->p10.known && run->p90.known);
        assert_true(run->p10.finish_s < run->finish_s && run->finish_s < run->p90.finish_s);
        assert_true(run->p10.finish <= run->finish && run->finish <= run->p90.finish);
        assert_true(run->p10.cost_usd < run->cost_usd && run->cost_usd < run->p90.cost_usd);
        assert_int_equal(run->p90.finish, s->start + (int32_t)floor(run->p90.finish_s / 86400));
    }
    assert_near(second->p10.start_s, first->p10.finish_s, 0); /* early or late together */
    assert_near(second->p90.start_s, first->p90.finish_s, 0);
    /* The second job has one layout: its time is tokens / rate, and goodput hardly moves with the step. */
    const tc_step *step = &second->phase[0].step;
    assert_int_equal(second->phases, 1);
    double middle = second->finish_s - second->start_s, slow = second->p90.finish_s - second->p90.start_s;
    assert_near(slow / middle / (step->step_s_p90 / step->step_s), 1, 0.01);
    tc_plan_free(&none);
    tc_plan_free(&plan);
    tc_scenario_free(s);
    tc_catalog_close(intervals);
}

static void a_lease_may_end_too_early(void **state) {
    (void)state;
    tc_catalog *intervals = open_intervals();
    tc_scenario *s = good(HEAD POOL JOB);
    tc_plan plan = plan_with(s, intervals);
    int32_t between = plan.run[0].finish + 1;
    assert_true(plan.run[0].p90.finish > between);
    tc_plan_free(&plan);
    s->pool[0].until = between;
    plan = plan_with(s, intervals);
    assert_true(plan.feasible && plan.run[0].p10.known);
    assert_false(plan.run[0].p90.known);
    tc_plan_free(&plan);
    tc_scenario_free(s);
    tc_catalog_close(intervals);
}

static void the_first_candidate_in_time(void **state) {
    (void)state;
    const char *text = HEAD POOL "jobs:\n  - name: j\n    deadline: \"%s\"\n    candidates:\n"
                                 "      - {name: large, model: llama-2-7b, global_batch: {value: 512, source: paper}, "
                                 "tokens: {value: 3e12, source: paper}}\n"
                                 "      - {name: small, model: gpt2-774m, global_batch: {value: 512, source: paper}, "
                                 "tokens: {value: 1e11, source: paper}}\n";
    static const struct {
        const char *deadline;
        int chosen;
        bool late;
    } cases[] = {{"2035-01-01", 0, false}, {"2024-03-01", 1, false}, {"2023-12-31", 1, true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char filled[4096];
        const char *slot = strstr(text, "%s");
        snprintf(filled, sizeof filled, "%.*s%s%s", (int)(slot - text), text, cases[i].deadline, slot + 2);
        tc_scenario *s = good(filled);
        tc_plan plan = plan_of(s);
        assert_int_equal(plan.job[0].chosen, cases[i].chosen);
        assert_int_equal(plan.job[0].late, cases[i].late);
        tc_plan_free(&plan);
        tc_scenario_free(s);
    }
}

static void a_lease_that_ends(void **state) {
    (void)state;
    tc_scenario *s
        = good(HEAD "pools:\n  - name: a\n    accelerator: a100-sxm-80g\n    region: us\n    ownership: rented\n    "
                    "until: \"2024-01-10\"\n"
                    "    deliveries:\n      - {date: \"2023-12-01\", devices: {value: 100, source: assumed}}\n" JOB);
    tc_plan plan = plan_of(s);
    assert_false(plan.feasible);
    assert_non_null(strstr(plan.candidate[0].why, "ends on 2024-01-10"));
    assert_non_null(strstr(plan.advice[0], "j (c) on a: the pool ends on 2024-01-10"));
    tc_plan_free(&plan);
    tc_scenario_free(s);
}

static void what_does_not_fit_says_so(void **state) {
    (void)state;
    tc_scenario *s = good(HEAD POOL "jobs:\n  - name: j\n    candidates:\n      - {name: c, model: llama-3.1-405b, "
                                    "global_batch: {value: 2048, source: paper}, "
                                    "tokens: {value: 1e12, source: paper}}\n");
    s->pool[0].cluster.accelerator.host_bytes_per_s = 0; /* nothing can be moved to the host */
    tc_plan plan = plan_of(s);
    assert_false(plan.feasible);
    assert_int_equal(plan.job[0].chosen, -1);
    assert_non_null(strstr(plan.candidate[0].why, "does not fit"));
    assert_true(plan.candidate[0].enough_devices > 104);
    assert_non_null(strstr(plan.advice[0], "it fits on"));
    char *page;
    size_t size;
    FILE *file = open_memstream(&page, &size);
    tc_report_plan(&(tc_target){.file = file, .data = "hash", .format = &tc_json_format}, &plan);
    assert_true(tc_report_plan_text(file, &(tc_style){.width = 80}, &plan));
    fclose(file);
    assert_non_null(strstr(page, "\"best\": []"));
    assert_non_null(strstr(page, "\"advice\""));
    free(page);
    tc_plan_free(&plan);
    tc_scenario_free(s);
}

#define POOL_OF(deliveries)                                                                                            \
    "pools:\n  - name: a\n    accelerator: a100-sxm-80g\n    ownership: owned\n    deliveries:\n" deliveries

/* One line for many: the same as if each stood there. A day that a month does not have is its last. */
static void deliveries_repeat(void **state) {
    (void)state;
    static const char *const days[]
        = {"2023-10-31", "2023-11-30", "2023-12-31", "2024-01-31", "2024-02-29", "2024-03-31", "2024-04-05"};
    tc_scenario *s = good(HEAD POOL_OF(
        "      - {every: month, from: \"2023-10-31\", until: \"2024-03-31\", devices: {value: 8, source: assumed}}\n"
        "      - {date: \"2024-04-05\", devices: {value: 3, source: assumed}}\n") JOB);
    const tc_scenario_pool *pool = &s->pool[0];
    assert_int_equal(pool->deliveries, 7);
    for (int i = 0; i < 7; i++) {
        char day[TC_DATE_SIZE];
        tc_date_format(pool->delivery[i].day, day);
        assert_string_equal(day, days[i]);
        assert_int_equal(pool->delivery[i].devices, i < 6 ? 8 : 3);
    }
    bool listed = false;
    for (int i = 0; i < s->assumptions; i++)
        listed = listed || strcmp(s->assumption[i], "a: 51 devices in 7 deliveries, 2023-10-31 to 2024-04-05") == 0;
    assert_true(listed);
    tc_scenario_free(s);
}

static void write_text(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

/* What a scenario names by path lies beside it, wherever the program was started; so does what that file names. */
static void paths_begin_at_their_file(void **state) {
    (void)state;
    char folder[] = "/tmp/traincast-plan-XXXXXX", path[128], command[160];
    tc_scenario *s;
    tc_error error;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/chips", folder);
    assert_int_equal(mkdir(path, 0777), 0);
    snprintf(path, sizeof path, "%s/chips/mine.yaml", folder);
    write_text(path, "format: 1\nname: Mine\nfabric: ./net.yaml\nsources: {a: b}\ndevice:\n"
                     "  memory: {value: \"96 GB\", source: a}\n  memory_bandwidth: {value: \"3 TB/s\", source: a}\n"
                     "  matmul: {bf16: {value: \"600 TFLOP/s\", source: a}}\n");
    snprintf(path, sizeof path, "%s/chips/net.yaml", folder);
    write_text(path, "format: 1\nname: Net of mine\nsources: {a: b}\nlevels:\n  - {name: l, size: 0, topology: switch, "
                     "bandwidth: {value: \"50 GB/s\", source: a}, latency: {value: \"1 us\", source: a}}\n");
    snprintf(path, sizeof path, "%s/plan.yaml", folder);
    write_text(path,
               HEAD "pools:\n  - name: a\n    accelerator: chips/mine.yaml\n    ownership: owned\n    deliveries:\n"
                    "      - {date: \"2023-12-01\", devices: {value: 100, source: assumed}}\n" JOB);
    if (tc_scenario_load(catalog, path, &s, &error) != TC_OK) fail_msg("%s: %s", error.place, error.text);
    assert_string_equal(s->pool[0].cluster.accelerator.name, "Mine");
    assert_string_equal(s->pool[0].cluster.fabric.name, "Net of mine");
    tc_scenario_free(s);
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    assert_int_equal(system(command), 0);
}

static void assumptions_are_listed(void **state) {
    (void)state;
    tc_scenario *s;
    tc_error error;
    assert_int_equal(tc_scenario_load(catalog, "ascend-2024", &s, &error), TC_OK);
    tc_plan plan = plan_of(s);
    static const char *const expected[]
        = {"99,996 devices in 12 deliveries, 2024-01-31 to 2024-12-31", "MTBF of a package of ascend-910b",
           "PUE 1.3 (region china)", "bring up 10 d to 45 d (21 d)", "h20: 8,192"};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        bool found = false;
        for (int k = 0; k < plan.assumed_count; k++) found = found || strstr(plan.assumed[k], expected[i]);
        if (!found) print_error("not assumed: %s\n", expected[i]);
        assert_true(found);
    }
    assert_int_equal(plan.pool[0].total, 99996);
    assert_int_equal(plan.candidates, 18);
    for (int i = 0; i < plan.candidates; i++)
        if (plan.candidate[i].feasible && s->job[plan.candidate[i].job].candidate[plan.candidate[i].candidate].model)
            check_sums(&plan, &plan.candidate[i]); /* of those whose step is forecast */
    tc_plan_free(&plan);
    tc_scenario_free(s);
}

static void pages_keep_their_width(void **state) {
    (void)state;
    static const char *const slugs[]
        = {"startup-rented", "allocation-node-hours", "week-ten"}; /* the others are pages of the documents */
    for (size_t i = 0; i < sizeof slugs / sizeof *slugs; i++) {
        tc_scenario *s;
        tc_error error;
        assert_int_equal(tc_scenario_load(catalog, slugs[i], &s, &error), TC_OK);
        tc_plan plan = plan_of(s);
        char *page;
        size_t size;
        FILE *file = open_memstream(&page, &size);
        assert_true(tc_report_plan_text(file, &(tc_style){.width = 80}, &plan));
        fclose(file);
        for (const char *line = page; *line;) {
            size_t length = strcspn(line, "\n");
            if (length > 80) print_error("%.*s\n", (int)length, line);
            assert_true(length <= 80);
            line += length + (line[length] == '\n');
        }
        free(page);
        tc_plan_free(&plan);
        tc_scenario_free(s);
    }
}

/* ---- errors ------------------------------------------------------------------------------------- */

static void errors_have_their_place(void **state) {
    (void)state;
    static const struct {
        const char *text, *place, *says;
    } cases[] = {
        {"", "test.yaml:1", "is empty"},
        {"name: x\n", "test.yaml:1: format", "begin the file with 'format: 1'"},
        {HEAD POOL "jobs: []\n", "test.yaml:19: jobs", "write 1 to 10000"},
        {HEAD POOL JOB "speed: 3\n", "test.yaml:26: speed", "is unknown"},
        {HEAD "pools:\n  - name: a\n    accelerator: a100-sxm-80\n    ownership: owned\n    deliveries:\n"
              "      - {date: \"2024-01-01\", devices: {value: 8, source: assumed}}\n" JOB,
         "test.yaml:11: pools[0].accelerator", "did you mean 'a100-sxm-80g'"},
        {HEAD "pools:\n  - name: a\n    accelerator: a100-sxm-80g\n    ownership: owned\n    deliveries:\n"
              "      - {date: \"2024-02-30\", devices: {value: 8, source: assumed}}\n" JOB,
         "test.yaml:14: pools[0].deliveries[0].date", "no day of the calendar"},
        {HEAD "pools:\n  - name: a\n    accelerator: a100-sxm-80g\n    ownership: owned\n    deliveries:\n"
              "      - {date: \"2024-02-01\", devices: {value: -8, source: assumed}}\n" JOB,
         "test.yaml:14: pools[0].deliveries[0].devices", "out of range"},
        {HEAD "pools:\n  - name: a\n    accelerator: a100-sxm-80g\n    ownership: owned\n    deliveries:\n"
              "      - {date: \"2024-02-01\", devices: {value: 8, source: assumed}}\n"
              "      - {date: \"2024-01-01\", devices: {value: 8, source: assumed}}\n" JOB,
         "test.yaml:15: pools[0].deliveries[1].date", "order the deliveries by date"},
        {HEAD "pools:\n  - name: a\n    accelerator: a100-sxm-80g\n    ownership: owned\n    until: \"2024-01-15\"\n   "
              " deliveries:\n"
              "      - {date: \"2024-02-01\", devices: {value: 8, source: assumed}}\n" JOB,
         "test.yaml:15: pools[0].deliveries[0].date", "is not before 2024-01-15"},
        {HEAD "pools:\n  - name: a\n    accelerator: a100-sxm-80g\n    ownership: borrowed\n    deliveries:\n"
              "      - {date: \"2024-02-01\", devices: {value: 8, source: assumed}}\n" JOB,
         "test.yaml:12: pools[0].ownership", "owned, rented"},
        {HEAD "pools:\n  - name: a\n    accelerator: a100-sxm-80g\n    ownership: owned\n    price: {value: \"3 W\", "
              "source: paper}\n    deliveries:\n"
              "      - {date: \"2024-02-01\", devices: {value: 8, source: assumed}}\n" JOB,
         "test.yaml:13: pools[0].price", "is a power"},
        {HEAD
         "pools:\n  - name: a\n    accelerator: a100-sxm-80g\n    ownership: owned\n    region: moon\n    deliveries:\n"
         "      - {date: \"2024-02-01\", devices: {value: 8, source: assumed}}\n" JOB,
         "test.yaml:13: pools[0].region", "one of us, china"},
        {HEAD POOL "serving:\n  - {name: chat, pool: b, devices: {value: 20, source: assumed}}\n" JOB,
         "test.yaml:20: serving[0].pool", "none of the pools"},
        {HEAD POOL "serving:\n  - {name: chat, pool: a}\n" JOB, "test.yaml:20: serving[0]",
         "neither devices nor demand"},
        {HEAD POOL "jobs:\n  - name: j\n    after: i\n    candidates:\n      - {name: c, model: gpt2-124m, "
                   "global_batch: {value: 8, source: paper}, "
                   "tokens: {value: 1e9, source: paper}}\n",
         "test.yaml:21: jobs[0].after", "no job above this one"},
        {HEAD POOL "jobs:\n  - name: j\n    candidates:\n      - {name: c, model: gpt2-124m, global_batch: {value: 8, "
                   "source: paper}}\n",
         "test.yaml:22: jobs[0].candidates[0]", "either 'tokens' or 'tokens_per_parameter'"},
        {HEAD POOL
         "jobs:\n  - name: j\n    candidates:\n      - {name: c, model: gpt9, global_batch: {value: 8, source: paper}, "
         "tokens: {value: 1e9, source: paper}}\n",
         "test.yaml:22: jobs[0].candidates[0].model", "not in the catalog"},
        {"format: 1\nname: x\nstart: tomorrow\n" POOL JOB, "", ""},
        {HEAD POOL_OF("      - {every: month, from: \"2024-02-01\", devices: {value: 8, source: assumed}}\n") JOB,
         "test.yaml:14: pools[0].deliveries[0].until", "is missing"},
        {HEAD POOL_OF("      - {every: month, from: \"2024-02-01\", until: \"2024-01-01\", devices: {value: 8, source: "
                      "assumed}}\n") JOB,
         "test.yaml:14: pools[0].deliveries[0].until", "is before 2024-02-01"},
        {HEAD POOL_OF("      - {every: year, from: \"2024-02-01\", until: \"2024-01-01\", devices: {value: 8, source: "
                      "assumed}}\n") JOB,
         "test.yaml:14: pools[0].deliveries[0].every", "month"},
        {HEAD POOL_OF("      - {from: \"2024-02-01\", until: \"2024-01-01\", devices: {value: 8, source: assumed}}\n")
             JOB,
         "test.yaml:14: pools[0].deliveries[0].from", "needs 'every: month'"},
        {HEAD POOL_OF("      - {every: month, from: \"1024-02-01\", until: \"2924-01-01\", devices: {value: 8, source: "
                      "assumed}}\n") JOB,
         "test.yaml:14: pools[0].deliveries[0].from", "more than 20000 deliveries"},
        {HEAD POOL_OF("      - {date: {value: \"2024-02-01\"}, devices: {value: 8, source: assumed}}\n") JOB,
         "test.yaml:14: pools[0].deliveries[0].date", "is a figure; write the text alone"},
        {HEAD "pools:\n  - name: {value: p}\n    accelerator: a100-sxm-80g\n" JOB, "test.yaml:10: pools[0].name",
         "is a figure; write the text alone"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tc_scenario *scenario;
        tc_error error;
        tc_code code = read_scenario(cases[i].text, &scenario, &error);
        if (code == TC_OK || !strstr(error.place, cases[i].place) || !strstr(error.text, cases[i].says))
            print_error("case %zu: %d %s: %s\n", i, (int)code, error.place, error.text);
        assert_true(code == TC_INVALID || code == TC_NOT_FOUND);
        assert_non_null(strstr(error.place, cases[i].place));
        assert_non_null(strstr(error.text, cases[i].says));
        assert_null(strchr(error.text, '\n'));
        tc_scenario_free(scenario);
    }
}

/* A scenario of many pools, deliveries of the first, jobs and candidates of the last job, one of them with a wrong model. */
static char *large(int pools, int deliveries, int jobs, int candidates, const char *last_model) {
    char *text;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    assert_non_null(file);
    fputs(HEAD "pools:\n", file);
    for (int i = 0; i < pools; i++) {
        fprintf(file, "  - name: p%d\n    accelerator: a100-sxm-80g\n    ownership: owned\n    deliveries:\n", i);
        for (int k = 0; k < (i ? 1 : deliveries); k++) {
            char day[TC_DATE_SIZE];
            tc_date_format(tc_day_from_date(2020, 1, 1) + k, day);
            fprintf(file, "      - {date: \"%s\", devices: {value: 8, source: assumed}}\n", day);
        }
    }
    fputs("jobs:\n", file);
    for (int i = 0; i < jobs; i++) {
        fprintf(file, "  - name: j%d\n    candidates:\n", i);
        for (int k = 0; k < (i < jobs - 1 ? 1 : candidates); k++)
            fprintf(file,
                    "      - {name: c%d, model: %s, global_batch: {value: 8, source: paper}, tokens: {value: 1e9, "
                    "source: paper}}\n",
                    k, i == jobs - 1 && k == candidates - 1 ? last_model : "gpt2-124m");
    }
    fclose(file);
    return text;
}

static void scenarios_are_as_large_as_fleets(void **state) {
    (void)state;
    char *text = large(50, 10000, 1000, 50, "gpt2-124m");
    tc_scenario *s = good(text);
    assert_int_equal(s->pools, 50);
    assert_int_equal(s->pool[0].deliveries, 10000);
    assert_int_equal(s->pool[0].delivery[9999].day, tc_day_from_date(2020, 1, 1) + 9999);
    assert_int_equal(s->pool[49].deliveries, 1);
    assert_int_equal(s->jobs, 1000);
    assert_int_equal(s->job[999].candidates, 50);
    assert_string_equal(s->job[999].candidate[49].name, "c49");
    assert_non_null(s->job[999].candidate[49].model);
    tc_scenario_free(s);
    free(text);
    text = large(50, 10000, 1000, 50, "gpt9");
    tc_error error;
    assert_int_equal(read_scenario(text, &s, &error), TC_INVALID);
    assert_non_null(strstr(error.place, "jobs[999].candidates[49].model"));
    tc_scenario_free(s);
    free(text);
}

/* A job of reinforcement learning is planned by its step: prompts and responses a step, that of src/rl in seconds. */
static void a_job_of_reinforcement(void **state) {
    (void)state;
    tc_scenario *s = good(
        HEAD POOL "jobs:\n  - name: j\n    candidates:\n      - name: c\n        model: gpt2-1.5b\n"
                  "        global_batch: 64\n        tokens: 1e9\n"
                  "        rl: {prompts: 16, responses: 8, tokens_in: 100, tokens_out: 300, most_tokens_out: 800}\n");
    tc_plan plan = plan_of(s);
    assert_true(plan.run[0].feasible);
    const tc_step *step = &plan.run[0].phase[0].step;
    assert_near(step->tokens_per_step, 16 * 8 * 400, 1e-6);
    assert_int_equal(s->job[0].candidate[0].rl->updates, 2);
    assert_true(step->global_batch >= 61 && step->global_batch <= 67); /* the band */
    assert_true(step->step_s_p10 < step->step_s && step->step_s < step->step_s_p90);
    assert_true(step->mfu_pct > 0 && step->mfu_pct < 40);
    tc_plan_free(&plan);
    tc_scenario_free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(supply_by_hand),
                                       cmocka_unit_test(serving_by_hand),
                                       cmocka_unit_test(a_job_of_reinforcement),
                                       cmocka_unit_test(phases_add_up),
                                       cmocka_unit_test(failures_are_of_the_pool),
                                       cmocka_unit_test(plans_are_watched),
                                       cmocka_unit_test(more_devices_are_never_later),
                                       cmocka_unit_test(plans_and_searches_agree),
                                       cmocka_unit_test(later_deliveries_are_never_earlier),
                                       cmocka_unit_test(more_reliable_or_less_work_is_never_later),
                                       cmocka_unit_test(same_input_same_plan),
                                       cmocka_unit_test(interleaved_pipelines_come_out),
                                       cmocka_unit_test(jobs_wait_for_each_other),
                                       cmocka_unit_test(stages_follow_each_other),
                                       cmocka_unit_test(stages_that_are_over),
                                       cmocka_unit_test(a_stage_that_does_not_fit),
                                       cmocka_unit_test(many_numbers_of_devices),
                                       cmocka_unit_test(the_first_candidate_in_time),
                                       cmocka_unit_test(dates_have_the_interval_of_their_steps),
                                       cmocka_unit_test(a_lease_may_end_too_early),
                                       cmocka_unit_test(a_lease_that_ends),
                                       cmocka_unit_test(what_does_not_fit_says_so),
                                       cmocka_unit_test(deliveries_repeat),
                                       cmocka_unit_test(scenarios_are_as_large_as_fleets),
                                       cmocka_unit_test(paths_begin_at_their_file),
                                       cmocka_unit_test(assumptions_are_listed),
                                       cmocka_unit_test(pages_keep_their_width),
                                       cmocka_unit_test(errors_have_their_place)};
    return cmocka_run_group_tests(tests, open_catalog, close_catalog);
}
