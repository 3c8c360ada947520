/* test_hf.c - config.json of every class: the fields it fills, exact counts of public models, and one
 * clear error with its place for each bad input. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "interop/hf.h"

#define FIXTURES TC_SOURCE_DIR "/tests/hf/"

static tc_model read_text(const char *text) {
    tc_model model;
    tc_error error = {0};
    tc_code code = tc_hf_model_from_text(text, strlen(text), "config.json", &model, &error);
    if (code != TC_OK) print_error("%s: %s\n", error.place, error.text);
    assert_int_equal(code, TC_OK);
    return model;
}

static double parameters(const char *text) {
    tc_model model = read_text(text);
    return tc_model_count(&model).parameters;
}

/* ---- public models, counts of their published checkpoints ---------------------------- */

static void counts_of_fixtures(void **state) {
    (void)state;
    char line[256], path[512];
    int n = 0;
    FILE *list = fopen(FIXTURES "expected.tsv", "r");
    assert_non_null(list);
    while (fgets(line, sizeof line, list)) {
        char *tab = strchr(line, '\t');
        if (line[0] == '#' || !tab || strncmp(line, "file", 4) == 0) continue;
        *tab = 0;
        snprintf(path, sizeof path, "%s%s", FIXTURES, line);
        tc_model model;
        tc_error error = {0};
        tc_code code = tc_hf_model_from_file(path, &model, &error);
        if (code != TC_OK) print_error("%s: %s\n", error.place, error.text);
        assert_int_equal(code, TC_OK);
        if (tc_model_count(&model).parameters != strtod(tab + 1, NULL)) print_error("%s\n", line);
        assert_true(tc_model_count(&model).parameters == strtod(tab + 1, NULL));
        n++;
    }
    fclose(list);
    assert_true(n >= 20);
}

/* Multimodal files: tests/hf/towers.tsv, parameters of the main model and of its towers. */
static void towers_are_counted(void **state) {
    (void)state;
    char line[256], path[512];
    int n = 0;
    FILE *list = fopen(FIXTURES "towers.tsv", "r");
    assert_non_null(list);
    while (fgets(line, sizeof line, list)) {
        char name[128];
        double main_model, towers;
        if (line[0] == '#') continue;
        assert_int_equal(sscanf(line, "%127s %lf %lf", name, &main_model, &towers), 3);
        snprintf(path, sizeof path, "%s%s", FIXTURES, name);
        tc_model model;
        tc_error error = {0};
        if (tc_hf_model_from_file(path, &model, &error)) fail_msg("%s: %s", error.place, error.text);
        tc_model_size size = tc_model_count(&model);
        if (size.parameters != main_model || size.tower_parameters != towers)
            fail_msg("%s: %.0f and %.0f", name, size.parameters, size.tower_parameters);
        assert_string_equal(model.left_out, "");
        n++;
    }
    fclose(list);
    assert_true(n >= 9);
}

/* Classes in a line each: tests/hf/classes.tsv. */
static void counts_of_classes_in_lines(void **state) {
    (void)state;
    static char line[4096];
    int n = 0;
    FILE *list = fopen(FIXTURES "classes.tsv", "r");
    assert_non_null(list);
    while (fgets(line, sizeof line, list)) {
        char *total = strchr(line, '\t'), *text = total ? strchr(total + 1, '\t') : NULL;
        if (line[0] == '#' || !text) continue;
        double read = parameters(text + 1);
        if (read != strtod(total + 1, NULL)) fail_msg("%.*s: %.0f", (int)(total - line), line, read);
        n++;
    }
    fclose(list);
    assert_true(n >= 40);
}

static void how_weights_are_stored(void **state) {
    (void)state;
    static const struct {
        const char *config, *stored;
    } files[] = {{"{\"quant_method\":\"gptq\",\"bits\":4}", "gptq, 4 bit"},
                 {"{\"quant_method\":\"fp8\",\"weight_block_size\":[128,128]}", "fp8"},
                 {"{\"load_in_4bit\":true}", "quantized, 4 bit"}};
    char text[512];
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(text, sizeof text,
                 "{\"model_type\":\"olmo\",\"vocab_size\":50304,\"hidden_size\":4096,\"intermediate_size\":11008,"
                 "\"num_hidden_layers\":32,\"num_attention_heads\":32,\"quantization_config\":%s}",
                 files[i].config);
        tc_model model;
        tc_error error = {0};
        assert_int_equal(tc_hf_model_from_text(text, strlen(text), "c.json", &model, &error), TC_OK);
        assert_string_equal(model.stored, files[i].stored);
    }
}

/* Classes without a fixture: shapes and counts of the public checkpoints. */
static void counts_of_other_classes(void **state) {
    (void)state;
    assert_true(parameters("{\"model_type\":\"opt\",\"vocab_size\":50272,\"hidden_size\":4096,\"ffn_dim\":16384,\"num_"
                           "hidden_layers\":32,"
                           "\"num_attention_heads\":32,\"max_position_embeddings\":2048,\"word_embed_proj_dim\":4096}")
                == 6658473984.0);
    assert_true(parameters("{\"model_type\":\"bloom\",\"vocab_size\":250880,\"n_embed\":4096,\"n_layer\":30,\"num_"
                           "attention_heads\":32,"
                           "\"seq_length\":2048}")
                == 7069016064.0);
    assert_true(
        parameters("{\"model_type\":\"falcon\",\"vocab_size\":65024,\"hidden_size\":4544,\"num_hidden_layers\":32,"
                   "\"num_attention_heads\":71,\"multi_query\":true,\"parallel_attn\":true,\"bias\":false}")
        == 6921720704.0);
    assert_true(parameters("{\"model_type\":\"mpt\",\"vocab_size\":50432,\"d_model\":4096,\"n_layers\":32,\"n_heads\":"
                           "32,\"no_bias\":true,"
                           "\"max_seq_len\":2048,\"expansion_ratio\":4,\"attn_config\":{\"alibi\":true}}")
                == 6649286656.0);
    assert_true(
        parameters("{\"model_type\":\"phi3\",\"vocab_size\":32064,\"hidden_size\":3072,\"intermediate_size\":8192,"
                   "\"num_hidden_layers\":32,\"num_attention_heads\":32,\"num_key_value_heads\":32}")
        == 3821079552.0);
    assert_true(
        parameters(
            "{\"model_type\":\"gpt_neo\",\"vocab_size\":50257,\"hidden_size\":2048,\"num_layers\":24,\"num_heads\":16,"
            "\"max_position_embeddings\":2048,\"attention_types\":[[[\"global\",\"local\"],12]]}")
        == 1315575808.0);
    assert_true(
        parameters("{\"model_type\":\"olmo\",\"vocab_size\":50304,\"hidden_size\":4096,\"intermediate_size\":11008,"
                   "\"num_hidden_layers\":32,\"num_attention_heads\":32}")
        == 6888095744.0);
    assert_true(
        parameters("{\"model_type\":\"olmo2\",\"vocab_size\":100352,\"hidden_size\":4096,\"intermediate_size\":11008,"
                   "\"num_hidden_layers\":32,\"num_attention_heads\":32}")
        == 7298617344.0);
    assert_true(
        parameters("{\"model_type\":\"gpt_bigcode\",\"vocab_size\":49152,\"n_embd\":6144,\"n_layer\":40,\"n_head\":48,"
                   "\"n_inner\":24576,\"n_positions\":8192,\"multi_query\":true}")
        == 15517456384.0);
    assert_true(
        parameters(
            "{\"model_type\":\"internlm2\",\"vocab_size\":92544,\"hidden_size\":4096,\"intermediate_size\":14336,"
            "\"num_hidden_layers\":32,\"num_attention_heads\":32,\"num_key_value_heads\":8,\"bias\":false}")
        == 7737708544.0);
    assert_true(
        parameters(
            "{\"model_type\":\"starcoder2\",\"vocab_size\":49152,\"hidden_size\":3072,\"intermediate_size\":12288,"
            "\"num_hidden_layers\":30,\"num_attention_heads\":24,\"num_key_value_heads\":2}")
        == 3030371328.0);
}

/* ---- what each class fills ------------------------------------------------------------- */

#define LLAMA                                                                                                          \
    "\"model_type\":\"llama\",\"vocab_size\":32000,\"hidden_size\":4096,\"intermediate_size\":11008,"                  \
    "\"num_hidden_layers\":32,\"num_attention_heads\":32,\"max_position_embeddings\":4096"

static void llama_fields(void **state) {
    (void)state;
    tc_model model = read_text("{" LLAMA "}");
    const tc_block *block = &model.block[0];
    assert_int_equal(model.size, sizeof model);
    assert_string_equal(model.family, "llama");
    assert_int_equal(model.blocks, 1);
    assert_int_equal(block->count, 32);
    assert_int_equal(block->attention.kv_heads, 32);
    assert_int_equal(block->attention.head_dim, 128);
    assert_int_equal(block->dense.ffn, 11008);
    assert_int_equal(block->dense.kind, TC_MLP_GATED);
    assert_int_equal(block->norms, 2);
    assert_int_equal(model.norm, TC_NORM_RMS);
    assert_int_equal(model.positions, TC_POSITIONS_ROTARY);
    assert_int_equal(model.seq, 4096);
    assert_false(model.tied_embeddings || model.norm_bias || block->attention.qkv_bias || block->attention.out_bias
                 || block->dense.bias);
    assert_true(model.causal && model.final_norm && model.lm_head && model.norm_weight);
}

static void llama_optional_fields(void **state) {
    (void)state;
    tc_model model
        = read_text("{" LLAMA ",\"num_key_value_heads\":8,\"head_dim\":64,\"attention_bias\":true,\"mlp_bias\":true,"
                    "\"tie_word_embeddings\":true,\"rope_parameters\":{\"rope_type\":\"llama3\",\"factor\":8.0,"
                    "\"original_max_position_embeddings\":2048}}");
    const tc_block *block = &model.block[0];
    assert_int_equal(block->attention.kv_heads, 8);
    assert_int_equal(block->attention.head_dim, 64);
    assert_true(block->attention.qkv_bias && block->attention.out_bias && block->dense.bias && model.tied_embeddings);
    assert_int_equal(model.seq, 2048);
    model = read_text("{" LLAMA ",\"num_key_value_heads\":null,\"head_dim\":null,\"rope_scaling\":null}");
    assert_int_equal(model.block[0].attention.kv_heads, 32);
    assert_int_equal(model.block[0].attention.head_dim, 128);
}

static void architecture_stands_in_for_type(void **state) {
    (void)state;
    tc_model model = read_text(
        "{\"architectures\":[\"GPT2LMHeadModel\"],\"vocab_size\":50257,\"n_embd\":768,\"n_layer\":12,\"n_head\":12}");
    assert_int_equal(model.block[0].dense.ffn, 3072);
    assert_int_equal(model.learned_positions, 1024);
    assert_int_equal(model.positions, TC_POSITIONS_LEARNED);
    assert_int_equal(model.norm, TC_NORM_LAYER);
    assert_true(model.tied_embeddings && model.norm_bias && model.block[0].attention.qkv_bias
                && model.block[0].dense.bias);
    model = read_text(
        "{\"architectures\":[\"Qwen2MoeForCausalLM\"],\"vocab_size\":100,\"hidden_size\":64,\"num_hidden_layers\":2,"
        "\"num_attention_heads\":16,\"num_experts\":4,\"num_experts_per_tok\":2,\"moe_intermediate_size\":8,"
        "\"shared_expert_intermediate_size\":16}");
    assert_int_equal(model.block[0].experts.experts, 4);
    assert_int_equal(model.block[0].experts.shared_ffn, 16);
    assert_true(model.block[0].experts.shared_gate && model.block[0].attention.qkv_bias
                && !model.block[0].attention.out_bias);
}

static void text_config_is_read(void **state) {
    (void)state;
    tc_model model = read_text(
        "{\"model_type\":\"mistral3\",\"tie_word_embeddings\":true,\"text_config\":{\"model_type\":\"mistral\","
        "\"vocab_size\":100,\"hidden_size\":64,\"intermediate_size\":128,\"num_hidden_layers\":2,"
        "\"num_attention_heads\":8,\"sliding_window\":null}}");
    assert_int_equal(model.hidden, 64);
    assert_int_equal(model.block[0].attention.kv_heads, 8);
    assert_int_equal(model.block[0].attention.window, 0);
    assert_true(model.tied_embeddings);
    model = read_text("{\"model_type\":\"gemma3\",\"text_config\":{\"model_type\":\"gemma3_text\",\"hidden_size\":2560,"
                      "\"intermediate_size\":10240,\"num_hidden_layers\":34,\"sliding_window\":1024}}");
    assert_int_equal(model.vocab, 262208);
    assert_int_equal(model.block[0].attention.heads, 8);
    assert_int_equal(model.block[0].attention.head_dim, 256);
    assert_true(model.tied_embeddings && model.block[0].attention.qk_norm);
}

#define QWEN3                                                                                                          \
    "\"vocab_size\":1000,\"hidden_size\":512,\"intermediate_size\":1024,\"num_hidden_layers\":8,"                      \
    "\"num_attention_heads\":8,\"num_key_value_heads\":4"

static void qwen3_heads_are_wider_than_hidden(void **state) {
    (void)state;
    tc_model model = read_text("{\"model_type\":\"qwen3\"," QWEN3 "}");
    assert_int_equal(model.block[0].attention.head_dim, 128);
    assert_true(model.block[0].attention.qk_norm);
    assert_int_equal(model.block[0].attention.window, 0);
    model = read_text("{\"model_type\":\"qwen3\"," QWEN3
                      ",\"use_sliding_window\":true,\"sliding_window\":256,\"max_window_layers\":6}");
    assert_int_equal(model.blocks, 2);
    assert_int_equal(model.block[0].count, 6);
    assert_int_equal(model.block[0].attention.window, 0);
    assert_int_equal(model.block[1].attention.window, 256);
}

#define QWEN3_MOE                                                                                                      \
    "\"model_type\":\"qwen3_moe\"," QWEN3 ",\"num_experts\":16,\"num_experts_per_tok\":4,\"moe_intermediate_size\":"   \
    "128"

static void expert_layers_by_step(void **state) {
    (void)state;
    tc_model model = read_text("{" QWEN3_MOE ",\"mlp_only_layers\":[0,7]}");
    assert_int_equal(model.blocks, 3);
    assert_int_equal(model.block[0].ffn, TC_FFN_DENSE);
    assert_int_equal(model.block[0].dense.ffn, 1024);
    assert_int_equal(model.block[1].count, 6);
    assert_int_equal(model.block[1].ffn, TC_FFN_EXPERTS);
    assert_int_equal(model.block[1].experts.ffn, 128);
    assert_int_equal(model.block[1].experts.top_k, 4);
    assert_int_equal(model.block[2].count, 1);
    model = read_text("{" QWEN3_MOE ",\"decoder_sparse_step\":2}");
    assert_int_equal(model.blocks, 8);
    assert_int_equal(model.block[0].ffn, TC_FFN_DENSE);
    assert_int_equal(model.block[1].experts.experts, 16);
}

/* More runs than a model holds: one run a kind, the counts are kept. */
static void many_runs_are_grouped(void **state) {
    (void)state;
    tc_model model
        = read_text("{\"model_type\":\"gemma2\",\"vocab_size\":1000,\"hidden_size\":512,\"intermediate_size\":1024,"
                    "\"num_hidden_layers\":42,\"num_attention_heads\":8,\"sliding_window\":4096}");
    assert_int_equal(model.blocks, 2);
    assert_int_equal(model.block[0].count, 21);
    assert_int_equal(model.block[0].attention.window, 4096);
    assert_int_equal(model.block[1].count, 21);
    assert_int_equal(model.block[1].attention.window, 0);
    assert_int_equal(model.block[0].norms, 4);
}

#define DEEPSEEK                                                                                                       \
    "\"vocab_size\":1000,\"hidden_size\":512,\"intermediate_size\":2048,\"num_hidden_layers\":8,"                      \
    "\"num_attention_heads\":8,\"n_routed_experts\":64,\"num_experts_per_tok\":6,\"moe_intermediate_size\":256"

static void deepseek_fields(void **state) {
    (void)state;
    tc_model model = read_text("{\"model_type\":\"deepseek_v3\"," DEEPSEEK
                               ",\"num_nextn_predict_layers\":1,\"moe_layer_freq\":1}");
    assert_int_equal(model.blocks, 2);
    assert_int_equal(model.block[0].count, 3);
    assert_int_equal(model.block[1].count, 5);
    assert_int_equal(model.block[1].mixer, TC_MIXER_LATENT);
    assert_int_equal(model.block[1].latent.q_rank, 1536);
    assert_int_equal(model.block[1].latent.kv_rank, 512);
    assert_int_equal(model.block[1].experts.shared_ffn, 256);
    assert_true(model.block[1].experts.router_bias);
    assert_int_equal(model.mtp_layers, 1);
    model = read_text("{\"model_type\":\"deepseek_v2\"," DEEPSEEK ",\"q_lora_rank\":null,\"n_shared_experts\":2,"
                      "\"first_k_dense_replace\":1,\"num_key_value_heads\":8}");
    assert_int_equal(model.block[1].latent.q_rank, 0);
    assert_int_equal(model.block[1].experts.shared_ffn, 512);
    assert_false(model.block[1].experts.router_bias);
    model = read_text("{\"model_type\":\"kimi_k2\"," DEEPSEEK
                      ",\"moe_layer_freq\":[0,1,1,1,1,1,1,0],\"first_k_dense_replace\":0}");
    assert_int_equal(model.blocks, 3);
    assert_int_equal(model.block[1].count, 6);
}

/* The four spellings of the number of experts. */
static void expert_count_spellings(void **state) {
    (void)state;
    static const char *const keys[] = {"num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts"};
    for (int i = 0; i < 4; i++) {
        char text[512];
        snprintf(text, sizeof text,
                 "{\"model_type\":\"glm4_moe\"," QWEN3
                 ",\"%s\":16,\"num_experts_per_tok\":4,\"moe_intermediate_size\":128}",
                 keys[i]);
        tc_model model = read_text(text);
        assert_int_equal(model.block[1].experts.experts, 16);
        assert_int_equal(model.block[0].count, 1);
        snprintf(text, sizeof text, "{\"model_type\":\"mixtral\"," QWEN3 ",\"%s\":16,\"num_experts_per_tok\":4}",
                 keys[i]);
        model = read_text(text);
        assert_int_equal(model.block[0].experts.ffn, 1024);
        assert_int_equal(model.block[0].ffn, TC_FFN_EXPERTS);
    }
}

static void gpt_oss_fields(void **state) {
    (void)state;
    tc_model model
        = read_text("{\"model_type\":\"gpt_oss\"," QWEN3 ",\"num_local_experts\":32,\"num_experts_per_tok\":4}");
    const tc_block *block = &model.block[0];
    assert_int_equal(block->attention.head_dim, 64);
    assert_int_equal(block->attention.window, 128);
    assert_int_equal(model.blocks, 8);
    assert_true(block->attention.sinks && block->experts.bias && block->experts.router_bias && block->attention.qkv_bias
                && block->attention.out_bias);
}

static void encoder_fields(void **state) {
    (void)state;
    tc_model model = read_text(
        "{\"model_type\":\"bert\",\"vocab_size\":30522,\"hidden_size\":768,\"intermediate_size\":3072,"
        "\"num_hidden_layers\":12,\"num_attention_heads\":12,\"type_vocab_size\":2,\"max_position_embeddings\":512}");
    assert_false(model.causal || model.final_norm);
    assert_true(model.embedding_norm && model.head_transform && model.lm_head_bias && model.tied_embeddings);
    assert_int_equal(model.token_types, 2);
    assert_int_equal(model.learned_positions, 512);
}

static void parallel_blocks(void **state) {
    (void)state;
    tc_model model = read_text("{\"model_type\":\"gpt_neox\"," QWEN3 "}");
    assert_true(model.block[0].parallel_residual && model.block[0].attention.qkv_bias);
    assert_int_equal(model.block[0].attention.kv_heads, 8);
    model = read_text("{\"model_type\":\"falcon\"," QWEN3 ",\"new_decoder_architecture\":true,\"num_kv_heads\":2}");
    assert_int_equal(model.block[0].attention.kv_heads, 2);
    assert_int_equal(model.block[0].norms, 2);
    model = read_text("{\"model_type\":\"falcon\"," QWEN3 "}");
    assert_int_equal(model.block[0].attention.kv_heads, 1);
    assert_int_equal(model.block[0].norms, 1);
}

static void byte_order_mark_is_skipped(void **state) {
    (void)state;
    assert_int_equal(read_text("\xEF\xBB\xBF{" LLAMA "}").hidden, 4096);
}

static void infinities_of_python_are_read(void **state) {
    (void)state;
    assert_int_equal(read_text("{\"time_step_limit\":[0.0, Infinity],\"a\":NaN,\"b\":-Infinity,\"c\":\"NaN \\\" "
                               "Infinity\"," LLAMA "}")
                         .hidden,
                     4096);
}

/* The architecture beats a model_type that contradicts it; launch configurations of others are named. */
static void contradictions_are_named(void **state) {
    (void)state;
    tc_model m = read_text(
        "{\"model_type\":\"llama\",\"architectures\":[\"Qwen3ForCausalLM\"],\"hidden_size\":64,\"num_hidden_layers\":2,"
        "\"num_attention_heads\":4,\"num_key_value_heads\":2,\"intermediate_size\":128,\"vocab_size\":100,\"head_dim\":"
        "16}");
    assert_string_equal(m.contradiction, "Qwen3ForCausalLM, not model_type llama");
    assert_true(m.block[0].attention.qk_norm);
    assert_string_equal(read_text("{" LLAMA "}").contradiction, "");
    tc_error error;
    static const struct {
        const char *text, *says;
    } others[] = {{"{\"num_layers\":2,\"hidden_size\":64}", "Megatron"},
                  {"{\"num-layers\":2,\"hidden-size\":64}", "Megatron"},
                  {"{\"is_llama_config\":true,\"hidden_size\":64}", "nanotron"},
                  {"{\"hidden_size\":64}", "such as \"llama\""}};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_int_equal(tc_hf_model_from_text(others[i].text, strlen(others[i].text), "x.json", &m, &error),
                         TC_INVALID);
        assert_non_null(strstr(error.text, others[i].says));
    }
}

/* What a file has beside its language model is named. */
static void towers_are_named(void **state) {
    (void)state;
    assert_string_equal(read_text("{\"vision_config\":{},\"audio_config\":{}," LLAMA "}").left_out,
                        "vision_config, audio_config");
    assert_string_equal(read_text("{" LLAMA "}").left_out, "");
}

static void names_come_from_the_path(void **state) {
    (void)state;
    static const char *const cases[][2] = {{"hub/Llama-2-7B/config.json", "llama-2-7b"},
                                           {"Some Model.json", "some-model"},
                                           {"config.json", "llama"},
                                           {"./config.json", "llama"},
                                           {"x/c.json", "c"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tc_model model;
        const char *text = "{" LLAMA "}";
        assert_int_equal(tc_hf_model_from_text(text, strlen(text), cases[i][0], &model, NULL), TC_OK);
        assert_string_equal(model.slug, cases[i][1]);
    }
}

/* ---- bad input: one error, its place, what would be right -------------------------------- */

static void refuse(const char *text, size_t length, const char *place, const char *part) {
    tc_model model;
    tc_error error = {0};
    assert_int_equal(tc_hf_model_from_text(text, length, "c.json", &model, &error), TC_INVALID);
    if (strcmp(error.place, place) != 0 || !strstr(error.text, part)) print_error("%s: %s\n", error.place, error.text);
    assert_string_equal(error.place, place);
    assert_non_null(strstr(error.text, part));
    assert_null(strchr(error.text, '\n'));
}

static void bad_values(void **state) {
    (void)state;
    static const char *const cases[][3] = {
        {"{}", "c.json: $.model_type", "missing"},
        {"{\"model_type\":\"llamma\"}", "c.json: $.model_type", "nearest is llama"},
        {"{\"model_type\":\"mamba\"}", "c.json: $.model_type", "has state-space layers"},
        {"{\"model_type\":\"gla\"}", "c.json: $.model_type", "has linear attention"},
        {"{\"model_type\":\"deepseek_v4\"}", "c.json: $.model_type", "has sparse attention"},
        {"{\"model_type\":\"bart\"}", "c.json: $.model_type", "an encoder beside its decoder"},
        {"{\"model_type\":\"zzzzzz\"}", "c.json: $.model_type", "llama"},
        {"{\"model_type\":3}", "c.json: $.model_type", "text in quotes"},
        {"{\"architectures\":[\"FooForCausalLM\"]}", "c.json: $.architectures[0]", "not supported"},
        {"{\"architectures\":\"LlamaForCausalLM\"}", "c.json: $.model_type", "missing"},
        {"{\"model_type\":\"llama\"}", "c.json: $.hidden_size", "missing"},
        {"{\"model_type\":\"gpt2\"}", "c.json: $.n_embd", "missing"},
        {"{\"model_type\":\"llama\",\"hidden_size\":64}", "c.json: $.num_hidden_layers", "missing"},
        {"{\"model_type\":\"llama\",\"hidden_size\":-64}", "c.json: $.hidden_size", "-64; a whole number from 1"},
        {"{\"model_type\":\"llama\",\"hidden_size\":0}", "c.json: $.hidden_size", "0; a whole number"},
        {"{\"model_type\":\"llama\",\"hidden_size\":64.5}", "c.json: $.hidden_size", "64.5; a whole number"},
        {"{\"model_type\":\"llama\",\"hidden_size\":\"64\"}", "c.json: $.hidden_size", "\"64\"; a whole number"},
        {"{\"model_type\":\"llama\",\"hidden_size\":true}", "c.json: $.hidden_size", "true; a whole number"},
        {"{\"model_type\":\"llama\",\"hidden_size\":[64]}", "c.json: $.hidden_size", "a list; a whole number"},
        {"{\"model_type\":\"llama\",\"hidden_size\":99999999}", "c.json: $.hidden_size", "10000000"},
        {"{\"model_type\":\"llama\",\"hidden_size\":9e99}", "c.json: $.hidden_size", "9e+99; a whole number"},
        {"{" LLAMA ",\"num_key_value_heads\":5}", "c.json: $.num_key_value_heads", "a divisor of the 32"},
        {"{" LLAMA ",\"tie_word_embeddings\":1}", "c.json: $.tie_word_embeddings", "true or false"},
        {"{" LLAMA ",\"rope_scaling\":7}", "c.json: $.rope_scaling", "an object"},
        {"{" LLAMA ",\"text_config\":[]}", "c.json: $.text_config", "an object"},
        {"{\"text_config\":{" LLAMA ",\"head_dim\":-1}}", "c.json: $.text_config.head_dim", "-1; a whole number"},
        {"{\"model_type\":\"llama\",\"vocab_size\":1,\"hidden_size\":100,\"num_hidden_layers\":1,\"num_attention_"
         "heads\":3,"
         "\"intermediate_size\":1}",
         "c.json: $.num_attention_heads", "a divisor of the hidden size 100"},
        {"{\"model_type\":\"llama\",\"vocab_size\":1,\"hidden_size\":96,\"num_hidden_layers\":1,\"num_attention_"
         "heads\":3}",
         "c.json: $.intermediate_size", "missing"},
        {"{" QWEN3_MOE ",\"mlp_only_layers\":[8]}", "c.json: $.mlp_only_layers", "from 0 to 7"},
        {"{" QWEN3_MOE ",\"mlp_only_layers\":3}", "c.json: $.mlp_only_layers", "a list of layers"},
        {"{" QWEN3_MOE ",\"decoder_sparse_step\":0}", "c.json: $.decoder_sparse_step", "from 1"},
        {"{\"model_type\":\"mixtral\"," QWEN3 ",\"num_experts_per_tok\":2}", "c.json: $.num_experts", "missing"},
        {"{\"model_type\":\"mixtral\"," QWEN3 ",\"num_local_experts\":8}", "c.json: $.num_experts_per_tok", "missing"},
        {"{\"model_type\":\"mixtral\"," QWEN3 ",\"num_local_experts\":8,\"num_experts_per_tok\":9}",
         "c.json: $.num_experts_per_tok", "at most the 8"},
        {"{\"model_type\":\"deepseek_v3\"," DEEPSEEK ",\"moe_layer_freq\":[1]}", "c.json: $.moe_layer_freq",
         "each of the 8 layers"},
        {"{\"model_type\":\"deepseek_v3\"," DEEPSEEK ",\"n_shared_experts\":9999999}", "c.json: $.n_shared_experts",
         "too large"},
        {"{\"model_type\":\"qwen3\"," QWEN3 ",\"layer_types\":[\"full_attention\"]}", "c.json: $.layer_types",
         "each of the 8"},
        {"{\"model_type\":\"qwen3\"," QWEN3 ",\"layer_types\":\"full_attention\"}", "c.json: $.layer_types", "a list"},
        {"{\"model_type\":\"qwen3\"," QWEN3 ",\"layer_types\":[\"linear_attention\",1,1,1,1,1,1,1]}",
         "c.json: $.layer_types[0]", "full_attention"},
        {"{\"model_type\":\"gpt_neo\",\"vocab_size\":1,\"hidden_size\":8,\"num_layers\":4,\"num_heads\":2,"
         "\"attention_types\":[[[\"global\"],99999999]]}",
         "c.json: $.attention_types", "4 layers"},
        {"{\"model_type\":\"mpt\",\"vocab_size\":1,\"d_model\":9999999,\"n_layers\":1,\"n_heads\":1}",
         "c.json: $.expansion_ratio", "width"},
        {"{\"model_type\":\"opt\",\"vocab_size\":1,\"hidden_size\":8,\"num_hidden_layers\":4,\"num_attention_heads\":2,"
         "\"ffn_dim\":4,"
         "\"word_embed_proj_dim\":4}",
         "c.json: $.word_embed_proj_dim", "not supported"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        refuse(cases[i][0], strlen(cases[i][0]), cases[i][1], cases[i][2]);
}

static void bad_syntax(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"", "empty"},
        {"   ", "not JSON"},
        {"[1]", "a list; a JSON object"},
        {"7", "not JSON"},
        {"{\"a\":1e999}", "not JSON"},
        {"{\"a\":99999999999999999999999}", "not JSON"},
        {"{\"a\":1,\"a\":2}", "duplicate"},
        {"{\"a\":1}{", "not JSON"},
        {"{\"a\":1", "not JSON"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        refuse(cases[i][0], strlen(cases[i][0]), "c.json:1", cases[i][1]);
    refuse("{\n\"a\": 1,\n\"b\": }", 17, "c.json:3", "not JSON");
    static const char binary[] = {0x7f, 'E', 'L', 'F', 0, 1, 2, (char)0xff};
    refuse(binary, sizeof binary, "c.json:1", "not JSON");
    static char deep[200000];
    memset(deep, '[', sizeof deep);
    refuse(deep, sizeof deep, "c.json:1", "not JSON");
}

static void bad_files(void **state) {
    (void)state;
    tc_model model;
    tc_error error = {0};
    assert_int_equal(tc_hf_model_from_file(FIXTURES "none.json", &model, &error), TC_NOT_FOUND);
    assert_string_equal(error.place, FIXTURES "none.json");
    assert_int_equal(tc_hf_model_from_file(FIXTURES, &model, &error), TC_INVALID);
    assert_non_null(strstr(error.text, "folder"));
}

/* A long file name must not push the field out of the place. */
/* num_layers is the class's where a file leaves it out: none would be an encoder without layers (found by the fuzzer). */
static void encoders_have_layers(void **state) {
    (void)state;
    static const char *const text
        = "{\"architectures\": [\"T5ForConditionalGeneration\"], \"d_model\": 512, \"d_ff\": 2048, "
          "\"d_kv\": 64, \"num_heads\": 8, \"num_decoder_layers\": 12, \"vocab_size\": 32128}";
    tc_model model;
    assert_int_equal(tc_hf_model_from_text(text, strlen(text), "config.json", &model, NULL), TC_OK);
    assert_int_equal(model.tower[0].block[0].count, 6);
    assert_true(tc_model_count(&model).parameters > 0);
}

static void long_names_keep_the_field(void **state) {
    (void)state;
    char name[1000];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = 0;
    tc_model model;
    tc_error error = {0};
    assert_int_equal(tc_hf_model_from_text("{}", 2, name, &model, &error), TC_INVALID);
    assert_non_null(strstr(error.place, ": $.model_type"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_of_fixtures),
        cmocka_unit_test(counts_of_classes_in_lines),
        cmocka_unit_test(how_weights_are_stored),
        cmocka_unit_test(counts_of_other_classes),
        cmocka_unit_test(llama_fields),
        cmocka_unit_test(llama_optional_fields),
        cmocka_unit_test(architecture_stands_in_for_type),
        cmocka_unit_test(text_config_is_read),
        cmocka_unit_test(qwen3_heads_are_wider_than_hidden),
        cmocka_unit_test(expert_layers_by_step),
        cmocka_unit_test(many_runs_are_grouped),
        cmocka_unit_test(deepseek_fields),
        cmocka_unit_test(expert_count_spellings),
        cmocka_unit_test(gpt_oss_fields),
        cmocka_unit_test(encoder_fields),
        cmocka_unit_test(parallel_blocks),
        cmocka_unit_test(byte_order_mark_is_skipped),
        cmocka_unit_test(infinities_of_python_are_read),
        cmocka_unit_test(towers_are_named),
        cmocka_unit_test(towers_are_counted),
        cmocka_unit_test(contradictions_are_named),
        cmocka_unit_test(names_come_from_the_path),
        cmocka_unit_test(bad_values),
        cmocka_unit_test(bad_syntax),
        cmocka_unit_test(bad_files),
        cmocka_unit_test(encoders_have_layers),
        cmocka_unit_test(long_names_keep_the_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
