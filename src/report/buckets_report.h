/* buckets_report.h - samples of several sizes: a row a bucket, and what their mix takes. */
#ifndef TC_REPORT_BUCKETS_REPORT_H
#define TC_REPORT_BUCKETS_REPORT_H

#include <stdio.h>

#include "forecast/buckets.h"
#include "report/table.h"
#include "report/writer.h"

void tc_report_buckets(tc_target *target, const tc_question *question, const tc_buckets *buckets);
void tc_report_buckets_text(FILE *file, const tc_style *style, const tc_question *question, const tc_buckets *buckets);

#endif
