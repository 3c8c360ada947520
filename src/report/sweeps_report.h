/* sweeps_report.h - the choice of layouts on published sweeps: page, Markdown, JSON. */
#ifndef TC_REPORT_SWEEPS_REPORT_H
#define TC_REPORT_SWEEPS_REPORT_H

#include <stdio.h>

#include "report/table.h"
#include "report/writer.h"
#include "validate/sweeps.h"

void tc_report_sweeps(tc_target *target, const tc_sweeps *sweeps);
/* The page, or a document where the style is Markdown. False if memory ran out. */
TC_NODISCARD bool tc_report_sweeps_text(FILE *file, const tc_style *style, const tc_sweeps *sweeps);

#endif
