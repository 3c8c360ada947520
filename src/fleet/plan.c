/* plan.c - the calendar of a scenario.
 *
 * First every candidate of every job on every pool, as if it were alone (alone.c): the table of what each pool
 * can train, how long it takes, and when it is done. Then the jobs, by priority and in the scenario's order (agenda.c): a job takes the
 * first of its candidates that meets its deadline (without one: that can be trained at all), and goes where course.c sends it. The ends of
 * the 80 % intervals: those of thousands of futures (outlook.c); of a certain scenario the same calendar with all steps of all jobs at that
 * end of theirs.
 *
 * Jobs that may use several pools at once are compared with that (at_once.c); the futures that are drawn have each job on one
 * pool at a time. */

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/calendar.h"
#include "base/decimal.h"
#include "base/error.h"
#include "base/text.h"
#include "fleet/alone.h"
#include "fleet/members.h"
#include "fleet/best_by.h"
#include "fleet/contracts.h"
#include "fleet/levers.h"
#include "fleet/planner.h"

/* Of a certain scenario: at the steps' p50, p10 and p90. */
enum { CERTAIN_CALENDARS = 3 };

tc_code tc_planner_no_memory(const tc_planner *p) { return tc_fail(p->error, TC_INTERNAL, "plan", "out of memory"); }

/* ---- lines of text -------------------------------------------------------------------- */

/* Lines of the plan, in its arena. */
typedef struct lines {
    const char ***line;
    int *count, *room;
} lines;

static lines assumed_of(tc_planner *p) { return (lines){&p->plan->assumed, &p->plan->assumed_count, &p->room_assumed}; }

static lines advice_of(tc_planner *p) { return (lines){&p->plan->advice, &p->plan->advice_count, &p->room_advice}; }

static tc_code add_line(const tc_planner *p, lines to, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Adds a line unless it is there already. */
static tc_code add_line(const tc_planner *p, lines to, const char *format, ...) {
    char text[640];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    for (int i = 0; i < *to.count; i++)
        if (strcmp((*to.line)[i], text) == 0) return TC_OK;
    const char **line = tc_arena_grow(&p->plan->arena, *to.line, *to.count, to.room, sizeof *line);
    if (!line) return tc_planner_no_memory(p);
    *to.line = line;
    line[*to.count] = tc_arena_copy(&p->plan->arena, text, strlen(text));
    return line[(*to.count)++] ? TC_OK : tc_planner_no_memory(p);
}

/* ---- the table --------------------------------------------------------------------------- */

static void fill_pools(tc_planner *p) {
    for (int i = 0; i < p->scenario->pools; i++) {
        const tc_scenario_pool *pool = &p->scenario->pool[i];
        tc_plan_pool *out = &p->plan->pool[i];
        for (int k = 0; k < pool->deliveries; k++) {
            out->total += pool->delivery[k].devices;
            if (pool->delivery[k].day <= p->scenario->start) out->delivered_now = out->total;
        }
        for (int k = 0; k < p->scenario->actuals; k++) /* what was counted stands above what was planned */
            if (p->scenario->actual[k].pool == i && p->scenario->actual[k].devices >= 0)
                out->delivered_now = p->scenario->actual[k].devices;
        for (int k = 0; k < p->scenario->servings; k++)
            if (p->scenario->serving[k].pool == i) out->serving += p->scenario->serving[k].devices;
        if (out->serving > out->total) {
            out->serving_missing = out->serving - out->total;
            out->serving = out->total;
        }
        for (int k = 0; k < p->middle[i].levels; k++) {
            out->training = p->middle[i].level[k].training;
            if (p->middle[i].level[k].from_s <= 0) out->training_now = out->training;
        }
    }
}

/* Says how far the table is. Once told to stop, no more of it is filled. */
static bool go_on(tc_planner *p, int at) {
    if (p->looked_at < at || (p->options->tell && !p->options->tell(p->options->context, at, p->plan->candidates)))
        return false;
    p->looked_at = at + 1;
    return true;
}

bool tc_job_may_train_on(const tc_scenario_job *job, int pool) {
    for (int i = 0; i < job->not_ons; i++)
        if (job->not_on[i].pool == pool) return false;
    return job->pool < 0 || job->pool == pool;
}

static tc_code fill_table(tc_planner *p) {
    const tc_scenario *s = p->scenario;
    tc_plan *plan = p->plan;
    for (int j = 0; j < s->jobs; j++) {
        p->first[j] = plan->candidates;
        plan->candidates += s->job[j].candidates * s->pools;
    }
    plan->candidate = tc_arena_alloc(&plan->arena, (size_t)plan->candidates * sizeof *plan->candidate);
    p->offer = tc_arena_alloc(&plan->arena, (size_t)plan->candidates * sizeof *p->offer);
    if (!plan->candidate || !p->offer) return tc_planner_no_memory(p);
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
                if (!tc_job_may_train_on(&s->job[j], k)) {
                    snprintf(run->why, sizeof run->why, "the job must not train there");
                    continue;
                }
                tc_code code = tc_alone_make(p, at);
                if (code) return code;
            }
    return TC_OK;
}

/* What is planned was searched for in the whole space: so is its row of the table. */
static tc_code search_planned(tc_planner *p) {
    tc_code code = TC_OK;
    for (int j = 0; j < p->scenario->jobs && code == TC_OK; j++) {
        const tc_plan_run *run = &p->plan->run[j];
        if (run->feasible) code = tc_alone_again(p, p->first[j] + run->candidate * p->scenario->pools + run->pool);
    }
    return code;
}

/* ---- what is assumed, what would help ---------------------------------------------------------- */

static tc_code tell_pool(tc_planner *p, int index) {
    const tc_scenario_pool *pool = &p->scenario->pool[index];
    tc_plan *plan = p->plan;
    tc_code code = TC_OK;
    if (!pool->fabric[0])
        code = add_line(p, assumed_of(p), "%s: fabric %s (the accelerator's own)", pool->name,
                        pool->cluster.fabric.slug);
    if (code == TC_OK && !pool->stack[0])
        code = add_line(p, assumed_of(p), "%s: training software '%s' (none given)", pool->name,
                        pool->software[TC_MODEL_OF_TEXT].slug);
    if (code == TC_OK && !pool->region[0])
        code = add_line(p, assumed_of(p), "%s: region %s (none given)", pool->name, pool->economics.region);
    if (code == TC_OK && pool->rented && pool->regional)
        code = add_line(p, assumed_of(p), "%s: rented at %s USD an hour (usual in region %s)", pool->name,
                        tc_decimal_text(pool->rental_usd_per_h, 3).s, pool->economics.region);
    if (code == TC_OK && pool->controlled && !pool->controlled_given && !p->scenario->certain)
        code = add_line(p, assumed_of(p),
                        "%s: a rule on exports may stop its deliveries, %s times a year (chips of %s, in region %s)",
                        pool->name, tc_decimal_text(pool->risks.stops_per_year_controlled, 2).s,
                        pool->cluster.accelerator.vendor, pool->economics.region);
    /* the run's defaults, from the first candidate that the pool can train */
    for (int i = 0; i < plan->candidates && code == TC_OK; i++) {
        const tc_plan_run *run = &plan->candidate[i];
        tc_run detail;
        if (run->pool != index || !run->feasible) continue;
        if (tc_offer_run(p->offer[i], &run->phase[0], &detail, NULL) != TC_OK) break;
        for (int k = 0; k < detail.assumed_count && code == TC_OK; k++)
            code = add_line(p, assumed_of(p), "%s", detail.assumed[k]);
        break;
    }
    return code;
}

/* What the planned jobs' steps took from their stacks. */
static tc_code tell_steps(tc_planner *p) {
    tc_plan *plan = p->plan;
    tc_code code = TC_OK;
    for (int j = 0; j < plan->jobs; j++) {
        const tc_plan_run *run = &plan->run[j];
        const tc_scenario_job *job = &p->scenario->job[j];
        const tc_scenario_pool *pool = &p->scenario->pool[run->pool];
        const tc_stack *usual = pool->software, *stack = tc_pool_software(pool, &job->candidate[run->candidate]);
        if (run->feasible && strcmp(stack->slug, usual->slug) != 0)
            code = add_line(p, assumed_of(p), "%s on %s: training software '%s' (what '%s' has for such models)",
                            job->name, pool->name, stack->slug, usual->slug);
        for (int k = 0; run->feasible && k < run->phase[0].step.assumed_count && code == TC_OK; k++)
            code = add_line(p, assumed_of(p), "%s on %s: %s", job->name, pool->name, run->phase[0].step.assumed[k]);
    }
    return code;
}

/* "jobs of one priority choose in the order b, a: ..." */
static tc_code tell_order(tc_planner *p) {
    char names[400] = "";
    for (int rank = 0; rank < p->tasks.tasks; rank++)
        for (int t = 0; t < p->tasks.tasks && strlen(names) < sizeof names - 64; t++)
            if (p->task[t].rank == rank)
                tc_append(names, sizeof names, "%s%s", *names ? ", " : "", p->task[t].job->name);
    const char *what = p->less_late_s > 0 ? "less late for their deadlines" : "earlier";
    double days = (p->less_late_s > 0 ? p->less_late_s : p->sooner_s) / 86400;
    return add_line(p, assumed_of(p),
                    "jobs of one priority choose in this order: %s; on the expected supply that ends them %s days %s "
                    "on average "
                    "than the file's order",
                    names, tc_decimal_text(days, 1).s, what);
}

/* By what a job chose its candidate: "dense-70b 1.930, dense-32b 1.951". */
static tc_code tell_choices(tc_planner *p) {
    const tc_scenario *s = p->scenario;
    tc_code code = TC_OK;
    for (int j = 0; j < s->jobs && code == TC_OK; j++) {
        char list[400] = "";
        if (!s->job[j].choose || !p->plan->run[j].feasible) continue;
        for (int c = 0; c < s->job[j].candidates; c++)
            tc_append(list, sizeof list, "%s%s %s", c ? ", " : "", s->job[j].candidate[c].name,
                      tc_decimal_text(tc_planner_loss(p, j, c), 3).s);
        code = add_line(p, assumed_of(p),
                        "%s: of its candidates that are in time, in the middle future, the one with the least loss by "
                        "the first scaling law: %s",
                        s->job[j].name, list);
    }
    return code;
}

static tc_code tell_assumed(tc_planner *p) {
    const tc_scenario *s = p->scenario;
    tc_plan *plan = p->plan;
    tc_code code = TC_OK;
    if (p->looked_at < plan->candidates)
        code = add_line(p, assumed_of(p), "stopped after %d of %d candidates on pools: the others were not looked at",
                        p->looked_at, plan->candidates);
    for (int i = 0; i < 4 && plan->best_assumed[i] && code == TC_OK; i++)
        code = add_line(p, assumed_of(p), "%s", plan->best_assumed[i]);
    for (int i = 0; i < s->assumptions && code == TC_OK; i++) code = add_line(p, assumed_of(p), "%s", s->assumption[i]);
    if (code == TC_OK) code = tell_choices(p);
    if (code == TC_OK && s->converted[0]) code = add_line(p, assumed_of(p), "prices in USD: %s", s->converted);
    for (int i = 0; i < s->pools && code == TC_OK; i++) code = tell_pool(p, i);
    if (code == TC_OK) code = tell_steps(p);
    for (int j = 0; j < s->jobs; j++)
        for (int c = 0; c < s->job[j].candidates && code == TC_OK; c++)
            if (s->job[j].candidate[c].dtype_default)
                code = add_line(p, assumed_of(p), "bf16 where a candidate gives no dtype");
    if (code == TC_OK)
        code = add_line(p, assumed_of(p),
                        "a job trains on one pool at a time, what it leaves idle goes to the next job; layouts change "
                        "only when "
                        "devices come or go, and cost one restart");
    if (code == TC_OK && plan->at_onces > 0)
        code = add_line(
            p, assumed_of(p),
            "on several pools at once: the middle future, the other jobs keep what they have in the calendar; "
            "software "
            "that mixes kinds reaches %s of the ideal step (%s, mixing.yaml); dates that are drawn have a job "
            "on one pool at a time",
            tc_decimal_text(s->mixing.efficiency, 3).s, s->mixing.tuning);
    if (code == TC_OK && plan->rentals > 0)
        code = add_line(p, assumed_of(p),
                        "own, rent or wait: the calendars again with the contract's devices, brought up, until the job "
                        "is "
                        "done; "
                        "owned are their share of the capital and the power for as long");
    if (code == TC_OK && p->reordered) code = tell_order(p);
    if (code == TC_OK && s->certain)
        code = add_line(p, assumed_of(p),
                        "deliveries come on their dates: an 80 %% interval is that of the step times, slow or fast for "
                        "all jobs at once");
    if (code == TC_OK && !s->certain)
        code = add_line(p, assumed_of(p),
                        "%d calendars, seed %lld: deliveries, bring-up, step times, operations and what is served are "
                        "drawn; the base "
                        "rates are those of calendar.yaml where the scenario gives none; the layouts and phases are "
                        "those of the "
                        "middle future",
                        plan->samples, (long long)plan->seed);
    if (code == TC_OK && plan->months > 0)
        code = add_line(p, assumed_of(p),
                        "by month: means over the calendars from the day that devices come on; services and reserves "
                        "draw what training "
                        "draws, what works and does nothing %d %% of the rated power (judged)",
                        (int)lround(100 * s->pool[0].economics.power_idle));
    if (code == TC_OK)
        code = add_line(p, assumed_of(p),
                        "layouts are the fastest of the search that fit with at least %d %%, of batches up to %d %% "
                        "away; a job costs what "
                        "its devices cost, reserves apart",
                        (int)lround(100 * p->scenario->fit), (int)lround(100 * p->scenario->batch_band));
    return code;
}

/* A job that several pools at once would end sooner. */
static tc_code advise_at_once(tc_planner *p) {
    const tc_scenario *s = p->scenario;
    tc_code code = TC_OK;
    for (int i = 0; i < p->plan->at_onces && code == TC_OK; i++) {
        const tc_at_once *a = &p->plan->at_once[i];
        char names[200] = "", day[TC_DATE_SIZE], sooner[160] = "";
        const tc_plan_run *run = &p->plan->run[a->job];
        bool best = true;
        for (int k = 0; k < p->plan->at_onces; k++) {
            const tc_at_once *b = &p->plan->at_once[k];
            best = best && (k == i || b->job != a->job || !b->feasible || b->finish_s >= a->finish_s);
        }
        if (!best || !a->feasible || !(a->planned_s - a->finish_s > 86400)) continue;
        for (int k = 0; k < a->pools; k++)
            tc_append(names, sizeof names, "%s%.40s", k ? " and " : "", s->pool[a->pool[k]].name);
        tc_date_format(a->finish, day);
        if (a->planned_s < INFINITY)
            snprintf(sooner, sizeof sooner, ", %.40s days sooner than planned, for %.40s k USD more",
                     tc_decimal_text((a->planned_s - a->finish_s) / 86400, 0).s,
                     tc_decimal_text((a->cost_usd - run->cost_usd) / 1e3, 0).s);
        code = add_line(p, advice_of(p), "%s: on %s at once, %s, it is done on %s%s", s->job[a->job].name, names,
                        a->across == TC_ACROSS_PIPELINE ? "as a pipeline" : "data parallel", day, sooner);
    }
    return code;
}

static tc_code tell_advice(tc_planner *p) {
    const tc_scenario *s = p->scenario;
    tc_plan *plan = p->plan;
    tc_code code = advise_at_once(p);
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

enum { LOOKS = 1024 };         /* futures that are looked at for how many devices pools have */
enum { MANY_PROMISES = 2000 }; /* deliveries; fewer looks are enough where none of them weighs much */

/* The pace of a pool's stream in so many futures. */
static tc_percentiles pace_of(const tc_planner *p, int pool, double room[LOOKS]) {
    for (uint32_t i = 0; i < LOOKS; i++) {
        tc_fate fate = {.sample = i};
        for (int d = 0; d < TC_DRIVERS; d++) fate.seed[d] = (uint64_t)p->options->seed;
        room[i] = tc_fleet_pace(p->fleet, pool, &fate);
        if (isnan(room[i])) return (tc_percentiles){NAN, NAN, NAN};
    }
    return tc_sample_percentiles(room, LOOKS);
}

static tc_code look_at_paces(tc_planner *p) {
    double *room = malloc(LOOKS * sizeof *room);
    if (!room) return tc_planner_no_memory(p);
    for (int i = 0; i < p->scenario->pools; i++)
        p->plan->pool[i].pace = p->scenario->certain ? (tc_percentiles){NAN, NAN, NAN} : pace_of(p, i, room);
    free(room);
    return TC_OK;
}

/* Devices that the largest of a pool's contracts would add. */
static int most_rented(const tc_scenario *s, int pool) {
    int most = 0;
    for (int i = 0; i < s->rentals; i++)
        if (s->rental[i].pool == pool && s->rental[i].devices > most) most = s->rental[i].devices;
    return most;
}

/* The fewest and the most devices that pools have for training in many futures. */
static bool look_at_levels(tc_planner *p) {
    int pools = p->scenario->pools;
    tc_arena scratch = {0};
    tc_future *future = tc_futures_new(p->fleet, &scratch);
    p->least = tc_arena_alloc(&p->plan->arena, (size_t)pools * sizeof *p->least);
    p->most = tc_arena_alloc(&p->plan->arena, (size_t)pools * sizeof *p->most);
    bool fine = future && p->least && p->most;
    uint32_t looks = tc_fleet_promises(p->fleet) > MANY_PROMISES ? LOOKS / 8 : LOOKS;
    for (uint32_t i = 0; fine && i < looks && !p->scenario->certain; i++) {
        tc_fate fate = {.sample = i};
        for (int d = 0; d < TC_DRIVERS; d++) fate.seed[d] = (uint64_t)p->options->seed;
        tc_futures_draw(p->fleet, &fate, future);
        for (int k = 0; k < pools; k++)
            for (int l = 0; l < future[k].levels; l++) {
                int devices = future[k].level[l].training;
                if (devices > p->most[k]) p->most[k] = devices;
                if (devices > 0 && (p->least[k] == 0 || devices < p->least[k])) p->least[k] = devices;
            }
    }
    for (int k = 0; fine && k < pools; k++) p->most[k] += most_rented(p->scenario, k);
    tc_arena_free(&scratch);
    return fine;
}

/* Pools that ask the search the same have room for the same. */
static void make_room(tc_planner *p) {
    const tc_scenario *s = p->scenario;
    for (int i = 0; i < s->pools; i++) {
        p->room[i] = tc_fleet_most(p->fleet, i);
        for (int k = 0; k < p->middle[i].levels; k++)
            if (p->middle[i].level[k].training > p->room[i]) p->room[i] = p->middle[i].level[k].training;
        p->room[i] += most_rented(s, i);
    }
    for (int i = 0; i < s->pools; i++)
        for (int k = 0; k < s->pools; k++)
            if (p->room[k] > p->room[i] && tc_pools_alike(&s->pool[i], &s->pool[k])) p->room[i] = p->room[k];
}

/* The futures, and how the devices come in the middle of them. */
static tc_code open_fleet(tc_planner *p) {
    const tc_scenario *s = p->scenario;
    tc_arena *arena = &p->plan->arena;
    tc_fate middle = {.middle = true};
    p->room = tc_arena_alloc(arena, (size_t)s->pools * sizeof *p->room);
    p->first = tc_arena_alloc(arena, (size_t)s->jobs * sizeof *p->first);
    p->fleet = tc_fleet_new(s, arena);
    p->middle = p->fleet ? tc_futures_new(p->fleet, arena) : NULL;
    if (!p->room || !p->first || !p->middle) return tc_planner_no_memory(p);
    tc_futures_draw(p->fleet, &middle, p->middle);
    if (!look_at_levels(p)) return tc_planner_no_memory(p);
    p->risks = s->certain ? tc_risks_none() : s->risks;
    tc_code code = look_at_paces(p);
    if (code) return code;
    make_room(p);
    fill_pools(p);
    return TC_OK;
}

static tc_plan_end drawn_end(const tc_planner *p, double start_s, double finish_s, double usd, double mwh,
                             double tonnes) {
    if (!(finish_s < INFINITY)) return (tc_plan_end){.known = false};
    int32_t from = p->scenario->start;
    return (tc_plan_end){true,
                         from + (int32_t)floor(start_s / 86400),
                         from + (int32_t)floor(finish_s / 86400),
                         start_s,
                         finish_s,
                         usd,
                         mwh,
                         tonnes};
}

static tc_code add_levers(tc_planner *p, const tc_lever *lever, int levers) {
    tc_plan *plan = p->plan;
    tc_lever *all = tc_arena_alloc(&plan->arena, (size_t)(plan->levers + levers + 1) * sizeof *all);
    if (!all) return tc_planner_no_memory(p);
    if (plan->levers > 0) memcpy(all, plan->lever, (size_t)plan->levers * sizeof *all);
    if (levers > 0) memcpy(all + plan->levers, lever, (size_t)levers * sizeof *all);
    plan->lever = all;
    plan->levers += levers;
    return TC_OK;
}

/* For a job and a day, what was asked for. */
static tc_code pull(tc_planner *p, const tc_outlook_input *in, int job, int32_t day) {
    tc_lever *lever;
    int levers;
    tc_code code = TC_OK;
    if (p->options->take > 0) {
        code = tc_levers_find(in, job, day, p->options->take, &p->plan->arena, &lever, &levers, p->error);
        if (code == TC_OK) code = add_levers(p, lever, levers);
    }
    if (code || !p->options->value) return code;
    code = tc_levers_value(in, job, p->plan->run[job].pool, day, &p->plan->arena, &lever, &levers, p->error);
    return code ? code : add_levers(p, lever, levers);
}

static tc_code pull_levers(tc_planner *p, const tc_outlook_input *in) {
    tc_code code = TC_OK;
    for (int j = 0; j < p->plan->jobs; j++) {
        if (!p->plan->run[j].feasible) continue;
        int32_t deadline = p->scenario->job[j].deadline;
        if (deadline != INT32_MAX && code == TC_OK) code = pull(p, in, j, deadline);
        for (int i = 0; i < p->plan->days && code == TC_OK; i++) code = pull(p, in, j, p->plan->day[i]);
        double half = p->plan->outlook->job[j].finish_s.p50;
        if (p->options->take_by_median && deadline == INT32_MAX && p->plan->days == 0 && half < INFINITY
            && code == TC_OK)
            code = pull(p, in, j, p->scenario->start + (int32_t)floor(half / 86400));
    }
    return code;
}

/* ---- what devices are used for ------------------------------------------------------------------ */

static tc_ledger *new_ledger(tc_planner *p) {
    int32_t *month = tc_arena_alloc(&p->plan->arena, TC_OUTLOOK_MONTHS * sizeof *month);
    if (!month) return NULL;
    int months = tc_outlook_months(p->scenario, month);
    return tc_ledger_new(p->scenario, month, months, p->tasks.from_s, &p->plan->arena);
}

/* When all that is planned is done in nine of ten calendars, where that is known; else in half of them. */
static double done_in_most(const tc_plan *plan) {
    double last = 0;
    for (int j = 0; j < plan->jobs; j++) {
        if (!plan->run[j].feasible) continue;
        last = fmax(last, plan->run[j].finish_s);
        if (!plan->outlook) continue;
        const tc_percentiles *f = &plan->outlook->job[j].finish_s;
        last = fmax(last, f->p90 < INFINITY ? f->p90 : f->p50 < INFINITY ? f->p50 : 0);
    }
    return last;
}

/* What a pool's devices cost and draw. */
tc_upkeep tc_pool_upkeep(const tc_scenario_pool *pool) {
    tc_run_input in = tc_default_run_input();
    in.cluster = pool->cluster;
    in.price_usd = pool->price_usd;
    in.rental_usd_per_h = pool->rental_usd_per_h;
    in.rented_only = pool->rented;
    in.owned_only = !pool->rented;
    return tc_upkeep_of(&in, &pool->economics);
}

/* The months of the plan, from the one in which it begins on. */
static tc_code write_months(tc_planner *p, const tc_ledger *ledger) {
    tc_plan *plan = p->plan;
    int32_t month[TC_OUTLOOK_MONTHS];
    int all = tc_outlook_months(p->scenario, month), first = 0, last = 0;
    int32_t from = p->scenario->start + (int32_t)floor(p->tasks.from_s / 86400),
            until = p->scenario->start + (int32_t)floor(done_in_most(plan) / 86400);
    while (first + 1 < all && month[first + 1] <= from) first++;
    for (last = first; last + 1 < all && month[last + 1] <= until;) last++;
    tc_plan_month *row = tc_arena_alloc(&plan->arena, (size_t)all * sizeof *row);
    plan->months = last - first + 1;
    plan->month = tc_arena_alloc(&plan->arena, (size_t)(plan->months * p->scenario->pools) * sizeof *plan->month);
    if (!row || !plan->month) return tc_planner_no_memory(p);
    for (int k = 0; k < p->scenario->pools; k++) {
        tc_upkeep upkeep = tc_pool_upkeep(&p->scenario->pool[k]);
        tc_ledger_read(ledger, k, &upkeep, row);
        memcpy(plan->month + k * plan->months, row + first, (size_t)plan->months * sizeof *row);
    }
    return TC_OK;
}

/* Thousands of calendars; the planned runs get their ends from them. */
static tc_code draw(tc_planner *p) {
    tc_plan *plan = p->plan;
    tc_outlook_input in = {.scenario = p->scenario,
                           .fleet = p->fleet,
                           .tasks = &p->tasks,
                           .samples = p->options->samples,
                           .seed = p->options->seed,
                           .threads = p->options->threads,
                           .drivers = p->options->drivers};
    plan->outlook = tc_arena_alloc(&plan->arena, sizeof *plan->outlook);
    in.ledger = new_ledger(p);
    if (!plan->outlook || !in.ledger) return tc_planner_no_memory(p);
    tc_code code = tc_outlook_make(&in, &plan->arena, plan->outlook, p->error);
    if (code == TC_OK) code = write_months(p, in.ledger);
    if (code) return code;
    in.ledger = NULL;
    plan->samples = plan->outlook->samples;
    plan->seed = plan->outlook->seed;
    for (int j = 0; j < plan->jobs; j++) {
        const tc_outlook_job *o = &plan->outlook->job[j];
        plan->run[j].p10
            = drawn_end(p, o->start_s.p10, o->finish_s.p10, o->cost_usd.p10, o->energy_mwh.p10, o->tonnes_co2.p10);
        plan->run[j].p90
            = drawn_end(p, o->start_s.p90, o->finish_s.p90, o->cost_usd.p90, o->energy_mwh.p90, o->tonnes_co2.p90);
    }
    tc_code tried = tc_contracts_try(p, &in);
    return tried ? tried : pull_levers(p, &in);
}

/* The only calendar there is, where nothing is uncertain. */
static tc_code count_certain(tc_planner *p) {
    tc_ledger *ledger = new_ledger(p);
    if (!ledger) return tc_planner_no_memory(p);
    tc_ledger_add(ledger, p->middle, p->leg, p->legs);
    return write_months(p, ledger);
}

double tc_plan_met(const tc_plan *plan, int serving) {
    int pool = plan->scenario->serving[serving].pool;
    if (plan->outlook) return plan->outlook->met[pool];
    return plan->pool[pool].serving_missing > 0 ? 0 : 1;
}

static bool keep_days(tc_planner *p) {
    const tc_plan_options *o = p->options;
    int32_t *day = tc_arena_alloc(&p->plan->arena, (size_t)(o->days + 1) * sizeof *day);
    for (int i = 0; day && i < o->days; i++) day[i] = o->day[i];
    p->plan->days = o->days;
    p->plan->day = day;
    return day != NULL;
}

double tc_plan_done_by(const tc_plan *plan, int job, int32_t day) {
    double end = (double)((int64_t)day + 1 - plan->scenario->start) * 86400;
    if (!plan->run[job].feasible) return 0;
    if (plan->outlook) return tc_outlook_done_by(plan->outlook, job, end);
    return plan->run[job].finish <= day;
}

tc_plan_options tc_default_plan_options(void) {
    return (tc_plan_options){.size = sizeof(tc_plan_options), .seed = 1, .drivers = true};
}

tc_code tc_plan_make(const tc_scenario *scenario, const tc_interval_model *interval, const tc_plan_options *options,
                     tc_plan *out, tc_error *error) {
    tc_plan_options usual = tc_default_plan_options();
    *out = (tc_plan){.scenario = NULL};
    tc_code code = tc_members_check(&tc_scenario_members, scenario, "scenario", error);
    if (code == TC_OK && options) code = tc_members_check(&tc_plan_options_members, options, "options", error);
    if (code) return code;
    *out = (tc_plan){.scenario = scenario,
                     .jobs = scenario->jobs,
                     .seed = 0,
                     .samples = CERTAIN_CALENDARS,
                     .complete = true};
    tc_planner p = {.scenario = scenario,
                    .interval = interval,
                    .options = options ? options : &usual,
                    .plan = out,
                    .error = error};
    out->run = tc_arena_alloc(&out->arena, (size_t)scenario->jobs * sizeof *out->run);
    out->job = tc_arena_alloc(&out->arena, (size_t)scenario->jobs * sizeof *out->job);
    out->pool = tc_arena_alloc(&out->arena, (size_t)scenario->pools * sizeof *out->pool);
    code = out->run && out->job && out->pool && keep_days(&p) ? TC_OK : tc_planner_no_memory(&p);
    if (code == TC_OK) code = open_fleet(&p);
    if (code == TC_OK) code = fill_table(&p);
    if (code == TC_OK) code = tc_agenda_make(&p);
    if (code == TC_OK) code = search_planned(&p);
    if (code == TC_OK) code = tc_at_once_find(&p);
    if (code == TC_OK) code = scenario->certain ? count_certain(&p) : draw(&p);
    if (code == TC_OK && p.options->best_days > 0) code = tc_best_by_find(&p);
    out->served = true;
    for (int i = 0; i < scenario->servings; i++)
        out->served = out->served
                      && (!scenario->serving[i].firm || tc_plan_met(out, i) >= scenario->serving[i].met_probability);
    if (code == TC_OK) code = tell_assumed(&p);
    if (code == TC_OK) code = tell_advice(&p);
    tc_prospects_close(&p.prospects);
    if (code != TC_OK) tc_plan_free(out);
    return code;
}

void tc_plan_free(tc_plan *plan) { tc_arena_free(&plan->arena); }
