/* test_require.c - answers put back meet the target; what cannot be met says so; limits hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "traincast.h"

static tc_catalog *catalog;
static tc_controls controls;

static int open_catalog(void **state) {
    (void)state;
    tc_error error;
    return tc_catalog_open(NULL, 0, &catalog, &error) || tc_controls_load(catalog, &controls, &error);
}

static int close_catalog(void **state) {
    (void)state;
    tc_catalog_close(catalog);
    return 0;
}

static tc_require_input input(const char *accelerator, int devices, double target_s) {
    tc_require_input in = tc_default_require_input();
    tc_question *q = &in.search.question;
    tc_error error;
    assert_int_equal(tc_model_load(catalog, "llama-2-7b", &q->job.model, &error), TC_OK);
    assert_int_equal(tc_catalog_accelerator(catalog, accelerator, &q->cluster.accelerator, &error), TC_OK);
    assert_int_equal(tc_catalog_fabric(catalog, q->cluster.accelerator.fabric, &q->cluster.fabric, &error), TC_OK);
    assert_int_equal(tc_catalog_stack(catalog, q->cluster.accelerator.stack, &q->stack, &error), TC_OK);
    assert_int_equal(tc_catalog_interval(catalog, &q->interval, &error), TC_OK);
    q->job.global_batch = 64;
    q->cluster.devices = devices;
    in.target_s = target_s;
    return in;
}

static double best(const tc_search_input *in, const tc_question *question) {
    tc_search_input search = *in;
    tc_search found;
    tc_error error;
    search.question = *question;
    search.top = 5;
    assert_int_equal(tc_search_run(&search, &found, &error), TC_OK);
    double seconds = found.best_count > 0 ? found.best[0].step.step_s : HUGE_VAL;
    tc_search_free(&found);
    return seconds;
}

static tc_require find(const tc_require_input *in) {
    tc_require out;
    tc_error error;
    if (tc_require_find(in, &out, &error)) fail_msg("%s: %s", error.place, error.text);
    return out;
}

/* Each is what a whole search finds; more of a figure is never slower; memory is worth something where it binds. */
static void worths_are_searches(void **state) {
    (void)state;
    tc_worths worths;
    tc_error error;
    tc_require_input in = input("rtx4090", 8, 1);
    assert_int_equal(tc_require_worth(&in.search, &worths, &error), TC_OK);
    double today = best(&in.search, &in.search.question);
    assert_true(worths.today_s > 0 && fabs(worths.today_s / today - 1) < 1e-3);
    assert_true(worths.count >= 5);
    for (int i = 0; i < worths.count; i++) {
        const tc_worth *v = &worths.worth[i];
        tc_question q = in.search.question;
        tc_require_scale(&q, v->figure, v->factor);
        assert_true(fabs(v->step_s / best(&in.search, &q) - 1) < 1e-3);
        assert_true(v->step_s <= worths.today_s * (1 + 1e-9) && v->elasticity >= -1e-9 && v->elasticity < 2);
        if (v->figure == TC_REQUIRED_MEMORY) assert_true(v->elasticity > 0.01);
    }
}

/* With the value a whole search meets the target, with a hundredth less of it none does; memory, whose effect is a jump, may be met by far. */
static void check_put_back(const tc_require_input *in, const tc_require *r) {
    for (int i = 0; i < r->alone_count; i++) {
        const tc_requirement *one = &r->alone[i];
        tc_question q = in->search.question, less = q;
        tc_require_scale(&q, one->figure, one->value / one->today);
        tc_require_scale(&less, one->figure, 0.99 * one->value / one->today);
        double seconds = best(&in->search, &q);
        if (!one->reached) {
            assert_true(seconds > in->target_s);
            assert_true(fabs(one->value / one->today - TC_REQUIRE_MOST) < 1e-9);
            continue;
        }
        assert_true(seconds <= in->target_s * 1.0001);
        if (one->value < 0.03 * one->today) continue; /* as little as is looked at is enough */
        if (one->figure != TC_REQUIRED_MEMORY) assert_true(seconds >= in->target_s * 0.995);
        assert_true(best(&in->search, &less) > in->target_s * 0.9999);
    }
}

static void answers_meet_the_target(void **state) {
    (void)state;
    tc_require_input in = input("h20", 16, 1);
    double today = best(&in.search, &in.search.question);
    in.target_s = today * 0.9;
    tc_require r = find(&in);
    assert_true(fabs(r.today_s / today - 1) < 1e-9);
    assert_int_equal(r.alone[0].figure, TC_REQUIRED_PEAK);
    assert_true(r.alone[0].reached && r.alone[0].value > r.alone[0].today);
    check_put_back(&in, &r);
    tc_question q = in.search.question;
    for (int i = 0; i <= TC_REQUIRED_POWER; i++) tc_require_scale(&q, (tc_required)i, r.factor);
    assert_true(r.together_reached && fabs(best(&in.search, &q) / in.target_s - 1) < 0.005);
}

/* A chip that is better than needed: figures may fall. */
static void figures_may_fall(void **state) {
    (void)state;
    tc_require_input in = input("h20", 16, 1);
    in.target_s = 1.2 * best(&in.search, &in.search.question);
    tc_require r = find(&in);
    for (int i = 0; i < r.alone_count; i++) assert_true(r.alone[i].reached && r.alone[i].value <= r.alone[i].today);
    assert_true(r.factor < 1);
    check_put_back(&in, &r);
}

/* Nothing buys it: latencies and launches stay. */
static void the_impossible_is_said(void **state) {
    (void)state;
    tc_require_input in = input("h20", 16, 1e-4);
    tc_require r = find(&in);
    assert_false(r.together_reached);
    assert_true(r.together_s > in.target_s);
    for (int i = 0; i < r.alone_count; i++) {
        assert_false(r.alone[i].reached);
        assert_true(r.alone[i].at_most > in.target_s);
    }
}

/* A model that does not fit: more memory makes it. */
static void memory_is_found(void **state) {
    (void)state;
    tc_require_input in = input("a100-sxm-80g", 8, 1000);
    in.search.question.cluster.accelerator.memory_bytes = 12e9;
    in.search.fixed.offload = TC_OFFLOAD_NONE;
    tc_require r = find(&in);
    assert_true(r.today_s == 0);
    for (int i = 0; i < r.alone_count; i++)
        assert_int_equal(r.alone[i].reached, r.alone[i].figure == TC_REQUIRED_MEMORY);
    check_put_back(&in, &r);
}

static void limits_hold(void **state) {
    (void)state;
    tc_require_input in = input("h100-sxm", 16, 1);
    in.target_s = 1.5 * best(&in.search, &in.search.question);
    in.most_tpp = 8000;
    in.most_area_mm2 = 700;
    in.most_power_w = 500;
    in.controls = &controls;
    tc_require r = find(&in);
    const tc_control_options options = {.ignore_fp6 = true};
    assert_true(r.limits_reached && r.points > 0);
    for (int i = 0; i < r.points; i++) {
        tc_question q = in.search.question;
        tc_accelerator *a = &q.cluster.accelerator;
        double factor = r.point[i].peak_flops / a->matmul_flops[TC_BF16];
        for (int k = 0; k < TC_DTYPES; k++) a->matmul_flops[k] *= factor, a->advertised_flops[k] *= factor;
        a->memory_bytes_per_s = r.point[i].bytes_per_s;
        a->memory_bytes = r.point[i].memory_bytes;
        a->tdp_w = 500;
        assert_true(tc_controls_classify(&controls, a, &options).tpp < 8000);
        assert_true(best(&in.search, &q) <= in.target_s * 1.0001);
        for (int k = 0; k < r.points; k++)
            assert_true(k == i || r.point[k].peak_flops > r.point[i].peak_flops
                        || r.point[k].bytes_per_s > r.point[i].bytes_per_s
                        || r.point[k].memory_bytes > r.point[i].memory_bytes);
    }
    in.most_tpp = 10;
    r = find(&in);
    assert_false(r.limits_reached);
    assert_true(r.points == 1 && r.point[0].step_s > in.target_s);
}

/* Equal money: at the price that is answered a step costs as much. */
static void the_price_is_equal_money(void **state) {
    (void)state;
    tc_economics economics;
    tc_error error;
    tc_require_input a = input("h20", 16, 1), b = input("h100-sxm", 16, 1);
    assert_int_equal(tc_economics_load(catalog, NULL, NULL, "", &economics, &error), TC_OK);
    const tc_question *x = &a.search.question, *y = &b.search.question;
    double same = tc_require_price(y, 2, &economics, y, 2, &economics, 25000);
    double slower = tc_require_price(x, 4, &economics, y, 2, &economics, 25000);
    double faster = tc_require_price(x, 2, &economics, y, 2, &economics, 25000);
    assert_true(fabs(same - 25000) < 1e-3);
    assert_true(slower < 12500 && faster > 25000); /* half the speed: less than half the price; less power: more */
    assert_true(isnan(tc_require_price(x, 0, &economics, y, 2, &economics, 25000)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worths_are_searches),      cmocka_unit_test(answers_meet_the_target),
        cmocka_unit_test(figures_may_fall),         cmocka_unit_test(the_impossible_is_said),
        cmocka_unit_test(memory_is_found),          cmocka_unit_test(limits_hold),
        cmocka_unit_test(the_price_is_equal_money),
    };
    return cmocka_run_group_tests(tests, open_catalog, close_catalog);
}
