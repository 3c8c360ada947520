/* spread.h - a figure that is not certain, as a law. */
#ifndef TC_RUN_SPREAD_H
#define TC_RUN_SPREAD_H

#include "traincast.h"

/* The quantile of u, 0 < u < 1: low at 0.1, mid at 0.5, high at 0.9. Log-normal on each side of mid where low is above 0, else
 * normal; a low of 0 cuts it there. */
double tc_spread_at(double u, const tc_spread *spread);

#endif
