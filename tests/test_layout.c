/* test_layout.c - a layout as text and as JSON: what is written is read back. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fixture.h"
#include "base/vocabulary.h"
#include "interop/layout_json.h"
#include "layout/fields.h"
#include "machine.h"
#include "report/step_report.h"
#include "report/writer.h"

static uint64_t state_of_draws = 20240611;

static int draw(int n) {
    state_of_draws = state_of_draws * 6364136223846793005u + 1442695040888963407u;
    return (int)((state_of_draws >> 33) % (uint64_t)n);
}

/* The step's JSON without `assumed`, which says what was left open. The caller frees it. */
static char *answer_of(const tc_question *q, const tc_step *step) {
    char *text;
    size_t length;
    FILE *file = open_memstream(&text, &length);
    tc_target target = {.file = file, .data = "-", .format = &tc_json_format};
    tc_report_step(&target, q, step);
    fclose(file);
    char *from = strchr(strstr(text, "\"assumed\""), '[') + 1, *to = strchr(from, ']');
    memmove(from, to, strlen(to) + 1);
    return text;
}

static tc_code read_back(const char *text, tc_layout *out, int **list, tc_error *error) {
    tc_json_document document;
    const char *path;
    tc_code code = tc_json_open(&document, "answer.json", 0, text, strlen(text), error);
    if (code) return code;
    tc_json root = tc_json_root(&document), layout = tc_json_child(&root, "layout");
    *out = tc_default_layout();
    tc_layout_read_json(&layout, out, list, &path);
    code = document.code;
    tc_json_close(&document);
    return code;
}

static void set(tc_layout *l, const char *key, const char *value, int **list) {
    tc_error e;
    if (tc_layout_set(l, tc_layout_find(key), value, list, "test", &e)) fail_msg("%s=%s: %s", key, value, e.text);
}

#define ONE_OF(...)                                                                                                    \
    ((const char *const[]){__VA_ARGS__})[draw((int)(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)))]

/* Options as a person may give them; most are legal. */
static void draw_layout(tc_layout *l, int **list) {
    static const char *const keys[] = {"tp", "pp", "cp", "ep", "vpp", "micro-batch"};
    static const int most[] = {4, 3, 3, 3, 2, 3};
    *l = tc_default_layout();
    for (int i = 0; i < 6; i++) {
        char number[12];
        snprintf(number, sizeof number, "%d", 1 << draw(most[i]));
        if (i < 4 || draw(2)) set(l, keys[i], number, list);
    }
    if (draw(2)) set(l, "sequence-parallel", ONE_OF("on", "off"), list);
    if (draw(4)) set(l, "sharding", ONE_OF("none", "zero1", "zero2", "fsdp", "hsdp:2", "hsdp:4"), list);
    if (draw(4)) set(l, "recompute", ONE_OF("none", "selective", "full", "7", "norm,activation", "mlp+qkv"), list);
    if (draw(3) == 0) set(l, "schedule", ONE_OF("gpipe", "1f1b", "zb-h1", "zb-v", "dualpipe"), list);
    if (draw(2)) set(l, "cp-kind", ONE_OF("ring", "all-to-all", "both:2"), list);
    if (draw(2)) set(l, "offload", ONE_OF("none", "states", "optimizer", "activations", "all"), list);
    if (draw(2)) set(l, "overlap", ONE_OF("none", "grad-reduce", "param-gather", "all"), list);
    if (draw(2)) set(l, "graphs", ONE_OF("none", "all", "norm,qkv", "attention"), list);
    if (draw(4) == 0 && l->pp > 1) set(l, "first-layers", "3", list);
    if (draw(4) == 0 && l->pp > 1) set(l, "last-layers", "2", list);
    if (draw(6) == 0 && l->pp == 2 && l->vpp == 1 && l->first_layers + l->last_layers == 2 * TC_UNSET)
        set(l, "stage-layers", ONE_OF("15,17", "16,16"), list);
}

/* Equal bytes from the layout in an answer as from the options behind it, and from the options that are printed. */
static void answers_are_read_back(void **state) {
    static const char *const models[] = {"llama-3-8b", "mixtral-8x7b", "gpt2-1.5b", "deepseek-v3"};
    static const char *const chips[] = {"h100-sxm", "a100-sxm-80g", "h20", "ascend-910b2"};
    static const char *const stacks[] = {"megatron-core", "fsdp", "fsdp-compile", "mindspeed-llm", "deepspeed"};
    static tc_question q;
    int legal = 0, *list = NULL, *again = NULL;
    tc_error e;
    for (int tries = 0; legal < 2000; tries++) {
        assert_true(tries < 40000);
        q = tc_default_question();
        if (tc_catalog_model(*state, models[draw(4)], &q.job.model, &e)
            || tc_catalog_accelerator(*state, chips[draw(4)], &q.cluster.accelerator, &e)
            || tc_catalog_fabric(*state, q.cluster.accelerator.fabric, &q.cluster.fabric, &e)
            || tc_catalog_stack(*state, stacks[draw(5)], &q.stack, &e))
            fail_msg("%s: %s", e.place, e.text);
        for (int k = 0; k < 40 && legal < 2000; k++) {
            tc_step step, second;
            tc_layout asked;
            draw_layout(&asked, &list);
            q.layout = asked;
            q.cluster.devices = 16 << draw(4);
            q.job.global_batch = 256;
            if (tc_forecast(&q, &step, &e)) continue;
            legal++;
            char *text = answer_of(&q, &step);
            if (read_back(text, &q.layout, &again, &e)) fail_msg("%s: %s", e.place, e.text);
            assert_true(tc_layout_equal(&q.layout, &step.layout));
            if (tc_forecast(&q, &second, &e)) fail_msg("%s: %s in %s", e.place, e.text, text);
            char *back = answer_of(&q, &second);
            assert_string_equal(text, back);
            free(text);
            free(back);
        }
    }
    free(list);
    free(again);
}

/* Every value goes through its text, and the options that are printed ask for the same layout. */
static void options_ask_for_the_layout(void **state) {
    (void)state;
    tc_question q = round_machine(64);
    int *list = NULL;
    for (int i = 0, legal = 0; legal < 300; i++) {
        assert_true(i < 30000);
        tc_step step, second;
        tc_error e;
        char options[640];
        draw_layout(&q.layout, &list);
        q.job.global_batch = 256;
        if (tc_forecast(&q, &step, &e)) continue;
        legal++;
        tc_layout_options(&step.layout, &q.stack.defaults, options, sizeof options);
        q.layout = tc_default_layout();
        int *of_options = NULL;
        for (char *word = strtok(options, " "); word; word = strtok(NULL, " "))
            set(&q.layout, word + 2, strtok(NULL, " "), &of_options);
        if (tc_forecast(&q, &second, &e)) fail_msg("%s: %s", e.place, e.text);
        for (int id = 0; id < TC_LAYOUT_FIELDS; id++)
            if (tc_layout_matters(&step.layout, (tc_layout_id)id)
                && !tc_layout_field_equal(&step.layout, &second.layout, (tc_layout_id)id))
                fail_msg("%s differs", tc_layout_fields[id].key);
        char text[256];
        if (step.step_s != second.step_s) fail_msg("%s", tc_layout_text(&step.layout, text, sizeof text));
        free(of_options);
    }
    free(list);
}

static void refuses(const char *layout, const char *place, const char *text) {
    char document[512];
    tc_layout l;
    tc_error e;
    int *list = NULL;
    snprintf(document, sizeof document, "{\"layout\": {%s}}", layout);
    assert_int_equal(read_back(document, &l, &list, &e), TC_INVALID);
    assert_string_equal(e.place, place);
    if (!strstr(e.text, text)) fail_msg("'%s' has no '%s'", e.text, text);
    free(list);
}

static void wrong_layouts_have_a_place(void **state) {
    (void)state;
    refuses("\"tp\": 0", "answer.json: $.layout.tp", "1 to 10000000");
    refuses("\"tp\": \"8\"", "answer.json: $.layout.tp", "whole number");
    refuses("\"tpp\": 8", "answer.json: $.layout.tpp", "nearest: tp");
    refuses("\"sharding\": \"hsdp\"", "answer.json: $.layout.hsdp", "is missing");
    refuses("\"sharding\": \"zero9\"", "answer.json: $.layout.sharding", "unknown");
    refuses("\"sequence_parallel\": 1", "answer.json: $.layout.sequence_parallel", "true or false");
    refuses("\"recompute\": \"operators\", \"recompute_operators\": \"norms\"",
            "answer.json: $.layout.recompute_operators", "no list");
    refuses("\"stage_layers\": [8, \"x\"]", "answer.json: $.layout.stage_layers", "whole number");
    refuses("\"graphs\": \"some\"", "answer.json: $.layout.graphs", "unknown");
}

/* As it was written before `offload` was one word. */
static void old_answers_are_read(void **state) {
    (void)state;
    tc_layout l;
    tc_error e;
    int *list = NULL;
    assert_int_equal(read_back("{\"layout\": {\"tp\": 2, \"offload_optimizer\": true, \"offload_activations\": true}}",
                               &l, &list, &e),
                     TC_OK);
    assert_int_equal(l.offload, TC_OFFLOAD_ALL);
    assert_int_equal(l.overlap, TC_UNSET);
}

/* A group must divide the ranks; no more layers run again than there are. */
static void impossible_choices_are_refused(void **state) {
    (void)state;
    tc_question q = round_machine(64);
    tc_step step;
    tc_error e;
    int *list = NULL;
    const char *const cases[][3] = {{"sharding", "hsdp:3", "give hsdp:2"},
                                    {"sharding", "hsdp:128", "give hsdp:64"},
                                    {"recompute", "9", "the model has 8"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        q.layout = tc_default_layout();
        set(&q.layout, cases[i][0], cases[i][1], &list);
        assert_int_equal(tc_forecast(&q, &step, &e), TC_INVALID);
        if (!strstr(e.text, cases[i][2])) fail_msg("'%s' has no '%s'", e.text, cases[i][2]);
    }
}

/* The stack's choice counts where nobody says otherwise. */
static void sequence_parallelism_is_the_stacks(void **state) {
    (void)state;
    tc_question q = round_machine(8);
    tc_step step;
    tc_error e;
    q.layout.tp = 2;
    for (int stack = 0; stack < 2; stack++)
        for (int asked = TC_UNSET; asked < 2; asked++) {
            q.stack.defaults.sequence_parallel = stack;
            q.layout.sequence_parallel = asked;
            assert_int_equal(tc_forecast(&q, &step, &e), TC_OK);
            assert_int_equal(step.layout.sequence_parallel, asked == TC_UNSET ? stack : asked);
        }
}

static void texts_say_what_is_on_the_host(void **state) {
    (void)state;
    tc_question q = round_machine(8);
    char text[256];
    q.layout.tp = 2;
    q.layout.offload = TC_OFFLOAD_STATES;
    tc_step step;
    tc_error e;
    assert_int_equal(tc_forecast(&q, &step, &e), TC_OK);
    assert_string_equal(tc_layout_text(&step.layout, text, sizeof text),
                        "TP 2, DP 4, micro-batch 1, sharding none, recompute none, optimizer states on the host");
    assert_string_equal(tc_layout_short_text(&step.layout, text, sizeof text),
                        "TP 2 DP 4, none, optimizer states on the host");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_read_back),          cmocka_unit_test(options_ask_for_the_layout),
        cmocka_unit_test(wrong_layouts_have_a_place),     cmocka_unit_test(old_answers_are_read),
        cmocka_unit_test(impossible_choices_are_refused), cmocka_unit_test(sequence_parallelism_is_the_stacks),
        cmocka_unit_test(texts_say_what_is_on_the_host),
    };
    return cmocka_run_group_tests(tests, open_catalog, close_catalog);
}
