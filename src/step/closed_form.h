/* closed_form.h - the time of GPipe, 1F1B and interleaved pipelines with uneven stages, without a timeline. */
#ifndef TC_STEP_CLOSED_FORM_H
#define TC_STEP_CLOSED_FORM_H

#include <stdint.h>

/* Seconds of one micro-batch on a stage. */
typedef struct tc_stage_seconds {
    double forward, backward;             /* all its chunks */
    double first_forward, first_backward; /* its first chunk */
    double last_forward, last_backward;   /* its last chunk */
} tc_stage_seconds;

#define TC_CLOSED_STAGES 256 /* more take the timeline */

/* From the first slot to the last. chunks: per stage. send_s: one send between neighbours.
 * schedule: TC_SCHEDULE_GPIPE, TC_SCHEDULE_1F1B or TC_SCHEDULE_INTERLEAVED. */
double tc_closed_form(int schedule, const tc_stage_seconds *stage, int stages, int chunks, int64_t micro_batches,
                      double send_s);

#endif
