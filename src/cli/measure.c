/* measure.c - `traincast measure`: kernels of the computer that it runs on, as rows of data/measurements; or the script that does so on
 * a host with GPUs or NPUs.
 *
 * Products in fp32 by OpenBLAS, which is found when the command runs, on all cores; and the triad a = b + s c of STREAM (J. D. McCalpin,
 * 1995) on all cores: 24 bytes an element, the line that a write fetches first not counted, as STREAM counts. Each is the median of
 * repetitions. The row names the accelerator that --accelerator says, as calibrate needs it. */
#define _POSIX_C_SOURCE 200809L
#include <dlfcn.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "cli/commands.h"
#include "report/format.h"
#include "search/threads.h"
#include "validate/score.h"

#define SCRIPT "measure.py"
#define THIS_COMPUTER "this-computer"
#define TRIAD_ELEMENTS ((int64_t)1 << 23) /* 64 MiB an array: beyond the caches of a server */
#define CHUNK ((int64_t)1 << 16)

enum { REPETITIONS = 64, LEAST_REPETITIONS = 1 };

/* cblas_sgemm: row-major, not transposed. */
typedef void gemm_function(int order, int trans_a, int trans_b, int m, int n, int k, float alpha, const float *a,
                           int lda, const float *b, int ldb, float beta, float *c, int ldc);
enum { ROW_MAJOR = 101, NOT_TRANSPOSED = 111 };

static const struct {
    int m, n, k;
} shapes[] = {{256, 256, 256},   {512, 512, 512},   {1024, 1024, 1024}, {2048, 2048, 2048}, /* squares */
              {1024, 2304, 768}, {1024, 768, 768},  {1024, 3072, 768},  {1024, 768, 3072},  /* GPT-2 of 124M */
              {768, 3072, 1024}, {1024, 8192, 768}, {4096, 1024, 256}};

typedef struct measured {
    const char *accelerator;
    tc_context *context;
    double least_s;
    bool rows;
    tc_table table;
} measured;

static double now(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The median over repetitions that last for `least_s` together; the first is not counted. */
static double median_time(void (*call)(void *of), void *of, double least_s) {
    double times[REPETITIONS], begun = now();
    int n = 0;
    call(of);
    while (n < REPETITIONS && (n < LEAST_REPETITIONS || now() - begun < least_s)) {
        double start = now();
        call(of);
        times[n++] = now() - start;
    }
    qsort(times, (size_t)n, sizeof *times, tc_by_value);
    return fmax(tc_quantile(times, n, 0.5), 1e-9);
}

/* ---- products -------------------------------------------------------------------------------------- */

typedef struct product {
    gemm_function *gemm;
    float *a, *b, *c;
    int m, n, k;
} product;

static void run_product(void *of) {
    product *p = of;
    p->gemm(ROW_MAJOR, NOT_TRANSPOSED, NOT_TRANSPOSED, p->m, p->n, p->k, 1, p->a, p->k, p->b, p->n, 0, p->c, p->n);
}

static gemm_function *find_gemm(void) {
    static const char *const libraries[] = {"libopenblas.so.0", "libopenblas.so", "libblis.so.4", "libcblas.so.3"};
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++) {
        void *library = dlopen(libraries[i], RTLD_NOW | RTLD_LOCAL), /* stays until the program ends */
            *address = library ? dlsym(library, "cblas_sgemm") : NULL;
        gemm_function *gemm;
        memcpy(&gemm, &address, sizeof gemm); /* POSIX: an address of a function fits */
        if (address) return gemm;
    }
    return NULL;
}

static void fill(float *x, size_t n) {
    for (size_t i = 0; i < n; i++) x[i] = (float)(i % 17) / 16 - 0.5f;
}

static void tell_product(measured *to, const product *p, double seconds) {
    char shape[60];
    double rate = 2.0 * p->m * p->n * p->k / seconds;
    if (to->rows) {
        fprintf(to->context->out,
                "{\"kind\": \"gemm\", \"accelerator\": \"%s\", \"dtype\": \"fp32\", \"m\": %d, \"n\": %d, \"k\": %d, "
                "\"us\": "
                "%.3f}\n",
                to->accelerator, p->m, p->n, p->k, 1e6 * seconds);
        return;
    }
    snprintf(shape, sizeof shape, "%d x %d x %d, fp32", p->m, p->n, p->k);
    tc_table_row_begin(&to->table);
    tc_cell(&to->table, "kernel", TC_LEFT, "product");
    tc_cell(&to->table, "of", TC_LEFT, shape);
    tc_cell(&to->table, "time", TC_RIGHT, tc_format_seconds(seconds).s);
    tc_cell(&to->table, "rate", TC_RIGHT, tc_format_flops(rate).s);
}

static tc_code measure_products(measured *to) {
    gemm_function *gemm = find_gemm();
    if (!gemm)
        return tc_fail(to->context->error, TC_NOT_FOUND, "measure",
                       "finds no BLAS; on Debian: apt-get install libopenblas0-pthread");
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        product p = {.gemm = gemm, .m = shapes[i].m, .n = shapes[i].n, .k = shapes[i].k};
        size_t a = (size_t)p.m * (size_t)p.k, b = (size_t)p.k * (size_t)p.n, c = (size_t)p.m * (size_t)p.n;
        p.a = malloc(a * sizeof *p.a);
        p.b = malloc(b * sizeof *p.b);
        p.c = malloc(c * sizeof *p.c);
        bool room = p.a && p.b && p.c;
        if (room) {
            fill(p.a, a);
            fill(p.b, b);
            tell_product(to, &p, median_time(run_product, &p, to->least_s));
        }
        free(p.a);
        free(p.b);
        free(p.c);
        if (!room) return tc_fail(to->context->error, TC_INTERNAL, "measure", "out of memory");
    }
    return TC_OK;
}

/* ---- memory ----------------------------------------------------------------------------------------- */

typedef struct triad {
    double *a, *b, *c;
    tc_threads *threads;
} triad;

static bool hire(void *context, int worker) {
    (void)context, (void)worker;
    return true;
}

static void run_chunk(void *context, int worker, int64_t index) {
    triad *t = context;
    (void)worker;
    double *restrict a = t->a + index * CHUNK;
    const double *restrict b = t->b + index * CHUNK, *restrict c = t->c + index * CHUNK;
    for (int64_t i = 0; i < CHUNK; i++) a[i] = b[i] + 3 * c[i];
}

static void run_triad(void *of) {
    triad *t = of;
    tc_threads_run(t->threads, run_chunk, 0, TRIAD_ELEMENTS / CHUNK);
}

static tc_code measure_memory(measured *to) {
    triad t = {.a = calloc((size_t)TRIAD_ELEMENTS, sizeof *t.a),
               .b = calloc((size_t)TRIAD_ELEMENTS, sizeof *t.b),
               .c = calloc((size_t)TRIAD_ELEMENTS, sizeof *t.c)};
    t.threads = tc_threads_start(tc_threads_count(0), hire, &t);
    bool room = t.a && t.b && t.c && t.threads;
    if (room) {
        for (int64_t i = 0; i < TRIAD_ELEMENTS; i++) t.a[i] = t.b[i] = t.c[i] = 1; /* pages of their own */
        double bytes = 3.0 * sizeof *t.a * (double)TRIAD_ELEMENTS,
               seconds = median_time(run_triad, &t, 4 * to->least_s);
        if (to->rows) {
            fprintf(to->context->out,
                    "{\"kind\": \"memory\", \"accelerator\": \"%s\", \"bytes\": %.0f, \"gb_per_s\": %.4f}\n",
                    to->accelerator, bytes, bytes / seconds / 1e9);
        } else {
            tc_table_row_begin(&to->table);
            tc_cell(&to->table, "kernel", TC_LEFT, "memory");
            tc_cell(&to->table, "of", TC_LEFT, "a = b + s c, 64 MiB each");
            tc_cell(&to->table, "time", TC_RIGHT, tc_format_seconds(seconds).s);
            tc_cell(&to->table, "rate", TC_RIGHT, tc_format_rate(bytes / seconds).s);
        }
    }
    if (t.threads) tc_threads_end(t.threads);
    free(t.a);
    free(t.b);
    free(t.c);
    return room ? TC_OK : tc_fail(to->context->error, TC_INTERNAL, "measure", "out of memory");
}

/* ---- the command -------------------------------------------------------------------------------------- */

static tc_code print_script(tc_context *context) {
    for (size_t i = 0; i < tc_embedded_pages.count; i++) {
        const tc_embedded_file *file = &tc_embedded_pages.files[i];
        if (strcmp(file->path, SCRIPT) != 0) continue;
        fwrite(tc_embedded_pages.strings + file->offset, 1, file->length, context->out);
        return TC_OK;
    }
    return tc_fail(context->error, TC_INTERNAL, SCRIPT, "is not embedded");
}

/* A slug stands in the rows as it is: nothing that JSON would have to escape. */
static bool is_slug(const char *text) {
    return *text && strlen(text) < 60 && text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789.-_")] == '\0';
}

tc_code tc_command_measure(tc_context *context) {
    const tc_value *accelerator = tc_given(context, TC_OPTION_MEASURE_ACCELERATOR),
                   *seconds = tc_given(context, TC_OPTION_MEASURE_SECONDS);
    if (tc_given(context, TC_OPTION_SCRIPT)->given) return print_script(context);
    measured to = {.accelerator = accelerator->given ? accelerator->text : THIS_COMPUTER,
                   .context = context,
                   .least_s = seconds->given ? seconds->real : 0.3,
                   .rows = tc_given(context, TC_OPTION_MEASURE_JSON)->given};
    if (!is_slug(to.accelerator))
        return tc_fail(context->error, TC_INVALID, "--accelerator",
                       "'%.60s' is no slug; give the name of its file, my-chip", to.accelerator);
    tc_code code = measure_products(&to);
    if (!code) code = measure_memory(&to);
    if (!code && !to.rows && !tc_table_print(&to.table, context->out, &context->style))
        return tc_fail(context->error, TC_INTERNAL, "measure", "out of memory");
    if (code || to.rows) tc_arena_free(&to.table.arena);
    return code;
}
