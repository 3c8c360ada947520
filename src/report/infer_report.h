/* infer_report.h - a served model under a load: times, rates, memory, money and energy. */
#ifndef TC_REPORT_INFER_REPORT_H
#define TC_REPORT_INFER_REPORT_H

#include <stdio.h>

#include "report/table.h"
#include "report/writer.h"
#include "traincast.h"

/* simulated: NULL, or what requests one by one found. */
void tc_report_infer(tc_target *target, const tc_serving_question *question, const tc_serving_answer *answer,
                     const tc_simulated *simulated);
void tc_report_infer_text(FILE *file, const tc_style *style, const tc_serving_question *question,
                          const tc_serving_answer *answer, const tc_simulated *simulated);

/* The best layouts of many, and the front of throughput per device against speed per user. */
void tc_report_infer_search(tc_target *target, const tc_serving_question *question, tc_serving_goal goal,
                            const tc_serving_search *search);
/* False: out of memory. */
bool tc_report_infer_search_text(FILE *file, const tc_style *style, const tc_serving_question *question,
                                 tc_serving_goal goal, const tc_serving_search *search);
/* The front as a picture. */
void tc_report_infer_front(FILE *file, const tc_serving_question *question, const tc_serving_search *search);

#endif
