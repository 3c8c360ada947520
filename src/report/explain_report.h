/* explain_report.h - why a step takes as long as it does, as a page for a person and as JSON. */
#ifndef TC_REPORT_EXPLAIN_REPORT_H
#define TC_REPORT_EXPLAIN_REPORT_H

#include "report/table.h"
#include "report/writer.h"
#include "forecast/explain.h"
#include "traincast_require.h"

/* worths: figures with the layout searched again; NULL: not asked for. */
void tc_report_explain(tc_target *target, const tc_costs *costs, const tc_explanation *explanation,
                       const tc_worths *worths);
/* False if memory ran out. */
bool tc_report_explain_text(FILE *file, const tc_style *style, const tc_costs *costs, const tc_explanation *explanation,
                            const tc_worths *worths);

#endif
