/* fit_parameters.h - the physical parameters as the fits see them: names, links, spreads; lists of what shifts belong to. */
#ifndef TC_TOOLS_FIT_PARAMETERS_H
#define TC_TOOLS_FIT_PARAMETERS_H

#include "base/units.h"

typedef enum fit_link { FRACTION, POSITIVE, SHARE, FIGURE } fit_link;

typedef struct fit_parameter {
    const char *name, *key; /* key: in data files */
    fit_link link;
    tc_dimension dimension;
} fit_parameter;

enum {
    DEVICE = sizeof(tc_device_params) / sizeof(double),
    STACK = sizeof(tc_stack_params) / sizeof(double),
    ALL = DEVICE + STACK,
    FIT_NAMES = 160
};

/* Those of a device, then those of a stack, in the order of their structs. */
extern const fit_parameter fit_parameters[ALL];

/* Whether a fit moves it: not what is a figure of the machine. */
bool fit_moves(int parameter);

double fit_to_link(fit_link link, double value);
double fit_from_link(fit_link link, double x);

/* Sigma of a parameter's shift in its link, for a relative spread of the parameter; and whether a value is one that a
 * device or stack can have: both by catalog/parameter_ranges.def. */
double fit_sigma(int parameter, double relative);
bool fit_in_range(int parameter, double value);

typedef struct fit_names {
    const char *name[FIT_NAMES];
    int count;
} fit_names;

/* The index of a name, -1 where it is not listed. */
int fit_find(const fit_names *names, const char *name);
/* The same; a name that is not listed is added. It must outlive the list. */
int fit_index(fit_names *names, const char *name);
/* The indices of the names in alphabetical order. */
void fit_sort(const fit_names *names, int order[FIT_NAMES]);

#endif
