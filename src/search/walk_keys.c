/* walk_keys.c - a configuration as a number, and back from it to its layout and its forecast in full. */
#include "search/walk_keys.h"

#include <string.h>

#include "forecast/fits.h"
#include "forecast/forecast.h"

enum {
    BITS_PP = 8,
    BITS_SHAPE = 40,
    BITS_DP = 26,
    BITS_VPP = 10,
    BITS_SPLIT = 4,
    BITS_RECOMPUTE = 6,
    BITS_SCHEDULE = 4,
    BITS_SHARDING = 6,
    BITS_OFFLOAD = 3,
    BITS_OVERLAP = 2
};
#define DP_MAX ((1 << BITS_DP) - 1)
_Static_assert(TC_SCHEDULES_MAX <= 1 << BITS_SCHEDULE, "every schedule fits its bits");
_Static_assert(TC_AXIS_MAX <= 1 << BITS_PP, "every number of stages fits its bits");

tc_key tc_key_of(const tc_position *p) {
    tc_key key = {(uint64_t)p->fewer << 63 | (uint64_t)p->shape << BITS_PP | (uint64_t)p->pp_index,
                  (uint64_t)(DP_MAX - p->dp)}; /* of two alike the one with more ranks comes first */
    key.low = key.low << BITS_VPP | (uint64_t)p->vpp;
    key.low = key.low << BITS_SPLIT | (uint64_t)p->split;
    key.low = key.low << BITS_RECOMPUTE | (uint64_t)p->recompute;
    key.low = key.low << BITS_SCHEDULE | (uint64_t)p->schedule;
    key.low = key.low << BITS_SHARDING | (uint64_t)p->sharding;
    key.low = key.low << BITS_OFFLOAD | (uint64_t)p->offload;
    key.low = key.low << BITS_OVERLAP | (uint64_t)p->overlap;
    return key;
}

static int take_bits(uint64_t *key, int bits) {
    int value = (int)(*key & ((1u << bits) - 1));
    *key >>= bits;
    return value;
}

static tc_position position_of(tc_key key) {
    tc_position p;
    p.overlap = take_bits(&key.low, BITS_OVERLAP);
    p.offload = take_bits(&key.low, BITS_OFFLOAD);
    p.sharding = take_bits(&key.low, BITS_SHARDING);
    p.schedule = take_bits(&key.low, BITS_SCHEDULE);
    p.recompute = take_bits(&key.low, BITS_RECOMPUTE);
    p.split = take_bits(&key.low, BITS_SPLIT);
    p.vpp = take_bits(&key.low, BITS_VPP);
    p.dp = DP_MAX - take_bits(&key.low, BITS_DP);
    p.pp_index = take_bits(&key.high, BITS_PP);
    p.shape = (int64_t)(key.high & ((UINT64_C(1) << BITS_SHAPE) - 1));
    p.fewer = key.high >> (63 - BITS_PP);
    return p;
}

tc_code tc_walk_decode(const tc_space *space, tc_key key, tc_found *out, tc_error *error) {
    tc_position at = position_of(key);
    const tc_shape *shape = &space->shape[at.shape];
    const tc_search_input *in = space->in;
    tc_stages_cursor cursor = {.pp_index = at.pp_index, .dp = at.dp, .vpp = at.vpp, .split = at.split};
    tc_stages stages;
    tc_choices choices;
    memset(out, 0, sizeof *out);
    if (!tc_space_next(space, shape, &cursor, &stages)) return TC_INTERNAL;
    tc_space_choices(space, shape, &stages, &choices);
    tc_layout layout = tc_space_layout(space, shape, &stages, choices.schedule[at.schedule]);
    tc_choose_recompute(&layout, choices.recompute[at.recompute]);
    layout.offload = choices.offload[at.offload];
    layout.overlap = at.overlap;
    layout.sharding = choices.sharding[at.sharding].sharding;
    layout.hsdp = choices.sharding[at.sharding].hsdp;
    const tc_variant *v = &space->variant[shape->variant];
    tc_question q = in->question;
    q.job.global_batch = (int)stages.global_batch;
    q.job.dtype = v->dtype;
    q.cluster.devices = stages.devices;
    q.layout = layout;
    out->devices = stages.devices;
    out->dtype = v->dtype;
    tc_code code = tc_forecast(&q, &out->step, error);
    double scale = tc_space_scale(space, v, stages.devices, stages.global_batch);
    out->objective
        = in->objective == TC_OBJECTIVE_MEMORY ? tc_bytes_to_fit(&q.job, &out->step.memory) : out->step.step_s * scale;
    return code;
}
