/* facts_model.c - a model's sizes as facts, and back: transformers whose layers are alike but for which of them have experts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/units.h"
#include "base/vocabulary.h"
#include "interop/facts.h"
#include "workload/operators.h"

#define MOST_LAYERS 10000
#define LARGEST 10000000

/* ---- a model into facts -------------------------------------------------------------------------- */

static void set_switch(tc_facts *f, tc_fact fact, bool on) { tc_facts_set(f, fact, "%s", on ? "on" : "off"); }

static void lack(tc_facts *f, const char *what) {
    if (!f->lack[0]) snprintf(f->lack, sizeof f->lack, "%s", what);
}

/* What no option of sizes says. */
static void find_lacks(tc_facts *f, const tc_model *m) {
    const tc_block *first = &m->block[0];
    if (m->latents.stride > 0) lack(f, "a model of images or video");
    if (m->towers > 0) lack(f, "parts beside the main stack");
    if (!m->causal || m->head_transform || m->token_types > 0) lack(f, "a model that is not causal");
    if (m->embedding_norm) lack(f, "a norm after the embedding");
    if (!m->lm_head) lack(f, "a model without output layer");
    for (int i = 0; i < m->blocks; i++) {
        const tc_block *b = &m->block[i];
        if (b->mixer != TC_MIXER_ATTENTION && b->mixer != TC_MIXER_LATENT) lack(f, "layers without attention");
        if (b->beside != TC_MIXER_NONE) lack(f, "two mixers in a layer");
        if (b->ffn != TC_FFN_DENSE && b->ffn != TC_FFN_EXPERTS) lack(f, "layers with no MLP, or with MLP and experts");
        if (b->norms != 2 || b->parallel_residual || b->cross.heads > 0 || b->modulation.vectors > 0)
            lack(f, "layers of another build than norm, attention, norm, MLP");
        if (b->mixer != first->mixer || memcmp(&b->attention, &first->attention, sizeof b->attention) != 0
            || memcmp(&b->latent, &first->latent, sizeof b->latent) != 0)
            lack(f, "layers whose attention is not alike");
        if (b->experts.latent > 0) lack(f, "experts behind a narrower projection");
        if (b->latent.index_top_k > 0) lack(f, "sparse attention by an indexer");
    }
    const tc_attention *a = &first->attention;
    if (a->sinks || a->gate || a->chunk || a->qk_norm_full) lack(f, "attention with sinks, gates or chunks");
}

static const tc_block *block_with(const tc_model *m, tc_ffn_kind kind) {
    for (int i = 0; i < m->blocks; i++)
        if (m->block[i].ffn == (int)kind) return &m->block[i];
    return NULL;
}

static void of_attention(tc_facts *f, const tc_block *b) {
    const tc_attention *a = &b->attention;
    const tc_latent *l = &b->latent;
    bool latent = b->mixer == TC_MIXER_LATENT;
    set_switch(f, TC_FACT_LATENT, latent);
    tc_facts_set(f, TC_FACT_HEADS, "%d", latent ? l->heads : a->heads);
    tc_facts_set(f, TC_FACT_WINDOW, "%d", latent ? l->window : a->window);
    if (latent) {
        tc_facts_set(f, TC_FACT_Q_RANK, "%d", l->q_rank);
        tc_facts_set(f, TC_FACT_KV_RANK, "%d", l->kv_rank);
        tc_facts_set(f, TC_FACT_NOPE_DIM, "%d", l->nope_dim);
        tc_facts_set(f, TC_FACT_ROPE_DIM, "%d", l->rope_dim);
        tc_facts_set(f, TC_FACT_V_DIM, "%d", l->v_dim);
        return;
    }
    tc_facts_set(f, TC_FACT_KV_HEADS, "%d", a->kv_heads);
    tc_facts_set(f, TC_FACT_HEAD_DIM, "%d", a->head_dim);
    set_switch(f, TC_FACT_QK_NORM, a->qk_norm);
}

static void of_experts(tc_facts *f, const tc_model *m) {
    const tc_block *b = block_with(m, TC_FFN_EXPERTS);
    char text[400];
    size_t used = 0;
    int first = 0;
    bool only_first = true;
    if (!b) return;
    const tc_experts *e = &b->experts;
    tc_facts_set(f, TC_FACT_EXPERTS, "%d", e->experts);
    tc_facts_set(f, TC_FACT_TOP_K, "%d", e->top_k);
    tc_facts_set(f, TC_FACT_EXPERT_FFN, "%d", e->ffn);
    tc_facts_set(f, TC_FACT_SHARED_FFN, "%d", e->shared_ffn);
    set_switch(f, TC_FACT_SHARED_GATE, e->shared_gate);
    set_switch(f, TC_FACT_ROUTER_BIAS, e->router_bias);
    for (int i = 0; i < m->blocks; i++) {
        bool dense = m->block[i].ffn == TC_FFN_DENSE;
        if (dense && i == 0) first = m->block[i].count;
        if (dense && i > 0) only_first = false;
        used += (size_t)snprintf(text + used, used < sizeof text ? sizeof text - used : 0, "%s[%d]*%d", used ? "+" : "",
                                 !dense, m->block[i].count);
    }
    if (only_first) tc_facts_set(f, TC_FACT_FIRST_DENSE, "%d", first);
    if (!only_first || first > 0) tc_facts_set(f, TC_FACT_EXPERT_LAYERS, "%s", text);
}

void tc_facts_of_model(tc_facts *f, const tc_model *m, int seq) {
    find_lacks(f, m);
    if (f->lack[0] || m->blocks < 1) return;
    const tc_block *b = &m->block[0], *dense = block_with(m, TC_FFN_DENSE), *experts = block_with(m, TC_FFN_EXPERTS);
    tc_facts_set(f, TC_FACT_LAYERS, "%d", tc_layer_count(m));
    tc_facts_set(f, TC_FACT_HIDDEN, "%d", m->hidden);
    of_attention(f, b);
    of_experts(f, m);
    set_switch(f, TC_FACT_GATED, (dense ? dense->dense.kind : experts->experts.kind) == TC_MLP_GATED);
    int ffn = dense ? dense->dense.ffn : experts->dense.ffn > 0 ? experts->dense.ffn : experts->experts.ffn;
    tc_facts_set(f, TC_FACT_FFN, "%d", ffn);
    tc_facts_set(f, TC_FACT_VOCAB, "%d", m->vocab);
    set_switch(f, TC_FACT_TIED, m->tied_embeddings);
    tc_facts_set(f, TC_FACT_POSITIONS, "%s", tc_positions_names[m->positions]);
    int positions = m->positions == TC_POSITIONS_LEARNED ? m->learned_positions : seq > m->seq ? seq : m->seq;
    tc_facts_set(f, TC_FACT_MODEL_SEQ, "%d", positions > 0 ? positions : m->seq);
    tc_facts_set(f, TC_FACT_NORM, "%s", tc_norm_kind_names[m->norm]);
    bool mlp = dense ? dense->dense.bias : experts->experts.bias;
    bool qkv = b->attention.qkv_bias, out = b->mixer == TC_MIXER_LATENT ? b->latent.out_bias : b->attention.out_bias;
    if (mlp != out || (mlp && !qkv && b->mixer != TC_MIXER_LATENT)) lack(f, "biases of some linears");
    set_switch(f, TC_FACT_BIAS, mlp);
    set_switch(f, TC_FACT_QKV_BIAS, qkv && !mlp);
    tc_facts_set(f, TC_FACT_MTP_LAYERS, "%d", m->mtp_layers);
}

/* ---- facts into a model ------------------------------------------------------------------------------ */

typedef struct pattern {
    const char *at;
    char *flags;
    int room, depth;
} pattern;

/* Evaluates a Python list expression of 0 and 1; returns how many values were put at `used`, -1: it is none. */
static int pattern_sum(pattern *p, int used);

static int pattern_part(pattern *p, int used) {
    int n = 0;
    p->at += strspn(p->at, " ");
    if (*p->at == '(') {
        if (++p->depth > 20) return -1;
        p->at++;
        n = pattern_sum(p, used);
        p->depth--;
        p->at += strspn(p->at, " ");
        if (n < 0 || *p->at++ != ')') return -1;
    } else if (*p->at == '[') {
        p->at++;
        for (;;) {
            p->at += strspn(p->at, " ");
            if (*p->at != '0' && *p->at != '1') return -1;
            if (used + n >= p->room) return -1;
            p->flags[used + n++] = (char)(*p->at++ - '0');
            p->at += strspn(p->at, " ");
            if (*p->at == ']') break;
            if (*p->at++ != ',') return -1;
        }
        p->at++;
    } else {
        return -1;
    }
    p->at += strspn(p->at, " ");
    while (*p->at == '*') {
        char *end;
        long times = strtol(p->at + 1, &end, 10);
        if (end == p->at + 1 || times < 0 || times > MOST_LAYERS || (long)n * times > p->room - used) return -1;
        for (long i = 1; i < times; i++) memcpy(p->flags + used + i * n, p->flags + used, (size_t)n);
        n = (int)(n * times);
        p->at = end + strspn(end, " ");
    }
    return n;
}

static int pattern_sum(pattern *p, int used) {
    int all = 0;
    for (;;) {
        int n = pattern_part(p, used + all);
        if (n < 0) return -1;
        all += n;
        p->at += strspn(p->at, " ");
        if (*p->at != '+') return all;
        p->at++;
    }
}

bool tc_layer_pattern(const char *text, char *flags, int layers) {
    char *end;
    long every = strtol(text, &end, 10);
    if (end != text && !*end) {
        for (int i = 0; i < layers && every > 0; i++) flags[i] = i % every == 0;
        return every > 0;
    }
    pattern p = {text, flags, layers, 0};
    return pattern_sum(&p, 0) == layers && !*p.at;
}

typedef struct maker {
    const tc_facts *facts;
    tc_model *model;
    tc_error *error;
    tc_code code;
} maker;

static int number(maker *m, tc_fact fact, int low, int missing) {
    int64_t value = missing;
    if (!m->code) m->code = tc_facts_number(m->facts, fact, low, LARGEST, missing, &value, m->error);
    return (int)value;
}

static bool on(const maker *m, tc_fact fact) { return tc_facts_is(m->facts, fact, "on"); }

static int word(maker *m, tc_fact fact, const char *const *words, int missing) {
    const char *value = m->facts->value[fact];
    if (!value || m->code) return missing;
    for (int i = 0; words[i]; i++)
        if (strcmp(words[i], value) == 0) return i;
    m->code = tc_facts_fail(m->facts, fact, m->error, "'%.60s' is unknown here", value);
    return missing;
}

static void missing(maker *m, tc_fact fact, const char *what) {
    if (!m->code) m->code = tc_facts_fail(m->facts, fact, m->error, "missing: %s", what);
}

static void make_attention(maker *m, tc_block *b) {
    int heads = number(m, TC_FACT_HEADS, 1, 0), hidden = m->model->hidden;
    if (heads == 0) missing(m, TC_FACT_HEADS, "the number of attention heads");
    if (m->code) return;
    bool bias = on(m, TC_FACT_BIAS);
    if (on(m, TC_FACT_LATENT)) {
        b->mixer = TC_MIXER_LATENT;
        b->latent = (tc_latent){.heads = heads,
                                .q_rank = number(m, TC_FACT_Q_RANK, 0, 0),
                                .kv_rank = number(m, TC_FACT_KV_RANK, 1, 512),
                                .nope_dim = number(m, TC_FACT_NOPE_DIM, 1, 128),
                                .rope_dim = number(m, TC_FACT_ROPE_DIM, 1, 64),
                                .v_dim = number(m, TC_FACT_V_DIM, 1, 128),
                                .window = number(m, TC_FACT_WINDOW, 0, 0),
                                .out_bias = bias};
        return;
    }
    b->attention = (tc_attention){.heads = heads,
                                  .kv_heads = number(m, TC_FACT_KV_HEADS, 1, heads),
                                  .head_dim = number(m, TC_FACT_HEAD_DIM, 1, hidden / heads),
                                  .window = number(m, TC_FACT_WINDOW, 0, 0),
                                  .qkv_bias = bias || on(m, TC_FACT_QKV_BIAS),
                                  .out_bias = bias,
                                  .qk_norm = on(m, TC_FACT_QK_NORM)};
    if (m->code) return;
    if (heads % b->attention.kv_heads)
        m->code = tc_facts_fail(m->facts, TC_FACT_KV_HEADS, m->error, "%d do not divide the %d heads",
                                b->attention.kv_heads, heads);
    if (b->attention.head_dim < 1)
        m->code = tc_facts_fail(m->facts, TC_FACT_HEADS, m->error, "%d heads of a width of %d", heads, hidden);
}

static void make_experts(maker *m, tc_block *b, int ffn) {
    int experts = number(m, TC_FACT_EXPERTS, 0, 0);
    if (experts == 0) return;
    b->experts = (tc_experts){.kind = b->dense.kind,
                              .experts = experts,
                              .top_k = number(m, TC_FACT_TOP_K, 1, 2),
                              .ffn = number(m, TC_FACT_EXPERT_FFN, 1, ffn),
                              .shared_ffn = number(m, TC_FACT_SHARED_FFN, 0, 0),
                              .shared_gate = on(m, TC_FACT_SHARED_GATE),
                              .router_bias = on(m, TC_FACT_ROUTER_BIAS),
                              .bias = b->dense.bias};
    if (!m->code && b->experts.top_k > experts)
        m->code = tc_facts_fail(m->facts, TC_FACT_TOP_K, m->error, "%d of %d experts", b->experts.top_k, experts);
}

/* Runs of layers with experts and without. */
static void make_runs(maker *m, const tc_block *block, int layers) {
    char flags[MOST_LAYERS];
    const char *text = m->facts->value[TC_FACT_EXPERT_LAYERS];
    int first = number(m, TC_FACT_FIRST_DENSE, 0, 0);
    bool experts = block->experts.experts > 0;
    for (int i = 0; i < layers; i++) flags[i] = experts && i >= first;
    if (experts && text && !m->code && !tc_layer_pattern(text, flags, layers)) {
        m->code = tc_facts_fail(m->facts, TC_FACT_EXPERT_LAYERS, m->error, "'%.60s' is no pattern of %d layers", text,
                                layers);
        return;
    }
    for (int i = 0; i < first && i < layers; i++) flags[i] = 0;
    for (int pass = 0; pass < 2; pass++) { /* in their order, else by kind */
        m->model->blocks = 0;
        for (int i = 0; i < layers; i++) {
            int kind = flags[i] ? TC_FFN_EXPERTS : TC_FFN_DENSE, at = m->model->blocks - 1;
            for (int k = 0; pass == 1 && k < m->model->blocks; k++)
                if (m->model->block[k].ffn == kind) at = k;
            if (at >= 0 && m->model->block[at].ffn == kind) {
                m->model->block[at].count++;
                continue;
            }
            if (m->model->blocks == TC_MAX_BLOCKS) break;
            tc_block *b = &m->model->block[m->model->blocks++];
            *b = *block;
            b->ffn = kind;
            b->count = 1;
        }
        if (tc_layer_count(m->model) == layers) return;
    }
}

tc_code tc_facts_to_model(const tc_facts *f, tc_model *model, bool *has, tc_error *error) {
    maker m = {f, model, error, TC_OK};
    tc_block block = tc_default_block();
    *has = f->value[TC_FACT_LAYERS] && f->value[TC_FACT_HIDDEN];
    if (!*has) return TC_OK;
    *model = tc_default_model();
    int layers = number(&m, TC_FACT_LAYERS, 1, 0) - tc_facts_noops(f);
    if (!m.code && layers < 1) return tc_facts_fail(f, TC_FACT_LAYERS, error, "no layer is left");
    if (!m.code && layers > MOST_LAYERS)
        return tc_facts_fail(f, TC_FACT_LAYERS, error, "%d layers; at most %d", layers, MOST_LAYERS);
    model->hidden = number(&m, TC_FACT_HIDDEN, 1, 0);
    model->vocab = number(&m, TC_FACT_VOCAB, 1, 0);
    model->positions = (tc_positions)word(&m, TC_FACT_POSITIONS, tc_positions_names, TC_POSITIONS_ROTARY);
    model->norm = (tc_norm_kind)word(&m, TC_FACT_NORM, tc_norm_kind_names, TC_NORM_RMS);
    model->norm_bias = model->norm == TC_NORM_LAYER;
    model->tied_embeddings = on(&m, TC_FACT_TIED);
    model->seq = number(&m, TC_FACT_SEQ, 1, number(&m, TC_FACT_MODEL_SEQ, 1, 4096));
    if (model->positions == TC_POSITIONS_LEARNED)
        model->learned_positions = number(&m, TC_FACT_MODEL_SEQ, 1, model->seq);
    model->mtp_layers = number(&m, TC_FACT_MTP_LAYERS, 0, 0);
    if (m.code) return m.code;
    make_attention(&m, &block);
    int ffn = number(&m, TC_FACT_FFN, 1, 0);
    block.dense = (tc_dense){.kind = on(&m, TC_FACT_GATED) ? TC_MLP_GATED : TC_MLP_PLAIN,
                             .ffn = ffn,
                             .bias = on(&m, TC_FACT_BIAS)};
    if (ffn == 0 && !f->value[TC_FACT_EXPERT_FFN]) missing(&m, TC_FACT_FFN, "the width of the MLP");
    if (!m.code) make_experts(&m, &block, ffn);
    if (!m.code) make_runs(&m, &block, layers);
    snprintf(model->slug, sizeof model->slug, "as-launched");
    snprintf(model->name, sizeof model->name, "the launch script's model");
    return m.code;
}
