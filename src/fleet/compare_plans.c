/* compare_plans.c - differences of two plans, sample by sample, and their causes. */
#include "fleet/compare_plans.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "fleet/members.h"
#include "fleet/outlook.h"

#define DAY 86400.0

static tc_code no_memory(tc_error *error) { return tc_fail(error, TC_INTERNAL, "plan", "out of memory"); }

/* ---- answers --------------------------------------------------------------------------------------- */

static tc_job_dates dates_of(const tc_plan *plan, int job) {
    double start_s = plan->scenario->start * DAY;
    const tc_plan_run *run = &plan->run[job];
    int32_t deadline = plan->scenario->job[job].deadline;
    if (plan->outlook) {
        const tc_outlook_job *o = &plan->outlook->job[job];
        return (tc_job_dates){start_s + o->finish_s.p10, start_s + o->finish_s.p50, start_s + o->finish_s.p90,
                              o->by_deadline};
    }
    tc_job_dates out = {INFINITY, INFINITY, INFINITY, deadline == INT32_MAX ? NAN : 0};
    if (!run->feasible) return out;
    out.p50 = start_s + run->finish_s;
    out.p10 = run->p10.known ? start_s + run->p10.finish_s : out.p50;
    out.p90 = run->p90.known ? start_s + run->p90.finish_s : run->p10.known ? INFINITY : out.p50;
    if (deadline != INT32_MAX) out.by_deadline = run->finish <= deadline;
    return out;
}

tc_job_answer *tc_job_answers_of(const tc_plan *plan, tc_arena *arena) {
    tc_job_answer *out = tc_arena_alloc(arena, (size_t)(plan->jobs + 1) * sizeof *out);
    for (int j = 0; out && j < plan->jobs; j++) {
        const tc_scenario_job *job = &plan->scenario->job[j];
        out[j] = (tc_job_answer){.name = job->name,
                                 .candidate = job->candidates > 0 ? job->candidate[0].name : "",
                                 .deadline = job->deadline,
                                 .dates = dates_of(plan, j),
                                 .start_s = plan->scenario->start * DAY};
        if (!plan->outlook) continue;
        out[j].sampled = plan->outlook->job[j].sampled;
        out[j].samples = plan->outlook->samples;
    }
    return out;
}

/* ---- differences ------------------------------------------------------------------------------------ */

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* b - a; never and never are alike. */
static double later_by(double a, double b) { return a == b ? 0 : b - a; }

static double in_days(double seconds) { return isfinite(seconds) ? seconds / DAY : NAN; }

static bool compare_samples(const tc_job_answer *a, const tc_job_answer *b, tc_job_difference *out) {
    size_t n = (size_t)a->samples;
    double *shift = calloc(2 * n + 1, sizeof *shift), *room = shift ? shift + n : NULL;
    if (!shift) return false;
    int earlier = 0, later = 0;
    for (size_t i = 0; i < n; i++) {
        shift[i] = later_by(a->start_s + a->sampled[i], b->start_s + b->sampled[i]);
        earlier += shift[i] < 0;
        later += shift[i] > 0;
    }
    out->earlier = (double)earlier / a->samples;
    out->later = (double)later / a->samples;
    out->error_days = in_days(tc_sample_error(shift, a->samples, 0.5, room));
    qsort(shift, n, sizeof *shift, by_size);
    out->shift_days = in_days(tc_sample_quantile(shift, a->samples, 0.5));
    free(shift);
    return true;
}

static bool compare_job(const tc_job_answer *a, const tc_job_answer *b, tc_job_difference *out) {
    double shift = later_by(a->dates.p50, b->dates.p50);
    out->dates_a = a->dates;
    out->dates_b = b->dates;
    out->p10_days = in_days(later_by(a->dates.p10, b->dates.p10));
    out->p50_days = out->shift_days = in_days(shift);
    out->p90_days = in_days(later_by(a->dates.p90, b->dates.p90));
    out->probability = b->dates.by_deadline - a->dates.by_deadline;
    if (a->sampled && b->sampled && a->samples == b->samples) return compare_samples(a, b, out);
    out->earlier = out->later = NAN; /* of two dates, and nothing else, none can be told */
    if (!a->sampled && !b->sampled && a->samples == 0 && b->samples == 0) {
        out->earlier = shift < 0;
        out->later = shift > 0;
    }
    return true;
}

static int named(const tc_job_answer *in, int n, const char *name) {
    for (int i = 0; i < n; i++)
        if (strcmp(in[i].name, name) == 0) return i;
    return -1;
}

/* The first job of A whose name B has no more, and that trains the same; -1: none. */
static int renamed_from(const tc_job_answer *a, int in_a, const tc_job_answer *b, int in_b, const tc_job_answer *job,
                        const bool *taken) {
    for (int i = 0; i < in_a; i++)
        if (!taken[i] && named(b, in_b, a[i].name) < 0 && strcmp(a[i].candidate, job->candidate) == 0) return i;
    return -1;
}

tc_code tc_answers_compare(const tc_job_answer *a, int in_a, const tc_job_answer *b, int in_b, tc_arena *arena,
                           tc_plan_difference *out, tc_error *error) {
    const tc_job_difference none = {.a = -1,
                                    .b = -1,
                                    .dates_a = {NAN, NAN, NAN, NAN},
                                    .dates_b = {NAN, NAN, NAN, NAN},
                                    .p10_days = NAN,
                                    .p50_days = NAN,
                                    .p90_days = NAN,
                                    .probability = NAN,
                                    .shift_days = NAN,
                                    .error_days = NAN,
                                    .earlier = NAN,
                                    .later = NAN};
    bool *taken = tc_arena_alloc(arena, (size_t)(in_a + 1) * sizeof *taken);
    *out = (tc_plan_difference){.job = tc_arena_alloc(arena, (size_t)(in_a + in_b + 1) * sizeof *out->job)};
    if (!taken || !out->job) return no_memory(error);
    for (int j = 0; j < in_b; j++) {
        tc_job_difference *d = &out->job[out->jobs++];
        int i = named(a, in_a, b[j].name);
        *d = none;
        d->presence = i >= 0 ? TC_IN_BOTH : TC_RENAMED;
        if (i < 0) i = renamed_from(a, in_a, b, in_b, &b[j], taken);
        d->job = b[j].name;
        d->b = j;
        d->a = i;
        d->dates_b = b[j].dates;
        if (i < 0) {
            d->presence = TC_ADDED;
            continue;
        }
        taken[i] = true;
        d->before = a[i].name;
        if (!compare_job(&a[i], &b[j], d)) return no_memory(error);
    }
    for (int i = 0; i < in_a; i++) {
        if (taken[i]) continue;
        tc_job_difference *d = &out->job[out->jobs++];
        *d = none;
        d->presence = TC_REMOVED;
        d->before = a[i].name;
        d->a = i;
        d->dates_a = a[i].dates;
    }
    return TC_OK;
}

/* ---- between two scenarios ------------------------------------------------------------------------------ */

/* What has been switched to the new figures, in this order. */
enum { TIME, SEEN, DELIVERIES, SERVING, JOBS, RISKS, OTHER, STEPS };

typedef struct mixer {
    const tc_scenario *before, *now;
    int switched; /* steps that are */
    tc_arena *arena;
} mixer;

static const tc_scenario *source_of(const mixer *m, int step) { return step < m->switched ? m->now : m->before; }

static int pool_named(const tc_scenario *s, const char *name) {
    for (int i = 0; i < s->pools; i++)
        if (strcmp(s->pool[i].name, name) == 0) return i;
    return -1;
}

static int job_named(const tc_scenario *s, const char *name) {
    for (int i = 0; i < s->jobs; i++)
        if (strcmp(s->job[i].name, name) == 0) return i;
    return -1;
}

/* Pools of one scenario under the risks of one; a pool that is not there keeps its own. */
static bool mix_pools(const mixer *m, tc_scenario *out) {
    const tc_scenario *from = source_of(m, DELIVERIES), *risks = source_of(m, RISKS);
    out->pools = from->pools;
    out->pool = tc_arena_alloc(m->arena, (size_t)(from->pools + 1) * sizeof *out->pool);
    for (int i = 0; out->pool && i < from->pools; i++) {
        out->pool[i] = from->pool[i];
        int same = pool_named(risks, from->pool[i].name);
        if (same < 0) continue;
        out->pool[i].risks = risks->pool[same].risks;
        out->pool[i].bring_up = risks->pool[same].bring_up;
        out->pool[i].bring_up_s = risks->pool[same].bring_up_s;
    }
    return out->pool != NULL;
}

/* A service on a pool that is not there goes with it. */
static bool mix_servings(const mixer *m, tc_scenario *out) {
    const tc_scenario *from = source_of(m, SERVING);
    out->servings = 0;
    out->serving = tc_arena_alloc(m->arena, (size_t)(from->servings + 1) * sizeof *out->serving);
    for (int i = 0; out->serving && i < from->servings; i++) {
        int pool = pool_named(out, from->serving[i].pool_name);
        if (pool < 0) continue;
        out->serving[out->servings] = from->serving[i];
        out->serving[out->servings++].pool = pool;
    }
    return out->serving != NULL;
}

/* A job that is bound to a pool that is not there may train on any. */
static bool mix_jobs(const mixer *m, tc_scenario *out) {
    const tc_scenario *from = source_of(m, JOBS);
    out->jobs = from->jobs;
    out->job = tc_arena_alloc(m->arena, (size_t)(from->jobs + 1) * sizeof *out->job);
    for (int j = 0; out->job && j < from->jobs; j++) {
        tc_scenario_job *job = &out->job[j];
        *job = from->job[j];
        if (job->pool >= 0) job->pool = pool_named(out, job->pool_name);
        job->not_ons = 0;
        job->not_on = tc_arena_alloc(m->arena, (size_t)(from->job[j].not_ons + 1) * sizeof *job->not_on);
        if (!job->not_on) return false;
        for (int i = 0; i < from->job[j].not_ons; i++) {
            tc_scenario_name name = from->job[j].not_on[i];
            name.pool = pool_named(out, name.name);
            if (name.pool >= 0) job->not_on[job->not_ons++] = name;
        }
    }
    return out->job != NULL;
}

/* The next row of jobs, or of pools, that are there; NULL: none. *at goes beyond it. */
static const tc_actual *next_actual(const tc_scenario *from, bool of_jobs, const tc_scenario *out, int *at,
                                    tc_actual *row) {
    while (*at < from->actuals) {
        *row = from->actual[(*at)++];
        if ((row->job >= 0) != of_jobs) continue;
        row->job = of_jobs ? job_named(out, row->job_name) : -1;
        row->pool = of_jobs ? -1 : pool_named(out, row->pool_name);
        if (row->job >= 0 || row->pool >= 0) return row;
    }
    return NULL;
}

static bool mix_actuals(const mixer *m, tc_scenario *out) {
    const tc_scenario *of_jobs = source_of(m, TIME), *of_pools = source_of(m, SEEN);
    int at_jobs = 0, at_pools = 0;
    tc_actual of_job, of_pool;
    out->actuals = 0;
    out->actual = tc_arena_alloc(m->arena, (size_t)(of_jobs->actuals + of_pools->actuals + 1) * sizeof *out->actual);
    if (!out->actual) return false;
    const tc_actual *job = next_actual(of_jobs, true, out, &at_jobs, &of_job),
                    *pool = next_actual(of_pools, false, out, &at_pools, &of_pool);
    while (job || pool) {
        bool first = pool && (!job || pool->day <= job->day);
        out->actual[out->actuals++] = first ? *pool : *job;
        if (first)
            pool = next_actual(of_pools, false, out, &at_pools, &of_pool);
        else
            job = next_actual(of_jobs, true, out, &at_jobs, &of_job);
    }
    return true;
}

/* The scenario of before with the first steps switched on. What is only told is the new one's. */
static bool mix(const mixer *m, tc_scenario *out) {
    const tc_scenario *other = source_of(m, OTHER), *risks = source_of(m, RISKS);
    *out = *m->now;
    out->arena = (tc_arena){0};
    out->as_of = source_of(m, TIME)->as_of;
    out->start = other->start;
    out->horizon = other->horizon;
    out->certain = other->certain;
    out->any = other->any;
    out->fit = other->fit;
    out->batch_band = other->batch_band;
    out->ablation_share = other->ablation_share;
    out->evaluation_share = other->evaluation_share;
    out->risks = risks->risks;
    out->bring_up = risks->bring_up;
    out->bring_up_s = risks->bring_up_s;
    out->bring_up_given = risks->bring_up_given;
    return mix_pools(m, out) && mix_servings(m, out) && mix_jobs(m, out) && mix_actuals(m, out);
}

/* ---- since then ------------------------------------------------------------------------------------------ */

typedef struct attribution {
    mixer mixer;
    const tc_plan *now;
    const tc_interval_model *interval;
    tc_plan_options options;
    double horizon_s; /* since day 0: the later of both */
    tc_since *out;
    tc_error *error;
} attribution;

/* Renamed jobs of before have their new names, so that their numbers are the same. The copy is in the arena. */
static bool rename_jobs(const tc_scenario *before, const tc_plan_difference *whole, tc_arena *arena, tc_scenario *out) {
    *out = *before;
    out->job = tc_arena_alloc(arena, (size_t)(before->jobs + 1) * sizeof *out->job);
    out->actual = tc_arena_alloc(arena, (size_t)(before->actuals + 1) * sizeof *out->actual);
    if (!out->job || !out->actual) return false;
    for (int j = 0; j < before->jobs; j++) out->job[j] = before->job[j];
    for (int i = 0; i < before->actuals; i++) out->actual[i] = before->actual[i];
    for (int k = 0; k < whole->jobs; k++) {
        const tc_job_difference *d = &whole->job[k];
        if (d->presence != TC_RENAMED) continue;
        memcpy(out->job[d->a].name, d->job, strlen(d->job) + 1);
        for (int j = 0; j < before->jobs; j++)
            if (before->job[j].after_job == d->a) memcpy(out->job[j].after, d->job, strlen(d->job) + 1);
        for (int i = 0; i < before->actuals; i++)
            if (before->actual[i].job == d->a) memcpy(out->actual[i].job_name, d->job, strlen(d->job) + 1);
    }
    return true;
}

/* The dates of the jobs of the difference in a scenario between the two; [whole.jobs]. */
static tc_code plan_dates(const attribution *t, const tc_scenario *s, tc_job_dates *dates) {
    tc_plan plan;
    tc_code code = tc_plan_make(s, t->interval, &t->options, &plan, t->error);
    if (code) return code;
    for (int k = 0; k < t->out->whole.jobs; k++) {
        const tc_job_difference *d = &t->out->whole.job[k];
        int job = d->presence <= TC_RENAMED ? job_named(s, d->job) : -1;
        if (job >= 0) dates[k] = dates_of(&plan, job);
    }
    tc_plan_free(&plan);
    return TC_OK;
}

static double capped(const attribution *t, double moment) { return fmin(moment, t->horizon_s); }

static void add_shift(const attribution *t, int job, tc_cause cause, const tc_job_dates *a, const tc_job_dates *b) {
    tc_shift shift = {.job = job,
                      .cause = cause,
                      .p10_days = (capped(t, b->p10) - capped(t, a->p10)) / DAY,
                      .p50_days = (capped(t, b->p50) - capped(t, a->p50)) / DAY,
                      .p90_days = (capped(t, b->p90) - capped(t, a->p90)) / DAY,
                      .probability = b->by_deadline - a->by_deadline};
    bool moves = shift.p10_days != 0 || shift.p50_days != 0 || shift.p90_days != 0
                 || (!isnan(shift.probability) && shift.probability != 0);
    if (moves) t->out->shift[t->out->shifts++] = shift;
}

/* Whether the day is all that the first step moves. */
static bool day_alone(const tc_scenario *before, const tc_scenario *after) {
    tc_scenario same = *after;
    same.as_of = before->as_of;
    return tc_members_alike(&tc_scenario_members, before, &same);
}

static tc_cause cause_of(int step, const tc_scenario *before, const tc_scenario *after) {
    static const tc_cause causes[STEPS] = {TC_CAUSE_PROGRESS, TC_CAUSE_SEEN,  TC_CAUSE_DELIVERIES, TC_CAUSE_SERVING,
                                           TC_CAUSE_JOBS,     TC_CAUSE_RISKS, TC_CAUSE_OTHER};
    return step == TIME && day_alone(before, after) ? TC_CAUSE_AS_OF : causes[step];
}

/* Plans after every step that changes anything; the last of these is the plan of now. dates: of before. */
static tc_code attribute(attribution *t, tc_job_dates *dates) {
    int jobs = t->out->whole.jobs;
    tc_scenario all, at, next;
    tc_job_dates *after = tc_arena_alloc(t->mixer.arena, (size_t)(jobs + 1) * sizeof *after);
    t->mixer.switched = STEPS;
    if (!after || !mix(&t->mixer, &all)) return no_memory(t->error);
    t->mixer.switched = 0;
    if (!mix(&t->mixer, &at)) return no_memory(t->error);
    for (int step = 0; step < STEPS; step++) {
        t->mixer.switched = step + 1;
        if (!mix(&t->mixer, &next)) return no_memory(t->error);
        if (tc_members_alike(&tc_scenario_members, &at, &next)) continue;
        memcpy(after, dates, (size_t)jobs * sizeof *after);
        if (tc_members_alike(&tc_scenario_members, &next, &all)) {
            for (int k = 0; k < jobs; k++) after[k] = t->out->whole.job[k].dates_b;
        } else {
            tc_code code = plan_dates(t, &next, after);
            if (code) return code;
        }
        for (int k = 0; k < jobs; k++)
            if (t->out->whole.job[k].presence <= TC_RENAMED)
                add_shift(t, k, cause_of(step, &at, &next), &dates[k], &after[k]);
        memcpy(dates, after, (size_t)jobs * sizeof *dates);
        at = next;
    }
    return TC_OK;
}

static int by_job(const void *a, const void *b) {
    const tc_shift *x = a, *y = b;
    if (x->job != y->job) return x->job < y->job ? -1 : 1;
    return (x->cause > y->cause) - (x->cause < y->cause);
}

/* Who is in which of the two, before anything is planned. */
static tc_code match_jobs(const tc_scenario *before, const tc_plan *now, tc_arena *arena, tc_plan_difference *out,
                          tc_error *error) {
    tc_job_answer *a = tc_arena_alloc(arena, (size_t)(before->jobs + 1) * sizeof *a),
                  *b = tc_job_answers_of(now, arena);
    if (!a || !b) return no_memory(error);
    for (int j = 0; j < before->jobs; j++)
        a[j] = (tc_job_answer){.name = before->job[j].name,
                               .candidate = before->job[j].candidates > 0 ? before->job[j].candidate[0].name : ""};
    return tc_answers_compare(a, before->jobs, b, now->jobs, arena, out, error);
}

/* The earlier plan itself: the whole difference, and the dates that the parts start from. */
static tc_code plan_before(attribution *t, const tc_scenario *before, tc_job_dates *dates) {
    tc_plan plan;
    tc_plan_difference *whole = &t->out->whole;
    const tc_plan_difference matched = *whole;
    tc_code code = tc_plan_make(before, t->interval, &t->options, &plan, t->error);
    if (code) return code;
    tc_job_answer *a = tc_job_answers_of(&plan, t->mixer.arena), *b = tc_job_answers_of(t->now, t->mixer.arena);
    code = a && b ? tc_answers_compare(a, plan.jobs, b, t->now->jobs, t->mixer.arena, whole, t->error)
                  : no_memory(t->error);
    for (int k = 0; k < whole->jobs && code == TC_OK; k++) {
        whole->job[k].presence = matched.job[k].presence; /* renamed ones have their new names in `before` */
        whole->job[k].before = matched.job[k].before;
        dates[k] = whole->job[k].dates_a;
    }
    tc_plan_free(&plan);
    return code;
}

tc_code tc_since_scenario(const tc_scenario *before, const tc_plan *now, const tc_interval_model *interval,
                          const tc_plan_options *options, tc_arena *arena, tc_since *out, tc_error *error) {
    const tc_scenario *s = now->scenario;
    tc_scenario renamed;
    *out = (tc_since){.of = before->slug, .dated = true, .as_of = before->as_of};
    attribution t = {.mixer = {.before = &renamed, .now = s, .arena = arena},
                     .now = now,
                     .interval = interval,
                     .options = *options,
                     .horizon_s = fmax(before->horizon, s->horizon) * DAY,
                     .out = out,
                     .error = error};
    t.options.drivers = t.options.value = false;
    t.options.take = 0;
    t.options.days = t.options.best_days = 0;
    t.options.seed = now->outlook ? now->seed : options->seed;
    if (now->outlook) t.options.samples = now->samples;
    tc_code code = match_jobs(before, now, arena, &out->whole, error);
    if (code) return code;
    size_t jobs = (size_t)out->whole.jobs + 1;
    tc_job_dates *dates = tc_arena_alloc(arena, jobs * sizeof *dates);
    out->shift = tc_arena_alloc(arena, jobs * (STEPS + 1) * sizeof *out->shift);
    if (!dates || !out->shift || !rename_jobs(before, &out->whole, arena, &renamed)) return no_memory(error);
    code = plan_before(&t, &renamed, dates);
    if (code == TC_OK) code = attribute(&t, dates);
    if (code == TC_OK && out->shifts > 0) qsort(out->shift, (size_t)out->shifts, sizeof *out->shift, by_job);
    return code;
}

tc_code tc_since_answers(const tc_job_answer *before, int jobs, const tc_plan *now, tc_arena *arena, tc_since *out,
                         tc_error *error) {
    tc_job_answer *b = tc_job_answers_of(now, arena);
    attribution t = {.horizon_s = now->scenario->horizon * DAY, .out = out};
    *out = (tc_since){.shift = NULL};
    out->shift = tc_arena_alloc(arena, (size_t)(jobs + now->jobs + 1) * sizeof *out->shift);
    if (!b || !out->shift) return no_memory(error);
    for (int j = 0; j < now->jobs; j++) {
        tc_job_dates *d = &b[j].dates;
        *d = (tc_job_dates){floor(d->p10 / DAY) * DAY, floor(d->p50 / DAY) * DAY, floor(d->p90 / DAY) * DAY,
                            d->by_deadline};
    }
    tc_code code = tc_answers_compare(before, jobs, b, now->jobs, arena, &out->whole, error);
    for (int k = 0; k < out->whole.jobs && code == TC_OK; k++) {
        const tc_job_difference *d = &out->whole.job[k];
        if (d->presence <= TC_RENAMED) add_shift(&t, k, TC_CAUSE_ALL, &d->dates_a, &d->dates_b);
    }
    return code;
}
