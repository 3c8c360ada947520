/* served_report.c - how wrong the forecast of serving is, by metric, accelerator, engine and source. */
#include "report/served_report.h"

#include <math.h>
#include <string.h>

#include "report/rows.h"

/* ---- JSON --------------------------------------------------------------------------------------- */

void tc_write_served_results(tc_writer *writer, const tc_served_validation *v) {
    tc_write_array(writer, "serving_runs");
    for (int i = 0; i < v->count; i++) {
        const tc_served_result *r = &v->results[i];
        bool has_metric = r->metric < TC_SERVED_METRICS;
        tc_write_object(writer, NULL);
        tc_write_string(writer, "id", r->row->id);
        tc_write_string(writer, "group", r->row->group);
        tc_write_string(writer, "source_family", r->row->source_family);
        tc_write_string(writer, "accelerator", r->row->accelerator);
        tc_write_string(writer, "engine", *r->engine ? r->engine : NULL);
        tc_write_string(writer, "status", tc_case_status_name(r->status));
        tc_write_string(writer, "reason", *r->reason ? r->reason : NULL);
        tc_write_bool(writer, "counts", r->counts);
        tc_write_texts(writer, "assumed", (const char *)r->assumed, sizeof r->assumed[0], r->assumed_count);
        tc_write_string(writer, "metric", has_metric ? tc_served_metric_name(r->metric) : NULL);
        tc_write_string(writer, "class", has_metric ? tc_served_class_name(r->class) : NULL);
        tc_write_number(writer, "measured", r->measured);
        tc_write_number(writer, "predicted", r->predicted);
        tc_write_number(writer, "predicted_p10", r->low);
        tc_write_number(writer, "predicted_p90", r->high);
        tc_write_number(writer, "error_pct", r->error_pct);
        tc_write_known(writer, "covered", r->covered);
        tc_write_close(writer);
    }
    tc_write_close(writer);
}

void tc_write_served_summary(tc_writer *writer, const tc_served_validation *v) {
    tc_write_integer(writer, "serving_n", v->all.n);
    tc_write_integer(writer, "serving_rows", v->rows);
    tc_write_integer(writer, "serving_skipped", v->skipped);
    tc_write_integer(writer, "serving_unsupported", v->unsupported);
    tc_write_number(writer, "serving_macro_mape_pct", v->all.macro_mape_pct);
    tc_write_number(writer, "serving_median_ape_pct", v->all.median_ape_pct);
    tc_write_number(writer, "serving_bias_pct", v->all.bias_pct);
    tc_write_number(writer, "serving_coverage80_pct", v->all.coverage80_pct);
}

/* what: of what a score is, as a key or a heading; runs: what is counted. */
static void tell_scores(const tc_rows *rows, const char *what, const char *runs, const tc_group_score *scores,
                        const int *order, int n) {
    for (int i = 0; i < n; i++) {
        const tc_group_score *s = &scores[order ? order[i] : i];
        tc_rows_begin(rows);
        tc_tell_text(rows, what, what, TC_LEFT | TC_FLEXIBLE, s->name);
        tc_tell_count(rows, "n", runs, TC_RIGHT, s->n);
        tc_tell_number(rows, "mape_pct", "error", TC_RIGHT, s->mape_pct, tc_format_percent);
        tc_tell_number(rows, "bias_pct", "bias", TC_RIGHT, s->bias_pct, tc_format_signed_percent);
        tc_rows_end(rows);
    }
}

void tc_write_group_scores(tc_writer *writer, const char *key, const char *name, const tc_group_score *scores, int n) {
    tc_write_array(writer, key);
    tell_scores(&(tc_rows){.writer = writer}, name, "", scores, NULL, n);
    tc_write_close(writer);
}

bool tc_print_group_scores(FILE *file, const tc_style *style, const char *what, const char *runs,
                           const tc_group_score *scores, const int *order, int n) {
    tc_table table = {0};
    tell_scores(&(tc_rows){.table = &table}, what, runs, scores, order, n);
    return tc_table_print(&table, file, style);
}

static const char *const titles[TC_SERVED_CLASSES]
    = {"time per output token",        "time to first token", "rate under a load",
       "rate of all requests at once", "prefill alone",       "decode alone"};

static void tell_class(const tc_rows *rows, const tc_served_summary *s, const char *class, const char *title,
                       bool markdown) {
    tc_rows_begin(rows);
    tc_tell_text(rows, "class", NULL, 0, class);
    tc_tell_text(rows, NULL, markdown ? "" : "serving", TC_LEFT | TC_FLEXIBLE, title);
    tc_tell_count(rows, "n", "figures", TC_RIGHT, s->n);
    tc_tell_number(rows, "macro_mape_pct", "macro error", TC_RIGHT, s->macro_mape_pct, tc_format_percent);
    tc_tell_number(rows, "mape_pct", NULL, 0, s->mape_pct, NULL);
    tc_tell_number(rows, "median_ape_pct", "median", TC_RIGHT, s->median_ape_pct, tc_format_percent);
    tc_tell_number(rows, "bias_pct", "bias", TC_RIGHT, s->bias_pct, tc_format_signed_percent);
    tc_tell_number(rows, "coverage80_pct", markdown ? "in their 80 %" : "in 80 %", TC_RIGHT, s->coverage80_pct,
                   tc_format_percent);
    tc_rows_end(rows);
}

/* Of each class that has figures; for people also of all. */
static void tell_classes(const tc_rows *rows, const tc_served_validation *v, bool markdown) {
    for (int i = 0; i < TC_SERVED_CLASSES; i++)
        if (v->by_class[i].n > 0)
            tell_class(rows, &v->by_class[i], tc_served_class_name((tc_served_class)i), titles[i], markdown);
    if (rows->table && v->all.n > 0) tell_class(rows, &v->all, NULL, "all", markdown);
}

void tc_write_served_groups(tc_writer *writer, const tc_served_validation *v) {
    tc_write_array(writer, "serving_by_metric");
    tell_classes(&(tc_rows){.writer = writer}, v, false);
    tc_write_close(writer);
    tc_write_group_scores(writer, "serving_by_accelerator", "accelerator", v->by_accelerator, v->accelerators);
    tc_write_group_scores(writer, "serving_by_engine", "engine", v->by_engine, v->engines);
    tc_write_group_scores(writer, "serving_by_family", "family", v->by_family, v->families);
}

/* ---- people -------------------------------------------------------------------------------------- */

static void headline(const tc_served_validation *v, char *text, size_t size) {
    snprintf(text, size,
             "%.16s figures of %.16s published serving rows scored (%.16s rows skipped for want of a figure, %.16s not "
             "supported; %.16s figures are shown apart: floors of tests, rates that are given), from %d sources",
             tc_format_count(v->all.n).s, tc_format_count(v->rows).s, tc_format_count(v->skipped).s,
             tc_format_count(v->unsupported).s, tc_format_count(v->apart).s, v->all.families);
}

static bool print_scores(FILE *file, const tc_style *style, const char *what, const tc_group_score *scores, int n) {
    fputc('\n', file);
    return tc_print_group_scores(file, style, what, "figures", scores, NULL, n);
}

bool tc_print_served(FILE *file, const tc_style *style, const tc_served_validation *v) {
    if (v->rows == 0) return true;
    char text[320];
    tc_table table = {0};
    headline(v, text, sizeof text);
    if (style->markdown)
        fprintf(file, "\n## Serving\n\n%s.\n", text);
    else
        tc_print_wrapped(file, style, 0, 0, text);
    fputc('\n', file);
    tell_classes(&(tc_rows){.table = &table}, v, style->markdown);
    return tc_table_print(&table, file, style)
           && print_scores(file, style, "served on", v->by_accelerator, v->accelerators)
           && print_scores(file, style, "engine", v->by_engine, v->engines)
           && print_scores(file, style, "source", v->by_family, v->families);
}
