/* calibrate_report.c - a calibration for people and as JSON. */
#include "report/calibrate_report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/units.h"
#include "layout/fields.h"
#include "report/rows.h"
#include "report/step_report.h"

/* Parameters and rows that a page shows. */
enum { SHOWN_PARAMETERS = 12, SHOWN_ROWS = 30 };
#define MOVED 0.1 /* of its spread: less is no news */

static double value_at(const tc_unknown *u, double link) {
    return link == u->prior ? u->natural : tc_from_link(tc_linked_parameters[u->parameter].link, link);
}

/* A standard deviation in the link, in SI. */
static double natural_deviation(const tc_unknown *u, double link, double sigma) {
    return sigma / tc_link_slope(tc_linked_parameters[u->parameter].link, value_at(u, link));
}

static bool at_bound(const tc_unknown *u) {
    return u->value != u->prior && (u->value <= u->low || u->value >= u->high);
}

static double percent(double residual) { return 100 * (exp(residual) - 1); }

/* ---- JSON ---------------------------------------------------------------------------------------- */

static void write_parameter(tc_writer *w, const tc_calibration *c, const tc_unknown *u) {
    const tc_linked_parameter *p = &tc_linked_parameters[u->parameter];
    tc_parameter_range range = tc_parameter_range_of(u->parameter);
    tc_write_object(w, NULL);
    tc_write_string(w, "of", c->subject[u->subject].slug);
    tc_write_string(w, "kind", c->subject[u->subject].device ? "accelerator" : "stack");
    tc_write_string(w, "name", p->key);
    tc_write_string(w, "unit", tc_dimension_unit(p->dimension));
    tc_write_number(w, "before", u->natural);
    tc_write_number(w, "after", value_at(u, u->value));
    tc_write_number(w, "deviation_before", natural_deviation(u, u->prior, u->sigma));
    tc_write_number(w, "deviation_after", natural_deviation(u, u->value, u->sigma_after));
    tc_write_number(w, "low", fmin(range.low, u->natural));
    tc_write_number(w, "high", fmax(range.high, u->natural));
    tc_write_bool(w, "at_bound", at_bound(u));
    tc_write_close(w);
}

static tc_text error_text(double pct) {
    tc_text out;
    if (isnan(pct)) return tc_format_percent(pct);
    snprintf(out.s, sizeof out.s, "%+.1f %%", pct);
    return out;
}

static void tell_row(const tc_rows *rows, const tc_calibration *c, const tc_observation *o) {
    tc_rows_begin(rows);
    tc_tell_text(rows, "name", c->steps ? "step" : "kernel", TC_LEFT | TC_FLEXIBLE, o->name);
    tc_tell_text(rows, "place", NULL, 0, o->place);
    tc_tell_text(rows, "kind", NULL, 0, o->step ? "step" : "kernel");
    tc_tell_text(rows, "accelerator", NULL, 0, c->subject[o->chip].slug);
    tc_tell_text(rows, "stack", NULL, 0, o->stack >= 0 ? c->subject[o->stack].slug : NULL);
    tc_tell_number(rows, "measured_s", "measured", TC_RIGHT, o->measured_s, tc_format_seconds);
    tc_tell_number(rows, "error_before_pct", "error before", TC_RIGHT, percent(o->before), error_text);
    tc_tell_number(rows, "error_after_pct", "after", TC_RIGHT, percent(o->after), error_text);
    tc_tell_number(rows, "error_without_pct", "by the others alone", TC_RIGHT, percent(o->left_out), error_text);
    if (rows->writer) tc_write_bool(rows->writer, "outlier", o->outlier);
    tc_tell_text(rows, NULL, "", TC_LEFT, o->outlier ? "unlike the others" : "");
    tc_rows_end(rows);
}

static void write_judgement(tc_writer *w, const tc_calibration *c) {
    tc_write_array(w, "contradictions");
    for (int i = 0; i < c->pairs; i++) {
        tc_write_object(w, NULL);
        tc_write_string(w, "first", c->rows[c->pair[i].a].name);
        tc_write_string(w, "second", c->rows[c->pair[i].b].name);
        tc_write_number(w, "measured_ratio", c->pair[i].measured);
        tc_write_number(w, "forecast_ratio", c->pair[i].forecast);
        tc_write_close(w);
    }
    tc_write_close(w);
    tc_write_array(w, "next");
    for (int i = 0; i < c->proposals; i++) {
        tc_write_object(w, NULL);
        tc_write_integer(w, "devices", c->next[i].devices);
        if (c->next[i].global_batch > 0)
            tc_write_integer(w, "global_batch", c->next[i].global_batch);
        else
            tc_write_null(w, "global_batch");
        tc_write_layout(w, "layout", &c->next[i].layout);
        tc_write_number(w, "variance_reduction", c->next[i].reduction);
        tc_write_close(w);
    }
    tc_write_close(w);
}

void tc_report_calibration(tc_target *target, const tc_calibration_page *page) {
    const tc_calibration *c = page->calibration;
    tc_writer writer = tc_write_begin(target, "calibrate/1", "parameters"), *w = &writer;
    tc_write_lines(w, "assumed", page->notes, page->note_count);
    tc_write_integer(w, "steps", c->steps);
    tc_write_integer(w, "kernels", c->count - c->steps);
    tc_write_string(w, "output", page->output);
    tc_write_integer(w, "contributed", page->contributions);
    tc_write_number(w, "error_before_pct", tc_calibration_error(c, offsetof(tc_observation, before)));
    tc_write_number(w, "error_after_pct", tc_calibration_error(c, offsetof(tc_observation, after)));
    tc_write_number(w, "error_without_pct", tc_calibration_error(c, offsetof(tc_observation, left_out)));
    tc_write_number(w, "interval_scale", c->scale);
    tc_write_array(w, "parameters");
    for (int k = 0; k < c->unknowns; k++) write_parameter(w, c, &c->unknown[k]);
    tc_write_close(w);
    tc_write_array(w, "rows");
    for (int i = 0; i < c->count; i++) tell_row(&(tc_rows){.writer = w}, c, &c->rows[i]);
    tc_write_close(w);
    write_judgement(w, c);
    tc_write_end(w);
}

/* ---- text ------------------------------------------------------------------------------------------ */

static tc_text quantity(double value, tc_dimension dimension) {
    tc_text out;
    if (dimension == TC_DIMENSION_NONE) return tc_format_significant(value, 3);
    if (dimension == TC_DIMENSION_SECONDS) return tc_format_seconds(value);
    tc_format_quantity(value, dimension, out.s, sizeof out.s);
    return out;
}

static void write_heading(const tc_calibration *c, char *out, size_t size) {
    char subjects[300] = "";
    for (int s = 0; s < c->subjects; s++)
        snprintf(subjects + strlen(subjects), sizeof subjects - strlen(subjects), "%s%s", s ? ", " : "",
                 c->subject[s].slug);
    int kernels = c->count - c->steps, n = snprintf(out, size, "%s, calibrated on ", subjects);
    if (c->steps) n += snprintf(out + n, size - (size_t)n, "%d step%s", c->steps, c->steps > 1 ? "s" : "");
    if (kernels)
        snprintf(out + n, size - (size_t)n, "%s%d kernel%s", c->steps ? " and " : "", kernels, kernels > 1 ? "s" : "");
}

static double news_of(const tc_unknown *u) { return fabs(u->value - u->prior) / u->sigma; }

/* The parameters that moved most, the first first; returns how many. */
static int choose_parameters(const tc_calibration *c, int chosen[SHOWN_PARAMETERS], int *others) {
    int n = 0;
    *others = 0;
    for (int k = 0; k < c->unknowns; k++) {
        int at = n;
        bool moved = news_of(&c->unknown[k]) >= MOVED;
        while (at > 0 && news_of(&c->unknown[chosen[at - 1]]) < news_of(&c->unknown[k])) at--;
        if (!moved || at == SHOWN_PARAMETERS) {
            ++*others;
            continue;
        }
        if (n < SHOWN_PARAMETERS)
            n++;
        else
            ++*others;
        memmove(chosen + at + 1, chosen + at, (size_t)(n - at - 1) * sizeof *chosen);
        chosen[at] = k;
    }
    return n;
}

static void add_parameter(tc_table *table, const tc_calibration *c, const tc_unknown *u) {
    const tc_linked_parameter *p = &tc_linked_parameters[u->parameter];
    tc_parameter_range range = tc_parameter_range_of(u->parameter);
    tc_table_row_begin(table);
    tc_cell(table, "of", TC_LEFT | TC_FLEXIBLE, c->subject[u->subject].slug);
    tc_cell(table, "parameter", TC_LEFT, p->key);
    tc_cell(table, "before", TC_RIGHT, quantity(u->natural, p->dimension).s);
    tc_cell_tone(table, "after", TC_RIGHT, quantity(value_at(u, u->value), p->dimension).s, TC_TONE_STRONG);
    tc_cellf(table, "spread left", TC_RIGHT, "%.0f %%", 100 * u->sigma_after / u->sigma);
    tc_cellf(table, "range", TC_LEFT | TC_OPTIONAL, "%s to %s%s", quantity(fmin(range.low, u->natural), p->dimension).s,
             quantity(fmax(range.high, u->natural), p->dimension).s, at_bound(u) ? ", reached" : "");
}

static bool print_parameters(FILE *file, const tc_style *style, const tc_calibration *c) {
    int chosen[SHOWN_PARAMETERS], others, n = choose_parameters(c, chosen, &others);
    char text[160];
    tc_table table = {0};
    fputc('\n', file);
    if (n > 0) {
        for (int i = 0; i < n; i++) add_parameter(&table, c, &c->unknown[chosen[i]]);
        if (!tc_table_print(&table, file, style)) return false;
    }
    snprintf(text, sizeof text, "%d %sparameters that the rows depend on moved %s.", others, n ? "other " : "",
             n == SHOWN_PARAMETERS ? "less" : "by less than a tenth of their spread");
    if (others) tc_print_wrapped(file, style, 0, 2, text);
    return true;
}

static bool print_rows(FILE *file, const tc_style *style, const tc_calibration *c) {
    static const char *const headings[] = {"error before", "after", "by the others alone"};
    static const size_t of[]
        = {offsetof(tc_observation, before), offsetof(tc_observation, after), offsetof(tc_observation, left_out)};
    tc_table table = {0};
    int shown = 0;
    fputc('\n', file);
    for (int i = 0; i < c->count && shown < SHOWN_ROWS; i++) {
        const tc_observation *o = &c->rows[i];
        if (c->steps && !o->step) continue;
        shown++;
        tell_row(&(tc_rows){.table = &table}, c, o);
    }
    tc_table_row_begin(&table);
    tc_cell_tone(&table, c->steps ? "step" : "kernel", TC_LEFT | TC_FLEXIBLE,
                 c->steps > shown || !c->steps ? "mean of all, without sign" : "mean, without sign", TC_TONE_STRONG);
    tc_cell(&table, "measured", TC_RIGHT, "");
    for (size_t i = 0; i < 3; i++)
        tc_cell(&table, headings[i], TC_RIGHT, tc_format_percent(tc_calibration_error(c, of[i])).s);
    return tc_table_print(&table, file, style);
}

static void print_contradictions(FILE *file, const tc_style *style, const tc_calibration *c) {
    if (!c->pairs) return;
    fputc('\n', file);
    tc_print_tone(file, style, TC_TONE_BAD, "Rows contradict each other");
    fputs(", or differ in what they do not say: no likely parameters bring these together.\n", file);
    for (int i = 0; i < c->pairs; i++) {
        const tc_contradiction *p = &c->pair[i];
        tc_print_bulletf(file, style, "%.120s took %s times as long as %.120s; %s times is forecast",
                         c->rows[p->b].name, tc_format_significant(p->measured, 3).s, c->rows[p->a].name,
                         tc_format_significant(p->forecast, 3).s);
    }
}

static void print_next(FILE *file, const tc_style *style, const tc_calibration *c) {
    char text[400], options[300];
    if (!c->steps) return;
    fputc('\n', file);
    if (c->proposals)
        fputs("What to measure next, and how much of the remaining variance of such forecasts it would take:\n", file);
    for (int i = 0; i < c->proposals; i++) {
        const tc_proposal *p = &c->next[i];
        const tc_layout usual = tc_default_layout();
        tc_layout_options(&p->layout, &usual, options, sizeof options);
        int n = snprintf(text, sizeof text, "%.0f %%: --devices %d", 100 * p->reduction, p->devices);
        if (p->global_batch > 0)
            n += snprintf(text + n, sizeof text - (size_t)n, " --global-batch %lld", (long long)p->global_batch);
        snprintf(text + n, sizeof text - (size_t)n, " %.280s", options);
        tc_print_bullet(file, style, text);
    }
}

bool tc_report_calibration_text(FILE *file, const tc_style *style, const tc_calibration_page *page) {
    const tc_calibration *c = page->calibration;
    char text[500];
    write_heading(c, text, sizeof text);
    tc_print_heading(file, style, text);
    for (int i = 0; i < page->note_count; i++) tc_print_wrapped(file, style, 0, 2, page->notes[i]);
    if (!print_parameters(file, style, c) || !print_rows(file, style, c)) return false;
    print_contradictions(file, style, c);
    if (c->steps) {
        snprintf(text, sizeof text,
                 "The 80 %% interval of forecasts whose time goes where that of these steps goes is %.2f times as wide "
                 "as before.",
                 c->scale);
        fputc('\n', file);
        tc_print_wrapped(file, style, 0, 0, text);
    }
    print_next(file, style, c);
    if (page->output) {
        snprintf(text, sizeof text, "Written: %.300s; every command takes it as --catalog %.100s", page->output,
                 page->output);
        fputc('\n', file);
        tc_print_wrapped(file, style, 0, 0, text);
    }
    if (page->contributed)
        tc_print_wrappedf(file, style, 0, 0, "%d rows to give back: %.300s%s", page->contributions, page->contributed,
                          page->not_contributed ? "; those of a chip or model of your own were left out" : "");
    return true;
}
