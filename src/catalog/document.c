/* document.c - the tree of a data file: its values, their places, its sources. */
#include "catalog/document.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* ---- places ------------------------------------------------------------------- */

#define MAX_FILE_IN_PLACE 160

void tc_document_write_place(const char *file, int line, const char *path, char *place, size_t size) {
    size_t length = strlen(file);
    bool is_long = length > MAX_FILE_IN_PLACE;
    snprintf(place, size, "%s%s:%d%s%s", is_long ? "..." : "", is_long ? file + length - MAX_FILE_IN_PLACE : file, line,
             path[0] ? ": " : "", path);
}

char *tc_node_path(const tc_node *node, char *buffer, size_t size) {
    const tc_node *chain[TC_DOCUMENT_MAX_DEPTH + 2];
    int depth = 0;
    for (; node && node->parent && depth < TC_DOCUMENT_MAX_DEPTH + 2; node = node->parent) chain[depth++] = node;
    size_t used = 0;
    buffer[0] = 0;
    while (depth-- > 0 && used < size) {
        int written = chain[depth]->key
                          ? snprintf(buffer + used, size - used, "%s%s", used ? "." : "", chain[depth]->key)
                          : snprintf(buffer + used, size - used, "[%d]", chain[depth]->index);
        used += written > 0 ? (size_t)written : 0;
    }
    return buffer;
}

/* "--set CHANGE: path" */
static void write_place_of_change(const char *change, const char *path, char *place, size_t size) {
    snprintf(place, size, "--set %.160s%s%.120s", change, path[0] ? ": " : "", path);
}

tc_code tc_document_fail_at(const char *file, const char *const *changes, int line, const tc_node *node,
                            const char *key, tc_error *error, const char *format, va_list args) {
    char path[256], place[sizeof error->place], text[sizeof error->text];
    tc_node_path(node, path, sizeof path);
    size_t used = strlen(path);
    if (key) snprintf(path + used, sizeof path - used, "%s%s", used ? "." : "", key);
    if (line < 0 && changes)
        write_place_of_change(changes[-line - 1], path, place, sizeof place);
    else
        tc_document_write_place(file, line, path, place, sizeof place);
    vsnprintf(text, sizeof text, format, args);
    return tc_fail(error, TC_INVALID, place, "%s", text);
}

tc_code tc_document_fail(const tc_document *document, const tc_node *node, const char *key, tc_error *error,
                         const char *format, ...) {
    va_list args;
    va_start(args, format);
    tc_code code
        = tc_document_fail_at(document->file, document->changes, node ? node->line : 1, node, key, error, format, args);
    va_end(args);
    return code;
}

tc_code tc_document_pass_on(const tc_document *document, const tc_node *node, tc_code code, const tc_error *cause,
                            tc_error *error) {
    /* of what stands there, not of a file that it names */
    bool own = node && node->key && strcmp(cause->place, node->key) == 0;
    if (code == TC_NOT_FOUND || (code == TC_INVALID && own))
        return tc_document_fail(document, node, NULL, error, "%s", cause->text);
    if (code != TC_OK && error) *error = *cause;
    return code;
}

/* ---- the tree ------------------------------------------------------------------- */

const tc_node *tc_node_get(const tc_node *node, const char *key) {
    if (!node || node->kind != TC_NODE_MAPPING) return NULL;
    for (const tc_node *child = node->first; child; child = child->next)
        if (strcmp(child->key, key) == 0) return child;
    return NULL;
}

const char *tc_node_text(const tc_node *node, const char *key) {
    const tc_node *child = tc_node_get(node, key);
    return child && child->kind == TC_NODE_SCALAR ? child->text : NULL;
}

const tc_node *tc_node_find(const tc_node *node, const char *path) {
    while (node && *path) {
        if (*path == '[') {
            long index = strtol(path + 1, NULL, 10);
            node = node->kind == TC_NODE_SEQUENCE ? node->first : NULL;
            for (; node && index > 0; index--) node = node->next;
            path += strcspn(path, "]");
            if (*path) path++;
        } else {
            char key[64];
            size_t length = strcspn(path, ".[");
            if (length >= sizeof key) return NULL;
            memcpy(key, path, length);
            key[length] = 0;
            node = tc_node_get(node, key);
            path += length;
        }
        if (*path == '.') path++;
    }
    return node;
}

bool tc_node_is_null(const tc_node *node) {
    if (node->kind != TC_NODE_SCALAR || node->quoted) return false;
    return !node->text[0] || strcmp(node->text, "~") == 0 || strcmp(node->text, "null") == 0;
}

/* ---- sources ---------------------------------------------------------------------- */

static int by_key(const void *a, const void *b) {
    return strcmp((*(const tc_node *const *)a)->key, (*(const tc_node *const *)b)->key);
}

tc_code tc_document_index_sources(tc_document *document, tc_arena *arena, tc_error *error) {
    const tc_node *sources = tc_node_get(document->root, "sources");
    if (!sources || sources->kind != TC_NODE_MAPPING || sources->count == 0) return TC_OK;
    document->source = tc_arena_alloc(arena, (size_t)sources->count * sizeof *document->source);
    if (!document->source) return tc_fail(error, TC_INTERNAL, document->file, "out of memory");
    for (const tc_node *child = sources->first; child; child = child->next)
        document->source[document->sources++] = child;
    qsort(document->source, (size_t)document->sources, sizeof *document->source, by_key);
    return TC_OK;
}

const tc_node *tc_document_source(const tc_document *document, const char *key) {
    const tc_node wanted = {.key = key}, *pointer = &wanted;
    for (; document; document = document->shared) {
        if (document->sources == 0) continue;
        const tc_node **found
            = bsearch(&pointer, document->source, (size_t)document->sources, sizeof *document->source, by_key);
        if (found) return *found;
    }
    return NULL;
}
