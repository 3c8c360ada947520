/* inline.h - data files that come with a question, as objects of JSON in the place of a slug. */
#ifndef TC_CATALOG_INLINE_H
#define TC_CATALOG_INLINE_H

#include <jansson.h>

#include "catalog/document.h"

typedef struct tc_inline_file {
    const char *name; /* "$.accelerator": begins with a dollar, as no slug does */
    const json_t *object;
    const struct tc_inline_file *next;
} tc_inline_file;

/* The object as the file of that content. Errors: place "$.accelerator:0: field.path". */
TC_NODISCARD tc_code tc_document_from_json(const tc_inline_file *given, tc_arena *arena, tc_document *out,
                                           tc_error *error);

#endif
