/* runs_report.c - published runs one by one: measured, forecast, error, whether the 80 % interval holds it, the source. */
#include "report/runs_report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/format.h"

static int by_id(const void *a, const void *b) {
    const tc_scored_run *const *x = a, *const *y = b;
    return strcmp((*x)->run->id, (*y)->run->id);
}

/* The largest error first, of either sign. */
static int by_error(const void *a, const void *b) {
    const tc_scored_run *const *x = a, *const *y = b;
    double left = fabs((*x)->error_pct), right = fabs((*y)->error_pct);
    return left != right ? (left < right) - (left > right) : by_id(a, b);
}

static int by_source(const void *a, const void *b) {
    const tc_scored_run *const *x = a, *const *y = b;
    int order = strcmp((*x)->run->source_family, (*y)->run->source_family);
    return order ? order : by_error(a, b);
}

static int (*const orders[])(const void *a, const void *b) = {by_error, by_source, by_id}; /* as the option's words */

static const char *const units[TC_METRICS] = {[TC_METRIC_NONE] = "",
                                              [TC_METRIC_STEP_S] = "s",
                                              [TC_METRIC_TOKENS_PER_S_PER_DEVICE] = "tokens/s",
                                              [TC_METRIC_SAMPLES_PER_S] = "samples/s",
                                              [TC_METRIC_TFLOPS_PER_DEVICE] = "TFLOP/s",
                                              [TC_METRIC_MFU_PCT] = "% MFU"};

static void add_row(tc_table *table, const tc_scored_run *r) {
    static const char *const covered[] = {"-", "no", "yes"};
    tc_table_row_begin(table);
    tc_cell(table, "run", TC_LEFT | TC_FLEXIBLE, r->run->id);
    tc_cell(table, "measured", TC_RIGHT | TC_OPTIONAL, tc_format_significant(r->measured, 4).s);
    tc_cell(table, "forecast", TC_RIGHT | TC_OPTIONAL, tc_format_significant(r->predicted, 4).s);
    tc_cell(table, "error", TC_RIGHT, tc_format_signed_percent(r->error_pct).s);
    tc_cell_tone(table, "in 80 %", TC_RIGHT | TC_OPTIONAL, covered[r->covered < 0 ? 0 : 1 + (r->covered > 0)],
                 r->covered == 0 ? TC_TONE_BAD : TC_TONE_PLAIN);
    tc_cell(table, "unit", TC_LEFT | TC_OPTIONAL, units[r->run->metric]);
    tc_cell(table, "assumed", TC_LEFT | TC_OPTIONAL, r->complete ? "nothing" : "some");
    tc_cell(table, "source", TC_LEFT | TC_FLEXIBLE | TC_OPTIONAL, r->run->source_family);
}

bool tc_report_runs_text(FILE *file, const tc_style *style, const tc_validation *v, tc_runs_order order) {
    const tc_scored_run **scored = malloc(((size_t)v->count + 1) * sizeof *scored);
    int n = 0;
    if (!scored) return false;
    for (int i = 0; i < v->count; i++)
        if (v->runs[i].counts && !isnan(v->runs[i].error_pct)) scored[n++] = &v->runs[i];
    qsort(scored, (size_t)n, sizeof *scored, orders[order]);
    tc_table table = {0};
    for (int i = 0; i < n; i++) add_row(&table, scored[i]);
    free(scored);
    if (!tc_table_print(&table, file, style)) return false;
    if (v->count > n)
        fprintf(file, "(%s more rows have no error: --csv has them, each with its reason)\n",
                tc_format_count(v->count - n).s);
    return true;
}
