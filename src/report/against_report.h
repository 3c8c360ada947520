/* against_report.h - other simulators beside the forecast: page, Markdown, JSON. */
#ifndef TC_REPORT_AGAINST_REPORT_H
#define TC_REPORT_AGAINST_REPORT_H

#include <stdio.h>

#include "report/table.h"
#include "report/writer.h"
#include "validate/against.h"

void tc_report_against(tc_target *target, const tc_against *against);
/* False: out of memory. */
TC_NODISCARD bool tc_report_against_text(FILE *file, const tc_style *style, const tc_against *against);

#endif
