/* residuals_report.c - with what the errors of the forecast go. */
#include "report/residuals_report.h"

#include <math.h>

#include "report/rows.h"

static tc_text with_error(double percent, double error) {
    tc_text out;
    snprintf(out.s, sizeof out.s, "%+.0f +- %.0f %%", percent, error);
    return out;
}

static void tell_parts(const tc_rows *rows, const tc_residuals *r) {
    for (int i = 0; i < TC_PARTS_ALL; i++) {
        const tc_part_residual *p = &r->part[i];
        if (p->runs == 0) continue;
        tc_rows_begin(rows);
        tc_tell_text(rows, "part", NULL, 0, p->part);
        tc_tell_text(rows, NULL, "part of the forecast", TC_LEFT | TC_FLEXIBLE, p->label);
        tc_tell_count(rows, "runs", "runs", TC_RIGHT, p->runs);
        tc_tell_number(rows, "share_pct", "share", TC_RIGHT, p->share_pct, tc_format_percent);
        tc_tell_number(rows, "slower_pct", NULL, 0, p->slower_pct, NULL);
        tc_tell_number(rows, "slower_error_pct", NULL, 0, p->slower_error_pct, NULL);
        tc_tell_text(rows, NULL, "slower than forecast", TC_RIGHT, with_error(p->slower_pct, p->slower_error_pct).s);
        tc_tell_number(rows, "moves_pct", "of the step", TC_RIGHT, p->moves_pct, tc_format_signed_percent);
        tc_rows_end(rows);
    }
}

static void tell_missing(const tc_rows *rows, const tc_residuals *r) {
    for (int i = 0; i < r->missing; i++) {
        const tc_missing_field *m = &r->field[i];
        tc_rows_begin(rows);
        tc_tell_text(rows, "field", "field not stated", TC_LEFT | TC_FLEXIBLE, m->field);
        tc_tell_count(rows, "runs", "runs", TC_RIGHT, m->runs);
        tc_tell_number(rows, "errs_more_pct", NULL, 0, m->errs_more_pct, NULL);
        tc_tell_number(rows, "errs_more_error_pct", NULL, 0, m->errs_more_error_pct, NULL);
        tc_tell_text(rows, NULL, "they err more", TC_RIGHT, with_error(m->errs_more_pct, m->errs_more_error_pct).s);
        tc_tell_number(rows, "narrows_pct", "narrows all by", TC_RIGHT, m->narrows_pct, tc_format_signed_percent);
        tc_rows_end(rows);
    }
}

void tc_report_residuals(tc_target *target, const tc_residuals *r) {
    tc_writer writer = tc_write_begin(target, "validate-explain/1", "parts");
    const tc_rows rows = {.writer = &writer};
    tc_write_lines(&writer, "assumed", NULL, 0); /* what was assumed differs by run: `validate` lists it there */
    tc_write_array(&writer, "parts");
    tell_parts(&rows, r);
    tc_write_close(&writer);
    tc_write_array(&writer, "missing");
    tell_missing(&rows, r);
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

bool tc_report_residuals_text(FILE *file, const tc_style *style, const tc_residuals *r) {
    tc_table parts = {0}, missing = {0};
    tc_print_wrappedf(
        file, style, 0, 0,
        "%.16s published runs of %d sources, each source by the root of its runs: mean error %.16s in logs, bias "
        "%.16s; the parts of the forecast go with %.0f %% of the squared errors. Beside each figure its standard "
        "error; what comes together cannot be told apart.",
        tc_format_count(r->n).s, r->sources, tc_format_percent(r->mean_error_pct).s,
        tc_format_signed_percent(r->bias_pct).s, r->explained_pct);
    tell_parts(&(tc_rows){.table = &parts}, r);
    tell_missing(&(tc_rows){.table = &missing}, r);
    fputc('\n', file);
    if (!tc_table_print(&parts, file, style)) return false;
    fputs(r->missing == 0 ? "\nNo run leaves a field open.\n" : "\n", file);
    return r->missing == 0 || tc_table_print(&missing, file, style);
}
