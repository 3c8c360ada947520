/* hf_mixers.c - classes of config.json whose layers are of several kinds: state spaces, delta rules, linear attention beside attention.
 *
 * Source: the configuration and modeling files of huggingface/transformers (nemotron_h, falcon_h1, granitemoehybrid, bamba, jamba, mamba2, qwen3_next,
 * qwen3_5, minimax, lfm2), of the Hub repository of kimi_linear and of fla-org/flash-linear-attention (gated_deltanet). A kind of layer is a block; layers that
 * alternate keep their numbers, not their order. */
#include "interop/hf_mixers.h"

#include <string.h>

enum { LARGEST = 1 << 24, MAX_LAYERS = 4096 };

static int count_of(const tc_json *json, const char *key, int64_t missing) {
    return (int)tc_json_integer(json, key, 0, LARGEST, missing);
}

static bool flag_of(const tc_json *json, const char *key, bool missing) {
    return tc_json_bool(json, key, missing) == 1;
}

/* Beside the usual reading: what a layer of each kind is, and how many there are. */
typedef struct kinds {
    tc_block block[TC_MAX_BLOCKS];
    int first[TC_MAX_BLOCKS]; /* layer */
    int count;
} kinds;

static int add_kind(kinds *k, const tc_block *block) {
    k->block[k->count] = *block;
    k->block[k->count].count = 0;
    return k->count++;
}

static void add_layer(kinds *k, int kind, int layer) {
    if (k->block[kind].count++ == 0) k->first[kind] = layer;
}

/* The first layers, all of one kind, before any other. */
static bool leads(const kinds *k, int kind) {
    bool alone = k->first[kind] == 0;
    for (int i = 0; i < k->count; i++)
        alone = alone && (i == kind || k->block[i].count == 0 || k->first[i] >= k->block[kind].count);
    return alone;
}

/* Kinds that have layers: one that leads, then the others, which alternate where there are several. */
static void finish(const kinds *k, tc_model *model) {
    int others = 0;
    for (int i = 0; i < k->count; i++) others += k->block[i].count > 0 && !leads(k, i);
    model->blocks = 0;
    for (int led = 1; led >= 0; led--)
        for (int i = 0; i < k->count; i++) {
            if (k->block[i].count == 0 || leads(k, i) != led) continue;
            model->block[model->blocks] = k->block[i];
            model->block[model->blocks++].alternates = !led && others > 1;
        }
}

static tc_block mixer_alone(const tc_block *usual, tc_mixer_kind mixer) {
    tc_block block = *usual;
    block.mixer = mixer;
    block.ffn = TC_FFN_NONE;
    block.norms = 1;
    return block;
}

static tc_block ffn_alone(const tc_block *usual, int ffn) {
    tc_block block = *usual;
    block.mixer = TC_MIXER_NONE;
    block.ffn = ffn;
    block.norms = 1;
    return block;
}

/* ---- Nemotron-H ------------------------------------------------------------------------- */

/* "M", "*", "-", "E" of hybrid_override_pattern, or the words of layers_block_type; -1: none of them. */
static int nemotron_kind(const char *word) {
    static const struct {
        const char *word;
        int kind;
    } words[] = {{"M", 0},  {"mamba", 0},     {"linear_attention", 0},
                 {"*", 1},  {"attention", 1}, {"full_attention", 1},
                 {"-", 2},  {"mlp", 2},       {"E", 3},
                 {"moe", 3}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i].word, word) == 0) return words[i].kind;
    return -1;
}

static tc_experts nemotron_experts(const tc_json *json) {
    return (tc_experts){.kind = TC_MLP_PLAIN,
                        .experts = count_of(json, "n_routed_experts", 0),
                        .top_k = count_of(json, "num_experts_per_tok", 2),
                        .ffn = count_of(json, "moe_intermediate_size", count_of(json, "intermediate_size", 0)),
                        .shared_ffn = count_of(json, "n_shared_experts", 1)
                                      * count_of(json, "moe_shared_expert_intermediate_size", 0),
                        .latent = count_of(json, "moe_latent_size", 0),
                        .router_bias = true};
}

static void nemotron_h(const tc_json *json, tc_model *model, const tc_block *usual, int layers) {
    const char *pattern = tc_json_string(json, "hybrid_override_pattern", NULL), *key = "layers_block_type";
    const json_t *list = tc_json_value(json, key);
    kinds k = {.count = 0};
    tc_block ssm = mixer_alone(usual, TC_MIXER_STATE_SPACE), attention = mixer_alone(usual, TC_MIXER_ATTENTION),
             dense = ffn_alone(usual, TC_FFN_DENSE), experts = ffn_alone(usual, TC_FFN_EXPERTS);
    ssm.state_space = (tc_state_space){.heads = count_of(json, "mamba_num_heads", 128),
                                       .head_dim = count_of(json, "mamba_head_dim", 64),
                                       .groups = count_of(json, "n_groups", 8),
                                       .state = count_of(json, "ssm_state_size", 128),
                                       .conv = count_of(json, "conv_kernel", 4),
                                       .chunk = count_of(json, "chunk_size", 128),
                                       .norm = true,
                                       .conv_bias = flag_of(json, "use_conv_bias", true),
                                       .bias = flag_of(json, "mamba_proj_bias", false)};
    attention.attention.head_dim
        = count_of(json, tc_json_value(json, "attention_head_dim") ? "attention_head_dim" : "head_dim", 128);
    experts.experts = nemotron_experts(json);
    const tc_block *const all[] = {&ssm, &attention, &dense, &experts};
    for (int i = 0; i < 4; i++) add_kind(&k, all[i]);
    size_t n = pattern ? strlen(pattern) : json_array_size(list);
    for (size_t i = 0; i < n; i++) {
        char letter[2] = {pattern ? pattern[i] : 0, 0};
        const char *word = pattern ? letter : json_string_value(json_array_get(list, i));
        int kind = word ? nemotron_kind(word) : -1;
        if (pattern && pattern[i] == '|') continue; /* ends a pipeline stage */
        if (kind < 0) {
            tc_json_fail(json, pattern ? "hybrid_override_pattern" : key,
                         "\"%.16s\" in it; M, *, -, E or mamba, attention, mlp, moe are needed", word ? word : "null");
            return;
        }
        if (kind == 3 && experts.experts.experts == 0) {
            tc_json_fail(json, "n_routed_experts", "missing, but layer %zu is one of experts; both cannot be", i);
            return;
        }
        add_layer(&k, kind, (int)i);
    }
    if (n == 0)
        tc_json_fail(json, "hybrid_override_pattern", "missing; it, or layers_block_type, says what each layer is");
    (void)layers;
    finish(&k, model);
}

/* ---- Mamba-2, Falcon-H1, Granite, Bamba, Jamba -------------------------------------------------- */

static void mamba2(const tc_json *json, tc_model *model, const tc_block *usual, int layers) {
    tc_block block = mixer_alone(usual, TC_MIXER_STATE_SPACE);
    int width = count_of(json, "expand", 2) * model->hidden, head_dim = count_of(json, "head_dim", 64);
    block.state_space = (tc_state_space){.heads = count_of(json, "num_heads", head_dim > 0 ? width / head_dim : 0),
                                         .head_dim = head_dim,
                                         .groups = count_of(json, "n_groups", 1),
                                         .state = count_of(json, "state_size", 128),
                                         .conv = count_of(json, "conv_kernel", 4),
                                         .chunk = count_of(json, "chunk_size", 256),
                                         .norm = flag_of(json, "rms_norm", true),
                                         .conv_bias = flag_of(json, "use_conv_bias", true),
                                         .bias = flag_of(json, "use_bias", false)};
    block.count = layers;
    model->block[0] = block;
    model->blocks = 1;
}

/* The keys that Falcon-H1, Granite and Bamba share. */
static tc_state_space mamba_of(const tc_json *json, const tc_model *model, int heads, int state, int groups, int chunk,
                               bool norm) {
    int width = count_of(json, "mamba_d_ssm", (int64_t)count_of(json, "mamba_expand", 2) * model->hidden);
    tc_state_space s = {.heads = count_of(json, "mamba_n_heads", heads),
                        .groups = count_of(json, "mamba_n_groups", groups),
                        .state = count_of(json, "mamba_d_state", state),
                        .conv = count_of(json, "mamba_d_conv", 4),
                        .chunk = count_of(json, "mamba_chunk_size", chunk),
                        .norm = norm,
                        .conv_bias = flag_of(json, "mamba_conv_bias", true),
                        .bias = flag_of(json, "mamba_proj_bias", false)};
    const json_t *head = tc_json_value(json, "mamba_d_head");
    s.head_dim = json_is_integer(head) ? count_of(json, "mamba_d_head", 64) : s.heads > 0 ? width / s.heads : 0;
    return s;
}

static void falcon_h1(const tc_json *json, tc_model *model, const tc_block *usual, int layers) {
    tc_block block = *usual;
    block.beside = TC_MIXER_STATE_SPACE;
    block.state_space = mamba_of(json, model, 128, 256, 1, 256, flag_of(json, "mamba_rms_norm", false));
    block.ffn = TC_FFN_DENSE;
    block.count = layers;
    model->block[0] = block;
    model->blocks = 1;
}

static bool listed(const json_t *list, int layer) {
    for (size_t i = 0; i < json_array_size(list); i++)
        if (json_integer_value(json_array_get(list, i)) == layer) return true;
    return false;
}

/* The layers of full attention of 40 where a file names none: granite-4.0-h-small has 6, 16, 26 and 36. */
static bool granite_attends(const tc_json *json, int layer) {
    const json_t *types = tc_json_value(json, "layer_types");
    const char *word = json_string_value(json_array_get(types, (size_t)layer));
    return types ? word && strcmp(word, "attention") == 0 : layer % 10 == 5;
}

static void granite(const tc_json *json, tc_model *model, const tc_block *usual, int layers) {
    tc_block block = *usual;
    int experts = count_of(json, "num_local_experts", 8), shared = count_of(json, "shared_intermediate_size", 1024);
    block.ffn = experts > 0 ? TC_FFN_EXPERTS : TC_FFN_DENSE;
    block.experts.experts = experts;
    block.experts.top_k = count_of(json, "num_experts_per_tok", 2);
    block.experts.ffn = count_of(json, "intermediate_size", 0);
    block.experts.shared_ffn = shared;
    block.dense.ffn = shared;
    kinds k = {.count = 0};
    block.state_space = mamba_of(json, model, 128, 256, 1, 256, true);
    int attention = add_kind(&k, &block);
    block.mixer = TC_MIXER_STATE_SPACE;
    int ssm = add_kind(&k, &block);
    for (int i = 0; i < layers; i++) add_layer(&k, granite_attends(json, i) ? attention : ssm, i);
    finish(&k, model);
}

static void bamba(const tc_json *json, tc_model *model, const tc_block *usual, int layers) {
    tc_block block = *usual;
    const json_t *list = tc_json_value(json, "attn_layer_indices");
    kinds k = {.count = 0};
    block.ffn = TC_FFN_DENSE;
    block.state_space = mamba_of(json, model, 128, 256, 1, 256, true);
    int attention = add_kind(&k, &block);
    block.mixer = TC_MIXER_STATE_SPACE;
    int ssm = add_kind(&k, &block);
    for (int i = 0; i < layers; i++) add_layer(&k, listed(list, i) ? attention : ssm, i);
    finish(&k, model);
}

static void jamba(const tc_json *json, tc_model *model, const tc_block *usual, int layers) {
    int attention_period = (int)tc_json_integer(json, "attn_layer_period", 1, MAX_LAYERS, 8),
        expert_period = (int)tc_json_integer(json, "expert_layer_period", 1, MAX_LAYERS, 2),
        attention_offset = count_of(json, "attn_layer_offset", 4),
        expert_offset = count_of(json, "expert_layer_offset", 1), experts = count_of(json, "num_experts", 16);
    tc_block block = *usual;
    kinds k = {.count = 0};
    block.experts.experts = experts;
    block.experts.top_k = count_of(json, "num_experts_per_tok", 2);
    block.experts.ffn = block.dense.ffn;
    const json_t *rank = tc_json_value(json, "mamba_dt_rank");
    block.state_space = (tc_state_space){.heads = count_of(json, "mamba_expand", 2) * model->hidden,
                                         .head_dim = 1,
                                         .groups = 1,
                                         .state = count_of(json, "mamba_d_state", 16),
                                         .conv = count_of(json, "mamba_d_conv", 4),
                                         .chunk = 256,
                                         .dt_rank = json_is_integer(rank) ? count_of(json, "mamba_dt_rank", 256)
                                                                          : (model->hidden + 15) / 16,
                                         .norm = true,
                                         .conv_bias = flag_of(json, "mamba_conv_bias", true),
                                         .bias = flag_of(json, "mamba_proj_bias", false)};
    for (int i = 0; i < 4; i++) {
        block.mixer = i & 1 ? TC_MIXER_ATTENTION : TC_MIXER_STATE_SPACE;
        block.ffn = i & 2 ? TC_FFN_EXPERTS : TC_FFN_DENSE;
        add_kind(&k, &block);
    }
    for (int i = 0; i < layers; i++) {
        bool attends = i % attention_period == attention_offset,
             chooses = experts > 1 && i % expert_period == expert_offset;
        add_layer(&k, attends + 2 * chooses, i);
    }
    finish(&k, model);
}

/* ---- Qwen3-Next and after, Kimi Linear, MiniMax, flash-linear-attention ------------------------------- */

/* Which layers have full attention: layer_types, or every full_attention_interval-th. */
static bool attends_fully(const tc_json *json, int layer) {
    const json_t *types = tc_json_value(json, "layer_types");
    const char *word = json_string_value(json_array_get(types, (size_t)layer));
    int every = (int)tc_json_integer(json, "full_attention_interval", 1, MAX_LAYERS, 4);
    return types ? word && strcmp(word, "full_attention") == 0 : (layer + 1) % every == 0;
}

static void two_kinds(const tc_json *json, tc_model *model, const tc_block *full, const tc_block *other, int layers) {
    kinds k = {.count = 0};
    int attention = add_kind(&k, full), linear = add_kind(&k, other);
    for (int i = 0; i < layers; i++) add_layer(&k, attends_fully(json, i) ? attention : linear, i);
    finish(&k, model);
}

static void qwen3_next(const tc_json *json, tc_model *model, const tc_block *usual, int layers) {
    tc_block full = *usual, linear;
    full.ffn = full.experts.experts > 0 ? TC_FFN_EXPERTS : TC_FFN_DENSE;
    full.attention.qk_norm = true;
    full.attention.gate = flag_of(json, "attn_output_gate", true);
    linear = full;
    linear.mixer = TC_MIXER_DELTA;
    linear.delta = (tc_delta){.key_heads = count_of(json, "linear_num_key_heads", 16),
                              .value_heads = count_of(json, "linear_num_value_heads", 32),
                              .key_dim = count_of(json, "linear_key_head_dim", 128),
                              .value_dim = count_of(json, "linear_value_head_dim", 128),
                              .conv = count_of(json, "linear_conv_kernel_dim", 4),
                              .chunk = 64};
    two_kinds(json, model, &full, &linear, layers);
}

static void minimax(const tc_json *json, tc_model *model, const tc_block *usual, int layers) {
    tc_block full = *usual, linear;
    const json_t *list = tc_json_value(json, "attn_type_list"); /* 0: lightning attention */
    full.ffn = TC_FFN_EXPERTS;
    linear = full;
    linear.mixer = TC_MIXER_LINEAR;
    linear.linear = (tc_linear){.heads = full.attention.heads,
                                .head_dim = full.attention.head_dim,
                                .chunk = count_of(json, "block_size", 256),
                                .gate = true};
    if (!list) {
        two_kinds(json, model, &full, &linear, layers);
        return;
    }
    kinds k = {.count = 0};
    int attention = add_kind(&k, &full), lightning = add_kind(&k, &linear);
    for (int i = 0; i < layers; i++)
        add_layer(&k, json_integer_value(json_array_get(list, (size_t)i)) == 1 ? attention : lightning, i);
    finish(&k, model);
}

static void kimi_linear(const tc_json *json, tc_model *model, const tc_block *usual, int layers) {
    tc_json config = tc_json_child(json, "linear_attn_config");
    const json_t *full = tc_json_value(&config, "full_attn_layers"); /* counted from 1 */
    int dense = count_of(json, "first_k_dense_replace", 1), heads = count_of(&config, "num_heads", 32),
        dim = count_of(&config, "head_dim", 128);
    if (flag_of(&config, "use_full_rank_gate", false)) {
        tc_json_fail(&config, "use_full_rank_gate", "true; layers with gates of full rank are of another class");
        return;
    }
    kinds k = {.count = 0};
    tc_block block = *usual;
    block.delta = (tc_delta){.key_heads = heads,
                             .value_heads = heads,
                             .key_dim = dim,
                             .value_dim = dim,
                             .conv = count_of(&config, "short_conv_kernel_size", 4),
                             .chunk = 64,
                             .gate_rank = dim};
    for (int i = 0; i < 4; i++) {
        block.mixer = i & 1 ? TC_MIXER_LATENT : TC_MIXER_DELTA;
        block.ffn = i & 2 ? TC_FFN_EXPERTS : TC_FFN_DENSE;
        add_kind(&k, &block);
    }
    for (int i = 0; i < layers; i++) add_layer(&k, listed(full, i + 1) + 2 * (i >= dense), i);
    finish(&k, model);
}

static void gated_deltanet(const tc_json *json, tc_model *model, const tc_block *usual, int layers) {
    tc_block block = *usual;
    double expand = tc_json_number(json, "expand_v", 0.1, 16, 2),
           ratio = tc_json_number(json, "hidden_ratio", 0.01, 1000, 4);
    int heads = count_of(json, "num_heads", 6), dim = count_of(json, "head_dim", 256);
    block.mixer = TC_MIXER_DELTA;
    block.ffn = TC_FFN_DENSE;
    if (block.dense.ffn == 0) block.dense.ffn = ((int)(model->hidden * ratio * 2 / 3) + 255) / 256 * 256;
    block.delta = (tc_delta){.key_heads = heads,
                             .value_heads = count_of(json, "num_v_heads", heads),
                             .key_dim = dim,
                             .value_dim = (int)(expand * dim),
                             .conv = count_of(json, "conv_size", 4),
                             .chunk = 64};
    block.count = layers;
    model->block[0] = block;
    model->blocks = 1;
}

static const struct {
    const char *type;
    tc_hf_layers read;
} classes[] = {{"nemotron_h", nemotron_h},
               {"mamba2", mamba2},
               {"falcon_h1", falcon_h1},
               {"granitemoehybrid", granite},
               {"bamba", bamba},
               {"jamba", jamba},
               {"qwen3_next", qwen3_next},
               {"qwen3_5_text", qwen3_next},
               {"qwen3_5_moe_text", qwen3_next},
               {"minimax", minimax},
               {"kimi_linear", kimi_linear},
               {"gated_deltanet", gated_deltanet}};

tc_hf_layers tc_hf_layers_of(const char *type) {
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        if (strcmp(classes[i].type, type) == 0) return classes[i].read;
    return NULL;
}
