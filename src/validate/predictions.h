/* predictions.h - what another simulator forecasts of published runs: JSON Lines, an object a run.
 *
 * Keys: `id` of the run; `tool` and `commit` (in any row); `predicted_step_s` and `predicted_memory_gib` (a number, or
 * null), or `skipped`: why it cannot say; `own_row`, also inside `settings`: its authors measured the run for it, so that
 * it does not count. A row without `id` that names the tool is its head. Other keys are for people. A wrong row is an error. */
#ifndef TC_VALIDATE_PREDICTIONS_H
#define TC_VALIDATE_PREDICTIONS_H

#include "base/arena.h"
#include "traincast.h"

typedef struct tc_prediction {
    const char *id, *skipped;  /* skipped: NULL where there is a forecast */
    double step_s, memory_gib; /* 0: none */
    bool own;
    int line;
} tc_prediction;

typedef struct tc_predictions {
    const char *path, *tool, *version; /* tool: the file's name where no row says it; version: "" */
    tc_prediction *row;                /* by id */
    int count;
} tc_predictions;

/* All rows of a text; path, texts and rows live in the arena. */
TC_NODISCARD tc_code tc_predictions_read(const char *path, const char *text, size_t length, tc_arena *arena,
                                         tc_predictions *out, tc_error *error);

/* The row of that id; NULL. */
const tc_prediction *tc_prediction_of(const tc_predictions *predictions, const char *id);

#endif
