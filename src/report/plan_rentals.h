/* plan_rentals.h - own, rent or wait: the contracts of a scenario, from one day or another on. */
#ifndef TC_REPORT_PLAN_RENTALS_H
#define TC_REPORT_PLAN_RENTALS_H

#include "report/table.h"
#include "report/writer.h"
#include "traincast_plan.h"

/* Nothing where a scenario has no rentals. */
void tc_write_rentals(tc_writer *writer, const tc_plan *plan);
TC_NODISCARD bool tc_print_rentals(FILE *file, const tc_style *style, const tc_plan *plan);

#endif
