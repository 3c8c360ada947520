/* split.h - a batch over pools of different speed, in whole micro-batches. */
#ifndef TC_FORECAST_SPLIT_H
#define TC_FORECAST_SPLIT_H

#include "traincast.h"

/* A pool of data-parallel ranks that all take fixed_s + m each_s for m micro-batches. */
typedef struct tc_split {
    double fixed_s, each_s;
    int64_t ranks;         /* data parallel */
    int64_t size;          /* sequences of a micro-batch */
    int64_t quantum;       /* a rank's micro-batches are a multiple of so many */
    int64_t micro_batches; /* out: of a rank, the most; 0: the pool is left out */
    int64_t sequences;     /* out: of the pool */
} tc_split;

/* When all pools end together, if micro-batches could be cut; sets micro_batches to 0 of those whose fixed part is longer, to 1
 * of the others. */
double tc_split_seconds(tc_split *pool, int pools, int64_t batch);

/* Splits the batch. TC_INVALID where the micro-batches do not add up to it. *seconds: the longest. */
TC_NODISCARD tc_code tc_split_batch(tc_split *pool, int pools, int64_t batch, double *seconds, tc_error *error);

#endif
