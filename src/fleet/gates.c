/* gates.c - going back from a job's end to what made it possible.
 *
 * The moment is that of the last rise of the job's rate by a twentieth or more above all that it had before; its begin is one. What came
 * at that moment is the gate: the end of the job that it waits for, or of one that had the devices; else what brought its pool to that level of devices
 * (a delivery, devices that were there and are now brought up or repaired, a new platform that works, a service that ended). A job that moves
 * at a review of the plan waited for the pool's latest rise. What was there when it could begin is no gate. */
#include "fleet/gates.h"

#include <math.h>

#define RISE 1.05
#define SAME 1.0 /* second */

/* The leg that begins with the last rise; NULL: it never ran. Stages have rates of their own: at their turn the devices are compared. */
static const tc_leg *last_rise(const tc_leg *leg, int legs, int task) {
    const tc_leg *last = NULL, *before = NULL;
    double most = 0;
    for (int i = 0; i < legs; i++) {
        if (leg[i].task != task || !(leg[i].to_s > leg[i].from_s)) continue;
        bool turn = before && before->stage != leg[i].stage;
        if (turn ? leg[i].pool != before->pool || leg[i].devices >= RISE * before->devices
                 : leg[i].pace.tokens_per_s >= RISE * most)
            last = &leg[i];
        most = turn ? leg[i].pace.tokens_per_s : fmax(most, leg[i].pace.tokens_per_s);
        before = &leg[i];
    }
    return last;
}

/* A job that ends at the moment and on which the task waited. -1: none. */
static int waited_for(const tc_tasks *tasks, const tc_fortune *fortune, int task, const tc_leg *rise) {
    int after = tasks->task[task].after;
    if (after >= 0 && fabs(fortune[after].finish_s - rise->from_s) < SAME) return after;
    for (int i = 0; i < tasks->tasks; i++)
        if (i != task && fortune[i].pool == rise->pool && fabs(fortune[i].finish_s - rise->from_s) < SAME) return i;
    return -1;
}

static tc_gate gate(tc_gate_kind kind) { return (tc_gate){.kind = kind, .pool = -1, .line = -1, .job = -1}; }

/* What the pool's latest rise until a moment is due to. */
static tc_gate brought(const tc_future *f, int pool, double at_s) {
    tc_gate out = gate(TC_GATE_WORK);
    int level = -1;
    for (int i = 0; i < f->levels && f->level[i].from_s <= at_s + SAME; i++)
        if (f->level[i].training > (i > 0 ? f->level[i - 1].training : 0)) level = i;
    if (level < 0) return out;
    int by = f->level[level].brought;
    out.kind = by == TC_BROUGHT_PLATFORM  ? TC_GATE_PLATFORM
               : by == TC_BROUGHT_SERVICE ? TC_GATE_SERVICE
               : by == TC_BROUGHT_HERE    ? TC_GATE_HERE
                                          : TC_GATE_DELIVERY;
    out.pool = pool;
    out.line = out.kind == TC_GATE_DELIVERY ? by : -1;
    return out;
}

tc_gate tc_gate_of(const tc_tasks *tasks, const tc_future *future, const tc_fortune *fortune, const tc_leg *leg,
                   int legs, int task) {
    if (!(fortune[task].finish_s < INFINITY)) return gate(TC_GATE_NEVER);
    const tc_leg *rise = last_rise(leg, legs, task);
    if (!rise || rise->from_s <= tasks->from_s + SAME) return gate(TC_GATE_WORK);
    int other = waited_for(tasks, fortune, task, rise);
    if (other >= 0) {
        tc_gate out = gate(TC_GATE_JOB);
        out.job = tasks->task[other].index;
        return out;
    }
    if (fabs(rise->from_s - tasks->task[task].earliest_s) < SAME) return gate(TC_GATE_WORK);
    return brought(&future[rise->pool], rise->pool, rise->from_s);
}
