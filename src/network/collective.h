/* collective.h - collectives on the levels of a fabric, in seconds. */
#ifndef TC_NETWORK_COLLECTIVE_H
#define TC_NETWORK_COLLECTIVE_H

#include "traincast.h"

/* A group of `ranks` devices, `stride` apart in the rank order (tensor parallel innermost). */
typedef struct tc_group {
    double ranks, stride;
} tc_group;

/* What a group sees of the fabric: at each level the ranks per domain and the rate of one rank. */
typedef struct tc_group_path {
    int levels;
    double ranks;
    double inside[TC_MAX_LEVELS];        /* group ranks in one domain of this level */
    double rate[TC_MAX_LEVELS];          /* bytes/s of one rank, one direction, achievable */
    double latency[TC_MAX_LEVELS];       /* s */
    double step[TC_MAX_LEVELS];          /* s more of a step of the bandwidth protocol */
    double gather_latency, gather_steps; /* all hops of a ring; what the bandwidth protocol adds to them, s */
    double reduce_latency, reduce_steps; /* the same of an all-reduce */
    double exchange_steps;               /* of an all-to-all: at least so much, s */
    double gather_share;                 /* of the rate that all-gather, reduce-scatter and all-to-all reach */
    double reduce_rate;                  /* bytes/s of a buffer that the switches reduce; 0: they do not */
} tc_group_path;

tc_group_path tc_path_of(const tc_fabric *fabric, const tc_device_params *device, tc_group group);

/* bytes: the full buffer (all-reduce, all-gather result, reduce-scatter input). */
double tc_all_gather_seconds(const tc_group_path *path, double bytes);
double tc_all_reduce_seconds(const tc_group_path *path, double bytes);
/* The same by one algorithm, where the quickest is not asked for: rings over all levels; a tree between domains; switches that reduce
 * (path.reduce_rate above 0). */
double tc_ring_all_reduce_seconds(const tc_group_path *path, double bytes);
double tc_tree_all_reduce_seconds(const tc_group_path *path, double bytes);
double tc_switch_all_reduce_seconds(const tc_group_path *path, double bytes);
/* bytes: what one rank sends in total, its own share included. */
double tc_all_to_all_seconds(const tc_group_path *path, double bytes);
/* The dispatch of tokens to `copies` experts each. hierarchical: a token crosses to a domain once and is
 * copied inside it (DeepSeek-V3, arXiv 2412.19437, section 3.2.2); the domains that k of n copies reach
 * are n (1 - (1 - 1/n)^k) in the mean. */
double tc_dispatch_seconds(const tc_group_path *path, double bytes, double copies, bool hierarchical);
/* Every rank passes a message to the next: as long as the slowest of these takes. */
double tc_ring_step_seconds(const tc_group_path *path, double bytes);
/* One message between neighbours of the group. */
double tc_send_seconds(const tc_group_path *path, double bytes);

#endif
