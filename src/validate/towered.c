/* towered.c - a published run's vision tower: the catalog's towers of its model, or a plain vision transformer of the sizes
 * that the row states, and two matrices to the model's width.
 *
 * Rows hardly ever state how many images a sample has. Where every image has as many tokens - the same square, or the row states how many -
 * there is one; else image tokens are taken to be a share of the sequence (data/conventions.yaml). */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "validate/assume.h"
#include "validate/inputs.h"
#include "workload/towers.h"

/* From the catalog's model of that name, if it has the run's width. */
static tc_code known_towers(tc_catalog *catalog, const tc_case *c, tc_model *model, tc_error *error) {
    const tc_published_model *m = &c->run->model;
    tc_model known;
    tc_error ignored;
    if (!m->name[0] || strchr(m->name, '/') || m->name[0] == '.') return TC_OK;
    tc_code code = tc_catalog_model(catalog, m->name, &known, &ignored);
    if (code == TC_INTERNAL && error) *error = ignored;
    if (code) return code == TC_INTERNAL ? code : TC_OK;
    if (known.hidden != model->hidden) return TC_OK;
    model->towers = known.towers;
    model->images = known.images;
    model->image_width = known.image_width;
    model->image_height = known.image_height;
    memcpy(model->tower, known.tower, sizeof model->tower);
    return TC_OK;
}

static void plain_towers(const tc_published_tower *v, tc_model *model) {
    tc_tower *t = &model->tower[0], *p = &model->tower[1];
    int side = v->image_size > 0 ? v->image_size : 448, patch = v->patch > 0 ? v->patch : 14,
        merge = v->merge > 0 ? v->merge : 1;
    model->towers = 2;
    model->images = 1;
    model->image_width = model->image_height = side;
    *t = *p = tc_default_tower();
    snprintf(t->name, sizeof t->name, "vision");
    snprintf(p->name, sizeof p->name, "projector");
    t->hidden = v->hidden;
    t->patch = patch;
    t->inputs = 3 * patch * patch;
    t->inputs_bias = true;
    t->merge = merge * merge;
    t->learned_positions = side / patch * (side / patch);
    if (v->image_size > 0) t->tile = v->image_size;
    if (v->tiles > 1) t->max_tiles = v->tiles;
    if (v->tokens_per_image > 0 && v->image_size > 0 && v->merge <= 0) /* what is handed on, resampled */
        t->merge = t->learned_positions / v->tokens_per_image > 0 ? t->learned_positions / v->tokens_per_image : 1;
    tc_block b = tc_default_block();
    b.count = v->layers;
    b.attention = (tc_attention){.heads = v->heads,
                                 .kv_heads = v->heads,
                                 .head_dim = v->hidden / v->heads,
                                 .qkv_bias = true,
                                 .out_bias = true};
    b.dense = (tc_dense){.kind = TC_MLP_PLAIN, .ffn = v->ffn > 0 ? v->ffn : 4 * v->hidden, .bias = true};
    t->block[0] = b;
    t->blocks = 1;
    p->after = 1;
    p->joins = true;
    p->projector = (tc_projector){.layers = 2,
                                  .in = v->hidden * t->merge,
                                  .width = model->hidden,
                                  .out = model->hidden,
                                  .copies = 1,
                                  .bias = true};
}

/* Tokens of an image that is cut into squares, over the sizes of images that are usual: their mean, and their spread into the case. */
static double tokens_of_sizes(tc_case *c) {
    const tc_conventions *usual = c->conventions;
    double mean = 0, square = 0;
    for (int i = 0; i < usual->image_shares; i++) {
        const tc_image_share *size = &usual->image[i];
        double tokens = tc_image_tokens(&c->job.model, &(tc_images){1, size->width, size->height});
        mean += size->share * tokens;
        square += size->share * tokens * tokens;
    }
    c->image_spread = mean > 0 ? sqrt(fmax(square / (mean * mean) - 1, 0)) : 0;
    return mean;
}

/* Image tokens of a sample: of one image where all have as many or the source says into how many squares they are cut, as many as fill the usual
 * share otherwise; never more than the sequence. */
static void take_images(tc_case *c) {
    tc_model *model = &c->job.model;
    const tc_published_tower *v = &c->run->model.vision;
    tc_tower *first = &model->tower[0];
    if (v->tiles > 1 && first->tile > 0) first->max_tiles = v->tiles;
    bool tiled = first->tile > 0 && first->max_tiles > 1; /* as the row says, or the catalog's model */
    bool square = first->tile > 0 && !tiled, one_size = !tiled && tc_published_one_size(v);
    tc_images one = {1, model->image_width, model->image_height};
    double each = tc_image_tokens(model, &one), seq = c->job.seq == TC_UNSET ? model->seq : c->job.seq;
    if (!(each > 0)) return;
    c->image_spread = 0;
    double tokens = each;
    if (tiled)
        tokens = tokens_of_sizes(c);
    else if (!square && one_size)
        tokens = v->tokens_per_image;
    else if (!square)
        tokens = c->conventions->image_share * seq, c->image_spread = c->conventions->image_spread;
    if (tokens > seq) tokens = seq;
    c->job.images = tokens / each;
    c->image_part = tokens / seq;
    if (square || one_size) return;
    char text[24];
    snprintf(text, sizeof text, "%.0f", tokens);
    tc_case_assume(c, "%s image tokens a sample", text);
}

tc_code tc_case_towers(tc_catalog *catalog, tc_case *c, tc_error *error) {
    const tc_published_tower *v = &c->run->model.vision;
    const tc_published_finetune *f = &c->run->model.finetune;
    tc_model *model = &c->job.model;
    tc_code code = known_towers(catalog, c, model, error);
    if (code) return code;
    if (model->towers == 0) {
        if (v->layers < 1 || v->hidden < 1 || v->heads < 1) return tc_case_end(c, TC_CASE_SKIPPED, "model.vision");
        plain_towers(v, model);
    }
    bool projector_alone = f->kind && strcmp(f->kind, "projector-only") == 0;
    for (int i = 0; i < model->towers; i++) {
        tc_tower *t = &model->tower[i];
        if (t->after == 0 && (f->freeze_vision == 1 || projector_alone)) t->state = TC_TOWER_FROZEN;
        if (t->after > 0 && projector_alone) t->state = TC_TOWER_TRAINED;
    }
    take_images(c);
    return TC_OK;
}
