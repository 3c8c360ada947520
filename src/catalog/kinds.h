/* kinds.h - the kinds of data files: what each may hold, and how a file becomes a struct. */
#ifndef TC_CATALOG_KINDS_H
#define TC_CATALOG_KINDS_H

#include "catalog/published_layouts.h"
#include "catalog/schema.h"

typedef enum tc_kind {
    TC_KIND_ACCELERATOR,
    TC_KIND_ARCHITECTURE,
    TC_KIND_FABRIC,
    TC_KIND_MODEL,
    TC_KIND_STACK,
    TC_KIND_ENGINE,
    TC_KIND_SCENARIO,
    TC_KIND_FRAMEWORK,
    TC_KIND_FITTED, /* device and stack: what fitting wrote */
    TC_KINDS,
    TC_KIND_COMMON = TC_KINDS, /* one of each, beside the folders: economics, controls, conventions */
    TC_FILE_KINDS
} tc_kind;

const char *tc_kind_name(tc_kind kind);   /* "accelerator" */
const char *tc_kind_folder(tc_kind kind); /* "accelerators" */
/* The kind that a word names, in the singular or the plural, or -1. */
int tc_kind_find(const char *word);
/* What files of the kind may hold; NULL where another part of the program knows (scenarios). */
const tc_schema *tc_kind_schema(tc_kind kind);
/* Is a path relative to data/ one of the kind? */
bool tc_kind_holds(tc_kind kind, const char *path);

/* Does it name a file rather than a slug? It ends in .yaml or .json or contains '/', but for "Qwen/Qwen3-32B": that is how the
 * hub names a model. */
bool tc_is_path(const char *slug_or_path);

extern const tc_schema tc_accelerator_schema;  /* reads into tc_accelerator */
extern const tc_schema tc_architecture_schema; /* checks only; parameters are resolved in layers */
extern const tc_schema tc_fabric_schema;       /* tc_fabric */
extern const tc_schema tc_model_schema;        /* tc_model */
extern const tc_schema tc_stack_schema;        /* tc_stack */
extern const tc_schema tc_engine_schema;       /* tc_engine; parameters are resolved in layers */
extern const tc_schema tc_stack_age_schema;    /* tc_stack: one of its ages */
extern const tc_schema tc_fitted_device_schema, tc_fitted_stack_schema, tc_fitted_serving_schema; /* check only */

/* A document into a struct, which is set to its defaults first; values that contradict each other are
 * errors. The parameters of accelerators and stacks are not resolved here. */
TC_NODISCARD tc_code tc_accelerator_read(const tc_document *document, tc_accelerator *out, tc_error *error);
/* Has it the figures that every forecast needs: memory, its bandwidth, a matmul rate? list, show and
 * controls do without (0 = unknown). */
bool tc_accelerator_is_complete(const tc_accelerator *accelerator);
/* The figure of its section `device` that it cannot be forecast without and has not; NULL where it is complete. */
const char *tc_accelerator_lacks(const tc_accelerator *accelerator);
/* The same as an error at the place where the figure should be. */
TC_NODISCARD tc_code tc_accelerator_check(const tc_document *document, const tc_accelerator *accelerator,
                                          tc_error *error);
TC_NODISCARD tc_code tc_fabric_read(const tc_document *document, tc_fabric *out, tc_error *error);
TC_NODISCARD tc_code tc_model_read(const tc_document *document, tc_model *out, tc_error *error);
/* The figures of every optimizer. */
TC_NODISCARD tc_code tc_optimizers_read(const tc_document *document, tc_optimizer_figures out[TC_OPTIMIZER_NONE],
                                        tc_error *error);
/* The part of a lead that is error, into the model of intervals. */
TC_NODISCARD tc_code tc_selection_read(const tc_document *document, tc_interval_model *out, tc_error *error);
/* The lists are of the arena. */
TC_NODISCARD tc_code tc_interval_model_read(const tc_document *document, tc_arena *arena, tc_interval_model *out,
                                            tc_error *error);

/* Which layouts published runs had. */
TC_NODISCARD tc_code tc_published_layouts_read(const tc_document *document, tc_published_layouts *out, tc_error *error);

enum { TC_STACK_CHAIN = 16 };

/* A stack's documents from the general to the particular: generic, its bases, itself. */
typedef struct tc_stack_chain {
    int count;
    const tc_document *document[TC_STACK_CHAIN];
    const char *slug[TC_STACK_CHAIN];
} tc_stack_chain;

TC_NODISCARD tc_code tc_stack_read(const tc_stack_chain *chain, tc_stack *out, tc_error *error);

#endif
