/* test_ask.c - a question in JSON gets the program's answer, and an error the member's place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <string.h>

#include "fixture.h"
#include "traincast.h"

static json_t *ask(const char *request) {
    char *answer;
    tc_error error;
    if (tc_ask_json(catalog, request, &answer, &error)) fail_msg("%s: %s", error.place, error.text);
    json_t *json = json_loads(answer, 0, NULL);
    assert_non_null(json);
    tc_answer_free(answer);
    return json;
}

static void a_step_is_the_forecast(void **state) {
    (void)state;
    json_t *answer
        = ask("{\"command\": \"step\", \"model\": \"llama-3-8b\", \"accelerator\": \"h100-sxm\", \"devices\": 64, "
              "\"tp\": 2, \"global_batch\": 512, \"recompute\": \"full\"}");
    tc_question q = tc_default_question();
    tc_step step;
    tc_error error;
    assert_int_equal(tc_catalog_model(catalog, "llama-3-8b", &q.job.model, &error), TC_OK);
    assert_int_equal(tc_catalog_accelerator(catalog, "h100-sxm", &q.cluster.accelerator, &error), TC_OK);
    assert_int_equal(tc_catalog_fabric(catalog, q.cluster.accelerator.fabric, &q.cluster.fabric, &error), TC_OK);
    assert_int_equal(tc_catalog_stack(catalog, q.cluster.accelerator.stack, &q.stack, &error), TC_OK);
    q.cluster.devices = 64;
    q.layout.tp = 2;
    q.layout.recompute = TC_RECOMPUTE_FULL;
    q.job.global_batch = 512;
    assert_int_equal(tc_forecast(&q, &step, &error), TC_OK);
    double said = json_number_value(json_object_get(answer, "step_s"));
    assert_true(said > 0 && said / step.step_s - 1 < 1e-9 && said / step.step_s - 1 > -1e-9);
    /* and the answer is a question again: the same but for what was assumed */
    json_t *again = json_pack("{s:s, s:O}", "command", "step", "layout", answer);
    char *request = json_dumps(again, 0);
    json_t *second = ask(request);
    json_object_del(answer, "assumed");
    json_object_del(second, "assumed");
    assert_true(json_equal(answer, second));
    free(request);
    json_decref(again);
    json_decref(second);
    json_decref(answer);
}

static void the_other_commands_answer(void **state) {
    (void)state;
    const char *const requests[] = {
        "{\"command\": \"list\", \"arguments\": [\"stacks\"]}",
        "{\"command\": \"show\", \"arguments\": [\"accelerator\", \"h20\"]}",
        "{\"command\": \"controls\", \"arguments\": [\"h20\"]}",
        "{\"command\": \"compare\", \"model\": \"llama-3-8b\", \"accelerators\": [\"h20\", \"h100-sxm\"], \"devices\": "
        "64}",
        "{\"command\": \"run\", \"model\": \"llama-3-8b\", \"accelerator\": \"h20\", \"devices\": 64, \"tokens\": "
        "1e12}",
        "{\"command\": \"explain\", \"model\": \"llama-3-8b\", \"accelerator\": \"h20\", \"devices\": 8, "
        "\"layout\": {\"tp\": 2}}",
        "{\"command\": \"search\", \"model\": \"llama-3-8b\", \"accelerator\": \"h20\", \"devices\": 8, "
        "\"global_batch\": 8, \"exhaustive\": false}",
        "{\"command\": \"plan\", \"arguments\": [\"two-pools-h100-h20\"]}",
    };
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        json_t *answer = ask(requests[i]);
        assert_non_null(json_object_get(answer, "schema"));
        json_decref(answer);
    }
}

static void errors_have_the_member_as_place(void **state) {
    (void)state;
    static const struct {
        const char *request, *place;
    } bad[] = {
        {"{\"command\": \"step\", \"tp\": 0}", "request: $.tp"},
        {"{\"command\": \"step\", \"accelerator\": \"h200000\", \"model\": \"llama-3-8b\", \"devices\": 8}",
         "request: $.accelerator"},
        {"{\"command\": \"step\", \"global-batch\": \"many\"}", "request: $.global_batch"},
        {"{\"command\": \"step\", \"tea\": 1}", "request: $.tea"},
        {"{\"command\": \"step\", \"help\": true}", "request: $.help"},
        {"{\"command\": \"plan\", \"version\": true}", "request: $.version"},
        {"{\"command\": \"list\", \"arguments\": [\"stacks\"], \"catalog\": \"/tmp\"}", "request: $.catalog"},
        {"{\"command\": \"step\", \"balanced_routing\": 3}", "request: $.balanced_routing"},
        {"{\"command\": \"step\", \"model\": [{}]}", "request: $.model"},
        {"{\"command\": \"step\", \"model\": {}, \"accelerator\": \"h20\", \"devices\": 8}", "request: $.model.format"},
        {"{\"command\": \"plan\", \"arguments\": [{\"format\": 1, \"name\": \"x\", \"start\": \"2024-01-01\", "
         "\"pools\": [{\"name\": \"a\", \"accelerator\": \"h20\"}]}]}",
         "request: $.arguments[0].pools[0].ownership"},
        {"{\"command\": \"show\", \"arguments\": [\"--help\"]}", "request: $.arguments"},
        {"{\"command\": \"trace\", \"output\": \"x\"}", "request: $.output"},
        {"{\"command\": \"trace\", \"model\": \"llama-3-8b\", \"accelerator\": \"h20\", \"devices\": 8}",
         "request: $.command"},
        {"[]", "request"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char *answer;
        tc_error error;
        assert_int_not_equal(tc_ask_json(catalog, bad[i].request, &answer, &error), TC_OK);
        assert_null(answer);
        if (strncmp(error.place, bad[i].place, strlen(bad[i].place)) != 0)
            fail_msg("%s: place '%s', text '%s'", bad[i].request, error.place, error.text);
    }
}

/* An option that may be repeated is a list, or one text. */
static void a_scenario_is_changed(void **state) {
    (void)state;
    json_t *json = ask("{\"command\": \"plan\", \"arguments\": [\"two-pools-h100-h20\"], \"certain\": true, \"set\": "
                       "[\"start=2025-10-02\", \"pools.h20.deliveries[0].devices=4k\"]}");
    assert_string_equal(json_string_value(json_object_get(json, "start")), "2025-10-02");
    json_t *pool = json_array_get(json_object_get(json, "pools"), 1);
    assert_int_equal(json_integer_value(json_object_get(pool, "devices")), 4000 + 512 + 1024);
    json_decref(json);
    char *answer;
    tc_error error;
    assert_int_equal(tc_ask_json(catalog,
                                 "{\"command\": \"plan\", \"arguments\": [\"two-pools-h100-h20\"], \"set\": "
                                 "\"pools.h21.until=2026-01-01\"}",
                                 &answer, &error),
                     TC_INVALID);
    assert_non_null(strstr(error.text, "has no element 'h21.until'"));
    assert_non_null(strstr(error.place, "$.set pools.h21.until=2026-01-01"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_scenario_is_changed),
        cmocka_unit_test(a_step_is_the_forecast),
        cmocka_unit_test(the_other_commands_answer),
        cmocka_unit_test(errors_have_the_member_as_place),
    };
    return cmocka_run_group_tests(tests, open_catalog, close_catalog);
}
