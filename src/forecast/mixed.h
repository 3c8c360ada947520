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

/* Answers, each form in its own file; out->step is without its interval, rates and memory until tc_mixed_close(). */
TC_NODISCARD tc_code tc_mixed_data(const tc_question *question, tc_mixed *out, tc_error *error);
TC_NODISCARD tc_code tc_mixed_pipeline(const tc_question *question, bool exposed, tc_mixed *out, tc_error *error);

/* Errors name the pool: "--accelerator h20: --tp". */
TC_NODISCARD tc_code tc_mixed_fail(const tc_question *pool, tc_code code, tc_error *error);

#endif
