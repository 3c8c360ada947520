/* history.c - reads histories: JSON Lines to structs. */
#include "validate/history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "validate/lines.h"

#define LARGEST 10000000
#define LARGEST_BATCH (INT64_C(1) << 40)
#define LARGEST_VALUE 1e18
#define LONGEST_DAYS 36500

/* A copy in the arena; "" where there is no text. */
static const char *text_of(const tc_json *json, const char *key, tc_arena *arena) {
    const char *text = tc_json_string(json, key, NULL);
    if (!text) return "";
    const char *copy = tc_arena_copy(arena, text, strlen(text));
    if (copy) return copy;
    if (json->document->code == TC_OK)
        json->document->code = tc_fail(json->document->error, TC_INTERNAL, json->document->file, "out of memory");
    return "";
}

static double measure(const tc_json *json, const char *key, double most) {
    double value = tc_json_number(json, key, 0, most, 0);
    if (tc_json_value(json, key) && value <= 0) tc_json_fail(json, key, "0; a number above 0 is needed");
    return value;
}

/* The year of the start, else of the paper: an arXiv address has the year and month in which it was handed in. */
static int year_of(const tc_json *row) {
    const char *start = tc_json_string(row, "start", ""), *url = tc_json_string(row, "url", "");
    long year = strtol(start, NULL, 10);
    if (year >= 1990 && year <= 2100) return (int)year;
    const char *at = strstr(url, "arxiv.org/");
    at = at ? strpbrk(at + 10, "0123456789") : NULL;
    if (!at || strspn(at, "0123456789") != 4 || at[4] != '.') return 0;
    return 2000 + (at[0] - '0') * 10 + (at[1] - '0');
}

/* Days of a fleet that was not the same all the time, or that nobody clocked. */
static const char *skip_of(const tc_json *row, tc_arena *arena) {
    const char *change = tc_json_string(row, "fleet_change", NULL);
    if (change) {
        char text[160];
        int length = snprintf(text, sizeof text, "devices: the fleet changed during the run (%.100s)", change);
        return tc_arena_copy(arena, text, (size_t)length);
    }
    if (tc_json_bool(row, "mixed_fleet", 0) == 1) return "devices: several kinds of accelerator";
    if (tc_json_bool(row, "elastic", 0) == 1) return "devices: nodes joined and left all the time";
    if (tc_json_bool(row, "ideal", 0) == 1) return "days: tokens over a rate, not clocked";
    return NULL;
}

static tc_code read_line(const char *path, int line, const char *text, size_t length, tc_arena *arena, tc_history *out,
                         tc_error *error) {
    tc_json_document document;
    *out = (tc_history){.line = line, .id = "", .accelerator = "", .model = "", .stack = ""};
    tc_code code = tc_json_open(&document, path, line, text, length, error);
    if (code != TC_OK) return code;
    tc_json row = tc_json_root(&document);
    out->id = text_of(&row, "id", arena);
    if (!out->id[0]) tc_json_fail(&row, "id", "missing; every run needs a name of its own");
    out->accelerator = text_of(&row, "accelerator", arena);
    out->model = text_of(&row, "model", arena);
    out->stack = text_of(&row, "stack", arena);
    out->devices = (int)tc_json_integer(&row, "devices", 1, LARGEST, 0);
    out->seq = (int)tc_json_integer(&row, "seq", 1, LARGEST, 0);
    out->tp = (int)tc_json_integer(&row, "tp", 1, LARGEST, 0);
    out->pp = (int)tc_json_integer(&row, "pp", 1, LARGEST, 0);
    out->global_batch = tc_json_integer(&row, "global_batch", 1, LARGEST_BATCH, 0);
    out->tokens = measure(&row, "tokens", LARGEST_VALUE);
    out->days = measure(&row, "days", LONGEST_DAYS);
    out->device_hours = measure(&row, "device_hours", LARGEST_VALUE);
    out->year = year_of(&row);
    out->skip = skip_of(&row, arena);
    tc_json_close(&document);
    return document.code;
}

static tc_code refuse(const char *path, const tc_error *why, tc_arena *arena, tc_history *row, tc_error *error) {
    char text[sizeof why->place + sizeof why->text + 4];
    int length = snprintf(text, sizeof text, "%s: %s", why->place, why->text);
    row->refused = tc_arena_copy(arena, text, (size_t)length);
    if (!row->id[0]) row->id = tc_arena_copy(arena, why->place, strcspn(why->place, " "));
    return row->refused && row->id ? TC_OK : tc_fail(error, TC_INTERNAL, path, "out of memory");
}

tc_code tc_history_read(const char *path, const char *text, size_t length, tc_arena *arena, tc_history_list *out,
                        tc_error *error) {
    const char *at;
    size_t n;
    int rows = 0, refused = 0;
    tc_error first = {0};
    for (tc_lines lines = tc_lines_of(text, length); tc_lines_next(&lines, &at, &n);) rows++;
    *out = (tc_history_list){.row = tc_arena_alloc(arena, ((size_t)rows + 1) * sizeof *out->row)};
    if (!out->row) return tc_fail(error, TC_INTERNAL, path, "out of memory");
    for (tc_lines lines = tc_lines_of(text, length); tc_lines_next(&lines, &at, &n);) {
        tc_history *row = &out->row[out->count++];
        tc_error why = {0};
        tc_code code = read_line(path, lines.line, at, n, arena, row, &why);
        if (code && code != TC_INVALID) return tc_fail(error, code, why.place, "%s", why.text);
        if (code && (code = refuse(path, &why, arena, row, error))) return code;
        if (row->refused && !refused++) first = why;
    }
    if (out->count == 0) return tc_fail(error, TC_INVALID, path, "no run; one JSON object a line is needed");
    if (refused == out->count) return tc_fail(error, TC_INVALID, first.place, "%s", first.text);
    return TC_OK;
}
