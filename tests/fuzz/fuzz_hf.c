/* fuzz_hf.c - any bytes as a config.json: a model that can be counted, or one error. */
#include <stdlib.h>

#include "interop/hf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    tc_model model;
    tc_error error = {0};
    if (tc_hf_model_from_text((const char *)data, size, "fuzz/config.json", &model, &error) == TC_OK) {
        if (!(tc_model_count(&model).parameters > 0) || model.blocks < 1) abort();
    } else if (!error.place[0] || !error.text[0]) {
        abort();
    }
    return 0;
}
