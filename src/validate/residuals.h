/* residuals.h - with what the errors of some runs go: which part of the forecast's time, and which field that is not stated.
 *
 * Parts: log(measured / forecast) of a run on the shares of its step's time, without a constant, as the shares sum to one: the
 * coefficient of a part is by how much it was slower than forecast, other parts as they are. Missing fields: |log error| on
 * whether each field had to be assumed, and a constant: the coefficient is what a run errs more without it.
 *
 * Both are weighted least squares, a run weighing n^-1/2 of the n of its source, with a ridge: coefficients are a priori within
 * 30 % (parts) and 10 % (fields) of nothing, against the spread of the errors. Their standard errors allow for what the runs of a
 * source share; of a single source, for none. Going with is not being caused by: parts that come together cannot be told apart. */
#ifndef TC_VALIDATE_RESIDUALS_H
#define TC_VALIDATE_RESIDUALS_H

#include "step/parts.h"
#include "validate/score.h"

enum { TC_MISSING_MAX = 40 };

typedef struct tc_part_residual {
    const char *part, *label;            /* tc_part_of */
    int runs;                            /* of which it takes a hundredth at least */
    double share_pct;                    /* of the step, mean over runs by their weight */
    double slower_pct, slower_error_pct; /* measured over forecast, and its standard error */
    double moves_pct;                    /* the step, mean: slower x share */
} tc_part_residual;

typedef struct tc_missing_field {
    const char *field; /* as data/runs/README.md names it */
    int runs;          /* of which it had to be assumed */
    double errs_more_pct, errs_more_error_pct;
    double narrows_pct; /* the mean error of all runs, were it stated */
} tc_missing_field;

typedef struct tc_residuals {
    int n, sources;
    double mean_error_pct, bias_pct; /* of the runs by their weight: |log(measured / forecast)|, and with its sign */
    double explained_pct;            /* of the squared errors, by the parts */
    tc_part_residual part[TC_PARTS_ALL]; /* the largest moves first */
    int missing;
    tc_missing_field field[TC_MISSING_MAX]; /* what narrows most first */
} tc_residuals;

/* Of the runs that count; fewer than three are an error. */
TC_NODISCARD tc_code tc_residuals_of(const tc_validation *validation, tc_residuals *out, tc_error *error);

#endif
