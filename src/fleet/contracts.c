/* contracts.c - own, rent or wait: what a contract of a scenario would bring each job, from one day or another on.
 *
 * The calendars are drawn again on the same numbers, with the contract's devices in their pool from its start-up on. A reserved one is
 * paid at the price of its first day for as long as the job takes and at least its minimum term; one on demand at the prices of the
 * days; an interruptible one while it has the devices. With k interruptions a second, each of a time b, and a restart R of the job
 * when devices go and when they are back, the devices are worth
 *   n (1 - k b) - 2 k R (m + n (1 - k b))
 * of them, m being those that the pool has. Owning: the share of the capital and the power of the same devices for the same time;
 * rent is dearer than that from capital / (rental - power) on.
 *
 * Ignored: the work since the last checkpoint, minutes; that devices which are bought come later than rented ones; resale. */
#include <math.h>

#include "base/calendar.h"
#include "base/error.h"
#include "fleet/contracts.h"
#include "fleet/planner.h"

#define DAY 86400.0
#define SAMPLES 512
#define STARTS 4 /* days on which a contract may begin */

static double usd_per_h_on(const tc_scenario_rental *r, int32_t day) {
    double usd = r->usd_per_h;
    for (int i = 0; i < r->prices; i++)
        if (r->price[i].from <= day) usd = r->price[i].usd_per_h;
    return usd;
}

/* The mean price of so many seconds from a day on. */
static double mean_usd_per_h(const tc_scenario_rental *r, int32_t from, double seconds) {
    double sum = 0, at = 0;
    if (r->contract == TC_CONTRACT_RESERVED || !(seconds > 0)) return usd_per_h_on(r, from);
    for (int i = 0; i <= r->prices && at < seconds; i++) {
        double until = i < r->prices ? (double)((int64_t)r->price[i].from - from) * DAY : seconds;
        until = fmin(fmax(until, at), seconds);
        sum += (until - at) * usd_per_h_on(r, from + (int32_t)floor(at / DAY));
        at = until;
    }
    return sum / seconds;
}

/* The first day, and the turns of the months after it. */
static int32_t start_of(const tc_scenario *s, const tc_scenario_rental *r, int start) {
    int year, month, day;
    int32_t first = r->from > s->as_of ? r->from : s->as_of;
    if (start == 0) return first;
    tc_date_from_day(first, &year, &month, &day);
    return tc_day_from_date(year + (month - 1 + start) / 12, (month - 1 + start) % 12 + 1, 1);
}

/* Of the devices, so many that are always there would do as much. */
static int worth(const tc_planner *p, const tc_scenario_rental *r) {
    const tc_scenario_pool *pool = &p->scenario->pool[r->pool];
    if (r->contract != TC_CONTRACT_INTERRUPTIBLE) return r->devices;
    double rate = r->interruptions / (30 * DAY), there = r->devices * (1 - fmin(1, rate * r->back_s));
    double lost = 2 * rate * pool->economics.restart_s;
    return (int)fmax(0, there - lost * (tc_fleet_most(p->fleet, r->pool) + there));
}

/* The same devices owned: a device-hour of capital, of power; NaN: no price is known. */
static tc_upkeep owned(const tc_scenario_pool *pool) {
    tc_scenario_pool own = *pool;
    own.rented = 0;
    return tc_pool_upkeep(&own);
}

static void take_money(const tc_planner *p, const tc_scenario_rental *r, double paid_s, tc_plan_rental *out) {
    const tc_scenario_pool *pool = &p->scenario->pool[r->pool];
    int each = pool->cluster.accelerator.devices_per_package > 1 ? pool->cluster.accelerator.devices_per_package : 1;
    double there
        = r->contract == TC_CONTRACT_INTERRUPTIBLE ? 1 - fmin(1, r->interruptions / (30 * DAY) * r->back_s) : 1;
    out->paid_s = r->contract == TC_CONTRACT_RESERVED ? fmax(paid_s, r->minimum_s) : paid_s;
    out->usd_per_device_h = mean_usd_per_h(r, out->from, out->paid_s) / each;
    out->rent_usd = r->devices * there * out->usd_per_device_h * out->paid_s / 3600;
    tc_upkeep own = owned(pool);
    double power = own.mw_at_work * own.usd_per_mwh;
    out->owned_usd = r->devices * (own.usd_per_h + power) * paid_s / 3600;
    double capital = own.usd_per_h * pool->economics.amortisation_s / 3600,
           saved = out->usd_per_device_h * there - power;
    out->break_even_s = saved > 0 ? capital / saved * 3600 : INFINITY;
}

/* A contract, from a day on, for a job. */
static tc_code try_contract(tc_planner *p, const tc_outlook_input *in, int index, int job, int32_t from,
                            const tc_trial *now, double by_s, tc_plan_rental *out) {
    const tc_scenario *s = p->scenario;
    const tc_scenario_rental *r = &s->rental[index];
    double from_s = fmax((double)((int64_t)from - s->start) * DAY, 0);
    double start_up = r->start_up_s >= 0 ? r->start_up_s : s->pool[r->pool].bring_up_s;
    tc_change change
        = {.job = job, .pool = r->pool, .devices = worth(p, r), .from_s = from_s + start_up, .paid_from_s = from_s};
    tc_outlook_input with = *in;
    tc_trial trial;
    with.change = &change;
    tc_code code = tc_outlook_try(&with, job, by_s, &trial, p->error);
    if (code) return code;
    *out = (tc_plan_rental){.rental = index,
                            .job = job,
                            .from = from,
                            .worth = change.devices,
                            .p50_s = trial.p50_s,
                            .p50_without_s = now->p50_s,
                            .probability = by_s < INFINITY ? trial.done_by : NAN,
                            .probability_without = by_s < INFINITY ? now->done_by : NAN};
    take_money(p, r, trial.paid_s, out);
    return TC_OK;
}

static bool may_run_on(const tc_planner *p, int job, int pool) {
    for (int k = 0; k < p->tasks.tasks; k++)
        if (p->task[k].index == job && p->task[k].stage[0].rates[pool]) return true;
    return false;
}

/* All contracts for a job: those that could begin before it is done. */
static tc_code try_job(tc_planner *p, const tc_outlook_input *in, int job) {
    const tc_scenario *s = p->scenario;
    const tc_change none = {.pool = -1};
    int32_t deadline = s->job[job].deadline;
    double by_s = deadline == INT32_MAX ? INFINITY : (double)((int64_t)deadline + 1 - s->start) * DAY;
    tc_outlook_input alone = *in;
    tc_trial now;
    alone.change = &none;
    tc_code code = tc_outlook_try(&alone, job, fmin(by_s, in->tasks->horizon_s), &now, p->error);
    for (int i = 0; i < s->rentals && code == TC_OK; i++) {
        if (!may_run_on(p, job, s->rental[i].pool)) continue;
        for (int start = 0; start < STARTS && code == TC_OK; start++) {
            int32_t from = start_of(s, &s->rental[i], start);
            if ((double)((int64_t)from - s->start) * DAY >= fmin(now.p50_s, in->tasks->horizon_s)) break;
            code = try_contract(p, in, i, job, from, &now, by_s, &p->plan->rental[p->plan->rentals++]);
        }
    }
    return code;
}

tc_code tc_contracts_try(tc_planner *p, const tc_outlook_input *input) {
    const tc_scenario *s = p->scenario;
    tc_outlook_input in = *input;
    if (s->rentals == 0) return TC_OK;
    in.samples = SAMPLES;
    in.drivers = false;
    p->plan->rental
        = tc_arena_alloc(&p->plan->arena, (size_t)(s->jobs * s->rentals * STARTS) * sizeof *p->plan->rental);
    if (!p->plan->rental) return tc_planner_no_memory(p);
    tc_code code = TC_OK;
    for (int j = 0; j < s->jobs && code == TC_OK; j++)
        if (p->plan->run[j].feasible) code = try_job(p, &in, j);
    return code;
}
