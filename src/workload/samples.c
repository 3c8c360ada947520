/* samples.c - samples that keep their own lengths.
 *
 *   padded = mean (1 + spread E(rows))
 *   waited = mean (1 + spread (E(rows x stages) + E(ranks) / sqrt(rows x micro-batches)))
 *          = mean (1 + spread E(rows x stages x ranks))      where the ranks meet in every micro-batch
 *
 * where E(n) is the expected largest of n normal values in standard deviations. 1F1B simulated on such lengths with 2 to 8 stages and 24 to
 * 96 micro-batches waits 0.85 to 1 of it. Memory is that of the longest sample, which comes sooner or later.
 * Data-parallel ranks meet in every micro-batch where each has a collective of them all: gradients or weights are sharded (ZeRO-2 and 3, FSDP),
 * or the program averages the loss over them after each (Megatron-LM's loss_func, to core 0.12).
 * Ignored: samplers that group samples of like lengths, lengths whose law has a longer tail, the work that does not grow with tokens. */
#include "workload/samples.h"

#include <math.h>

double tc_largest_of(double n) { return n > 1 ? 0.565 * pow(log2(n), 0.83) : 0; }

static double at_most(double tokens, int longest) { return tokens < longest ? tokens : longest; }

double tc_padded_tokens(const tc_finetune *f, double rows, int longest) {
    if (f->mean_tokens <= 0) return longest;
    return at_most(ceil(f->mean_tokens * (1 + f->spread * tc_largest_of(rows))), longest);
}

bool tc_ranks_meet(const tc_stack *stack, int sharding) {
    return stack->kernels.averaged_losses || sharding == TC_SHARD_ZERO2 || sharding == TC_SHARD_ZERO3
           || sharding == TC_SHARD_HSDP;
}

double tc_waited_deviations(const tc_waiting *w) {
    if (w->ranks_meet) return tc_largest_of(w->rows * w->stages * w->ranks);
    return tc_largest_of(w->rows * w->stages) + tc_largest_of(w->ranks) / sqrt(w->rows * w->micro_batches);
}

double tc_sample_wait(const tc_finetune *f, int longest, const tc_waiting *w) {
    if (f->mean_tokens <= 0) return 0;
    double waited = at_most(f->mean_tokens * (1 + f->spread * tc_waited_deviations(w)), longest);
    double wait = waited / tc_padded_tokens(f, w->rows, longest) - 1;
    return wait > 0 ? wait : 0; /* padded tokens are whole */
}
