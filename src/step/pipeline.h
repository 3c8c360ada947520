/* pipeline.h - the pipeline as the closed form sees it: the stage that sets the rhythm, and the windows of the others. */
#ifndef TC_STEP_PIPELINE_H
#define TC_STEP_PIPELINE_H

#include "step/closed_form.h"
#include "step/costs.h"

#define TC_FILL_STAGES 16 /* later ones: in proportion */

/* The chunks of all stages by what they are made of, each kind once: the same whatever is run again. */
#define TC_CHUNK_KINDS 24
#define TC_KNOWN_CHUNKS 1024
typedef struct tc_chunk_kinds {
    int kinds;  /* 0: more, or more chunks, than there is room for: each is asked for itself */
    int chunks; /* of a stage */
    int counts[TC_CHUNK_KINDS][TC_MAX_BLOCKS + 2];
    signed char kind[TC_KNOWN_CHUNKS]; /* of chunk i of stage s: [s x chunks + i]; -1: it has none */
} tc_chunk_kinds;

void tc_chunk_kinds_of(const tc_costs *costs, tc_chunk_kinds *out);

typedef struct tc_pipeline {
    tc_parts forward, backward;   /* slowest stage, one micro-batch */
    double forward_s, backward_s; /* their sums */
    double slowest_s;             /* forward and backward */
    int slowest;                  /* the stage */
    /* what stage s begins later and ends earlier than the first, where stages meet */
    double fill_s[TC_FILL_STAGES + 1], drain_s[TC_FILL_STAGES + 1];
    /* of stage s the seconds in which the links of data parallelism are free; of all later ones, the slowest's */
    tc_round free[TC_FILL_STAGES + 1];
    double send_s;    /* one send between neighbours */
    double closed_s;  /* first slot to last by the closed form of the layout's schedule; < 0: there is none */
    bool exact;       /* and that is the timeline's */
    double compute_s; /* the same if sends took no time */
    double form_s[TC_SCHEDULE_CUSTOM]; /* by schedule: the closed form, exact or not; < 0: there is none */
    const tc_costs *costs;
} tc_pipeline;

/* The pipeline with its closed_s and compute_s; and with its form_s, enough for an estimate under any schedule. */
tc_pipeline tc_pipeline_of(const tc_costs *costs);
tc_pipeline tc_pipeline_sketch(const tc_costs *costs, const tc_chunk_kinds *kinds);

/* A pipeline with its stages: what a number of micro-batches more or less costs is then a form alone. */
typedef struct tc_staged_pipeline {
    tc_pipeline line;
    int chunks; /* of a stage */
    tc_stage_seconds stage[TC_CLOSED_STAGES];
} tc_staged_pipeline;

/* tc_pipeline_of() with its stages; and its seconds anew, where nothing but the number of micro-batches has changed. */
void tc_staged_pipeline_of(const tc_costs *costs, tc_staged_pipeline *out);
void tc_staged_pipeline_again(const tc_costs *costs, tc_staged_pipeline *of);

/* What a pipeline takes at least, without sends. work: all micro-batches on the slowest stage. filled: by a schedule with a
 * closed form, on some stage all of them, after filling the stages before it and before draining them. */
typedef struct tc_least_seconds {
    double work, filled;
} tc_least_seconds;

tc_least_seconds tc_pipeline_least(const tc_costs *costs, const tc_chunk_kinds *kinds);

/* Forward and backward of a micro-batch on the mean stage: what the slowest takes at least, however the layers are split.
 * paired: forwards and backwards in pairs hide expert communication, as with DualPipe. */
double tc_mean_stage_seconds(const tc_costs *costs, bool paired);

#endif
