/* advice.c - where nothing fits: the least changes that would, found by searching again.
 *
 * Each fixed axis is freed alone, those first that cost least to change; then all of them; then what bounds the search:
 * the limit of memory, how likely it must fit, the stack's table, the global batch, the devices. What is left is a
 * device with more memory. Each advice has the options that ask for it, and is what a search found: whether anything fits
 * comes first, which is known soon; then only the best is asked for, of what is usual, and where none of it fits of
 * micro-batches of one sequence. Where the search in question takes no layout that leaves devices idle neither does the
 * advice's. */
#include "traincast.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/units.h"
#include "layout/fields.h"
#include "search/members.h"

#define MOST_DEVICES 10000000
#define MOST_BATCH 1000000000
#define MOST_BAND (1 << 20) /* sequences */
#define DOUBLINGS 8
#define WITHIN 0.1      /* of the least devices that would do */
#define FEW_DOUBLINGS 2 /* where something else helps */

typedef struct advisor {
    tc_search_input in;   /* one change away from what was asked */
    tc_search_input base; /* what was asked */
    tc_found found;       /* of the last change that fits */
    tc_search *out;
    tc_error *error;
} advisor;

/* ---- options ----------------------------------------------------------------------------------------- */

typedef struct line {
    char *text;
    size_t size, used;
} line;

static void add(line *l, const char *before, const char *text) {
    if (l->used < l->size) l->used += (size_t)snprintf(l->text + l->used, l->size - l->used, "%s%s", before, text);
}

static const char *value_of(const tc_layout *layout, tc_layout_id id, char *buffer, size_t size) {
    bool any_groups = id == TC_LAYOUT_SHARDING && layout->sharding == TC_SHARD_HSDP && layout->hsdp == TC_UNSET;
    return any_groups ? "hsdp" : tc_layout_value(layout, id, buffer, size);
}

static void add_value(const tc_layout *layout, tc_layout_id id, line *list) {
    char value[TC_LAYOUT_VALUE];
    const char *text = value_of(layout, id, value, sizeof value);
    if (!*text) return;
    add(list, list->used ? "," : "", tc_layout_fields[id].option + 2);
    add(list, "=", text);
}

/* --fix without what is free now; where nothing is left of it, with the values that were found. */
static bool add_fix(const advisor *a, line *l) {
    const tc_layout *asked = &a->base.fixed, *now = &a->in.fixed;
    bool changed = asked->stage_count != now->stage_count;
    line list = {(char[400]){""}, 400, 0}, found = {(char[400]){""}, 400, 0};
    if (now->stage_count == 0) add(&list, "", "stages=even");
    for (int i = 0; i < TC_LAYOUT_FIELDS; i++) {
        tc_layout_id id = (tc_layout_id)i;
        if (id == TC_LAYOUT_STAGE_LAYERS || !tc_layout_is_set(asked, id) || a->base.own_option >> i & 1u) continue;
        bool free = !tc_layout_is_set(now, id);
        changed = changed || free;
        add_value(free ? &a->found.step.layout : now, id, free ? &found : &list);
    }
    if (!changed) return true;
    const line *rest = list.used ? &list : &found;
    add(l, l->used ? " " : "", "--fix ");
    add(l, "", rest->text);
    return rest->used > 0 && rest->used < rest->size;
}

/* What has an option of its own and is free now gets the value that was found. */
static bool add_own(const advisor *a, line *l) {
    for (int i = 0; i < TC_LAYOUT_FIELDS; i++) {
        tc_layout_id id = (tc_layout_id)i;
        char value[TC_LAYOUT_VALUE];
        bool free = tc_layout_is_set(&a->base.fixed, id) && !tc_layout_is_set(&a->in.fixed, id);
        if (!free || id == TC_LAYOUT_STAGE_LAYERS || !(a->base.own_option >> i & 1u)) continue;
        const char *found = value_of(&a->found.step.layout, id, value, sizeof value);
        if (!*found) return false;
        add(l, l->used ? " " : "", tc_layout_fields[i].option);
        add(l, " ", found);
    }
    return true;
}

static void add_real(line *l, const char *option, double value) {
    char number[48];
    snprintf(number, sizeof number, "%lld.%02d", (long long)value, (int)(value * 100 + 0.5) % 100); /* in any locale */
    add(l, l->used ? " " : "", option);
    add(l, " ", number);
}

static void add_integer(line *l, const char *option, long long value) {
    char number[32];
    snprintf(number, sizeof number, "%lld", value);
    add(l, l->used ? " " : "", option);
    add(l, " ", number);
}

/* Rounded so that what was found is still allowed. */
static double memory_for(const tc_found *found) { return ceil(found->step.memory.reserved / TC_GIB * 10 + 0.5) / 10; }

/* The options of every change between what was asked and what was searched. */
static bool write_options(const advisor *a, line *l) {
    const tc_search_input *asked = &a->base, *now = &a->in;
    if (!add_fix(a, l) || !add_own(a, l)) return false;
    if (asked->schedules != now->schedules) add(l, l->used ? " " : "", "--allow-schedules gpipe,1f1b,interleaved");
    if (asked->max_memory_bytes > 0 && !(now->max_memory_bytes > 0)) add_real(l, "--max-memory", memory_for(&a->found));
    if (now->fit < asked->fit) add_real(l, "--fit", now->fit);
    if (now->any && !asked->any) add(l, l->used ? " " : "", "--any");
    if (a->found.step.global_batch != asked->question.job.global_batch && now->most_batch != asked->most_batch)
        add_integer(l, "--global-batch", a->found.step.global_batch);
    if (now->question.cluster.devices != asked->question.cluster.devices)
        add_integer(l, "--devices", now->question.cluster.devices);
    return l->used > 0 && l->used < l->size;
}

/* ---- changes ----------------------------------------------------------------------------------------- */

static tc_code run(advisor *a, const tc_search_input *in, bool *fits) {
    tc_search found;
    tc_error why;
    *fits = false;
    tc_code code = tc_search_run(in, &found, &why);
    if (code == TC_INTERNAL) return tc_fail(a->error, code, why.place, "%s", why.text); /* not "does not fit" */
    if (code) return TC_OK;
    *fits = found.best_count > 0;
    if (*fits) a->found = found.best[0];
    tc_search_free(&found);
    return TC_OK;
}

static tc_code anything(advisor *a, bool *fits) {
    tc_search_input in = a->in;
    in.first = true;
    return run(a, &in, fits);
}

static tc_code search(advisor *a, bool *fits) {
    bool better;
    tc_search_input in = a->in;
    tc_code code = anything(a, fits);
    if (code || !*fits) return code;
    in.usual = true;
    code = run(a, &in, &better);
    if (code || better) return code;
    in.usual = false;
    if (in.fixed.micro_batch == TC_UNSET) in.fixed.micro_batch = 1; /* as the first that fits has it */
    return run(a, &in, &better);
}

static void tell(advisor *a, const char *change) {
    if (a->out->advice_count == TC_ADVICE_MAX) return;
    tc_advice *advice = &a->out->advice[a->out->advice_count];
    const tc_step *step = &a->found.step;
    line options = {advice->options, sizeof advice->options, 0};
    advice->options[0] = '\0';
    if (!write_options(a, &options)) return;
    char bytes[32], seconds[32];
    tc_format_number(step->memory.reserved / TC_GIB, 4, bytes, sizeof bytes);
    tc_format_number(step->step_s, 4, seconds, sizeof seconds);
    snprintf(advice->text, sizeof advice->text,
             "%s: fits in %s GiB with tp %d, pp %d, cp %d, dp %d, micro-batch %d; a step takes %s s", change, bytes,
             step->layout.tp, step->layout.pp, step->layout.cp, step->layout.dp, step->layout.micro_batch, seconds);
    a->out->advice_count++;
}

/* Searches with the change; if that fits, says so. */
static tc_code try_change(advisor *a, const char *change, bool *fits) {
    tc_code code = search(a, fits);
    if (!code && *fits) tell(a, change);
    return code;
}

static tc_code free_axes(advisor *a, bool *any) {
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
        a->in = a->base;
        bool fits;
        for (int id = (int)axes[i].first; id <= (int)axes[i].last; id++)
            tc_layout_clear(&a->in.fixed, (tc_layout_id)id);
        bool changed = !tc_layout_equal(&a->in.fixed, &a->base.fixed);
        if (!changed) continue;
        tc_code code = try_change(a, axes[i].change, &fits);
        if (code) return code;
        *any = *any || fits;
    }
    return TC_OK;
}

/* The most certain of 80, 70, 60 and 50 %. */
static tc_code lower_fit(advisor *a, bool *any) {
    bool fits = a->base.fit > 0.5;
    tc_code code = TC_OK;
    a->in.fit = 0.5;
    if (fits) code = anything(a, &fits);
    for (int tenths = 8; tenths >= 5 && fits && !code; tenths--) {
        if (a->base.fit <= tenths / 10.0) continue;
        bool likely;
        a->in.fit = tenths / 10.0;
        code = try_change(a, "less certain to fit", &likely);
        *any = *any || likely;
        if (likely) break;
    }
    return code;
}

/* What bounds the layouts beside fixed values. */
static tc_code free_limits(advisor *a, bool *any) {
    bool fits;
    tc_code code = TC_OK;
    a->in = a->base;
    if (a->base.max_memory_bytes > 0) {
        a->in.max_memory_bytes = 0;
        code = try_change(a, "more of the device's memory", &fits);
        *any = *any || fits;
    }
    a->in = a->base;
    if (!code) code = lower_fit(a, any);
    a->in = a->base;
    tc_layout open = tc_layout_open();
    bool asked
        = !tc_layout_equal(&a->base.fixed, &open) || a->base.schedules; /* the stack may lack what was asked for */
    if (!code && !a->base.any && (asked || !*any)) {
        a->in.any = true;
        code = try_change(a, "what the stack cannot run", &fits);
        *any = *any || fits;
    }
    return code;
}

static tc_code search_band(advisor *a, int band, bool *fits) {
    int batch = (int)a->base.question.job.global_batch;
    a->in.least_batch = batch - band < 1 ? 1 : batch - band;
    a->in.most_batch = batch > MOST_BATCH - band ? MOST_BATCH : batch + band;
    return anything(a, fits);
}

/* The nearest batch, where none of the layouts that fit divides this one: if it helps to let it move at all, by 1, 2, 4 ...
 * sequences. */
static tc_code move_batch(advisor *a, bool *any) {
    int batch = (int)a->base.question.job.global_batch, widest = batch > MOST_BAND / 2 ? MOST_BAND : 2 * batch;
    bool fits = false;
    char change[64];
    a->in = a->base;
    tc_code code = a->base.most_global_batch > 0 ? TC_OK : search_band(a, widest, &fits);
    if (code || !fits) return code;
    fits = false;
    for (int band = 1; band < widest && !fits && !code; band *= 2) code = search_band(a, band, &fits);
    if (!code && !fits) code = search_band(a, widest, &fits);
    if (!code && fits) code = search(a, &fits);
    if (code || !fits) return code;
    snprintf(change, sizeof change, "%lld sequences a step", (long long)a->found.step.global_batch);
    tell(a, change);
    *any = true;
    return TC_OK;
}

static double fits_alone(void *of, const tc_found *found) {
    (void)of, (void)found;
    return 1;
}

/* The next number of devices that powers of two divide, each more than the last. */
static tc_code round_devices(advisor *a, bool *fits) {
    int devices = a->base.question.cluster.devices, last = devices;
    tc_code code = TC_OK;
    for (int unit = 2; unit <= MOST_DEVICES / 2 && unit <= devices << 3 && !code && !*fits; unit *= 2) {
        int next = (devices / unit + 1) * unit;
        if (next == last || next > MOST_DEVICES) continue;
        a->in.question.cluster.devices = last = next;
        code = anything(a, fits);
    }
    return code;
}

/* The devices that hold the weights alone, in 4 bits: fewer never do. */
static int least_devices(const tc_question *q) {
    double bytes = 0.5 * tc_model_count(&q->job.model).parameters / q->cluster.accelerator.memory_bytes;
    return bytes < MOST_DEVICES ? (int)bytes : MOST_DEVICES;
}

/* any: something else helps. */
static tc_code add_devices(advisor *a, bool any) {
    int devices = a->base.question.cluster.devices, fewest = 0;
    bool fits = false;
    char change[48];
    tc_code code = TC_OK;
    a->in = a->base;
    if (devices >= MOST_DEVICES) return TC_OK;
    if (!a->base.all_devices) {
        int doublings = any ? FEW_DOUBLINGS : DOUBLINGS, least = least_devices(&a->base.question);
        int from = devices < least && !any ? least : devices;
        int most = from > MOST_DEVICES >> doublings ? MOST_DEVICES : from << doublings;
        a->in.first = true;
        code = tc_search_fewest(&a->in, from + 1, most, WITHIN, fits_alone, NULL, &fewest, a->error);
        a->in.first = false;
        fits = fewest > 0;
        a->in.question.cluster.devices = fewest;
    } else {
        code = round_devices(a, &fits);
        fewest = a->in.question.cluster.devices;
    }
    if (!code && fits) code = search(a, &fits);
    if (code || !fits) return code;
    snprintf(change, sizeof change, "%d devices", fewest);
    tell(a, change);
    return TC_OK;
}

/* Where no change alone does: everything that bounds the layouts at once. */
static tc_code free_all(advisor *a, bool *any) {
    a->in = a->base;
    a->in.fixed = tc_layout_open();
    a->in.schedules = 0;
    a->in.max_memory_bytes = 0;
    a->in.any = true;
    if (a->in.fit > 0.5) a->in.fit = 0.5;
    return try_change(a, "all of these free", any);
}

static void tell_least(tc_search *out) {
    char bytes[32];
    if (!out->any_legal || out->advice_count == TC_ADVICE_MAX) return;
    tc_advice *advice = &out->advice[out->advice_count++];
    tc_format_number(out->least.step.memory.reserved / TC_GIB, 4, bytes, sizeof bytes);
    snprintf(advice->text, sizeof advice->text, "%s GiB a device: the least that any of these layouts needs", bytes);
    advice->options[0] = '\0';
}

tc_code tc_search_advise(const tc_search_input *in, tc_search *out, tc_error *error) {
    tc_code code = tc_members_check(&tc_search_input_members, in, "input", error);
    if (code) return code;
    advisor a = {.base = *in, .out = out, .error = error};
    tc_layout open = tc_layout_open();
    a.base.top = 1;
    if (in->pareto || in->exhaustive || in->objective == TC_OBJECTIVE_MEMORY) a.base.all_devices = true;
    a.base.pareto = a.base.exhaustive = false;
    if (in->objective == TC_OBJECTIVE_MEMORY) a.base.objective = TC_OBJECTIVE_TIME;
    a.base.uncounted = !a.base.all_devices;
    bool any = false, nothing;
    out->advice_count = 0;
    code = free_axes(&a, &any);
    if (!code && !any && (!tc_layout_equal(&a.base.fixed, &open) || a.base.schedules)) {
        a.in = a.base;
        a.in.fixed = open;
        a.in.schedules = 0;
        code = try_change(&a, "nothing fixed", &any);
    }
    if (!code) code = free_limits(&a, &any);
    if (!code) code = move_batch(&a, &any);
    if (!code) code = add_devices(&a, any);
    if (!code && out->advice_count == 0) code = free_all(&a, &nothing);
    if (!code) tell_least(out);
    return code;
}
