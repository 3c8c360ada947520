/* plan_json.c - a plan told for programs: jobs with their phases, pools with what they could train, serving. */
#include <math.h>
#include <stddef.h>

#include "base/calendar.h"
#include "fleet/prospect.h"
#include "report/plan_at_once.h"
#include "report/plan_best_by.h"
#include "report/plan_months.h"
#include "report/plan_rentals.h"
#include "report/plan_report.h"
#include "report/plan_serving.h"
#include "report/plan_words.h"
#include "report/step_report.h"

/* The candidate's phase that a time of the run belongs to; NULL: it has none. */
static const tc_scenario_phase *stage_of(const tc_scenario *s, const tc_plan_run *run, const tc_plan_phase *phase) {
    const tc_scenario_candidate *candidate = &s->job[run->job].candidate[run->candidate];
    return candidate->phases > 0 ? &candidate->phase[phase->stage] : NULL;
}

/* What the run asks of its pool's stack. */
static tc_question question_of(const tc_scenario *s, const tc_plan_run *run, const tc_scenario_phase *stage) {
    const tc_scenario_candidate *candidate = &s->job[run->job].candidate[run->candidate];
    tc_question question = tc_default_question();
    question.stack = *tc_pool_software(&s->pool[run->pool], candidate);
    if (candidate->model) question.job.model = *candidate->model;
    question.job.seq = stage ? stage->seq : candidate->seq;
    question.job.dtype = candidate->dtype;
    return question;
}

/* step: NULL where it is not forecast but a rate is given. */
static void write_step(tc_writer *writer, const tc_question *question, const tc_step *step) {
    if (!step) {
        static const char *const none[]
            = {"layout", "step_s", "step_s_p10", "step_s_p90", "mfu_pct", "memory_gib_per_device"};
        for (size_t i = 0; i < sizeof none / sizeof *none; i++) tc_write_null(writer, none[i]);
        return;
    }
    tc_write_layout(writer, "layout", &step->layout);
    tc_write_beyond(writer, question, &step->layout);
    tc_write_step_time(writer, step);
    tc_write_number(writer, "mfu_pct", step->mfu_pct);
    tc_write_step_memory(writer, step);
}

static void write_phases(tc_writer *writer, const tc_scenario *s, const tc_plan_run *run) {
    tc_write_array(writer, "phases");
    bool is_forecast = s->job[run->job].candidate[run->candidate].model != NULL;
    for (int i = 0; i < run->phases; i++) {
        const tc_plan_phase *phase = &run->phase[i];
        const tc_scenario_phase *stage = stage_of(s, run, phase);
        tc_question question = question_of(s, run, stage);
        tc_write_object(writer, NULL);
        tc_write_day(writer, "from", true, phase->from);
        tc_write_day(writer, "to", true, phase->to);
        tc_write_string(writer, "pool", s->pool[phase->pool].name);
        tc_write_string(writer, "stack", is_forecast ? question.stack.slug : NULL);
        tc_write_string(writer, "stage", stage ? stage->name : NULL);
        tc_write_integer(writer, "devices", phase->devices);
        tc_write_integer(writer, "available", phase->available);
        write_step(writer, &question, is_forecast ? &phase->step : NULL);
        tc_write_interval(writer, "expected_step_s", phase->expected_step_s);
        tc_write_interval(writer, "expected_step_s_p10", phase->expected_step_s_p10);
        tc_write_interval(writer, "expected_step_s_p90", phase->expected_step_s_p90);
        tc_write_number(writer, "goodput", phase->goodput);
        tc_write_number(writer, "tokens", phase->tokens);
        tc_write_close(writer);
    }
    tc_write_close(writer);
}

/* KEY, KEY_p10 and KEY_p90; NaN is null. */
static void write_three(tc_writer *writer, const char *key, double p50, double p10, double p90) {
    char name[48];
    tc_write_number(writer, key, p50);
    snprintf(name, sizeof name, "%s_p10", key);
    tc_write_number(writer, name, p10);
    snprintf(name, sizeof name, "%s_p90", key);
    tc_write_number(writer, name, p90);
}

/* Of a job whose calendars were drawn: their percentiles; a day beyond the probability of finishing is null. */
static void write_drawn_days(tc_writer *writer, const tc_scenario *s, const char *key, const tc_percentiles *seconds) {
    const double value[] = {seconds->p10, seconds->p50, seconds->p90};
    static const char *const suffix[] = {"_p10", "_p50", "_p90"};
    for (int i = 0; i < 3; i++) {
        char name[48];
        snprintf(name, sizeof name, "%s%s", key, suffix[i]);
        tc_write_moment(writer, name, s, value[i]);
    }
}

static void write_drawn(tc_writer *writer, const tc_plan *plan, int index) {
    const tc_outlook_job *o = &plan->outlook->job[index];
    write_drawn_days(writer, plan->scenario, "start", &o->start_s);
    write_drawn_days(writer, plan->scenario, "finish", &o->finish_s);
    tc_write_number(writer, "probability_never", o->never);
    tc_write_number(writer, "probability_by_deadline", o->by_deadline);
    tc_write_number(writer, "moves", o->moves);
    tc_write_object(writer, "standard_error_days");
    tc_write_number(writer, "p10", o->finish_error_s.p10 / 86400);
    tc_write_number(writer, "p50", o->finish_error_s.p50 / 86400);
    tc_write_number(writer, "p90", o->finish_error_s.p90 / 86400);
    tc_write_close(writer);
}

/* Finish, cost and energy of a run; null where it is not feasible. */
static void write_sums(tc_writer *writer, const tc_plan_run *run, const tc_outlook_job *drawn) {
    const tc_plan_end *p10 = &run->p10, *p90 = &run->p90;
    double none = run->feasible ? 0 : NAN, no_p10 = p10->known ? 0 : NAN, no_p90 = p90->known ? 0 : NAN;
    write_three(writer, "days", (run->finish_s - run->start_s) / 86400 + none,
                (p10->finish_s - p10->start_s) / 86400 + no_p10, (p90->finish_s - p90->start_s) / 86400 + no_p90);
    tc_write_number(writer, "goodput", run->goodput + none);
    tc_write_number(writer, "failures", run->failures + none);
    tc_write_number(writer, "device_hours", run->device_hours + none);
    write_three(writer, "cost_usd", drawn ? drawn->cost_usd.p50 : run->cost_usd + none, p10->cost_usd + no_p10,
                p90->cost_usd + no_p90);
    write_three(writer, "energy_mwh", drawn ? drawn->energy_mwh.p50 : run->energy_mwh + none, p10->energy_mwh + no_p10,
                p90->energy_mwh + no_p90);
    write_three(writer, "co2_t", drawn ? drawn->tonnes_co2.p50 : run->tonnes_co2 + none, p10->tonnes_co2 + no_p10,
                p90->tonnes_co2 + no_p90);
    /* old name, until 0.2 */
    write_three(writer, "tonnes_co2", drawn ? drawn->tonnes_co2.p50 : run->tonnes_co2 + none, p10->tonnes_co2 + no_p10,
                p90->tonnes_co2 + no_p90);
}

static void write_job(tc_writer *writer, const tc_plan *plan, int index) {
    const tc_scenario_job *job = &plan->scenario->job[index];
    const tc_plan_run *run = &plan->run[index];
    const tc_scenario_candidate *candidate = run->feasible ? &job->candidate[run->candidate] : NULL;
    tc_write_object(writer, NULL);
    tc_write_string(writer, "name", job->name);
    tc_write_string(writer, "candidate", candidate ? candidate->name : NULL);
    tc_write_string(writer, "model", candidate && candidate->model ? candidate->model->slug : NULL);
    tc_write_number(writer, "tokens", candidate ? candidate->tokens : NAN);
    tc_write_string(writer, "unit", candidate ? candidate->unit : NULL);
    tc_write_string(writer, "pool", candidate ? plan->scenario->pool[run->pool].name : NULL);
    tc_write_day(writer, "start", run->feasible, run->start);
    if (plan->outlook) {
        write_drawn(writer, plan, index);
    } else {
        tc_write_day(writer, "start_p10", run->p10.known, run->p10.start);
        tc_write_day(writer, "start_p90", run->p90.known, run->p90.start);
        tc_write_day(writer, "finish_p10", run->p10.known, run->p10.finish);
        tc_write_day(writer, "finish_p50", run->feasible, run->finish);
        tc_write_day(writer, "finish_p90", run->p90.known, run->p90.finish);
    }
    tc_write_string(writer, "deadline", job->deadline == INT32_MAX ? NULL : job->deadline_date);
    if (job->deadline != INT32_MAX) tc_write_bool(writer, "in_time", run->feasible && !plan->job[index].late);
    double bound = plan->job[index].bound_s;
    tc_write_day(writer, "finish_bound", bound < INFINITY,
                 bound < INFINITY ? plan->scenario->start + (int32_t)floor(bound / 86400) : 0);
    if (!run->feasible) tc_write_string(writer, "why", run->why);
    write_sums(writer, run, plan->outlook && run->feasible ? &plan->outlook->job[index] : NULL);
    write_phases(writer, plan->scenario, run);
    tc_write_close(writer);
}

static void write_candidate(tc_writer *writer, const tc_plan *plan, const tc_plan_run *run) {
    const tc_scenario_job *job = &plan->scenario->job[run->job];
    const tc_scenario_candidate *candidate = &job->candidate[run->candidate];
    tc_write_object(writer, NULL);
    tc_write_string(writer, "job", job->name);
    tc_write_string(writer, "candidate", candidate->name);
    tc_write_string(writer, "model", candidate->model ? candidate->model->slug : NULL);
    tc_write_string(writer, "unit", candidate->unit);
    tc_write_number(writer, "parameters", candidate->parameters);
    tc_write_number(writer, "active_parameters", candidate->active_parameters);
    tc_write_number(writer, "tokens", candidate->tokens);
    tc_write_bool(writer, "feasible", run->feasible);
    if (!run->feasible) tc_write_string(writer, "why", run->why);
    if (!run->feasible && run->enough_devices) tc_write_integer(writer, "enough_devices", run->enough_devices);
    tc_write_day(writer, "start", run->feasible, run->start);
    tc_write_day(writer, "finish", run->feasible, run->finish); /* old name, until 0.2 */
    tc_write_day(writer, "finish_p10", run->p10.known, run->p10.finish);
    tc_write_day(writer, "finish_p50", run->feasible, run->finish);
    tc_write_day(writer, "finish_p90", run->p90.known, run->p90.finish);
    write_sums(writer, run, NULL);
    tc_write_integer(writer, "layouts_tried", run->evaluated);
    write_phases(writer, plan->scenario, run);
    tc_write_close(writer);
}

/* Devices that work, month by month, until nothing changes any more. */
static void write_months(tc_writer *writer, const tc_outlook *outlook, int pool) {
    const tc_outlook_month *month = &outlook->month[pool * outlook->months];
    int last = outlook->months - 1;
    while (last > 0 && month[last].p10 == month[last - 1].p10 && month[last].p50 == month[last - 1].p50
           && month[last].p90 == month[last - 1].p90)
        last--;
    tc_write_array(writer, "usable");
    for (int m = 0; m <= last; m++) {
        tc_write_object(writer, NULL);
        tc_write_day(writer, "date", true, month[m].day);
        tc_write_integer(writer, "p10", month[m].p10);
        tc_write_integer(writer, "p50", month[m].p50);
        tc_write_integer(writer, "p90", month[m].p90);
        tc_write_close(writer);
    }
    tc_write_close(writer);
}

static void write_pool(tc_writer *writer, const tc_plan *plan, int index) {
    const tc_scenario_pool *pool = &plan->scenario->pool[index];
    tc_write_object(writer, NULL);
    tc_write_string(writer, "name", pool->name);
    tc_write_string(writer, "accelerator", pool->cluster.accelerator.slug);
    tc_write_string(writer, "fabric", pool->cluster.fabric.slug);
    tc_write_string(writer, "stack", pool->software[TC_MODEL_OF_TEXT].slug);
    tc_write_string(writer, "region", pool->economics.region);
    tc_write_string(writer, "ownership", pool->rented ? "rented" : "owned");
    tc_write_integer(writer, "devices", plan->pool[index].total);
    tc_write_integer(writer, "serving_devices", plan->pool[index].serving);
    tc_write_integer(writer, "training_devices", plan->pool[index].training);
    if (plan->pool[index].pace.p50 > 0)
        write_three(writer, "pace", plan->pool[index].pace.p50, plan->pool[index].pace.p10, plan->pool[index].pace.p90);
    tc_write_day(writer, "until", pool->until != INT32_MAX, pool->until);
    tc_write_array(writer, "deliveries");
    for (int i = 0; i < pool->deliveries; i++) {
        tc_write_object(writer, NULL);
        tc_write_day(writer, "date", true, pool->delivery[i].day);
        tc_write_integer(writer, "devices", pool->delivery[i].devices);
        tc_write_close(writer);
    }
    tc_write_close(writer);
    if (plan->outlook) write_months(writer, plan->outlook, index);
    tc_write_plan_months(writer, plan, index);
    tc_write_array(writer, "candidates");
    for (int i = 0; i < plan->candidates; i++)
        if (plan->candidate[i].pool == index) write_candidate(writer, plan, &plan->candidate[i]);
    tc_write_close(writer);
    tc_write_close(writer);
}

/* What each date depends on. */
static void write_drivers(tc_writer *writer, const tc_plan *plan) {
    tc_write_array(writer, "drivers");
    for (int j = 0; plan->outlook && j < plan->jobs; j++) {
        const tc_outlook_job *o = &plan->outlook->job[j];
        if (!plan->run[j].feasible || !plan->outlook->drivers) continue;
        for (int d = 0; d <= TC_DRIVERS; d++) {
            tc_write_object(writer, NULL);
            tc_write_string(writer, "job", plan->scenario->job[j].name);
            tc_write_string(writer, "name", d < TC_DRIVERS ? tc_driver_name(d) : "interactions");
            tc_write_number(writer, "share", d < TC_DRIVERS ? o->share[d] : o->interactions);
            tc_write_number(writer, "swing_days", d < TC_DRIVERS ? o->swing_s[d] / 86400 : NAN);
            tc_write_close(writer);
        }
        for (int i = 0; i < o->pairs; i++) {
            char name[64];
            snprintf(name, sizeof name, "%s x %s", tc_driver_name((int)o->pair[i].a),
                     tc_driver_name((int)o->pair[i].b));
            tc_write_object(writer, NULL);
            tc_write_string(writer, "job", plan->scenario->job[j].name);
            tc_write_string(writer, "name", name);
            tc_write_number(writer, "share", o->pair[i].share);
            tc_write_null(writer, "swing_days");
            tc_write_close(writer);
        }
    }
    tc_write_close(writer);
}

static const char *const gate_names[] = {"work", "never", "delivery", "here", "platform", "service", "job"};

/* What each job's end waited for, in what share of the calendars. */
static void write_gates(tc_writer *writer, const tc_plan *plan) {
    const tc_scenario *s = plan->scenario;
    tc_write_array(writer, "criticality");
    for (int j = 0; plan->outlook && j < plan->jobs; j++)
        for (int i = 0; i < plan->outlook->job[j].gates; i++) {
            const tc_gate *g = &plan->outlook->job[j].gate[i];
            bool delivery = g->kind == TC_GATE_DELIVERY;
            tc_write_object(writer, NULL);
            tc_write_string(writer, "job", s->job[j].name);
            tc_write_string(writer, "gate", gate_names[g->kind]);
            tc_write_string(writer, "pool", g->pool >= 0 ? s->pool[g->pool].name : NULL);
            tc_write_day(writer, "delivery", delivery,
                         delivery ? s->pool[g->pool].delivery[s->pool[g->pool].line[g->line].first].day : 0);
            tc_write_string(writer, "after", g->job >= 0 ? s->job[g->job].name : NULL);
            tc_write_number(writer, "share", g->share);
            tc_write_close(writer);
        }
    tc_write_close(writer);
}

static void write_done_by(tc_writer *writer, const tc_plan *plan, int job, int32_t day) {
    tc_write_object(writer, NULL);
    tc_write_day(writer, "date", true, day);
    tc_write_string(writer, "job", plan->scenario->job[job].name);
    tc_write_number(writer, "probability", tc_plan_done_by(plan, job, day));
    tc_write_close(writer);
}

/* The probability that each job is done by a day, that day included: the days that were asked for, and the turns of months
 * until it is as likely as it will be. */
static void write_by(tc_writer *writer, const tc_plan *plan) {
    tc_write_array(writer, "by");
    for (int j = 0; j < plan->jobs; j++) {
        if (!plan->run[j].feasible) continue;
        for (int i = 0; i < plan->days; i++) write_done_by(writer, plan, j, plan->day[i]);
        const tc_outlook *o = plan->outlook;
        for (int m = 1; o && m < o->months; m++) {
            int32_t day = o->month[m].day - 1;
            write_done_by(writer, plan, j, day);
            if (tc_plan_done_by(plan, j, day) >= 1 - o->job[j].never - 1e-9) break;
        }
    }
    tc_write_close(writer);
}

static const char *const lever_names[]
    = {"fewer tokens", "earlier deliveries", "more devices", "rented devices", "1000 more devices"};

/* What it would take, and what more devices would bring. */
static void write_take(tc_writer *writer, const tc_plan *plan) {
    const tc_scenario *s = plan->scenario;
    tc_write_array(writer, "take");
    for (int i = 0; i < plan->levers; i++) {
        const tc_lever *l = &plan->lever[i];
        tc_write_object(writer, NULL);
        tc_write_string(writer, "job", s->job[l->job].name);
        tc_write_string(writer, "lever", lever_names[l->kind]);
        tc_write_string(writer, "pool", l->pool < 0 ? NULL : s->pool[l->pool].name);
        tc_write_number(writer, "amount", l->kind == TC_LEVER_EARLIER ? l->amount / 86400 : l->amount);
        tc_write_string(writer, "unit",
                        l->kind == TC_LEVER_TOKENS    ? "share"
                        : l->kind == TC_LEVER_EARLIER ? "days"
                                                      : "devices");
        tc_write_day(writer, "from", l->kind >= TC_LEVER_DEVICES, l->from);
        tc_write_day(writer, "by", true, l->by);
        tc_write_number(writer, "probability", l->probability);
        tc_write_number(writer, "probability_before", l->before);
        tc_write_number(writer, "p50_days_earlier", l->p50_before_s / 86400 - l->p50_s / 86400);
        tc_write_number(writer, "cost_usd", l->cost_usd);
        tc_write_number(writer, "rental_usd_per_h", l->rental_usd_per_h);
        tc_write_close(writer);
    }
    tc_write_close(writer);
}

/* The largest standard error of a date; NaN: nothing was drawn, or nothing is ever done. */
static double worst_error(const tc_plan *plan) {
    double worst = NAN;
    for (int j = 0; plan->outlook && j < plan->jobs; j++) {
        const tc_percentiles *e = &plan->outlook->job[j].finish_error_s;
        const double each[] = {e->p10, e->p50, e->p90};
        for (int i = 0; i < 3; i++)
            if (each[i] < INFINITY && !(each[i] <= worst)) worst = each[i];
    }
    return worst / 86400;
}

static void write_rules(tc_writer *writer, const tc_plan *plan) {
    tc_write_array(writer, "rules");
    for (int i = 0; i < plan->rules; i++) {
        const tc_pool_rule *r = &plan->rule[i];
        tc_write_object(writer, NULL);
        tc_write_string(writer, "pool", plan->scenario->pool[r->pool].name);
        tc_write_string(writer, "rule", r->rule);
        tc_write_day(writer, "from", true, r->from);
        tc_write_day(writer, "until", r->until != INT32_MAX, r->until);
        tc_write_bool(writer, "forbids", r->forbids);
        tc_write_integer(writer, "deliveries_then", r->deliveries);
        tc_write_string(writer, "text", r->text);
        tc_write_close(writer);
    }
    tc_write_close(writer);
}

void tc_write_plan(tc_writer *writer, const tc_plan *plan) {
    const tc_scenario *s = plan->scenario;
    tc_write_string(writer, "scenario", s->slug);
    tc_write_string(writer, "name", s->name);
    tc_write_day(writer, "start", true, s->start);
    tc_write_bool(writer, "feasible", plan->feasible);
    tc_write_bool(writer, "complete", plan->complete);
    tc_write_bool(writer, "served", plan->served);
    tc_write_array(writer, "jobs");
    for (int i = 0; i < plan->jobs; i++) write_job(writer, plan, i);
    tc_write_close(writer);
    tc_write_array(writer, "pools");
    for (int i = 0; i < s->pools; i++) write_pool(writer, plan, i);
    tc_write_close(writer);
    tc_write_plan_serving(writer, plan);
    if (!plan->feasible) {
        tc_write_array(writer, "best");
        tc_write_close(writer);
    }
    tc_write_at_once(writer, plan);
    tc_write_rentals(writer, plan);
    tc_write_plan_months(writer, plan, -1);
    tc_write_lines(writer, "advice", plan->advice, plan->advice_count);
    write_rules(writer, plan);
    write_by(writer, plan);
    write_drivers(writer, plan);
    write_gates(writer, plan);
    write_take(writer, plan);
    tc_write_best_by(writer, plan);
    tc_write_integer(writer, "seed", plan->seed);
    tc_write_integer(writer, "samples", plan->samples);
    tc_write_number(writer, "standard_error_days", worst_error(plan));
}
