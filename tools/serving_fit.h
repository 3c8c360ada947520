/* serving_fit.h - the parameters of serving, fitted to published serving rows.
 *
 * A parameter of a row is its prior moved, in its link, by the sum of three shifts: one that all rows share, one of its owner (of a
 * device's parameter the architecture, of an engine's the generation) and one of the generation on the architecture. */
#ifndef TC_TOOLS_SERVING_FIT_H
#define TC_TOOLS_SERVING_FIT_H

#include "fit_parameters.h"
#include "fit_solve.h"
#include "validate/served_score.h"

enum { SERVING = sizeof(tc_serving_params) / sizeof(double) };

/* A figure of a published row: the case, and the metric that is forecast. */
typedef struct serving_row {
    tc_served_case *c; /* of the problem, or of a fold's own copy */
    int index;         /* of the case */
    tc_served_metric metric;
    tc_served_class class;
    int family, model, architecture, generation, pair;
    double weight;
    bool engine_stated;
} serving_row;

typedef struct serving_settings {
    double all, owner, pair; /* sigma of the shifts, of the parameter's own spread */
    double family_power;     /* a figure weighs n^-a of its family's n figures of the class */
    double alike;            /* correlation of errors of a series: its n figures count as n / (1 + (n - 1) alike) */
    double noise[TC_SERVED_CLASSES];
    int iterations;
} serving_settings;

typedef struct serving_problem {
    tc_served_case *cases;
    double (*prior)[SERVING]; /* of a case, in the link */
    int case_count;
    serving_row *rows;
    int count;
    fit_names families, models, architectures, generations, pairs;
    int architecture_of[FIT_NAMES], generation_of[FIT_NAMES]; /* of the pairs */
    int fold_of_family[FIT_NAMES], fold_of_model[FIT_NAMES];  /* those of few figures are left out together */
    int family_folds, model_folds;
    const tc_serving_parameter *parameter;
    serving_settings set;
} serving_problem;

/* What is left out of a fit that judges it. */
typedef enum serving_scheme { SERVING_BY_FAMILY, SERVING_BY_MODEL, SERVING_SCHEMES } serving_scheme;

/* Takes the rows that count, which must outlive the problem. */
TC_NODISCARD tc_code serving_fit_read(serving_problem *p, tc_catalog *catalog, const tc_published *published,
                                      tc_arena *arena, tc_error *error);
void serving_fit_free(serving_problem *p);

tc_parameter_link serving_link(const serving_problem *p, int j);
int serving_unknowns(const serving_problem *p);
/* Columns of the shifts of a parameter; -1: none. */
int serving_column_all(int j);
int serving_column_owner(const serving_problem *p, int j, int architecture, int generation);
int serving_column_pair(const serving_problem *p, int j, int pair);

/* The logarithm of forecast over measured time, from a residual times its class's noise. */
double serving_log_error(double value);

fit_system serving_fit_system(const serving_problem *p, serving_scheme scheme);

#endif
