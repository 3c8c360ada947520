/* fit_solve.h - what all fits minimise, and how.
 *
 * A parameter of a row is its prior moved, in its link, by the sum of a few shifts that it shares with other rows. The shifts minimise
 *   sum_i w_i rho(r_i / s)^2 + sum_j (shift_j / sigma_j)^2
 * with rho the pseudo-Huber loss, by Levenberg-Marquardt on the sparse Jacobian (LAPACK solves the normal equations). */
#ifndef TC_TOOLS_FIT_SOLVE_H
#define TC_TOOLS_FIT_SOLVE_H

enum { FIT_SHARED = 3 }; /* shifts of a parameter at most */

typedef struct fit_system {
    void *context;
    int rows, parameters, unknowns, iterations;
    double noise; /* s: typical residual */
    double (*sigma)(const void *context, int column);
    double (*weight)(const void *context, int row); /* 0: does not count */
    /* r with the parameters at x, parameter `bumped` (-1: none) moved by `bump` besides; NaN: impossible. */
    double (*residual)(void *context, int row, const double *x, int bumped, double bump);
    /* The columns of the shifts of a parameter of a row; returns how many, 0 where it is not fitted. */
    int (*columns)(const void *context, int row, int parameter, int columns[FIT_SHARED]);
    void (*settle)(void *context, const double *x); /* what depends on x but is no residual; NULL: nothing */
} fit_system;

/* Minimises from x. */
void fit_minimise(const fit_system *system, double *x);

/* The covariance of the shifts at the minimum, unknowns x unknowns (the upper triangle counts); the caller frees it. */
double *fit_covariance(const fit_system *system, const double *x);
/* The variance of the sum of n of the shifts. */
double fit_variance(const double *covariance, int unknowns, const int *columns, int n);

#endif
