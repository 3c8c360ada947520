/* clip_report.h - a clip made by denoising: seconds and money. */
#ifndef TC_REPORT_CLIP_REPORT_H
#define TC_REPORT_CLIP_REPORT_H

#include "report/table.h"
#include "report/writer.h"
#include "run/clips.h"

void tc_report_clip(tc_target *target, const tc_clip_question *question, const tc_clip_answer *answer);
void tc_report_clip_text(FILE *file, const tc_style *style, const tc_clip_question *question,
                         const tc_clip_answer *answer);

#endif
