/* writer.h - an answer told once, for programs to read: what every --json, --csv and later format goes through.
 *
 * A report walks its answer and names each value; the format of the target (outputs.def) makes text of it. Begin writes
 * the root object with its first keys ("traincast", "schema", "data"); the caller adds "assumed" and the rest; end
 * closes whatever is open. A key is NULL inside an array. Numbers: integral values below 2^53 exactly, others with ten
 * significant digits; NaN and infinity are null. Write errors stay in the stream (ferror) for the caller to check. */
#ifndef TC_REPORT_WRITER_H
#define TC_REPORT_WRITER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "report/fields.h"

#define TC_WRITER_DEPTH TC_FIELDS_DEPTH

typedef struct tc_writer tc_writer;

/* A format: what it makes of the walk. */
typedef struct tc_output_format {
    void (*begin)(tc_writer *writer); /* NULL: nothing to do */
    void (*open)(tc_writer *writer, const char *key, bool array);
    void (*close)(tc_writer *writer); /* depth is already that outside */
    /* text: of a number or a bool as it is, of a string without quotes; NULL is null */
    void (*value)(tc_writer *writer, const char *key, const char *text, bool string);
    void (*end)(tc_writer *writer);
} tc_output_format;

#define OUTPUT(id, option, help, format) extern const tc_output_format format;
#include "report/outputs.def"
#undef OUTPUT

/* Where an answer goes. */
typedef struct tc_target {
    FILE *file;
    const char *data;       /* hash of the catalog, NULL if none was used */
    const char *const *set; /* changes of its files, which the hash does not count */
    int sets;
    const tc_output_format *format;
    const char *table;  /* of CSV: the list to print instead of the command's own ("pools.candidates"), or NULL */
    tc_fields fields;   /* of JSON: those alone that were asked for */
    bool no_such_table; /* the answer has no list of that name */
    bool out_of_memory; /* what was written is not complete */
} tc_target;

struct tc_writer {
    FILE *file;
    tc_target *target;
    const char *table; /* the list whose elements are the rows of CSV; NULL: the answer is not one, but figures */
    void *state;       /* the format's own */
    int depth;
    bool empty;                    /* nothing written yet at this depth */
    char closing[TC_WRITER_DEPTH]; /* '}' or ']' of each open level */
};

/* schema: "step/1" becomes "traincast.step/1". table: see tc_writer. */
tc_writer tc_write_begin(tc_target *target, const char *schema, const char *table);
void tc_write_end(tc_writer *writer);

void tc_write_object(tc_writer *writer, const char *key);
void tc_write_array(tc_writer *writer, const char *key);
void tc_write_close(tc_writer *writer);
void tc_write_string(tc_writer *writer, const char *key, const char *text); /* NULL is null */
void tc_write_number(tc_writer *writer, const char *key, double value);
void tc_write_integer(tc_writer *writer, const char *key, int64_t value);
void tc_write_bool(tc_writer *writer, const char *key, bool value);
void tc_write_null(tc_writer *writer, const char *key);
void tc_write_known(tc_writer *writer, const char *key, int value); /* a bool; null below 0 */
/* "KEY": [LINE, ...] */
void tc_write_lines(tc_writer *writer, const char *key, const char *const *lines, int count);
/* The same of `count` texts, `stride` bytes from one to the next. */
void tc_write_texts(tc_writer *writer, const char *key, const char *first, size_t stride, int count);

/* The unit of the number at a path ("breakdown_s.gemm": "s"), as the words of its keys say it; "" where it has none. */
const char *tc_field_unit(const char *path, char *buffer, size_t size);

#endif
