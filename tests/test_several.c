/* test_several.c - several accelerators, numbers of devices and stacks in one search are the searches of each in one order. */
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

#define JOB "\"command\": \"search\", \"model\": \"llama-2-7b\", \"global_batch\": 96, \"tokens\": \"100B\""
#define SEVERAL "\"accelerator\": \"h100-sxm,ascend-910b2\", \"devices\": [24, 48]"

static void all_in_one_order(void **state) {
    (void)state;
    json_t *all = ask("{" JOB ", " SEVERAL ", \"top\": 100}");
    size_t count = json_array_size(json_object_get(all, "best")), found = 0;
    double space = 0;
    for (size_t i = 1; i < count; i++)
        assert_true(number(at(all, "best", i), "objective") >= number(at(all, "best", i - 1), "objective"));
    for (size_t k = 0; k < json_array_size(json_object_get(all, "searches")); k++) {
        const json_t *part = at(all, "searches", k);
        json_t *one = ask("{" JOB ", \"accelerator\": \"%s\", \"devices\": %d, \"top\": 100}",
                          text(part, "accelerator"), (int)number(part, "devices"));
        space += number(one, "space");
        assert_true(number(one, "space") == number(part, "space"));
        assert_near(number(part, "best_expected_step_s"), number(at(one, "best", 0), "expected_step_s"), 0);
        assert_null(json_object_get(at(one, "best", 0), "accelerator"));
        size_t of_one = 0; /* its layouts come in its order */
        for (size_t i = 0; i < count; i++) {
            const json_t *row = at(all, "best", i), *same = at(one, "best", of_one);
            if (strcmp(text(row, "accelerator"), text(part, "accelerator")) != 0
                || number(row, "devices") + number(row, "idle_devices") != number(part, "devices"))
                continue;
            assert_true(json_equal(json_object_get(row, "layout"), json_object_get(same, "layout")));
            assert_near(number(row, "rented_usd"), number(same, "rented_usd"), 0);
            assert_near(number(row, "days"), number(same, "days"), 0);
            of_one++, found++;
        }
        json_decref(one);
    }
    assert_int_equal(json_array_size(json_object_get(all, "searches")), 4);
    assert_int_equal(found, count);
    assert_int_equal(count, 100);
    assert_true(space == number(all, "space"));
    json_decref(all);
}

static void threads_change_nothing(void **state) {
    (void)state;
    json_t *answer[2];
    for (int i = 0; i < 2; i++) {
        answer[i] = ask("{" JOB ", " SEVERAL ", \"threads\": %d}", 1 + 2 * i);
        json_object_del(answer[i], "timing");
    }
    assert_true(json_equal(answer[0], answer[1]));
    json_decref(answer[0]);
    json_decref(answer[1]);
}

/* The options of a row are those of step; the answer as --layout brings the machine of its first. */
static void a_row_can_be_asked_for(void **state) {
    (void)state;
    json_t *all = ask("{" JOB ", \"accelerator\": \"ascend-910b2,h100-sxm\", \"devices\": \"24,48\", \"stack\": "
                      "\"megatron-core,generic\", \"top\": 1}");
    const json_t *best = at(all, "best", 0);
    assert_string_equal(text(best, "accelerator"), "h100-sxm");
    assert_non_null(strstr(text(best, "options"), "--accelerator h100-sxm --stack "));
    json_t *question
        = json_pack("{ss, ss, si, ss, si, sO}", "command", "step", "model", "llama-2-7b", "devices", 48, "accelerator",
                    text(best, "accelerator"), "global_batch", 96, "layout", json_object_get(best, "layout"));
    json_object_set(question, "stack", json_object_get(best, "stack"));
    char *request = json_dumps(question, 0);
    json_t *step = ask("%s", request);
    assert_near(number(step, "step_s"), number(best, "step_s"), 0);
    free(request);
    json_decref(question);
    json_decref(step);
    json_decref(all);
}

static void advice_of_each(void **state) {
    (void)state;
    json_t *none
        = ask("{\"command\": \"search\", \"model\": \"llama-3.1-405b\", \"global_batch\": 64, \"accelerator\": "
              "\"h100-sxm,h20\", \"devices\": \"4,8\"}");
    assert_int_equal(json_array_size(json_object_get(none, "best")), 0);
    int followed = 0;
    for (size_t i = 0; i < json_array_size(json_object_get(none, "advice")); i++) {
        const char *options = text(at(none, "advice", i), "options");
        char slug[64];
        int devices;
        if (!options || sscanf(options, "--accelerator %63s --devices %d", slug, &devices) != 2) continue;
        json_t *one
            = ask("{\"command\": \"search\", \"model\": \"llama-3.1-405b\", \"global_batch\": 64, \"accelerator\": "
                  "\"%s\", \"devices\": %d}",
                  slug, devices);
        assert_true(json_array_size(json_object_get(one, "best")) > 0);
        json_decref(one);
        followed++;
    }
    assert_int_equal(followed, 2);
    json_decref(none);
}

static void targets_of_each(void **state) {
    (void)state;
    json_t *answer = ask("{" JOB ", \"accelerator\": \"h100-sxm,ascend-910b2\", \"devices\": 24, \"for\": \"8 d\"}");
    assert_true(json_is_true(json_object_get(json_object_get(answer, "target"), "reached")));
    for (size_t i = 0; i < json_array_size(json_object_get(answer, "best")); i++)
        assert_string_equal(text(at(answer, "best", i), "accelerator"), "h100-sxm"); /* the other takes longer */
    json_decref(answer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_in_one_order),       cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(a_row_can_be_asked_for), cmocka_unit_test(advice_of_each),
        cmocka_unit_test(targets_of_each),
    };
    return cmocka_run_group_tests(tests, open_catalog, close_catalog);
}
