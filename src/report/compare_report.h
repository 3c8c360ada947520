/* compare_report.h - one job on many accelerators, side by side. */
#ifndef TC_REPORT_COMPARE_REPORT_H
#define TC_REPORT_COMPARE_REPORT_H

#include <stdio.h>

#include "report/table.h"
#include "report/writer.h"
#include "run/compare.h"

void tc_report_compare(tc_target *target, const tc_job *job, const tc_comparison *items, int n);
/* False if memory ran out. */
TC_NODISCARD bool tc_report_compare_text(FILE *file, const tc_style *style, const tc_job *job,
                                         const tc_comparison *items, int n);

#endif
