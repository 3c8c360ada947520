/* fit_write.c - writes the files of data/fitted: values of devices and stacks, their standard deviations, and intervals. */
#include "fit_write.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/catalog.h"
#include "catalog/parameters.h"

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
    const run_problem *p;
    const double *x, *covariance;
    kernel_fold kernels; /* which measurements the shifts start from */
} shifts;

#define NOTHING 1e-29 /* a prior of 0 stays there, whatever its shifts */

/* Parameter j, its prior moved by the shifts in `columns`. */
static fitted_value value_of(const shifts *f, int j, double prior, const int *columns, int n) {
    const tc_linked_parameter *parameter = &tc_linked_parameters[j];
    double variance = fit_variance(f->covariance, f->p->unknowns, columns, n), link_value = prior;
    for (int a = 0; a < n; a++) link_value += f->x[columns[a]];
    double value = fit_within(j, tc_from_link(parameter->link, link_value));
    if (value <= NOTHING) value = 0;
    fitted_value out = {.deviation = ""};
    snprintf(out.value, sizeof out.value, "%.6g", value);
    if (!memory_fit_owns(parameter->name))
        snprintf(out.deviation, sizeof out.deviation, "%.1g",
                 sqrt(variance) * value * (parameter->link == TC_LINK_FRACTION ? 1 - value : 1));
    return out;
}

/* " s" behind a number of seconds: texts carry their unit. */
static void write_line(FILE *out, const char *indent, int j, const char *value) {
    const tc_linked_parameter *p = &tc_linked_parameters[j];
    bool has_unit = p->dimension != TC_DIMENSION_NONE;
    fprintf(out, "%s%s: %s%s%s\n", indent, p->key, value, has_unit ? " " : "",
            has_unit ? tc_dimension_unit(p->dimension) : "");
}

/* Writes `name: value` lines of what differs from `general` (NULL: all), under a heading where there are any. */
static void write_values(FILE *out, const char *heading, const char *indent, const fitted_values *values,
                         const fitted_values *general, int first, int count) {
    bool begun = false;
    for (int j = 0; j < count; j++) {
        if (!tc_parameter_moves(first + j)) continue;
        if (general && strcmp(general->of[j].value, values->of[j].value) == 0) continue;
        if (!begun && heading) fprintf(out, "  %s:\n", heading);
        begun = true;
        if (fit_at_end(first + j, strtod(values->of[j].value, NULL)))
            fprintf(stderr, "traincast-fit: %s of %s: %s is the end of its range; what is missing in the model?\n",
                    tc_linked_parameters[first + j].key, heading ? heading : "generic", values->of[j].value);
        write_line(out, indent, first + j, values->of[j].value);
    }
}

static void write_deviations(FILE *out, const char *heading, const char *indent, const fitted_values *values, int first,
                             int count) {
    if (heading) fprintf(out, "    %s:\n", heading);
    for (int j = 0; j < count; j++)
        if (tc_parameter_moves(first + j) && values->of[j].deviation[0])
            write_line(out, indent, first + j, values->of[j].deviation);
}

static FILE *open_fitted(const run_problem *p, const fit_target *target, const char *file) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", target->folder, file);
    FILE *out = fopen(path, "w");
    if (!out) {
        fprintf(stderr, "traincast-fit: %s: cannot be written\n", path);
        exit(1);
    }
    int used = 0;
    for (int i = 0; i < p->count; i++) used += p->rows[i].supported;
    fprintf(out,
            "format: 1\nfitted_on: \"%d kernels and collectives in data/measurements, then %d published runs of %d "
            "source families in data/runs; by make fit\"\n"
            "runs_hash: \"%s\"\n",
            p->kernels->count, used, p->families.count, target->runs_hash);
    return out;
}

static fitted_values values_of_device(const shifts *f, const tc_accelerator *chip, bool own) {
    const run_problem *p = f->p;
    tc_accelerator a = *chip;
    fitted_values out;
    int architecture = fit_find(&p->architectures, a.architecture),
        accelerator = own ? fit_find(&p->accelerators, a.slug) : -1;
    if (!own) a.slug[0] = 0; /* any of its accelerators */
    kernel_fit_apply(p->kernels, f->kernels, &a);
    for (int j = 0; j < DEVICE; j++) {
        int columns[FIT_SHARED] = {run_device_all(j)}, n = 1;
        if (architecture >= 0) columns[n++] = run_device_architecture(architecture, j);
        if (accelerator >= 0) columns[n++] = run_device_accelerator(p, accelerator, j);
        out.of[j] = value_of(f, j, run_device_link(&a, j), columns, n);
    }
    return out;
}

/* Values, not shifts: what the catalog lays over the priors, by slug. Every architecture of the catalog is written,
 * also those without runs: they take the shift that all share. An accelerator's own follow in what differs. */
static void write_devices(const shifts *f, tc_catalog *catalog, FILE *out, FILE *deviations) {
    const run_problem *p = f->p;
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
        if (tc_node_get(priors, tc_linked_parameters[DEVICE + j].key)) room->of[j].value[0] = 0; /* equals no value */
    return room;
}

static void write_stacks(const shifts *f, const memory_problem *memory, tc_catalog *catalog, FILE *out,
                         FILE *deviations) {
    const run_problem *p = f->p;
    tc_stack stack;
    tc_error error;
    fitted_values generic, values, room;
    int order[FIT_NAMES];
    if (tc_catalog_stack(catalog, "generic", &stack, &error)) exit(2);
    memory_fit_apply(memory, &stack);
    for (int j = 0; j < STACK; j++)
        generic.of[j] = value_of(f, DEVICE + j, run_stack_link(&stack, j), (const int[]){run_stack_class(p, 0, j)}, 1);
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
            values.of[j] = value_of(f, DEVICE + j, run_stack_link(&stack, j),
                                    (const int[]){run_stack_class(p, p->class_of[s], j), run_stack_one(p, s, j)}, 2);
        write_values(out, name, "    ", &values, above_stack(catalog, name, &generic, &room), DEVICE, STACK);
        write_deviations(deviations, name, "      ", &values, DEVICE, STACK);
    }
}

void fit_write_values(const run_problem *p, const fit_fold *fold, kernel_fold kernels, const memory_problem *memory,
                      tc_catalog *catalog, const fit_target *target) {
    double *covariance = fit_covariance(fold);
    const shifts f = {p, fold->x, covariance, kernels};
    FILE *device = open_fitted(p, target, "device.yaml"), *stack = open_fitted(p, target, "stack.yaml"),
         *deviations = open_fitted(p, target, "deviations.yaml");
    fprintf(deviations,
            "# Standard deviations of the values in device.yaml and stack.yaml, those of a stack or chip also "
            "where its value is the one that all share.\n");
    write_devices(&f, catalog, device, deviations);
    write_stacks(&f, memory, catalog, stack, deviations);
    if (fclose(device) || fclose(stack) || fclose(deviations)) exit(1);
    free(covariance);
}

/* ---- intervals ---------------------------------------------------------------------- */

static int accelerator_of(const run_row *row) { return row->accelerator; }
static int architecture_of(const run_row *row) { return row->architecture; }
static int stack_of(const run_row *row) { return row->stack; }

/* Source families, without one, that have a run of a chip, an architecture or a stack. */
static int sources_of(const run_problem *p, int (*index)(const run_row *), int value, int without) {
    bool counted[FIT_NAMES] = {false};
    int sources = 0;
    for (int i = 0; i < p->count; i++) {
        const run_row *row = &p->rows[i];
        if (!row->supported || row->family == without || index(row) != value || counted[row->family]) continue;
        counted[row->family] = true;
        sources++;
    }
    return sources;
}

/* What a fit without a row's family knew of its chip and stack, and what makes its forecast difficult. */
static void describe(const run_problem *p, const run_row *row, interval_run *run) {
    tc_evidence seen = {.guesses = row->guesses};
    seen.chip = sources_of(p, accelerator_of, row->accelerator, row->family);
    seen.stack = sources_of(p, stack_of, row->stack, row->family);
    seen.architecture = sources_of(p, architecture_of, row->architecture, row->family);
    tc_case_result result;
    tc_error ignored;
    if (tc_case_predict(&row->c, &result, &ignored)) abort();
    tc_question question = tc_case_question(&row->c);
    tc_interval_features(&question, &result.step, seen, run->feature);
    run->chip_seen = seen.chip > 0;
}

static const char *number_of_guesses(tc_guesses g) {
    static const char *const names[] = {"nothing", "1", "2", "3", "4 and more"};
    int n = g.layout + g.others;
    return names[n < 4 ? n : 4];
}

interval_run *fit_interval_runs(const run_problem *p, const double *errors, int *count) {
    interval_run *runs = calloc((size_t)p->count + 1, sizeof *runs);
    if (!runs) abort();
    *count = 0;
    for (int i = 0; i < p->count; i++) {
        const run_row *row = &p->rows[i];
        if (!row->supported || isnan(errors[i])) continue;
        interval_run *run = &runs[(*count)++];
        *run = (interval_run){.ratio = -log(1 + errors[i] / 100),
                              .family = row->family,
                              .group = {p->accelerators.name[row->accelerator], p->stacks.name[row->stack],
                                        row->c.run->model.family[0] ? row->c.run->model.family : "not stated",
                                        number_of_guesses(row->guesses)}};
        describe(p, row, run);
    }
    interval_weigh(runs, *count);
    return runs;
}

static void write_counts(const run_problem *p, const char *title, const fit_names *n, int (*index)(const run_row *),
                         FILE *out) {
    int order[FIT_NAMES];
    fit_sort(n, order);
    fprintf(out, "%s:\n", title);
    for (int k = 0; k < n->count; k++) {
        int sources = sources_of(p, index, order[k], -1);
        if (sources && n->name[order[k]][0]) fprintf(out, "  %s: %d\n", n->name[order[k]], sources);
    }
}

void fit_write_intervals(const run_problem *p, const memory_problem *memory, const interval_run *runs, int count,
                         const fit_target *target) {
    interval_fit fit = interval_fit_runs(runs, count, -1);
    FILE *out = open_fitted(p, target, "intervals.yaml");
    fprintf(out, "# log(measured / forecast step time) on runs whose source the fit had not seen: [p10, p90] x "
                 "exp(intercept + coefficients x features).\n");
    write_counts(p, "accelerators", &p->accelerators, accelerator_of, out);
    write_counts(p, "architectures", &p->architectures, architecture_of, out);
    write_counts(p, "stacks", &p->stacks, stack_of, out);
    interval_write(&fit, out);
    memory_fit_intervals(memory, out);
    if (fclose(out)) exit(1);
}
