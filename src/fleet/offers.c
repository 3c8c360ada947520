/* offers.c - fills tables of rates. */
#include "fleet/offers.h"

#include <limits.h>
#include <math.h>

#include "base/error.h"
#include "layout/fields.h"

#define RATIO 1.5 /* between two numbers of devices of the grid, which are its powers: the same for every fleet */
#define FINE 2000 /* devices; below, every second power */

static int layout_of(const tc_rates *r, const tc_choice *choice) {
    for (int i = 0; i < r->knots; i++)
        if (r->knot[i].choice && tc_layout_equal(&r->knot[i].choice->step.layout, &choice->step.layout))
            return r->knot[i].layout;
    return r->layouts;
}

static tc_knot knot_of(const tc_offer *o, int devices, const tc_choice *choice) {
    const tc_step *step = &choice->step;
    tc_knot knot = {.devices = devices, .used = choice->devices, .choice = choice, .named = o->prospect->thorough};
    knot.layout = layout_of(&o->rates, choice);
    knot.tokens_per_s = step->tokens_per_step / step->step_s;
    knot.overhead = choice->overhead;
    knot.fast = step->step_s_p10 > 0 ? step->step_s_p10 / step->step_s : 1;
    knot.slow = step->step_s_p90 > 0 ? step->step_s_p90 / step->step_s : 1;
    return knot;
}

/* What a device costs an hour, by the run of a knot. */
static void price(tc_offer *o, const tc_knot *knot) {
    tc_rates *r = &o->rates;
    tc_plan_phase phase
        = {.devices = knot->used, .step = knot->choice->step, .tokens = 1000 * knot->choice->step.tokens_per_step};
    tc_run run;
    r->usd_per_device_h = r->mwh_per_device_h = r->tonnes_per_device_h = NAN;
    if (tc_phase_run(o->prospect, &phase, &run, NULL) != TC_OK || !(run.device_hours > 0)) return;
    r->usd_per_device_h = (o->prospect->pool->rented ? run.rented_usd : run.owned_usd) / run.device_hours;
    r->mwh_per_device_h = run.mwh / run.device_hours;
    r->tonnes_per_device_h = run.tonnes_co2 / run.device_hours;
}

/* Chooses the layout of so many devices and adds it; nothing where none is found. */
static tc_code add(tc_offer *o, int devices, bool grid, tc_arena *arena, tc_error *error) {
    tc_choice *choice = tc_arena_alloc(arena, sizeof *choice);
    if (!choice) return tc_fail(error, TC_INTERNAL, "plan", "out of memory");
    tc_code code = tc_prospect_choose(o->prospect, devices, choice, error);
    if (code || !choice->found) return code;
    tc_knot knot = knot_of(o, devices, choice);
    knot.grid = grid;
    if (!tc_rates_add(&o->rates, &knot, arena)) return tc_fail(error, TC_INTERNAL, "plan", "out of memory");
    if (o->rates.knots == 1) price(o, &knot);
    return TC_OK;
}

tc_code tc_offer_open(tc_offer *o, int most, tc_arena *arena, tc_error *error) {
    o->gridded = true;
    o->rates.restart_s = o->prospect->pool->economics.restart_s;
    tc_code code = TC_OK;
    int last = INT_MAX;
    for (int k = most > 0 ? (int)ceil(log(most) / log(RATIO)) : -1; k >= 0 && code == TC_OK; k--) {
        int devices = (int)round(pow(RATIO, k));
        if (devices >= last || (devices < FINE && k % 2 != 0)) continue;
        last = devices;
        int knots = o->rates.knots;
        code = add(o, devices, true, arena, error);
        if (knots > 0 && o->rates.knots == knots) break; /* too few for any layout: fewer are too */
    }
    if (code) return code;
    tc_rates_settle(&o->rates);
    return TC_OK;
}

/* Knots that only what is usual was looked at for gain what a named one near them gained. */
static void scale(tc_offer *o, double gain) {
    double by = o->gain > 0 ? gain / o->gain : gain;
    for (int i = 0; i < o->rates.knots; i++)
        if (!o->rates.knot[i].named) o->rates.knot[i].tokens_per_s *= by;
    o->gain = gain;
}

tc_code tc_offer_name(tc_offer *o, int devices, bool whole, tc_arena *arena, bool *added, tc_error *error) {
    tc_rate usual = tc_rate_at(&o->rates, devices);
    int at = usual.knot;
    bool there = at >= 0 && o->rates.knot[at].devices == devices;
    *added = false;
    if (there && (o->rates.knot[at].named || !whole)) return TC_OK;
    if (whole && !o->prospect->thorough && !tc_prospect_search(o->prospect, arena))
        return tc_fail(error, TC_INTERNAL, "plan", "out of memory");
    bool grid = (there && o->rates.knot[at].grid) || !o->gridded;
    if (there) tc_rates_drop(&o->rates, at);
    tc_code code = add(o, devices, grid, arena, error);
    if (code) return code;
    *added = true;
    double rate = tc_rate_at(&o->rates, devices).tokens_per_s;
    if (whole && usual.knot >= 0 && rate > usual.tokens_per_s && o->gain == 0) scale(o, rate / usual.tokens_per_s);
    tc_rates_settle(&o->rates);
    return TC_OK;
}
