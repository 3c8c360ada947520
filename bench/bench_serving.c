/* bench_serving.c - how long a forecast of a served model takes in the library, and the search of its layouts.
 *
 * CSV: measure, case, value, unit. A time is that of the fastest of many batches. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "traincast.h"

typedef struct bench_case {
    const char *name, *model, *accelerator, *engine;
    int devices, tp, ep;
    double concurrency, rate, tpot_s;
} bench_case;

static const bench_case cases[] = {
    {"32B at a concurrency", "qwen3-32b", "h20", "vllm", 8, 2, 1, 64, TC_UNSET, TC_UNSET},
    {"32B at a rate", "qwen3-32b", "ascend-910b2", "vllm-ascend", 8, 4, 1, TC_UNSET, 3, TC_UNSET},
    {"32B within objectives", "qwen3-32b", "h20", "vllm", 8, 2, 1, TC_UNSET, TC_UNSET, 0.05},
    {"deepseek-v3 at a concurrency", "deepseek-v3", "h20", "sglang", 16, 1, 16, 512, TC_UNSET, TC_UNSET},
};
enum { CASES = sizeof cases / sizeof cases[0], BATCHES = 30, BATCH = 400 };

static void stop(const tc_error *error) {
    fprintf(stderr, "bench_serving: %s: %s\n", error->place, error->text);
    exit(1);
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static tc_serving_question set_up(tc_catalog *catalog, const bench_case *b) {
    tc_serving_question q = tc_default_serving_question();
    tc_error error;
    if (tc_catalog_model(catalog, b->model, &q.model, &error)
        || tc_catalog_accelerator(catalog, b->accelerator, &q.cluster.accelerator, &error)
        || tc_catalog_fabric(catalog, q.cluster.accelerator.fabric, &q.cluster.fabric, &error)
        || tc_catalog_engine(catalog, b->engine, &q.cluster.accelerator, &q.engine, &error))
        stop(&error);
    q.cluster.devices = b->devices;
    q.tp = b->tp;
    q.pp = 1;
    q.ep = b->ep;
    q.weights = TC_WEIGHTS_FP8;
    q.output_tokens = 256;
    q.concurrency = b->concurrency;
    q.rate = b->rate;
    q.tpot_s = b->tpot_s;
    return q;
}

static double forecasts(tc_serving_question *q) {
    double sum = 0;
    for (int i = 0; i < BATCH; i++) {
        tc_serving_answer a;
        tc_error error;
        q->input_tokens = 1000 + i % 16;
        if (tc_infer(q, &a, &error)) stop(&error);
        sum += a.tpot_s;
    }
    return sum;
}

static void bench_search(tc_catalog *catalog) {
    static tc_serving_search found;
    tc_error error;
    tc_serving_question q = set_up(catalog, &cases[3]);
    q.tp = q.pp = q.ep = TC_UNSET;
    q.cluster.devices = 1024;
    q.concurrency = TC_UNSET;
    q.rate = 100;
    q.ttft_s = 2;
    q.tpot_s = 0.05;
    double start = now();
    if (tc_infer_search(&q, TC_GOAL_DEVICES, &found, &error)) stop(&error);
    printf("search of a served model,deepseek-v3 on 1024,%.1f,ms\n", 1e3 * (now() - start));
}

int main(void) {
    tc_catalog *catalog;
    tc_error error;
    if (tc_catalog_open(NULL, 0, &catalog, &error)) stop(&error);
    for (int i = 0; i < CASES; i++) {
        tc_serving_question q = set_up(catalog, &cases[i]);
        volatile double sink = 0;
        double best = 1e9;
        for (int b = 0; b < BATCHES; b++) {
            double start = now();
            sink += forecasts(&q);
            double seconds = (now() - start) / BATCH;
            if (seconds < best) best = seconds;
        }
        printf("forecast of a served model,%s,%.2f,us\n", cases[i].name, 1e6 * best);
    }
    bench_search(catalog);
    tc_catalog_close(catalog);
    return 0;
}
