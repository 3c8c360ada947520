/* fit.c - fits the physical parameters to published runs: `make fit`.
 *
 * usage: traincast-fit [--out DIR] [--report FILE.md] [--table FILE.tsv] [--leave-out | --folds N | --memory] RUNS.jsonl ...
 *
 * A parameter's value is its prior, moved in its link (log or logit) by a shift
 * that all share, one of the architecture, and one of the accelerator (or: one of
 * the stack's class - issued by a host, compiled for GPUs, compiled for others - and one of the stack). The shifts minimise
 *   sum_i w_i rho(log(forecast_i / measured_i) / s)^2 + sum_j (shift_j / sigma_j)^2
 * by Levenberg-Marquardt on the sparse Jacobian (LAPACK solves the normal
 * equations); rho is the pseudo-Huber loss, w_i = n_family^-alpha, so that a large
 * table does not outvote a small one. Every fold of --leave-out starts from the
 * priors and has not seen the family that it judges. --memory prints the errors of
 * the memory stage, left out too, and ends there (seconds).
 */
#include <lapacke.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/catalog.h"
#include "fit_interval.h"
#include "fit_memory.h"
#include "step/interval.h"
#include "validate/score.h"

/* ---- the parameters ------------------------------------------------------------- */

typedef enum link { FRACTION, POSITIVE } link;

typedef struct parameter {
    const char *name;
    link link;
} parameter;

static const parameter device_parameters[] = {
#define TC_DEVICE_PARAM(name, link, text) {#name, link},
#include "traincast_params.h"
#undef TC_DEVICE_PARAM
};
static const parameter stack_parameters[] = {
#define TC_STACK_PARAM(name, link, text) {#name, link},
#include "traincast_params.h"
#undef TC_STACK_PARAM
};
enum {
    DEVICE = sizeof device_parameters / sizeof device_parameters[0],
    STACK = sizeof stack_parameters / sizeof stack_parameters[0],
    ALL = DEVICE + STACK,
    CLASSES = 3,
    NAMES = 160
};

static double to_link(link kind, double value) {
    if (kind == POSITIVE) return log(value > 1e-30 ? value : 1e-30);
    double p = value < 0.001 ? 0.001 : value > 0.999 ? 0.999 : value;
    return log(p / (1 - p));
}

static double from_link(link kind, double x) { return kind == POSITIVE ? exp(x) : 1 / (1 + exp(-x)); }

static const parameter *parameter_of(int j) { return j < DEVICE ? &device_parameters[j] : &stack_parameters[j - DEVICE]; }

/* ---- settings --------------------------------------------------------------------- */

typedef struct settings {
    double noise;          /* s: typical residual, log */
    double family_power;   /* alpha */
    double device_all, device_architecture, device_accelerator, stack_all, stack_one; /* sigma of the shifts */
    int iterations, folds;
} settings;

/* ---- the cases -------------------------------------------------------------------- */

typedef struct item {
    tc_case c;
    int family, architecture, accelerator, stack;
    int stack_class;       /* issued kernel by kernel by a host, compiled for GPUs, compiled for others */
    double prior[ALL];     /* in the link */
    double weight;
    bool supported, complete;
} item;

typedef struct names {
    const char *name[NAMES];
    int count;
} names;

static int index_of(names *n, const char *name) {
    for (int i = 0; i < n->count; i++)
        if (strcmp(n->name[i], name) == 0) return i;
    if (n->count == NAMES) abort();
    n->name[n->count] = name;
    return n->count++;
}

typedef struct problem {
    item *items;
    int count;
    names families, architectures, accelerators, stacks;
    int unknowns;
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
static int columns_of(const problem *p, const item *it, int j, int columns[3]) {
    if (j < DEVICE) {
        columns[0] = device_all(j);
        columns[1] = device_architecture(it->architecture, j);
        columns[2] = device_accelerator(p, it->accelerator, j);
        return 3;
    }
    columns[0] = stack_class(p, it->stack_class, j - DEVICE);
    columns[1] = stack_one(p, it->stack, j - DEVICE);
    return 2;
}

/* Spread of a parameter's shift in its link, for a relative spread of the parameter: a fraction p moves
 * by p (1 - p) in its logit; shares that may be anything (overlap) get a wide logit instead. */
static double spread(int j, double relative) {
    const parameter *param = parameter_of(j);
    if (strstr(param->name, "overlap")) return 2.5 * relative;
    if (strcmp(param->name, "kernel_fraction") == 0) return 2 * relative; /* nearly all call the vendor's library */
    if (strcmp(param->name, "moe_host_s") == 0) return 4 * relative; /* counted kernels, but nobody has measured them */
    if (param->link == FRACTION) return 3 * relative;
    return relative;
}

static double sigma_of(const problem *p, int column) {
    if (column < DEVICE) return spread(column % DEVICE, p->set.device_all);
    if (column < (1 + p->architectures.count) * DEVICE) return spread(column % DEVICE, p->set.device_architecture);
    if (column < stack_base(p)) return spread(column % DEVICE, p->set.device_accelerator);
    int j = DEVICE + (column - stack_base(p)) % STACK;
    return spread(j, column < stack_base(p) + CLASSES * STACK ? p->set.stack_all : p->set.stack_one);
}

static void set_parameters(const problem *p, item *it, const double *x, int bumped, double bump) {
    double *device = (double *)&it->c.cluster.accelerator.params, *stack = (double *)&it->c.stack.params;
    for (int j = 0; j < ALL; j++) {
        int columns[3], n = columns_of(p, it, j, columns);
        double value = it->prior[j] + (j == bumped ? bump : 0);
        for (int k = 0; k < n; k++) value += x[columns[k]];
        double natural = from_link(parameter_of(j)->link, value);
        if (j < DEVICE) device[j] = natural;
        else stack[j - DEVICE] = natural;
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

static double pseudo_huber(double z) { return 2 * (sqrt(1 + z * z) - 1); }

static double objective(const problem *p, item *items, const double *x, int left_out) {
    double sum = 0;
    for (int i = 0; i < p->count; i++) {
        item *it = &items[i];
        if (!it->supported || it->family == left_out || it->weight <= 0) continue;
        set_parameters(p, it, x, -1, 0);
        double r = residual(it);
        if (!isnan(r)) sum += it->weight * pseudo_huber(r / p->set.noise);
    }
    for (int j = 0; j < p->unknowns; j++) {
        double z = x[j] / sigma_of(p, j);
        sum += z * z;
    }
    return sum;
}

static void settle_all(const problem *p, item *items, const double *x) {
    for (int i = 0; i < p->count; i++) {
        item *it = &items[i];
        if (!it->supported || !it->c.open) continue;
        set_parameters(p, it, x, -1, 0);
        it->c.assumed_count = 0; /* the list is not needed here and has a limit */
        tc_case_settle(&it->c);
    }
}

/* Adds the rows of all items to the normal equations (upper triangle). */
static void accumulate(const problem *p, item *items, const double *x, int left_out, double *normal, double *gradient) {
    const double bump = 0.02;
    int n = p->unknowns;
    for (int i = 0; i < p->count; i++) {
        item *it = &items[i];
        if (!it->supported || it->family == left_out || it->weight <= 0) continue;
        set_parameters(p, it, x, -1, 0);
        double r = residual(it);
        if (isnan(r)) continue;
        int columns[3 * ALL], filled = 0;
        double row[3 * ALL];
        for (int j = 0; j < ALL; j++) {
            if (memory_fit_owns(parameter_of(j)->name)) continue;
            set_parameters(p, it, x, j, bump);
            double slope = (residual(it) - r) / bump;
            if (isnan(slope) || fabs(slope) < 1e-7) continue;
            int mine[3], k = columns_of(p, it, j, mine);
            for (int c = 0; c < k; c++) {
                columns[filled] = mine[c];
                row[filled++] = slope / p->set.noise;
            }
        }
        double z = r / p->set.noise, w = it->weight / sqrt(1 + z * z);
        for (int a = 0; a < filled; a++) {
            gradient[columns[a]] += w * row[a] * z;
            for (int b = 0; b < filled; b++)
                if (columns[b] >= columns[a]) normal[(size_t)columns[a] * (size_t)n + (size_t)columns[b]] += w * row[a] * row[b];
        }
    }
    for (int j = 0; j < n; j++) {
        double s = sigma_of(p, j);
        normal[(size_t)j * (size_t)n + (size_t)j] += 1 / (s * s);
        gradient[j] += x[j] / (s * s);
    }
}

/* Minimises from x = 0. items is scratch: layouts that are open are settled in it. */
static void fit(const problem *p, item *items, int left_out, double *x) {
    int n = p->unknowns;
    size_t cells = (size_t)n * (size_t)n;
    double *normal = malloc(cells * sizeof *normal), *step = malloc((size_t)n * sizeof *step), *trial = malloc((size_t)n * sizeof *trial);
    if (!normal || !step || !trial) abort();
    memset(x, 0, (size_t)n * sizeof *x);
    double damping = 0.1;
    for (int iteration = 0; iteration < p->set.iterations; iteration++) {
        settle_all(p, items, x);
        double before = objective(p, items, x, left_out);
        memset(normal, 0, cells * sizeof *normal);
        memset(step, 0, (size_t)n * sizeof *step);
        accumulate(p, items, x, left_out, normal, step);
        for (int j = 0; j < n; j++) normal[(size_t)j * (size_t)n + (size_t)j] *= 1 + damping;
        if (LAPACKE_dposv(LAPACK_ROW_MAJOR, 'U', n, 1, normal, n, step, 1)) break;
        double scale = 1, after = before;
        for (int half = 0; half < 5; half++, scale /= 2) {
            for (int j = 0; j < n; j++) trial[j] = x[j] - scale * step[j];
            after = objective(p, items, trial, left_out);
            if (after < before) break;
        }
        if (!(after < before)) break;
        memcpy(x, trial, (size_t)n * sizeof *x);
        damping = scale == 1 ? damping / 3 : damping;
        if (before - after < 1e-4 * before) break;
    }
    settle_all(p, items, x);
    free(normal);
    free(step);
    free(trial);
}

/* ---- input and output ----------------------------------------------------------------- */

static void read_runs(problem *p, memory_problem *memory, tc_catalog *catalog, int files, char **paths, tc_arena *arena) {
    tc_error error;
    for (int f = 0; f < files; f++) {
        tc_published_run *runs;
        int count;
        if (tc_published_read_file(paths[f], arena, &runs, &count, &error)) {
            fprintf(stderr, "traincast-fit: %s: %s\n", error.place, error.text);
            exit(2);
        }
        memory_fit_read(memory, catalog, runs, count, arena);
        p->items = realloc(p->items, (size_t)(p->count + count) * sizeof *p->items);
        if (!p->items) abort();
        for (int i = 0; i < count; i++) {
            item *it = &p->items[p->count];
            memset(it, 0, sizeof *it);
            if (!runs[i].counts || runs[i].out_of_memory) continue;
            if (tc_case_build(catalog, &runs[i], &it->c, &error)) {
                fprintf(stderr, "traincast-fit: %s: %s\n", error.place, error.text);
                exit(2);
            }
            if (it->c.status || runs[i].metric == TC_METRIC_NONE) continue;
            const tc_accelerator *a = &it->c.cluster.accelerator;
            it->family = index_of(&p->families, runs[i].source_family);
            it->architecture = index_of(&p->architectures, tc_arena_copy(arena, a->architecture, strlen(a->architecture)));
            it->accelerator = index_of(&p->accelerators, tc_arena_copy(arena, a->slug, strlen(a->slug)));
            it->stack = index_of(&p->stacks, tc_arena_copy(arena, it->c.stack.slug, strlen(it->c.stack.slug)));
            bool gpu = strcmp(a->vendor, "NVIDIA") == 0 || strcmp(a->vendor, "AMD") == 0;
            it->stack_class = !it->c.stack.compiled ? 0 : gpu ? 1 : 2;
            p->count++;
        }
    }
}

/* Settles the cases with the fitted memory, which no fit of times moves, and takes the priors. */
static void take_priors(problem *p, const memory_problem *memory) {
    for (int i = 0; i < p->count; i++) {
        item *it = &p->items[i];
        memory_fit_apply(memory, &it->c.stack);
        const double *device = (const double *)&it->c.cluster.accelerator.params, *stack = (const double *)&it->c.stack.params;
        for (int j = 0; j < ALL; j++) it->prior[j] = to_link(parameter_of(j)->link, j < DEVICE ? device[j] : stack[j - DEVICE]);
        tc_case_settle(&it->c);
        tc_case_result result;
        tc_error error;
        it->supported = tc_case_predict(&it->c, &result, &error) == TC_OK;
        it->complete = it->c.assumed_count == 0;
    }
}

static void weigh(problem *p) {
    int n[NAMES] = {0};
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
    printf("%-9s n %d  macro %.2f  median %.2f  bias %+.2f  complete macro %.2f median %.2f\n", title, n, tc_macro_error(rows, n, false),
           tc_median_error(rows, n, false), bias / n, tc_macro_error(rows, n, true), tc_median_error(rows, n, true));
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

/* Errors of every family by a fit that has not seen it. */
static void leave_out(const problem *p, double *errors) {
#pragma omp parallel for schedule(dynamic, 1)
    for (int f = 0; f < p->families.count; f++) {
        item *items = copy_items(p);
        double *x = malloc((size_t)p->unknowns * sizeof *x);
        if (!x) abort();
        fit(p, items, f, x);
        errors_of(p, items, x, f, errors);
        free(x);
        free(items);
    }
}

/* The same with families dealt into `folds` groups: quicker, a little pessimistic. */
static void leave_out_folds(const problem *p, int folds, double *errors) {
#pragma omp parallel for schedule(dynamic, 1)
    for (int k = 0; k < folds; k++) {
        item *items = copy_items(p);
        double *x = malloc((size_t)p->unknowns * sizeof *x);
        if (!x) abort();
        for (int i = 0; i < p->count; i++)
            if (items[i].family % folds == k) items[i].weight = 0;
        fit(p, items, -1, x);
        for (int f = k; f < p->families.count; f += folds) errors_of(p, items, x, f, errors);
        free(x);
        free(items);
    }
}

static void write_value(FILE *out, const char *indent, const parameter *param, double link_value) {
    fprintf(out, "%s%s: %.6g\n", indent, param->name, from_link(param->link, link_value));
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
    fprintf(out, "format: 1\nfitted_on: \"published runs in data/runs, %d of them, %d source families; by make fit\"\nruns_hash: \"%s\"\n",
            used, p->families.count, runs_hash);
    return out;
}

static double device_prior(const tc_accelerator *accelerator, int j) {
    return to_link(device_parameters[j].link, ((const double *)&accelerator->params)[j]);
}

/* Values, not shifts: what the catalog lays over the priors. Every architecture of the catalog is
 * written, also those without runs: they take the shift that all share. */
static void write_devices(const problem *p, tc_catalog *catalog, const double *x, FILE *out) {
    const tc_catalog_item *items;
    int count;
    tc_error error;
    if (tc_catalog_list(catalog, TC_KIND_ACCELERATOR, &items, &count, &error)) exit(2);
    names written = {{0}, 0};
    tc_arena arena = {0};
    fprintf(out, "architectures:\n");
    for (int i = 0; i < count; i++) {
        tc_accelerator a;
        if (tc_catalog_accelerator_known(catalog, items[i].slug, &a, &error) || !a.architecture[0]) continue;
        int before = written.count;
        if (index_of(&written, tc_arena_copy(&arena, a.architecture, strlen(a.architecture))) < before) continue;
        int index = -1;
        for (int k = 0; k < p->architectures.count; k++)
            if (strcmp(p->architectures.name[k], a.architecture) == 0) index = k;
        fprintf(out, "  %s:\n", a.architecture);
        for (int j = 0; j < DEVICE; j++)
            write_value(out, "    ", &device_parameters[j],
                        device_prior(&a, j) + x[device_all(j)] + (index >= 0 ? x[device_architecture(index, j)] : 0));
    }
    tc_arena_free(&arena);
    fprintf(out, "accelerators:\n");
    for (int a = 0; a < p->accelerators.count; a++) {
        const item *it = NULL;
        for (int i = 0; i < p->count && !it; i++)
            if (p->items[i].accelerator == a) it = &p->items[i];
        if (!it) continue;
        fprintf(out, "  %s:\n", p->accelerators.name[a]);
        for (int j = 0; j < DEVICE; j++)
            write_value(out, "    ", &device_parameters[j],
                        it->prior[j] + x[device_all(j)] + x[device_architecture(it->architecture, j)] + x[device_accelerator(p, a, j)]);
    }
}

static void write_stacks(const problem *p, const memory_problem *memory, tc_catalog *catalog, const double *x, FILE *out) {
    tc_stack generic;
    tc_error error;
    if (tc_catalog_stack(catalog, "generic", &generic, &error)) exit(2);
    memory_fit_apply(memory, &generic);
    fprintf(out, "generic:\n");
    for (int j = 0; j < STACK; j++)
        write_value(out, "  ", &stack_parameters[j],
                    to_link(stack_parameters[j].link, ((const double *)&generic.params)[j]) + x[stack_class(p, 0, j)]);
    fprintf(out, "stacks:\n");
    for (int s = 0; s < p->stacks.count; s++) {
        const item *it = NULL;
        for (int i = 0; i < p->count && !it; i++)
            if (p->items[i].stack == s) it = &p->items[i];
        if (!it || strcmp(p->stacks.name[s], "generic") == 0) continue;
        tc_stack own;
        if (tc_catalog_stack(catalog, p->stacks.name[s], &own, &error)) exit(2);
        memory_fit_apply(memory, &own);
        fprintf(out, "  %s:\n", p->stacks.name[s]);
        for (int j = 0; j < STACK; j++)
            write_value(out, "    ", &stack_parameters[j], to_link(stack_parameters[j].link, ((const double *)&own.params)[j]) + x[stack_class(p, it->stack_class, j)] + x[stack_one(p, s, j)]);
    }
}

static void write_fitted(const problem *p, const memory_problem *memory, tc_catalog *catalog, const double *x, const char *dir, const char *runs_hash) {
    FILE *out = open_fitted(p, dir, "device.yaml", runs_hash);
    write_devices(p, catalog, x, out);
    if (fclose(out)) exit(1);
    out = open_fitted(p, dir, "stack.yaml", runs_hash);
    write_stacks(p, memory, catalog, x, out);
    if (fclose(out)) exit(1);
}

/* ---- intervals ---------------------------------------------------------------------- */

/* What a fit without an item's family knew of its chip and stack, and what makes its forecast difficult. */
static void describe(const problem *p, const item *it, double features[TC_INTERVAL_FEATURES]) {
    bool chip = false, stack = false, architecture = false;
    for (int i = 0; i < p->count; i++) {
        const item *other = &p->items[i];
        if (!other->supported || other->family == it->family) continue;
        chip = chip || other->accelerator == it->accelerator;
        stack = stack || other->stack == it->stack;
        architecture = architecture || other->architecture == it->architecture;
    }
    tc_case_result result;
    tc_error ignored;
    if (tc_case_predict(&it->c, &result, &ignored)) abort();
    tc_interval_features(stack, chip, architecture, &it->c.job, &it->c.cluster.accelerator, &result.step, features);
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
        *run = (interval_run){.ratio = -log(1 + errors[i] / 100), .weight = it->weight, .family = it->family,
                              .chips = chips_of(p->accelerators.name[it->accelerator])};
        describe(p, it, run->feature);
    }
    return runs;
}

static void write_counts(const problem *p, const char *title, const names *n, int (*index)(const item *), FILE *out) {
    fprintf(out, "%s:\n", title);
    for (int k = 0; k < n->count; k++) {
        int runs = 0;
        for (int i = 0; i < p->count; i++) runs += p->items[i].supported && index(&p->items[i]) == k;
        if (runs && n->name[k][0]) fprintf(out, "  %s: %d\n", n->name[k], runs);
    }
}

static int accelerator_of(const item *it) { return it->accelerator; }
static int architecture_of(const item *it) { return it->architecture; }
static int stack_of(const item *it) { return it->stack; }

static void write_intervals(const problem *p, const memory_problem *memory, const interval_run *runs, int count, const char *dir, const char *runs_hash) {
    interval_fit fit = interval_fit_runs(runs, count, -1);
    FILE *out = open_fitted(p, dir, "intervals.yaml", runs_hash);
    fprintf(out, "# log(measured / forecast step time) on runs whose source the fit had not seen: [p10, p90] x exp(intercept + coefficients x features).\n");
    write_counts(p, "accelerators", &p->accelerators, accelerator_of, out);
    write_counts(p, "architectures", &p->architectures, architecture_of, out);
    write_counts(p, "stacks", &p->stacks, stack_of, out);
    interval_write(&fit, out);
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
static int collect(const problem *p, group_key *key, const double *errors[3], family_score scores[NAMES]) {
    names groups = {.count = 0};
    memset(scores, 0, NAMES * sizeof *scores);
    for (int i = 0; i < p->count; i++) {
        if (!p->items[i].supported || isnan(errors[2][i])) continue;
        family_score *s = &scores[index_of(&groups, key(p, &p->items[i]))];
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
    fprintf(out, "| %s | %.1f %% | %.1f %% | %+.1f %% | %.1f %% | %.1f %% |\n", title, tc_macro_error(rows, n, false), tc_median_error(rows, n, false),
            bias / n, tc_macro_error(rows, n, true), tc_median_error(rows, n, true));
    free(rows);
}

/* Every left-out run as a dot: a column a source family, the largest error first; height is forecast over
 * measured step time on a logarithmic scale from 1/4 to 4. */
static void write_picture(const problem *p, const family_score *scores, int columns, const double *errors, const char *path) {
    enum { WIDTH = 1000, HEIGHT = 460, LEFT = 60, TOP = 20, BOTTOM = 160 };
    FILE *out = fopen(path, "w");
    if (!out) exit(1);
    double step = (double)(WIDTH - LEFT - 20) / (columns ? columns : 1), middle = TOP + (HEIGHT - TOP - BOTTOM) / 2.0;
    double scale = (HEIGHT - TOP - BOTTOM) / 2.0 / log(4);
    fprintf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"11\">\n"
                 "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n", WIDTH, HEIGHT);
    static const double marks[] = {0.25, 0.5, 0.8, 1, 1.25, 2, 4};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        double y = middle - scale * log(marks[i]);
        fprintf(out, "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/><text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%g</text>\n",
                LEFT, WIDTH - 20, y, y, marks[i] == 1 ? "#444" : "#ddd", LEFT - 6, y + 4, marks[i]);
    }
    for (int f = 0; f < columns; f++) {
        double x = LEFT + (f + 0.5) * step;
        int seen = 0;
        for (int i = 0; i < p->count; i++) {
            if (!p->items[i].supported || isnan(errors[i]) || strcmp(p->families.name[p->items[i].family], scores[f].name) != 0) continue;
            double y = middle - scale * log(1 + errors[i] / 100), shift = ((seen * 7) % 11 - 5) * step / 14;
            seen++;
            if (y < TOP) y = TOP;
            if (y > HEIGHT - BOTTOM) y = HEIGHT - BOTTOM;
            fprintf(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2\" fill=\"#1667a8\" fill-opacity=\"0.35\"/>\n", x + shift, y);
        }
        fprintf(out, "<text transform=\"translate(%.1f %d) rotate(70)\">%.22s</text>\n", x - 3, HEIGHT - BOTTOM + 14, scores[f].name);
    }
    fprintf(out, "<text x=\"%d\" y=\"14\">forecast over measured step time, each source left out of the fit that judges it</text>\n</svg>\n", LEFT);
    if (fclose(out)) exit(1);
}

static int by_runs(const void *a, const void *b) {
    const family_score *x = a, *y = b;
    return (x->n < y->n) - (x->n > y->n);
}

static void write_groups(const problem *p, const char *title, const char *what, group_key *key, const double *errors[3], FILE *out) {
    family_score scores[NAMES];
    int groups = collect(p, key, errors, scores);
    qsort(scores, (size_t)groups, sizeof *scores, by_runs);
    fprintf(out, "\n## %s\n\n| %s | runs | fitted | left out | bias left out |\n|---|---|---|---|---|\n", title, what);
    for (int g = 0; g < groups; g++) {
        const family_score *s = &scores[g];
        fprintf(out, "| %s | %d | %.1f %% | %.1f %% | %+.1f %% |\n", s->name, s->n, s->absolute[1] / s->n, s->absolute[2] / s->n, s->sum[2] / s->n);
    }
}

/* The worst run of each of the ten worst models of a source: its neighbours fail alike. */
static void write_worst(const problem *p, const double *left_out, FILE *out) {
    enum { WORST = 10 };
    fprintf(out, "\n## The worst\n\nOne run of a source and model.\n\n| run | chip | software | first assumption | error |\n|---|---|---|---|---|\n");
    int shown[WORST];
    for (int k = 0; k < WORST; k++) {
        int worst = -1;
        for (int i = 0; i < p->count; i++) {
            const item *it = &p->items[i];
            if (!it->supported || isnan(left_out[i]) || (worst >= 0 && fabs(log(1 + left_out[i] / 100)) <= fabs(log(1 + left_out[worst] / 100)))) continue;
            bool seen = false;
            for (int j = 0; j < k; j++) {
                const tc_published_run *other = p->items[shown[j]].c.run;
                seen = seen || (p->items[shown[j]].family == it->family && strcmp(other->model.name, it->c.run->model.name) == 0);
            }
            if (!seen) worst = i;
        }
        if (worst < 0) return;
        shown[k] = worst;
        const item *it = &p->items[worst];
        fprintf(out, "| %s | %s | %s | %s | %+.0f %% |\n", it->c.run->id, p->accelerators.name[it->accelerator], p->stacks.name[it->stack],
                it->c.assumed_count ? it->c.assumed[0] : "nothing", left_out[worst]);
    }
}

/* Markdown: what the forecast errs on sources that its fit had not seen, beside the fit and the priors. */
static void write_report(const problem *p, const memory_problem *memory, const interval_run *runs, int count, const double *errors[3],
                         const char *path) {
    static const char *const titles[3] = {"priors alone", "fitted", "each source left out"};
    FILE *out = fopen(path, "w");
    family_score scores[NAMES];
    if (!out) exit(1);
    fprintf(out, "# Errors on sources that the fit had not seen\n\n"
                 "Written by `make fit`. Every source family is left out in turn and the parameters are fitted afresh from\n"
                 "the priors on the others; the family is then forecast. Errors are of the step's time; positive bias:\n"
                 "forecast too slow. Macro: mean over source families.\n\n"
                 "| | macro | median | bias | macro, nothing assumed | median, nothing assumed |\n|---|---|---|---|---|---|\n");
    for (int k = 0; k < 3; k++) write_summary(p, titles[k], errors[k], out);
    int families = collect(p, key_family, errors, scores);
    qsort(scores, (size_t)families, sizeof *scores, by_left_out);
    fprintf(out, "\n| source family | runs | priors | fitted | left out | bias left out |\n|---|---|---|---|---|---|\n");
    for (int f = 0; f < families; f++) {
        const family_score *s = &scores[f];
        fprintf(out, "| %s | %d | %.1f %% | %.1f %% | %.1f %% | %+.1f %% |\n", s->name, s->n, s->absolute[0] / s->n, s->absolute[1] / s->n,
                s->absolute[2] / s->n, s->sum[2] / s->n);
    }
    size_t stem = strlen(path) > 3 ? strlen(path) - 3 : strlen(path);
    char picture[512];
    snprintf(picture, sizeof picture, "%.*s.svg", (int)stem, path);
    const char *slash = strrchr(picture, '/');
    fprintf(out, "\n![Forecast over measured](%s)\n", slash ? slash + 1 : picture);
    write_picture(p, scores, families, errors[2], picture);
    write_groups(p, "By accelerator", "accelerator", key_accelerator, errors, out);
    write_groups(p, "By training software", "stack", key_stack, errors, out);
    write_groups(p, "By kind of model", "kind", key_model, errors, out);
    write_groups(p, "By scale", "devices", key_scale, errors, out);
    write_worst(p, errors[2], out);
    interval_report(runs, count, p->families.count, out);
    memory_fit_report(memory, out);
    if (fclose(out)) exit(1);
}

static void write_table(const problem *p, const double *prior, const double *fitted, const double *left_out_errors, const char *path) {
    FILE *out = fopen(path, "w");
    if (!out) exit(1);
    fprintf(out, "id\tfamily\tgroup\taccelerator\tstack\tmodel\tdevices\tmetric\tmeasured\tprior\tfitted\tleft_out\n");
    for (int i = 0; i < p->count; i++) {
        const tc_published_run *r = p->items[i].c.run;
        if (!p->items[i].supported) continue;
        fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\t%.6g\t%.2f\t%.2f\t%.2f\n", r->id, r->source_family, r->group, r->accelerator,
                p->stacks.name[p->items[i].stack], r->model.name, r->devices, tc_metric_name(r->metric), r->measured, prior[i], fitted[i],
                left_out_errors ? left_out_errors[i] : NAN);
    }
    fclose(out);
}

int main(int argc, char **argv) {
    problem p = {.set = {.noise = 0.1, .family_power = 0.5, .device_all = 0.1, .device_architecture = 0.1, .device_accelerator = 0.1,
                         .stack_all = 0.2, .stack_one = 0.4, .iterations = 12, .folds = 0}};
    const char *out = NULL, *table = NULL, *report = NULL, *hash = "";
    bool all_folds = false, memory_only = false;
    int first = 1;
    for (; first < argc && argv[first][0] == '-'; first++) {
        const char *option = argv[first], *value = first + 1 < argc ? argv[first + 1] : "";
        if (!strcmp(option, "--leave-out")) { all_folds = true; continue; }
        if (!strcmp(option, "--memory")) { memory_only = true; continue; }
        if (!strcmp(option, "--out")) out = value;
        else if (!strcmp(option, "--table")) table = value;
        else if (!strcmp(option, "--report")) report = value;
        else if (!strcmp(option, "--runs-hash")) hash = value;
        else if (!strcmp(option, "--folds")) p.set.folds = atoi(value);
        else if (!strcmp(option, "--iterations")) p.set.iterations = atoi(value);
        else if (!strcmp(option, "--noise")) p.set.noise = atof(value);
        else if (!strcmp(option, "--family-power")) p.set.family_power = atof(value);
        else if (!strcmp(option, "--device-all")) p.set.device_all = atof(value);
        else if (!strcmp(option, "--device-architecture")) p.set.device_architecture = atof(value);
        else if (!strcmp(option, "--device-accelerator")) p.set.device_accelerator = atof(value);
        else if (!strcmp(option, "--stack-all")) p.set.stack_all = atof(value);
        else if (!strcmp(option, "--stack-one")) p.set.stack_one = atof(value);
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
    static memory_problem memory;
    read_runs(&p, &memory, catalog, argc - first, argv + first, &arena);
    memory_fit_run(&memory, memory_only || p.set.folds > 1 || all_folds);
    if (memory_only) {
        memory_fit_report(&memory, stdout);
        if (table) memory_fit_table(&memory, table);
        goto done;
    }
    take_priors(&p, &memory);
    weigh(&p);
    p.unknowns = stack_base(&p) + (CLASSES + p.stacks.count) * STACK;
    double *x = calloc((size_t)p.unknowns, sizeof *x), *errors = malloc(3 * (size_t)p.count * sizeof *errors);
    if (!x || !errors) abort();
    double *prior = errors, *fitted = errors + p.count, *left = errors + 2 * (size_t)p.count;
    errors_of(&p, p.items, x, -1, prior);
    print_scores("priors", &p, prior);
    item *items = copy_items(&p);
    fit(&p, items, -1, x);
    errors_of(&p, items, x, -1, fitted);
    print_scores("fitted", &p, fitted);
    if (out) write_fitted(&p, &memory, catalog, x, out, hash);
    if (p.set.folds > 1) leave_out_folds(&p, p.set.folds, left);
    else if (all_folds) leave_out(&p, left);
    if (p.set.folds > 1 || all_folds) print_scores("left out", &p, left);
    if (p.set.folds > 1 || all_folds) {
        problem as_fitted = p; /* with the fitted parameters in the items */
        as_fitted.items = items;
        int count;
        interval_run *runs = interval_runs(&as_fitted, left, &count);
        if (out) write_intervals(&as_fitted, &memory, runs, count, out, hash);
        if (report) write_report(&as_fitted, &memory, runs, count, (const double *[3]){prior, fitted, left}, report);
        free(runs);
    }
    if (table) write_table(&p, prior, fitted, p.set.folds > 1 || all_folds ? left : NULL, table);
    free(items);
    free(x);
    free(errors);
done:
    free(p.items);
    memory_fit_free(&memory);
    tc_catalog_close(catalog);
    tc_arena_free(&arena);
    return 0;
}
