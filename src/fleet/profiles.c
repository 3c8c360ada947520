/* profiles.c - reads data/serving_profiles.yaml: the load of each hour, relative to the peak hour. */
#include "fleet/profiles.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/vocabulary.h"
#include "catalog/schema.h"

#define HOURS 24
#define MOST_PROFILES 64

static const tc_field profile_fields[] = {
    {.path = "slug",
     .type = TC_FIELD_STRING,
     .need = TC_NEED_ALWAYS,
     .offset = offsetof(tc_serving_profile, slug),
     .size = sizeof(((tc_serving_profile *)0)->slug)},
    {.path = "source", .type = TC_FIELD_SOURCE, .need = TC_NEED_ALWAYS, .offset = TC_NOT_STORED},
    {.path = "weekend",
     .type = TC_FIELD_NUMBER,
     .need = TC_NEED_ALWAYS,
     .offset = offsetof(tc_serving_profile, weekend),
     .max = 10},
    {.path = "hours", .type = TC_FIELD_TEXTS, .need = TC_NEED_ALWAYS, .offset = TC_NOT_STORED},
};
static const tc_schema profile_schema = {"profile", profile_fields, sizeof profile_fields / sizeof *profile_fields};

typedef struct profiles_file {
    char slug[32], name[96];
    int count;
    tc_serving_profile profile[MOST_PROFILES];
} profiles_file;

static const tc_field fields[] = {
    TC_SCHEMA_HEAD,
    {.path = "slug", .type = TC_FIELD_STRING, .offset = offsetof(profiles_file, slug), .size = 32},
    {.path = "name", .type = TC_FIELD_STRING, .offset = offsetof(profiles_file, name), .size = 96},
    {.path = "profiles",
     .type = TC_FIELD_LIST,
     .need = TC_NEED_ALWAYS,
     .offset = offsetof(profiles_file, profile),
     .size = sizeof(tc_serving_profile),
     .min = 1,
     .max = MOST_PROFILES,
     .element = &profile_schema,
     .count_offset = offsetof(profiles_file, count)},
};
static const tc_schema schema = {"serving_profiles", fields, sizeof fields / sizeof *fields};

static tc_code read_hours(const tc_document *document, const tc_node *hours, tc_serving_profile *out, tc_error *error) {
    static const tc_field hour = {.path = "hours", .type = TC_FIELD_NUMBER};
    int n = 0;
    if (!hours || hours->kind != TC_NODE_SEQUENCE || hours->count != HOURS)
        return tc_document_fail(document, hours, NULL, error, "is no list of %d numbers", HOURS);
    for (const tc_node *node = hours->first; node; node = node->next, n++) {
        tc_code code = tc_figure_number(&hour, document, node, &out->hour[n], error);
        if (code != TC_OK) return code;
        if (out->hour[n] < 0 || out->hour[n] > 1)
            return tc_document_fail(document, node, NULL, error, "is no share of the peak hour's load; 0 to 1");
    }
    return TC_OK;
}

tc_code tc_serving_profile_load(tc_catalog *catalog, const char *word, tc_serving_profile *out, tc_error *error) {
    const tc_document *document;
    profiles_file file = {0};
    tc_code code = tc_catalog_document(catalog, TC_KIND_COMMON, "serving_profiles", &document, NULL, error);
    if (code == TC_OK) code = tc_schema_read(&schema, document, &file, error);
    if (code != TC_OK) return code;
    const char *words[MOST_PROFILES];
    char list[512] = "";
    size_t used = 0;
    const tc_node *node = tc_node_get(document->root, "profiles")->first;
    for (int i = 0; i < file.count; i++, node = node->next) {
        if (strcmp(file.profile[i].slug, word) == 0) {
            *out = file.profile[i];
            return read_hours(document, tc_node_get(node, "hours"), out, error);
        }
        words[i] = file.profile[i].slug;
        if (used < sizeof list)
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", words[i]);
    }
    const char *nearest = tc_nearest(word, words, file.count);
    return tc_fail(error, TC_NOT_FOUND, "profile", "'%.40s' is unknown; %s%s%s one of %s", word,
                   nearest ? "did you mean '" : "write", nearest ? nearest : "", nearest ? "'?" : "", list);
}
