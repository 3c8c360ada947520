/* served_conventions.c - reads data/served.yaml by its schema. */
#include "validate/served_conventions.h"

#define COUNT(list) ((int)(sizeof(list) / sizeof(list)[0]))

#define TEXT(struct_, where, member)                                                                                   \
    {                                                                                                                  \
        .path = where, .type = TC_FIELD_STRING, .need = TC_NEED_ALWAYS, .offset = offsetof(struct_, member),           \
        .size = sizeof(((struct_ *)0)->member)                                                                         \
    }
#define NUMBER(struct_, where, member, need_, low, high)                                                               \
    {                                                                                                                  \
        .path = where, .type = TC_FIELD_NUMBER, .need = need_, .sourced = true, .plain_si = true,                      \
        .offset = offsetof(struct_, member), .min = low, .max = high                                                   \
    }
#define LIST(where, member, counter, schema_)                                                                          \
    {                                                                                                                  \
        .path = where, .type = TC_FIELD_LIST, .need = TC_NEED_ALWAYS,                                                  \
        .offset = offsetof(tc_served_conventions, member), .size = sizeof(((tc_served_conventions *)0)->member[0]),    \
        .min = 1, .max = TC_SERVED_LIST_MAX, .element = schema_,                                                       \
        .count_offset = offsetof(tc_served_conventions, counter)                                                       \
    }

static const tc_field engine_fields[]
    = {TEXT(tc_served_engine, "phrase", phrase), TEXT(tc_served_engine, "engine", engine)};
static const tc_schema engine_schema = {"engine", engine_fields, COUNT(engine_fields)};

static const tc_field cache_fields[] = {
    TEXT(tc_served_cache, "engine", engine),
    {.path = "source", .type = TC_FIELD_SOURCE, .need = TC_NEED_ALWAYS, .offset = TC_NOT_STORED},
};
static const tc_schema cache_schema = {"narrow cache", cache_fields, COUNT(cache_fields)};

static const tc_field hybrid_fields[] = {
    TEXT(tc_served_hybrid, "slug", slug),
    NUMBER(tc_served_hybrid, "attends", attends, TC_NEED_ALWAYS, 0.01, 1),
    {.path = "window",
     .type = TC_FIELD_INTEGER,
     .need = TC_NEED_ALWAYS,
     .sourced = true,
     .offset = offsetof(tc_served_hybrid, window),
     .min = 1,
     .max = 1000000},
};
static const tc_schema hybrid_schema = {"hybrid", hybrid_fields, COUNT(hybrid_fields)};

static const tc_field device_fields[] = {TEXT(tc_served_device, "slug", slug), TEXT(tc_served_device, "is", is)};
static const tc_schema device_schema = {"device", device_fields, COUNT(device_fields)};

static const tc_field length_fields[] = {
    TEXT(tc_served_lengths, "phrase", phrase),
    NUMBER(tc_served_lengths, "input", input, TC_NEED_ALWAYS, 1, 1e7),
    NUMBER(tc_served_lengths, "output", output, TC_NEED_NEVER, 1, 1e7),
};
static const tc_schema length_schema = {"lengths", length_fields, COUNT(length_fields)};

#define SECONDS(where, member_)                                                                                        \
    {                                                                                                                  \
        .path = where, .type = TC_FIELD_NUMBER, .dimension = TC_DIMENSION_SECONDS, .need = TC_NEED_ALWAYS,             \
        .sourced = true, .offset = offsetof(tc_served_limits, member_), .min = 1e-6, .max = 1e6                        \
    }
static const tc_field limit_fields[] = {
    TEXT(tc_served_limits, "benchmark", benchmark),
    TEXT(tc_served_limits, "scenario", scenario),
    SECONDS("ttft", ttft_s),
    SECONDS("tpot", tpot_s),
};
static const tc_schema limit_schema = {"limits", limit_fields, COUNT(limit_fields)};

static const tc_field fields[] = {
    TC_SCHEMA_HEAD,
    TEXT(tc_served_conventions, "slug", slug),
    TEXT(tc_served_conventions, "name", name),
    LIST("engines", engine, engines, &engine_schema),
    LIST("narrow_caches", cache, caches, &cache_schema),
    LIST("attention_alone", group, groups, &cache_schema),
    LIST("hybrids", hybrid, hybrids, &hybrid_schema),
    LIST("devices", device, devices, &device_schema),
    LIST("lengths", length, lengths, &length_schema),
    LIST("limits", limit, limits, &limit_schema),
};
static const tc_schema schema = {"served", fields, COUNT(fields)};

tc_code tc_served_conventions_read(tc_catalog *catalog, tc_served_conventions *out, tc_error *error) {
    const tc_document *document;
    *out = (tc_served_conventions){.engines = 0};
    tc_code code = tc_catalog_document(catalog, TC_KIND_COMMON, "served", &document, NULL, error);
    return code ? code : tc_schema_read(&schema, document, out, error);
}
