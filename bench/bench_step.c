/* bench_step.c - how long a forecast takes, in the library and as a process.
 *
 * usage: bench_step library           CSV: one line for each job, microseconds a forecast
 *        bench_step once JOB COUNT    forecasts only, to count instructions
 *        bench_step process COUNT PROGRAM ARGUMENT...
 *                                     CSV: wall-clock time and peak memory of a process
 *
 * A time is that of the fastest of many batches: what disturbs a batch only makes it slower.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "traincast.h"
#include "traincast_mixed.h"

typedef struct bench_job {
    const char *name, *model, *accelerator, *stack;
    int devices, tp, pp, cp, ep, vpp;
    int64_t global_batch;
} bench_job;

static const bench_job jobs[] = {
    {"gpt2-124m on 8", "gpt2-124m", "a100-sxm-80g", "pytorch", 8, 1, 1, 1, 1, 1, 512},
    {"llama-2-7b on 64", "llama-2-7b", "a100-sxm-80g", "megatron-lm", 64, 2, 1, 1, 1, 1, 512},
    {"gpt3-175b on 1024", "gpt3-175b", "a100-sxm-80g", "megatron-lm", 1024, 8, 8, 1, 1, 2, 1536},
    {"llama-3.1-405b on 16384", "llama-3.1-405b", "h100-sxm", "megatron-core", 16384, 8, 16, 1, 1, 4, 2048},
    {"deepseek-v3 on 2048", "deepseek-v3", "h800-sxm", "megatron-core", 2048, 1, 16, 1, 64, 1, 15360},
    {"wan2.1-t2v-14b on 256", "wan2.1-t2v-14b", "h100-sxm", "megatron-bridge", 256, 2, 1, 4, 1, 1, 64},
    {"hunyuanvideo on 64", "hunyuanvideo", "ascend-910b", "mindspeed-mm", 64, 4, 1, 1, 1, 1, 16},
    {"llama-3.1-8b on 512 910B2", "llama-3.1-8b", "ascend-910b2", "megatron-core", 512, 4, 1, 1, 1, 1, 1024},
    {"llama-3.1-8b on 256 H20", "llama-3.1-8b", "h20", "megatron-core", 256, 4, 1, 1, 1, 1, 1024},
    {"llama-3.1-70b on 512 910B2", "llama-3.1-70b", "ascend-910b2", "megatron-core", 512, 8, 4, 1, 1, 1, 512},
    {"llama-3.1-70b on 256 H20", "llama-3.1-70b", "h20", "megatron-core", 256, 8, 2, 1, 1, 1, 512},
};
enum { JOBS = sizeof jobs / sizeof jobs[0], BATCHES = 40 };

/* The last jobs above on two pools, which are to take at most twice as long as on one. */
static const struct {
    const char *name;
    int first, other, across;
} pairs[] = {
    {"llama-3.1-8b on both by data", JOBS - 4, JOBS - 3, TC_ACROSS_DATA},
    {"llama-3.1-70b on both by data", JOBS - 2, JOBS - 1, TC_ACROSS_DATA},
    {"llama-3.1-70b on both by stages", JOBS - 2, JOBS - 1, TC_ACROSS_PIPELINE},
};
enum { PAIRS = sizeof pairs / sizeof pairs[0], CASES = JOBS + PAIRS };

static const double BATCH_SECONDS = 0.01;

static void stop(const tc_error *error) {
    fprintf(stderr, "bench_step: %s: %s\n", error->place, error->text);
    exit(1);
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static tc_question set_up(const bench_job *b) {
    tc_question s = tc_default_question();
    tc_catalog *catalog;
    tc_error error;
    if (tc_catalog_open(NULL, 0, &catalog, &error) || tc_catalog_model(catalog, b->model, &s.job.model, &error)
        || tc_catalog_accelerator(catalog, b->accelerator, &s.cluster.accelerator, &error)
        || tc_catalog_fabric(catalog, s.cluster.accelerator.fabric, &s.cluster.fabric, &error)
        || tc_catalog_stack(catalog, b->stack, &s.stack, &error))
        stop(&error);
    tc_catalog_close(catalog);
    s.job.global_batch = b->global_batch;
    s.cluster.devices = b->devices;
    s.layout.tp = b->tp;
    s.layout.pp = b->pp;
    s.layout.cp = b->cp;
    s.layout.ep = b->ep;
    s.layout.vpp = b->vpp;
    return s;
}

static tc_question set_up_case(int i) {
    if (i < JOBS) return set_up(&jobs[i]);
    static tc_pool pool;
    tc_question s = set_up(&jobs[pairs[i - JOBS].first]), other = set_up(&jobs[pairs[i - JOBS].other]);
    s.layout.micro_batch = other.layout.micro_batch = 1;
    pool = tc_pool_of_question(&other, 0);
    s.cluster.others = 1;
    s.cluster.other = &pool;
    s.cluster.mixing.across = pairs[i - JOBS].across;
    s.cluster.mixing.link.bytes_per_s = 50e9;
    return s;
}

static double forecast(const tc_question *s, long count) {
    double sum = 0;
    for (long i = 0; i < count; i++) {
        tc_step step;
        tc_error error;
        if (tc_forecast(s, &step, &error)) stop(&error);
        sum += step.step_s;
    }
    return sum;
}

static void bench_library(void) {
    for (int j = 0; j < CASES; j++) {
        tc_question s = set_up_case(j);
        volatile double sink = 0;
        long count = 1;
        double start = now();
        while (now() - start < BATCH_SECONDS) {
            count *= 2;
            start = now();
            sink += forecast(&s, count);
        }
        double best = 1e9;
        for (int b = 0; b < BATCHES; b++) {
            start = now();
            sink += forecast(&s, count);
            double seconds = (now() - start) / (double)count;
            if (seconds < best) best = seconds;
        }
        printf("forecast in the library,%s,%.2f,us\n", j < JOBS ? jobs[j].name : pairs[j - JOBS].name, 1e6 * best);
    }
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

extern char **environ;

static int bench_process(int count, char **command) {
    if (count < 1) return 2;
    double *seconds = malloc((size_t)count * sizeof *seconds);
    if (!seconds) return 1;
    posix_spawn_file_actions_t quiet;
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    for (int i = 0; i < count; i++) {
        pid_t child;
        int status;
        double start = now();
        if (posix_spawn(&child, command[0], &quiet, NULL, command, environ) || waitpid(child, &status, 0) != child
            || status != 0) {
            fprintf(stderr, "bench_step: %s failed\n", command[0]);
            return 1;
        }
        seconds[i] = now() - start;
    }
    qsort(seconds, (size_t)count, sizeof *seconds, by_value);
    struct rusage usage;
    getrusage(RUSAGE_CHILDREN, &usage);
    printf("process: time,%s,%.2f,ms\n", command[1], 1e3 * seconds[count / 2]);
    printf("process: peak memory,%s,%.1f,MB\n", command[1], 1024e-6 * (double)usage.ru_maxrss);
    free(seconds);
    posix_spawn_file_actions_destroy(&quiet);
    return 0;
}

int main(int argc, char **argv) {
    if (argc > 3 && strcmp(argv[1], "process") == 0) return bench_process((int)strtol(argv[2], NULL, 10), argv + 3);
    if (argc == 4 && strcmp(argv[1], "once") == 0) {
        int j = (int)strtol(argv[2], NULL, 10);
        if (j < 0 || j >= CASES) return 2;
        tc_question s = set_up_case(j);
        return forecast(&s, strtol(argv[3], NULL, 10)) > 0 ? 0 : 1;
    }
    if (argc == 2 && strcmp(argv[1], "library") == 0) {
        bench_library();
        return 0;
    }
    fprintf(stderr, "usage: bench_step library | once JOB COUNT | process COUNT PROGRAM ARGUMENT...\n");
    return 2;
}
