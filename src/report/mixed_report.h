/* mixed_report.h - what each pool of a job has of it, for the pages and answers of several commands. */
#ifndef TC_REPORT_MIXED_REPORT_H
#define TC_REPORT_MIXED_REPORT_H

#include <stdio.h>

#include "report/pools_text.h"
#include "report/table.h"
#include "report/writer.h"
#include "traincast.h"

/* The forecast of a step on several pools. The text: false where out of memory. */
void tc_report_mixed_step(tc_target *target, const tc_question *question, const tc_mixed *mixed);
bool tc_report_mixed_step_text(FILE *file, const tc_style *style, const tc_question *question, const tc_mixed *mixed);

/* "across", "link", "pools" and what mixing loses. */
void tc_write_pools(tc_writer *writer, const tc_question *question, const tc_mixed *mixed);
/* The same as a table and lines. False: out of memory. */
bool tc_print_pools(FILE *file, const tc_style *style, const tc_question *question, const tc_mixed *mixed);

/* The same step with what one change would give. */
void tc_report_mixed_explain(tc_target *target, const tc_question *question, const tc_mixed *mixed,
                             const tc_mixed_change *changes, int count);
bool tc_report_mixed_explain_text(FILE *file, const tc_style *style, const tc_question *question, const tc_mixed *mixed,
                                  const tc_mixed_change *changes, int count);

/* The ways that a search found to use the pools: for programs, and a table with the shares of the best. False: out of memory. */
void tc_report_mixed_search(tc_target *target, const tc_question *question, const tc_mixed_search *search);
bool tc_report_mixed_search_text(FILE *file, const tc_style *style, const tc_question *question,
                                 const tc_mixed_search *search);

#endif
