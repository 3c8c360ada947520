/* rates.h - how fast a candidate trains on so many devices of a pool: a table, so that thousands of calendars ask no search.
 *
 * The table's knots are numbers of devices whose layout the search has chosen (choose_layout.c), those of the plan's own calendar
 * among them; between two knots the rate is interpolated, as the batch may move and devices may idle: a date does not jump with a
 * divisor. More devices are never slower: they may idle. */
#ifndef TC_FLEET_RATES_H
#define TC_FLEET_RATES_H

#include "base/arena.h"
#include "run/operations.h"
#include "traincast_plan.h"

typedef struct tc_knot {
    int devices; /* that are there */
    int used;    /* that the layout uses */
    int layout;  /* the same for knots of the same layout */
    bool grid;   /* rates between knots of the grid are interpolated; another knot stands for its own number alone */
    bool named;  /* its layout is the best of the whole space */
    const struct tc_choice *choice; /* NULL: a rate that was given */
    double tokens_per_s;            /* of the steps alone */
    tc_overhead overhead;           /* that checkpoints and failures add */
    double fast, slow;              /* the step at its p10 and p90, of that at p50 */
} tc_knot;

typedef struct tc_rates {
    int knots, room, layouts;
    tc_knot *knot; /* by devices, ascending; useful rates ascend too */
    double restart_s;
    double usd_per_device_h, mwh_per_device_h, tonnes_per_device_h; /* NaN: not known */
} tc_rates;

/* Adds a knot, in its place; a number of devices that is there already stays as it is. False: out of memory. */
TC_NODISCARD bool tc_rates_add(tc_rates *rates, const tc_knot *knot, tc_arena *arena);

/* Takes a knot out. */
void tc_rates_drop(tc_rates *rates, int knot);

/* Makes rates ascend: where a knot is slower than one of fewer devices, it takes that one's layout. */
void tc_rates_settle(tc_rates *rates);

/* A rate between two knots. */
typedef struct tc_rate {
    int knot; /* at or below; -1: no layout on so few */
    int used;
    double tokens_per_s; /* of the steps alone */
    tc_overhead overhead;
} tc_rate;

/* On at most so many devices. */
tc_rate tc_rate_at(const tc_rates *rates, int devices);

/* Tokens per second that are useful, failures and checkpoints counted. */
static inline double tc_useful(double tokens_per_s, const tc_overhead *overhead) {
    return tokens_per_s / (1 + overhead->checkpoint + overhead->failure);
}

#endif
