/* at_once.c - a job on several pools at once, beside the calendar that has it on one pool at a time.
 *
 * In the middle future, from the first day on which the job may run, it has of each of its pools what is there for training and
 * what the other jobs do not hold in the calendar, down to a number that degrees can divide. The search over pools says how they
 * share the job; a pool that makes the step no shorter is left out. A failure of any pool stops all: rates add up. A new layout costs a restart, and is taken where
 * devices are lost, or a tenth more of a pool have come and that saves more than it costs. Devices cost and draw what they do at
 * work; egress is paid by the byte.
 *
 * Ignored: what is left to the other jobs of the devices that this one no longer needs; the calendars that are drawn. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "fleet/planner.h"
#include "fleet/runs.h"
#include "run/goodput.h"
#include "run/upkeep.h"

#define GROWN 1.1
/* Numbers of devices that are asked about, of a job in one form: a search over pools each. */
#define MOST_MEETINGS 8
/* Devices, of which pools have a multiple in a search; where it finds nothing, a quarter of it. */
#define UNIT 128
#define MOST_EVENTS 100000

/* So many devices of each pool on one stage, forecast. */
typedef struct meeting {
    int stage, there[TC_MAX_POOLS];
    bool found;
    tc_at_once_phase of; /* without times and tokens; tokens_per_s is of the steps alone */
    double fast, slow;   /* the step at its p10 and p90, of that at p50 */
    double failures_per_s, egress_usd_per_step, tokens_per_step;
} meeting;

typedef struct walk {
    tc_planner *p;
    tc_at_once *out;
    const tc_scenario_candidate *candidate;
    int stages, first_stage; /* that are left; the first of them */
    double tokens[TC_SCENARIO_MOST_PHASES];
    double begin_s, usual;
    double steps_s; /* of the steps alone */
    int meetings;
    meeting meeting[MOST_MEETINGS];
    tc_pool pool[TC_MAX_POOLS];
    tc_question question;
    tc_mixed mixed;
} walk;

static tc_prospect *prospect_of(const walk *w, int k, int stage) {
    int row = w->p->first[w->out->job] + w->out->candidate * w->p->scenario->pools + w->out->pool[k];
    tc_offer *offer = w->p->offer[row];
    return offer ? offer[stage].prospect : NULL;
}

/* The thinnest, farthest and dearest of what joins any two of the pools. */
static tc_link link_of(const walk *w) {
    const tc_scenario *s = w->p->scenario;
    tc_link out = {.bytes_per_s = INFINITY, .oversubscription = 1};
    for (int i = 0; i < s->links; i++) {
        bool a = false, b = false;
        for (int k = 0; k < w->out->pools; k++) {
            a = a || w->out->pool[k] == s->link[i].a;
            b = b || w->out->pool[k] == s->link[i].b;
        }
        if (!a || !b) continue;
        const tc_link *l = &s->link[i].link;
        double latency = l->latency_s >= 0 ? l->latency_s : s->mixing.link.latency_s;
        out.bytes_per_s = fmin(out.bytes_per_s, l->bytes_per_s / fmax(1, l->oversubscription));
        out.latency_s = fmax(out.latency_s, latency);
        out.distance_m = fmax(out.distance_m, l->distance_m);
        out.usd_per_byte = fmax(out.usd_per_byte, l->usd_per_byte);
    }
    return out;
}

/* ---- what is forecast -------------------------------------------------------------------------- */

/* Goodput, where a failure of any pool stops the job. */
static void judge(const walk *w, meeting *m) {
    const tc_scenario *s = w->p->scenario;
    const tc_scenario_pool *first = NULL;
    double rate = 0, restart = 0;
    int devices = 0, last = 0;
    for (int k = 0; k < w->out->pools; k++) {
        const tc_scenario_pool *pool = &s->pool[w->out->pool[k]];
        if (m->of.devices[k] == 0) continue;
        if (!first) first = pool, last = k;
        devices += m->of.devices[k];
        rate += tc_packages_of(&pool->cluster.accelerator, m->of.devices[k]) / tc_package_mtbf(pool);
        restart = fmax(restart, pool->economics.restart_s);
    }
    double checkpoint
        = tc_checkpoint_s(&first->economics, tc_prospect_checkpoint_bytes(prospect_of(w, last, m->stage)), devices);
    tc_failure_policy policy = {.on_failure = TC_FAILURE_SPARE};
    tc_goodput goodput = tc_goodput_with(&policy, m->of.step_s, 1 / rate, checkpoint, restart, TC_UNSET);
    m->of.goodput = goodput.fraction;
    m->failures_per_s = rate;
    m->found = goodput.fraction > 0;
}

static void take_mixed(const walk *w, const int *member, const tc_mixed *mixed, meeting *m) {
    const tc_step *step = &mixed->step;
    m->of.step_s = step->step_s;
    m->of.exposed_s = mixed->exposed_s;
    m->of.efficiency = mixed->efficiency;
    m->of.of_parts = mixed->of_parts;
    m->of.tokens_per_s = step->tokens_per_step / step->step_s;
    m->tokens_per_step = step->tokens_per_step;
    m->egress_usd_per_step = mixed->egress_usd;
    m->fast = step->step_s_p10 > 0 ? step->step_s_p10 / step->step_s : 1;
    m->slow = step->step_s_p90 > 0 ? step->step_s_p90 / step->step_s : 1;
    for (int k = 0; k < w->out->pools; k++) m->of.devices[k] = 0;
    for (int i = 0; i < mixed->pools; i++) {
        if (mixed->share[i].sequences == 0) continue;
        m->of.devices[member[i]] = mixed->share[i].devices;
        m->of.sequences[member[i]] = mixed->share[i].sequences;
        m->of.layout[member[i]] = mixed->share[i].step.layout;
    }
    judge(w, m);
}

/* Keeps what does most in a second. */
static void keep_better(meeting *best, const meeting *other) {
    if (!other->found) return;
    if (!best->found || other->of.tokens_per_s * other->of.goodput > best->of.tokens_per_s * best->of.goodput)
        *best = *other;
}

/* Devices that degrees can divide: the search over pools uses all that it is given. */
static int rounded(int devices, int unit) {
    while (unit > 1 && 4 * unit > devices) unit /= 2;
    return devices / unit * unit;
}

/* The question of all pools that have devices; member: which of the job's pools each is. Returns how many. */
static int ask(walk *w, const meeting *m, int unit, int *member) {
    tc_question *q = &w->question;
    int count = 0;
    for (int k = 0; k < w->out->pools; k++) {
        const tc_prospect *prospect = prospect_of(w, k, m->stage);
        if (m->there[k] < 1 || !prospect) continue;
        member[count++] = k;
        if (count == 1) {
            *q = prospect->question;
            q->cluster.devices = rounded(m->there[k], unit);
            continue;
        }
        w->pool[count - 2] = tc_pool_of_question(&prospect->question, 0);
        w->pool[count - 2].devices = rounded(m->there[k], unit);
    }
    q->cluster.others = count - 1;
    q->cluster.other = w->pool;
    q->cluster.mixing = w->p->scenario->mixing;
    q->cluster.mixing.across = w->out->across;
    q->cluster.mixing.link = link_of(w);
    return count;
}

/* The search over pools, in the form that is asked. */
static tc_code meet_together(walk *w, int unit, bool *any, meeting *m) {
    int member[TC_MAX_POOLS], in_order[TC_MAX_POOLS];
    if (ask(w, m, unit, member) < 2) return TC_OK;
    tc_search_input in = tc_default_search_input();
    in.question = w->question;
    in.uncounted = true;
    in.any = w->p->scenario->any;
    in.fit = w->p->scenario->fit;
    tc_mixed_search found;
    tc_code code = tc_search_mixed(&in, 1u << w->out->across, &found, w->p->error);
    if (code) return code == TC_INTERNAL ? code : TC_OK;
    for (int i = 0; i < found.count; i++) {
        const tc_mixed_found *f = &found.best[i];
        if (f->mixed.pools < 2) continue;
        *any = true;
        int count = 0;
        for (int k = 0; k < TC_MAX_POOLS; k++)
            if (f->used >> k & 1u) in_order[count++] = member[k];
        if (f->reversed && count == 2) {
            int last = in_order[1];
            in_order[1] = in_order[0];
            in_order[0] = last;
        }
        meeting other = *m;
        other.found = false;
        take_mixed(w, in_order, &f->mixed, &other);
        keep_better(m, &other);
    }
    tc_mixed_search_free(&found);
    return TC_OK;
}

/* The pools each alone: what makes the step no shorter is left out. */
static void meet_alone(walk *w, const tc_choice *const *choice, meeting *m) {
    for (int k = 0; k < w->out->pools; k++) {
        if (!choice[k]) continue;
        meeting other = {.stage = m->stage};
        memcpy(other.there, m->there, sizeof other.there);
        const tc_step *step = &choice[k]->step;
        other.of.step_s = step->step_s;
        other.of.efficiency = other.of.of_parts = 1;
        other.of.tokens_per_s = step->tokens_per_step / step->step_s;
        other.tokens_per_step = step->tokens_per_step;
        other.fast = step->step_s_p10 > 0 ? step->step_s_p10 / step->step_s : 1;
        other.slow = step->step_s_p90 > 0 ? step->step_s_p90 / step->step_s : 1;
        other.of.devices[k] = choice[k]->devices;
        other.of.sequences[k] = step->global_batch;
        other.of.layout[k] = step->layout;
        judge(w, &other);
        keep_better(m, &other);
    }
}

/* The best that so many devices do together; not found where nothing fits. */
static tc_code meet(walk *w, int stage, const int *there, meeting *m) {
    const tc_choice *choice[TC_MAX_POOLS] = {NULL};
    *m = (meeting){.stage = stage};
    memcpy(m->there, there, sizeof m->there);
    for (int k = 0; k < w->out->pools; k++) {
        tc_prospect *prospect = prospect_of(w, k, stage);
        if (there[k] < 1 || !prospect) continue;
        bool whole = tc_prospect_may_choose(prospect, there[k], true);
        tc_code code = tc_prospect_choose(prospect, there[k], whole, &w->p->plan->arena, &choice[k], w->p->error);
        if (code) return code;
        if (!choice[k]->found) choice[k] = NULL;
    }
    meet_alone(w, choice, m);
    bool any = false;
    tc_code code = meet_together(w, UNIT, &any, m);
    return code || any ? code : meet_together(w, UNIT / 4, &any, m);
}

/* NULL: too many were asked about, or nothing fits. */
static tc_code find_meeting(walk *w, int stage, const int *there, const meeting **out) {
    *out = NULL;
    for (int i = 0; i < w->meetings; i++)
        if (w->meeting[i].stage == stage && memcmp(w->meeting[i].there, there, sizeof w->meeting[i].there) == 0) {
            *out = w->meeting[i].found ? &w->meeting[i] : NULL;
            return TC_OK;
        }
    if (w->meetings == MOST_MEETINGS) return TC_OK;
    meeting *m = &w->meeting[w->meetings];
    tc_code code = meet(w, stage, there, m);
    if (code) return code;
    w->meetings++;
    *out = m->found ? m : NULL;
    return TC_OK;
}

/* ---- what is there ------------------------------------------------------------------------------ */

/* Devices of a pool at a moment that the other jobs leave. *next: when that changes. */
static int there_at(const walk *w, int k, double at, double *next) {
    const tc_planner *p = w->p;
    const tc_future *f = &p->middle[w->out->pool[k]];
    int devices = 0;
    for (int i = 0; i < f->levels; i++) {
        if (f->level[i].from_s <= at)
            devices = f->level[i].training;
        else
            *next = fmin(*next, f->level[i].from_s);
    }
    if (at >= f->until_s) return 0;
    *next = fmin(*next, f->until_s);
    for (int i = 0; i < p->legs; i++) {
        const tc_leg *leg = &p->leg[i];
        if (leg->pool != w->out->pool[k] || p->task[leg->task].index == w->out->job || leg->to_s <= at) continue;
        *next = fmin(*next, leg->from_s > at ? leg->from_s : leg->to_s);
        if (leg->from_s <= at) devices -= leg->devices;
    }
    int most = p->scenario->job[w->out->job].max_devices;
    if (most > 0 && devices > most) devices = most;
    return devices > 0 ? devices : 0;
}

static bool lacks(const meeting *m, const int *there, int pools) {
    for (int k = 0; k < pools; k++)
        if (m->of.devices[k] > there[k]) return true;
    return false;
}

static bool has_grown(const meeting *m, const int *there, int pools) {
    for (int k = 0; k < pools; k++)
        if (there[k] > GROWN * m->there[k]) return true;
    return false;
}

/* ---- the course ----------------------------------------------------------------------------------- */

static double useful(const walk *w, const meeting *m, double z) {
    return m->of.tokens_per_s * m->of.goodput * w->usual / pow(z < 0 ? m->fast : m->slow, fabs(z));
}

static tc_at_once_phase *new_phase(walk *w, const meeting *m, double at, int *room) {
    tc_at_once *out = w->out;
    tc_at_once_phase *phase = tc_arena_grow(&w->p->plan->arena, out->phase, out->phases, room, sizeof *phase);
    if (!phase) return NULL;
    out->phase = phase;
    phase = &out->phase[out->phases++];
    *phase = m->of;
    phase->stage = m->stage;
    phase->from_s = phase->to_s = at;
    phase->tokens_per_s = useful(w, m, 0);
    return phase;
}

/* What time on so many devices costs, that of operations apart, as of the runs of the plan; egress by what was trained. */
static void pay(walk *w, const meeting *m, double seconds, double tokens) {
    tc_at_once *out = w->out;
    double hours = seconds * w->usual / 3600;
    for (int k = 0; k < out->pools; k++) {
        if (m->of.devices[k] == 0) continue;
        tc_upkeep upkeep = tc_pool_upkeep(&w->p->scenario->pool[out->pool[k]]);
        double own = m->of.devices[k] * hours;
        out->device_hours += own / w->usual;
        out->energy_mwh += own * upkeep.mw_at_work;
        out->tonnes_co2 += own * upkeep.mw_at_work * upkeep.tonnes_per_mwh;
        out->cost_usd += own * (upkeep.usd_per_h + upkeep.mw_at_work * upkeep.usd_per_mwh);
    }
    double egress = tokens / m->tokens_per_step * m->egress_usd_per_step;
    out->egress_usd += egress;
    out->cost_usd += egress;
    out->failures += m->failures_per_s * seconds * w->usual;
    w->steps_s += tokens / m->of.tokens_per_s;
}

/* From the first day on; z: an end of the steps' interval. told: phases and what they cost are written. */
static tc_code follow(walk *w, double z, bool told, double *finish_s) {
    tc_at_once *out = w->out;
    const meeting *now = NULL;
    double at = w->begin_s, left = w->tokens[0], lost = 0;
    int stage = 0, room = 0;
    tc_at_once_phase *phase = NULL;
    *finish_s = INFINITY;
    for (int events = 0; events < MOST_EVENTS && at < w->p->tasks.horizon_s; events++) {
        int there[TC_MAX_POOLS] = {0};
        double next = w->p->tasks.horizon_s;
        for (int k = 0; k < out->pools; k++) there[k] = there_at(w, k, at, &next);
        const meeting *other = now;
        if (!now || lacks(now, there, out->pools) || has_grown(now, there, out->pools)) {
            bool must = !now || lacks(now, there, out->pools);
            tc_code code = find_meeting(w, w->first_stage + stage, there, &other);
            if (code) return code;
            double restart = w->p->scenario->pool[out->pool[0]].economics.restart_s;
            if (other && !must && left / useful(w, other, z) + restart >= left / useful(w, now, z)) other = now;
            if (!other && !must) other = now;
            if (other && now && other != now) lost = restart;
            if (other != now) phase = NULL;
        }
        now = other;
        if (!now) {
            if (!(next < INFINITY) || next <= at) return TC_OK;
            at = next;
            continue;
        }
        double rate = useful(w, now, z), passes = fmin(next - at, lost + left / rate), works = fmax(0, passes - lost),
               tokens = fmin(left, works * rate);
        if (told && !phase && !(phase = new_phase(w, now, at, &room))) return tc_planner_no_memory(w->p);
        bool done = passes < next - at; /* what rounding leaves of it is nothing */
        at += passes;
        lost = fmax(0, lost - passes);
        left -= tokens;
        if (told) {
            phase->to_s = at;
            phase->tokens += tokens;
            pay(w, now, passes, tokens);
        }
        if (!done) continue;
        if (++stage == w->stages) {
            *finish_s = at;
            return TC_OK;
        }
        left = w->tokens[stage];
        now = NULL; /* a stage has layouts of its own */
        phase = NULL;
    }
    return TC_OK;
}

static tc_code write(walk *w) {
    tc_at_once *out = w->out;
    tc_code code = follow(w, 0, true, &out->finish_s);
    out->feasible = !code && out->finish_s < INFINITY;
    if (code) return code;
    if (!out->feasible) {
        snprintf(out->why, sizeof out->why, "%s",
                 out->phases > 0 ? "is not done by the horizon" : "no layout fits on what the pools have");
        return TC_OK;
    }
    for (int i = 0; i < out->phases; i++) {
        out->phase[i].from = tc_run_day(w->p->scenario, out->phase[i].from_s);
        out->phase[i].to = tc_run_day(w->p->scenario, out->phase[i].to_s);
    }
    out->start_s = out->phase[0].from_s;
    out->start = tc_run_day(w->p->scenario, out->start_s);
    out->finish = tc_run_day(w->p->scenario, out->finish_s);
    out->goodput = w->steps_s / (out->finish_s - out->start_s);
    out->finish_p10_s = out->finish_p90_s = NAN;
    if (w->meeting[0].slow == w->meeting[0].fast) return TC_OK;
    code = follow(w, -1, false, &out->finish_p10_s);
    return code ? code : follow(w, 1, false, &out->finish_p90_s);
}

/* ---- jobs ----------------------------------------------------------------------------------------- */

/* What is left of the job, and from when on. Sets why where it cannot be asked. */
static void open_job(walk *w) {
    const tc_planner *p = w->p;
    const tc_scenario_job *job = &p->scenario->job[w->out->job];
    const tc_task *task = NULL;
    for (int t = 0; t < p->tasks.tasks; t++)
        if (p->task[t].index == w->out->job) task = &p->task[t];
    w->candidate = &job->candidate[w->out->candidate];
    w->stages = task ? task->stages : tc_stages_of(w->candidate);
    w->first_stage = task ? task->first_stage : 0;
    w->usual = task ? task->usual : tc_operations_usual(&p->risks);
    w->begin_s = task ? task->earliest_s : fmax(tc_earliest_of(p->scenario, job), p->tasks.from_s);
    for (int i = 0; i < w->stages; i++) w->tokens[i] = task ? task->stage[i].tokens : tc_stage_tokens(w->candidate, i);
    if (job->after_job >= 0) w->begin_s = fmax(w->begin_s, p->plan->run[job->after_job].finish_s);
    bool waits = job->after_job >= 0 && !p->plan->run[job->after_job].feasible;
    const char *why = !w->candidate->model ? "has no model whose step is forecast"
                      : w->candidate->rl   ? "is trained by reinforcement, on one pool"
                      : waits              ? "waits for a job that cannot be trained"
                                           : "";
    snprintf(w->out->why, sizeof w->out->why, "%s", why);
}

static tc_code add(tc_planner *p, walk *w, int job, int across) {
    const tc_scenario_job *wanted = &p->scenario->job[job];
    const tc_plan_run *run = &p->plan->run[job];
    memset(w, 0, sizeof *w);
    w->p = p;
    w->out = &p->plan->at_once[p->plan->at_onces++];
    *w->out = (tc_at_once){.job = job,
                           .candidate = run->feasible ? run->candidate : 0,
                           .across = across,
                           .pools = wanted->togethers,
                           .planned_s = run->feasible ? run->finish_s : INFINITY};
    for (int k = 0; k < wanted->togethers; k++) w->out->pool[k] = wanted->together[k].pool;
    open_job(w);
    return w->out->why[0] ? TC_OK : write(w);
}

tc_code tc_at_once_find(tc_planner *p) {
    const tc_scenario *s = p->scenario;
    int most = 0;
    for (int j = 0; j < s->jobs; j++) most += s->job[j].togethers > 1 ? 2 : 0;
    if (most == 0) return TC_OK;
    walk *w = malloc(sizeof *w);
    p->plan->at_once = tc_arena_alloc(&p->plan->arena, (size_t)most * sizeof *p->plan->at_once);
    tc_code code = w && p->plan->at_once ? TC_OK : tc_planner_no_memory(p);
    for (int j = 0; j < s->jobs; j++) {
        int form = s->job[j].mixed;
        if (s->job[j].togethers < 2 || form == TC_TOGETHER_NO) continue;
        if (!code && form != TC_TOGETHER_PIPELINE) code = add(p, w, j, TC_ACROSS_DATA);
        if (!code && form != TC_TOGETHER_DATA) code = add(p, w, j, TC_ACROSS_PIPELINE);
    }
    free(w);
    return code;
}
