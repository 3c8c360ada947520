/* text_calendar.h - rows of a calendar as text: a label, and what happens when as characters, the months above. */
#ifndef TC_REPORT_TEXT_CALENDAR_H
#define TC_REPORT_TEXT_CALENDAR_H

#include <stdint.h>

#include "report/table.h"

#define TC_TEXT_CALENDAR_LABEL 22 /* columns before the calendar */
#define TC_TEXT_CALENDAR_MOST 400 /* columns of it */

typedef struct tc_text_calendar {
    FILE *file;
    const tc_style *style;
    int32_t start;
    double seconds; /* from the start to the calendar's end */
    int columns;
} tc_text_calendar;

/* As wide as the style allows. */
tc_text_calendar tc_text_calendar_of(FILE *file, const tc_style *style, int32_t start, double seconds);

/* The column of a moment since the start; what is outside has that at the edge. */
int tc_text_calendar_column(const tc_text_calendar *calendar, double seconds);

/* Names of months (or of each third, or twelfth, where months are narrow) over their first day. */
void tc_print_calendar_months(const tc_text_calendar *calendar);

/* A row: a label, cut to its room, and cells, a character of one column each; blanks at their end are left out. */
void tc_print_calendar_row(const tc_text_calendar *calendar, const char *label, int indent, const char *cells,
                           tc_tone tone);

/* text, or as much of it as has room and two dots. Returns out. */
const char *tc_text_cut(char *out, size_t size, const char *text, int columns);

#endif
