/* fit_solve.h - what all fits minimise, and how.
 *
 * A parameter of a row is its prior moved, in its link, by the sum of a few shifts that it shares with other rows. The shifts minimise
 *   sum_i w_i rho(r_i / s)^2 + sum_j (shift_j / sigma_j)^2
 * with rho the pseudo-Huber loss, by Levenberg-Marquardt on the sparse Jacobian (LAPACK solves the normal equations). */
#ifndef TC_TOOLS_FIT_SOLVE_H
#define TC_TOOLS_FIT_SOLVE_H

#include <stdbool.h>
#include <stddef.h>

enum { FIT_SHARED = 3 }; /* shifts of a parameter at most */

typedef struct fit_system fit_system;

/* One fit: without the rows of a group, or with all (-1). Its rows are a copy of its own, in which callbacks keep what they need. */
typedef struct fit_fold {
    const fit_system *system;
    int left_out;
    void *rows;
    double *x; /* the shifts; zero at first: the priors */
} fit_fold;

/* Which parameters a row's residual depends on at all: no forecast of a dense model has a rate of experts. The same for every fold. */
typedef struct fit_pattern fit_pattern;

struct fit_system {
    const void *problem; /* for the callbacks */
    const void *rows;
    size_t row_size;
    int count, groups, parameters, unknowns, iterations;
    double noise; /* s: typical residual */
    double (*sigma)(const void *problem, int column);
    double (*weight)(const fit_fold *fold, int row); /* 0: does not count */
    int (*group)(const fit_fold *fold, int row);     /* that is left out as a whole */
    /* r with the parameters at x, parameter `bumped` (-1: none) moved by `bump` besides; NaN: impossible. */
    double (*residual)(const fit_fold *fold, int row, const double *x, int bumped, double bump);
    /* The columns of the shifts of a parameter of a row; returns how many, 0 where it is not fitted. */
    int (*columns)(const fit_fold *fold, int row, int parameter, int columns[FIT_SHARED]);
    void (*settle)(const fit_fold *fold, const double *x); /* what depends on x but is no residual; NULL: nothing */
    void (*begin)(const fit_fold *fold);                   /* before a fit without a group; NULL: nothing */
    /* Whether a row may depend on a parameter at other shifts alone, as settle() changes it or its residual has a
     * threshold; NULL: every row may. */
    bool (*changes)(const fit_fold *fold, int row);
    bool keeps_slopes;          /* of a row, as long as they foretell its residual; false: taken anew in each step */
    const fit_pattern *pattern; /* fit_find_pattern; NULL: all parameters of all rows */
};

/* Finds what the rows that do not change depend on, for all folds of the system. */
fit_pattern *fit_find_pattern(const fit_system *system);
void fit_free_pattern(fit_pattern *pattern);

/* A fold at the priors. */
fit_fold fit_begin(const fit_system *system, int left_out);
/* Minimises from where the fold is. */
void fit_minimise(fit_fold *fold);
/* The residuals of the rows that the fold has not seen; of all where it has seen all. */
void fit_residuals(const fit_fold *fold, double *residuals);
void fit_end(fit_fold *fold);

/* A fold for each group, from the priors: the residuals of all rows, each by the fit without its group; the shifts of each fold
 * one behind the other (x may be NULL). */
void fit_leave_out(const fit_system *system, double *x, double *residuals);

/* The covariance of the shifts at the minimum, unknowns x unknowns (the upper triangle counts); the caller frees it. */
double *fit_covariance(const fit_fold *fold);
/* The variance of the sum of n of the shifts. */
double fit_variance(const double *covariance, int unknowns, const int *columns, int n);

#endif
