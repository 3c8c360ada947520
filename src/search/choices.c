/* choices.c - what is chosen of a placed shape: recompute, schedule, sharding, offload, overlap.
 *
 * Recompute: none, selective, full, n layers of each stage, or the operators of every layer that are cheap
 * to run again (element-wise work, up-projections of latent attention). Sharding: none, ZeRO-1, -2, -3, and
 * HSDP with every divisor of dp x cp; under a pipeline weights and gradients stay whole, so that
 * ZeRO-2 and -3 are ZeRO-1 (step/costs.c, memory/memory.c).
 */
#include "search/space_parts.h"

#include "layout/schedule.h"
#include "layout/supports.h"

#define LAYER_STEPS 32 /* values of "n layers" at most */
#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

bool tc_space_allows(const tc_space *space, int schedule) {
    const tc_search_input *in = space->in;
    if (!tc_set_has(space->supports.schedules, schedule)) return false;
    if (in->fixed.schedule != TC_UNSET && in->fixed.schedule != schedule) return false;
    if (in->schedules == 0 && in->fixed.schedule == TC_UNSET) return tc_schedule_facts_of(schedule).closed_form;
    return in->schedules == 0 || (in->schedules >> schedule & 1u);
}

void tc_space_note_schedules(tc_space *space) {
    for (int s = 0; s < TC_SCHEDULE_CUSTOM; s++) {
        tc_schedule_facts facts = tc_schedule_facts_of(s);
        bool allowed = tc_space_allows(space, s);
        space->pairs = space->pairs || (allowed && facts.both_ways);
        space->fills_bubble = space->fills_bubble || (allowed && !facts.closed_form);
    }
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
           && (tc_split_bits(space, tc_split_chunks(stages, schedule), 1) >> stages->split & 1u);
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
        if (tc_split_bits(space, stages->pp * stages->vpp, stages->vpp) >> stages->split & 1u)
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
        && tc_ends_of(&space->in->question.job.model, tc_split_chunks(stages, schedule), split->embedding, split->head,
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
