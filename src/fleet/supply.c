/* supply.c - what a scenario says of the supply of its pools, once for all futures. */
#include "fleet/supply.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "run/spread.h"

#define LEAST_HORIZON (30 * TC_DAY) /* of a promise: shorter ones slip like this one */
#define MANY 200                    /* promises of a pool: more of them count day by day */
#define WEEKLY 1                    /* every: week */

/* The dimensions of a pool are those of its place in the order of names. */
static uint32_t dimension_of(const tc_scenario *s, int pool) {
    uint32_t before = 0;
    for (int i = 0; i < s->pools; i++) before += strcmp(s->pool[i].name, s->pool[pool].name) < 0;
    return TC_SUPPLY_FIRST_OF_POOLS + TC_SUPPLY_OF_A_POOL * before;
}

/* The last that was reported of a pool; NULL: nothing. */
static const tc_actual *last_actual(const tc_scenario *s, int pool) {
    const tc_actual *last = NULL;
    for (int i = 0; i < s->actuals; i++)
        if (s->actual[i].pool == pool && s->actual[i].devices >= 0 && (!last || s->actual[i].day >= last->day))
            last = &s->actual[i];
    return last;
}

static void add_promise(const tc_scenario *s, tc_pool_facts *f, const tc_delivery *d, bool here) {
    const char *name = f->pool->name;
    int32_t made = d->promised < d->day ? d->promised : d->day;
    if (!here && made > s->as_of) made = s->as_of;
    bool counted = here && d->line < 0;
    f->promise[f->promises++]
        = (tc_promise){.due_s = tc_scenario_seconds(s, d->day),
                       .horizon_s = fmax(tc_scenario_seconds(s, d->day) - tc_scenario_seconds(s, made), LEAST_HORIZON),
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
static bool keep_sightings(const tc_scenario *s, int pool, double forget, tc_supply_stream *out, tc_arena *arena) {
    bool any = false;
    for (int i = 0; i < s->actuals; i++) any = any || (s->actual[i].pool == pool && s->actual[i].count.high > 0);
    if (!any) return true;
    out->sighting = tc_arena_alloc(arena, (size_t)s->actuals * sizeof *out->sighting);
    for (int i = 0; out->sighting && i < s->actuals; i++) {
        const tc_actual *a = &s->actual[i];
        if (a->pool != pool || a->devices < 0) continue;
        double weight = pow(forget, tc_scenario_seconds(s, s->as_of) - tc_scenario_seconds(s, a->day));
        out->sighting[out->sightings++] = (tc_sighting){count_of(a), weight / out->lot};
    }
    return out->sighting != NULL;
}

/* The pace after what has come: gamma-Poisson by lots, what is older counting less. */
static bool learn_pace(const tc_scenario *s, int pool, const tc_delivery_line *line, tc_supply_stream *out,
                       tc_arena *arena) {
    const tc_scenario_pool *p = &s->pool[pool];
    double forget = pow(s->pool[pool].risks.memory_of_pace, 12 / TC_YEAR), came_before = 0, prior = out->shape;
    int32_t since = p->delivery[line->first].day - (int32_t)lround(out->period_s / TC_DAY);
    for (int i = 0; i < s->actuals; i++) {
        const tc_actual *a = &s->actual[i];
        if (a->pool != pool || a->devices < 0) continue;
        double planned = out->each * (a->day - since) * TC_DAY / out->period_s, came = a->devices - came_before;
        if (planned <= 0) continue;
        double weight = pow(forget, tc_scenario_seconds(s, s->as_of) - tc_scenario_seconds(s, a->day));
        out->shape += weight * fmax(came, 0) / out->lot;
        out->rate += weight * planned / out->lot;
        came_before = a->devices;
        since = a->day;
    }
    if (!keep_sightings(s, pool, forget, out, arena)) return false;
    if (out->sightings > 0) out->shape = prior; /* what has come is added as it is drawn */
    return true;
}

static bool add_stream(const tc_scenario *s, int pool, tc_pool_facts *f, const tc_delivery_line *line,
                       const tc_actual *seen, int number, tc_arena *arena) {
    const tc_scenario_pool *p = f->pool;
    tc_supply_stream *out = &f->stream[f->streams++];
    const tc_delivery *first = &p->delivery[line->first];
    *out = (tc_supply_stream){.each = line->devices,
                              .line = number,
                              .period_s = line->every == WEEKLY ? 7 * TC_DAY : TC_YEAR / 12,
                              .lot = fmin(f->risks.lot, line->devices),
                              .ordered = line->ordered,
                              .shape = f->risks.pace_shape,
                              .rate = f->risks.pace_shape / f->risks.pace,
                              .pace = tc_stream("pool/%s/pace", p->name),
                              .counts = tc_stream("pool/%s/line-%d/lots", p->name, number),
                              .bad = tc_stream("pool/%s/line-%d/bad", p->name, number),
                              .dimension = f->dimension + TC_SUPPLY_PACE};
    double came = 0;
    out->due_s = tc_arena_alloc(arena, (size_t)(line->count + 1) * sizeof *out->due_s);
    if (!out->due_s) return false;
    for (int i = 0; i < line->count; i++) {
        double due = tc_scenario_seconds(s, first[i].day);
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
static bool add_deliveries(const tc_scenario *s, int index, tc_pool_facts *f, tc_arena *arena) {
    const tc_scenario_pool *p = f->pool;
    const tc_actual *seen = last_actual(s, index);
    int32_t known = seen ? seen->day : s->as_of;
    f->seen_s = tc_scenario_seconds(s, known);
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

static void add_services(const tc_scenario *s, int index, tc_pool_facts *f) {
    for (int i = 0; i < s->servings; i++) {
        const tc_scenario_serving *serving = &s->serving[i];
        if (serving->pool != index) continue;
        /* an hour a day goes to jobs that load and save */
        double most, left = left_over(&serving->profile, &most),
                     at_night = serving->night_training ? fmax(left - most / 24, 0) : 0;
        f->service[f->services++]
            = (tc_supply_service){.devices = serving->devices,
                                  .from_s
                                  = serving->from == INT32_MIN ? -INFINITY : tc_scenario_seconds(s, serving->from),
                                  .until_s
                                  = serving->until == INT32_MAX ? INFINITY : tc_scenario_seconds(s, serving->until),
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
    tc_pool_facts *f = &fleet->pool[index];
    const tc_scenario_pool *p = &s->pool[index];
    *f = (tc_pool_facts){.pool = p,
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
int tc_pool_most_events(const tc_fleet *fleet, const tc_pool_facts *f) {
    int most = 4 * f->promises + 3, days = (int)(fleet->horizon_s / TC_DAY) + 2;
    if (f->daily && most < days) most = days;
    for (int i = 0; i < f->streams; i++) most += 2 * (f->stream[i].periods + TC_MOST_LATE_PERIODS);
    return most + f->services * (int)(fleet->horizon_s / (TC_YEAR / 12) + 3);
}

tc_fleet *tc_fleet_new(const tc_scenario *s, tc_arena *arena) {
    tc_fleet *fleet = tc_arena_alloc(arena, sizeof *fleet);
    tc_pool_facts *pools = fleet ? tc_arena_alloc(arena, (size_t)(s->pools + 1) * sizeof *pools) : NULL;
    if (!pools) return NULL;
    *fleet = (tc_fleet){.scenario = s,
                        .pools = s->pools,
                        .pool = pools,
                        .horizon_s = tc_scenario_seconds(s, s->horizon),
                        .as_of_s = tc_scenario_seconds(s, s->as_of)};
    for (int i = 0; i < s->pools; i++) {
        if (!add_pool(fleet, i, arena)) return NULL;
        int most = tc_pool_most_events(fleet, &pools[i]);
        if (most > fleet->most_events) fleet->most_events = most;
    }
    return fleet;
}

int tc_fleet_promises(const tc_fleet *fleet) {
    int promises = 0;
    for (int i = 0; i < fleet->pools; i++) promises += fleet->pool[i].promises;
    return promises;
}

static bool pool_draws(const tc_pool_facts *f, tc_driver driver) {
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

int tc_for_training(const tc_scenario *s, int64_t free_devices) {
    if (free_devices <= 0) return 0;
    return (int)floor((double)free_devices * (1 - s->ablation_share - s->evaluation_share) + 1e-9);
}

int tc_fleet_most(const tc_fleet *fleet, int pool) {
    const tc_pool_facts *f = &fleet->pool[pool];
    double devices = 0;
    for (int i = 0; i < f->promises; i++) devices += f->promise[i].count.high;
    for (int i = 0; i < f->streams; i++) devices += f->stream[i].left;
    for (int i = 0; i < f->services; i++)
        devices -= f->service[i].growth.low < 0 || f->service[i].need.low < f->service[i].need.high
                       ? 0
                       : f->service[i].devices;
    return tc_for_training(fleet->scenario, (int64_t)devices);
}

int tc_fleet_training(const tc_fleet *fleet, int pool, int usable, double at_s) {
    const tc_pool_facts *f = &fleet->pool[pool];
    int64_t devices = usable;
    for (int i = 0; i < f->services; i++) {
        const tc_supply_service *s = &f->service[i];
        double months = fmax(at_s - fmax(s->from_s, 0), 0) / (TC_YEAR / 12);
        if (at_s >= s->from_s && at_s < s->until_s)
            devices -= (int64_t)ceil(s->devices * pow(1 + s->growth.mid, floor(months)) - 1e-9);
    }
    return tc_for_training(fleet->scenario, devices);
}
