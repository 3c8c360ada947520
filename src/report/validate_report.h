/* validate_report.h - the errors of the forecast on published runs: page, Markdown, JSON. */
#ifndef TC_REPORT_VALIDATE_REPORT_H
#define TC_REPORT_VALIDATE_REPORT_H

#include <stdio.h>

#include "report/table.h"
#include "report/writer.h"
#include "validate/score.h"
#include "validate/served_score.h"

/* Training runs and serving rows of the same files. */
void tc_report_validate(tc_target *target, const tc_validation *validation, const tc_served_validation *served);
/* The page, or a document where the style is Markdown. False if memory ran out. */
TC_NODISCARD bool tc_report_validate_text(FILE *file, const tc_style *style, const char *data,
                                          const tc_validation *validation, const tc_served_validation *served);

#endif
