/* histories_report.c - whole runs with published days against their forecasts. */
#include "report/histories_report.h"

#include <math.h>

#include "report/rows.h"

static void headline(const tc_histories *h, char *text, size_t size) {
    snprintf(text, size,
             "%d published runs, of which %d have all that a forecast needs: they took %.2f times the days forecast in "
             "the "
             "median (80 %% of them %.2f to %.2f), and the 80 %% interval holds %.0f %% of them",
             h->count, h->n, h->median_ratio, h->p10_ratio, h->p90_ratio, h->coverage80_pct);
}

/* ---- JSON --------------------------------------------------------------------------- */

static void write_assumed(tc_writer *writer, const tc_histories *h) {
    char text[1200];
    tc_write_array(writer, "assumed");
    for (int i = 0; i < h->count; i++) {
        if (!h->run[i].assumed[0]) continue;
        snprintf(text, sizeof text, "%.100s: %.1080s", h->run[i].row->id, h->run[i].assumed);
        tc_write_string(writer, NULL, text);
    }
    tc_write_close(writer);
}

void tc_report_histories(tc_target *target, const tc_histories *h) {
    tc_writer writer = tc_write_begin(target, "validate-histories/1", "histories");
    write_assumed(&writer, h);
    tc_write_array(&writer, "histories");
    for (int i = 0; i < h->count; i++) {
        const tc_scored_history *r = &h->run[i];
        tc_write_object(&writer, NULL);
        tc_write_string(&writer, "id", r->row->id);
        tc_write_string(&writer, "status", tc_case_status_name(r->status));
        tc_write_string(&writer, "reason", *r->reason ? r->reason : NULL);
        tc_write_number(&writer, "forecast_days", r->days);
        tc_write_number(&writer, "forecast_days_p10", r->days_p10);
        tc_write_number(&writer, "forecast_days_p90", r->days_p90);
        tc_write_number(&writer, "actual_days", r->actual_days);
        tc_write_known(&writer, "covered", r->covered);
        tc_write_close(&writer);
    }
    tc_write_close(&writer);
    tc_write_object(&writer, "summary");
    tc_write_integer(&writer, "n", h->n);
    tc_write_number(&writer, "median_ratio", h->median_ratio);
    tc_write_number(&writer, "coverage80_pct", h->coverage80_pct);
    tc_write_close(&writer);
    tc_write_end(&writer);
}

/* ---- people -------------------------------------------------------------------------- */

static tc_text days_text(double days) {
    tc_text out;
    snprintf(out.s, sizeof out.s, isnan(days) ? "-" : "%.1f", days);
    return out;
}

static tc_text interval_text(const tc_scored_history *r) {
    tc_text out;
    snprintf(out.s, sizeof out.s, isnan(r->days_p10) ? "-" : "%.1f to %.1f", r->days_p10, r->days_p90);
    return out;
}

bool tc_report_histories_text(FILE *file, const tc_style *style, const tc_histories *h) {
    static const char *const covered[] = {"", "outside", "held"};
    char text[320];
    headline(h, text, sizeof text);
    if (style->markdown)
        fprintf(file,
                "# Whole runs: the days they took and the forecast\n\nWritten by `traincast validate --histories "
                "--markdown`.\n\n%s.\n\nForecast from what a source says of the run; what it leaves out is filled by "
                "rule (last column), its step's interval widened where nobody says how the run was laid out or what "
                "shape the model has. The days are those of `traincast run`: steps, checkpoints, failures and "
                "operations.\n",
                text);
    else
        tc_print_wrapped(file, style, 0, 0, text);
    tc_table table = {0};
    for (int i = 0; i < h->count; i++) {
        const tc_scored_history *r = &h->run[i];
        tc_table_row_begin(&table);
        tc_cell(&table, "run", TC_LEFT | TC_FLEXIBLE, r->row->id);
        tc_cell(&table, "days", TC_RIGHT, days_text(r->actual_days).s);
        tc_cell(&table, "forecast", TC_RIGHT, days_text(r->days).s);
        tc_cell(&table, "80 % interval", TC_RIGHT, interval_text(r).s);
        tc_cell(&table, "", TC_LEFT | TC_FLEXIBLE,
                r->covered < 0 && !style->markdown ? r->reason : covered[r->covered + 1]);
        if (style->markdown)
            tc_cell(&table, "filled in, or why it is not scored", TC_LEFT,
                    r->status == TC_CASE_OK ? r->assumed : r->reason);
    }
    fputc('\n', file);
    return tc_table_print(&table, file, style);
}
