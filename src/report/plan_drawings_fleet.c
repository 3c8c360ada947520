/* plan_drawings_fleet.c - pictures of what plans rest on and what they cost: devices by pool, what the dates depend on, money. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/calendar.h"
#include "report/plan_drawings.h"

#define INK "#333333"
#define FAINT "#666666"

static const double room = TC_DRAWING_WIDTH - 2 * TC_DRAWING_EDGE;

/* ---- devices ------------------------------------------------------------------------------------------- */

enum { SUPPLY_POINTS = 400 };

/* What was ordered, each delivery on its promised day. */
static int planned(const tc_scenario_pool *pool, const tc_axis *x, tc_chart_point point[SUPPLY_POINTS]) {
    double sum = 0;
    int n = 0, next = 0;
    for (int i = 0; i < SUPPLY_POINTS; i++) {
        double day = x->low + (x->high - x->low) * i / (SUPPLY_POINTS - 1), before = sum;
        while (next < pool->deliveries && pool->delivery[next].day <= day) sum += pool->delivery[next++].devices;
        if (pool->until != INT32_MAX && day >= pool->until) sum = 0;
        if (n == 0 || sum != before || i == SUPPLY_POINTS - 1) point[n++] = (tc_chart_point){day, sum};
    }
    return n;
}

static tc_axis supply_dates(const tc_plan *plan) {
    const tc_scenario *s = plan->scenario;
    tc_axis x = tc_drawing_dates(plan, 0.9);
    x.high = fmax(x.high, x.low + 183);
    for (int p = 0; p < s->pools; p++)
        for (int i = 0; i < s->pool[p].deliveries; i++) x.high = fmax(x.high, s->pool[p].delivery[i].day + 92);
    x.high = fmin(x.high, s->horizon);
    if (!(x.high > x.low)) x.high = x.low + 31;
    return x;
}

/* How many were last seen to work; NULL: nobody looked. */
static const tc_actual *last_seen(const tc_scenario *s, int pool) {
    const tc_actual *last = NULL;
    for (int i = 0; i < s->actuals; i++)
        if (s->actual[i].pool == pool && s->actual[i].usable >= 0 && (!last || s->actual[i].day >= last->day))
            last = &s->actual[i];
    return last && last->day <= s->as_of ? last : NULL;
}

static void draw_pool(const tc_chart *chart, const tc_plan *plan, int pool, double y, double height, const tc_axis *x) {
    const tc_scenario *s = plan->scenario;
    const tc_outlook *o = plan->outlook;
    const tc_outlook_month *month = &o->month[pool * o->months];
    tc_chart_point ordered[SUPPLY_POINTS], middle[128];
    tc_chart_range fan[128];
    int n = 0, steps = planned(&s->pool[pool], x, ordered), serving = plan->pool[pool].serving;
    double most = serving;
    for (int i = 0; i < steps; i++) most = fmax(most, ordered[i].y);
    const tc_actual *seen = last_seen(s, pool);
    if (seen) { /* from what is known on */
        fan[n] = (tc_chart_range){seen->day, seen->usable, seen->usable};
        middle[n++] = (tc_chart_point){seen->day, seen->usable};
    }
    for (int m = tc_plan_first_month(plan); m < o->months && n < 126; m++) {
        if (month[m].day > x->high) break;
        fan[n] = (tc_chart_range){month[m].day, month[m].p10, month[m].p90};
        middle[n++] = (tc_chart_point){month[m].day, month[m].p50};
        most = fmax(most, month[m].p90);
    }
    if (n > 0) { /* until the picture's end */
        fan[n] = fan[n - 1], middle[n] = middle[n - 1];
        fan[n].x = middle[n].x = x->high, n++;
    }
    tc_plot p = {chart,
                 TC_DRAWING_LEFT,
                 y,
                 room - TC_DRAWING_LEFT + TC_DRAWING_EDGE,
                 height,
                 *x,
                 tc_axis_upto(TC_AXIS_NUMBER, 0, most, "devices")};
    char words[240], cut[240];
    const char *name = s->pool[pool].name, *chip = s->pool[pool].cluster.accelerator.slug;
    bool alike = strcmp(name, chip) == 0;
    snprintf(words, sizeof words, "%.60s%s%.80s%s", name, alike ? "" : " (", alike ? "" : chip, alike ? "" : ")");
    tc_chart_strong(chart, TC_DRAWING_EDGE, y - 24, TC_ANCHOR_START, 12,
                    tc_chart_cut(cut, sizeof cut, words, room, 13));
    tc_plot_axes(&p);
    tc_plot_band(&p, fan, n, "#0072b2");
    tc_plot_steps(&p, ordered, steps, "#000000", 1.5, true);
    tc_plot_line(&p, middle, n, "#0072b2", 2.5, false);
    if (serving > 0)
        tc_plot_line(&p, (tc_chart_point[]){{x->low, serving}, {x->high, serving}}, 2, "#d55e00", 1.5, true);
    for (int i = 0; i < s->actuals; i++) {
        const tc_actual *a = &s->actual[i];
        if (a->pool == pool && a->devices >= 0) tc_plot_dot(&p, a->day, a->devices, "#7f7f7f", tc_format_day(a->day).s);
        if (a->pool == pool && a->usable >= 0) tc_plot_dot(&p, a->day, a->usable, "#000000", tc_format_day(a->day).s);
    }
}

void tc_draw_devices(FILE *file, const tc_plan *plan) {
    const tc_scenario *s = plan->scenario;
    int pools = s->pools < TC_DRAWING_PANELS ? s->pools : TC_DRAWING_PANELS, keys = 3;
    bool serves = false, seen = false, delivered = false;
    for (int i = 0; i < pools; i++) serves = serves || plan->pool[i].serving > 0;
    for (int i = 0; i < s->actuals; i++) {
        seen = seen || (s->actual[i].pool >= 0 && s->actual[i].usable >= 0);
        delivered = delivered || (s->actual[i].pool >= 0 && s->actual[i].devices >= 0);
    }
    tc_key key[6] = {{TC_KEY_LINE, "#0072b2", "work, 50 %"},
                     {TC_KEY_BAND, "#0072b2", "work, 10 % to 90 %"},
                     {TC_KEY_DASHED, "#000000", "ordered, on the promised day"}};
    if (serves) key[keys++] = (tc_key){TC_KEY_DASHED, "#d55e00", "kept for serving"};
    if (delivered) key[keys++] = (tc_key){TC_KEY_DOT, "#7f7f7f", "seen: delivered"};
    if (seen) key[keys++] = (tc_key){TC_KEY_DOT, "#000000", "seen: working"};
    char title[200], subtitle[200], samples[80], note[240], more[80] = "";
    if (s->pools > pools) snprintf(more, sizeof more, " %d more pools are not drawn.", s->pools - pools);
    snprintf(title, sizeof title, "Devices that work: %.150s", s->name);
    snprintf(subtitle, sizeof subtitle, "At the turn of each month, brought up, those that serve among them: %.60s",
             tc_drawing_samples(plan, samples, sizeof samples));
    snprintf(note, sizeof note,
             "Between what was ordered and what works: late or lost deliveries, bring-up, devices that fail "
             "acceptance.%s",
             more);
    double panel = pools > 1 ? 140 : 300, top = TC_CHART_HEAD + 18 + 44;
    tc_axis x = supply_dates(plan);
    tc_chart chart = tc_chart_begin(file, TC_DRAWING_WIDTH,
                                    top + pools * (panel + 50) - 50 + TC_CHART_DATE_ROOM
                                        + tc_chart_note_height(TC_DRAWING_WIDTH, note) + 6,
                                    title, subtitle);
    tc_chart_legend(&chart, TC_DRAWING_EDGE, TC_CHART_HEAD - 6, room, key, keys);
    for (int i = 0; i < pools; i++) {
        x.bare = i < pools - 1;
        draw_pool(&chart, plan, i, top + i * (panel + 50), panel, &x);
    }
    tc_chart_end(&chart, note);
}

/* ---- what the dates depend on --------------------------------------------------------------------------- */

enum { DRIVER_ROW = 22, DRIVER_NAMES = 220, DRIVER_FIGURES = 170, PANEL_HEAD = 40, PANEL_FOOT = 48 };

/* The drivers of a job, the greatest swing first. */
static void by_swing(const tc_outlook_job *o, int order[TC_DRIVERS]) {
    for (int d = 0; d < TC_DRIVERS; d++) {
        int at = d;
        for (; at > 0 && o->swing_s[order[at - 1]] < o->swing_s[d]; at--) order[at] = order[at - 1];
        order[at] = d;
    }
}

static void write_driver(const tc_plot *p, double row, const char *name, const char *figures) {
    double y = tc_plot_y(p, row - 0.5) + 4;
    tc_chart_text(p->chart, p->left - 10, y, TC_ANCHOR_END, 11, INK, name);
    tc_chart_text(p->chart, p->left + p->width + 12, y, TC_ANCHOR_START, 11, INK, figures);
}

static void draw_job_drivers(const tc_chart *chart, const tc_plan *plan, int job, double top) {
    const tc_outlook_job *o = &plan->outlook->job[job];
    int order[TC_DRIVERS];
    char name[160], cut[200], words[260], figures[80];
    by_swing(o, order);
    bool days = tc_swings_are_days(o);
    double most = fmax(o->swing_s[order[0]] / 86400 / 2, 0.5), rows = TC_DRIVERS + 1;
    tc_plot p = {chart,
                 DRIVER_NAMES,
                 top + PANEL_HEAD,
                 TC_DRAWING_WIDTH - DRIVER_NAMES - DRIVER_FIGURES,
                 rows * DRIVER_ROW,
                 tc_axis_upto(TC_AXIS_NUMBER, 0, most, "days before and after the middle"),
                 {.kind = TC_AXIS_ROWS, .high = rows}};
    p.x.low = -p.x.high;
    if (!days)
        p.x = (tc_axis){.kind = TC_AXIS_PERCENT,
                        .high = 1,
                        .title = "share of the variance, which calendars without an end make"};
    snprintf(words, sizeof words, "%.150s: 10 %% %.12s, 50 %% %.12s, 90 %% %.12s",
             tc_drawing_job(plan, job, name, sizeof name), tc_format_moment(plan->scenario, o->finish_s.p10, 0).s,
             tc_format_moment(plan->scenario, o->finish_s.p50, 0).s,
             tc_format_moment(plan->scenario, o->finish_s.p90, 0).s);
    tc_chart_strong(chart, TC_DRAWING_EDGE, top + 20, TC_ANCHOR_START, 12,
                    tc_chart_cut(cut, sizeof cut, words, room, 13));
    tc_plot_axes(&p);
    for (int i = 0; i < TC_DRIVERS; i++) {
        double swing = o->swing_s[order[i]] / 86400, share = o->share[order[i]];
        bool seen = tc_share_is_seen(share, plan->samples);
        snprintf(figures, sizeof figures, "%.12s%s%.12s%s", tc_format_share(share, plan->samples).s,
                 seen && days ? ", " : "", seen && days ? tc_format_significant(swing, 2).s : "",
                 seen && days ? " days" : "");
        tc_plot_bar(&p, days ? -swing / 2 : 0, days ? swing / 2 : share, rows - i - 0.82, rows - i - 0.18,
                    seen ? tc_chart_colour(0) : "#cccccc", figures);
        write_driver(&p, rows - i, tc_driver_words(order[i]), figures);
    }
    write_driver(&p, 1, tc_driver_words(TC_DRIVERS), tc_format_share(o->interactions, plan->samples).s);
}

void tc_draw_drivers(FILE *file, const tc_plan *plan) {
    int job[TC_DRAWING_PANELS], jobs = 0, left_out = 0;
    for (int j = 0; j < plan->jobs; j++)
        if (plan->run[j].feasible && jobs < TC_DRAWING_PANELS)
            job[jobs++] = j;
        else
            left_out += plan->run[j].feasible;
    char title[200], subtitle[240], samples[80], note[300], more[80] = "";
    if (left_out > 0) snprintf(more, sizeof more, " %d more jobs are not drawn.", left_out);
    snprintf(title, sizeof title, "What the dates depend on: %.140s", plan->scenario->name);
    snprintf(subtitle, sizeof subtitle,
             "Bars: the 80 %% interval of the end, were only this uncertain; share of the variance, days; %.60s",
             tc_drawing_samples(plan, samples, sizeof samples));
    snprintf(note, sizeof note,
             "First-order shares of the variance of the end, or of %.12s where that is earlier; what they leave are "
             "interactions: drivers that matter "
             "more together. Grey: no more than chance makes of so many calendars.%s",
             tc_format_day(plan->scenario->horizon).s, more);
    double panel = PANEL_HEAD + (TC_DRIVERS + 1) * DRIVER_ROW + PANEL_FOOT, top = TC_CHART_HEAD - 4;
    tc_chart chart = tc_chart_begin(file, TC_DRAWING_WIDTH,
                                    top + jobs * panel + tc_chart_note_height(TC_DRAWING_WIDTH, note), title, subtitle);
    for (int i = 0; i < jobs; i++) draw_job_drivers(&chart, plan, job[i], top + i * panel);
    tc_chart_end(&chart, note);
}

/* ---- money ---------------------------------------------------------------------------------------------- */

enum { BUCKETS = 48, SERIES = TC_DRAWING_CURVES + 1 };

typedef struct ledger {
    int months; /* of a bucket; 0: a week */
    int buckets, series;
    int32_t edge[BUCKETS + 1]; /* days */
    double usd[BUCKETS][SERIES], total[SERIES];
    int job[SERIES]; /* -1: several */
    int unknown;     /* planned jobs without a cost */
} ledger;

enum { FEW_DAYS = 77 }; /* that are told week by week */

/* Weeks from the start, or turns of months, quarters or years, so many that they can be told apart. */
static void fill_edges(ledger *l, int32_t from, int32_t to) {
    l->months = 0;
    if (to - from < FEW_DAYS) {
        l->buckets = (to - from) / 7 + 1;
        for (int i = 0; i <= l->buckets; i++) l->edge[i] = from + 7 * i;
        return;
    }
    static const int widths[] = {1, 3, 12, 120};
    for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++) {
        int year, month, day, n = 0;
        tc_date_from_day(from, &year, &month, &day);
        l->months = widths[i];
        month = (month - 1) / l->months % 12 * l->months; /* from 0 */
        if (l->months >= 12) month = 0;
        do {
            int at = year * 12 + month + n * l->months;
            l->edge[n] = tc_day_from_date(at / 12, at % 12 + 1, 1);
        } while (l->edge[n] <= to && ++n <= BUCKETS);
        l->buckets = n < BUCKETS ? n : BUCKETS;
        if (n <= BUCKETS) return;
    }
}

static double device_seconds(const tc_plan_run *run) {
    double sum = 0;
    for (int i = 0; i < run->phases; i++) sum += run->phase[i].devices * (run->phase[i].to_s - run->phase[i].from_s);
    return sum;
}

/* A run's cost goes with the time of its devices. */
static void add_run(ledger *l, const tc_plan *plan, const tc_plan_run *run, int series) {
    double all = device_seconds(run);
    if (!(all > 0)) return;
    l->total[series] += run->cost_usd;
    for (int i = 0; i < run->phases; i++)
        for (int b = 0; b < l->buckets; b++) {
            double from = fmax(tc_drawing_day(plan, run->phase[i].from_s), l->edge[b]),
                   to = fmin(tc_drawing_day(plan, run->phase[i].to_s), l->edge[b + 1]);
            if (to > from) l->usd[b][series] += run->cost_usd * run->phase[i].devices * (to - from) * 86400 / all;
        }
}

static void fill_ledger(ledger *l, const tc_plan *plan) {
    double last = 0;
    *l = (ledger){.series = 0};
    for (int j = 0; j < plan->jobs; j++)
        if (plan->run[j].feasible) last = fmax(last, plan->run[j].finish_s);
    fill_edges(l, plan->scenario->start, tc_plan_day(plan->scenario, last));
    for (int j = 0; j < plan->jobs; j++) {
        const tc_plan_run *run = &plan->run[j];
        if (!run->feasible) continue;
        if (!(run->cost_usd >= 0)) {
            l->unknown++;
            continue;
        }
        if (l->series < SERIES)
            l->job[l->series++] = j;
        else
            l->job[SERIES - 1] = -1;
        add_run(l, plan, run, l->series - 1);
    }
}

static void draw_bucket(const tc_plot *p, const ledger *l, int bucket) {
    double low = 0, gap = 0.1 * (l->edge[bucket + 1] - l->edge[bucket]);
    for (int i = 0; i < l->series; i++) {
        double high = low + l->usd[bucket][i];
        if (high > low)
            tc_plot_bar(p, l->edge[bucket] + gap, l->edge[bucket + 1] - gap, low, high, tc_chart_colour(i),
                        tc_format_money(high - low).s);
        low = high;
    }
    double left = tc_plot_x(p, l->edge[bucket]), right = tc_plot_x(p, l->edge[bucket + 1]);
    tc_text words = tc_format_money(low);
    if (low > 0 && tc_chart_text_width(words.s, 10) < right - left)
        tc_chart_text(p->chart, (left + right) / 2, tc_plot_y(p, low) - 4, TC_ANCHOR_MIDDLE, 10, INK, words.s);
}

void tc_draw_money(FILE *file, const tc_plan *plan) {
    ledger l;
    fill_ledger(&l, plan);
    tc_key key[SERIES];
    char words[SERIES][200], title[200], subtitle[240], note[300], unknown[100] = "";
    double sum = 0, most = 0;
    for (int i = 0; i < l.series; i++) {
        char name[140];
        sum += l.total[i];
        snprintf(words[i], sizeof words[i], "%.130s: %.20s",
                 l.job[i] < 0 ? "other jobs" : tc_drawing_job(plan, l.job[i], name, sizeof name),
                 tc_format_money(l.total[i]).s);
        key[i] = (tc_key){TC_KEY_AREA, tc_chart_colour(i), words[i]};
    }
    for (int b = 0; b < l.buckets; b++) {
        double bucket = 0;
        for (int i = 0; i < l.series; i++) bucket += l.usd[b][i];
        most = fmax(most, bucket);
    }
    const char *period = !l.months        ? "week"
                         : l.months == 1  ? "month"
                         : l.months == 3  ? "quarter"
                         : l.months == 12 ? "year"
                                          : "decade";
    if (l.unknown > 0) snprintf(unknown, sizeof unknown, " The cost of %d jobs is not known and left out.", l.unknown);
    snprintf(title, sizeof title, "What the planned runs cost: %.140s", plan->scenario->name);
    snprintf(subtitle, sizeof subtitle, "By %s, %.20s in all; each run's cost goes with the time of its devices",
             period, tc_format_money(sum).s);
    snprintf(note, sizeof note,
             "Owned devices by their amortisation, energy and share of the network, rented ones by the hour; reserves, "
             "serving and idle devices apart.%s",
             unknown);
    double top = TC_CHART_HEAD + tc_chart_legend(NULL, 0, 0, room, key, l.series) + 26, height = 300;
    tc_chart chart
        = tc_chart_begin(file, TC_DRAWING_WIDTH,
                         top + height + TC_CHART_DATE_ROOM + tc_chart_note_height(TC_DRAWING_WIDTH, note) + 6, title,
                         subtitle);
    tc_chart_legend(&chart, TC_DRAWING_EDGE, TC_CHART_HEAD - 6, room, key, l.series);
    char axis[40];
    snprintf(axis, sizeof axis, "USD a %s", period);
    tc_plot p = {&chart,
                 TC_DRAWING_LEFT,
                 top,
                 room - TC_DRAWING_LEFT + TC_DRAWING_EDGE,
                 height,
                 {.kind = TC_AXIS_DATE, .low = l.edge[0], .high = l.edge[l.buckets]},
                 tc_axis_upto(TC_AXIS_USD, 0, 1.05 * most, axis)};
    tc_plot_axes(&p);
    for (int b = 0; b < l.buckets; b++) draw_bucket(&p, &l, b);
    tc_chart_end(&chart, note);
}
