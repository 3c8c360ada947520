/* ages.c - reads and applies the ages of a stack (ages.h). */
#include "catalog/ages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

#define MONTH_OF_A_YEAR 7

int tc_stack_date(const char *text) {
    size_t digits = strspn(text, "0123456789");
    if (digits != 4 || (text[4] && (text[4] != '-' || strspn(text + 5, "0123456789") != 2 || text[7]))) return 0;
    long year = strtol(text, NULL, 10), month = text[4] ? strtol(text + 5, NULL, 10) : MONTH_OF_A_YEAR;
    return year >= 1990 && year <= 2100 && month >= 1 && month <= 12 ? (int)(100 * year + month) : 0;
}

tc_code tc_stack_name_split(const char *text, char *name, size_t room, int *date, tc_error *error) {
    const char *at = strrchr(text, '@');
    *date = 0;
    if (!at || strchr(at, '/')) at = text + strlen(text);
    if (*at && !(*date = tc_stack_date(at + 1)))
        return tc_fail(error, TC_INVALID, "stack",
                       "'%.80s': no date stands behind the @; write a month, as in %.40s@2025-09", text,
                       (int)(at - text) > 0 ? "megatron-core" : "NAME");
    if ((size_t)(at - text) >= room) return tc_fail(error, TC_INVALID, "stack", "'%.80s...' is too long", text);
    memcpy(name, text, (size_t)(at - text));
    name[at - text] = 0;
    return TC_OK;
}

static const tc_node *first_age(const tc_document *document) {
    const tc_node *ages = tc_node_get(document->root, "ages");
    return ages ? ages->first : NULL;
}

/* The date under a key of an age, or 0. */
static int date_under(const tc_node *age, const char *key) {
    const char *text = tc_node_text(age, key);
    return text ? tc_stack_date(text) : 0;
}

tc_code tc_stack_ages_check(const tc_document *document, tc_error *error) {
    int before = 0;
    const char *since = tc_node_text(tc_node_get(document->root, "history"), "since");
    if (since && !tc_stack_date(since))
        return tc_document_fail(document, tc_node_find(document->root, "history.since"), NULL, error,
                                "'%.40s' is no date; write a month, as in 2025-09", since);
    for (const tc_node *age = first_age(document); age; age = age->next) {
        const char *becomes = tc_node_text(age, "becomes");
        int date = date_under(age, becomes ? "from" : "until");
        if (!date)
            return tc_document_fail(document, age, becomes ? "from" : "until", error,
                                    "is no date; write a month, as in 2025-09");
        if (!becomes && before && date >= before)
            return tc_document_fail(document, age, "until", error,
                                    "is not before the age above; the newest stands first");
        if (!becomes) before = date;
    }
    return TC_OK;
}

const char *tc_stack_becomes(const tc_document *document, int date) {
    for (const tc_node *age = first_age(document); age; age = age->next)
        if (tc_node_text(age, "becomes") && date >= date_under(age, "from")) return tc_node_text(age, "becomes");
    return NULL;
}

tc_code tc_stack_ages_apply(const tc_stack_chain *chain, int date, tc_stack *stack, tc_error *error) {
    for (int i = 0; i < chain->count; i++)
        for (const tc_node *age = first_age(chain->document[i]); age; age = age->next) {
            if (tc_node_text(age, "becomes") || date > date_under(age, "until")) continue;
            tc_code code = tc_schema_read_element(&tc_stack_age_schema, chain->document[i], age, stack, error);
            if (code != TC_OK) return code;
        }
    stack->history.asked = date;
    return TC_OK;
}
