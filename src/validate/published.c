/* published.c - reads published training runs: one table-like function a part of the line; a wrong line is refused, the others go on. */
#include "validate/published.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/vocabulary.h"
#include "validate/lines.h"
#include "validate/served.h"

#define LARGEST_FILE ((size_t)256 << 20)
#define LARGEST_BATCH (INT64_C(1) << 40)

/* In the order of the enumerations; "partial" is TC_RECOMPUTE_LAYERS in the files. */
static const char *const recomputes[] = {"none", "selective", "full", "partial"};
static const char *const conventions[] = {"6nd", "full", "causal", "hardware", "unknown"};
static const char *const memory_kinds[] = {"unknown", "allocated", "reserved", "device"};
static const char *const metrics[]
    = {NULL, "step_s", "tokens_per_s_per_device", "samples_per_s", "tflops_per_device", "mfu_pct"};

#define COUNT(list) ((int)(sizeof(list) / sizeof(list)[0]))

_Static_assert(sizeof metrics / sizeof metrics[0] == TC_METRICS, "a name for each metric");

const char *tc_metric_name(tc_metric metric) { return metrics[metric]; }

static void read_source(const tc_json *row, const tc_json *norm, tc_published_run *run, tc_arena *arena) {
    run->id = tc_published_text(row, "id", "", arena);
    if (run->id[0] == 0) tc_json_fail(row, "id", "missing; every run needs a name of its own");
    run->group = tc_published_text(row, "group", run->id, arena);
    run->source_family = tc_published_text(norm, "source_family", run->group, arena);
    run->source_kind = tc_published_text(row, "source_kind", "", arena);
    run->stack = tc_published_text(norm, "stack", NULL, arena);
    run->accelerator = tc_published_text(row, "accelerator", NULL, arena);
    run->framework = tc_published_text(row, "framework", NULL, arena);
    run->notes = tc_published_text(row, "notes", NULL, arena);
    run->url = tc_published_text(row, "url", NULL, arena);
    run->accelerator_certain = tc_json_bool(norm, "accelerator_certain", 1) == 1;
    run->out_of_memory = strcmp(tc_json_string(row, "quality", ""), "oom") == 0;
    run->counts = tc_json_bool(norm, "counts", 1) == 1 && !run->out_of_memory;
}

static void read_recompute_layers(const tc_json *norm, tc_published_run *run) {
    const json_t *pair = tc_json_value(norm, "recompute_layers");
    if (!pair) return;
    const json_t *layers = json_array_get(pair, 0), *of = json_array_get(pair, 1);
    if (json_array_size(pair) == 2 && json_is_integer(layers) && json_is_integer(of) && json_integer_value(layers) >= 0
        && json_integer_value(layers) <= json_integer_value(of) && json_integer_value(of) <= TC_FIELD_LARGEST) {
        run->recompute_layers = (int)json_integer_value(layers);
        run->recompute_of = (int)json_integer_value(of);
    } else {
        char shown[64];
        tc_json_fail(norm, "recompute_layers", "%s; two whole numbers, [recomputed, layers], are needed",
                     tc_json_show(pair, shown, sizeof shown));
    }
}

static void read_layout(const tc_json *row, const tc_json *norm, tc_published_run *run) {
    run->devices = tc_field_positive(row, "devices", 0);
    run->devices_per_node = tc_field_positive(row, "devices_per_node", 0);
    run->chips = tc_field_positive(row, "chips", 0);
    run->parallel_devices = tc_field_positive(row, "parallel_devices", 0);
    run->global_batch = tc_json_integer(row, "global_batch", 1, LARGEST_BATCH, TC_UNSET);
    run->micro_batch = tc_field_positive(row, "micro_batch", TC_UNSET);
    run->tp = tc_field_positive(row, "tp", TC_UNSET);
    run->pp = tc_field_positive(row, "pp", TC_UNSET);
    run->cp = tc_field_positive(row, "cp", TC_UNSET);
    run->dp = tc_field_positive(row, "dp", TC_UNSET);
    run->ep = tc_field_positive(row, "ep", TC_UNSET);
    run->etp = tc_field_positive(row, "etp", TC_UNSET);
    run->vpp = tc_field_positive(row, "vpp", TC_UNSET);
    run->sequence_parallel = tc_json_bool(row, "sequence_parallel", TC_UNSET);
    run->flash_attention = tc_json_bool(row, "flash_attention", TC_UNSET);
    run->dtype = tc_json_choice(norm, "dtype", tc_dtype_names, TC_DTYPES, TC_UNSET);
    run->sharding = tc_json_choice(norm, "sharding", tc_sharding_names, TC_SHARD_HSDP + 1, TC_UNSET);
    run->recompute = tc_json_choice(norm, "recompute", recomputes, COUNT(recomputes), TC_UNSET);
    read_recompute_layers(norm, run);
    run->frozen_base = tc_json_bool(norm, "frozen_base", 0) == 1;
}

/* The first stated metric; TFLOP/s and MFU mean nothing without their convention. */
static void choose_metric(tc_published_run *run) {
    const double values[TC_METRICS] = {0,
                                       run->step_s,
                                       run->tokens_per_s_per_device,
                                       run->samples_per_s,
                                       run->flops == TC_FLOPS_UNKNOWN ? 0 : run->tflops_per_device,
                                       run->flops == TC_FLOPS_UNKNOWN ? 0 : run->mfu_pct};
    for (int metric = TC_METRIC_STEP_S; metric < TC_METRICS; metric++)
        if (values[metric] > 0) {
            run->metric = (tc_metric)metric;
            run->measured = values[metric];
            return;
        }
}

void tc_published_count_flops(tc_published_run *run, tc_flops_convention flops) {
    if (run->flops != TC_FLOPS_UNKNOWN) return;
    run->flops = flops;
    run->flops_assumed = run->metric == TC_METRIC_NONE;
    choose_metric(run);
}

static void read_measured(const tc_json *row, const tc_json *norm, tc_published_run *run) {
    tc_json measured = tc_json_child(row, "measured"), derived = tc_json_child(row, "derived");
    run->flops = (tc_flops_convention)tc_json_choice(norm, "flops", conventions, COUNT(conventions), TC_FLOPS_UNKNOWN);
    run->step_s = tc_field_measure(&measured, "step_s");
    double derived_step_s = tc_field_measure(&derived, "step_s");
    if (run->step_s <= 0) run->step_s = derived_step_s;
    run->tokens_per_s_per_device = tc_field_measure(&measured, "tokens_per_s_per_device");
    run->samples_per_s = tc_field_measure(&measured, "samples_per_s");
    run->tflops_per_device = tc_field_measure(&measured, "tflops_per_device");
    run->mfu_pct = tc_field_measure(&measured, "mfu_pct");
    run->hfu_pct = tc_field_measure(&measured, "hfu_pct");
    choose_metric(run);

    tc_json memory = tc_json_child(norm, "memory");
    run->memory_gib = tc_field_measure(&memory, "gib");
    run->memory_unit_certain = tc_json_bool(&memory, "unit_certain", 0) == 1;
    run->memory_kind
        = (tc_memory_kind)tc_json_choice(&memory, "kind", memory_kinds, COUNT(memory_kinds), TC_MEMORY_UNKNOWN);
}

/* What else the recipe says: as norm states it and, in a row whose texts nobody has read, as those say. */
static void read_recipe(const tc_json *row, const tc_json *norm, tc_published *published, tc_published_run *run) {
    run->stated = tc_stated_none();
    tc_stated_read(norm, &published->arena, &run->stated);
    run->texts_read = tc_json_bool(norm, "read", 0) == 1;
    int stated_year = (int)tc_json_integer(row, "year", 1900, 2100, 0);
    const char *texts[TC_ROW_TEXTS];
    for (int t = 0; t < TC_ROW_TEXTS; t++) texts[t] = tc_json_string(row, tc_row_text_keys[t], NULL);
    bool reads = !run->texts_read || published->read_again;
    if (reads && !published->words && row->document->code == TC_OK)
        row->document->code = tc_words_open(&published->arena, &published->words, row->document->error);
    if (reads && row->document->code == TC_OK)
        tc_words_read(published->words, texts, run->recompute == TC_RECOMPUTE_LAYERS && run->recompute_of == 0,
                      &run->stated);
    /* the row's year is somebody's reading; a date of another year is of another thing */
    bool agrees = run->stated.date != TC_UNSET && (!stated_year || run->stated.date / 100 == stated_year);
    run->year = stated_year ? stated_year : run->stated.date != TC_UNSET ? run->stated.date / 100 : 0;
    run->date = agrees ? run->stated.date : 100 * run->year;
    if (run->stated.device_memory == 1) run->memory_kind = TC_MEMORY_DEVICE;
}

static void read_run(const tc_json *row, tc_published *published, tc_published_run *run) {
    tc_arena *arena = &published->arena;
    tc_json norm = tc_json_child(row, "norm");
    read_source(row, &norm, run, arena);
    tc_published_read_model(row, &run->model, arena);
    read_layout(row, &norm, run);
    read_measured(row, &norm, run);
    read_recipe(row, &norm, published, run);
    run->model.method = run->stated.method;
    /* "kv_lora_rank" of latent attention is no fine-tuning */
    bool ranks = strstr(run->notes ? run->notes : "", "lora_rank") != NULL;
    if (run->frozen_base && !run->texts_read && ranks && !run->model.finetune.kind) run->frozen_base = false;
}

/* Moved to room for one more element; NULL: out of memory, and the list is where it was. */
static void *grown(void *list, int count, int *room, size_t element) {
    int larger = count < *room ? *room : *room ? 2 * *room : 64;
    void *moved = realloc(list, (size_t)larger * element);
    if (moved) *room = larger;
    return moved;
}

static tc_code make_room(tc_published *p, const char *path, tc_error *error) {
    if (p->count >= p->room) {
        tc_published_run *runs = grown(p->runs, p->count, &p->room, sizeof *p->runs);
        if (!runs) return tc_fail(error, TC_INTERNAL, path, "out of memory");
        p->runs = runs;
    }
    if (p->served_count >= p->served_room) {
        tc_served_row *served = grown(p->served, p->served_count, &p->served_room, sizeof *p->served);
        if (!served) return tc_fail(error, TC_INTERNAL, path, "out of memory");
        p->served = served;
    }
    return TC_OK;
}

/* Reads a line as a training run or a serving row, into the place behind the last one of its list; `served` says which. */
static tc_code read_line(const char *path, int line, const char *text, size_t length, tc_published *p, bool *served,
                         tc_error *error) {
    tc_json_document document;
    *served = false;
    tc_code code = make_room(p, path, error);
    if (code != TC_OK) return code;
    tc_published_run *run = &p->runs[p->count];
    *run = (tc_published_run){.line = line, .id = "", .group = "", .source_family = ""};
    run->model.name = run->model.family = ""; /* also where the line is no JSON */
    code = tc_json_open(&document, path, line, text, length, error);
    if (code != TC_OK) return code;
    tc_json row = tc_json_root(&document);
    *served = tc_served_is(document.root);
    if (*served) {
        p->served[p->served_count] = (tc_served_row){.line = line};
        tc_served_read(&row, &p->arena, &p->served[p->served_count]);
    } else {
        read_run(&row, p, run);
    }
    tc_json_close(&document);
    return document.code;
}

/* Why a row that is wrong is kept all the same, so that the others are still scored; it gets a name. NULL: out of memory. */
static const char *refusal(tc_published *p, const tc_error *why, const char **id) {
    char text[sizeof why->place + sizeof why->text + 4];
    int length = snprintf(text, sizeof text, "%s: %s", why->place, why->text);
    if (!*id || !(*id)[0]) *id = tc_arena_copy(&p->arena, why->place, strcspn(why->place, " "));
    return *id ? tc_arena_copy(&p->arena, text, (size_t)length) : NULL;
}

tc_code tc_published_read(tc_published *p, const char *path, const char *text, size_t length, tc_error *error) {
    int before = p->count, served_before = p->served_count, refused = 0;
    tc_error first = {0};
    tc_lines lines = tc_lines_of(text, length);
    for (const char *at; tc_lines_next(&lines, &at, &length);) {
        tc_error why = {0};
        bool served;
        tc_code code = read_line(path, lines.line, at, length, p, &served, &why);
        if (code && code != TC_INVALID) return tc_fail(error, code, why.place, "%s", why.text);
        const char **id = served ? &p->served[p->served_count].id : &p->runs[p->count].id,
                   *reason = code ? refusal(p, &why, id) : NULL;
        if (code && !reason) return tc_fail(error, TC_INTERNAL, path, "out of memory");
        if (code && !refused++) first = why;
        if (served) {
            p->served[p->served_count++].refused = reason;
        } else {
            p->runs[p->count].refused = reason;
            if (reason) p->runs[p->count].counts = false;
            p->count++;
        }
    }
    int rows = p->count - before + p->served_count - served_before;
    if (rows == 0) return tc_fail(error, TC_INVALID, path, "no run; one JSON object a line is needed");
    if (rows > refused) return TC_OK;
    p->count = before;
    p->served_count = served_before;
    return tc_fail(error, TC_INVALID, first.place, "%s", first.text);
}

tc_code tc_published_read_file(tc_published *published, const char *path, tc_error *error) {
    char *text = NULL;
    size_t length = 0;
    tc_code code = tc_file_read(path, LARGEST_FILE, &text, &length, error);
    if (code == TC_OK) code = tc_published_read(published, path, text, length, error);
    free(text);
    return code;
}

tc_code tc_published_open(tc_published **out, tc_error *error) {
    *out = calloc(1, sizeof **out);
    return *out ? TC_OK : tc_fail(error, TC_INTERNAL, "published runs", "out of memory");
}

void tc_published_close(tc_published *published) {
    if (published) tc_published_free(published);
    free(published);
}

void tc_published_free(tc_published *published) {
    free(published->runs);
    free(published->served);
    tc_arena_free(&published->arena);
    *published = (tc_published){0};
}
