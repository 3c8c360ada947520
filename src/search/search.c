/* search.c - walks the shapes of a space on all cores, the most promising first.
 *
 * First a bound below every shape's objective; then the shapes in ascending order of it, in rounds
 * of fixed size. Within a round every shape starts from the best list of the round's beginning, so that
 * what is pruned does not depend on which thread did what before; at the end of a round the lists are
 * merged. Once a bound is above the list, all that follows is pruned. The walk takes the closed form;
 * what it finds best is judged by the timeline (step/timeline.c), which decides the order.
 */
#include "traincast.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "forecast/chosen.h"
#include "forecast/forecast.h"
#include "layout/fields.h"
#include "search/members.h"
#include "search/ranking.h"
#include "search/threads.h"
#include "search/walk.h"
#include "search/walk_keys.h"

#define SPARE 8 /* kinds beyond those asked for, half as many again and these, that the timeline judges too */
#define FIRST_ROUND 8
#define FEWER_AT_MOST 1.1 /* times the best objective: a layout that leaves devices idle and is worse is not listed */
#define LARGEST_ROUND 256
#define LARGEST_PART 4096 /* shapes between two tellings where nothing is pruned */

tc_search_input tc_default_search_input(void) {
    tc_search_input in;
    memset(&in, 0, sizeof in);
    in.size = sizeof in;
    in.question = tc_default_question();
    in.top = 1;
    in.fit = TC_FIT;
    in.fixed = tc_layout_open();
    return in;
}

const char *tc_rejection_name(tc_rejection rejection) {
    static const char *const names[TC_REJECTIONS]
        = {"memory", "host_memory", "global_batch", "expert_ranks", "micro_batches", "layout"};
    return (unsigned)rejection < TC_REJECTIONS ? names[rejection] : "";
}

void tc_search_move_batch(tc_search_input *in, double share) {
    double batch = (double)in->question.job.global_batch;
    if (!(share > 0)) return;
    in->least_batch = (int)fmax(1, ceil(batch * (1 - share) - 1e-9));
    in->most_batch = (int)fmin(1e9, floor(batch * (1 + share) + 1e-9));
}

tc_search_cache *tc_search_cache_new(int devices) {
    tc_search_cache *cache = calloc(1, sizeof *cache);
    if (cache) cache->devices = devices;
    return cache;
}

void tc_search_cache_free(tc_search_cache *cache) {
    if (cache) free(cache->seconds);
    free(cache);
}

/* ---- threads ----------------------------------------------------------------------------- */

typedef struct worker {
    tc_walker walker;
    tc_best_list list;  /* of the shape at hand */
    tc_best_list found; /* of all its shapes */
} worker;

typedef struct crew {
    int most; /* workers at most */
    worker **worker;
    tc_threads *threads;
    const tc_space *space;       /* the one at hand */
    const tc_space *all, *fewer; /* layouts on all devices, and on fewer; NULL: none */
    double *bound;
    int64_t *order;
    tc_best_list *best;
    int64_t told_before; /* shapes of the space before this one */
    bool stopped;
} crew;

static void crew_free(crew *c) {
    tc_threads_end(c->threads);
    for (int i = 0; c->worker && i < c->most; i++) free(c->worker[i]);
    free(c->worker);
    free(c->bound);
    free(c->order);
    free(c->best);
}

static bool hire(void *context, int i) {
    crew *c = context;
    const tc_search_input *in = c->space->in;
    worker *w = c->worker[i] = calloc(1, sizeof *w);
    if (!w) return false;
    tc_walker_start(&w->walker, c->space);
    int kinds = in->uncounted ? in->top : in->top + in->top / 2 + SPARE;
    tc_best_start(&w->found, kinds, in->pareto, w->walker.capacity);
    return true;
}

static bool make_order(crew *c) {
    free(c->bound);
    free(c->order);
    c->bound = malloc(((size_t)c->space->shapes + 1) * sizeof *c->bound);
    c->order = malloc(((size_t)c->space->shapes + 1) * sizeof *c->order);
    return c->bound && c->order;
}

/* The same workers on another space; what they have found stays. */
static bool crew_turn(crew *c, const tc_space *space) {
    c->space = space;
    for (int i = 0; i < tc_threads_hired(c->threads); i++) tc_walker_start(&c->worker[i]->walker, space);
    return make_order(c);
}

static bool crew_start(crew *c, const tc_space *space) {
    c->most = tc_threads_count(space->in->threads);
    c->space = space;
    c->worker = calloc((size_t)c->most, sizeof *c->worker);
    c->best = malloc(sizeof *c->best);
    if (!c->worker || !c->best || !make_order(c) || !hire(c, 0)) return false;
    *c->best = c->worker[0]->found;
    c->threads = tc_threads_start(c->most, hire, c);
    return c->threads != NULL;
}

/* Tells how far it is; false: an end is asked for. */
static bool goes_on(crew *c, int64_t done) {
    const tc_search_input *in = c->space->in;
    int64_t all = (c->all ? c->all->shapes : 0) + (c->fewer ? c->fewer->shapes : 0);
    if (in->tell && !c->stopped) c->stopped = !in->tell(in->context, c->told_before + done, all);
    return !c->stopped;
}

/* In parts, between which is told how far it is where that is a matter of these items. */
static void run_in_parts(crew *c, void (*item)(void *context, int worker, int64_t index), int64_t count, bool counts) {
    for (int64_t from = 0; from < count && goes_on(c, counts ? from : 0); from += LARGEST_PART)
        tc_threads_run(c->threads, item, from, from + LARGEST_PART < count ? from + LARGEST_PART : count);
}

static void find_bound(void *context, int worker_of, int64_t i) {
    crew *c = context;
    c->bound[i] = tc_walk_bound(&c->worker[worker_of]->walker, i);
}

typedef struct ranked {
    double bound;
    int64_t index;
} ranked;

static int compare_ranked(const void *a, const void *b) {
    const ranked *x = a, *y = b;
    if (x->bound != y->bound) return x->bound < y->bound ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

static bool sort_shapes(crew *c) {
    int64_t n = c->space->shapes;
    ranked *sorted = malloc(((size_t)n + 1) * sizeof *sorted);
    if (!sorted) return false;
    for (int64_t i = 0; i < n; i++) sorted[i] = (ranked){c->bound[i], i};
    qsort(sorted, (size_t)n, sizeof *sorted, compare_ranked);
    for (int64_t i = 0; i < n; i++) c->order[i] = sorted[i].index;
    free(sorted);
    return true;
}

static void merge_found(crew *c) {
    for (int i = 0; i < tc_threads_hired(c->threads); i++) tc_best_merge(c->best, &c->worker[i]->found);
}

/* A shape of a round: it starts from the crew's list. */
static void walk_ordered(void *context, int worker_of, int64_t i) {
    crew *c = context;
    worker *w = c->worker[worker_of];
    w->list = *c->best;
    tc_walk_shape(&w->walker, c->order[i], &w->list);
    tc_best_merge(&w->found, &w->list);
}

static void limit_fewer(crew *c) {
    double limit = c->best->count > 0 ? FEWER_AT_MOST * c->best->item[0].value : HUGE_VAL;
    if (limit < c->best->limit) c->best->limit = limit;
}

static void walk_pruning(crew *c, tc_search *out) {
    int64_t shapes = c->space->shapes, round = FIRST_ROUND;
    for (int64_t from = 0; from < shapes && goes_on(c, from);) {
        if (c->space->in->first && c->best->count > 0) return;
        if (c->space->fewer) limit_fewer(c);
        if (!c->best->front && c->bound[c->order[from]] > tc_best_threshold(c->best)) {
            for (; from < shapes; from++) out->pruned += c->space->shape[c->order[from]].configurations;
            return;
        }
        int64_t to = from + round < shapes ? from + round : shapes;
        tc_threads_run(c->threads, walk_ordered, from, to);
        merge_found(c);
        from = to;
        if (round < LARGEST_ROUND) round *= 2;
    }
}

/* Where nothing is pruned each worker's list may go on from shape to shape. */
static void walk_any(void *context, int worker_of, int64_t i) {
    worker *w = ((crew *)context)->worker[worker_of];
    tc_walk_shape(&w->walker, i, &w->found);
}

static void find_seconds(void *context, int worker_of, int64_t i) {
    crew *c = context;
    tc_walk_seconds(&c->worker[worker_of]->walker, i);
}

static tc_code walk_in_order(crew *c, tc_search *out, tc_error *error) {
    if (c->space->fewer) tc_threads_run(c->threads, find_seconds, 0, c->space->groups);
    run_in_parts(c, find_bound, c->space->shapes, false);
    if (c->stopped) return TC_OK;
    if (!sort_shapes(c)) return tc_fail(error, TC_INTERNAL, "search", "out of memory");
    walk_pruning(c, out);
    return TC_OK;
}

static tc_code walk(crew *c, tc_search *out, tc_error *error) {
    const tc_search_input *in = c->space->in;
    tc_code code = TC_OK;
    if (in->exhaustive) {
        run_in_parts(c, walk_any, c->space->shapes, true);
        merge_found(c);
    } else {
        code = walk_in_order(c, out, error);
    }
    for (int i = 0; i < tc_threads_hired(c->threads); i++) {
        const tc_walk_counts *counts = &c->worker[i]->walker.counts;
        out->evaluated += counts->evaluated;
        out->pruned += counts->pruned;
        out->rejected[TC_REJECTED_MEMORY] += counts->too_large;
        out->rejected[TC_REJECTED_HOST] += counts->host_too_small;
        out->rejected[TC_REJECTED_LAYOUT] += counts->refused;
    }
    for (int i = 0; i < TC_REJECTIONS; i++) out->rejected[i] += c->space->rejected[i];
    return code;
}

/* Layouts that leave devices idle: a number that nothing divides, or that divides badly, still has an answer. They are
 * walked after the others, so that few of them need be looked at, and are not counted in the space. */
static tc_code walk_fewer(crew *c, tc_search *out, tc_error *error) {
    if (c->all) c->told_before = c->all->shapes;
    if (c->all && !crew_turn(c, c->fewer)) return tc_fail(error, TC_INTERNAL, "search", "out of memory");
    tc_search unused = {.pruned = 0};
    tc_code code = walk_in_order(c, &unused, error);
    for (int i = 0; i < tc_threads_hired(c->threads); i++)
        out->evaluated_fewer += c->worker[i]->walker.counts.evaluated;
    return code;
}

/* ---- results -------------------------------------------------------------------------------- */

/* The bins' fastest that no leaner one beats, by memory. */
static int front_of(const tc_best_list *list, tc_candidate *out) {
    int count = 0;
    double fastest = HUGE_VAL;
    for (int i = 0; i < TC_FRONT_BINS; i++)
        if (list->bin[i].value < fastest) {
            fastest = list->bin[i].value;
            out[count++] = list->bin[i];
        }
    return count;
}

/* What is to be expected of each after the choice. A front, or the leanest, was not chosen by its time. */
static void expect(const tc_search_input *in, tc_search *out) {
    double value[TC_CHOSEN_FIELD];
    int n = 0;
    bool by_time = !in->pareto && in->objective != TC_OBJECTIVE_MEMORY;
    for (int i = 0; i < out->best_count && by_time && n < TC_CHOSEN_FIELD; i++) value[n++] = out->best[i].objective;
    for (int i = 0; i < out->best_count; i++) {
        tc_found *found = &out->best[i];
        double factor = tc_chosen_factor(in->question.interval, value, n, found->objective);
        found->expected_step_s = factor * found->step.step_s;
        found->expected_step_s_p10 = factor * found->step.step_s_p10;
        found->expected_step_s_p90 = factor * found->step.step_s_p90;
    }
}

static tc_code decode(const crew *c, tc_key key, tc_found *out, tc_error *error) {
    return tc_walk_decode(tc_key_of_fewer(key) ? c->fewer : c->all, key, out, error);
}

static tc_code report(const crew *c, tc_search *out, tc_error *error) {
    tc_candidate front[TC_FRONT_BINS];
    const tc_candidate *item = c->best->item;
    out->best_count = c->best->count;
    if (c->best->front) {
        out->best_count = front_of(c->best, front);
        item = front;
    }
    out->walked_best = c->best->count ? c->best->item[0].value : HUGE_VAL;
    out->best = calloc((size_t)out->best_count + 1, sizeof *out->best);
    if (!out->best) return tc_fail(error, TC_INTERNAL, "search", "out of memory");
    tc_code code = TC_OK;
    for (int i = 0; i < out->best_count && !code; i++) {
        code = decode(c, item[i].key, &out->best[i], error);
        out->best[i].walked[0] = item[i].value;
        out->best[i].walked[1] = item[i].other;
        out->best[i].rank = i;
    }
    if (!code) expect(c->space->in, out);
    if (!code) code = tc_rank(c->space->in, out, error);
    out->any_legal = c->best->least.value < HUGE_VAL;
    if (!code && out->any_legal) code = decode(c, c->best->least.key, &out->least, error);
    return code;
}

/* The spaces of a search: of layouts that use all devices, and of those that leave some idle. */
typedef struct spaces {
    tc_search_input in;
    tc_space *all, *fewer; /* NULL: none */
    tc_space space[2];
} spaces;

static void spaces_free(spaces *s) {
    if (s->all) tc_space_free(s->all);
    if (s->fewer) tc_space_free(s->fewer);
    free(s);
}

static tc_code make_space(spaces *s, tc_idle idle, tc_error *error) {
    tc_space **space = idle == TC_IDLE_NONE ? &s->all : &s->fewer;
    if (*space) tc_space_free(*space);
    *space = NULL;
    tc_code code = tc_space_make(&s->in, idle, &s->space[idle != TC_IDLE_NONE], error);
    if (!code) *space = &s->space[idle != TC_IDLE_NONE];
    return code;
}

/* Where every layout is to be walked and none uses all devices: those of the most devices that any uses. */
static tc_code take_most_devices(spaces *s, tc_error *error) {
    tc_code code = make_space(s, TC_IDLE_ANY, error);
    if (code) return code;
    int most = tc_space_devices(s->fewer);
    tc_space_free(s->fewer);
    s->fewer = NULL;
    if (most < 1) return TC_OK;
    s->in.question.cluster.devices = most;
    return make_space(s, TC_IDLE_NONE, error);
}

static tc_code make_spaces(const tc_search_input *in, spaces **out, tc_error *error) {
    spaces *s = *out = calloc(1, sizeof *s);
    if (!s) return tc_fail(error, TC_INTERNAL, "search", "out of memory");
    s->in = *in;
    if (in->uncounted) return make_space(s, TC_IDLE_ANY, error);
    tc_code code = make_space(s, TC_IDLE_NONE, error);
    if (code || in->all_devices) return code;
    bool best = !in->exhaustive && !in->pareto && in->objective != TC_OBJECTIVE_MEMORY;
    if (best)
        code = make_space(s, TC_IDLE_SOME, error);
    else if (s->all->shapes == 0)
        code = take_most_devices(s, error);
    return code;
}

static void describe(const spaces *s, tc_search *out) {
    const tc_space *space = s->all && (s->all->shapes > 0 || !s->fewer) ? s->all : s->fewer;
    out->space = s->all ? s->all->configurations : 0;
    out->shapes = space->shapes;
    out->per_sequence = space->per_sequence && s->in.objective != TC_OBJECTIVE_MEMORY;
    tc_space_describe(space, out->axis);
}

/* The device must know every format that is asked for. */
static tc_code check_formats(const tc_space *space, tc_error *error) {
    for (int i = 0; i < space->variants; i++) {
        tc_rates rates;
        tc_code code = tc_rates_of(&space->in->question.cluster.accelerator, &space->in->question.stack,
                                   space->variant[i].dtype, &rates, error);
        if (code) return code;
    }
    return TC_OK;
}

tc_code tc_search_space(const tc_search_input *in, tc_search *out, tc_error *error) {
    memset(out, 0, sizeof *out);
    spaces *s = NULL;
    tc_code code = tc_members_check(&tc_search_input_members, in, "input", error);
    if (!code) code = make_spaces(in, &s, error);
    if (!code) describe(s, out);
    if (s) spaces_free(s);
    return code;
}

/* Devices that there were for it: with --fewest-devices the smallest number tried that holds it. */
static int most_devices(const tc_search_input *in, const tc_found *found) {
    int devices = in->question.cluster.devices;
    while (in->fewest_devices > 0 && devices % 2 == 0 && devices / 2 >= in->fewest_devices
           && devices / 2 >= found->devices)
        devices /= 2;
    return devices;
}

static tc_code run(crew *c, const spaces *s, tc_search *out, tc_error *error) {
    const tc_space *first = s->all ? s->all : s->fewer;
    tc_code code = check_formats(first, error);
    if (code) return code;
    c->all = s->all;
    c->fewer = s->fewer;
    if (!crew_start(c, first)) return tc_fail(error, TC_INTERNAL, "search", "out of memory");
    if (s->in.to_beat > 0) c->best->limit = s->in.to_beat;
    if (c->all) code = walk(c, out, error);
    if (!code && c->fewer && !c->stopped) code = walk_fewer(c, out, error);
    out->stopped = c->stopped;
    return code;
}

tc_code tc_search_run(const tc_search_input *in, tc_search *out, tc_error *error) {
    memset(out, 0, sizeof *out);
    double start = tc_now_s();
    spaces *s = NULL;
    tc_code code = tc_members_check(&tc_search_input_members, in, "input", error);
    if (!code) code = make_spaces(in, &s, error);
    crew c = {.most = 0};
    if (!code) {
        describe(s, out);
        code = run(&c, s, out, error);
        out->seconds = tc_now_s() - start;
        if (!code) code = report(&c, out, error);
        for (int i = 0; i < out->best_count && !code; i++)
            out->best[i].idle = most_devices(in, &out->best[i]) - out->best[i].devices;
        for (int i = 0; i < out->cluster_count && !code; i++)
            out->cluster[i].idle = most_devices(in, &out->cluster[i]) - out->cluster[i].devices;
    }
    out->threads = c.most;
    crew_free(&c);
    if (s) spaces_free(s);
    if (code) tc_search_free(out);
    return code;
}

void tc_search_free(tc_search *search) {
    free(search->best);
    free(search->cluster);
    free(search->members);
    search->best = search->cluster = NULL;
    search->members = NULL;
    search->best_count = search->cluster_count = 0;
}
