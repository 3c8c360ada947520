/* kinds.c - what kind of workload a published run is, and who builds it: the one place that decides.
 *
 * A run has a backbone, by its family's `workload` in data/conventions.yaml, and features beside it: towers, fine-tuning,
 * reinforcement learning, layers of other kinds. All of these are listed here; one without a builder is not modelled, and the run
 * is unsupported with its name. To have one modelled: its builder in the table, and its families in data/conventions.yaml.
 */
#include <stdio.h>
#include <string.h>

#include "validate/assume.h"
#include "validate/inputs.h"

typedef tc_code (*builder)(tc_catalog *, tc_case *, tc_error *);

#define NAME_ROOM 96 /* of what is not modelled */

/* ---- backbones: c->job.model ------------------------------------------------------ */

static const builder backbones[TC_WORKLOADS] = {
    [TC_WORKLOAD_LANGUAGE] = tc_case_shape,
    [TC_WORKLOAD_HYBRID] = tc_case_mixed,
    [TC_WORKLOAD_DIFFUSION] = tc_case_latents,
};

/* ---- features: whether a run has one, and its name --------------------------------- */

static bool says(char *name, const char *format, const char *value) {
    snprintf(name, NAME_ROOM, format, value);
    return true;
}

static bool is_reinforcement(const tc_published_model *m, char *name) {
    return m->rl.algorithm && says(name, "reinforcement learning (%.32s)", m->rl.algorithm);
}

static bool has_vision(const tc_published_model *m, char *name) {
    return m->vision.stated
           && says(name, m->vision.name ? "the vision tower %.48s" : "the vision tower", m->vision.name);
}

static bool has_audio(const tc_published_model *m, char *name) {
    return m->audio.stated && says(name, m->audio.name ? "the audio tower %.48s" : "the audio tower", m->audio.name);
}

static bool is_other_mixer(const tc_published_model *m, char *name) {
    const tc_published_mixers *x = &m->mixers;
    const char *what = x->mamba_layers > 0    ? "state-space layers"
                       : x->linear_layers > 0 ? "linear attention"
                       : x->sparse_attention  ? "sparse attention with an index"
                       : x->moe_latent > 0    ? "experts of a latent width"
                                              : NULL;
    return what && says(name, "%s", what);
}

static bool is_unknown_mixer(const tc_published_model *m, char *name) {
    const tc_published_mixers *x = &m->mixers;
    const char *what = x->compressed_attention         ? "compressed attention"
                       : x->hyper_connections          ? "hyper-connections"
                       : x->cross_attention_layers > 0 ? "cross attention"
                       : x->encoder_layers > 0         ? "an encoder beside the decoder"
                                                       : NULL;
    return what && says(name, "%s", what);
}

static bool is_latent(const tc_published_model *m, char *name) {
    return m->latents.latent_tokens + m->latents.frames > 0 && says(name, "%s", "latents of images and video");
}

static bool is_other_method(const tc_published_model *m, char *name) {
    return m->method && says(name, "%.64s", m->method);
}

static bool is_finetune(const tc_published_model *m, char *name) {
    return m->finetune.kind && says(name, "fine-tuning %.48s", m->finetune.kind);
}

/* Adapters that are no LoRA, and other objectives than those that are known. */
static bool is_other_finetune(const tc_published_model *m, char *name) {
    const tc_published_finetune *f = &m->finetune;
    if (!f->kind) return false;
    if (f->use_dora == 1) return says(name, "%s", "DoRA");
    return !tc_case_knows_finetune(f->kind) && says(name, "fine-tuning %.48s", f->kind);
}

typedef struct feature {
    bool (*is)(const tc_published_model *model, char *name);
    builder build; /* after the recipe; NULL: not modelled */
    unsigned of;   /* backbones that have it as a part of their own, bits: nothing beside them */
} feature;

static const feature features[] = {
    {is_reinforcement, NULL, 0},
    {is_other_method, NULL, 0},
    {has_vision, tc_case_towers, 0},
    {has_audio, NULL, 0},
    {is_other_mixer, NULL, 1u << TC_WORKLOAD_HYBRID},
    {is_unknown_mixer, NULL, 0},
    {is_other_finetune, NULL, 0},
    {is_finetune, tc_case_finetune, 0},
    {is_latent, NULL, 1u << TC_WORKLOAD_DIFFUSION},
};
enum { FEATURES = sizeof features / sizeof features[0] };

static bool has(const tc_case *c, int i, char *name) {
    return !(features[i].of & 1u << c->family->workload) && features[i].is(&c->run->model, name);
}

static tc_code end_unsupported(tc_case *c, const char *what) {
    char reason[NAME_ROOM + 32];
    snprintf(reason, sizeof reason, "%s is not modelled yet", what);
    return tc_case_end(c, TC_CASE_UNSUPPORTED, reason);
}

tc_code tc_case_workload(tc_catalog *catalog, tc_case *c, tc_error *error) {
    const tc_published_model *m = &c->run->model;
    char name[NAME_ROOM];
    builder build = c->family ? backbones[c->family->workload] : NULL;
    if (!build) {
        snprintf(name, sizeof name, "family %.60s", m->family);
        return end_unsupported(c, name);
    }
    for (int i = 0; i < FEATURES; i++)
        if (!features[i].build && has(c, i, name)) return end_unsupported(c, name);
    return build(catalog, c, error);
}

tc_code tc_case_features(tc_catalog *catalog, tc_case *c, tc_error *error) {
    tc_code code = TC_OK;
    char name[NAME_ROOM];
    for (int i = 0; i < FEATURES && !code && !c->status; i++)
        if (features[i].build && has(c, i, name)) code = features[i].build(catalog, c, error);
    return code;
}
