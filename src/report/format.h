/* format.h - quantities as a person reads them: "1.23 s", "61.2 GiB", "312 TFLOP/s".
 *
 * Every function returns its text by value, so that it can stand in an argument list:
 *   fprintf(file, "%s\n", tc_format_seconds(step.step_s).s);
 * Unknown (NaN, infinite) is "-". The decimal point is a point in every locale. */
#ifndef TC_REPORT_FORMAT_H
#define TC_REPORT_FORMAT_H

#include <stddef.h>
#include <stdint.h>

typedef struct tc_text {
    char s[40];
} tc_text;

/* snprintf of one double with `format` ("%.3g"), the point a point. Returns the length, below size. */
size_t tc_format_double(char *buffer, size_t size, const char *format, double value);

tc_text tc_format_significant(double value, int digits); /* 1.23, 12.3, 1230: never an exponent below 1e15 */
tc_text tc_format_fixed(double value, int decimals);     /* with thousands separators: 12,345.6 */
tc_text tc_format_count(double value);                   /* 124,439,808 */
tc_text tc_format_short(double value);                   /* 124 M, 6.74 B, 1.04 T */
tc_text tc_format_seconds(double seconds);               /* 12.3 us, 812 ms, 1.23 s, 3.4 h, 12.5 d */
tc_text tc_format_gib(double bytes);                     /* 61.2 GiB, 512 MiB */
tc_text tc_format_rate(double bytes_per_s);              /* 2.04 TB/s */
tc_text tc_format_flops(double flop_per_s);              /* 312 TFLOP/s */
tc_text tc_format_percent(double percent);               /* 45.2 % */
tc_text tc_format_signed_percent(double percent);        /* +45.2 % */
tc_text tc_format_usd(double dollars);                   /* $1,234,567, $12.3, $0.0123 */

/* "1.10-1.52 s", "940 ms-1.52 s": both ends of an interval; "-" where one is not above zero: there is none. */
tc_text tc_format_range(double p10, double p90, tc_text (*format)(double));

/* Text inside XML (SVG): <, >, & and quotes as entities, U+FFFD for characters that are not to be seen. Cuts between
 * characters where there is no room. Returns out. */
char *tc_format_xml(char *out, size_t size, const char *text);

/* Columns that a UTF-8 text takes on a terminal. */
int tc_text_width(const char *text);

#endif
