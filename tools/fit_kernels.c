/* fit_kernels.c - the parameters of devices, fitted to measured kernels and collectives (data/measurements).
 *
 * Each measurement is forecast with the library's own functions. A parameter's value is its prior, moved in its link by a
 * shift that all devices share, one of the architecture and one of the accelerator (fit_solve.h). A row weighs
 * n^-1/2 where its source measured n of its kind on its accelerator. The result is where the fit on runs starts.
 */
#include "fit_kernels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/vocabulary.h"
#include "fit_solve.h"
#include "validate/measurement.h"

struct kernel_row {
    tc_measurement m;
    int source, line, architecture_index, accelerator_index;
    double prior[DEVICE]; /* in the link */
    double weight;
};

/* Typical residual; the relative spread of a shift of all, of an architecture, of an accelerator. */
static const double noise = 0.1, sigmas[FIT_SHARED] = {0.1, 0.2, 0.2};
enum { ITERATIONS = 20 };

static tc_code read_line(kernel_problem *p, tc_catalog *catalog, const char *path, int line, const char *text,
                         size_t length, int source, tc_arena *arena, tc_error *error) {
    tc_json_document document;
    tc_code code = tc_json_open(&document, path, line, text, length, error);
    if (code != TC_OK) return code;
    tc_json json = tc_json_root(&document);
    kernel_row row = {.source = source, .line = line};
    tc_measurement_read(&json, catalog, &row.m);
    if (document.code == TC_OK && !row.m.excluded) {
        const tc_accelerator *a = &row.m.accelerator;
        row.architecture_index
            = fit_index(&p->architectures, tc_arena_copy(arena, a->architecture, strlen(a->architecture)));
        row.accelerator_index = fit_index(&p->accelerators, tc_arena_copy(arena, a->slug, strlen(a->slug)));
        for (int j = 0; j < DEVICE; j++)
            row.prior[j] = tc_to_link(tc_linked_parameters[j].link, ((const double *)&a->params)[j]);
        p->rows = realloc(p->rows, ((size_t)p->count + 1) * sizeof *p->rows);
        if (!p->rows) abort();
        p->rows[p->count++] = row;
    }
    code = document.code;
    tc_json_close(&document);
    return code;
}

tc_code kernel_fit_read(kernel_problem *p, tc_catalog *catalog, const char *path, tc_arena *arena, tc_error *error) {
    char *text;
    size_t length;
    tc_code code = tc_file_read(path, (size_t)1 << 26, &text, &length, error);
    if (code != TC_OK) return code;
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    int source = fit_index(&p->sources, tc_arena_copy(arena, name, strcspn(name, ".")));
    int number = 1;
    for (char *line = text; code == TC_OK && *line; number++) {
        size_t n = strcspn(line, "\n");
        if (n > 0) code = read_line(p, catalog, path, number, line, n, source, arena, error);
        line += n + (line[n] != 0);
    }
    free(text);
    return code;
}

/* ---- the fit --------------------------------------------------------------------------- */

static int unknowns(const kernel_problem *p) { return DEVICE * (1 + p->architectures.count + p->accelerators.count); }

static int architecture_column(int architecture, int j) { return DEVICE * (1 + architecture) + j; }

static int accelerator_column(const kernel_problem *p, int accelerator, int j) {
    return DEVICE * (1 + p->architectures.count + accelerator) + j;
}

static double sigma_of(const void *problem, int column) {
    const kernel_problem *p = problem;
    int group = column / DEVICE;
    return fit_sigma(column % DEVICE, sigmas[group == 0 ? 0 : group <= p->architectures.count ? 1 : 2]);
}

static double weight_of(const fit_fold *f, int row) { return ((const kernel_row *)f->rows)[row].weight; }
static int source_of(const fit_fold *f, int row) { return ((const kernel_row *)f->rows)[row].source; }
static int accelerator_of(const fit_fold *f, int row) { return ((const kernel_row *)f->rows)[row].accelerator_index; }

static int columns_of(const fit_fold *f, int index, int j, int columns[FIT_SHARED]) {
    const kernel_row *row = &((const kernel_row *)f->rows)[index];
    if (!tc_parameter_moves(j)) return 0;
    columns[0] = j;
    columns[1] = architecture_column(row->architecture_index, j);
    columns[2] = accelerator_column(f->system->problem, row->accelerator_index, j);
    return 3;
}

static bool never(const fit_fold *f, int index) {
    (void)f;
    (void)index;
    return false;
}

static double residual(const fit_fold *f, int index, const double *x, int bumped, double bump) {
    kernel_row *row = &((kernel_row *)f->rows)[index];
    double *params = (double *)&row->m.accelerator.params;
    for (int j = 0; j < DEVICE; j++) {
        int columns[FIT_SHARED], n = columns_of(f, index, j, columns);
        double value = row->prior[j] + (j == bumped ? bump : 0);
        for (int k = 0; k < n; k++) value += x[columns[k]];
        params[j] = tc_from_link(tc_linked_parameters[j].link, value);
    }
    return log(tc_measurement_seconds(&row->m) / row->m.seconds);
}

/* Share of the variance of kernels' residuals that all of a source's on one accelerator have in common: its machine, its library, how it
 * measured. So n of them say as much as n / (1 + SAME_MACHINE (n - 1)) that have nothing in common (Kish's design effect): never more than
 * four. From the residuals of 57 groups of three and more after the fit: 0.06 between them, 0.11 within. */
#define SAME_MACHINE 0.24

static void weigh(kernel_problem *p) {
    for (int i = 0; i < p->count; i++) {
        int alike = 0;
        for (int k = 0; k < p->count; k++)
            alike += p->rows[k].source == p->rows[i].source
                     && p->rows[k].accelerator_index == p->rows[i].accelerator_index
                     && p->rows[k].m.kind == p->rows[i].m.kind;
        p->rows[i].weight = 1 / (1 + SAME_MACHINE * (alike - 1));
    }
}

void kernel_fit_run(kernel_problem *p) {
    if (p->count == 0) return;
    weigh(p);
    size_t n = (size_t)unknowns(p);
    p->x = calloc(n * (size_t)(1 + p->sources.count + p->accelerators.count), sizeof *p->x);
    double *ignored = calloc((size_t)p->count, sizeof *ignored);
    for (int k = 0; k < 3; k++)
        if (!(p->residual[k] = calloc((size_t)p->count, sizeof(double)))) abort();
    if (!p->x || !ignored) abort();
    for (int i = 0; i < p->count; i++)
        p->residual[0][i] = log(tc_measurement_seconds(&p->rows[i].m) / p->rows[i].m.seconds);
    fit_system system = {.problem = p,
                         .rows = p->rows,
                         .row_size = sizeof *p->rows,
                         .count = p->count,
                         .groups = p->sources.count,
                         .parameters = DEVICE,
                         .unknowns = unknowns(p),
                         .iterations = ITERATIONS,
                         .noise = noise,
                         .sigma = sigma_of,
                         .weight = weight_of,
                         .group = source_of,
                         .residual = residual,
                         .columns = columns_of,
                         .changes = never};
    fit_pattern *pattern = fit_find_pattern(&system);
    system.pattern = pattern;
    fit_fold all = fit_begin(&system, -1);
    fit_minimise(&all);
    p->covariance = fit_covariance(&all);
    fit_residuals(&all, p->residual[1]);
    memcpy(p->x, all.x, n * sizeof *p->x);
    fit_end(&all);
    fit_leave_out(&system, p->x + n, p->residual[2]);
    system.group = accelerator_of;
    system.groups = p->accelerators.count;
    fit_leave_out(&system, p->x + n * (size_t)(1 + p->sources.count), ignored);
    free(ignored);
    fit_free_pattern(pattern);
}

/* Of the sum of a device's shifts; -1: not measured. */
static double open_of(const kernel_problem *p, int architecture, int own, int j) {
    int columns[FIT_SHARED] = {j}, n = 1;
    if (architecture >= 0) columns[n++] = architecture_column(architecture, j);
    if (own >= 0) columns[n++] = accelerator_column(p, own, j);
    double before = 0, after = fit_variance(p->covariance, unknowns(p), columns, n);
    for (int a = 0; a < FIT_SHARED; a++) {
        double variance = fit_sigma(j, sigmas[a]) * fit_sigma(j, sigmas[a]);
        before += variance;
        if (a >= n) after += variance;
    }
    return sqrt(after / before);
}

double kernel_fit_open(const kernel_problem *p, const char *architecture, const char *accelerator, int j) {
    if (p->count == 0) return 1;
    int of = fit_find(&p->architectures, architecture);
    if (accelerator) return open_of(p, of, fit_find(&p->accelerators, accelerator), j);
    double least = open_of(p, of, -1, j);
    for (int i = 0; i < p->count; i++) {
        if (p->rows[i].architecture_index != of) continue;
        double open = open_of(p, of, p->rows[i].accelerator_index, j);
        if (open < least) least = open;
    }
    return least;
}

void kernel_fit_apply(const kernel_problem *p, kernel_fold fold, tc_accelerator *accelerator) {
    if (p->count == 0) return;
    int of = fold.source >= 0 ? 1 + fold.source : fold.accelerator >= 0 ? 1 + p->sources.count + fold.accelerator : 0;
    const double *x = p->x + (size_t)unknowns(p) * (size_t)of;
    int architecture = fit_find(&p->architectures, accelerator->architecture),
        own = fit_find(&p->accelerators, accelerator->slug);
    double *params = (double *)&accelerator->params;
    for (int j = 0; j < DEVICE; j++) {
        double shift = x[j] + (architecture >= 0 ? x[architecture_column(architecture, j)] : 0)
                       + (own >= 0 ? x[accelerator_column(p, own, j)] : 0);
        tc_parameter_link link = tc_linked_parameters[j].link;
        params[j] = tc_from_link(link, tc_to_link(link, params[j]) + shift);
    }
}

/* ---- report ------------------------------------------------------------------------------ */

/* The rows of a line; -1, 0, NULL: any. */
typedef struct selection {
    int kind, source;
    const char *fabric;
    int ranks;
    double bytes_from, bytes_to;
} selection;

static bool selects(const selection *s, const kernel_row *row) {
    return (s->kind < 0 || (int)row->m.kind == s->kind) && (s->source < 0 || row->source == s->source)
           && (!s->fabric || (strcmp(row->m.fabric.slug, s->fabric) == 0 && row->m.ranks == s->ranks))
           && (s->bytes_to <= 0 || (row->m.bytes >= s->bytes_from && row->m.bytes < s->bytes_to));
}

static void report_line(const kernel_problem *p, const char *title, selection s, FILE *out) {
    double sum[3] = {0}, bias = 0;
    int n = 0;
    for (int i = 0; i < p->count; i++) {
        if (!selects(&s, &p->rows[i]) || isnan(p->residual[0][i])) continue;
        for (int k = 0; k < 3; k++) sum[k] += fabs(100 * (exp(p->residual[k][i]) - 1));
        bias += 100 * (exp(p->residual[2][i]) - 1);
        n++;
    }
    if (n)
        fprintf(out, "| %s | %d | %.1f %% | %.1f %% | %.1f %% | %+.1f %% |\n", title, n, sum[0] / n, sum[1] / n,
                sum[2] / n, bias / n);
}

/* The all-reduces of a group by size, a line for each power of ten. */
static void report_sizes(const kernel_problem *p, const char *fabric, int ranks, FILE *out) {
    static const struct {
        const char *name;
        double from, to;
    } sizes[] = {{"below 1 MB", 0, 1e6},
                 {"1 to 10 MB", 1e6, 1e7},
                 {"10 to 100 MB", 1e7, 1e8},
                 {"0.1 to 1 GB", 1e8, 1e9},
                 {"from 1 GB", 1e9, 1e15}};
    for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
        char title[128];
        snprintf(title, sizeof title, "%s, %d, %s", fabric, ranks, sizes[k].name);
        report_line(p, title, (selection){TC_MEASURED_ALL_REDUCE, -1, fabric, ranks, sizes[k].from, sizes[k].to}, out);
    }
}

void kernel_fit_report(const kernel_problem *p, FILE *out) {
    static const char head[]
        = "| measurements | priors | fitted | source left out | bias left out |\n|---|---|---|---|---|---|\n";
    fprintf(out,
            "\n## Kernels and collectives\n\nMean error of the forecast of %d measured kernels and collectives "
            "(data/measurements), on which the parameters of devices\n"
            "are fitted before the runs.\n\n| kind %s",
            p->count, head);
    report_line(p, "all", (selection){.kind = -1, .source = -1}, out);
    for (int k = 0; k < TC_MEASURED_KINDS; k++)
        report_line(p, tc_measurement_names[k], (selection){.kind = k, .source = -1}, out);
    fprintf(out, "\n| source %s", head);
    for (int s = 0; s < p->sources.count; s++)
        report_line(p, p->sources.name[s], (selection){.kind = -1, .source = s}, out);
    fprintf(out, "\n| all-reduce: fabric, devices, size %s", head);
    for (int i = 0; i < p->count; i++) {
        const kernel_row *row = &p->rows[i];
        bool reported = row->m.kind != TC_MEASURED_ALL_REDUCE;
        for (int k = 0; k < i && !reported; k++)
            reported = p->rows[k].m.kind == TC_MEASURED_ALL_REDUCE && p->rows[k].m.ranks == row->m.ranks
                       && strcmp(p->rows[k].m.fabric.slug, row->m.fabric.slug) == 0;
        if (!reported) report_sizes(p, row->m.fabric.slug, row->m.ranks, out);
    }
}

void kernel_fit_table(const kernel_problem *p, FILE *out) {
    fprintf(out, "source\tline\tkind\taccelerator\tdtype\tgroups\tm\tn\tk\theads\tkeys\thead_"
                 "dim\tfabric\tranks\tbytes\tseconds\tprior\tfitted\tleft_out\n");
    for (int i = 0; i < p->count; i++) {
        const kernel_row *row = &p->rows[i];
        const tc_measurement *r = &row->m;
        bool attends = r->op.kind == TC_OP_ATTENTION;
        tc_operator none = {.attention = {0}}, op = r->op, *gemm = attends ? &none : &op, *core = attends ? &op : &none;
        fprintf(out, "%s\t%d\t%s\t%s\t%s\t%g\t%g\t%g\t%g\t%g\t%g\t%g\t%s\t%d\t%g\t%g\t%.4f\t%.4f\t%.4f\n",
                p->sources.name[row->source], row->line, tc_measurement_names[r->kind], r->accelerator.slug,
                tc_dtype_names[r->dtype], attends ? 1 : gemm->gemm.groups, gemm->gemm.m, gemm->gemm.n, gemm->gemm.k,
                core->attention.tiles, core->attention.keys, core->attention.head_dim, r->fabric.slug, r->ranks,
                r->bytes, r->seconds, p->residual[0][i], p->residual[1][i], p->residual[2][i]);
    }
}

void kernel_fit_free(kernel_problem *p) {
    free(p->rows);
    free(p->x);
    free(p->covariance);
    for (int k = 0; k < 3; k++) free(p->residual[k]);
}
