/* fit.c - fits the physical parameters to published runs: `make fit`.
 *
 * usage: traincast-fit [--out DIR] [--report FILE.md] [--table FILE.tsv] [--kernel-table FILE.tsv] [--leave-out | --memory] RUNS.jsonl ... [--measurements FILE.jsonl ...]
 *
 * A parameter's value is its prior, moved in its link (log or logit) by a shift
 * that all share, one of the architecture, and one of the accelerator (or: one of
 * the stack's class - issued by a host, compiled for GPUs, compiled for others - and one of the stack), as fit_solve.h
 * says. A run's residual is log(forecast / measured) of its step; its weight n_family^-alpha, so that a large
 * table does not outvote a small one. The priors of devices are those of the data files, moved to measured kernels and
 * collectives (fit_kernels.c). Every fold of --leave-out starts from the priors and has seen neither runs nor
 * measurements of the family that it judges. --memory prints the errors of the memory stage, left out too, and ends there (seconds).
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/catalog.h"
#include "catalog/parameters.h"
#include "fit_interval.h"
#include "fit_kernels.h"
#include "fit_memory.h"
#include "fit_parameters.h"
#include "fit_solve.h"
#include "report/step_report.h"
#include "forecast/interval.h"
#include "validate/score.h"

enum { CLASSES = 3 };

/* ---- settings --------------------------------------------------------------------- */

typedef struct settings {
    double noise;                                                                     /* s: typical residual, log */
    double family_power;                                                              /* alpha */
    double device_all, device_architecture, device_accelerator, stack_all, stack_one; /* sigma of the shifts */
    double device_open; /* of an architecture and of an accelerator where nothing was measured */
    int iterations;
} settings;

/* ---- the cases -------------------------------------------------------------------- */

typedef struct item {
    tc_case c;
    int family, architecture, accelerator, stack;
    tc_device_params researched; /* before the measurements */
    double prior[ALL];           /* in the link */
    double weight;
    bool supported, complete;
} item;

typedef struct problem {
    item *items;
    int count;
    fit_names families, architectures, accelerators, stacks;
    int unknowns;
    const kernel_problem *kernels;
    const char *architecture_of[FIT_NAMES]; /* of the accelerators */
    int class_of
        [FIT_NAMES]; /* of the stacks: issued kernel by kernel by a host, compiled for GPUs, compiled for others */
    double *sigma;   /* of the shifts */
    settings set;
} problem;

/* Columns of the unknown shifts. */
static int device_all(int j) { return j; }
static int device_architecture(int a, int j) { return (1 + a) * DEVICE + j; }
static int device_accelerator(const problem *p, int a, int j) { return (1 + p->architectures.count + a) * DEVICE + j; }
static int stack_base(const problem *p) { return (1 + p->architectures.count + p->accelerators.count) * DEVICE; }
static int stack_class(const problem *p, int class, int j) { return stack_base(p) + class * STACK + j; }
static int stack_one(const problem *p, int s, int j) { return stack_base(p) + (CLASSES + s) * STACK + j; }

/* The columns that parameter j of an item depends on. */
static int columns_of(const problem *p, const item *it, int j, int columns[FIT_SHARED]) {
    if (j < DEVICE) {
        columns[0] = device_all(j);
        columns[1] = device_architecture(it->architecture, j);
        columns[2] = device_accelerator(p, it->accelerator, j);
        return 3;
    }
    columns[0] = stack_class(p, p->class_of[it->stack], j - DEVICE);
    columns[1] = stack_one(p, it->stack, j - DEVICE);
    return 2;
}

/* What measurements leave open of a device may move further. */
static double between(double known, double open, double share) { return known + (open - known) * share; }

static double sigma_of(const problem *p, int column) {
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
    int j = DEVICE + (column - stack_base(p)) % STACK;
    return fit_sigma(j, column < stack_base(p) + CLASSES * STACK ? p->set.stack_all : p->set.stack_one);
}

static double device_link(const tc_accelerator *a, int j) {
    return fit_to_link(fit_parameters[j].link, ((const double *)&a->params)[j]);
}

static double stack_link(const tc_stack *s, int j) {
    return fit_to_link(fit_parameters[DEVICE + j].link, ((const double *)&s->params)[j]);
}

static double shifted(const problem *p, const item *it, int j, const double *x) {
    int columns[FIT_SHARED], n = columns_of(p, it, j, columns);
    double value = it->prior[j];
    for (int k = 0; k < n; k++) value += x[columns[k]];
    return value;
}

static void set_parameters(const problem *p, item *it, const double *x, int bumped, double bump) {
    double *device = (double *)&it->c.cluster.accelerator.params, *stack = (double *)&it->c.stack.params;
    for (int j = 0; j < ALL; j++) {
        double natural = fit_from_link(fit_parameters[j].link, shifted(p, it, j, x) + (j == bumped ? bump : 0));
        if (j < DEVICE)
            device[j] = natural;
        else
            stack[j - DEVICE] = natural;
    }
}

/* log(forecast / measured) of the step's time; NaN where the layout is impossible. */
static double residual(const item *it) {
    tc_case_result result;
    tc_error ignored;
    if (tc_case_predict(&it->c, &result, &ignored)) return NAN;
    return log(1 + result.error_pct / 100);
}

/* ---- one fit ------------------------------------------------------------------------ */

/* items is scratch: layouts that are open are settled in it. */
typedef struct fold {
    const problem *p;
    item *items;
    int left_out; /* family; -1: none */
} fold;

static double fold_sigma(const void *context, int column) { return ((const fold *)context)->p->sigma[column]; }

static double fold_weight(const void *context, int row) {
    const fold *f = context;
    const item *it = &f->items[row];
    return it->supported && it->family != f->left_out ? it->weight : 0;
}

static double fold_residual(void *context, int row, const double *x, int bumped, double bump) {
    fold *f = context;
    set_parameters(f->p, &f->items[row], x, bumped, bump);
    return residual(&f->items[row]);
}

static int fold_columns(const void *context, int row, int j, int columns[FIT_SHARED]) {
    const fold *f = context;
    return memory_fit_owns(fit_parameters[j].name) ? 0 : columns_of(f->p, &f->items[row], j, columns);
}

static void fold_settle(void *context, const double *x) {
    fold *f = context;
    for (int i = 0; i < f->p->count; i++) {
        item *it = &f->items[i];
        if (!it->supported || !it->c.open) continue;
        set_parameters(f->p, it, x, -1, 0);
        it->c.assumed_count = 0; /* the list is not needed here and has a limit */
        tc_case_settle(&it->c);
    }
}

static fit_system system_of(fold *f) {
    return (fit_system){.context = f,
                        .rows = f->p->count,
                        .parameters = ALL,
                        .unknowns = f->p->unknowns,
                        .iterations = f->p->set.iterations,
                        .noise = f->p->set.noise,
                        .sigma = fold_sigma,
                        .weight = fold_weight,
                        .residual = fold_residual,
                        .columns = fold_columns,
                        .settle = fold_settle};
}

static void fit(const problem *p, item *items, int left_out, double *x) {
    fold f = {p, items, left_out};
    fit_system system = system_of(&f);
    fit_minimise(&system, x);
}

/* ---- input and output ----------------------------------------------------------------- */

static void stop(const tc_error *error) {
    fprintf(stderr, "traincast-fit: %s: %s\n", error->place, error->text);
    exit(2);
}

/* Reads runs; one that is wrong ends the fit. */
static void read_files(tc_published *published, int files, char **paths) {
    tc_error error;
    for (int f = 0; f < files; f++)
        if (tc_published_read_file(published, paths[f], &error)) stop(&error);
    for (int i = 0; i < published->count; i++)
        if (published->runs[i].refused) {
            fprintf(stderr, "traincast-fit: %s\n", published->runs[i].refused);
            exit(2);
        }
}

static void take_runs(problem *p, memory_problem *memory, tc_catalog *catalog, const tc_published *published,
                      tc_arena *arena) {
    tc_error error;
    const tc_published_run *runs = published->runs;
    static tc_conventions conventions;
    if (tc_conventions_read(catalog, &conventions, &error)) stop(&error);
    memory_fit_read(memory, catalog, &conventions, runs, published->count, arena);
    p->items = calloc((size_t)published->count + 1, sizeof *p->items);
    if (!p->items) abort();
    for (int i = 0; i < published->count; i++) {
        item *it = &p->items[p->count];
        memset(it, 0, sizeof *it);
        if (!runs[i].counts || runs[i].out_of_memory) continue;
        if (tc_case_build(catalog, &conventions, &runs[i], &it->c, &error)) stop(&error);
        if (it->c.status || runs[i].metric == TC_METRIC_NONE) continue;
        const tc_accelerator *a = &it->c.cluster.accelerator;
        it->family = fit_index(&p->families, runs[i].source_family);
        it->architecture = fit_index(&p->architectures, tc_arena_copy(arena, a->architecture, strlen(a->architecture)));
        it->accelerator = fit_index(&p->accelerators, tc_arena_copy(arena, a->slug, strlen(a->slug)));
        p->architecture_of[it->accelerator] = p->architectures.name[it->architecture];
        it->stack = fit_index(&p->stacks, tc_arena_copy(arena, it->c.stack.slug, strlen(it->c.stack.slug)));
        p->count++;
    }
}

/* As the catalog has a stack, whatever a single run says of it: one set of values holds for all. */
static void classify_stacks(problem *p, tc_catalog *catalog) {
    for (int s = 0; s < p->stacks.count; s++) {
        tc_stack stack;
        tc_error error;
        if (tc_catalog_stack(catalog, p->stacks.name[s], &stack, &error)) exit(2);
        int gpus = 0;
        for (int i = 0; i < p->count; i++) {
            const char *vendor = p->items[i].c.cluster.accelerator.vendor;
            if (p->items[i].stack == s) gpus += strcmp(vendor, "NVIDIA") == 0 || strcmp(vendor, "AMD") == 0 ? 1 : -1;
        }
        p->class_of[s] = !stack.compiled ? 0 : gpus > 0 ? 1 : 2;
    }
}

/* The priors of devices, moved to the measurements of all sources but one. */
static void take_device_priors(const problem *p, item *items, const char *left_out) {
    for (int i = 0; i < p->count; i++) {
        tc_accelerator *a = &items[i].c.cluster.accelerator;
        a->params = items[i].researched;
        kernel_fit_apply(p->kernels, left_out, a);
        for (int j = 0; j < DEVICE; j++) items[i].prior[j] = device_link(a, j);
    }
}

/* Settles the cases with the fitted memory, which no fit of times moves, and takes the priors. */
static void take_priors(problem *p, const memory_problem *memory) {
    for (int i = 0; i < p->count; i++) p->items[i].researched = p->items[i].c.cluster.accelerator.params;
    take_device_priors(p, p->items, NULL);
    for (int i = 0; i < p->count; i++) {
        item *it = &p->items[i];
        memory_fit_apply(memory, &it->c.stack);
        for (int j = 0; j < STACK; j++) it->prior[DEVICE + j] = stack_link(&it->c.stack, j);
        tc_case_settle(&it->c);
        tc_case_result result;
        tc_error error;
        it->supported = tc_case_predict(&it->c, &result, &error) == TC_OK;
        it->complete = it->c.assumed_count == 0;
    }
}

static void weigh(problem *p) {
    int n[FIT_NAMES] = {0};
    for (int i = 0; i < p->count; i++) n[p->items[i].family] += p->items[i].supported;
    for (int i = 0; i < p->count; i++)
        p->items[i].weight = n[p->items[i].family] ? pow(n[p->items[i].family], -p->set.family_power) : 0;
}

static void print_scores(const char *title, const problem *p, const double *errors) {
    tc_error_row *rows = malloc((size_t)p->count * sizeof *rows);
    if (!rows) abort();
    int n = 0;
    double bias = 0;
    for (int i = 0; i < p->count; i++) {
        if (!p->items[i].supported || isnan(errors[i])) continue;
        rows[n++] = (tc_error_row){p->families.name[p->items[i].family], errors[i], p->items[i].complete};
        bias += errors[i];
    }
    printf("%-9s n %d  macro %.2f  median %.2f  bias %+.2f  complete macro %.2f median %.2f\n", title, n,
           tc_macro_error(rows, n, false), tc_median_error(rows, n, false), bias / n, tc_macro_error(rows, n, true),
           tc_median_error(rows, n, true));
    fflush(stdout);
    free(rows);
}

static void errors_of(const problem *p, item *items, const double *x, int only, double *errors) {
    for (int i = 0; i < p->count; i++) {
        if (only >= 0 && items[i].family != only) continue;
        set_parameters(p, &items[i], x, -1, 0);
        errors[i] = 100 * (exp(residual(&items[i])) - 1);
    }
}

static item *copy_items(const problem *p) {
    item *copy = malloc((size_t)p->count * sizeof *copy);
    if (!copy) abort();
    memcpy(copy, p->items, (size_t)p->count * sizeof *copy);
    return copy;
}

/* Errors of every family by a fit that has not seen it, begun at the priors: begun elsewhere it would know of the family. */
static void leave_out(const problem *p, double *errors) {
#pragma omp parallel for schedule(dynamic, 1)
    for (int f = 0; f < p->families.count; f++) {
        item *items = copy_items(p);
        double *x = calloc((size_t)p->unknowns, sizeof *x);
        if (!x) abort();
        take_device_priors(p, items, p->families.name[f]);
        fit(p, items, f, x);
        errors_of(p, items, x, f, errors);
        free(x);
        free(items);
    }
}

/* What is written for a parameter: its value, and its standard deviation ("" where another stage fits it). */
typedef struct fitted_value {
    char value[24], deviation[24];
} fitted_value;

/* The fitted values of a device or a stack, one for each of its parameters. */
typedef struct fitted_values {
    fitted_value of[TC_MAX_PARAMETERS];
} fitted_values;

/* The shifts with their covariance. */
typedef struct shifts {
    const problem *p;
    const double *x, *covariance;
} shifts;

/* Parameter j, its prior moved by the shifts in `columns`. */
static fitted_value value_of(const shifts *f, int j, double prior, const int *columns, int n) {
    const fit_parameter *parameter = &fit_parameters[j];
    double variance = fit_variance(f->covariance, f->p->unknowns, columns, n), link_value = prior;
    for (int a = 0; a < n; a++) link_value += f->x[columns[a]];
    double value = fit_from_link(parameter->link, link_value);
    fitted_value out = {.deviation = ""};
    snprintf(out.value, sizeof out.value, "%.6g", value);
    if (!memory_fit_owns(parameter->name))
        snprintf(out.deviation, sizeof out.deviation, "%.1g",
                 sqrt(variance) * value * (parameter->link == FRACTION ? 1 - value : 1));
    return out;
}

/* " s" behind a number of seconds: texts carry their unit. */
static void write_line(FILE *out, const char *indent, int j, const char *value) {
    const fit_parameter *p = &fit_parameters[j];
    bool has_unit = p->dimension != TC_DIMENSION_NONE;
    fprintf(out, "%s%s: %s%s%s\n", indent, p->key, value, has_unit ? " " : "",
            has_unit ? tc_dimension_unit(p->dimension) : "");
}

/* Writes `name: value` lines of what differs from `general` (NULL: all), under a heading where there are any. */
static void write_values(FILE *out, const char *heading, const char *indent, const fitted_values *values,
                         const fitted_values *general, int first, int count) {
    bool begun = false;
    for (int j = 0; j < count; j++) {
        if (general && strcmp(general->of[j].value, values->of[j].value) == 0) continue;
        if (!begun && heading) fprintf(out, "  %s:\n", heading);
        begun = true;
        write_line(out, indent, first + j, values->of[j].value);
    }
}

static void write_deviations(FILE *out, const char *heading, const char *indent, const fitted_values *values, int first,
                             int count) {
    if (heading) fprintf(out, "    %s:\n", heading);
    for (int j = 0; j < count; j++)
        if (values->of[j].deviation[0]) write_line(out, indent, first + j, values->of[j].deviation);
}

static FILE *open_fitted(const problem *p, const char *dir, const char *file, const char *runs_hash) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", dir, file);
    FILE *out = fopen(path, "w");
    if (!out) {
        fprintf(stderr, "traincast-fit: %s: cannot be written\n", path);
        exit(1);
    }
    int used = 0;
    for (int i = 0; i < p->count; i++) used += p->items[i].supported;
    fprintf(out,
            "format: 1\nfitted_on: \"%d kernels and collectives in data/measurements, then %d published runs of %d "
            "source families in data/runs; by make fit\"\n"
            "runs_hash: \"%s\"\n",
            p->kernels->count, used, p->families.count, runs_hash);
    return out;
}

static fitted_values values_of_device(const shifts *f, const tc_accelerator *chip, bool own) {
    const problem *p = f->p;
    tc_accelerator a = *chip;
    fitted_values out;
    int architecture = fit_find(&p->architectures, a.architecture),
        accelerator = own ? fit_find(&p->accelerators, a.slug) : -1;
    if (!own) a.slug[0] = 0; /* any of its accelerators */
    kernel_fit_apply(p->kernels, NULL, &a);
    for (int j = 0; j < DEVICE; j++) {
        int columns[FIT_SHARED] = {device_all(j)}, n = 1;
        if (architecture >= 0) columns[n++] = device_architecture(architecture, j);
        if (accelerator >= 0) columns[n++] = device_accelerator(p, accelerator, j);
        out.of[j] = value_of(f, j, device_link(&a, j), columns, n);
    }
    return out;
}

/* Values, not shifts: what the catalog lays over the priors, by slug. Every architecture of the catalog is written,
 * also those without runs: they take the shift that all share. An accelerator's own follow in what differs. */
static void write_devices(const shifts *f, tc_catalog *catalog, FILE *out, FILE *deviations) {
    const problem *p = f->p;
    const tc_catalog_item *chips, *architectures;
    int chip_count, architecture_count;
    tc_error error;
    tc_accelerator a;
    if (tc_catalog_list(catalog, TC_KIND_ACCELERATOR, &chips, &chip_count, &error)
        || tc_catalog_list(catalog, TC_KIND_ARCHITECTURE, &architectures, &architecture_count, &error))
        exit(2);
    fitted_values *general = calloc((size_t)architecture_count, sizeof *general);
    if (!general) abort();
    fprintf(out, "architectures:\n");
    fprintf(deviations, "device:\n  architectures:\n");
    for (int k = 0; k < architecture_count; k++)
        for (int i = 0; i < chip_count; i++) {
            if (tc_catalog_accelerator_known(catalog, chips[i].slug, &a, &error)
                || strcmp(a.architecture, architectures[k].slug) != 0)
                continue;
            general[k] = values_of_device(f, &a, false);
            write_values(out, a.architecture, "    ", &general[k], NULL, 0, DEVICE);
            write_deviations(deviations, a.architecture, "      ", &general[k], 0, DEVICE);
            break;
        }
    fprintf(out, "accelerators:\n");
    fprintf(deviations, "  accelerators:\n");
    for (int i = 0; i < chip_count; i++) {
        if (tc_catalog_accelerator_known(catalog, chips[i].slug, &a, &error)) continue;
        if (fit_find(&p->accelerators, a.slug) < 0 && fit_find(&p->kernels->accelerators, a.slug) < 0) continue;
        const fitted_values *above = NULL, own = values_of_device(f, &a, true);
        for (int k = 0; k < architecture_count; k++)
            if (strcmp(a.architecture, architectures[k].slug) == 0) above = &general[k];
        write_values(out, a.slug, "    ", &own, above, 0, DEVICE);
        write_deviations(deviations, a.slug, "      ", &own, 0, DEVICE);
    }
    free(general);
}

/* What a stack's file would have without a value of its own is generic's, unless it or a base has a prior or fitted
 * values: then all of its values are written. */
static const fitted_values *above_stack(tc_catalog *catalog, const char *slug, const fitted_values *generic,
                                        fitted_values *room) {
    tc_stack_chain chain;
    tc_error error;
    if (tc_catalog_stack_chain(catalog, slug, &chain, &error) || chain.count > 2) return NULL;
    *room = *generic;
    const tc_node *priors = tc_node_get(chain.document[chain.count - 1]->root, "parameters");
    for (int j = 0; j < STACK; j++)
        if (tc_node_get(priors, fit_parameters[DEVICE + j].key)) room->of[j].value[0] = 0; /* equals no value */
    return room;
}

static void write_stacks(const shifts *f, const memory_problem *memory, tc_catalog *catalog, FILE *out,
                         FILE *deviations) {
    const problem *p = f->p;
    tc_stack stack;
    tc_error error;
    fitted_values generic, values, room;
    int order[FIT_NAMES];
    if (tc_catalog_stack(catalog, "generic", &stack, &error)) exit(2);
    memory_fit_apply(memory, &stack);
    for (int j = 0; j < STACK; j++)
        generic.of[j] = value_of(f, DEVICE + j, stack_link(&stack, j), (const int[]){stack_class(p, 0, j)}, 1);
    fprintf(out, "generic:\n");
    write_values(out, NULL, "  ", &generic, NULL, DEVICE, STACK);
    fprintf(out, "stacks:\n");
    fprintf(deviations, "stack:\n  generic:\n");
    write_deviations(deviations, NULL, "    ", &generic, DEVICE, STACK);
    fprintf(deviations, "  stacks:\n");
    fit_sort(&p->stacks, order);
    for (int k = 0; k < p->stacks.count; k++) {
        int s = order[k];
        const char *name = p->stacks.name[s];
        if (strcmp(name, "generic") == 0) continue;
        if (tc_catalog_stack(catalog, name, &stack, &error)) exit(2);
        memory_fit_apply(memory, &stack);
        for (int j = 0; j < STACK; j++)
            values.of[j] = value_of(f, DEVICE + j, stack_link(&stack, j),
                                    (const int[]){stack_class(p, p->class_of[s], j), stack_one(p, s, j)}, 2);
        write_values(out, name, "    ", &values, above_stack(catalog, name, &generic, &room), DEVICE, STACK);
        write_deviations(deviations, name, "      ", &values, DEVICE, STACK);
    }
}

/* items: as fitted, with the layouts that the fit settled. */
static void write_fitted(const problem *p, item *items, const memory_problem *memory, tc_catalog *catalog,
                         const double *x, const char *dir, const char *runs_hash) {
    fold whole = {p, items, -1};
    fit_system system = system_of(&whole);
    double *covariance = fit_covariance(&system, x);
    const shifts f = {p, x, covariance};
    FILE *device = open_fitted(p, dir, "device.yaml", runs_hash), *stack = open_fitted(p, dir, "stack.yaml", runs_hash),
         *deviations = open_fitted(p, dir, "deviations.yaml", runs_hash);
    fprintf(deviations,
            "# Standard deviations of the values in device.yaml and stack.yaml, those of a stack or chip also "
            "where its value is the one that all share.\n");
    write_devices(&f, catalog, device, deviations);
    write_stacks(&f, memory, catalog, stack, deviations);
    if (fclose(device) || fclose(stack) || fclose(deviations)) exit(1);
    free(covariance);
}

/* ---- intervals ---------------------------------------------------------------------- */

/* What a fit without an item's family knew of its chip and stack, and what makes its forecast difficult. */
static void describe(const problem *p, const item *it, double features[TC_INTERVAL_FEATURES]) {
    tc_evidence seen = {false, false, false};
    for (int i = 0; i < p->count; i++) {
        const item *other = &p->items[i];
        if (!other->supported || other->family == it->family) continue;
        seen.chip = seen.chip || other->accelerator == it->accelerator;
        seen.stack = seen.stack || other->stack == it->stack;
        seen.architecture = seen.architecture || other->architecture == it->architecture;
    }
    tc_case_result result;
    tc_error ignored;
    if (tc_case_predict(&it->c, &result, &ignored)) abort();
    tc_question question = tc_case_question(&it->c);
    tc_interval_features(&question, &result.step, seen, features);
}

static const char *chips_of(const char *accelerator) {
    if (strncmp(accelerator, "a100", 4) == 0) return "A100";
    if (strncmp(accelerator, "h100", 4) == 0) return "H100";
    if (strncmp(accelerator, "ascend-910b", 11) == 0) return "Ascend 910B";
    return strncmp(accelerator, "tpu", 3) == 0 ? "TPU" : "others";
}

static interval_run *interval_runs(const problem *p, const double *errors, int *count) {
    interval_run *runs = calloc((size_t)p->count + 1, sizeof *runs);
    if (!runs) abort();
    *count = 0;
    for (int i = 0; i < p->count; i++) {
        const item *it = &p->items[i];
        if (!it->supported || isnan(errors[i])) continue;
        interval_run *run = &runs[(*count)++];
        *run = (interval_run){.ratio = -log(1 + errors[i] / 100),
                              .weight = it->weight,
                              .family = it->family,
                              .chip_family = it->c.cluster.accelerator.family,
                              .chips = chips_of(p->accelerators.name[it->accelerator])};
        describe(p, it, run->feature);
    }
    interval_find_families(runs, *count);
    return runs;
}

static void write_counts(const problem *p, const char *title, const fit_names *n, int (*index)(const item *),
                         FILE *out) {
    int order[FIT_NAMES];
    fit_sort(n, order);
    fprintf(out, "%s:\n", title);
    for (int k = 0; k < n->count; k++) {
        int runs = 0;
        for (int i = 0; i < p->count; i++) runs += p->items[i].supported && index(&p->items[i]) == order[k];
        if (runs && n->name[order[k]][0]) fprintf(out, "  %s: %d\n", n->name[order[k]], runs);
    }
}

static int accelerator_of(const item *it) { return it->accelerator; }
static int architecture_of(const item *it) { return it->architecture; }
static int stack_of(const item *it) { return it->stack; }

static void write_intervals(const problem *p, const memory_problem *memory, const interval_run *runs, int count,
                            const char *dir, const char *runs_hash) {
    interval_fit fit = interval_fit_runs(runs, count, -1);
    FILE *out = open_fitted(p, dir, "intervals.yaml", runs_hash);
    fprintf(out, "# log(measured / forecast step time) on runs whose source the fit had not seen: [p10, p90] x "
                 "exp(intercept + coefficients x features).\n");
    write_counts(p, "accelerators", &p->accelerators, accelerator_of, out);
    write_counts(p, "architectures", &p->architectures, architecture_of, out);
    write_counts(p, "stacks", &p->stacks, stack_of, out);
    interval_write(&fit, runs, count, out);
    memory_fit_intervals(memory, out);
    if (fclose(out)) exit(1);
}

/* ---- report ---------------------------------------------------------------------------- */

typedef struct family_score {
    const char *name;
    int n;
    double absolute[3], sum[3]; /* priors, fitted, left out */
} family_score;

typedef const char *group_key(const problem *p, const item *it);

static const char *key_family(const problem *p, const item *it) { return p->families.name[it->family]; }
static const char *key_accelerator(const problem *p, const item *it) { return p->accelerators.name[it->accelerator]; }
static const char *key_stack(const problem *p, const item *it) { return p->stacks.name[it->stack]; }

static const char *key_model(const problem *p, const item *it) {
    (void)p;
    return it->c.run->model.family[0] ? it->c.run->model.family : "not stated";
}

static const char *key_scale(const problem *p, const item *it) {
    (void)p;
    int n = it->c.run->devices;
    return n == 1 ? "1" : n <= 8 ? "2 to 8" : n <= 64 ? "9 to 64" : n <= 512 ? "65 to 512" : "more than 512";
}

/* The errors of the runs that were forecast, by a key; returns how many groups. */
static int collect(const problem *p, group_key *key, const double *errors[3], family_score scores[FIT_NAMES]) {
    fit_names groups = {.count = 0};
    memset(scores, 0, FIT_NAMES * sizeof *scores);
    for (int i = 0; i < p->count; i++) {
        if (!p->items[i].supported || isnan(errors[2][i])) continue;
        family_score *s = &scores[fit_index(&groups, key(p, &p->items[i]))];
        s->name = key(p, &p->items[i]);
        s->n++;
        for (int k = 0; k < 3; k++) {
            s->absolute[k] += fabs(errors[k][i]);
            s->sum[k] += errors[k][i];
        }
    }
    return groups.count;
}

static int by_left_out(const void *a, const void *b) {
    const family_score *x = a, *y = b;
    double p = x->n ? x->absolute[2] / x->n : -1, q = y->n ? y->absolute[2] / y->n : -1;
    return (p < q) - (p > q);
}

static void write_summary(const problem *p, const char *title, const double *errors, FILE *out) {
    tc_error_row *rows = malloc((size_t)p->count * sizeof *rows);
    if (!rows) abort();
    int n = 0;
    double bias = 0;
    for (int i = 0; i < p->count; i++) {
        if (!p->items[i].supported || isnan(errors[i])) continue;
        rows[n++] = (tc_error_row){p->families.name[p->items[i].family], errors[i], p->items[i].complete};
        bias += errors[i];
    }
    fprintf(out, "| %s | %.1f %% | %.1f %% | %+.1f %% | %.1f %% | %.1f %% |\n", title, tc_macro_error(rows, n, false),
            tc_median_error(rows, n, false), bias / n, tc_macro_error(rows, n, true), tc_median_error(rows, n, true));
    free(rows);
}

/* Every left-out run as a dot: a column a source family, the largest error first; height is forecast over
 * measured step time on a logarithmic scale from 1/4 to 4. */
static void write_picture(const problem *p, const family_score *scores, int columns, const double *errors,
                          const char *path) {
    enum { WIDTH = 1080, HEIGHT = 460, LEFT = 60, RIGHT = 100, TOP = 20, BOTTOM = 160 }; /* RIGHT: the names slant */
    FILE *out = fopen(path, "w");
    if (!out) exit(1);
    double step = (double)(WIDTH - LEFT - RIGHT) / (columns ? columns : 1),
           middle = TOP + (HEIGHT - TOP - BOTTOM) / 2.0;
    double scale = (HEIGHT - TOP - BOTTOM) / 2.0 / log(4);
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" "
            "font-size=\"11\">\n"
            "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
            WIDTH, HEIGHT);
    static const double marks[] = {0.25, 0.5, 0.8, 1, 1.25, 2, 4};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        double y = middle - scale * log(marks[i]);
        fprintf(out,
                "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/><text x=\"%d\" y=\"%.1f\" "
                "text-anchor=\"end\">%g</text>\n",
                LEFT, WIDTH - RIGHT, y, y, marks[i] == 1 ? "#444" : "#ddd", LEFT - 6, y + 4, marks[i]);
    }
    for (int f = 0; f < columns; f++) {
        double x = LEFT + (f + 0.5) * step;
        int seen = 0;
        for (int i = 0; i < p->count; i++) {
            if (!p->items[i].supported || isnan(errors[i])
                || strcmp(p->families.name[p->items[i].family], scores[f].name) != 0)
                continue;
            double y = middle - scale * log(1 + errors[i] / 100), shift = ((seen * 7) % 11 - 5) * step / 14;
            seen++;
            if (y < TOP) y = TOP;
            if (y > HEIGHT - BOTTOM) y = HEIGHT - BOTTOM;
            fprintf(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2\" fill=\"#1667a8\" fill-opacity=\"0.35\"/>\n",
                    x + shift, y);
        }
        fprintf(out, "<text transform=\"translate(%.1f %d) rotate(70)\">%.22s</text>\n", x - 3, HEIGHT - BOTTOM + 14,
                scores[f].name);
    }
    fprintf(out,
            "<text x=\"%d\" y=\"14\">forecast over measured step time, each source left out of the fit that judges "
            "it</text>\n</svg>\n",
            LEFT);
    if (fclose(out)) exit(1);
}

static int by_runs(const void *a, const void *b) {
    const family_score *x = a, *y = b;
    return (x->n < y->n) - (x->n > y->n);
}

/* "9 to 64" before "65 to 512" before "more than 512". */
static int by_number(const void *a, const void *b) {
    double x = atof(((const family_score *)a)->name), y = atof(((const family_score *)b)->name);
    if (x <= 0) x = HUGE_VAL;
    if (y <= 0) y = HUGE_VAL;
    return (x > y) - (x < y);
}

typedef int score_order(const void *a, const void *b);

static void write_groups(const problem *p, const char *title, const char *what, group_key *key, score_order *order,
                         const double *errors[3], FILE *out) {
    family_score scores[FIT_NAMES];
    int groups = collect(p, key, errors, scores);
    qsort(scores, (size_t)groups, sizeof *scores, order);
    fprintf(out, "\n## %s\n\n| %s | runs | fitted | left out | bias left out |\n|---|---|---|---|---|\n", title, what);
    for (int g = 0; g < groups; g++) {
        const family_score *s = &scores[g];
        fprintf(out, "| %s | %d | %.1f %% | %.1f %% | %+.1f %% |\n", s->name, s->n, s->absolute[1] / s->n,
                s->absolute[2] / s->n, s->sum[2] / s->n);
    }
}

/* "matrix products 60 %, recompute 20 %" */
static void name_parts(const item *it, char *text, size_t size) {
    tc_case_result result;
    tc_error ignored;
    if (tc_case_predict(&it->c, &result, &ignored)) abort();
    const char *name, *first = "", *second = "";
    double seconds, most = 0, next = 0;
    for (int i = 0; (name = tc_breakdown_part(&result.step.breakdown, i, &seconds)); i++) {
        if (seconds > most) {
            second = first, next = most;
            first = name, most = seconds;
        } else if (seconds > next) {
            second = name, next = seconds;
        }
    }
    snprintf(text, size, "%s %.0f %%, %s %.0f %%", first, 100 * most / result.step.step_s, second,
             100 * next / result.step.step_s);
}

/* The worst run of each of the ten worst models of a source: its neighbours fail alike. */
static void write_worst(const problem *p, const double *left_out, FILE *out) {
    enum { WORST = 10 };
    fprintf(out, "\n## The worst\n\nSources left out; one run of a source and model. What the forecast took for "
                 "granted, and what it is mostly made of, are where to look.\n\n"
                 "| run | chip | software | first assumption | largest parts of the forecast | error "
                 "|\n|---|---|---|---|---|---|\n");
    int shown[WORST];
    for (int k = 0; k < WORST; k++) {
        int worst = -1;
        for (int i = 0; i < p->count; i++) {
            const item *it = &p->items[i];
            if (!it->supported || isnan(left_out[i])
                || (worst >= 0 && fabs(log(1 + left_out[i] / 100)) <= fabs(log(1 + left_out[worst] / 100))))
                continue;
            bool seen = false;
            for (int j = 0; j < k; j++) {
                const tc_published_run *other = p->items[shown[j]].c.run;
                seen = seen
                       || (p->items[shown[j]].family == it->family
                           && strcmp(other->model.name, it->c.run->model.name) == 0);
            }
            if (!seen) worst = i;
        }
        if (worst < 0) return;
        shown[k] = worst;
        const item *it = &p->items[worst];
        char parts[160];
        name_parts(it, parts, sizeof parts);
        fprintf(out, "| %s | %s | %s | %s | %s | %+.0f %% |\n", it->c.run->id, p->accelerators.name[it->accelerator],
                p->stacks.name[it->stack], it->c.assumed_count ? it->c.assumed[0] : "nothing", parts, left_out[worst]);
    }
}

/* Markdown: what the forecast errs on sources that its fit had not seen, beside the fit and the priors. */
static void write_report(const problem *p, const memory_problem *memory, const interval_run *runs, int count,
                         const double *errors[3], const char *path) {
    static const char *const titles[3] = {"priors alone", "fitted", "each source left out"};
    FILE *out = fopen(path, "w");
    family_score scores[FIT_NAMES];
    if (!out) exit(1);
    fprintf(
        out,
        "# How wrong the forecasts are\n\n"
        "Written by `make fit`. Each published run is forecast from what its source states. Fitted: with the values of "
        "data/fitted, which have\n"
        "seen these runs. Left out: every source family in turn, the parameters fitted afresh from the priors on the "
        "others, the family then forecast;\n"
        "this is what to expect on a run like these. Errors are of the step's time; positive bias: forecast too slow.\n"
        "Macro: mean over source families. There is no factor per run.\n\n"
        "| | macro | median | bias | macro, nothing assumed | median, nothing assumed |\n|---|---|---|---|---|---|\n");
    for (int k = 0; k < 3; k++) write_summary(p, titles[k], errors[k], out);
    int families = collect(p, key_family, errors, scores);
    qsort(scores, (size_t)families, sizeof *scores, by_left_out);
    fprintf(out,
            "\n| source family | runs | priors | fitted | left out | bias left out |\n|---|---|---|---|---|---|\n");
    for (int f = 0; f < families; f++) {
        const family_score *s = &scores[f];
        fprintf(out, "| %s | %d | %.1f %% | %.1f %% | %.1f %% | %+.1f %% |\n", s->name, s->n, s->absolute[0] / s->n,
                s->absolute[1] / s->n, s->absolute[2] / s->n, s->sum[2] / s->n);
    }
    size_t stem = strlen(path) > 3 ? strlen(path) - 3 : strlen(path);
    char picture[512];
    snprintf(picture, sizeof picture, "%.*s.svg", (int)stem, path);
    const char *slash = strrchr(picture, '/');
    fprintf(out, "\n![Forecast over measured](%s)\n", slash ? slash + 1 : picture);
    write_picture(p, scores, families, errors[2], picture);
    write_groups(p, "By accelerator", "accelerator", key_accelerator, by_runs, errors, out);
    write_groups(p, "By training software", "stack", key_stack, by_runs, errors, out);
    write_groups(p, "By kind of model", "kind", key_model, by_runs, errors, out);
    write_groups(p, "By scale", "devices", key_scale, by_number, errors, out);
    write_worst(p, errors[2], out);
    interval_report(runs, count, p->families.count, out);
    kernel_fit_report(p->kernels, out);
    memory_fit_report(memory, out);
    if (fclose(out)) exit(1);
}

static void write_table(const problem *p, const double *prior, const double *fitted, const double *left_out_errors,
                        const char *path) {
    FILE *out = fopen(path, "w");
    if (!out) exit(1);
    fprintf(out, "id\tfamily\tgroup\taccelerator\tstack\tmodel\tdevices\tmetric\tmeasured\tprior\tfitted\tleft_out\n");
    for (int i = 0; i < p->count; i++) {
        const tc_published_run *r = p->items[i].c.run;
        if (!p->items[i].supported) continue;
        fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\t%.6g\t%.2f\t%.2f\t%.2f\n", r->id, r->source_family, r->group,
                r->accelerator, p->stacks.name[p->items[i].stack], r->model.name, r->devices, tc_metric_name(r->metric),
                r->measured, prior[i], fitted[i], left_out_errors ? left_out_errors[i] : NAN);
    }
    fclose(out);
}

static void write_kernel_table(const kernel_problem *kernels, const char *path) {
    FILE *out = fopen(path, "w");
    if (!out) exit(1);
    kernel_fit_table(kernels, out);
    if (fclose(out)) exit(1);
}

int main(int argc, char **argv) {
    problem p = {.set = {.noise = 0.1,
                         .family_power = 0.3,
                         .device_all = 0.06,
                         .device_architecture = 0.06,
                         .device_accelerator = 0.06,
                         .device_open = 0.15,
                         .stack_all = 0.3,
                         .stack_one = 0.6,
                         .iterations = 12}};
    const char *out = NULL, *table = NULL, *kernel_table = NULL, *report = NULL, *hash = "";
    bool all_folds = false, memory_only = false;
    int first = 1;
    for (; first < argc && argv[first][0] == '-' && strcmp(argv[first], "--measurements") != 0; first++) {
        const char *option = argv[first], *value = first + 1 < argc ? argv[first + 1] : "";
        if (!strcmp(option, "--leave-out")) {
            all_folds = true;
            continue;
        }
        if (!strcmp(option, "--memory")) {
            memory_only = true;
            continue;
        }
        if (!strcmp(option, "--out"))
            out = value;
        else if (!strcmp(option, "--table"))
            table = value;
        else if (!strcmp(option, "--kernel-table"))
            kernel_table = value;
        else if (!strcmp(option, "--report"))
            report = value;
        else if (!strcmp(option, "--runs-hash"))
            hash = value;
        else if (!strcmp(option, "--iterations"))
            p.set.iterations = atoi(value);
        else if (!strcmp(option, "--noise"))
            p.set.noise = atof(value);
        else if (!strcmp(option, "--family-power"))
            p.set.family_power = atof(value);
        else if (!strcmp(option, "--device-all"))
            p.set.device_all = atof(value);
        else if (!strcmp(option, "--device-architecture"))
            p.set.device_architecture = atof(value);
        else if (!strcmp(option, "--device-accelerator"))
            p.set.device_accelerator = atof(value);
        else if (!strcmp(option, "--device-open"))
            p.set.device_open = atof(value);
        else if (!strcmp(option, "--stack-all"))
            p.set.stack_all = atof(value);
        else if (!strcmp(option, "--stack-one"))
            p.set.stack_one = atof(value);
        else {
            fprintf(stderr, "traincast-fit: %s: unknown option\n", option);
            return 2;
        }
        first++;
    }
    tc_arena arena = {0};
    tc_error error;
    tc_catalog *catalog;
    if (tc_catalog_open(NULL, 0, &catalog, &error)) return 2;
    tc_catalog_ignore_fitted(catalog);
    int runs_end = first;
    while (runs_end < argc && strcmp(argv[runs_end], "--measurements") != 0) runs_end++;
    static kernel_problem kernels;
    for (int f = runs_end + 1; f < argc; f++)
        if (kernel_fit_read(&kernels, catalog, argv[f], &arena, &error)) {
            fprintf(stderr, "traincast-fit: %s: %s\n", error.place, error.text);
            return 2;
        }
    kernel_fit_run(&kernels);
    p.kernels = &kernels;
    if (kernel_table) write_kernel_table(&kernels, kernel_table);
    static memory_problem memory;
    tc_published published = {0};
    read_files(&published, runs_end - first, argv + first);
    take_runs(&p, &memory, catalog, &published, &arena);
    memory_fit_run(&memory, memory_only || all_folds);
    if (memory_only) {
        memory_fit_report(&memory, stdout);
        if (table) memory_fit_table(&memory, table);
        goto done;
    }
    classify_stacks(&p, catalog);
    take_priors(&p, &memory);
    weigh(&p);
    p.unknowns = stack_base(&p) + (CLASSES + p.stacks.count) * STACK;
    double *x = calloc((size_t)p.unknowns, sizeof *x), *errors = malloc(3 * (size_t)p.count * sizeof *errors);
    p.sigma = malloc((size_t)p.unknowns * sizeof *p.sigma);
    if (!x || !errors || !p.sigma) abort();
    for (int j = 0; j < p.unknowns; j++) p.sigma[j] = sigma_of(&p, j);
    double *prior = errors, *fitted = errors + p.count, *left = errors + 2 * (size_t)p.count;
    errors_of(&p, p.items, x, -1, prior);
    print_scores("priors", &p, prior);
    item *items = copy_items(&p);
    fit(&p, items, -1, x);
    errors_of(&p, items, x, -1, fitted);
    print_scores("fitted", &p, fitted);
    if (out) write_fitted(&p, items, &memory, catalog, x, out, hash);
    if (all_folds) {
        leave_out(&p, left);
        print_scores("left out", &p, left);
        problem as_fitted = p; /* with the fitted parameters in the items */
        as_fitted.items = items;
        int count;
        interval_run *runs = interval_runs(&as_fitted, left, &count);
        if (out) write_intervals(&as_fitted, &memory, runs, count, out, hash);
        if (report) write_report(&as_fitted, &memory, runs, count, (const double *[3]){prior, fitted, left}, report);
        free(runs);
    }
    if (table) write_table(&p, prior, fitted, all_folds ? left : NULL, table);
    free(items);
    free(x);
    free(errors);
done:
    free(p.items);
    free(p.sigma);
    memory_fit_free(&memory);
    kernel_fit_free(&kernels);
    tc_published_free(&published);
    tc_catalog_close(catalog);
    tc_arena_free(&arena);
    return 0;
}
