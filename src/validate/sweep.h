/* sweep.h - a published sweep, scored: its rows, the best as measured and the chosen as forecast. */
#ifndef TC_VALIDATE_SWEEP_H
#define TC_VALIDATE_SWEEP_H

#include "validate/score.h"

typedef struct tc_sweep_row {
    const tc_scored_run *run;
    double measured_s, forecast_s; /* of a step; measured_s NaN where it ran out of memory */
    bool fits;                     /* as forecast */
} tc_sweep_row;

typedef struct tc_sweep {
    const char *id;
    int rows, lost_rows;
    const tc_sweep_row *row;    /* measured */
    const tc_sweep_row *lost;   /* of the same sweep, that ran out of memory */
    int different;              /* forecasts among the measured */
    const tc_sweep_row *best;   /* the fastest as measured */
    const tc_sweep_row *chosen; /* the fastest as forecast, of those that fit; NULL: none */
    bool first;                 /* the best shares the first place of the forecast */
    bool lost_first;            /* what ran out of memory is forecast to fit and to be faster than the chosen */
    double regret_pct;          /* how much slower than the best the chosen was; NaN: nothing chosen */
    double rank_correlation;    /* Spearman's, of the measured; NaN where all forecasts are equal */
    double common;              /* mean of log(measured / forecast) */
    double winner;              /* the same of the chosen; NaN */
    double winner_expected;     /* log(measured / expected after the choice) of it; NaN */
} tc_sweep;

#endif
