/* risks.c - a fleet and runs of which all is certain; what the members of risks may be. */
#include <math.h>

#include "base/error.h"
#include "run/members.h"

tc_risks tc_risks_none(void) {
    const tc_spread none = {0, 0, 0}, all = {1, 1, 1};
    return (tc_risks){.size = sizeof(tc_risks),
                      .on_time = 1,
                      .slip = none,
                      .partial = none,
                      .pace = 1,
                      .pace_shape = __builtin_inf(),
                      .lot = 1,
                      .memory_of_pace = 1,
                      .new_platform_works = 1,
                      .operations = all,
                      .memory_of_weeks = 6,
                      .pace_changes_every_s = __builtin_inf(),
                      .disruptions_every_s = __builtin_inf(),
                      .rollbacks_every_s = __builtin_inf(),
                      .failures_shape = __builtin_inf(),
                      .early_failures = 1};
}

/* ---- members ------------------------------------------------------------------------------- */

static const tc_member spread[] = {
    TC_FIGURE_IN(tc_spread, low, -TC_MOST_FIGURE, TC_MOST_FIGURE),
    TC_FIGURE_IN(tc_spread, mid, -TC_MOST_FIGURE, TC_MOST_FIGURE),
    TC_FIGURE_IN(tc_spread, high, -TC_MOST_FIGURE, TC_MOST_FIGURE),
};

static tc_code check_spread(const void *value, tc_error *error) {
    const tc_spread *s = value;
    if (s->low <= s->mid && s->mid <= s->high) return TC_OK;
    return tc_fail(error, TC_INVALID, "mid", "is not between low and high; p10, p50 and p90 in order");
}

const tc_members tc_spread_members = TC_MEMBERS(tc_spread, spread, NULL, check_spread);

static const tc_member risks[] = {
    TC_SIZE(tc_risks),
#define NUMBER(key, unit, member_, low, high)                                                                          \
    {TC_MEMBER_AT(tc_risks, member_), .kind = TC_MEMBER_FIGURE, .lower = low, .upper = __builtin_inf()},
#define SPREAD(key, unit, member, low, high) TC_STRUCT(tc_risks, member, tc_spread_members),
#include "run/risks.def"
#undef NUMBER
#undef SPREAD
};

static tc_code check_risks(const void *value, tc_error *error) {
    const tc_risks *r = value;
    if (!isinf(r->early_failures)) return TC_OK;
    return tc_fail(error, TC_INVALID, "early_failures", "is infinite, so that no job ends; 1 or more");
}

const tc_members tc_risks_members = TC_MEMBERS(tc_risks, risks, "tc_risks_load()", check_risks);
