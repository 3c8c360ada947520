/* progress.h - dated progress of runs: what the weekly update would have said on the way, and when they ended.
 *
 * A row: `id`, `target` (in any unit), `ideal_per_day` (what steps alone would do; null: not known), `start`
 * ("2022-03-11T12:00"), `points` ([["2022-03-18T12:00", 12695], ...], what was done by then). The last point is the end. */
#ifndef TC_VALIDATE_PROGRESS_H
#define TC_VALIDATE_PROGRESS_H

#include "base/arena.h"
#include "traincast.h"

enum { TC_PROGRESS_FORECASTS = 8 }; /* at 10 to 80 % of the length */

typedef struct tc_progress_forecast {
    double share;                        /* of the length that had passed */
    double day, seen_day;                /* of the forecast, of the last point that it knew; since the start */
    double days_p10, days_p50, days_p90; /* forecast length */
    bool covered;
} tc_progress_forecast;

typedef struct tc_progress_series {
    const char *id;
    const char *reason; /* why nothing is scored; "" */
    double actual_days;
    int points, covered;
    double width_share; /* mean of (p90 - p10) / length; NaN over none */
    tc_progress_forecast forecast[TC_PROGRESS_FORECASTS];
} tc_progress_series;

typedef struct tc_progress {
    tc_progress_series *series;
    int count, n;
    double coverage80_pct, width_share, median_abs_error_pct; /* NaN over none */
} tc_progress;

/* Reads a text of rows and forecasts; all memory of the result lives in the arena. */
TC_NODISCARD tc_code tc_progress_score(tc_catalog *catalog, const char *path, const char *text, size_t length,
                                       tc_arena *arena, tc_progress *out, tc_error *error);

#endif
