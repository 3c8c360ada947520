/* hf_classes.h - the classes of config.json: how each spells its sizes, and what its layers are.
 *
 * Source: the configuration and modeling files of huggingface/transformers, v4.40 to v5, and of the
 * Hub repositories of the classes that carry their own code (kimi_k2, internlm2, mpt, qwen, chatglm, baichuan, yi, bailing_moe ...). Only what a
 * file may leave out, and what it cannot say, stands here.
 */
#ifndef TC_INTEROP_HF_CLASSES_H
#define TC_INTEROP_HF_CLASSES_H

#include "base/json.h"
#include "traincast.h"

/* The keys of the sizes; NULL: the class has none. A size is also read under its standard name. */
typedef struct tc_hf_keys {
    const char *hidden, *layers, *heads, *kv_heads, *ffn, *seq, *vocab;
    const char *head_dim;     /* NULL: hidden / heads, or the standard name where the others are standard */
    const char *other_layers; /* where `layers` is not there; NULL: nowhere else */
} tc_hf_keys;

typedef enum tc_hf_trait {
    TC_HF_GATED = 1 << 0,              /* SwiGLU, GeGLU */
    TC_HF_LAYER_NORM = 1 << 1,         /* LayerNorm with bias; RMSNorm otherwise */
    TC_HF_TIED = 1 << 2,               /* default of tie_word_embeddings */
    TC_HF_LEARNED = 1 << 3,            /* learned positions */
    TC_HF_ALIBI = 1 << 4,              /* no position parameters, no rotation */
    TC_HF_QKV_BIAS = 1 << 5,           /* default of attention_bias for q, k, v; fixed where there is no such key */
    TC_HF_OUT_BIAS = 1 << 6,           /* the same for the output projection */
    TC_HF_ATTENTION_BIAS_KEY = 1 << 7, /* attention_bias sets q, k, v ... */
    TC_HF_OUT_BIAS_KEY = 1 << 8,       /* ... and the output projection */
    TC_HF_MLP_BIAS = 1 << 9,
    TC_HF_MLP_BIAS_KEY = 1 << 10, /* mlp_bias */
    TC_HF_QK_NORM = 1 << 11,
    TC_HF_FOUR_NORMS = 1 << 12, /* a norm before and after attention and MLP */
    TC_HF_EMBEDDING_NORM = 1 << 13,
    TC_HF_FFN_DEFAULT = 1 << 14, /* the MLP width defaults to 4 x hidden */
    TC_HF_ROUTER_BIAS = 1 << 15, /* a bias, or a balancing correction, per expert */
    TC_HF_SHARED_GATE = 1 << 16,
    TC_HF_FFN_OF_EXPERTS = 1 << 17, /* intermediate_size is the experts' */
    TC_HF_NO_NORM_BIAS = 1 << 18,   /* a LayerNorm without its shift */
    TC_HF_PARALLEL = 1 << 19,       /* attention and MLP side by side, behind one norm */
    TC_HF_HEAD_BIAS = 1 << 20,      /* default of lm_head_bias */
    TC_HF_HEAD_IN_MODEL = 1 << 21   /* "BloomModel" names the language model */
} tc_hf_trait;

typedef enum tc_hf_window {
    TC_HF_WINDOW_NONE,
    TC_HF_WINDOW_ALL,     /* sliding_window in every layer */
    TC_HF_WINDOW_LATE,    /* where use_sliding_window: from max_window_layers on */
    TC_HF_WINDOW_EVEN,    /* layers 0, 2, 4, ... */
    TC_HF_WINDOW_PATTERN, /* all but every sliding_window_pattern-th */
    TC_HF_WINDOW_LOCAL,   /* attention_types, window_size */
    TC_HF_WINDOW_BETWEEN  /* local_attention in all but every global_attn_every_n_layers-th, from the first on */
} tc_hf_window;

typedef enum tc_hf_experts {
    TC_HF_DENSE,
    TC_HF_EXPERTS_ALL,   /* every layer, experts of intermediate_size */
    TC_HF_EXPERTS_STEP,  /* decoder_sparse_step or interleave_moe_layer_step, mlp_only_layers */
    TC_HF_EXPERTS_AFTER, /* first_k_dense_replace, moe_layer_freq */
    TC_HF_EXPERTS_SAID   /* every layer, sizes by `refine` */
} tc_hf_experts;

/* What a section of a multimodal file may leave out: the class's defaults in Transformers; 0 there: it must be stated. */
typedef struct tc_hf_inner {
    int hidden, layers, heads, ffn, vocab;
} tc_hf_inner;

typedef struct tc_hf_class tc_hf_class;
struct tc_hf_class {
    const char *type;         /* model_type */
    const char *architecture; /* architectures[0] before "ForCausalLM" */
    const char *family;
    const tc_hf_keys *keys;
    unsigned traits;
    /* defaults: 0 = heads, hidden / heads, no window; seq always; 0 = must be stated for heads and vocab */
    int kv_heads, head_dim, window, seq, heads, vocab;
    tc_hf_window windows;
    tc_hf_experts experts;
    int shared_experts, shared_ffn, first_dense;
    tc_hf_inner inner;
    int pattern; /* default of sliding_window_pattern; 0: 6 */
    /* what the traits cannot say */
    void (*refine)(const tc_json *json, tc_model *model, tc_block *block);
};

extern const tc_hf_keys tc_hf_standard_keys;

/* The class of a model_type or of an architecture; NULL if there is none. */
const tc_hf_class *tc_hf_class_of_type(const char *type);
const tc_hf_class *tc_hf_class_of_architecture(const char *architecture);

/* Why a known class is not read, "has state-space layers"; NULL where the type is not known either. */
const char *tc_hf_lack_of_type(const char *type);

/* Up to `room` names of model types; returns how many there are. */
int tc_hf_types(const char **names, int room);

#endif
