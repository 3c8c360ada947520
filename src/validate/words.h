/* words.h - what sources say in the words of their own software. */
#ifndef TC_VALIDATE_WORDS_H
#define TC_VALIDATE_WORDS_H

#include "traincast.h"

typedef struct tc_said_recompute {
    int kind;      /* tc_recompute; TC_UNSET: chosen by the software itself, or not understood */
    int operators; /* tc_operator_group bits */
    double
        layers_a_chunk; /* layers of each chunk of the pipeline, with operators those whose operators run again; 0: all */
    double layers_a_stage; /* layers of each stage; 0 */
    double layers;         /* layers of the model; 0 */
    bool listed_matmuls;   /* kept are the outputs of matmuls on torchtitan's list, which has those of 16 and 8 bit */
    bool understood;
} tc_said_recompute;

/* "partial:selective mla_up_proj", "--recompute-ffn", "recompute-num-layers 1 per pipeline stage", ... */
tc_said_recompute tc_words_recompute(const char *text);

/* 1: the model ran compiled (torch.compile); 0: it says eager; TC_UNSET: neither. The first words count. */
int tc_words_compiled(const char *text);

typedef struct tc_said_recipe {
    int balanced_routing; /* 0, 1, TC_UNSET; so below */
    int etp;
    int native_attention; /* FlashAttention-3 or -4, cuDNN; 0: FlashAttention-1 or -2 */
    int overlap;          /* 0: all overlap of communication is off */
    int graphed;          /* tc_operator_group bits; TC_UNSET */
    int cp_kind;          /* tc_cp_kind; TC_UNSET */
    int sequential_experts;
    double expert_capacity; /* 0: not said */
    int mtp_layers;         /* TC_UNSET */
    int noop_layers;        /* of the stated layers, those that pass their input on */
    int window;             /* sliding window of every layer, tokens; 0 */
    bool documents;         /* attention stays within the documents of a packed sequence */
    bool full_mask;         /* attention over all pairs under a mask that the kernel is given */
    bool fused_tensor_parallel;
    bool alibi;
    bool offloaded_states;
    int offloaded_operators; /* tc_operator_group bits */
    int quantised_inputs;    /* 1: matmuls keep their inputs in 8 or 4 bit; TC_UNSET */
} tc_said_recipe;

/* Settings that notes and framework name. */
tc_said_recipe tc_words_recipe(const char *text);

/* Changes tc_operator_group bits of element-wise chains that are one kernel, as the text says. */
int tc_words_fused(const char *text, int fused);

/* 1: gradients are reduced beside the backward pass; 0: after it; TC_UNSET. */
int tc_words_overlap(const char *text);

/* The pipeline's schedule (tc_schedule), or the nearest that is known; TC_UNSET. */
int tc_words_schedule(const char *text);

/* 1: tokens of a mixture of experts cross to a node once (DeepEP); 0: plain all-to-all; TC_UNSET. */
int tc_words_hierarchical_dispatch(const char *text);

/* The catalog's accelerator where the text names a machine that has another bin of it ("Atlas 800T A2"); NULL. */
const char *tc_words_bin(const char *text, const char *accelerator);

/* The catalog's fabric that the text names for this accelerator ("AWS EFA", "DGX-2"); NULL. */
const char *tc_words_fabric(const char *text, const char *accelerator);

/* "parameters sharded over groups of 128 GPUs": 128; 0. */
int tc_words_shard_group(const char *text);

/* How the loss treats the logits: in copies in fp32, in one compiled kernel, whole in 16 bit but chunk by chunk in fp32, or never whole. */
typedef enum tc_said_loss {
    TC_LOSS_UNSAID,
    TC_LOSS_EAGER,
    TC_LOSS_COMPILED,
    TC_LOSS_SPLIT,
    TC_LOSS_CHUNKED
} tc_said_loss;

/* fused_modules: Liger kernels for norms, rotation and gated activation. */
tc_said_loss tc_words_loss(const char *text, bool *fused_modules);

#endif
