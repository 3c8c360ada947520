/* step_report.h - one step's forecast as a page for a person and as JSON. */
#ifndef TC_REPORT_STEP_REPORT_H
#define TC_REPORT_STEP_REPORT_H

#include <stdio.h>

#include "report/json.h"
#include "report/table.h"
#include "traincast.h"

/* data: the catalog's hash. */
void tc_report_step_json(FILE *file, const char *data, const tc_job *job, const tc_cluster *cluster, const tc_stack *stack,
                         const tc_step *step);
void tc_report_step_text(FILE *file, const tc_style *style, const tc_job *job, const tc_cluster *cluster, const tc_stack *stack,
                         const tc_step *step);

/* ---- parts that other reports share ------------------------------------------------ */

/* "layout": {"tp", ...}: every degree and choice, resolved. */
void tc_write_layout(tc_writer *writer, const char *key, const tc_layout *layout);
/* "assumed": [...] */
void tc_write_assumed(tc_writer *writer, const tc_step *step);
/* "TP 2, PP 4, DP 8, micro-batch 1, zero1, recompute none, 1f1b"; degrees of one are left out. Returns buffer. */
const char *tc_layout_text(const tc_layout *layout, char *buffer, size_t size);
/* "TP 2, PP 4, DP 8": the degrees alone. */
const char *tc_layout_degrees_text(const tc_layout *layout, char *buffer, size_t size);

#endif
