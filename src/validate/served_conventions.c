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

static const tc_field engine_fields[] = {TEXT(tc_served_engine, "phrase", phrase),
                                         TEXT(tc_served_engine, "engine", engine),
                                         {.path = "as_of",
                                          .type = TC_FIELD_STRING,
                                          .offset = offsetof(tc_served_engine, as_of),
                                          .size = sizeof(((tc_served_engine *)0)->as_of)}};
static const tc_schema engine_schema = {"engine", engine_fields, COUNT(engine_fields)};

#define SOURCE                                                                                                         \
    { .path = "source", .type = TC_FIELD_SOURCE, .need = TC_NEED_ALWAYS, .offset = TC_NOT_STORED }

static const tc_field release_fields[]
    = {TEXT(tc_served_release, "engine", engine), TEXT(tc_served_release, "release", release),
       TEXT(tc_served_release, "as_of", as_of), SOURCE};
static const tc_schema release_schema = {"release", release_fields, COUNT(release_fields)};

static const tc_field cache_fields[] = {
    TEXT(tc_served_cache, "engine", engine),
    TEXT(tc_served_cache, "architecture", architecture),
    NUMBER(tc_served_cache, "bits", bits, TC_NEED_ALWAYS, 1, 16),
};
static const tc_schema cache_schema = {"narrow cache", cache_fields, COUNT(cache_fields)};

static const tc_field usual_fields[] = {TEXT(tc_served_usual, "engine", engine), SOURCE};
static const tc_schema usual_schema = {"engine", usual_fields, COUNT(usual_fields)};

static const tc_field format_fields[] = {TEXT(tc_served_format, "format", format), SOURCE};
static const tc_schema format_schema = {"format", format_fields, COUNT(format_fields)};

static const tc_field lookup_fields[] = {
    TEXT(tc_served_lookup, "phrase", phrase),
    NUMBER(tc_served_lookup, "drafted", drafted, TC_NEED_ALWAYS, 0, 1),
};
static const tc_schema lookup_schema = {"lookup", lookup_fields, COUNT(lookup_fields)};

static const tc_field beams_fields[] = {
    TEXT(tc_served_beams, "phrase", phrase),
    NUMBER(tc_served_beams, "width", width, TC_NEED_ALWAYS, 2, 16),
};
static const tc_schema beams_schema = {"beams", beams_fields, COUNT(beams_fields)};

#define TOKENS(where, member_)                                                                                         \
    {                                                                                                                  \
        .path = where, .type = TC_FIELD_INTEGER, .need = TC_NEED_ALWAYS, .offset = offsetof(tc_served_test, member_),  \
        .min = 1, .max = 10000000                                                                                      \
    }
static const tc_field test_fields[] = {
    TEXT(tc_served_test, "engine", engine),
    TOKENS("input", input),
    TOKENS("output", output),
    NUMBER(tc_served_test, "requests", requests, TC_NEED_ALWAYS, 1, 1e9),
};
static const tc_schema test_schema = {"test", test_fields, COUNT(test_fields)};

#define SETTING(member_)                                                                                               \
    {                                                                                                                  \
        .path = #member_, .type = TC_FIELD_INTEGER, .offset = offsetof(tc_served_setting, member_), .min = 0,          \
        .max = 10000000                                                                                                \
    }
static const tc_field setting_fields[] = {TEXT(tc_served_setting, "benchmark", benchmark),
                                          TEXT(tc_served_setting, "engine", engine),
                                          TEXT(tc_served_setting, "architecture", architecture),
                                          SOURCE,
                                          SETTING(clients),
                                          SETTING(poll_steps),
                                          SETTING(balance_steps),
                                          SETTING(chunk_tokens),
                                          SETTING(prompt_tokens),
                                          SETTING(most_requests),
                                          SETTING(seen)};
static const tc_schema setting_schema = {"setting", setting_fields, COUNT(setting_fields)};

static const tc_field hybrid_fields[] = {
    TEXT(tc_served_hybrid, "slug", slug),
    NUMBER(tc_served_hybrid, "attends", attends, TC_NEED_ALWAYS, 0.01, 1),
    {.path = "like",
     .type = TC_FIELD_STRING,
     .offset = offsetof(tc_served_hybrid, like),
     .size = sizeof(((tc_served_hybrid *)0)->like)},
    {.path = "window",
     .type = TC_FIELD_INTEGER,
     .sourced = true,
     .offset = offsetof(tc_served_hybrid, window),
     .min = 1,
     .max = 1000000},
};
static const tc_schema hybrid_schema = {"hybrid", hybrid_fields, COUNT(hybrid_fields)};

static const tc_field device_fields[] = {TEXT(tc_served_alias, "slug", slug), TEXT(tc_served_alias, "is", is)};
static const tc_schema device_schema = {"device", device_fields, COUNT(device_fields)};

static const tc_field model_fields[] = {TEXT(tc_served_alias, "slug", slug), TEXT(tc_served_alias, "is", is), SOURCE};
static const tc_schema model_schema = {"model", model_fields, COUNT(model_fields)};

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
    LIST("releases", release, releases, &release_schema),
    LIST("narrow_caches", cache, caches, &cache_schema),
    LIST("attention_alone", group, groups, &usual_schema),
    LIST("places_by_test", place, places, &usual_schema),
    LIST("experts_alone", experts_alone, alone, &format_schema),
    LIST("lookups", lookup, lookups, &lookup_schema),
    LIST("beams", beams, beamed, &beams_schema),
    LIST("tests", test, tests, &test_schema),
    LIST("settings", setting, settings, &setting_schema),
    LIST("models", model, models, &model_schema),
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
