/* calibrate.h - a user's own measurements, steps and kernels, move the parameters of their chips and stacks.
 *
 * A maximum a posteriori estimate with what the fit on published runs left behind (docs/fitting.md): each parameter's prior is its
 * value in the catalog, in its link (log or logit), with a spread made of the fit's standard deviation and of how far one site lies
 * from another of the same chip and stack. The parameters minimise
 *   sum_i w_i rho(log(forecast_i / measured_i) / s)^2 + sum_j ((x_j - prior_j) / sigma_j)^2,   low_j <= x_j <= high_j
 * with rho the pseudo-Huber loss: a row that contradicts the others does not pull them all. Bounds: catalog/parameter_ranges.def. */
#ifndef TC_CALIBRATE_CALIBRATE_H
#define TC_CALIBRATE_CALIBRATE_H

#include "catalog/interval_model.h"
#include "catalog/parameter_links.h"
#include "validate/case.h"
#include "validate/measurement.h"

enum {
    TC_CALIBRATION_ROWS = 4096,  /* at most, kernels included */
    TC_CALIBRATION_STEPS = 512,  /* measured steps at most: each parameter's slope is a forecast of each */
    TC_CALIBRATION_SUBJECTS = 8, /* chips and stacks at most */
    TC_CALIBRATION_PAIRS = 5,    /* contradictions that are told */
    TC_CALIBRATION_NEXT = 3      /* proposals */
};

/* What a row is called: "FILE:LINE" and its id. */
typedef struct tc_observation {
    const char *place, *name;
    tc_case *step;          /* NULL: a kernel */
    tc_measurement *kernel; /* NULL: a step */
    int chip, stack;        /* subjects; stack -1 of a kernel */
    double weight, noise;   /* noise: by how much it may differ from a forecast with the right parameters, log */
    double measured_s;      /* the step or the kernel */
    double before, after, left_out; /* log(forecast / measured): priors, calibrated, calibrated without this row */
    bool outlier;                   /* the others do not foretell it within what rows differ by */
} tc_observation;

/* A chip or a stack whose parameters are moved. */
typedef struct tc_subject {
    char slug[64], architecture[64];
    bool device;
    int steps, kernels; /* that speak of it */
} tc_subject;

/* One parameter of a subject that some row depends on. Values in the link. */
typedef struct tc_unknown {
    int subject, parameter; /* of tc_linked_parameters */
    double natural;         /* the prior in SI */
    double prior, sigma, low, high;
    double value, sigma_after;
} tc_unknown;

/* Two rows that no parameters within their priors bring together. */
typedef struct tc_contradiction {
    int a, b;
    double measured, forecast; /* seconds of b over those of a */
} tc_contradiction;

/* A measurement that would tell more. */
typedef struct tc_proposal {
    char what[160];
    tc_layout layout;
    int devices;
    int64_t global_batch;
    double reduction; /* of the variance of forecasts like the rows and their neighbours, 0 to 1 */
} tc_proposal;

typedef struct tc_calibration_settings {
    double noise;        /* s: by how much steps differ that are equal in everything stated, log */
    double kernel_noise; /* the same of kernels: measured alone, on a device at rest */
    double difficulty;   /* the share of a step's interval that is its own, no other step's: added to the noise */
    double site;         /* spread of a site around its chip and stack, relative to each parameter's */
    double new_chip;     /* of a chip that the fit has not seen, and so on */
    double new_stack;
    double power;      /* a row weighs n^-power of n steps, and of n kernels of a kind */
    double kept_width; /* of the interval after many rows, relative to before */
    double certainty;  /* rows that the expected width counts as */
} tc_calibration_settings;

typedef struct tc_calibration {
    tc_calibration_settings set;
    tc_observation *rows;
    int count, steps;
    tc_subject subject[TC_CALIBRATION_SUBJECTS];
    int subjects;
    tc_unknown *unknown;
    int unknowns;
    double *slopes;     /* of the residuals after, count x unknowns */
    double *covariance; /* of the unknowns, after; unknowns x unknowns */
    tc_contradiction pair[TC_CALIBRATION_PAIRS];
    int pairs;
    tc_proposal next[TC_CALIBRATION_NEXT];
    int proposals;
    double scale; /* of the interval's width for jobs like the rows, relative to before; 1: no step was measured */
    tc_arena arena;
} tc_calibration;

tc_calibration_settings tc_calibration_defaults(void);

/* ---- rows: each must outlive the calibration, but for what is copied here ---- */

/* A measured step, a built and settled case. */
TC_NODISCARD tc_code tc_calibration_add_step(tc_calibration *c, const char *place, const char *name, tc_case *step,
                                             tc_error *error);
TC_NODISCARD tc_code tc_calibration_add_kernel(tc_calibration *c, const char *place, const tc_measurement *kernel,
                                               tc_error *error);
/* A published row; one that cannot be forecast is an error that says why, at its place. */
TC_NODISCARD tc_code tc_calibration_add_run(tc_calibration *c, tc_catalog *catalog, const tc_conventions *conventions,
                                            const char *file, const tc_published_run *run, tc_error *error);

/* ---- the calibration ---- */

/* From the priors of the catalog to everything above; needs a row. */
TC_NODISCARD tc_code tc_calibrate(tc_calibration *c, tc_catalog *catalog, tc_error *error);
void tc_calibration_free(tc_calibration *c);

/* Takes the calibrated parameters into a device or a stack that is a subject; else nothing. */
void tc_calibration_apply_device(const tc_calibration *c, tc_accelerator *accelerator);
void tc_calibration_apply_stack(const tc_calibration *c, tc_stack *stack);

/* The mean of |exp(residual) - 1| over the steps (kernels where there is no step), per cent; NaN without any. */
double tc_calibration_error(const tc_calibration *c, size_t member);

/* fitted/calibrated-device.yaml, calibrated-stack.yaml and calibration.yaml under the folder, which has a `fitted`. */
TC_NODISCARD tc_code tc_calibration_write(const tc_calibration *c, const char *folder, tc_error *error);

/* ---- parts of it (fit.c, prior.c, judge.c, next.c) ---- */

TC_NODISCARD tc_code tc_calibration_priors(tc_calibration *c, tc_catalog *catalog, tc_error *error);
TC_NODISCARD tc_code tc_calibration_fit(tc_calibration *c, tc_error *error);
/* log(forecast / measured) with the unknowns at x; NaN: impossible. */
double tc_calibration_residual(const tc_calibration *c, int row, const double *x);
/* The slopes of a forecast's logarithm after the unknowns at their values; r: at them. */
void tc_calibration_slopes(const tc_calibration *c, int row, double r, double *x, double *slopes);
/* g' covariance g */
double tc_calibration_variance(const tc_calibration *c, const double *g);
double tc_calibration_covariance(const tc_calibration *c, const double *g, const double *h);
TC_NODISCARD tc_code tc_calibration_judge(tc_calibration *c, const tc_interval_model *model, tc_error *error);
TC_NODISCARD tc_code tc_calibration_propose(tc_calibration *c, tc_error *error);

#endif
