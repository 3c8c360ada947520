/* sweeps.h - the choice of a layout on published sweeps: would the layout that the forecast puts first have been a good one?
 *
 * A sweep is what a source measured of one model on one number of equal devices with one global batch, sequence length and
 * format, in one session: at least four rows, which differ in the layout. Sources whose rows do so stand in
 * data/conventions.yaml; of files that are named, every source is looked at. */
#ifndef TC_VALIDATE_SWEEPS_H
#define TC_VALIDATE_SWEEPS_H

#include "validate/score.h"

#define TC_SWEEP_FEWEST 4 /* rows, and different forecasts where a place among them is to say something */

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

typedef struct tc_sweeps {
    tc_sweep *sweep;
    int count;
    int counted, first;    /* sweeps with four different forecasts; with the fastest in first place */
    int large, lost_first; /* of six rows and more; whose first ran out of memory */
    double mean_regret_pct, worst_regret_pct, large_rank_correlation;
    /* measured over forecast of the chosen, over what was expected of it, and over forecast against all rows of its sweep */
    double winner_bias_pct, expected_bias_pct, winner_against_sweep_pct;
    /* deviations of the error that a sweep's layouts share, and of each layout's own; the first's share of the variance */
    double common_deviation_pct, own_deviation_pct, intraclass_correlation;
    double near_slope, near_slope_deviation, shrinkage; /* tc_selection */
} tc_sweeps;

/* Finds and scores the sweeps among runs; `every_source`: not only those that the conventions name. All memory lives in `arena`. */
TC_NODISCARD tc_code tc_sweeps_score(tc_catalog *catalog, const tc_published_run *runs, int count, bool every_source,
                                     tc_arena *arena, tc_sweeps *out, tc_error *error);

/* Spearman's rank correlation; NaN where either side does not vary. ranks: room for 2 x n. */
double tc_rank_correlation(const double *a, const double *b, int n, double *ranks);

#endif
