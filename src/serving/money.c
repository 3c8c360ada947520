/* money.c - power, energy and money of a served model.
 *
 * A device that decodes few requests draws six tenths of its rated power; what products add goes with the share of the peak that
 * they reach. Medians of ML.ENERGY v3 (Chung et al. 2025, arXiv 2505.06371; leaderboard of 2025-12), of the rated power: H100 0.63 up to a batch of 8, 0.70 up to 64, 0.83
 * above; B200 0.65, 0.71, 0.83; prefill reaches all of it (Patel et al. 2024, Splitwise, arXiv 2311.18677: 1.01 on A100).
 * Money as of a training run (run/run.h): servers over their life, or rent, of every device, used or not. */
#include <math.h>

#include "run/upkeep.h"
#include "serving/answer.h"

#define FLOOR 0.6
#define FULL_AT 0.6 /* share of the peak at which the rated power is reached */
#define IDLE 0.25   /* of the rated power, where no economics say it */
#define HOUR 3600.0

static double drawn(const tc_serving_question *q, const tc_serving_answer *a) {
    double idle = q->economics ? q->economics->power_idle : IDLE, busy = a->utilisation;
    double mfu = busy > 0 ? a->mfu / busy : 0, load = FLOOR + (1 - FLOOR) * fmin(mfu / FULL_AT, 1);
    if (load < idle) load = idle;
    return busy * load + (1 - busy) * idle;
}

void tc_serving_money(const tc_serving_question *q, tc_serving_answer *out) {
    const tc_accelerator *a = &q->cluster.accelerator;
    const tc_economics *e = q->economics;
    double packages = tc_packages_of(a, out->devices);
    double tokens = out->output_tokens_per_s;
    out->power_w = out->energy_j_per_token = out->owned_usd_per_m_tokens = out->rented_usd_per_m_tokens = NAN;
    if (a->tdp_w > 0) {
        out->power_w = packages * a->tdp_w * drawn(q, out);
        if (tokens > 0) out->energy_j_per_token = out->power_w / tokens;
    }
    double price = q->price_usd >= 0 ? q->price_usd : a->price_usd;
    double rental = q->rental_usd_per_h >= 0 ? q->rental_usd_per_h : a->rental_usd_per_h;
    if (!(tokens > 0)) return;
    if (rental > 0) out->rented_usd_per_m_tokens = packages * rental / HOUR / tokens * 1e6;
    if (e && price > 0 && a->tdp_w > 0 && e->amortisation_s > 0) {
        double usd_per_s = tc_capital_usd_per_s(e, packages, price) + tc_electricity_usd(e, out->power_w);
        out->owned_usd_per_m_tokens = usd_per_s / tokens * 1e6;
    }
}
