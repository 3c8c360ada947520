/* distributions.h - laws of probability: quantiles, one uniform each and increasing in it, and distribution functions.
 *
 * A draw is the quantile at a number of random.h, so that a better fate of a variable is a better draw whatever its law's figures
 * are. u lies between 0 and 1 and is neither; figures of a law are positive (a mean, a sd may be 0). Quantiles by iteration meet
 * their distribution function to 1e-12 of its value; two u closer than that may be given in the wrong order by as much. */
#ifndef TC_BASE_DISTRIBUTIONS_H
#define TC_BASE_DISTRIBUTIONS_H

#include <stdbool.h>
#include <stdint.h>

#define TC_NORMAL_P90 1.2815515655446004 /* the normal quantile of 0.9 */

double tc_normal_cdf(double x);
double tc_normal_at(double u);
/* By its median and the standard deviation of its logarithm. */
double tc_lognormal_at(double u, double median, double sd);
double tc_exponential_at(double u, double mean);
/* True for the highest u. */
bool tc_bernoulli_at(double u, double probability);

/* The logarithm of Euler's gamma function of x > 0. */
double tc_log_gamma(double x);
/* Mean shape x scale, variance shape x scale^2. The distribution function is the regularised incomplete gamma function P. */
double tc_gamma_cdf(double x, double shape, double scale);
double tc_gamma_at(double u, double shape, double scale);
/* Mean a / (a + b). The distribution function is the regularised incomplete beta function I_x(a, b). */
double tc_beta_cdf(double x, double a, double b);
double tc_beta_at(double u, double a, double b);

/* Counts: the least k with P(K <= k) >= u. */
double tc_poisson_cdf(int64_t k, double mean);
int64_t tc_poisson_at(double u, double mean);
/* Poisson whose mean is gamma with this shape and mean: variance mean + mean^2 / shape. */
double tc_negative_binomial_cdf(int64_t k, double shape, double mean);
int64_t tc_negative_binomial_at(double u, double shape, double mean);

#endif
