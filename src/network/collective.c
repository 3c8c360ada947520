/* collective.c - the cost of collectives on levels.
 *
 * All-gather and reduce-scatter run as pipelined rings over all levels (Thakur
 * et al. 2005; NCCL, HCCL): at level l a rank passes on the share that its inner
 * domain does not hold, every rank over its own link or NIC, so the slowest level
 * bounds the whole and the latencies of the hops add up. All-reduce is a
 * reduce-scatter and an all-gather; its latency is that of a ring or of a double
 * binary tree, whichever is less. All-to-all: what leaves a domain shares the
 * links of the level outside it. Meshes and tori give a group the links that
 * point to its members: (g - 1)/(n - 1) of a full mesh, the axes that it spans
 * of a torus or of a cube mesh.
 * Ignored: congestion between groups other than through oversubscription.
 */
#include "network/collective.h"

#include <math.h>

static double clamp_ranks(double ranks, double limit) {
    if (limit < 1) limit = 1;
    return ranks < limit ? ranks : limit;
}

/* Share of a device's links that lead to the other members of its group. */
static double usable_links(const tc_level *level, double inside) {
    if (inside <= 1 || level->size <= 1) return 1;
    switch (level->topology) {
    case TC_TOPOLOGY_HYBRID_CUBE: /* two thirds of the links of a quad, one third of a pair */
        return inside < level->size ? log2(inside) / log2(level->size) : 1;
    case TC_TOPOLOGY_FULL_MESH:
        return inside < level->size ? (inside - 1) / (level->size - 1) : 1;
    case TC_TOPOLOGY_TORUS: {
        double dims = level->dims > 0 ? level->dims : 2;
        double axis = pow(level->size, 1 / dims);
        double used = ceil(log(inside) / log(axis) - 1e-9);
        return used < 1 ? 1 / dims : used < dims ? used / dims : 1;
    }
    default: return 1;
    }
}

tc_group_path tc_path_of(const tc_fabric *fabric, const tc_device_params *device, tc_group group) {
    tc_group_path path = {.levels = fabric->levels, .ranks = group.ranks};
    double domain = 1; /* devices inside the level below */
    for (int l = 0; l < fabric->levels; l++) {
        const tc_level *level = &fabric->level[l];
        domain = level->size > 0 ? level->size : HUGE_VAL;
        path.inside[l] = clamp_ranks(group.ranks, floor(domain / group.stride));
        double fraction = l == 0 ? device->link_fraction : device->network_fraction;
        path.rate[l] = level->bytes_per_s * fraction * usable_links(level, path.inside[l])
                       / (level->oversubscription > 1 ? level->oversubscription : 1);
        path.latency[l] = level->latency_s;
    }
    return path;
}

static double ring_bandwidth_seconds(const tc_group_path *p, double bytes) {
    double slowest = 0, below = 1;
    for (int l = 0; l < p->levels; l++) {
        double domains = p->inside[l] / below;
        if (domains > 1) {
            double seconds = bytes / below * (domains - 1) / domains / p->rate[l];
            if (seconds > slowest) slowest = seconds;
        }
        below = p->inside[l];
    }
    return slowest;
}

static double ring_latency(const tc_group_path *p) {
    double sum = 0, below = 1;
    for (int l = 0; l < p->levels; l++) {
        double domains = p->inside[l] / below;
        if (domains > 1) sum += (domains - 1) * p->latency[l];
        below = p->inside[l];
    }
    return sum;
}

static double tree_latency(const tc_group_path *p) {
    double sum = 0, below = 1;
    for (int l = 0; l < p->levels; l++) {
        double domains = p->inside[l] / below;
        if (domains > 1) sum += ceil(log2(domains)) * p->latency[l];
        below = p->inside[l];
    }
    return sum;
}

double tc_all_gather_seconds(const tc_group_path *p, double bytes) {
    if (p->ranks <= 1 || bytes <= 0) return 0;
    return ring_bandwidth_seconds(p, bytes) + ring_latency(p);
}

double tc_all_reduce_seconds(const tc_group_path *p, double bytes) {
    if (p->ranks <= 1 || bytes <= 0) return 0;
    double ring = 2 * ring_latency(p), tree = 2 * tree_latency(p);
    return 2 * ring_bandwidth_seconds(p, bytes) + (ring < tree ? ring : tree);
}

/* outer_share: of the bytes, what crosses the levels beyond the innermost domain. */
static double all_to_all(const tc_group_path *p, double bytes, double outer_share) {
    if (p->ranks <= 1 || bytes <= 0) return 0;
    double slowest = 0, below = 1, latency = 0;
    for (int l = 0; l < p->levels; l++) {
        if (p->inside[l] > below) {
            /* at the outermost level all that leaves the domain below crosses */
            double leaving = (p->inside[l] - below) / p->ranks;
            double seconds = bytes * leaving * (below > 1 ? outer_share : 1) / p->rate[l];
            if (seconds > slowest) slowest = seconds;
            latency += p->latency[l];
        }
        below = p->inside[l];
    }
    return slowest + latency;
}

double tc_all_to_all_seconds(const tc_group_path *p, double bytes) { return all_to_all(p, bytes, 1); }

double tc_dispatch_seconds(const tc_group_path *p, double bytes, double copies, bool hierarchical) {
    double inner = p->levels > 0 ? p->inside[0] : 1, domains = p->ranks / inner;
    if (!hierarchical || domains <= 1 || inner <= 1 || copies <= 1) return all_to_all(p, bytes, 1);
    return all_to_all(p, bytes, domains * (1 - pow(1 - 1 / domains, copies)) / copies);
}

double tc_send_seconds(const tc_group_path *p, double bytes) {
    if (p->ranks <= 1 || bytes <= 0) return 0;
    for (int l = 0; l < p->levels; l++)
        if (p->inside[l] > 1) return bytes / p->rate[l] + p->latency[l];
    return 0;
}

double tc_ring_step_seconds(const tc_group_path *p, double bytes) {
    double slowest = 0, below = 1;
    for (int l = 0; l < p->levels && bytes > 0; l++) {
        double seconds = p->inside[l] > below ? bytes / p->rate[l] + p->latency[l] : 0;
        if (seconds > slowest) slowest = seconds;
        below = p->inside[l];
    }
    return slowest;
}
