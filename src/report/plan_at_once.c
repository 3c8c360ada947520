/* plan_at_once.c - what one job on several pools at once would be: a row beside the planned run, then its phases. */
#include "report/plan_at_once.h"

#include <math.h>
#include <string.h>

#include "base/calendar.h"
#include "base/text.h"
#include "layout/fields.h"
#include "report/format.h"
#include "report/plan_words.h"
#include "report/step_report.h"

static const char *const forms[] = {"data parallel", "pipeline"};
static const char *const words[] = {"data", "pipeline"};

/* "ascend + h20" */
static const char *names_of(const tc_plan *plan, const tc_at_once *a, char *out, size_t size) {
    out[0] = '\0';
    for (int k = 0; k < a->pools; k++)
        tc_append(out, size, "%s%.40s", k ? " + " : "", plan->scenario->pool[a->pool[k]].name);
    return out;
}

static double moment(double seconds, const tc_scenario *s) { return s->start + floor(seconds / 86400); }

/* ---- for programs --------------------------------------------------------------------------- */

static void write_phase(tc_writer *writer, const tc_plan *plan, const tc_at_once *a, const tc_at_once_phase *phase) {
    const tc_scenario_candidate *candidate = &plan->scenario->job[a->job].candidate[a->candidate];
    tc_write_object(writer, NULL);
    tc_write_moment(writer, "from", plan->scenario, phase->from_s);
    tc_write_moment(writer, "to", plan->scenario, phase->to_s);
    tc_write_string(writer, "phase", candidate->phases > 0 ? candidate->phase[phase->stage].name : NULL);
    tc_write_array(writer, "shares");
    for (int k = 0; k < a->pools; k++) {
        tc_write_object(writer, NULL);
        tc_write_string(writer, "pool", plan->scenario->pool[a->pool[k]].name);
        tc_write_integer(writer, "devices", phase->devices[k]);
        tc_write_integer(writer, "sequences", phase->sequences[k]);
        if (phase->devices[k] > 0)
            tc_write_layout(writer, "layout", &phase->layout[k]);
        else
            tc_write_null(writer, "layout");
        tc_write_close(writer);
    }
    tc_write_close(writer);
    tc_write_number(writer, "step_s", phase->step_s);
    tc_write_number(writer, "exposed_s", phase->exposed_s);
    tc_write_number(writer, "efficiency", phase->efficiency);
    tc_write_number(writer, "of_parts", phase->of_parts > 0 ? phase->of_parts : NAN);
    tc_write_number(writer, "tokens", phase->tokens);
    tc_write_number(writer, "tokens_per_s", phase->tokens_per_s);
    tc_write_number(writer, "goodput", phase->goodput);
    tc_write_close(writer);
}

static void write_one(tc_writer *writer, const tc_plan *plan, const tc_at_once *a) {
    const tc_scenario *s = plan->scenario;
    double sooner = a->planned_s < INFINITY && a->feasible ? (a->planned_s - a->finish_s) / 86400 : NAN;
    tc_write_object(writer, NULL);
    tc_write_string(writer, "job", s->job[a->job].name);
    tc_write_string(writer, "candidate", s->job[a->job].candidate[a->candidate].name);
    tc_write_string(writer, "across", words[a->across]);
    tc_write_array(writer, "pools");
    for (int k = 0; k < a->pools; k++) tc_write_string(writer, NULL, s->pool[a->pool[k]].name);
    tc_write_close(writer);
    tc_write_bool(writer, "feasible", a->feasible);
    tc_write_string(writer, "why", a->feasible ? NULL : a->why);
    tc_write_moment(writer, "start", s, a->feasible ? a->start_s : INFINITY);
    tc_write_moment(writer, "finish", s, a->feasible ? a->finish_s : INFINITY);
    tc_write_moment(writer, "finish_p10", s, a->feasible ? a->finish_p10_s : INFINITY);
    tc_write_moment(writer, "finish_p90", s, a->feasible ? a->finish_p90_s : INFINITY);
    tc_write_moment(writer, "planned_finish", s, a->planned_s);
    tc_write_number(writer, "days_sooner", sooner);
    const struct {
        const char *key;
        double value;
    } figures[] = {{"device_hours", a->device_hours},
                   {"cost_usd", a->cost_usd},
                   {"egress_usd", a->egress_usd},
                   {"energy_mwh", a->energy_mwh},
                   {"tonnes_co2", a->tonnes_co2},
                   {"failures", a->failures},
                   {"goodput", a->goodput}};
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
        tc_write_number(writer, figures[i].key, a->feasible ? figures[i].value : NAN);
    tc_write_array(writer, "phases");
    for (int i = 0; i < a->phases; i++) write_phase(writer, plan, a, &a->phase[i]);
    tc_write_close(writer);
    tc_write_close(writer);
}

void tc_write_at_once(tc_writer *writer, const tc_plan *plan) {
    if (plan->at_onces == 0) return;
    tc_write_array(writer, "at_once");
    for (int i = 0; i < plan->at_onces; i++) write_one(writer, plan, &plan->at_once[i]);
    tc_write_close(writer);
}

/* ---- for people ----------------------------------------------------------------------------- */

/* A way to do a job: as planned, or on several pools at once. */
typedef struct way {
    const char *name;
    bool feasible, sooner;
    int32_t start, finish;
    double seconds, cost_usd, energy_mwh, failures;
} way;

static void add_row(tc_table *table, const char *job, const way *w, const char *pools) {
    tc_table_row_begin(table);
    tc_cell(table, "job", TC_LEFT | TC_FLEXIBLE, job);
    tc_cell(table, "way", TC_LEFT, w->name);
    tc_cell(table, "pools", TC_LEFT | TC_FLEXIBLE, pools);
    tc_cell(table, "start", TC_LEFT | TC_OPTIONAL, w->feasible ? tc_format_day(w->start).s : "-");
    tc_cell_tone(table, "done", TC_LEFT, w->feasible ? tc_format_day(w->finish).s : "never",
                 w->sooner ? TC_TONE_GOOD : TC_TONE_PLAIN);
    tc_cell(table, "days", TC_RIGHT, w->feasible ? tc_format_fixed(w->seconds / 86400, 1).s : "-");
    tc_cell(table, "cost", TC_RIGHT, w->feasible ? tc_format_money(w->cost_usd).s : "-");
    tc_cell(table, "MWh", TC_RIGHT | TC_OPTIONAL, w->feasible ? tc_format_count(w->energy_mwh).s : "-");
    tc_cell(table, "failures", TC_RIGHT | TC_OPTIONAL, w->feasible ? tc_format_count(w->failures).s : "-");
}

/* What the plan has of the job, on one pool at a time. */
static void add_planned(tc_table *table, const tc_plan *plan, int job) {
    const tc_plan_run *run = &plan->run[job];
    char pools[200] = "";
    for (int i = 0; i < run->phases; i++) {
        const char *name = plan->scenario->pool[run->phase[i].pool].name;
        if (i > 0 && run->phase[i].pool == run->phase[i - 1].pool) continue;
        size_t used = strlen(pools);
        if (used + 56 < sizeof pools) snprintf(pools + used, sizeof pools - used, "%s%.48s", i ? ", " : "", name);
    }
    const way planned = {"planned, one at a time",     run->feasible, false,           run->start,   run->finish,
                         run->finish_s - run->start_s, run->cost_usd, run->energy_mwh, run->failures};
    add_row(table, plan->scenario->job[job].name, &planned, run->feasible ? pools : "-");
}

static void add_at_once(tc_table *table, const tc_plan *plan, const tc_at_once *a) {
    char pools[400];
    const way together = {forms[a->across], a->feasible,   a->feasible && a->finish_s < a->planned_s,
                          a->start,         a->finish,     a->finish_s - a->start_s,
                          a->cost_usd,      a->energy_mwh, a->failures};
    add_row(table, plan->scenario->job[a->job].name, &together, names_of(plan, a, pools, sizeof pools));
}

static void print_phase(FILE *file, const tc_style *style, const tc_plan *plan, const tc_at_once *a,
                        const tc_at_once_phase *phase) {
    const tc_scenario_candidate *candidate = &plan->scenario->job[a->job].candidate[a->candidate];
    const char *stage = candidate->phases > 0 ? candidate->phase[phase->stage].name : "";
    char text[1600], layout[160], exposed[64] = "";
    if (phase->exposed_s > 0)
        snprintf(exposed, sizeof exposed, ", %.20s of it the link", tc_format_seconds(phase->exposed_s).s);
    int used = snprintf(text, sizeof text, "%.48s%s%.20s tokens, step %.20s%s", stage, stage[0] ? ": " : "",
                        tc_format_short(phase->tokens).s, tc_format_seconds(phase->step_s).s, exposed);
    for (int k = 0; k < a->pools && used < (int)sizeof text; k++) {
        if (phase->devices[k] == 0) continue;
        used += snprintf(text + used, sizeof text - (size_t)used, "; %.20s of %.48s: %.150s",
                         tc_format_count(phase->devices[k]).s, plan->scenario->pool[a->pool[k]].name,
                         tc_layout_short_text(&phase->layout[k], layout, sizeof layout));
    }
    fprintf(file, "  %s  ", tc_format_day(phase->from).s);
    tc_print_wrapped(file, style, 14, 14, text);
}

static void print_phases(FILE *file, const tc_style *style, const tc_plan *plan, const tc_at_once *a) {
    char pools[400], text[600], ends[64] = "", egress[64] = "";
    fprintf(file, "\n%s on %s, %s\n", plan->scenario->job[a->job].name, names_of(plan, a, pools, sizeof pools),
            forms[a->across]);
    for (int i = 0; i < a->phases; i++) print_phase(file, style, plan, a, &a->phase[i]);
    if (!a->feasible) {
        fputs("  ", file);
        tc_print_wrapped(file, style, 2, 2, a->why);
        return;
    }
    if (a->finish_p10_s < INFINITY)
        snprintf(ends, sizeof ends, " (80 %% by its steps: %.10s to %.10s)",
                 tc_format_day((int32_t)moment(a->finish_p10_s, plan->scenario)).s,
                 a->finish_p90_s < INFINITY ? tc_format_day((int32_t)moment(a->finish_p90_s, plan->scenario)).s
                                            : "never");
    if (a->egress_usd > 0) snprintf(egress, sizeof egress, ", %.20s of it egress", tc_format_money(a->egress_usd).s);
    snprintf(text, sizeof text, "done%s: %s device-hours, %s%s, goodput %s, %s failures of any pool, %s t CO2", ends,
             tc_format_short(a->device_hours).s, tc_format_money(a->cost_usd).s, egress,
             tc_format_percent(100 * a->goodput).s, tc_format_count(a->failures).s, tc_format_count(a->tonnes_co2).s);
    fprintf(file, "  %s  ", tc_format_day(a->finish).s);
    tc_print_wrapped(file, style, 14, 14, text);
}

bool tc_print_at_once(FILE *file, const tc_style *style, const tc_plan *plan) {
    if (plan->at_onces == 0) return true;
    tc_table table = {0};
    for (int i = 0; i < plan->at_onces; i++) {
        const tc_at_once *a = &plan->at_once[i];
        if (i == 0 || plan->at_once[i - 1].job != a->job) add_planned(&table, plan, a->job);
        add_at_once(&table, plan, a);
    }
    tc_print_heading(file, style, "\nOn several pools at once, in the middle future, beside the other jobs as planned");
    if (!tc_table_print(&table, file, style)) return false;
    for (int i = 0; i < plan->at_onces; i++) print_phases(file, style, plan, &plan->at_once[i]);
    return true;
}

void tc_print_at_once_rows(const tc_text_calendar *c, const tc_plan *plan) {
    for (int i = 0; i < plan->at_onces; i++) {
        const tc_at_once *a = &plan->at_once[i];
        char cells[TC_TEXT_CALENDAR_MOST + 1], label[400];
        if (!a->feasible) continue;
        bool first = i == 0 || plan->at_once[i - 1].job != a->job || !plan->at_once[i - 1].feasible;
        memset(cells, ' ', sizeof cells);
        cells[c->columns] = 0;
        if (first) tc_print_calendar_row(c, names_of(plan, a, label, sizeof label), 0, "", TC_TONE_PLAIN);
        for (int k = tc_text_calendar_column(c, a->start_s); k <= tc_text_calendar_column(c, a->finish_s); k++)
            cells[k] = '#';
        for (int k = 1; k < a->phases; k++) cells[tc_text_calendar_column(c, a->phase[k].from_s)] = '|';
        snprintf(label, sizeof label, "%.48s", plan->scenario->job[a->job].candidate[a->candidate].name);
        tc_print_calendar_row(c, label, 2, cells, TC_TONE_FAINT);
    }
}
