/* mixed.c - a published run's model whose layers are of several kinds: the catalog's of that name where layers and width are the run's, else as the row
 * states its layers: a pattern of letters, or numbers of each kind. */
#include <string.h>

#include "validate/assume.h"
#include "validate/inputs.h"
#include "workload/operators.h"

/* Chunk lengths of the kernels: mamba_ssm for Mamba-2, flash-linear-attention. */
enum { SSM_CHUNK = 256, DELTA_CHUNK = 64 };

static int or_else(int value, int missing) { return value > 0 ? value : missing; }

static int letters(const char *pattern, char letter) {
    int n = 0;
    for (; pattern && *pattern; pattern++) n += *pattern == letter;
    return n;
}

static void add_kind(tc_model *model, tc_block block, int count) {
    if (count <= 0 || model->blocks == TC_MAX_BLOCKS) return;
    block.count = count;
    block.alternates = true;
    model->block[model->blocks++] = block;
}

static tc_block alone(const tc_block *usual, tc_mixer_kind mixer, int ffn) {
    tc_block block = *usual;
    block.mixer = mixer;
    block.ffn = ffn;
    block.norms = (mixer != TC_MIXER_NONE) + (ffn != TC_FFN_NONE);
    return block;
}

/* State-space, attention, MLP and expert layers one after the other, each with a norm of its own. */
static void set_state_space(const tc_published_model *m, tc_model *model, tc_block usual) {
    const tc_published_mixers *x = &m->mixers;
    int attention = x->pattern ? letters(x->pattern, '*') : x->attention_layers,
        ssm = x->pattern ? letters(x->pattern, 'M') : x->mamba_layers,
        dense = x->pattern ? letters(x->pattern, '-') : x->mlp_layers,
        experts = x->pattern ? letters(x->pattern, 'E') : x->moe_layers, heads = or_else(x->ssm_heads, 1);
    usual.state_space = (tc_state_space){.heads = heads,
                                         .head_dim = or_else(x->ssm_head_dim, 2 * model->hidden / heads),
                                         .groups = or_else(x->ssm_groups, 1),
                                         .state = or_else(x->ssm_state, 128),
                                         .conv = or_else(x->conv, 4),
                                         .chunk = or_else(x->ssm_chunk, SSM_CHUNK),
                                         .norm = true,
                                         .conv_bias = true};
    usual.experts.latent = x->moe_latent;
    add_kind(model, alone(&usual, TC_MIXER_STATE_SPACE, TC_FFN_NONE), ssm);
    add_kind(model, alone(&usual, TC_MIXER_ATTENTION, TC_FFN_NONE), attention);
    add_kind(model, alone(&usual, TC_MIXER_NONE, TC_FFN_DENSE), dense);
    add_kind(model, alone(&usual, TC_MIXER_NONE, TC_FFN_EXPERTS), experts);
}

/* Delta rules and full attention, each followed by the model's feed-forward part; or with its MLPs as layers of their own. */
static void set_delta(const tc_published_model *m, tc_model *model, tc_block usual) {
    const tc_published_mixers *x = &m->mixers;
    bool apart = x->mlp_layers > 0;
    int every = or_else(x->full_attention_interval, 4), ffn = apart ? TC_FFN_NONE : usual.ffn,
        full = x->linear_layers > 0 ? x->attention_layers : m->layers / every,
        linear = x->linear_layers > 0 ? x->linear_layers : m->layers - full;
    usual.delta = (tc_delta){.key_heads = x->key_heads,
                             .value_heads = or_else(x->value_heads, x->key_heads),
                             .key_dim = x->key_dim,
                             .value_dim = or_else(x->value_dim, x->key_dim),
                             .conv = or_else(x->delta_conv, 4),
                             .chunk = DELTA_CHUNK};
    if (usual.experts.shared_ffn > 0) usual.experts.shared_gate = true;
    usual.attention.gate = x->gated_attention == 1;
    usual.attention.qk_norm = true;
    add_kind(model, alone(&usual, TC_MIXER_DELTA, ffn), linear);
    add_kind(model, alone(&usual, TC_MIXER_ATTENTION, ffn), full);
    if (apart) add_kind(model, alone(&usual, TC_MIXER_NONE, usual.ffn), x->mlp_layers);
}

static tc_code set_layers(tc_case *c, tc_model *model) {
    const tc_published_model *m = &c->run->model;
    const tc_published_mixers *x = &m->mixers;
    tc_block usual = model->block[model->blocks - 1];
    if (x->index_heads > 0 && usual.mixer == TC_MIXER_LATENT) {
        for (int i = 0; i < model->blocks; i++) {
            tc_latent *latent = &model->block[i].latent;
            latent->index_heads = x->index_heads;
            latent->index_dim = or_else(x->index_dim, 128);
            latent->index_top_k = or_else(x->index_top_k, 2048);
        }
        return TC_OK;
    }
    bool delta = x->key_heads > 0 && x->key_dim > 0, ssm = x->ssm_heads > 0 || (x->pattern && x->mamba_layers > 0);
    if (!delta && !ssm) return tc_case_end(c, TC_CASE_SKIPPED, "model.layers of other kinds");
    model->blocks = 0;
    if (ssm)
        set_state_space(m, model, usual);
    else
        set_delta(m, model, usual);
    if (model->blocks == 0) return tc_case_end(c, TC_CASE_SKIPPED, "model.layers of other kinds");
    if (model->blocks == 1) model->block[0].alternates = false;
    return TC_OK;
}

tc_code tc_case_mixed(tc_catalog *catalog, tc_case *c, tc_error *error) {
    const tc_published_model *m = &c->run->model;
    tc_model known = tc_default_model();
    c->job.model = tc_default_model();
    if (m->name[0] && !strchr(m->name, '/') && m->name[0] != '.') {
        tc_error ignored;
        tc_code code = tc_catalog_model(catalog, m->name, &known, &ignored);
        if (code == TC_INTERNAL && error) *error = ignored;
        if (code == TC_INTERNAL) return code;
        if (code == TC_OK && (m->layers <= 0 || m->layers == tc_layer_count(&known))
            && (m->hidden <= 0 || m->hidden == known.hidden)) {
            c->job.model = known;
            if (m->vocab > 0) c->job.model.vocab = m->vocab;
            if (m->mixers.mtp != TC_UNSET) c->job.model.mtp_layers = m->mixers.mtp;
            return TC_OK;
        }
    }
    if (m->layers <= 0) return tc_case_end(c, TC_CASE_SKIPPED, "model.layers");
    if (m->hidden <= 0) return tc_case_end(c, TC_CASE_SKIPPED, "model.hidden");
    tc_case_usual_model(c, m, &c->job.model);
    return set_layers(c, &c->job.model);
}
