/* test_units.c - quantities to SI and back: every unit, every way to be wrong, any locale. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <locale.h>
#include <string.h>

#include "base/units.h"

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

static void units_are_exact(void **state) {
    (void)state;
    static const struct {
        const char *text;
        tc_dimension dimension;
        double value;
    } cases[] = {
        {"0.87", TC_DIMENSION_NONE, 0.87},
        {"87 %", TC_DIMENSION_NONE, 0.87},
        {"-2.5", TC_DIMENSION_NONE, -2.5},
        {"1.5e12", TC_DIMENSION_NONE, 1.5e12},
        {"1E-3", TC_DIMENSION_NONE, 1e-3},
        {".5", TC_DIMENSION_NONE, 0.5},
        {"5.", TC_DIMENSION_NONE, 5},
        {"+7", TC_DIMENSION_NONE, 7},
        {"0", TC_DIMENSION_NONE, 0},
        {"0.000", TC_DIMENSION_NONE, 0},
        {"64 GB", TC_DIMENSION_BYTES, 64e9},
        {"80 GiB", TC_DIMENSION_BYTES, 85899345920.0},
        {"80GiB", TC_DIMENSION_BYTES, 85899345920.0},
        {"  40 MB", TC_DIMENSION_BYTES, -1}, /* nothing before the number */
        {"40 MB  ", TC_DIMENSION_BYTES, 40e6},
        {"512 B", TC_DIMENSION_BYTES, 512},
        {"1.5 TiB", TC_DIMENSION_BYTES, 1649267441664.0},
        {"1.6 TB/s", TC_DIMENSION_BYTES_PER_S, 1.6e12},
        {"2039 GB/s", TC_DIMENSION_BYTES_PER_S, 2039e9},
        {"400 Gb/s", TC_DIMENSION_BYTES_PER_S, 50e9},
        {"1 GiB/s", TC_DIMENSION_BYTES_PER_S, 1073741824.0},
        {"313 TFLOP/s", TC_DIMENSION_FLOPS, 313e12},
        {"19.5 TFLOP/s", TC_DIMENSION_FLOPS, 19.5e12},
        {"2.5 PFLOP/s", TC_DIMENSION_FLOPS, 2.5e15},
        {"624 TOP/s", TC_DIMENSION_FLOPS, 624e12},
        {"2.5 us", TC_DIMENSION_SECONDS, 2.5e-6},
        {"2.5 \xc2\xb5s", TC_DIMENSION_SECONDS, 2.5e-6},
        {"20 ms", TC_DIMENSION_SECONDS, 0.02},
        {"50000 h", TC_DIMENSION_SECONDS, 1.8e8},
        {"3 d", TC_DIMENSION_SECONDS, 259200},
        {"15 min", TC_DIMENSION_SECONDS, 900},
        {"400 W", TC_DIMENSION_WATTS, 400},
        {"1.2 kW", TC_DIMENSION_WATTS, 1200},
        {"1 kWh", TC_DIMENSION_JOULES, 3.6e6},
        {"826 mm2", TC_DIMENSION_MM2, 826},
        {"8.26 cm2", TC_DIMENSION_MM2, 826},
        {"1.41 GHz", TC_DIMENSION_HERTZ, 1.41e9},
        {"15000 USD", TC_DIMENSION_USD, 15000},
        {"2.0 USD/h", TC_DIMENSION_USD_PER_H, 2},
        {"0.36 USD/kWh", TC_DIMENSION_USD_PER_J, 1e-7},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        double value = 0;
        tc_error error;
        tc_code code = tc_parse_quantity(cases[i].text, cases[i].dimension, &value, "x", &error);
        if (cases[i].value == -1) {
            assert_int_equal(code, TC_INVALID);
            continue;
        }
        if (code != TC_OK) print_error("%s: %s\n", cases[i].text, error.text);
        assert_int_equal(code, TC_OK);
        if (cases[i].dimension == TC_DIMENSION_USD_PER_J)
            assert_true(value > 0.999999e-7 && value < 1.000001e-7);
        else
            assert_memory_equal(&value, &cases[i].value, sizeof value); /* to the last bit */
    }
}

static void errors_show_the_right_form(void **state) {
    (void)state;
    static const struct {
        const char *text;
        tc_dimension dimension;
        const char *message;
    } cases[] = {
        {"80", TC_DIMENSION_BYTES, "'80' has no unit; write a number of bytes such as \"80 GiB\""},
        {"80 GB/s", TC_DIMENSION_BYTES, "'80 GB/s' is a bandwidth; write a number of bytes such as \"80 GiB\""},
        {"80 Gb", TC_DIMENSION_BYTES, "'80 Gb' is in bits; write a number of bytes such as \"80 GiB\""},
        {"80 gb/s", TC_DIMENSION_BYTES_PER_S,
         "'80 gb/s' has the unknown unit 'gb/s'; write a bandwidth such as \"1.6 TB/s\""},
        {"80 GiB and more", TC_DIMENSION_BYTES,
         "'80 GiB and more' has the unknown unit 'GiB and more'; write a number of bytes such as \"80 GiB\""},
        {"-1 W", TC_DIMENSION_WATTS, "'-1 W' is negative; write a power such as \"400 W\""},
        {"nan", TC_DIMENSION_NONE, "'nan' is no number; write a plain number such as \"0.87\""},
        {"NaN W", TC_DIMENSION_WATTS, "'NaN W' is no number; write a power such as \"400 W\""},
        {"inf", TC_DIMENSION_NONE, "'inf' is no number; write a plain number such as \"0.87\""},
        {"1e400 s", TC_DIMENSION_SECONDS, "'1e400 s' is too large; write a time such as \"1.5 s\""},
        {"1e99999999999999 s", TC_DIMENSION_SECONDS,
         "'1e99999999999999 s' is too large; write a time such as \"1.5 s\""},
        {"1e30", TC_DIMENSION_NONE, "'1e30' is too large; write a plain number such as \"0.87\""},
        {"999999999999999899999999999999.9", TC_DIMENSION_NONE,
         "'999999999999999899999999999999.9' is too large; write a plain number such as \"0.87\""},
        {"1e-400 s", TC_DIMENSION_SECONDS, "'1e-400 s' is too small; write a time such as \"1.5 s\""},
        {"", TC_DIMENSION_SECONDS, "'' is no number; write a time such as \"1.5 s\""},
        {".", TC_DIMENSION_NONE, "'.' is no number; write a plain number such as \"0.87\""},
        {"1,5 s", TC_DIMENSION_SECONDS, "'1,5 s' has a comma; write a time with a decimal point, such as \"1.5 s\""},
        {"5 apples", TC_DIMENSION_NONE, "'5 apples' is no number; write a plain number such as \"0.87\""},
        {"5 s", TC_DIMENSION_NONE, "'5 s' is a time; write a plain number such as \"0.87\""},
        {"12345678901234567890123456789012345678901234567890123456789012345678901234567890123 s", TC_DIMENSION_SECONDS,
         "'1234567890123456789012345678901234567890...' is too long; write a time such as \"1.5 s\""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        double value = 42;
        tc_error error = {0};
        assert_int_equal(tc_parse_quantity(cases[i].text, cases[i].dimension, &value, "--x", &error), TC_INVALID);
        assert_string_equal(error.place, "--x");
        assert_string_equal(error.text, cases[i].message);
        assert_true(value == 42);
    }
}

static void whole_numbers_have_bounds(void **state) {
    (void)state;
    int64_t value = 0;
    tc_error error;
    assert_int_equal(tc_parse_integer("1024", 1, 4096, &value, "--n", &error), TC_OK);
    assert_int_equal(value, 1024);
    assert_int_equal(tc_parse_integer("1.5e12", 1, INT64_MAX, &value, "--n", &error), TC_OK);
    assert_int_equal(value, 1500000000000);
    static const struct {
        const char *text;
        int64_t value;
    } counts[] = {{"1k", 1000},      {"1.5k", 1500},  {"8k", 8000},        {"8Ki", 8192},
                  {"1.5Ki", 1536},   {"2M", 2000000}, {"2Mi", 2097152},    {"1B", 1000000000},
                  {"1e3k", 1000000}, {"0.001k", 1},   {"1Gi", 1073741824}, {"2T", INT64_C(2000000000000)}};
    for (size_t i = 0; i < COUNT(counts); i++) {
        assert_int_equal(tc_parse_integer(counts[i].text, 1, INT64_MAX, &value, "--n", &error), TC_OK);
        assert_int_equal(value, counts[i].value);
    }
    static const char *const wrong[] = {"k", "8K", "8 k", "8kk", "8kB", "1.0005k", "1.3Ki", "8 %", "1e400k", "8ki", ""};
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_int_equal(tc_parse_integer(wrong[i], 1, INT64_MAX, &value, "--n", &error), TC_INVALID);
    assert_int_equal(tc_parse_integer("0", 1, 8, &value, "--n", &error), TC_INVALID);
    assert_string_equal(error.text, "'0' is out of range; write a whole number from 1 to 8");
    assert_int_equal(tc_parse_integer("2.5", 1, 8, &value, "--n", &error), TC_INVALID);
    assert_string_equal(error.text, "'2.5' is no whole number; write one from 1 to 8");
    assert_int_equal(tc_parse_integer("8x", 1, 8, &value, "--n", &error), TC_INVALID);
    assert_int_equal(tc_parse_integer("1e20", 1, INT64_MAX, &value, "--n", &error), TC_INVALID);
    assert_int_equal(tc_parse_number("80 %", &(double){0}, "--n", &error), TC_INVALID);
}

static void values_are_shown_in_the_unit_that_reads_best(void **state) {
    (void)state;
    static const struct {
        double value;
        tc_dimension dimension;
        const char *text;
    } cases[] = {
        {312e12, TC_DIMENSION_FLOPS, "312 TFLOP/s"},
        {2.5e15, TC_DIMENSION_FLOPS, "2.5 PFLOP/s"},
        {85899345920.0, TC_DIMENSION_BYTES, "80 GiB"},
        {64e9, TC_DIMENSION_BYTES, "64 GB"},
        {40e6, TC_DIMENSION_BYTES, "40 MB"},
        {2039e9, TC_DIMENSION_BYTES_PER_S, "2.039 TB/s"},
        {2.5e-6, TC_DIMENSION_SECONDS, "2.5 us"},
        {0.9999999, TC_DIMENSION_SECONDS, "1 s"},
        {1.8e8, TC_DIMENSION_SECONDS, "2083 d"},
        {400, TC_DIMENSION_WATTS, "400 W"},
        {826, TC_DIMENSION_MM2, "826 mm2"},
        {1.41e9, TC_DIMENSION_HERTZ, "1.41 GHz"},
        {15000, TC_DIMENSION_USD, "15000 USD"},
        {0.8734567, TC_DIMENSION_NONE, "0.8735"},
        {0, TC_DIMENSION_WATTS, "0 W"},
        {-0.00012346, TC_DIMENSION_NONE, "-0.0001235"},
        {1.5e-9, TC_DIMENSION_NONE, "1.5e-9"},
        {1e22, TC_DIMENSION_NONE, "1e22"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[64];
        assert_string_equal(tc_format_quantity(cases[i].value, cases[i].dimension, text, sizeof text), cases[i].text);
    }
}

/* A comma locale, where the machine has one, changes nothing. */
static void locale_has_no_say(void **state) {
    (void)state;
    static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "de_DE"};
    for (size_t i = 0; i < COUNT(names); i++)
        if (setlocale(LC_ALL, names[i])) break;
    units_are_exact(state);
    values_are_shown_in_the_unit_that_reads_best(state);
    setlocale(LC_ALL, "C");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(units_are_exact),           cmocka_unit_test(errors_show_the_right_form),
        cmocka_unit_test(whole_numbers_have_bounds), cmocka_unit_test(values_are_shown_in_the_unit_that_reads_best),
        cmocka_unit_test(locale_has_no_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
