/* fuzz_units.c - any text as a quantity: a finite value in range, or one error; never the locale. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1 || size > 256) return 0;
    char text[257], shown[64], number[64];
    memcpy(text, data + 1, size - 1);
    text[size - 1] = 0;
    tc_dimension dimension = (tc_dimension)(data[0] % TC_DIMENSIONS);
    tc_error error = {0};
    double value = -1;
    int64_t integer = 0;
    if (tc_parse_quantity(text, dimension, &value, "--x", &error) == TC_OK) {
        if (!isfinite(value) || (value < 0 && dimension != TC_DIMENSION_NONE)) abort();
        if (!tc_format_quantity(value, dimension, shown, sizeof shown)[0]) abort();
        /* What is written can be read again. */
        double again = 0;
        if (tc_parse_number(tc_format_number(value, 15, number, sizeof number), &again, "--x", &error) != TC_OK)
            abort();
        if (fabs(again - value) > fabs(value) * 1e-14) abort();
    } else if (!error.place[0] || !error.text[0]) {
        abort();
    }
    if (tc_parse_integer(text, -1000, 1000, &integer, "--x", &error) == TC_OK && (integer < -1000 || integer > 1000))
        abort();
    return 0;
}
