/* plan_drawings.h - the drawing of each picture, and what they share. */
#ifndef TC_REPORT_PLAN_DRAWINGS_H
#define TC_REPORT_PLAN_DRAWINGS_H

#include "report/chart.h"
#include "report/plan_words.h"

#define TC_DRAWING_WIDTH 960.0
#define TC_DRAWING_LEFT 78.0 /* of a plot: the words of its y axis */
#define TC_DRAWING_EDGE 20.0
#define TC_DRAWING_CURVES 6  /* things with a colour of their own; the others share grey */
#define TC_DRAWING_PANELS 12 /* plots in a picture */

/* Days since 1970-01-01 of a moment since the scenario's start. */
double tc_drawing_day(const tc_plan *plan, double seconds);
/* From the start until everything that is planned, drawn and due; never much beyond what is likely. */
tc_axis tc_drawing_dates(const tc_plan *plan, double probability);
/* "new-llm (dense-32b)" */
const char *tc_drawing_job(const tc_plan *plan, int job, char *out, size_t size);
/* "1,024 calendars, seed 1"; "the steps alone" where nothing was drawn. */
const char *tc_drawing_samples(const tc_plan *plan, char *out, size_t size);

void tc_draw_calendar(FILE *file, const tc_plan *plan);
void tc_draw_s_curve(FILE *file, const tc_plan *plan);
void tc_draw_tokens(FILE *file, const tc_plan *plan);
void tc_draw_devices(FILE *file, const tc_plan *plan);
void tc_draw_drivers(FILE *file, const tc_plan *plan);
void tc_draw_money(FILE *file, const tc_plan *plan);
void tc_draw_fleet(FILE *file, const tc_plan *plan);

#endif
