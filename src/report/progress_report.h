/* progress_report.h - the weekly update on dated progress: page, Markdown, JSON. */
#ifndef TC_REPORT_PROGRESS_REPORT_H
#define TC_REPORT_PROGRESS_REPORT_H

#include <stdio.h>

#include "report/table.h"
#include "report/writer.h"
#include "validate/progress.h"

void tc_report_progress(tc_target *target, const tc_progress *progress);
/* False if memory ran out. */
TC_NODISCARD bool tc_report_progress_text(FILE *file, const tc_style *style, const tc_progress *progress);

#endif
