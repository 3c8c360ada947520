/* bench_gpt2_step.c - a training step of a GPT-2-like model on this computer, to hold a forecast against: `sh bench/closed_loop.sh`.
 *
 * usage: bench_gpt2_step LAYERS WIDTH HEADS VOCABULARY SEQUENCE BATCH STEPS | bench_gpt2_step kernels
 *
 * kernels: prints rows of data/measurements instead, of one core in processor time, as the step is: on a machine with other work, wall
 * time says nothing.
 *
 * Every operator of forward, backward and AdamW of a decoder with learned positions, layer norms, GELU, plain causal attention and tied
 * embeddings, in fp32: products by OpenBLAS on one core (OPENBLAS_NUM_THREADS=1), the rest by plain loops, as a plain C program has them. The values
 * are of no use, only the time is. Prints the median processor time of a step in seconds. */
#define _POSIX_C_SOURCE 200809L
#include <dlfcn.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef void gemm_function(int order, int ta, int tb, int m, int n, int k, float alpha, const float *a, int lda,
                           const float *b, int ldb, float beta, float *c, int ldc);
enum { ROW_MAJOR = 101, PLAIN = 111, TRANSPOSED = 112 };
static gemm_function *gemm;

typedef struct sizes {
    int layers, width, heads, vocabulary, seq, batch;
} sizes;

static float *room(size_t n) {
    float *x = malloc(n * sizeof *x);
    if (!x) exit(1);
    for (size_t i = 0; i < n; i++) x[i] = (float)(i % 31) / 310 - 0.05f;
    return x;
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* out (t, o) = in (t, i) w (i, o) */
static void linear(float *out, const float *in, const float *w, int t, int i, int o) {
    gemm(ROW_MAJOR, PLAIN, PLAIN, t, o, i, 1, in, i, w, o, 0, out, o);
}

static void linear_backward(const float *dout, const float *in, const float *w, float *din, float *dw, int t, int i,
                            int o) {
    gemm(ROW_MAJOR, PLAIN, TRANSPOSED, t, i, o, 1, dout, o, w, o, 0, din, i);
    gemm(ROW_MAJOR, TRANSPOSED, PLAIN, i, o, t, 1, in, i, dout, o, 1, dw, o);
}

static void norm(float *out, const float *in, int t, int c) {
    for (int r = 0; r < t; r++) {
        const float *x = in + (size_t)r * (size_t)c;
        float mean = 0, square = 0;
        for (int j = 0; j < c; j++) mean += x[j], square += x[j] * x[j];
        mean /= (float)c;
        float scale = 1 / sqrtf(square / (float)c - mean * mean + 1e-5f);
        for (int j = 0; j < c; j++) out[(size_t)r * (size_t)c + (size_t)j] = (x[j] - mean) * scale;
    }
}

static void add(float *out, const float *in, size_t n) {
    for (size_t i = 0; i < n; i++) out[i] += in[i];
}

/* x / (1 + |x|) stands for tanh: as much traffic, an arithmetic that vectorises */
static void gelu(float *out, const float *in, size_t n) {
    for (size_t i = 0; i < n; i++) {
        float x = in[i], u = 0.8f * (x + 0.044715f * x * x * x);
        out[i] = 0.5f * x * (1 + u / (1 + fabsf(u)));
    }
}

static void gelu_backward(float *din, const float *in, size_t n) {
    for (size_t i = 0; i < n; i++) {
        float u = in[i] / (1 + fabsf(in[i]));
        din[i] *= 0.5f * (1 + u + in[i] * (1 - u * u));
    }
}

/* One head of one sequence: q, k, v and out are columns of (seq, 3 width) and (seq, width). */
static void attend(const sizes *s, const float *qkv, float *scores, float *out) {
    int d = s->width / s->heads, row = 3 * s->width;
    gemm(ROW_MAJOR, PLAIN, TRANSPOSED, s->seq, s->seq, d, 0.125f, qkv, row, qkv + s->width, row, 0, scores, s->seq);
    for (int i = 0; i < s->seq; i++) {
        float *p = scores + (size_t)i * (size_t)s->seq, sum = 0;
        for (int j = 0; j <= i; j++) sum += p[j] = expf(p[j]);
        for (int j = 0; j < s->seq; j++) p[j] = j <= i ? p[j] / sum : 0;
    }
    gemm(ROW_MAJOR, PLAIN, PLAIN, s->seq, d, s->seq, 1, scores, s->seq, qkv + 2 * s->width, row, 0, out, s->width);
}

static void attend_backward(const sizes *s, const float *qkv, const float *scores, const float *dout, float *dqkv,
                            float *dscores) {
    int d = s->width / s->heads, row = 3 * s->width;
    gemm(ROW_MAJOR, PLAIN, TRANSPOSED, s->seq, s->seq, d, 1, dout, s->width, qkv + 2 * s->width, row, 0, dscores,
         s->seq);
    gemm(ROW_MAJOR, TRANSPOSED, PLAIN, s->seq, d, s->seq, 1, scores, s->seq, dout, s->width, 0, dqkv + 2 * s->width,
         row);
    for (int i = 0; i < s->seq; i++) {
        const float *p = scores + (size_t)i * (size_t)s->seq;
        float *g = dscores + (size_t)i * (size_t)s->seq, sum = 0;
        for (int j = 0; j <= i; j++) sum += p[j] * g[j];
        for (int j = 0; j < s->seq; j++) g[j] = p[j] * (g[j] - sum);
    }
    gemm(ROW_MAJOR, PLAIN, PLAIN, s->seq, d, s->seq, 0.125f, dscores, s->seq, qkv + s->width, row, 0, dqkv, row);
    gemm(ROW_MAJOR, TRANSPOSED, PLAIN, s->seq, d, s->seq, 0.125f, dscores, s->seq, qkv, row, 0, dqkv + s->width, row);
}

/* What a layer keeps and learns. */
typedef struct layer {
    float *in, *normed, *qkv, *scores, *mixed, *middle, *normed2, *up, *active;
    float *w[4], *dw[4]; /* qkv, projection, up, down */
} layer;

static void adamw(float *w, const float *g, float *m, float *v, size_t n) {
    for (size_t i = 0; i < n; i++) {
        m[i] = 0.9f * m[i] + 0.1f * g[i];
        v[i] = 0.95f * v[i] + 0.05f * g[i] * g[i];
        w[i] -= 1e-5f * (m[i] / (sqrtf(fabsf(v[i])) + 1e-8f) + 0.1f * w[i]);
    }
}

/* Products of a step's sizes and a copy. */
static void print_kernels(void) {
    static const int shapes[][3]
        = {{512, 512, 512}, {512, 2048, 512}, {512, 512, 2048}, {512, 1536, 512}, {512, 8192, 512}, {1024, 1024, 1024}};
    float *a = room((size_t)1 << 24), *b = room((size_t)1 << 24), *c = room((size_t)1 << 24);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        double best = 1e9;
        for (int r = 0; r < 5; r++) {
            double start = now();
            linear(c, a, b, shapes[i][0], shapes[i][2], shapes[i][1]);
            double took = now() - start;
            if (r > 0 && took < best) best = took;
        }
        printf("{\"kind\": \"gemm\", \"accelerator\": \"this-computer\", \"dtype\": \"fp32\", \"m\": %d, \"n\": %d, "
               "\"k\": %d, \"us\": %.1f}\n",
               shapes[i][0], shapes[i][1], shapes[i][2], 1e6 * best);
    }
    double best = 1e9;
    for (int r = 0; r < 5; r++) {
        double start = now();
        for (size_t i = 0; i < (size_t)1 << 24; i++) a[i] = b[i] + 3 * c[i];
        double took = now() - start;
        if (r > 0 && took < best) best = took;
    }
    printf("{\"kind\": \"memory\", \"accelerator\": \"this-computer\", \"bytes\": %.0f, \"gb_per_s\": %.4f}\n",
           12.0 * (1 << 24), 12.0 * (1 << 24) / best / 1e9);
}

int main(int argc, char **argv) {
    bool kernels = argc == 2 && strcmp(argv[1], "kernels") == 0;
    if (argc != 8 && !kernels)
        return fprintf(stderr, "usage: bench_gpt2_step LAYERS WIDTH HEADS VOCABULARY SEQUENCE BATCH STEPS\n"), 2;
    void *library = dlopen("libopenblas.so.0", RTLD_NOW), *address = library ? dlsym(library, "cblas_sgemm") : NULL;
    if (!address) return fprintf(stderr, "bench_gpt2_step: libopenblas.so.0 is not installed\n"), 2;
    memcpy(&gemm, &address, sizeof gemm);
    if (kernels) return print_kernels(), 0;
    sizes s = {atoi(argv[1]), atoi(argv[2]), atoi(argv[3]), atoi(argv[4]), atoi(argv[5]), atoi(argv[6])};
    int steps = atoi(argv[7]), t = s.batch * s.seq, c = s.width;
    size_t tc = (size_t)t * (size_t)c, cc = (size_t)c * (size_t)c, square = (size_t)s.seq * (size_t)s.seq,
           tv = (size_t)t * (size_t)s.vocabulary, vc = (size_t)s.vocabulary * (size_t)c;
    const size_t weights[4] = {3 * cc, cc, 4 * cc, 4 * cc};
    layer *l = calloc((size_t)s.layers, sizeof *l);
    float *moments[2][4], *embedding = room(vc), *dembedding = room(vc), *em = room(vc), *ev = room(vc), *x = room(tc),
                          *dx = room(tc), *d1 = room(tc), *d3 = room(3 * tc), *d4 = room(4 * tc), *logits = room(tv),
                          *dscores = room(square);
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < 2; k++) moments[k][i] = room(weights[i] * (size_t)s.layers);
    for (int i = 0; i < s.layers; i++) {
        l[i] = (layer){room(tc),     room(tc), room(3 * tc), room(square * (size_t)(s.batch * s.heads)),
                       room(tc),     room(tc), room(tc),     room(4 * tc),
                       room(4 * tc), {0},      {0}};
        for (int k = 0; k < 4; k++) l[i].w[k] = room(weights[k]), l[i].dw[k] = room(weights[k]);
    }
    double *times = calloc((size_t)steps + 1, sizeof *times);
    for (int step = 0; step <= steps; step++) {
        double start = now();
        for (int r = 0; r < t; r++) /* embedding */
            memcpy(x + (size_t)r * (size_t)c, embedding + (size_t)(r * 7 % s.vocabulary) * (size_t)c,
                   (size_t)c * sizeof *x);
        for (int i = 0; i < s.layers; i++) {
            layer *y = &l[i];
            memcpy(y->in, x, tc * sizeof *x);
            norm(y->normed, x, t, c);
            linear(y->qkv, y->normed, y->w[0], t, c, 3 * c);
            for (int b = 0; b < s.batch; b++)
                for (int h = 0; h < s.heads; h++)
                    attend(&s, y->qkv + (size_t)(b * s.seq) * 3 * (size_t)c + (size_t)(h * c / s.heads),
                           y->scores + square * (size_t)(b * s.heads + h),
                           y->mixed + (size_t)(b * s.seq) * (size_t)c + (size_t)(h * c / s.heads));
            linear(d1, y->mixed, y->w[1], t, c, c);
            add(x, d1, tc);
            memcpy(y->middle, x, tc * sizeof *x);
            norm(y->normed2, x, t, c);
            linear(y->up, y->normed2, y->w[2], t, c, 4 * c);
            gelu(y->active, y->up, 4 * tc);
            linear(d1, y->active, y->w[3], t, 4 * c, c);
            add(x, d1, tc);
        }
        norm(dx, x, t, c);
        gemm(ROW_MAJOR, PLAIN, TRANSPOSED, t, s.vocabulary, c, 1, dx, c, embedding, c, 0, logits, s.vocabulary);
        for (int r = 0; r < t; r++) { /* softmax and its gradient */
            float *p = logits + (size_t)r * (size_t)s.vocabulary, sum = 0;
            for (int j = 0; j < s.vocabulary; j++) sum += p[j] = expf(p[j] < 20 ? p[j] : 20);
            for (int j = 0; j < s.vocabulary; j++) p[j] /= sum * (float)t;
            p[r * 11 % s.vocabulary] -= 1.0f / (float)t;
        }
        gemm(ROW_MAJOR, TRANSPOSED, PLAIN, s.vocabulary, c, t, 1, logits, s.vocabulary, dx, c, 0, dembedding, c);
        gemm(ROW_MAJOR, PLAIN, PLAIN, t, c, s.vocabulary, 1, logits, s.vocabulary, embedding, c, 0, dx, c);
        for (int i = s.layers - 1; i >= 0; i--) {
            layer *y = &l[i];
            for (int k = 0; k < 4; k++) memset(y->dw[k], 0, weights[k] * sizeof(float));
            linear_backward(dx, y->active, y->w[3], d4, y->dw[3], t, 4 * c, c);
            gelu_backward(d4, y->up, 4 * tc);
            linear_backward(d4, y->normed2, y->w[2], d1, y->dw[2], t, c, 4 * c);
            norm(d1, d1, t, c);
            add(dx, d1, tc);
            linear_backward(dx, y->mixed, y->w[1], d1, y->dw[1], t, c, c);
            for (int b = 0; b < s.batch; b++)
                for (int h = 0; h < s.heads; h++) {
                    size_t at = (size_t)(b * s.seq) * 3 * (size_t)c + (size_t)(h * c / s.heads);
                    attend_backward(&s, y->qkv + at, y->scores + square * (size_t)(b * s.heads + h),
                                    d1 + (size_t)(b * s.seq) * (size_t)c + (size_t)(h * c / s.heads), d3 + at, dscores);
                }
            linear_backward(d3, y->normed, y->w[0], d1, y->dw[0], t, c, 3 * c);
            norm(d1, d1, t, c);
            add(dx, d1, tc);
        }
        for (int i = 0; i < s.layers; i++)
            for (int k = 0; k < 4; k++)
                adamw(l[i].w[k], l[i].dw[k], moments[0][k] + weights[k] * (size_t)i,
                      moments[1][k] + weights[k] * (size_t)i, weights[k]);
        adamw(embedding, dembedding, em, ev, vc);
        times[step] = now() - start;
    }
    for (int i = 1; i <= steps; i++) /* the first is not counted; sorted by insertion */
        for (int k = i; k > 1 && times[k - 1] > times[k]; k--) {
            double y = times[k];
            times[k] = times[k - 1];
            times[k - 1] = y;
        }
    printf("%.6f\n", times[(steps + 1) / 2]);
    return 0;
}
