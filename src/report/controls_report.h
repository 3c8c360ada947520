/* controls_report.h - export-control figures and classes of accelerators. */
#ifndef TC_REPORT_CONTROLS_REPORT_H
#define TC_REPORT_CONTROLS_REPORT_H

#include <stdio.h>

#include "report/table.h"
#include "report/writer.h"
#include "run/controls.h"

typedef struct tc_controls_item {
    char slug[64], name[96];
    tc_control_report report;
} tc_controls_item;

void tc_report_controls(tc_target *target, const tc_controls_item *items, int n);
/* One accelerator is a page, several are a table. False if memory ran out. */
TC_NODISCARD bool tc_report_controls_text(FILE *file, const tc_style *style, const tc_controls_item *items, int n);

#endif
