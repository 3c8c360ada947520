/* plan_report.h - the calendar: what each pool can train, and on which day it is done. */
#ifndef TC_REPORT_PLAN_REPORT_H
#define TC_REPORT_PLAN_REPORT_H

#include <stdio.h>

#include "fleet/plan.h"
#include "report/table.h"

void tc_report_plan_json(FILE *file, const char *data, const tc_plan *plan);
/* False if memory ran out. */
TC_NODISCARD bool tc_report_plan_text(FILE *file, const tc_style *style, const tc_plan *plan);

#endif
