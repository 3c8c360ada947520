/* legal.h - what layouts are possible: each rule once. layout.c asks all of them and passes the sentence on; the
 * search asks each for an axis and counts what it refuses.
 *
 * Every function: TC_OK, or TC_INVALID with the option at fault and what would be right; error may be NULL. */
#ifndef TC_LAYOUT_LEGAL_H
#define TC_LAYOUT_LEGAL_H

#include "traincast.h"

/* Stages, virtual ones included, that so many layers fill at most: frameworks let embedding and head count as layers. */
static inline int tc_most_chunks(int layers) { return layers + 2; }

/* Layers, with embedding and head or without, that come out alike on so many chunks. */
bool tc_chunks_are_even(int layers, int chunks);

/* Tensor parallelism splits heads; key-value heads are split or copied. */
TC_NODISCARD tc_code tc_legal_tensor_parallel(const tc_model *model, int tp, tc_error *error);

/* Expert parallelism splits the experts, expert tensor parallelism the width of each. */
TC_NODISCARD tc_code tc_legal_expert_parallel(const tc_model *model, int ep, int etp, tc_error *error);

/* ep x etp is a part of a pipeline stage's ranks, tp x cp x dp. */
TC_NODISCARD tc_code tc_legal_expert_ranks(const tc_layout *layout, tc_error *error);

/* Context parallelism splits the sequence. */
/* A sequence that is longer than the model's table of learned positions. */
TC_NODISCARD tc_code tc_legal_length(const tc_model *model, int seq, tc_error *error);
TC_NODISCARD tc_code tc_legal_context_parallel(int seq, int cp, tc_error *error);

/* All-to-all context parallelism splits the heads that tensor parallelism leaves. option: to name in the error. */
TC_NODISCARD tc_code tc_legal_head_exchange(const tc_model *model, int tp, int ranks, tc_error *error);

/* At most one stage, or virtual stage, a layer. */
TC_NODISCARD tc_code tc_legal_stages(int layers, int pp, int vpp, tc_error *error);

/* The global batch is a multiple of dp x micro-batch; *micro_batches: of a rank. */
TC_NODISCARD tc_code tc_legal_batch(int64_t global_batch, int dp, int micro_batch, int64_t *micro_batches,
                                    tc_error *error);

/* Groups within which weights are sharded divide the data- and context-parallel ranks. */
TC_NODISCARD tc_code tc_legal_shard_group(const tc_layout *layout, tc_error *error);

/* No more layers run again than the model has. */
TC_NODISCARD tc_code tc_legal_recompute(const tc_layout *layout, int layers, tc_error *error);

#endif
