/* fuzz_published.c - any bytes as JSON Lines of runs and serving rows: each with a name, or one error. */
#include <stdlib.h>

#include "validate/published.h"
#include "validate/served.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    tc_published published = {0};
    tc_error error = {0};
    if (tc_published_read(&published, "fuzz.jsonl", (const char *)data, size, &error) == TC_OK) {
        for (int i = 0; i < published.count; i++)
            if (!published.runs[i].id[0]) abort();
        for (int i = 0; i < published.served_count; i++)
            if (!published.served[i].id[0]) abort();
    } else if (!error.place[0] || !error.text[0]) {
        abort();
    }
    tc_published_free(&published);
    return 0;
}
