/* served_conventions.c - reads data/served.yaml by its schema. */
#include "validate/served_conventions.h"

#define TEXT(struct_, where, member) TC_PATH_TEXT(where, struct_, member, TC_NEEDED)
#define NUMBER(struct_, where, member, need_, low, high)                                                               \
    TC_PATH_IN(where, NUMBER, struct_, member, low, high, .need = need_, TC_SOURCED, .plain_si = true)
#define LIST(where, member, counter, schema_)                                                                          \
    TC_PATH_LIST(where, tc_served_conventions, member, counter, 1, TC_SERVED_LIST_MAX, schema_, TC_NEEDED)

static const tc_field engine_fields[]
    = {TEXT(tc_served_engine, "phrase", phrase), TEXT(tc_served_engine, "engine", engine),
       TC_PATH_TEXT("as_of", tc_served_engine, as_of)};
static const tc_schema engine_schema = TC_SCHEMA("engine", engine_fields);

#define SOURCE TC_PATH_CHECKED("source", SOURCE, TC_NEEDED)

static const tc_field release_fields[] = {TEXT(tc_served_release, "engine", engine),
                                          TEXT(tc_served_release, "release", release),
                                          TC_PATH_TEXT("benchmark", tc_served_release, benchmark),
                                          TC_PATH_TEXT("model", tc_served_release, model),
                                          TEXT(tc_served_release, "as_of", as_of),
                                          SOURCE};
static const tc_schema release_schema = TC_SCHEMA("release", release_fields);

static const tc_field cache_fields[] = {
    TEXT(tc_served_cache, "engine", engine),
    TEXT(tc_served_cache, "architecture", architecture),
    NUMBER(tc_served_cache, "bits", bits, TC_NEED_ALWAYS, 1, 16),
};
static const tc_schema cache_schema = TC_SCHEMA("narrow cache", cache_fields);

static const tc_field usual_fields[] = {TEXT(tc_served_usual, "engine", engine), SOURCE};
static const tc_schema usual_schema = TC_SCHEMA("engine", usual_fields);

static const tc_field format_fields[] = {TEXT(tc_served_format, "format", format), SOURCE};
static const tc_schema format_schema = TC_SCHEMA("format", format_fields);

static const tc_field lookup_fields[] = {
    TEXT(tc_served_lookup, "phrase", phrase),
    NUMBER(tc_served_lookup, "drafted", drafted, TC_NEED_ALWAYS, 0, 1),
};
static const tc_schema lookup_schema = TC_SCHEMA("lookup", lookup_fields);

static const tc_field beams_fields[] = {
    TEXT(tc_served_beams, "phrase", phrase),
    NUMBER(tc_served_beams, "width", width, TC_NEED_ALWAYS, 2, 16),
};
static const tc_schema beams_schema = TC_SCHEMA("beams", beams_fields);

#define TOKENS(where, member_) TC_PATH_IN(where, INTEGER, tc_served_test, member_, 1, 10000000, TC_NEEDED)
static const tc_field test_fields[] = {
    TEXT(tc_served_test, "engine", engine),
    TOKENS("input", input),
    TOKENS("output", output),
    NUMBER(tc_served_test, "requests", requests, TC_NEED_ALWAYS, 1, 1e9),
};
static const tc_schema test_schema = TC_SCHEMA("test", test_fields);

#define SETTING(member_) TC_PATH_IN(#member_, INTEGER, tc_served_setting, member_, 0, 10000000)
static const tc_field setting_fields[] = {TEXT(tc_served_setting, "benchmark", benchmark),
                                          TEXT(tc_served_setting, "engine", engine),
                                          TEXT(tc_served_setting, "architecture", architecture),
                                          SOURCE,
                                          SETTING(apart),
                                          SETTING(clients),
                                          SETTING(poll_steps),
                                          SETTING(balance_steps),
                                          SETTING(chunk_tokens),
                                          SETTING(prompt_tokens),
                                          SETTING(most_requests),
                                          SETTING(fuses_reductions),
                                          SETTING(evicts),
                                          SETTING(seen)};
static const tc_schema setting_schema = TC_SCHEMA("setting", setting_fields);

static const tc_field hybrid_fields[] = {
    TEXT(tc_served_hybrid, "slug", slug),
    NUMBER(tc_served_hybrid, "attends", attends, TC_NEED_ALWAYS, 0.01, 1),
    TC_PATH_TEXT("like", tc_served_hybrid, like),
    TC_PATH_IN("window", INTEGER, tc_served_hybrid, window, 1, 1000000, TC_SOURCED),
};
static const tc_schema hybrid_schema = TC_SCHEMA("hybrid", hybrid_fields);

static const tc_field device_fields[] = {TEXT(tc_served_alias, "slug", slug), TEXT(tc_served_alias, "is", is)};
static const tc_schema device_schema = TC_SCHEMA("device", device_fields);

static const tc_field model_fields[] = {TEXT(tc_served_alias, "slug", slug), TEXT(tc_served_alias, "is", is), SOURCE};
static const tc_schema model_schema = TC_SCHEMA("model", model_fields);

static const tc_field length_fields[] = {
    TEXT(tc_served_lengths, "phrase", phrase),
    NUMBER(tc_served_lengths, "input", input, TC_NEED_ALWAYS, 1, 1e7),
    NUMBER(tc_served_lengths, "output", output, TC_NEED_NEVER, 1, 1e7),
};
static const tc_schema length_schema = TC_SCHEMA("lengths", length_fields);

#define SECONDS(where, member_)                                                                                        \
    TC_PATH_IN(where, NUMBER, tc_served_limits, member_, 1e-6, 1e6, .dimension = TC_DIMENSION_SECONDS, TC_NEEDED,      \
               TC_SOURCED)
static const tc_field limit_fields[] = {
    TEXT(tc_served_limits, "benchmark", benchmark),
    TEXT(tc_served_limits, "scenario", scenario),
    SECONDS("ttft", ttft_s),
    SECONDS("tpot", tpot_s),
};
static const tc_schema limit_schema = TC_SCHEMA("limits", limit_fields);

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
static const tc_schema schema = TC_SCHEMA("served", fields);

tc_code tc_served_conventions_read(tc_catalog *catalog, tc_served_conventions *out, tc_error *error) {
    const tc_document *document;
    *out = (tc_served_conventions){.engines = 0};
    tc_code code = tc_catalog_document(catalog, TC_KIND_COMMON, "served", &document, NULL, error);
    return code ? code : tc_schema_read(&schema, document, out, error);
}
