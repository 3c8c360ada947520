/* costs.h - what one micro-batch costs on every stage, before any schedule.
 *
 * The common ground of the closed form, the timeline and the search: seconds of
 * each run of blocks, forward, input gradient and weight gradient apart, with the
 * communication that stays exposed inside them; sends between stages; gradient and
 * parameter communication; the optimizer. */
#ifndef TC_STEP_COSTS_H
#define TC_STEP_COSTS_H

#include "device/kernel.h"
#include "memory/memory.h"
#include "step/parts.h"

/* Seconds of a forward and of its backward. */
typedef struct tc_round {
    double forward, backward;
} tc_round;

/* Seconds that collectives are on their way, hidden or not. */
typedef struct tc_transit {
    double tp, cp, ep;
} tc_transit;

/* A block, the embedding or the head: one micro-batch. */
typedef struct tc_pass {
    tc_parts forward;
    tc_parts backward; /* recompute, input gradient and weight gradient */
    double again_s;    /* of forward: what a recompute of the whole runs again */
    double weight_s;   /* of backward: the weight gradients, which zero-bubble schedules move */
    double apart_s;    /* what input and weight gradients take longer apart, each with the host of its own kernels */
    tc_transit forward_transit, backward_transit; /* the latter without recompute */
    double forward_occupied,
        backward_occupied; /* of the pass: the links of data parallelism carry its own collectives */
} tc_pass;

/* What stays of `seconds` of communication when `share` of it may hide behind `window` seconds of compute. */
static inline double tc_exposed(double seconds, double share, double window) {
    double hidden = share * seconds;
    return seconds - (hidden < window ? hidden : window);
}

typedef struct tc_paths {
    tc_group_path tp, cp_all_to_all, cp_ring, dp, ep, expert_dp, pp, replica;
    bool tp_shared, cp_shared, ep_shared, pp_shared; /* goes over the links of data parallelism */
} tc_paths;

typedef struct tc_costs {
    const tc_question *q;
    const tc_placement *p;
    tc_rates rates, graphed; /* as the host issues operators, as CUDA graphs do */
    tc_paths paths;
    tc_block_set set;
    tc_pass block[TC_MAX_BLOCKS], embedding, head; /* the embedding with all towers */
    double towers_again[2]; /* seconds of their forward that recompute repeats: all, attention's core */
} tc_costs;

/* Costs are 200 KB: a function that has them on its stack touches as many pages of it, whichever way it takes. So what needs
 * them only on one way is a function of its own. */
#define TC_APART __attribute__((noinline))

/* TC_INVALID where the device has no rate in the job's format. */
TC_NODISCARD tc_code tc_costs_compute(const tc_question *question, const tc_placement *placement, tc_costs *out,
                                      tc_error *error);

/* Which gradients a pass computes. */
typedef enum tc_gradients { TC_GRADIENTS_NONE, TC_GRADIENTS_OF_INPUTS, TC_GRADIENTS_OF_ALL } tc_gradients;

/* One forward of some operators and its backward, with their communication. */
void tc_operators_pass(const tc_costs *costs, const tc_operators *ops, tc_gradients gradients, tc_pass *out);
/* Seconds of those that run again in the backward pass, beside expert communication. */
double tc_operators_again(const tc_costs *costs, const tc_operators *ops, const tc_again *again);

/* The same micro-batch on another placement: the paths between ranks and the recompute are taken from it.
 * Micro-batch, tp, cp, its kind, ep, etp and sequence parallelism must be those that the costs were computed for. */
void tc_costs_place(tc_costs *costs, const tc_placement *placement);
/* The same, where nothing but recompute has changed. */
void tc_costs_recompute(tc_costs *costs);

void tc_pass_add(tc_pass *sum, const tc_pass *pass, double times);

/* What chunks are made of: piece i is a block of run i, then come the embedding and the head. How many of them the whole
 * model has, and how many a chunk: those of multi-token prediction are in the last one. */
static inline const tc_pass *tc_piece(const tc_costs *costs, int i) {
    int beyond = i - costs->q->job.model.blocks;
    return beyond < 0 ? &costs->block[i] : beyond == 0 ? &costs->embedding : &costs->head;
}
int tc_model_pieces(const tc_model *model, int i);
void tc_chunk_pieces(const tc_costs *costs, const tc_chunking *chunking, int chunk, int counts[TC_MAX_BLOCKS + 2]);

/* One micro-batch on a chunk of the model (layout.h), and on a whole pipeline stage (DualPipe: the mean of the two it holds). */
void tc_chunk_pass(const tc_costs *costs, int chunk, tc_pass *out);
void tc_stage_pass(const tc_costs *costs, int stage, tc_pass *out);

/* Share of a pass's expert communication that stays exposed where a forward and a backward run in a pair. */
double tc_pair_exposed(const tc_pass *pass);

/* One send of activations to the next stage, s. */
double tc_stage_send_seconds(const tc_costs *costs);

/* A pipeline stage and the weights that lie on it. */
typedef struct tc_stage_load {
    int stage;
    tc_stage_weights weights;
} tc_stage_load;

tc_stage_load tc_stage_load_of(const tc_costs *costs, int stage);

/* Gradient and parameter communication of one stage, s, before any overlap. */
typedef struct tc_data_parallel {
    double gather;  /* one all-gather of the stage's weights */
    double reduce;  /* one reduction of its gradients (reduce-scatter, or all-reduce without sharding) */
    double replica; /* all-reduce between the replicas of HSDP */
    double gathers; /* of the weights in a micro-batch: one forward, one backward, those of forward passes alone */
    double ends;    /* of gather and reduce, the first gather and the last scatter, which have nothing to hide behind */
    double chunks;  /* of the stage, each with collectives of its own: virtual stages */
    double ahead;   /* micro-batches that a chunk runs before the next one's first, and behind its last */
    int stage;
    bool every_micro_batch;        /* weights are gathered again for each micro-batch, forward and backward */
    bool reduce_every_micro_batch; /* a rank keeps its shard of the gradients only */
} tc_data_parallel;

tc_data_parallel tc_data_parallel_of(const tc_costs *costs, const tc_stage_load *load);
/* The stages of which one bounds the step by its gradients: later ones count only if they hold more.
 * Returns how many; the last one holds most. */
#define TC_TRAFFIC_STAGES 5
int tc_traffic_stages(const tc_costs *costs, tc_stage_load loads[TC_TRAFFIC_STAGES]);

/* The optimizer's step on a stage, s. */
double tc_optimizer_seconds(const tc_costs *costs, const tc_stage_load *load);
/* What it waits besides for states that had no room on the device (tc_finetune.paged), s; the most of the stages that may be the fullest. */
double tc_paging_seconds(const tc_costs *costs, const tc_stage_load *load);
double tc_most_paging_seconds(const tc_costs *costs);

/* Adds all towers to the embedding, and what they hold to the set (towers.c). A model without towers stays as it is. */
void tc_add_towers(tc_costs *costs);

#endif
