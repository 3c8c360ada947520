/* plan_words.c - drivers, probabilities and moments as people read them. */
#include "report/plan_words.h"

#include <math.h>
#include <stdio.h>

#include "base/calendar.h"

#define DAY 86400.0

const char *tc_driver_words(int driver) {
    static const char *const words[TC_DRIVERS + 1] = {"deliveries, on their day or late",
                                                      "pace of deliveries",
                                                      "stops by regulation",
                                                      "bring-up and acceptance",
                                                      "step time",
                                                      "operations of the run",
                                                      "load of serving",
                                                      "interactions"};
    return words[driver];
}

const char *tc_driver_name(int driver) {
    static const char *const names[TC_DRIVERS]
        = {"deliveries", "pace", "stops", "bring-up", "step time", "operations", "serving"};
    return names[driver];
}

/* Binomial standard error; of none or all of n, 3 / n is the bound of 95 % (Hanley and Lippman-Hand 1983). */
tc_text tc_format_probability(double p, int samples) {
    tc_text out = {"-"};
    if (!isfinite(p)) return out;
    double none = 3.0 / samples, error = sqrt(p * (1 - p) / samples);
    bool surely = samples >= 30 && (p < 0.5 / samples || p > 1 - 0.5 / samples);
    int decimals = surely ? none < 0.01 : error > 0 && error < 0.005 ? 1 : 0;
    double shown = !surely ? p : p < 0.5 ? none : 1 - none;
    snprintf(out.s, sizeof out.s, "%s%.20s %%",
             !surely   ? ""
             : p < 0.5 ? "< "
                       : "> ",
             tc_format_fixed(100 * shown, decimals).s);
    return out;
}

/* Two standard errors of a correlation that is none. */
static double chance(int samples) { return 2 / sqrt(samples); }

bool tc_share_is_seen(double share, int samples) { return share > chance(samples); }

tc_text tc_format_share(double share, int samples) {
    tc_text out;
    bool seen = tc_share_is_seen(share, samples);
    snprintf(out.s, sizeof out.s, "%s%.20s %%", seen ? "" : "< ",
             tc_format_fixed(100 * (seen ? share : chance(samples)), 0).s);
    return out;
}

bool tc_swings_are_days(const tc_outlook_job *o) {
    double all = o->finish_s.p90 - o->finish_s.p10;
    for (int d = 0; d < TC_DRIVERS; d++)
        if (!(all < INFINITY) || o->swing_s[d] > 1.2 * all) return false;
    return true;
}

int tc_plan_first_month(const tc_plan *plan) {
    const tc_outlook *o = plan->outlook;
    int m = 0;
    while (m + 1 < o->months && o->month[m].day < plan->scenario->as_of) m++;
    return m;
}

int32_t tc_plan_day(const tc_scenario *scenario, double seconds) {
    return scenario->start + (int32_t)floor(seconds / DAY);
}

tc_text tc_format_day(int32_t day) {
    tc_text out;
    _Static_assert(sizeof out.s >= TC_DATE_SIZE, "a text holds a day");
    tc_date_format(day, out.s);
    return out;
}

/* A digit stands while the error is below half of what it tells apart: a day is read as a week or so. */
void tc_write_day(tc_writer *writer, const char *key, bool known, int32_t day) {
    tc_write_string(writer, key, known ? tc_format_day(day).s : NULL);
}

void tc_write_moment(tc_writer *writer, const char *key, const tc_scenario *scenario, double seconds) {
    bool known = seconds < INFINITY; /* false of NaN too */
    tc_write_day(writer, key, known, known ? tc_plan_day(scenario, seconds) : 0);
}

tc_text tc_format_moment(const tc_scenario *scenario, double seconds, double error_s) {
    if (!(seconds < INFINITY)) return (tc_text){"never"};
    tc_text out = tc_format_day(tc_plan_day(scenario, seconds));
    if (error_s > 10 * DAY) out.s[7] = 0;
    if (error_s > 120 * DAY) out.s[4] = 0;
    return out;
}

tc_text tc_format_money(double usd) {
    tc_text out = tc_format_short(usd), with_sign = {"-"};
    if (isfinite(usd)) snprintf(with_sign.s, sizeof with_sign.s, "$%.38s", out.s);
    return with_sign;
}

void tc_lever_what(const tc_plan *plan, const tc_lever *l, char *text, size_t size) {
    if (l->kind == TC_LEVER_TOKENS)
        snprintf(text, size, "%s fewer tokens", tc_format_percent(100 * l->amount).s);
    else if (l->kind == TC_LEVER_EARLIER)
        snprintf(text, size, "all that is still to come %s days earlier", tc_format_fixed(l->amount / DAY, 0).s);
    else
        snprintf(text, size, "%s more devices for training in %s from %s on", tc_format_count(l->amount).s,
                 plan->scenario->pool[l->pool].name, tc_format_day(l->from).s);
}

void tc_lever_text(const tc_plan *plan, const tc_lever *l, char *text, size_t size) {
    const tc_scenario *s = plan->scenario;
    char what[200], earlier[64] = "", cost[64] = "";
    double days = (l->p50_before_s - l->p50_s) / DAY;
    tc_lever_what(plan, l, what, sizeof what);
    if (isfinite(days) && l->kind == TC_LEVER_MORE)
        snprintf(earlier, sizeof earlier, ", %.20s days earlier", tc_format_fixed(days, 1).s);
    if (isfinite(l->cost_usd) && fabs(l->cost_usd) >= 1000)
        snprintf(cost, sizeof cost, "; the job costs %.40s %s", tc_format_money(fabs(l->cost_usd)).s,
                 l->cost_usd > 0 ? "more" : "less");
    snprintf(text, size, "%.47s by %.12s: %.20s (%.20s without) with %.200s%.63s%.63s", s->job[l->job].name,
             tc_format_day(l->by).s, tc_format_probability(l->probability, plan->samples).s,
             tc_format_probability(l->before, plan->samples).s, what, earlier, cost);
}

void tc_gate_text(const tc_plan *plan, const tc_gate *g, char *text, size_t size) {
    const tc_scenario *s = plan->scenario;
    const char *pool = g->pool >= 0 ? s->pool[g->pool].name : "";
    switch (g->kind) {
    case TC_GATE_WORK: snprintf(text, size, "its own work: what it used was there"); return;
    case TC_GATE_NEVER: snprintf(text, size, "it is not done before the horizon"); return;
    case TC_GATE_HERE: snprintf(text, size, "%s: what had come, brought up or repaired", pool); return;
    case TC_GATE_PLATFORM: snprintf(text, size, "%s: that the new platform works", pool); return;
    case TC_GATE_SERVICE: snprintf(text, size, "%s: devices that no longer serve", pool); return;
    case TC_GATE_JOB: snprintf(text, size, "the end of %s", s->job[g->job].name); return;
    case TC_GATE_DELIVERY: break;
    }
    const tc_delivery_line *line = &s->pool[g->pool].line[g->line];
    snprintf(text, size, "%s: the %s %s%s", pool, line->every >= 0 ? "deliveries from" : "delivery of",
             tc_format_day(s->pool[g->pool].delivery[line->first].day).s, line->every >= 0 ? " on" : "");
}

void tc_drivers_by_share(const tc_outlook_job *o, int order[TC_DRIVERS]) {
    for (int d = 0; d < TC_DRIVERS; d++) {
        int at = d;
        for (; at > 0 && o->share[order[at - 1]] < o->share[d]; at--) order[at] = order[at - 1];
        order[at] = d;
    }
}
