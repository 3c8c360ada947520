/* fit_interval.h - the 80 % intervals from the errors on sources that the fit had not seen. */
#ifndef TC_TOOLS_FIT_INTERVAL_H
#define TC_TOOLS_FIT_INTERVAL_H

#include <stdio.h>

#include "forecast/interval.h"

/* Accelerator, training software, kind of model, how many guesses. */
enum { INTERVAL_GROUPINGS = 4 };

typedef struct interval_run {
    double ratio;  /* log of measured over forecast */
    double weight; /* n^-1/2 of its family's n runs: interval_weigh */
    int family;
    bool chip_seen;                        /* by runs of other families */
    const char *group[INTERVAL_GROUPINGS]; /* that coverage is reported for */
    double feature[TC_INTERVAL_FEATURES];
} interval_run;

typedef struct interval_fit {
    double coefficient[1 + TC_INTERVAL_FEATURES]; /* of log s; the intercept first */
    double p10, p90;                              /* quantiles of ratio / s */
    double typical;                               /* s: the median of runs whose chip was seen */
} interval_fit;

/* Sets the weights. */
void interval_weigh(interval_run *runs, int count);

/* Coefficients by the largest Laplace likelihood with a ridge; runs of family `left_out` (-1: none) do not count. */
interval_fit interval_fit_runs(const interval_run *runs, int count, int left_out);

/* "scale:" and "quantiles:" of data/fitted/intervals.yaml. */
void interval_write(const interval_fit *fit, FILE *out);

/* Markdown: how often intervals cover the runs of families that their fit had not seen, how wide they are, and their
 * score (Gneiting and Raftery 2007, section 6.2, of log ratios) beside that of one constant width. */
void interval_report(const interval_run *runs, int count, int families, FILE *out);

#endif
