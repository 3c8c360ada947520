/* reinforced.h - published steps of reinforcement learning: `model.rl` of a row. */
#ifndef TC_VALIDATE_REINFORCED_H
#define TC_VALIDATE_REINFORCED_H

#include "traincast_rl.h"
#include "validate/case.h"

typedef struct tc_reinforced {
    tc_case_status status;
    char reason[160];            /* "" where ok */
    double predicted, error_pct; /* in the row's metric; NaN where there is none */
    double step_s, step_s_p10, step_s_p90;
    int covered; /* 1, 0, or -1: no interval */
    int assumed_count;
    char assumed[TC_ASSUMED_MAX + TC_RL_ASSUMED_MAX][128];
} tc_reinforced;

/* Forecasts a row that has an algorithm of reinforcement learning. */
TC_NODISCARD tc_code tc_reinforced_predict(tc_catalog *catalog, const tc_conventions *conventions,
                                           const tc_published_run *run, tc_reinforced *out, tc_error *error);

#endif
