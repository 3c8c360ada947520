/* buckets.h - samples of several sizes: a step in each bucket, and what a mix of them takes. */
#ifndef TC_FORECAST_BUCKETS_H
#define TC_FORECAST_BUCKETS_H

#include "traincast.h"

#define TC_MAX_BUCKETS 32

typedef struct tc_bucket {
    int frames, height, width;
    double share; /* of the micro-batches */
    int seq;      /* latent tokens; from here on the answer */
    tc_step step; /* all ranks in this bucket */
} tc_bucket;

typedef struct tc_buckets {
    int count;
    tc_bucket bucket[TC_MAX_BUCKETS];
    double mean_s;    /* a step in which no rank waits: all take the same bucket, or sizes are balanced by time */
    double slowest_s; /* each data-parallel rank draws buckets of its own, and the step ends with the slowest */
    double worst_s;   /* all ranks in the slowest bucket */
    double memory;    /* reserved, bytes: of the bucket that takes most */
    bool fits;
} tc_buckets;

/* Forecasts every bucket and the mix; shares are made to add up to 1. TC_INVALID with an option as place. */
TC_NODISCARD tc_code tc_forecast_buckets(const tc_question *question, tc_buckets *buckets, tc_error *error);

#endif
