/* goodput.h - useful seconds of a job that fails and restarts; the fleet asks for it often. */
#ifndef TC_RUN_GOODPUT_H
#define TC_RUN_GOODPUT_H

#include "traincast.h"

/* Seconds of wall-clock time per second of useful work, split. */
typedef struct tc_goodput {
    double fraction; /* useful share of the wall-clock time */
    double checkpoint_share, lost_share, restart_share;
    double failures_per_useful_s;
    double interval_s, interval_steps;
} tc_goodput;

/* Best interval of computing between checkpoints: Young 1974 and Daly 2006 (see run.c). */
double tc_interval_young(double checkpoint_s, double mtbf_s);
double tc_interval_daly(double checkpoint_s, double mtbf_s);

/* Seconds of a checkpoint on the storage of a fleet whose owner gave no figure of his own. */
double tc_checkpoint_s(const tc_economics *economics, double bytes, int devices);

/* interval_s below zero: the whole number of steps with the least expected wall-clock time.
 * mtbf_s of the whole job; infinite: nothing fails. fraction is 0 where the job never ends. */
tc_goodput tc_goodput_of(double step_s, double mtbf_s, double checkpoint_s, double restart_s, double interval_s);

/* The same of a job that does something else than take a hot spare. */
typedef struct tc_failure_policy {
    int on_failure; /* tc_on_failure */
    double repair_s;
    int replicas; /* data-parallel; below 2 a job that would shrink waits */
} tc_failure_policy;

tc_goodput tc_goodput_with(const tc_failure_policy *policy, double step_s, double mtbf_s, double checkpoint_s,
                           double restart_s, double interval_s);

#endif
