/* assumptions.c - what a scenario assumes, as lines of its reports: figures whose source is `assumed`, and those without a
 * source, which are the user's own. */
#include <stdio.h>
#include <string.h>

#include "base/calendar.h"
#include "base/decimal.h"
#include "fleet/format.h"
#include "fleet/reading.h"

#define ASSUMED "assumed"

typedef enum standing { NO_FIGURE, SOURCED, ASSUMED_THERE, OWN } standing;

static bool names_assumed(const tc_node *source) {
    if (source->kind == TC_NODE_SCALAR) return strcmp(source->text, ASSUMED) == 0;
    for (const tc_node *s = source->first; s; s = s->next)
        if (s->kind == TC_NODE_SCALAR && strcmp(s->text, ASSUMED) == 0) return true;
    return false;
}

static standing standing_of(const tc_node *node) {
    const tc_node *source = tc_node_get(node, "source");
    bool plain = tc_figure_value(node) == node;
    if (plain && node->kind != TC_NODE_SCALAR) return NO_FIGURE;
    if (!plain && source) return names_assumed(source) ? ASSUMED_THERE : SOURCED;
    const tc_field *field = tc_schema_field(&tc_scenario_schema, node);
    return field && field->own_figure ? OWN : NO_FIGURE;
}

/* The name that a person gave to the innermost named mapping around a node: a pool, a job. */
static const char *owner_of(const tc_node *node) {
    for (; node; node = node->parent) {
        const char *name = node->parent ? tc_node_text(node, "name") : NULL;
        if (name) return name;
    }
    return NULL;
}

tc_code tc_reading_assume(tc_reading *r, const char *text) {
    tc_scenario *s = r->scenario;
    for (int i = 0; i < s->assumptions; i++)
        if (strcmp(s->assumption[i], text) == 0) return TC_OK;
    const char **lines = tc_arena_grow(&s->arena, s->assumption, s->assumptions, &r->room_assumptions, sizeof *lines);
    const char *copy = tc_arena_copy(&s->arena, text, strlen(text));
    if (!lines || !copy) return tc_reading_no_memory(r);
    s->assumption = lines;
    s->assumption[s->assumptions++] = copy;
    return TC_OK;
}

/* The same with the accelerator of a rate: "video on h20". */
static const char *owner_text(const tc_node *node, char *text, size_t size) {
    const char *owner = owner_of(node), *accelerator = node->parent ? tc_node_text(node->parent, "accelerator") : NULL;
    bool rate = accelerator && !tc_node_text(node->parent, "name");
    if (!owner && node->parent && tc_node_text(node->parent, "pool")) /* what was seen of a pool */
        owner = tc_node_text(node->parent, "pool");
    const char *from = node->parent ? tc_node_text(node->parent, "from") : NULL,
               *to = node->parent ? tc_node_text(node->parent, "to") : NULL;
    if (!owner && from && to) { /* a link */
        snprintf(text, size, "%.100s to %.100s", from, to);
        return text;
    }
    snprintf(text, size, "%s%s%s", owner ? owner : "", rate ? " on " : "", rate ? accelerator : "");
    return text;
}

/* ": of the user: NOTE", of which both may be absent. */
static const char *reason(standing of, const char *note, char *text, size_t size) {
    snprintf(text, size, "%s%s%s", of == OWN ? ": of the user" : "", note ? ": " : "", note ? note : "");
    return text;
}

/* "POOL: key value: note", "POOL: key low to high (mid): note" */
static tc_code note_figure(tc_reading *r, const tc_node *figure, standing of) {
    char owner_room[224];
    const char *owner = owner_text(figure, owner_room, sizeof owner_room), *value = tc_figure_value(figure)->text,
               *low = tc_node_text(figure, "low"), *high = tc_node_text(figure, "high");
    char text[960], key[48], why[480], figures[160];
    snprintf(key, sizeof key, "%s", figure->key ? figure->key : "value");
    for (char *p = key; *p; p++)
        if (*p == '_') *p = ' ';
    if (low && high)
        snprintf(figures, sizeof figures, "%.48s to %.48s (%.48s)", low, high, value ? value : "");
    else
        snprintf(figures, sizeof figures, "%.150s", value ? value : "");
    snprintf(text, sizeof text, "%s%s%s %s%s", owner, owner[0] ? ": " : "", key, figures,
             reason(of, tc_node_text(figure, "note"), why, sizeof why));
    return tc_reading_assume(r, text);
}

static bool same_text(const char *a, const char *b) { return a && b ? strcmp(a, b) == 0 : a == b; }

static bool same_spread(const tc_spread *a, const tc_spread *b) {
    bool certain = a->low == a->high && b->low == b->high;
    return certain || (a->low == b->low && a->high == b->high);
}

/* Assumed deliveries of a pool that follow each other with the same note are one line. */
static tc_code note_deliveries(tc_reading *r, const tc_node *list) {
    const char *owner = owner_of(list);
    const tc_scenario_pool *pool = &r->scenario->pool[list->parent->index];
    for (const tc_node *first = list->first, *next; first; first = next) {
        const tc_node *figure = tc_node_get(first, "devices");
        standing of = standing_of(figure);
        next = first->next;
        if (of != ASSUMED_THERE && of != OWN) continue;
        const char *note = tc_node_text(figure, "note");
        const tc_delivery_line *beginning = &pool->line[first->index];
        const tc_delivery *begin = &pool->delivery[beginning->first];
        int64_t devices = 0;
        int count = 0;
        for (const tc_node *d = first; d; d = d->next) {
            const tc_node *other = tc_node_get(d, "devices");
            const tc_delivery_line *line = &pool->line[d->index];
            if (standing_of(other) != of || !same_text(note, tc_node_text(other, "note"))) break;
            if (!same_spread(&line->each, &beginning->each)) break;
            devices += (int64_t)line->count * line->devices;
            count += line->count;
            next = d->next;
        }
        char text[960], many[32] = "", each[96] = "", day[TC_DATE_SIZE], last[TC_DATE_SIZE], why[480];
        tc_date_format(begin->day, day);
        tc_date_format(begin[count - 1].day, last);
        if (count > 1) snprintf(many, sizeof many, " in %d deliveries", count);
        if (beginning->each.low < beginning->each.high)
            snprintf(each, sizeof each, " (each %s to %s)", tc_decimal_text(beginning->each.low, 0).s,
                     tc_decimal_text(beginning->each.high, 0).s);
        snprintf(text, sizeof text, "%s: %s devices%s%s, %s%s%s%s", owner ? owner : "",
                 tc_decimal_text((double)devices, 0).s, many, each, day, count > 1 ? " to " : "", count > 1 ? last : "",
                 reason(of, note, why, sizeof why));
        tc_code code = tc_reading_assume(r, text);
        if (code != TC_OK) return code;
    }
    return TC_OK;
}

static tc_code note(tc_reading *r, const tc_node *node) {
    if (node->key && strcmp(node->key, "deliveries") == 0) return note_deliveries(r, node);
    standing of = standing_of(node);
    bool seen = node->parent && node->parent->parent && node->parent->parent->key
                && strcmp(node->parent->parent->key, "actuals") == 0;
    if (of == ASSUMED_THERE || (of == OWN && !seen)) return note_figure(r, node, of);
    for (const tc_node *child = node->first; child; child = child->next) {
        tc_code code = note(r, child);
        if (code != TC_OK) return code;
    }
    return TC_OK;
}

tc_code tc_reading_note_assumptions(tc_reading *r) { return note(r, r->document->root); }
