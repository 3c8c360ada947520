/* fit_report.c - the errors of the fit on runs, for people. */
#include "fit_report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "step/parts.h"
#include "validate/score.h"

typedef struct family_score {
    const char *name;
    int n;
    double absolute[3], sum[3]; /* priors, fitted, left out */
} family_score;

typedef const char *group_key(const run_problem *p, const run_row *row);

static const char *key_family(const run_problem *p, const run_row *row) { return p->families.name[row->family]; }
static const char *key_accelerator(const run_problem *p, const run_row *row) {
    return p->accelerators.name[row->accelerator];
}
static const char *key_stack(const run_problem *p, const run_row *row) { return p->stacks.name[row->stack]; }

static const char *key_model(const run_problem *p, const run_row *row) {
    (void)p;
    return row->c.run->model.family[0] ? row->c.run->model.family : "not stated";
}

static const char *key_scale(const run_problem *p, const run_row *row) {
    (void)p;
    int n = row->c.run->devices;
    return n == 1 ? "1" : n <= 8 ? "2 to 8" : n <= 64 ? "9 to 64" : n <= 512 ? "65 to 512" : "more than 512";
}

/* The errors of the runs that were forecast, by a key; returns how many groups. */
static int collect(const run_problem *p, group_key *key, const double *errors[3], family_score scores[FIT_NAMES]) {
    fit_names groups = {.count = 0};
    memset(scores, 0, FIT_NAMES * sizeof *scores);
    for (int i = 0; i < p->count; i++) {
        if (!p->rows[i].supported || isnan(errors[2][i])) continue;
        family_score *s = &scores[fit_index(&groups, key(p, &p->rows[i]))];
        s->name = key(p, &p->rows[i]);
        s->n++;
        for (int k = 0; k < 3; k++) {
            s->absolute[k] += fabs(errors[k][i]);
            s->sum[k] += errors[k][i];
        }
    }
    return groups.count;
}

static int by_left_out(const void *a, const void *b) {
    const family_score *x = a, *y = b;
    double p = x->n ? x->absolute[2] / x->n : -1, q = y->n ? y->absolute[2] / y->n : -1;
    return (p < q) - (p > q);
}

/* Of the runs that were forecast: all, and those of which nothing was assumed. */
typedef struct summary {
    int n;
    double macro, median, bias, complete_macro, complete_median;
} summary;

static summary summarise(const run_problem *p, const double *errors) {
    tc_error_row *rows = malloc(((size_t)p->count + 1) * sizeof *rows);
    if (!rows) abort();
    int n = 0;
    double bias = 0;
    for (int i = 0; i < p->count; i++) {
        if (!p->rows[i].supported || isnan(errors[i])) continue;
        rows[n++] = (tc_error_row){p->families.name[p->rows[i].family], errors[i], p->rows[i].complete};
        bias += errors[i];
    }
    summary out = {.n = n, .bias = bias / n};
    if (!tc_macro_error(rows, n, false, &out.macro) || !tc_macro_error(rows, n, true, &out.complete_macro)
        || !tc_median_error(rows, n, false, &out.median) || !tc_median_error(rows, n, true, &out.complete_median))
        abort();
    free(rows);
    return out;
}

void fit_print_scores(const char *title, const run_problem *p, const double *errors) {
    summary s = summarise(p, errors);
    printf("%-9s n %d  macro %.2f  median %.2f  bias %+.2f  complete macro %.2f median %.2f\n", title, s.n, s.macro,
           s.median, s.bias, s.complete_macro, s.complete_median);
    fflush(stdout);
}

static void write_summary(const run_problem *p, const char *title, const double *errors, FILE *out) {
    summary s = summarise(p, errors);
    fprintf(out, "| %s | %.1f %% | %.1f %% | %+.1f %% | %.1f %% | %.1f %% |\n", title, s.macro, s.median, s.bias,
            s.complete_macro, s.complete_median);
}

/* Every left-out run as a dot: a column a source family, the largest error first; height is forecast over
 * measured step time on a logarithmic scale from 1/4 to 4. */
static void write_picture(const run_problem *p, const family_score *scores, int columns, const double *errors,
                          const char *path) {
    enum { WIDTH = 1080, HEIGHT = 460, LEFT = 60, RIGHT = 100, TOP = 20, BOTTOM = 160 }; /* RIGHT: the names slant */
    FILE *out = fopen(path, "w");
    if (!out) exit(1);
    double step = (double)(WIDTH - LEFT - RIGHT) / (columns ? columns : 1),
           middle = TOP + (HEIGHT - TOP - BOTTOM) / 2.0;
    double scale = (HEIGHT - TOP - BOTTOM) / 2.0 / log(4);
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" "
            "font-size=\"11\">\n"
            "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
            WIDTH, HEIGHT);
    static const double marks[] = {0.25, 0.5, 0.8, 1, 1.25, 2, 4};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        double y = middle - scale * log(marks[i]);
        fprintf(out,
                "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/><text x=\"%d\" y=\"%.1f\" "
                "text-anchor=\"end\">%g</text>\n",
                LEFT, WIDTH - RIGHT, y, y, marks[i] == 1 ? "#444" : "#ddd", LEFT - 6, y + 4, marks[i]);
    }
    for (int f = 0; f < columns; f++) {
        double x = LEFT + (f + 0.5) * step;
        int seen = 0;
        for (int i = 0; i < p->count; i++) {
            if (!p->rows[i].supported || isnan(errors[i])
                || strcmp(p->families.name[p->rows[i].family], scores[f].name) != 0)
                continue;
            double y = middle - scale * log(1 + errors[i] / 100), shift = ((seen * 7) % 11 - 5) * step / 14;
            seen++;
            if (y < TOP) y = TOP;
            if (y > HEIGHT - BOTTOM) y = HEIGHT - BOTTOM;
            fprintf(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2\" fill=\"#1667a8\" fill-opacity=\"0.35\"/>\n",
                    x + shift, y);
        }
        fprintf(out, "<text transform=\"translate(%.1f %d) rotate(70)\">%.22s</text>\n", x - 3, HEIGHT - BOTTOM + 14,
                scores[f].name);
    }
    fprintf(out,
            "<text x=\"%d\" y=\"14\">forecast over measured step time, each source left out of the fit that judges "
            "it</text>\n</svg>\n",
            LEFT);
    if (fclose(out)) exit(1);
}

static int by_runs(const void *a, const void *b) {
    const family_score *x = a, *y = b;
    return (x->n < y->n) - (x->n > y->n);
}

/* "9 to 64" before "65 to 512" before "more than 512". */
static int by_number(const void *a, const void *b) {
    double x = strtod(((const family_score *)a)->name, NULL), y = strtod(((const family_score *)b)->name, NULL);
    if (x <= 0) x = HUGE_VAL;
    if (y <= 0) y = HUGE_VAL;
    return (x > y) - (x < y);
}

typedef int score_order(const void *a, const void *b);

static void write_groups(const run_problem *p, const char *title, const char *what, group_key *key, score_order *order,
                         const double *errors[3], FILE *out) {
    family_score scores[FIT_NAMES];
    int groups = collect(p, key, errors, scores);
    qsort(scores, (size_t)groups, sizeof *scores, order);
    fprintf(out, "\n## %s\n\n| %s | runs | fitted | left out | bias left out |\n|---|---|---|---|---|\n", title, what);
    for (int g = 0; g < groups; g++) {
        const family_score *s = &scores[g];
        fprintf(out, "| %s | %d | %.1f %% | %.1f %% | %+.1f %% |\n", s->name, s->n, s->absolute[1] / s->n,
                s->absolute[2] / s->n, s->sum[2] / s->n);
    }
}

/* "matrix products 60 %, recompute 20 %" */
static void name_parts(const run_row *row, char *text, size_t size) {
    tc_case_result result;
    tc_error ignored;
    if (tc_case_predict(&row->c, &result, &ignored)) abort();
    const char *first = "", *second = "";
    double most = 0, next = 0;
    for (int i = 0; i < TC_PARTS_ALL; i++) {
        const char *name = tc_part_of[i].label;
        double seconds = tc_breakdown_seconds(&result.step.breakdown, i);
        if (seconds > most) {
            second = first, next = most;
            first = name, most = seconds;
        } else if (seconds > next) {
            second = name, next = seconds;
        }
    }
    snprintf(text, size, "%s %.0f %%, %s %.0f %%", first, 100 * most / result.step.step_s, second,
             100 * next / result.step.step_s);
}

/* The worst run of each of the ten worst models of a source: its neighbours fail alike. */
static void write_worst(const run_problem *p, const double *left_out, FILE *out) {
    enum { WORST = 10 };
    fprintf(out, "\n## The worst\n\nSources left out; one run of a source and model. What the forecast took for "
                 "granted, and what it is mostly made of, are where to look.\n\n"
                 "| run | chip | software | first assumption | largest parts of the forecast | error "
                 "|\n|---|---|---|---|---|---|\n");
    int shown[WORST];
    for (int k = 0; k < WORST; k++) {
        int worst = -1;
        for (int i = 0; i < p->count; i++) {
            const run_row *row = &p->rows[i];
            if (!row->supported || isnan(left_out[i])
                || (worst >= 0 && fabs(log(1 + left_out[i] / 100)) <= fabs(log(1 + left_out[worst] / 100))))
                continue;
            bool seen = false;
            for (int j = 0; j < k; j++) {
                const tc_published_run *other = p->rows[shown[j]].c.run;
                seen = seen
                       || (p->rows[shown[j]].family == row->family
                           && strcmp(other->model.name, row->c.run->model.name) == 0);
            }
            if (!seen) worst = i;
        }
        if (worst < 0) return;
        shown[k] = worst;
        const run_row *row = &p->rows[worst];
        char parts[160];
        name_parts(row, parts, sizeof parts);
        fprintf(out, "| %s | %s | %s | %s | %s | %+.0f %% |\n", row->c.run->id, p->accelerators.name[row->accelerator],
                p->stacks.name[row->stack], row->c.assumed_count ? row->c.assumed[0] : "nothing", parts,
                left_out[worst]);
    }
}

enum { LEAST_RUNS = 5 }; /* of an accelerator, in the mean over accelerators */

/* Accelerators that no run or kernel of the fit was of. */
static void write_new_chips(const run_problem *p, const fit_errors *all, FILE *out) {
    const double *errors[3] = {all->left_out[FIT_BY_FAMILY], all->fitted, all->left_out[FIT_BY_CHIP]};
    family_score scores[FIT_NAMES];
    int chips = collect(p, key_accelerator, errors, scores), counted = 0;
    double mean = 0, bias = 0;
    qsort(scores, (size_t)chips, sizeof *scores, by_runs);
    for (int g = 0; g < chips && scores[g].n >= LEAST_RUNS; g++, counted++) {
        mean += scores[g].absolute[2] / scores[g].n;
        bias += scores[g].sum[2] / scores[g].n;
    }
    fprintf(out,
            "\n## A new accelerator\n\nEvery accelerator in turn without its runs and its measured kernels: what "
            "its datasheet, its architecture and the\nstacks tell. The mean is over the %d accelerators of at least "
            "%d runs.\n\n| accelerator | runs | fitted | its sources left out | it left out | bias |\n"
            "|---|---|---|---|---|---|\n| mean | | | | %.1f %% | %+.1f %% |\n",
            counted, LEAST_RUNS, counted ? mean / counted : NAN, counted ? bias / counted : NAN);
    for (int g = 0; g < chips; g++) {
        const family_score *s = &scores[g];
        fprintf(out, "| %s | %d | %.1f %% | %.1f %% | %.1f %% | %+.1f %% |\n", s->name, s->n, s->absolute[1] / s->n,
                s->absolute[0] / s->n, s->absolute[2] / s->n, s->sum[2] / s->n);
    }
}

/* A fit that nears the errors on what it has not seen has learned what holds there too. */
static void write_ratio(const run_problem *p, const fit_errors *errors, FILE *out) {
    double fitted = summarise(p, errors->fitted).macro, left_out = summarise(p, errors->left_out[FIT_BY_FAMILY]).macro;
    fprintf(out,
            "\nThe fitted macro error is %.2f of that with each source left out; if it falls as the fit changes, the "
            "fit learns what holds for its own runs alone.\n",
            fitted / left_out);
}

static void write_summaries(const run_problem *p, const fit_errors *errors, FILE *out) {
    static const char *const titles[FIT_SCHEMES]
        = {"each source left out", "each cell left out: a source's model on an accelerator",
           "each accelerator left out, runs and kernels"};
    write_summary(p, "priors alone", errors->prior, out);
    write_summary(p, "fitted", errors->fitted, out);
    for (int s = 0; s < FIT_SCHEMES; s++)
        if (errors->left_out[s]) write_summary(p, titles[s], errors->left_out[s], out);
    write_ratio(p, errors, out);
}

/* Markdown: what the forecast errs on sources that its fit had not seen, beside the fit and the priors. */
void fit_report(const run_problem *p, const memory_problem *memory, const interval_run *runs, int count,
                const fit_errors *all, const char *path) {
    const double *errors[3] = {all->prior, all->fitted, all->left_out[FIT_BY_FAMILY]};
    FILE *out = fopen(path, "w");
    family_score scores[FIT_NAMES];
    if (!out) exit(1);
    fprintf(
        out,
        "# How wrong the forecasts are\n\n"
        "Written by `make fit`. Each published run is forecast from what its source states. Fitted: with the values of "
        "data/fitted, which have\n"
        "seen these runs. Left out: every source family in turn, the parameters fitted afresh from the priors on the "
        "others, the family then forecast;\n"
        "this is what to expect on a run like these. Errors are of the step's time; positive bias: forecast too slow.\n"
        "Macro: mean over source families. There is no factor per run.\n\n"
        "| | macro | median | bias | macro, nothing assumed | median, nothing assumed |\n|---|---|---|---|---|---|\n");
    write_summaries(p, all, out);
    int families = collect(p, key_family, errors, scores);
    qsort(scores, (size_t)families, sizeof *scores, by_left_out);
    fprintf(out,
            "\n| source family | runs | priors | fitted | left out | bias left out |\n|---|---|---|---|---|---|\n");
    for (int f = 0; f < families; f++) {
        const family_score *s = &scores[f];
        fprintf(out, "| %s | %d | %.1f %% | %.1f %% | %.1f %% | %+.1f %% |\n", s->name, s->n, s->absolute[0] / s->n,
                s->absolute[1] / s->n, s->absolute[2] / s->n, s->sum[2] / s->n);
    }
    size_t stem = strlen(path) > 3 ? strlen(path) - 3 : strlen(path);
    char picture[512];
    snprintf(picture, sizeof picture, "%.*s.svg", (int)stem, path);
    const char *slash = strrchr(picture, '/');
    fprintf(out, "\n![Forecast over measured](%s)\n", slash ? slash + 1 : picture);
    write_picture(p, scores, families, errors[2], picture);
    write_groups(p, "By accelerator", "accelerator", key_accelerator, by_runs, errors, out);
    write_groups(p, "By training software", "stack", key_stack, by_runs, errors, out);
    write_groups(p, "By kind of model", "kind", key_model, by_runs, errors, out);
    write_groups(p, "By scale", "devices", key_scale, by_number, errors, out);
    if (all->left_out[FIT_BY_CHIP]) write_new_chips(p, all, out);
    write_worst(p, errors[2], out);
    interval_report(runs, count, p->families.count, out);
    kernel_fit_report(p->kernels, out);
    memory_fit_report(memory, out);
    memory_fit_calibration(memory, out);
    if (fclose(out)) exit(1);
}

void fit_table(const run_problem *p, const fit_errors *errors, const char *path) {
    static const run_scheme last_columns[FIT_SCHEMES] = {FIT_BY_CELL, FIT_BY_CHIP, FIT_BY_FAMILY};
    FILE *out = fopen(path, "w");
    if (!out) exit(1);
    fprintf(out, "id\tfamily\tgroup\taccelerator\tstack\tmodel\tdevices\tmetric\tmeasured\tprior\tfitted\t"
                 "left_out_cell\tleft_out_chip\tleft_out\n");
    for (int i = 0; i < p->count; i++) {
        const tc_published_run *r = p->rows[i].c.run;
        if (!p->rows[i].supported) continue;
        fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\t%.6g\t%.2f\t%.2f", r->id, r->source_family, r->group,
                r->accelerator, p->stacks.name[p->rows[i].stack], r->model.name, r->devices, tc_metric_name(r->metric),
                r->measured, errors->prior[i], errors->fitted[i]);
        for (int k = 0; k < FIT_SCHEMES; k++) {
            const double *left_out = errors->left_out[last_columns[k]];
            fprintf(out, "\t%.2f", left_out ? left_out[i] : NAN);
        }
        fputc('\n', out);
    }
    if (fclose(out)) exit(1);
}

void fit_predictions(const run_problem *p, const fit_errors *errors, const char *version, const char *path) {
    const double *left_out = errors->left_out[FIT_BY_FAMILY];
    FILE *out = fopen(path, "w");
    if (!out) exit(1);
    fprintf(out, "{\"tool\": \"traincast, source left out\", \"commit\": \"%s\"}\n", version);
    for (int i = 0; i < p->count; i++) {
        tc_case_result result;
        tc_error ignored;
        if (!p->rows[i].supported || isnan(left_out[i]) || tc_case_predict(&p->rows[i].c, &result, &ignored)) continue;
        double measured_s = result.step.step_s / (1 + result.error_pct / 100);
        fprintf(out, "{\"id\": \"%s\", \"predicted_step_s\": %.5g}\n", p->rows[i].c.run->id,
                measured_s * (1 + left_out[i] / 100));
    }
    if (fclose(out)) exit(1);
}

enum { LINE = 4096 };

/* The text after that many tabs; NULL. */
static const char *column_of(const char *line, int column) {
    for (; line && column > 0; column--) {
        line = strchr(line, '\t');
        if (line) line++;
    }
    return line;
}

bool fit_read_table(const run_problem *p, run_scheme scheme, const char *path, double *errors) {
    static const int columns[FIT_SCHEMES] = {[FIT_BY_CELL] = 11, [FIT_BY_CHIP] = 12, [FIT_BY_FAMILY] = 13};
    char line[LINE];
    bool any = false;
    FILE *in = fopen(path, "r");
    if (!in) {
        fprintf(stderr, "traincast-fit: %s: cannot be read\n", path);
        exit(2);
    }
    for (int i = 0; i < p->count; i++) errors[i] = NAN;
    while (fgets(line, sizeof line, in)) {
        const char *value = column_of(line, columns[scheme]);
        size_t length = strcspn(line, "\t");
        for (int i = 0; value && i < p->count; i++) {
            const char *id = p->rows[i].c.run->id;
            if (strlen(id) == length && memcmp(id, line, length) == 0) errors[i] = strtod(value, NULL);
            any = any || isfinite(errors[i]);
        }
    }
    fclose(in);
    return any;
}
