/* rates.c - the table of rates. */
#include "fleet/rates.h"

#include <string.h>

/* Where a number of devices is, or would be. */
static int place_of(const tc_rates *r, int devices) {
    int low = 0, high = r->knots;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (r->knot[middle].devices < devices)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool tc_rates_add(tc_rates *r, const tc_knot *knot, tc_arena *arena) {
    int at = place_of(r, knot->devices);
    if (at < r->knots && r->knot[at].devices == knot->devices) return true;
    if (r->knots == r->room) {
        int room = r->room ? 2 * r->room : 32;
        tc_knot *more = tc_arena_alloc(arena, (size_t)room * sizeof *more);
        if (!more) return false;
        if (r->knots) memcpy(more, r->knot, (size_t)r->knots * sizeof *more);
        r->knot = more;
        r->room = room;
    }
    memmove(r->knot + at + 1, r->knot + at, (size_t)(r->knots - at) * sizeof *r->knot);
    r->knot[at] = *knot;
    r->knots++;
    if (knot->layout == r->layouts) r->layouts++;
    return true;
}

void tc_rates_drop(tc_rates *r, int knot) {
    memmove(r->knot + knot, r->knot + knot + 1, (size_t)(r->knots - knot - 1) * sizeof *r->knot);
    r->knots--;
}

void tc_rates_settle(tc_rates *r) {
    for (int i = 1; i < r->knots; i++)
        if (tc_useful(r->knot[i].tokens_per_s, &r->knot[i].overhead)
            < tc_useful(r->knot[i - 1].tokens_per_s, &r->knot[i - 1].overhead)) {
            tc_knot before = r->knot[i];
            r->knot[i] = r->knot[i - 1];
            r->knot[i].devices = before.devices;
            r->knot[i].grid = before.grid;
            r->knot[i].named = before.named;
        }
}

static double between(double a, double b, double share) { return a + share * (b - a); }

tc_rate tc_rate_at(const tc_rates *r, int devices) {
    int at = place_of(r, devices), above = at;
    bool exact = at < r->knots && r->knot[at].devices == devices;
    if (!exact) at--;
    while (!exact && at >= 0 && !r->knot[at].grid) at--;
    while (!exact && above < r->knots && !r->knot[above].grid) above++;
    if (at < 0) return (tc_rate){.knot = -1};
    const tc_knot *k = &r->knot[at];
    tc_rate out = {at, k->used, k->tokens_per_s, k->overhead};
    if (exact || above == r->knots) return out;
    const tc_knot *next = &r->knot[above];
    double share = (double)(devices - k->devices) / (next->devices - k->devices);
    out.used = (int)between(k->used, next->used, share);
    if (out.used > devices) out.used = devices;
    out.tokens_per_s = between(k->tokens_per_s, next->tokens_per_s, share);
    out.overhead.checkpoint = between(k->overhead.checkpoint, next->overhead.checkpoint, share);
    out.overhead.failure = between(k->overhead.failure, next->overhead.failure, share);
    return out;
}
