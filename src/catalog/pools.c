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

#define WORDS(key, member) TC_PATH_TEXT(key, tc_pool_words, member)

static const tc_field pool_fields[] = {
    TC_PATH_TEXT("accelerator", tc_pool_words, accelerator, TC_NEEDED),
    TC_PATH_IN("devices", INTEGER, tc_pool_words, devices, 1, 10000000, TC_NEEDED),
    WORDS("fabric", fabric),
    WORDS("stack", stack),
    WORDS("layout", layout),
};
static const tc_schema pool_schema = TC_SCHEMA("pool", pool_fields);

#define NUMBER(key, unit, member, low, high)                                                                           \
    TC_PATH_IN(key, NUMBER, tc_cluster_words, member, low, high, .dimension = unit, .own_figure = true)

static const tc_field cluster_fields[] = {
    TC_SCHEMA_HEAD,
    TC_PATH_TEXT("slug", tc_cluster_words, slug),
    TC_PATH_TEXT("name", tc_cluster_words, name),
    TC_PATH_LIST("pools", tc_cluster_words, pool, pools, 1, TC_MAX_POOLS, &pool_schema, TC_NEEDED),
    NUMBER("link.bandwidth", TC_DIMENSION_BYTES_PER_S, link.bytes_per_s, 1, 1e18),
    NUMBER("link.oversubscription", TC_DIMENSION_NONE, link.oversubscription, 1, 1e6),
    NUMBER("link.latency", TC_DIMENSION_SECONDS, link.latency_s, 0, 1e3),
    NUMBER("link.km", TC_DIMENSION_NONE, distance_km, 0, 1e5),
    NUMBER("link.usd_per_gb", TC_DIMENSION_NONE, usd_per_gb, 0, 1e6),
    TC_PATH_WORD("across", tc_cluster_words, across, tc_across_words),
    TC_PATH_TEXT("tuning", tc_cluster_words, tuning),
    TC_PATH_IN("local_steps", INTEGER, tc_cluster_words, local_steps, 1, 10000000),
};
static const tc_schema cluster_schema = TC_SCHEMA("cluster", cluster_fields);

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
    TC_PATH_TEXT("name", tuning, name, TC_NEEDED),
    TC_PATH_IN("efficiency", SPREAD, tuning, efficiency, 0.01, 1, TC_NEEDED, TC_SOURCED),
};
static const tc_schema tuning_schema = TC_SCHEMA("tuning", tuning_fields);

static const tc_field mixing_fields[] = {
    TC_SCHEMA_HEAD,
    TC_PATH_CHECKED("slug", STRING, .size = 64),
    TC_PATH_CHECKED("name", STRING, .size = 128),
    TC_PATH_IN("latency", NUMBER, mixing_file, latency_s, 0, 10, .dimension = TC_DIMENSION_SECONDS, TC_NEEDED,
               TC_SOURCED),
    TC_PATH_LIST("tunings", mixing_file, tuning, tunings, 1, MOST_TUNINGS, &tuning_schema, TC_NEEDED),
    TC_PATH_IN("local_steps.known", NUMBER, mixing_file, known_steps, 1, 1e7, TC_NEEDED, TC_SOURCED),
};
static const tc_schema mixing_schema = TC_SCHEMA("mixing", mixing_fields);

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
