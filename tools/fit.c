/* fit.c - fits the physical parameters to published runs: `make fit`.
 *
 * usage: traincast-fit [options] RUNS.jsonl ... [--measurements FILE.jsonl ...]
 *
 * Three stages, each a fit by the same solver (fit_solve.c): devices to measured kernels (fit_kernels.c), memory of stacks
 * (fit_memory.c), devices and stacks to runs (fit_runs.c). --memory prints the errors of the memory stage, left out too, and ends there
 * (seconds).
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fit_report.h"
#include "fit_write.h"

typedef struct arguments {
    run_settings set;
    fit_target target;
    const char *report, *table, *errors, *predictions, *kernel_table, *folds;
    bool leave_out[FIT_SCHEMES], memory;
    char **runs, **measurements;
    int run_files, measurement_files;
} arguments;

typedef enum option_kind { SWITCH, TEXT, COUNT, NUMBER } option_kind;

static const struct option {
    const char *name;
    option_kind kind;
    size_t offset;
    const char *meaning;
} options[] = {
    {"--out", TEXT, offsetof(arguments, target.folder), "DIR: writes the fitted values there"},
    {"--runs-hash", TEXT, offsetof(arguments, target.runs_hash), "HASH: of what was fitted, for these files"},
    {"--report", TEXT, offsetof(arguments, report), "FILE.md: with --leave-out, the errors for people"},
    {"--table", TEXT, offsetof(arguments, table), "FILE.tsv: the errors run by run"},
    {"--errors", TEXT, offsetof(arguments, errors),
     "FILE.tsv: takes what an earlier --table has of what is left out, and fits the rest"},
    {"--predictions", TEXT, offsetof(arguments, predictions),
     "FILE.jsonl: with --leave-out, the forecasts of sources that the fit has not seen, as validate --against reads"},
    {"--kernel-table", TEXT, offsetof(arguments, kernel_table), "FILE.tsv: the same of measurements"},
    {"--leave-out", SWITCH, offsetof(arguments, leave_out[FIT_BY_FAMILY]), "fits without each source family, too"},
    {"--leave-out-cells", SWITCH, offsetof(arguments, leave_out[FIT_BY_CELL]),
     "without each source, model and accelerator"},
    {"--leave-out-chips", SWITCH, offsetof(arguments, leave_out[FIT_BY_CHIP]), "without each accelerator"},
    {"--folds", TEXT, offsetof(arguments, folds),
     "DIR: with --leave-out or --leave-out-chips, writes the values of each fit without a group to DIR/GROUP/fitted, "
     "and ends there: what bench/bench_calibration.c takes"},
    {"--memory", SWITCH, offsetof(arguments, memory), "the memory stage alone"},
    {"--iterations", COUNT, offsetof(arguments, set.iterations), "N: at most"},
    {"--noise", NUMBER, offsetof(arguments, set.noise), "s: the typical residual"},
    {"--family-power", NUMBER, offsetof(arguments, set.family_power),
     "a run weighs n^-a of its family's n runs on its accelerator"},
    {"--device-all", NUMBER, offsetof(arguments, set.device_all), "sigma of the shift of all devices"},
    {"--device-architecture", NUMBER, offsetof(arguments, set.device_architecture), "of an architecture"},
    {"--device-accelerator", NUMBER, offsetof(arguments, set.device_accelerator), "of an accelerator"},
    {"--device-open", NUMBER, offsetof(arguments, set.device_open), "of both, where nothing was measured"},
    {"--stack-all", NUMBER, offsetof(arguments, set.stack_all), "of a class of stacks"},
    {"--stack-one", NUMBER, offsetof(arguments, set.stack_one), "of a stack"},
};
enum { OPTIONS = sizeof options / sizeof options[0] };

static int usage(void) {
    fprintf(stderr, "usage: traincast-fit [options] RUNS.jsonl ... [--measurements FILE.jsonl ...]\n");
    for (int i = 0; i < OPTIONS; i++) fprintf(stderr, "  %-24s%s\n", options[i].name, options[i].meaning);
    return 2;
}

/* Sets an option's member; false where the value is no number above zero. */
static bool set_option(arguments *a, const struct option *option, const char *value) {
    char *member = (char *)a + option->offset, *end = NULL;
    double number = option->kind < COUNT ? 1 : strtod(value, &end);
    if (option->kind >= COUNT && (end == value || *end || !(number > 0 && number < 1e6))) return false;
    switch (option->kind) {
    case SWITCH: *(bool *)member = true; break;
    case TEXT: *(const char **)member = value; break;
    case COUNT: *(int *)member = (int)number; break;
    case NUMBER: *(double *)member = number; break;
    }
    return true;
}

static bool parse(int argc, char **argv, arguments *a) {
    int i = 1;
    for (; i < argc && argv[i][0] == '-' && strcmp(argv[i], "--measurements") != 0; i++) {
        int k = 0;
        while (k < OPTIONS && strcmp(options[k].name, argv[i]) != 0) k++;
        bool takes = k < OPTIONS && options[k].kind != SWITCH;
        if (k == OPTIONS || (takes && i + 1 == argc) || !set_option(a, &options[k], argv[i + takes])) {
            fprintf(stderr, "traincast-fit: %s: %s\n", argv[i], k == OPTIONS ? "unknown option" : "needs a value");
            return false;
        }
        i += takes;
    }
    a->runs = argv + i;
    while (i + a->run_files < argc && strcmp(argv[i + a->run_files], "--measurements") != 0) a->run_files++;
    i += a->run_files + 1;
    a->measurements = argv + i;
    a->measurement_files = i < argc ? argc - i : 0;
    return a->run_files > 0;
}

static void stop(const tc_error *error) {
    fprintf(stderr, "traincast-fit: %s: %s\n", error->place, error->text);
    exit(2);
}

/* Reads runs; one that is wrong ends the fit. */
static void read_runs(tc_published *published, const arguments *a) {
    tc_error error;
    for (int f = 0; f < a->run_files; f++)
        if (tc_published_read_file(published, a->runs[f], &error)) stop(&error);
    for (int i = 0; i < published->count; i++)
        if (published->runs[i].refused) {
            fprintf(stderr, "traincast-fit: %s\n", published->runs[i].refused);
            exit(2);
        }
}

static void fit_kernels(kernel_problem *kernels, tc_catalog *catalog, const arguments *a, tc_arena *arena) {
    tc_error error;
    for (int f = 0; f < a->measurement_files; f++)
        if (kernel_fit_read(kernels, catalog, a->measurements[f], arena, &error)) stop(&error);
    kernel_fit_run(kernels);
    if (!a->kernel_table) return;
    FILE *out = fopen(a->kernel_table, "w");
    if (!out) exit(1);
    kernel_fit_table(kernels, out);
    if (fclose(out)) exit(1);
}

/* Fits without each group of a scheme; or what an earlier table says of it. */
static double *leave_out(const run_problem *p, run_scheme scheme, const fit_pattern *pattern, const char *earlier) {
    static const char *const titles[FIT_SCHEMES] = {"sources", "cells", "chips"};
    double *errors = malloc(((size_t)p->count + 1) * sizeof *errors);
    if (!errors) abort();
    fit_system system = run_fit_system(p, scheme);
    system.pattern = pattern;
    if (!earlier || !fit_read_table(p, scheme, earlier, errors)) {
        fit_leave_out(&system, NULL, errors);
        run_fit_percent(p, errors);
    }
    fit_print_scores(titles[scheme], p, errors);
    return errors;
}

enum { FOLD_LEAST = 6 }; /* runs of a group that is worth a folder */

/* The values of a fit without each group, as data files. */
static void write_folds(const run_problem *p, run_scheme scheme, const fit_pattern *pattern,
                        const memory_problem *memory, tc_catalog *catalog, const arguments *a) {
    fit_system system = run_fit_system(p, scheme);
    system.pattern = pattern;
#pragma omp parallel for schedule(dynamic, 1)
    for (int g = 0; g < system.groups; g++) {
        const fit_names *names = scheme == FIT_BY_FAMILY ? &p->families : &p->accelerators;
        char folder[512];
        int runs = 0;
        for (int i = 0; i < p->count; i++)
            runs += p->rows[i].supported && (scheme == FIT_BY_FAMILY ? p->rows[i].family : p->rows[i].accelerator) == g;
        if (runs < FOLD_LEAST) continue;
        fit_fold fold = fit_begin(&system, g);
        system.begin(&fold);
        fit_minimise(&fold);
        snprintf(folder, sizeof folder, "%.200s/%.100s", a->folds, names->name[g]);
        (void)mkdir(folder, 0777);
        snprintf(folder, sizeof folder, "%.200s/%.100s/fitted", a->folds, names->name[g]);
        (void)mkdir(folder, 0777);
        fit_target target = {.folder = folder, .runs_hash = a->target.runs_hash};
#pragma omp critical(catalog)
        fit_write_values(p, &fold, run_fit_kernels(p, scheme, g), memory, catalog, &target);
        fit_end(&fold);
    }
}

/* With the rows as the fit on all left them, their layouts settled. */
static void judge(const run_problem *p, const fit_fold *all, const memory_problem *memory, const arguments *a,
                  const fit_errors *errors) {
    run_problem as_fitted = *p;
    as_fitted.rows = all->rows;
    int count;
    interval_run *runs = fit_interval_runs(&as_fitted, errors->left_out[FIT_BY_FAMILY], &count);
    if (a->target.folder) fit_write_intervals(&as_fitted, memory, runs, count, &a->target);
    if (a->predictions) fit_predictions(&as_fitted, errors, a->target.runs_hash, a->predictions);
    if (a->report) fit_report(&as_fitted, memory, runs, count, errors, a->report);
    free(runs);
}

static void fit_runs(run_problem *p, const memory_problem *memory, tc_catalog *catalog, const arguments *a) {
    size_t n = (size_t)p->count + 1;
    fit_errors errors = {.prior = malloc(n * sizeof(double)), .fitted = malloc(n * sizeof(double))};
    if (!errors.prior || !errors.fitted) abort();
    fit_system system = run_fit_system(p, FIT_BY_FAMILY);
    fit_pattern *pattern = fit_find_pattern(&system);
    system.pattern = pattern;
    fit_fold all = fit_begin(&system, -1);
    fit_residuals(&all, errors.prior);
    run_fit_percent(p, errors.prior);
    fit_print_scores("priors", p, errors.prior);
    fit_minimise(&all);
    system.settle(&all, all.x); /* what a reader of the values finds */
    fit_residuals(&all, errors.fitted);
    run_fit_percent(p, errors.fitted);
    fit_print_scores("fitted", p, errors.fitted);
    if (a->folds) {
        (void)mkdir(a->folds, 0777);
        for (int s = 0; s < FIT_SCHEMES; s++)
            if (a->leave_out[s] && s != FIT_BY_CELL) write_folds(p, (run_scheme)s, pattern, memory, catalog, a);
    }
    if (a->target.folder) fit_write_values(p, &all, (kernel_fold){-1, -1}, memory, catalog, &a->target);
    for (int s = 0; s < FIT_SCHEMES; s++)
        if (a->leave_out[s] && !a->folds) errors.left_out[s] = leave_out(p, (run_scheme)s, pattern, a->errors);
    if (errors.left_out[FIT_BY_FAMILY]) judge(p, &all, memory, a, &errors);
    if (a->table) fit_table(p, &errors, a->table);
    fit_end(&all);
    fit_free_pattern(pattern);
    free(errors.prior);
    free(errors.fitted);
    for (int s = 0; s < FIT_SCHEMES; s++) free(errors.left_out[s]);
}

int main(int argc, char **argv) {
    arguments a = {.set = {.noise = 0.1,
                           .family_power = 0.4,
                           .device_all = 0.06,
                           .device_architecture = 0.06,
                           .device_accelerator = 0.06,
                           .device_open = 0.15,
                           .stack_all = 0.15,
                           .stack_one = 0.4,
                           .iterations = 12},
                   .target.runs_hash = ""};
    if (!parse(argc, argv, &a)) return usage();
    static kernel_problem kernels;
    static memory_problem memory;
    static run_problem runs;
    static tc_conventions conventions;
    tc_arena arena = {0};
    tc_published published = {0};
    tc_error error;
    tc_catalog *catalog;
    if (tc_catalog_open(NULL, 0, &catalog, &error)) stop(&error);
    tc_catalog_ignore_fitted(catalog);
    if (tc_conventions_read(catalog, &conventions, &error)) stop(&error);
    fit_kernels(&kernels, catalog, &a, &arena);
    read_runs(&published, &a);
    if (memory_fit_read(&memory, catalog, &conventions, &published, &arena, &error)) stop(&error);
    memory_fit_run(&memory, a.memory || a.leave_out[FIT_BY_FAMILY]);
    if (a.memory) {
        memory_fit_report(&memory, stdout);
        memory_fit_calibration(&memory, stdout);
        memory_fit_intervals(&memory, stdout);
        if (a.table) memory_fit_table(&memory, a.table);
    } else {
        runs.set = a.set;
        runs.kernels = &kernels;
        if (run_fit_read(&runs, catalog, &conventions, &published, &arena, &error)
            || run_fit_prepare(&runs, &memory, catalog, &error))
            stop(&error);
        fit_runs(&runs, &memory, catalog, &a);
    }
    run_fit_free(&runs);
    memory_fit_free(&memory);
    kernel_fit_free(&kernels);
    tc_published_free(&published);
    tc_catalog_close(catalog);
    tc_arena_free(&arena);
    return 0;
}
