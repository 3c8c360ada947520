/* calendar.c - exact integer arithmetic on eras of 400 years. */
#include "base/calendar.h"

#include <string.h>

#define DAYS_PER_ERA 146097 /* 400 Gregorian years */
#define DAYS_TO_1970 719468 /* from 0000-03-01 to 1970-01-01 */
#define FIRST_DAY (-719162) /* 0001-01-01 */
#define LAST_DAY 2932896    /* 9999-12-31 */

int32_t tc_day_from_date(int year, int month, int day_of_month) {
    int y = month <= 2 ? year - 1 : year;
    int era = (y >= 0 ? y : y - 399) / 400;
    int year_of_era = y - era * 400; /* 0 to 399 */
    int day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day_of_month - 1;
    int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * DAYS_PER_ERA + day_of_era - DAYS_TO_1970;
}

void tc_date_from_day(int32_t day, int *year, int *month, int *day_of_month) {
    int z = day + DAYS_TO_1970;
    int era = (z >= 0 ? z : z - (DAYS_PER_ERA - 1)) / DAYS_PER_ERA;
    int day_of_era = z - era * DAYS_PER_ERA;
    int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / (DAYS_PER_ERA - 1)) / 365;
    int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int month_from_march = (5 * day_of_year + 2) / 153;
    *day_of_month = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    *month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    *year = year_of_era + era * 400 + (*month <= 2);
}

int tc_days_in_month(int year, int month) {
    static const int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

static bool digits(const char *text, int n, int *value) {
    *value = 0;
    for (int i = 0; i < n; i++) {
        if (text[i] < '0' || text[i] > '9') return false;
        *value = 10 * *value + (text[i] - '0');
    }
    return true;
}

bool tc_date_parse(const char *text, int32_t *day) {
    int year, month, day_of_month;
    if (strlen(text) != TC_DATE_SIZE - 1 || text[4] != '-' || text[7] != '-') return false;
    if (!digits(text, 4, &year) || !digits(text + 5, 2, &month) || !digits(text + 8, 2, &day_of_month)) return false;
    if (year < 1 || month < 1 || month > 12 || day_of_month < 1 || day_of_month > tc_days_in_month(year, month))
        return false;
    *day = tc_day_from_date(year, month, day_of_month);
    return true;
}

static void put(char *text, int n, int value) {
    for (int i = n - 1; i >= 0; i--, value /= 10) text[i] = (char)('0' + value % 10);
}

void tc_date_format(int32_t day, char text[TC_DATE_SIZE]) {
    int year, month, day_of_month;
    if (day < FIRST_DAY) day = FIRST_DAY;
    if (day > LAST_DAY) day = LAST_DAY;
    tc_date_from_day(day, &year, &month, &day_of_month);
    put(text, 4, year);
    put(text + 5, 2, month);
    put(text + 8, 2, day_of_month);
    text[4] = text[7] = '-';
    text[10] = 0;
}

int32_t tc_next_month(int32_t day) {
    int year, month, day_of_month;
    tc_date_from_day(day, &year, &month, &day_of_month);
    return day - day_of_month + 1 + tc_days_in_month(year, month);
}
