/* outlook.c - follows the jobs through many futures.
 *
 * Samples come in 16 batches, each a scramble of its own, so that the spread of a quantile over the batches is its standard error.
 * A sample is a function of the seed and its number: threads and their order change nothing.
 *
 * What drives a date (first-order share of its variance; Sobol 1993, with the estimator of Janon et al. 2014): the futures are drawn
 * again with all numbers new but those of one driver; how far the two agree is that driver's share. Dates beyond the
 * horizon count as the horizon. What all shares leave is the interaction of drivers. */
#include "fleet/outlook.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/calendar.h"
#include "base/distributions.h"
#include "base/error.h"
#include "fleet/gates.h"
#include "search/threads.h"

#define DAY 86400.0
#define ALL ((1u << TC_DRIVERS) - 1)
#define ENOUGH 0.8 /* of the variance, above which nobody asks which drivers interact */
#define CHUNK 16   /* samples that a thread takes at once */
#define MANY_PROMISES 2000

/* Where a thread works. */
typedef struct bench {
    tc_future *future;
    tc_course *course;
    tc_fortune *fortune;
    tc_ledger *ledger; /* NULL: not wanted */
    tc_leg *leg;
    int legs, leg_room;
    bool failed; /* for want of memory */
} bench;

/* Of every sample. */
typedef struct sampled {
    double *start, *finish, *hours, *usd, *mwh, *tonnes; /* [jobs][samples] */
    int *pool, *moves;                                   /* [jobs][samples]; pool -1: never ran */
    tc_gate *gate;                                       /* [jobs][samples]; NULL: not wanted */
    int *usable;                                         /* [pools][months][samples] */
    bool *served;                                        /* [pools][samples] */
} sampled;

typedef struct sampler {
    const tc_outlook_input *in;
    tc_arena *arena;
    tc_arena scratch;
    bench *bench;
    int benches, samples, months;
    int followed;         /* of the samples: all, or those by which drivers are told apart */
    const int32_t *month; /* [months]: days */
    sampled *out;
    unsigned kept; /* drivers whose numbers are kept, a bit each; ALL: all are those of the seed */
    double *left;  /* [samples]: tokens of the only task; NULL: not wanted */
    double *again; /* [jobs][samples]: finish, where one is kept */
} sampler;

static uint64_t mix(uint64_t x) {
    x ^= x >> 33;
    x *= 0xff51afd7ed558ccdULL;
    x ^= x >> 33;
    x *= 0xc4ceb9fe1a85ec53ULL;
    return x ^ x >> 33;
}

/* The fate of a sample: its batch has a seed of its own. */
static tc_fate fate_of(const sampler *s, int sample) {
    uint64_t batch = (uint64_t)(sample % TC_OUTLOOK_BATCHES),
             seed = mix((uint64_t)s->in->seed + 0x9e3779b97f4a7c15ULL * (batch + 1)), other = mix(seed + 1);
    tc_fate fate = {.sample = (uint32_t)(sample / TC_OUTLOOK_BATCHES)};
    for (int d = 0; d < TC_DRIVERS; d++) {
        fate.apart[d] = !(s->kept >> d & 1u);
        fate.seed[d] = fate.apart[d] ? other : seed;
    }
    return fate;
}

/* ---- one sample ----------------------------------------------------------------------------------- */

static void keep_pools(const sampler *s, const bench *b, int sample) {
    const tc_scenario *scenario = s->in->scenario;
    double done_s = 0; /* until then services are looked at */
    for (int t = 0; t < s->in->tasks->tasks; t++) done_s = fmax(done_s, b->fortune[t].finish_s);
    for (int p = 0; p < scenario->pools; p++) {
        const tc_future *f = &b->future[p];
        s->out->served[(size_t)p * (size_t)s->samples + (size_t)sample] = !(f->unmet_s < done_s);
        for (int m = 0, level = -1; m < s->months; m++) {
            double at = (double)((int64_t)s->month[m] - scenario->start) * DAY;
            while (level + 1 < f->levels && f->level[level + 1].from_s <= at) level++;
            int usable = level < 0 || at >= f->until_s ? 0 : f->level[level].usable;
            s->out->usable[((size_t)p * (size_t)s->months + (size_t)m) * (size_t)s->samples + (size_t)sample] = usable;
        }
    }
}

/* What each job's end waited for, where that is wanted. */
static void keep_gates(const sampler *s, const bench *b, int sample) {
    const tc_tasks *tasks = s->in->tasks;
    for (int t = 0; t < tasks->tasks && b->ledger && s->out->gate; t++)
        s->out->gate[(size_t)tasks->task[t].index * (size_t)s->samples + (size_t)sample]
            = tc_gate_of(tasks, b->future, b->fortune, b->leg, b->legs, t);
}

static void keep_jobs(const sampler *s, const bench *b, int sample) {
    const tc_tasks *tasks = s->in->tasks;
    for (int t = 0; t < tasks->tasks; t++) {
        const tc_fortune *f = &b->fortune[t];
        size_t at = (size_t)tasks->task[t].index * (size_t)s->samples + (size_t)sample;
        double hours = 0, usd = 0, mwh = 0, tonnes = 0;
        for (int p = 0; p < tasks->pools; p++) {
            const tc_rates *rates = tasks->task[t].stage[0].rates[p];
            if (!(f->device_s[p] > 0)) continue;
            hours += f->device_s[p] / 3600;
            usd += f->device_s[p] / 3600 * rates->usd_per_device_h;
            mwh += f->device_s[p] / 3600 * rates->mwh_per_device_h;
            tonnes += f->device_s[p] / 3600 * rates->tonnes_per_device_h;
        }
        s->out->start[at] = f->start_s;
        s->out->finish[at] = f->finish_s;
        s->out->hours[at] = hours;
        s->out->usd[at] = usd;
        s->out->mwh[at] = mwh;
        s->out->tonnes[at] = tonnes;
        s->out->pool[at] = f->pool;
        s->out->moves[at] = f->moves;
    }
}

/* More devices on a pool from a moment on; whatever is still to come, earlier. */
static void apply_change(const tc_change *change, double as_of_s, int pool, tc_future *f) {
    for (int i = 0; i < f->levels && change->earlier_s > 0; i++) {
        double at = f->level[i].from_s;
        if (at > as_of_s) f->level[i].from_s = fmax(at - change->earlier_s, as_of_s);
    }
    if (pool != change->pool || change->devices == 0) return;
    int at = 0;
    while (at < f->levels && f->level[at].from_s <= change->from_s) at++;
    memmove(f->level + at + 1, f->level + at, (size_t)(f->levels - at) * sizeof *f->level);
    f->level[at] = (tc_future_level){.from_s = change->from_s};
    if (at > 0) f->level[at] = f->level[at - 1];
    f->level[at].from_s = change->from_s;
    f->levels++;
    for (int i = at; i < f->levels; i++) f->level[i].training += change->devices;
}

static void draw_futures(const sampler *s, const tc_fate *fate, tc_future *future) {
    const tc_scenario *scenario = s->in->scenario;
    double as_of_s = (double)((int64_t)scenario->as_of - scenario->start) * DAY;
    tc_futures_draw(s->in->fleet, fate, future);
    for (int p = 0; s->in->change && p < scenario->pools; p++)
        apply_change(s->in->change, fmax(as_of_s, 0), p, &future[p]);
}

/* Follows a future and counts what its devices are used for. False: out of memory. */
static bool follow_counted(bench *b, const tc_fate *fate) {
    int legs = tc_course_follow(b->course, fate, b->future, b->fortune, b->leg, b->leg_room);
    while (legs > b->leg_room) {
        tc_leg *more = realloc(b->leg, 2 * (size_t)legs * sizeof *more);
        if (!more) return false;
        b->leg = more;
        b->leg_room = 2 * legs;
        legs = tc_course_follow(b->course, fate, b->future, b->fortune, b->leg, b->leg_room);
    }
    b->legs = legs;
    tc_ledger_add(b->ledger, b->future, b->leg, legs);
    return true;
}

static void follow(void *context, int worker, int64_t chunk) {
    sampler *s = context;
    bench *b = &s->bench[worker];
    for (int i = (int)chunk * CHUNK; i < ((int)chunk + 1) * CHUNK && i < s->followed; i++) {
        tc_fate fate = fate_of(s, i);
        draw_futures(s, &fate, b->future);
        if (b->ledger && s->kept == ALL) {
            if (!follow_counted(b, &fate)) b->failed = true;
        } else {
            tc_course_follow(b->course, &fate, b->future, b->fortune, NULL, 0);
        }
        if (s->left) {
            s->left[i] = b->fortune[0].left;
            continue;
        }
        if (s->kept == ALL) {
            keep_pools(s, b, i);
            keep_jobs(s, b, i);
            keep_gates(s, b, i);
            continue;
        }
        for (int t = 0; t < s->in->tasks->tasks; t++)
            s->again[(size_t)s->in->tasks->task[t].index * (size_t)s->samples + (size_t)i] = b->fortune[t].finish_s;
    }
}

static bool open_bench(void *context, int worker) {
    sampler *s = context;
    bench *b = &s->bench[worker];
    if (b->fortune) return true; /* from an earlier round */
    b->future = tc_futures_new(s->in->fleet, &s->scratch);
    b->course = tc_course_new(s->in->tasks, &s->scratch);
    b->fortune = tc_arena_alloc(&s->scratch, (size_t)(s->in->tasks->tasks + 1) * sizeof *b->fortune);
    if (b->course && s->in->change) tc_course_fewer(b->course, s->in->change->job, s->in->change->fewer_tokens);
    if (s->in->ledger) {
        b->ledger = tc_ledger_like(s->in->ledger, &s->scratch);
        b->leg = malloc(64 * sizeof *b->leg);
        b->leg_room = 64;
    }
    return b->future && b->course && b->fortune && (!s->in->ledger || (b->ledger && b->leg));
}

static void close_benches(sampler *s) {
    for (int i = 0; s->bench && i < s->benches; i++) free(s->bench[i].leg);
    free(s->bench);
}

static bool follow_all(sampler *s) {
    tc_threads *threads = tc_threads_start(s->benches, open_bench, s);
    if (!threads) return false;
    tc_threads_run(threads, follow, 0, (s->followed + CHUNK - 1) / CHUNK);
    tc_threads_end(threads);
    for (int i = 0; i < s->benches; i++)
        if (s->bench[i].failed) return false;
    return true;
}

/* What the benches counted, for all of them; they begin anew. */
static void collect(sampler *s) {
    tc_ledger_clear(s->in->ledger);
    for (int i = 0; i < s->benches; i++) {
        if (!s->bench[i].ledger) continue;
        tc_ledger_add_all(s->in->ledger, s->bench[i].ledger);
        tc_ledger_clear(s->bench[i].ledger);
    }
}

/* ---- what they have in common ------------------------------------------------------------------------- */

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int by_count(const void *a, const void *b) {
    return (*(const int *)a > *(const int *)b) - (*(const int *)a < *(const int *)b);
}

double tc_sample_quantile(const double *sorted, int n, double probability) {
    double at = probability * n - 0.5;
    if (at <= 0) return sorted[0];
    if (at >= n - 1) return sorted[n - 1];
    int i = (int)at;
    double share = at - i;
    if (share == 0 || sorted[i] == sorted[i + 1]) return sorted[i];
    return sorted[i] + share * (sorted[i + 1] - sorted[i]);
}

static tc_percentiles percentiles(const double *sorted, int n) {
    return (tc_percentiles){tc_sample_quantile(sorted, n, 0.1), tc_sample_quantile(sorted, n, 0.5),
                            tc_sample_quantile(sorted, n, 0.9)};
}

tc_percentiles tc_sample_percentiles(double *values, int n) {
    qsort(values, (size_t)n, sizeof *values, by_size);
    return percentiles(values, n);
}

/* Sorts a copy; NaN where any is. */
static tc_percentiles of_samples(const double *values, int n, double *room) {
    for (int i = 0; i < n; i++)
        if (isnan(values[i])) return (tc_percentiles){NAN, NAN, NAN};
    memcpy(room, values, (size_t)n * sizeof *room);
    return tc_sample_percentiles(room, n);
}

double tc_sample_error(const double *values, int n, double probability, double *room) {
    double sum = 0, squares = 0;
    for (int b = 0; b < TC_OUTLOOK_BATCHES; b++) {
        int k = 0;
        for (int i = b; i < n; i += TC_OUTLOOK_BATCHES) room[k++] = values[i];
        if (k == 0) return INFINITY;
        qsort(room, (size_t)k, sizeof *room, by_size);
        double q = tc_sample_quantile(room, k, probability);
        sum += q;
        squares += q * q;
    }
    double mean = sum / TC_OUTLOOK_BATCHES, variance = squares / TC_OUTLOOK_BATCHES - mean * mean;
    if (!isfinite(variance)) return INFINITY;
    return sqrt(fmax(variance, 0) / (TC_OUTLOOK_BATCHES - 1));
}

static void sum_up_job(const sampler *s, int job, tc_outlook_job *out, double *room) {
    const tc_scenario *scenario = s->in->scenario;
    size_t n = (size_t)s->samples, first = (size_t)job * n;
    const double *finish = s->out->finish + first;
    int never = 0, in_time = 0;
    double deadline = scenario->job[job].deadline == INT32_MAX
                          ? NAN
                          : (double)((int64_t)scenario->job[job].deadline + 1 - scenario->start) * DAY;
    memcpy(out->sampled, finish, n * sizeof *finish);
    memcpy(out->finish, finish, n * sizeof *finish);
    qsort(out->finish, n, sizeof *out->finish, by_size);
    out->finish_s = percentiles(out->finish, s->samples);
    out->finish_error_s = (tc_percentiles){tc_sample_error(finish, s->samples, 0.1, room),
                                           tc_sample_error(finish, s->samples, 0.5, room),
                                           tc_sample_error(finish, s->samples, 0.9, room)};
    out->start_s = of_samples(s->out->start + first, s->samples, room);
    out->device_hours = of_samples(s->out->hours + first, s->samples, room);
    out->cost_usd = of_samples(s->out->usd + first, s->samples, room);
    out->energy_mwh = of_samples(s->out->mwh + first, s->samples, room);
    out->tonnes_co2 = of_samples(s->out->tonnes + first, s->samples, room);
    for (int i = 0; i < s->samples; i++) {
        never += !(finish[i] < INFINITY);
        in_time += finish[i] < deadline;
        out->moves += s->out->moves[first + (size_t)i];
        if (s->out->pool[first + (size_t)i] >= 0) out->on_pool[s->out->pool[first + (size_t)i]] += 1.0 / s->samples;
    }
    out->moves /= s->samples;
    out->never = (double)never / s->samples;
    out->by_deadline = isnan(deadline) ? NAN : (double)in_time / s->samples;
}

static int by_gate(const void *a, const void *b) {
    const tc_gate *x = a, *y = b;
    if (x->kind != y->kind) return x->kind < y->kind ? -1 : 1;
    if (x->pool != y->pool) return x->pool < y->pool ? -1 : 1;
    if (x->line != y->line) return x->line < y->line ? -1 : 1;
    return (x->job > y->job) - (x->job < y->job);
}

static int by_share(const void *a, const void *b) {
    const tc_gate *x = a, *y = b;
    if (x->share != y->share) return x->share > y->share ? -1 : 1;
    return by_gate(a, b);
}

/* How often each gate was the one. */
static bool sum_up_gates(const sampler *s, int job, tc_outlook_job *out) {
    tc_gate *gate = s->out->gate + (size_t)job * (size_t)s->samples;
    int gates = 0;
    qsort(gate, (size_t)s->samples, sizeof *gate, by_gate);
    for (int i = 0; i < s->samples; i++) {
        if (gates == 0 || by_gate(&gate[gates - 1], &gate[i]) != 0) {
            gate[gates] = gate[i];
            gate[gates++].share = 0;
        }
        gate[gates - 1].share += 1.0 / s->samples;
    }
    qsort(gate, (size_t)gates, sizeof *gate, by_share);
    out->gates = gates;
    out->gate = tc_arena_alloc(s->arena, (size_t)gates * sizeof *gate);
    if (out->gate) memcpy(out->gate, gate, (size_t)gates * sizeof *gate);
    return out->gate != NULL;
}

static void sum_up_pool(const sampler *s, int pool, tc_outlook *out) {
    int n = s->samples, met = 0;
    for (int i = 0; i < n; i++) met += s->out->served[(size_t)pool * (size_t)n + (size_t)i];
    out->met[pool] = (double)met / n;
    for (int m = 0; m < s->months; m++) {
        int *usable = s->out->usable + ((size_t)pool * (size_t)s->months + (size_t)m) * (size_t)n;
        qsort(usable, (size_t)n, sizeof *usable, by_count);
        out->month[pool * s->months + m]
            = (tc_outlook_month){s->month[m], usable[n / 10], usable[n / 2], usable[9 * n / 10]};
    }
}

/* ---- drivers ---------------------------------------------------------------------------------------------- */

static double within(double finish, double horizon) { return finish < horizon ? finish : horizon; }

/* How much of the variance of a job's end the kept drivers explain; *variance: of it. */
static double explained(const sampler *s, int job, double *variance) {
    size_t first = (size_t)job * (size_t)s->samples;
    double both = 0, mean = 0, squares = 0, horizon = s->in->tasks->horizon_s;
    for (int i = 0; i < s->followed; i++) {
        double a = within(s->out->finish[first + (size_t)i], horizon), b = within(s->again[first + (size_t)i], horizon);
        mean += (a + b) / 2;
        both += a * b;
        squares += (a * a + b * b) / 2;
    }
    mean /= s->followed;
    *variance = squares / s->followed - mean * mean;
    return *variance > 1 ? (both / s->followed - mean * mean) / *variance : 0; /* a second: nothing is uncertain */
}

static void share_of(const sampler *s, int job, int driver, tc_outlook_job *out) {
    double variance, share = explained(s, job, &variance);
    out->share[driver] = share > 0 ? share : 0;
    out->swing_s[driver] = 2 * TC_NORMAL_P90 * sqrt(out->share[driver] * fmax(variance, 0));
    out->interactions -= out->share[driver];
}

/* Whether any variable of a driver is drawn: where none is, its share is nothing. */
static bool is_drawn(const sampler *s, tc_driver driver) {
    const tc_tasks *t = s->in->tasks;
    if (driver == TC_DRIVER_OPERATIONS) return true;
    if (driver != TC_DRIVER_STEP) return tc_fleet_draws(s->in->fleet, driver);
    for (int i = 0; i < t->tasks; i++)
        for (int p = 0; p < t->pools; p++)
            for (int k = 0; k < t->task[i].stages; k++) {
                const tc_rates *rates = t->task[i].stage[k].rates[p];
                for (int n = 0; rates && n < rates->knots; n++)
                    if (rates->knot[n].fast != 1 || rates->knot[n].slow != 1) return true;
            }
    return false;
}

/* Futures by which drivers are told apart: fewer of a fleet whose futures take long. */
static int told_apart_by(const sampler *s) {
    int most = tc_fleet_promises(s->in->fleet) > MANY_PROMISES ? TC_OUTLOOK_SAMPLES / 4 : TC_OUTLOOK_SAMPLES;
    return s->samples < most ? s->samples : most;
}

/* The drivers of the greatest shares, of those jobs together whose shares leave much. False: there is none. */
static bool first_drivers(const sampler *s, const tc_outlook *out, tc_driver first[TC_PAIRS]) {
    double sum[TC_DRIVERS] = {0};
    bool any = false;
    for (int t = 0; t < s->in->tasks->tasks; t++) {
        const tc_outlook_job *o = &out->job[s->in->tasks->task[t].index];
        if (!(o->interactions > 1 - ENOUGH) || !(o->interactions < 1)) continue;
        any = true;
        for (int d = 0; d < TC_DRIVERS; d++) sum[d] += o->share[d];
    }
    for (int i = 0; i < TC_PAIRS; i++) {
        int most = 0;
        for (int d = 1; d < TC_DRIVERS; d++)
            if (sum[d] > sum[most]) most = d;
        first[i] = (tc_driver)most;
        sum[most] = -1;
    }
    return any;
}

/* Which of the first drivers matter together: what a pair explains, less what each of the two does (Sobol 1993). */
static bool find_pairs(sampler *s, tc_outlook *out) {
    static const int of[TC_PAIRS][2] = {{0, 1}, {0, 2}, {1, 2}};
    tc_driver first[TC_PAIRS];
    if (!first_drivers(s, out, first)) return true;
    for (int i = 0; i < TC_PAIRS; i++) {
        tc_driver a = first[of[i][0]], b = first[of[i][1]];
        if (!is_drawn(s, a) || !is_drawn(s, b)) continue;
        s->kept = 1u << a | 1u << b;
        if (!follow_all(s)) return false;
        for (int t = 0; t < s->in->tasks->tasks; t++) {
            int job = s->in->tasks->task[t].index;
            tc_outlook_job *o = &out->job[job];
            if (!(o->interactions > 1 - ENOUGH)) continue;
            double variance, share = explained(s, job, &variance) - o->share[a] - o->share[b];
            o->pair[o->pairs++] = (tc_interaction){a, b, fmax(share, 0)};
        }
    }
    return true;
}

static bool find_drivers(sampler *s, tc_outlook *out) {
    size_t jobs = (size_t)s->in->scenario->jobs;
    s->again = tc_arena_alloc(&s->scratch, jobs * (size_t)s->samples * sizeof *s->again);
    if (!s->again) return false;
    s->followed = told_apart_by(s);
    for (int j = 0; j < out->jobs; j++) out->job[j].interactions = 1;
    out->drivers = true;
    for (int d = 0; d < TC_DRIVERS; d++) {
        if (!is_drawn(s, (tc_driver)d)) continue;
        s->kept = 1u << d;
        if (!follow_all(s)) return false;
        for (int t = 0; t < s->in->tasks->tasks; t++) {
            int job = s->in->tasks->task[t].index;
            share_of(s, job, d, &out->job[job]);
        }
    }
    return find_pairs(s, out);
}

/* ---- all of it ------------------------------------------------------------------------------------------- */

static bool make_room(sampler *s, sampled *out) {
    size_t n = (size_t)s->samples, jobs = (size_t)s->in->scenario->jobs * n, pools = (size_t)s->in->scenario->pools * n;
    double **reals[] = {&out->start, &out->finish, &out->hours, &out->usd, &out->mwh, &out->tonnes};
    for (size_t i = 0; i < sizeof reals / sizeof *reals; i++)
        if (!(*reals[i] = tc_arena_alloc(&s->scratch, (jobs + 1) * sizeof(double)))) return false;
    out->pool = tc_arena_alloc(&s->scratch, (jobs + 1) * sizeof(int));
    out->moves = tc_arena_alloc(&s->scratch, (jobs + 1) * sizeof(int));
    if (s->in->ledger) out->gate = tc_arena_alloc(&s->scratch, (jobs + 1) * sizeof *out->gate);
    out->usable = tc_arena_alloc(&s->scratch, pools * (size_t)s->months * sizeof(int));
    out->served = tc_arena_alloc(&s->scratch, pools * sizeof(bool));
    for (size_t i = 0; i < jobs && out->finish; i++) {
        out->start[i] = out->finish[i] = INFINITY; /* of a job that is no task */
        if (out->pool) out->pool[i] = -1;
    }
    return out->pool && out->moves && out->usable && out->served && (!s->in->ledger || out->gate);
}

int tc_outlook_months(const tc_scenario *s, int32_t month[TC_OUTLOOK_MONTHS]) {
    int n = 0, year, m, day;
    tc_date_from_day(s->start, &year, &m, &day);
    for (; n < TC_OUTLOOK_MONTHS; n++) {
        int32_t at = tc_day_from_date(year + (m - 1 + n) / 12, (m - 1 + n) % 12 + 1, 1);
        if (at > s->horizon) break;
        month[n] = at < s->start ? s->start : at;
    }
    return n;
}

static bool make_out(const sampler *s, tc_outlook *out) {
    size_t jobs = (size_t)out->jobs + 1, pools = (size_t)out->pools + 1;
    out->job = tc_arena_alloc(s->arena, jobs * sizeof *out->job);
    out->month = tc_arena_alloc(s->arena, pools * (size_t)s->months * sizeof *out->month);
    out->met = tc_arena_alloc(s->arena, pools * sizeof *out->met);
    if (!out->job || !out->month || !out->met) return false;
    for (int j = 0; j < out->jobs; j++) {
        out->job[j].finish = tc_arena_alloc(s->arena, (size_t)s->samples * sizeof(double));
        out->job[j].sampled = tc_arena_alloc(s->arena, (size_t)s->samples * sizeof(double));
        out->job[j].on_pool = tc_arena_alloc(s->arena, pools * sizeof(double));
        if (!out->job[j].finish || !out->job[j].sampled || !out->job[j].on_pool) return false;
    }
    return true;
}

static bool sample_all(sampler *s, tc_outlook *out, sampled *all) {
    double *room = tc_arena_alloc(&s->scratch, (size_t)s->samples * sizeof *room);
    s->out = all;
    s->kept = ALL;
    s->followed = s->samples;
    if (!room || !make_room(s, all) || !make_out(s, out) || !follow_all(s)) return false;
    for (int j = 0; j < out->jobs; j++) sum_up_job(s, j, &out->job[j], room);
    for (int p = 0; p < out->pools; p++) sum_up_pool(s, p, out);
    if (s->in->ledger) collect(s);
    for (int t = 0; t < s->in->tasks->tasks && s->in->ledger; t++) {
        int job = s->in->tasks->task[t].index;
        if (!sum_up_gates(s, job, &out->job[job])) return false;
    }
    return true;
}

/* Whether a date is known worse than to 3 % of its 80 % interval, or to a day. */
static bool asks_for_more(const tc_outlook *out) {
    for (int j = 0; j < out->jobs; j++) {
        const tc_percentiles *f = &out->job[j].finish_s, *e = &out->job[j].finish_error_s;
        if (!(f->p90 < INFINITY)) continue;
        double enough = fmax(0.03 * (f->p90 - f->p10), DAY);
        if (e->p10 > enough || e->p50 > enough || e->p90 > enough) return true;
    }
    return false;
}

tc_code tc_outlook_make(const tc_outlook_input *in, tc_arena *arena, tc_outlook *out, tc_error *error) {
    const tc_scenario *scenario = in->scenario;
    int32_t month[TC_OUTLOOK_MONTHS];
    sampled all = {0};
    sampler s = {.in = in, .arena = arena, .month = month, .months = tc_outlook_months(scenario, month)};
    s.benches = tc_threads_count(in->threads);
    s.bench = calloc((size_t)s.benches, sizeof *s.bench);
    bool fine = s.bench && open_bench(&s, 0);
    for (int rise = 0; fine && rise < 2; rise++) {
        s.samples = in->samples > 0 ? in->samples : rise ? 4 * TC_OUTLOOK_SAMPLES : TC_OUTLOOK_SAMPLES;
        *out = (tc_outlook){.samples = s.samples,
                            .seed = in->seed,
                            .jobs = scenario->jobs,
                            .pools = scenario->pools,
                            .months = s.months};
        fine = sample_all(&s, out, &all);
        if (in->samples > 0 || !asks_for_more(out)) break;
    }
    if (fine && in->drivers) fine = find_drivers(&s, out);
    close_benches(&s);
    tc_arena_free(&s.scratch);
    return fine ? TC_OK : tc_fail(error, TC_INTERNAL, "plan", "out of memory");
}

/* Follows all samples and nothing more; the caller frees the scratch. */
static bool run_samples(sampler *s, sampled *all, const int32_t *month) {
    s->month = month;
    s->months = 1;
    s->samples = s->followed = s->in->samples;
    s->kept = ALL;
    s->out = all;
    s->benches = tc_threads_count(s->in->threads);
    s->bench = calloc((size_t)s->benches, sizeof *s->bench);
    return s->bench && open_bench(s, 0) && make_room(s, all) && follow_all(s);
}

tc_code tc_outlook_try(const tc_outlook_input *in, int job, double by_s, tc_trial *out, tc_error *error) {
    sampled all = {0};
    sampler s = {.in = in};
    bool fine = run_samples(&s, &all, &in->scenario->start);
    if (fine) {
        double *finish = all.finish + (size_t)job * (size_t)s.samples, *usd = all.usd + (size_t)job * (size_t)s.samples;
        int done = 0;
        *out = (tc_trial){0};
        for (int i = 0; i < s.samples; i++) {
            done += finish[i] <= by_s;
            out->mean_usd += usd[i] / s.samples;
            if (in->change)
                out->paid_s += fmax(fmin(finish[i], in->tasks->horizon_s) - in->change->paid_from_s, 0) / s.samples;
        }
        qsort(finish, (size_t)s.samples, sizeof *finish, by_size);
        out->done_by = (double)done / s.samples;
        out->p50_s = tc_sample_quantile(finish, s.samples, 0.5);
    }
    close_benches(&s);
    tc_arena_free(&s.scratch);
    return fine ? TC_OK : tc_fail(error, TC_INTERNAL, "plan", "out of memory");
}

tc_code tc_outlook_tokens(const tc_outlook_input *in, double *tokens, tc_error *error) {
    sampled all = {0};
    sampler s = {.in = in, .left = tokens};
    bool fine = run_samples(&s, &all, &in->scenario->start);
    for (int i = 0; fine && i < s.samples; i++) tokens[i] = in->tasks->task[0].stage[0].tokens - tokens[i];
    close_benches(&s);
    tc_arena_free(&s.scratch);
    return fine ? TC_OK : tc_fail(error, TC_INTERNAL, "plan", "out of memory");
}

double tc_outlook_done_by(const tc_outlook *outlook, int job, double moment_s) {
    const double *finish = outlook->job[job].finish;
    int low = 0, high = outlook->samples; /* the first that is later */
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (finish[middle] <= moment_s)
            low = middle + 1;
        else
            high = middle;
    }
    return (double)low / outlook->samples;
}

double tc_outlook_quantile(const tc_outlook *outlook, int job, double probability) {
    return tc_sample_quantile(outlook->job[job].finish, outlook->samples, probability);
}
