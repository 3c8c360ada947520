/* show_parts.h - what the pages of catalog entries and of imported models share. */
#ifndef TC_REPORT_SHOW_PARTS_H
#define TC_REPORT_SHOW_PARTS_H

#include "report/catalog_report.h"
#include "report/writer.h"

/* The root object with its head: "kind", "slug", "name", "file". model may be NULL. */
tc_writer tc_begin_show(tc_target *target, tc_kind kind, const char *slug, const char *name, const char *path,
                        const tc_model_figures *model);
/* {"value", "unit", "source"} and, if there is one, "note". */
void tc_write_figure(tc_writer *writer, const char *key, double value, const char *unit, const char *source,
                     const char *note);
/* "parameters", "active_parameters", "mtp_parameters", "flops_per_token" */
void tc_write_counts(tc_writer *writer, const tc_model_figures *model);
void tc_print_counts(FILE *file, const tc_style *style, const tc_model_figures *model);
/* "  label    text  remark", wrapped under the text. */
void tc_print_pair(FILE *file, const tc_style *style, const char *label, const char *text, const char *remark);

#endif
