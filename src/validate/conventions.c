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

static const tc_field family_fields[] = {
    TEXT("slug", tc_family, slug, false),
    SWITCH(modelled),
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

static void start_family(void *element) { *(tc_family *)element = (tc_family){.modelled = true, .causal = true}; }

static const tc_field sweep_fields[] = {
    TEXT("slug", tc_sweep_source, slug, false),
    {.path = "sessions",
     .type = TC_FIELD_STRING,
     .sourced = true,
     .offset = offsetof(tc_sweep_source, sessions),
     .size = sizeof(((tc_sweep_source *)0)->sessions)},
};
static const tc_schema sweep_schema = {"sweep source", sweep_fields, COUNT(sweep_fields)};

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
    {.path = "sweeps",
     .type = TC_FIELD_LIST,
     .offset = offsetof(tc_conventions, sweep_source),
     .size = sizeof(tc_sweep_source),
     .min = 0,
     .max = TC_SWEEP_SOURCES_MAX,
     .element = &sweep_schema,
     .count_offset = offsetof(tc_conventions, sweep_sources)},
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
        if (strcmp(conventions->family[i].slug, slug) == 0) return &conventions->family[i];
    return &conventions->family[0];
}
