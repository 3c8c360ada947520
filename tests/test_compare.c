/* test_compare.c - on each chip the best layout is that of a search; fixed values and the same layout on all; the fewest
 * devices that fit; devices, stack and region of a chip's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ask.h"
#include "near.h"
#include "traincast.h"

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
        assert_string_equal(text(item, "searched"), "all");
        json_decref(search);
        /* one device less, and nothing fits */
        int fewest = (int)number(item, "devices_to_fit");
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
        assert_string_equal(text(layout, "recompute"), "full");
        assert_string_equal(text(given, "searched"), "none");
        assert_null(json_object_get(given, "options"));
        assert_true(json_equal(json_object_get(given, "layout"), json_object_get(at(same, "items", 0), "layout")));
        /* one that does not fit may be faster */
        assert_true(!json_is_true(json_object_get(given, "fits")) || number(best, "step_s") <= number(given, "step_s"));
    }
    json_decref(fixed);
    json_decref(same);
}

static void prices_and_regions_of_their_own(void **state) {
    (void)state;
    json_t *answer = ask("{\"command\": \"compare\", " JOB ", \"devices\": 32, \"accelerators\": "
                         "\"h20:rental=1:region=china,h20:rental=2:region=us\"}");
    const json_t *first = at(answer, "items", 0), *second = at(answer, "items", 1);
    assert_string_equal(text(first, "region"), "china");
    assert_string_equal(text(second, "region"), "us");
    double cheap = number(first, "rented_usd_per_million_tokens"),
           dear = number(second, "rented_usd_per_million_tokens");
    assert_near(dear, 2 * cheap, 1e-9 * dear);
    json_decref(answer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_is_that_of_a_search),
        cmocka_unit_test(options_are_fixed_values),
        cmocka_unit_test(prices_and_regions_of_their_own),
    };
    return cmocka_run_group_tests(tests, open_catalog, close_catalog);
}
