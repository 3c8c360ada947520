/* step.h - one optimizer step in closed form: internal entry for layouts that are already resolved. */
#ifndef TC_STEP_STEP_H
#define TC_STEP_STEP_H

#include "layout/layout.h"

/* Forecasts a resolved placement; out->assumed is left as it is. */
TC_NODISCARD tc_code tc_step_evaluate(const tc_job *job, const tc_cluster *cluster, const tc_placement *placement,
                                      const tc_stack *stack, tc_step *out, tc_error *error);

#endif
