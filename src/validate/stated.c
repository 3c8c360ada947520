/* stated.c - reads and writes the fields of `norm` by their table. */
#include "validate/stated.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/members.h"
#include "base/text.h"
#include "base/vocabulary.h"

#define LARGEST_COUNT 10000000
#define LARGEST_NUMBER 1e9

/* In the order of the enumerations. */
static const char *const stated_losses[] = {"eager", "compiled", "split", "chunked", "fused", NULL};
static const char *const stated_graphs[] = {"none", "partial", "full", NULL};
static const char *const stated_attention_kernels[] = {"xformers", "fa1", "fa2", "fa3", "fa4", "cudnn", NULL};
static const char *const stated_routings[] = {"real", "balanced", NULL};
static const char *const stated_overlaps[] = {"none", NULL};
static const char *const stated_recompute_by[] = {"software", "none", "list", NULL};
static const char *const stated_recompute_per[] = {"model", "stage", "chunk", NULL};
static const char *const stated_offloads[] = {"states", "optimizer", NULL};
static const char *const stated_optimizer_states[] = {"16-bit", "shared-weights", "8-bit", "16-bit-moments", NULL};
static const char *const stated_masks[] = {"full", NULL};
static const char *const stated_positions[] = {"alibi", NULL};

const tc_stated_field tc_stated_fields[] = {
#define TC_STATED(key, kind, words, meaning) {#key, TC_STATED_##kind, offsetof(tc_stated, key), words, meaning},
#include "validate/stated.def"
#undef TC_STATED
};
const int tc_stated_field_count = sizeof tc_stated_fields / sizeof tc_stated_fields[0];

static int *whole(tc_stated *stated, const tc_stated_field *field) { return (int *)((char *)stated + field->offset); }
static double *number(tc_stated *stated, const tc_stated_field *field) {
    return (double *)((char *)stated + field->offset);
}
static const char **name(tc_stated *stated, const tc_stated_field *field) {
    return (const char **)((char *)stated + field->offset);
}

tc_stated tc_stated_none(void) {
    tc_stated stated = {0};
    for (int i = 0; i < tc_stated_field_count; i++)
        if (tc_stated_fields[i].kind < TC_STATED_OPERATORS) *whole(&stated, &tc_stated_fields[i]) = TC_UNSET;
    return stated;
}

const tc_stated_field *tc_stated_find(const char *key) {
    for (int i = 0; i < tc_stated_field_count; i++)
        if (strcmp(tc_stated_fields[i].key, key) == 0) return &tc_stated_fields[i];
    return NULL;
}

bool tc_stated_is_set(const tc_stated *stated, const tc_stated_field *field) {
    const void *at = (const char *)stated + field->offset;
    switch (field->kind) {
    case TC_STATED_NAME: return *(const char *const *)at != NULL;
    case TC_STATED_LIST: return *(const int *const *)at != NULL;
    case TC_STATED_NUMBER: return *(const double *)at > 0;
    case TC_STATED_OPERATORS: return *(const int *)at != 0;
    default: return *(const int *)at != TC_UNSET;
    }
}

static int word_of(const char *const *words, const char *text) {
    for (int i = 0; words[i]; i++)
        if (strcmp(words[i], text) == 0) return i;
    return TC_UNSET;
}

/* "2025-07" as 202507, "2025" as 202500; TC_UNSET. */
static int date_of(const char *text) {
    if (strspn(text, "0123456789") != 4 || (text[4] && (text[4] != '-' || strspn(text + 5, "0123456789") != 2)))
        return TC_UNSET;
    long year = strtol(text, NULL, 10), month = text[4] ? strtol(text + 5, NULL, 10) : 0;
    bool possible = year >= 2000 && year < 2100 && month <= 12 && (!text[4] || (month > 0 && !text[7]));
    return possible ? (int)(100 * year + month) : TC_UNSET;
}

bool tc_stated_set(tc_stated *stated, const tc_stated_field *field, const char *text) {
    char *end;
    switch (field->kind) {
    case TC_STATED_WORD: return (*whole(stated, field) = word_of(field->words, text)) != TC_UNSET;
    case TC_STATED_SWITCH:
        *whole(stated, field) = strcmp(text, "true") == 0;
        return *whole(stated, field) || strcmp(text, "false") == 0;
    case TC_STATED_DATE: return (*whole(stated, field) = date_of(text)) != TC_UNSET;
    case TC_STATED_OPERATORS: return tc_operator_groups_parse(text, whole(stated, field));
    case TC_STATED_NAME: return *(*name(stated, field) = text) != 0;
    case TC_STATED_LIST: return false; /* no word of a text */
    case TC_STATED_COUNT:
    case TC_STATED_NUMBER: break;
    }
    double value = strtod(text, &end);
    bool counts = field->kind == TC_STATED_COUNT;
    if (end == text || *end || !(value > 0 && value <= (counts ? LARGEST_COUNT : LARGEST_NUMBER))
        || (counts && value != (int)value))
        return false;
    if (counts)
        *whole(stated, field) = (int)value;
    else
        *number(stated, field) = value;
    return true;
}

static void read_text(const tc_json *json, tc_arena *arena, const tc_stated_field *field, tc_stated *stated) {
    const char *text = tc_json_string(json, field->key, NULL);
    if (!text) return;
    const char *copy = field->kind == TC_STATED_NAME ? tc_arena_copy(arena, text, strlen(text)) : text;
    if (copy && tc_stated_set(stated, field, copy)) return;
    if (field->kind == TC_STATED_OPERATORS)
        tc_json_fail(json, field->key, "'%.60s' is no list of operators such as norm+activation", text);
    else
        tc_json_fail(json, field->key, "'%.60s'; %s is needed", text,
                     field->kind == TC_STATED_DATE ? "a year, 2025, or a month, 2025-07," : "a slug of the catalog");
}

static void read_list(const tc_json *json, tc_arena *arena, const tc_stated_field *field, tc_stated *stated) {
    const json_t *array = tc_json_value(json, field->key), *item;
    size_t count = json_array_size(array), i;
    int *list = count > 0 && count <= TC_MOST_DEGREE ? tc_arena_alloc(arena, (count + 1) * sizeof *list) : NULL;
    if (list) list[0] = (int)count;
    json_array_foreach(array, i, item) {
        json_int_t value = json_is_integer(item) ? json_integer_value(item) : 0;
        if (value < 1 || value > LARGEST_COUNT) list = NULL;
        if (list) list[i + 1] = (int)value;
    }
    if (!list) tc_json_fail(json, field->key, "a list of whole numbers from 1 is needed");
    *(const int **)((char *)stated + field->offset) = list;
}

void tc_stated_read(const tc_json *json, tc_arena *arena, tc_stated *stated) {
    for (int i = 0; i < tc_stated_field_count; i++) {
        const tc_stated_field *field = &tc_stated_fields[i];
        int n = 0;
        if (!tc_json_value(json, field->key)) continue;
        switch (field->kind) {
        case TC_STATED_WORD:
            while (field->words[n]) n++;
            *whole(stated, field) = tc_json_choice(json, field->key, field->words, n, TC_UNSET);
            break;
        case TC_STATED_SWITCH: *whole(stated, field) = tc_json_bool(json, field->key, TC_UNSET); break;
        case TC_STATED_COUNT:
            *whole(stated, field) = (int)tc_json_integer(json, field->key, 1, LARGEST_COUNT, TC_UNSET);
            break;
        case TC_STATED_NUMBER:
            *number(stated, field) = tc_json_number(json, field->key, 1e-9, LARGEST_NUMBER, 0);
            break;
        case TC_STATED_LIST: read_list(json, arena, field, stated); break;
        default: read_text(json, arena, field, stated);
        }
    }
}

const char *tc_stated_text(const tc_stated *stated, const tc_stated_field *field, char *buffer, size_t size) {
    const void *at = (const char *)stated + field->offset;
    char operators[TC_OPERATORS_TEXT];
    int value = field->kind < TC_STATED_NUMBER ? *(const int *)at : 0;
    switch (field->kind) {
    case TC_STATED_WORD: snprintf(buffer, size, "\"%s\":\"%s\"", field->key, field->words[value]); break;
    case TC_STATED_SWITCH: snprintf(buffer, size, "\"%s\":%s", field->key, value ? "true" : "false"); break;
    case TC_STATED_COUNT: snprintf(buffer, size, "\"%s\":%d", field->key, value); break;
    case TC_STATED_DATE:
        snprintf(buffer, size, value % 100 ? "\"%s\":\"%d-%02d\"" : "\"%s\":\"%d\"", field->key, value / 100,
                 value % 100);
        break;
    case TC_STATED_OPERATORS:
        snprintf(buffer, size, "\"%s\":\"%s\"", field->key,
                 tc_operator_groups_text(value, operators, sizeof operators));
        break;
    case TC_STATED_NUMBER: snprintf(buffer, size, "\"%s\":%.10g", field->key, *(const double *)at); break;
    case TC_STATED_NAME: snprintf(buffer, size, "\"%s\":\"%s\"", field->key, *(const char *const *)at); break;
    case TC_STATED_LIST: {
        const int *list = *(const int *const *)at;
        snprintf(buffer, size, "\"%s\":", field->key);
        for (int i = 1; i <= list[0]; i++) tc_append(buffer, size, "%c%d", i == 1 ? '[' : ',', list[i]);
        tc_append(buffer, size, "]");
        break;
    }
    }
    return buffer;
}
