/* shape.c - a published run's model: as the row states its shape, with what the family leaves unsaid; or the catalog's of that name. */
#include <stdio.h>
#include <string.h>

#include "validate/assume.h"
#include "validate/inputs.h"
#include "workload/operators.h"

static bool is_gated(const tc_case *c) {
    const char *kind = c->run->model.ffn_kind; /* swiglu, geglu, gelu, ... */
    return kind ? strstr(kind, "glu") != NULL : c->family->ffn == TC_MLP_GATED;
}

/* The rest of a block where the run states the shape itself. */
static void block_from_run(tc_case *c, const tc_published_model *m, bool gated, tc_block *b) {
    tc_latent *latent = &b->latent;
    b->attention.heads = latent->heads = m->heads;
    b->attention.kv_heads = m->kv_heads > 0 ? m->kv_heads : m->heads;
    b->attention.head_dim = m->head_dim > 0 ? m->head_dim : m->heads > 0 ? m->hidden / m->heads : 0;
    b->dense.kind = b->experts.kind = gated ? TC_MLP_GATED : TC_MLP_PLAIN;
    b->norms = 2;
    if (m->mla.kv_rank > 0) {
        b->mixer = TC_MIXER_LATENT;
        latent->q_rank = m->mla.q_rank;
        latent->kv_rank = m->mla.kv_rank;
        latent->nope_dim = m->mla.nope_dim;
        latent->rope_dim = m->mla.rope_dim;
        latent->v_dim = m->mla.v_dim;
    } else if (c->family->mla.kv_rank > 0) {
        char ranks[64];
        b->mixer = TC_MIXER_LATENT;
        latent->q_rank = m->hidden > c->family->mla.direct_queries_to ? c->family->mla.q_rank : 0;
        latent->kv_rank = c->family->mla.kv_rank;
        latent->nope_dim = c->family->mla.nope_dim;
        latent->rope_dim = c->family->mla.rope_dim;
        latent->v_dim = c->family->mla.v_dim;
        if (latent->q_rank > 0)
            snprintf(ranks, sizeof ranks, "%d/%d, head %d + %d", latent->q_rank, latent->kv_rank, latent->nope_dim,
                     latent->rope_dim);
        else
            snprintf(ranks, sizeof ranks, "-/%d, head %d + %d", latent->kv_rank, latent->nope_dim, latent->rope_dim);
        tc_case_assume(c, "MLA ranks %s", ranks);
    }
}

static int dense_ffn(tc_case *c, const tc_published_model *m, bool gated) {
    if (m->ffn > 0) return m->ffn;
    int ffn = gated ? (8 * m->hidden / 3 + 255) / 256 * 256 : 4 * m->hidden;
    tc_case_assume_number(c, "ffn %s (from hidden)", ffn);
    return ffn;
}

static void blocks_from_run(tc_case *c, tc_model *model) {
    const tc_published_model *m = &c->run->model;
    bool gated = is_gated(c);
    tc_block block = tc_default_block();
    block_from_run(c, m, gated, &block);
    model->blocks = 0;
    int dense_layers = m->dense_layers > 0 ? m->dense_layers : 0;
    if (m->experts > 0) {
        if (dense_layers > 0) {
            tc_block dense = block;
            dense.count = dense_layers;
            dense.dense.ffn = dense_ffn(c, m, gated);
            model->block[model->blocks++] = dense;
        }
        block.count = m->layers - dense_layers;
        block.ffn = TC_FFN_EXPERTS;
        block.experts.experts = m->experts;
        block.experts.top_k = m->experts_per_token > 0 ? m->experts_per_token : 2;
        block.experts.ffn = m->expert_ffn > 0 ? m->expert_ffn : dense_ffn(c, m, gated);
        if (m->shared_experts > 0) block.experts.shared_ffn = m->shared_experts * block.experts.ffn;
        if (m->shared_expert_ffn > 0) block.experts.shared_ffn = m->shared_expert_ffn;
    } else {
        block.count = m->layers;
        block.dense.ffn = dense_ffn(c, m, gated);
    }
    model->block[model->blocks++] = block;
}

void tc_case_usual_model(tc_case *c, tc_model *model) {
    const tc_published_model *m = &c->run->model;
    const tc_family *family = c->family;
    snprintf(model->slug, sizeof model->slug, "%s", m->name);
    snprintf(model->family, sizeof model->family, "%s", m->family);
    model->hidden = m->hidden;
    model->seq = m->seq;
    model->vocab = m->vocab;
    if (model->vocab <= 0) {
        model->vocab = family->vocab;
        tc_case_assume_number(c, "vocabulary %s (family's)", model->vocab);
    }
    model->tied_embeddings = m->tied_embeddings == TC_UNSET ? family->tied_embeddings : m->tied_embeddings == 1;
    model->positions = (tc_positions)family->positions;
    model->learned_positions = family->positions == TC_POSITIONS_LEARNED ? m->seq : 0;
    model->norm = (tc_norm_kind)family->norm;
    model->norm_weight = true;
    model->norm_bias = family->norm_bias;
    model->causal = family->causal;
    model->head_transform = family->head_transform;
    model->lm_head = model->final_norm = true;
    blocks_from_run(c, model);
}

static bool same_shape(const tc_block *a, const tc_block *b) {
    const tc_experts *e = &a->experts, *f = &b->experts;
    return a->attention.heads == b->attention.heads && a->attention.kv_heads == b->attention.kv_heads
           && a->ffn == b->ffn && (!(a->ffn & TC_FFN_DENSE) || a->dense.ffn == b->dense.ffn)
           && (!(a->ffn & TC_FFN_EXPERTS) || (e->experts == f->experts && e->top_k == f->top_k && e->ffn == f->ffn));
}

/* Details of blocks that rows do not state - windows, norms of queries and keys, post-norms - from the catalog's model of
 * that name, where its shape is the run's. */
static tc_code blocks_from_catalog(tc_catalog *catalog, tc_case *c, tc_error *error) {
    const tc_published_model *m = &c->run->model;
    tc_model *model = &c->job.model, known = tc_default_model();
    if (!m->name[0] || strchr(m->name, '/') || m->name[0] == '.') return TC_OK;
    tc_error ignored;
    tc_code code = tc_catalog_model(catalog, m->name, &known, &ignored);
    if (code == TC_INTERNAL && error) *error = ignored;
    if (code) return code == TC_INTERNAL ? code : TC_OK;
    if (tc_layer_count(&known) != m->layers || known.hidden != m->hidden
        || !same_shape(&model->block[model->blocks - 1], &known.block[known.blocks - 1]))
        return TC_OK;
    model->blocks = known.blocks;
    memcpy(model->block, known.block, sizeof model->block);
    return TC_OK;
}

tc_code tc_case_shape(tc_catalog *catalog, tc_case *c, tc_error *error) {
    const tc_published_model *m = &c->run->model;
    c->job.model = tc_default_model();
    bool shaped = m->layers > 0 && m->hidden > 0 && m->heads > 0;
    if (shaped) {
        tc_case_usual_model(c, &c->job.model);
        return blocks_from_catalog(catalog, c, error);
    }
    if (!m->name[0] || strchr(m->name, '/') || strchr(m->name, '.') == m->name)
        return tc_case_end(c, TC_CASE_SKIPPED, "model.layers");
    tc_error ignored;
    tc_code code = tc_catalog_model(catalog, m->name, &c->job.model, &ignored);
    if (code == TC_INTERNAL) {
        if (error) *error = ignored;
        return code;
    }
    if (code) {
        return tc_case_end(c, TC_CASE_SKIPPED,
                           m->layers <= 0   ? "model.layers"
                           : m->hidden <= 0 ? "model.hidden"
                                            : "model.heads");
    }
    if (m->vocab > 0) c->job.model.vocab = m->vocab;
    if (c->job.model.learned_positions > 0 && c->job.model.learned_positions < m->seq)
        c->job.model.learned_positions = m->seq; /* as it was trained */
    tc_case_assume(c, "shape of %s (catalog)", c->job.model.slug);
    return TC_OK;
}
