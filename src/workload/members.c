/* members.c - what the members of a model and of its fine-tuning may be.
 *
 * The sizes of a block's parts stand in the parts' own files. */
#include "workload/members.h"

#include <stdio.h>

#include "base/error.h"
#include "base/vocabulary.h"
#include "workload/parts.h"

static const tc_member cross[] = {
    TC_INTEGER(tc_cross, heads, 0, TC_MOST_DEGREE),
    TC_INTEGER(tc_cross, head_dim, 0, TC_MOST_DEGREE),
    TC_INTEGER(tc_cross, width, 0, TC_MOST_DEGREE),
    TC_INTEGER(tc_cross, image_tokens, 0, TC_MOST_TOKENS),
    TC_SWITCH(tc_cross, itself),
    TC_SWITCH(tc_cross, bias),
    TC_SWITCH(tc_cross, qk_norm),
    TC_SWITCH(tc_cross, qk_norm_full),
    TC_SWITCH(tc_cross, norm),
};

static const tc_member modulation[] = {
    TC_INTEGER(tc_modulation, vectors, 0, 64),
    TC_INTEGER(tc_modulation, text_vectors, 0, 64),
    TC_INTEGER(tc_modulation, width, 0, TC_MOST_DEGREE),
    TC_INTEGER(tc_modulation, rank, 0, TC_MOST_DEGREE),
    TC_WORD(tc_modulation, kind, TC_MODULATION_SHARED, "kind of modulation"),
};

static const tc_member latents[] = {
    TC_INTEGER(tc_latents, frames, 0, TC_MOST_DEGREE),
    TC_INTEGER(tc_latents, height, 0, TC_MOST_DEGREE),
    TC_INTEGER(tc_latents, width, 0, TC_MOST_DEGREE),
    TC_INTEGER(tc_latents, time_stride, 0, 1024),
    TC_INTEGER(tc_latents, stride, 0, 1024),
    TC_INTEGER(tc_latents, time_patch, 0, 1024),
    TC_INTEGER(tc_latents, patch, 0, 1024),
    TC_INTEGER(tc_latents, text_tokens, 0, TC_MOST_TOKENS),
};

/* Where there are latents, every side and stride is divided or divided by. */
static tc_code check_latents(const void *value, tc_error *error) {
    const tc_latents *l = value;
    const int sides[] = {l->frames, l->height, l->width, l->time_stride, l->time_patch, l->patch};
    for (size_t i = 0; l->stride > 0 && i < sizeof sides / sizeof sides[0]; i++)
        if (sides[i] < 1) return tc_fail(error, TC_INVALID, latents[i + (i > 3)].name, "%d; 1 or more", sides[i]);
    return TC_OK;
}

static const tc_member projection[] = {
    TC_WORD(tc_projection, of, TC_PROJECTED_SAMPLE, "what is projected"),
    TC_INTEGER(tc_projection, input, 0, TC_MOST_DEGREE),
    TC_INTEGER(tc_projection, middle, 0, TC_MOST_DEGREE),
    TC_INTEGER(tc_projection, output, 1, TC_MOST_TOKENS),
    TC_SWITCH(tc_projection, bias),
    TC_SWITCH(tc_projection, last),
};

static const tc_members cross_members = TC_MEMBERS(tc_cross, cross, NULL, NULL),
                        modulation_members = TC_MEMBERS(tc_modulation, modulation, NULL, NULL),
                        latents_members = TC_MEMBERS(tc_latents, latents, NULL, check_latents),
                        projection_members = TC_MEMBERS(tc_projection, projection, NULL, NULL);

#define FFN_BITS(id, member, bit) | bit
#define PART(id, member, bit) TC_STRUCT(tc_block, member, tc_##member##_members),

static const tc_member block[] = {
    TC_INTEGER(tc_block, count, 1, TC_MOST_DEGREE),
    TC_WORD(tc_block, mixer, TC_MIXERS - 1, "mixer"),
    TC_WORD(tc_block, beside, TC_MIXERS - 1, "mixer"),
    TC_WORD(tc_block, ffn, 0 TC_FFN_KINDS(FFN_BITS), "set of feed-forward parts"),
    TC_MIXER_KINDS(PART) TC_FFN_KINDS(PART) TC_INTEGER(tc_block, norms, 0, TC_MAX_NORMS),
    TC_SWITCH(tc_block, parallel_residual),
    TC_WORD(tc_block, stream, TC_STREAM_DOUBLE, "stream"),
    TC_SWITCH(tc_block, text_ends),
    TC_STRUCT(tc_block, cross, cross_members),
    TC_STRUCT(tc_block, modulation, modulation_members),
    TC_SWITCH(tc_block, alternates),
};

static bool has_mixer(const tc_block *b, tc_mixer_kind kind) { return b->mixer == kind || b->beside == kind; }

/* What a part of a block cannot be without. */
static tc_code check_needed(const char *part, const tc_members *table, const void *value, tc_error *error) {
    for (int i = 0; i < table->count; i++) {
        const tc_member *m = &table->member[i];
        int size = m->needed ? *(const int *)((const char *)value + m->offset) : 1;
        char place[64];
        if (size > 0) continue;
        snprintf(place, sizeof place, "%s.%s", part, m->name);
        return tc_fail(error, TC_INVALID, place, "%d in a block that has the part; 1 or more", size);
    }
    return TC_OK;
}

static tc_code check_block(const void *value, tc_error *error) {
    const tc_block *b = value;
    tc_code code = TC_OK;
#define MIXER_NEEDS(id, member, word)                                                                                  \
    if (!code && has_mixer(b, TC_MIXER_##id)) code = check_needed(#member, &tc_##member##_members, &b->member, error);
#define FFN_NEEDS(id, member, bit)                                                                                     \
    if (!code && (b->ffn & (bit))) code = check_needed(#member, &tc_##member##_members, &b->member, error);
    TC_MIXER_KINDS(MIXER_NEEDS)
    TC_FFN_KINDS(FFN_NEEDS)
    if (code) return code;
    if (b->cross.heads > 0 && b->cross.head_dim < 1)
        return tc_fail(error, TC_INVALID, "cross.head_dim", "%d in a block that has the part; 1 or more",
                       b->cross.head_dim);
    if (b->stream == TC_STREAM_DOUBLE && !has_mixer(b, TC_MIXER_ATTENTION))
        return tc_fail(error, TC_INVALID, "stream", "double without attention; tokens, text or joint");
    if (b->beside && (!b->mixer || b->mixer == b->beside))
        return tc_fail(error, TC_INVALID, "beside", "%s beside %s; leave it out, or name another mixer",
                       tc_mixer_names[b->beside], tc_mixer_names[b->mixer]);
    if (b->ffn & TC_FFN_EXPERTS && b->experts.top_k > b->experts.experts)
        return tc_fail(error, TC_INVALID, "experts.top_k", "%d of %d experts; at most all of them", b->experts.top_k,
                       b->experts.experts);
    return TC_OK;
}

static const tc_members block_members = TC_MEMBERS(tc_block, block, "tc_default_block()", check_block);

static const tc_member projector[] = {
    TC_INTEGER(tc_projector, layers, 0, 64),
    TC_INTEGER(tc_projector, in, 0, TC_MOST_DEGREE),
    TC_INTEGER(tc_projector, width, 0, TC_MOST_DEGREE),
    TC_INTEGER(tc_projector, out, 0, TC_MOST_DEGREE),
    TC_INTEGER(tc_projector, norm, 0, TC_MOST_DEGREE),
    TC_INTEGER(tc_projector, copies, 0, TC_MOST_DEGREE),
    TC_SWITCH(tc_projector, bias),
};

static const tc_members projector_members = TC_MEMBERS(tc_projector, projector, NULL, NULL);

static const tc_member tower[] = {
    TC_TEXT(tc_tower, name),
    TC_WORD(tc_tower, state, TC_TOWER_CACHED, "state of a tower"),
    TC_WORD(tc_tower, unit, TC_TOWER_PIXEL, "unit of a tower"),
    TC_INTEGER(tc_tower, after, 0, TC_MAX_TOWERS),
    TC_SWITCH(tc_tower, joins),
    TC_INTEGER(tc_tower, hidden, 0, TC_MOST_DEGREE),
    TC_WORD(tc_tower, norm, TC_NORM_LAYER, "kind of norm"),
    TC_SWITCH(tc_tower, norm_bias),
    TC_WORD(tc_tower, positions, TC_POSITIONS_NONE, "kind of positions"),
    TC_SWITCH(tc_tower, causal),
    TC_INTEGER(tc_tower, inputs, 0, TC_MOST_DEGREE),
    TC_SWITCH(tc_tower, inputs_bias),
    TC_INTEGER(tc_tower, vocab, 0, TC_MOST_TOKENS),
    TC_INTEGER(tc_tower, learned_positions, 0, TC_MOST_TOKENS),
    TC_INTEGER(tc_tower, class_tokens, 0, TC_MOST_DEGREE),
    TC_INTEGER(tc_tower, norms, 0, TC_MAX_NORMS),
    TC_INTEGER(tc_tower, patch, 0, TC_MOST_DEGREE),
    TC_INTEGER(tc_tower, tile, 0, TC_MOST_DEGREE),
    TC_INTEGER(tc_tower, max_tiles, 1, TC_MOST_DEGREE),
    TC_INTEGER(tc_tower, tokens, 0, TC_MOST_TOKENS),
    TC_INTEGER(tc_tower, merge, 1, TC_MOST_DEGREE),
    TC_STRUCT(tc_tower, projector, projector_members),
    TC_FIGURE(tc_tower, weights),
    TC_FIGURE(tc_tower, flops),
    TC_FIGURE_IN(tc_tower, efficiency, 1e-6, 1),
    TC_INTEGER(tc_tower, blocks, 0, TC_TOWER_BLOCKS),
    TC_STRUCTS(tc_tower, block, blocks, block_members),
};

/* What comes after another tower takes it from before; what has tokens has a width. */
static tc_code check_towers(const void *value, tc_error *error) {
    const tc_model *m = value;
    for (int i = 0; i < m->towers; i++) {
        const tc_tower *t = &m->tower[i];
        if (t->after > i)
            return tc_fail(error, TC_INVALID, "tower.after", "%d of tower %d; an earlier one, or 0", t->after, i + 1);
        if (t->hidden < 1 && (t->blocks > 0 || t->inputs > 0 || t->vocab > 0))
            return tc_fail(error, TC_INVALID, "tower.hidden", "0 of a tower with blocks or an embedding; 1 or more");
    }
    return TC_OK;
}

static const tc_members tower_members = TC_MEMBERS(tc_tower, tower, "tc_default_tower()", NULL);

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
    TC_STRUCT(tc_model, latents, latents_members),
    TC_INTEGER(tc_model, projections, 0, TC_MAX_PROJECTIONS),
    TC_STRUCTS(tc_model, projection, projections, projection_members),
    TC_FIGURE(tc_model, parameters_published),
    TC_TEXT(tc_model, stored),
    TC_TEXT(tc_model, left_out),
    TC_TEXT(tc_model, contradiction),
    TC_FIGURE(tc_model, images),
    TC_INTEGER(tc_model, image_width, 0, TC_MOST_DEGREE),
    TC_INTEGER(tc_model, image_height, 0, TC_MOST_DEGREE),
    TC_INTEGER(tc_model, towers, 0, TC_MAX_TOWERS),
    TC_STRUCTS(tc_model, tower, towers, tower_members),
    TC_INTEGER(tc_model, layers_cut, 0, TC_MOST_DEGREE),
};

const tc_members tc_model_members = TC_MEMBERS(tc_model, model, "tc_default_model()", check_towers);

static const tc_member finetune[] = {
    TC_INTEGER(tc_finetune, rank, 0, TC_MOST_DEGREE),
    TC_WORD(tc_finetune, targets, TC_ADAPTED_ANY, "set of adapted linears"),
    TC_SWITCH(tc_finetune, dropout),
    TC_SWITCH(tc_finetune, embeddings),
    TC_FIGURE_IN(tc_finetune, base_bits, 0, 16),
    TC_WORD(tc_finetune, preference, TC_PREFERENCE_COUNT - 1, "objective"),
    TC_SWITCH(tc_finetune, cached_reference),
    TC_SWITCH(tc_finetune, chunked_loss),
    TC_SWITCH(tc_finetune, step_in_backward),
    TC_INTEGER(tc_finetune, state_bits, 0, 16),
    TC_INTEGER(tc_finetune, mean_tokens, 0, TC_MOST_TOKENS),
    TC_FIGURE_IN(tc_finetune, spread, 0, 10),
    TC_SWITCH(tc_finetune, paged),
};

const tc_members tc_finetune_members = TC_MEMBERS(tc_finetune, finetune, NULL, NULL);
