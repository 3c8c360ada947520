/* test_calendar.c - dates against known days, a full round trip over 400 years, and bad dates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/calendar.h"

static void known_days(void **state) {
    (void)state;
    assert_int_equal(tc_day_from_date(1970, 1, 1), 0);
    assert_int_equal(tc_day_from_date(1969, 12, 31), -1);
    assert_int_equal(tc_day_from_date(2000, 3, 1), 11017); /* 30 x 365 + 7 leap days + 31 + 29 */
    assert_int_equal(tc_day_from_date(2024, 9, 30), 19996);
    assert_int_equal(tc_day_from_date(1, 1, 1), -719162);
    assert_int_equal(tc_day_from_date(9999, 12, 31), 2932896);
}

static void every_day_of_an_era_round_trips(void **state) {
    (void)state;
    int32_t expected = tc_day_from_date(1900, 1, 1);
    for (int year = 1900; year < 2300; year++)
        for (int month = 1; month <= 12; month++)
            for (int day_of_month = 1; day_of_month <= tc_days_in_month(year, month); day_of_month++, expected++) {
                int32_t day = tc_day_from_date(year, month, day_of_month);
                assert_int_equal(day, expected);
                int y, m, d;
                tc_date_from_day(day, &y, &m, &d);
                assert_true(y == year && m == month && d == day_of_month);
                char text[TC_DATE_SIZE];
                tc_date_format(day, text);
                int32_t again;
                assert_true(tc_date_parse(text, &again));
                assert_int_equal(again, day);
            }
    assert_int_equal(expected - tc_day_from_date(1900, 1, 1), 146097);
}

static void leap_years(void **state) {
    (void)state;
    assert_int_equal(tc_days_in_month(2024, 2), 29);
    assert_int_equal(tc_days_in_month(2023, 2), 28);
    assert_int_equal(tc_days_in_month(1900, 2), 28);
    assert_int_equal(tc_days_in_month(2000, 2), 29);
}

static void bad_dates_are_refused(void **state) {
    (void)state;
    static const char *const bad[]
        = {"",           "2024",       "2024-9-30",  "2024-09-31", "2023-02-29",          "2024-13-01",
           "2024-00-01", "2024-01-00", "0000-01-01", "2024/09/30", "2024-09-30 ",         " 2024-09-30",
           "2024-09-3x", "+024-09-30", "-024-09-30", "20240-9-30", "2024-09-30T00:00:00Z"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int32_t day = 77;
        assert_false(tc_date_parse(bad[i], &day));
        assert_int_equal(day, 77);
    }
}

static void months_follow(void **state) {
    (void)state;
    char text[TC_DATE_SIZE];
    tc_date_format(tc_next_month(tc_day_from_date(2024, 12, 31)), text);
    assert_string_equal(text, "2025-01-01");
    tc_date_format(tc_next_month(tc_day_from_date(2024, 2, 1)), text);
    assert_string_equal(text, "2024-03-01");
    tc_date_format(INT32_MAX, text);
    assert_string_equal(text, "9999-12-31");
    tc_date_format(INT32_MIN, text);
    assert_string_equal(text, "0001-01-01");
}

int main(void) {
    const struct CMUnitTest tests[]
        = {cmocka_unit_test(known_days), cmocka_unit_test(every_day_of_an_era_round_trips),
           cmocka_unit_test(leap_years), cmocka_unit_test(bad_dates_are_refused), cmocka_unit_test(months_follow)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
