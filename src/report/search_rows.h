/* search_rows.h - what a row of a search says, for programs and for people alike. */
#ifndef TC_REPORT_SEARCH_ROWS_H
#define TC_REPORT_SEARCH_ROWS_H

#include "report/search_report.h"

/* The search that found the i-th of the best. */
const tc_search_input *tc_row_input(const tc_search_answer *answer, const tc_search_input *input, int i);
/* The question in the format that was found. */
tc_question tc_row_question(const tc_search_input *input, const tc_found *found);
/* The options of step; of several searches those of the machine too. */
#define TC_ROW_OPTIONS (TC_FOUND_OPTIONS + 200)
const char *tc_row_options(const tc_search_answer *answer, const tc_search_input *input, const tc_found *found,
                           char *buffer, size_t size);
/* Of several searches, the i-th line that the k-th of the best assumes: "" where one before says it, NULL after the last. */
const char *tc_new_line(const tc_search_answer *answer, const tc_search *search, int k, int i);
bool tc_has_target(const tc_search_answer *answer);
/* Layouts a second. */
double tc_search_rate(const tc_search *search);

#endif
