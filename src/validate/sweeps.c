/* sweeps.c - finds published sweeps of layouts and scores the forecast's choice in each.
 *
 * Errors are log(measured / forecast) = common to the sweep + own of the layout. The variance of both is that of a one-way
 * analysis of variance with unequal numbers of rows (Searle, Casella, McCulloch: Variance Components, 1992, 3.6):
 * own = within mean square, common = (between - within mean square) / n0; the intraclass correlation is common over both.
 * One count of FLOPs is as good as another to rank rates of one model and sequence length: where a source does not say
 * which, all are counted, and such a sweep stays out of what is compared between sweeps. */
#include "validate/sweeps.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "forecast/chosen.h"
#include "validate/selection.h"

#define LARGE_SWEEP 6
#define NEAR 1.2   /* times the least forecast, where the catalog has no fit that says so */
#define EQUAL 1e-9 /* relative: forecasts that share a place */

/* ---- which rows are a sweep ------------------------------------------------------------- */

static const tc_sweep_source *source_of(const tc_conventions *conventions, const char *group) {
    for (int i = 0; i < conventions->sweep_sources; i++)
        if (strcmp(conventions->sweep_source[i].slug, group) == 0) return &conventions->sweep_source[i];
    return NULL;
}

/* How many of its source's changes of machine or software came before the run, by the date that its id has. */
static int session_of(const tc_conventions *conventions, const tc_published_run *run) {
    const tc_sweep_source *source = source_of(conventions, run->group);
    int sessions = 0;
    for (const char *start = source ? source->sessions : ""; *start;) {
        size_t length = strcspn(start, " ");
        for (const char *at = strchr(run->id, '-'); length > 0 && at; at = strchr(at + 1, '-'))
            if (strspn(at + 1, "0123456789") == length && (at[length + 1] == '-' || !at[length + 1])) {
                sessions += strncmp(at + 1, start, length) >= 0;
                break;
            }
        start += length;
        start += strspn(start, " ");
    }
    return sessions;
}

typedef struct keyed {
    const tc_scored_run *run;
    int session, at;
} keyed;

static int order_of(int64_t a, int64_t b) { return (a > b) - (a < b); }

/* Of one sweep? 0; or in which order. */
static int compare_sweep(const keyed *a, const keyed *b) {
    const tc_published_run *x = a->run->run, *y = b->run->run;
    int by = strcmp(x->group, y->group);
    if (!by) by = strcmp(x->model.name, y->model.name);
    if (!by) by = strcmp(x->accelerator, y->accelerator);
    if (!by) by = order_of(x->devices, y->devices);
    if (!by) by = order_of(x->model.seq, y->model.seq);
    if (!by) by = order_of(x->global_batch, y->global_batch);
    if (!by) by = order_of(x->model.layers, y->model.layers);
    if (!by) by = order_of(x->model.hidden, y->model.hidden);
    if (!by) by = order_of(x->model.heads, y->model.heads);
    if (!by) by = order_of(x->dtype, y->dtype);
    return by ? by : order_of(a->session, b->session);
}

/* The measured come first, by their metric; all in the order of the files. */
static int compare_keyed(const void *a, const void *b) {
    const keyed *x = a, *y = b;
    int by = compare_sweep(x, y);
    if (!by) by = order_of(x->run->run->out_of_memory, y->run->run->out_of_memory);
    if (!by) by = order_of(x->run->run->metric, y->run->run->metric);
    return by ? by : order_of(x->at, y->at);
}

/* ---- one sweep ---------------------------------------------------------------------------- */

static void take_ranks(const double *values, int n, double *ranks) {
    for (int i = 0; i < n; i++) {
        int below = 0, equal = 0;
        for (int k = 0; k < n; k++) {
            bool same = fabs(values[k] - values[i]) <= EQUAL * fabs(values[i]);
            equal += same;
            below += !same && values[k] < values[i];
        }
        ranks[i] = below + (equal + 1) / 2.0;
    }
}

double tc_rank_correlation(const double *a, const double *b, int n, double *ranks) {
    double *x = ranks, *y = ranks + n, mean = (n + 1) / 2.0, xy = 0, xx = 0, yy = 0;
    take_ranks(a, n, x);
    take_ranks(b, n, y);
    for (int i = 0; i < n; i++) {
        xy += (x[i] - mean) * (y[i] - mean);
        xx += (x[i] - mean) * (x[i] - mean);
        yy += (y[i] - mean) * (y[i] - mean);
    }
    return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : NAN;
}

/* What its source leaves open, as the micro-batch, was chosen so that it fits: its memory says nothing more. */
static tc_sweep_row row_of(const tc_scored_run *run) {
    bool ran = !run->run->out_of_memory;
    return (tc_sweep_row){run, ran ? run->step_s / (1 + run->error_pct / 100) : NAN, run->step_s,
                          run->fits || (ran && run->open)};
}

/* What the search would take of two: the faster, then the leaner; then as the source has them. */
static bool goes_before(const tc_sweep_row *a, const tc_sweep_row *b) {
    if (fabs(a->forecast_s - b->forecast_s) > EQUAL * b->forecast_s) return a->forecast_s < b->forecast_s;
    return a->run->memory_gib < b->run->memory_gib;
}

static void choose(tc_sweep *s) {
    for (int i = 0; i < s->rows; i++) {
        const tc_sweep_row *r = &s->row[i];
        if (!s->best || r->measured_s < s->best->measured_s) s->best = r;
        if (r->fits && (!s->chosen || goes_before(r, s->chosen))) s->chosen = r;
    }
    for (int i = 0; i < s->lost_rows; i++)
        if (s->lost[i].fits && (!s->chosen || goes_before(&s->lost[i], s->chosen))) s->lost_first = true;
    if (!s->chosen) {
        s->regret_pct = s->winner = s->winner_expected = NAN;
        return;
    }
    s->regret_pct = 100 * (s->chosen->measured_s / s->best->measured_s - 1);
    s->first = s->best->fits && s->best->forecast_s <= s->chosen->forecast_s * (1 + EQUAL);
    s->winner = log(s->chosen->measured_s / s->chosen->forecast_s);
}

static bool score(tc_sweep *s, const tc_interval_model *model, tc_arena *arena) {
    int n = s->rows;
    double *values = tc_arena_alloc(arena, 4 * (size_t)n * sizeof *values);
    if (!values) return false;
    for (int i = 0; i < n; i++) {
        values[i] = s->row[i].measured_s;
        values[n + i] = s->row[i].forecast_s;
        s->common += log(s->row[i].measured_s / s->row[i].forecast_s) / n;
        int k = 0;
        while (k < i && fabs(values[n + k] - values[n + i]) > EQUAL * values[n + i]) k++;
        s->different += k == i;
    }
    s->rank_correlation = tc_rank_correlation(values, values + n, n, values + 2 * n);
    choose(s);
    if (s->chosen) s->winner_expected = s->winner - log(tc_chosen_factor(model, values + n, n, s->chosen->forecast_s));
    return true;
}

static const char *name_of(const keyed *k, tc_arena *arena) {
    const tc_published_run *r = k->run->run;
    char text[256];
    size_t used = (size_t)snprintf(text, sizeof text, "%.48s/%.48s-%dx%d/%dx%.32s/seq-%d/batch-%lld", r->group,
                                   r->model.name, r->model.layers, r->model.hidden, r->devices, r->accelerator,
                                   r->model.seq, (long long)(r->global_batch == TC_UNSET ? 0 : r->global_batch));
    if (k->session > 0) snprintf(text + used, sizeof text - used, "/session-%d", k->session + 1);
    return tc_arena_copy(arena, text, strlen(text));
}

/* ---- all of them --------------------------------------------------------------------------- */

static tc_code find(const tc_validation *v, const tc_conventions *conventions, const tc_interval_model *model,
                    tc_arena *arena, tc_sweeps *out, tc_error *error) {
    keyed *k = tc_arena_alloc(arena, ((size_t)v->count + 1) * sizeof *k);
    tc_sweep_row *rows = tc_arena_alloc(arena, ((size_t)v->count + 1) * sizeof *rows);
    out->sweep = tc_arena_alloc(arena, ((size_t)v->count / TC_SWEEP_FEWEST + 1) * sizeof *out->sweep);
    if (!k || !rows || !out->sweep) return tc_fail(error, TC_INTERNAL, "validate", "out of memory");
    int n = 0;
    for (int i = 0; i < v->count; i++) {
        const tc_scored_run *r = &v->runs[i];
        bool usable = r->status == TC_CASE_OK && r->step_s > 0 && (r->run->out_of_memory || isfinite(r->error_pct));
        if (usable) k[n++] = (keyed){r, session_of(conventions, r->run), i};
    }
    qsort(k, (size_t)n, sizeof *k, compare_keyed);
    for (int from = 0, to; from < n; from = to) {
        for (to = from; to < n && compare_sweep(&k[from], &k[to]) == 0; to++) rows[to] = row_of(k[to].run);
        int lost = to;
        while (lost > from && k[lost - 1].run->run->out_of_memory) lost--;
        for (int of = from, end; of < lost; of = end) {
            for (end = of; end < lost && rows[end].run->run->metric == rows[of].run->run->metric;) end++;
            if (end - of < TC_SWEEP_FEWEST) continue;
            tc_sweep s = {.row = &rows[of], .rows = end - of, .lost = &rows[lost], .lost_rows = to - lost};
            s.id = name_of(&k[of], arena);
            if (!s.id || !score(&s, model, arena)) return tc_fail(error, TC_INTERNAL, "validate", "out of memory");
            out->sweep[out->count++] = s;
        }
    }
    return TC_OK;
}

/* Is the scale of its rates known, so that its errors compare with those of other sweeps? */
static bool has_scale(const tc_sweep *s) { return !s->row->run->run->flops_assumed; }

static double percent(double log_ratio) { return 100 * (exp(log_ratio) - 1); }

static void analyse_variance(tc_sweeps *s) {
    double rows = 0, squares = 0, mean = 0, within = 0, between = 0;
    int sweeps = 0;
    for (int i = 0; i < s->count; i++) {
        const tc_sweep *w = &s->sweep[i];
        if (!has_scale(w)) continue;
        sweeps++;
        rows += w->rows;
        squares += (double)w->rows * w->rows;
        mean += w->rows * w->common;
        for (int k = 0; k < w->rows; k++) {
            double own = log(w->row[k].measured_s / w->row[k].forecast_s) - w->common;
            within += own * own;
        }
    }
    s->common_deviation_pct = s->own_deviation_pct = s->intraclass_correlation = NAN;
    if (sweeps < 2) return;
    mean /= rows;
    for (int i = 0; i < s->count; i++) {
        const tc_sweep *w = &s->sweep[i];
        if (has_scale(w)) between += w->rows * (w->common - mean) * (w->common - mean);
    }
    double own = within / (rows - sweeps), n0 = (rows - squares / rows) / (sweeps - 1),
           common = fmax(0, (between / (sweeps - 1) - own) / n0);
    s->own_deviation_pct = 100 * sqrt(own);
    s->common_deviation_pct = 100 * sqrt(common);
    if (own + common > 0) s->intraclass_correlation = common / (own + common);
}

static void summarise(tc_sweeps *s) {
    double regret = 0, correlation = 0, winner = 0, expected = 0, against = 0;
    int chosen = 0, with_scale = 0;
    s->worst_regret_pct = NAN;
    for (int i = 0; i < s->count; i++) {
        const tc_sweep *w = &s->sweep[i];
        s->counted += w->different >= TC_SWEEP_FEWEST;
        s->first += w->different >= TC_SWEEP_FEWEST && w->first;
        s->lost_first += w->lost_first;
        if (w->rows >= LARGE_SWEEP && isfinite(w->rank_correlation)) {
            s->large++;
            correlation += w->rank_correlation;
        }
        if (!w->chosen) continue;
        chosen++;
        regret += w->regret_pct;
        if (!(s->worst_regret_pct >= w->regret_pct)) s->worst_regret_pct = w->regret_pct;
        against += w->winner - w->common;
        if (!has_scale(w)) continue;
        with_scale++;
        winner += w->winner;
        expected += w->winner_expected;
    }
    s->mean_regret_pct = chosen ? regret / chosen : NAN;
    s->large_rank_correlation = s->large ? correlation / s->large : NAN;
    s->winner_against_sweep_pct = chosen ? percent(against / chosen) : NAN;
    s->winner_bias_pct = with_scale ? percent(winner / with_scale) : NAN;
    s->expected_bias_pct = with_scale ? percent(expected / with_scale) : NAN;
    analyse_variance(s);
}

tc_code tc_sweeps_score(tc_catalog *catalog, const tc_published_run *runs, int count, bool every_source,
                        tc_arena *arena, tc_sweeps *out, tc_error *error) {
    *out = (tc_sweeps){.count = 0};
    tc_conventions *conventions = tc_arena_alloc(arena, sizeof *conventions);
    tc_published_run *taken = tc_arena_alloc(arena, ((size_t)count + 1) * sizeof *taken);
    if (!conventions || !taken) return tc_fail(error, TC_INTERNAL, "validate", "out of memory");
    tc_code code = tc_conventions_read(catalog, conventions, error);
    if (code) return code;
    int n = 0;
    for (int i = 0; i < count; i++) {
        if (runs[i].refused || (!every_source && !source_of(conventions, runs[i].group))) continue;
        taken[n] = runs[i];
        tc_published_count_flops(&taken[n++], TC_FLOPS_FULL);
    }
    tc_validation v;
    const tc_interval_model *model;
    code = tc_score_runs(catalog, taken, n, arena, &v, error);
    if (!code) code = tc_catalog_interval(catalog, &model, error);
    if (!code) code = find(&v, conventions, model, arena, out, error);
    if (code) return code;
    summarise(out);
    tc_selection selection = tc_selection_of(out->sweep, out->count, model && model->field > 1 ? model->field : NEAR);
    out->near_slope = selection.slope;
    out->near_slope_deviation = selection.deviation;
    out->shrinkage = selection.shrinkage;
    return TC_OK;
}
