/* choose_layout.c - the search of layouts, asked for the calendar.
 *
 * The value of a layout is its useful tokens per second: tokens / step time x goodput (run/goodput.c). The search takes
 * a step's time per sequence, times what failures of so many devices add: beyond some number of them a job only fails
 * more often. Where the job has been placed before on another number of devices, that layout with as many data-parallel
 * ranks as there are devices for is tried first: what is slower than it is not looked at.
 *
 * Pools and candidates are compared by what is usual, which takes milliseconds; the whole space is searched, from the best
 * of those on, for what is planned (thorough) and where nothing usual fits.
 */
#include "fleet/choose_layout.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/decimal.h"
#include "base/error.h"
#include "forecast/chosen.h"
#include "layout/fields.h"
#include "run/goodput.h"

/* replicas: data-parallel ones; 0: not known, and a job that would shrink is judged as one with spares. */
static tc_goodput goodput_of(const tc_chooser *in, double step_s, int devices, int replicas, double interval_s) {
    tc_failure_policy policy = {.on_failure = in->on_failure, .repair_s = in->repair_s, .replicas = replicas};
    if (in->on_failure == TC_FAILURE_SHRINK && replicas < 1) policy.on_failure = TC_FAILURE_SPARE;

    int per_package = in->question->cluster.accelerator.devices_per_package > 1
                          ? in->question->cluster.accelerator.devices_per_package
                          : 1;
    int packages = (devices + per_package - 1) / per_package;
    double checkpoint_s = tc_checkpoint_s(in->economics, in->checkpoint_bytes, devices),
           mtbf_s = in->package_mtbf_s / packages;
    if (interval_s >= 0) interval_s = tc_interval_daly(checkpoint_s, mtbf_s);
    return tc_goodput_with(&policy, step_s, mtbf_s, checkpoint_s, in->restart_s, interval_s);
}

/* What failures of so many devices multiply the time by. */
static double weight_of(const void *chooser, int devices) {
    double fraction = goodput_of(chooser, 1, devices, 0, 0).fraction;
    return fraction > 0 ? 1 / fraction : HUGE_VAL;
}

/* What n devices do, n / weight, grows up to some number and falls beyond it: no more than that are of use. */
static int most_useful(const tc_chooser *in) {
    int low = 1, high = in->question->cluster.devices;
    while (high - low > 1 + high / 50) {
        int middle = low + (high - low) / 2, more = middle + middle / 100 + 1;
        double done = middle / weight_of(in, middle); /* 0: it never ends */
        if (done > 0 && more / weight_of(in, more) >= done)
            low = middle;
        else
            high = middle;
    }
    return high;
}

static tc_search_input input_of(const tc_chooser *in) {
    tc_search_input search = tc_default_search_input();
    search.question = *in->question;
    search.question.cluster.devices = most_useful(in);
    search.uncounted = true;
    search.cache = in->cache;
    search.any = in->any;
    search.fit = in->fit;
    search.weight = weight_of;
    search.weight_of = in;
    tc_search_move_batch(&search, in->batch_band);
    return search;
}

/* The objective of the best that a search finds; 0: none. */
static double best_value(const tc_search_input *in) {
    tc_search search;
    if (tc_search_run(in, &search, NULL) != TC_OK) return 0; /* no longer legal */
    double value = search.best_count > 0 ? search.walked_best : 0;
    tc_search_free(&search);
    return value;
}

/* The objective that the layout of before has on the devices there are; 0: none. */
static double value_before(const tc_search_input *in, const tc_choice *before) {
    if (!before || !before->found) return 0;
    tc_search_input again = *in;
    again.fixed = before->step.layout;
    again.fixed.dp = again.fixed.hsdp = TC_UNSET;
    again.threads = 1;
    again.cache = NULL;
    return best_value(&again);
}

void tc_judge(const tc_chooser *in, tc_choice *out) {
    tc_goodput goodput = goodput_of(in, out->step.step_s, out->devices, out->step.layout.dp, TC_UNSET);
    out->goodput = goodput.fraction;
    out->tokens_per_s = out->step.tokens_per_step / out->step.step_s * goodput.fraction;
    if (goodput.fraction > 0) out->overhead = tc_overhead_of(&goodput);
}

static void take_best(const tc_chooser *in, const tc_search *search, tc_choice *out) {
    const tc_found *best = &search->best[0];
    out->step = best->step;
    out->devices = best->devices;
    out->there = in->question->cluster.devices;
    out->walked = search->walked_best;
    tc_judge(in, out);
    out->found = out->tokens_per_s > 0;
    if (!out->found) snprintf(out->why, sizeof out->why, "fails more often than it restarts");
}

static void explain(const tc_chooser *in, const tc_search *search, tc_choice *out) {
    if (!search->any_legal) {
        snprintf(out->why, sizeof out->why, "no layout is possible on %d devices", in->question->cluster.devices);
        return;
    }
    out->least_bytes = search->least.step.memory.reserved;
    double gib = out->least_bytes / 1073741824.0, of = in->question->cluster.accelerator.memory_bytes / 1073741824.0;
    snprintf(out->why, sizeof out->why, "does not fit: %s GiB per device in the leanest layout, of %s GiB",
             tc_decimal_text(floor(gib * 10) / 10, 1).s, tc_decimal_text(floor(of), 0).s);
}

static tc_code choose(const tc_chooser *in, const tc_search_input *input, tc_search *search, tc_choice *out,
                      tc_error *error) {
    tc_code code = tc_search_run(input, search, error);
    if (code) return code;
    out->evaluated += search->evaluated_fewer;
    if (search->best_count > 0)
        take_best(in, search, out);
    else
        explain(in, search, out);
    tc_search_free(search);
    return TC_OK;
}

/* The objective of the best of what is usual; 0: nothing of it fits. Its shapes are not those of the cache. */
static double value_of_usual(const tc_search_input *in) {
    tc_search_input usual = *in;
    usual.usual = true;
    usual.cache = NULL;
    return best_value(&usual);
}

tc_code tc_choose_layout(const tc_chooser *in, const tc_choice *before, tc_choice *out, tc_error *error) {
    *out = (tc_choice){.found = false};
    tc_search_input input = input_of(in);
    tc_search *search = malloc(sizeof *search);
    if (!search) return tc_fail(error, TC_INTERNAL, "plan", "out of memory");
    input.to_beat = value_before(&input, before);
    if (in->thorough) {
        double usual = value_of_usual(&input);
        if (usual > 0 && !(input.to_beat > 0 && input.to_beat <= usual)) input.to_beat = usual;
    }
    tc_code code = TC_OK;
    if (!in->thorough) {
        input.usual = true;
        code = choose(in, &input, search, out, error);
    }
    if (!code && !out->found && !in->usual_only) {
        input.usual = false;
        input.cache = in->thorough ? in->cache : NULL;
        code = choose(in, &input, search, out, error);
    }
    free(search);
    return code;
}

/* Only what a search holds the best against is looked at: as many kinds, up to so much slower. */
tc_code tc_expect_layout(const tc_chooser *in, tc_choice *choice, tc_error *error) {
    if (!in->question->interval || choice->expected > 0) return TC_OK;
    tc_search_input input = input_of(in);
    tc_search *search = malloc(sizeof *search);
    if (!search) return tc_fail(error, TC_INTERNAL, "plan", "out of memory");
    input.top = TC_CHOSEN_FIELD;
    input.to_beat = choice->walked * in->question->interval->field;
    tc_code code = tc_search_run(&input, search, error);
    for (int i = 0; i < search->best_count && !code && !(choice->expected > 0); i++)
        if (tc_layout_equal(&search->best[i].step.layout, &choice->step.layout))
            choice->expected = search->best[i].expected_step_s / search->best[i].step.step_s;
    if (!code) tc_search_free(search);
    free(search);
    return code;
}
