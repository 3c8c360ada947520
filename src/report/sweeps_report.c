/* sweeps_report.c - how well the forecast chooses among the layouts of published sweeps. */
#include "report/sweeps_report.h"

#include <math.h>
#include <string.h>

#include "report/format.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

/* ---- the summary: one table for every form ---------------------------------------- */

typedef struct summary_row {
    const char *key;   /* in JSON */
    const char *label; /* for people; NULL: only in JSON */
    double value;
    enum { NUMBER, PERCENT, SIGNED } form;
} summary_row;

#define SUMMARY_MAX 24

static int summary_of(const tc_sweeps *s, summary_row *rows) {
    const summary_row all[] = {
        {"n", NULL, s->count, NUMBER},
        {"mean_regret_pct", "the chosen layout is slower than the best by, mean", s->mean_regret_pct, PERCENT},
        {"worst_regret_pct", "at worst", s->worst_regret_pct, PERCENT},
        {"counted", NULL, s->counted, NUMBER},
        {"fastest_in_first_place", NULL, s->first, NUMBER},
        {"out_of_memory_in_first_place", NULL, s->lost_first, NUMBER},
        {"six_rows_and_more", NULL, s->large, NUMBER},
        {"mean_rank_correlation", "rank correlation, sweeps of six rows and more", s->large_rank_correlation, NUMBER},
        {"winner_bias_pct", "measured against forecast, the chosen", s->winner_bias_pct, SIGNED},
        {"expected_bias_pct", "measured against what was expected of it", s->expected_bias_pct, SIGNED},
        {"winner_against_sweep_pct", "the same against all rows of its sweep", s->winner_against_sweep_pct, SIGNED},
        {"common_deviation_pct", "error that a sweep's layouts share", s->common_deviation_pct, PERCENT},
        {"own_deviation_pct", "error of each layout's own", s->own_deviation_pct, PERCENT},
        {"intraclass_correlation", "correlation of errors within a sweep", s->intraclass_correlation, NUMBER},
        {"near_slope", "slope of measured on forecast, near the first", s->near_slope, NUMBER},
        {"near_slope_deviation", "its deviation, for another source", s->near_slope_deviation, NUMBER},
        {"shrinkage", "part of a lead that is error", s->shrinkage, NUMBER},
    };
    _Static_assert(COUNT(all) <= SUMMARY_MAX, "room for the summary");
    memcpy(rows, all, sizeof all);
    return COUNT(all);
}

static void summary_text(const summary_row *row, char *text, size_t size) {
    if (row->form == NUMBER)
        snprintf(text, size, "%.2f", row->value);
    else
        snprintf(text, size, "%s%.20s", row->form == SIGNED && row->value > 0 ? "+" : "",
                 tc_format_percent(row->value).s);
}

static void headline(const tc_sweeps *s, char *text, size_t size) {
    snprintf(text, size,
             "%d published sweeps of layouts; of %d with four different forecasts and more, the fastest as measured is "
             "in "
             "first place in %d",
             s->count, s->counted, s->first);
}

/* ---- JSON --------------------------------------------------------------------------- */

void tc_report_sweeps(tc_target *target, const tc_sweeps *s) {
    summary_row summary[SUMMARY_MAX];
    int n = summary_of(s, summary);
    tc_writer writer = tc_write_begin(target, "validate-sweeps/1", "sweeps");
    tc_write_lines(&writer, "assumed", NULL, 0); /* what was assumed differs by run: `validate` lists it there */
    tc_write_array(&writer, "sweeps");
    for (int i = 0; i < s->count; i++) {
        const tc_sweep *sweep = &s->sweep[i];
        tc_write_object(&writer, NULL);
        tc_write_string(&writer, "id", sweep->id);
        tc_write_integer(&writer, "rows", sweep->rows);
        tc_write_string(&writer, "best_measured", sweep->best->run->run->id);
        tc_write_string(&writer, "chosen", sweep->chosen ? sweep->chosen->run->run->id : NULL);
        tc_write_number(&writer, "regret_pct", sweep->regret_pct);
        tc_write_number(&writer, "rank_correlation", sweep->rank_correlation);
        tc_write_close(&writer);
    }
    tc_write_close(&writer);
    tc_write_object(&writer, "summary");
    for (int i = 0; i < n; i++) tc_write_number(&writer, summary[i].key, summary[i].value);
    tc_write_close(&writer);
    tc_write_end(&writer);
}

/* ---- people -------------------------------------------------------------------------- */

static tc_text correlation_text(double value) {
    tc_text out;
    snprintf(out.s, sizeof out.s, isnan(value) ? "-" : "%.2f", value);
    return out;
}

bool tc_report_sweeps_text(FILE *file, const tc_style *style, const tc_sweeps *s) {
    summary_row summary[SUMMARY_MAX];
    int n = summary_of(s, summary);
    char text[256];
    headline(s, text, sizeof text);
    tc_print_wrapped(file, style, 0, 0, text);
    fputc('\n', file);
    for (int i = 0; i < n; i++) {
        if (!summary[i].label || isnan(summary[i].value)) continue;
        summary_text(&summary[i], text, sizeof text);
        fprintf(file, "  %-52s%9s\n", summary[i].label, text);
    }
    tc_table table = {0};
    tc_table_column(&table, "sweep", TC_LEFT | TC_FLEXIBLE);
    tc_table_column(&table, "rows", TC_RIGHT);
    tc_table_column(&table, "slower", TC_RIGHT);
    tc_table_column(&table, "ranks", TC_RIGHT);
    tc_table_column(&table, "chosen", TC_LEFT | TC_FLEXIBLE);
    for (int i = 0; i < s->count; i++) {
        const tc_sweep *sweep = &s->sweep[i];
        tc_table_row_begin(&table);
        tc_table_cell(&table, sweep->id);
        tc_table_cell(&table, tc_format_count(sweep->rows).s);
        tc_table_cell(&table, sweep->chosen ? tc_format_percent(sweep->regret_pct).s : NULL);
        tc_table_cell(&table, correlation_text(sweep->rank_correlation).s);
        tc_table_cell(&table, sweep->chosen ? sweep->chosen->run->run->id : NULL);
    }
    fputc('\n', file);
    return tc_table_print(&table, file, style);
}

void tc_report_sweeps_markdown(FILE *file, const tc_sweeps *s) {
    summary_row summary[SUMMARY_MAX];
    int n = summary_of(s, summary);
    char text[256];
    headline(s, text, sizeof text);
    fprintf(file,
            "# Published sweeps of layouts: measured and forecast\n\nWritten by `traincast validate --sweeps "
            "--markdown`.\n\n%s.\n\nA sweep is one model on one number of devices, with one batch, sequence length and "
            "format, in one session, of which a source measured at least %d layouts. *chosen*: the layout that the "
            "forecast puts first, of those that fit; *slower*: how much slower it is, as measured, than the fastest "
            "measured; *ranks*: Spearman's rank correlation. Equal forecasts share a place. The forecast has seen "
            "these "
            "runs.\n\n| | |\n| --- | ---: |\n",
            text, TC_SWEEP_FEWEST);
    for (int i = 0; i < n; i++) {
        if (!summary[i].label || isnan(summary[i].value)) continue;
        summary_text(&summary[i], text, sizeof text);
        fprintf(file, "| %s | %s |\n", summary[i].label, text);
    }
    fputs("\n| sweep | rows | slower | ranks | fastest measured | chosen |\n| --- | ---: | ---: | ---: | --- | --- |\n",
          file);
    for (int i = 0; i < s->count; i++) {
        const tc_sweep *sweep = &s->sweep[i];
        fprintf(file, "| %s | %d | %s | %s |", sweep->id, sweep->rows,
                sweep->chosen ? tc_format_percent(sweep->regret_pct).s : "-",
                correlation_text(sweep->rank_correlation).s);
        fprintf(file, " %s | %s |\n", sweep->best->run->run->id,
                !sweep->chosen                 ? "-"
                : sweep->chosen == sweep->best ? "the same"
                                               : sweep->chosen->run->run->id);
    }
}
