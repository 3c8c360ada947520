/* fields.c - typed fields of published rows. */
#include "validate/fields.h"

#include <string.h>

#include "base/error.h"

#define LARGEST_VALUE 1e15

const char *tc_published_text(const tc_json *json, const char *key, const char *missing, tc_arena *arena) {
    const char *text = tc_json_string(json, key, NULL);
    if (!text) return missing;
    const char *copy = tc_arena_copy(arena, text, strlen(text));
    if (copy) return copy;
    if (json->document->code == TC_OK)
        json->document->code = tc_fail(json->document->error, TC_INTERNAL, json->document->file, "out of memory");
    return missing;
}

int tc_field_positive(const tc_json *json, const char *key, int missing) {
    return (int)tc_json_integer(json, key, 1, TC_FIELD_LARGEST, missing);
}

double tc_field_measure(const tc_json *json, const char *key) {
    double value = tc_json_number(json, key, 0, LARGEST_VALUE, 0);
    const json_t *given = tc_json_value(json, key);
    if (given && value <= 0) tc_json_fail(json, key, "0; a number above 0 is needed");
    return value;
}
