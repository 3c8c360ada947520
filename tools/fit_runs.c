/* fit_runs.c - the fit on published runs.
 *
 * A parameter's value is its prior, moved in its link (log or logit) by a shift
 * that all share, one of the architecture, and one of the accelerator (or: one of
 * the stack's class - issued by a host, compiled for GPUs, compiled for others - and one of the stack), as fit_solve.h
 * says. A run's residual is log(forecast / measured) of its step; its weight n^-alpha of the n of its source on its accelerator, so that a large
 * table does not outvote a small one. The priors of devices are those of the data files, moved to measured kernels and
 * collectives (fit_kernels.c). A fold has seen neither runs nor measurements of the family that it judges.
 */
#include "fit_runs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "validate/inputs.h"

/* Runs of a kind of workload that give their software values of its own; with fewer its own are held at the prior. */
#define OWN_RUNS 30
#define HELD 0.02

/* ---- the unknowns ------------------------------------------------------------------- */

int run_device_all(int j) { return j; }
int run_device_architecture(int a, int j) { return (1 + a) * DEVICE + j; }
int run_device_accelerator(const run_problem *p, int a, int j) { return (1 + p->architectures.count + a) * DEVICE + j; }
static int stack_base(const run_problem *p) { return (1 + p->architectures.count + p->accelerators.count) * DEVICE; }
int run_stack_class(const run_problem *p, int class, int j) { return stack_base(p) + class * STACK + j; }
int run_stack_one(const run_problem *p, int s, int j) { return stack_base(p) + (FIT_CLASSES + s) * STACK + j; }

/* The columns that parameter j of a row depends on. */
static int columns_of(const run_problem *p, const run_row *row, int j, int columns[FIT_SHARED]) {
    if (j < DEVICE) {
        columns[0] = run_device_all(j);
        columns[1] = run_device_architecture(row->architecture, j);
        columns[2] = run_device_accelerator(p, row->accelerator, j);
        return 3;
    }
    columns[0] = run_stack_class(p, p->class_of[row->stack], j - DEVICE);
    columns[1] = run_stack_one(p, row->stack, j - DEVICE);
    return 2;
}

/* What measurements leave open of a device may move further. */
static double between(double known, double open, double share) { return known + (open - known) * share; }

static double sigma_of(const run_problem *p, int column) {
    int group = column / DEVICE - 1, parameter = column % DEVICE;
    if (column < DEVICE) return fit_sigma(parameter, p->set.device_all);
    if (group < p->architectures.count)
        return fit_sigma(parameter,
                         between(p->set.device_architecture, p->set.device_open,
                                 kernel_fit_open(p->kernels, p->architectures.name[group], NULL, parameter)));
    if (column < stack_base(p)) {
        int a = group - p->architectures.count;
        return fit_sigma(parameter, between(p->set.device_accelerator, p->set.device_open,
                                            kernel_fit_open(p->kernels, p->architecture_of[a], p->accelerators.name[a],
                                                            parameter)));
    }
    int j = DEVICE + (column - stack_base(p)) % STACK, s = (column - stack_base(p)) / STACK - FIT_CLASSES;
    return fit_sigma(j, s < 0 ? p->set.stack_all : p->set.stack_one) * (s >= 0 && p->shares[s] ? HELD : 1);
}

double run_device_link(const tc_accelerator *a, int j) {
    return tc_to_link(tc_linked_parameters[j].link, ((const double *)&a->params)[j]);
}

double run_stack_link(const tc_stack *s, int j) {
    return tc_to_link(tc_linked_parameters[DEVICE + j].link, ((const double *)&s->params)[j]);
}

static double shifted(const run_problem *p, const run_row *row, int j, const double *x) {
    int columns[FIT_SHARED], n = columns_of(p, row, j, columns);
    double value = row->prior[j];
    for (int k = 0; k < n; k++) value += x[columns[k]];
    return value;
}

/* ---- one fit ------------------------------------------------------------------------ */

static void set_parameters(const run_problem *p, run_row *row, const double *x, int bumped, double bump) {
    double *device = (double *)&row->c.cluster.accelerator.params, *stack = (double *)&row->c.stack.params;
    for (int j = 0; j < ALL; j++) {
        double natural = tc_from_link(tc_linked_parameters[j].link, shifted(p, row, j, x) + (j == bumped ? bump : 0));
        if (tc_parameter_moves(j)) natural = fit_within(j, natural);
        if (j < DEVICE)
            device[j] = natural;
        else
            stack[j - DEVICE] = natural;
    }
}

static run_row *row_of(const fit_fold *f, int row) { return &((run_row *)f->rows)[row]; }
static int family_of(const fit_fold *f, int row) { return row_of(f, row)->family; }
static int cell_of(const fit_fold *f, int row) { return row_of(f, row)->cell; }
static int accelerator_of(const fit_fold *f, int row) { return row_of(f, row)->accelerator; }
static double shift_sigma(const void *problem, int column) { return ((const run_problem *)problem)->sigma[column]; }

static double weight_of(const fit_fold *f, int row) { return row_of(f, row)->supported ? row_of(f, row)->weight : 0; }

/* log(forecast / measured) of the step's time; NaN where the layout is impossible. */
static double residual(const fit_fold *f, int row, const double *x, int bumped, double bump) {
    tc_case_result result;
    tc_error ignored;
    set_parameters(f->system->problem, row_of(f, row), x, bumped, bump);
    return tc_case_predict(&row_of(f, row)->c, &result, &ignored) ? NAN : log(1 + result.error_pct / 100);
}

static bool is_open(const fit_fold *f, int row) { return row_of(f, row)->c.open; }

static int fitted_columns(const fit_fold *f, int row, int j, int columns[FIT_SHARED]) {
    return memory_fit_owns(tc_linked_parameters[j].name) || !tc_parameter_moves(j)
               ? 0
               : columns_of(f->system->problem, row_of(f, row), j, columns);
}

static void settle(const fit_fold *f, const double *x) {
    for (int i = 0; i < f->system->count; i++) {
        run_row *row = row_of(f, i);
        if (!row->supported || !row->c.open) continue;
        set_parameters(f->system->problem, row, x, -1, 0);
        row->c.assumed_count = 0; /* the list is not needed here and has a limit */
        tc_case_settle(&row->c);
    }
}

/* ---- runs and priors ------------------------------------------------------------------ */

/* The cell of the last row: that of an earlier row of the same source family, model and accelerator. */
static int find_cell(run_problem *p) {
    const run_row *last = &p->rows[p->count];
    for (const run_row *row = p->rows; row < last; row++)
        if (row->family == last->family && row->accelerator == last->accelerator
            && strcmp(row->c.run->model.name, last->c.run->model.name) == 0)
            return row->cell;
    return p->cells++;
}

tc_code run_fit_read(run_problem *p, tc_catalog *catalog, const tc_conventions *conventions,
                     const tc_published *published, tc_arena *arena, tc_error *error) {
    const tc_published_run *runs = published->runs;
    p->rows = calloc((size_t)published->count + 1, sizeof *p->rows);
    if (!p->rows) abort();
    for (int i = 0; i < published->count; i++) {
        run_row *row = &p->rows[p->count];
        memset(row, 0, sizeof *row);
        if (!runs[i].counts || runs[i].out_of_memory) continue;
        tc_code code = tc_case_build(catalog, conventions, &runs[i], &row->c, error);
        if (code) return code;
        if (row->c.status || runs[i].metric == TC_METRIC_NONE) continue;
        const tc_accelerator *a = &row->c.cluster.accelerator;
        row->family = fit_index(&p->families, runs[i].source_family);
        row->architecture
            = fit_index(&p->architectures, tc_arena_copy(arena, a->architecture, strlen(a->architecture)));
        row->accelerator = fit_index(&p->accelerators, tc_arena_copy(arena, a->slug, strlen(a->slug)));
        p->architecture_of[row->accelerator] = p->architectures.name[row->architecture];
        row->stack = fit_index(&p->stacks, tc_arena_copy(arena, row->c.stack.slug, strlen(row->c.stack.slug)));
        row->cell = find_cell(p);
        p->count++;
    }
    return TC_OK;
}

/* Language models, models with towers, diffusion. */
static int workload_of(const run_row *row) {
    const tc_model *m = &row->c.job.model;
    return m->latents.stride > 0 ? 2 : m->towers > 0 ? 1 : 0;
}

/* A stack whose runs are all of one further kind, of which there are few in all. */
static bool shares(const run_problem *p, int s) {
    int runs[3] = {0}, own[3] = {0};
    for (int i = 0; i < p->count; i++) {
        runs[workload_of(&p->rows[i])]++;
        own[workload_of(&p->rows[i])] += p->rows[i].stack == s;
    }
    for (int k = 1; k < 3; k++)
        if (own[k] > 0 && own[0] + own[3 - k] == 0 && runs[k] < OWN_RUNS) return true;
    return false;
}

/* As the catalog has a stack, whatever a single run says of it: one set of values holds for all. */
static tc_code classify_stacks(run_problem *p, tc_catalog *catalog, tc_error *error) {
    for (int s = 0; s < p->stacks.count; s++) {
        tc_stack stack;
        tc_code code = tc_catalog_stack(catalog, p->stacks.name[s], &stack, error);
        if (code) return code;
        int gpus = 0;
        for (int i = 0; i < p->count; i++) {
            const char *vendor = p->rows[i].c.cluster.accelerator.vendor;
            if (p->rows[i].stack == s) gpus += strcmp(vendor, "NVIDIA") == 0 || strcmp(vendor, "AMD") == 0 ? 1 : -1;
        }
        p->shares[s] = shares(p, s);
        p->class_of[s] = !(stack.defaults.graphs & TC_GRAPHS_ALL) ? 0 : gpus > 0 ? 1 : 2;
    }
    return TC_OK;
}

/* The priors of devices, moved to measurements. */
static void take_device_priors(const run_problem *p, run_row *rows, kernel_fold fold) {
    for (int i = 0; i < p->count; i++) {
        tc_accelerator *a = &rows[i].c.cluster.accelerator;
        a->params = rows[i].researched;
        kernel_fit_apply(p->kernels, fold, a);
        for (int j = 0; j < DEVICE; j++) rows[i].prior[j] = run_device_link(a, j);
    }
}

/* Settles the cases with the fitted memory, which no fit of times moves, and takes the priors. */
static void take_priors(run_problem *p, const memory_problem *memory) {
    for (int i = 0; i < p->count; i++) p->rows[i].researched = p->rows[i].c.cluster.accelerator.params;
    take_device_priors(p, p->rows, (kernel_fold){-1, -1});
    for (int i = 0; i < p->count; i++) {
        run_row *row = &p->rows[i];
        memory_fit_apply(memory, &row->c.stack);
        for (int j = 0; j < STACK; j++) row->prior[DEVICE + j] = run_stack_link(&row->c.stack, j);
        tc_case_settle(&row->c);
        tc_case_result result;
        tc_error error;
        row->supported = tc_case_predict(&row->c, &result, &error) == TC_OK;
        row->complete = row->c.assumed_count == 0;
        row->guesses = tc_case_guesses(&row->c);
    }
}

/* A source's runs on one accelerator share its machine and how it measured: the weight is of them together, not of a source's on all. */
static void weigh(run_problem *p) {
    for (int i = 0; i < p->count; i++) {
        int alike = 0;
        for (int k = 0; k < p->count; k++)
            alike += p->rows[k].supported && p->rows[k].family == p->rows[i].family
                     && p->rows[k].accelerator == p->rows[i].accelerator;
        p->rows[i].weight = alike ? pow(alike, -p->set.family_power) : 0;
    }
}

tc_code run_fit_prepare(run_problem *p, const memory_problem *memory, tc_catalog *catalog, tc_error *error) {
    tc_code code = classify_stacks(p, catalog, error);
    if (code) return code;
    take_priors(p, memory);
    weigh(p);
    p->unknowns = stack_base(p) + (FIT_CLASSES + p->stacks.count) * STACK;
    p->sigma = malloc((size_t)p->unknowns * sizeof *p->sigma);
    if (!p->sigma) abort();
    for (int j = 0; j < p->unknowns; j++) p->sigma[j] = sigma_of(p, j);
    return TC_OK;
}

kernel_fold run_fit_kernels(const run_problem *p, run_scheme scheme, int left_out) {
    kernel_fold all = {-1, -1};
    if (left_out < 0 || scheme == FIT_BY_CELL) return all;
    return scheme == FIT_BY_FAMILY
               ? (kernel_fold){fit_find(&p->kernels->sources, p->families.name[left_out]), -1}
               : (kernel_fold){-1, fit_find(&p->kernels->accelerators, p->accelerators.name[left_out])};
}

/* Begun elsewhere than at the priors without its family or accelerator, a fold would know of it. */
static void begin_family(const fit_fold *f) {
    const run_problem *p = f->system->problem;
    take_device_priors(p, f->rows, run_fit_kernels(p, FIT_BY_FAMILY, f->left_out));
}

static void begin_chip(const fit_fold *f) {
    const run_problem *p = f->system->problem;
    take_device_priors(p, f->rows, run_fit_kernels(p, FIT_BY_CHIP, f->left_out));
}

fit_system run_fit_system(const run_problem *p, run_scheme scheme) {
    int (*const group[FIT_SCHEMES])(const fit_fold *, int) = {family_of, cell_of, accelerator_of};
    void (*const begin[FIT_SCHEMES])(const fit_fold *) = {begin_family, NULL, begin_chip};
    const int groups[FIT_SCHEMES] = {p->families.count, p->cells, p->accelerators.count};
    return (fit_system){.problem = p,
                        .rows = p->rows,
                        .row_size = sizeof *p->rows,
                        .count = p->count,
                        .groups = groups[scheme],
                        .parameters = ALL,
                        .unknowns = p->unknowns,
                        .iterations = p->set.iterations,
                        .noise = p->set.noise,
                        .sigma = shift_sigma,
                        .weight = weight_of,
                        .group = group[scheme],
                        .residual = residual,
                        .columns = fitted_columns,
                        .settle = settle,
                        .begin = begin[scheme],
                        .changes = is_open,
                        .keeps_slopes = true};
}

void run_fit_percent(const run_problem *p, double *residuals) {
    for (int i = 0; i < p->count; i++) residuals[i] = 100 * (exp(residuals[i]) - 1);
}

void run_fit_free(run_problem *p) {
    free(p->rows);
    free(p->sigma);
}
