/* selection.h - how much of a forecast's lead over others in its sweep is error: what data/fitted/selection.yaml holds. */
#ifndef TC_VALIDATE_SELECTION_H
#define TC_VALIDATE_SELECTION_H

#include "validate/sweep.h"

typedef struct tc_selection {
    int sources;      /* whose rows lie near enough to each other for a slope */
    double slope;     /* of log measured on log forecast within sweeps, mean of the sources; NaN where there are none */
    double deviation; /* of the slope of a source that was not seen */
    double shrinkage; /* mean of max(0, 1 - that slope) */
} tc_selection;

/* Of rows whose forecast is at most `field` times the least of their sweep. */
tc_selection tc_selection_of(const tc_sweep *sweeps, int count, double field);

#endif
