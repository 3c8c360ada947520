/* sets.c - which changes are of which file, and what their paths are in full. */
#include "catalog/sets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "catalog/changes.h"

#define LONGEST_KEY 64

/* A file of the catalog that was changed before: its bases and those who ask again get the same tree. */
typedef struct changed {
    const tc_document *from;
    const tc_document *document;
    struct changed *next;
} changed;

struct tc_sets {
    const char *const *change;
    int count;
    bool *used;
    changed *made;
    tc_arena arena;
};

static tc_code no_memory(tc_error *error) { return tc_fail(error, TC_INTERNAL, "--set", "out of memory"); }

static tc_code fail(const char *change, tc_error *error, const char *format, const char *a, const char *b) {
    char place[sizeof error->place];
    snprintf(place, sizeof place, "--set %.200s", change);
    return tc_fail(error, TC_INVALID, place, format, a, b);
}

/* ---- the handle ------------------------------------------------------------------------------------ */

tc_code tc_sets_new(const char *const *changes, int count, tc_sets **out, tc_error *error) {
    *out = NULL;
    for (int i = 0; i < count; i++) {
        const char *equals = strchr(changes[i], '='), *end = strpbrk(changes[i], ".[=");
        if (!equals || !equals[1] || end == changes[i] || end == equals || !end[1])
            return fail(changes[i], error, "is no change; write %s.KEY=VALUE, as in %s", "accelerator",
                        "accelerator.memory_bandwidth=3TB/s");
    }
    tc_sets *sets = calloc(1, sizeof *sets);
    bool *used = calloc((size_t)count + 1, sizeof *used);
    if (!sets || !used) {
        free(sets);
        free(used);
        return no_memory(error);
    }
    sets->change = changes;
    sets->count = count;
    sets->used = used;
    *out = sets;
    return TC_OK;
}

void tc_sets_free(tc_sets *sets) {
    if (!sets) return;
    tc_arena_free(&sets->arena);
    free(sets->used);
    free(sets);
}

tc_code tc_sets_used(const tc_sets *sets, tc_error *error) {
    for (int i = 0; i < sets->count; i++)
        if (!sets->used[i])
            return fail(sets->change[i], error,
                        "is of no file that the question reads; begin with accelerator, fabric, stack, model or "
                        "engine, or "
                        "with the slug of one of them%s%s",
                        "", "");
    return TC_OK;
}

/* ---- paths ----------------------------------------------------------------------------------------- */

/* What follows the word and its dot at the beginning of the change; NULL: it is of something else. */
static const char *behind(const char *change, const char *word) {
    size_t length = strlen(word);
    return length > 0 && strncmp(change, word, length) == 0 && change[length] == '.' ? change + length + 1 : NULL;
}

/* Is it the key's component in the path of a field? What stands before it, length bytes, and its dot. */
static bool has_component(const char *path, const char *key, size_t *before) {
    size_t length = strlen(key);
    for (const char *at = path; at; at = strchr(at, '.') ? strchr(at, '.') + 1 : NULL)
        if (strncmp(at, key, length) == 0 && (!at[length] || at[length] == '.')) {
            *before = (size_t)(at - path);
            return true;
        }
    return false;
}

/* The list of the document that has an element of the name with which the path begins. */
static const tc_node *list_with(const tc_document *document, const char *path) {
    for (const tc_node *list = document->root->first; list; list = list->next) {
        if (list->kind != TC_NODE_SEQUENCE) continue;
        for (const tc_node *element = list->first; element; element = element->next) {
            const char *name = tc_node_text(element, "name");
            if (name && behind(path, name)) return list;
        }
    }
    return NULL;
}

static tc_code unknown(const tc_schema *schema, const char *change, const char *key, tc_error *error) {
    char names[128][LONGEST_KEY];
    const char *pointers[128];
    int n = 0;
    for (int i = 0; i < schema->count && n < 128; i++) {
        const char *dot = strrchr(schema->fields[i].path, '.');
        snprintf(names[n], sizeof names[n], "%s", dot ? dot + 1 : schema->fields[i].path);
        pointers[n] = names[n];
        n++;
    }
    const char *nearest = tc_nearest(key, pointers, n);
    if (nearest) return fail(change, error, "'%.60s' is no key of its file; did you mean %s?", key, nearest);
    return fail(change, error, "'%.60s' is no key of its file; 'traincast show %s SLUG' shows what there is", key,
                schema->kind);
}

/* The section that the path leaves out, with its dot: "device." of memory_bandwidth; "" of a path that is complete. */
static tc_code section_of(const tc_schema *schema, const tc_document *document, const char *change, const char *path,
                          char section[LONGEST_KEY], tc_error *error) {
    char key[LONGEST_KEY];
    const char *owner = NULL;
    size_t length = strcspn(path, ".[="), before = 0, unused;
    section[0] = '\0';
    if (length == 0) return fail(change, error, "has no key at '%.80s'; write %s", path, "accelerator.KEY=VALUE");
    snprintf(key, sizeof key, "%.*s", length < sizeof key ? (int)length : (int)sizeof key - 1, path);
    for (int i = 0; i < schema->count; i++)
        if (has_component(schema->fields[i].path, key, &unused) && unused == 0) return TC_OK;
    const tc_node *list = list_with(document, path);
    if (list) snprintf(section, LONGEST_KEY, "%.60s.", list->key);
    if (list) return TC_OK;
    for (int i = 0; i < schema->count; i++) {
        const char *other = schema->fields[i].path;
        size_t there;
        if (!has_component(other, key, &there)) continue;
        if (owner && (there != before || strncmp(owner, other, there) != 0)) {
            char both[2][LONGEST_KEY];
            snprintf(both[0], sizeof both[0], "%.*s%.20s", (int)before, owner, key);
            snprintf(both[1], sizeof both[1], "%.*s%.20s", (int)there, other, key);
            return fail(change, error, "may be %s or %s; write one of them", both[0], both[1]);
        }
        owner = other;
        before = there;
    }
    if (!owner) return unknown(schema, change, key, error);
    snprintf(section, LONGEST_KEY, "%.*s", (int)before, owner);
    return TC_OK;
}

/* ---- files ----------------------------------------------------------------------------------------- */

typedef struct file {
    tc_kind kind;
    const char *slug, *name;
    const tc_document *document;
} file;

/* The rest of a change that is of this file; NULL: it is of others. */
static const char *rest_of(const char *change, const file *f) {
    const char *rest = behind(change, tc_kind_name(f->kind));
    if (!rest) rest = behind(change, f->slug);
    return rest ? rest : behind(change, f->name);
}

/* The changes of the file, with their paths in full. */
static tc_code choose(tc_sets *sets, const file *f, tc_arena *arena, const char **full, const char **names, int *count,
                      tc_error *error) {
    *count = 0;
    for (int i = 0; i < sets->count; i++) {
        const char *change = sets->change[i], *rest = rest_of(change, f);
        char section[LONGEST_KEY];
        if (!rest) continue;
        tc_code code = section_of(tc_kind_schema(f->kind), f->document, change, rest, section, error);
        if (code) return code;
        char *text = tc_arena_alloc(arena, strlen(section) + strlen(rest) + 1);
        if (!text) return no_memory(error);
        memcpy(text, section, strlen(section));
        memcpy(text + strlen(section), rest, strlen(rest) + 1);
        full[*count] = text;
        names[(*count)++] = change;
        sets->used[i] = true;
    }
    return TC_OK;
}

tc_code tc_sets_apply(tc_sets *sets, tc_kind kind, const char *slug, const char *name, bool kept, tc_arena *own,
                      const tc_document **document, tc_error *error) {
    const file f = {kind, slug, name, *document};
    tc_arena *arena = kept ? &sets->arena : own;
    int count;
    if (!tc_kind_schema(kind)) return TC_OK;
    for (const changed *c = sets->made; c && kept; c = c->next)
        if (c->from == *document) {
            *document = c->document;
            return TC_OK;
        }
    const size_t room = (size_t)sets->count + 1;
    const char **full = tc_arena_alloc(arena, room * sizeof *full),
               **names = tc_arena_alloc(arena, room * sizeof *names);
    tc_document *copy = tc_arena_alloc(arena, sizeof *copy);
    changed *made = tc_arena_alloc(arena, sizeof *made);
    if (!full || !names || !copy || !made) return no_memory(error);
    tc_code code = choose(sets, &f, arena, full, names, &count, error);
    if (code || count == 0) return code;
    code = tc_document_change_as(*document, full, names, count, arena, copy, error);
    if (code) return code;
    *made = (changed){*document, copy, sets->made};
    if (kept) sets->made = made;
    *document = copy;
    return TC_OK;
}

size_t tc_set_value_length(const char *text) {
    int depth = 0;
    char quote = '\0';
    size_t i = 0;
    for (; text[i] && (text[i] != ',' || depth > 0 || quote); i++) {
        if (quote)
            quote = text[i] == quote ? '\0' : quote;
        else if (text[i] == '"' || text[i] == '\'')
            quote = text[i];
        else if (text[i] == '[' || text[i] == '{')
            depth++;
        else if ((text[i] == ']' || text[i] == '}') && depth > 0)
            depth--;
    }
    return i;
}
