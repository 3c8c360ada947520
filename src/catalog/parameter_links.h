/* parameter_links.h - the physical parameters as fits and calibrations move them: links, ranges, spreads.
 *
 * A fraction moves in its logit, a positive quantity in its logarithm: there their errors are nearly normal and no step leaves
 * what is possible at all. Where each can lie and how far it may be moved: parameter_ranges.def. */
#ifndef TC_CATALOG_PARAMETER_LINKS_H
#define TC_CATALOG_PARAMETER_LINKS_H

#include "base/units.h"

typedef enum tc_parameter_link { TC_LINK_FRACTION, TC_LINK_POSITIVE, TC_LINK_SHARE, TC_LINK_FIGURE } tc_parameter_link;

typedef struct tc_linked_parameter {
    const char *name, *key; /* key: in data files */
    tc_parameter_link link;
    tc_dimension dimension;
} tc_linked_parameter;

enum {
    TC_DEVICE_PARAMETERS = sizeof(tc_device_params) / sizeof(double),
    TC_STACK_PARAMETERS = sizeof(tc_stack_params) / sizeof(double),
    TC_PARAMETERS = TC_DEVICE_PARAMETERS + TC_STACK_PARAMETERS
};

/* Those of a device, then those of a stack, in the order of their structs. */
extern const tc_linked_parameter tc_linked_parameters[TC_PARAMETERS];

/* Where a parameter can lie, in SI, and the spread of its prior in the link relative to a fit's setting; all 0 of what is not fitted. */
typedef struct tc_parameter_range {
    double low, high, spread;
} tc_parameter_range;

tc_parameter_range tc_parameter_range_of(int parameter);

/* Whether a fit moves it: not what is a figure of the machine. */
bool tc_parameter_moves(int parameter);

double tc_to_link(tc_parameter_link link, double value);
double tc_from_link(tc_parameter_link link, double x);
/* What a small change of the natural value is in the link: d link / d value. */
double tc_link_slope(tc_parameter_link link, double value);

#endif
