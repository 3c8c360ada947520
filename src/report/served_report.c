/* served_report.c - how wrong the forecast of serving is, by metric, accelerator, engine and source. */
#include "report/served_report.h"

#include <math.h>
#include <string.h>

#include "report/format.h"

/* ---- JSON --------------------------------------------------------------------------------------- */

static const char *status_name(tc_case_status status) {
    return status == TC_CASE_OK ? "ok" : status == TC_CASE_SKIPPED ? "skipped" : "unsupported";
}

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
        tc_write_string(writer, "status", status_name(r->status));
        tc_write_string(writer, "reason", *r->reason ? r->reason : NULL);
        tc_write_bool(writer, "counts", r->counts);
        tc_write_array(writer, "assumed");
        for (int k = 0; k < r->assumed_count; k++) tc_write_string(writer, NULL, r->assumed[k]);
        tc_write_close(writer);
        tc_write_string(writer, "metric", has_metric ? tc_served_metric_name(r->metric) : NULL);
        tc_write_string(writer, "class", has_metric ? tc_served_class_name(r->class) : NULL);
        tc_write_number(writer, "measured", r->measured);
        tc_write_number(writer, "predicted", r->predicted);
        tc_write_number(writer, "predicted_p10", r->low);
        tc_write_number(writer, "predicted_p90", r->high);
        tc_write_number(writer, "error_pct", r->error_pct);
        if (r->covered < 0)
            tc_write_null(writer, "covered");
        else
            tc_write_bool(writer, "covered", r->covered == 1);
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

void tc_write_group_scores(tc_writer *writer, const char *key, const char *name, const tc_group_score *scores, int n) {
    tc_write_array(writer, key);
    for (int i = 0; i < n; i++) {
        tc_write_object(writer, NULL);
        tc_write_string(writer, name, scores[i].name);
        tc_write_integer(writer, "n", scores[i].n);
        tc_write_number(writer, "mape_pct", scores[i].mape_pct);
        tc_write_number(writer, "bias_pct", scores[i].bias_pct);
        tc_write_close(writer);
    }
    tc_write_close(writer);
}

void tc_write_served_groups(tc_writer *writer, const tc_served_validation *v) {
    tc_write_array(writer, "serving_by_metric");
    for (int i = 0; i < TC_SERVED_CLASSES; i++) {
        const tc_served_summary *s = &v->by_class[i];
        if (s->n == 0) continue;
        tc_write_object(writer, NULL);
        tc_write_string(writer, "class", tc_served_class_name((tc_served_class)i));
        tc_write_integer(writer, "n", s->n);
        tc_write_number(writer, "macro_mape_pct", s->macro_mape_pct);
        tc_write_number(writer, "mape_pct", s->mape_pct);
        tc_write_number(writer, "median_ape_pct", s->median_ape_pct);
        tc_write_number(writer, "bias_pct", s->bias_pct);
        tc_write_number(writer, "coverage80_pct", s->coverage80_pct);
        tc_write_close(writer);
    }
    tc_write_close(writer);
    tc_write_group_scores(writer, "serving_by_accelerator", "accelerator", v->by_accelerator, v->accelerators);
    tc_write_group_scores(writer, "serving_by_engine", "engine", v->by_engine, v->engines);
    tc_write_group_scores(writer, "serving_by_family", "family", v->by_family, v->families);
}

/* ---- people -------------------------------------------------------------------------------------- */

static const char *const titles[TC_SERVED_CLASSES]
    = {"time per output token",        "time to first token", "rate under a load",
       "rate of all requests at once", "prefill alone",       "decode alone"};

static void headline(const tc_served_validation *v, char *text, size_t size) {
    snprintf(text, size,
             "%.16s figures of %.16s published serving rows scored (%.16s rows skipped for want of a figure, %.16s not "
             "supported; %.16s figures are shown apart: floors of tests, rates that are given), from %d sources",
             tc_format_count(v->all.n).s, tc_format_count(v->rows).s, tc_format_count(v->skipped).s,
             tc_format_count(v->unsupported).s, tc_format_count(v->apart).s, v->all.families);
}

static void percent(double value, bool sign, char *text, size_t size) {
    snprintf(text, size, "%s%.20s", sign && value > 0 ? "+" : "", tc_format_percent(value).s);
}

static bool print_classes(FILE *file, const tc_style *style, const tc_served_validation *v) {
    tc_table table = {0};
    tc_table_column(&table, "serving", TC_LEFT | TC_FLEXIBLE);
    static const char *const columns[] = {"figures", "macro error", "median", "bias", "in 80 %"};
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) tc_table_column(&table, columns[i], TC_RIGHT);
    for (int i = 0; i <= TC_SERVED_CLASSES; i++) {
        const tc_served_summary *s = i < TC_SERVED_CLASSES ? &v->by_class[i] : &v->all;
        char text[40];
        if (s->n == 0) continue;
        tc_table_row_begin(&table);
        tc_table_cell(&table, i < TC_SERVED_CLASSES ? titles[i] : "all");
        tc_table_cell(&table, tc_format_count(s->n).s);
        const double values[] = {s->macro_mape_pct, s->median_ape_pct, s->bias_pct, s->coverage80_pct};
        for (int k = 0; k < 4; k++) {
            percent(values[k], k == 2, text, sizeof text);
            tc_table_cell(&table, text);
        }
    }
    fputc('\n', file);
    return tc_table_print(&table, file, style);
}

static bool print_scores(FILE *file, const tc_style *style, const char *what, const tc_group_score *scores, int n) {
    tc_table table = {0};
    tc_table_column(&table, what, TC_LEFT | TC_FLEXIBLE);
    tc_table_column(&table, "figures", TC_RIGHT);
    tc_table_column(&table, "error", TC_RIGHT);
    tc_table_column(&table, "bias", TC_RIGHT);
    for (int i = 0; i < n; i++) {
        char text[40];
        tc_table_row_begin(&table);
        tc_table_cell(&table, scores[i].name);
        tc_table_cell(&table, tc_format_count(scores[i].n).s);
        percent(scores[i].mape_pct, false, text, sizeof text);
        tc_table_cell(&table, text);
        percent(scores[i].bias_pct, true, text, sizeof text);
        tc_table_cell(&table, text);
    }
    fputc('\n', file);
    return tc_table_print(&table, file, style);
}

bool tc_print_served(FILE *file, const tc_style *style, const tc_served_validation *v) {
    if (v->rows == 0) return true;
    char text[320];
    headline(v, text, sizeof text);
    tc_print_wrapped(file, style, 0, 0, text);
    return print_classes(file, style, v) && print_scores(file, style, "served on", v->by_accelerator, v->accelerators)
           && print_scores(file, style, "engine", v->by_engine, v->engines)
           && print_scores(file, style, "source", v->by_family, v->families);
}

static void markdown_scores(FILE *file, const char *what, const tc_group_score *scores, int n) {
    fprintf(file, "\n| %s | figures | error | bias |\n| --- | ---: | ---: | ---: |\n", what);
    for (int i = 0; i < n; i++) {
        char bias[40];
        percent(scores[i].bias_pct, true, bias, sizeof bias);
        fprintf(file, "| %s | %s |", scores[i].name, tc_format_count(scores[i].n).s);
        fprintf(file, " %s | %s |\n", tc_format_percent(scores[i].mape_pct).s, bias);
    }
}

void tc_print_served_markdown(FILE *file, const tc_served_validation *v) {
    if (v->rows == 0) return;
    char text[320];
    headline(v, text, sizeof text);
    fprintf(file,
            "\n## Serving\n\n%s.\n\n| | figures | macro error | median | bias | in their 80 %% |\n"
            "| --- | ---: | ---: | ---: | ---: | ---: |\n",
            text);
    for (int i = 0; i <= TC_SERVED_CLASSES; i++) {
        const tc_served_summary *s = i < TC_SERVED_CLASSES ? &v->by_class[i] : &v->all;
        if (s->n == 0) continue;
        fprintf(file, "| %s | %s |", i < TC_SERVED_CLASSES ? titles[i] : "all", tc_format_count(s->n).s);
        const double values[] = {s->macro_mape_pct, s->median_ape_pct, s->bias_pct, s->coverage80_pct};
        for (int k = 0; k < 4; k++) {
            char value[40];
            percent(values[k], k == 2, value, sizeof value);
            fprintf(file, " %s |", value);
        }
        fputc('\n', file);
    }
    markdown_scores(file, "served on", v->by_accelerator, v->accelerators);
    markdown_scores(file, "engine", v->by_engine, v->engines);
    markdown_scores(file, "source", v->by_family, v->families);
}
