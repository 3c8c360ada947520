/* rows.h - a list of an answer told once: rows of a table for people, objects for programs.
 *
 * Each cell has its key (JSON, CSV) and its heading (text, Markdown); without a key it is for people alone, without a
 * heading for programs alone. */
#ifndef TC_REPORT_ROWS_H
#define TC_REPORT_ROWS_H

#include "report/format.h"
#include "report/table.h"
#include "report/writer.h"

/* Where the rows go: one of the two. */
typedef struct tc_rows {
    tc_writer *writer;
    tc_table *table;
} tc_rows;

void tc_rows_begin(const tc_rows *rows);
void tc_rows_end(const tc_rows *rows);
void tc_tell_text(const tc_rows *rows, const char *key, const char *heading, int align, const char *text);
/* A number to the right; for people as `format` has it. */
void tc_tell_number(const tc_rows *rows, const char *key, const char *heading, int align, double value,
                    tc_text (*format)(double));
void tc_tell_count(const tc_rows *rows, const char *key, const char *heading, int align, int64_t count);

#endif
