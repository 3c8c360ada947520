/* future.c - draws what each pool of a fleet will have.
 *
 * Which seed a variable has is its driver's (fate.h); which stream, its name's: `pool/NAME/...` or `supplier/NAME/...`, the day of a
 * delivery, the number of a lot. So a delivery more, or another order in the file, changes no other variable. */
#include "fleet/future.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/distributions.h"
#include "run/spread.h"

#define DAY 86400.0
#define YEAR (365.25 * DAY)
#define LEAST_HORIZON (30 * DAY) /* of a promise: shorter ones slip like this one */
#define MOST_SHOCKS 16
#define MANY 200              /* promises of a pool: more of them count day by day */
#define MOST_LATE_PERIODS 600 /* of a stream, beyond its last planned one */

/* Devices that come on a promised day, or later. */
typedef struct promise {
    double due_s, horizon_s;
    tc_spread count;
    bool here; /* it has come: only what it brought may be uncertain */
    bool firm;
    int line; /* TC_BROUGHT_HERE: it has been counted */
    uint64_t on_time, lot, partial, bad, size;
} promise;

/* What had come on a day where it is not known to the piece; weight: of a device more in the shape of the pace. */
typedef struct sighting {
    tc_spread count;
    double weight;
} sighting;

/* So many each month until the order is complete. */
typedef struct stream {
    double *due_s; /* of the periods that are planned and not yet past */
    int periods, line;
    double period_s; /* beyond them */
    double each, left;
    double shape, rate; /* of the pace: gamma, with what has come so far */
    double lot, ordered;
    int sightings; /* 0: all was counted to the piece, and shape and left are known */
    sighting *sighting;
    uint64_t pace, counts, bad;
    uint32_t dimension;
} stream;

typedef struct service {
    int devices;
    double from_s, until_s;
    tc_spread growth, need; /* need: devices over those forecast; certain: one */
    double at_night;        /* share of its devices that trains, as if all day */
    double unused;          /* share that neither serves nor trains */
    uint64_t name, rate;
} service;

typedef struct pool_facts {
    const tc_scenario_pool *pool;
    tc_risks risks;
    tc_spread bring_up;
    int promises, streams, services;
    promise *promise;
    stream *stream;
    service *service;
    bool daily;      /* what comes counts from the next day on */
    bool arrives;    /* anything is still to come */
    int here_usable; /* as the last actual says; -1: none says so */
    double seen_s;   /* until then everything is known */
    uint64_t seen;   /* counts that are not known to the piece: all err alike, so that none falls */
    uint64_t slip, bring_up_name, works, stop, reopens, reopens_after, shock;
    uint32_t dimension; /* the first of its own */
} pool_facts;

struct tc_fleet {
    const tc_scenario *scenario;
    int pools;
    pool_facts *pool;
    double horizon_s, as_of_s;
    int most_events;
};

/* Dimensions: the first two are the first job's. */
#define WEEKLY 1 /* every: week */

enum { FIRST_OF_POOLS = 2, OF_A_POOL = 5, SLIP = 0, PACE, BRING_UP, STOP, WORKS };

/* ---- what does not change ------------------------------------------------------------------------ */

static double seconds_of(const tc_scenario *s, int32_t day) { return (double)((int64_t)day - s->start) * DAY; }

/* The dimensions of a pool are those of its place in the order of names. */
static uint32_t dimension_of(const tc_scenario *s, int pool) {
    uint32_t before = 0;
    for (int i = 0; i < s->pools; i++) before += strcmp(s->pool[i].name, s->pool[pool].name) < 0;
    return FIRST_OF_POOLS + OF_A_POOL * before;
}

/* The last that was reported of a pool; NULL: nothing. */
static const tc_actual *last_actual(const tc_scenario *s, int pool) {
    const tc_actual *last = NULL;
    for (int i = 0; i < s->actuals; i++)
        if (s->actual[i].pool == pool && s->actual[i].devices >= 0 && (!last || s->actual[i].day >= last->day))
            last = &s->actual[i];
    return last;
}

static void add_promise(const tc_scenario *s, pool_facts *f, const tc_delivery *d, bool here) {
    const char *name = f->pool->name;
    int32_t made = d->promised < d->day ? d->promised : d->day;
    if (!here && made > s->as_of) made = s->as_of;
    bool counted = here && d->line < 0;
    f->promise[f->promises++]
        = (promise){.due_s = seconds_of(s, d->day),
                    .horizon_s = fmax(seconds_of(s, d->day) - seconds_of(s, made), LEAST_HORIZON),
                    .count = d->count,
                    .here = here,
                    .line = counted ? TC_BROUGHT_HERE : d->line,
                    .firm = d->firm || s->certain || f->risks.on_time >= 1,
                    .on_time = tc_stream("pool/%s/%d/on-time", name, (int)d->day),
                    .lot = tc_stream("pool/%s/%d/slip", name, (int)d->day),
                    .partial = tc_stream("pool/%s/%d/partial", name, (int)d->day),
                    .bad = tc_stream("pool/%s/%d/bad", name, (int)d->day),
                    .size = counted ? f->seen : tc_stream("pool/%s/%d/devices", name, (int)d->day)};
    f->arrives = f->arrives || !here;
}

static tc_spread count_of(const tc_actual *a) {
    return a->count.high > 0 ? a->count : (tc_spread){a->devices, a->devices, a->devices};
}

/* Counts of which one is not known to the piece: the pace and what is left depend on them, future by future. */
static bool keep_sightings(const tc_scenario *s, int pool, double forget, stream *out, tc_arena *arena) {
    bool any = false;
    for (int i = 0; i < s->actuals; i++) any = any || (s->actual[i].pool == pool && s->actual[i].count.high > 0);
    if (!any) return true;
    out->sighting = tc_arena_alloc(arena, (size_t)s->actuals * sizeof *out->sighting);
    for (int i = 0; out->sighting && i < s->actuals; i++) {
        const tc_actual *a = &s->actual[i];
        if (a->pool != pool || a->devices < 0) continue;
        double weight = pow(forget, seconds_of(s, s->as_of) - seconds_of(s, a->day));
        out->sighting[out->sightings++] = (sighting){count_of(a), weight / out->lot};
    }
    return out->sighting != NULL;
}

/* The pace after what has come: gamma-Poisson by lots, what is older counting less. */
static bool learn_pace(const tc_scenario *s, int pool, const tc_delivery_line *line, stream *out, tc_arena *arena) {
    const tc_scenario_pool *p = &s->pool[pool];
    double forget = pow(s->pool[pool].risks.memory_of_pace, 12 / YEAR), came_before = 0, prior = out->shape;
    int32_t since = p->delivery[line->first].day - (int32_t)lround(out->period_s / DAY);
    for (int i = 0; i < s->actuals; i++) {
        const tc_actual *a = &s->actual[i];
        if (a->pool != pool || a->devices < 0) continue;
        double planned = out->each * (a->day - since) * DAY / out->period_s, came = a->devices - came_before;
        if (planned <= 0) continue;
        double weight = pow(forget, seconds_of(s, s->as_of) - seconds_of(s, a->day));
        out->shape += weight * fmax(came, 0) / out->lot;
        out->rate += weight * planned / out->lot;
        came_before = a->devices;
        since = a->day;
    }
    if (!keep_sightings(s, pool, forget, out, arena)) return false;
    if (out->sightings > 0) out->shape = prior; /* what has come is added as it is drawn */
    return true;
}

static bool add_stream(const tc_scenario *s, int pool, pool_facts *f, const tc_delivery_line *line,
                       const tc_actual *seen, int number, tc_arena *arena) {
    const tc_scenario_pool *p = f->pool;
    stream *out = &f->stream[f->streams++];
    const tc_delivery *first = &p->delivery[line->first];
    *out = (stream){.each = line->devices,
                    .line = number,
                    .period_s = line->every == WEEKLY ? 7 * DAY : YEAR / 12,
                    .lot = fmin(f->risks.lot, line->devices),
                    .ordered = line->ordered,
                    .shape = f->risks.pace_shape,
                    .rate = f->risks.pace_shape / f->risks.pace,
                    .pace = tc_stream("pool/%s/pace", p->name),
                    .counts = tc_stream("pool/%s/line-%d/lots", p->name, number),
                    .bad = tc_stream("pool/%s/line-%d/bad", p->name, number),
                    .dimension = f->dimension + PACE};
    double came = 0;
    out->due_s = tc_arena_alloc(arena, (size_t)(line->count + 1) * sizeof *out->due_s);
    if (!out->due_s) return false;
    for (int i = 0; i < line->count; i++) {
        double due = seconds_of(s, first[i].day);
        if (due <= f->seen_s)
            came += first[i].devices;
        else
            out->due_s[out->periods++] = due;
    }
    out->left = line->ordered - (seen ? fmin(seen->devices, line->ordered) : came);
    f->arrives = f->arrives || out->left > 0;
    return !seen || s->certain || learn_pace(s, pool, line, out, arena);
}

static bool is_stream(const tc_scenario_pool *p, const tc_delivery *d) {
    return d->line >= 0 && p->line[d->line].every >= 0;
}

/* Deliveries until the day of the last actual are what it says has come. */
static bool add_deliveries(const tc_scenario *s, int index, pool_facts *f, tc_arena *arena) {
    const tc_scenario_pool *p = f->pool;
    const tc_actual *seen = last_actual(s, index);
    int32_t known = seen ? seen->day : s->as_of;
    f->seen_s = seconds_of(s, known);
    f->here_usable = seen ? seen->usable : -1;
    if (seen) {
        tc_delivery here = {.day = seen->day, .devices = seen->devices, .promised = seen->day, .line = -1};
        here.count = count_of(seen);
        add_promise(s, f, &here, true);
    }
    for (int i = 0; i < p->deliveries; i++) {
        const tc_delivery *d = &p->delivery[i];
        bool past = d->day <= known;
        if ((past && seen) || (!past && is_stream(p, d))) continue;
        add_promise(s, f, d, past);
    }
    for (int i = 0; i < p->lines; i++)
        if (p->line[i].every >= 0 && p->line[i].count > 0 && !add_stream(s, index, f, &p->line[i], seen, i, arena))
            return false;
    return true;
}

/* What a load over the day leaves in the mean of a week, as a share of the peak's devices. *most: in the hour that leaves the most. */
static double left_over(const tc_serving_profile *profile, double *most) {
    double mean = 0;
    *most = 0;
    for (int day = 0; day < 7; day++)
        for (int h = 0; h < 24; h++) {
            double left = fmax(1 - profile->hour[h] * (day < 5 ? 1 : profile->weekend), 0);
            mean += left / (7 * 24);
            *most = fmax(*most, left);
        }
    return mean;
}

static void add_services(const tc_scenario *s, int index, pool_facts *f) {
    for (int i = 0; i < s->servings; i++) {
        const tc_scenario_serving *serving = &s->serving[i];
        if (serving->pool != index) continue;
        /* an hour a day goes to jobs that load and save */
        double most, left = left_over(&serving->profile, &most),
                     at_night = serving->night_training ? fmax(left - most / 24, 0) : 0;
        f->service[f->services++]
            = (service){.devices = serving->devices,
                        .from_s = serving->from == INT32_MIN ? -INFINITY : seconds_of(s, serving->from),
                        .until_s = serving->until == INT32_MAX ? INFINITY : seconds_of(s, serving->until),
                        .growth = serving->growth,
                        .need = serving->need,
                        .at_night = at_night,
                        .unused = left - at_night,
                        .name = tc_stream("serving/%s/growth", serving->name),
                        /* one error of a model on a kind of accelerator, however many services it has */
                        .rate = tc_stream("serving/%s/%s/rate", serving->model_slug,
                                          s->pool[index].cluster.accelerator.slug)};
    }
}

static bool add_pool(tc_fleet *fleet, int index, tc_arena *arena) {
    const tc_scenario *s = fleet->scenario;
    pool_facts *f = &fleet->pool[index];
    const tc_scenario_pool *p = &s->pool[index];
    *f = (pool_facts){.pool = p,
                      .risks = s->certain ? tc_risks_none() : p->risks,
                      .dimension = dimension_of(s, index),
                      .seen = tc_stream("pool/%s/seen", p->name),
                      .slip = tc_stream("supplier/%s/slip", p->supplier),
                      .bring_up_name = tc_stream("pool/%s/bring-up", p->name),
                      .works = tc_stream("pool/%s/works", p->name),
                      .stop = tc_stream("supplier/%s/%d/stop", p->supplier, p->controlled),
                      .reopens = tc_stream("supplier/%s/%d/reopens", p->supplier, p->controlled),
                      .reopens_after = tc_stream("supplier/%s/%d/reopens-after", p->supplier, p->controlled),
                      .shock = tc_stream("supplier/%s/shock", p->supplier)};
    if (p->rented) { /* who lets devices repairs and replaces them */
        f->risks.spares = 0;
        f->risks.bad = (tc_spread){0, 0, 0};
    }
    f->bring_up = s->certain ? (tc_spread){p->bring_up_s, p->bring_up_s, p->bring_up_s} : p->bring_up;
    f->promise = tc_arena_alloc(arena, (size_t)(p->deliveries + 1) * sizeof *f->promise);
    f->stream = tc_arena_alloc(arena, (size_t)(p->lines + 1) * sizeof *f->stream);
    f->service = tc_arena_alloc(arena, (size_t)(s->servings + 1) * sizeof *f->service);
    if (!f->promise || !f->stream || !f->service || !add_deliveries(s, index, f, arena)) return false;
    add_services(s, index, f);
    f->daily = f->promises > MANY;
    return true;
}

/* Events of a pool at most: what comes in part, late and repaired; the lots of a stream; the months of what is served. */
static int most_events(const tc_fleet *fleet, const pool_facts *f) {
    int most = 4 * f->promises + 3, days = (int)(fleet->horizon_s / DAY) + 2;
    if (f->daily && most < days) most = days;
    for (int i = 0; i < f->streams; i++) most += 2 * (f->stream[i].periods + MOST_LATE_PERIODS);
    return most + f->services * (int)(fleet->horizon_s / (YEAR / 12) + 3);
}

tc_fleet *tc_fleet_new(const tc_scenario *s, tc_arena *arena) {
    tc_fleet *fleet = tc_arena_alloc(arena, sizeof *fleet);
    pool_facts *pools = fleet ? tc_arena_alloc(arena, (size_t)(s->pools + 1) * sizeof *pools) : NULL;
    if (!pools) return NULL;
    *fleet = (tc_fleet){.scenario = s,
                        .pools = s->pools,
                        .pool = pools,
                        .horizon_s = seconds_of(s, s->horizon),
                        .as_of_s = seconds_of(s, s->as_of)};
    for (int i = 0; i < s->pools; i++) {
        if (!add_pool(fleet, i, arena)) return NULL;
        int most = most_events(fleet, &pools[i]);
        if (most > fleet->most_events) fleet->most_events = most;
    }
    return fleet;
}

int tc_fleet_promises(const tc_fleet *fleet) {
    int promises = 0;
    for (int i = 0; i < fleet->pools; i++) promises += fleet->pool[i].promises;
    return promises;
}

static bool pool_draws(const pool_facts *f, tc_driver driver) {
    bool any = false;
    switch (driver) {
    case TC_DRIVER_DELIVERIES:
        for (int i = 0; i < f->promises; i++)
            any = any || (!f->promise[i].here && !f->promise[i].firm)
                  || f->promise[i].count.low < f->promise[i].count.high;
        return any;
    case TC_DRIVER_PACE: return f->streams > 0;
    case TC_DRIVER_STOPS:
        return f->arrives && (f->pool->controlled ? f->risks.stops_per_year_controlled : f->risks.stops_per_year) > 0;
    case TC_DRIVER_BRING_UP:
        return f->bring_up.low < f->bring_up.high || f->risks.bad.high > 0 || f->pool->new_platform;
    case TC_DRIVER_SERVING:
        for (int i = 0; i < f->services; i++)
            any = any || f->service[i].growth.low < f->service[i].growth.high
                  || f->service[i].need.low < f->service[i].need.high;
        return any;
    default: return false;
    }
}

bool tc_fleet_draws(const tc_fleet *fleet, tc_driver driver) {
    for (int i = 0; i < fleet->pools; i++)
        if (pool_draws(&fleet->pool[i], driver)) return true;
    return false;
}

static int for_training(const tc_scenario *s, int64_t free_devices) {
    if (free_devices <= 0) return 0;
    return (int)floor((double)free_devices * (1 - s->ablation_share - s->evaluation_share) + 1e-9);
}

int tc_fleet_most(const tc_fleet *fleet, int pool) {
    const pool_facts *f = &fleet->pool[pool];
    double devices = 0;
    for (int i = 0; i < f->promises; i++) devices += f->promise[i].count.high;
    for (int i = 0; i < f->streams; i++) devices += f->stream[i].left;
    for (int i = 0; i < f->services; i++)
        devices -= f->service[i].growth.low < 0 || f->service[i].need.low < f->service[i].need.high
                       ? 0
                       : f->service[i].devices;
    return for_training(fleet->scenario, (int64_t)devices);
}

int tc_fleet_training(const tc_fleet *fleet, int pool, int usable, double at_s) {
    const pool_facts *f = &fleet->pool[pool];
    int64_t devices = usable;
    for (int i = 0; i < f->services; i++) {
        const service *s = &f->service[i];
        double months = fmax(at_s - fmax(s->from_s, 0), 0) / (YEAR / 12);
        if (at_s >= s->from_s && at_s < s->until_s)
            devices -= (int64_t)ceil(s->devices * pow(1 + s->growth.mid, floor(months)) - 1e-9);
    }
    return for_training(fleet->scenario, devices);
}

/* ---- a draw ---------------------------------------------------------------------------------------- */

/* Devices that come, or go to what is served, at a moment. */
typedef struct event {
    double at_s;
    int devices, served;
    double night;  /* of the served ones, what trains at night, as if all day */
    double unused; /* of them, what the hours of the day leave besides */
    bool any;      /* of a day: something happens */
    int brought;   /* of a day: by what brings the most */
    int most;
} event;

typedef struct drawing {
    const tc_fleet *fleet;
    const tc_fate *fate;
    const pool_facts *facts;
    event *event;
    int events;                       /* of a pool that counts day by day: the days */
    tc_future *out;                   /* what has come is noted there */
    int line;                         /* that is drawn */
    double bring_up_s, first_ready_s; /* of a new platform: nothing trains before, though it may serve */
    double given_up_s;                /* when it is seen that it never will; INFINITY: it does */
    double stop_s, reopen_s;
    double slip; /* of the supplier; NaN: not drawn yet */
} drawing;

/* What comes of a pool at most: of a promise in part, late and beside what works of it; the lots of a stream. */
static int most_arrivals(const pool_facts *f) {
    int most = 3 * f->promises + 1;
    for (int i = 0; i < f->streams; i++) most += f->stream[i].periods + MOST_LATE_PERIODS;
    return most;
}

tc_future *tc_futures_new(const tc_fleet *fleet, tc_arena *arena) {
    tc_future *out = tc_arena_alloc(arena, (size_t)(fleet->pools + 1) * sizeof *out);
    for (int i = 0; out && i < fleet->pools; i++) {
        out[i].room = most_events(fleet, &fleet->pool[i]) + 2; /* one for a change (outlook.h) */
        out[i].level = tc_arena_alloc(arena, (size_t)out[i].room * (sizeof(tc_future_level) + sizeof(event)));
        out[i].arrival = tc_arena_alloc(arena, (size_t)most_arrivals(&fleet->pool[i]) * sizeof *out[i].arrival);
        if (!out[i].level || !out[i].arrival) return NULL;
    }
    return out;
}

static void add_to_day(event *day, const event *e) {
    day->devices += e->devices;
    day->served += e->served;
    day->night += e->night;
    day->unused += e->unused;
    if (!day->any || e->devices - e->served > day->most) {
        day->most = e->devices - e->served;
        day->brought = e->brought;
    }
    day->any = true;
}

static void add_event_of(drawing *d, const event *what) {
    event e = *what;
    if (e.devices == 0 && e.served == 0) return;
    e.any = true;
    e.brought = e.served != 0 ? TC_BROUGHT_SERVICE : d->line;
    if (!d->facts->daily)
        d->event[d->events++] = e;
    else if (e.at_s <= (d->events - 1) * DAY)
        add_to_day(&d->event[(int)ceil(e.at_s / DAY)], &e);
}

static void add_event(drawing *d, double at_s, double devices) {
    add_event_of(d, &(event){.at_s = at_s, .devices = (int)lround(devices)});
}

/* Devices that a service takes more, or fewer. */
static void add_served(drawing *d, const service *s, double at_s, double served) {
    add_event_of(d, &(event){.at_s = at_s,
                             .served = (int)lround(served),
                             .night = served * s->at_night,
                             .unused = served * s->unused});
}

/* When a delivery comes that would come at `at`: not while its supplier is stopped. INFINITY: never. */
static double after_stop(const drawing *d, double at) { return at < d->stop_s ? at : fmax(at, d->reopen_s); }

static void note_arrival(drawing *d, double at_s, double devices) {
    if (at_s < INFINITY && devices > 0) d->out->arrival[d->out->arrivals++] = (tc_arrival){at_s, (int)lround(devices)};
}

/* What has come at a moment works after its bring-up, but for those that fail acceptance. */
static void arrive(drawing *d, double at_s, double devices, uint64_t bad_name, uint32_t index, bool accepted) {
    const tc_risks *r = &d->facts->risks;
    if (!(at_s < INFINITY) || devices <= 0) return;
    double ready = fmax(at_s + d->bring_up_s, 0), bad = 0;
    note_arrival(d, at_s, devices);
    if (!accepted && r->bad.high > 0)
        bad = round(devices
                    * fmin(tc_spread_at(tc_fate_indexed(d->fate, TC_DRIVER_BRING_UP, bad_name, index), &r->bad), 1));
    add_event(d, ready, devices - bad);
    if (bad > 0)
        add_event(d,
                  ready
                      + tc_spread_at(tc_fate_indexed(d->fate, TC_DRIVER_BRING_UP, bad_name, 1u << 20 | index),
                                     &r->bad_back_s),
                  bad);
}

static void draw_promise(drawing *d, const promise *p) {
    const tc_risks *r = &d->facts->risks;
    d->line = p->line;
    double count = round(tc_spread_at(tc_fate_indexed(d->fate, TC_DRIVER_DELIVERIES, p->size, 0), &p->count));
    if (p->here && d->facts->here_usable >= 0) {
        /* those that stand by are not among them */
        double working = round(d->facts->here_usable / (1 - r->spares));
        arrive(d, p->due_s - d->bring_up_s, working, p->bad, 0, true);
        note_arrival(d, p->due_s, count - working);
        return;
    }
    double due = p->due_s;
    if (!p->here && !p->firm
        && !tc_bernoulli_at(1 - tc_fate_indexed(d->fate, TC_DRIVER_DELIVERIES, p->on_time, 0), r->on_time)) {
        double share
            = fmin(tc_spread_at(tc_fate_indexed(d->fate, TC_DRIVER_DELIVERIES, p->partial, 0), &r->partial), 1),
            early = floor(count * share);
        if (isnan(d->slip))
            d->slip = tc_spread_at(tc_fate_uniform(d->fate, TC_DRIVER_DELIVERIES, d->facts->slip,
                                                   d->facts->dimension + SLIP),
                                   &r->slip);
        arrive(d, after_stop(d, due), early, p->bad, 1, false);
        count -= early;
        due += d->slip * p->horizon_s
               + tc_spread_at(tc_fate_indexed(d->fate, TC_DRIVER_DELIVERIES, p->lot, 0), &r->slip_of_lot_s);
    }
    arrive(d, p->here ? due : after_stop(d, due), count, p->bad, 0, p->here);
}

/* The stream as this future has it: how many have come, and the pace that says. */
static stream as_seen(const drawing *d, const stream *s) {
    stream out = *s;
    double u = tc_fate_indexed(d->fate, TC_DRIVER_DELIVERIES, d->facts->seen, 0), came = 0;
    for (int i = 0; i < s->sightings; i++) {
        double now = round(tc_spread_at(u, &s->sighting[i].count));
        out.shape += s->sighting[i].weight * fmax(now - came, 0);
        came = now;
    }
    if (s->sightings > 0) out.left = fmax(s->ordered - came, 0);
    return out;
}

/* A pace; that after the n-th shock is drawn anew. */
static double pace_of(const drawing *d, const stream *s, int shocks) {
    if (!(s->shape < INFINITY)) return s->shape / s->rate > 0 ? d->facts->risks.pace : 1;
    double u = shocks == 0 ? tc_fate_uniform(d->fate, TC_DRIVER_PACE, s->pace, s->dimension)
                           : tc_fate_indexed(d->fate, TC_DRIVER_PACE, s->pace, (uint32_t)shocks);
    if (shocks == 0) return tc_gamma_at(u, s->shape, 1 / s->rate);
    return tc_gamma_at(u, d->facts->risks.pace_shape, d->facts->risks.pace / d->facts->risks.pace_shape);
}

/* The moments of shocks until the horizon. */
static int draw_shocks(const drawing *d, double at_s[MOST_SHOCKS]) {
    double t = fmax(d->fleet->as_of_s, 0), every = YEAR / d->facts->risks.shocks_per_year;
    int n = 0;
    for (; n < MOST_SHOCKS && d->facts->risks.shocks_per_year > 0; n++) {
        t += tc_exponential_at(tc_fate_indexed(d->fate, TC_DRIVER_PACE, d->facts->shock, (uint32_t)n), every);
        if (t > d->fleet->horizon_s) break;
        at_s[n] = t;
    }
    return n;
}

double tc_fleet_pace(const tc_fleet *fleet, int pool, const tc_fate *fate) {
    const pool_facts *f = &fleet->pool[pool];
    const drawing d = {.fleet = fleet, .fate = fate, .facts = f};
    if (f->streams == 0) return NAN;
    const stream seen = as_seen(&d, &f->stream[0]);
    return pace_of(&d, &seen, 0);
}

static void draw_stream(drawing *d, const stream *s, const double *shock_s, int shocks) {
    double left = s->left, pace = pace_of(d, s, 0);
    bool counted = !(s->shape < INFINITY) || d->fate->middle; /* no lots: what the pace says */
    d->line = s->line;
    for (int k = 0, passed = 0; left > 0 && k < s->periods + MOST_LATE_PERIODS; k++) {
        double due = k < s->periods ? s->due_s[k]
                                    : (s->periods > 0 ? s->due_s[s->periods - 1] : fmax(d->facts->seen_s, 0))
                                          + (k - s->periods + 1) * s->period_s;
        if (due > d->fleet->horizon_s) break;
        for (; passed < shocks && shock_s[passed] <= due; passed++) pace = pace_of(d, s, passed + 1);
        if (due >= d->stop_s && due < d->reopen_s) continue;
        double comes = s->each * pace;
        if (!counted)
            comes = (double)tc_poisson_at(tc_fate_indexed(d->fate, TC_DRIVER_PACE, s->counts, (uint32_t)k),
                                          comes / s->lot)
                    * s->lot;
        comes = fmin(round(comes), left);
        left -= comes;
        arrive(d, due, comes, s->bad, (uint32_t)k, false);
    }
}

/* Devices that are served grow month by month. */
static void draw_service(drawing *d, const service *s) {
    double growth = 1 + s->growth.mid, need = 1, devices = 0, end = fmin(s->until_s, d->fleet->horizon_s);
    if (s->growth.low < s->growth.high)
        growth = 1 + tc_spread_at(tc_fate_indexed(d->fate, TC_DRIVER_SERVING, s->name, 0), &s->growth);
    if (s->need.low < s->need.high)
        need = tc_spread_at(tc_fate_indexed(d->fate, TC_DRIVER_SERVING, s->rate, 0), &s->need);
    double from = fmax(s->from_s, 0);
    for (int month = 0; from + month * (YEAR / 12) < end; month++) {
        double now = fmin(ceil(s->devices * need * pow(growth, month) - 1e-9), 1e7);
        add_served(d, s, from + month * (YEAR / 12), now - devices);
        devices = now;
        if (growth == 1) break;
    }
    if (s->until_s < d->fleet->horizon_s) add_served(d, s, fmax(s->until_s, from), -devices);
}

static void draw_stop(drawing *d) {
    const pool_facts *f = d->facts;
    double rate = f->pool->controlled ? f->risks.stops_per_year_controlled : f->risks.stops_per_year;
    d->stop_s = d->reopen_s = INFINITY;
    if (!f->arrives || !(rate > 0)) return;
    double from = fmax(f->seen_s, d->fleet->as_of_s);
    d->stop_s
        = from
          + tc_exponential_at(tc_fate_uniform(d->fate, TC_DRIVER_STOPS, f->stop, f->dimension + STOP), YEAR / rate);
    if (tc_bernoulli_at(1 - tc_fate_indexed(d->fate, TC_DRIVER_STOPS, f->reopens, 0), f->risks.reopens))
        d->reopen_s
            = d->stop_s
              + tc_spread_at(tc_fate_indexed(d->fate, TC_DRIVER_STOPS, f->reopens_after, 0), &f->risks.reopens_after_s);
}

/* The first devices of a new platform take longer, and may never carry a large run. */
static void draw_bring_up(drawing *d) {
    const pool_facts *f = d->facts;
    double u = tc_fate_uniform(d->fate, TC_DRIVER_BRING_UP, f->bring_up_name, f->dimension + BRING_UP);
    d->bring_up_s = tc_spread_at(u, &f->bring_up);
    d->first_ready_s = -INFINITY;
    d->given_up_s = INFINITY;
    if (!f->pool->new_platform || d->fleet->scenario->certain) return;
    double first = INFINITY;
    for (int i = 0; i < f->promises; i++) first = fmin(first, f->promise[i].due_s);
    for (int i = 0; i < f->streams; i++)
        if (f->stream[i].periods > 0) first = fmin(first, f->stream[i].due_s[0]);
    bool works = tc_bernoulli_at(1 - tc_fate_uniform(d->fate, TC_DRIVER_BRING_UP, f->works, f->dimension + WORKS),
                                 f->risks.new_platform_works);
    double seen = first + tc_spread_at(u, &f->risks.bring_up_new_s);
    d->first_ready_s = works ? seen : INFINITY;
    if (!works) d->given_up_s = seen;
}

static int by_time(const void *a, const void *b) {
    const event *x = a, *y = b;
    if (x->at_s != y->at_s) return x->at_s < y->at_s ? -1 : 1;
    if (x->devices != y->devices) return x->devices > y->devices ? -1 : 1;
    return (x->served > y->served) - (x->served < y->served);
}

/* The moment from which a new platform trains is one at which something happens. */
static void add_first_ready(drawing *d) {
    if (!(d->first_ready_s > 0 && d->first_ready_s < INFINITY)) return;
    event e = {.at_s = d->first_ready_s, .any = true, .brought = TC_BROUGHT_PLATFORM};
    if (!d->facts->daily) {
        d->event[d->events++] = e;
        return;
    }
    d->first_ready_s = ceil(d->first_ready_s / DAY) * DAY;
    if (d->first_ready_s <= (d->events - 1) * DAY) d->event[(int)(d->first_ready_s / DAY)].any = true;
}

/* The days until the horizon, before anything happens on them. */
static void begin_days(drawing *d) {
    d->events = (int)floor(d->fleet->horizon_s / DAY) + 1;
    for (int i = 0; i < d->events; i++) d->event[i] = (event){.at_s = i * DAY};
}

/* Events in order become levels. */
static void build_levels(drawing *d, tc_future *out) {
    int64_t devices = 0, served = 0;
    double night = 0, unused = 0;
    if (!d->facts->daily) qsort(d->event, (size_t)d->events, sizeof *d->event, by_time);
    out->levels = 0;
    out->unmet_s = INFINITY;
    for (int i = 0; i < d->events;) {
        double at = d->event[i].at_s;
        if (!d->event[i].any) {
            i++;
            continue;
        }
        int most = 0, brought = d->event[i].brought;
        for (; i < d->events && d->event[i].at_s == at; i++) {
            devices += d->event[i].devices;
            served += d->event[i].served;
            night += d->event[i].night;
            unused += d->event[i].unused;
            int free_by = d->event[i].devices - d->event[i].served;
            if (free_by > most) most = free_by, brought = d->event[i].brought;
        }
        if (at > d->fleet->horizon_s) break;
        int64_t working = (int64_t)floor((double)devices * (1 - d->facts->risks.spares) + 1e-9);
        if (served > working && at > 0 && !(out->unmet_s < INFINITY)) out->unmet_s = at;
        int64_t at_night = served > working ? 0 : (int64_t)(night + 1e-9), left = working - served + at_night;
        int idle = served > working ? 0 : (int)(unused + 1e-9);
        bool ready = at >= d->first_ready_s && left > 0; /* a new platform trains nothing before */
        int training = at < d->first_ready_s ? 0 : for_training(d->fleet->scenario, left);
        out->level[out->levels++]
            = (tc_future_level){.from_s = at,
                                .usable = (int)working,
                                .training = training,
                                .serving = (int)(served < working ? served - at_night : working) - idle,
                                .unused = idle,
                                .reserve = ready ? (int)left - training : 0,
                                .brought = at == d->first_ready_s ? TC_BROUGHT_PLATFORM : brought};
    }
}

void tc_futures_draw(const tc_fleet *fleet, const tc_fate *fate, tc_future *future) {
    for (int i = 0; i < fleet->pools; i++) {
        const pool_facts *f = &fleet->pool[i];
        tc_future *out = &future[i];
        drawing d = {.fleet = fleet,
                     .fate = fate,
                     .facts = f,
                     .slip = NAN,
                     .event = (event *)(void *)(out->level + out->room),
                     .out = out};
        out->arrivals = 0;
        double shock_s[MOST_SHOCKS];
        if (f->daily) begin_days(&d);
        draw_bring_up(&d);
        draw_stop(&d);
        int shocks = f->streams > 0 ? draw_shocks(&d, shock_s) : 0;
        for (int k = 0; k < f->promises; k++) draw_promise(&d, &f->promise[k]);
        for (int k = 0; k < f->streams; k++) {
            const stream seen = as_seen(&d, &f->stream[k]);
            draw_stream(&d, &seen, shock_s, shocks);
        }
        for (int k = 0; k < f->services; k++) draw_service(&d, &f->service[k]);
        add_first_ready(&d);
        build_levels(&d, out);
        out->until_s = f->pool->until == INT32_MAX ? INFINITY : seconds_of(fleet->scenario, f->pool->until);
        out->stopped_s = fmin(d.reopen_s < INFINITY ? INFINITY : d.stop_s, d.given_up_s);
    }
}
