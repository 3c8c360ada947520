/* fuzz_arrivals.c - any bytes as a trace of requests: requests in their order, from 0 on, or one error. */
#include <stdlib.h>

#include "traincast.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    tc_request *requests = NULL;
    int64_t count = 0;
    tc_error error = {0};
    if (tc_trace_read("fuzz.csv", (const char *)data, size, &requests, &count, &error) == TC_OK) {
        if (count < 1 || requests[0].at_s != 0) abort();
        for (int64_t i = 0; i < count; i++)
            if (!(requests[i].input_tokens >= 1 && requests[i].output_tokens >= 1)
                || (i > 0 && requests[i].at_s < requests[i - 1].at_s))
                abort();
        free(requests);
    } else if (!error.place[0] || !error.text[0]) {
        abort();
    }
    return 0;
}
