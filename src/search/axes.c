/* axes.c - the values of each axis of a search, for every variant of devices, batch and format; what the devices weigh.
 *
 * tp divides the devices and the heads; cp divides devices and sequence and leaves a rank at
 * least CONTEXT_TOKENS; pp divides the devices, at most one stage a layer (embedding and head may
 * count as layers); ep divides the experts; etp divides the experts' width and stays inside the
 * scale-up domain; the micro-batch divides the global batch; dp is what is left (placement.c). What the stack cannot run
 * (layout/supports.h) is no part of the space, unless any layout is asked for.
 */
#include "search/space_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "layout/legal.h"
#include "layout/schedule.h"
#include "layout/supports.h"

#define CONTEXT_TOKENS 256
#define USUAL_CONTEXT 8192
#define USUAL_STAGES 16
#define USUAL_MICRO_BATCH 4
#define WEIGHTS_MAX 1000000 /* devices whose weights are listed */
#define MOVED_MICRO_BATCH 4 /* tried though it does not divide the batch that was asked for */

static void push(tc_axis *axis, int value) {
    if (axis->count < TC_AXIS_MAX) axis->value[axis->count++] = value;
}

/* Divisors of n up to `most`, ascending. */
static void push_divisors(tc_axis *axis, int n, int most) {
    for (int i = 1; i <= n && i <= most; i++)
        if (n % i == 0) push(axis, i);
}

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
            && tc_supports_context_parallel(can, model, space->seq, degree))
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

tc_code tc_space_variants(tc_space *space, tc_error *error) {
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

tc_code tc_space_weigh(tc_space *space, tc_error *error) {
    const tc_search_input *in = space->in;
    int most = in->question.cluster.devices;
    space->grows = devices_grow(in);
    if (!in->weight || most > WEIGHTS_MAX) return TC_OK;
    space->weight = malloc(((size_t)most + 1) * sizeof *space->weight);
    if (!space->weight) return tc_fail(error, TC_INTERNAL, "search", "out of memory");
    for (int n = 0; n <= most; n++) atomic_init(&space->weight[n], 0);
    return TC_OK;
}

static double scale_of(const tc_space *space, const tc_variant *v, int devices, int64_t global_batch) {
    const tc_search_input *in = space->in;
    double scale = in->objective == TC_OBJECTIVE_COST ? in->usd_per_device_s * v->devices /* idle ones are paid too */
                   : in->objective == TC_OBJECTIVE_ENERGY ? in->watts_per_device * devices
                                                          : 1;
    return space->per_sequence ? scale / (double)global_batch : scale;
}

/* Found when first asked for; two threads find the same. */
static double known_weight(const tc_space *space, int devices) {
    if (!space->weight) return weight_of(space->in, devices);
    double weight = atomic_load_explicit(&space->weight[devices], memory_order_relaxed);
    if (weight > 0) return weight;
    weight = weight_of(space->in, devices);
    atomic_store_explicit(&space->weight[devices], weight, memory_order_relaxed);
    return weight;
}

double tc_space_scale(const tc_space *space, const tc_variant *v, int devices, int64_t global_batch) {
    double weight = known_weight(space, devices);
    return scale_of(space, v, devices, global_batch) * weight;
}

double tc_space_least_scale(const tc_space *space, const tc_variant *v, int devices, int64_t global_batch) {
    return space->grows ? tc_space_scale(space, v, devices, global_batch) : scale_of(space, v, devices, global_batch);
}
