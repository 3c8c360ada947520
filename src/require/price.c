/* price.c - the price at which a chip pays: a step costs what it costs on another one.
 *
 * Money of a step is the devices' share of capital, written off over the economics' years, and the energy. Capital is proportional to the price
 * of a package; power does not depend on it. */
#include <math.h>

#include "traincast.h"

/* Dollars of one step with packages of a price. */
static tc_code money(const tc_question *q, double step_s, const tc_economics *economics, double price, tc_run *run) {
    tc_run_input input = tc_default_run_input();
    tc_error unused;
    input.cluster = q->cluster;
    input.step.step_s = step_s;
    input.step.tokens_per_step = input.tokens = 1;
    input.checkpoint_bytes = input.checkpoint_s = 0;
    if (price > 0) input.price_usd = price;
    return tc_run_forecast(&input, economics, run, &unused);
}

double tc_require_price(const tc_question *question, double step_s, const tc_economics *economics,
                        const tc_question *like, double like_s, const tc_economics *like_economics, double like_usd) {
    const double unit = 10000;
    tc_run one, other;
    if (!(step_s > 0) || !(like_s > 0)) return NAN;
    if (money(like, like_s, like_economics, like_usd, &other) || money(question, step_s, economics, unit, &one))
        return NAN;
    if (!(other.capital_usd > 0) || !(one.capital_usd > 0) || !(one.energy_usd > 0) || !(other.energy_usd > 0))
        return NAN;
    return unit * (other.capital_usd + other.energy_usd - one.energy_usd) / one.capital_usd;
}
