/* sets.c - axes of changed figures: from a file or an option, and their combinations. */
#include "sweep/sets.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "catalog/sets.h"

static const char too_many[] = "has more than %d values; give fewer";

/* One value of an axis; false: it is too long. */
static bool add_value(tc_sweep_set *set, const char *text, size_t length) {
    if (length == 0 || length >= TC_SWEEP_VALUE) return false;
    memcpy(set->value[set->values], text, length);
    set->value[set->values++][length] = '\0';
    return true;
}

tc_code tc_sweep_read_sets(const tc_document *document, const tc_node *node, tc_sweep_sets *out, tc_error *error) {
    if (!node) return TC_OK;
    if (node->kind != TC_NODE_MAPPING || node->count > TC_SWEEP_SETS_MAX)
        return tc_document_fail(document, node, NULL, error,
                                "is no mapping of at most %d; write {accelerator.memory_bandwidth: [1TB/s, 2TB/s]}",
                                TC_SWEEP_SETS_MAX);
    for (const tc_node *path = node->first; path; path = path->next) {
        tc_sweep_set *set = &out->set[out->count++];
        bool list = path->kind == TC_NODE_SEQUENCE;
        if (strlen(path->key) >= sizeof set->path || strchr(path->key, '='))
            return tc_document_fail(document, path, NULL, error, "is no path; write accelerator.memory_bandwidth");
        memcpy(set->path, path->key, strlen(path->key) + 1);
        if (list && path->count > TC_SWEEP_LIST_MAX)
            return tc_document_fail(document, path, NULL, error, too_many, TC_SWEEP_LIST_MAX);
        for (const tc_node *value = list ? path->first : path; value; value = list ? value->next : NULL)
            if (value->kind != TC_NODE_SCALAR || !add_value(set, value->text, strlen(value->text)))
                return tc_document_fail(document, value, NULL, error, "is no value of at most %d bytes; write 3TB/s",
                                        TC_SWEEP_VALUE - 1);
        if (set->values == 0)
            return tc_document_fail(document, path, NULL, error, "has no value; write [1TB/s, 2TB/s]");
    }
    return TC_OK;
}

tc_code tc_sweep_add_set(tc_sweep_sets *sets, const char *text, tc_error *error) {
    char place[sizeof error->place];
    const char *equals = strchr(text, '=');
    snprintf(place, sizeof place, "--set %.200s", text);
    if (sets->count == TC_SWEEP_SETS_MAX)
        return tc_fail(error, TC_INVALID, place, "is one axis too many; at most %d", TC_SWEEP_SETS_MAX);
    tc_sweep_set *set = &sets->set[sets->count++];
    if (!equals || !equals[1] || (size_t)(equals - text) >= sizeof set->path)
        return tc_fail(error, TC_INVALID, place, "is no axis; write accelerator.memory_bandwidth=1TB/s,2TB/s");
    memcpy(set->path, text, (size_t)(equals - text));
    for (const char *at = equals + 1;; at++) {
        size_t length = tc_set_value_length(at);
        if (set->values == TC_SWEEP_LIST_MAX) return tc_fail(error, TC_INVALID, place, too_many, TC_SWEEP_LIST_MAX);
        if (!add_value(set, at, length))
            return tc_fail(error, TC_INVALID, place, "has a value that is empty or longer than %d bytes",
                           TC_SWEEP_VALUE - 1);
        at += length;
        if (!*at) return TC_OK;
    }
}

int64_t tc_sweep_combinations(const tc_sweep_sets *sets) {
    int64_t all = 1;
    for (int i = 0; i < sets->count && all <= TC_SWEEP_TASKS_MAX; i++) all *= sets->set[i].values;
    return all;
}

void tc_sweep_changes_of(const tc_sweep_sets *sets, int combination, tc_sweep_changes *out) {
    out->count = sets->count;
    for (int i = sets->count - 1; i >= 0; i--) {
        const tc_sweep_set *set = &sets->set[i];
        snprintf(out->text[i], sizeof out->text[i], "%s=%s", set->path, set->value[combination % set->values]);
        out->change[i] = out->text[i];
        combination /= set->values;
    }
}

const char *tc_sweep_changes_text(const tc_sweep_sets *sets, int combination, char *buffer, size_t size) {
    tc_sweep_changes changes;
    buffer[0] = '\0';
    tc_sweep_changes_of(sets, combination, &changes);
    for (int i = 0; i < changes.count; i++) tc_append(buffer, size, "%s%s", i ? ", " : "", changes.text[i]);
    return buffer;
}
