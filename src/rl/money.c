/* money.c - energy and money of a step of reinforcement learning.
 *
 * Devices that generate draw what serving says of their steps (serving/money.c), those that train a mean share of their rated power
 * (economics), and all that wait for the others their idle power. Money as of a training run (run/run.h): servers over their life, or
 * rent, of every device for the whole step. Energy is that of the devices; servers and the data centre come on top in money. */
#include <math.h>

#include "rl/phases.h"
#include "run/upkeep.h"

#define HOUR 3600.0

/* A group of devices of one kind. */
typedef struct group {
    const tc_accelerator *chip;
    double packages, price_usd, rental_usd_per_h; /* NaN: not known */
} group;

static double known(double given, double of_chip) { return given >= 0 ? given : of_chip > 0 ? of_chip : NAN; }

static group group_of(const tc_accelerator *chip, int devices, double price_usd, double rental_usd_per_h) {
    return (group){chip, tc_packages_of(chip, devices), known(price_usd, chip->price_usd),
                   known(rental_usd_per_h, chip->rental_usd_per_h)};
}

static double rated_w(const group *g) { return g->chip->tdp_w > 0 ? g->packages * g->chip->tdp_w : NAN; }

/* Of the devices in a step: each side works for its phases and idles for the rest. */
static double energy_of(const tc_rl_question *q, const group *trains, const group *generates, double generating_w,
                        const tc_rl_answer *a) {
    const tc_economics *e = q->economics;
    double generation = generating_w * a->generation_s,
           training = rated_w(trains) * e->power_utilisation * a->training_s;
    if (q->placement == TC_RL_COLOCATED) return generation + training + rated_w(trains) * e->power_idle * a->overhead_s;
    return generation + rated_w(generates) * e->power_idle * fmax(a->step_s - a->generation_s, 0) + training
           + rated_w(trains) * e->power_idle * fmax(a->step_s - a->training_s, 0);
}

static double capital_usd_per_s(const tc_economics *e, const group *g) {
    return tc_capital_usd_per_s(e, g->packages, g->price_usd);
}

void tc_rl_money(const tc_rl_question *q, double generating_w, tc_rl_answer *out) {
    const tc_economics *e = q->economics;
    bool apart = q->placement != TC_RL_COLOCATED, other = q->other_devices;
    group trains = group_of(&q->training.cluster.accelerator, out->training_devices, q->price_usd, q->rental_usd_per_h);
    group generates = group_of(&q->generation.cluster.accelerator, out->generation_devices,
                               other ? q->generation.price_usd : q->price_usd,
                               other ? q->generation.rental_usd_per_h : q->rental_usd_per_h);
    out->energy_j = out->owned_usd = NAN;
    out->rented_usd = trains.packages * trains.rental_usd_per_h / HOUR * out->step_s;
    if (apart) out->rented_usd += generates.packages * generates.rental_usd_per_h / HOUR * out->step_s;
    if (!e) return;
    out->energy_j = energy_of(q, &trains, &generates, generating_w, out);
    if (!(e->amortisation_s > 0) || e->network_share >= 1) return;
    double capital = capital_usd_per_s(e, &trains) + (apart ? capital_usd_per_s(e, &generates) : 0);
    out->owned_usd = capital * out->step_s + tc_electricity_usd(e, out->energy_j);
}
