/* document.h - a YAML data file as a small tree in which every value knows its line.
 *
 * A data file is one plain document: UTF-8 text, mappings with unique keys,
 * sequences and scalars. Anchors, aliases, tags and several documents are
 * refused, and so is what is too deep or too large to have been written by hand. */
#ifndef TC_CATALOG_DOCUMENT_H
#define TC_CATALOG_DOCUMENT_H

#include <stdarg.h>

#include "base/arena.h"
#include "traincast.h"

#define TC_DOCUMENT_MAX_BYTES ((size_t)4 << 20)
#define TC_DOCUMENT_MAX_DEPTH 32
#define TC_DOCUMENT_MAX_NODES 200000

typedef enum tc_node_kind { TC_NODE_SCALAR, TC_NODE_SEQUENCE, TC_NODE_MAPPING } tc_node_kind;

typedef struct tc_node tc_node;
struct tc_node {
    tc_node_kind kind;
    bool quoted;           /* scalar: written in quotes or as a block, so it is text */
    int line, column;      /* from 1; of the key where there is one. A line below 0: of the change of that number */
    int index;             /* position in the parent */
    int count;             /* children */
    const char *key;       /* in a mapping; NULL otherwise */
    const char *text;      /* scalar */
    const tc_node *parent; /* NULL for the root */
    tc_node *first, *last, *next;
};

typedef struct tc_document {
    const char *file; /* as errors name it */
    tc_node *root;    /* a mapping */
    int sources;      /* of its own: the children of `sources`, by key */
    const tc_node **source;
    const char *const *changes;       /* that were made to it (changes.h); NULL: none */
    const struct tc_document *shared; /* whose sources hold where it has none of the key; NULL: none */
} tc_document;

/* Parses text (length bytes) into the arena. Errors: place "FILE:LINE: field.path". */
TC_NODISCARD tc_code tc_document_parse(const char *text, size_t length, const char *file, tc_arena *arena,
                                       tc_document *out, tc_error *error);
/* The same for a file. */
TC_NODISCARD tc_code tc_document_read(const char *path, tc_arena *arena, tc_document *out, tc_error *error);

/* The child of a mapping, or NULL; node may be NULL. */
const tc_node *tc_node_get(const tc_node *node, const char *key);
/* The text of a scalar child, or NULL. */
const char *tc_node_text(const tc_node *node, const char *key);
/* A descendant by path, "device.matmul" or "blocks[0].mlp", or NULL. */
const tc_node *tc_node_find(const tc_node *node, const char *path);
/* The node's path from the root, "blocks[0].attention.heads"; "" for the root. Returns buffer. */
char *tc_node_path(const tc_node *node, char *buffer, size_t size);
/* The source of a key, its own or a shared one, or NULL. */
const tc_node *tc_document_source(const tc_document *document, const char *key);
/* Plain (unquoted) nothing: "key:", "~", "null". */
bool tc_node_is_null(const tc_node *node);

/* Fails at a node, or at a key that the node lacks (key may be NULL). */
tc_code tc_document_fail(const tc_document *document, const tc_node *node, const char *key, tc_error *error,
                         const char *format, ...) __attribute__((format(printf, 5, 6)));

/* The same at a line of a file; below 0: of the change of that number. */
tc_code tc_document_fail_at(const char *file, const char *const *changes, int line, const tc_node *node,
                            const char *key, tc_error *error, const char *format, va_list args);
/* "FILE:LINE: path"; the end of a long file name is what tells files apart. */
void tc_document_write_place(const char *file, int line, const char *path, char *place, size_t size);
/* One figure may name many sources: they are found by a binary search. For those who build a document. */
TC_NODISCARD tc_code tc_document_index_sources(tc_document *document, tc_arena *arena, tc_error *error);

/* What the catalog said of a name: that it is not there gets the place of the name in this file; another error (a broken
 * file) has a place of its own. TC_OK passes. */
TC_NODISCARD tc_code tc_document_pass_on(const tc_document *document, const tc_node *node, tc_code code,
                                         const tc_error *cause, tc_error *error);

/* The scalar value of one top-level key, without reading further than it: for the names of a list.
 * Empty where there is none (or the text is no YAML); false where memory ran out. */
bool tc_document_peek(const char *text, size_t length, const char *key, char *buffer, size_t size);

#endif
