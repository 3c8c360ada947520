/* levers.c - bisection of one lever at a time on common random numbers. */
#include "fleet/levers.h"

#include <math.h>

#include "base/calendar.h"
#include "base/error.h"

#define DAY 86400.0
#define SAMPLES 512
#define STEPS 10
#define MORE 1000 /* devices whose value is asked for */
#define MOST_MONTHS 12
#define RENT_STARTS 4 /* days from which renting is tried */
#define MOST_EARLIER (365 * DAY)

typedef struct trying {
    tc_outlook_input input;
    tc_change change;
    int job;
    double by_s, likely;
    double rent_s;      /* the day from which devices are rented */
    tc_trial now, best; /* as it is; with the lever */
    tc_error *error;
} trying;

static tc_code try_it(trying *t, const tc_change *change, tc_trial *out) {
    t->change = *change;
    t->input.change = &t->change;
    return tc_outlook_try(&t->input, t->job, t->by_s, out, t->error);
}

/* A change by a share of the most that a lever can do. */
typedef tc_change (*lever_of)(const trying *t, int pool, double share);

static tc_change fewer_tokens(const trying *t, int pool, double share) {
    (void)pool;
    return (tc_change){.job = t->job, .fewer_tokens = 0.95 * share, .pool = -1};
}

static tc_change earlier(const trying *t, int pool, double share) {
    (void)pool;
    return (tc_change){.job = t->job, .pool = -1, .earlier_s = MOST_EARLIER * share};
}

/* Twice what the pool may ever have, at most. */
static tc_change more_devices(const trying *t, int pool, double share) {
    const tc_scenario *s = t->input.scenario;
    int most = 2 * tc_fleet_most(t->input.fleet, pool);
    double now = (double)((int64_t)s->as_of - s->start) * DAY;
    return (tc_change){.job = t->job,
                       .pool = pool,
                       .devices = (int)ceil((most > 1024 ? most : 1024) * share),
                       .from_s = fmax(now, 0) + s->pool[pool].bring_up_s};
}

/* The same, rented: they come on the day and are brought up as the pool's are. */
static tc_change rented(const trying *t, int pool, double share) {
    tc_change change = more_devices(t, pool, share);
    change.paid_from_s = t->rent_s;
    change.from_s = t->rent_s + t->input.scenario->pool[pool].bring_up_s;
    return change;
}

/* The least share of a lever that is enough. *share: NaN where all of it is not. */
static tc_code bisect(trying *t, lever_of lever, int pool, double *share) {
    double low = 0, high = 1;
    *share = NAN;
    tc_change change = lever(t, pool, 1);
    tc_code code = try_it(t, &change, &t->best);
    if (code || t->best.done_by < t->likely) return code;
    for (int i = 0; i < STEPS && code == TC_OK; i++) {
        double middle = (low + high) / 2;
        tc_trial trial;
        change = lever(t, pool, middle);
        code = try_it(t, &change, &trial);
        if (trial.done_by >= t->likely) {
            high = middle;
            t->best = trial;
        } else {
            low = middle;
        }
    }
    *share = high;
    return code;
}

static trying start(const tc_outlook_input *input, int job, int32_t day, double likely, tc_error *error) {
    trying t = {.input = *input, .job = job, .likely = likely, .error = error};
    t.input.samples = SAMPLES;
    t.input.drivers = false;
    t.by_s = (double)((int64_t)day + 1 - input->scenario->start) * DAY;
    return t;
}

static tc_lever found(const trying *t, tc_lever_kind kind, int pool, const tc_change *change) {
    const tc_scenario *s = t->input.scenario;
    double amount = kind == TC_LEVER_TOKENS    ? change->fewer_tokens
                    : kind == TC_LEVER_EARLIER ? change->earlier_s
                                               : change->devices;
    return (tc_lever){.kind = kind,
                      .job = t->job,
                      .pool = pool,
                      .amount = amount,
                      .from = s->start + (int32_t)floor(change->from_s / DAY),
                      .by = s->start + (int32_t)floor(t->by_s / DAY) - 1,
                      .probability = t->best.done_by,
                      .before = t->now.done_by,
                      .p50_s = t->best.p50_s,
                      .p50_before_s = t->now.p50_s,
                      .cost_usd = t->best.mean_usd - t->now.mean_usd,
                      .rental_usd_per_h = NAN};
}

/* What renting so many devices of a pool's kind costs until the job is done: paid from the day on, used or not. */
static tc_lever found_rent(const trying *t, int pool, const tc_change *change) {
    const tc_scenario_pool *p = &t->input.scenario->pool[pool];
    int per_package = p->cluster.accelerator.devices_per_package > 1 ? p->cluster.accelerator.devices_per_package : 1;
    tc_lever lever = found(t, TC_LEVER_RENT, pool, change);
    lever.from = t->input.scenario->start + (int32_t)floor(change->paid_from_s / DAY);
    lever.rental_usd_per_h = p->market_usd_per_h / per_package;
    lever.cost_usd = change->devices * lever.rental_usd_per_h * t->best.paid_s / 3600;
    return lever;
}

/* The first day of renting: now, and the turns of the following months. */
static double rent_from(const tc_scenario *s, int start) {
    int year, month, day;
    tc_date_from_day(s->as_of, &year, &month, &day);
    int32_t at = start ? tc_day_from_date(year + (month - 1 + start) / 12, (month - 1 + start) % 12 + 1, 1) : s->as_of;
    return fmax((double)((int64_t)at - s->start) * DAY, 0);
}

static bool may_run_on(const tc_outlook_input *in, int job, int pool) {
    for (int k = 0; k < in->tasks->tasks; k++)
        if (in->tasks->task[k].index == job && in->tasks->task[k].stage[0].rates[pool]) return true;
    return false;
}

/* Rent now or wait: of each pool's kind whose rental is known the least that is enough from now and from each of the next months on; out: room for
 * RENT_STARTS a pool. Once it is too late to rent, the later days are too. */
static tc_code find_rents(trying *t, tc_lever *out, int *levers) {
    const tc_scenario *s = t->input.scenario;
    tc_code code = TC_OK;
    for (int pool = 0; pool < s->pools; pool++) {
        if (!(s->pool[pool].market_usd_per_h > 0) || !may_run_on(&t->input, t->job, pool)) continue;
        for (int start = 0; start < RENT_STARTS && code == TC_OK; start++) {
            double share;
            t->rent_s = rent_from(s, start);
            if (t->rent_s >= t->by_s) break;
            code = bisect(t, rented, pool, &share);
            if (code || (isnan(share) && start == 0)) break;
            const tc_change change = rented(t, pool, isnan(share) ? 1 : share);
            out[*levers] = found_rent(t, pool, &change);
            if (isnan(share)) out[*levers].amount = out[*levers].cost_usd = NAN;
            ++*levers;
            if (isnan(share)) break; /* too late, and later even more so */
        }
        if (code) return code;
    }
    return code;
}

tc_code tc_levers_find(const tc_outlook_input *input, int job, int32_t day, double likely, tc_arena *arena,
                       tc_lever **out, int *levers, tc_error *error) {
    trying t = start(input, job, day, likely, error);
    const tc_change none = {.pool = -1};
    *levers = 0;
    *out = tc_arena_alloc(arena, (size_t)((1 + RENT_STARTS) * input->scenario->pools + 2) * sizeof **out);
    if (!*out) return tc_fail(error, TC_INTERNAL, "plan", "out of memory");
    tc_code code = try_it(&t, &none, &t.now);
    if (code || t.now.done_by >= likely) return code;
    for (int i = -2; i < input->scenario->pools && code == TC_OK; i++) {
        lever_of lever = i == -2 ? fewer_tokens : i == -1 ? earlier : more_devices;
        tc_lever_kind kind = i == -2 ? TC_LEVER_TOKENS : i == -1 ? TC_LEVER_EARLIER : TC_LEVER_DEVICES;
        double share;
        if (i >= 0 && !may_run_on(input, job, i)) continue;
        code = bisect(&t, lever, i < 0 ? 0 : i, &share);
        if (code || isnan(share)) continue;
        tc_change change = lever(&t, i < 0 ? 0 : i, share);
        (*out)[(*levers)++] = found(&t, kind, i < 0 ? -1 : i, &change);
    }
    return code ? code : find_rents(&t, *out, levers);
}

tc_code tc_levers_value(const tc_outlook_input *input, int job, int pool, int32_t day, tc_arena *arena, tc_lever **out,
                        int *levers, tc_error *error) {
    trying t = start(input, job, day, 0, error);
    const tc_scenario *s = input->scenario;
    const tc_change none = {.pool = -1};
    int year, month, first;
    *levers = 0;
    *out = tc_arena_alloc(arena, MOST_MONTHS * sizeof **out);
    if (!*out) return tc_fail(error, TC_INTERNAL, "plan", "out of memory");
    tc_code code = try_it(&t, &none, &t.now);
    tc_date_from_day(s->as_of, &year, &month, &first);
    for (int m = 0; m < MOST_MONTHS && code == TC_OK; m++) {
        int32_t at = m ? tc_day_from_date(year + (month - 1 + m) / 12, (month - 1 + m) % 12 + 1, 1) : s->as_of;
        tc_change change = {.pool = pool, .devices = MORE, .from_s = fmax((double)((int64_t)at - s->start) * DAY, 0)};
        if (change.from_s > t.by_s) break;
        code = try_it(&t, &change, &t.best);
        if (code == TC_OK) (*out)[(*levers)++] = found(&t, TC_LEVER_MORE, pool, &change);
    }
    return code;
}
