/* queue.c - waiting in closed forms.
 *
 * Open: Sakasegawa's approximation of M/M/c (Sakasegawa 1977, Ann. Inst. Statist. Math. 29), scaled by variability (Allen 1990,
 * Probability, Statistics, and Queueing Theory, section 5.4: Allen-Cunneen). Closed: mean-value analysis with Schweitzer's estimate
 * of what an arriving customer finds (Schweitzer 1979; Bard 1979), for one queueing and one delay station, whose fixed point is
 * the root of a quadratic: R^2 + R (D - S N) - S D = 0. */
#include "serving/queue.h"

#include <math.h>

#define NORMAL_95 1.6448536269514722

static double exponent(double servers) { return sqrt(2 * (servers + 1)) - 1; }

double tc_queue_waits(double servers, double rho) { return rho <= 0 ? 0 : rho >= 1 ? 1 : pow(rho, exponent(servers)); }

double tc_queue_wait(double servers, double rho, double service_s, double arrival_scv, double service_scv) {
    if (rho <= 0) return 0;
    return service_s * tc_queue_waits(servers, rho) / (servers * (1 - rho)) * (arrival_scv + service_scv) / 2;
}

double tc_closed_residence(double customers, double service_s, double delay_s) {
    double b = service_s * customers - delay_s, root = sqrt(b * b + 4 * service_s * delay_s);
    /* the difference of two large numbers is written as a quotient */
    return b >= 0 ? (b + root) / 2 : 2 * service_s * delay_s / (root - b);
}

double tc_queue_p95(double wait_s, double waits, double service_s, double service_scv) {
    double sigma = sqrt(log1p(service_scv)), late = service_s * (exp(NORMAL_95 * sigma - sigma * sigma / 2) - 1);
    double tail = waits > 0.05 ? wait_s / waits * log(waits / 0.05) - wait_s : 0;
    if (late < 0) late = 0;
    if (tail < 0) tail = 0;
    return wait_s + service_s + sqrt(late * late + tail * tail);
}
