/* test_histories.c - sizes from words, rows that are skipped and why, whole runs and progress scored, the pace of a run. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "near.h"
#include "run/pace.h"
#include "validate/histories.h"
#include "validate/progress.h"
#include "validate/sizes.h"

#define DAY 86400.0

static tc_catalog *open_catalog(void) {
    tc_catalog *catalog;
    assert_int_equal(tc_catalog_open(NULL, 0, &catalog, NULL), TC_OK);
    return catalog;
}

static void words(void **state) {
    (void)state;
    tc_size_words w;
    assert_null(tc_size_read("13B dense", &w));
    assert_near(w.parameters, 13e9, 1);
    assert_false(w.mixture);
    assert_null(tc_size_read("32B dense (64 layers, 5120, ffn 27648)", &w));
    assert_int_equal(w.layers, 64);
    assert_int_equal(w.hidden, 5120);
    assert_int_equal(w.ffn, 27648);
    assert_null(tc_size_read("1.085T sparse", &w));
    assert_near(w.parameters, 1.085e12, 1);
    assert_true(w.mixture);
    assert_null(tc_size_read("480B MoE-hybrid, 17B active", &w));
    assert_near(w.active, 17e9, 1);
    assert_null(tc_size_read("codegeex-13b", &w));
    assert_near(w.parameters, 13e9, 1);
    assert_null(tc_size_read("qwen2.5-72b", &w)); /* 2.5 is no size */
    assert_near(w.parameters, 72e9, 1);
    assert_non_null(tc_size_read("4B-14B video models", &w));
    assert_non_null(tc_size_read("30B DiT (48 layers, 6144)", &w));
    assert_non_null(tc_size_read("dense 70B+ and MoE 200B+", &w));
    assert_non_null(tc_size_read("hundreds of billions, dense", &w));
    assert_non_null(tc_size_read("", &w));
}

/* Of the size that the words say: 12 h^2 a block and two tables of words, by hand. */
static void shapes(void **state) {
    (void)state;
    const tc_usual usual = {.aspect = 128, .head_dim = 128, .active_share = 0.05, .top_k = 8};
    const double sizes[] = {1.5e9, 7e9, 13e9, 34e9, 70e9, 175e9};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        tc_published_model m = {0};
        tc_size_words w = {.parameters = sizes[i]};
        tc_size_shape(&w, &usual, 32000, &m);
        double h = m.hidden, parameters = m.layers * 12 * h * h + 2 * 32000 * h;
        assert_near(parameters / sizes[i], 1, 0.02);
        assert_true(h / m.layers > 70 && h / m.layers < 200); /* widths are whole heads for eight ranks */
        assert_int_equal(m.heads * 128, m.hidden);
    }
    tc_published_model m = {0};
    tc_size_words w = {.parameters = 480e9, .active = 17e9, .mixture = true};
    tc_size_shape(&w, &usual, 32000, &m);
    double h = m.hidden, expert = 3 * h * m.expert_ffn, dense = m.layers * 4 * h * h + 2 * 32000 * h;
    assert_near((dense + m.layers * expert * m.experts) / 480e9, 1, 0.05);
    assert_near((dense + m.layers * expert * m.experts_per_token) / 17e9, 1, 0.05);
}

#define ROW                                                                                                            \
    "{\"id\":\"a\",\"accelerator\":\"a100-sxm-80g\",\"devices\":64,\"model\":\"llama-2-7b\",\"tokens\":1e11,\"days\":" \
    "4"

static tc_histories score(tc_catalog *catalog, tc_arena *arena, const char *text) {
    tc_history_list rows;
    tc_histories out;
    tc_error error = {0};
    assert_int_equal(tc_history_read("h.jsonl", text, strlen(text), arena, &rows, &error), TC_OK);
    assert_int_equal(tc_histories_score(catalog, &rows, NULL, 0, arena, &out, &error), TC_OK);
    return out;
}

static void skipped(void **state) {
    (void)state;
    static const struct {
        const char *row, *reason;
    } rows[] = {
        {"{\"id\":\"a\",\"accelerator\":\"h20\",\"devices\":8,\"model\":\"7B\",\"days\":4}", "tokens"},
        {"{\"id\":\"a\",\"accelerator\":\"h20\",\"model\":\"7B\",\"tokens\":1e9,\"device_hours\":4}", "devices"},
        {"{\"id\":\"a\",\"devices\":8,\"model\":\"7B\",\"tokens\":1e9,\"days\":4}", "accelerator"},
        {"{\"id\":\"a\",\"accelerator\":\"h20\",\"devices\":8,\"tokens\":1e9,\"days\":4}", "model"},
        {ROW ",\"fleet_change\":\"8 -> 64\"}", "devices: the fleet changed"},
        {ROW ",\"elastic\":true}", "devices"},
        {ROW ",\"mixed_fleet\":true}", "devices"},
        {ROW ",\"ideal\":true}", "days"},
        {"{\"id\":\"a\",\"accelerator\":\"abacus\",\"devices\":8,\"model\":\"7B\",\"tokens\":1e9,\"days\":4}",
         "accelerator abacus"},
    };
    tc_catalog *catalog = open_catalog();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        tc_arena arena = {0};
        tc_histories h = score(catalog, &arena, rows[i].row);
        assert_int_equal(h.n, 0);
        assert_int_not_equal(h.run[0].status, TC_CASE_OK);
        assert_memory_equal(h.run[0].reason, rows[i].reason, strlen(rows[i].reason));
        assert_true(isnan(h.median_ratio));
        tc_arena_free(&arena);
    }
    tc_catalog_close(catalog);
}

/* The days of a row are those of its tokens: ten times as many take ten times as long. What is known narrows the interval. */
static void scored(void **state) {
    (void)state;
    tc_catalog *catalog = open_catalog();
    tc_arena arena = {0};
    tc_histories h = score(catalog, &arena,
                           ROW "}\n" ROW ",\"tp\":1,\"pp\":1}\n"
                               "{\"id\":\"b\",\"accelerator\":\"a100-sxm-80g\",\"devices\":64,\"model\":\"7B "
                               "dense\",\"tokens\":1e11,\"days\":4}\n"
                               "{\"id\":\"bad\",\"devices\":0}\n");
    assert_int_equal(h.n, 3);
    assert_int_equal(h.run[3].status, TC_CASE_SKIPPED);
    assert_memory_equal(h.run[3].reason, "h.jsonl:4", 9);
    double width[3];
    for (int i = 0; i < 3; i++) {
        assert_int_equal(h.run[i].status, TC_CASE_OK);
        assert_true(h.run[i].days_p10 < h.run[i].days && h.run[i].days < h.run[i].days_p90);
        assert_int_equal(h.run[i].covered, h.run[i].days_p10 <= 4 && 4 <= h.run[i].days_p90);
        width[i] = log(h.run[i].days_p90 / h.run[i].days_p10);
    }
    assert_true(width[1] < width[0] && width[0] < width[2]);
    tc_arena_free(&arena);
    tc_catalog_close(catalog);
}

/* The project's own: what the forecast is held to. */
static void own_histories(void **state) {
    (void)state;
    static char text[1 << 16];
    FILE *file = fopen(TC_SOURCE_DIR "/data/histories/runs.jsonl", "r");
    assert_non_null(file);
    size_t length = fread(text, 1, sizeof text - 1, file);
    text[length] = 0;
    fclose(file);
    tc_catalog *catalog = open_catalog();
    tc_arena arena = {0};
    tc_histories h = score(catalog, &arena, text); /* without published runs: conventions alone */
    assert_true(h.n >= 29);
    assert_near(h.median_ratio, 1.05, 0.15);
    assert_near(h.coverage80_pct, 78, 12);
    tc_arena_free(&arena);
    tc_catalog_close(catalog);
}

/* ---- the weekly update ------------------------------------------------------------------ */

static tc_risks plain(void) {
    tc_risks risks = tc_risks_none();
    risks.operations = (tc_spread){0.9, 0.95, 0.99};
    risks.weekly_noise = 0.2;
    return risks;
}

/* Normal by normal: before the first week the pace of operations, after many weeks what was seen. */
static void pace_is_learnt(void **state) {
    (void)state;
    tc_risks risks = plain();
    tc_pace pace = tc_pace_start(&risks, 2);
    assert_near(exp(pace.spell[0].mean), 1.9, 1e-12);
    double old = pace.spell[0].weeks * exp(-1.0 / 6); /* memory of six weeks */
    tc_pace_see(&pace, 7 * DAY, 1.2 * 7 * DAY);
    assert_near(pace.spell[0].mean, (old * log(1.9) + log(1.2)) / (old + 1), 1e-12);
    for (int i = 0; i < 40; i++) tc_pace_see(&pace, 7 * DAY, 1.2 * 7 * DAY);
    assert_near(exp(pace.spell[0].mean), 1.2, 0.005);
    tc_pace before = pace;
    tc_pace_see(&pace, 7 * DAY, 5 * 7 * DAY); /* faster than ideal: another phase */
    assert_near(pace.spell[0].mean, before.spell[0].mean, 0);
    tc_pace unknown = tc_pace_start(&risks, 0);
    assert_false(tc_pace_known(&unknown));
    for (int i = 0; i < 3; i++) tc_pace_see(&unknown, 7 * DAY, 3 * 7 * DAY);
    assert_true(tc_pace_known(&unknown));
    assert_near(exp(unknown.spell[0].mean), 3, 0.01);
}

/* A fourfold pace is a new spell, not noise. */
static void change_is_seen(void **state) {
    (void)state;
    tc_risks risks = plain();
    risks.pace_changes_every_s = 150 * DAY;
    risks.pace_change = 0.7;
    tc_pace pace = tc_pace_start(&risks, 0);
    for (int i = 0; i < 6; i++) tc_pace_see(&pace, 7 * DAY, 7 * DAY);
    for (int i = 0; i < 3; i++) tc_pace_see(&pace, 7 * DAY, 4 * 7 * DAY);
    assert_near(exp(pace.spell[0].mean), 4, 0.3);
    assert_true(pace.spell[0].weight > 0.9);
}

static void progress_is_scored(void **state) {
    (void)state;
    tc_catalog *catalog = open_catalog();
    tc_arena arena = {0};
    tc_progress p;
    tc_error error = {0};
    char text[4096];
    int used = snprintf(text, sizeof text,
                        "{\"id\":\"even\",\"target\":100,\"ideal_per_day\":null,\"start\":\"2024-01-01\",\"points\":[");
    for (int day = 1; day <= 30; day++)
        used += snprintf(text + used, sizeof text - (size_t)used, "%s[\"2024-01-%02dT00:00\",%.3f]", day > 1 ? "," : "",
                         day + 1 > 31 ? 31 : day + 1, day / 30.0 * 100);
    snprintf(text + used, sizeof text - (size_t)used, "]}\n");
    assert_int_equal(tc_progress_score(catalog, "p.jsonl", text, strlen(text), &arena, &p, &error), TC_OK);
    assert_near(p.series[0].actual_days, 30, 1e-9);
    assert_int_equal(p.series[0].points, 2); /* three weeks are seen first: at 70 and 80 % */
    assert_int_equal(p.series[0].covered, 2);
    assert_near(p.coverage80_pct, 100, 0);
    assert_true(p.median_abs_error_pct < 5);
    const char *bad[] = {"", "{\"id\":\"a\",\"start\":\"2024-13-01\",\"points\":[]}",
                         "{\"id\":\"a\",\"start\":\"2024-01-01\",\"points\":[[\"2024-01-02\",5],[\"2024-01-03\",4]]}",
                         "{\"id\":\"a\",\"start\":\"2024-01-01\",\"points\":[[\"2024-01-02\"]]}", "[1]"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(tc_progress_score(catalog, "p.jsonl", bad[i], strlen(bad[i]), &arena, &p, &error), TC_INVALID);
        assert_memory_equal(error.place, "p.jsonl", 7);
    }
    tc_arena_free(&arena);
    tc_catalog_close(catalog);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words),          cmocka_unit_test(shapes),
        cmocka_unit_test(skipped),        cmocka_unit_test(scored),
        cmocka_unit_test(own_histories),  cmocka_unit_test(pace_is_learnt),
        cmocka_unit_test(change_is_seen), cmocka_unit_test(progress_is_scored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
