/* residuals.c - regressions of the errors on the parts of the forecast and on the fields that are not stated. */
#include "validate/residuals.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "validate/regression.h"

#define PART_SPREAD 0.3
#define FIELD_SPREAD 0.1
#define FEWEST 3        /* runs */
#define TAKES_PART 0.01 /* of the step */

/* What an assumption of a run is about: the field, by the words that it has. */
static const struct {
    const char *words, *field;
} fields[] = {{"format ", "dtype"},
              {"attention (stack", "attention_kernel"},
              {"recompute", "recompute"},
              {"documents of", "documents"},
              {"expert parallelism", "ep"},
              {"sequence parallelism", "sequence_parallel"},
              {"sharding", "sharding"},
              {"MLA ranks", "model.mla"},
              {"ffn ", "model.ffn"},
              {"vocabulary ", "model.vocab"},
              {"shape of", "model.layers"},
              {"loss in chunks", "loss"},
              {"tp ", "tp"},
              {"micro-batch", "micro_batch"},
              {"vpp ", "vpp"},
              {"pp ", "pp"},
              {"global batch", "global_batch"},
              {"usual bin", "bin"}};
enum { FIELDS = sizeof fields / sizeof *fields };
_Static_assert(FIELDS + 1 <= (int)TC_REGRESSORS && FIELDS <= (int)TC_MISSING_MAX
                   && (int)TC_PARTS_ALL <= (int)TC_REGRESSORS,
               "room for all");

static bool counted(const tc_scored_run *r) { return r->forecast && r->counts && !isnan(r->error_pct); }

/* At its beginning or after a blank: vpp is not pp. */
static bool assumes(const tc_scored_run *r, int field) {
    for (int k = 0; k < r->assumed_count; k++) {
        const char *at = strstr(r->assumed[k], fields[field].words);
        if (at && (at == r->assumed[k] || at[-1] == ' ')) return true;
    }
    return false;
}

/* Rows with weights, whose sum is their number, and clusters: the sources. Returns how many; -1: out of memory. */
static int make_rows(const tc_validation *v, tc_regression_row *rows, int *sources) {
    const char **name = calloc((size_t)v->count + 1, sizeof *name);
    int *runs = calloc((size_t)v->count + 1, sizeof *runs), n = 0;
    double sum = 0;
    *sources = 0;
    for (int i = 0; i < v->count && name && runs; i++) {
        if (!counted(&v->runs[i])) continue;
        int s = 0;
        while (s < *sources && strcmp(name[s], v->runs[i].run->source_family) != 0) s++;
        if (s == *sources) name[(*sources)++] = v->runs[i].run->source_family;
        runs[s]++;
        rows[n++] = (tc_regression_row){.cluster = s};
    }
    for (int i = 0; i < n; i++) sum += rows[i].weight = pow(runs[rows[i].cluster], -0.5);
    for (int i = 0; i < n; i++) {
        rows[i].weight *= n / sum;
        if (*sources == 1) rows[i].cluster = i;
    }
    bool good = name && runs;
    free(name);
    free(runs);
    return good ? n : -1;
}

static double percent_of(double log_ratio) { return 100 * (exp(log_ratio) - 1); }

/* The mean of y^2 by weight. */
static double square_of(const tc_regression_row *rows, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) sum += rows[i].weight * rows[i].y * rows[i].y / n;
    return sum > 1e-8 ? sum : 1e-8;
}

static int by_moves(const void *a, const void *b) {
    double x = fabs(((const tc_part_residual *)a)->moves_pct), y = fabs(((const tc_part_residual *)b)->moves_pct);
    return (x < y) - (x > y);
}

static bool find_parts(const tc_validation *v, tc_regression_row *rows, int n, tc_residuals *out) {
    double ridge[TC_PARTS_ALL];
    tc_regression fit;
    for (int i = 0, k = 0; i < v->count; i++) {
        const tc_scored_run *r = &v->runs[i];
        if (!counted(r)) continue;
        memcpy(rows[k].x, r->part_share, sizeof r->part_share);
        rows[k].y = -log(1 + r->error_pct / 100);
        out->bias_pct -= rows[k].weight * 100 * rows[k].y / n;
        out->mean_error_pct += rows[k].weight * 100 * fabs(rows[k].y) / n;
        k++;
    }
    for (int j = 0; j < TC_PARTS_ALL; j++) ridge[j] = square_of(rows, n) / (PART_SPREAD * PART_SPREAD);
    if (!tc_regress(rows, n, TC_PARTS_ALL, ridge, &fit)) return false;
    out->explained_pct = 100 * fit.explained;
    for (int j = 0; j < TC_PARTS_ALL; j++) {
        tc_part_residual *p = &out->part[j];
        *p = (tc_part_residual){.part = tc_part_of[j].key, .label = tc_part_of[j].label};
        for (int i = 0; i < n; i++) {
            p->share_pct += 100 * rows[i].weight * rows[i].x[j] / n;
            p->runs += rows[i].x[j] >= TAKES_PART;
        }
        p->slower_pct = percent_of(fit.value[j]);
        p->slower_error_pct = 100 * exp(fit.value[j]) * fit.deviation[j];
        p->moves_pct = p->share_pct * fit.value[j];
    }
    qsort(out->part, TC_PARTS_ALL, sizeof *out->part, by_moves);
    return true;
}

static int by_narrowing(const void *a, const void *b) {
    double x = ((const tc_missing_field *)a)->narrows_pct, y = ((const tc_missing_field *)b)->narrows_pct;
    return (x < y) - (x > y);
}

static bool find_missing(const tc_validation *v, tc_regression_row *rows, int n, tc_residuals *out) {
    double ridge[FIELDS + 1] = {0};
    tc_regression fit;
    for (int i = 0, k = 0; i < v->count; i++) {
        if (!counted(&v->runs[i])) continue;
        rows[k].y = fabs(log(1 + v->runs[i].error_pct / 100));
        rows[k].x[FIELDS] = 1;
        for (int f = 0; f < FIELDS; f++) rows[k].x[f] = assumes(&v->runs[i], f);
        k++;
    }
    double mean = out->mean_error_pct / 100, spread = square_of(rows, n) - mean * mean;
    for (int f = 0; f < FIELDS; f++) ridge[f] = fmax(spread, 1e-8) / (FIELD_SPREAD * FIELD_SPREAD);
    if (!tc_regress(rows, n, FIELDS + 1, ridge, &fit)) return false;
    for (int f = 0; f < FIELDS; f++) {
        tc_missing_field *m = &out->field[out->missing];
        double share = 0;
        *m = (tc_missing_field){.field = fields[f].field};
        for (int i = 0; i < n; i++) {
            m->runs += rows[i].x[f] > 0;
            share += rows[i].weight * rows[i].x[f] / n;
        }
        m->errs_more_pct = 100 * fit.value[f];
        m->errs_more_error_pct = 100 * fit.deviation[f];
        m->narrows_pct = share * m->errs_more_pct;
        out->missing += m->runs > 0;
    }
    qsort(out->field, (size_t)out->missing, sizeof *out->field, by_narrowing);
    return true;
}

tc_code tc_residuals_of(const tc_validation *v, tc_residuals *out, tc_error *error) {
    *out = (tc_residuals){.n = v->n};
    if (v->n < FEWEST)
        return tc_fail(error, TC_INVALID, "--explain", "%d runs count; at least %d are needed", v->n, FEWEST);
    tc_regression_row *rows = calloc((size_t)v->count + 1, sizeof *rows);
    int n = rows ? make_rows(v, rows, &out->sources) : -1;
    bool good = n >= 0 && find_parts(v, rows, n, out) && find_missing(v, rows, n, out);
    free(rows);
    return good ? TC_OK : tc_fail(error, TC_INTERNAL, "validate", "out of memory");
}
