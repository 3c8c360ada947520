/* offers.h - what the pools of a fleet offer to a candidate: rates, from layouts that the search chooses.
 *
 * An offer is one stage of a candidate on one pool. Its table of rates (rates.h) has the numbers of devices of a coarse grid and those that
 * a plan names. What a plan names is searched for in the whole space of layouts; the grid, by what is usual, is then scaled by what the
 * whole space gains there. */
#ifndef TC_FLEET_OFFERS_H
#define TC_FLEET_OFFERS_H

#include "fleet/prospect.h"
#include "fleet/rates.h"

typedef struct tc_offer {
    tc_prospect *prospect;                  /* perhaps of others too */
    const tc_scenario_candidate *candidate; /* whose price this is */
    const tc_scenario_pool *pool;
    int min_devices; /* of the job; 0: any */
    tc_rates rates;
    bool gridded;
    bool thorough; /* something was searched for in the whole space */
    char why[160]; /* where there is no rate */
    double gain;   /* of the whole space over what is usual; 0: not yet known */
} tc_offer;

/* Fills the grid from `least` to `most` devices. */
TC_NODISCARD tc_code tc_offer_open(tc_offer *offer, int least, int most, tc_arena *arena, tc_error *error);

/* The same with the few numbers of devices that tell shapes of models apart, down to `least`. */
TC_NODISCARD tc_code tc_offer_open_coarse(tc_offer *offer, int most, int least, tc_arena *arena, tc_error *error);

/* The run of a phase alone: its assumptions, cost and energy. */
TC_NODISCARD tc_code tc_offer_run(const tc_offer *offer, const tc_plan_phase *phase, tc_run *out, tc_error *error);

/* Makes a number of devices a knot of its own, of the whole space. *added: it was none yet. */
TC_NODISCARD tc_code tc_offer_name(tc_offer *offer, int devices, bool whole, tc_arena *arena, bool *added,
                                   tc_error *error);

#endif
