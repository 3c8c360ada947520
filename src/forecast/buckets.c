/* buckets.c - training on samples of several resolutions and lengths at once.
 *
 * A micro-batch is of one bucket. With T_b the step in which all are of bucket b, and shares s_b, a step without waiting takes
 * sum s_b T_b: where all ranks take the same bucket in turn, or where buckets have batches of equal time. Where each of D
 * data-parallel ranks draws m micro-batches of its own, the step ends with the slowest: for m = 1 the mean of the largest of
 * D draws, sum T_k (F_k^D - F_(k-1)^D) over the buckets in order; for m > 1 their means are nearly normal, and the largest of D
 * lies at the quantile (D - 0.375) / (D + 0.25) (Blom 1958), at most at the slowest bucket.
 * Ignored: that gradients are reduced once a step, whatever the buckets. */
#include "forecast/buckets.h"

#include <math.h>

#include "base/distributions.h"
#include "base/error.h"

static tc_code forecast_each(const tc_question *question, tc_buckets *b, tc_error *error) {
    for (int i = 0; i < b->count; i++) {
        tc_bucket *k = &b->bucket[i];
        tc_question q = *question;
        q.job.seq = TC_UNSET;
        tc_code code = tc_model_set_sample(&q.job.model, k->frames, k->height, k->width, error);
        if (!code) code = tc_forecast(&q, &k->step, error);
        if (code) return code;
        k->seq = q.job.model.seq;
    }
    return TC_OK;
}

/* The mean of the largest of `ranks` draws of one bucket each. */
static double largest_of_draws(const tc_buckets *b, double ranks) {
    double below = 0, mean = 0, last = 0;
    for (int done = 0; done < b->count; done++) {
        double next = HUGE_VAL, share = 0;
        for (int i = 0; i < b->count; i++)
            if (b->bucket[i].step.step_s > last && b->bucket[i].step.step_s < next) next = b->bucket[i].step.step_s;
        for (int i = 0; i < b->count; i++)
            if (b->bucket[i].step.step_s == next) share += b->bucket[i].share;
        if (share <= 0) break;
        mean += next * (pow(fmin(1, below + share), ranks) - pow(below, ranks));
        below += share;
        last = next;
    }
    return mean;
}

static void mix(tc_buckets *b) {
    double squares = 0;
    b->mean_s = b->worst_s = b->memory = 0;
    b->fits = true;
    for (int i = 0; i < b->count; i++) {
        const tc_bucket *k = &b->bucket[i];
        b->mean_s += k->share * k->step.step_s;
        b->worst_s = fmax(b->worst_s, k->step.step_s);
        b->memory = fmax(b->memory, k->step.memory.reserved);
        b->fits = b->fits && k->step.fits;
    }
    for (int i = 0; i < b->count; i++) squares += b->bucket[i].share * pow(b->bucket[i].step.step_s - b->mean_s, 2);
    double ranks = b->bucket[0].step.layout.dp, draws = (double)b->bucket[0].step.micro_batches;
    b->slowest_s = draws > 1 ? b->mean_s + tc_normal_at((ranks - 0.375) / (ranks + 0.25)) * sqrt(squares / draws)
                             : largest_of_draws(b, ranks);
    if (ranks <= 1) b->slowest_s = b->mean_s;
    b->slowest_s = fmax(b->mean_s, fmin(b->worst_s, b->slowest_s));
}

tc_code tc_forecast_buckets(const tc_question *question, tc_buckets *b, tc_error *error) {
    double sum = 0;
    for (int i = 0; i < b->count; i++) sum += b->bucket[i].share;
    if (b->count < 1 || !(sum > 0))
        return tc_fail(error, TC_INVALID, "--buckets", "none with a share; give 81x480x832=0.7,1x1024x1024=0.3");
    for (int i = 0; i < b->count; i++) b->bucket[i].share /= sum;
    tc_code code = forecast_each(question, b, error);
    if (!code) mix(b);
    return code;
}
