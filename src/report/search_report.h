/* search_report.h - the best layouts as a page for a person and as JSON. */
#ifndef TC_REPORT_SEARCH_REPORT_H
#define TC_REPORT_SEARCH_REPORT_H

#include <stdio.h>

#include "report/search_rows.h"
#include "report/table.h"

/* assumed: what was neither given nor in the data, as in a step (tc_step.assumed). given: a layout that the best are
 * compared with, or NULL. */
void tc_report_search(tc_target *target, const tc_search_input *input, const tc_step *assumed, const tc_step *given,
                      const tc_search_answer *answer, const tc_search *search);
/* False if memory ran out. */
bool tc_report_search_text(FILE *file, const tc_style *style, const tc_search_input *input, const tc_step *assumed,
                           const tc_step *given, const tc_search_answer *answer, const tc_search *search);

/* The axes and how many layouts they make. */
void tc_report_space_text(FILE *file, const tc_style *style, const tc_search_input *input, const tc_search *search);
void tc_report_space(tc_target *target, const tc_search_input *input, const tc_search *search);

const char *tc_objective_name(tc_objective objective);

#endif
