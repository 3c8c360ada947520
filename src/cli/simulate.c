/* simulate.c - `infer --simulate`: options to the traffic that is simulated. */
#include "cli/simulate.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/units.h"

#define LARGEST_FILE ((size_t)1 << 30)

static tc_code read_trace(tc_context *context, const char *path, tc_traffic *out, tc_request **trace) {
    char *text = NULL;
    size_t length;
    tc_code code = tc_file_read(path, LARGEST_FILE, &text, &length, context->error);
    if (!code) code = tc_trace_read(path, text, length, trace, &out->trace_count, context->error);
    free(text);
    out->trace = *trace;
    if (!code && !tc_given(context, TC_OPTION_REQUESTS)->given) out->requests = out->trace_count;
    return code;
}

/* poisson, gamma:CV or a file. */
static tc_code take_arrivals(tc_context *context, tc_traffic *out, tc_request **trace) {
    const tc_value *value = tc_given(context, TC_OPTION_ARRIVALS);
    if (!value->given || strcmp(value->text, "poisson") == 0) return TC_OK;
    if (strncmp(value->text, "gamma:", 6) != 0) return read_trace(context, value->text, out, trace);
    tc_code code = tc_parse_number(value->text + 6, &out->arrival_cv, "--arrivals", context->error);
    if (!code && !(out->arrival_cv >= 0 && out->arrival_cv <= 100))
        return tc_fail(context->error, TC_INVALID, "--arrivals",
                       "a coefficient of variation of %g is not from 0 to 100; 1 is Poisson, 4 comes in bursts",
                       out->arrival_cv);
    return code;
}

static double squares(const tc_request *trace, int64_t n, double mean, bool output) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        double off = (output ? trace[i].output_tokens : trace[i].input_tokens) - mean;
        sum += off * off;
    }
    return sum / (double)n / (mean * mean);
}

/* The closed form beside the simulation is asked for the trace's means. */
static void take_means(const tc_traffic *t, tc_serving_question *q) {
    double input = 0, output = 0, n = (double)t->trace_count, span = t->trace[t->trace_count - 1].at_s;
    for (int64_t i = 0; i < t->trace_count; i++) {
        input += t->trace[i].input_tokens / n;
        output += t->trace[i].output_tokens / n;
    }
    if (span > 0) q->rate = (n - 1) / span;
    q->input_tokens = input;
    q->output_tokens = output;
    q->input_scv = squares(t->trace, t->trace_count, input, false);
    q->output_scv = squares(t->trace, t->trace_count, output, true);
}

tc_code tc_take_traffic(tc_context *context, tc_serving_question *q, tc_traffic *out, tc_request **trace) {
    const tc_value *requests = tc_given(context, TC_OPTION_REQUESTS), *seed = tc_given(context, TC_OPTION_SEED),
                   *router = tc_given(context, TC_OPTION_ROUTER);
    *out = tc_default_traffic();
    *trace = NULL;
    if (requests->given) out->requests = (int64_t)requests->real;
    if (seed->given) out->seed = seed->integer;
    if (router->given) out->router = tc_choice_find(tc_option_table[TC_OPTION_ROUTER].argument, router->text);
    tc_code code = take_arrivals(context, out, trace);
    if (code || out->trace_count == 0) return code;
    if (q->rate >= 0 || q->concurrency >= 0)
        return tc_fail(context->error, TC_INVALID, "--arrivals", "a trace and %s are two loads; give one of them",
                       q->rate >= 0 ? "--rate" : "--concurrency");
    take_means(out, q);
    return TC_OK;
}

tc_code tc_simulate(tc_context *context, const tc_serving_question *question, const tc_serving_answer *answer,
                    const tc_traffic *traffic, tc_simulated *out) {
    tc_serving_question q = *question;
    if (q.rate < 0 && q.concurrency < 0) q.rate = answer->requests_per_s;
    q.tp = answer->tp;
    q.pp = answer->pp;
    q.ep = answer->ep;
    return tc_simulate_requests(&q, traffic, out, context->error);
}
