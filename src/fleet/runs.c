/* runs.c - writes runs. */
#include "fleet/runs.h"

#include <math.h>

#define DAY 86400.0

int32_t tc_run_day(const tc_scenario *s, double seconds) {
    return seconds < INFINITY ? s->start + (int32_t)floor(seconds / DAY) : 0;
}

static tc_plan_phase phase_of(const tc_run_source *r, const tc_leg *leg) {
    const tc_scenario *s = r->scenario;
    const tc_task *task = r->task;
    const tc_knot *knot = &task->stage[leg->stage].rates[leg->pool]->knot[leg->knot];
    double share = task->usual;
    if (!task->seen) share /= 1 + leg->pace.overhead.checkpoint + leg->pace.overhead.failure;
    tc_plan_phase phase = {.pool = r->first_pool + leg->pool,
                           .stage = task->first_stage + leg->stage,
                           .from = tc_run_day(s, leg->from_s),
                           .to = tc_run_day(s, leg->to_s),
                           .from_s = leg->from_s,
                           .to_s = leg->to_s,
                           .devices = leg->devices,
                           .available = leg->available,
                           .tokens = leg->tokens,
                           .tokens_per_s = leg->pace.tokens_per_s * share,
                           .goodput = share};
    if (!knot->choice) return phase;
    phase.step = knot->choice->step;
    phase.step.step_s *= pow(r->step_z < 0 ? knot->fast : knot->slow, fabs(r->step_z));
    phase.expected_step_s = knot->choice->expected * phase.step.step_s;
    phase.expected_step_s_p10 = knot->choice->expected * phase.step.step_s_p10;
    phase.expected_step_s_p90 = knot->choice->expected * phase.step.step_s_p90;
    return phase;
}

/* The sums of the phases. Their share of a last, partial step is left out. */
static void add_up(const tc_run_source *r, tc_plan_run *out) {
    double useful = 0;
    for (int i = 0; i < out->phases; i++) {
        const tc_plan_phase *phase = &out->phase[i];
        const tc_offer *offer = r->offer[phase->pool - r->first_pool];
        tc_run run;
        out->device_hours += phase->devices * (phase->to_s - phase->from_s) / 3600;
        useful += phase->tokens / phase->step.tokens_per_step * phase->step.step_s;
        if (!(phase->tokens > 0) || tc_offer_run(offer, phase, &run, NULL) != TC_OK) continue;
        double share = phase->tokens / (run.steps * phase->step.tokens_per_step);
        out->cost_usd += share * (offer->pool->rented ? run.rented_usd : run.owned_usd);
        out->energy_mwh += share * run.mwh;
        out->tonnes_co2 += share * run.tonnes_co2;
        out->failures += share * run.failures;
    }
    if (out->phases > 0) out->goodput = useful / (out->finish_s - out->phase[0].from_s);
}

bool tc_run_write(const tc_run_source *r, tc_arena *arena, tc_plan_run *run) {
    int phases = 0;
    for (int i = 0; i < r->legs; i++) phases += r->leg[i].task == r->index;
    run->phase = tc_arena_alloc(arena, (size_t)(phases + 1) * sizeof *run->phase);
    if (!run->phase) return false;
    run->phases = 0;
    for (int i = 0; i < r->legs; i++)
        if (r->leg[i].task == r->index && r->leg[i].to_s > r->leg[i].from_s)
            run->phase[run->phases++] = phase_of(r, &r->leg[i]);
    run->start_s = r->fortune->start_s;
    run->finish_s = r->fortune->finish_s;
    run->start = tc_run_day(r->scenario, run->start_s);
    run->finish = tc_run_day(r->scenario, run->finish_s);
    run->pool = run->phases > 0 ? run->phase[run->phases - 1].pool : r->first_pool + r->fortune->pool;
    run->feasible = run->finish_s < INFINITY;
    add_up(r, run);
    return true;
}
