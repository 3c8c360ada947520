/* entries.h - the data files that there are, by kind and slug: embedded ones, and folders that extend or
 * override them. Nothing is parsed here.
 *
 * One array, sorted by kind and slug, holds the file that wins for each: a lookup is a binary search, a list is a
 * range of it. Only sources.yaml is kept of every folder: it speaks for the files beside it. */
#ifndef TC_CATALOG_ENTRIES_H
#define TC_CATALOG_ENTRIES_H

#include "base/arena.h"
#include "catalog/document.h"
#include "catalog/embedded.h"
#include "catalog/kinds.h"

#define TC_EMBEDDED_ORIGIN "embedded"

/* A file of the catalog. */
typedef struct tc_entry {
    tc_kind kind;
    const char *slug, *path, *origin; /* the folder it came from, or TC_EMBEDDED_ORIGIN */
    const tc_embedded_file *embedded; /* NULL: a file of a folder */
    const tc_document *document;      /* once it is parsed */
    bool checked;                     /* by its schema */
    const void *value;                /* its struct, once it was asked for */
} tc_entry;

typedef struct tc_entries {
    tc_entry *entry; /* from malloc */
    int count;
    char hash[17]; /* of the embedded files, and of the slugs and contents of every file of the folders */
} tc_entries;

/* Reads the folders; later ones win. The texts live in the arena. */
TC_NODISCARD tc_code tc_entries_open(const char *const *folders, int count, tc_arena *arena, tc_entries *out,
                                     tc_error *error);
void tc_entries_free(tc_entries *entries);

/* The entry, or NULL. */
tc_entry *tc_entries_find(const tc_entries *entries, tc_kind kind, const char *slug);
/* The sources.yaml that files of this origin share: their folder's, or NULL. */
tc_entry *tc_entries_sources(const tc_entries *entries, const char *origin);
/* The first of the kind; *count of them follow each other. */
tc_entry *tc_entries_of_kind(const tc_entries *entries, tc_kind kind, int *count);

/* The file's name as errors and lists have it, "data/models/gpt2.yaml"; NULL: out of memory. */
const char *tc_entry_path(const tc_entry *entry, tc_arena *arena);

/* The file's name without folders and .yaml, length bytes. */
const char *tc_slug_of_path(const char *path, size_t *length);

#endif
