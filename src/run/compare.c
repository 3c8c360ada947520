/* compare.c - one job on different accelerators.
 *
 * On each the best layout is that of a search of its own; where none fits, the leanest stands for it. Devices needed: the
 * fewest on which the search finds a layout of the job, its global batch as it is and its data-parallel degree free.
 *
 * Energy and price of a token are those of a run long enough (a trillion tokens) for
 * checkpoints and failures to show as shares: run.c. */
#include "run/compare.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "layout/fields.h"

#define LONG_RUN_TOKENS 1e12
#define MOST_DEVICES (1 << 20)

static double keep_sharding(void *of, const tc_found *found) {
    *(int *)of = found->step.layout.sharding;
    return 1;
}

static void find_devices(const tc_search_input *in, tc_comparison *out) {
    tc_search_input any = *in;
    any.first = true;
    any.fixed.dp = TC_UNSET;
    if (any.question.job.global_batch < 1) any.question.job.global_batch = out->step.global_batch;
    out->code = tc_search_fewest(&any, 1, MOST_DEVICES, 0, keep_sharding, &out->sharding_to_fit, &out->devices_to_fit,
                                 &out->error);
}

/* Why there is no layout at all: what a forecast says of the fixed values. */
static void explain_none(const tc_search_input *in, tc_comparison *out) {
    tc_question q = in->question;
    tc_step step;
    q.layout = tc_default_layout();
    for (int i = 0; i < TC_LAYOUT_FIELDS; i++)
        if (tc_layout_is_set(&in->fixed, (tc_layout_id)i)) tc_layout_inherit(&q.layout, &in->fixed, (tc_layout_id)i);
    out->code = tc_forecast(&q, &step, &out->error);
    if (!out->code)
        out->code = tc_fail(&out->error, TC_INVALID, "search", "no layout of %s is legal on at most %d devices",
                            q.job.model.slug, q.cluster.devices);
}

static void find_best(const tc_search_input *in, tc_comparison *out) {
    tc_search_input best = *in;
    tc_search found;
    best.top = 1;
    out->code = tc_search_run(&best, &found, &out->error);
    if (out->code) return;
    if (found.best_count > 0 || found.any_legal) {
        out->found = found.best_count > 0 ? found.best[0] : found.least;
        out->found.idle = in->question.cluster.devices - out->found.devices;
        out->step = out->found.step;
    } else {
        explain_none(in, out);
    }
    tc_search_free(&found);
}

void tc_compare(const tc_search_input *in, bool search, tc_comparison *out) {
    *out = (tc_comparison){.question = in->question, .searched = search, .usual = in->usual};
    if (search)
        find_best(in, out);
    else
        out->code = tc_forecast(&in->question, &out->step, &out->error);
    if (!out->code) find_devices(in, out);
}

tc_run_input tc_compare_run_input(const tc_comparison *comparison) {
    tc_run_input input = tc_run_input_of(&comparison->question, &comparison->step);
    input.tokens = LONG_RUN_TOKENS;
    input.one_of_many = true;
    return input;
}

void tc_compare_run(tc_comparison *comparison, const tc_run_input *input, const tc_economics *economics) {
    snprintf(comparison->region, sizeof comparison->region, "%s", economics->region);
    comparison->run_known = tc_run_forecast(input, economics, &comparison->run, NULL) == TC_OK;
}

double tc_compare_kwh_per_million_tokens(const tc_comparison *comparison) {
    if (!comparison->run_known) return NAN;
    return 1000 * comparison->run.mwh / (comparison->run.tokens / 1e6);
}
