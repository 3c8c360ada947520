/* profiles.c - reads data/serving_profiles.yaml: the load of each hour, relative to the peak hour. */
#include "fleet/profiles.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "base/vocabulary.h"
#include "catalog/schema.h"

#define HOURS 24
#define MOST_PROFILES 64

static const tc_field profile_fields[] = {
    TC_PATH_TEXT("slug", tc_serving_profile, slug, TC_NEEDED),
    TC_PATH_CHECKED("source", SOURCE, TC_NEEDED),
    TC_PATH_IN("weekend", NUMBER, tc_serving_profile, weekend, 0, 10, TC_NEEDED),
    TC_PATH_CHECKED("hours", TEXTS, TC_NEEDED),
};
static const tc_schema profile_schema = TC_SCHEMA("profile", profile_fields);

typedef struct profiles_file {
    char slug[32], name[96];
    int count;
    tc_serving_profile profile[MOST_PROFILES];
} profiles_file;

static const tc_field fields[] = {
    TC_SCHEMA_HEAD,
    TC_PATH_TEXT("slug", profiles_file, slug),
    TC_PATH_TEXT("name", profiles_file, name),
    TC_PATH_LIST("profiles", profiles_file, profile, count, 1, MOST_PROFILES, &profile_schema, TC_NEEDED),
};
static const tc_schema schema = TC_SCHEMA("serving_profiles", fields);

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
    const tc_node *node = tc_node_get(document->root, "profiles")->first;
    for (int i = 0; i < file.count; i++, node = node->next) {
        if (strcmp(file.profile[i].slug, word) == 0) {
            *out = file.profile[i];
            return read_hours(document, tc_node_get(node, "hours"), out, error);
        }
        words[i] = file.profile[i].slug;
        tc_append(list, sizeof list, "%s%s", i ? ", " : "", words[i]);
    }
    const char *nearest = tc_nearest(word, words, file.count);
    return tc_fail(error, TC_NOT_FOUND, "profile", "'%.40s' is unknown; %s%s%s one of %s", word,
                   nearest ? "did you mean '" : "write", nearest ? nearest : "", nearest ? "'?" : "", list);
}
