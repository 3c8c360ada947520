/* latents.c - a published run's diffusion transformer: the catalog's model of that name, with the sample and the blocks that
 * the row states. What no row states is a block's inside, so that a model which the catalog lacks is skipped. */
#include <stdio.h>
#include <string.h>

#include "validate/assume.h"
#include "validate/inputs.h"
#include "workload/operators.h"

/* Blocks cut down for a test: so many of each kind; of all where there is one kind. */
static void cut_blocks(const tc_published_model *m, tc_model *model) {
    const tc_published_latents *l = &m->latents;
    if (l->double_blocks + l->single_blocks == 0) {
        if (m->layers > 0 && model->blocks == 1) model->block[0].count = m->layers;
        return;
    }
    int kept = 0;
    for (int i = 0; i < model->blocks; i++) {
        tc_block *b = &model->block[i];
        if (b->stream == TC_STREAM_DOUBLE) b->count = l->double_blocks;
        if (b->stream == TC_STREAM_JOINT) b->count = l->single_blocks;
        if (b->count > 0) model->block[kept++] = *b;
    }
    model->blocks = kept;
}

static int or_unset(int value) { return value > 0 ? value : TC_UNSET; }

/* Pixels where they are stated, else tokens. */
static tc_code take_sample(tc_case *c, tc_model *model) {
    const tc_published_latents *l = &c->run->model.latents;
    tc_error error = {.code = TC_OK};
    if (l->text_tokens > 0) model->latents.text_tokens = l->text_tokens;
    if (tc_model_set_sample(model, or_unset(l->frames), or_unset(l->height), or_unset(l->width), &error)) {
        char reason[160];
        snprintf(reason, sizeof reason, "model.%.40s", error.place + 2);
        return tc_case_end(c, TC_CASE_SKIPPED, reason);
    }
    if (l->height > 0 && l->width > 0) return TC_OK;
    if (l->latent_tokens > 0)
        model->seq = l->latent_tokens;
    else if (c->run->model.seq > 0)
        model->seq = c->run->model.seq;
    else
        tc_case_assume_number(c, "%s latent tokens (the model's sample)", model->seq);
    return TC_OK;
}

tc_code tc_case_latents(tc_catalog *catalog, tc_case *c, tc_error *error) {
    const tc_published_model *m = &c->run->model;
    tc_model *model = &c->job.model;
    tc_error ignored;
    if (!m->name[0] || m->name[0] == '.') return tc_case_end(c, TC_CASE_SKIPPED, "model.name");
    tc_code code = tc_catalog_model(catalog, m->name, model, &ignored);
    if (code == TC_INTERNAL) {
        if (error) *error = ignored;
        return code;
    }
    if (code || model->latents.stride == 0) return tc_case_end(c, TC_CASE_SKIPPED, "model.name");
    if (m->hidden > 0 && m->hidden != model->hidden) return tc_case_end(c, TC_CASE_SKIPPED, "model.hidden");
    cut_blocks(m, model);
    return take_sample(c, model);
}
