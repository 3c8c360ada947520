/* supply.h - what of the pools of a fleet does not change from future to future: promises, streams, services, posteriors of paces. */
#ifndef TC_FLEET_SUPPLY_H
#define TC_FLEET_SUPPLY_H

#include "base/arena.h"
#include "fleet/fate.h"

#define TC_DAY 86400.0
#define TC_YEAR (365.25 * TC_DAY)
#define TC_MOST_LATE_PERIODS 600 /* of a stream, beyond its last planned one */

/* A level that is due to no line. */
enum { TC_BROUGHT_HERE = -1, TC_BROUGHT_PLATFORM = -2, TC_BROUGHT_SERVICE = -3 };

/* What does not change from future to future: names, days, posteriors. */
typedef struct tc_fleet tc_fleet;

/* Devices that come on a promised day, or later. */
typedef struct tc_promise {
    double due_s, horizon_s;
    tc_spread count;
    bool here; /* it has come: only what it brought may be uncertain */
    bool firm;
    int line; /* TC_BROUGHT_HERE: it has been counted */
    uint64_t on_time, lot, partial, bad, size;
} tc_promise;

/* What had come on a day where it is not known to the piece; weight: of a device more in the shape of the pace. */
typedef struct tc_sighting {
    tc_spread count;
    double weight;
} tc_sighting;

/* So many each month until the order is complete. */
typedef struct tc_supply_stream {
    double *due_s; /* of the periods that are planned and not yet past */
    int periods, line;
    double period_s; /* beyond them */
    double each, left;
    double shape, rate; /* of the pace: gamma, with what has come so far */
    double lot, ordered;
    int sightings; /* 0: all was counted to the piece, and shape and left are known */
    tc_sighting *sighting;
    uint64_t pace, counts, bad;
    uint32_t dimension;
} tc_supply_stream;

typedef struct tc_supply_service {
    int devices;
    double from_s, until_s;
    tc_spread growth, need; /* need: devices over those forecast; certain: one */
    double at_night;        /* share of its devices that trains, as if all day */
    double unused;          /* share that neither serves nor trains */
    uint64_t name, rate;
} tc_supply_service;

typedef struct tc_pool_facts {
    const tc_scenario_pool *pool;
    tc_risks risks;
    tc_spread bring_up;
    int promises, streams, services;
    tc_promise *promise;
    tc_supply_stream *stream;
    tc_supply_service *service;
    bool daily;      /* what comes counts from the next day on */
    bool arrives;    /* anything is still to come */
    int here_usable; /* as the last actual says; -1: none says so */
    double seen_s;   /* until then everything is known */
    uint64_t seen;   /* counts that are not known to the piece: all err alike, so that none falls */
    uint64_t slip, bring_up_name, works, stop, reopens, reopens_after, shock;
    uint32_t dimension; /* the first of its own */
} tc_pool_facts;

struct tc_fleet {
    const tc_scenario *scenario;
    int pools;
    tc_pool_facts *pool;
    double horizon_s, as_of_s;
    int most_events;
};

/* Dimensions: the first two are the first job's. */
enum {
    TC_SUPPLY_FIRST_OF_POOLS = 2,
    TC_SUPPLY_OF_A_POOL = 5,
    TC_SUPPLY_SLIP = 0,
    TC_SUPPLY_PACE,
    TC_SUPPLY_BRING_UP,
    TC_SUPPLY_STOP,
    TC_SUPPLY_WORKS
};

/* A day of the calendar as seconds since the scenario's start. */
static inline double tc_scenario_seconds(const tc_scenario *s, int32_t day) {
    return (double)((int64_t)day - s->start) * TC_DAY;
}

/* Changes of a pool that a future has at most. */
int tc_pool_most_events(const tc_fleet *fleet, const tc_pool_facts *facts);
/* What jobs have of so many devices that nothing serves. */
int tc_for_training(const tc_scenario *scenario, int64_t free_devices);

/* NULL: out of memory. The scenario must be resolved and outlive it. */
tc_fleet *tc_fleet_new(const tc_scenario *scenario, tc_arena *arena);

/* Deliveries that are still to come, or whose number is not certain. */
int tc_fleet_promises(const tc_fleet *fleet);

/* Whether any variable of a driver of the supply is drawn. */
bool tc_fleet_draws(const tc_fleet *fleet, tc_driver driver);

/* Devices of a pool that jobs may have at most, in any future. */
int tc_fleet_most(const tc_fleet *fleet, int pool);

/* Devices that jobs have of so many that work at a moment, what is served as it is meant to be. */
int tc_fleet_training(const tc_fleet *fleet, int pool, int usable, double at_s);

#endif
