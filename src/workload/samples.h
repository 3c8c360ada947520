/* samples.h - samples that keep their own lengths: to what they are padded, and what waits for the longest. */
#ifndef TC_WORKLOAD_SAMPLES_H
#define TC_WORKLOAD_SAMPLES_H

#include "traincast.h"

/* The expected largest of n normal values, in standard deviations (within 3 % to n = 32). */
double tc_largest_of(double n);

/* Tokens of each sample of a micro-batch of so many, none longer than `longest`: that, where a job's samples are all alike. */
double tc_padded_tokens(const tc_finetune *finetune, double rows, int longest);

/* What a step waits for, over the time that the mean micro-batch takes; 0 where samples are all alike. The stages of a pipeline work on
 * different micro-batches, and all wait for the longest; data-parallel ranks wait for the one whose micro-batches are the longest on average. */
double tc_sample_wait(const tc_finetune *finetune, double rows, int longest, double stages, double ranks,
                      double micro_batches);

#endif
