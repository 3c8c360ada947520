/* serving_fit.c - reads the rows, and what a row's parameters and residuals are. */
#include "serving_fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

tc_parameter_link serving_link(const serving_problem *p, int j) {
    return !p->parameter[j].fitted ? TC_LINK_FIGURE : p->parameter[j].fraction ? TC_LINK_FRACTION : TC_LINK_POSITIVE;
}

/* ---- columns: all, owners (architectures, then generations), pairs ------------------------------- */

int serving_column_all(int j) { return j; }

int serving_column_owner(const serving_problem *p, int j, int architecture, int generation) {
    int place = p->parameter[j].owner == TC_SERVING_DEVICE ? architecture : p->architectures.count + generation;
    return SERVING * (1 + place) + j;
}

int serving_column_pair(const serving_problem *p, int j, int pair) {
    return SERVING * (1 + p->architectures.count + p->generations.count + pair) + j;
}

int serving_unknowns(const serving_problem *p) {
    return SERVING * (1 + p->architectures.count + p->generations.count + p->pairs.count);
}

static double sigma_of(const void *problem, int column) {
    const serving_problem *p = problem;
    int place = column / SERVING - 1, owners = p->architectures.count + p->generations.count;
    return place < 0 ? p->set.all : place < owners ? p->set.owner : p->set.pair;
}

static int columns_of(const serving_problem *p, const serving_row *row, int j, int columns[FIT_SHARED]) {
    if (!p->parameter[j].fitted || p->prior[row->index][j] < -60) return 0;
    columns[0] = serving_column_all(j);
    columns[1] = serving_column_owner(p, j, row->architecture, row->generation);
    columns[2] = serving_column_pair(p, j, row->pair);
    return 3;
}

/* ---- rows ---------------------------------------------------------------------------------------------- */

static const char *keep(tc_arena *arena, const char *text) { return tc_arena_copy(arena, text, strlen(text)); }

static tc_code add_rows(serving_problem *p, tc_arena *arena) {
    const tc_served_case *c = &p->cases[p->case_count];
    const tc_served_row *r = c->row;
    const tc_engine *engine = &c->question.engine;
    const char *architecture = c->question.cluster.accelerator.architecture;
    char pair[100];
    snprintf(pair, sizeof pair, "%s/%s", architecture, engine->generation);
    serving_row row = {.index = p->case_count,
                       .family = fit_index(&p->families, r->source_family),
                       .model = fit_index(&p->models, r->model.name),
                       .architecture = fit_index(&p->architectures, keep(arena, architecture)),
                       .generation = fit_index(&p->generations, keep(arena, engine->generation)),
                       .pair = fit_index(&p->pairs, keep(arena, pair)),
                       .engine_stated = !c->question.engine_assumed};
    p->architecture_of[row.pair] = row.architecture;
    p->generation_of[row.pair] = row.generation;
    tc_served_metric metrics[TC_SERVED_METRICS];
    int n = tc_served_scored(r, metrics);
    for (int i = 0; i < n; i++) {
        if (tc_served_uncounted(c, metrics[i])) continue;
        row.metric = metrics[i];
        row.class = tc_served_class_of(r, metrics[i]);
        p->rows[p->count++] = row;
    }
    for (int j = 0; j < SERVING; j++)
        p->prior[p->case_count][j]
            = tc_to_link(serving_link(p, j), *(const double *)((const char *)&engine->params + p->parameter[j].offset));
    p->case_count++;
    return TC_OK;
}

/* A series: one model on an architecture by a generation of an engine, of one source: what its figures differ in is lengths and load. */
static bool same_series(const serving_row *a, const serving_row *b) {
    return a->class == b->class && a->family == b->family && a->model == b->model && a->pair == b->pair;
}

static void weigh(serving_problem *p) {
    for (int i = 0; i < p->count; i++) {
        serving_row *row = &p->rows[i];
        int family = 0, series = 0;
        for (int k = 0; k < p->count; k++) {
            family += p->rows[k].class == row->class && p->rows[k].family == row->family;
            series += same_series(&p->rows[k], row);
        }
        row->weight = pow(family, -p->set.family_power) / (1 + (series - 1) * p->set.alike);
    }
}

#define FEW 16 /* figures of a source or a model that is left out with the others of few */

static int folds_of(const int *figures, int names, int *fold_of) {
    int folds = 0, few = -1;
    for (int i = 0; i < names; i++) {
        if (figures[i] < FEW && few < 0) few = folds++;
        fold_of[i] = figures[i] < FEW ? few : folds++;
    }
    return folds;
}

static void fold(serving_problem *p) {
    static int families[FIT_NAMES], models[FIT_NAMES];
    memset(families, 0, sizeof families);
    memset(models, 0, sizeof models);
    for (int i = 0; i < p->count; i++) families[p->rows[i].family]++, models[p->rows[i].model]++;
    p->family_folds = folds_of(families, p->families.count, p->fold_of_family);
    p->model_folds = folds_of(models, p->models.count, p->fold_of_model);
}

tc_code serving_fit_read(serving_problem *p, tc_catalog *catalog, const tc_published *published, tc_arena *arena,
                         tc_error *error) {
    int parameters;
    size_t most = (size_t)published->served_count + 1;
    static tc_conventions conventions;
    static tc_served_conventions served;
    p->parameter = tc_serving_parameters(&parameters);
    if (parameters != SERVING) abort();
    p->cases = calloc(most, sizeof *p->cases);
    p->prior = calloc(most, sizeof *p->prior);
    p->rows = calloc(most * TC_SERVED_METRICS, sizeof *p->rows);
    if (!p->cases || !p->prior || !p->rows) abort();
    tc_code code = tc_conventions_read(catalog, &conventions, error);
    if (!code) code = tc_served_conventions_read(catalog, &served, error);
    for (int i = 0; i < published->served_count && !code; i++) {
        const tc_served_row *row = &published->served[i];
        if (row->quality) continue;
        code = tc_served_case_build(catalog, &conventions, &served, row, &p->cases[p->case_count], error);
        if (code || p->cases[p->case_count].status) continue;
        tc_serving_answer answer;
        tc_error why;
        if (tc_served_predict(&p->cases[p->case_count], &answer, &why)) continue;
        code = add_rows(p, arena);
    }
    if (!code) weigh(p);
    if (!code) fold(p);
    return code;
}

void serving_fit_free(serving_problem *p) {
    free(p->cases);
    free(p->prior);
    free(p->rows);
}

/* ---- one fit ---------------------------------------------------------------------------------------------- */

static const serving_row *row_of(const fit_fold *f, int row) { return &((const serving_row *)f->rows)[row]; }
static const serving_problem *problem_of(const fit_fold *f) { return f->system->problem; }
static int family_of(const fit_fold *f, int row) { return problem_of(f)->fold_of_family[row_of(f, row)->family]; }
static int model_of(const fit_fold *f, int row) { return problem_of(f)->fold_of_model[row_of(f, row)->model]; }
static double weight_of(const fit_fold *f, int row) { return row_of(f, row)->weight; }

/* What is judged is the relative error exp(r) - 1, of which a fit of logarithms is biased upwards and a fit of itself, with outliers
 * on one side alone, downwards: between them, 2 (exp(r / 2) - 1) (Box and Cox 1964, power one half); beyond a factor of e^2 by its slope there. */
#define FAR 2.0

static double between(double r) { return r < FAR ? 2 * expm1(r / 2) : 2 * expm1(FAR / 2) + exp(FAR / 2) * (r - FAR); }

double serving_log_error(double value) {
    double far = 2 * expm1(FAR / 2);
    return value < far ? 2 * log1p(value / 2) : FAR + (value - far) / exp(FAR / 2);
}

/* The error of the forecast time, over the noise of its class; NaN where there is no forecast. */
static double residual(const fit_fold *f, int index, const double *x, int bumped, double bump) {
    const serving_problem *p = f->system->problem;
    const serving_row *row = row_of(f, index);
    tc_served_case c = p->cases[row->index]; /* folds run beside each other */
    for (int j = 0; j < SERVING; j++) {
        int columns[FIT_SHARED], n = columns_of(p, row, j, columns);
        if (n == 0) continue;
        double link = p->prior[row->index][j] + (j == bumped ? bump : 0);
        for (int k = 0; k < n; k++) link += x[columns[k]];
        double value = tc_from_link(serving_link(p, j), link);
        value = fmin(fmax(value, p->parameter[j].low), p->parameter[j].high);
        *(double *)((char *)&c.question.engine.params + p->parameter[j].offset) = value;
    }
    c.prefill.engine.params = c.question.engine.params;
    tc_serving_answer answer;
    tc_error why;
    if (tc_served_predict(&c, &answer, &why)) return NAN;
    double predicted = tc_served_in_metric(&c, &answer, row->metric).value;
    if (!(predicted > 0)) return NAN;
    double r = log(1 + tc_served_error_pct(row->metric, predicted, c.row->measured[row->metric]) / 100);
    return between(r) / p->set.noise[row->class];
}

static int fitted_columns(const fit_fold *f, int row, int j, int columns[FIT_SHARED]) {
    return columns_of(f->system->problem, row_of(f, row), j, columns);
}

fit_system serving_fit_system(const serving_problem *p, serving_scheme scheme) {
    return (fit_system){.problem = p,
                        .rows = p->rows,
                        .row_size = sizeof *p->rows,
                        .count = p->count,
                        .groups = scheme == SERVING_BY_FAMILY ? p->family_folds : p->model_folds,
                        .parameters = SERVING,
                        .unknowns = serving_unknowns(p),
                        .iterations = p->set.iterations,
                        .noise = 1,
                        .sigma = sigma_of,
                        .weight = weight_of,
                        .group = scheme == SERVING_BY_FAMILY ? family_of : model_of,
                        .residual = residual,
                        .columns = fitted_columns,
                        .keeps_slopes = true};
}
