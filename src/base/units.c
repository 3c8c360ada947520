/* units.c - quantities as people write them, to SI and back.
 *
 * A number is read as an integer and a power of ten; the unit's power of ten
 * joins it before the one conversion, so that "1.41 GHz" is exactly the double
 * nearest to 1.41e9. What is left of a unit (1024^3, 3600, 1/8) is exact or
 * close to it. strtod sees digits and an exponent only, never a decimal point:
 * the locale has no say. */
#include "base/units.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

typedef struct unit {
    tc_dimension dimension;
    const char *name;
    int power_of_ten;
    double factor;
} unit;

#define KIB 1024.0
#define BINARY_AND_DECIMAL(dimension, suffix)                                                                          \
    {dimension, "B" suffix, 0, 1}, {dimension, "kB" suffix, 3, 1}, {dimension, "KB" suffix, 3, 1},                     \
        {dimension, "MB" suffix, 6, 1}, {dimension, "GB" suffix, 9, 1}, {dimension, "TB" suffix, 12, 1},               \
        {dimension, "PB" suffix, 15, 1}, {dimension, "EB" suffix, 18, 1}, {dimension, "KiB" suffix, 0, KIB},           \
        {dimension, "MiB" suffix, 0, KIB * KIB}, {dimension, "GiB" suffix, 0, KIB * KIB * KIB},                        \
        {dimension, "TiB" suffix, 0, KIB * KIB * KIB * KIB}, {                                                         \
        dimension, "PiB" suffix, 0, KIB *KIB *KIB *KIB *KIB                                                            \
    }
#define OPERATIONS(name)                                                                                               \
    {TC_DIMENSION_FLOPS, name, 0, 1}, {TC_DIMENSION_FLOPS, "M" name, 6, 1}, {TC_DIMENSION_FLOPS, "G" name, 9, 1},      \
        {TC_DIMENSION_FLOPS, "T" name, 12, 1}, {TC_DIMENSION_FLOPS, "P" name, 15, 1}, {                                \
        TC_DIMENSION_FLOPS, "E" name, 18, 1                                                                            \
    }

/* One line a unit. */
static const unit units[] = {
    {TC_DIMENSION_NONE, "", 0, 1},
    {TC_DIMENSION_NONE, "%", -2, 1},
    BINARY_AND_DECIMAL(TC_DIMENSION_BYTES, ""),
    BINARY_AND_DECIMAL(TC_DIMENSION_BYTES_PER_S, "/s"),
    {TC_DIMENSION_BYTES_PER_S, "b/s", 0, 0.125},
    {TC_DIMENSION_BYTES_PER_S, "kb/s", 3, 0.125},
    {TC_DIMENSION_BYTES_PER_S, "Mb/s", 6, 0.125},
    {TC_DIMENSION_BYTES_PER_S, "Gb/s", 9, 0.125},
    {TC_DIMENSION_BYTES_PER_S, "Tb/s", 12, 0.125},
    OPERATIONS("FLOP/s"),
    OPERATIONS("OP/s"),
    {TC_DIMENSION_SECONDS, "s", 0, 1},
    {TC_DIMENSION_SECONDS, "ms", -3, 1},
    {TC_DIMENSION_SECONDS, "us", -6, 1},
    {TC_DIMENSION_SECONDS, "\xc2\xb5s", -6, 1}, /* micro sign */
    {TC_DIMENSION_SECONDS, "ns", -9, 1},
    {TC_DIMENSION_SECONDS, "min", 0, 60},
    {TC_DIMENSION_SECONDS, "h", 0, 3600},
    {TC_DIMENSION_SECONDS, "d", 0, 86400},
    {TC_DIMENSION_WATTS, "W", 0, 1},
    {TC_DIMENSION_WATTS, "kW", 3, 1},
    {TC_DIMENSION_WATTS, "MW", 6, 1},
    {TC_DIMENSION_JOULES, "J", 0, 1},
    {TC_DIMENSION_JOULES, "pJ", -12, 1},
    {TC_DIMENSION_JOULES, "kWh", 3, 3600},
    {TC_DIMENSION_JOULES, "MWh", 6, 3600},
    {TC_DIMENSION_JOULES, "GWh", 9, 3600},
    {TC_DIMENSION_MM2, "mm2", 0, 1},
    {TC_DIMENSION_MM2, "cm2", 2, 1},
    {TC_DIMENSION_HERTZ, "Hz", 0, 1},
    {TC_DIMENSION_HERTZ, "kHz", 3, 1},
    {TC_DIMENSION_HERTZ, "MHz", 6, 1},
    {TC_DIMENSION_HERTZ, "GHz", 9, 1},
    {TC_DIMENSION_USD, "USD", 0, 1},
    {TC_DIMENSION_USD_PER_H, "USD/h", 0, 1},
    {TC_DIMENSION_USD_PER_J, "USD/kWh", -3, 1.0 / 3600},
    {TC_DIMENSION_USD_PER_J, "USD/MWh", -6, 1.0 / 3600},
    {TC_DIMENSION_YEARS, "years", 0, 1},
    {TC_DIMENSION_CARBON, "kg/kWh", 0, 1},
};
#define UNITS (sizeof units / sizeof units[0])

typedef struct dimension_text {
    const char *unit, *kind, *example;
} dimension_text;

static const dimension_text dimensions[TC_DIMENSIONS] = {
    [TC_DIMENSION_NONE] = {"1", "a plain number", "0.87"},
    [TC_DIMENSION_BYTES] = {"B", "a number of bytes", "80 GiB"},
    [TC_DIMENSION_BYTES_PER_S] = {"B/s", "a bandwidth", "1.6 TB/s"},
    [TC_DIMENSION_FLOPS] = {"FLOP/s", "a rate of operations", "313 TFLOP/s"},
    [TC_DIMENSION_SECONDS] = {"s", "a time", "1.5 s"},
    [TC_DIMENSION_WATTS] = {"W", "a power", "400 W"},
    [TC_DIMENSION_JOULES] = {"J", "an energy", "1.5 MWh"},
    [TC_DIMENSION_MM2] = {"mm2", "an area", "826 mm2"},
    [TC_DIMENSION_HERTZ] = {"Hz", "a frequency", "1.41 GHz"},
    [TC_DIMENSION_USD] = {"USD", "a price", "15000 USD"},
    [TC_DIMENSION_USD_PER_H] = {"USD/h", "a price per hour", "2.0 USD/h"},
    [TC_DIMENSION_USD_PER_J] = {"USD/J", "a price of energy", "0.08 USD/kWh"},
    [TC_DIMENSION_YEARS] = {"years", "a number of years", "5 years"},
    [TC_DIMENSION_CARBON] = {"kg/kWh", "a mass of CO2 for an energy", "0.367 kg/kWh"},
};

const char *tc_dimension_unit(tc_dimension dimension) { return dimensions[dimension].unit; }

const char *tc_dimension_example(tc_dimension dimension) { return dimensions[dimension].example; }

/* ---- reading ---------------------------------------------------------------- */

#define MAX_NUMBER 64 /* characters of a number */
#define MAX_UNIT 16
#define HUGE_NUMBER                                                                                                    \
    9.999999999999995e29 /* what is 1e30 in the 15 digits in which figures are written can be read no more */

/* digits x 10^power_of_ten */
typedef struct decimal {
    char digits[MAX_NUMBER + 1];
    int power_of_ten;
    bool negative;
} decimal;

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* Reads a number at the start of text. Returns the first character after it, or NULL where there is none. */
static const char *scan_decimal(const char *text, decimal *out) {
    const char *p = text;
    int count = 0;
    bool seen_point = false, seen_digit = false;
    memset(out, 0, sizeof *out);
    if (*p == '+' || *p == '-') out->negative = *p++ == '-';
    for (; is_digit(*p) || (*p == '.' && !seen_point); p++) {
        if (p - text >= MAX_NUMBER) return NULL;
        if (*p == '.') {
            seen_point = true;
            continue;
        }
        seen_digit = true;
        if (count > 0 || *p != '0') out->digits[count++] = *p;
        if (seen_point) out->power_of_ten--;
    }
    if (!seen_digit) return NULL;
    if (count == 0) out->digits[0] = '0';
    /* An exponent needs digits; otherwise the e belongs to the unit. */
    if (*p == 'e' || *p == 'E') {
        const char *q = p + 1;
        bool minus = *q == '-';
        if (*q == '+' || *q == '-') q++;
        if (is_digit(*q)) {
            int exponent = 0;
            for (; is_digit(*q); q++)
                if (exponent < 10000) exponent = exponent * 10 + (*q - '0');
            out->power_of_ten += minus ? -exponent : exponent;
            p = q;
        }
    }
    return p;
}

/* Up to 15 digits and powers of ten up to 22 are doubles themselves, so that one product or quotient is
 * the nearest double (Clinger 1990); strtod does the others. */
static double decimal_value(const decimal *number, int power_of_ten) {
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    int power = number->power_of_ten + power_of_ten;
    if (power >= -22 && power <= 22 && strlen(number->digits) <= 15) {
        double value = 0;
        for (const char *p = number->digits; *p; p++) value = 10 * value + (*p - '0');
        if (number->negative) value = -value;
        return power < 0 ? value / powers[-power] : value * powers[power];
    }
    char text[MAX_NUMBER + 16];
    snprintf(text, sizeof text, "%s%se%d", number->negative ? "-" : "", number->digits, power);
    return strtod(text, NULL);
}

static const unit *find_unit(tc_dimension dimension, const char *name) {
    for (size_t i = 0; i < UNITS; i++)
        if (units[i].dimension == dimension && strcmp(units[i].name, name) == 0) return &units[i];
    return NULL;
}

/* What is wrong with a unit that the dimension does not have. */
static tc_code fail_unit(const char *text, const char *name, tc_dimension dimension, const char *place,
                         tc_error *error) {
    const dimension_text *expected = &dimensions[dimension];
    if (!name[0])
        return tc_fail(error, TC_INVALID, place, "'%.80s' has no unit; write %s such as \"%s\"", text, expected->kind,
                       expected->example);
    if (name[0] == ',')
        return tc_fail(error, TC_INVALID, place, "'%.80s' has a comma; write %s with a decimal point, such as \"%s\"",
                       text, expected->kind, expected->example);
    if (dimension == TC_DIMENSION_BYTES && name[strlen(name) - 1] == 'b')
        return tc_fail(error, TC_INVALID, place, "'%.80s' is in bits; write %s such as \"%s\"", text, expected->kind,
                       expected->example);
    for (size_t i = 0; i < UNITS; i++) {
        if (strcmp(units[i].name, name) != 0) continue;
        return tc_fail(error, TC_INVALID, place, "'%.80s' is %s; write %s such as \"%s\"", text,
                       dimensions[units[i].dimension].kind, expected->kind, expected->example);
    }
    if (dimension == TC_DIMENSION_NONE)
        return tc_fail(error, TC_INVALID, place, "'%.80s' is no number; write a plain number such as \"%s\"", text,
                       expected->example);
    return tc_fail(error, TC_INVALID, place, "'%.80s' has the unknown unit '%.20s'; write %s such as \"%s\"", text,
                   name, expected->kind, expected->example);
}

tc_code tc_parse_quantity(const char *text, tc_dimension dimension, double *out, const char *place, tc_error *error) {
    const dimension_text *expected = &dimensions[dimension];
    decimal number;
    if (strlen(text) > MAX_NUMBER + MAX_UNIT)
        return tc_fail(error, TC_INVALID, place, "'%.40s...' is too long; write %s such as \"%s\"", text,
                       expected->kind, expected->example);
    const char *p = scan_decimal(text, &number);
    if (!p)
        return tc_fail(error, TC_INVALID, place, "'%.80s' is no number; write %s such as \"%s\"", text, expected->kind,
                       expected->example);
    while (*p == ' ') p++;
    size_t length = strlen(p);
    while (length > 0 && p[length - 1] == ' ') length--;
    char name[MAX_UNIT + 1] = "";
    if (length > MAX_UNIT) {
        memcpy(name, p, MAX_UNIT);
        return fail_unit(text, name, dimension, place, error);
    }
    memcpy(name, p, length);
    const unit *found = find_unit(dimension, name);
    if (!found) return fail_unit(text, name, dimension, place, error);

    double value = decimal_value(&number, found->power_of_ten) * found->factor;
    if (!isfinite(value) || fabs(value) >= HUGE_NUMBER)
        return tc_fail(error, TC_INVALID, place, "'%.80s' is too large; write %s such as \"%s\"", text, expected->kind,
                       expected->example);
    if (dimension != TC_DIMENSION_NONE && value < 0)
        return tc_fail(error, TC_INVALID, place, "'%.80s' is negative; write %s such as \"%s\"", text, expected->kind,
                       expected->example);
    if (value == 0 && strcmp(number.digits, "0") != 0)
        return tc_fail(error, TC_INVALID, place, "'%.80s' is too small; write %s such as \"%s\"", text, expected->kind,
                       expected->example);
    *out = value == 0 ? 0 : value; /* no negative zero */
    return TC_OK;
}

tc_code tc_parse_number(const char *text, double *out, const char *place, tc_error *error) {
    decimal number;
    const char *p = scan_decimal(text, &number);
    if (!p || *p)
        return tc_fail(error, TC_INVALID, place, "'%.80s' is no number; write a plain number such as \"0.87\"", text);
    return tc_parse_quantity(text, TC_DIMENSION_NONE, out, place, error);
}

/* What may follow a count: k, M, B and T are powers of 1,000, Ki, Mi and Gi of 1,024. */
static const unit multiples[] = {{TC_DIMENSION_NONE, "", 0, 1},          {TC_DIMENSION_NONE, "k", 3, 1},
                                 {TC_DIMENSION_NONE, "M", 6, 1},         {TC_DIMENSION_NONE, "B", 9, 1},
                                 {TC_DIMENSION_NONE, "T", 12, 1},        {TC_DIMENSION_NONE, "Ki", 0, KIB},
                                 {TC_DIMENSION_NONE, "Mi", 0, KIB *KIB}, {TC_DIMENSION_NONE, "Gi", 0, KIB *KIB *KIB}};

bool tc_parse_count(const char *text, double *out) {
    decimal number;
    const char *end = scan_decimal(text, &number);
    for (size_t i = 0; end && i < sizeof multiples / sizeof *multiples; i++) {
        if (strcmp(multiples[i].name, end) != 0) continue;
        *out = decimal_value(&number, multiples[i].power_of_ten) * multiples[i].factor;
        return isfinite(*out) && (*out != 0 || strcmp(number.digits, "0") == 0); /* 1e-999 is no 0 */
    }
    return false;
}

tc_code tc_parse_integer(const char *text, int64_t min, int64_t max, int64_t *out, const char *place, tc_error *error) {
    double value = 0;
    if (!tc_parse_count(text, &value) || value != floor(value))
        return tc_fail(error, TC_INVALID, place, "'%.80s' is no whole number; write one from %lld to %lld", text,
                       (long long)min, (long long)max);
    /* Doubles hold every integer up to 2^53; none of our counts is larger. */
    if (fabs(value) > 9007199254740992.0 || value < (double)min || value > (double)max)
        return tc_fail(error, TC_INVALID, place, "'%.80s' is out of range; write a whole number from %lld to %lld",
                       text, (long long)min, (long long)max);
    *out = (int64_t)value;
    return TC_OK;
}

/* ---- writing ---------------------------------------------------------------- */

/* Writes digits (count of them) with the point after `before` digits; before may be <= 0. */
static void place_point(const char *digits, int count, int before, char *out) {
    int last = count;
    while (last > 1 && last > before && digits[last - 1] == '0') last--;
    if (before <= 0) {
        *out++ = '0';
        *out++ = '.';
        for (int i = before; i < 0; i++) *out++ = '0';
        for (int i = 0; i < last; i++) *out++ = digits[i];
    } else {
        for (int i = 0; i < before; i++) *out++ = i < count ? digits[i] : '0';
        if (last > before) *out++ = '.';
        for (int i = before; i < last; i++) *out++ = digits[i];
    }
    *out = 0;
}

char *tc_format_number(double value, int digits, char *buffer, size_t size) {
    if (digits < 1) digits = 1;
    if (digits > 15) digits = 15;
    if (!isfinite(value) || value == 0) {
        snprintf(buffer, size, "%s", value == 0 ? "0" : isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
        return buffer;
    }
    char scientific[40], mantissa[20] = "", text[64];
    snprintf(scientific, sizeof scientific, "%.*e", digits - 1, fabs(value));
    const char *exponent = strchr(scientific, 'e');
    int count = 0, before = 1 + (int)strtol(exponent + 1, NULL, 10);
    for (const char *p = scientific; p < exponent; p++) /* skips the point, whatever the locale calls it */
        if (is_digit(*p)) mantissa[count++] = *p;
    if (before > -4 && before <= 15) {
        place_point(mantissa, count, before, text);
    } else {
        place_point(mantissa, count, 1, text);
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "e%d", before - 1);
    }
    snprintf(buffer, size, "%s%s", value < 0 ? "-" : "", text);
    return buffer;
}

/* The units that quantities are shown in, from small to large, per dimension. */
static const char *const shown[TC_DIMENSIONS][8] = {
    [TC_DIMENSION_NONE] = {""},
    [TC_DIMENSION_BYTES] = {"B", "kB", "MB", "GB", "TB", "PB"},
    [TC_DIMENSION_BYTES_PER_S] = {"B/s", "kB/s", "MB/s", "GB/s", "TB/s", "PB/s"},
    [TC_DIMENSION_FLOPS] = {"FLOP/s", "MFLOP/s", "GFLOP/s", "TFLOP/s", "PFLOP/s", "EFLOP/s"},
    [TC_DIMENSION_SECONDS] = {"ns", "us", "ms", "s", "min", "h", "d"},
    [TC_DIMENSION_WATTS] = {"W", "kW", "MW"},
    [TC_DIMENSION_JOULES] = {"pJ", "J", "kWh", "MWh", "GWh"},
    [TC_DIMENSION_MM2] = {"mm2"},
    [TC_DIMENSION_HERTZ] = {"Hz", "kHz", "MHz", "GHz"},
    [TC_DIMENSION_USD] = {"USD"},
    [TC_DIMENSION_USD_PER_H] = {"USD/h"},
    [TC_DIMENSION_USD_PER_J] = {"USD/kWh"},
    [TC_DIMENSION_YEARS] = {"years"},
    [TC_DIMENSION_CARBON] = {"kg/kWh"},
};

static double unit_size(const unit *of) { return pow(10, of->power_of_ten) * of->factor; }

char *tc_format_quantity(double value, tc_dimension dimension, char *buffer, size_t size) {
    char number[32];
    const unit *best = find_unit(dimension, shown[dimension][0]);
    for (int i = 1; i < 8 && shown[dimension][i]; i++) {
        const unit *larger = find_unit(dimension, shown[dimension][i]);
        if (fabs(value) >= unit_size(larger) * 0.99995) best = larger;
    }
    /* Memory is sold in GiB or in GB: show the one in which it is whole. */
    if (dimension == TC_DIMENSION_BYTES && value >= KIB * KIB && fmod(value, KIB * KIB) == 0 && fmod(value, 1e6) != 0)
        best = find_unit(dimension, value >= KIB * KIB * KIB ? "GiB" : "MiB");
    tc_format_number(value / unit_size(best), 4, number, sizeof number);
    snprintf(buffer, size, "%s%s%s", number, best->name[0] ? " " : "", best->name);
    return buffer;
}
