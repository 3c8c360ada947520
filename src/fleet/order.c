/* order.c - the order in which jobs of one priority choose, improved on the expected supply.
 *
 * They choose in the scenario's order, which is a preference: two of them are swapped where that, in the middle future, makes jobs less
 * late for their deadlines, or where all are clearly sooner on average and none is later by more than a day. `reorder: true` in the
 * scenario: where they are sooner on average, whoever pays for it. Pair after pair, until no swap pays. All futures then go by that order: it is found without
 * knowing any of them. */
#include "fleet/planner.h"

#include <math.h>

#define DAY 86400.0
#define MOST_JOBS 16 /* more stay in the scenario's order */
#define MOST_TRIES 240
#define FEW_TRIES 30 /* of a fleet of many deliveries, whose futures take long */
#define MANY_PROMISES 2000
#define CLEARLY 0.01 /* of the time that jobs take from their first possible moment on */

/* How good a plan is: the smaller the better, lateness first. */
typedef struct value {
    double late_s, finish_s, taken_s; /* sums over the tasks; what is never done counts at the horizon */
    double latest_s;                  /* by which a task is later than in the best order so far */
} value;

/* best: finishes of the tasks in the best order so far. */
static value value_of(const tc_planner *p, const double *best) {
    const tc_scenario *s = p->scenario;
    value out = {0};
    for (int t = 0; t < p->tasks.tasks; t++) {
        int32_t day = p->task[t].job->deadline;
        double finish = fmin(p->fortune[t].finish_s, p->tasks.horizon_s),
               deadline = day == INT32_MAX ? INFINITY : (double)((int64_t)day + 1 - s->start) * DAY;
        out.late_s += fmax(finish - deadline, 0);
        out.finish_s += finish;
        out.taken_s += finish - p->task[t].earliest_s;
        out.latest_s = fmax(out.latest_s, finish - best[t]);
    }
    return out;
}

static void keep(const tc_planner *p, double *best) {
    for (int t = 0; t < p->tasks.tasks; t++) best[t] = fmin(p->fortune[t].finish_s, p->tasks.horizon_s);
}

static bool is_better(const tc_scenario *s, const value *a, const value *b) {
    if (a->late_s < b->late_s - DAY) return true;
    if (a->late_s > b->late_s || (!s->reorder && a->latest_s > DAY)) return false;
    return a->finish_s < b->finish_s - CLEARLY * b->taken_s;
}

static void swap(tc_planner *p, int a, int b) {
    int rank = p->task[a].rank;
    p->task[a].rank = p->task[b].rank;
    p->task[b].rank = rank;
}

/* Tries all pairs of one priority. *tries: that are left. *better: one was swapped. */
static tc_code improve(tc_planner *p, value *best, double *finish, int *tries, bool *better) {
    *better = false;
    for (int a = 0; a < p->tasks.tasks; a++)
        for (int b = a + 1; b<p->tasks.tasks && * tries> 0; b++) {
            if (p->task[a].job->priority != p->task[b].job->priority) continue;
            swap(p, a, b);
            (*tries)--;
            tc_code code = tc_agenda_try(p);
            if (code) return code;
            value now = value_of(p, finish);
            if (is_better(p->scenario, &now, best)) {
                *best = now;
                keep(p, finish);
                *better = true;
            } else {
                swap(p, a, b);
            }
        }
    return TC_OK;
}

tc_code tc_agenda_order(tc_planner *p) {
    int tries = tc_fleet_promises(p->fleet) > MANY_PROMISES ? FEW_TRIES : MOST_TRIES;
    bool better = true;
    for (int t = 0; t < p->tasks.tasks; t++) p->task[t].rank = t;
    if (p->tasks.tasks < 2 || p->tasks.tasks > MOST_JOBS) return TC_OK;
    double *finish = tc_arena_alloc(&p->plan->arena, (size_t)p->tasks.tasks * sizeof *finish);
    if (!finish) return tc_planner_no_memory(p);
    tc_code code = tc_agenda_try(p);
    keep(p, finish);
    value first = value_of(p, finish), best = first;
    while (better && tries > 0 && code == TC_OK) code = improve(p, &best, finish, &tries, &better);
    p->sooner_s = (first.finish_s - best.finish_s) / p->tasks.tasks;
    p->less_late_s = (first.late_s - best.late_s) / p->tasks.tasks;
    for (int t = 0; t < p->tasks.tasks; t++) p->reordered = p->reordered || p->task[t].rank != t;
    return code;
}
