/* pools.c - checks a scenario's pools: their names, and their deliveries one by one in the order of their days. */
#include <string.h>

#include "base/calendar.h"
#include "base/members.h"
#include "fleet/reading.h"

enum { MONTHLY, WEEKLY };

static tc_code fail_line(const tc_reading *r, const tc_node *at, const char *key, const char *text) {
    const tc_node *node = tc_node_get(at, key);
    return tc_document_fail(r->document, node ? node : at, node ? NULL : key, r->error, "%s", text);
}

/* One delivery of the line at `at`; key: where its day stands. */
static tc_code add_delivery(tc_reading *r, const tc_node *at, const char *key, tc_scenario_pool *pool,
                            tc_delivery_line *line, int32_t day) {
    const tc_delivery *before = pool->deliveries > 0 ? &pool->delivery[pool->deliveries - 1] : NULL;
    const tc_node *date = tc_node_get(at, key);
    char text[TC_DATE_SIZE], earlier[TC_DATE_SIZE] = "";
    tc_date_format(day, text);
    if (before) tc_date_format(before->day, earlier);
    if (before && day <= before->day)
        return tc_document_fail(r->document, date, NULL, r->error,
                                "'%s' is not after %s, the delivery before it; order the deliveries by date", text,
                                earlier);
    if (day >= pool->until)
        return tc_document_fail(r->document, date, NULL, r->error,
                                "'%s' is not before %s, when the pool ends; leave the delivery out", text,
                                pool->until_date);
    if (r->delivered + line->devices > TC_MOST_DEGREE)
        return fail_line(r, at, "devices", "brings the pool to more than 10,000,000 devices; write a smaller number");
    if (pool->deliveries == TC_SCENARIO_MOST_DELIVERIES)
        return tc_document_fail(r->document, date, NULL, r->error,
                                "makes more than %d deliveries of a pool; leave some out", TC_SCENARIO_MOST_DELIVERIES);
    tc_delivery *deliveries
        = tc_arena_grow(&r->scenario->arena, pool->delivery, pool->deliveries, &r->room_deliveries, sizeof *deliveries);
    if (!deliveries) return tc_reading_no_memory(r);
    pool->delivery = deliveries;
    pool->delivery[pool->deliveries++] = (tc_delivery){.day = day,
                                                       .devices = line->devices,
                                                       .count = line->each,
                                                       .promised = line->promised,
                                                       .firm = line->firm,
                                                       .line = (int)(line - pool->line)};
    r->delivered += line->devices;
    line->count++;
    return TC_OK;
}

/* The day of the month of `from`, some months later; the month's last where it has fewer days. */
static int32_t months_later(int32_t from, int months) {
    int year, month, day;
    tc_date_from_day(from, &year, &month, &day);
    month += months - 1;
    year += month / 12;
    month = month % 12 + 1;
    int last = tc_days_in_month(year, month);
    return tc_day_from_date(year, month, day < last ? day : last);
}

static int32_t period_later(const tc_delivery_line *line, int32_t from, int periods) {
    return line->every == WEEKLY ? from + 7 * periods : months_later(from, periods);
}

/* A delivery every month or week, first and last day included. */
static tc_code add_stream(tc_reading *r, const tc_node *at, tc_scenario_pool *pool, tc_delivery_line *line) {
    int32_t from = 0, until = 0;
    const char *missing = !line->from[0] ? "from" : !line->until[0] ? "until" : NULL;
    if (missing || line->date[0])
        return tc_document_fail(r->document, at, missing, r->error,
                                missing ? "is missing; write the first and the last day, 'from' and 'until'"
                                        : "has 'date' beside 'every'; write 'from' and 'until' instead");
    tc_code code = tc_reading_day(r, at, "from", line->from, &from);
    if (code == TC_OK) code = tc_reading_day(r, at, "until", line->until, &until);
    if (code == TC_OK && until < from)
        code = tc_document_fail(r->document, tc_node_get(at, "until"), NULL, r->error,
                                "'%s' is before %s, the first; write a later day", line->until, line->from);
    for (int i = 0; code == TC_OK && period_later(line, from, i) <= until; i++)
        code = add_delivery(r, at, "from", pool, line, period_later(line, from, i));
    return code;
}

static tc_code add_single(tc_reading *r, const tc_node *at, tc_scenario_pool *pool, tc_delivery_line *line) {
    int32_t day = 0;
    const char *extra = line->from[0] ? "from" : line->until[0] ? "until" : NULL;
    if (extra) return fail_line(r, at, extra, "needs 'every: month' beside it; a single delivery has 'date'");
    if (!line->date[0]) return fail_line(r, at, "date", "is missing; write 'date: \"2024-09-30\"'");
    tc_code code = tc_reading_day(r, at, "date", line->date, &day);
    return code == TC_OK ? add_delivery(r, at, "date", pool, line, day) : code;
}

/* A promise is as old as the file says, else it was made when the plan was, or begins. */
static tc_code take_promise(const tc_reading *r, const tc_node *at, tc_delivery_line *line) {
    const tc_scenario *s = r->scenario;
    line->promised = s->as_of < s->start ? s->as_of : s->start;
    return tc_reading_day(r, at, "promised", line->promised_date, &line->promised);
}

static tc_code add_line(tc_reading *r, const tc_node *at, tc_scenario_pool *pool, tc_delivery_line *line) {
    line->first = pool->deliveries;
    if (line->each.mid < 1) return fail_line(r, at, "devices", "is no delivery; write 1 or more");
    line->devices = (int)line->each.mid;
    if (r->scenario->certain) line->each = (tc_spread){line->devices, line->devices, line->devices};
    if (!tc_node_get(at, "firm")) line->firm = pool->rented == 1;
    tc_code code = take_promise(r, at, line);
    if (code != TC_OK) return code;
    code = line->every >= 0 ? add_stream(r, at, pool, line) : add_single(r, at, pool, line);
    if (code != TC_OK) return code;
    int64_t all = (int64_t)line->devices * line->count;
    if (line->promised_date[0] && line->promised > pool->delivery[line->first].day)
        return fail_line(r, at, "promised", "is after the delivery; write the day on which it was promised");
    if (line->ordered > 0 && line->ordered < all)
        return tc_document_fail(r->document, tc_node_get(at, "ordered"), NULL, r->error,
                                "%d devices are ordered, but %lld come; write at least these", line->ordered,
                                (long long)all);
    if (line->ordered == 0) line->ordered = (int)all;
    return TC_OK;
}

tc_code tc_reading_check_pool(tc_reading *r, const tc_node *node, int index) {
    tc_scenario_pool *pool = &r->scenario->pool[index];
    if (tc_reading_pool(r->scenario, pool->name) < index)
        return tc_document_fail(r->document, tc_node_get(node, "name"), NULL, r->error,
                                "'%s' is the name of an earlier pool too; give each pool its own", pool->name);
    tc_code code = tc_reading_day(r, node, "until", pool->until_date, &pool->until);
    const tc_node *at = tc_reading_element(node, "deliveries", 0);
    r->room_deliveries = 0;
    r->delivered = 0;
    for (int i = 0; i < pool->lines && code == TC_OK; i++, at = at->next) code = add_line(r, at, pool, &pool->line[i]);
    return code;
}
