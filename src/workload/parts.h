/* parts.h - what a block is made of: its mixer and its feed-forward parts, a file each.
 *
 * A part says everything about itself: its operators (FLOPs, traffic, weights, what each keeps for the backward
 * pass and what recompute makes unnecessary of it), what its ranks exchange, and how they can share it. The weights
 * of a model are counted from the operators of a rank that holds all.
 * A new one is a row of TC_MIXER_KINDS or TC_FFN_KINDS with the struct of its sizes (traincast.h), their keys
 * (catalog/model.c) and a file here that defines its tc_part and the bounds of its sizes. */
#ifndef TC_WORKLOAD_PARTS_H
#define TC_WORKLOAD_PARTS_H

#include "base/members.h"
#include "workload/operators.h"

/* A part's view of its block. */
typedef struct tc_part_input {
    const tc_model *model;
    const tc_block *block;
    const tc_shard *shard;
    double tokens;      /* of this rank in a micro-batch */
    double text_tokens; /* the same of the second stream of a double block, for mixers; feed-forward parts come twice */
    double seq;         /* tokens that a mixer mixes, of all streams and ranks */
} tc_part_input;

typedef struct tc_part {
    void (*emit)(const tc_part_input *in, tc_operators *out);
    tc_code (*splits)(const tc_block *block, const tc_degrees *degrees, tc_error *error); /* NULL: as one likes */
    int cheap_groups; /* tc_operator_group bits: little to compute again for many bytes */
} tc_part;

/* Each part, and what its sizes may be. */
#define TC_PART_FILE(id, member, word_or_bit)                                                                          \
    extern const tc_part tc_##member##_part;                                                                           \
    extern const tc_members tc_##member##_members;
TC_MIXER_KINDS(TC_PART_FILE)
TC_FFN_KINDS(TC_PART_FILE)

/* ---- what parts are built of --------------------------------------------------------------------- */

tc_operator *tc_add_operator(tc_operators *out, tc_op_kind kind, tc_op_tag tag, int again, int drops);
tc_operator *tc_add_gemm(tc_operators *out, tc_op_tag tag, tc_split_kind split, double groups, double m, double n,
                         double k, int again);
tc_operator *tc_add_elementwise(tc_operators *out, tc_op_tag tag, double bytes, double backward_bytes, double saved,
                                int again);
/* Norm of so many elements. Kept are its input and, as the input of the next matmul, its output in so many bytes each. */
tc_operator *tc_add_norm(tc_operators *out, const tc_model *model, double elements, double output_bytes);
/* Two matrices, or three where gated, and the activation between them. */
void tc_add_mlp(tc_operators *out, const tc_shard *shard, tc_op_tag tag, tc_split_kind split, tc_mlp_kind kind,
                double groups, double tokens, double hidden, double ffn, bool bias);

/* What is kept in 32-bit training: twice the bytes of 16-bit operators, without their wider copies. */
void tc_widen(const tc_shard *shard, tc_operators *out);

/* A causal convolution of each channel over `taps` tokens, with its activation. */
void tc_add_convolution(tc_operators *out, double tokens, double channels, double taps, bool bias);
/* A recurrence in chunks: FLOPs of the recurrence and of the chunked form, elements of inputs and outputs, states of all chunks (fp32). */
tc_operator *tc_add_scan(tc_operators *out, double flops, double chunked_flops, double elements, double states);
/* Norm of outputs times a gate, before the projection out; then that projection. */
void tc_add_gated_norm(const tc_part_input *in, double width, tc_operators *out);
void tc_add_out_projection(const tc_part_input *in, double width, tc_operators *out);

/* The core of attention, from queries, keys and values to outputs. */
typedef struct tc_attention_core {
    double heads, kv_heads; /* of this rank */
    double qk_dim, v_dim;
    double queries, keys; /* of a sequence, over all ranks; under a causal mask the queries are the last of the keys */
    double window;        /* keys that a query sees at most; 0: all */
    double parts;         /* sequences of their own that queries and keys fall into; 0: one */
    double chunk;         /* tokens that attend to each other; 0: all of a sequence or document */
    bool causal;
    bool own_keys; /* every context-parallel rank has all keys, of another sequence */
    int inputs;    /* tc_operator_group bits whose outputs are the queries, keys and values */
    tc_op_tag tag; /* 0: attention */
} tc_attention_core;

void tc_add_attention(tc_operators *out, const tc_attention_core *core, const tc_shard *shard);

/* The attention after the mixer (cross.c), of so many latent tokens of this rank; what makes scales, shifts and gates. */
void tc_add_cross(const tc_part_input *in, tc_operators *out);
void tc_add_modulation(const tc_part_input *in, tc_operators *out);
/* Vectors of a stream; whose norms are followed by a scale and shift. */
int tc_modulation_vectors(const tc_block *block, bool text);

/* Can tensor parallelism and all-to-all context parallelism share so many heads? */
TC_NODISCARD tc_code tc_heads_split(int heads, const tc_degrees *degrees, tc_error *error);

#endif
