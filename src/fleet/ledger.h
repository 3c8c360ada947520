/* ledger.h - what the devices of each pool are used for, month by month, over all calendars, and what that costs.
 *
 * Of a device that has come: it is brought up, repaired or a spare; it serves; it is kept for ablations and evaluation; a job has it; or
 * nobody has. Device-seconds are whole numbers, so that their sum is the same in any order of calendars and threads.
 *
 *     cost   = hours x (share of the capital, or the rental) + energy x its price (a rental includes it)
 *     energy = hours x power at work (jobs, services, reserves), or power of what does nothing
 *
 * Ignored: what services draw less than training, staff, and what was paid before the day as of which is planned. */
#ifndef TC_FLEET_LEDGER_H
#define TC_FLEET_LEDGER_H

#include "fleet/course.h"
#include "fleet/future.h"
#include "run/upkeep.h"

typedef struct tc_ledger tc_ledger;

/* Months from the scenario's first on, those before from_s empty; month: [months], their first days, kept by the caller. NULL: out of memory. */
tc_ledger *tc_ledger_new(const tc_scenario *scenario, const int32_t *month, int months, double from_s, tc_arena *arena);
/* An empty one of the same months. */
tc_ledger *tc_ledger_like(const tc_ledger *ledger, tc_arena *arena);
void tc_ledger_clear(tc_ledger *ledger);

/* One calendar: the futures of all pools, and the legs of all jobs in them. */
void tc_ledger_add(tc_ledger *ledger, const tc_future *future, const tc_leg *leg, int legs);
/* All calendars of another one, of the same months. */
void tc_ledger_add_all(tc_ledger *ledger, const tc_ledger *from);

/* The means over all calendars, of a pool. out: [months] of the ledger. */
void tc_ledger_read(const tc_ledger *ledger, int pool, const tc_upkeep *upkeep, tc_plan_month *out);

#endif
