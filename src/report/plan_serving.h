/* plan_serving.h - what a plan serves: devices at the peak and by hour of the day, and what is forecast of a device. */
#ifndef TC_REPORT_PLAN_SERVING_H
#define TC_REPORT_PLAN_SERVING_H

#include "report/table.h"
#include "report/writer.h"
#include "traincast_plan.h"

void tc_write_plan_serving(tc_writer *writer, const tc_plan *plan);
void tc_print_plan_serving(FILE *file, const tc_style *style, const tc_plan *plan);

#endif
