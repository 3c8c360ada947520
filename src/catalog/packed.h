/* packed.h - a data file as the build leaves it: its tree in one array, so that nothing is parsed at run time.
 *
 * The YAML stays the source. tools/embed.c reads it with the same parser as a user's file (document.h) and writes the
 * nodes in the order of the text, a parent before its children; tests/test_packed.c compares both ways. */
#ifndef TC_CATALOG_PACKED_H
#define TC_CATALOG_PACKED_H

#include <stdint.h>

#include "catalog/document.h"
#include "catalog/embedded.h"

#define TC_PACKED_NONE UINT32_MAX
#define TC_PACKED_KIND(kind, quoted, column) ((uint32_t)(kind) | (uint32_t)(quoted) << 2 | (uint32_t)(column) << 3)

/* One value. The strings end with a NUL and are shared by all files. */
struct tc_packed_node {
    uint32_t place; /* kind (2 bits), quoted (1), column */
    uint32_t line;
    uint32_t key;           /* in the strings; TC_PACKED_NONE outside a mapping */
    uint32_t text_or_nodes; /* scalar: its text in the strings; otherwise the nodes below this one */
};

/* The file's tree, in the arena; its texts stay where they are embedded. Errors: out of memory. */
TC_NODISCARD tc_code tc_document_unpack(const tc_embedded *data, const tc_embedded_file *file, const char *name,
                                        tc_arena *arena, tc_document *out, tc_error *error);

/* A child of the file's root by its key, without unpacking; NULL where there is none. */
const tc_packed_node *tc_packed_find(const tc_embedded *data, const tc_embedded_file *file, const char *key);
/* The text of a scalar; NULL for another node, or none. */
const char *tc_packed_text(const tc_embedded *data, const tc_packed_node *node);
/* The node after this one and all below it. */
const tc_packed_node *tc_packed_next(const tc_packed_node *node);

#endif
