/* plan_months.h - what the devices of a fleet are used for by month, and what that costs. */
#ifndef TC_REPORT_PLAN_MONTHS_H
#define TC_REPORT_PLAN_MONTHS_H

#include "report/table.h"
#include "report/writer.h"
#include "traincast_plan.h"

/* "training", "serving" ... */
const char *tc_use_words(tc_use use);

/* Of all uses. NaN: not known. */
double tc_month_cost(const tc_plan_month *month);
double tc_month_energy(const tc_plan_month *month);

/* The months of all pools, or of one (-1: all), so many together from the first on. */
tc_plan_month tc_months_sum(const tc_plan *plan, int pool, int first, int months);
/* How many months stand together so that there are no more rows than that. */
int tc_months_together(const tc_plan *plan, int most);

/* Array "months" of a pool, or of all (-1). */
void tc_write_plan_months(tc_writer *writer, const tc_plan *plan, int pool);
/* The figures of a month; NULL: they are null. */
void tc_write_plan_month(tc_writer *writer, const tc_plan_month *month);
/* False: out of memory. */
bool tc_print_plan_months(FILE *file, const tc_style *style, const tc_plan *plan);

#endif
