/* test_catalog.c - the data files: all embedded ones load, folders override them, every error has its place. */
#define _XOPEN_SOURCE 700
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "catalog/catalog.h"
#include "traincast.h"
#include "workload/operators.h"

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

/* ---- a folder for the files that tests write -------------------------------------- */

static char folder[64];

static int make_folder(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/traincast-catalog-XXXXXX");
    return mkdtemp(folder) ? chdir(folder) : 1;
}

static int remove_folder(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return chdir("/") || system(command);
}

static void write_bytes(const char *path, const char *bytes, size_t length) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static void write_file(const char *path, const char *text) { write_bytes(path, text, strlen(text)); }

static tc_catalog *open_catalog(const char *const *dirs, int count) {
    tc_catalog *catalog = NULL;
    tc_error error;
    tc_code code = tc_catalog_open(dirs, count, &catalog, &error);
    if (code != TC_OK) print_error("%s: %s\n", error.place, error.text);
    assert_int_equal(code, TC_OK);
    return catalog;
}

/* ---- what is embedded --------------------------------------------------------------- */

static void check_loads(tc_code code, const tc_error *error, tc_kind kind, const char *slug) {
    if (code != TC_OK) print_error("%s %s: %s: %s\n", tc_kind_name(kind), slug, error->place, error->text);
    assert_int_equal(code, TC_OK);
}

static void check_accelerator(tc_catalog *catalog, const char *slug) {
    tc_accelerator accelerator;
    tc_fabric fabric;
    tc_error error;
    check_loads(tc_catalog_accelerator_known(catalog, slug, &accelerator, &error), &error, TC_KIND_ACCELERATOR, slug);
    assert_string_equal(accelerator.slug, slug);
    assert_true(accelerator.params.gemm_fraction > 0 && accelerator.params.gemm_fraction <= 1);
    if (accelerator.fabric[0])
        check_loads(tc_catalog_fabric(catalog, accelerator.fabric, &fabric, &error), &error, TC_KIND_FABRIC, slug);
}

static void every_embedded_file_loads(void **state) {
    (void)state;
    tc_catalog *catalog = open_catalog(NULL, 0);
    for (int kind = 0; kind < TC_KIND_FITTED; kind++) {
        const tc_catalog_item *items;
        const tc_document *document;
        const char *slug;
        int count;
        tc_error error;
        assert_int_equal(tc_catalog_list(catalog, (tc_kind)kind, &items, &count, &error), TC_OK);
        if (kind != TC_KIND_SCENARIO) assert_true(count > 0);
        for (int i = 0; i < count; i++) {
            tc_fabric fabric;
            tc_model model;
            tc_stack stack;
            check_loads(tc_catalog_document(catalog, (tc_kind)kind, items[i].slug, &document, &slug, &error), &error,
                        (tc_kind)kind, items[i].slug);
            /* the file's own slug is its name, and names are unique within a kind */
            if (tc_node_text(document->root, "slug")) assert_string_equal(tc_node_text(document->root, "slug"), slug);
            if (i > 0) assert_string_not_equal(items[i].slug, items[i - 1].slug);
            assert_string_equal(items[i].name, tc_node_text(document->root, "name"));
            if (kind == TC_KIND_ACCELERATOR) check_accelerator(catalog, slug);
            if (kind == TC_KIND_FABRIC)
                check_loads(tc_catalog_fabric(catalog, slug, &fabric, &error), &error, TC_KIND_FABRIC, slug);
            if (kind == TC_KIND_MODEL)
                check_loads(tc_catalog_model(catalog, slug, &model, &error), &error, TC_KIND_MODEL, slug);
            if (kind == TC_KIND_STACK)
                check_loads(tc_catalog_stack(catalog, slug, &stack, &error), &error, TC_KIND_STACK, slug);
        }
    }
    tc_catalog_close(catalog);
}

/* Every other stack falls back on the defaults of generic.yaml, so that must state each. */
static void generic_stack_states_every_default(void **state) {
    (void)state;
    tc_catalog *catalog = open_catalog(NULL, 0);
    const tc_document *document;
    tc_error error;
    assert_int_equal(tc_catalog_document(catalog, TC_KIND_STACK, "generic", &document, NULL, &error), TC_OK);
    for (int i = 0; i < tc_stack_schema.count; i++) {
        const char *path = tc_stack_schema.fields[i].path;
        if (!strchr(path, '.') || tc_stack_schema.fields[i].own) continue;
        if (!tc_node_find(document->root, path)) print_error("generic.yaml lacks %s\n", path);
        assert_non_null(tc_node_find(document->root, path));
    }
    tc_catalog_close(catalog);
}

static void check_deviations(tc_catalog *catalog, tc_kind kind, const tc_node *members) {
    const tc_document *document;
    tc_error error;
    assert_true(members && members->count > 0);
    for (const tc_node *member = members->first; member; member = member->next) {
        check_loads(tc_catalog_document(catalog, kind, member->key, &document, NULL, &error), &error, kind,
                    member->key);
        for (const tc_node *value = member->first; value; value = value->next) {
            char path[64];
            double deviation = -1;
            snprintf(path, sizeof path, "parameters.%s", value->key);
            const tc_schema *schema = kind == TC_KIND_STACK ? &tc_stack_schema : &tc_architecture_schema;
            int i = 0;
            while (i < schema->count && strcmp(schema->fields[i].path, path) != 0) i++;
            if (i == schema->count) fail_msg("deviations.yaml:%d: %s is no parameter", value->line, value->key);
            assert_int_equal(tc_figure_number(&schema->fields[i], document, value, &deviation, &error), TC_OK);
            assert_true(deviation >= 0);
        }
    }
}

/* Deviations are of parameters that there are, of chips and stacks that there are. */
static void deviations_are_of_fitted_values(void **state) {
    (void)state;
    tc_catalog *catalog = open_catalog(NULL, 0);
    const tc_document *document;
    tc_error error;
    assert_int_equal(tc_catalog_document(catalog, TC_KIND_FITTED, "deviations", &document, NULL, &error), TC_OK);
    check_deviations(catalog, TC_KIND_ARCHITECTURE, tc_node_find(document->root, "device.architectures"));
    check_deviations(catalog, TC_KIND_ACCELERATOR, tc_node_find(document->root, "device.accelerators"));
    check_deviations(catalog, TC_KIND_STACK, tc_node_find(document->root, "stack.stacks"));
    tc_catalog_close(catalog);
}

static tc_code load_text(tc_catalog *catalog, const char *text, tc_stack *out, tc_error *error) {
    const char *path = "test_catalog_stack.yaml";
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
    tc_code code = tc_catalog_stack(catalog, path, out, error);
    remove(path);
    return code;
}

/* Until 0.2 all that a stack keeps and how it issues work stood under `defaults`. */
/* What is embedded is not checked where it is read. */
static void embedded_helpers_are_sound(void **state) {
    (void)state;
    tc_catalog *catalog = open_catalog(NULL, 0);
    static const struct {
        tc_kind kind;
        const char *slug;
        const tc_schema *schema;
    } helpers[] = {{TC_KIND_FITTED, "device", &tc_fitted_device_schema},
                   {TC_KIND_FITTED, "stack", &tc_fitted_stack_schema},
                   {TC_KIND_FITTED, "serving", &tc_fitted_serving_schema},
                   {TC_KIND_ENGINE, "generic", &tc_engine_schema}};
    for (size_t i = 0; i < sizeof helpers / sizeof helpers[0]; i++) {
        const tc_document *document;
        tc_error error;
        tc_code code = tc_catalog_document(catalog, helpers[i].kind, helpers[i].slug, &document, NULL, &error);
        if (code == TC_OK) code = tc_schema_read(helpers[i].schema, document, NULL, &error);
        if (code) fail_msg("%s: %s", error.place, error.text);
    }
    tc_catalog_close(catalog);
}

static void stacks_of_before_are_read(void **state) {
    (void)state;
    tc_catalog *catalog = open_catalog(NULL, 0);
    tc_stack now, before;
    tc_error error;
    assert_int_equal(load_text(catalog,
                               "format: 1\nname: mine\nmemory:\n  logits_bytes: 12\n  optimizer_bytes: 6\nkernels:\n  "
                               "fused: norm+activation\n  communication_cores: 20\n",
                               &now, &error),
                     TC_OK);
    assert_int_equal(now.memory.logits_bytes, 12);
    assert_true(now.memory.optimizer_bytes == 6);
    assert_int_equal(now.kernels.fused, TC_GROUP_NORM | TC_GROUP_ACTIVATION);
    assert_int_equal(now.kernels.communication_cores, 20);
    assert_int_equal(load_text(catalog,
                               "format: 1\nname: mine\ndefaults:\n  logits_bytes: 12\n  optimizer_bytes: 6\n  fused: "
                               "norm+activation\n  communication_cores: 20\n",
                               &before, &error),
                     TC_OK);
    assert_memory_equal(&now.memory, &before.memory, sizeof now.memory);
    assert_memory_equal(&now.kernels, &before.kernels, sizeof now.kernels);
    assert_int_equal(load_text(catalog, "format: 1\nname: mine\nmemory:\n  dropout: true\ndefaults:\n  dropout: true\n",
                               &now, &error),
                     TC_INVALID);
    assert_non_null(strstr(error.place, "6: defaults.dropout"));
    assert_non_null(strstr(error.text, "'memory.dropout'"));
    assert_int_equal(load_text(catalog, "format: 1\nname: mine\nkernels:\n  fused: norms\n", &now, &error), TC_INVALID);
    assert_non_null(strstr(error.place, "4: kernels.fused"));
    tc_catalog_close(catalog);
}

/* The name in another case, with other gaps. */
static void disguise(const char *name, char *out, size_t size) {
    size_t i = 0;
    for (; name[i] && i + 1 < size; i++) {
        char c = name[i];
        out[i] = (char)(c == '-' || c == '_'        ? ' '
                        : isupper((unsigned char)c) ? tolower((unsigned char)c)
                                                    : toupper((unsigned char)c));
    }
    out[i] = '\0';
}

/* The entry that a name finds is the one whose file says the name, however the name is written. */
static void check_name(tc_catalog *catalog, tc_kind kind, const char *name, const char *slug) {
    static tc_model model;
    static tc_accelerator accelerator;
    tc_error error;
    char other[128];
    disguise(name, other, sizeof other);
    const char *const ways[] = {name, other};
    for (int i = 0; i < 2; i++) {
        tc_code code = kind == TC_KIND_MODEL ? tc_catalog_model(catalog, ways[i], &model, &error)
                                             : tc_catalog_accelerator(catalog, ways[i], &accelerator, &error);
        /* one that lacks figures is found too, and named by its file */
        if (code == TC_INVALID && strstr(error.place, slug)) continue;
        if (code != TC_OK) fail_msg("%s: %s: %s", ways[i], error.place, error.text);
        assert_string_equal(kind == TC_KIND_MODEL ? model.slug : accelerator.slug, slug);
    }
}

/* No alias is a slug, or an alias of two files, in any case: an answer must not depend on the order of files. */
static void check_names(tc_catalog *catalog, tc_kind kind) {
    const tc_catalog_item *items;
    int count, names = 0;
    tc_error error;
    static const char *seen[4096];
    assert_int_equal(tc_catalog_list(catalog, kind, &items, &count, &error), TC_OK);
    for (int i = 0; i < count; i++) seen[names++] = items[i].slug;
    for (int i = 0; i < count; i++) {
        const tc_document *document;
        assert_int_equal(tc_catalog_document(catalog, kind, items[i].slug, &document, NULL, &error), TC_OK);
        const tc_node *aliases = tc_node_get(document->root, "aliases");
        for (const tc_node *alias = aliases ? aliases->first : NULL; alias; alias = alias->next) {
            for (int k = 0; k < names; k++)
                if (tc_same_name(alias->text, seen[k]))
                    fail_msg("%s: %s is another's name", items[i].slug, alias->text);
            assert_true(names < (int)COUNT(seen));
            seen[names++] = alias->text;
            if (names % 5 == 0) check_name(catalog, kind, alias->text, items[i].slug);
        }
    }
}

static void names_are_unique(void **state) {
    (void)state;
    tc_catalog *catalog = open_catalog(NULL, 0);
    check_names(catalog, TC_KIND_MODEL);
    check_names(catalog, TC_KIND_ACCELERATOR);
    tc_catalog_close(catalog);
}

/* The names that people paste: of the hub, of nvidia-smi and npu-smi, in any case. */
static void pasted_names_are_found(void **state) {
    (void)state;
    tc_catalog *catalog = open_catalog(NULL, 0);
    static const char *const chips[][2] = {{"H100", "h100-sxm"},
                                           {"a800", "a800-sxm-80g"},
                                           {"B200", "b200-sxm"},
                                           {"NVIDIA H100 80GB HBM3", "h100-sxm"},
                                           {"Tesla V100-SXM2-32GB", "v100-sxm-32g"},
                                           {"NVIDIA GeForce RTX 4090", "rtx4090"},
                                           {"910B3", "ascend-910b3"},
                                           {"Ascend 910B", "ascend-910b"},
                                           {"rtx 3090", "rtx3090"}};
    static const char *const models[][2] = {{"Qwen/Qwen3-32B", "qwen3-32b"},
                                            {"deepseek-ai/DeepSeek-R1", "deepseek-v3"},
                                            {"DeepSeek-R1", "deepseek-v3"},
                                            {"meta-llama/Llama-3.1-8B-Instruct", "llama-3.1-8b"},
                                            {"Llama-2-7b-hf", "llama-2-7b"}};
    for (size_t i = 0; i < COUNT(chips); i++) check_name(catalog, TC_KIND_ACCELERATOR, chips[i][0], chips[i][1]);
    for (size_t i = 0; i < COUNT(models); i++) check_name(catalog, TC_KIND_MODEL, models[i][0], models[i][1]);
    assert_true(tc_is_path("dir/model.yaml") && tc_is_path("./model") && tc_is_path("a/b/c") && tc_is_path("dir/"));
    assert_false(tc_is_path("Qwen/Qwen3-32B") || tc_is_path("qwen3-32b"));
    tc_catalog_close(catalog);
}

/* Texts of the sources that figures name, of the file's own and of the shared ones. */
typedef struct named_sources {
    const char *own[2048], *file[2048];
    int count;
    const tc_document *shared; /* sources.yaml */
    bool used[256];
} named_sources;

static void collect_named(const tc_document *document, const tc_node *node, named_sources *out) {
    const tc_node *source = tc_node_get(node, "value") ? tc_node_get(node, "source") : NULL;
    const tc_node *name = source && source->kind == TC_NODE_SEQUENCE ? source->first : source;
    for (; name; name = name == source ? NULL : name->next) {
        const tc_node *found = tc_document_source(document, name->text);
        assert_non_null(found);
        if (found->parent->parent == out->shared->root) {
            out->used[found->index] = true;
            continue;
        }
        bool known = false;
        for (int i = 0; i < out->count; i++)
            known = known || (out->own[i] == found->text && out->file[i] == document->file);
        if (known) continue;
        assert_true(out->count < (int)COUNT(out->own));
        out->own[out->count] = found->text;
        out->file[out->count++] = document->file;
    }
    for (const tc_node *child = node->first; child; child = child->next) collect_named(document, child, out);
}

/* A source that several files name stands in sources.yaml, and nothing else does. */
static void sources_stand_once(void **state) {
    (void)state;
    static const tc_kind kinds[] = {TC_KIND_ACCELERATOR, TC_KIND_ARCHITECTURE, TC_KIND_FABRIC, TC_KIND_STACK};
    static named_sources named;
    tc_catalog *catalog = open_catalog(NULL, 0);
    tc_error error;
    assert_int_equal(tc_catalog_document(catalog, TC_KIND_COMMON, "sources", &named.shared, NULL, &error), TC_OK);
    for (size_t k = 0; k < COUNT(kinds); k++) {
        const tc_catalog_item *items;
        const tc_document *document;
        int count;
        assert_int_equal(tc_catalog_list(catalog, kinds[k], &items, &count, &error), TC_OK);
        for (int i = 0; i < count; i++) {
            assert_int_equal(tc_catalog_document(catalog, kinds[k], items[i].slug, &document, NULL, &error), TC_OK);
            collect_named(document, document->root, &named);
        }
    }
    assert_true(named.count > 50);
    for (int i = 0; i < named.count; i++)
        for (int j = 0; j < i; j++)
            if (strcmp(named.own[i], named.own[j]) == 0)
                fail_msg("%s and %s have the source \"%s\"; give it a key in data/sources.yaml", named.file[i],
                         named.file[j], named.own[i]);
    for (const tc_node *s = tc_node_get(named.shared->root, "sources")->first; s; s = s->next)
        if (!named.used[s->index]) fail_msg("data/sources.yaml:%d: no figure names %s", s->line, s->key);
    tc_catalog_close(catalog);
}

static void values_arrive(void **state) {
    (void)state;
    tc_catalog *catalog = open_catalog(NULL, 0);
    tc_accelerator accelerator;
    tc_fabric fabric;
    tc_model model;
    tc_stack stack;
    tc_error error;
    assert_int_equal(tc_catalog_accelerator(catalog, "a100-sxm-80g", &accelerator, &error), TC_OK);
    assert_string_equal(accelerator.vendor, "NVIDIA");
    assert_string_equal(accelerator.architecture, "ampere");
    assert_int_equal(accelerator.size, sizeof accelerator);
    assert_true(accelerator.memory_bytes == 80.0 * 1073741824);
    assert_true(accelerator.matmul_flops[TC_BF16] == 312e12);
    assert_true(accelerator.matmul_flops[TC_FP8] == 0);
    assert_int_equal(accelerator.cores, 108);
    assert_int_equal(tc_catalog_fabric(catalog, accelerator.fabric, &fabric, &error), TC_OK);
    assert_int_equal(fabric.levels, 2);
    assert_int_equal(fabric.level[0].size, 8);
    assert_int_equal(fabric.level[1].topology, TC_TOPOLOGY_FAT_TREE);
    assert_true(fabric.level[1].bytes_per_s == 25e9);
    assert_int_equal(tc_catalog_model(catalog, "deepseek-v3", &model, &error), TC_OK);
    assert_int_equal(model.blocks, 2);
    assert_int_equal(model.block[1].mixer, TC_MIXER_LATENT);
    assert_int_equal(model.block[1].experts.experts, 256);
    assert_int_equal(model.block[1].attention.kv_heads, 128);
    assert_true(model.block[1].experts.router_bias && model.causal && !model.norm_bias);
    assert_int_equal(tc_catalog_model(catalog, "gpt2-124m", &model, &error), TC_OK);
    assert_int_equal(model.learned_positions, 1024); /* follows from the sequence */
    assert_true(model.norm_bias && model.tied_embeddings);
    assert_int_equal(tc_catalog_stack(catalog, "megatron-lm", &stack, &error), TC_OK);
    assert_int_equal(stack.attention, TC_ATTENTION_PLAIN);
    assert_true(stack.params.host_s_per_kernel > 1e-7 && stack.params.host_s_per_kernel < 1e-3);
    tc_catalog_close(catalog);
}

/* The history's keys stood elsewhere before 0.2, and are read there too. */
static void history_where_it_stood(void **state) {
    (void)state;
    tc_catalog *catalog = open_catalog(NULL, 0);
    tc_stack s;
    tc_error error;
    assert_int_equal(load_text(catalog,
                               "format: 1\nname: mine\ncompiled_variant: fsdp-compile\n"
                               "defaults:\n  interleaving: true\n  memory_log: reserved\n",
                               &s, &error),
                     TC_OK);
    assert_string_equal(s.history.compiled_variant, "fsdp-compile");
    assert_true(s.history.interleaving);
    assert_int_equal(s.history.memory_log, TC_LOG_RESERVED);
    tc_catalog_close(catalog);
}

/* A stack is a program at a date: its file says what it is now, its ages what was otherwise. */
static void stacks_have_ages(void **state) {
    (void)state;
    tc_catalog *catalog = open_catalog(NULL, 0);
    tc_stack s;
    tc_error error;
    static const struct {
        const char *name, *slug;
        int logits_bytes;
        bool outputs;
    } at[] = {{"torchtitan-compile", "torchtitan-compile", 4, false},
              {"torchtitan-compile@2026", "torchtitan-compile@2026-07", 4, false},
              {"torchtitan-compile@2025-09", "torchtitan-compile@2025-09", 4, true},
              {"torchtitan-compile@2025-03", "torchtitan-compile@2025-03", 12, true},
              {"torchtitan-compile@2019", "torchtitan-compile@2019-07", 12, true},
              {"megatron-lm", "megatron-lm", 4, false},
              {"megatron-lm@2022-12", "megatron-lm@2022-12", 4, false},
              {"megatron-lm@2023-01", "megatron-core@2023-01", 4, false}};
    for (size_t i = 0; i < sizeof at / sizeof at[0]; i++) {
        assert_int_equal(tc_catalog_stack(catalog, at[i].name, &s, &error), TC_OK);
        assert_string_equal(s.slug, at[i].slug);
        assert_int_equal(s.memory.logits_bytes, at[i].logits_bytes);
        assert_int_equal(s.memory.pipeline_outputs, at[i].outputs);
    }
    static const char *const wrong[]
        = {"megatron-core@", "megatron-core@2025-13", "megatron-core@25-09", "megatron-core@2025-9"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(tc_catalog_stack(catalog, wrong[i], &s, &error), TC_INVALID);
        assert_non_null(strstr(error.text, "megatron-core@2025-09"));
    }
    static const char head[]
        = "format: 1\nname: mine\nsources:\n  me: measured\nages:\n  - until: 2024-05\n    source: me\n";
    char text[400];
    snprintf(text, sizeof text, "%s  - until: 2024-05\n    source: me\n", head);
    assert_int_equal(load_text(catalog, text, &s, &error), TC_INVALID); /* not before the one above */
    snprintf(text, sizeof text, "%s    parameters:\n      dp_overlap: {value: 0.5, source: me}\n", head);
    assert_int_equal(load_text(catalog, text, &s, &error), TC_INVALID); /* parameters have no age */
    assert_int_equal(load_text(catalog, head, &s, &error), TC_OK);
    tc_catalog_close(catalog);
}

static void stacks_fall_back_on_their_base(void **state) {
    (void)state;
    tc_catalog *catalog = open_catalog(NULL, 0);
    tc_stack base, own;
    tc_error error;
    assert_int_equal(tc_catalog_stack(catalog, "fsdp", &base, &error), TC_OK);
    assert_int_equal(load_text(catalog,
                               "format: 1\nname: mine\nbase: fsdp\nsources:\n  me: measured\ndefaults:\n  micro_batch: "
                               "3\n"
                               "parameters:\n  dp_overlap: {value: 0.5, source: me}\n",
                               &own, &error),
                     TC_OK);
    assert_string_equal(base.history.compiled_variant, "fsdp-compile");
    assert_string_equal(own.history.compiled_variant, ""); /* the base's, not of what differs from it */
    assert_true(own.history.interleaving);                 /* what its runs were like is */
    assert_int_equal(own.defaults.sharding, base.defaults.sharding);
    assert_int_equal(own.defaults.micro_batch, 3);
    assert_true(own.params.kernel_fraction == base.params.kernel_fraction);
    assert_true(own.params.dp_overlap == 0.5);
    assert_int_equal(load_text(catalog, "format: 1\nname: mine\nbase: fsdpp\n", &own, &error), TC_INVALID);
    assert_non_null(strstr(error.place, "3: base"));
    tc_catalog_close(catalog);
}

/* Bases in the order of the list, what two of them share once: the later one wins, the stack over both. */
static void stacks_have_several_bases(void **state) {
    (void)state;
    tc_catalog *catalog = open_catalog(NULL, 0);
    tc_stack fsdp, compiled, both;
    tc_stack_chain chain;
    tc_error error;
    assert_int_equal(tc_catalog_stack(catalog, "fsdp", &fsdp, &error), TC_OK);
    assert_int_equal(tc_catalog_stack(catalog, "compiled", &compiled, &error), TC_OK);
    assert_int_equal(load_text(catalog, "format: 1\nname: mine\nbase: [fsdp, compiled]\n", &both, &error), TC_OK);
    assert_int_equal(both.defaults.sharding, fsdp.defaults.sharding);
    assert_int_equal(both.memory.optimizer_bytes, fsdp.memory.optimizer_bytes);
    assert_true(both.defaults.graphs && !fsdp.defaults.graphs);
    assert_int_equal(both.memory.logits_bytes, compiled.memory.logits_bytes);
    assert_true(both.params.memory_passes == 1.2 && both.params.dp_overlap == fsdp.params.dp_overlap);
    assert_int_equal(load_text(catalog, "format: 1\nname: mine\nbase: [compiled, fsdp, fsdp-compile]\n", &both, &error),
                     TC_OK);
    assert_true(both.defaults.graphs
                && both.memory.logits_bytes == fsdp.memory.logits_bytes); /* fsdp-compile says nothing of its own */
    assert_int_equal(tc_catalog_stack_chain(catalog, "fsdp-compile", &chain, &error), TC_OK);
    assert_int_equal(chain.count, 4);
    assert_string_equal(chain.slug[0], "generic");
    assert_string_equal(chain.slug[2], "compiled");
    assert_int_equal(load_text(catalog, "format: 1\nname: mine\nbase: [fsdp, compild]\n", &both, &error), TC_INVALID);
    assert_non_null(strstr(error.place, "3: base[1]"));
    assert_int_equal(load_text(catalog, "format: 1\nname: mine\nbase: {value: fsdp}\n", &both, &error), TC_INVALID);
    assert_string_equal(error.text, "is no name; write a stack's slug, or a list of them");
    tc_catalog_close(catalog);

    mkdir("circle", 0777);
    mkdir("circle/stacks", 0777);
    write_file("circle/stacks/one.yaml", "format: 1\nname: One\nbase: two\n");
    write_file("circle/stacks/two.yaml", "format: 1\nname: Two\nbase: [fsdp, one]\n");
    catalog = open_catalog((const char *const[]){"circle"}, 1);
    assert_int_equal(tc_catalog_stack(catalog, "one", &both, &error), TC_INVALID);
    assert_non_null(strstr(error.text, "leads in a circle or too far"));
    assert_int_equal(load_text(catalog,
                               "format: 1\nname: mine\nbase: [alpa, deepspeed, fsdp, hai-llm, jax, levanter, llmq, "
                               "maxtext, "
                               "megascale, mindspore, nanotron, nemo, neuronx, other, paddlenlp]\n",
                               &both, &error),
                     TC_INVALID);
    assert_string_equal(error.text, "leads to more than 16 stacks; name fewer");
    tc_catalog_close(catalog);
}

/* Keys with a unit in their name, and `sequence`, are read for one release more. */
static void old_keys_are_read(void **state) {
    (void)state;
    tc_catalog *catalog = open_catalog(NULL, 0);
    tc_stack before, now;
    tc_model model;
    tc_error error;
    assert_int_equal(load_text(catalog,
                               "format: 1\nname: mine\nsources: {a: b}\nparameters:\n"
                               "  host_s_per_kernel: {value: \"7 us\", source: a}\n"
                               "  framework_bytes: {value: 3e9, source: a}\n",
                               &before, &error),
                     TC_OK);
    assert_int_equal(load_text(catalog,
                               "format: 1\nname: mine\nsources: {a: b}\nparameters:\n"
                               "  host_per_kernel: {value: \"7 us\", source: a}\n"
                               "  framework_memory: {value: \"3 GB\", source: a}\n",
                               &now, &error),
                     TC_OK);
    assert_true(before.params.host_s_per_kernel == 7e-6 && before.params.framework_bytes == 3e9);
    assert_memory_equal(&before.params, &now.params, sizeof now.params);
    write_file("old.yaml", "format: 1\nname: X\nhidden: 64\nvocab: 100\nsequence: 128\npositions: rotary\nnorm: rms\n"
                           "blocks:\n  - {count: 2, attention: {heads: 8, head_dim: 8}, mlp: {kind: gated, ffn: 8}}\n");
    assert_int_equal(tc_catalog_model(catalog, "./old.yaml", &model, &error), TC_OK);
    assert_int_equal(model.seq, 128);
    tc_catalog_close(catalog);
}

static void figures_have_sources(void **state) {
    (void)state;
    tc_catalog *catalog = open_catalog(NULL, 0);
    const tc_document *document;
    const tc_catalog_parameter *parameters;
    int count;
    char text[256];
    double value;
    tc_error error;
    assert_int_equal(tc_catalog_document(catalog, TC_KIND_ACCELERATOR, "a100-sxm-80g", &document, NULL, &error), TC_OK);
    const tc_node *node = tc_node_find(document->root, "device.clock");
    const tc_field *field = tc_schema_field(&tc_accelerator_schema, node);
    assert_non_null(field);
    assert_int_equal(tc_figure_number(field, document, node, &value, &error), TC_OK);
    assert_true(value == 1.41e9);
    assert_string_equal(tc_dimension_unit(field->dimension), "Hz");
    assert_non_null(strstr(tc_figure_source(document, node, text, sizeof text), "whitepaper"));
    assert_string_equal(tc_node_path(node, text, sizeof text), "device.clock");
    assert_null(tc_schema_field(&tc_accelerator_schema, tc_node_find(document->root, "device")));

    assert_int_equal(tc_catalog_document(catalog, TC_KIND_MODEL, "deepseek-v3", &document, NULL, &error), TC_OK);
    node = tc_node_find(document->root, "blocks[1].attention.heads");
    assert_non_null(node);
    assert_string_equal(tc_node_path(node, text, sizeof text), "blocks[1].attention.heads");
    assert_non_null(tc_schema_field(&tc_model_schema, node));
    assert_int_equal(tc_schema_field(&tc_model_schema, node)->type, TC_FIELD_INTEGER);

    assert_int_equal(tc_catalog_parameters(catalog, TC_KIND_ACCELERATOR, "a100-sxm-80g", &parameters, &count, &error),
                     TC_OK);
    assert_string_equal(parameters[0].name, "gemm_fraction");
    for (int i = 0; i < count; i++) assert_true(parameters[i].source[0]);
    assert_int_equal(tc_catalog_parameters(catalog, TC_KIND_STACK, "megatron-lm", &parameters, &count, &error), TC_OK);
    for (int i = 0; i < count; i++) assert_true(parameters[i].source[0]);
    assert_int_equal(tc_catalog_parameters(catalog, TC_KIND_MODEL, "gpt2-124m", &parameters, &count, &error),
                     TC_INVALID);
    tc_catalog_close(catalog);
}

static void unknown_slugs_get_a_suggestion(void **state) {
    (void)state;
    tc_catalog *catalog = open_catalog(NULL, 0);
    tc_accelerator accelerator;
    tc_model model;
    tc_error error;
    assert_int_equal(tc_catalog_accelerator(catalog, "a100-sxm-80", &accelerator, &error), TC_NOT_FOUND);
    assert_string_equal(error.place, "--accelerator");
    assert_string_equal(error.text, "'a100-sxm-80' is not in the catalog; did you mean 'a100-sxm-80g'? ('traincast "
                                    "list accelerators' shows all)");
    /* the letters and digits of a name in their order */
    assert_int_equal(tc_catalog_model(catalog, "wan-2.2-14b", &model, &error), TC_NOT_FOUND);
    assert_non_null(strstr(error.text, "did you mean 'wan2.2-"));
    assert_int_equal(tc_catalog_model(catalog, "zzzzzzzzzzzz", &model, &error), TC_NOT_FOUND);
    assert_string_equal(error.text, "'zzzzzzzzzzzz' is not in the catalog; 'traincast list models' shows what is, or "
                                    "give a file's path");
    assert_int_equal(tc_catalog_model(catalog, "", &model, &error), TC_NOT_FOUND);
    assert_int_equal(tc_catalog_model(catalog, "./missing.yaml", &model, &error), TC_NOT_FOUND);
    assert_string_equal(error.place, "./missing.yaml");
    assert_int_equal(tc_catalog_model(catalog, "./config.json", &model, &error), TC_INVALID);
    assert_int_equal(tc_catalog_model(catalog, "/", &model, &error), TC_INVALID);
    assert_int_equal(tc_kind_find("models"), TC_KIND_MODEL);
    assert_int_equal(tc_kind_find("accelerator"), TC_KIND_ACCELERATOR);
    assert_int_equal(tc_kind_find("chips"), -1);
    tc_catalog_close(catalog);
}

/* A slug, a data file and a Hugging Face config of one model agree. */
static void models_load_from_anywhere(void **state) {
    (void)state;
    tc_catalog *catalog = open_catalog(NULL, 0);
    tc_model slug, yaml, json;
    tc_error error;
    assert_int_equal(tc_model_load(catalog, "gpt2-124m", &slug, &error), TC_OK);
    assert_int_equal(tc_model_load(catalog, TC_SOURCE_DIR "/data/models/gpt2-124m.yaml", &yaml, &error), TC_OK);
    assert_int_equal(tc_model_load(catalog, TC_SOURCE_DIR "/tests/hf/gpt2-124m.json", &json, &error), TC_OK);
    assert_string_equal(yaml.slug, "gpt2-124m");
    assert_true(tc_model_count(&slug).parameters == 124439808);
    assert_true(tc_model_count(&yaml).parameters == 124439808);
    assert_true(tc_model_count(&json).parameters == 124439808);
    assert_int_equal(tc_model_load(catalog, "./missing.json", &json, &error), TC_NOT_FOUND);
    tc_catalog_close(catalog);
}

/* ---- folders ------------------------------------------------------------------------ */

#define CHIP                                                                                                           \
    "format: 1\nname: My chip\nsources: {guess: \"our own estimate\"}\n"                                               \
    "device:\n"                                                                                                        \
    "  memory: {value: \"96 GB\", source: guess}\n"                                                                    \
    "  memory_bandwidth: {value: \"3.2 TB/s\", source: guess}\n"                                                       \
    "  matmul: {bf16: {value: \"600 TFLOP/s\", source: guess}}\n"

static void folders_extend_and_override(void **state) {
    (void)state;
    tc_catalog *plain = open_catalog(NULL, 0), *catalog;
    tc_accelerator accelerator;
    const tc_catalog_item *items;
    int before, after;
    tc_error error;
    assert_int_equal(tc_catalog_list(plain, TC_KIND_ACCELERATOR, &items, &before, &error), TC_OK);
    mkdir("one", 0777);
    mkdir("one/accelerators", 0777);
    mkdir("one/accelerators/maker", 0777);
    mkdir("two", 0777);
    mkdir("two/accelerators", 0777);
    write_file("one/accelerators/maker/my-chip.yaml", CHIP);
    write_file("one/accelerators/a100-sxm-80g.yaml", CHIP);
    write_file("one/accelerators/.hidden.yaml", "not read");
    write_file("two/accelerators/my-chip.yaml", CHIP "fabric: dgx-a100\naliases: [the-chip]\n");
    const char *const dirs[] = {"one", "two"};
    catalog = open_catalog(dirs, 2);
    assert_int_equal(tc_catalog_accelerator(catalog, "a100-sxm-80g", &accelerator, &error), TC_OK);
    assert_string_equal(accelerator.name, "My chip");
    assert_string_equal(accelerator.slug, "a100-sxm-80g");
    assert_true(accelerator.params.gemm_fraction > 0); /* no architecture: the generic one */
    assert_int_equal(tc_catalog_accelerator(catalog, "my-chip", &accelerator, &error), TC_OK);
    assert_string_equal(accelerator.fabric, "dgx-a100"); /* the later folder wins */
    assert_int_equal(tc_catalog_accelerator(catalog, "the-chip", &accelerator, &error), TC_OK);
    assert_string_equal(accelerator.slug, "my-chip");
    assert_int_equal(tc_catalog_accelerator(catalog, "h100-sxm", &accelerator, &error), TC_OK);
    assert_int_equal(tc_catalog_list(catalog, TC_KIND_ACCELERATOR, &items, &after, &error), TC_OK);
    assert_int_equal(after, before + 1);
    for (int i = 0; i < after; i++)
        if (strcmp(items[i].slug, "my-chip") == 0) {
            assert_string_equal(items[i].origin, "two");
            assert_string_equal(items[i].path, "two/accelerators/my-chip.yaml");
        }
    assert_int_equal(strlen(tc_catalog_hash(catalog)), 16);
    assert_string_not_equal(tc_catalog_hash(catalog), tc_catalog_hash(plain));
    tc_catalog_close(catalog);

    const char *const one[] = {"one"};
    catalog = open_catalog(one, 1);
    char hash[32];
    snprintf(hash, sizeof hash, "%s", tc_catalog_hash(catalog));
    tc_catalog_close(catalog);
    write_file("one/accelerators/maker/my-chip.yaml", CHIP "notes: changed\n");
    catalog = open_catalog(one, 1);
    assert_string_not_equal(tc_catalog_hash(catalog), hash);
    tc_catalog_close(catalog);
    tc_catalog_close(plain);
}

static void check_source_is(const tc_document *document, const char *path, const char *want) {
    char text[256];
    assert_string_equal(tc_figure_source(document, tc_node_find(document->root, path), text, sizeof text), want);
}

/* A file's own sources go over those of its folder's sources.yaml, these over the embedded ones; what a folder says
 * holds for its own files alone. */
static void sources_are_shared(void **state) {
    (void)state;
    const tc_document *document;
    char before[256], after[256];
    tc_error error;
    mkdir("shared", 0777);
    mkdir("shared/accelerators", 0777);
    write_file("shared/sources.yaml",
               "format: 1\nsources: {lab: \"our lab\", desk: \"our desk\", epoch: \"our epoch\"}\n");
    write_file("shared/accelerators/my-chip.yaml",
               "format: 1\nname: X\nsources: {desk: \"this desk\"}\ndevice:\n"
               "  memory: {value: \"96 GB\", source: [lab, desk]}\n"
               "  memory_bandwidth: {value: \"3 TB/s\", source: epoch}\n  cores: {value: 7, source: derived}\n");
    write_file("shared/accelerators/bad.yaml",
               "format: 1\nname: X\ndevice:\n  memory: {value: \"96 GB\", source: labb}\n");
    tc_catalog *plain = open_catalog(NULL, 0), *catalog = open_catalog((const char *const[]){"shared"}, 1);
    assert_int_equal(tc_catalog_document(catalog, TC_KIND_ACCELERATOR, "my-chip", &document, NULL, &error), TC_OK);
    check_source_is(document, "device.memory", "our lab; this desk");
    check_source_is(document, "device.memory_bandwidth", "our epoch");
    check_source_is(document, "device.cores", "Derived, as the note says");
    assert_int_equal(tc_catalog_document(catalog, TC_KIND_ACCELERATOR, "bad", &document, NULL, &error), TC_INVALID);
    assert_string_equal(error.place, "shared/accelerators/bad.yaml:4: device.memory.source");
    assert_string_equal(error.text, "'labb' is no key of 'sources'; did you mean 'lab'?");
    for (int i = 0; i < 2; i++) {
        tc_code code
            = tc_catalog_document(i ? catalog : plain, TC_KIND_ACCELERATOR, "h100-sxm", &document, NULL, &error);
        assert_int_equal(code, TC_OK);
        tc_figure_source(document, tc_node_find(document->root, "package.tdp"), i ? after : before, sizeof before);
    }
    assert_non_null(strstr(before, "Epoch AI"));
    assert_string_equal(before, after);
    tc_catalog_close(catalog);
    tc_catalog_close(plain);
}

static void bad_folders_are_errors(void **state) {
    (void)state;
    tc_catalog *catalog;
    tc_error error;
    mkdir("empty", 0777);
    mkdir("flat", 0777);
    write_file("flat/my-chip.yaml", CHIP);
    mkdir("twice", 0777);
    mkdir("twice/accelerators", 0777);
    mkdir("twice/accelerators/a", 0777);
    mkdir("twice/accelerators/b", 0777);
    write_file("twice/accelerators/a/my-chip.yaml", CHIP);
    write_file("twice/accelerators/b/my-chip.yaml", CHIP);
    tc_catalog_close(open_catalog((const char *const[]){"empty"}, 1));
    assert_int_equal(tc_catalog_open((const char *const[]){"flat"}, 1, &catalog, &error), TC_INVALID);
    assert_string_equal(error.place, "flat");
    assert_int_equal(tc_catalog_open((const char *const[]){"absent"}, 1, &catalog, &error), TC_NOT_FOUND);
    assert_int_equal(tc_catalog_open((const char *const[]){"flat/my-chip.yaml"}, 1, &catalog, &error), TC_NOT_FOUND);
    assert_int_equal(tc_catalog_open((const char *const[]){"twice"}, 1, &catalog, &error), TC_INVALID);
    assert_string_equal(error.place, "twice/accelerators/b/my-chip.yaml");
    assert_string_equal(error.text, "has the same name as twice/accelerators/a/my-chip.yaml; rename one of the two");
    assert_null(catalog);
}

/* A pipe would wait for its writer for good; a folder of such a name is a maker's. */
static void what_is_no_file_is_left_alone(void **state) {
    (void)state;
    tc_accelerator accelerator;
    tc_error error;
    mkdir("odd", 0777);
    mkdir("odd/accelerators", 0777);
    mkdir("odd/accelerators/maker.yaml", 0777);
    assert_int_equal(mkfifo("odd/accelerators/pipe.yaml", 0600), 0);
    assert_int_equal(mkfifo("odd/economics.yaml", 0600), 0);
    write_file("odd/accelerators/maker.yaml/my-chip.yaml", CHIP);
    tc_catalog *catalog = open_catalog((const char *const[]){"odd"}, 1);
    assert_int_equal(tc_catalog_accelerator(catalog, "my-chip", &accelerator, &error), TC_OK);
    assert_int_equal(tc_catalog_accelerator(catalog, "pipe", &accelerator, &error), TC_NOT_FOUND);
    tc_catalog_close(catalog);
}

/* What a file lacks is 0, and only a forecast refuses it. */
static void what_is_known_of_a_chip(void **state) {
    (void)state;
    tc_accelerator accelerator;
    tc_error error;
    mkdir("announced", 0777);
    mkdir("announced/accelerators", 0777);
    write_file("announced/accelerators/soon.yaml",
               "format: 1\nname: Soon\nsources: {a: b}\ndevice:\n  memory: {value: \"96 GB\", source: a}\n");
    tc_catalog *catalog = open_catalog((const char *const[]){"announced"}, 1);
    assert_int_equal(tc_catalog_accelerator_known(catalog, "soon", &accelerator, &error), TC_OK);
    assert_true(accelerator.memory_bytes == 96e9 && accelerator.memory_bytes_per_s == 0);
    assert_false(tc_accelerator_is_complete(&accelerator));
    assert_int_equal(tc_catalog_accelerator(catalog, "soon", &accelerator, &error), TC_INVALID);
    assert_string_equal(error.place, "announced/accelerators/soon.yaml:4: device.memory_bandwidth");
    tc_catalog_close(catalog);
}

/* economics.yaml beside the sub-folders takes the place of the embedded one, alone or with others. */
static void files_beside_the_folders(void **state) {
    (void)state;
    tc_economics economics;
    tc_error error;
    mkdir("money", 0777);
    write_file("money/economics.yaml",
               "format: 1\nsources: {a: b}\n"
               "reliability:\n  mtbf: {value: \"100 h\", source: a}\n  restart: {value: \"1 min\", source: a}\n"
               "  storage_per_device: {value: \"1 GB/s\", source: a}\n"
               "  weights_per_parameter: {value: \"2 B\", source: a}\n"
               "hardware:\n  server_price_factor: {value: 2, source: a}\n"
               "  network_price_share: {value: 0.1, source: a}\n  amortisation: {value: \"4 years\", source: a}\n"
               "  server_power_factor: {value: 2, source: a}\n  power_utilisation: {value: 0.7, source: a}\n"
               "default_region: here\nregions:\n  - slug: here\n    name: Here\n    pue: {value: 1.1, source: a}\n"
               "    electricity: {value: \"0.1 USD/kWh\", source: a}\n"
               "    grid_kg_co2_per_kwh: {value: 0.1, source: a}\n");
    tc_catalog *plain = open_catalog(NULL, 0), *catalog = open_catalog((const char *const[]){"money"}, 1);
    assert_int_equal(tc_economics_load(catalog, NULL, NULL, "", &economics, &error), TC_OK);
    assert_string_equal(economics.region, "here");
    assert_true(economics.mtbf_s == 360000);
    assert_string_not_equal(tc_catalog_hash(catalog), tc_catalog_hash(plain));
    assert_int_equal(tc_economics_load(plain, NULL, NULL, "", &economics, &error), TC_OK);
    assert_string_equal(economics.region, "us");
    tc_catalog_close(catalog);
    tc_catalog_close(plain);
}

/* Every stack knows every optimizer, from the catalog's file or from that of a folder. */
static void optimizers(void **state) {
    (void)state;
    tc_stack stack;
    tc_error error;
    tc_catalog *catalog = open_catalog(NULL, 0);
    assert_int_equal(tc_catalog_stack(catalog, "megatron-core", &stack, &error), TC_OK);
    assert_true(stack.optimizers[TC_OPTIMIZER_ADAMW].state_bytes == 8
                && stack.optimizers[TC_OPTIMIZER_SGD].state_bytes == 4
                && stack.optimizers[TC_OPTIMIZER_MUON].newton_schulz == 5);
    tc_catalog_close(catalog);
    mkdir("few", 0777);
    write_file("few/optimizers.yaml", "format: 1\nsources: {a: b}\noptimizers:\n  - slug: adamw\n");
    catalog = open_catalog((const char *const[]){"few"}, 1);
    assert_int_equal(tc_catalog_stack(catalog, "megatron-core", &stack, &error), TC_INVALID);
    assert_non_null(strstr(error.place, "few/optimizers.yaml"));
    tc_catalog_close(catalog);
}

/* From the general to the particular, the fitted value of a level after its prior; the chip's own wins. */
static void parameters_come_in_layers(void **state) {
    (void)state;
    mkdir("layers", 0777);
    mkdir("layers/accelerators", 0777);
    mkdir("layers/architectures", 0777);
    mkdir("layers/fitted", 0777);
    write_file("layers/architectures/mine.yaml",
               "format: 1\nname: Mine\nsources: {g: guess}\nparameters:\n"
               "  gemm_fraction: {value: 0.11, source: g}\n  memory_fraction: {value: 0.12, source: g}\n"
               "  link_fraction: {value: 0.13, source: g}\n  launch_s: {value: \"4 us\", source: g}\n"
               "  gemm_k_half: {value: 111, source: g}\n");
    write_file("layers/fitted/device.yaml",
               "format: 1\nfitted_on: \"12 runs of 3 families\"\nruns_hash: \"00ff\"\n"
               "generic: {memory_fraction: 0.22}\narchitectures:\n  mine: {link_fraction: 0.23, launch_s: 5e-6}\n"
               "  ampere: {link_fraction: 0.99}\naccelerators:\n  my-chip: {gemm_k_half: 222}\n");
    write_file("layers/fitted/stack.yaml",
               "format: 1\nfitted_on: \"12 runs\"\nruns_hash: \"00ff\"\ngeneric: {ep_overlap: 0.31}\n"
               "stacks:\n  megatron-lm: {dp_overlap: 0.32, framework_bytes: 3e9}\n");
    write_file("layers/accelerators/my-chip.yaml",
               CHIP "architecture: mine\nparameters: {gemm_k_half: {value: 333, source: guess}}\n");
    tc_catalog *catalog = open_catalog((const char *const[]){"layers"}, 1);
    tc_accelerator chip;
    tc_stack stack;
    tc_error error;
    assert_int_equal(tc_catalog_accelerator(catalog, "my-chip", &chip, &error), TC_OK);
    assert_true(chip.params.gemm_fraction == 0.11);
    assert_true(chip.params.memory_fraction == 0.12); /* the architecture's prior stands above the generic fit */
    assert_true(chip.params.link_fraction == 0.23);
    assert_true(chip.params.launch_s == 5e-6);
    assert_true(chip.params.gemm_k_half == 333);
    assert_true(chip.params.attention_fraction > 0);
    assert_int_equal(tc_catalog_stack(catalog, "megatron-lm", &stack, &error), TC_OK);
    assert_true(stack.params.ep_overlap == 0.31 && stack.params.dp_overlap == 0.32
                && stack.params.framework_bytes == 3e9);

    const tc_catalog_parameter *parameters;
    int count;
    assert_int_equal(tc_catalog_parameters(catalog, TC_KIND_ACCELERATOR, "my-chip", &parameters, &count, &error),
                     TC_OK);
    for (int i = 0; i < count; i++) {
        if (strcmp(parameters[i].name, "launch") == 0) {
            assert_string_equal(parameters[i].source, "fitted on 12 runs of 3 families");
            assert_string_equal(parameters[i].file, "layers/fitted/device.yaml");
            assert_int_equal(parameters[i].dimension, TC_DIMENSION_SECONDS);
        }
        if (strcmp(parameters[i].name, "gemm_k_half") == 0)
            assert_string_equal(parameters[i].source, "our own estimate");
    }
    tc_catalog_ignore_fitted(catalog);
    assert_int_equal(tc_catalog_accelerator(catalog, "my-chip", &chip, &error), TC_OK);
    assert_true(chip.params.memory_fraction == 0.12 && chip.params.launch_s == 4e-6 && chip.params.gemm_k_half == 333);
    tc_catalog_close(catalog);

    write_file("layers/fitted/device.yaml",
               "format: 1\nfitted_on: x\nruns_hash: x\naccelerators:\n  my-chip: {gemm_k_halv: 222}\n");
    catalog = open_catalog((const char *const[]){"layers"}, 1);
    assert_int_equal(tc_catalog_accelerator(catalog, "my-chip", &chip, &error), TC_INVALID);
    assert_string_equal(error.place, "layers/fitted/device.yaml:5: accelerators.my-chip.gemm_k_halv");
    assert_string_equal(error.text, "'gemm_k_halv' is unknown; did you mean 'gemm_k_half'?");
    tc_catalog_close(catalog);
}

/* ---- errors and their places ------------------------------------------------------------ */

#define HEAD "format: 1\nname: X\nsources: {a: b}\n"
#define REST                                                                                                           \
    "  memory_bandwidth: {value: \"1 TB/s\", source: a}\n"                                                             \
    "  matmul: {bf16: {value: \"1 TFLOP/s\", source: a}}\n"

typedef struct bad_file {
    const char *text, *place, *message; /* place after "x.yaml:" */
} bad_file;

static const bad_file bad_accelerators[] = {
    /* YAML */
    {"", "1", "is empty; a data file begins with 'format: 1'"},
    {"# nothing\n", "1", "is empty; a data file begins with 'format: 1'"},
    {"text", "1", "holds no 'key: value' lines; a data file begins with 'format: 1'"},
    {"- a\n", "1", "holds no 'key: value' lines; a data file begins with 'format: 1'"},
    {"format: 1\nname: caf\xe9\n", "2", "holds the byte 0xe9, which is no UTF-8 text; give a YAML text file"},
    {"\x7f"
     "ELF\x02",
     "1", "holds the byte 0x7f, which is no UTF-8 text; give a YAML text file"},
    {"format: 1\nname: \"x", "2",
     "is no valid YAML: found unexpected end of stream while scanning a quoted scalar (begun in line 2); check "
     "indentation, quotes and "
     "brackets"},
    {"format: 1\ndevice: {memory: {value: 1", "2: device.memory",
     "is no valid YAML: did not find expected ',' or '}' while parsing a flow mapping (begun in line 2); check "
     "indentation, quotes and "
     "brackets"},
    {HEAD "---\n" HEAD, "4", "a second document begins; give one document a file"},
    {"format: 1\nname: &x y\n", "2: name", "has the anchor '&x'; anchors are not read, write the value out"},
    {"format: 1\nname: *x\n", "2: name", "is the alias '*x'; aliases are not read, write the value out"},
    {"format: 1\nname: !!str x\n", "2: name",
     "has the tag 'tag:yaml.org,2002:str'; tags are not read, write the plain value"},
    {HEAD "name: Y\n", "4: name", "is given twice, first in line 2; keep one of the two"},
    {"format: 1\n[a]: b\n", "2", "a key is no plain word; write 'key: value'"},
    {"format: 1\nnotes: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\n",
     "2: notes[0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0]",
     "is nested deeper than 32 levels; a data file is flat"},
    {"format: 1\nname: \"a\\0b\"\n", "2: name", "holds a NUL character; write plain text"},
    /* the head */
    {"name: X\nformat: 1\n", "1: format", "is not the first key; begin the file with 'format: 1'"},
    {"format: 2\n", "1: format", "'2' is not a version that this program reads; write 1"},
    {"format: 1\n", "1: name", "is missing; write 'name: ...'"},
    {"format: 1\nname:\n", "2: name", "is empty; write text"},
    /* keys */
    {HEAD "vendr: Y\n", "4: vendr", "'vendr' is unknown; did you mean 'vendor'?"},
    {HEAD "device: {memry: 1}\n", "4: device.memry", "'memry' is unknown; did you mean 'memory'?"},
    {HEAD "reliability: {weather: 1}\n", "4: reliability.weather", "'weather' is unknown; the keys here are mtbf"},
    {HEAD "device: 5\n", "4: device", "is text; write 'key: value' lines in it"},
    {HEAD "device: [1]\n", "4: device", "is a list; write 'key: value' lines in it"},
    /* figures */
    {HEAD "device:\n  memory: \"80 GiB\"\n", "5: device.memory",
     "has no source; write {value: \"80 GiB\", source: NAME} with NAME under 'sources'"},
    {HEAD "device:\n  memory: {value: \"80 GiB\"}\n", "5: device.memory",
     "has no source; add 'source: NAME' with NAME under 'sources'"},
    {HEAD "device:\n  memory: {value: \"80 GiB\", source: zebra}\n", "5: device.memory.source",
     "'zebra' is no key of 'sources'; add a line 'zebra: \"where the figure is from\"' there"},
    {HEAD "device:\n  memory: {value: \"80 GiB\", source: [a, c]}\n", "5: device.memory.source[1]",
     "'c' is no key of 'sources'; did you mean 'a'?"},
    {HEAD "device:\n  memory: {value: \"80 GiB\", source: a, unit: GB}\n", "5: device.memory.unit",
     "'unit' is unknown; a figure has value, source and note"},
    {HEAD "device:\n  memory: {source: a}\n", "5: device.memory", "is a mapping; write a value such as \"80 GiB\""},
    {HEAD "device:\n  memory:\n", "5: device.memory", "is empty; write a value such as \"80 GiB\""},
    {HEAD "device:\n  memory:\n    value: \"80 TB/s\"\n    source: a\n", "6: device.memory.value",
     "'80 TB/s' is a bandwidth; write a number of bytes such as \"80 GiB\""},
    {HEAD "device:\n  memory: {value: 80, source: a}\n", "5: device.memory.value",
     "'80' has no unit; write a number of bytes such as \"80 GiB\""},
    {HEAD "device:\n  memory: {value: .nan, source: a}\n", "5: device.memory.value",
     "'.nan' is no number; write a number of bytes such as \"80 GiB\""},
    {HEAD "device:\n  memory: {value: \"1e300 GB\", source: a}\n", "5: device.memory.value",
     "'1e300 GB' is too large; write a number of bytes such as \"80 GiB\""},
    {HEAD "device:\n  memory: {value: \"80 MB\", source: a}\n", "5: device.memory.value",
     "'80 MB' is out of range; write 100 MB to 100 TB"},
    {HEAD "device:\n  cores: {value: 1.5, source: a}\n", "5: device.cores.value",
     "'1.5' is no whole number; write one from 1 to 10000000"},
    {HEAD "package: {datacentre: yes}\n", "4: package.datacentre", "'yes' is neither; write true or false"},
    {HEAD "parameters: {gemm_fraction: {value: 1.5, source: a}}\n", "4: parameters.gemm_fraction.value",
     "'1.5' is out of range; write 1e-6 to 1"},
    {HEAD "parameters: {gemm_fraction: {value: 0, source: a}}\n", "4: parameters.gemm_fraction.value",
     "'0' is out of range; write 1e-6 to 1"},
    {HEAD "parameters: {host_memory_bandwidth: {value: \"0 B/s\", source: a}}\n",
     "4: parameters.host_memory_bandwidth.value", "'0 B/s' is out of range; write 1e-6 B/s to 1 PB/s"},
    {HEAD "parameters: {launch_s: {value: 1, source: a}, launch: {value: 1, source: a}}\n", "4: parameters.launch_s",
     "is the old name of 'launch', which is given too; keep that one"},
    /* figures are numbers, dates of rules apart */
    {HEAD "architecture: {value: ampere}\n", "4: architecture", "is a figure; write the text alone, without 'value'"},
    {HEAD "fabric: {value: dgx-a100, source: a}\n", "4: fabric", "is a figure; write the text alone, without 'value'"},
    /* what a forecast needs */
    {HEAD, "1: device.memory",
     "is missing, and no forecast can do without it; write 'memory: {value: \"80 GiB\", source: NAME}'"},
    {HEAD "device:\n  memory: {value: \"80 GiB\", source: a}\n  memory_bandwidth: {value: \"1 TB/s\", source: a}\n",
     "4: device.matmul",
     "is missing, and no forecast can do without it; write 'bf16: {value: \"312 TFLOP/s\", source: NAME}' in it"},
};

static const bad_file bad_models[] = {
    {HEAD, "1: hidden", "is missing; write 'hidden: 8'"},
#define SHAPE HEAD "hidden: 64\nvocab: 100\nseq: 128\npositions: rotary\nnorm: rms\nblocks:\n"
    {HEAD "hidden: 0\n", "4: hidden", "'0' is out of range; write a whole number from 1 to 1000000000"},
    {HEAD "positions: rotory\n", "4: positions",
     "'rotory' is unknown; did you mean 'rotary'? (one of rotary, learned, none)"},
    {HEAD "positions: 7\n", "4: positions", "'7' is unknown; write one of rotary, learned, none"},
    {SHAPE, "9: blocks", "is empty; write a list, each element after '- '"},
    {SHAPE "  - 5\n", "10: blocks[0]", "is text; write 'key: value' lines in it"},
    {SHAPE "  - count: 2\n", "10: blocks[0].attention",
     "is missing; write 'attention: {heads: 8, head_dim: 128}' or 'mixer: none'"},
    {SHAPE "  - count: 2\n    attention: {head_dim: 8}\n", "11: blocks[0].attention.heads",
     "is missing; write 'heads: 8'"},
    {SHAPE "  - count: 2\n    attention: {heads: 8, head_dim: 8}\n    mixer: none\n", "12: blocks[0].mixer",
     "is none, but there is attention; leave one of them out"},
    {SHAPE "  - count: 2\n    mlp: {kind: gated, ffn: 8}\n    mixer: none\n    ffn: none\n", "13: blocks[0].ffn",
     "is none, but there is mlp; leave one of them out"},
    {SHAPE "  - count: 2\n    attention: {heads: 8, head_dim: 8}\n    ffn: none\n    norms: 9\n", "13: blocks[0].norms",
     "'9' is out of range; write a whole number from 0 to 8"},
    {SHAPE "  - count: 2\n    mixer: none\n    ffn: none\n", "10: blocks[0]",
     "has neither mixer nor ffn; leave the block out"},
    {SHAPE "  - count: 2\n    attention: {heads: 8, kind: scan}\n", "11: blocks[0].attention.kind",
     "'scan' is unknown; write one of mha, mla"},
    {SHAPE "  - count: 2\n    attention: {heads: 8}\n    mlp: {kind: gated, ffn: 8}\n",
     "11: blocks[0].attention.head_dim", "is missing; write 'head_dim: 128'"},
    {SHAPE "  - count: 2\n    attention: {heads: 8, head_dim: 8}\n", "10: blocks[0]",
     "has neither mlp nor moe; write one of them, or 'ffn: none'"},
    {SHAPE "  - count: 2\n    attention: {heads: 8, head_dim: 8}\n    mlp: {kind: gated}\n", "12: blocks[0].mlp.ffn",
     "is missing; write 'ffn: 8'"},
    {SHAPE "  - count: 2\n    attention: {heads: 8, kv_heads: 3, head_dim: 8}\n    mlp: {kind: gated, ffn: 8}\n",
     "11: blocks[0].attention.kv_heads", "3 do not divide the 8 heads; write a divisor of the heads"},
    {SHAPE
     "  - count: 2\n    attention: {heads: 8, head_dim: 8}\n    moe: {kind: gated, experts: 4, top_k: 8, ffn: 8}\n",
     "12: blocks[0].moe.top_k", "8 is more than the 4 experts; write at most 4"},
    {SHAPE "  - count: 2\n    attention: {heads: 8, head_dim: 8}\n    mlp: {kind: {value: gated}, ffn: 8}\n"
           "    moe: {kind: gated, experts: 4, top_k: 2, ffn: 8}\n",
     "12: blocks[0].mlp.kind", "is a figure; write the word alone, without 'value'"},
    {SHAPE "  - count: 2\n    attention: {kind: mla, heads: 8}\n    mlp: {kind: gated, ffn: 8}\n",
     "11: blocks[0].attention.kv_rank", "is missing; write 'kv_rank: 128'"},
};

static const bad_file bad_fabrics[] = {
#define LEVEL(size, topology)                                                                                          \
    "  - {name: l, size: " size ", topology: " topology                                                                \
    ", bandwidth: {value: \"1 GB/s\", source: a}, latency: {value: \"1 us\", source: a}}\n"
    {HEAD "levels:\n" LEVEL("0", "switch") LEVEL("0", "switch"), "5: levels[0].size",
     "0 means no limit, which only the outermost level may have; write its devices"},
    {HEAD "levels:\n" LEVEL("8", "switch") LEVEL("8", "switch"), "6: levels[1].size",
     "8 devices are no more than the 8 of the level inside; list levels from the inside out"},
    {HEAD "levels:\n" LEVEL("8", "torus"), "5: levels[0].dims", "is missing; a torus has dims, write 'dims: 3'"},
    {HEAD "levels: []\n", "4: levels", "has 0 elements; write 1 to 4"},
    {HEAD "levels:\n" LEVEL("-1", "switch"), "5: levels[0].size",
     "'-1' is out of range; write a whole number from 0 to 10000000"},
};

typedef tc_code load_any(tc_catalog *catalog, const char *path, tc_error *error);

static tc_code load_accelerator(tc_catalog *catalog, const char *path, tc_error *error) {
    tc_accelerator out;
    return tc_catalog_accelerator(catalog, path, &out, error);
}
static tc_code load_model(tc_catalog *catalog, const char *path, tc_error *error) {
    tc_model out;
    return tc_catalog_model(catalog, path, &out, error);
}
static tc_code load_fabric(tc_catalog *catalog, const char *path, tc_error *error) {
    tc_fabric out;
    return tc_catalog_fabric(catalog, path, &out, error);
}

static void check_bad(const bad_file *files, size_t count, load_any *load) {
    tc_catalog *catalog = open_catalog(NULL, 0);
    for (size_t i = 0; i < count; i++) {
        tc_error error = {0};
        char place[320];
        write_file("x.yaml", files[i].text);
        snprintf(place, sizeof place, "x.yaml:%s", files[i].place);
        assert_int_equal(load(catalog, "x.yaml", &error), TC_INVALID);
        assert_string_equal(error.place, place);
        assert_string_equal(error.text, files[i].message);
    }
    tc_catalog_close(catalog);
}

static void bad_files_are_errors_with_a_place(void **state) {
    (void)state;
    check_bad(bad_accelerators, COUNT(bad_accelerators), load_accelerator);
    check_bad(bad_models, COUNT(bad_models), load_model);
    check_bad(bad_fabrics, COUNT(bad_fabrics), load_fabric);
}

static void odd_files_are_errors(void **state) {
    (void)state;
    tc_catalog *catalog = open_catalog(NULL, 0);
    tc_error error;
    write_bytes("nul.yaml", "format: 1\nname: a\0b\n", 20);
    assert_int_equal(load_accelerator(catalog, "nul.yaml", &error), TC_INVALID);
    assert_string_equal(error.place, "nul.yaml:2");
    assert_int_equal(load_accelerator(catalog, "/tmp/", &error), TC_INVALID);
    assert_string_equal(error.place, "/tmp/");
    /* an architecture that has no file */
    write_file("arch.yaml", HEAD "architecture: amper\ndevice:\n  memory: {value: \"80 GiB\", source: a}\n" REST);
    assert_int_equal(load_accelerator(catalog, "arch.yaml", &error), TC_INVALID);
    assert_string_equal(error.place, "arch.yaml:4: architecture");
    assert_non_null(strstr(error.text, "'amper' has no file; leave it out, or write one of "));
    assert_non_null(strstr(error.text, "ampere"));
    /* too large: the file, the number of values */
    size_t size = TC_DOCUMENT_MAX_BYTES + 1;
    char *text = malloc(size);
    assert_non_null(text);
    memset(text, 'x', size);
    write_bytes("large.yaml", text, size);
    assert_int_equal(load_accelerator(catalog, "large.yaml", &error), TC_INVALID);
    for (size_t i = 0; i < size; i++) text[i] = i % 2 ? ',' : 'a';
    memcpy(text, "format: 1\nnotes: [", 18);
    write_bytes("many.yaml", text, size - 2);
    assert_int_equal(load_accelerator(catalog, "many.yaml", &error), TC_INVALID);
    assert_string_equal(error.text, "the file has more than 200000 values; give one of ordinary size");
    free(text);
    /* a byte order mark and carriage returns are no error */
    write_file("ok.yaml", "\xef\xbb\xbf" HEAD "device:\r\n  memory: {value: \"80 GiB\", source: a}\r\n" REST);
    assert_int_equal(load_accelerator(catalog, "ok.yaml", &error), TC_OK);
    /* a long path keeps its end */
    char path[400] = "";
    for (int i = 0; i < 150; i++) strcat(path, "./");
    strcat(path, "long.yaml");
    write_file("long.yaml", "format: 2\n");
    assert_int_equal(load_accelerator(catalog, path, &error), TC_INVALID);
    assert_memory_equal(error.place, "...", 3);
    assert_non_null(strstr(error.place, "/long.yaml:1: format"));
    tc_catalog_close(catalog);
}

/* Every prefix of a good file is an error with a place or a good file; nothing crashes. */
static void truncated_files(void **state) {
    (void)state;
    static const char good[] = CHIP "architecture: ampere\nnotes: [a, \"b\", {c: d}]\n";
    tc_catalog *catalog = open_catalog(NULL, 0);
    for (size_t length = 0; length < sizeof good; length++) {
        tc_error error = {0};
        write_bytes("part.yaml", good, length);
        if (load_accelerator(catalog, "part.yaml", &error) == TC_OK) continue;
        assert_memory_equal(error.place, "part.yaml:", 10);
        assert_true(error.text[0]);
    }
    tc_catalog_close(catalog);
}

typedef struct value_range {
    const char *name;
    size_t offset;
    double low, high;
} value_range;

static const value_range device_ranges[] = {
#define TC_DEVICE_RANGE(name, low, high, spread) {#name, offsetof(tc_device_params, name), low, high},
#include "catalog/parameter_ranges.def"
#undef TC_DEVICE_RANGE
};
static const value_range stack_ranges[] = {
#define TC_STACK_RANGE(name, low, high, spread) {#name, offsetof(tc_stack_params, name), low, high},
#include "catalog/parameter_ranges.def"
#undef TC_STACK_RANGE
};
enum {
    DEVICE_RANGES = sizeof device_ranges / sizeof *device_ranges,
    STACK_RANGES = sizeof stack_ranges / sizeof *stack_ranges
};

enum { FITTED_FRACTION = 1, FITTED_POSITIVE = 1, FITTED_SHARE = 0, FITTED_FIGURE = 0 };

static bool has_range(const value_range *ranges, int count, size_t offset) {
    for (int i = 0; i < count; i++)
        if (ranges[i].offset == offset) return ranges[i].low < ranges[i].high;
    return false;
}

/* How many values are beyond their range. */
static int beyond(const value_range *ranges, int count, const void *params, const char *of) {
    int wrong = 0;
    for (int i = 0; i < count; i++) {
        double value = *(const double *)((const char *)params + ranges[i].offset);
        if (value >= ranges[i].low && value <= ranges[i].high) continue;
        print_error("%s of %s: %g is not within %g to %g\n", ranges[i].name, of, value, ranges[i].low, ranges[i].high);
        wrong++;
    }
    return wrong;
}

/* A fitted value that no device or stack can have stands for what the model lacks. */
static void fitted_values_are_physical(void **state) {
    (void)state;
#define TC_DEVICE_PARAM(name, key, dimension, link, least, text)                                                       \
    if (FITTED_##link && !has_range(device_ranges, DEVICE_RANGES, offsetof(tc_device_params, name)))                   \
        fail_msg("%s has no range in catalog/parameter_ranges.def", #name);
#define TC_STACK_PARAM(name, key, dimension, link, least, text)                                                        \
    if (FITTED_##link && !has_range(stack_ranges, STACK_RANGES, offsetof(tc_stack_params, name)))                      \
        fail_msg("%s has no range in catalog/parameter_ranges.def", #name);
#include "traincast_params.h"
#undef TC_DEVICE_PARAM
#undef TC_STACK_PARAM
    tc_catalog *catalog;
    tc_error error;
    const tc_catalog_item *items;
    int count, wrong = 0;
    assert_int_equal(tc_catalog_open(NULL, 0, &catalog, &error), TC_OK);
    assert_int_equal(tc_catalog_list(catalog, TC_KIND_ACCELERATOR, &items, &count, &error), TC_OK);
    for (int i = 0; i < count; i++) {
        tc_accelerator a;
        if (tc_catalog_accelerator_known(catalog, items[i].slug, &a, &error) == TC_OK)
            wrong += beyond(device_ranges, DEVICE_RANGES, &a.params, items[i].slug);
    }
    assert_int_equal(tc_catalog_list(catalog, TC_KIND_STACK, &items, &count, &error), TC_OK);
    for (int i = 0; i < count; i++) {
        tc_stack s;
        if (tc_catalog_stack(catalog, items[i].slug, &s, &error) == TC_OK)
            wrong += beyond(stack_ranges, STACK_RANGES, &s.params, items[i].slug);
    }
    tc_catalog_close(catalog);
    assert_int_equal(wrong, 0);
}

/* What trains language models on a device may train no others: its file says what does. */
static void the_usual_stack_of_a_model(void **state) {
    (void)state;
    static const struct {
        const char *accelerator, *model, *stack;
    } cases[] = {{"ascend-910b3", "llama-3.1-8b", "mindspeed-llm"},
                 {"ascend-910b3", "wan2.1-t2v-14b", "mindspeed-mm"},
                 {"ascend-910c", "flux.1-dev", "mindspeed-mm"},
                 {"ascend-910b3", "qwen2.5-vl-7b", "mindspeed-mm-vlm"},
                 {"h100-sxm", "wan2.1-t2v-14b", "megatron-core"}};
    tc_catalog *catalog = open_catalog(NULL, 0);
    static tc_accelerator a;
    static tc_model m;
    static tc_stack s;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(tc_catalog_accelerator(catalog, cases[i].accelerator, &a, NULL), TC_OK);
        assert_int_equal(tc_catalog_model(catalog, cases[i].model, &m, NULL), TC_OK);
        assert_int_equal(tc_catalog_usual_stack(catalog, &a, tc_kind_of(&m), &s, NULL), TC_OK);
        assert_string_equal(s.slug, cases[i].stack);
    }
    a.stack[0] = '\0';
    assert_int_equal(tc_catalog_usual_stack(catalog, &a, tc_kind_of(&m), &s, NULL), TC_OK);
    assert_string_equal(s.slug, "generic");
    tc_catalog_close(catalog);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_embedded_file_loads),
        cmocka_unit_test(the_usual_stack_of_a_model),
        cmocka_unit_test(generic_stack_states_every_default),
        cmocka_unit_test(deviations_are_of_fitted_values),
        cmocka_unit_test(embedded_helpers_are_sound),
        cmocka_unit_test(stacks_of_before_are_read),
        cmocka_unit_test(names_are_unique),
        cmocka_unit_test(pasted_names_are_found),
        cmocka_unit_test(sources_stand_once),
        cmocka_unit_test(values_arrive),
        cmocka_unit_test(stacks_fall_back_on_their_base),
        cmocka_unit_test(history_where_it_stood),
        cmocka_unit_test(stacks_have_ages),
        cmocka_unit_test(stacks_have_several_bases),
        cmocka_unit_test(old_keys_are_read),
        cmocka_unit_test(figures_have_sources),
        cmocka_unit_test(unknown_slugs_get_a_suggestion),
        cmocka_unit_test(models_load_from_anywhere),
        cmocka_unit_test(folders_extend_and_override),
        cmocka_unit_test(sources_are_shared),
        cmocka_unit_test(bad_folders_are_errors),
        cmocka_unit_test(what_is_no_file_is_left_alone),
        cmocka_unit_test(what_is_known_of_a_chip),
        cmocka_unit_test(files_beside_the_folders),
        cmocka_unit_test(optimizers),
        cmocka_unit_test(parameters_come_in_layers),
        cmocka_unit_test(fitted_values_are_physical),
        cmocka_unit_test(bad_files_are_errors_with_a_place),
        cmocka_unit_test(odd_files_are_errors),
        cmocka_unit_test(truncated_files),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
