/* supports.c - what a stack can run: the rules behind the table `supports` of data/stacks.
 *
 * A rule here is one of a framework (a flag that it has not, an assertion at its start), not one of arithmetic: those
 * are in legal.c and hold for every stack. What limits a combination of three choices and more is not modelled. */
#include "layout/supports.h"

#include "layout/legal.h"

int tc_fewest_kv_heads(const tc_model *model) {
    int fewest = 0;
    for (int i = 0; i < model->blocks; i++) {
        const tc_block *b = &model->block[i];
        int heads = b->mixer == TC_MIXER_ATTENTION || b->beside == TC_MIXER_ATTENTION ? b->attention.kv_heads : 0;
        if (heads > 0 && (fewest == 0 || heads < fewest)) fewest = heads;
    }
    return fewest;
}

bool tc_supports_tensor_parallel(const tc_stack_supports *s, const tc_model *model, int tp) {
    if (tp == 1) return true;
    int heads = s->copied_kv_heads ? 0 : tc_fewest_kv_heads(model);
    return s->tensor_parallel && (heads == 0 || heads >= tp);
}

bool tc_supports_sequence_parallel(const tc_stack_supports *s, int tp, int ep, bool on) {
    if (tp == 1) return true;
    return tc_set_has(s->sequence_parallel, on) && (on || ep == 1 || s->plain_expert_tensors);
}

/* Chunks of a rank balance a causal mask: latents attend to all of each other, and are dealt out as they come. */
bool tc_supports_context_parallel(const tc_stack_supports *s, const tc_model *model, int seq, int cp) {
    int chunks = model->latents.stride > 0 ? 1 : s->cp_chunks;
    return cp == 1 || (s->cp_kinds && seq % ((int64_t)cp * chunks) == 0 && seq / cp >= s->cp_tokens);
}

bool tc_supports_experts(const tc_stack_supports *s, int ep, int dp, int cp) {
    if (ep == 1 || s->expert_ranks == TC_EXPERT_RANKS_STAGE) return true;
    if (s->expert_ranks == TC_EXPERT_RANKS_NONE) return false;
    return dp * (int64_t)(s->expert_ranks == TC_EXPERT_RANKS_CONTEXT ? cp : 1) % ep == 0;
}

bool tc_supports_expert_split(const tc_stack_supports *s, int etp, int tp) {
    return s->expert_split & TC_EXPERT_SPLIT_OTHER || (etp == 1 && s->expert_split & TC_EXPERT_SPLIT_ONE)
           || (etp == tp && (tp == 1 || s->expert_split & TC_EXPERT_SPLIT_TP));
}

bool tc_supports_stages(const tc_stack_supports *s, int layers, int chunks, int first, int last) {
    if (chunks == 1 || s->uneven_stages & TC_UNEVEN_LIST) return true;
    int ends = (first != TC_UNSET) + (last != TC_UNSET), others = chunks - ends,
        rest = layers - (first != TC_UNSET ? first : 0) - (last != TC_UNSET ? last : 0);
    bool alike = others < 1 || rest % others == 0, left_over = s->uneven_stages & TC_UNEVEN_LEFT_OVER;
    if (ends) {
        int each = others < 1 ? first : rest / others;
        bool even = alike && (first == TC_UNSET || first == each) && (last == TC_UNSET || last == each);
        return even || (s->uneven_stages & TC_UNEVEN_FIRST_LAST && (alike || left_over));
    }
    /* ends that are one layer shorter can be asked for */
    return alike || left_over || (s->uneven_stages & TC_UNEVEN_FIRST_LAST && tc_chunks_are_even(layers, chunks));
}

bool tc_supports_sharding(const tc_stack_supports *s, int sharding, int pp) {
    return tc_set_has(s->sharding, sharding) && (pp == 1 || tc_set_has(s->pipeline_sharding, sharding));
}

bool tc_supports_recompute(const tc_stack_supports *s, int recompute, int operators) {
    return tc_set_has(s->recompute, recompute)
           && (recompute != TC_RECOMPUTE_OPERATORS || !(operators & ~s->recompute_operators));
}
