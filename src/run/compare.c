/* compare.c - one job on different accelerators.
 *
 * Devices needed: model-parallel devices (tp x pp x cp, expert parallelism kept) times the smallest
 * power of two of data-parallel replicas with which a step fits, the global batch growing with them
 * so that the pipeline stays full. If the layout's own sharding never fits, ZeRO-3 is tried.
 *
 * Energy and price of a token are those of a run long enough (a trillion tokens) for
 * checkpoints and failures to show as shares: run.c. */
#include "run/compare.h"

#include <math.h>

#define LONG_RUN_TOKENS 1e12
#define MOST_DEVICES (1 << 20)

/* The fewest devices that fit with one sharding; 0 if none does. */
static int devices_that_fit(const tc_job *job, const tc_cluster *cluster, const tc_layout *resolved, int sharding,
                            const tc_stack *stack) {
    int model_parallel = resolved->tp * resolved->pp * resolved->cp;
    for (int replicas = 1; replicas <= MOST_DEVICES / model_parallel; replicas *= 2) {
        tc_cluster bigger = *cluster;
        tc_layout layout = *resolved;
        tc_job full = *job;
        tc_step step;
        bigger.devices = replicas * model_parallel;
        layout.dp = replicas;
        layout.sharding = sharding;
        full.global_batch = (int64_t)replicas * layout.micro_batch * layout.pp;
        if (tc_step_predict(&full, &bigger, &layout, stack, &step, NULL) == TC_OK && step.fits) return bigger.devices;
    }
    return 0;
}

static void find_devices(const tc_job *job, const tc_layout *resolved, tc_comparison *out) {
    out->sharding_to_fit = resolved->sharding;
    out->devices_to_fit = devices_that_fit(job, &out->cluster, resolved, resolved->sharding, &out->stack);
    if (out->devices_to_fit > 0 || resolved->sharding == TC_SHARD_ZERO3) return;
    out->sharding_to_fit = TC_SHARD_ZERO3;
    out->devices_to_fit = devices_that_fit(job, &out->cluster, resolved, TC_SHARD_ZERO3, &out->stack);
}

void tc_compare(const tc_job *job, const tc_cluster *cluster, const tc_layout *layout, const tc_stack *stack,
                const tc_economics *economics, tc_comparison *out) {
    *out = (tc_comparison){.cluster = *cluster, .stack = *stack};
    out->code = tc_step_predict(job, cluster, layout, stack, &out->step, &out->error);
    if (out->code) return;
    find_devices(job, &out->step.layout, out);
    tc_run_input input = tc_default_run_input();
    input.step = out->step;
    input.cluster = *cluster;
    input.tokens = LONG_RUN_TOKENS;
    input.parameters = tc_model_count(&job->model).parameters;
    input.optimizer_bytes = stack->optimizer_bytes;
    out->run_known = tc_run_forecast(&input, economics, &out->run, NULL) == TC_OK;
}

double tc_compare_kwh_per_million_tokens(const tc_comparison *comparison) {
    if (!comparison->run_known) return NAN;
    return 1000 * comparison->run.mwh / (comparison->run.tokens / 1e6);
}
