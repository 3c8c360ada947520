/* simulate.h - `infer --simulate`: options to the traffic that is simulated. */
#ifndef TC_CLI_SIMULATE_H
#define TC_CLI_SIMULATE_H

#include "cli/commands.h"

/* The requests that the options ask for; a trace brings its rate and mean lengths to the question where it states none. *trace is
 * freed by the caller. */
TC_NODISCARD tc_code tc_take_traffic(tc_context *context, tc_serving_question *question, tc_traffic *out,
                                     tc_request **trace);

/* Simulates them, at the answer's rate where the question has no load. */
TC_NODISCARD tc_code tc_simulate(tc_context *context, const tc_serving_question *question,
                                 const tc_serving_answer *answer, const tc_traffic *traffic, tc_simulated *out);

#endif
