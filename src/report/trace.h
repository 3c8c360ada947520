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

typedef struct tc_trace_input {
    const tc_costs *costs;
    const tc_step *step;
    const tc_step_times *times;
    const tc_step_slots *slots;
    const char *data; /* hash of the catalog */
} tc_trace_input;

/* TC_INVALID where the step is longer than its nanoseconds can be counted. */
TC_NODISCARD tc_code tc_trace_check(const tc_step *step, tc_error *error);

/* Returns how many complete events were written, -1 if the sink failed. */
int64_t tc_report_trace(const tc_trace_input *input, tc_sink sink);

/* The same timeline as a picture: a row a stage. */
bool tc_report_timeline_svg(const tc_trace_input *input, tc_sink sink);

#endif
