/* test_interval.c - the interval of a forecast against its formula by hand: what widens it, and what it says it rests on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "forecast/interval.h"
#include "machine.h"
#include "near.h"

static const char *chips[] = {"round"}, *architectures[] = {"plain"}, *stacks[] = {"own"};
static double many[] = {1e9}; /* sources: as good as all */

/* Nothing but an intercept: s is 0.1 whatever the question. */
static tc_interval_model plain_model(void) {
    return (tc_interval_model){.scaled = true,
                               .intercept = log(0.1),
                               .p10 = -1,
                               .p90 = 2,
                               .accelerators = {1, chips, many},
                               .architectures = {1, architectures, many},
                               .stacks = {1, stacks, many}};
}

static int feature(const char *name) {
    for (int i = 0; i < TC_INTERVAL_FEATURES; i++)
        if (strcmp(tc_interval_feature_names[i], name) == 0) return i;
    fail_msg("no feature %s", name);
    return 0;
}

/* All of it was seen. */
static tc_question seen_question(tc_step *step) {
    tc_question q = round_machine(8);
    tc_error error;
    snprintf(q.cluster.accelerator.slug, sizeof q.cluster.accelerator.slug, "%s", chips[0]);
    snprintf(q.cluster.accelerator.architecture, sizeof q.cluster.accelerator.architecture, "%s", architectures[0]);
    snprintf(q.stack.slug, sizeof q.stack.slug, "%s", stacks[0]);
    assert_int_equal(tc_forecast(&q, step, &error), TC_OK);
    return q;
}

/* s, by the upper end, which is exp(2 s). */
static double scale(const tc_interval_model *model, const tc_question *q, const tc_step *step, tc_guesses guesses) {
    tc_interval i = tc_interval_of(model, q, step, guesses);
    assert_near(log(i.p10), -log(i.p90) / 2, 1e-12);
    return log(i.p90) / 2;
}

static void guesses_widen(void **state) {
    (void)state;
    tc_step step;
    tc_question q = seen_question(&step);
    tc_interval_model m = plain_model();
    m.coefficient[feature("open_layout")] = 0.5;
    m.coefficient[feature("assumed")] = 0.25;
    assert_near(scale(&m, &q, &step, (tc_guesses){0, 0}), 0.1, 1e-12);
    assert_near(scale(&m, &q, &step, (tc_guesses){3, 0}), 0.1 * pow(4, 0.5), 1e-12);
    assert_near(scale(&m, &q, &step, (tc_guesses){0, 1}), 0.1 * pow(2, 0.25), 1e-12);
}

/* 3e9 parameters and more: nothing; a hundredth of it: all. The round GPT has some 134 million. */
static void small_models_widen(void **state) {
    (void)state;
    tc_step step;
    tc_question q = seen_question(&step);
    tc_interval_model m = plain_model();
    m.coefficient[feature("small_model")] = 1;
    double active = tc_model_count(&q.job.model).active_parameters;
    assert_near(scale(&m, &q, &step, (tc_guesses){0, 0}), 0.1 * exp(log(3e9 / active) / log(100)), 1e-9);
    q.job.model.block[0].count = 1000;
    assert_near(scale(&m, &q, &step, (tc_guesses){0, 0}), 0.1, 1e-12);
    q.job.model = round_gpt(1);
    q.job.model.vocab = 32;
    assert_near(scale(&m, &q, &step, (tc_guesses){0, 0}), 0.1 * exp(1), 1e-9);
}

/* Never narrower than what is typical of chips with runs. */
static void a_chip_without_runs(void **state) {
    (void)state;
    tc_step step;
    tc_question q = seen_question(&step);
    tc_interval_model m = plain_model();
    m.typical_scale = 0.15;
    assert_near(scale(&m, &q, &step, (tc_guesses){0, 0}), 0.1, 1e-12);
    snprintf(q.cluster.accelerator.slug, sizeof q.cluster.accelerator.slug, "new");
    assert_near(scale(&m, &q, &step, (tc_guesses){0, 0}), 0.15, 1e-12);
    m.coefficient[feature("chip_unseen")] = log(2);
    assert_near(scale(&m, &q, &step, (tc_guesses){0, 0}), 0.2, 1e-12);
}

/* The more sources ran on a chip, the narrower: one makes it half as uncertain as none, three a quarter. */
static void sources_of_a_chip_narrow(void **state) {
    (void)state;
    tc_step step;
    tc_question q = seen_question(&step);
    tc_interval_model m = plain_model();
    double sources = 1;
    m.accelerators.many = &sources;
    m.coefficient[feature("chip_unseen")] = 1;
    assert_near(scale(&m, &q, &step, (tc_guesses){0, 0}), 0.1 * exp(0.5), 1e-12);
    sources = 3;
    assert_near(scale(&m, &q, &step, (tc_guesses){0, 0}), 0.1 * exp(0.25), 1e-12);
}

static void says_what_it_rests_on(void **state) {
    (void)state;
    tc_step step;
    tc_question q = seen_question(&step);
    tc_interval_model m = plain_model();
    static const tc_guesses none = {0, 0};
    assert_string_equal(tc_interval_of(&m, &q, &step, none).evidence, "measured runs of this chip and of this stack");
    m.stacks.count = 0;
    assert_string_equal(tc_interval_of(&m, &q, &step, none).evidence, "measured runs of this chip, not of this stack");
    m.accelerators.count = 0;
    assert_string_equal(tc_interval_of(&m, &q, &step, none).evidence,
                        "measured runs of other chips of this architecture");
    m.architectures.count = 0;
    assert_string_equal(tc_interval_of(&m, &q, &step, none).evidence, "no measured runs of this architecture");
    m.layouts.known = true;
    for (int i = 0; i < TC_AXES; i++) m.layouts.axis[i] = (tc_axis_range){1e-9, 1e-9, 1e9, 1e9};
    m.layouts.axis[TC_AXIS_DEVICES] = (tc_axis_range){1, 1, 2, 2};
    assert_string_equal(tc_interval_of(&m, &q, &step, none).evidence,
                        "no measured runs of this architecture; far from their layouts");
}

int main(void) {
    const struct CMUnitTest tests[]
        = {cmocka_unit_test(guesses_widen), cmocka_unit_test(small_models_widen), cmocka_unit_test(a_chip_without_runs),
           cmocka_unit_test(sources_of_a_chip_narrow), cmocka_unit_test(says_what_it_rests_on)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
