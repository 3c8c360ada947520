/* test_sets.c - figures of data files changed for a question: they act as the file's own, and their errors say where. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/catalog.h"
#include "catalog/lookup.h"
#include "sweep/sweep.h"
#include "traincast.h"

static tc_catalog *catalog;

static int open_catalog(void **state) {
    (void)state;
    tc_error error;
    return tc_catalog_open(NULL, 0, &catalog, &error) != TC_OK;
}

static int close_catalog(void **state) {
    (void)state;
    tc_catalog_close(catalog);
    return 0;
}

static tc_accelerator chip(const char *slug) {
    tc_accelerator a;
    tc_error error;
    assert_int_equal(tc_catalog_accelerator(catalog, slug, &a, &error), TC_OK);
    return a;
}

static void set(const char *const *changes, int count) {
    tc_error error;
    if (tc_catalog_set(catalog, changes, count, &error)) fail_msg("%s: %s", error.place, error.text);
}

/* By kind or slug, with or without its section; other files stay, and all are as before afterwards. */
static void figures_are_changed(void **state) {
    (void)state;
    static const char *const changes[]
        = {"accelerator.memory_bandwidth=9TB/s", "h20.tdp=123W", "device", "h20.device.matmul.bf16=77 TFLOP/s"};
    const char *const right[] = {changes[0], changes[1], changes[3]};
    tc_error error;
    const double before = chip("h20").memory_bytes_per_s, other = chip("h100-sxm").tdp_w;
    assert_int_equal(tc_catalog_set(catalog, changes + 2, 1, &error), TC_INVALID);
    set(right, 3);
    tc_accelerator h20 = chip("h20"), h100 = chip("h100-sxm");
    assert_true(fabs(h20.memory_bytes_per_s - 9e12) < 1);
    assert_true(fabs(h100.memory_bytes_per_s - 9e12) < 1);
    assert_true(fabs(h20.tdp_w - 123) < 1e-9 && fabs(h100.tdp_w - other) < 1e-9);
    assert_true(fabs(h20.matmul_flops[TC_BF16] - 77e12) < 1);
    assert_int_equal(tc_catalog_sets_used(catalog, &error), TC_OK);
    tc_catalog_unset(catalog);
    assert_true(fabs(chip("h20").memory_bytes_per_s - before) < 1);
}

/* A level of a fabric goes by its name; a parameter of a stack is changed although a fit has one. */
static void other_files_are_changed(void **state) {
    (void)state;
    tc_fabric fabric;
    tc_stack stack;
    tc_error error;
    assert_int_equal(tc_catalog_fabric(catalog, "dgx-a100", &fabric, &error), TC_OK);
    char level[96];
    snprintf(level, sizeof level, "fabric.%.40s.bandwidth=7GB/s", fabric.level[0].name);
    const char *const changes[] = {level, "stack.host_per_step=9ms"};
    set(changes, 2);
    assert_int_equal(tc_catalog_fabric(catalog, "dgx-a100", &fabric, &error), TC_OK);
    assert_int_equal(tc_catalog_stack(catalog, "megatron-core", &stack, &error), TC_OK);
    assert_true(fabs(fabric.level[0].bytes_per_s - 7e9) < 1);
    assert_true(fabs(stack.params.host_s_per_step - 9e-3) < 1e-12);
    tc_catalog_unset(catalog);
    assert_int_equal(tc_catalog_stack(catalog, "megatron-core", &stack, &error), TC_OK);
    assert_true(fabs(stack.params.host_s_per_step - 9e-3) > 1e-6);
}

static void errors_name_the_change(void **state) {
    (void)state;
    static const struct {
        const char *change, *place, *text;
    } cases[] = {
        {"accelerator.memory_bandwidth=3km/s", ": device.memory_bandwidth", "unknown unit"},
        {"accelerator.memory_bandwidth=9GB", ": device.memory_bandwidth", "bandwidth"},
        {"accelerator.memory=-1GB", ": device.memory", "negative"},
        {"accelerator.memory=1e30 GB", ": device.memory", "too large"},
        {"accelerator.memory_bandwith=3TB/s", "", "did you mean memory_bandwidth?"},
        {"accelerator.bf16=3TFLOP/s", "", "device.matmul.bf16 or package.advertised.bf16"},
        {"accelerator.memory=[1", "", "no valid YAML"},
        {"accelerator.memory=", "", "is no change"},
        {"accelerator=9", "", "is no change"},
        {"accelerator..memory=9GB", "", "has no key"},
        {"accelerator.memory.value.x=9GB", "", "nothing below"},
        {"accelerator.cores=many", ": device.cores", "is no whole number"},
        {"nosuch.memory=9GB", "", "no file that the question reads"},
        {"model.hidden=9", "", "no file that the question reads"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tc_accelerator a;
        tc_error error = {.code = TC_OK};
        char place[200];
        tc_code code = tc_catalog_set(catalog, &cases[i].change, 1, &error);
        if (!code) code = tc_catalog_accelerator(catalog, "h20", &a, &error);
        if (!code) code = tc_catalog_sets_used(catalog, &error);
        tc_catalog_unset(catalog);
        snprintf(place, sizeof place, "--set %s%s", cases[i].change, cases[i].place);
        assert_int_equal(code, TC_INVALID);
        assert_string_equal(error.place, place);
        if (!strstr(error.text, cases[i].text)) fail_msg("%s: %s", error.place, error.text);
    }
}

/* ---- axes of a sweep ------------------------------------------------------------------------------ */

static void axes_multiply(void **state) {
    (void)state;
    tc_sweep_sets *sweep = calloc(1, sizeof *sweep);
    tc_error error;
    char text[200];
    assert_non_null(sweep);
    assert_int_equal(tc_sweep_add_set(sweep, "accelerator.memory_bandwidth=1TB/s,2TB/s,3TB/s", &error), TC_OK);
    assert_int_equal(tc_sweep_add_set(sweep, "stack.base=[a, b],\"c,d\"", &error), TC_OK);
    assert_int_equal(tc_sweep_combinations(sweep), 6);
    assert_string_equal(tc_sweep_changes_text(sweep, 3, text, sizeof text),
                        "accelerator.memory_bandwidth=2TB/s, stack.base=\"c,d\"");
    static const char *const wrong[]
        = {"accelerator.memory", "accelerator.memory=", "accelerator.memory=1GB,,2GB", "=3"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        *sweep = (tc_sweep_sets){.count = 0};
        error.text[0] = '\0';
        tc_code code = tc_sweep_add_set(sweep, wrong[i], &error);
        if (!code) code = tc_catalog_set(catalog, &wrong[i], 1, &error);
        assert_int_equal(code, TC_INVALID);
        assert_non_null(strstr(error.place, "--set "));
    }
    free(sweep);
}

/* Each combination has a key of its own. */
static void axes_are_in_the_key(void **state) {
    (void)state;
    tc_sweep *sweep = calloc(1, sizeof *sweep);
    tc_error error;
    char key[5][20];
    assert_non_null(sweep);
    sweep->models = sweep->accelerators = sweep->devices = sweep->batches = sweep->dtypes = 1;
    tc_sweep_key(sweep, 0, key[4]);
    assert_int_equal(tc_sweep_add_set(&sweep->sets, "h20.memory=9GB,8GB", &error), TC_OK);
    assert_int_equal(tc_sweep_add_set(&sweep->sets, "h20.tdp=9W,8W", &error), TC_OK);
    for (int i = 0; i < 4; i++) tc_sweep_key(sweep, i, key[i]);
    for (int i = 0; i < 5; i++)
        for (int k = 0; k < i; k++) assert_string_not_equal(key[i], key[k]);
    free(sweep);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_are_changed),    cmocka_unit_test(other_files_are_changed),
        cmocka_unit_test(errors_name_the_change), cmocka_unit_test(axes_multiply),
        cmocka_unit_test(axes_are_in_the_key),
    };
    return cmocka_run_group_tests(tests, open_catalog, close_catalog);
}
