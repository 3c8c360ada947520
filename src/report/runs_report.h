/* runs_report.h - published runs one by one, beside the page of their mean errors (validate_report.h). */
#ifndef TC_REPORT_RUNS_REPORT_H
#define TC_REPORT_RUNS_REPORT_H

#include <stdio.h>

#include "report/table.h"
#include "validate/score.h"

typedef enum tc_runs_order { TC_RUNS_WORST, TC_RUNS_BY_SOURCE, TC_RUNS_BY_ID } tc_runs_order;

/* Those that have an error; the error is that of the step's time, positive where the forecast is too slow. False if memory ran out. */
TC_NODISCARD bool tc_report_runs_text(FILE *file, const tc_style *style, const tc_validation *validation,
                                      tc_runs_order order);

#endif
