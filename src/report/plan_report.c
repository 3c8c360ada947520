/* plan_report.c - a plan as a page: the answer, the pools, what each can train, the calendar, the assumptions. */
#include "layout/fields.h"
#include "base/text.h"
#include "report/plan_report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/format.h"
#include "report/names.h"
#include "report/plan_at_once.h"
#include "report/plan_best_by.h"
#include "report/plan_months.h"
#include "report/plan_outlook_text.h"
#include "report/plan_rentals.h"
#include "report/plan_serving.h"
#include "report/plan_words.h"
#include "report/step_report.h"
#include "report/text_calendar.h"

static double days(const tc_plan_run *run) { return (run->finish_s - run->start_s) / 86400; }

static double end_days(const tc_plan_end *end) { return (end->finish_s - end->start_s) / 86400; }

/* " (80 % interval 2024-10-25 to 2024-11-06)"; empty where there is none. */
static const char *interval(const tc_plan_run *run, char *buffer, size_t size) {
    buffer[0] = 0;
    if (run->p10.known)
        snprintf(buffer, size, " (80 %% interval %.10s to %.10s)", tc_format_day(run->p10.finish).s,
                 run->p90.known ? tc_format_day(run->p90.finish).s : "never");
    return buffer;
}

/* ---- what it would take ----------------------------------------------------------------- */

static bool any_lever(const tc_plan *plan, tc_lever_kind kind) {
    for (int i = 0; i < plan->levers; i++)
        if (plan->lever[i].kind == kind) return true;
    return false;
}

/* The least that is enough, rented from one day or another on: what it costs to wait. */
static bool print_rents(FILE *file, const tc_style *style, const tc_plan *plan) {
    tc_table table = {0};
    if (!any_lever(plan, TC_LEVER_RENT)) return true;
    for (int i = 0; i < plan->levers; i++) {
        const tc_lever *l = &plan->lever[i];
        if (l->kind != TC_LEVER_RENT) continue;
        tc_table_row_begin(&table);
        tc_cell(&table, "job", TC_LEFT | TC_FLEXIBLE, plan->scenario->job[l->job].name);
        tc_cell(&table, "by", TC_LEFT | TC_OPTIONAL, tc_format_day(l->by).s);
        tc_cell(&table, "rented of", TC_LEFT | TC_FLEXIBLE, plan->scenario->pool[l->pool].name);
        tc_cell(&table, "from", TC_LEFT, tc_format_day(l->from).s);
        tc_cell(&table, "devices", TC_RIGHT, isnan(l->amount) ? "too late" : tc_format_count(l->amount).s);
        tc_cell(&table, "an hour", TC_RIGHT, tc_format_usd(l->rental_usd_per_h).s);
        tc_cell(&table, "done, 50 %", TC_LEFT,
                isnan(l->amount) ? "-" : tc_format_moment(plan->scenario, l->p50_s, 0).s);
        tc_cell_tone(&table, "rent", TC_RIGHT, tc_format_money(l->cost_usd).s, TC_TONE_STRONG);
    }
    tc_print_heading(file, style, "\nRent now or wait: the least that makes it as likely as asked, until it is done");
    return tc_table_print(&table, file, style);
}

static void print_levers(FILE *file, const tc_style *style, const tc_plan *plan) {
    for (int more = 0; more < 2; more++) {
        bool first = true;
        for (int i = 0; i < plan->levers; i++) {
            char text[500];
            if ((plan->lever[i].kind == TC_LEVER_MORE) != more || plan->lever[i].kind == TC_LEVER_RENT) continue;
            if (first)
                tc_print_heading(file, style, more ? "\nWhat 1,000 more devices would bring" : "\nWhat it would take");
            first = false;
            tc_lever_text(plan, &plan->lever[i], text, sizeof text);
            tc_print_bullet(file, style, text);
        }
    }
}

/* ---- the answer ------------------------------------------------------------------------ */

/* The pool on which a candidate would be done first, alone; NULL if none can train it. */
static const tc_plan_run *best_alone(const tc_plan *plan, int job, int candidate) {
    const tc_plan_run *best = NULL;
    for (int i = 0; i < plan->candidates; i++) {
        const tc_plan_run *run = &plan->candidate[i];
        if (run->job == job && run->candidate == candidate && run->feasible
            && (!best || run->finish_s < best->finish_s))
            best = run;
    }
    return best;
}

/* "Instead: dense-70b by 2024-11-16 on ascend-910b; ..." */
static void print_instead(FILE *file, const tc_style *style, const tc_plan *plan, int job) {
    const tc_scenario *s = plan->scenario;
    char text[1024] = "";
    for (int c = 0; c < s->job[job].candidates; c++) {
        const tc_plan_run *run = best_alone(plan, job, c);
        if (!run || (plan->run[job].feasible && c == plan->run[job].candidate)) continue;
        tc_append(text, sizeof text, "%s%s by %s on %s",
                  *text ? "; " : "Instead, less preferred: ", s->job[job].candidate[c].name,
                  tc_format_day(run->finish).s, s->pool[run->pool].name);
    }
    if (!*text) return;
    fputs("   ", file);
    tc_print_wrapped(file, style, 3, 3, text);
}

/* "by 2024-11-02 with 50 %, by 2024-11-11 with 90 %"; a date that is beyond the probability of finishing is never. */
static void drawn_text(const tc_plan *plan, int job, char *text, size_t size) {
    static const double likely[] = {0.1, 0.5, 0.8, 0.9};
    const tc_outlook_job *o = &plan->outlook->job[job];
    size_t used = 0;
    for (size_t i = 0; i < sizeof likely / sizeof *likely && used < size; i++) {
        double at = tc_outlook_quantile(plan->outlook, job, likely[i]);
        bool known = at < INFINITY;
        used += (size_t)snprintf(text + used, size - used, "%s%d %% %s", i ? ", " : "", (int)lround(100 * likely[i]),
                                 known ? tc_format_day(tc_plan_day(plan->scenario, at)).s : "never");
    }
    if (o->never > 0 && used < size)
        used += (size_t)snprintf(text + used, size - used, "; never %s",
                                 tc_format_probability(o->never, plan->samples).s);
    if (o->by_deadline >= 0 && used < size)
        used += (size_t)snprintf(text + used, size - used, "; by its deadline, %s, %s",
                                 plan->scenario->job[job].deadline_date,
                                 tc_format_probability(o->by_deadline, plan->samples).s);
    for (int i = 0; i < plan->days && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "; by %.10s %s", tc_format_day(plan->day[i]).s,
                                 tc_format_probability(tc_plan_done_by(plan, job, plan->day[i]), plan->samples).s);
}

/* What is to be served and cannot be stands above all dates. */
static void print_unserved(FILE *file, const tc_style *style, const tc_plan *plan) {
    const tc_scenario *s = plan->scenario;
    for (int i = 0; i < s->servings; i++) {
        const tc_scenario_serving *serving = &s->serving[i];
        double met = tc_plan_met(plan, i);
        char text[400];
        if (met >= 0.9 && met >= serving->met_probability) continue;
        snprintf(text, sizeof text,
                 "%s is %s: its pool %s has enough devices for all that is to be served there with %s only%s.",
                 serving->name, met > 0 ? "not safe" : "not met", s->pool[serving->pool].name,
                 tc_format_probability(met, plan->samples).s, serving->firm ? "; the scenario calls it firm" : "");
        tc_print_tone(file, style, TC_TONE_BAD, "=> ");
        tc_print_wrapped(file, style, 3, 3, text);
    }
}

static void print_answer(FILE *file, const tc_style *style, const tc_plan *plan) {
    const tc_scenario *s = plan->scenario;
    print_unserved(file, style, plan);
    for (int i = 0; i < plan->jobs; i++) {
        const tc_plan_run *run = &plan->run[i];
        const tc_scenario_job *job = &s->job[i];
        char text[900], ends[64], length[112] = "";
        if (!run->feasible) {
            snprintf(text, sizeof text, "%s: %s.", job->name, run->why);
        } else if (plan->outlook) {
            char dates[300];
            const tc_outlook_job *o = &plan->outlook->job[i];
            drawn_text(plan, i, dates, sizeof dates);
            snprintf(text, sizeof text,
                     "%s (%s, %s %s) is done by: %s. In the middle future on %s, %s (%s to %s), %s MWh.", job->name,
                     job->candidate[run->candidate].name, tc_format_short(job->candidate[run->candidate].tokens).s,
                     job->candidate[run->candidate].unit, dates, s->pool[run->pool].name,
                     tc_format_money(o->cost_usd.p50).s, tc_format_money(o->cost_usd.p10).s,
                     tc_format_money(o->cost_usd.p90).s, tc_format_count(o->energy_mwh.p50).s);
        } else {
            if (run->p10.known && run->p90.known)
                snprintf(length, sizeof length, " (%s to %s)", tc_format_fixed(end_days(&run->p10), 1).s,
                         tc_format_fixed(end_days(&run->p90), 1).s);
            snprintf(text, sizeof text, "%s is done on %s%s: %s (%s %s) on %s, from %s, %s days%s, %s, %s MWh%s.",
                     job->name, tc_format_day(run->finish).s, interval(run, ends, sizeof ends),
                     job->candidate[run->candidate].name, tc_format_short(job->candidate[run->candidate].tokens).s,
                     job->candidate[run->candidate].unit, s->pool[run->pool].name, tc_format_day(run->start).s,
                     tc_format_fixed(days(run), 1).s, length, tc_format_money(run->cost_usd).s,
                     tc_format_count(run->energy_mwh).s, plan->job[i].late ? ", after its deadline" : "");
        }
        tc_print_tone(file, style, run->feasible && !plan->job[i].late ? TC_TONE_GOOD : TC_TONE_BAD, "=> ");
        tc_print_wrapped(file, style, 3, 3, text);
        print_instead(file, style, plan, i);
    }
}

/* ---- pools ----------------------------------------------------------------------------- */

static bool print_pools(FILE *file, const tc_style *style, const tc_plan *plan) {
    const tc_scenario *s = plan->scenario;
    tc_table table = {0};
    for (int i = 0; i < s->pools; i++) {
        const tc_scenario_pool *pool = &s->pool[i];
        const tc_plan_pool *sum = &plan->pool[i];
        tc_table_row_begin(&table);
        tc_cell(&table, "pool", TC_LEFT | TC_FLEXIBLE, pool->name);
        tc_cell(&table, "accelerator", TC_LEFT | TC_FLEXIBLE, pool->cluster.accelerator.slug);
        tc_cell(&table, "now", TC_RIGHT, tc_format_count(sum->delivered_now).s);
        tc_cell(&table, "in all", TC_RIGHT, tc_format_count(sum->total).s);
        tc_cell(&table, "by", TC_LEFT, tc_format_day(pool->delivery[pool->deliveries - 1].day).s);
        tc_cell(&table, "serving", TC_RIGHT, sum->serving ? tc_format_count(sum->serving).s : "-");
        tc_cell(&table, "training", TC_RIGHT, tc_format_count(sum->training_now).s);
        tc_cell(&table, "later", TC_RIGHT, tc_format_count(sum->training).s);
    }
    return tc_table_print(&table, file, style);
}

/* How much of what is ordered comes, as what was seen leaves it. */
static void print_paces(FILE *file, const tc_style *style, const tc_plan *plan) {
    for (int i = 0; i < plan->scenario->pools; i++) {
        const tc_percentiles *pace = &plan->pool[i].pace;
        char text[300];
        if (!(pace->p50 > 0)) continue;
        snprintf(text, sizeof text,
                 "%.47s: pace of what is still to come, of what was ordered: %.20s (80 %%: %.20s to %.20s)",
                 plan->scenario->pool[i].name, tc_format_fixed(pace->p50, 2).s, tc_format_fixed(pace->p10, 2).s,
                 tc_format_fixed(pace->p90, 2).s);
        tc_print_bullet(file, style, text);
    }
}

/* ---- what each pool can train ------------------------------------------------------------- */

static bool print_candidates(FILE *file, const tc_style *style, const tc_plan *plan, int pool) {
    const tc_scenario *s = plan->scenario;
    tc_table table = {0};
    for (int i = 0; i < plan->candidates; i++) {
        const tc_plan_run *run = &plan->candidate[i];
        if (run->pool != pool) continue;
        const tc_scenario_candidate *candidate = &s->job[run->job].candidate[run->candidate];
        const tc_plan_phase *last = run->feasible ? &run->phase[run->phases - 1] : NULL;
        char name[64];
        snprintf(name, sizeof name, "  %.60s", candidate->name);
        tc_table_row_begin(&table);
        tc_cell(&table, "  candidate", TC_LEFT | TC_FLEXIBLE, name);
        tc_cell(&table, "tokens", TC_RIGHT, tc_format_short(candidate->tokens).s);
        tc_cell(&table, "devices", TC_RIGHT, last ? tc_format_count(last->devices).s : "-");
        tc_cell(&table, "MFU", TC_RIGHT | TC_OPTIONAL,
                last && candidate->model ? tc_format_percent(last->step.mfu_pct).s : "-");
        tc_cell(&table, "days", TC_RIGHT, last ? tc_format_fixed(days(run), 1).s : "-");
        tc_cell_tone(&table, "done", TC_LEFT, last ? tc_format_day(run->finish).s : "never",
                     last ? TC_TONE_PLAIN : TC_TONE_BAD);
        tc_cell(&table, "cost", TC_RIGHT, last ? tc_format_money(run->cost_usd).s : "-");
        tc_cell(&table, "MWh", TC_RIGHT, last ? tc_format_count(run->energy_mwh).s : "-");
    }
    return tc_table_print(&table, file, style);
}

/* "80 %: 2024-10-28 to 2024-11-06; 1.86-2.40 s; 20.1-30.2 GiB": when a run is done, its last step and memory. */
static void print_ends(FILE *file, const tc_style *style, int indent, const tc_plan_run *run) {
    const tc_step *step = &run->phase[run->phases - 1].step;
    if (!run->p10.known) return;
    tc_print_wrappedf(file, style, 0, indent, "80 %%: %.10s to %.10s; %s; %s", tc_format_day(run->p10.finish).s,
                      run->p90.known ? tc_format_day(run->p90.finish).s : "never",
                      tc_format_range(step->step_s_p10, step->step_s_p90, tc_format_seconds).s,
                      tc_format_range(step->memory_p10, step->memory_p90, tc_format_gib).s);
}

/* Under the table of a pool: the last layout of each candidate and its 80 % intervals, or why there is none. */
static void print_layouts(FILE *file, const tc_style *style, const tc_plan *plan, int pool) {
    const tc_scenario *s = plan->scenario;
    int widest = 0;
    for (int i = 0; i < plan->candidates; i++) {
        const tc_plan_run *run = &plan->candidate[i];
        int width = tc_text_width(s->job[run->job].candidate[run->candidate].name);
        if (run->pool == pool && width > widest) widest = width;
    }
    for (int i = 0; i < plan->candidates; i++) {
        const tc_plan_run *run = &plan->candidate[i];
        if (run->pool != pool) continue;
        char layout[160], text[480];
        const tc_scenario_candidate *candidate = &s->job[run->job].candidate[run->candidate];
        if (run->feasible && !candidate->model) {
            const tc_plan_phase *last = &run->phase[run->phases - 1];
            snprintf(text, sizeof text, "%s %s/s a device, as given",
                     tc_format_short(last->step.tokens_per_step / last->devices).s, candidate->unit);
        } else if (run->feasible) {
            const tc_plan_phase *last = &run->phase[run->phases - 1];
            snprintf(text, sizeof text, "%s; step %s, %s",
                     tc_layout_short_text(&last->step.layout, layout, sizeof layout),
                     tc_format_seconds(last->step.step_s).s, tc_format_gib(last->step.memory.reserved).s);
        } else {
            snprintf(text, sizeof text, "%s%s%s%s", run->why, run->enough_devices ? "; it fits on " : "",
                     run->enough_devices ? tc_format_count(run->enough_devices).s : "",
                     run->enough_devices ? " devices" : "");
        }
        const char *name = s->job[run->job].candidate[run->candidate].name;
        fprintf(file, "  %s%*s  ", name, widest - tc_text_width(name), "");
        tc_print_wrapped(file, style, widest + 4, widest + 4, text);
        if (run->feasible && candidate->model) print_ends(file, style, widest + 4, run);
    }
}

/* ---- the calendar --------------------------------------------------------------------------- */

static void print_pool_row(const tc_text_calendar *c, const tc_plan *plan, int index) {
    const tc_scenario_pool *pool = &plan->scenario->pool[index];
    char cells[TC_TEXT_CALENDAR_MOST + 1];
    memset(cells, '.', sizeof cells);
    for (int i = 0; i < pool->deliveries; i++) {
        double ready = (double)(pool->delivery[i].day - c->start) * 86400 + pool->bring_up_s;
        if (ready <= c->seconds) cells[tc_text_calendar_column(c, ready)] = '+';
    }
    double until = (double)((int64_t)pool->until - c->start) * 86400;
    if (pool->until != INT32_MAX && until < c->seconds)
        for (int i = tc_text_calendar_column(c, until); i < c->columns; i++) cells[i] = ' ';
    cells[c->columns] = 0;
    tc_print_calendar_row(c, pool->name, 0, cells, TC_TONE_PLAIN);
}

static void print_run_row(const tc_text_calendar *c, const char *label, const tc_plan_run *run, char bar,
                          tc_tone tone) {
    char cells[TC_TEXT_CALENDAR_MOST + 1];
    memset(cells, ' ', sizeof cells);
    for (int i = tc_text_calendar_column(c, run->start_s); i <= tc_text_calendar_column(c, run->finish_s); i++)
        cells[i] = bar;
    for (int i = 1; i < run->phases; i++) cells[tc_text_calendar_column(c, run->phase[i].from_s)] = '|';
    cells[c->columns] = 0;
    tc_print_calendar_row(c, label, 2, cells, tone);
}

static bool is_planned(const tc_plan *plan, const tc_plan_run *run) {
    const tc_plan_run *planned = &plan->run[run->job];
    return planned->feasible && planned->candidate == run->candidate && planned->pool == run->pool;
}

static void print_calendar(FILE *file, const tc_style *style, const tc_plan *plan) {
    const tc_scenario *s = plan->scenario;
    double last = 14 * 86400.0;
    for (int i = 0; i < plan->candidates; i++)
        if (plan->candidate[i].feasible) last = fmax(last, plan->candidate[i].finish_s);
    for (int i = 0; i < plan->jobs; i++)
        if (plan->run[i].feasible) last = fmax(last, plan->run[i].finish_s);
    for (int i = 0; i < plan->at_onces; i++)
        if (plan->at_once[i].feasible) last = fmax(last, plan->at_once[i].finish_s);
    tc_text_calendar c = tc_text_calendar_of(file, style, s->start, last);
    tc_print_calendar_months(&c);
    for (int k = 0; k < s->pools; k++) {
        print_pool_row(&c, plan, k);
        for (int i = 0; i < plan->jobs; i++)
            if (plan->run[i].feasible && plan->run[i].pool == k) {
                char label[64];
                snprintf(label, sizeof label, "%.48s", s->job[i].candidate[plan->run[i].candidate].name);
                print_run_row(&c, label, &plan->run[i], '=', TC_TONE_GOOD);
            }
        for (int i = 0; i < plan->candidates; i++) {
            const tc_plan_run *run = &plan->candidate[i];
            if (run->feasible && run->pool == k && !is_planned(plan, run))
                print_run_row(&c, s->job[run->job].candidate[run->candidate].name, run, '-', TC_TONE_FAINT);
        }
    }
    tc_print_at_once_rows(&c, plan);
    tc_print_tone(file, style, TC_TONE_FAINT,
                  plan->at_onces > 0
                      ? "= planned  - instead, if alone  # on several pools at once  | more devices  + a "
                        "delivery is ready to train\n"
                      : "= planned  - instead, if alone  | more devices  + a delivery is ready to train\n");
}

static void print_phases(FILE *file, const tc_style *style, const tc_plan *plan, int job) {
    const tc_plan_run *run = &plan->run[job];
    if (!run->feasible) return;
    const tc_scenario_candidate *candidate = &plan->scenario->job[job].candidate[run->candidate];
    fprintf(file, "\n%s (%s on %s)\n", plan->scenario->job[job].name, candidate->name,
            plan->scenario->pool[run->pool].name);
    for (int i = 0; i < run->phases; i++) {
        const tc_plan_phase *phase = &run->phase[i];
        char layout[320], step[64] = "", phase_text[720];
        bool elsewhere = phase->pool != run->phase[0].pool || phase->pool != run->pool;
        const char *stage = candidate->phases > 0 ? candidate->phase[phase->stage].name : "";
        double step_s = phase->expected_step_s > 0 ? phase->expected_step_s : phase->step.step_s;
        if (candidate->model) snprintf(step, sizeof step, ", %s a step", tc_format_seconds(step_s).s);
        snprintf(phase_text, sizeof phase_text, "%s%s%s of %s devices%s%s, %s %s%s%s%s", stage, stage[0] ? ": " : "",
                 tc_format_count(phase->devices).s, tc_format_count(phase->available).s, elsewhere ? " of " : "",
                 elsewhere ? plan->scenario->pool[phase->pool].name : "", tc_format_short(phase->tokens).s,
                 candidate->unit[0] ? candidate->unit : "tokens", step, candidate->model ? ": " : "",
                 candidate->model ? tc_layout_text(&phase->step.layout, layout, sizeof layout) : "");
        fprintf(file, "  %s  ", tc_format_day(phase->from).s);
        tc_print_wrapped(file, style, 14, 14, phase_text);
    }
    char text[320], ends[64];
    snprintf(text, sizeof text, "done%s: %s device-hours, goodput %s, %s failures expected, %s t CO2",
             interval(run, ends, sizeof ends), tc_format_short(run->device_hours).s,
             tc_format_percent(100 * run->goodput).s, tc_format_count(run->failures).s,
             tc_format_count(run->tonnes_co2).s);
    fprintf(file, "  %s  ", tc_format_day(run->finish).s);
    tc_print_wrapped(file, style, 14, 14, text);
    int32_t bound = plan->scenario->start + (int32_t)floor(plan->job[job].bound_s / 86400);
    if (!(plan->job[job].bound_s < INFINITY) || bound >= run->finish) return;
    fprintf(file, "  %s  ", tc_format_day(bound).s);
    tc_print_wrapped(file, style, 14, 14,
                     "no plan could have it done sooner on this supply: alone on all its pools, moves for nothing");
}

/* ---- the page ---------------------------------------------------------------------------------- */

/* "h100-cloud: 2,048 h100-sxm, rented at $2.99 an hour" */
static void print_pool_heading(FILE *file, const tc_style *style, const tc_scenario_pool *pool, int devices) {
    const tc_accelerator *chip = &pool->cluster.accelerator;
    double given = pool->rented ? pool->rental_usd_per_h : pool->price_usd,
           own = pool->rented ? chip->rental_usd_per_h : chip->price_usd;
    double price = given >= 0 ? given : own > 0 ? own : NAN;
    char text[256];
    snprintf(text, sizeof text, "%s: %s %s, %s%s%s", pool->name, tc_format_count(devices).s, chip->slug,
             pool->rented ? "rented" : "owned", isfinite(price) ? " at " : " at an unknown price",
             isfinite(price) ? tc_format_usd(price).s : "");
    tc_print_tone(file, style, TC_TONE_STRONG, text);
    fputs(isfinite(price) && pool->rented ? " an hour\n" : "\n", file);
}

/* What rules say of the pools, from which day on. */
static void print_rules(FILE *file, const tc_style *style, const tc_plan *plan) {
    if (plan->rules > 0) tc_print_heading(file, style, "\nWhat the rules say of the pools");
    for (int i = 0; i < plan->rules; i++) {
        const tc_pool_rule *r = &plan->rule[i];
        char days[64] = "";
        if (r->forbids && r->deliveries > 0)
            snprintf(days, sizeof days, " (%d deliveries from then on)", r->deliveries);
        tc_print_bulletf(file, style, "%.48s from %.12s%s: %s", plan->scenario->pool[r->pool].name,
                         tc_format_day(r->from).s, days, r->text);
    }
}

bool tc_report_plan_text(FILE *file, const tc_style *style, const tc_plan *plan) {
    const tc_scenario *s = plan->scenario;
    tc_print_heading(file, style, s->name);
    fputc('\n', file);
    if (s->story[0]) {
        tc_print_wrapped(file, style, 0, 0, s->story);
        fputc('\n', file);
    }
    print_answer(file, style, plan);
    if (!tc_print_outlook(file, style, plan)) return false;
    tc_print_heading(file, style, "\nPools");
    if (!print_pools(file, style, plan)) return false;
    print_paces(file, style, plan);
    tc_print_plan_serving(file, style, plan);
    tc_print_heading(file, style, "\nWhat each pool can train, alone, as its devices arrive");
    for (int i = 0; i < s->pools; i++) {
        if (i) fputc('\n', file);
        print_pool_heading(file, style, &s->pool[i], plan->pool[i].total);
        if (!print_candidates(file, style, plan, i)) return false;
        print_layouts(file, style, plan, i);
    }
    tc_print_headingf(file, style, "\nThe calendar from %s", tc_format_day(s->start).s);
    print_calendar(file, style, plan);
    for (int i = 0; i < plan->jobs; i++) print_phases(file, style, plan, i);
    if (!tc_print_at_once(file, style, plan)) return false;
    if (!tc_print_plan_months(file, style, plan)) return false;
    print_levers(file, style, plan);
    if (!print_rents(file, style, plan)) return false;
    if (!tc_print_rentals(file, style, plan)) return false;
    if (!tc_print_best_by(file, style, plan)) return false;
    if (plan->advice_count > 0) tc_print_heading(file, style, "\nWhat would help");
    for (int i = 0; i < plan->advice_count; i++) tc_print_bullet(file, style, plan->advice[i]);
    print_rules(file, style, plan);
    tc_print_heading(file, style, "\nWhat is assumed");
    for (int i = 0; i < plan->assumed_count; i++) tc_print_bullet(file, style, plan->assumed[i]);
    return true;
}
