/* traces.c - traces of requests in the forms that are published: CSV by the names of its head, JSON Lines of Mooncake. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"

#define LONGEST 1e8 /* tokens */

typedef struct columns {
    int at, input, output; /* -1: not there */
    bool date;
} columns;

/* The field of that number of a line; its length. */
static const char *field(const char *line, size_t length, int number, size_t *size) {
    const char *at = line, *end = line + length;
    for (;; number--) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        *size = (size_t)((comma ? comma : end) - at);
        if (number == 0) return at;
        if (!comma) return NULL;
        at = comma + 1;
    }
}

static bool same(const char *a, size_t n, const char *b) {
    while (n > 0 && (a[n - 1] == '\r' || a[n - 1] == ' ')) n--;
    if (n != strlen(b)) return false;
    for (size_t i = 0; i < n; i++) {
        char c = a[i] >= 'A' && a[i] <= 'Z' ? (char)(a[i] + 32) : a[i];
        if (c != b[i]) return false;
    }
    return true;
}

static columns head_of(const char *line, size_t length) {
    static const char *const names[3][6]
        = {{"timestamp", "arrival_time", "arrived_at", "time", "at_s", NULL},
           {"contexttokens", "request tokens", "input_tokens", "input_length", "num_prefill_tokens", NULL},
           {"generatedtokens", "response tokens", "output_tokens", "output_length", "num_decode_tokens", NULL}};
    columns c = {-1, -1, -1, false};
    int *places[3] = {&c.at, &c.input, &c.output};
    size_t size;
    const char *text;
    for (int number = 0; number < 64 && (text = field(line, length, number, &size)); number++)
        for (int k = 0; k < 3; k++)
            for (int n = 0; names[k][n]; n++)
                if (same(text, size, names[k][n])) *places[k] = number;
    return c;
}

/* "2023-11-16 18:17:03.9799600" to seconds of an epoch; else a number of seconds. NaN where it is neither. */
static double seconds_of(const char *text, size_t size) {
    char copy[64];
    snprintf(copy, sizeof copy, "%.*s", (int)(size < 63 ? size : 63), text);
    int year, month, day, hour, minute;
    double second;
    if (sscanf(copy, "%4d-%2d-%2d%*1[ T]%2d:%2d:%lf", &year, &month, &day, &hour, &minute, &second) == 6 && month >= 1
        && month <= 12) {
        static const int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
        double days = (year - 2000) * 365.0 + floor((year - 1997) / 4.0) + before[month - 1] + day
                      + (month > 2 && year % 4 == 0);
        return days * 86400 + hour * 3600.0 + minute * 60.0 + second;
    }
    char *end;
    double value = strtod(copy, &end);
    return end == copy ? NAN : value;
}

static double count_of(const char *text, size_t size) {
    double value = seconds_of(text, size);
    return value >= 1 && value <= LONGEST ? value : NAN;
}

static tc_code read_csv_line(const columns *c, const char *path, int line, const char *text, size_t length,
                             tc_request *out, tc_error *error) {
    size_t size[3];
    const char *at = field(text, length, c->at, &size[0]), *input = field(text, length, c->input, &size[1]),
               *output = field(text, length, c->output, &size[2]);
    char place[320];
    snprintf(place, sizeof place, "%.300s:%d", path, line);
    if (!at || !input || !output)
        return tc_fail(error, TC_INVALID, place, "has too few columns; as many as the head are needed");
    *out = (tc_request){seconds_of(at, size[0]), count_of(input, size[1]), count_of(output, size[2])};
    if (isnan(out->at_s) || isinf(out->at_s))
        return tc_fail(error, TC_INVALID, place, "has no time; seconds or a date and time are needed");
    if (isnan(out->input_tokens)) return tc_fail(error, TC_INVALID, place, "has no tokens of input from 1 on");
    if (isnan(out->output_tokens)) out->output_tokens = 1; /* an answer that failed */
    return TC_OK;
}

/* Mooncake: {"timestamp": ms, "input_length": n, "output_length": n, ...} */
static tc_code read_json_line(const char *path, int line, const char *text, size_t length, tc_request *out,
                              tc_error *error) {
    tc_json_document document;
    tc_code code = tc_json_open(&document, path, line, text, length, error);
    if (code) return code;
    tc_json row = tc_json_root(&document);
    double at = tc_json_number(&row, "timestamp", 0, 1e15, NAN),
           input = tc_json_number(&row, "input_length", 0, LONGEST, NAN),
           output = tc_json_number(&row, "output_length", 0, LONGEST, NAN);
    if (!document.code && (isnan(at) || isnan(input) || isnan(output)))
        tc_json_fail(&row, NULL, "has not all of timestamp (ms), input_length and output_length");
    *out = (tc_request){at / 1e3, fmax(input, 1), fmax(output, 1)};
    tc_json_close(&document);
    return document.code;
}

static int by_time(const void *a, const void *b) {
    double x = ((const tc_request *)a)->at_s, y = ((const tc_request *)b)->at_s;
    return (x > y) - (x < y);
}

tc_code tc_trace_read(const char *path, const char *text, size_t length, tc_request **out, int64_t *count,
                      tc_error *error) {
    const char *end = text + length;
    size_t lines = 1;
    for (const char *at = text; (at = memchr(at, '\n', (size_t)(end - at))); at++) lines++;
    tc_request *requests = malloc(lines * sizeof *requests);
    if (!requests) return tc_fail(error, TC_INTERNAL, path, "out of memory");
    columns c = {-1, -1, -1, false};
    int64_t n = 0;
    int line = 0;
    tc_code code = TC_OK;
    for (const char *at = text; at < end && !code;) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t size = (size_t)((stop ? stop : end) - at);
        line++;
        if (size > 0 && at[size - 1] == '\r') size--;
        if (size > 0 && at[0] == '{')
            code = read_json_line(path, line, at, size, &requests[n++], error);
        else if (size > 0 && c.at < 0) {
            c = head_of(at, size);
            if (c.at < 0 || c.input < 0 || c.output < 0)
                code = tc_fail(error, TC_INVALID, path,
                               "has no head that names a time, tokens of input and of output; "
                               "TIMESTAMP,ContextTokens,GeneratedTokens is one");
        } else if (size > 0)
            code = read_csv_line(&c, path, line, at, size, &requests[n++], error);
        at = stop ? stop + 1 : end;
    }
    if (!code && n == 0) code = tc_fail(error, TC_INVALID, path, "holds no request; a line each is needed");
    if (code) {
        free(requests);
        return code;
    }
    qsort(requests, (size_t)n, sizeof *requests, by_time);
    double first = requests[0].at_s;
    for (int64_t i = 0; i < n; i++) requests[i].at_s -= first;
    *out = requests;
    *count = n;
    return TC_OK;
}
