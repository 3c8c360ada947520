/* calculate.h - whole-number expressions as a shell has them: $((A * 8 / TP)), and defaults of a framework's table. */
#ifndef TC_INTEROP_CALCULATE_H
#define TC_INTEROP_CALCULATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A name's value; false: it has none. */
typedef bool tc_name_value(void *context, const char *name, size_t length, int64_t *out);

/* + - * / % ** comparisons, ! && || ?: and brackets. False where the text is no expression, a name has no value, or a number
 * leaves the range. */
bool tc_calculate(const char *text, tc_name_value *name, void *context, int64_t *out);

#endif
