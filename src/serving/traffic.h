/* traffic.h - requests one after the other: when each comes, its prompt, its output. */
#ifndef TC_SERVING_TRAFFIC_H
#define TC_SERVING_TRAFFIC_H

#include "traincast.h"

#define TC_QUANTILES 4096

/* A law by its quantiles, mean 1. */
typedef struct tc_law {
    double scv;                /* squared coefficient of variation; 0: always 1 */
    bool uniform, exponential; /* drawn without quantiles */
    double at[TC_QUANTILES + 1];
} tc_law;

/* Where requests come from; the next one is asked for. */
typedef struct tc_source {
    const tc_traffic *traffic;
    double mean_gap_s, input_tokens, output_tokens;
    tc_law gap, input, output;
    uint64_t stream;
    int64_t drawn;
    double at_s;
} tc_source;

void tc_source_begin(tc_source *source, const tc_serving_question *question, const tc_traffic *traffic, double rate);
/* The next request in the order of arrival. */
tc_request tc_source_next(tc_source *source);

#endif
