/* plan_best_by.h - the most capable model by a day, for people and for programs. */
#ifndef TC_REPORT_PLAN_BEST_BY_H
#define TC_REPORT_PLAN_BEST_BY_H

#include <stdio.h>

#include "traincast.h"
#include "report/table.h"
#include "report/writer.h"

/* The array "best_by", empty where no day was asked for. */
void tc_write_best_by(tc_writer *writer, const tc_plan *plan);

/* A section for each day. False if memory ran out. */
TC_NODISCARD bool tc_print_best_by(FILE *file, const tc_style *style, const tc_plan *plan);

#endif
