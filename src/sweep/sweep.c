/* sweep.c - reads a sweep's file, names its tasks, runs them one by one. */
#include "sweep/sweep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/units.h"
#include "base/vocabulary.h"
#include "catalog/catalog.h"
#include "catalog/document.h"
#include "catalog/lookup.h"
#include "workload/finetune.h"

/* ---- the file ------------------------------------------------------------------------ */

typedef struct reader {
    const tc_document *document;
    tc_error *error;
} reader;

/* The scalars of "key: value" or "key: [a, b]". */
static tc_code list_of(const reader *r, const char *key, bool needed, const tc_node **first, int *count) {
    const tc_node *node = tc_node_get(r->document->root, key);
    *first = NULL;
    *count = 0;
    if (!node)
        return needed ? tc_document_fail(r->document, r->document->root, key, r->error, "is missing; give a list")
                      : TC_OK;
    if (node->kind == TC_NODE_SCALAR) {
        *first = node;
        *count = 1;
        return TC_OK;
    }
    if (node->kind != TC_NODE_SEQUENCE || node->count < 1 || node->count > TC_SWEEP_LIST_MAX)
        return tc_document_fail(r->document, node, NULL, r->error, "is no list; give 1 to %d values",
                                TC_SWEEP_LIST_MAX);
    *first = node->first;
    *count = node->count;
    return TC_OK;
}

/* The next value of a list; a single value has none. */
static const tc_node *next_of(const tc_node *node) {
    return node->parent && node->parent->kind == TC_NODE_SEQUENCE ? node->next : NULL;
}

/* A slug or a path of the file; a path begins at the file's folder. */
static tc_code place(const reader *r, const tc_node *node, char *out, size_t size) {
    bool fits = tc_is_path(node->text) ? tc_path_from_file(r->document->file, node->text, out, size)
                                       : snprintf(out, size, "%s", node->text) < (int)size;
    return fits ? TC_OK
                : tc_document_fail(r->document, node, NULL, r->error,
                                   "is %zu characters or more with its folder; write a shorter path", size);
}

static tc_code read_texts(const reader *r, const char *key, char (*out)[160], int *count) {
    const tc_node *node;
    tc_code code = list_of(r, key, true, &node, count);
    for (int i = 0; !code && i < *count; i++, node = next_of(node)) {
        if (node->kind != TC_NODE_SCALAR || !node->text[0] || strlen(node->text) >= sizeof out[0])
            return tc_document_fail(r->document, node, NULL, r->error, "is no name; give a slug or a file");
        code = place(r, node, out[i], sizeof out[i]);
    }
    return code;
}

static tc_code read_integers(const reader *r, const char *key, int *out, int *count) {
    const tc_node *node;
    tc_code code = list_of(r, key, true, &node, count);
    for (int i = 0; !code && i < *count; i++, node = next_of(node)) {
        int64_t value = 0;
        tc_error unused;
        if (node->kind != TC_NODE_SCALAR || tc_parse_integer(node->text, 1, 1000000000, &value, key, &unused))
            return tc_document_fail(r->document, node, NULL, r->error, "is no whole number; give 1 or more");
        out[i] = (int)value;
    }
    return code;
}

static int find_word(const char *const *words, const char *word) {
    for (int i = 0; words[i]; i++)
        if (strcmp(words[i], word) == 0) return i;
    return TC_UNSET;
}

static tc_code read_words(const reader *r, const char *key, const char *const *words, int *out, int *count) {
    const tc_node *node;
    tc_code code = list_of(r, key, false, &node, count);
    for (int i = 0; !code && i < *count; i++, node = next_of(node)) {
        out[i] = node->kind == TC_NODE_SCALAR ? find_word(words, node->text) : TC_UNSET;
        if (out[i] == TC_UNSET) {
            int n = 0;
            while (words[n]) n++;
            const char *nearest = node->kind == TC_NODE_SCALAR ? tc_nearest(node->text, words, n) : NULL;
            return tc_document_fail(r->document, node, NULL, r->error, "is unknown; for example %s",
                                    nearest ? nearest : words[0]);
        }
    }
    return code;
}

static tc_code read_text(const reader *r, const char *key, char *out, size_t size) {
    const tc_node *node = tc_node_get(r->document->root, key);
    if (!node) return TC_OK;
    if (node->kind != TC_NODE_SCALAR || strlen(node->text) >= size)
        return tc_document_fail(r->document, node, NULL, r->error, "is no short text; write one of at most %zu bytes",
                                size - 1);
    snprintf(out, size, "%s", node->text);
    return TC_OK;
}

static tc_code read_name(const reader *r, const char *key, char *out, size_t size) {
    tc_code code = read_text(r, key, out, size);
    return code || !out[0] ? code : place(r, tc_node_get(r->document->root, key), out, size);
}

static tc_code check_keys(const reader *r) {
    static const char *const keys[]
        = {"format", "name",  "note",        "models", "accelerators", "devices",   "global_batches", "dtypes",
           "seq",    "stack", "fabric",      "fix",    "finetune",     "objective", "max_memory",     "schedules",
           "any",    "fit",   "all_devices", "layers", "frames",       "height",    "width",          "cached_latents",
           "set"};
    const int n = (int)(sizeof keys / sizeof keys[0]);
    for (const tc_node *node = r->document->root->first; node; node = node->next) {
        bool known = false;
        for (int i = 0; i < n; i++) known = known || strcmp(node->key, keys[i]) == 0;
        const char *nearest = tc_nearest(node->key, keys, n);
        if (!known)
            return tc_document_fail(r->document, node, NULL, r->error, "is no field of a sweep; %s%s",
                                    nearest ? "did you mean " : "see data/sweeps", nearest ? nearest : "");
    }
    const char *format = tc_node_text(r->document->root, "format");
    if (!format || strcmp(format, "1") != 0)
        return tc_document_fail(r->document, r->document->root, "format", r->error,
                                "is missing or unknown; the first line is 'format: 1'");
    return TC_OK;
}

/* What is wrong with a setting, with its line. */
static tc_code wrong(const reader *r, const char *key, const char *what) {
    return tc_document_fail(r->document, tc_node_get(r->document->root, key), NULL, r->error, "%s", what);
}

static tc_code read_switch(const reader *r, const char *key, bool *out) {
    char text[8] = "";
    tc_code code = read_text(r, key, text, sizeof text);
    *out = strcmp(text, "true") == 0;
    if (!code && text[0] && !*out && strcmp(text, "false") != 0)
        code = wrong(r, key, "is neither; write true or false");
    return code;
}

/* A whole number from 1; TC_UNSET where it is not given. */
static tc_code read_count(const reader *r, const char *key, int *out) {
    char text[24] = "";
    int64_t value;
    tc_error why;
    tc_code code = read_text(r, key, text, sizeof text);
    *out = TC_UNSET;
    if (code || !text[0]) return code;
    if (tc_parse_integer(text, 1, 100000000, &value, "", &why)) return wrong(r, key, why.text);
    *out = (int)value;
    return TC_OK;
}

/* What every model of the sweep is cut to, and what a sample is. */
static tc_code read_sample(const reader *r, tc_sweep *s) {
    bool cached = false;
    tc_code code = read_count(r, "seq", &s->seq);
    if (!code) code = read_count(r, "layers", &s->layers);
    if (!code) code = read_count(r, "frames", &s->frames);
    if (!code) code = read_count(r, "height", &s->height);
    if (!code) code = read_count(r, "width", &s->width);
    if (!code) code = read_switch(r, "cached_latents", &cached);
    s->cached_latents = tc_node_get(r->document->root, "cached_latents") ? cached : TC_UNSET;
    return code;
}

static bool has_sample(const tc_sweep *s) {
    return s->frames != TC_UNSET || s->height != TC_UNSET || s->width != TC_UNSET;
}

static tc_code load_model(const tc_sweep *s, tc_catalog *catalog, const char *name, tc_model *out, tc_error *error) {
    tc_code code = tc_model_load(catalog, name, out, error);
    if (!code && s->layers != TC_UNSET) code = tc_model_cut(out, s->layers, error);
    if (!code && has_sample(s)) code = tc_model_set_sample(out, s->frames, s->height, s->width, error);
    if (!code && s->cached_latents != TC_UNSET && out->latents.stride == 0)
        code = tc_fail(error, TC_INVALID, "cached_latents", "is for models of images and video; leave it out");
    if (!code && has_sample(s) && s->seq != TC_UNSET && s->seq != out->seq)
        code = tc_fail(error, TC_INVALID, "seq", "%d, but its sample has %d latent tokens; leave it out", s->seq,
                       out->seq);
    return code;
}

static tc_code read_settings(const reader *r, tc_sweep *s) {
    static const char *const objectives[] = {"time", "memory", NULL};
    char memory[64] = "", fit[24] = "";
    int schedule[TC_SWEEP_LIST_MAX], schedules, objective[TC_SWEEP_LIST_MAX], given;
    tc_code code = read_text(r, "name", s->name, sizeof s->name);
    if (!code) code = read_name(r, "stack", s->stack, sizeof s->stack);
    if (!code) code = read_name(r, "fabric", s->fabric, sizeof s->fabric);
    if (!code) code = read_text(r, "fix", s->fix, sizeof s->fix);
    if (!code) code = read_text(r, "finetune", s->finetune, sizeof s->finetune);
    if (!code) code = read_text(r, "max_memory", memory, sizeof memory);
    if (!code) code = read_sample(r, s);
    if (!code) code = read_switch(r, "any", &s->any);
    if (!code) code = read_switch(r, "all_devices", &s->all_devices);
    if (!code) code = read_text(r, "fit", fit, sizeof fit);
    if (!code) code = read_words(r, "objective", objectives, objective, &given);
    if (!code && given > 0) s->objective = (tc_objective)objective[0];
    if (!code) code = read_words(r, "schedules", tc_schedule_names, schedule, &schedules);
    for (int i = 0; !code && i < schedules; i++) s->schedules |= 1u << schedule[i];
    if (!code && given > 1) code = wrong(r, "objective", "is more than one; give time or memory");
    if (!code && s->schedules >> TC_SCHEDULE_CUSTOM & 1u)
        code = wrong(r, "schedules", "has custom, which is a file of one layout; give schedules by name");
    tc_error why;
    if (!code && memory[0] && tc_parse_quantity(memory, TC_DIMENSION_BYTES, &s->max_memory_bytes, "", &why))
        code = wrong(r, "max_memory", why.text);
    if (!code && memory[0] && s->max_memory_bytes < 1)
        code = wrong(r, "max_memory", "is nothing; give a quantity such as \"72 GiB\", or leave it out");
    if (!code && fit[0] && (tc_parse_number(fit, &s->fit, "", &why) || s->fit < 0.01 || s->fit > 0.99))
        code = wrong(r, "fit", "is no probability; write one from 0.01 to 0.99");
    tc_job job = tc_default_job();
    if (!code && s->finetune[0] && tc_finetune_parse(s->finetune, "", &job, &why))
        code = wrong(r, "finetune", why.text);
    tc_layout fixed = tc_default_search_input().fixed;
    if (!code && tc_search_fix(&fixed, s->fix, "", &why)) code = wrong(r, "fix", why.text);
    return code;
}

static tc_code read_sweep(const tc_document *document, const char *const *sets, int count, tc_sweep *s,
                          tc_error *error) {
    reader r = {document, error};
    tc_code code = check_keys(&r);
    if (!code) code = read_texts(&r, "models", s->model, &s->models);
    if (!code) code = read_texts(&r, "accelerators", s->accelerator, &s->accelerators);
    if (!code) code = read_integers(&r, "devices", s->device, &s->devices);
    if (!code) code = read_integers(&r, "global_batches", s->batch, &s->batches);
    if (!code) code = read_words(&r, "dtypes", tc_dtype_names, s->dtype, &s->dtypes);
    if (!code) code = tc_sweep_read_sets(document, tc_node_get(document->root, "set"), &s->sets, error);
    for (int i = 0; i < count && !code; i++) code = tc_sweep_add_set(&s->sets, sets[i], error);
    if (!code) code = read_settings(&r, s);
    if (code) return code;
    if (s->dtypes == 0) s->dtype[s->dtypes++] = TC_BF16;
    int64_t tasks = (int64_t)s->models * s->accelerators * s->devices;
    tasks *= (int64_t)s->batches * s->dtypes;
    if (tasks <= TC_SWEEP_TASKS_MAX) tasks *= tc_sweep_combinations(&s->sets);
    if (tasks > TC_SWEEP_TASKS_MAX)
        return tc_document_fail(document, document->root, "models", error,
                                "x accelerators x devices x ... are %lld searches; at most %d", (long long)tasks,
                                TC_SWEEP_TASKS_MAX);
    s->tasks = (int)tasks;
    return TC_OK;
}

/* ---- hashes -------------------------------------------------------------------------- */

#define FILE_MAX ((size_t)64 << 20)

static uint64_t add_text(uint64_t hash, const char *text) { /* the end of the text included */
    return tc_hash_bytes(hash, text, strlen(text) + 1);
}

/* Of the file that a path names; 0 for a slug, and for a file that cannot be read, which the search will say. */
static tc_code hash_file(const char *slug_or_path, uint64_t *hash, tc_error *error) {
    char *text;
    size_t length;
    *hash = 0;
    if (!tc_is_path(slug_or_path)) return TC_OK;
    tc_code code = tc_file_read(slug_or_path, FILE_MAX, &text, &length, error);
    if (code) return code == TC_INTERNAL ? code : TC_OK;
    *hash = add_text(TC_HASH_START, text);
    free(text);
    return TC_OK;
}

static tc_code hash_files(tc_sweep *s, tc_error *error) {
    tc_code code = TC_OK;
    for (int i = 0; i < s->models && !code; i++) code = hash_file(s->model[i], &s->model_file[i], error);
    for (int i = 0; i < s->accelerators && !code; i++)
        code = hash_file(s->accelerator[i], &s->accelerator_file[i], error);
    if (!code) code = hash_file(s->stack, &s->stack_file, error);
    return code ? code : hash_file(s->fabric, &s->fabric_file, error);
}

/* Every name is in the catalog: an unknown one is told before the first search. */
static tc_code check_names(const tc_document *document, tc_catalog *catalog, const tc_sweep *s, tc_error *error) {
    const reader r = {.document = document, .error = error};
    const tc_node *model, *chip, *stack = tc_node_get(document->root, "stack"),
                                 *fabric = tc_node_get(document->root, "fabric");
    union {
        tc_model model;
        tc_accelerator chip;
        tc_stack stack;
        tc_fabric fabric;
    } any;
    tc_error cause;
    int models, chips;
    tc_code code = list_of(&r, "models", true, &model, &models);
    if (!code) code = list_of(&r, "accelerators", true, &chip, &chips);
    for (int i = 0; i < s->models && !code; i++, model = next_of(model)) {
        code = load_model(s, catalog, s->model[i], &any.model, &cause);
        const tc_node *setting = code ? tc_node_get(document->root, cause.place + strspn(cause.place, "-")) : NULL;
        code = setting ? tc_document_fail(document, setting, NULL, error, "%s", cause.text)
                       : tc_document_pass_on(document, model, code, &cause, error);
    }
    for (int i = 0; i < s->accelerators && !code; i++, chip = next_of(chip))
        code
            = tc_document_pass_on(document, chip, tc_catalog_accelerator(catalog, s->accelerator[i], &any.chip, &cause),
                                  &cause, error);
    if (!code && stack)
        code = tc_document_pass_on(document, stack, tc_catalog_stack(catalog, s->stack, &any.stack, &cause), &cause,
                                   error);
    if (!code && fabric)
        code = tc_document_pass_on(document, fabric, tc_catalog_fabric(catalog, s->fabric, &any.fabric, &cause), &cause,
                                   error);
    return code;
}

/* The fabric and the stack of an accelerator and a model in this sweep. */
static tc_code take_usual(const tc_sweep *s, tc_catalog *catalog, const tc_accelerator *a, tc_model_kind kind,
                          tc_fabric *fabric, tc_stack *stack, tc_error *error) {
    const char *name = s->fabric[0] ? s->fabric : a->fabric;
    if (!name[0]) return tc_fail(error, TC_INVALID, "fabric", "%s has none of its own; give one", a->slug);
    tc_code code = tc_catalog_fabric(catalog, name, fabric, error);
    if (code) return code;
    return s->stack[0] ? tc_catalog_stack(catalog, s->stack, stack, error)
                       : tc_catalog_usual_stack(catalog, a, kind, stack, error);
}

/* What the accelerators bring with them. */
static tc_code check_usual(tc_catalog *catalog, const tc_sweep *s, tc_error *error) {
    tc_code code = TC_OK;
    for (int i = 0; i < s->accelerators && !code; i++) {
        tc_accelerator chip;
        tc_fabric fabric;
        tc_stack stack;
        code = tc_catalog_accelerator(catalog, s->accelerator[i], &chip, error);
        if (!code) code = take_usual(s, catalog, &chip, TC_MODEL_OF_TEXT, &fabric, &stack, error);
    }
    return code;
}

/* Each value of each axis, alone: it is one of a file that is read, and can be. */
static tc_code check_sets(const tc_document *document, tc_catalog *catalog, const tc_sweep *s, tc_error *error) {
    const tc_node *sets = tc_node_get(document->root, "set");
    tc_code code = TC_OK;
    for (int i = 0; i < s->sets.count && !code; i++)
        for (int k = 0; k < s->sets.set[i].values && !code; k++) {
            char text[TC_SWEEP_PATH + TC_SWEEP_VALUE];
            const char *change = text;
            const tc_node *node = sets ? tc_node_get(sets, s->sets.set[i].path) : NULL;
            tc_error cause;
            snprintf(text, sizeof text, "%s=%s", s->sets.set[i].path, s->sets.set[i].value[k]);
            code = tc_catalog_set(catalog, &change, 1, &cause);
            if (!code) code = check_names(document, catalog, s, &cause);
            if (!code) code = check_usual(catalog, s, &cause);
            if (!code) code = tc_catalog_sets_used(catalog, &cause);
            tc_catalog_unset(catalog);
            if (code && code != TC_INTERNAL && node)
                code
                    = tc_document_fail(document, node, NULL, error, "'%.60s': %s", s->sets.set[i].value[k], cause.text);
            else if (code)
                *error = cause;
        }
    return code;
}

tc_code tc_sweep_load(tc_catalog *catalog, const char *path, tc_sweep *out, tc_error *error) {
    return tc_sweep_load_with(catalog, path, NULL, 0, out, error);
}

tc_code tc_sweep_load_with(tc_catalog *catalog, const char *path, const char *const *sets, int count, tc_sweep *out,
                           tc_error *error) {
    tc_arena arena = {NULL};
    tc_document document;
    memset(out, 0, sizeof *out);
    out->seq = TC_UNSET;
    snprintf(out->data, sizeof out->data, "%.19s", tc_catalog_hash(catalog));
    tc_code code = tc_document_read(path, &arena, &document, error);
    if (!code) code = read_sweep(&document, sets, count, out, error);
    if (!code) code = check_names(&document, catalog, out, error);
    if (!code) code = check_sets(&document, catalog, out, error);
    if (!code) code = hash_files(out, error);
    tc_arena_free(&arena);
    return code;
}

/* ---- tasks ------------------------------------------------------------------------------- */

typedef struct task {
    const char *model, *accelerator;
    uint64_t model_file, accelerator_file;
    int set, devices, batch, dtype; /* set: which combination of changed figures */
} task;

static task task_of(const tc_sweep *s, int index) {
    task t;
    t.dtype = s->dtype[index % s->dtypes], index /= s->dtypes;
    t.batch = s->batch[index % s->batches], index /= s->batches;
    t.devices = s->device[index % s->devices], index /= s->devices;
    const int sets = (int)tc_sweep_combinations(&s->sets);
    t.set = index % sets, index /= sets;
    t.accelerator = s->accelerator[index % s->accelerators];
    t.accelerator_file = s->accelerator_file[index % s->accelerators], index /= s->accelerators;
    t.model = s->model[index];
    t.model_file = s->model_file[index];
    return t;
}

const char *tc_sweep_task_text(const tc_sweep *s, int index, char *buffer, size_t size) {
    task t = task_of(s, index);
    char set[400];
    tc_sweep_changes_text(&s->sets, t.set, set, sizeof set);
    snprintf(buffer, size, "%s on %d x %s, batch %d, %s%s%s", t.model, t.devices, t.accelerator, t.batch,
             tc_dtype_names[t.dtype], *set ? ", " : "", set);
    return buffer;
}

/* The hash of the sources of the forecast, made by the build. */
extern const char tc_arithmetic[];

static uint64_t add_number(uint64_t hash, double number) {
    char text[40];
    return add_text(hash, tc_format_number(number, 15, text, sizeof text));
}

/* Of a file, its name without folders: its content is hashed, where it lies says nothing. */
static const char *name_of(const char *slug_or_path, uint64_t file) {
    const char *slash = file ? strrchr(slug_or_path, '/') : NULL;
    return slash ? slash + 1 : slug_or_path;
}

void tc_sweep_key(const tc_sweep *s, int index, char key[20]) {
    task t = task_of(s, index);
    uint64_t hash = TC_HASH_START;
    const char *const texts[] = {TC_VERSION,
                                 tc_arithmetic,
                                 s->data,
                                 name_of(t.model, t.model_file),
                                 name_of(t.accelerator, t.accelerator_file),
                                 name_of(s->stack, s->stack_file),
                                 name_of(s->fabric, s->fabric_file),
                                 s->fix};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) hash = add_text(hash, texts[i]);
    if (s->finetune[0]) hash = add_text(hash, s->finetune);
    const int sample[] = {s->layers, s->frames, s->height, s->width, s->cached_latents};
    for (int i = 0; i < (int)(sizeof sample / sizeof sample[0]); i++)
        if (sample[i] != TC_UNSET) hash = add_number(add_number(hash, i), sample[i]);
    const double numbers[] = {t.devices,           t.batch,      t.dtype, s->seq, s->objective,
                              s->max_memory_bytes, s->schedules, s->any,  s->fit, s->all_devices};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) hash = add_number(hash, numbers[i]);
    const uint64_t files[] = {t.model_file, t.accelerator_file, s->stack_file, s->fabric_file};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) hash = tc_hash_word(hash, files[i]);
    tc_sweep_changes changes;
    tc_sweep_changes_of(&s->sets, t.set, &changes);
    for (int i = 0; i < changes.count; i++) hash = add_text(hash, changes.text[i]);
    snprintf(key, 20, "%016llx", (unsigned long long)hash);
}

const char *tc_sweep_status_name(int status) {
    static const char *const names[] = {"found", "infeasible", "failed"};
    return status >= TC_SWEEP_FOUND && status <= TC_SWEEP_FAILED ? names[status] : "-";
}

/* ---- one search ---------------------------------------------------------------------------- */

static tc_code make_input(const tc_sweep *s, tc_catalog *catalog, const task *t, tc_search_input *in, tc_error *error) {
    *in = tc_default_search_input();
    in->question.cluster.devices = t->devices;
    in->question.job.global_batch = t->batch;
    in->question.job.dtype = t->dtype;
    in->question.job.seq = s->seq;
    in->objective = s->objective;
    in->max_memory_bytes = s->max_memory_bytes;
    if (s->fit > 0) in->fit = s->fit;
    in->schedules = s->schedules;
    in->any = s->any;
    in->all_devices = s->all_devices;
    tc_code code = tc_search_fix(&in->fixed, s->fix, "fix", error);
    if (!code && s->finetune[0]) code = tc_finetune_parse(s->finetune, "finetune", &in->question.job, error);
    in->question.job.cached_latents = s->cached_latents;
    if (!code) code = load_model(s, catalog, t->model, &in->question.job.model, error);
    if (!code) code = tc_catalog_accelerator(catalog, t->accelerator, &in->question.cluster.accelerator, error);
    if (code) return code;
    code = take_usual(s, catalog, &in->question.cluster.accelerator, tc_kind_of(&in->question.job.model),
                      &in->question.cluster.fabric, &in->question.stack, error);
    return code ? code : tc_catalog_interval(catalog, &in->question.interval, error);
}

static void take_beyond(const tc_search_input *in, const tc_found *best, tc_sweep_row *row) {
    tc_beyond beyond[TC_LACKS];
    tc_question question = in->question;
    question.job.dtype = best->dtype;
    size_t count = tc_beyond_stack(&question, &best->step.layout, beyond, TC_LACKS), used = 0;
    for (size_t i = 0; i < count && i < TC_LACKS && used < sizeof row->beyond_stack; i++)
        used += (size_t)snprintf(row->beyond_stack + used, sizeof row->beyond_stack - used, "%s%s", i ? "\n" : "",
                                 beyond[i].text);
}

static void take_best(const tc_search_input *in, const tc_found *best, tc_sweep_row *row) {
    const tc_step *step = &best->step;
    row->idle_devices = best->idle;
    take_beyond(in, best, row);
    row->layout = step->layout;
    row->layout.order = NULL;
    row->step_s = step->step_s;
    row->step_s_p10 = step->step_s_p10;
    row->step_s_p90 = step->step_s_p90;
    row->mfu_pct = step->mfu_pct;
    row->tokens_per_s_per_device = step->tokens_per_s_per_device;
    row->memory_bytes = step->memory.reserved;
    row->fits_probability = step->fits_probability;
}

static tc_code search_task(const tc_search_input *in, tc_search *search, tc_sweep_row *row, tc_error *error) {
    tc_error why;
    tc_code code = tc_search_run(in, search, &why);
    if (code == TC_INTERNAL) return tc_fail(error, code, why.place, "%s", why.text); /* no result to keep */
    if (code) {
        row->status = TC_SWEEP_FAILED;
        snprintf(row->note, sizeof row->note, "%.60s: %.170s", why.place, why.text);
        return TC_OK;
    }
    row->space = search->space;
    row->rejected_memory = search->rejected[TC_REJECTED_MEMORY];
    row->status = search->best_count > 0 ? TC_SWEEP_FOUND : TC_SWEEP_INFEASIBLE;
    if (search->best_count > 0) {
        take_best(in, &search->best[0], row);
    } else {
        code = tc_search_advise(in, search, error);
        if (!code && search->advice_count > 0) {
            snprintf(row->note, sizeof row->note, "%s", search->advice[0].text);
            snprintf(row->options, sizeof row->options, "%s", search->advice[0].options);
        }
    }
    tc_search_free(search);
    return code == TC_INTERNAL ? code : TC_OK;
}

tc_code tc_sweep_search(const tc_sweep *s, tc_catalog *catalog, int index, int threads, tc_sweep_row *out,
                        tc_error *error) {
    task t = task_of(s, index);
    tc_sweep_changes changes;
    tc_search_input *in = malloc(sizeof *in);
    tc_search *search = malloc(sizeof *search);
    tc_sweep_changes_of(&s->sets, t.set, &changes);
    tc_code code = in && search ? TC_OK : tc_fail(error, TC_INTERNAL, "sweep", "out of memory");
    if (!code && changes.count > 0) code = tc_catalog_set(catalog, changes.change, changes.count, error);
    if (!code) code = make_input(s, catalog, &t, in, error);
    tc_catalog_unset(catalog);
    if (!code) {
        memset(out, 0, sizeof *out);
        tc_sweep_key(s, index, out->key);
        tc_sweep_changes_text(&s->sets, t.set, out->set, sizeof out->set);
        snprintf(out->model, sizeof out->model, "%.95s", in->question.job.model.slug);
        snprintf(out->accelerator, sizeof out->accelerator, "%.63s", in->question.cluster.accelerator.slug);
        snprintf(out->fabric, sizeof out->fabric, "%.63s", in->question.cluster.fabric.slug);
        snprintf(out->stack, sizeof out->stack, "%.63s", in->question.stack.slug);
        out->devices = t.devices;
        out->global_batch = t.batch;
        out->dtype = t.dtype;
        out->seq = s->seq == TC_UNSET ? in->question.job.model.seq : s->seq;
        in->threads = threads;
        code = search_task(in, search, out, error);
    }
    free(in);
    free(search);
    return code;
}
