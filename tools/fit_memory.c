/* fit_memory.c - the memory parameters of the training stacks, fitted to what published runs state of device memory.
 *
 * Three quantities of a stack: norm_extra, fragmentation, framework_bytes. A value is
 * its prior, moved in its logarithm by a shift that all stacks share and one of its own. The shifts minimise
 *   sum_i w_i rho(log(forecast_i / measured_i) / s)^2 + sum_j (shift_j / sigma_j)^2
 * as in fit.c, which takes the values from here: no time depends on them but through what fits. Runs of groups that state
 * which configurations ran out of memory count one-sidedly: a run that ran needs at most the device's memory, one that did not, more.
 */
#include "fit_memory.h"

#include <lapacke.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "step/interval.h"
#include "validate/score.h"

enum { NORM_EXTRA, FRAGMENTATION, FRAMEWORK, MEMORY_PARAMETERS };

static const struct {
    const char *name;
    size_t offset;
    double sigma_all, sigma_one; /* of the logarithm */
} parameters[MEMORY_PARAMETERS] = {{"norm_extra", offsetof(tc_stack_params, norm_extra), 0.2, 0.5},
                                   {"fragmentation", offsetof(tc_stack_params, fragmentation), 0.2, 0.4},
                                   {"framework_bytes", offsetof(tc_stack_params, framework_bytes), 0.2, 0.5}};

/* Typical residual, and the power of a family's size that its runs' weights fall with. */
static const double noise = 0.08, family_power = 0.5;
enum { ITERATIONS = 15 };

static double *parameter(tc_stack *stack, int j) { return (double *)((char *)&stack->params + parameters[j].offset); }

/* ---- the rows ------------------------------------------------------------------------- */

static int index_of(const char **names, int *count, const char *name) {
    for (int i = 0; i < *count; i++)
        if (strcmp(names[i], name) == 0) return i;
    if (*count == MEMORY_NAMES) abort();
    names[*count] = name;
    return (*count)++;
}

static bool has_out_of_memory(const tc_published_run *runs, int count, const char *group) {
    for (int i = 0; i < count; i++)
        if (runs[i].out_of_memory && strcmp(runs[i].group, group) == 0) return true;
    return false;
}

void memory_fit_read(memory_problem *p, tc_catalog *catalog, const tc_published_run *runs, int count, tc_arena *arena) {
    p->rows = realloc(p->rows, ((size_t)p->count + (size_t)count + 1) * sizeof *p->rows);
    if (!p->rows) abort();
    for (int i = 0; i < count; i++) {
        const tc_published_run *run = &runs[i];
        bool stated = run->memory_gib > 0 && run->memory_unit_certain && !run->out_of_memory;
        if (!stated && !(run->group && has_out_of_memory(runs, count, run->group))) continue;
        memory_row *row = &p->rows[p->count];
        memset(row, 0, sizeof *row);
        tc_error error;
        if (tc_case_build(catalog, run, &row->c, &error)) exit(2);
        if (!tc_case_is_built(&row->c)) continue;
        row->stated = stated;
        row->family = index_of(p->families, &p->family_count, run->source_family);
        row->stack = index_of(p->stacks, &p->stack_count, tc_arena_copy(arena, row->c.stack.slug, strlen(row->c.stack.slug)));
        for (int j = 0; j < MEMORY_PARAMETERS; j++) row->prior[j] = *parameter(&row->c.stack, j);
        row->kind = run->memory_kind;
        p->count++;
    }
}

/* ---- one fit ---------------------------------------------------------------------------- */

static int unknowns(const memory_problem *p) { return MEMORY_PARAMETERS * (1 + p->stack_count); }

static double sigma_of(int column) {
    int j = column % MEMORY_PARAMETERS;
    return column < MEMORY_PARAMETERS ? parameters[j].sigma_all : parameters[j].sigma_one;
}

static int column_of(const memory_row *row, int j) { return MEMORY_PARAMETERS * (1 + row->stack) + j; }

static void set_parameters(memory_row *row, const double *x, int bumped, double bump) {
    for (int j = 0; j < MEMORY_PARAMETERS; j++)
        *parameter(&row->c.stack, j) = row->prior[j] * exp(x[j] + x[column_of(row, j)] + (j == bumped ? bump : 0));
}

/* log(forecast / stated); without a statement, how far the forecast is on the wrong side of the device's memory. NaN: impossible. */
static double residual(const memory_row *row) {
    tc_case_result result;
    tc_error ignored;
    if (tc_case_predict(&row->c, &result, &ignored)) return NAN;
    if (row->stated) return log(result.memory_gib / row->c.run->memory_gib);
    double over = log(result.step.memory.reserved / result.step.memory.capacity);
    return row->c.run->out_of_memory == (over > 0) ? 0 : over;
}

static double objective(const memory_problem *p, memory_row *rows, const double *x, int left_out) {
    double sum = 0;
    for (int i = 0; i < p->count; i++) {
        memory_row *row = &rows[i];
        if (row->family == left_out) continue;
        set_parameters(row, x, -1, 0);
        double z = residual(row) / noise;
        if (!isnan(z)) sum += row->weight * 2 * (sqrt(1 + z * z) - 1);
    }
    for (int j = 0; j < unknowns(p); j++) sum += x[j] / sigma_of(j) * x[j] / sigma_of(j);
    return sum;
}

static void settle(const memory_problem *p, memory_row *rows, const double *x) {
    for (int i = 0; i < p->count; i++) {
        set_parameters(&rows[i], x, -1, 0);
        rows[i].c.assumed_count = 0;
        tc_case_settle(&rows[i].c);
    }
}

static void accumulate(const memory_problem *p, memory_row *rows, const double *x, int left_out, double *normal, double *gradient) {
    const double bump = 0.02;
    int n = unknowns(p);
    for (int i = 0; i < p->count; i++) {
        memory_row *row = &rows[i];
        if (row->family == left_out) continue;
        set_parameters(row, x, -1, 0);
        double r = residual(row), slope[2 * MEMORY_PARAMETERS];
        int column[2 * MEMORY_PARAMETERS];
        if (isnan(r) || r == 0) continue;
        for (int j = 0; j < MEMORY_PARAMETERS; j++) {
            set_parameters(row, x, j, bump);
            double s = (residual(row) - r) / bump / noise;
            slope[2 * j] = slope[2 * j + 1] = isnan(s) ? 0 : s;
            column[2 * j] = j;
            column[2 * j + 1] = column_of(row, j);
        }
        double z = r / noise, w = row->weight / sqrt(1 + z * z);
        for (int a = 0; a < 2 * MEMORY_PARAMETERS; a++) {
            gradient[column[a]] += w * slope[a] * z;
            for (int b = 0; b < 2 * MEMORY_PARAMETERS; b++)
                if (column[b] >= column[a]) normal[column[a] * n + column[b]] += w * slope[a] * slope[b];
        }
    }
    for (int j = 0; j < n; j++) {
        normal[j * n + j] += 1 / (sigma_of(j) * sigma_of(j));
        gradient[j] += x[j] / (sigma_of(j) * sigma_of(j));
    }
}

/* Minimises from x = 0; rows is scratch. Damped Gauss-Newton steps, halved until they improve. */
static void minimise(const memory_problem *p, memory_row *rows, int left_out, double *x) {
    int n = unknowns(p);
    double *normal = malloc((size_t)n * (size_t)n * sizeof *normal), *step = malloc((size_t)n * sizeof *step), *trial = malloc((size_t)n * sizeof *trial);
    if (!normal || !step || !trial) abort();
    memset(x, 0, (size_t)n * sizeof *x);
    for (int iteration = 0; iteration < ITERATIONS; iteration++) {
        settle(p, rows, x);
        double before = objective(p, rows, x, left_out), after = before, scale = 1;
        memset(normal, 0, (size_t)n * (size_t)n * sizeof *normal);
        memset(step, 0, (size_t)n * sizeof *step);
        accumulate(p, rows, x, left_out, normal, step);
        if (LAPACKE_dposv(LAPACK_ROW_MAJOR, 'U', n, 1, normal, n, step, 1)) break;
        for (int half = 0; half < 6; half++, scale /= 2) {
            for (int j = 0; j < n; j++) trial[j] = x[j] - scale * step[j];
            after = objective(p, rows, trial, left_out);
            if (after < before) break;
        }
        if (!(after < before)) break;
        memcpy(x, trial, (size_t)n * sizeof *x);
        if (before - after < 1e-4 * before) break;
    }
    settle(p, rows, x);
    free(normal);
    free(step);
    free(trial);
}

static memory_row *copy_rows(const memory_problem *p) {
    memory_row *copy = malloc(((size_t)p->count + 1) * sizeof *copy);
    if (!copy) abort();
    memcpy(copy, p->rows, (size_t)p->count * sizeof *copy);
    return copy;
}

static void weigh(memory_problem *p) {
    int n[MEMORY_NAMES] = {0};
    for (int i = 0; i < p->count; i++) n[p->rows[i].family]++;
    for (int i = 0; i < p->count; i++) p->rows[i].weight = pow(n[p->rows[i].family], -family_power);
}

static void residuals_of(const memory_problem *p, memory_row *rows, const double *x, int only, double *out) {
    for (int i = 0; i < p->count; i++) {
        if (only >= 0 && rows[i].family != only) continue;
        set_parameters(&rows[i], x, -1, 0);
        out[i] = residual(&rows[i]);
    }
}

void memory_fit_run(memory_problem *p, bool leave_out) {
    weigh(p);
    size_t n = (size_t)unknowns(p), rows_n = (size_t)p->count + 1;
    p->x = calloc(n, sizeof *p->x);
    for (int k = 0; k < 3; k++)
        if (!(p->residual[k] = calloc(rows_n, sizeof(double)))) abort();
    if (!p->x) abort();
    memory_row *rows = copy_rows(p);
    settle(p, rows, p->x);
    residuals_of(p, rows, p->x, -1, p->residual[0]);
    minimise(p, rows, -1, p->x);
    residuals_of(p, rows, p->x, -1, p->residual[1]);
    free(rows);
    if (!leave_out) return;
#pragma omp parallel for schedule(dynamic, 1)
    for (int f = 0; f < p->family_count; f++) {
        memory_row *mine = copy_rows(p);
        double *x = malloc(n * sizeof *x);
        if (!x) abort();
        minimise(p, mine, f, x);
        residuals_of(p, mine, x, f, p->residual[2]);
        free(x);
        free(mine);
    }
}

bool memory_fit_owns(const char *name) {
    for (int j = 0; j < MEMORY_PARAMETERS; j++)
        if (strcmp(parameters[j].name, name) == 0) return true;
    return false;
}

void memory_fit_apply(const memory_problem *p, tc_stack *stack) {
    int s = 0;
    while (s < p->stack_count && strcmp(p->stacks[s], stack->slug) != 0) s++;
    for (int j = 0; j < MEMORY_PARAMETERS; j++)
        *parameter(stack, j) *= exp(p->x[j] + (s < p->stack_count ? p->x[MEMORY_PARAMETERS * (1 + s) + j] : 0));
}

/* ---- report ------------------------------------------------------------------------------- */

static double mean_error(const memory_problem *p, int which, int family, int *n) {
    double sum = 0;
    *n = 0;
    for (int i = 0; i < p->count; i++) {
        if (!p->rows[i].stated || (family >= 0 && p->rows[i].family != family) || isnan(p->residual[which][i])) continue;
        sum += fabs(100 * (exp(p->residual[which][i]) - 1));
        ++*n;
    }
    return *n ? sum / *n : 0;
}

void memory_fit_report(const memory_problem *p, FILE *out) {
    int n;
    double prior = mean_error(p, 0, -1, &n), fitted = mean_error(p, 1, -1, &n), left = mean_error(p, 2, -1, &n);
    fprintf(out, "\n## Memory\n\nMean error of the forecast of device memory, on %d runs that state it; the memory parameters of the stacks are\n"
                 "fitted apart from the others, in the same way.\n\n| source family | runs | priors | fitted | left out |\n|---|---|---|---|---|\n"
                 "| all | %d | %.1f %% | %.1f %% | %.1f %% |\n", n, n, prior, fitted, left);
    for (int f = 0; f < p->family_count; f++) {
        prior = mean_error(p, 0, f, &n);
        if (n) fprintf(out, "| %s | %d | %.1f %% | %.1f %% | %.1f %% |\n", p->families[f], n, prior, mean_error(p, 1, f, &n), mean_error(p, 2, f, &n));
    }
}

void memory_fit_table(const memory_problem *p, const char *path) {
    FILE *out = fopen(path, "w");
    if (!out) exit(1);
    fprintf(out, "id\tfamily\tstack\tstated\tpriors\tfitted\tleft_out\n");
    for (int i = 0; i < p->count; i++) {
        const memory_row *row = &p->rows[i];
        if (!row->stated) continue;
        fprintf(out, "%s\t%s\t%s\t%.4g", row->c.run->id, p->families[row->family], p->stacks[row->stack], row->c.run->memory_gib);
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

void memory_fit_intervals(const memory_problem *p, FILE *out) {
    double *ratios = malloc(((size_t)p->count + 1) * sizeof *ratios);
    if (!ratios) abort();
    fprintf(out, "# The same of memory: reserved by allocator or device, or allocated by live tensors.\nmemory_stacks:\n");
    for (int s = 0; s < p->stack_count; s++) {
        int runs = 0;
        for (int i = 0; i < p->count; i++) runs += p->rows[i].stated && p->rows[i].stack == s;
        if (runs) fprintf(out, "  %s: %d\n", p->stacks[s], runs);
    }
    fprintf(out, "memory_intervals:\n");
    for (int allocated = 0; allocated < 2; allocated++) {
        double low = 1, high = 1; /* less evidence is never a narrower interval */
        for (int known = 1; known >= 0; known--) {
            int n = 0;
            for (int i = 0; i < p->count; i++) {
                const memory_row *row = &p->rows[i];
                if (!row->stated || isnan(p->residual[2][i]) || is_allocated(row) != (allocated == 1)) continue;
                if (stack_elsewhere(p, row) == (known == 1)) ratios[n++] = exp(-p->residual[2][i]);
            }
            if (n == 0) continue;
            qsort(ratios, (size_t)n, sizeof *ratios, tc_by_value);
            double p10 = tc_quantile(ratios, n, 0.1), p90 = tc_quantile(ratios, n, 0.9);
            low = p10 < low ? p10 : low;
            high = p90 > high ? p90 : high;
            fprintf(out, "  - {memory: %s, evidence: %s, runs: %d, p10: %.4f, p90: %.4f}\n", allocated ? "allocated" : "reserved",
                    known ? "stack" : "none", n, low, high);
        }
    }
    free(ratios);
}

void memory_fit_free(memory_problem *p) {
    free(p->rows);
    free(p->x);
    for (int k = 0; k < 3; k++) free(p->residual[k]);
}
