/* hf.c - reads a config.json by its class's row: sizes, biases, then the kind of each layer.
 *
 * Ignored, since neither counts nor times depend on it: dropout, initialisation, activation function
 * (the class says whether it is gated), rope_theta and rope_scaling's factors, soft caps, the dtype of
 * the weights. How they are quantized is told (`stored`): the format of a job is its own. Towers of multimodal files: hf_towers.c; `left_out` names those that it does not know.
 */
#include "interop/hf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "interop/diffusers.h"
#include "interop/hf_classes.h"
#include "interop/hf_mixers.h"
#include "interop/hf_towers.h"

#define LARGEST 10000000 /* of a width: beyond it a unit was confused */
#define LARGEST_SEQ (1 << 30)
#define MAX_LAYERS 4096
#define MAX_HEADS 65536
#define LARGEST_FILE ((size_t)16 << 20)
#define MAX_TYPES 128

typedef struct layer_kind {
    bool experts;
    int window;
} layer_kind;

typedef struct reader {
    tc_json json;  /* the object that holds the sizes */
    tc_json outer; /* the file's own object */
    const tc_hf_class *class;
    tc_model *model;
    tc_block block; /* what all layers share */
    int ffn;        /* 0: not stated */
    int layers;
    bool inner; /* a section of a multimodal file, which leaves out what its class has by default */
    layer_kind layer[MAX_LAYERS];
} reader;

static bool has(const reader *r, unsigned trait) { return (r->class->traits & trait) != 0; }

/* ---- sizes ----------------------------------------------------------------------- */

/* The class's spelling where it is there, otherwise the standard one. */
static const char *spelling(const tc_json *json, const char *key, const char *standard) {
    if (key && (tc_json_value(json, key) || !tc_json_value(json, standard))) return key;
    return standard;
}

static void fail_missing(const tc_json *json, const char *key, const char *meaning) {
    tc_json_fail(json, key, "missing; the %s is needed", meaning);
}

/* A size that must be stated unless the class has a default. */
static int required(const tc_json *json, const char *key, int high, int missing, const char *meaning) {
    int value = (int)tc_json_integer(json, key, 1, high, missing);
    if (!tc_json_value(json, key) && missing == 0) fail_missing(json, key, meaning);
    return value;
}

/* The context at first training: positions stretched later keep the original length in one of three places. */
static int read_seq(const reader *r) {
    const char *standard = tc_hf_standard_keys.seq;
    int seq = (int)tc_json_integer(&r->json, spelling(&r->json, r->class->keys->seq, standard), 1, LARGEST_SEQ,
                                   r->class->seq);
    const tc_json places[]
        = {tc_json_child(&r->json, "rope_scaling"), tc_json_child(&r->json, "rope_parameters"), r->json};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        int original = (int)tc_json_integer(&places[i], "original_max_position_embeddings", 1, LARGEST_SEQ, seq);
        if (original < seq) seq = original;
    }
    return seq;
}

static void read_heads(reader *r) {
    const tc_json *json = &r->json;
    tc_attention *a = &r->block.attention;
    const tc_hf_keys *keys = r->class->keys;
    const char *heads = spelling(json, keys->heads, tc_hf_standard_keys.heads);
    int missing = r->inner && r->class->inner.heads > 0 ? r->class->inner.heads : r->class->heads;
    a->heads = required(json, heads, MAX_HEADS, missing, "number of attention heads");
    a->kv_heads = a->heads;
    if (keys->kv_heads) {
        bool null = json_is_null(json_object_get(json->object, keys->kv_heads));
        int kv_missing = r->class->kv_heads && !null ? r->class->kv_heads : a->heads;
        a->kv_heads = (int)tc_json_integer(json, keys->kv_heads, 1, MAX_HEADS, kv_missing);
    }
    int head_dim = 0;
    const char *stated = keys == &tc_hf_standard_keys ? "head_dim" : keys->head_dim;
    if (stated) {
        bool null = json_is_null(json_object_get(json->object, stated));
        head_dim = (int)tc_json_integer(json, stated, 1, LARGEST, null ? 0 : r->class->head_dim);
    }
    if (head_dim == 0 && a->heads > 0) {
        if (r->model->hidden % a->heads != 0 && !tc_hf_layers_of(r->class->type)
            && strncmp(r->class->family, "mla-moe", 7) != 0)
            tc_json_fail(json, heads, "%d; a divisor of the hidden size %d, or a head_dim, is needed", a->heads,
                         r->model->hidden);
        head_dim = r->model->hidden / a->heads;
    }
    a->head_dim = head_dim;
}

static void check_kv_heads(const reader *r) {
    const tc_attention *a = &r->block.attention;
    if (r->block.mixer == TC_MIXER_ATTENTION && a->kv_heads > 0 && a->heads % a->kv_heads != 0)
        tc_json_fail(&r->json, r->class->keys->kv_heads, "%d; a divisor of the %d attention heads is needed",
                     a->kv_heads, a->heads);
}

static void read_biases(reader *r) {
    tc_block *block = &r->block;
    bool qkv = has(r, TC_HF_QKV_BIAS), out = has(r, TC_HF_OUT_BIAS), mlp = has(r, TC_HF_MLP_BIAS);
    block->attention.qkv_bias
        = has(r, TC_HF_ATTENTION_BIAS_KEY) ? tc_json_bool(&r->json, "attention_bias", qkv) == 1 : qkv;
    block->attention.out_bias = has(r, TC_HF_OUT_BIAS_KEY) ? tc_json_bool(&r->json, "attention_bias", out) == 1 : out;
    block->dense.bias = has(r, TC_HF_MLP_BIAS_KEY) ? tc_json_bool(&r->json, "mlp_bias", mlp) == 1 : mlp;
}

/* Multimodal files state it beside text_config or inside. */
static bool read_tied(const reader *r) {
    int outer = tc_json_bool(&r->outer, "tie_word_embeddings", has(r, TC_HF_TIED));
    return tc_json_bool(&r->json, "tie_word_embeddings", outer) == 1;
}

static void read_ffn(reader *r) {
    const char *standard = tc_hf_standard_keys.ffn;
    const char *key = spelling(&r->json, r->class->keys->ffn, standard);
    int missing = has(r, TC_HF_FFN_DEFAULT) ? 4 * r->model->hidden : r->inner ? r->class->inner.ffn : 0;
    r->ffn = (int)tc_json_integer(&r->json, key, 1, LARGEST, missing);
    r->block.dense.ffn = r->ffn;
}

/* A bare "MistralModel" (embeddings) or a reward model has no output layer over the vocabulary. */
static bool has_lm_head(const reader *r) {
    const tc_json *json = tc_json_value(&r->outer, "architectures") ? &r->outer : &r->json;
    const char *name = json_string_value(json_array_get(tc_json_value(json, "architectures"), 0));
    if (!name || has(r, TC_HF_HEAD_IN_MODEL)) return true;
    size_t length = strlen(r->class->architecture);
    bool bare = strncmp(name, r->class->architecture, length) == 0 && strcmp(name + length, "Model") == 0;
    return !bare && !strstr(name, "RewardModel") && !strstr(name, "Classification");
}

static void read_sizes(reader *r) {
    const tc_json *json = &r->json;
    const tc_hf_keys *keys = r->class->keys;
    tc_model *model = r->model;
    const tc_hf_inner none = {0}, *inner = r->inner ? &r->class->inner : &none;
    model->hidden = required(json, spelling(json, keys->hidden, tc_hf_standard_keys.hidden), LARGEST, inner->hidden,
                             "hidden size");
    int listed = (int)json_array_size(tc_json_value(json, "layers_block_type"));
    const char *layers = spelling(json, keys->layers, tc_hf_standard_keys.layers);
    if (keys->other_layers && !tc_json_value(json, layers)) layers = keys->other_layers;
    r->layers = required(json, layers, MAX_LAYERS, listed > 0 ? listed : inner->layers, "number of layers");
    model->vocab = required(json, spelling(json, keys->vocab, tc_hf_standard_keys.vocab), LARGEST,
                            inner->vocab > 0 ? inner->vocab : r->class->vocab, "size of the vocabulary");
    model->seq = read_seq(r);
    model->norm = has(r, TC_HF_LAYER_NORM) ? TC_NORM_LAYER : TC_NORM_RMS;
    model->norm_weight = true;
    model->norm_bias = has(r, TC_HF_LAYER_NORM) && !has(r, TC_HF_NO_NORM_BIAS);
    model->embedding_norm = has(r, TC_HF_EMBEDDING_NORM);
    model->final_norm = model->causal = true;
    model->lm_head = has_lm_head(r);
    model->lm_head_bias = tc_json_bool(json, "lm_head_bias", has(r, TC_HF_HEAD_BIAS)) == 1;
    model->tied_embeddings = read_tied(r);
    model->positions = has(r, TC_HF_ALIBI) ? TC_POSITIONS_NONE : TC_POSITIONS_ROTARY;
    if (has(r, TC_HF_LEARNED)) {
        model->positions = TC_POSITIONS_LEARNED;
        model->learned_positions = model->seq;
    }
    const char *mtp
        = tc_json_value(json, "num_nextn_predict_layers") ? "num_nextn_predict_layers" : "mtp_num_hidden_layers";
    model->mtp_layers = (int)tc_json_integer(json, mtp, 0, MAX_LAYERS, 0);
    r->block.mixer = TC_MIXER_ATTENTION;
    r->block.dense.kind = r->block.experts.kind = has(r, TC_HF_GATED) ? TC_MLP_GATED : TC_MLP_PLAIN;
    r->block.parallel_residual = has(r, TC_HF_PARALLEL);
    r->block.norms = has(r, TC_HF_FOUR_NORMS) ? 4 : has(r, TC_HF_PARALLEL) ? 1 : 2;
    r->block.attention.qk_norm = has(r, TC_HF_QK_NORM);
    read_heads(r);
    read_biases(r);
    read_ffn(r);
    if (json->document->code == TC_OK && r->class->refine) r->class->refine(json, model, &r->block);
    check_kv_heads(r);
}

/* ---- the kind of each layer -------------------------------------------------------- */

/* The list under `key` with one element a layer; NULL where there is none or it was refused. */
static const json_t *layer_list(const reader *r, const char *key) {
    const json_t *list = tc_json_value(&r->json, key);
    if (!list) return NULL;
    if (json_is_array(list) && json_array_size(list) == (size_t)r->layers) return list;
    char shown[64];
    if (json_is_array(list))
        tc_json_fail(&r->json, key, "a list of %zu; one for each of the %d layers is needed", json_array_size(list),
                     r->layers);
    else
        tc_json_fail(&r->json, key, "%s; a list with one for each layer is needed",
                     tc_json_show(list, shown, sizeof shown));
    return NULL;
}

static void read_layer_types(reader *r, const json_t *types, int window) {
    for (int i = 0; i < r->layers; i++) {
        const json_t *type = json_array_get(types, (size_t)i);
        const char *word = json_is_string(type) ? json_string_value(type) : "";
        if (strcmp(word, "sliding_attention") == 0) {
            r->layer[i].window = window;
        } else if (strcmp(word, "full_attention") != 0) {
            char shown[64], key[48];
            snprintf(key, sizeof key, "layer_types[%d]", i);
            tc_json_fail(&r->json, key, "%s; \"full_attention\" or \"sliding_attention\" is needed",
                         tc_json_show(type, shown, sizeof shown));
            return;
        }
    }
}

/* GPT-Neo: [[["global", "local"], 12]], groups of kinds and how often each repeats. */
static void read_attention_types(reader *r, int window) {
    const json_t *groups = tc_json_value(&r->json, "attention_types");
    int layer = 0;
    for (size_t g = 0; g < json_array_size(groups) && layer <= r->layers; g++) {
        const json_t *group = json_array_get(groups, g), *kinds = json_array_get(group, 0);
        json_int_t repeat = json_integer_value(json_array_get(group, 1));
        for (json_int_t k = 0; k < repeat && layer <= r->layers && json_array_size(kinds) > 0; k++)
            for (size_t i = 0; i < json_array_size(kinds) && layer <= r->layers; i++, layer++) {
                const char *kind = json_string_value(json_array_get(kinds, i));
                if (layer < r->layers && kind && strcmp(kind, "local") == 0) r->layer[layer].window = window;
            }
    }
    if (groups && layer != r->layers)
        tc_json_fail(&r->json, "attention_types",
                     "it does not describe the %d layers; [[[\"global\", \"local\"], 12]] is its form", r->layers);
    if (!groups)
        for (int i = 1; i < r->layers; i += 2) r->layer[i].window = window;
}

static void read_windows(reader *r) {
    const tc_hf_class *class = r->class;
    if (class->windows == TC_HF_WINDOW_NONE) return;
    const char *key = class->windows == TC_HF_WINDOW_LOCAL     ? "window_size"
                      : class->windows == TC_HF_WINDOW_BETWEEN ? "local_attention"
                                                               : "sliding_window";
    int between = (int)tc_json_integer(&r->json, "global_attn_every_n_layers", 1, LARGEST, 3);
    bool null = json_is_null(json_object_get(r->json.object, key));
    int window = (int)tc_json_integer(&r->json, key, 1, LARGEST_SEQ, null ? 0 : class->window);
    int late = (int)tc_json_integer(&r->json, "max_window_layers", 0, LARGEST, 28);
    int pattern
        = (int)tc_json_integer(&r->json, "sliding_window_pattern", 1, LARGEST, class->pattern ? class->pattern : 6);
    if (class->windows == TC_HF_WINDOW_LATE && tc_json_bool(&r->json, "use_sliding_window", 0) != 1) window = 0;
    const json_t *types = layer_list(r, "layer_types");
    if (r->json.document->code != TC_OK) return;
    if (types) {
        read_layer_types(r, types, window);
        return;
    }
    if (class->windows == TC_HF_WINDOW_LOCAL) {
        read_attention_types(r, window);
        return;
    }
    for (int i = 0; i < r->layers; i++) {
        bool sliding = class->windows == TC_HF_WINDOW_ALL || (class->windows == TC_HF_WINDOW_LATE && i >= late)
                       || (class->windows == TC_HF_WINDOW_EVEN && i % 2 == 0)
                       || (class->windows == TC_HF_WINDOW_BETWEEN && i % between != 0)
                       || (class->windows == TC_HF_WINDOW_PATTERN && (i + 1) % pattern != 0);
        r->layer[i].window = sliding ? window : 0;
    }
}

/* The first spelling that is there; the first of all where none is. */
static const char *first_of(const tc_json *json, const char *const *keys, int n) {
    for (int i = 0; i < n; i++)
        if (tc_json_value(json, keys[i])) return keys[i];
    return keys[0];
}

static void read_expert_sizes(reader *r) {
    static const char *const routed[] = {"num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts"};
    static const char *const later[] = {"n_routed_experts", "num_experts", "num_local_experts", "moe_num_experts"};
    static const char *const chosen[]
        = {"num_experts_per_tok", "experts_per_token", "moe_topk", "num_experts_per_token"};
    const tc_json *json = &r->json;
    bool after = r->class->experts == TC_HF_EXPERTS_AFTER,
         all = r->class->experts == TC_HF_EXPERTS_ALL || has(r, TC_HF_FFN_OF_EXPERTS);
    tc_experts *e = &r->block.experts;
    const char *count = first_of(json, after ? later : routed, 4);
    e->experts = required(json, count, LARGEST, 0, "number of experts");
    const char *top = first_of(json, chosen, 4);
    e->top_k = required(json, top, LARGEST, 0, "number of experts per token");
    if (e->top_k > e->experts) tc_json_fail(json, top, "%d; at most the %d experts are possible", e->top_k, e->experts);
    if (all) {
        e->ffn = r->ffn;
        if (r->ffn == 0) fail_missing(json, r->class->keys->ffn, "width of the experts");
    } else {
        e->ffn = required(json, "moe_intermediate_size", LARGEST, 0, "width of the experts");
    }
    static const char *const beside[] = {"n_shared_experts", "num_shared_experts"};
    const char *shared_key = first_of(json, beside, 2);
    int64_t shared = tc_json_integer(json, shared_key, 0, LARGEST, r->class->shared_experts);
    if (shared * e->ffn > LARGEST)
        tc_json_fail(json, shared_key, "%lld; their total width, at most %d, is too large", (long long)shared, LARGEST);
    else
        e->shared_ffn = (int)shared * e->ffn;
    if (r->class->shared_ffn)
        e->shared_ffn = (int)tc_json_integer(json, "shared_expert_intermediate_size", 0, LARGEST, r->class->shared_ffn);
    e->router_bias = has(r, TC_HF_ROUTER_BIAS);
    e->bias = r->block.dense.bias;
    e->shared_gate = has(r, TC_HF_SHARED_GATE) && e->shared_ffn > 0;
}

/* Qwen: every decoder_sparse_step-th layer that is not in mlp_only_layers. */
static void read_expert_step(reader *r) {
    static const char *const keys[] = {"decoder_sparse_step", "interleave_moe_layer_step"};
    int step = (int)tc_json_integer(&r->json, first_of(&r->json, keys, 2), 1, LARGEST, 1);
    for (int i = 0; i < r->layers; i++) r->layer[i].experts = (i + 1) % step == 0;
    const json_t *dense = tc_json_value(&r->json, "mlp_only_layers");
    char shown[64];
    if (dense && !json_is_array(dense))
        tc_json_fail(&r->json, "mlp_only_layers", "%s; a list of layers is needed",
                     tc_json_show(dense, shown, sizeof shown));
    for (size_t k = 0; k < json_array_size(dense); k++) {
        const json_t *layer = json_array_get(dense, k);
        if (!json_is_integer(layer) || json_integer_value(layer) < 0 || json_integer_value(layer) >= r->layers) {
            tc_json_fail(&r->json, "mlp_only_layers", "%s in it; layers from 0 to %d are needed",
                         tc_json_show(layer, shown, sizeof shown), r->layers - 1);
            return;
        }
        r->layer[json_integer_value(layer)].experts = false;
    }
}

/* DeepSeek: after the first dense layers, every moe_layer_freq-th; or a list of 0 and 1. */
static void read_expert_after(reader *r) {
    int first = (int)tc_json_integer(&r->json, "first_k_dense_replace", 0, LARGEST, r->class->first_dense);
    const json_t *value = tc_json_value(&r->json, "moe_layer_freq");
    const json_t *list = json_is_array(value) ? layer_list(r, "moe_layer_freq") : NULL;
    int every = json_is_array(value) ? 1 : (int)tc_json_integer(&r->json, "moe_layer_freq", 1, LARGEST, 1);
    for (int i = 0; i < r->layers; i++) {
        const json_t *flag = list ? json_array_get(list, (size_t)i) : NULL;
        if (flag && !(json_is_integer(flag) && (json_integer_value(flag) == 0 || json_integer_value(flag) == 1))) {
            tc_json_fail(&r->json, "moe_layer_freq", "a list with other values; 0 (dense) and 1 (experts) are needed");
            return;
        }
        r->layer[i].experts = i >= first && i % every == 0 && (!flag || json_integer_value(flag) == 1);
    }
}

static void read_experts(reader *r) {
    if (r->class->experts == TC_HF_DENSE) return;
    if (r->class->experts != TC_HF_EXPERTS_SAID) read_expert_sizes(r);
    if (r->class->experts == TC_HF_EXPERTS_STEP) read_expert_step(r);
    if (r->class->experts == TC_HF_EXPERTS_AFTER) read_expert_after(r);
    if (r->class->experts == TC_HF_EXPERTS_ALL || r->class->experts == TC_HF_EXPERTS_SAID)
        for (int i = 0; i < r->layers; i++) r->layer[i].experts = true;
}

/* ---- layers to runs of blocks --------------------------------------------------------- */

static bool same_kind(layer_kind a, layer_kind b) { return a.experts == b.experts && a.window == b.window; }

/* Adds a layer to the run of its kind: to the last run, or to any where the order is given up.
 * False where a new run would be one too many. */
static bool add_layer(layer_kind *kinds, int *counts, int *runs, layer_kind kind, bool ordered) {
    for (int i = ordered && *runs > 0 ? *runs - 1 : 0; i < *runs; i++)
        if (same_kind(kinds[i], kind)) {
            counts[i]++;
            return true;
        }
    if (*runs == TC_MAX_BLOCKS) return false;
    kinds[*runs] = kind;
    counts[(*runs)++] = 1;
    return true;
}

static int group_layers(const reader *r, layer_kind *kinds, int *counts, bool ordered) {
    int runs = 0;
    for (int i = 0; i < r->layers; i++)
        if (!add_layer(kinds, counts, &runs, r->layer[i], ordered)) return 0;
    return runs;
}

/* At most four kinds exist (dense or experts, one window or none), so the second grouping always fits. */
static void make_blocks(reader *r) {
    layer_kind kinds[TC_MAX_BLOCKS];
    int counts[TC_MAX_BLOCKS];
    int runs = group_layers(r, kinds, counts, true);
    if (runs == 0) runs = group_layers(r, kinds, counts, false);
    r->model->blocks = runs;
    for (int i = 0; i < runs; i++) {
        tc_block block = r->block;
        block.ffn = kinds[i].experts ? TC_FFN_EXPERTS : TC_FFN_DENSE;
        if (!kinds[i].experts && block.dense.ffn == 0)
            fail_missing(&r->json, spelling(&r->json, r->class->keys->ffn, tc_hf_standard_keys.ffn),
                         "width of the MLP");
        block.count = counts[i];
        block.attention.window = block.latent.window = kinds[i].window;
        r->model->block[i] = block;
    }
}

/* ---- class and name ------------------------------------------------------------------- */

/* The types in a line, for the message. */
static void fail_type(const tc_json *json, const char *key, const char *word) {
    const char *lack = tc_hf_lack_of_type(word);
    if (lack) {
        tc_json_fail(json, key, "\"%.32s\" %s, which no forecast here has yet", word, lack);
        return;
    }
    const char *types[MAX_TYPES];
    char list[420] = "";
    int n = tc_hf_types(types, MAX_TYPES);
    for (int i = 0; i < n; i++) tc_append(list, sizeof list, "%s%s", i ? ", " : "", types[i]);
    const char *near = tc_nearest(word, types, n);
    if (near)
        tc_json_fail(json, key, "\"%.32s\" is not supported; the nearest is %s, all are %s", word, near, list);
    else
        tc_json_fail(json, key, "\"%.32s\" is not supported; it must be one of %s", word, list);
}

/* The class of the first architecture that the file names; NULL where it names none, or one that is not known. */
static const tc_hf_class *class_by_architecture(const tc_json *inner, const tc_json *outer, const char **name) {
    const tc_json *json = tc_json_value(inner, "architectures") ? inner : outer;
    *name = json_string_value(json_array_get(tc_json_value(json, "architectures"), 0));
    return *name ? tc_hf_class_of_architecture(*name) : NULL;
}

/* Do two classes of one spelling read a file in the same way? */
static bool reads_alike(const tc_hf_class *a, const tc_hf_class *b) {
    return a->traits == b->traits && a->refine == b->refine && a->experts == b->experts && a->windows == b->windows
           && strcmp(a->family, b->family) == 0;
}

/* What launch configurations of other programs are taken for. */
static void fail_untyped(const tc_json *json) {
    static const char *const megatron[]
        = {"num_layers", "num-layers", "ffn_hidden_size", "ffn-hidden-size", "num-attention-heads"};
    if (tc_json_value(json, "is_llama_config") || tc_json_value(json, "model_config")) {
        tc_json_fail(json, "model_type",
                     "missing: a model of nanotron; add \"model_type\": \"llama\" to its model_config and give that as "
                     "a file of its own");
        return;
    }
    for (size_t i = 0; i < sizeof megatron / sizeof megatron[0]; i++)
        if (tc_json_value(json, megatron[i])) {
            tc_json_fail(json, megatron[i],
                         "an argument of Megatron, which no config.json has; write num_hidden_layers, hidden_size, "
                         "intermediate_size ... beside \"model_type\": \"llama\", or a file as "
                         "docs/examples/my-model.yaml");
            return;
        }
    tc_json_fail(json, "model_type", "missing; the class is needed, such as \"llama\" or \"qwen3\"");
}

/* By model_type; by the architecture where that is missing or contradicts it in the same spelling of sizes. */
static const tc_hf_class *find_class(const tc_json *inner, const tc_json *outer, tc_model *model) {
    const tc_json *json = tc_json_value(inner, "model_type") ? inner : outer;
    const char *type = tc_json_string(json, "model_type", NULL), *name;
    const tc_hf_class *by_name = class_by_architecture(inner, outer, &name);
    const tc_hf_class *class = type ? tc_hf_class_of_type(type) : by_name;
    if (type && !class) fail_type(json, "model_type", type);
    if (!type && !name && json->document->code == TC_OK) fail_untyped(outer);
    if (!type && name && !class) fail_type(json, "architectures[0]", name);
    if (!type || !class || !by_name || by_name == class || inner->object != outer->object) return class;
    if (by_name->keys != class->keys || reads_alike(by_name, class)) return class;
    snprintf(model->contradiction, sizeof model->contradiction, "%.40s, not model_type %.24s", name, type);
    return by_name;
}

/* "org/Some-Model/config.json" -> "Some-Model"; "Some-Model.json" -> "Some-Model". */
static void name_model(const char *path, tc_model *model) {
    const char *end = path + strlen(path), *start = end;
    while (start > path && start[-1] != '/') start--;
    if (strcmp(start, "config.json") == 0 && start - path > 1) {
        end = start - 1;
        for (start = end; start > path && start[-1] != '/'; start--) {}
    } else if (end - start > 5 && strcmp(end - 5, ".json") == 0) {
        end -= 5;
    }
    size_t length = (size_t)(end - start);
    if (length == 0 || (length == 1 && *start == '.') || (length == 6 && strncmp(start, "config", 6) == 0)) {
        start = model->family;
        end = start + strlen(start);
    }
    snprintf(model->name, sizeof model->name, "%.*s", (int)(end - start), start);
    size_t k = 0;
    for (; start + k < end && k + 1 < sizeof model->slug; k++) {
        char c = start[k];
        bool upper = c >= 'A' && c <= 'Z';
        bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
        model->slug[k] = upper ? (char)(c - 'A' + 'a') : plain ? c : '-';
    }
    model->slug[k] = 0;
}

/* The language model's section of a multimodal file. */
static tc_json text_section(const tc_json *outer) {
    static const char *const sections[] = {"text_config", "llm_config", "language_config"};
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++) {
        tc_json section = tc_json_child(outer, sections[i]);
        if (section.object) return section;
    }
    return *outer;
}

/* A number of bits that methods spell in ways of their own; 0: none is said. */
static int stored_bits(const tc_json *config) {
    static const char *const keys[] = {"bits", "weight_bits", "num_bits", "w_bit", "nbits"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (json_is_integer(tc_json_value(config, keys[i]))) return (int)tc_json_integer(config, keys[i], 1, 64, 0);
    if (tc_json_bool(config, "load_in_4bit", 0) == 1) return 4;
    return tc_json_bool(config, "load_in_8bit", 0) == 1 ? 8 : 0;
}

/* quantization_config, beside the sizes or around them. */
static void read_stored(reader *r) {
    const tc_json *json = tc_json_value(&r->json, "quantization_config") ? &r->json : &r->outer;
    tc_json config = tc_json_child(json, "quantization_config");
    if (!config.object) return;
    const char *method = json_string_value(tc_json_value(&config, "quant_method"));
    int bits = stored_bits(&config);
    char *stored = r->model->stored;
    size_t room = sizeof r->model->stored;
    if (bits > 0)
        snprintf(stored, room, "%.20s, %d bit", method ? method : "quantized", bits);
    else
        snprintf(stored, room, "%.28s", method ? method : "quantized");
}

static void read_model(reader *r) {
    if (tc_is_diffusers(&r->outer)) {
        tc_diffusers_read(&r->outer, r->model);
        return;
    }
    r->json = text_section(&r->outer);
    r->inner = r->json.object != r->outer.object;
    r->class = find_class(&r->json, &r->outer, r->model);
    if (!r->class) return;
    snprintf(r->model->family, sizeof r->model->family, "%s", r->class->family);
    read_sizes(r);
    if (r->json.document->code == TC_OK) read_experts(r);
    tc_hf_layers layers = tc_hf_layers_of(r->class->type);
    if (r->json.document->code == TC_OK && layers) layers(&r->json, r->model, &r->block, r->layers);
    if (r->json.document->code == TC_OK && !layers) read_windows(r);
    if (r->json.document->code == TC_OK && !layers) make_blocks(r);
    if (r->json.document->code == TC_OK) tc_hf_read_towers(&r->outer, r->model);
    if (r->json.document->code == TC_OK) read_stored(r);
}

/* Python writes Infinity, -Infinity and NaN, which are no JSON: a copy that has null in their place. */
static char *without_infinities(const char *text, size_t length, size_t *size) {
    static const char *const words[] = {"-Infinity", "Infinity", "NaN"};
    char *copy = malloc(length + length / 3 + 8), *out = copy; /* the shortest grows by a third */
    bool quoted = false;
    for (size_t i = 0; copy && i < length;) {
        size_t skip = 0;
        for (size_t k = 0; !quoted && k < sizeof words / sizeof words[0] && skip == 0; k++) {
            size_t n = strlen(words[k]);
            if (length - i >= n && memcmp(text + i, words[k], n) == 0) skip = n;
        }
        if (skip > 0) {
            out = (char *)memcpy(out, "null", 4) + 4;
            i += skip;
            continue;
        }
        if (text[i] == '"') quoted = !quoted;
        if (quoted && text[i] == '\\' && i + 1 < length) *out++ = text[i++];
        *out++ = text[i++];
    }
    *size = copy ? (size_t)(out - copy) : 0;
    return copy;
}

tc_code tc_hf_model_from_text(const char *text, size_t length, const char *name, tc_model *out, tc_error *error) {
    tc_json_document document;
    *out = (tc_model){.size = sizeof *out};
    size_t size;
    char *copy = without_infinities(text, length, &size);
    if (!copy) return tc_fail(error, TC_INTERNAL, name, "out of memory");
    tc_code code = tc_json_open(&document, name, 0, copy, size, error);
    free(copy);
    if (code != TC_OK) return code;
    reader r = {.outer = tc_json_root(&document), .model = out};
    read_model(&r);
    name_model(name, out);
    tc_json_close(&document);
    return document.code;
}

tc_code tc_hf_model_from_file(const char *path, tc_model *out, tc_error *error) {
    char *text = NULL;
    size_t length = 0;
    *out = (tc_model){.size = sizeof *out};
    tc_code code = tc_file_read(path, LARGEST_FILE, &text, &length, error);
    if (code == TC_OK) code = tc_hf_model_from_text(text, length, path, out, error);
    free(text);
    return code;
}
