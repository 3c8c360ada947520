/* plan_drawings_jobs.c - pictures of jobs: the calendar, how likely each is done by a date, tokens over time. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/plan_drawings.h"

#define DAY 86400.0
#define INK "#333333"
#define FAINT "#666666"

/* The ends of a job's 80 % interval and its middle; false: there are none. */
static bool ends_of(const tc_plan *plan, int job, tc_percentiles *ends) {
    const tc_plan_run *run = &plan->run[job];
    if (!run->feasible || (!plan->outlook && !run->p10.known)) return false;
    *ends = plan->outlook
                ? plan->outlook->job[job].finish_s
                : (tc_percentiles){run->p10.finish_s, run->finish_s, run->p90.known ? run->p90.finish_s : INFINITY};
    return true;
}

static tc_text date_of(const tc_plan *plan, double seconds) { return tc_format_moment(plan->scenario, seconds, 0); }

static double upto(const tc_axis *axis, const tc_plan *plan, double seconds) {
    return seconds < INFINITY ? fmin(tc_drawing_day(plan, seconds), axis->high) : axis->high;
}

/* ---- the calendar ------------------------------------------------------------------------------------ */

enum { ROWS = 40, ROW = 52, NAMES = 190, DATES = 232 };

/* "tokens" */
static const char *unit_of(const tc_plan *plan, int job) {
    const char *unit = plan->scenario->job[job].candidate[plan->run[job].candidate].unit;
    return unit[0] ? unit : "tokens";
}

static void draw_phase(const tc_plot *p, const tc_plan *plan, double top, double bottom, int job,
                       const tc_plan_phase *phase) {
    double from = tc_drawing_day(plan, phase->from_s), to = tc_drawing_day(plan, phase->to_s);
    char title[200];
    tc_text devices = tc_format_count(phase->devices);
    snprintf(title, sizeof title, "%.60s: %.20s devices, %.20s %.15s, %.12s to %.12s",
             plan->scenario->pool[phase->pool].name, devices.s, tc_format_short(phase->tokens).s, unit_of(plan, job),
             date_of(plan, phase->from_s).s, date_of(plan, phase->to_s).s);
    tc_plot_bar(p, from, to, bottom, top, tc_chart_colour(phase->pool), title);
    double left = tc_plot_x(p, from), right = tc_plot_x(p, to);
    if (right - left > 2) tc_chart_rule(p->chart, right, tc_plot_y(p, top), right, tc_plot_y(p, bottom), "#ffffff");
    if (right - left > tc_chart_text_width(devices.s, 10) + 6)
        tc_chart_text(p->chart, (left + right) / 2, tc_plot_y(p, bottom) - 6, TC_ANCHOR_MIDDLE, 10,
                      tc_chart_ink(phase->pool), devices.s);
}

/* What is drawn at a row: the planned phases, the interval of the end below them, the deadline. */
static void draw_run(const tc_plot *p, const tc_plan *plan, int job, double row) {
    const tc_plan_run *run = &plan->run[job];
    const tc_scenario_job *j = &plan->scenario->job[job];
    double pixel = (p->x.high - p->x.low) / p->width;
    tc_percentiles ends;
    for (int i = 0; i < run->phases; i++) draw_phase(p, plan, row - 0.12, row - 0.52, job, &run->phase[i]);
    if (ends_of(plan, job, &ends)) {
        double from = upto(&p->x, plan, ends.p10), to = upto(&p->x, plan, ends.p90),
               middle = upto(&p->x, plan, ends.p50);
        tc_plot_bar(p, from, fmax(to, from + pixel), row - 0.84, row - 0.60, "#b8b8b8",
                    "10 % to 90 % of the calendars are done");
        if (ends.p50 < INFINITY)
            tc_plot_bar(p, middle - pixel, middle + pixel, row - 0.90, row - 0.54, "#000000",
                        "half of the calendars are done");
    }
    double due = (double)j->deadline + 1;
    if (j->deadline != INT32_MAX && due <= p->x.high)
        tc_plot_bar(p, due - pixel, due + pixel, row - 0.98, row - 0.02, "#d55e00", "deadline");
}

/* Left of a row its job, right of it its dates. */
static void write_row(const tc_plot *p, const tc_plan *plan, int job, double row) {
    const tc_plan_run *run = &plan->run[job];
    const tc_scenario_job *j = &plan->scenario->job[job];
    double y = tc_plot_y(p, row - 0.36), right = p->left + p->width + 14;
    char cut[200], text[200];
    tc_percentiles ends;
    tc_chart_strong(p->chart, TC_DRAWING_EDGE, y, TC_ANCHOR_START, 12,
                    tc_chart_cut(cut, sizeof cut, j->name, NAMES - 34, 13));
    if (!run->feasible) {
        tc_chart_text(p->chart, p->left + 4, y, TC_ANCHOR_START, 11, "#d55e00",
                      tc_chart_cut(cut, sizeof cut, run->why, p->width - 8, 11));
        tc_chart_strong(p->chart, right, y, TC_ANCHOR_START, 12, "never");
        return;
    }
    tc_chart_text(p->chart, TC_DRAWING_EDGE, y + 15, TC_ANCHOR_START, 11, FAINT,
                  tc_chart_cut(cut, sizeof cut, j->candidate[run->candidate].name, NAMES - 26, 11));
    bool known = ends_of(plan, job, &ends);
    snprintf(text, sizeof text, "%s%.12s", known ? "50 % " : "", date_of(plan, known ? ends.p50 : run->finish_s).s);
    tc_chart_strong(p->chart, right, y - 4, TC_ANCHOR_START, 12, text);
    if (known) {
        snprintf(text, sizeof text, "10 %% %.12s, 90 %% %.12s", date_of(plan, ends.p10).s, date_of(plan, ends.p90).s);
        tc_chart_text(p->chart, right, y + 10, TC_ANCHOR_START, 11, FAINT, text);
    }
    const tc_outlook_job *o = plan->outlook ? &plan->outlook->job[job] : NULL;
    if (j->deadline != INT32_MAX && o)
        snprintf(text, sizeof text, "by %.12s: %.12s", tc_format_day(j->deadline).s,
                 tc_format_probability(o->by_deadline, plan->samples).s);
    else if (j->deadline != INT32_MAX)
        snprintf(text, sizeof text, "due %.12s%s", tc_format_day(j->deadline).s, plan->job[job].late ? ": missed" : "");
    else if (o && o->never > 0)
        snprintf(text, sizeof text, "never: %.12s", tc_format_probability(o->never, plan->samples).s);
    else
        return;
    tc_chart_text(p->chart, right, y + 24, TC_ANCHOR_START, 11, FAINT, text);
}

static int calendar_keys(const tc_plan *plan, const tc_axis *dates, tc_key key[TC_DRAWING_PANELS + 3]) {
    int n = 0;
    bool due = false;
    for (int i = 0; i < plan->scenario->pools && n < TC_DRAWING_PANELS; i++) {
        bool used = false;
        for (int j = 0; j < plan->jobs; j++)
            for (int k = 0; plan->run[j].feasible && k < plan->run[j].phases; k++)
                used = used || plan->run[j].phase[k].pool == i;
        if (used) key[n++] = (tc_key){TC_KEY_AREA, tc_chart_colour(i), plan->scenario->pool[i].name};
    }
    for (int j = 0; j < plan->jobs; j++) due = due || (double)plan->scenario->job[j].deadline + 1 <= dates->high;
    key[n++] = (tc_key){TC_KEY_AREA, "#b8b8b8", "done: 10 % to 90 %"};
    key[n++] = (tc_key){TC_KEY_AREA, "#000000", "done: 50 %"};
    if (due) key[n++] = (tc_key){TC_KEY_AREA, "#d55e00", "deadline"};
    return n;
}

void tc_draw_calendar(FILE *file, const tc_plan *plan) {
    const tc_scenario *s = plan->scenario;
    tc_key key[TC_DRAWING_PANELS + 3];
    char title[200], subtitle[200], samples[80], note[300], more[80] = "";
    tc_axis dates = tc_drawing_dates(plan, 0.9);
    int keys = calendar_keys(plan, &dates, key), rows = plan->jobs < ROWS ? plan->jobs : ROWS;
    if (plan->jobs > rows) snprintf(more, sizeof more, " %d more jobs are not drawn.", plan->jobs - rows);
    snprintf(title, sizeof title, "The calendar: %.150s", s->name);
    snprintf(subtitle, sizeof subtitle,
             "Planned phases by pool, from %.12s; figures in bars are devices; intervals: %.60s",
             tc_format_day(s->start).s, tc_drawing_samples(plan, samples, sizeof samples));
    snprintf(note, sizeof note,
             "Bars are the plan on the supply that is expected, so that they may end beside the middle of the "
             "interval.%s",
             more);
    double top = TC_CHART_HEAD + tc_chart_legend(NULL, 0, 0, TC_DRAWING_WIDTH - 2 * TC_DRAWING_EDGE, key, keys) + 12,
           height = top + rows * ROW + TC_CHART_DATE_ROOM + tc_chart_note_height(TC_DRAWING_WIDTH, note) + 6;
    tc_chart chart = tc_chart_begin(file, TC_DRAWING_WIDTH, height, title, subtitle);
    tc_chart_legend(&chart, TC_DRAWING_EDGE, TC_CHART_HEAD - 6, TC_DRAWING_WIDTH - 2 * TC_DRAWING_EDGE, key, keys);
    tc_plot p = {&chart,
                 NAMES,
                 top,
                 TC_DRAWING_WIDTH - NAMES - DATES,
                 rows * ROW,
                 dates,
                 {.kind = TC_AXIS_ROWS, .high = rows}};
    tc_plot_axes(&p);
    for (int j = 0; j < rows; j++) {
        double y = tc_plot_y(&p, rows - j);
        tc_chart_rule(&chart, TC_DRAWING_EDGE, y, TC_DRAWING_WIDTH - TC_DRAWING_EDGE, y, "#e3e3e3");
        if (plan->run[j].feasible) draw_run(&p, plan, j, rows - j);
        write_row(&p, plan, j, rows - j);
    }
    tc_chart_end(&chart, note);
}

/* ---- how likely, by when ------------------------------------------------------------------------------ */

enum { CURVE_POINTS = 401 };

static void draw_curve(const tc_plot *p, const tc_plan *plan, int job, const char *colour) {
    tc_chart_point point[CURVE_POINTS];
    for (int i = 0; i < CURVE_POINTS; i++) {
        double x = p->x.low + (p->x.high - p->x.low) * i / (CURVE_POINTS - 1);
        point[i] = (tc_chart_point){x, tc_outlook_done_by(plan->outlook, job, (x - plan->scenario->start) * DAY)};
    }
    tc_plot_line(p, point, CURVE_POINTS, colour, 2.5, false);
}

/* Its p10, p50 and p90; words beside them where it is the only one. */
static void draw_dots(const tc_plot *p, const tc_plan *plan, int job, const char *colour, bool words) {
    const tc_percentiles *f = &plan->outlook->job[job].finish_s;
    const double share[] = {0.1, 0.5, 0.9}, at[] = {f->p10, f->p50, f->p90};
    for (int i = 0; i < 3; i++) {
        char text[80];
        if (!(at[i] < INFINITY) || tc_drawing_day(plan, at[i]) > p->x.high) continue;
        snprintf(text, sizeof text, "%.0f %%: %.12s", 100 * share[i], date_of(plan, at[i]).s);
        double x = tc_drawing_day(plan, at[i]), px = tc_plot_x(p, x), py = tc_plot_y(p, share[i]);
        tc_plot_dot(p, x, share[i], colour, text);
        bool left = px + 12 + tc_chart_text_width(text, 12) > p->left + p->width;
        if (words)
            tc_chart_text(p->chart, left ? px - 10 : px + 10, left ? py - 6 : py + 14,
                          left ? TC_ANCHOR_END : TC_ANCHOR_START, 12, INK, text);
    }
}

static int drawn_jobs(const tc_plan *plan, int most, int job[]) {
    int n = 0;
    for (int j = 0; j < plan->jobs && n < most; j++)
        if (plan->run[j].feasible) job[n++] = j;
    return n;
}

static int feasible_jobs(const tc_plan *plan) {
    int n = 0;
    for (int j = 0; j < plan->jobs; j++) n += plan->run[j].feasible;
    return n;
}

void tc_draw_s_curve(FILE *file, const tc_plan *plan) {
    const tc_scenario *s = plan->scenario;
    int job[TC_DRAWING_CURVES], jobs = drawn_jobs(plan, TC_DRAWING_CURVES, job), left_out = feasible_jobs(plan) - jobs;
    tc_key key[TC_DRAWING_CURVES];
    char words[TC_DRAWING_CURVES][240], title[200], subtitle[200], samples[80], note[300], more[80] = "";
    for (int i = 0; i < jobs; i++) {
        const tc_outlook_job *o = &plan->outlook->job[job[i]];
        char name[120];
        snprintf(words[i], sizeof words[i], "%.100s: 10 %% %.12s, 50 %% %.12s, 90 %% %.12s, never %.12s",
                 tc_drawing_job(plan, job[i], name, sizeof name), date_of(plan, o->finish_s.p10).s,
                 date_of(plan, o->finish_s.p50).s, date_of(plan, o->finish_s.p90).s,
                 tc_format_probability(o->never, plan->samples).s);
        key[i] = (tc_key){TC_KEY_LINE, tc_chart_colour(i), words[i]};
    }
    if (left_out > 0) snprintf(more, sizeof more, " %d more jobs are not drawn.", left_out);
    snprintf(title, sizeof title, "When it is done: %.150s", s->name);
    snprintf(subtitle, sizeof subtitle, "The share of the calendars in which a job is done by a date: %.60s",
             tc_drawing_samples(plan, samples, sizeof samples));
    snprintf(note, sizeof note,
             "Never: not before %.12s, where the calendars end. A curve that ends below 100 %% has calendars later "
             "than the picture.%s",
             tc_format_day(s->horizon).s, more);
    double room = TC_DRAWING_WIDTH - 2 * TC_DRAWING_EDGE,
           top = TC_CHART_HEAD + tc_chart_legend(NULL, 0, 0, room, key, jobs) + 22,
           height = top + 320 + TC_CHART_DATE_ROOM + tc_chart_note_height(TC_DRAWING_WIDTH, note) + 6;
    tc_chart chart = tc_chart_begin(file, TC_DRAWING_WIDTH, height, title, subtitle);
    tc_chart_legend(&chart, TC_DRAWING_EDGE, TC_CHART_HEAD - 6, room, key, jobs);
    tc_plot p = {&chart,
                 TC_DRAWING_LEFT,
                 top,
                 room - TC_DRAWING_LEFT + TC_DRAWING_EDGE,
                 320,
                 tc_drawing_dates(plan, 0.985),
                 {.kind = TC_AXIS_PERCENT, .high = 1, .title = "done by then"}};
    tc_plot_axes(&p);
    for (int i = 0; i < jobs; i++) draw_curve(&p, plan, job[i], tc_chart_colour(i));
    for (int i = 0; i < jobs; i++) {
        int32_t due = s->job[job[i]].deadline;
        char text[80];
        snprintf(text, sizeof text, "deadline %.12s: %.12s", tc_format_day(due).s,
                 tc_format_probability(plan->outlook->job[job[i]].by_deadline, plan->samples).s);
        if (due != INT32_MAX && due < p.x.high) tc_plot_mark(&p, (double)due + 1, tc_chart_colour(i), text, 15.0 * i);
    }
    for (int i = 0; i < jobs; i++) draw_dots(&p, plan, job[i], tc_chart_colour(i), jobs == 1);
    tc_chart_end(&chart, note);
}

/* ---- tokens over time ----------------------------------------------------------------------------------- */

enum { TOKEN_POINTS = 400 };

static void draw_burn_up(const tc_plot *p, const tc_plan *plan, int job, double target) {
    const tc_plan_run *run = &plan->run[job];
    const tc_scenario *s = plan->scenario;
    tc_chart_point point[TOKEN_POINTS];
    tc_percentiles ends;
    double sum = 0;
    if (ends_of(plan, job, &ends)) {
        double from = upto(&p->x, plan, ends.p10), to = upto(&p->x, plan, ends.p90);
        tc_plot_band(p, (tc_chart_range[]){{from, 0, p->y.high}, {to, 0, p->y.high}}, 2, "#7f7f7f");
    }
    tc_plot_line(p, (tc_chart_point[]){{p->x.low, target}, {p->x.high, target}}, 2, "#d55e00", 1.5, true);
    for (int i = 0; i < run->phases; i++) sum += run->phase[i].tokens;
    sum = fmax(0, target - sum); /* trained before */
    int n = 0;
    for (int i = 0; i < run->phases; i++) {
        if (n == 0 || run->phase[i].from_s > run->phase[i - 1].to_s)
            point[n++] = (tc_chart_point){tc_drawing_day(plan, run->phase[i].from_s), sum};
        sum += run->phase[i].tokens;
        if (n >= TOKEN_POINTS - 2 && i < run->phases - 1) continue; /* the last one counts */
        point[n++] = (tc_chart_point){tc_drawing_day(plan, run->phase[i].to_s), sum};
    }
    tc_plot_line(p, point, n, "#0072b2", 2.5, false);
    for (int i = 0; i < s->actuals; i++)
        if (s->actual[i].job == job && s->actual[i].tokens >= 0)
            tc_plot_dot(p, s->actual[i].day, s->actual[i].tokens, "#000000", tc_format_day(s->actual[i].day).s);
}

static bool any_actual(const tc_plan *plan) {
    for (int i = 0; i < plan->scenario->actuals; i++)
        if (plan->scenario->actual[i].job >= 0 && plan->scenario->actual[i].tokens >= 0) return true;
    return false;
}

void tc_draw_tokens(FILE *file, const tc_plan *plan) {
    const tc_scenario *s = plan->scenario;
    int job[TC_DRAWING_PANELS], jobs = drawn_jobs(plan, TC_DRAWING_PANELS, job), left_out = feasible_jobs(plan) - jobs;
    tc_key key[] = {{TC_KEY_LINE, "#0072b2", "planned"},
                    {TC_KEY_DASHED, "#d55e00", "to train"},
                    {TC_KEY_BAND, "#7f7f7f", "done: 10 % to 90 %"},
                    {TC_KEY_DOT, "#000000", "seen"}};
    char title[200], subtitle[200], samples[80], note[200] = "A straight line is a time in which the layout stays.",
                                                 more[80];
    snprintf(title, sizeof title, "Trained so far: %.150s", s->name);
    snprintf(subtitle, sizeof subtitle,
             "In the planned calendar, on the supply that is expected; the interval of the end: %.60s",
             tc_drawing_samples(plan, samples, sizeof samples));
    if (left_out > 0) {
        snprintf(more, sizeof more, " %d more jobs are not drawn.", left_out);
        strcat(note, more);
    }
    double room = TC_DRAWING_WIDTH - 2 * TC_DRAWING_EDGE, panel = jobs > 1 ? 140 : 300, top = TC_CHART_HEAD + 18 + 44;
    tc_chart chart = tc_chart_begin(file, TC_DRAWING_WIDTH,
                                    top + jobs * (panel + 50) - 50 + TC_CHART_DATE_ROOM
                                        + tc_chart_note_height(TC_DRAWING_WIDTH, note) + 6,
                                    title, subtitle);
    tc_chart_legend(&chart, TC_DRAWING_EDGE, TC_CHART_HEAD - 6, room, key, any_actual(plan) ? 4 : 3);
    for (int i = 0; i < jobs; i++) {
        double target = s->job[job[i]].candidate[plan->run[job[i]].candidate].tokens, y = top + i * (panel + 50);
        char name[160], cut[200], words[240];
        tc_plot p = {&chart,
                     TC_DRAWING_LEFT,
                     y,
                     room - TC_DRAWING_LEFT + TC_DRAWING_EDGE,
                     panel,
                     tc_drawing_dates(plan, 0.9),
                     tc_axis_upto(TC_AXIS_NUMBER, 0, 1.02 * target, unit_of(plan, job[i]))};
        p.x.bare = i < jobs - 1;
        snprintf(words, sizeof words, "%.150s: %.20s %.15s", tc_drawing_job(plan, job[i], name, sizeof name),
                 tc_format_short(target).s, unit_of(plan, job[i]));
        tc_chart_strong(&chart, TC_DRAWING_EDGE, y - 24, TC_ANCHOR_START, 12,
                        tc_chart_cut(cut, sizeof cut, words, room, 13));
        tc_plot_axes(&p);
        draw_burn_up(&p, plan, job[i], target);
    }
    tc_chart_end(&chart, note);
}
