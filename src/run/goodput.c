/* goodput.c - what failures, checkpoints and restarts leave of the time.
 *
 * Failures are Poisson with the mean time M between two of them over the whole job.
 * After each interval t of computing a checkpoint is written in d seconds; after a
 * failure the job needs R seconds, in which it may fail again, and does the interval anew.
 *
 * Expected wall-clock time of one interval (Daly 2006, "A higher order estimate of the
 * optimum checkpoint interval for restart dumps", Future Generation Computer Systems 22,
 * 303-312, complete model):
 *     W(t) = M e^(R/M) (e^((t+d)/M) - 1)
 * of which t is useful and d the checkpoint; e^((t+d)/M) - 1 failures strike per interval,
 * each costs M (e^(R/M) - 1) of restarting; the rest is work done in vain.
 *
 * Best interval: Young 1974 ("A first order approximation to the optimum checkpoint
 * interval", Communications of the ACM 17, 530-531)  t = sqrt(2 d M);
 * Daly 2006  t = sqrt(2 d M) (1 + sqrt(d/2M)/3 + (d/2M)/9) - d  for d < 2M, else M.
 * A checkpoint follows a whole step, so the interval used is the whole number of steps
 * of the least W(t)/t, searched from Daly's.
 *
 * What a failure does (tc_on_failure): a hot spare takes over, which is all of the above; the job waits for the
 * repair, which is part of R; or it goes on with a replica less. Then a replica is whole with the probability
 * that none of its failures is under repair, those being a queue with as many servers as it needs
 * (M/G/infinity; Takacs 1962): with dp replicas and a repair of T seconds
 *     share = e^(-T / (M dp))
 * of the steps' pace is left on average, and each repair ends with another restart, after a checkpoint.
 *
 * Ignored: checkpoints that are written while training goes on (give the time that
 * training really stands still), failures that come in groups, devices of a broken
 * replica that could help others, and the batch, which stays as it is. */
#include <math.h>

#include "run/goodput.h"

/* Of one stride in the search of the best interval: Daly's is within a few, but where a failure is more frequent than a step. */
#define MOST_MOVES 64
#define MOST_STEPS 1e15 /* counted exactly */

double tc_interval_young(double checkpoint_s, double mtbf_s) { return sqrt(2 * checkpoint_s * mtbf_s); }

double tc_interval_daly(double checkpoint_s, double mtbf_s) {
    if (!(checkpoint_s < 2 * mtbf_s)) return mtbf_s;
    double ratio = checkpoint_s / (2 * mtbf_s); /* 0 if nothing fails */
    return sqrt(2 * checkpoint_s * mtbf_s) * (1 + sqrt(ratio) / 3 + ratio / 9) - checkpoint_s;
}

double tc_checkpoint_s(const tc_economics *economics, double bytes, int devices) {
    double rate = economics->storage_bytes_per_s * devices, most = economics->storage_most_bytes_per_s;
    if (most > 0 && rate > most) rate = most;
    return bytes > 0 ? economics->checkpoint_fixed_s + bytes / rate : 0;
}

/* Expected wall-clock seconds per useful second, at intervals of t. */
static double stretch(double t, double mtbf_s, double checkpoint_s, double restart_s) {
    if (isinf(mtbf_s)) return (t + checkpoint_s) / t;
    return mtbf_s * exp(restart_s / mtbf_s) * expm1((t + checkpoint_s) / mtbf_s) / t;
}

/* W(t)/t falls to its only minimum and rises after it, so a walk from Daly's interval whose
 * strides halve ends there: at stride 1 neither neighbour is better. */
static double best_steps(double step_s, double mtbf_s, double checkpoint_s, double restart_s) {
    double k = floor(tc_interval_daly(checkpoint_s, mtbf_s) / step_s);
    if (!(k >= 1)) k = 1;
    if (k > MOST_STEPS) k = MOST_STEPS;
    double cost = stretch(k * step_s, mtbf_s, checkpoint_s, restart_s);
    for (double stride = k; stride >= 1; stride = floor(stride / 2)) {
        bool better = true;
        for (int moves = 0; better && moves < MOST_MOVES; moves++) {
            better = false;
            for (int side = -1; side <= 1; side += 2) {
                double other = k + side * stride;
                if (other < 1) continue;
                double other_cost = stretch(other * step_s, mtbf_s, checkpoint_s, restart_s);
                if (!(other_cost < cost)) continue;
                k = other;
                cost = other_cost;
                better = true;
            }
        }
    }
    return k;
}

tc_goodput tc_goodput_of(double step_s, double mtbf_s, double checkpoint_s, double restart_s, double interval_s) {
    tc_goodput out = {0};
    double steps;
    if (interval_s >= 0) {
        steps = floor(interval_s / step_s + 0.5);
        if (steps < 1) steps = 1;
    } else if (isinf(mtbf_s)) { /* nothing fails: no checkpoint is the best one */
        out.fraction = 1;
        out.interval_s = out.interval_steps = INFINITY;
        return out;
    } else {
        steps = best_steps(step_s, mtbf_s, checkpoint_s, restart_s);
    }
    double t = steps * step_s, wall = stretch(t, mtbf_s, checkpoint_s, restart_s);
    out.interval_s = t;
    out.interval_steps = steps;
    if (!isfinite(wall)) return out;
    double failures = isinf(mtbf_s) ? 0 : expm1((t + checkpoint_s) / mtbf_s);
    double restart = isinf(mtbf_s) ? 0 : failures * mtbf_s * expm1(restart_s / mtbf_s);
    double lost = isinf(mtbf_s) ? 0 : failures * mtbf_s - (t + checkpoint_s);
    out.fraction = 1 / wall;
    out.checkpoint_share = checkpoint_s / (t * wall);
    out.restart_share = restart / (t * wall);
    out.lost_share = lost > 0 ? lost / (t * wall) : 0;
    out.failures_per_useful_s = failures / t;
    return out;
}

tc_goodput tc_goodput_with(const tc_failure_policy *policy, double step_s, double mtbf_s, double checkpoint_s,
                           double restart_s, double interval_s) {
    bool shrinks = policy->on_failure == TC_FAILURE_SHRINK && policy->replicas > 1;
    bool waits = policy->on_failure != TC_FAILURE_SPARE && !shrinks;
    tc_goodput g = tc_goodput_of(step_s, mtbf_s, checkpoint_s, restart_s + (waits ? policy->repair_s : 0), interval_s);
    if (!shrinks || !(g.fraction > 0) || isinf(mtbf_s)) return g;
    double share = exp(-policy->repair_s / (mtbf_s * policy->replicas)), again = g.failures_per_useful_s * restart_s,
           wall = (1 / g.fraction + again) / share;
    tc_goodput out = g;
    out.fraction = 1 / wall;
    out.checkpoint_share = g.checkpoint_share / g.fraction / wall;
    out.restart_share = (g.restart_share / g.fraction + again) / wall;
    out.lost_share = fmax(1 - out.fraction - out.checkpoint_share - out.restart_share, 0); /* the slower pace too */
    return out;
}
