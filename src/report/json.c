/* json.c - a streaming JSON writer (RFC 8259), two spaces a level, one value a line. */
#include "report/json.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "report/format.h"
#include "traincast.h"

/* Length of the valid UTF-8 sequence at p (RFC 3629), 0 if there is none. */
static int utf8_length(const unsigned char *p) {
    if (p[0] < 0x80) return 1;
    int n = p[0] >= 0xf0 && p[0] < 0xf5 ? 4 : p[0] >= 0xe0 && p[0] < 0xf0 ? 3 : p[0] >= 0xc2 && p[0] < 0xe0 ? 2 : 0;
    for (int i = 1; i < n; i++)
        if ((p[i] & 0xc0u) != 0x80u) return 0;
    bool overlong = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xf0 && p[1] < 0x90);
    bool surrogate = p[0] == 0xed && p[1] >= 0xa0;
    bool beyond = p[0] == 0xf4 && p[1] >= 0x90;
    return overlong || surrogate || beyond ? 0 : n;
}

static void write_string(FILE *file, const char *text) {
    const unsigned char *p = (const unsigned char *)text;
    fputc('"', file);
    while (*p) {
        int n = utf8_length(p);
        if (n == 0) {
            fputs("\xef\xbf\xbd", file); /* U+FFFD stands for what is no UTF-8 */
            n = 1;
        } else if (*p == '"' || *p == '\\') {
            fprintf(file, "\\%c", *p);
        } else if (*p == '\n') {
            fputs("\\n", file);
        } else if (*p == '\t') {
            fputs("\\t", file);
        } else if (*p < 0x20 || *p == 0x7f) {
            fprintf(file, "\\u%04x", *p);
        } else {
            fwrite(p, 1, (size_t)n, file);
        }
        p += n;
    }
    fputc('"', file);
}

static void write_indent(const tc_json *json) {
    fprintf(json->file, "\n%*s", 2 * json->depth, "");
}

/* Comma, line, key: whatever comes before a value. */
static void write_prefix(tc_json *json, const char *key) {
    if (json->depth > 0) {
        if (!json->empty) fputc(',', json->file);
        write_indent(json);
        if (key) {
            write_string(json->file, key);
            fputs(": ", json->file);
        }
    }
    json->empty = false;
}

static void open_level(tc_json *json, const char *key, char opening, char closing) {
    assert(json->depth < TC_JSON_DEPTH);
    write_prefix(json, key);
    fputc(opening, json->file);
    json->closing[json->depth++] = closing;
    json->empty = true;
}

void tc_json_object(tc_json *json, const char *key) {
    open_level(json, key, '{', '}');
}

void tc_json_array(tc_json *json, const char *key) {
    open_level(json, key, '[', ']');
}

void tc_json_close(tc_json *json) {
    assert(json->depth > 0);
    json->depth--;
    if (!json->empty) write_indent(json);
    fputc(json->closing[json->depth], json->file);
    json->empty = false;
}

void tc_json_string(tc_json *json, const char *key, const char *text) {
    write_prefix(json, key);
    if (text)
        write_string(json->file, text);
    else
        fputs("null", json->file);
}

void tc_json_number(tc_json *json, const char *key, double value) {
    write_prefix(json, key);
    char text[40] = "null";
    if (value == 0)
        text[0] = '0', text[1] = '\0'; /* no "-0" */
    else if (isfinite(value) && fabs(value) < 9007199254740992.0 && value == floor(value))
        tc_format_double(text, sizeof text, "%.0f", value);
    else if (isfinite(value))
        tc_format_double(text, sizeof text, "%.10g", value);
    fputs(text, json->file);
}

void tc_json_integer(tc_json *json, const char *key, int64_t value) {
    write_prefix(json, key);
    fprintf(json->file, "%lld", (long long)value);
}

void tc_json_bool(tc_json *json, const char *key, bool value) {
    write_prefix(json, key);
    fputs(value ? "true" : "false", json->file);
}

void tc_json_null(tc_json *json, const char *key) {
    tc_json_string(json, key, NULL);
}

tc_json tc_json_begin(FILE *file, const char *schema, const char *data) {
    tc_json json = {.file = file};
    char name[64];
    snprintf(name, sizeof name, "traincast.%s", schema);
    tc_json_object(&json, NULL);
    tc_json_string(&json, "traincast", TC_VERSION);
    tc_json_string(&json, "schema", name);
    tc_json_string(&json, "data", data);
    return json;
}

void tc_json_end(tc_json *json) {
    while (json->depth > 0) tc_json_close(json);
    fputc('\n', json->file);
}
