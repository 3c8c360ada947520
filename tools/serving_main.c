/* serving_main.c - fits the parameters of serving to published rows: `make fit-serving`. Rates of devices are those that training fitted, as
 * in every forecast.
 *
 * usage: traincast-fit-serving [options] ROWS.jsonl ... */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "serving_report.h"

typedef struct arguments {
    serving_settings set;
    const char *out, *hash, *table, *report, *errors;
    bool leave_out[SERVING_SCHEMES];
} arguments;

typedef enum option_kind { SWITCH, TEXT, NUMBER } option_kind;

static const struct option {
    const char *name;
    option_kind kind;
    size_t offset;
    const char *meaning;
} options[] = {
    {"--out", TEXT, offsetof(arguments, out), "FILE.yaml: writes the fitted values there"},
    {"--runs-hash", TEXT, offsetof(arguments, hash), "HASH: of what was fitted, for this file"},
    {"--table", TEXT, offsetof(arguments, table), "FILE.tsv: the errors figure by figure"},
    {"--errors", TEXT, offsetof(arguments, errors), "FILE.tsv: takes what an earlier --table has of what is left out"},
    {"--report", TEXT, offsetof(arguments, report), "FILE.md: with --leave-out, adds the errors for people"},
    {"--leave-out", SWITCH, offsetof(arguments, leave_out[SERVING_BY_FAMILY]), "fits without each source family, too"},
    {"--leave-out-models", SWITCH, offsetof(arguments, leave_out[SERVING_BY_MODEL]), "without each model"},
    {"--all", NUMBER, offsetof(arguments, set.all), "sigma of the shift that all share"},
    {"--owner", NUMBER, offsetof(arguments, set.owner), "of an architecture's or a generation's"},
    {"--pair", NUMBER, offsetof(arguments, set.pair), "of a generation on an architecture"},
    {"--family-power", NUMBER, offsetof(arguments, set.family_power), "a figure weighs n^-a of its family's n"},
    {"--alike", NUMBER, offsetof(arguments, set.alike), "of a series of n: n / (1 + (n - 1) a)"},
};
enum { OPTIONS = sizeof options / sizeof options[0] };

static int usage(void) {
    fprintf(stderr, "usage: traincast-fit-serving [options] ROWS.jsonl ...\n");
    for (int i = 0; i < OPTIONS; i++) fprintf(stderr, "  %-20s%s\n", options[i].name, options[i].meaning);
    return 2;
}

/* The index of the first file; 0: an option is wrong. */
static int parse(int argc, char **argv, arguments *a) {
    int i = 1;
    for (; i < argc && argv[i][0] == '-'; i++) {
        int k = 0;
        while (k < OPTIONS && strcmp(options[k].name, argv[i]) != 0) k++;
        if (k == OPTIONS || (options[k].kind != SWITCH && i + 1 == argc)) return 0;
        char *member = (char *)a + options[k].offset;
        if (options[k].kind == SWITCH)
            *(bool *)member = true;
        else if (options[k].kind == TEXT)
            *(const char **)member = argv[++i];
        else if (!((*(double *)member = strtod(argv[++i], NULL)) > 0))
            return 0;
    }
    return i < argc ? i : 0;
}

static void stop(const tc_error *error) {
    fprintf(stderr, "traincast-fit-serving: %s: %s\n", error->place, error->text);
    exit(2);
}

static double *room(const serving_problem *p) {
    double *values = malloc(((size_t)p->count + 1) * sizeof *values);
    if (!values) abort();
    for (int i = 0; i < p->count; i++) values[i] = NAN;
    return values;
}

/* Residuals over their noise to logarithms of forecast over measured time. */
static void scale(const serving_problem *p, double *residuals) {
    for (int i = 0; i < p->count; i++) residuals[i] = serving_log_error(residuals[i] * p->set.noise[p->rows[i].class]);
}

static void fit(serving_problem *p, const arguments *a) {
    static const char *const titles[SERVING_SCHEMES] = {"left out by source", "left out by model"};
    serving_errors errors = {.prior = room(p), .fitted = room(p)};
    fit_system system = serving_fit_system(p, SERVING_BY_FAMILY);
    fit_pattern *pattern = fit_find_pattern(&system);
    system.pattern = pattern;
    fit_fold all = fit_begin(&system, -1);
    fit_residuals(&all, errors.prior);
    scale(p, errors.prior);
    serving_print_scores(stdout, "priors", p, errors.prior);
    fit_minimise(&all);
    fit_residuals(&all, errors.fitted);
    scale(p, errors.fitted);
    serving_print_scores(stdout, "fitted", p, errors.fitted);
    fflush(stdout);
    for (int s = 0; s < SERVING_SCHEMES; s++) {
        if (!a->leave_out[s]) continue;
        fit_system folds = serving_fit_system(p, (serving_scheme)s);
        folds.pattern = pattern;
        errors.left_out[s] = room(p);
        if (a->errors && serving_read_table(p, (serving_scheme)s, a->errors, errors.left_out[s])) {
            serving_print_scores(stdout, titles[s], p, errors.left_out[s]);
            continue;
        }
        fit_leave_out(&folds, NULL, errors.left_out[s]);
        scale(p, errors.left_out[s]);
        serving_print_scores(stdout, titles[s], p, errors.left_out[s]);
        fflush(stdout);
    }
    if (a->out) serving_write(p, &all, &errors, a->hash, a->out);
    if (a->table) serving_table(p, &errors, a->table);
    if (a->report) serving_report(p, &errors, a->report);
    fit_end(&all);
    fit_free_pattern(pattern);
    free(errors.prior);
    free(errors.fitted);
    for (int s = 0; s < SERVING_SCHEMES; s++) free(errors.left_out[s]);
}

int main(int argc, char **argv) {
    arguments a
        = {.hash = "",
           .set = {.all = 0.25,
                   .owner = 0.3,
                   .pair = 0.15,
                   .family_power = 0.3,
                   /* As left-out errors of November 2026 had them: sigma from their median, 1.48 times it; of the
                            * variance of a series' errors half is common to it (analysis of variance over 143 series). */
                   .alike = 0.5,
                   .noise = {[TC_CLASS_TPOT] = 0.24,
                             [TC_CLASS_TTFT] = 0.43,
                             [TC_CLASS_ONLINE] = 0.31,
                             [TC_CLASS_OFFLINE] = 0.25,
                             [TC_CLASS_PREFILL] = 0.35,
                             [TC_CLASS_DECODE] = 0.24},
                   .iterations = 12}};
    int first = parse(argc, argv, &a);
    if (!first) return usage();
    static serving_problem problem;
    tc_published published = {0};
    tc_arena arena = {0};
    tc_catalog *catalog;
    tc_error error;
    problem.set = a.set;
    if (tc_catalog_open(NULL, 0, &catalog, &error)) stop(&error);
    tc_catalog_ignore_fitted_serving(catalog);
    for (int i = first; i < argc; i++)
        if (tc_published_read_file(&published, argv[i], &error)) stop(&error);
    for (int i = 0; i < published.served_count; i++)
        if (published.served[i].refused) {
            fprintf(stderr, "traincast-fit-serving: %s\n", published.served[i].refused);
            return 2;
        }
    if (serving_fit_read(&problem, catalog, &published, &arena, &error)) stop(&error);
    fit(&problem, &a);
    serving_fit_free(&problem);
    tc_published_free(&published);
    tc_catalog_close(catalog);
    tc_arena_free(&arena);
    return 0;
}
