/* sets.h - changes of the catalog's files for the time of one question: "accelerator.memory_bandwidth=3TB/s".
 *
 * A change begins with the kind of a file (accelerator, fabric, stack, model, engine: every one that the question reads) or with
 * its slug; then come the keys of its YAML, as changes.h has them. Sections may be left out where a key stands in one
 * alone: `memory_bandwidth` is `device.memory_bandwidth`, and a level of a fabric goes by its name. The file is changed before
 * it is read, so that its units, bounds and errors are those of the file. */
#ifndef TC_CATALOG_SETS_H
#define TC_CATALOG_SETS_H

#include "base/arena.h"
#include "catalog/document.h"
#include "catalog/kinds.h"

typedef struct tc_sets tc_sets;

/* The texts must outlive it. Errors, then and when files are read, have the place "--set CHANGE". */
TC_NODISCARD tc_code tc_sets_new(const char *const *changes, int count, tc_sets **out, tc_error *error);
void tc_sets_free(tc_sets *sets);
/* TC_INVALID where a change was of no file that was read since. */
TC_NODISCARD tc_code tc_sets_used(const tc_sets *sets, tc_error *error);

/* Puts a changed document in the place of a file's, where a change is of it: of its kind, its slug, or the name that it was asked
 * by. kept: the file's document stays where it is, and who asks again gets the same; else all goes into `own`. */
TC_NODISCARD tc_code tc_sets_apply(tc_sets *sets, tc_kind kind, const char *slug, const char *name, bool kept,
                                   tc_arena *own, const tc_document **document, tc_error *error);

/* The length of the value at `text`, of several as "1TB/s,2TB/s" or "[a, b],[c]": a comma ends it that is in no brackets and no
 * quotes. */
size_t tc_set_value_length(const char *text);

#endif
