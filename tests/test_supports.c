/* test_supports.c - what stacks can run: the rules, the tables of data/stacks, and the published runs against them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "base/vocabulary.h"
#include "layout/supports.h"
#include "machine.h"
#include "validate/inputs.h"
#include "validate/score.h"

static tc_stack stack_of(const char *slug) {
    tc_stack stack;
    tc_error e = {0};
    if (tc_catalog_stack(catalog, slug, &stack, &e)) fail_msg("%s: %s: %s", slug, e.place, e.text);
    return stack;
}

/* A layout of 64 devices, resolved as a forecast leaves it. */
static tc_layout a_layout(void) {
    tc_layout l = tc_default_layout();
    l.tp = 2, l.pp = 4, l.etp = 2, l.dp = 8;
    l.micro_batch = l.sequence_parallel = 1;
    l.sharding = TC_SHARD_ZERO1;
    l.recompute = TC_RECOMPUTE_NONE;
    l.schedule = TC_SCHEDULE_1F1B;
    l.cp_kind = TC_CP_RING;
    l.offload = TC_OFFLOAD_NONE;
    l.overlap = TC_OVERLAP_GRAD_REDUCE;
    l.graphs = 0;
    return l;
}

static tc_question question_of(const char *stack, const char *model) {
    tc_question q = tc_default_question();
    q.stack = stack_of(stack);
    assert_int_equal(tc_catalog_model(catalog, model, &q.job.model, NULL), TC_OK);
    return q;
}

/* The sentences, joined. */
static const char *reasons(const tc_question *q, const tc_layout *l) {
    static char text[2048];
    tc_beyond beyond[TC_LACKS];
    size_t n = tc_beyond_stack(q, l, beyond, TC_LACKS), used = 0;
    text[0] = '\0';
    assert_true(n <= TC_LACKS);
    for (size_t i = 0; i < n; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", i ? "; " : "", beyond[i].text);
    return text;
}

/* ---- rules -------------------------------------------------------------------------------- */

#define SAYS(layout, text) assert_string_equal(reasons(&q, &(layout)), text)

#define SAYS_OF(question, layout) assert_string_equal(reasons(question, layout), "")

static void sentences(void **state) {
    (void)state;
    tc_question q = question_of("mindspeed-llm", "llama-3-70b");
    tc_layout l = a_layout();
    SAYS(l, "");
    l.sharding = TC_SHARD_HSDP;
    SAYS(l, "MindSpeed-LLM has no sharding hsdp");
    l = a_layout();
    l.offload = TC_OFFLOAD_ALL;
    l.graphs = TC_GROUP_NORM | TC_GROUP_MLP;
    SAYS(l, "MindSpeed-LLM has no offload of all; MindSpeed-LLM has no graphs of norm+mlp");
    l = a_layout();
    l.tp = 16;
    SAYS(l, "MindSpeed-LLM has no copies of key-value heads: 16 ranks of tensor parallelism for 8");
    l = a_layout();
    l.cp = 3;
    q.job.seq = 4098;
    SAYS(l, "");
    q.job.seq = 4095;
    SAYS(l, "MindSpeed-LLM has no context parallelism 3 for 4095 tokens: they are no multiple of 6");
    l.cp = 16;
    q.job.seq = 4096;
    SAYS(l, "MindSpeed-LLM has no context parallelism with fewer than 512 tokens a rank; 16 of 4096 leave 256");

    q = question_of("megatron-core", "llama-3-70b");
    l = a_layout();
    l.schedule = TC_SCHEDULE_DUALPIPE;
    SAYS(l, "Megatron-Core has no pipeline schedule dualpipe");
    l = a_layout();
    l.recompute = TC_RECOMPUTE_OPERATORS;
    l.recompute_operators = TC_GROUP_NORM | TC_GROUP_QKV;
    SAYS(l, "Megatron-Core has no recompute of qkv");
    q.job.dtype = TC_INT8;
    q.job.optimizer = TC_OPTIMIZER_LAMB;
    l = a_layout();
    SAYS(l, "Megatron-Core has no format int8; Megatron-Core has no optimizer lamb");

    q = question_of("pytorch", "llama-3-70b");
    l.sequence_parallel = 0;
    SAYS(l, "Plain PyTorch has no tensor parallelism; Plain PyTorch has no pipeline parallelism");
    q = question_of("generic", "llama-3-70b");
    SAYS(l, "");
}

static void experts(void **state) {
    (void)state;
    tc_question q = question_of("megatron-core", "mixtral-8x7b");
    tc_layout l = a_layout();
    l.pp = 1, l.dp = 4, l.ep = 8;
    SAYS(l, "");
    l.sequence_parallel = 0;
    SAYS(l, "Megatron-Core has no tensor and expert parallelism without sequence parallelism");
    q.stack.supports = stack_of("mindformers").supports;
    SAYS(l, "Megatron-Core has no expert groups of 8 within 4 data-parallel ranks");
    l.dp = 8, l.etp = 4, l.tp = 8;
    SAYS(l, "Megatron-Core has no expert tensor parallelism 4 beside tensor parallelism 8");
    q = question_of("fsdp", "mixtral-8x7b");
    l = a_layout();
    l.ep = 2, l.sharding = TC_SHARD_ZERO3;
    SAYS(l, "PyTorch FSDP has no expert parallelism");
}

static void stages(void **state) {
    (void)state;
    enum { NO = 0, LEFT = TC_UNEVEN_LEFT_OVER, ENDS = TC_UNEVEN_FIRST_LAST, LIST = TC_UNEVEN_LIST };
    static const struct {
        int uneven, layers, chunks, first, last;
        bool runs;
    } cases[] = {
        {NO, 32, 4, TC_UNSET, TC_UNSET, true},
        {NO, 61, 16, TC_UNSET, TC_UNSET, false},
        {LEFT, 61, 16, TC_UNSET, TC_UNSET, true},
        {ENDS, 61, 16, TC_UNSET, TC_UNSET, false},
        {ENDS, 62, 16, TC_UNSET, TC_UNSET, true},
        {ENDS, 61, 16, 5, TC_UNSET, false},
        {ENDS, 61, 16, 3, 2, true},
        {NO, 61, 16, 3, 2, false},
        {NO, 32, 4, 8, 8, true},
        {LIST, 61, 16, 5, TC_UNSET, true},
        {NO, 7, 1, TC_UNSET, TC_UNSET, true},
    };
    tc_stack_supports s = stack_of("generic").supports;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        s.uneven_stages = cases[i].uneven;
        if (tc_supports_stages(&s, cases[i].layers, cases[i].chunks, cases[i].first, cases[i].last) != cases[i].runs)
            fail_msg("case %zu", i);
    }
    tc_question q = question_of("megatron-core", "llama-3-70b");
    static const int ends[] = {19, 21, 21, 19}, any[] = {19, 22, 20, 19};
    tc_layout l = a_layout();
    l.stage_count = 4, l.stage_layers = any;
    SAYS(l, "");
    q.stack.supports.uneven_stages = ENDS;
    SAYS(l, "Megatron-Core has no pipeline stages of any number of layers each");
    l.stage_layers = ends;
    SAYS(l, "");
    q.stack.supports.uneven_stages = NO;
    SAYS(l, "Megatron-Core has no pipeline stages of these different numbers of layers");
}

/* A default that a stack has not beside a pipeline gives way, and is told so. */
static void default_beside_pipeline(void **state) {
    (void)state;
    tc_question q = question_of("megatron-deepspeed", "llama-3-70b");
    tc_step step;
    q.cluster.accelerator = round_accelerator();
    q.cluster.fabric = round_fabric();
    q.cluster.devices = 8;
    q.stack.defaults.sharding = TC_SHARD_ZERO3;
    for (int pp = 1; pp <= 4; pp += 3) {
        q.layout.pp = pp;
        assert_int_equal(tc_forecast(&q, &step, NULL), TC_OK);
        assert_int_equal(step.layout.sharding, pp == 1 ? TC_SHARD_ZERO3 : TC_SHARD_ZERO1);
        SAYS(step.layout, "");
    }
}

/* ---- tables ------------------------------------------------------------------------------- */

/* What a stack chooses where nobody says otherwise is in its own table. */
static void defaults(void **state) {
    (void)state;
    int count = 0;
    DIR *folder = opendir(TC_SOURCE_DIR "/data/stacks");
    assert_non_null(folder);
    for (struct dirent *e; (e = readdir(folder));) {
        char slug[64];
        size_t length = strlen(e->d_name);
        if (length < 6 || length > sizeof slug || strcmp(e->d_name + length - 5, ".yaml") != 0) continue;
        snprintf(slug, sizeof slug, "%.*s", (int)length - 5, e->d_name);
        tc_stack s = stack_of(slug);
        const tc_stack_supports *t = &s.supports;
        const tc_layout *d = &s.defaults;
        if (!tc_set_has(t->sharding, d->sharding) || !tc_set_has(t->offload, d->offload)
            || !tc_set_has(t->overlap, d->overlap) || !tc_supports_recompute(t, d->recompute, 0)
            || (d->graphs & ~t->graphs) || !tc_set_has(t->optimizers, (int)s.optimizer)
            || (t->tensor_parallel && !tc_set_has(t->sequence_parallel, d->sequence_parallel))
            || (t->cp_kinds && !tc_set_has(t->cp_kinds, d->cp_kind))
            || (t->schedules && !tc_set_has(t->pipeline_sharding, d->sharding)
                && !tc_set_has(t->pipeline_sharding, TC_SHARD_ZERO1))
            || (t->schedules && !tc_set_has(t->schedules, TC_SCHEDULE_1F1B))
            || (t->virtual_stages && t->schedules && !tc_set_has(t->schedules, TC_SCHEDULE_INTERLEAVED)))
            fail_msg("%s: its defaults are outside its table", slug);
        count++;
    }
    closedir(folder);
    assert_true(count > 40);
}

/* Runs that the releases of the tables cannot run, and why. */
static const struct {
    const char *id, *lacks;
} others[] = {
    {"zerobubble-", "pipeline schedule zb-h"}, /* the paper's own fork of Megatron-Core */
    {"mindspeedllm-", "sharding zero"},        /* AscendSpeed of 2023, with DeepSpeed */
    {"swift-ex-", "pipeline"},                 /* layers spread over devices, one at work at a time (device_map) */
};

static bool is_other(const char *id, const char *text) {
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (strncmp(id, others[i].id, strlen(others[i].id)) == 0 && strstr(text, others[i].lacks)) return true;
    return false;
}

static void check_run(const tc_conventions *usual, const tc_published_run *run, int *inside, int *outside) {
    static tc_case c;
    tc_case_result result;
    if (run->refused || tc_case_build(catalog, usual, run, &c, NULL) || !tc_case_is_built(&c)) return;
    tc_case_settle(&c);
    if (tc_case_predict(&c, &result, NULL) || c.status == TC_CASE_UNSUPPORTED) return;
    tc_question q = tc_case_question(&c);
    const char *text = reasons(&q, &result.step.layout);
    if (text[0] && !is_other(run->id, text)) fail_msg("%s on %s: %s", run->id, c.stack.slug, text);
    *(text[0] ? outside : inside) += 1;
}

static void published_runs(void **state) {
    (void)state;
    static tc_conventions usual;
    int inside = 0, outside = 0;
    assert_int_equal(tc_conventions_read(catalog, &usual, NULL), TC_OK);
    tc_published published = {0};
    DIR *folder = opendir(TC_SOURCE_DIR "/data/runs");
    assert_non_null(folder);
    for (struct dirent *e; (e = readdir(folder));) {
        char path[512];
        if (!strstr(e->d_name, ".jsonl")) continue;
        snprintf(path, sizeof path, TC_SOURCE_DIR "/data/runs/%s", e->d_name);
        assert_int_equal(tc_published_read_file(&published, path, NULL), TC_OK);
    }
    closedir(folder);
    for (int i = 0; i < published.count; i++) check_run(&usual, &published.runs[i], &inside, &outside);
    tc_published_free(&published);
    assert_true(inside > 3000);
    assert_true(outside > 0 && outside < inside / 50);
}

/* ---- searches ---------------------------------------------------------------------------- */

static uint64_t next(uint64_t *seed) {
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 33;
}

static tc_search_input random_input(uint64_t *seed) {
    static const char *const models[]
        = {"llama-2-7b", "qwen3-30b-a3b", "mixtral-8x7b", "gpt2-1.5b", "deepseek-v2-lite"},
        *const chips[] = {"a100-sxm-80g", "h20", "ascend-910b2", "tpu-v5p"},
               *const stacks[] = {"megatron-core", "mindspeed-llm", "torchtitan", "deepspeed",          "pytorch",
                                  "mindformers",   "megatron-lm",   "hai-llm",    "nanotron",           "paddlenlp",
                                  "maxtext",       "megascale",     "neuronx",    "megatron-deepspeed", "llm-foundry",
                                  "primus",        "fsdp-compile"};
    static const int devices[] = {4, 8, 16, 24, 32}, batches[] = {16, 24, 48};
    tc_search_input in = tc_default_search_input();
    tc_cluster *cluster = &in.question.cluster;
    in.question.stack = stack_of(stacks[next(seed) % 17]);
    assert_int_equal(tc_catalog_model(catalog, models[next(seed) % 5], &in.question.job.model, NULL), TC_OK);
    assert_int_equal(tc_catalog_accelerator(catalog, chips[next(seed) % 4], &cluster->accelerator, NULL), TC_OK);
    assert_int_equal(tc_catalog_fabric(catalog, cluster->accelerator.fabric, &cluster->fabric, NULL), TC_OK);
    cluster->devices = devices[next(seed) % 5];
    in.question.job.global_batch = batches[next(seed) % 3];
    in.question.job.seq = next(seed) % 2 ? 4096 : 16384;
    if (in.question.job.model.learned_positions > 0) in.question.job.model.learned_positions = 16384;
    in.top = 10;
    in.threads = 1;
    in.schedules = next(seed) % 4 == 0 ? ~0u : 0;
    in.fixed.micro_batch = 1; /* small spaces */
    return in;
}

/* What a search recommends, fitting or not, its stack can run; and asked for any layout it finds nothing slower. */
static void searches_stay_inside(void **state) {
    (void)state;
    static tc_search inside, any;
    uint64_t seed = 20261129;
    int layouts = 0, faster = 0;
    for (int i = 0; i < 300; i++) {
        tc_search_input in = random_input(&seed);
        tc_error e = {0};
        in.all_devices = i % 10 == 0; /* some are left idle only where no layout has them all */
        if (tc_search_run(&in, &inside, &e)) fail_msg("%s on %s: %s", e.place, in.question.stack.slug, e.text);
        for (int k = 0; k < inside.best_count; k++, layouts++) {
            const tc_step *step = &inside.best[k].step;
            SAYS_OF(&in.question, &step->layout);
            assert_true(step->fits_probability >= TC_FIT - 1e-9);
            assert_true(step->memory.host_share <= 0 || step->memory.host <= step->memory.host_share);
        }
        if (inside.any_legal) SAYS_OF(&in.question, &inside.least.step.layout);
        if (i % 10 == 0) {
            in.any = true;
            assert_int_equal(tc_search_run(&in, &any, &e), TC_OK);
            assert_true(any.space >= inside.space);
            if (inside.best_count > 0) assert_true(any.walked_best <= inside.walked_best);
            faster += inside.best_count > 0 && any.walked_best < inside.walked_best;
            tc_search_free(&any);
        }
        tc_search_free(&inside);
    }
    assert_true(layouts > 500 && faster > 3);
}

/* ---- the file ------------------------------------------------------------------------------ */

static void errors(void **state) {
    (void)state;
    static const struct {
        const char *line, *place, *text;
    } cases[] = {
        {"schedules: 1f1b+dualpip", "stack.yaml:6: supports.schedules",
         "'dualpip' is unknown; did you mean 'dualpipe'? (one of gpipe, 1f1b, interleaved, zb-h1, zb-h2, zb-v, v-half, "
         "v-min, dualpipe, custom; joined by +, or any, or no)"},
        {"sharding: fsdp5", "stack.yaml:6: supports.sharding",
         "'fsdp5' is unknown; did you mean 'hsdp'? (one of none, zero1, zero2, zero3, hsdp; joined by +, or any, or "
         "no)"},
        {"cp_chunks: 0", "stack.yaml:6: supports.cp_chunks", NULL},
        {"source: nobody", "stack.yaml:6: supports.source", NULL},
        {"pipelines: any", "stack.yaml:6: supports", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        FILE *file = fopen("stack.yaml", "w");
        assert_non_null(file);
        fprintf(file, "format: 1\nslug: mine\nname: Mine\nsources: {me: \"mine\"}\nsupports:\n  %s\n%s", cases[i].line,
                strncmp(cases[i].line, "source", 6) ? "  source: me\n" : "");
        fclose(file);
        tc_stack stack;
        tc_error e = {0};
        assert_int_equal(tc_catalog_stack(catalog, "./stack.yaml", &stack, &e), TC_INVALID);
        if (!strstr(e.place, cases[i].place)) fail_msg("%s: place %s", cases[i].line, e.place);
        if (cases[i].text) assert_string_equal(e.text, cases[i].text);
        remove("stack.yaml");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(default_beside_pipeline),
        cmocka_unit_test(sentences),
        cmocka_unit_test(experts),
        cmocka_unit_test(stages),
        cmocka_unit_test(defaults),
        cmocka_unit_test(published_runs),
        cmocka_unit_test(searches_stay_inside),
        cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, open_catalog, close_catalog);
}
