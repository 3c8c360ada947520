/* units.h - quantities as people write them, to SI and back.
 *
 * "80 GiB", "1.6 TB/s", "313 TFLOP/s", "2.5 us", "400 Gb/s" (bits), "2.0 USD/h".
 * A dimension says what is expected, so that a wrong or a missing unit is an
 * error that shows the right form. Nothing here depends on the locale. */
#ifndef TC_BASE_UNITS_H
#define TC_BASE_UNITS_H

#include <stdbool.h>
#include <stdint.h>

#include "traincast.h"

#define TC_GIB (1024.0 * 1024 * 1024) /* bytes */

typedef enum tc_dimension {
    TC_DIMENSION_NONE, /* a plain number, or "87 %" */
    TC_DIMENSION_BYTES,
    TC_DIMENSION_BYTES_PER_S,
    TC_DIMENSION_FLOPS, /* FLOP/s; OP/s of integer formats are the same */
    TC_DIMENSION_SECONDS,
    TC_DIMENSION_WATTS,
    TC_DIMENSION_JOULES,
    TC_DIMENSION_MM2,
    TC_DIMENSION_HERTZ,
    TC_DIMENSION_USD,
    TC_DIMENSION_USD_PER_H,
    TC_DIMENSION_USD_PER_J,
    TC_DIMENSION_YEARS,
    TC_DIMENSION_CARBON, /* of a grid */
    TC_DIMENSIONS
} tc_dimension;

/* The SI unit that values of a dimension have in the library: "B/s", "1" for none. */
const char *tc_dimension_unit(tc_dimension dimension);
/* A correct example: "1.6 TB/s". */
const char *tc_dimension_example(tc_dimension dimension);

/* A number without unit, decimal: "12", "-0.5", "1.5e12". Finite, below 1e30 in magnitude. */
TC_NODISCARD tc_code tc_parse_number(const char *text, double *out, const char *place, tc_error *error);
/* A count: a number that k, M, B, T (powers of 1,000) or Ki, Mi, Gi (of 1,024) may follow: "2T", "1.5k", "8Ki". */
TC_NODISCARD bool tc_parse_count(const char *text, double *out);
/* A whole number within bounds; "1e6" and "1.5k" are some, "1.5" is not. */
TC_NODISCARD tc_code tc_parse_integer(const char *text, int64_t min, int64_t max, int64_t *out, const char *place,
                                      tc_error *error);
/* A quantity of the dimension, in SI. Never negative, but for TC_DIMENSION_NONE. */
TC_NODISCARD tc_code tc_parse_quantity(const char *text, tc_dimension dimension, double *out, const char *place,
                                       tc_error *error);

/* A number with so many significant digits (1..15), without exponent between 1e-4 and 1e15. Returns buffer. */
char *tc_format_number(double value, int digits, char *buffer, size_t size);
/* The quantity in the unit that reads best, four significant digits: "312 TFLOP/s", "80 GiB". Returns buffer. */
char *tc_format_quantity(double value, tc_dimension dimension, char *buffer, size_t size);

#endif
