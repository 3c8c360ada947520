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

static void write_indent(const tc_writer *writer) { fprintf(writer->file, "\n%*s", 2 * writer->depth, ""); }

/* Comma, line, key: whatever comes before a value. */
static void write_prefix(tc_writer *writer, const char *key) {
    if (writer->depth > 0) {
        if (!writer->empty) fputc(',', writer->file);
        write_indent(writer);
        if (key) {
            write_string(writer->file, key);
            fputs(": ", writer->file);
        }
    }
    writer->empty = false;
}

static void open_level(tc_writer *writer, const char *key, char opening, char closing) {
    assert(writer->depth < TC_WRITER_DEPTH);
    write_prefix(writer, key);
    fputc(opening, writer->file);
    writer->closing[writer->depth++] = closing;
    writer->empty = true;
}

void tc_write_object(tc_writer *writer, const char *key) { open_level(writer, key, '{', '}'); }

void tc_write_array(tc_writer *writer, const char *key) { open_level(writer, key, '[', ']'); }

void tc_write_close(tc_writer *writer) {
    assert(writer->depth > 0);
    writer->depth--;
    if (!writer->empty) write_indent(writer);
    fputc(writer->closing[writer->depth], writer->file);
    writer->empty = false;
}

void tc_write_string(tc_writer *writer, const char *key, const char *text) {
    write_prefix(writer, key);
    if (text)
        write_string(writer->file, text);
    else
        fputs("null", writer->file);
}

void tc_write_number(tc_writer *writer, const char *key, double value) {
    write_prefix(writer, key);
    char text[40] = "null";
    if (value == 0)
        text[0] = '0', text[1] = '\0'; /* no "-0" */
    else if (isfinite(value) && fabs(value) < 9007199254740992.0 && value == floor(value))
        tc_format_double(text, sizeof text, "%.0f", value);
    else if (isfinite(value))
        tc_format_double(text, sizeof text, "%.10g", value);
    fputs(text, writer->file);
}

void tc_write_integer(tc_writer *writer, const char *key, int64_t value) {
    write_prefix(writer, key);
    fprintf(writer->file, "%lld", (long long)value);
}

void tc_write_bool(tc_writer *writer, const char *key, bool value) {
    write_prefix(writer, key);
    fputs(value ? "true" : "false", writer->file);
}

void tc_write_null(tc_writer *writer, const char *key) { tc_write_string(writer, key, NULL); }

tc_writer tc_write_begin(FILE *file, const char *schema, const char *data) {
    tc_writer writer = {.file = file};
    char name[64];
    snprintf(name, sizeof name, "traincast.%s", schema);
    tc_write_object(&writer, NULL);
    tc_write_string(&writer, "traincast", TC_VERSION);
    tc_write_string(&writer, "schema", name);
    tc_write_string(&writer, "data", data);
    return writer;
}

void tc_write_end(tc_writer *writer) {
    while (writer->depth > 0) tc_write_close(writer);
    fputc('\n', writer->file);
}
