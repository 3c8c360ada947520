/* score.h - the error of the forecast on published runs.
 *
 * error_pct is that of the step's time, positive = forecast too slow. The macro
 * error is the mean, over source families with at least three counted runs, of
 * the family's mean absolute error; smaller families are pooled as one.
 */
#ifndef TC_VALIDATE_SCORE_H
#define TC_VALIDATE_SCORE_H

#include "base/arena.h"
#include "step/parts.h"
#include "validate/case.h"

typedef struct tc_scored_run {
    const tc_published_run *run;
    tc_case_status status;
    const char *reason; /* "" where ok */
    bool counts, complete;
    int assumed_count;
    char (*assumed)[96];
    double measured, predicted, error_pct; /* NaN where there is none */
    double step_s;                         /* forecast, also of a run that ran out of memory; 0 */
    double step_s_p10, step_s_p90;         /* 0 until intervals exist */
    int covered;                           /* 1, 0, or -1: no interval */
    double memory_gib, memory_error_pct;   /* forecast; 0 where not scored */
    double part_share[TC_PARTS_ALL];       /* of the forecast step */
    double capacity_gib;                   /* of the device's memory; 0 */
    bool memory_scored, memory_complete;
    bool oom_scored; /* its group says which runs ended for want of memory */
    double fits_probability;
    bool fits;
    bool open;     /* what memory depends on was left open and chosen so that it fits: micro-batch, layout, recompute */
    bool forecast; /* the forecast exists */
} tc_scored_run;

typedef struct tc_group_score {
    const char *name;
    int n;
    double mape_pct, bias_pct;
    bool pooled;
} tc_group_score;

typedef struct tc_validation {
    tc_scored_run *runs;
    int count;
    int n, skipped, unsupported, families, complete, memory_n, oom_n;
    double macro_mape_pct, mape_pct, median_ape_pct, p90_ape_pct, max_ape_pct, bias_pct;
    double complete_macro_mape_pct, complete_median_ape_pct, coverage80_pct /* NaN: no intervals */, memory_mape_pct,
        fit_accuracy_pct;
    int rl_n; /* steps of reinforcement learning, which are no part of the others' summary */
    double rl_macro_mape_pct, rl_median_ape_pct, rl_bias_pct, rl_coverage80_pct;
    tc_group_score *by_accelerator, *by_group, *by_family, *by_stack;
    int accelerators, groups, family_rows, stacks;
} tc_validation;

/* Scores runs; all memory of the result lives in `arena`. */
TC_NODISCARD tc_code tc_validate(tc_catalog *catalog, const tc_published_run *runs, int count, tc_arena *arena,
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
