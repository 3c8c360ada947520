/* rows.c - a list of an answer told once, for people or for programs. */
#include "report/rows.h"

void tc_rows_begin(const tc_rows *rows) {
    if (rows->table)
        tc_table_row_begin(rows->table);
    else
        tc_write_object(rows->writer, NULL);
}

void tc_rows_end(const tc_rows *rows) {
    if (rows->writer) tc_write_close(rows->writer);
}

void tc_tell_text(const tc_rows *rows, const char *key, const char *heading, int align, const char *text) {
    if (rows->table && heading) tc_cell(rows->table, heading, align, text);
    if (rows->writer && key) tc_write_string(rows->writer, key, text);
}

void tc_tell_number(const tc_rows *rows, const char *key, const char *heading, int align, double value,
                    tc_text (*format)(double)) {
    if (rows->table && heading) tc_cell(rows->table, heading, align | TC_RIGHT, format(value).s);
    if (rows->writer && key) tc_write_number(rows->writer, key, value);
}

void tc_tell_count(const tc_rows *rows, const char *key, const char *heading, int align, int64_t count) {
    if (rows->table && heading) tc_cell(rows->table, heading, align | TC_RIGHT, tc_format_count((double)count).s);
    if (rows->writer && key) tc_write_integer(rows->writer, key, count);
}
