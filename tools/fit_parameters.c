/* fit_parameters.c - one table of the parameters that are fitted. */
#include "fit_parameters.h"

#include <math.h>
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

double fit_sigma(int j, double relative) {
    const fit_parameter *parameter = &fit_parameters[j];
    if (strstr(parameter->name, "overlap")) return 2.5 * relative;
    if (strcmp(parameter->name, "kernel_fraction") == 0) return 2 * relative; /* nearly all call the vendor's library */
    if (strstr(parameter->name, "_step_s")) return 3 * relative;              /* of one library's tables */
    if (strcmp(parameter->name, "moe_sync_s") == 0) return 2 * relative;      /* a few differences of published runs */
    if (strcmp(parameter->name, "permute_passes") == 0 || strcmp(parameter->name, "expert_s") == 0) return 2 * relative;
    if (parameter->link == FRACTION) return 3 * relative;
    return relative;
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
