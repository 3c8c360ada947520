/* plan_report.c - the calendar of a fleet: pools, candidates, phases, dates. */
#include "report/plan_report.h"

#include <math.h>
#include <string.h>

#include "base/calendar.h"
#include "report/format.h"
#include "report/json.h"
#include "report/step_report.h"

#define GIB (1024.0 * 1024 * 1024)

typedef struct date_text {
    char s[TC_DATE_SIZE];
} date_text;

static date_text date_of(int32_t day) {
    date_text text;
    tc_date_format(day, text.s);
    return text;
}

static const tc_scenario_candidate *candidate_of(const tc_plan *plan, const tc_plan_run *run) {
    return &plan->scenario->job[run->job].candidate[run->candidate];
}

/* ---- JSON ------------------------------------------------------------------------------ */

static void write_list(tc_writer *writer, const char *key, const char *const *lines, int n) {
    tc_write_array(writer, key);
    for (int i = 0; i < n; i++) tc_write_string(writer, NULL, lines[i]);
    tc_write_close(writer);
}

static void write_phase(tc_writer *writer, const tc_plan *plan, const tc_plan_run *run, const tc_plan_phase *phase) {
    tc_write_object(writer, NULL);
    tc_write_string(writer, "from", date_of(phase->from).s);
    tc_write_string(writer, "to", date_of(phase->to).s);
    tc_write_string(writer, "pool", plan->scenario->pool[run->pool].name);
    tc_write_integer(writer, "devices", phase->devices);
    tc_write_integer(writer, "available", phase->available);
    tc_write_layout(writer, "layout", &phase->step.layout);
    tc_write_number(writer, "step_s", phase->step.step_s);
    tc_write_number(writer, "mfu_pct", phase->step.mfu_pct);
    tc_write_number(writer, "memory_gib_per_device", phase->step.memory.reserved / GIB);
    tc_write_number(writer, "tokens", phase->tokens);
    tc_write_number(writer, "tokens_per_s", phase->tokens_per_s);
    tc_write_number(writer, "goodput", phase->goodput);
    tc_write_close(writer);
}

static void write_dates(tc_writer *writer, const tc_plan_run *run) {
    date_text start = date_of(run->start), done = date_of(run->finish);
    const char *finish = run->feasible ? done.s : NULL;
    tc_write_string(writer, "start", run->feasible ? start.s : NULL);
    tc_write_string(writer, "finish_p10", finish);
    tc_write_string(writer, "finish_p50", finish);
    tc_write_string(writer, "finish_p90", finish);
    tc_write_number(writer, "device_hours", run->feasible ? run->device_hours : NAN);
    tc_write_number(writer, "cost_usd", run->feasible ? run->cost_usd : NAN);
    tc_write_number(writer, "energy_mwh", run->feasible ? run->energy_mwh : NAN);
    tc_write_number(writer, "co2_t", run->feasible ? run->tonnes_co2 : NAN);
    tc_write_number(writer, "goodput", run->feasible ? run->goodput : NAN);
    tc_write_array(writer, "phases");
}

static void write_run(tc_writer *writer, const tc_plan *plan, const tc_plan_run *run) {
    const tc_scenario_candidate *candidate = candidate_of(plan, run);
    tc_write_string(writer, "candidate", candidate->name);
    tc_write_string(writer, "model", candidate->model_slug);
    tc_write_number(writer, "tokens", candidate->tokens);
    tc_write_string(writer, "pool", plan->scenario->pool[run->pool].name);
    tc_write_bool(writer, "feasible", run->feasible);
    tc_write_string(writer, "why", run->feasible ? NULL : run->why);
    write_dates(writer, run);
    for (int i = 0; run->feasible && i < run->phases; i++) write_phase(writer, plan, run, &run->phase[i]);
    tc_write_close(writer);
}

static void write_jobs(tc_writer *writer, const tc_plan *plan) {
    tc_write_array(writer, "jobs");
    for (int i = 0; i < plan->jobs; i++) {
        tc_write_object(writer, NULL);
        tc_write_string(writer, "name", plan->scenario->job[i].name);
        tc_write_bool(writer, "late", plan->job[i].late);
        if (plan->job[i].chosen >= 0) {
            write_run(writer, plan, &plan->run[i]);
        } else {
            write_dates(writer, &(tc_plan_run){.feasible = false});
            tc_write_close(writer);
        }
        tc_write_close(writer);
    }
    tc_write_close(writer);
}

static void write_candidates(tc_writer *writer, const tc_plan *plan) {
    tc_write_array(writer, "candidates");
    for (int i = 0; i < plan->candidates; i++) {
        tc_write_object(writer, NULL);
        tc_write_string(writer, "job", plan->scenario->job[plan->candidate[i].job].name);
        write_run(writer, plan, &plan->candidate[i]);
        tc_write_close(writer);
    }
    tc_write_close(writer);
}

static void write_pools(tc_writer *writer, const tc_plan *plan) {
    tc_write_array(writer, "pools");
    for (int i = 0; i < plan->scenario->pools; i++) {
        const tc_scenario_pool *pool = &plan->scenario->pool[i];
        tc_write_object(writer, NULL);
        tc_write_string(writer, "name", pool->name);
        tc_write_string(writer, "accelerator", pool->cluster.accelerator.slug);
        tc_write_string(writer, "ownership", pool->rented ? "rented" : "owned");
        tc_write_integer(writer, "devices", plan->pool[i].total);
        tc_write_integer(writer, "serving", plan->pool[i].serving);
        tc_write_integer(writer, "training", plan->pool[i].training);
        tc_write_integer(writer, "serving_missing", plan->pool[i].serving_missing);
        tc_write_array(writer, "deliveries");
        for (int k = 0; k < pool->deliveries; k++) {
            tc_write_object(writer, NULL);
            tc_write_string(writer, "date", pool->delivery[k].date);
            tc_write_integer(writer, "devices", pool->delivery[k].devices);
            tc_write_close(writer);
        }
        tc_write_close(writer);
        tc_write_close(writer);
    }
    tc_write_close(writer);
}

static void write_serving(tc_writer *writer, const tc_scenario *scenario) {
    tc_write_array(writer, "serving");
    for (int i = 0; i < scenario->servings; i++) {
        const tc_scenario_serving *serving = &scenario->serving[i];
        tc_write_object(writer, NULL);
        tc_write_string(writer, "name", serving->name);
        tc_write_string(writer, "pool", scenario->pool[serving->pool].name);
        tc_write_integer(writer, "devices", serving->devices);
        tc_write_number(writer, "peak_prefill_tokens_per_s", serving->peak_prefill_tokens_per_s);
        tc_write_number(writer, "peak_decode_tokens_per_s", serving->peak_decode_tokens_per_s);
        tc_write_close(writer);
    }
    tc_write_close(writer);
}

void tc_report_plan_json(FILE *file, const char *data, const tc_plan *plan) {
    tc_writer writer = tc_write_begin(file, "plan/1", data);
    write_list(&writer, "assumed", plan->assumed, plan->assumed_count);
    tc_write_string(&writer, "scenario", plan->scenario->slug);
    tc_write_string(&writer, "name", plan->scenario->name);
    tc_write_string(&writer, "start", plan->scenario->start_date);
    tc_write_bool(&writer, "feasible", plan->feasible);
    if (!plan->feasible) write_list(&writer, "best", NULL, 0);
    write_list(&writer, "advice", plan->advice, plan->advice_count);
    write_jobs(&writer, plan);
    write_candidates(&writer, plan);
    write_pools(&writer, plan);
    write_serving(&writer, plan->scenario);
    tc_write_integer(&writer, "seed", plan->seed);
    tc_write_integer(&writer, "samples", plan->samples);
    tc_write_end(&writer);
}

/* ---- text ------------------------------------------------------------------------------- */

static bool print_fleet(FILE *file, const tc_style *style, const tc_plan *plan) {
    tc_table table = {0};
    tc_table_column(&table, "pool", TC_LEFT | TC_FLEXIBLE);
    tc_table_column(&table, "accelerator", TC_LEFT | TC_FLEXIBLE);
    tc_table_column(&table, "devices", TC_RIGHT);
    tc_table_column(&table, "serving", TC_RIGHT);
    tc_table_column(&table, "reserve", TC_RIGHT);
    tc_table_column(&table, "training", TC_RIGHT);
    tc_table_column(&table, "first", TC_LEFT);
    tc_table_column(&table, "last delivery", TC_LEFT);
    for (int i = 0; i < plan->scenario->pools; i++) {
        const tc_scenario_pool *pool = &plan->scenario->pool[i];
        tc_table_row_begin(&table);
        tc_table_cell(&table, pool->name);
        tc_table_cell(&table, pool->cluster.accelerator.slug);
        tc_table_cell(&table, tc_format_count(plan->pool[i].total).s);
        tc_table_cell(&table, tc_format_count(plan->pool[i].serving).s);
        tc_table_cell(&table, tc_format_count(plan->pool[i].total - plan->pool[i].serving - plan->pool[i].training).s);
        tc_table_cell(&table, tc_format_count(plan->pool[i].training).s);
        tc_table_cell(&table, pool->deliveries > 0 ? pool->delivery[0].date : "-");
        tc_table_cell(&table, pool->deliveries > 0 ? pool->delivery[pool->deliveries - 1].date : "-");
    }
    tc_print_heading(file, style, "The fleet, after the last delivery");
    return tc_table_print(&table, file, style);
}

/* The last phase is the layout with the most devices. */
static const tc_plan_phase *last_phase(const tc_plan_run *run) {
    return run->phases > 0 ? &run->phase[run->phases - 1] : NULL;
}

static void print_reasons(FILE *file, const tc_style *style, const tc_plan *plan) {
    for (int i = 0; i < plan->candidates; i++) {
        const tc_plan_run *run = &plan->candidate[i];
        char text[400];
        if (run->feasible) continue;
        snprintf(text, sizeof text, "%s on %s: %s", candidate_of(plan, run)->name, plan->scenario->pool[run->pool].name, run->why);
        tc_print_wrapped(file, style, 0, 2, text);
    }
}

/* What each pool can train, each candidate alone from the start. */
static bool print_candidates(FILE *file, const tc_style *style, const tc_plan *plan) {
    tc_table table = {0};
    tc_table_column(&table, "candidate", TC_LEFT | TC_FLEXIBLE);
    tc_table_column(&table, "pool", TC_LEFT | TC_FLEXIBLE);
    tc_table_column(&table, "devices", TC_RIGHT);
    tc_table_column(&table, "step", TC_RIGHT);
    tc_table_column(&table, "MFU", TC_RIGHT);
    tc_table_column(&table, "takes", TC_RIGHT);
    tc_table_column(&table, "done", TC_LEFT);
    tc_table_column(&table, "cost", TC_RIGHT | TC_OPTIONAL);
    tc_table_column(&table, "layout at the end", TC_LEFT | TC_OPTIONAL);
    for (int i = 0; i < plan->candidates; i++) {
        const tc_plan_run *run = &plan->candidate[i];
        const tc_plan_phase *phase = last_phase(run);
        char layout[256];
        tc_table_row_begin(&table);
        tc_table_cell(&table, candidate_of(plan, run)->name);
        tc_table_cell(&table, plan->scenario->pool[run->pool].name);
        if (!run->feasible || !phase) {
            for (int k = 0; k < 4; k++) tc_table_cell(&table, "-");
            tc_table_cell_tone(&table, "no", TC_TONE_BAD);
            continue;
        }
        tc_table_cell(&table, tc_format_count(phase->devices).s);
        tc_table_cell(&table, tc_format_seconds(phase->step.step_s).s);
        tc_table_cell(&table, tc_format_percent(phase->step.mfu_pct).s);
        tc_table_cell(&table, tc_format_seconds(run->finish_s - run->start_s).s);
        tc_table_cell_tone(&table, date_of(run->finish).s, TC_TONE_STRONG);
        tc_table_cell(&table, tc_format_usd(run->cost_usd).s);
        tc_table_cell(&table, tc_layout_degrees_text(&phase->step.layout, layout, sizeof layout));
    }
    tc_print_heading(file, style, "\nWhat each pool can train, alone and from the start");
    if (!tc_table_print(&table, file, style)) return false;
    print_reasons(file, style, plan);
    return true;
}

static void print_phases(FILE *file, const tc_style *style, const tc_plan_run *run) {
    for (int i = 0; i < run->phases; i++) {
        const tc_plan_phase *phase = &run->phase[i];
        char text[512], layout[256];
        snprintf(text, sizeof text, "%.20s devices, %.20s a step, %.20s MFU, %.20s tokens; %s", tc_format_count(phase->devices).s,
                 tc_format_seconds(phase->step.step_s).s, tc_format_percent(phase->step.mfu_pct).s, tc_format_short(phase->tokens).s,
                 tc_layout_text(&phase->step.layout, layout, sizeof layout));
        fprintf(file, "    %s to ", date_of(phase->from).s);
        fprintf(file, "%s  ", date_of(phase->to).s);
        tc_print_wrapped(file, style, 30, 30, text);
    }
}

static void print_calendar(FILE *file, const tc_style *style, const tc_plan *plan) {
    tc_print_heading(file, style, "\nThe calendar");
    for (int i = 0; i < plan->jobs; i++) {
        char text[400];
        const char *name = plan->scenario->job[i].name;
        if (plan->job[i].chosen < 0) {
            fprintf(file, "  %s: ", name);
            tc_print_tone(file, style, TC_TONE_BAD, "not feasible");
            fputc('\n', file);
            continue;
        }
        const tc_plan_run *run = &plan->run[i];
        snprintf(text, sizeof text, "  %s is done on %s", name, date_of(run->finish).s);
        tc_print_tone(file, style, plan->job[i].late ? TC_TONE_BAD : TC_TONE_GOOD, text);
        char line[480];
        snprintf(line, sizeof line, "%s: %.60s on %.60s, %.20s tokens, goodput %.20s, %.24s, %.20s MWh", plan->job[i].late ? " (late)" : "",
                 candidate_of(plan, run)->name, plan->scenario->pool[run->pool].name, tc_format_short(candidate_of(plan, run)->tokens).s,
                 tc_format_percent(100 * run->goodput).s, tc_format_usd(run->cost_usd).s, tc_format_significant(run->energy_mwh, 3).s);
        tc_print_wrapped(file, style, tc_text_width(text), 4, line);
        print_phases(file, style, run);
    }
}

/* ---- the assumptions, condensed: what is said of several pools or dates is printed once --------- */

#define MOST_LINES 1024

/* A line is "WHO: WHAT" or "WHO: WHAT: WHY". */
typedef struct assumption {
    int who;         /* length of WHO; 0 = none */
    const char *what;
    const char *why; /* NULL: none */
} assumption;

static assumption split_line(const char *line) {
    const char *colon = strstr(line, ": "), *last = colon;
    if (!colon) return (assumption){0, line, NULL};
    for (const char *p = strstr(colon + 2, ": "); p; p = strstr(p + 2, ": ")) last = p;
    return (assumption){(int)(colon - line), colon + 2, last > colon ? last + 2 : NULL};
}

static bool same_who(const char *a, int n, const char *b, int m) {
    return n == m && strncmp(a, b, (size_t)n) == 0;
}

/* Prints line i and what can be said with it; marks these as printed. */
static void print_assumption(FILE *file, const tc_style *style, const char *const *lines, int n, int i, bool *printed) {
    assumption a = split_line(lines[i]);
    char text[1400];
    size_t used = (size_t)snprintf(text, sizeof text, "%.*s", a.who, lines[i]);
    int shared = 0, similar = 0;
    for (int k = i + 1; k < n && a.who; k++) {
        assumption b = split_line(lines[k]);
        if (printed[k] || !b.who || strcmp(a.what, b.what) != 0 || used >= sizeof text) continue;
        used += (size_t)snprintf(text + used, sizeof text - used, ", %.*s", b.who, lines[k]);
        printed[k] = true;
        shared++;
    }
    for (int k = i + 1; k < n && a.why && !shared; k++) {
        assumption b = split_line(lines[k]);
        if (printed[k] || !b.why || !same_who(lines[i], a.who, lines[k], b.who) || strcmp(a.why, b.why) != 0) continue;
        printed[k] = true;
        similar++;
    }
    if (used < sizeof text) used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", a.who ? ": " : "", a.what);
    if (similar && used < sizeof text) snprintf(text + used, sizeof text - used, " (and %d more for the same reason)", similar);
    fputs("  - ", file);
    tc_print_wrapped(file, style, 4, 4, text);
}

static void print_assumptions(FILE *file, const tc_style *style, const char *const *lines, int n) {
    bool printed[MOST_LINES] = {false};
    if (n > MOST_LINES) n = MOST_LINES;
    tc_print_heading(file, style, "\nAssumed: neither given nor in the data");
    for (int i = 0; i < n; i++)
        if (!printed[i]) print_assumption(file, style, lines, n, i, printed);
}

static void print_lines(FILE *file, const tc_style *style, const char *heading, const char *const *lines, int n) {
    if (n == 0) return;
    tc_print_heading(file, style, heading);
    for (int i = 0; i < n; i++) {
        fputs("  - ", file);
        tc_print_wrapped(file, style, 4, 4, lines[i]);
    }
}

bool tc_report_plan_text(FILE *file, const tc_style *style, const tc_plan *plan) {
    const tc_scenario *scenario = plan->scenario;
    tc_print_heading(file, style, scenario->name);
    if (*scenario->story) tc_print_wrapped(file, style, 0, 0, scenario->story);
    fputc('\n', file);
    if (!print_fleet(file, style, plan) || !print_candidates(file, style, plan)) return false;
    print_calendar(file, style, plan);
    print_lines(file, style, "\nAdvice", plan->advice, plan->advice_count);
    print_assumptions(file, style, plan->assumed, plan->assumed_count);
    return true;
}
