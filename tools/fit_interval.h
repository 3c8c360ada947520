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
    const char *chip_family;               /* of the accelerator: ascend, tpu ...; empty: the usual */
    double feature[TC_INTERVAL_FEATURES + TC_INTERVAL_FAMILIES]; /* the last ones: is the chip of this family? */
} interval_run;

/* Lists the families of chips among the runs and sets the features that they are. */
void interval_find_families(interval_run *runs, int count);

typedef struct interval_fit {
    double coefficient[1 + TC_INTERVAL_FEATURES + TC_INTERVAL_FAMILIES]; /* of log s; the intercept first */
    double p10, p90;                                                     /* quantiles of ratio / s */
    double typical;                                                      /* s: the median of runs whose chip was seen */
} interval_fit;

/* Sets the weights. */
void interval_weigh(interval_run *runs, int count);

/* Coefficients by the largest Laplace likelihood with a ridge; runs of family `left_out` (-1: none) do not count. */
interval_fit interval_fit_runs(const interval_run *runs, int count, int left_out);

/* "scale:" and "quantiles:" of data/fitted/intervals.yaml; runs: those of the fit. */
void interval_write(const interval_fit *fit, const interval_run *runs, int count, FILE *out);

/* Markdown: how often intervals cover the runs of families that their fit had not seen, how wide they are, and their
 * score (Gneiting and Raftery 2007, section 6.2, of log ratios) beside that of one constant width. */
void interval_report(const interval_run *runs, int count, int families, FILE *out);

#endif
