/* currencies.c - "7 CNY/h" of a pool becomes "0.986 USD/h".
 *
 * A price in a currency whose rate is known is changed as `--set` would change it, before the file is read; one in an unknown currency
 * stays, and is refused as any unknown unit is. */
#include "fleet/currencies.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/decimal.h"
#include "base/error.h"
#include "base/units.h"
#include "catalog/catalog.h"
#include "catalog/changes.h"
#include "catalog/schema.h"
#include "fleet/reading.h"
#include "run/economics.h"

typedef struct converter {
    tc_market market;
    tc_currency own[TC_SCENARIO_MOST_CURRENCIES];
    int owns;
    tc_scenario *scenario;
    const char **set;
    int sets, room;
} converter;

/* The rates of the file itself; what is wrong with them, its schema says later. */
static void take_own(converter *c, const tc_document *document) {
    const tc_node *at = tc_reading_element(document->root, "currencies", 0);
    for (; at && c->owns < TC_SCENARIO_MOST_CURRENCIES; at = at->next) {
        tc_currency *currency = &c->own[c->owns];
        const char *code = tc_node_text(at, "code");
        const tc_node *usd = tc_node_get(at, "usd"), *value = usd ? tc_figure_value(usd) : NULL;
        if (!code || !value || !value->text || strlen(code) >= sizeof currency->code) continue;
        if (tc_parse_number(value->text, &currency->usd, "", &(tc_error){0}) != TC_OK) continue;
        memcpy(currency->code, code, strlen(code) + 1);
        c->owns++;
    }
}

/* "12.5 CNY/h": the number and the code, without what follows a slash. */
static bool split(const char *text, double *amount, char code[8], char **per) {
    static char hour[] = "/h", none[] = "";
    char number[64], unit[16];
    if (sscanf(text, " %63[-+0-9.eE] %15s", number, unit) != 2) return false;
    char *slash = strchr(unit, '/');
    if (slash && strcmp(slash, "/h") != 0) return false;
    *per = slash ? hour : none;
    if (slash) *slash = 0;
    if (strlen(unit) != 3 || tc_parse_number(number, amount, "", &(tc_error){0}) != TC_OK) return false;
    memcpy(code, unit, 4);
    return true;
}

/* "1 CNY = 0.1409 USD", once. */
static void tell(converter *c, const char *code, double usd, bool own) {
    char line[64], *to = c->scenario->converted;
    size_t used = strlen(to), size = sizeof c->scenario->converted;
    snprintf(line, sizeof line, "1 %s = %s USD%s", code, tc_decimal_text(usd, 4).s, own ? "" : " (default)");
    if (!strstr(to, line) && used < size) snprintf(to + used, size - used, "%s%s", used ? "; " : "", line);
}

/* key of an element, of the list whose place is `list`: "pools". */
static tc_code convert(converter *c, const char *list, const tc_node *element, const char *key, tc_error *error) {
    const tc_node *node = tc_node_get(element, key), *value = node ? tc_figure_value(node) : NULL;
    tc_arena *arena = &c->scenario->arena;
    char code[8], *per, text[160];
    double amount;
    if (!value || value->kind != TC_NODE_SCALAR || !split(value->text, &amount, code, &per) || strcmp(code, "USD") == 0)
        return TC_OK;
    double own = tc_currency_find(c->own, c->owns, code),
           usd = isnan(own) ? tc_currency_find(c->market.known, c->market.currencies, code) : own;
    if (isnan(usd)) return TC_OK;
    tell(c, code, usd, !isnan(own));
    snprintf(text, sizeof text, "%s[%d].%s%s=%.17g USD%s", list, element->index, key, value == node ? "" : ".value",
             amount * usd, per);
    const char **longer = tc_arena_grow(arena, c->set, c->sets, &c->room, sizeof *longer);
    const char *copy = tc_arena_copy(arena, text, strlen(text));
    if (!longer || !copy) return tc_fail(error, TC_INTERNAL, "scenario", "out of memory");
    c->set = longer;
    c->set[c->sets++] = copy;
    return TC_OK;
}

tc_code tc_currencies_convert(tc_catalog *catalog, const tc_document *document, tc_scenario *scenario, tc_document *out,
                              bool *any, tc_error *error) {
    converter c = {.scenario = scenario};
    const tc_document *economics;
    *any = false;
    tc_code code = tc_catalog_document(catalog, TC_KIND_COMMON, "economics", &economics, NULL, error);
    if (code == TC_OK) code = tc_market_read(economics, NULL, "", &c.market, error);
    if (code) return code;
    take_own(&c, document);
    for (const tc_node *pool = tc_reading_element(document->root, "pools", 0); pool && code == TC_OK;
         pool = pool->next) {
        code = convert(&c, "pools", pool, "price", error);
        if (code == TC_OK) code = convert(&c, "pools", pool, "rental", error);
    }
    for (const tc_node *rental = tc_reading_element(document->root, "rentals", 0); rental && code == TC_OK;
         rental = rental->next) {
        char list[48];
        snprintf(list, sizeof list, "rentals[%d].prices", rental->index);
        code = convert(&c, "rentals", rental, "rental", error);
        for (const tc_node *price = tc_reading_element(rental, "prices", 0); price && code == TC_OK;
             price = price->next)
            code = convert(&c, list, price, "rental", error);
    }
    *any = c.sets > 0;
    if (code || !*any) return code;
    return tc_document_change(document, c.set, c.sets, &scenario->arena, out, error);
}
