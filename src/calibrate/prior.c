/* prior.c - what is known of each parameter before the rows: its value in the catalog, and how far it may be from it.
 *
 * sigma^2 = deviation^2 + own^2 + site^2, in the link: the fit's standard deviation of the chip's or stack's value
 * (data/fitted/deviations.yaml, or fitted/calibration.yaml of an earlier calibration); of a chip or stack that the fit has not seen, how
 * far one lies from its architecture or from all stacks; and how far a site lies from what the fit says of its chip and stack. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "calibrate/calibrate.h"
#include "catalog/parameters.h"

/* The sections in which a document of deviations may have a subject; -1: none of them. */
typedef struct found {
    const tc_node *section;
    bool own; /* of the subject itself, not of what it is one of */
} found;

static tc_code open_document(tc_catalog *catalog, const char *slug, const tc_document **out, tc_error *error) {
    tc_error absent;
    *out = NULL;
    tc_code code = tc_catalog_document(catalog, TC_KIND_FITTED, slug, out, NULL, &absent);
    if (code == TC_OK || code == TC_NOT_FOUND) return TC_OK;
    if (error) *error = absent;
    return code;
}

static found find_section(const tc_document *document, const tc_subject *s) {
    const tc_node *root = document ? document->root : NULL;
    const tc_node *device = tc_node_get(root, "device"), *stack = tc_node_get(root, "stack");
    const tc_node *own = s->device ? tc_node_get(tc_node_get(device, "accelerators"), s->slug)
                                   : tc_node_get(tc_node_get(stack, "stacks"), s->slug);
    if (own) return (found){own, true};
    return (found){s->device ? tc_node_get(tc_node_get(device, "architectures"), s->architecture)
                             : tc_node_get(stack, "generic"),
                   !s->device && strcmp(s->slug, "generic") == 0};
}

/* The deviation of a parameter in SI; 0: nothing is known of it. */
static tc_code deviation_of(const tc_document *document, const tc_node *section, const tc_linked_parameter *p,
                            double *out, tc_error *error) {
    const char *text = tc_node_text(section, p->key);
    *out = 0;
    if (!text) return TC_OK;
    tc_error why;
    if (tc_parse_quantity(text, p->dimension, out, p->key, &why) || !(*out >= 0) || !isfinite(*out))
        return tc_document_fail(document, section, p->key, error, "'%.40s' is no standard deviation", text);
    return TC_OK;
}

static double squared(double x) { return x * x; }

/* The memory of a stack, which no measured time speaks of. */
static bool is_of_memory(const char *name) {
    return strcmp(name, "norm_extra") == 0 || strcmp(name, "framework_bytes") == 0
           || strcmp(name, "fragmentation") == 0;
}

/* The value that the rows of a subject have. */
static double value_of(const tc_calibration *c, int subject, int j) {
    for (int i = 0; i < c->count; i++) {
        const tc_observation *o = &c->rows[i];
        if (o->chip == subject)
            return (
                (const double *)(o->step ? &o->step->cluster.accelerator.params : &o->kernel->accelerator.params))[j];
        if (o->stack == subject) return ((const double *)&o->step->stack.params)[j - TC_DEVICE_PARAMETERS];
    }
    return 0;
}

static tc_code add_unknown(tc_calibration *c, int subject, int j, const tc_document *const documents[2],
                           tc_error *error) {
    const tc_linked_parameter *p = &tc_linked_parameters[j];
    const tc_parameter_range range = tc_parameter_range_of(j);
    if (!tc_parameter_moves(j) || range.spread <= 0 || is_of_memory(p->name)) return TC_OK;
    double value = value_of(c, subject, j), deviation = 0;
    found at = {NULL, false};
    for (int d = 0; d < 2 && deviation <= 0; d++) {
        at = find_section(documents[d], &c->subject[subject]);
        if (d == 0 && !at.own) continue; /* an earlier calibration speaks of its subjects alone */
        tc_code code = deviation_of(documents[d], at.section, p, &deviation, error);
        if (code) return code;
    }
    double general = c->subject[subject].device ? c->set.new_chip : c->set.new_stack;
    double variance = squared(deviation * tc_link_slope(p->link, value)) + squared(c->set.site * range.spread);
    if (!at.own || deviation <= 0) variance += squared(general * range.spread);
    double link = tc_to_link(p->link, value);
    /* a value that a file states beyond the range is not moved further out */
    c->unknown[c->unknowns++] = (tc_unknown){.subject = subject,
                                             .parameter = j,
                                             .natural = value,
                                             .prior = link,
                                             .sigma = sqrt(variance),
                                             .low = fmin(link, tc_to_link(p->link, range.low)),
                                             .high = fmax(link, tc_to_link(p->link, range.high)),
                                             .value = link,
                                             .sigma_after = sqrt(variance)};
    return TC_OK;
}

tc_code tc_calibration_priors(tc_calibration *c, tc_catalog *catalog, tc_error *error) {
    const tc_document *documents[2];
    tc_code code = open_document(catalog, "calibration", &documents[0], error);
    if (!code) code = open_document(catalog, "deviations", &documents[1], error);
    c->unknown = tc_arena_alloc(&c->arena, (size_t)(c->subjects + 1) * TC_PARAMETERS * sizeof *c->unknown);
    if (!c->unknown) return tc_fail(error, TC_INTERNAL, "calibrate", "out of memory");
    for (int s = 0; s < c->subjects && !code; s++) {
        int first = c->subject[s].device ? 0 : TC_DEVICE_PARAMETERS,
            last = c->subject[s].device ? TC_DEVICE_PARAMETERS : TC_PARAMETERS;
        for (int j = first; j < last && !code; j++) code = add_unknown(c, s, j, documents, error);
    }
    return code;
}
