/* plan_page_parts.h - what the pages of a plan's document share. */
#ifndef TC_REPORT_PLAN_PAGE_PARTS_H
#define TC_REPORT_PLAN_PAGE_PARTS_H

#include <stdio.h>

#include "traincast_plan.h"

/* Text of others, escaped; what is longer than a page's paragraph is cut. */
void tc_page_text(FILE *file, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The first page: what is done when, what it costs, what may go wrong, what would help. */
void tc_page_answer(FILE *file, const tc_plan *plan);
/* What would make jobs sooner or surer done, as tables; and what their ends waited for. */
void tc_page_levers(FILE *file, const tc_plan *plan);

#endif
