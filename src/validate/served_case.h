/* served_case.h - a published serving row as a question, with everything that had to be assumed, and its forecast in the row's terms. */
#ifndef TC_VALIDATE_SERVED_CASE_H
#define TC_VALIDATE_SERVED_CASE_H

#include "traincast_serving.h"
#include "validate/case.h"
#include "validate/conventions.h"
#include "validate/served.h"
#include "validate/served_conventions.h"

typedef struct tc_served_case {
    const tc_served_row *row;
    tc_case_status status;
    char reason[192];
    tc_serving_question question;
    bool limited; /* a benchmark's rate is the most that its limits allow: it is asked for without the rate */
    double ttft_limit_s, tpot_limit_s;
    double requests; /* of the whole test; 0: not known, many */
    bool overloaded; /* by its own figures: requests came faster than they were served */
    int seen; /* prompts at the test's start that are in a cache from tests before; as many as clients: it has no start */
    bool own_places; /* of workers that decode, which the row does not state */
    bool split;      /* workers that prefill alone: `prefill` asks for these, `question` for those that decode */
    tc_serving_question prefill;
    int assumed_count;
    char assumed[TC_ASSUMED_MAX][96];
} tc_served_case;

/* A forecast in the terms of a row's metric, and its 80 % interval; NaN where the question has no such answer. */
typedef struct tc_served_forecast {
    double value, low, high;
} tc_served_forecast;

/* Fills a case from a row, which must outlive it. Errors of the catalog itself are returned; what the row lacks is a status. */
TC_NODISCARD tc_code tc_served_case_build(tc_catalog *catalog, const tc_conventions *conventions,
                                          const tc_served_conventions *served, const tc_served_row *row,
                                          tc_served_case *out, tc_error *error);

/* Forecasts a case. A rate that is forecast to be beyond what the devices serve is answered for what they just do. */
TC_NODISCARD tc_code tc_served_predict(const tc_served_case *c, tc_serving_answer *out, tc_error *error);

/* The metrics of a row that are scored, in order; a row that states its rate in several ways has one of them. Returns how many. */
int tc_served_scored(const tc_served_row *row, tc_served_metric out[TC_SERVED_METRICS]);

/* Why a figure of the row is not counted: its value is given with the load (the rate of requests that arrive at that rate) or stands
 * there twice, or the row leaves open what it rests on. NULL: it counts. */
const char *tc_served_uncounted(const tc_served_case *c, tc_served_metric metric);

/* The answer in the metric's terms, with what the test adds: its ramp, where so many requests start at once. */
tc_served_forecast tc_served_in_metric(const tc_served_case *c, const tc_serving_answer *answer,
                                       tc_served_metric metric);

#endif
