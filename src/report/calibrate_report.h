/* calibrate_report.h - a calibration for people and as JSON: what changed, how well it foretells, what contradicts, what to measure next. */
#ifndef TC_REPORT_CALIBRATE_REPORT_H
#define TC_REPORT_CALIBRATE_REPORT_H

#include "calibrate/calibrate.h"
#include "report/table.h"
#include "report/writer.h"

/* output: the folder that was written; NULL: none. notes: what was said of logs and of what was left out. */
typedef struct tc_calibration_page {
    const tc_calibration *calibration;
    const char *output, *contributed;
    int contributions, not_contributed;
    const char *const *notes;
    int note_count;
} tc_calibration_page;

void tc_report_calibration(tc_target *target, const tc_calibration_page *page);
/* False: out of memory. */
bool tc_report_calibration_text(FILE *file, const tc_style *style, const tc_calibration_page *page);

#endif
