/* test_served.c - published serving rows: the fields that are read, which figures are scored, what a row lacks, known rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "catalog/catalog.h"
#include "fixture.h"
#include "near.h"
#include "validate/served_score.h"

#define HEAD                                                                                                           \
    "{\"id\":\"r\",\"source_family\":\"f\",\"accelerator\":\"h100-sxm\",\"devices\":1,\"framework\":\"vllm\","         \
    "\"date\":\"2025-06-01\","
#define MODEL "\"model\":{\"name\":\"llama-3.1-8b\"},\"weight_dtype\":\"bf16\",\"tp\":1,"

static tc_published published;

static const tc_served_row *read_one(const char *line) {
    tc_error error = {0};
    tc_code code = tc_published_read(&published, "r.jsonl", line, strlen(line), &error);
    if (code != TC_OK) print_error("%s: %s\n", error.place, error.text);
    assert_int_equal(code, TC_OK);
    return &published.served[published.served_count - 1];
}

/* The results of one row. */
static tc_served_validation score(const char *line) {
    const tc_served_row *row = read_one(line);
    tc_served_validation v;
    tc_error error = {0};
    tc_code code = tc_served_validate(catalog, row, 1, &published.arena, &v, &error);
    if (code != TC_OK) print_error("%s: %s\n", error.place, error.text);
    assert_int_equal(code, TC_OK);
    assert_true(v.count > 0);
    return v;
}

static int clear(void **state) {
    (void)state;
    tc_published_free(&published);
    return 0;
}

/* A row as a collection has it, nulls and all. */
static void raw_fields(void **state) {
    (void)state;
    const tc_served_row *r
        = read_one("{\"id\":\"x\",\"source\":\"s\",\"url\":\"https://"
                   "example.org\",\"group\":\"g\",\"source_family\":\"f\",\"date\":\"2026-04-21\","
                   "\"accelerator\":\"b300-sxm\",\"devices\":12,\"framework\":\"sglang\",\"framework_version\":\"0.5."
                   "8\",\"model\":{\"name\":\"m\","
                   "\"layers\":61,\"hidden\":7168,\"heads\":128,\"kv_heads\":128,\"head_dim\":192,\"ffn\":18432,"
                   "\"vocab\":129280,\"experts\":256,"
                   "\"experts_per_token\":8,\"attention\":\"mla\",\"kv_rank\":512,\"rope_dim\":64,\"q_rank\":1536,"
                   "\"nope_dim\":128,\"v_dim\":128,"
                   "\"expert_ffn\":2048,\"shared_expert_ffn\":2048,\"parameters\":671000000000.0,\"in_catalog\":false},"
                   "\"weight_dtype\":\"nvfp4\","
                   "\"kv_dtype\":null,\"tp\":4,\"pp\":1,\"ep\":4,\"dp\":1,\"phase\":\"mixed\",\"input_len\":1024,"
                   "\"output_len\":1024,"
                   "\"concurrency\":64,\"batch\":null,\"request_rate\":null,\"prefix_cached_share\":null,"
                   "\"speculative\":\"MTP 3, accepted length 2.82\","
                   "\"disaggregated\":true,\"measured\":{\"output_tokens_per_s\":null,\"ttft_ms\":129.05,\"ttft_stat\":"
                   "\"p50\",\"tpot_ms\":14.5,"
                   "\"tpot_stat\":\"mean or median (not "
                   "stated)\"},\"derived\":{\"prefill_workers\":1,\"prefill_devices_each\":4,\"decode_workers\":2,"
                   "\"decode_devices_each\":4,\"mean_input_len\":922,\"nominal_input_len\":\"1024\",\"num_prompts\":"
                   "640.0},\"quality\":null,"
                   "\"notes\":\"random lengths\"}");
    assert_string_equal(r->id, "x");
    assert_int_equal(r->date, 202604);
    assert_int_equal(r->model.kv_rank, 512);
    assert_int_equal(r->model.shared_ffn, 2048);
    assert_near(r->model.parameters, 671e9, 1);
    assert_near(r->input_len, 922, 1e-9);
    assert_near(r->output_len, 1024, 1e-9);
    assert_near(r->requests, 640, 1e-9);
    assert_int_equal(r->load, TC_LOAD_CLOSED);
    assert_int_equal(r->disaggregated, 1);
    assert_int_equal(r->workers.decode, 2);
    assert_int_equal(r->workers.prefill_devices, 4);
    assert_int_equal(r->drafts, 3);
    assert_near(r->accepted, 2.82, 1e-9);
    assert_int_equal(r->ttft_statistic, TC_STATISTIC_MEDIAN);
    assert_int_equal(r->tpot_statistic, TC_STATISTIC_UNSTATED);
    assert_true(isnan(r->cached_share));
    assert_null(r->quality);
    tc_served_metric metrics[TC_SERVED_METRICS];
    assert_int_equal(tc_served_scored(r, metrics), 2);
    assert_int_equal(metrics[0], TC_SERVED_TPOT_MS);
    assert_int_equal(metrics[1], TC_SERVED_TTFT_MS);
}

static void loads(void **state) {
    (void)state;
    static const struct {
        const char *fields;
        tc_served_load load;
    } cases[] = {
        {"\"phase\":\"mixed\",\"concurrency\":8", TC_LOAD_CLOSED},
        {"\"phase\":\"mixed\",\"request_rate\":2.5", TC_LOAD_OPEN},
        {"\"phase\":\"mixed\",\"concurrency\":8,\"notes\":\"static batch 8\"", TC_LOAD_STATIC},
        {"\"phase\":\"mixed\",\"concurrency\":8,\"measured\":{\"ttft_ms\":1,\"ttft_stat\":\"mean, whole batch "
         "prefilled together\"}",
         TC_LOAD_STATIC},
        {"\"phase\":\"offline\"", TC_LOAD_QUEUED},
        {"\"phase\":\"offline\",\"batch\":64", TC_LOAD_STATIC},
        {"\"phase\":\"offline\",\"batch\":64,\"notes\":\"30,000 requests at once\"", TC_LOAD_QUEUED},
        {"\"phase\":\"mixed\",\"concurrency\":16,\"notes\":\"16 prompts at once\"", TC_LOAD_BURST},
        {"\"phase\":\"mixed\",\"concurrency\":16,\"derived\":{\"num_prompts\":10}", TC_LOAD_BURST},
        {"\"phase\":\"mixed\",\"concurrency\":16,\"norm\":{\"load\":\"static\"}", TC_LOAD_STATIC},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char line[512];
        snprintf(line, sizeof line, HEAD MODEL "%s}", cases[i].fields);
        if (read_one(line)->load != cases[i].load) fail_msg("%s", cases[i].fields);
    }
}

static void training_and_serving_in_one_file(void **state) {
    (void)state;
    tc_error error = {0};
    const char *text
        = "{\"id\":\"a\",\"accelerator\":\"h100-sxm\",\"measured\":{\"step_s\":1}}\n" HEAD "\"phase\":\"mixed\"}\n";
    assert_int_equal(tc_published_read(&published, "r.jsonl", text, strlen(text), &error), TC_OK);
    assert_int_equal(published.count, 1);
    assert_int_equal(published.served_count, 1);
    assert_int_equal(published.served[0].line, 2);
}

static void a_wrong_row_is_refused_by_its_place(void **state) {
    (void)state;
    tc_error error = {0};
    const char *text = "{\"id\":\"b\",\"phase\":\"mixed\",\"devices\":-3}\n";
    assert_int_equal(tc_published_read(&published, "r.jsonl", text, strlen(text), &error), TC_INVALID);
    const char *good_and_bad = HEAD "\"phase\":\"mixed\"}\n{\"id\":\"b\",\"phase\":\"mixed\",\"devices\":\"many\"}\n";
    assert_int_equal(tc_published_read(&published, "r.jsonl", good_and_bad, strlen(good_and_bad), &error), TC_OK);
    assert_null(published.served[0].refused);
    assert_non_null(strstr(published.served[1].refused, "r.jsonl:2"));
    assert_non_null(strstr(published.served[1].refused, "devices"));
}

static void errors_are_of_times(void **state) {
    (void)state;
    assert_near(tc_served_error_pct(TC_SERVED_TPOT_MS, 12, 10), 20, 1e-9);
    assert_near(tc_served_error_pct(TC_SERVED_OUTPUT_TOKENS_PER_S, 100, 120), 20, 1e-9);
}

/* What a row lacks is named; what the program cannot forecast, too. */
static void statuses(void **state) {
    (void)state;
    static const struct {
        const char *line;
        tc_case_status status;
        const char *reason;
    } cases[] = {
        {HEAD MODEL "\"phase\":\"mixed\",\"input_len\":100,\"output_len\":100,\"concurrency\":4}", TC_CASE_SKIPPED,
         "measured"},
        {HEAD MODEL "\"phase\":\"mixed\",\"output_len\":100,\"concurrency\":4,\"measured\":{\"tpot_ms\":9}}",
         TC_CASE_SKIPPED, "input_len"},
        {HEAD MODEL "\"phase\":\"mixed\",\"input_len\":100,\"output_len\":100,\"measured\":{\"tpot_ms\":9}}",
         TC_CASE_SKIPPED, "concurrency"},
        {HEAD "\"model\":{\"name\":\"nobody-7b\"},\"phase\":\"mixed\",\"input_len\":100,\"output_len\":100,"
              "\"concurrency\":4,\"measured\":{\"tpot_ms\":9}}",
         TC_CASE_SKIPPED, "model.layers"},
        {"{\"id\":\"r\",\"accelerator\":\"abacus\",\"devices\":1," MODEL
         "\"phase\":\"mixed\",\"input_len\":100,\"output_len\":100,\"concurrency\":4,\"measured\":{\"tpot_ms\":9}}",
         TC_CASE_UNSUPPORTED, "abacus"},
        {HEAD "\"model\":{\"name\":\"llama-3.1-8b\"},\"weight_dtype\":\"ternary\",\"phase\":\"mixed\",\"input_len\":"
              "100,\"output_len\":100,\"concurrency\":4,\"measured\":{\"tpot_ms\":9}}",
         TC_CASE_UNSUPPORTED, "ternary"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tc_served_validation v = score(cases[i].line);
        if (v.results[0].status != cases[i].status || !strstr(v.results[0].reason, cases[i].reason))
            fail_msg("%s: %d %s", cases[i].line, v.results[0].status, v.results[0].reason);
        assert_int_equal(v.all.n, 0);
        assert_true(isnan(v.all.macro_mape_pct));
    }
}

/* An 8B model in 16 bit on an H100: 16 GB over 3.35 TB/s are 4.8 ms; one request takes that and half of it again at most. */
static void a_request_alone(void **state) {
    (void)state;
    tc_served_validation v
        = score(HEAD MODEL "\"phase\":\"mixed\",\"input_len\":128,\"output_len\":128,\"concurrency\":1,"
                           "\"measured\":{\"tpot_ms\":6.5,\"ttft_ms\":20,\"output_tokens_per_s\":150}}");
    assert_int_equal(v.count, 3);
    assert_int_equal(v.results[0].status, TC_CASE_OK);
    assert_int_equal(v.results[0].class, TC_CLASS_TPOT);
    assert_int_equal(v.results[1].class, TC_CLASS_TTFT);
    assert_int_equal(v.results[2].class, TC_CLASS_ONLINE);
    assert_true(v.results[0].predicted > 4.8 && v.results[0].predicted < 9);
    assert_true(v.results[0].low < v.results[0].predicted && v.results[0].predicted < v.results[0].high);
    /* the rate of one client is a request over its time */
    double seconds = (v.results[1].predicted + 127 * v.results[0].predicted) / 1e3;
    assert_near(v.results[2].predicted / (128 / seconds), 1, 0.02);
    assert_int_equal(v.all.n, 3);
    assert_int_equal(v.by_class[TC_CLASS_TPOT].n, 1);
}

static void what_does_not_count(void **state) {
    (void)state;
    tc_served_validation v
        = score(HEAD MODEL "\"phase\":\"offline\",\"input_len\":128,\"output_len\":128,\"quality\":\"ci-baseline\","
                           "\"measured\":{\"output_tokens_per_s\":9000}}");
    assert_false(v.results[0].counts);
    assert_string_equal(v.results[0].reason, "ci-baseline");
    assert_true(v.results[0].predicted > 0);
    assert_int_equal(v.all.n, 0);
    assert_int_equal(v.apart, 1);
    /* a rate that is given is no forecast; the latencies under it are */
    v = score(HEAD MODEL "\"phase\":\"mixed\",\"input_len\":128,\"output_len\":128,\"request_rate\":1,"
                         "\"measured\":{\"output_tokens_per_s\":128,\"tpot_ms\":7}}");
    assert_true(v.results[0].counts);
    assert_false(v.results[1].counts);
    /* but what a benchmark's limits allow is one */
    v = score(HEAD "\"model\":{\"name\":\"llama-3.1-8b\"},\"weight_dtype\":\"fp8\",\"tp\":1,\"phase\":\"mixed\","
                   "\"input_len\":778,\"output_len\":128,\"request_rate\":50,"
                   "\"notes\":\"scenario Server; benchmark llama3.1-8b\",\"measured\":{\"requests_per_s\":50}}");
    assert_true(v.results[0].counts);
}

#define CHIPS(n, engine)                                                                                               \
    "{\"id\":\"r\",\"source_family\":\"f\",\"accelerator\":\"h200-sxm\",\"devices\":" #n ",\"framework\":\"" engine    \
    "\",\"date\":\"2025-12\","

/* What a source's own figures say of it: a rate beyond what was served, a prompt over its time, places that nobody stated. */
static void what_the_figures_say(void **state) {
    (void)state;
    /* a lone prompt over its time is the time again */
    tc_served_validation v
        = score(HEAD MODEL "\"phase\":\"mixed\",\"input_len\":2000,\"output_len\":32,\"concurrency\":1,"
                           "\"measured\":{\"ttft_ms\":100,\"input_tokens_per_s\":20000}}");
    assert_true(v.results[0].counts);
    assert_false(v.results[1].counts);
    /* faster than it is served: the rate is a forecast, and the more requests there are, the longer they wait */
    double ttft[2];
    for (int i = 0; i < 2; i++) {
        v = score(i ? HEAD MODEL "\"phase\":\"mixed\",\"input_len\":2000,\"output_len\":500,\"request_rate\":50,"
                                 "\"derived\":{\"num_prompts\":3000},"
                                 "\"measured\":{\"ttft_ms\":9000,\"requests_per_s\":8}}"
                    : HEAD MODEL "\"phase\":\"mixed\",\"input_len\":2000,\"output_len\":500,\"request_rate\":50,"
                                 "\"derived\":{\"num_prompts\":300},"
                                 "\"measured\":{\"ttft_ms\":9000,\"requests_per_s\":8}}");
        assert_true(v.results[0].counts && v.results[1].counts);
        assert_true(v.results[1].predicted < 50);
        ttft[i] = v.results[0].predicted;
    }
    assert_true(ttft[1] > 3 * ttft[0]);
    /* workers that decode have as many places as the test gave them */
#define SPLIT SPLIT_OF("")
#define SPLIT_OF(degrees)                                                                                              \
    "\"model\":{\"name\":\"deepseek-v3\"},\"weight_dtype\":\"fp8\",\"tp\":8,\"ep\":8,\"phase\":\"mixed\",\"input_"     \
    "len\":922,"                                                                                                       \
    "\"output_len\":922,\"concurrency\":32,\"disaggregated\":true,\"derived\":{" degrees "\"prefill_workers\":1,"      \
    "\"prefill_devices_each\":8,\"decode_workers\":2,\"decode_devices_each\":8},"                                      \
    "\"measured\":{\"tpot_ms\":15,\"ttft_ms\":900}}"
    v = score(CHIPS(24, "tensorrt-llm") SPLIT);
    assert_true(v.results[0].counts);
    assert_false(v.results[1].counts);
    assert_non_null(strstr(v.results[1].reason, "places"));
    v = score(CHIPS(24, "sglang") SPLIT);
    assert_true(v.results[0].counts && v.results[1].counts);
    /* workers that prefill have degrees of their own: a rank alone takes longer for a prompt than eight */
    double eight = v.results[1].predicted;
    v = score(CHIPS(24, "sglang") SPLIT_OF("\"prefill_tp\":1,\"prefill_ep\":8,"));
    assert_true(v.results[1].predicted > 1.1 * eight);
    /* what two nodes do */
    v = score(CHIPS(16, "vllm") "\"model\":{\"name\":\"kimi-k2-1t\"},\"weight_dtype\":\"fp8\",\"phase\":\"mixed\","
                                "\"input_len\":8000,\"output_len\":1000,\"concurrency\":16,"
                                "\"measured\":{\"tpot_ms\":58}}");
    assert_int_equal(v.results[0].status, TC_CASE_UNSUPPORTED);
    assert_non_null(strstr(v.results[0].reason, "layout"));
}

/* Clients that start together and ask for equal lengths stay together: their prompts wait for each other, not for those that decode. */
static void equal_lengths_stay_together(void **state) {
    (void)state;
#define WAVES(cv)                                                                                                      \
    CHIPS(1, "sglang")                                                                                                 \
    MODEL "\"phase\":\"mixed\",\"input_len\":2000,\"output_len\":200,\"concurrency\":64,\"derived\":{\"num_prompts\":" \
          "6400},"                                                                                                     \
          "\"measured\":{\"tpot_ms\":20,\"ttft_ms\":900},\"norm\":{\"load\":\"closed\",\"length_cv\":" #cv "}}"
    tc_served_validation equal = score(WAVES(0)), spread = score(WAVES(1));
    assert_true(equal.results[1].predicted > 2 * spread.results[1].predicted);
    assert_true(equal.results[0].predicted < 0.9 * spread.results[0].predicted);
}

/* The median gap between tokens is that of steps without prompts, as long as most are. */
static void medians_of_gaps(void **state) {
    (void)state;
#define GAPS(statistic)                                                                                                \
    CHIPS(1, "vllm")                                                                                                   \
    MODEL "\"phase\":\"mixed\",\"input_len\":6000,\"output_len\":400,\"concurrency\":24,"                              \
          "\"measured\":{\"tpot_ms\":20,\"tpot_stat\":\"" statistic                                                    \
          "\"},\"norm\":{\"load\":\"closed\",\"length_cv\":1}}"
    double gap = score(GAPS("median ITL")).results[0].predicted, mean = score(GAPS("mean")).results[0].predicted;
    assert_true(gap < 0.9 * mean && gap > 0.3 * mean);
}

/* Requests that are all there at once pass in waves, the last of which is not full. */
static void a_queue_that_ends(void **state) {
    (void)state;
#define QUEUE(n)                                                                                                       \
    CHIPS(1, "vllm")                                                                                                   \
    MODEL "\"phase\":\"offline\",\"input_len\":128,\"output_len\":2048,\"derived\":{\"num_prompts\":" #n "},"          \
          "\"measured\":{\"output_tokens_per_s\":20000}}"
    double few = score(QUEUE(100)).results[0].predicted, full = score(QUEUE(1000000)).results[0].predicted;
    assert_true(few < 0.8 * full);
    assert_near(score(QUEUE(30000)).results[0].predicted / full, 1, 0.1);
}

/* A burst of texts of all lengths lasts as long as its longest: of ten, 2.9 times the mean (1 + 1/2 + ... + 1/10). With requests that
 * follow, only the end of the test has few. */
static void the_end_of_a_test(void **state) {
    (void)state;
#define TEXTS(load, n, cv)                                                                                             \
    CHIPS(1, "vllm")                                                                                                   \
    MODEL "\"phase\":\"mixed\",\"input_len\":130,\"output_len\":260,\"concurrency\":10,\"derived\":{"                  \
          "\"num_prompts\":" #n "},\"measured\":{\"output_tokens_per_s\":900},\"norm\":{\"load\":\"" load              \
          "\",\"length_cv\":" #cv "}}"
    double equal = score(TEXTS("burst", 10, 0)).results[0].predicted,
           spread = score(TEXTS("burst", 10, 1)).results[0].predicted,
           less = score(TEXTS("burst", 10, 0.3)).results[0].predicted;
    assert_near(equal / spread, 2.9, 0.25);
    assert_near(equal / less, 1.43, 0.1);
    double few = score(TEXTS("closed", 20, 1)).results[0].predicted,
           many = score(TEXTS("closed", 2000, 1)).results[0].predicted;
    assert_true(few < 0.75 * many && few > spread);
}

/* A worker that decodes looks for new requests every so many steps; in the first waves prompts come faster than in the mean. */
static void the_first_token_of_workers_apart(void **state) {
    (void)state;
#define APART(group, clients, cv)                                                                                      \
    "{\"id\":\"r\",\"source_family\":\"f\",\"group\":\"" group "\",\"accelerator\":\"b200-sxm\",\"devices\":24,"       \
    "\"framework\":\"sglang\",\"date\":\"2026-02-01\",\"model\":{\"name\":\"deepseek-v3\"},\"weight_dtype\":\"fp8\","  \
    "\"tp\":8,\"phase\":\"mixed\",\"input_len\":4096,\"output_len\":1024,\"concurrency\":" #clients                    \
    ",\"disaggregated\":"                                                                                              \
    "true,\"derived\":{\"prefill_workers\":1,\"prefill_devices_each\":8,\"decode_workers\":2,"                         \
    "\"decode_devices_each\":8},\"measured\":{\"tpot_ms\":15,\"ttft_ms\":900},"                                        \
    "\"norm\":{\"load\":\"closed\",\"length_cv\":" #cv "}}"
    tc_served_validation by_itself = score(APART("other", 64, 1)), polled = score(APART("inferencex", 64, 1));
    double steps = (polled.results[1].predicted - by_itself.results[1].predicted) / by_itself.results[0].predicted;
    assert_near(steps, 4.5, 0.3); /* half of 10 against half of 1 */
    tc_served_validation together = score(APART("other", 64, 0));
    assert_true(together.results[1].predicted > 1.02 * by_itself.results[1].predicted);
}

/* A model that is named otherwise than in the catalog, and one whose other layers recur. */
static void models_of_other_names(void **state) {
    (void)state;
    tc_served_validation v
        = score(CHIPS(8, "sglang") "\"model\":{\"name\":\"glm-5-744b\"},\"weight_dtype\":\"fp8\",\"tp\":8,\"phase\":"
                                   "\"mixed\",\"input_len\":1000,\"output_len\":1000,\"concurrency\":8,"
                                   "\"measured\":{\"tpot_ms\":15}}");
    assert_int_equal(v.results[0].status, TC_CASE_OK);
    v = score(CHIPS(8, "sglang") "\"model\":{\"name\":\"qwen3.5-80b\",\"layers\":48,\"hidden\":3072,\"heads\":24,"
                                 "\"kv_heads\":2,\"head_dim\":256,\"ffn\":8192,\"vocab\":248320},\"weight_dtype\":"
                                 "\"fp8\",\"tp\":8,\"phase\":\"mixed\",\"input_len\":1000,\"output_len\":1000,"
                                 "\"concurrency\":16,\"measured\":{\"tpot_ms\":9}}");
    assert_int_equal(v.results[0].status, TC_CASE_OK);
    bool recurs = false;
    for (int i = 0; i < v.results[0].assumed_count; i++)
        recurs = recurs || strstr(v.results[0].assumed[i], "recur as those of qwen3.5");
    assert_true(recurs);
}

/* What a benchmark's scripts take of an engine, by its model; releases by what their number begins with. */
static void engines_by_benchmark_and_release(void **state) {
    (void)state;
    static const struct {
        const char *row, *generation;
    } cases[] = {
        {"\"framework\":\"tensorrt-llm\",\"framework_version\":\"TensorRT 10.11\",\"group\":\"mlperf-v5.1\",\"model\":{"
         "\"name\":\"llama-2-70b\"}",
         "trtllm-engine"},
        {"\"framework\":\"tensorrt-llm\",\"framework_version\":\"TensorRT 10.11\",\"group\":\"mlperf-v5.1\",\"model\":{"
         "\"name\":\"llama-3.1-8b\"}",
         "trtllm-1"},
        {"\"framework\":\"tensorrt-llm\",\"framework_version\":\"TensorRT 10.14\",\"group\":\"mlperf-v6.0\",\"model\":{"
         "\"name\":\"llama-2-70b\"}",
         "trtllm-1"},
        {"\"framework\":\"chitu\",\"framework_version\":\"0.3.0\",\"model\":{\"name\":\"llama-2-70b\"}", "chitu-0.3"},
        {"\"framework\":\"chitu\",\"model\":{\"name\":\"llama-2-70b\"}", "chitu"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char row[600];
        snprintf(row, sizeof row,
                 "{\"id\":\"r\",\"source_family\":\"f\",\"accelerator\":\"h200-sxm\",\"devices\":8,\"date\":\"2026-"
                 "04\",%s,"
                 "\"weight_dtype\":\"fp8\",\"tp\":8,\"phase\":\"mixed\",\"input_len\":128,\"output_len\":128,"
                 "\"concurrency\":4,\"measured\":{\"tpot_ms\":7}}",
                 cases[i].row);
        assert_string_equal(score(row).results[0].engine, cases[i].generation);
    }
}

/* A row whose engine nobody named spans more. */
static void an_engine_that_is_not_stated(void **state) {
    (void)state;
#define REST                                                                                                           \
    MODEL "\"phase\":\"mixed\",\"input_len\":128,\"output_len\":128,\"concurrency\":4,\"measured\":{\"tpot_ms\":7}}"
    tc_served_validation stated = score(HEAD REST),
                         unstated
                         = score("{\"id\":\"r\",\"accelerator\":\"h100-sxm\",\"devices\":1,\"date\":\"2025-06\"," REST);
    const tc_served_result *a = &stated.results[0], *b = &unstated.results[0];
    assert_int_equal(b->status, TC_CASE_OK);
    assert_true(b->high / b->low > a->high / a->low);
    bool says = false;
    for (int i = 0; i < b->assumed_count; i++) says = says || strstr(b->assumed[i], "engine");
    assert_true(says);
}

/* Every shipped row reads; nearly all have a forecast; nothing is below what the memory's bandwidth allows by half. */
static void shipped_rows(void **state) {
    (void)state;
    DIR *folder = opendir(TC_SOURCE_DIR "/data/serving");
    assert_non_null(folder);
    tc_error error = {0};
    for (struct dirent *entry; (entry = readdir(folder));) {
        char path[512];
        if (!strstr(entry->d_name, ".jsonl")) continue;
        snprintf(path, sizeof path, TC_SOURCE_DIR "/data/serving/%s", entry->d_name);
        if (tc_published_read_file(&published, path, &error)) fail_msg("%s: %s", error.place, error.text);
    }
    closedir(folder);
    assert_int_equal(published.count, 0);
    assert_true(published.served_count > 2000);
    for (int i = 0; i < published.served_count; i++)
        if (published.served[i].refused) fail_msg("%s", published.served[i].refused);
    tc_served_validation v;
    assert_int_equal(tc_served_validate(catalog, published.served, published.served_count, &published.arena, &v,
                                        &error),
                     TC_OK);
    assert_true(v.skipped + v.unsupported < v.rows / 8);
    assert_true(v.all.n > 2400);
    assert_true(v.all.families >= 20);
    assert_true(v.all.median_ape_pct < 40);
    int sum = 0;
    for (int i = 0; i < TC_SERVED_CLASSES; i++) sum += v.by_class[i].n;
    assert_int_equal(sum, v.all.n);
}

/* Every fitted value lies where the parameter's row says that it can: what is beyond says that the model lacks something. */
static void fitted_values_are_in_their_ranges(void **state) {
    (void)state;
    static const char *const engines[] = {"vllm", "sglang", "tensorrt-llm", "lmdeploy", "neuron", "chitu", "generic"};
    const tc_catalog_item *chips;
    int chip_count, parameters, moved = 0;
    const tc_serving_parameter *parameter = tc_serving_parameters(&parameters);
    tc_error error;
    tc_catalog *unfitted;
    assert_int_equal(tc_catalog_open(NULL, 0, &unfitted, &error), TC_OK);
    tc_catalog_ignore_fitted(unfitted);
    assert_int_equal(tc_catalog_list(catalog, TC_KIND_ACCELERATOR, &chips, &chip_count, &error), TC_OK);
    for (int i = 0; i < chip_count; i++)
        for (size_t e = 0; e < sizeof engines / sizeof engines[0]; e++) {
            tc_accelerator a;
            tc_engine engine, prior;
            if (tc_catalog_accelerator(catalog, chips[i].slug, &a, &error)) continue;
            assert_int_equal(tc_catalog_engine(catalog, engines[e], &a, &engine, &error), TC_OK);
            assert_int_equal(tc_catalog_engine(unfitted, engines[e], &a, &prior, &error), TC_OK);
            for (int j = 0; j < parameters; j++) {
                const tc_serving_parameter *p = &parameter[j];
                double value = *(const double *)((const char *)&engine.params + p->offset);
                moved += value != *(const double *)((const char *)&prior.params + p->offset);
                if (p->fitted && !(value >= p->low * 0.999 && value <= p->high * 1.001))
                    fail_msg("%s of %s on %s: %g is not from %g to %g", p->key, engines[e], chips[i].slug, value,
                             p->low, p->high);
            }
        }
    assert_true(moved > 1000);
    tc_catalog_close(unfitted);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(raw_fields, clear),
        cmocka_unit_test_teardown(loads, clear),
        cmocka_unit_test_teardown(training_and_serving_in_one_file, clear),
        cmocka_unit_test_teardown(a_wrong_row_is_refused_by_its_place, clear),
        cmocka_unit_test(errors_are_of_times),
        cmocka_unit_test_teardown(statuses, clear),
        cmocka_unit_test_teardown(a_request_alone, clear),
        cmocka_unit_test_teardown(what_does_not_count, clear),
        cmocka_unit_test_teardown(what_the_figures_say, clear),
        cmocka_unit_test_teardown(equal_lengths_stay_together, clear),
        cmocka_unit_test_teardown(medians_of_gaps, clear),
        cmocka_unit_test_teardown(a_queue_that_ends, clear),
        cmocka_unit_test_teardown(the_end_of_a_test, clear),
        cmocka_unit_test_teardown(the_first_token_of_workers_apart, clear),
        cmocka_unit_test_teardown(models_of_other_names, clear),
        cmocka_unit_test_teardown(engines_by_benchmark_and_release, clear),
        cmocka_unit_test_teardown(an_engine_that_is_not_stated, clear),
        cmocka_unit_test_teardown(shipped_rows, clear),
        cmocka_unit_test(fitted_values_are_in_their_ranges),
    };
    return cmocka_run_group_tests(tests, open_catalog, close_catalog);
}
