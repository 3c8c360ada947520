/* split.c - a batch over pools of different speed, in whole micro-batches.
 *
 *   T* = (M + sum d_i a_i / b_i) / (sum d_i / b_i),  m_i = floor((T* - a_i) / b_i)
 * with d_i ranks of pool i, each a_i + b_i m seconds for m micro-batches, M of them in all: the time at which all pools end
 * together (water filling, of those with a_i < T*; Whale, Jia et al., USENIX ATC 2022, balances alike). What the floors leave
 * goes, a row of ranks at a time, to the pool that would then end first; a row that is not full takes as long as a full one. A
 * pool whose first row would end after all others have done everything gets none and is left out. Sequences are counted rather than micro-batches, whose sizes may differ between pools.
 * Ignored: that another split of the rest may end a fraction of a row earlier. */
#include "forecast/split.h"

#include <math.h>

#include "base/error.h"

static double seconds_of(const tc_split *s, int64_t micro_batches) {
    return s->fixed_s + s->each_s * (double)micro_batches;
}

static double common_seconds(const tc_split *pool, int pools, int64_t batch) {
    double work = (double)batch, rate = 0;
    for (int i = 0; i < pools; i++) {
        if (pool[i].micro_batches == 0) continue;
        double own = (double)(pool[i].ranks * pool[i].size) / pool[i].each_s;
        work += own * pool[i].fixed_s;
        rate += own;
    }
    return work / rate;
}

double tc_split_seconds(tc_split *pool, int pools, int64_t batch) {
    for (int i = 0; i < pools; i++) pool[i].micro_batches = 1;
    for (int left = pools;; left--) {
        double t = common_seconds(pool, pools, batch);
        int worst = -1;
        for (int i = 0; i < pools && left > 1; i++)
            if (pool[i].micro_batches > 0 && pool[i].fixed_s >= t
                && (worst < 0 || pool[i].fixed_s > pool[worst].fixed_s))
                worst = i;
        if (worst < 0) return t;
        pool[worst].micro_batches = 0;
    }
}

/* The pool that ends first with one row more, of those that the rest can be given to. */
static int next_pool(const tc_split *pool, int pools, int64_t rest) {
    int best = -1;
    for (int i = 0; i < pools; i++) {
        const tc_split *s = &pool[i];
        bool whole = rest >= s->ranks * s->size * s->quantum, some = s->quantum == 1 && rest % s->size == 0;
        if (!whole && !some) continue;
        if (best < 0
            || seconds_of(s, s->micro_batches + s->quantum)
                   < seconds_of(&pool[best], pool[best].micro_batches + pool[best].quantum))
            best = i;
    }
    return best;
}

tc_code tc_split_batch(tc_split *pool, int pools, int64_t batch, double *seconds, tc_error *error) {
    double t = tc_split_seconds(pool, pools, batch);
    int64_t rest = batch;
    for (int i = 0; i < pools; i++) {
        tc_split *s = &pool[i];
        double rows = floor((t - s->fixed_s) / s->each_s / (double)s->quantum * (1 + 1e-12));
        s->micro_batches = rows > 0 ? (int64_t)rows * s->quantum : 0;
        s->sequences = s->micro_batches * s->ranks * s->size;
        rest -= s->sequences;
    }
    while (rest > 0) {
        int i = next_pool(pool, pools, rest);
        if (i < 0)
            return tc_fail(error, TC_INVALID, "--global-batch",
                           "%lld of %lld sequences are left over by the micro-batches of the pools; give a multiple of "
                           "%lld",
                           (long long)rest, (long long)batch,
                           (long long)(pool[0].size * pool[0].quantum * pool[0].ranks));
        int64_t row = pool[i].ranks * pool[i].size * pool[i].quantum, given = rest < row ? rest : row;
        pool[i].micro_batches += pool[i].quantum;
        pool[i].sequences += given;
        rest -= given;
    }
    *seconds = 0;
    for (int i = 0; i < pools; i++)
        if (pool[i].micro_batches > 0) *seconds = fmax(*seconds, seconds_of(&pool[i], pool[i].micro_batches));
    return TC_OK;
}
