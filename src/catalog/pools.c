/* pools.c - reads a cluster of several pools, and data/mixing.yaml, by their schemas. */
#include "catalog/pools.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "catalog/schema.h"

#define MOST_TUNINGS 8

const char *const tc_across_words[] = {"data", "pipeline", NULL};

/* ---- a cluster's file -------------------------------------------------------------------- */

#define WORDS(key, member)                                                                                             \
    { .path = key, .type = TC_FIELD_STRING, .offset = offsetof(tc_pool_words, member), .size = TC_POOL_TEXT }

static const tc_field pool_fields[] = {
    {.path = "accelerator",
     .type = TC_FIELD_STRING,
     .need = TC_NEED_ALWAYS,
     .offset = offsetof(tc_pool_words, accelerator),
     .size = TC_POOL_TEXT},
    {.path = "devices",
     .type = TC_FIELD_INTEGER,
     .need = TC_NEED_ALWAYS,
     .offset = offsetof(tc_pool_words, devices),
     .min = 1,
     .max = 10000000},
    WORDS("fabric", fabric),
    WORDS("stack", stack),
    WORDS("layout", layout),
};
static const tc_schema pool_schema = {"pool", pool_fields, sizeof pool_fields / sizeof *pool_fields};

#define NUMBER(key, unit, member, low, high)                                                                           \
    {                                                                                                                  \
        .path = key, .type = TC_FIELD_NUMBER, .dimension = unit, .own_figure = true,                                   \
        .offset = offsetof(tc_cluster_words, member), .min = low, .max = high                                          \
    }

static const tc_field cluster_fields[] = {
    TC_SCHEMA_HEAD,
    {.path = "slug", .type = TC_FIELD_STRING, .offset = offsetof(tc_cluster_words, slug), .size = 64},
    {.path = "name", .type = TC_FIELD_STRING, .offset = offsetof(tc_cluster_words, name), .size = 96},
    {.path = "pools",
     .type = TC_FIELD_LIST,
     .need = TC_NEED_ALWAYS,
     .offset = offsetof(tc_cluster_words, pool),
     .size = sizeof(tc_pool_words),
     .min = 1,
     .max = TC_MAX_POOLS,
     .element = &pool_schema,
     .count_offset = offsetof(tc_cluster_words, pools)},
    NUMBER("link.bandwidth", TC_DIMENSION_BYTES_PER_S, link.bytes_per_s, 1, 1e18),
    NUMBER("link.oversubscription", TC_DIMENSION_NONE, link.oversubscription, 1, 1e6),
    NUMBER("link.latency", TC_DIMENSION_SECONDS, link.latency_s, 0, 1e3),
    NUMBER("link.km", TC_DIMENSION_NONE, distance_km, 0, 1e5),
    NUMBER("link.usd_per_gb", TC_DIMENSION_NONE, usd_per_gb, 0, 1e6),
    {.path = "across", .type = TC_FIELD_ENUM, .offset = offsetof(tc_cluster_words, across), .names = tc_across_words},
    {.path = "tuning", .type = TC_FIELD_STRING, .offset = offsetof(tc_cluster_words, tuning), .size = 24},
    {.path = "local_steps",
     .type = TC_FIELD_INTEGER,
     .offset = offsetof(tc_cluster_words, local_steps),
     .min = 1,
     .max = 10000000},
};
static const tc_schema cluster_schema = {"cluster", cluster_fields, sizeof cluster_fields / sizeof *cluster_fields};

tc_cluster_words tc_cluster_words_none(void) {
    tc_cluster_words out = {.pools = 0};
    out.link.latency_s = NAN;
    return out;
}

tc_code tc_cluster_words_read(const char *path, tc_cluster_words *out, tc_error *error) {
    tc_arena arena = {0};
    tc_document document;
    *out = tc_cluster_words_none();
    tc_code code = tc_document_read(path, &arena, &document, error);
    if (!code) code = tc_schema_read(&cluster_schema, &document, out, error);
    tc_arena_free(&arena);
    out->link.distance_m = out->distance_km * 1e3;
    out->link.usd_per_byte = out->usd_per_gb / 1e9;
    return code;
}

/* ---- data/mixing.yaml ---------------------------------------------------------------------- */

typedef struct tuning {
    char name[24];
    tc_spread efficiency;
} tuning;

typedef struct mixing_file {
    double latency_s, known_steps;
    int tunings;
    tuning tuning[MOST_TUNINGS];
} mixing_file;

static const tc_field tuning_fields[] = {
    {.path = "name", .type = TC_FIELD_STRING, .need = TC_NEED_ALWAYS, .offset = offsetof(tuning, name), .size = 24},
    {.path = "efficiency",
     .type = TC_FIELD_SPREAD,
     .need = TC_NEED_ALWAYS,
     .sourced = true,
     .offset = offsetof(tuning, efficiency),
     .min = 0.01,
     .max = 1},
};
static const tc_schema tuning_schema = {"tuning", tuning_fields, sizeof tuning_fields / sizeof *tuning_fields};

static const tc_field mixing_fields[] = {
    TC_SCHEMA_HEAD,
    {.path = "slug", .type = TC_FIELD_STRING, .offset = TC_NOT_STORED, .size = 64},
    {.path = "name", .type = TC_FIELD_STRING, .offset = TC_NOT_STORED, .size = 128},
    {.path = "latency",
     .type = TC_FIELD_NUMBER,
     .dimension = TC_DIMENSION_SECONDS,
     .need = TC_NEED_ALWAYS,
     .sourced = true,
     .offset = offsetof(mixing_file, latency_s),
     .min = 0,
     .max = 10},
    {.path = "tunings",
     .type = TC_FIELD_LIST,
     .need = TC_NEED_ALWAYS,
     .offset = offsetof(mixing_file, tuning),
     .size = sizeof(tuning),
     .min = 1,
     .max = MOST_TUNINGS,
     .element = &tuning_schema,
     .count_offset = offsetof(mixing_file, tunings)},
    {.path = "local_steps.known",
     .type = TC_FIELD_NUMBER,
     .need = TC_NEED_ALWAYS,
     .sourced = true,
     .offset = offsetof(mixing_file, known_steps),
     .min = 1,
     .max = 1e7},
};
static const tc_schema mixing_schema = {"mixing", mixing_fields, sizeof mixing_fields / sizeof *mixing_fields};

tc_code tc_mixing_load(tc_catalog *catalog, const char *name, const char *place, tc_mixing *out, tc_error *error) {
    const tc_document *document;
    mixing_file file = {.tunings = 0};
    tc_code code = tc_catalog_document(catalog, TC_KIND_COMMON, "mixing", &document, NULL, error);
    if (!code) code = tc_schema_read(&mixing_schema, document, &file, error);
    if (code) return code;
    int i = 0;
    while (*name && i < file.tunings && strcmp(file.tuning[i].name, name) != 0) i++;
    if (i == file.tunings)
        return tc_fail(error, TC_INVALID, place, "'%.40s' is unknown; give %s", name, file.tuning[0].name);
    const tuning *t = &file.tuning[i];
    snprintf(out->tuning, sizeof out->tuning, "%s", t->name);
    out->efficiency_p10 = t->efficiency.low;
    out->efficiency = t->efficiency.mid;
    out->efficiency_p90 = t->efficiency.high;
    out->known_local_steps = file.known_steps;
    if (isnan(out->link.latency_s)) out->link.latency_s = file.latency_s;
    return TC_OK;
}
