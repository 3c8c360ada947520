/* queue.h - waiting in closed forms. */
#ifndef TC_SERVING_QUEUE_H
#define TC_SERVING_QUEUE_H

/* Mean wait before `servers` servers at utilisation rho (below 1), each `service_s` a customer: M/M/c by Sakasegawa times
 * (ca^2 + cs^2) / 2, squared coefficients of variation of arrivals and of service (Allen-Cunneen). */
double tc_queue_wait(double servers, double rho, double service_s, double arrival_scv, double service_scv);

/* Probability that a customer waits (Sakasegawa). */
double tc_queue_waits(double servers, double rho);

/* Mean time at a station of one server in a closed network of `customers`, each with `delay_s` elsewhere between two visits. */
double tc_closed_residence(double customers, double service_s, double delay_s);

/* p95 of a sum of a wait (mean wait_s, positive with probability waits, then exponential) and a service of log-normal length. */
double tc_queue_p95(double wait_s, double waits, double service_s, double service_scv);

#endif
