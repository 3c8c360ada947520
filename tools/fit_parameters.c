/* fit_parameters.c - one table of the parameters that are fitted. */
#include "fit_parameters.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

const fit_parameter fit_parameters[ALL] = {
#define TC_DEVICE_PARAM(name, key, dimension, link, least, text) {#name, key, link, TC_DIMENSION_##dimension},
#define TC_STACK_PARAM(name, key, dimension, link, least, text) {#name, key, link, TC_DIMENSION_##dimension},
#include "traincast_params.h"
#undef TC_DEVICE_PARAM
#undef TC_STACK_PARAM
};

bool fit_moves(int parameter) { return fit_parameters[parameter].link <= POSITIVE; }

double fit_to_link(fit_link link, double value) {
    if (link > POSITIVE) return value;
    if (link == POSITIVE) return log(value > 1e-30 ? value : 1e-30);
    double p = value < 0.001 ? 0.001 : value > 0.999 ? 0.999 : value;
    return log(p / (1 - p));
}

double fit_from_link(fit_link link, double x) {
    if (link > POSITIVE) return x;
    return link == POSITIVE ? exp(x) : 1 / (1 + exp(-x));
}

/* Low, high and spread; 0, 0, 0 of what is not fitted. */
static const double ranges[ALL][3] = {
#define TC_DEVICE_RANGE(name, low, high, spread)                                                                       \
    [offsetof(tc_device_params, name) / sizeof(double)] = {low, high, spread},
#define TC_STACK_RANGE(name, low, high, spread)                                                                        \
    [DEVICE + offsetof(tc_stack_params, name) / sizeof(double)] = {low, high, spread},
#include "catalog/parameter_ranges.def"
#undef TC_DEVICE_RANGE
#undef TC_STACK_RANGE
};

/* 1: of what is not fitted, whose shifts stay 0 */
double fit_sigma(int j, double relative) { return (ranges[j][2] > 0 ? ranges[j][2] : 1) * relative; }

bool fit_in_range(int j, double value) { return value >= ranges[j][0] && value <= ranges[j][1]; }

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
