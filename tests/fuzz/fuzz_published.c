/* fuzz_published.c - any bytes as JSON Lines of runs: runs with names, or one error. */
#include <stdlib.h>

#include "validate/published.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    tc_arena arena = {NULL};
    tc_published_run *runs;
    int count;
    tc_error error = {0};
    if (tc_published_read("fuzz.jsonl", (const char *)data, size, &arena, &runs, &count, &error) == TC_OK) {
        for (int i = 0; i < count; i++)
            if (!runs[i].id[0]) abort();
    } else if (!error.place[0] || !error.text[0]) {
        abort();
    }
    tc_arena_free(&arena);
    return 0;
}
