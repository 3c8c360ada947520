/* plan_report.h - the calendar of a fleet as a page for a person and as JSON. */
#ifndef TC_REPORT_PLAN_REPORT_H
#define TC_REPORT_PLAN_REPORT_H

#include <stdio.h>

#include "traincast.h"
#include "report/table.h"
#include "report/writer.h"

/* data: the catalog's hash. */
void tc_report_plan(tc_target *target, const tc_plan *plan);
/* The keys of a plan but for what it assumes, into an object that is open. */
void tc_write_plan(tc_writer *writer, const tc_plan *plan);
/* False if memory ran out. */
TC_NODISCARD bool tc_report_plan_text(FILE *file, const tc_style *style, const tc_plan *plan);

#endif
