/* test_sweep_key.c - the key of a stored search: another program's arithmetic is another key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "sweep/sweep.h"

/* In the place of the library's, which the build makes of its sources. */
extern char tc_arithmetic[17];
char tc_arithmetic[17] = "0123456789abcdef";

static void arithmetic_is_in_the_key(void **state) {
    (void)state;
    static tc_sweep sweep;
    sweep.tasks = sweep.models = sweep.accelerators = sweep.devices = sweep.batches = sweep.dtypes = 1;
    char key[3][20];
    tc_sweep_key(&sweep, 0, key[0]);
    tc_arithmetic[15] = 'e';
    tc_sweep_key(&sweep, 0, key[1]);
    tc_arithmetic[15] = 'f';
    tc_sweep_key(&sweep, 0, key[2]);
    assert_string_not_equal(key[0], key[1]);
    assert_string_equal(key[0], key[2]);
}

/* Layers, sample and encoders are in the key, each as itself; a sweep that says nothing of them keeps the key that it had. */
static void samples_are_in_the_key(void **state) {
    (void)state;
    static tc_sweep sweep;
    sweep.tasks = sweep.models = sweep.accelerators = sweep.devices = sweep.batches = sweep.dtypes = 1;
    sweep.layers = sweep.frames = sweep.height = sweep.width = sweep.cached_latents = TC_UNSET;
    int *const member[] = {&sweep.layers, &sweep.frames, &sweep.height, &sweep.width, &sweep.cached_latents};
    enum { MEMBERS = sizeof member / sizeof *member };
    char key[MEMBERS + 1][20];
    tc_sweep_key(&sweep, 0, key[MEMBERS]);
    for (int i = 0; i < MEMBERS; i++) {
        *member[i] = 1;
        tc_sweep_key(&sweep, 0, key[i]);
        *member[i] = TC_UNSET;
    }
    for (int i = 0; i <= MEMBERS; i++)
        for (int k = 0; k < i; k++) assert_string_not_equal(key[i], key[k]);
}

/* The build's list has what decides a step's seconds. */
static void the_hash_is_of_the_forecast(void **state) {
    (void)state;
    char path[512], line[512];
    snprintf(path, sizeof path, "%.*sarithmetic.txt", (int)(strrchr(TC_PROGRAM, '/') - TC_PROGRAM + 1), TC_PROGRAM);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    const char *const needed[] = {"src/step/step.c", "src/device/kernel.c", "src/search/walk.c",
                                  "src/layout/fields.def", "include/traincast_formats.h"};
    bool found[5] = {false};
    while (fgets(line, sizeof line, file))
        for (int i = 0; i < 5; i++) found[i] = found[i] || strncmp(line, needed[i], strlen(needed[i])) == 0;
    fclose(file);
    for (int i = 0; i < 5; i++)
        if (!found[i]) fail_msg("%s is not in the hash of the arithmetic", needed[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arithmetic_is_in_the_key),
        cmocka_unit_test(samples_are_in_the_key),
        cmocka_unit_test(the_hash_is_of_the_forecast),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
