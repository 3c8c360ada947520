/* fields.h - typed fields of published rows: texts in an arena, counts and sizes above zero. */
#ifndef TC_VALIDATE_FIELDS_H
#define TC_VALIDATE_FIELDS_H

#include "base/arena.h"
#include "base/json.h"

#define TC_FIELD_LARGEST 10000000 /* of a width, a degree or a device count: beyond it a unit was confused */

/* A copy in the arena; `missing` where there is no text. */
const char *tc_published_text(const tc_json *json, const char *key, const char *missing, tc_arena *arena);

/* A whole number from 1 on. */
int tc_field_positive(const tc_json *json, const char *key, int missing);

/* A number above 0; 0 where there is none. */
double tc_field_measure(const tc_json *json, const char *key);

#endif
