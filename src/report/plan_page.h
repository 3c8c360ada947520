/* plan_page.h - a plan as a document for people who decide: one HTML file of four printed pages, that needs nothing else. */
#ifndef TC_REPORT_PLAN_PAGE_H
#define TC_REPORT_PLAN_PAGE_H

#include <stdio.h>

#include "catalog/catalog.h"
#include "traincast_plan.h"

/* Page 1 the answer in words, 2 the dates and the supply, 3 what moves the dates and what would change them, 4 what is assumed and
 * where figures are from. catalog: of the plan's pools, for their sources. Write errors stay in the stream. */
void tc_report_plan_page(FILE *file, const tc_plan *plan, tc_catalog *catalog);

#endif
