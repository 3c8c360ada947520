/* pool_rules.c - a scenario against the rules of each date: which pool a rule forbids, or makes risky, from which day on.
 *
 * An owned pool in the destination of the rules whose chips come from an exporting maker needs licences for what is delivered while
 * a rule asks for one; what is there before stays. A rented pool elsewhere is used from afar. A chip that a rule names as risky is
 * so wherever it is used. Ignored: who the buyer is (entity list), exceptions, licences that were granted to single parties. */
#include <stdio.h>
#include <string.h>

#include "base/calendar.h"
#include "traincast.h"

static int32_t day_of(const char *text) {
    int32_t day;
    return *text && tc_date_parse(text, &day) ? day : INT32_MAX;
}

static int deliveries_between(const tc_scenario_pool *pool, int32_t from, int32_t until) {
    int count = 0;
    for (int i = 0; i < pool->deliveries; i++) count += pool->delivery[i].day >= from && pool->delivery[i].day < until;
    return count;
}

/* Does it say something of the pool, as it is held? */
static bool concerns(const tc_scenario_pool *pool, const tc_controls *controls, const tc_control_result *r) {
    bool there = strcmp(pool->economics.region, controls->destination) == 0;
    switch (r->about) {
    case TC_CONTROL_EXPORT: return r->applies && r->licence && there && !pool->rented;
    case TC_CONTROL_CHIPS: return r->applies && (r->risk || (there && !pool->rented));
    case TC_CONTROL_RENTING: return r->applies && pool->rented && !there;
    case TC_CONTROL_MAKERS: return r->applies;
    default: return false;
    }
}

static void fill(const tc_scenario *s, int pool, const tc_control_result *r, tc_pool_rule *out) {
    const tc_scenario_pool *p = &s->pool[pool];
    *out = (tc_pool_rule){.pool = pool, .from = day_of(r->date), .until = day_of(r->until)};
    out->deliveries = deliveries_between(p, out->from > s->start ? out->from : s->start, out->until);
    out->forbids = r->risk || (r->about == TC_CONTROL_EXPORT && out->deliveries > 0);
    snprintf(out->rule, sizeof out->rule, "%s", r->rule);
    snprintf(out->text, sizeof out->text, "%.64s: %.24s: %.576s", r->name, r->class_name, r->meaning);
}

int tc_pool_rules(const tc_scenario *s, const tc_controls *controls, tc_pool_rule *out, int room) {
    int count = 0;
    for (int i = 0; i < s->pools; i++) {
        tc_control_report report = tc_controls_classify(controls, &s->pool[i].cluster.accelerator, NULL);
        for (int k = 0; k < report.rules; k++) {
            const tc_control_result *r = &report.rule[k];
            if (!concerns(&s->pool[i], controls, r) || day_of(r->until) <= s->start) continue;
            if (count < room) fill(s, i, r, &out[count]);
            count++;
        }
    }
    return count;
}
