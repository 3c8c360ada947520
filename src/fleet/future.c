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

#define MOST_SHOCKS 16

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
    const tc_pool_facts *facts;
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
static int most_arrivals(const tc_pool_facts *f) {
    int most = 3 * f->promises + 1;
    for (int i = 0; i < f->streams; i++) most += f->stream[i].periods + TC_MOST_LATE_PERIODS;
    return most;
}

tc_future *tc_futures_new(const tc_fleet *fleet, tc_arena *arena) {
    tc_future *out = tc_arena_alloc(arena, (size_t)(fleet->pools + 1) * sizeof *out);
    for (int i = 0; out && i < fleet->pools; i++) {
        out[i].room = tc_pool_most_events(fleet, &fleet->pool[i]) + 2; /* one for a change (outlook.h) */
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
    else if (e.at_s <= (d->events - 1) * TC_DAY)
        add_to_day(&d->event[(int)ceil(e.at_s / TC_DAY)], &e);
}

static void add_event(drawing *d, double at_s, double devices) {
    add_event_of(d, &(event){.at_s = at_s, .devices = (int)lround(devices)});
}

/* Devices that a service takes more, or fewer. */
static void add_served(drawing *d, const tc_supply_service *s, double at_s, double served) {
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

static void draw_promise(drawing *d, const tc_promise *p) {
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
                                                   d->facts->dimension + TC_SUPPLY_SLIP),
                                   &r->slip);
        arrive(d, after_stop(d, due), early, p->bad, 1, false);
        count -= early;
        due += d->slip * p->horizon_s
               + tc_spread_at(tc_fate_indexed(d->fate, TC_DRIVER_DELIVERIES, p->lot, 0), &r->slip_of_lot_s);
    }
    arrive(d, p->here ? due : after_stop(d, due), count, p->bad, 0, p->here);
}

/* The stream as this future has it: how many have come, and the pace that says. */
static tc_supply_stream as_seen(const drawing *d, const tc_supply_stream *s) {
    tc_supply_stream out = *s;
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
static double pace_of(const drawing *d, const tc_supply_stream *s, int shocks) {
    if (!(s->shape < INFINITY)) return s->shape / s->rate > 0 ? d->facts->risks.pace : 1;
    double u = shocks == 0 ? tc_fate_uniform(d->fate, TC_DRIVER_PACE, s->pace, s->dimension)
                           : tc_fate_indexed(d->fate, TC_DRIVER_PACE, s->pace, (uint32_t)shocks);
    if (shocks == 0) return tc_gamma_at(u, s->shape, 1 / s->rate);
    return tc_gamma_at(u, d->facts->risks.pace_shape, d->facts->risks.pace / d->facts->risks.pace_shape);
}

/* The moments of shocks until the horizon. */
static int draw_shocks(const drawing *d, double at_s[MOST_SHOCKS]) {
    double t = fmax(d->fleet->as_of_s, 0), every = TC_YEAR / d->facts->risks.shocks_per_year;
    int n = 0;
    for (; n < MOST_SHOCKS && d->facts->risks.shocks_per_year > 0; n++) {
        t += tc_exponential_at(tc_fate_indexed(d->fate, TC_DRIVER_PACE, d->facts->shock, (uint32_t)n), every);
        if (t > d->fleet->horizon_s) break;
        at_s[n] = t;
    }
    return n;
}

double tc_fleet_pace(const tc_fleet *fleet, int pool, const tc_fate *fate) {
    const tc_pool_facts *f = &fleet->pool[pool];
    const drawing d = {.fleet = fleet, .fate = fate, .facts = f};
    if (f->streams == 0) return NAN;
    const tc_supply_stream seen = as_seen(&d, &f->stream[0]);
    return pace_of(&d, &seen, 0);
}

static void draw_stream(drawing *d, const tc_supply_stream *s, const double *shock_s, int shocks) {
    double left = s->left, pace = pace_of(d, s, 0);
    bool counted = !(s->shape < INFINITY) || d->fate->middle; /* no lots: what the pace says */
    d->line = s->line;
    for (int k = 0, passed = 0; left > 0 && k < s->periods + TC_MOST_LATE_PERIODS; k++) {
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
static void draw_service(drawing *d, const tc_supply_service *s) {
    double growth = 1 + s->growth.mid, need = 1, devices = 0, end = fmin(s->until_s, d->fleet->horizon_s);
    if (s->growth.low < s->growth.high)
        growth = 1 + tc_spread_at(tc_fate_indexed(d->fate, TC_DRIVER_SERVING, s->name, 0), &s->growth);
    if (s->need.low < s->need.high)
        need = tc_spread_at(tc_fate_indexed(d->fate, TC_DRIVER_SERVING, s->rate, 0), &s->need);
    double from = fmax(s->from_s, 0);
    for (int month = 0; from + month * (TC_YEAR / 12) < end; month++) {
        double now = fmin(ceil(s->devices * need * pow(growth, month) - 1e-9), 1e7);
        add_served(d, s, from + month * (TC_YEAR / 12), now - devices);
        devices = now;
        if (growth == 1) break;
    }
    if (s->until_s < d->fleet->horizon_s) add_served(d, s, fmax(s->until_s, from), -devices);
}

static void draw_stop(drawing *d) {
    const tc_pool_facts *f = d->facts;
    double rate = f->pool->controlled ? f->risks.stops_per_year_controlled : f->risks.stops_per_year;
    d->stop_s = d->reopen_s = INFINITY;
    if (!f->arrives || !(rate > 0)) return;
    double from = fmax(f->seen_s, d->fleet->as_of_s);
    d->stop_s = from
                + tc_exponential_at(tc_fate_uniform(d->fate, TC_DRIVER_STOPS, f->stop, f->dimension + TC_SUPPLY_STOP),
                                    TC_YEAR / rate);
    if (tc_bernoulli_at(1 - tc_fate_indexed(d->fate, TC_DRIVER_STOPS, f->reopens, 0), f->risks.reopens))
        d->reopen_s
            = d->stop_s
              + tc_spread_at(tc_fate_indexed(d->fate, TC_DRIVER_STOPS, f->reopens_after, 0), &f->risks.reopens_after_s);
}

/* The first devices of a new platform take longer, and may never carry a large run. */
static void draw_bring_up(drawing *d) {
    const tc_pool_facts *f = d->facts;
    double u = tc_fate_uniform(d->fate, TC_DRIVER_BRING_UP, f->bring_up_name, f->dimension + TC_SUPPLY_BRING_UP);
    d->bring_up_s = tc_spread_at(u, &f->bring_up);
    d->first_ready_s = -INFINITY;
    d->given_up_s = INFINITY;
    if (!f->pool->new_platform || d->fleet->scenario->certain) return;
    double first = INFINITY;
    for (int i = 0; i < f->promises; i++) first = fmin(first, f->promise[i].due_s);
    for (int i = 0; i < f->streams; i++)
        if (f->stream[i].periods > 0) first = fmin(first, f->stream[i].due_s[0]);
    bool works
        = tc_bernoulli_at(1 - tc_fate_uniform(d->fate, TC_DRIVER_BRING_UP, f->works, f->dimension + TC_SUPPLY_WORKS),
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
    d->first_ready_s = ceil(d->first_ready_s / TC_DAY) * TC_DAY;
    if (d->first_ready_s <= (d->events - 1) * TC_DAY) d->event[(int)(d->first_ready_s / TC_DAY)].any = true;
}

/* The days until the horizon, before anything happens on them. */
static void begin_days(drawing *d) {
    d->events = (int)floor(d->fleet->horizon_s / TC_DAY) + 1;
    for (int i = 0; i < d->events; i++) d->event[i] = (event){.at_s = i * TC_DAY};
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
        int training = at < d->first_ready_s ? 0 : tc_for_training(d->fleet->scenario, left);
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
        const tc_pool_facts *f = &fleet->pool[i];
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
            const tc_supply_stream seen = as_seen(&d, &f->stream[k]);
            draw_stream(&d, &seen, shock_s, shocks);
        }
        for (int k = 0; k < f->services; k++) draw_service(&d, &f->service[k]);
        add_first_ready(&d);
        build_levels(&d, out);
        out->until_s = f->pool->until == INT32_MAX ? INFINITY : tc_scenario_seconds(fleet->scenario, f->pool->until);
        out->stopped_s = fmin(d.reopen_s < INFINITY ? INFINITY : d.stop_s, d.given_up_s);
    }
}
