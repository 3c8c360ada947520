/* packed.c - the trees that the build made of the data files. */
#include "catalog/packed.h"

#include <string.h>

#include "base/error.h"

static tc_node_kind kind_of(const tc_packed_node *node) { return (tc_node_kind)(node->place & 3); }

const tc_packed_node *tc_packed_next(const tc_packed_node *node) {
    return node + 1 + (kind_of(node) == TC_NODE_SCALAR ? 0 : node->text_or_nodes);
}

const char *tc_packed_text(const tc_embedded *data, const tc_packed_node *node) {
    return node && kind_of(node) == TC_NODE_SCALAR ? data->strings + node->text_or_nodes : NULL;
}

const tc_packed_node *tc_packed_find(const tc_embedded *data, const tc_embedded_file *file, const char *key) {
    const tc_packed_node *root = data->nodes + file->offset, *end = root + file->length;
    for (const tc_packed_node *child = root + 1; child < end; child = tc_packed_next(child))
        if (strcmp(data->strings + child->key, key) == 0) return child;
    return NULL;
}

/* The next of the parent's children. */
static void append(tc_node *parent, tc_node *child) {
    child->parent = parent;
    if (!parent) return;
    child->index = parent->count++;
    if (parent->last)
        parent->last->next = child;
    else
        parent->first = child;
    parent->last = child;
}

tc_code tc_document_unpack(const tc_embedded *data, const tc_embedded_file *file, const char *name, tc_arena *arena,
                           tc_document *out, tc_error *error) {
    const tc_packed_node *packed = data->nodes + file->offset;
    tc_node *nodes = tc_arena_alloc(arena, file->length * sizeof *nodes);
    const tc_packed_node *end[TC_DOCUMENT_MAX_DEPTH + 1]; /* of the open nodes */
    tc_node *open[TC_DOCUMENT_MAX_DEPTH + 1];
    int depth = 0;
    *out = (tc_document){.file = name};
    if (!nodes) return tc_fail(error, TC_INTERNAL, name, "out of memory");
    for (size_t i = 0; i < file->length; i++) {
        const tc_packed_node *from = packed + i;
        tc_node *node = nodes + i;
        while (depth > 0 && from == end[depth - 1]) depth--;
        node->kind = kind_of(from);
        node->quoted = from->place >> 2 & 1;
        node->column = (int)(from->place >> 3);
        node->line = (int)from->line;
        if (from->key != TC_PACKED_NONE) node->key = data->strings + from->key;
        append(depth > 0 ? open[depth - 1] : NULL, node);
        if (node->kind == TC_NODE_SCALAR) {
            node->text = data->strings + from->text_or_nodes;
        } else if (from->text_or_nodes > 0) {
            open[depth] = node;
            end[depth++] = tc_packed_next(from);
        }
    }
    out->root = nodes;
    return tc_document_index_sources(out, arena, error);
}
