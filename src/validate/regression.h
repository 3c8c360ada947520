/* regression.h - weighted least squares with a ridge, and standard errors that rows of one source may share. */
#ifndef TC_VALIDATE_REGRESSION_H
#define TC_VALIDATE_REGRESSION_H

#include <stdbool.h>

enum { TC_REGRESSORS = 64 };

typedef struct tc_regression_row {
    double x[TC_REGRESSORS], y, weight;
    int cluster; /* rows of a cluster err alike: from 0 */
} tc_regression_row;

typedef struct tc_regression {
    double value[TC_REGRESSORS], deviation[TC_REGRESSORS]; /* coefficients and their standard errors */
    double explained;                                      /* share of the weighted sum of y^2; NaN over none */
} tc_regression;

/* Minimises sum_i w_i (y_i - x_i b)^2 + sum_j ridge_j b_j^2. Deviations are robust to what the rows of a cluster share (Liang and
 * Zeger 1986, with G / (G - 1) for G clusters). False: out of memory, or the equations have no solution. */
bool tc_regress(const tc_regression_row *rows, int count, int regressors, const double *ridge, tc_regression *out);

#endif
