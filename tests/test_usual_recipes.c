/* What recipes set where a published row does not say: which one holds, what it may not touch, and what a wrong file says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "layout/layout.h"
#include "validate/usual_recipes.h"

#define HEAD "format: 1\nslug: recipes\nname: test\nsources: {a: b}\nrecipes:\n"

static const char *const two_months = HEAD
    "  - {stacks: s, models: m-7b, chips: h100, tp: 2, pp: 1, until: 2025-06, source: a, says: {dispatcher: alltoall, "
    "cuda_graphs: partial, graphed: router}}\n"
    "  - {stacks: s, models: m-7b, chips: h100, tp: 4, pp: 1, from: 2025-07, source: a, says: {dispatcher: deepep}}\n"
    "  - {stacks: [s, t], of: experts+adapters, source: a, says: {recompute: none}}\n"
    "  - {stacks: s, frameworks: own, recompute: full, source: a, says: {recompute: partial, recompute_operators: "
    "mlp}}\n"
    "  - {stacks: s, formats: fp8+mxfp8, source: a, says: {fp8_recipe: tensorwise, recompute_operators: norm}}\n";

static tc_document parse(tc_arena *arena, const char *text) {
    tc_document document;
    tc_error error;
    assert_int_equal(tc_document_parse(text, strlen(text), "recipes.yaml", arena, &document, &error), TC_OK);
    return document;
}

static tc_recipe_row row_of(int tp, int date) {
    return (tc_recipe_row){.stack = "s",
                           .accelerator = "h100-sxm",
                           .model = "M-7B-instruct",
                           .date = date,
                           .of = 1 << TC_RECIPE_DENSE | 1 << TC_RECIPE_PRETRAINING,
                           .dtype = TC_BF16,
                           .tp = tp,
                           .pp = 1,
                           .ep = TC_UNSET,
                           .micro_batch = 1,
                           .recompute = TC_UNSET};
}

/* Degrees and month, else degrees, else month; another chip or model has none of them. */
static void the_nearest_recipe(void **state) {
    (void)state;
    tc_arena arena = {0};
    tc_document document = parse(&arena, two_months);
    assert_int_equal(tc_usual_recipes_check(&document, NULL), TC_OK);
    static const struct {
        int tp, date, dispatcher;
    } cases[] = {
        {2, 202505, TC_DISPATCHER_ALLTOALL}, {4, 202508, TC_DISPATCHER_DEEPEP},
        {4, 202505, TC_DISPATCHER_DEEPEP},   {2, 202508, TC_DISPATCHER_ALLTOALL},
        {8, 202505, TC_DISPATCHER_ALLTOALL}, {8, 202508, TC_DISPATCHER_DEEPEP},
        {2, 0, TC_DISPATCHER_ALLTOALL},      {8, 0, TC_UNSET},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tc_recipe_row row = row_of(cases[i].tp, cases[i].date);
        tc_stated stated = tc_stated_none();
        tc_recipe_set set = {TC_UNSET, 1};
        char taken[80];
        tc_usual_recipes_take(&document, &row, &stated, &set, taken, sizeof taken);
        assert_int_equal(stated.dispatcher, cases[i].dispatcher);
        assert_int_equal(taken[0] != 0, cases[i].dispatcher != TC_UNSET);
        row.accelerator = "b200-sxm";
        stated = tc_stated_none();
        tc_usual_recipes_take(&document, &row, &stated, &set, taken, sizeof taken);
        assert_int_equal(stated.dispatcher, TC_UNSET);
    }
    tc_arena_free(&arena);
}

/* A statement stays; graphs that are none have no operators; what a framework calls full is what its recipe says. */
static void what_is_stated_stays(void **state) {
    (void)state;
    tc_arena arena = {0};
    tc_document document = parse(&arena, two_months);
    tc_recipe_row row = row_of(2, 202505);
    tc_stated stated = tc_stated_none();
    tc_recipe_set set = {TC_UNSET, 1};
    char taken[80];
    stated.cuda_graphs = TC_GRAPHS_NONE;
    tc_usual_recipes_take(&document, &row, &stated, &set, taken, sizeof taken);
    assert_int_equal(stated.cuda_graphs, TC_GRAPHS_NONE);
    assert_int_equal(stated.graphed, 0);
    assert_int_equal(set.recompute, TC_UNSET); /* not of experts */
    assert_string_equal(taken, "dispatcher");

    row.of = 1 << TC_RECIPE_EXPERTS | 1 << TC_RECIPE_ADAPTERS | 1 << TC_RECIPE_PACKED;
    tc_usual_recipes_take(&document, &row, &stated, &set, taken, sizeof taken);
    assert_int_equal(set.recompute, TC_RECOMPUTE_NONE);

    row.framework = "Its Own (PyTorch)";
    row.recompute = set.recompute = TC_RECOMPUTE_FULL;
    row.dtype = TC_MXFP8;
    stated = tc_stated_none();
    tc_usual_recipes_take(&document, &row, &stated, &set, taken, sizeof taken);
    assert_int_equal(set.recompute, TC_RECOMPUTE_LAYERS);
    assert_int_equal(stated.recompute_operators, TC_GROUP_MLP);
    assert_int_equal(stated.fp8_recipe, TC_FP8_TENSORWISE);
    tc_arena_free(&arena);
}

/* A recipe of the row's degrees is of its micro-batch; one of other degrees is not, and what the row states stays. */
static void micro_batches(void **state) {
    (void)state;
    static const char text[] = HEAD "  - {stacks: s, of: split, source: a, says: {micro_batch: 8}}\n"
                                    "  - {stacks: s, tp: 2, micro_batch: 4, source: a, says: {compiled: true}}\n";
    static const struct {
        int tp, stated, micro_batch;
    } cases[] = {{2, TC_UNSET, 4}, {4, TC_UNSET, 8}, {1, TC_UNSET, TC_UNSET}, {2, 1, 1}};
    tc_arena arena = {0};
    tc_document document = parse(&arena, text);
    assert_int_equal(tc_usual_recipes_check(&document, NULL), TC_OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tc_recipe_row row = row_of(cases[i].tp, 202505);
        row.of = 1 << TC_RECIPE_DENSE | (cases[i].tp > 1) << TC_RECIPE_SPLIT;
        row.micro_batch = cases[i].stated;
        tc_stated stated = tc_stated_none();
        tc_recipe_set set = {TC_UNSET, cases[i].stated};
        char taken[80];
        tc_usual_recipes_take(&document, &row, &stated, &set, taken, sizeof taken);
        assert_int_equal(set.micro_batch, cases[i].micro_batch);
        assert_int_equal(strstr(taken, "micro_batch") != NULL, cases[i].micro_batch > 1);
    }
    tc_arena_free(&arena);
}

static void wrong_files(void **state) {
    (void)state;
    static const struct {
        const char *entry, *says;
    } cases[] = {
        {"{stacks: s, source: a, says: {dispatcher: deepeq}}", "is no word of the fields of `norm`"},
        {"{stacks: s, source: a, says: {recompute: some}}", "is no word of the fields of `norm`"},
        {"{stacks: s, source: a, says: {micro_batch: 0}}", "is no word of the fields of `norm`"},
        {"{stacks: s, source: a, says: {nothing: 1}}", "is no word of the fields of `norm`"},
        {"{stacks: s, source: a, says: [a]}", "a mapping of settings is needed"},
        {"{stacks: s, source: a, until: 2025-13, says: {compiled: true}}", "is no date"},
        {"{stacks: s, source: b, says: {compiled: true}}", "b"},
        {"{source: a, says: {compiled: true}}", "stacks"},
        {"{stacks: s, source: a, of: experts+dance, says: {compiled: true}}", "dance"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tc_arena arena = {0};
        char text[512];
        tc_error error = {0};
        snprintf(text, sizeof text, HEAD "  - %s\n", cases[i].entry);
        tc_document document = parse(&arena, text);
        assert_int_not_equal(tc_usual_recipes_check(&document, &error), TC_OK);
        assert_non_null(strstr(error.place, "recipes.yaml:6"));
        if (!strstr(error.text, cases[i].says)) fail_msg("%s: %s", cases[i].entry, error.text);
        tc_arena_free(&arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nearest_recipe),
        cmocka_unit_test(what_is_stated_stays),
        cmocka_unit_test(micro_batches),
        cmocka_unit_test(wrong_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
