/* json.h - a streaming JSON writer: what every --json goes through.
 *
 * Begin writes the root object with its first keys ("traincast", "schema", "data");
 * the caller adds "assumed" and the rest; end closes whatever is open. A key is
 * NULL inside an array. Numbers: integral values below 2^53 exactly, others with ten
 * significant digits; NaN and infinity are null. Strings come out as valid UTF-8.
 * Write errors stay in the stream (ferror) for the caller to check. */
#ifndef TC_REPORT_JSON_H
#define TC_REPORT_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define TC_JSON_DEPTH 32

typedef struct tc_json {
    FILE *file;
    int depth;
    bool empty;                 /* nothing written yet at this depth */
    char closing[TC_JSON_DEPTH]; /* '}' or ']' of each open level */
} tc_json;

/* schema: "step/1" becomes "traincast.step/1". data: the catalog's hash, NULL if none was used. */
tc_json tc_json_begin(FILE *file, const char *schema, const char *data);
void tc_json_end(tc_json *json);

void tc_json_object(tc_json *json, const char *key);
void tc_json_array(tc_json *json, const char *key);
void tc_json_close(tc_json *json);
void tc_json_string(tc_json *json, const char *key, const char *text); /* NULL is null */
void tc_json_number(tc_json *json, const char *key, double value);
void tc_json_integer(tc_json *json, const char *key, int64_t value);
void tc_json_bool(tc_json *json, const char *key, bool value);
void tc_json_null(tc_json *json, const char *key);

#endif
