/* placement.c - how a shape is placed: stages, what they hold of the layers, data-parallel ranks.
 *
 * Stages may be uneven with one chunk each; virtual stages must come out even, with embedding or head counted or not
 * (Megatron-LM). The embedding counts as no layer or one, the head as up to as many as its matmul is worth; where the
 * first layers are of another kind, such as dense ones before experts, the first stage may also take one more. Layouts
 * that may leave devices idle have any number of ranks that divides the batch, or that comes near it where the batch may move.
 */
#include "search/space_parts.h"

#include <stdlib.h>

#include "base/error.h"
#include "layout/legal.h"
#include "layout/schedule.h"
#include "layout/supports.h"

#define MOVED_RANKS 8 /* numbers of data-parallel ranks that are tried one after the other where the batch may move */
#define HEAD_LAYERS 4 /* that the head counts as at most */
#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

/* The layers that the head's matmul is worth, rounded up. */
static int head_layers(const tc_model *model, int layers) {
    tc_model_size size = tc_model_count(model);
    double layer = (size.active_parameters - size.embedding_parameters - size.head_parameters) / layers;
    double head = model->lm_head && layer > 0 ? (double)model->vocab * model->hidden / layer : 0;
    for (int n = 0; n < HEAD_LAYERS; n++)
        if (head <= n) return n;
    return HEAD_LAYERS;
}

/* Can so many chunks have ends of the given layers? */
static bool ends_fit(const tc_space *space, int chunks) {
    const tc_layout *fixed = &space->in->fixed;
    if (!tc_supports_stages(&space->supports, space->layers, chunks, fixed->first_layers, fixed->last_layers))
        return false;
    bool first = fixed->first_layers != TC_UNSET, last = fixed->last_layers != TC_UNSET;
    int rest = space->layers - (first ? fixed->first_layers : 0) - (last ? fixed->last_layers : 0),
        others = chunks - first - last;
    return others > 0 ? rest >= 0 : others == 0 && rest == 0;
}

/* Of the splits of so many chunks: those that no earlier one equals, of all or of those that come out alike. */
static unsigned different_splits(const tc_space *space, int chunks, bool alike) {
    const tc_model *model = &space->in->question.job.model;
    tc_ends ends[TC_SPLITS_MAX];
    unsigned bits = 0;
    for (int k = 0; k < space->splits; k++) {
        bool legal = tc_ends_of(model, chunks, space->split[k].embedding, space->split[k].head, &ends[k]),
             runs = tc_supports_stages(&space->supports, space->layers, chunks, k ? ends[k].first : TC_UNSET,
                                       k ? ends[k].last : TC_UNSET);
        if (k == 0 && !legal) /* extra predictions fill the last chunk */
            return runs && (!alike || tc_chunks_are_even(space->layers, chunks));
        bool wanted = legal && runs && (!alike || (k == 0 ? tc_chunks_are_even(space->layers, chunks) : ends[k].even));
        for (int i = 0; i < k && wanted; i++)
            wanted = !(bits >> i & 1u) || ends[i].first != ends[k].first || ends[i].last != ends[k].last;
        bits |= (unsigned)wanted << k;
    }
    return bits;
}

tc_code tc_space_splits(tc_space *space, tc_error *error) {
    const tc_model *model = &space->in->question.job.model;
    const tc_layout *fixed = &space->in->fixed;
    bool free_ends = !space->in->usual && !tc_gives_ends(fixed) && fixed->stage_count == TC_UNSET;
    int heads = free_ends ? head_layers(model, space->layers) : 0;
    static const int embeddings[] = {0, 1, -1};
    int kinds = !free_ends ? 1 : model->blocks > 1 ? 3 : 2;
    for (int i = 0; i < kinds; i++)
        for (int head = 0; head <= heads; head++) space->split[space->splits++] = (tc_split){embeddings[i], head};
    size_t counts = (size_t)space->layers + 3;
    space->differ = calloc(counts, sizeof *space->differ);
    space->alike = calloc(counts, sizeof *space->alike);
    if (!space->differ || !space->alike) return tc_fail(error, TC_INTERNAL, "search", "out of memory");
    if (!tc_gives_ends(fixed)) space->differ[1] = 1;
    for (int n = 2; n < (int)counts; n++) {
        bool fits = !tc_gives_ends(fixed) || ends_fit(space, n);
        space->differ[n] = (uint16_t)(fits ? different_splits(space, n, false) : 0);
        space->alike[n] = (uint16_t)(fits ? different_splits(space, n, true) : 0);
    }
    return TC_OK;
}

/* The multiple of `unit` sequences that comes next below the batch that was asked for, or else next above it; 0 where
 * neither is allowed. */
static int64_t batch_of(const tc_variant *v, int64_t unit) {
    int64_t below = v->global_batch / unit * unit, above = below + unit;
    if (below > 0 && below >= v->least_batch) return below;
    return above <= v->most_batch ? above : 0;
}

/* Data-parallel ranks come in multiples of this, for the experts' ranks to come out. */
static int dp_unit(const tc_space *space, const tc_shape *s) {
    int64_t experts = (int64_t)s->ep * s->etp, ranks = (int64_t)s->tp * s->cp, a = experts, b = ranks;
    while (b) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return space->experts ? (int)(experts / a) : 1;
}

/* The largest divisor of n sequences below the limit, of those of the batch. */
static int divisor_below(const tc_variant *v, int n, int limit) {
    int low = 0, high = v->divisors;
    while (low < high) { /* how many are below the limit */
        int middle = (low + high) / 2;
        if (v->divisor[middle] < limit)
            low = middle + 1;
        else
            high = middle;
    }
    while (low > 0 && n % v->divisor[low - 1]) low--;
    return low > 0 ? v->divisor[low - 1] : 0;
}

/* The most ranks below the limit that may come out with more than m micro-batches each; 0: none. With as many micro-batches
 * fewer ranks only train a smaller batch in the same time. */
static int ranks_below(const tc_space *space, const tc_shape *s, int limit, int64_t m) {
    const tc_variant *v = &space->variant[s->variant];
    int unit = dp_unit(space, s);
    int64_t capped = (limit - 1) / unit * unit, ranks = capped * s->micro_batch;
    if (capped < 1) return 0;
    if (batch_of(v, ranks) > m * ranks) return (int)capped;
    if (m < v->global_batch / ranks) m = v->global_batch / ranks; /* with fewer there is no room for so many ranks */
    for (m++;; m++) {
        const int64_t ends[] = {v->most_batch, v->global_batch};
        for (int e = 0; e < COUNT(ends); e++) {
            int64_t dp = ends[e] / (m * s->micro_batch) / unit * unit;
            if (dp < 1) return 0;
            ranks = dp * s->micro_batch;
            if (dp < capped && batch_of(v, ranks) == m * ranks) return (int)dp;
        }
    }
}

/* Fewer data-parallel ranks that are worth a look; 0: none. A batch that may move leaves few devices idle whatever the
 * ranks: after some numbers of them only that is of interest which fills an interleaved pipeline. */
static int next_dp(const tc_space *space, const tc_shape *s, int pp, const tc_stages_cursor *at) {
    const tc_variant *v = &space->variant[s->variant];
    if (space->in->fixed.dp != TC_UNSET) return 0;
    if (v->divisors) return divisor_below(v, v->global_batch / s->micro_batch, at->dp);
    int64_t ranks = (int64_t)at->dp * s->micro_batch, m = batch_of(v, ranks) / ranks;
    int tries = space->in->usual ? 1 : MOVED_RANKS;
    if (at->moved > tries) return 0;
    return ranks_below(space, s, at->dp, at->moved == tries ? (m / pp + 1) * pp - 1 : m);
}

int tc_most_ranks(const tc_space *space, const tc_shape *s, int pp) {
    const tc_variant *v = &space->variant[s->variant];
    int64_t model_parallel = (int64_t)s->tp * s->cp * pp;
    if (model_parallel > v->devices) return 0;
    int most = smaller((int)(v->devices / model_parallel), v->most_batch / s->micro_batch), fixed = space->in->fixed.dp;
    if (!space->fewer) return v->devices % model_parallel == 0 ? (int)(v->devices / model_parallel) : 0;
    if (fixed != TC_UNSET) return fixed <= most ? fixed : 0;
    if (v->divisors) return divisor_below(v, v->global_batch / s->micro_batch, most + 1);
    int fewest = most > 0 ? v->least_batch / most / s->micro_batch : 1; /* micro-batches */
    return ranks_below(space, s, most + 1, larger(fewest - 1, 0));
}

tc_legality tc_stages_legality(const tc_space *space, const tc_shape *s, int pp, int dp, tc_stages *out,
                               tc_rejection *why) {
    const tc_variant *v = &space->variant[s->variant];
    if (dp < 1 || (pp == 1 && !space->differ[1])) return TC_STAGES_ABSENT;
    *out = (tc_stages){.pp = pp, .vpp = 1, .dp = dp, .devices = s->tp * s->cp * pp * dp};
    if (space->beside && out->devices == v->devices) return TC_STAGES_ABSENT;
    if (space->in->fixed.dp != TC_UNSET && out->dp != space->in->fixed.dp) return TC_STAGES_ABSENT;
    out->global_batch = batch_of(v, (int64_t)dp * s->micro_batch);
    if (tc_legal_batch(out->global_batch, dp, s->micro_batch, &out->micro_batches, NULL)) {
        *why = TC_REJECTED_BATCH;
        return TC_STAGES_ILLEGAL;
    }
    const tc_layout ranks = {.tp = s->tp, .cp = s->cp, .dp = dp, .ep = s->ep, .etp = s->etp};
    if (space->experts && tc_legal_expert_ranks(&ranks, NULL)) {
        *why = TC_REJECTED_EXPERTS;
        return TC_STAGES_ILLEGAL;
    }
    return space->experts && !tc_supports_experts(&space->supports, s->ep, out->dp, s->cp) ? TC_STAGES_ABSENT
                                                                                           : TC_STAGES_LEGAL;
}

static bool vpp_wanted(const tc_space *space, int vpp) {
    return space->in->fixed.vpp == TC_UNSET || space->in->fixed.vpp == vpp;
}

unsigned tc_split_bits(const tc_space *space, int chunks, int vpp) {
    if (vpp == 1) return space->differ[chunks];
    unsigned even = space->in->fixed.vpp != TC_UNSET ? space->differ[chunks] & 1u : 0;
    return space->alike[chunks] | even;
}

int tc_split_chunks(const tc_stages *stages, int schedule) {
    tc_schedule_facts facts = tc_schedule_facts_of(schedule);
    return stages->pp * (stages->vpp == 1 && facts.chunks > 1 && !facts.both_ways ? facts.chunks : stages->vpp);
}

int tc_split_count(const tc_space *space, const tc_stages *stages) { return stages->pp > 1 ? space->splits : 1; }

/* Micro-batches of an interleaved pipeline come pp at a time: where the batch may move, it does. */
static void take_batch(const tc_space *space, const tc_shape *s, tc_stages *stages, int vpp) {
    const tc_variant *v = &space->variant[s->variant];
    if (v->least_batch == v->most_batch) return;
    int64_t share = (int64_t)stages->dp * s->micro_batch, whole = vpp > 1 ? batch_of(v, share * stages->pp) : 0;
    stages->global_batch = whole ? whole : batch_of(v, share);
    stages->micro_batches = stages->global_batch / share;
}

tc_legality tc_virtual_legality(const tc_space *space, const tc_shape *s, tc_stages *stages, int vpp) {
    if (!vpp_wanted(space, vpp)) return TC_STAGES_ABSENT;
    take_batch(space, s, stages, vpp);
    if (vpp == 1) return TC_STAGES_LEGAL;
    if (!space->supports.virtual_stages) return TC_STAGES_ABSENT;
    if (stages->pp == 1 || tc_legal_stages(space->layers, stages->pp, vpp, NULL)) return TC_STAGES_ABSENT;
    if (!tc_space_allows(space, TC_SCHEDULE_INTERLEAVED)) return TC_STAGES_ABSENT;
    if (!tc_split_bits(space, stages->pp * vpp, vpp)) return TC_STAGES_ABSENT;
    return stages->micro_batches % stages->pp ? TC_STAGES_ILLEGAL : TC_STAGES_LEGAL;
}

int tc_most_virtual(const tc_space *space, int pp) {
    int most = pp == 1 ? 1 : tc_most_chunks(space->layers) / pp, limit = space->in->fixed.vpp != TC_UNSET
                                                                             ? TC_VIRTUAL_MAX
                                                                         : space->in->any ? TC_ANY_VIRTUAL_MAX
                                                                                          : TC_USUAL_VIRTUAL_MAX;
    return smaller(most, limit);
}

/* The next virtual stages or split of legal stages. */
static bool next_cut(const tc_space *space, const tc_shape *s, tc_stages_cursor *at, tc_stages *out) {
    int most = tc_most_virtual(space, out->pp);
    if (at->vpp == 0) at->vpp = 1;
    for (; at->vpp <= most; at->vpp++, at->split = 0) {
        if (tc_virtual_legality(space, s, out, at->vpp) != TC_STAGES_LEGAL || at->split == tc_split_count(space, out))
            continue;
        out->vpp = at->vpp;
        out->split = at->split++;
        return true;
    }
    return false;
}

bool tc_space_next(const tc_space *space, const tc_shape *s, tc_stages_cursor *at, tc_stages *out) {
    const tc_axis *axis = &space->variant[s->variant].pp;
    for (; at->pp_index < axis->count; at->pp_index++, at->dp = at->vpp = at->split = 0) {
        int pp = axis->value[at->pp_index];
        tc_rejection why;
        if (at->dp == 0) at->dp = tc_most_ranks(space, s, pp), at->moved = 0;
        for (; at->dp > 0; at->dp = space->fewer ? next_dp(space, s, pp, at) : 0, at->moved++, at->vpp = at->split = 0)
            if (tc_stages_legality(space, s, pp, at->dp, out, &why) == TC_STAGES_LEGAL && next_cut(space, s, at, out))
                return true;
    }
    return false;
}
