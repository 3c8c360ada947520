/* plan.c - the calendar of a scenario.
 *
 * First every candidate of every job on every pool, as if it were alone: the table of what each pool
 * can train, how long it takes, and when it is done. Then the jobs, in the scenario's order: a job takes the
 * first of its candidates that meets its deadline (without one: that can be trained at all), on
 * the pool where it is done first; a pool trains one job at a time. The ends of the 80 % intervals: the same
 * candidates on the same pools with all steps of all jobs at that end of theirs.
 *
 * Ignored: the order of jobs is given, not searched; a job does not spread over pools. */

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/calendar.h"
#include "base/decimal.h"
#include "base/error.h"
#include "fleet/members.h"
#include "fleet/simulate.h"

typedef struct planner {
    const tc_scenario *scenario;
    tc_plan *plan;
    tc_supply *supply;     /* [pools] */
    tc_prospect *prospect; /* beside plan->candidate */
    const tc_interval_model *interval;
    double (*free_s)[TC_QUANTILES]; /* [pools] */
    int *first;                     /* of a job's candidates in plan->candidate: [candidate][pool] */
    int room_assumed, room_advice;  /* in the plan's lines */
    const tc_plan_watch *watch;     /* NULL: nobody */
    int looked_at;                  /* candidates on pools, before it was stopped */
    tc_error *error;
} planner;

static tc_code no_memory(const planner *p) { return tc_fail(p->error, TC_INTERNAL, "plan", "out of memory"); }

/* ---- lines of text -------------------------------------------------------------------- */

/* Lines of the plan, in its arena. */
typedef struct lines {
    const char ***line;
    int *count, *room;
} lines;

static lines assumed_of(planner *p) { return (lines){&p->plan->assumed, &p->plan->assumed_count, &p->room_assumed}; }

static lines advice_of(planner *p) { return (lines){&p->plan->advice, &p->plan->advice_count, &p->room_advice}; }

static tc_code add_line(const planner *p, lines to, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Adds a line unless it is there already. */
static tc_code add_line(const planner *p, lines to, const char *format, ...) {
    char text[640];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    for (int i = 0; i < *to.count; i++)
        if (strcmp((*to.line)[i], text) == 0) return TC_OK;
    const char **line = tc_arena_grow(&p->plan->arena, *to.line, *to.count, to.room, sizeof *line);
    if (!line) return no_memory(p);
    *to.line = line;
    line[*to.count] = tc_arena_copy(&p->plan->arena, text, strlen(text));
    return line[(*to.count)++] ? TC_OK : no_memory(p);
}

/* ---- the table --------------------------------------------------------------------------- */

static tc_code fill_pools(planner *p) {
    for (int i = 0; i < p->scenario->pools; i++) {
        const tc_scenario_pool *pool = &p->scenario->pool[i];
        tc_plan_pool *out = &p->plan->pool[i];
        for (int k = 0; k < pool->deliveries; k++) {
            out->total += pool->delivery[k].devices;
            if (pool->delivery[k].day <= p->scenario->start) out->delivered_now = out->total;
        }
        for (int k = 0; k < p->scenario->servings; k++)
            if (p->scenario->serving[k].pool == i) out->serving += p->scenario->serving[k].devices;
        if (out->serving > out->total) {
            out->serving_missing = out->serving - out->total;
            out->serving = out->total;
        }
        if (!tc_supply_of(p->scenario, i, &p->plan->arena, &p->supply[i])) return no_memory(p);
        for (int k = 0; k < p->supply[i].steps; k++) {
            out->training = p->supply[i].step[k].devices;
            if (p->supply[i].step[k].from_s <= 0) out->training_now = out->training;
        }
    }
    return TC_OK;
}

static double day_seconds(const tc_scenario *s, int32_t day) { return (double)((int64_t)day - s->start) * 86400; }

static double earliest_of(const tc_scenario *s, const tc_scenario_job *job) {
    double at = job->not_before == INT32_MIN ? 0 : day_seconds(s, job->not_before);
    return at > 0 ? at : 0;
}

/* p10 and p90 of a run that is feasible; earliest_s: of each quantile. */
static tc_code simulate_ends(planner *p, tc_prospect *prospect, const double earliest_s[TC_QUANTILES],
                             tc_plan_run *run) {
    for (tc_quantile q = TC_P10; q <= TC_P90 && run->feasible && run->phase[0].step.step_s_p90 > 0; q++) {
        tc_plan_run end = {0};
        tc_code code = tc_simulate(prospect, q, earliest_s[q], &p->plan->arena, &end, p->error);
        if (code) return code;
        *(q == TC_P10 ? &run->p10 : &run->p90) = (tc_plan_end){.known = end.feasible,
                                                               .start = end.start,
                                                               .finish = end.finish,
                                                               .start_s = end.start_s,
                                                               .finish_s = end.finish_s,
                                                               .cost_usd = end.cost_usd,
                                                               .energy_mwh = end.energy_mwh,
                                                               .tonnes_co2 = end.tonnes_co2};
    }
    return TC_OK;
}

/* Says how far the table is. Once told to stop, no more of it is filled. */
static bool go_on(planner *p, int at) {
    if (p->looked_at < at || (p->watch && !p->watch->tell(p->watch->context, at, p->plan->candidates))) return false;
    p->looked_at = at + 1;
    return true;
}

/* A run of a prospect from some time on. What is usual may be too slow for a pool that ends: then the whole space is searched. */
static tc_code simulate(planner *p, int at, double from_s, tc_plan_run *run) {
    const tc_plan_run empty = *run;
    tc_code code = tc_simulate(&p->prospect[at], TC_P50, from_s, &p->plan->arena, run, p->error);
    if (code || run->feasible || p->prospect[at].thorough || p->prospect[at].supply->until_s == INFINITY) return code;
    *run = empty;
    if (!tc_prospect_search(&p->prospect[at], &p->plan->arena)) return no_memory(p);
    return tc_simulate(&p->prospect[at], TC_P50, from_s, &p->plan->arena, run, p->error);
}

/* Is the pool one that the job names, or does not exclude? */
static bool may_train_on(const tc_scenario_job *job, int pool) {
    for (int i = 0; i < job->not_ons; i++)
        if (job->not_on[i].pool == pool) return false;
    return job->pool < 0 || job->pool == pool;
}

static tc_code fill_table(planner *p) {
    const tc_scenario *s = p->scenario;
    tc_plan *plan = p->plan;
    for (int j = 0; j < s->jobs; j++) {
        p->first[j] = plan->candidates;
        plan->candidates += s->job[j].candidates * s->pools;
    }
    plan->candidate = tc_arena_alloc(&plan->arena, (size_t)plan->candidates * sizeof *plan->candidate);
    p->prospect = tc_arena_alloc(&plan->arena, (size_t)plan->candidates * sizeof *p->prospect);
    if (!plan->candidate || !p->prospect) return no_memory(p);
    for (int j = 0; j < s->jobs; j++)
        for (int c = 0; c < s->job[j].candidates; c++)
            for (int k = 0; k < s->pools; k++) {
                int at = p->first[j] + c * s->pools + k;
                tc_plan_run *run = &plan->candidate[at];
                run->job = j;
                run->candidate = c;
                run->pool = k;
                if (!go_on(p, at)) {
                    snprintf(run->why, sizeof run->why, "was not looked at");
                    continue;
                }
                double from = earliest_of(s, &s->job[j]);
                if (!tc_prospect_init(&p->prospect[at], s, p->interval, &s->job[j].candidate[c], k, &p->supply[k],
                                      &plan->arena))
                    return no_memory(p);
                if (!may_train_on(&s->job[j], k)) {
                    snprintf(run->why, sizeof run->why, "the job must not train there");
                    continue;
                }
                p->prospect[at].min_devices = s->job[j].min_devices;
                p->prospect[at].max_devices = s->job[j].max_devices;
                tc_code code = simulate(p, at, from, run);
                if (!code)
                    code = simulate_ends(p, &p->prospect[at], (const double[TC_QUANTILES]){from, from, from}, run);
                if (code) return code;
            }
    return TC_OK;
}

/* ---- the calendar -------------------------------------------------------------------------- */

/* The candidate on the pool where it is done first after earliest_s; infeasible if there is none. */
static tc_code best_pool(planner *p, int job, int candidate, double earliest_s, tc_plan_run *best) {
    *best = (tc_plan_run){.job = job, .candidate = candidate, .pool = -1};
    for (int k = 0; k < p->scenario->pools; k++) {
        int at = p->first[job] + candidate * p->scenario->pools + k;
        tc_plan_run run = {.job = job, .candidate = candidate, .pool = k};
        double from = earliest_s > p->free_s[k][TC_P50] ? earliest_s : p->free_s[k][TC_P50];
        if (!p->plan->candidate[at].feasible) continue; /* not even alone and from the start */
        tc_code code = simulate(p, at, from, &run);
        if (code) return code;
        if (run.feasible && (!best->feasible || run.finish_s < best->finish_s)) *best = run;
    }
    return TC_OK;
}

static double finish_at(const tc_plan_run *run, tc_quantile quantile) {
    if (quantile == TC_P50) return run->finish_s;
    const tc_plan_end *end = quantile == TC_P10 ? &run->p10 : &run->p90;
    return end->known ? end->finish_s : INFINITY;
}

/* The ends of a planned run, after those of the job before it and of its pool's last one; the pool is busy until then. */
static tc_code place(planner *p, tc_plan_run *run) {
    const tc_scenario_job *wanted = &p->scenario->job[run->job];
    double *free_s = p->free_s[run->pool], from[TC_QUANTILES];
    for (int q = 0; q < TC_QUANTILES; q++) {
        from[q] = fmax(earliest_of(p->scenario, wanted), free_s[q]);
        if (wanted->after_job >= 0)
            from[q] = fmax(from[q], finish_at(&p->plan->run[wanted->after_job], (tc_quantile)q));
    }
    int at = p->first[run->job] + run->candidate * p->scenario->pools + run->pool;
    tc_code code = simulate_ends(p, &p->prospect[at], from, run);
    for (int q = 0; q < TC_QUANTILES; q++) free_s[q] = finish_at(run, (tc_quantile)q);
    return code;
}

/* What is planned gets the best layouts of the whole space, at its place and alone. */
static tc_code search_whole(planner *p, double earliest_s, tc_plan_run *run) {
    int at = p->first[run->job] + run->candidate * p->scenario->pools + run->pool;
    tc_plan_run *alone = &p->plan->candidate[at];
    double from = fmax(earliest_s, p->free_s[run->pool][TC_P50]);
    if (p->prospect[at].thorough) return TC_OK;
    if (!tc_prospect_search(&p->prospect[at], &p->plan->arena)) return no_memory(p);
    *run = *alone = (tc_plan_run){.job = run->job, .candidate = run->candidate, .pool = run->pool};
    tc_code code = tc_simulate(&p->prospect[at], TC_P50, from, &p->plan->arena, run, p->error);
    double first = earliest_of(p->scenario, &p->scenario->job[run->job]);
    if (!code) code = tc_simulate(&p->prospect[at], TC_P50, first, &p->plan->arena, alone, p->error);
    return code ? code : simulate_ends(p, &p->prospect[at], (const double[TC_QUANTILES]){first, first, first}, alone);
}

static tc_code plan_job(planner *p, int job) {
    const tc_scenario_job *wanted = &p->scenario->job[job];
    double earliest_s = earliest_of(p->scenario, wanted);
    tc_plan_run chosen = {.job = job, .pool = -1};
    p->plan->job[job] = (tc_plan_job){.chosen = -1};
    p->plan->run[job] = chosen;
    if (wanted->after_job >= 0) {
        const tc_plan_run *before = &p->plan->run[wanted->after_job];
        if (!before->feasible) {
            snprintf(p->plan->run[job].why, sizeof p->plan->run[job].why, "waits for '%s', which cannot be trained",
                     wanted->after);
            return TC_OK;
        }
        if (before->finish_s > earliest_s) earliest_s = before->finish_s;
    }
    for (int c = 0; c < wanted->candidates; c++) {
        tc_plan_run run;
        tc_code code = best_pool(p, job, c, earliest_s, &run);
        if (code != TC_OK) return code;
        if (!run.feasible) continue;
        if (run.finish > wanted->deadline && (code = search_whole(p, earliest_s, &run))) return code;
        bool in_time = run.finish <= wanted->deadline;
        if (in_time || !chosen.feasible || run.finish_s < chosen.finish_s) chosen = run;
        if (in_time) break;
    }
    if (!chosen.feasible) {
        snprintf(p->plan->run[job].why, sizeof p->plan->run[job].why, "no candidate %scan be trained on any pool",
                 p->looked_at < p->plan->candidates ? "that was looked at " : "");
        return TC_OK;
    }
    tc_code code = search_whole(p, earliest_s, &chosen);
    if (code) return code;
    p->plan->job[job].chosen = chosen.candidate;
    p->plan->job[job].late = chosen.finish > wanted->deadline;
    code = place(p, &chosen);
    p->plan->run[job] = chosen;
    return code;
}

/* The highest by priority of those whose predecessor has its place; of equals the first of the file. done: [jobs]. */
static int next_job(const tc_scenario *s, const bool *done) {
    int next = -1;
    for (int j = 0; j < s->jobs; j++) {
        int after = s->job[j].after_job;
        if (done[j] || (after >= 0 && !done[after])) continue;
        if (next < 0 || s->job[j].priority > s->job[next].priority) next = j;
    }
    return next;
}

static tc_code plan_jobs(planner *p) {
    const tc_scenario *s = p->scenario;
    tc_plan *plan = p->plan;
    tc_code code = TC_OK;
    bool *done = tc_arena_alloc(&plan->arena, (size_t)s->jobs * sizeof *done);
    if (!done) return no_memory(p);
    for (int n = 0; n < s->jobs && code == TC_OK; n++) {
        int j = next_job(s, done);
        code = plan_job(p, j);
        done[j] = true;
        plan->feasible = plan->feasible || plan->run[j].feasible;
        plan->complete = plan->complete && plan->run[j].feasible;
    }
    return code;
}

/* ---- what is assumed, what would help ---------------------------------------------------------- */

static tc_code tell_pool(planner *p, int index) {
    const tc_scenario_pool *pool = &p->scenario->pool[index];
    tc_plan *plan = p->plan;
    tc_code code = TC_OK;
    if (!pool->fabric[0])
        code = add_line(p, assumed_of(p), "%s: fabric %s (the accelerator's own)", pool->name,
                        pool->cluster.fabric.slug);
    if (code == TC_OK && !pool->stack[0])
        code = add_line(p, assumed_of(p), "%s: training software '%s' (none given)", pool->name, pool->software.slug);
    if (code == TC_OK && !pool->region[0])
        code = add_line(p, assumed_of(p), "%s: region %s (none given)", pool->name, pool->economics.region);
    /* the run's defaults, from the first candidate that the pool can train */
    for (int i = 0; i < plan->candidates && code == TC_OK; i++) {
        const tc_plan_run *run = &plan->candidate[i];
        tc_run detail;
        if (run->pool != index || !run->feasible) continue;
        if (tc_phase_run(&p->prospect[i], &run->phase[0], &detail, NULL) != TC_OK) break;
        for (int k = 0; k < detail.assumed_count && code == TC_OK; k++)
            code = add_line(p, assumed_of(p), "%s", detail.assumed[k]);
        break;
    }
    return code;
}

/* What the planned jobs' steps took from their stacks. */
static tc_code tell_steps(planner *p) {
    tc_plan *plan = p->plan;
    tc_code code = TC_OK;
    for (int j = 0; j < plan->jobs; j++) {
        const tc_plan_run *run = &plan->run[j];
        for (int k = 0; run->feasible && k < run->phase[0].step.assumed_count && code == TC_OK; k++)
            code = add_line(p, assumed_of(p), "%s on %s: %s", p->scenario->job[j].name,
                            p->scenario->pool[run->pool].name, run->phase[0].step.assumed[k]);
    }
    return code;
}

static tc_code tell_assumed(planner *p) {
    const tc_scenario *s = p->scenario;
    tc_plan *plan = p->plan;
    tc_code code = TC_OK;
    if (p->looked_at < plan->candidates)
        code = add_line(p, assumed_of(p), "stopped after %d of %d candidates on pools: the others were not looked at",
                        p->looked_at, plan->candidates);
    for (int i = 0; i < s->assumptions && code == TC_OK; i++) code = add_line(p, assumed_of(p), "%s", s->assumption[i]);
    for (int i = 0; i < s->pools && code == TC_OK; i++) code = tell_pool(p, i);
    if (code == TC_OK) code = tell_steps(p);
    for (int j = 0; j < s->jobs; j++)
        for (int c = 0; c < s->job[j].candidates && code == TC_OK; c++)
            if (s->job[j].candidate[c].dtype_default)
                code = add_line(p, assumed_of(p), "bf16 where a candidate gives no dtype");
    for (int j = 0; j < s->jobs; j++)
        for (int c = 0; c < s->job[j].candidates && code == TC_OK; c++)
            if (s->job[j].candidate[c].phases > 1)
                code = add_line(p, assumed_of(p), "%s: its phases are planned as one, with the candidate's own batch",
                                s->job[j].candidate[c].name);
    if (code == TC_OK)
        code = add_line(p, assumed_of(p),
                        "a job trains on one pool, a pool one job at a time; layouts change only when devices arrive "
                        "and cost one restart");
    if (code == TC_OK)
        code = add_line(p, assumed_of(p),
                        "deliveries come on their dates: an 80 %% interval is that of the step times, slow or fast for "
                        "all jobs at once");
    if (code == TC_OK)
        code = add_line(p, assumed_of(p),
                        "layouts are the fastest of the search that fit with at least %d %%, of batches up to %d %% "
                        "away; a job costs what "
                        "its devices cost, reserves apart",
                        (int)lround(100 * p->scenario->fit), (int)lround(100 * p->scenario->batch_band));
    return code;
}

static tc_code tell_advice(planner *p) {
    const tc_scenario *s = p->scenario;
    tc_plan *plan = p->plan;
    tc_code code = TC_OK;
    for (int i = 0; i < s->pools && code == TC_OK; i++)
        if (plan->pool[i].serving_missing > 0)
            code = add_line(p, advice_of(p),
                            "%s: serving wants %s devices more than ever arrive; serve elsewhere, or order more",
                            s->pool[i].name, tc_decimal_text(plan->pool[i].serving_missing, 0).s);
    for (int j = 0; j < s->jobs && code == TC_OK; j++) {
        if (plan->job[j].late)
            code = add_line(p, advice_of(p), "%s: no candidate is done by %s; the earliest is planned", s->job[j].name,
                            s->job[j].deadline_date);
        if (plan->run[j].feasible) continue;
        for (int i = 0; i < plan->candidates && code == TC_OK; i++) {
            const tc_plan_run *run = &plan->candidate[i];
            if (run->job != j || run->feasible) continue;
            const char *more = run->enough_devices ? "; it fits on " : "";
            code = add_line(p, advice_of(p), "%s (%s) on %s: %s%s%s%s", s->job[j].name,
                            s->job[j].candidate[run->candidate].name, s->pool[run->pool].name, run->why, more,
                            run->enough_devices ? tc_decimal_text(run->enough_devices, 0).s : "",
                            run->enough_devices ? " devices" : "");
        }
        if (code == TC_OK && s->job[j].after_job >= 0 && !plan->run[s->job[j].after_job].feasible)
            code = add_line(p, advice_of(p), "%s: %s", s->job[j].name, plan->run[j].why);
    }
    return code;
}

tc_code tc_plan_make_watched(const tc_scenario *scenario, const tc_interval_model *interval, const tc_plan_watch *watch,
                             tc_plan *out, tc_error *error) {
    *out = (tc_plan){.scenario = NULL};
    tc_code code = tc_members_check(&tc_scenario_members, scenario, "scenario", error);
    if (code) return code;
    *out
        = (tc_plan){.scenario = scenario, .jobs = scenario->jobs, .seed = 0, .samples = TC_QUANTILES, .complete = true};
    planner p = {.scenario = scenario, .interval = interval, .watch = watch, .plan = out, .error = error};
    out->run = tc_arena_alloc(&out->arena, (size_t)scenario->jobs * sizeof *out->run);
    out->job = tc_arena_alloc(&out->arena, (size_t)scenario->jobs * sizeof *out->job);
    out->pool = tc_arena_alloc(&out->arena, (size_t)scenario->pools * sizeof *out->pool);
    p.supply = tc_arena_alloc(&out->arena, (size_t)scenario->pools * sizeof *p.supply);
    p.free_s = tc_arena_alloc(&out->arena, (size_t)scenario->pools * sizeof *p.free_s);
    p.first = tc_arena_alloc(&out->arena, (size_t)scenario->jobs * sizeof *p.first);
    code = out->run && out->job && out->pool && p.supply && p.free_s && p.first ? TC_OK : no_memory(&p);
    if (code == TC_OK) code = fill_pools(&p);
    if (code == TC_OK) code = fill_table(&p);
    if (code == TC_OK) code = plan_jobs(&p);
    if (code == TC_OK) code = tell_assumed(&p);
    if (code == TC_OK) code = tell_advice(&p);
    for (int i = 0; p.prospect && i < out->candidates; i++) tc_search_cache_free(p.prospect[i].cache);
    if (code != TC_OK) tc_plan_free(out);
    return code;
}

tc_code tc_plan_make(const tc_scenario *scenario, const tc_interval_model *interval, tc_plan *out, tc_error *error) {
    return tc_plan_make_watched(scenario, interval, NULL, out, error);
}

void tc_plan_free(tc_plan *plan) { tc_arena_free(&plan->arena); }
