/* test_best_by.c - the most capable model by a day: tokens that can be worked out, and what must always hold of the choice. */
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
#include "near.h"
#include "scenario_text.h"

/* A pool of so many devices that was there before, a rented one with an end, one certain calendar or many. */
static tc_scenario *scenario_of(int devices, int rented, const char *until, bool certain) {
    char text[2000], cloud[400] = "";
    if (rented > 0)
        snprintf(cloud, sizeof cloud,
                 "  - name: cloud\n    accelerator: h100-sxm\n    ownership: rented\n    until: \"%s\"\n"
                 "    deliveries:\n      - {date: \"2023-01-01\", devices: %d}\n",
                 until, rented);
    snprintf(text, sizeof text,
             "format: 1\nname: test\nstart: \"2024-10-01\"\ncertain: %s\n"
             "pools:\n  - name: own\n    accelerator: h20\n    ownership: owned\n    deliveries:\n"
             "      - {date: \"2023-01-01\", devices: %d}\n%s"
             "jobs:\n  - name: j\n    candidates:\n      - {name: c, tokens: 1e12, rates: "
             "[{accelerator: h20, tokens_per_s: 100}]}\n",
             certain ? "true" : "false", devices, cloud);
    return good_scenario(text);
}

static int32_t day_of(const char *text) {
    int32_t day = 0;
    assert_true(tc_date_parse(text, &day));
    return day;
}

typedef struct answer {
    tc_scenario *scenario;
    tc_plan plan;
} answer;

static answer ask(tc_scenario *s, const char *first, const char *second, int threads) {
    answer out = {.scenario = s};
    tc_error error = {0};
    tc_plan_options options = tc_default_plan_options();
    const int32_t day[] = {day_of(first), day_of(second)};
    options.samples = 16;
    options.drivers = false;
    options.threads = threads;
    options.catalog = catalog;
    options.best_days = 2;
    options.best_day = day;
    if (tc_plan_make(s, NULL, &options, &out.plan, &error) != TC_OK) fail_msg("%s: %s", error.place, error.text);
    assert_int_equal(out.plan.bests, 2);
    return out;
}

static void forget(answer *a) {
    tc_plan_free(&a->plan);
    tc_scenario_free(a->scenario);
}

static const tc_best_shape *find(const tc_best_by *by, const char *model) {
    for (int i = 0; i < by->shapes; i++)
        if (strcmp(by->shape[i].model, model) == 0) return &by->shape[i];
    fail_msg("%s is not there", model);
    return NULL;
}

/* No shape is worse in b; one that was left out may come in. */
static void check_no_worse(const tc_best_by *a, const tc_best_by *b) {
    assert_true(b->judged >= a->judged && a->judged > 5);
    for (int i = 0; i < a->judged; i++) {
        const tc_best_shape *x = &a->shape[i], *y = find(b, x->model);
        assert_null(y->why);
        if (y->tokens_p50 < x->tokens_p50 || y->loss_p50 > x->loss_p50 || y->loss_p90 > x->loss_p90)
            fail_msg("%s: %g tokens and a loss of %g become %g and %g", x->model, x->tokens_p50, x->loss_p50,
                     y->tokens_p50, y->loss_p50);
    }
    assert_true(b->shape[0].loss_p50 <= a->shape[0].loss_p50 + 1e-9);
}

/* On devices that stay, without a risk, tokens grow as the days do: the last day counts. */
static void tokens_grow_with_the_days(void **state) {
    (void)state;
    answer a = ask(scenario_of(256, 0, "", true), "2024-11-09", "2024-12-19", 0); /* 40 and 80 days */
    check_no_worse(&a.plan.best[0], &a.plan.best[1]);
    for (int i = 0; i < a.plan.best[0].judged; i++) {
        const tc_best_shape *x = &a.plan.best[0].shape[i], *y = find(&a.plan.best[1], x->model);
        assert_true(x->tokens_p50 > 0);
        if (fabs(y->tokens_p50 / x->tokens_p50 - 2) > 1e-6) fail_msg("%s: %g", x->model, y->tokens_p50 / x->tokens_p50);
    }
    assert_string_equal(a.plan.best[0].reference, "llama-3.1-405b");
    forget(&a);
}

/* A pool that ends trains until then, though nothing would ever be done on it; what is there next goes on. */
static void a_pool_that_ends_is_of_use(void **state) {
    (void)state;
    answer a = ask(scenario_of(16, 512, "2024-11-10", true), "2024-11-09", "2024-12-19", 0);
    answer b = ask(scenario_of(16, 0, "", true), "2024-11-09", "2024-12-19", 0);
    const tc_best_shape *first = find(&a.plan.best[0], "llama-3.1-8b"), *later = find(&a.plan.best[1], "llama-3.1-8b");
    const tc_best_shape *alone = find(&b.plan.best[0], "llama-3.1-8b");
    assert_true(first->tokens_p50 > 20 * alone->tokens_p50);
    double more = (later->tokens_p50 - first->tokens_p50) / alone->tokens_p50; /* 40 days, less a move */
    if (!(more > 0.5 && more < 1)) fail_msg("%g of what the pool alone trains in as many days", more);
    forget(&a);
    forget(&b);
}

static void more_is_never_worse(void **state) {
    (void)state;
    static const int devices[] = {192, 256, 400};
    answer before = {0};
    for (int i = 0; i < 3; i++) {
        answer a = ask(scenario_of(devices[i], 0, "", false), "2025-01-31", "2025-06-30", 0);
        check_no_worse(&a.plan.best[0], &a.plan.best[1]);
        if (i > 0)
            for (int k = 0; k < 2; k++) check_no_worse(&before.plan.best[k], &a.plan.best[k]);
        if (i > 0) forget(&before);
        before = a;
    }
    forget(&before);
}

static void same_for_any_threads(void **state) {
    (void)state;
    answer a = ask(scenario_of(64, 128, "2025-02-01", false), "2025-01-31", "2025-06-30", 1);
    answer b = ask(scenario_of(64, 128, "2025-02-01", false), "2025-01-31", "2025-06-30", 3);
    for (int k = 0; k < 2; k++) {
        const tc_best_by *x = &a.plan.best[k], *y = &b.plan.best[k];
        assert_int_equal(x->judged, y->judged);
        for (int i = 0; i < x->judged; i++) {
            assert_string_equal(x->shape[i].model, y->shape[i].model);
            assert_memory_equal(&x->shape[i].parameters, &y->shape[i].parameters,
                                offsetof(tc_best_shape, within) - offsetof(tc_best_shape, parameters));
        }
    }
    forget(&a);
    forget(&b);
}

/* What no number of devices of the fleet can train is left out with its reason; the rest is in order. */
static void what_does_not_fit_is_left_out(void **state) {
    (void)state;
    answer a = ask(scenario_of(8, 0, "", true), "2024-11-09", "2024-12-19", 0);
    const tc_best_by *by = &a.plan.best[0];
    assert_non_null(find(by, "gpt-1t")->why);
    assert_non_null(strstr(find(by, "gpt-1t")->why, "own: "));
    assert_null(find(by, "llama-3.2-1b")->why);
    for (int i = 0; i < by->shapes; i++) assert_int_equal(by->shape[i].why != NULL, i >= by->judged);
    assert_true(by->any);
    forget(&a);
}

/* Where the first job may not train the most capable model does not either, and data that repeat count less. */
static void rules_of_the_first_job_hold(void **state) {
    (void)state;
    answer a = ask(scenario_of(64, 128, "2025-02-01", true), "2025-01-31", "2025-02-28", 0);
    tc_scenario *s = scenario_of(64, 128, "2025-02-01", true);
    tc_scenario_name cloud = {.name = "cloud", .pool = 1};
    s->job[0].not_on = &cloud;
    s->job[0].not_ons = 1;
    answer b = ask(s, "2025-01-31", "2025-02-28", 0);
    answer c = ask(scenario_of(64, 0, "", true), "2025-01-31", "2025-02-28", 0);
    const tc_best_shape *both = find(&a.plan.best[0], "llama-3.1-8b"), *one = find(&b.plan.best[0], "llama-3.1-8b"),
                        *alone = find(&c.plan.best[0], "llama-3.1-8b");
    assert_true(one->tokens_p50 < 0.8 * both->tokens_p50);
    assert_near(one->tokens_p50 / alone->tokens_p50, 1, 1e-9);
    assert_near(one->epochs, 0, 0); /* no limit of data */
    s = scenario_of(64, 0, "", true);
    s->unique_tokens = alone->tokens_p50 / 8;
    answer d = ask(s, "2025-01-31", "2025-02-28", 0);
    const tc_best_shape *again = find(&d.plan.best[0], "llama-3.1-8b");
    assert_near(again->epochs, 8, 0.01);
    assert_true(again->loss_p50 > alone->loss_p50);
    forget(&a);
    forget(&b);
    forget(&c);
    forget(&d);
}

/* Of two candidates that are in time the job takes the one with less loss, though the other stands first; of which only one is in time, that. */
static void a_job_chooses_by_capability(void **state) {
    (void)state;
    static const char *const deadline[] = {"2030-01-01", "2024-10-10"}, *const taken[] = {"large", "small"};
    for (int k = 0; k < 2; k++) {
        char text[2000];
        snprintf(text, sizeof text,
                 "format: 1\nname: test\nstart: \"2024-10-01\"\ncertain: true\n"
                 "pools: [{name: own, accelerator: h20, ownership: owned, deliveries: [{date: \"2023-01-01\", devices: "
                 "512}]}]\n"
                 "jobs:\n  - name: j\n    choose: capability\n    deadline: \"%s\"\n    candidates:\n"
                 "      - {name: small, model: llama-3.2-1b, global_batch: 512, tokens: 1e11}\n"
                 "      - {name: large, model: llama-3.1-8b, global_batch: 512, tokens: 1e12}\n",
                 deadline[k]);
        tc_scenario *s = good_scenario(text);
        tc_plan plan;
        tc_error error = {0};
        tc_plan_options options = tc_default_plan_options();
        assert_int_equal(tc_plan_make(s, NULL, &options, &plan, &error), TC_INVALID); /* no catalog */
        options.catalog = catalog;
        if (tc_plan_make(s, NULL, &options, &plan, &error) != TC_OK) fail_msg("%s: %s", error.place, error.text);
        assert_string_equal(s->job[0].candidate[plan.run[0].candidate].name, taken[k]);
        tc_plan_free(&plan);
        tc_scenario_free(s);
    }
}

static void days_outside_the_plan_are_refused(void **state) {
    (void)state;
    tc_scenario *s = scenario_of(8, 0, "", true);
    tc_plan plan;
    tc_error error = {0};
    tc_plan_options options = tc_default_plan_options();
    const int32_t day = day_of("2024-09-30");
    options.best_days = 1;
    options.best_day = &day;
    assert_int_equal(tc_plan_make(s, NULL, &options, &plan, &error), TC_INVALID); /* no catalog */
    assert_non_null(strstr(error.place, "catalog"));
    options.catalog = catalog;
    assert_int_equal(tc_plan_make(s, NULL, &options, &plan, &error), TC_INVALID);
    assert_non_null(strstr(error.text, "2024-09-30"));
    tc_scenario_free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_grow_with_the_days),     cmocka_unit_test(a_pool_that_ends_is_of_use),
        cmocka_unit_test(more_is_never_worse),           cmocka_unit_test(same_for_any_threads),
        cmocka_unit_test(what_does_not_fit_is_left_out), cmocka_unit_test(rules_of_the_first_job_hold),
        cmocka_unit_test(a_job_chooses_by_capability),   cmocka_unit_test(days_outside_the_plan_are_refused),
    };
    return cmocka_run_group_tests(tests, open_catalog, close_catalog);
}
