/* fuzz_predictions.c - any bytes as the forecasts of another simulator: rows in the order of their ids, or one error. */
#include <stdlib.h>
#include <string.h>

#include "validate/predictions.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    tc_arena arena = {0};
    tc_predictions p;
    tc_error error = {0};
    if (tc_predictions_read("fuzz.jsonl", (const char *)data, size, &arena, &p, &error) == TC_OK) {
        if (p.count < 1 || !p.tool) abort();
        for (int i = 0; i < p.count; i++) {
            if (tc_prediction_of(&p, p.row[i].id) != &p.row[i]) abort();
            if (i && strcmp(p.row[i - 1].id, p.row[i].id) >= 0) abort();
        }
    } else if (!error.place[0] || !error.text[0]) {
        abort();
    }
    tc_arena_free(&arena);
    return 0;
}
