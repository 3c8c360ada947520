/* layers.h - the parameters of an accelerator or a stack, from the files that give them: see parameters.h. */
#ifndef TC_CATALOG_LAYERS_H
#define TC_CATALOG_LAYERS_H

#include "catalog/lookup.h"
#include "catalog/parameters.h"

/* A stack's documents: generic, its bases, itself. */
TC_NODISCARD tc_code tc_stack_chain_open(tc_catalog *catalog, const tc_data_file *file, tc_arena *own,
                                         tc_stack_chain *out, tc_error *error);

/* Fills resolved (one for each parameter of the kind's table) with the value that holds and where it is from. */
TC_NODISCARD tc_code tc_resolve_device(tc_catalog *catalog, const tc_document *document, const char *slug,
                                       tc_resolved *resolved, tc_error *error);
TC_NODISCARD tc_code tc_resolve_stack(tc_catalog *catalog, const tc_stack_chain *chain, tc_resolved *resolved,
                                      tc_error *error);

#endif
