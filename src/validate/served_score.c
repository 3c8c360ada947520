/* served_score.c - errors of the forecast on published serving rows. */
#include "validate/served_score.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

static const char *const classes[] = {"tpot", "ttft", "throughput", "offline", "prefill", "decode"};
_Static_assert(sizeof classes / sizeof classes[0] == TC_SERVED_CLASSES, "a name for each class");

const char *tc_served_class_name(tc_served_class class) { return classes[class]; }

tc_served_class tc_served_class_of(const tc_served_row *row, tc_served_metric metric) {
    if (row->phase == TC_SERVED_PREFILL) return TC_CLASS_PREFILL;
    if (row->phase == TC_SERVED_DECODE) return TC_CLASS_DECODE;
    if (metric == TC_SERVED_TPOT_MS) return TC_CLASS_TPOT;
    if (metric == TC_SERVED_TTFT_MS) return TC_CLASS_TTFT;
    return row->phase == TC_SERVED_OFFLINE ? TC_CLASS_OFFLINE : TC_CLASS_ONLINE;
}

double tc_served_error_pct(tc_served_metric metric, double predicted, double measured) {
    bool time = metric == TC_SERVED_TPOT_MS || metric == TC_SERVED_TTFT_MS || metric == TC_SERVED_E2E_MS;
    return 100 * ((time ? predicted / measured : measured / predicted) - 1);
}

static const char *copy(tc_arena *arena, const char *text) { return tc_arena_copy(arena, text, strlen(text)); }

/* What all results of a row share. False: out of memory. */
static bool describe(const tc_served_case *c, tc_arena *arena, tc_served_result *out) {
    const tc_served_row *row = c->row;
    *out = (tc_served_result){.row = row,
                              .status = c->status,
                              .reason = row->refused ? row->refused : copy(arena, c->reason),
                              .metric = TC_SERVED_METRICS,
                              .measured = NAN,
                              .predicted = NAN,
                              .low = NAN,
                              .high = NAN,
                              .error_pct = NAN,
                              .covered = -1,
                              .engine = copy(arena, c->question.engine.generation),
                              .assumed_count = c->assumed_count};
    size_t size = (size_t)c->assumed_count * sizeof c->assumed[0];
    out->assumed = tc_arena_alloc(arena, size + 1);
    if (!out->reason || !out->engine || !out->assumed) return false;
    memcpy(out->assumed, c->assumed, size);
    return true;
}

static void judge(const tc_served_case *c, const tc_serving_answer *answer, tc_served_result *r) {
    tc_served_forecast forecast = tc_served_in_metric(c, answer, r->metric);
    r->predicted = forecast.value;
    r->low = forecast.low;
    r->high = forecast.high;
    if (!(forecast.value > 0)) {
        r->status = TC_CASE_UNSUPPORTED;
        r->reason = "no forecast of this metric";
        return;
    }
    r->error_pct = tc_served_error_pct(r->metric, r->predicted, r->measured);
    if (forecast.low > 0) r->covered = r->measured >= forecast.low && r->measured <= forecast.high;
    const char *uncounted = c->row->quality ? c->row->quality : tc_served_uncounted(c, r->metric);
    r->counts = !uncounted;
    if (uncounted) r->reason = uncounted;
}

/* The results of a row, one where it has none to score; returns how many, 0: an error. */
static int score_row(tc_served_case *c, tc_arena *arena, tc_served_result *out, tc_error *error) {
    tc_served_metric metrics[TC_SERVED_METRICS];
    int n = c->row->refused ? 0 : tc_served_scored(c->row, metrics);
    tc_serving_answer answer;
    tc_error why;
    tc_code code = c->status ? TC_OK : tc_served_predict(c, &answer, &why);
    if (code == TC_INTERNAL) {
        *error = why;
        return 0;
    }
    if (code) {
        c->status = TC_CASE_UNSUPPORTED;
        snprintf(c->reason, sizeof c->reason, "%.40s: %.140s", why.place, why.text);
    }
    for (int i = 0; i < (n ? n : 1); i++) {
        if (!describe(c, arena, &out[i])) return tc_fail(error, TC_INTERNAL, "validate", "out of memory"), 0;
        if (n == 0) continue;
        out[i].metric = metrics[i];
        out[i].class = tc_served_class_of(c->row, metrics[i]);
        out[i].measured = c->row->measured[metrics[i]];
        if (!c->status) judge(c, &answer, &out[i]);
    }
    return n ? n : 1;
}

/* ---- sums ----------------------------------------------------------------------------------- */

static bool counted(const tc_served_result *r) { return r->counts && r->status == TC_CASE_OK; }

/* False: out of memory. */
static bool summarise(const tc_served_validation *v, int class, tc_error_row *rows, double *values,
                      tc_served_summary *out) {
    int n = 0, covered = 0, with_interval = 0;
    double sum = 0, absolute = 0;
    for (int i = 0; i < v->count; i++) {
        const tc_served_result *r = &v->results[i];
        if (!counted(r) || (class >= 0 && (int)r->class != class)) continue;
        rows[n] = (tc_error_row){r->row->source_family, r->error_pct, true};
        values[n++] = fabs(r->error_pct);
        sum += r->error_pct;
        absolute += fabs(r->error_pct);
        covered += r->covered == 1;
        with_interval += r->covered >= 0;
    }
    qsort(values, (size_t)n, sizeof *values, tc_by_value);
    *out = (tc_served_summary){.n = n,
                               .mape_pct = n ? absolute / n : NAN,
                               .bias_pct = n ? sum / n : NAN,
                               .median_ape_pct = tc_quantile(values, n, 0.5),
                               .coverage80_pct = with_interval ? 100.0 * covered / with_interval : NAN};
    return tc_macro_error(rows, n, false, &out->macro_mape_pct);
}

static const char *accelerator_of(const tc_served_result *r) { return r->row->accelerator; }
static const char *engine_of(const tc_served_result *r) { return r->engine; }
static const char *family_of(const tc_served_result *r) { return r->row->source_family; }

static int group(const tc_served_validation *v, const char *(*name)(const tc_served_result *), tc_error_row *rows,
                 tc_arena *arena, tc_group_score **out) {
    int n = 0;
    for (int i = 0; i < v->count; i++)
        if (counted(&v->results[i])) rows[n++] = (tc_error_row){name(&v->results[i]), v->results[i].error_pct, true};
    return tc_group_errors(rows, n, arena, out);
}

static bool summarise_all(tc_served_validation *v, tc_arena *arena) {
    tc_error_row *rows = tc_arena_alloc(arena, ((size_t)v->count + 1) * sizeof *rows);
    double *values = tc_arena_alloc(arena, ((size_t)v->count + 1) * sizeof *values);
    if (!rows || !values) return false;
    for (int i = 0; i < TC_SERVED_CLASSES; i++)
        if (!summarise(v, i, rows, values, &v->by_class[i])) return false;
    if (!summarise(v, -1, rows, values, &v->all)) return false;
    v->accelerators = group(v, accelerator_of, rows, arena, &v->by_accelerator);
    v->engines = group(v, engine_of, rows, arena, &v->by_engine);
    v->families = v->all.families = group(v, family_of, rows, arena, &v->by_family);
    return v->accelerators >= 0 && v->engines >= 0 && v->families >= 0;
}

tc_code tc_served_validate(tc_catalog *catalog, const tc_served_row *rows, int count, tc_arena *arena,
                           tc_served_validation *v, tc_error *error) {
    memset(v, 0, sizeof *v);
    v->rows = count;
    v->results = tc_arena_alloc(arena, ((size_t)count * TC_SERVED_METRICS + 1) * sizeof *v->results);
    tc_served_case *c = tc_arena_alloc(arena, sizeof *c);
    tc_conventions *conventions = tc_arena_alloc(arena, sizeof *conventions);
    tc_served_conventions *served = tc_arena_alloc(arena, sizeof *served);
    if (!v->results || !c || !conventions || !served) return tc_fail(error, TC_INTERNAL, "validate", "out of memory");
    tc_code code = count ? tc_conventions_read(catalog, conventions, error) : TC_OK;
    if (!code && count) code = tc_served_conventions_read(catalog, served, error);
    for (int i = 0; i < count && !code; i++) {
        code = tc_served_case_build(catalog, conventions, served, &rows[i], c, error);
        if (code) break;
        int n = score_row(c, arena, &v->results[v->count], error);
        if (n == 0) return error ? error->code : TC_INTERNAL;
        v->skipped += c->status == TC_CASE_SKIPPED;
        v->unsupported += c->status == TC_CASE_UNSUPPORTED;
        for (int k = 0; k < n; k++)
            v->apart += v->results[v->count + k].status == TC_CASE_OK && !v->results[v->count + k].counts;
        v->count += n;
    }
    if (code) return code;
    return summarise_all(v, arena) ? TC_OK : tc_fail(error, TC_INTERNAL, "validate", "out of memory");
}
