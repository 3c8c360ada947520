/* latents.c - a published run's diffusion transformer: the catalog's model of that name, with the sample and the blocks that
 * the row states. What no row states is a block's inside, so that a model which the catalog lacks is skipped. */
#include <stdio.h>
#include <string.h>

#include "base/latents.h"
#include "base/members.h"
#include "validate/assume.h"
#include "validate/inputs.h"
#include "workload/operators.h"

/* Blocks cut down for a test: so many of each kind, or where only their sum is stated each kind by its share. A layer of some is a block of
 * each kind: spatial and temporal. */
static void cut_blocks(const tc_published_model *m, tc_model *model) {
    const tc_published_latents *l = &m->latents;
    int kept = 0, layers = tc_layer_count(model), left = m->layers, of = layers;
    if (l->double_blocks + l->single_blocks == 0) {
        bool cut = m->layers > 0 && m->layers != layers && m->layers * model->blocks != layers;
        for (int i = 0; i < model->blocks && cut; i++) {
            tc_block *b = &model->block[i];
            int count = of > 0 ? (int)((double)left * b->count / of + 0.5) : 0;
            of -= b->count;
            left -= b->count = count;
            if (count > 0) model->block[kept++] = *b;
        }
        if (kept > 0) model->blocks = kept;
        return;
    }
    for (int i = 0; i < model->blocks; i++) {
        tc_block *b = &model->block[i];
        if (b->stream == TC_STREAM_DOUBLE) b->count = l->double_blocks;
        if (b->stream == TC_STREAM_JOINT) b->count = l->single_blocks;
        if (b->count > 0) model->block[kept++] = *b;
    }
    model->blocks = kept;
}

static int or_unset(int value) { return value > 0 ? value : TC_UNSET; }

/* Pixels of so many latent tokens, for the autoencoder: the model's sample, longer or shorter, an image wider or narrower. */
static void scale_sample(tc_model *model, int tokens) {
    double ratio = (double)tokens / (double)tc_latent_tokens(&model->latents);
    int *side = model->latents.frames > 1 ? &model->latents.frames : &model->latents.width;
    double scaled = *side * ratio;
    *side = scaled < 1 ? 1 : scaled > TC_MOST_DEGREE ? TC_MOST_DEGREE : (int)(scaled + 0.5);
    model->seq = tokens;
}

/* Pixels where they are stated, else tokens. A sample that nobody states is not the model's: recipes cut it to what their devices hold. */
static tc_code take_sample(tc_case *c, tc_model *model) {
    const tc_stated *said = &c->stated;
    tc_published_latents of_row = c->run->model.latents, *l = &of_row;
    if (l->height <= 0 && said->height != TC_UNSET) l->height = said->height, l->width = said->width;
    if (l->frames <= 0 && said->frames != TC_UNSET) l->frames = said->frames;
    tc_error error = {.code = TC_OK};
    if (l->text_tokens <= 0 && said->text_tokens != TC_UNSET) l->text_tokens = said->text_tokens;
    if (l->text_tokens > 0) model->latents.text_tokens = l->text_tokens;
    if (tc_model_set_sample(model, or_unset(l->frames), or_unset(l->height), or_unset(l->width), &error)) {
        char reason[160];
        snprintf(reason, sizeof reason, "model.%.40s", error.place + 2);
        return tc_case_end(c, TC_CASE_SKIPPED, reason);
    }
    int tokens = l->latent_tokens > 0 ? l->latent_tokens : c->run->model.seq;
    if (l->height > 0 && l->width > 0) {
        bool known = model->latents.frames <= 1 || l->frames > 0 || tokens > 0;
        if (!known) return tc_case_end(c, TC_CASE_SKIPPED, "model.frames");
        /* images that are edited are tokens beside those of the result */
        if (said->references != TC_UNSET) model->seq *= 1 + said->references;
        return TC_OK;
    }
    if (tokens <= 0)
        return tc_case_end(c, TC_CASE_SKIPPED,
                           said->buckets == 1 ? "model.latent_tokens (buckets of unstated shares)" : "model.height");
    scale_sample(model, tokens);
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
