/* launch_report.h - the files of a launch. */
#ifndef TC_REPORT_LAUNCH_REPORT_H
#define TC_REPORT_LAUNCH_REPORT_H

#include "interop/launch.h"
#include "report/writer.h"

void tc_report_launch(tc_target *target, const tc_question *question, const tc_step *step, const tc_launch *launch);
/* All files one after the other, a line with its name before each: `import` reads them so. */
void tc_report_launch_text(FILE *file, const tc_launch *launch);
void tc_report_launch_names(FILE *file, const char *folder, const tc_launch *launch);

#endif
