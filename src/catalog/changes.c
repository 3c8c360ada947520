/* changes.c - copies a document's tree and changes values of it by their paths. What a change brings has the line -k in the tree, k
 * being the change's number from 1, so that an error in it names the change and not a line. */
#include "catalog/changes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

typedef struct changer {
    tc_document *document;
    tc_arena *arena;
    const char *change, *name; /* at hand; as errors name it */
    int number;                /* of it, from 1 */
    tc_error *error;
} changer;

static tc_code fail(const changer *c, const char *text, const char *what) {
    char place[sizeof c->error->place];
    snprintf(place, sizeof place, "--set %.200s", c->name);
    return tc_fail(c->error, TC_INVALID, place, text, what);
}

static tc_code no_memory(const changer *c) {
    return tc_fail(c->error, TC_INTERNAL, c->document->file, "out of memory");
}

/* A copy of the node and all below it; line: 0 keeps those they have. */
static tc_node *copy(const changer *c, const tc_node *node, const tc_node *parent, int line) {
    tc_node *out = tc_arena_alloc(c->arena, sizeof *out);
    if (!out) return NULL;
    *out = *node;
    out->parent = parent;
    out->first = out->last = out->next = NULL;
    if (line) out->line = line;
    for (const tc_node *child = node->first; child; child = child->next) {
        tc_node *copied = copy(c, child, out, line);
        if (!copied) return NULL;
        if (out->last)
            out->last->next = copied;
        else
            out->first = copied;
        out->last = copied;
    }
    return out;
}

/* ---- paths -------------------------------------------------------------------------------------- */

/* Does the path begin with the word, and end or go on behind it? */
static bool begins_with(const char *path, const char *word) {
    size_t length = strlen(word);
    return length > 0 && strncmp(path, word, length) == 0
           && (!path[length] || path[length] == '.' || path[length] == '[');
}

/* The element that the path names next, by its name or its place; *path is behind it. NULL: there is none. */
static tc_node *next_element(const tc_node *list, const char **path) {
    tc_node *node = list->first;
    if (**path == '[') {
        char *end;
        long index = strtol(*path + 1, &end, 10);
        if (end == *path + 1 || *end != ']' || index < 0) return NULL;
        for (; node && index > 0; index--) node = node->next;
        *path = end + 1;
        return node;
    }
    tc_node *best = NULL;
    size_t longest = 0;
    for (; node; node = node->next) {
        const char *name = tc_node_text(node, "name");
        if (!name || !begins_with(*path, name) || strlen(name) <= longest) continue;
        best = node;
        longest = strlen(name);
    }
    *path += longest;
    return best;
}

static tc_node *add_child(const changer *c, tc_node *parent, const char *key, size_t length) {
    tc_node *out = tc_arena_alloc(c->arena, sizeof *out);
    char *name = tc_arena_copy(c->arena, key, length);
    if (!out || !name) return NULL;
    *out = (tc_node){.kind = TC_NODE_MAPPING,
                     .line = -c->number,
                     .column = 1,
                     .index = parent->count++,
                     .key = name,
                     .parent = parent};
    if (parent->last)
        parent->last->next = out;
    else
        parent->first = out;
    parent->last = out;
    return out;
}

/* The child that the path names next; one that is not there is added. */
static tc_code next_child(const changer *c, tc_node *parent, const char **path, tc_node **out) {
    size_t length = strcspn(*path, ".[");
    const char *key = *path;
    *path += length;
    for (tc_node *child = parent->first; child; child = child->next)
        if (strlen(child->key) == length && strncmp(child->key, key, length) == 0) {
            *out = child;
            return TC_OK;
        }
    *out = add_child(c, parent, key, length);
    return *out ? TC_OK : no_memory(c);
}

static tc_code find(const changer *c, const char *path, tc_node **out) {
    tc_node *node = c->document->root;
    while (*path) {
        const char *rest = path;
        tc_code code = TC_OK;
        if (node->kind == TC_NODE_SEQUENCE) {
            tc_node *element = next_element(node, &path);
            if (!element) return fail(c, "has no element '%.80s'; write its name, or [0] for the first", rest);
            node = element;
        } else if (node->kind == TC_NODE_MAPPING && *path != '[') {
            if (*path == '.' || !strcspn(path, ".["))
                return fail(c, "has no key at '%.80s'; write a.b[0].c=VALUE", rest);
            code = next_child(c, node, &path, &node);
            if (code != TC_OK) return code;
        } else {
            return fail(c, "has nothing below the value before '%.80s'; change the value itself", rest);
        }
        if (*path == '.') path++;
    }
    *out = node;
    return TC_OK;
}

/* ---- values ------------------------------------------------------------------------------------- */

/* The value's tree: that of a document with it alone. */
static tc_code parse_value(const changer *c, const char *value, tc_node **out) {
    size_t size = strlen(value) + 16;
    char *text = malloc(size);
    tc_document document;
    tc_error cause = {0};
    if (!text) return no_memory(c);
    int length = snprintf(text, size, "value: %s\n", value);
    tc_code code = tc_document_parse(text, (size_t)length, "--set", c->arena, &document, &cause);
    free(text);
    if (code != TC_OK) return code == TC_INTERNAL ? no_memory(c) : fail(c, "has a value that %s", cause.text);
    if (document.root->count != 1) return fail(c, "has more than one value%s", "; write one");
    *out = document.root->first;
    return TC_OK;
}

static tc_code make(const changer *c) {
    const char *equals = strchr(c->change, '=');
    tc_node *value = NULL, *target = NULL;
    if (!equals || equals == c->change || !equals[1])
        return fail(c, "is no change; write PATH=VALUE, as in %s", "pools.h20.deliveries[0].devices=4096");
    char *path = tc_arena_copy(c->arena, c->change, (size_t)(equals - c->change));
    if (!path) return no_memory(c);
    tc_code code = parse_value(c, equals + 1, &value);
    if (code == TC_OK) code = find(c, path, &target);
    if (code != TC_OK) return code;
    tc_node *copied = copy(c, value, target->parent, -c->number);
    if (!copied) return no_memory(c);
    copied->next = target->next; /* it takes the place of what was there, its source and note with it */
    copied->key = target->key;
    copied->index = target->index;
    *target = *copied;
    for (tc_node *child = target->first; child; child = child->next) child->parent = target;
    return TC_OK;
}

tc_code tc_document_change_as(const tc_document *document, const char *const *changes, const char *const *names,
                              int count, tc_arena *arena, tc_document *out, tc_error *error) {
    changer c = {.document = out, .arena = arena, .error = error};
    *out = *document;
    out->root = copy(&c, document->root, NULL, 0);
    if (!out->root) return no_memory(&c);
    out->changes = names;
    for (int i = 0; i < count; i++) {
        c.change = changes[i];
        c.name = names[i];
        c.number = i + 1;
        tc_code code = make(&c);
        if (code != TC_OK) return code;
    }
    return TC_OK;
}

tc_code tc_document_change(const tc_document *document, const char *const *changes, int count, tc_arena *arena,
                           tc_document *out, tc_error *error) {
    return tc_document_change_as(document, changes, changes, count, arena, out, error);
}
