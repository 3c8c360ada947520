/* bound.c - the clairvoyant bound of a job.
 *
 * At every moment the job trains at the best of its expected rates on all the devices of a pool:
 *
 *     bound = the t with  integral from its start to t of  max over pools of rate(devices of the pool)  = tokens, stage by stage
 *
 * More devices are never slower (rates.h), so no plan that gives it some of them is sooner. Left out: restarts, moves, and that other jobs
 * want the same devices. */
#include "fleet/bound.h"

#include <math.h>

/* The best rate of a stage at a moment, and until when it holds. */
static double best_rate(const tc_tasks *t, const tc_task *task, int stage, double at, int *cursor, double *until_s) {
    double best = 0;
    *until_s = t->horizon_s;
    for (int p = 0; p < t->pools; p++) {
        const tc_future *f = &t->expected[p];
        const tc_rates *rates = task->stage[stage].rates[p];
        if (!rates || at >= f->until_s) continue;
        while (cursor[p] + 1 < f->levels && f->level[cursor[p] + 1].from_s <= at) cursor[p]++;
        *until_s = fmin(*until_s, f->until_s);
        if (cursor[p] + 1 < f->levels) *until_s = fmin(*until_s, f->level[cursor[p] + 1].from_s);
        int devices = cursor[p] < 0 ? 0 : f->level[cursor[p]].training, most = task->job->max_devices;
        if (most > 0 && devices > most) devices = most;
        if (devices < 1 || devices < task->job->min_devices) continue;
        tc_rate rate = tc_rate_at(rates, devices);
        if (rate.knot >= 0) best = fmax(best, tc_expected_tokens_per_s(task, &rate));
    }
    return best;
}

double tc_bound_of(const tc_tasks *t, const tc_task *task, double from_s, int *cursor) {
    double at = from_s, left = task->stage[0].tokens;
    for (int p = 0; p < t->pools; p++) cursor[p] = -1;
    for (int stage = 0; at < t->horizon_s;) {
        double until, rate = best_rate(t, task, stage, at, cursor, &until);
        if (rate > 0 && left <= rate * (until - at)) {
            at += left / rate;
            if (++stage == task->stages) return at;
            left = task->stage[stage].tokens;
            continue;
        }
        left -= rate * (until - at);
        at = until;
    }
    return INFINITY;
}
