/* search.c - the best layouts of a served model, and the front of throughput per device against speed per user.
 *
 * Layouts: tensor parallelism in powers of two up to two scale-up domains, a pipeline in powers of two, experts on the ranks of a replica, on
 * groups of replicas or on all of its stage's devices; prompts beside outputs, or on devices of their own. Replicas are added until
 * the load is borne: what they bear grows with them, so that their number is found by halving. A front has a point for each layout and
 * each batch that is a power of two, with prompts between the steps and, as disaggregated serving has it, with the devices for prompts
 * that keep up: 1 / (1 / decode + prompt tokens / output tokens / prefill) tokens/s a device. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "serving/answer.h"
#include "workload/operators.h"

#define MOST_RANKS 64
#define MOST_STAGES 16
#define MOST_EXPERT_RANKS 320
#define LAYOUTS 400
#define LONGEST_WAIT 10 /* prefills, of a point of the front where no objective says */

typedef struct layout {
    int tp, pp, ep;
    int group; /* devices of the replicas that share experts */
} layout;

typedef struct search {
    const tc_serving_question *q;
    tc_serving_goal goal;
    tc_serving_search *out;
    int layouts;
    layout layout[LAYOUTS];
} search;

/* ---- layouts -------------------------------------------------------------------------------------- */

static void add_layout(search *s, int tp, int pp, int ep) {
    int ranks = ep > tp ? ep : tp;
    if (s->layouts == LAYOUTS || ranks > s->q->cluster.devices / pp) return;
    s->layout[s->layouts++] = (layout){tp, pp, ep, ranks * pp};
}

static void list_layouts(search *s) {
    const tc_serving_question *q = s->q;
    bool experts = tc_has_experts(&q->model);
    int tp_first = q->tp == TC_UNSET ? 1 : q->tp, tp_last = q->tp == TC_UNSET ? MOST_RANKS : q->tp;
    int pp_first = q->pp == TC_UNSET ? 1 : q->pp, pp_last = q->pp == TC_UNSET ? MOST_STAGES : q->pp;
    for (int tp = tp_first; tp <= tp_last && tp <= q->cluster.devices; tp *= 2)
        for (int pp = pp_first; pp <= pp_last && pp <= q->cluster.devices; pp *= 2) {
            if (q->ep != TC_UNSET) {
                add_layout(s, tp, pp, q->ep);
                continue;
            }
            add_layout(s, tp, pp, 1);
            for (int ep = 2; experts && ep <= MOST_EXPERT_RANKS; ep *= 2)
                if (ep == tp || ep > tp) add_layout(s, tp, pp, ep);
        }
}

/* ---- one layout ------------------------------------------------------------------------------------ */

/* A layout with so many replicas, of which some prefill alone. */
static bool evaluate(search *s, const layout *l, int replicas, int prefills, tc_serving_answer *out) {
    tc_serving_question q = *s->q;
    tc_serving_degrees d = {l->tp, l->pp, l->ep, replicas};
    q.prefill_devices = prefills * l->tp * l->pp;
    s->out->evaluated++;
    return tc_serving_answer_of(&q, &d, out, NULL) == TC_OK;
}

static bool bears(const tc_serving_answer *a) { return a->fits && a->meets && !isnan(a->e2e_s); }

/* Groups of replicas of which some decode (or do both) and others prefill alone: do they bear the load? */
static bool enough(search *s, const layout *l, int decode, int prefill, tc_serving_answer *out) {
    int replicas = l->group / (l->tp * l->pp);
    tc_serving_answer a;
    if (!evaluate(s, l, (decode + prefill) * replicas, prefill * replicas, &a) || !bears(&a)) return false;
    *out = a;
    return true;
}

/* The fewest groups, of at most `most`, of those that prefill beside `decode`, or, where that is 0, of those that decode beside
 * `prefill`; 0: not even the most are enough. */
static int fewest(search *s, const layout *l, int most, int decode, int prefill, tc_serving_answer *out) {
    bool of_prefills = decode > 0;
    int low = 0, high = most;
    if (!enough(s, l, of_prefills ? decode : most, of_prefills ? most : prefill, out)) return 0;
    while (high - low > 1) {
        int at = low + (high - low) / 2;
        *(enough(s, l, of_prefills ? decode : at, of_prefills ? at : prefill, out) ? &high : &low) = at;
    }
    return high;
}

static double value_of(const search *s, const tc_serving_answer *a) {
    double cost = isnan(a->owned_usd_per_m_tokens) ? a->rented_usd_per_m_tokens : a->owned_usd_per_m_tokens;
    switch (s->goal) {
    case TC_GOAL_COST: return isnan(cost) ? a->devices : cost;
    case TC_GOAL_ENERGY: return isnan(a->energy_j_per_token) ? a->devices : a->energy_j_per_token;
    case TC_GOAL_RATE: return -a->output_tokens_per_s;
    default: return a->devices;
    }
}

/* Lower is better; of equals the quicker request, then the first that was found. */
static bool before(const search *s, const tc_serving_answer *a, const tc_serving_answer *b) {
    double x = value_of(s, a), y = value_of(s, b);
    if (x < y * (y > 0 ? 0.999 : 1.001)) return true;
    if (y < x * (x > 0 ? 0.999 : 1.001)) return false;
    return a->e2e_s < b->e2e_s * 0.999;
}

static void keep(search *s, const tc_serving_answer *a) {
    tc_serving_search *out = s->out;
    int at = out->count;
    while (at > 0 && before(s, a, &out->best[at - 1])) at--;
    if (at == TC_SERVING_BEST) return;
    if (out->count < TC_SERVING_BEST) out->count++;
    memmove(&out->best[at + 1], &out->best[at], (size_t)(out->count - 1 - at) * sizeof *a);
    out->best[at] = *a;
}

/* All devices, a share of them for prompts alone: eighths. */
static void with_all(search *s, const layout *l, int groups, int replicas, bool split) {
    tc_serving_answer a, best = {0};
    bool found = false;
    for (int eighth = split ? 1 : 0; eighth <= (split ? 7 : 0); eighth++) {
        int prefills = groups * eighth / 8;
        if (split && (prefills == 0 || prefills == groups)) continue;
        if (!evaluate(s, l, groups * replicas, prefills * replicas, &a) || !bears(&a)) continue;
        if (!found || before(s, &a, &best)) best = a;
        found = true;
    }
    if (found) keep(s, &best);
}

/* The fewest groups that bear the load; apart: first those that decode, then those that prefill. */
static void with_fewest(search *s, const layout *l, int groups, bool split) {
    tc_serving_answer a;
    if (!split) {
        if (fewest(s, l, groups, 0, 0, &a)) keep(s, &a);
        return;
    }
    int decode = fewest(s, l, groups, 0, groups, &a);
    if (decode && fewest(s, l, groups, decode, 0, &a) && a.devices <= s->q->cluster.devices) keep(s, &a);
}

static void try_layout(search *s, const layout *l) {
    const tc_serving_question *q = s->q;
    bool load = q->rate >= 0 || q->concurrency >= 0;
    int replicas = l->group / (l->tp * l->pp), groups = q->cluster.devices / l->group;
    if (q->dp != TC_UNSET)
        groups = q->dp % replicas || q->dp * l->tp * l->pp > q->cluster.devices ? 0 : q->dp / replicas;
    if (groups < 1) return;
    tc_serving_answer one;
    if (!evaluate(s, l, replicas, 0, &one) || !one.fits) return;
    bool mixed = q->phase == TC_PHASE_MIXED;
    for (int split = 0; split <= (mixed ? 1 : 0); split++) {
        if (q->prefill_devices > 0 && !split) continue;
        if (load && s->goal != TC_GOAL_RATE)
            with_fewest(s, l, groups, split);
        else
            with_all(s, l, groups, replicas, split);
    }
}

/* ---- the front -------------------------------------------------------------------------------------------- */

/* Keeps the points that no other beats in both, fastest user first. */
static void keep_point(tc_serving_search *out, const tc_serving_point *p) {
    int kept = 0;
    if (!(p->user_tokens_per_s > 0 && p->device_tokens_per_s > 0)) return;
    for (int i = 0; i < out->points; i++)
        if (out->front[i].user_tokens_per_s >= p->user_tokens_per_s
            && out->front[i].device_tokens_per_s >= p->device_tokens_per_s)
            return;
    for (int i = 0; i < out->points; i++) {
        const tc_serving_point *o = &out->front[i];
        if (o->user_tokens_per_s > p->user_tokens_per_s || o->device_tokens_per_s > p->device_tokens_per_s)
            out->front[kept++] = *o;
    }
    out->points = kept;
    if (out->points == TC_SERVING_FRONT) return;
    int at = out->points++;
    for (; at > 0 && out->front[at - 1].user_tokens_per_s < p->user_tokens_per_s; at--)
        out->front[at] = out->front[at - 1];
    out->front[at] = *p;
}

static void add_points(search *s, const layout *l) {
    int replicas = l->group / (l->tp * l->pp);
    tc_serving_question q = *s->q;
    const tc_serving_question *kept = s->q;
    q.rate = q.ttft_s = q.tpot_s = TC_UNSET;
    q.prefill_devices = 0;
    s->q = &q;
    double prompts = q.input_tokens * (1 - q.cached_share);
    for (double batch = 1; batch <= 4096; batch *= 2) {
        tc_serving_answer a;
        q.concurrency = batch * replicas;
        q.phase = TC_PHASE_MIXED;
        if (!evaluate(s, l, replicas, 0, &a) || !a.fits || batch * replicas > a.most_requests) break;
        double longest = kept->ttft_s >= 0 ? kept->ttft_s : LONGEST_WAIT * a.prefill_s;
        tc_serving_point p
            = {1 / a.tpot_s, a.output_tokens_per_s / a.devices, batch, a.ttft_s, l->tp, l->pp, l->ep, false};
        if (a.ttft_s <= longest) keep_point(s->out, &p);
        q.phase = TC_PHASE_DECODE;
        double prefill = a.prefill_tokens_per_s_per_device, first = a.prefill_s;
        if (!evaluate(s, l, replicas, 0, &a)) break;
        p.user_tokens_per_s = 1 / a.tpot_s;
        p.device_tokens_per_s = 1 / (a.devices / a.output_tokens_per_s + prompts / q.output_tokens / prefill);
        p.ttft_s = first;
        p.disaggregated = true;
        if (first <= longest) keep_point(s->out, &p);
    }
    s->q = kept;
}

/* ---- all ------------------------------------------------------------------------------------------------------ */

tc_code tc_infer_search(const tc_serving_question *question, tc_serving_goal goal, tc_serving_search *out,
                        tc_error *error) {
    memset(out, 0, sizeof *out);
    tc_code code = tc_serving_check(question, error);
    if (code) return code;
    if ((int)goal < 0 || goal >= TC_GOALS)
        return tc_fail(error, TC_INVALID, "goal", "is none; give one of tc_serving_goal");
    tc_serving_question q = *question;
    tc_serving_fill_lengths(&q);
    search s = {.q = &q, .goal = goal, .out = out};
    list_layouts(&s);
    for (int i = 0; i < s.layouts; i++) {
        try_layout(&s, &s.layout[i]);
        add_points(&s, &s.layout[i]);
    }
    out->tried = s.layouts;
    for (int i = 0; i < out->count; i++) tc_serving_say_assumed(question, &q, &out->best[i]);
    return TC_OK;
}
