/* legal.c - what layouts are possible.
 *
 * The rules are those of the frameworks: world = tp x pp x cp x dp; the expert world etp x ep x edp divides
 * tp x cp x dp; the global batch is a multiple of micro-batch x dp. What a schedule can arrange: schedule.c. */
#include "layout/legal.h"

#include "base/error.h"

bool tc_chunks_are_even(int layers, int chunks) {
    return chunks <= tc_most_chunks(layers)
           && (layers % chunks == 0 || (layers + 1) % chunks == 0 || (layers + 2) % chunks == 0);
}

tc_code tc_legal_tensor_parallel(const tc_model *model, int tp, tc_error *error) {
    for (int i = 0; i < model->blocks; i++) {
        const tc_block *b = &model->block[i];
        if (b->heads % tp)
            return tc_fail(error, TC_INVALID, "--tp", "%d does not divide %d attention heads; choose a divisor", tp,
                           b->heads);
        if (b->kv_heads > 0 && b->attention == TC_ATTENTION_MHA && b->kv_heads % tp && tp % b->kv_heads)
            return tc_fail(error, TC_INVALID, "--tp",
                           "%d and %d key-value heads do not divide; choose a divisor or a multiple", tp, b->kv_heads);
    }
    return TC_OK;
}

tc_code tc_legal_expert_parallel(const tc_model *model, int ep, int etp, tc_error *error) {
    bool experts = false;
    for (int i = 0; i < model->blocks; i++) {
        const tc_block *b = &model->block[i];
        if (b->experts <= 0) continue;
        experts = true;
        if (b->experts % ep)
            return tc_fail(error, TC_INVALID, "--ep", "%d does not divide %d experts; choose a divisor", ep,
                           b->experts);
        if (b->expert_ffn % etp)
            return tc_fail(error, TC_INVALID, "--etp", "%d does not divide the experts' width of %d; choose a divisor",
                           etp, b->expert_ffn);
    }
    if (!experts && ep > 1)
        return tc_fail(error, TC_INVALID, "--ep", "%d for a model without experts; leave it out", ep);
    return TC_OK;
}

tc_code tc_legal_expert_ranks(const tc_layout *l, tc_error *error) {
    int64_t ranks = (int64_t)l->tp * l->cp * l->dp, experts = (int64_t)l->ep * l->etp;
    if (ranks % experts == 0) return TC_OK;
    return tc_fail(error, TC_INVALID, "--ep", "ep x etp = %lld does not divide tp x cp x dp = %lld; choose a divisor",
                   (long long)experts, (long long)ranks);
}

tc_code tc_legal_context_parallel(int seq, int cp, tc_error *error) {
    if (seq % cp == 0) return TC_OK;
    return tc_fail(error, TC_INVALID, "--cp", "%d does not divide %d tokens; choose a divisor", cp, seq);
}

tc_code tc_legal_head_exchange(const tc_model *model, int tp, int ranks, tc_error *error) {
    for (int i = 0; i < model->blocks; i++)
        if (model->block[i].heads / tp % ranks)
            return tc_fail(error, TC_INVALID, "--cp-kind",
                           "all-to-all of %d ranks does not divide %d heads of a rank; choose a divisor", ranks,
                           model->block[i].heads / tp);
    return TC_OK;
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
