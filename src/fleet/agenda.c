/* agenda.c - which candidate a job trains, and its way through the middle future.
 *
 * In the scenario's order every job takes the first of its candidates that meets its deadline (without one: that can be trained at all) in
 * the middle future, where every variable has its median, beside the jobs before it; course.c says where each runs. The numbers of
 * devices that the jobs then run on are searched for in the whole space of layouts, until no new one turns up. */
#include "fleet/bound.h"
#include "fleet/planner.h"
#include "fleet/runs.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "fleet/capability.h"

#define DAY 86400.0
#define MOST_ROUNDS 12

double tc_earliest_of(const tc_scenario *s, const tc_scenario_job *job) {
    double at = job->not_before == INT32_MIN ? 0 : (double)((int64_t)job->not_before - s->start) * DAY;
    return at > 0 ? at : 0;
}

/* ---- tasks ------------------------------------------------------------------------------------------ */

/* The stages of a candidate, with room for their rates. NULL: out of memory. */
static tc_stage *new_stages(const tc_planner *p, const tc_scenario_candidate *candidate) {
    int stages = tc_stages_of(candidate);
    tc_stage *stage = tc_arena_alloc(&p->plan->arena, (size_t)stages * sizeof *stage);
    for (int i = 0; stage && i < stages; i++) {
        stage[i].tokens = tc_stage_tokens(candidate, i);
        stage[i].rates = tc_arena_alloc(&p->plan->arena, (size_t)p->scenario->pools * sizeof *stage[i].rates);
        if (!stage[i].rates) return NULL;
    }
    return stage;
}

/* The candidate as a task. *possible: some pool can train it. */
static tc_code fill_task(tc_planner *p, tc_task *task, int job, int candidate, bool *possible) {
    const tc_scenario *s = p->scenario;
    const tc_scenario_job *wanted = &s->job[job];
    tc_arena *arena = &p->plan->arena;
    tc_stage *stage = new_stages(p, &wanted->candidate[candidate]);
    *possible = false;
    *task = (tc_task){.job = wanted,
                      .index = job,
                      .candidate = candidate,
                      .stages = tc_stages_of(&wanted->candidate[candidate]),
                      .stage = stage,
                      .earliest_s = tc_earliest_of(s, wanted),
                      .after = -1,
                      .step_pool = -1,
                      .usual = tc_operations_usual(&p->risks),
                      .started_s = INFINITY,
                      .step = tc_arena_alloc(arena, (size_t)s->pools * sizeof *task->step)};
    if (!stage || !task->step) return tc_planner_no_memory(p);
    task->operations = tc_stream("job/%s/operations", wanted->name);
    for (int i = 0; i < p->tasks.tasks; i++)
        if (p->task[i].index == wanted->after_job) task->after = i;
    for (int k = 0; k < s->pools; k++) {
        int at = p->first[job] + candidate * s->pools + k;
        if (!p->plan->candidate[at].feasible) continue; /* not even alone */
        task->step[k] = tc_stream("step/%s/%s", wanted->candidate[candidate].name, s->pool[k].cluster.accelerator.slug);
        for (int i = 0; i < task->stages; i++) {
            tc_offer *offer = &p->offer[at][i];
            if (!offer->gridded && !s->certain) {
                tc_code code = tc_offer_open(offer, p->least[k], p->most[k], arena, p->error);
                if (code) return code;
            }
            stage[i].rates[k] = &offer->rates;
        }
        *possible = true;
    }
    task->earliest_s = fmax(task->earliest_s, p->tasks.from_s);
    return TC_OK;
}

/* ---- what has been seen of a run ------------------------------------------------------------------------ */

enum { SHARES = 255 }; /* samples of which the median is the usual share */

/* Devices that jobs had on a pool on a day: as reported, else those of the middle future. */
static int had_on(const tc_planner *p, int pool, int32_t day) {
    const tc_scenario *s = p->scenario;
    const tc_future *f = &p->middle[pool];
    double at = (double)((int64_t)day - s->start) * DAY;
    int devices = -1;
    for (int i = 0; i < s->actuals && s->actual[i].day <= day; i++)
        if (s->actual[i].pool == pool && s->actual[i].devices >= 0)
            devices = s->actual[i].usable >= 0 ? s->actual[i].usable
                                               : (int)(s->actual[i].devices * (1 - s->pool[pool].risks.spares));
    if (devices >= 0) return tc_fleet_training(p->fleet, pool, devices, at);
    int level = -1;
    while (level + 1 < f->levels && f->level[level + 1].from_s <= at) level++;
    return level < 0 ? 0 : f->level[level].training;
}

/* The pool that has the best rate for the task on what it has. */
static int pool_now(const tc_planner *p, const tc_task *task) {
    int best = -1;
    double most = 0;
    for (int k = 0; k < p->scenario->pools; k++) {
        const tc_rates *rates = task->stage[0].rates[k];
        if (!rates) continue;
        double rate = tc_rate_at(rates, had_on(p, k, p->scenario->as_of)).tokens_per_s;
        if (rate > most || best < 0) best = k;
        most = fmax(most, rate);
    }
    return best;
}

static int by_size(const void *a, const void *b) {
    return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

/* Seconds of steps that tokens `from` to `to` of a task take on so many devices of a pool; INFINITY: a stage has no layout there. */
static double steps_s(const tc_task *task, int pool, int devices, double from, double to) {
    double sum = 0, begin = 0;
    for (int i = 0; i < task->stages && pool >= 0; i++) {
        double end = i + 1 < task->stages ? begin + task->stage[i].tokens : INFINITY,
               tokens = fmin(to, end) - fmax(from, begin), rate;
        if (tokens > 0) {
            rate = tc_rate_at(task->stage[i].rates[pool], devices).tokens_per_s;
            sum += rate > 0 ? tokens / rate : INFINITY;
        }
        begin = end;
    }
    return pool < 0 ? INFINITY : sum;
}

/* Leaves of a task's stages those that are not done after so many tokens. */
static bool go_on_from(tc_planner *p, tc_task *task, double tokens) {
    tc_stage *stage = tc_arena_alloc(&p->plan->arena, (size_t)task->stages * sizeof *stage);
    if (!stage) return false;
    memcpy(stage, task->stage, (size_t)task->stages * sizeof *stage);
    for (; task->stages > 1 && tokens >= stage->tokens; stage++, task->stages--, task->first_stage++)
        tokens -= stage->tokens;
    stage->tokens = fmax(stage->tokens - tokens, 1);
    task->stage = stage;
    return true;
}

/* A run that has been reported goes on from its tokens, at the pace that it has had. */
static tc_code learn(tc_planner *p, tc_task *task) {
    const tc_scenario *s = p->scenario;
    int pool = pool_now(p, task);
    double tokens = 0, all = 0, share[SHARES];
    int32_t since = task->job->not_before > s->start ? task->job->not_before : s->start;
    tc_pace *pace = tc_arena_alloc(&p->plan->arena, sizeof *pace);
    if (!pace) return tc_planner_no_memory(p);
    *pace = tc_pace_start(&p->plan->scenario->risks, 1);
    task->started_s = (double)((int64_t)since - s->start) * DAY;
    for (int i = 0; i < s->actuals; i++) {
        const tc_actual *a = &s->actual[i];
        if (a->job != task->index || !(a->tokens >= 0)) continue;
        double took
            = pool < 0 ? INFINITY : steps_s(task, pool, had_on(p, pool, since), tokens, fmax(a->tokens, tokens));
        if (a->day > since && took < INFINITY) tc_pace_see(pace, (a->day - since) * DAY, took);
        tokens = a->tokens;
        since = a->day;
    }
    for (int i = 0; i < task->stages; i++) all += task->stage[i].tokens;
    double left_s = pool < 0 ? INFINITY : steps_s(task, pool, had_on(p, pool, s->as_of), tokens, fmax(all, tokens + 1));
    if (!go_on_from(p, task, tokens)) return tc_planner_no_memory(p);
    if (s->certain || !(left_s < INFINITY) || !tc_pace_known(pace)) return TC_OK;
    task->seen = pace;
    task->seen_left_s = fmax(left_s, DAY);
    for (uint32_t i = 0; i < SHARES; i++)
        share[i] = task->seen_left_s / tc_pace_rest(pace, task->seen_left_s, 1, task->operations, i);
    qsort(share, SHARES, sizeof *share, by_size);
    task->usual = share[SHARES / 2];
    return TC_OK;
}

static bool was_seen(const tc_scenario *s, int job) {
    for (int i = 0; i < s->actuals; i++)
        if (s->actual[i].job == job && s->actual[i].tokens >= 0) return true;
    return false;
}

/* ---- the middle future --------------------------------------------------------------------------------- */

static tc_code follow(tc_planner *p, double step_z) {
    tc_fate fate = {.middle = true, .step_z = step_z};
    p->step_z = step_z;
    for (;;) {
        p->legs = tc_course_follow(p->course, &fate, p->middle, p->fortune, p->leg, p->leg_room);
        if (p->legs <= p->leg_room) return TC_OK;
        p->leg_room = 2 * p->legs;
        p->leg = tc_arena_alloc(&p->plan->arena, (size_t)p->leg_room * sizeof *p->leg);
        if (!p->leg) return tc_planner_no_memory(p);
    }
}

/* In the table of candidates on pools. */
static int row_of(const tc_planner *p, const tc_task *task, int pool) {
    return p->first[task->index] + task->candidate * p->scenario->pools + pool;
}

static tc_offer *offer_of(const tc_planner *p, const tc_task *task, int stage, int pool) {
    return &p->offer[row_of(p, task, pool)][task->first_stage + stage];
}

/* Follows the middle future until every number of devices that a job runs on has a layout of its own. Where a scenario is certain the levels
 * of its pools are named first: there is no grid. */
static tc_code refine(tc_planner *p, bool whole) {
    for (int round = 0; round < MOST_ROUNDS; round++) {
        bool any = false;
        tc_code code = follow(p, 0);
        for (int i = 0; i < p->legs && code == TC_OK; i++) {
            const tc_leg *leg = &p->leg[i];
            const tc_task *task = &p->task[leg->task];
            bool added = false;
            code = tc_offer_name(offer_of(p, task, leg->stage, leg->pool), leg->available, whole, &p->plan->arena,
                                 &added, p->error);
            any = any || added;
        }
        if (code || !any) return code;
    }
    return follow(p, 0);
}

/* Names the levels of a pool until the candidate alone would be done. */
static tc_code name_levels_of(tc_planner *p, const tc_task *task, int stage, int pool) {
    const tc_future *f = &p->middle[pool];
    double alone_s = p->plan->candidate[row_of(p, task, pool)].finish_s;
    tc_offer *offer = offer_of(p, task, stage, pool);
    offer->rates.restart_s = p->scenario->pool[pool].economics.restart_s;
    for (int i = 0; i < f->levels && (offer->rates.knots == 0 || f->level[i].from_s < alone_s); i++) {
        bool added;
        int devices = f->level[i].training, most = task->job->max_devices;
        if (most > 0 && devices > most) devices = most;
        if (devices < 1) continue;
        tc_code code = tc_offer_name(offer, devices, false, &p->plan->arena, &added, p->error);
        if (code) return code;
    }
    return TC_OK;
}

/* Where nothing is uncertain there is no grid: the levels that the candidate alone would meet are named, others as they are met. */
static tc_code name_levels(tc_planner *p, const tc_task *task) {
    tc_code code = TC_OK;
    for (int k = 0; k < p->scenario->pools && p->scenario->certain; k++)
        for (int i = 0; i < task->stages && task->stage[0].rates[k] && code == TC_OK; i++)
            code = name_levels_of(p, task, i, k);
    return code;
}

/* ---- runs ----------------------------------------------------------------------------------------------- */

static tc_code run_of(tc_planner *p, int task, tc_plan_run *run) {
    const tc_run_source source = {.scenario = p->scenario,
                                  .task = &p->task[task],
                                  .index = task,
                                  .leg = p->leg,
                                  .legs = p->legs,
                                  .fortune = &p->fortune[task],
                                  .step_z = p->step_z,
                                  .offer = p->offer + p->first[run->job] + run->candidate * p->scenario->pools};
    return tc_run_write(&source, &p->plan->arena, run) ? TC_OK : tc_planner_no_memory(p);
}

/* The same run as it ends with all steps at one end of their interval. */
static tc_code end_of(tc_planner *p, int task, const tc_plan_run *run, tc_plan_end *out) {
    tc_plan_run end = {.job = run->job, .candidate = run->candidate};
    if (!(p->fortune[task].finish_s < INFINITY)) return TC_OK;
    tc_code code = run_of(p, task, &end);
    *out = (tc_plan_end){true,         end.start,    end.finish,     end.start_s,
                         end.finish_s, end.cost_usd, end.energy_mwh, end.tonnes_co2};
    return code;
}

/* Of a job's tokens: what a layout trains that is asked what is to be expected of it. Each takes a search. */
#define MUCH 0.05

/* What is to be expected of the layouts that train much of a job. */
static tc_code expect_layouts(tc_planner *p) {
    double *trained = tc_arena_alloc(&p->plan->arena, (size_t)(p->tasks.tasks + 1) * sizeof *trained);
    if (!trained) return tc_planner_no_memory(p);
    for (int t = 0; t < p->tasks.tasks; t++) trained[t] = 0;
    for (int i = 0; i < p->legs; i++) trained[p->leg[i].task] += p->leg[i].tokens;
    tc_code code = TC_OK;
    for (int i = 0; i < p->legs && code == TC_OK; i++) {
        const tc_leg *leg = &p->leg[i];
        const tc_task *task = &p->task[leg->task];
        if (leg->tokens < MUCH * trained[leg->task]) continue;
        const tc_choice *choice = task->stage[leg->stage].rates[leg->pool]->knot[leg->knot].choice;
        int row = p->first[task->index] + task->candidate * p->scenario->pools + leg->pool;
        if (choice) code = tc_prospect_expect(p->offer[row][task->first_stage + leg->stage].prospect, choice, p->error);
    }
    return code;
}

/* Runs of all tasks; their ends, where the plan draws nothing. */
static tc_code write_runs(tc_planner *p) {
    tc_code code = expect_layouts(p);
    for (int t = 0; t < p->tasks.tasks && code == TC_OK; t++) code = run_of(p, t, &p->plan->run[p->task[t].index]);
    for (int q = 0; q < 2 && code == TC_OK; q++) {
        code = follow(p, q ? 1 : -1);
        for (int t = 0; t < p->tasks.tasks && code == TC_OK; t++) {
            tc_plan_run *run = &p->plan->run[p->task[t].index];
            if (run->feasible && run->phases > 0 && run->phase[0].step.step_s_p90 > 0)
                code = end_of(p, t, run, q ? &run->p90 : &run->p10);
        }
    }
    return code ? code : follow(p, 0);
}

/* ---- jobs ------------------------------------------------------------------------------------------------ */

tc_code tc_agenda_try(tc_planner *p) { return p->scenario->certain ? refine(p, false) : follow(p, 0); }

/* Before when no plan could have the jobs done; that a job waits for comes before it. */
static tc_code find_bounds(tc_planner *p) {
    int *cursor = tc_arena_alloc(&p->plan->arena, (size_t)(p->scenario->pools + 1) * sizeof *cursor);
    if (!cursor) return tc_planner_no_memory(p);
    for (int t = 0; t < p->tasks.tasks; t++) {
        const tc_task *task = &p->task[t];
        double from = task->earliest_s;
        if (task->after >= 0) from = fmax(from, p->plan->job[p->task[task->after].index].bound_s);
        p->plan->job[task->index].bound_s = tc_bound_of(&p->tasks, task, from, cursor);
    }
    return TC_OK;
}

/* Tries a candidate beside the jobs before it. *finish_s: INFINITY where it is never done. */
static tc_code try_candidate(tc_planner *p, int job, int candidate, bool whole, double *finish_s) {
    tc_task *task = &p->task[p->tasks.tasks];
    bool possible;
    *finish_s = INFINITY;
    tc_code code = fill_task(p, task, job, candidate, &possible);
    if (code || !possible) return code;
    code = name_levels(p, task);
    if (code == TC_OK && was_seen(p->scenario, job)) code = learn(p, task);
    if (code) return code;
    p->tasks.tasks++;
    code = whole ? refine(p, true) : tc_agenda_try(p);
    p->tasks.tasks--;
    *finish_s = p->fortune[p->tasks.tasks].finish_s;
    return code;
}

/* The losses of all candidates by the first scaling law, where a job chooses by them. INFINITY: of no model. */
static tc_code find_losses(tc_planner *p) {
    const tc_scenario *s = p->scenario;
    bool any = false;
    for (int j = 0; j < s->jobs; j++) any = any || s->job[j].choose;
    if (!any) return TC_OK;
    if (!p->options->catalog)
        return tc_fail(p->error, TC_INVALID, "options.catalog",
                       "is missing, which a job that chooses by capability needs; give the catalog");
    tc_scaling *scaling = tc_arena_alloc(&p->plan->arena, sizeof *scaling);
    p->loss = tc_arena_alloc(&p->plan->arena, (size_t)(p->plan->candidates + 1) * sizeof *p->loss);
    if (!scaling || !p->loss) return tc_planner_no_memory(p);
    tc_code code = tc_scaling_load(p->options->catalog, scaling, p->error);
    const tc_capability_setting setting = {.scaling = scaling, .unique_tokens = s->unique_tokens};
    for (int j = 0, at = 0; j < s->jobs && code == TC_OK; j++)
        for (int c = 0; c < s->job[j].candidates; c++, at++) {
            const tc_scenario_candidate *candidate = &s->job[j].candidate[c];
            p->loss[at] = INFINITY;
            if (!candidate->model) continue;
            const tc_capability_shape shape = tc_capability_shape_of(candidate->model);
            p->loss[at] = tc_capability_of(&setting, &shape, candidate->tokens).loss;
        }
    return code;
}

double tc_planner_loss(const tc_planner *p, int job, int candidate) {
    return p->loss[p->first[job] / p->scenario->pools + candidate];
}

/* Whether a candidate is to be taken instead of the one that was: in time rather than late, then by loss or as the file has it; of late ones
 * the earlier. */
static bool takes(const tc_planner *p, int job, int chosen, double best_s, int candidate, double finish_s,
                  double deadline_s) {
    if (chosen < 0) return finish_s < INFINITY;
    bool in_time = finish_s < deadline_s, was_in_time = best_s < deadline_s;
    if (in_time != was_in_time) return in_time;
    if (!in_time) return finish_s < best_s;
    return p->scenario->job[job].choose && tc_planner_loss(p, job, candidate) < tc_planner_loss(p, job, chosen);
}

static tc_code plan_job(tc_planner *p, int job) {
    const tc_scenario_job *wanted = &p->scenario->job[job];
    tc_plan_run *run = &p->plan->run[job];
    double deadline_s
        = wanted->deadline == INT32_MAX ? INFINITY : (double)((int64_t)wanted->deadline + 1 - p->scenario->start) * DAY,
        best_s = INFINITY;
    int chosen = -1;
    *run = (tc_plan_run){.job = job, .pool = -1};
    p->plan->job[job] = (tc_plan_job){.chosen = -1, .bound_s = INFINITY};
    if (wanted->after_job >= 0 && !p->plan->run[wanted->after_job].feasible) {
        snprintf(run->why, sizeof run->why, "waits for '%s', which cannot be trained", wanted->after);
        return TC_OK;
    }
    for (int c = 0; c < wanted->candidates; c++) {
        double finish_s;
        tc_code code = try_candidate(p, job, c, false, &finish_s);
        if (!code && finish_s < INFINITY && finish_s >= deadline_s) code = try_candidate(p, job, c, true, &finish_s);
        if (code) return code;
        if (takes(p, job, chosen, best_s, c, finish_s, deadline_s)) {
            chosen = c;
            best_s = finish_s;
        }
        if (finish_s < deadline_s && !wanted->choose) break;
    }
    if (chosen < 0) {
        snprintf(run->why, sizeof run->why, "no candidate %scan be trained on any pool",
                 p->looked_at < p->plan->candidates ? "that was looked at " : "");
        return TC_OK;
    }
    run->candidate = chosen;
    run->feasible = true;
    p->plan->job[job].chosen = chosen;
    bool possible;
    tc_code code = fill_task(p, &p->task[p->tasks.tasks], job, chosen, &possible);
    if (code == TC_OK && was_seen(p->scenario, job)) code = learn(p, &p->task[p->tasks.tasks]);
    p->tasks.tasks++;
    return code;
}

/* The highest by priority of those whose predecessor has its place; of equals the first of the file. done: [jobs]. */
static int next_job(const tc_scenario *s, const bool *done) {
    int next = -1;
    for (int j = 0; j < s->jobs; j++) {
        int after = s->job[j].after_job;
        if (done[j] || (after >= 0 && !done[after])) continue;
        if (next < 0 || s->job[j].priority > s->job[next].priority) next = j;
    }
    return next;
}

static tc_code plan_jobs(tc_planner *p) {
    bool *done = tc_arena_alloc(&p->plan->arena, (size_t)(p->scenario->jobs + 1) * sizeof *done);
    tc_code code = done ? TC_OK : tc_planner_no_memory(p);
    for (int i = 0; i < p->scenario->jobs && code == TC_OK; i++) {
        int job = next_job(p->scenario, done);
        done[job] = true;
        code = plan_job(p, job);
    }
    return code;
}

/* The first job by priority, where it is planned, has a dimension for its step error. */
static void give_dimensions(tc_planner *p) {
    int first = 0;
    for (int t = 1; t < p->tasks.tasks; t++)
        if (p->task[t].job->priority > p->task[first].job->priority) first = t;
    if (p->tasks.tasks > 0) p->task[first].step_pool = p->fortune[first].pool;
}

static bool open_tasks(tc_planner *p) {
    const tc_scenario *s = p->scenario;
    tc_arena *arena = &p->plan->arena;
    double *move_s = tc_arena_alloc(arena, (size_t)(s->pools + 1) * sizeof *move_s);
    int *kind = tc_arena_alloc(arena, (size_t)(s->pools + 1) * sizeof *kind);
    p->task = tc_arena_alloc(arena, (size_t)(s->jobs + 1) * sizeof *p->task);
    p->fortune = tc_arena_alloc(arena, (size_t)(s->jobs + 1) * sizeof *p->fortune);
    p->leg_room = 64;
    p->leg = tc_arena_alloc(arena, (size_t)p->leg_room * sizeof *p->leg);
    if (!move_s || !kind || !p->task || !p->fortune || !p->leg) return false;
    for (int k = 0; k < s->pools; k++) {
        move_s[k] = s->pool[k].bring_up_s;
        kind[k] = k;
        for (int i = 0; i < k; i++)
            if (strcmp(s->pool[i].cluster.accelerator.slug, s->pool[k].cluster.accelerator.slug) == 0)
                kind[k] = kind[i];
    }
    p->tasks = (tc_tasks){.pools = s->pools,
                          .tasks = s->jobs, /* for the room of the course */
                          .task = p->task,
                          .move_s = move_s,
                          .kind = kind,
                          .expected = p->middle,
                          .risks = p->risks,
                          .from_s = fmax((double)((int64_t)s->as_of - s->start) * DAY, 0),
                          .horizon_s = (double)((int64_t)s->horizon - s->start) * DAY};
    p->course = tc_course_new(&p->tasks, arena);
    p->tasks.tasks = 0;
    return p->course != NULL;
}

tc_code tc_agenda_make(tc_planner *p) {
    const tc_scenario *s = p->scenario;
    if (!open_tasks(p)) return tc_planner_no_memory(p);
    tc_code code = find_losses(p);
    if (code == TC_OK) code = plan_jobs(p);
    if (code == TC_OK) code = tc_agenda_order(p);
    if (code == TC_OK) code = refine(p, true);
    if (code == TC_OK) code = find_bounds(p);
    give_dimensions(p);
    if (code == TC_OK) code = write_runs(p);
    for (int j = 0; j < s->jobs && code == TC_OK; j++) {
        tc_plan_run *run = &p->plan->run[j];
        p->plan->job[j].late = run->feasible && run->finish > s->job[j].deadline;
        p->plan->feasible = p->plan->feasible || run->feasible;
        p->plan->complete = p->plan->complete && run->feasible;
    }
    return code;
}
