/* timeline.h - when every slot of a pipeline schedule runs: the discrete events of one step.
 *
 * A stage works through its order; a slot begins when the stage is free and what it waits for has
 * arrived. Sends of a stage in one direction follow one another; where sends block, the stage
 * computes nothing meanwhile. Since each stage and each link works in a fixed order, the events
 * are those of a max-plus system and need no queue. */
#ifndef TC_STEP_TIMELINE_H
#define TC_STEP_TIMELINE_H

#include "layout/schedule.h"
#include "step/costs.h"

/* Seconds of one micro-batch on a node (a chunk on a stage), exposed communication included. */
typedef struct tc_node_cost {
    double forward, input, weight;       /* a whole backward is input and weight */
    double apart;                        /* what an input gradient in a slot of its own takes longer */
    double paired_forward, paired_input; /* the same in a paired slot, whose communication is hidden */
    tc_round occupied;                   /* of these, the links of data parallelism by other communication */
} tc_node_cost;

typedef struct tc_slot_time {
    double begin, end; /* of the slot, s */
    double sent;       /* arrival at the neighbour; = end if nothing is sent */
} tc_slot_time;

/* The events of an order, all of them. */
typedef struct tc_timeline_input {
    const tc_order *order;
    const tc_node_cost *cost; /* of each node */
    double send_s;            /* one send between neighbouring stages */
    const double *sends;      /* the same from each stage to the next where they differ; NULL: send_s */
    const double *ready;      /* of each stage: no slot begins earlier; NULL = 0 */
} tc_timeline_input;

/* times: of each slot, or NULL. stage_end: the last slot of each stage. events, if not NULL: slots and sends. */
TC_NODISCARD tc_code tc_timeline_run(const tc_timeline_input *input, tc_slot_time *times, double *stage_end,
                                     int64_t *events, tc_error *error);

/* The same for a schedule of any number of micro-batches: what repeats is run a few times only. */
typedef struct tc_pipeline_input {
    const tc_placement *placement;
    const tc_node_cost *cost;
    double send_s;
    const double *sends; /* NULL: send_s */
    const double *ready;
} tc_pipeline_input;

TC_NODISCARD tc_code tc_pipeline_run(const tc_pipeline_input *input, double *stage_end, tc_error *error);

/* The order of a placement's schedule for m micro-batches. A custom order is copied. */
TC_NODISCARD tc_code tc_placement_order(const tc_placement *placement, int64_t micro_batches, tc_order *out,
                                        tc_error *error);

/* First slot to last of a placement's pipeline, without gradient and parameter communication. */
TC_NODISCARD tc_code tc_pipeline_timeline(const tc_costs *costs, double *seconds, tc_error *error);

/* ---- one whole step ----------------------------------------------------------------------- */

/* A stage's part in a step beyond its slots, s. Times count from the step's begin. */
typedef struct tc_stage_times {
    double gather_s, gather_exposed; /* weights before the first forward */
    double
        lead_s; /* its times count from so long after those of the first stage: else 0, in ZB-H2 a step follows the last on each stage by itself */
    double begin, end; /* of its slots */
    double reduce_s, reduce_begin, reduce_end;
    double optimizer_s;
    double busy_s; /* slots, without what is exposed of communication */
    double work_s; /* slots */
} tc_stage_times;

typedef struct tc_step_times {
    int stages, nodes;
    tc_stage_times *stage;
    tc_node_cost *cost; /* of each node */
    double *ready, *stage_end;
    double host_s;     /* before anything else */
    double pipeline_s; /* first slot to last, without what it waits for weights */
    double send_s;
    double sync_s;      /* all gradients are reduced, all stages have met */
    double straggler_s; /* then the slowest rank is waited for */
    double optimizer_s; /* the longest */
    double step_s;
    double sends_s;    /* of pipeline_s, what the sends add */
    double bubble_s;   /* of pipeline_s, beyond the work of the slowest stage and the sends */
    double offload_s;  /* of the slowest stage's work: activations to the host and back */
    double transfer_s; /* of the slowest stage's work: activations to the host and back, fully sharded weights */
    void *memory;
} tc_step_times;

/* The timeline of a resolved step, steady state folded. Free with tc_step_times_free. */
TC_NODISCARD tc_code tc_step_times_of(const tc_costs *costs, tc_step_times *out, tc_error *error);
void tc_step_times_free(tc_step_times *times);

/* A pipeline whose stages lie on several pools: of each stage the costs on its pool, of placements that are alike in their
 * stages, batch and schedule. sends: of each stage to the next, s. devices: of all. */
typedef struct tc_joint {
    const tc_costs *const *stage;
    const double *sends;
    double devices;
} tc_joint;

TC_NODISCARD tc_code tc_step_times_joint(const tc_joint *joint, tc_step_times *out, tc_error *error);

/* The cost of a node; offload_s: what of it is waiting for the host link. */
tc_node_cost tc_node_cost_of(const tc_costs *costs, int chunk, tc_pass *pass, double *offload_s);

/* ---- every slot of the step, for pictures and traces ------------------------------------------ */

typedef struct tc_step_slots {
    tc_order order;
    tc_slot_time *time; /* of each slot; counts from the end of the step's host_s */
} tc_step_slots;

/* More are refused. */
#define TC_SLOTS_MAX 2000000
double tc_step_slots_count(const tc_costs *costs);
TC_NODISCARD tc_code tc_step_slots_of(const tc_costs *costs, const tc_step_times *times, tc_step_slots *out,
                                      tc_error *error);
/* The same of a pipeline on several pools. */
TC_NODISCARD tc_code tc_step_slots_joint(const tc_joint *joint, const tc_step_times *times, tc_step_slots *out,
                                         tc_error *error);
void tc_step_slots_free(tc_step_slots *slots);

#endif
