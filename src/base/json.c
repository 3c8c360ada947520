/* json.c - jansson's tree behind readers that know the place of what they read. */
#include "base/json.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "base/utf8.h"

#define MAX_FILE_IN_PLACE 160
#define PROBE ((size_t)1 << 16) /* what a parse needs at least, by far */

/* The end of a long file name is what tells files apart, and the path must fit behind it. */
static void write_file(const char *file, char *room, size_t size) {
    size_t length = strlen(file);
    bool is_long = length > MAX_FILE_IN_PLACE;
    snprintf(room, size, "%s%s", is_long ? "..." : "", is_long ? file + length - MAX_FILE_IN_PLACE : file);
}

/* jansson calls a text wrong when memory ran out while it was read. Then another try succeeds, or there still is none. */
static bool ran_out(const char *text, size_t length, json_t **root) {
    json_error_t syntax;
    void *volatile probe
        = malloc(length + PROBE); /* volatile: a compiler may leave out a malloc that is freed at once */
    free(probe);
    *root = probe ? json_loadb(text, length, JSON_REJECT_DUPLICATES, &syntax) : NULL;
    return !probe || *root;
}

tc_code tc_json_open(tc_json_document *document, const char *file, int line, const char *text, size_t length,
                     tc_error *error) {
    *document = (tc_json_document){.file = file, .line = line, .error = error};
    if (length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) { /* a byte order mark */
        text += 3;
        length -= 3;
    }
    json_error_t syntax;
    document->root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &syntax);
    if (document->root && json_is_object(document->root)) return TC_OK;
    char place[320], name[MAX_FILE_IN_PLACE + 4];
    if (!document->root && ran_out(text, length, &document->root)) {
        document->code = tc_fail(error, TC_INTERNAL, file, "out of memory");
        tc_json_close(document);
        return document->code;
    }
    int at = line ? line : syntax.line > 0 && !document->root ? syntax.line : 1;
    write_file(file, name, sizeof name);
    snprintf(place, sizeof place, "%s:%d", name, at);
    if (document->root) {
        char shown[64];
        document->code = tc_fail(error, TC_INVALID, place, "the text is %s; a JSON object, {...}, is needed",
                                 tc_json_show(document->root, shown, sizeof shown));
    } else if (length == 0) {
        document->code = tc_fail(error, TC_INVALID, place, "empty; a JSON object, {...}, is needed");
    } else {
        document->code = tc_fail(error, TC_INVALID, place, "not JSON (column %d: %s); a JSON object, {...}, is needed",
                                 syntax.column > 0 ? syntax.column : 1, syntax.text);
    }
    tc_json_close(document);
    return document->code;
}

void tc_json_close(tc_json_document *document) {
    json_decref(document->root);
    document->root = NULL;
}

tc_json tc_json_root(tc_json_document *document) {
    return (tc_json){.document = document, .object = document->root, .path = "$"};
}

const json_t *tc_json_value(const tc_json *json, const char *key) {
    if (!json->object || json->document->code != TC_OK) return NULL;
    const json_t *value = json_object_get(json->object, key);
    return value && !json_is_null(value) ? value : NULL;
}

tc_json tc_json_child(const tc_json *parent, const char *key) {
    const json_t *value = tc_json_value(parent, key);
    tc_json child = {.document = parent->document};
    snprintf(child.path, sizeof child.path, "%.60s.%.30s", parent->path, key);
    if (!value) return child;
    if (json_is_object(value)) {
        child.object = value;
    } else {
        char shown[64];
        tc_json_fail(parent, key, "%s; an object, {...}, is needed", tc_json_show(value, shown, sizeof shown));
    }
    return child;
}

void tc_json_fail(const tc_json *json, const char *key, const char *format, ...) {
    tc_json_document *document = json->document;
    if (document->code != TC_OK) return;
    char place[320], text[512], name[MAX_FILE_IN_PLACE + 4];
    const char *dot = key ? "." : "";
    write_file(document->file, name, sizeof name);
    if (document->line)
        snprintf(place, sizeof place, "%s:%d: %s%s%s", name, document->line, json->path, dot, key ? key : "");
    else
        snprintf(place, sizeof place, "%s: %s%s%s", name, json->path, dot, key ? key : "");
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    document->code = tc_fail(document->error, TC_INVALID, place, "%s", text);
}

/* In quotes, and with dots where it is cut. */
static void show_string(const char *string, char *room, size_t size) {
    char cut[256];
    size_t longest = size - 6 < sizeof cut - 1 ? size - 6 : sizeof cut - 1;
    snprintf(room, size, "\"%s%s\"", tc_utf8_cut(cut, longest + 1, string), strlen(string) > longest ? "..." : "");
}

const char *tc_json_show(const json_t *value, char *room, size_t size) {
    switch (json_typeof(value)) {
    case JSON_OBJECT: snprintf(room, size, "an object"); break;
    case JSON_ARRAY: snprintf(room, size, "a list"); break;
    case JSON_STRING: show_string(json_string_value(value), room, size); break;
    case JSON_INTEGER: snprintf(room, size, "%lld", (long long)json_integer_value(value)); break;
    case JSON_REAL: snprintf(room, size, "%.12g", json_real_value(value)); break;
    case JSON_TRUE: snprintf(room, size, "true"); break;
    case JSON_FALSE: snprintf(room, size, "false"); break;
    case JSON_NULL: snprintf(room, size, "null"); break;
    }
    return room;
}

int64_t tc_json_integer(const tc_json *json, const char *key, int64_t low, int64_t high, int64_t missing) {
    const json_t *value = tc_json_value(json, key);
    if (!value) return missing;
    double number = json_number_value(value);
    if (json_is_integer(value) && json_integer_value(value) >= low && json_integer_value(value) <= high)
        return json_integer_value(value);
    if (json_is_real(value) && number >= (double)low && number <= (double)high && number == floor(number))
        return (int64_t)number;
    char shown[64];
    tc_json_fail(json, key, "%s; a whole number from %lld to %lld is needed", tc_json_show(value, shown, sizeof shown),
                 (long long)low, (long long)high);
    return missing;
}

double tc_json_number(const tc_json *json, const char *key, double low, double high, double missing) {
    const json_t *value = tc_json_value(json, key);
    if (!value) return missing;
    double number = json_number_value(value);
    if (json_is_number(value) && number >= low && number <= high) return number;
    char shown[64];
    tc_json_fail(json, key, "%s; a number from %g to %g is needed", tc_json_show(value, shown, sizeof shown), low,
                 high);
    return missing;
}

int tc_json_bool(const tc_json *json, const char *key, int missing) {
    const json_t *value = tc_json_value(json, key);
    if (!value) return missing;
    if (json_is_boolean(value)) return json_is_true(value);
    char shown[64];
    tc_json_fail(json, key, "%s; true or false is needed", tc_json_show(value, shown, sizeof shown));
    return missing;
}

const char *tc_json_string(const tc_json *json, const char *key, const char *missing) {
    const json_t *value = tc_json_value(json, key);
    if (!value) return missing;
    if (json_is_string(value)) return json_string_value(value);
    char shown[64];
    tc_json_fail(json, key, "%s; a text in quotes is needed", tc_json_show(value, shown, sizeof shown));
    return missing;
}

int tc_json_choice(const tc_json *json, const char *key, const char *const *names, int n, int missing) {
    const char *word = tc_json_string(json, key, NULL);
    if (!word) return missing;
    for (int i = 0; i < n; i++)
        if (strcmp(word, names[i]) == 0) return i;
    char shown[64], list[256] = "";
    for (int i = 0; i < n; i++) tc_append(list, sizeof list, "%s%s", i ? ", " : "", names[i]);
    const char *near = tc_nearest(word, names, n);
    tc_json_fail(json, key, "%s is not known; one of %s is needed%s%s%s",
                 tc_json_show(tc_json_value(json, key), shown, sizeof shown), list, near ? " (nearest: " : "",
                 near ? near : "", near ? ")" : "");
    return missing;
}
