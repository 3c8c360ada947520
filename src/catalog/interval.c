/* interval.c - reads data/fitted/intervals.yaml, written by `make fit`, and selection.yaml. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/units.h"
#include "catalog/catalog.h"
#include "catalog/interval_model.h"

/* clang-format off */
const char *const tc_interval_feature_names[TC_INTERVAL_FEATURES]
    = {"stack_unseen", "chip_unseen", "architecture_unseen", "open_layout", "assumed", "small_model", "moe",
       "low_precision", "step_time",
       "matrix_products", "attention", "memory_traffic", "host", "recompute", "layer_exchange", "expert_exchange",
       "pipeline", "data_exchange"};
/* clang-format on */

static tc_code number_of(const tc_document *document, const tc_node *row, const char *key, double *out,
                         tc_error *error) {
    const char *text = tc_node_text(row, key);
    tc_error why;
    if (!text || tc_parse_number(text, out, key, &why) || !isfinite(*out))
        return tc_document_fail(document, row, key, error, "%s; a number is expected", text ? text : "is missing");
    return TC_OK;
}

static tc_code read_seen(const tc_document *document, const char *key, tc_arena *arena, tc_seen *out, tc_error *error) {
    const tc_node *rows = tc_node_get(document->root, key);
    int count = 0;
    for (const tc_node *row = rows ? rows->first : NULL; row; row = row->next) count++;
    out->slug = tc_arena_alloc(arena, ((size_t)count + 1) * sizeof *out->slug);
    out->many = tc_arena_alloc(arena, ((size_t)count + 1) * sizeof *out->many);
    if (!out->slug || !out->many) return tc_fail(error, TC_INTERNAL, "catalog", "out of memory");
    for (const tc_node *row = rows ? rows->first : NULL; row; row = row->next) {
        tc_code code = number_of(document, rows, row->key, &out->many[out->count], error);
        if (code) return code;
        if (!(out->many[out->count] >= 1))
            return tc_document_fail(document, row, NULL, error, "%g; a number from 1 is expected",
                                    out->many[out->count]);
        out->slug[out->count++] = row->key;
    }
    return TC_OK;
}

static tc_code read_memory(const tc_document *document, tc_interval_model *out, tc_error *error) {
    const tc_node *rows = tc_node_get(document->root, "memory_intervals");
    tc_code code = TC_OK;
    for (const tc_node *row = rows ? rows->first : NULL; row && !code; row = row->next) {
        const char *evidence = tc_node_text(row, "evidence"), *memory = tc_node_text(row, "memory");
        if (!evidence || !memory || strcmp(memory, "reserved") != 0) continue;
        int known = strcmp(evidence, "stack") == 0;
        if (!known && strcmp(evidence, "none") != 0) continue;
        code = number_of(document, row, "p10", &out->memory_p10[known], error);
        if (!code) code = number_of(document, row, "p50", &out->memory_p50[known], error);
        if (!code) code = number_of(document, row, "p90", &out->memory_p90[known], error);
    }
    return code;
}

static tc_code read_scale(const tc_document *document, const tc_node *scale, tc_interval_model *out, tc_error *error) {
    const tc_node *quantiles = tc_node_get(document->root, "quantiles");
    tc_code code = number_of(document, scale, "intercept", &out->intercept, error);
    for (int i = 0; i < TC_INTERVAL_FEATURES && !code; i++)
        code = number_of(document, scale, tc_interval_feature_names[i], &out->coefficient[i], error);
    if (!code) code = number_of(document, document->root, "typical_scale", &out->typical_scale, error);
    if (!code) code = number_of(document, quantiles, "p10", &out->p10, error);
    if (!code) code = number_of(document, quantiles, "p90", &out->p90, error);
    out->scaled = !code;
    return code;
}

tc_code tc_interval_model_read(const tc_document *document, tc_arena *arena, tc_interval_model *out, tc_error *error) {
    *out = (tc_interval_model){.scaled = false};
    tc_code code = read_seen(document, "accelerators", arena, &out->accelerators, error);
    if (!code) code = read_seen(document, "architectures", arena, &out->architectures, error);
    if (!code) code = read_seen(document, "stacks", arena, &out->stacks, error);
    if (!code) code = read_seen(document, "memory_stacks", arena, &out->memory_stacks, error);
    if (!code) code = read_memory(document, out, error);
    const tc_node *scale = tc_node_get(document->root, "scale");
    return code || !scale ? code : read_scale(document, scale, out, error);
}

tc_code tc_selection_read(const tc_document *document, tc_interval_model *out, tc_error *error) {
    double shrinkage, field;
    tc_code code = number_of(document, document->root, "shrinkage", &shrinkage, error);
    if (!code) code = number_of(document, document->root, "field", &field, error);
    if (code) return code;
    if (shrinkage < 0 || shrinkage > 1)
        return tc_document_fail(document, document->root, "shrinkage", error, "%g; from 0 to 1 is needed", shrinkage);
    if (field <= 1 || field > 10)
        return tc_document_fail(document, document->root, "field", error, "%g; above 1 and at most 10 is needed",
                                field);
    out->shrinkage = shrinkage;
    out->field = field;
    return TC_OK;
}
