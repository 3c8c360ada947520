/* json.c - a streaming JSON writer (RFC 8259), two spaces a level, one value a line. */
#include "report/json.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/utf8.h"
#include "report/format.h"
#include "traincast.h"

void tc_json_quote(const char *text, bool (*put)(void *context, const char *bytes, size_t length), void *context) {
    put(context, "\"", 1);
    for (size_t left = strlen(text), length; left > 0; text += length, left -= length) {
        uint32_t c;
        char escaped[16];
        tc_glyph glyph = tc_utf8_next(text, left, &length, &c);
        if (glyph == TC_GLYPH_CUT) continue;
        if (glyph == TC_GLYPH_SHOWN && c != '"' && c != '\\') {
            put(context, text, length);
            continue;
        }
        if (glyph == TC_GLYPH_SHOWN)
            snprintf(escaped, sizeof escaped, "\\%c", (char)c);
        else if (glyph == TC_GLYPH_BROKEN)
            snprintf(escaped, sizeof escaped, "\xef\xbf\xbd"); /* U+FFFD stands for what is no UTF-8 */
        else if (c == '\n' || c == '\t')
            snprintf(escaped, sizeof escaped, "\\%c", c == '\n' ? 'n' : 't');
        else if (c < 0x10000)
            snprintf(escaped, sizeof escaped, "\\u%04x", (unsigned)c);
        else
            snprintf(escaped, sizeof escaped, "\\u%04x\\u%04x", 0xd7c0u + (unsigned)(c >> 10),
                     0xdc00u + (unsigned)(c & 0x3ff));
        put(context, escaped, strlen(escaped));
    }
    put(context, "\"", 1);
}

static bool put_file(void *file, const char *bytes, size_t length) { return fwrite(bytes, 1, length, file) == length; }

static void write_string(FILE *file, const char *text) { tc_json_quote(text, put_file, file); }

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
