/* plan_drawings_months.c - the picture of what a fleet costs by month and use. */
#include <math.h>
#include <stdio.h>

#include "base/calendar.h"
#include "report/plan_drawings.h"
#include "report/plan_months.h"

enum { MOST_BARS = 24 };

/* The day on which the months from one on end. */
static int32_t end_of(const tc_plan *plan, int first, int months) {
    int year, month, day;
    tc_date_from_day(plan->month[first].day, &year, &month, &day);
    month += months - 1;
    return tc_day_from_date(year + month / 12, month % 12 + 1, 1);
}

static void draw_bar(const tc_plot *p, const tc_plan_month *m, double from, double to) {
    double low = 0, gap = 0.1 * (to - from);
    for (int use = 0; use < TC_USES; use++) {
        double high = low + m->cost_usd[use];
        char words[80];
        snprintf(words, sizeof words, "%.20s: %.20s", tc_use_words((tc_use)use), tc_format_money(high - low).s);
        if (high > low) tc_plot_bar(p, from + gap, to - gap, low, high, tc_chart_colour(use), words);
        low = high;
    }
    double left = tc_plot_x(p, from), right = tc_plot_x(p, to);
    tc_text words = tc_format_money(low);
    if (low > 0 && tc_chart_text_width(words.s, 10) < right - left)
        tc_chart_text(p->chart, (left + right) / 2, tc_plot_y(p, low) - 4, TC_ANCHOR_MIDDLE, 10, "#333333", words.s);
}

void tc_draw_fleet(FILE *file, const tc_plan *plan) {
    const double room = TC_DRAWING_WIDTH - 2 * TC_DRAWING_EDGE;
    int together = tc_months_together(plan, MOST_BARS);
    const tc_plan_month all = tc_months_sum(plan, -1, 0, plan->months);
    tc_key key[TC_USES];
    char words[TC_USES][80], title[200], subtitle[300], axis[60], samples[80];
    const char *note
        = "Means over the calendars, until all jobs are done in nine of ten of them. Owned devices by their "
          "amortisation, energy and share of the network, rented ones by the hour, from the day that they come on. "
          "Out: "
          "brought up, repaired or standing by.";
    double most = 0;
    for (int use = 0; use < TC_USES; use++) {
        snprintf(words[use], sizeof words[use], "%.20s: %.20s", tc_use_words((tc_use)use),
                 tc_format_money(all.cost_usd[use]).s);
        key[use] = (tc_key){TC_KEY_AREA, tc_chart_colour(use), words[use]};
    }
    for (int m = 0; m < plan->months; m += together) {
        const tc_plan_month sum = tc_months_sum(plan, -1, m, together);
        most = fmax(most, tc_month_cost(&sum));
    }
    snprintf(title, sizeof title, "What the fleet costs: %.150s", plan->scenario->name);
    snprintf(subtitle, sizeof subtitle, "%.20s in all, %.20s MWh, %.20s t CO2; %.60s",
             tc_format_money(tc_month_cost(&all)).s, tc_format_count(tc_month_energy(&all)).s,
             tc_format_count(all.tonnes_co2).s, tc_drawing_samples(plan, samples, sizeof samples));
    snprintf(axis, sizeof axis, together == 1 ? "USD a month" : "USD in %d months", together);
    double top = TC_CHART_HEAD + tc_chart_legend(NULL, 0, 0, room, key, TC_USES) + 26, height = 300;
    tc_chart chart
        = tc_chart_begin(file, TC_DRAWING_WIDTH,
                         top + height + TC_CHART_DATE_ROOM + tc_chart_note_height(TC_DRAWING_WIDTH, note) + 6, title,
                         subtitle);
    tc_chart_legend(&chart, TC_DRAWING_EDGE, TC_CHART_HEAD - 6, room, key, TC_USES);
    int last = (plan->months - 1) / together * together;
    tc_plot p = {&chart,
                 TC_DRAWING_LEFT,
                 top,
                 room - TC_DRAWING_LEFT + TC_DRAWING_EDGE,
                 height,
                 {.kind = TC_AXIS_DATE, .low = plan->month[0].day, .high = end_of(plan, last, together)},
                 tc_axis_upto(TC_AXIS_USD, 0, 1.05 * most, axis)};
    tc_plot_axes(&p);
    for (int m = 0; m < plan->months; m += together) {
        const tc_plan_month sum = tc_months_sum(plan, -1, m, together);
        draw_bar(&p, &sum, sum.day, end_of(plan, m, together));
    }
    tc_chart_end(&chart, note);
}
