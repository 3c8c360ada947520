/* fit_memory.c - the memory parameters of the training stacks, fitted to what published runs state of device memory.
 *
 * Five quantities of a stack: norm_extra, fragmentation, framework_bytes, peer_bytes, length_fragmentation. A value is
 * its prior, moved in its logarithm by a shift that all stacks share and one of its own (fit_solve.h).
 * fit.c takes the values from here: no time depends on them but through what fits. Runs of groups that state
 * which configurations ran out of memory count one-sidedly: a run that ran needs at most the device's memory, one that did not, more.
 */
#include "fit_memory.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fit_solve.h"
#include "forecast/fits.h"
#include "memory/memory.h"
#include "validate/inputs.h"
#include "validate/score.h"

enum { NORM_EXTRA, FRAGMENTATION, FRAMEWORK, PEER, LENGTHS, MEMORY_PARAMETERS };

static const struct {
    const char *name;
    size_t offset;
    double sigma_all, sigma_one; /* of the logarithm */
} parameters[MEMORY_PARAMETERS] = {{"norm_extra", offsetof(tc_stack_params, norm_extra), 0.2, 0.5},
                                   {"fragmentation", offsetof(tc_stack_params, fragmentation), 0.2, 0.4},
                                   {"framework_bytes", offsetof(tc_stack_params, framework_bytes), 0.2, 0.5},
                                   {"peer_bytes", offsetof(tc_stack_params, peer_bytes), 0.4, 0.3},
                                   {"length_fragmentation", offsetof(tc_stack_params, length_fragmentation), 0.4, 0.3}};

/* Typical residual, and the power of a family's size that its runs' weights fall with. */
static const double noise = 0.08, family_power = 0.5;
enum { ITERATIONS = 15 };

static double *parameter(tc_stack *stack, int j) { return (double *)((char *)&stack->params + parameters[j].offset); }

/* ---- the rows ------------------------------------------------------------------------- */

static bool has_out_of_memory(const tc_published_run *runs, int count, const char *group) {
    for (int i = 0; i < count; i++)
        if (runs[i].out_of_memory && strcmp(runs[i].group, group) == 0) return true;
    return false;
}

tc_code memory_fit_read(memory_problem *p, tc_catalog *catalog, const tc_conventions *conventions,
                        const tc_published *published, tc_arena *arena, tc_error *error) {
    const tc_published_run *runs = published->runs;
    int count = published->count;
    p->rows = calloc((size_t)count + 1, sizeof *p->rows);
    if (!p->rows) abort();
    for (int i = 0; i < count; i++) {
        const tc_published_run *run = &runs[i];
        bool stated = run->memory_gib > 0 && run->memory_unit_certain && !run->out_of_memory;
        bool judged = run->group && has_out_of_memory(runs, count, run->group);
        if (!stated && !judged) continue;
        memory_row *row = &p->rows[p->count];
        memset(row, 0, sizeof *row);
        tc_code code = tc_case_build(catalog, conventions, run, &row->c, error);
        if (code) return code;
        if (!tc_case_is_built(&row->c)) continue;
        row->stated = stated && tc_case_states_memory(&row->c);
        if (!row->stated && !judged) continue;
        row->judged = judged;
        row->family = fit_index(&p->families, run->source_family);
        row->stack = fit_index(&p->stacks, tc_arena_copy(arena, row->c.stack.slug, strlen(row->c.stack.slug)));
        for (int j = 0; j < MEMORY_PARAMETERS; j++) row->prior[j] = *parameter(&row->c.stack, j);
        row->kind = run->memory_kind;
        p->count++;
    }
    return TC_OK;
}

/* ---- one fit ---------------------------------------------------------------------------- */

static int unknowns(const memory_problem *p) { return MEMORY_PARAMETERS * (1 + p->stacks.count); }

static double sigma_of(const void *problem, int column) {
    (void)problem;
    int j = column % MEMORY_PARAMETERS;
    return column < MEMORY_PARAMETERS ? parameters[j].sigma_all : parameters[j].sigma_one;
}

static int column_of(const memory_row *row, int j) { return MEMORY_PARAMETERS * (1 + row->stack) + j; }

static void set_parameters(memory_row *row, const double *x, int bumped, double bump) {
    for (int j = 0; j < MEMORY_PARAMETERS; j++)
        *parameter(&row->c.stack, j) = row->prior[j] * exp(x[j] + x[column_of(row, j)] + (j == bumped ? bump : 0));
}

static memory_row *row_of(const fit_fold *f, int row) { return &((memory_row *)f->rows)[row]; }
static double weight_of(const fit_fold *f, int row) { return row_of(f, row)->weight; }
static int family_of(const fit_fold *f, int row) { return row_of(f, row)->family; }

/* log(forecast / stated); without a statement, how far the forecast is on the wrong side of the device's memory. NaN: impossible. */
static double residual(const fit_fold *f, int index, const double *x, int bumped, double bump) {
    memory_row *row = row_of(f, index);
    tc_case_result result;
    tc_error ignored;
    set_parameters(row, x, bumped, bump);
    if (tc_case_predict(&row->c, &result, &ignored)) return NAN;
    if (row->stated) return log(result.memory_gib / row->c.run->memory_gib);
    double over = log(tc_bytes_to_fit(&row->c.job, &result.step.memory) / result.step.memory.usable);
    return row->c.run->out_of_memory == (over > 0) ? 0 : over;
}

static int columns_of(const fit_fold *f, int row, int j, int columns[FIT_SHARED]) {
    columns[0] = j;
    columns[1] = column_of(row_of(f, row), j);
    return 2;
}

static void settle(const fit_fold *f, const double *x) {
    for (int i = 0; i < f->system->count; i++) {
        memory_row *row = row_of(f, i);
        set_parameters(row, x, -1, 0);
        row->c.assumed_count = 0;
        tc_case_settle(&row->c);
    }
}

/* What the layouts of a source that says what did not fit leave of the memory, by the fits without it. */
static void find_rooms(memory_problem *p, const double *x) {
    for (int i = 0; i < p->count; i++) {
        p->room[i] = NAN;
        if (!p->rows[i].judged) continue;
        memory_row row = p->rows[i];
        tc_case_result result;
        tc_error ignored;
        set_parameters(&row, x + (size_t)row.family * (size_t)unknowns(p), -1, 0);
        tc_case_settle(&row.c);
        if (tc_case_predict(&row.c, &result, &ignored) == TC_OK)
            p->room[i] = log(result.step.memory.usable / tc_bytes_to_fit(&row.c.job, &result.step.memory));
    }
}

static void weigh(memory_problem *p) {
    int n[FIT_NAMES] = {0};
    for (int i = 0; i < p->count; i++) n[p->rows[i].family]++;
    for (int i = 0; i < p->count; i++) p->rows[i].weight = pow(n[p->rows[i].family], -family_power);
}

void memory_fit_run(memory_problem *p, bool leave_out) {
    weigh(p);
    size_t n = (size_t)unknowns(p), rows_n = (size_t)p->count + 1;
    p->x = calloc(n, sizeof *p->x);
    for (int k = 0; k < 3; k++)
        if (!(p->residual[k] = calloc(rows_n, sizeof(double)))) abort();
    if (!p->x) abort();
    fit_system system = {.problem = p,
                         .rows = p->rows,
                         .row_size = sizeof *p->rows,
                         .count = p->count,
                         .groups = p->families.count,
                         .parameters = MEMORY_PARAMETERS,
                         .unknowns = unknowns(p),
                         .iterations = ITERATIONS,
                         .noise = noise,
                         .sigma = sigma_of,
                         .weight = weight_of,
                         .group = family_of,
                         .residual = residual,
                         .columns = columns_of,
                         .settle = settle};
    fit_fold all = fit_begin(&system, -1);
    settle(&all, all.x);
    fit_residuals(&all, p->residual[0]);
    fit_minimise(&all);
    fit_residuals(&all, p->residual[1]);
    memcpy(p->x, all.x, n * sizeof *p->x);
    fit_end(&all);
    if (!leave_out) return;
    double *folds = calloc((size_t)p->families.count * n, sizeof *folds);
    p->room = calloc(rows_n, sizeof *p->room);
    if (!folds || !p->room) abort();
    fit_leave_out(&system, folds, p->residual[2]);
    find_rooms(p, folds);
    free(folds);
}

bool memory_fit_owns(const char *name) {
    for (int j = 0; j < MEMORY_PARAMETERS; j++)
        if (strcmp(parameters[j].name, name) == 0) return true;
    return false;
}

void memory_fit_apply(const memory_problem *p, tc_stack *stack) {
    int s = fit_find(&p->stacks, stack->slug);
    for (int j = 0; j < MEMORY_PARAMETERS; j++)
        *parameter(stack, j) *= exp(p->x[j] + (s >= 0 ? p->x[MEMORY_PARAMETERS * (1 + s) + j] : 0));
}

/* ---- report ------------------------------------------------------------------------------- */

static double mean_error(const memory_problem *p, int which, int family, int *n) {
    double sum = 0;
    *n = 0;
    for (int i = 0; i < p->count; i++) {
        if (!p->rows[i].stated || (family >= 0 && p->rows[i].family != family) || isnan(p->residual[which][i]))
            continue;
        sum += fabs(100 * (exp(p->residual[which][i]) - 1));
        ++*n;
    }
    return *n ? sum / *n : 0;
}

void memory_fit_report(const memory_problem *p, FILE *out) {
    int n;
    double prior = mean_error(p, 0, -1, &n), fitted = mean_error(p, 1, -1, &n), left = mean_error(p, 2, -1, &n);
    fprintf(out,
            "\n## Memory\n\nMean error of the forecast of device memory, on %d runs that state it and what it rests on "
            "(micro-batch and its tokens, layout,\n"
            "recompute, sharding); the memory parameters of the stacks are fitted apart from the others, in the same "
            "way.\n\n| source family | runs | priors | fitted | left out "
            "|\n|---|---|---|---|---|\n"
            "| all | %d | %.1f %% | %.1f %% | %.1f %% |\n",
            n, n, prior, fitted, left);
    for (int f = 0; f < p->families.count; f++) {
        prior = mean_error(p, 0, f, &n);
        if (n)
            fprintf(out, "| %s | %d | %.1f %% | %.1f %% | %.1f %% |\n", p->families.name[f], n, prior,
                    mean_error(p, 1, f, &n), mean_error(p, 2, f, &n));
    }
}

void memory_fit_table(const memory_problem *p, const char *path) {
    FILE *out = fopen(path, "w");
    if (!out) exit(1);
    fprintf(out, "id\tfamily\tstack\tstated\tpriors\tfitted\tleft_out\n");
    for (int i = 0; i < p->count; i++) {
        const memory_row *row = &p->rows[i];
        if (!row->stated) continue;
        fprintf(out, "%s\t%s\t%s\t%.4g", row->c.run->id, p->families.name[row->family], p->stacks.name[row->stack],
                row->c.run->memory_gib);
        for (int k = 0; k < 3; k++) fprintf(out, "\t%.2f", 100 * (exp(p->residual[k][i]) - 1));
        fprintf(out, "\n");
    }
    if (fclose(out)) exit(1);
}

/* ---- intervals ---------------------------------------------------------------------------- */

/* Whether another family than the row's states memory of its stack. */
static bool stack_elsewhere(const memory_problem *p, const memory_row *row) {
    for (int i = 0; i < p->count; i++)
        if (p->rows[i].stated && p->rows[i].stack == row->stack && p->rows[i].family != row->family) return true;
    return false;
}

static bool is_allocated(const memory_row *row) { return row->kind == TC_MEMORY_ALLOCATED; }

/* Quantiles of measured over forecast memory with the source left out. */
typedef struct memory_quantiles {
    int runs;
    double p10, p50, p90;
} memory_quantiles;

/* By evidence: [1] runs of the stack elsewhere, [0] none; less evidence is never a narrower interval. */
static void find_quantiles(const memory_problem *p, bool allocated, memory_quantiles out[2]) {
    double *ratios = malloc(((size_t)p->count + 1) * sizeof *ratios), low = 1, high = 1;
    if (!ratios) abort();
    for (int known = 1; known >= 0; known--) {
        int n = 0;
        for (int i = 0; i < p->count; i++) {
            const memory_row *row = &p->rows[i];
            if (!row->stated || isnan(p->residual[2][i]) || is_allocated(row) != allocated) continue;
            if (stack_elsewhere(p, row) == (known == 1)) ratios[n++] = exp(-p->residual[2][i]);
        }
        out[known] = (memory_quantiles){.runs = n};
        if (n == 0) continue;
        qsort(ratios, (size_t)n, sizeof *ratios, tc_by_value);
        low = fmin(low, tc_quantile(ratios, n, 0.1));
        high = fmax(high, tc_quantile(ratios, n, 0.9));
        out[known] = (memory_quantiles){n, low, tc_quantile(ratios, n, 0.5), high};
    }
    free(ratios);
}

void memory_fit_intervals(const memory_problem *p, FILE *out) {
    fprintf(out,
            "# The same of memory: reserved by allocator or device, or allocated by live tensors.\nmemory_stacks:\n");
    int order[FIT_NAMES];
    fit_sort(&p->stacks, order);
    for (int k = 0; k < p->stacks.count; k++) {
        int runs = 0;
        for (int i = 0; i < p->count; i++) runs += p->rows[i].stated && p->rows[i].stack == order[k];
        if (runs) fprintf(out, "  %s: %d\n", p->stacks.name[order[k]], runs);
    }
    fprintf(out, "memory_intervals:\n");
    for (int allocated = 0; allocated < 2; allocated++) {
        memory_quantiles q[2];
        find_quantiles(p, allocated == 1, q);
        for (int known = 1; known >= 0; known--)
            if (q[known].runs > 0)
                fprintf(out, "  - {memory: %s, evidence: %s, runs: %d, p10: %.4f, p50: %.4f, p90: %.4f}\n",
                        allocated ? "allocated" : "reserved", known ? "stack" : "none", q[known].runs, q[known].p10,
                        q[known].p50, q[known].p90);
    }
}

/* ---- how likely a layout fits ---------------------------------------------------------------- */

/* By the fits without the row's family, and the quantiles of the others' errors. */
static double fits_probability(const memory_problem *p, const memory_quantiles q[2], int i) {
    const memory_quantiles *own = &q[stack_elsewhere(p, &p->rows[i])];
    tc_interval_model model = {.scaled = false};
    for (int known = 0; known < 2; known++)
        model.memory_p10[known] = own->p10, model.memory_p50[known] = own->p50, model.memory_p90[known] = own->p90;
    tc_question question = tc_case_question(&p->rows[i].c);
    question.interval = &model;
    return tc_fits_probability(&question, tc_usable_bytes(&question.cluster.accelerator) * exp(-p->room[i]));
}

void memory_fit_calibration(const memory_problem *p, FILE *out) {
    static const double edges[] = {0, 0.02, 0.2, 0.5, 0.8, 0.95, 1};
    enum { BINS = sizeof edges / sizeof *edges - 1 };
    int layouts[BINS] = {0}, ran[BINS] = {0}, all[2] = {0}, right[2] = {0};
    double sum[BINS] = {0};
    memory_quantiles q[2];
    find_quantiles(p, false, q);
    for (int i = 0; i < p->count; i++) {
        if (!p->rows[i].judged || isnan(p->room[i])) continue;
        double probability = fits_probability(p, q, i);
        int bin = 0, did = !p->rows[i].c.run->out_of_memory;
        while (bin < BINS - 1 && probability >= edges[bin + 1]) bin++;
        layouts[bin]++, ran[bin] += did, sum[bin] += probability;
        all[did]++, right[did] += (probability >= 0.5) == did;
    }
    if (all[0] + all[1] == 0) return;
    fprintf(out,
            "\nHow likely a layout fits, on the %d runs of sources that say which ones ended for want of memory, each "
            "by "
            "the fit without its\nsource: told right %.1f %% (%.1f %% of those that ran, %.1f %% of those that did "
            "not).\n\n| called | layouts | mean of the probabilities | ran |\n|---|---|---|---|\n",
            all[0] + all[1], 100.0 * (right[0] + right[1]) / (all[0] + all[1]), 100.0 * right[1] / all[1],
            100.0 * right[0] / all[0]);
    for (int b = 0; b < BINS; b++)
        if (layouts[b] > 0)
            fprintf(out, "| %.0f to %.0f %% | %d | %.0f %% | %.0f %% |\n", 100 * edges[b], 100 * edges[b + 1],
                    layouts[b], 100 * sum[b] / layouts[b], 100.0 * ran[b] / layouts[b]);
}

void memory_fit_free(memory_problem *p) {
    free(p->rows);
    free(p->x);
    for (int k = 0; k < 3; k++) free(p->residual[k]);
    free(p->room);
}
