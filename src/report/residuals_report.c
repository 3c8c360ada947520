/* residuals_report.c - with what the errors of the forecast go. */
#include "report/residuals_report.h"

#include <math.h>

#include "report/format.h"

void tc_report_residuals(tc_target *target, const tc_residuals *r) {
    tc_writer writer = tc_write_begin(target, "validate-explain/1", "parts");
    tc_write_lines(&writer, "assumed", NULL, 0); /* what was assumed differs by run: `validate` lists it there */
    tc_write_array(&writer, "parts");
    for (int i = 0; i < TC_PARTS_ALL; i++) {
        const tc_part_residual *p = &r->part[i];
        if (p->runs == 0) continue;
        tc_write_object(&writer, NULL);
        tc_write_string(&writer, "part", p->part);
        tc_write_integer(&writer, "runs", p->runs);
        tc_write_number(&writer, "share_pct", p->share_pct);
        tc_write_number(&writer, "slower_pct", p->slower_pct);
        tc_write_number(&writer, "slower_error_pct", p->slower_error_pct);
        tc_write_number(&writer, "moves_pct", p->moves_pct);
        tc_write_close(&writer);
    }
    tc_write_close(&writer);
    tc_write_array(&writer, "missing");
    for (int i = 0; i < r->missing; i++) {
        const tc_missing_field *m = &r->field[i];
        tc_write_object(&writer, NULL);
        tc_write_string(&writer, "field", m->field);
        tc_write_integer(&writer, "runs", m->runs);
        tc_write_number(&writer, "errs_more_pct", m->errs_more_pct);
        tc_write_number(&writer, "errs_more_error_pct", m->errs_more_error_pct);
        tc_write_number(&writer, "narrows_pct", m->narrows_pct);
        tc_write_close(&writer);
    }
    tc_write_close(&writer);
    tc_write_object(&writer, "summary");
    tc_write_integer(&writer, "n", r->n);
    tc_write_integer(&writer, "families", r->sources);
    tc_write_number(&writer, "mean_error_pct", r->mean_error_pct);
    tc_write_number(&writer, "bias_pct", r->bias_pct);
    tc_write_number(&writer, "explained_pct", r->explained_pct);
    tc_write_close(&writer);
    tc_write_end(&writer);
}

/* "+12.3 %" */
static tc_text signed_percent(double percent) {
    tc_text out;
    snprintf(out.s, sizeof out.s, "%s%.20s", percent > 0 ? "+" : "", tc_format_percent(percent).s);
    return out;
}

static tc_text with_error(double percent, double error) {
    tc_text out;
    snprintf(out.s, sizeof out.s, "%+.0f +- %.0f %%", percent, error);
    return out;
}

static bool print_parts(FILE *file, const tc_style *style, const tc_residuals *r) {
    tc_table table = {0};
    tc_table_column(&table, "part of the forecast", TC_LEFT | TC_FLEXIBLE);
    tc_table_column(&table, "runs", TC_RIGHT);
    tc_table_column(&table, "share", TC_RIGHT);
    tc_table_column(&table, "slower than forecast", TC_RIGHT);
    tc_table_column(&table, "of the step", TC_RIGHT);
    for (int i = 0; i < TC_PARTS_ALL; i++) {
        const tc_part_residual *p = &r->part[i];
        if (p->runs == 0) continue;
        tc_table_row_begin(&table);
        tc_table_cell(&table, p->label);
        tc_table_cell(&table, tc_format_count(p->runs).s);
        tc_table_cell(&table, tc_format_percent(p->share_pct).s);
        tc_table_cell(&table, with_error(p->slower_pct, p->slower_error_pct).s);
        tc_table_cell(&table, signed_percent(p->moves_pct).s);
    }
    fputc('\n', file);
    return tc_table_print(&table, file, style);
}

static bool print_missing(FILE *file, const tc_style *style, const tc_residuals *r) {
    tc_table table = {0};
    if (r->missing == 0) {
        fputs("\nNo run leaves a field open.\n", file);
        return true;
    }
    tc_table_column(&table, "field not stated", TC_LEFT | TC_FLEXIBLE);
    tc_table_column(&table, "runs", TC_RIGHT);
    tc_table_column(&table, "they err more", TC_RIGHT);
    tc_table_column(&table, "narrows all by", TC_RIGHT);
    for (int i = 0; i < r->missing; i++) {
        const tc_missing_field *m = &r->field[i];
        tc_table_row_begin(&table);
        tc_table_cell(&table, m->field);
        tc_table_cell(&table, tc_format_count(m->runs).s);
        tc_table_cell(&table, with_error(m->errs_more_pct, m->errs_more_error_pct).s);
        tc_table_cell(&table, signed_percent(m->narrows_pct).s);
    }
    fputc('\n', file);
    return tc_table_print(&table, file, style);
}

bool tc_report_residuals_text(FILE *file, const tc_style *style, const tc_residuals *r) {
    char text[512];
    snprintf(text, sizeof text,
             "%.16s published runs of %d sources, each source by the root of its runs: mean error %.16s in logs, bias "
             "%.16s; the parts of the forecast go with %.0f %% of the squared errors. Beside each figure its standard "
             "error; what comes together cannot be told apart.",
             tc_format_count(r->n).s, r->sources, tc_format_percent(r->mean_error_pct).s, signed_percent(r->bias_pct).s,
             r->explained_pct);
    tc_print_wrapped(file, style, 0, 0, text);
    return print_parts(file, style, r) && print_missing(file, style, r);
}
