/* operators.h - the operators of a block, with the shapes that one rank sees.
 *
 * No hardware and no seconds here: FLOPs, bytes and shapes per micro-batch and
 * rank. Backward is derived: a GEMM (m, n, k) has the input gradient (m, k, n)
 * and the weight gradient (k, n, m); attention's backward recomputes the scores.
 */
#ifndef TC_WORKLOAD_OPERATORS_H
#define TC_WORKLOAD_OPERATORS_H

#include "traincast.h"

typedef enum tc_op_kind { TC_OP_GEMM, TC_OP_ATTENTION, TC_OP_ELEMENTWISE } tc_op_kind;

typedef enum tc_op_tag {
    TC_TAG_NORM,
    TC_TAG_QKV,
    TC_TAG_QKV_UP,
    TC_TAG_POSITION,
    TC_TAG_ATTENTION,
    TC_TAG_OUT_PROJECTION,
    TC_TAG_MLP,
    TC_TAG_ACTIVATION,
    TC_TAG_ROUTER,
    TC_TAG_PERMUTE,
    TC_TAG_EXPERT,
    TC_TAG_SHARED_EXPERT,
    TC_TAG_EMBEDDING,
    TC_TAG_HEAD,
    TC_TAG_LOSS,
    TC_TAGS
} tc_op_tag;

/* One operator of one block on one rank, for one micro-batch. */
typedef struct tc_operator {
    tc_op_kind kind;
    tc_op_tag tag;
    double m, n, k; /* GEMM: groups x (m, k) x (k, n) */
    double groups;  /* grouped or batched GEMM */
    double flops;   /* forward */
    double bytes;   /* forward traffic of a fused implementation (elementwise, attention) */
    double backward_bytes;
    double pairs;    /* attention: query-key pairs x heads, halved if causal */
    double tiles;    /* attention: blocks of 128 query rows over heads and sequences, what cores share out */
    double keys;     /* attention: keys of a mean row, twice the mean under a causal mask */
    double head_dim; /* attention: the wider of queries and values, to which kernels pad the other */
    double unfused;  /* element-wise: traffic as a chain of single kernels, relative to one; 0: is one kernel anyway */
    double kernels;  /* that a fused implementation launches, forward */
    double weights;  /* weight elements on this rank */
    double saved_bytes;   /* kept for the backward pass */
    double chained_bytes; /* of saved_bytes, norm: what unfused kernels keep more of */
    double output_bytes;  /* of saved_bytes, norm: its output, where gathered from the tensor-parallel ranks */
    double gate;          /* MLP up to its activation: share of the gate, 0 without one */
    bool up;              /* MLP: the matmul before the activation */
    tc_op_tag mlp;        /* activation: whose */
    bool low_precision;   /* follows the job's 8- or 4-bit format; others stay in 16 bit */
} tc_operator;

#define TC_MAX_OPERATORS 32

typedef struct tc_operators {
    int count;
    tc_operator op[TC_MAX_OPERATORS];
    double block_input_bytes; /* the residual stream that full recompute keeps */
    double tp_bytes;          /* activations that one tensor-parallel collective moves: tokens x hidden x 2 */
    int tp_collectives;       /* pairs of (all-gather, reduce-scatter), or all-reduces, per forward */
    double ep_copies;         /* experts of a token */
    double ep_bytes;          /* tokens a rank sends to experts in one all-to-all, bytes */
    double cp_bytes;          /* keys and values that one rank holds, bytes */
    double cp_query_bytes;    /* queries and outputs, bytes: all-to-all context parallelism */
} tc_operators;

/* How a block is split, as plain numbers. */
typedef struct tc_shard {
    double sequences; /* micro-batch */
    double seq;       /* full sequence length, tokens */
    double tp, cp, ep, etp;
    bool sequence_parallel;
    bool plain_attention; /* scores written to memory */
    bool dropout;         /* GPT-era dropout masks */
    bool frozen;          /* no weight gradients (LoRA): inputs of frozen MLPs are not kept */
    double
        input_bytes; /* that an element of a matmul's input is kept in: 2, or less where formats of 8 and 4 bit are kept */
    double activation_bytes; /* the same of an activation function's input */
    bool unfused_activation; /* activation function and product of a gated MLP are two kernels */
    bool attention_bias;     /* fused attention keeps a bias of every score */
    bool
        weighted_inputs; /* routing weights are applied before the experts' second matmul, whose output need not be kept then */
    bool gathered_inputs;    /* the inputs of matmuls are kept as the tensor-parallel ranks gather them */
    bool gathered_logits;    /* every tensor-parallel rank holds the whole logits */
    bool masked_head;        /* the head sees the masked positions only */
    double document;         /* tokens that attend to each other in a packed sequence; 0: all */
    double capacity;         /* tokens of every expert relative to the mean; 0: dropless */
    bool sequential_experts; /* a kernel for each expert */
    double imbalance;        /* extra share of tokens on the busiest expert rank */
} tc_shard;

/* Share of an operator that belongs to these tc_operator_group bits. */
double tc_group_share(const tc_operator *op, int groups);
/* Bytes of the operators' saved_bytes that it makes unnecessary. */
double tc_recomputed_bytes(const tc_operators *ops, int groups, double norm_extra);

/* Fills `out` with the operators of one block. Tokens per rank = sequences x seq / cp. */
void tc_block_operators(const tc_model *model, const tc_block *block, const tc_shard *shard, tc_operators *out);

/* Adds the core of attention, from queries, keys and values to outputs, of so many heads on the rank. */
void tc_attention_operators(const tc_model *model, const tc_block *block, const tc_shard *shard, double heads,
                            double kv_heads, double qk_dim, double v_dim, tc_operators *out);

/* Embedding lookup (first stage) and head with loss (last stage). */
void tc_embedding_operators(const tc_model *model, const tc_shard *shard, tc_operators *out);
void tc_head_operators(const tc_model *model, const tc_shard *shard, double logits_bytes, tc_operators *out);

/* Layers of all blocks; whether any of them is a mixture of experts. */
int tc_layer_count(const tc_model *model);
bool tc_has_experts(const tc_model *model);

/* Weight elements of one block: split by tp, split by ep x etp, replicated over tp. */
typedef struct tc_block_weights {
    double tensor_parallel, expert, replicated;
    double expert_active; /* of `expert`, the share that a token uses */
} tc_block_weights;

tc_block_weights tc_block_weight_count(const tc_model *model, const tc_block *block);

/* Forward FLOPs per token that every convention counts in its way: all blocks, one block of multi-token prediction. */
typedef struct tc_forward_flops {
    double gemm, attention, extra_gemm, extra_attention;
    double layers;
} tc_forward_flops;

tc_forward_flops tc_forward_flops_of(const tc_model *model, int seq);
double tc_flops_by(tc_flops_convention convention, const tc_model *model, const tc_forward_flops *forward,
                   int recompute, double recompute_layers);

#endif
