/* test_advice.c - what a search advises where nothing fits is true: the same question with its options finds a layout.
 *
 * ADVICE_RUNS=200: so many random numbers of devices instead of a handful. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "fixture.h"
#include "traincast.h"

static int followed;

static uint64_t next(uint64_t *seed) {
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 33;
}

static int one_of(uint64_t *seed, const int *values, int count) { return values[next(seed) % (uint64_t)count]; }

/* NULL: an error. */
static json_t *ask(json_t *question) {
    char *request = json_dumps(question, JSON_SORT_KEYS), *answer;
    tc_error error;
    tc_code code = tc_ask_json(catalog, request, &answer, &error);
    free(request);
    if (code) return NULL;
    json_t *json = json_loads(answer, 0, NULL);
    tc_answer_free(answer);
    assert_non_null(json);
    return json;
}

static size_t layouts_of(const json_t *answer) { return json_array_size(json_object_get(answer, "best")); }

/* "--fix tp=8,pp=2 --any" into the question. */
static void take_options(json_t *question, const char *options) {
    char text[512], *rest = text, key[64];
    snprintf(text, sizeof text, "%s", options);
    key[0] = '\0';
    for (char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        if (strncmp(word, "--", 2) != 0) {
            assert_true(key[0] != '\0');
            json_object_set_new(question, key, json_string(word));
            continue;
        }
        snprintf(key, sizeof key, "%s", word + 2);
        for (char *p = key; *p; p++)
            if (*p == '-') *p = '_';
        json_object_set_new(question, key, json_true()); /* a flag, unless a value follows */
    }
}

static void follow(const json_t *question, const char *options) {
    json_t *changed = json_deep_copy(question);
    take_options(changed, options);
    json_t *answer = ask(changed);
    if (!answer || layouts_of(answer) == 0) {
        char *text = json_dumps(question, 0);
        fail_msg("%s: '%s' is advised, and does not help", text, options);
    }
    followed++;
    json_decref(answer);
    json_decref(changed);
}

/* An answer or advice that helps. False: an error. */
static bool check(json_t *question, bool must_advise) {
    json_t *answer = ask(question);
    if (!answer) return false;
    const json_t *advice = json_object_get(answer, "advice");
    bool advised = layouts_of(answer) > 0;
    for (size_t i = 0; i < json_array_size(advice); i++) {
        const char *options = json_string_value(json_object_get(json_array_get(advice, i), "options"));
        assert_true(json_is_string(json_object_get(json_array_get(advice, i), "text")));
        if (!options) continue;
        advised = true;
        follow(question, options);
    }
    if (must_advise && !advised) {
        char *text = json_dumps(question, 0);
        fail_msg("%s: neither an answer nor advice", text);
    }
    json_decref(answer);
    return true;
}

static json_t *question_of(const char *model, const char *accelerator, int devices, int batch) {
    return json_pack("{s:s, s:s, s:s, s:i, s:i, s:i}", "command", "search", "model", model, "accelerator", accelerator,
                     "devices", devices, "global_batch", batch, "top", 1);
}

/* Small devices, fixed values, little memory: what each kind of advice is for. */
static void advice_is_true(void **state) {
    (void)state;
    static const char *const models[] = {"llama-2-7b", "llama-2-70b", "mixtral-8x7b"};
    static const char *const chips[] = {"a100-sxm-80g", "h20", "ascend-910b2"};
    static const char *const fixes[] = {
        "",
        "micro-batch=4,recompute=none",
        "tp=1,offload=none",
        "sharding=none,offload=none",
        "pp=2",
        "recompute=none,offload=none,pp=1",
        "stages=even,dp=3",
        "schedule=gpipe,offload=none",
        "dp=7",
        "vpp=2,offload=none,micro-batch=2,tp=2",
        "overlap=none,cp=2",
        "sequence-parallel=off,tp=2,offload=none",
        "pp=4,first-layers=3,offload=none",
    };
    uint64_t seed = 11;
    int errors = 0, count = 60;
    followed = 0;
    for (int i = 0; i < count; i++) {
        json_t *q = question_of(models[next(&seed) % 3], chips[next(&seed) % 3],
                                one_of(&seed, (int[]){1, 2, 3, 5, 8, 13, 24, 32}, 8),
                                one_of(&seed, (int[]){1, 7, 12, 64}, 4));
        const char *fix = fixes[next(&seed) % (sizeof fixes / sizeof fixes[0])];
        if (*fix) json_object_set_new(q, "fix", json_string(fix));
        if (next(&seed) % 3 == 0) json_object_set_new(q, "max_memory", json_integer(5 + (int)(next(&seed) % 30)));
        if (next(&seed) % 4 == 0) json_object_set_new(q, "all_devices", json_true());
        if (next(&seed) % 4 == 0) json_object_set_new(q, "fit", json_real(0.99));
        if (next(&seed) % 6 == 0) json_object_set_new(q, "pareto", json_true());
        if (next(&seed) % 6 == 0) json_object_set_new(q, "objective", json_string("memory"));
        if (next(&seed) % 4 == 0) json_object_set_new(q, "ep", json_integer(1));
        if (next(&seed) % 5 == 0) json_object_set_new(q, "allow_schedules", json_string("gpipe"));
        errors += !check(q, false);
        json_decref(q);
    }
    assert_true(errors < count / 2);
    if (followed < 20) fail_msg("only %d advices were there to follow", followed);
}

/* Beyond the stack's table alone. */
static void what_the_stack_lacks_is_advised(void **state) {
    (void)state;
    json_t *q = question_of("llama-2-7b", "h20", 8, 64);
    take_options(q, "--sharding zero3 --pp 2 --stack megatron-core --schedule gpipe");
    json_t *answer = ask(q);
    assert_non_null(answer);
    assert_int_equal(layouts_of(answer), 0);
    bool any = false;
    const json_t *advice = json_object_get(answer, "advice");
    for (size_t i = 0; i < json_array_size(advice); i++) {
        const char *options = json_string_value(json_object_get(json_array_get(advice, i), "options"));
        any = any || (options && strcmp(options, "--any") == 0);
    }
    assert_true(any);
    json_decref(answer);
    assert_true(check(q, true));
    json_decref(q);
}

static void any_number_of_devices_has_an_answer(void **state) {
    (void)state;
    const char *runs = getenv("ADVICE_RUNS");
    static const char *const models[] = {"llama-2-70b", "llama-2-7b", "mixtral-8x7b"};
    static const char *const chips[] = {"h100-sxm", "ascend-910b2", "h20"};
    uint64_t seed = 4;
    for (int i = 0, count = runs ? atoi(runs) : 6; i < count; i++) {
        int devices = 1 + (int)(next(&seed) % (i % 2 ? 40 : 100000));
        json_t *q = question_of(models[next(&seed) % 3], chips[next(&seed) % 3], devices,
                                one_of(&seed, (int[]){1, 1000, 2048, 4096}, 4));
        assert_true(check(q, true));
        json_decref(q);
    }
}

/* Tokens a second of the best layout on at most so many devices; days of a run where its tokens are given. */
static double best_on(const json_t *question, int devices, const char *key) {
    json_t *q = json_deep_copy(question);
    json_object_set_new(q, "devices", json_integer(devices));
    json_object_del(q, "for_tokens_per_s");
    json_object_del(q, "for");
    json_object_del(q, "objective");
    json_t *answer = ask(q), *best = json_array_get(json_object_get(answer, "best"), 0);
    double value = key ? json_number_value(json_object_get(best, key))
                       : json_number_value(json_object_get(best, "tokens_per_s_per_device"))
                             * (double)json_integer_value(json_object_get(best, "devices"));
    bool found = best != NULL;
    json_decref(answer);
    json_decref(q);
    return found ? value : 0;
}

static int devices_of(json_t *question, bool *reached) {
    json_t *answer = ask(question), *target = json_object_get(answer, "target");
    assert_non_null(target);
    int devices = (int)json_integer_value(json_object_get(answer, "devices"));
    *reached = json_is_true(json_object_get(target, "reached"));
    json_decref(answer);
    return devices;
}

/* The answer reaches the target, and one device fewer does not. */
static void the_least_devices_reach_a_target(void **state) {
    (void)state;
    json_t *q = question_of("llama-2-7b", "h100-sxm", 300, 256);
    bool reached;
    const double rates[] = {30e3, 123456, 1e6};
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        json_object_set_new(q, "for_tokens_per_s", json_real(rates[i]));
        int n = devices_of(q, &reached);
        assert_true(reached);
        assert_true(best_on(q, n, NULL) >= rates[i]);
        assert_true(n == 1 || best_on(q, n - 1, NULL) < rates[i]);
    }
    json_object_set_new(q, "for_tokens_per_s", json_real(5e6));
    assert_int_equal(devices_of(q, &reached), 300);
    assert_false(reached);
    json_t *answer = ask(q), *advice = json_array_get(json_object_get(answer, "advice"), 0);
    take_options(q, json_string_value(json_object_get(advice, "options")));
    json_decref(answer);
    assert_true(devices_of(q, &reached) > 300);
    assert_true(reached);
    json_object_del(q, "for_tokens_per_s");
    json_object_set_new(q, "tokens", json_string("1T"));
    json_object_set_new(q, "for", json_string("30 d"));
    int n = devices_of(q, &reached);
    assert_true(reached);
    assert_true(best_on(q, n, "days") <= 30);
    assert_true(best_on(q, n - 1, "days") > 30);
    int fewest = n;
    json_object_set_new(q, "rental", json_real(2));
    double usd = best_on(q, fewest, "rented_usd");
    json_object_set_new(q, "objective", json_string("cost"));
    n = devices_of(q, &reached);
    assert_true(reached && n >= fewest);
    assert_true(best_on(q, n, "days") <= 30);
    assert_true(best_on(q, n, "rented_usd") <= usd);
    json_decref(q);
}

/* A model that needs thousands of times the devices there are; a target that needs hundreds of times, and one that no number reaches. */
static void what_is_far_is_advised(void **state) {
    (void)state;
    tc_search_input in = tc_default_search_input();
    tc_error e;
    assert_int_equal(tc_catalog_model(catalog, "llama-3.1-405b", &in.question.job.model, &e), TC_OK);
    assert_int_equal(tc_catalog_accelerator(catalog, "l40s", &in.question.cluster.accelerator, &e), TC_OK);
    assert_int_equal(tc_catalog_fabric(catalog, in.question.cluster.accelerator.fabric, &in.question.cluster.fabric,
                                       &e),
                     TC_OK);
    assert_int_equal(tc_catalog_stack(catalog, "fsdp", &in.question.stack, &e), TC_OK);
    in.question.job.model.block[0].count *= 8;
    in.question.cluster.devices = 1;
    in.question.job.global_batch = 64;
    static tc_search search;
    assert_int_equal(tc_search_run(&in, &search, &e), TC_OK);
    assert_int_equal(search.best_count, 0);
    assert_int_equal(tc_search_advise(&in, &search, &e), TC_OK);
    int devices = 0;
    for (int i = 0; i < search.advice_count; i++) sscanf(search.advice[i].options, "--devices %d", &devices);
    tc_search_free(&search);
    assert_true(devices > 512);
    in.question.cluster.devices = devices;
    assert_int_equal(tc_search_run(&in, &search, &e), TC_OK);
    assert_true(search.best_count > 0);
    tc_search_free(&search);

    json_t *q = question_of("llama-2-7b", "h100-sxm", 8, 512);
    bool reached;
    json_object_set_new(q, "for_tokens_per_s", json_real(9e6));
    json_t *answer = ask(q), *advice = json_array_get(json_object_get(answer, "advice"), 0);
    take_options(q, json_string_value(json_object_get(advice, "options")));
    json_decref(answer);
    assert_true(devices_of(q, &reached) > 128);
    assert_true(reached);
    json_object_set_new(q, "devices", json_integer(8));
    json_object_set_new(q, "for_tokens_per_s", json_real(1e10));
    answer = ask(q), advice = json_array_get(json_object_get(answer, "advice"), 0);
    assert_non_null(strstr(json_string_value(json_object_get(advice, "text")), "no number of these devices"));
    assert_false(json_is_string(json_object_get(advice, "options")));
    json_decref(answer);
    json_decref(q);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(advice_is_true),
        cmocka_unit_test(what_the_stack_lacks_is_advised),
        cmocka_unit_test(any_number_of_devices_has_an_answer),
        cmocka_unit_test(the_least_devices_reach_a_target),
        cmocka_unit_test(what_is_far_is_advised),
    };
    return cmocka_run_group_tests(tests, open_catalog, close_catalog);
}
