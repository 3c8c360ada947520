/* fit_runs.h - the parameters of devices and stacks, fitted to published runs: the last stage. */
#ifndef TC_TOOLS_FIT_RUNS_H
#define TC_TOOLS_FIT_RUNS_H

#include "fit_kernels.h"
#include "fit_memory.h"
#include "fit_parameters.h"
#include "fit_solve.h"
#include "validate/case.h"

/* Of stacks: issued kernel by kernel by a host, compiled for GPUs, compiled for others. */
enum { FIT_CLASSES = 3 };

typedef struct run_settings {
    double noise;                                                                     /* s: typical residual, log */
    double family_power;                                                              /* alpha */
    double device_all, device_architecture, device_accelerator, stack_all, stack_one; /* sigma of the shifts */
    double device_open; /* of an architecture and of an accelerator where nothing was measured */
    int iterations;
} run_settings;

/* What is left out of a fit that judges it. */
typedef enum run_scheme {
    FIT_BY_FAMILY, /* the runs and kernels of a source family: what to expect of a run like the published ones */
    FIT_BY_CELL,   /* the runs of a source, model and accelerator: of another model, where much of the rest is known */
    FIT_BY_CHIP,   /* all runs and kernels of an accelerator: of a new one, from its datasheet */
    FIT_SCHEMES
} run_scheme;

typedef struct run_row {
    tc_case c;
    int family, architecture, accelerator, stack, cell;
    tc_device_params researched; /* before the measurements */
    double prior[ALL];           /* in the link */
    double weight;
    bool supported, complete;
    tc_guesses guesses;
} run_row;

typedef struct run_problem {
    run_row *rows;
    int count, cells;
    fit_names families, architectures, accelerators, stacks;
    int unknowns;
    const kernel_problem *kernels;
    const char *architecture_of[FIT_NAMES]; /* of the accelerators */
    int class_of[FIT_NAMES];                /* of the stacks */
    bool shares[FIT_NAMES]; /* a stack that has no values of its own: few runs of a kind that it alone has */
    double *sigma;          /* of the shifts */
    run_settings set;
} run_problem;

/* Columns of the unknown shifts. */
int run_device_all(int j);
int run_device_architecture(int architecture, int j);
int run_device_accelerator(const run_problem *p, int accelerator, int j);
int run_stack_class(const run_problem *p, int class, int j);
int run_stack_one(const run_problem *p, int stack, int j);

/* A parameter in its link. */
double run_device_link(const tc_accelerator *accelerator, int j);
double run_stack_link(const tc_stack *stack, int j);

/* Takes the runs that count, which must outlive the problem. */
TC_NODISCARD tc_code run_fit_read(run_problem *p, tc_catalog *catalog, const tc_conventions *conventions,
                                  const tc_published *published, tc_arena *arena, tc_error *error);
/* Priors, weights, spreads; the layouts that are open settled with the fitted memory. */
TC_NODISCARD tc_code run_fit_prepare(run_problem *p, const memory_problem *memory, tc_catalog *catalog,
                                     tc_error *error);
/* The measurements that a fold of a scheme has seen. */
kernel_fold run_fit_kernels(const run_problem *p, run_scheme scheme, int left_out);
fit_system run_fit_system(const run_problem *p, run_scheme scheme);
/* Residuals, log(forecast / measured), to per cent. */
void run_fit_percent(const run_problem *p, double *residuals);

void run_fit_free(run_problem *p);

#endif
