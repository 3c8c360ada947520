/* predictions.c - reads the forecasts of another simulator. */
#include "validate/predictions.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "validate/lines.h"

#define SHORTEST_STEP 1e-9 /* s */
#define LONGEST_STEP 1e9
#define LEAST_MEMORY 1e-9 /* GiB */
#define MOST_MEMORY 1e9

/* A copy in the arena; NULL where there is no text, or no memory: the document has the error then. */
static const char *text_of(const tc_json *json, const char *key, tc_arena *arena) {
    const char *text = tc_json_string(json, key, NULL);
    if (!text) return NULL;
    const char *copy = tc_arena_copy(arena, text, strlen(text));
    if (!copy && json->document->code == TC_OK)
        json->document->code = tc_fail(json->document->error, TC_INTERNAL, json->document->file, "out of memory");
    return copy;
}

static bool is_own(const tc_json *row) {
    tc_json settings = tc_json_child(row, "settings");
    return tc_json_bool(row, "own_row", 0) == 1 || (settings.object && tc_json_bool(&settings, "own_row", 0) == 1);
}

static void read_row(const tc_json *json, tc_arena *arena, tc_predictions *out) {
    tc_prediction *row = &out->row[out->count];
    const char *tool = text_of(json, "tool", arena), *version = text_of(json, "commit", arena);
    if (tool && !out->tool) out->tool = tool;
    if (version && !out->version[0]) out->version = version;
    *row = (tc_prediction){.id = text_of(json, "id", arena), .line = json->document->line};
    if (!row->id && tool) return;
    if (!row->id || !row->id[0]) tc_json_fail(json, "id", "missing; the id of a published run is needed");
    row->skipped = text_of(json, "skipped", arena);
    row->step_s = tc_json_number(json, "predicted_step_s", SHORTEST_STEP, LONGEST_STEP, 0);
    row->memory_gib = tc_json_number(json, "predicted_memory_gib", LEAST_MEMORY, MOST_MEMORY, 0);
    row->own = is_own(json);
    if (row->step_s <= 0 && row->memory_gib <= 0 && !row->skipped)
        tc_json_fail(json, "predicted_step_s", "missing; a number of seconds is needed, or why not, in skipped");
    if (row->step_s > 0 && row->skipped)
        tc_json_fail(json, "skipped", "given beside predicted_step_s; one of both is needed");
    out->count++;
}

static int by_id(const void *a, const void *b) {
    const tc_prediction *x = a, *y = b;
    int order = strcmp(x->id, y->id);
    return order ? order : (x->line > y->line) - (x->line < y->line);
}

static tc_code check_ids(const tc_predictions *p, tc_error *error) {
    char place[256];
    for (int i = 1; i < p->count; i++) {
        if (strcmp(p->row[i - 1].id, p->row[i].id) != 0) continue;
        snprintf(place, sizeof place, "%.200s:%d: id", p->path, p->row[i].line);
        return tc_fail(error, TC_INVALID, place, "%.80s is the id of line %d too; every run needs one row",
                       p->row[i].id, p->row[i - 1].line);
    }
    return TC_OK;
}

/* "calculon" of "DIR/calculon.jsonl" */
static const char *name_of(const char *path, tc_arena *arena) {
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *dot = strrchr(name, '.');
    return tc_arena_copy(arena, name, dot && dot > name ? (size_t)(dot - name) : strlen(name));
}

tc_code tc_predictions_read(const char *path, const char *text, size_t length, tc_arena *arena, tc_predictions *out,
                            tc_error *error) {
    const char *at;
    size_t n, rows = 0;
    for (tc_lines lines = tc_lines_of(text, length); tc_lines_next(&lines, &at, &n);) rows++;
    *out = (tc_predictions){.path = tc_arena_copy(arena, path, strlen(path)),
                            .version = "",
                            .row = tc_arena_alloc(arena, (rows + 1) * sizeof *out->row)};
    if (!out->row || !out->path) return tc_fail(error, TC_INTERNAL, path, "out of memory");
    for (tc_lines lines = tc_lines_of(text, length); tc_lines_next(&lines, &at, &n);) {
        tc_json_document document;
        tc_code code = tc_json_open(&document, path, lines.line, at, n, error);
        if (code) return code;
        tc_json json = tc_json_root(&document);
        read_row(&json, arena, out);
        tc_json_close(&document);
        if (document.code) return document.code;
    }
    if (out->count == 0) return tc_fail(error, TC_INVALID, path, "no forecast; one JSON object a run is needed");
    if (!out->tool && !(out->tool = name_of(path, arena))) return tc_fail(error, TC_INTERNAL, path, "out of memory");
    qsort(out->row, (size_t)out->count, sizeof *out->row, by_id);
    return check_ids(out, error);
}

const tc_prediction *tc_prediction_of(const tc_predictions *p, const char *id) {
    int low = 0, high = p->count;
    while (low < high) {
        int middle = low + (high - low) / 2, order = strcmp(p->row[middle].id, id);
        if (order == 0) return &p->row[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}
