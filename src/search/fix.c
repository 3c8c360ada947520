/* fix.c - reads "tp=8,recompute=full": axes that the search leaves alone, by the table of a layout's fields. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/vocabulary.h"
#include "layout/fields.h"
#include "traincast.h"

static tc_code unknown_axis(const char *name, const char *place, tc_error *error) {
    char list[240] = "stages";
    size_t used = strlen(list);
    for (int i = 0; i < TC_LAYOUT_FIELDS && used < sizeof list; i++)
        if (tc_layout_fields[i].axis)
            used += (size_t)snprintf(list + used, sizeof list - used, ", %s", tc_layout_fields[i].option + 2);
    return tc_fail(error, TC_INVALID, place, "'%.40s' is no axis; give one of %s", name, list);
}

static tc_code fix_one(tc_layout *fixed, const char *name, const char *value, const char *place, tc_error *error) {
    if (strcmp(name, "stages") == 0) {
        if (strcmp(value, "even") != 0)
            return tc_fail(error, TC_INVALID, place, "'%.40s' is no value of stages; give even", value);
        fixed->stage_count = 0;
        return TC_OK;
    }
    if (strcmp(name, "sharding") == 0 && strcmp(value, "hsdp") == 0) { /* with any groups */
        fixed->sharding = TC_SHARD_HSDP;
        return TC_OK;
    }
    tc_layout_id id = tc_layout_find(name);
    if (id == TC_LAYOUT_FIELDS || !tc_layout_fields[id].axis) return unknown_axis(name, place, error);
    tc_error why;
    tc_code code = tc_layout_set(fixed, id, value, NULL, place, &why);
    if (!code && id == TC_LAYOUT_SCHEDULE && fixed->schedule == TC_SCHEDULE_CUSTOM)
        return tc_fail(error, TC_INVALID, place, "schedule=%.60s is a file of one layout; give a schedule by name",
                       value);
    return code ? tc_fail(error, code, place, "%.60s: %.400s", name, why.text) : TC_OK;
}

tc_code tc_search_fix(tc_layout *fixed, const char *text, const char *place, tc_error *error) {
    while (*text) {
        char name[48], value[TC_OPERATORS_TEXT];
        size_t length = strcspn(text, ","), equals = strcspn(text, "=");
        if (equals == 0 || equals >= length || equals >= sizeof name || length - equals > sizeof value)
            return tc_fail(error, TC_INVALID, place, "'%.40s' is no axis=value; for example tp=8,recompute=full", text);
        memcpy(name, text, equals);
        name[equals] = '\0';
        memcpy(value, text + equals + 1, length - equals - 1);
        value[length - equals - 1] = '\0';
        tc_code code = fix_one(fixed, name, value, place, error);
        if (code) return code;
        text += length + (text[length] == ',');
    }
    return TC_OK;
}
