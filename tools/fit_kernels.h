/* fit_kernels.h - the parameters of devices, fitted to measured kernels and collectives: the stage before the fit on runs. */
#ifndef TC_TOOLS_FIT_KERNELS_H
#define TC_TOOLS_FIT_KERNELS_H

#include <stdio.h>

#include "base/arena.h"
#include "catalog/catalog.h"
#include "fit_parameters.h"

typedef struct kernel_row kernel_row;

typedef struct kernel_problem {
    kernel_row *rows;
    int count;
    fit_names sources, architectures, accelerators;
    double *x;           /* the shifts: fitted on all, then without each source, then without each accelerator */
    double *residual[3]; /* log(forecast / measured) by row: priors, fitted, the row's source left out */
    double *covariance;  /* of the shifts fitted on all */
} kernel_problem;

/* Adds the rows of a file of data/measurements; its name is the source. */
TC_NODISCARD tc_code kernel_fit_read(kernel_problem *problem, tc_catalog *catalog, const char *path, tc_arena *arena,
                                     tc_error *error);
/* What the kernels of a fit were: of all, of all sources but one, of all accelerators but one. */
typedef struct kernel_fold {
    int source, accelerator; /* left out; -1: none. Not both */
} kernel_fold;

/* Fits on all, once without each source, once without each accelerator. */
void kernel_fit_run(kernel_problem *problem);
/* Moves a device's parameters to what was fitted. */
void kernel_fit_apply(const kernel_problem *problem, kernel_fold fold, tc_accelerator *accelerator);
/* What the measurements leave open of parameter j: its standard deviation after them over that before, 0 to 1; of a device,
 * or of the device of an architecture that is known best (accelerator NULL). */
double kernel_fit_open(const kernel_problem *problem, const char *architecture, const char *accelerator, int j);
/* Markdown: the errors by kind, source and size. */
void kernel_fit_report(const kernel_problem *problem, FILE *out);
/* A line a measurement, for a closer look. */
void kernel_fit_table(const kernel_problem *problem, FILE *out);
void kernel_fit_free(kernel_problem *problem);

#endif
