/* score.h - the error of the forecast on published runs.
 *
 * What a score is: traincast_validate.h. */
#ifndef TC_VALIDATE_SCORE_H
#define TC_VALIDATE_SCORE_H

#include "base/arena.h"
#include "step/parts.h"
#include "validate/case.h"

/* Scores runs; all memory of the result lives in `arena`. */
TC_NODISCARD tc_code tc_score_runs(tc_catalog *catalog, const tc_published_run *runs, int count, tc_arena *arena,
                                   tc_validation *out, tc_error *error);

/* The summary of errors that are already known: used by the fit too. */
typedef struct tc_error_row {
    const char *family;
    double error_pct;
    bool complete;
} tc_error_row;

/* Macro error over rows (see above), and median; NaN over none. complete_only leaves rows with assumptions out. False: out of
 * memory. */
bool tc_macro_error(const tc_error_row *rows, int count, bool complete_only, double *out);
bool tc_median_error(const tc_error_row *rows, int count, bool complete_only, double *out);

/* The errors of rows of equal names (`family`), by name; returns how many names, -1: out of memory. */
int tc_group_errors(const tc_error_row *rows, int count, tc_arena *arena, tc_group_score **out);

/* For qsort; and linear interpolation between order statistics of sorted values, NaN without any. */
int tc_by_value(const void *a, const void *b);
double tc_quantile(const double *sorted, int n, double q);

#endif
