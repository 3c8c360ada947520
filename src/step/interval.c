/* interval.c - looks an interval up by architecture, evidence and kind of model.
 *
 * Rows go from the particular to the general: (architecture, evidence, kind),
 * then any architecture, then the nearest evidence that has a row. For memory the
 * stack alone counts: whether runs of it stated their memory.
 */
#include "step/interval.h"

#include <string.h>

#include "base/error.h"
#include "base/units.h"

static const struct {
    const char *name, *text;
} evidences[TC_EVIDENCES] = {
    {"chip-and-stack", "measured runs of this chip and of this stack"},
    {"chip", "measured runs of this chip, not of this stack"},
    {"architecture", "measured runs of other chips of this architecture"},
    {"datasheet", "no measured runs of this architecture"},
};

const char *tc_evidence_name(tc_evidence evidence) { return evidences[evidence].name; }
const char *tc_evidence_text(tc_evidence evidence) { return evidences[evidence].text; }

static tc_evidence evidence_of(const tc_node *root, const tc_accelerator *accelerator, const tc_stack *stack) {
    bool chip = tc_node_get(tc_node_get(root, "accelerators"), accelerator->slug) != NULL;
    bool known_stack = tc_node_get(tc_node_get(root, "stacks"), stack->slug) != NULL;
    if (chip) return known_stack ? TC_EVIDENCE_CHIP_AND_STACK : TC_EVIDENCE_CHIP;
    bool architecture = tc_node_get(tc_node_get(root, "architectures"), accelerator->architecture) != NULL;
    return architecture ? TC_EVIDENCE_ARCHITECTURE : TC_EVIDENCE_DATASHEET;
}

static bool text_is(const tc_node *row, const char *key, const char *text) {
    const char *value = tc_node_text(row, key);
    return value && strcmp(value, text) == 0;
}

static const tc_node *find_row(const tc_node *rows, const char *architecture, const char *evidence, const char *kind) {
    for (const tc_node *row = rows ? rows->first : NULL; row; row = row->next)
        if (text_is(row, "architecture", architecture) && text_is(row, "evidence", evidence) && text_is(row, "kind", kind)) return row;
    return NULL;
}

static tc_code number_of(const tc_document *document, const tc_node *row, const char *key, double *out, tc_error *error) {
    const char *text = tc_node_text(row, key);
    tc_error why;
    if (!text || tc_parse_number(text, out, key, &why) || !(*out > 0))
        return tc_document_fail(document, row, key, error, "%s; a positive number is expected", text ? text : "is missing");
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

tc_code tc_interval_find(tc_catalog *catalog, const tc_accelerator *accelerator, const tc_stack *stack, const tc_model *model,
                         tc_interval *out, tc_error *error) {
    *out = (tc_interval){.evidence = TC_EVIDENCE_DATASHEET};
    const tc_document *document;
    tc_error absent;
    tc_code code = tc_catalog_document(catalog, TC_KIND_FITTED, "intervals", &document, NULL, &absent);
    if (code == TC_NOT_FOUND) return TC_OK;
    if (code) {
        if (error) *error = absent;
        return code;
    }
    out->evidence = evidence_of(document->root, accelerator, stack);
    if ((code = find_memory(document, stack, out, error))) return code;
    bool moe = false;
    for (int i = 0; i < model->blocks; i++) moe = moe || model->block[i].experts > 0;
    const char *kind = moe ? "moe" : "dense", *evidence = tc_evidence_name(out->evidence);
    const tc_node *rows = tc_node_get(document->root, "intervals");
    const tc_node *row = find_row(rows, accelerator->architecture, evidence, kind);
    for (int e = (int)out->evidence; !row && e >= 0; e--) row = find_row(rows, "any", tc_evidence_name((tc_evidence)e), kind);
    if (!row) return TC_OK;
    double runs = 0;
    if ((code = number_of(document, row, "p10", &out->p10, error)) || (code = number_of(document, row, "p90", &out->p90, error))
        || (code = number_of(document, row, "runs", &runs, error)))
        return code;
    out->runs = (int)runs;
    return TC_OK;
}

void tc_interval_apply(const tc_interval *interval, tc_step *step) {
    step->step_s_p10 = step->step_s * interval->p10;
    step->step_s_p90 = step->step_s * interval->p90;
    step->memory_p10 = step->memory.reserved * interval->memory_p10;
    step->memory_p90 = step->memory.reserved * interval->memory_p90;
    step->evidence = interval->p90 > 0 ? tc_evidence_text(interval->evidence) : NULL;
}
