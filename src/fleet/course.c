/* course.c - follows the jobs of a scenario through one future, event by event.
 *
 * Between two events every job runs on a fixed number of devices: tokens = rate x steps' time x step error, where the steps' time is
 * what failures, operations and stops leave of the time that passes (run/operations.c). In the middle fate operations have
 * their expected effect: a constant share. */
#include "fleet/course.h"

#include <math.h>
#include <string.h>

#include "base/distributions.h"

#define DAY 86400.0
#define REPLAN (7 * DAY)
#define LOOKAHEAD 40        /* levels of the expected future that a choice looks at */
#define CLEARLY 0.05        /* of what is left: what a move must save beside its cost */
#define MOST_EVENTS 1000000 /* a course ends for sure */

typedef struct state {
    bool ready, done;
    bool between; /* a stage is done and the next has not begun: what it had is still its own */
    int stage;
    int pool, devices; /* pool -1: waits */
    tc_rate pace;      /* of the rates; knot -1: it does not run */
    double slow;       /* the step error of this fate */
    double share;      /* of the time that steps have in this fate, where the run has been seen */
    double done_in_s;  /* before the next event; INFINITY: not */
    double lost_s;     /* of a restart or a move, still to pass */
    double left;       /* tokens of the stage */
    double start_s, finish_s;
    double expected_s; /* when it is expected to be done */
    tc_operations operations;
    int moves, leg; /* leg: -1 none */
} state;

struct tc_course {
    const tc_tasks *tasks;
    state *state;     /* [tasks] */
    int *cursor;      /* [pools]: the level at hand */
    int *expected;    /* [pools]: that of the expected future */
    int *free;        /* [pools] */
    int *order;       /* [tasks] */
    int *holder;      /* [pools]: the last task that was placed there; -1: none */
    int *beside;      /* [tasks]: the one placed before it on its pool */
    double *device_s; /* [tasks][pools] */
    int fewer_of;     /* a job of whose tokens, in every stage, a share is not trained */
    double fewer;
    /* of the one that is followed */
    const tc_fate *fate;
    const tc_future *future;
    double now;
    tc_leg *leg;
    int legs, most;
};

tc_course *tc_course_new(const tc_tasks *tasks, tc_arena *arena) {
    size_t pools = (size_t)tasks->pools + 1, n = (size_t)tasks->tasks + 1;
    tc_course *c = tc_arena_alloc(arena, sizeof *c);
    if (!c) return NULL;
    c->tasks = tasks;
    c->state = tc_arena_alloc(arena, n * sizeof *c->state);
    c->cursor = tc_arena_alloc(arena, 4 * pools * sizeof(int));
    c->order = tc_arena_alloc(arena, 2 * n * sizeof(int));
    c->device_s = tc_arena_alloc(arena, n * pools * sizeof(double));
    if (!c->state || !c->cursor || !c->order || !c->device_s) return NULL;
    c->expected = c->cursor + pools;
    c->free = c->expected + pools;
    c->holder = c->free + pools;
    c->beside = c->order + n;
    return c;
}

void tc_course_fewer(tc_course *c, int job, double share) {
    c->fewer_of = job;
    c->fewer = share;
}

/* ---- what is there ------------------------------------------------------------------------------ */

/* The level of a future at a time, from a cursor that goes forward; -1: none yet. */
static int level_at(const tc_future *f, int cursor, double now) {
    while (cursor + 1 < f->levels && f->level[cursor + 1].from_s <= now) cursor++;
    return cursor;
}

static int training_at(const tc_future *f, int level, double now) {
    return level < 0 || now >= f->until_s ? 0 : f->level[level].training;
}

/* How much of what was expected to come has come: what is still expected is scaled by it. */
static double seen_pace(const tc_course *c, int pool) {
    const tc_future *f = &c->future[pool], *e = &c->tasks->expected[pool];
    if (c->cursor[pool] < 0 || c->expected[pool] < 0 || e->levels == 0 || f->levels == 0) return 1;
    double came = f->level[c->cursor[pool]].usable - f->level[0].usable,
           meant = e->level[c->expected[pool]].usable - e->level[0].usable;
    double pace = meant > 0 ? came / meant : 1;
    return pace < 0.25 ? 0.25 : pace > 2 ? 2 : pace;
}

/* ---- expectations ----------------------------------------------------------------------------------- */

/* Tokens that a stage has where none of it is trained. */
static double tokens_of(const tc_course *c, const tc_task *task, int stage) {
    return task->stage[stage].tokens * (task->index == c->fewer_of ? 1 - c->fewer : 1);
}

/* The table of what a task trains now; NULL: it must not train there. */
static const tc_rates *rates_of(const tc_task *task, const state *s, int pool) {
    return task->stage[s->stage].rates[pool];
}

/* Tokens a second of a stage on so many devices, as expected; a step error that is known where it runs counts. */
static double expected_rate(const tc_course *c, const tc_task *task, const state *s, int stage, int pool, int devices) {
    int most = task->job->max_devices;
    if (most > 0 && devices > most) devices = most;
    if (devices < 1 || devices < task->job->min_devices) return 0;
    tc_rate pace = tc_rate_at(task->stage[stage].rates[pool], devices);
    if (pace.knot < 0) return 0;
    double slow = s->pool >= 0 && c->tasks->kind[s->pool] == c->tasks->kind[pool] ? s->slow : 1;
    return tc_expected_tokens_per_s(task, &pace) / slow;
}

/* Devices of a pool that the tasks that were placed there are expected to hold at a time. *next: when one of them is expected to give its
 * devices back. */
static int held_at(const tc_course *c, int pool, double at, double *next) {
    int held = 0;
    *next = INFINITY;
    for (int i = c->holder[pool]; i >= 0; i = c->beside[i]) {
        const state *s = &c->state[i];
        if (!(s->expected_s > at)) continue;
        held += s->pace.used;
        *next = fmin(*next, s->expected_s);
    }
    return held;
}

/* When a task would be done at the pace at which it trains until the moment that counts for it, if so much is left by then. */
static double at_this_pace(const tc_course *c, const tc_task *task, const state *s, double left) {
    return left < s->left ? c->now + (task->by_s - c->now) * (s->left / (s->left - left)) : INFINITY;
}

/* When the task is expected to be done on a pool, if it goes there now; INFINITY where that is not before a moment. */
static double expected_finish(const tc_course *c, int index, int pool, double from, double before) {
    const tc_task *task = &c->tasks->task[index];
    const state *s = &c->state[index];
    const tc_future *f = &c->future[pool], *e = &c->tasks->expected[pool];
    int here = training_at(f, c->cursor[pool], c->now), level = c->expected[pool];
    int then = level < 0 ? 0 : e->level[level].training;
    double left = s->left, at = from, pace = seen_pace(c, pool);
    int stage = s->stage;
    bool comes = c->now < f->stopped_s;
    for (int step = 0; step < LOOKAHEAD; step++) {
        while (comes && level + 1 < e->levels && e->level[level + 1].from_s <= at) level++;
        double grown = comes && level >= 0 ? pace * (e->level[level].training - then) : 0;
        double next;
        int devices = here + (int)grown - held_at(c, pool, at, &next);
        double rate = expected_rate(c, task, s, stage, pool, devices);
        if (comes && level + 1 < e->levels) next = fmin(next, e->level[level + 1].from_s);
        if (f->until_s < next) next = f->until_s;
        if (task->by_s > 0 && (at >= f->until_s || at >= task->by_s)) return at_this_pace(c, task, s, left);
        if (task->by_s > 0) next = fmin(next, task->by_s);
        if (at >= f->until_s || (at >= before && !(task->by_s > 0))) return INFINITY;
        while (rate > 0 && left <= rate * (next - at) && stage + 1 < task->stages) {
            at += left / rate;
            left = tokens_of(c, task, ++stage);
            rate = expected_rate(c, task, s, stage, pool, devices);
        }
        if (rate > 0 && left <= rate * (next - at)) return at + left / rate;
        if (!(next < INFINITY)) return rate > 0 ? at + left / rate : INFINITY;
        left -= rate * (next - at);
        at = next;
    }
    double rate = expected_rate(c, task, s, stage, pool, here);
    if (task->by_s > 0) return at_this_pace(c, task, s, left - rate * fmax(task->by_s - at, 0));
    for (; rate > 0 && stage + 1 < task->stages; rate = expected_rate(c, task, s, stage, pool, here)) {
        at += left / rate;
        left = tokens_of(c, task, ++stage);
    }
    return rate > 0 ? at + left / rate : INFINITY;
}

/* ---- choices ------------------------------------------------------------------------------------------- */

static double cost_of_move(const tc_course *c, const tc_task *task, const state *s, int pool) {
    if (s->pool < 0 || s->pool == pool || !(s->start_s < INFINITY)) return 0;
    return c->tasks->kind[s->pool] == c->tasks->kind[pool] ? rates_of(task, s, pool)->restart_s
                                                           : c->tasks->move_s[pool];
}

/* The pool with the best rate on what is free; -1: none. */
static int fastest_now(const tc_course *c, const tc_task *task, const state *s) {
    int best = -1;
    double most = 0;
    for (int pool = 0; pool < c->tasks->pools; pool++) {
        if (!rates_of(task, s, pool)) continue;
        double rate = expected_rate(c, task, s, s->stage, pool, c->free[pool]);
        if (rate > most) best = pool;
        most = fmax(rate, most);
    }
    return best;
}

/* The pool on which the task is expected to be done first; that where it runs, unless another is clearly better. -1: none. */
static int choose_pool(const tc_course *c, int index, double *expected_s) {
    const tc_task *task = &c->tasks->task[index];
    const state *s = &c->state[index];
    bool running = s->pool >= 0 && s->start_s < INFINITY;
    int best = running ? s->pool : -1;
    *expected_s = running ? expected_finish(c, index, s->pool, c->now, INFINITY) : INFINITY;
    if (running && !task->job->movable) return best;
    double stays = *expected_s;
    for (int pool = 0; pool < c->tasks->pools; pool++) {
        if (!rates_of(task, s, pool) || (running && pool == s->pool)) continue;
        if (running && !(expected_rate(c, task, s, s->stage, pool, c->free[pool]) > 0))
            continue; /* nothing there yet */
        double from = c->now + (running ? cost_of_move(c, task, s, pool) : 0),
               at = expected_finish(c, index, pool, from, *expected_s);
        double margin = running && best == s->pool ? CLEARLY * (stays - c->now) : 0;
        if (running && !(stays < INFINITY)) margin = 0;
        if (at < INFINITY && at < *expected_s - margin) {
            *expected_s = at;
            best = pool;
        }
    }
    return best < 0 && task->anyhow ? fastest_now(c, task, s) : best;
}

static void end_leg(tc_course *c, state *s) {
    if (s->leg >= 0 && s->leg < c->most) c->leg[s->leg].to_s = c->now;
    s->leg = -1;
}

static void begin_leg(tc_course *c, int index) {
    state *s = &c->state[index];
    end_leg(c, s);
    if (!c->leg) return;
    if (c->legs < c->most)
        c->leg[c->legs] = (tc_leg){.task = index,
                                   .stage = s->stage,
                                   .pool = s->pool,
                                   .knot = s->pace.knot,
                                   .devices = s->pace.used,
                                   .available = s->devices,
                                   .from_s = c->now,
                                   .to_s = c->now,
                                   .pace = s->pace};
    s->leg = c->legs++;
}

/* A leg of no length: devices that the table of rates has no layout for. */
static void ask(tc_course *c, int index, int pool, int devices) {
    if (!c->leg) return;
    if (c->legs < c->most)
        c->leg[c->legs] = (tc_leg){.task = index,
                                   .stage = c->state[index].stage,
                                   .pool = pool,
                                   .knot = -1,
                                   .available = devices,
                                   .from_s = c->now,
                                   .to_s = c->now};
    c->legs++;
}

/* Seconds that a rate takes, as expected, for what is left of a task: for one that counts at a moment, for what it trains until then as
 * it runs now. */
static double time_left(const tc_course *c, const tc_task *task, const state *s, const tc_rate *rate) {
    double now = tc_expected_tokens_per_s(task, &s->pace) / s->slow;
    double left = task->by_s > 0 ? now * (task->by_s - c->now) : s->left;
    return left / (tc_expected_tokens_per_s(task, rate) / s->slow);
}

/* What a task would have on a pool. */
static tc_rate offered(const tc_course *c, const tc_task *task, const state *s, int pool, int *devices) {
    int most = task->job->max_devices;
    *devices = pool < 0 ? 0 : c->free[pool];
    if (most > 0 && *devices > most) *devices = most;
    if (*devices < 1 || *devices < task->job->min_devices) return (tc_rate){.knot = -1};
    return tc_rate_at(rates_of(task, s, pool), *devices);
}

static double draw_step(const tc_course *c, const tc_task *task, int pool, const tc_knot *knot) {
    bool heavy = task->step_pool >= 0 && c->tasks->kind[task->step_pool] == c->tasks->kind[pool];
    double u = tc_fate_uniform(c->fate, TC_DRIVER_STEP, task->step[pool], heavy ? 0 : TC_PLAIN),
           z = c->fate->middle ? c->fate->step_z : tc_normal_at(u) / TC_NORMAL_P90;
    return pow(z < 0 ? knot->fast : knot->slow, fabs(z));
}

/* Gives the task its devices on a pool. A new layout costs a restart, and must be worth it; another pool costs a move. */
static void settle(tc_course *c, int index, int pool) {
    const tc_task *task = &c->tasks->task[index];
    state *s = &c->state[index];
    int devices;
    tc_rate pace = offered(c, task, s, pool, &devices);
    const tc_rates *rates = pool < 0 ? NULL : rates_of(task, s, pool);
    bool started = s->start_s < INFINITY && s->pool >= 0, ran = s->pace.knot >= 0, here = ran && pool == s->pool;
    if (here && s->pace.used <= devices
        && (pace.knot < 0 || time_left(c, task, s, &pace) + rates->restart_s >= time_left(c, task, s, &s->pace)))
        pace = s->pace; /* as it is */
    bool runs = pace.knot >= 0;
    bool same = here && runs && pace.used == s->pace.used
                && rates->knot[pace.knot].layout == rates->knot[s->pace.knot].layout;
    if (runs && started && !same) s->lost_s = fmax(s->lost_s, fmax(cost_of_move(c, task, s, pool), rates->restart_s));
    if (pool != s->pool && s->pool >= 0 && pool >= 0 && started) s->moves++;
    if (runs && !(s->start_s < INFINITY)) s->start_s = c->now;
    if (runs && !here && !task->seen) s->slow = draw_step(c, task, pool, &rates->knot[pace.knot]);
    if (pool >= 0) s->pool = pool; /* where it waits, if it has no devices */
    s->pace = pace;
    s->devices = devices;
    s->between = false;
    if (pool >= 0) c->free[pool] -= pace.used;
    if (!runs) {
        end_leg(c, s);
        if (pool >= 0 && devices > 0) ask(c, index, pool, devices);
    } else if (!same)
        begin_leg(c, index);
    else if (s->leg >= 0 && s->leg < c->most)
        c->leg[s->leg].available = devices;
}

static bool before(const tc_course *c, int a, int b) {
    const tc_task *x = &c->tasks->task[a], *y = &c->tasks->task[b];
    if (x->job->priority != y->job->priority) return x->job->priority > y->job->priority;
    bool runs = c->state[a].pace.knot >= 0 || c->state[a].between,
         other_runs = c->state[b].pace.knot >= 0 || c->state[b].between;
    if (runs != other_runs) return runs;
    return x->rank != y->rank ? x->rank < y->rank : a < b;
}

/* Tasks that can run, in the order in which they choose. */
static int order_tasks(tc_course *c) {
    int n = 0;
    for (int i = 0; i < c->tasks->tasks; i++) {
        state *s = &c->state[i];
        const tc_task *task = &c->tasks->task[i];
        s->ready = !s->done && task->earliest_s <= c->now && (task->after < 0 || c->state[task->after].done);
        if (!s->ready) continue;
        int at = n++;
        for (; at > 0 && before(c, i, c->order[at - 1]); at--) c->order[at] = c->order[at - 1];
        c->order[at] = i;
    }
    return n;
}

/* replan: also those that run may choose anew. */
static void assign(tc_course *c, bool replan) {
    for (int p = 0; p < c->tasks->pools; p++) {
        c->cursor[p] = level_at(&c->future[p], c->cursor[p], c->now);
        c->expected[p] = level_at(&c->tasks->expected[p], c->expected[p], c->now);
        c->free[p] = training_at(&c->future[p], c->cursor[p], c->now);
        c->holder[p] = -1;
    }
    int n = order_tasks(c);
    for (int i = 0; i < n; i++) {
        int index = c->order[i];
        state *s = &c->state[index];
        int pool = s->pool;
        if (replan || s->pace.knot < 0 || c->free[s->pool] < s->pace.used) pool = choose_pool(c, index, &s->expected_s);
        if (pool < 0 && s->start_s < INFINITY) pool = s->pool;
        settle(c, index, pool);
        if (s->pool < 0) continue;
        c->beside[index] = c->holder[s->pool];
        c->holder[s->pool] = index;
    }
}

/* ---- time --------------------------------------------------------------------------------------------- */

/* Runs a task for some seconds, or until it is done; returns the seconds that took. */
static double advance(const tc_course *c, const tc_task *task, state *s, double seconds) {
    double wait = fmin(s->lost_s, seconds);
    s->lost_s -= wait;
    if (wait >= seconds || s->pace.knot < 0) return seconds;
    const tc_overhead *overhead = &s->pace.overhead;
    double rate = s->pace.tokens_per_s / s->slow, most = seconds - wait, need = s->left / rate, done, passed;
    if (c->fate->middle || task->seen) {
        double share = task->seen ? s->share : task->usual / (1 + overhead->checkpoint + overhead->failure);
        passed = fmin(need / share, most);
        done = need / share <= most ? need : passed * share;
    } else {
        tc_operations_go(&s->operations, overhead, need, most, &done, &passed);
    }
    s->left = done >= need ? 0 : s->left - done * rate;
    return wait + passed;
}

/* The next time at which something happens for which no job is to be followed. */
static double next_event(const tc_course *c, bool choice) {
    double next = c->tasks->horizon_s;
    for (int p = 0; p < c->tasks->pools; p++) {
        const tc_future *f = &c->future[p];
        if (c->cursor[p] + 1 < f->levels) next = fmin(next, f->level[c->cursor[p] + 1].from_s);
        if (f->until_s > c->now) next = fmin(next, f->until_s);
    }
    for (int i = 0; i < c->tasks->tasks; i++)
        if (c->tasks->task[i].earliest_s > c->now) next = fmin(next, c->tasks->task[i].earliest_s);
    if (choice) next = fmin(next, (floor(c->now / REPLAN) + 1) * REPLAN);
    return next;
}

/* Lets time pass until the next event, which may be that a job is done. */
static void pass(tc_course *c, double next) {
    double now = c->now;
    for (int i = 0; i < c->tasks->tasks; i++) {
        state *s = &c->state[i];
        s->done_in_s = INFINITY;
        if (s->pace.knot < 0) continue;
        state ahead = *s;
        double took = advance(c, &c->tasks->task[i], &ahead, next - now);
        if (ahead.left > 0) continue;
        s->done_in_s = took;
        next = fmin(next, now + took);
    }
    for (int i = 0; i < c->tasks->tasks; i++) {
        state *s = &c->state[i];
        if (s->pace.knot < 0) continue;
        double left = s->left, took = fmin(next - now, s->done_in_s);
        advance(c, &c->tasks->task[i], s, took);
        bool done = now + s->done_in_s <= next; /* what rounding leaves of it is nothing */
        if (done) s->left = 0;
        s->done = done && s->stage + 1 == c->tasks->task[i].stages;
        s->between = done && !s->done;
        c->device_s[i * c->tasks->pools + s->pool] += s->pace.used * took;
        if (s->leg >= 0 && s->leg < c->most) c->leg[s->leg].tokens += left - s->left;
    }
    c->now = next;
    for (int i = 0; i < c->tasks->tasks; i++) {
        state *s = &c->state[i];
        if ((!s->done && !s->between) || s->pace.knot < 0) continue;
        if (s->done) s->finish_s = now + s->done_in_s;
        if (s->between) s->left = tokens_of(c, &c->tasks->task[i], ++s->stage);
        end_leg(c, s);
        s->pace.knot = -1;
    }
}

/* Whether any job may run on several pools. */
static bool has_choice(const tc_tasks *t) {
    for (int i = 0; i < t->tasks; i++) {
        int pools = 0;
        for (int p = 0; p < t->pools; p++) pools += t->task[i].stage[0].rates[p] != NULL;
        if (pools > 1 && t->task[i].job->movable) return true;
    }
    return false;
}

/* Tokens that a task has not trained. */
static double all_left(const tc_course *c, int index) {
    const tc_task *task = &c->tasks->task[index];
    const state *s = &c->state[index];
    double left = s->left;
    for (int i = s->stage + 1; i < task->stages; i++) left += tokens_of(c, task, i);
    return left;
}

static void begin(tc_course *c, const tc_fate *fate) {
    const tc_tasks *t = c->tasks;
    c->now = t->from_s;
    for (int p = 0; p < t->pools; p++) c->cursor[p] = c->expected[p] = -1;
    memset(c->device_s, 0, (size_t)t->tasks * (size_t)t->pools * sizeof *c->device_s);
    for (int i = 0; i < t->tasks; i++) {
        c->state[i] = (state){.pool = -1,
                              .pace.knot = -1,
                              .slow = 1,
                              .left = tokens_of(c, &t->task[i], 0),
                              .start_s = t->task[i].started_s,
                              .share = t->task[i].usual,
                              .finish_s = INFINITY,
                              .expected_s = INFINITY,
                              .leg = -1};
        if (!fate->middle && t->task[i].seen)
            c->state[i].share = t->task[i].seen_left_s
                                / tc_pace_rest(t->task[i].seen, t->task[i].seen_left_s,
                                               fate->seed[TC_DRIVER_OPERATIONS], t->task[i].operations, fate->sample);
        else if (!fate->middle)
            c->state[i].operations
                = tc_operations_draw(&t->risks, fate->seed[TC_DRIVER_OPERATIONS], t->task[i].operations, fate->sample);
    }
}

int tc_course_follow(tc_course *c, const tc_fate *fate, const tc_future *future, tc_fortune *out, tc_leg *legs,
                     int most) {
    const tc_tasks *t = c->tasks;
    bool choice = has_choice(t), replan = true;
    c->fate = fate;
    c->future = future;
    c->leg = legs;
    c->most = legs ? most : 0;
    c->legs = 0;
    begin(c, fate);
    for (int events = 0; events < MOST_EVENTS && c->now < t->horizon_s; events++) {
        int done = 0;
        assign(c, replan && choice);
        double next = next_event(c, choice);
        replan = next >= (floor(c->now / REPLAN) + 1) * REPLAN;
        pass(c, next);
        for (int i = 0; i < t->tasks; i++) done += c->state[i].done;
        if (done == t->tasks) break;
    }
    for (int i = 0; i < t->tasks; i++) {
        const state *s = &c->state[i];
        end_leg(c, &c->state[i]);
        out[i] = (tc_fortune){.start_s = s->start_s,
                              .finish_s = s->finish_s,
                              .pool = s->start_s < INFINITY ? s->pool : -1,
                              .moves = s->moves,
                              .device_s = c->device_s + (size_t)i * (size_t)t->pools,
                              .left = all_left(c, i)};
    }
    return c->legs;
}
