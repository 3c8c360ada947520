/* step.h - one optimizer step: internal entry for layouts that are already resolved. */
#ifndef TC_STEP_STEP_H
#define TC_STEP_STEP_H

#include "step/costs.h"

/* Forecasts a resolved placement from its costs: in closed form where that is the timeline's, else by the timeline.
 * out->assumed, its interval and the evidence are left as they are. */
TC_NODISCARD tc_code tc_step_of(const tc_costs *costs, tc_step *out, tc_error *error);

/* The same with the closed form of GPipe, 1F1B and interleaving also where stages or micro-batches make it
 * inexact: what a search walks by, before the timeline judges. */
void tc_step_estimate(const tc_costs *costs, tc_step *out);

/* ---- the closed form in its parts, so that a search computes each once ------------------ */

#define TC_FILL_STAGES 16 /* later ones: in proportion */

/* The pipeline as the closed form sees it: the stage that sets the rhythm. */
typedef struct tc_pipeline {
    tc_parts forward, backward;   /* slowest stage, one micro-batch */
    double forward_s, backward_s; /* their sums */
    double slowest_s;             /* forward and backward */
    int slowest;                  /* the stage */
    double fill_s[TC_FILL_STAGES + 1],
        drain_s[TC_FILL_STAGES + 1]; /* what stage s begins later and ends earlier than the first, where stages meet */
    double free_forward_s[TC_FILL_STAGES + 1],
        free_backward_s
            [TC_FILL_STAGES
             + 1]; /* of stage s the seconds in which the links of data parallelism are free; of all later ones, the slowest's */
    double send_s;    /* one send between neighbours */
    double closed_s;  /* first slot to last under the layout's schedule; < 0: only the timeline knows */
    double compute_s; /* the same if sends took no time */
    double form_s[TC_SCHEDULE_CUSTOM]; /* by schedule: the closed form, exact or not; < 0: there is none */
    const tc_costs *costs;
} tc_pipeline;

/* What the seconds of a step are the sum of. */
typedef struct tc_step_terms {
    double work; /* all micro-batches on the slowest stage */
    double host; /* per step, and activations on their way to the host and back that compute does not hide */
    double bubble, sends, data_parallel, optimizer, straggler;
} tc_step_terms;

/* The pipeline with its closed_s and compute_s; and with its form_s, enough for an estimate under any schedule. */
tc_pipeline tc_pipeline_of(const tc_costs *costs);
tc_pipeline tc_pipeline_sketch(const tc_costs *costs);
/* Forward and backward of a micro-batch on the slowest stage; and what that is at least, however the layers are split over the stages:
 * the mean. paired: forwards and backwards in pairs hide expert communication, as with DualPipe. */
double tc_slowest_stage_seconds(const tc_costs *costs);
double tc_mean_stage_seconds(const tc_costs *costs, bool paired);
/* First slot to last beyond the work of the slowest stage and tc_pipeline_sends: by the closed form wherever the schedule
 * has one, without the waits for the host link; else by the timeline, with them. The layout may differ from that of the costs in its schedule alone,
 * and that only where chunks stay on their stages. */
double tc_bubble_estimate(const tc_layout *layout, const tc_pipeline *line);
bool tc_bubble_has_form(const tc_layout *layout, const tc_pipeline *line);
/* Sends between stages that no schedule hides: those of a stage that waits for them. */
double tc_pipeline_sends(const tc_costs *costs);
/* Gradient and parameter communication that stays exposed in a step. stage: those of tc_traffic_stages. */
double tc_data_parallel_exposed(const tc_stack *stack, const tc_data_parallel *stage, int stages, double micro_batches,
                                const tc_pipeline *line);
/* The host's time outside the micro-batches; a forward and backward alone has no data, norm or log of a step. */
double tc_step_host_seconds(const tc_stack *stack, const tc_placement *placement);
/* What the slowest rank is late; a pipeline's fill and drain are sums over stages, whose deviations average out. */
double tc_straggler_seconds(const tc_stack *stack, double devices, double work_s);
/* Offloaded activations that compute does not hide, all micro-batches. offloaded: bytes of a micro-batch. */
double tc_offload_exposed(const tc_accelerator *accelerator, double offloaded, double micro_batches,
                          const tc_pipeline *line);
double tc_step_terms_sum(const tc_step_terms *terms);

#endif
