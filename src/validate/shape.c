/* shape.c - a published run's model: as the row states its shape, with what the family leaves unsaid; or the catalog's of that name. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "validate/assume.h"
#include "validate/inputs.h"
#include "workload/operators.h"

#define ROUNDED_SIZE 0.07 /* as "7B" is of 6.6 B */
#define FFN_STEP 128      /* that widths are multiples of */

static bool is_gated(const tc_case *c, const tc_published_model *m) {
    const char *kind = m->ffn_kind; /* swiglu, geglu, gelu, ... */
    return kind ? strstr(kind, "glu") != NULL : c->family->ffn == TC_MLP_GATED;
}

static bool is_tied(const tc_case *c, const tc_published_model *m) {
    return m->tied_embeddings == TC_UNSET ? c->family->tied_embeddings : m->tied_embeddings == 1;
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

/* The width of the feed-forward parts that makes up the stated parameters; 0 where they are not stated, or there is more than dense blocks. */
static double ffn_of_parameters(const tc_case *c, const tc_published_model *m, bool gated) {
    double h = m->hidden, heads = m->heads, kv_heads = m->kv_heads > 0 ? m->kv_heads : heads;
    if (!(m->params_b > 0) || m->experts > 0 || heads <= 0 || c->family->workload != TC_WORKLOAD_LANGUAGE) return 0;
    double vocab = m->vocab > 0 ? m->vocab : c->family->vocab, head_dim = m->head_dim > 0 ? m->head_dim : h / heads;
    double attention = m->layers * 2 * h * head_dim * (heads + kv_heads), tables = (is_tied(c, m) ? 1 : 2) * h * vocab;
    return (1e9 * m->params_b - attention - tables) / (m->layers * h * (gated ? 3 : 2));
}

/* Where it is not stated, what the family has beside its width; another where the model's parameters say so. */
static int dense_ffn(tc_case *c, const tc_published_model *m, bool gated) {
    if (m->ffn > 0) return m->ffn;
    int usual = gated ? (8 * m->hidden / 3 + 255) / 256 * 256 : 4 * m->hidden;
    double width = ffn_of_parameters(c, m, gated), change = m->layers * m->hidden * (gated ? 3.0 : 2) * (width - usual);
    bool other = width > m->hidden && fabs(change) > ROUNDED_SIZE * 1e9 * m->params_b;
    int ffn = other ? (int)(width / FFN_STEP + 0.5) * FFN_STEP : usual;
    tc_case_assume_number(c, other ? "ffn %s (from parameters)" : "ffn %s (from hidden)", ffn);
    return ffn;
}

static void blocks_from_run(tc_case *c, const tc_published_model *m, tc_model *model) {
    bool gated = is_gated(c, m);
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

void tc_case_usual_model(tc_case *c, const tc_published_model *m, tc_model *model) {
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
    model->tied_embeddings = is_tied(c, m);
    model->positions = (tc_positions)family->positions;
    model->learned_positions = family->positions == TC_POSITIONS_LEARNED ? m->seq : 0;
    model->norm = (tc_norm_kind)family->norm;
    model->norm_weight = true;
    model->norm_bias = family->norm_bias;
    model->causal = family->causal;
    model->head_transform = family->head_transform;
    model->lm_head = model->final_norm = true;
    blocks_from_run(c, m, model);
}

static bool same_shape(const tc_block *a, const tc_block *b) {
    const tc_experts *e = &a->experts, *f = &b->experts;
    return a->attention.heads == b->attention.heads && a->attention.kv_heads == b->attention.kv_heads
           && a->ffn == b->ffn && (!(a->ffn & TC_FFN_DENSE) || a->dense.ffn == b->dense.ffn)
           && (!(a->ffn & TC_FFN_EXPERTS) || (e->experts == f->experts && e->top_k == f->top_k && e->ffn == f->ffn));
}

/* The catalog's model of the run's name, where its depth and widths are those that the run states; else one without layers. */
static tc_code find_known(tc_catalog *catalog, const tc_published_model *m, tc_model *known, tc_error *error) {
    *known = tc_default_model();
    if (!m->name[0] || strchr(m->name, '/') || m->name[0] == '.') return TC_OK;
    tc_error ignored;
    tc_code code = tc_catalog_model(catalog, m->name, known, &ignored);
    if (code == TC_INTERNAL && error) *error = ignored;
    if (code || tc_layer_count(known) != m->layers || known->hidden != m->hidden) *known = tc_default_model();
    return code == TC_INTERNAL ? code : TC_OK;
}

/* Sizes that the row leaves out, by the known model: none where one that it states is another. */
static void fill_sizes(tc_case *c, const tc_model *known, tc_published_model *m) {
    const tc_block *b = &known->block[known->blocks > 0 ? known->blocks - 1 : 0];
    const tc_attention *a = &b->attention;
    bool experts = b->ffn & TC_FFN_EXPERTS;
    if (known->blocks == 0 || b->mixer != TC_MIXER_ATTENTION || m->heads != a->heads || experts != (m->experts > 0))
        return;
    int ffn = experts ? b->experts.ffn : b->dense.ffn, *width = experts && m->expert_ffn > 0 ? &m->expert_ffn : &m->ffn;
    if ((m->kv_heads > 0 && m->kv_heads != a->kv_heads) || (*width > 0 && *width != ffn)) return;
    bool missing = m->kv_heads <= 0 || *width <= 0 || m->vocab <= 0;
    if (!missing) return;
    if (m->kv_heads <= 0) m->kv_heads = a->kv_heads;
    if (m->head_dim <= 0) m->head_dim = a->head_dim;
    if (*width <= 0 && !m->ffn_kind)
        m->ffn_kind = (experts ? b->experts.kind : b->dense.kind) == TC_MLP_GATED ? "glu" : "";
    if (*width <= 0) *width = ffn;
    if (m->vocab <= 0) m->vocab = known->vocab;
    tc_case_assume(c, "sizes that are not stated: those of %s (catalog)", known->slug);
}

/* Details of blocks that rows do not state - windows, norms of queries and keys, post-norms - from the catalog's model of
 * that name, where its shape is the run's. */
static void take_details(const tc_model *known, tc_model *model) {
    if (known->blocks == 0 || !same_shape(&model->block[model->blocks - 1], &known->block[known->blocks - 1])) return;
    model->blocks = known->blocks;
    memcpy(model->block, known->block, sizeof model->block);
}

/* As the row states it, and what it does not as the catalog's model of its name has it. */
static tc_code stated_shape(tc_catalog *catalog, tc_case *c, tc_error *error) {
    tc_published_model m = c->run->model;
    tc_model known;
    tc_code code = find_known(catalog, &m, &known, error);
    if (code) return code;
    fill_sizes(c, &known, &m);
    tc_case_usual_model(c, &m, &c->job.model);
    take_details(&known, &c->job.model);
    return TC_OK;
}

tc_code tc_case_shape(tc_catalog *catalog, tc_case *c, tc_error *error) {
    const tc_published_model *m = &c->run->model;
    c->job.model = tc_default_model();
    bool shaped = m->layers > 0 && m->hidden > 0 && m->heads > 0;
    if (shaped) return stated_shape(catalog, c, error);
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
