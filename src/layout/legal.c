/* legal.c - what layouts are possible.
 *
 * The rules are those of the frameworks: world = tp x pp x cp x dp; the expert world etp x ep x edp divides
 * tp x cp x dp; the global batch is a multiple of micro-batch x dp. What a schedule can arrange: schedule.c. */
#include "layout/legal.h"

#include "base/error.h"
#include "workload/operators.h"

bool tc_chunks_are_even(int layers, int chunks) {
    return chunks <= tc_most_chunks(layers)
           && (layers % chunks == 0 || (layers + 1) % chunks == 0 || (layers + 2) % chunks == 0);
}

/* Every part of every block says what it allows. */
static tc_code parts_allow(const tc_model *model, tc_degrees degrees, tc_error *error) {
    for (int i = 0; i < model->blocks; i++) {
        tc_code code = tc_block_splits(&model->block[i], &degrees, error);
        if (code) return code;
    }
    return TC_OK;
}

tc_code tc_legal_tensor_parallel(const tc_model *model, int tp, tc_error *error) {
    return parts_allow(model, (tc_degrees){tp, 1, 1, 1}, error);
}

tc_code tc_legal_expert_parallel(const tc_model *model, int ep, int etp, tc_error *error) {
    if (ep > 1 && !tc_has_experts(model))
        return tc_fail(error, TC_INVALID, "--ep", "%d for a model without experts; leave it out", ep);
    return parts_allow(model, (tc_degrees){1, ep, etp, 1}, error);
}

tc_code tc_legal_expert_ranks(const tc_layout *l, tc_error *error) {
    int64_t ranks = (int64_t)l->tp * l->cp * l->dp, experts = (int64_t)l->ep * l->etp;
    if (ranks % experts == 0) return TC_OK;
    return tc_fail(error, TC_INVALID, "--ep", "ep x etp = %lld does not divide tp x cp x dp = %lld; choose a divisor",
                   (long long)experts, (long long)ranks);
}

tc_code tc_legal_length(const tc_model *model, int seq, tc_error *error) {
    if (model->positions != TC_POSITIONS_LEARNED || model->learned_positions < 1 || seq <= model->learned_positions)
        return TC_OK;
    return tc_fail(error, TC_INVALID, "--seq", "%d tokens, but %.60s has %d learned positions; give at most so many",
                   seq, model->slug, model->learned_positions);
}

tc_code tc_legal_context_parallel(int seq, int cp, tc_error *error) {
    if (seq % cp == 0) return TC_OK;
    return tc_fail(error, TC_INVALID, "--cp", "%d does not divide %d tokens; choose a divisor", cp, seq);
}

tc_code tc_legal_head_exchange(const tc_model *model, int tp, int ranks, tc_error *error) {
    return parts_allow(model, (tc_degrees){tp, 1, 1, ranks}, error);
}

tc_code tc_legal_stages(int layers, int pp, int vpp, tc_error *error) {
    if ((int64_t)pp * vpp <= tc_most_chunks(layers)) return TC_OK;
    return tc_fail(error, TC_INVALID, vpp > 1 ? "--vpp" : "--pp",
                   "%d x %d stages for %d layers; choose at most one stage a layer", pp, vpp, layers);
}

tc_code tc_legal_batch(int64_t global_batch, int dp, int micro_batch, int64_t *micro_batches, tc_error *error) {
    int64_t batch = (int64_t)dp * micro_batch;
    if (global_batch < 1 || global_batch % batch)
        return tc_fail(error, TC_INVALID, "--global-batch",
                       "%lld is no multiple of dp x micro-batch = %lld; choose one", (long long)global_batch,
                       (long long)batch);
    *micro_batches = global_batch / batch;
    return TC_OK;
}

tc_code tc_legal_shard_group(const tc_layout *l, tc_error *error) {
    int64_t ranks = (int64_t)l->dp * l->cp;
    if (l->sharding != TC_SHARD_HSDP || l->hsdp <= 0 || ranks % l->hsdp == 0) return TC_OK;
    int below = l->hsdp < ranks ? l->hsdp : (int)ranks;
    while (ranks % below) below--;
    return tc_fail(error, TC_INVALID, "--sharding", "groups of %d do not divide dp x cp = %lld ranks; give hsdp:%d",
                   l->hsdp, (long long)ranks, below);
}

tc_code tc_legal_recompute(const tc_layout *l, int layers, tc_error *error) {
    if (l->recompute != TC_RECOMPUTE_LAYERS || l->recompute_layers <= layers) return TC_OK;
    return tc_fail(error, TC_INVALID, "--recompute", "%d layers, but the model has %d; give at most these, or full",
                   (int)l->recompute_layers, layers);
}
