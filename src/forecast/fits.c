/* fits.c - the probability that a layout fits, and the largest forecast that fits with a given one.
 *
 *   P = Phi((log(usable / forecast) - m) / s),  s = (m - log p10) / z90 below the median m, (log p90 - m) / z90 above it
 *   most bytes = usable / exp(m + s z(P))
 *
 * The search compares bytes with the second, once per search; all others ask the first. Ignored: that errors of
 * memory are alike among the layouts of a job. */
#include "forecast/fits.h"

#include <math.h>

#include "base/distributions.h"
#include "memory/memory.h"

/* Of log(measured / forecast). */
typedef struct spread {
    double median, below, above; /* deviations on either side; 0: no interval */
} spread;

static spread spread_of(const tc_question *q) {
    tc_interval i = tc_memory_interval_of(q->interval, q);
    if (!(i.memory_p10 > 0)) return (spread){0, 0, 0};
    double median = log(i.memory_p50);
    return (spread){median, (median - log(i.memory_p10)) / TC_NORMAL_P90, (log(i.memory_p90) - median) / TC_NORMAL_P90};
}

double tc_fits_probability(const tc_question *q, double bytes) {
    double usable = tc_usable_bytes(&q->cluster.accelerator);
    spread s = spread_of(q);
    double room = log(usable / bytes) - s.median, deviation = room < 0 ? s.below : s.above;
    if (!(deviation > 0)) return room >= 0 ? 1 : 0;
    return tc_normal_cdf(room / deviation);
}

double tc_fitting_bytes(const tc_question *q, double probability) {
    spread s = spread_of(q);
    double deviation = probability < 0.5 ? s.below : s.above;
    if (!(deviation > 0)) return tc_usable_bytes(&q->cluster.accelerator) / exp(s.median);
    return tc_usable_bytes(&q->cluster.accelerator) / exp(s.median + deviation * tc_normal_at(probability));
}

double tc_bytes_to_fit(const tc_job *job, const tc_memory *m) {
    return m->reserved - m->cached - (job->finetune.paged ? m->optimizer : 0);
}

bool tc_host_holds(const tc_memory *m) { return m->host_share <= 0 || m->host <= m->host_share; }

void tc_fits_apply(const tc_question *q, tc_step *step) {
    const tc_memory *m = &step->memory;
    step->fits_probability = tc_host_holds(m) ? tc_fits_probability(q, tc_bytes_to_fit(&q->job, m)) : 0;
    step->fits = step->fits_probability >= 0.5;
}
