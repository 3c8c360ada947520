/* lengths.h - how long responses are: a log-normal law that is cut at the longest that is allowed.
 *
 * A response that would be longer ends at the limit: the law's mean before the cut is the one with which the mean after it is what was
 * asked for. A step waits for its longest response: the expected largest of n draws. */
#ifndef TC_RL_LENGTHS_H
#define TC_RL_LENGTHS_H

typedef struct tc_lengths {
    double mean, most; /* most: INFINITY: none */
    double median, sd; /* before the cut; sd of the logarithm, 0: all have the mean */
} tc_lengths;

/* most: 0 or less: none. */
tc_lengths tc_lengths_of(double mean, double most, double cv);
/* The share of the responses that are longer than so many tokens. */
double tc_lengths_above(const tc_lengths *l, double tokens);
/* The same of what is left of one that is looked at while it is generated: the law of equilibrium. */
double tc_lengths_left_above(const tc_lengths *l, double tokens);
/* Expected largest of n; left: of what is left. */
double tc_lengths_longest(const tc_lengths *l, double n, int left);

#endif
