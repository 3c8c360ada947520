/* logs.c - reads logs by the lines of data/logs.yaml. */
#include "calibrate/logs.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/units.h"
#include "catalog/document.h"
#include "catalog/packed.h"
#include "validate/lines.h"
#include "validate/score.h"

#define LOGS_FILE "logs.yaml"

enum { LOG_FORMATS = 16, LONGEST_LINE = 1024, MOST_STEPS = 1 << 20 };

/* What a program prints. */
typedef struct log_format {
    const char *name, *line, *value, *step;
    double scale;
    tc_metric metric;
} log_format;

static tc_code read_format(const tc_document *document, const tc_node *node, log_format *out, tc_error *error) {
    const char *metric = tc_node_text(node, "metric"), *scale = tc_node_text(node, "scale");
    tc_error why;
    *out = (log_format){.name = tc_node_text(node, "name"),
                        .line = tc_node_text(node, "line"),
                        .value = tc_node_text(node, "value"),
                        .step = tc_node_text(node, "step")};
    for (int m = TC_METRIC_STEP_S; m < TC_METRICS && metric; m++)
        if (strcmp(tc_metric_name((tc_metric)m), metric) == 0) out->metric = (tc_metric)m;
    if (!out->name || !out->line || !out->value || !out->step || !out->metric || !scale
        || tc_parse_number(scale, &out->scale, "scale", &why))
        return tc_document_fail(document, node, NULL, error, "lacks name, line, value, step, metric or scale");
    return TC_OK;
}

static tc_code read_formats(tc_arena *arena, log_format *formats, int *count, tc_error *error) {
    const tc_embedded_file *file = NULL;
    for (size_t i = 0; i < tc_embedded_data.count && !file; i++)
        if (strcmp(tc_embedded_data.files[i].path, LOGS_FILE) == 0) file = &tc_embedded_data.files[i];
    if (!file) return tc_fail(error, TC_INTERNAL, LOGS_FILE, "is not embedded");
    tc_document document;
    tc_code code = tc_document_unpack(&tc_embedded_data, file, "data/" LOGS_FILE, arena, &document, error);
    const tc_node *rows = code ? NULL : tc_node_get(document.root, "logs");
    *count = 0;
    for (const tc_node *row = rows ? rows->first : NULL; row && !code && *count < LOG_FORMATS; row = row->next)
        code = read_format(&document, row, &formats[(*count)++], error);
    return code;
}

/* A line without colours, and without what a terminal would not show. */
static void clean(const char *text, size_t length, char out[LONGEST_LINE]) {
    size_t n = 0;
    for (size_t i = 0; i < length && n + 1 < LONGEST_LINE; i++) {
        if (text[i] == '\033') { /* to the letter that ends the sequence */
            while (i + 1 < length && !((text[i] >= 'A' && text[i] <= 'Z') || (text[i] >= 'a' && text[i] <= 'z'))) i++;
            continue;
        }
        if (text[i]) out[n++] = text[i];
    }
    out[n] = '\0';
}

/* The number behind `key`, "7,480" or " 1234.5"; NaN: there is none. */
static double number_behind(const char *line, const char *key) {
    const char *at = strstr(line, key);
    char digits[40];
    size_t n = 0;
    if (!at) return NAN;
    at += strlen(key);
    at += strspn(at, " \t");
    for (; n + 1 < sizeof digits && *at && (strchr("0123456789.eE", *at) || (strchr("+-", *at) && n > 0)); at++) {
        digits[n++] = *at;
        if (at[1] == ',' && at[2] >= '0' && at[2] <= '9' && strspn(at + 2, "0123456789") == 3) at++; /* thousands */
    }
    digits[n] = '\0';
    double value;
    tc_error why;
    return n && tc_parse_number(digits, &value, key, &why) == TC_OK ? value : NAN;
}

/* The format with the most lines; -1: none has one. */
static int find_format(const char *text, size_t length, const log_format *formats, int count) {
    int lines_of[LOG_FORMATS] = {0}, best = -1;
    char line[LONGEST_LINE];
    tc_lines lines = tc_lines_of(text, length);
    for (const char *at; tc_lines_next(&lines, &at, &length);) {
        clean(at, length, line);
        for (int f = 0; f < count; f++) lines_of[f] += strstr(line, formats[f].line) != NULL;
    }
    for (int f = 0; f < count; f++)
        if (lines_of[f] > 0 && (best < 0 || lines_of[f] > lines_of[best])) best = f;
    return best;
}

/* The figures of the steps in their order, each step once. */
static tc_code take_figures(const char *path, const char *text, size_t length, const log_format *f, double *figures,
                            int *count, tc_error *error) {
    char line[LONGEST_LINE], place[600];
    double last = NAN;
    tc_lines lines = tc_lines_of(text, length);
    for (const char *at; tc_lines_next(&lines, &at, &length);) {
        clean(at, length, line);
        if (!strstr(line, f->line)) continue;
        double step = number_behind(line, f->step), figure = number_behind(line, f->value);
        if (!(figure > 0) || !isfinite(figure * f->scale)) {
            snprintf(place, sizeof place, "%.500s:%d", path, lines.line);
            return tc_fail(error, TC_INVALID, place, "has no number above 0 behind '%s', as %s prints it", f->value,
                           f->name);
        }
        if (step == last) continue; /* another rank's */
        last = step;
        if (*count < MOST_STEPS) figures[(*count)++] = figure * f->scale;
    }
    return TC_OK;
}

/* The first steps compile, fill caches and wait for each other: the first fifth, one at least where there are three. */
static int warm_up_of(int steps) {
    return steps < 3 ? 0 : steps < 10 ? (steps + 4) / 5 : steps / 5 < 2 ? 2 : steps / 5;
}

tc_code tc_log_read(const char *path, const char *text, size_t length, tc_arena *arena, tc_log_step *out,
                    tc_error *error) {
    log_format formats[LOG_FORMATS];
    int count, steps = 0;
    tc_code code = read_formats(arena, formats, &count, error);
    if (code) return code;
    int best = find_format(text, length, formats, count);
    if (best < 0) {
        char names[200] = "";
        for (int f = 0; f < count; f++)
            snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", f ? ", " : "", formats[f].name);
        return tc_fail(error, TC_INVALID, path,
                       "has neither rows nor a step that a known program printed (%s); give JSON Lines or such a log",
                       names);
    }
    double *figures = malloc(((length / 8 < MOST_STEPS ? length / 8 : MOST_STEPS) + 2) * sizeof *figures);
    if (!figures) return tc_fail(error, TC_INTERNAL, path, "out of memory");
    code = take_figures(path, text, length, &formats[best], figures, &steps, error);
    if (!code) {
        int warm = warm_up_of(steps), n = steps - warm;
        qsort(figures + warm, (size_t)n, sizeof *figures, tc_by_value);
        *out = (tc_log_step){.program = formats[best].name,
                             .metric = formats[best].metric,
                             .measured = tc_quantile(figures + warm, n, 0.5),
                             .steps = n,
                             .warm_up = warm};
    }
    free(figures);
    return code;
}
