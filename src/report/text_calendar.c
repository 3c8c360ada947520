/* text_calendar.c - rows of a calendar for a terminal, a pipe or a file. */
#include "report/text_calendar.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/calendar.h"
#include "base/utf8.h"
#include "report/format.h"

#define LABEL TC_TEXT_CALENDAR_LABEL
#define WIDTH 80
#define DAY 86400.0

tc_text_calendar tc_text_calendar_of(FILE *file, const tc_style *style, int32_t start, double seconds) {
    tc_text_calendar c = {file, style, start, seconds, (style->width > 0 ? style->width : WIDTH) - LABEL};
    if (c.columns > TC_TEXT_CALENDAR_MOST) c.columns = TC_TEXT_CALENDAR_MOST;
    if (c.columns < 8) c.columns = 8;
    return c;
}

int tc_text_calendar_column(const tc_text_calendar *c, double seconds) {
    double column = floor(seconds / c->seconds * c->columns);
    return column < 0 ? 0 : column >= c->columns ? c->columns - 1 : (int)column;
}

const char *tc_text_cut(char *out, size_t size, const char *text, int columns) {
    size_t used = 0;
    if (tc_text_width(text) <= columns) return tc_utf8_cut(out, size, text);
    columns -= 2;
    for (size_t left = strlen(text), length; left > 0; left -= length) {
        uint32_t point;
        char one[8] = "";
        tc_utf8_next(text + used, left, &length, &point);
        memcpy(one, text + used, length);
        columns -= tc_text_width(one);
        if (columns < 0 || used + length + 3 > size) break;
        memcpy(out + used, one, length);
        used += length;
    }
    memcpy(out + used, "..", 3);
    return out;
}

void tc_print_calendar_row(const tc_text_calendar *c, const char *label, int indent, const char *cells, tc_tone tone) {
    char name[200], cut[3 * TC_TEXT_CALENDAR_MOST + 1];
    tc_text_cut(name, sizeof name, label, LABEL - 2 - indent);
    size_t end = strlen(cells);
    while (end > 0 && cells[end - 1] == ' ') end--;
    fprintf(c->file, "%*s%s", indent, "", name);
    if (end > 0) {
        snprintf(cut, sizeof cut, "%.*s", (int)end, cells);
        fprintf(c->file, "%*s", LABEL - indent - tc_text_width(name), "");
        tc_print_tone(c->file, c->style, tone, cut);
    }
    fputc('\n', c->file);
}

void tc_print_calendar_months(const tc_text_calendar *c) {
    char cells[TC_TEXT_CALENDAR_MOST + 16];
    memset(cells, ' ', sizeof cells);
    double month = 30.4 * DAY / c->seconds * c->columns;
    int step = month >= 9 ? 1 : month >= 3 ? 3 : 12, free = 0;
    int32_t end = c->start + (int32_t)ceil(c->seconds / DAY);
    int32_t day = c->start;
    for (int guard = 0; day < end && guard < 1300; guard++, day = tc_next_month(day)) {
        int year, number, day_of_month;
        char date[TC_DATE_SIZE];
        tc_date_from_day(day, &year, &number, &day_of_month);
        int column = tc_text_calendar_column(c, (double)(day - c->start) * DAY);
        if ((number - 1) % step || column < free || column + 7 > c->columns) continue;
        tc_date_format(day, date);
        memcpy(cells + column, date, 7);
        free = column + 8;
    }
    cells[c->columns] = 0;
    tc_print_calendar_row(c, "", 0, cells, TC_TONE_FAINT);
}
