/* fit_parameters.h - the physical parameters as the fits see them: spreads; lists of what shifts belong to. */
#ifndef TC_TOOLS_FIT_PARAMETERS_H
#define TC_TOOLS_FIT_PARAMETERS_H

#include "catalog/parameter_links.h"

enum { DEVICE = TC_DEVICE_PARAMETERS, STACK = TC_STACK_PARAMETERS, ALL = TC_PARAMETERS, FIT_NAMES = 160 };

/* Sigma of a parameter's shift in its link, for a relative spread of the parameter, by catalog/parameter_ranges.def. */
double fit_sigma(int parameter, double relative);
/* The value, or the end of the range that it lies beyond: what runs ask for there is no quantity of a device or a stack. */
double fit_within(int parameter, double value);
/* Does a value stand at an end of its range, to the digits that are written? */
bool fit_at_end(int parameter, double value);

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
