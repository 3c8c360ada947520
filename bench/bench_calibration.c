/* bench_calibration.c - what a calibration brings: published sources that the priors have not seen, calibrated on a few of their rows.
 *
 * usage: bench_calibration FOLDS by-source|by-chip|by-kernels ROWS DRAWS RUNS.jsonl ... [--measurements FILE.jsonl ...]
 *
 * FOLDS: the folder of traincast-fit --folds, with the values of a fit without each source (--leave-out) or each accelerator
 * (--leave-out-chips). Of each group DRAWS times ROWS rows of one source, chip and stack are taken at random (ROWS 0: kernels alone, of
 * the chip), calibrated, written as a folder, and the other rows forecast with it: those of the same source, chip and stack, and all of
 * the group. Prints the mean error before and after, and how many lie inside their 80 % intervals; a group a line, then medians. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/random.h"
#include "calibrate/calibrate.h"
#include "validate/inputs.h"
#include "validate/lines.h"
#include "validate/score.h"

enum { MOST_ROWS = 4096, MOST_GROUPS = 200 };

typedef struct judged {
    double before, after, covered_before, covered_after, n, scale, left_out;
} judged;

typedef struct bench {
    tc_published published;
    const char *folds, *own;
    char **measurements;
    int measurement_files, rows, draws;
    bool by_chip;
    tc_calibration_settings set;
} bench;

static void stop(const char *what, const tc_error *error) {
    fprintf(stderr, "bench_calibration: %s: %s: %s\n", what, error->place, error->text);
    exit(2);
}

/* The counted rows of a group that can be forecast. */
static int take_group(const bench *b, tc_catalog *catalog, const tc_conventions *conventions, const char *group,
                      tc_case *cases) {
    int n = 0;
    tc_error error;
    for (int i = 0; i < b->published.count && n < MOST_ROWS; i++) {
        const tc_published_run *run = &b->published.runs[i];
        if (!run->counts || run->metric == TC_METRIC_NONE || run->out_of_memory || run->refused) continue;
        if (!b->by_chip && strcmp(run->source_family, group) != 0) continue;
        if (tc_case_build(catalog, conventions, run, &cases[n], &error)) stop(run->id, &error);
        if (cases[n].status) continue;
        if (b->by_chip && strcmp(cases[n].cluster.accelerator.slug, group) != 0) continue;
        tc_case_settle(&cases[n]);
        tc_case_result result;
        if (tc_case_predict(&cases[n], &result, &error)) continue;
        n++;
    }
    return n;
}

static bool alike(const tc_case *a, const tc_case *b) {
    return strcmp(a->run->source_family, b->run->source_family) == 0
           && strcmp(a->cluster.accelerator.slug, b->cluster.accelerator.slug) == 0
           && strcmp(a->stack.slug, b->stack.slug) == 0;
}

/* Adds the kernels of a chip. */
static void add_kernels(const bench *b, tc_calibration *c, tc_catalog *catalog, const char *chip) {
    tc_error error;
    for (int f = 0; f < b->measurement_files; f++) {
        char *text;
        size_t length;
        if (tc_file_read(b->measurements[f], (size_t)64 << 20, &text, &length, &error)) stop("measurements", &error);
        tc_lines lines = tc_lines_of(text, length);
        for (const char *at; tc_lines_next(&lines, &at, &length);) {
            tc_json_document document;
            tc_measurement m;
            if (tc_json_open(&document, b->measurements[f], lines.line, at, length, &error)) stop("row", &error);
            tc_json json = tc_json_root(&document);
            tc_measurement_read(&json, catalog, &m);
            bool use = !document.code && !m.excluded && strcmp(m.accelerator.slug, chip) == 0;
            if (use && c->count < TC_CALIBRATION_ROWS && tc_calibration_add_kernel(c, "kernel", &m, &error))
                fprintf(stderr, "%s\n", error.text);
            tc_json_close(&document);
        }
        free(text);
    }
}

static void judge_row(const tc_case *c, const tc_interval_model *model, double *error_pct, double *covered) {
    tc_case_result result;
    tc_error ignored;
    *error_pct = NAN;
    if (tc_case_predict(c, &result, &ignored)) return;
    tc_question q = tc_case_question(c);
    tc_interval interval = tc_interval_of(model, &q, &result.step, tc_case_guesses(c));
    double ratio = 1 / (1 + result.error_pct / 100);
    *error_pct = fabs(result.error_pct);
    *covered = ratio >= interval.p10 && ratio <= interval.p90;
}

/* One draw: of the rows like `cases[first]` some are taken; the others judged. */
static void draw(const bench *b, const char *fold, const char *group, tc_catalog *catalog, tc_case *cases, int count,
                 int first, int seed, judged *same, judged *all) {
    static bool taken[MOST_ROWS];
    static tc_case copies[64];
    tc_error error;
    tc_calibration c = {.set = b->set};
    int pool[MOST_ROWS], n = 0, used = 0;
    memset(taken, 0, sizeof taken);
    for (int i = 0; i < count; i++)
        if (alike(&cases[i], &cases[first])) pool[n++] = i;
    uint64_t state = (uint64_t)seed * 0x9e3779b97f4a7c15u + 12345;
    while (used < b->rows && used < n - 1 && used < 64) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        int i = pool[(state >> 33) % (uint64_t)n];
        if (taken[i]) continue;
        taken[i] = true;
        copies[used] = cases[i];
        if (tc_calibration_add_step(&c, cases[i].run->id, cases[i].run->id, &copies[used], &error)) {
            fprintf(stderr, "%s: %s\n", error.place, error.text);
            continue;
        }
        used++;
    }
    if (b->rows == 0) add_kernels(b, &c, catalog, group);
    if (c.count == 0) return;
    if (tc_calibrate(&c, catalog, &error) || tc_calibration_write(&c, b->own, &error)) stop("calibrate", &error);
    const char *folders[] = {fold, b->own};
    tc_catalog *calibrated;
    const tc_interval_model *before, *after;
    if (tc_catalog_open(folders, 2, &calibrated, &error) || tc_catalog_interval(catalog, &before, &error)
        || tc_catalog_interval(calibrated, &after, &error))
        stop("catalog", &error);
    for (int i = 0; i < count; i++) {
        if (taken[i]) continue;
        tc_case own = cases[i];
        double x, y, inside_x, inside_y;
        judge_row(&cases[i], before, &x, &inside_x);
        tc_calibration_apply_device(&c, &own.cluster.accelerator);
        tc_calibration_apply_stack(&c, &own.stack);
        judge_row(&own, after, &y, &inside_y);
        if (isnan(x) || isnan(y)) continue;
        judged *to[2] = {all, alike(&cases[i], &cases[first]) || b->rows == 0 ? same : NULL};
        for (int k = 0; k < 2; k++) {
            if (!to[k]) continue;
            to[k]->before += x;
            to[k]->after += y;
            to[k]->covered_before += inside_x;
            to[k]->covered_after += inside_y;
            to[k]->n++;
        }
    }
    same->scale += c.scale;
    same->left_out += tc_calibration_error(&c, offsetof(tc_observation, left_out));
    tc_catalog_close(calibrated);
    tc_calibration_free(&c);
}

static void scale_down(judged *j) {
    j->before /= j->n;
    j->after /= j->n;
    j->covered_before /= j->n / 100;
    j->covered_after /= j->n / 100;
}

/* Fills both; false where the group has too few rows. */
static bool judge_group(const bench *b, const char *group, judged *same, judged *all) {
    char fold[1024];
    static tc_case cases[MOST_ROWS];
    static tc_conventions conventions;
    tc_error error;
    tc_catalog *catalog;
    snprintf(fold, sizeof fold, "%s/%s", b->folds, group);
    struct stat status;
    if (stat(fold, &status) != 0) return false;
    if (tc_catalog_open((const char *[]){fold}, 1, &catalog, &error)
        || tc_conventions_read(catalog, &conventions, &error))
        stop(group, &error);
    int count = take_group(b, catalog, &conventions, group, cases), draws = 0;
    *same = *all = (judged){0};
    for (int d = 0; d < b->draws && count > 0; d++) {
        int first = (int)((uint64_t)d * 2654435761u % (uint64_t)count), n = 0;
        for (int i = 0; i < count; i++) n += alike(&cases[i], &cases[first]);
        if (n < b->rows + 3) continue;
        draw(b, fold, group, catalog, cases, count, first, d, same, all);
        draws++;
        if (b->rows == 0) break;
    }
    tc_catalog_close(catalog);
    if (draws == 0 || same->n == 0) return false;
    same->scale /= draws;
    same->left_out /= draws;
    scale_down(same);
    scale_down(all);
    return true;
}

static double median(double *values, int n) {
    qsort(values, (size_t)n, sizeof *values, tc_by_value);
    return tc_quantile(values, n, 0.5);
}

static void report(const bench *b, const char *const *groups, int count) {
    double ratio[MOST_GROUPS], ratio_all[MOST_GROUPS], before[MOST_GROUPS], after[MOST_GROUPS], covered = 0,
                                                                                                covered_b = 0;
    int n = 0;
    double mean_before = 0, mean_after = 0;
    printf("%-34s %6s %8s %8s %6s %6s | %8s %8s | %5s %7s\n", "group", "rows", "before", "after", "in b.", "in a.",
           "all bef.", "all aft.", "scale", "own LOO");
    for (int g = 0; g < count; g++) {
        judged same, all;
        if (!judge_group(b, groups[g], &same, &all)) continue;
        printf("%-34.34s %6.0f %7.1f%% %7.1f%% %5.0f%% %5.0f%% | %7.1f%% %7.1f%% | %5.2f %6.1f%%\n", groups[g], same.n,
               same.before, same.after, same.covered_before, same.covered_after, all.before, all.after, same.scale,
               same.left_out);
        fflush(stdout);
        before[n] = same.before;
        after[n] = same.after;
        ratio[n] = same.after / same.before;
        ratio_all[n++] = all.after / all.before;
        mean_before += same.before;
        mean_after += same.after;
        covered += same.covered_after;
        covered_b += same.covered_before;
    }
    printf("%d groups: mean %.1f -> %.1f %%, median %.1f -> %.1f %%; median ratio %.2f (all rows of the group %.2f); "
           "inside %.0f -> "
           "%.0f %%\n",
           n, mean_before / n, mean_after / n, median(before, n), median(after, n), median(ratio, n),
           median(ratio_all, n), covered_b / n, covered / n);
}

/* NAME=VALUE of the environment into a setting, to try others. */
static void take_setting(const char *name, double *to) {
    const char *text = getenv(name);
    if (text) *to = strtod(text, NULL);
}

int main(int argc, char **argv) {
    tc_error error;
    bench b = {.set = tc_calibration_defaults(), .own = "calibrated.tmp"};
    if (argc < 6) return fprintf(stderr, "usage: see the top of bench/bench_calibration.c\n"), 2;
    b.folds = argv[1];
    b.by_chip = strcmp(argv[2], "by-source") != 0;
    b.rows = atoi(argv[3]);
    b.draws = atoi(argv[4]);
    take_setting("NOISE", &b.set.noise);
    take_setting("KERNEL_NOISE", &b.set.kernel_noise);
    take_setting("DIFFICULTY", &b.set.difficulty);
    take_setting("SITE", &b.set.site);
    take_setting("POWER", &b.set.power);
    take_setting("KEPT", &b.set.kept_width);
    take_setting("CERTAINTY", &b.set.certainty);
    (void)mkdir(b.own, 0777);
    (void)mkdir("calibrated.tmp/fitted", 0777);
    int i = 5;
    for (; i < argc && strcmp(argv[i], "--measurements") != 0; i++)
        if (tc_published_read_file(&b.published, argv[i], &error)) stop("runs", &error);
    if (i < argc) {
        b.measurements = argv + i + 1;
        b.measurement_files = argc - i - 1;
    }
    const char *groups[MOST_GROUPS];
    int count = 0;
    for (int r = 0; r < b.published.count; r++) {
        const char *name = b.by_chip ? b.published.runs[r].accelerator : b.published.runs[r].source_family;
        bool known = !name;
        for (int k = 0; k < count && !known; k++) known = strcmp(groups[k], name) == 0;
        if (!known && count < MOST_GROUPS) groups[count++] = name;
    }
    report(&b, groups, count);
    tc_published_free(&b.published);
    return 0;
}
