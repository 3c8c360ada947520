/* compare.c - one job on different accelerators.
 *
 * Devices needed: model-parallel devices (tp x pp x cp, expert parallelism kept) times the smallest
 * power of two of data-parallel replicas with which a step fits, the global batch growing with them
 * so that the pipeline stays full. If the layout's own sharding never fits, ZeRO-3 is tried where the stack has it.
 *
 * Energy and price of a token are those of a run long enough (a trillion tokens) for
 * checkpoints and failures to show as shares: run.c. */
#include "run/compare.h"

#include <math.h>

#include "layout/supports.h"

#define LONG_RUN_TOKENS 1e12
#define MOST_DEVICES (1 << 20)

/* The fewest devices that fit with one sharding; 0 if none does, or memory ran out. */
static int devices_that_fit(const tc_question *question, const tc_layout *resolved, int sharding, tc_comparison *out) {
    int model_parallel = resolved->tp * resolved->pp * resolved->cp;
    tc_question q = *question;
    q.layout = *resolved;
    q.layout.sharding = sharding;
    for (int replicas = 1; replicas <= MOST_DEVICES / model_parallel; replicas *= 2) {
        tc_step step;
        q.cluster.devices = replicas * model_parallel;
        q.layout.dp = replicas;
        q.job.global_batch = (int64_t)replicas * q.layout.micro_batch * q.layout.pp;
        tc_code code = tc_forecast(&q, &step, &out->error);
        if (code == TC_OK && step.fits) return q.cluster.devices;
        if (code == TC_INTERNAL) {
            out->code = code;
            return 0;
        }
    }
    return 0;
}

static void find_devices(const tc_question *question, const tc_layout *resolved, tc_comparison *out) {
    out->sharding_to_fit = resolved->sharding;
    out->devices_to_fit = devices_that_fit(question, resolved, resolved->sharding, out);
    if (out->code || out->devices_to_fit > 0 || resolved->sharding == TC_SHARD_ZERO3) return;
    if (!tc_supports_sharding(&question->stack.supports, TC_SHARD_ZERO3, resolved->pp)) return;
    out->sharding_to_fit = TC_SHARD_ZERO3;
    out->devices_to_fit = devices_that_fit(question, resolved, TC_SHARD_ZERO3, out);
}

void tc_compare(const tc_question *q, const tc_economics *economics, tc_comparison *out) {
    *out = (tc_comparison){.question = *q};
    out->code = tc_forecast(q, &out->step, &out->error);
    if (out->code) return;
    find_devices(q, &out->step.layout, out);
    if (out->code) return;
    tc_run_input input = tc_run_input_of(q, &out->step);
    input.tokens = LONG_RUN_TOKENS;
    input.one_of_many = true;
    out->run_known = tc_run_forecast(&input, economics, &out->run, NULL) == TC_OK;
}

double tc_compare_kwh_per_million_tokens(const tc_comparison *comparison) {
    if (!comparison->run_known) return NAN;
    return 1000 * comparison->run.mwh / (comparison->run.tokens / 1e6);
}
