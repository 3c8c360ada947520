/* decimal.c - digits by integer arithmetic: no printf of doubles, so no locale. */
#include "base/decimal.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

tc_decimal tc_decimal_text(double value, int decimals) {
    tc_decimal out = {"-"};
    if (!isfinite(value) || fabs(value) > 1e15) return out;
    if (decimals < 0) decimals = 0;
    if (decimals > 6) decimals = 6;
    int64_t scale = 1;
    for (int i = 0; i < decimals; i++) scale *= 10;
    /* the whole part apart, so that 1e15 with six places does not overflow */
    double magnitude = fabs(value), whole_part = floor(magnitude);
    int64_t whole = (int64_t)whole_part, fraction = (int64_t)floor((magnitude - whole_part) * (double)scale + 0.5);
    if (fraction >= scale) {
        whole++;
        fraction -= scale;
    }
    bool zero = whole == 0 && fraction == 0;
    char reversed[32];
    size_t n = 0;
    while (decimals > 0 && fraction % 10 == 0) {
        fraction /= 10;
        decimals--;
    }
    for (int i = 0; i < decimals; i++, fraction /= 10) reversed[n++] = (char)('0' + fraction % 10);
    if (decimals > 0) reversed[n++] = '.';
    for (int place = 0; place == 0 || whole > 0; place++, whole /= 10) {
        if (place > 0 && place % 3 == 0) reversed[n++] = ',';
        reversed[n++] = (char)('0' + whole % 10);
    }
    if (value < 0 && !zero) reversed[n++] = '-';
    for (size_t i = 0; i < n; i++) out.s[i] = reversed[n - 1 - i];
    out.s[n] = 0;
    return out;
}
