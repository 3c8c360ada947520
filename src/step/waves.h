/* waves.h - the timeline of GPipe, 1F1B and interleaved pipelines without an order; the same as that of their orders. */
#ifndef TC_STEP_WAVES_H
#define TC_STEP_WAVES_H

#include "step/timeline.h"

/* Is the schedule one of these, with micro-batches for all stages? */
bool tc_runs_in_waves(const tc_placement *placement);

TC_NODISCARD tc_code tc_waves_run(const tc_pipeline_input *input, double *stage_end, tc_error *error);

#endif
