/* bench_timeline.c - the time of an event (a slot or a send) in the timeline's engine: CSV on standard output. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/vocabulary.h"
#include "step/timeline.h"

enum { ROUNDS = 10 };

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Seconds to order the slots and to run them. */
static int run_once(int schedule, int stages, int chunks, int micro_batches, double seconds[2], int64_t counts[2]) {
    tc_order order;
    tc_error error;
    double began = now();
    if (tc_order_make(schedule, stages, chunks, micro_batches, &order, &error) != TC_OK) return 1;
    double made = now();
    tc_node_cost *cost = calloc((size_t)stages * (size_t)order.chunks, sizeof *cost);
    double *end = calloc((size_t)stages, sizeof *end);
    if (!cost || !end) return 1;
    for (int i = 0; i < stages * order.chunks; i++)
        cost[i] = (tc_node_cost){.forward = 1, .input = 1, .weight = 1, .paired_forward = 1, .paired_input = 1};
    tc_timeline_input in = {.order = &order, .cost = cost, .send_s = 0.1};
    double from = now();
    if (tc_timeline_run(&in, NULL, end, &counts[1], &error) != TC_OK) return 1;
    seconds[0] = made - began;
    seconds[1] = now() - from;
    counts[0] = order.first[stages];
    free(cost);
    free(end);
    tc_order_free(&order);
    return 0;
}

static int run(int schedule, int stages, int chunks, int micro_batches) {
    static const char *const measures[] = {"timeline: ordering a slot", "timeline: an event"};
    double best[2] = {1e9, 1e9}, seconds[2];
    int64_t counts[2] = {0, 0};
    for (int i = 0; i < ROUNDS; i++) {
        if (run_once(schedule, stages, chunks, micro_batches, seconds, counts)) return 1;
        for (int k = 0; k < 2; k++) best[k] = seconds[k] < best[k] ? seconds[k] : best[k];
    }
    for (int k = 0; k < 2; k++)
        printf("%s,%s of %d stages,%.2f,ns\n", measures[k], tc_schedule_names[schedule], stages,
               1e9 * best[k] / (double)counts[k]);
    return 0;
}

int main(void) {
    for (int s = 0; s < TC_SCHEDULE_CUSTOM; s++)
        if (run(s, 16, s == TC_SCHEDULE_INTERLEAVED ? 4 : 1, 20000)) return 1;
    return 0;
}
