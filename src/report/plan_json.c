/* plan_json.c - a plan told for programs: jobs with their phases, pools with what they could train, serving. */
#include <math.h>
#include <stddef.h>

#include "base/calendar.h"
#include "report/plan_report.h"
#include "report/step_report.h"

static void write_day(tc_writer *writer, const char *key, bool known, int32_t day) {
    char text[TC_DATE_SIZE];
    tc_date_format(day, text);
    tc_write_string(writer, key, known ? text : NULL);
}

/* What the run asks of its pool's stack. */
static tc_question question_of(const tc_scenario *s, const tc_plan_run *run) {
    const tc_scenario_candidate *candidate = &s->job[run->job].candidate[run->candidate];
    tc_question question = tc_default_question();
    question.stack = s->pool[run->pool].software;
    if (candidate->model) question.job.model = *candidate->model;
    question.job.seq = candidate->seq;
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
    tc_question question = run->phases > 0 ? question_of(s, run) : tc_default_question();
    bool is_forecast = s->job[run->job].candidate[run->candidate].model != NULL;
    for (int i = 0; i < run->phases; i++) {
        const tc_plan_phase *phase = &run->phase[i];
        tc_write_object(writer, NULL);
        write_day(writer, "from", true, phase->from);
        write_day(writer, "to", true, phase->to);
        tc_write_string(writer, "pool", s->pool[run->pool].name);
        tc_write_integer(writer, "devices", phase->devices);
        tc_write_integer(writer, "available", phase->available);
        write_step(writer, &question, is_forecast ? &phase->step : NULL);
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

/* Finish, cost and energy of a run; null where it is not feasible. */
static void write_sums(tc_writer *writer, const tc_plan_run *run) {
    const tc_plan_end *p10 = &run->p10, *p90 = &run->p90;
    double none = run->feasible ? 0 : NAN, no_p10 = p10->known ? 0 : NAN, no_p90 = p90->known ? 0 : NAN;
    write_three(writer, "days", (run->finish_s - run->start_s) / 86400 + none,
                (p10->finish_s - p10->start_s) / 86400 + no_p10, (p90->finish_s - p90->start_s) / 86400 + no_p90);
    tc_write_number(writer, "goodput", run->goodput + none);
    tc_write_number(writer, "failures", run->failures + none);
    tc_write_number(writer, "device_hours", run->device_hours + none);
    write_three(writer, "cost_usd", run->cost_usd + none, p10->cost_usd + no_p10, p90->cost_usd + no_p90);
    write_three(writer, "energy_mwh", run->energy_mwh + none, p10->energy_mwh + no_p10, p90->energy_mwh + no_p90);
    write_three(writer, "co2_t", run->tonnes_co2 + none, p10->tonnes_co2 + no_p10, p90->tonnes_co2 + no_p90);
    /* old name, until 0.2 */
    write_three(writer, "tonnes_co2", run->tonnes_co2 + none, p10->tonnes_co2 + no_p10, p90->tonnes_co2 + no_p90);
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
    write_day(writer, "start", run->feasible, run->start);
    write_day(writer, "start_p10", run->p10.known, run->p10.start);
    write_day(writer, "start_p90", run->p90.known, run->p90.start);
    write_day(writer, "finish_p10", run->p10.known, run->p10.finish);
    write_day(writer, "finish_p50", run->feasible, run->finish);
    write_day(writer, "finish_p90", run->p90.known, run->p90.finish);
    tc_write_string(writer, "deadline", job->deadline == INT32_MAX ? NULL : job->deadline_date);
    if (job->deadline != INT32_MAX) tc_write_bool(writer, "in_time", run->feasible && !plan->job[index].late);
    if (!run->feasible) tc_write_string(writer, "why", run->why);
    write_sums(writer, run);
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
    write_day(writer, "start", run->feasible, run->start);
    write_day(writer, "finish", run->feasible, run->finish); /* old name, until 0.2 */
    write_day(writer, "finish_p10", run->p10.known, run->p10.finish);
    write_day(writer, "finish_p50", run->feasible, run->finish);
    write_day(writer, "finish_p90", run->p90.known, run->p90.finish);
    write_sums(writer, run);
    tc_write_integer(writer, "layouts_tried", run->evaluated);
    write_phases(writer, plan->scenario, run);
    tc_write_close(writer);
}

static void write_pool(tc_writer *writer, const tc_plan *plan, int index) {
    const tc_scenario_pool *pool = &plan->scenario->pool[index];
    tc_write_object(writer, NULL);
    tc_write_string(writer, "name", pool->name);
    tc_write_string(writer, "accelerator", pool->cluster.accelerator.slug);
    tc_write_string(writer, "fabric", pool->cluster.fabric.slug);
    tc_write_string(writer, "stack", pool->software.slug);
    tc_write_string(writer, "region", pool->economics.region);
    tc_write_string(writer, "ownership", pool->rented ? "rented" : "owned");
    tc_write_integer(writer, "devices", plan->pool[index].total);
    tc_write_integer(writer, "serving_devices", plan->pool[index].serving);
    tc_write_integer(writer, "training_devices", plan->pool[index].training);
    write_day(writer, "until", pool->until != INT32_MAX, pool->until);
    tc_write_array(writer, "deliveries");
    for (int i = 0; i < pool->deliveries; i++) {
        tc_write_object(writer, NULL);
        write_day(writer, "date", true, pool->delivery[i].day);
        tc_write_integer(writer, "devices", pool->delivery[i].devices);
        tc_write_close(writer);
    }
    tc_write_close(writer);
    tc_write_array(writer, "candidates");
    for (int i = 0; i < plan->candidates; i++)
        if (plan->candidate[i].pool == index) write_candidate(writer, plan, &plan->candidate[i]);
    tc_write_close(writer);
    tc_write_close(writer);
}

static void write_serving(tc_writer *writer, const tc_scenario *s, const tc_scenario_serving *serving) {
    tc_write_object(writer, NULL);
    tc_write_string(writer, "name", serving->name);
    tc_write_string(writer, "pool", s->pool[serving->pool].name);
    tc_write_integer(writer, "devices", serving->devices);
    tc_write_number(writer, "monthly_users",
                    serving->devices_given || serving->tokens_per_day >= 0 ? NAN : serving->monthly_users);
    tc_write_number(writer, "tokens_per_day", serving->tokens_per_day >= 0 ? serving->tokens_per_day : NAN);
    tc_write_number(writer, "peak_prefill_tokens_per_s",
                    serving->devices_given ? NAN : serving->peak_prefill_tokens_per_s);
    tc_write_number(writer, "peak_decode_tokens_per_s",
                    serving->devices_given ? NAN : serving->peak_decode_tokens_per_s);
    tc_write_close(writer);
}

void tc_report_plan(tc_target *target, const tc_plan *plan) {
    const tc_scenario *s = plan->scenario;
    tc_writer writer = tc_write_begin(target, "plan/1", "jobs.phases");
    tc_write_lines(&writer, "assumed", plan->assumed, plan->assumed_count);
    tc_write_string(&writer, "scenario", s->slug);
    tc_write_string(&writer, "name", s->name);
    write_day(&writer, "start", true, s->start);
    tc_write_bool(&writer, "feasible", plan->feasible);
    tc_write_bool(&writer, "complete", plan->complete);
    tc_write_array(&writer, "jobs");
    for (int i = 0; i < plan->jobs; i++) write_job(&writer, plan, i);
    tc_write_close(&writer);
    tc_write_array(&writer, "pools");
    for (int i = 0; i < s->pools; i++) write_pool(&writer, plan, i);
    tc_write_close(&writer);
    tc_write_array(&writer, "serving");
    for (int i = 0; i < s->servings; i++) write_serving(&writer, s, &s->serving[i]);
    tc_write_close(&writer);
    if (!plan->feasible) {
        tc_write_array(&writer, "best");
        tc_write_close(&writer);
    }
    tc_write_lines(&writer, "advice", plan->advice, plan->advice_count);
    tc_write_integer(&writer, "seed", plan->seed);
    tc_write_integer(&writer, "samples", plan->samples);
    tc_write_end(&writer);
}
