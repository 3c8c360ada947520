/* interval.h - how far a forecast may be off: its 80 % interval and the evidence behind it.
 *
 * log(measured / forecast) on published runs whose source the fit had not seen, scaled by how difficult a
 * forecast is: s = exp(intercept + coefficient of the chip's family + sum of coefficient x feature), of a chip without runs at
 * least what is typical of the others, the interval [exp(q10 s), exp(q90 s)], wider where the layout is far from published ones (distance.h). Coefficients and quantiles: data/fitted/intervals.yaml, written by `make fit`. */
#ifndef TC_FORECAST_INTERVAL_H
#define TC_FORECAST_INTERVAL_H

#include "catalog/interval_model.h"
#include "step/parts.h"

typedef struct tc_interval {
    const char *evidence;                      /* what it rests on, a fixed text; NULL where there is no fit */
    double p10, p90;                           /* factors on the step time; 0 where there is no fit */
    double memory_p10, memory_p50, memory_p90; /* factors on the reserved memory; 0 */
} tc_interval;

/* What the question left open, of runs that others made: choices of the layout that the forecast made for them, and other
 * things taken for granted (shape, format, software). What a user leaves to the program is no guess: it is what will be done. */
typedef struct tc_guesses {
    int layout, others;
} tc_guesses;

/* What a forecast rests on: which runs the fit had seen - of the question's stack, chip, chips of its architecture - and guesses. */
typedef struct tc_evidence {
    double stack, chip, architecture; /* sources that published runs of each */
    tc_guesses guesses;
} tc_evidence;

/* What makes a forecast difficult: in the order of tc_interval_feature_names. */
void tc_interval_features(const tc_question *question, const tc_step *step, tc_evidence evidence,
                          double out[TC_INTERVAL_FEATURES]);

/* The interval of a forecast; all zero without a model. */
tc_interval tc_interval_of(const tc_interval_model *model, const tc_question *question, const tc_step *step,
                           tc_guesses guesses);

/* Of memory alone, which depends on nothing but the stack: no step is needed. */
tc_interval tc_memory_interval_of(const tc_interval_model *model, const tc_question *question);

/* Fills distance, step_s_p10, step_s_p90, memory_p10, memory_p90 and evidence of the forecast from the question's model;
 * whether it fits: fits.h. */
void tc_interval_apply(const tc_question *question, tc_step *step);

#endif
