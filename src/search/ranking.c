/* ranking.c - the order of what was found: by the objective, then memory, then by the order in which it was found; and
 * families of it, of which the best stands for all.
 *
 * Several searches of one job - on other accelerators, numbers of devices, stacks - become one: all that they found in one
 * order, their counts added up. */
#include "search/ranking.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "search/members.h"

/* What the device must have. */
static double needed(const tc_found *f) { return f->step.memory.reserved - f->step.memory.cached; }

static int compare_found(const void *a, const void *b) {
    const tc_found *x = a, *y = b;
    if (x->objective != y->objective) return x->objective < y->objective ? -1 : 1;
    if (needed(x) != needed(y)) return needed(x) < needed(y) ? -1 : 1;
    return x->rank - y->rank;
}

static int compare_memory(const void *a, const void *b) {
    const tc_found *x = a, *y = b;
    if (needed(x) != needed(y)) return needed(x) < needed(y) ? -1 : 1;
    return x->rank - y->rank;
}

static void order(const tc_search_input *in, tc_search *out) {
    size_t size = sizeof *out->best, n = (size_t)out->best_count;
    if (!in->pareto) {
        qsort(out->best, n, size, compare_found);
        return;
    }
    qsort(out->best, n, size, compare_memory);
    int kept = 0;
    for (int i = 0; i < out->best_count; i++)
        if (kept == 0 || out->best[i].step.step_s < out->best[kept - 1].step.step_s) out->best[kept++] = out->best[i];
    out->best_count = kept;
}

static void cut(const tc_search_input *in, tc_search *out) {
    if (!in->pareto && out->best_count > in->top) out->best_count = in->top;
}

/* Is it the same layout but for what its family may have either way: virtual stages, micro-batch, offload, overlap ...? */
static bool one_family(const tc_search_input *in, const tc_found *a, const tc_found *b) {
    const tc_layout *x = &a->step.layout, *y = &b->step.layout;
    bool layouts = x->tp == y->tp && x->pp == y->pp && x->cp == y->cp && x->ep == y->ep && x->sharding == y->sharding
                   && x->recompute == y->recompute;
    return layouts && a->dtype == b->dtype && (in->fewest_devices == 0 || a->devices == b->devices)
           && (in->most_global_batch == 0 || a->step.global_batch == b->step.global_batch);
}

static tc_code make_clusters(const tc_search_input *in, tc_search *out, tc_error *error) {
    if (in->pareto || out->best_count == 0) return TC_OK;
    size_t most = (size_t)(in->top < out->best_count ? in->top : out->best_count);
    out->cluster = calloc(most + 1, sizeof *out->cluster);
    out->members = calloc(most + 1, sizeof *out->members);
    if (!out->cluster || !out->members) return tc_fail(error, TC_INTERNAL, "search", "out of memory");
    for (int i = 0; i < out->best_count; i++) {
        int k = 0;
        while (k < out->cluster_count && !one_family(in, &out->cluster[k], &out->best[i])) k++;
        if (k == (int)most) continue;
        if (k == out->cluster_count) out->cluster[out->cluster_count++] = out->best[i];
        out->members[k]++;
    }
    return TC_OK;
}

tc_code tc_rank(const tc_search_input *in, tc_search *out, tc_error *error) {
    order(in, out);
    tc_code code = make_clusters(in, out, error);
    cut(in, out);
    return code;
}

static void add_counts(const tc_search *part, tc_search *sum) {
    sum->space += part->space;
    sum->evaluated += part->evaluated;
    sum->pruned += part->pruned;
    for (int i = 0; i < TC_REJECTIONS; i++) sum->rejected[i] += part->rejected[i];
    sum->shapes += part->shapes;
    sum->evaluated_fewer += part->evaluated_fewer;
    sum->any_legal = sum->any_legal || part->any_legal;
    sum->per_sequence = part->per_sequence;
    sum->seconds += part->seconds;
    sum->stopped = sum->stopped || part->stopped;
    if (part->threads > sum->threads) sum->threads = part->threads;
    if (part->walked_best < sum->walked_best) sum->walked_best = part->walked_best;
}

tc_code tc_search_merge(const tc_search_input *in, const tc_search *const *part, int parts, tc_search *out, int **from,
                        tc_error *error) {
    int total = 0;
    memset(out, 0, sizeof *out);
    *from = NULL;
    tc_code code = tc_members_check(&tc_search_input_members, in, "input", error);
    if (code) return code;
    out->walked_best = HUGE_VAL;
    for (int i = 0; i < parts; i++) {
        add_counts(part[i], out);
        total += part[i]->best_count;
    }
    int *owner = malloc(((size_t)total + 1) * sizeof *owner);
    *from = malloc(((size_t)total + 1) * sizeof **from);
    out->best = calloc((size_t)total + 1, sizeof *out->best);
    if (!owner || !*from || !out->best) {
        free(owner);
        free(*from);
        tc_search_free(out);
        *from = NULL;
        return tc_fail(error, TC_INTERNAL, "search", "out of memory");
    }
    for (int i = 0; i < parts; i++)
        for (int k = 0; k < part[i]->best_count; k++) {
            tc_found *found = &out->best[out->best_count];
            *found = part[i]->best[k];
            found->rank = out->best_count;
            owner[out->best_count++] = i;
        }
    order(in, out);
    cut(in, out);
    for (int i = 0; i < out->best_count; i++) (*from)[i] = owner[out->best[i].rank];
    free(owner);
    return TC_OK;
}
