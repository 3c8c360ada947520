/* interval.c - the interval of a forecast by what makes it difficult.
 *
 * For memory the stack alone counts: whether runs of it stated their memory.
 */
#include "step/interval.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/formats.h"
#include "base/units.h"
#include "workload/operators.h"

static const char *const evidences[TC_EVIDENCES] = {
    "measured runs of this chip and of this stack",
    "measured runs of this chip, not of this stack",
    "measured runs of other chips of this architecture",
    "no measured runs of this architecture",
};

const char *tc_evidence_text(tc_evidence evidence) { return evidences[evidence]; }

const char *const tc_interval_feature_names[TC_INTERVAL_FEATURES] = {
    "stack_unseen",
    "chip_unseen",
    "architecture_unseen",
    "ascend",
    "tpu",
    "other_vendor",
    "moe",
    "low_precision",
    "communication",
    "host",
    "memory_traffic",
    "attention",
    "bubble",
};

void tc_interval_features(bool stack_seen, bool chip_seen, bool architecture_seen, const tc_job *job,
                          const tc_accelerator *accelerator, const tc_step *step, double out[TC_INTERVAL_FEATURES]) {
    const tc_breakdown *b = &step->breakdown;
    bool ascend = strncmp(accelerator->slug, "ascend", 6) == 0, tpu = strncmp(accelerator->slug, "tpu", 3) == 0;
    const double features[TC_INTERVAL_FEATURES] = {
        !stack_seen,
        !chip_seen,
        !architecture_seen,
        ascend,
        tpu,
        !ascend && !tpu && strcmp(accelerator->vendor, "NVIDIA") != 0,
        tc_has_experts(&job->model),
        tc_format_is_low(job->dtype),
        (b->tp_comm + b->cp_comm + b->ep_comm + b->pp_comm + b->dp_comm) / step->step_s,
        (b->host + b->launch) / step->step_s,
        (b->memory_bound + b->optimizer) / step->step_s,
        b->attention / step->step_s,
        b->bubble / step->step_s,
    };
    memcpy(out, features, sizeof features);
}

static bool text_is(const tc_node *row, const char *key, const char *text) {
    const char *value = tc_node_text(row, key);
    return value && strcmp(value, text) == 0;
}

static tc_code number_of(const tc_document *document, const tc_node *row, const char *key, double *out,
                         tc_error *error) {
    const char *text = tc_node_text(row, key);
    tc_error why;
    if (!text || tc_parse_number(text, out, key, &why) || !isfinite(*out))
        return tc_document_fail(document, row, key, error, "%s; a number is expected", text ? text : "is missing");
    return TC_OK;
}

static tc_code find_memory(const tc_document *document, const tc_stack *stack, tc_interval *out, tc_error *error) {
    bool known = tc_node_get(tc_node_get(document->root, "memory_stacks"), stack->slug) != NULL;
    const tc_node *rows = tc_node_get(document->root, "memory_intervals");
    for (const tc_node *row = rows ? rows->first : NULL; row; row = row->next) {
        if (!text_is(row, "evidence", known ? "stack" : "none") || !text_is(row, "memory", "reserved")) continue;
        tc_code code = number_of(document, row, "p10", &out->memory_p10, error);
        return code ? code : number_of(document, row, "p90", &out->memory_p90, error);
    }
    return TC_OK;
}

/* log s of the forecast's difficulty. */
static tc_code find_scale(const tc_document *document, const double features[TC_INTERVAL_FEATURES], double *out,
                          tc_error *error) {
    const tc_node *scale = tc_node_get(document->root, "scale");
    tc_code code = number_of(document, scale, "intercept", out, error);
    for (int i = 0; i < TC_INTERVAL_FEATURES && !code; i++) {
        double coefficient = 0;
        code = number_of(document, scale, tc_interval_feature_names[i], &coefficient, error);
        *out += coefficient * features[i];
    }
    return code;
}

tc_code tc_interval_find(tc_catalog *catalog, const tc_job *job, const tc_accelerator *accelerator,
                         const tc_stack *stack, const tc_step *step, tc_interval *out, tc_error *error) {
    *out = (tc_interval){.evidence = TC_EVIDENCE_DATASHEET};
    const tc_document *document;
    tc_error absent;
    tc_code code = tc_catalog_document(catalog, TC_KIND_FITTED, "intervals", &document, NULL, &absent);
    if (code == TC_NOT_FOUND) return TC_OK;
    if (code) {
        if (error) *error = absent;
        return code;
    }
    const tc_node *root = document->root;
    bool stack_seen = tc_node_get(tc_node_get(root, "stacks"), stack->slug) != NULL;
    bool chip_seen = tc_node_get(tc_node_get(root, "accelerators"), accelerator->slug) != NULL;
    bool architecture_seen
        = chip_seen || tc_node_get(tc_node_get(root, "architectures"), accelerator->architecture) != NULL;
    if (chip_seen)
        out->evidence = stack_seen ? TC_EVIDENCE_CHIP_AND_STACK : TC_EVIDENCE_CHIP;
    else if (architecture_seen)
        out->evidence = TC_EVIDENCE_ARCHITECTURE;
    if ((code = find_memory(document, stack, out, error)) || !tc_node_get(root, "scale")) return code;
    double features[TC_INTERVAL_FEATURES], scale = 0, p10 = 0, p90 = 0;
    tc_interval_features(stack_seen, chip_seen, architecture_seen, job, accelerator, step, features);
    const tc_node *quantiles = tc_node_get(root, "quantiles");
    if ((code = find_scale(document, features, &scale, error))
        || (code = number_of(document, quantiles, "p10", &p10, error))
        || (code = number_of(document, quantiles, "p90", &p90, error)))
        return code;
    out->p10 = exp(p10 * exp(scale));
    out->p90 = exp(p90 * exp(scale));
    return TC_OK;
}

tc_code tc_interval_apply(tc_catalog *catalog, const tc_job *job, const tc_accelerator *accelerator,
                          const tc_stack *stack, tc_step *step, tc_error *error) {
    tc_interval interval;
    tc_code code = tc_interval_find(catalog, job, accelerator, stack, step, &interval, error);
    if (code) return code;
    step->step_s_p10 = step->step_s * interval.p10;
    step->step_s_p90 = step->step_s * interval.p90;
    step->memory_p10 = step->memory.reserved * interval.memory_p10;
    step->memory_p90 = step->memory.reserved * interval.memory_p90;
    step->evidence = interval.p90 > 0 ? tc_evidence_text(interval.evidence) : NULL;
    return TC_OK;
}
