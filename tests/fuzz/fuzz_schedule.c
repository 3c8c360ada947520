/* fuzz_schedule.c - any bytes as a schedule: an error with a place, or an order that the timeline can run. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "step/timeline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    tc_order order;
    tc_error error = {0};
    if (tc_order_parse((const char *)data, size, "fuzz.csv", &order, &error) != TC_OK) {
        if (!error.place[0] || !error.text[0] || order.slot) abort();
        return 0;
    }
    size_t nodes = (size_t)order.stages * (size_t)order.chunks;
    tc_node_cost *cost = malloc(nodes * sizeof *cost);
    double *end = malloc((size_t)order.stages * sizeof *end);
    if (cost && end) {
        for (size_t i = 0; i < nodes; i++)
            cost[i] = (tc_node_cost){.forward = 1, .input = 1, .weight = 1, .paired_forward = 1, .paired_input = 1};
        tc_timeline_input in = {.order = &order, .cost = cost, .send_s = 0.1};
        if (tc_timeline_run(&in, NULL, end, NULL, &error) != TC_OK) abort(); /* what was checked can run */
        for (int s = 0; s < order.stages; s++)
            if (tc_order_in_flight(&order, s) < 0) abort();
    }
    free(cost);
    free(end);
    tc_order_free(&order);
    return 0;
}
