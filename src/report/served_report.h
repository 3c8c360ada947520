/* served_report.h - the errors of the forecast on published serving rows, as parts of the answers of `validate`. */
#ifndef TC_REPORT_SERVED_REPORT_H
#define TC_REPORT_SERVED_REPORT_H

#include <stdio.h>

#include "report/table.h"
#include "report/writer.h"
#include "validate/served_score.h"

/* The list of results; the members of the summary; the lists by metric, accelerator, engine, source. */
void tc_write_served_results(tc_writer *writer, const tc_served_validation *v);
void tc_write_served_summary(tc_writer *writer, const tc_served_validation *v);
void tc_write_served_groups(tc_writer *writer, const tc_served_validation *v);

/* A list of such scores, of training and of serving alike; name: the key of what each is of. */
void tc_write_group_scores(tc_writer *writer, const char *key, const char *name, const tc_group_score *scores, int n);
/* The same as a table; runs: what is counted; order: the first n, NULL: as they are. */
TC_NODISCARD bool tc_print_group_scores(FILE *file, const tc_style *style, const char *what, const char *runs,
                                        const tc_group_score *scores, const int *order, int n);

/* The page for people, or sections of a Markdown document; nothing without rows. False if memory ran out. */
TC_NODISCARD bool tc_print_served(FILE *file, const tc_style *style, const tc_served_validation *v);

#endif
