/* json.h - typed, bounded values out of a JSON object; a wrong one is an error with its place.
 *
 * The first failure is kept in the document and every later read returns its `missing` value:
 * read all the fields, then check `document.code` once. A field that is absent or null is missing.
 */
#ifndef TC_BASE_JSON_H
#define TC_BASE_JSON_H

#include <jansson.h>

#include "traincast.h"

typedef struct tc_json_document {
    const char *file; /* for the place of an error */
    int line;         /* of JSON Lines; 0 for a whole file */
    json_t *root;     /* owned: tc_json_close */
    tc_code code;
    tc_error *error;
} tc_json_document;

/* An object inside the document and its path, "$.model". */
typedef struct tc_json {
    tc_json_document *document;
    const json_t *object;
    char path[96];
} tc_json;

/* Parses text, whose root must be an object; repeated keys are refused. `line` as in the document. */
TC_NODISCARD tc_code tc_json_open(tc_json_document *document, const char *file, int line, const char *text,
                                  size_t length, tc_error *error);
void tc_json_close(tc_json_document *document);

tc_json tc_json_root(tc_json_document *document);
/* The object under `key`; `object` is NULL, and everything in it missing, where there is none. */
tc_json tc_json_child(const tc_json *parent, const char *key);

/* The value under `key`; NULL where it is absent or null. */
const json_t *tc_json_value(const tc_json *json, const char *key);

/* Bounds are inclusive. A whole number may be written as 8 or 8.0. */
int64_t tc_json_integer(const tc_json *json, const char *key, int64_t low, int64_t high, int64_t missing);
double tc_json_number(const tc_json *json, const char *key, double low, double high, double missing);
int tc_json_bool(const tc_json *json, const char *key, int missing);
/* Lives as long as the document. */
const char *tc_json_string(const tc_json *json, const char *key, const char *missing);
/* The index of the string in `names`. */
int tc_json_choice(const tc_json *json, const char *key, const char *const *names, int n, int missing);

/* Records a failure at `key` (NULL: at the object itself) unless there is one already. */
void tc_json_fail(const tc_json *json, const char *key, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* `value` as a message shows it: "text", 3.5, true, a list; shortened. Returns `room`. */
const char *tc_json_show(const json_t *value, char *room, size_t size);

#endif
