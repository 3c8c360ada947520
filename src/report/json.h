/* json.h - a streaming JSON writer: what every --json goes through.
 *
 * Begin writes the root object with its first keys ("traincast", "schema", "data");
 * the caller adds "assumed" and the rest; end closes whatever is open. A key is
 * NULL inside an array. Numbers: integral values below 2^53 exactly, others with ten
 * significant digits; NaN and infinity are null. Strings come out as valid UTF-8.
 * Write errors stay in the stream (ferror) for the caller to check. */
#ifndef TC_REPORT_JSON_H
#define TC_REPORT_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define TC_WRITER_DEPTH 32

typedef struct tc_writer {
    FILE *file;
    int depth;
    bool empty;                    /* nothing written yet at this depth */
    char closing[TC_WRITER_DEPTH]; /* '}' or ']' of each open level */
} tc_writer;

/* schema: "step/1" becomes "traincast.step/1". data: the catalog's hash, NULL if none was used. */
tc_writer tc_write_begin(FILE *file, const char *schema, const char *data);
void tc_write_end(tc_writer *writer);

void tc_write_object(tc_writer *writer, const char *key);
void tc_write_array(tc_writer *writer, const char *key);
void tc_write_close(tc_writer *writer);
void tc_write_string(tc_writer *writer, const char *key, const char *text); /* NULL is null */
void tc_write_number(tc_writer *writer, const char *key, double value);
void tc_write_integer(tc_writer *writer, const char *key, int64_t value);
void tc_write_bool(tc_writer *writer, const char *key, bool value);
void tc_write_null(tc_writer *writer, const char *key);

/* A JSON string, quotes included, for what is not written by a tc_writer. */
void tc_json_quote(const char *text, bool (*put)(void *context, const char *bytes, size_t length), void *context);

#endif
