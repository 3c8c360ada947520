/* test_assert.c - conditions on an answer: what holds, what does not, what is no condition. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "cli/assert.h"

static const char answer[]
    = "{\"step_s\": 12.5, \"fits\": true, \"dense\": false, \"mfu_pct\": null, \"model\": \"llama\", "
      "\"layout\": {\"tp\": 8, \"cp\": 1}, \"best\": [{\"step_s\": 3}, {\"step_s\": 4, \"layout\": {\"tp\": 2}}], "
      "\"none\": []}";

static tc_code ask(const char *condition, bool *holds, char *values, size_t size, tc_error *error) {
    *error = (tc_error){.code = TC_OK};
    return tc_assert_holds(condition, answer, sizeof answer - 1, holds, values, size, error);
}

static void what_holds(void **state) {
    (void)state;
    static const struct {
        const char *condition;
        bool holds;
    } cases[] = {
        {"step_s<13", true},
        {"step_s < 12.5", false},
        {"step_s<=12.5&&fits", true},
        {"step_s>12 && !dense", true},
        {"dense || step_s >= 1e1", true},
        {"dense||!fits", false},
        {"!(dense || !fits)", true},
        {"fits && dense || fits", true}, /* && binds closer */
        {"fits || fits && dense", true},
        {"(fits || fits) && dense", false},
        {"model == \"llama\"", true},
        {"model != 'gpt'", true},
        {"model == 'gpt'", false},
        {"layout.tp == 8 && best[1].layout.tp != layout.tp", true},
        {"best[0].step_s < best[1].step_s", true},
        {"mfu_pct == null", true},
        {"mfu_pct > 1", false},
        {"mfu_pct < 1", false},
        {"!(mfu_pct < 1)", true},
        {"fits == true", true},
        {"-1 < layout.cp", true},
        {" \t fits\n", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char values[200];
        bool holds;
        tc_error error;
        if (ask(cases[i].condition, &holds, values, sizeof values, &error) != TC_OK || holds != cases[i].holds)
            fail_msg("%s: %d, %s", cases[i].condition, holds, error.text);
    }
}

static void what_is_no_condition(void **state) {
    (void)state;
    static const struct {
        const char *condition, *word;
    } cases[] = {
        {"", "ends where"},
        {"step_s", "neither true nor false"},
        {"step_s <", "ends where"},
        {"step_s < 12 fits", "join conditions"},
        {"steps_s < 12", "did you mean 'step_s'"},
        {"best[2].step_s < 1", "no 'best[2]'"},
        {"best[-1].step_s < 1", "no 'best[-1]'"},
        {"none[0] == 1", "no 'none[0]'"},
        {"model < 3", "no two numbers"},
        {"(fits", "')'"},
        {"fits && ", "ends where"},
        {"step_s < 12s", "no field"},
        {"model == 'llama", "closing quote"},
        {"layout.tp.x == 1", "no 'x'"},
        {"fits || nonsense", "no 'nonsense'"}, /* read though it decides nothing */
        {"step_s = 12", "neither true nor false"},
        {"1 << 2", "no field"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char values[200];
        bool holds;
        tc_error error;
        tc_code code = ask(cases[i].condition, &holds, values, sizeof values, &error);
        if (code != TC_INVALID || !strstr(error.text, cases[i].word) || strcmp(error.place, "--assert") != 0)
            fail_msg("%s: %d, %s", cases[i].condition, code, error.text);
    }
    char deep[400] = "", values[200];
    bool holds;
    tc_error error;
    memset(deep, '(', 300);
    assert_int_equal(ask(deep, &holds, values, sizeof values, &error), TC_INVALID);
    memset(deep, '!', 300);
    assert_int_equal(ask(deep, &holds, values, sizeof values, &error), TC_INVALID);
}

static void what_the_fields_were(void **state) {
    (void)state;
    char values[200], few[10];
    bool holds;
    tc_error error;
    assert_int_equal(ask("step_s < 12 && fits && best[0].step_s > 5", &holds, values, sizeof values, &error), TC_OK);
    assert_false(holds);
    assert_string_equal(values, "step_s is 12.5, fits is true, best[0].step_s is 3");
    assert_int_equal(ask("step_s < 12 && fits && best[0].step_s > 5", &holds, few, sizeof few, &error), TC_OK);
    assert_true(strlen(few) < sizeof few);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_holds), cmocka_unit_test(what_is_no_condition),
                                       cmocka_unit_test(what_the_fields_were)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
