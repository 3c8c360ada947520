/* published.h - published training runs, one JSON object a line, as plain structs.
 *
 * The format is described in data/runs/README.md. What a source does not state stays unset, so that
 * scoring can say what it assumed: TC_UNSET where a degree or a choice is not stated, 0 where a size
 * is not, NULL where a text is not. Keys that are not read here are ignored: the lines carry more,
 * for people.
 *
 * The library holds no runs: data/runs is embedded in the program alone. Whoever calls the library reads a file of
 * them, or gives a text.
 *
 * How the fields are meant, where their name leaves it open:
 * - `devices`, rates and memory are per schedulable device of `accelerator`; samples_per_s is of the whole job.
 * - `shared_experts` is a count: their total width is shared_experts x expert_ffn.
 * - a mixture of experts without `expert_ffn` has experts of width `ffn`; dense_layers are the first layers.
 * - with MLA (`mla.kv_rank` > 0, or family mla-moe) `head_dim` is not the width of a head.
 * - what a model has beside the language model's sizes - towers, latents, fine-tuning, reinforcement learning - is read into
 *   structs of its own; kinds.c says which of it is modelled.
 * - `vpp` is the number of model chunks of a device; layers need not be a multiple of pp x vpp, since
 *   frameworks count embedding and head as layers or leave the last stages shorter.
 */
#ifndef TC_VALIDATE_PUBLISHED_H
#define TC_VALIDATE_PUBLISHED_H

#include "base/arena.h"
#include "base/json.h"
#include "traincast.h"
#include "validate/fields.h"
#include "validate/normalise.h"

/* In the order of preference; the first that a source states is scored. */
typedef enum tc_metric {
    TC_METRIC_NONE,
    TC_METRIC_STEP_S,
    TC_METRIC_TOKENS_PER_S_PER_DEVICE,
    TC_METRIC_SAMPLES_PER_S,
    TC_METRIC_TFLOPS_PER_DEVICE,
    TC_METRIC_MFU_PCT,
    TC_METRICS
} tc_metric;

typedef enum tc_memory_kind {
    TC_MEMORY_UNKNOWN,
    TC_MEMORY_ALLOCATED,
    TC_MEMORY_RESERVED,
    TC_MEMORY_DEVICE
} tc_memory_kind;

/* `vision`, `audio`: an encoder beside the language model. */
typedef struct tc_published_tower {
    bool stated;
    const char *name, *projector; /* NULL */
    double params_b;
    int layers, hidden, heads, ffn, patch, merge, temporal_patch, image_size, tiles, tokens_per_image, window;
    int full_attention_blocks, deepstack_layers; /* how many are listed */
} tc_published_tower;

/* Every image becomes one square of so many tokens. */
static inline bool tc_published_one_size(const tc_published_tower *v) {
    return v->tiles <= 1 && v->tokens_per_image > 0;
}

/* A diffusion transformer's latents: their sizes before the autoencoder, in frames and pixels. */
typedef struct tc_published_latents {
    int frames, height, width, latent_tokens, text_tokens, double_blocks, single_blocks;
    int cross_attention;                               /* 0, 1, TC_UNSET */
    const char *cond, *vae, *attention, *text_encoder; /* NULL */
} tc_published_latents;

typedef struct tc_published_finetune {
    const char *kind;    /* full, lora, qlora, dpo-lora, ...; NULL: no fine-tuning */
    int rank;            /* 0 */
    const char *targets; /* NULL */
    int base_bits;       /* of the frozen weights; 0 */
    const char *quant;   /* NULL */
    const char *dataset; /* names, parted by blanks and quotes; NULL */
    int packed, freeze_vision, reference_model, train_embeddings, use_dora; /* 0, 1, TC_UNSET */
    double trainable;                                                       /* parameters; 0 */
} tc_published_finetune;

typedef struct tc_published_rl {
    const char *algorithm, *schedule;         /* grpo, ppo, ...; NULL: none */
    const char *engine, *critic, *reward;     /* that generates; models that judge; NULL */
    int prompts, samples_per_prompt, samples; /* of a step; 0 */
    int train_batch, updates, epochs;         /* sequences of an optimizer's step; such steps; passes; 0 */
    double mean_total_len, mean_response_len, mean_prompt_len,
        response_len;                          /* tokens of a sample; response_len: of all; 0 */
    int max_total_len, max_response_len;       /* 0 */
    int off_policy_steps;                      /* TC_UNSET */
    int engine_tp, train_devices, gen_devices; /* 0 */
    int reference_model;                       /* 0, 1, TC_UNSET */
    double generation_s, training_s;           /* of phases that were measured; 0 */
} tc_published_rl;

/* Layers that mix tokens by other means than full attention, and parts beside the decoder: how many; 0. */
typedef struct tc_published_mixers {
    int mamba_layers, linear_layers, encoder_layers, cross_attention_layers, moe_latent;
    bool sparse_attention, compressed_attention, hyper_connections;
    const char *pattern; /* a letter a layer: M, *, -, E; NULL */
    int attention_layers, mlp_layers, moe_layers, full_attention_interval;
    int ssm_heads, ssm_head_dim, ssm_groups, ssm_state, ssm_chunk, conv;
    int key_heads, value_heads, key_dim, value_dim, delta_conv; /* of a delta rule */
    int index_heads, index_dim, index_top_k;
    int gated_attention; /* TC_UNSET */
    int window, full_layers, sliding_layers;
    int mtp; /* TC_UNSET */
} tc_published_mixers;

typedef struct tc_published_model {
    const char *name, *family; /* never NULL: "" where not stated */
    double params_b, active_params_b;
    int layers, hidden, heads, kv_heads, head_dim, ffn, vocab, seq;
    const char *ffn_kind; /* swiglu, geglu, gelu, relu, squared-relu, relu2; NULL */
    int tied_embeddings;  /* 0, 1, TC_UNSET */
    int experts, experts_per_token, expert_ffn;
    int shared_experts; /* a count; TC_UNSET */
    int dense_layers;   /* leading dense layers of a mixture of experts; TC_UNSET */
    struct {
        int q_rank, kv_rank, nope_dim, rope_dim, v_dim;
    } mla;                 /* kv_rank 0: not stated; q_rank 0: plain projection */
    int shared_expert_ffn; /* total width, where it is not a multiple of expert_ffn; 0 */
    tc_published_mixers mixers;
    tc_published_tower vision, audio;
    tc_published_latents latents;
    tc_published_finetune finetune;
    const char *method; /* a method of training beside these that is not known; NULL */
    tc_published_rl rl;
} tc_published_model;

struct tc_published_run {
    int line;            /* in the file */
    int year;            /* of the source, as the row or `norm.date` gives it; 0 */
    int date;            /* year x 100 + month; month 0: not stated; 0 */
    const char *refused; /* why the row cannot be used, "FILE:LINE: field: ..."; NULL */
    const char *id;
    const char *group, *source_family, *source_kind; /* never NULL */
    const char *stack, *accelerator;
    const char *framework, *notes, *url; /* texts; NULL */
    bool accelerator_certain;

    tc_published_model model;

    int devices, devices_per_node; /* 0 */
    int chips, parallel_devices;   /* where they differ from devices; 0 */

    int64_t global_batch;                   /* sequences; TC_UNSET */
    int micro_batch;                        /* sequences; TC_UNSET */
    int tp, pp, cp, dp, ep, etp, vpp;       /* TC_UNSET */
    int sequence_parallel, flash_attention; /* 0, 1, TC_UNSET */
    int dtype;                              /* tc_dtype, TC_UNSET */
    int sharding;                           /* tc_sharding, TC_UNSET */
    int recompute;                          /* tc_recompute (partial: TC_RECOMPUTE_LAYERS), TC_UNSET */
    int recompute_layers, recompute_of;     /* 21 of 80; 0 where not stated */
    bool frozen_base;
    tc_stated stated; /* what else the recipe says */
    bool texts_read;  /* somebody has read the row's texts: `norm` alone counts */

    tc_flops_convention flops; /* how tflops_per_device and mfu_pct count */
    bool flops_assumed;        /* its metric counts as tc_published_count_flops was told */
    tc_metric metric;
    double measured; /* in the metric's unit */
    double step_s, tokens_per_s_per_device, samples_per_s, tflops_per_device, mfu_pct,
        hfu_pct;       /* all that is stated; 0 */
    double memory_gib; /* 0 */
    tc_memory_kind memory_kind;
    bool memory_unit_certain;

    bool counts;        /* scored */
    bool out_of_memory; /* the run did not fit */
};

/* Zero-initialise to start. */
struct tc_published {
    tc_published_run *runs;
    int count, room;
    struct tc_served_row *served; /* serving rows of the same files: served.h */
    int served_count, served_room;
    tc_words *words; /* phrases, for rows whose texts nobody has read; NULL until there is one */
    tc_arena arena;  /* all texts */
    bool read_again; /* texts that somebody has read, too */
};

/* `model` of a row; texts go to the arena. */
void tc_published_read_model(const tc_json *row, tc_published_model *model, tc_arena *arena);

void tc_published_free(tc_published *published);

/* Where the source does not say how it counts FLOPs, takes it to count so: its rates, worth nothing against other
 * sources, can then be ranked. */
void tc_published_count_flops(tc_published_run *run, tc_flops_convention flops);

/* "step_s", ...; NULL for TC_METRIC_NONE. */
const char *tc_metric_name(tc_metric metric);

#endif
