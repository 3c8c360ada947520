/* histories.h - whole runs with published days: were they forecast, and does the interval hold them? */
#ifndef TC_VALIDATE_HISTORIES_H
#define TC_VALIDATE_HISTORIES_H

#include "validate/history.h"
#include "validate/score.h"

typedef struct tc_scored_history {
    const tc_history *row;
    tc_case_status status;
    const char *reason;              /* "" where ok */
    const char *assumed;             /* what was filled in, "; " between; "" */
    double actual_days;              /* NaN: not known */
    double days, days_p10, days_p90; /* forecast; NaN where skipped */
    int covered;                     /* 1, 0; -1: not scored */
} tc_scored_history;

typedef struct tc_histories {
    tc_scored_history *run;
    int count, n;                        /* n: scored */
    double median_ratio, coverage80_pct; /* actual over forecast; NaN over none */
    double p10_ratio, p90_ratio;
} tc_histories;

/* `runs`: published runs, whose recipes fill what a history of the same model leaves out; their rates are not looked at. All
 * memory of the result lives in the arena. */
TC_NODISCARD tc_code tc_histories_score(tc_catalog *catalog, const tc_history_list *rows, const tc_published_run *runs,
                                        int count, tc_arena *arena, tc_histories *out, tc_error *error);

#endif
