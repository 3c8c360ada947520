/* dense.h - linear equations of a few dozen unknowns: a symmetric positive definite matrix by its Cholesky factor. */
#ifndef TC_BASE_DENSE_H
#define TC_BASE_DENSE_H

#include <stdbool.h>

/* Replaces the lower triangle of an n x n matrix (by rows) by its factor L, A = L L'. False: it is not positive definite. */
bool tc_dense_factor(double *matrix, int n);
/* Solves L L' x = b in place. */
void tc_dense_solve(const double *factor, int n, double *b);

#endif
