/* parameter_links.c - one table of the parameters that are fitted. */
#include "catalog/parameter_links.h"

#include <math.h>
#include <stddef.h>

#define FRACTION TC_LINK_FRACTION
#define POSITIVE TC_LINK_POSITIVE
#define SHARE TC_LINK_SHARE
#define FIGURE TC_LINK_FIGURE

const tc_linked_parameter tc_linked_parameters[TC_PARAMETERS] = {
#define TC_DEVICE_PARAM(name, key, dimension, link, least, text) {#name, key, link, TC_DIMENSION_##dimension},
#define TC_STACK_PARAM(name, key, dimension, link, least, text) {#name, key, link, TC_DIMENSION_##dimension},
#include "traincast_params.h"
#undef TC_DEVICE_PARAM
#undef TC_STACK_PARAM
};

static const tc_parameter_range ranges[TC_PARAMETERS] = {
#define TC_DEVICE_RANGE(name, low, high, spread)                                                                       \
    [offsetof(tc_device_params, name) / sizeof(double)] = {low, high, spread},
#define TC_STACK_RANGE(name, low, high, spread)                                                                        \
    [TC_DEVICE_PARAMETERS + offsetof(tc_stack_params, name) / sizeof(double)] = {low, high, spread},
#include "catalog/parameter_ranges.def"
#undef TC_DEVICE_RANGE
#undef TC_STACK_RANGE
};

tc_parameter_range tc_parameter_range_of(int parameter) { return ranges[parameter]; }

bool tc_parameter_moves(int parameter) { return tc_linked_parameters[parameter].link <= TC_LINK_POSITIVE; }

double tc_to_link(tc_parameter_link link, double value) {
    if (link > TC_LINK_POSITIVE) return value;
    if (link == TC_LINK_POSITIVE) return log(value > 1e-30 ? value : 1e-30);
    double p = value < 0.001 ? 0.001 : value > 0.999 ? 0.999 : value;
    return log(p / (1 - p));
}

double tc_from_link(tc_parameter_link link, double x) {
    if (link > TC_LINK_POSITIVE) return x;
    return link == TC_LINK_POSITIVE ? exp(x) : 1 / (1 + exp(-x));
}

double tc_link_slope(tc_parameter_link link, double value) {
    if (link > TC_LINK_POSITIVE || value <= 0) return 1;
    return link == TC_LINK_POSITIVE ? 1 / value : 1 / (fmax(value, 0.001) * fmax(1 - value, 0.001));
}
