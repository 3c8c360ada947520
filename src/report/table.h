/* table.h - aligned text tables, paragraphs and bars for a terminal, a pipe or a file.
 *
 * What a style allows (width, colour, UTF-8) is decided by the caller: nothing here looks
 * at the environment. A table that is wider than the style's width first shortens its
 * flexible columns, then leaves out optional columns from the right, then the others, and says so. */
#ifndef TC_REPORT_TABLE_H
#define TC_REPORT_TABLE_H

#include <stdbool.h>
#include <stdio.h>

#include "base/arena.h"

typedef struct tc_style {
    int width; /* columns; 0 = no limit */
    bool colour;
    bool utf8;     /* bars of block characters */
    bool markdown; /* tables as Markdown has them */
} tc_style;

typedef enum tc_tone { TC_TONE_PLAIN, TC_TONE_STRONG, TC_TONE_FAINT, TC_TONE_GOOD, TC_TONE_BAD, TC_TONE_BAR } tc_tone;

typedef enum tc_align {
    TC_LEFT = 0,
    TC_RIGHT = 1,
    TC_FLEXIBLE = 2, /* may be shortened to TC_FLEXIBLE_MIN */
    TC_OPTIONAL = 4  /* may be left out */
} tc_align;

#define TC_TABLE_COLUMNS 24
#define TC_FLEXIBLE_MIN 12

typedef struct tc_table_row tc_table_row;

typedef struct tc_table {
    int columns;
    const char *heading[TC_TABLE_COLUMNS];
    int align[TC_TABLE_COLUMNS]; /* tc_align flags */
    tc_table_row *first, *last;
    int cell;       /* the next cell of the last row */
    bool exhausted; /* no memory was left: printing says so by returning false */
    tc_arena arena;
} tc_table;

/* Zero-initialise a table, then row by row its cells, each with the heading of its column. */
void tc_table_row_begin(tc_table *table);
void tc_cell(tc_table *table, const char *heading, int align, const char *text); /* text copied; NULL is "-" */
void tc_cellf(tc_table *table, const char *heading, int align, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void tc_cell_tone(tc_table *table, const char *heading, int align, const char *text, tc_tone tone);
/* What is left of a row of which nothing more is known. */
void tc_table_dashes(tc_table *table);
/* False if the table ran out of memory (nothing is printed). Frees the table. */
bool tc_table_print(tc_table *table, FILE *file, const tc_style *style);

/* Writes text in a tone; plain without colour. */
void tc_print_tone(FILE *file, const tc_style *style, tc_tone tone, const char *text);
/* Writes what was collected to where it is read: tones as they are, if the style has them, and no other control
 * character, whatever the names in it hold; lines that are wider than the style's width are broken at blanks. */
void tc_print_visible(FILE *file, const tc_style *style, const char *text, size_t length);
/* Each also from a format, for texts of up to 4,095 bytes. A heading is on a line of its own. */
void tc_print_heading(FILE *file, const tc_style *style, const char *text);
void tc_print_headingf(FILE *file, const tc_style *style, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* "  label        text", wrapped. */
void tc_print_line(FILE *file, const tc_style *style, const char *label, const char *text);
void tc_print_linef(FILE *file, const tc_style *style, const char *label, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* "  - text", wrapped; of `count` texts, `stride` bytes from one to the next, under a heading, NULL for none. */
void tc_print_bullet(FILE *file, const tc_style *style, const char *text);
void tc_print_bulletf(FILE *file, const tc_style *style, const char *format, ...) __attribute__((format(printf, 3, 4)));
void tc_print_bullets(FILE *file, const tc_style *style, const char *heading, const char *first, size_t stride,
                      int count);
/* A paragraph, wrapped at the style's width (80 without one), each line after `first`/`indent` columns.
 * The first line continues where `column` says the cursor is. */
void tc_print_wrapped(FILE *file, const tc_style *style, int column, int indent, const char *text);
void tc_print_wrappedf(FILE *file, const tc_style *style, int column, int indent, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* Two blanks and a bar of `share` (0 to 1) of `columns`; nothing if the bar is empty. */
void tc_print_bar(FILE *file, const tc_style *style, double share, int columns);

#endif
