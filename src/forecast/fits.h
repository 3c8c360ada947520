/* fits.h - how likely it is that a layout fits the device's memory.
 *
 * log(measured / forecast) of memory, on published runs whose source the fit had not seen, has a median and an 80 %
 * interval (data/fitted/intervals.yaml). Between and beyond them it is taken as normal, with a deviation of its own on
 * each side of the median: measured memory lies farther above a forecast than below it. */
#ifndef TC_FORECAST_FITS_H
#define TC_FORECAST_FITS_H

#include "forecast/interval.h"

/* P(a job whose forecast is so many bytes takes at most what a process can have). 0 or 1 where there is no interval. */
double tc_fits_probability(const tc_question *question, double bytes);

/* The inverse: the most bytes that a forecast may be to fit with at least this probability (0 < probability < 1). */
double tc_fitting_bytes(const tc_question *question, double probability);

/* Bytes that must fit: what the process holds, but for states that can leave for the host. */
double tc_bytes_to_fit(const tc_job *job, const tc_memory *memory);

/* Whether the server's memory holds what is offloaded. */
bool tc_host_holds(const tc_memory *memory);

/* Fills fits and fits_probability of the step from its memory. */
void tc_fits_apply(const tc_question *question, tc_step *step);

#endif
