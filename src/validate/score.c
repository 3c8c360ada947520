/* score.c - errors of the forecast on published runs, by run, group and family. */
#include "validate/score.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/formats.h"
#include "forecast/fits.h"
#include "validate/assume.h"
#include "validate/inputs.h"
#include "validate/reinforced.h"

#define MOST_OF_PEAK 1.25 /* peaks of bins that a row does not name, and of clocks, are that uncertain */
#define SMALLEST_FAMILY 3 /* counted runs; smaller families are pooled */

int tc_by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double tc_quantile(const double *sorted, int n, double q) {
    if (n == 0) return NAN;
    double position = q * (n - 1);
    int low = (int)position;
    if (low >= n - 1) return sorted[n - 1];
    return sorted[low] + (position - low) * (sorted[low + 1] - sorted[low]);
}

typedef struct name_sum {
    const char *name;
    int n;
    double absolute, sum;
} name_sum;

static int by_name(const void *a, const void *b) {
    return strcmp(((const name_sum *)a)->name, ((const name_sum *)b)->name);
}

/* Sums of equal names; `rows` is sorted and folded in place; returns how many names. */
static int fold(name_sum *rows, int n) {
    qsort(rows, (size_t)n, sizeof *rows, by_name);
    int out = 0;
    for (int i = 0; i < n; i++) {
        if (out > 0 && strcmp(rows[out - 1].name, rows[i].name) == 0) {
            rows[out - 1].n += rows[i].n;
            rows[out - 1].absolute += rows[i].absolute;
            rows[out - 1].sum += rows[i].sum;
        } else {
            rows[out++] = rows[i];
        }
    }
    return out;
}

bool tc_macro_error(const tc_error_row *rows, int count, bool complete_only, double *out) {
    name_sum *sums = calloc((size_t)count + 1, sizeof *sums);
    *out = NAN;
    if (!sums) return false;
    int n = 0;
    for (int i = 0; i < count; i++)
        if (!complete_only || rows[i].complete)
            sums[n++] = (name_sum){rows[i].family, 1, fabs(rows[i].error_pct), rows[i].error_pct};
    int families = fold(sums, n), counted = 0, small_n = 0;
    double macro = 0, small = 0;
    for (int i = 0; i < families; i++) {
        if (sums[i].n >= SMALLEST_FAMILY) {
            macro += sums[i].absolute / sums[i].n;
            counted++;
        } else {
            small += sums[i].absolute;
            small_n += sums[i].n;
        }
    }
    if (small_n > 0) {
        macro += small / small_n;
        counted++;
    }
    free(sums);
    if (counted) *out = macro / counted;
    return true;
}

bool tc_median_error(const tc_error_row *rows, int count, bool complete_only, double *out) {
    double *values = calloc((size_t)count + 1, sizeof *values);
    *out = NAN;
    if (!values) return false;
    int n = 0;
    for (int i = 0; i < count; i++)
        if (!complete_only || rows[i].complete) values[n++] = fabs(rows[i].error_pct);
    qsort(values, (size_t)n, sizeof *values, tc_by_value);
    *out = tc_quantile(values, n, 0.5);
    free(values);
    return true;
}

/* ---- one run ------------------------------------------------------------------ */

/* A rate beyond the device's peak is not of what the row describes: another unit, another job, a part of the step. */
static void refuse_beyond_peak(tc_case *c, const tc_case_result *result) {
    const tc_step *step = &result->step;
    double peak = tc_peak_flops(&c->cluster.accelerator, c->job.dtype),
           seconds = step->step_s / (1 + result->error_pct / 100);
    double share = step->model_flops[TC_FLOPS_CAUSAL] / seconds / c->run->devices / peak;
    if (c->status || c->run->metric == TC_METRIC_NONE || !(peak > 0 && share > MOST_OF_PEAK)) return;
    char reason[96];
    snprintf(reason, sizeof reason, "measured: %.0f %% of the peak of the device, which this job cannot reach",
             100 * share);
    (void)tc_case_end(c, TC_CASE_UNSUPPORTED, reason);
}

/* Texts into the arena: both structs have the same. */
static bool keep_texts(const tc_reinforced *r, tc_arena *arena, tc_scored_run *out) {
    out->reason = out->run->refused ? out->run->refused : tc_arena_copy(arena, r->reason, strlen(r->reason));
    out->assumed = tc_arena_alloc(arena, (size_t)(r->assumed_count + 1) * sizeof *out->assumed);
    if (!out->reason || !out->assumed) return false;
    out->assumed_count = r->assumed_count;
    for (int i = 0; i < r->assumed_count; i++)
        snprintf(out->assumed[i], sizeof out->assumed[i], "%.*s", (int)sizeof out->assumed[i] - 1, r->assumed[i]);
    return true;
}

/* A step of reinforcement learning: no part of the summary of training steps. */
static tc_code score_reinforced(tc_catalog *catalog, const tc_conventions *conventions, const tc_published_run *run,
                                tc_arena *arena, tc_scored_run *out, tc_error *error) {
    tc_reinforced *r = malloc(sizeof *r);
    if (!r) return tc_fail(error, TC_INTERNAL, "validate", "out of memory");
    tc_code code = tc_reinforced_predict(catalog, conventions, run, r, error);
    if (code == TC_OK && !keep_texts(r, arena, out)) code = tc_fail(error, TC_INTERNAL, "validate", "out of memory");
    out->status = r->status;
    out->predicted = r->predicted;
    out->error_pct = r->error_pct;
    out->step_s = r->step_s;
    out->step_s_p10 = r->step_s_p10;
    out->step_s_p90 = r->step_s_p90;
    out->covered = r->covered;
    free(r);
    return code;
}

static tc_code score_run(tc_catalog *catalog, const tc_conventions *conventions, const tc_published_run *run,
                         tc_arena *arena, tc_scored_run *out, tc_error *error) {
    tc_case *c = malloc(sizeof *c);
    if (!c) return tc_fail(error, TC_INTERNAL, "validate", "out of memory");
    out->run = run;
    out->id = run->id;
    out->accelerator = run->accelerator;
    out->reason = "";
    out->measured = run->metric == TC_METRIC_NONE ? NAN : run->measured;
    out->predicted = out->error_pct = NAN;
    out->covered = -1;
    if (run->model.rl.algorithm) {
        free(c);
        return score_reinforced(catalog, conventions, run, arena, out, error);
    }
    tc_code code = tc_case_build(catalog, conventions, run, c, error);
    if (code) goto done;
    tc_case_result result;
    if (tc_case_is_built(c)) {
        tc_case_settle(c);
        tc_error why;
        tc_code predicted = tc_case_predict(c, &result, &why);
        if (predicted == TC_INTERNAL) {
            code = tc_fail(error, predicted, why.place, "%s", why.text);
            goto done;
        }
        if (predicted == TC_OK) {
            out->forecast = true;
            refuse_beyond_peak(c, &result);
        } else if (c->status == TC_CASE_OK) {
            c->status = TC_CASE_UNSUPPORTED;
            memcpy(c->reason, why.text, sizeof c->reason - 1);
            c->reason[sizeof c->reason - 1] = 0;
        }
    }
    /* a run that ended for want of memory has no rate to state: its forecast is whether it fits */
    if (run->out_of_memory && out->forecast) {
        c->status = TC_CASE_OK;
        c->reason[0] = 0;
    }
    out->status = c->status;
    out->reason = run->refused ? run->refused : tc_arena_copy(arena, c->reason, strlen(c->reason));
    out->assumed_count = c->assumed_count;
    out->assumed = tc_arena_alloc(arena, (size_t)c->assumed_count * sizeof c->assumed[0]);
    if (!out->reason || !out->assumed) {
        code = tc_fail(error, TC_INTERNAL, "validate", "out of memory");
        goto done;
    }
    memcpy(out->assumed, c->assumed, (size_t)c->assumed_count * sizeof c->assumed[0]);
    if (!out->forecast) goto done;
    out->complete = c->assumed_count == 0;
    out->counts = run->counts && !run->out_of_memory && c->status == TC_CASE_OK;
    out->step_s = result.step.step_s;
    for (int i = 0; i < TC_PARTS_ALL; i++)
        out->part_share[i] = tc_breakdown_seconds(&result.step.breakdown, i) / result.step.step_s;
    out->open = (c->open & ~TC_CASE_OPEN_BATCH) != 0;
    out->memory_gib = result.memory_gib;
    out->capacity_gib = result.step.memory.capacity / (1024.0 * 1024 * 1024);
    const tc_interval_model *model;
    code = tc_catalog_interval(catalog, &model, error);
    if (code) goto done;
    tc_question q = tc_case_question(c);
    q.interval = model;
    out->fits_probability = tc_fits_probability(&q, tc_bytes_to_fit(&q.job, &result.step.memory));
    out->fits = out->fits_probability >= 0.5;
    if (run->metric != TC_METRIC_NONE) {
        out->predicted = result.predicted;
        out->error_pct = result.error_pct;
        tc_interval interval = tc_interval_of(model, &q, &result.step, tc_case_guesses(c));
        out->step_s_p10 = result.step.step_s * interval.p10;
        out->step_s_p90 = result.step.step_s * interval.p90;
        double ratio = 1 / (1 + result.error_pct / 100); /* measured over forecast step time */
        if (interval.p90 > 0) out->covered = ratio >= interval.p10 && ratio <= interval.p90;
    }
    if (run->memory_gib > 0 && run->memory_unit_certain && !run->out_of_memory) {
        out->memory_scored = tc_case_states_memory(c);
        out->memory_guessed = !out->memory_scored;
        out->memory_complete = out->memory_scored && c->assumed_count == 0;
        out->memory_error_pct = 100 * (result.memory_gib / run->memory_gib - 1);
    }
done:
    free(c);
    return code;
}

/* ---- groups -------------------------------------------------------------------- */

static const char *accelerator_of(const tc_scored_run *r) { return r->run->accelerator; }
static const char *group_of(const tc_scored_run *r) { return r->run->group; }
static const char *family_of(const tc_scored_run *r) { return r->run->source_family; }
static const char *stack_of(const tc_scored_run *r) {
    return r->run->stack && r->run->stack[0] ? r->run->stack : "none stated";
}

static bool scored(const tc_scored_run *r) { return r->forecast && r->counts && !isnan(r->error_pct); }

int tc_group_errors(const tc_error_row *rows, int count, tc_arena *arena, tc_group_score **out) {
    name_sum *sums = calloc((size_t)count + 1, sizeof *sums);
    if (!sums) return -1;
    for (int i = 0; i < count; i++) sums[i] = (name_sum){rows[i].family, 1, fabs(rows[i].error_pct), rows[i].error_pct};
    int names = fold(sums, count);
    *out = tc_arena_alloc(arena, ((size_t)names + 1) * sizeof **out);
    for (int i = 0; *out && i < names; i++)
        (*out)[i] = (tc_group_score){sums[i].name, sums[i].n, sums[i].absolute / sums[i].n, sums[i].sum / sums[i].n,
                                     sums[i].n < SMALLEST_FAMILY};
    free(sums);
    return *out ? names : -1;
}

static int group_scores(const tc_validation *v, const char *(*name)(const tc_scored_run *), tc_arena *arena,
                        tc_group_score **out) {
    tc_error_row *rows = calloc((size_t)v->count + 1, sizeof *rows);
    if (!rows) return -1;
    int n = 0;
    for (int i = 0; i < v->count; i++)
        if (scored(&v->runs[i])) rows[n++] = (tc_error_row){name(&v->runs[i]), v->runs[i].error_pct, true};
    int names = tc_group_errors(rows, n, arena, out);
    free(rows);
    return names;
}

/* False: out of memory. */
static bool summarise_errors(tc_validation *v, tc_error_row *rows, double *values) {
    double sum = 0, absolute = 0;
    int covered = 0, with_interval = 0;
    for (int i = 0; i < v->count; i++) {
        const tc_scored_run *r = &v->runs[i];
        if (r->status == TC_CASE_SKIPPED) v->skipped++;
        if (r->status == TC_CASE_UNSUPPORTED) v->unsupported++;
        if (!scored(r)) continue;
        rows[v->n] = (tc_error_row){family_of(r), r->error_pct, r->complete};
        values[v->n++] = fabs(r->error_pct);
        v->complete += r->complete;
        covered += r->covered == 1;
        with_interval += r->covered >= 0;
        sum += r->error_pct;
        absolute += fabs(r->error_pct);
    }
    qsort(values, (size_t)v->n, sizeof *values, tc_by_value);
    v->coverage80_pct = with_interval ? 100.0 * covered / with_interval : NAN;
    v->mape_pct = absolute / v->n;
    v->bias_pct = sum / v->n;
    v->median_ape_pct = tc_quantile(values, v->n, 0.5);
    v->p90_ape_pct = tc_quantile(values, v->n, 0.9);
    v->max_ape_pct = tc_quantile(values, v->n, 1);
    return tc_macro_error(rows, v->n, false, &v->macro_mape_pct)
           && tc_macro_error(rows, v->n, true, &v->complete_macro_mape_pct)
           && tc_median_error(rows, v->n, true, &v->complete_median_ape_pct);
}

static void summarise_memory(tc_validation *v) {
    double absolute = 0, guessed = 0;
    for (int i = 0; i < v->count; i++) {
        const tc_scored_run *r = &v->runs[i];
        absolute += r->memory_scored ? fabs(r->memory_error_pct) : 0;
        v->memory_n += r->memory_scored;
        guessed += r->memory_guessed ? fabs(r->memory_error_pct) : 0;
        v->memory_guessed_n += r->memory_guessed;
    }
    v->memory_mape_pct = v->memory_n ? absolute / v->memory_n : NAN;
    v->memory_guessed_mape_pct = v->memory_guessed_n ? guessed / v->memory_guessed_n : NAN;
    /* out of memory: all runs of the groups that report any */
    double right[2] = {0, 0}, all[2] = {0, 0};
    for (int i = 0; i < v->count; i++) {
        tc_scored_run *r = &v->runs[i];
        bool reports = false;
        for (int k = 0; k < v->count && !reports; k++)
            reports = v->runs[k].run->out_of_memory && strcmp(v->runs[k].run->group, r->run->group) == 0;
        if (!reports || !r->forecast) continue;
        r->oom_scored = true;
        bool ran = !r->run->out_of_memory;
        all[ran]++;
        right[ran] += r->fits == ran;
        v->oom_n++;
    }
    v->fit_accuracy_pct = all[0] > 0 && all[1] > 0 ? 50 * (right[0] / all[0] + right[1] / all[1]) : NAN;
}

/* Steps of reinforcement learning: a summary of their own. */
static bool summarise_reinforced(tc_validation *v, tc_error_row *rows, double *values) {
    int n = 0, judged = 0, covered = 0;
    double bias = 0;
    v->rl_macro_mape_pct = v->rl_median_ape_pct = v->rl_bias_pct = v->rl_coverage80_pct = NAN;
    for (int i = 0; i < v->count; i++) {
        const tc_scored_run *r = &v->runs[i];
        if (!r->run->model.rl.algorithm || r->status != TC_CASE_OK || isnan(r->error_pct) || !r->run->counts) continue;
        rows[n] = (tc_error_row){r->run->source_family, r->error_pct, r->assumed_count == 0};
        values[n++] = fabs(r->error_pct);
        bias += r->error_pct;
        judged += r->covered >= 0;
        covered += r->covered > 0;
    }
    v->rl_n = n;
    if (n == 0) return true;
    qsort(values, (size_t)n, sizeof *values, tc_by_value);
    v->rl_median_ape_pct = tc_quantile(values, n, 0.5);
    v->rl_bias_pct = bias / n;
    if (judged) v->rl_coverage80_pct = 100.0 * covered / judged;
    return tc_macro_error(rows, n, false, &v->rl_macro_mape_pct);
}

tc_code tc_validate(tc_catalog *catalog, tc_published *published, tc_validation *out, tc_error *error) {
    return tc_score_runs(catalog, published->runs, published->count, &published->arena, out, error);
}

tc_code tc_score_runs(tc_catalog *catalog, const tc_published_run *runs, int count, tc_arena *arena, tc_validation *v,
                      tc_error *error) {
    memset(v, 0, sizeof *v);
    v->coverage80_pct = NAN;
    v->count = count;
    v->runs = tc_arena_alloc(arena, ((size_t)count + 1) * sizeof *v->runs);
    tc_error_row *rows = tc_arena_alloc(arena, ((size_t)count + 1) * sizeof *rows);
    double *values = tc_arena_alloc(arena, ((size_t)count + 1) * sizeof *values);
    if (!v->runs || !rows || !values) return tc_fail(error, TC_INTERNAL, "validate", "out of memory");
    tc_conventions *conventions = tc_arena_alloc(arena, sizeof *conventions);
    if (!conventions) return tc_fail(error, TC_INTERNAL, "validate", "out of memory");
    tc_code code = tc_conventions_read(catalog, conventions, error);
    for (int i = 0; i < count && !code; i++)
        code = score_run(catalog, conventions, &runs[i], arena, &v->runs[i], error);
    if (code) return code;
    if (!summarise_reinforced(v, rows, values) || !summarise_errors(v, rows, values))
        return tc_fail(error, TC_INTERNAL, "validate", "out of memory");
    summarise_memory(v);
    v->accelerators = group_scores(v, accelerator_of, arena, &v->by_accelerator);
    v->groups = group_scores(v, group_of, arena, &v->by_group);
    v->family_rows = v->families = group_scores(v, family_of, arena, &v->by_family);
    v->stacks = group_scores(v, stack_of, arena, &v->by_stack);
    if (v->accelerators < 0 || v->groups < 0 || v->families < 0 || v->stacks < 0)
        return tc_fail(error, TC_INTERNAL, "validate", "out of memory");
    return TC_OK;
}
