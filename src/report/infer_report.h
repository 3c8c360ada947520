/* infer_report.h - a served model under a load: times, rates, memory, money and energy. */
#ifndef TC_REPORT_INFER_REPORT_H
#define TC_REPORT_INFER_REPORT_H

#include <stdio.h>

#include "report/table.h"
#include "report/writer.h"
#include "traincast.h"

void tc_report_infer(tc_target *target, const tc_serving_question *question, const tc_serving_answer *answer);
void tc_report_infer_text(FILE *file, const tc_style *style, const tc_serving_question *question,
                          const tc_serving_answer *answer);

#endif
