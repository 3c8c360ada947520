/* fewest.c - the least devices on which a job's best layout reaches a goal.
 *
 * Layouts may leave devices idle, so that one more is never slower: what n devices reach, all larger numbers do. The
 * number is bracketed, by doubling from the least, then the bracket is halved; or cut where a straight line between its
 * ends reaches the goal, as throughput is nearly proportional to devices. A layout that reaches it and leaves devices
 * idle brings the upper end down to what it uses. Only the best is asked for, and what does not depend on the number
 * of devices is kept from one search to the next. */
#include "traincast.h"

#include <math.h>

#include "base/error.h"
#include "search/members.h"

typedef struct bracket {
    tc_search_input in;
    tc_search_share share;
    void *of;
    int low, high;                /* the goal is not reached at low, it is at high */
    double low_share, high_share; /* of the goal */
} bracket;

/* How far so many devices come. used: of them, by the best. */
static tc_code probe(bracket *b, int devices, double *share, int *used, tc_error *error) {
    tc_search found;
    tc_error why;
    b->in.question.cluster.devices = devices;
    *share = 0;
    *used = devices;
    tc_code code = tc_search_run(&b->in, &found, &why);
    if (code == TC_INTERNAL) return tc_fail(error, code, why.place, "%s", why.text);
    if (code) return TC_OK; /* a fixed value that so few devices do not have */
    if (found.best_count > 0) {
        *share = b->share(b->of, &found.best[0]);
        *used = found.best[0].devices;
    }
    tc_search_free(&found);
    return TC_OK;
}

static tc_code try_devices(bracket *b, int devices, bool *reached, tc_error *error) {
    double share;
    int used;
    tc_code code = probe(b, devices, &share, &used, error);
    *reached = share >= 1;
    if (code) return code;
    if (*reached) {
        b->high = used > b->low ? used : devices;
        b->high_share = share;
    } else {
        b->low = devices;
        b->low_share = share;
    }
    return TC_OK;
}

static int middle(const bracket *b, bool straight) {
    int half = b->low + (b->high - b->low) / 2;
    if (!straight || !(b->high_share > b->low_share) || b->high_share == 1) return half; /* 1: a yes, no figure */
    double at = b->low + (b->high - b->low) * (1 - b->low_share) / (b->high_share - b->low_share);
    if (!(at > b->low + 1)) return b->low + 1;
    return at < b->high - 1 ? (int)at : half;
}

tc_code tc_search_fewest(const tc_search_input *in, int from, int most, double within, tc_search_share share, void *of,
                         int *devices, tc_error *error) {
    *devices = 0;
    tc_code code = tc_members_check(&tc_search_input_members, in, "input", error);
    if (code || from < 1 || most < from) return code;
    bracket b = {.in = *in, .share = share, .of = of, .low = from - 1};
    b.in.top = 1;
    b.in.pareto = b.in.exhaustive = b.in.all_devices = false;
    b.in.uncounted = true;
    b.in.fewest_devices = 0;
    b.in.cache = NULL;
    bool reached = false;
    for (int64_t n = from; !reached; n = 2 * n < most ? 2 * n : most) {
        code = try_devices(&b, (int)n, &reached, error);
        if (code || (!reached && n == most)) return code;
    }
    b.in.cache = tc_search_cache_new(b.high);
    if (!b.in.cache) return tc_fail(error, TC_INTERNAL, "search", "out of memory");
    for (bool straight = true; !code && b.high - b.low > 1 && b.high - b.low > within * b.low; straight = !straight)
        code = try_devices(&b, middle(&b, straight), &reached, error);
    tc_search_cache_free(b.in.cache);
    *devices = code ? 0 : b.high;
    return code;
}
