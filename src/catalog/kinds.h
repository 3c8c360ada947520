/* kinds.h - the kinds of data files: what each may hold, and how a file becomes a struct. */
#ifndef TC_CATALOG_KINDS_H
#define TC_CATALOG_KINDS_H

#include "catalog/schema.h"

extern const tc_schema tc_accelerator_schema;  /* reads into tc_accelerator */
extern const tc_schema tc_architecture_schema; /* checks only; parameters are resolved in layers */
extern const tc_schema tc_fabric_schema;       /* tc_fabric */
extern const tc_schema tc_model_schema;        /* tc_model */
extern const tc_schema tc_stack_schema;        /* tc_stack */
extern const tc_schema tc_fitted_device_schema, tc_fitted_stack_schema; /* check only */

/* A document into a struct, which is set to its defaults first; values that contradict each other are
 * errors. The parameters of accelerators and stacks are not resolved here. */
TC_NODISCARD tc_code tc_accelerator_read(const tc_document *document, tc_accelerator *out, tc_error *error);
/* Has it the figures that every forecast needs: memory, its bandwidth, a matmul rate? list, show and
 * controls do without (0 = unknown). */
bool tc_accelerator_is_complete(const tc_accelerator *accelerator);
/* The same as an error at the place where the figure should be. */
TC_NODISCARD tc_code tc_accelerator_check(const tc_document *document, const tc_accelerator *accelerator,
                                          tc_error *error);
TC_NODISCARD tc_code tc_fabric_read(const tc_document *document, tc_fabric *out, tc_error *error);
TC_NODISCARD tc_code tc_model_read(const tc_document *document, tc_model *out, tc_error *error);
/* chain: from the general to the particular; the stack's own document is the last. */
TC_NODISCARD tc_code tc_stack_read(const tc_document *const *chain, int count, tc_stack *out, tc_error *error);

#endif
