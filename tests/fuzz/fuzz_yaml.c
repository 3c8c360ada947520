/* fuzz_yaml.c - any bytes as a data file of each kind: a struct, or one error with a place. */
#include <stdlib.h>
#include <string.h>

#include "catalog/catalog.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(tc_code code, const tc_error *error) {
    if (code != TC_OK && (!error->place[0] || !error->text[0])) abort();
}

/* Every node has a path that leads back to it, and a field that can be asked for. */
static void walk(const tc_document *document, const tc_node *node) {
    char path[512], source[128];
    tc_node_path(node, path, sizeof path);
    for (int kind = 0; kind < TC_KIND_SCENARIO; kind++) {
        const tc_field *field = tc_schema_field(tc_kind_schema((tc_kind)kind), node);
        double value;
        tc_error error;
        if (field && field->type == TC_FIELD_NUMBER && tc_figure_number(field, document, node, &value, &error) != TC_OK)
            check(TC_INVALID, &error);
    }
    tc_figure_source(document, node, source, sizeof source);
    for (const tc_node *child = node->first; child; child = child->next) {
        if (child->parent != node) abort();
        walk(document, child);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    tc_arena arena = {0};
    tc_document document;
    tc_error error = {0};
    tc_accelerator accelerator;
    tc_fabric fabric;
    tc_model model;
    tc_stack stack;
    char name[64];
    tc_document_peek((const char *)data, size, "name", name, sizeof name);
    tc_code code = tc_document_parse((const char *)data, size, "fuzz.yaml", &arena, &document, &error);
    check(code, &error);
    if (code == TC_OK) {
        walk(&document, document.root);
        check(tc_accelerator_read(&document, &accelerator, &error), &error);
        check(tc_fabric_read(&document, &fabric, &error), &error);
        check(tc_model_read(&document, &model, &error), &error);
        check(tc_stack_read(&(tc_stack_chain){1, {&document}, {"fuzz"}}, &stack, &error), &error);
        check(tc_schema_read(&tc_fitted_device_schema, &document, NULL, &error), &error);
    }
    tc_arena_free(&arena);
    return 0;
}
