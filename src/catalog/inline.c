/* inline.c - an object of JSON as a data file's tree: what YAML makes of the same text. */
#include "catalog/inline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

typedef struct builder {
    const tc_document *document;
    tc_arena *arena;
    int nodes;
    tc_code code;
    tc_error *error;
} builder;

static void fail(builder *b, const tc_node *node, const char *text) {
    if (!b->code) b->code = tc_document_fail(b->document, node, NULL, b->error, "%s", text);
}

static void fail_memory(builder *b) {
    if (!b->code) b->code = tc_fail(b->error, TC_INTERNAL, b->document->file, "out of memory");
}

/* The text of a scalar, as it would stand in a file. NULL: no memory. */
static const char *text_of(builder *b, const json_t *value, bool *quoted) {
    char number[40];
    const char *text = number;
    *quoted = json_is_string(value);
    if (*quoted)
        text = json_string_value(value);
    else if (json_is_integer(value))
        snprintf(number, sizeof number, "%lld", (long long)json_integer_value(value));
    else if (json_is_real(value))
        snprintf(number, sizeof number, "%.17g", json_real_value(value));
    else
        text = json_is_true(value) ? "true" : json_is_false(value) ? "false" : "null";
    return tc_arena_copy(b->arena, text, strlen(text));
}

static tc_node *add(builder *b, tc_node *parent, const char *key, const json_t *value, int depth);

static void add_children(builder *b, tc_node *node, const json_t *value, int depth) {
    const char *key;
    json_t *child;
    for (size_t i = 0; i < json_array_size(value) && !b->code; i++) add(b, node, NULL, json_array_get(value, i), depth);
    if (!json_is_object(value)) return;
    json_object_foreach((json_t *)(uintptr_t)value, key, child) {
        if (!b->code) add(b, node, key, child, depth);
    }
}

static tc_node *add(builder *b, tc_node *parent, const char *key, const json_t *value, int depth) {
    tc_node *node = tc_arena_alloc(b->arena, sizeof *node);
    if (!node) fail_memory(b);
    if (b->code) return NULL;
    *node = (tc_node){.parent = parent, .index = parent ? parent->count : 0};
    if (parent) {
        *(parent->last ? &parent->last->next : &parent->first) = node;
        parent->last = node;
        parent->count++;
    }
    if (key && !(node->key = tc_arena_copy(b->arena, key, strlen(key)))) fail_memory(b);
    if (++b->nodes > TC_DOCUMENT_MAX_NODES) fail(b, node, "is too large; a data file has fewer values");
    if (depth > TC_DOCUMENT_MAX_DEPTH) fail(b, node, "is nested too deeply for a data file");
    node->kind = json_is_object(value) ? TC_NODE_MAPPING : json_is_array(value) ? TC_NODE_SEQUENCE : TC_NODE_SCALAR;
    if (node->kind != TC_NODE_SCALAR)
        add_children(b, node, value, depth + 1);
    else if (!(node->text = text_of(b, value, &node->quoted)))
        fail_memory(b);
    return node;
}

tc_code tc_document_from_json(const tc_inline_file *given, tc_arena *arena, tc_document *out, tc_error *error) {
    const char *name = tc_arena_copy(arena, given->name, strlen(given->name));
    if (!name) return tc_fail(error, TC_INTERNAL, given->name, "out of memory");
    *out = (tc_document){.file = name};
    builder b = {.document = out, .arena = arena, .error = error};
    out->root = add(&b, NULL, NULL, given->object, 0);
    return b.code ? b.code : tc_document_index_sources(out, arena, error);
}
