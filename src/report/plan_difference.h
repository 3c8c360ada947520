/* plan_difference.h - a plan as an answer, with what changed since another one; two plans beside each other. */
#ifndef TC_REPORT_PLAN_DIFFERENCE_H
#define TC_REPORT_PLAN_DIFFERENCE_H

#include <stdio.h>

#include "fleet/compare_plans.h"
#include "report/table.h"
#include "report/writer.h"

/* since: NULL where nobody asked: tc_report_plan() of plan_report.h. dates: for each per cent, too. */
void tc_report_plan_since(tc_target *target, const tc_plan *plan, const tc_since *since, bool dates);
void tc_report_plans(tc_target *target, const tc_plan *a, const tc_plan *b, const tc_plan_difference *difference);

/* False if memory ran out. */
TC_NODISCARD bool tc_report_since_text(FILE *file, const tc_style *style, const tc_since *since);
TC_NODISCARD bool tc_report_plans_text(FILE *file, const tc_style *style, const tc_plan *a, const tc_plan *b,
                                       const tc_plan_difference *difference);

#endif
