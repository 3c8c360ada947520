/* collective.c - the time of one collective, asked for itself. */
#include <math.h>
#include <stdio.h>

#include "base/error.h"
#include "base/members.h"
#include "forecast/collective_members.h"
#include "layout/question_members.h"
#include "network/collective.h"

#define MOST_BYTES 1e15

#define NAME(id, word, carried) word,
const char *const tc_collective_names[TC_COLLECTIVE_COUNT + 1] = {TC_COLLECTIVES(NAME) NULL};
#undef NAME
const char *const tc_collective_algorithm_names[TC_ALGORITHM_SWITCHES + 2] = {"best", "ring", "tree", "switches", NULL};

static const tc_member question[] = {
    TC_SIZE(tc_collective_question),
    TC_STRUCT(tc_collective_question, accelerator, tc_accelerator_members),
    TC_STRUCT(tc_collective_question, fabric, tc_fabric_members),
    TC_WORD(tc_collective_question, operation, TC_COLLECTIVE_COUNT - 1, "collective"),
    TC_WORD(tc_collective_question, algorithm, TC_ALGORITHM_SWITCHES, "algorithm"),
    TC_INTEGER(tc_collective_question, ranks, 2, TC_MOST_DEGREE),
    TC_INTEGER(tc_collective_question, stride, 1, TC_MOST_DEGREE),
    TC_FIGURES(tc_collective_question, share),
};
const tc_members tc_collective_question_members
    = TC_MEMBERS(tc_collective_question, question, "tc_default_collective_question()", NULL);

tc_collective_question tc_default_collective_question(void) {
    tc_collective_question q = {.size = sizeof q, .ranks = 8, .stride = 1};
    q.accelerator = tc_default_accelerator();
    q.fabric = tc_default_fabric();
    for (int l = 0; l < TC_MAX_LEVELS; l++) q.share[l] = 1;
    return q;
}

static double seconds_of(const tc_collective_question *q, const tc_group_path *path, double bytes) {
    switch (q->operation) {
    case TC_COLLECTIVE_ALL_GATHER:
    case TC_COLLECTIVE_REDUCE_SCATTER: return tc_all_gather_seconds(path, bytes);
    case TC_COLLECTIVE_ALL_TO_ALL: return tc_all_to_all_seconds(path, bytes);
    case TC_COLLECTIVE_SEND: return tc_send_seconds(path, bytes);
    default: break;
    }
    switch (q->algorithm) {
    case TC_ALGORITHM_RING: return tc_ring_all_reduce_seconds(path, bytes);
    case TC_ALGORITHM_TREE: return tc_tree_all_reduce_seconds(path, bytes);
    case TC_ALGORITHM_SWITCHES: return tc_switch_all_reduce_seconds(path, bytes);
    default: return tc_all_reduce_seconds(path, bytes);
    }
}

static double carried(tc_collective operation, double n) {
    switch (operation) {
#define CARRIED(id, word, share)                                                                                       \
    case TC_COLLECTIVE_##id: return share;
        TC_COLLECTIVES(CARRIED)
#undef CARRIED
    default: return 1;
    }
}

static tc_code check(const tc_collective_question *q, double bytes, tc_error *error) {
    tc_code code = tc_members_check(&tc_collective_question_members, q, "question", error);
    if (code) return code;
    for (int l = 0; l < TC_MAX_LEVELS; l++)
        if (!(q->share[l] > 0 && q->share[l] <= 1)) {
            char place[40];
            snprintf(place, sizeof place, "question.share[%d]", l);
            return tc_fail(error, TC_INVALID, place, "is %g; give a share above 0 to 1", q->share[l]);
        }
    if (!(bytes >= 0 && bytes <= MOST_BYTES))
        return tc_fail(error, TC_INVALID, "bytes", "is %g; give 0 to %g", bytes, MOST_BYTES);
    double reached = ((double)q->ranks - 1) * q->stride + 1, room = 1;
    for (int l = 0; l < q->fabric.levels; l++) room = q->fabric.level[l].size > 0 ? q->fabric.level[l].size : HUGE_VAL;
    if (reached > room)
        return tc_fail(error, TC_INVALID, "question.ranks",
                       "%d ranks %d apart reach over %.0f devices of the %.0f that are joined; give fewer, or put them "
                       "closer",
                       q->ranks, q->stride, reached, room);
    return TC_OK;
}

/* The level whose bandwidth alone, halved, makes the most of a difference; and the outermost that is crossed. */
static void find_bound(const tc_collective_question *q, const tc_group_path *path, double bytes,
                       tc_collective_answer *out) {
    double below = 1, most = 0;
    out->bound_level = out->outer_level = -1;
    for (int l = 0; l < path->levels; l++) {
        if (path->inside[l] > below) {
            tc_group_path slower = *path;
            out->outer_level = l;
            slower.rate[l] /= 2;
            if (l == 0) slower.reduce_rate /= 2;
            double more = seconds_of(q, &slower, bytes) - out->seconds;
            if (more > most) {
                most = more;
                out->bound_level = l;
            }
        }
        below = path->inside[l];
    }
    if (out->latency_s > out->seconds / 2) out->bound_level = -1;
}

tc_code tc_collective_time(const tc_collective_question *q, double bytes, tc_collective_answer *out, tc_error *error) {
    *out = (tc_collective_answer){.bound_level = -1};
    tc_code code = check(q, bytes, error);
    if (code) return code;
    tc_fabric fabric = q->fabric;
    for (int l = 0; l < fabric.levels; l++) fabric.level[l].bytes_per_s *= q->share[l];
    tc_group_path path = tc_path_of(&fabric, &q->accelerator.params, (tc_group){q->ranks, q->stride});
    if (q->algorithm == TC_ALGORITHM_SWITCHES && (q->operation != TC_COLLECTIVE_ALL_REDUCE || !(path.reduce_rate > 0)))
        return tc_fail(error, TC_INVALID, "question.algorithm",
                       "no switches reduce a %s of %d ranks there; take ring or tree",
                       tc_collective_names[q->operation], q->ranks);
    out->seconds = seconds_of(q, &path, bytes);
    if (!isfinite(out->seconds))
        return tc_fail(error, TC_INVALID, "question.fabric", "has a level without bandwidth; the time is not finite");
    out->latency_s = bytes > 0 ? seconds_of(q, &path, 1e-9) : 0;
    out->algorithm_bytes_per_s = out->seconds > 0 ? bytes / out->seconds : 0;
    out->bus_bytes_per_s = out->algorithm_bytes_per_s * carried(q->operation, q->ranks);
    find_bound(q, &path, bytes, out);
    return TC_OK;
}
