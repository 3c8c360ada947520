/* fate.h - which of the possible futures is looked at: where a variable's uniform number comes from.
 *
 * Every variable belongs to a driver of the dates. A fate has a seed of each driver, so that one driver's variables can be kept while
 * all others are drawn anew: that is how the share of each in the spread of a date is found (outlook.c). In the middle fate every
 * variable has its median. */
#ifndef TC_FLEET_FATE_H
#define TC_FLEET_FATE_H

#include "base/random.h"
#include "traincast_plan.h"

typedef struct tc_fate {
    bool middle;
    double step_z; /* of the middle fate: the step error, in parts of the way to its p90 (1) or p10 (-1) */
    uint32_t sample;
    uint64_t seed[TC_DRIVERS];
    bool apart[TC_DRIVERS]; /* drawn apart: points of Sobol's sequence would be the same ones, scrambled otherwise */
} tc_fate;

enum { TC_PLAIN = TC_SOBOL_DIMENSIONS }; /* a variable without a dimension of its own */

/* The uniform number of a variable: the stream is its name's, dimension: TC_PLAIN or its own. */
static inline double tc_fate_uniform(const tc_fate *fate, tc_driver driver, uint64_t stream, uint32_t dimension) {
    if (fate->apart[driver]) dimension = TC_PLAIN;
    return fate->middle ? 0.5 : tc_sobol(fate->seed[driver], stream, dimension, fate->sample);
}

/* The same of the index-th of many of one name. */
static inline double tc_fate_indexed(const tc_fate *fate, tc_driver driver, uint64_t stream, uint32_t index) {
    return fate->middle ? 0.5 : tc_uniform(fate->seed[driver], stream, fate->sample, index);
}

#endif
