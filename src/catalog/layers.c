/* layers.c - the parameters of an accelerator or a stack, from the files that give them. */
#include "catalog/layers.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"

typedef struct layers {
    tc_catalog *catalog;
    const tc_parameter_table *table;
    tc_resolved *resolved;
    tc_error *error;
} layers;

static tc_code apply(const layers *l, const tc_document *document, const tc_node *mapping) {
    return tc_parameters_apply(l->table, document, mapping, l->resolved, l->error);
}

/* The fitted values of one section, or of one member of it; nothing where there are none. */
static tc_code apply_fitted(const layers *l, const char *file, const tc_schema *schema, const char *section,
                            const char *member) {
    const tc_document *fitted = NULL;
    tc_code code = l->catalog->ignore_fitted
                       ? TC_OK
                       : tc_lookup_helper(l->catalog, TC_KIND_FITTED, file, schema, &fitted, l->error);
    if (code != TC_OK || !fitted) return code;
    const tc_node *values = tc_node_get(fitted->root, section);
    return apply(l, fitted, member ? tc_node_get(values, member) : values);
}

static tc_code fail_architecture(tc_catalog *catalog, const tc_document *document, const tc_node *node,
                                 tc_error *error) {
    int count;
    const tc_entry *known = tc_entries_of_kind(&catalog->entries, TC_KIND_ARCHITECTURE, &count);
    char list[360] = "";
    for (int i = 0; i < count; i++) tc_append(list, sizeof list, "%s%s", i ? ", " : "", known[i].slug);
    return tc_document_fail(document, node, NULL, error, "'%.40s' has no file; leave it out, or write one of %s",
                            node->text, list);
}

/* From the general to the particular, each level's prior before its fitted value. */
tc_code tc_resolve_device(tc_catalog *catalog, const tc_document *document, const char *slug, tc_resolved *resolved,
                          tc_error *error) {
    const layers all = {catalog, &tc_device_parameter_table, resolved, error}, *l = &all;
    const tc_document *generic = NULL, *architecture = NULL;
    const tc_node *name = tc_node_get(document->root, "architecture");
    const tc_schema *priors = &tc_architecture_schema, *fitted = &tc_fitted_device_schema;
    tc_code code = tc_lookup_helper(catalog, TC_KIND_ARCHITECTURE, "generic", priors, &generic, error);
    if (code == TC_OK && generic) code = apply(l, generic, tc_node_get(generic->root, "parameters"));
    if (code == TC_OK) code = apply_fitted(l, "device", fitted, "generic", NULL);
    if (code == TC_OK && name) {
        code = tc_lookup_helper(catalog, TC_KIND_ARCHITECTURE, name->text, priors, &architecture, error);
        if (code == TC_OK && !architecture) code = fail_architecture(l->catalog, document, name, l->error);
        if (code == TC_OK) code = apply(l, architecture, tc_node_get(architecture->root, "parameters"));
        if (code == TC_OK) code = apply_fitted(l, "device", fitted, "architectures", name->text);
    }
    if (code == TC_OK) code = apply_fitted(l, "device", fitted, "accelerators", slug);
    if (code == TC_OK) code = apply(l, document, tc_node_get(document->root, "parameters"));
    /* what was measured here goes over what any file says */
    return code == TC_OK ? apply_fitted(l, "calibrated-device", fitted, "accelerators", slug) : code;
}

/* ---- a stack and its bases --------------------------------------------------------------------- */

static tc_code add_stack(tc_catalog *catalog, const tc_data_file *file, tc_arena *own, int depth, tc_stack_chain *chain,
                         tc_error *error);

/* One stack that `document` names as its base. */
static tc_code add_base(tc_catalog *catalog, const tc_document *document, const tc_node *base, tc_arena *own, int depth,
                        tc_stack_chain *chain, tc_error *error) {
    tc_data_file file;
    if (base->kind != TC_NODE_SCALAR || tc_node_is_null(base))
        return tc_document_fail(document, base, NULL, error, "is no name; write a stack's slug, or a list of them");
    if (depth == TC_STACK_CHAIN)
        return tc_document_fail(document, base, NULL, error,
                                "'%.80s' leads in a circle or too far; name a stack that stands on its own",
                                base->text);
    if (!tc_entries_find(&catalog->entries, TC_KIND_STACK, base->text))
        return tc_document_fail(document, base, NULL, error,
                                "'%.80s' is not in the catalog; 'traincast list stacks' shows what is", base->text);
    tc_code code = tc_lookup(catalog, TC_KIND_STACK, base->text, own, &file, error);
    return code == TC_OK ? add_stack(catalog, &file, own, depth + 1, chain, error) : code;
}

/* The bases in the order of their list, then the stack; each once. */
static tc_code add_stack(tc_catalog *catalog, const tc_data_file *file, tc_arena *own, int depth, tc_stack_chain *chain,
                         tc_error *error) {
    tc_code code = TC_OK;
    for (int i = 0; i < chain->count; i++)
        if (chain->document[i] == file->document) return TC_OK;
    const tc_node *base = tc_node_get(file->document->root, "base");
    const tc_node *next = base && base->kind == TC_NODE_SEQUENCE ? base->first : base;
    for (; next && code == TC_OK; next = next == base ? NULL : next->next)
        code = add_base(catalog, file->document, next, own, depth, chain, error);
    if (code == TC_OK && chain->count == TC_STACK_CHAIN)
        code = tc_document_fail(file->document, base, NULL, error, "leads to more than %d stacks; name fewer",
                                TC_STACK_CHAIN);
    if (code != TC_OK) return code;
    chain->document[chain->count] = file->document;
    chain->slug[chain->count++] = file->slug;
    return TC_OK;
}

tc_code tc_stack_chain_open(tc_catalog *catalog, const tc_data_file *file, tc_arena *own, tc_stack_chain *out,
                            tc_error *error) {
    const tc_document *generic = NULL;
    *out = (tc_stack_chain){0};
    if (strcmp(file->slug, "generic") != 0) {
        tc_code code = tc_lookup_helper(catalog, TC_KIND_STACK, "generic", NULL, &generic, error);
        if (code != TC_OK) return code;
    }
    if (generic) *out = (tc_stack_chain){1, {generic}, {"generic"}};
    return add_stack(catalog, file, own, 0, out, error);
}

tc_code tc_resolve_stack(tc_catalog *catalog, const tc_stack_chain *chain, tc_resolved *resolved, tc_error *error) {
    const layers all = {catalog, &tc_stack_parameter_table, resolved, error}, *l = &all;
    const tc_schema *fitted = &tc_fitted_stack_schema;
    tc_code code = TC_OK;
    for (int i = 0; i < chain->count && code == TC_OK; i++) {
        bool generic = strcmp(chain->slug[i], "generic") == 0;
        code = apply(l, chain->document[i], tc_node_get(chain->document[i]->root, "parameters"));
        if (code == TC_OK)
            code = apply_fitted(l, "stack", fitted, generic ? "generic" : "stacks", generic ? NULL : chain->slug[i]);
        if (code == TC_OK && (!generic || chain->count == 1)) /* own steps of generic are no other stack's */
            code = apply_fitted(l, "calibrated-stack", fitted, "stacks", chain->slug[i]);
    }
    for (int i = 0; i < chain->count && code == TC_OK; i++) /* what the question sets is no prior of a fit */
        code = tc_parameters_apply_changes(l->table, chain->document[i],
                                           tc_node_get(chain->document[i]->root, "parameters"), resolved, error);
    return code;
}
