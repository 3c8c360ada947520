/* fit_memory.h - the memory parameters of the training stacks, a stage of their own before the fit of times. */
#ifndef TC_TOOLS_FIT_MEMORY_H
#define TC_TOOLS_FIT_MEMORY_H

#include <stdio.h>

#include "catalog/catalog.h"
#include "fit_parameters.h"
#include "validate/case.h"

typedef struct memory_row {
    tc_case c;
    int family, stack;
    bool stated; /* its memory; else only whether it fitted */
    bool judged; /* its source says what did not fit */
    tc_memory_kind kind;
    double prior[5]; /* of the stack's parameters */
    double weight;
} memory_row;

typedef struct memory_problem {
    memory_row *rows;
    int count;
    fit_names families, stacks;
    double *x;
    double *residual[3]; /* log(forecast / stated) by row: priors, fitted, the row's family left out */
    double *room;        /* log(usable / forecast) by row with its family left out; NAN: no judge of what fits */
} memory_problem;

/* Takes the runs that state memory, or whose source says what did not fit. The runs must outlive the problem. */
TC_NODISCARD tc_code memory_fit_read(memory_problem *p, tc_catalog *catalog, const tc_conventions *conventions,
                                     const tc_published *published, tc_arena *arena, tc_error *error);
/* Fits; with leave_out also once without each source family. */
void memory_fit_run(memory_problem *p, bool leave_out);
/* Whether a parameter is fitted here. */
bool memory_fit_owns(const char *name);
/* Replaces the priors in a stack. */
void memory_fit_apply(const memory_problem *p, tc_stack *stack);
/* Markdown. */
void memory_fit_report(const memory_problem *p, FILE *out);
/* The errors run by run, in per cent. */
void memory_fit_table(const memory_problem *p, const char *path);
/* YAML: quantiles of measured over forecast memory with the source left out. */
void memory_fit_intervals(const memory_problem *p, FILE *out);
/* Markdown: how often layouts ran that were called so likely to fit. After a fit that left out families. */
void memory_fit_calibration(const memory_problem *p, FILE *out);
void memory_fit_free(memory_problem *p);

#endif
