/* interval_model.h - data/fitted/intervals.yaml and selection.yaml as values: what forecast/interval.c and chosen.c work
 * from. */
#ifndef TC_CATALOG_INTERVAL_MODEL_H
#define TC_CATALOG_INTERVAL_MODEL_H

#include "catalog/published_layouts.h"

/* Kinds of the question and shares of the step that make a forecast difficult. */
enum { TC_INTERVAL_FEATURES = 18 };
extern const char *const tc_interval_feature_names[TC_INTERVAL_FEATURES];

/* Slugs of which published runs were seen by the fit, and of how many: for the interval of time sources, of memory runs. */
typedef struct tc_seen {
    int count;
    const char **slug;
    double *many;
} tc_seen;

enum { TC_INTERVAL_SHARES = 9 }; /* the last features: shares of the step */

/* Own steps that were measured on a chip with a stack (fitted/calibration.yaml). */
typedef struct tc_calibrated {
    const char *accelerator, *stack;
    double scale; /* of the width, where a step's time goes where that of the measured ones went */
    int steps;
    double (*share)[TC_INTERVAL_SHARES]; /* of each, in the order of the features */
} tc_calibrated;

struct tc_interval_model {
    tc_seen accelerators, architectures, stacks, memory_stacks;
    bool scaled; /* there is an interval of the step's time */
    double intercept, coefficient[TC_INTERVAL_FEATURES], p10, p90;
    double typical_scale; /* the median over runs of chips that others ran on, too: the least of one without runs */
    /* factors on the reserved memory; [did runs of the stack state theirs?]; 0: none */
    double memory_p10[2], memory_p50[2], memory_p90[2];
    double shrinkage, field; /* of a lead over others; 0: nothing is known of it */
    tc_calibrated *calibrated;
    int calibrations;
    tc_published_layouts layouts; /* data/fitted/layouts.yaml */
};

#endif
