/* How far a layout is from published ones: 0 within their practice, monotone beyond it, reasons by name; wider intervals. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "catalog/interval_model.h"
#include "catalog/kinds.h"
#include "forecast/distance.h"
#include "forecast/interval.h"
#include "machine.h"
#include "near.h"

/* Runs of two sources reach 2 to 8 of everything, those of one 1 to 16; two sources have each word. */
static tc_published_layouts practice(void) {
    tc_published_layouts p = {.known = true, .widening = 0.5};
    for (int i = 0; i < TC_AXES; i++) p.axis[i] = (tc_axis_range){1, 2, 8, 16};
    for (int c = 0; c < TC_CHOICES; c++)
        for (int w = 0; w < TC_CHOICE_WORDS; w++) p.sources[c][w] = 2;
    return p;
}

static tc_layout_traits usual(void) {
    tc_layout_traits t = {.value = {0}};
    for (int i = 0; i < TC_AXES; i++) t.value[i] = 4;
    for (int c = 0; c < TC_CHOICES; c++) t.chosen[c] = 1;
    return t;
}

static double distance_of(const tc_published_layouts *p, const tc_layout_traits *t) {
    return tc_layout_distance(p, t, NULL, 0, NULL);
}

/* Up to the last number that two sources reach nothing counts; from there on each doubling is one, whoever else has been there. */
static void axes(void **state) {
    (void)state;
    tc_published_layouts p = practice();
    for (int i = 0; i < TC_AXES; i++) {
        tc_layout_traits t = usual();
        double before = 0;
        bool moved = false;
        for (int k = 0; k <= 80; k++) {
            t.value[i] = 4 * pow(2, k / 8.0);
            double d = distance_of(&p, &t), expected = fmax(0, k / 8.0 - 1);
            assert_true(d >= before);
            assert_true(d <= 0 || fabs(d - expected) < 1e-9);
            moved = moved || d > 0;
            before = d;
        }
        before = 0;
        for (int k = 0; k <= 80; k++) {
            t.value[i] = 4 / pow(2, k / 8.0);
            double d = distance_of(&p, &t);
            assert_true(d >= before);
            moved = moved || d > 0;
            before = d;
        }
        assert_true(moved); /* on one side at least */
        t.value[i] = 0;     /* a layout without it */
        assert_true(distance_of(&p, &t) <= 0);
    }
}

static void sides(void **state) {
    (void)state;
    tc_published_layouts p = practice();
    tc_layout_traits t = usual();
    t.value[TC_AXIS_CP_TOKENS] = 0.5;
    assert_near(distance_of(&p, &t), 2, 1e-12);
    t.value[TC_AXIS_EP] = 64;
    assert_near(distance_of(&p, &t), sqrt(4 + 9), 1e-12);
    t.value[TC_AXIS_TP] = 1; /* fewer degrees than others have is no distance */
    assert_near(distance_of(&p, &t), sqrt(4 + 9), 1e-12);
}

static void choices(void **state) {
    (void)state;
    tc_published_layouts p = practice();
    for (int c = 0; c < TC_CHOICES; c++) {
        tc_layout_traits t = usual();
        t.chosen[c] = 0;
        assert_true(distance_of(&p, &t) <= 0);
        t.chosen[c] = 2;
        p.sources[c][1] = 1;
        assert_near(distance_of(&p, &t), 1, 1e-12);
        p.sources[c][1] = 0;
        assert_near(distance_of(&p, &t), 2, 1e-12);
        p.sources[c][1] = 3;
        assert_true(distance_of(&p, &t) <= 0);
    }
}

/* The three farthest, by name. */
static void reasons(void **state) {
    (void)state;
    tc_published_layouts p = practice();
    tc_layout_traits t = usual();
    tc_far far[TC_DISTANCE_REASONS];
    int count = -1;
    assert_true(tc_layout_distance(&p, &t, far, TC_DISTANCE_REASONS, &count) <= 0);
    assert_int_equal(count, 0);
    p.axis[TC_AXIS_CP_TOKENS] = (tc_axis_range){2048, 4096, 8192, 8192};
    t.value[TC_AXIS_CP_TOKENS] = 256;
    t.value[TC_AXIS_PP] = 12;
    p.sources[TC_CHOICE_HOST][TC_ON_HOST_ACTIVATIONS] = 1;
    t.chosen[TC_CHOICE_HOST] = 1 << TC_ON_HOST_ACTIVATIONS;
    t.value[TC_AXIS_TP] = 17;
    double d = tc_layout_distance(&p, &t, far, TC_DISTANCE_REASONS, &count);
    assert_int_equal(count, 3);
    assert_string_equal(far[0].text, "no published run uses context parallelism on fewer than 2,048 tokens a rank");
    assert_string_equal(far[1].text, "no published run has a tensor-parallel degree above 16");
    assert_string_equal(far[2].text, "only one source has a published run that has activations on the host");
    assert_near(d, sqrt(16 + pow(log2(17 / 8.0), 2) + 1 + pow(log2(1.5), 2)), 1e-12); /* the fourth counts, too */
    t = usual();
    t.value[TC_AXIS_CP_TOKENS] = 0;
    t.value[TC_AXIS_PP] = 12;
    tc_layout_distance(&p, &t, far, TC_DISTANCE_REASONS, &count);
    assert_string_equal(far[0].text, "only one source has a published run that has more than 8 pipeline stages");
}

/* Without the table every layout is at 0, and its interval as it was. */
static void unknown(void **state) {
    (void)state;
    tc_published_layouts none = {.known = false};
    tc_layout_traits t = usual();
    t.value[TC_AXIS_TP] = 1e6;
    assert_true(distance_of(&none, &t) <= 0);
    assert_true(tc_distance_widens(&none, 0) == 1 && tc_distance_widens(&none, 7) == 1);
}

static void widens(void **state) {
    (void)state;
    tc_published_layouts p = practice();
    assert_true(tc_distance_widens(&p, 0) == 1); /* to the bit */
    assert_near(tc_distance_widens(&p, 4), sqrt(5), 1e-12);
    double before = 1;
    for (int i = 0; i <= 100; i++) {
        double now = tc_distance_widens(&p, i / 10.0);
        assert_true(now >= before);
        before = now;
    }
}

/* A forecast's: its logs are so much wider, its centre stays. */
static void intervals(void **state) {
    (void)state;
    tc_interval_model model = {.scaled = true, .p10 = -0.1, .p90 = 0.2, .layouts = practice()};
    tc_question m = round_machine(8);
    m.interval = &model;
    tc_step near, far;
    tc_error error;
    for (int i = 0; i < TC_AXES; i++) model.layouts.axis[i] = (tc_axis_range){1e-9, 1e-9, 1e9, 1e9};
    assert_int_equal(tc_forecast(&m, &near, &error), TC_OK);
    assert_true(near.distance <= 0 && near.distance_count == 0);
    double p10 = near.step_s_p10, p90 = near.step_s_p90;
    model.layouts.axis[TC_AXIS_DEVICES] = (tc_axis_range){1, 1, 2, 2};
    assert_int_equal(tc_forecast(&m, &far, &error), TC_OK);
    assert_near(far.distance, 2, 1e-12);
    assert_string_equal(far.distance_reason[0], "no published run is on more than 2 devices");
    assert_true(far.step_s == near.step_s);
    assert_near(log(far.step_s_p10 / far.step_s), sqrt(2) * log(p10 / near.step_s), 1e-9);
    assert_near(log(far.step_s_p90 / far.step_s), sqrt(2) * log(p90 / near.step_s), 1e-9);
}

/* Every layout's own numbers: 8 devices as tp 2, cp 2, dp 2 of a model and a sequence as they are. */
static void traits(void **state) {
    (void)state;
    tc_question m = round_machine(8);
    m.layout.tp = 2;
    m.layout.cp = 2;
    m.layout.micro_batch = 2;
    tc_step step;
    tc_error error;
    assert_int_equal(tc_forecast(&m, &step, &error), TC_OK);
    tc_layout_traits t = tc_layout_traits_of(&m, &step.layout, step.micro_batches);
    double seq = m.job.seq > 0 ? m.job.seq : m.job.model.seq;
    assert_near(t.value[TC_AXIS_CP_TOKENS], seq / 2, 1e-9);
    assert_near(t.value[TC_AXIS_TOKENS], seq, 1e-9);
    assert_near(t.value[TC_AXIS_DEVICES], 8, 1e-9);
    assert_near(t.value[TC_AXIS_DP], 2, 1e-9);
    assert_true(t.value[TC_AXIS_PER_STAGE] <= 0 && t.chosen[TC_CHOICE_SCHEDULE] == 0); /* no pipeline */
    tc_layout l = step.layout;
    l.offload = TC_OFFLOAD_ALL;
    t = tc_layout_traits_of(&m, &l, 1);
    assert_int_equal(t.chosen[TC_CHOICE_HOST], 7);
}

/* ---- the file ----------------------------------------------------------------------------------- */

static tc_code read_text(const char *text, tc_published_layouts *out, tc_error *error) {
    tc_arena arena = {0};
    tc_document document;
    tc_code code = tc_document_parse(text, strlen(text), "layouts.yaml", &arena, &document, error);
    if (!code) code = tc_published_layouts_read(&document, out, error);
    tc_arena_free(&arena);
    return code;
}

#define HEAD "format: 1\ncounted_on: \"2 runs\"\nruns_hash: \"00\"\n"

static void file(void **state) {
    (void)state;
    tc_published_layouts p;
    tc_error error;
    const char *good = HEAD "axes:\n  - {axis: devices, runs: 2, least: 1, low: 2, high: 8, most: 16}\n"
                            "choices:\n  - {choice: schedule, word: dualpipe, runs: 3, sources: 1}\nwidening: 0.25\n";
    assert_int_equal(read_text(good, &p, &error), TC_OK);
    assert_true(p.known && p.axis[TC_AXIS_DEVICES].most == 16 && p.widening == 0.25);
    assert_int_equal(p.sources[TC_CHOICE_SCHEDULE][TC_SCHEDULE_DUALPIPE], 1);
    assert_true(p.axis[TC_AXIS_TP].high == 0);
    static const char *const bad[] = {
        HEAD "axes:\n  - {axis: devices, least: 3, low: 2, high: 8, most: 16}\nchoices: []\nwidening: 0\n",
        HEAD "axes: []\nchoices:\n  - {choice: schedule, word: waltz, sources: 1}\nwidening: 0\n",
        HEAD "axes:\n  - {axis: height, least: 1, low: 2, high: 8, most: 16}\nchoices: []\nwidening: 0\n",
        HEAD "axes: []\nchoices: []\nwidening: -1\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(read_text(bad[i], &p, &error), TC_INVALID);
        assert_non_null(strstr(error.place, "layouts.yaml"));
    }
}

/* The shipped table knows every axis, and what is done everywhere is within it. */
static void shipped(void **state) {
    (void)state;
    tc_catalog *catalog;
    const tc_interval_model *model;
    tc_error error;
    assert_int_equal(tc_catalog_open(NULL, 0, &catalog, &error), TC_OK);
    assert_int_equal(tc_catalog_interval(catalog, &model, &error), TC_OK);
    assert_true(model->layouts.known);
    for (int i = 0; i < TC_AXES; i++) assert_true(model->layouts.axis[i].high > 0);
    assert_true(model->layouts.sources[TC_CHOICE_SCHEDULE][TC_SCHEDULE_1F1B] > 2);
    tc_question q = round_machine(64);
    q.interval = model;
    q.layout.tp = 8;
    q.layout.dp = 8;
    tc_step step;
    assert_int_equal(tc_forecast(&q, &step, &error), TC_OK);
    assert_true(step.distance <= 0);
    tc_catalog_close(catalog);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(axes),    cmocka_unit_test(sides),   cmocka_unit_test(choices),   cmocka_unit_test(reasons),
        cmocka_unit_test(unknown), cmocka_unit_test(widens),  cmocka_unit_test(intervals), cmocka_unit_test(traits),
        cmocka_unit_test(file),    cmocka_unit_test(shipped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
