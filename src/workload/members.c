/* members.c - what the members of a model may be.
 *
 * A part's sizes are looked at where the block has the part: there a width or a count of 0 would be divided by. */
#include "workload/members.h"

#include "base/error.h"

static const tc_member attention[] = {
    TC_INTEGER(tc_attention, heads, 0, TC_MOST_DEGREE),
    TC_INTEGER(tc_attention, kv_heads, 0, TC_MOST_DEGREE),
    TC_INTEGER(tc_attention, head_dim, 0, TC_MOST_DEGREE),
    TC_INTEGER(tc_attention, window, 0, TC_MOST_TOKENS),
    TC_SWITCH(tc_attention, qkv_bias),
    TC_SWITCH(tc_attention, out_bias),
    TC_SWITCH(tc_attention, qk_norm),
    TC_SWITCH(tc_attention, qk_norm_full),
    TC_SWITCH(tc_attention, sinks),
};

static const tc_member latent[] = {
    TC_INTEGER(tc_latent, heads, 0, TC_MOST_DEGREE),    TC_INTEGER(tc_latent, window, 0, TC_MOST_TOKENS),
    TC_INTEGER(tc_latent, q_rank, 0, TC_MOST_DEGREE),   TC_INTEGER(tc_latent, kv_rank, 0, TC_MOST_DEGREE),
    TC_INTEGER(tc_latent, nope_dim, 0, TC_MOST_DEGREE), TC_INTEGER(tc_latent, rope_dim, 0, TC_MOST_DEGREE),
    TC_INTEGER(tc_latent, v_dim, 0, TC_MOST_DEGREE),    TC_SWITCH(tc_latent, out_bias),
};

static const tc_member dense[] = {
    TC_WORD(tc_dense, kind, TC_MLP_GATED, "kind of MLP"),
    TC_INTEGER(tc_dense, ffn, 0, TC_MOST_DEGREE),
    TC_SWITCH(tc_dense, bias),
};

static const tc_member experts[] = {
    TC_WORD(tc_experts, kind, TC_MLP_GATED, "kind of MLP"),
    TC_INTEGER(tc_experts, experts, 0, TC_MOST_DEGREE),
    TC_INTEGER(tc_experts, top_k, 0, TC_MOST_DEGREE),
    TC_INTEGER(tc_experts, ffn, 0, TC_MOST_DEGREE),
    TC_INTEGER(tc_experts, shared_ffn, 0, TC_MOST_DEGREE),
    TC_SWITCH(tc_experts, shared_gate),
    TC_SWITCH(tc_experts, router_bias),
    TC_SWITCH(tc_experts, bias),
};

static const tc_members attention_members = TC_MEMBERS(tc_attention, attention, NULL, NULL),
                        latent_members = TC_MEMBERS(tc_latent, latent, NULL, NULL),
                        dense_members = TC_MEMBERS(tc_dense, dense, NULL, NULL),
                        experts_members = TC_MEMBERS(tc_experts, experts, NULL, NULL);

#define FFN_BITS(id, member, bit) | bit

static const tc_member block[] = {
    TC_INTEGER(tc_block, count, 1, TC_MOST_DEGREE),
    TC_WORD(tc_block, mixer, TC_MIXERS - 1, "mixer"),
    TC_WORD(tc_block, ffn, 0 TC_FFN_KINDS(FFN_BITS), "set of feed-forward parts"),
    TC_STRUCT(tc_block, attention, attention_members),
    TC_STRUCT(tc_block, latent, latent_members),
    TC_STRUCT(tc_block, dense, dense_members),
    TC_STRUCT(tc_block, experts, experts_members),
    TC_INTEGER(tc_block, norms, 0, TC_MAX_NORMS),
    TC_SWITCH(tc_block, parallel_residual),
};

/* What the parts of a block cannot be without. */
static tc_code check_block(const void *value, tc_error *error) {
    const tc_block *b = value;
    bool mha = b->mixer == TC_MIXER_ATTENTION, mla = b->mixer == TC_MIXER_LATENT, mlp = b->ffn & TC_FFN_DENSE,
         moe = b->ffn & TC_FFN_EXPERTS;
    const struct {
        bool there;
        int value;
        const char *name;
    } needed[] = {{mha, b->attention.heads, "attention.heads"},
                  {mha, b->attention.kv_heads, "attention.kv_heads"},
                  {mha, b->attention.head_dim, "attention.head_dim"},
                  {mla, b->latent.heads, "latent.heads"},
                  {mla, b->latent.kv_rank, "latent.kv_rank"},
                  {mla, b->latent.nope_dim, "latent.nope_dim"},
                  {mla, b->latent.v_dim, "latent.v_dim"},
                  {mlp, b->dense.ffn, "dense.ffn"},
                  {moe, b->experts.experts, "experts.experts"},
                  {moe, b->experts.top_k, "experts.top_k"},
                  {moe, b->experts.ffn, "experts.ffn"}};
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
        if (needed[i].there && needed[i].value < 1)
            return tc_fail(error, TC_INVALID, needed[i].name, "%d in a block that has the part; 1 or more",
                           needed[i].value);
    if (moe && b->experts.top_k > b->experts.experts)
        return tc_fail(error, TC_INVALID, "experts.top_k", "%d of %d experts; at most all of them", b->experts.top_k,
                       b->experts.experts);
    return TC_OK;
}

static const tc_members block_members = TC_MEMBERS(tc_block, block, "tc_default_block()", check_block);

static const tc_member model[] = {
    TC_SIZE(tc_model),
    TC_TEXT(tc_model, slug),
    TC_TEXT(tc_model, name),
    TC_TEXT(tc_model, family),
    TC_INTEGER(tc_model, hidden, 1, TC_MOST_TOKENS),
    TC_INTEGER(tc_model, vocab, 0, TC_MOST_TOKENS),
    TC_INTEGER(tc_model, seq, 0, TC_MOST_TOKENS),
    TC_WORD(tc_model, positions, TC_POSITIONS_NONE, "kind of positions"),
    TC_INTEGER(tc_model, learned_positions, 0, TC_MOST_TOKENS),
    TC_INTEGER(tc_model, token_types, 0, TC_MOST_TOKENS),
    TC_WORD(tc_model, norm, TC_NORM_LAYER, "kind of norm"),
    TC_SWITCH(tc_model, norm_weight),
    TC_SWITCH(tc_model, norm_bias),
    TC_SWITCH(tc_model, tied_embeddings),
    TC_SWITCH(tc_model, causal),
    TC_SWITCH(tc_model, embedding_norm),
    TC_SWITCH(tc_model, final_norm),
    TC_SWITCH(tc_model, lm_head),
    TC_SWITCH(tc_model, lm_head_bias),
    TC_SWITCH(tc_model, head_transform),
    TC_INTEGER(tc_model, blocks, 1, TC_MAX_BLOCKS),
    TC_STRUCTS(tc_model, block, blocks, block_members),
    TC_INTEGER(tc_model, mtp_layers, 0, TC_MOST_DEGREE),
    TC_FIGURE(tc_model, parameters_published),
    TC_TEXT(tc_model, left_out),
};

const tc_members tc_model_members = TC_MEMBERS(tc_model, model, "tc_default_model()", NULL);
