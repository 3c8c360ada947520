/* lookup.c - one data file by slug, alias or path, parsed when it is first asked for. */
#include "catalog/lookup.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "catalog/packed.h"
#include "catalog/sets.h"

static tc_code fail_memory(tc_error *error) { return tc_fail(error, TC_INTERNAL, "catalog", "out of memory"); }

static tc_code load(tc_catalog *catalog, tc_entry *e, const tc_document **out, tc_error *error);

/* The sources that files of an origin may name beside their own: those of the folder's sources.yaml, then those of
 * the embedded one. */
static tc_code find_shared(tc_catalog *catalog, const char *origin, const tc_entry *of, const tc_document **out,
                           tc_error *error) {
    tc_entry *sources = tc_entries_sources(&catalog->entries, origin);
    if (!sources || sources == of) sources = tc_entries_sources(&catalog->entries, TC_EMBEDDED_ORIGIN);
    *out = NULL;
    return sources && sources != of ? load(catalog, sources, out, error) : TC_OK;
}

/* Reads the entry's file, or finds it read. */
static tc_code load(tc_catalog *catalog, tc_entry *e, const tc_document **out, tc_error *error) {
    *out = e->document;
    if (e->document) return TC_OK;
    tc_document *new = tc_arena_alloc(&catalog->arena, sizeof *new);
    const char *name = e->embedded ? tc_entry_path(e, &catalog->arena) : NULL;
    if (!new || (e->embedded && !name)) return fail_memory(error);
    tc_code code = e->embedded ? tc_document_unpack(&tc_embedded_data, e->embedded, name, &catalog->arena, new, error)
                               : tc_document_read(e->path, &catalog->arena, new, error);
    if (code == TC_OK) code = find_shared(catalog, e->origin, e, &new->shared, error);
    if (code == TC_OK) *out = e->document = new;
    return code;
}

/* ---- aliases -------------------------------------------------------------------------------- */

/* Is the name one of an embedded file's `aliases`? */
static bool has_embedded_alias(const tc_embedded_file *file, const char *name) {
    const tc_packed_node *aliases = tc_packed_find(&tc_embedded_data, file, "aliases");
    if (!aliases) return false;
    const char *one = tc_packed_text(&tc_embedded_data, aliases);
    if (one) return tc_same_name(one, name);
    for (const tc_packed_node *alias = aliases + 1; alias < tc_packed_next(aliases); alias = tc_packed_next(alias)) {
        const char *text = tc_packed_text(&tc_embedded_data, alias);
        if (text && tc_same_name(text, name)) return true;
    }
    return false;
}

/* Is the name the file's, or one of its `aliases`? */
static tc_code has_alias(tc_catalog *catalog, tc_entry *e, const char *name, bool *found, tc_error *error) {
    const tc_document *document;
    *found = tc_same_name(e->slug, name) || (e->embedded && has_embedded_alias(e->embedded, name));
    if (*found || e->embedded) return TC_OK;
    tc_code code = load(catalog, e, &document, error);
    if (code != TC_OK) return code;
    const tc_node *aliases = tc_node_get(document->root, "aliases");
    const tc_node *alias = aliases && aliases->kind != TC_NODE_SCALAR ? aliases->first : aliases;
    for (; alias && !*found; alias = alias == aliases ? NULL : alias->next)
        *found = alias->kind == TC_NODE_SCALAR && tc_same_name(alias->text, name);
    return TC_OK;
}

/* The files of folders before the embedded ones. */
static tc_code find_alias(tc_catalog *catalog, tc_kind kind, const char *slug, tc_entry **out, tc_error *error) {
    int count;
    tc_entry *first = tc_entries_of_kind(&catalog->entries, kind, &count);
    for (int embedded = 0; embedded < 2; embedded++)
        for (tc_entry *e = first; e < first + count; e++) {
            bool found = false;
            if ((e->embedded != NULL) != (embedded == 1)) continue;
            tc_code code = has_alias(catalog, e, slug, &found, error);
            if (found) *out = e;
            if (code != TC_OK || found) return code;
        }
    return TC_OK;
}

tc_code tc_lookup_entry(tc_catalog *catalog, tc_kind kind, const char *slug, tc_entry **out, tc_error *error) {
    *out = tc_entries_find(&catalog->entries, kind, slug);
    if (*out || !slug[0]) return TC_OK;
    for (const tc_alias *a = catalog->aliases; a; a = a->next)
        if (a->entry->kind == kind && strcmp(a->name, slug) == 0) {
            *out = a->entry;
            return TC_OK;
        }
    tc_code code = find_alias(catalog, kind, slug, out, error);
    if (code != TC_OK || !*out) return code;
    tc_alias *alias = tc_arena_alloc(&catalog->arena, sizeof *alias);
    const char *name = tc_arena_copy(&catalog->arena, slug, strlen(slug));
    if (!alias || !name) return fail_memory(error);
    *alias = (tc_alias){name, *out, catalog->aliases};
    catalog->aliases = alias;
    return TC_OK;
}

/* ---- slugs that are not there --------------------------------------------------------------- */

/* The shortest name of which `word` is a part that begins it or follows a dash ("h100": h100-sxm), or NULL. */
static const char *name_with(const char *word, const char *const *names, int n) {
    const char *best = NULL;
    for (int i = 0; strlen(word) > 1 && i < n; i++) {
        const char *at = strstr(names[i], word);
        bool begins = at && (at == names[i] || at[-1] == '-');
        if (begins && (!best || strlen(names[i]) < strlen(best))) best = names[i];
    }
    return best;
}

/* The name that has the word's letters and digits in their order ("wan-2.1-14b": wan2.1-t2v-14b), most of them from its beginning on, or NULL;
 * short words are of many. */
static const char *name_around(const char *word, const char *const *names, int n) {
    const char *best = NULL;
    long most = 0;
    for (int i = 0; strlen(word) > 5 && i < n; i++) {
        const char *left = word, *apart = NULL;
        for (const char *c = names[i]; *c; c++) {
            while (*left && !isalnum((unsigned char)*left)) left++;
            if (*left && *left == *c)
                left++;
            else if (isalnum((unsigned char)*c) && !apart)
                apart = left;
        }
        long together = (apart ? apart : left) - word;
        bool better = together > most || (best && together == most && strlen(names[i]) < strlen(best));
        if (!*left && better) best = names[i], most = together;
    }
    return best;
}

static tc_code fail_not_found(tc_catalog *catalog, tc_kind kind, const char *slug, tc_error *error) {
    int count;
    const tc_entry *first = tc_entries_of_kind(&catalog->entries, kind, &count);
    const char **names = malloc((size_t)(count + 1) * sizeof *names);
    if (!names) return fail_memory(error);
    for (int i = 0; i < count; i++) names[i] = first[i].slug;
    char place[32], word[81];
    const char *owner = strchr(slug, '/');
    snprintf(word, sizeof word, "%s", owner ? owner + 1 : slug);
    for (char *c = word; *c; c++) *c = (char)tc_name_byte(*c);
    const char *nearest = name_with(word, names, count);
    if (!nearest) nearest = name_around(word, names, count);
    if (!nearest) nearest = tc_nearest(word, names, count);
    if (nearest && nearest[0] != word[0]) nearest = NULL; /* br100 is no H100 */
    free(names);
    snprintf(place, sizeof place, "--%s", tc_kind_name(kind));
    if (nearest)
        return tc_fail(error, TC_NOT_FOUND, place,
                       "'%.80s' is not in the catalog; did you mean '%s'? ('traincast list %s' shows all)", slug,
                       nearest, tc_kind_folder(kind));
    return tc_fail(error, TC_NOT_FOUND, place,
                   "'%.80s' is not in the catalog; 'traincast list %s' shows what is, or give a file's path", slug,
                   tc_kind_folder(kind));
}

/* ---- one file -------------------------------------------------------------------------------- */

tc_code tc_lookup_allowed(const tc_catalog *catalog, const char *slug_or_path, tc_error *error) {
    if (!catalog->sealed || !tc_is_path(slug_or_path)) return TC_OK;
    return tc_fail(error, TC_INVALID, slug_or_path, "is a path, and no file is read here; give a slug, or an object");
}

/* What came with the question under this name, or NULL. */
static const tc_inline_file *find_given(const tc_catalog *catalog, const char *name) {
    const tc_inline_file *given = name[0] == '$' ? catalog->given : NULL;
    while (given && strcmp(given->name, name) != 0) given = given->next;
    return given;
}

/* A file by its path, or what came with the question under that name. */
static tc_code read_path(tc_catalog *catalog, tc_kind kind, const char *path, tc_arena *own, tc_data_file *out,
                         tc_error *error) {
    const tc_inline_file *object = find_given(catalog, path);
    if (!object && tc_ends_with(path, ".json"))
        return tc_fail(error, TC_INVALID, path, "is JSON; a %s is a YAML file", tc_kind_name(kind));
    tc_code code = tc_lookup_allowed(catalog, path, error);
    tc_document *document = tc_arena_alloc(own, sizeof *document);
    if (!document) return fail_memory(error);
    if (code == TC_OK)
        code = object ? tc_document_from_json(object, own, document, error)
                      : tc_document_read(path, own, document, error);
    if (code == TC_OK) code = find_shared(catalog, TC_EMBEDDED_ORIGIN, NULL, &document->shared, error);
    if (code != TC_OK) return code;
    size_t length;
    const char *name = tc_slug_of_path(path, &length), *given = tc_node_text(document->root, "slug");
    if (object && !given) name = "own", length = strlen(name);
    out->slug = given ? given : tc_arena_copy(own, name, length);
    out->document = document;
    return out->slug ? TC_OK : fail_memory(error);
}

static tc_code find_file(tc_catalog *catalog, tc_kind kind, const char *slug_or_path, tc_arena *own, tc_data_file *out,
                         tc_error *error) {
    if (tc_is_path(slug_or_path) || find_given(catalog, slug_or_path))
        return read_path(catalog, kind, slug_or_path, own, out, error);
    tc_code code = tc_lookup_entry(catalog, kind, slug_or_path, &out->entry, error);
    if (code != TC_OK) return code;
    if (!out->entry) return fail_not_found(catalog, kind, slug_or_path, error);
    out->slug = out->entry->slug;
    return load(catalog, out->entry, &out->document, error);
}

tc_code tc_lookup(tc_catalog *catalog, tc_kind kind, const char *slug_or_path, tc_arena *own, tc_data_file *out,
                  tc_error *error) {
    *out = (tc_data_file){0};
    tc_code code = find_file(catalog, kind, slug_or_path, own, out, error);
    const tc_document *before = out->document;
    if (code || !catalog->sets) return code;
    code = tc_sets_apply(catalog->sets, kind, out->slug, slug_or_path, out->entry != NULL, own, &out->document, error);
    if (out->document != before) out->entry = NULL;
    return code;
}

tc_code tc_catalog_set(tc_catalog *catalog, const char *const *changes, int count, tc_error *error) {
    tc_catalog_unset(catalog);
    return tc_sets_new(changes, count, &catalog->sets, error);
}

void tc_catalog_unset(tc_catalog *catalog) {
    tc_sets_free(catalog->sets);
    catalog->sets = NULL;
}

tc_code tc_catalog_sets_used(const tc_catalog *catalog, tc_error *error) {
    return catalog->sets ? tc_sets_used(catalog->sets, error) : TC_OK;
}

tc_code tc_lookup_helper(tc_catalog *catalog, tc_kind kind, const char *slug, const tc_schema *schema,
                         const tc_document **out, tc_error *error) {
    tc_entry *e = tc_entries_find(&catalog->entries, kind, slug);
    *out = NULL;
    tc_code code = e ? load(catalog, e, out, error) : TC_OK;
    if (code == TC_OK && e && schema && !e->checked && !e->embedded) {
        code = tc_schema_read(schema, e->document, NULL, error);
        e->checked = code == TC_OK;
    }
    return code;
}
