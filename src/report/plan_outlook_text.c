/* plan_outlook_text.c - what the calendars of a plan have in common, for a terminal, a pipe or a file.
 *
 * A date has the digits that its standard error leaves, a probability those of its number of samples, and a driver is named where
 * its share is more than chance makes. */
#include "report/plan_outlook_text.h"

#include <math.h>
#include <string.h>

#include "base/calendar.h"
#include "report/plan_words.h"
#include "report/text_calendar.h"

#define DAY 86400.0
#define WIDTH 80
#define BAR 24 /* columns of the longest bar, in 80 */
#define MOST_QUARTERS 8

/* ---- dates by probability ------------------------------------------------------------------ */

static tc_text date_at(const tc_plan *plan, int job, double probability, double error_s) {
    return tc_format_moment(plan->scenario, tc_outlook_quantile(plan->outlook, job, probability),
                            isfinite(error_s) ? error_s : 0);
}

/* "0.2, 0.2, 0.5": of the dates at 10, 50 and 90 %, in days; an error of 16 batches has no more than a digit. */
static const char *errors_of(const tc_percentiles *error, char *out, size_t size) {
    snprintf(out, size, "%.12s, %.12s, %.12s", tc_format_significant(error->p10 / DAY, 1).s,
             tc_format_significant(error->p50 / DAY, 1).s, tc_format_significant(error->p90 / DAY, 1).s);
    return out;
}

static bool any_deadline(const tc_plan *plan) {
    for (int j = 0; j < plan->jobs; j++)
        if (plan->scenario->job[j].deadline != INT32_MAX) return true;
    return false;
}

static bool print_dates(FILE *file, const tc_style *style, const tc_plan *plan) {
    bool due = any_deadline(plan);
    tc_table table = {0};
    for (int j = 0; j < plan->jobs; j++) {
        const tc_outlook_job *o = &plan->outlook->job[j];
        const tc_percentiles *e = &o->finish_error_s;
        const tc_scenario_job *job = &plan->scenario->job[j];
        char errors[64];
        tc_table_row_begin(&table);
        tc_cell(&table, "done by", TC_LEFT | TC_FLEXIBLE, job->name);
        tc_cell(&table, "10 %", TC_LEFT, date_at(plan, j, 0.1, e->p10).s);
        tc_cell_tone(&table, "50 %", TC_LEFT, date_at(plan, j, 0.5, e->p50).s, TC_TONE_STRONG);
        tc_cell(&table, "80 %", TC_LEFT | TC_OPTIONAL, date_at(plan, j, 0.8, fmax(e->p50, e->p90)).s);
        tc_cell(&table, "90 %", TC_LEFT, date_at(plan, j, 0.9, e->p90).s);
        tc_cell_tone(&table, "never", TC_RIGHT, tc_format_probability(o->never, plan->samples).s,
                     o->never > 0.1 ? TC_TONE_BAD : TC_TONE_PLAIN);
        if (due)
            tc_cell_tone(&table, "in time", TC_RIGHT, tc_format_probability(o->by_deadline, plan->samples).s,
                         o->by_deadline < 0.5 ? TC_TONE_BAD : TC_TONE_PLAIN);
        if (due)
            tc_cell(&table, "deadline", TC_LEFT | TC_OPTIONAL,
                    job->deadline == INT32_MAX ? "-" : tc_format_day(job->deadline).s);
        tc_cell(&table, "s.e., days", TC_LEFT | TC_OPTIONAL, errors_of(e, errors, sizeof errors));
    }
    return tc_table_print(&table, file, style);
}

/* ---- a chart of bands and curves ------------------------------------------------------------- */

/* Cells, each a text of one column. */
static void print_cells(const tc_text_calendar *c, const char *label, const char *const cell[TC_TEXT_CALENDAR_MOST],
                        tc_tone tone) {
    char text[3 * TC_TEXT_CALENDAR_MOST + 1] = "";
    size_t used = 0;
    for (int i = 0; i < c->columns; i++) {
        size_t length = strlen(cell[i]);
        memcpy(text + used, cell[i], length);
        used += length;
    }
    text[used] = 0;
    tc_print_calendar_row(c, label, 0, text, tone);
}

/* From p10 to p90, p50 in it; the deadline. */
static void print_band(const tc_text_calendar *c, const tc_plan *plan, int job) {
    static const char *const plain[] = {"|", "-", "+", ">", "!"};
    static const char *const drawn[] = {"\xe2\x94\x9c", "\xe2\x94\x80", "\xe2\x94\xbc", "\xe2\x86\x92", "!"};
    const char *const *mark = c->style->utf8 ? drawn : plain, *cell[TC_TEXT_CALENDAR_MOST];
    const tc_percentiles *f = &plan->outlook->job[job].finish_s;
    const tc_scenario_job *j = &plan->scenario->job[job];
    double due = DAY * ((double)j->deadline + 1 - plan->scenario->start);
    for (int i = 0; i < c->columns; i++) cell[i] = " ";
    if (f->p10 < c->seconds) {
        int from = tc_text_calendar_column(c, f->p10), to = tc_text_calendar_column(c, fmin(f->p90, c->seconds));
        for (int i = from; i <= to; i++) cell[i] = mark[1];
        cell[from] = mark[0];
        cell[to] = f->p90 <= c->seconds ? c->style->utf8 ? "\xe2\x94\xa4" : "|" : mark[3];
        if (f->p50 < c->seconds) cell[tc_text_calendar_column(c, f->p50)] = mark[2];
    }
    if (j->deadline != INT32_MAX && due >= 0 && due <= c->seconds) cell[tc_text_calendar_column(c, due)] = mark[4];
    print_cells(c, j->name, cell, TC_TONE_GOOD);
}

/* How likely it is done by the end of each column, until that is sure: eighths of a block, or tenths as digits. */
static void print_curve(const tc_text_calendar *c, const tc_plan *plan, int job) {
    static const char *const plain[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
    static const char *const drawn[] = {"\xe2\x96\x81", "\xe2\x96\x82", "\xe2\x96\x83", "\xe2\x96\x84",
                                        "\xe2\x96\x85", "\xe2\x96\x86", "\xe2\x96\x87", "\xe2\x96\x88"};
    const char *cell[TC_TEXT_CALENDAR_MOST];
    bool sure = false;
    for (int i = 0; i < c->columns; i++) {
        double p = tc_outlook_done_by(plan->outlook, job, c->seconds * (i + 1) / c->columns);
        if (p < 0.005 || sure)
            cell[i] = " ";
        else if (c->style->utf8)
            cell[i] = drawn[(int)fmin(7, p * 7.999)];
        else
            cell[i] = p >= 0.995 ? "#" : plain[(int)(p * 10)];
        sure = p >= 0.995;
    }
    print_cells(c, "", cell, TC_TONE_BAR);
}

static void print_curves(FILE *file, const tc_style *style, const tc_plan *plan) {
    double last = 14 * DAY, due = 0;
    for (int j = 0; j < plan->jobs; j++) {
        double likely = tc_outlook_quantile(plan->outlook, j, 0.97 * (1 - plan->outlook->job[j].never));
        int32_t deadline = plan->scenario->job[j].deadline;
        if (likely < INFINITY) last = fmax(last, 1.05 * likely);
        if (deadline != INT32_MAX) due = fmax(due, DAY * ((double)deadline + 2 - plan->scenario->start));
    }
    if (due < 3 * last) last = fmax(last, due);
    tc_text_calendar c = tc_text_calendar_of(file, style, plan->scenario->start, last);
    tc_print_calendar_months(&c);
    for (int j = 0; j < plan->jobs; j++) {
        if (!(plan->outlook->job[j].never < 1)) continue;
        print_band(&c, plan, j);
        print_curve(&c, plan, j);
    }
    tc_print_tone(file, style, TC_TONE_FAINT,
                  style->utf8
                      ? "\xe2\x94\x9c\xe2\x94\xbc\xe2\x94\xa4 10, 50, 90 %  ! deadline  blocks: how likely it is done\n"
                      : "|+| 10, 50, 90 %  ! deadline  0-9: how likely, in tenths\n");
}

/* ---- what the dates depend on ------------------------------------------------------------------ */

static void print_driver(FILE *file, const tc_style *style, const char *words, double share, double swing_s,
                         int samples) {
    char days[40] = "";
    if (isfinite(swing_s)) snprintf(days, sizeof days, "%.20s days", tc_format_significant(swing_s / DAY, 2).s);
    fprintf(file, "  %-32s  %5s  %9s", words, tc_format_share(share, samples).s, days);
    tc_print_bar(file, style, fmin(share, 1), BAR);
    fputc('\n', file);
}

/* Which of them interact, where that was asked. */
static void print_pairs(FILE *file, const tc_style *style, const tc_outlook_job *o, int samples) {
    char text[300] = "";
    size_t used = 0;
    for (int i = 0; i < o->pairs; i++)
        if (tc_share_is_seen(o->pair[i].share, samples))
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%s with %s %s", used ? "; " : "of them ",
                                     tc_driver_name((int)o->pair[i].a), tc_driver_name((int)o->pair[i].b),
                                     tc_format_share(o->pair[i].share, samples).s);
    if (!used) return;
    fputs("    ", file);
    tc_print_wrapped(file, style, 4, 4, text);
}

static void print_drivers(FILE *file, const tc_style *style, const tc_plan *plan, int job) {
    const tc_outlook_job *o = &plan->outlook->job[job];
    int order[TC_DRIVERS];
    bool days = tc_swings_are_days(o);
    char title[160], name[120], rest[400] = "";
    int room = (style->width > 0 ? style->width : WIDTH) - tc_text_width("What the date of  depends on");
    size_t used = 0;
    tc_drivers_by_share(o, order);
    tc_print_headingf(file, style, "\nWhat the date of %s depends on",
                      tc_text_cut(name, sizeof name, plan->scenario->job[job].name, room > 12 ? room : 12));
    snprintf(title, sizeof title, "  %-32s  %5s%s\n", "uncertain alone", "share", days ? "    80 % in" : "");
    tc_print_tone(file, style, TC_TONE_FAINT, title);
    for (int i = 0; i < TC_DRIVERS; i++) {
        int d = order[i];
        if (tc_share_is_seen(o->share[d], plan->samples))
            print_driver(file, style, tc_driver_words(d), o->share[d], days ? o->swing_s[d] : NAN, plan->samples);
        else if (used < sizeof rest)
            used += (size_t)snprintf(rest + used, sizeof rest - used, "%s%s", used ? "; " : "", tc_driver_words(d));
    }
    if (tc_share_is_seen(o->interactions, plan->samples))
        print_driver(file, style, tc_driver_words(TC_DRIVERS), o->interactions, NAN, plan->samples);
    print_pairs(file, style, o, plan->samples);
    if (!used) return;
    fprintf(file, "  %5s each: ", tc_format_share(0, plan->samples).s);
    tc_print_wrapped(file, style, 2 + 12, 4, rest);
}

/* ---- what each end waited for -------------------------------------------------------------------- */

enum { MOST_GATES = 5 };

static bool print_gates(FILE *file, const tc_style *style, const tc_plan *plan) {
    tc_table table = {0};
    for (int j = 0; j < plan->jobs; j++)
        for (int i = 0; i < plan->outlook->job[j].gates && i < MOST_GATES; i++) {
            const tc_gate *g = &plan->outlook->job[j].gate[i];
            char text[200];
            if (i > 0 && g->share < 0.01) break;
            tc_gate_text(plan, g, text, sizeof text);
            tc_table_row_begin(&table);
            tc_cell(&table, "job", TC_LEFT | TC_FLEXIBLE, i ? "" : plan->scenario->job[j].name);
            tc_cell(&table, "its end waited for", TC_LEFT | TC_FLEXIBLE, text);
            tc_cell(&table, "in", TC_RIGHT, tc_format_probability(g->share, plan->samples).s);
        }
    tc_print_heading(file, style, "\nWhat each end waited for, in parts of the calendars");
    return tc_table_print(&table, file, style);
}

/* ---- devices to come ------------------------------------------------------------------------------ */

static int32_t last_day(const tc_plan *plan) {
    double last = 0;
    for (int j = 0; j < plan->jobs; j++) {
        const tc_percentiles *f = &plan->outlook->job[j].finish_s;
        last = fmax(last, f->p90 < INFINITY ? f->p90 : f->p50 < INFINITY ? f->p50 : 0);
    }
    return tc_plan_day(plan->scenario, last);
}

/* A row for the first day and each turn of a quarter at which something is other than before, until all is likely done. */
static void add_quarters(tc_table *table, const tc_plan *plan, int pool, int32_t until) {
    const tc_outlook_month *month = &plan->outlook->month[pool * plan->outlook->months], *before = NULL;
    int first = tc_plan_first_month(plan);
    for (int m = first, quarters = 0; m < plan->outlook->months && quarters <= MOST_QUARTERS; m++) {
        int year, number, date;
        tc_date_from_day(month[m].day, &year, &number, &date);
        if (m > first && (number - 1) % 3) continue;
        if (++quarters > 5 && month[m].day > until + 92) return;
        if (before && before->p10 == month[m].p10 && before->p50 == month[m].p50 && before->p90 == month[m].p90)
            continue;
        tc_table_row_begin(table);
        tc_cell(table, "devices that work", TC_LEFT | TC_FLEXIBLE, before ? "" : plan->scenario->pool[pool].name);
        tc_cell(table, "on", TC_LEFT, tc_format_day(month[m].day).s);
        tc_cell(table, "10 %", TC_RIGHT, tc_format_count(month[m].p10).s);
        tc_cell_tone(table, "50 %", TC_RIGHT, tc_format_count(month[m].p50).s, TC_TONE_STRONG);
        tc_cell(table, "90 %", TC_RIGHT, tc_format_count(month[m].p90).s);
        before = &month[m];
    }
}

static bool print_devices(FILE *file, const tc_style *style, const tc_plan *plan) {
    tc_table table = {0};
    int32_t until = last_day(plan);
    for (int p = 0; p < plan->scenario->pools; p++) add_quarters(&table, plan, p, until);
    return tc_table_print(&table, file, style);
}

/* ---- all of it --------------------------------------------------------------------------------------- */

bool tc_print_outlook(FILE *file, const tc_style *style, const tc_plan *plan) {
    if (!plan->outlook) return true;
    tc_print_headingf(file, style, "\nWhen it is done: %.20s calendars, seed %lld", tc_format_count(plan->samples).s,
                      (long long)plan->seed);
    if (!print_dates(file, style, plan)) return false;
    fputc('\n', file);
    print_curves(file, style, plan);
    for (int j = 0; plan->outlook->drivers && j < plan->jobs; j++)
        if (plan->run[j].feasible) print_drivers(file, style, plan, j);
    if (plan->feasible && !print_gates(file, style, plan)) return false;
    tc_print_heading(file, style, "\nDevices to come, by quarter");
    return print_devices(file, style, plan);
}
