/* compare_serving_report.h - a served model on different accelerators: a line each. */
#ifndef TC_REPORT_COMPARE_SERVING_REPORT_H
#define TC_REPORT_COMPARE_SERVING_REPORT_H

#include "report/table.h"
#include "report/writer.h"
#include "serving/compare.h"

void tc_report_compare_serving(tc_target *target, const tc_serving_comparison *items, int count);
/* False: out of memory. */
bool tc_report_compare_serving_text(FILE *file, const tc_style *style, const tc_serving_comparison *items, int count);

#endif
