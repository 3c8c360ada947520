/* calibration.c - reads the intervals of fitted/calibration.yaml, which `traincast calibrate` wrote. */
#include "catalog/calibration.h"

#include <string.h>

#include "base/error.h"
#include "base/units.h"

static tc_code number_of(const tc_document *document, const tc_node *node, const char *key, double low, double high,
                         double *out, tc_error *error) {
    const char *text = tc_node_text(node, key);
    tc_error why;
    if (!text || tc_parse_number(text, out, key, &why) || !(*out >= low && *out <= high))
        return tc_document_fail(document, node, key, error, "%.40s; a number from %g to %g is needed",
                                text ? text : "is missing", low, high);
    return TC_OK;
}

static tc_code text_of(const tc_document *document, const tc_node *node, const char *key, const char **out,
                       tc_error *error) {
    *out = tc_node_text(node, key);
    return *out ? TC_OK : tc_document_fail(document, node, key, error, "is missing; a slug is needed");
}

static tc_code read_shares(const tc_document *document, const tc_node *steps, tc_arena *arena, tc_calibrated *out,
                           tc_error *error) {
    out->share = tc_arena_alloc(arena, ((size_t)(steps ? steps->count : 0) + 1) * sizeof *out->share);
    if (!out->share) return tc_fail(error, TC_INTERNAL, "catalog", "out of memory");
    tc_code code = TC_OK;
    for (const tc_node *step = steps ? steps->first : NULL; step && !code; step = step->next, out->steps++)
        for (int i = 0; i < TC_INTERVAL_SHARES && !code; i++)
            code = number_of(document, step, tc_interval_feature_names[TC_INTERVAL_FEATURES - TC_INTERVAL_SHARES + i],
                             0, 1, &out->share[out->steps][i], error);
    return code;
}

tc_code tc_calibration_read(const tc_document *document, tc_arena *arena, tc_interval_model *out, tc_error *error) {
    const tc_node *rows = tc_node_get(document->root, "intervals");
    out->calibrated = tc_arena_alloc(arena, ((size_t)(rows ? rows->count : 0) + 1) * sizeof *out->calibrated);
    if (!out->calibrated) return tc_fail(error, TC_INTERNAL, "catalog", "out of memory");
    tc_code code = TC_OK;
    for (const tc_node *row = rows ? rows->first : NULL; row && !code; row = row->next) {
        tc_calibrated *c = &out->calibrated[out->calibrations++];
        code = text_of(document, row, "accelerator", &c->accelerator, error);
        if (!code) code = text_of(document, row, "stack", &c->stack, error);
        if (!code) code = number_of(document, row, "scale", 0.05, 5, &c->scale, error);
        if (!code) code = read_shares(document, tc_node_get(row, "steps"), arena, c, error);
    }
    return code;
}
