/* calendar.h - days of the proleptic Gregorian calendar, UTC, as whole numbers.
 *
 * A day is the number of days since 1970-01-01 (negative before). The conversion
 * is exact integer arithmetic after H. Hinnant, "chrono-Compatible Low-Level Date
 * Algorithms" (2013): years begin in March, so that the leap day is the last of one. */
#ifndef TC_BASE_CALENDAR_H
#define TC_BASE_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

#define TC_DATE_SIZE 11 /* "2024-09-30" and its NUL */

/* The day of a date; month 1 to 12, day of month 1 to the month's last. */
int32_t tc_day_from_date(int year, int month, int day_of_month);
void tc_date_from_day(int32_t day, int *year, int *month, int *day_of_month);

int tc_days_in_month(int year, int month);

/* Reads exactly "YYYY-MM-DD", years 0001 to 9999, a day that exists. */
bool tc_date_parse(const char *text, int32_t *day);
/* Writes "YYYY-MM-DD"; days outside 0001-01-01 to 9999-12-31 are cut to these. */
void tc_date_format(int32_t day, char text[TC_DATE_SIZE]);

/* The first day of the next month. */
int32_t tc_next_month(int32_t day);

#endif
