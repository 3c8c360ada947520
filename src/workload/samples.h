/* samples.h - samples that keep their own lengths: to what they are padded, and what waits for the longest. */
#ifndef TC_WORKLOAD_SAMPLES_H
#define TC_WORKLOAD_SAMPLES_H

#include "traincast.h"

/* The expected largest of n normal values, in standard deviations (within 3 % to n = 32). */
double tc_largest_of(double n);

/* Tokens of each sample of a micro-batch of so many, none longer than `longest`: that, where a job's samples are all alike. */
double tc_padded_tokens(const tc_finetune *finetune, double rows, int longest);

/* Who works on samples of their own lengths at a time. */
typedef struct tc_waiting {
    double rows;   /* samples of a micro-batch */
    double stages; /* of the pipeline, which work on different micro-batches */
    double ranks;  /* data-parallel ones */
    double micro_batches;
    bool ranks_meet; /* in every micro-batch, not only at the step's end */
} tc_waiting;

/* Whether data-parallel ranks wait for each other in every micro-batch. */
bool tc_ranks_meet(const tc_stack *stack, int sharding);

/* What a step waits for beyond the mean length of a sample, in standard deviations of the lengths. */
double tc_waited_deviations(const tc_waiting *waiting);

/* The same over the time that the mean micro-batch takes; 0 where samples are all alike, none longer than `longest`. */
double tc_sample_wait(const tc_finetune *finetune, int longest, const tc_waiting *waiting);

#endif
