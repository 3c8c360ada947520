/* advice.c - where nothing fits: the least change that would, found by searching again.
 *
 * Each fixed axis is freed alone, those first that cost least to change; then all of them; then the
 * limit of memory; then the devices are doubled. What is left is a device with more memory. */
#include "traincast.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/units.h"
#include "layout/fields.h"
#include "search/members.h"

#define DOUBLINGS 8

typedef struct advisor {
    tc_search_input in; /* one change away from what was asked */
    tc_search *out;
    tc_error *error;
} advisor;

/* Searches with the change; if that fits, says so. */
static tc_code try_change(advisor *a, const char *change, bool *fits) {
    tc_search found;
    *fits = false;
    tc_error why;
    tc_code code = tc_search_run(&a->in, &found, &why);
    if (code == TC_INTERNAL) return tc_fail(a->error, code, why.place, "%s", why.text); /* not "does not fit" */
    if (code) return TC_OK;
    if (found.best_count > 0 && a->out->advice_count < TC_ADVICE_MAX) {
        const tc_step *step = &found.best[0].step;
        *fits = true;
        char bytes[32], seconds[32];
        tc_format_number(step->memory.reserved / TC_GIB, 4, bytes, sizeof bytes);
        tc_format_number(step->step_s, 4, seconds, sizeof seconds);
        snprintf(a->out->advice[a->out->advice_count++], sizeof a->out->advice[0],
                 "%s: fits in %s GiB with tp %d, pp %d, cp %d, dp %d, micro-batch %d; a step takes %s s", change, bytes,
                 step->layout.tp, step->layout.pp, step->layout.cp, step->layout.dp, step->layout.micro_batch, seconds);
    }
    tc_search_free(&found);
    return TC_OK;
}

static tc_code free_axes(advisor *a, const tc_search_input *in, bool *any) {
    static const struct {
        const char *change;
        tc_layout_id first, last;
    } axes[] = {
        {"a smaller micro-batch", TC_LAYOUT_MICRO_BATCH, TC_LAYOUT_MICRO_BATCH},
        {"another recompute", TC_LAYOUT_RECOMPUTE, TC_LAYOUT_RECOMPUTE},
        {"another sharding", TC_LAYOUT_SHARDING, TC_LAYOUT_SHARDING},
        {"sequence parallelism free", TC_LAYOUT_SEQUENCE_PARALLEL, TC_LAYOUT_SEQUENCE_PARALLEL},
        {"offload free", TC_LAYOUT_OFFLOAD, TC_LAYOUT_OFFLOAD},
        {"another schedule", TC_LAYOUT_SCHEDULE, TC_LAYOUT_SCHEDULE},
        {"virtual stages free", TC_LAYOUT_VPP, TC_LAYOUT_VPP},
        {"layers of the stages free", TC_LAYOUT_STAGE_LAYERS, TC_LAYOUT_LAST_LAYERS},
        {"dp free", TC_LAYOUT_DP, TC_LAYOUT_DP},
        {"pp free", TC_LAYOUT_PP, TC_LAYOUT_PP},
        {"tp free", TC_LAYOUT_TP, TC_LAYOUT_TP},
        {"cp free", TC_LAYOUT_CP, TC_LAYOUT_CP},
        {"ep free", TC_LAYOUT_EP, TC_LAYOUT_EP},
        {"etp free", TC_LAYOUT_ETP, TC_LAYOUT_ETP},
    };
    for (size_t i = 0; i < sizeof axes / sizeof axes[0]; i++) {
        a->in = *in;
        bool fits;
        for (int id = (int)axes[i].first; id <= (int)axes[i].last; id++)
            tc_layout_clear(&a->in.fixed, (tc_layout_id)id);
        bool changed = !tc_layout_equal(&a->in.fixed, &in->fixed);
        if (!changed) continue;
        tc_code code = try_change(a, axes[i].change, &fits);
        if (code) return code;
        *any = *any || fits;
    }
    return TC_OK;
}

tc_code tc_search_advise(const tc_search_input *in, tc_search *out, tc_error *error) {
    tc_code code = tc_members_check(&tc_search_input_members, in, "input", error);
    if (code) return code;
    advisor a = {.in = *in, .out = out, .error = error};
    a.in.top = 1;
    a.in.pareto = a.in.exhaustive = false;
    tc_search_input base = a.in;
    tc_layout open = tc_layout_open();
    bool any = false, fits;
    out->advice_count = 0;
    code = free_axes(&a, &base, &any);
    if (code) return code;
    if (!any && (!tc_layout_equal(&base.fixed, &open) || base.schedules)) {
        a.in = base;
        a.in.fixed = open;
        a.in.schedules = 0;
        if ((code = try_change(&a, "nothing fixed", &fits))) return code;
    }
    if (base.max_memory_bytes > 0) {
        a.in = base;
        a.in.max_memory_bytes = 0;
        if ((code = try_change(&a, "without --max-memory", &fits))) return code;
    }
    a.in = base;
    a.in.fixed.dp = TC_UNSET;
    a.in.fewest_devices = 0;
    for (int i = 1; i <= DOUBLINGS && base.question.cluster.devices <= 10000000 >> i; i++) {
        char change[48];
        a.in.question.cluster.devices = base.question.cluster.devices << i;
        snprintf(change, sizeof change, "%d devices", a.in.question.cluster.devices);
        if ((code = try_change(&a, change, &fits))) return code;
        if (fits) break;
    }
    if (out->any_legal && out->advice_count < TC_ADVICE_MAX) {
        char bytes[32];
        tc_format_number(out->least.step.memory.reserved / TC_GIB, 4, bytes, sizeof bytes);
        snprintf(out->advice[out->advice_count++], sizeof out->advice[0],
                 "%s GiB a device: the least that any of these layouts needs", bytes);
    }
    return TC_OK;
}
