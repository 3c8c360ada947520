/* plan_page_answer.c - a plan in words: when, for how much, what may go wrong, and what would help. */
#include "report/plan_page_parts.h"

#include <math.h>
#include <string.h>

#include "report/plan_months.h"
#include "report/plan_words.h"

#define DAY 86400.0

enum { MOST_JOBS = 5, MOST_RISKS = 3, MOST_LEVERS = 7, MOST_RENTS = 4, MOST_GATES = 2 };

static tc_text date_at(const tc_plan *plan, int job, double probability) {
    return tc_format_moment(plan->scenario, tc_outlook_quantile(plan->outlook, job, probability), 0);
}

/* ---- when ---------------------------------------------------------------------------------------------- */

static void put_certain(FILE *file, const tc_plan_run *run) {
    tc_page_text(file, "is done on %s", tc_format_day(run->finish).s);
    if (run->p10.known)
        tc_page_text(file, ", or between %s and %s as steps are fast or slow (80 %%)", tc_format_day(run->p10.finish).s,
                     run->p90.known ? tc_format_day(run->p90.finish).s : "never");
    fputs(".", file);
}

static void put_when(FILE *file, const tc_plan *plan, int job) {
    const tc_plan_run *run = &plan->run[job];
    const tc_scenario_job *j = &plan->scenario->job[job];
    fputs("<p class=\"answer\"><b>", file);
    tc_page_text(file, "%s", j->name);
    fputs("</b> ", file);
    if (!run->feasible) {
        fputs("<span class=\"never\">cannot be done</span>: ", file);
        tc_page_text(file, "%s.", run->why);
    } else if (!plan->outlook) {
        tc_page_text(file, "(%s) ", j->candidate[run->candidate].name);
        put_certain(file, run);
    } else {
        const tc_outlook_job *o = &plan->outlook->job[job];
        tc_page_text(file, "(%s) is done by ", j->candidate[run->candidate].name);
        fputs("<b>", file);
        tc_page_text(file, "%s", date_at(plan, job, 0.8).s);
        fputs("</b> with 80 % certainty; ", file);
        tc_page_text(file, "half of the calendars have it by %s, nine of ten by %s.", date_at(plan, job, 0.5).s,
                     date_at(plan, job, 0.9).s);
        if (j->deadline != INT32_MAX)
            tc_page_text(file, " Its deadline, %s, is met with %s.", tc_format_day(j->deadline).s,
                         tc_format_probability(o->by_deadline, plan->samples).s);
        if (o->never >= 0.01)
            tc_page_text(file, " In %s of the calendars it is not done before the horizon, %s.",
                         tc_format_probability(o->never, plan->samples).s, tc_format_day(plan->scenario->horizon).s);
    }
    fputs("</p>\n", file);
}

static void put_row(FILE *file, const tc_plan *plan, int job) {
    const tc_plan_run *run = &plan->run[job];
    const tc_outlook_job *o = plan->outlook ? &plan->outlook->job[job] : NULL;
    double cost = o ? o->cost_usd.p50 : run->cost_usd, energy = o ? o->energy_mwh.p50 : run->energy_mwh;
    fputs("<tr><th scope=\"row\">", file);
    tc_page_text(file, "%s", plan->scenario->job[job].name);
    fputs("</th><td>", file);
    tc_page_text(file, "%s", plan->scenario->pool[run->pool].name);
    fputs("</td><td>", file);
    if (o)
        tc_page_text(file, "%s to %s", date_at(plan, job, 0.1).s, date_at(plan, job, 0.9).s);
    else
        tc_page_text(file, "%s", tc_format_day(run->finish).s);
    fputs("</td><td class=\"n\">", file);
    tc_page_text(file, "%s", tc_format_money(cost).s);
    if (o && isfinite(o->cost_usd.p10) && isfinite(o->cost_usd.p90))
        tc_page_text(file, " (%s to %s)", tc_format_money(o->cost_usd.p10).s, tc_format_money(o->cost_usd.p90).s);
    fputs("</td><td class=\"n\">", file);
    tc_page_text(file, "%s", tc_format_count(energy).s);
    fputs("</td></tr>\n", file);
}

static void put_table(FILE *file, const tc_plan *plan) {
    int shown = 0;
    if (!plan->feasible) return;
    fputs("<table>\n<thead><tr><th scope=\"col\">Job</th><th scope=\"col\">Trains on</th><th scope=\"col\">Done, 80 % "
          "interval</th><th scope=\"col\" class=\"n\">Cost (80 % interval)</th><th scope=\"col\" "
          "class=\"n\">MWh</th></tr></thead>\n<tbody>\n",
          file);
    for (int j = 0; j < plan->jobs && shown < MOST_JOBS; j++)
        if (plan->run[j].feasible) put_row(file, plan, j), shown++;
    fputs("</tbody>\n</table>\n", file);
}

/* ---- for how much ---------------------------------------------------------------------------------------- */

static void put_money(FILE *file, const tc_plan *plan) {
    double runs = 0;
    fputs("<h3>The money</h3>\n<p>", file);
    for (int j = 0; j < plan->jobs; j++)
        if (plan->run[j].feasible && plan->run[j].cost_usd > 0) runs += plan->run[j].cost_usd;
    if (runs > 0)
        tc_page_text(file, "The planned runs cost %s: what their devices cost while they train. ",
                     tc_format_money(runs).s);
    else
        fputs("What the planned runs cost is not known. ", file);
    const tc_plan_month all = plan->months > 0 ? tc_months_sum(plan, -1, 0, plan->months) : (tc_plan_month){.day = 0};
    double cost = plan->months > 0 ? tc_month_cost(&all) : 0;
    if (cost > 0)
        tc_page_text(file,
                     "The whole fleet costs %s from %s until all is done in nine of ten calendars; %s of that buys no "
                     "training, service or reserve: devices that idle, are brought up or repaired.",
                     tc_format_money(cost).s, tc_format_day(plan->month[0].day).s,
                     tc_format_percent(100 * (all.cost_usd[TC_USE_IDLE] + all.cost_usd[TC_USE_OUT]) / cost).s);
    fputs("</p>\n", file);
}

/* ---- what may go wrong ------------------------------------------------------------------------------------ */

static void put_risk(FILE *file, const tc_plan *plan, int job) {
    const tc_outlook_job *o = &plan->outlook->job[job];
    int order[TC_DRIVERS];
    tc_drivers_by_share(o, order);
    fputs("<li><b>", file);
    tc_page_text(file, "%s", plan->scenario->job[job].name);
    fputs("</b>: ", file);
    if (plan->outlook->drivers && tc_share_is_seen(o->share[order[0]], plan->samples)) {
        tc_page_text(file, "its date depends most on %s (%s of its variance", tc_driver_words(order[0]),
                     tc_format_share(o->share[order[0]], plan->samples).s);
        if (tc_swings_are_days(o) && isfinite(o->swing_s[order[0]]))
            tc_page_text(file, "; alone it spreads the date over %s days",
                         tc_format_significant(o->swing_s[order[0]] / DAY, 2).s);
        fputs(")", file);
    } else {
        fputs("no single cause stands out", file);
    }
    if (o->gates > 0 && o->gate[0].share >= 0.01) {
        char text[200];
        tc_gate_text(plan, &o->gate[0], text, sizeof text);
        tc_page_text(file, "; in %s of the calendars its end waited for %s",
                     tc_format_probability(o->gate[0].share, plan->samples).s, text);
    }
    fputs(".</li>\n", file);
}

static void put_risks(FILE *file, const tc_plan *plan) {
    int shown = 0, forbidden = 0;
    fputs("<h3>The main risk</h3>\n<ul>\n", file);
    for (int j = 0; plan->outlook && j < plan->jobs && shown < MOST_RISKS; j++)
        if (plan->run[j].feasible) put_risk(file, plan, j), shown++;
    for (int i = 0; i < plan->rules; i++) forbidden += plan->rule[i].forbids;
    if (!plan->outlook)
        fputs("<li>The scenario is planned without risks: dates are those of a calendar that holds.</li>\n", file);
    if (!plan->served) fputs("<li>A service that must be met is not met as surely as it asks for.</li>\n", file);
    if (forbidden > 0)
        fprintf(file, "<li>Export rules put %d %s of this fleet in question: page 4.</li>\n", forbidden,
                forbidden == 1 ? "supply or use" : "supplies or uses");
    fputs("</ul>\n", file);
}

/* ---- what would help ------------------------------------------------------------------------------------- */

static bool is_told(const tc_lever *l) { return l->kind != TC_LEVER_RENT && l->kind != TC_LEVER_MORE; }

static void put_advice(FILE *file, const tc_plan *plan) {
    int shown = 0;
    for (int i = 0; i < plan->advice_count && shown < 3; i++, shown++) {
        fputs(shown ? "<li>" : "<h3>What would help</h3>\n<ul>\n<li>", file);
        tc_page_text(file, "%s", plan->advice[i]);
        fputs("</li>\n", file);
    }
    if (shown > 0) fputs("</ul>\n", file);
}

void tc_page_answer(FILE *file, const tc_plan *plan) {
    for (int j = 0; j < plan->jobs && j < MOST_JOBS; j++) put_when(file, plan, j);
    if (plan->jobs > MOST_JOBS)
        fprintf(file, "<p class=\"faint\">%d more jobs have no room here: traincast plan tells them.</p>\n",
                plan->jobs - MOST_JOBS);
    put_table(file, plan);
    put_money(file, plan);
    put_risks(file, plan);
    put_advice(file, plan);
}

static void put_lever(FILE *file, const tc_plan *plan, const tc_lever *l) {
    char what[200];
    tc_lever_what(plan, l, what, sizeof what);
    fputs("<tr><th scope=\"row\">", file);
    tc_page_text(file, "%s", plan->scenario->job[l->job].name);
    fputs("</th><td>", file);
    tc_page_text(file, "%s", tc_format_day(l->by).s);
    fputs("</td><td class=\"wide\">", file);
    tc_page_text(file, "%s", what);
    fputs("</td><td class=\"n\">", file);
    tc_page_text(file, "%s to %s", tc_format_probability(l->before, plan->samples).s,
                 tc_format_probability(l->probability, plan->samples).s);
    fputs("</td><td class=\"n\">", file);
    tc_page_text(file, "%s%s", isfinite(l->cost_usd) && l->cost_usd < 0 ? "-" : "",
                 tc_format_money(fabs(l->cost_usd)).s);
    fputs("</td></tr>\n", file);
}

static void put_lever_table(FILE *file, const tc_plan *plan) {
    int shown = 0;
    for (int i = 0; i < plan->levers; i++) {
        if (!is_told(&plan->lever[i])) continue;
        if (++shown > MOST_LEVERS) continue;
        if (shown == 1)
            fputs("<table>\n<caption>What it would take to be surer, one lever at a time</caption>\n<thead><tr><th "
                  "scope=\"col\">Job</th><th scope=\"col\">Done by</th><th scope=\"col\">Lever</th><th scope=\"col\" "
                  "class=\"n\">Probability</th><th scope=\"col\" class=\"n\">The job costs "
                  "more</th></tr></thead>\n<tbody>\n",
                  file);
        put_lever(file, plan, &plan->lever[i]);
    }
    if (shown > 0) fputs("</tbody>\n</table>\n", file);
    if (shown > MOST_LEVERS) fprintf(file, "<p class=\"faint\">%d more have no room here.</p>\n", shown - MOST_LEVERS);
    if (shown == 0)
        fputs("<p>No single lever was found that makes a job surer: it is as sure as asked, or nothing that can still "
              "be "
              "changed is enough.</p>\n",
              file);
}

static void put_rents(FILE *file, const tc_plan *plan) {
    int shown = 0;
    for (int i = 0; i < plan->levers; i++) {
        const tc_lever *l = &plan->lever[i];
        if (l->kind != TC_LEVER_RENT || isnan(l->amount) || ++shown > MOST_RENTS) continue;
        if (shown == 1) fputs("<h3>Rent now or wait</h3>\n<ul class=\"small one\">\n", file);
        fputs("<li>", file);
        tc_page_text(file, "%s by %s: %s more devices of %s, rented from %s on, cost %s",
                     plan->scenario->job[l->job].name, tc_format_day(l->by).s, tc_format_count(l->amount).s,
                     plan->scenario->pool[l->pool].name, tc_format_day(l->from).s, tc_format_money(l->cost_usd).s);
        fputs("</li>\n", file);
    }
    if (shown > 0) fputs("</ul>\n", file);
}

static void put_gates(FILE *file, const tc_plan *plan) {
    if (!plan->outlook) return;
    fputs("<h3>What the ends waited for</h3>\n<ul class=\"small one\">\n", file);
    for (int j = 0; j < plan->jobs && j < MOST_JOBS; j++) {
        const tc_outlook_job *o = &plan->outlook->job[j];
        if (!plan->run[j].feasible) continue;
        fputs("<li><b>", file);
        tc_page_text(file, "%s", plan->scenario->job[j].name);
        fputs("</b>: ", file);
        for (int i = 0; i < o->gates && i < MOST_GATES; i++) {
            char text[200];
            if (i > 0 && o->gate[i].share < 0.01) break;
            tc_gate_text(plan, &o->gate[i], text, sizeof text);
            tc_page_text(file, "%s%s %s", i ? "; " : "", tc_format_probability(o->gate[i].share, plan->samples).s,
                         text);
        }
        fputs("</li>\n", file);
    }
    fputs("</ul>\n", file);
}

void tc_page_levers(FILE *file, const tc_plan *plan) {
    put_lever_table(file, plan);
    put_rents(file, plan);
    put_gates(file, plan);
}
