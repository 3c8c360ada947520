/* progress_report.c - forecasts of the end on the way, against the end. */
#include "report/progress_report.h"

#include <math.h>

#include "report/format.h"

static void headline(const tc_progress *p, char *text, size_t size) {
    snprintf(text, size,
             "%d forecasts at 10 to 80 %% of the length of %d published runs: the 80 %% interval holds %.0f %%, it is "
             "%.0f %% of the "
             "run wide, and the median is off by %.1f %% of the length in the middle",
             p->n, p->count, p->coverage80_pct, 100 * p->width_share, p->median_abs_error_pct);
}

void tc_report_progress(tc_target *target, const tc_progress *p) {
    tc_writer writer = tc_write_begin(target, "validate-progress/1", "progress");
    tc_write_lines(&writer, "assumed", NULL, 0);
    tc_write_array(&writer, "progress");
    for (int i = 0; i < p->count; i++) {
        const tc_progress_series *s = &p->series[i];
        tc_write_object(&writer, NULL);
        tc_write_string(&writer, "id", s->id);
        tc_write_string(&writer, "reason", *s->reason ? s->reason : NULL);
        tc_write_number(&writer, "actual_days", s->actual_days);
        tc_write_integer(&writer, "points", s->points);
        tc_write_integer(&writer, "covered", s->covered);
        tc_write_number(&writer, "width_share", s->width_share);
        tc_write_array(&writer, "forecasts");
        for (int k = 0; k < s->points; k++) {
            const tc_progress_forecast *f = &s->forecast[k];
            tc_write_object(&writer, NULL);
            tc_write_number(&writer, "after_days", f->day);
            tc_write_number(&writer, "seen_days", f->seen_day);
            tc_write_number(&writer, "days_p10", f->days_p10);
            tc_write_number(&writer, "days_p50", f->days_p50);
            tc_write_number(&writer, "days_p90", f->days_p90);
            tc_write_bool(&writer, "covered", f->covered);
            tc_write_close(&writer);
        }
        tc_write_close(&writer);
        tc_write_close(&writer);
    }
    tc_write_close(&writer);
    tc_write_object(&writer, "summary");
    tc_write_integer(&writer, "n", p->n);
    tc_write_number(&writer, "coverage80_pct", p->coverage80_pct);
    tc_write_number(&writer, "width_share", p->width_share);
    tc_write_number(&writer, "median_abs_error_pct", p->median_abs_error_pct);
    tc_write_close(&writer);
    tc_write_end(&writer);
}

static void print_forecasts(tc_table *table, const tc_progress_series *s) {
    for (int k = 0; k < s->points || (k == 0 && *s->reason); k++) {
        const tc_progress_forecast *f = &s->forecast[k];
        bool none = k == s->points;
        tc_table_row_begin(table);
        tc_cell(table, "run", TC_LEFT | TC_FLEXIBLE, s->id);
        tc_cellf(table, "on day", TC_RIGHT, none ? "-" : "%.0f", f->day);
        tc_cellf(table, "forecast days", TC_RIGHT, none ? "-" : "%.0f", f->days_p50);
        tc_cellf(table, "80 % interval", TC_RIGHT, none ? "-" : "%.0f to %.0f", f->days_p10, f->days_p90);
        if (none)
            tc_cell(table, "took", TC_RIGHT, s->reason);
        else
            tc_cellf(table, "took", TC_RIGHT, "%.0f%s", s->actual_days, f->covered ? "" : ", outside");
    }
}

static void print_series(tc_table *table, const tc_progress_series *s) {
    bool none = *s->reason;
    tc_table_row_begin(table);
    tc_cell(table, "run", TC_LEFT, s->id);
    tc_cellf(table, "days", TC_RIGHT, none ? "-" : "%.0f", s->actual_days);
    tc_cellf(table, "forecasts", TC_RIGHT, none ? "-" : "%d", s->points);
    tc_cellf(table, "held", TC_RIGHT, none ? "-" : "%d", s->covered);
    if (none)
        tc_cell(table, "width of the interval", TC_RIGHT, s->reason);
    else
        tc_cellf(table, "width of the interval", TC_RIGHT, "%.0f %%", 100 * s->width_share);
}

bool tc_report_progress_text(FILE *file, const tc_style *style, const tc_progress *p) {
    char text[320];
    headline(p, text, sizeof text);
    if (style->markdown)
        fprintf(file,
                "# Dated progress: the weekly update on the way\n\nWritten by `traincast validate --progress "
                "--markdown`.\n\n%s.\n\nEach forecast knows what was public by its day; where nobody states the ideal "
                "pace three weeks are seen first.\n",
                text);
    else
        tc_print_wrapped(file, style, 0, 0, text);
    tc_table table = {0};
    for (int i = 0; i < p->count; i++) (style->markdown ? print_series : print_forecasts)(&table, &p->series[i]);
    fputc('\n', file);
    return tc_table_print(&table, file, style);
}
