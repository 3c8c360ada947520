/* conventions.c - reads data/conventions.yaml by its schema. */
#include "validate/conventions.h"

#include <string.h>

#include "base/vocabulary.h"

#define COUNT(list) ((int)(sizeof(list) / sizeof(list)[0]))
#define WIDEST 10000000

#define INTEGER(where, struct_, member, sourced_, need_)                                                               \
    {                                                                                                                  \
        .path = where, .type = TC_FIELD_INTEGER, .need = need_, .sourced = sourced_,                                   \
        .offset = offsetof(struct_, member), .min = 0, .max = WIDEST                                                   \
    }
#define WORD(member, names_)                                                                                           \
    { .path = #member, .type = TC_FIELD_ENUM, .offset = offsetof(tc_family, member), .names = names_ }
#define SWITCH(member)                                                                                                 \
    { .path = #member, .type = TC_FIELD_BOOLEAN, .offset = offsetof(tc_family, member) }
#define TEXT(where, struct_, member, sourced_)                                                                         \
    {                                                                                                                  \
        .path = where, .type = TC_FIELD_STRING, .need = TC_NEED_ALWAYS, .sourced = sourced_,                           \
        .offset = offsetof(struct_, member), .size = sizeof(((struct_ *)0)->member)                                    \
    }

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
static const tc_schema family_schema = {"family", family_fields, COUNT(family_fields)};

static void start_family(void *element) { *(tc_family *)element = (tc_family){.causal = true}; }

static const tc_field sweep_fields[] = {
    TEXT("slug", tc_sweep_source, slug, false),
    {.path = "sessions",
     .type = TC_FIELD_STRING,
     .sourced = true,
     .offset = offsetof(tc_sweep_source, sessions),
     .size = sizeof(((tc_sweep_source *)0)->sessions)},
};
static const tc_schema sweep_schema = {"sweep source", sweep_fields, COUNT(sweep_fields)};

static const tc_field software_fields[] = {
    TEXT("slug", tc_software, slug, false),
    TEXT("was", tc_software, was, false),
    {.path = "before",
     .type = TC_FIELD_INTEGER,
     .need = TC_NEED_ALWAYS,
     .sourced = true,
     .offset = offsetof(tc_software, before),
     .min = 1990,
     .max = 2100},
};
static const tc_schema software_schema = {"earlier software", software_fields, COUNT(software_fields)};

#define CONDITION(member)                                                                                              \
    {                                                                                                                  \
        .path = #member, .type = TC_FIELD_STRING, .offset = offsetof(tc_tuner, member),                                \
        .size = sizeof(((tc_tuner *)0)->member)                                                                        \
    }

static const tc_field tuner_fields[] = {
    TEXT("slug", tc_tuner, slug, false),
    TEXT("was", tc_tuner, was, false),
    {.path = "of", .type = TC_FIELD_ENUM, .offset = offsetof(tc_tuner, of), .names = tc_row_kind_names},
    CONDITION(says),
    CONDITION(notes),
    CONDITION(url),
    CONDITION(runs),
    CONDITION(quant),
    CONDITION(kind),
    CONDITION(sharding),
};
static const tc_schema tuner_schema = {"software of rows", tuner_fields, COUNT(tuner_fields)};

static const tc_field dataset_fields[] = {
    TEXT("says", tc_dataset, says, false),
    INTEGER("longest", tc_dataset, longest, false, TC_NEED_ALWAYS),
};
static const tc_schema dataset_schema = {"data set", dataset_fields, COUNT(dataset_fields)};

#define USUAL(where, type_, member, low, high)                                                                         \
    {                                                                                                                  \
        .path = "histories." where, .type = TC_FIELD_##type_, .need = TC_NEED_ALWAYS, .sourced = true,                 \
        .plain_si = true, .offset = offsetof(tc_conventions, usual.member), .min = low, .max = high                    \
    }

static const tc_field fields[] = {
    TC_SCHEMA_HEAD,
    TEXT("slug", tc_conventions, slug, false),
    TEXT("name", tc_conventions, name, false),
    {.path = "families",
     .type = TC_FIELD_LIST,
     .need = TC_NEED_ALWAYS,
     .offset = offsetof(tc_conventions, family),
     .size = sizeof(tc_family),
     .min = 1,
     .max = TC_FAMILIES_MAX,
     .element = &family_schema,
     .count_offset = offsetof(tc_conventions, families),
     .start = start_family},
    INTEGER("years.modern", tc_conventions, modern_year, true, TC_NEED_ALWAYS),
    INTEGER("years.flash_chips", tc_conventions, flash_year, true, TC_NEED_ALWAYS),
    TEXT("fp8_sources", tc_conventions, fp8_sources, true),
    {.path = "image_share",
     .type = TC_FIELD_NUMBER,
     .need = TC_NEED_ALWAYS,
     .sourced = true,
     .offset = offsetof(tc_conventions, image_share),
     .max = 1},
    {.path = "sweeps",
     .type = TC_FIELD_LIST,
     .offset = offsetof(tc_conventions, sweep_source),
     .size = sizeof(tc_sweep_source),
     .min = 0,
     .max = TC_SWEEP_SOURCES_MAX,
     .element = &sweep_schema,
     .count_offset = offsetof(tc_conventions, sweep_sources)},
    {.path = "earlier_software",
     .type = TC_FIELD_LIST,
     .offset = offsetof(tc_conventions, software),
     .size = sizeof(tc_software),
     .min = 0,
     .max = TC_SOFTWARE_MAX,
     .element = &software_schema,
     .count_offset = offsetof(tc_conventions, softwares)},
    {.path = "software_of_rows",
     .type = TC_FIELD_LIST,
     .offset = offsetof(tc_conventions, tuner),
     .size = sizeof(tc_tuner),
     .min = 0,
     .max = TC_TUNERS_MAX,
     .element = &tuner_schema,
     .count_offset = offsetof(tc_conventions, tuners)},
    {.path = "samples.spread",
     .type = TC_FIELD_NUMBER,
     .need = TC_NEED_ALWAYS,
     .sourced = true,
     .offset = offsetof(tc_conventions, sample_spread),
     .max = 3},
    {.path = "samples.image_spread",
     .type = TC_FIELD_NUMBER,
     .need = TC_NEED_ALWAYS,
     .sourced = true,
     .offset = offsetof(tc_conventions, image_spread),
     .max = 3},
    INTEGER("samples.unnamed_longest", tc_conventions, unnamed_longest, true, TC_NEED_ALWAYS),
    {.path = "samples.datasets",
     .type = TC_FIELD_LIST,
     .offset = offsetof(tc_conventions, dataset),
     .size = sizeof(tc_dataset),
     .min = 0,
     .max = TC_DATASETS_MAX,
     .element = &dataset_schema,
     .count_offset = offsetof(tc_conventions, datasets)},
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
static const tc_schema schema = {"conventions", fields, COUNT(fields)};

tc_code tc_conventions_read(tc_catalog *catalog, tc_conventions *out, tc_error *error) {
    const tc_document *document;
    *out = (tc_conventions){.families = 0};
    tc_code code = tc_catalog_document(catalog, TC_KIND_COMMON, "conventions", &document, NULL, error);
    return code ? code : tc_schema_read(&schema, document, out, error);
}

const tc_family *tc_conventions_family(const tc_conventions *conventions, const char *slug) {
    for (int i = 0; i < conventions->families; i++)
        if (!slug[0] || strcmp(conventions->family[i].slug, slug) == 0) return &conventions->family[i];
    return NULL;
}
