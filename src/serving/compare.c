/* compare.c - one served model on different accelerators.
 *
 * Each has the layout that serves most within the objectives, by the same search. Prompts and outputs of a device are each set against the
 * best of all: one that is APART times better at the one than at the other is good for that, and pairs with another kind where prompts
 * and outputs have devices of their own. */
#include "serving/compare.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"

#define APART 1.3

double tc_serving_cost_of(const tc_serving_comparison *item) {
    const tc_serving_answer *a = &item->best;
    return isnan(a->owned_usd_per_m_tokens) ? a->rented_usd_per_m_tokens : a->owned_usd_per_m_tokens;
}

static double output_of(const tc_serving_comparison *item) {
    return item->best.output_tokens_per_s / item->best.devices;
}
static double prefill_of(const tc_serving_comparison *item) { return item->best.prefill_tokens_per_s_per_device; }
static double decode_of(const tc_serving_comparison *item) { return item->best.decode_tokens_per_s_per_device; }
static double speed_of(const tc_serving_comparison *item) { return item->fastest_user_tokens_per_s; }
static double thrift_of(const tc_serving_comparison *item) { return 1 / tc_serving_cost_of(item); }
static double frugality_of(const tc_serving_comparison *item) { return 1 / item->best.energy_j_per_token; }

/* The most of a figure; 0: nobody has it. */
static double most_of(const tc_serving_comparison *items, int count, double (*of)(const tc_serving_comparison *)) {
    double most = 0;
    for (int i = 0; i < count; i++)
        if (items[i].found && of(&items[i]) > most) most = of(&items[i]); /* NaN is not above */
    return most;
}

static void judge(tc_serving_comparison *items, int count) {
    static const struct {
        unsigned merit;
        double (*of)(const tc_serving_comparison *);
    } firsts[] = {{TC_MERIT_CHEAPEST, thrift_of},
                  {TC_MERIT_MOST, output_of},
                  {TC_MERIT_FASTEST, speed_of},
                  {TC_MERIT_FRUGAL, frugality_of}};
    double prefill = most_of(items, count, prefill_of), decode = most_of(items, count, decode_of);
    for (int i = 0; i < count; i++) {
        tc_serving_comparison *item = &items[i];
        if (!item->found) continue;
        item->prefill_share = prefill_of(item) / prefill;
        item->decode_share = decode_of(item) / decode;
        if (item->prefill_share > APART * item->decode_share) item->merits |= TC_MERIT_PREFILL;
        if (item->decode_share > APART * item->prefill_share) item->merits |= TC_MERIT_DECODE;
        for (size_t k = 0; count > 1 && k < sizeof firsts / sizeof firsts[0]; k++)
            if (firsts[k].of(item) >= most_of(items, count, firsts[k].of)) item->merits |= firsts[k].merit;
    }
}

tc_code tc_compare_serving(tc_serving_comparison *items, int count, tc_error *error) {
    tc_serving_search *search = malloc(sizeof *search);
    if (!search) return tc_fail(error, TC_INTERNAL, "compare", "out of memory");
    tc_code code = TC_OK;
    for (int i = 0; i < count && code == TC_OK; i++) {
        tc_serving_comparison *item = &items[i];
        item->merits = 0;
        item->prefill_share = item->decode_share = item->fastest_user_tokens_per_s = NAN;
        if (item->code) continue;
        item->code = tc_infer_search(&item->question, TC_GOAL_RATE, search, &item->error);
        if (item->code == TC_INTERNAL) code = tc_fail(error, TC_INTERNAL, "compare", "%s", item->error.text);
        item->found = !item->code && search->count > 0;
        if (!item->found) continue;
        item->best = search->best[0];
        if (search->points > 0) item->fastest_user_tokens_per_s = search->front[0].user_tokens_per_s;
    }
    if (code == TC_OK) judge(items, count);
    free(search);
    return code;
}
