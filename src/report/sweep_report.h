/* sweep_report.h - the table of a sweep as text, CSV and JSON; a heat map, a front and how it scales as SVG (sweep_svg.c). */
#ifndef TC_REPORT_SWEEP_REPORT_H
#define TC_REPORT_SWEEP_REPORT_H

#include <stdio.h>

#include "report/table.h"
#include "report/writer.h"
#include "sweep/sweep.h"

/* False if memory ran out. */
bool tc_report_sweep_text(FILE *file, const tc_style *style, const tc_sweep *sweep, const tc_sweep_row *row, int rows);
/* In lines of a fixed order, what is not known empty. */
void tc_report_sweep_csv(tc_target *target, const tc_sweep_row *row, int rows);
void tc_report_sweep(tc_target *target, const tc_sweep *sweep, const tc_sweep_row *row, int rows);

/* Model FLOPs utilisation: a line for each model on each accelerator, a column for each number of devices, batch and format. */
void tc_report_sweep_heat_map(FILE *file, const tc_sweep *sweep, const tc_sweep_row *row, int rows);
/* Tokens a second of the whole cluster over its devices; the front is what no smaller or equal cluster of the same model beats. */
void tc_report_sweep_front(FILE *file, const tc_sweep *sweep, const tc_sweep_row *row, int rows);
/* Tokens a second, the step and what is left of a device's speed, over the devices: a line for each model, accelerator, batch and format. */
void tc_report_sweep_scaling(FILE *file, const tc_sweep *sweep, const tc_sweep_row *row, int rows);

/* Tokens a second of all devices that work. */
double tc_sweep_rate(const tc_sweep_row *row);

#endif
