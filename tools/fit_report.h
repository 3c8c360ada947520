/* fit_report.h - the errors of the fit on runs, for people: docs/ACCURACY.md and a table. */
#ifndef TC_TOOLS_FIT_REPORT_H
#define TC_TOOLS_FIT_REPORT_H

#include "fit_interval.h"
#include "fit_runs.h"

/* errors: per cent by row. */
void fit_print_scores(const char *title, const run_problem *p, const double *errors);
/* Markdown of rows as fitted, and a picture beside it. errors: by the priors, fitted, left out. */
void fit_report(const run_problem *p, const memory_problem *memory, const interval_run *runs, int count,
                const double *errors[3], const char *path);
/* A line a run; left_out_errors may be NULL. */
void fit_table(const run_problem *p, const double *prior, const double *fitted, const double *left_out_errors,
               const char *path);

#endif
