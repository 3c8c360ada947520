/* bench_timeline.c - events a second of the timeline's engine, and the time of a forecast: CSV on standard output. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/vocabulary.h"
#include "step/timeline.h"

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int run(int schedule, int stages, int chunks, int micro_batches) {
    tc_order order;
    tc_error error;
    double began = now();
    if (tc_order_make(schedule, stages, chunks, micro_batches, &order, &error) != TC_OK) return 1;
    double made = now(), best = 1e9;
    tc_node_cost *cost = calloc((size_t)stages * (size_t)order.chunks, sizeof *cost);
    double *end = calloc((size_t)stages, sizeof *end);
    int64_t events = 0;
    if (!cost || !end) return 1;
    for (int i = 0; i < stages * order.chunks; i++) cost[i] = (tc_node_cost){1, 1, 1, 1, 1};
    for (int i = 0; i < 5; i++) {
        double from = now();
        tc_timeline_input in = {.order = &order, .cost = cost, .send_s = 0.1};
        if (tc_timeline_run(&in, NULL, end, &events, &error) != TC_OK) return 1;
        double seconds = now() - from;
        if (seconds < best) best = seconds;
    }
    printf("%s,%d,%d,%d,%lld,%.4f,%.4f,%.1f\n", tc_schedule_names[schedule], stages, order.chunks, micro_batches, (long long)events, made - began, best,
           (double)events / best / 1e6);
    free(cost);
    free(end);
    tc_order_free(&order);
    return 0;
}

int main(void) {
    puts("schedule,stages,chunks,micro_batches,events,order_s,run_s,million_events_per_s");
    for (int s = TC_SCHEDULE_GPIPE; s <= TC_SCHEDULE_DUALPIPE; s++)
        if (run(s, 16, s == TC_SCHEDULE_INTERLEAVED ? 4 : 1, 20000)) return 1;
    return 0;
}
