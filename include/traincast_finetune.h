/* traincast_finetune.h - what of a model is trained, and by which objective: its two tables and the struct of a job's fine-tuning.
 *
 * All zero is training of all weights by the next token. Included by traincast.h.
 * Example: docs/examples/c/finetune.c. */
#ifndef TRAINCAST_FINETUNE_H
#define TRAINCAST_FINETUNE_H

/* clang-format off */
/* Linears that have an adapter: ROW(ID, bit, word). One adapter for each of several projections that a model computes at once, or one for
 * all of them where its code has them fused. */
#define TC_ADAPTED(ROW) \
    ROW(Q, 1, "q") \
    ROW(K, 2, "k") \
    ROW(V, 4, "v") \
    ROW(QKV, 8, "qkv") \
    ROW(O, 16, "o") \
    ROW(GATE, 32, "gate") \
    ROW(UP, 64, "up") \
    ROW(GATE_UP, 128, "gate_up") \
    ROW(DOWN, 256, "down")
/* What is minimised: ROW(ID, word, sequences of a sample, passes of a reference model and of the model itself that are forward only, for each of
 * these, output layer over the vocabulary). */
#define TC_PREFERENCES(ROW) \
    ROW(TOKENS, "tokens", 1, 0, 0, true) /* the next token */ \
    ROW(DPO, "dpo", 2, 1, 0, true) /* Rafailov et al. 2023, arXiv 2305.18290, equation 7: a chosen and a rejected answer, against a reference */ \
    ROW(ORPO, "orpo", 2, 0, 0, true) /* Hong et al. 2024, arXiv 2403.07691: both answers, no reference; so SimPO and CPO */ \
    ROW(KTO, "kto", 1, 2, 1, true) /* Ethayarajh et al. 2024, arXiv 2402.01306, section 4.1: one answer, and a mismatched one for the divergence */ \
    ROW(REWARD, "reward", 2, 0, 0, false) /* Ouyang et al. 2022, arXiv 2203.02155, equation 1: both answers, one number each */
/* clang-format on */

#define TC_ADAPTED_ID(id, bit, word) TC_ADAPTED_##id = bit,
typedef enum tc_adapted {
    TC_ADAPTED(TC_ADAPTED_ID) TC_ADAPTED_ATTENTION = 1 + 2 + 4 + 16,
    TC_ADAPTED_MLP = 32 + 64 + 256,
    TC_ADAPTED_ALL = TC_ADAPTED_ATTENTION + TC_ADAPTED_MLP,
    TC_ADAPTED_ANY = 511
} tc_adapted;

#define TC_PREFERENCE_ID(id, word, sequences, reference, forwards, head) TC_PREFERENCE_##id,
typedef enum tc_preference { TC_PREFERENCES(TC_PREFERENCE_ID) TC_PREFERENCE_COUNT } tc_preference;

typedef struct tc_finetune {
    int rank;         /* of the adapters beside frozen weights (LoRA); 0: none */
    int targets;      /* tc_adapted bits */
    bool dropout;     /* of the adapters' inputs: each adapter keeps a copy of its own */
    bool embeddings;  /* embedding and head are trained beside the adapters */
    double base_bits; /* in which a frozen weight of the layers lies, scales included (NF4: 4.5); 0: the job's format */
    int preference;   /* tc_preference */
    bool cached_reference; /* what the reference model says was computed before */
    bool chunked_loss;     /* logits are never whole: chunks, or a kernel with the head in it */
    bool
        step_in_backward; /* each weight is stepped when its gradient is there, which then goes: one micro-batch a step */
    int state_bits;       /* of the optimizer's moments, and no master copy: 16 or 8; 0: as the stack has them */
    int mean_tokens; /* of samples that keep their own lengths up to the job's seq, padded to the longest of a micro-batch;
                        0: all have seq tokens */
    double spread; /* standard deviation of their lengths over the mean */
    bool paged;    /* the optimizer's states go to the host's memory as far as the device has no room for them */
} tc_finetune;

#endif
