/* chart.h - pictures of figures as SVG: axes with round ticks, dates with the names of months, lines, steps, bands, bars.
 *
 * A picture stands alone: a title, units on its axes, a legend, white behind it; no script and no font but the viewer's own
 * sans-serif. Colours are told apart by the colour-blind, and in print. Texts of others are escaped. Lengths are pixels from the
 * picture's upper left corner. Write errors stay in the stream (ferror) for the caller to check. */
#ifndef TC_REPORT_CHART_H
#define TC_REPORT_CHART_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "report/format.h"

typedef struct tc_chart {
    FILE *file;
    double width, height;
} tc_chart;

typedef enum tc_axis_kind {
    TC_AXIS_NUMBER,
    TC_AXIS_USD,
    TC_AXIS_PERCENT, /* values from 0 to 1 */
    TC_AXIS_LOG,     /* positive values, equal distances for equal ratios */
    TC_AXIS_DATE,    /* values are days since 1970-01-01 */
    TC_AXIS_ROWS     /* no grid: the caller writes what each row is */
} tc_axis_kind;

typedef struct tc_axis {
    tc_axis_kind kind;
    double low, high;
    const char *title; /* with its unit; NULL: none */
    bool bare;         /* only its grid: the words are another plot's */
    const double *at;  /* of a logarithmic axis: where its ticks are; NULL: at 1, 2 and 5 by powers of ten */
    int ats;
} tc_axis;

/* A rectangle of the picture, with its axes. */
typedef struct tc_plot {
    const tc_chart *chart;
    double left, top, width, height;
    tc_axis x, y;
} tc_plot;

typedef struct tc_chart_point {
    double x, y;
} tc_chart_point;

typedef struct tc_chart_range {
    double x, low, high;
} tc_chart_range;

typedef enum tc_key_kind { TC_KEY_AREA, TC_KEY_BAND, TC_KEY_LINE, TC_KEY_DASHED, TC_KEY_DOT } tc_key_kind;

typedef struct tc_key {
    tc_key_kind kind;
    const char *colour, *words;
} tc_key;

#define TC_CHART_DATE_ROOM 34 /* below a plot, for the words of an axis of dates */
#define TC_CHART_HEAD 62      /* title and two lines of subtitle */

/* The colour of the n-th thing; they come again after TC_CHART_COLOURS. */
#define TC_CHART_COLOURS 7
const char *tc_chart_colour(int n);
/* Of words on that colour. */
const char *tc_chart_ink(int n);

/* ---- the picture ------------------------------------------------------------------------ */

tc_chart tc_chart_begin(FILE *file, double width, double height, const char *title, const char *subtitle);
/* Some lines of small print at the picture's foot, and its end. */
void tc_chart_end(const tc_chart *chart, const char *note);
/* The room that a note takes. */
double tc_chart_note_height(double width, const char *note);

/* What a text takes, about: the font is the viewer's. */
double tc_chart_text_width(const char *text, double size);
/* text, or as much of its beginning as has room and two dots. Returns out. */
char *tc_chart_cut(char *out, size_t size, const char *text, double room, double font);

typedef enum tc_anchor { TC_ANCHOR_START, TC_ANCHOR_MIDDLE, TC_ANCHOR_END } tc_anchor;
void tc_chart_text(const tc_chart *chart, double x, double y, tc_anchor anchor, double size, const char *colour,
                   const char *text);
void tc_chart_strong(const tc_chart *chart, double x, double y, tc_anchor anchor, double size, const char *text);
void tc_chart_rule(const tc_chart *chart, double x1, double y1, double x2, double y2, const char *colour);

/* Keys in lines from (x, y) on; returns the room that they take. chart NULL: only tells. */
double tc_chart_legend(const tc_chart *chart, double x, double y, double width, const tc_key *key, int keys);

/* ---- a plot ----------------------------------------------------------------------------- */

/* From 0 or less to high or a bit more, so that both ends are round. */
tc_axis tc_axis_upto(tc_axis_kind kind, double low, double high, const char *title);

/* Logarithmic, from low or a bit less to high or a bit more, so that both ends are round. */
tc_axis tc_axis_log(double low, double high, const char *title);

double tc_plot_x(const tc_plot *plot, double value); /* cut at the plot's edges */
double tc_plot_y(const tc_plot *plot, double value);

/* Grid, ticks and their words. */
void tc_plot_axes(const tc_plot *plot);
void tc_plot_line(const tc_plot *plot, const tc_chart_point *point, int n, const char *colour, double width,
                  bool dashed);
/* From each point to the right, until the next. */
void tc_plot_steps(const tc_plot *plot, const tc_chart_point *point, int n, const char *colour, double width,
                   bool dashed);
void tc_plot_band(const tc_plot *plot, const tc_chart_range *range, int n, const char *colour);
/* title: what a pointer over it is told; NULL: nothing. */
void tc_plot_bar(const tc_plot *plot, double x_low, double x_high, double y_low, double y_high, const char *colour,
                 const char *title);
void tc_plot_dot(const tc_plot *plot, double x, double y, const char *colour, const char *title);
/* An upright dashed line with words at its foot, so far up. */
void tc_plot_mark(const tc_plot *plot, double x, const char *colour, const char *words, double up);

#endif
