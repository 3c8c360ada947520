/* offers.c - fills tables of rates. */
#include "fleet/offers.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "layout/fields.h"

#define RATIO 1.5 /* between two numbers of devices of the grid, which are its powers: the same for every fleet */
#define FINE 2000 /* devices; below, every second power */
#define COARSE 4  /* of those that tell shapes apart: every fourth power, 5 */

static int layout_of(const tc_rates *r, const tc_choice *choice) {
    for (int i = 0; i < r->knots; i++)
        if (r->knot[i].choice && tc_layout_equal(&r->knot[i].choice->step.layout, &choice->step.layout))
            return r->knot[i].layout;
    return r->layouts;
}

static tc_knot knot_of(const tc_offer *o, int devices, bool whole, const tc_choice *choice) {
    const tc_step *step = &choice->step;
    tc_knot knot = {.devices = devices, .used = choice->devices, .choice = choice, .named = whole};
    knot.layout = layout_of(&o->rates, choice);
    knot.tokens_per_s = step->tokens_per_step / step->step_s;
    if (!whole && o->gain > 0) knot.tokens_per_s *= o->gain;
    knot.overhead = choice->overhead;
    knot.fast = step->step_s_p10 > 0 ? step->step_s_p10 / step->step_s : 1;
    knot.slow = step->step_s_p90 > 0 ? step->step_s_p90 / step->step_s : 1;
    return knot;
}

tc_code tc_offer_run(const tc_offer *o, const tc_plan_phase *phase, tc_run *out, tc_error *error) {
    tc_run_input in = tc_default_run_input();
    in.step = phase->step;
    in.cluster = o->pool->cluster;
    in.cluster.devices = phase->devices;
    in.tokens = phase->tokens;
    in.parameters = o->candidate->parameters;
    if (!o->candidate->model) in.checkpoint_bytes = 0; /* whose size nobody knows */
    in.optimizer_bytes = tc_pool_software(o->pool, o->candidate)->memory.optimizer_bytes;
    in.price_usd = o->pool->price_usd;
    in.rental_usd_per_h = o->pool->rental_usd_per_h;
    in.mtbf_s = o->pool->mtbf_s;
    in.on_failure = o->pool->on_failure;
    in.repair_s = o->pool->repair_s;
    in.rented_only = o->pool->rented;
    in.owned_only = !o->pool->rented;
    return tc_run_forecast(&in, &o->pool->economics, out, error);
}

/* What a device costs an hour, by the run of a knot. */
static void price(tc_offer *o, const tc_knot *knot) {
    tc_rates *r = &o->rates;
    tc_plan_phase phase
        = {.devices = knot->used, .step = knot->choice->step, .tokens = 1000 * knot->choice->step.tokens_per_step};
    tc_run run;
    r->usd_per_device_h = r->mwh_per_device_h = r->tonnes_per_device_h = NAN;
    if (tc_offer_run(o, &phase, &run, NULL) != TC_OK || !(run.device_hours > 0)) return;
    r->usd_per_device_h = (o->pool->rented ? run.rented_usd : run.owned_usd) / run.device_hours;
    r->mwh_per_device_h = run.mwh / run.device_hours;
    r->tonnes_per_device_h = run.tonnes_co2 / run.device_hours;
}

/* Chooses the layout of so many devices and adds it; nothing where none is found. */
static tc_code add(tc_offer *o, int devices, bool grid, tc_arena *arena, tc_error *error) {
    const tc_choice *choice;
    if (devices < o->min_devices) {
        if (o->rates.knots == 0) snprintf(o->why, sizeof o->why, "the job needs %d devices", o->min_devices);
        return TC_OK;
    }
    bool whole = o->thorough && tc_prospect_may_choose(o->prospect, devices, true);
    tc_code code = tc_prospect_choose(o->prospect, devices, whole, arena, &choice, error);
    if (code == TC_OK && !choice->found && o->rates.knots == 0) memcpy(o->why, choice->why, sizeof o->why);
    if (code || !choice->found) return code;
    tc_knot knot = knot_of(o, devices, whole, choice);
    knot.grid = grid;
    if (!tc_rates_add(&o->rates, &knot, arena)) return tc_fail(error, TC_INTERNAL, "plan", "out of memory");
    if (o->rates.knots == 1) price(o, &knot);
    return TC_OK;
}

static int power_above(int devices) { return (int)ceil(log(devices) / log(RATIO)); }

static bool in_grid(int power) { return power % 2 == 0 || round(pow(RATIO, power)) >= FINE; }

tc_code tc_offer_open(tc_offer *o, int least, int most, tc_arena *arena, tc_error *error) {
    o->gridded = true;
    o->rates.restart_s = o->pool->economics.restart_s;
    tc_code code = TC_OK;
    int last = INT_MAX;
    for (int k = most > 0 ? power_above(most) : -1; k >= 0 && code == TC_OK; k--) {
        int devices = (int)round(pow(RATIO, k));
        if (devices >= last || !in_grid(k)) continue;
        last = devices;
        int knots = o->rates.knots;
        code = add(o, devices, true, arena, error);
        if (knots > 0 && o->rates.knots == knots) break; /* too few for any layout: fewer are too */
        if (devices <= least) break;
    }
    if (code == TC_OK && o->min_devices > 0 && o->min_devices <= most)
        code = add(o, o->min_devices, true, arena, error);
    if (code) return code;
    tc_rates_settle(&o->rates);
    return TC_OK;
}

/* Adds a power of the grid. *found: it has a layout. */
static tc_code add_power(tc_offer *o, int power, bool *found, tc_arena *arena, tc_error *error) {
    int knots = o->rates.knots;
    tc_code code = add(o, (int)round(pow(RATIO, power)), true, arena, error);
    *found = o->rates.knots > knots;
    return code;
}

/* Every COARSE-th power; below the last of them that has a layout the others are looked at, so that what so few devices can just
 * train is no worse off. */
tc_code tc_offer_open_coarse(tc_offer *o, int most, int least, tc_arena *arena, tc_error *error) {
    o->gridded = true;
    o->rates.restart_s = o->pool->economics.restart_s;
    if (most < 1) return TC_OK;
    int k = (power_above(most) + COARSE - 1) / COARSE * COARSE;
    bool found = true, enough = false;
    tc_code code = TC_OK;
    for (; k >= 0 && found && !enough && code == TC_OK; k -= COARSE) {
        code = add_power(o, k, &found, arena, error);
        enough = o->rates.knots > 0 && o->rates.knot[0].devices <= least;
    }
    for (int low = k + COARSE; !found && o->rates.knots > 0 && code == TC_OK;) {
        bool finer;
        int high = (int)lround(log(o->rates.knot[0].devices) / log(RATIO));
        if (high - low < 2) break;
        code = add_power(o, (low + high) / 2, &finer, arena, error);
        if (!finer) low = (low + high) / 2;
    }
    if (code == TC_OK) tc_rates_settle(&o->rates);
    return code;
}

/* Knots that only what is usual was looked at for gain what a named one near them gained. */
static void scale(tc_offer *o, double gain) {
    double by = o->gain > 0 ? gain / o->gain : gain;
    for (int i = 0; i < o->rates.knots; i++)
        if (!o->rates.knot[i].named) o->rates.knot[i].tokens_per_s *= by;
    o->gain = gain;
}

/* Makes knots of the numbers of the grid on both sides. */
static tc_code name_about(tc_offer *o, int devices, tc_arena *arena, bool *added, tc_error *error) {
    int high = power_above(devices), low = high - 1;
    while (!in_grid(high)) high++;
    while (low > 0 && !in_grid(low)) low--;
    tc_code code = TC_OK;
    for (int side = 0; side < 2 && code == TC_OK; side++) {
        int power = side ? high : low, knots = o->rates.knots;
        int number = (int)round(pow(RATIO, power));
        tc_rate rate = tc_rate_at(&o->rates, number);
        if (power < 0 || (rate.knot >= 0 && o->rates.knot[rate.knot].devices == number)) continue;
        code = add(o, number, true, arena, error);
        *added = *added || o->rates.knots > knots;
    }
    tc_rates_settle(&o->rates);
    return code;
}

tc_code tc_offer_name(tc_offer *o, int devices, bool whole, tc_arena *arena, bool *added, tc_error *error) {
    tc_rate usual = tc_rate_at(&o->rates, devices);
    int at = usual.knot;
    bool there = at >= 0 && o->rates.knot[at].devices == devices;
    *added = false;
    whole = whole && tc_prospect_may_choose(o->prospect, devices, true);
    if (there && (o->rates.knot[at].named || !whole)) return TC_OK;
    if (!whole && !tc_prospect_may_choose(o->prospect, devices, false))
        return name_about(o, devices, arena, added, error);
    o->thorough = o->thorough || whole;
    bool grid = (there && o->rates.knot[at].grid) || !o->gridded;
    if (there) tc_rates_drop(&o->rates, at);
    tc_code code = add(o, devices, grid, arena, error);
    if (code) return code;
    *added = true;
    /* of a device that is used: what is usual may leave many idle that the whole space does not */
    tc_rate named = tc_rate_at(&o->rates, devices);
    double gain = usual.knot >= 0 && named.knot >= 0
                      ? (named.tokens_per_s / named.used) / (usual.tokens_per_s / usual.used)
                      : 0;
    if (whole && gain > 1 && o->gain == 0) scale(o, gain);
    tc_rates_settle(&o->rates);
    return TC_OK;
}
