/* chosen.h - what is to be expected of a layout that was chosen because its forecast is the best of many.
 *
 * A forecast's error has a part that all layouts of a job share and one of the layout's own. Who chooses the least of many
 * forecasts chooses own parts that are too optimistic (the winner's curse), as far as the forecast's lead over others is
 * error and not truth. Measured on forecast, within published sweeps, is a line with some slope; 1 - slope of a lead is
 * taken back:
 *
 *     log expected = log f + shrinkage x max(0, mean of log f over the near field - log f)
 *
 * The near field are the best layouts of other kinds, up to `field` times the least; their weights fall to nothing there, so
 * that nothing jumps. So 0 <= log(expected / f) <= shrinkage x log(field), and the order of the forecasts stays.
 * Empirical Bayes after Efron and Morris, JASA 70, 1975; both figures: data/fitted/selection.yaml. */
#ifndef TC_FORECAST_CHOSEN_H
#define TC_FORECAST_CHOSEN_H

#include "catalog/interval_model.h"

/* Kinds that a chosen one is held against: as many as a search keeps, whatever it is asked for. */
#define TC_CHOSEN_FIELD 9

/* expected / forecast of one whose forecast is `value`, chosen among n; 1 without a model. */
double tc_chosen_factor(const tc_interval_model *model, const double *values, int n, double value);

#endif
