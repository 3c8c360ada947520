/* test_compare.c - on each chip the best layout is that of a search; fixed values and the same layout on all; the fewest
 * devices that fit; devices, stack and region of a chip's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "near.h"
#include "traincast.h"

static tc_catalog *catalog;

static json_t *ask(const char *format, ...) {
    char request[640], *text;
    tc_error error;
    va_list values;
    va_start(values, format);
    vsnprintf(request, sizeof request, format, values);
    va_end(values);
    if (tc_ask_json(catalog, request, &text, &error)) fail_msg("%s: %s: %s", request, error.place, error.text);
    json_t *answer = json_loads(text, 0, NULL);
    tc_answer_free(text);
    assert_non_null(answer);
    return answer;
}

static const json_t *at(const json_t *answer, const char *list, size_t i) {
    return json_array_get(json_object_get(answer, list), i);
}

#define JOB "\"model\": \"llama-3.1-70b\", \"global_batch\": 256"

static void the_best_is_that_of_a_search(void **state) {
    (void)state;
    static const struct {
        const char *slug, *stack;
        int devices;
    } chips[] = {{"h100-sxm", "megatron-core", 48}, {"ascend-910b2", "mindspeed-llm", 30}, {"h20", "fsdp", 48}};
    json_t *compared = ask("{\"command\": \"compare\", " JOB ", \"devices\": 48, \"accelerators\": "
                           "\"h100-sxm,ascend-910b2:devices=30,h20:stack=fsdp\"}");
    for (size_t i = 0; i < 3; i++) {
        const json_t *item = at(compared, "items", i);
        json_t *search = ask("{\"command\": \"search\", " JOB ", \"devices\": %d, \"accelerator\": \"%s\", \"stack\": "
                             "\"%s\", \"top\": 1}",
                             chips[i].devices, chips[i].slug, chips[i].stack);
        static const char *const same[]
            = {"layout", "options", "expected_step_s", "step_s", "idle_devices", "distance", "fits_probability"};
        for (size_t k = 0; k < sizeof same / sizeof same[0]; k++)
            assert_true(json_equal(json_object_get(item, same[k]), json_object_get(at(search, "best", 0), same[k])));
        assert_string_equal(json_string_value(json_object_get(item, "searched")), "all");
        json_decref(search);
        /* one device less, and nothing fits */
        int fewest = (int)json_integer_value(json_object_get(item, "devices_to_fit"));
        assert_true(fewest > 1);
        for (int less = 0; less < 2; less++) {
            search = ask("{\"command\": \"search\", " JOB ", \"devices\": %d, \"accelerator\": \"%s\", \"stack\": "
                         "\"%s\"}",
                         fewest - less, chips[i].slug, chips[i].stack);
            assert_int_equal(at(search, "best", 0) == NULL, less);
            json_decref(search);
        }
    }
    json_decref(compared);
}

static void options_are_fixed_values(void **state) {
    (void)state;
    json_t *fixed = ask("{\"command\": \"compare\", " JOB ", \"devices\": 64, \"accelerators\": \"h100-sxm,h20\", "
                        "\"tp\": 4, \"recompute\": \"full\"}"),
           *same = ask("{\"command\": \"compare\", " JOB ", \"devices\": 64, \"accelerators\": \"h100-sxm,h20\", "
                       "\"tp\": 4, \"recompute\": \"full\", \"same_layout\": true}");
    for (size_t i = 0; i < 2; i++) {
        const json_t *best = at(fixed, "items", i), *given = at(same, "items", i),
                     *layout = json_object_get(best, "layout");
        assert_int_equal(json_integer_value(json_object_get(layout, "tp")), 4);
        assert_string_equal(json_string_value(json_object_get(layout, "recompute")), "full");
        assert_string_equal(json_string_value(json_object_get(given, "searched")), "none");
        assert_null(json_object_get(given, "options"));
        assert_true(json_equal(json_object_get(given, "layout"), json_object_get(at(same, "items", 0), "layout")));
        assert_true(json_real_value(json_object_get(best, "step_s"))
                    <= json_real_value(json_object_get(given, "step_s")));
    }
    json_decref(fixed);
    json_decref(same);
}

static void prices_and_regions_of_their_own(void **state) {
    (void)state;
    json_t *answer = ask("{\"command\": \"compare\", " JOB ", \"devices\": 32, \"accelerators\": "
                         "\"h20:rental=1:region=china,h20:rental=2:region=us\"}");
    const json_t *first = at(answer, "items", 0), *second = at(answer, "items", 1);
    assert_string_equal(json_string_value(json_object_get(first, "region")), "china");
    assert_string_equal(json_string_value(json_object_get(second, "region")), "us");
    double cheap = json_number_value(json_object_get(first, "rented_usd_per_million_tokens")),
           dear = json_number_value(json_object_get(second, "rented_usd_per_million_tokens"));
    assert_near(dear, 2 * cheap, 1e-9 * dear);
    json_decref(answer);
}

static int open_catalog(void **state) {
    (void)state;
    tc_error error;
    return tc_catalog_open(NULL, 0, &catalog, &error) == TC_OK ? 0 : -1;
}

static int close_catalog(void **state) {
    (void)state;
    tc_catalog_close(catalog);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_is_that_of_a_search),
        cmocka_unit_test(options_are_fixed_values),
        cmocka_unit_test(prices_and_regions_of_their_own),
    };
    return cmocka_run_group_tests(tests, open_catalog, close_catalog);
}
