/* fit_parameters.c - spreads and names. */
#include "fit_parameters.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* 1: of what is not fitted, whose shifts stay 0 */
double fit_sigma(int j, double relative) {
    double spread = tc_parameter_range_of(j).spread;
    return (spread > 0 ? spread : 1) * relative;
}

double fit_within(int j, double value) {
    tc_parameter_range range = tc_parameter_range_of(j);
    return fmin(fmax(value, range.low), range.high);
}

bool fit_at_end(int j, double value) {
    tc_parameter_range range = tc_parameter_range_of(j);
    return (range.low > 0 && value <= range.low * (1 + 1e-5)) || value >= range.high * (1 - 1e-5);
}

int fit_find(const fit_names *names, const char *name) {
    for (int i = 0; i < names->count; i++)
        if (strcmp(names->name[i], name) == 0) return i;
    return -1;
}

int fit_index(fit_names *names, const char *name) {
    int index = fit_find(names, name);
    if (index >= 0) return index;
    if (names->count == FIT_NAMES) abort();
    names->name[names->count] = name;
    return names->count++;
}

void fit_sort(const fit_names *names, int order[FIT_NAMES]) {
    for (int i = 0; i < names->count; i++) {
        int k = i;
        for (; k > 0 && strcmp(names->name[order[k - 1]], names->name[i]) > 0; k--) order[k] = order[k - 1];
        order[k] = i;
    }
}
