/* operations.c - a run week by week.
 *
 *     a useful second of week w takes (1 + checkpoint + failure x rate x early(w)) (1 + rework) / (useful x noise(w))
 *     useful     of the run: spread `operations`;  noise(w) = exp(s z - s^2/2), s = weekly_noise: mean 1
 *     rate       gamma of mean 1 and shape failures_shape;  early(w) = early_failures while the devices are young
 *     stops      Poisson on the running clock: disruptions and rollbacks, each as long as its spread says
 *
 * so that the elapsed time is a sum over weeks and stops. The figures: data/calendar.yaml, each with its source.
 *
 * A week's noise may be above 1: it is the noise of a week's pace against the run's mean, as dated progress shows it. Ignored:
 * stops that bring each other, weeks that resemble their neighbours. */
#include "run/operations.h"

#include <math.h>
#include <stdlib.h>

#include "base/distributions.h"
#include "base/random.h"
#include "run/spread.h"

#define WEEK 604800.0
/* Weeks and stops of a run that are told apart; what is left after them goes on at the pace of the last. */
#define MOST_CHANGES 5000
/* A share of the time that is less is no run. */
#define LEAST_USEFUL 0.01
#define MOST_PACE 1e6 /* seconds for a useful one */

/* Indices of a sample's numbers: those of the run, then one a week, then two for each stop, far from one another. */
enum { OF_USEFUL, OF_FAILURES, OF_REWORK, OF_REWORK_SHARE, OF_WEEKS = 16, OF_STOPS = 1 << 20 };

tc_overhead tc_overhead_of(const tc_goodput *g) {
    return (tc_overhead){.checkpoint = g->checkpoint_share / g->fraction,
                         .failure = (g->lost_share + g->restart_share) / g->fraction};
}

static double number(const tc_operations *run, uint32_t index) {
    return tc_uniform(run->seed, run->stream, run->sample, index);
}

static double every_s(const tc_risks *risks, int kind) {
    return kind == 0 ? risks->disruptions_every_s : risks->rollbacks_every_s;
}

/* Of the two numbers of a stop, when it comes and how long it lasts. */
static double number_of_stop(const tc_operations *run, int kind, int which) {
    uint32_t index = 2 * run->stops[kind] + (uint32_t)which;
    return number(run, (uint32_t)OF_STOPS * (uint32_t)(kind + 1) + index);
}

static void await_stop(tc_operations *run, int kind) {
    double every = every_s(run->risks, kind);
    run->next_stop_s[kind] += isinf(every) ? INFINITY : tc_exponential_at(number_of_stop(run, kind, 0), every);
}

tc_operations tc_operations_draw(const tc_risks *risks, uint64_t seed, uint64_t stream, uint32_t sample) {
    tc_operations run = {.risks = risks, .seed = seed, .stream = stream, .sample = sample};
    double useful = tc_spread_at(number(&run, OF_USEFUL), &risks->operations);
    run.useful = fmax(fmin(useful, fmax(1, risks->operations.high)), LEAST_USEFUL);
    double shape = risks->failures_shape;
    run.failures = isinf(shape) ? 1 : tc_gamma_at(number(&run, OF_FAILURES), shape, 1 / shape);
    if (number(&run, OF_REWORK) < risks->rework_chance)
        run.rework = tc_spread_at(number(&run, OF_REWORK_SHARE), &risks->rework);
    for (int kind = 0; kind < TC_OPERATIONS_STOPS; kind++) await_stop(&run, kind);
    return run;
}

/* Seconds of the running clock that a useful second takes in the clock's week. */
static double pace(const tc_operations *run, const tc_overhead *overhead, uint32_t week) {
    const tc_risks *risks = run->risks;
    bool young = run->age_s + run->clock_s < risks->early_failures_for_s;
    double rate = run->failures * (young ? risks->early_failures : 1);
    double sd = risks->weekly_noise;
    double noise = sd > 0 ? exp(sd * tc_normal_at(number(run, OF_WEEKS + week)) - sd * sd / 2) : 1;
    double seconds = (1 + overhead->checkpoint + overhead->failure * rate) * (1 + run->rework) / (run->useful * noise);
    return fmin(fmax(seconds, 1 / MOST_PACE), MOST_PACE);
}

/* To the end of the week, of the first weeks, or to the next stop. */
static double until_change(const tc_operations *run, uint32_t week) {
    double end = (week + 1.0) * WEEK, old = run->risks->early_failures_for_s - run->age_s;
    if (old > run->clock_s && old < end) end = old;
    for (int kind = 0; kind < TC_OPERATIONS_STOPS; kind++) end = fmin(end, run->next_stop_s[kind]);
    return end;
}

static void begin_stop(tc_operations *run) {
    for (int kind = 0; kind < TC_OPERATIONS_STOPS; kind++) {
        if (run->next_stop_s[kind] > run->clock_s) continue;
        const tc_spread *spread = kind == 0 ? &run->risks->disruption_s : &run->risks->rollback_s;
        run->stopped_s += tc_spread_at(number_of_stop(run, kind, 1), spread);
        run->stops[kind]++;
        await_stop(run, kind);
    }
}

void tc_operations_go(tc_operations *run, const tc_overhead *overhead, double useful_s, double elapsed_s,
                      double *useful, double *elapsed) {
    double done = 0, passed = 0;
    while (done < useful_s && passed < elapsed_s) {
        double wait = fmin(run->stopped_s, elapsed_s - passed);
        run->stopped_s -= wait;
        passed += wait;
        if (passed >= elapsed_s) break;
        uint32_t week = (uint32_t)fmin(run->clock_s / WEEK, MOST_CHANGES);
        double seconds = pace(run, overhead, week), end = until_change(run, week), step = end - run->clock_s;
        double most = fmin((useful_s - done) * seconds, elapsed_s - passed);
        if (step > most || !(step >= 0) || ++run->changes > MOST_CHANGES) {
            run->clock_s += most;
            done = most < elapsed_s - passed ? useful_s : done + most / seconds;
            passed += most;
            break;
        }
        run->clock_s = end;
        passed += step;
        done += step / seconds;
        begin_stop(run);
    }
    run->elapsed_s += passed;
    *useful = done;
    *elapsed = passed;
}

double tc_operations_elapsed(tc_operations *run, const tc_overhead *overhead, double useful_s) {
    double done, passed;
    tc_operations_go(run, overhead, useful_s, INFINITY, &done, &passed);
    return passed;
}

double tc_operations_useful(tc_operations *run, const tc_overhead *overhead, double elapsed_s) {
    double done, passed;
    tc_operations_go(run, overhead, INFINITY, elapsed_s, &done, &passed);
    return done;
}

bool tc_risks_of_run(const tc_risks *r) {
    return r->operations.low != 1 || r->operations.high != 1 || r->weekly_noise > 0 || !isinf(r->disruptions_every_s)
           || !isinf(r->rollbacks_every_s) || r->rework_chance > 0 || !isinf(r->failures_shape)
           || r->early_failures != 1;
}

double tc_early_failures(const tc_risks *risks, const tc_goodput *goodput, double useful_s) {
    tc_overhead overhead = tc_overhead_of(goodput);
    double young_s = risks->early_failures_for_s / (1 + overhead.checkpoint + overhead.failure * risks->early_failures);
    return 1 + (risks->early_failures - 1) * fmin(1, young_s / useful_s);
}

#define SAMPLES 1024
#define SEED 1
/* Longer runs are so many years of the same; their weeks average out. */
#define LONGEST_S (10 * 365.25 * 86400)

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Between order statistics, as tc_quantile of published errors. */
static double quantile(const double *sorted, double q) {
    double position = q * (SAMPLES - 1);
    int low = (int)position;
    return sorted[low] + (position - low) * (sorted[low + 1] - sorted[low]);
}

tc_run_quantiles tc_operations_quantiles(const tc_risks *risks, const tc_step *step, const tc_goodput *goodput,
                                         double useful_s) {
    double elapsed[SAMPLES];
    tc_overhead overhead = tc_overhead_of(goodput);
    tc_spread factor = {1, 1, 1};
    if (step->step_s_p10 > 0) factor = (tc_spread){step->step_s_p10 / step->step_s, 1, step->step_s_p90 / step->step_s};
    uint64_t stream = tc_stream("run"), step_stream = tc_stream("run/step");
    for (uint32_t i = 0; i < SAMPLES; i++) {
        tc_operations run = tc_operations_draw(risks, SEED, stream, i);
        double work = useful_s * tc_spread_at(tc_sobol(SEED, step_stream, 0, i), &factor);
        double scale = work > LONGEST_S ? work / LONGEST_S : 1;
        elapsed[i] = scale * tc_operations_elapsed(&run, &overhead, work / scale);
    }
    qsort(elapsed, SAMPLES, sizeof *elapsed, by_value);
    return (tc_run_quantiles){quantile(elapsed, 0.1), quantile(elapsed, 0.5), quantile(elapsed, 0.9)};
}

/* The mean of a law whose sides are log-normal; the middle where it is certain. */
static double mean_of(const tc_spread *spread) {
    if (!(spread->low > 0) || !(spread->low < spread->high)) return spread->mid;
    double sd = log(spread->high / spread->low) / 2 / TC_NORMAL_P90;
    return spread->mid * exp(sd * sd / 2);
}

double tc_operations_usual(const tc_risks *r) {
    double stops = mean_of(&r->disruption_s) / r->disruptions_every_s + mean_of(&r->rollback_s) / r->rollbacks_every_s;
    return fmin(r->operations.mid, 1) / (1 + stops) / (1 + r->rework_chance * r->rework.mid);
}
