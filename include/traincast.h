/* traincast.h - forecast the training of large models on any accelerator fleet.
 *
 * Value in, value out. Input structs come from tc_default_...() and begin with
 * their size; results are plain structs. Nothing here prints, exits or keeps
 * hidden state; the catalog is an opaque handle. All quantities are SI:
 * bytes, FLOP, seconds, bytes/s, FLOP/s, watts, US dollars.
 *
 * The file reads top-down: errors, vocabularies, catalog objects (accelerator,
 * fabric, model, stack), the job and its layout, the forecast, the catalog; then the chapters
 * search, run (with export controls) and plan, a file each. A small program for each chapter: docs/examples/c
 * (here step.c and ask.c), compiled and run by the tests.
 */
#ifndef TRAINCAST_H
#define TRAINCAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "traincast_finetune.h"
#include "traincast_formats.h"
#include "traincast_parts.h"
#include "traincast_schedules.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TC_VERSION "0.1.0"
#define TC_ABI 0

#if defined(__GNUC__)
#define TC_API __attribute__((visibility("default")))
#define TC_NODISCARD __attribute__((warn_unused_result))
#else
#define TC_API
#define TC_NODISCARD
#endif

/* ---- errors: values with a place --------------------------------------- */

typedef enum tc_code {
    TC_OK = 0,
    TC_INTERNAL, /* output failed, out of memory: exit 1 */
    TC_INVALID,  /* bad input: exit 2 */
    TC_NOT_FOUND /* a slug or file that is not there: exit 2 */
} tc_code;

/* place: "FILE:LINE: field.path", "FILE: $.path", or an option such as "--tp".
 * text: what is wrong; what would be right. One line each, never empty on failure. */
typedef struct tc_error {
    tc_code code;
    char place[320];
    char text[512];
} tc_error;

/* Memory of a result, freed with it. Zero-initialised: none. */
typedef struct tc_arena {
    struct tc_arena_block *first;
} tc_arena;

/* ---- vocabularies ------------------------------------------------------- */

#define TC_DTYPE_ID(id, word, bits, scale_bits, next) TC_##id,
typedef enum tc_dtype { TC_FORMATS(TC_DTYPE_ID) TC_DTYPES } tc_dtype; /* traincast_formats.h */

/* clang-format off */
/* What mixes the tokens of a block: ROW(ID, member of tc_block with its sizes, word). */
#define TC_MIXER_KINDS(ROW) \
    ROW(ATTENTION, attention, "mha") /* MHA, GQA and MQA by kv_heads */ \
    ROW(LATENT, latent, "mla") /* multi-head latent attention: keys and values from a common latent vector */ \
    ROW(STATE_SPACE, state_space, "ssm") /* Mamba-1, Mamba-2 */ \
    ROW(DELTA, delta, "delta") /* gated delta net, Kimi delta attention */ \
    ROW(LINEAR, linear, "linear") /* linear attention with a fixed decay (lightning attention) */
/* What follows it, on each token alone, side by side where a block has more than one: ROW(ID, member, bit). */
#define TC_FFN_KINDS(ROW) \
    ROW(EXPERTS, experts, 1) \
    ROW(DENSE, dense, 2)
/* clang-format on */
#define TC_MIXER_ID(id, member, word) TC_MIXER_##id,
typedef enum tc_mixer_kind { TC_MIXER_NONE, TC_MIXER_KINDS(TC_MIXER_ID) TC_MIXERS } tc_mixer_kind;
#define TC_FFN_BIT(id, member, bit) TC_FFN_##id = bit,
typedef enum tc_ffn_kind { TC_FFN_KINDS(TC_FFN_BIT) TC_FFN_NONE = 0 } tc_ffn_kind;

typedef enum tc_mlp_kind {
    TC_MLP_PLAIN /* two matrices: GELU, ReLU */,
    TC_MLP_GATED /* three: SwiGLU, GeGLU */
} tc_mlp_kind;
typedef enum tc_positions {
    TC_POSITIONS_ROTARY,
    TC_POSITIONS_LEARNED,
    TC_POSITIONS_NONE /* ALiBi, none */
} tc_positions;
typedef enum tc_norm_kind { TC_NORM_RMS, TC_NORM_LAYER } tc_norm_kind;
/* The tokens of a block, where text stands beside the latents of images and video. */
typedef enum tc_token_stream {
    TC_STREAM_TOKENS, /* those of the sequence: of latents, the latents */
    TC_STREAM_TEXT,   /* text alone */
    TC_STREAM_JOINT,  /* both as one sequence (single blocks) */
    TC_STREAM_DOUBLE  /* both, each with weights of its own, and one attention over all (MMDiT) */
} tc_token_stream;
/* Which of them attend to each other. */
typedef enum tc_span {
    TC_SPAN_ALL,
    TC_SPAN_SPACE, /* those of a latent frame */
    TC_SPAN_TIME   /* those at one place of all frames */
} tc_span;
/* Whence a block's scales, shifts and gates come. */
typedef enum tc_modulation_kind {
    TC_MODULATION_OWN,   /* a product of the block (adaLN) */
    TC_MODULATION_TABLE, /* one product for all blocks, and a table of the block (adaLN-single) */
    TC_MODULATION_SHARED /* one product for all blocks */
} tc_modulation_kind;
typedef enum tc_sharding { TC_SHARD_NONE, TC_SHARD_ZERO1, TC_SHARD_ZERO2, TC_SHARD_ZERO3, TC_SHARD_HSDP } tc_sharding;
typedef enum tc_recompute {
    TC_RECOMPUTE_NONE,
    TC_RECOMPUTE_SELECTIVE /* the attention's core */,
    TC_RECOMPUTE_FULL,
    TC_RECOMPUTE_LAYERS /* some of the layers */,
    TC_RECOMPUTE_OPERATORS /* some operators of every layer */
} tc_recompute;
/* Bits of tc_layout's recompute_operators. */
typedef enum tc_operator_group {
    TC_GROUP_NORM = 1,
    TC_GROUP_QKV = 2,
    TC_GROUP_QKV_UP = 4 /* of latent attention */,
    TC_GROUP_POSITION = 8,
    TC_GROUP_ATTENTION = 16 /* its core */,
    TC_GROUP_OUT_PROJECTION = 32,
    TC_GROUP_GATE = 64 /* one of a gated MLP's two projections */,
    TC_GROUP_MLP_UP = 128 /* before the activation, gate included */,
    TC_GROUP_ACTIVATION = 256,
    TC_GROUP_MLP = 512 /* all of it */,
    TC_GROUP_MOE = 1024 /* router, exchange, experts */,
    TC_GROUP_SHARED_EXPERT = 2048,
    TC_GROUP_ROUTER = 4096
} tc_operator_group;
enum { TC_GROUPS = 13, TC_GROUP_ALL = (1 << TC_GROUPS) - 1 };
/* A further bit of tc_layout's graphs: the whole step, by one graph or compiled. */
enum { TC_GRAPHS_ALL = 1 << TC_GROUPS };
#define TC_SCHEDULE_ID(id, word) TC_SCHEDULE_##id,
typedef enum tc_schedule {
    TC_SCHEDULES(TC_SCHEDULE_ID) /* built-in ones: traincast_schedules.h */
    TC_SCHEDULE_CUSTOM           /* the layout's `order`: read from a file; after all others */
} tc_schedule;
typedef enum tc_cp_kind {
    TC_CP_RING,
    TC_CP_ALL_TO_ALL,
    TC_CP_BOTH /* rings between groups of all-to-all */
} tc_cp_kind;
typedef enum tc_attention_impl { TC_ATTENTION_FLASH, TC_ATTENTION_PLAIN } tc_attention_impl;
typedef enum tc_optimizer {
    TC_OPTIMIZER_ADAMW,
    TC_OPTIMIZER_SGD,
    TC_OPTIMIZER_LAMB,
    TC_OPTIMIZER_ADAFACTOR,
    TC_OPTIMIZER_MUON,
    TC_OPTIMIZER_NONE /* forward and backward only */
} tc_optimizer;
/* What is kept in host memory. */
typedef enum tc_offload {
    TC_OFFLOAD_NONE,
    TC_OFFLOAD_STATES /* the optimizer's states; its step runs on the device */,
    TC_OFFLOAD_OPTIMIZER /* states and step */,
    TC_OFFLOAD_ACTIVATIONS,
    TC_OFFLOAD_ALL /* optimizer and activations */
} tc_offload;
/* Data-parallel communication that hides behind compute: bits. */
typedef enum tc_overlap { TC_OVERLAP_GRAD_REDUCE = 1, TC_OVERLAP_PARAM_GATHER = 2, TC_OVERLAPS = 4 } tc_overlap;
typedef enum tc_topology {
    TC_TOPOLOGY_SWITCH,
    TC_TOPOLOGY_FULL_MESH,
    TC_TOPOLOGY_RING,
    TC_TOPOLOGY_TORUS,
    TC_TOPOLOGY_HYBRID_CUBE,
    TC_TOPOLOGY_PCIE,
    TC_TOPOLOGY_FAT_TREE,
    TC_TOPOLOGY_DRAGONFLY
} tc_topology;
typedef enum tc_flops_convention {
    TC_FLOPS_6ND,
    TC_FLOPS_FULL,
    TC_FLOPS_CAUSAL,
    TC_FLOPS_HARDWARE,
    TC_FLOPS_UNKNOWN
} tc_flops_convention;

/* ---- accelerator -------------------------------------------------------- */

/* The parameters of the device model that no datasheet gives. Each is a
 * physical quantity with a prior in data/architectures/ and, where runs or
 * kernels allow, a fitted value in data/fitted/. Table: traincast_params.h. */
typedef struct tc_device_params {
#define TC_DEVICE_PARAM(name, ...) double name;
#include "traincast_params.h"
#undef TC_DEVICE_PARAM
} tc_device_params;

typedef struct tc_accelerator {
    size_t size;
    char slug[64], name[96], vendor[48], architecture[32], fabric[256], released[16];
    char stack[256]; /* the usual training stack on it; empty: none known */
    char region[32]; /* of economics.yaml, where it is sold if it is sold nowhere else; empty: anywhere */
    int devices_per_package;
    double memory_bytes;            /* what one device can allocate before framework overhead */
    double memory_bytes_per_s;      /* datasheet HBM bandwidth of one device */
    double cache_bytes;             /* last-level cache; 0 unknown */
    int cores;                      /* SMs, CUs, AI cores, TPCs that tile a GEMM; 0 unknown */
    double clock_hz;                /* boost clock of the datasheet, which the peaks are stated at; 0 unknown */
    double held_clock_hz;           /* what the chip runs at where power allows, if that is another; 0: clock_hz */
    double matmul_flops[TC_DTYPES]; /* dense peak of the matrix units of one device; 0 = format not supported */
    double vector_flops;            /* fp32 vector peak of one device; 0 unknown */
    double advertised_flops
        [TC_DTYPES]; /* per package where it differs from matmul (Ascend adds the vector units); 0 = matmul x devices */
    double fp6_flops;        /* per package, for TPP only; 0 unknown */
    double tdp_w;            /* per package */
    double die_area_mm2;     /* applicable logic dies of one package; 0 unknown */
    double io_bytes_per_s;   /* aggregate bidirectional chip-to-chip I/O of a package; 0 unknown */
    double price_usd;        /* per package; 0 unknown */
    double rental_usd_per_h; /* per package; 0 unknown */
    double mtbf_s;           /* mean time between job-stopping failures of one package; 0 unknown */
    double host_bytes_per_s; /* device to host (PCIe, C2C), one direction; 0 unknown */
    bool datacentre;         /* designed or marketed for data centres (export rules) */
    tc_device_params params; /* resolved: fitted where there is a fit, prior otherwise */
} tc_accelerator;

/* ---- fabric: levels from the inside out --------------------------------- */

#define TC_MAX_LEVELS 4

typedef struct tc_level {
    char name[32];
    int size; /* devices in one domain of this level; 0 = no limit (outermost) */
    tc_topology topology;
    double bytes_per_s;      /* per device, one direction */
    double latency_s;        /* one message, software included */
    double oversubscription; /* 1 = full bisection */
    bool in_network_reduction;
    int dims; /* torus dimensions, 0 otherwise */
} tc_level;

typedef struct tc_fabric {
    size_t size;
    char slug[64], name[96];
    int levels;
    tc_level level[TC_MAX_LEVELS];
} tc_fabric;

/* ---- model --------------------------------------------------------------- */

#define TC_MAX_BLOCKS 16
#define TC_MAX_NORMS 8
#define TC_MAX_PROJECTIONS 12

typedef struct tc_attention {
    int heads, kv_heads, head_dim;
    int window; /* sliding window in tokens; 0 = full context */
    bool qkv_bias, out_bias;
    bool qk_norm, qk_norm_full; /* norm of queries and keys per head; over all heads */
    bool qk_norm_bias;          /* it has a shift */
    bool sinks;                 /* one learned sink logit per head */
    tc_span span;
    int skip;  /* tokens are dealt out to so many sequences that attend each to itself (skiparse); 0: one */
    bool gate; /* outputs are gated: the projection to queries is twice as wide */
    int chunk; /* tokens attend within chunks of so many; 0: to all */
} tc_attention;

/* A second attention after the mixer: of latents to text, or once more to themselves. */
typedef struct tc_cross {
    int heads, head_dim; /* heads 0: there is none */
    int width;           /* of what keys and values come from; 0: hidden */
    int image_tokens;    /* of the sample, with keys and values of their own beside the text */
    bool itself;         /* the latents, not text */
    bool bias;           /* of its projections */
    bool qk_norm, qk_norm_full;
    bool norm; /* before it, with a scale and a shift */
} tc_cross;

/* Scales, shifts and gates of a block, of each sample: adaLN (Peebles & Xie 2023, arXiv 2212.09748). */
typedef struct tc_modulation {
    int vectors;      /* of width hidden: 6 around attention and MLP; of each stream; 0: none */
    int text_vectors; /* of the text stream where it has another number; 0: as many */
    int width;        /* of the condition that they are made from; 0: hidden */
    int rank;         /* through so many for three of them (adaLN-LoRA); 0: one matrix */
    tc_modulation_kind kind;
} tc_modulation;

typedef struct tc_latent {
    int heads, window;
    int q_rank; /* 0 = plain q projection */
    int kv_rank;
    int nope_dim, rope_dim, v_dim; /* of a head: keys without and with positions, values */
    bool out_bias;
    int index_heads, index_dim,
        index_top_k; /* an indexer chooses the keys of each query (DeepSeek sparse attention); 0: all */
} tc_latent;

/* A selective state space behind a short causal convolution: Mamba-2, or Mamba-1 where there is a dt_rank (its heads are then
 * channels of one element). */
typedef struct tc_state_space {
    int heads, head_dim;
    int groups;           /* of heads that share B and C */
    int state;            /* size of the state of a channel */
    int conv;             /* tokens that the convolution sees */
    int chunk;            /* tokens of a chunk of the scan */
    int dt_rank;          /* Mamba-1: of the projection to the time step; 0: Mamba-2 */
    bool norm;            /* gated norm of the outputs; of Mamba-1, norms of time step, B and C */
    bool conv_bias, bias; /* bias: of the projections */
} tc_state_space;

/* The delta rule with a decay for each head (gated delta net) or, with gate_rank, each channel (Kimi delta attention). */
typedef struct tc_delta {
    int key_heads, value_heads, key_dim, value_dim;
    int conv;      /* tokens that the convolutions of queries, keys and values see */
    int chunk;     /* tokens of a chunk of the scan */
    int gate_rank; /* of the projections to decays and output gates; 0: one decay a head, gates of full width */
} tc_delta;

typedef struct tc_linear {
    int heads, head_dim;
    int chunk; /* tokens of a block that is computed as attention */
    bool gate; /* outputs are gated by a projection of their width */
} tc_linear;

typedef struct tc_dense {
    tc_mlp_kind kind;
    int ffn; /* width */
    bool bias;
} tc_dense;

typedef struct tc_experts {
    tc_mlp_kind kind;
    int experts, top_k;
    int ffn;        /* width of each */
    int shared_ffn; /* total width of the shared experts */
    int latent;     /* width to which tokens are projected before the experts and from which back; 0: the hidden one */
    bool shared_gate, router_bias, bias;
} tc_experts;

/* One run of equal blocks: a mixer and feed-forward parts, each with norms and a residual connection. */
typedef struct tc_block {
    int count;
    tc_mixer_kind mixer;
    tc_mixer_kind beside; /* a second mixer on the same input, whose output is added */
    int ffn;              /* tc_ffn_kind bits */
    tc_attention attention;
    tc_latent latent;
    tc_state_space state_space;
    tc_delta delta;
    tc_linear linear;
    tc_dense dense;
    tc_experts experts;
    int norms; /* norms of width hidden per block and stream: 2; 4 with post-norms; at most TC_MAX_NORMS */
    bool parallel_residual;
    tc_token_stream stream;
    bool text_ends; /* the last double block: what text becomes of it is not used */
    tc_cross cross;
    tc_modulation modulation;
    bool
        alternates; /* with the runs beside it that do: they are spread evenly over the depth that they have in common */
} tc_block;

/* Images and video as latent tokens: S = (1 + (frames - 1) / time_stride) / time_patch x height / (stride patch) x width /
 * (stride patch), of a variational autoencoder's strides. */
typedef struct tc_latents {
    int frames, height, width; /* of a sample, in pixels; an image has one frame */
    int time_stride, stride;   /* pixels of a latent; 0: a model without latents */
    int time_patch, patch;     /* latents of a token */
    int text_tokens;           /* of a sample, beside the latent ones */
} tc_latents;

/* A product at the model's ends: patches, text and conditions come in by it, patches go out. */
typedef enum tc_projected { TC_PROJECTED_LATENTS, TC_PROJECTED_TEXT, TC_PROJECTED_SAMPLE } tc_projected;
typedef struct tc_projection {
    tc_projected of;           /* each of these */
    int input, middle, output; /* widths; middle 0: one matrix; input 0: no product, a table of so many weights */
    bool bias;
    bool last; /* at the output */
} tc_projection;
#define TC_MAX_TOWERS 6
#define TC_TOWER_BLOCKS 3

/* What a tower's weights do. */
typedef enum tc_tower_state {
    TC_TOWER_AS_MODEL, /* they are trained, unless the base is frozen */
    TC_TOWER_TRAINED,
    TC_TOWER_FROZEN /* forward alone; behind a trained part the gradients of its inputs as well */,
    TC_TOWER_CACHED /* its outputs were made before: neither run nor held */
} tc_tower_state;
/* What one of its runs is for. */
typedef enum tc_tower_unit {
    TC_TOWER_IMAGE,
    TC_TOWER_SAMPLE,
    TC_TOWER_PIXEL /* of all pixels of a sample */
} tc_tower_unit;

/* Matrices one after the other, with activations between them: in x width, width x width ..., width x out. */
typedef struct tc_projector {
    int layers; /* matrices; 0: none */
    int in, width, out;
    int norm;   /* width of a norm before them; 0: none */
    int copies; /* of all of it, side by side: 1 */
    bool bias;
} tc_projector;

/* A part of a model with a width, blocks and tokens of its own that runs beside its main stack, on the first pipeline stage:
 * the vision tower of a VLM, its projector, a text or image encoder of a diffusion model.
 * A unit's tokens: patches of an image; those of another tower; else `tokens`. */
typedef struct tc_tower {
    char name[24];
    tc_tower_state state;
    tc_tower_unit unit;
    int after;  /* 1 + the place of the tower whose outputs it takes; 0: none */
    bool joins; /* its outputs are tokens of the main stack's sequence */
    int hidden;
    tc_norm_kind norm;
    bool norm_bias;
    tc_positions positions;
    bool causal;
    int inputs; /* numbers of a patch, that a matrix makes a token of; 0: none */
    bool inputs_bias;
    int vocab, learned_positions, class_tokens;
    int norms;              /* of width hidden, beside those of the blocks */
    int patch;              /* pixels of the side of a token's patch; 0: its images, if any, have `tokens` */
    int tile, max_tiles;    /* an image is cut into squares of so many pixels a side; 0: it is taken as it is */
    int tokens;             /* of a unit; 0: the text tokens of a model of latents */
    int merge;              /* tokens that become one of its outputs: 1 */
    tc_projector projector; /* on its outputs */
    double weights;         /* elements that no operator of it has */
    double flops;           /* of a unit, forward, beside its blocks: a convolutional encoder */
    double efficiency;      /* at which these run, of the rate of large matrix products: 1 */
    int blocks;
    tc_block block[TC_TOWER_BLOCKS]; /* a window of theirs: the tokens are cut into groups of so many */
} tc_tower;

typedef struct tc_model {
    size_t size;
    char slug[96], name[128], family[32];
    int hidden;
    int vocab; /* 0: neither embedding nor head nor loss */
    int seq;   /* training context, tokens */
    tc_positions positions;
    int learned_positions; /* rows of the position table */
    int token_types;       /* rows of a token-type table (BERT: 2) */
    tc_norm_kind norm;
    bool norm_weight, norm_bias; /* a norm's scale and shift */
    bool tied_embeddings, causal;
    bool embedding_norm; /* BLOOM, BERT: a norm after the embedding */
    bool final_norm;
    bool lm_head, lm_head_bias;
    bool head_transform; /* BERT: a dense layer and a norm before the decoder */
    int blocks;
    tc_block block[TC_MAX_BLOCKS];
    int mtp_layers;     /* multi-token-prediction modules, each one block like the last */
    tc_latents latents; /* of a diffusion model; seq is what they come to */
    int projections;
    tc_projection projection[TC_MAX_PROJECTIONS];
    double parameters_published; /* 0 unknown */
    char stored[48];             /* how its checkpoint keeps the weights, "gptq, 4 bit"; "": as they are trained */
    char left_out[64];           /* parts that its file has and the model has not, "vision_config"; "": none */
    char
        contradiction[96]; /* what its file says twice, and how it was read: "Glm4MoeForCausalLM, not model_type glm" */
    double images;         /* of a sample, where the job does not say: 1 */
    int image_width, image_height; /* pixels, likewise */
    int towers;
    tc_tower tower[TC_MAX_TOWERS];
    int layers_cut; /* layers that the whole model has, of which these are a part; 0: it is whole */
} tc_model;

/* ---- layout --------------------------------------------------------------- */

#define TC_UNSET (-1) /* take the stack's default, and say so in `assumed` */

/* A pipeline schedule of one's own: what each stage does, in which order. An opaque handle. */
typedef struct tc_order tc_order;

typedef struct tc_layout {
    size_t size;
    int tp, pp, cp, ep, etp, dp,
        vpp;                 /* TC_UNSET for dp: devices / (tp pp cp); etp: tp without ep, else 1 or the stack's */
    int micro_batch;         /* sequences */
    int sequence_parallel;   /* 0, 1 or TC_UNSET */
    int sharding;            /* tc_sharding or TC_UNSET */
    int hsdp;                /* shard group size with TC_SHARD_HSDP */
    int recompute;           /* tc_recompute or TC_UNSET */
    double recompute_layers; /* layers recomputed per model with TC_RECOMPUTE_LAYERS */
    int recompute_operators; /* tc_operator_group bits with TC_RECOMPUTE_OPERATORS */
    int schedule;            /* tc_schedule or TC_UNSET */
    int cp_kind;             /* tc_cp_kind or TC_UNSET */
    int cp_all_to_all;       /* ranks of a group with TC_CP_BOTH */
    int offload;             /* tc_offload or TC_UNSET */
    int overlap;             /* tc_overlap bits or TC_UNSET */
    int graphs;              /* tc_operator_group bits, TC_GRAPHS_ALL: operators without host time; or TC_UNSET */
    int offload_operators; /* tc_operator_group bits whose activations alone are on the host, swapped behind the compute */
    int first_layers,
        last_layers; /* layers of the pipeline's first and last chunk, or TC_UNSET; the others share the rest evenly */
    int flush;       /* micro-batches after which the pipeline is emptied, or TC_UNSET: once a step */
    int stage_count; /* of stage_layers */
    const int *stage_layers; /* layers of each chunk in pipeline order; NULL: as above; not owned */
    const tc_order *order;   /* with TC_SCHEDULE_CUSTOM, NULL otherwise; not owned */
} tc_layout;

/* ---- stack --------------------------------------------------------------- */

typedef struct tc_stack_params {
#define TC_STACK_PARAM(name, ...) double name;
#include "traincast_params.h"
#undef TC_STACK_PARAM
} tc_stack_params;

/* What a figure of device memory counts. */
typedef enum tc_memory_log {
    TC_LOG_DEVICE,    /* all of the process, as nvidia-smi shows it */
    TC_LOG_RESERVED,  /* the allocator's: without context and communicators */
    TC_LOG_ALLOCATED, /* live tensors */
    TC_LOG_FIRST_STEP /* live tensors up to the end of the first step, which makes the moments of the optimizer */
} tc_memory_log;

/* 16-bit gradients of weights beside the accumulated ones. */
typedef enum tc_temporary_gradients {
    TC_GRADIENTS_IN_PLACE,    /* none: the matmul adds to the accumulated gradient, or that is the only one */
    TC_GRADIENTS_OF_A_WEIGHT, /* of the weight in work */
    TC_GRADIENTS_EVERY_SHAPE  /* one that stands for all weights of its shape, kept (Transformer Engine) */
} tc_temporary_gradients;

/* An optimizer: bytes of a parameter. Figures of data/optimizers.yaml. */
typedef struct tc_optimizer_figures {
    double state_bytes;     /* beside the master copy */
    double end_state_bytes; /* the same of embedding and head */
    double extra_bytes;     /* that a fused step moves beyond state, gradient and weights */
    double unfused_bytes;   /* all that a step of single kernels moves */
    int newton_schulz;      /* iterations on each matrix of the layers */
    double foreach_passes;  /* torch.optim: elements that its kernels over lists of tensors move; 0: it has none */
} tc_optimizer_figures;

/* What a stack keeps on the device. */
typedef struct tc_stack_memory {
    int grad_bytes;         /* bytes of a gradient element in the buffer that is reduced: 2 or 4 */
    int main_grad_bytes;    /* bytes of the accumulated gradient kept per parameter: 2 or 4 */
    double optimizer_bytes; /* bytes of state per parameter with the stack's optimizer, master copy included: 12 */
    double sharded_optimizer_bytes; /* the same where ranks split the states; 0: as above */
    int logits_bytes; /* kept per logit for the loss beside the 16-bit one: 4 (fp32 copy), 12 (eager); 0 = in place */
    int pair_logits_bytes;     /* the same of preferences; 0: as of the next token */
    bool chunked_loss;         /* logits are made and used in chunks, never whole */
    bool gathered_logits;      /* tensor-parallel logits are gathered before the loss */
    bool masked_head;          /* a model that is not causal has its head on the masked positions alone */
    bool pipeline_outputs;     /* the last stage holds the logits of all micro-batches until the step ends */
    bool dropout;              /* where attention is not fused and norms are LayerNorm: GPT, BERT */
    bool attention_bias;       /* ALiBi reaches fused attention as a tensor of all scores, which every layer keeps */
    bool low_precision_inputs; /* with formats of 8 and 4 bit matmuls keep their inputs in them for the backward pass */
    bool low_precision_activations; /* activation functions too */
    double low_precision_weights;   /* copies of the weights in such a format beside the 16-bit ones */
    bool weighted_inputs; /* routing weights are applied before the experts' second matmul: its output is not kept */
    bool gathered_inputs; /* sequence parallelism: inputs of matmuls stay gathered for the backward pass */
    bool kept_exchange;   /* experts that run again: what their exchange brought stays, and is not exchanged again */
    tc_temporary_gradients temporary_gradients;
    bool gradients_persist;   /* from step to step; else, with one micro-batch, they come as activations go */
    bool late_reduction;      /* ZeRO-2: gradients are reduced at the end of the backward pass, all of a rank at once */
    double gathered_elements; /* ZeRO-3: weights that stay gathered, at least (DeepSpeed: stage3_max_live_parameters) */
    bool
        frozen_gradients; /* sharded weights without gradients have room for them all the same (FSDP's flat parameters) */
    bool whole_accumulation; /* sharded gradients are whole while micro-batches are accumulated (FSDP's no_sync) */
    bool fp32_adapters;      /* adapters, their gradients and moments are in fp32 (PEFT), not as other weights */
    bool copied_gradients;   /* without sharding, gradients are copied into the flat buckets that are reduced (DDP) */
    bool loads_encoders;     /* encoders whose outputs are made before lie beside the model while it is loaded */
    bool loads_whole;        /* sharded weights are gathered whole on every rank while a checkpoint is loaded */
    bool loads_copies; /* without sharding, rank 0 sends the weights to all in buckets that lie beside them (DDP) */
    bool
        kept_originals; /* embedding and head that are trained beside adapters are copies: the frozen ones stay (PEFT) */
    double step_gradients;  /* the step casts gradients to fp32 first, under ZeRO-3 so many elements at once; 0: not */
    double bucket_elements; /* ZeRO: gradient elements in the buckets that are being reduced */
} tc_stack_memory;

/* How the inputs of 8-bit products are scaled. */
typedef enum tc_fp8_recipe {
    TC_FP8_DELAYED,    /* by a tensor's largest values of earlier steps: one pass */
    TC_FP8_TENSORWISE, /* by its largest value now: a pass to find it, one to cast */
    TC_FP8_ROWWISE,    /* a scale for each row, of both directions apart */
    TC_FP8_BLOCKWISE,  /* a scale for 128 elements, or 128 x 128 */
    TC_FP8_MX          /* a scale for 32 elements, in the format itself */
} tc_fp8_recipe;

/* How tokens go to experts and back. */
typedef enum tc_dispatcher {
    TC_DISPATCHER_ALLTOALL,  /* each to the rank of each of its experts */
    TC_DISPATCHER_ALLGATHER, /* all tokens of their group to every rank; sums go back by a reduce-scatter */
    TC_DISPATCHER_DEEPEP,    /* a token crosses to a node once, however many of its experts are there */
    TC_DISPATCHER_HYBRIDEP   /* the same, and tokens arrive in the order of experts */
} tc_dispatcher;

/* How a stack issues its work. */
typedef struct tc_stack_kernels {
    int fused; /* tc_operator_group bits: chains that run as one kernel (attention: the softmax of plain attention) */
    bool native_attention;       /* the device's own fused attention (cuDNN, FlashAttention-3), not a portable one */
    bool unfused_optimizer;      /* the optimizer's step is a chain of element-wise kernels in fp32 */
    bool recompute_stops;        /* recompute ends before a block's last product, whose output nothing reads */
    bool foreach_optimizer;      /* it is torch.optim's, operator by operator over lists of all tensors */
    double host_optimizer_bytes; /* of a parameter, that a step on the host moves; 0: as a fused one */
    bool sequential_experts;     /* one kernel an expert, not a grouped GEMM */
    bool
        expert_modules; /* each expert is a module: tokens are gathered and added back for it alone, its weights go alone */
    bool repeated_tokens; /* before such a loop each token is copied for each of its experts */
    int stacked_experts;  /* experts of such a loop whose weights are slices of one tensor; 0 or 1: each has its own */
    bool overlap_tensor_parallel; /* with the stack's tp_overlap; else in line */
    /* Sequence parallelism moves another dimension than the outermost: a copy behind each gather and before each reduce-scatter (DTensor,
     * of several samples). */
    bool gathered_copies;
    bool
        low_precision_gathers; /* it gathers inputs of 8- and 4-bit products in that format, but where rows have scales */
    bool low_precision_gradient_gathers; /* gradients too */
    bool fused_tensor_parallel;          /* matmul and collective in one kernel, by chunks (MC2, CoC) */
    int communication_cores; /* cores that communication kernels keep from compute throughout (DeepSeek-V3: 20 of 132) */
    bool issues_experts;     /* the host issues each expert's product of a grouped GEMM, in a loop */
    bool
        eager_scans; /* recurrences are chains of framework operators, with a loop over rows and chunks: no kernel of their own */
    bool
        reads_counts; /* the host reads back how many tokens each expert gets, unless whole steps are replayed as graphs */
    bool
        overlap_experts; /* the exchange of experts runs beside the compute of another micro-batch, with the stack's ep_overlap */
    tc_fp8_recipe fp8_recipe; /* of fp8; formats of MX and NVFP4 bring their own */
    bool adapter_dropout;     /* inputs of adapters go through dropout, said or not (LitGPT and ms-swift: 0.05) */
    bool fused_adapters; /* of LoRA: sums with the base's output are the products' own, nothing is copied (Unsloth) */
    bool eager_casts;    /* casts to 8 bit are chains of eager operators, not a kernel */
    bool
        averaged_losses; /* data-parallel ranks average the loss after every micro-batch, and wait for each other there */
    bool shared_towers;       /* ranks of a model's tensor and context parallelism share out what frozen towers do */
    bool replicated_towers;   /* tensor-parallel ranks run vision towers whole, each the same */
    tc_dispatcher dispatcher; /* how tokens go to experts and back */
    /* Operators that the host issues in the forward pass of a layer with experts, by what they are for: norms, projections, positions,
     * attention and residual additions; of MLA beside; scores, the best experts and counts; products and activation of experts, and of
     * those of every token. Then the exchange, by dispatcher: copies of the counts, collectives, sorts. Their time is moe_sync for 200. */
    int issued_by_mixer, issued_by_latents, issued_by_router, issued_by_experts, issued_by_shared;
    int issued_by_alltoall, issued_by_allgather, issued_by_deepep, issued_by_hybridep;
    int issued_by_ring; /* for each rank that keys and values of a ring come from: sends, slices, attention, sums; forward or backward */
    double loss_bytes;          /* of a 16-bit logit, that the loss reads and writes both ways; 0: by loss_passes */
    double collective_elements; /* of a bucket of gradients that are reduced at once; 0: all of a stage */
    int tensor_collectives; /* shardings with which weights and gradients go tensor by tensor: bits 1 << tc_sharding */
} tc_stack_kernels;

/* Kinds of models that have training programs of their own. */
typedef enum tc_model_kind {
    TC_MODEL_OF_TEXT,
    TC_MODEL_OF_LATENTS, /* images and video */
    TC_MODEL_OF_IMAGES,  /* read by a tower beside the text */
    TC_MODEL_KINDS
} tc_model_kind;

#define TC_STACK_DATE 8 /* room of a month, "2025-09" */

/* Since when a stack is known, and what its published runs were like where their source does not say: only validation asks for those. */
typedef struct tc_stack_history {
    int asked;                 /* year x 100 + month of the program that was asked for; 0: the newest */
    char since[TC_STACK_DATE]; /* the earliest month that it is described for, "2023-01"; empty: not known */
    char compiled_variant[64]; /* the stack that it is with its model compiled; empty: none */
    /* the stacks with which the same devices usually train models of images and video, and models with a vision tower; empty: itself */
    char of_latents[64], of_images[64];
    int compiled_formats;     /* formats in which it is compiled where a source does not say: bits 1 << tc_dtype */
    bool interleaving;        /* virtual pipeline stages are in use */
    tc_memory_log memory_log; /* what the stack's own log calls memory */
} tc_stack_history;

/* Layers of the pipeline's chunks that are not all alike: bits. */
typedef enum tc_uneven_stages {
    TC_UNEVEN_LEFT_OVER = 1, /* what does not divide is spread by the stack itself */
    TC_UNEVEN_FIRST_LAST = 2 /* the first and the last are chosen, the others alike */,
    TC_UNEVEN_LIST = 4 /* each is chosen */
} tc_uneven_stages;

/* The ranks among which the experts of a layer can be spread. */
typedef enum tc_expert_ranks {
    TC_EXPERT_RANKS_NONE,
    TC_EXPERT_RANKS_DATA,    /* ep divides dp */
    TC_EXPERT_RANKS_CONTEXT, /* ep divides dp x cp */
    TC_EXPERT_RANKS_STAGE    /* ep x etp divides tp x cp x dp */
} tc_expert_ranks;

/* Degrees of expert tensor parallelism: bits. */
typedef enum tc_expert_split {
    TC_EXPERT_SPLIT_ONE = 1,
    TC_EXPERT_SPLIT_TP = 2,
    TC_EXPERT_SPLIT_OTHER = 4
} tc_expert_split;

/* What a stack can run. Sets are bits, 1 << value of their vocabulary. */
typedef struct tc_stack_supports {
    int schedules;             /* of a pipeline; none: it has no pipeline */
    bool virtual_stages;       /* several chunks of layers on a stage, interleaved */
    int uneven_stages;         /* tc_uneven_stages */
    bool tensor_parallel;      /* matrices and heads are split */
    bool copied_kv_heads;      /* more tensor-parallel ranks than key-value heads */
    int sequence_parallel;     /* bits of 0 and 1: with tensor parallelism it may be off, on */
    bool plain_expert_tensors; /* tensor and expert parallelism also without sequence parallelism */
    int cp_kinds;              /* none: it has no context parallelism */
    int cp_chunks;             /* the sequence is a multiple of so many a context-parallel rank: 2 in a balanced ring */
    int cp_tokens;             /* tokens of a context-parallel rank, at least */
    int expert_ranks;          /* tc_expert_ranks */
    int expert_split;          /* tc_expert_split */
    int sharding;
    int pipeline_sharding; /* of these, with a pipeline */
    int recompute;
    int recompute_operators; /* tc_operator_group bits that it can run again */
    int offload;
    int overlap; /* of the values of tc_overlap's bits */
    int graphs;  /* tc_operator_group bits, TC_GRAPHS_ALL */
    int dtypes, optimizers;
    bool uneven_batch; /* data-parallel ranks with different numbers of sequences */
} tc_stack_supports;

typedef struct tc_stack {
    size_t size;
    char slug[64], name[96];
    /* defaults where neither the user nor the run says otherwise */
    tc_layout defaults;
    tc_attention_impl attention;
    tc_optimizer optimizer;
    tc_optimizer_figures optimizers[TC_OPTIMIZER_NONE]; /* by tc_optimizer, that of the stack or another in its place */
    bool expert_tensor_parallel; /* experts are split like the dense layers where the source does not say */
    bool cached_latents;         /* models of images and video train on latents and embeddings that were made before */
    tc_stack_history history;
    tc_stack_supports supports;
    tc_stack_memory memory;
    tc_stack_kernels kernels;
    tc_stack_params params;
} tc_stack;

/* ---- job, cluster -------------------------------------------------------- */

typedef struct tc_job {
    size_t size;
    tc_model model;
    int seq;               /* tokens; TC_UNSET = the model's */
    int64_t global_batch;  /* sequences; TC_UNSET = dp x micro-batch */
    int dtype;             /* tc_dtype */
    int optimizer;         /* tc_optimizer or TC_UNSET */
    int attention;         /* tc_attention_impl or TC_UNSET */
    bool balanced_routing; /* mixture of experts: every expert gets the same number of tokens, as benchmarks force it */
    int document; /* tokens: attention stays within documents of that many in a packed sequence; 0: the whole sequence */
    double expert_capacity; /* tokens of every expert relative to the mean, dropped or padded to it; 0: dropless */
    bool frozen_base;       /* the model's weights have no gradients and no states; adapters may (LoRA) */
    tc_finetune finetune;   /* traincast_finetune.h */
    int cached_latents; /* of a model of images or video: its encoders ran before, 0 or 1; TC_UNSET: the stack's way */
    int ema;            /* running means of the weights beside them, in fp32, split as the optimizer's states are */
    double images;      /* of a sample, on average; their tokens are part of seq; TC_UNSET: the model's */
    int image_width, image_height; /* pixels; TC_UNSET: the model's */
} tc_job;

/* Devices of one kind on one fabric, with the software and the layout of a job that runs on them beside others. */
typedef struct tc_pool {
    size_t size;
    tc_accelerator accelerator;
    tc_fabric fabric;
    int devices;
    double host_memory_bytes;
    tc_stack stack;
    bool stack_assumed;
    tc_layout layout; /* pp: the stages on this pool */
} tc_pool;

/* What joins pools, or sites: all paths between two of them together, one direction. */
typedef struct tc_link {
    double bytes_per_s;
    double oversubscription; /* 1: none; the bandwidth that is usable is bytes_per_s over it */
    double latency_s;        /* of a message at no distance */
    double distance_m;       /* of the sites, along the fibre: light adds its time */
    double usd_per_byte;     /* of what leaves a pool: egress; 0: none, or not known */
} tc_link;

/* How one job is spread over several pools. */
typedef enum tc_across {
    TC_ACROSS_DATA,    /* each has a copy of the model, and of the batch what it can do in the same time */
    TC_ACROSS_PIPELINE /* each has some of the stages, and of the layers what it can do in the same time */
} tc_across;

typedef struct tc_mixing {
    int across;               /* tc_across */
    double known_local_steps; /* up to which published runs lost no quality; 0: not known */
    int local_steps; /* steps between two exchanges of weights (DiLoCo); 0 or 1: gradients are exchanged every step */
    /* Of the time that the arithmetic gives, what software that joins kinds of accelerators reaches; 0: all of it. */
    double efficiency_p10, efficiency, efficiency_p90;
    char tuning[24]; /* which of data/mixing.yaml it is */
    tc_link link;    /* between any two of the pools */
} tc_mixing;

#define TC_MAX_POOLS 8

typedef struct tc_cluster {
    size_t size;
    tc_accelerator accelerator;
    tc_fabric fabric;
    int devices;
    double host_memory_bytes; /* of a server; 0: the accelerator's usual one */
    int others;               /* pools beside this one; 0: one job has one pool */
    const tc_pool *other;     /* not owned */
    tc_mixing mixing;         /* with others */
} tc_cluster;

TC_API tc_job tc_default_job(void);
TC_API tc_cluster tc_default_cluster(void);
TC_API tc_pool tc_default_pool(void);
TC_API tc_layout tc_default_layout(void);
TC_API tc_model tc_default_model(void);
TC_API tc_block tc_default_block(void);
TC_API tc_tower tc_default_tower(void);
TC_API tc_stack tc_default_stack(void);
TC_API tc_accelerator tc_default_accelerator(void);
TC_API tc_fabric tc_default_fabric(void);

/* Reads a schedule in PyTorch's notation (docs/timeline.md); errors have the file's line as place. */
TC_API TC_NODISCARD tc_code tc_schedule_load(const char *path, tc_order **out, tc_error *error);
TC_API void tc_schedule_free(tc_order *order);

/* What is known of the errors of forecasts: opaque, of a catalog (tc_catalog_interval). */
typedef struct tc_interval_model tc_interval_model;

/* One question: what is trained, on what, how, by which software. */
typedef struct tc_question {
    size_t size;
    tc_job job;
    tc_cluster cluster;
    tc_layout layout; /* TC_UNSET: the stack's */
    tc_stack stack;
    bool stack_assumed;                /* nobody named the stack: forecasts say so in `assumed` */
    const tc_interval_model *interval; /* NULL: forecasts have no interval */
} tc_question;

TC_API tc_question tc_default_question(void);

/* ---- what a model is, with no hardware in it ------------------------------ */

typedef struct tc_model_size {
    double parameters;        /* every weight of the main model once (tied once; MTP and towers apart) */
    double active_parameters; /* embedding and head included, routed experts by top_k */
    double mtp_parameters;
    double embedding_parameters, head_parameters;
    double tower_parameters; /* of all towers */
} tc_model_size;

/* Frames, height and width of a sample of latents (TC_UNSET: as they are), and seq with them. TC_INVALID with an option as
 * place where the strides do not go into them, or the model has no latents. */
TC_API TC_NODISCARD tc_code tc_model_set_sample(tc_model *model, int frames, int height, int width, tc_error *error);

/* The same model with so many layers, at most all: leading dense layers stay, others are cut in proportion. */
TC_API TC_NODISCARD tc_code tc_model_cut(tc_model *model, int layers, tc_error *error);

/* 0 of a model that a forecast would refuse (tc_forecast says why); so below. */
TC_API tc_model_size tc_model_count(const tc_model *model);

/* FLOPs per token of forward and backward at sequence length seq.
 * 6nd: 6 x active parameters; full: GEMMs and full attention; causal: attention
 * halved for causality; hardware: full plus the recompute of `recompute` (that of single operators is not counted). */
TC_API double tc_model_flops_per_token(const tc_model *model, int seq, tc_flops_convention convention, int recompute,
                                       double recompute_layers);

/* ---- the forecast ---------------------------------------------------------- */

/* Where the step's seconds go: they add up to step_s. Compute is that of the busiest stage, communication what stays exposed
 * of it; dp_comm is that of gradients and parameters. */
#define TC_BREAKDOWN_PART(member, label, loss, bound, feature) double member;
typedef struct tc_breakdown {
    TC_PARTS(TC_BREAKDOWN_PART) /* traincast_parts.h */
} tc_breakdown;

/* Where the bytes of the fullest device go. */
typedef struct tc_memory {
    double parameters, gradients, optimizer, activations, logits, buffers, framework, fragmentation;
    double allocated; /* peak of live tensors */
    double reserved;  /* what the process holds: allocated, fragmentation, context and libraries' buffers */
    double cached;    /* of fragmentation: blocks kept for samples of other lengths, which go when the device is full */
    double capacity;  /* of the device */
    double usable;    /* of that, what a process can have */
    double host;      /* of the server's memory: of the stage that keeps most there */
    double host_share; /* what each device can have of it; 0 unknown */
    double paged;      /* of host: states of the optimizer for which the device has no room */
    int host_devices;  /* that share it */
    int stage;         /* the fullest pipeline stage */
} tc_memory;

#define TC_ASSUMED_MAX 16
#define TC_DISTANCE_REASONS 3

typedef struct tc_step {
    double step_s, step_s_p10, step_s_p90; /* 80 % interval; 0 where there is none */
    double memory_p10, memory_p90;         /* 80 % interval of memory.reserved, bytes; 0 where there is none */
    const char *evidence;                  /* what the interval rests on, a fixed text; NULL without one */
    double distance; /* of the layout from those of published runs, in doublings; 0: within what they do */
    int distance_count;
    char distance_reason[TC_DISTANCE_REASONS][112]; /* "no published run has more than 64 pipeline stages" */
    double tokens_per_step;
    double tokens_per_s_per_device;
    double model_flops[4];                      /* per step, whole job, by tc_flops_convention */
    double tflops_per_device, mfu_pct, hfu_pct; /* model FLOPs, full attention; peak of the job's format */
    tc_breakdown breakdown;
    tc_memory memory;
    double
        fits_probability; /* that memory.reserved, as it will be measured, is at most memory.usable; 0 or 1 without an interval */
    bool fits;            /* more likely than not */
    tc_layout layout; /* resolved: no TC_UNSET left */
    int64_t global_batch, micro_batches;
    int assumed_count;
    char assumed[TC_ASSUMED_MAX][96]; /* "micro-batch 1 (stack default)" */
} tc_step;

/* What comes in is not believed: a member of a struct that is out of its bounds (an enumeration beyond its words, a count
 * beyond its array, a negative or infinite figure, NaN, a `size` of another version) is TC_INVALID, and the place names it:
 * "question.job.dtype". Every function that returns a tc_code holds to that; what pointers lead to is the caller's word.
 *
 * Forecasts one optimizer step: resolves the layout, times it, measures its memory, gives the interval where the
 * question has an interval model, and lists what was assumed. Errors: TC_INVALID with an option as place for
 * degrees that are impossible. A layout that does not fit is no error. */
TC_API TC_NODISCARD tc_code tc_forecast(const tc_question *question, tc_step *out, tc_error *error);

/* ---- what a stack can run --------------------------------------------------- */

/* What a stack lacks. */
typedef enum tc_lack {
    TC_LACK_TENSOR_PARALLEL,
    TC_LACK_COPIED_KV_HEADS,
    TC_LACK_SEQUENCE_PARALLEL,
    TC_LACK_CONTEXT_PARALLEL,
    TC_LACK_CONTEXT_LENGTH,
    TC_LACK_EXPERT_PARALLEL,
    TC_LACK_EXPERT_TENSOR_PARALLEL,
    TC_LACK_SCHEDULE,
    TC_LACK_VIRTUAL_STAGES,
    TC_LACK_UNEVEN_STAGES,
    TC_LACK_SHARDING,
    TC_LACK_RECOMPUTE,
    TC_LACK_OFFLOAD,
    TC_LACK_OVERLAP,
    TC_LACK_GRAPHS,
    TC_LACK_DTYPE,
    TC_LACK_OPTIMIZER,
    TC_LACKS
} tc_lack;

typedef struct tc_beyond {
    tc_lack lack;
    char text[200]; /* "MindSpeed-LLM has no sharding hsdp" */
} tc_beyond;

/* Why the question's stack cannot run a resolved layout (tc_step's): each thing that it lacks, once. Writes at most
 * `room` of them and returns how many there are; 0: it can, or the question or layout is none that tc_forecast answers. The question's own layout is not looked at. */
TC_API size_t tc_beyond_stack(const tc_question *question, const tc_layout *layout, tc_beyond *out, size_t room);

/* ---- catalog ---------------------------------------------------------------- */

typedef struct tc_catalog tc_catalog;

/* Opens the embedded data, overridden and extended by directories (later wins); NULL = none. */
TC_API TC_NODISCARD tc_code tc_catalog_open(const char *const *dirs, int ndirs, tc_catalog **out, tc_error *error);
TC_API void tc_catalog_close(tc_catalog *catalog);
TC_API const char *tc_catalog_hash(const tc_catalog *catalog);

/* slug_or_path: a slug of the catalog, or a file's path (contains '/' or ends in .yaml).
 * A handle is for one thread at a time; opening another costs nothing. */
TC_API TC_NODISCARD tc_code tc_catalog_accelerator(tc_catalog *c, const char *slug_or_path, tc_accelerator *out,
                                                   tc_error *e);
TC_API TC_NODISCARD tc_code tc_catalog_fabric(tc_catalog *c, const char *slug_or_path, tc_fabric *out, tc_error *e);
TC_API TC_NODISCARD tc_code tc_catalog_model(tc_catalog *c, const char *slug_or_path, tc_model *out, tc_error *e);
/* "megatron-core@2025-09": the stack as it was in that month; without one, the newest. */
TC_API TC_NODISCARD tc_code tc_catalog_stack(tc_catalog *c, const char *slug_or_path, tc_stack *out, tc_error *e);

/* The errors of forecasts on published runs, for tc_question.interval. NULL where the data hold none; the catalog owns it. */
TC_API TC_NODISCARD tc_code tc_catalog_interval(tc_catalog *c, const tc_interval_model **out, tc_error *e);

/* A model as above, or a Hugging Face config.json by its path. */
TC_API TC_NODISCARD tc_code tc_model_load(tc_catalog *c, const char *slug_or_path, tc_model *out, tc_error *e);

/* ---- the program's answers, for other languages --------------------------------- */

/* Answers a question in JSON as `traincast COMMAND --json` does. The request is an object: "command" (step, infer, explain,
 * compare, run, search, plan, validate, controls, list, show), "arguments" (a list of the words after it), and the
 * command's options by name ("global_batch": 512, "accelerators": ["h20", "h100-sxm"], "balanced_routing": true);
 * "layout" may be an object: an answer of step or search, or its layout; a model, an accelerator, a fabric, a stack and,
 * among the arguments, a scenario too: what its file would hold. The answer is freed by tc_answer_free.
 * Errors: TC_INVALID, TC_NOT_FOUND with the place "request: $.member". */
TC_API TC_NODISCARD tc_code tc_ask_json(tc_catalog *catalog, const char *request, char **answer, tc_error *error);
/* The same; searches and plans tell the caller's thread from time to time which share is done, and end with what they have
 * where it answers false: a search's answer says "stopped". */
TC_API TC_NODISCARD tc_code tc_ask_json_watched(tc_catalog *catalog, const char *request,
                                                bool (*tell)(void *told, double share), void *told, char **answer,
                                                tc_error *error);
TC_API void tc_answer_free(char *answer);

/* ---- chapters -------------------------------------------------------------- */

#include "traincast_collective.h"

#include "traincast_mixed.h"

#include "traincast_search.h"

#include "traincast_run.h"

#include "traincast_require.h"

#include "traincast_plan.h"

#include "traincast_serving.h"

#include "traincast_validate.h"

#ifdef __cplusplus
}
#endif
#endif
