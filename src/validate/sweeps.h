/* sweeps.h - the choice of a layout on published sweeps: would the layout that the forecast puts first have been a good one?
 *
 * A sweep is what a source measured of one model on one number of equal devices with one global batch, sequence length and
 * format, in one session: at least four rows, which differ in the layout. Sources whose rows do so stand in
 * data/conventions.yaml; of files that are named, every source is looked at. */
#ifndef TC_VALIDATE_SWEEPS_H
#define TC_VALIDATE_SWEEPS_H

#include "validate/sweep.h"

#define TC_SWEEP_FEWEST 4 /* rows, and different forecasts where a place among them is to say something */

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
