/* operations.h - a run as it really goes: week by week, with what it loses beside checkpoints and failing devices.
 *
 * A sample of a run draws once how well its team keeps it running, how often its devices fail and whether tokens are trained
 * again; then each week its own noise, and disruptions and rollbacks as they come. The same function serves the plan's
 * calendars, the interval of `run` and the published histories. */
#ifndef TC_RUN_OPERATIONS_H
#define TC_RUN_OPERATIONS_H

#include "run/goodput.h"
#include "traincast.h"

/* Seconds that a useful second takes beside itself. */
typedef struct tc_overhead {
    double checkpoint; /* writing checkpoints */
    double failure;    /* work done again and restarts, at the failures' usual rate */
} tc_overhead;

tc_overhead tc_overhead_of(const tc_goodput *goodput);

enum { TC_OPERATIONS_STOPS = 2 }; /* disruptions and rollbacks */

/* A sample of a run on its way. Members are its own matter, but for those that a caller may set before the first step. */
typedef struct tc_operations {
    const tc_risks *risks; /* must live as long */
    uint64_t seed, stream;
    uint32_t sample;
    double useful;    /* share of the time that the run's team makes useful, all its weeks alike */
    double failures;  /* rate of failures over the usual, after the first weeks */
    double rework;    /* share of the work that is done again */
    double age_s;     /* of the devices when the run starts: the first weeks fail more; 0 */
    double clock_s;   /* of running: what stops take is not counted */
    double elapsed_s; /* all of it */
    double stopped_s; /* still to pass of a stop */
    double next_stop_s[TC_OPERATIONS_STOPS]; /* on the clock */
    int changes;                             /* weeks and stops so far */
    uint32_t stops[TC_OPERATIONS_STOPS];     /* so far */
} tc_operations;

/* The sample's run before its first step. stream: tc_stream("job/NAME"). The draws depend on the arguments alone. */
tc_operations tc_operations_draw(const tc_risks *risks, uint64_t seed, uint64_t stream, uint32_t sample);

/* Goes on until `useful_s` seconds of steps are done; returns the seconds that took. In parts or at once: the same, to rounding. */
double tc_operations_elapsed(tc_operations *run, const tc_overhead *overhead, double useful_s);

/* Goes on until `useful_s` seconds of steps are done or `elapsed_s` seconds have passed; says how many of both. */
void tc_operations_go(tc_operations *run, const tc_overhead *overhead, double useful_s, double elapsed_s, double *done,
                      double *passed);

/* Goes on for `elapsed_s` seconds; returns the seconds of steps that were done. */
double tc_operations_useful(tc_operations *run, const tc_overhead *overhead, double elapsed_s);

/* Does anything happen to a run beside checkpoints and failures as usual? */
bool tc_risks_of_run(const tc_risks *risks);

/* Expected failures over those of a run whose devices are never young; it starts with new ones. */
double tc_early_failures(const tc_risks *risks, const tc_goodput *goodput, double useful_s);

typedef struct tc_run_quantiles {
    double p10_s, p50_s, p90_s;
} tc_run_quantiles;

/* Elapsed seconds of a run of `useful_s` seconds of steps whose step is as uncertain as its interval says: over 1,024 samples
 * of a fixed seed, so that runs that are compared see the same fate. */
tc_run_quantiles tc_operations_quantiles(const tc_risks *risks, const tc_step *step, const tc_goodput *goodput,
                                         double useful_s);

/* Share of the time that steps have, failures and checkpoints apart, as long as nothing is known of a run. */
double tc_operations_usual(const tc_risks *risks);

#endif
