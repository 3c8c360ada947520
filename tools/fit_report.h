/* fit_report.h - the errors of the fit on runs, for people: docs/ACCURACY.md and a table. */
#ifndef TC_TOOLS_FIT_REPORT_H
#define TC_TOOLS_FIT_REPORT_H

#include "fit_interval.h"
#include "fit_runs.h"

/* Per cent by row. */
typedef struct fit_errors {
    double *prior, *fitted;
    double *left_out[FIT_SCHEMES]; /* NULL: not asked for */
} fit_errors;

void fit_print_scores(const char *title, const run_problem *p, const double *errors);
/* Markdown of rows as fitted, and a picture beside it; after a fit that left out families. */
void fit_report(const run_problem *p, const memory_problem *memory, const interval_run *runs, int count,
                const fit_errors *errors, const char *path);
/* A line a run; the last column is its error with its family left out. */
void fit_table(const run_problem *p, const fit_errors *errors, const char *path);

/* A column of left-out errors of such a table, NaN of runs that it does not have; false where it has none. */
bool fit_read_table(const run_problem *p, run_scheme scheme, const char *path, double *errors);
/* Forecasts of left-out sources as those of another simulator: JSON Lines. Of rows as fitted. */
void fit_predictions(const run_problem *p, const fit_errors *errors, const char *version, const char *path);

#endif
