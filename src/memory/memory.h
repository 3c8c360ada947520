/* memory.h - what the fullest device holds, to the byte. No time here. */
#ifndef TC_MEMORY_MEMORY_H
#define TC_MEMORY_MEMORY_H

#include "layout/layout.h"

/* Bytes that one block keeps for its backward, one micro-batch. */
typedef struct tc_saved {
    double whole; /* without recompute */
    double input; /* the block's input alone: full recompute */
} tc_saved;

/* The towers of a model on one rank, one micro-batch: what the first stage has of them. */
typedef struct tc_tower_sums {
    double trained, frozen; /* weight elements with gradients and without */
    double tensors;         /* of the trained */
    double temporary;       /* elements of gradients beside the accumulated ones */
    tc_saved saved;         /* bytes for the backward pass */
    double core;            /* of saved.whole: what recompute of attention's core makes unnecessary */
    double working;         /* the largest block of saved.whole */
    double flops[3],
        core_flops
            [3]; /* forward, of a sample: with weight gradients, with those of inputs alone, with none; of these attention's */
} tc_tower_sums;

/* The operators of each run of blocks, computed once per forecast, and what follows from them alone. */
typedef struct tc_block_set {
    tc_operators block[TC_MAX_BLOCKS];
    tc_operators embedding, head;
    tc_counts counts; /* of the model */
    tc_saved saved[TC_MAX_BLOCKS];
    double norm_extra; /* the stack's: in saved, but for the inputs */
    double logits_bytes;
    double mtp_logits_bytes;         /* the same of a module of multi-token prediction, while the head's are made */
    double output_bytes;             /* logits that stay until the step ends, of one micro-batch */
    bool temporary_gradients;        /* gradients of weights lie beside the accumulated ones */
    double temporary[TC_MAX_BLOCKS]; /* of a block, elements */
    double tensors[TC_MAX_BLOCKS];   /* weight tensors of a block */
    double largest[TC_MAX_BLOCKS];   /* matrix of a block, elements; of a group of experts one */
    double
        exchanged[TC_MAX_BLOCKS]; /* of a block's experts, bytes: what stays of their exchange where they run again */
    tc_tower_sums towers;
} tc_block_set;

/* Adds the operators of a part of a tower, `times` of them, of so many samples. gradients: 2 of its weights, 1 of its inputs alone, 0 none. */
void tc_tower_sums_add(tc_block_set *set, const tc_stack *stack, const tc_operators *ops, double times, double split,
                       double samples, int gradients);

/* Matrices of a block, and the scales and biases that every rank holds; modules: each expert is one. */
double tc_weight_tensors(const tc_operators *ops, bool modules);

/* Sums up the operators that are there: all that follows them. */
void tc_block_set_sum(const tc_model *model, const tc_placement *placement, const tc_stack *stack, tc_block_set *set);

/* Weight elements on one rank of a stage: dense (split by tp, replicated) and expert. */
typedef struct tc_stage_weights {
    double dense, expert;
    double towers;                    /* of dense: those of towers */
    double frozen;                    /* of frozen towers: not in dense */
    double ends;                      /* of dense: embedding and head */
    double temporary;                 /* elements of gradients beside the accumulated ones */
    double adapters, adapter_experts; /* beside these: of adapters */
    double dequantised;               /* the largest matrix that is made 16-bit for a product */
    double largest;                   /* matrix of all */
    double tensors;                   /* that they are */
} tc_stage_weights;

/* Of these, what has gradients and states: all, or with a frozen base the adapters, and embedding and head where the job says so. */
tc_stage_weights tc_trained_weights(const tc_job *job, tc_stage_weights weights);

tc_stage_weights tc_stage_weight_count(const tc_model *model, const tc_placement *placement, const tc_block_set *set,
                                       int stage);
/* The same where what lies on the stage is known. */
tc_stage_weights tc_share_weight_count(const tc_model *model, const tc_placement *placement, const tc_block_set *set,
                                       int stage, tc_stage_share share);

/* ---- the peak in its parts, so that a search computes each once ---------------------- */

/* What a stage holds of the model, whatever is in flight. */
typedef struct tc_states {
    double parameters, gradients, optimizer, buffers;
    double
        unreduced; /* gradients of the other ranks' shards at the end of a backward pass, when its activations are gone */
    bool transient;                /* gradients come as activations go: never both in full */
    double host_states, host_step; /* that the host holds if the states are there, and if the step is */
    double loaded;                 /* what lies there while the program loads; 0: less than in a step */
    double framework;              /* outside the allocator */
    double step;                   /* temporaries of the optimizer's step, when activations are gone */
    double lengths; /* of the logits: blocks that the allocator keeps for other lengths while the device has room */
    double usable;  /* of the device */
    double
        room; /* that a process can have, where the optimizer's states leave it for what else needs it; 0: they do not */
} tc_states;

/* The same with the optimizer's states on the host. */
static inline tc_states tc_states_offloaded(tc_states s) {
    s.optimizer = s.room = 0;
    return s;
}

/* What a stage keeps of its micro-batches: depends on recompute, not on schedule or sharding. */
typedef struct tc_kept {
    double per_micro_batch; /* bytes of activations */
    double working;         /* once: the block that is recomputed */
    double passing; /* once: two blocks, of which one leaves for the host and one comes back; never more than leaves */
    double leaves;  /* per micro-batch, by blocks: of offloaded */
    double logits;
    double embedding_gradient;
    double offloaded; /* per micro-batch, to the host and back */
} tc_kept;

tc_states tc_stage_states(const tc_question *question, const tc_placement *placement, tc_stage_weights weights);
tc_kept tc_stage_kept(const tc_model *model, const tc_placement *placement, const tc_block_set *set, int stage);
/* The same of a stage whose share is known. */
tc_kept tc_share_kept(const tc_model *model, const tc_placement *placement, const tc_block_set *set,
                      tc_stage_share share);
tc_kept tc_chunk_kept(const tc_model *model, const tc_placement *placement, const tc_block_set *set,
                      int chunk); /* of the model */
/* What of its micro-batches is on the device for a moment beside what it keeps there. */
double tc_kept_for_now(const tc_kept *kept, double in_flight);
/* The most that gradients and what is live for the backward pass take together. */
double tc_backward_bytes(const tc_states *states, double live);
/* Devices that share a server's memory, and what each can have of it; 0 unknown. */
double tc_host_devices(const tc_cluster *cluster);
double tc_host_share(const tc_cluster *cluster);
/* What a stage keeps of a server's memory, a device. */
static inline double tc_host_bytes(const tc_layout *l, const tc_states *states, const tc_kept *kept, double in_flight) {
    return (tc_states_on_host(l) ? states->host_states : 0) + (tc_step_on_host(l) ? states->host_step : 0)
           + kept->offloaded * in_flight;
}

/* What a process can have of the device's memory; all of it where the share is unknown. */
double tc_usable_bytes(const tc_accelerator *accelerator);

/* What is on a stage at its peak of its micro-batches, whatever its states. in_flight: tc_micro_batches_in_flight. */
typedef struct tc_live {
    double activations, logits;
    double once; /* of activations: the block that runs again */
} tc_live;

tc_live tc_live_of(const tc_stack *stack, const tc_kept *kept, double in_flight);

/* in_flight: tc_micro_batches_in_flight. capacity and usable stay 0. */
tc_memory tc_stage_memory(const tc_stack *stack, const tc_states *states, const tc_kept *kept, double in_flight,
                          int stage);

/* The stages of which one is the fullest, ascending; returns how many (at most 5). */
#define TC_PEAK_STAGES 5
int tc_peak_stages(int pp, int stages[TC_PEAK_STAGES]);

/* Of the optimizer's states, what has no room beside the rest (tc_finetune.paged). */
double tc_paged_bytes(const tc_stack *stack, const tc_states *states, const tc_live *live);

/* Which of some stages is the fullest, and the bytes that it reserves and that cannot leave for the host. */
int tc_fullest_stage(const tc_stack *stack, int count, const tc_states *states, const tc_live *live, double *reserved);

/* The fullest stage of all and what it holds. */
tc_memory tc_memory_peak(const tc_question *question, const tc_placement *placement, const tc_block_set *set);
/* Of the stages from `first` to before `end` alone, of a layout with stage_layers. */
tc_memory tc_memory_peak_of_stages(const tc_question *question, const tc_placement *placement, const tc_block_set *set,
                                   int first, int end);

#endif
