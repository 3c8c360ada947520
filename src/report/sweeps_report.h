/* sweeps_report.h - the choice of layouts on published sweeps: page, Markdown, JSON. */
#ifndef TC_REPORT_SWEEPS_REPORT_H
#define TC_REPORT_SWEEPS_REPORT_H

#include <stdio.h>

#include "report/table.h"
#include "report/writer.h"
#include "validate/sweeps.h"

void tc_report_sweeps(tc_target *target, const tc_sweeps *sweeps);
/* False if memory ran out. */
TC_NODISCARD bool tc_report_sweeps_text(FILE *file, const tc_style *style, const tc_sweeps *sweeps);
/* The same as a Markdown document. */
void tc_report_sweeps_markdown(FILE *file, const tc_sweeps *sweeps);

#endif
