/* collective_report.h - the time of a collective by size: a table, JSON, CSV, a plot. */
#ifndef TC_REPORT_COLLECTIVE_REPORT_H
#define TC_REPORT_COLLECTIVE_REPORT_H

#include "report/table.h"
#include "report/writer.h"
#include "traincast_collective.h"

#define TC_COLLECTIVE_ROWS 64

typedef struct tc_collective_table {
    tc_collective_question question;
    int count;
    struct {
        double bytes;
        tc_collective_answer answer;
    } row[TC_COLLECTIVE_ROWS];
} tc_collective_table;

void tc_report_collective(tc_target *target, const tc_collective_table *table);
/* False: out of memory. */
bool tc_report_collective_text(FILE *file, const tc_style *style, const tc_collective_table *table);
/* Bus bandwidth over the size. */
void tc_report_collective_svg(FILE *file, const tc_collective_table *table);

#endif
