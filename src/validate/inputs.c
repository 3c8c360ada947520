/* inputs.c - a published run as inputs of the forecast.
 *
 * What a source states is taken as it is. What it leaves out comes from, in this
 * order: the catalog's model of that name, the conventions of the model's family,
 * the stack's defaults; a layout, micro-batch or recompute that is not stated is
 * the fastest, with the least recompute, that fits the memory. Each is listed.
 */
#include "validate/inputs.h"

#include <string.h>

#include "validate/assume.h"

tc_code tc_case_build(tc_catalog *catalog, const tc_conventions *conventions, const tc_published_run *run, tc_case *c,
                      tc_error *error) {
    memset(c, 0, sizeof *c);
    c->run = run;
    c->stated = run->stated;
    c->recompute = run->recompute;
    c->conventions = conventions;
    c->family = tc_conventions_family(conventions, run->model.family);
    c->stack.size = 0;
    c->job = tc_default_job();
    if (run->refused) return tc_case_end(c, TC_CASE_SKIPPED, run->refused);
    tc_code code = tc_case_workload(catalog, c, error);
    if (code || c->status) return code;
    if ((code = tc_case_machine(catalog, c, error)) || c->status) return code;
    if (run->model.seq <= 0 && c->family->workload != TC_WORKLOAD_DIFFUSION)
        return tc_case_end(c, TC_CASE_SKIPPED, "model.seq");
    if (run->metric == TC_METRIC_STEP_S && run->global_batch == TC_UNSET)
        return tc_case_end(c, TC_CASE_SKIPPED, "global_batch");
    if ((code = tc_case_recipe(catalog, c, error)) || (code = tc_case_features(catalog, c, error))) return code;
    tc_case_pad(c);
    /* tokens per second are counted as they are; of other rates nobody knows the tokens */
    if (c->stated.natural_lengths == 1 && c->stated.mean_length != 1 && run->metric != TC_METRIC_NONE
        && run->metric != TC_METRIC_TOKENS_PER_S_PER_DEVICE)
        return tc_case_end(c, TC_CASE_SKIPPED, "tokens of a step: samples of natural lengths");
    /* without a rate there is nothing to score, but its memory can be forecast */
    if (run->metric == TC_METRIC_NONE) return tc_case_end(c, TC_CASE_SKIPPED, "measured");
    return TC_OK;
}
