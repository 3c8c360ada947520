/* layout_json.c - reads a layout by the table of its fields. */
#include "interop/layout_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/vocabulary.h"
#include "layout/fields.h"

/* As releases before `offload` wrote it. */
static const char *const old_keys[] = {"offload_optimizer", "offload_activations"};

static void check_keys(const tc_json *json) {
    const char *names[TC_LAYOUT_FIELDS + TC_LAYOUT_DETAILS + 2], *key;
    json_t *value;
    int n = 0;
    for (int i = 0; i < TC_LAYOUT_FIELDS; i++) names[n++] = tc_layout_fields[i].key;
    for (int i = 0; i < TC_LAYOUT_DETAILS; i++) names[n++] = tc_layout_details[i].key;
    for (int i = 0; i < 2; i++) names[n++] = old_keys[i];
    json_object_foreach((json_t *)json->object, key, value) {
        bool known = false;
        for (int i = 0; i < n; i++) known = known || strcmp(key, names[i]) == 0;
        const char *nearest = known ? NULL : tc_nearest(key, names, n);
        if (!known)
            tc_json_fail(json, key, "is nothing of a layout%s%s", nearest ? "; nearest: " : "", nearest ? nearest : "");
    }
}

/* A value as the options write it, for what is no plain word. */
static void set_text(const tc_json *json, tc_layout_id id, const char *text, tc_layout *l, int **list) {
    tc_error why;
    if (tc_layout_set(l, id, text, list, "", &why)) tc_json_fail(json, tc_layout_fields[id].key, "%s", why.text);
}

static void read_detail(const tc_json *json, const tc_layout_detail *d, tc_layout *l, const char **path) {
    void *member = (char *)l + d->offset;
    const char *text = d->kind >= TC_DETAIL_GROUPS ? tc_json_string(json, d->key, NULL) : NULL;
    switch (d->kind) {
    case TC_DETAIL_NUMBER: *(int *)member = (int)tc_json_integer(json, d->key, d->lower, 10000000, 0); break;
    case TC_DETAIL_LAYERS: *(double *)member = tc_json_number(json, d->key, d->lower, 1e6, 0); break;
    case TC_DETAIL_GROUPS:
        if (text && !tc_operator_groups_parse(text, member))
            tc_json_fail(json, d->key, "\"%.60s\" is no list of operators such as norm+activation", text);
        break;
    case TC_DETAIL_FILE: *path = text; break;
    }
    if (!tc_json_value(json, d->key))
        tc_json_fail(json, d->key, "is missing; %s needs it", tc_layout_fields[d->field].words[d->word]);
}

static void read_word(const tc_json *json, tc_layout_id id, tc_layout *l, const char **path) {
    const tc_layout_field *f = &tc_layout_fields[id];
    const char *text = tc_json_string(json, f->key, NULL);
    if (!text) return;
    for (int i = 0; f->words[i]; i++) {
        if (strcmp(text, f->words[i]) != 0) continue;
        *tc_layout_member(l, id) = i;
        const tc_layout_detail *d = tc_layout_detail_of(l, id);
        if (d) read_detail(json, d, l, path);
        return;
    }
    set_text(json, id, text, l, NULL);
    if (id == TC_LAYOUT_SCHEDULE && l->schedule == TC_SCHEDULE_CUSTOM) *path = text;
}

static void read_list(const tc_json *json, tc_layout_id id, tc_layout *l, int **list) {
    const char *key = tc_layout_fields[id].key;
    const json_t *array = tc_json_value(json, key);
    size_t n = array ? json_array_size(array) : 0;
    char *text = malloc(24 * (n + 1)), *at = text;
    if (!text || n == 0) {
        tc_json_fail(json, key, text ? "is no list of whole numbers" : "out of memory");
        free(text);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        const json_t *item = json_array_get(array, i);
        if (!json_is_integer(item)) tc_json_fail(json, key, "has what is no whole number");
        at += snprintf(at, 24, "%s%lld", i ? "," : "", (long long)json_integer_value(item));
    }
    set_text(json, id, text, l, list);
    free(text);
}

static void read_field(const tc_json *json, tc_layout_id id, tc_layout *l, int **list, const char **path) {
    const tc_layout_field *f = &tc_layout_fields[id];
    if (!tc_json_value(json, f->key)) return;
    switch (f->kind) {
    case TC_LAYOUT_KIND_NUMBER:
        *tc_layout_member(l, id) = (int)tc_json_integer(json, f->key, f->lower, f->upper, TC_UNSET);
        break;
    case TC_LAYOUT_KIND_SWITCH: *tc_layout_member(l, id) = tc_json_bool(json, f->key, TC_UNSET); break;
    case TC_LAYOUT_KIND_GROUPS: {
        const char *text = tc_json_string(json, f->key, NULL);
        if (text) set_text(json, id, text, l, NULL);
        break;
    }
    case TC_LAYOUT_KIND_LIST: read_list(json, id, l, list); break;
    case TC_LAYOUT_KIND_WORD: read_word(json, id, l, path); break;
    }
}

void tc_layout_read_json(const tc_json *json, tc_layout *l, int **list, const char **path) {
    *path = NULL;
    check_keys(json);
    for (int id = 0; id < TC_LAYOUT_FIELDS; id++) read_field(json, (tc_layout_id)id, l, list, path);
    if (tc_json_value(json, "offload")) return;
    int states = tc_json_bool(json, old_keys[0], 0), activations = tc_json_bool(json, old_keys[1], 0);
    if (states || activations)
        l->offload = !states ? TC_OFFLOAD_ACTIVATIONS : activations ? TC_OFFLOAD_ALL : TC_OFFLOAD_OPTIMIZER;
}
