/* model.c - the format of data/models: runs of equal blocks between an embedding and a head. */
#include <string.h>

#include "base/vocabulary.h"
#include "catalog/kinds.h"

#define COUNT(list) ((int)(sizeof(list) / sizeof(list)[0]))
#define MAX_WIDTH 10000000 /* no width, rank or count of a model is near it */

#define BLOCK_INTEGER(path_, member, need_, low)                                                                       \
    {                                                                                                                  \
        .path = path_, .type = TC_FIELD_INTEGER, .need = need_, .offset = offsetof(tc_block, member), .min = low,      \
        .max = MAX_WIDTH                                                                                               \
    }
#define BLOCK_BOOLEAN(path_, member)                                                                                   \
    { .path = path_, .type = TC_FIELD_BOOLEAN, .offset = offsetof(tc_block, member) }
#define BLOCK_ENUM(path_, member, need_, names_)                                                                       \
    { .path = path_, .type = TC_FIELD_ENUM, .need = need_, .offset = offsetof(tc_block, member), .names = names_ }

static const tc_field block_fields[] = {
    BLOCK_INTEGER("count", count, TC_NEED_ALWAYS, 1),
    BLOCK_ENUM("attention.kind", attention, TC_NEED_NEVER, tc_attention_kind_names),
    BLOCK_INTEGER("attention.heads", heads, TC_NEED_ALWAYS, 1),
    BLOCK_INTEGER("attention.kv_heads", kv_heads, TC_NEED_NEVER, 1),
    BLOCK_INTEGER("attention.head_dim", head_dim, TC_NEED_NEVER, 1),
    BLOCK_INTEGER("attention.q_rank", q_rank, TC_NEED_NEVER, 0),
    BLOCK_INTEGER("attention.kv_rank", kv_rank, TC_NEED_NEVER, 1),
    BLOCK_INTEGER("attention.nope_dim", nope_dim, TC_NEED_NEVER, 1),
    BLOCK_INTEGER("attention.rope_dim", rope_dim, TC_NEED_NEVER, 0),
    BLOCK_INTEGER("attention.v_dim", v_dim, TC_NEED_NEVER, 1),
    BLOCK_INTEGER("attention.window", window, TC_NEED_NEVER, 0),
    BLOCK_BOOLEAN("attention.qkv_bias", qkv_bias),
    BLOCK_BOOLEAN("attention.out_bias", out_bias),
    BLOCK_BOOLEAN("attention.qk_norm", qk_norm),
    BLOCK_BOOLEAN("attention.qk_norm_full", qk_norm_full),
    BLOCK_BOOLEAN("attention.sinks", sinks),
    BLOCK_ENUM("mlp.kind", mlp, TC_NEED_IN_SECTION, tc_mlp_kind_names),
    BLOCK_INTEGER("mlp.ffn", ffn, TC_NEED_IN_SECTION, 1),
    BLOCK_BOOLEAN("mlp.bias", mlp_bias),
    BLOCK_ENUM("moe.kind", mlp, TC_NEED_IN_SECTION, tc_mlp_kind_names),
    BLOCK_INTEGER("moe.experts", experts, TC_NEED_IN_SECTION, 1),
    BLOCK_INTEGER("moe.top_k", top_k, TC_NEED_IN_SECTION, 1),
    BLOCK_INTEGER("moe.ffn", expert_ffn, TC_NEED_IN_SECTION, 1),
    BLOCK_INTEGER("moe.shared_ffn", shared_ffn, TC_NEED_NEVER, 0),
    BLOCK_BOOLEAN("moe.shared_gate", shared_gate),
    BLOCK_BOOLEAN("moe.router_bias", router_bias),
    BLOCK_BOOLEAN("moe.bias", expert_bias),
    BLOCK_INTEGER("norms", norms, TC_NEED_NEVER, 0),
    BLOCK_BOOLEAN("parallel_residual", parallel_residual),
};

static const tc_schema block_schema = {"block", block_fields, COUNT(block_fields)};

static void start_block(void *element) {
    tc_block block = tc_default_block();
    memcpy(element, &block, sizeof block);
}

#define STRING(path_, member, need_)                                                                                   \
    {                                                                                                                  \
        .path = path_, .type = TC_FIELD_STRING, .need = need_, .offset = offsetof(tc_model, member),                   \
        .size = sizeof(((tc_model *)0)->member)                                                                        \
    }
#define INTEGER(path_, member, need_, low)                                                                             \
    {                                                                                                                  \
        .path = path_, .type = TC_FIELD_INTEGER, .need = need_, .offset = offsetof(tc_model, member), .min = low,      \
        .max = 1000000000                                                                                              \
    }
#define BOOLEAN(path_, member)                                                                                         \
    { .path = path_, .type = TC_FIELD_BOOLEAN, .offset = offsetof(tc_model, member) }

static const tc_field model_fields[] = {
    TC_SCHEMA_HEAD,
    STRING("slug", slug, TC_NEED_NEVER),
    STRING("name", name, TC_NEED_ALWAYS),
    STRING("family", family, TC_NEED_NEVER),
    {.path = "parameters",
     .type = TC_FIELD_NUMBER,
     .offset = offsetof(tc_model, parameters_published),
     .min = 1,
     .max = 1e16},
    INTEGER("hidden", hidden, TC_NEED_ALWAYS, 1),
    INTEGER("vocab", vocab, TC_NEED_ALWAYS, 1),
    INTEGER("seq", seq, TC_NEED_ALWAYS, 1),
    {.path = "positions",
     .type = TC_FIELD_ENUM,
     .need = TC_NEED_ALWAYS,
     .offset = offsetof(tc_model, positions),
     .names = tc_positions_names},
    INTEGER("learned_positions", learned_positions, TC_NEED_NEVER, 0),
    INTEGER("token_types", token_types, TC_NEED_NEVER, 0),
    {.path = "norm",
     .type = TC_FIELD_ENUM,
     .need = TC_NEED_ALWAYS,
     .offset = offsetof(tc_model, norm),
     .names = tc_norm_kind_names},
    BOOLEAN("norm_weight", norm_weight),
    BOOLEAN("norm_bias", norm_bias),
    BOOLEAN("tied_embeddings", tied_embeddings),
    BOOLEAN("causal", causal),
    BOOLEAN("embedding_norm", embedding_norm),
    BOOLEAN("final_norm", final_norm),
    BOOLEAN("lm_head", lm_head),
    BOOLEAN("lm_head_bias", lm_head_bias),
    BOOLEAN("head_transform", head_transform),
    INTEGER("mtp_layers", mtp_layers, TC_NEED_NEVER, 0),
    {.path = "blocks",
     .type = TC_FIELD_LIST,
     .need = TC_NEED_ALWAYS,
     .offset = offsetof(tc_model, block),
     .size = sizeof(tc_block),
     .min = 1,
     .max = TC_MAX_BLOCKS,
     .element = &block_schema,
     .count_offset = offsetof(tc_model, blocks),
     .start = start_block},
};

const tc_schema tc_model_schema = {"model", model_fields, COUNT(model_fields)};

static tc_code fail_missing(const tc_document *document, const tc_node *section, const char *key, tc_error *error) {
    return tc_document_fail(document, section, key, error, "is missing; write '%s: 128'", key);
}

static tc_code check_attention(const tc_document *document, const tc_node *attention, tc_block *block,
                               tc_error *error) {
    if (block->attention == TC_ATTENTION_MLA) {
        static const char *const needed[] = {"kv_rank", "nope_dim", "rope_dim", "v_dim"};
        for (int i = 0; i < COUNT(needed); i++)
            if (!tc_node_get(attention, needed[i])) return fail_missing(document, attention, needed[i], error);
    } else if (block->head_dim == 0) {
        return fail_missing(document, attention, "head_dim", error);
    }
    if (block->kv_heads == 0) block->kv_heads = block->heads;
    if (block->heads % block->kv_heads)
        return tc_document_fail(document, attention, "kv_heads", error,
                                "%d do not divide the %d heads; write a divisor of the heads", block->kv_heads,
                                block->heads);
    return TC_OK;
}

static tc_code check_block(const tc_document *document, const tc_node *node, tc_block *block, tc_error *error) {
    tc_code code = check_attention(document, tc_node_get(node, "attention"), block, error);
    if (code != TC_OK) return code;
    const tc_node *mlp = tc_node_get(node, "mlp"), *moe = tc_node_get(node, "moe");
    if (!mlp && !moe)
        return tc_document_fail(document, node, NULL, error, "has neither mlp nor moe; write one of them");
    if (mlp && moe && strcmp(tc_node_text(mlp, "kind"), tc_node_text(moe, "kind")) != 0)
        return tc_document_fail(document, moe, "kind", error, "differs from mlp.kind; write the same kind in both");
    if (block->top_k > block->experts)
        return tc_document_fail(document, tc_node_get(moe, "top_k"), NULL, error,
                                "%d is more than the %d experts; write at most %d", block->top_k, block->experts,
                                block->experts);
    return TC_OK;
}

tc_code tc_model_read(const tc_document *document, tc_model *out, tc_error *error) {
    *out = tc_default_model();
    tc_code code = tc_schema_read(&tc_model_schema, document, out, error);
    if (code != TC_OK) return code;
    /* What follows from another key where it is not given. */
    if (!tc_node_get(document->root, "norm_bias")) out->norm_bias = out->norm == TC_NORM_LAYER;
    if (out->positions == TC_POSITIONS_LEARNED && out->learned_positions == 0) out->learned_positions = out->seq;
    const tc_node *node = tc_node_get(document->root, "blocks")->first;
    for (int i = 0; node && code == TC_OK; node = node->next, i++)
        code = check_block(document, node, &out->block[i], error);
    return code;
}
