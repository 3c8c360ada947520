/* layouts.c - counts which layouts published runs had: `make count-layouts` writes data/fitted/layouts.yaml.
 *
 * usage: traincast-layouts [--errors FILE.tsv] [--runs-hash HASH] --out FILE.yaml RUNS.jsonl ...
 *
 * What a source leaves open is no evidence and does not count; what it leaves to its software's default does. With the table of
 * the fit's errors (traincast-fit --leave-out --table) the widening of intervals is fitted: the k that makes
 * |log(measured / forecast)| over its interval, on runs whose source neither the fit nor the table of layouts had
 * seen, likeliest with a width times sqrt(1 + (k distance)^2) - Laplace, every source n^-0.3 of its n runs as in the
 * fit. Without it k stays what the catalog's file says.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/interval_model.h"
#include "forecast/distance.h"
#include "forecast/interval.h"
#include "validate/inputs.h"
#include "validate/score.h"

enum { MOST_SOURCES = 512, LINE = 4096 };
#define FAMILY_POWER 0.3
#define WIDEST 3.0

typedef struct row {
    const tc_published_run *run;
    int source;
    tc_layout_traits traits, counted; /* counted: what the source states */
    double interval[2];               /* of the forecast as it is without widening, in logs; 0: none */
    double ratio;                     /* log of measured over forecast, its source left out; NaN: unknown */
    double distance;                  /* by the other sources */
} row;

typedef struct tally {
    row *rows;
    int count, sources;
    const char *source[MOST_SOURCES];
} tally;

static void stop(const char *place, const char *text) {
    fprintf(stderr, "traincast-layouts: %s: %s\n", place, text);
    exit(2);
}

/* ---- runs ----------------------------------------------------------------------------------------- */

static int source_of(tally *t, const char *name) {
    for (int i = 0; i < t->sources; i++)
        if (strcmp(t->source[i], name) == 0) return i;
    if (t->sources == MOST_SOURCES) stop(name, "one source too many");
    t->source[t->sources] = name;
    return t->sources++;
}

/* Takes out of the traits what was settled by a forecast, not stated. */
static void leave_open(unsigned open, tc_layout_traits *t) {
    static const int degrees[] = {TC_AXIS_TP, TC_AXIS_PP, TC_AXIS_CP, TC_AXIS_CP_TOKENS, TC_AXIS_EP, TC_AXIS_DP};
    double *v = t->value;
    if (open & TC_CASE_OPEN_LAYOUT) {
        for (size_t i = 0; i < sizeof degrees / sizeof *degrees; i++) v[degrees[i]] = 0;
        t->chosen[TC_CHOICE_SHARDING] = t->chosen[TC_CHOICE_SCHEDULE] = t->chosen[TC_CHOICE_CP_KIND] = 0;
    }
    if (open & (TC_CASE_OPEN_LAYOUT | TC_CASE_OPEN_VPP)) v[TC_AXIS_VPP] = v[TC_AXIS_CHUNK_LAYERS] = 0;
    if (open & TC_CASE_OPEN_MICRO_BATCH) v[TC_AXIS_MICRO_BATCH] = v[TC_AXIS_TOKENS] = 0;
    if (open & (TC_CASE_OPEN_LAYOUT | TC_CASE_OPEN_MICRO_BATCH | TC_CASE_OPEN_BATCH)) v[TC_AXIS_PER_STAGE] = 0;
    if (open & TC_CASE_OPEN_RECOMPUTE) t->chosen[TC_CHOICE_RECOMPUTE] = 0;
}

static void take_run(tally *t, tc_catalog *catalog, const tc_conventions *conventions, const tc_interval_model *model,
                     const tc_published_run *run) {
    static tc_case c;
    tc_case_result result;
    tc_error error;
    if (!run->counts || run->out_of_memory) return;
    if (tc_case_build(catalog, conventions, run, &c, &error)) stop(error.place, error.text);
    if (c.status) return;
    unsigned open = c.open;
    tc_case_settle(&c);
    if (tc_case_predict(&c, &result, &error)) return;
    row *r = &t->rows[t->count++];
    tc_question q = tc_case_question(&c);
    *r = (row){.run = run, .source = source_of(t, run->source_family), .ratio = NAN};
    r->traits = r->counted = tc_layout_traits_of(&q, &result.step.layout, result.step.micro_batches);
    leave_open(open, &r->counted);
    tc_interval_model narrow = *model;
    narrow.layouts.known = false;
    tc_interval interval = tc_interval_of(&narrow, &q, &result.step, tc_case_guesses(&c));
    if (interval.p10 > 0) r->interval[0] = log(interval.p10), r->interval[1] = log(interval.p90);
}

/* "id ... left_out": per cent, forecast over measured. */
static void read_errors(tally *t, const char *path) {
    FILE *in = fopen(path, "r");
    char line[LINE];
    if (!in) stop(path, "cannot be read");
    while (fgets(line, sizeof line, in)) {
        char *last = strrchr(line, '\t'), *end;
        size_t id = strcspn(line, "\t");
        double percent = last ? strtod(last + 1, &end) : NAN;
        for (int i = 0; i < t->count && percent > -100; i++)
            if (strncmp(t->rows[i].run->id, line, id) == 0 && t->rows[i].run->id[id] == 0)
                t->rows[i].ratio = -log(1 + percent / 100);
    }
    fclose(in);
}

/* ---- counts --------------------------------------------------------------------------------------- */

/* Each source's least and most of an axis; 0: none. */
static void find_ends(const tally *t, int axis, int left_out, double *least, double *most) {
    for (int s = 0; s < t->sources; s++) least[s] = most[s] = 0;
    for (int i = 0; i < t->count; i++) {
        int s = t->rows[i].source;
        double v = t->rows[i].counted.value[axis];
        if (v <= 0 || s == left_out) continue;
        if (least[s] <= 0 || v < least[s]) least[s] = v;
        if (v > most[s]) most[s] = v;
    }
}

static tc_axis_range range_of(const tally *t, int axis, int left_out) {
    double least[MOST_SOURCES], most[MOST_SOURCES];
    tc_axis_range r = {0, 0, 0, 0};
    int found = 0;
    find_ends(t, axis, left_out, least, most);
    for (int s = 0; s < t->sources; s++) {
        if (most[s] <= 0) continue;
        found++;
        if (found == 1)
            r = (tc_axis_range){least[s], HUGE_VAL, 0, most[s]};
        else {
            r.low = least[s] < r.least ? r.least : fmin(r.low, least[s]);
            r.least = fmin(r.least, least[s]);
            r.high = most[s] > r.most ? r.most : fmax(r.high, most[s]);
            r.most = fmax(r.most, most[s]);
        }
    }
    if (found < 2) r.low = r.least, r.high = r.most;
    return r;
}

static void count_choice(const tally *t, int choice, int word, int left_out, int *runs, int *sources) {
    bool has[MOST_SOURCES] = {false};
    *runs = *sources = 0;
    for (int i = 0; i < t->count; i++) {
        const row *r = &t->rows[i];
        if (r->source == left_out || !(r->counted.chosen[choice] >> word & 1)) continue;
        ++*runs;
        *sources += !has[r->source];
        has[r->source] = true;
    }
}

static tc_published_layouts layouts_without(const tally *t, int left_out) {
    tc_published_layouts out = {.known = true};
    for (int i = 0; i < TC_AXES; i++) out.axis[i] = range_of(t, i, left_out);
    for (int c = 0; c < TC_CHOICES; c++)
        for (int w = 0, runs; tc_layout_choice_words[c][w]; w++)
            count_choice(t, c, w, left_out, &runs, &out.sources[c][w]);
    return out;
}

/* ---- widening ------------------------------------------------------------------------------------- */

static double weight_of(const tally *t, int source) {
    int n = 0;
    for (int i = 0; i < t->count; i++) n += t->rows[i].source == source;
    return pow(n, -FAMILY_POWER);
}

/* How far a run's error is, in half-widths of its interval on that side; NaN: unknown. */
static double relative_error(const row *r) { return r->ratio / (r->ratio < 0 ? r->interval[0] : r->interval[1]); }

static double cost_of(const tally *t, double widening, double mean) {
    double sum = 0;
    const tc_published_layouts with = {.widening = widening};
    for (int i = 0; i < t->count; i++) {
        double z = relative_error(&t->rows[i]), width = tc_distance_widens(&with, t->rows[i].distance);
        if (!isnan(z)) sum += weight_of(t, t->rows[i].source) * (log(width) + z / mean / width);
    }
    return sum;
}

/* Among runs within the practice of the other sources: the mean of |error| over its interval. */
static double mean_within(const tally *t) {
    double sum = 0, weights = 0;
    for (int i = 0; i < t->count; i++) {
        double z = relative_error(&t->rows[i]), w = weight_of(t, t->rows[i].source);
        if (!isnan(z) && t->rows[i].distance <= 0) sum += w * z, weights += w;
    }
    return sum / weights;
}

static double fit_widening(const tally *t) {
    double best = 0, mean = mean_within(t), least = cost_of(t, 0, mean);
    for (int i = 1; i * 0.01 <= WIDEST; i++) {
        double cost = cost_of(t, i * 0.01, mean);
        if (cost < least) least = cost, best = i * 0.01;
    }
    return best;
}

/* The errors by distance, for whoever judges the widening. */
static void print_trend(const tally *t, double widening) {
    static const double from[] = {0, 1e-9, 0.5, 1, 2, HUGE_VAL};
    const tc_published_layouts with = {.widening = widening};
    printf("distance from other sources   runs  sources  median |error|  inside 80 %%, as it is  widened\n");
    for (int b = 0; b + 1 < (int)(sizeof from / sizeof *from); b++) {
        double *error = malloc(((size_t)t->count + 1) * sizeof *error);
        bool has[MOST_SOURCES] = {false};
        int n = 0, sources = 0, inside = 0, inside_widened = 0;
        if (!error) abort();
        for (int i = 0; i < t->count; i++) {
            const row *r = &t->rows[i];
            double z = relative_error(r);
            if (isnan(z) || r->distance < from[b] || r->distance >= from[b + 1]) continue;
            error[n++] = fabs(r->ratio);
            sources += !has[r->source];
            has[r->source] = true;
            inside += z <= 1;
            inside_widened += z <= tc_distance_widens(&with, r->distance);
        }
        qsort(error, (size_t)n, sizeof *error, tc_by_value);
        if (n)
            printf("  %-6.3g to %-6.3g  %15d  %7d  %13.1f %%  %18.0f %%  %6.0f %%\n", from[b], from[b + 1], n, sources,
                   100 * (exp(tc_quantile(error, n, 0.5)) - 1), 100.0 * inside / n, 100.0 * inside_widened / n);
        free(error);
    }
    printf("widening %.2f\n", widening);
}

/* ---- the file -------------------------------------------------------------------------------------- */

static void write_axis(FILE *out, const tally *t, int axis, const tc_axis_range *r) {
    double *value = malloc(((size_t)t->count + 1) * sizeof *value);
    int n = 0;
    if (!value) abort();
    for (int i = 0; i < t->count; i++)
        if (t->rows[i].counted.value[axis] > 0) value[n++] = t->rows[i].counted.value[axis];
    qsort(value, (size_t)n, sizeof *value, tc_by_value);
    if (n)
        fprintf(out,
                "  - {axis: %s, runs: %d, least: %.6g, low: %.6g, p10: %.6g, p50: %.6g, p90: %.6g, high: %.6g, most: "
                "%.6g}\n",
                tc_layout_axis_names[axis], n, r->least, r->low, tc_quantile(value, n, 0.1), tc_quantile(value, n, 0.5),
                tc_quantile(value, n, 0.9), r->high, r->most);
    free(value);
}

static void write_file(const tally *t, double widening, const char *hash, const char *path) {
    tc_published_layouts all = layouts_without(t, -1);
    FILE *out = fopen(path, "w");
    if (!out) stop(path, "cannot be written");
    fprintf(out,
            "format: 1\ncounted_on: \"%d published runs of %d source families in data/runs; by make count-layouts\"\n"
            "runs_hash: \"%s\"\n"
            "# least and most: of all runs. low and high: what runs of two sources reach. Degrees, sequences, tokens "
            "of a rank.\n"
            "axes:\n",
            t->count, t->sources, hash);
    for (int i = 0; i < TC_AXES; i++) write_axis(out, t, i, &all.axis[i]);
    fprintf(out, "choices:\n");
    for (int c = 0; c < TC_CHOICES; c++)
        for (int w = 0; tc_layout_choice_words[c][w]; w++) {
            int runs, sources;
            count_choice(t, c, w, -1, &runs, &sources);
            if (runs)
                fprintf(out, "  - {choice: %s, word: %s, runs: %d, sources: %d}\n", tc_layout_choice_names[c],
                        tc_layout_choice_words[c][w], runs, sources);
        }
    fprintf(out,
            "# A far layout's interval of the step has its width, in logs, times sqrt(1 + (widening x distance)^2).\n"
            "widening: %.2f\n",
            widening);
    if (fclose(out)) stop(path, "cannot be written");
}

int main(int argc, char **argv) {
    const char *errors = NULL, *hash = "", *path = NULL;
    int at = 1;
    for (; at + 1 < argc && argv[at][0] == '-'; at += 2) {
        const char **value = strcmp(argv[at], "--errors") == 0      ? &errors
                             : strcmp(argv[at], "--runs-hash") == 0 ? &hash
                             : strcmp(argv[at], "--out") == 0       ? &path
                                                                    : NULL;
        if (!value) stop(argv[at], "unknown option");
        *value = argv[at + 1];
    }
    if (!path || at >= argc)
        stop("usage", "traincast-layouts [--errors FILE.tsv] [--runs-hash HASH] --out FILE.yaml RUNS.jsonl ...");
    static tc_conventions conventions;
    static tally t;
    tc_published published = {0};
    tc_catalog *catalog;
    const tc_interval_model *model;
    tc_error error;
    if (tc_catalog_open(NULL, 0, &catalog, &error) || tc_conventions_read(catalog, &conventions, &error)
        || tc_catalog_interval(catalog, &model, &error))
        stop(error.place, error.text);
    for (; at < argc; at++)
        if (tc_published_read_file(&published, argv[at], &error)) stop(error.place, error.text);
    t.rows = calloc((size_t)published.count + 1, sizeof *t.rows);
    if (!t.rows) abort();
    if (!model) stop("data/fitted/intervals.yaml", "is missing; make fit");
    for (int i = 0; i < published.count; i++) take_run(&t, catalog, &conventions, model, &published.runs[i]);
    double widening = model->layouts.widening;
    if (errors) {
        read_errors(&t, errors);
        for (int s = 0; s < t.sources; s++) {
            tc_published_layouts others = layouts_without(&t, s);
            for (int i = 0; i < t.count; i++)
                if (t.rows[i].source == s)
                    t.rows[i].distance = tc_layout_distance(&others, &t.rows[i].traits, NULL, 0, NULL);
        }
        widening = fit_widening(&t);
        print_trend(&t, widening);
    }
    write_file(&t, widening, hash, path);
    free(t.rows);
    tc_published_free(&published);
    tc_catalog_close(catalog);
    return 0;
}
