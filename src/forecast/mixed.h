/* mixed.h - one job on several pools: what its two forms have in common (traincast_mixed.h). */
#ifndef TC_FORECAST_MIXED_H
#define TC_FORECAST_MIXED_H

#include "forecast/forecast.h"

/* Light in glass, m/s: the vacuum's over a group index of 1.468 (fibres of ITU-T G.652 at 1,550 nm). */
#define TC_FIBRE_M_PER_S (299792458.0 / 1.468)

/* Of a message between two pools, one way. */
double tc_link_latency(const tc_link *link);
/* That all paths between two pools carry, bytes/s. */
double tc_link_rate(const tc_link *link);
/* An all-reduce of a buffer that each of so many pools has once, by a ring: Patarasuk and Yuan 2009. */
double tc_link_reduce_seconds(const tc_link *link, int pools, double bytes);

/* tc_question_of_pool() into its place: a question is 14 KB. */
void tc_take_pool(const tc_question *question, int i, tc_question *out);

/* What a forecast of several pools was made of, while it is there: for traces. */
typedef struct tc_mixed_view {
    const tc_question *question;
    const tc_mixed *mixed;
    const tc_costs *costs[TC_MAX_POOLS]; /* of each pool's share, data parallel; NULL: it has none */
    const tc_joint *joint;               /* of all stages, across a pipeline; NULL */
} tc_mixed_view;

typedef tc_code tc_mixed_see(void *context, const tc_mixed_view *view, tc_error *error);

/* How closely is looked. */
typedef struct tc_mixed_look {
    bool exposed;      /* exposed_s of a pipeline is asked for */
    tc_mixed_see *see; /* NULL: nobody */
    void *context;
} tc_mixed_look;

/* tc_forecast_mixed(), shown to `see` before it is put away. */
TC_NODISCARD tc_code tc_mixed_open(const tc_question *question, tc_mixed_see *see, void *context, tc_error *error);

/* Answers, each form in its own file. */
TC_NODISCARD tc_code tc_mixed_data(const tc_question *question, const tc_mixed_look *look, tc_mixed *out,
                                   tc_error *error);
TC_NODISCARD tc_code tc_mixed_pipeline(const tc_question *question, const tc_mixed_look *look, tc_mixed *out,
                                       tc_error *error);
/* Interval, rates, memory and what software loses, from shares and parts. */
void tc_mixed_close(const tc_question *question, tc_mixed *mixed);

/* Errors name the pool: "--accelerator h20: --tp". */
TC_NODISCARD tc_code tc_mixed_fail(const tc_question *pool, tc_code code, tc_error *error);

#endif
