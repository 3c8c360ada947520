/* catalog.h - the data files by kind and slug: embedded ones, and folders that extend or override them.
 *
 * Opening sets pointers (and reads the folders that it is given); a file is parsed when it is first asked for, and
 * its tree is kept. Each folder has the sub-folders accelerators, architectures, fabrics, models, stacks, scenarios,
 * fitted; a maker's folder may lie between. Beside them may lie economics.yaml, controls.yaml, and sources.yaml, which
 * the folder's files share. The slug is the file's name; a later folder wins over an earlier one and over the embedded
 * file, as a whole file.
 *
 * A handle is for one thread at a time; opening another one costs nothing. */
#ifndef TC_CATALOG_CATALOG_H
#define TC_CATALOG_CATALOG_H

#include "catalog/kinds.h"

typedef struct tc_catalog_item {
    const char *slug, *name;
    const char *path;   /* of the file; "data/..." when embedded */
    const char *origin; /* "embedded", or the folder it came from */
} tc_catalog_item;

/* Every file of a kind, by slug; what a folder overrides is listed once. The catalog owns the items. */
TC_NODISCARD tc_code tc_catalog_list(tc_catalog *catalog, tc_kind kind, const tc_catalog_item **items, int *count,
                                     tc_error *error);

/* The tree of one file, checked against its schema, for printing it figure by figure. Lives as long as
 * the catalog. slug (may be NULL) receives the slug. */
TC_NODISCARD tc_code tc_catalog_document(tc_catalog *catalog, tc_kind kind, const char *slug_or_path,
                                         const tc_document **out, const char **slug, tc_error *error);

/* An accelerator of which a forecast's figures may be unknown (0): for list, show and controls.
 * tc_catalog_accelerator refuses such a file. */
TC_NODISCARD tc_code tc_catalog_accelerator_known(tc_catalog *catalog, const char *slug_or_path, tc_accelerator *out,
                                                  tc_error *error);

/* A stack, or what it has for models of this kind in its place (of_latents, of_images), as of the same month. */
TC_NODISCARD tc_code tc_catalog_stack_for(tc_catalog *catalog, const char *slug_or_path, tc_model_kind kind,
                                          tc_stack *out, tc_error *error);

/* The name of the stack with which language models are usually trained on an accelerator. */
const char *tc_usual_stack(const tc_accelerator *accelerator);

/* The stack with which models of this kind are usually trained on an accelerator; where none is known, the generic one. */
TC_NODISCARD tc_code tc_catalog_usual_stack(tc_catalog *catalog, const tc_accelerator *accelerator, tc_model_kind kind,
                                            tc_stack *out, tc_error *error);

/* A stack with its bases, for printing which file says what. */
TC_NODISCARD tc_code tc_catalog_stack_chain(tc_catalog *catalog, const char *slug_or_path, tc_stack_chain *out,
                                            tc_error *error);

/* A resolved physical parameter with where it came from. */
typedef struct tc_catalog_parameter {
    const char *name, *text;
    double value;
    tc_dimension dimension;
    const char *source; /* a published source, or "fitted on ..." */
    const char *note;   /* NULL: none */
    const char *file;   /* that has the value */
} tc_catalog_parameter;

/* The parameters of an accelerator or a stack, in the order of traincast_params.h. The catalog owns them. */
TC_NODISCARD tc_code tc_catalog_parameters(tc_catalog *catalog, tc_kind kind, const char *slug_or_path,
                                           const tc_catalog_parameter **items, int *count, tc_error *error);

/* Leaves data/fitted out from now on: what fitting starts from. */
void tc_catalog_ignore_fitted(tc_catalog *catalog);
/* The same of the values of serving alone: they are fitted beside those of devices, as forecasts have them. */
void tc_catalog_ignore_fitted_serving(tc_catalog *catalog);

#endif
