/* towers_report.h - what the towers of a model are and do, counted. */
#ifndef TC_REPORT_TOWERS_REPORT_H
#define TC_REPORT_TOWERS_REPORT_H

#include <stdio.h>

#include "report/table.h"
#include "report/writer.h"

/* Nothing of a model without towers. */
void tc_write_tower_counts(tc_writer *writer, const tc_model *model);
void tc_print_tower_counts(FILE *file, const tc_style *style, const tc_model *model);

/* The towers of a job and its images: "towers", "images", "image_size", "image_tokens". */
void tc_write_job_towers(tc_writer *writer, const tc_job *job);

#endif
