/* test_against.c - other simulators beside the forecast: errors by hand, rows left out, files that are wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "near.h"
#include "validate/against.h"

typedef struct scene {
    tc_catalog *catalog;
    tc_published published;
    tc_validation validation;
} scene;

static int open_runs(void **state) {
    static scene s;
    tc_error error;
    if (tc_catalog_open(NULL, 0, &s.catalog, &error)
        || tc_published_read_file(&s.published, TC_SOURCE_DIR "/data/runs/korthikanti22.jsonl", &error)
        || tc_validate(s.catalog, &s.published, &s.validation, &error))
        return -1;
    *state = &s;
    return 0;
}

static int close_runs(void **state) {
    scene *s = *state;
    tc_published_free(&s->published);
    tc_catalog_close(s->catalog);
    return 0;
}

/* A tool that forecasts each run so much slower than it was measured; `skip`: a run that it leaves out, and one of its own. */
static void write_tool(const scene *s, double slower_pct, int skip, int own, char *text, size_t size) {
    size_t used = (size_t)snprintf(text, size, "{\"tool\": \"slow\", \"commit\": \"c0ffee\"}\n");
    for (int i = 0; i < s->validation.count; i++) {
        const tc_scored_run *r = &s->validation.runs[i];
        double step_s = r->step_s / (1 + r->error_pct / 100) * (1 + slower_pct / 100);
        if (i == skip)
            used += (size_t)snprintf(text + used, size - used, "{\"id\": \"%s\", \"skipped\": \"no\"}\n", r->run->id);
        else
            used += (size_t)snprintf(text + used, size - used,
                                     "{\"id\": \"%s\", \"predicted_step_s\": %.12g, \"own_row\": %s}\n", r->run->id,
                                     i == own ? 1e6 : step_s, i == own ? "true" : "false");
    }
}

static void scores_beside(void **state) {
    scene *s = *state;
    char text[2][8192];
    tc_predictions predictions[2];
    tc_against against;
    tc_error error;
    write_tool(s, 10, 1, 2, text[0], sizeof text[0]);
    write_tool(s, -30, -1, -1, text[1], sizeof text[1]);
    for (int i = 0; i < 2; i++)
        assert_int_equal(tc_predictions_read("tool.jsonl", text[i], strlen(text[i]), &s->published.arena,
                                             &predictions[i], &error),
                         TC_OK);
    assert_int_equal(tc_against_score(&s->validation, predictions, 2, &s->published.arena, &against, &error), TC_OK);
    int all = s->validation.n;
    const tc_tool_score *slow = &against.tool[0], *fast = &against.tool[1];
    assert_string_equal(slow->predictions->tool, "slow");
    assert_string_equal(slow->predictions->version, "c0ffee");
    assert_int_equal(against.scored, all);
    assert_int_equal(slow->expressed_scored, all - 1);
    assert_near(slow->coverage_pct, 100.0 * (all - 1) / all, 1e-9);
    assert_int_equal(slow->theirs.n, all - 2); /* without its own row */
    assert_near(slow->theirs.mape_pct, 10, 1e-6);
    assert_near(slow->theirs.bias_pct, 10, 1e-6);
    assert_near(slow->theirs.within20_pct, 100, 1e-9);
    assert_near(fast->theirs.median_ape_pct, 30, 1e-6);
    assert_near(fast->theirs.bias_pct, -30, 1e-6);
    assert_near(fast->theirs.within20_pct, 0, 1e-9);
    assert_int_equal(fast->theirs.n, all);
    assert_int_equal(against.common.n, all - 2);
    assert_int_equal(fast->common.n, all - 2);
    assert_near(fast->ours.mape_pct, s->validation.mape_pct, 1e-9);
    assert_near(against.ours.macro_mape_pct, s->validation.macro_mape_pct, 1e-9);
    assert_int_equal(against.families, 1);
    assert_near(against.family[0].tool[0].mape_pct, 10, 1e-6);
    assert_true(isnan(slow->memory[TC_STATED_ALLOCATED].mape_pct)); /* it says none */
}

/* A device's 80 GiB are what a tool's bytes are held against. */
static void tells_what_fits(void **state) {
    (void)state;
    tc_catalog *catalog;
    tc_published p = {0};
    tc_error error;
    tc_validation v;
    tc_against against;
    tc_predictions predictions;
    static const char run[]
        = "{\"id\":\"%s\",\"group\":\"mine\",\"accelerator\":\"a100-sxm-80g\",\"devices\":8,\"devices_per_node\":8,"
          "\"model\":{\"name\":\"llama-2-7b\",\"family\":\"llama\",\"seq\":4096},\"global_batch\":64,\"micro_batch\":1,"
          "\"tp\":2,\"pp\":1,\"cp\":1,\"dp\":4,\"sharding\":\"zero1\",\"recompute\":\"none\",%s,\"norm\":{\"stack\":"
          "\"megatron-lm\",\"source_family\":\"mine\",\"dtype\":\"bf16\",\"recompute\":\"none\",\"sharding\":"
          "\"zero1\",\"counts\":true}}\n";
    char text[4096];
    size_t used = (size_t)snprintf(text, sizeof text, run, "ran", "\"measured\":{\"step_s\":12}");
    snprintf(text + used, sizeof text - used, run, "lost", "\"measured\":{},\"quality\":\"oom\"");
    assert_int_equal(tc_catalog_open(NULL, 0, &catalog, NULL), TC_OK);
    assert_int_equal(tc_published_read(&p, "r.jsonl", text, strlen(text), &error), TC_OK);
    assert_int_equal(tc_validate(catalog, &p, &v, &error), TC_OK);
    static const char both[] = "{\"id\":\"ran\",\"predicted_step_s\":12,\"predicted_memory_gib\":79}\n"
                               "{\"id\":\"lost\",\"predicted_step_s\":12,\"predicted_memory_gib\":81}\n";
    assert_int_equal(tc_predictions_read("d/mine.jsonl", both, strlen(both), &p.arena, &predictions, &error), TC_OK);
    assert_string_equal(predictions.tool, "mine");
    assert_int_equal(tc_against_score(&v, &predictions, 1, &p.arena, &against, &error), TC_OK);
    assert_int_equal(against.tool[0].oom.n, 2);
    assert_near(against.tool[0].oom.accuracy_pct, 100, 1e-9);
    assert_near(against.tool[0].our_oom.accuracy_pct, 50, 1e-9); /* ours says the same of both */
    tc_published_free(&p);
    tc_catalog_close(catalog);
}

static void refuses(void **state) {
    scene *s = *state;
    static const struct {
        const char *text, *place, *says;
    } wrong[] = {
        {"", "t.jsonl", "no forecast"},
        {"{\"tool\": \"only a head\"}\n", "t.jsonl", "no forecast"},
        {"{\"id\": \"a\", \"predicted_step_s\": 1}\n{\"id\": ", "t.jsonl:2", ""},
        {"{\"id\": \"a\"}\n", "t.jsonl:1: $.predicted_step_s", "missing"},
        {"{\"id\": \"a\", \"predicted_step_s\": 0}\n", "t.jsonl:1: $.predicted_step_s", ""},
        {"{\"id\": \"a\", \"predicted_step_s\": \"1\"}\n", "t.jsonl:1: $.predicted_step_s", ""},
        {"{\"id\": \"a\", \"predicted_step_s\": 1, \"skipped\": \"no\"}\n", "t.jsonl:1: $.skipped", "beside"},
        {"{\"predicted_step_s\": 1}\n", "t.jsonl:1: $.id", "missing"},
        {"{\"id\": \"a\", \"predicted_step_s\": 1}\n{\"id\": \"a\", \"predicted_step_s\": 1}\n", "t.jsonl:2: id",
         "line 1"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        tc_predictions p;
        tc_error error = {0};
        assert_int_equal(tc_predictions_read("t.jsonl", wrong[i].text, strlen(wrong[i].text), &s->published.arena, &p,
                                             &error),
                         TC_INVALID);
        if (strncmp(error.place, wrong[i].place, strlen(wrong[i].place)) != 0 || !strstr(error.text, wrong[i].says))
            fail_msg("%zu: %s: %s", i, error.place, error.text);
    }
}

static void refuses_a_tool_of_other_runs(void **state) {
    scene *s = *state;
    static const char text[] = "{\"id\": \"nobody\", \"predicted_step_s\": 1}\n";
    tc_predictions p;
    tc_against against;
    tc_error error = {0};
    assert_int_equal(tc_predictions_read("t.jsonl", text, strlen(text), &s->published.arena, &p, &error), TC_OK);
    assert_int_equal(tc_against_score(&s->validation, &p, 1, &s->published.arena, &against, &error), TC_INVALID);
    assert_string_equal(error.place, "t.jsonl");
    assert_non_null(strstr(error.text, "nobody"));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(scores_beside), cmocka_unit_test(tells_what_fits),
                                       cmocka_unit_test(refuses), cmocka_unit_test(refuses_a_tool_of_other_runs)};
    return cmocka_run_group_tests(tests, open_runs, close_runs);
}
