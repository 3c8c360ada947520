/* trace.h - a step's timeline as Chrome trace-event JSON, for Perfetto and chrome://tracing.
 *
 * Complete events (X) in microseconds, rounded to 1 ns; one process a stage, one lane (tid) a stream, and
 * nothing overlaps in a lane. Counters (C) for memory and links, names as metadata (M). Written as it is
 * made: no event is kept. */
#ifndef TC_REPORT_TRACE_H
#define TC_REPORT_TRACE_H

#include "step/timeline.h"

/* Where the bytes go; write returns false when they could not be written. */
typedef struct tc_sink {
    bool (*write)(void *context, const char *bytes, size_t length);
    void *context;
} tc_sink;

/* Stages that run one order: those of a job, or of one pool's copy of the model. */
typedef struct tc_trace_part {
    const tc_costs *costs;
    const tc_step_times *times; /* ends are those of the whole step */
    const tc_step_slots *slots;
    const tc_joint *joint;   /* stages on several pools; NULL */
    const char *const *pool; /* of each stage, in names; NULL: there is but one */
    int first;               /* process of the first stage */
    /* of several pools, s: */
    double meet_s; /* all pools have reduced their gradients; 0: nobody waits */
    double link_s; /* what then is exchanged between them takes, up to times->sync_s */
    double lost_s; /* in software that mixes kinds */
} tc_trace_part;

typedef struct tc_trace_input {
    int parts;
    tc_trace_part part[TC_MAX_POOLS];
    const tc_step *step;
    const char *data;  /* hash of the catalog */
    const char *title; /* "Llama 3.1 8B on 512 x Ascend 910B2" */
} tc_trace_input;

/* TC_INVALID where the step is longer than its nanoseconds can be counted. */
TC_NODISCARD tc_code tc_trace_check(const tc_step *step, tc_error *error);

/* Returns how many complete events were written, -1 if the sink failed. */
int64_t tc_report_trace(const tc_trace_input *input, tc_sink sink);

/* The same timeline as a picture: a row a stage. */
bool tc_report_timeline_svg(const tc_trace_input *input, tc_sink sink);

#endif
