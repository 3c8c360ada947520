/* model_report.c - a model that no catalog file describes: what was read from an imported configuration. */
#include <string.h>

#include "base/vocabulary.h"
#include "report/catalog_report.h"
#include "report/format.h"
#include "report/show_parts.h"

typedef struct named_int {
    const char *key;
    int value;
} named_int;

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))
#define BLOCK_INTS 64

/* What a block's numbers are called; zeros are left out. */
static int block_ints(const tc_block *b, named_int *out) {
    const tc_attention *a = &b->attention;
    const tc_latent *l = &b->latent;
    const tc_experts *e = &b->experts;
    const tc_state_space *s = &b->state_space;
    const tc_delta *d = &b->delta;
    bool latent = b->mixer == TC_MIXER_LATENT, attention = b->mixer == TC_MIXER_ATTENTION,
         ssm = b->mixer == TC_MIXER_STATE_SPACE || b->beside == TC_MIXER_STATE_SPACE,
         delta = b->mixer == TC_MIXER_DELTA, linear = b->mixer == TC_MIXER_LINEAR, dense = b->ffn & TC_FFN_DENSE,
         experts = b->ffn & TC_FFN_EXPERTS;
    const named_int all[] = {{"count", b->count},
                             {"heads", latent      ? l->heads
                                       : linear    ? b->linear.heads
                                       : attention ? a->heads
                                                   : 0},
                             {"kv_heads", latent      ? l->heads
                                          : attention ? a->kv_heads
                                                      : 0},
                             {"head_dim", latent      ? l->nope_dim + l->rope_dim
                                          : linear    ? b->linear.head_dim
                                          : attention ? a->head_dim
                                                      : 0},
                             {"q_rank", latent ? l->q_rank : 0},
                             {"kv_rank", latent ? l->kv_rank : 0},
                             {"nope_dim", latent ? l->nope_dim : 0},
                             {"rope_dim", latent ? l->rope_dim : 0},
                             {"v_dim", latent ? l->v_dim : 0},
                             {"window", latent      ? l->window
                                        : attention ? a->window
                                                    : 0},
                             {"index_heads", latent ? l->index_heads : 0},
                             {"index_dim", latent ? l->index_dim : 0},
                             {"index_top_k", latent ? l->index_top_k : 0},
                             {"ssm_heads", ssm ? s->heads : 0},
                             {"ssm_head_dim", ssm ? s->head_dim : 0},
                             {"ssm_groups", ssm ? s->groups : 0},
                             {"ssm_state", ssm ? s->state : 0},
                             {"key_heads", delta ? d->key_heads : 0},
                             {"value_heads", delta ? d->value_heads : 0},
                             {"key_dim", delta ? d->key_dim : 0},
                             {"value_dim", delta ? d->value_dim : 0},
                             {"ffn", dense ? b->dense.ffn : 0},
                             {"experts", experts ? e->experts : 0},
                             {"top_k", experts ? e->top_k : 0},
                             {"expert_ffn", experts ? e->ffn : 0},
                             {"shared_ffn", experts ? e->shared_ffn : 0},
                             {"cross_heads", b->cross.heads},
                             {"modulation", b->modulation.vectors},
                             {"norms", b->norms}};
    _Static_assert(COUNT(all) <= BLOCK_INTS, "room for a block");
    int n = 0;
    for (int i = 0; i < COUNT(all); i++)
        if (all[i].value != 0) out[n++] = all[i];
    return n;
}

static const char *mlp_name(const tc_block *b) {
    if (b->ffn == TC_FFN_NONE) return "none";
    return tc_mlp_kind_names[b->ffn & TC_FFN_EXPERTS ? b->experts.kind : b->dense.kind];
}

void tc_report_model(tc_target *target, const char *path, const tc_model_figures *figures) {
    const tc_model *m = figures->model;
    tc_writer writer = tc_begin_show(target, TC_KIND_MODEL, m->slug, m->name, path, figures);
    tc_write_counts(&writer, figures);
    tc_write_string(&writer, "family", m->family);
    tc_write_figure(&writer, "hidden", m->hidden, "1", path, NULL);
    tc_write_figure(&writer, "vocab", m->vocab, "1", path, NULL);
    tc_write_figure(&writer, "sequence", m->seq, "1", path, NULL); /* "seq" is that of the count */
    tc_write_string(&writer, "positions", tc_positions_names[m->positions]);
    tc_write_string(&writer, "norm", tc_norm_kind_names[m->norm]);
    tc_write_bool(&writer, "tied_embeddings", m->tied_embeddings);
    tc_write_array(&writer, "blocks");
    for (int i = 0; i < m->blocks; i++) {
        named_int ints[BLOCK_INTS];
        int n = block_ints(&m->block[i], ints);
        tc_write_object(&writer, NULL);
        tc_write_string(&writer, "attention", tc_mixer_names[m->block[i].mixer]);
        tc_write_string(&writer, "mlp", mlp_name(&m->block[i]));
        if (m->latents.stride > 0) tc_write_string(&writer, "stream", tc_token_stream_names[m->block[i].stream]);
        for (int k = 0; k < n; k++) tc_write_figure(&writer, ints[k].key, ints[k].value, "1", path, NULL);
        tc_write_close(&writer);
    }
    tc_write_close(&writer);
    if (m->mtp_layers > 0) tc_write_figure(&writer, "mtp_layers", m->mtp_layers, "1", path, NULL);
    if (m->stored[0]) tc_write_string(&writer, "stored", m->stored);
    if (m->left_out[0]) tc_write_string(&writer, "not_modelled", m->left_out);
    if (m->contradiction[0]) tc_write_string(&writer, "contradiction", m->contradiction);
    tc_write_end(&writer);
}

void tc_report_model_text(FILE *file, const tc_style *style, const char *path, const tc_model_figures *figures) {
    const tc_model *m = figures->model;
    char text[512];
    tc_print_headingf(file, style, "%s (model %s)", m->name, m->slug);
    tc_print_tone(file, style, TC_TONE_FAINT, path);
    fputs("\n\n", file);
    tc_print_pair(file, style, "family", m->family, "");
    tc_print_pair(file, style, "hidden", tc_format_count(m->hidden).s, "");
    tc_print_pair(file, style, "vocab", tc_format_count(m->vocab).s, m->tied_embeddings ? "embeddings tied" : "");
    tc_print_pair(file, style, "seq", tc_format_count(m->seq).s, "tokens");
    for (int i = 0; i < m->blocks; i++) {
        named_int ints[BLOCK_INTS];
        char label[32];
        size_t used = 0;
        int n = block_ints(&m->block[i], ints);
        used += (size_t)snprintf(text, sizeof text, "%s%s%s, %s mlp", tc_mixer_names[m->block[i].mixer],
                                 m->block[i].beside ? " beside " : " mixer",
                                 m->block[i].beside ? tc_mixer_names[m->block[i].beside] : "", mlp_name(&m->block[i]));
        if (m->latents.stride > 0)
            used
                += (size_t)snprintf(text + used, sizeof text - used, ", %s", tc_token_stream_names[m->block[i].stream]);
        for (int k = 0; k < n && used < sizeof text; k++)
            used += (size_t)snprintf(text + used, sizeof text - used, ", %s %d", ints[k].key, ints[k].value);
        snprintf(label, sizeof label, "blocks %d", i + 1);
        tc_print_pair(file, style, label, text, "");
    }
    if (m->mtp_layers > 0) tc_print_pair(file, style, "mtp_layers", tc_format_count(m->mtp_layers).s, "");
    snprintf(text, sizeof text, "%s; --dtype says in what format they run", m->stored);
    if (m->stored[0]) tc_print_pair(file, style, "stored as", text, "");
    snprintf(text, sizeof text, "%s, counted nowhere", m->left_out);
    if (m->left_out[0]) tc_print_pair(file, style, "not modelled", text, "");
    if (m->contradiction[0]) tc_print_pair(file, style, "read as", m->contradiction, "");
    tc_print_counts(file, style, figures);
}
