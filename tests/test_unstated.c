/* test_unstated.c - what is taken of a row that does not say it: sizes of a model that is known, or whose parameters are; degrees, sharding and
 * micro-batch of its stack. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "validate/inputs.h"

static tc_catalog *catalog;
static tc_conventions usual;
static tc_case built;

static int open_data(void **state) {
    (void)state;
    return tc_catalog_open(NULL, 0, &catalog, NULL) || tc_conventions_read(catalog, &usual, NULL);
}

static int close_data(void **state) {
    (void)state;
    tc_catalog_close(catalog);
    return 0;
}

/* A settled case of the row; its published run is `p`'s. */
static const tc_case *settled(tc_published *p, const char *row) {
    tc_error error = {0};
    tc_code code = tc_published_read(p, "r.jsonl", row, strlen(row), &error);
    if (!code) code = tc_case_build(catalog, &usual, &p->runs[p->count - 1], &built, &error);
    if (code) print_error("%s: %s\n", error.place, error.text);
    assert_int_equal(code, TC_OK);
    tc_case_settle(&built);
    return &built;
}

static bool assumes(const tc_case *c, const char *text) {
    for (int i = 0; i < c->assumed_count; i++)
        if (strstr(c->assumed[i], text)) return true;
    return false;
}

/* Depth and width of the catalog's model give what is not stated; another depth, or another size that is stated, does not. */
static void sizes_of_known_models(void **state) {
    (void)state;
    static const struct {
        const char *model;
        int kv_heads, ffn, vocab;
    } cases[] = {
        {"\"name\":\"llama-3-8b\",\"layers\":32,\"hidden\":4096", 8, 14336, 128256},
        {"\"name\":\"llama-3-8b\",\"layers\":32,\"hidden\":4096,\"vocab\":99", 8, 14336, 99},
        {"\"name\":\"llama-3-8b\",\"layers\":32,\"hidden\":4096,\"kv_heads\":4", 4, 11008, 32000},
        {"\"name\":\"llama-3-8b\",\"layers\":16,\"hidden\":4096", 32, 11008, 32000},
        {"\"name\":\"no-such-model\",\"layers\":32,\"hidden\":4096", 32, 11008, 32000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tc_published p = {0};
        char row[400];
        snprintf(row, sizeof row,
                 "{\"id\":\"a\",\"accelerator\":\"h100-sxm\",\"devices\":8,\"global_batch\":8,\"model\":{%s,"
                 "\"family\":\"llama\",\"heads\":32,\"seq\":4096}}",
                 cases[i].model);
        const tc_case *c = settled(&p, row);
        const tc_block *b = &c->job.model.block[c->job.model.blocks - 1];
        assert_int_equal(b->attention.kv_heads, cases[i].kv_heads);
        assert_int_equal(b->dense.ffn, cases[i].ffn);
        assert_int_equal(c->job.model.vocab, cases[i].vocab);
        assert_int_equal(assumes(c, "those of llama-3-8b (catalog)"), cases[i].ffn == 14336);
        tc_published_free(&p);
    }
}

/* Parameters that are others by more than sizes are rounded: 32 (2 h^2 + 2 h h/4 + 3 h ffn) + 2 h v = 8.03e9 with ffn 14336. */
static void width_of_parameters(void **state) {
    (void)state;
    static const struct {
        double params_b;
        int ffn;
    } cases[] = {{8.03, 14336}, {6.8, 11008}, {7.2, 11008}, {0.5, 11008}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tc_published p = {0};
        char row[400];
        snprintf(row, sizeof row,
                 "{\"id\":\"a\",\"accelerator\":\"h100-sxm\",\"devices\":8,\"global_batch\":8,\"model\":{\"name\":"
                 "\"mine\",\"family\":\"llama\",\"params_b\":%g,\"layers\":32,\"hidden\":4096,\"heads\":32,"
                 "\"kv_heads\":8,\"vocab\":128256,\"seq\":4096}}",
                 cases[i].params_b);
        assert_int_equal(settled(&p, row)->job.model.block[0].dense.ffn, cases[i].ffn);
        tc_published_free(&p);
    }
}

#define ROW(rest, norm, model)                                                                                         \
    "{\"id\":\"a\",\"accelerator\":\"h100-sxm\",\"flash_attention\":true,\"year\":2025," rest                          \
    ",\"norm\":{\"dtype\":\"bf16\"," norm "},\"model\":{" model                                                        \
    ",\"hidden\":4096,\"heads\":32,\"kv_heads\":8,\"vocab\":32000,\"seq\":4096}}"
#define DENSE "\"family\":\"llama\",\"layers\":32,\"ffn\":14336"
#define EXPERTS "\"family\":\"moe\",\"layers\":32,\"experts\":16,\"experts_per_token\":2,\"expert_ffn\":2048"
#define HUGE_MODEL "\"family\":\"llama\",\"layers\":320,\"ffn\":14336"

static void degrees(void **state) {
    (void)state;
    static const struct {
        const char *row;
        int tp, cp, ep, sharding, micro_batch; /* 0: any */
    } cases[] = {
        /* experts over a node, but not where weights are shared out */
        {ROW("\"devices\":64,\"tp\":1,\"pp\":1,\"global_batch\":64", "\"stack\":\"megatron-core\"", EXPERTS), 1, 1, 8,
         TC_SHARD_ZERO1, 0},
        {ROW("\"devices\":64,\"tp\":1,\"pp\":1,\"global_batch\":64", "\"stack\":\"torchtitan\"", EXPERTS), 1, 1, 1,
         TC_SHARD_ZERO3, 0},
        {ROW("\"devices\":64,\"tp\":1,\"pp\":1,\"ep\":4,\"global_batch\":64", "\"stack\":\"megatron-core\"", EXPERTS),
         1, 1, 4, TC_SHARD_ZERO1, 0},
        /* data parallelism, or fewer sequences than ranks, leave context parallelism */
        {ROW("\"devices\":16,\"tp\":1,\"pp\":1,\"dp\":4,\"global_batch\":64", "\"stack\":\"megatron-core\"", DENSE), 1,
         4, 1, TC_SHARD_ZERO1, 0},
        {ROW("\"devices\":16,\"tp\":1,\"pp\":1,\"global_batch\":8", "\"stack\":\"torchtitan\"", DENSE), 1, 2, 1,
         TC_SHARD_ZERO3, 0},
        /* a stack without it has none */
        {ROW("\"devices\":16,\"tp\":1,\"pp\":1,\"dp\":4,\"global_batch\":64", "\"stack\":\"llm-foundry\"", DENSE), 1, 1,
         1, TC_SHARD_ZERO3, 0},
        /* weights that fit nowhere else are shared out */
        {ROW("\"devices\":64,\"tp\":1,\"pp\":1,\"global_batch\":64", "\"stack\":\"megatron-core\"", HUGE_MODEL), 1, 1,
         1, TC_SHARD_ZERO3, 0},
        {ROW("\"devices\":64,\"tp\":1,\"pp\":1,\"global_batch\":64",
             "\"stack\":\"megatron-core\",\"sharding\":\"zero1\"", HUGE_MODEL),
         1, 1, 1, TC_SHARD_ZERO1, 0},
        /* a stack that shares out weights does not split models of itself */
        {ROW("\"devices\":8,\"global_batch\":64", "\"stack\":\"torchtitan\"", DENSE), 1, 1, 1, TC_SHARD_ZERO3, 0},
        /* micro-batches as launch scripts have them; of a model that is not split the fastest */
        {ROW("\"devices\":8,\"tp\":2,\"pp\":1,\"global_batch\":64", "\"stack\":\"megatron-core\"", DENSE), 2, 1, 1,
         TC_SHARD_ZERO1, 1},
        {ROW("\"devices\":8,\"tp\":1,\"pp\":1,\"global_batch\":256,\"dp\":8", "\"stack\":\"pytorch\"",
             "\"family\":\"llama\",\"layers\":1,\"ffn\":1024"),
         1, 1, 1, TC_SHARD_NONE, 32},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tc_published p = {0};
        const tc_layout *l = &settled(&p, cases[i].row)->layout;
        assert_int_equal(l->tp, cases[i].tp);
        assert_int_equal(l->cp, cases[i].cp);
        assert_int_equal(l->ep, cases[i].ep);
        assert_int_equal(l->sharding, cases[i].sharding);
        if (cases[i].micro_batch) assert_int_equal(l->micro_batch, cases[i].micro_batch);
        tc_published_free(&p);
    }
}

/* NeMo's attention is native to Hopper since 2025: of a model of July 2024 without a date nine months later, of the year 2024 before. */
static void dates(void **state) {
    (void)state;
    static const struct {
        const char *date;
        bool native;
    } cases[] = {{"", true}, {"\"year\":2024,", false}, {"\"year\":2025,", true}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tc_published p = {0};
        char row[400];
        snprintf(row, sizeof row,
                 "{\"id\":\"a\",\"accelerator\":\"h100-sxm\",\"devices\":8,\"global_batch\":8,%s\"norm\":{\"stack\":"
                 "\"nemo\"},\"model\":{\"name\":\"llama3.1-mine\",\"family\":\"llama\",\"layers\":32,\"hidden\":4096,"
                 "\"heads\":32,\"seq\":4096}}",
                 cases[i].date);
        assert_int_equal(settled(&p, row)->stack.kernels.native_attention, cases[i].native);
        tc_published_free(&p);
    }
}

/* A case is settled again as the fit's parameters move: it comes out the same. */
static void settled_again(void **state) {
    (void)state;
    tc_published p = {0};
    static const char row[]
        = ROW("\"devices\":64,\"tp\":1,\"pp\":1,\"global_batch\":64", "\"stack\":\"megatron-core\"", HUGE_MODEL);
    tc_layout first = settled(&p, row)->layout;
    built.assumed_count = 0;
    tc_case_settle(&built);
    assert_int_equal(built.layout.sharding, first.sharding);
    assert_int_equal(built.layout.micro_batch, first.micro_batch);
    assert_true(assumes(&built, "sharding zero3 (it would not fit otherwise)"));
    tc_published_free(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_of_known_models),
        cmocka_unit_test(width_of_parameters),
        cmocka_unit_test(degrees),
        cmocka_unit_test(dates),
        cmocka_unit_test(settled_again),
    };
    return cmocka_run_group_tests(tests, open_data, close_data);
}
