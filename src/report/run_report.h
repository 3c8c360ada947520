/* run_report.h - a whole training run: days, failures, money, energy. */
#ifndef TC_REPORT_RUN_REPORT_H
#define TC_REPORT_RUN_REPORT_H

#include <stdio.h>

#include "report/table.h"
#include "report/writer.h"
#include "traincast.h"

void tc_report_run(tc_target *target, const tc_question *question, const tc_run_input *input, const tc_run *run);
void tc_report_run_text(FILE *file, const tc_style *style, const tc_question *question, const tc_run_input *input,
                        const tc_run *run);

/* The figures of a run that a list of many shows, under the same names. */
void tc_write_run(tc_writer *writer, const tc_run *run);

#endif
