/* hf_classes.c - one row a class; a new class is a new row. */
#include "interop/hf_classes.h"

#include <stdio.h>
#include <string.h>

#define LARGEST 10000000

const tc_hf_keys tc_hf_standard_keys = {.hidden = "hidden_size",
                                        .layers = "num_hidden_layers",
                                        .heads = "num_attention_heads",
                                        .kv_heads = "num_key_value_heads",
                                        .ffn = "intermediate_size",
                                        .seq = "max_position_embeddings",
                                        .vocab = "vocab_size"};

/* ---- spellings --------------------------------------------------------------- */

static const tc_hf_keys gpt2_keys
    = {.hidden = "n_embd", .layers = "n_layer", .heads = "n_head", .ffn = "n_inner", .seq = "n_positions"};
static const tc_hf_keys neox_keys = {.hidden = "hidden_size",
                                     .layers = "num_hidden_layers",
                                     .heads = "num_attention_heads",
                                     .ffn = "intermediate_size",
                                     .seq = "max_position_embeddings"};
static const tc_hf_keys neo_keys = {.hidden = "hidden_size",
                                    .layers = "num_layers",
                                    .heads = "num_heads",
                                    .ffn = "intermediate_size",
                                    .seq = "max_position_embeddings"};
static const tc_hf_keys opt_keys = {.hidden = "hidden_size",
                                    .layers = "num_hidden_layers",
                                    .heads = "num_attention_heads",
                                    .ffn = "ffn_dim",
                                    .seq = "max_position_embeddings"};
static const tc_hf_keys bloom_keys = {.hidden = "n_embed", .layers = "n_layer", .heads = "n_head", .seq = "seq_length"};
static const tc_hf_keys falcon_keys = {.hidden = "n_embed",
                                       .layers = "n_layer",
                                       .heads = "n_head",
                                       .ffn = "ffn_hidden_size",
                                       .seq = "max_position_embeddings"};
static const tc_hf_keys mpt_keys
    = {.hidden = "d_model", .layers = "n_layers", .heads = "n_heads", .seq = "max_seq_len"};

static const tc_hf_keys phi_msft_keys = {.hidden = "n_embd",
                                         .layers = "n_layer",
                                         .heads = "n_head",
                                         .kv_heads = "n_head_kv",
                                         .ffn = "n_inner",
                                         .seq = "n_positions"};
static const tc_hf_keys chatglm_keys = {.hidden = "hidden_size",
                                        .layers = "num_layers",
                                        .heads = "num_attention_heads",
                                        .kv_heads = "multi_query_group_num",
                                        .ffn = "ffn_hidden_size",
                                        .seq = "seq_length",
                                        .vocab = "padded_vocab_size"};
static const tc_hf_keys dbrx_keys
    = {.hidden = "d_model", .layers = "n_layers", .heads = "n_heads", .seq = "max_seq_len"};
static const tc_hf_keys nemotron_keys = {.hidden = "hidden_size",
                                         .layers = "num_hidden_layers",
                                         .heads = "num_attention_heads",
                                         .kv_heads = "num_key_value_heads",
                                         .ffn = "intermediate_size",
                                         .seq = "max_position_embeddings"};
static const tc_hf_keys t5_keys = {.hidden = "d_model",
                                   .layers = "num_decoder_layers",
                                   .heads = "num_heads",
                                   .ffn = "d_ff",
                                   .seq = "n_positions",
                                   .head_dim = "d_kv",
                                   .other_layers = "num_layers"};
static const tc_hf_keys mamba_keys = {.hidden = "hidden_size", .layers = "num_hidden_layers"};
static const tc_hf_keys fla_keys = {.hidden = "hidden_size",
                                    .layers = "num_hidden_layers",
                                    .heads = "num_heads",
                                    .kv_heads = "num_kv_heads",
                                    .ffn = "intermediate_size",
                                    .seq = "max_position_embeddings"};

/* ---- what the traits cannot say ------------------------------------------------ */

static void set_biases(tc_block *block, bool bias) {
    block->attention.qkv_bias = block->attention.out_bias = block->dense.bias = bias;
}

static void refine_gpt_bigcode(const tc_json *json, tc_model *model, tc_block *block) {
    (void)model;
    if (tc_json_bool(json, "multi_query", 1) == 1) block->attention.kv_heads = 1;
}

static void refine_gpt_neox(const tc_json *json, tc_model *model, tc_block *block) {
    (void)model;
    block->parallel_residual = tc_json_bool(json, "use_parallel_residual", 1) == 1;
}

/* The position table has two rows in front; the smallest sizes norm after each half and project their embedding. */
static void refine_opt(const tc_json *json, tc_model *model, tc_block *block) {
    set_biases(block, tc_json_bool(json, "enable_bias", 1) == 1);
    model->learned_positions += 2;
    model->final_norm
        = tc_json_bool(json, "do_layer_norm_before", 1) == 1 && tc_json_bool(json, "_remove_final_layer_norm", 0) == 0;
    int64_t width = tc_json_integer(json, "word_embed_proj_dim", 1, LARGEST, model->hidden);
    if (width != model->hidden)
        tc_json_fail(json, "word_embed_proj_dim",
                     "%lld differs from hidden_size %d; an embedding of another width is not supported",
                     (long long)width, model->hidden);
}

/* One key-value head (7B), groups (40B, 180B) or all; one norm a block where attention and MLP share it. The 180B has an output
 * layer of its own: its files do not say so, the hidden size does. */
static void refine_falcon(const tc_json *json, tc_model *model, tc_block *block) {
    bool grouped = tc_json_bool(json, "new_decoder_architecture", 0) == 1;
    bool parallel = tc_json_bool(json, "parallel_attn", 1) == 1;
    set_biases(block, tc_json_bool(json, "bias", 0) == 1);
    if (tc_json_bool(json, "alibi", 0) == 1) model->positions = TC_POSITIONS_NONE;
    block->parallel_residual = parallel || grouped;
    if (model->hidden >= 14848 && !tc_json_value(json, "tie_word_embeddings")) model->tied_embeddings = false;
    if (grouped) {
        const char *key = tc_json_value(json, "num_kv_heads") ? "num_kv_heads" : "n_head_kv";
        block->attention.kv_heads = (int)tc_json_integer(json, key, 1, LARGEST, block->attention.heads);
        block->norms = (int)tc_json_integer(json, "num_ln_in_parallel_attn", 1, 2, 2);
    } else {
        if (tc_json_bool(json, "multi_query", 1) == 1) block->attention.kv_heads = 1;
        if (parallel) block->norms = 1;
    }
}

static void refine_mpt(const tc_json *json, tc_model *model, tc_block *block) {
    static const char *const kinds[] = {"multihead_attention", "multiquery_attention", "grouped_query_attention"};
    tc_json attention = tc_json_child(json, "attn_config");
    bool bias = tc_json_bool(json, "no_bias", 1) == 0;
    bool learned = tc_json_bool(json, "learned_pos_emb", 1) == 1 && tc_json_bool(&attention, "alibi", 1) == 0;
    double ratio = tc_json_number(json, "expansion_ratio", 0.01, 1000, 4);
    int kind = tc_json_choice(&attention, "attn_type", kinds, 3, 0);
    if (kind == 1) block->attention.kv_heads = 1;
    if (kind == 2)
        block->attention.kv_heads = (int)tc_json_integer(&attention, "kv_n_heads", 1, LARGEST, block->attention.heads);
    block->attention.qk_norm = block->attention.qk_norm_full = tc_json_bool(&attention, "qk_ln", 0) == 1;
    set_biases(block, bias);
    double ffn = ratio * model->hidden;
    if (ffn >= 1 && ffn <= LARGEST)
        block->dense.ffn = (int)ffn;
    else
        tc_json_fail(json, "expansion_ratio", "%g; an MLP width from 1 to %d is needed", ratio, LARGEST);
    model->norm_bias = bias;
    if (learned) {
        model->positions = TC_POSITIONS_LEARNED;
        model->learned_positions = model->seq;
    }
}

static void refine_bert(const tc_json *json, tc_model *model, tc_block *block) {
    (void)block;
    model->causal = tc_json_bool(json, "is_decoder", 0) == 1;
    model->token_types = (int)tc_json_integer(json, "type_vocab_size", 0, LARGEST, 2);
    model->head_transform = model->lm_head_bias = true;
    model->final_norm = false;
}

/* No norm in front of the first layer's attention, but one after the embedding: as many, at the same place. */
static void refine_modernbert(const tc_json *json, tc_model *model, tc_block *block) {
    (void)block;
    model->causal = false;
    model->norm_bias = tc_json_bool(json, "norm_bias", 0) == 1;
    model->lm_head_bias = tc_json_bool(json, "decoder_bias", 1) == 1;
    model->head_transform = true;
}

/* Encoder and decoder (Raffel et al. 2020, arXiv 1910.10683): the decoder is the main stack, and its cross attention reads
 * the outputs of the encoder, a tower with the source's tokens. Both look words up in one table; positions are 32 biases a
 * head in the first layer of each. */
static void add_encoder(const tc_json *json, tc_model *model, tc_block *block, int layers) {
    const char *kind = json_string_value(tc_json_value(json, "feed_forward_proj"));
    block->dense.kind = kind && strncmp(kind, "gated", 5) == 0 ? TC_MLP_GATED : TC_MLP_PLAIN;
    int heads = block->attention.heads, buckets = 32;
    model->towers = 1;
    tc_tower *encoder = &model->tower[0];
    *encoder = tc_default_tower();
    snprintf(encoder->name, sizeof encoder->name, "encoder");
    encoder->unit = TC_TOWER_SAMPLE;
    encoder->hidden = model->hidden;
    encoder->norm = model->norm;
    encoder->norm_bias = model->norm_bias;
    encoder->positions = model->positions;
    encoder->norms = 1;
    encoder->weights
        = 2.0 * heads * (double)tc_json_integer(json, "relative_attention_num_buckets", 1, LARGEST, buckets);
    encoder->blocks = 1;
    encoder->block[0] = *block;
    encoder->block[0].ffn = TC_FFN_DENSE;
    encoder->block[0].count = (int)tc_json_integer(json, "num_layers", 1, LARGEST, layers);
    block->cross = (tc_cross){.heads = heads, .head_dim = block->attention.head_dim};
    block->norms = 3;
    model->latents.text_tokens = model->seq;
}

/* The layers of an encoder that a file leaves out: T5Config's, MT5Config's. */
static void refine_t5(const tc_json *json, tc_model *model, tc_block *block) { add_encoder(json, model, block, 6); }
static void refine_mt5(const tc_json *json, tc_model *model, tc_block *block) { add_encoder(json, model, block, 8); }

/* UMT5's layers have biases of positions each. */
static void refine_umt5(const tc_json *json, tc_model *model, tc_block *block) {
    refine_mt5(json, model, block);
    tc_tower *encoder = &model->tower[0];
    int decoder = (int)tc_json_integer(json, "num_decoder_layers", 1, LARGEST, encoder->block[0].count);
    encoder->weights *= 0.5 * (encoder->block[0].count + decoder);
}

/* OLMo's LayerNorms have no weights. */
static void refine_olmo(const tc_json *json, tc_model *model, tc_block *block) {
    (void)json;
    (void)block;
    model->norm = TC_NORM_LAYER;
    model->norm_weight = false;
}

static void refine_olmo2(const tc_json *json, tc_model *model, tc_block *block) {
    (void)json;
    (void)model;
    block->attention.qk_norm_full = true;
}

static void refine_gpt_oss(const tc_json *json, tc_model *model, tc_block *block) {
    (void)json;
    (void)model;
    block->attention.sinks = true;
}

static void refine_internlm2(const tc_json *json, tc_model *model, tc_block *block) {
    (void)model;
    block->attention.qkv_bias = block->attention.out_bias = tc_json_bool(json, "bias", 0) == 1;
}

static void refine_starcoder2(const tc_json *json, tc_model *model, tc_block *block) {
    (void)model;
    set_biases(block, tc_json_bool(json, "use_bias", 1) == 1);
}

static void refine_qwen2_moe(const tc_json *json, tc_model *model, tc_block *block) {
    (void)model;
    block->attention.qkv_bias = tc_json_bool(json, "qkv_bias", 1) == 1;
}

static void refine_glm4_moe(const tc_json *json, tc_model *model, tc_block *block) {
    (void)model;
    block->attention.qk_norm = tc_json_bool(json, "use_qk_norm", 0) == 1;
}

/* Multi-head latent attention. q_lora_rank null is a plain projection (V2-Lite); absent is the class's 1536. */
static void refine_deepseek(const tc_json *json, tc_model *model, tc_block *block) {
    (void)model;
    bool plain = json_is_null(json_object_get(json->object, "q_lora_rank"));
    block->mixer = TC_MIXER_LATENT;
    block->latent = (tc_latent){.heads = block->attention.heads,
                                .q_rank = (int)tc_json_integer(json, "q_lora_rank", 1, LARGEST, plain ? 0 : 1536),
                                .kv_rank = (int)tc_json_integer(json, "kv_lora_rank", 1, LARGEST, 512),
                                .nope_dim = (int)tc_json_integer(json, "qk_nope_head_dim", 1, LARGEST, 128),
                                .rope_dim = (int)tc_json_integer(json, "qk_rope_head_dim", 1, LARGEST, 64),
                                .v_dim = (int)tc_json_integer(json, "v_head_dim", 1, LARGEST, 128),
                                .out_bias = block->attention.out_bias};
}

/* DeepSeek-V3.2, GLM-5: an indexer chooses the keys of every query. */
static void refine_indexed(const tc_json *json, tc_model *model, tc_block *block) {
    refine_deepseek(json, model, block);
    block->latent.index_heads = (int)tc_json_integer(json, "index_n_heads", 1, LARGEST, 64);
    block->latent.index_dim = (int)tc_json_integer(json, "index_head_dim", 1, LARGEST, 128);
    block->latent.index_top_k = (int)tc_json_integer(json, "index_topk", 1, LARGEST, 2048);
}

static void refine_phi(const tc_json *json, tc_model *model, tc_block *block) {
    (void)model;
    block->attention.qk_norm = tc_json_bool(json, "qk_layernorm", 0) == 1;
}

/* One matrix makes gate and up: intermediate_size is the width of both together. */
static void refine_qwen(const tc_json *json, tc_model *model, tc_block *block) {
    (void)model;
    if (block->dense.ffn % 2 != 0)
        tc_json_fail(json, "intermediate_size", "%d; an even number is needed: gate and up together", block->dense.ffn);
    block->dense.ffn /= 2;
    if (tc_json_bool(json, "no_bias", 1) == 0) block->attention.out_bias = block->dense.bias = true;
}

static void refine_stablelm(const tc_json *json, tc_model *model, tc_block *block) {
    (void)model;
    block->attention.qkv_bias = tc_json_bool(json, "use_qkv_bias", 0) == 1;
    block->attention.qk_norm = tc_json_bool(json, "qk_layernorm", 0) == 1;
    block->parallel_residual = tc_json_bool(json, "use_parallel_residual", 0) == 1;
    if (block->parallel_residual) block->norms = 1;
}

static void refine_chatglm(const tc_json *json, tc_model *model, tc_block *block) {
    bool bias = tc_json_bool(json, "add_bias_linear", 0) == 1, rms = tc_json_bool(json, "rmsnorm", 1) == 1;
    block->attention.qkv_bias = bias || tc_json_bool(json, "add_qkv_bias", 0) == 1;
    block->attention.out_bias = block->dense.bias = bias;
    if (tc_json_bool(json, "multi_query_attention", 0) != 1) block->attention.kv_heads = block->attention.heads;
    block->attention.head_dim = (int)tc_json_integer(json, "kv_channels", 1, LARGEST, 128);
    model->norm = rms ? TC_NORM_RMS : TC_NORM_LAYER;
    model->norm_bias = !rms;
    model->final_norm = tc_json_bool(json, "post_layer_norm", 1) == 1;
}

/* The 13B of either generation has ALiBi, the 7B rotation: the files do not say so, the hidden size does. */
static void refine_baichuan(const tc_json *json, tc_model *model, tc_block *block) {
    (void)json;
    (void)block;
    if (model->hidden >= 5120) model->positions = TC_POSITIONS_NONE;
}

static void refine_internlm(const tc_json *json, tc_model *model, tc_block *block) {
    (void)model;
    block->attention.qkv_bias = block->attention.out_bias = tc_json_bool(json, "bias", 1) == 1;
}

static void refine_internlm3(const tc_json *json, tc_model *model, tc_block *block) {
    (void)model;
    set_biases(block, tc_json_bool(json, "bias", 0) == 1);
    block->attention.qkv_bias = tc_json_bool(json, "qkv_bias", 0) == 1;
}

static void refine_cohere(const tc_json *json, tc_model *model, tc_block *block) {
    (void)model;
    block->attention.qk_norm = block->attention.qk_norm_full = tc_json_bool(json, "use_qk_norm", 0) == 1;
}

static void refine_dbrx(const tc_json *json, tc_model *model, tc_block *block) {
    (void)model;
    tc_json attention = tc_json_child(json, "attn_config"), ffn = tc_json_child(json, "ffn_config");
    block->attention.kv_heads = (int)tc_json_integer(&attention, "kv_n_heads", 1, LARGEST, 1);
    block->experts.experts = (int)tc_json_integer(&ffn, "moe_num_experts", 1, LARGEST, 4);
    block->experts.top_k = (int)tc_json_integer(&ffn, "moe_top_k", 1, LARGEST, 1);
    block->experts.ffn = (int)tc_json_integer(&ffn, "ffn_hidden_size", 1, LARGEST, 3584);
    if (block->experts.top_k > block->experts.experts)
        tc_json_fail(&ffn, "moe_top_k", "%d; at most the %d experts are possible", block->experts.top_k,
                     block->experts.experts);
}

/* Its queries and keys are normed without weights. */
static void refine_llama4(const tc_json *json, tc_model *model, tc_block *block) {
    (void)model;
    block->dense.ffn = (int)tc_json_integer(json, "intermediate_size_mlp", 1, LARGEST, 16384);
}

static void refine_olmoe(const tc_json *json, tc_model *model, tc_block *block) {
    (void)json;
    (void)model;
    block->attention.qk_norm_full = true;
}

static void refine_minimax_m2(const tc_json *json, tc_model *model, tc_block *block) {
    (void)model;
    block->attention.qk_norm = block->attention.qk_norm_full = tc_json_bool(json, "use_qk_norm", 1) == 1;
}

static void refine_bailing(const tc_json *json, tc_model *model, tc_block *block) {
    (void)model;
    set_biases(block, tc_json_bool(json, "use_bias", 0) == 1);
    block->attention.qkv_bias = tc_json_bool(json, "use_qkv_bias", 0) == 1;
}

static void refine_seed_oss(const tc_json *json, tc_model *model, tc_block *block) {
    (void)model;
    block->attention.out_bias = tc_json_bool(json, "attention_out_bias", 0) == 1;
}

/* flash-linear-attention's plain transformer: the width is 2/3 of hidden_ratio x hidden, a multiple of 256. */
static void refine_fla(const tc_json *json, tc_model *model, tc_block *block) {
    double ratio = tc_json_number(json, "hidden_ratio", 0.01, 1000, 4);
    block->attention.qkv_bias = tc_json_bool(json, "qkv_bias", 0) == 1;
    block->attention.qk_norm = tc_json_bool(json, "qk_norm", 0) == 1;
    if (block->dense.ffn == 0) block->dense.ffn = ((int)(model->hidden * ratio * 2 / 3) + 255) / 256 * 256;
}

/* ---- the classes ------------------------------------------------------------------ */

#define BIASES (TC_HF_QKV_BIAS | TC_HF_OUT_BIAS | TC_HF_MLP_BIAS)
#define BIAS_KEYS (TC_HF_ATTENTION_BIAS_KEY | TC_HF_OUT_BIAS_KEY)
#define GPT (TC_HF_LAYER_NORM | BIASES)
#define STANDARD .keys = &tc_hf_standard_keys

/* clang-format off */
static const tc_hf_class classes[] = {
    {"llama", "Llama", "llama", STANDARD, .traits = TC_HF_GATED | BIAS_KEYS | TC_HF_MLP_BIAS_KEY, .seq = 2048, .inner = {4096, 32, 32, 11008, 32000}},
    {"mistral", "Mistral", "llama", STANDARD, .traits = TC_HF_GATED, .kv_heads = 8, .seq = 131072, .window = 4096, .windows = TC_HF_WINDOW_ALL, .inner = {4096, 32, 32, 14336, 32000}},
    {"mixtral", "Mixtral", "moe", STANDARD, .traits = TC_HF_GATED, .kv_heads = 8, .seq = 131072, .windows = TC_HF_WINDOW_ALL, .experts = TC_HF_EXPERTS_ALL},
    {"qwen2", "Qwen2", "llama", STANDARD, .traits = TC_HF_GATED | TC_HF_QKV_BIAS, .kv_heads = 32, .seq = 32768, .window = 4096, .windows = TC_HF_WINDOW_LATE, .inner = {4096, 32, 32, 22016, 151936}},
    {"qwen2_moe", "Qwen2Moe", "moe", STANDARD, .traits = TC_HF_GATED | TC_HF_QKV_BIAS | TC_HF_SHARED_GATE, .kv_heads = 16, .seq = 32768, .window = 4096, .windows = TC_HF_WINDOW_LATE, .experts = TC_HF_EXPERTS_STEP, .shared_ffn = 5632, .refine = refine_qwen2_moe},
    {"qwen3", "Qwen3", "llama", STANDARD, .traits = TC_HF_GATED | TC_HF_QK_NORM | BIAS_KEYS, .kv_heads = 32, .head_dim = 128, .seq = 32768, .window = 4096, .windows = TC_HF_WINDOW_LATE, .inner = {4096, 32, 32, 22016, 151936}},
    {"qwen3_moe", "Qwen3Moe", "moe", STANDARD, .traits = TC_HF_GATED | TC_HF_QK_NORM | BIAS_KEYS, .kv_heads = 4, .seq = 32768, .window = 4096, .windows = TC_HF_WINDOW_LATE, .experts = TC_HF_EXPERTS_STEP},
    {"deepseek_v2", "DeepseekV2", "mla-moe", STANDARD, .traits = TC_HF_GATED | BIAS_KEYS, .seq = 2048, .experts = TC_HF_EXPERTS_AFTER, .shared_experts = 2, .refine = refine_deepseek},
    {"deepseek_v3", "DeepseekV3", "mla-moe", STANDARD, .traits = TC_HF_GATED | BIAS_KEYS | TC_HF_ROUTER_BIAS, .seq = 4096, .experts = TC_HF_EXPERTS_AFTER, .shared_experts = 1, .first_dense = 3, .refine = refine_deepseek},
    {"deepseek_v32", "DeepseekV32", "mla-moe-dsa", STANDARD, .traits = TC_HF_GATED | BIAS_KEYS | TC_HF_ROUTER_BIAS, .seq = 4096, .experts = TC_HF_EXPERTS_AFTER, .shared_experts = 1, .first_dense = 3, .refine = refine_indexed},
    {"glm_moe_dsa", "GlmMoeDsa", "mla-moe-dsa", STANDARD, .traits = TC_HF_GATED | BIAS_KEYS | TC_HF_ROUTER_BIAS, .seq = 4096, .experts = TC_HF_EXPERTS_AFTER, .shared_experts = 1, .first_dense = 3, .refine = refine_indexed},
    {"nemotron_h", "NemotronH", "hybrid-mamba", .keys = &nemotron_keys, .traits = TC_HF_MLP_BIAS_KEY, .kv_heads = 8, .head_dim = 128, .seq = 8192},
    {"mamba2", "Mamba2", "mamba", .keys = &mamba_keys, .traits = TC_HF_ALIBI | TC_HF_TIED, .heads = 1, .seq = 2048, .vocab = 32768},
    {"falcon_h1", "FalconH1", "hybrid-mamba", STANDARD, .traits = TC_HF_GATED, .kv_heads = 8, .seq = 8192},
    {"granitemoehybrid", "GraniteMoeHybrid", "hybrid-mamba-moe", STANDARD, .traits = TC_HF_GATED | TC_HF_TIED | TC_HF_ALIBI, .seq = 2048},
    {"bamba", "Bamba", "hybrid-mamba", STANDARD, .traits = TC_HF_GATED, .kv_heads = 8, .seq = 262144},
    {"jamba", "Jamba", "hybrid-mamba-moe", STANDARD, .traits = TC_HF_GATED | TC_HF_ALIBI, .kv_heads = 8, .seq = 262144},
    {"qwen3_next", "Qwen3Next", "hybrid-gdn-moe", STANDARD, .traits = TC_HF_GATED | TC_HF_SHARED_GATE, .kv_heads = 2, .head_dim = 256, .seq = 32768, .experts = TC_HF_EXPERTS_STEP, .shared_ffn = 512},
    {"qwen3_5_text", "Qwen3_5", "hybrid-gdn", STANDARD, .traits = TC_HF_GATED, .kv_heads = 4, .head_dim = 256, .seq = 32768},
    {"qwen3_5_moe_text", "Qwen3_5Moe", "hybrid-gdn-moe", STANDARD, .traits = TC_HF_GATED | TC_HF_SHARED_GATE, .kv_heads = 2, .head_dim = 256, .seq = 32768, .experts = TC_HF_EXPERTS_STEP, .shared_ffn = 512},
    {"minimax", "MiniMax", "hybrid-linear-moe", STANDARD, .traits = TC_HF_GATED, .kv_heads = 8, .head_dim = 128, .seq = 32768, .experts = TC_HF_EXPERTS_ALL},
    {"kimi_linear", "KimiLinear", "hybrid-kda-moe", STANDARD, .traits = TC_HF_GATED | TC_HF_ROUTER_BIAS, .seq = 4096, .experts = TC_HF_EXPERTS_AFTER, .shared_experts = 1, .first_dense = 1, .refine = refine_deepseek},
    {"gated_deltanet", "GatedDeltaNet", "linear-attention", .keys = &fla_keys, .traits = TC_HF_GATED, .seq = 2048, .vocab = 32000},
    {"kimi_k2", "KimiK2", "mla-moe", STANDARD, .traits = TC_HF_GATED | BIAS_KEYS | TC_HF_ROUTER_BIAS, .seq = 4096, .experts = TC_HF_EXPERTS_AFTER, .shared_experts = 1, .first_dense = 3, .refine = refine_deepseek},
    {"gpt2", "GPT2", "gpt", .keys = &gpt2_keys, .traits = GPT | TC_HF_TIED | TC_HF_LEARNED | TC_HF_FFN_DEFAULT, .seq = 1024},
    {"gpt_bigcode", "GPTBigCode", "gpt", .keys = &gpt2_keys, .traits = GPT | TC_HF_TIED | TC_HF_LEARNED | TC_HF_FFN_DEFAULT, .seq = 1024, .refine = refine_gpt_bigcode},
    {"gpt_neo", "GPTNeo", "gpt", .keys = &neo_keys, .traits = TC_HF_LAYER_NORM | TC_HF_OUT_BIAS | TC_HF_MLP_BIAS | TC_HF_TIED | TC_HF_LEARNED | TC_HF_FFN_DEFAULT, .seq = 2048, .window = 256, .windows = TC_HF_WINDOW_LOCAL},
    {"gpt_neox", "GPTNeoX", "gpt", .keys = &neox_keys, .traits = GPT | BIAS_KEYS, .seq = 2048, .refine = refine_gpt_neox},
    {"gpt_neox_reward_model", "GPTNeoXReward", "gpt", .keys = &neox_keys, .traits = GPT | BIAS_KEYS, .seq = 2048, .refine = refine_gpt_neox},
    {"opt", "OPT", "gpt", .keys = &opt_keys, .traits = GPT | TC_HF_TIED | TC_HF_LEARNED, .seq = 2048, .refine = refine_opt},
    {"bloom", "Bloom", "gpt", .keys = &bloom_keys, .traits = TC_HF_HEAD_IN_MODEL | GPT | TC_HF_TIED | TC_HF_ALIBI | TC_HF_EMBEDDING_NORM | TC_HF_FFN_DEFAULT, .seq = 2048},
    {"falcon", "Falcon", "gpt", .keys = &falcon_keys, .traits = TC_HF_LAYER_NORM | TC_HF_TIED | TC_HF_FFN_DEFAULT, .seq = 2048, .refine = refine_falcon},
    {"mpt", "MPT", "gpt", .keys = &mpt_keys, .traits = TC_HF_LAYER_NORM | TC_HF_TIED | TC_HF_ALIBI | TC_HF_FFN_DEFAULT, .seq = 2048, .refine = refine_mpt},
    {"starcoder2", "Starcoder2", "gpt", STANDARD, .traits = GPT | TC_HF_TIED, .kv_heads = 2, .seq = 4096, .windows = TC_HF_WINDOW_ALL, .refine = refine_starcoder2},
    {"phi3", "Phi3", "llama", STANDARD, .traits = TC_HF_GATED, .seq = 4096, .windows = TC_HF_WINDOW_ALL},
    {"gemma", "Gemma", "gemma", STANDARD, .traits = TC_HF_GATED | TC_HF_TIED | BIAS_KEYS, .kv_heads = 16, .head_dim = 256, .seq = 8192},
    {"gemma2", "Gemma2", "gemma", STANDARD, .traits = TC_HF_GATED | TC_HF_TIED | BIAS_KEYS | TC_HF_FOUR_NORMS, .kv_heads = 4, .head_dim = 256, .seq = 8192, .window = 4096, .windows = TC_HF_WINDOW_EVEN},
    {"gemma3_text", "Gemma3", "gemma", STANDARD, .traits = TC_HF_GATED | TC_HF_TIED | BIAS_KEYS | TC_HF_FOUR_NORMS | TC_HF_QK_NORM, .kv_heads = 4, .head_dim = 256, .seq = 131072, .heads = 8, .vocab = 262208, .window = 4096, .windows = TC_HF_WINDOW_PATTERN},
    {"glm", "Glm", "llama", STANDARD, .traits = TC_HF_GATED | TC_HF_QKV_BIAS | TC_HF_ATTENTION_BIAS_KEY, .kv_heads = 2, .head_dim = 128, .seq = 131072},
    {"glm4", "Glm4", "llama", STANDARD, .traits = TC_HF_GATED | TC_HF_ATTENTION_BIAS_KEY | TC_HF_FOUR_NORMS, .kv_heads = 2, .head_dim = 128, .seq = 131072},
    {"glm4_moe", "Glm4Moe", "moe", STANDARD, .traits = TC_HF_GATED | TC_HF_ATTENTION_BIAS_KEY | TC_HF_ROUTER_BIAS, .kv_heads = 8, .head_dim = 128, .seq = 131072, .experts = TC_HF_EXPERTS_AFTER, .shared_experts = 1, .first_dense = 1, .refine = refine_glm4_moe},
    {"gpt_oss", "GptOss", "moe", STANDARD, .traits = TC_HF_GATED | BIASES | BIAS_KEYS | TC_HF_ROUTER_BIAS, .kv_heads = 8, .head_dim = 64, .seq = 131072, .window = 128, .windows = TC_HF_WINDOW_EVEN, .experts = TC_HF_EXPERTS_ALL, .refine = refine_gpt_oss},
    {"bert", "Bert", "bert", .keys = &neox_keys, .traits = TC_HF_HEAD_IN_MODEL | GPT | TC_HF_TIED | TC_HF_LEARNED | TC_HF_EMBEDDING_NORM, .seq = 512, .refine = refine_bert},
    {"modernbert", "ModernBert", "bert", STANDARD, .traits = TC_HF_HEAD_IN_MODEL | TC_HF_GATED | TC_HF_LAYER_NORM | TC_HF_NO_NORM_BIAS | TC_HF_TIED | BIAS_KEYS | TC_HF_MLP_BIAS_KEY, .seq = 8192, .vocab = 50368, .window = 128, .windows = TC_HF_WINDOW_BETWEEN, .refine = refine_modernbert},
    {"t5", "T5", "t5", .keys = &t5_keys, .traits = TC_HF_TIED | TC_HF_ALIBI, .seq = 512, .vocab = 32128, .refine = refine_t5},
    {"mt5", "MT5", "t5", .keys = &t5_keys, .traits = TC_HF_ALIBI, .seq = 512, .vocab = 250112, .refine = refine_mt5},
    {"umt5", "UMT5", "t5", .keys = &t5_keys, .traits = TC_HF_ALIBI, .seq = 512, .vocab = 250112, .refine = refine_umt5},
    {"olmo", "Olmo", "olmo", STANDARD, .traits = TC_HF_GATED | BIAS_KEYS, .seq = 2048, .refine = refine_olmo},
    {"olmo2", "Olmo2", "olmo", STANDARD, .traits = TC_HF_GATED | BIAS_KEYS | TC_HF_QK_NORM, .seq = 2048, .refine = refine_olmo2},
    {"internlm2", "InternLM2", "llama", STANDARD, .traits = TC_HF_GATED, .seq = 2048, .refine = refine_internlm2},
    {"granite", "Granite", "llama", STANDARD, .traits = TC_HF_GATED | BIAS_KEYS | TC_HF_MLP_BIAS_KEY, .seq = 2048},
    {"phi", "Phi", "gpt", STANDARD, .traits = GPT | TC_HF_PARALLEL | TC_HF_HEAD_BIAS, .seq = 2048, .refine = refine_phi},
    {"phi-msft", "PhiMsft", "gpt", .keys = &phi_msft_keys, .traits = GPT | TC_HF_PARALLEL | TC_HF_HEAD_BIAS | TC_HF_FFN_DEFAULT, .seq = 2048},
    {"gptj", "GPTJ", "gpt", .keys = &gpt2_keys, .traits = TC_HF_LAYER_NORM | TC_HF_MLP_BIAS | TC_HF_PARALLEL | TC_HF_HEAD_BIAS | TC_HF_FFN_DEFAULT, .seq = 2048},
    {"qwen", "QWen", "llama", .keys = &neox_keys, .traits = TC_HF_GATED | TC_HF_QKV_BIAS, .seq = 8192, .refine = refine_qwen},
    {"qwen2_vl", "Qwen2VL", "llama", STANDARD, .traits = TC_HF_GATED | TC_HF_QKV_BIAS, .kv_heads = 32, .seq = 32768, .window = 4096, .windows = TC_HF_WINDOW_LATE},
    {"qwen2_5_vl", "Qwen2_5_VL", "llama", STANDARD, .traits = TC_HF_GATED | TC_HF_QKV_BIAS, .kv_heads = 32, .seq = 32768, .window = 4096, .windows = TC_HF_WINDOW_LATE},
    {"qwen2_vl_text", "Qwen2VLText", "llama", STANDARD, .traits = TC_HF_GATED | TC_HF_QKV_BIAS, .kv_heads = 32, .seq = 32768, .window = 4096, .windows = TC_HF_WINDOW_LATE},
    {"qwen2_5_vl_text", "Qwen2_5_VLText", "llama", STANDARD, .traits = TC_HF_GATED | TC_HF_QKV_BIAS, .kv_heads = 32, .seq = 32768, .window = 4096, .windows = TC_HF_WINDOW_LATE},
    {"qwen3_vl_text", "Qwen3VL", "llama", STANDARD, .traits = TC_HF_GATED | TC_HF_QK_NORM | BIAS_KEYS, .kv_heads = 32, .head_dim = 128, .seq = 128000},
    {"qwen3_vl_moe_text", "Qwen3VLMoe", "moe", STANDARD, .traits = TC_HF_GATED | TC_HF_QK_NORM | BIAS_KEYS, .kv_heads = 16, .seq = 128000, .experts = TC_HF_EXPERTS_STEP},
    {"stablelm", "StableLm", "llama", STANDARD, .traits = TC_HF_GATED | TC_HF_LAYER_NORM, .kv_heads = 32, .seq = 4096, .refine = refine_stablelm},
    {"chatglm", "ChatGLM", "llama", .keys = &chatglm_keys, .traits = TC_HF_HEAD_IN_MODEL | TC_HF_GATED, .kv_heads = 1, .seq = 2048, .refine = refine_chatglm},
    {"baichuan", "Baichuan", "llama", .keys = &neox_keys, .traits = TC_HF_GATED, .seq = 4096, .refine = refine_baichuan},
    {"internlm", "InternLM", "llama", .keys = &neox_keys, .traits = TC_HF_GATED, .seq = 2048, .refine = refine_internlm},
    {"internlm3", "InternLM3", "llama", STANDARD, .traits = TC_HF_GATED, .kv_heads = 2, .seq = 32768, .refine = refine_internlm3},
    {"cohere", "Cohere", "llama", STANDARD, .traits = TC_HF_GATED | TC_HF_LAYER_NORM | TC_HF_NO_NORM_BIAS | TC_HF_PARALLEL | TC_HF_TIED | BIAS_KEYS, .seq = 8192, .refine = refine_cohere},
    {"cohere2", "Cohere2", "llama", STANDARD, .traits = TC_HF_GATED | TC_HF_LAYER_NORM | TC_HF_NO_NORM_BIAS | TC_HF_PARALLEL | TC_HF_TIED | BIAS_KEYS, .seq = 8192, .window = 4096, .windows = TC_HF_WINDOW_PATTERN, .pattern = 4},
    {"dbrx", "Dbrx", "moe", .keys = &dbrx_keys, .traits = TC_HF_GATED | TC_HF_LAYER_NORM | TC_HF_NO_NORM_BIAS, .seq = 2048, .vocab = 32000, .experts = TC_HF_EXPERTS_SAID, .refine = refine_dbrx},
    {"ministral3", "Mistral3", "llama", STANDARD, .traits = TC_HF_GATED | TC_HF_TIED, .kv_heads = 8, .head_dim = 128, .seq = 262144, .windows = TC_HF_WINDOW_ALL},
    {"llama4_text", "Llama4", "moe", STANDARD, .traits = TC_HF_GATED | BIAS_KEYS | TC_HF_FFN_OF_EXPERTS, .kv_heads = 8, .head_dim = 128, .seq = 131072, .experts = TC_HF_EXPERTS_STEP, .shared_experts = 1, .refine = refine_llama4},
    {"mimo", "MiMo", "llama", STANDARD, .traits = TC_HF_GATED | TC_HF_QKV_BIAS | TC_HF_ATTENTION_BIAS_KEY, .kv_heads = 32, .seq = 32768, .window = 4096, .windows = TC_HF_WINDOW_LATE},
    {"minimax_m2", "MiniMaxM2", "moe", STANDARD, .traits = TC_HF_GATED | TC_HF_ROUTER_BIAS, .kv_heads = 8, .head_dim = 128, .seq = 196608, .experts = TC_HF_EXPERTS_ALL, .refine = refine_minimax_m2},
    {"seed_oss", "SeedOss", "llama", STANDARD, .traits = TC_HF_GATED | TC_HF_QKV_BIAS | TC_HF_ATTENTION_BIAS_KEY | TC_HF_MLP_BIAS_KEY, .kv_heads = 8, .head_dim = 128, .seq = 524288, .refine = refine_seed_oss},
    {"olmo3", "Olmo3", "olmo", STANDARD, .traits = TC_HF_GATED | BIAS_KEYS | TC_HF_QK_NORM, .seq = 65536, .window = 4096, .windows = TC_HF_WINDOW_PATTERN, .pattern = 4, .refine = refine_olmo2},
    {"olmoe", "Olmoe", "moe", STANDARD, .traits = TC_HF_GATED | BIAS_KEYS | TC_HF_QK_NORM, .seq = 4096, .experts = TC_HF_EXPERTS_ALL, .refine = refine_olmoe},
    {"phimoe", "PhiMoE", "moe", STANDARD, .traits = TC_HF_GATED | TC_HF_LAYER_NORM | BIAS_KEYS, .kv_heads = 8, .seq = 131072, .windows = TC_HF_WINDOW_ALL, .experts = TC_HF_EXPERTS_ALL},
    {"phi3_v", "Phi3V", "llama", STANDARD, .traits = TC_HF_GATED, .seq = 4096, .windows = TC_HF_WINDOW_ALL},
    {"yi", "Yi", "llama", STANDARD, .traits = TC_HF_GATED | BIAS_KEYS | TC_HF_MLP_BIAS_KEY, .seq = 4096},
    {"bailing_moe", "BailingMoe", "moe", STANDARD, .traits = TC_HF_GATED, .seq = 32768, .experts = TC_HF_EXPERTS_AFTER, .refine = refine_bailing},
    {"PanguEmbedded", "PanguEmbedded", "llama", STANDARD, .traits = TC_HF_GATED, .seq = 32768, .refine = refine_internlm},
    {"transformer", "Transformer", "llama", .keys = &fla_keys, .traits = TC_HF_GATED, .seq = 2048, .vocab = 32000, .refine = refine_fla},
    {"smollm3", "SmolLM3", "llama", STANDARD, .traits = TC_HF_GATED | TC_HF_TIED | BIAS_KEYS | TC_HF_MLP_BIAS_KEY, .kv_heads = 4, .seq = 32768, .windows = TC_HF_WINDOW_LATE},
};
/* clang-format on */

#define CLASSES (sizeof classes / sizeof classes[0])

const tc_hf_class *tc_hf_class_of_type(const char *type) {
    for (size_t i = 0; i < CLASSES; i++)
        if (strcmp(type, classes[i].type) == 0) return &classes[i];
    return NULL;
}

/* "LlamaForCausalLM", "GPT2LMHeadModel", "BloomModel": the class's own name and one of the known endings. */
const tc_hf_class *tc_hf_class_of_architecture(const char *architecture) {
    static const char *const endings[] = {"For", "LMHead", "Model", "TextModel"};
    for (size_t i = 0; i < CLASSES; i++) {
        size_t length = strlen(classes[i].architecture);
        if (strncmp(architecture, classes[i].architecture, length) != 0) continue;
        for (size_t k = 0; k < sizeof endings / sizeof endings[0]; k++)
            if (strncmp(architecture + length, endings[k], strlen(endings[k])) == 0) return &classes[i];
    }
    return NULL;
}

/* Classes whose layers the forecast does not have: types that begin so. */
static const struct {
    const char *type, *lack;
} lacking[] = {
    {"mamba", "has state-space layers"},
    {"falcon_mamba", "has state-space layers"},
    {"zamba", "has state-space layers"},
    {"lfm2", "has short convolutions in place of attention"},
    {"recurrent_gemma", "has recurrent layers"},
    {"rwkv", "has recurrent layers"},
    {"gla", "has linear attention"},
    {"minimax_text", "has linear attention"},
    {"deepseek_v4", "has sparse attention with an indexer"},
    {"gemma4", "has layers of several widths of attention"},
    {"nemotron-nas", "has layers that differ one by one"},
    {"t5", "has an encoder beside its decoder"},
    {"bart", "has an encoder beside its decoder"},
    {"whisper", "has an encoder beside its decoder"},
    {"clip", "is a vision tower"},
    {"siglip", "is a vision tower"},
    {"vit", "is a vision tower"},
};

const char *tc_hf_lack_of_type(const char *type) {
    for (size_t i = 0; i < sizeof lacking / sizeof lacking[0]; i++)
        if (strncmp(type, lacking[i].type, strlen(lacking[i].type)) == 0) return lacking[i].lack;
    return NULL;
}

int tc_hf_types(const char **names, int room) {
    int count = 0;
    for (size_t i = 0; i < CLASSES && count < room; i++) names[count++] = classes[i].type;
    return count;
}
