/* residuals_report.h - with what the errors of the forecast go: page, JSON. */
#ifndef TC_REPORT_RESIDUALS_REPORT_H
#define TC_REPORT_RESIDUALS_REPORT_H

#include <stdio.h>

#include "report/table.h"
#include "report/writer.h"
#include "validate/residuals.h"

void tc_report_residuals(tc_target *target, const tc_residuals *residuals);
/* False: out of memory. */
TC_NODISCARD bool tc_report_residuals_text(FILE *file, const tc_style *style, const tc_residuals *residuals);

#endif
