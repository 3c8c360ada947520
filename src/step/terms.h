/* terms.h - what a step is the sum of, and the rules of it that closed form, timeline and search share. They differ in
 * where the windows come from: from the form's view of the pipeline, or from the timeline's slots. */
#ifndef TC_STEP_TERMS_H
#define TC_STEP_TERMS_H

#include "step/pipeline.h"

/* Seconds of a step: of its slots, then of each part beside them. */
typedef struct tc_step_terms {
    double work;    /* all micro-batches on the slowest stage */
    double on_host; /* of host: the activations; in no sum */
    double host;    /* per step, and activations on their way to the host and back that compute does not hide */
    TC_STEP_PARTS(TC_BREAKDOWN_PART) /* pp_comm: sends that a stage waits for; others are in the bubble */
} tc_step_terms;

double tc_step_terms_sum(const tc_step_terms *terms);

/* Of a stage's gradients and weights what compute does not hide. */
typedef struct tc_exposed_traffic {
    double gather;          /* before its first forward */
    double each, forward;   /* of every micro-batch, and of this what its forward takes longer */
    double reduce, replica; /* after its last backward */
} tc_exposed_traffic;

/* hidden: the layout's overlap. window: of one micro-batch on the stage, while the links are free. */
tc_exposed_traffic tc_traffic_exposed(const tc_stack *stack, int hidden, const tc_data_parallel *traffic,
                                      tc_round window);

/* Gradient and parameter communication that stays exposed in a step by the closed form. stage: those of tc_traffic_stages. */
double tc_data_parallel_exposed(const tc_stack *stack, int hidden, const tc_data_parallel *stage, int stages,
                                double micro_batches, const tc_pipeline *line);

#define TC_USUAL_HOST_BYTES_PER_S 32e9 /* of a link that is not known: PCIe 4.0 x16 */

/* Bandwidth of the host's memory that a device gets while all of the job's devices on its server are at it, bytes/s. */
double tc_host_memory_rate(const tc_cluster *cluster);
/* Of a device to that memory and back, one direction: the link, or its share of the memory's bandwidth. */
double tc_host_rate(const tc_cluster *cluster);

/* Offloaded activations of a micro-batch on their way out and back that compute does not hide. */
tc_round tc_offload_exposed(const tc_cluster *cluster, double bytes, tc_round window);

/* Sends between stages that no schedule hides: those of a stage that waits for them. */
double tc_pipeline_sends(const tc_costs *costs);
/* The host's time outside the micro-batches; a forward and backward alone has no data, norm or log of a step. */
double tc_step_host_seconds(const tc_stack *stack, const tc_placement *placement);
/* What the slowest rank is late; a pipeline's fill and drain are sums over stages, whose deviations average out. */
double tc_straggler_seconds(const tc_stack *stack, double devices, double work_s);
/* The same, and what it waits for samples that are longer than the mean micro-batch. */
double tc_late_seconds(const tc_question *question, const tc_placement *placement, double devices, double work_s);

#endif
