/* plan_difference.c - what a plan's dates have to do with those of another: the parts of a shift by cause; two plans side by side. */
#include "report/plan_difference.h"

#include <math.h>
#include <string.h>

#include "base/calendar.h"
#include "report/format.h"
#include "report/plan_ics.h"
#include "report/plan_report.h"

#define DAY 86400.0

static const char *const causes[]
    = {[TC_CAUSE_AS_OF] = "as of",           [TC_CAUSE_PROGRESS] = "job progress", [TC_CAUSE_SEEN] = "deliveries seen",
       [TC_CAUSE_DELIVERIES] = "deliveries", [TC_CAUSE_SERVING] = "serving",       [TC_CAUSE_JOBS] = "jobs",
       [TC_CAUSE_RISKS] = "risks",           [TC_CAUSE_OTHER] = "other",           [TC_CAUSE_ALL] = "all"};

static const char *const presences[]
    = {[TC_IN_BOTH] = "both", [TC_RENAMED] = "renamed", [TC_ADDED] = "added", [TC_REMOVED] = "removed"};

/* ---- for programs --------------------------------------------------------------------------------- */

static void write_difference(tc_writer *writer, const tc_plan_difference *difference, bool paired) {
    for (int k = 0; k < difference->jobs; k++) {
        const tc_job_difference *d = &difference->job[k];
        tc_write_object(writer, NULL);
        tc_write_string(writer, "job", d->job);
        tc_write_string(writer, "before", d->before);
        tc_write_string(writer, "presence", presences[d->presence]);
        tc_write_number(writer, "p10_days", d->p10_days);
        tc_write_number(writer, "p50_days", d->p50_days);
        tc_write_number(writer, "p90_days", d->p90_days);
        tc_write_number(writer, "probability", d->probability);
        if (paired) {
            tc_write_number(writer, "shift_days", d->shift_days);
            tc_write_number(writer, "standard_error_days", d->error_days);
            tc_write_number(writer, "probability_earlier", d->earlier);
            tc_write_number(writer, "probability_later", d->later);
        }
        tc_write_close(writer);
    }
}

static void write_since(tc_writer *writer, const tc_since *since) {
    char day[TC_DATE_SIZE];
    if (!since) return;
    if (since->dated) tc_date_format(since->as_of, day);
    tc_write_object(writer, "since");
    tc_write_string(writer, "scenario", since->of);
    tc_write_string(writer, "as_of", since->dated ? day : NULL);
    tc_write_array(writer, "jobs");
    write_difference(writer, &since->whole, false);
    tc_write_close(writer);
    tc_write_close(writer);
}

static void write_changes(tc_writer *writer, const tc_since *since) {
    tc_write_array(writer, "changes");
    for (int i = 0; since && i < since->shifts; i++) {
        const tc_shift *s = &since->shift[i];
        tc_write_object(writer, NULL);
        tc_write_string(writer, "job", since->whole.job[s->job].job);
        tc_write_string(writer, "cause", causes[s->cause]);
        tc_write_number(writer, "p10_days", s->p10_days);
        tc_write_number(writer, "p50_days", s->p50_days);
        tc_write_number(writer, "p90_days", s->p90_days);
        tc_write_number(writer, "probability", s->probability);
        tc_write_close(writer);
    }
    tc_write_close(writer);
}

void tc_report_plan_since(tc_target *target, const tc_plan *plan, const tc_since *since, bool dates) {
    tc_writer writer = tc_write_begin(target, "plan/1", "jobs.phases");
    tc_write_lines(&writer, "assumed", plan->assumed, plan->assumed_count);
    tc_write_plan(&writer, plan);
    write_since(&writer, since);
    write_changes(&writer, since);
    if (dates) tc_write_plan_dates(&writer, plan);
    tc_write_end(&writer);
}

void tc_report_plan(tc_target *target, const tc_plan *plan) { tc_report_plan_since(target, plan, NULL, false); }

static bool assumes(const tc_plan *plan, const char *line) {
    for (int i = 0; i < plan->assumed_count; i++)
        if (strcmp(plan->assumed[i], line) == 0) return true;
    return false;
}

/* What both assume, as it is; what one does, with its letter. */
static void write_assumed(tc_writer *writer, const tc_plan *a, const tc_plan *b) {
    char text[700];
    tc_write_array(writer, "assumed");
    for (int i = 0; i < a->assumed_count; i++) {
        snprintf(text, sizeof text, "%s%s", assumes(b, a->assumed[i]) ? "" : "A: ", a->assumed[i]);
        tc_write_string(writer, NULL, text);
    }
    for (int i = 0; i < b->assumed_count; i++) {
        snprintf(text, sizeof text, "B: %s", b->assumed[i]);
        if (!assumes(a, b->assumed[i])) tc_write_string(writer, NULL, text);
    }
    tc_write_close(writer);
}

void tc_report_plans(tc_target *target, const tc_plan *a, const tc_plan *b, const tc_plan_difference *difference) {
    tc_writer writer = tc_write_begin(target, "plans/1", "difference");
    write_assumed(&writer, a, b);
    tc_write_array(&writer, "plans");
    for (int i = 0; i < 2; i++) {
        tc_write_object(&writer, NULL);
        tc_write_plan(&writer, i ? b : a);
        tc_write_close(&writer);
    }
    tc_write_close(&writer);
    tc_write_array(&writer, "difference");
    write_difference(&writer, difference, true);
    tc_write_close(&writer);
    tc_write_end(&writer);
}

/* ---- for people ------------------------------------------------------------------------------------ */

/* "+3.4", "-12", "0": of days or points; "-" where it is not known. */
static tc_text signed_text(double value) {
    tc_text size = tc_format_fixed(fabs(value), fabs(value) < 9.95 ? 1 : 0), out;
    if (isnan(value)) return size;
    bool zero = strcmp(size.s, "0.0") == 0;
    snprintf(out.s, sizeof out.s, "%s%.38s", zero ? "" : value < 0 ? "-" : "+", zero ? "0" : size.s);
    return out;
}

static tc_text moment_text(double moment) {
    tc_text out = {"never"};
    if (isnan(moment)) return (tc_text){"-"};
    if (moment < INFINITY) tc_date_format((int32_t)floor(moment / DAY), out.s);
    return out;
}

static tc_text percent_text(double probability) {
    return isnan(probability) ? (tc_text){"-"} : tc_format_percent(100 * probability);
}

/* Which jobs are in one of the two alone, or have another name. */
static void print_presence(FILE *file, const tc_style *style, const tc_plan_difference *difference, const char *a,
                           const char *b) {
    char text[320];
    for (int k = 0; k < difference->jobs; k++) {
        const tc_job_difference *d = &difference->job[k];
        if (d->presence == TC_IN_BOTH) continue;
        if (d->presence == TC_RENAMED)
            snprintf(text, sizeof text, "%s is %s of %s", d->job, d->before, a);
        else
            snprintf(text, sizeof text, "%s is in %s alone, done %s with 50 %%",
                     d->presence == TC_ADDED ? d->job : d->before, d->presence == TC_ADDED ? b : a,
                     moment_text(d->presence == TC_ADDED ? d->dates_b.p50 : d->dates_a.p50).s);
        tc_print_bullet(file, style, text);
    }
}

static void add_shift_row(tc_table *table, const char *job, const char *cause, double p10, double p50, double p90,
                          double probability) {
    tc_table_row_begin(table);
    tc_cell(table, "job", TC_LEFT | TC_FLEXIBLE, job);
    tc_cell(table, "cause", TC_LEFT, cause);
    tc_cell(table, "p10", TC_RIGHT, signed_text(p10).s);
    tc_cell(table, "p50", TC_RIGHT, signed_text(p50).s);
    tc_cell(table, "p90", TC_RIGHT, signed_text(p90).s);
    tc_cell(table, "in time", TC_RIGHT, signed_text(100 * probability).s);
}

static void add_shifts(tc_table *table, const tc_since *since, int job) {
    const tc_job_difference *d = &since->whole.job[job];
    add_shift_row(table, d->job, "all together", d->p10_days, d->p50_days, d->p90_days, d->probability);
    for (int i = 0; i < since->shifts; i++) {
        const tc_shift *s = &since->shift[i];
        if (s->job == job && s->cause != TC_CAUSE_ALL)
            add_shift_row(table, "", causes[s->cause], s->p10_days, s->p50_days, s->p90_days, s->probability);
    }
}

bool tc_report_since_text(FILE *file, const tc_style *style, const tc_since *since) {
    char day[TC_DATE_SIZE] = "";
    tc_table table = {0};
    if (since->dated) tc_date_format(since->as_of, day);
    tc_print_headingf(file, style, "What changed since %s%s%s", since->of ? since->of : "the earlier answer",
                      since->dated ? " of " : "", day);
    fputc('\n', file);
    for (int k = 0; k < since->whole.jobs; k++)
        if (since->whole.job[k].presence <= TC_RENAMED) add_shifts(&table, since, k);
    if (!tc_table_print(&table, file, style)) return false;
    print_presence(file, style, &since->whole, "the earlier one", "this one");
    tc_print_wrapped(file, style, 0, 0,
                     since->dated
                         ? "p10, p50, p90: days by which the date is later (+) or earlier (-). in time: percentage "
                           "points by which the deadline is more probable. Causes are switched on one after "
                           "another, in this order."
                         : "p10, p50, p90: days by which the date is later (+) or earlier (-). in time: percentage "
                           "points by which the deadline is more probable. No causes: the answer has dates only.");
    fputc('\n', file);
    return true;
}

/* ---- two plans ---------------------------------------------------------------------------------------- */

static void add_pair(tc_table *table, const char *job, const char *what, const char *a, const char *b,
                     const char *later) {
    tc_table_row_begin(table);
    tc_cell(table, "job", TC_LEFT | TC_FLEXIBLE, job);
    tc_cell(table, "done with", TC_LEFT, what);
    tc_cell(table, "A", TC_RIGHT, a);
    tc_cell(table, "B", TC_RIGHT, b);
    tc_cell(table, "later", TC_RIGHT, later);
}

static const tc_outlook_job *drawn(const tc_plan *plan, int job) {
    return plan->outlook && job >= 0 ? &plan->outlook->job[job] : NULL;
}

/* In seconds since day 0; 80 % is known of what was drawn alone. */
static double date_at(const tc_plan *plan, int job, const tc_job_dates *dates, int percent) {
    if (percent == 80)
        return drawn(plan, job) ? plan->scenario->start * DAY + tc_outlook_quantile(plan->outlook, job, 0.8) : NAN;
    return percent == 10 ? dates->p10 : percent == 50 ? dates->p50 : dates->p90;
}

static void add_dates(tc_table *table, const tc_plan *a, const tc_plan *b, const tc_job_difference *d) {
    static const int percents[] = {10, 50, 80, 90};
    const char *name = d->job ? d->job : d->before;
    for (size_t i = 0; i < sizeof percents / sizeof *percents; i++) {
        double x = date_at(a, d->a, &d->dates_a, percents[i]), y = date_at(b, d->b, &d->dates_b, percents[i]);
        double later = x == y ? 0 : (y - x) / DAY;
        char what[16];
        if (isnan(x) && isnan(y)) continue;
        snprintf(what, sizeof what, "%d %%", percents[i]);
        add_pair(table, i ? "" : name, what, moment_text(x).s, moment_text(y).s,
                 signed_text(isfinite(later) ? later : NAN).s);
    }
    for (int i = 0; i < b->days; i++) {
        char what[16], day[TC_DATE_SIZE];
        tc_date_format(b->day[i], day);
        snprintf(what, sizeof what, "by %.10s", day);
        add_pair(table, "", what, percent_text(d->a >= 0 ? tc_plan_done_by(a, d->a, b->day[i]) : NAN).s,
                 percent_text(d->b >= 0 ? tc_plan_done_by(b, d->b, b->day[i]) : NAN).s, NULL);
    }
    double in_a = d->dates_a.by_deadline, in_b = d->dates_b.by_deadline;
    if (!isnan(in_a) || !isnan(in_b)) add_pair(table, "", "in time", percent_text(in_a).s, percent_text(in_b).s, NULL);
    const tc_outlook_job *x = drawn(a, d->a), *y = drawn(b, d->b);
    if ((x && x->never > 0) || (y && y->never > 0))
        add_pair(table, "", "never", percent_text(x ? x->never : NAN).s, percent_text(y ? y->never : NAN).s, NULL);
}

/* "base-70b: B is 12.3 days earlier (standard error 0.4), earlier in 97 % of the calendars, later in 1 %" */
static void difference_text(const tc_job_difference *d, bool sampled, char *text, size_t size) {
    char error[64] = "", share[128] = "";
    tc_text days = signed_text(fabs(d->shift_days));
    if (isfinite(d->error_days) && sampled)
        snprintf(error, sizeof error, " (standard error %s)", tc_format_significant(d->error_days, 1).s);
    if (sampled && !isnan(d->earlier))
        snprintf(share, sizeof share, ", earlier in %s of the calendars, later in %s", percent_text(d->earlier).s,
                 percent_text(d->later).s);
    if (isnan(d->shift_days))
        snprintf(text, size, "%s: %s%s", d->job,
                 d->earlier > d->later   ? "done in B, never in A"
                 : d->later > d->earlier ? "done in A, never in B"
                                         : "no difference can be told",
                 share);
    else if (d->shift_days == 0)
        snprintf(text, size, "%s: %s%s", d->job,
                 d->earlier > 0 || d->later > 0 ? "mostly the same day" : "no difference",
                 d->earlier > 0 || d->later > 0 ? share : "");
    else
        snprintf(text, size, "%s: B is %s days %s%s%s", d->job, days.s[0] == '+' ? days.s + 1 : "less than 0.1",
                 d->shift_days < 0 ? "earlier" : "later", error, share);
}

static void print_plan_line(FILE *file, const tc_style *style, const char *letter, const tc_plan *plan) {
    tc_print_linef(file, style, letter, "%s (%s)%s%s%s", plan->scenario->name, plan->scenario->slug,
                   plan->feasible ? "" : "; no job can be trained",
                   plan->feasible && !plan->complete ? "; not every job can be trained" : "",
                   plan->served ? "" : "; a firm service is not met");
}

bool tc_report_plans_text(FILE *file, const tc_style *style, const tc_plan *a, const tc_plan *b,
                          const tc_plan_difference *difference) {
    tc_table table = {0};
    tc_print_heading(file, style, "Two plans side by side");
    fputc('\n', file);
    print_plan_line(file, style, "A", a);
    print_plan_line(file, style, "B", b);
    fputc('\n', file);
    for (int k = 0; k < difference->jobs; k++) add_dates(&table, a, b, &difference->job[k]);
    if (!tc_table_print(&table, file, style)) return false;
    tc_print_tone(file, style, TC_TONE_FAINT, "later: days by which B is later (+) or earlier (-)\n");
    tc_print_heading(file, style, "\nThe difference, calendar by calendar");
    for (int k = 0; k < difference->jobs; k++) {
        const tc_job_difference *d = &difference->job[k];
        char text[400];
        if (d->presence > TC_RENAMED) continue;
        difference_text(d, a->outlook && b->outlook, text, sizeof text);
        tc_print_bullet(file, style, text);
    }
    print_presence(file, style, difference, "A", "B");
    return true;
}
