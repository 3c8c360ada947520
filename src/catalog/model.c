/* model.c - the format of data/models: runs of equal blocks between an embedding and a head. */
#include <string.h>

#include "base/latents.h"
#include "base/vocabulary.h"
#include "catalog/kinds.h"

#define COUNT(list) ((int)(sizeof(list) / sizeof(list)[0]))
#define MAX_WIDTH 10000000 /* no width, rank or count of a model is near it */

#define BLOCK_INTEGER(path_, member, need_, low)                                                                       \
    TC_PATH_IN(path_, INTEGER, tc_block, member, low, MAX_WIDTH, .need = need_)
#define BLOCK_BOOLEAN(path_, member) TC_PATH(path_, BOOLEAN, tc_block, member)
#define BLOCK_ENUM(path_, member, need_, names_) TC_PATH_WORD(path_, tc_block, member, names_, .need = need_)

/* The mixers that are attention; a block without one, or without a feed-forward part, says so. */
static const char *const attention_kinds[] = {"mha", "mla", NULL};
static const char *const none[] = {"none", NULL};
static const char *const mixer_words[] = {"none", "parallel", NULL};

/* A section a part: its key is the part's member. MLA is written as a kind of attention. */
static const tc_field block_fields[] = {
    BLOCK_INTEGER("count", count, TC_NEED_ALWAYS, 1),
    TC_PATH_CHECKED("mixer", ENUM, .names = mixer_words),
    TC_PATH_CHECKED("attention.kind", ENUM, .names = attention_kinds),
    BLOCK_INTEGER("attention.heads", attention.heads, TC_NEED_IN_SECTION, 1),
    BLOCK_INTEGER("attention.kv_heads", attention.kv_heads, TC_NEED_NEVER, 1),
    BLOCK_INTEGER("attention.head_dim", attention.head_dim, TC_NEED_NEVER, 1),
    BLOCK_INTEGER("attention.q_rank", latent.q_rank, TC_NEED_NEVER, 0),
    BLOCK_INTEGER("attention.kv_rank", latent.kv_rank, TC_NEED_NEVER, 1),
    BLOCK_INTEGER("attention.nope_dim", latent.nope_dim, TC_NEED_NEVER, 1),
    BLOCK_INTEGER("attention.rope_dim", latent.rope_dim, TC_NEED_NEVER, 0),
    BLOCK_INTEGER("attention.v_dim", latent.v_dim, TC_NEED_NEVER, 1),
    BLOCK_INTEGER("attention.window", attention.window, TC_NEED_NEVER, 0),
    BLOCK_BOOLEAN("attention.qkv_bias", attention.qkv_bias),
    BLOCK_BOOLEAN("attention.out_bias", attention.out_bias),
    BLOCK_BOOLEAN("attention.qk_norm", attention.qk_norm),
    BLOCK_BOOLEAN("attention.qk_norm_full", attention.qk_norm_full),
    BLOCK_BOOLEAN("attention.qk_norm_bias", attention.qk_norm_bias),
    BLOCK_BOOLEAN("attention.sinks", attention.sinks),
    BLOCK_ENUM("attention.span", attention.span, TC_NEED_NEVER, tc_span_names),
    BLOCK_INTEGER("attention.skip", attention.skip, TC_NEED_NEVER, 1),
    BLOCK_INTEGER("cross.heads", cross.heads, TC_NEED_IN_SECTION, 1),
    BLOCK_INTEGER("cross.head_dim", cross.head_dim, TC_NEED_IN_SECTION, 1),
    BLOCK_INTEGER("cross.width", cross.width, TC_NEED_NEVER, 1),
    BLOCK_INTEGER("cross.image_tokens", cross.image_tokens, TC_NEED_NEVER, 0),
    BLOCK_BOOLEAN("cross.itself", cross.itself),
    BLOCK_BOOLEAN("cross.bias", cross.bias),
    BLOCK_BOOLEAN("cross.qk_norm", cross.qk_norm),
    BLOCK_BOOLEAN("cross.qk_norm_full", cross.qk_norm_full),
    BLOCK_BOOLEAN("cross.norm", cross.norm),
    BLOCK_INTEGER("modulation.vectors", modulation.vectors, TC_NEED_IN_SECTION, 1),
    BLOCK_INTEGER("modulation.text_vectors", modulation.text_vectors, TC_NEED_NEVER, 1),
    BLOCK_INTEGER("modulation.width", modulation.width, TC_NEED_NEVER, 1),
    BLOCK_INTEGER("modulation.rank", modulation.rank, TC_NEED_NEVER, 1),
    BLOCK_ENUM("modulation.kind", modulation.kind, TC_NEED_NEVER, tc_modulation_kind_names),
    BLOCK_ENUM("stream", stream, TC_NEED_NEVER, tc_token_stream_names),
    BLOCK_BOOLEAN("text_ends", text_ends),
    BLOCK_BOOLEAN("attention.gate", attention.gate),
    BLOCK_INTEGER("attention.chunk", attention.chunk, TC_NEED_NEVER, 0),
    BLOCK_INTEGER("attention.index_heads", latent.index_heads, TC_NEED_NEVER, 0),
    BLOCK_INTEGER("attention.index_dim", latent.index_dim, TC_NEED_NEVER, 0),
    BLOCK_INTEGER("attention.index_top_k", latent.index_top_k, TC_NEED_NEVER, 0),
    BLOCK_INTEGER("ssm.heads", state_space.heads, TC_NEED_IN_SECTION, 1),
    BLOCK_INTEGER("ssm.head_dim", state_space.head_dim, TC_NEED_IN_SECTION, 1),
    BLOCK_INTEGER("ssm.groups", state_space.groups, TC_NEED_NEVER, 1),
    BLOCK_INTEGER("ssm.state", state_space.state, TC_NEED_IN_SECTION, 1),
    BLOCK_INTEGER("ssm.conv", state_space.conv, TC_NEED_NEVER, 1),
    BLOCK_INTEGER("ssm.chunk", state_space.chunk, TC_NEED_NEVER, 1),
    BLOCK_INTEGER("ssm.dt_rank", state_space.dt_rank, TC_NEED_NEVER, 0),
    BLOCK_BOOLEAN("ssm.norm", state_space.norm),
    BLOCK_BOOLEAN("ssm.conv_bias", state_space.conv_bias),
    BLOCK_BOOLEAN("ssm.bias", state_space.bias),
    BLOCK_INTEGER("delta.key_heads", delta.key_heads, TC_NEED_IN_SECTION, 1),
    BLOCK_INTEGER("delta.value_heads", delta.value_heads, TC_NEED_IN_SECTION, 1),
    BLOCK_INTEGER("delta.key_dim", delta.key_dim, TC_NEED_IN_SECTION, 1),
    BLOCK_INTEGER("delta.value_dim", delta.value_dim, TC_NEED_IN_SECTION, 1),
    BLOCK_INTEGER("delta.conv", delta.conv, TC_NEED_NEVER, 1),
    BLOCK_INTEGER("delta.chunk", delta.chunk, TC_NEED_NEVER, 1),
    BLOCK_INTEGER("delta.gate_rank", delta.gate_rank, TC_NEED_NEVER, 0),
    BLOCK_INTEGER("linear.heads", linear.heads, TC_NEED_IN_SECTION, 1),
    BLOCK_INTEGER("linear.head_dim", linear.head_dim, TC_NEED_IN_SECTION, 1),
    BLOCK_INTEGER("linear.chunk", linear.chunk, TC_NEED_NEVER, 1),
    BLOCK_BOOLEAN("linear.gate", linear.gate),
    TC_PATH_CHECKED("ffn", ENUM, .names = none),
    BLOCK_ENUM("mlp.kind", dense.kind, TC_NEED_IN_SECTION, tc_mlp_kind_names),
    BLOCK_INTEGER("mlp.ffn", dense.ffn, TC_NEED_IN_SECTION, 1),
    BLOCK_BOOLEAN("mlp.bias", dense.bias),
    BLOCK_ENUM("moe.kind", experts.kind, TC_NEED_IN_SECTION, tc_mlp_kind_names),
    BLOCK_INTEGER("moe.experts", experts.experts, TC_NEED_IN_SECTION, 1),
    BLOCK_INTEGER("moe.top_k", experts.top_k, TC_NEED_IN_SECTION, 1),
    BLOCK_INTEGER("moe.ffn", experts.ffn, TC_NEED_IN_SECTION, 1),
    BLOCK_INTEGER("moe.shared_ffn", experts.shared_ffn, TC_NEED_NEVER, 0),
    BLOCK_INTEGER("moe.latent", experts.latent, TC_NEED_NEVER, 0),
    BLOCK_BOOLEAN("moe.shared_gate", experts.shared_gate),
    BLOCK_BOOLEAN("moe.router_bias", experts.router_bias),
    BLOCK_BOOLEAN("moe.bias", experts.bias),
    TC_PATH_IN("norms", INTEGER, tc_block, norms, 0, TC_MAX_NORMS),
    BLOCK_BOOLEAN("parallel_residual", parallel_residual),
    BLOCK_BOOLEAN("alternates", alternates),
};

/* The sections of a block, and the parts that they describe. */
static const struct section {
    const char *key;
    tc_mixer_kind mixer;
    int ffn;
} sections[] = {{"attention", TC_MIXER_ATTENTION, 0}, {"ssm", TC_MIXER_STATE_SPACE, 0}, {"delta", TC_MIXER_DELTA, 0},
                {"linear", TC_MIXER_LINEAR, 0},       {"mlp", 0, TC_FFN_DENSE},         {"moe", 0, TC_FFN_EXPERTS}};

static const tc_schema block_schema = TC_SCHEMA("block", block_fields);

static const tc_field projection_fields[] = {
    TC_PATH_WORD("of", tc_projection, of, tc_projected_names, TC_NEEDED),
    TC_PATH_IN("input", INTEGER, tc_projection, input, 0, MAX_WIDTH),
    TC_PATH_IN("middle", INTEGER, tc_projection, middle, 0, MAX_WIDTH),
    TC_PATH_IN("output", INTEGER, tc_projection, output, 1, 1000000000, TC_NEEDED),
    TC_PATH("bias", BOOLEAN, tc_projection, bias),
    TC_PATH("last", BOOLEAN, tc_projection, last),
};
static const tc_schema projection_schema = TC_SCHEMA("projection", projection_fields);

static void start_projection(void *element) { *(tc_projection *)element = (tc_projection){.bias = true}; }

static void start_block(void *element) {
    tc_block block = tc_default_block();
    memcpy(element, &block, sizeof block);
}

#define TOWER_INTEGER(path_, member, need_, low)                                                                       \
    TC_PATH_IN(path_, INTEGER, tc_tower, member, low, MAX_WIDTH, .need = need_)
#define TOWER_BOOLEAN(path_, member) TC_PATH(path_, BOOLEAN, tc_tower, member)
#define TOWER_ENUM(path_, member, names_) TC_PATH_WORD(path_, tc_tower, member, names_)
#define TOWER_FIGURE(path_, member, low, high) TC_PATH_IN(path_, NUMBER, tc_tower, member, low, high)

static const tc_field tower_fields[] = {
    TC_PATH_TEXT("name", tc_tower, name, TC_NEEDED),
    TOWER_ENUM("state", state, tc_tower_state_names),
    TOWER_ENUM("unit", unit, tc_tower_unit_names),
    TC_PATH_CHECKED("after", STRING, .size = sizeof(((tc_tower *)0)->name)),
    TOWER_BOOLEAN("joins", joins),
    TOWER_INTEGER("hidden", hidden, TC_NEED_NEVER, 1),
    TOWER_ENUM("norm", norm, tc_norm_kind_names),
    TOWER_BOOLEAN("norm_bias", norm_bias),
    TOWER_ENUM("positions", positions, tc_positions_names),
    TOWER_BOOLEAN("causal", causal),
    TOWER_INTEGER("inputs", inputs, TC_NEED_NEVER, 1),
    TOWER_BOOLEAN("inputs_bias", inputs_bias),
    TOWER_INTEGER("vocab", vocab, TC_NEED_NEVER, 1),
    TOWER_INTEGER("learned_positions", learned_positions, TC_NEED_NEVER, 1),
    TOWER_INTEGER("class_tokens", class_tokens, TC_NEED_NEVER, 0),
    TC_PATH_IN("norms", INTEGER, tc_tower, norms, 0, TC_MAX_NORMS),
    TOWER_INTEGER("patch", patch, TC_NEED_NEVER, 1),
    TOWER_INTEGER("tile", tile, TC_NEED_NEVER, 1),
    TOWER_INTEGER("max_tiles", max_tiles, TC_NEED_NEVER, 1),
    TOWER_INTEGER("tokens", tokens, TC_NEED_NEVER, 1),
    TOWER_INTEGER("merge", merge, TC_NEED_NEVER, 1),
    TOWER_INTEGER("projector.layers", projector.layers, TC_NEED_IN_SECTION, 1),
    TOWER_INTEGER("projector.in", projector.in, TC_NEED_IN_SECTION, 1),
    TOWER_INTEGER("projector.width", projector.width, TC_NEED_NEVER, 1),
    TOWER_INTEGER("projector.out", projector.out, TC_NEED_IN_SECTION, 1),
    TOWER_INTEGER("projector.norm", projector.norm, TC_NEED_NEVER, 1),
    TOWER_INTEGER("projector.copies", projector.copies, TC_NEED_NEVER, 1),
    TOWER_BOOLEAN("projector.bias", projector.bias),
    TOWER_FIGURE("weights", weights, 0, 1e13),
    TOWER_FIGURE("flops", flops, 0, 1e18),
    TOWER_FIGURE("efficiency", efficiency, 1e-6, 1),
    TC_PATH_LIST("blocks", tc_tower, block, blocks, 1, TC_TOWER_BLOCKS, &block_schema, .start = start_block),
};

static const tc_schema tower_schema = TC_SCHEMA("tower", tower_fields);

static void start_tower(void *element) {
    tc_tower tower = tc_default_tower();
    memcpy(element, &tower, sizeof tower);
}

#define STRING(path_, member, need_) TC_PATH_TEXT(path_, tc_model, member, .need = need_)
#define INTEGER(path_, member, need_, low) TC_PATH_IN(path_, INTEGER, tc_model, member, low, 1000000000, .need = need_)
#define LATENTS(member, need_) INTEGER("latents." #member, latents.member, need_, 1)
#define BOOLEAN(path_, member) TC_PATH(path_, BOOLEAN, tc_model, member)

static const tc_field model_fields[] = {
    TC_SCHEMA_HEAD,
    STRING("slug", slug, TC_NEED_NEVER),
    STRING("name", name, TC_NEED_ALWAYS),
    STRING("family", family, TC_NEED_NEVER),
    TC_PATH_IN("parameters", NUMBER, tc_model, parameters_published, 1, 1e16),
    TC_PATH_TEXT("stored", tc_model, stored, TC_SOURCED),
    INTEGER("hidden", hidden, TC_NEED_ALWAYS, 1),
    INTEGER("vocab", vocab, TC_NEED_ALWAYS, 0),
    INTEGER("seq", seq, TC_NEED_NEVER, 1),
    LATENTS(frames, TC_NEED_IN_SECTION),
    LATENTS(height, TC_NEED_IN_SECTION),
    LATENTS(width, TC_NEED_IN_SECTION),
    LATENTS(time_stride, TC_NEED_IN_SECTION),
    LATENTS(stride, TC_NEED_IN_SECTION),
    LATENTS(time_patch, TC_NEED_NEVER),
    LATENTS(patch, TC_NEED_IN_SECTION),
    INTEGER("latents.text_tokens", latents.text_tokens, TC_NEED_NEVER, 0),
    INTEGER("source_tokens", latents.text_tokens, TC_NEED_NEVER, 0), /* of a model without latents: its encoder's */
    TC_PATH_LIST("projections", tc_model, projection, projections, 1, TC_MAX_PROJECTIONS, &projection_schema,
                 .start = start_projection),
    TC_PATH_WORD("positions", tc_model, positions, tc_positions_names, TC_NEEDED),
    INTEGER("learned_positions", learned_positions, TC_NEED_NEVER, 0),
    INTEGER("token_types", token_types, TC_NEED_NEVER, 0),
    TC_PATH_WORD("norm", tc_model, norm, tc_norm_kind_names, TC_NEEDED),
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
    TC_PATH_LIST("blocks", tc_model, block, blocks, 1, TC_MAX_BLOCKS, &block_schema, TC_NEEDED, .start = start_block),
    TC_PATH_IN("images.count", NUMBER, tc_model, images, 0, 1e6),
    INTEGER("images.width", image_width, TC_NEED_IN_SECTION, 1),
    INTEGER("images.height", image_height, TC_NEED_IN_SECTION, 1),
    TC_PATH_LIST("towers", tc_model, tower, towers, 1, TC_MAX_TOWERS, &tower_schema, .start = start_tower),
};

const tc_schema tc_model_schema = TC_SCHEMA("model", model_fields);

static tc_code fail_missing(const tc_document *document, const tc_node *section, const char *key, tc_error *error) {
    return tc_document_fail(document, section, key, error, "is missing; write '%s: 128'", key);
}

static tc_code check_attention(const tc_document *document, const tc_node *attention, tc_block *block,
                               tc_error *error) {
    tc_attention *a = &block->attention;
    const char *kind = tc_node_text(attention, "kind");
    if (a->kv_heads == 0) a->kv_heads = a->heads;
    if (kind && strcmp(kind, "mla") == 0) {
        static const char *const needed[] = {"kv_rank", "nope_dim", "rope_dim", "v_dim"};
        for (int i = 0; i < COUNT(needed); i++)
            if (!tc_node_get(attention, needed[i])) return fail_missing(document, attention, needed[i], error);
        block->mixer = TC_MIXER_LATENT;
        block->latent.heads = a->heads;
        block->latent.window = a->window;
        block->latent.out_bias = a->out_bias;
        return TC_OK;
    }
    if (a->head_dim == 0) return fail_missing(document, attention, "head_dim", error);
    if (a->heads % a->kv_heads)
        return tc_document_fail(document, attention, "kv_heads", error,
                                "%d do not divide the %d heads; write a divisor of the heads", a->kv_heads, a->heads);
    return TC_OK;
}

/* Which parts there are: a section each. That there is no mixer, or no feed-forward part, is said. */
static tc_code find_parts(const tc_document *document, const tc_node *node, tc_block *block, tc_error *error) {
    const tc_node *no_mixer = tc_node_get(node, "mixer"), *no_ffn = tc_node_get(node, "ffn");
    const char *word = no_mixer ? tc_node_text(node, "mixer") : NULL;
    bool side_by_side = word && strcmp(word, "parallel") == 0;
    if (side_by_side) no_mixer = NULL;
    block->mixer = block->beside = TC_MIXER_NONE;
    block->ffn = TC_FFN_NONE;
    for (int i = 0; i < COUNT(sections); i++) {
        const tc_node *section = tc_node_get(node, sections[i].key);
        if (!section) continue;
        const tc_node *none_said = sections[i].mixer ? no_mixer : no_ffn;
        if (none_said)
            return tc_document_fail(document, none_said, NULL, error, "is none, but there is %s; leave one of them out",
                                    sections[i].key);
        if (sections[i].mixer && block->mixer && (!side_by_side || block->beside))
            return tc_document_fail(document, section, NULL, error,
                                    "is a second mixer; write two blocks, or 'mixer: parallel' for two on one input");
        if (sections[i].mixer) *(block->mixer ? &block->beside : &block->mixer) = sections[i].mixer;
        block->ffn |= sections[i].ffn;
    }
    if (!block->mixer && !no_mixer)
        return tc_document_fail(document, node, "attention", error,
                                "is missing; write 'attention: {heads: 8, head_dim: 128}' or 'mixer: none'");
    if (!block->ffn && !no_ffn)
        return tc_document_fail(document, node, NULL, error,
                                "has neither mlp nor moe; write one of them, or 'ffn: none'");
    if (!block->mixer && !block->ffn)
        return tc_document_fail(document, node, NULL, error, "has neither mixer nor ffn; leave the block out");
    if (!tc_node_get(node, "norms")) block->norms = (block->mixer != TC_MIXER_NONE) + (block->ffn != TC_FFN_NONE);
    return TC_OK;
}

static tc_code check_block(const tc_document *document, const tc_node *node, tc_block *block, tc_error *error) {
    tc_code code = find_parts(document, node, block, error);
    if (code == TC_OK && (block->mixer == TC_MIXER_ATTENTION || block->beside == TC_MIXER_ATTENTION))
        code = check_attention(document, tc_node_get(node, "attention"), block, error);
    if (code == TC_OK && block->experts.top_k > block->experts.experts)
        return tc_document_fail(document, tc_node_get(tc_node_get(node, "moe"), "top_k"), NULL, error,
                                "%d is more than the %d experts; write at most %d", block->experts.top_k,
                                block->experts.experts, block->experts.experts);
    return code;
}

static tc_code check_blocks(const tc_document *document, const tc_node *blocks, tc_block *block, tc_error *error) {
    tc_code code = TC_OK;
    for (const tc_node *node = blocks->first; node && code == TC_OK; node = node->next)
        code = check_block(document, node, block++, error);
    return code;
}

/* What one tower needs of the others and of the model. */
static tc_code check_tower(const tc_document *document, const tc_node *node, tc_model *model, int tower,
                           tc_error *error) {
    tc_tower *t = &model->tower[tower];
    const char *after = tc_node_text(node, "after");
    for (int i = 0; after && i < tower; i++)
        if (strcmp(model->tower[i].name, after) == 0) t->after = i + 1;
    if (after && !t->after)
        return tc_document_fail(document, node, "after", error, "%.24s is no earlier tower; write the name of one",
                                after);
    if (!tc_node_get(node, "norm_bias")) t->norm_bias = t->norm == TC_NORM_LAYER;
    if (t->hidden < 1 && (t->blocks > 0 || t->inputs > 0 || t->vocab > 0))
        return fail_missing(document, node, "hidden", error);
    if (t->projector.layers > 1 && t->projector.width < 1)
        return fail_missing(document, tc_node_get(node, "projector"), "width", error);
    if (!t->after && t->unit == TC_TOWER_IMAGE && t->patch > 0 && model->image_width < 1)
        return tc_document_fail(document, document->root, "images", error,
                                "is missing; write 'images: {width: 448, height: 448}'");
    const tc_node *blocks = tc_node_get(node, "blocks");
    return blocks ? check_blocks(document, blocks, t->block, error) : TC_OK;
}

static tc_code check_towers(const tc_document *document, tc_model *model, tc_error *error) {
    const tc_node *towers = tc_node_get(document->root, "towers");
    tc_code code = TC_OK;
    int i = 0;
    for (const tc_node *node = towers ? towers->first : NULL; node && code == TC_OK; node = node->next)
        code = check_tower(document, node, model, i++, error);
    return code;
}

/* Without a vocabulary there is no head; what asks for one is refused. */
static tc_code check_ends(const tc_document *document, tc_model *model, tc_error *error) {
    static const char *const keys[] = {"tied_embeddings", "lm_head", "lm_head_bias", "head_transform"};
    if (model->vocab > 0) return TC_OK;
    for (int i = 0; i < COUNT(keys); i++) {
        const char *text = tc_node_text(document->root, keys[i]);
        if (text && strcmp(text, "true") == 0)
            return tc_document_fail(document, document->root, keys[i], error,
                                    "is true without a vocabulary; leave it out, or write vocab");
    }
    model->lm_head = false;
    return TC_OK;
}

/* The sequence is given, or follows from latents. */
static tc_code check_tokens(const tc_document *document, tc_model *model, tc_error *error) {
    tc_latents *l = &model->latents;
    const tc_node *seq = tc_node_get(document->root, "seq");
    if (l->stride == 0 && !seq) return fail_missing(document, document->root, "seq", error);
    if (l->stride == 0) return TC_OK;
    if (seq) return tc_document_fail(document, seq, NULL, error, "follows from latents; leave one of them out");
    if (l->time_patch == 0) l->time_patch = 1;
    int64_t tokens = tc_latent_tokens(l);
    if (tokens < 1 || tokens > 1000000000)
        return tc_document_fail(document, document->root, "latents", error, "come to %lld tokens; 1 to 1000000000",
                                (long long)tokens);
    model->seq = (int)tokens;
    return TC_OK;
}

/* Launch configurations of other programs, which people give for a model. */
static tc_code check_own(const tc_document *document, tc_error *error) {
    static const struct {
        const char *key, *program;
    } others[] = {{"MODEL_ARGS", "Megatron-LM's tests"},
                  {"num_layers", "Megatron"},
                  {"num-layers", "Megatron"},
                  {"model", "nanotron or NeMo"},
                  {"model_config", "nanotron"},
                  {"model_name_or_path", "a fine-tuning program"}};
    for (int i = 0; i < COUNT(others); i++)
        if (tc_node_get(document->root, others[i].key))
            return tc_document_fail(document, document->root, others[i].key, error,
                                    "is of a file of %s, which this program does not read; write the sizes as "
                                    "docs/examples/my-model.yaml "
                                    "has them, or a config.json with \"model_type\": \"llama\"",
                                    others[i].program);
    return TC_OK;
}

tc_code tc_model_read(const tc_document *document, tc_model *out, tc_error *error) {
    *out = tc_default_model();
    tc_code code = check_own(document, error);
    if (code == TC_OK) code = tc_schema_read(&tc_model_schema, document, out, error);
    if (code != TC_OK) return code;
    /* What follows from another key where it is not given. */
    if (!tc_node_get(document->root, "norm_bias")) out->norm_bias = out->norm == TC_NORM_LAYER;
    if (out->positions == TC_POSITIONS_LEARNED && out->learned_positions == 0) out->learned_positions = out->seq;
    code = check_ends(document, out, error);
    if (code == TC_OK) code = check_tokens(document, out, error);
    if (code == TC_OK) code = check_blocks(document, tc_node_get(document->root, "blocks"), out->block, error);
    return code == TC_OK ? check_towers(document, out, error) : code;
}
