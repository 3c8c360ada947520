/* sweeps_report.c - how well the forecast chooses among the layouts of published sweeps. */
#include "report/sweeps_report.h"

#include <math.h>
#include <string.h>

#include "report/rows.h"

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

static tc_text summary_text(const summary_row *row) {
    tc_text text;
    if (row->form == SIGNED) return tc_format_signed_percent(row->value);
    if (row->form == PERCENT) return tc_format_percent(row->value);
    snprintf(text.s, sizeof text.s, "%.2f", row->value);
    return text;
}

static void headline(const tc_sweeps *s, char *text, size_t size) {
    snprintf(text, size,
             "%d published sweeps of layouts; of %d with four different forecasts and more, the fastest as measured is "
             "in "
             "first place in %d",
             s->count, s->counted, s->first);
}

/* Spearman's rank correlation, or a dash. */
static tc_text correlation_text(double value) {
    tc_text out;
    snprintf(out.s, sizeof out.s, isnan(value) ? "-" : "%.2f", value);
    return out;
}

static const char *id_of(const tc_sweep_row *row) { return row ? row->run->run->id : NULL; }

static void tell_sweeps(const tc_rows *rows, const tc_sweeps *s, bool markdown) {
    for (int i = 0; i < s->count; i++) {
        const tc_sweep *sweep = &s->sweep[i];
        bool same = markdown && sweep->chosen == sweep->best;
        tc_rows_begin(rows);
        tc_tell_text(rows, "id", "sweep", TC_LEFT | TC_FLEXIBLE, sweep->id);
        tc_tell_count(rows, "rows", "rows", TC_RIGHT, sweep->rows);
        tc_tell_text(rows, "best_measured", NULL, 0, id_of(sweep->best));
        tc_tell_text(rows, "chosen", NULL, 0, id_of(sweep->chosen));
        tc_tell_number(rows, "regret_pct", "slower", TC_RIGHT, sweep->chosen ? sweep->regret_pct : NAN,
                       tc_format_percent);
        tc_tell_number(rows, "rank_correlation", "ranks", TC_RIGHT, sweep->rank_correlation, correlation_text);
        if (markdown) tc_tell_text(rows, NULL, "fastest measured", TC_LEFT, id_of(sweep->best));
        tc_tell_text(rows, NULL, "chosen", TC_LEFT | TC_FLEXIBLE, same ? "the same" : id_of(sweep->chosen));
        tc_rows_end(rows);
    }
}

/* ---- for programs ------------------------------------------------------------------- */

void tc_report_sweeps(tc_target *target, const tc_sweeps *s) {
    summary_row summary[SUMMARY_MAX];
    int n = summary_of(s, summary);
    tc_writer writer = tc_write_begin(target, "validate-sweeps/1", "sweeps");
    tc_write_lines(&writer, "assumed", NULL, 0); /* what was assumed differs by run: `validate` lists it there */
    tc_write_array(&writer, "sweeps");
    tell_sweeps(&(tc_rows){.writer = &writer}, s, false);
    tc_write_close(&writer);
    tc_write_object(&writer, "summary");
    for (int i = 0; i < n; i++) tc_write_number(&writer, summary[i].key, summary[i].value);
    tc_write_close(&writer);
    tc_write_end(&writer);
}

/* ---- for people --------------------------------------------------------------------- */

bool tc_report_sweeps_text(FILE *file, const tc_style *style, const tc_sweeps *s) {
    summary_row summary[SUMMARY_MAX];
    int n = summary_of(s, summary);
    char text[256];
    headline(s, text, sizeof text);
    if (style->markdown)
        fprintf(file,
                "# Published sweeps of layouts: measured and forecast\n\nWritten by `traincast validate --sweeps "
                "--markdown`.\n\n%s.\n\nA sweep is one model on one number of devices, with one batch, sequence length "
                "and format, in one session, of which a source measured at least %d layouts. *chosen*: the layout that "
                "the forecast puts first, of those that fit; *slower*: how much slower it is, as measured, than the "
                "fastest measured; *ranks*: Spearman's rank correlation. Equal forecasts share a place. The forecast "
                "has seen these runs.\n\n| | |\n| --- | ---: |\n",
                text, TC_SWEEP_FEWEST);
    else
        tc_print_wrapped(file, style, 0, 0, text), fputc('\n', file);
    for (int i = 0; i < n; i++)
        if (summary[i].label && !isnan(summary[i].value))
            fprintf(file, style->markdown ? "| %s | %s |\n" : "  %-52s%9s\n", summary[i].label,
                    summary_text(&summary[i]).s);
    tc_table table = {0};
    tell_sweeps(&(tc_rows){.table = &table}, s, style->markdown);
    fputc('\n', file);
    return tc_table_print(&table, file, style);
}
