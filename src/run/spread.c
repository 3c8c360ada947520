/* spread.c - quantiles of a figure whose p10, p50 and p90 are known: two half laws that meet in the median. */
#include "run/spread.h"

#include <math.h>

#include "base/distributions.h"

double tc_spread_at(double u, const tc_spread *s) {
    if (s->low == s->high) return s->mid;
    double z = tc_normal_at(u) / TC_NORMAL_P90, end = z < 0 ? s->low : s->high;
    if (s->low > 0) return s->mid * pow(end / s->mid, fabs(z));
    double value = s->mid + fabs(z) * (end - s->mid);
    return s->low >= 0 && value < 0 ? 0 : value;
}
