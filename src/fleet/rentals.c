/* rentals.c - checks a scenario's rentals: whose devices they are like, and what goes with which contract. */
#include <string.h>

#include "base/calendar.h"
#include "fleet/reading.h"

static tc_code fail_at(const tc_reading *r, const tc_node *at, const char *key, const char *text) {
    const tc_node *node = tc_node_get(at, key);
    return tc_document_fail(r->document, node ? node : at, node ? NULL : key, r->error, "%s", text);
}

/* By day, one after another. */
static tc_code check_prices(const tc_reading *r, const tc_node *node, tc_scenario_rental *rental) {
    const tc_node *at = tc_reading_element(node, "prices", 0);
    for (int i = 0; i < rental->prices; i++, at = at->next) {
        tc_code code = tc_reading_day(r, at, "from", rental->price[i].from_date, &rental->price[i].from);
        if (code) return code;
        if (i > 0 && rental->price[i].from <= rental->price[i - 1].from)
            return fail_at(r, at, "from", "is not after the day of the price before it; order the prices by date");
    }
    return TC_OK;
}

tc_code tc_reading_check_rental(const tc_reading *r, const tc_node *node, int index) {
    tc_scenario_rental *rental = &r->scenario->rental[index];
    for (int i = 0; i < index; i++)
        if (strcmp(r->scenario->rental[i].name, rental->name) == 0)
            return tc_document_fail(r->document, tc_node_get(node, "name"), NULL, r->error,
                                    "'%s' is the name of an earlier rental too; give each its own", rental->name);
    rental->pool = tc_reading_pool(r->scenario, rental->pool_name);
    if (rental->pool < 0)
        return tc_document_fail(r->document, tc_node_get(node, "pool"), NULL, r->error,
                                "'%s' is none of the pools; write the name of one", rental->pool_name);
    tc_code code = tc_reading_day(r, node, "from", rental->from_date, &rental->from);
    if (code) return code;
    bool interruptible = rental->contract == TC_CONTRACT_INTERRUPTIBLE;
    if (interruptible && !tc_node_get(node, "interruptions"))
        return tc_document_fail(r->document, node, "interruptions", r->error,
                                "is missing; write how often its devices are taken in 30 days, and 'back: 1 h'");
    if (!interruptible && tc_node_get(node, "interruptions"))
        return fail_at(r, node, "interruptions", "needs 'contract: interruptible'; leave it out");
    if (!interruptible && tc_node_get(node, "back"))
        return fail_at(r, node, "back", "needs 'contract: interruptible'; leave it out");
    if (rental->contract != TC_CONTRACT_RESERVED && tc_node_get(node, "minimum_term"))
        return fail_at(r, node, "minimum_term", "needs 'contract: reserved'; leave it out");
    return check_prices(r, node, rental);
}
