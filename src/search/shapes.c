/* shapes.c - the list of shapes: all degrees and the kinds of context and sequence parallelism, each counted once.
 *
 * All-to-all context parallelism splits heads: cp, or the groups inside rings, divide heads / tp. The values of the axes are
 * axes.c, what a shape's stages are placement.c, what is chosen of them choices.c.
 */
#include "search/space_parts.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/vocabulary.h"
#include "layout/legal.h"
#include "layout/schedule.h"
#include "layout/supports.h"

/* Counts the shape's configurations. Rejections by rule are added up in the space. */
static void count_shape(tc_space *space, tc_shape *shape, tc_choices *choices) {
    const tc_axis *axis = &space->variant[shape->variant].pp;
    shape->configurations = 0;
    for (int i = 0; i < axis->count; i++) {
        tc_stages stages;
        tc_rejection why;
        int pp = axis->value[i];
        tc_legality legal = tc_stages_legality(space, shape, pp, tc_most_ranks(space, shape, pp), &stages, &why);
        if (legal == TC_STAGES_ABSENT) continue;
        if (legal == TC_STAGES_ILLEGAL) {
            space->rejected[why]++;
            space->configurations++;
            continue;
        }
        int most = tc_most_virtual(space, stages.pp);
        tc_space_choices(space, shape, &stages, choices);
        for (stages.vpp = 1; stages.vpp <= most; stages.vpp++) {
            legal = tc_virtual_legality(space, shape, &stages, stages.vpp);
            if (legal == TC_STAGES_ABSENT) continue;
            if (legal == TC_STAGES_ILLEGAL) {
                space->rejected[TC_REJECTED_MICRO_BATCHES]++;
                space->configurations++;
                continue;
            }
            for (stages.split = 0; stages.split < tc_split_count(space, &stages); stages.split++) {
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
    if (space->in->fixed.vpp > TC_VIRTUAL_MAX)
        return tc_fail(error, TC_INVALID, "--vpp", "a search tries at most %d virtual stages", TC_VIRTUAL_MAX);
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
    tc_code length = tc_legal_length(model, space->seq, error);
    if (length) return length;
    tc_space_note_schedules(space);
    tc_code code = tc_space_splits(space, error);
    if (!code) code = tc_space_weigh(space, error);
    if (!code) code = tc_space_variants(space, error);
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
    space->weight = NULL;
    space->seconds = NULL;
    space->first = NULL;
    space->too_large = NULL;
    free(space->differ);
    free(space->alike);
    space->shape = NULL;
    space->differ = space->alike = NULL;
    space->shapes = 0;
}
