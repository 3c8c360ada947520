/* plan_outlook_text.h - the thousands of calendars of a plan as text: dates by probability, what they depend on, devices to come. */
#ifndef TC_REPORT_PLAN_OUTLOOK_TEXT_H
#define TC_REPORT_PLAN_OUTLOOK_TEXT_H

#include <stdio.h>

#include "report/table.h"
#include "traincast_plan.h"

/* Nothing where the scenario is certain. False if memory ran out. */
TC_NODISCARD bool tc_print_outlook(FILE *file, const tc_style *style, const tc_plan *plan);

#endif
