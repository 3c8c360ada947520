/* formats.c - the columns of traincast_formats.h. */
#include "base/formats.h"

static const struct {
    int bits, next;
    double bytes;
} formats[TC_DTYPES] = {
#define ROW(id, word, bits, scale_bits, next) {bits, TC_##next, ((bits) + (scale_bits)) / 8.0},
    TC_FORMATS(ROW)
#undef ROW
};

bool tc_format_is_low(int dtype) { return formats[dtype].bits < 16; }

int tc_format_bits(int dtype) { return formats[dtype].bits; }

double tc_format_bytes(int dtype) { return formats[dtype].bytes; }

int tc_format_wide(int dtype) { return tc_format_is_low(dtype) ? TC_BF16 : dtype; }

double tc_peak_flops(const tc_accelerator *a, int dtype) {
    double peak = a->matmul_flops[dtype];
    if (peak <= 0) peak = a->matmul_flops[formats[dtype].next];
    return peak <= 0 && dtype == TC_FP32 ? a->vector_flops : peak;
}
