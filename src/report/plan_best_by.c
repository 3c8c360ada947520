/* plan_best_by.c - which model would be the most capable by a day: the shapes, the best first, and what it is compared with. */
#include "report/plan_best_by.h"

#include <math.h>

#include "base/calendar.h"
#include "base/text.h"
#include "report/format.h"
#include "report/plan_words.h"

#define MOST_ROWS 5

/* ---- for programs -------------------------------------------------------------------------------------- */

static void write_shape(tc_writer *writer, const tc_best_shape *s) {
    tc_write_object(writer, NULL);
    tc_write_string(writer, "model", s->model);
    tc_write_number(writer, "parameters", s->parameters);
    tc_write_number(writer, "active_parameters", s->active_parameters);
    tc_write_number(writer, "tokens_p50", s->tokens_p50);
    tc_write_number(writer, "loss_p10", s->loss_p10);
    tc_write_number(writer, "loss_p50", s->loss_p50);
    tc_write_number(writer, "loss_p90", s->loss_p90);
    tc_write_number(writer, "probability", s->probability < 0 ? NAN : s->probability);
    tc_write_number(writer, "effective_compute_ratio_p10", s->ratio_p10);
    tc_write_number(writer, "effective_compute_ratio_p50", s->ratio_p50);
    tc_write_number(writer, "effective_compute_ratio_p90", s->ratio_p90);
    tc_write_number(writer, "decades", s->decades);
    tc_write_number(writer, "tokens_per_parameter", s->tokens_per_parameter);
    tc_write_number(writer, "epochs", s->epochs > 0 ? s->epochs : NAN);
    tc_write_bool(writer, "within", s->within);
    tc_write_close(writer);
}

static void write_day(tc_writer *writer, const tc_best_by *by) {
    tc_write_object(writer, NULL);
    tc_write_day(writer, "date", true, by->day);
    tc_write_string(writer, "best", by->any ? by->shape[0].model : NULL);
    tc_write_object(writer, "reference");
    tc_write_string(writer, "model", by->reference);
    tc_write_number(writer, "parameters", by->reference ? by->reference_parameters : NAN);
    tc_write_number(writer, "active_parameters", by->reference ? by->reference_active : NAN);
    tc_write_number(writer, "tokens", by->reference ? by->reference_tokens : NAN);
    tc_write_close(writer);
    tc_write_array(writer, "shapes");
    for (int i = 0; i < by->judged; i++) write_shape(writer, &by->shape[i]);
    tc_write_close(writer);
    tc_write_array(writer, "left_out");
    for (int i = by->judged; i < by->shapes; i++) {
        tc_write_object(writer, NULL);
        tc_write_string(writer, "model", by->shape[i].model);
        tc_write_string(writer, "why", by->shape[i].why);
        tc_write_close(writer);
    }
    tc_write_close(writer);
    tc_write_close(writer);
}

void tc_write_best_by(tc_writer *writer, const tc_plan *plan) {
    tc_write_array(writer, "best_by");
    for (int i = 0; i < plan->bests; i++) write_day(writer, &plan->best[i]);
    tc_write_close(writer);
}

/* ---- for people ------------------------------------------------------------------------------------------ */

/* "671 B, 37 B active" */
static tc_text size_text(double parameters, double active) {
    tc_text out;
    if (active < 0.99 * parameters)
        snprintf(out.s, sizeof out.s, "%.12s, %.12s active", tc_format_short(parameters).s, tc_format_short(active).s);
    else
        snprintf(out.s, sizeof out.s, "%.12s", tc_format_short(parameters).s);
    return out;
}

/* "0.55", "12" */
static tc_text ratio_text(double ratio) {
    tc_text none = {"-"};
    return isfinite(ratio) ? tc_format_fixed(ratio, ratio < 0.1 ? 3 : ratio < 10 ? 2 : 0) : none;
}

static bool print_table(FILE *file, const tc_style *style, const tc_best_by *by) {
    tc_table table = {0};
    for (int i = 0; i < by->judged && i < MOST_ROWS; i++) {
        const tc_best_shape *s = &by->shape[i];
        char range[96] = "-";
        if (s->loss_p90 < INFINITY)
            snprintf(range, sizeof range, "%s-%s", tc_format_fixed(s->loss_p10, 3).s,
                     tc_format_fixed(s->loss_p90, 3).s);
        tc_table_row_begin(&table);
        tc_cell_tone(&table, "shape", TC_LEFT | TC_FLEXIBLE, s->model, s->within ? TC_TONE_GOOD : TC_TONE_PLAIN);
        tc_cell(&table, "active", TC_RIGHT, tc_format_short(s->active_parameters).s);
        tc_cell(&table, "tokens", TC_RIGHT, tc_format_short(s->tokens_p50).s);
        tc_cell(&table, "loss", TC_RIGHT, s->loss_p50 < INFINITY ? tc_format_fixed(s->loss_p50, 3).s : "-");
        tc_cell(&table, "80 %", TC_RIGHT | TC_OPTIONAL, range);
        tc_cell(&table, "compute", TC_RIGHT, ratio_text(s->ratio_p50).s);
        tc_cell(&table, "as good", TC_RIGHT, s->probability < 0 ? "-" : tc_format_percent(100 * s->probability).s);
        tc_cell(&table, "decades", TC_RIGHT | TC_OPTIONAL, tc_format_fixed(s->decades, 1).s);
        if (by->shape[0].epochs > 0) tc_cell(&table, "epochs", TC_RIGHT | TC_OPTIONAL, tc_format_fixed(s->epochs, 1).s);
    }
    return tc_table_print(&table, file, style);
}

/* "a shape like deepseek-v3 (671 B, 37 B active) on 3.1 T tokens: 0.38 of the effective compute of ..." */
static void print_answer(FILE *file, const tc_style *style, const tc_best_by *by) {
    const tc_best_shape *s = &by->shape[0];
    char text[700];
    size_t used = 0;
    tc_print_tone(file, style, by->any ? TC_TONE_GOOD : TC_TONE_BAD, "=> ");
    if (!by->any) {
        tc_print_wrapped(file, style, 3, 3, "No shape is trained by then.");
        return;
    }
    used += (size_t)snprintf(text, sizeof text, "A shape like %s (%s) on %s tokens", s->model,
                             size_text(s->parameters, s->active_parameters).s, tc_format_short(s->tokens_p50).s);
    if (by->reference)
        used += (size_t)
            snprintf(text + used, sizeof text - used,
                     ": %s of the effective compute (80 %%: %s to %s) of %s on %s tokens, today's best public "
                     "one; as good as that with %s",
                     ratio_text(s->ratio_p50).s, ratio_text(s->ratio_p10).s, ratio_text(s->ratio_p90).s, by->reference,
                     tc_format_short(by->reference_tokens).s, tc_format_percent(100 * s->probability).s);
    if (used < sizeof text) snprintf(text + used, sizeof text - used, ".");
    tc_print_wrapped(file, style, 3, 3, text);
}

/* Those that no law tells from the best, and those that are no choice. */
static void print_others(FILE *file, const tc_style *style, const tc_best_by *by) {
    char text[1200] = "";
    for (int i = 1; i < by->judged && by->any; i++)
        if (by->shape[i].within)
            tc_append(text, sizeof text, "%s%s", *text ? ", " : "Within the noise of it: ", by->shape[i].model);
    if (*text) tc_print_bullet(file, style, text);
    for (int i = by->judged; i < by->shapes; i++)
        tc_print_bulletf(file, style, "%s is left out: %s", by->shape[i].model, by->shape[i].why);
}

bool tc_print_best_by(FILE *file, const tc_style *style, const tc_plan *plan) {
    for (int i = 0; i < plan->bests; i++) {
        const tc_best_by *by = &plan->best[i];
        char day[TC_DATE_SIZE];
        tc_date_format(by->day, day);
        tc_print_headingf(file, style, "\nThe most capable model by %s, if nothing else trains", day);
        if (by->shapes > 0) print_answer(file, style, by);
        if (by->any && !print_table(file, style, by)) return false;
        print_others(file, style, by);
    }
    return true;
}
