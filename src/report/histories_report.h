/* histories_report.h - whole runs, forecast and as they went: page, Markdown, JSON. */
#ifndef TC_REPORT_HISTORIES_REPORT_H
#define TC_REPORT_HISTORIES_REPORT_H

#include <stdio.h>

#include "report/table.h"
#include "report/writer.h"
#include "validate/histories.h"

void tc_report_histories(tc_target *target, const tc_histories *histories);
/* The page, or a document where the style is Markdown. False if memory ran out. */
TC_NODISCARD bool tc_report_histories_text(FILE *file, const tc_style *style, const tc_histories *histories);

#endif
