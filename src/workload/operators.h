/* operators.h - the operators of a block, with the shapes that one rank sees.
 *
 * No hardware and no seconds here: FLOPs, bytes and shapes per micro-batch and
 * rank. Backward is derived: a GEMM (m, n, k) has the input gradient (m, k, n)
 * and the weight gradient (k, n, m); attention's backward recomputes the scores.
 */
#ifndef TC_WORKLOAD_OPERATORS_H
#define TC_WORKLOAD_OPERATORS_H

#include "traincast.h"

/* clang-format off */
#define TC_OP_KINDS_LIST(ROW) \
    ROW(GEMM, "matrix product") \
    ROW(ATTENTION, "fused attention") \
    ROW(SCAN, "scan of a recurrence") \
    ROW(ELEMENTWISE, "elementwise") \
    ROW(ADAPTER, "low-rank adapter")

#define TC_TAGS_LIST(ROW) \
    ROW(NORM, "norm") \
    ROW(QKV, "qkv") \
    ROW(QKV_UP, "qkv up") \
    ROW(POSITION, "positions") \
    ROW(ATTENTION, "attention") \
    ROW(OUT_PROJECTION, "out projection") \
    ROW(CROSS, "cross attention") \
    ROW(CROSS_PROJECTION, "cross projections") \
    ROW(MODULATION, "modulation") \
    ROW(SCAN, "scan") \
    ROW(INDEXER, "indexer") \
    ROW(MLP, "mlp") \
    ROW(ACTIVATION, "activation") \
    ROW(ROUTER, "router") \
    ROW(PERMUTE, "permute") \
    ROW(EXPERT, "experts") \
    ROW(SHARED_EXPERT, "shared experts") \
    ROW(EMBEDDING, "embedding") \
    ROW(CONVOLUTION, "convolutions") \
    ROW(HEAD, "head") \
    ROW(LOSS, "loss") \
    ROW(ADAPTER, "adapters") \
    ROW(DEQUANTISE, "dequantise")
/* clang-format on */

/* How it runs. */
#define TC_OP_ID(id, name) TC_OP_##id,
typedef enum tc_op_kind { TC_OP_KINDS_LIST(TC_OP_ID) TC_OP_KINDS } tc_op_kind;
/* What it is in the model. */
#define TC_TAG_ID(id, name) TC_TAG_##id,
typedef enum tc_op_tag { TC_TAGS_LIST(TC_TAG_ID) TC_TAGS } tc_op_tag;

extern const char *const tc_op_kind_names[], *const tc_op_tag_names[];

/* What shares an operator's weights among the ranks. */
typedef enum tc_split_kind { TC_SPLIT_TENSOR, TC_SPLIT_EXPERT, TC_SPLIT_NONE } tc_split_kind;

/* One operator of one block on one rank, for one micro-batch. */
typedef struct tc_operator {
    tc_op_kind kind;
    tc_op_tag tag;
    double flops;                 /* forward */
    double bytes, backward_bytes; /* traffic of a fused implementation; of a GEMM see tc_operator_bytes() */
    double kernels;               /* that it launches, forward */
    bool forward_only;            /* no gradient passes through it */

    tc_split_kind split;
    double weights;    /* elements of its matrices on this rank */
    double biases;     /* beside them, split as they are */
    double replicated; /* scales and biases that every rank holds */

    double saved_bytes;   /* kept for the backward pass */
    double chained_bytes; /* of saved_bytes, norm: what unfused kernels keep more of */
    double output_bytes;  /* of saved_bytes, norm: its output, where gathered from the tensor-parallel ranks */

    int again;   /* tc_operator_group bits: of these it is one */
    int drops;   /* what of these runs again makes it unnecessary to keep saved_bytes: they are its output */
    double gate; /* the share of the gate in a gated MLP up to its activation, 0 without one */

    union {
        struct {
            double groups, m, n, k; /* groups x (m, k) x (k, n) */
            bool low_precision;     /* follows the job's 8- or 4-bit format; others stay in 16 bit */
            bool leaf;              /* nothing behind its input is trained, which has no gradient */
            bool odd_rows;          /* of a batch, in 16 bit: no multiple of 16 bytes, which matrix units load */
        } gemm;
        struct {
            double pairs;                /* query-key pairs x heads, halved if causal */
            double tiles;                /* blocks of 128 query rows over heads and sequences, what cores share out */
            double keys;                 /* of a mean row, twice the mean under a causal mask */
            double seen, length, window; /* keys that a query sees on average, of so many; the window, 0: none */
            double head_dim;             /* the wider of queries and values, to which kernels pad the other */
        } attention;
        struct {
            double flops; /* that the chunked form computes, forward: more than the recurrence's own */
            double eager_kernels, eager_bytes;                   /* as a chain of framework operators in fp32 */
            double eager_backward_kernels, eager_backward_bytes; /* of its gradients; 0: by what a chunked form takes */
        } scan;
        struct {
            double linears;         /* of each group, that have one */
            double groups, m, n, k; /* (m, k) x (k, rank) for each linear, (m, rank) x (rank, n) in all */
            double rank;
            double backward_kernels;
        } adapter;
        struct {
            double unfused; /* traffic as a chain of single kernels, relative to one; 0: is one kernel anyway */
            bool exact;     /* the traffic is that of its own kernels, whatever the stack's passes */
        } elementwise;
    };
} tc_operator;

/* Is it of an attention's core: from queries, keys and values to outputs? */
static inline bool tc_is_core(const tc_operator *op) { return op->tag == TC_TAG_ATTENTION || op->tag == TC_TAG_CROSS; }

#define TC_MAX_OPERATORS 64

typedef struct tc_operators {
    int count;
    double block_input_bytes; /* the residual stream that full recompute keeps */
    double tp_bytes;          /* activations that one tensor-parallel collective moves: tokens x hidden x 2 */
    int tp_collectives;       /* pairs of (all-gather, reduce-scatter), or all-reduces, per forward */
    double ep_copies;         /* experts of a token */
    double ep_bytes;          /* tokens a rank sends to experts in one all-to-all, bytes */
    double cp_bytes;          /* keys and values that one rank holds, bytes */
    double cp_query_bytes;    /* queries and outputs, bytes: all-to-all context parallelism */
    double window;            /* tokens that its attention sees at most; 0: all */
    bool chunked;             /* of which a token sees those before it in its chunk */
    bool mixes;               /* it has a mixer */
    bool reads_output; /* the backward pass needs what its last product makes: a gate, a norm or a mask follows */
    tc_operator op[TC_MAX_OPERATORS];
} tc_operators;

/* How a block is split, as plain numbers. */
typedef struct tc_shard {
    double sequences; /* micro-batch */
    double seq;       /* full sequence length, tokens */
    double tp, cp, ep, etp;
    bool sequence_parallel;
    bool plain_attention; /* scores written to memory */
    bool dropout;         /* GPT-era dropout masks */
    bool wide;   /* 32-bit training: all that is kept takes 4 bytes an element, and no wider copy lies beside it */
    bool frozen; /* no weight gradients: inputs of frozen MLPs are not kept */
    double adapter_rank;  /* 0: no adapters */
    int adapter_targets;  /* tc_adapted bits */
    bool adapter_dropout; /* of their inputs */
    bool fused_adapters;  /* sums with the base's output are the products' own */
    bool cast_inputs;     /* each adapted linear keeps a copy of its input for its adapter */
    double base_bytes;    /* of a frozen weight that is dequantised for each product; 0: none is */
    bool chunked_loss;    /* logits are never whole */
    bool no_head;         /* a number for each sequence in place of the vocabulary */
    double
        input_bytes; /* that an element of a matmul's input is kept in: 2, or less where formats of 8 and 4 bit are kept */
    double activation_bytes; /* the same of an activation function's input */
    double logits_bytes;     /* kept per logit for the loss beside the 16-bit one */
    bool eager_scans;        /* recurrences are chains of framework operators, which keep what they make */
    bool narrow_softmax;     /* encoders that are in 16 bit throughout: neither their code nor autocast makes it fp32 */
    bool unfused_softmax; /* of plain attention: single kernels in fp32, whose result is kept beside its 16-bit copy */
    bool unfused_activation; /* activation function and product of a gated MLP are two kernels */
    bool attention_bias;     /* fused attention keeps a bias of every score */
    bool
        weighted_inputs; /* routing weights are applied before the experts' second matmul, whose output need not be kept then */
    bool gathered_inputs;    /* the inputs of matmuls are kept as the tensor-parallel ranks gather them */
    double loss_bytes;       /* of a logit, that the loss reads and writes both ways; 0: by the stack's passes */
    bool gathered_logits;    /* every tensor-parallel rank holds the whole logits */
    bool masked_head;        /* the head sees the masked positions only */
    double document;         /* tokens that attend to each other in a packed sequence; 0: all */
    double capacity;         /* tokens of every expert relative to the mean; 0: dropless */
    bool sequential_experts; /* a kernel for each expert */
    bool expert_modules;     /* gathers and sums for each expert */
    bool repeated_tokens;    /* each token is copied for each of its experts before these */
    double stacked_experts;  /* whose weights are slices of one tensor */
    bool bias_chain;         /* biases of experts' outputs are added by a chain of operators in fp32 */
    double imbalance;        /* extra share of tokens on the busiest expert rank */
} tc_shard;

/* What a recompute runs again in the backward pass: a share of the blocks, from their inputs; or in every block the core
 * of attention, whose output is kept, or some operators. */
typedef struct tc_again {
    double blocks;
    bool core;
    int operators; /* tc_operator_group bits */
} tc_again;

/* Of so many layers; recompute_layers and operators as in tc_layout. */
tc_again tc_again_of(int recompute, double recompute_layers, int operators, double layers);
/* Share of an operator that runs again in every block; bytes of a block's saved_bytes that need not be kept then. */
double tc_again_share(const tc_again *again, const tc_operator *op);
double tc_again_dropped(const tc_again *again, const tc_operators *ops, double norm_extra);

/* Share of an operator that belongs to these tc_operator_group bits. */
double tc_group_share(const tc_operator *op, int groups);
/* Bytes of the operators' saved_bytes that it makes unnecessary. */
double tc_recomputed_bytes(const tc_operators *ops, int groups, double norm_extra);
/* Forward traffic with inputs and outputs of so many bytes an element. */
double tc_operator_bytes(const tc_operator *op, double input_bytes, double output_bytes);

/* Adds the adapters and the dequantisation of a block's linears, and what is kept for them; nothing where the shard has neither. */
void tc_add_finetuning(const tc_block *block, const tc_shard *shard, tc_operators *out);

/* Fills `out` with the operators of one block. Tokens per rank = sequences x seq / cp. */
void tc_block_operators(const tc_model *model, const tc_block *block, const tc_shard *shard, tc_operators *out);

/* Embedding lookup (first stage) and head with loss (last stage). */
void tc_embedding_operators(const tc_model *model, const tc_shard *shard, tc_operators *out);
void tc_head_operators(const tc_model *model, const tc_shard *shard, double logits_bytes, tc_operators *out);

/* How ranks are to share a block. */
typedef struct tc_degrees {
    int tp, ep, etp;
    int exchange; /* ranks of all-to-all context parallelism */
} tc_degrees;

/* Can they? TC_INVALID with the option at fault. */
TC_NODISCARD tc_code tc_block_splits(const tc_block *block, const tc_degrees *degrees, tc_error *error);
/* tc_operator_group bits of what costs little to run again, for the bytes that it frees. */
int tc_cheap_groups(const tc_block *block);

/* Layers of all blocks; whether any of them is a mixture of experts. */
int tc_layer_count(const tc_model *model);
/* Does it write words one after another, by itself: a language model that is no encoder, and no decoder of another's? */
bool tc_model_generates(const tc_model *model);
tc_model_kind tc_kind_of(const tc_model *model);
bool tc_has_experts(const tc_model *model);

/* Weight elements of one block: split by tp, split by ep x etp, replicated over tp. */
typedef struct tc_block_weights {
    double tensor_parallel, expert, replicated;
    double expert_active; /* of `expert`, the share that a token uses */
} tc_block_weights;

/* Forward FLOPs per token that every convention counts in its way: all blocks, one block of multi-token prediction. */
typedef struct tc_forward_flops {
    double gemm, attention, extra_gemm, extra_attention;
    double ends;                                     /* projections at the model's ends */
    double causal_attention, extra_causal_attention; /* of the pairs of queries and keys, those under the causal mask */
    double forward_only;                             /* what has no backward pass */
    double layers;
} tc_forward_flops;

/* The adapters of a model. */
typedef struct tc_adapter_counts {
    tc_block_weights weights[TC_MAX_BLOCKS]; /* of one block of each run */
    double parameters, active_parameters;
} tc_adapter_counts;

/* What follows from the model alone, and from its adapters. */
typedef struct tc_counts {
    tc_adapter_counts adapters;
    tc_block_weights weights[TC_MAX_BLOCKS]; /* of one block of each run */
    tc_model_size size;
    tc_forward_flops flops;
} tc_counts;

/* finetune: NULL, or what is trained beside frozen weights. */
void tc_count(const tc_model *model, const tc_finetune *finetune, int seq, tc_counts *out);

/* Which weights have gradients, and what runs forward alone beside them. */
typedef struct tc_training {
    bool frozen, embeddings; /* of frozen ones, embedding and head have */
    bool no_head;
    double forwards; /* further passes of all tokens */
} tc_training;

double tc_flops_by(tc_flops_convention convention, const tc_model *model, const tc_counts *counts, int recompute,
                   double recompute_layers, const tc_training *training);

#endif
