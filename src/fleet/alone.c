/* alone.c - a candidate alone on a pool, in the middle future: a course of one task (course.h).
 *
 * Every number of devices that it meets has a layout of its own, so that its rates are none but those of layouts. At the ends of the
 * 80 % interval the layouts are the same and all steps have the time of that end.
 *
 * Ignored: the job that it waits for, and what was seen of it so far: the table compares candidates from their start. */
#include "fleet/alone.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/calendar.h"
#include "base/decimal.h"
#include "base/error.h"
#include "fleet/runs.h"

#define DAY 86400.0
#define LONGEST (100 * 365.25 * DAY)

typedef struct alone {
    tc_planner *p;
    int row, pool, stages;
    const tc_future *future;
    tc_offer *offer; /* [stages] */
    tc_stage *stage; /* [stages] */
    tc_task task;
    tc_tasks tasks;
    tc_course *course;
    tc_fortune fortune;
    tc_leg *leg;
    int legs, leg_room;
    int most;         /* devices of the last level that was looked at */
    tc_arena scratch; /* what is not kept */
} alone;

/* ---- a course of one task ------------------------------------------------------------------ */

static bool open_task(alone *a) {
    tc_planner *p = a->p;
    const tc_plan_run *run = &p->plan->candidate[a->row];
    const tc_scenario_job *job = &p->scenario->job[run->job];
    const tc_scenario_candidate *candidate = &job->candidate[run->candidate];
    static const int kind = 0;
    static const double no_move = 0;
    const tc_rates **rates = tc_arena_alloc(&a->scratch, (size_t)a->stages * sizeof *rates);
    uint64_t *step = tc_arena_alloc(&a->scratch, sizeof *step);
    a->stage = tc_arena_alloc(&a->scratch, (size_t)a->stages * sizeof *a->stage);
    a->offer = tc_arena_alloc(&a->scratch, (size_t)a->stages * sizeof *a->offer);
    a->leg_room = 16;
    a->leg = tc_arena_alloc(&a->scratch, (size_t)a->leg_room * sizeof *a->leg);
    if (!rates || !step || !a->stage || !a->offer || !a->leg) return false;
    for (int i = 0; i < a->stages; i++) {
        a->offer[i] = p->offer[a->row][i];
        a->offer[i].rates = (tc_rates){.restart_s = a->offer[i].pool->economics.restart_s};
        a->offer[i].gridded = false;
        rates[i] = &a->offer[i].rates;
        a->stage[i] = (tc_stage){tc_stage_tokens(candidate, i), &rates[i]};
    }
    double from = tc_earliest_of(p->scenario, job),
           last = a->future->levels > 0 ? a->future->level[a->future->levels - 1].from_s : 0;
    a->task = (tc_task){.job = job,
                        .index = run->job,
                        .candidate = run->candidate,
                        .stages = a->stages,
                        .stage = a->stage,
                        .earliest_s = from,
                        .after = -1,
                        .step_pool = -1,
                        .step = step,
                        .usual = tc_operations_usual(&p->risks),
                        .started_s = INFINITY};
    a->tasks = (tc_tasks){.pools = 1,
                          .tasks = 1,
                          .task = &a->task,
                          .move_s = &no_move,
                          .kind = &kind,
                          .expected = a->future,
                          .risks = p->risks,
                          .from_s = 0,
                          .horizon_s = fmax(from, last) + LONGEST};
    a->course = tc_course_new(&a->tasks, &a->scratch);
    return a->course != NULL;
}

static bool follow(alone *a, double step_z) {
    tc_fate fate = {.middle = true, .step_z = step_z};
    for (;;) {
        a->legs = tc_course_follow(a->course, &fate, a->future, &a->fortune, a->leg, a->leg_room);
        if (a->legs <= a->leg_room) return true;
        a->leg_room = 2 * a->legs;
        a->leg = tc_arena_alloc(&a->scratch, (size_t)a->leg_room * sizeof *a->leg);
        if (!a->leg) return false;
    }
}

/* Names devices in every stage that is not over by then: later ones tell whether it is ever done. */
static tc_code name(alone *a, double at, int devices, bool *any) {
    tc_code code = TC_OK;
    int most = a->task.job->max_devices, stage = 0;
    if (most > 0 && devices > most) devices = most;
    for (int i = 0; i < a->legs && a->leg[i].from_s <= at; i++) stage = a->leg[i].stage;
    for (; stage < a->stages && code == TC_OK; stage++) {
        bool added;
        code = tc_offer_name(&a->offer[stage], devices, a->offer[stage].thorough, &a->p->plan->arena, &added,
                             a->p->error);
        *any = *any || added;
    }
    return code;
}

/* Names level after level, until the candidate is done or none comes any more. */
static tc_code climb(alone *a) {
    const tc_future *f = a->future;
    a->most = 0;
    for (int level = 0;;) {
        bool any = false;
        if (!follow(a, 0)) return tc_planner_no_memory(a->p);
        tc_code code = TC_OK;
        while (!any && code == TC_OK && level < f->levels) {
            double from = fmax(f->level[level].from_s, a->task.earliest_s),
                   end = level + 1 < f->levels ? f->level[level + 1].from_s : INFINITY;
            if (from >= a->fortune.finish_s || from >= f->until_s) break;
            int devices = f->level[level++].training;
            if (end <= a->task.earliest_s) continue;
            a->most = devices;
            if (devices > 0) code = name(a, from, devices, &any);
        }
        if (code || !any) return code;
    }
}

/* ---- what is told -------------------------------------------------------------------------- */

static tc_run_source source_of(alone *a, double step_z, tc_offer *const *first) {
    return (tc_run_source){.scenario = a->p->scenario,
                           .task = &a->task,
                           .leg = a->leg,
                           .legs = a->legs,
                           .fortune = &a->fortune,
                           .step_z = step_z,
                           .first_pool = a->pool,
                           .offer = first};
}

static tc_code write_ends(alone *a, tc_plan_run *run) {
    if (!run->feasible || !(run->phase[0].step.step_s_p90 > 0)) return TC_OK;
    tc_offer *const first = a->offer;
    for (int i = 0; i < 2; i++) {
        tc_plan_run end = {0};
        tc_run_source source = source_of(a, i ? 1 : -1, &first);
        if (!follow(a, source.step_z)) return tc_planner_no_memory(a->p);
        source.leg = a->leg;
        source.legs = a->legs;
        if (!tc_run_write(&source, &a->scratch, &end)) return tc_planner_no_memory(a->p);
        *(i ? &run->p90 : &run->p10) = end.feasible
                                           ? (tc_plan_end){true,         end.start,    end.finish,     end.start_s,
                                                           end.finish_s, end.cost_usd, end.energy_mwh, end.tonnes_co2}
                                           : (tc_plan_end){.known = false};
    }
    return TC_OK;
}

/* Why it is never done. */
static tc_code refuse(alone *a, tc_plan_run *out) {
    const tc_scenario_candidate *candidate = a->offer->candidate;
    int stage = 0;
    while (stage + 1 < a->stages && a->offer[stage].rates.knots > 0) stage++;
    tc_offer *offer = &a->offer[stage];
    if (offer->rates.knots > 0) {
        a->task.anyhow = true;
        if (!follow(a, 0)) return tc_planner_no_memory(a->p);
        tc_decimal percent = tc_decimal_text(100 * a->fortune.left / candidate->tokens, 0);
        char until[TC_DATE_SIZE];
        if (offer->pool->until == INT32_MAX) {
            snprintf(out->why, sizeof out->why, "would take more than 100 years");
        } else {
            tc_date_format(offer->pool->until, until);
            snprintf(out->why, sizeof out->why, "the pool ends on %s, when %s %% of the tokens are left", until,
                     percent.s);
        }
        return TC_OK;
    }
    if (!offer->why[0])
        snprintf(out->why, sizeof out->why, "no devices are left for training");
    else if (a->stages > 1)
        snprintf(out->why, sizeof out->why, "%.40s: %.150s", candidate->phase[stage].name, offer->why);
    else
        snprintf(out->why, sizeof out->why, "%s", offer->why);
    if (a->most < offer->min_devices) {
        out->enough_devices = offer->min_devices;
        return TC_OK;
    }
    return tc_prospect_enough(offer->prospect, a->most, &out->enough_devices, a->p->error);
}

static tc_code write_run(alone *a) {
    tc_plan_run *run = &a->p->plan->candidate[a->row];
    *run = (tc_plan_run){.job = run->job, .candidate = run->candidate, .pool = run->pool};
    if (!open_task(a)) return tc_planner_no_memory(a->p);
    tc_code code = climb(a);
    if (code) return code;
    int64_t evaluated = 0;
    for (int i = 0; i < a->stages; i++) evaluated += a->offer[i].prospect->evaluated;
    run->evaluated = (int)(evaluated < INT_MAX ? evaluated : INT_MAX);
    if (!(a->fortune.finish_s < INFINITY)) return refuse(a, run);
    tc_offer *const first = a->offer;
    tc_run_source source = source_of(a, 0, &first);
    if (!tc_run_write(&source, &a->p->plan->arena, run)) return tc_planner_no_memory(a->p);
    return write_ends(a, run);
}

static alone start(tc_planner *p, int row) {
    const tc_plan_run *run = &p->plan->candidate[row];
    const tc_scenario_candidate *candidate = &p->scenario->job[run->job].candidate[run->candidate];
    return (alone){.p = p,
                   .row = row,
                   .pool = run->pool,
                   .stages = tc_stages_of(candidate),
                   .future = &p->middle[run->pool]};
}

static tc_code open_offers(tc_planner *p, int row) {
    const tc_plan_run *run = &p->plan->candidate[row];
    const tc_scenario_job *job = &p->scenario->job[run->job];
    const tc_scenario_candidate *candidate = &job->candidate[run->candidate];
    int stages = tc_stages_of(candidate);
    tc_offer *offer = tc_arena_alloc(&p->plan->arena, (size_t)stages * sizeof *offer);
    p->offer[row] = offer;
    if (!offer) return tc_planner_no_memory(p);
    for (int i = 0; i < stages; i++) {
        offer[i] = (tc_offer){.candidate = candidate,
                              .pool = &p->scenario->pool[run->pool],
                              .min_devices = job->min_devices,
                              .prospect = tc_prospects_find(&p->prospects, p->scenario, p->interval, candidate, i,
                                                            run->pool, p->room[run->pool], &p->plan->arena)};
        if (!offer[i].prospect) return tc_planner_no_memory(p);
    }
    return TC_OK;
}

static void be_thorough(tc_planner *p, int row, int stages) {
    for (int i = 0; i < stages; i++) p->offer[row][i].thorough = true;
}

tc_code tc_alone_make(tc_planner *p, int row) {
    tc_code code = open_offers(p, row);
    alone a = start(p, row);
    if (code == TC_OK) code = write_run(&a);
    tc_arena_free(&a.scratch);
    const tc_plan_run *run = &p->plan->candidate[row];
    if (code || run->feasible || a.future->until_s == INFINITY) return code;
    be_thorough(p, row, a.stages);
    a = start(p, row);
    code = write_run(&a);
    tc_arena_free(&a.scratch);
    return code;
}

tc_code tc_alone_again(tc_planner *p, int row) {
    alone a = start(p, row);
    if (!p->offer[row][0].thorough) return TC_OK;
    be_thorough(p, row, a.stages);
    tc_code code = write_run(&a);
    tc_arena_free(&a.scratch);
    return code;
}
