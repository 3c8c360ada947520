/* json.c - an answer as JSON (RFC 8259), as it comes: two spaces a level, one value a line; strings are valid UTF-8. */
#include "report/json.h"

#include <string.h>

#include "base/utf8.h"

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
static void write_prefix(const tc_writer *writer, const char *key) {
    if (writer->depth == 0) return;
    if (!writer->empty) fputc(',', writer->file);
    write_indent(writer);
    if (!key) return;
    write_string(writer->file, key);
    fputs(": ", writer->file);
}

static void write_open(tc_writer *writer, const char *key, bool array) {
    write_prefix(writer, key);
    fputc(array ? '[' : '{', writer->file);
}

static void write_close(tc_writer *writer) {
    if (!writer->empty) write_indent(writer);
    fputc(writer->closing[writer->depth], writer->file);
}

static void write_value(tc_writer *writer, const char *key, const char *text, bool string) {
    write_prefix(writer, key);
    if (text && string)
        write_string(writer->file, text);
    else
        fputs(text ? text : "null", writer->file);
}

static void write_end(tc_writer *writer) { fputc('\n', writer->file); }

const tc_output_format tc_json_format = {NULL, write_open, write_close, write_value, write_end};
