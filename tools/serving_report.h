/* serving_report.h - what a fit of serving found: errors by class, the fitted file, tables. */
#ifndef TC_TOOLS_SERVING_REPORT_H
#define TC_TOOLS_SERVING_REPORT_H

#include <stdio.h>

#include "serving_fit.h"

/* Logarithms of forecast over measured time, figure by figure; NULL: not asked for. */
typedef struct serving_errors {
    double *prior, *fitted, *left_out[SERVING_SCHEMES];
} serving_errors;

void serving_print_scores(FILE *out, const char *title, const serving_problem *p, const double *errors);
/* Writes data/fitted/serving.yaml: the values of architectures, generations and pairs, and how far forecasts are off. */
void serving_write(const serving_problem *p, const fit_fold *all, const serving_errors *errors, const char *hash,
                   const char *path);
void serving_table(const serving_problem *p, const serving_errors *errors, const char *path);
/* The errors of a scheme out of an earlier table; false where it has none. */
bool serving_read_table(const serving_problem *p, serving_scheme scheme, const char *path, double *errors);
/* Adds the section for people to a Markdown file. */
void serving_report(const serving_problem *p, const serving_errors *errors, const char *path);

#endif
