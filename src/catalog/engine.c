/* engine.c - the formats of data/engines and data/fitted/serving.yaml.
 *
 * What a program that serves does, and its physical parameters on an accelerator's architecture. What a file does not give
 * comes from generic.yaml. A parameter is given by several places; the last that has it wins: generic.yaml and its fitted
 * values, the architecture's part of generic.yaml and its fitted values, the engine's own file, the age that was asked for, the
 * engine's part for the architecture, the fitted values of its generation, those of the generation on the architecture. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "catalog/ages.h"
#include "catalog/lookup.h"
#include "catalog/parameters.h"

#define COUNT(list) ((int)(sizeof(list) / sizeof(list)[0]))
#define LONGEST_NAME 4096 /* a path, or a name with a date */

static const tc_parameter parameters[] = {
#define TC_SERVING_PARAM(name, key, owner, dimension, link, least, low, high, text)                                    \
    {key, text, TC_DIMENSION_##dimension, offsetof(tc_serving_params, name)},
#include "traincast_serving_params.h"
#undef TC_SERVING_PARAM
};
_Static_assert(COUNT(parameters) <= TC_MAX_PARAMETERS, "room for each parameter");

const tc_parameter_table tc_serving_parameter_table = {parameters, COUNT(parameters)};

/* A line of the schema for each parameter under a section. */
#define FIELD(section, is_sourced, name, key, owner, dimension, link, least, low, high, text)                          \
    TC_PARAMETER_FIELD(section, is_sourced, name, key, dimension, link, least, text),

/* What an age and an architecture may change. */
#define TEXT(key, member) TC_PATH_TEXT(key, tc_engine, member)
#define SWITCH(member) TC_PATH(#member, BOOLEAN, tc_engine, member)
#define NUMBER(member, low, high) TC_PATH_IN(#member, INTEGER, tc_engine, member, low, high)
#define STATE                                                                                                          \
    TEXT("generation", generation), SWITCH(graphs), SWITCH(continuous), SWITCH(paged), SWITCH(overlapped),             \
        SWITCH(prefix_cache), SWITCH(unpacks), SWITCH(expert_by_expert), SWITCH(fuses_quantisation),                   \
        SWITCH(fuses_reductions), SWITCH(reserves_output), NUMBER(chunk_tokens, 0, 10000000),                          \
        NUMBER(prompt_tokens, 1, 10000000), NUMBER(most_requests, 0, 10000000), NUMBER(graph_requests, 0, 10000000),   \
        NUMBER(page_tokens, 1, 1000000), NUMBER(sparse_heads, 0, 1024), NUMBER(expert_rows, 0, 4096),                  \
        NUMBER(expert_rows_tp, 0, 1024), NUMBER(poll_steps, 0, 100000), NUMBER(balance_steps, 0, 100000),              \
        NUMBER(ahead_steps, 0, 16)

static const tc_field prior_fields[] = {
    STATE,
#define TC_SERVING_PARAM(...) FIELD("", true, __VA_ARGS__)
#include "traincast_serving_params.h"
#undef TC_SERVING_PARAM
};
static const tc_schema prior_schema = TC_SCHEMA("engine on an architecture", prior_fields);

static const tc_field age_fields[] = {
    TC_PATH_CHECKED("until", STRING, TC_NEEDED, .size = TC_STACK_DATE),
    TC_PATH_CHECKED("source", SOURCE, TC_NEEDED),
    TC_PATH_CHECKED("notes", TEXTS),
    STATE,
    TC_PATH_CHECKED("architectures", MAP, .element = &prior_schema),
#define TC_SERVING_PARAM(...) FIELD("parameters.", true, __VA_ARGS__)
#include "traincast_serving_params.h"
#undef TC_SERVING_PARAM
};
static const tc_schema age_schema = TC_SCHEMA("age of an engine", age_fields);

static const tc_field engine_fields[] = {
    TC_SCHEMA_HEAD,
    TEXT("slug", slug),
    TC_PATH_TEXT("name", tc_engine, name, TC_NEEDED),
    STATE,
    TC_PATH_CHECKED("ages", LIST, .max = 32, .element = &age_schema),
    TC_PATH_CHECKED("architectures", MAP, .element = &prior_schema),
#define TC_SERVING_PARAM(...) FIELD("parameters.", true, __VA_ARGS__)
#include "traincast_serving_params.h"
#undef TC_SERVING_PARAM
};
const tc_schema tc_engine_schema = TC_SCHEMA("engine", engine_fields);

static const tc_field value_fields[] = {
#define TC_SERVING_PARAM(...) FIELD("", false, __VA_ARGS__)
#include "traincast_serving_params.h"
#undef TC_SERVING_PARAM
};
static const tc_schema value_schema = TC_SCHEMA("fitted parameters", value_fields);

static const tc_field fitted_fields[] = {
    TC_SCHEMA_HEAD,
    TC_PATH_CHECKED("fitted_on", TEXTS, TC_NEEDED),
    TC_PATH_CHECKED("runs_hash", TEXTS, TC_NEEDED),
    TC_PATH_CHECKED("architectures", MAP, .element = &value_schema),
    TC_PATH_CHECKED("engines", MAP, .element = &value_schema),
    TC_PATH_CHECKED("pairs", MAP, .element = &value_schema),
#define TC_SERVING_PARAM(...) FIELD("generic.", false, __VA_ARGS__)
#include "traincast_serving_params.h"
#undef TC_SERVING_PARAM
};
const tc_schema tc_fitted_serving_schema = TC_SCHEMA("fitted serving parameters", fitted_fields);

/* ---- ages ------------------------------------------------------------------------------------- */

static const tc_node *first_age(const tc_document *document) {
    const tc_node *ages = tc_node_get(document->root, "ages");
    return ages ? ages->first : NULL;
}

static int until(const tc_node *age) {
    const char *text = tc_node_text(age, "until");
    return text ? tc_stack_date(text) : 0;
}

/* Each says until when; the newest stands first. */
static tc_code check_ages(const tc_document *document, tc_error *error) {
    int before = 0;
    for (const tc_node *age = first_age(document); age; age = age->next) {
        int date = until(age);
        if (!date) return tc_document_fail(document, age, "until", error, "is no date; write a month, as in 2025-09");
        if (before && date >= before)
            return tc_document_fail(document, age, "until", error,
                                    "is not before the age above; the newest stands first");
        before = date;
    }
    return TC_OK;
}

/* ---- layers ----------------------------------------------------------------------------------- */

typedef struct layers {
    const tc_document *generic, *own, *fitted;
    const char *architecture;
    int date; /* 0: the newest */
    tc_resolved *resolved;
    tc_error *error;
} layers;

static tc_code apply(const layers *l, const tc_document *document, const tc_node *mapping) {
    return tc_parameters_apply(&tc_serving_parameter_table, document, mapping, l->resolved, l->error);
}

/* The values of a section of the fit, or of one member of it. */
static tc_code apply_fitted(const layers *l, const char *section, const char *member) {
    if (!l->fitted) return TC_OK;
    const tc_node *values = tc_node_get(l->fitted->root, section);
    return apply(l, l->fitted, member ? tc_node_get(values, member) : values);
}

static tc_code apply_architecture(const layers *l, const tc_document *document, const tc_node *of, tc_engine *out) {
    const tc_node *own = tc_node_get(tc_node_get(of, "architectures"), l->architecture);
    tc_code code = own ? tc_schema_read_element(&prior_schema, document, own, out, l->error) : TC_OK;
    return code ? code : apply(l, document, own);
}

static bool holds(const layers *l, const tc_node *age) { return l->date && l->date <= until(age); }

/* The engine as it was at the date: what it does, and its own parameters. */
static tc_code apply_own(const layers *l, tc_engine *out) {
    tc_code code = tc_schema_read(&tc_engine_schema, l->own, out, l->error);
    if (code == TC_OK) code = check_ages(l->own, l->error);
    if (code == TC_OK) code = apply(l, l->own, tc_node_get(l->own->root, "parameters"));
    for (const tc_node *age = first_age(l->own); age && code == TC_OK; age = age->next) {
        if (!holds(l, age)) continue;
        code = tc_schema_read_element(&age_schema, l->own, age, out, l->error);
        if (code == TC_OK) code = apply(l, l->own, tc_node_get(age, "parameters"));
    }
    if (code == TC_OK) code = apply_architecture(l, l->own, l->own->root, out);
    for (const tc_node *age = first_age(l->own); age && code == TC_OK; age = age->next)
        if (holds(l, age)) code = apply_architecture(l, l->own, age, out);
    return code;
}

static tc_code apply_all(const layers *l, tc_engine *out) {
    char pair[96];
    tc_code code = apply(l, l->generic, tc_node_get(l->generic->root, "parameters"));
    if (code == TC_OK) code = apply_fitted(l, "generic", NULL);
    if (code == TC_OK) code = apply_architecture(l, l->generic, l->generic->root, out);
    if (code == TC_OK) code = apply_fitted(l, "architectures", l->architecture);
    if (code == TC_OK) code = apply_own(l, out);
    if (code == TC_OK) code = apply_fitted(l, "engines", out->generation);
    snprintf(pair, sizeof pair, "%s/%s", l->architecture, out->generation);
    return code == TC_OK ? apply_fitted(l, "pairs", pair) : code;
}

/* ---- the engine --------------------------------------------------------------------------------- */

static tc_code read_engine(tc_catalog *catalog, const tc_data_file *file, const char *architecture, int date,
                           tc_engine *out, tc_error *error) {
    const tc_document *generic = NULL, *fitted = NULL;
    tc_resolved resolved[TC_MAX_PARAMETERS] = {0};
    *out = tc_default_engine();
    tc_code code = tc_lookup_helper(catalog, TC_KIND_ENGINE, "generic", &tc_engine_schema, &generic, error);
    if (code == TC_OK && !generic) code = tc_fail(error, TC_NOT_FOUND, "engines/generic.yaml", "is not there; add it");
    if (code == TC_OK && !catalog->ignore_fitted && !catalog->ignore_fitted_serving)
        code = tc_lookup_helper(catalog, TC_KIND_FITTED, "serving", &tc_fitted_serving_schema, &fitted, error);
    if (code == TC_OK) code = tc_schema_read(&tc_engine_schema, generic, out, error);
    layers l = {generic, file->document, fitted, architecture[0] ? architecture : "generic", date, resolved, error};
    if (code == TC_OK) code = apply_all(&l, out);
    if (code != TC_OK) return code;
    out->asked = date;
    if (strlen(file->slug) >= sizeof out->slug)
        return tc_document_fail(file->document, NULL, "slug", error, "is too long; name the file with fewer bytes");
    snprintf(out->slug, sizeof out->slug, "%s", file->slug);
    if (!out->generation[0]) snprintf(out->generation, sizeof out->generation, "%.31s", file->slug);
    return tc_parameters_store(&tc_serving_parameter_table, resolved, "engines/generic.yaml", &out->params, error);
}

tc_code tc_catalog_engine(tc_catalog *c, const char *slug_or_path, const tc_accelerator *accelerator, tc_engine *out,
                          tc_error *e) {
    char name[LONGEST_NAME];
    int date;
    tc_data_file file;
    tc_arena own = {0};
    tc_code code = tc_stack_name_split(slug_or_path, name, sizeof name, &date, e);
    if (code && e) snprintf(e->place, sizeof e->place, "--engine");
    if (code == TC_OK) code = tc_lookup(c, TC_KIND_ENGINE, name, &own, &file, e);
    if (code == TC_OK) code = read_engine(c, &file, accelerator->architecture, date, out, e);
    if (code == TC_OK && date) {
        snprintf(name, sizeof name, "%.40s@%04d-%02d", out->slug, date / 100, date % 100);
        snprintf(out->slug, sizeof out->slug, "%.63s", name);
    }
    tc_arena_free(&own);
    return code;
}
