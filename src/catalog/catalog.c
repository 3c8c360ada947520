/* catalog.c - the data files by kind and slug: embedded ones, and folders that extend or override them.
 *
 * The hash of the data is that of the embedded files, combined with the slugs and
 * contents of every file of the given folders (in the order of folders, kinds and
 * names): what is in use, whether or not this forecast reads it. A file that is
 * named by its path belongs to the question, not to the data. */
#include "catalog/catalog.h"

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "catalog/embedded.h"
#include "catalog/parameters.h"

typedef struct kind_text {
    const char *name, *folder;
    const tc_schema *schema;
} kind_text;

static const kind_text kinds[TC_KINDS] = {
    [TC_KIND_ACCELERATOR] = {"accelerator", "accelerators", &tc_accelerator_schema},
    [TC_KIND_ARCHITECTURE] = {"architecture", "architectures", &tc_architecture_schema},
    [TC_KIND_FABRIC] = {"fabric", "fabrics", &tc_fabric_schema},
    [TC_KIND_MODEL] = {"model", "models", &tc_model_schema},
    [TC_KIND_STACK] = {"stack", "stacks", &tc_stack_schema},
    [TC_KIND_SCENARIO] = {"scenario", "scenarios", NULL},
    [TC_KIND_FITTED] = {"fitted", "fitted", NULL},
};

/* A file of the catalog. */
typedef struct entry {
    tc_kind kind;
    const char *slug, *path, *origin;
    const char *text; /* embedded: its text; NULL otherwise */
    size_t length;
    struct entry *next;
} entry;

/* A parsed file; `key` is the entry's path. */
typedef struct loaded {
    const char *key;
    tc_document document;
    struct loaded *next;
} loaded;

/* A resolved struct, kept by slug: many runs ask for the same few. */
typedef struct memo {
    tc_kind kind;
    const char *slug;
    const void *value;
    struct memo *next;
} memo;

struct tc_catalog {
    tc_arena arena;
    memo *memos;
    entry *entries; /* files of folders, the ones that win first */
    loaded *loaded;
    bool ignore_fitted;
    char hash[17];
};

#define YAML ".yaml"

const char *tc_kind_name(tc_kind kind) { return kinds[kind].name; }

const char *tc_kind_folder(tc_kind kind) { return kinds[kind].folder; }

const tc_schema *tc_kind_schema(tc_kind kind) { return kinds[kind].schema; }

int tc_kind_find(const char *word) {
    for (int i = 0; i < TC_KINDS; i++)
        if (strcmp(word, kinds[i].name) == 0 || strcmp(word, kinds[i].folder) == 0) return i;
    return -1;
}

static bool ends_with(const char *text, const char *end) {
    size_t n = strlen(text), m = strlen(end);
    return n >= m && memcmp(text + n - m, end, m) == 0;
}

bool tc_is_path(const char *slug_or_path) {
    return strchr(slug_or_path, '/') || ends_with(slug_or_path, YAML) || ends_with(slug_or_path, ".json");
}

/* The file's name without folders and extension. */
static const char *base_name(const char *path, size_t *length) {
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    *length = strlen(name);
    if (*length > strlen(YAML) && ends_with(name, YAML)) *length -= strlen(YAML);
    return name;
}

static tc_code fail_memory(tc_error *error) { return tc_fail(error, TC_INTERNAL, "catalog", "out of memory"); }

/* ---- folders ------------------------------------------------------------------------ */

typedef struct scan {
    tc_catalog *catalog;
    const char *origin;
    tc_kind kind;
    uint64_t hash;
    tc_error *error;
} scan;

static uint64_t hash_bytes(uint64_t hash, const char *bytes, size_t length) { /* FNV-1a */
    for (size_t i = 0; i < length; i++) hash = (hash ^ (unsigned char)bytes[i]) * UINT64_C(1099511628211);
    return hash;
}

static tc_code add_file(scan *s, const char *path) {
    tc_arena *arena = &s->catalog->arena;
    size_t length;
    const char *name = base_name(path, &length);
    entry *new = tc_arena_alloc(arena, sizeof *new);
    if (!new) return fail_memory(s->error);
    new->kind = s->kind;
    new->slug = tc_arena_copy(arena, name, length);
    new->path = tc_arena_copy(arena, path, strlen(path));
    new->origin = s->origin;
    if (!new->slug || !new->path) return fail_memory(s->error);
    for (const entry *e = s->catalog->entries; e && e->origin == s->origin; e = e->next)
        if (e->kind == new->kind && strcmp(e->slug, new->slug) == 0)
            return tc_fail(s->error, TC_INVALID, path, "has the same name as %.200s; rename one of the two", e->path);
    char *text;
    size_t size;
    tc_code code = tc_file_read(path, TC_DOCUMENT_MAX_BYTES, &text, &size, s->error);
    if (code != TC_OK) return code;
    s->hash = hash_bytes(s->hash, kinds[s->kind].folder, strlen(kinds[s->kind].folder) + 1);
    s->hash = hash_bytes(s->hash, new->slug, length + 1);
    s->hash = hash_bytes(s->hash, text, size + 1);
    free(text);
    new->next = s->catalog->entries;
    s->catalog->entries = new;
    return TC_OK;
}

static int skip_hidden(const struct dirent *item) { return item->d_name[0] != '.'; }

static bool is_folder(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* Adds the *.yaml files of a folder in the order of their names; depth 1: and of its sub-folders. */
static tc_code scan_folder(scan *s, const char *folder, int depth) {
    struct dirent **items = NULL;
    int count = scandir(folder, &items, skip_hidden, NULL);
    if (count < 0) return tc_fail(s->error, TC_INVALID, folder, "cannot be read; give a folder that may be read");
    /* alphasort would follow the locale */
    for (int i = 1; i < count; i++) {
        struct dirent *item = items[i];
        int k = i;
        for (; k > 0 && strcmp(items[k - 1]->d_name, item->d_name) > 0; k--) items[k] = items[k - 1];
        items[k] = item;
    }
    tc_code code = TC_OK;
    for (int i = 0; i < count && code == TC_OK; i++) {
        char path[4096];
        if (snprintf(path, sizeof path, "%s/%s", folder, items[i]->d_name) >= (int)sizeof path) continue;
        if (is_folder(path)) {
            if (depth > 0) code = scan_folder(s, path, depth - 1);
        } else if (ends_with(path, YAML)) {
            code = add_file(s, path);
        }
    }
    for (int i = 0; i < count; i++) free(items[i]);
    free(items);
    return code;
}

/* All kinds of one folder. A folder of data files without sub-folders is a mistake worth a message. */
static tc_code scan_catalog(scan *s, const char *folder) {
    bool any = false;
    for (int kind = 0; kind < TC_KINDS; kind++) {
        char path[4096];
        if (snprintf(path, sizeof path, "%s/%s", folder, kinds[kind].folder) >= (int)sizeof path) continue;
        if (!is_folder(path)) continue;
        any = true;
        s->kind = (tc_kind)kind;
        tc_code code = scan_folder(s, path, 1);
        if (code != TC_OK) return code;
    }
    if (any) return TC_OK;
    struct dirent **items = NULL;
    int count = scandir(folder, &items, skip_hidden, NULL), files = 0;
    for (int i = 0; i < count; i++) {
        files += ends_with(items[i]->d_name, YAML);
        free(items[i]);
    }
    free(items);
    if (files == 0) return TC_OK;
    return tc_fail(s->error, TC_INVALID, folder,
                   "has data files but none of the sub-folders accelerators, fabrics, models, ...; give the folder "
                   "above them");
}

tc_code tc_catalog_open(const char *const *dirs, int ndirs, tc_catalog **out, tc_error *error) {
    *out = NULL;
    tc_catalog *catalog = calloc(1, sizeof *catalog);
    if (!catalog) return fail_memory(error);
    snprintf(catalog->hash, sizeof catalog->hash, "%s", tc_embedded_hash);
    scan s = {.catalog = catalog, .error = error};
    s.hash = hash_bytes(UINT64_C(14695981039346656037), tc_embedded_hash, strlen(tc_embedded_hash));
    tc_code code = TC_OK;
    for (int i = 0; i < ndirs && code == TC_OK; i++) {
        s.origin = tc_arena_copy(&catalog->arena, dirs[i], strlen(dirs[i]));
        if (!s.origin)
            code = fail_memory(error);
        else if (!is_folder(dirs[i]))
            code = tc_fail(error, TC_NOT_FOUND, dirs[i],
                           "is no folder; give a folder with accelerators, fabrics, models, ... in it");
        else
            code = scan_catalog(&s, dirs[i]);
    }
    if (code != TC_OK) {
        tc_catalog_close(catalog);
        return code;
    }
    if (catalog->entries) snprintf(catalog->hash, sizeof catalog->hash, "%016llx", (unsigned long long)s.hash);
    *out = catalog;
    return TC_OK;
}

void tc_catalog_close(tc_catalog *catalog) {
    if (!catalog) return;
    tc_arena_free(&catalog->arena);
    free(catalog);
}

const char *tc_catalog_hash(const tc_catalog *catalog) { return catalog->hash; }

void tc_catalog_ignore_fitted(tc_catalog *catalog) {
    catalog->ignore_fitted = true;
    catalog->memos = NULL; /* they may hold fitted values */
}

/* ---- the embedded files --------------------------------------------------------------- */

/* The first embedded file whose path is not below `path`. */
static size_t embedded_lower_bound(const char *path) {
    size_t low = 0, high = tc_embedded_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(tc_embedded_files[middle].path, path) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Is it a file of the kind? */
static bool is_of_kind(size_t index, tc_kind kind) {
    if (index >= tc_embedded_count) return false;
    const char *path = tc_embedded_files[index].path;
    size_t length = strlen(kinds[kind].folder);
    return strncmp(path, kinds[kind].folder, length) == 0 && path[length] == '/';
}

static size_t embedded_begin(tc_kind kind) {
    char prefix[32];
    snprintf(prefix, sizeof prefix, "%s/", kinds[kind].folder);
    return embedded_lower_bound(prefix);
}

static entry embedded_entry(size_t index, tc_kind kind, const char *slug) {
    const tc_embedded_file *file = &tc_embedded_files[index];
    return (entry){.kind = kind,
                   .slug = slug,
                   .path = file->path,
                   .origin = "embedded",
                   .text = tc_embedded_blob + file->offset,
                   .length = file->length};
}

/* By kind and slug: the index is sorted by path, only a maker's folder hides a file from the search. */
static bool find_embedded(tc_kind kind, const char *slug, size_t *index) {
    char path[256];
    if (snprintf(path, sizeof path, "%s/%s" YAML, kinds[kind].folder, slug) >= (int)sizeof path) return false;
    *index = embedded_lower_bound(path);
    if (*index < tc_embedded_count && strcmp(tc_embedded_files[*index].path, path) == 0) return true;
    size_t length = strlen(slug);
    for (size_t i = embedded_begin(kind); is_of_kind(i, kind); i++) {
        size_t n;
        const char *name = base_name(tc_embedded_files[i].path, &n);
        if (n != length || memcmp(name, slug, n) != 0 || !ends_with(name, YAML)) continue;
        *index = i;
        return true;
    }
    return false;
}

static bool find_entry(const tc_catalog *catalog, tc_kind kind, const char *slug, entry *out) {
    for (const entry *e = catalog->entries; e; e = e->next)
        if (e->kind == kind && strcmp(e->slug, slug) == 0) {
            *out = *e;
            return true;
        }
    size_t index;
    if (!find_embedded(kind, slug, &index)) return false;
    *out = embedded_entry(index, kind, slug);
    return true;
}

/* ---- documents -------------------------------------------------------------------------- */

/* Reads the entry's text; *owned must be freed. */
static tc_code entry_text(const entry *e, const char **text, size_t *length, char **owned, tc_error *error) {
    *owned = NULL;
    *text = e->text;
    *length = e->length;
    if (e->text) return TC_OK;
    tc_code code = tc_file_read(e->path, TC_DOCUMENT_MAX_BYTES, owned, length, error);
    *text = *owned;
    return code;
}

/* Parses the entry's file, or finds it parsed. */
static tc_code load(tc_catalog *catalog, const entry *e, const tc_document **out, tc_error *error) {
    for (const loaded *l = catalog->loaded; l; l = l->next)
        if (l->key == e->path) {
            *out = &l->document;
            return TC_OK;
        }
    loaded *new = tc_arena_alloc(&catalog->arena, sizeof *new);
    char name[4200];
    snprintf(name, sizeof name, "%s%s", e->text ? "data/" : "", e->path);
    const char *file = tc_arena_copy(&catalog->arena, name, strlen(name));
    if (!new || !file) return fail_memory(error);
    const char *text;
    char *owned;
    size_t length;
    tc_code code = entry_text(e, &text, &length, &owned, error);
    if (code == TC_OK) code = tc_document_parse(text, length, file, &catalog->arena, &new->document, error);
    free(owned);
    if (code != TC_OK) return code;
    new->key = e->path;
    new->next = catalog->loaded;
    catalog->loaded = new;
    *out = &new->document;
    return TC_OK;
}

/* ---- slugs that are not there --------------------------------------------------------------- */

/* Does the file's `aliases` name the slug? Files that do not contain it are not parsed. */
static tc_code has_alias(tc_catalog *catalog, const entry *e, const char *slug, bool *found, tc_error *error) {
    const char *text;
    char *owned;
    size_t length;
    *found = false;
    tc_code code = entry_text(e, &text, &length, &owned, error);
    if (code != TC_OK) return code;
    bool possible = strstr(text, "\naliases:") && strstr(text, slug);
    free(owned);
    if (!possible) return TC_OK;
    const tc_document *document;
    code = load(catalog, e, &document, error);
    if (code != TC_OK) return code;
    const tc_node *aliases = tc_node_get(document->root, "aliases");
    const tc_node *alias = aliases && aliases->kind != TC_NODE_SCALAR ? aliases->first : aliases;
    for (; alias && !*found; alias = alias == aliases ? NULL : alias->next)
        *found = alias->kind == TC_NODE_SCALAR && strcmp(alias->text, slug) == 0;
    return TC_OK;
}

static tc_code find_alias(tc_catalog *catalog, tc_kind kind, const char *slug, entry *out, bool *found,
                          tc_error *error) {
    *found = false;
    if (!slug[0]) return TC_OK;
    for (const entry *e = catalog->entries; e; e = e->next) {
        if (e->kind != kind) continue;
        tc_code code = has_alias(catalog, e, slug, found, error);
        if (code != TC_OK || *found) {
            *out = *e;
            return code;
        }
    }
    for (size_t i = embedded_begin(kind); is_of_kind(i, kind); i++) {
        size_t length;
        const char *name = base_name(tc_embedded_files[i].path, &length);
        *out = embedded_entry(i, kind, NULL);
        tc_code code = has_alias(catalog, out, slug, found, error);
        if (code != TC_OK || !*found) {
            if (code != TC_OK) return code;
            continue;
        }
        out->slug = tc_arena_copy(&catalog->arena, name, length);
        return out->slug ? TC_OK : fail_memory(error);
    }
    return TC_OK;
}

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

static tc_code fail_not_found(tc_catalog *catalog, tc_kind kind, const char *slug, tc_error *error) {
    const tc_catalog_item *items;
    int count;
    tc_code code = tc_catalog_list(catalog, kind, &items, &count, error);
    if (code != TC_OK) return code;
    const char **names = malloc((size_t)(count + 1) * sizeof *names);
    if (!names) return fail_memory(error);
    for (int i = 0; i < count; i++) names[i] = items[i].slug;
    const char *nearest = name_with(slug, names, count);
    if (!nearest) nearest = tc_nearest(slug, names, count);
    free(names);
    char place[32];
    snprintf(place, sizeof place, "--%s", kinds[kind].name);
    if (nearest)
        return tc_fail(error, TC_NOT_FOUND, place,
                       "'%.80s' is not in the catalog; did you mean '%s'? ('traincast list %s' shows all)", slug,
                       nearest, kinds[kind].folder);
    return tc_fail(error, TC_NOT_FOUND, place,
                   "'%.80s' is not in the catalog; 'traincast list %s' shows what is, or give a file's path", slug,
                   kinds[kind].folder);
}

/* ---- one file by slug or path ---------------------------------------------------------------- */

/* The document that slug_or_path names, and its slug. A file that is named by its path is read into
 * `own`, so that its tree can go with the call. */
static tc_code open_document(tc_catalog *catalog, tc_kind kind, const char *slug_or_path, tc_arena *own,
                             const tc_document **out, const char **slug, tc_error *error) {
    if (tc_is_path(slug_or_path)) {
        if (ends_with(slug_or_path, ".json"))
            return tc_fail(error, TC_INVALID, slug_or_path, "is JSON; a %s is a YAML file", kinds[kind].name);
        tc_document *document = tc_arena_alloc(own, sizeof *document);
        if (!document) return fail_memory(error);
        tc_code code = tc_document_read(slug_or_path, own, document, error);
        if (code != TC_OK) return code;
        size_t length;
        const char *name = base_name(slug_or_path, &length), *given = tc_node_text(document->root, "slug");
        *slug = given ? given : tc_arena_copy(own, name, length);
        *out = document;
        return *slug ? TC_OK : fail_memory(error);
    }
    entry e;
    bool found = find_entry(catalog, kind, slug_or_path, &e);
    if (!found) {
        tc_code code = find_alias(catalog, kind, slug_or_path, &e, &found, error);
        if (code != TC_OK) return code;
    }
    if (!found) return fail_not_found(catalog, kind, slug_or_path, error);
    *slug = e.slug;
    return load(catalog, &e, out, error);
}

/* A file that may be absent (*out NULL) or must be there. */
static tc_code open_helper(tc_catalog *catalog, tc_kind kind, const char *slug, const tc_document **out,
                           tc_error *error) {
    entry e;
    *out = NULL;
    return find_entry(catalog, kind, slug, &e) ? load(catalog, &e, out, error) : TC_OK;
}

static tc_code store_slug(const char *slug, char *out, size_t size, const tc_document *document, tc_error *error) {
    if (strlen(slug) >= size)
        return tc_document_fail(document, NULL, "slug", error,
                                "'%.100s' is too long; name the file with at most %zu bytes", slug, size - 1);
    snprintf(out, size, "%s", slug);
    return TC_OK;
}

tc_code tc_catalog_document(tc_catalog *catalog, tc_kind kind, const char *slug_or_path, const tc_document **out,
                            const char **slug, tc_error *error) {
    const char *name;
    tc_code code = open_document(catalog, kind, slug_or_path, &catalog->arena, out, &name, error);
    if (code == TC_OK && kinds[kind].schema) code = tc_schema_read(kinds[kind].schema, *out, NULL, error);
    if (code == TC_OK && slug) *slug = name;
    return code;
}

/* ---- parameters -------------------------------------------------------------------------------- */

typedef struct layers {
    tc_catalog *catalog;
    const tc_parameter_table *table;
    tc_resolved *resolved;
    tc_error *error;
} layers;

static tc_code apply(const layers *l, const tc_document *document, const tc_node *mapping) {
    return tc_parameters_apply(l->table, document, mapping, l->resolved, l->error);
}

/* The file of a kind, checked; *out is NULL where it is absent. */
static tc_code open_checked(const layers *l, tc_kind kind, const char *slug, const tc_schema *schema,
                            const tc_document **out) {
    tc_code code = open_helper(l->catalog, kind, slug, out, l->error);
    return code == TC_OK && *out ? tc_schema_read(schema, *out, NULL, l->error) : code;
}

/* The fitted values of one section, or of one member of it; nothing where there are none. */
static tc_code apply_fitted(const layers *l, const char *file, const tc_schema *schema, const char *section,
                            const char *member) {
    const tc_document *fitted = NULL;
    tc_code code = l->catalog->ignore_fitted ? TC_OK : open_checked(l, TC_KIND_FITTED, file, schema, &fitted);
    if (code != TC_OK || !fitted) return code;
    const tc_node *values = tc_node_get(fitted->root, section);
    return apply(l, fitted, member ? tc_node_get(values, member) : values);
}

static tc_code fail_architecture(tc_catalog *catalog, const tc_document *document, const tc_node *node,
                                 tc_error *error) {
    const tc_catalog_item *items;
    int count;
    tc_code code = tc_catalog_list(catalog, TC_KIND_ARCHITECTURE, &items, &count, error);
    if (code != TC_OK) return code;
    char known[360] = "";
    size_t used = 0;
    for (int i = 0; i < count && used < sizeof known; i++)
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "", items[i].slug);
    return tc_document_fail(document, node, NULL, error, "'%.40s' has no file; leave it out, or write one of %s",
                            node->text, known);
}

/* From the general to the particular, each level's prior before its fitted value. */
static tc_code resolve_device(const layers *l, const tc_document *document, const char *slug) {
    const tc_document *generic = NULL, *architecture = NULL;
    const tc_node *name = tc_node_get(document->root, "architecture");
    const tc_schema *fitted = &tc_fitted_device_schema;
    tc_code code = open_checked(l, TC_KIND_ARCHITECTURE, "generic", &tc_architecture_schema, &generic);
    if (code == TC_OK && generic) code = apply(l, generic, tc_node_get(generic->root, "parameters"));
    if (code == TC_OK) code = apply_fitted(l, "device", fitted, "generic", NULL);
    if (code == TC_OK && name) {
        code = open_checked(l, TC_KIND_ARCHITECTURE, name->text, &tc_architecture_schema, &architecture);
        if (code == TC_OK && !architecture) code = fail_architecture(l->catalog, document, name, l->error);
        if (code == TC_OK) code = apply(l, architecture, tc_node_get(architecture->root, "parameters"));
        if (code == TC_OK) code = apply_fitted(l, "device", fitted, "architectures", name->text);
    }
    if (code == TC_OK) code = apply_fitted(l, "device", fitted, "accelerators", slug);
    return code == TC_OK ? apply(l, document, tc_node_get(document->root, "parameters")) : code;
}

enum { STACK_CHAIN = 8 };

/* A stack's documents from the general to the particular: generic, its base's base, its base, itself. */
typedef struct stack_chain {
    int count;
    const tc_document *document[STACK_CHAIN];
    const char *slug[STACK_CHAIN];
} stack_chain;

static tc_code open_chain(tc_catalog *catalog, const char *slug_or_path, tc_arena *own, stack_chain *out,
                          tc_error *error) {
    const tc_document *generic = NULL;
    int at = STACK_CHAIN;
    tc_code code = open_helper(catalog, TC_KIND_STACK, "generic", &generic, error);
    for (const char *next = slug_or_path; code == TC_OK && next;) {
        const tc_document *document;
        code = open_document(catalog, TC_KIND_STACK, next, own, &document, &out->slug[--at], error);
        if (code != TC_OK) break;
        out->document[at] = document;
        next = tc_node_text(document->root, "base");
        entry e;
        if (next && (at <= 1 || !find_entry(catalog, TC_KIND_STACK, next, &e)))
            return tc_document_fail(document, tc_node_get(document->root, "base"), NULL, error,
                                    at <= 1
                                        ? "'%.80s' leads in a circle or too far; name a stack that stands on its own"
                                        : "'%.80s' is not in the catalog; 'traincast list stacks' shows what is",
                                    next);
    }
    if (code != TC_OK) return code;
    if (generic && strcmp(out->slug[at], "generic") != 0) {
        out->document[--at] = generic;
        out->slug[at] = "generic";
    }
    out->count = STACK_CHAIN - at;
    memmove(out->document, out->document + at, (size_t)out->count * sizeof *out->document);
    memmove(out->slug, out->slug + at, (size_t)out->count * sizeof *out->slug);
    return TC_OK;
}

static tc_code resolve_stack(const layers *l, const stack_chain *chain) {
    const tc_schema *fitted = &tc_fitted_stack_schema;
    tc_code code = TC_OK;
    for (int i = 0; i < chain->count && code == TC_OK; i++) {
        bool generic = strcmp(chain->slug[i], "generic") == 0;
        code = apply(l, chain->document[i], tc_node_get(chain->document[i]->root, "parameters"));
        if (code == TC_OK)
            code = apply_fitted(l, "stack", fitted, generic ? "generic" : "stacks", generic ? NULL : chain->slug[i]);
    }
    return code;
}

/* ---- structs ------------------------------------------------------------------------------------- */

/* The stack that is usual on the architecture, where the accelerator's file names none. */
static tc_code usual_stack(tc_catalog *catalog, tc_accelerator *accelerator, tc_error *error) {
    const tc_document *architecture;
    if (accelerator->stack[0]) return TC_OK;
    tc_code code
        = open_helper(catalog, TC_KIND_ARCHITECTURE,
                      accelerator->architecture[0] ? accelerator->architecture : "generic", &architecture, error);
    const char *stack = code == TC_OK && architecture ? tc_node_text(architecture->root, "stack") : NULL;
    if (stack) snprintf(accelerator->stack, sizeof accelerator->stack, "%s", stack);
    return code;
}

/* complete: refuse what lacks a figure that a forecast needs. */
static tc_code read_accelerator(tc_catalog *catalog, const char *slug_or_path, bool complete, tc_arena *own,
                                tc_accelerator *out, tc_resolved *resolved, tc_error *error) {
    const tc_document *document = NULL;
    const char *slug = NULL;
    tc_code code = open_document(catalog, TC_KIND_ACCELERATOR, slug_or_path, own, &document, &slug, error);
    if (code == TC_OK) code = tc_accelerator_read(document, out, error);
    if (code == TC_OK && complete) code = tc_accelerator_check(document, out, error);
    if (code == TC_OK) code = store_slug(slug, out->slug, sizeof out->slug, document, error);
    if (code == TC_OK) code = usual_stack(catalog, out, error);
    const layers l = {catalog, &tc_device_parameter_table, resolved, error};
    if (code == TC_OK) code = resolve_device(&l, document, slug);
    return code == TC_OK ? tc_parameters_store(l.table, resolved, "architectures/generic.yaml", &out->params, error)
                         : code;
}

static tc_code read_stack(tc_catalog *catalog, const char *slug_or_path, tc_arena *own, tc_stack *out,
                          tc_resolved *resolved, tc_error *error) {
    stack_chain chain = {0};
    tc_code code = open_chain(catalog, slug_or_path, own, &chain, error);
    if (code == TC_OK) code = tc_stack_read(chain.document, chain.count, out, error);
    if (code == TC_OK)
        code = store_slug(chain.slug[chain.count - 1], out->slug, sizeof out->slug, chain.document[chain.count - 1],
                          error);
    const layers l = {catalog, &tc_stack_parameter_table, resolved, error};
    if (code == TC_OK) code = resolve_stack(&l, &chain);
    return code == TC_OK ? tc_parameters_store(l.table, resolved, "stacks/generic.yaml", &out->params, error) : code;
}

/* Copies a struct that was resolved before. Files given by path are read anew: they may have changed. */
static bool recall(const tc_catalog *c, tc_kind kind, const char *slug, void *out, size_t size) {
    for (const memo *m = c->memos; m; m = m->next)
        if (m->kind == kind && strcmp(m->slug, slug) == 0) {
            memcpy(out, m->value, size);
            return true;
        }
    return false;
}

static void remember(tc_catalog *c, tc_kind kind, const char *slug, const void *value, size_t size) {
    if (tc_is_path(slug)) return;
    memo *m = tc_arena_alloc(&c->arena, sizeof *m);
    void *copy = tc_arena_alloc(&c->arena, size);
    char *key = tc_arena_copy(&c->arena, slug, strlen(slug));
    if (!m || !copy || !key) return;
    memcpy(copy, value, size);
    *m = (memo){kind, key, copy, c->memos};
    c->memos = m;
}

static tc_code get_accelerator(tc_catalog *c, const char *slug_or_path, bool complete, tc_accelerator *out,
                               tc_error *e) {
    if (complete && recall(c, TC_KIND_ACCELERATOR, slug_or_path, out, sizeof *out)) return TC_OK;
    tc_arena own = {0};
    tc_resolved resolved[TC_MAX_PARAMETERS] = {0};
    tc_code code = read_accelerator(c, slug_or_path, complete, &own, out, resolved, e);
    tc_arena_free(&own);
    if (complete && code == TC_OK) remember(c, TC_KIND_ACCELERATOR, slug_or_path, out, sizeof *out);
    return code;
}

tc_code tc_catalog_accelerator(tc_catalog *c, const char *slug_or_path, tc_accelerator *out, tc_error *e) {
    return get_accelerator(c, slug_or_path, true, out, e);
}

tc_code tc_catalog_accelerator_known(tc_catalog *c, const char *slug_or_path, tc_accelerator *out, tc_error *e) {
    return get_accelerator(c, slug_or_path, false, out, e);
}

tc_code tc_catalog_stack(tc_catalog *c, const char *slug_or_path, tc_stack *out, tc_error *e) {
    if (recall(c, TC_KIND_STACK, slug_or_path, out, sizeof *out)) return TC_OK;
    tc_arena own = {0};
    tc_resolved resolved[TC_MAX_PARAMETERS] = {0};
    tc_code code = read_stack(c, slug_or_path, &own, out, resolved, e);
    tc_arena_free(&own);
    if (code == TC_OK) remember(c, TC_KIND_STACK, slug_or_path, out, sizeof *out);
    return code;
}

tc_code tc_catalog_fabric(tc_catalog *c, const char *slug_or_path, tc_fabric *out, tc_error *e) {
    if (recall(c, TC_KIND_FABRIC, slug_or_path, out, sizeof *out)) return TC_OK;
    tc_arena own = {0};
    const tc_document *document = NULL;
    const char *slug = NULL;
    tc_code code = open_document(c, TC_KIND_FABRIC, slug_or_path, &own, &document, &slug, e);
    if (code == TC_OK) code = tc_fabric_read(document, out, e);
    if (code == TC_OK) code = store_slug(slug, out->slug, sizeof out->slug, document, e);
    tc_arena_free(&own);
    if (code == TC_OK) remember(c, TC_KIND_FABRIC, slug_or_path, out, sizeof *out);
    return code;
}

tc_code tc_catalog_model(tc_catalog *c, const char *slug_or_path, tc_model *out, tc_error *e) {
    if (recall(c, TC_KIND_MODEL, slug_or_path, out, sizeof *out)) return TC_OK;
    tc_arena own = {0};
    const tc_document *document = NULL;
    const char *slug = NULL;
    tc_code code = open_document(c, TC_KIND_MODEL, slug_or_path, &own, &document, &slug, e);
    if (code == TC_OK) code = tc_model_read(document, out, e);
    if (code == TC_OK) code = store_slug(slug, out->slug, sizeof out->slug, document, e);
    tc_arena_free(&own);
    if (code == TC_OK) remember(c, TC_KIND_MODEL, slug_or_path, out, sizeof *out);
    return code;
}

/* ---- for list and show ------------------------------------------------------------------------------ */

static const char *parameter_source(tc_catalog *catalog, const tc_resolved *from) {
    char source[512];
    const char *fitted_on = tc_node_text(from->document->root, "fitted_on");
    if (fitted_on)
        snprintf(source, sizeof source, "fitted on %s", fitted_on);
    else
        tc_figure_source(from->document, from->node, source, sizeof source);
    return tc_arena_copy(&catalog->arena, source, strlen(source));
}

tc_code tc_catalog_parameters(tc_catalog *catalog, tc_kind kind, const char *slug_or_path,
                              const tc_catalog_parameter **items, int *count, tc_error *error) {
    tc_resolved resolved[TC_MAX_PARAMETERS] = {0};
    const tc_parameter_table *table = kind == TC_KIND_STACK ? &tc_stack_parameter_table : &tc_device_parameter_table;
    tc_accelerator accelerator;
    tc_stack stack;
    tc_code code = TC_OK;
    if (kind == TC_KIND_STACK)
        code = read_stack(catalog, slug_or_path, &catalog->arena, &stack, resolved, error);
    else if (kind == TC_KIND_ACCELERATOR)
        code = read_accelerator(catalog, slug_or_path, false, &catalog->arena, &accelerator, resolved, error);
    else
        code = tc_fail(error, TC_INVALID, kinds[kind].name, "has no parameters; accelerators and stacks have");
    if (code != TC_OK) return code;
    tc_catalog_parameter *list = tc_arena_alloc(&catalog->arena, (size_t)table->count * sizeof *list);
    if (!list) return fail_memory(error);
    for (int i = 0; i < table->count; i++) {
        list[i].name = table->parameters[i].name;
        list[i].text = table->parameters[i].text;
        list[i].value = resolved[i].value;
        list[i].dimension = tc_dimension_of_name(list[i].name);
        list[i].source = parameter_source(catalog, &resolved[i]);
        list[i].note = tc_node_text(resolved[i].node, "note");
        list[i].file = resolved[i].document->file;
        if (!list[i].source) return fail_memory(error);
    }
    *items = list;
    *count = table->count;
    return TC_OK;
}

static int by_slug(const void *a, const void *b) {
    return strcmp(((const tc_catalog_item *)a)->slug, ((const tc_catalog_item *)b)->slug);
}

/* The item of an entry; its name is the slug where the file does not give one. */
static tc_code make_item(tc_catalog *catalog, const entry *e, tc_catalog_item *item, tc_error *error) {
    const char *text;
    char *owned, name[128], path[4200];
    size_t length;
    tc_code code = entry_text(e, &text, &length, &owned, error);
    if (code != TC_OK) return code;
    if (!tc_document_peek(text, length, "name", name, sizeof name)) snprintf(name, sizeof name, "%s", e->slug);
    free(owned);
    snprintf(path, sizeof path, "%s%s", e->text ? "data/" : "", e->path);
    item->slug = e->slug;
    item->origin = e->origin;
    item->name = tc_arena_copy(&catalog->arena, name, strlen(name));
    item->path = tc_arena_copy(&catalog->arena, path, strlen(path));
    return item->name && item->path ? TC_OK : fail_memory(error);
}

tc_code tc_catalog_list(tc_catalog *catalog, tc_kind kind, const tc_catalog_item **items, int *count, tc_error *error) {
    size_t room = 1, begin = embedded_begin(kind);
    for (const entry *e = catalog->entries; e; e = e->next) room += e->kind == kind;
    for (size_t i = begin; is_of_kind(i, kind); i++) room++;
    tc_catalog_item *list = tc_arena_alloc(&catalog->arena, room * sizeof *list);
    if (!list) return fail_memory(error);
    int n = 0;
    tc_code code = TC_OK;
    for (const entry *e = catalog->entries; e && code == TC_OK; e = e->next) {
        entry wins;
        if (e->kind != kind || !find_entry(catalog, kind, e->slug, &wins) || wins.path != e->path) continue;
        code = make_item(catalog, e, &list[n++], error);
    }
    int own = n;
    for (size_t i = begin; is_of_kind(i, kind) && code == TC_OK; i++) {
        size_t length;
        const char *name = base_name(tc_embedded_files[i].path, &length);
        const char *slug = tc_arena_copy(&catalog->arena, name, length);
        if (!slug) return fail_memory(error);
        bool overridden = !ends_with(name, YAML);
        for (int k = 0; k < own; k++) overridden = overridden || strcmp(list[k].slug, slug) == 0;
        entry e = embedded_entry(i, kind, slug);
        if (!overridden) code = make_item(catalog, &e, &list[n++], error);
    }
    if (code != TC_OK) return code;
    qsort(list, (size_t)n, sizeof *list, by_slug);
    *items = list;
    *count = n;
    return TC_OK;
}
