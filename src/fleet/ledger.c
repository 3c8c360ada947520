/* ledger.c - device-seconds by pool, month and use. */
#include "fleet/ledger.h"

#include <math.h>
#include <string.h>

#define DAY 86400.0

/* What is counted; idle and out are what these leave. */
enum {
    HERE,
    BEFORE,
    SERVING,
    RESERVE,
    FREE,
    USED,
    COUNTED
}; /* HERE: in the month in which they come; BEFORE: devices that came before */

struct tc_ledger {
    int pools, months;
    int64_t calendars;
    const int32_t *month;
    double from_s, *edge_s; /* [months + 1] */
    int64_t *seconds;       /* [pools][months][COUNTED] */
};

tc_ledger *tc_ledger_new(const tc_scenario *s, const int32_t *month, int months, double from_s, tc_arena *arena) {
    tc_ledger *l = tc_arena_alloc(arena, sizeof *l);
    if (!l) return NULL;
    *l = (tc_ledger){.pools = s->pools, .months = months, .month = month, .from_s = from_s};
    l->edge_s = tc_arena_alloc(arena, (size_t)(months + 1) * sizeof *l->edge_s);
    l->seconds = tc_arena_alloc(arena, (size_t)s->pools * (size_t)months * COUNTED * sizeof *l->seconds);
    if (!l->edge_s || !l->seconds) return NULL;
    for (int m = 0; m < months; m++) l->edge_s[m] = (double)((int64_t)month[m] - s->start) * DAY;
    l->edge_s[months] = (double)((int64_t)s->horizon - s->start) * DAY;
    tc_ledger_clear(l);
    return l;
}

tc_ledger *tc_ledger_like(const tc_ledger *ledger, tc_arena *arena) {
    tc_ledger *l = tc_arena_alloc(arena, sizeof *l);
    if (!l) return NULL;
    *l = *ledger;
    l->seconds = tc_arena_alloc(arena, (size_t)l->pools * (size_t)l->months * COUNTED * sizeof *l->seconds);
    if (!l->seconds) return NULL;
    tc_ledger_clear(l);
    return l;
}

void tc_ledger_clear(tc_ledger *l) {
    l->calendars = 0;
    memset(l->seconds, 0, (size_t)l->pools * (size_t)l->months * COUNTED * sizeof *l->seconds);
}

/* The month of a moment, or one before: none has more than 31 days. */
static int month_at(const tc_ledger *l, double at_s) {
    int m = at_s > 0 ? (int)fmin(at_s / (31 * DAY), l->months - 1) : 0;
    while (m + 1 < l->months && l->edge_s[m + 1] <= at_s) m++;
    return m;
}

static void count(tc_ledger *l, int pool, int what, double from_s, double to_s, double devices) {
    from_s = fmax(from_s, l->from_s);
    to_s = fmin(to_s, l->edge_s[l->months]);
    if (devices == 0 || !(to_s > from_s)) return;
    for (int m = month_at(l, from_s); m < l->months && l->edge_s[m] < to_s; m++) {
        double time = fmin(to_s, l->edge_s[m + 1]) - fmax(from_s, l->edge_s[m]);
        if (time > 0)
            l->seconds[((size_t)pool * (size_t)l->months + (size_t)m) * COUNTED + (size_t)what]
                += llround(devices * time);
    }
}

/* Devices that are there from a moment on: counted in two places, however many months follow. */
static void come(tc_ledger *l, int pool, double at_s, int devices) {
    at_s = fmax(at_s, l->from_s);
    if (at_s >= l->edge_s[l->months]) return;
    int m = month_at(l, at_s);
    int64_t *month = &l->seconds[((size_t)pool * (size_t)l->months + (size_t)m) * COUNTED];
    month[HERE] += llround(devices * (l->edge_s[m + 1] - at_s));
    if (m + 1 < l->months) month[COUNTED + BEFORE] += devices;
}

static void add_pool(tc_ledger *l, int pool, const tc_future *f) {
    for (int i = 0; i < f->arrivals; i++) {
        if (f->arrival[i].at_s >= f->until_s) continue;
        come(l, pool, f->arrival[i].at_s, f->arrival[i].devices);
        come(l, pool, f->until_s, -f->arrival[i].devices);
    }
    for (int i = 0; i < f->levels; i++) {
        const tc_future_level *level = &f->level[i];
        double to_s = fmin(i + 1 < f->levels ? level[1].from_s : INFINITY, f->until_s);
        count(l, pool, SERVING, level->from_s, to_s, level->serving);
        count(l, pool, RESERVE, level->from_s, to_s, level->reserve);
        count(l, pool, FREE, level->from_s, to_s, level->training + level->unused);
    }
}

void tc_ledger_add(tc_ledger *l, const tc_future *future, const tc_leg *leg, int legs) {
    l->calendars++;
    for (int p = 0; p < l->pools; p++) add_pool(l, p, &future[p]);
    for (int i = 0; i < legs; i++) count(l, leg[i].pool, USED, leg[i].from_s, leg[i].to_s, leg[i].devices);
}

void tc_ledger_add_all(tc_ledger *l, const tc_ledger *from) {
    l->calendars += from->calendars;
    for (size_t i = 0; i < (size_t)l->pools * (size_t)l->months * COUNTED; i++) l->seconds[i] += from->seconds[i];
}

static double idle_of(double all, double used) { return fmax(all - used, 0); }

void tc_ledger_read(const tc_ledger *l, int pool, const tc_upkeep *u, tc_plan_month *out) {
    double before = 0;
    for (int m = 0; m < l->months; m++) {
        const int64_t *seconds = &l->seconds[((size_t)pool * (size_t)l->months + (size_t)m) * COUNTED];
        double hours[COUNTED];
        for (int i = 0; i < COUNTED; i++)
            hours[i] = (double)seconds[i] / 3600 / (double)(l->calendars ? l->calendars : 1);
        before += 3600 * hours[BEFORE];
        hours[HERE] += before * (l->edge_s[m + 1] - l->edge_s[m]) / 3600;
        double from_s = fmax(l->from_s, l->edge_s[m]);
        out[m]
            = (tc_plan_month){.day = l->month[0] + (int32_t)floor(from_s / DAY),
                              .device_hours
                              = {[TC_USE_TRAINING] = hours[USED],
                                 [TC_USE_SERVING] = hours[SERVING],
                                 [TC_USE_RESERVE] = hours[RESERVE],
                                 [TC_USE_IDLE] = idle_of(hours[FREE], hours[USED]),
                                 [TC_USE_OUT] = idle_of(hours[HERE], hours[SERVING] + hours[RESERVE] + hours[FREE])}};
        for (int use = 0; use < TC_USES; use++) {
            double h = out[m].device_hours[use];
            out[m].energy_mwh[use] = h * (use == TC_USE_IDLE || use == TC_USE_OUT ? u->mw_idle : u->mw_at_work);
            out[m].cost_usd[use]
                = h * u->usd_per_h + (u->usd_per_mwh > 0 ? out[m].energy_mwh[use] * u->usd_per_mwh : 0);
            out[m].tonnes_co2 += out[m].energy_mwh[use] * u->tonnes_per_mwh;
        }
    }
}
