/* traffic.c - requests by laws or from a trace.
 *
 * Gaps between arrivals and lengths are gamma with the mean and the coefficient of variation asked for: 1 is Poisson's exponential
 * gap, more comes in bursts (Azure LLM traces: 1.1 conversation, 13 code; BurstGPT, arXiv 2401.17644, fits gamma). A draw is the
 * quantile of a uniform of its own, so that the same seed gives the same requests to every system. */
#include "serving/traffic.h"

#include <math.h>

#include "base/distributions.h"
#include "base/random.h"

/* ---- laws --------------------------------------------------------------------------------------- */

#define UNIFORM_SCV (1.0 / 3 + 1e-3) /* of lengths from none to twice the mean */

static void fill_law(tc_law *law, double scv, bool uniform) {
    law->scv = scv;
    law->uniform = uniform && scv > 0 && scv <= UNIFORM_SCV;
    law->exponential = uniform && scv == 1;
    if (law->uniform || law->exponential) return;
    for (int i = 0; i <= TC_QUANTILES && scv > 0; i++) {
        double u = i == 0              ? 0.5 / TC_QUANTILES / 16
                   : i == TC_QUANTILES ? 1 - 0.5 / TC_QUANTILES / 16
                                       : (double)i / TC_QUANTILES;
        law->at[i] = scv == 1 ? -log1p(-u) : tc_gamma_at(u, 1 / scv, scv);
    }
}

static double draw(const tc_law *law, double u) {
    if (law->scv <= 0) return 1;
    if (law->exponential) return -log1p(-u);
    if (law->uniform) return fmax(1 + sqrt(12 * law->scv) * (u - 0.5), 0);
    double place = u * TC_QUANTILES;
    int low = (int)place;
    if (low < 1 || low >= TC_QUANTILES - 1) /* tails as they are */
        return law->scv == 1 ? -log1p(-u) : tc_gamma_at(u, 1 / law->scv, law->scv);
    return law->at[low] + (place - low) * (law->at[low + 1] - law->at[low]);
}

tc_traffic tc_default_traffic(void) {
    return (tc_traffic){.size = sizeof(tc_traffic), .requests = 100000, .seed = 1, .arrival_cv = 1};
}

static double given(double value, double usual) { return value >= 0 ? value : usual; }

void tc_source_begin(tc_source *s, const tc_serving_question *q, const tc_traffic *traffic, double rate) {
    s->traffic = traffic;
    s->mean_gap_s = rate > 0 ? 1 / rate : 0;
    s->input_tokens = q->input_tokens;
    s->output_tokens = q->output_tokens;
    s->stream = tc_stream("serving/requests");
    s->drawn = 0;
    s->at_s = 0;
    fill_law(&s->gap, traffic->arrival_cv * traffic->arrival_cv, traffic->uniform);
    fill_law(&s->input, given(q->input_scv, 1), traffic->uniform);
    fill_law(&s->output, given(q->output_scv, 1), traffic->uniform);
}

static tc_request from_trace(tc_source *s) {
    const tc_traffic *t = s->traffic;
    int64_t round = s->drawn / t->trace_count;
    tc_request r = t->trace[s->drawn % t->trace_count];
    double span = t->trace[t->trace_count - 1].at_s * (1 + 1.0 / (double)t->trace_count);
    r.at_s += (double)round * span; /* the trace again */
    s->drawn++;
    return r;
}

tc_request tc_source_next(tc_source *s) {
    if (s->traffic->trace_count > 0) return from_trace(s);
    const uint64_t sample = (uint64_t)s->drawn++, seed = (uint64_t)s->traffic->seed;
    const uint32_t counter[4]
        = {(uint32_t)sample, (uint32_t)(sample >> 32), (uint32_t)s->stream, (uint32_t)(s->stream >> 32)},
        key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    uint32_t block[4];
    tc_philox(counter, key, block);
    double u[3];
    for (int i = 0; i < 3; i++) u[i] = ((double)block[i] + 0.5) / 4294967296.0;
    s->at_s += s->mean_gap_s * draw(&s->gap, u[0]);
    tc_request r
        = {s->at_s, ceil(s->input_tokens * draw(&s->input, u[1])), ceil(s->output_tokens * draw(&s->output, u[2]))};
    if (r.input_tokens < 1) r.input_tokens = 1;
    if (r.output_tokens < 1) r.output_tokens = 1;
    return r;
}
