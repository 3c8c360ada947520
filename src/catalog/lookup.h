/* lookup.h - one data file by slug, alias or path, as a document; and what an open catalog is. */
#ifndef TC_CATALOG_LOOKUP_H
#define TC_CATALOG_LOOKUP_H

#include "catalog/entries.h"
#include "catalog/inline.h"

/* An alias that was looked up before: many runs ask for the same few. */
typedef struct tc_alias {
    const char *name;
    tc_entry *entry;
    struct tc_alias *next;
} tc_alias;

struct tc_catalog {
    tc_arena arena;
    const tc_inline_file *given; /* for the time of one question; NULL: none */
    bool sealed;                 /* no file is read by its path */
    tc_entries entries;
    tc_alias *aliases;
    const struct tc_catalog_item *items[TC_FILE_KINDS]; /* lists made so far */
    tc_interval_model *interval;                        /* NULL: not read yet */
    bool ignore_fitted;
    bool ignore_fitted_serving;
    struct tc_sets *sets; /* changes of files for the time of one question; NULL: none */
};

/* A data file, parsed but not checked. */
typedef struct tc_data_file {
    const tc_document *document;
    const char *slug;
    tc_entry *entry; /* NULL: it was named by its path */
} tc_data_file;

/* From now on files are read with these changes (sets.h), until tc_catalog_unset. The texts must live until then. */
TC_NODISCARD tc_code tc_catalog_set(tc_catalog *catalog, const char *const *changes, int count, tc_error *error);
void tc_catalog_unset(tc_catalog *catalog);
/* TC_INVALID where a change was of no file that was read since. */
TC_NODISCARD tc_code tc_catalog_sets_used(const tc_catalog *catalog, tc_error *error);

/* TC_INVALID where the handle is sealed and this names a file by its path. */
TC_NODISCARD tc_code tc_lookup_allowed(const tc_catalog *catalog, const char *slug_or_path, tc_error *error);
/* The entry that a slug or an alias names; NULL where there is none. */
TC_NODISCARD tc_code tc_lookup_entry(tc_catalog *catalog, tc_kind kind, const char *slug, tc_entry **out,
                                     tc_error *error);
/* The file that slug_or_path names. One that is named by its path is read into `own`, so that its tree can go with
 * the call; others stay with the catalog. */
TC_NODISCARD tc_code tc_lookup(tc_catalog *catalog, tc_kind kind, const char *slug_or_path, tc_arena *own,
                               tc_data_file *out, tc_error *error);
/* A file that may be absent (*out NULL), checked once by the schema (NULL: not); an embedded one is checked by the tests, as
 * checking takes longer than what is read of it. */
TC_NODISCARD tc_code tc_lookup_helper(tc_catalog *catalog, tc_kind kind, const char *slug, const tc_schema *schema,
                                      const tc_document **out, tc_error *error);

#endif
