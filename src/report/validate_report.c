/* validate_report.c - how wrong the forecast is, by run, accelerator and source. */
#include "report/validate_report.h"

#include <math.h>
#include <string.h>

#include "base/text.h"
#include "report/format.h"
#include "report/served_report.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

/* ---- the summary: one table for every form ---------------------------------------- */

typedef struct summary_row {
    const char *key;   /* in JSON */
    const char *label; /* for people; NULL: only in JSON */
    double value;
} summary_row;

#define SUMMARY_MAX 24

static int summary_of(const tc_validation *v, summary_row *rows) {
    const summary_row all[] = {
        {"n", NULL, v->n},
        {"skipped", NULL, v->skipped},
        {"unsupported", NULL, v->unsupported},
        {"families", NULL, v->families},
        {"macro_mape_pct", "macro error (mean over sources)", v->macro_mape_pct},
        {"mape_pct", "mean error over runs", v->mape_pct},
        {"median_ape_pct", "median error", v->median_ape_pct},
        {"p90_ape_pct", "nine runs of ten are within", v->p90_ape_pct},
        {"max_ape_pct", "worst run", v->max_ape_pct},
        {"bias_pct", "bias (positive: forecast too slow)", v->bias_pct},
        {"complete_macro_mape_pct", "macro error, nothing assumed", v->complete_macro_mape_pct},
        {"complete_median_ape_pct", "median error, nothing assumed", v->complete_median_ape_pct},
        {"coverage80_pct", "runs inside their 80 % interval", v->coverage80_pct},
        {"memory_n", NULL, v->memory_n},
        {"memory_mape_pct", "memory error", v->memory_mape_pct},
        {"memory_guessed_n", NULL, v->memory_guessed_n},
        {"memory_guessed_mape_pct", "memory error, micro-batch, recompute or sharding guessed",
         v->memory_guessed_mape_pct},
        {"fit_accuracy_pct", "fits or not, told right", v->fit_accuracy_pct},
        {"rl_n", NULL, v->rl_n},
        {"rl_macro_mape_pct", "reinforcement learning, macro error", v->rl_macro_mape_pct},
        {"rl_median_ape_pct", NULL, v->rl_median_ape_pct},
        {"rl_bias_pct", NULL, v->rl_bias_pct},
        {"rl_coverage80_pct", NULL, v->rl_coverage80_pct},
    };
    _Static_assert(COUNT(all) <= SUMMARY_MAX, "room for the summary");
    memcpy(rows, all, sizeof all);
    return COUNT(all);
}

/* ---- JSON --------------------------------------------------------------------------- */

static void write_run_head(tc_writer *writer, const tc_scored_run *r, bool counts, bool complete) {
    tc_write_object(writer, NULL);
    tc_write_string(writer, "id", r->run->id);
    tc_write_string(writer, "group", r->run->group);
    tc_write_string(writer, "source_family", r->run->source_family);
    tc_write_string(writer, "accelerator", r->run->accelerator);
    tc_write_string(writer, "status", tc_case_status_name(r->status));
    tc_write_string(writer, "reason", *r->reason ? r->reason : NULL);
    tc_write_bool(writer, "counts", counts);
    tc_write_bool(writer, "complete", complete);
    tc_write_texts(writer, "assumed", (const char *)r->assumed, sizeof r->assumed[0], r->assumed_count);
}

static void write_runs(tc_writer *writer, const tc_validation *v) {
    tc_write_array(writer, "runs");
    for (int i = 0; i < v->count; i++) {
        const tc_scored_run *r = &v->runs[i];
        if (r->run->out_of_memory) continue;
        write_run_head(writer, r, r->counts, r->complete);
        tc_write_string(writer, "metric", tc_metric_name(r->run->metric));
        tc_write_number(writer, "measured", r->measured);
        tc_write_number(writer, "predicted", r->predicted);
        tc_write_number(writer, "error_pct", r->error_pct);
        tc_write_known(writer, "covered", r->covered);
        tc_write_close(writer);
    }
    tc_write_close(writer);
}

static void write_memory_runs(tc_writer *writer, const tc_validation *v) {
    tc_write_array(writer, "memory_runs");
    for (int i = 0; i < v->count; i++) {
        const tc_scored_run *r = &v->runs[i];
        if (!r->memory_scored && !r->memory_guessed) continue;
        write_run_head(writer, r, r->memory_scored, r->memory_complete);
        tc_write_string(writer, "metric", "memory_gib");
        tc_write_number(writer, "measured", r->run->memory_gib);
        tc_write_number(writer, "predicted", r->memory_gib);
        tc_write_number(writer, "error_pct", r->memory_error_pct);
        tc_write_null(writer, "covered");
        tc_write_close(writer);
    }
    tc_write_close(writer);
}

/* Every run of a group that reports runs out of memory. */
static void write_oom_runs(tc_writer *writer, const tc_validation *v) {
    tc_write_array(writer, "oom_runs");
    for (int i = 0; i < v->count; i++) {
        const tc_scored_run *r = &v->runs[i];
        if (!r->oom_scored) continue;
        tc_write_object(writer, NULL);
        tc_write_string(writer, "id", r->run->id);
        tc_write_bool(writer, "predicted_fits", r->fits);
        tc_write_number(writer, "fits_probability", r->fits_probability);
        tc_write_bool(writer, "measured_fits", !r->run->out_of_memory);
        tc_write_close(writer);
    }
    tc_write_close(writer);
}

void tc_report_validate(tc_target *target, const tc_validation *v, const tc_served_validation *served) {
    summary_row summary[SUMMARY_MAX];
    int n = summary_of(v, summary);
    tc_writer writer = tc_write_begin(target, "validate/1", "runs");
    tc_write_lines(&writer, "assumed", NULL, 0); /* what was assumed differs by run and is listed there */
    write_runs(&writer, v);
    write_memory_runs(&writer, v);
    write_oom_runs(&writer, v);
    tc_write_served_results(&writer, served);
    tc_write_object(&writer, "summary");
    for (int i = 0; i < n; i++) tc_write_number(&writer, summary[i].key, summary[i].value);
    tc_write_served_summary(&writer, served);
    tc_write_close(&writer);
    tc_write_group_scores(&writer, "by_accelerator", "accelerator", v->by_accelerator, v->accelerators);
    tc_write_group_scores(&writer, "by_group", "group", v->by_group, v->groups);
    tc_write_group_scores(&writer, "by_family", "family", v->by_family, v->family_rows);
    tc_write_group_scores(&writer, "by_stack", "stack", v->by_stack, v->stacks);
    tc_write_served_groups(&writer, served);
    tc_write_end(&writer);
}

/* ---- people -------------------------------------------------------------------------- */

/* "1,234 of 1,300 runs ..." */
static void headline(const tc_validation *v, char *text, size_t size) {
    snprintf(text, size,
             "%.16s published runs scored (%.16s skipped for want of a figure, %.16s not supported), from %d "
             "independent sources",
             tc_format_count(v->n).s, tc_format_count(v->skipped).s, tc_format_count(v->unsupported).s, v->families);
}

#define MOST_ROWS 512

/* The indices of scores, the most runs first; equal numbers by name. Returns how many. */
static int by_runs(const tc_group_score *scores, int n, int *order) {
    if (n > MOST_ROWS) n = MOST_ROWS;
    for (int i = 0; i < n; i++) {
        int k = i;
        while (k > 0 && scores[order[k - 1]].n < scores[i].n) {
            order[k] = order[k - 1];
            k--;
        }
        order[k] = i;
    }
    return n;
}

static bool print_scores(FILE *file, const tc_style *style, const char *what, const tc_group_score *scores, int n,
                         int most) {
    int order[MOST_ROWS], count = by_runs(scores, n, order);
    fputc('\n', file);
    if (!tc_print_group_scores(file, style, what, "runs", scores, order, count < most ? count : most)) return false;
    if (count > most) fprintf(file, "(and %d more with --json)\n", count - most);
    return true;
}

#define MOST_REASONS 8
#define MOST_REFUSED 8

/* Rows that are wrong: the first ones with file, line and field. */
static void print_refused(FILE *file, const tc_style *style, const tc_validation *v) {
    int refused = 0;
    for (int i = 0; i < v->count; i++) {
        if (!v->runs[i].run->refused || ++refused > MOST_REFUSED) continue;
        tc_print_wrappedf(file, style, 0, 0, "Refused: %s", v->runs[i].run->refused);
    }
    if (refused > MOST_REFUSED) fprintf(file, "(and %d more rows refused)\n", refused - MOST_REFUSED);
}

/* What the skipped runs lack: the reason's first word, the most frequent first. */
static void print_skipped(FILE *file, const tc_style *style, const tc_validation *v) {
    struct {
        char field[32];
        int n;
    } reasons[MOST_REASONS] = {{"", 0}};
    char text[512];
    int kinds = 0;
    for (int i = 0; i < v->count; i++) {
        if (v->runs[i].status != TC_CASE_SKIPPED || v->runs[i].run->refused) continue;
        char field[32];
        snprintf(field, sizeof field, "%.*s", (int)strcspn(v->runs[i].reason, " :,;"), v->runs[i].reason);
        int k = 0;
        while (k < kinds && strcmp(reasons[k].field, field) != 0) k++;
        if (k == MOST_REASONS) continue;
        if (k == kinds) memcpy(reasons[kinds++].field, field, sizeof field);
        reasons[k].n++;
        for (; k > 0 && reasons[k].n > reasons[k - 1].n; k--) {
            int n = reasons[k].n;
            memcpy(field, reasons[k].field, sizeof field);
            reasons[k] = reasons[k - 1];
            reasons[k - 1].n = n;
            memcpy(reasons[k - 1].field, field, sizeof field);
        }
    }
    if (kinds == 0) return;
    snprintf(text, sizeof text, "Skipped runs lack");
    for (int k = 0; k < kinds; k++)
        tc_append(text, sizeof text, "%s %s (%d)", k ? "," : ":", reasons[k].field, reasons[k].n);
    tc_print_wrapped(file, style, 0, 0, text);
}

/* "  macro error   12.3 %", or a row of a Markdown table. */
static void print_summary(FILE *file, const tc_style *style, const tc_validation *v) {
    summary_row summary[SUMMARY_MAX];
    int n = summary_of(v, summary);
    for (int i = 0; i < n; i++) {
        if (!summary[i].label || isnan(summary[i].value)) continue;
        bool sign = strcmp(summary[i].key, "bias_pct") == 0;
        tc_text value = sign ? tc_format_signed_percent(summary[i].value) : tc_format_percent(summary[i].value);
        fprintf(file, style->markdown ? "| %s | %s |\n" : "  %-36s%9s\n", summary[i].label, value.s);
    }
}

static bool print_markdown(FILE *file, const tc_style *style, const char *data, const tc_validation *v) {
    char text[256];
    headline(v, text, sizeof text);
    fprintf(file,
            "# How wrong the forecasts are\n\nWritten by `traincast validate --markdown`. Catalog `%s`.\n\n%s.\n\n"
            "Each run is forecast from what its source states and compared with what its source measured. The error is "
            "that of the "
            "step's time, positive where the forecast is too slow; the macro error is the mean over sources of each "
            "source's mean "
            "absolute error. There is no factor per run.\n\n| | |\n| --- | ---: |\n",
            data ? data : "-", text);
    print_summary(file, style, v);
    fputs("\n## By accelerator\n", file);
    if (!print_scores(file, style, "accelerator", v->by_accelerator, v->accelerators, MOST_ROWS)) return false;
    fputs("\n## By training software\n", file);
    if (!print_scores(file, style, "stack", v->by_stack, v->stacks, MOST_ROWS)) return false;
    fputs("\n## By source\n", file);
    return print_scores(file, style, "source", v->by_family, v->family_rows, MOST_ROWS);
}

static bool print_page(FILE *file, const tc_style *style, const tc_validation *v) {
    char text[256];
    headline(v, text, sizeof text);
    tc_print_wrapped(file, style, 0, 0, text);
    print_skipped(file, style, v);
    print_refused(file, style, v);
    fputc('\n', file);
    print_summary(file, style, v);
    return print_scores(file, style, "accelerator", v->by_accelerator, v->accelerators, MOST_ROWS)
           && print_scores(file, style, "source", v->by_family, v->family_rows, 24);
}

bool tc_report_validate_text(FILE *file, const tc_style *style, const char *data, const tc_validation *v,
                             const tc_served_validation *served) {
    if (style->markdown) return print_markdown(file, style, data, v) && tc_print_served(file, style, served);
    if (v->count > 0 && !print_page(file, style, v)) return false;
    if (v->count > 0 && served->rows > 0) fputc('\n', file);
    return tc_print_served(file, style, served);
}
