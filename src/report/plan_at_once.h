/* plan_at_once.h - jobs as they would go on several pools at once, beside the plan that has each on one at a time. */
#ifndef TC_REPORT_PLAN_AT_ONCE_H
#define TC_REPORT_PLAN_AT_ONCE_H

#include "report/table.h"
#include "report/text_calendar.h"
#include "report/writer.h"
#include "traincast_plan.h"

/* Nothing where no job may use several pools. */
void tc_write_at_once(tc_writer *writer, const tc_plan *plan);
TC_NODISCARD bool tc_print_at_once(FILE *file, const tc_style *style, const tc_plan *plan);
/* Rows of the calendar, of those that are feasible. */
void tc_print_at_once_rows(const tc_text_calendar *calendar, const tc_plan *plan);

#endif
