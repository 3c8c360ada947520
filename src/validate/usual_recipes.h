/* usual_recipes.h - what recipes of a stack set beside degrees, by month, chip and kind of model: data/recipes.yaml. For published rows that do
 * not say it themselves. */
#ifndef TC_VALIDATE_USUAL_RECIPES_H
#define TC_VALIDATE_USUAL_RECIPES_H

#include "catalog/document.h"
#include "validate/stated.h"

/* Of a row, what a recipe is chosen by. Bits of `of`: 1 << tc_recipe_of. */
typedef enum tc_recipe_of {
    TC_RECIPE_DENSE,
    TC_RECIPE_EXPERTS,
    TC_RECIPE_RECURRENT, /* some layers are */
    TC_RECIPE_PRETRAINING,
    TC_RECIPE_ADAPTERS,
    TC_RECIPE_FULL_TUNING,
    TC_RECIPE_PACKED, /* samples fill sequences */
    TC_RECIPE_SPLIT   /* tensor parallelism is stated, or a pipeline */
} tc_recipe_of;

typedef struct tc_recipe_row {
    const char *stack, *accelerator, *model; /* slugs; the model as the row names it */
    const char *framework;                   /* its text; NULL */
    int date;                                /* year x 100 + month; 0: not known, then no recipe has a date */
    int of, dtype;
    int tp, pp, ep, micro_batch, recompute; /* TC_UNSET: not stated */
} tc_recipe_row;

/* Checks the file: conditions, and that each setting is a word of `norm`. */
TC_NODISCARD tc_code tc_usual_recipes_check(const tc_document *document, tc_error *error);

/* What recipes set that is no word of `norm`. TC_UNSET: not set. */
typedef struct tc_recipe_set {
    int recompute;
    int micro_batch; /* sequences */
} tc_recipe_set;

/* Fills what is not set, of `stated` and `set`: by the first recipe with the row's degrees of its month, else with its degrees, else of its
 * month; and by every one without degrees that holds, the first before the others. One with degrees sets its micro-batch, too. What a
 * recipe means by a kind of recompute stands in its place. `taken` (size bytes) gets the keys that were filled,
 * "cuda_graphs, dispatcher", or "". */
void tc_usual_recipes_take(const tc_document *document, const tc_recipe_row *row, tc_stated *stated, tc_recipe_set *set,
                           char *taken, size_t size);

#endif
