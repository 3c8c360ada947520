/* collective.c - the cost of collectives on levels.
 *
 * All-gather and reduce-scatter run as pipelined rings over all levels (Thakur
 * et al. 2005; NCCL, HCCL), as many as a domain has NICs: the slowest level
 * bounds the whole and the latencies of the hops add up. All-reduce between domains carries
 * what a double binary tree does (of two nodes, half of what a ring does), its latency that of a ring or of the
 * tree, whichever is less, or is one pass through switches that reduce. All-to-all: what leaves a domain shares the
 * links of the level outside it. Meshes and tori give a group the links that
 * point to its members: (g - 1)/(n - 1) of a full mesh, the axes that it spans
 * of a torus or of a cube mesh.
 * Two protocols, the quicker of which is taken (NCCL, src/graph/tuning.cc): small messages carry a flag
 * beside their data, at half of the bandwidth; large ones run at the whole of it, but wait at
 * every step until a neighbour's buffer is free.
 * Ignored: congestion between groups other than through oversubscription.
 */
#include "network/collective.h"

#include <math.h>

/* Share of the bandwidth that the data of the small-message protocol have: 4 of 8 bytes (NCCL LL). */
#define SMALL_SHARE 0.5
/* A step of a tree carries a whole chunk: as long as 5 (network) to 8 (NVLink) steps of a ring (NCCL, hwLat). */
#define TREE_STEPS 6
/* Rate of a reduction in the switches relative to that of a ring: each rank sends its buffer and the sum of its share. All-reduce bus
 * bandwidth at 8 GiB on 5 to 8 H200 and 6 to 8 B200 with NVLS over that without: 0.82 to 0.84 and 0.79 to 0.80 (data/measurements/stas-bekman.jsonl). */
#define SWITCH_SHARE 0.82
/* Behind switches what the bandwidth protocol waits for is that of a full server's ring whatever the group: 20 to 45 us beyond the bytes' time at 64 MiB
 * for 2, 4 and 8 ranks of A100, H100, H200, B200 and GB200, in all-gather, reduce-scatter and all-to-all (data/measurements/aiconfigurator.jsonl). */
#define SWITCH_STEPS 7

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
    case TC_TOPOLOGY_FULL_MESH: return inside < level->size ? (inside - 1) / (level->size - 1) : 1;
    case TC_TOPOLOGY_TORUS: {
        double dims = level->dims > 0 ? level->dims : 2;
        double axis = pow(level->size, 1 / dims);
        double used = ceil(log(inside) / log(axis) - 1e-9);
        return used < 1 ? 1 / dims : used < dims ? used / dims : 1;
    }
    default: return 1;
    }
}

/* Small groups behind switches gather at less than a device's rate: all-gather and reduce-scatter of 2 and 4 ranks run at 0.72 to 0.78 and 0.91 to
 * 0.95 of the bus bandwidth of 8 on A100, H100, H200 and B200, all-reduce at 0.87 to 0.95 and the whole (data/measurements/aiconfigurator.jsonl). */
static double gather_share(double ranks) {
    double share = (1 - 1 / (ranks * ranks)) / (1 - 1 / 64.0);
    return share < 1 ? share : 1;
}

static double tree_depth(double ranks) {
    double depth = 0;
    for (double reached = 1; reached < ranks; reached *= 2) depth++;
    return depth;
}

/* Latencies of a ring and a tree over all levels, and what their steps wait. */
typedef struct hops {
    double ring, ring_steps, tree, tree_steps;
} hops;

/* A ring visits every rank, and crosses a level once for each of its domains. */
static hops hops_of(const tc_group_path *p) {
    hops h = {.ring = 0};
    double below = 1;
    for (int l = 0; l < p->levels; l++) {
        double domains = p->inside[l] / below;
        if (domains > 1) {
            double depth = tree_depth(domains);
            h.ring += (domains - 1) * p->latency[l];
            h.ring_steps += p->ranks * (1 / below - 1 / p->inside[l]) * p->step[l];
            h.tree += depth * p->latency[l];
            h.tree_steps += depth * TREE_STEPS * p->step[l];
        }
        below = p->inside[l];
    }
    return h;
}

static void add_latencies(tc_group_path *p) {
    hops h = hops_of(p);
    p->gather_latency = h.ring;
    p->gather_steps = h.ring_steps;
    p->reduce_latency = 2 * (h.ring < h.tree ? h.ring : h.tree);
    p->reduce_steps = 2 * (h.ring_steps < h.tree_steps ? h.ring_steps : h.tree_steps);
}

static bool inside_switches(const tc_fabric *fabric, const tc_group_path *p) {
    return fabric->levels > 0 && fabric->level[0].topology == TC_TOPOLOGY_SWITCH && p->inside[0] >= p->ranks;
}

tc_group_path tc_path_of(const tc_fabric *fabric, const tc_device_params *device, tc_group group) {
    tc_group_path path = {.levels = fabric->levels, .ranks = group.ranks};
    if (group.ranks <= 1) return path;
    double domain = 1; /* devices inside the level below */
    for (int l = 0; l < fabric->levels; l++) {
        const tc_level *level = &fabric->level[l];
        domain = level->size > 0 ? level->size : HUGE_VAL;
        path.inside[l] = clamp_ranks(group.ranks, floor(domain / group.stride));
        double fraction = l == 0 ? device->link_fraction : device->network_fraction;
        path.rate[l] = level->bytes_per_s * fraction * usable_links(level, path.inside[l])
                       / (level->oversubscription > 1 ? level->oversubscription : 1);
        path.latency[l] = level->latency_s;
        path.step[l] = l == 0 ? device->link_step_s : device->network_step_s;
    }
    add_latencies(&path);
    path.gather_share = 1;
    if (inside_switches(fabric, &path)) {
        double least = SWITCH_STEPS * path.step[0];
        path.gather_share = gather_share(group.ranks);
        path.exchange_steps = least;
        if (path.gather_steps < least) path.gather_steps = least;
        if (path.reduce_steps < 2 * least) path.reduce_steps = 2 * least;
    }
    if (fabric->levels > 0 && fabric->level[0].in_network_reduction && path.inside[0] >= group.ranks)
        path.reduce_rate = SWITCH_SHARE * path.rate[0] / (1 + 1 / group.ranks);
    return path;
}

/* The quicker protocol for what takes `seconds` at the whole bandwidth. */
static double with_latency(double seconds, double latency, double steps) {
    double small = seconds / SMALL_SHARE, large = steps + seconds;
    return latency + (small < large ? small : large);
}

/* A rank's share of the bytes at the slowest level. A ring that leaves a domain carries all but a rank's own part over every hop, one ring a
 * NIC; what is reduced within domains first, as by trees between nodes, only what the other domains have. */
static double bandwidth_seconds(const tc_group_path *p, double bytes, bool reduced) {
    double slowest = 0, below = 1;
    for (int l = 0; l < p->levels; l++) {
        double domains = p->inside[l] / below;
        if (domains > 1) {
            double parts = reduced || below <= 1 ? domains : p->ranks;
            double seconds = bytes / below * (parts - 1) / parts / p->rate[l];
            if (seconds > slowest) slowest = seconds;
        }
        below = p->inside[l];
    }
    return slowest;
}

double tc_all_gather_seconds(const tc_group_path *p, double bytes) {
    if (p->ranks <= 1 || bytes <= 0) return 0;
    return with_latency(bandwidth_seconds(p, bytes, false) / p->gather_share, p->gather_latency, p->gather_steps);
}

double tc_all_reduce_seconds(const tc_group_path *p, double bytes) {
    if (p->ranks <= 1 || bytes <= 0) return 0;
    double seconds = 2 * bandwidth_seconds(p, bytes, true);
    if (p->reduce_rate > 0 && bytes < seconds * p->reduce_rate) seconds = bytes / p->reduce_rate;
    return with_latency(seconds, p->reduce_latency, p->reduce_steps);
}

/* Steps behind switches wait as those of a full server's ring. */
static double reduce_by(const tc_group_path *p, double seconds, double latency, double steps) {
    double least = 2 * p->exchange_steps;
    return with_latency(seconds, 2 * latency, 2 * steps > least ? 2 * steps : least);
}

double tc_ring_all_reduce_seconds(const tc_group_path *p, double bytes) {
    if (p->ranks <= 1 || bytes <= 0) return 0;
    hops h = hops_of(p);
    return reduce_by(p, 2 * bandwidth_seconds(p, bytes, false), h.ring, h.ring_steps);
}

double tc_tree_all_reduce_seconds(const tc_group_path *p, double bytes) {
    if (p->ranks <= 1 || bytes <= 0) return 0;
    hops h = hops_of(p);
    return reduce_by(p, 2 * bandwidth_seconds(p, bytes, true), h.tree, h.tree_steps);
}

double tc_switch_all_reduce_seconds(const tc_group_path *p, double bytes) {
    if (p->ranks <= 1 || bytes <= 0) return 0;
    return with_latency(bytes / p->reduce_rate, p->reduce_latency, p->reduce_steps);
}

/* outer_share: of the bytes, what crosses the levels beyond the innermost domain. */
static double all_to_all(const tc_group_path *p, double bytes, double outer_share) {
    if (p->ranks <= 1 || bytes <= 0) return 0;
    double slowest = 0, below = 1, latency = 0, steps = 0;
    for (int l = 0; l < p->levels; l++) {
        if (p->inside[l] > below) {
            /* at the outermost level all that leaves the domain below crosses */
            double leaving = (p->inside[l] - below) / p->ranks;
            double seconds = bytes * leaving * (below > 1 ? outer_share : 1) / p->rate[l];
            if (seconds > slowest) slowest = seconds;
            latency += p->latency[l];
            steps += p->step[l];
        }
        below = p->inside[l];
    }
    if (steps < p->exchange_steps) steps = p->exchange_steps;
    return with_latency(slowest / p->gather_share, latency, steps);
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
        if (p->inside[l] > 1) return with_latency(bytes / p->rate[l], p->latency[l], p->step[l]);
    return 0;
}

double tc_ring_step_seconds(const tc_group_path *p, double bytes) {
    double slowest = 0, below = 1;
    for (int l = 0; l < p->levels && bytes > 0; l++) {
        double seconds = p->inside[l] > below ? with_latency(bytes / p->rate[l], p->latency[l], p->step[l]) : 0;
        if (seconds > slowest) slowest = seconds;
        below = p->inside[l];
    }
    return slowest;
}
