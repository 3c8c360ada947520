/* served_score.h - the error of the forecast on published serving rows, by metric.
 *
 * A row gives one result for each of its metrics (tc_served_scored). error_pct is that of the time a token or request takes, positive =
 * forecast too slow: predicted / measured - 1 of times, measured / predicted - 1 of rates. Rows with a quality flag are forecast and
 * listed, not counted. The macro error is the mean over source families with at least three counted results; smaller ones are pooled. */
#ifndef TC_VALIDATE_SERVED_SCORE_H
#define TC_VALIDATE_SERVED_SCORE_H

#include "validate/score.h"
#include "validate/served_case.h"

/* What results are summed by: the metric, and for rates how requests come. */
typedef enum tc_served_class {
    TC_CLASS_TPOT,
    TC_CLASS_TTFT,
    TC_CLASS_ONLINE,  /* rates under a load of so many requests */
    TC_CLASS_OFFLINE, /* rates where all requests are there, and of static batches without latencies */
    TC_CLASS_PREFILL,
    TC_CLASS_DECODE,
    TC_SERVED_CLASSES
} tc_served_class;

typedef struct tc_served_result {
    const tc_served_row *row;
    tc_case_status status;
    const char *reason; /* "" where ok */
    bool counts;
    tc_served_metric metric; /* TC_SERVED_METRICS: the row states none */
    tc_served_class class;
    double measured, predicted, low, high, error_pct; /* NaN where there is none */
    int covered;                                      /* 1, 0, or -1: no interval */
    const char *engine;                               /* "" where none was found */
    int assumed_count;
    char (*assumed)[96];
} tc_served_result;

/* Over the counted results of a class, or of all; NaN over none. */
typedef struct tc_served_summary {
    int n, families;
    double macro_mape_pct, mape_pct, median_ape_pct, bias_pct, coverage80_pct;
} tc_served_summary;

typedef struct tc_served_validation {
    tc_served_result *results;
    int count, rows, skipped, unsupported, apart; /* rows; apart: results that are not counted */
    tc_served_summary all, by_class[TC_SERVED_CLASSES];
    tc_group_score *by_accelerator, *by_engine, *by_family;
    int accelerators, engines, families;
} tc_served_validation;

/* "tpot", "ttft", "throughput", ... */
const char *tc_served_class_name(tc_served_class class);

tc_served_class tc_served_class_of(const tc_served_row *row, tc_served_metric metric);

/* 100 x the error of the time, from a forecast and a measurement in the metric's terms. */
double tc_served_error_pct(tc_served_metric metric, double predicted, double measured);

/* Scores rows; all memory of the result lives in `arena`. */
TC_NODISCARD tc_code tc_served_validate(tc_catalog *catalog, const tc_served_row *rows, int count, tc_arena *arena,
                                        tc_served_validation *out, tc_error *error);

#endif
