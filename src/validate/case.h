/* case.h - a published run as inputs of the forecast, with everything that had to be assumed. */
#ifndef TC_VALIDATE_CASE_H
#define TC_VALIDATE_CASE_H

#include "forecast/interval.h"
#include "validate/conventions.h"
#include "validate/published.h"

#define TC_CASE_OPEN_MICRO_BATCH 1u /* the source does not state it: chosen again by the forecast */
#define TC_CASE_OPEN_LAYOUT 2u
#define TC_CASE_OPEN_RECOMPUTE 4u
#define TC_CASE_OPEN_VPP 8u
#define TC_CASE_OPEN_BATCH 16u

typedef struct tc_case {
    const tc_published_run *run;
    const tc_conventions *conventions;
    const tc_family *family;    /* of the run's model */
    tc_stated stated;           /* as the run states it, and what its stack's recipes set where it does not */
    int recompute, micro_batch; /* the same, as those of tc_published_run */
    tc_case_status status;
    char reason[160]; /* why it is skipped or unsupported: the missing field first */
    tc_job job;
    tc_cluster cluster;
    tc_layout layout;
    tc_stack stack;
    unsigned open; /* TC_CASE_OPEN_... */
    double room;   /* memory that a layout may take, of the device's */
    bool chunked;  /* the loss in chunks is a guess of tc_case_settle */
    double image_part,
        image_spread; /* of a sample with images: their share of its tokens, the standard deviation over mean of theirs */
    double padding;   /* tokens that are computed for each real one; 0: 1 */
    bool unknown_lengths; /* samples keep their own lengths, and those of their data set are not known */
    bool out_of_memory;   /* of this machine, while it was settled: predict says so */
    int assumed_count;
    char assumed[TC_ASSUMED_MAX][96];
} tc_case;

typedef struct tc_case_result {
    double predicted;  /* in the run's metric */
    double error_pct;  /* of the step's time; positive = forecast too slow */
    double memory_gib; /* of the run's kind; 0 */
    tc_step step;
} tc_case_result;

/* All inputs are there; a case may be skipped all the same, for want of a measured rate. */
bool tc_case_is_built(const tc_case *c);

tc_question tc_case_question(const tc_case *c);

/* What memory rests on is stated: micro-batch, and its tokens; layout, recompute, sharding. */
bool tc_case_states_memory(const tc_case *c);

/* What had to be guessed of a settled case. */
tc_guesses tc_case_guesses(const tc_case *c);

/* Chooses what the source left open: the least recompute and the fastest layout that fit. */
void tc_case_settle(tc_case *c);

/* Forecasts a settled case; an impossible layout turns it into unsupported. */
TC_NODISCARD tc_code tc_case_predict(const tc_case *c, tc_case_result *out, tc_error *error);

#endif
