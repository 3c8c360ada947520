/* step.h - one optimizer step: internal entry for layouts that are already resolved. */
#ifndef TC_STEP_STEP_H
#define TC_STEP_STEP_H

#include "step/pipeline.h"
#include "step/terms.h"
#include "step/timeline.h"

/* Forecasts a resolved placement from its costs: in closed form where that is the timeline's, else by the timeline.
 * out->assumed, its interval and the evidence are left as they are. */
TC_NODISCARD tc_code tc_step_of(const tc_costs *costs, tc_step *out, tc_error *error);

/* The heaviest stages, their gradients and weights on the way, and the longest optimizer. */
typedef struct tc_step_traffic {
    int count;
    tc_data_parallel stage[TC_TRAFFIC_STAGES];
    double optimizer_s;
} tc_step_traffic;

/* What a step of any number of micro-batches is made of: for steps that differ in nothing else. */
typedef struct tc_step_form {
    tc_staged_pipeline pipeline;
    bool exact; /* the closed form is the timeline's; else each step takes a timeline */
    tc_step_traffic traffic;
} tc_step_form;

void tc_step_form_of(const tc_costs *costs, tc_step_form *out);
/* After the placement's number of micro-batches has changed, and nothing else. */
void tc_step_form_again(const tc_costs *costs, tc_step_form *of);
TC_NODISCARD tc_code tc_step_of_form(const tc_costs *costs, const tc_step_form *form, tc_step *out, tc_error *error);
/* Its seconds alone. */
TC_NODISCARD tc_code tc_seconds_of_form(const tc_costs *costs, const tc_step_form *form, double *seconds,
                                        tc_error *error);

/* The forecast of a step by its timeline whatever the schedule, and the timeline (to be freed if TC_OK is returned). */
TC_NODISCARD tc_code tc_step_timed(const tc_costs *costs, tc_step *out, tc_step_times *times, tc_error *error);

/* The same of a pipeline on several pools, without memory. */
TC_NODISCARD tc_code tc_step_joint(const tc_joint *joint, tc_step *out, tc_step_times *times, tc_error *error);

/* The same with the closed form of GPipe, 1F1B and interleaving also where stages or micro-batches make it
 * inexact: what a search walks by, before the timeline judges. */
void tc_step_estimate(const tc_costs *costs, tc_step *out);

/* First slot to last beyond the work of the slowest stage and tc_pipeline_sends: by the closed form wherever the schedule
 * has one, without the waits for the host link; else by the timeline, with them. The layout may differ from that of the
 * costs in its schedule alone, and that only where chunks stay on their stages. */
double tc_bubble_estimate(const tc_layout *layout, const tc_pipeline *line);
bool tc_bubble_has_form(const tc_layout *layout, const tc_pipeline *line);

#endif
