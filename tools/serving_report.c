/* serving_report.c - what a fit of serving found: errors by class, the fitted file, tables. */
#include "serving_report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- errors ----------------------------------------------------------------------------------- */

typedef struct score {
    int n;
    double macro, mean, median, bias;
} score;

typedef bool (*selects)(const serving_problem *p, const serving_row *row, int what);

static bool of_class(const serving_problem *p, const serving_row *row, int what) {
    (void)p;
    return what < 0 || (int)row->class == what;
}

static bool of_architecture(const serving_problem *p, const serving_row *row, int what) {
    (void)p;
    return row->architecture == what;
}

static bool of_family(const serving_problem *p, const serving_row *row, int what) {
    (void)p;
    return row->family == what;
}

static score score_of(const serving_problem *p, const double *errors, selects selected, int what) {
    tc_error_row *rows = malloc(((size_t)p->count + 1) * sizeof *rows);
    double *absolute = malloc(((size_t)p->count + 1) * sizeof *absolute);
    if (!rows || !absolute) abort();
    score s = {0, NAN, 0, NAN, 0};
    for (int i = 0; i < p->count; i++) {
        if (isnan(errors[i]) || !selected(p, &p->rows[i], what)) continue;
        double percent = 100 * (exp(errors[i]) - 1);
        rows[s.n] = (tc_error_row){p->families.name[p->rows[i].family], percent, true};
        absolute[s.n++] = fabs(percent);
        s.mean += fabs(percent);
        s.bias += percent;
    }
    s.mean /= s.n;
    s.bias /= s.n;
    qsort(absolute, (size_t)s.n, sizeof *absolute, tc_by_value);
    s.median = tc_quantile(absolute, s.n, 0.5);
    if (!tc_macro_error(rows, s.n, false, &s.macro)) abort();
    free(rows);
    free(absolute);
    return s;
}

static void print_score(FILE *out, const char *name, score s) {
    if (s.n)
        fprintf(out, "  %-24s n %4d  macro %6.1f %%  mean %6.1f %%  median %5.1f %%  bias %+6.1f %%\n", name, s.n,
                s.macro, s.mean, s.median, s.bias);
}

void serving_print_scores(FILE *out, const char *title, const serving_problem *p, const double *errors) {
    fprintf(out, "%s\n", title);
    for (int c = 0; c < TC_SERVED_CLASSES; c++)
        print_score(out, tc_served_class_name((tc_served_class)c), score_of(p, errors, of_class, c));
    print_score(out, "all", score_of(p, errors, of_class, -1));
}

void serving_table(const serving_problem *p, const serving_errors *errors, const char *path) {
    FILE *out = fopen(path, "w");
    if (!out) exit(1);
    fprintf(out, "id\tclass\tmetric\tfamily\tarchitecture\tgeneration\tmeasured\tprior\tfitted\tby_source\tby_model\n");
    for (int i = 0; i < p->count; i++) {
        const serving_row *r = &p->rows[i];
        const tc_served_row *row = p->cases[r->index].row;
        fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\t%.6g\t%.4f\t%.4f\t%.4f\t%.4f\n", row->id, tc_served_class_name(r->class),
                tc_served_metric_name(r->metric), row->source_family, p->architectures.name[r->architecture],
                p->generations.name[r->generation], row->measured[r->metric], errors->prior[i], errors->fitted[i],
                errors->left_out[0] ? errors->left_out[0][i] : NAN, errors->left_out[1] ? errors->left_out[1][i] : NAN);
    }
    if (fclose(out)) exit(1);
}

bool serving_read_table(const serving_problem *p, serving_scheme scheme, const char *path, double *errors) {
    char line[1024], id[256], metric[64];
    double by[SERVING_SCHEMES];
    int found = 0, at = 0;
    FILE *in = fopen(path, "r");
    if (!in) return false;
    while (fgets(line, sizeof line, in)) {
        if (sscanf(line, "%255[^\t]\t%*s\t%63[^\t]\t%*s\t%*s\t%*s\t%*s\t%*s\t%*s\t%lf\t%lf", id, metric, &by[0], &by[1])
                != 4
            || isnan(by[scheme]))
            continue;
        for (int i = 0; i < p->count; i++) { /* rows stand in the same order: the next one is nearly always it */
            int k = (at + i) % p->count;
            const serving_row *r = &p->rows[k];
            if (strcmp(p->cases[r->index].row->id, id) != 0 || strcmp(tc_served_metric_name(r->metric), metric) != 0)
                continue;
            errors[k] = by[scheme];
            at = k + 1;
            found++;
            break;
        }
    }
    fclose(in);
    return found > 0;
}

/* ---- the fitted file ------------------------------------------------------------------------------- */

typedef struct writer {
    const serving_problem *p;
    const double *x, *judged; /* judged: the errors that intervals rest on */
    double unseen;            /* of errors on rows that the fit has seen: how much larger those of others are */
    FILE *out;
} writer;

static void write_spreads(const serving_problem *p, const double *errors, int pair, const char *indent, double unseen,
                          FILE *out);

static const char *unit_of(const serving_problem *p, int j) {
    static const struct {
        const char *name, *unit;
    } units[] = {
#define TC_SERVING_PARAM(name, key, owner, dimension, link, least, low, high, text) {#name, #dimension},
#include "traincast_serving_params.h"
#undef TC_SERVING_PARAM
    };
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strcmp(units[i].name, p->parameter[j].name) == 0)
            return strcmp(units[i].unit, "SECONDS") == 0 ? " s" : strcmp(units[i].unit, "BYTES") == 0 ? " B" : "";
    return "";
}

/* Writes the value of a parameter whose prior is `link`, moved by the shifts in `columns`. */
static void write_value(const writer *w, const char *indent, int j, double link, const int *columns, int n) {
    const tc_serving_parameter *q = &w->p->parameter[j];
    for (int k = 0; k < n; k++) link += w->x[columns[k]];
    double value = tc_from_link(serving_link(w->p, j), link);
    value = fmin(fmax(value, q->low), q->high);
    fprintf(w->out, "%s%s: %.5g%s\n", indent, q->key, value, unit_of(w->p, j));
}

/* A row of the architecture, generation or pair whose number `what` is; -1: none. */
static const serving_row *row_with(const serving_problem *p, const fit_names *names, int what) {
    for (int i = 0; i < p->count; i++) {
        const serving_row *r = &p->rows[i];
        int is = names == &p->architectures ? r->architecture : names == &p->generations ? r->generation : r->pair;
        if (is == what) return r;
    }
    return NULL;
}

static void write_section(const writer *w, const char *title, const fit_names *names) {
    const serving_problem *p = w->p;
    int order[FIT_NAMES];
    fit_sort(names, order);
    fprintf(w->out, "%s:\n", title);
    for (int k = 0; k < names->count; k++) {
        const serving_row *row = row_with(p, names, order[k]);
        fprintf(w->out, "  %s:\n", names->name[order[k]]);
        for (int j = 0; j < SERVING; j++) {
            bool device = p->parameter[j].owner == TC_SERVING_DEVICE;
            if (!p->parameter[j].fitted || p->prior[row->index][j] < -60) continue;
            if (names == &p->architectures && !device) continue;
            if (names == &p->generations && device) continue;
            int columns[FIT_SHARED]
                = {serving_column_all(j), serving_column_owner(p, j, row->architecture, row->generation),
                   serving_column_pair(p, j, row->pair)};
            write_value(w, "    ", j, p->prior[row->index][j], columns, names == &p->pairs ? 3 : 2);
        }
        if (names == &p->pairs) write_spreads(p, w->judged, order[k], "    ", w->unseen, w->out);
    }
}

/* What the interval's ends are fitted to, by class. */
static const struct {
    const char *key;
    tc_served_class first, last;
} spreads[] = {{"tpot_spread", TC_CLASS_TPOT, TC_CLASS_TPOT},
               {"ttft_spread", TC_CLASS_TTFT, TC_CLASS_TTFT},
               {"rate_spread", TC_CLASS_ONLINE, TC_CLASS_DECODE}};
enum { SPREADS = sizeof spreads / sizeof spreads[0] };

/* Figures that a pair's own spread is drawn towards that of all. */
#define DRAWN 20.0
/* Left-out errors over those of the fit on all, as of November 2026. */
#define UNSEEN 1.5

/* The 80 % quantile of the size of the logarithmic errors of a pair (-1: of all): the interval's half width. *n: of how many. */
static double spread_of(const serving_problem *p, const double *errors, int which, int pair, int *n) {
    double *values = malloc(((size_t)p->count + 1) * sizeof *values);
    if (!values) abort();
    *n = 0;
    for (int i = 0; i < p->count; i++) {
        const serving_row *r = &p->rows[i];
        if (!isnan(errors[i]) && r->class >= spreads[which].first && r->class <= spreads[which].last
            && (pair < 0 || r->pair == pair))
            values[(*n)++] = fabs(errors[i]);
    }
    qsort(values, (size_t)*n, sizeof *values, tc_by_value);
    double spread = tc_quantile(values, *n, 0.8);
    free(values);
    return spread;
}

static void write_spreads(const serving_problem *p, const double *errors, int pair, const char *indent, double unseen,
                          FILE *out) {
    for (int k = 0; k < SPREADS; k++) {
        int all, own;
        double usual = spread_of(p, errors, k, -1, &all), spread = usual;
        if (pair >= 0) {
            double of_pair = spread_of(p, errors, k, pair, &own);
            if (own == 0) continue;
            spread = (own * of_pair + DRAWN * usual) / (own + DRAWN);
        }
        fprintf(out, "%s%s: %.3g\n", indent, spreads[k].key, fmin(exp(unseen * spread), 30));
    }
}

void serving_write(const serving_problem *p, const fit_fold *all, const serving_errors *errors, const char *hash,
                   const char *path) {
    FILE *out = fopen(path, "w");
    if (!out) exit(1);
    const double *judged = errors->left_out[SERVING_BY_FAMILY] ? errors->left_out[SERVING_BY_FAMILY] : errors->fitted;
    writer w = {p, all->x, judged, judged == errors->fitted ? UNSEEN : 1, out};
    fprintf(out,
            "format: 1\nfitted_on: \"%d figures of %d published rows of %d source families in data/serving; by make "
            "fit-serving\"\nruns_hash: \"%s\"\n",
            p->count, p->case_count, p->families.count, hash);
    fprintf(out, "generic:\n");
    write_spreads(p, judged, -1, "  ", w.unseen, out);
    write_section(&w, "architectures", &p->architectures);
    write_section(&w, "engines", &p->generations);
    write_section(&w, "pairs", &p->pairs);
    if (fclose(out)) exit(1);
}

/* ---- for people ---------------------------------------------------------------------------------------- */

static void report_scores(const serving_problem *p, const serving_errors *errors, FILE *out) {
    fprintf(out, "| | figures | priors | fitted | left out by source: macro | mean | median | bias | left out by model "
                 "|\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
    for (int c = 0; c < TC_SERVED_CLASSES; c++) {
        score prior = score_of(p, errors->prior, of_class, c), fitted = score_of(p, errors->fitted, of_class, c);
        if (!fitted.n) continue;
        score left = score_of(p, errors->left_out[0], of_class, c);
        fprintf(out, "| %s | %d | %.1f %% | %.1f %% | %.1f %% | %.1f %% | %.1f %% | %+.1f %% |",
                tc_served_class_name((tc_served_class)c), fitted.n, prior.macro, fitted.macro, left.macro, left.mean,
                left.median, left.bias);
        if (errors->left_out[1])
            fprintf(out, " %.1f %% |\n", score_of(p, errors->left_out[1], of_class, c).macro);
        else
            fprintf(out, " |\n");
    }
}

static void report_groups(const serving_problem *p, const double *errors, const char *what, const fit_names *names,
                          selects selected, FILE *out) {
    int order[FIT_NAMES];
    fit_sort(names, order);
    fprintf(out, "\n| %s | figures | error, left out | median | bias |\n| --- | ---: | ---: | ---: | ---: |\n", what);
    for (int k = 0; k < names->count; k++) {
        score s = score_of(p, errors, selected, order[k]);
        if (s.n)
            fprintf(out, "| %s | %d | %.1f %% | %.1f %% | %+.1f %% |\n", names->name[order[k]], s.n, s.mean, s.median,
                    s.bias);
    }
}

void serving_report(const serving_problem *p, const serving_errors *errors, const char *path) {
    if (!errors->left_out[0]) return;
    FILE *out = fopen(path, "w");
    if (!out) exit(1);
    fprintf(out,
            "# How wrong forecasts of serving are\n\nWritten by `make fit-serving`, on %d figures of %d published rows "
            "of %d source families "
            "(`data/serving`). Left out: each source family (those of few figures together), from the priors on, "
            "forecast by a fit that has not seen "
            "it. An error is that "
            "of the time that a token or a request takes, positive where the forecast is too slow; the macro error is "
            "the mean over families. "
            "There is no factor for a row, a source or a paper. Priors of engines were set with these rows in sight, "
            "where no "
            "other figures are known: errors of engines that one source alone measured are optimistic.\n\n",
            p->count, p->case_count, p->families.count);
    report_scores(p, errors, out);
    report_groups(p, errors->left_out[0], "architecture", &p->architectures, of_architecture, out);
    report_groups(p, errors->left_out[0], "source", &p->families, of_family, out);
    if (fclose(out)) exit(1);
}
