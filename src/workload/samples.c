/* samples.c - samples that keep their own lengths.
 *
 *   padded = mean (1 + spread E(rows))
 *   waited = mean (1 + spread (E(rows x stages) + E(ranks) / sqrt(rows x micro-batches)))
 *
 * where E(n) is the expected largest of n normal values in standard deviations. 1F1B simulated on such lengths with 2 to 8 stages and 24 to
 * 96 micro-batches waits 0.85 to 1 of it. Memory is that of the longest sample, which comes sooner or later.
 * Ignored: samplers that group samples of like lengths, lengths whose law has a longer tail, the work that does not grow with tokens. */
#include "workload/samples.h"

#include <math.h>

double tc_largest_of(double n) { return n > 1 ? 0.565 * pow(log2(n), 0.83) : 0; }

static double at_most(double tokens, int longest) { return tokens < longest ? tokens : longest; }

double tc_padded_tokens(const tc_finetune *f, double rows, int longest) {
    if (f->mean_tokens <= 0) return longest;
    return at_most(ceil(f->mean_tokens * (1 + f->spread * tc_largest_of(rows))), longest);
}

double tc_sample_wait(const tc_finetune *f, double rows, int longest, double stages, double ranks,
                      double micro_batches) {
    if (f->mean_tokens <= 0) return 0;
    double all = tc_largest_of(rows * stages) + tc_largest_of(ranks) / sqrt(rows * micro_batches);
    double wait = at_most(f->mean_tokens * (1 + f->spread * all), longest) / tc_padded_tokens(f, rows, longest) - 1;
    return wait > 0 ? wait : 0; /* padded tokens are whole */
}
