/* import_report.h - what was read of a launch script. */
#ifndef TC_REPORT_IMPORT_REPORT_H
#define TC_REPORT_IMPORT_REPORT_H

#include "interop/import.h"
#include "report/table.h"
#include "report/writer.h"

void tc_report_import(tc_target *target, const tc_imported *imported);
void tc_report_import_text(FILE *file, const tc_style *style, const tc_imported *imported);

#endif
