/* entries.c - finds the data files: embedded ones in the order of their index, those of folders by reading them.
 *
 * The hash of the data is that of the embedded files, combined with the slugs and contents of every file of the
 * given folders (in the order of folders, kinds and names): what is in use, whether or not this forecast reads it.
 * A file that is named by its path belongs to the question, not to the data. */
#include "catalog/entries.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"

#define YAML ".yaml"
#define MAX_PATH 4096
#define SOURCES "sources"

/* A file of a folder, before it is known which one wins. */
typedef struct found {
    tc_entry entry;
    int folder, order; /* order: in which it was read */
} found;

typedef struct scan {
    tc_arena *arena;
    const char *origin;
    int folder;
    tc_kind kind;
    found *found; /* embedded files and those read so far */
    int count, room;
    uint64_t hash;
    tc_error *error;
} scan;

static tc_code fail_memory(tc_error *error) { return tc_fail(error, TC_INTERNAL, "catalog", "out of memory"); }

const char *tc_slug_of_path(const char *path, size_t *length) {
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    *length = strlen(name);
    if (*length > strlen(YAML) && tc_ends_with(name, YAML)) *length -= strlen(YAML);
    return name;
}

/* Room for one more; NULL when memory is out. */
static found *add(scan *s, tc_kind kind) {
    if (s->count == s->room) {
        int room = s->room ? 2 * s->room : 1024;
        found *more = realloc(s->found, (size_t)room * sizeof *more);
        if (!more) return NULL;
        s->found = more;
        s->room = room;
    }
    found *new = &s->found[s->count];
    *new = (found){.entry = {.kind = kind, .origin = s->origin}, .folder = s->folder, .order = s->count};
    s->count++;
    return new;
}

/* ---- the embedded files --------------------------------------------------------------- */

/* The files of a folder follow each other. */
static tc_code add_embedded(scan *s) {
    int kind = TC_FILE_KINDS;
    s->origin = TC_EMBEDDED_ORIGIN;
    s->folder = -1;
    for (size_t i = 0; i < tc_embedded_data.count; i++) {
        const tc_embedded_file *file = &tc_embedded_data.files[i];
        if (kind == TC_FILE_KINDS || !tc_kind_holds((tc_kind)kind, file->path))
            for (kind = 0; kind < TC_FILE_KINDS && !tc_kind_holds((tc_kind)kind, file->path);) kind++;
        if (kind == TC_FILE_KINDS) continue; /* of another part of the program */
        found *new = add(s, (tc_kind)kind);
        if (!new) return fail_memory(s->error);
        new->entry.slug = file->slug;
        new->entry.path = file->path;
        new->entry.embedded = file;
    }
    return TC_OK;
}

/* ---- folders ------------------------------------------------------------------------ */

static tc_code add_file(scan *s, const char *path) {
    size_t length;
    const char *name = tc_slug_of_path(path, &length);
    found *new = add(s, s->kind);
    if (!new) return fail_memory(s->error);
    new->entry.slug = tc_arena_copy(s->arena, name, length);
    new->entry.path = tc_arena_copy(s->arena, path, strlen(path));
    if (!new->entry.slug || !new->entry.path) return fail_memory(s->error);
    char *text;
    size_t size;
    tc_code code = tc_file_read(path, TC_DOCUMENT_MAX_BYTES, &text, &size, s->error);
    if (code != TC_OK) return code;
    const char *folder = tc_kind_folder(s->kind);
    s->hash = tc_hash_bytes(s->hash, folder, strlen(folder) + 1);
    s->hash = tc_hash_bytes(s->hash, new->entry.slug, length + 1);
    s->hash = tc_hash_bytes(s->hash, text, size + 1);
    free(text);
    return TC_OK;
}

static int skip_hidden(const struct dirent *item) { return item->d_name[0] != '.'; }

static int by_name(const struct dirent **a, const struct dirent **b) { /* alphasort would follow the locale */
    return strcmp((*a)->d_name, (*b)->d_name);
}

typedef enum path_type { OTHER, FOLDER, PLAIN_FILE } path_type;

static path_type type_of(const char *path) {
    struct stat status;
    if (stat(path, &status) != 0) return OTHER;
    return S_ISDIR(status.st_mode) ? FOLDER : S_ISREG(status.st_mode) ? PLAIN_FILE : OTHER;
}

/* Adds the *.yaml files of a folder in the order of their names; depth 1: and of its sub-folders. What is neither
 * file nor folder (a pipe would wait for its writer) is none of the data. */
static tc_code scan_folder(scan *s, const char *folder, int depth) {
    struct dirent **items = NULL;
    int count = scandir(folder, &items, skip_hidden, by_name);
    if (count < 0 && errno == ENOMEM) return fail_memory(s->error);
    if (count < 0) return tc_fail(s->error, TC_INVALID, folder, "cannot be read; give a folder that may be read");
    tc_code code = TC_OK;
    for (int i = 0; i < count && code == TC_OK; i++) {
        char path[MAX_PATH];
        if (snprintf(path, sizeof path, "%s/%s", folder, items[i]->d_name) >= (int)sizeof path) continue;
        path_type type = type_of(path);
        if (type == FOLDER && depth > 0)
            code = scan_folder(s, path, depth - 1);
        else if (type == PLAIN_FILE && tc_ends_with(path, YAML))
            code = add_file(s, path);
    }
    for (int i = 0; i < count; i++) free(items[i]);
    free(items);
    return code;
}

/* The files beside the sub-folders: those of the names that the embedded data have there. Others are left alone. */
static tc_code scan_common(scan *s, const char *folder, int *taken) {
    tc_code code = TC_OK;
    s->kind = TC_KIND_COMMON;
    for (size_t i = 0; i < tc_embedded_data.count && code == TC_OK; i++) {
        const tc_embedded_file *file = &tc_embedded_data.files[i];
        char path[MAX_PATH];
        if (!tc_kind_holds(TC_KIND_COMMON, file->path)) continue;
        if (snprintf(path, sizeof path, "%s/%s", folder, file->path) >= (int)sizeof path) continue;
        if (type_of(path) != PLAIN_FILE) continue;
        ++*taken;
        code = add_file(s, path);
    }
    return code;
}

/* All kinds of one folder. A folder of data files without sub-folders is a mistake worth a message. */
static tc_code scan_catalog(scan *s, const char *folder) {
    int taken = 0;
    for (int kind = 0; kind < TC_KINDS; kind++) {
        char path[MAX_PATH];
        if (snprintf(path, sizeof path, "%s/%s", folder, tc_kind_folder((tc_kind)kind)) >= (int)sizeof path) continue;
        if (type_of(path) != FOLDER) continue;
        taken++;
        s->kind = (tc_kind)kind;
        tc_code code = scan_folder(s, path, 1);
        if (code != TC_OK) return code;
    }
    tc_code code = scan_common(s, folder, &taken);
    if (code != TC_OK || taken > 0) return code;
    struct dirent **items = NULL;
    int count = scandir(folder, &items, skip_hidden, NULL), files = 0;
    for (int i = 0; i < count; i++) {
        files += tc_ends_with(items[i]->d_name, YAML);
        free(items[i]);
    }
    free(items);
    if (files == 0) return TC_OK;
    return tc_fail(s->error, TC_INVALID, folder,
                   "has data files but none of the sub-folders accelerators, fabrics, models, ...; give the folder "
                   "above them");
}

static tc_code scan_folders(scan *s, const char *const *folders, int count) {
    for (int i = 0; i < count; i++) {
        s->folder = i;
        s->origin = tc_arena_copy(s->arena, folders[i], strlen(folders[i]));
        if (!s->origin) return fail_memory(s->error);
        if (type_of(folders[i]) != FOLDER)
            return tc_fail(s->error, TC_NOT_FOUND, folders[i],
                           "is no folder; give a folder with accelerators, fabrics, models, ... in it");
        tc_code code = scan_catalog(s, folders[i]);
        if (code != TC_OK) return code;
    }
    return TC_OK;
}

/* ---- one sorted array -------------------------------------------------------------------- */

/* In the order of the embedded index, which is that of the folders' names. */
static int compare_key(tc_kind kind, const char *slug, const tc_entry *entry) {
    int order = kind == entry->kind ? 0 : strcmp(tc_kind_folder(kind), tc_kind_folder(entry->kind));
    return order ? order : strcmp(slug, entry->slug);
}

/* Of one name, the later folder first: it wins. */
static int by_name_then_folder(const void *a, const void *b) {
    const found *x = a, *y = b;
    int order = compare_key(x->entry.kind, x->entry.slug, &y->entry);
    if (order) return order;
    if (x->folder != y->folder) return x->folder > y->folder ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

static bool is_sources(const tc_entry *entry) {
    return entry->kind == TC_KIND_COMMON && strcmp(entry->slug, SOURCES) == 0;
}

static tc_code keep_winners(scan *s, tc_entries *out) {
    out->entry = malloc((size_t)(s->count + 1) * sizeof *out->entry);
    if (!out->entry) return fail_memory(s->error);
    for (int i = 0; i < s->count; i++) {
        const found *f = &s->found[i], *before = i > 0 ? f - 1 : NULL;
        bool again = before && compare_key(f->entry.kind, f->entry.slug, &before->entry) == 0;
        if (again && f->folder == before->folder)
            return tc_fail(s->error, TC_INVALID, f->entry.path, "has the same name as %.200s; rename one of the two",
                           before->entry.path);
        bool kept = !again || is_sources(&f->entry);
        if (kept) out->entry[out->count++] = f->entry;
    }
    return TC_OK;
}

tc_code tc_entries_open(const char *const *folders, int count, tc_arena *arena, tc_entries *out, tc_error *error) {
    *out = (tc_entries){0};
    scan s = {.arena = arena, .error = error};
    tc_code code = add_embedded(&s);
    int embedded = s.count;
    s.hash = tc_hash_bytes(TC_HASH_START, tc_embedded_data.hash, strlen(tc_embedded_data.hash));
    if (code == TC_OK) code = scan_folders(&s, folders, count);
    if (code == TC_OK && s.count > embedded) qsort(s.found, (size_t)s.count, sizeof *s.found, by_name_then_folder);
    if (code == TC_OK) code = keep_winners(&s, out);
    if (s.count > embedded)
        snprintf(out->hash, sizeof out->hash, "%016llx", (unsigned long long)s.hash);
    else
        snprintf(out->hash, sizeof out->hash, "%s", tc_embedded_data.hash);
    free(s.found);
    return code;
}

void tc_entries_free(tc_entries *entries) {
    free(entries->entry);
    *entries = (tc_entries){0};
}

/* ---- lookup ---------------------------------------------------------------------------------- */

/* Where the entry is or would be. */
static int lower_bound(const tc_entries *entries, tc_kind kind, const char *slug) {
    int low = 0, high = entries->count;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (compare_key(kind, slug, &entries->entry[middle]) > 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

tc_entry *tc_entries_find(const tc_entries *entries, tc_kind kind, const char *slug) {
    int i = lower_bound(entries, kind, slug);
    if (i == entries->count || compare_key(kind, slug, &entries->entry[i]) != 0) return NULL;
    return &entries->entry[i];
}

tc_entry *tc_entries_sources(const tc_entries *entries, const char *origin) {
    int i = lower_bound(entries, TC_KIND_COMMON, SOURCES);
    for (; i < entries->count && is_sources(&entries->entry[i]); i++)
        if (strcmp(entries->entry[i].origin, origin) == 0) return &entries->entry[i];
    return NULL;
}

tc_entry *tc_entries_of_kind(const tc_entries *entries, tc_kind kind, int *count) {
    int begin = lower_bound(entries, kind, ""), end = begin;
    while (end < entries->count && entries->entry[end].kind == kind) end++;
    *count = end - begin;
    return entries->entry + begin;
}

const char *tc_entry_path(const tc_entry *entry, tc_arena *arena) {
    static const char folder[] = "data/";
    size_t length = strlen(entry->path), before = entry->embedded ? sizeof folder - 1 : 0;
    char *path = tc_arena_alloc(arena, before + length + 1);
    if (!path) return NULL;
    memcpy(path, folder, before);
    memcpy(path + before, entry->path, length);
    return path;
}
