/* conventions.c - reads data/conventions.yaml by its schema, and finds data/recipes.yaml. */
#include "validate/conventions.h"

#include <string.h>

#include "base/vocabulary.h"
#include "validate/usual_recipes.h"

#define WIDEST 10000000

#define INTEGER(where, struct_, member, sourced_, need_)                                                               \
    TC_PATH_IN(where, INTEGER, struct_, member, 0, WIDEST, .need = need_, .sourced = sourced_)
#define WORD(member, names_) TC_PATH_WORD(#member, tc_family, member, names_)
#define SWITCH(member) TC_PATH(#member, BOOLEAN, tc_family, member)
#define TEXT(where, struct_, member, sourced_) TC_PATH_TEXT(where, struct_, member, TC_NEEDED, .sourced = sourced_)

const char *const tc_workload_names[] = {"language", "hybrid", "diffusion", NULL};
const char *const tc_row_kind_names[] = {"all", "fine-tuning", "diffusion", "vision", NULL};

static const tc_field family_fields[] = {
    TEXT("slug", tc_family, slug, false),
    WORD(workload, tc_workload_names),
    INTEGER("vocab", tc_family, vocab, true, TC_NEED_NEVER),
    WORD(ffn, tc_mlp_kind_names),
    WORD(positions, tc_positions_names),
    WORD(norm, tc_norm_kind_names),
    SWITCH(tied_embeddings),
    SWITCH(norm_bias),
    SWITCH(causal),
    SWITCH(head_transform),
    SWITCH(early),
    INTEGER("mla.q_rank", tc_family, mla.q_rank, true, TC_NEED_IN_SECTION),
    INTEGER("mla.direct_queries_to", tc_family, mla.direct_queries_to, true, TC_NEED_NEVER),
    INTEGER("mla.kv_rank", tc_family, mla.kv_rank, true, TC_NEED_IN_SECTION),
    INTEGER("mla.nope_dim", tc_family, mla.nope_dim, true, TC_NEED_IN_SECTION),
    INTEGER("mla.rope_dim", tc_family, mla.rope_dim, true, TC_NEED_IN_SECTION),
    INTEGER("mla.v_dim", tc_family, mla.v_dim, true, TC_NEED_IN_SECTION),
};
static const tc_schema family_schema = TC_SCHEMA("family", family_fields);

static void start_family(void *element) { *(tc_family *)element = (tc_family){.causal = true}; }

static const tc_field sweep_fields[] = {
    TEXT("slug", tc_sweep_source, slug, false),
    TC_PATH_TEXT("sessions", tc_sweep_source, sessions, TC_SOURCED),
};
static const tc_schema sweep_schema = TC_SCHEMA("sweep source", sweep_fields);

static const tc_field software_fields[] = {
    TEXT("slug", tc_software, slug, false),
    TEXT("was", tc_software, was, false),
    TC_PATH_IN("before", INTEGER, tc_software, before, 1990, 2100, TC_NEEDED, TC_SOURCED),
};
static const tc_schema software_schema = TC_SCHEMA("earlier software", software_fields);

#define CONDITION(member) TC_PATH_TEXT(#member, tc_tuner, member)

static const tc_field tuner_fields[] = {
    TEXT("slug", tc_tuner, slug, false),
    TEXT("was", tc_tuner, was, false),
    TC_PATH_WORD("of", tc_tuner, of, tc_row_kind_names),
    CONDITION(says),
    CONDITION(notes),
    CONDITION(url),
    CONDITION(runs),
    CONDITION(quant),
    CONDITION(kind),
    CONDITION(sharding),
};
static const tc_schema tuner_schema = TC_SCHEMA("software of rows", tuner_fields);

static const tc_field dataset_fields[] = {
    TEXT("says", tc_dataset, says, false),
    INTEGER("longest", tc_dataset, longest, false, TC_NEED_ALWAYS),
    TC_PATH_IN("mean", NUMBER, tc_dataset, mean, 1, 1e7, .need = TC_NEED_NEVER),
};
static const tc_schema dataset_schema = TC_SCHEMA("data set", dataset_fields);

static const tc_field release_fields[] = {
    TEXT("model", tc_model_release, model, false),
    TEXT("since", tc_model_release, since, true),
};
static const tc_schema release_schema = TC_SCHEMA("release of a model", release_fields);

static const tc_field image_fields[] = {
    INTEGER("width", tc_image_share, width, false, TC_NEED_ALWAYS),
    INTEGER("height", tc_image_share, height, false, TC_NEED_ALWAYS),
    TC_PATH_IN("share", NUMBER, tc_image_share, share, 0, 1, TC_NEEDED),
};
static const tc_schema image_schema = TC_SCHEMA("size of images", image_fields);

#define USUAL(where, type_, member, low, high)                                                                         \
    TC_PATH_IN("histories." where, type_, tc_conventions, usual.member, low, high, TC_NEEDED, TC_SOURCED,              \
               .plain_si = true)

static const tc_field fields[] = {
    TC_SCHEMA_HEAD,
    TEXT("slug", tc_conventions, slug, false),
    TEXT("name", tc_conventions, name, false),
    TC_PATH_LIST("families", tc_conventions, family, families, 1, TC_FAMILIES_MAX, &family_schema, TC_NEEDED,
                 .start = start_family),
    INTEGER("years.modern", tc_conventions, modern_year, true, TC_NEED_ALWAYS),
    INTEGER("years.later", tc_conventions, later_months, true, TC_NEED_ALWAYS),
    TEXT("fp8_sources", tc_conventions, fp8_sources, true),
    TC_PATH_IN("image_share", NUMBER, tc_conventions, image_share, 0, 1, TC_NEEDED, TC_SOURCED),
    TC_PATH_LIST("sweeps", tc_conventions, sweep_source, sweep_sources, 0, TC_SWEEP_SOURCES_MAX, &sweep_schema),
    TC_PATH_LIST("earlier_software", tc_conventions, software, softwares, 0, TC_SOFTWARE_MAX, &software_schema),
    TC_PATH_LIST("software_of_rows", tc_conventions, tuner, tuners, 0, TC_TUNERS_MAX, &tuner_schema),
    TC_PATH_IN("samples.spread", NUMBER, tc_conventions, sample_spread, 0, 3, TC_NEEDED, TC_SOURCED),
    TC_PATH_IN("samples.length_fragmentation", NUMBER, tc_conventions, length_fragmentation, 0, 4, TC_NEEDED,
               TC_SOURCED),
    TC_PATH_IN("samples.image_spread", NUMBER, tc_conventions, image_spread, 0, 3, TC_NEEDED, TC_SOURCED),
    TC_PATH_LIST("samples.images", tc_conventions, image, image_shares, 1, TC_IMAGE_SHARES_MAX, &image_schema,
                 TC_NEEDED),
    INTEGER("samples.unnamed_longest", tc_conventions, unnamed_longest, true, TC_NEED_ALWAYS),
    TC_PATH_LIST("samples.datasets", tc_conventions, dataset, datasets, 0, TC_DATASETS_MAX, &dataset_schema),
    TC_PATH_LIST("releases", tc_conventions, release, releases, 0, TC_RELEASES_MAX, &release_schema),
    USUAL("batch_tokens", NUMBER, batch_tokens, 1, 1e12),
    USUAL("batch_tokens_per_device", NUMBER, batch_tokens_per_device, 1, 1e9),
    USUAL("seq_early", INTEGER, seq_early, 1, WIDEST),
    USUAL("seq", INTEGER, seq, 1, WIDEST),
    USUAL("aspect", NUMBER, aspect, 1, 1e5),
    USUAL("head_dim", INTEGER, head_dim, 1, WIDEST),
    USUAL("active_share", NUMBER, active_share, 1e-4, 1),
    USUAL("top_k", INTEGER, top_k, 1, WIDEST),
    USUAL("layout_open", SPREAD, layout_open, 0.01, 100),
    USUAL("recipe_open", SPREAD, recipe_open, 0.01, 100),
    USUAL("size_alone", SPREAD, size_alone, 0.01, 100),
};
static const tc_schema schema = TC_SCHEMA("conventions", fields);

tc_code tc_conventions_read(tc_catalog *catalog, tc_conventions *out, tc_error *error) {
    const tc_document *document;
    *out = (tc_conventions){.families = 0};
    tc_code code = tc_catalog_document(catalog, TC_KIND_COMMON, "conventions", &document, NULL, error);
    if (!code) code = tc_schema_read(&schema, document, out, error);
    if (!code) code = tc_catalog_document(catalog, TC_KIND_COMMON, "recipes", &out->recipes, NULL, error);
    return code ? code : tc_usual_recipes_check(out->recipes, error);
}

const tc_family *tc_conventions_family(const tc_conventions *conventions, const char *slug) {
    for (int i = 0; i < conventions->families; i++)
        if (!slug[0] || strcmp(conventions->family[i].slug, slug) == 0) return &conventions->family[i];
    return NULL;
}
