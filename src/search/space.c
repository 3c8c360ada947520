/* space.c - the axes of a search and what is legal.
 *
 * Degrees: tp divides the devices and the heads; cp divides devices and sequence and leaves a rank at
 * least CONTEXT_TOKENS; pp divides the devices, at most one stage a layer (embedding and head may
 * count as layers); ep divides the experts; etp divides the experts' width and stays inside the
 * scale-up domain; the micro-batch divides the global batch; dp is what is left. Stages may be uneven
 * with one chunk each; virtual stages must come out even, with embedding or head counted or not
 * (Megatron-LM). The embedding counts as no layer or one, the head as up to as many as its matmul is worth; where the
 * first layers are of another kind, such as dense ones before experts, the first stage may also take one more. All-to-all context parallelism splits heads: cp, or the groups inside rings, divide heads / tp.
 * Recompute: none, selective, full, n layers of each stage, or the operators of every layer that are cheap
 * to run again (element-wise work, up-projections of latent attention). Sharding: none, ZeRO-1, -2, -3, and
 * HSDP with every divisor of dp x cp; under a pipeline weights and gradients stay whole, so that
 * ZeRO-2 and -3 are ZeRO-1 (step/costs.c, memory/memory.c). What the stack cannot run (layout/supports.h) is no part of
 * the space, unless any layout is asked for.
 */
#include "search/space.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/vocabulary.h"
#include "layout/legal.h"
#include "layout/schedule.h"
#include "layout/supports.h"

#define CONTEXT_TOKENS 256
#define USUAL_CONTEXT 8192
#define USUAL_STAGES 16
#define USUAL_MICRO_BATCH 4
#define WEIGHTS_MAX 1000000 /* devices whose weights are listed */
#define MOVED_RANKS 8 /* numbers of data-parallel ranks that are tried one after the other where the batch may move */
#define MOVED_MICRO_BATCH 4 /* tried though it does not divide the batch that was asked for */
#define LAYER_STEPS 32      /* values of "n layers" at most */
#define HEAD_LAYERS 4       /* that the head counts as at most */
#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

/* ---- axes -------------------------------------------------------------------------- */

static void push(tc_axis *axis, int value) {
    if (axis->count < TC_AXIS_MAX) axis->value[axis->count++] = value;
}

/* Divisors of n up to `most`, ascending. */
static void push_divisors(tc_axis *axis, int n, int most) {
    for (int i = 1; i <= n && i <= most; i++)
        if (n % i == 0) push(axis, i);
}

static int smaller(int a, int b) { return a < b ? a : b; }
static int larger(int a, int b) { return a > b ? a : b; }

static int scale_up_devices(const tc_fabric *fabric) {
    return fabric->levels > 1 && fabric->level[0].size > 0 ? fabric->level[0].size : 8;
}

/* Keeps one value where it is fixed. */
static tc_code fix_axis(const tc_space *space, tc_axis *axis, int fixed, const char *name, tc_error *error) {
    if (fixed == TC_UNSET) return TC_OK;
    char list[200] = "";
    size_t used = 0;
    for (int i = 0; i < axis->count; i++) {
        if (axis->value[i] == fixed) {
            axis->count = 1;
            axis->value[0] = fixed;
            return TC_OK;
        }
        if (used < sizeof list - 16)
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%d", i ? ", " : "", axis->value[i]);
    }
    axis->count = 0;
    if (!space->fewer && !space->in->all_devices) return TC_OK; /* fewer devices may have it */
    return tc_fail(error, TC_INVALID, "--fix", "%s=%d is impossible; one of %s", name, fixed, list);
}

static int most_devices(const tc_space *space, const tc_variant *v) {
    const tc_search_cache *cache = space->in->cache;
    return space->fewer && cache ? larger(cache->devices, v->devices) : v->devices;
}

/* Largest degree of any kind that a job has a use for. */
static int most_degree(const tc_space *space, int devices) {
    const tc_model *model = &space->in->question.job.model;
    int most = tc_most_chunks(space->layers);
    for (int i = 0; i < model->blocks; i++) {
        const tc_block *b = &model->block[i];
        most = larger(most, larger(b->attention.heads, b->ffn & TC_FFN_EXPERTS ? b->experts.experts : 1));
    }
    return space->fewer ? smaller(devices, larger(most, space->seq / CONTEXT_TOKENS)) : devices;
}

static tc_code make_axes(const tc_space *space, tc_variant *v, tc_error *error) {
    const tc_search_input *in = space->in;
    const tc_model *model = &in->question.job.model;
    const tc_stack_supports *can = &space->supports;
    int domain = scale_up_devices(&in->question.cluster.fabric), most = most_degree(space, most_devices(space, v));
    for (int degree = 1; degree <= most; degree++) {
        if (!space->fewer && v->devices % degree) continue;
        if (!tc_legal_tensor_parallel(model, degree, NULL) && tc_supports_tensor_parallel(can, model, degree))
            push(&v->tp, degree);
        if (!tc_legal_stages(space->layers, degree, 1, NULL) && (degree == 1 || can->schedules)
            && (!in->usual || degree <= USUAL_STAGES))
            push(&v->pp, degree);
        if (!tc_legal_context_parallel(space->seq, degree, NULL)
            && (degree == 1 || space->seq / degree >= (in->usual ? USUAL_CONTEXT : CONTEXT_TOKENS))
            && tc_supports_context_parallel(can, space->seq, degree))
            push(&v->cp, degree);
        if (!space->experts || degree == 1) continue;
        if (degree <= domain && !in->usual && !tc_legal_expert_parallel(model, 1, degree, NULL)) push(&v->etp, degree);
        if (!tc_legal_expert_parallel(model, degree, 1, NULL) && can->expert_ranks) push(&v->ep, degree);
    }
    tc_axis ep = {1, {1}}, etp = {1, {1}};
    for (int i = 0; i < v->ep.count; i++) push(&ep, v->ep.value[i]);
    for (int i = 0; i < v->etp.count; i++) push(&etp, v->etp.value[i]);
    v->ep = ep;
    v->etp = etp;
    int most_micro_batch = in->usual ? USUAL_MICRO_BATCH : 4096;
    if (in->first && in->fixed.micro_batch == TC_UNSET) most_micro_batch = 1; /* larger ones fit no better */
    push_divisors(&v->micro_batch, v->global_batch, smaller(v->global_batch, most_micro_batch));
    /* a batch that may move has other divisors too */
    for (int i = 2; !in->usual && most_micro_batch > 1 && v->least_batch < v->most_batch && i <= MOVED_MICRO_BATCH; i++)
        if (v->global_batch % i) push(&v->micro_batch, i);
    const tc_layout *fixed = &in->fixed;
    tc_code code = fix_axis(space, &v->tp, fixed->tp, "tp", error);
    if (!code) code = fix_axis(space, &v->pp, fixed->pp, "pp", error);
    if (!code) code = fix_axis(space, &v->cp, fixed->cp, "cp", error);
    if (!code) code = fix_axis(space, &v->ep, fixed->ep, "ep", error);
    if (!code) code = fix_axis(space, &v->etp, fixed->etp, "etp", error);
    if (!code) code = fix_axis(space, &v->micro_batch, fixed->micro_batch, "micro-batch", error);
    return code;
}

static void list_divisors(tc_variant *v) {
    int n = v->global_batch, low = 0;
    for (int i = 1; (int64_t)i * i <= n; i++)
        if (n % i == 0) v->divisor[low++] = i;
    v->divisors = low;
    for (int i = low; i-- > 0;)
        if (v->divisor[i] != n / v->divisor[i]) v->divisor[v->divisors++] = n / v->divisor[i];
}

static tc_variant *add_variant(tc_space *space, int devices, int64_t batch, int dtype) {
    const tc_search_input *in = space->in;
    if (space->variants == TC_VARIANTS_MAX) return NULL;
    tc_variant *v = &space->variant[space->variants++];
    memset(v, 0, sizeof *v);
    v->devices = devices;
    v->global_batch = v->least_batch = v->most_batch = (int)batch;
    v->dtype = dtype;
    if (in->least_batch > 0 && in->least_batch < batch) v->least_batch = in->least_batch;
    if (in->most_batch > batch) v->most_batch = in->most_batch;
    if (v->least_batch == v->most_batch) list_divisors(v);
    return v;
}

static tc_code make_variants(tc_space *space, tc_error *error) {
    const tc_search_input *in = space->in;
    int64_t asked = in->question.job.global_batch;
    int64_t most_batch = in->most_global_batch > asked ? in->most_global_batch : asked;
    int fewest = in->fewest_devices > 0 ? in->fewest_devices : in->question.cluster.devices;
    space->per_sequence
        = most_batch > asked || in->most_batch > asked || (in->least_batch > 0 && in->least_batch < asked);
    for (int devices = in->question.cluster.devices; devices >= fewest && devices >= 1;
         devices = devices % 2 ? 0 : devices / 2)
        for (int64_t batch = asked; batch <= most_batch; batch *= 2)
            for (int dtype = 0; dtype < TC_DTYPES; dtype++) {
                bool wanted = in->dtypes ? in->dtypes >> dtype & 1u : dtype == in->question.job.dtype;
                wanted = wanted && tc_set_has(space->supports.dtypes, dtype);
                tc_variant *v = wanted ? add_variant(space, devices, batch, dtype) : NULL;
                tc_code code = v ? make_axes(space, v, error) : TC_OK;
                if (code) return code;
            }
    return TC_OK;
}

static double weight_of(const tc_search_input *in, int devices) {
    return in->weight ? in->weight(in->weight_of, devices) : 1;
}

/* What n devices do, n / weight, has one summit: below it more of them do more. */
static bool devices_grow(const tc_search_input *in) {
    int most = in->question.cluster.devices, less = most - (most + 99) / 100;
    return less < 1 || most / weight_of(in, most) >= less / weight_of(in, less);
}

static tc_code weigh_devices(tc_space *space, tc_error *error) {
    const tc_search_input *in = space->in;
    int most = in->question.cluster.devices;
    space->grows = devices_grow(in);
    if (!in->weight || most > WEIGHTS_MAX) return TC_OK;
    space->weight = malloc(((size_t)most + 1) * sizeof *space->weight);
    if (!space->weight) return tc_fail(error, TC_INTERNAL, "search", "out of memory");
    for (int n = 0; n <= most; n++) space->weight[n] = n > 0 ? weight_of(in, n) : 1;
    return TC_OK;
}

static double scale_of(const tc_space *space, const tc_variant *v, int devices, int64_t global_batch) {
    const tc_search_input *in = space->in;
    double scale = in->objective == TC_OBJECTIVE_COST ? in->usd_per_device_s * v->devices /* idle ones are paid too */
                   : in->objective == TC_OBJECTIVE_ENERGY ? in->watts_per_device * devices
                                                          : 1;
    return space->per_sequence ? scale / (double)global_batch : scale;
}

double tc_space_scale(const tc_space *space, const tc_variant *v, int devices, int64_t global_batch) {
    double weight = space->weight ? space->weight[devices] : weight_of(space->in, devices);
    return scale_of(space, v, devices, global_batch) * weight;
}

double tc_space_least_scale(const tc_space *space, const tc_variant *v, int devices, int64_t global_batch) {
    return space->grows ? tc_space_scale(space, v, devices, global_batch) : scale_of(space, v, devices, global_batch);
}

/* ---- placements and choices ------------------------------------------------------------ */

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

static tc_code make_splits(tc_space *space, tc_error *error) {
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

/* May the shape have pp stages? ILLEGAL sets why; ABSENT: that is no configuration at all. */
typedef enum legality { LEGAL, ILLEGAL, ABSENT } legality;

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

/* The most data-parallel ranks on so many stages; 0: none. */
static int most_dp(const tc_space *space, const tc_shape *s, int pp) {
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

static legality stages_legal(const tc_space *space, const tc_shape *s, int pp, int dp, tc_stages *out,
                             tc_rejection *why) {
    const tc_variant *v = &space->variant[s->variant];
    if (dp < 1 || (pp == 1 && !space->differ[1])) return ABSENT;
    *out = (tc_stages){.pp = pp, .vpp = 1, .dp = dp, .devices = s->tp * s->cp * pp * dp};
    if (space->beside && out->devices == v->devices) return ABSENT;
    if (space->in->fixed.dp != TC_UNSET && out->dp != space->in->fixed.dp) return ABSENT;
    out->global_batch = batch_of(v, (int64_t)dp * s->micro_batch);
    if (tc_legal_batch(out->global_batch, dp, s->micro_batch, &out->micro_batches, NULL)) {
        *why = TC_REJECTED_BATCH;
        return ILLEGAL;
    }
    const tc_layout ranks = {.tp = s->tp, .cp = s->cp, .dp = dp, .ep = s->ep, .etp = s->etp};
    if (space->experts && tc_legal_expert_ranks(&ranks, NULL)) {
        *why = TC_REJECTED_EXPERTS;
        return ILLEGAL;
    }
    return space->experts && !tc_supports_experts(&space->supports, s->ep, out->dp, s->cp) ? ABSENT : LEGAL;
}

bool tc_space_allows(const tc_space *space, int schedule) {
    const tc_search_input *in = space->in;
    if (!tc_set_has(space->supports.schedules, schedule)) return false;
    if (in->fixed.schedule != TC_UNSET && in->fixed.schedule != schedule) return false;
    if (in->schedules == 0 && in->fixed.schedule == TC_UNSET) return tc_schedule_facts_of(schedule).closed_form;
    return in->schedules == 0 || (in->schedules >> schedule & 1u);
}

static void note_schedules(tc_space *space) {
    for (int s = 0; s < TC_SCHEDULE_CUSTOM; s++) {
        tc_schedule_facts facts = tc_schedule_facts_of(s);
        bool allowed = tc_space_allows(space, s);
        space->pairs = space->pairs || (allowed && facts.both_ways);
        space->fills_bubble = space->fills_bubble || (allowed && !facts.closed_form);
    }
}

static bool vpp_wanted(const tc_space *space, int vpp) {
    return space->in->fixed.vpp == TC_UNSET || space->in->fixed.vpp == vpp;
}

/* The splits of so many chunks. With virtual stages all must come out alike, unless their number is fixed. */
static unsigned split_bits(const tc_space *space, int chunks, int vpp) {
    if (vpp == 1) return space->differ[chunks];
    unsigned even = space->in->fixed.vpp != TC_UNSET ? space->differ[chunks] & 1u : 0;
    return space->alike[chunks] | even;
}

/* Chunks of the model under a schedule. */
static int chunks_of(const tc_stages *stages, int schedule) {
    tc_schedule_facts facts = tc_schedule_facts_of(schedule);
    return stages->pp * (stages->vpp == 1 && facts.chunks > 1 && !facts.both_ways ? facts.chunks : stages->vpp);
}

/* How many splits there are to try; a schedule takes those that differ under it. */
static int splits_of(const tc_space *space, const tc_stages *stages) { return stages->pp > 1 ? space->splits : 1; }

/* Micro-batches of an interleaved pipeline come pp at a time: where the batch may move, it does. */
static void take_batch(const tc_space *space, const tc_shape *s, tc_stages *stages, int vpp) {
    const tc_variant *v = &space->variant[s->variant];
    if (v->least_batch == v->most_batch) return;
    int64_t share = (int64_t)stages->dp * s->micro_batch, whole = vpp > 1 ? batch_of(v, share * stages->pp) : 0;
    stages->global_batch = whole ? whole : batch_of(v, share);
    stages->micro_batches = stages->global_batch / share;
}

/* May a legal pipeline run with vpp virtual stages? */
static legality virtual_stages(const tc_space *space, const tc_shape *s, tc_stages *stages, int vpp) {
    if (!vpp_wanted(space, vpp)) return ABSENT;
    take_batch(space, s, stages, vpp);
    if (vpp == 1) return LEGAL;
    if (!space->supports.virtual_stages) return ABSENT;
    if (stages->pp == 1 || tc_legal_stages(space->layers, stages->pp, vpp, NULL)) return ABSENT;
    if (!tc_space_allows(space, TC_SCHEDULE_INTERLEAVED)) return ABSENT;
    if (!split_bits(space, stages->pp * vpp, vpp)) return ABSENT;
    return stages->micro_batches % stages->pp ? ILLEGAL : LEGAL;
}

/* The next virtual stages or split of legal stages. */
static bool next_cut(const tc_space *space, const tc_shape *s, tc_stages_cursor *at, tc_stages *out) {
    int most = out->pp == 1 ? 1 : tc_most_chunks(space->layers) / out->pp;
    if (at->vpp == 0) at->vpp = 1;
    for (; at->vpp <= most; at->vpp++, at->split = 0) {
        if (virtual_stages(space, s, out, at->vpp) != LEGAL || at->split == splits_of(space, out)) continue;
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
        if (at->dp == 0) at->dp = most_dp(space, s, pp), at->moved = 0;
        for (; at->dp > 0; at->dp = space->fewer ? next_dp(space, s, pp, at) : 0, at->moved++, at->vpp = at->split = 0)
            if (stages_legal(space, s, pp, at->dp, out, &why) == LEGAL && next_cut(space, s, at, out)) return true;
    }
    return false;
}

static void choose_recomputes(const tc_space *space, const tc_stages *stages, tc_choices *c) {
    const tc_layout *fixed = &space->in->fixed;
    const tc_stack_supports *can = &space->supports;
    const int kinds[] = {TC_RECOMPUTE_NONE, TC_RECOMPUTE_SELECTIVE, TC_RECOMPUTE_FULL};
    for (int i = 0; i < COUNT(kinds); i++)
        if ((fixed->recompute == TC_UNSET || fixed->recompute == kinds[i]) && tc_supports_recompute(can, kinds[i], 0))
            c->recompute[c->recomputes++] = kinds[i];
    bool given = fixed->recompute == TC_RECOMPUTE_OPERATORS;
    int operators = given ? fixed->recompute_operators : space->cheap_operators & can->recompute_operators;
    if ((given || (fixed->recompute == TC_UNSET && operators))
        && tc_supports_recompute(can, TC_RECOMPUTE_OPERATORS, operators))
        c->recompute[c->recomputes++] = -operators;
    if (!tc_supports_recompute(can, TC_RECOMPUTE_LAYERS, 0)) return;
    if (fixed->recompute == TC_RECOMPUTE_LAYERS) {
        c->recompute[c->recomputes++] = TC_RECOMPUTE_LAYERS + (int)fixed->recompute_layers - 1;
    } else if (fixed->recompute == TC_UNSET && !space->in->usual) {
        int per_stage = (space->layers - 1) / stages->pp, step = (per_stage + LAYER_STEPS - 1) / LAYER_STEPS;
        for (int n = step; step > 0 && n <= per_stage; n += step)
            c->recompute[c->recomputes++] = TC_RECOMPUTE_LAYERS + n * stages->pp - 1;
    }
}

static bool schedule_legal(const tc_space *space, const tc_stages *stages, int schedule) {
    tc_schedule_ask ask
        = {stages->pp, stages->vpp, space->layers, stages->micro_batches, space->in->question.job.frozen_base};
    return tc_schedule_check(schedule, &ask, NULL) == TC_OK
           && (split_bits(space, chunks_of(stages, schedule), 1) >> stages->split & 1u);
}

/* What has no effect is as the stack has it; where it has not that together, off. */
static void push_overlap(const tc_space *space, tc_sharding_choice *choice, int bits, int effective) {
    bool together = tc_set_has(space->supports.overlap, bits) || space->in->fixed.overlap != TC_UNSET;
    int overlap = together ? bits : bits & effective;
    if (tc_set_has(space->supports.overlap, overlap)) choice->overlap[choice->overlaps++] = overlap;
}

static void push_sharding(const tc_space *space, tc_choices *c, int sharding, int hsdp, int effective) {
    const tc_layout *fixed = &space->in->fixed;
    if (fixed->sharding != TC_UNSET && fixed->sharding != sharding) return;
    if (sharding == TC_SHARD_HSDP && fixed->hsdp != TC_UNSET && fixed->hsdp != hsdp) return;
    if (c->shardings == TC_SHARDINGS_MAX) return;
    tc_sharding_choice *choice = &c->sharding[c->shardings++];
    *choice = (tc_sharding_choice){.sharding = sharding, .hsdp = hsdp};
    int usual = space->in->question.stack.defaults.overlap;
    if (fixed->overlap != TC_UNSET) usual = fixed->overlap, effective = 0;
    for (int bits = 0; bits < 4; bits++)
        if ((bits & ~effective) == (usual & ~effective)) push_overlap(space, choice, bits, effective);
}

/* Without a pipeline every sharding that the stack has; with one, where ZeRO-1, -2 and -3 are the same, the first of
 * ZeRO-1, -3 and -2 that it has, and what is asked for. */
static bool is_choice(const tc_space *space, int sharding, int pp) {
    const tc_stack_supports *can = &space->supports;
    if (!tc_supports_sharding(can, sharding, pp)) return false;
    if (pp == 1 || sharding == TC_SHARD_ZERO1 || space->in->fixed.sharding == sharding) return true;
    bool third = sharding == TC_SHARD_ZERO2 && tc_supports_sharding(can, TC_SHARD_ZERO3, pp);
    return !third && !tc_supports_sharding(can, TC_SHARD_ZERO1, pp);
}

/* Is there a choice that leaves a rank as little as any groups do? */
static bool shards_as_much(const tc_choices *c, bool pipeline) {
    for (int i = 0; i < c->shardings; i++)
        if (c->sharding[i].sharding == TC_SHARD_ZERO3 || (pipeline && c->sharding[i].sharding != TC_SHARD_NONE))
            return true;
    return false;
}

static void choose_shardings(const tc_space *space, const tc_shape *s, const tc_stages *stages, tc_choices *c) {
    int ranks = stages->dp * s->cp, both = TC_OVERLAP_GRAD_REDUCE | TC_OVERLAP_PARAM_GATHER;
    bool pipeline = stages->pp > 1, frozen = space->in->question.job.frozen_base;
    if (ranks == 1) { /* nothing to split or to hide: any sharding is none */
        const tc_layout *fixed = &space->in->fixed;
        bool named = fixed->sharding != TC_UNSET && fixed->sharding != TC_SHARD_HSDP;
        int overlap = fixed->overlap == TC_UNSET ? space->in->question.stack.defaults.overlap : fixed->overlap;
        c->sharding[c->shardings++] = (tc_sharding_choice){named ? fixed->sharding : TC_SHARD_NONE, 0, 1, {overlap}};
        return;
    }
    const tc_stack_supports *can = &space->supports;
    if (tc_supports_sharding(can, TC_SHARD_NONE, stages->pp))
        push_sharding(space, c, TC_SHARD_NONE, 0, frozen ? 0 : TC_OVERLAP_GRAD_REDUCE);
    if (!frozen && is_choice(space, TC_SHARD_ZERO1, stages->pp)) push_sharding(space, c, TC_SHARD_ZERO1, 0, both);
    if (!frozen && is_choice(space, TC_SHARD_ZERO2, stages->pp)) push_sharding(space, c, TC_SHARD_ZERO2, 0, both);
    if (is_choice(space, TC_SHARD_ZERO3, stages->pp)) push_sharding(space, c, TC_SHARD_ZERO3, 0, pipeline ? both : 0);
    if ((frozen && pipeline) || space->in->usual || !tc_supports_sharding(can, TC_SHARD_HSDP, stages->pp)) return;
    if (space->in->first && shards_as_much(c, pipeline)) return;
    for (int group = 2; group < ranks; group++)
        if (ranks % group == 0) push_sharding(space, c, TC_SHARD_HSDP, group, pipeline ? both : 0);
}

static void choose_offloads(const tc_space *space, tc_choices *c) {
    int fixed = space->in->fixed.offload;
    for (int i = TC_OFFLOAD_NONE; i <= TC_OFFLOAD_ALL; i++) {
        if ((fixed != TC_UNSET && fixed != i) || !tc_set_has(space->supports.offload, i)) continue;
        if (i != TC_OFFLOAD_NONE && (!space->offload || space->in->usual) && fixed == TC_UNSET) continue;
        bool states = i != TC_OFFLOAD_NONE && i != TC_OFFLOAD_ACTIVATIONS;
        if (states && space->in->question.job.frozen_base && fixed == TC_UNSET) continue;
        c->offload[c->offloads++] = i;
    }
}

void tc_space_schedules(const tc_space *space, const tc_stages *stages, tc_choices *c) {
    c->schedules = 0;
    if (stages->vpp > 1) {
        if (split_bits(space, stages->pp * stages->vpp, stages->vpp) >> stages->split & 1u)
            c->schedule[c->schedules++] = TC_SCHEDULE_INTERLEAVED;
    } else if (stages->pp == 1) {
        c->schedule[c->schedules++] = TC_SCHEDULE_1F1B;
    } else {
        for (int s = 0; s < TC_SCHEDULE_CUSTOM; s++)
            if (tc_space_allows(space, s) && schedule_legal(space, stages, s)) c->schedule[c->schedules++] = s;
    }
    c->count = c->per_schedule * c->recomputes * c->schedules;
}

void tc_space_choices(const tc_space *space, const tc_shape *shape, const tc_stages *stages, tc_choices *out) {
    out->recomputes = out->shardings = out->offloads = 0;
    choose_recomputes(space, stages, out);
    choose_shardings(space, shape, stages, out);
    choose_offloads(space, out);
    int64_t switches = 0;
    for (int i = 0; i < out->shardings; i++) switches += out->sharding[i].overlaps;
    out->per_schedule = switches * out->offloads;
    tc_space_schedules(space, stages, out);
}

tc_layout tc_space_layout(const tc_space *space, const tc_shape *s, const tc_stages *stages, int schedule) {
    tc_layout l = tc_default_layout();
    l.tp = s->tp;
    l.pp = stages->pp;
    l.cp = s->cp;
    l.ep = s->ep;
    l.etp = s->etp;
    l.dp = stages->dp;
    l.vpp = stages->vpp;
    l.micro_batch = s->micro_batch;
    l.sequence_parallel = s->sequence_parallel;
    l.sharding = TC_SHARD_NONE;
    l.recompute = TC_RECOMPUTE_NONE;
    l.schedule = schedule;
    l.first_layers = space->in->fixed.first_layers;
    l.last_layers = space->in->fixed.last_layers;
    const tc_split *split = &space->split[stages->split];
    tc_ends ends;
    if (stages->split > 0
        && tc_ends_of(&space->in->question.job.model, chunks_of(stages, schedule), split->embedding, split->head,
                      &ends)) {
        l.first_layers = ends.first;
        l.last_layers = ends.last;
    }
    l.cp_kind = s->cp_kind;
    l.cp_all_to_all = s->cp_all_to_all;
    l.offload = TC_OFFLOAD_NONE;
    return l;
}

void tc_choose_recompute(tc_layout *l, int recompute) {
    l->recompute = recompute < 0                     ? TC_RECOMPUTE_OPERATORS
                   : recompute < TC_RECOMPUTE_LAYERS ? recompute
                                                     : TC_RECOMPUTE_LAYERS;
    l->recompute_layers = recompute < TC_RECOMPUTE_LAYERS ? 0 : recompute - TC_RECOMPUTE_LAYERS + 1;
    l->recompute_operators = recompute < 0 ? -recompute : 0;
}

/* ---- the list of shapes ------------------------------------------------------------------ */

/* Counts the shape's configurations. Rejections by rule are added up in the space. */
static void count_shape(tc_space *space, tc_shape *shape, tc_choices *choices) {
    const tc_axis *axis = &space->variant[shape->variant].pp;
    shape->configurations = 0;
    for (int i = 0; i < axis->count; i++) {
        tc_stages stages;
        tc_rejection why;
        int pp = axis->value[i];
        legality legal = stages_legal(space, shape, pp, most_dp(space, shape, pp), &stages, &why);
        if (legal == ABSENT) continue;
        if (legal == ILLEGAL) {
            space->rejected[why]++;
            space->configurations++;
            continue;
        }
        int most = stages.pp == 1 ? 1 : tc_most_chunks(space->layers) / stages.pp;
        tc_space_choices(space, shape, &stages, choices);
        for (stages.vpp = 1; stages.vpp <= most; stages.vpp++) {
            legal = virtual_stages(space, shape, &stages, stages.vpp);
            if (legal == ABSENT) continue;
            if (legal == ILLEGAL) {
                space->rejected[TC_REJECTED_MICRO_BATCHES]++;
                space->configurations++;
                continue;
            }
            for (stages.split = 0; stages.split < splits_of(space, &stages); stages.split++) {
                tc_space_schedules(space, &stages, choices);
                shape->configurations += choices->count;
            }
        }
    }
    space->configurations += shape->configurations;
}

static tc_code add_shape(tc_space *space, int64_t *room, tc_shape *shape, tc_choices *choices, tc_error *error) {
    shape->configurations = 0;
    if (!space->fewer) count_shape(space, shape, choices);
    if (!space->fewer && shape->configurations == 0) return TC_OK;
    if (space->shapes == *room) {
        *room = *room ? 2 * *room : 1024;
        tc_shape *grown = realloc(space->shape, (size_t)*room * sizeof *grown);
        if (!grown) return tc_fail(error, TC_INTERNAL, "search", "out of memory");
        space->shape = grown;
    }
    space->shape[space->shapes++] = *shape;
    return TC_OK;
}

static bool kind_wanted(const tc_space *space, const tc_shape *s) {
    const tc_layout *fixed = &space->in->fixed;
    if (s->cp == 1 || fixed->cp_kind == TC_UNSET) return true;
    return s->cp_kind == fixed->cp_kind && (s->cp_kind != TC_CP_BOTH || s->cp_all_to_all == fixed->cp_all_to_all);
}

static tc_code add_sequence_parallel(tc_space *space, int64_t *room, tc_shape shape, tc_choices *choices,
                                     tc_error *error) {
    int fixed = space->in->fixed.sequence_parallel;
    for (int sequence = 0; sequence <= 1; sequence++) {
        if (shape.tp == 1 && sequence) continue;
        if (shape.tp > 1 && fixed != TC_UNSET && sequence != fixed) continue;
        if (!tc_supports_sequence_parallel(&space->supports, shape.tp, shape.ep, sequence)) continue;
        bool other = tc_supports_sequence_parallel(&space->supports, shape.tp, shape.ep, !sequence);
        if (space->in->usual && fixed == TC_UNSET && shape.tp > 1 && !sequence && other) continue;
        shape.sequence_parallel = sequence;
        tc_code code = add_shape(space, room, &shape, choices, error);
        if (code) return code;
    }
    return TC_OK;
}

/* The two axes of which one value has no effect: the kind of context parallelism, by the ranks of all-to-all, and sequence parallelism. */
static tc_code add_kinds(tc_space *space, int64_t *room, tc_shape shape, tc_choices *choices, tc_error *error) {
    for (int ranks = 1; ranks <= shape.cp; ranks++) {
        if (shape.cp % ranks || tc_legal_head_exchange(&space->in->question.job.model, shape.tp, ranks, NULL)) continue;
        shape.cp_kind = ranks == 1 ? TC_CP_RING : ranks == shape.cp ? TC_CP_ALL_TO_ALL : TC_CP_BOTH;
        shape.cp_all_to_all = shape.cp_kind == TC_CP_BOTH ? ranks : 0;
        if (space->in->usual && ranks > 1 && shape.cp_kind != space->in->fixed.cp_kind) continue;
        if (!kind_wanted(space, &shape) || (shape.cp > 1 && !tc_set_has(space->supports.cp_kinds, shape.cp_kind)))
            continue;
        tc_code code = add_sequence_parallel(space, room, shape, choices, error);
        if (code) return code;
    }
    return TC_OK;
}

static bool same_group(const tc_shape *a, const tc_shape *b) {
    return a->variant == b->variant && a->tp == b->tp && a->cp == b->cp && a->cp_kind == b->cp_kind
           && a->cp_all_to_all == b->cp_all_to_all && a->ep == b->ep && a->etp == b->etp
           && a->sequence_parallel == b->sequence_parallel;
}

/* Shapes are listed with the micro-batch as the fastest of the degrees: a group is one round of it, by its place in the round. */
static void group_shapes(tc_space *space, int64_t from) {
    int64_t groups = space->groups;
    for (int64_t i = from; i < space->shapes; i++) {
        tc_shape *s = &space->shape[i];
        int64_t like = i - 1;
        while (like >= from && !same_group(&space->shape[like], s)) like--;
        s->group = like >= from ? space->shape[like].group : groups++;
    }
    space->groups = groups;
}

int tc_space_too_large(const tc_space *space, const tc_shape *shape) {
    return atomic_load_explicit(&space->too_large[shape->group], memory_order_relaxed);
}

void tc_space_set_too_large(const tc_space *space, const tc_shape *shape) {
    atomic_int *least = &space->too_large[shape->group];
    int seen = atomic_load_explicit(least, memory_order_relaxed);
    while (shape->micro_batch < seen && !atomic_compare_exchange_weak(least, &seen, shape->micro_batch)) continue;
}

/* What is known of each group; its seconds are kept from search to search where there is a cache. */
static tc_code make_groups(tc_space *space, tc_error *error) {
    tc_search_cache *cache = space->in->cache;
    size_t groups = (size_t)space->groups + 1;
    space->too_large = malloc(groups * sizeof *space->too_large);
    space->first = malloc(groups * sizeof *space->first);
    if (cache && cache->seconds && cache->shapes == space->shapes)
        space->seconds = cache->seconds;
    else
        space->seconds = calloc(groups, sizeof *space->seconds);
    if (cache && space->seconds != cache->seconds) {
        free(cache->seconds);
        *cache = (tc_search_cache){cache->devices, space->shapes, space->seconds};
    }
    if (!space->too_large || !space->first || !space->seconds)
        return tc_fail(error, TC_INTERNAL, "search", "out of memory");
    for (int64_t i = 0; i < space->groups; i++) atomic_init(&space->too_large[i], INT_MAX);
    for (int64_t i = space->shapes; i-- > 0;) space->first[space->shape[i].group] = i;
    return TC_OK;
}

static tc_code list_shapes(tc_space *space, tc_choices *choices, tc_error *error) {
    int64_t room = 0;
    for (int i = 0; i < space->variants; i++) {
        const tc_variant *v = &space->variant[i];
        int64_t degrees = (int64_t)v->tp.count * v->cp.count * v->ep.count * v->etp.count * v->micro_batch.count;
        int64_t round = space->shapes;
        for (int64_t n = 0; n < degrees; n++) {
            int64_t rest = n;
            if (n % v->micro_batch.count == 0) round = space->shapes;
            tc_shape shape = {.variant = i};
            shape.micro_batch = v->micro_batch.value[rest % v->micro_batch.count], rest /= v->micro_batch.count;
            shape.etp = v->etp.value[rest % v->etp.count], rest /= v->etp.count;
            shape.ep = v->ep.value[rest % v->ep.count], rest /= v->ep.count;
            shape.cp = v->cp.value[rest % v->cp.count], rest /= v->cp.count;
            shape.tp = v->tp.value[rest];
            if (!space->experts) shape.etp = shape.tp; /* no effect */
            if (space->experts && !tc_supports_expert_split(&space->supports, shape.etp, shape.tp)) continue;
            tc_code code = add_kinds(space, &room, shape, choices, error);
            if (code) return code;
            if (n % v->micro_batch.count == v->micro_batch.count - 1) group_shapes(space, round);
        }
    }
    return space->fewer ? make_groups(space, error) : TC_OK;
}

/* The job asks for a format or an optimizer that the stack has not. */
static tc_code check_job(const tc_space *space, tc_error *error) {
    const tc_question *q = &space->in->question;
    int optimizer = q->job.optimizer == TC_UNSET ? (int)q->stack.optimizer : q->job.optimizer;
    if (!tc_set_has(space->supports.optimizers, optimizer))
        return tc_fail(error, TC_INVALID, "--optimizer", "%s has no %s; give another, or add --any", q->stack.slug,
                       tc_optimizer_names[optimizer]);
    if (space->variants > 0) return TC_OK;
    return tc_fail(error, TC_INVALID, "--dtype", "%s has no %s; give another, or add --any", q->stack.slug,
                   tc_dtype_names[q->job.dtype]);
}

int tc_space_devices(const tc_space *space) {
    int most = 0;
    for (int64_t i = 0; i < space->shapes; i++) {
        tc_stages_cursor cursor = {.pp_index = 0};
        tc_stages stages;
        while (tc_space_next(space, &space->shape[i], &cursor, &stages)) {
            most = larger(most, stages.devices);
            tc_space_skip(&cursor);
        }
    }
    return most;
}

tc_code tc_space_make(const tc_search_input *in, tc_idle idle, tc_space *space, tc_error *error) {
    memset(space, 0, sizeof *space);
    space->in = in;
    space->fewer = idle != TC_IDLE_NONE;
    space->beside = idle == TC_IDLE_SOME;
    space->supports = in->any ? tc_default_stack().supports : in->question.stack.supports;
    const tc_model *model = &in->question.job.model;
    for (int i = 0; i < model->blocks; i++) {
        space->cheap_operators |= tc_cheap_groups(&model->block[i]);
        space->layers += model->block[i].count;
        space->experts = space->experts || model->block[i].ffn & TC_FFN_EXPERTS;
    }
    space->seq = in->question.job.seq == TC_UNSET ? model->seq : in->question.job.seq;
    space->offload = in->question.cluster.accelerator.host_bytes_per_s > 0;
    if (in->question.job.global_batch < 1 || in->question.job.global_batch > 1000000000)
        return tc_fail(error, TC_INVALID, "--global-batch", "the search needs one; give the sequences of a step");
    if (in->question.cluster.devices < 1)
        return tc_fail(error, TC_INVALID, "--devices", "%d devices; give 1 or more", in->question.cluster.devices);
    if (space->layers < 1) return tc_fail(error, TC_INVALID, "--model", "the model has no layers");
    if (space->seq < 1) return tc_fail(error, TC_INVALID, "--seq", "%d tokens; give 1 or more", space->seq);
    note_schedules(space);
    tc_code code = make_splits(space, error);
    if (!code) code = weigh_devices(space, error);
    if (!code) code = make_variants(space, error);
    if (!code) code = check_job(space, error);
    tc_choices *choices = malloc(sizeof *choices);
    if (!code && !choices) code = tc_fail(error, TC_INTERNAL, "search", "out of memory");
    if (!code) code = list_shapes(space, choices, error);
    free(choices);
    if (code) tc_space_free(space);
    return code;
}

void tc_space_free(tc_space *space) {
    free(space->shape);
    free(space->too_large);
    free(space->weight);
    free(space->first);
    if (!space->in->cache) free(space->seconds);
    space->weight = space->seconds = NULL;
    space->first = NULL;
    space->too_large = NULL;
    free(space->differ);
    free(space->alike);
    space->shape = NULL;
    space->differ = space->alike = NULL;
    space->shapes = 0;
}
