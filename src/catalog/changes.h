/* changes.h - a document with some of its values changed by whoever reads it: "pools.h20.deliveries[0].devices=4096". */
#ifndef TC_CATALOG_CHANGES_H
#define TC_CATALOG_CHANGES_H

#include "catalog/document.h"

/* A copy of the document in the arena in which each change is made, in order: PATH=VALUE. A path has keys and names of elements, joined by
 * dots, and [i] for the element at a place, from 0; the value is YAML: 4096, "10 d", {low: 1, mid: 2, high: 3}, [a, b]. A key that is not
 * there yet is added. The texts must outlive the copy. Errors, then and when the copy is read, have the place "--set CHANGE". */
TC_NODISCARD tc_code tc_document_change(const tc_document *document, const char *const *changes, int count,
                                        tc_arena *arena, tc_document *out, tc_error *error);
/* The same of changes that errors name otherwise: as they were given, before their paths were completed. */
TC_NODISCARD tc_code tc_document_change_as(const tc_document *document, const char *const *changes,
                                           const char *const *names, int count, tc_arena *arena, tc_document *out,
                                           tc_error *error);

#endif
