/* future.h - one future of a pool: how many devices it has for training, from when on.
 *
 * A promise comes on its day or late: its supplier's slip is common to all its promises and grows with the time between the day of the
 * promise and the promised day, and each has a delay of its own; a share of a late one comes on its day. A stream (so many each month)
 * comes at a pace, lot by lot, until the order is complete, which may be after its last planned month. A stop ends all deliveries of
 * a supplier, for good or for a while; a shock gives a stream a new pace. What has come trains after its bring-up; a
 * share fails acceptance and is repaired; some stand by as spares; what is served comes first; of the rest a share is for ablations
 * and evaluation. What comes to a pool of many deliveries counts from the next day on, all of a day together. docs/scenarios.md has the laws; data/calendar.yaml the figures. */
#ifndef TC_FLEET_FUTURE_H
#define TC_FLEET_FUTURE_H

#include "fleet/supply.h"

/* Devices that a pool has from a moment on, until the next level. */
typedef struct tc_future_level {
    double from_s;
    int usable;   /* that work, those that serve among them */
    int training; /* that are free for jobs */
    int serving;  /* that serve, in the mean over the hours of the week */
    int unused;   /* kept for the peak of what is served, in the mean: they neither serve nor train */
    int reserve;  /* for ablations and evaluation */
    int brought;  /* what it is due to: a line of the pool, or one of the following */
} tc_future_level;

/* Devices that come, before they are brought up. */
typedef struct tc_arrival {
    double at_s;
    int devices;
} tc_arrival;

typedef struct tc_future {
    int levels, room;
    tc_future_level *level;
    int arrivals; /* not in order */
    tc_arrival *arrival;
    double until_s;   /* of the pool; INFINITY: stays */
    double stopped_s; /* from then on nothing more is expected; INFINITY: never */
    double unmet_s;   /* the first moment at which the pool has too few devices for what it serves; INFINITY: never */
} tc_future;

/* The pace of a pool's first stream under a fate, in parts of what was ordered, as what was seen leaves it; NaN: it has no stream. */
double tc_fleet_pace(const tc_fleet *fleet, int pool, const tc_fate *fate);

/* Room for the futures of every pool, one set for each thread. NULL: out of memory. */
tc_future *tc_futures_new(const tc_fleet *fleet, tc_arena *arena);

/* The future of every pool under a fate. */
void tc_futures_draw(const tc_fleet *fleet, const tc_fate *fate, tc_future *future);

#endif
